//! Strength and pairs by cross-validation, the whole procedure repeated in every fold.
//!
//! Bins, coarse codes and the ranking of pairs are learned inside each training
//! fold: what a fold's rows are judged by never saw them. Losses are summed as
//! integers, so the choice depends neither on the order of rows nor on threads.

use std::sync::Arc;

use rayon::prelude::*;

use super::examples::Examples;
use super::findings::Tried;
use super::fit::{Coded, Coding, Descent};
use super::pairs::Ranked;
use super::people::People;
use super::prepare::Prepared;
use super::score::Look;
use super::split::Fold;
use super::train::Error;
use crate::features::{Codes, LearnSettings, encode_rows};

/// The strengths tried, in thirds of a decade or so.
const STRENGTHS: [f64; 8] = [300.0, 100.0, 30.0, 10.0, 3.0, 1.0, 0.3, 0.1];

/// Where there is time, the future may look less like the past than a random fold does.
const STRONGER: [f64; 4] = [30_000.0, 10_000.0, 3_000.0, 1_000.0];

/// ‖∇‖∞ / n of the fits that only choose: their losses are right to seven digits.
pub(crate) const ROUGH: f64 = 1e-6;

/// Strengths in a row that may be worse than the one before.
const PATIENCE: usize = 2;

/// How pairs are come by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Candidates {
    /// None.
    Off,
    /// By rank, as many as cross-validation gains from.
    Ranked,
    /// These positions of features.
    Listed(Vec<(usize, usize)>),
}

/// What a selection is made from.
#[derive(Clone, Copy)]
pub(crate) struct Task<'a> {
    pub examples: &'a Examples,
    /// Positions of the features that take part.
    pub features: &'a [usize],
    pub people: &'a People,
    pub learn: LearnSettings,
    pub candidates: &'a Candidates,
    pub one_standard_error: bool,
}

/// What cross-validation chose.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Choice {
    /// λ.
    pub strength: f64,
    /// λ of the main effects alone, by which pairs are ranked.
    pub additive_strength: f64,
    /// How many of the best pairs are kept.
    pub pairs: usize,
    /// Everything that was tried, in order.
    pub tried: Vec<Tried>,
}

/// One fold, ready to be fitted at any strength.
pub(crate) struct Ready<'a> {
    prepared: &'a Prepared,
    pub train: Coded,
    /// The judged rows under the training rows' bases.
    pub valid: Coded,
    /// Where the last strength ended.
    descent: Option<Descent>,
}

impl<'a> Ready<'a> {
    pub fn new(prepared: &'a Prepared, held_out: &HeldOut, positions: &[(usize, usize)]) -> Self {
        let pairs = prepared.pairs(positions);
        let train = prepared.coded(&pairs);
        let mut codes = held_out.codes.clone();
        for pair in &pairs {
            codes.push(Arc::new(Codes::Narrow(
                Look::new(pair).codes(&held_out.codes[pair.a], &held_out.codes[pair.b]),
            )));
        }
        let terms = codes.into_iter().zip(&train.terms);
        let terms = terms.map(|(codes, term)| Coding {
            codes,
            basis: term.basis.clone(),
        });
        Self {
            prepared,
            valid: Coded::new(terms.collect(), Arc::clone(&held_out.outcome)),
            train,
            descent: None,
        }
    }

    /// Mean log-loss of the judged rows at this strength, begun where the one before ended.
    fn judge(&mut self, strength: f64) -> Result<f64, Error> {
        let descent = self
            .descent
            .get_or_insert_with(|| self.prepared.beginning(&self.train, strength));
        let theta = descent.approach(&self.train, strength, ROUGH)?.theta;
        Ok(self.valid.mean_loss(&theta))
    }
}

/// The judged rows of a fold, under the training rows' schema.
pub(crate) struct HeldOut {
    codes: Vec<Arc<Codes>>,
    outcome: Arc<Vec<bool>>,
}

impl HeldOut {
    pub fn new(task: &Task<'_>, prepared: &Prepared, rows: &[u32]) -> Result<Self, Error> {
        let codes = prepared
            .features
            .par_iter()
            .zip(task.features)
            .map(|(feature, &at)| {
                let column = &task.examples.features[at].column;
                Ok(Arc::new(encode_rows(column, &feature.shape, rows)?))
            });
        let outcome = rows.iter().map(|&row| task.examples.outcome[row as usize]);
        Ok(Self {
            codes: codes.collect::<Result<_, Error>>()?,
            outcome: Arc::new(outcome.collect()),
        })
    }
}

/// Chooses strength and number of pairs by the mean log-loss over `folds`.
pub(crate) fn choose(
    task: &Task<'_>,
    folds: &[Fold],
    timed: bool,
    done: &(dyn Fn(&Tried) + Sync),
) -> Result<Choice, Error> {
    let prepared = folds.par_iter().map(|fold| {
        let prepared = Prepared::new(task, &fold.train)?;
        let held_out = HeldOut::new(task, &prepared, &fold.valid)?;
        Ok((prepared, held_out))
    });
    let prepared = prepared.collect::<Result<Vec<_>, Error>>()?;
    let mut strengths = if timed { STRONGER.to_vec() } else { Vec::new() };
    strengths.extend(STRENGTHS);
    let mut tried = Vec::new();
    let run = |positions: &[Vec<(usize, usize)>],
               pairs: usize,
               tried: &mut Vec<Tried>|
     -> Result<Tried, Error> {
        let mut ready: Vec<Ready<'_>> = prepared
            .par_iter()
            .zip(positions)
            .map(|((prepared, held_out), positions)| Ready::new(prepared, held_out, positions))
            .collect();
        let path = path(&mut ready, &strengths, pairs, PATIENCE, done)?;
        let best = best(&path, task.one_standard_error);
        tried.extend(path);
        Ok(best)
    };
    let none = vec![Vec::new(); prepared.len()];
    if let Candidates::Listed(listed) = task.candidates {
        let additive = run(&none, 0, &mut tried)?;
        let chosen = if listed.is_empty() {
            additive.clone()
        } else {
            run(
                &vec![listed.clone(); prepared.len()],
                listed.len(),
                &mut tried,
            )?
        };
        return Ok(Choice {
            strength: chosen.strength,
            additive_strength: additive.strength,
            pairs: listed.len(),
            tried,
        });
    }
    let additive = run(&none, 0, &mut tried)?;
    let mut chosen = additive.clone();
    if *task.candidates == Candidates::Ranked {
        let ranked = prepared
            .par_iter()
            .map(|(prepared, _)| prepared.rank(task.people, additive.strength))
            .collect::<Result<Vec<_>, _>>()?;
        for count in [10, 20] {
            let positions: Vec<_> = ranked.iter().map(|ranked| top(ranked, count)).collect();
            if positions
                .iter()
                .all(|positions| positions.len() + 10 <= count)
            {
                break; // no fold has that many pairs that gain anything
            }
            let with = run(&positions, count, &mut tried)?;
            if with.log_loss >= chosen.log_loss {
                break;
            }
            chosen = with;
        }
    }
    Ok(Choice {
        strength: chosen.strength,
        additive_strength: additive.strength,
        pairs: chosen.pairs,
        tried,
    })
}

/// The mean log-loss over `folds` at each of these strengths, without pairs.
pub(crate) fn tried(
    task: &Task<'_>,
    folds: &[Fold],
    strengths: &[f64],
) -> Result<Vec<Tried>, Error> {
    let ready = folds.par_iter().map(|fold| {
        let prepared = Prepared::new(task, &fold.train)?;
        let held_out = HeldOut::new(task, &prepared, &fold.valid)?;
        Ok((prepared, held_out))
    });
    let ready = ready.collect::<Result<Vec<_>, Error>>()?;
    let mut ready: Vec<Ready<'_>> = ready
        .par_iter()
        .map(|(prepared, held_out)| Ready::new(prepared, held_out, &[]))
        .collect();
    path(&mut ready, strengths, 0, usize::MAX, &|_| ())
}

/// The positions of the first `count` pairs that gain anything.
pub(crate) fn top(ranked: &[Ranked], count: usize) -> Vec<(usize, usize)> {
    ranked
        .iter()
        .take(count)
        .filter(|pair| pair.gain > 0.0)
        .map(|pair| (pair.a, pair.b))
        .collect()
}

/// Fits every fold from the strongest smoothing to the weakest, and stops after so many worsenings in a row.
fn path(
    ready: &mut [Ready<'_>],
    strengths: &[f64],
    pairs: usize,
    patience: usize,
    done: &(dyn Fn(&Tried) + Sync),
) -> Result<Vec<Tried>, Error> {
    let mut path: Vec<Tried> = Vec::new();
    let mut worse = 0;
    for &strength in strengths {
        let losses = ready
            .par_iter_mut()
            .map(|fold| fold.judge(strength))
            .collect::<Result<Vec<f64>, Error>>()?;
        let folds = losses.len() as f64;
        let mean = losses.iter().sum::<f64>() / folds;
        let spread = losses
            .iter()
            .map(|loss| (loss - mean) * (loss - mean))
            .sum::<f64>();
        let here = Tried {
            strength,
            pairs,
            log_loss: mean,
            standard_error: (spread / (folds - 1.0).max(1.0) / folds).sqrt(),
        };
        done(&here);
        worse = if path
            .last()
            .is_some_and(|last| here.log_loss > last.log_loss)
        {
            worse + 1
        } else {
            0
        };
        path.push(here);
        if worse == patience {
            break;
        }
    }
    Ok(path)
}

/// The least loss, or the strongest smoothing within one standard error of it; ties go to the stronger.
fn best(path: &[Tried], one_standard_error: bool) -> Tried {
    let least = path
        .iter()
        .min_by(|x, y| x.log_loss.total_cmp(&y.log_loss))
        .expect("at least one strength was tried");
    let limit = least.log_loss
        + if one_standard_error {
            least.standard_error
        } else {
            0.0
        };
    path.iter()
        .find(|tried| tried.log_loss <= limit)
        .unwrap_or(least)
        .clone()
}
