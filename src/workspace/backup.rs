//! Backups: the ledger and the keys apart, so that whoever finds one of them can read nobody.
//!
//! `DIR/<stamp>-ledger/` holds everything but the keys, under a manifest that
//! the log signs. `DIR/<stamp>-keys.age` holds the keys, sealed to the recovery
//! key that the policy declares, whose other half is not on this machine. Both
//! are written beside their place and renamed: a half-made backup has no name.
//! Bringing one back is in [`bring_back`].

mod bring_back;
mod error;
mod manifest;

use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;
use zeroize::Zeroizing;

use super::disk::Disk;
use super::journal::{self, Entropy, View, Writer};
use super::{POLICY, Workspace, World};
use crate::ledger::age::{self, Draws, Recipient};
use crate::ledger::{Secret, Time};
use crate::policy::Right;
use manifest::{Filed, Half, Manifest, is_plain, stamp, unstamp};

pub use bring_back::{RestoreRequest, Restored, restore};
pub use error::Error;

/// The name of the ledger half's manifest.
const MANIFEST: &str = "MANIFEST";
const LEDGER: &str = "-ledger";
const KEYS: &str = "-keys.age";
const DAY: i64 = 86_400;

/// A backup that was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BackedUp {
    /// Of this document.
    pub schema_version: u32,
    /// Its time, as it stands in the names.
    pub stamp: String,
    /// The folder with everything but the keys.
    pub ledger: PathBuf,
    /// The sealed keys.
    pub keys: PathBuf,
    /// Files in both.
    pub files: u64,
    /// Bytes in both.
    pub bytes: u64,
    /// Entries of the log.
    pub entries: u64,
    /// Days that a key backup is kept.
    pub keep_keys_days: u32,
    /// Key backups in the folder that are older, and still there.
    pub due: Vec<PathBuf>,
    /// Those that were destroyed now.
    pub destroyed: Vec<PathBuf>,
}

/// Copies the workspace to `dir`, under `append.lock`; destroys key backups past their days if `prune`.
pub fn back_up(
    ws: &Workspace,
    world: &mut World,
    dir: &Path,
    person: Option<&str>,
    prune: bool,
) -> Result<BackedUp, super::Error> {
    ws.may(person, Right::Backup)?;
    let recovery = ws.policy.backup.recovery.as_deref();
    let recipient = Recipient::parse(recovery.ok_or(Error::NoRecovery)?)?;
    if within(dir, &ws.root) {
        return Err(Error::Inside {
            dir: dir.to_owned(),
        }
        .into());
    }
    let writer = Writer::open(&ws.root, &world.disk)?;
    world.disk.create_directory(dir)?;
    let stamp = stamp(world.now);
    let ledger = dir.join(format!("{stamp}{LEDGER}"));
    let keys = dir.join(format!("{stamp}{KEYS}"));
    if ledger.exists() || keys.exists() {
        return Err(Error::Taken { stamp }.into());
    }
    let copy = Copy {
        ws,
        disk: &world.disk,
        writer: &writer,
        now: world.now,
    };
    let parts = [part(&ledger), part(&keys)];
    // What a crash left of a backup of the same second.
    world.disk.remove_tree(&parts[0])?;
    world.disk.destroy(&parts[1])?;
    let made = copy
        .ledger(&parts[0])
        .and_then(|counted| {
            Ok((
                counted,
                copy.keys(&parts[1], &recipient, &mut world.entropy)?,
            ))
        })
        .and_then(|counted| {
            // The ledger first: keys without a ledger would only be one more thing to guard.
            world.disk.place(&parts[0], &ledger)?;
            world.disk.place(&parts[1], &keys)?;
            Ok(counted)
        });
    let ((files, bytes), (secrets, sealed)) = made.inspect_err(|_| {
        // Best effort, because an error is already on its way; a part is no backup.
        let _ = world.disk.remove_tree(&parts[0]);
        let _ = world.disk.destroy(&parts[1]);
    })?;
    let entries = writer.view().size();
    drop(writer);
    let days = ws.policy.backup.keep_keys_days;
    let (mut due, mut destroyed) = (due(dir, world.now, days)?, Vec::new());
    if prune {
        for old in &due {
            world.disk.destroy(old)?;
        }
        destroyed = std::mem::take(&mut due);
    }
    Ok(BackedUp {
        schema_version: 1,
        stamp,
        ledger,
        keys,
        files: files + secrets,
        bytes: bytes + sealed,
        entries,
        keep_keys_days: days,
        due,
        destroyed,
    })
}

/// A copy in the making, while nobody can append.
struct Copy<'a> {
    ws: &'a Workspace,
    disk: &'a Disk,
    writer: &'a Writer,
    now: Time,
}

/// Files, and bytes.
type Counted = (u64, u64);

impl Copy<'_> {
    fn manifest(&self, half: Half) -> Manifest {
        let view: &View = self.writer.view();
        Manifest::new(half, view.signer(), self.now, &view.signed())
    }

    /// Everything but the keys.
    fn ledger(&self, to: &Path) -> Result<Counted, super::Error> {
        self.disk.create_secret_directory(to)?;
        let mut manifest = self.manifest(Half::Ledger);
        let mut counted = 0;
        let mut names = vec![POLICY.to_owned()];
        for folder in ["anchors", "ledger", "models"] {
            if self.ws.root.join(folder).exists() {
                let found = journal::check::files(&self.ws.root.join(folder))?;
                names.extend(found.iter().map(|(name, _)| format!("{folder}/{name}")));
            }
        }
        // A model on its way to its place is not one yet.
        names.retain(|name| !name.contains("/."));
        for name in &names {
            if !is_plain(name) {
                return Err(Error::Name.into());
            }
            let bytes = read(&self.ws.root.join(name))?;
            let target = to.join(name);
            if let Some(folder) = target.parent() {
                self.disk.create_directory(folder)?;
            }
            self.disk.create(&target, &bytes)?;
            counted += bytes.len() as u64;
            manifest.files.push(Filed::of(name, &bytes));
        }
        let state = to.join("state.db");
        self.ws.state()?.copy_to(&state)?;
        self.disk.sync(&state)?;
        let bytes = read(&state)?;
        counted += bytes.len() as u64;
        manifest.files.push(Filed::of("state.db", &bytes));
        manifest.files.sort_by(|a, b| a.path.cmp(&b.path));
        let signed = self.writer.sign(&manifest.text());
        self.disk.create(&to.join(MANIFEST), signed.as_bytes())?;
        self.disk.sync_directories(to)?;
        Ok((manifest.files.len() as u64, counted))
    }

    /// The keys, in one sealed file.
    fn keys(
        &self,
        to: &Path,
        recipient: &Recipient,
        entropy: &mut Entropy,
    ) -> Result<Counted, super::Error> {
        let folder = self.ws.root.join("keys");
        journal::keyring::guard(&folder)?;
        let mut manifest = self.manifest(Half::Keys);
        let mut secrets = Vec::new();
        for (name, _) in journal::check::files(&folder)? {
            let path = folder.join(&name);
            journal::keyring::guard(&path)?;
            let bytes = Zeroizing::new(read(&path)?);
            let name = format!("keys/{name}");
            if !is_plain(&name) {
                return Err(Error::Name.into());
            }
            manifest.files.push(Filed::of(&name, &bytes));
            secrets.push(bytes);
        }
        let text = manifest.text();
        let length = secrets.iter().map(|bytes| bytes.len()).sum::<usize>();
        // Room enough, so that no shorter copy is left behind.
        let mut plain = Zeroizing::new(Vec::with_capacity(text.len() + 1 + length));
        plain.extend_from_slice(text.as_bytes());
        plain.push(b'\n');
        for bytes in &secrets {
            plain.extend_from_slice(bytes);
        }
        let draws = Draws {
            ephemeral: Secret::new(entropy.bytes()),
            file_key: Secret::new(entropy.bytes()),
            nonce: entropy.bytes(),
        };
        let sealed = age::seal(&plain, recipient, &draws);
        self.disk.create_secret(to, &sealed)?;
        Ok((secrets.len() as u64, sealed.len() as u64))
    }
}

/// Key backups of `dir` that are older than `days`, oldest first.
fn due(dir: &Path, now: Time, days: u32) -> Result<Vec<PathBuf>, super::Error> {
    let last = now.0 - i64::from(days) * DAY;
    let old = stamps(dir, KEYS)?
        .into_iter()
        .filter(|stamp| unstamp(stamp).is_some_and(|made| made.0 < last));
    Ok(old
        .map(|stamp| dir.join(format!("{stamp}{KEYS}")))
        .collect())
}

/// The times of the items of `dir` that end so, ascending.
fn stamps(dir: &Path, ending: &str) -> Result<Vec<String>, super::Error> {
    let refused = |source| super::Error::Read {
        path: dir.to_owned(),
        source,
    };
    let mut found = Vec::new();
    for item in fs::read_dir(dir).map_err(refused)? {
        let name = item.map_err(refused)?.file_name();
        if let Some(stamp) = name.to_string_lossy().strip_suffix(ending)
            && unstamp(stamp).is_some()
        {
            found.push(stamp.to_owned());
        }
    }
    found.sort();
    Ok(found)
}

fn part(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.part"))
}

/// Whether `path`, which may not exist yet, lies in `root`.
fn within(path: &Path, root: &Path) -> bool {
    let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let Ok(root) = root.canonicalize() else {
        return false;
    };
    whole
        .ancestors()
        .find_map(|folder| folder.canonicalize().ok())
        .is_some_and(|folder| folder.starts_with(root))
}

fn read(path: &Path) -> Result<Vec<u8>, super::Error> {
    fs::read(path).map_err(|source| super::Error::Read {
        path: path.to_owned(),
        source,
    })
}
