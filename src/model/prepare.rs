//! Training rows as codes, with everything that was learned on them and on nothing else.

use std::sync::Arc;

use rayon::prelude::*;

use super::examples::Examples;
use super::fit::{self, Basis, Coded, Coding, Descent};
use super::pairs::{Coarse, Ranked, coarse, rank};
use super::people::People;
use super::score::Look;
use super::select::{ROUGH, Task};
use super::train::Error;
use crate::features::{Codes, Feature, NamedColumn, Pair, encode, encode_rows, learn};

/// Folds of the residuals by which pairs are ranked.
const RESIDUAL_FOLDS: u32 = 3;

/// Fits of more rows than this begin on a sample of them: one row in so many.
const SAMPLED: usize = 1 << 17;
const ONE_IN: u16 = 16;

/// Training rows as codes, with what the codes mean.
pub(crate) struct Prepared {
    pub features: Vec<Feature>,
    pub codes: Vec<Arc<Codes>>,
    pub outcome: Arc<Vec<bool>>,
    pub rows: Vec<u32>,
    /// Positions in `rows` to begin a fit on, where there are so many rows that it pays.
    sample: Vec<u32>,
    /// Rows by feature and code, and of them won.
    pub counts: Vec<Vec<u64>>,
    pub won: Vec<Vec<u64>>,
    pub coarse: Vec<Coarse>,
    min_people: u32,
}

impl Prepared {
    /// Learns the features on these rows and encodes them.
    pub fn new(task: &Task<'_>, rows: &[u32]) -> Result<Self, Error> {
        let columns: Vec<_> = task
            .features
            .iter()
            .map(|&at| &task.examples.features[at])
            .collect();
        let named: Vec<NamedColumn<'_>> = columns
            .iter()
            .map(|it| NamedColumn {
                name: &it.name,
                column: &it.column,
            })
            .collect();
        let features = learn(&named, rows, &task.learn)?.features;
        let outcome: Vec<bool> = rows
            .par_iter()
            .map(|&row| task.examples.outcome[row as usize])
            .collect();
        let whole = rows
            .iter()
            .copied()
            .eq(0..task.examples.outcome.len() as u32);
        let encoded = features.par_iter().zip(&columns).map(|(feature, example)| {
            let codes = if whole {
                encode(&example.column, &feature.shape)?
            } else {
                encode_rows(&example.column, &feature.shape, rows)?
            };
            let (counts, won) = codes.outcomes(&outcome, feature.shape.codes());
            Ok(((Arc::new(codes), counts), won))
        });
        let encoded = encoded.collect::<Result<Vec<_>, Error>>()?;
        let ((codes, counts), won): ((Vec<_>, Vec<_>), Vec<_>) = encoded.into_iter().unzip();
        let min_people = task.learn.min_people;
        let coarse = features
            .iter()
            .zip(&counts)
            .zip(&won)
            .map(|((feature, count), won)| coarse(&feature.shape, count, won, min_people))
            .collect();
        Ok(Self {
            features,
            codes,
            outcome: Arc::new(outcome),
            rows: rows.to_vec(),
            sample: sample(task.examples, rows),
            counts,
            won,
            coarse,
            min_people,
        })
    }

    /// The schema's pairs for these positions.
    pub fn pairs(&self, positions: &[(usize, usize)]) -> Vec<Pair> {
        let pair = |&(a, b): &(usize, usize)| Pair {
            a,
            b,
            coarse_a: self.coarse[a].clone(),
            coarse_b: self.coarse[b].clone(),
        };
        positions
            .iter()
            .filter(|(a, b)| {
                [a, b]
                    .iter()
                    .all(|side| self.coarse[**side].iter().any(Option::is_some))
            })
            .map(pair)
            .collect()
    }

    /// The design with these pairs.
    pub fn coded(&self, pairs: &[Pair]) -> Coded {
        let main = self.features.iter().zip(&self.codes).zip(&self.counts).map(
            |((feature, codes), counts)| Coding {
                codes: Arc::clone(codes),
                basis: Basis::of_feature(&feature.shape, counts, self.min_people),
            },
        );
        let paired = pairs.par_iter().map(|pair| {
            let codes =
                Codes::Narrow(Look::new(pair).codes(&self.codes[pair.a], &self.codes[pair.b]));
            let basis = Basis::of_pair(&codes.counts(pair.codes()), self.min_people);
            Coding {
                codes: Arc::new(codes),
                basis,
            }
        });
        let mut terms: Vec<Coding> = main.collect();
        terms.extend(paired.collect::<Vec<_>>());
        Coded::new(terms, Arc::clone(&self.outcome))
    }

    /// Where to begin a fit of this design at this strength: near the optimum of a sample, where there are many rows.
    pub fn beginning(&self, coded: &Coded, strength: f64) -> Descent {
        let mut descent = Descent::from(coded.start());
        if !self.sample.is_empty() {
            let part = coded.subset(&self.sample);
            // A sample without an optimum (one outcome only, say) is no beginning; the fit of all rows will say why.
            // Its Hessian stays behind: it is too rough to be worth a pass over all rows.
            if let Ok(near) = descent.approach(&part, strength, ROUGH) {
                return Descent::from(near.theta);
            }
            return Descent::from(coded.start());
        }
        descent
    }

    /// Ranks all pairs by what they would add to main effects of this strength.
    pub fn rank(&self, people: &People, strength: f64) -> Result<Vec<Ranked>, Error> {
        const UNIT: f64 = (1u64 << 32) as f64;
        let coded = self.coded(&[]);
        let dealt = people.deal(&self.rows, &self.outcome, RESIDUAL_FOLDS);
        let mut whole = self.beginning(&coded, strength);
        whole.approach(&coded, strength, ROUGH)?;
        let share = 1.0 - 1.0 / f64::from(RESIDUAL_FOLDS);
        let folds = (0..RESIDUAL_FOLDS).into_par_iter().map(|fold| {
            let (out, fitted): (Vec<u32>, Vec<u32>) =
                (0..self.rows.len() as u32).partition(|&row| dealt[row as usize] == fold);
            let part = coded.subset(&fitted);
            let mut descent = whole.clone().on_more_rows(share);
            let theta = descent.approach(&part, strength, ROUGH)?.theta;
            let eta = coded.subset(&out).log_odds(&theta);
            Ok(out.into_iter().zip(eta).collect::<Vec<_>>())
        });
        let (mut residuals, mut weights) =
            (vec![0i64; self.rows.len()], vec![0u32; self.rows.len()]);
        for (row, eta) in folds
            .collect::<Result<Vec<_>, fit::Error>>()?
            .into_iter()
            .flatten()
        {
            let p = crate::odds::sigmoid(eta);
            let won = f64::from(u8::from(self.outcome[row as usize]));
            residuals[row as usize] = ((won - p) * UNIT).round_ties_even() as i64;
            weights[row as usize] = (p * (1.0 - p) * UNIT).round_ties_even() as u32;
        }
        Ok(rank(
            &self.codes,
            &self.coarse,
            &residuals,
            &weights,
            self.min_people,
        ))
    }
}

/// One row in sixteen, by the keys of whoever stands behind it: whatever the order of rows, and whatever they say.
fn sample(examples: &Examples, rows: &[u32]) -> Vec<u32> {
    if rows.len() <= SAMPLED {
        return Vec::new();
    }
    let taken = |key: &[u8; 32]| u16::from_be_bytes([key[0], key[1]]) < u16::MAX / ONE_IN;
    (0..rows.len() as u32)
        .into_par_iter()
        .filter(|&at| taken(&examples.keys[rows[at as usize] as usize]))
        .collect()
}
