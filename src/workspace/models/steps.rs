//! The steps of a model's life, each an entry that its person signed: approve, reject, activate, go back, retire.
//!
//! Whoever trained a model never approves it, by name and by key; nothing activates itself; and a model is believed
//! only if its folder is what was recorded.

use std::path::PathBuf;

use serde::Serialize;

use super::life::{Life, Stage};
use super::refusal::{Asked, Refusal};
use super::{against, compared_again, life, load, provenance, resolve, sweep};
use crate::digest::Digest;
use crate::lang::Lang;
use crate::ledger::Entry;
use crate::ledger::entry::{Activate, Approve, Report, Retire, Signed};
use crate::ledger::text::{About, Approval, Course, Leaving};
use crate::model::Model;
use crate::model::gates::{Gates, gates};
use crate::name::{Token, tidy};
use crate::policy::Right;
use crate::workspace::error::Error;
use crate::workspace::journal::{Commit, View, Writer};
use crate::workspace::person::Signer;
use crate::workspace::score::may_score;
use crate::workspace::signed::{BLANK, Signers, is_one_key, keep_policy, must_be_signed, sign};
use crate::workspace::{Recorded, Workspace, World, erasure};

/// A step, and who takes it.
#[derive(Clone, Debug)]
pub struct StepRequest {
    /// The model: a version, its first digits, `@candidate`, `@active` or `@latest`.
    pub model: String,
    /// The purpose; may be absent where the policy has one.
    pub purpose: Option<String>,
    /// Who: a person of the policy.
    pub person: String,
    /// The secret half of their key.
    pub key: PathBuf,
}

/// A step that was taken and recorded.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StepDone {
    /// Of this document.
    pub schema_version: u32,
    /// The model.
    pub model: String,
    /// The purpose.
    pub purpose: String,
    /// Where it stands now.
    pub stage: Stage,
    /// The model that it took over from.
    pub replaced: Option<String>,
    /// Who.
    pub by: String,
    /// UTC.
    pub time: String,
    /// The log's entry.
    pub entry: u64,
    /// What every gate said, where the model was approved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gates: Option<Gates>,
}

/// What a step needs before it is decided.
struct Step<'a> {
    ws: &'a Workspace,
    writer: Writer,
    signer: Signer,
    purpose: Token,
}

impl<'a> Step<'a> {
    fn begin(
        ws: &'a Workspace,
        world: &mut World,
        request: &StepRequest,
        right: Right,
    ) -> Result<Self, Error> {
        let purpose = ws.purpose(request.purpose.as_deref())?.id.clone();
        let person = ws.may(Some(&request.person), right)?;
        let signer = Signer::open(ws, &person.id, &request.key)?;
        let writer = erasure::writer(ws, world)?;
        Ok(Self {
            ws,
            writer,
            signer,
            purpose,
        })
    }

    fn view(&self) -> &View {
        self.writer.view()
    }

    fn life(&self) -> Life<'_> {
        life(self.view(), &self.purpose)
    }

    fn model(&self, asked: &str) -> Result<Digest, Error> {
        resolve(self.view(), asked, &self.purpose)
    }

    fn stage(&self, model: Digest) -> Stage {
        self.life().stage(model).unwrap_or(Stage::Candidate)
    }

    fn wrong_stage(&self, model: Digest, asked: Asked) -> Error {
        let stage = self.stage(model);
        Refusal::Stage {
            model: model.short(),
            purpose: self.purpose.clone(),
            stage,
            asked,
        }
        .into()
    }

    /// The place of this person's signature, under the policy that names their key.
    fn unsigned(&self) -> Signed {
        Signed {
            policy: self.ws.policy.digest,
            signature: BLANK,
        }
    }

    /// Signs the entry, records it with what it relies on, and says so.
    fn record(
        &mut self,
        world: &World,
        mut commit: Commit,
        entry: &Entry,
        stage: Stage,
    ) -> Result<Recorded<StepDone>, Error> {
        keep_policy(self.ws, world, self.writer.view(), &mut commit);
        let (model, replaced) = match entry {
            Entry::Activate(it) => (it.model, it.replaces),
            Entry::Approve(it) => (it.model, None),
            Entry::Retire(it) => (it.model, None),
            _ => unreachable!("a step is one of these"),
        };
        commit.entries.push(sign(entry, &self.signer));
        let receipt = self.writer.commit(&commit)?;
        Ok(Recorded(StepDone {
            schema_version: 1,
            model: model.to_string(),
            purpose: self.purpose.to_string(),
            stage,
            replaced: replaced.map(|it| it.to_string()),
            by: self.signer.person.to_string(),
            time: world.now.to_string(),
            entry: receipt.entries.start + commit.entries.len() as u64 - 1,
            gates: None,
        }))
    }
}

/// A second person approves a model; refused where a gate is closed, or where they had a hand in its training.
pub fn approve(
    ws: &Workspace,
    world: &mut World,
    request: &StepRequest,
) -> Result<Recorded<StepDone>, Error> {
    judge(ws, world, request, Approval::Approved)
}

/// A second person rejects a model, or takes an approval back before the model is active.
pub fn reject(
    ws: &Workspace,
    world: &mut World,
    request: &StepRequest,
) -> Result<Recorded<StepDone>, Error> {
    judge(ws, world, request, Approval::Unapproved)
}

fn judge(
    ws: &Workspace,
    world: &mut World,
    request: &StepRequest,
    approval: Approval,
) -> Result<Recorded<StepDone>, Error> {
    let mut step = Step::begin(ws, world, request, Right::Approve)?;
    let model = step.model(&request.model)?;
    let approves = approval == Approval::Approved;
    let open = match step.stage(model) {
        Stage::Candidate => true,
        Stage::Approved => !approves,
        // What was active once is judged anew to come back; to go back to a replaced one needs no judging.
        Stage::Rejected | Stage::RolledBack | Stage::Retired => approves,
        Stage::Active | Stage::Replaced | Stage::Purged => false,
    };
    if !open {
        return Err(step.wrong_stage(model, Asked::Judge));
    }
    let mut commit = Commit::default();
    let mut asked = None;
    if approves {
        let loaded = load(ws, step.view(), model)?;
        second_person(&step, model)?;
        asked = Some(passed(world, &step, &loaded.model, &mut commit)?);
    }
    let (report, gates) = asked.unzip();
    let entry = Entry::Approve(Approve {
        model,
        purpose: step.purpose.clone(),
        time: world.now,
        actor: step.signer.person.clone(),
        approval,
        report,
        signed: Some(step.unsigned()),
    });
    let stage = if approves {
        Stage::Approved
    } else {
        Stage::Rejected
    };
    let done = step.record(world, commit, &entry, stage)?;
    Ok(Recorded(StepDone {
        gates,
        ..StepDone::clone(&done)
    }))
}

/// Refused unless somebody else, with another key, signed the model's training.
fn second_person(step: &Step<'_>, model: Digest) -> Result<(), Error> {
    let life = step.life();
    let mut signers = Signers::of(step.view());
    let person = &step.signer.person;
    let mut signed = 0;
    for (index, it) in life.trainings(model) {
        let own = step.ws.person_by_id(person.as_str())?;
        let plain = |name: &str| tidy(name).to_lowercase();
        let trainer = step.ws.policy.person(it.actor.as_str());
        let is_one = trainer.is_some_and(|it| plain(&it.name) == plain(&own.name));
        if it.actor == *person || is_one {
            return Err(Refusal::OwnModel {
                person: person.clone(),
                model: model.short(),
            }
            .into());
        }
        if it.signature.is_none() {
            continue;
        }
        let entry = Entry::Model(it.clone());
        must_be_signed(&mut signers, index, &entry, model, &it.actor)?;
        let trainer = signers.key(&it.actor, it.policy);
        let own = crate::workspace::person::verifier(own)?;
        if trainer.is_some_and(|trainer| is_one_key(&trainer, &own)) {
            return Err(Refusal::SameKey {
                person: person.clone(),
                trainer: it.actor.clone(),
                model: model.short(),
            }
            .into());
        }
        signed += 1;
    }
    if signed == 0 {
        return Err(Refusal::Unsigned {
            model: model.short(),
        }
        .into());
    }
    Ok(())
}

/// An approved model becomes the one that scores.
pub fn activate(
    ws: &Workspace,
    world: &mut World,
    request: &StepRequest,
) -> Result<Recorded<StepDone>, Error> {
    let mut step = Step::begin(ws, world, request, Right::Activate)?;
    let model = step.model(&request.model)?;
    if step.stage(model) != Stage::Approved {
        return Err(step.wrong_stage(model, Asked::Activate));
    }
    take_over(ws, world, &mut step, model, Course::Publication)
}

/// An earlier model takes over again, as it was approved then.
///
/// Without `to` it is the one before the model that scores.
pub fn rollback(
    ws: &Workspace,
    world: &mut World,
    request: &StepRequest,
    to: Option<&str>,
) -> Result<Recorded<StepDone>, Error> {
    let mut step = Step::begin(ws, world, request, Right::Activate)?;
    let life = step.life();
    let model = match to {
        None => life.earlier().next().ok_or_else(|| Refusal::NoEarlier {
            purpose: step.purpose.clone(),
        })?,
        Some(asked) => step.model(asked)?,
    };
    let was_active = life.earlier().any(|it| it == model);
    match life.stage(model) {
        Some(Stage::Replaced) if was_active => {}
        _ if life.reigns().iter().any(|it| it.model == Some(model)) => {
            return Err(step.wrong_stage(model, Asked::Rollback));
        }
        _ => {
            return Err(Refusal::NeverActive {
                model: model.short(),
                purpose: step.purpose.clone(),
            }
            .into());
        }
    }
    drop(life);
    take_over(ws, world, &mut step, model, Course::Rollback)
}

fn take_over(
    ws: &Workspace,
    world: &World,
    step: &mut Step<'_>,
    model: Digest,
    course: Course,
) -> Result<Recorded<StepDone>, Error> {
    may_score(ws, &load(ws, step.view(), model)?.model)?;
    let life = step.life();
    let approval = life
        .approval(model)
        .filter(|(_, it)| it.approval == Approval::Approved);
    let Some((index, it)) = approval else {
        return Err(step.wrong_stage(model, Asked::Activate));
    };
    if life
        .trainings(model)
        .any(|(_, trained)| trained.actor == it.actor)
    {
        return Err(Refusal::OwnModel {
            person: it.actor.clone(),
            model: model.short(),
        }
        .into());
    }
    let entry = Entry::Approve(it.clone());
    must_be_signed(
        &mut Signers::of(step.view()),
        index,
        &entry,
        model,
        &it.actor,
    )?;
    let entry = Entry::Activate(Activate {
        model,
        purpose: step.purpose.clone(),
        time: world.now,
        actor: step.signer.person.clone(),
        approval: Approval::Approved,
        course: Some(course),
        replaces: life.active(),
        signed: Some(step.unsigned()),
    });
    drop(life);
    step.record(world, Commit::default(), &entry, Stage::Active)
}

/// Takes a model out of use; with `purge`, removes its folder as well, once no record needs it.
pub fn retire(
    ws: &Workspace,
    world: &mut World,
    request: &StepRequest,
    purge: bool,
) -> Result<Recorded<StepDone>, Error> {
    let mut step = Step::begin(ws, world, request, Right::Activate)?;
    let model = step.model(&request.model)?;
    let stage = step.stage(model);
    if purge {
        may_purge(ws, &step, model)?;
    } else if matches!(stage, Stage::Retired | Stage::Purged) {
        return Err(step.wrong_stage(model, Asked::Retire));
    }
    let (leaving, stage) = if purge {
        (Leaving::Purged, Stage::Purged)
    } else {
        (Leaving::Retired, Stage::Retired)
    };
    let entry = Entry::Retire(Retire {
        model,
        purpose: step.purpose.clone(),
        time: world.now,
        actor: step.signer.person.clone(),
        leaving,
        signed: step.unsigned(),
    });
    let done = step.record(world, Commit::default(), &entry, stage)?;
    // What a crash leaves of it here, the next writer sweeps.
    if purge {
        sweep(ws, &world.disk, step.view())?;
    }
    Ok(done)
}

/// Refused while the model scores or may be made to, for any purpose, or explains a record that stands.
fn may_purge(ws: &Workspace, step: &Step<'_>, model: Digest) -> Result<(), Error> {
    let view = step.view();
    for purpose in &ws.policy.purposes {
        let stage = life(view, &purpose.id).stage(model);
        if let Some(stage @ (Stage::Active | Stage::Approved)) = stage {
            return Err(Refusal::Stage {
                model: model.short(),
                purpose: purpose.id.clone(),
                stage,
                asked: Asked::Purge,
            }
            .into());
        }
    }
    if step.stage(model) == Stage::Purged {
        return Err(step.wrong_stage(model, Asked::Purge));
    }
    let purged = view.purged();
    let segments = view.segments().filter(|it| {
        let uses = it.entry.model.is_some_and(|(used, _)| used == model);
        uses && !purged.contains(&it.entry.id)
    });
    match segments.count() {
        0 => Ok(()),
        segments => Err(Refusal::Needed {
            model: model.short(),
            segments,
        }
        .into()),
    }
}

/// The gates, all passed, as a document that joins `commit`; refused where one is not.
fn passed(
    world: &World,
    step: &Step<'_>,
    model: &Model,
    commit: &mut Commit,
) -> Result<(Digest, Gates), Error> {
    let (ws, version) = (step.ws, model.version());
    let mut found = provenance(ws, version).ok_or_else(|| Error::Model {
        version: version.short(),
        file: "provenance.json".to_owned(),
        what: "cannot be read".to_owned(),
    })?;
    if let Some(again) = compared_again(step.view(), version) {
        again.amend(&mut found.findings);
    }
    let asked = gates(model, &found.findings, &ws.policy, against(&step.life()));
    if !asked.passed {
        let lines = asked.failed().map(|gate| {
            let words = |lang| {
                let would = gate.would_pass.as_ref();
                let would = would.map_or_else(String::new, |it| format!(" {}", it.words(lang)));
                format!("{}{would}", gate.meaning.words(lang))
            };
            (words(Lang::En), words(Lang::Fr))
        });
        return Err(Refusal::Gates {
            model: version.short(),
            failed: lines.collect(),
        }
        .into());
    }
    let mut text = serde_json::to_string_pretty(&asked).expect("words and numbers serialise");
    text.push('\n');
    let document = Digest::of(text.as_bytes());
    commit.documents.push(text.into_bytes());
    commit.entries.push(Entry::Report(Report {
        document,
        about: About::Gates,
        model: Some(version),
        purpose: step.purpose.clone(),
        time: world.now,
        actor: step.signer.person.clone(),
    }));
    Ok((document, asked))
}
