//! One decision, explained: everything that its record says, in words and in numbers that add up.
//!
//! The terms *are* the score: `log_odds = baseline + Σ contributions`, in integers, checked here
//! once more before anything is shown. Nothing is filtered: what a face does not list, it sums.

use serde::Serialize;
use serde_json::{Value, json};

use crate::digest::{Digest, hex};
use crate::features::Schema;
use crate::lang::Lang;
use crate::law::Sentence;
use crate::odds::{LogOdds, Score};
use crate::policy::Basis;

use super::flags::Flagged;
use super::reasons::{term_label, term_meaning};

/// One decision about one lead, with its reasons and its proof.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// The lead as the operator typed it; shown, never stored.
    pub lead: String,
    /// The decision number.
    pub decision: u64,
    /// What was logged, in parts per million.
    pub score: Score,
    /// What the score is σ of.
    pub log_odds: LogOdds,
    /// Where every lead starts.
    pub baseline: LogOdds,
    /// What the ledger knows the band by.
    pub band: String,
    /// How people read the band.
    pub band_label: String,
    /// What the lead was set apart for; nothing where a band was proposed.
    pub flags: Vec<Flagged>,
    /// The model of that day.
    pub model: Digest,
    /// Whether it was tried out, and not the active one: nothing of it may be used.
    pub trial: bool,
    /// The run.
    pub run: String,
    /// When the run started, RFC 3339 in UTC.
    pub time: String,
    /// The civil date that the law was applied at, `YYYY-MM-DD`.
    pub date: String,
    /// The purpose's id.
    pub purpose: String,
    /// The purpose in a sentence, where the policy still has it.
    pub purpose_words: Option<String>,
    /// The legal basis that was recorded.
    pub basis: Basis,
    /// Its article, as the segment's own table has it.
    pub article: String,
    /// What the law pack says of the ground; nothing where it leaves the ground to the policy.
    pub ground: Option<Sentence>,
    /// What the ledger knows the lead by.
    pub pseudonym: [u8; 16],
    /// Every term, largest contribution first.
    pub terms: Vec<Term>,
    /// Where the record lies, and whether it verified.
    pub proof: Proof,
    /// The lead's other decisions, latest first.
    pub others: Vec<Other>,
}

/// One term of a score: a feature's, or a pair's interaction.
#[derive(Clone, Debug, PartialEq)]
pub struct Term {
    /// The columns: one, or a pair's two.
    pub columns: Vec<String>,
    /// What people call it.
    pub label: String,
    /// The recorded code.
    pub code: u16,
    /// What the code means.
    pub meaning: String,
    /// What it adds to the log-odds.
    pub contribution: LogOdds,
    /// The person's value in the export given now, if one was.
    pub given: Option<Given>,
}

/// A value from the export that the operator gave when asking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// As it stands in the export; `None` where the cell is missing.
    pub value: Option<String>,
    /// The code that it encodes to.
    pub code: u16,
}

/// Where the record lies in the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Proof {
    /// The segment's id, in hex.
    pub segment: String,
    /// The row within it.
    pub row: u32,
    /// The leaf's hash, in hex.
    pub leaf: String,
    /// The segment entry's index in the main log.
    pub log_index: u64,
    /// Entries that the checkpoint covers.
    pub checkpoint_size: u64,
    /// The checkpoint's root, in base64.
    pub checkpoint_root: String,
    /// Whether leaf, segment, entry and checkpoint were recomputed and agree.
    pub verified: bool,
}

/// Another decision about the same lead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Other {
    /// Its number.
    pub decision: u64,
    /// Its civil date.
    pub date: String,
    /// Its run.
    pub run: String,
    /// Its score.
    pub score: Score,
    /// Its band, as people read it.
    pub band_label: String,
}

/// Why an explanation cannot be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "decision {decision}: the baseline and the contributions do not add up to the recorded log-odds"
)]
pub struct DoesNotAddUp {
    /// The decision.
    pub decision: u64,
}

/// The terms of a record in words, largest contribution first (ties: schema order).
///
/// `codes` and `contributions` are the record's, features then pairs; `label` gives what people call a column.
#[must_use]
pub fn terms(
    schema: &Schema,
    codes: &[u16],
    contributions: &[LogOdds],
    label: &dyn Fn(&str) -> String,
    lang: Lang,
) -> Vec<Term> {
    let mut terms: Vec<Term> = codes
        .iter()
        .zip(contributions)
        .enumerate()
        .map(|(term, (&code, &contribution))| Term {
            columns: columns(schema, term),
            label: term_label(schema, term, label),
            code,
            meaning: term_meaning(schema, term, code, lang),
            contribution,
            given: None,
        })
        .collect();
    terms.sort_by_key(|term| std::cmp::Reverse(term.contribution.0.unsigned_abs()));
    terms
}

fn columns(schema: &Schema, term: usize) -> Vec<String> {
    let name = |feature: usize| schema.features[feature].name.clone();
    match term.checked_sub(schema.features.len()) {
        None => vec![name(term)],
        Some(pair) => vec![name(schema.pairs[pair].a), name(schema.pairs[pair].b)],
    }
}

impl Given {
    /// Whether the value still encodes to the recorded `code`.
    #[must_use]
    pub fn still(&self, code: u16) -> bool {
        self.code == code
    }
}

impl Explanation {
    /// Refuses an explanation whose terms are not its score.
    pub fn check(&self) -> Result<(), DoesNotAddUp> {
        let sum = i64::from(self.baseline.0)
            + self
                .terms
                .iter()
                .map(|term| i64::from(term.contribution.0))
                .sum::<i64>();
        if sum == i64::from(self.log_odds.0) && self.score == self.log_odds.score() {
            Ok(())
        } else {
            Err(DoesNotAddUp {
                decision: self.decision,
            })
        }
    }

    /// The whole of it as JSON: `schema_version` 1, every term, nothing filtered.
    ///
    /// Numbers of the log-odds scale appear twice: `q20` is the exact integer in units of 2⁻²⁰,
    /// `value` the same as a decimal number.
    #[must_use]
    pub fn json(&self, lang: Lang) -> Value {
        json!({
            "schema_version": 1,
            "lead": self.lead,
            "decision": self.decision,
            "score": self.score.value(),
            "score_ppm": self.score.ppm(),
            "log_odds": exact(self.log_odds),
            "baseline": exact(self.baseline),
            "band": { "id": self.band, "label": self.band_label },
            "flags": self.flags,
            "trial": self.trial,
            "model": self.model,
            "run": self.run,
            "time": self.time,
            "date": self.date,
            "purpose": { "id": self.purpose, "description": self.purpose_words },
            "legal_basis": {
                "article": self.article,
                "words": self.basis.words(lang),
                "ground": self.ground.as_ref().map(|it| it.words(lang)),
            },
            "pseudonym": hex(&self.pseudonym),
            "terms": self.terms.iter().map(term_json).collect::<Vec<_>>(),
            "proof": self.proof,
            "other_decisions": self.others.iter().map(other_json).collect::<Vec<_>>(),
        })
    }
}

impl Explanation {
    /// The legal basis, and under a law pack the ground and its article.
    #[must_use]
    pub fn grounds(&self, lang: Lang) -> String {
        let basis = self.basis.words(lang);
        match &self.ground {
            None => basis,
            Some(ground) => {
                let (article, ground) = (&self.article, ground.words(lang));
                format!("{basis} — {ground} [{article}]")
            }
        }
    }
}

fn exact(log_odds: LogOdds) -> Value {
    json!({ "q20": log_odds.0, "value": log_odds.value() })
}

fn term_json(term: &Term) -> Value {
    json!({
        "columns": term.columns,
        "label": term.label,
        "code": term.code,
        "meaning": term.meaning,
        "contribution": exact(term.contribution),
        "odds_factor": libm::exp(term.contribution.value()),
        "given": term.given.as_ref().map(|given| json!({
            "value": given.value,
            "code": given.code,
            "same_code": given.still(term.code),
        })),
    })
}

fn other_json(other: &Other) -> Value {
    json!({
        "decision": other.decision,
        "date": other.date,
        "run": other.run,
        "score": other.score.value(),
        "band": other.band_label,
    })
}
