//! The three reasons beside each score, in words, made once per model and looked up once per lead.

use crate::features::Schema;
use crate::lang::Lang;
use crate::odds::LogOdds;

use super::words::{cut, meaning, pair_meaning, plain, thousandths};

/// Every reason that a model can give, in words, by term and code.
///
/// A night has a million leads and a model has a few hundred entries: the words are written once.
#[derive(Clone, Debug)]
pub struct Reasons {
    words: Vec<Vec<String>>,
    /// The rank of each entry, by term and code: its size, then how early its words stand in the list of all; 0 for none.
    ranks: Vec<Vec<u64>>,
}

impl Reasons {
    /// Writes each table entry's reason: `Origine = Salon professionnel (+0,82)`.
    ///
    /// `tables` has one table per term of `schema`, features then pairs; `label` gives what people
    /// call a column. The letters are ones that Windows-1252 has, as far as the labels and levels are.
    #[must_use]
    pub fn new(
        schema: &Schema,
        tables: &[Vec<LogOdds>],
        label: &dyn Fn(&str) -> String,
        lang: Lang,
    ) -> Self {
        let words = tables
            .iter()
            .enumerate()
            .map(|(term, table)| {
                let title = term_label(schema, term, label);
                table
                    .iter()
                    .enumerate()
                    .map(|(code, &entry)| {
                        let what = plain(&term_meaning(schema, term, code as u16, lang));
                        let text =
                            format!("{title} = {} ({})", cut(&what, 60), hundredths(entry, lang));
                        text.replace('\u{202f}', "\u{a0}").replace('−', "-")
                    })
                    .collect()
            })
            .collect();
        Self::of(words, tables)
    }

    fn of(words: Vec<Vec<String>>, tables: &[Vec<LogOdds>]) -> Self {
        let mut next = 0u32;
        let ranks = tables
            .iter()
            .map(|table| {
                let ranked = table.iter().map(|entry| {
                    let (size, place) = (u64::from(entry.0.unsigned_abs()), next);
                    next += 1;
                    if size == 0 {
                        0
                    } else {
                        size << 32 | u64::from(!place)
                    }
                });
                ranked.collect()
            })
            .collect();
        Self { words, ranks }
    }

    /// Every reason, in one list that [`Reasons::top`] points into.
    #[must_use]
    pub fn all(&self) -> Vec<String> {
        self.words.concat()
    }

    /// Sets `top` to the places, in the list of all, of each row's three largest contributions that are not 0,
    /// largest first; `u32::MAX` where there are fewer.
    ///
    /// `codes` has one column per term, as long as each of `top`. Ties go to the earlier term, so that the same
    /// codes always give the same words.
    pub fn top(&self, codes: &[&[u16]], top: [&mut [u32]; 3]) {
        let rows = top[0].len();
        let mut best = vec![[0u64; 3]; rows];
        for (codes, ranks) in codes.iter().zip(&self.ranks) {
            for (best, &code) in best.iter_mut().zip(*codes) {
                // Each falls through to the next place down: no branch that a processor could guess wrong.
                let [first, second, third] = *best;
                let rank = ranks[usize::from(code)];
                let (first, rank) = (first.max(rank), first.min(rank));
                let (second, rank) = (second.max(rank), second.min(rank));
                *best = [first, second, third.max(rank)];
            }
        }
        for (place, top) in top.into_iter().enumerate() {
            for (top, best) in top.iter_mut().zip(&best) {
                *top = match best[place] {
                    0 => u32::MAX,
                    rank => !(rank as u32),
                };
            }
        }
    }
}

/// What people call a term: a column's label, or `A × B`.
#[must_use]
pub fn term_label(schema: &Schema, term: usize, label: &dyn Fn(&str) -> String) -> String {
    let name = |feature: usize| plain(&label(&schema.features[feature].name));
    match term.checked_sub(schema.features.len()) {
        None => name(term),
        Some(pair) => format!(
            "{} × {}",
            name(schema.pairs[pair].a),
            name(schema.pairs[pair].b)
        ),
    }
}

/// What a term's code means.
#[must_use]
pub fn term_meaning(schema: &Schema, term: usize, code: u16, lang: Lang) -> String {
    match term.checked_sub(schema.features.len()) {
        None => meaning(&schema.features[term].shape, code, lang),
        Some(pair) => pair_meaning(schema, &schema.pairs[pair], code, lang),
    }
}

/// Two decimals with a sign, as a score file has room for.
fn hundredths(entry: LogOdds, lang: Lang) -> String {
    let thousandths = thousandths(i64::from(entry.0));
    let sign = if entry < LogOdds(0) { '-' } else { '+' };
    format!(
        "{sign}{}",
        lang.decimal(thousandths.unsigned_abs() as f64 / 1000.0, 2)
    )
}
