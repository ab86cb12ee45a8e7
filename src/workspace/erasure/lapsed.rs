//! Whose retention is over: a lead that the law refuses because its last contact is too old is forgotten as well.
//!
//! The refusal's own leaf stays, and so do earlier ones that say the same:
//! they are how the company shows that it stopped. Everything recorded before
//! under the same pseudonym leaves, unless a restriction keeps it. Segments are
//! ticked off once nothing is left, so that a night that was cut short is made
//! up for by the next.
//!
//! A pseudonym means something within its period and purpose only, and no
//! identifier is left once the night is over: what earlier periods or other
//! purposes recorded of the same person stays until its own date.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{Rows, is_held};
use crate::digest::Digest;
use crate::law::Pack;
use crate::ledger::{RunId, SegmentId, SegmentKind};
use crate::name::Token;
use crate::workspace::error::Error;
use crate::workspace::journal::{Placed, View};
use crate::workspace::state::State;

/// What is to leave.
#[derive(Default)]
pub struct Lapsed {
    /// The rows.
    pub rows: Rows,
    /// Segments of refusals of whose leads nothing will be left then.
    pub done: Vec<SegmentId>,
    /// Rows that a restriction keeps.
    pub held: u64,
}

impl Lapsed {
    /// Rows that are to leave.
    pub fn count(&self) -> u64 {
        self.rows.values().map(|rows| rows.len() as u64).sum()
    }
}

/// Whose a pseudonym is: it means something within a period and a purpose only.
type Domain = (Token, Token);

/// What is to leave because of refusals that were not seen to yet.
pub fn lapsed(view: &View, state: &State) -> Result<Lapsed, Error> {
    let seen = state.lapsed()?;
    let mut packs = Packs::default();
    let mut found = Lapsed::default();
    // By pseudonym, the last refusal that says so: what stands before it leaves.
    let mut people: BTreeMap<Domain, HashMap<[u8; 16], (u64, SegmentId)>> = BTreeMap::new();
    let mut runs: BTreeMap<Domain, BTreeSet<RunId>> = BTreeMap::new();
    let refusals = view
        .segments()
        .filter(|it| it.entry.kind == SegmentKind::Refusals);
    for placed in refusals.filter(|it| !seen.contains(&it.entry.id)) {
        found.done.push(placed.entry.id);
        let codes = packs.codes(view, placed)?;
        if codes.is_empty() {
            continue;
        }
        let whose = people.entry(domain(placed)).or_default();
        let met = whose.len();
        view.outcomes(placed, |_, pseudonym, outcome| {
            if codes.contains(&outcome) {
                whose.insert(*pseudonym, (placed.index, placed.entry.id));
            }
        })?;
        if whose.len() > met {
            let of = runs.entry(domain(placed)).or_default();
            of.insert(placed.entry.run);
        }
    }
    people.retain(|_, whose| !whose.is_empty());
    if people.is_empty() {
        return Ok(found);
    }
    let restricted = view.restricted()?;
    let mut kept_for = BTreeSet::new();
    for placed in view.segments() {
        let Some(whose) = people.get(&domain(placed)) else {
            continue;
        };
        // A run meets nobody twice: whoever it refused it did not propose.
        let own = runs.get(&domain(placed));
        if own.is_some_and(|runs| runs.iter().all(|run| *run == placed.entry.run)) {
            continue;
        }
        let id = placed.entry.id;
        let codes = match placed.entry.kind {
            SegmentKind::Refusals => packs.codes(view, placed)?,
            _ => BTreeSet::new(),
        };
        let mut rows = Vec::new();
        let mut take = |row: u32, pseudonym: &[u8; 16]| {
            let Some((refused, by)) = whose.get(pseudonym) else {
                return;
            };
            if *refused <= placed.index {
                return;
            }
            if is_held(&restricted, id, row) {
                found.held += 1;
                kept_for.insert(*by);
            } else {
                rows.push(row);
            }
        };
        if codes.is_empty() {
            view.scan(placed, take)?;
        } else {
            view.outcomes(placed, |row, pseudonym, outcome| {
                if !codes.contains(&outcome) {
                    take(row, pseudonym);
                }
            })?;
        }
        if !rows.is_empty() {
            found.rows.insert(id, rows);
        }
    }
    found.done.retain(|id| !kept_for.contains(id));
    Ok(found)
}

fn domain(placed: &Placed) -> Domain {
    (placed.entry.kid.clone(), placed.entry.purpose.clone())
}

/// The codes by which each pack says that retention is over.
#[derive(Default)]
struct Packs(BTreeMap<Digest, BTreeSet<u8>>);

impl Packs {
    fn codes(&mut self, view: &View, placed: &Placed) -> Result<BTreeSet<u8>, Error> {
        let law = placed.entry.law;
        if let Some(codes) = self.0.get(&law) {
            return Ok(codes.clone());
        }
        let text = String::from_utf8(view.document(&law)?).ok();
        let pack = text.and_then(|text| Pack::parse(&text).ok());
        let codes = pack.map(|pack| pack.lapses().iter().map(|it| it.code).collect());
        let codes: BTreeSet<u8> = codes.unwrap_or_default();
        self.0.insert(law, codes.clone());
        Ok(codes)
    }
}
