//! The witness at work: the DPO's own machine, a folder with a key and what it remembers of each log.
//!
//! No workspace is needed here, nor wanted: whoever holds the log's keys must not hold these. The new
//! memory is durable before the answer is written, so that no crash lets a witness forget what it signed.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;

use super::anchor::{deliver, deliverable};
use super::error::Error;
use super::journal::keyring::guard;
use super::journal::{self, anchors};
use super::{Recorded, World, files, place};
use crate::digest::hex;
use crate::ledger;
use crate::ledger::cosignature::{Witness, witness_name};
use crate::ledger::key::{Secret, SecretKind, SigningKey};
use crate::ledger::note::Verifier;
use crate::ledger::witness::{Memory, Refusal, Request, consider};
use crate::name::Token;

/// How long a cosignature waits for another to end.
const PATIENCE: Duration = Duration::from_secs(10);

/// The witness of a folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Shown {
    /// Of this document.
    pub schema_version: u32,
    /// Its key, to be read to the operator.
    pub witness: String,
    /// Whether it was made just now.
    pub created: bool,
    /// What it remembers of each log.
    pub logs: Vec<Remembered>,
}

/// What a witness remembers of a log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Remembered {
    /// The log's key.
    pub log: String,
    /// The size that was cosigned last.
    pub size: u64,
}

/// A checkpoint that was cosigned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Cosigned {
    /// Of this document.
    pub schema_version: u32,
    /// The log's name.
    pub origin: String,
    /// The size that this witness remembered before.
    pub from: u64,
    /// The size that it cosigned.
    pub size: u64,
    /// When.
    pub time: String,
    /// The witness's key.
    pub witness: String,
    /// The answer's file.
    pub out: PathBuf,
}

/// A folder with its key.
struct Desk {
    folder: PathBuf,
    name: String,
    key: SigningKey,
    created: bool,
}

impl Desk {
    fn open(world: &mut World, folder: &Path) -> Result<Self, Error> {
        if folder.exists() && !folder.is_dir() {
            return Err(Error::Usage {
                what: format!("`{}` is a file", folder.display()),
                hint: "name a folder",
            });
        }
        world.disk.create_secret_directory(folder)?;
        guard(folder)?;
        let names = anchors::names(folder)?;
        let keys: Vec<&String> = names
            .iter()
            .filter(|name| name.starts_with("witness-"))
            .collect();
        match (&keys[..], names.is_empty()) {
            ([only], _) => Self::read(folder, only),
            ([], true) => Self::create(world, folder),
            _ => Err(Error::Usage {
                what: format!("`{}` is not a witness's folder", folder.display()),
                hint: "name an empty folder, or one that `probant ledger witness` made",
            }),
        }
    }

    fn create(world: &mut World, folder: &Path) -> Result<Self, Error> {
        let id: [u8; 8] = world.entropy.bytes();
        let secret = Secret::new(world.entropy.bytes());
        let token = token(id);
        let file = format!("witness-{token}");
        let text = secret.file(SecretKind::Witness, &token);
        keep_secret(world, &folder.join(file), text.as_bytes())?;
        Ok(Self {
            folder: folder.to_owned(),
            name: witness_name(id),
            key: SigningKey::of(&secret),
            created: true,
        })
    }

    fn read(folder: &Path, file: &str) -> Result<Self, Error> {
        let path = folder.join(file);
        guard(&path)?;
        let damaged = || journal::Error::Damaged {
            file: path.display().to_string(),
            source: ledger::Error::Key("the secret's file is not as it was written"),
        };
        let id = file.strip_prefix("witness-").and_then(crate::digest::unhex);
        let id: [u8; 8] = id.and_then(|it| it.try_into().ok()).ok_or_else(damaged)?;
        let bytes = zeroize::Zeroizing::new(files::brought(&path, "a witness\u{2019}s key")?);
        let secret =
            Secret::parse(&bytes, SecretKind::Witness, &token(id)).map_err(|_| damaged())?;
        Ok(Self {
            folder: folder.to_owned(),
            name: witness_name(id),
            key: SigningKey::of(&secret),
            created: false,
        })
    }

    fn witness(&self) -> Witness {
        Witness::new(&self.name, &self.key)
    }

    /// The file of what is remembered of a log.
    fn memory_of(&self, origin: &str) -> PathBuf {
        let id = origin.rsplit('/').next().unwrap_or_default();
        self.folder.join(format!("log-{id}"))
    }

    fn remembered(path: &Path) -> Result<Option<Memory>, Error> {
        if !path.exists() {
            return Ok(None);
        }
        guard(path)?;
        let memory = Memory::parse(&files::brought(path, "a witness\u{2019}s memory of a log")?);
        Ok(Some(memory.map_err(|source| journal::Error::Damaged {
            file: path.display().to_string(),
            source,
        })?))
    }
}

fn token(id: [u8; 8]) -> Token {
    hex(&id).parse().expect("hex digits make a name")
}

/// Writes a file that only its owner may read, whole or not at all.
fn keep_secret(world: &World, path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let part = path.with_file_name(format!(".{name}.part"));
    if part.exists() {
        world.disk.remove(&part)?;
    }
    world.disk.create_secret(&part, bytes)?;
    Ok(world.disk.replace(&part, path)?)
}

/// Shows the witness of a folder, which is made on first use.
pub fn show(world: &mut World, folder: &Path) -> Result<Shown, Error> {
    let desk = Desk::open(world, folder)?;
    let mut logs = Vec::new();
    for name in anchors::names(folder)? {
        if name.starts_with("log-")
            && let Some(memory) = Desk::remembered(&folder.join(&name))?
        {
            logs.push(Remembered {
                log: memory.log.text(),
                size: memory.size,
            });
        }
    }
    Ok(Shown {
        schema_version: 1,
        witness: desk.witness().text(),
        created: desk.created,
        logs,
    })
}

/// Answers a log's request, or refuses it; `log` is the log's key, needed the first time it is seen.
pub fn cosign(
    world: &mut World,
    request: &Path,
    folder: &Path,
    out: &Path,
    log: Option<&str>,
) -> Result<Recorded<Cosigned>, Error> {
    let told = log.map(verifier).transpose()?;
    let request = Request::parse(&files::brought(request, "a request to a witness")?)
        .map_err(Refusal::Malformed)?;
    let desk = Desk::open(world, folder)?;
    place::allowed(out)?;
    let Some(_lock) = world.disk.lock(&folder.join("lock"), PATIENCE)? else {
        return Err(journal::Error::Busy { lock: "lock" }.into());
    };
    let origin = request.origin().to_owned();
    let path = desk.memory_of(&origin);
    let known = match (Desk::remembered(&path)?, told) {
        (Some(memory), Some(told)) if memory.log != told => {
            return Err(Refusal::OtherKey { origin }.into());
        }
        (None, Some(told)) => Some(Memory::of(told)),
        (known, _) => known,
    };
    let time = world.now.0.unsigned_abs();
    let granted = consider(&request, known.as_ref(), time, (&desk.name, &desk.key))?;
    // Before it remembers: a place that is taken must not cost the answer.
    deliverable(out, granted.answer.as_bytes())?;
    keep_secret(world, &path, granted.memory.text().as_bytes())?;
    deliver(world, out, granted.answer.as_bytes())?;
    Ok(Recorded(Cosigned {
        schema_version: 1,
        origin,
        from: request.old,
        size: granted.memory.size,
        time: world.now.to_string(),
        witness: desk.witness().text(),
        out: out.to_owned(),
    }))
}

fn verifier(text: &str) -> Result<Verifier, Error> {
    Verifier::parse(text).map_err(|_| Error::Usage {
        what: "what follows `--log` is not a log's key".to_owned(),
        hint: "it is one line, NAME+ID+KEY: the operator's `probant ledger anchor request` prints it",
    })
}
