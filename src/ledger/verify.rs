//! Verification: two verdicts, and the name of every file that is not as it was recorded.
//!
//! *Integrity*: every byte of the ledger is the byte that was signed.
//! *Completeness*: every run's counts are the leaves that its segments hold.
//! Nothing of the writer is used here but the hashing and the readers of its
//! formats; records are put together again by code of this file's own.

mod acts;
mod agreement;
mod completeness;
mod rows;
mod segments;

use std::collections::{BTreeMap, BTreeSet};

use self::acts::Acts;
use super::Replay;
use super::entry::{Entry, Segment};
use super::erased::Leaves;
use super::key::Secret;
use super::note::{Checkpoint, Verifier};
use super::text::{Date, Leaving, RunId, SegmentId};
use super::tile::{self, Tile};
use super::tree::{self, Hash};
use crate::digest::{Digest, unhex};
use crate::name::Token;

/// The files of a ledger, as the verifier sees them.
pub trait Files: Sync {
    /// Their paths within `ledger/`.
    fn names(&self) -> BTreeSet<String>;

    /// The bytes of one; why not, in words.
    fn read(&self, name: &str) -> Result<Vec<u8>, String>;
}

/// How much is verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Signatures, hashes, seals and counts.
    Hashes,
    /// All that, and every record rebuilt from model and codes.
    Full,
}

/// What the verifier holds before it reads anything.
#[derive(Clone, Copy)]
pub struct Keys<'a> {
    /// Who signs the log.
    pub verifier: &'a Verifier,
    /// What opens the wrapped keys, and the id of their folder.
    pub kek: (&'a Token, &'a Secret),
}

/// Says which outcome code a score and its feature codes have.
pub type Judge = Box<dyn Fn(u32, &[u16]) -> u8 + Sync + Send>;

/// Makes a model from its digest and document.
pub type Models<'a> = dyn Fn(&Digest, &[u8]) -> Result<Box<dyn Replay>, String> + Sync + 'a;

/// Makes a judge from a segment's entry, and the documents of its model and its policy.
pub type Judges<'a> = dyn Fn(&Segment, &[u8], &[u8]) -> Result<Judge, String> + Sync + 'a;

/// Says of a record's basis code, outcome code and facts why they cannot belong together; nothing when they can.
pub type Ruler = Box<dyn Fn(u8, u8, &[u8]) -> Option<&'static str> + Sync + Send>;

/// Makes a ruler from a segment's entry, its run's date of law, and the documents of its law and its policy; none where
/// the law says too little to rule again.
pub type Rulers<'a> =
    dyn Fn(&Segment, Date, &[u8], &[u8]) -> Result<Option<Ruler>, String> + Sync + 'a;

/// Lists a model's folder: each file and its SHA-256; `None` when there is no folder.
pub type Folders<'a> = dyn Fn(&Digest) -> Option<Vec<(String, Digest)>> + Sync + 'a;

/// What only others know, asked for by digest.
#[derive(Clone, Copy)]
pub struct Oracles<'a> {
    /// The model; asked at level full only.
    pub replay: &'a Models<'a>,
    /// Which outcome the policy gives a score; asked at level full only.
    pub outcome: &'a Judges<'a>,
    /// Whether the law gives a record's facts this ruling; asked at level full only.
    pub ruling: &'a Rulers<'a>,
    /// What stands in a model's folder.
    pub model_files: &'a Folders<'a>,
}

/// Something that is not as it was recorded.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// The file, within the workspace.
    pub file: String,
    /// What is wrong with it.
    pub why: String,
}

/// Both verdicts, and what was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// How much was verified.
    pub level: Level,
    /// Entries of the main log.
    pub entries: u64,
    /// Runs.
    pub runs: u64,
    /// Segments.
    pub segments: u64,
    /// Leaves that segments hold.
    pub rows: u64,
    /// Leaves of segments that were destroyed at their date; no part of `rows`.
    pub purged: u64,
    /// Of them, erased: of each only the hash of its leaf is left.
    pub erased: u64,
    /// Of them, records rebuilt and found to be the leaves that were signed.
    pub replayed: u64,
    /// What contradicts integrity.
    pub integrity: Vec<Finding>,
    /// What contradicts completeness.
    pub completeness: Vec<Finding>,
    /// Files that a crash left and the next writer's open deletes; no part of the ledger.
    pub leftovers: Vec<String>,
}

impl Report {
    /// Whether both verdicts are good.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.integrity.is_empty() && self.completeness.is_empty()
    }
}

/// Verifies a ledger; finds all it can rather than stopping at the first.
#[must_use]
pub fn verify(files: &dyn Files, keys: Keys, level: Level, oracles: Oracles) -> Report {
    let report = Report {
        level,
        entries: 0,
        runs: 0,
        segments: 0,
        rows: 0,
        purged: 0,
        erased: 0,
        replayed: 0,
        integrity: Vec::new(),
        completeness: Vec::new(),
        leftovers: Vec::new(),
    };
    let mut check = Check {
        files,
        unvisited: files.names(),
        keys,
        level,
        oracles,
        report,
        leaves: Vec::new(),
        lists: BTreeMap::new(),
        generations: BTreeMap::new(),
        dates: BTreeMap::new(),
    };
    check.all();
    check.report.integrity.sort();
    check.report.integrity.dedup();
    check.report.completeness.sort();
    check.report
}

/// Whether a file of this name in `ledger/` can only be one that a writer put there.
#[must_use]
pub fn is_ours(name: &str) -> bool {
    let hexed = |text: &str, bytes: usize| unhex(text).is_some_and(|it| it.len() == bytes);
    let number = |text: &str| text.parse::<u32>().is_ok_and(|it| it.to_string() == text);
    let segment = |rest: &str| match rest.split('.').collect::<Vec<_>>()[..] {
        [id, "nodes"] => hexed(id, 16),
        [id, generation, "rows" | "erased"] => hexed(id, 16) && number(generation),
        _ => false,
    };
    let key = |rest: &str| rest.strip_suffix(".key").is_some_and(|id| hexed(id, 16));
    match name.split_once('/') {
        Some(("tile", _)) => Tile::at(name).is_some(),
        Some(("documents", rest)) => hexed(rest, 32),
        Some(("pending" | "restricted", rest)) => hexed(rest, 16),
        Some(("segments", rest)) => segment(rest),
        Some(("keys", rest)) => rest
            .split_once('/')
            .is_some_and(|(kek, rest)| hexed(kek, 8) && key(rest)),
        _ => false,
    }
}

/// A verification under way.
struct Check<'a> {
    files: &'a dyn Files,
    unvisited: BTreeSet<String>,
    keys: Keys<'a>,
    level: Level,
    oracles: Oracles<'a>,
    report: Report,
    /// The leaves of the main log, once they are known.
    leaves: Vec<Hash>,
    /// Rows that acts under way or in force name, by segment.
    lists: BTreeMap<SegmentId, Vec<ListOf>>,
    /// Which of a segment's files is the current one.
    generations: BTreeMap<SegmentId, u32>,
    /// Each run's date of law.
    dates: BTreeMap<RunId, Date>,
}

/// Rows of one segment in a list of an act.
struct ListOf {
    name: String,
    restricts: bool,
    leaves: Leaves,
}

/// An entry, the bundle it stands in, and its number.
type Read = Vec<(u64, Entry)>;

impl Check<'_> {
    fn all(&mut self) {
        let Some(checkpoint) = self.checkpoint() else {
            return;
        };
        self.report.entries = checkpoint.size;
        let entries = self.tiles(&checkpoint);
        self.genesis(&entries, &checkpoint);
        let runs = entries.iter().filter_map(|(_, entry)| match entry {
            Entry::Run(run) => Some((run.run, run.date)),
            _ => None,
        });
        self.dates = runs.collect();
        self.documents(&entries);
        let acts = Acts::of(&entries);
        let leaves: Vec<Hash> = std::mem::take(&mut self.leaves);
        for (index, why) in acts
            .contradictions
            .iter()
            .copied()
            .chain(agreement::contradictions(&entries, &leaves))
        {
            self.found("tile/entries", format!("entry {index}: {why}"));
        }
        for (name, event, restricts) in acts.standing() {
            self.listed(&name, restricts, |listed| {
                acts.vouches_for(event, restricts, listed)
            });
        }
        let purged: BTreeSet<SegmentId> = entries
            .iter()
            .filter_map(|(_, entry)| {
                if let Entry::Purge(purge) = entry {
                    Some(&purge.segments)
                } else {
                    None
                }
            })
            .flatten()
            .copied()
            .collect();
        for (index, entry) in &entries {
            if let Entry::Segment(segment) = entry {
                if purged.contains(&segment.id) {
                    self.report.purged += u64::from(segment.rows);
                    if self
                        .lists
                        .get(&segment.id)
                        .is_some_and(|it| it.iter().any(|it| it.restricts))
                    {
                        self.found(
                            "tile/entries",
                            format!("segment {}: restricted rows were purged", segment.id),
                        );
                    }
                } else {
                    self.segment(*index, segment, &acts);
                }
            }
        }
        self.completeness(&entries);
        for name in std::mem::take(&mut self.unvisited) {
            if self.is_undone(&name, &acts) {
                self.found(&name, "rows that the log says are erased still stand in it");
            } else if is_ours(&name) {
                self.report.leftovers.push(name);
            } else {
                self.found(&name, "the log knows nothing of this file");
            }
        }
    }

    fn found(&mut self, name: &str, why: impl Into<String>) {
        self.report.integrity.push(Finding {
            file: format!("ledger/{name}"),
            why: why.into(),
        });
    }

    /// The bytes of a file that must be there.
    fn read(&mut self, name: &str) -> Option<Vec<u8>> {
        self.unvisited.remove(name);
        match self.files.read(name) {
            Ok(bytes) => Some(bytes),
            Err(why) => {
                self.found(name, why);
                None
            }
        }
    }

    /// The checkpoint; one that is not signed is reported, and followed as far as it can be read.
    fn checkpoint(&mut self) -> Option<Checkpoint> {
        let note = self.read("checkpoint")?;
        match Checkpoint::open(&note, self.keys.verifier) {
            Ok(checkpoint) => Some(checkpoint),
            Err(error) => {
                self.found("checkpoint", error.to_string());
                let text = String::from_utf8(note).ok()?;
                let (body, _) = text.split_once("\n\n")?;
                let checkpoint = Checkpoint::parse(&format!("{body}\n")).ok()?;
                // Nothing vouches for this size: do not go looking for more files than there are.
                (checkpoint.size.div_ceil(tile::WIDTH) <= self.unvisited.len() as u64)
                    .then_some(checkpoint)
            }
        }
    }

    /// Authenticates every bundle and every tile, and returns the entries that were signed.
    fn tiles(&mut self, checkpoint: &Checkpoint) -> Read {
        let tiles = tile::all(checkpoint.size);
        let mut said: Vec<Option<Vec<u8>>> = Vec::new();
        let mut from_entries: Vec<Hash> = Vec::new();
        let mut from_tiles: Vec<Hash> = Vec::new();
        let mut bundles: Vec<(Tile, Vec<Vec<u8>>)> = Vec::new();
        for tile in &tiles {
            let bytes = self.read(&tile.path());
            let width = usize::from(tile.width);
            match tile.level {
                None => {
                    let texts = self.bundle(tile, bytes.as_deref());
                    from_entries.extend(texts.iter().map(|text| tree::leaf(&[text])));
                    bundles.push((*tile, texts));
                }
                Some(0) => {
                    let hashes = bytes
                        .as_deref()
                        .map_or(&[] as &[Hash], |bytes| bytes.as_chunks::<32>().0);
                    from_tiles
                        .extend((0..width).map(|at| hashes.get(at).copied().unwrap_or_default()));
                    said.push(bytes);
                }
                Some(_) => said.push(bytes),
            }
        }
        let leaves = self.signed(checkpoint, from_entries, &from_tiles);
        self.leaves.clone_from(&leaves);
        let levels = tile::levels(leaves);
        for (tile, bytes) in tiles.iter().filter(|tile| tile.level.is_some()).zip(said) {
            if bytes.is_some() && bytes != tile::hashes(tile, &levels) {
                self.found(
                    &tile.path(),
                    "its hashes are not those of the tree that was signed",
                );
            }
        }
        let mut entries = Vec::new();
        for (tile, texts) in bundles {
            for (text, index) in texts.iter().zip(tile.index * tile::WIDTH..) {
                if tree::leaf(&[text]) != levels[0][index as usize] {
                    self.found(
                        &tile.path(),
                        format!("entry {index} is not the one that was signed"),
                    );
                    continue;
                }
                match Entry::parse(text) {
                    Ok(entry) => entries.push((index, entry)),
                    Err(error) => self.found(&tile.path(), format!("entry {index}: {error}")),
                }
            }
        }
        entries
    }

    /// The entries of a bundle; as many as its width, whatever its bytes.
    fn bundle(&mut self, tile: &Tile, bytes: Option<&[u8]>) -> Vec<Vec<u8>> {
        let width = usize::from(tile.width);
        let mut texts: Vec<Vec<u8>> = match bytes.map(|bytes| tile::unbundle(bytes, tile.width)) {
            Some(Ok(texts)) => texts.into_iter().map(<[u8]>::to_vec).collect(),
            Some(Err(error)) => {
                self.found(&tile.path(), error.to_string());
                Vec::new()
            }
            None => Vec::new(),
        };
        texts.resize(width, Vec::new());
        texts
    }

    /// The leaves that the checkpoint signs: those of the entries, or else those of the tiles.
    fn signed(
        &mut self,
        checkpoint: &Checkpoint,
        from_entries: Vec<Hash>,
        from_tiles: &[Hash],
    ) -> Vec<Hash> {
        if tree::root(&from_entries) == checkpoint.root {
            return from_entries;
        }
        if tree::root(from_tiles) == checkpoint.root {
            return from_tiles.to_vec();
        }
        if from_entries == from_tiles {
            self.found("checkpoint", "its root is not that of the entries");
            return from_entries;
        }
        // Both differ from what was signed: where they agree they may be believed, elsewhere neither is.
        let differ: BTreeSet<u64> = from_entries
            .iter()
            .zip(from_tiles)
            .zip(0_u64..)
            .filter(|((entry, tile), _)| entry != tile)
            .map(|(_, index)| index / tile::WIDTH)
            .collect();
        for index in differ {
            let width = (checkpoint.size - index * tile::WIDTH).min(tile::WIDTH) as u16;
            for level in [None, Some(0)] {
                let name = Tile {
                    level,
                    index,
                    width,
                }
                .path();
                self.found(
                    &name,
                    "entries and hashes differ, and neither is what was signed",
                );
            }
        }
        from_entries
    }

    fn genesis(&mut self, entries: &Read, checkpoint: &Checkpoint) {
        for (index, entry) in entries {
            let Entry::Genesis(genesis) = entry else {
                if *index == 0 {
                    self.found("tile/entries", "the log does not begin with `genesis`");
                }
                continue;
            };
            if *index != 0 {
                self.found(
                    "tile/entries",
                    format!("entry {index} begins the log a second time"),
                );
            } else if genesis.origin != checkpoint.origin
                || genesis.key != self.keys.verifier.text()
            {
                self.found("checkpoint", "another key or name than the log began with");
            }
        }
    }

    /// Documents are there and are what they are called; models' folders are as they were; what is named was kept before.
    fn documents(&mut self, entries: &Read) {
        let mut kept: BTreeSet<(&str, Digest)> = BTreeSet::new();
        let mut folders: BTreeMap<Digest, &[(Token, Digest)]> = BTreeMap::new();
        for (index, entry) in entries {
            if let Some(digest) = entry.documents() {
                self.document(&digest);
                kept.insert((entry.kind(), digest));
            }
            for (kind, digest) in entry.relies_on() {
                if !kept.contains(&(kind, digest)) {
                    let why = format!("entry {index} names a {kind} that no earlier entry keeps");
                    self.found("tile/entries", why);
                }
            }
            match entry {
                Entry::Model(it) => {
                    folders.insert(it.model, &it.files);
                }
                Entry::Retire(it) if it.leaving == Leaving::Purged => {
                    folders.remove(&it.model);
                }
                _ => {}
            }
        }
        for (model, files) in folders {
            self.model_folder(&model, files);
        }
    }

    fn document(&mut self, digest: &Digest) -> Option<Vec<u8>> {
        let name = format!("documents/{digest}");
        let bytes = self.read(&name)?;
        if Digest::of(&bytes) == *digest {
            return Some(bytes);
        }
        self.found(&name, "its SHA-256 is not its name");
        None
    }

    fn model_folder(&mut self, model: &Digest, files: &[(Token, Digest)]) {
        let mut found = |name: &str, why: &str| {
            let file = if name.is_empty() {
                format!("models/{model}")
            } else {
                format!("models/{model}/{name}")
            };
            self.report.integrity.push(Finding {
                file,
                why: why.to_owned(),
            });
        };
        let Some(standing) = (self.oracles.model_files)(model) else {
            return found("", "the folder is missing");
        };
        let mut standing: BTreeMap<String, Digest> = standing.into_iter().collect();
        for (name, digest) in files {
            match standing.remove(name.as_str()) {
                Some(sum) if sum == *digest => {}
                Some(_) => found(
                    name.as_str(),
                    "its SHA-256 is not the one that was recorded",
                ),
                None => found(name.as_str(), "the file is missing"),
            }
        }
        for name in standing.keys() {
            found(name, "the log knows nothing of this file");
        }
    }
}
