//! A model as the ledger sees it: codes in, the same terms out as on the day.

use crate::ledger::Replay;
use crate::model::Model;

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
        let entry = |term: usize, code: u16| {
            tables[term]
                .get(usize::from(code))
                .map_or(0, |entry| entry.0)
        };
        let at = |feature: usize| {
            let code = features.get(feature).copied().unwrap_or(0);
            code.min((tables[feature].len() - 1) as u16)
        };
        let singles = features.iter().enumerate().take(schema.features.len());
        terms.extend(singles.map(|(term, &code)| (code, entry(term, code))));
        for (pair, term) in schema.pairs.iter().zip(schema.features.len()..) {
            let code = pair.code(at(pair.a), at(pair.b));
            terms.push((code, entry(term, code)));
        }
        terms
            .iter()
            .fold(self.model.baseline().0, |sum, (_, entry)| {
                sum.wrapping_add(*entry)
            })
    }
}
