//! Verification of what is on disk, and which files a ledger is made of.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::keyring::Keyring;
use super::writer::PATIENCE;
use super::{Error, Paths};
use crate::ledger::key::Secret;
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
    loop {
        let folder = Folder::of(&paths)?;
        let keys = Keys {
            verifier: folder.keyring.verifier(),
            kek: (folder.keyring.kek_id(), &folder.kek),
        };
        let report = verify(&folder, keys, level, oracles);
        // An erasure, a rotation or a purge deletes files under whoever reads them: then it is another ledger's turn.
        if report.is_sound() || folder.still_stands(&paths) {
            return Ok(report);
        }
    }
}

/// The ledger's files as they stood between two commits.
struct Folder {
    path: PathBuf,
    names: BTreeSet<String>,
    /// The checkpoint and the tiles: the only files that a later commit replaces or deletes.
    held: BTreeMap<String, Vec<u8>>,
    /// Which keys were in use.
    keyring: Keyring,
    kek: Secret,
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
        let keyring = Keyring::open(&paths.root)?;
        Ok(Self {
            path,
            names,
            held,
            kek: keyring.kek()?,
            keyring,
        })
    }
}

impl Folder {
    /// Whether no commit came between.
    fn still_stands(&self, paths: &Paths) -> bool {
        let now = std::fs::read(paths.in_ledger("checkpoint")).ok();
        now.as_ref() == self.held.get("checkpoint")
            && Keyring::open(&paths.root).is_ok_and(|now| now == self.keyring)
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
pub(in crate::workspace) fn files(folder: &Path) -> Result<Vec<(String, u64)>, Error> {
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
