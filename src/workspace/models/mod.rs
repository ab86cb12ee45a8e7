//! The models of a workspace: kept, believed only when digest and signature agree, active by a recorded act.
//!
//! | file | noun |
//! | --- | --- |
//! | `life` | candidate, approved, active, retired: what the log says |
//! | `steps` | approve, reject, activate, go back, retire: each signed by its person |
//! | `card` | the card written anew, with what is known today |
//! | `refusal` | why a step is refused, and what would be accepted |

mod card;
mod life;
mod refusal;
mod steps;

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use chrono::NaiveDate;
use serde::Serialize;

use super::Workspace;
use super::disk::Disk;
use super::error::Error;
use super::journal::View;
use super::replay::Replayer;
use crate::digest::Digest;
use crate::ledger::entry::ModelEntry;
use crate::ledger::text::{About, Approval, Leaving};
use crate::ledger::{Entry, Time, note};
use crate::model::Model;
use crate::model::compared::ComparedAgain;
use crate::model::gates::Against;
use crate::name::Token;
use crate::report::Provenance;

pub use card::{CardRequest, CardWritten, card_today};
pub use life::{Life, Stage};
pub use refusal::{Asked, Refusal};
pub use steps::{StepDone, StepRequest, activate, approve, reject, retire, rollback};

/// A model that was read, parsed and believed.
pub struct Loaded {
    /// The model.
    pub model: Model,
    /// The same as the ledger sees it.
    pub replay: Replayer,
}

/// One line of `probant models list`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Listed {
    /// Its version.
    pub version: String,
    /// UTC.
    pub trained: String,
    /// Who trained it.
    pub by: String,
    /// Area under the ROC curve on the holdout.
    pub roc_auc: Option<f64>,
    /// Its 95 % interval.
    pub interval: Option<(f64, f64)>,
    /// Whether nothing the training found forbids promotion.
    pub promotable: Option<bool>,
    /// Whether its files are gone or others than those that were recorded, though it was not purged: then no figure is told.
    pub altered: bool,
    /// The purposes that it is active for.
    pub active_for: Vec<String>,
    /// How far it has come, purpose by purpose.
    pub stands: Vec<StandsFor>,
}

/// Where a model stands for one purpose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StandsFor {
    /// The purpose.
    pub purpose: String,
    /// How far it has come.
    pub stage: Stage,
    /// Since when, UTC.
    pub since: String,
    /// By whose act.
    pub by: String,
    /// The log's entry.
    pub entry: u64,
}

/// Which model scored on a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ScoredThen {
    /// The purpose.
    pub purpose: String,
    /// Its version; none where no model was active.
    pub model: Option<String>,
    /// From when, UTC.
    pub since: String,
    /// Until when, UTC; none where it still is.
    pub until: Option<String>,
    /// Who activated it, or took the last one out of use.
    pub by: String,
    /// Whether it was published, or taken back.
    pub course: Option<String>,
    /// Who had approved it, as the log knew it when it became active.
    pub approved_by: Option<String>,
}

/// What signs a model, as a note's text.
pub fn signed_text(version: &Digest) -> String {
    format!("probant/model-signature/v1\nmodel {version}\n")
}

/// What the log says of the models of a purpose.
pub fn life<'a>(view: &'a View, purpose: &Token) -> Life<'a> {
    Life::of(view.entries(), purpose)
}

/// The model that scores for a purpose, by the log's last word on it.
pub fn active(view: &View, purpose: &Token) -> Option<Digest> {
    life(view, purpose).active()
}

/// The model that a new one has to be no worse than: the active one, or the last that was; none where none ever was.
pub fn against(life: &Life<'_>) -> Option<Against> {
    let model = life.last_active()?;
    Some(match life.stage(model) {
        Some(Stage::Purged) => Against::Purged(model),
        _ if life.active() == Some(model) => Against::Active(model),
        _ => Against::Last(model),
    })
}

/// The models of the log, oldest first; of one that was trained again, the latest entry.
fn recorded(view: &View) -> impl Iterator<Item = &ModelEntry> {
    let mut last: Vec<&ModelEntry> = Vec::new();
    for (_, entry) in view.entries() {
        if let Entry::Model(it) = entry {
            last.retain(|other| other.model != it.model);
            last.push(it);
        }
    }
    last.into_iter()
}

/// The version that `asked` stands for: `@active`, `@candidate`, `@latest`, or its first digits.
pub fn resolve(view: &View, asked: &str, purpose: &Token) -> Result<Digest, Error> {
    let unknown = || Error::Unknown {
        what: "model",
        name: asked.to_owned(),
        near: None,
    };
    match asked {
        "@active" => active(view, purpose).ok_or_else(unknown),
        "@candidate" => life(view, purpose).candidate().ok_or_else(unknown),
        "@latest" => recorded(view).last().map(|it| it.model).ok_or_else(unknown),
        _ => {
            let mut found: Vec<Digest> = recorded(view)
                .map(|it| it.model)
                .filter(|it| it.to_string().starts_with(asked))
                .collect();
            found.sort_unstable();
            found.dedup();
            match found[..] {
                [only] if asked.len() >= 4 => Ok(only),
                [] | [_] => Err(unknown()),
                _ => Err(Error::Which {
                    what: "model",
                    option: "more digits",
                    known: found.iter().map(ToString::to_string).collect(),
                }),
            }
        }
    }
}

/// Reads a model and believes it only if its bytes are the ones recorded and signed.
pub fn load(ws: &Workspace, view: &View, version: Digest) -> Result<Loaded, Error> {
    let wrong = |file: &str, what: &str| Error::Model {
        version: version.short(),
        file: file.to_owned(),
        what: what.to_owned(),
    };
    let read = |file: &str| -> Result<Vec<u8>, Error> {
        fs::read(folder(ws, version).join(file))
            .map_err(|_| wrong(file, "is missing or cannot be read"))
    };
    let entry = recorded(view)
        .find(|it| it.model == version)
        .ok_or_else(|| wrong("model.json", "is not in the ledger"))?;
    if let Some(purpose) = purged_for(view, version) {
        return Err(Refusal::Stage {
            model: version.short(),
            purpose,
            stage: Stage::Purged,
            asked: Asked::Purge,
        }
        .into());
    }
    for (name, digest) in &entry.files {
        if Digest::of(&read(name.as_str())?) != *digest {
            return Err(wrong(name.as_str(), "is not the file that was recorded"));
        }
    }
    let signature = String::from_utf8(read("model.sig")?)
        .map_err(|_| wrong("model.sig", "is not a signed note"))?;
    let text = note::open(&signature, view.signer())
        .map_err(|_| wrong("model.sig", "is not signed by this ledger's key"))?;
    if text != signed_text(&version) {
        return Err(wrong("model.sig", "signs another model"));
    }
    let document =
        String::from_utf8(read("model.json")?).map_err(|_| wrong("model.json", "is not UTF-8"))?;
    if Digest::of(document.as_bytes()) != version {
        return Err(wrong("model.json", "is not the model of this version"));
    }
    let model = Model::parse(&document).map_err(|error| wrong("model.json", &error.to_string()))?;
    Ok(Loaded {
        replay: Replayer::new(model.clone()),
        model,
    })
}

/// The purpose for which a model's folder was removed, where it was and the model was not trained again.
fn purged_for(view: &View, version: Digest) -> Option<Token> {
    let last = view.entries().rev().find_map(|(_, entry)| match entry {
        Entry::Model(it) if it.model == version => Some(None),
        Entry::Retire(it) if it.model == version && it.leaving == Leaving::Purged => {
            Some(Some(it.purpose.clone()))
        }
        _ => None,
    });
    last.flatten()
}

/// The folder of a model.
pub fn folder(ws: &Workspace, version: Digest) -> PathBuf {
    ws.models().join(version.to_string())
}

/// What the last training says that found a model again and compared it with the active one.
pub fn compared_again(view: &View, model: Digest) -> Option<ComparedAgain> {
    let reports = view.entries().rev().filter_map(|(_, entry)| match entry {
        Entry::Report(it) if it.about == About::Comparison && it.model == Some(model) => Some(it),
        _ => None,
    });
    let mut reports = reports.filter_map(|it| view.document(&it.document).ok());
    reports.find_map(|bytes| serde_json::from_slice(&bytes).ok())
}

/// Removes the folders of models that the log says are gone: what a crash left of a purge.
pub fn sweep(ws: &Workspace, disk: &Disk, view: &View) -> Result<(), Error> {
    for version in gone(view) {
        let home = folder(ws, version);
        if home.exists() {
            disk.remove_tree(&home)?;
        }
    }
    Ok(())
}

/// Models whose folder was removed, by the log's last word.
fn gone(view: &View) -> BTreeSet<Digest> {
    let mut gone = BTreeSet::new();
    for (_, entry) in view.entries() {
        match entry {
            Entry::Model(it) => {
                gone.remove(&it.model);
            }
            Entry::Retire(it) if it.leaving == Leaving::Purged => {
                gone.insert(it.model);
            }
            _ => {}
        }
    }
    gone
}

/// Models whose folder must stand, oldest first.
pub fn kept(view: &View) -> Vec<Digest> {
    let gone = gone(view);
    let models = recorded(view).map(|it| it.model);
    models.filter(|it| !gone.contains(it)).collect()
}

/// Whether a model's files are those that were recorded.
fn is_whole(ws: &Workspace, entry: &ModelEntry) -> bool {
    let home = folder(ws, entry.model);
    entry.files.iter().all(|(name, digest)| {
        fs::read(home.join(name.as_str())).is_ok_and(|bytes| Digest::of(&bytes) == *digest)
    })
}

/// Every model of the log, oldest first.
pub fn list(ws: &Workspace) -> Result<Vec<Listed>, Error> {
    let view = View::open(&ws.root)?;
    let purposes = ws.policy.purposes.iter();
    let lives: Vec<(&Token, Life<'_>)> = purposes.map(|it| (&it.id, life(&view, &it.id))).collect();
    let gone = gone(&view);
    Ok(recorded(&view)
        .map(|entry| {
            let is_whole = is_whole(ws, entry);
            let provenance = provenance(ws, entry.model).filter(|_| is_whole);
            let auc = provenance.as_ref().map(|it| it.findings.metrics.roc_auc);
            Listed {
                version: entry.model.to_string(),
                trained: entry.time.to_string(),
                by: entry.actor.to_string(),
                roc_auc: auc.map(|auc| auc.value),
                interval: auc.map(|auc| (auc.low, auc.high)),
                promotable: provenance.map(|it| it.findings.promotable),
                altered: !is_whole && !gone.contains(&entry.model),
                active_for: lives
                    .iter()
                    .filter(|(_, life)| life.active() == Some(entry.model))
                    .map(|(purpose, _)| purpose.to_string())
                    .collect(),
                stands: lives
                    .iter()
                    .filter_map(|(purpose, life)| Some((purpose, life.last(entry.model)?)))
                    .map(|(purpose, last)| StandsFor {
                        purpose: purpose.to_string(),
                        stage: last.stage,
                        since: last.time.to_string(),
                        by: last.by.to_string(),
                        entry: last.entry,
                    })
                    .collect(),
            }
        })
        .collect())
}

/// A model's provenance, if its file can be read.
pub fn provenance(ws: &Workspace, version: Digest) -> Option<Provenance> {
    let text = fs::read_to_string(folder(ws, version).join("provenance.json")).ok()?;
    Provenance::parse(&text).ok()
}

/// One model's provenance, after its files were believed.
pub fn show(
    ws: &Workspace,
    asked: &str,
    purpose: Option<&str>,
) -> Result<(Listed, Model, Provenance, PathBuf), Error> {
    let view = View::open(&ws.root)?;
    let purpose = &ws.purpose(purpose)?.id;
    let version = resolve(&view, asked, purpose)?;
    let model = load(ws, &view, version)?.model;
    let line = list(ws)?
        .into_iter()
        .find(|it| it.version == version.to_string());
    let unread = || Error::Model {
        version: version.short(),
        file: "provenance.json".to_owned(),
        what: "cannot be read".to_owned(),
    };
    Ok((
        line.ok_or_else(unread)?,
        model,
        provenance(ws, version).ok_or_else(unread)?,
        folder(ws, version).join("card.html"),
    ))
}

/// Which model scored on a civil date, purpose by purpose: each that did at any time of that day.
pub fn at(ws: &Workspace, now: Time, date: NaiveDate) -> Result<Vec<ScoredThen>, Error> {
    let view = View::open(&ws.root)?;
    let begins = view.entries().find_map(|(_, entry)| entry.time());
    if begins.is_some_and(|begins| ws.civil_date(begins) > date) {
        return Err(Refusal::BeforeTheLog.into());
    }
    if date > ws.civil_date(now) {
        return Err(Error::Usage {
            what: format!("nobody knows yet which model will score on {date}"),
            hint: "ask about a day that has come",
        });
    }
    let mut found = Vec::new();
    for purpose in &ws.policy.purposes {
        let life = life(&view, &purpose.id);
        let reigns = life.reigns();
        for (at, reign) in reigns.iter().enumerate() {
            let until = reigns.get(at + 1).map(|next| next.since);
            let then = ws.civil_date(reign.since) <= date
                && until.is_none_or(|until| ws.civil_date(until) >= date);
            if then {
                found.push(ScoredThen {
                    purpose: purpose.id.to_string(),
                    model: reign.model.map(|it| it.to_string()),
                    since: reign.since.to_string(),
                    until: until.map(|it| it.to_string()),
                    by: reign.by.to_string(),
                    course: reign.course.map(|it| it.to_string()),
                    approved_by: reign
                        .model
                        .and_then(|model| approver(&view, &purpose.id, model, reign.entry)),
                });
            }
        }
    }
    Ok(found)
}

/// Who had approved a model before an entry.
fn approver(view: &View, purpose: &Token, model: Digest, before: u64) -> Option<String> {
    let then = Life::of(view.entries().take_while(|(at, _)| *at < before), purpose);
    let (_, it) = then.approval(model)?;
    let approved = it.approval == Approval::Approved;
    approved.then(|| it.actor.to_string())
}
