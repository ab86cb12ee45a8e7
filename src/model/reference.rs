//! What later months are compared with: how the training's own leads were scored.
//!
//! The counts of each code stand in the card's levels already; here is what
//! they do not say. Every cell stands for at least `min_people` leads, and a
//! sum for all of them.

use serde::{Deserialize, Serialize};

use super::candidate::FittedModel;
use super::document::Model;
use super::expected::{Expected, Scores};
use super::score::{Error, Scored};
use crate::features::Codes;
use crate::odds::LogOdds;
use crate::policy::Training;

/// Cells of the scores: tenths of the training's leads.
const CELLS: u64 = 10;

/// The training's leads under their own model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reference {
    /// Where the cells of scores end, ascending, in parts per million; the last one has no end.
    pub edges: Vec<u32>,
    /// Leads in each cell: one more than edges.
    pub rows: Vec<u64>,
    /// What each term adds: features, then pairs, in the schema's order.
    pub terms: Vec<Reach>,
    /// What the scores promise.
    pub expected: Option<Expected>,
}

/// What one term adds to everybody together, in units of 2⁻²⁰ of log-odds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reach {
    /// The sum of its contributions.
    pub sum: i64,
    /// The sum of their absolute values.
    pub size: i64,
}

impl Reference {
    /// The leads that a model was fitted on, under it.
    pub(crate) fn of(fitted: &FittedModel, training: &Training) -> Result<Self, Error> {
        let model = &fitted.model;
        let codes = fitted.prepared.codes.iter();
        let codes: Vec<Codes> = codes.map(|it| (**it).clone()).collect();
        let mut census = Census::new(model);
        census.take(model, &codes, |_| true)?;
        let edges = census.scores.edges(CELLS, u64::from(training.min_people));
        Ok(Self {
            rows: census.scores.cells(&edges),
            edges,
            terms: census.reaches(model),
            expected: census.scores.expected(),
        })
    }
}

impl Reach {
    /// What a table adds to so many leads of each code: exact.
    #[must_use]
    pub fn of(table: &[LogOdds], counts: &[u64]) -> Self {
        let each = table.iter().zip(counts);
        let (sum, size) = each.fold((0_i64, 0_i64), |(sum, size), (entry, &count)| {
            let (entry, count) = (i64::from(entry.0), count as i64);
            (sum + entry * count, size + entry.abs() * count)
        });
        Self { sum, size }
    }
}

/// Codes and scores counted, portion by portion: of a training or of a month.
#[derive(Clone, Debug)]
pub struct Census {
    /// Leads by feature and code.
    pub features: Vec<Vec<u64>>,
    /// Leads by pair and code.
    pub pairs: Vec<Vec<u64>>,
    /// Leads by score.
    pub scores: Scores,
}

impl Census {
    /// Nobody yet.
    #[must_use]
    pub fn new(model: &Model) -> Self {
        let schema = model.schema();
        let features = schema.features.iter();
        Self {
            features: features.map(|it| vec![0; it.shape.codes()]).collect(),
            pairs: schema.pairs.iter().map(|it| vec![0; it.codes()]).collect(),
            scores: Scores::default(),
        }
    }

    /// Scores a portion, and counts those of its rows that `counts` says; each row's score comes back.
    pub fn take(
        &mut self,
        model: &Model,
        codes: &[Codes],
        counts: impl Fn(usize) -> bool,
    ) -> Result<Vec<LogOdds>, Error> {
        let Scored { pairs, log_odds } = model.score_batch(codes)?;
        let rows: Vec<usize> = (0..log_odds.len()).filter(|&row| counts(row)).collect();
        for (cells, column) in self.features.iter_mut().zip(codes) {
            for &row in &rows {
                cells[usize::from(column.at(row))] += 1;
            }
        }
        for (cells, column) in self.pairs.iter_mut().zip(&pairs) {
            for &row in &rows {
                cells[usize::from(column[row])] += 1;
            }
        }
        for row in rows {
            self.scores.add(log_odds[row].score());
        }
        Ok(log_odds)
    }

    /// What each term adds: features, then pairs.
    #[must_use]
    pub fn reaches(&self, model: &Model) -> Vec<Reach> {
        let counts = self.features.iter().chain(&self.pairs);
        let tables = model.tables().iter();
        tables
            .zip(counts)
            .map(|(table, counts)| Reach::of(table, counts))
            .collect()
    }
}
