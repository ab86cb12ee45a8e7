//! The ledger, read: verified, listed, measured.

use std::fs;
use std::path::PathBuf;

use serde::Serialize;

use super::error::Error;
use super::examine::{Examined, examine};
use super::journal::{self, View};
use super::models;
use super::replay::{self, Replayer};
use super::{Workspace, acts, signed};
use crate::digest::Digest;
use crate::ledger::entry::Segment;
use crate::ledger::text::Date;
use crate::ledger::verify::{Finding, Judge, Level, Oracles};
use crate::ledger::{Entry, Replay};
use crate::model::Model;

/// Both verdicts, and what was looked at.
#[derive(Clone, Debug, Serialize)]
pub struct Verdict {
    /// Of this document.
    pub schema_version: u32,
    /// Whether every prediction was replayed.
    pub full: bool,
    /// The log's name.
    pub origin: String,
    /// Entries of the main log.
    pub entries: u64,
    /// Runs.
    pub runs: u64,
    /// Segments.
    pub segments: u64,
    /// Predictions and events.
    pub rows: u64,
    /// Of them, erased: of each only the hash of its leaf is left.
    pub erased: u64,
    /// Records of segments that were destroyed at their date, besides.
    pub purged: u64,
    /// Files that a crash left, which the next writer deletes; they belong to nothing.
    pub leftovers: Vec<String>,
    /// Of them, rebuilt from codes and model and found to be what was signed.
    pub replayed: u64,
    /// What contradicts integrity: file and reason.
    pub integrity: Vec<Trouble>,
    /// What contradicts completeness: file and reason.
    pub completeness: Vec<Trouble>,
    /// Signatures by keys that are new to the log: told, since a key may have been slipped into the policy.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub other_keys: Vec<Trouble>,
    /// What anchors say that left the machine, where some were named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub anchors: Option<Examined>,
}

/// One thing that is not as it was recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Trouble {
    /// The file.
    pub file: String,
    /// What is wrong with it.
    pub why: String,
}

impl Verdict {
    /// Whether both verdicts are good.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.integrity.is_empty()
            && self.completeness.is_empty()
            && self.anchors.as_ref().is_none_or(Examined::holds)
    }
}

/// Verifies the ledger and the models' folders; `full` replays every prediction, and `folders` hold
/// anchors to compare it with.
pub fn verify(ws: &Workspace, full: bool, folders: &[PathBuf]) -> Result<Verdict, Error> {
    let model = |_: &Digest, document: &[u8]| -> Result<Box<dyn Replay>, String> {
        let text =
            std::str::from_utf8(document).map_err(|_| "the model is not UTF-8".to_owned())?;
        Ok(Box::new(Replayer::new(
            Model::parse(text).map_err(|error| error.to_string())?,
        )))
    };
    let outcome = |segment: &Segment, model: &[u8], document: &[u8]| -> Result<Judge, String> {
        replay::judge(segment, model, document)
    };
    let ruling = |segment: &Segment, date: Date, law: &[u8], policy: &[u8]| {
        replay::ruler(segment, date, law, policy)
    };
    let files = |version: &Digest| -> Option<Vec<(String, Digest)>> { listing(ws, *version) };
    let level = if full { Level::Full } else { Level::Hashes };
    let oracles = Oracles {
        replay: &model,
        outcome: &outcome,
        ruling: &ruling,
        model_files: &files,
    };
    let report = journal::check::check(&ws.root, level, oracles)?;
    let mut integrity = troubles(&report.integrity);
    integrity.extend(strangers(ws));
    if integrity.is_empty()
        && let Ok(view) = View::open(&ws.root)
    {
        integrity.extend(signed::forged(&view));
        let segments = view.segments().map(|it| (it.index, &it.entry));
        integrity.extend(replay::silenced(segments).map(|index| {
            Trouble {
                file: format!("entry {index}"),
                why:
                    "a segment has no outcome for leads that are set apart, and an earlier one has"
                        .to_owned(),
            }
        }));
    }
    // What the ledger itself found damaged is named already, and cannot be read here.
    if full
        && integrity.is_empty()
        && let Ok(view) = View::open(&ws.root)
    {
        integrity.extend(acts::unsigned(&view)?);
    }
    let anchors = match View::open(&ws.root) {
        _ if folders.is_empty() => None,
        Ok(view) => Some(examine(&view, &ws.root, folders)?),
        Err(error) if integrity.is_empty() => return Err(error.into()),
        Err(_) => {
            integrity.push(Trouble {
                file: "anchors".to_owned(),
                why: "not compared, since the log cannot be read".to_owned(),
            });
            None
        }
    };
    Ok(Verdict {
        schema_version: 1,
        full,
        origin: View::open(&ws.root)
            .map(|view| view.origin().to_owned())
            .unwrap_or_default(),
        entries: report.entries,
        runs: report.runs,
        segments: report.segments,
        rows: report.rows,
        erased: report.erased,
        purged: report.purged,
        leftovers: report.leftovers,
        replayed: report.replayed,
        integrity,
        completeness: troubles(&report.completeness),
        other_keys: View::open(&ws.root)
            .map(|view| signed::other_keys(&view))
            .unwrap_or_default(),
        anchors,
    })
}

fn troubles(found: &[Finding]) -> Vec<Trouble> {
    found
        .iter()
        .map(|it| Trouble {
            file: it.file.clone(),
            why: it.why.clone(),
        })
        .collect()
}

/// The files of a model's folder and their digests, names ascending.
fn listing(ws: &Workspace, version: Digest) -> Option<Vec<(String, Digest)>> {
    let mut found: Vec<(String, Digest)> = fs::read_dir(models::folder(ws, version))
        .ok()?
        .filter_map(Result::ok)
        .map(|item| {
            let digest = fs::read(item.path()).map_or(Digest([0; 32]), |bytes| Digest::of(&bytes));
            (item.file_name().to_string_lossy().into_owned(), digest)
        })
        .collect();
    found.sort();
    Some(found)
}

/// Folders of `models/` that the log does not know: whoever put them there, nobody trained them here.
fn strangers(ws: &Workspace) -> Vec<Trouble> {
    let Ok(view) = View::open(&ws.root) else {
        return Vec::new();
    };
    let known: Vec<String> = view
        .entries()
        .filter_map(|(_, entry)| match entry {
            Entry::Model(it) => Some(it.model.to_string()),
            _ => None,
        })
        .collect();
    let Ok(folder) = fs::read_dir(ws.models()) else {
        return Vec::new();
    };
    folder
        .filter_map(Result::ok)
        .map(|item| item.file_name().to_string_lossy().into_owned())
        .filter(|name| !known.contains(name) && !is_draft(name))
        .map(|name| Trouble {
            file: format!("models/{name}"),
            why: "the log knows no such model".to_owned(),
        })
        .collect()
}

/// Whether a folder is a model's on its way to its place: what a crash left, and the next training removes.
fn is_draft(name: &str) -> bool {
    name.starts_with('.') && name.strip_suffix(".part").is_some()
}

/// One entry of the log, in a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EntryLine {
    /// Its index.
    pub index: u64,
    /// Its kind.
    pub kind: String,
    /// Its text, as it is hashed.
    pub text: String,
}

/// Every entry, oldest first.
pub fn entries(ws: &Workspace) -> Result<Vec<EntryLine>, Error> {
    let view = View::open(&ws.root)?;
    Ok(view
        .entries()
        .map(|(index, entry)| EntryLine {
            index,
            kind: entry.kind().to_owned(),
            text: entry.text(),
        })
        .collect())
}

/// One entry, as it is hashed.
pub fn entry(ws: &Workspace, index: u64) -> Result<String, Error> {
    let view = View::open(&ws.root)?;
    let found = view
        .entries()
        .find(|(at, _)| *at == index)
        .map(|(_, entry)| entry.text());
    found.ok_or_else(|| Error::Unknown {
        what: "entry",
        name: index.to_string(),
        near: None,
    })
}

/// How large the ledger is.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Size {
    /// Of this document.
    pub schema_version: u32,
    /// The log's name.
    pub origin: String,
    /// Entries of the main log.
    pub entries: u64,
    /// Runs.
    pub runs: u64,
    /// Segments.
    pub segments: u64,
    /// Predictions proposed.
    pub proposals: u64,
    /// Leads refused.
    pub refusals: u64,
    /// Events.
    pub events: u64,
    /// Of all these records, those of segments that were destroyed at their date.
    pub purged: u64,
    /// Of all these records, those erased one by one.
    pub erased: u64,
    /// Bytes of `ledger/`.
    pub bytes: u64,
    /// Bytes of the sealed rows, per row; 0 where there is none.
    pub bytes_per_row: f64,
}

/// Measures the ledger.
pub fn stats(ws: &Workspace) -> Result<Size, Error> {
    let view = View::open(&ws.root)?;
    let found = view.stats()?;
    let ever = found.proposals + found.refusals + found.events;
    let rows = ever - found.purged - found.erased;
    Ok(Size {
        schema_version: 1,
        origin: view.origin().to_owned(),
        entries: found.entries,
        runs: found.runs,
        segments: found.segments,
        proposals: found.proposals,
        refusals: found.refusals,
        events: found.events,
        purged: found.purged,
        erased: found.erased,
        bytes: found.bytes,
        bytes_per_row: if rows == 0 {
            0.0
        } else {
            found.row_bytes as f64 / rows as f64
        },
    })
}
