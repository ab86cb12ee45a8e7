//! Rows that leave the ledger: their segments are written again without them, and every key is wrapped anew.
//!
//! The rows are durable in `pending/` before the log says that they will go
//! (`intent`), and the log says so before anything is destroyed. The old
//! segments, the old wrapped keys and the key that wrapped them go in one
//! step, the replacement of `keys/current`: before it nothing is lost, after
//! it a copy of the old files cannot be read any more. `done` ends it. What
//! was begun is taken up again by whoever writes next.

use std::collections::BTreeMap;

use super::spool::Spool;
use super::view::damaged;
use super::{Commit, Entropy, Error, Receipt, View, Writer, erased_name, pending_name, rows_name};
use crate::digest::Digest;
use crate::ledger;
use crate::ledger::Replay;
use crate::ledger::entry::{self, Entry, Erase};
use crate::ledger::erased::{Leaves, Listed};
use crate::ledger::key::{Secret, SegmentKey};
use crate::ledger::puncture::puncture;
use crate::ledger::text::{EventId, Progress, SegmentId, SegmentKind, Time};
use crate::ledger::tree::Hash;
use crate::name::Token;

/// Makes the replay of a model from its document in the ledger.
pub type Models<'a> = &'a dyn Fn(&Digest, &[u8]) -> Result<Box<dyn Replay>, String>;

/// Requests and rows of one part of an entry: both lists together stay well below 64 KiB.
const REQUESTS: usize = 400;
const ROWS: usize = 400;

/// What is to be erased, by whom and why.
#[derive(Clone, Debug)]
pub struct Erasure {
    /// Its random name.
    pub event: EventId,
    /// When.
    pub time: Time,
    /// Who: a role's id.
    pub actor: Token,
    /// The article, or `retention`.
    pub reason: Token,
    /// The commitments of the requests, ascending.
    pub requests: Vec<Hash>,
    /// Rows by segment, both ascending.
    pub rows: BTreeMap<SegmentId, Vec<u32>>,
}

/// Rows of segments that leave, each segment with the entry that says so.
type Leaving<'a> = BTreeMap<SegmentId, (u64, &'a Leaves)>;

impl View {
    /// The erasures that were begun and are not done: each with its first entry.
    pub(super) fn begun(&self) -> BTreeMap<EventId, &Erase> {
        let mut open = BTreeMap::new();
        for (_, entry) in self.entries() {
            let Entry::Erase(erase) = entry else { continue };
            match erase.state {
                Progress::Intent => {
                    open.entry(erase.event).or_insert(erase);
                }
                Progress::Done => {
                    open.remove(&erase.event);
                }
            }
        }
        open
    }

    /// The rows of an erasure that was begun.
    pub fn pending(&self, event: EventId) -> Result<Listed, Error> {
        let name = pending_name(event);
        let listed = Listed::decode(&self.held(&name)?).map_err(|source| damaged(&name, source))?;
        if listed.event == event {
            Ok(listed)
        } else {
            Err(damaged(&name, ledger::Error::Rows("of another event")))
        }
    }

    /// The hashes of the leaves of rows by segment, each rebuilt and checked; proposals by their model.
    pub(super) fn listed(
        &self,
        event: EventId,
        rows: &BTreeMap<SegmentId, Vec<u32>>,
        models: Models<'_>,
    ) -> Result<Listed, Error> {
        let mut listed = Listed {
            event,
            rows: Vec::with_capacity(rows.len()),
        };
        for (id, rows) in rows.iter().filter(|(_, rows)| !rows.is_empty()) {
            let placed = self.placed(*id).ok_or(ledger::Error::Missing)?;
            let replay = match (placed.entry.kind, placed.entry.model) {
                (SegmentKind::Proposals, Some((model, _))) => {
                    let document = self.document(&model)?;
                    Some(models(&model, &document).map_err(|_| ledger::Error::NoModel(model))?)
                }
                _ => None,
            };
            listed
                .rows
                .push((*id, self.hashes_of(placed, rows, replay.as_deref())?));
        }
        Ok(listed)
    }

    /// The number of the entry by which an erasure erases rows of each segment.
    fn entries_of(&self, event: EventId) -> BTreeMap<SegmentId, u64> {
        let mut found = BTreeMap::new();
        for (index, entry) in self.entries() {
            if let Entry::Erase(erase) = entry
                && erase.event == event
                && erase.state == Progress::Intent
            {
                found.extend(erase.rows.iter().map(|rows| (rows.segment, index)));
            }
        }
        found
    }
}

impl Writer {
    /// Begins an erasure: its rows are kept in `pending/`, then the log says that they will go. Nothing is destroyed yet.
    ///
    /// Rows under restriction are refused.
    pub fn begin_erasure(
        &mut self,
        erasure: &Erasure,
        models: Models<'_>,
    ) -> Result<Listed, Error> {
        let restricted = self.view().restricted_among(&erasure.rows)?;
        if restricted > 0 {
            return Err(Error::Restricted { rows: restricted });
        }
        let listed = self.view().listed(erasure.event, &erasure.rows, models)?;
        self.keep(&pending_name(erasure.event), &listed.encode())?;
        let rows: Vec<entry::Rows> = listed.rows.iter().map(rows_of).collect();
        let parts = erasure
            .requests
            .len()
            .div_ceil(REQUESTS)
            .max(rows.len().div_ceil(ROWS))
            .max(1);
        let part = |at: usize| {
            Entry::Erase(Erase {
                event: erasure.event,
                part: (at as u32 + 1, parts as u32),
                state: Progress::Intent,
                time: erasure.time,
                actor: erasure.actor.clone(),
                reason: erasure.reason.clone(),
                requests: piece(&erasure.requests, at, REQUESTS),
                rows: piece(&rows, at, ROWS),
            })
        };
        self.commit(&Commit {
            documents: Vec::new(),
            entries: (0..parts).map(part).collect(),
        })?;
        self.proven = Some(erasure.event);
        Ok(listed)
    }

    /// The erasures that were begun and are not done.
    pub fn unfinished(&self) -> Result<Vec<Listed>, Error> {
        let begun = self.view().begun();
        begun
            .keys()
            .map(|event| self.view().pending(*event))
            .collect()
    }

    /// Whether the rows of an erasure are gone already.
    pub fn is_carried_out(&self, listed: &Listed) -> Result<bool, Error> {
        let entries = self.view().entries_of(listed.event);
        for (id, _) in &listed.rows {
            let Some(placed) = self.view().placed(*id) else {
                continue; // purged meanwhile
            };
            let erased = self.view().segment(&placed.entry)?.erased;
            if !erased
                .blocks
                .iter()
                .any(|(entry, _)| entries.get(id) == Some(entry))
            {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Destroys the rows of an erasure that was begun, and the key that wrapped all keys until now.
    ///
    /// Leaves that this writer has not hashed itself are hashed again first: a false list must not cost a row.
    pub fn carry_out(
        &mut self,
        listed: &Listed,
        models: Models<'_>,
        entropy: &mut Entropy,
    ) -> Result<(), Error> {
        if self.is_carried_out(listed)? {
            return self.sweep();
        }
        if self.proven != Some(listed.event) {
            let rows = listed.rows.iter().map(|(id, leaves)| (*id, leaves.rows()));
            let rows: BTreeMap<SegmentId, Vec<u32>> = rows.collect();
            let restricted = self.view().restricted_among(&rows)?;
            if restricted > 0 {
                return Err(Error::Restricted { rows: restricted });
            }
            if self.view().listed(listed.event, &rows, models)? != *listed {
                let source = ledger::Error::Rows("its hashes are not those of its rows");
                return Err(damaged(&pending_name(listed.event), source));
            }
        }
        let entries = self.view().entries_of(listed.event);
        let mut leaving = Leaving::new();
        for (id, leaves) in &listed.rows {
            let entry = entries.get(id).ok_or(ledger::Error::Rows(
                "the log does not say that they will go",
            ))?;
            leaving.insert(*id, (*entry, leaves));
        }
        self.rewrap(&leaving, entropy)
    }

    /// Ends an erasure: the log says that it is done.
    pub fn finish_erasure(&mut self, listed: &Listed, time: Time) -> Result<Receipt, Error> {
        let begun = self.view().begun();
        let begun = begun.get(&listed.event).ok_or(ledger::Error::Rows(
            "the log does not say that they will go",
        ))?;
        let done = Entry::Erase(Erase {
            part: (1, 1),
            state: Progress::Done,
            time,
            requests: Vec::new(),
            rows: Vec::new(),
            ..(*begun).clone()
        });
        let receipt = self.commit(&Commit {
            documents: Vec::new(),
            entries: vec![done],
        })?;
        self.sweep()?;
        Ok(receipt)
    }

    /// Wraps every segment's key under a new key-encryption key, and destroys the old one.
    pub fn rotate_kek(&mut self, entropy: &mut Entropy) -> Result<(), Error> {
        self.rewrap(&Leaving::new(), entropy)
    }

    /// Writes the segments of `leaving` again, wraps every key anew, makes that the truth, and destroys what was.
    fn rewrap(&mut self, leaving: &Leaving<'_>, entropy: &mut Entropy) -> Result<(), Error> {
        if self.spent {
            return Err(Error::Spent);
        }
        self.spent = true;
        let paths = self.view.paths.clone();
        let (keyring, secret) = self.view.keyring.with_new_kek(&self.disk, entropy)?;
        let tmp = paths.tmp().join("commit");
        let folder = tmp.join(keyring.kek_id().as_str());
        self.disk.create_directory(&folder)?;
        let old = self.view.keyring.kek()?;
        let standing: Vec<_> = self.view.segments().map(|it| it.entry.clone()).collect();
        for segment in &standing {
            let key = if let Some((entry, leaves)) = leaving.get(&segment.id) {
                self.without(segment, *entry, leaves, entropy)?
            } else {
                let unwrapped = self.view.unwrapped(&self.view.keyring, &old, segment.id)?;
                let erased = self.view.erased_under(segment, unwrapped.generation)?;
                unwrapped.key(segment.rows, &erased.leaves().rows())?
            };
            let wrapped = key.wrap(&segment.id.0, &secret, entropy.bytes());
            self.disk
                .create(&folder.join(format!("{}.key", segment.id)), &wrapped)?;
        }
        self.disk.sync_folder(&folder)?;
        let target = paths.in_ledger("keys").join(keyring.kek_id().as_str());
        self.disk.create_directory(&paths.in_ledger("keys"))?;
        self.disk.place(&folder, &target)?;
        keyring.take_over(&self.disk)?;
        // From here on the old files open no more; what is left of them is deleted.
        self.view.keyring = keyring;
        self.sweep()?;
        self.spent = false;
        Ok(())
    }

    /// Writes a segment's next file and the list of its erased rows; the key that opens it.
    fn without(
        &self,
        segment: &entry::Segment,
        entry: u64,
        leaves: &Leaves,
        entropy: &mut Entropy,
    ) -> Result<SegmentKey, Error> {
        let mut file = self.view.segment(segment)?;
        let bytes = file.whole()?;
        let punctured = puncture(
            &file.opened,
            &bytes,
            &leaves.rows(),
            file.generation,
            Secret::new(entropy.bytes()),
        )
        .map_err(|source| damaged(&file.name, source))?;
        let mut erased = file.erased;
        erased.blocks.push((entry, leaves.clone()));
        erased.blocks.sort_by_key(|(entry, _)| *entry);
        let tmp = self.view.paths.tmp().join("commit");
        let spool = Spool {
            disk: &self.disk,
            paths: &self.view.paths,
            tmp: &tmp,
        };
        let generation = punctured.key.generation;
        spool.put(&rows_name(segment.id, generation), &punctured.sealed)?;
        spool.put(&erased_name(segment.id, generation), &erased.encode())?;
        Ok(punctured.key)
    }

    /// Keeps a file of `ledger/` that an entry of the next commit speaks of.
    pub(super) fn keep(&self, name: &str, bytes: &[u8]) -> Result<(), Error> {
        let tmp = self.view.paths.tmp().join("commit");
        self.disk.create_directory(&tmp)?;
        let spool = Spool {
            disk: &self.disk,
            paths: &self.view.paths,
            tmp: &tmp,
        };
        spool.put(name, bytes)
    }
}

/// What an entry says of the rows of a segment.
pub(super) fn rows_of((segment, leaves): &(SegmentId, Leaves)) -> entry::Rows {
    entry::Rows {
        segment: *segment,
        count: leaves.pairs().len() as u32,
        sum: leaves.sum(),
    }
}

fn piece<T: Clone>(all: &[T], at: usize, length: usize) -> Vec<T> {
    let pieces = all.chunks(length).nth(at);
    pieces.map(<[T]>::to_vec).unwrap_or_default()
}
