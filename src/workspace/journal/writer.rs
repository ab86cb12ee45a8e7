//! The one who may append: opens by recovering, commits in one order, and stops at the first failed write.
//!
//! Segments, wrapped keys, documents, entry bundles and tiles are durable
//! under names that did not exist before `checkpoint` is replaced; that
//! replacement is the commit. Whatever a crash leaves behind is newer than the
//! checkpoint, and the next writer's open deletes it.

use std::collections::BTreeSet;
use std::ops::Range;
use std::path::Path;
use std::time::Duration;

use super::spool::Spool;
use super::view::{damaged, key_name};
use super::{Entropy, Error, Paths, View, nodes_name, period, rows_name};
use crate::digest::Digest;
use crate::ledger;
use crate::ledger::entry::Entry;
use crate::ledger::key::{SegmentKey, SigningKey};
use crate::ledger::note::{self, Checkpoint};
use crate::ledger::text::{EventId, SegmentId};
use crate::ledger::tile::{self, Tile};
use crate::ledger::tree;
use crate::workspace::disk::{Disk, Lock};

/// How long an append waits for another to end.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// What is to be recorded together, or not at all.
#[derive(Clone, Debug, Default)]
pub struct Commit {
    /// Documents that the entries name: models, schemas, policies, law packs.
    pub documents: Vec<Vec<u8>>,
    /// Entries, in order; segments of a run come after them by themselves.
    pub entries: Vec<Entry>,
}

/// What was recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The numbers of the new entries in the main log.
    pub entries: Range<u64>,
    /// The decision number of the run's first proposal.
    pub first_proposal: u64,
    /// The decision number of the run's first refusal.
    pub first_refusal: u64,
    /// The signed checkpoint.
    pub checkpoint: Vec<u8>,
}

/// A segment whose files wait in `tmp/`.
#[derive(Debug)]
pub(super) struct Spooled {
    pub id: SegmentId,
    pub key: SegmentKey,
    pub entry: Entry,
}

/// Holds `append.lock`; the ledger cannot change under it.
pub struct Writer {
    pub(super) view: View,
    pub(super) disk: Disk,
    signing: SigningKey,
    pub(super) spent: bool,
    /// The erasure whose leaves this writer has hashed itself.
    pub(super) proven: Option<EventId>,
    _lock: Lock,
}

impl Writer {
    /// Waits for `append.lock`, checks the ledger, and clears away what a crash left.
    pub fn open(root: &Path, disk: &Disk) -> Result<Self, Error> {
        Self::recover(root, disk, false)
    }

    /// The same for whoever is about to accept that the ledger is not the one that was anchored.
    pub fn open_rolled_back(root: &Path, disk: &Disk) -> Result<Self, Error> {
        Self::enter(root, disk, false, &|_| Ok(()))
    }

    /// The same while no run is under way, and none can begin until the lock is dropped: a run that has read its rows must
    /// not record them after they were erased.
    pub fn open_alone(root: &Path, disk: &Disk) -> Result<(Self, Lock), Error> {
        if !root.join("ledger").join("checkpoint").exists() {
            return Err(Error::Absent {
                root: root.to_owned(),
            });
        }
        let Some(run) = disk.lock(&root.join("run.lock"), super::run::PATIENCE)? else {
            return Err(Error::Busy { lock: "run.lock" });
        };
        Ok((Self::recover(root, disk, true)?, run))
    }

    /// The same; `idle` says that the caller knows that no run is under way.
    pub(super) fn recover(root: &Path, disk: &Disk, idle: bool) -> Result<Self, Error> {
        Self::enter(root, disk, idle, &View::reaches_its_anchors)
    }

    /// Opens a ledger that is as `fit` asks; before that, nothing is deleted.
    fn enter(
        root: &Path,
        disk: &Disk,
        idle: bool,
        fit: &dyn Fn(&View) -> Result<(), Error>,
    ) -> Result<Self, Error> {
        let paths = Paths::of(root);
        if !paths.in_ledger("checkpoint").exists() {
            return Err(Error::Absent {
                root: root.to_owned(),
            });
        }
        let Some(lock) = disk.lock(&root.join("append.lock"), PATIENCE)? else {
            return Err(Error::Busy {
                lock: "append.lock",
            });
        };
        let mut view = View::open(root)?;
        right_edge(&view)?;
        fit(&view)?;
        let signing = view.keyring.signing()?;
        clear(&paths, disk, idle)?;
        period::settle(&mut view, disk)?;
        let writer = Self {
            view,
            disk: disk.clone(),
            signing,
            spent: false,
            proven: None,
            _lock: lock,
        };
        writer.sweep()?;
        Ok(writer)
    }

    /// The ledger as it stands.
    #[must_use]
    pub fn view(&self) -> &View {
        &self.view
    }

    /// A note over `text`, signed as the log is.
    #[must_use]
    pub fn sign(&self, text: &str) -> String {
        note::sign(text, self.view.origin(), &self.signing)
    }

    /// Gives up the lock and keeps what was read.
    pub(super) fn into_view(self) -> View {
        self.view
    }

    /// Records `commit`, durable when this returns.
    pub fn commit(&mut self, commit: &Commit) -> Result<Receipt, Error> {
        self.record(commit, &[], Path::new(""), &mut Entropy::os())
    }

    /// Records `commit`, then the segments whose files wait in `spooled`.
    pub(super) fn record(
        &mut self,
        commit: &Commit,
        segments: &[Spooled],
        spooled: &Path,
        entropy: &mut Entropy,
    ) -> Result<Receipt, Error> {
        if self.spent {
            return Err(Error::Spent);
        }
        let mut entries = commit.entries.clone();
        entries.extend(segments.iter().map(|segment| segment.entry.clone()));
        let unrecorded = self.view.unrecorded(&entries)?;
        entries.extend(unrecorded);
        for entry in &entries {
            entry.check()?;
            if entry.text().len() > usize::from(u16::MAX) {
                return Err(ledger::Error::Tile("an entry of 64 KiB or more").into());
            }
        }
        self.rests_on_what_was_kept(&commit.documents, &entries)?;
        self.spent = true;
        let receipt = self.write(&commit.documents, entries, segments, spooled, entropy)?;
        self.spent = false;
        Ok(receipt)
    }

    /// Refuses entries that name what no earlier entry keeps, or keep what is not there: they would never verify.
    fn rests_on_what_was_kept(
        &self,
        documents: &[Vec<u8>],
        entries: &[Entry],
    ) -> Result<(), Error> {
        let refused = |kind: &str, why| {
            Err(Error::Refused(ledger::Error::Entry {
                line: kind.to_owned(),
                why,
            }))
        };
        let given: BTreeSet<Digest> = documents
            .iter()
            .map(|document| Digest::of(document))
            .collect();
        let keeps = |entry: &Entry| entry.documents().map(|digest| (entry.kind(), digest));
        let mut kept: BTreeSet<(&str, Digest)> =
            self.view.entries.iter().filter_map(keeps).collect();
        for entry in entries {
            if let Some((kind, _)) = entry
                .relies_on()
                .into_iter()
                .find(|named| !kept.contains(named))
            {
                return refused(kind, "no earlier entry keeps what it names");
            }
            if let Some((kind, digest)) = keeps(entry) {
                if !given.contains(&digest)
                    && !self
                        .view
                        .paths
                        .in_ledger(&format!("documents/{digest}"))
                        .exists()
                {
                    return refused(kind, "its document is not given");
                }
                kept.insert((kind, digest));
            }
        }
        let unnamed = |digest: &&Digest| !kept.iter().any(|(_, kept)| kept == *digest);
        if given.iter().find(unnamed).is_some() {
            return refused("document", "no entry keeps it");
        }
        Ok(())
    }

    fn write(
        &mut self,
        documents: &[Vec<u8>],
        entries: Vec<Entry>,
        segments: &[Spooled],
        spooled: &Path,
        entropy: &mut Entropy,
    ) -> Result<Receipt, Error> {
        let paths = self.view.paths.clone();
        let tmp = paths.tmp().join("commit");
        self.disk.create_directory(&tmp)?;
        let spool = Spool {
            disk: &self.disk,
            paths: &paths,
            tmp: &tmp,
        };
        for segment in segments {
            let from = |suffix| spooled.join(format!("{}.{suffix}", segment.id));
            spool.place(
                &from("rows"),
                &rows_name(segment.id, segment.key.generation),
            )?;
            spool.place(&from("nodes"), &nodes_name(segment.id))?;
        }
        let kek = self.view.keyring.kek()?;
        for Spooled { id, key, .. } in segments {
            let name = key_name(self.view.keyring.kek_id(), *id);
            spool.put(&name, &key.wrap(&id.0, &kek, entropy.bytes()))?;
        }
        for document in documents {
            let name = format!("documents/{}", Digest::of(document));
            if !paths.in_ledger(&name).exists() {
                spool.put(&name, document)?;
            }
        }
        let old = self.view.size();
        let texts: Vec<String> = entries.iter().map(Entry::text).collect();
        let leaves: Vec<tree::Hash> = texts
            .iter()
            .map(|text| tree::leaf(&[text.as_bytes()]))
            .collect();
        let mut all = self.view.leaves.clone();
        all.extend(&leaves);
        let (size, root) = (all.len() as u64, tree::root(&all));
        spool.tiles(
            old,
            all,
            &self.texts_from(old / tile::WIDTH * tile::WIDTH, &texts),
        )?;
        let checkpoint = Checkpoint {
            origin: self.view.origin().to_owned(),
            size,
            root,
        };
        let note = checkpoint.sign(&self.signing).into_bytes();
        self.disk.create(&tmp.join("checkpoint"), &note)?;
        self.disk
            .replace(&tmp.join("checkpoint"), &paths.in_ledger("checkpoint"))?;
        // Recorded. What follows is housekeeping, which the next open would do as well.
        let now: BTreeSet<Tile> = tile::all(size).into_iter().collect();
        for gone in tile::all(old)
            .into_iter()
            .filter(|tile| !now.contains(tile))
        {
            let _ = self.disk.remove(&paths.in_ledger(&gone.path()));
        }
        let first_proposal = self.view.next_decision();
        for (entry, leaf) in entries.into_iter().zip(leaves) {
            self.view.append(entry, leaf);
        }
        self.view.checkpoint = checkpoint;
        self.view.note.clone_from(&note);
        Ok(Receipt {
            entries: old..size,
            first_proposal,
            first_refusal: first_proposal,
            checkpoint: note,
        })
    }

    /// The texts of entries from number `first` on, the new ones included.
    fn texts_from(&self, first: u64, new: &[String]) -> Vec<String> {
        let standing = self.view.entries[first as usize..].iter().map(Entry::text);
        standing.chain(new.iter().cloned()).collect()
    }
}

/// Empties `tmp/` of what a crash left; a run that is under way keeps its folder.
fn clear(paths: &Paths, disk: &Disk, idle: bool) -> Result<(), Error> {
    disk.remove_tree(&paths.tmp().join("commit"))?;
    let left = std::fs::read_dir(paths.tmp()).is_ok_and(|mut items| items.next().is_some());
    if left {
        // Whoever scores holds `run.lock` for as long as its folder is of use.
        let lock = if idle {
            None
        } else {
            disk.lock(&paths.root.join("run.lock"), Duration::ZERO)?
        };
        if idle || lock.is_some() {
            disk.remove_tree(&paths.tmp())?;
        }
    }
    Ok(())
}

/// Whether each level's last tile says what the entries say.
fn right_edge(view: &View) -> Result<(), Error> {
    let levels = tile::levels(view.leaves.clone());
    let tiles = tile::all(view.size());
    for (at, tile) in tiles.iter().enumerate() {
        let last = tiles
            .get(at + 1)
            .is_none_or(|next| next.level != tile.level);
        if last && tile.level.is_some() {
            let name = tile.path();
            if Some(view.held(&name)?) != tile::hashes(tile, &levels) {
                return Err(damaged(
                    &name,
                    ledger::Error::Tile("the right edge is not the one that was signed"),
                ));
            }
        }
    }
    Ok(())
}
