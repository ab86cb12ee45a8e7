//! Whole segments destroyed at the date that their retention class gave them.

use std::collections::BTreeMap;

use super::{Commit, Error, Placed, Receipt, View, Writer};
use crate::ledger::entry::{Entry, Purge};
use crate::ledger::text::{Date, EventId, SegmentId, Time};
use crate::name::Token;

/// Segments of one entry, which stays well below 64 KiB.
const SEGMENTS: usize = 1000;

impl View {
    /// The segments whose retention ended before `today`.
    pub fn overdue(&self, today: Date) -> impl Iterator<Item = &Placed> {
        self.segments()
            .filter(move |placed| placed.entry.retention.1 < today)
    }
}

impl Writer {
    /// Destroys these segments: the log says so, then their files go.
    ///
    /// A segment that holds a restricted row is refused.
    pub fn purge(
        &mut self,
        segments: &[SegmentId],
        (event, time): (EventId, Time),
        actor: &Token,
    ) -> Result<Receipt, Error> {
        let restricted = self.view().restricted()?;
        let rows: usize = segments
            .iter()
            .filter_map(|id| restricted.get(id))
            .map(std::collections::BTreeSet::len)
            .sum();
        if rows > 0 {
            return Err(Error::Restricted { rows: rows as u64 });
        }
        let mut classes: BTreeMap<Token, Vec<SegmentId>> = BTreeMap::new();
        for placed in self.view().segments() {
            if segments.contains(&placed.entry.id) {
                let class = placed.entry.retention.0.clone();
                classes.entry(class).or_default().push(placed.entry.id);
            }
        }
        let mut entries = Vec::new();
        for (class, mut segments) in classes {
            segments.sort_unstable();
            entries.extend(segments.chunks(SEGMENTS).map(|segments| {
                Entry::Purge(Purge {
                    event,
                    time,
                    actor: actor.clone(),
                    class: class.clone(),
                    segments: segments.to_vec(),
                })
            }));
        }
        let receipt = self.commit(&Commit {
            documents: Vec::new(),
            entries,
        })?;
        self.sweep()?;
        Ok(receipt)
    }
}
