//! What is well and what is not in a workspace, and the desk made again from the ledger.
//!
//! Looking changes nothing. Rebuilding reads every act from its leaf again; what
//! the ledger never held cannot come back, and is named.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::error::Error;
use super::journal::keyring::guard;
use super::journal::{View, Writer};
use super::state::{Kind, State, Which};
use super::{Recorded, Workspace, World, acts, models};
use crate::digest::Digest;
use crate::policy::Right;

/// What is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// `probant.toml`.
    Policy,
    /// The log, its checkpoint and its edge.
    Ledger,
    /// `state.db` as a file.
    State,
    /// What `state.db` says happened, against the ledger's leaves.
    Acts,
    /// The folder of each model that was not purged.
    Models,
    /// `ledger/documents/`, where what entries name is kept.
    Documents,
    /// Who may read the files of keys.
    Keys,
    /// Files that have not reached their place.
    Outputs,
    /// What crashes left, and desks that were set aside.
    Leftovers,
    /// Requests that wait for the night's batch.
    Requests,
}

/// How a part is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Condition {
    /// As it should be.
    Well,
    /// Something to know; nothing is wrong.
    Note,
    /// Something is to be done.
    Ill,
    /// It could not be looked at, because something else is wrong.
    Unknown,
}

/// How one part is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Line {
    /// Which.
    pub part: Part,
    /// How.
    pub condition: Condition,
    /// Which files, how many, or what was said.
    pub details: Vec<String>,
}

/// The desk, made again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Rebuilt {
    /// Acts read from the ledger.
    pub acts: u64,
    /// Whether the whole file was made anew: free text, waiting requests, planted controls, files on their way, reports of
    /// runs and salts are lost.
    pub anew: bool,
    /// Where the file that could not be read was set aside.
    pub aside: Option<PathBuf>,
}

/// How a workspace is.
#[derive(Clone, Debug, Serialize)]
pub struct Health {
    /// Of this document.
    pub schema_version: u32,
    /// Whether nothing is to be done.
    pub healthy: bool,
    /// Each part.
    pub parts: Vec<Line>,
    /// What was made again, if that was asked.
    pub rebuilt: Option<Rebuilt>,
}

/// Looks at every part of the workspace at `root`, and changes nothing.
#[must_use]
pub fn examine(root: &Path) -> Health {
    let ws = Workspace::open(root);
    let view = View::open(root);
    let desk = desk(root);
    let mut parts = vec![
        outcome(Part::Policy, ws.as_ref().err().map(|it| told(it))),
        outcome(Part::Ledger, view.as_ref().err().map(|it| told(it))),
        outcome(Part::State, desk.as_ref().err().cloned()),
    ];
    parts.push(match (&view, &desk) {
        (Ok(view), Ok(state)) => match acts::differing(state, view) {
            Ok(segments) => list(Part::Acts, Condition::Ill, segments),
            Err(error) => outcome(Part::Acts, Some(told(&error))),
        },
        _ => unknown(Part::Acts),
    });
    parts.push(match (&ws, &view) {
        (Ok(ws), Ok(view)) => list(Part::Models, Condition::Ill, disbelieved(ws, view)),
        _ => unknown(Part::Models),
    });
    parts.push(match &view {
        Ok(view) => list(Part::Documents, Condition::Ill, unkept(view)),
        Err(_) => unknown(Part::Documents),
    });
    parts.push(list(Part::Keys, Condition::Ill, loose(root)));
    parts.push(match &desk {
        Ok(state) => outputs(state),
        Err(_) => unknown(Part::Outputs),
    });
    let mut left = leftovers(root);
    if let Ok(view) = &view {
        let orphans = view.orphans().unwrap_or_default();
        left.extend(
            orphans
                .into_iter()
                .map(|(name, _)| format!("ledger/{name}")),
        );
    }
    let aside = left.iter().any(|name| name.starts_with(ASIDE));
    let condition = if aside {
        Condition::Ill
    } else {
        Condition::Note
    };
    parts.push(list(Part::Leftovers, condition, left));
    parts.push(match &desk {
        Ok(state) => requests(state),
        Err(_) => unknown(Part::Requests),
    });
    Health {
        schema_version: 1,
        healthy: parts
            .iter()
            .all(|it| matches!(it.condition, Condition::Well | Condition::Note)),
        parts,
        rebuilt: None,
    }
}

/// Reads every act from the ledger again, into a new `state.db` where the old one is gone or cannot be read.
pub fn rebuild(
    ws: &Workspace,
    world: &mut World,
    person: Option<&str>,
) -> Result<Recorded<Health>, Error> {
    ws.may(person, Right::Rebuild)?;
    let (writer, _no_run) = Writer::open_alone(&ws.root, &world.disk)?;
    let anew = desk(&ws.root).is_err();
    let mut aside = None;
    if anew && ws.root.join(STATE).exists() {
        let name = format!("{ASIDE}{}", world.now.0);
        for ending in ["", "-wal", "-shm"] {
            let from = ws.root.join(format!("{STATE}{ending}"));
            if from.exists() {
                world
                    .disk
                    .place(&from, &ws.root.join(format!("{name}{ending}")))?;
            }
        }
        aside = Some(PathBuf::from(name));
    }
    let mut state = ws.state()?;
    state.forget_acts()?;
    acts::catch_up(&mut state, writer.view())?;
    let acts = state.acts(Which::All)?.len() as u64;
    drop(state);
    let mut health = examine(&ws.root);
    health.rebuilt = Some(Rebuilt { acts, anew, aside });
    Ok(Recorded(health))
}

const STATE: &str = "state.db";
/// Before the time at which it was set aside.
const ASIDE: &str = "state.db.broken-";

fn told(error: &dyn std::error::Error) -> Vec<String> {
    let chain = std::iter::successors(Some(error), |error| error.source());
    vec![
        chain
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(": "),
    ]
}

fn outcome(part: Part, trouble: Option<Vec<String>>) -> Line {
    list(part, Condition::Ill, trouble.unwrap_or_default())
}

fn list(part: Part, otherwise: Condition, details: Vec<String>) -> Line {
    let condition = if details.is_empty() {
        Condition::Well
    } else {
        otherwise
    };
    Line {
        part,
        condition,
        details,
    }
}

fn unknown(part: Part) -> Line {
    Line {
        part,
        condition: Condition::Unknown,
        details: Vec::new(),
    }
}

/// The desk, where its file is there and whole; it is not made by looking.
fn desk(root: &Path) -> Result<State, Vec<String>> {
    let path = root.join(STATE);
    if !path.exists() {
        return Err(vec!["state.db is missing".to_owned()]);
    }
    let damage = State::damage(&path).map_err(|error| told(&error))?;
    if !damage.is_empty() {
        return Err(damage);
    }
    State::open(&path).map_err(|error| told(&error))
}

/// Models that would not be scored with, and why.
fn disbelieved(ws: &Workspace, view: &View) -> Vec<String> {
    models::kept(view)
        .into_iter()
        .filter_map(|version| models::load(ws, view, version).err())
        .flat_map(|error| told(&error))
        .collect()
}

/// Documents that entries name and that are gone, or are others than those.
fn unkept(view: &View) -> Vec<String> {
    let named = view.entries().filter_map(|(_, entry)| entry.documents());
    let named: BTreeSet<Digest> = named.collect();
    named
        .iter()
        .filter_map(|digest| view.document(digest).err())
        .flat_map(|error| told(&error))
        .collect()
}

/// Files of keys that others may read.
fn loose(root: &Path) -> Vec<String> {
    let folder = root.join("keys");
    let mut found: Vec<String> = guard(&folder)
        .err()
        .iter()
        .flat_map(|it| told(it))
        .collect();
    let items = fs::read_dir(&folder).into_iter().flatten();
    let mut files: Vec<PathBuf> = items.filter_map(Result::ok).map(|it| it.path()).collect();
    files.sort();
    found.extend(
        files
            .iter()
            .filter_map(|it| guard(it).err())
            .flat_map(|it| told(&it)),
    );
    found
}

fn outputs(state: &State) -> Line {
    let pending = match state.pending() {
        Ok(pending) => pending,
        Err(error) => return outcome(Part::Outputs, Some(told(&error))),
    };
    let places = pending.iter().map(|it| it.target.display().to_string());
    list(Part::Outputs, Condition::Ill, places.collect())
}

fn requests(state: &State) -> Line {
    let waiting = match state.requests() {
        Ok(requests) => requests,
        Err(error) => return outcome(Part::Requests, Some(told(&error))),
    };
    let waiting = waiting
        .iter()
        .filter(|it| it.done.is_none() && it.kind == Kind::Erase.token());
    // References are in words of their own: they are counted here, and listed by `subject list`.
    let count = waiting.count();
    let details = (count > 0).then(|| count.to_string());
    list(
        Part::Requests,
        Condition::Note,
        details.into_iter().collect(),
    )
}

/// What stands in `tmp/`, and desks that were set aside.
fn leftovers(root: &Path) -> Vec<String> {
    let names = |folder: &Path| -> Vec<String> {
        let items = fs::read_dir(folder).into_iter().flatten();
        items
            .filter_map(Result::ok)
            .map(|it| it.file_name().to_string_lossy().into_owned())
            .collect()
    };
    let tmp = names(&root.join("tmp")).into_iter();
    // A folder that stands empty between two commits is none.
    let is_empty =
        |name: &String| fs::read_dir(root.join(name)).is_ok_and(|mut items| items.next().is_none());
    let mut found: Vec<String> = tmp
        .map(|name| format!("tmp/{name}"))
        .filter(|name| !is_empty(name))
        .collect();
    let aside = names(root).into_iter();
    found.extend(aside.filter(|name| name.starts_with(ASIDE)));
    found.sort();
    found
}
