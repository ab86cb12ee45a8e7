//! Asking others to vouch: the checkpoint leaves the machine by file, to a witness or to a time-stamping authority.
//!
//! What was asked about is kept, since the ledger may have grown when the answer comes.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::anchor::{deliver, deliverable, parse};
use super::error::Error;
use super::journal::{View, anchors};
use super::{Workspace, World, place};
use crate::digest::Digest;
use crate::ledger::cosignature::Witness;
use crate::ledger::text::AnchorKind;
use crate::ledger::{self, timestamp, witness};
use crate::policy::Right;

/// A request that was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Asked {
    /// Of this document.
    pub schema_version: u32,
    /// `cosignature` or `timestamp`.
    pub kind: String,
    /// The file.
    pub file: PathBuf,
    /// The size that is to be vouched for.
    pub size: u64,
    /// For a witness: the size that it cosigned last.
    pub old: Option<u64>,
    /// The log's key, to compare by telephone or on paper.
    pub log: String,
}

/// Writes the request to a witness: the checkpoint, and the proof from the size that it cosigned last.
pub fn ask_witness(
    ws: &Workspace,
    world: &World,
    file: &Path,
    witness: Option<&str>,
    old: Option<u64>,
    person: Option<&str>,
) -> Result<Asked, Error> {
    ws.may(person, Right::Anchor)?;
    place::allowed(file)?;
    let view = View::open(&ws.root)?;
    let old = match old {
        Some(old) => old,
        None => last_cosigned(&view, witness)?,
    };
    let proof = view.consistency(old).ok_or_else(|| Error::Usage {
        what: format!(
            "the witness cosigned {old} entries, and this ledger holds {}",
            view.size()
        ),
        hint: "a witness never cosigns a shorter history: put the newest copy of the ledger back, or, if it is lost, begin with a new witness and `--old 0`",
    })?;
    let note = note(&view)?;
    let request = witness::Request { old, proof, note };
    deliverable(file, request.text().as_bytes())?;
    remember(ws, world, request.note.as_bytes(), None)?;
    deliver(world, file, request.text().as_bytes())?;
    Ok(asked(
        &view,
        AnchorKind::Cosignature,
        file,
        Some(request.old),
    ))
}

/// Writes the request to a time-stamping authority.
pub fn ask_authority(
    ws: &Workspace,
    world: &mut World,
    file: &Path,
    person: Option<&str>,
) -> Result<Asked, Error> {
    ws.may(person, Right::Anchor)?;
    place::allowed(file)?;
    let view = View::open(&ws.root)?;
    let note = note(&view)?;
    let imprint = Digest::of(note.as_bytes());
    // The same checkpoint, the same request: whichever of its answers comes back is recognised.
    let standing = anchors::asked(&ws.root).join(format!("{imprint}.tsq"));
    let request = fs::read(&standing)
        .ok()
        .and_then(|bytes| timestamp::Request::parse(&bytes).ok())
        .unwrap_or_else(|| timestamp::Request::new(imprint.0, world.entropy.bytes()));
    deliverable(file, &request.bytes())?;
    remember(ws, world, note.as_bytes(), Some(&request))?;
    deliver(world, file, &request.bytes())?;
    Ok(asked(&view, AnchorKind::Timestamp, file, None))
}

fn asked(view: &View, kind: AnchorKind, file: &Path, old: Option<u64>) -> Asked {
    Asked {
        schema_version: 1,
        kind: kind.to_string(),
        file: file.to_owned(),
        size: view.size(),
        old,
        log: view.verifier(),
    }
}

fn note(view: &View) -> Result<String, Error> {
    let note = String::from_utf8(view.checkpoint().to_vec());
    Ok(note.map_err(|_| ledger::Error::Note("it is not UTF-8"))?)
}

/// Keeps what was asked about, since the ledger may have grown when the answer comes.
fn remember(
    ws: &Workspace,
    world: &World,
    note: &[u8],
    request: Option<&timestamp::Request>,
) -> Result<(), Error> {
    let (folder, digest) = (anchors::asked(&ws.root), Digest::of(note));
    world.disk.create_directory(&folder)?;
    anchors::keep(&world.disk, &folder.join(format!("{digest}.note")), note)?;
    if let Some(request) = request {
        let path = folder.join(format!("{digest}.tsq"));
        anchors::keep(&world.disk, &path, &request.bytes())?;
    }
    Ok(())
}

/// The largest size that a witness cosigned, by the anchors kept here; 0 for none.
fn last_cosigned(view: &View, asked: Option<&str>) -> Result<u64, Error> {
    let known = view.witnesses()?;
    let Some(witness) = chosen(&known, asked)? else {
        return Ok(0);
    };
    for name in view.anchors()?.iter().rev() {
        if name.kind == AnchorKind::Cosignature {
            let by = view.anchor(name)?;
            if by.cosignatures(std::slice::from_ref(&witness)).is_ok() {
                return Ok(name.size);
            }
        }
    }
    Ok(0)
}

/// The witness meant, of those whose keys are kept here.
fn chosen(known: &[Witness], asked: Option<&str>) -> Result<Option<Witness>, Error> {
    match (asked, known) {
        (Some(text), _) => Ok(Some(parse(text)?)),
        (None, []) => Ok(None),
        (None, [only]) => Ok(Some(only.clone())),
        (None, _) => Err(Error::Which {
            what: "witness",
            option: "--witness",
            known: known.iter().map(Witness::text).collect(),
        }),
    }
}
