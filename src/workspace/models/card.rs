//! A model's card written anew, with its life as the log tells it today and its gates as the policy asks them today.
//!
//! The card in the model's folder is what was true on the day of the training, and stays as it was recorded.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{against, compared_again, life, load, provenance, resolve};
use crate::digest::Digest;
use crate::fairness::Fairness;
use crate::lang::Lang;
use crate::ledger::text::{About, Approval, Course, Leaving};
use crate::ledger::{Entry, Time};
use crate::model::gates::gates;
use crate::monitor::Monitored;
use crate::name::Token;
use crate::report::{CardInput, Happened, Known, Laid, Step, card, card_json};
use crate::workspace::anchor::{deliver, deliverable};
use crate::workspace::error::Error;
use crate::workspace::journal::View;
use crate::workspace::{Workspace, World, place};

/// Which card, and where to.
#[derive(Clone, Debug, Default)]
pub struct CardRequest {
    /// `@active`, `@candidate`, `@latest`, or a version's first digits.
    pub model: String,
    /// The purpose, where the policy has several.
    pub purpose: Option<String>,
    /// A file; the card is returned where there is none.
    pub out: Option<PathBuf>,
    /// Its JSON twin instead of the page.
    pub twin: bool,
}

/// A card that was written.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CardWritten {
    /// Of this document.
    pub schema_version: u32,
    /// The model's version.
    pub model: String,
    /// The file, where one was named.
    pub file: Option<PathBuf>,
    /// The page, where no file was named.
    #[serde(skip)]
    pub page: Option<String>,
    /// The same as data.
    pub card: Value,
}

/// Writes the card of a believed model as it is today; `lang` comes first on the page.
pub fn card_today(
    ws: &Workspace,
    world: &World,
    request: &CardRequest,
    lang: Lang,
) -> Result<CardWritten, Error> {
    if let Some(file) = &request.out {
        place::allowed(file)?;
    }
    let purpose = ws.purpose(request.purpose.as_deref())?.id.clone();
    let view = View::open(&ws.root)?;
    let version = resolve(&view, &request.model, &purpose)?;
    let model = load(ws, &view, version)?.model;
    let mut provenance = provenance(ws, version).ok_or_else(|| Error::Model {
        version: version.short(),
        file: "provenance.json".to_owned(),
        what: "cannot be read".to_owned(),
    })?;
    if let Some(again) = compared_again(&view, version) {
        again.amend(&mut provenance.findings);
    }
    let input = CardInput {
        model: &model,
        policy: &ws.policy,
        provenance: &provenance,
    };
    let asked = gates(
        &model,
        &provenance.findings,
        &ws.policy,
        against(&life(&view, &purpose)),
    );
    let life = steps(&view, version);
    let fairness = latest::<Fairness>(&view, version, About::Fairness);
    let fairness = fairness.map(|it| Laid::fairness(&it, &ws.policy));
    let drift = latest::<Monitored>(&view, version, About::Monitoring);
    let drift = drift.map(|it| Laid::drift(&it, &model, &ws.policy));
    let known = Known {
        life: &life,
        gates: Some(&asked),
        fairness: fairness.as_ref(),
        drift: drift.as_ref(),
    };
    let data = card_json(&input, &known);
    let text = if request.twin {
        format!("{data:#}\n")
    } else {
        card(&input, &known, lang)
    };
    if let Some(file) = &request.out {
        hand_over(world, file, &text)?;
    }
    Ok(CardWritten {
        schema_version: 1,
        model: version.to_string(),
        file: request.out.clone(),
        page: request.out.is_none().then_some(text),
        card: data,
    })
}

/// What the last report about a model says, where there is one that this program reads.
fn latest<T: DeserializeOwned>(view: &View, model: Digest, about: About) -> Option<T> {
    let mut reports = view.entries().rev().filter_map(|(_, entry)| match entry {
        Entry::Report(it) if it.about == about && it.model == Some(model) => Some(it),
        _ => None,
    });
    let bytes = view.document(&reports.next()?.document).ok()?;
    serde_json::from_slice(&bytes).ok()
}

/// Writes the card whole or not at all, and over nothing but itself.
fn hand_over(world: &World, file: &Path, text: &str) -> Result<(), Error> {
    deliverable(file, text.as_bytes())?;
    deliver(world, file, text.as_bytes())
}

/// What became of a model, for every purpose, oldest first.
fn steps(view: &View, model: Digest) -> Vec<Step> {
    let mut active: HashMap<&Token, Digest> = HashMap::new();
    let mut steps = Vec::new();
    for (entry, it) in view.entries() {
        let (happened, time, by, purpose) = match it {
            Entry::Approve(it) if it.model == model => {
                let what = match it.approval {
                    Approval::Approved => Happened::Approved,
                    Approval::Unapproved => Happened::Rejected,
                };
                (what, it.time, &it.actor, &it.purpose)
            }
            Entry::Activate(it) => {
                let back = it.course == Some(Course::Rollback);
                let before = active.insert(&it.purpose, it.model);
                let what = match (it.model == model, before == Some(model), back) {
                    (true, _, false) => Happened::Activated,
                    (true, _, true) => Happened::ActiveAgain,
                    (false, true, false) => Happened::Replaced,
                    (false, true, true) => Happened::RolledBack,
                    (false, false, _) => continue,
                };
                (what, it.time, &it.actor, &it.purpose)
            }
            Entry::Retire(it) if it.model == model => {
                active.retain(|purpose, held| **purpose != it.purpose || *held != model);
                let what = match it.leaving {
                    Leaving::Retired => Happened::Retired,
                    Leaving::Purged => Happened::Purged,
                };
                (what, it.time, &it.actor, &it.purpose)
            }
            _ => continue,
        };
        steps.push(step(happened, time, by, purpose, entry));
    }
    steps
}

fn step(what: Happened, time: Time, by: &Token, purpose: &Token, entry: u64) -> Step {
    Step {
        what,
        at: time.to_string(),
        by: by.to_string(),
        purpose: purpose.to_string(),
        entry,
    }
}
