//! The proposals of a run, as whoever reviews needs them: number, score, band; and who has the right to look.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::refusal::Refusal;
use super::standing::{acts_of, control};
use crate::decision::{Band, DecisionNumber, NotAReviewer, Proposal, Reading};
use crate::event::{Act, Control, Seen};
use crate::ledger::entry::{Run, Segment};
use crate::ledger::record::actor;
use crate::ledger::{Prediction, Replay, RunId, SegmentKind, Standing as RunStanding};
use crate::name::Token;
use crate::policy::{Person, Policy, REVIEW, Right, Role};
use crate::workspace::error::Error;
use crate::workspace::explain::{model_of, policy_of};
use crate::workspace::journal::{Held, Leaf, Placed, View};
use crate::workspace::state::{Planted, State, Told};
use crate::workspace::{Workspace, World};

/// A proposal that stands and may be used.
#[derive(Clone, Copy, Debug)]
pub struct Line {
    /// Its number.
    pub decision: u64,
    /// Its band, by its segment's table.
    pub band: Band,
    /// How far the score is from the nearest lower edge of a band, in parts per million; nothing beyond the policy's limit.
    pub near: Option<u32>,
    /// Set apart: a person judges.
    pub apart: bool,
}

impl Line {
    /// Whether whoever signs off must have opened it: near the lower edge of a band, or set apart.
    pub fn is_borderline(&self) -> bool {
        self.near.is_some() || self.apart
    }

    /// As a proposal.
    pub fn proposal(&self) -> Proposal {
        Proposal::new(DecisionNumber(self.decision), self.band)
    }
}

/// The reviewer of this id, who is one and was trained.
pub fn reviewer<'a>(
    ws: &'a Workspace,
    world: &World,
    id: &str,
    right: Right,
) -> Result<&'a Person, Error> {
    let person = ws.may(Some(id), right)?;
    if !person.roles.contains(&Role::Reviewer) {
        let person = person.id.clone();
        return Err(Refusal::from(NotAReviewer { person }).into());
    }
    let today = ws.civil_date(world.now);
    if person.trained_until.is_none_or(|until| until < today) {
        return Err(Refusal::Untrained {
            person: person.id.clone(),
            until: person.trained_until,
        }
        .into());
    }
    Ok(person)
}

/// The segments of a run's proposals that stand.
pub fn segments(view: &View, run: RunId) -> impl Iterator<Item = &Placed> {
    view.of_run(run)
        .filter(|placed| placed.entry.kind == SegmentKind::Proposals)
}

/// How many of a run's proposals stand.
pub fn count(view: &View, run: RunId) -> Result<u64, Error> {
    let mut count = 0;
    for placed in segments(view, run) {
        count += u64::from(placed.entry.rows) - view.erased(placed)?.rows().len() as u64;
    }
    Ok(count)
}

/// The numbers of a run's proposals that stand and are not restricted, ascending.
pub fn numbers(view: &View, run: RunId, held: &Held) -> Result<Vec<u64>, Error> {
    let mut numbers = Vec::new();
    for placed in segments(view, run) {
        let gone: BTreeSet<u32> = view.erased(placed)?.rows().into_iter().collect();
        let held = held.get(&placed.entry.id);
        let first = placed.first.unwrap_or(0);
        let free = |row: &u32| !gone.contains(row) && !held.is_some_and(|it| it.contains(row));
        numbers.extend(
            (0..placed.entry.rows)
                .filter(free)
                .map(|row| first + u64::from(row)),
        );
    }
    Ok(numbers)
}

/// Every proposal of a run that stands and is not restricted, by ascending number.
pub fn lines(ws: &Workspace, view: &View, run: RunId, held: &Held) -> Result<Vec<Line>, Error> {
    let mut lines = Vec::new();
    for placed in segments(view, run) {
        let model = model_of(ws, view, placed)?;
        let edges = edges(&policy_of(ws, view, placed.entry.policy));
        let widths = model.replay.widths().to_vec();
        let near = ws.policy.oversight.borderline_ppm;
        let review = review_code(&placed.entry);
        let held = held.get(&placed.entry.id);
        view.leaves(placed, Some(&model.replay), |leaf| {
            let Leaf::Record { bytes, .. } = leaf else {
                return Ok(());
            };
            let record = Prediction::decode(bytes, &widths)?;
            let distances = edges.iter().map(|edge| edge.abs_diff(record.score));
            if !held.is_some_and(|it| it.contains(&record.row)) {
                lines.push(Line {
                    decision: placed.first.unwrap_or(0) + u64::from(record.row),
                    band: Band(record.outcome),
                    near: distances.min().filter(|distance| *distance <= near),
                    apart: review == Some(record.outcome),
                });
            }
            Ok::<(), Error>(())
        })?;
    }
    Ok(lines)
}

/// The outcome code of a segment's leads that are set apart; none where the machine could not abstain yet.
pub fn review_code(segment: &Segment) -> Option<u8> {
    let mut outcomes = segment.outcomes.iter();
    let found = outcomes.find(|(_, name)| name.as_str() == REVIEW);
    found.map(|(code, _)| *code)
}

/// Where bands begin, but for the first.
fn edges(policy: &Policy) -> Vec<u32> {
    policy.bands.iter().skip(1).map(|it| it.from_ppm).collect()
}

/// The run of a segment, which must not be a trial.
pub fn run_of(view: &View, run: RunId) -> Result<&Run, Error> {
    let found = view.entries().find_map(|(_, entry)| match entry {
        crate::ledger::Entry::Run(it) if it.run == run => Some(it),
        _ => None,
    });
    let found = found.ok_or(Error::NoDecision)?;
    if found.model.1 == RunStanding::Trial {
        let run = run.to_string();
        return Err(Refusal::Trial { run }.into());
    }
    Ok(found)
}

/// What one person opened and answered in a run, told from the ledger.
#[derive(Clone, Debug, Default)]
pub struct Seat {
    /// Of each decision opened: the last time, in the order of the log.
    opened: BTreeMap<u64, Opened>,
    /// Planted cases answered, and where in the log.
    answered: BTreeMap<u64, (u64, Control)>,
    /// Reviews that came sooner after their lead was opened than anybody reads; the last of each decision.
    hurried: BTreeMap<u64, bool>,
}

/// A proposal shown to a person.
#[derive(Clone, Copy, Debug)]
pub struct Opened {
    /// The entry of its segment.
    pub index: u64,
    /// UTC seconds.
    pub time: i64,
    /// SHA-256 of what was shown.
    pub shown: [u8; 32],
}

impl Seat {
    /// The seat of `person` in a run.
    pub fn of(
        ws: &Workspace,
        view: &View,
        state: &State,
        run: RunId,
        person: &Token,
    ) -> Result<Self, Error> {
        let mut seat = Self::default();
        let (who, least) = (actor(person), i64::from(ws.policy.oversight.seconds));
        for (index, told) in acts_of(view, state, run)? {
            if told.event.actor == who {
                seat.take(index, &told, least);
            }
        }
        Ok(seat)
    }

    fn take(&mut self, index: u64, told: &Told, least: i64) {
        let (Some(decision), time) = (told.event.decision, told.event.time) else {
            return;
        };
        let Some(act) = Act::of(&told.event) else {
            return;
        };
        match act {
            Act::Accessed {
                what: Seen::Review, ..
            } => {
                let shown = told.event.shown;
                self.opened.insert(decision, Opened { index, time, shown });
            }
            Act::Validated { .. } | Act::Rejected { .. } | Act::Overridden { .. } => {
                if let Some(control) = control(told) {
                    self.answered.insert(decision, (index, control));
                }
                let opened = self.opened.get(&decision);
                let soon = opened.is_none_or(|it| time - it.time < least);
                self.hurried.insert(decision, soon);
            }
            _ => {}
        }
    }

    /// The planted case of this decision that waits for an answer.
    pub fn waiting<'a>(
        &self,
        planted: &'a BTreeMap<u64, Planted>,
        decision: u64,
    ) -> Option<&'a Planted> {
        planted
            .get(&decision)
            .filter(|_| !self.answered.contains_key(&decision))
    }

    /// When the proposal was last opened as it is shown now.
    pub fn opened(&self, planted: &BTreeMap<u64, Planted>, decision: u64) -> Option<&Opened> {
        let since = match (
            self.waiting(planted, decision),
            self.answered.get(&decision),
        ) {
            (Some(case), _) => case.since,
            (None, Some((index, _))) => index + 1,
            (None, None) => 0,
        };
        self.opened.get(&decision).filter(|it| it.index >= since)
    }

    /// Whether the decision was ever opened.
    pub fn has_opened(&self, decision: u64) -> bool {
        self.opened.contains_key(&decision)
    }

    /// Whether the decision was a planted case that this person answered.
    pub fn has_answered(&self, decision: u64) -> bool {
        self.answered.contains_key(&decision)
    }

    /// How the leads that were opened were read, until now.
    pub fn reading(&self, now: i64, least: u32) -> Reading {
        Reading::of(self.opened.values().map(|it| it.time).collect(), now, least)
    }

    /// Planted cases: planted, found; and let through, planted still or not.
    pub fn controls(&self, planted: &BTreeMap<u64, Planted>) -> (u64, u64, u64) {
        let of = |wanted: Control| {
            let answered = self.answered.iter();
            answered.filter(move |(_, (_, control))| *control == wanted)
        };
        let found = of(Control::Found).filter(|(decision, _)| planted.contains_key(decision));
        (
            planted.len() as u64,
            found.count() as u64,
            of(Control::Missed).count() as u64,
        )
    }

    /// Reviews that came too soon.
    pub fn hurried(&self) -> u64 {
        self.hurried.values().filter(|soon| **soon).count() as u64
    }
}

/// The names of the bands of each segment of a run, as people read them.
pub fn labels(ws: &Workspace, view: &View, run: RunId) -> HashMap<Token, String> {
    let mut labels = HashMap::new();
    for placed in segments(view, run) {
        let policy = policy_of(ws, view, placed.entry.policy);
        let names = placed.entry.outcomes.iter().map(|(_, name)| name);
        labels.extend(names.map(|name| (name.clone(), policy.band_label(name.as_str()))));
    }
    labels
}
