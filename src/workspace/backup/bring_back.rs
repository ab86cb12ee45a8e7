//! A workspace from its backup: believed only when the keys open, the manifest is signed, and each file is the one it names.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;
use zeroize::Zeroizing;

use super::manifest::{Filed, Half, Manifest, unstamp};
use super::{Error, KEYS, LEDGER, MANIFEST, part, read, stamps};
use crate::ledger::age::{self, Identity};
use crate::ledger::note;
use crate::workspace::disk::Disk;
use crate::workspace::journal;
use crate::workspace::log::{Verdict, verify};
use crate::workspace::{self, Workspace, World};

/// What to restore, with what, and where to.
#[derive(Clone, Debug)]
pub struct RestoreRequest {
    /// The folder of backups.
    pub dir: PathBuf,
    /// The recovery identity.
    pub identity: PathBuf,
    /// The workspace to make.
    pub into: PathBuf,
    /// A backup other than the newest.
    pub stamp: Option<String>,
    /// The sealed keys, where they are kept elsewhere.
    pub keys: Option<PathBuf>,
}

/// A workspace that was brought back.
#[derive(Clone, Debug, Serialize)]
pub struct Restored {
    /// Of this document.
    pub schema_version: u32,
    /// The backup's time, as it stands in its names.
    pub stamp: String,
    /// When it was made, UTC.
    pub time: String,
    /// The workspace.
    pub into: PathBuf,
    /// Files.
    pub files: u64,
    /// What verification says of the restored ledger.
    pub verdict: Verdict,
}

/// Makes a new workspace from a backup, and verifies its ledger, every score replayed.
pub fn restore(world: &mut World, request: &RestoreRequest) -> Result<Restored, workspace::Error> {
    let into = &request.into;
    if fs::read_dir(into).map_or(into.exists(), |mut items| items.next().is_some()) {
        return Err(Error::Occupied { into: into.clone() }.into());
    }
    let stamp = pick(request)?;
    let folder = request.dir.join(format!("{stamp}{LEDGER}"));
    let keys = request
        .keys
        .clone()
        .unwrap_or_else(|| request.dir.join(format!("{stamp}{KEYS}")));
    if !keys.is_file() {
        return Err(Error::NoKeys { stamp, keys }.into());
    }
    let plain = unsealed(&keys, &request.identity)?;
    let secrets = Bundle::parse(&plain).ok_or_else(|| Error::Altered {
        file: keys.clone(),
        why: "opens, but is not a backup of keys",
    })?;
    let manifest = believed(&folder, &keys, &secrets.manifest)?;
    nothing_else(&folder, &manifest)?;
    let draft = part(into);
    // What a crash left of an earlier attempt.
    world.disk.remove_tree(&draft)?;
    let verdict = Draft {
        disk: &world.disk,
        root: &draft,
    }
    .fill(&folder, &manifest, &secrets)
    .and_then(|()| verify(&Workspace::open(&draft)?, true, &[]))
    .and_then(|verdict| {
        world.disk.replace(&draft, into)?;
        Ok(verdict)
    })
    .inspect_err(|_| {
        // Best effort: the next attempt removes it as well.
        let _ = world.disk.remove_tree(&draft);
    })?;
    Ok(Restored {
        schema_version: 1,
        stamp,
        time: manifest.time.to_string(),
        into: into.clone(),
        files: (manifest.files.len() + secrets.manifest.files.len()) as u64,
        verdict,
    })
}

/// The backup asked for, or the newest.
fn pick(request: &RestoreRequest) -> Result<String, workspace::Error> {
    let nothing = || Error::Nothing {
        dir: request.dir.clone(),
    };
    if !request.dir.is_dir() {
        return Err(nothing().into());
    }
    let mut known = stamps(&request.dir, LEDGER)?;
    if let Some(asked) = &request.stamp
        && !known.is_empty()
        && !known.contains(asked)
    {
        return Err(Error::NoStamp {
            dir: request.dir.clone(),
            asked: asked.clone(),
            known,
        }
        .into());
    }
    let found = match &request.stamp {
        Some(asked) => known.into_iter().find(|stamp| stamp == asked),
        None => known.pop(),
    };
    found
        .filter(|stamp| unstamp(stamp).is_some())
        .ok_or_else(|| nothing().into())
}

fn unsealed(keys: &Path, identity: &Path) -> Result<Zeroizing<Vec<u8>>, workspace::Error> {
    journal::keyring::guard(identity).map_err(|error| match error {
        journal::Error::Loose { path, mode } => Error::Loose { path, mode }.into(),
        other => workspace::Error::from(other),
    })?;
    let text = Zeroizing::new(read(identity)?);
    let identity = std::str::from_utf8(&text)
        .map_err(|_| crate::ledger::Error::Key("not a text"))
        .and_then(Identity::parse)
        .map_err(|source| Error::Identity {
            path: identity.to_owned(),
            source,
        })?;
    Ok(
        age::open(&read(keys)?, &identity).map_err(|source| Error::Sealed {
            path: keys.to_owned(),
            source,
        })?,
    )
}

/// The keys as they were sealed: their manifest, a blank line, their bytes one after the other.
struct Bundle<'a> {
    manifest: Manifest,
    secrets: &'a [u8],
}

impl<'a> Bundle<'a> {
    fn parse(plain: &'a [u8]) -> Option<Self> {
        let end = plain.windows(2).position(|pair| pair == b"\n\n")?;
        let (text, secrets) = (&plain[..=end], &plain[end + 2..]);
        let manifest = Manifest::parse(std::str::from_utf8(text).ok()?, Half::Keys)?;
        let bundle = Self { manifest, secrets };
        let whole = bundle.files().all(|(file, bytes)| file.is(bytes));
        let length: u64 = bundle.manifest.files.iter().map(|file| file.length).sum();
        (whole && length == secrets.len() as u64).then_some(bundle)
    }

    fn files(&self) -> impl Iterator<Item = (&Filed, &'a [u8])> {
        let mut rest = self.secrets;
        self.manifest.files.iter().map(move |file| {
            let length = usize::try_from(file.length).unwrap_or(usize::MAX);
            let (bytes, after) = rest.split_at(length.min(rest.len()));
            rest = after;
            (file, bytes)
        })
    }
}

/// The ledger half's manifest, if the log of these keys signed it at the moment that the keys were copied.
fn believed(folder: &Path, keys: &Path, secrets: &Manifest) -> Result<Manifest, workspace::Error> {
    let path = folder.join(MANIFEST);
    let altered = || Error::Altered {
        file: path.clone(),
        why: "is not the manifest that the log signed",
    };
    let bytes = fs::read(&path).map_err(|_| Error::Altered {
        file: path.clone(),
        why: "is missing or cannot be read",
    })?;
    let signed = String::from_utf8(bytes).map_err(|_| altered())?;
    let claimed = signed
        .split_once("\n\n")
        .and_then(|(text, _)| Manifest::parse(&format!("{text}\n"), Half::Ledger))
        .ok_or_else(altered)?;
    if claimed.log != secrets.log {
        return Err(Error::OtherLog {
            keys: keys.to_owned(),
            manifest: path,
        }
        .into());
    }
    let text = note::open(&signed, &secrets.log).map_err(|_| altered())?;
    let manifest = Manifest::parse(text, Half::Ledger).ok_or_else(altered)?;
    if !manifest.is_with(secrets) {
        return Err(Error::OtherBackup {
            keys: keys.to_owned(),
            manifest: path,
        }
        .into());
    }
    Ok(manifest)
}

/// Refuses a file that the manifest does not name.
fn nothing_else(folder: &Path, manifest: &Manifest) -> Result<(), workspace::Error> {
    let named: BTreeSet<&str> = manifest
        .files
        .iter()
        .map(|file| file.path.as_str())
        .collect();
    for (name, _) in journal::check::files(folder)? {
        if name != MANIFEST && !named.contains(name.as_str()) {
            return Err(Error::Altered {
                file: folder.join(name),
                why: "was not there when the backup was made",
            }
            .into());
        }
    }
    Ok(())
}

/// A workspace in the making, beside its place.
struct Draft<'a> {
    disk: &'a Disk,
    root: &'a Path,
}

impl Draft<'_> {
    fn fill(
        &self,
        folder: &Path,
        manifest: &Manifest,
        secrets: &Bundle<'_>,
    ) -> Result<(), workspace::Error> {
        for folder in ["ledger", "models", "out"] {
            self.disk.create_directory(&self.root.join(folder))?;
        }
        self.disk.create_secret_directory(&self.root.join("keys"))?;
        for (file, bytes) in secrets.files() {
            self.disk
                .create_secret(&self.root.join(&file.path), bytes)?;
        }
        for file in &manifest.files {
            let from = folder.join(&file.path);
            let bytes = fs::read(&from).map_err(|_| Error::Altered {
                file: from.clone(),
                why: "is missing or cannot be read",
            })?;
            if !file.is(&bytes) {
                return Err(Error::Altered {
                    file: from,
                    why: "is not the file that was copied",
                }
                .into());
            }
            let to = self.root.join(&file.path);
            if let Some(folder) = to.parent() {
                self.disk.create_directory(folder)?;
            }
            self.disk.create(&to, &bytes)?;
        }
        Ok(self.disk.sync_directories(self.root)?)
    }
}
