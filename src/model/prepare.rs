//! Training rows as codes, with everything that was learned on them and on nothing else.

use rayon::prelude::*;

use super::fit::{self, Basis, Coded, Coding, newton};
use super::pairs::{Coarse, Ranked, coarse, rank};
use super::people::People;
use super::score::Look;
use super::select::{ROUGH, Task};
use super::train::Error;
use crate::features::{Codes, Feature, NamedColumn, Pair, encode, learn};

/// Folds of the residuals by which pairs are ranked.
const RESIDUAL_FOLDS: u32 = 3;

/// Training rows as codes, with what the codes mean.
pub(crate) struct Prepared {
    pub features: Vec<Feature>,
    pub codes: Vec<Codes>,
    pub outcome: Vec<bool>,
    pub rows: Vec<u32>,
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
            .iter()
            .map(|&row| task.examples.outcome[row as usize])
            .collect();
        let whole = rows.len() == task.examples.outcome.len();
        let encoded = features.par_iter().zip(&columns).map(|(feature, example)| {
            let codes = encode(&example.column, &feature.shape)?;
            let codes = if whole { codes } else { codes.select(rows) };
            let mut won = vec![0; feature.shape.codes()];
            (0..rows.len())
                .filter(|&row| outcome[row])
                .for_each(|row| won[codes.at(row) as usize] += 1);
            Ok((codes.counts(feature.shape.codes()), won, codes))
        });
        let encoded = encoded.collect::<Result<Vec<_>, Error>>()?;
        let rows: Vec<u32> = if whole {
            (0..rows.len() as u32).collect()
        } else {
            rows.to_vec()
        };
        let outcome = if whole {
            task.examples.outcome.clone()
        } else {
            outcome
        };
        let (mut codes, mut counts, mut won) = (Vec::new(), Vec::new(), Vec::new());
        for (held, count, wins) in encoded
            .into_iter()
            .map(|(count, wins, held)| (held, count, wins))
        {
            codes.push(held);
            counts.push(count);
            won.push(wins);
        }
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
            outcome,
            rows,
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
                codes: codes.clone(),
                basis: Basis::of_feature(&feature.shape, counts, self.min_people),
            },
        );
        let paired = pairs.par_iter().map(|pair| {
            let codes =
                Codes::Narrow(Look::new(pair).codes(&self.codes[pair.a], &self.codes[pair.b]));
            let basis = Basis::of_pair(&codes.counts(pair.codes()), self.min_people);
            Coding { codes, basis }
        });
        let mut terms: Vec<Coding> = main.collect();
        terms.extend(paired.collect::<Vec<_>>());
        Coded {
            terms,
            outcome: self.outcome.clone(),
        }
    }

    /// Ranks all pairs by what they would add to main effects of this strength.
    pub fn rank(&self, people: &People, strength: f64) -> Result<Vec<Ranked>, Error> {
        const UNIT: f64 = (1u64 << 32) as f64;
        let coded = self.coded(&[]);
        let dealt = people.deal(&self.rows, &self.outcome, RESIDUAL_FOLDS);
        let whole = newton(&coded, strength, coded.start(), ROUGH)?;
        let folds = (0..RESIDUAL_FOLDS).into_par_iter().map(|fold| {
            let (out, fitted): (Vec<u32>, Vec<u32>) =
                (0..self.rows.len() as u32).partition(|&row| dealt[row as usize] == fold);
            let part = coded.subset(&fitted);
            let theta = newton(&part, strength, whole.theta.clone(), ROUGH)?.theta;
            let eta = log_odds(&coded.subset(&out), &theta);
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

/// η of each row of a design.
pub(crate) fn log_odds(coded: &Coded, theta: &[f64]) -> Vec<f64> {
    let (intercept, tables) = coded.tables(theta);
    let mut eta = vec![intercept; coded.outcome.len()];
    for (term, table) in coded.terms.iter().zip(&tables) {
        fit::add_entries(&term.codes, 0, table, &mut eta);
    }
    eta
}
