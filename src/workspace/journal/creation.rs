//! A new ledger with its keys, made once: its first two lines, and the checkpoint that signs them.

use std::path::Path;

use super::keyring::Keyring;
use super::spool::Spool;
use super::writer::PATIENCE;
use super::{Entropy, Error, Paths, check};
use crate::ledger::entry::{Entry, Genesis, Key};
use crate::ledger::note::{Checkpoint, origin};
use crate::ledger::text::{KeyUse, Time};
use crate::ledger::tree;
use crate::name::Token;
use crate::workspace::disk::Disk;

/// Makes a new ledger with its keys: the entries `genesis` and `key`.
pub fn create(
    root: &Path,
    disk: &Disk,
    entropy: &mut Entropy,
    now: Time,
    binary: &Token,
) -> Result<(), Error> {
    let paths = Paths::of(root);
    disk.create_directory(root)?;
    let Some(_lock) = disk.lock(&root.join("append.lock"), PATIENCE)? else {
        return Err(Error::Busy {
            lock: "append.lock",
        });
    };
    refuse_present(&paths)?;
    // What is left is an earlier creation that did not get as far as its checkpoint: nobody was told of it.
    disk.remove_tree(&paths.ledger())?;
    disk.remove_tree(&paths.tmp())?;
    let origin = origin(entropy.bytes());
    let keyring = Keyring::create(&paths, disk, entropy, &origin)?;
    let check = keyring.master(keyring.kid())?.check();
    let entries = [
        Entry::Genesis(Genesis {
            origin: origin.clone(),
            time: now,
            binary: binary.clone(),
            key: keyring.verifier().text(),
        }),
        Entry::Key(Key {
            kid: keyring.kid().clone(),
            purpose: KeyUse::Pseudonym,
            time: now,
            check,
        }),
    ];
    let texts: Vec<String> = entries.iter().map(Entry::text).collect();
    let leaves: Vec<tree::Hash> = texts
        .iter()
        .map(|text| tree::leaf(&[text.as_bytes()]))
        .collect();
    disk.create_directory(&paths.ledger())?;
    let tmp = paths.tmp().join("commit");
    disk.create_directory(&tmp)?;
    let spool = Spool {
        disk,
        paths: &paths,
        tmp: &tmp,
    };
    let checkpoint = Checkpoint {
        origin,
        size: leaves.len() as u64,
        root: tree::root(&leaves),
    };
    spool.tiles(0, leaves, &texts)?;
    spool.put(
        "checkpoint",
        checkpoint.sign(&keyring.signing()?).as_bytes(),
    )?;
    Ok(())
}

/// Refuses a workspace whose ledger holds anything but the first lines of one that never got its checkpoint.
fn refuse_present(paths: &Paths) -> Result<(), Error> {
    if !paths.ledger().exists() {
        return Ok(());
    }
    let begun = ["tile/entries/000.p/2", "tile/0/000.p/2"];
    let found = check::files(&paths.ledger())?;
    if found.iter().all(|(name, _)| begun.contains(&name.as_str())) {
        Ok(())
    } else {
        Err(Error::Present {
            root: paths.root.clone(),
        })
    }
}
