//! What happened to people's leads on its way into the ledger: a few events as a segment of their own, recorded at once.

use std::path::Path;

use super::writer::Spooled;
use super::{Commit, Entropy, Error, Receipt, Writer};
use crate::ledger::block::{BLOCK, shuffle};
use crate::ledger::entry::Entry;
use crate::ledger::key::Secret;
use crate::ledger::record::Event;
use crate::ledger::segment::{Growing, Heading};
use crate::ledger::text::{SegmentId, SegmentKind};

impl Writer {
    /// Records the entries of `commit`, then each batch of events as a segment; durable when this returns.
    ///
    /// The events of a batch share its heading: one pseudonym key, one purpose. Their segment and row are
    /// set here. A batch has at least one event and at most a segment's rows.
    pub fn append_events(
        &mut self,
        commit: &Commit,
        batches: &[(Heading, Vec<Event>)],
        entropy: &mut Entropy,
    ) -> Result<Receipt, Error> {
        if self.spent {
            return Err(Error::Spent);
        }
        let folder = self.view().paths.tmp().join("commit");
        self.spent = true;
        self.disk.create_directory(&folder)?;
        let spooled: Vec<Spooled> = batches
            .iter()
            .map(|(heading, events)| self.spool(heading, events, &folder, entropy))
            .collect::<Result<_, _>>()?;
        self.spent = false;
        self.record(commit, &spooled, &folder, entropy)
    }

    fn spool(
        &self,
        heading: &Heading,
        events: &[Event],
        folder: &Path,
        entropy: &mut Entropy,
    ) -> Result<Spooled, Error> {
        let kind = SegmentKind::Events;
        let mut growing = Growing::new(SegmentId(entropy.bytes()), kind, 0, entropy.bytes());
        for block in events.chunks(BLOCK) {
            growing.push_events(block, &shuffle(entropy.bytes(), block.len()))?;
        }
        let closed = growing.close(Secret::new(entropy.bytes()));
        let file = |suffix: &str| folder.join(format!("{}.{suffix}", closed.id));
        self.disk.create(&file("rows"), &closed.sealed)?;
        self.disk.create(&file("nodes"), &closed.nodes)?;
        let entry = Entry::Segment(heading.entry(closed.id, kind, closed.rows, closed.root));
        Ok(Spooled {
            id: closed.id,
            key: closed.key,
            entry,
        })
    }
}
