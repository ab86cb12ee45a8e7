//! A model trained again, to see whether it is the same byte for byte: nothing is recorded, and no file is left.
//!
//! It reads people's data as a training does, hence it has a right of its own. Nothing of them is shown: only counts that
//! the model's provenance shows already, and whether things are equal. So there is nothing that a record would have to
//! come before; and a verification that wrote could not be run on a copy, or by an auditor who may only read.

use std::path::PathBuf;

use serde::Serialize;

use super::error::Error;
use super::files;
use super::gather::gather;
use super::journal::View;
use super::models::{load, provenance, resolve};
use super::{Progress, Watch, Workspace, binary};
use crate::digest::Digest;
use crate::model::differs::{Difference, first_difference};
use crate::model::{self, fingerprint::fingerprint};
use crate::policy::{self, Right};
use crate::report::Rows;

/// Which model, and what it is said to have learned from.
#[derive(Clone, Debug)]
pub struct VerifyRequest {
    /// `@active`, `@latest`, or a version's first digits.
    pub model: String,
    /// The exports.
    pub data: Vec<PathBuf>,
    /// Who asks; whose work it is, where nobody is named.
    pub person: Option<String>,
}

/// Whether training again gives the same model.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Reproduction {
    /// Of this document.
    pub schema_version: u32,
    /// The model's version.
    pub model: String,
    /// The version that training again gives.
    pub again: String,
    /// Whether they are the same bytes.
    pub same: bool,
    /// The policy of that day, under which it was trained again.
    pub policy: Digest,
    /// Whether that is today's policy.
    pub todays_policy: bool,
    /// What became of the rows then, and now.
    pub rows: ThenAndNow<Rows>,
    /// What the fingerprint says of the rows.
    pub rows_are: RowsAre,
    /// The version of the program then, and now.
    pub binary: ThenAndNow<String>,
    /// Where the two models differ first.
    pub differs: Option<Difference>,
    /// Why they are likely to differ; empty where they do not.
    pub because: Vec<Reason>,
}

/// Something at the time of the training, and today.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct ThenAndNow<T> {
    /// At the time of the training.
    pub then: T,
    /// Today.
    pub now: T,
}

/// What a fingerprint says of the rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RowsAre {
    /// The same, in whatever order.
    Same,
    /// At least one differs.
    Other,
    /// Nobody can tell: the key went with the rows' retention, or with a lost `state.db`.
    KeyDestroyed,
    /// Nobody can tell: this model is older than fingerprints.
    NeverTaken,
}

/// Why a model is likely not to be the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// It was trained on other rows.
    OtherRows,
    /// It may have been trained on other rows: as many, and nobody can tell.
    PerhapsOtherRows,
    /// Another version of the program trained it.
    OtherProgram,
    /// Same rows, same policy, same program: this should not be.
    Unexplained,
}

/// Trains again under the policy of that day, and compares.
pub fn verify_model(
    ws: &Workspace,
    request: &VerifyRequest,
    watch: Watch<'_>,
) -> Result<Reproduction, Error> {
    ws.may(request.person.as_deref(), Right::VerifyModel)?;
    let view = View::open(&ws.root)?;
    let purpose = &ws.policy.purposes[0].id; // `@active` of the first purpose, where there are several
    let version = resolve(&view, &request.model, purpose)?;
    let before = load(ws, &view, version)?.model;
    let papers = provenance(ws, version).ok_or_else(|| Error::Model {
        version: version.short(),
        file: "provenance.json".to_owned(),
        what: "cannot be read".to_owned(),
    })?;
    let then = of_that_day(ws, &view, version, papers.policy)?;
    let named = files::expand(&request.data)?;
    let prints = named
        .iter()
        .map(|path| files::fingerprint(path))
        .collect::<Result<Vec<_>, _>>()?;
    let gathered = gather(&then, &named, false, watch)?;
    prints.iter().try_for_each(files::Fingerprint::unchanged)?;
    let rows_are = compare_rows(ws, version, papers.fingerprint, &gathered.examples)?;
    let step = |progress| watch(Progress::Training(progress));
    let policy = &then.policy;
    let (again, _) = model::train::train(
        &gathered.examples,
        &policy.training,
        &policy.profiling,
        &step,
    )?;
    let rows = ThenAndNow {
        then: papers.rows,
        now: gathered.rows,
    };
    let binary = ThenAndNow {
        then: papers.binary,
        now: binary().to_string(),
    };
    let same = before.to_json() == again.to_json();
    Ok(Reproduction {
        schema_version: 1,
        model: version.to_string(),
        again: again.version().to_string(),
        same,
        policy: policy.digest,
        todays_policy: policy.digest == ws.policy.digest,
        because: if same {
            Vec::new()
        } else {
            reasons(rows_are, rows.then.used != rows.now.used, &binary)
        },
        rows,
        rows_are,
        binary,
        differs: first_difference(&before, &again),
    })
}

/// The workspace as its policy was when the model was trained: the document stands in the ledger.
fn of_that_day(
    ws: &Workspace,
    view: &View,
    version: Digest,
    policy: Digest,
) -> Result<Workspace, Error> {
    let unread = || Error::Model {
        version: version.short(),
        file: "provenance.json".to_owned(),
        what: "names a policy that this program cannot read any more".to_owned(),
    };
    let bytes = view.document(&policy)?;
    let policy_text = String::from_utf8(bytes).map_err(|_| unread())?;
    let policy = policy::parse(&policy_text).map_err(|_| unread())?;
    Ok(Workspace {
        root: ws.root.clone(),
        policy,
        policy_text,
    })
}

fn compare_rows(
    ws: &Workspace,
    version: Digest,
    recorded: Option<Digest>,
    examples: &model::examples::Examples,
) -> Result<RowsAre, Error> {
    let Some(recorded) = recorded else {
        return Ok(RowsAre::NeverTaken);
    };
    // Looking makes no `state.db`.
    if !ws.root.join("state.db").exists() {
        return Ok(RowsAre::KeyDestroyed);
    }
    let Some(key) = ws.state()?.training_key(&version.to_string())? else {
        return Ok(RowsAre::KeyDestroyed);
    };
    Ok(if fingerprint(examples, &key) == recorded {
        RowsAre::Same
    } else {
        RowsAre::Other
    })
}

fn reasons(rows_are: RowsAre, other_count: bool, binary: &ThenAndNow<String>) -> Vec<Reason> {
    let mut because = Vec::new();
    match rows_are {
        RowsAre::Same => {}
        RowsAre::Other => because.push(Reason::OtherRows),
        _ if other_count => because.push(Reason::OtherRows),
        _ => because.push(Reason::PerhapsOtherRows),
    }
    if binary.then != binary.now {
        because.push(Reason::OtherProgram);
    }
    if because.is_empty() {
        because.push(Reason::Unexplained);
    }
    because
}
