//! The query, step by step: values, codes, entries, their sum, the score.
//!
//! Each step names what the next one uses, so that nothing is computed twice; where an engine would
//! put the steps together again and compute it twice after all, it is fenced.

use super::Words;
use super::code;
use super::dialect::Dialect;
use super::names::Names;
use crate::features::{Pair, Shape};
use crate::model::Model;
use crate::odds::ONE;
use crate::policy::Policy;

/// Beyond these log-odds a score is 0 or 1 in every digit that is kept, and `exp` may overflow.
const SATURATED: f64 = 64.0;

/// Everything that the query is made of.
pub(super) struct Query<'a> {
    pub(super) model: &'a Model,
    pub(super) dialect: Dialect,
    pub(super) words: &'a Words,
    pub(super) names: &'a Names,
}

impl Query<'_> {
    fn pairs(&self) -> &[Pair] {
        &self.model.schema().pairs
    }

    /// Whether a pair needs this feature's code; otherwise its value becomes its entry at once.
    fn paired(&self, feature: usize) -> bool {
        self.pairs()
            .iter()
            .any(|it| it.a == feature || it.b == feature)
    }

    /// A term's entries.
    fn entries(&self, term: usize) -> Vec<i64> {
        self.model.tables()[term]
            .iter()
            .map(|entry| i64::from(entry.0))
            .collect()
    }

    /// The steps, as queries in `WITH`.
    pub(super) fn steps(&self, from: &str) -> String {
        let fence = self.dialect.fence();
        let (values, codes) = (self.values().join(",\n    "), self.codes().join(",\n    "));
        let entries = self.weights().join(",\n    ");
        let terms = 0..self.model.tables().len();
        let terms: Vec<String> = terms.map(|term| format!("c{term}")).collect();
        let terms = terms.join(" + ");
        let (baseline, one) = (self.model.baseline().0, self.dialect.number(f64::from(ONE)));
        let odds = format!("{} / {one}", self.dialect.double("total"));
        let score = self.parts_per_million();
        format!(
            "WITH probant_values AS (
  SELECT
    {values}
  FROM
    {from}
),
probant_codes AS (
  SELECT
    id,
    {codes}
  FROM probant_values{fence}
),
probant_entries AS (
  SELECT
    id,
    {entries}
  FROM probant_codes{fence}
),
probant_sums AS (
  SELECT *, {baseline} + {terms} AS total
  FROM probant_entries
),
probant_odds AS (
  SELECT *, {odds} AS z
  FROM probant_sums{fence}
),
probant_scores AS (
  SELECT *, {score} AS ppm
  FROM probant_odds{fence}
)
"
        )
    }

    /// Each column once, as the type that its codes are learned from.
    fn values(&self) -> Vec<String> {
        let zero = self.dialect.number(0.0);
        let features = self.model.schema().features.iter().zip(&self.names.read);
        let typed = features.enumerate().map(|(at, (feature, column))| {
            let column = self.dialect.quoted(column);
            match feature.shape {
                // A sum and not a cast: most engines refuse to add a number to a text.
                Shape::Number { .. } => format!("{column} + {zero} AS x{at}"),
                Shape::Category { .. } | Shape::Flag => {
                    format!("{} AS x{at}", self.dialect.as_text(&column))
                }
            }
        });
        let id = format!("{} AS id", self.dialect.quoted(&self.names.identifier));
        std::iter::once(id).chain(typed).collect()
    }

    /// The code of each feature that a pair needs; the entry of every other.
    fn codes(&self) -> Vec<String> {
        let features = self.model.schema().features.iter().enumerate();
        features
            .map(|(at, feature)| {
                let (out, name) = if self.paired(at) {
                    let first = self.dialect.first();
                    let codes = first..first + feature.shape.codes() as i64;
                    (codes.collect(), format!("f{at}"))
                } else {
                    (self.entries(at), format!("c{at}"))
                };
                let value = format!("x{at}");
                let code = code::coded(self.dialect, &feature.shape, &value, &out, self.words);
                format!("{code} AS {name}")
            })
            .collect()
    }

    /// Every term's entry, in the model's order.
    fn weights(&self) -> Vec<String> {
        let features = (0..self.model.schema().features.len()).map(|at| {
            if self.paired(at) {
                let entry = self.dialect.look_up(&format!("f{at}"), &self.entries(at));
                format!("{entry} AS c{at}")
            } else {
                format!("c{at}")
            }
        });
        let pairs = self.pairs().iter().enumerate().map(|(at, pair)| {
            let term = self.model.schema().features.len() + at;
            format!("{} AS c{term}", self.pair(pair, &self.entries(term)))
        });
        features.chain(pairs).collect()
    }

    /// A pair's entry: both sides' coarse codes add up to its code. A side without one adds as much as
    /// there are cells, and every sum from there on means "none".
    fn pair(&self, pair: &Pair, entries: &[i64]) -> String {
        let none = entries.len() as i64 - 1;
        let width = pair.width_b() as i64;
        let side = |feature: usize, coarse: &[Option<u8>], step: i64, first: i64| {
            let cell = |code: &Option<u8>| code.map_or(none, |code| i64::from(code) * step) + first;
            let table: Vec<i64> = coarse.iter().map(cell).collect();
            self.dialect.look_up(&format!("f{feature}"), &table)
        };
        let a = side(pair.a, &pair.coarse_a, width, self.dialect.first());
        let b = side(pair.b, &pair.coarse_b, 1, 0);
        let mut table = entries.to_vec();
        table.resize(2 * none as usize + 1, entries[none as usize]);
        self.dialect.look_up(&format!("({a} + {b})"), &table)
    }

    /// The score in whole parts per million, as [`crate::odds::LogOdds::score`] rounds it.
    fn parts_per_million(&self) -> String {
        let number = |value| self.dialect.number(value);
        let (million, one) = (number(1e6), number(1.0));
        let (most, least) = (number(SATURATED), number(-SATURATED));
        format!(
            "CASE
    WHEN z > {most} THEN {million}
    WHEN z < {least} THEN {}
    ELSE round({million} / ({one} + exp(-z)))
  END",
            number(0.0)
        )
    }

    /// The columns of the score file.
    pub(super) fn answer(&self, policy: &Policy) -> String {
        let one = self.dialect.number(f64::from(ONE));
        let bands = policy.bands.iter().rev().map(|band| {
            let id = self.dialect.text(band.id.as_str());
            format!("    WHEN ppm >= {} THEN {id}", band.from_ppm)
        });
        let bands: Vec<String> = bands.collect();
        let bands = bands.join("\n");
        let mut cells = vec![
            "id".to_owned(),
            format!("ppm / {}", self.dialect.number(1e6)),
            "z".to_owned(),
            format!("CASE\n{bands}\n  END"),
            self.dialect.text(&self.model.version().to_string()),
            format!(
                "{} / {one}",
                self.dialect.double(&self.model.baseline().0.to_string())
            ),
        ];
        let terms = 0..self.model.tables().len();
        cells.extend(
            terms.map(|term| format!("{} / {one}", self.dialect.double(&format!("c{term}")))),
        );
        let named = cells.iter().zip(&self.names.out);
        let named: Vec<String> = named
            .map(|(cell, name)| format!("{cell} AS {}", self.dialect.quoted(name)))
            .collect();
        format!("SELECT\n  {}\nFROM probant_scores\n", named.join(",\n  "))
    }
}
