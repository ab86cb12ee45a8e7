//! A model as the ledger sees it: codes in, the same terms out as on the day.

use crate::ledger::{EachTerm, Replay};
use crate::model::Model;
use crate::odds::LogOdds;

/// A model that can say again what it said.
pub struct Replayer {
    model: Model,
    widths: Vec<usize>,
}

impl Replayer {
    /// The replayer of a model.
    #[must_use]
    pub fn new(model: Model) -> Self {
        let widths = model.schema().widths();
        Self { model, widths }
    }
}

impl Replay for Replayer {
    fn features(&self) -> usize {
        self.model.schema().features.len()
    }

    fn widths(&self) -> &[usize] {
        &self.widths
    }

    fn replay(&self, features: &[u16], terms: &mut Vec<(u16, i32)>) -> i32 {
        terms.clear();
        let schema = self.model.schema();
        let tables = self.model.tables();
        // A damaged file may hold any code: one without an entry contributes nothing here, and
        // the record's leaf will not match.
        let entry = |table: &Vec<LogOdds>, code: u16| {
            let entry = table.get(usize::from(code));
            entry.map_or(0, |entry| entry.0)
        };
        let at = |feature: usize| {
            let code = features.get(feature).copied().unwrap_or(0);
            code.min((tables[feature].len() - 1) as u16)
        };
        let (singles, pairs) = tables.split_at(schema.features.len());
        let singles = features.iter().zip(singles);
        terms.extend(singles.map(|(&code, table)| (code, entry(table, code))));
        for (pair, table) in schema.pairs.iter().zip(pairs) {
            let code = pair.code(at(pair.a), at(pair.b));
            terms.push((code, entry(table, code)));
        }
        terms
            .iter()
            .fold(self.model.baseline().0, |sum, (_, entry)| {
                sum.wrapping_add(*entry)
            })
    }

    fn replay_columns(&self, features: &[&[u16]], log_odds: &mut [i32], each: EachTerm<'_>) {
        let schema = self.model.schema();
        let (singles, pairs) = self.model.tables().split_at(schema.features.len());
        log_odds.fill(self.model.baseline().0);
        let mut terms = vec![(0, 0); log_odds.len()];
        let mut done = |terms: &[(u16, i32)]| {
            for (sum, (_, entry)) in log_odds.iter_mut().zip(terms) {
                *sum = sum.wrapping_add(*entry);
            }
            each(terms);
        };
        let entry = |table: &[LogOdds], code: u16| {
            let entry = table.get(usize::from(code));
            (code, entry.map_or(0, |entry| entry.0))
        };
        for (column, table) in features.iter().zip(singles) {
            for (term, &code) in terms.iter_mut().zip(*column) {
                *term = entry(table, code);
            }
            done(&terms);
        }
        for (pair, table) in schema.pairs.iter().zip(pairs) {
            let last = |feature: usize| (singles[feature].len() - 1) as u16;
            let (last_a, last_b) = (last(pair.a), last(pair.b));
            let sides = features[pair.a].iter().zip(features[pair.b]);
            for (term, (&a, &b)) in terms.iter_mut().zip(sides) {
                *term = entry(table, pair.code(a.min(last_a), b.min(last_b)));
            }
            done(&terms);
        }
    }
}
