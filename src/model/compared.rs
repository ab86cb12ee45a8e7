//! The twin beside other methods, on the same holdout: what `provenance.json` says of each.
//!
//! Two point estimates say little. Both models judge the same people, so what is
//! drawn again and again is their *difference*: it is much surer than either figure.

use serde::{Deserialize, Serialize};

use super::findings::{Findings, Interval};
use crate::digest::Digest;

/// A method that judged the same holdout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "method")]
pub enum Rival {
    /// Naive Bayes on frequencies, as Odoo scores leads.
    NaiveBayes,
    /// The ordinary one-hot logistic regression.
    OneHot,
    /// The model that scored for the purpose when this one was trained, or the last one that did.
    Active {
        /// Its version.
        model: Digest,
        /// Whether it was fitted on rows of the holdout.
        seen: Seen,
    },
}

/// Whether the active model was fitted on rows of the holdout; it carries no row, so dates have to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Seen {
    /// The last day that it learned from is before the holdout's first.
    No,
    /// It learned from days of the holdout.
    Yes,
    /// There are no dates to tell by.
    Unknown,
}

/// What the twin has more of than a rival, with the paired 95 % bootstrap interval by person.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    /// Area under the ROC curve, ours less theirs: under 0, ours is worse.
    pub roc_auc: Interval,
    /// Log-loss in nats, ours less theirs: over 0, ours is worse.
    pub log_loss: Interval,
}

impl Difference {
    /// Whether ours is worse beyond chance: one of the intervals lies wholly on the worse side.
    #[must_use]
    pub fn is_worse(&self) -> bool {
        self.roc_auc.high < 0.0 || self.log_loss.low > 0.0
    }

    /// The difference the other way round: theirs less ours.
    #[must_use]
    pub fn turned(&self) -> Self {
        let turn = |it: Interval| Interval {
            value: -it.value,
            low: -it.high,
            high: -it.low,
        };
        Self {
            roc_auc: turn(self.roc_auc),
            log_loss: turn(self.log_loss),
        }
    }
}

/// One rival's figures on the holdout, and the twin's beside them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Compared {
    /// Which.
    pub rival: Rival,
    /// Rows that it was fitted on, where it was fitted here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
    /// Its area under the ROC curve.
    pub roc_auc: Interval,
    /// Its log-loss.
    pub log_loss: Interval,
    /// The twin's figures less its.
    pub difference: Difference,
    /// The last day that it learned from, where it may have seen the holdout and a date says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<String>,
    /// The same on the newer part of the holdout, where it may have seen the rest and this part is large enough.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub newer: Option<Newer>,
    /// The figures of the model itself, refitted on all rows, less its, where it may have seen the holdout and nothing
    /// newer can judge. Not a comparison between equals: the refitted model has seen all of the holdout for certain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refitted: Option<Difference>,
}

/// The candidate, fitted on what came until then, beside the active model on rows that came after everything that the
/// active one learned from: neither has seen them, and neither knows more of the days before.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Newer {
    /// The rows are dated after this civil day.
    pub after: String,
    /// The candidate's figures less the other's.
    pub difference: Difference,
}

impl Compared {
    /// What is held against the twin: what neither has seen where there is such a part, the whole holdout otherwise.
    #[must_use]
    pub fn decisive(&self) -> &Difference {
        let newer = self.newer.as_ref().map(|it| &it.difference);
        newer.or(self.refitted.as_ref()).unwrap_or(&self.difference)
    }

    /// Whether that is a comparison between equals: neither has learned from the rows that it is made on.
    #[must_use]
    pub fn is_fair(&self) -> bool {
        let unseen = !matches!(self.rival, Rival::Active { seen, .. } if seen != Seen::No);
        unseen || self.newer.is_some()
    }
}

/// A model that was trained before, beside the model that is active by now: what a training says that finds the same
/// model again. It is recorded as a report, since the papers of a model never change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ComparedAgain {
    /// Of this document: 1.
    pub schema_version: u32,
    /// The model that was trained again.
    pub model: Digest,
    /// The active model, on the same holdout.
    pub compared: Vec<Compared>,
    /// The active model, where it could not judge the holdout.
    pub incomparable: Option<Incomparable>,
}

impl ComparedAgain {
    /// What a training found of the active model, where there is one.
    #[must_use]
    pub fn of(model: Digest, findings: &Findings) -> Option<Self> {
        let active = |it: &&Compared| matches!(it.rival, Rival::Active { .. });
        let compared: Vec<Compared> = findings.compared.iter().filter(active).cloned().collect();
        let incomparable = findings.incomparable.clone();
        let any = !compared.is_empty() || incomparable.is_some();
        any.then_some(Self {
            schema_version: 1,
            model,
            compared,
            incomparable,
        })
    }

    /// The findings with what this says instead of what they say of the model that was active then.
    pub fn amend(self, findings: &mut Findings) {
        let other = |it: &Compared| !matches!(it.rival, Rival::Active { .. });
        findings.compared.retain(other);
        findings.compared.extend(self.compared);
        findings.incomparable = self.incomparable;
    }
}

/// The model that was active reads what these examples do not hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Incomparable {
    /// Its version.
    pub model: Digest,
    /// A feature that the policy no longer declares, or declares differently.
    pub feature: String,
}
