//! A training: from labelled exports to a candidate model with its papers, recorded, never active by itself.

use std::fs;
use std::path::PathBuf;

use chrono::{Days, NaiveDate};
use serde::Serialize;

use super::erasure;
use super::error::Error;
use super::files;
use super::gather::{Gathered, gather};
use super::journal::{Commit, View, Writer};
use super::models::{self, Life, Stage, folder, life, signed_text};
use super::person::Signer;
use super::signed::{BLANK, sign};
use super::{Progress, Recorded, Watch, Workspace, World, binary};
use crate::digest::Digest;
use crate::ledger::Entry;
use crate::ledger::entry::{Document, ModelEntry, Report, input_commitment};
use crate::ledger::text::About;
use crate::model::compared::ComparedAgain;
use crate::model::findings::{CrossValidation, Findings};
use crate::model::fingerprint::fingerprint;
use crate::model::gates::{Against, gates};
use crate::model::rivals::Active;
use crate::model::{self, Model};
use crate::name::Token;
use crate::policy::{Purpose, Right};
use crate::report::{CardInput, Known, Provenance, card, card_json};

/// What to train on.
#[derive(Clone, Debug, Default)]
pub struct TrainRequest {
    /// The exports.
    pub data: Vec<PathBuf>,
    /// Who trains.
    pub person: Option<String>,
    /// The secret half of their key; without it the training is not signed, and nobody can approve its model.
    pub key: Option<PathBuf>,
    /// For which purpose; may be absent where the policy has one.
    pub purpose: Option<String>,
    /// The folds of a cross-validation, one number a line.
    pub folds: Option<PathBuf>,
    /// Undeclared columns are an error.
    pub strict: bool,
}

/// A trained candidate.
#[derive(Clone, Debug, Serialize)]
pub struct Trained {
    /// Of this document.
    pub schema_version: u32,
    /// The model's version.
    pub model: String,
    /// Whether the same model, byte for byte, was there already; then nothing was recorded.
    pub same_as_before: bool,
    /// Who trained it.
    pub by: String,
    /// Whether somebody signed its training.
    pub signed: bool,
    /// Whether a model that was there already was compared with the one that is active by now.
    pub compared_again: bool,
    /// Its folder.
    pub folder: String,
    /// The model itself.
    #[serde(skip)]
    pub document: Model,
    /// Its papers.
    pub provenance: Provenance,
}

/// What a cross-validation found; nothing is recorded.
#[derive(Clone, Debug, Serialize)]
pub struct CvReport {
    /// Of this document.
    pub schema_version: u32,
    /// Labelled rows.
    pub rows: u64,
    /// The figures.
    pub cv: CrossValidation,
}

/// Fits a candidate and records it.
pub fn train(
    ws: &Workspace,
    world: &mut World,
    request: &TrainRequest,
    watch: Watch<'_>,
) -> Result<Recorded<Trained>, Error> {
    let person = ws.may(request.person.as_deref(), Right::Train)?.clone();
    let purpose = ws.purpose(request.purpose.as_deref())?;
    let signer = match &request.key {
        Some(key) => Some(Signer::open(ws, &person.id, key)?),
        None => None,
    };
    let view = View::open(&ws.root)?; // a workspace whose log does not open is not one to train in
    let against = models::against(&life(&view, &purpose.id));
    let active = Beside::new(ws, &view, against)?;
    let named = files::expand(&request.data)?;
    let prints = named
        .iter()
        .map(|path| files::fingerprint(path))
        .collect::<Result<Vec<_>, _>>()?;
    let gathered = gather(ws, &named, request.strict, watch)?;
    prints.iter().try_for_each(files::Fingerprint::unchanged)?;
    let step = |progress| watch(Progress::Training(progress));
    let (model, findings) = model::train::train_beside(
        &gathered.examples,
        &ws.policy.training,
        &ws.policy.profiling,
        active.as_ref().map(Beside::active).as_ref(),
        &step,
    )?;
    let version = model.version();
    let trained = |provenance: Provenance, same_as_before, signed| Trained {
        schema_version: 1,
        model: version.to_string(),
        same_as_before,
        by: person.id.to_string(),
        signed,
        compared_again: false,
        folder: folder(ws, version).display().to_string(),
        document: model.clone(),
        provenance,
    };
    let mut writer = erasure::writer(ws, world)?;
    let known = standing(&life(writer.view(), &purpose.id), version).cloned();
    let salts: Vec<[u8; 16]> = prints.iter().map(|_| world.entropy.bytes()).collect();
    let data = prints
        .iter()
        .zip(&salts)
        .map(|(print, salt)| Digest(input_commitment(salt, &print.digest)))
        .collect();
    let key: [u8; 32] = world.entropy.bytes();
    let provenance = papers(
        ws,
        world,
        &model,
        gathered,
        findings,
        (data, &key),
        (&purpose.id, &person.id),
    );
    if let Some(known) = known {
        let before = fs::read_to_string(folder(ws, version).join("provenance.json")).ok();
        let before = before.and_then(|text| Provenance::parse(&text).ok());
        let again = Again {
            known,
            before: before.as_ref(),
            model: &model,
            found: &provenance,
            purpose: &purpose.id,
            person: &person.id,
        };
        let (signed, compared_again) = again.record(ws, world, &mut writer, signer.as_ref())?;
        return Ok(Recorded(Trained {
            compared_again,
            ..trained(before.unwrap_or(provenance), true, signed)
        }));
    }
    remember(ws, world, &version.to_string(), (&salts, &key), purpose)?;
    let (card, twin) = cards(ws, &model, &provenance, against);
    let signature = writer.sign(&signed_text(&version));
    let entry = keep(
        ws,
        world,
        &model,
        &[
            ("card.html", card.into_bytes()),
            ("card.json", twin.into_bytes()),
            ("model.json", model.to_json().into_bytes()),
            ("model.sig", signature.into_bytes()),
            ("provenance.json", provenance.to_json().into_bytes()),
        ],
        &person.id,
    )?;
    let commit = commit(ws, &writer, &model, entry, world, signer.as_ref());
    writer.commit(&commit)?;
    Ok(Recorded(trained(provenance, false, signer.is_some())))
}

/// A training that found a model which is there already: its folder stays as it is.
struct Again<'a> {
    known: ModelEntry,
    before: Option<&'a Provenance>,
    model: &'a Model,
    found: &'a Provenance,
    purpose: &'a Token,
    person: &'a Token,
}

impl Again<'_> {
    /// Whoever trained it signs now what they did not sign then, and a model that became active since is compared:
    /// whether its training is signed, and whether there was a comparison to record.
    fn record(
        self,
        ws: &Workspace,
        world: &World,
        writer: &mut Writer,
        signer: Option<&Signer>,
    ) -> Result<(bool, bool), Error> {
        let mut news = Commit::default();
        let comparison = self.comparison(writer.view());
        let signed = self.known.signature.is_some();
        let signs = signer.filter(|it| !signed && it.person == self.known.actor);
        if let Some(signer) = signs {
            let entry = ModelEntry {
                policy: ws.policy.digest,
                time: world.now,
                ..self.known
            };
            news = commit(ws, writer, self.model, entry, world, Some(signer));
        }
        let compares = comparison.is_some();
        if let Some(text) = comparison {
            news.entries.push(Entry::Report(Report {
                document: Digest::of(text.as_bytes()),
                about: About::Comparison,
                model: Some(self.found.model),
                purpose: self.purpose.clone(),
                time: world.now,
                actor: self.person.clone(),
            }));
            news.documents.push(text.into_bytes());
        }
        if !news.entries.is_empty() {
            writer.commit(&news)?;
        }
        Ok((signed || signs.is_some(), compares))
    }

    /// What this training says of the model that is active, unless that is known.
    fn comparison(&self, view: &View) -> Option<String> {
        let version = self.found.model;
        let again = ComparedAgain::of(version, &self.found.findings)?;
        let first = || ComparedAgain::of(version, &self.before?.findings);
        let known = models::compared_again(view, version).or_else(first);
        let mut text = serde_json::to_string_pretty(&again).expect("words and numbers serialise");
        text.push('\n');
        (known.as_ref() != Some(&again)).then_some(text)
    }
}

/// The last training of a model whose folder was not removed since.
fn standing<'a>(life: &Life<'a>, version: Digest) -> Option<&'a ModelEntry> {
    let purged = life.stage(version) == Some(Stage::Purged);
    let last = life.trainings(version).last();
    last.filter(|_| !purged).map(|(_, it)| it)
}

/// The model that a new one is compared with while it is trained, read and believed.
struct Beside {
    version: Digest,
    model: Model,
    last: Option<String>,
}

impl Beside {
    fn new(ws: &Workspace, view: &View, against: Option<Against>) -> Result<Option<Self>, Error> {
        let version = match against {
            Some(Against::Active(version) | Against::Last(version)) => version,
            Some(Against::Purged(_)) | None => return Ok(None),
        };
        let model = models::load(ws, view, version)?.model;
        let provenance = models::provenance(ws, version);
        Ok(Some(Self {
            version,
            model,
            last: provenance.and_then(|it| Some(it.period?.last)),
        }))
    }

    fn active(&self) -> Active<'_> {
        Active {
            version: self.version,
            model: &self.model,
            last: self.last.as_deref(),
        }
    }
}

/// Judges the whole procedure on folds; writes and records nothing.
pub fn cross_validate(
    ws: &Workspace,
    request: &TrainRequest,
    watch: Watch<'_>,
) -> Result<CvReport, Error> {
    ws.may(request.person.as_deref(), Right::Train)?;
    let named = files::expand(&request.data)?;
    let gathered = gather(ws, &named, request.strict, watch)?;
    let folds = request
        .folds
        .as_ref()
        .map(|path| read_folds(path, &gathered))
        .transpose()?;
    let step = |progress| watch(Progress::Training(progress));
    let cv = model::train::cross_validate(
        &gathered.examples,
        &ws.policy.training,
        folds.as_deref(),
        &step,
    )?;
    Ok(CvReport {
        schema_version: 1,
        rows: gathered.rows.used,
        cv,
    })
}

/// The fold of each labelled row: the file has one number a line for each record of the export.
fn read_folds(path: &PathBuf, gathered: &Gathered) -> Result<Vec<u32>, Error> {
    let text = fs::read_to_string(path).map_err(|source| Error::Read {
        path: path.clone(),
        source,
    })?;
    let mut folds = Vec::new();
    for (at, line) in text.lines().enumerate() {
        folds.push(line.trim().parse::<u32>().map_err(|_| Error::Data {
            what: format!(
                "`{}` line {}: not the number of a fold",
                path.display(),
                at + 1
            ),
            hint: "write one whole number a line, one line for each record of the export",
        })?);
    }
    if folds.len() as u64 != gathered.rows.read {
        return Err(Error::Data {
            what: format!(
                "`{}` has {} lines, but the export has {} records",
                path.display(),
                folds.len(),
                gathered.rows.read
            ),
            hint: "write one fold number a line, one line for each record of the export",
        });
    }
    Ok(gathered
        .records
        .iter()
        .map(|record| folds[*record as usize - 1])
        .collect())
}

/// Keeps what opens a training's commitments and its fingerprint, as long from its day as a prediction of its purpose.
fn remember(
    ws: &Workspace,
    world: &World,
    model: &str,
    (salts, key): (&[[u8; 16]], &[u8; 32]),
    purpose: &Purpose,
) -> Result<(), Error> {
    let days = Days::new(u64::from(purpose.retention_days));
    let until = ws.civil_date(world.now).checked_add_days(days);
    let mut state = ws.state()?;
    state.remember_training(model, salts)?;
    Ok(state.remember_training_key(model, key, until.unwrap_or(NaiveDate::MAX))?)
}

/// The card of a candidate, as a page and as data.
fn cards(
    ws: &Workspace,
    model: &Model,
    provenance: &Provenance,
    against: Option<Against>,
) -> (String, String) {
    let input = CardInput {
        model,
        provenance,
        policy: &ws.policy,
    };
    let gates = gates(model, &provenance.findings, &ws.policy, against);
    let known = Known {
        gates: Some(&gates),
        ..Known::default()
    };
    (
        card(&input, &known, ws.policy.controller.language),
        format!("{:#}\n", card_json(&input, &known)),
    )
}

fn papers(
    ws: &Workspace,
    world: &World,
    model: &Model,
    gathered: Gathered,
    findings: Findings,
    (data, key): (Vec<Digest>, &[u8; 32]),
    (purpose, by): (&Token, &Token),
) -> Provenance {
    Provenance {
        format: Provenance::FORMAT,
        model: model.version(),
        schema: model.schema().digest(),
        policy: ws.policy.digest,
        data,
        fingerprint: Some(fingerprint(&gathered.examples, key)),
        trained_at: world.now.to_string(),
        trained_by: by.clone(),
        binary: binary().to_string(),
        purpose: purpose.clone(),
        rows: gathered.rows,
        undeclared: gathered.undeclared,
        not_identity: gathered.not_identity,
        period: gathered.period,
        findings,
    }
}

/// Writes the model's folder under another name, then moves it to its own: it is there whole or not at all.
fn keep(
    ws: &Workspace,
    world: &World,
    model: &Model,
    papers: &[(&str, Vec<u8>)],
    by: &Token,
) -> Result<ModelEntry, Error> {
    let home = folder(ws, model.version());
    let draft = ws
        .models()
        .join(format!(".{}.part", model.version().short()));
    if !ws.models().is_dir() {
        world.disk.create_directory(&ws.models())?;
    }
    for stale in [&draft, &home] {
        // Left by a crash before the log knew the model.
        if stale.exists() {
            world.disk.remove_tree(stale)?;
        }
    }
    world.disk.create_directory(&draft)?;
    for (name, bytes) in papers {
        world.disk.create(&draft.join(name), bytes)?;
    }
    world.disk.place(&draft, &home)?;
    Ok(ModelEntry {
        model: model.version(),
        schema: model.schema().digest(),
        policy: ws.policy.digest,
        time: world.now,
        binary: binary(),
        actor: by.clone(),
        files: papers
            .iter()
            .map(|(name, bytes)| {
                (
                    name.parse()
                        .expect("the names of a model's papers are tokens"),
                    Digest::of(bytes),
                )
            })
            .collect(),
        signature: None,
    })
}

/// The model's entry, and the documents that it names and the log does not hold yet.
fn commit(
    ws: &Workspace,
    writer: &Writer,
    model: &Model,
    mut entry: ModelEntry,
    world: &World,
    signer: Option<&Signer>,
) -> Commit {
    let mut commit = Commit::default();
    let schema = model.schema();
    let time = world.now;
    let holds = |digest: Digest| {
        writer.view().entries().any(|(_, entry)| matches!(entry, Entry::Schema(it) | Entry::Policy(it) if it.document == digest))
    };
    if !holds(schema.digest()) {
        commit.documents.push(schema.to_json().into_bytes());
        commit.entries.push(Entry::Schema(Document {
            document: schema.digest(),
            time,
        }));
    }
    if !holds(ws.policy.digest) {
        commit.documents.push(ws.policy_text.as_bytes().to_vec());
        commit.entries.push(Entry::Policy(Document {
            document: ws.policy.digest,
            time,
        }));
    }
    commit.documents.push(model.to_json().into_bytes());
    entry.signature = signer.map(|_| BLANK);
    let entry = Entry::Model(entry);
    commit
        .entries
        .push(signer.map_or_else(|| entry.clone(), |signer| sign(&entry, signer)));
    commit
}
