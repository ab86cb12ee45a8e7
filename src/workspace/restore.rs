//! Files of runs that the ledger already holds: put back after a crash, or made again when asked for.

use std::collections::HashMap;
use std::path::PathBuf;

use super::Watch;
use super::desk::Desk;
use super::disk::Disk;
use super::error::Error;
use super::journal::View;
use super::keys::Refusal;
use super::output;
use super::score::Night;
use super::state::State;
use super::tally::RunReport;
use super::unlinked::Keys;
use crate::digest::hex;
use crate::ledger::entry::Run;
use crate::ledger::{Entry, RunId, SegmentKind};
use crate::name::Token;

/// Finishes what a crash between commit and rename left: files of recorded runs go to their place, others go.
///
/// Only for whoever holds the run lock.
pub fn recover(state: &mut State, view: &View, disk: &Disk) -> Result<(), Error> {
    for output in state.pending()? {
        let recorded = run_id(&output.run).is_some_and(|run| is_recorded(view, run));
        if recorded && output::holds(&output.part, &output) {
            output::place(&output, disk)?;
        } else {
            output::discard(&output.part, disk)?;
        }
        if recorded {
            state.placed(&output)?;
        }
    }
    for run in state.unreported()? {
        if !run_id(&run).is_some_and(|run| is_recorded(view, run)) {
            state.forget(&run)?;
        }
    }
    Ok(())
}

/// A run's id as the state writes it.
pub fn run_id(text: &str) -> Option<RunId> {
    text.parse().ok()
}

/// Whether the log holds the run, or the release, of this name.
fn is_recorded(view: &View, run: RunId) -> bool {
    view.entries().any(|(_, entry)| match entry {
        Entry::Run(it) => it.run == run,
        Entry::Release(it) => it.event.0 == run.0,
        _ => false,
    })
}

impl Night<'_> {
    /// The same input was scored before: nothing is logged, and its files are put back where they are asked for.
    pub(super) fn restore(
        &self,
        view: &View,
        state: &mut State,
        disk: &Disk,
        earlier: &Run,
        watch: Watch<'_>,
    ) -> Result<RunReport, Error> {
        let name = hex(&earlier.run.0);
        let known = state.outputs_of(&name)?;
        let wanted: Vec<PathBuf> = [
            &self.request.out,
            &self.request.rejects,
            &self.request.refused,
        ]
        .into_iter()
        .flatten()
        .map(|path| {
            std::path::absolute(path).map_err(|source| Error::Write {
                path: path.clone(),
                source,
            })
        })
        .collect::<Result<_, _>>()?;
        let whole = wanted.iter().all(|path| {
            known
                .iter()
                .any(|output| output.target == *path && output::holds(path, output))
        });
        let mut report = match state
            .report_of(&name)?
            .and_then(|json| RunReport::parse(&json))
        {
            Some(report) if whole => report,
            _ => self.rebuild(view, state, disk, earlier, watch)?,
        };
        "restored".clone_into(&mut report.status);
        report.outputs = wanted
            .iter()
            .map(|path| path.display().to_string())
            .collect();
        Ok(report)
    }

    /// Writes a recorded run's files again, with the decision numbers that the ledger holds.
    fn rebuild(
        &self,
        view: &View,
        state: &mut State,
        disk: &Disk,
        earlier: &Run,
        watch: Watch<'_>,
    ) -> Result<RunReport, Error> {
        let name = hex(&earlier.run.0);
        let started = earlier.time.to_string();
        let key = self.key_of(view, &self.period(view, earlier.run)?)?;
        let (numbers, first_decision) = decisions(view, earlier.run)?;
        let mut desk = Desk::start(self, &name, &started, state, disk)?;
        let mut left_out = 0;
        let streamed = self.stream(&key, watch, &mut |mut outcome| {
            // Who was erased since, or may not be used any more, is left out.
            let number = |it: &[u8; 16]| numbers.get(it).copied();
            let stays: Vec<bool> = outcome
                .scored
                .pseudonyms
                .iter()
                .map(|it| number(it).is_some())
                .collect();
            let again: Vec<u64> = outcome
                .scored
                .pseudonyms
                .iter()
                .filter_map(number)
                .collect();
            outcome.scored.keep(&stays);
            left_out += stays.len() as u64 - again.len() as u64;
            desk.write(self, &outcome, &again)
        });
        let finished = streamed.and_then(|tally| Ok((desk.finish(disk)?, tally)));
        let (outputs, tally) = finished.inspect_err(|_| desk.discard(disk))?;
        // Who was refused then and may be scored now has no number either.
        if left_out > erased(view, earlier.run)? + earlier.refused {
            outputs
                .iter()
                .try_for_each(|it| output::discard(&it.part, disk))?;
            return Err(Error::Unaccounted {
                rows: tally.proposed,
                accounted: tally.proposed - left_out,
            });
        }
        state.prepare(&name, &[], &outputs)?;
        for output in &outputs {
            output::place(output, disk)?;
            state.placed(output)?;
        }
        let mut report = RunReport::of(self, &tally, &name, "restored");
        (report.proposed, report.refused) = (earlier.proposed, earlier.refused);
        report.started = started;
        report.first_decision = first_decision;
        report.log_size = recorded_until(view, earlier.run);
        state.report(&name, &report.to_json())?;
        Ok(report)
    }
}

impl Night<'_> {
    /// The pseudonym period that a run stands under; the one in use where nobody was predicted.
    fn period(&self, view: &View, run: RunId) -> Result<Token, Error> {
        let Some(placed) = view.of_run(run).next() else {
            return Ok(view.kid().clone());
        };
        let kid = placed.entry.kid.clone();
        match Keys::of(view, self.plan.id_type).destroyed(&kid) {
            None => Ok(kid),
            Some(since) => Err(Refusal::RunUnlinked {
                run: hex(&run.0[..6]),
                kid,
                since,
            }
            .into()),
        }
    }
}

/// How many rows of a run's proposals are erased.
fn erased(view: &View, run: RunId) -> Result<u64, Error> {
    let proposals = view
        .of_run(run)
        .filter(|placed| placed.entry.kind == SegmentKind::Proposals);
    let mut rows = 0;
    for placed in proposals {
        rows += view.erased(placed)?.pairs().len() as u64;
    }
    Ok(rows)
}

/// Decision numbers by pseudonym.
type Numbers = HashMap<[u8; 16], u64>;

/// The decision number of each proposal of a run by its pseudonym, and the first of them.
fn decisions(view: &View, run: RunId) -> Result<(Numbers, Option<u64>), Error> {
    let mut numbers = Numbers::new();
    let mut first_decision = None;
    for placed in view
        .of_run(run)
        .filter(|placed| placed.entry.kind == SegmentKind::Proposals)
    {
        let first = placed.first.unwrap_or(0);
        first_decision = first_decision.or(Some(first));
        view.scan(placed, |row, pseudonym| {
            numbers.insert(*pseudonym, first + u64::from(row));
        })?;
    }
    Ok((numbers, first_decision))
}

/// Entries in the log once the run was recorded.
fn recorded_until(view: &View, run: RunId) -> Option<u64> {
    view.entries()
        .filter(|(_, entry)| match entry {
            Entry::Run(it) => it.run == run,
            Entry::Segment(it) => it.run == run,
            _ => false,
        })
        .map(|(index, _)| index + 1)
        .next_back()
}
