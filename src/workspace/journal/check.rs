//! Verification of what is on disk, and which files a ledger is made of.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::keyring::Keyring;
use super::writer::PATIENCE;
use super::{Error, Paths, View};
use crate::ledger::entry::Entry;
use crate::ledger::text::SegmentId;
use crate::ledger::tile;
use crate::ledger::verify::{Files, Keys, Level, Oracles, Report, verify};
use crate::workspace::disk::Disk;

/// Verifies the ledger of the workspace `root`: every file of `ledger/`, and the models' folders.
///
/// Waits for a commit under way (at most 10 s), writes nothing, and holds nobody up while it verifies.
pub fn check(root: &Path, level: Level, oracles: Oracles) -> Result<Report, Error> {
    let paths = Paths::of(root);
    if !paths.ledger().exists() {
        return Err(Error::Absent {
            root: root.to_owned(),
        });
    }
    let keyring = Keyring::open(root)?;
    let kek = keyring.kek()?;
    let folder = Folder::of(&paths)?;
    let keys = Keys {
        verifier: keyring.verifier(),
        kek: (keyring.kek_id(), &kek),
    };
    Ok(verify(&folder, keys, level, oracles))
}

/// The ledger's files as they stood between two commits.
struct Folder {
    path: PathBuf,
    names: BTreeSet<String>,
    /// The checkpoint and the tiles: the only files that a later commit replaces or deletes.
    held: BTreeMap<String, Vec<u8>>,
}

impl Folder {
    fn of(paths: &Paths) -> Result<Self, Error> {
        let path = paths.ledger();
        let Some(_between_commits) =
            Disk::new().share(&paths.root.join("append.lock"), PATIENCE)?
        else {
            return Err(Error::Busy {
                lock: "append.lock",
            });
        };
        let names: BTreeSet<String> = files(&path)?.into_iter().map(|(name, _)| name).collect();
        let passing = names
            .iter()
            .filter(|name| *name == "checkpoint" || name.starts_with("tile/"));
        let held = passing
            .filter_map(|name| Some((name.clone(), std::fs::read(path.join(name)).ok()?)))
            .collect();
        Ok(Self { path, names, held })
    }
}

impl Files for Folder {
    fn names(&self) -> BTreeSet<String> {
        self.names.clone()
    }

    fn read(&self, name: &str) -> Result<Vec<u8>, String> {
        if let Some(bytes) = self.held.get(name) {
            return Ok(bytes.clone());
        }
        std::fs::read(self.path.join(name)).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => "the file is missing".to_owned(),
            _ => format!("it cannot be read ({error})"),
        })
    }
}

/// The files under a folder: path within it with `/`, and length; sorted.
pub(super) fn files(folder: &Path) -> Result<Vec<(String, u64)>, Error> {
    let mut found = Vec::new();
    let mut todo = vec![(folder.to_owned(), String::new())];
    while let Some((path, prefix)) = todo.pop() {
        let refused = |source| Error::Read {
            path: path.clone(),
            source,
        };
        for item in std::fs::read_dir(&path).map_err(refused)? {
            let item = item.map_err(refused)?;
            let name = format!("{prefix}{}", item.file_name().to_string_lossy());
            if item.file_type().map_err(refused)?.is_dir() {
                todo.push((item.path(), format!("{name}/")));
            } else {
                // Another process may just have deleted it: then it is not there.
                let Ok(metadata) = item.metadata() else {
                    continue;
                };
                found.push((name, metadata.len()));
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Whether the checkpoint knows of a file of `ledger/`.
pub(super) struct Known {
    names: BTreeSet<String>,
    segments: BTreeSet<String>,
}

impl Known {
    pub fn of(view: &View) -> Self {
        let mut names: BTreeSet<String> = tile::all(view.size())
            .iter()
            .map(tile::Tile::path)
            .collect();
        names.insert("checkpoint".to_owned());
        let documents = view.entries().filter_map(|(_, entry)| entry.documents());
        names.extend(documents.map(|digest| format!("documents/{digest}")));
        let segment = |entry: &Entry| {
            if let Entry::Segment(segment) = entry {
                Some(segment.id)
            } else {
                None
            }
        };
        let segments = view
            .entries()
            .filter_map(|(_, entry)| segment(entry))
            .map(|id: SegmentId| id.to_string());
        Self {
            names,
            segments: segments.collect(),
        }
    }

    pub fn contains(&self, name: &str) -> bool {
        let of_segment = || {
            let file = name
                .strip_prefix("segments/")
                .or_else(|| name.strip_prefix("keys/")?.split_once('/').map(|it| it.1));
            file.and_then(|file| file.split_once('.'))
                .is_some_and(|(id, _)| self.segments.contains(id))
        };
        self.names.contains(name) || of_segment()
    }
}
