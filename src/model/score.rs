//! The score of one lead, kept as the sum that produced it.
//!
//! A linear model needs no second explanation: its terms *are* the score. So
//! this room computes terms and adds them up, and whoever holds a [`Score`]
//! holds the reasons for it too. A batch goes column by column, but through
//! the same entries: the explanation is the computation.
//!
//! Pure: no disk, no clock, no randomness. Same model, same row, same bits.

use rayon::prelude::*;

use super::document::Model;
use crate::features::{Codes, Pair};
use crate::odds::{LogOdds, ONE};

/// Rows that one task scores.
const CHUNK: usize = 1 << 13;

/// One term of a score: the code that the lead has, and what the model's table says of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Term {
    /// The feature's code, or the pair's.
    pub code: u16,
    /// Its entry.
    pub contribution: LogOdds,
}

/// A score and its reasons: `log_odds` is the baseline plus the terms' contributions, exactly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Score {
    /// The sum.
    pub log_odds: LogOdds,
    /// Features, then pairs, in the schema's order.
    pub terms: Vec<Term>,
}

/// Codes that this model has no entry for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Another number of features than the schema has.
    #[error("{found} codes were given for {expected} features")]
    Features {
        /// Features of the schema.
        expected: usize,
        /// Codes given.
        found: usize,
    },
    /// A code is beyond its feature's.
    #[error("feature {feature} has no code {code}")]
    Code {
        /// The feature's position.
        feature: usize,
        /// The code given.
        code: u16,
    },
    /// The columns of a batch differ in length.
    #[error("the columns of a batch differ in length")]
    Ragged,
}

/// The scores of a batch, column by column.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scored {
    /// Each pair's codes, row by row.
    pub pairs: Vec<Vec<u8>>,
    /// Each row's sum.
    pub log_odds: Vec<LogOdds>,
}

impl Model {
    /// Scores one lead from its features' codes.
    pub fn score(&self, codes: &[u16]) -> Result<Score, Error> {
        let schema = self.schema();
        if codes.len() != schema.features.len() {
            return Err(Error::Features {
                expected: schema.features.len(),
                found: codes.len(),
            });
        }
        for (feature, &code) in codes.iter().enumerate() {
            if code as usize >= self.tables()[feature].len() {
                return Err(Error::Code { feature, code });
            }
        }
        let pairs = schema
            .pairs
            .iter()
            .map(|pair| pair.code(codes[pair.a], codes[pair.b]));
        let terms = codes.iter().copied().chain(pairs).zip(self.tables());
        let terms: Vec<Term> = terms
            .map(|(code, table)| Term {
                code,
                contribution: table[code as usize],
            })
            .collect();
        let log_odds = self.baseline() + terms.iter().map(|term| term.contribution).sum();
        Ok(Score { log_odds, terms })
    }

    /// Scores a batch: `codes` holds one column per feature, each with one code per row.
    ///
    /// The result is the same for any number of threads. A term's contribution is
    /// [`Model::contributions`] of its codes.
    pub fn score_batch(&self, codes: &[Codes]) -> Result<Scored, Error> {
        let schema = self.schema();
        if codes.len() != schema.features.len() {
            return Err(Error::Features {
                expected: schema.features.len(),
                found: codes.len(),
            });
        }
        let rows = codes.first().map_or(0, Codes::len);
        if codes.iter().any(|column| column.len() != rows) {
            return Err(Error::Ragged);
        }
        for (feature, column) in codes.iter().enumerate() {
            let most = most(column);
            if rows > 0 && most as usize >= self.tables()[feature].len() {
                return Err(Error::Code {
                    feature,
                    code: most,
                });
            }
        }
        let looks: Vec<Look> = schema.pairs.iter().map(Look::new).collect();
        let pairs: Vec<Vec<u8>> = schema
            .pairs
            .par_iter()
            .zip(&looks)
            .map(|(pair, look)| look.codes(&codes[pair.a], &codes[pair.b]))
            .collect();
        let mut log_odds = vec![self.baseline(); rows];
        log_odds
            .par_chunks_mut(CHUNK)
            .enumerate()
            .for_each(|(chunk, sums)| {
                let from = chunk * CHUNK;
                let (features, paired) = self.tables().split_at(codes.len());
                for (column, table) in codes.iter().zip(features) {
                    match column {
                        Codes::Narrow(column) => add(sums, &column[from..], table),
                        Codes::Wide(column) => add(sums, &column[from..], table),
                    }
                }
                for (column, table) in pairs.iter().zip(paired) {
                    add(sums, &column[from..], table);
                }
            });
        Ok(Scored { pairs, log_odds })
    }

    /// The contribution of each row's code of one term: what a score file's `c.<term>` column holds,
    /// exactly (an integer over 2²⁰).
    #[must_use]
    pub fn contributions(&self, term: usize, codes: &Codes) -> Vec<f64> {
        let table: Vec<f64> = self.tables()[term]
            .iter()
            .map(|entry| f64::from(entry.0) / f64::from(ONE))
            .collect();
        match codes {
            Codes::Narrow(codes) => codes
                .par_iter()
                .with_min_len(CHUNK)
                .map(|&code| table[code as usize])
                .collect(),
            Codes::Wide(codes) => codes
                .par_iter()
                .with_min_len(CHUNK)
                .map(|&code| table[code as usize])
                .collect(),
        }
    }
}

fn add<C: Copy + Into<u16>>(sums: &mut [LogOdds], codes: &[C], table: &[LogOdds]) {
    for (sum, &code) in sums.iter_mut().zip(codes) {
        sum.0 += table[code.into() as usize].0;
    }
}

fn most(codes: &Codes) -> u16 {
    match codes {
        Codes::Narrow(codes) => codes
            .par_iter()
            .with_min_len(CHUNK)
            .copied()
            .max()
            .unwrap_or(0)
            .into(),
        Codes::Wide(codes) => codes
            .par_iter()
            .with_min_len(CHUNK)
            .copied()
            .max()
            .unwrap_or(0),
    }
}

/// A pair's code as two look-ups and a sum: a side without a coarse code lands beyond the last
/// cell, where every sum means "none".
pub(crate) struct Look {
    a: Vec<u8>,
    b: Vec<u8>,
    none: u8,
}

impl Look {
    pub(crate) fn new(pair: &Pair) -> Self {
        // At most 8 × 8 cells: a cell is under 64, "none" is at most 64, and two sides of "none" sum to 128.
        let none = (pair.codes() - 1) as u8;
        let width = pair.width_b() as u8;
        let a = pair
            .coarse_a
            .iter()
            .map(|code| code.map_or(none, |code| code * width))
            .collect();
        let b = pair
            .coarse_b
            .iter()
            .map(|code| code.unwrap_or(none))
            .collect();
        Self { a, b, none }
    }

    /// The pair's code of each row.
    pub(crate) fn codes(&self, a: &Codes, b: &Codes) -> Vec<u8> {
        match (a, b) {
            (Codes::Narrow(a), Codes::Narrow(b)) => self.rows(a, b),
            (Codes::Narrow(a), Codes::Wide(b)) => self.rows(a, b),
            (Codes::Wide(a), Codes::Narrow(b)) => self.rows(a, b),
            (Codes::Wide(a), Codes::Wide(b)) => self.rows(a, b),
        }
    }

    fn rows<A: Copy + Into<u16> + Sync, B: Copy + Into<u16> + Sync>(
        &self,
        a: &[A],
        b: &[B],
    ) -> Vec<u8> {
        let mut codes = vec![0; a.len()];
        codes
            .par_chunks_mut(CHUNK)
            .zip(a.par_chunks(CHUNK).zip(b.par_chunks(CHUNK)))
            .for_each(|(codes, (a, b))| {
                for (code, (&a, &b)) in codes.iter_mut().zip(a.iter().zip(b)) {
                    *code = (self.a[a.into() as usize] + self.b[b.into() as usize]).min(self.none);
                }
            });
        codes
    }
}
