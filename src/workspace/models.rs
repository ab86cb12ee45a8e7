//! The models of a workspace: kept, believed only when digest and signature agree, active by a recorded act.

use std::fs;
use std::path::PathBuf;

use serde::Serialize;

use super::erasure;
use super::error::Error;
use super::journal::{Commit, View};
use super::replay::Replayer;
use super::{Recorded, Workspace, World};
use crate::digest::Digest;
use crate::ledger::entry::{Activate, ModelEntry};
use crate::ledger::text::Approval;
use crate::ledger::{Entry, note};
use crate::model::Model;
use crate::name::Token;
use crate::report::Provenance;

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
    /// The purposes that it is active for.
    pub active_for: Vec<String>,
}

/// What activating a model did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Activated {
    /// Of this document.
    pub schema_version: u32,
    /// The model.
    pub model: String,
    /// The purpose.
    pub purpose: String,
    /// Who.
    pub by: String,
    /// Whether a second person had approved it; `unapproved` until approval exists.
    pub approval: String,
    /// The log's entry.
    pub entry: u64,
}

/// What signs a model, as a note's text.
pub fn signed_text(version: &Digest) -> String {
    format!("probant/model-signature/v1\nmodel {version}\n")
}

/// The model that scores for a purpose, by the log's last word on it.
pub fn active(view: &View, purpose: &Token) -> Option<Digest> {
    view.entries()
        .filter_map(|(_, entry)| match entry {
            Entry::Activate(it) if it.purpose == *purpose => Some(it.model),
            _ => None,
        })
        .next_back()
}

/// The models of the log, oldest first.
fn recorded(view: &View) -> impl Iterator<Item = &ModelEntry> {
    view.entries().filter_map(|(_, entry)| match entry {
        Entry::Model(it) => Some(it),
        _ => None,
    })
}

/// The version that `asked` stands for: `@active`, `@latest`, or its first digits.
pub fn resolve(ws: &Workspace, view: &View, asked: &str, purpose: &Token) -> Result<Digest, Error> {
    let unknown = || Error::Unknown {
        what: "model",
        name: asked.to_owned(),
        near: None,
    };
    match asked {
        "@active" => active(view, purpose).ok_or_else(unknown),
        "@latest" | "@candidate" => recorded(view).last().map(|it| it.model).ok_or_else(unknown),
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
    .and_then(|version| {
        if ws.models().join(version.to_string()).is_dir() {
            Ok(version)
        } else {
            Err(unknown())
        }
    })
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

/// The folder of a model.
pub fn folder(ws: &Workspace, version: Digest) -> PathBuf {
    ws.models().join(version.to_string())
}

/// Every model of the log, oldest first.
pub fn list(ws: &Workspace) -> Result<Vec<Listed>, Error> {
    let view = View::open(&ws.root)?;
    Ok(recorded(&view)
        .map(|entry| {
            let provenance = provenance(ws, entry.model);
            let auc = provenance.as_ref().map(|it| it.findings.metrics.roc_auc);
            Listed {
                version: entry.model.to_string(),
                trained: entry.time.to_string(),
                by: entry.actor.to_string(),
                roc_auc: auc.map(|auc| auc.value),
                interval: auc.map(|auc| (auc.low, auc.high)),
                promotable: provenance.map(|it| it.findings.promotable),
                active_for: ws
                    .policy
                    .purposes
                    .iter()
                    .filter(|purpose| active(&view, &purpose.id) == Some(entry.model))
                    .map(|purpose| purpose.id.to_string())
                    .collect(),
            }
        })
        .collect())
}

fn provenance(ws: &Workspace, version: Digest) -> Option<Provenance> {
    let text = fs::read_to_string(folder(ws, version).join("provenance.json")).ok()?;
    Provenance::parse(&text).ok()
}

/// One model's provenance, after its files were believed.
pub fn show(ws: &Workspace, asked: &str) -> Result<(Listed, Model, Provenance, PathBuf), Error> {
    let view = View::open(&ws.root)?;
    let purpose = &ws.policy.purposes[0].id; // `@active` of the first purpose, where there are several
    let version = resolve(ws, &view, asked, purpose)?;
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

/// Makes a model the one that scores for a purpose, and records who did.
pub fn activate(
    ws: &Workspace,
    world: &mut World,
    asked: &str,
    person: &str,
    purpose: Option<&str>,
) -> Result<Recorded<Activated>, Error> {
    let purpose = ws.purpose(purpose)?.id.clone();
    let person = ws
        .may(Some(person), crate::policy::Right::Activate)?
        .id
        .clone();
    let mut writer = erasure::writer(ws, world)?;
    let version = resolve(ws, writer.view(), asked, &purpose)?;
    load(ws, writer.view(), version)?;
    let found = provenance(ws, version);
    if !found.as_ref().is_some_and(|it| it.findings.promotable) {
        return Err(Error::Refused {
            what: format!("model {} may not be promoted", version.short()),
            hint: "its card says why: `probant models show VERSION`",
        });
    }
    let entry = Entry::Activate(Activate {
        model: version,
        purpose: purpose.clone(),
        time: world.now,
        actor: person.clone(),
        approval: Approval::Unapproved,
        course: None,
        replaces: None,
        signed: None,
    });
    let receipt = writer.commit(&Commit {
        documents: Vec::new(),
        entries: vec![entry],
    })?;
    Ok(Recorded(Activated {
        schema_version: 1,
        model: version.to_string(),
        purpose: purpose.to_string(),
        by: person.to_string(),
        approval: "unapproved".to_owned(),
        entry: receipt.entries.start,
    }))
}
