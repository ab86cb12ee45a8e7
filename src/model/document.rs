//! `model.json`: what a model is, as a document of integers.
//!
//! UTF-8, keys in the order of the fields below, two-space indent, LF; the
//! parser re-serialises and compares, so one model has one document, and its
//! SHA-256 is its version.

use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::features::Schema;
use crate::odds::LogOdds;
use crate::policy::Solver;

/// The document's first line: what it is, and its version.
const FORMAT: &str = "probant/model/v1";

/// A fitted model that holds together: every table as long as its term has codes, and no sum of
/// entries can overflow. There is no other kind: [`Model::new`] and [`Model::parse`] check.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    schema: Schema,
    settings: Settings,
    baseline: LogOdds,
    tables: Vec<Vec<LogOdds>>,
    version: Digest,
}

/// The training settings that a model was fitted with; they are part of its version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The policy's seed.
    pub seed: u64,
    /// The least number of people behind an entry.
    pub min_people: u32,
    /// The most bins of a number.
    pub max_bins: u32,
    /// The chosen smoothing strength λ (the ridge is λ/2 · ‖θ‖² on the summed loss), as the
    /// shortest decimal string that reads back to the same number.
    pub strength: String,
    /// `newton` or `linfa`.
    pub solver: Solver,
    /// Rows it was fitted on.
    pub rows: u64,
    /// Of them, won.
    pub positives: u64,
}

/// Why a document is not a model, or parts do not make one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The text is not the canonical document of a valid model.
    #[error("model: {what}")]
    Invalid {
        /// What is wrong.
        what: String,
    },
    /// |baseline| + Σ max|entry| reaches 2³¹: a sum of terms could overflow.
    #[error("the model's entries could sum to more than 2047 in log-odds")]
    Overflow,
}

impl Error {
    /// What the person at the keyboard can do next.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Invalid { .. } => Some(
                "restore the model from a backup, or train again; a model's file is never edited",
            ),
            Self::Overflow => {
                Some("look for a feature that separates the outcome, or train with more smoothing")
            }
        }
    }
}

/// The model as its document writes it: integers and strings only.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    format: String,
    settings: Settings,
    schema: Schema,
    baseline: LogOdds,
    tables: Vec<Vec<LogOdds>>,
}

impl Model {
    /// The model of these parts, if they hold together.
    pub fn new(
        schema: Schema,
        settings: Settings,
        baseline: LogOdds,
        tables: Vec<Vec<LogOdds>>,
    ) -> Result<Self, Error> {
        schema.check().map_err(|error| invalid(error.to_string()))?;
        let strength: f64 = settings
            .strength
            .parse()
            .map_err(|_| invalid("the strength is not a number"))?;
        if !(strength > 0.0 && strength.is_finite() && strength.to_string() == settings.strength) {
            return Err(invalid(
                "the strength is not a positive number in its shortest form",
            ));
        }
        if settings.positives > settings.rows {
            return Err(invalid("more rows won than there are"));
        }
        let codes = schema
            .features
            .iter()
            .map(|feature| feature.shape.codes())
            .chain(schema.pairs.iter().map(crate::features::Pair::codes));
        if !codes.eq(tables.iter().map(Vec::len)) {
            return Err(invalid("a table is not as long as its term has codes"));
        }
        let most = |table: &Vec<LogOdds>| {
            table
                .iter()
                .map(|entry| u64::from(entry.0.unsigned_abs()))
                .max()
                .unwrap_or(0)
        };
        if u64::from(baseline.0.unsigned_abs()) + tables.iter().map(most).sum::<u64>() >= 1 << 31 {
            return Err(Error::Overflow);
        }
        let mut model = Self {
            schema,
            settings,
            baseline,
            tables,
            version: Digest([0; 32]),
        };
        model.version = Digest::of(model.to_json().as_bytes());
        Ok(model)
    }

    /// The model that this canonical document describes; any other text is refused.
    pub fn parse(text: &str) -> Result<Self, Error> {
        // The parser's own message could quote a level, so it is dropped; line and column are enough.
        let document: Document = serde_json::from_str(text).map_err(|error| {
            invalid(format!(
                "not a model's document (line {}, column {})",
                error.line(),
                error.column()
            ))
        })?;
        if document.format != FORMAT {
            return Err(invalid("not a model of version 1"));
        }
        let model = Self::new(
            document.schema,
            document.settings,
            document.baseline,
            document.tables,
        )?;
        if model.to_json() == text {
            Ok(model)
        } else {
            Err(invalid("the document is not in canonical form"))
        }
    }

    /// The canonical document.
    #[must_use]
    pub fn to_json(&self) -> String {
        let document = Document {
            format: FORMAT.to_owned(),
            settings: self.settings.clone(),
            schema: self.schema.clone(),
            baseline: self.baseline,
            tables: self.tables.clone(),
        };
        let mut text =
            serde_json::to_string_pretty(&document).expect("strings and integers always serialise");
        text.push('\n');
        text
    }

    /// What the model is known by: the SHA-256 of its document.
    #[must_use]
    pub fn version(&self) -> Digest {
        self.version
    }

    /// What its codes mean.
    #[must_use]
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// What it was fitted with.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The log-odds of an average lead: where every term is 0.
    #[must_use]
    pub fn baseline(&self) -> LogOdds {
        self.baseline
    }

    /// Each term's entries, by code: features, then pairs.
    #[must_use]
    pub fn tables(&self) -> &[Vec<LogOdds>] {
        &self.tables
    }
}

fn invalid(what: impl Into<String>) -> Error {
    Error::Invalid { what: what.into() }
}
