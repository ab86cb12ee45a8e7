//! What a bundle is made of: the segments of some runs, or what was decided about one lead.

use std::collections::BTreeSet;

use super::{BundleRequest, Refusal, Selection, replayer};
use crate::digest::Digest;
use crate::ledger::{Entry, Replay, SegmentKind};
use crate::pseudonym::normalise;
use crate::workspace::Workspace;
use crate::workspace::error::Error;
use crate::workspace::journal::{Placed, Proved, View};
use crate::workspace::runs;
use crate::workspace::unlinked::Keys;

use super::pages::Said;

/// What goes into a bundle.
pub struct Chosen {
    /// As `bundle.json` says it.
    pub said: Said,
    /// The segments, in log order.
    pub segments: Vec<Placed>,
    /// One lead's decisions, ascending; none unless a lead was asked for.
    pub decisions: Vec<Decision>,
}

/// A decision about the lead, proved.
pub struct Decision {
    /// Its number.
    pub number: u64,
    /// Where it stands.
    pub placed: Placed,
    /// The record, and the way from it to the checkpoint.
    pub proved: Proved,
    /// Whom it is about.
    pub pseudonym: [u8; 16],
}

impl Chosen {
    /// The documents that the chosen segments name.
    ///
    /// The policy names the people who act, so it is no part of one lead's bundle.
    pub fn documents(&self) -> BTreeSet<Digest> {
        let one = !self.decisions.is_empty();
        let named = self.segments.iter().flat_map(|placed| {
            let it = &placed.entry;
            let policy = Some(it.policy).filter(|_| !one);
            let model = it.model.map(|(model, _)| model);
            [Some(it.schema), Some(it.law), policy, model]
        });
        named.flatten().collect()
    }
}

/// Finds what was asked for.
pub fn choose(ws: &Workspace, view: &View, request: &BundleRequest) -> Result<Chosen, Error> {
    let (said, runs) = match &request.selection {
        Selection::Lead { lead, decision } => return about(ws, view, lead, *decision),
        Selection::Run(asked) => {
            let run = runs::find(view, asked)?;
            (
                Said::Run {
                    run: run.run.to_string(),
                },
                vec![run.run],
            )
        }
        Selection::Dates(from, to) if from > to => return Err(Refusal::Backwards.into()),
        Selection::Dates(from, to) => {
            let within = view.entries().filter_map(|(_, entry)| match entry {
                Entry::Run(run) if (from..=to).contains(&&run.date) => Some(run.run),
                _ => None,
            });
            let said = Said::Dates {
                from: from.to_string(),
                to: to.to_string(),
            };
            (said, within.collect())
        }
    };
    let segments: Vec<Placed> = view
        .segments()
        .filter(|it| it.entry.kind != SegmentKind::Events && runs.contains(&it.entry.run))
        .cloned()
        .collect();
    if segments.is_empty() {
        return Err(Refusal::Nobody.into());
    }
    Ok(Chosen {
        said,
        segments,
        decisions: Vec::new(),
    })
}

/// What was decided about a lead, under every purpose and key of the log.
fn about(ws: &Workspace, view: &View, lead: &str, asked: Option<u64>) -> Result<Chosen, Error> {
    let (_, id_type) = ws.policy.identifier();
    let normal = normalise(id_type, lead)?;
    let mut keys = Keys::of(view, id_type);
    let mut found = Vec::new();
    for placed in view.segments() {
        let Some(first) = placed.first else { continue };
        let Some(key) = keys.key(&placed.entry.kid, &placed.entry.purpose)? else {
            continue; // of a period that was destroyed
        };
        let pseudonym = key.pseudonym(&normal).0;
        for row in view.find(&pseudonym, placed)? {
            found.push((first + u64::from(row), placed, row, pseudonym));
        }
    }
    if found.is_empty() {
        return Err(Error::NoDecision);
    }
    let known: Vec<u64> = found.iter().map(|it| it.0).collect();
    if let Some(asked) = asked {
        found.retain(|it| it.0 == asked);
        if found.is_empty() {
            return Err(Error::OtherDecision { asked, known });
        }
    }
    let mut decisions = Vec::new();
    for (number, placed, row, pseudonym) in found {
        let replay = match (placed.entry.kind, placed.entry.model) {
            (SegmentKind::Proposals, Some((model, _))) => Some(replayer(view, model)?),
            _ => None,
        };
        let replay = replay.as_ref().map(|it| it as &dyn Replay);
        decisions.push(Decision {
            number,
            placed: placed.clone(),
            proved: view.fetch(placed, row, replay)?,
            pseudonym,
        });
    }
    let mut segments: Vec<Placed> = decisions.iter().map(|it| it.placed.clone()).collect();
    segments.dedup();
    let numbers = decisions.iter().map(|it| it.number).collect();
    Ok(Chosen {
        said: Said::Decisions { decisions: numbers },
        segments,
        decisions,
    })
}
