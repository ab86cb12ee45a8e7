//! The counts of a run, and the report that says them to people and programs.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::erasure::Batch;
use super::error::Error;
use super::night::Outcome;
use super::score::Night;
use crate::eligibility::consents::Consents;
use crate::ledger::Standing;
use crate::model::Model;
use crate::policy::{Policy, REVIEW};

/// What a run did, in numbers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RunReport {
    /// Of this document.
    pub schema_version: u32,
    /// The run's id; empty for a dry run.
    pub run: String,
    /// `recorded`, `restored` (the same input was scored before) or `counted` (a dry run).
    pub status: String,
    /// UTC.
    pub started: String,
    /// The law's date.
    pub date: String,
    /// The purpose.
    pub purpose: String,
    /// The model's version.
    pub model: String,
    /// `active` or `trial`.
    pub standing: String,
    /// The policy's digest.
    pub policy: String,
    /// The law pack.
    pub law: String,
    /// Rows in; always proposed + refused + failed.
    pub rows_in: u64,
    /// Scored.
    pub proposed: u64,
    /// Without a legal basis.
    pub refused: u64,
    /// Unreadable.
    pub failed: u64,
    /// Leads by band, from the lowest; then `review`, those that are set apart, where there are any.
    pub bands: Vec<BandCount>,
    /// Refused leads by reason, the most frequent first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refusals: Vec<RefusalCount>,
    /// What the file of consents held, where one was given and the law asks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consents: Option<ConsentCount>,
    /// Failed rows by column and reason.
    pub failures: Vec<ReasonCount>,
    /// Leads with a value outside the training range or a level never seen, by feature.
    pub unfamiliar: Vec<FeatureCount>,
    /// Columns of the export that the policy does not name; they were not read.
    pub undeclared: Vec<String>,
    /// The first decision number of the run.
    pub first_decision: Option<u64>,
    /// Entries in the log once the run was recorded.
    pub log_size: Option<u64>,
    /// The files written.
    pub outputs: Vec<String>,
    /// What the night's batch of erasures and retention did, if there was anything to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch: Option<Batch>,
}

/// Leads of one band.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BandCount {
    /// The band's id.
    pub id: String,
    /// How people read it.
    pub label: String,
    /// How many.
    pub leads: u64,
}

/// Leads that were refused for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusalCount {
    /// The refusal's name in the law pack.
    pub refusal: String,
    /// The article that asks for it.
    pub article: String,
    /// How many.
    pub leads: u64,
}

impl RefusalCount {
    /// The counts by name and article, the most frequent first.
    pub(super) fn of(counts: &BTreeMap<(String, String), u64>) -> Vec<Self> {
        let of = |((refusal, article), &leads): (&(String, String), &u64)| Self {
            refusal: refusal.clone(),
            article: article.clone(),
            leads,
        };
        let mut counts: Vec<Self> = counts.iter().map(of).collect();
        counts.sort_by_key(|it| std::cmp::Reverse(it.leads));
        counts
    }
}

/// What a file of consents held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsentCount {
    /// Events.
    pub events: u64,
    /// People.
    pub people: u64,
    /// Of them, those whom the export does not hold.
    pub unknown: u64,
}

impl ConsentCount {
    pub(super) fn of(consents: &Consents) -> Self {
        Self {
            events: consents.events,
            people: consents.people(),
            unknown: consents.unknown(),
        }
    }
}

/// Rows that failed for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReasonCount {
    /// The column at fault, if it is one.
    pub column: Option<String>,
    /// Why.
    pub reason: String,
    /// How many.
    pub rows: u64,
}

/// Leads counted by feature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeatureCount {
    /// The feature.
    pub feature: String,
    /// How many.
    pub leads: u64,
}

impl RunReport {
    /// The document's text.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("every key is a string and every value plain data")
    }

    /// Reads the document back; a text that this program would not have written is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let report: Self = serde_json::from_str(text).ok()?;
        (report.to_json() == text).then_some(report)
    }

    /// The report of a run, or of what would be one, from its counts.
    pub(super) fn of(night: &Night<'_>, tally: &Tally, run: &str, status: &str) -> Self {
        let model = &night.model.model;
        Self {
            schema_version: 1,
            run: run.to_owned(),
            status: status.to_owned(),
            started: night.started.to_string(),
            date: night.date.to_string(),
            purpose: night.purpose.id.to_string(),
            model: model.version().to_string(),
            standing: if night.standing == Standing::Active {
                "active"
            } else {
                "trial"
            }
            .to_owned(),
            policy: night.ws.policy.digest.to_string(),
            law: night.pack.id().to_string(),
            rows_in: tally.rows,
            proposed: tally.proposed,
            refused: tally.refused,
            failed: tally.failed,
            bands: bands(&night.ws.policy, &tally.bands),
            refusals: RefusalCount::of(&tally.refusals),
            consents: tally.consents,
            failures: tally
                .failures
                .iter()
                .map(|((column, reason), &rows)| ReasonCount {
                    column: column.clone(),
                    reason: (*reason).to_owned(),
                    rows,
                })
                .collect(),
            unfamiliar: model
                .schema()
                .features
                .iter()
                .zip(&tally.unfamiliar)
                .filter(|(_, leads)| **leads > 0)
                .map(|(feature, &leads)| FeatureCount {
                    feature: feature.name.clone(),
                    leads,
                })
                .collect(),
            undeclared: tally.undeclared.clone(),
            first_decision: None,
            log_size: None,
            outputs: Vec::new(),
            batch: None,
        }
    }
}

/// The counts by band, and last that of leads which are set apart, where there are any.
fn bands(policy: &Policy, counts: &[u64]) -> Vec<BandCount> {
    let ids = policy.bands.iter().map(|band| band.id.as_str());
    let count = |(id, &leads): (&str, &u64)| BandCount {
        id: id.to_owned(),
        label: policy.band_label(id),
        leads,
    };
    let mut bands: Vec<BandCount> = ids.chain([REVIEW]).zip(counts).map(count).collect();
    bands.pop_if(|last| last.id == REVIEW && last.leads == 0);
    bands
}

/// The counts of a run.
#[derive(Default)]
pub(super) struct Tally {
    pub rows: u64,
    pub proposed: u64,
    pub refused: u64,
    pub failed: u64,
    pub bands: Vec<u64>,
    pub refusals: BTreeMap<(String, String), u64>,
    pub consents: Option<ConsentCount>,
    pub failures: BTreeMap<(Option<String>, &'static str), u64>,
    pub unfamiliar: Vec<u64>,
    pub undeclared: Vec<String>,
}

impl Tally {
    /// Counts one portion.
    pub fn take(&mut self, outcome: &Outcome, model: &Model, bands: usize) {
        let features = &model.schema().features;
        self.bands.resize(bands, 0);
        self.unfamiliar.resize(features.len(), 0);
        self.rows += outcome.rows;
        self.proposed += outcome.scored.records.len() as u64;
        self.refused += outcome.refusals.reasons.len() as u64;
        self.failed += outcome.failures.len() as u64;
        outcome
            .scored
            .bands
            .iter()
            .for_each(|&band| self.bands[band as usize] += 1);
        // A pack has a few dozen refusals: what they are called is looked up once for each.
        let mut by_code = BTreeMap::new();
        for why in &outcome.refusals.reasons {
            by_code.entry(why.code()).or_insert((why, 0)).1 += 1;
        }
        for (why, leads) in by_code.into_values() {
            let key = (why.name().to_owned(), why.article().to_owned());
            *self.refusals.entry(key).or_default() += leads;
        }
        for failure in &outcome.failures {
            let column = failure.column.as_deref().map(str::to_owned);
            *self
                .failures
                .entry((column, failure.reason.token()))
                .or_default() += 1;
        }
        for ((feature, codes), count) in features
            .iter()
            .zip(&outcome.scored.codes)
            .zip(&mut self.unfamiliar)
        {
            let missing = feature.shape.missing();
            *count += codes.iter().filter(|&&code| code > missing).count() as u64;
        }
    }

    /// Rows in = proposed + refused + failed, exactly; a run that cannot say so fails.
    pub fn check(&self) -> Result<(), Error> {
        let accounted = self.proposed + self.refused + self.failed;
        if accounted == self.rows {
            Ok(())
        } else {
            Err(Error::Unaccounted {
                rows: self.rows,
                accounted,
            })
        }
    }
}
