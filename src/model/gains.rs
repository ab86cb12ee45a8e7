//! What each feature adds to the order of leads: the area under the ROC curve with it, less the area without it.
//!
//! The additive model is fitted on a fold's rows with all the features, then
//! again without each; both put the rows that the fold held out in order. Two
//! models that judge the same people err together, so the error of a gain is
//! that of the difference, by person (`DeLong` et al. 1988, for clusters Obuchowski
//! 1997): much less than the error of either area. Sums are of integers, in an
//! order that people give: no order of rows and no number of threads shows.

use rayon::prelude::*;

use super::findings::Gain;
use super::people::People;
use super::prepare::Prepared;
use super::select::{HeldOut, ROUGH, Ready, Task};
use super::split::Fold;
use super::train::Error;

/// What the features add together and each, out of sample.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Gains {
    /// The mean area with all the features.
    pub roc_auc: f64,
    /// By feature.
    pub gains: Vec<Gain>,
}

/// The gains at this strength, judged on these folds.
pub(crate) fn gains(task: &Task<'_>, folds: &[Fold], strength: f64) -> Result<Gains, Error> {
    let judged = folds.par_iter().map(|fold| judge(task, fold, strength));
    let judged = judged.collect::<Result<Vec<Judged>, Error>>()?;
    let folds = judged.len() as f64;
    let gain = |feature: usize| {
        let of = || judged.iter().map(|fold| fold.drops[feature]);
        let value = of().map(|it| it.difference).sum::<f64>() / folds;
        let by_people = of().map(|it| it.variance).sum::<f64>() / (folds * folds);
        let apart = of().map(|it| (it.difference - value) * (it.difference - value));
        let by_folds = apart.sum::<f64>() / (folds - 1.0).max(1.0) / folds;
        // Folds also differ by what was fitted; where they differ more than people explain, they are believed.
        let error = by_people.max(by_folds).sqrt();
        Gain { value, error }
    };
    Ok(Gains {
        roc_auc: judged.iter().map(|fold| fold.area).sum::<f64>() / folds,
        gains: (0..task.features.len()).map(gain).collect(),
    })
}

/// One fold's areas.
struct Judged {
    area: f64,
    drops: Vec<Drop>,
}

/// How much less the area is without a feature.
#[derive(Clone, Copy)]
struct Drop {
    difference: f64,
    variance: f64,
}

fn judge(task: &Task<'_>, fold: &Fold, strength: f64) -> Result<Judged, Error> {
    let prepared = Prepared::new(task, &fold.train)?;
    let held_out = HeldOut::new(task, &prepared, &fold.valid)?;
    let Ready { train, valid, .. } = Ready::new(&prepared, &held_out, &[]);
    let mut whole = prepared.beginning(&train, strength);
    let theta = whole.approach(&train, strength, ROUGH)?.theta;
    let scale = Scale::new(task.people, fold, &valid.outcome);
    let with = scale.places(&valid.log_odds(&theta));
    let mut drops = Vec::with_capacity(task.features.len());
    let mut columns = 1;
    for (at, term) in train.terms.iter().enumerate() {
        let own = columns..columns + term.basis.columns();
        columns = own.end;
        let less = train.without(at);
        let theta = whole.without(own).approach(&less, strength, ROUGH)?.theta;
        let without = scale.places(&valid.without(at).log_odds(&theta));
        drops.push(scale.drop(&with, &without));
    }
    Ok(Judged {
        area: scale.area(&with),
        drops,
    })
}

/// The judged rows: who won, and who stands behind them.
struct Scale<'a> {
    outcome: &'a [bool],
    won: f64,
    lost: f64,
    /// By row.
    person: Vec<u32>,
    /// Rows won and lost of each person; none of whoever has no row here.
    rows: Vec<(u32, u32)>,
    /// Persons with a row here.
    persons: f64,
}

impl<'a> Scale<'a> {
    fn new(people: &People, fold: &Fold, outcome: &'a [bool]) -> Self {
        let person: Vec<u32> = fold.valid.iter().map(|&row| people.of(row)).collect();
        let most = person.iter().max().map_or(0, |&most| most as usize + 1);
        let mut rows = vec![(0, 0); most];
        for (&person, &won) in person.iter().zip(outcome) {
            let (w, l) = &mut rows[person as usize];
            *(if won { w } else { l }) += 1;
        }
        let won = outcome.iter().filter(|&&won| won).count();
        Self {
            outcome,
            won: won as f64,
            lost: (outcome.len() - won) as f64,
            person,
            persons: rows.iter().filter(|rows| **rows != (0, 0)).count() as f64,
            rows,
        }
    }

    /// Twice the rows of the other outcome that each row stands on the right side of; a tie counts half.
    fn places(&self, log_odds: &[f64]) -> Vec<i64> {
        let mut order: Vec<u32> = (0..log_odds.len() as u32).collect();
        let value = |row: u32| log_odds[row as usize] + 0.0;
        order.par_sort_unstable_by(|&a, &b| value(a).total_cmp(&value(b)));
        let (all_won, mut won, mut lost) = (self.won as i64, 0, 0);
        let mut places = vec![0; log_odds.len()];
        for tied in order.chunk_by(|&a, &b| value(a).to_bits() == value(b).to_bits()) {
            let here = tied.iter().filter(|&&row| self.outcome[row as usize]);
            let w = here.count() as i64;
            let l = tied.len() as i64 - w;
            for &row in tied {
                places[row as usize] = if self.outcome[row as usize] {
                    2 * lost + l
                } else {
                    2 * (all_won - won - w) + w
                };
            }
            (won, lost) = (won + w, lost + l);
        }
        places
    }

    /// The area under the ROC curve.
    fn area(&self, places: &[i64]) -> f64 {
        let right = places.iter().zip(self.outcome).filter(|(_, won)| **won);
        right.map(|(place, _)| place).sum::<i64>() as f64 / (2.0 * self.won * self.lost)
    }

    /// The difference of two areas, and its variance: the sum of squares of what each person contributes to it.
    fn drop(&self, with: &[i64], without: &[i64]) -> Drop {
        let mut apart = vec![0i64; self.rows.len()];
        let mut all = 0;
        let rows = with.iter().zip(without).zip(&self.person);
        for (((with, without), &person), &won) in rows.zip(self.outcome) {
            let gained = with - without;
            apart[person as usize] += gained;
            all += if won { gained } else { 0 };
        }
        let pairs = 2.0 * self.won * self.lost;
        let all = all as f64;
        // In units of half a pair of rows, like `apart`.
        let (per_won, per_lost) = (all / self.won, all / self.lost);
        let contributed = apart.iter().zip(&self.rows).map(|(&apart, &(won, lost))| {
            let own = apart as f64 - f64::from(won) * per_won - f64::from(lost) * per_lost;
            let own = own / pairs;
            own * own
        });
        let squares: f64 = contributed.sum();
        Drop {
            difference: all / pairs,
            variance: squares * self.persons / (self.persons - 1.0).max(1.0),
        }
    }
}
