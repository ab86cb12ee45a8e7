//! Anchors: what came back for a checkpoint that left the machine is checked, kept, and recorded by the next commit.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::error::Error;
use super::journal::{Commit, View, Writer, anchors};
use super::{Recorded, Workspace, World, files, place};
use crate::digest::{Digest, hex};
use crate::ledger::anchor::{Carried, Name, ROLLBACK, cosigned};
use crate::ledger::cosignature::Witness;
use crate::ledger::entry::Note;
use crate::ledger::text::{AnchorKind, Time};
use crate::ledger::timestamp::{self, Token};
use crate::ledger::{self, Entry};
use crate::policy::Right;

/// An anchor that was kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Kept {
    /// Its files' name, without the ending.
    pub anchor: String,
    /// `cosignature`, `timestamp` or `copy`.
    pub kind: String,
    /// The size that it vouches for.
    pub size: u64,
    /// When, by whoever vouches.
    pub time: Option<String>,
    /// The witness's key.
    pub witness: Option<String>,
    /// The file that holds the checkpoint.
    pub note: PathBuf,
    /// The file that holds the time-stamp.
    pub token: Option<PathBuf>,
}

/// One line of `probant ledger anchor list`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AnchorLine {
    /// Its files' name, without the ending.
    pub anchor: String,
    /// `cosignature`, `timestamp` or `copy`.
    pub kind: String,
    /// The size that it vouches for.
    pub size: u64,
    /// The log's entry that records it; none until the next commit.
    pub entry: Option<u64>,
    /// Whether the log continues it.
    pub holds: bool,
    /// The `note` that accepts that it does not.
    pub accepted: Option<u64>,
}

/// A rollback that was accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Accepted {
    /// Of this document.
    pub schema_version: u32,
    /// Who.
    pub by: String,
    /// The log's first entry about it.
    pub entry: u64,
    /// The sizes that were anchored and are not continued.
    pub sizes: Vec<u64>,
}

/// Writes a file that a person carries away, over nothing; the same bytes may stand there already.
pub(super) fn deliver(world: &World, file: &Path, bytes: &[u8]) -> Result<(), Error> {
    deliverable(file, bytes)?;
    Ok(anchors::keep(&world.disk, file, bytes)?)
}

/// Refuses a place where [`deliver`] would write over something, or among what is kept.
pub(super) fn deliverable(file: &Path, bytes: &[u8]) -> Result<(), Error> {
    place::allowed(file)?;
    if fs::read(file).is_ok_and(|standing| standing == bytes) {
        return Ok(());
    }
    Ok(place::vacant(file)?)
}

/// A witness's key, as it was typed.
pub(super) fn parse(text: &str) -> Result<Witness, Error> {
    Witness::parse(text).map_err(|_| Error::Usage {
        what: "what follows `--witness` is not a witness's key".to_owned(),
        hint: "it is one line, NAME+ID+KEY: `probant ledger witness DIR` prints it",
    })
}

/// Takes what came back, a witness's lines or an authority's answer; checks it and keeps it.
pub fn add(
    ws: &Workspace,
    world: &World,
    answer: &Path,
    witness: Option<&str>,
    person: Option<&str>,
) -> Result<Vec<Kept>, Error> {
    ws.may(person, Right::Anchor)?;
    let bytes = files::brought(answer, "a cosignature or a time-stamp")?;
    let view = View::open(&ws.root)?;
    match std::str::from_utf8(&bytes) {
        Ok(lines) if lines.starts_with('\u{2014}') => {
            add_cosignatures(ws, &view, world, lines, witness)
        }
        _ if timestamp::Request::parse(&bytes).is_ok() => Err(Error::Data {
            what: format!(
                "`{}` is the request to the authority, not its answer",
                answer.display()
            ),
            hint: "send it to the authority, then name the `.tsr` that comes back",
        }),
        _ if bytes.first() == Some(&0x30) => {
            add_timestamp(ws, &view, world, &bytes).map(|it| vec![it])
        }
        _ => Err(Error::Data {
            what: format!(
                "`{}` is neither a witness's answer nor a time-stamp",
                answer.display()
            ),
            hint: "name the file that came back: the lines of `probant ledger cosign`, or the authority's `.tsr`",
        }),
    }
}

/// The checkpoints that an answer may be about: those asked about, then those anchored already.
fn candidates(view: &View) -> Result<Vec<Carried>, Error> {
    let mut found = view.asked()?;
    for name in view.anchors()?.iter().rev() {
        found.push(view.anchor(name)?);
    }
    Ok(found)
}

fn add_cosignatures(
    ws: &Workspace,
    view: &View,
    world: &World,
    lines: &str,
    witness: Option<&str>,
) -> Result<Vec<Kept>, Error> {
    let mut known = view.witnesses()?;
    if let Some(text) = witness {
        let named = parse(text)?;
        known.retain(|it| *it != named);
        known.push(named);
    }
    if known.is_empty() {
        return Err(Error::Usage {
            what: "no witness's key is known here yet".to_owned(),
            hint: "add `--witness VKEY`, the key that the witness read out: `probant ledger witness DIR` prints it there",
        });
    }
    let candidates = candidates(view)?;
    let mut kept = Vec::new();
    for line in lines.lines() {
        let found = candidates.iter().find_map(|carried| {
            let (by, time) = cosigned(line, &carried.checkpoint.text(), &known).ok()?;
            Some((carried, by, time))
        });
        let Some((carried, by, time)) = found else {
            continue; // C2SP: signatures by unknown keys are ignored.
        };
        view.continues(&anchors::claim(carried))?;
        let note = format!("{}{line}\n", carried.note);
        let name = Name {
            kind: AnchorKind::Cosignature,
            size: carried.checkpoint.size,
            proof: Digest::of(note.as_bytes()),
        };
        view.keep_anchor(&world.disk, &name, note.as_bytes(), None, Some(by))?;
        kept.push(Kept {
            time: Some(Time(time as i64).to_string()),
            witness: Some(by.text()),
            ..line_of(ws, &name)
        });
    }
    if kept.is_empty() {
        return Err(ledger::Error::Witness(
            "no line cosigns a checkpoint that was asked about, by a witness whose key is known here",
        )
        .into());
    }
    Ok(kept)
}

fn line_of(ws: &Workspace, name: &Name) -> Kept {
    let (stem, folder) = (name.stem(), anchors::folder(&ws.root));
    let timestamp = name.kind == AnchorKind::Timestamp;
    Kept {
        kind: name.kind.to_string(),
        size: name.size,
        time: None,
        witness: None,
        note: folder.join(format!("{stem}.note")),
        token: timestamp.then(|| folder.join(format!("{stem}.tsr"))),
        anchor: stem,
    }
}

fn add_timestamp(ws: &Workspace, view: &View, world: &World, bytes: &[u8]) -> Result<Kept, Error> {
    let token = Token::parse(bytes)?;
    let stem = hex(&token.imprint);
    let unasked = || ledger::Error::Timestamp("it is about nothing that was asked here");
    let request = fs::read(anchors::asked(&ws.root).join(format!("{stem}.tsq")));
    let request = timestamp::Request::parse(&request.map_err(|_| unasked())?)?;
    token.answers(&request)?;
    let carried = candidates(view)?
        .into_iter()
        .find(|it| Digest::of(it.note.as_bytes()).0 == token.imprint)
        .ok_or_else(unasked)?;
    view.continues(&anchors::claim(&carried))?;
    let name = Name {
        kind: AnchorKind::Timestamp,
        size: carried.checkpoint.size,
        proof: Digest::of(bytes),
    };
    view.keep_anchor(
        &world.disk,
        &name,
        carried.note.as_bytes(),
        Some(bytes),
        None,
    )?;
    Ok(Kept {
        time: Some(token.time.to_string()),
        ..line_of(ws, &name)
    })
}

/// Writes a bare copy of the checkpoint, to be kept elsewhere, and keeps one here.
pub fn carry(
    ws: &Workspace,
    world: &World,
    file: &Path,
    person: Option<&str>,
) -> Result<Kept, Error> {
    ws.may(person, Right::Anchor)?;
    if file.extension().is_none_or(|ending| ending != "note") {
        return Err(Error::Usage {
            what: format!("`{}` does not end in `.note`", file.display()),
            hint: "`ledger verify --anchors DIR` knows checkpoints by that ending: name it `checkpoint.note`, for instance",
        });
    }
    let view = View::open(&ws.root)?;
    let name = Name {
        kind: AnchorKind::Copy,
        size: view.size(),
        proof: Digest::of(view.checkpoint()),
    };
    deliver(world, file, view.checkpoint())?;
    view.keep_anchor(&world.disk, &name, view.checkpoint(), None, None)?;
    Ok(line_of(ws, &name))
}

/// The anchors kept here, smallest size first.
pub fn list(ws: &Workspace) -> Result<Vec<AnchorLine>, Error> {
    let view = View::open(&ws.root)?;
    let accepted = view.accepted();
    let mut found = Vec::new();
    for name in view.anchors()? {
        let claim = anchors::claim(&view.anchor(&name)?);
        let entry = view.entries().find_map(|(index, entry)| match entry {
            Entry::Anchor(it) if it.proof == name.proof.0 => Some(index),
            _ => None,
        });
        found.push(AnchorLine {
            anchor: name.stem(),
            kind: name.kind.to_string(),
            size: name.size,
            entry,
            holds: view.continues(&claim).is_ok(),
            accepted: accepted.get(&(claim.size, claim.root)).copied(),
        });
    }
    Ok(found)
}

/// Records that a person knows that the ledger is not the one that was anchored, and goes on with it.
pub fn accept_rollback(
    ws: &Workspace,
    world: &World,
    person: &str,
) -> Result<Recorded<Accepted>, Error> {
    let person = ws.may(Some(person), Right::AcceptRollback)?.id.clone();
    let mut writer = Writer::open_rolled_back(&ws.root, &world.disk)?;
    let found = writer.view().contradicted()?;
    if found.is_empty() {
        return Err(Error::Usage {
            what: "no anchor kept here contradicts the ledger: there is nothing to accept"
                .to_owned(),
            hint: "`probant ledger anchor list` shows the anchors",
        });
    }
    let about = ROLLBACK.parse().expect("the word is written as a name is");
    let entries = found
        .iter()
        .map(|checkpoint| {
            Entry::Note(Note {
                about: crate::name::Token::clone(&about),
                time: world.now,
                actor: person.clone(),
                checkpoint: Some(*checkpoint),
            })
        })
        .collect();
    let receipt = writer.commit(&Commit {
        documents: Vec::new(),
        entries,
    })?;
    Ok(Recorded(Accepted {
        schema_version: 1,
        by: person.to_string(),
        entry: receipt.entries.start,
        sizes: found.into_iter().map(|(size, _)| size).collect(),
    }))
}
