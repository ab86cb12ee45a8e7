//! The leaves of a block of predictions: their records written column by column, then hashed row by row.
//!
//! A night hashes millions of records that differ in their values alone: every
//! field stands at the same place in each, so that a column of codes is looked
//! up and laid down in one go. What is hashed is byte for byte what
//! [`super::record::Prediction::encode`] says; a test holds the two together.

use std::array;

use super::Replay;
use super::error::Error;
use super::record::HEAD;
use super::salt::Salt;
use super::tree::Hash;
use crate::digest::{LANES, sha256_together};
use crate::form::{Filing, Filled};
use crate::odds::LogOdds;

/// Some rows of predictions that follow each other in a segment, column by column.
pub(super) struct Rows<'a> {
    /// The segment.
    pub segment: &'a [u8; 16],
    /// The number of the first row.
    pub first: u32,
    /// Whom each row is about.
    pub pseudonyms: &'a [[u8; 16]],
    /// Legal bases.
    pub basis: &'a [u16],
    /// Outcomes.
    pub outcomes: &'a [u16],
    /// A slice for each feature.
    pub codes: &'a [&'a [u16]],
    /// Facts.
    pub facts: &'a Filing,
    /// What each row fills in; empty where nobody has facts.
    pub filled: &'a [Filled],
}

/// Bytes of a leaf before its record: `0x00 ‖ salt`.
const BEFORE: usize = 17;

impl Rows<'_> {
    /// The hash of each row's leaf under its salt; `replay` is the model that scored them, refusals have none.
    pub fn leaves(&self, salts: &[Salt], replay: Option<&dyn Replay>) -> Result<Vec<Hash>, Error> {
        let rows = self.pseudonyms.len();
        let widths = replay.map_or(&[][..], Replay::widths);
        let count =
            u16::try_from(widths.len()).map_err(|_| Error::Record("more than 65535 terms"))?;
        let codes: usize = widths.iter().sum();
        let stride = BEFORE + HEAD + codes + 4 * widths.len() + 2;
        let mut bytes = vec![0; rows * stride];
        let mut log_odds = vec![0; rows];
        if let Some(replay) = replay {
            let mut code_at = BEFORE + HEAD;
            let mut entry_at = code_at + codes;
            let mut fits = true;
            let mut widths = widths.iter();
            replay.replay_columns(self.codes, &mut log_odds, &mut |terms| {
                let wide = widths.next().is_some_and(|width| *width == 2);
                for (row, &(code, entry)) in bytes.chunks_exact_mut(stride).zip(terms) {
                    let [high, low] = code.to_be_bytes();
                    if wide {
                        row[code_at..code_at + 2].copy_from_slice(&[high, low]);
                    } else {
                        fits &= high == 0;
                        row[code_at] = low;
                    }
                    row[entry_at..entry_at + 4].copy_from_slice(&entry.to_be_bytes());
                }
                code_at += 1 + usize::from(wide);
                entry_at += 4;
            });
            if !fits {
                return Err(Error::Record("a code does not fit its width"));
            }
        }
        let mut leaves = Vec::with_capacity(rows);
        let mut messages: [Vec<u8>; LANES] = array::from_fn(|_| Vec::with_capacity(stride + 512));
        let mut lane = 0;
        for (at, (row, salt)) in bytes.chunks_exact_mut(stride).zip(salts).enumerate() {
            let score = if replay.is_some() {
                LogOdds(log_odds[at]).score().ppm()
            } else {
                0
            };
            row[1..17].copy_from_slice(salt);
            row[17..21].copy_from_slice(b"PBR1");
            row[21..37].copy_from_slice(self.segment);
            row[37..41].copy_from_slice(&(self.first + at as u32).to_be_bytes());
            row[41..57].copy_from_slice(&self.pseudonyms[at]);
            row[57] = self.basis[at] as u8;
            row[58] = self.outcomes[at] as u8;
            row[59..63].copy_from_slice(&log_odds[at].to_be_bytes());
            row[63..67].copy_from_slice(&score.to_be_bytes());
            row[67..69].copy_from_slice(&count.to_be_bytes());
            let message = &mut messages[lane];
            message.clear();
            message.extend_from_slice(row);
            if let Some(filled) = self.filled.get(at) {
                self.facts.fill_in(filled, message);
                let length = u16::try_from(message.len() - stride)
                    .map_err(|_| Error::Record("facts longer than 65535 bytes"))?;
                message[stride - 2..stride].copy_from_slice(&length.to_be_bytes());
            }
            lane += 1;
            if lane == LANES || at + 1 == rows {
                leaves.extend_from_slice(&sha256_together(&mut messages)[..lane]);
                lane = 0;
            }
        }
        Ok(leaves)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::record::{Facts, Prediction, Term};
    use crate::ledger::tree;

    /// Two features, one of them wide, and a pair.
    struct Toy;

    impl Replay for Toy {
        fn features(&self) -> usize {
            2
        }

        fn widths(&self) -> &[usize] {
            &[1, 2, 1]
        }

        fn replay(&self, features: &[u16], terms: &mut Vec<(u16, i32)>) -> i32 {
            let [a, b] = features[..] else { return 0 };
            let entry = |code: u16| i32::from(code) * 1000 - 70_000;
            *terms = [a, b, a % 7].map(|code| (code, entry(code))).to_vec();
            terms.iter().map(|(_, entry)| entry).sum()
        }
    }

    #[test]
    fn leaves_are_those_of_the_records_that_are_read_back() {
        let facts: [&[u8]; 3] = [b"", b"audience=pro\n", b""];
        let filing = Filing::verbatim(facts);
        let (narrow, broad) = ([0, 255, 7], [0, 256, 65_535]);
        let rows = Rows {
            segment: &[9; 16],
            first: 41,
            pseudonyms: &[[1; 16], [2; 16], [3; 16]],
            basis: &[1, 2, 255],
            outcomes: &[0, 3, 255],
            codes: &[&narrow, &broad],
            facts: &filing,
            filled: &filing.rows,
        };
        let salts = [[4; 16], [5; 16], [6; 16]];
        for replay in [Some(&Toy as &dyn Replay), None] {
            let leaves = rows.leaves(&salts, replay).unwrap();
            for at in 0..3 {
                let mut terms = Vec::new();
                let codes = [narrow[at], broad[at]];
                let log_odds = replay.map_or(0, |toy| toy.replay(&codes, &mut terms));
                let record = Prediction {
                    segment: [9; 16],
                    row: 41 + at as u32,
                    pseudonym: rows.pseudonyms[at],
                    basis: rows.basis[at] as u8,
                    outcome: rows.outcomes[at] as u8,
                    log_odds,
                    score: replay.map_or(0, |_| LogOdds(log_odds).score().ppm()),
                    terms: terms
                        .iter()
                        .map(|&(code, contribution)| Term { code, contribution })
                        .collect(),
                    facts: Facts::parse(facts[at]).unwrap(),
                };
                let record = record.encode(Toy.widths()).unwrap();
                assert_eq!(leaves[at], tree::leaf(&[&salts[at], &record]), "row {at}");
            }
        }
    }

    #[test]
    fn a_code_that_does_not_fit_is_refused() {
        let rows = Rows {
            segment: &[9; 16],
            first: 0,
            pseudonyms: &[[1; 16]],
            basis: &[1],
            outcomes: &[0],
            codes: &[&[256], &[0]],
            facts: &Filing::default(),
            filled: &[],
        };
        assert!(rows.leaves(&[[0; 16]], Some(&Toy)).is_err());
    }
}
