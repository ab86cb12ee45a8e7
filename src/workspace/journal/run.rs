//! A scoring run's rows on their way into the ledger: shuffled, sealed in `tmp/`, and recorded all at once.
//!
//! Holds `run.lock` until it is dropped, so that the caller can still rename
//! its output after the commit. `append.lock` is held during the commit only:
//! explaining and reviewing go on during the night's run.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::writer::Spooled;
use super::{Commit, Entropy, Error, Receipt, View, Writer};
use crate::ledger::Replay;
use crate::ledger::block::{Block, shuffle};
use crate::ledger::entry::Entry;
use crate::ledger::key::Secret;
use crate::ledger::segment::{Growing, Heading};
use crate::ledger::text::{RunId, SegmentId, SegmentKind};
use crate::workspace::disk::{Disk, Lock};

/// How long a run waits for `run.lock`: a writer that clears `tmp/` after a crash holds it for an instant.
pub(super) const PATIENCE: Duration = Duration::from_millis(300);

/// The segments of one kind of a run.
#[derive(Debug, Default)]
struct Stream {
    heading: Option<Heading>,
    growing: Option<Growing>,
    spooled: Vec<Spooled>,
    rows: u64,
}

/// A run that records.
pub struct RunWriter {
    root: PathBuf,
    disk: Disk,
    entropy: Entropy,
    run: RunId,
    view: View,
    proposals: Stream,
    refusals: Stream,
    spent: bool,
    _lock: Lock,
}

impl RunWriter {
    /// Takes `run.lock` (another run: [`Error::Busy`]) and opens the ledger as any writer does.
    pub fn start(root: &Path, disk: &Disk, entropy: Entropy, run: RunId) -> Result<Self, Error> {
        if !root.join("ledger").join("checkpoint").exists() {
            return Err(Error::Absent {
                root: root.to_owned(),
            });
        }
        let Some(lock) = disk.lock(&root.join("run.lock"), PATIENCE)? else {
            return Err(Error::Busy { lock: "run.lock" });
        };
        let view = Writer::recover(root, disk, true)?.into_view();
        disk.create_directory(&root.join("tmp").join(run.to_string()))?;
        Ok(Self {
            root: root.to_owned(),
            disk: disk.clone(),
            entropy,
            run,
            view,
            proposals: Stream::default(),
            refusals: Stream::default(),
            spent: false,
            _lock: lock,
        })
    }

    /// The ledger as it was when the run started.
    #[must_use]
    pub fn view(&self) -> &View {
        &self.view
    }

    /// The run.
    #[must_use]
    pub fn run(&self) -> RunId {
        self.run
    }

    /// The decision number of this run's first proposal: only runs make decisions, and this one holds their lock.
    #[must_use]
    pub fn next_decision(&self) -> u64 {
        self.view.next_decision()
    }

    /// Rows of a kind taken so far.
    #[must_use]
    pub fn rows(&self, kind: SegmentKind) -> u64 {
        match kind {
            SegmentKind::Proposals => self.proposals.rows,
            SegmentKind::Refusals => self.refusals.rows,
            SegmentKind::Events => 0,
        }
    }

    /// Takes a block of rows and says, for each in input order, its ordinal among the run's rows of its kind.
    ///
    /// The order within a block is shuffled by randomness that is not kept. `replay` is the model of
    /// proposals; refusals have none. All blocks of a kind have the same heading.
    pub fn push(
        &mut self,
        heading: &Heading,
        kind: SegmentKind,
        block: &Block,
        replay: Option<&dyn Replay>,
    ) -> Result<Vec<u64>, Error> {
        if self.spent {
            return Err(Error::Spent);
        }
        let features = replay.map_or(0, Replay::features);
        let stream = match kind {
            SegmentKind::Proposals => &mut self.proposals,
            SegmentKind::Refusals => &mut self.refusals,
            SegmentKind::Events => {
                return Err(crate::ledger::Error::Block("a run records predictions").into());
            }
        };
        if heading.run != self.run
            || stream
                .heading
                .as_ref()
                .is_some_and(|first| first != heading)
        {
            return Err(
                crate::ledger::Error::Block("another heading than the blocks before it").into(),
            );
        }
        stream.heading.get_or_insert_with(|| heading.clone());
        if block.rows() == 0 {
            return Ok(Vec::new());
        }
        if stream
            .growing
            .as_ref()
            .is_some_and(|growing| !growing.fits(block.rows()))
        {
            self.spent = true;
            stream.close(
                kind,
                &mut self.entropy,
                &self.disk,
                &spool_of(&self.root, self.run),
            )?;
            self.spent = false;
        }
        let entropy = &mut self.entropy;
        let growing = stream.growing.get_or_insert_with(|| {
            Growing::new(SegmentId(entropy.bytes()), kind, features, entropy.bytes())
        });
        let order = shuffle(entropy.bytes(), block.rows());
        growing.push(block, &order, replay)?;
        let mut ordinals = vec![0; order.len()];
        for (at, ordinal) in order.iter().zip(stream.rows..) {
            ordinals[*at as usize] = ordinal;
        }
        stream.rows += order.len() as u64;
        Ok(ordinals)
    }

    /// Records the entries of `commit`, then the proposals, then the refusals; durable when this returns.
    ///
    /// A run entry among them must count what was pushed. Afterwards this only holds the lock.
    pub fn commit(&mut self, commit: &Commit) -> Result<Receipt, Error> {
        if self.spent {
            return Err(Error::Spent);
        }
        self.count(commit)?;
        self.spent = true;
        let spool = spool_of(&self.root, self.run);
        self.proposals.close(
            SegmentKind::Proposals,
            &mut self.entropy,
            &self.disk,
            &spool,
        )?;
        self.refusals
            .close(SegmentKind::Refusals, &mut self.entropy, &self.disk, &spool)?;
        let mut segments = std::mem::take(&mut self.proposals.spooled);
        segments.append(&mut self.refusals.spooled);
        let mut writer = Writer::recover(&self.root, &self.disk, false)?;
        let mut receipt = writer.record(commit, &segments, &spool, &mut self.entropy)?;
        receipt.first_refusal = receipt.first_proposal + self.proposals.rows;
        self.view = writer.into_view();
        Ok(receipt)
    }

    fn count(&self, commit: &Commit) -> Result<(), Error> {
        for entry in &commit.entries {
            let Entry::Run(run) = entry else { continue };
            let counts = [
                (SegmentKind::Proposals, run.proposed, self.proposals.rows),
                (SegmentKind::Refusals, run.refused, self.refusals.rows),
            ];
            for (kind, said, held) in counts {
                if said != held || run.run != self.run {
                    return Err(Error::Counts { kind, said, held });
                }
            }
        }
        Ok(())
    }
}

impl Drop for RunWriter {
    fn drop(&mut self) {
        // Best effort: the next writer's open removes it as well.
        let _ = self.disk.remove_tree(&spool_of(&self.root, self.run));
    }
}

fn spool_of(root: &Path, run: RunId) -> PathBuf {
    root.join("tmp").join(run.to_string())
}

impl Stream {
    /// Ends the growing segment, if there is one, and writes its files to the run's folder in `tmp/`.
    fn close(
        &mut self,
        kind: SegmentKind,
        entropy: &mut Entropy,
        disk: &Disk,
        spool: &Path,
    ) -> Result<(), Error> {
        let (Some(growing), Some(heading)) = (self.growing.take(), &self.heading) else {
            return Ok(());
        };
        let closed = growing.close(Secret::new(entropy.bytes()));
        disk.create(&spool.join(format!("{}.rows", closed.id)), &closed.sealed)?;
        disk.create(&spool.join(format!("{}.nodes", closed.id)), &closed.nodes)?;
        let entry = Entry::Segment(heading.entry(closed.id, kind, closed.rows, closed.root));
        self.spooled.push(Spooled {
            id: closed.id,
            key: closed.key,
            entry,
        });
        Ok(())
    }
}
