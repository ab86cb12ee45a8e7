//! Rows that may be neither used nor purged for a while (GDPR art. 18, or a legal hold).
//!
//! Which rows they are stands in `restricted/<event>` for as long as the
//! restriction lasts; the log vouches for that list by its sum.

use std::collections::{BTreeMap, BTreeSet};

use super::erase::{Models, rows_of};
use super::view::damaged;
use super::{Commit, Error, Receipt, View, Writer, restricted_name};
use crate::ledger;
use crate::ledger::entry::{self, Entry, Restrict};
use crate::ledger::erased::Listed;
use crate::ledger::text::{EventId, Restraint, SegmentId, Time};
use crate::ledger::tree::Hash;
use crate::name::Token;

/// What is to be restricted, by whom and why.
#[derive(Clone, Debug)]
pub struct Restriction {
    /// Its random name.
    pub event: EventId,
    /// When.
    pub time: Time,
    /// Who: a role's id.
    pub actor: Token,
    /// The article, or `legal-hold`.
    pub reason: Token,
    /// The commitment of the request.
    pub request: Hash,
    /// Rows by segment, both ascending.
    pub rows: BTreeMap<SegmentId, Vec<u32>>,
}

/// Rows by segment.
pub type Held = BTreeMap<SegmentId, BTreeSet<u32>>;

/// Rows of one part of an entry, which stays well below 64 KiB.
const ROWS: usize = 500;

impl View {
    /// The restrictions in force, by their first entries.
    #[must_use]
    pub fn restrictions(&self) -> BTreeMap<EventId, &Restrict> {
        let mut open = BTreeMap::new();
        for (_, entry) in self.entries() {
            let Entry::Restrict(it) = entry else { continue };
            match it.state {
                Restraint::Set => {
                    open.entry(it.event).or_insert(it);
                }
                Restraint::Lifted => {
                    open.remove(&it.event);
                }
            }
        }
        open
    }

    /// The rows of a restriction in force.
    pub fn restriction(&self, event: EventId) -> Result<Listed, Error> {
        let name = restricted_name(event);
        let listed = Listed::decode(&self.held(&name)?).map_err(|source| damaged(&name, source))?;
        if listed.event == event {
            Ok(listed)
        } else {
            Err(damaged(&name, ledger::Error::Rows("of another event")))
        }
    }

    /// All rows that are under restriction.
    pub fn restricted(&self) -> Result<Held, Error> {
        let mut held = Held::new();
        for event in self.restrictions().keys() {
            for (segment, leaves) in self.restriction(*event)?.rows {
                held.entry(segment).or_default().extend(leaves.rows());
            }
        }
        Ok(held)
    }

    /// How many of these rows are under restriction.
    pub fn restricted_among(&self, rows: &BTreeMap<SegmentId, Vec<u32>>) -> Result<u64, Error> {
        let held = self.restricted()?;
        let among = |(id, rows): (&SegmentId, &Vec<u32>)| {
            held.get(id).map_or(0, |held| {
                rows.iter().filter(|row| held.contains(row)).count()
            })
        };
        Ok(rows.iter().map(among).sum::<usize>() as u64)
    }
}

impl Writer {
    /// Restricts rows, durable when this returns.
    pub fn restrict(
        &mut self,
        restriction: &Restriction,
        models: Models<'_>,
    ) -> Result<Receipt, Error> {
        let listed = self
            .view()
            .listed(restriction.event, &restriction.rows, models)?;
        self.keep(&restricted_name(restriction.event), &listed.encode())?;
        let rows: Vec<entry::Rows> = listed.rows.iter().map(rows_of).collect();
        let parts = rows.len().div_ceil(ROWS).max(1);
        let part = |at: usize| {
            Entry::Restrict(Restrict {
                event: restriction.event,
                part: (at as u32 + 1, parts as u32),
                state: Restraint::Set,
                time: restriction.time,
                actor: restriction.actor.clone(),
                reason: restriction.reason.clone(),
                requests: if at == 0 {
                    vec![restriction.request]
                } else {
                    Vec::new()
                },
                rows: rows.chunks(ROWS).nth(at).unwrap_or_default().to_vec(),
            })
        };
        self.commit(&Commit {
            documents: Vec::new(),
            entries: (0..parts).map(part).collect(),
        })
    }

    /// Lifts restrictions, durable when this returns; the lists of their rows are deleted.
    pub fn lift(
        &mut self,
        events: &[EventId],
        time: Time,
        actor: &Token,
        request: Hash,
    ) -> Result<Receipt, Error> {
        let set = self.view().restrictions();
        let lifted = |event: &EventId| {
            set.get(event).map(|it| {
                Entry::Restrict(Restrict {
                    part: (1, 1),
                    state: Restraint::Lifted,
                    time,
                    actor: actor.clone(),
                    requests: vec![request],
                    rows: Vec::new(),
                    ..(*it).clone()
                })
            })
        };
        let entries = events.iter().filter_map(lifted).collect();
        let receipt = self.commit(&Commit {
            documents: Vec::new(),
            entries,
        })?;
        self.sweep()?;
        Ok(receipt)
    }
}
