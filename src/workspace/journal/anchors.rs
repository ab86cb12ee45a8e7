//! The folder `anchors/`: checkpoints that left the machine, and the rule that a ledger is never older than them.
//!
//! A backup that is put back can fork history: what was recorded since then would be recorded again,
//! otherwise. So a writer's open compares the ledger with its newest anchor, and refuses one that is
//! shorter or different until a person accepted that by a `note`. Readers are never held up.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

use super::{Error, View, read};
use crate::digest::Digest;
use crate::ledger;
use crate::ledger::anchor::{Carried, Claim, Name, ROLLBACK, key_file, read_key};
use crate::ledger::cosignature::Witness;
use crate::ledger::entry::Entry;
use crate::ledger::text::AnchorKind;
use crate::ledger::tree::{self, Hash};
use crate::workspace::disk::Disk;

/// The folder of a workspace's anchors.
#[must_use]
pub fn folder(root: &Path) -> PathBuf {
    root.join("anchors")
}

/// The folder of the checkpoints that somebody was asked about.
#[must_use]
pub fn asked(root: &Path) -> PathBuf {
    folder(root).join("asked")
}

/// The names of a folder's files, but for those half-written; none where there is no folder.
pub fn names(folder: &Path) -> Result<Vec<String>, Error> {
    let refused = |source| Error::Read {
        path: folder.to_owned(),
        source,
    };
    let items = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other.map_err(refused)?,
    };
    let mut found = Vec::new();
    for item in items {
        let item = item.map_err(refused)?;
        let name = item.file_name().to_string_lossy().into_owned();
        if !name.starts_with('.') && item.path().is_file() {
            found.push(name);
        }
    }
    found.sort();
    Ok(found)
}

/// Writes a file that is whole or not there; the same bytes may stand there already.
pub fn keep(disk: &Disk, path: &Path, bytes: &[u8]) -> Result<(), Error> {
    if std::fs::read(path).is_ok_and(|standing| standing == bytes) {
        return Ok(());
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let part = path.with_file_name(format!(".{name}.part"));
    if part.exists() {
        disk.remove(&part)?;
    }
    disk.create(&part, bytes)?;
    Ok(disk.replace(&part, path)?)
}

impl View {
    /// The anchors kept here, smallest size first.
    pub fn anchors(&self) -> Result<Vec<Name>, Error> {
        let mut found: Vec<Name> = names(&folder(&self.paths.root))?
            .iter()
            .filter(|file| ends(file, "note"))
            .filter_map(|file| Name::of(file))
            .collect();
        found.sort();
        Ok(found)
    }

    /// An anchor's checkpoint, which the log signed.
    pub fn anchor(&self, name: &Name) -> Result<Carried, Error> {
        let file = format!("{}.note", name.stem());
        let damaged = |source| Error::Damaged {
            file: format!("anchors/{file}"),
            source,
        };
        let bytes = read(&folder(&self.paths.root).join(&file))?;
        let carried = Carried::open(&bytes, self.signer()).map_err(damaged)?;
        let whole = name.kind == AnchorKind::Timestamp || Digest::of(&bytes) == name.proof;
        if whole && carried.checkpoint.size == name.size {
            Ok(carried)
        } else {
            Err(damaged(ledger::Error::Note("it is not what its name says")))
        }
    }

    /// The checkpoints that somebody was asked about, each as its note; the newest first.
    pub fn asked(&self) -> Result<Vec<Carried>, Error> {
        let folder = asked(&self.paths.root);
        let mut found = Vec::new();
        for name in names(&folder)?.iter().filter(|file| ends(file, "note")) {
            let carried = Carried::open(&read(&folder.join(name))?, self.signer());
            found.push(carried.map_err(|source| Error::Damaged {
                file: format!("anchors/asked/{name}"),
                source,
            })?);
        }
        found.sort_by_key(|carried| std::cmp::Reverse(carried.checkpoint.size));
        Ok(found)
    }

    /// The witnesses whose keys are kept here.
    pub fn witnesses(&self) -> Result<Vec<Witness>, Error> {
        let folder = folder(&self.paths.root);
        let mut found = Vec::new();
        for name in names(&folder)? {
            if ends(&name, "vkey") {
                let witness = read_key(&read(&folder.join(&name))?);
                found.push(witness.map_err(|source| Error::Damaged {
                    file: format!("anchors/{name}"),
                    source,
                })?);
            }
        }
        Ok(found)
    }

    /// Keeps an anchor's files, the note last: without it there is no anchor.
    pub fn keep_anchor(
        &self,
        disk: &Disk,
        name: &Name,
        note: &[u8],
        token: Option<&[u8]>,
        witness: Option<&Witness>,
    ) -> Result<(), Error> {
        let folder = folder(&self.paths.root);
        disk.create_directory(&folder)?;
        if let Some(witness) = witness {
            let (file, text) = key_file(witness);
            keep(disk, &folder.join(file), text.as_bytes())?;
        }
        if let Some(token) = token {
            keep(disk, &folder.join(format!("{}.tsr", name.stem())), token)?;
        }
        keep(disk, &folder.join(format!("{}.note", name.stem())), note)
    }

    /// The root of the log when it had `size` entries; none if it never had.
    #[must_use]
    pub fn root_at(&self, size: u64) -> Option<Hash> {
        let leaves = self.leaves.get(..usize::try_from(size).ok()?)?;
        Some(tree::root(leaves))
    }

    /// The proof that the log of `old` entries is a prefix of this one; none if it never had as many.
    #[must_use]
    pub fn consistency(&self, old: u64) -> Option<Vec<Hash>> {
        (old <= self.size()).then(|| tree::consistency(&self.leaves, old as usize))
    }

    /// The rollbacks that were accepted, each with the number of the `note` that says so.
    #[must_use]
    pub fn accepted(&self) -> BTreeMap<(u64, Hash), u64> {
        self.entries()
            .filter_map(|(index, entry)| match entry {
                Entry::Note(note) if note.about.as_str() == ROLLBACK => {
                    Some((note.checkpoint?, index))
                }
                _ => None,
            })
            .collect()
    }

    /// The SHA-256 of every anchor that the log records.
    #[must_use]
    pub fn recorded(&self) -> BTreeSet<Digest> {
        self.entries()
            .filter_map(|(_, entry)| match entry {
                Entry::Anchor(anchor) => Some(Digest(anchor.proof)),
                _ => None,
            })
            .collect()
    }

    /// Whether the log continues what was anchored; if not, how.
    pub fn continues(&self, claim: &Claim) -> Result<(), Error> {
        match self.root_at(claim.size) {
            None => Err(Error::Older {
                held: self.size(),
                anchored: claim.size,
            }),
            Some(root) if root != claim.root => Err(Error::Forked { size: claim.size }),
            Some(_) => Ok(()),
        }
    }

    /// What the anchors kept here vouch for and the log does not continue, unless a `note` accepts it.
    pub fn contradicted(&self) -> Result<BTreeSet<(u64, Hash)>, Error> {
        let accepted = self.accepted();
        let mut found = BTreeSet::new();
        for name in self.anchors()? {
            let claim = claim(&self.anchor(&name)?);
            if self.continues(&claim).is_err() && !accepted.contains_key(&(claim.size, claim.root))
            {
                found.insert((claim.size, claim.root));
            }
        }
        Ok(found)
    }

    /// Refuses a ledger that is older than its newest anchor, or another one.
    pub(super) fn reaches_its_anchors(&self) -> Result<(), Error> {
        let accepted = self.accepted();
        let mut newest = None;
        for name in self.anchors()?.into_iter().rev() {
            if newest.is_some_and(|size| size != name.size) {
                break;
            }
            let claim = claim(&self.anchor(&name)?);
            if !accepted.contains_key(&(claim.size, claim.root)) {
                self.continues(&claim)?;
                newest = Some(claim.size);
            }
        }
        Ok(())
    }

    /// The entries of the anchors that the log does not record yet, as of the newest time in `entries`.
    pub(super) fn unrecorded(&self, entries: &[Entry]) -> Result<Vec<Entry>, Error> {
        let Some(time) = entries.iter().filter_map(Entry::time).max() else {
            return Ok(Vec::new());
        };
        let recorded = self.recorded();
        let mut found = Vec::new();
        for name in self.anchors()? {
            if recorded.contains(&name.proof) {
                continue;
            }
            let claim = claim(&self.anchor(&name)?);
            // One that the log does not continue is no part of its history: `anchor list` shows it.
            if self.continues(&claim).is_ok() {
                found.push(name.entry(claim.root, time));
            }
        }
        Ok(found)
    }
}

/// What an anchor vouches for.
#[must_use]
pub fn claim(carried: &Carried) -> Claim {
    Claim {
        size: carried.checkpoint.size,
        root: carried.checkpoint.root,
    }
}

fn ends(file: &str, ending: &str) -> bool {
    Path::new(file).extension().is_some_and(|it| it == ending)
}
