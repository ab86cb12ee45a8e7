//! The ledger as its checkpoint tells it: read without a lock, and believed only after it was checked.
//!
//! Opening reads every entry of the main log (a few a night) and recomputes
//! the root that was signed. It recovers nothing and writes nothing.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;

use super::keyring::Keyring;
use super::{Error, Paths, nodes_name, read};
use crate::digest::Digest;
use crate::ledger;
use crate::ledger::entry::{Entry, Segment};
use crate::ledger::key::Secret;
use crate::ledger::note::{Checkpoint, Verifier};
use crate::ledger::segment;
use crate::ledger::text::{Progress, RunId, SegmentId, SegmentKind};
use crate::ledger::tile::{self, Tile};
use crate::ledger::tree::{self, Hash};
use crate::name::Token;

/// Chunks of pseudonyms that a scan opens together.
const SCAN: usize = 16;

/// A segment and its place in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// The number of its entry in the main log.
    pub index: u64,
    /// Its entry.
    pub entry: Segment,
    /// The decision number of its row 0; none for events.
    pub first: Option<u64>,
}

/// How much the ledger holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Entries of the main log.
    pub entries: u64,
    /// Runs.
    pub runs: u64,
    /// Segments.
    pub segments: u64,
    /// Predictions proposed.
    pub proposals: u64,
    /// Leads refused.
    pub refusals: u64,
    /// Events.
    pub events: u64,
    /// Of all these records, those of purged segments.
    pub purged: u64,
    /// Of all these records, those erased one by one.
    pub erased: u64,
    /// Bytes of `ledger/`.
    pub bytes: u64,
    /// Bytes of the segments' sealed rows.
    pub row_bytes: u64,
}

/// The ledger at one checkpoint.
#[derive(Debug)]
pub struct View {
    pub(super) paths: Paths,
    pub(super) keyring: Keyring,
    pub(super) note: Vec<u8>,
    pub(super) checkpoint: Checkpoint,
    pub(super) entries: Vec<Entry>,
    pub(super) leaves: Vec<Hash>,
    segments: Vec<Placed>,
    purged: BTreeSet<SegmentId>,
    decisions: u64,
}

impl View {
    /// Reads the ledger of the workspace `root`.
    pub fn open(root: &Path) -> Result<Self, Error> {
        let paths = Paths::of(root);
        let path = paths.in_ledger("checkpoint");
        if !path.exists() {
            return Err(Error::Absent {
                root: root.to_owned(),
            });
        }
        // A writer deletes the partial tiles that its commit supersedes; whoever was reading them starts again.
        let mut last = Vec::new();
        loop {
            let note = read(&path)?;
            match Self::at(&paths, note.clone()) {
                Err(Error::Read { source, .. })
                    if source.kind() == io::ErrorKind::NotFound && note != last =>
                {
                    last = note;
                }
                other => return other.map_err(|error| missing(&paths, error)),
            }
        }
    }

    fn at(paths: &Paths, note: Vec<u8>) -> Result<Self, Error> {
        let keyring = Keyring::open(&paths.root)?;
        let checkpoint = Checkpoint::open(&note, keyring.verifier())
            .map_err(|source| damaged("checkpoint", source))?;
        let mut view = Self {
            paths: paths.clone(),
            keyring,
            note,
            checkpoint,
            entries: Vec::new(),
            leaves: Vec::new(),
            segments: Vec::new(),
            purged: BTreeSet::new(),
            decisions: 0,
        };
        for bundle in tile::all(view.checkpoint.size)
            .into_iter()
            .filter(|tile| tile.level.is_none())
        {
            view.take(&bundle)?;
        }
        if tree::root(&view.leaves) != view.checkpoint.root {
            let source = ledger::Error::Tile("the entries are not those that were signed");
            return Err(damaged("tile/entries", source));
        }
        Ok(view)
    }

    fn take(&mut self, bundle: &Tile) -> Result<(), Error> {
        let name = bundle.path();
        let bytes = read(&self.paths.in_ledger(&name))?;
        for text in tile::unbundle(&bytes, bundle.width).map_err(|source| damaged(&name, source))? {
            let entry = Entry::parse(text).map_err(|source| damaged(&name, source))?;
            self.append(entry, tree::leaf(&[text]));
        }
        Ok(())
    }

    /// Adds an entry at the end.
    pub(super) fn append(&mut self, entry: Entry, leaf: Hash) {
        if let Entry::Segment(segment) = &entry {
            let predictions = segment.kind != SegmentKind::Events;
            let placed = Placed {
                index: self.entries.len() as u64,
                entry: segment.clone(),
                first: predictions.then_some(self.decisions),
            };
            self.segments.push(placed);
            if predictions {
                self.decisions += u64::from(segment.rows);
            }
        }
        if let Entry::Purge(purge) = &entry {
            self.purged.extend(&purge.segments);
        }
        self.entries.push(entry);
        self.leaves.push(leaf);
    }

    /// Entries of the main log.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.checkpoint.size
    }

    /// The log's name.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.checkpoint.origin
    }

    /// What the checkpoint says.
    #[must_use]
    pub fn signed(&self) -> Checkpoint {
        self.checkpoint.clone()
    }

    /// The signed checkpoint.
    #[must_use]
    pub fn checkpoint(&self) -> &[u8] {
        &self.note
    }

    /// The verifier key, as Go's `note` reads it.
    #[must_use]
    pub fn verifier(&self) -> String {
        self.keyring.verifier().text()
    }

    /// Who signs the log.
    #[must_use]
    pub fn signer(&self) -> &Verifier {
        self.keyring.verifier()
    }

    /// The root that the checkpoint signs.
    #[must_use]
    pub fn root(&self) -> Hash {
        self.checkpoint.root
    }

    /// The entries, with their numbers.
    #[must_use]
    pub fn entries(&self) -> impl DoubleEndedIterator<Item = (u64, &Entry)> + ExactSizeIterator {
        self.entries
            .iter()
            .enumerate()
            .map(|(index, entry)| (index as u64, entry))
    }

    /// The segments that stand, in log order: those that were purged at their date are gone.
    #[must_use]
    pub fn segments(&self) -> impl DoubleEndedIterator<Item = &Placed> {
        self.segments
            .iter()
            .filter(|placed| !self.purged.contains(&placed.entry.id))
    }

    /// The segment of this name, if it stands.
    #[must_use]
    pub fn placed(&self, id: SegmentId) -> Option<&Placed> {
        self.segments().find(|placed| placed.entry.id == id)
    }

    /// The segments that were purged at their date.
    #[must_use]
    pub fn purged(&self) -> &BTreeSet<SegmentId> {
        &self.purged
    }

    /// The segments of one run, in log order.
    pub fn of_run(&self, run: RunId) -> impl Iterator<Item = &Placed> {
        self.segments()
            .filter(move |placed| placed.entry.run == run)
    }

    /// The number that the next decision will have.
    #[must_use]
    pub fn next_decision(&self) -> u64 {
        self.decisions
    }

    /// Where the decision of this number stands.
    #[must_use]
    pub fn decision(&self, number: u64) -> Option<(&Placed, u32)> {
        self.segments().find_map(|placed| {
            let row = u32::try_from(number.checked_sub(placed.first?)?).ok()?;
            (row < placed.entry.rows).then_some((placed, row))
        })
    }

    /// A document that an entry names, checked against its name.
    pub fn document(&self, digest: &Digest) -> Result<Vec<u8>, Error> {
        let name = format!("documents/{digest}");
        let bytes = self.held(&name)?;
        if Digest::of(&bytes) == *digest {
            Ok(bytes)
        } else {
            Err(damaged(
                &name,
                ledger::Error::Entry {
                    line: "document".to_owned(),
                    why: "its SHA-256 is not its name",
                },
            ))
        }
    }

    /// The id of the pseudonym key in use.
    #[must_use]
    pub fn kid(&self) -> &Token {
        self.keyring.kid()
    }

    /// The id of the key that wraps the keys of segments.
    #[must_use]
    pub fn kek_id(&self) -> &Token {
        self.keyring.kek_id()
    }

    /// The id of the key that signs the log.
    #[must_use]
    pub fn signing_id(&self) -> Token {
        self.keyring.signing_id()
    }

    /// The master that makes the pseudonyms of `kid`.
    pub fn master(&self, kid: &Token) -> Result<Secret, Error> {
        self.keyring.master(kid)
    }

    /// The same; `None` where it was destroyed.
    pub fn standing_master(&self, kid: &Token) -> Result<Option<Secret>, Error> {
        match self.master(kid) {
            Err(Error::Read { source, .. })
                if source.kind() == io::ErrorKind::NotFound && kid != self.kid() =>
            {
                Ok(None)
            }
            other => other.map(Some),
        }
    }

    /// The rows of a segment about one pseudonym, ascending; opens its pseudonyms only.
    pub fn find(&self, pseudonym: &[u8; 16], placed: &Placed) -> Result<Vec<u32>, Error> {
        let mut rows = Vec::new();
        self.scan(placed, |row, whose| {
            if whose == pseudonym {
                rows.push(row);
            }
        })?;
        Ok(rows)
    }

    /// Calls `visit` with each row of a segment that is not erased, and its pseudonym.
    pub fn scan(
        &self,
        placed: &Placed,
        mut visit: impl FnMut(u32, &[u8; 16]),
    ) -> Result<(), Error> {
        let mut file = self.segment(&placed.entry)?;
        let chunks = file.opened.pseudonym_chunks();
        let gaps = file.opened.gaps().to_vec();
        let mut gaps = gaps.iter().peekable();
        let mut next = 0;
        for first in (0..chunks).step_by(SCAN) {
            let pseudonyms = file.pseudonyms(first..chunks.min(first + SCAN))?;
            let (places, _) = pseudonyms.as_chunks::<16>();
            for whose in places {
                while gaps.next_if_eq(&&next).is_some() {
                    next += 1;
                }
                visit(next, whose);
                next += 1;
            }
        }
        Ok(())
    }

    /// The bytes of a file that the log speaks of.
    pub(super) fn held(&self, name: &str) -> Result<Vec<u8>, Error> {
        read(&self.paths.in_ledger(name)).map_err(|error| missing(&self.paths, error))
    }

    /// The hashes at level 8 of a segment, checked against its entry.
    pub(super) fn nodes(&self, segment: &Segment) -> Result<Vec<Hash>, Error> {
        let name = nodes_name(segment.id);
        let bytes = self.held(&name)?;
        segment::nodes(&bytes, segment.rows, &segment.root).map_err(|source| damaged(&name, source))
    }

    /// How much the ledger holds.
    pub fn stats(&self) -> Result<Stats, Error> {
        let mut stats = Stats {
            entries: self.size(),
            ..Stats::default()
        };
        for entry in &self.entries {
            match entry {
                Entry::Run(_) => stats.runs += 1,
                Entry::Segment(segment) => {
                    stats.segments += 1;
                    let rows = u64::from(segment.rows);
                    match segment.kind {
                        SegmentKind::Proposals => stats.proposals += rows,
                        SegmentKind::Refusals => stats.refusals += rows,
                        SegmentKind::Events => stats.events += rows,
                    }
                    if self.purged.contains(&segment.id) {
                        stats.purged += rows;
                    }
                }
                Entry::Erase(erase) if erase.state == Progress::Intent => {
                    let standing = erase
                        .rows
                        .iter()
                        .filter(|it| !self.purged.contains(&it.segment));
                    stats.erased += standing.map(|it| u64::from(it.count)).sum::<u64>();
                }
                _ => {}
            }
        }
        for (name, bytes) in super::check::files(&self.paths.ledger())? {
            stats.bytes += bytes;
            if Path::new(&name)
                .extension()
                .is_some_and(|extension| extension == "rows")
            {
                stats.row_bytes += bytes;
            }
        }
        Ok(stats)
    }
}

/// The name in `ledger/` of a segment's wrapped key.
pub(super) fn key_name(kek: &Token, id: SegmentId) -> String {
    format!("keys/{kek}/{id}.key")
}

pub(super) fn damaged(name: &str, source: ledger::Error) -> Error {
    Error::Damaged {
        file: format!("ledger/{name}"),
        source,
    }
}

/// A file of the ledger that is not there is damage; any other failure is the disk's.
pub(super) fn missing(paths: &Paths, error: Error) -> Error {
    match &error {
        Error::Read { path, source } if source.kind() == io::ErrorKind::NotFound => {
            match path.strip_prefix(paths.ledger()) {
                Ok(name) => damaged(&name.to_string_lossy(), ledger::Error::Missing),
                Err(_) => error,
            }
        }
        _ => error,
    }
}
