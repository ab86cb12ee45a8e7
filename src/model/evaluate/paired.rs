//! Several models on the same rows: each one's two main figures, and what ours has more of, draw by draw.

use rayon::prelude::*;

use super::{DRAWS, Judged, interval, times};
use crate::model::compared::Difference;
use crate::model::findings::Interval;

/// One rival's figures with their intervals, and ours less its.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Paired {
    /// Its area under the ROC curve.
    pub roc_auc: Interval,
    /// Its log-loss.
    pub log_loss: Interval,
    /// Ours less its.
    pub difference: Difference,
}

/// An area and a loss.
type Two = (f64, f64);

/// The people's losses under one model, beside its order of rows.
struct Drawn<'a> {
    judged: &'a Judged,
    /// By person, the sum over their rows.
    losses: Vec<f64>,
    /// By person, their rows.
    rows: Vec<f64>,
}

impl Judged {
    /// This model beside others that judged the same rows, people drawn as for [`Judged::metrics`].
    ///
    /// # Panics
    /// If another has not judged the same rows.
    #[must_use]
    pub fn beside(&self, others: &[&Self], seed: u64) -> Vec<Paired> {
        for other in others {
            assert!(
                other.rows.len() == self.rows.len() && other.people == self.people,
                "all judge the same rows"
            );
        }
        let all: Vec<Drawn<'_>> = std::iter::once(self)
            .chain(others.iter().copied())
            .map(Drawn::new)
            .collect();
        let here: Vec<Two> = all
            .iter()
            .map(|it| {
                let figures = it.judged.figures();
                (figures.roc_auc, figures.log_loss)
            })
            .collect();
        let draws: Vec<Vec<Two>> = (0..DRAWS)
            .into_par_iter()
            .map(|draw| {
                let times = times(seed, draw, self.people);
                all.iter().map(|it| it.figures(&times)).collect()
            })
            .collect();
        (1..all.len())
            .map(|at| {
                let over =
                    |of: &dyn Fn(&[Two]) -> f64| interval(of(&here), draws.iter().map(|it| of(it)));
                Paired {
                    roc_auc: over(&|it| it[at].0),
                    log_loss: over(&|it| it[at].1),
                    difference: Difference {
                        roc_auc: over(&|it| it[0].0 - it[at].0),
                        log_loss: over(&|it| it[0].1 - it[at].1),
                    },
                }
            })
            .collect()
    }
}

impl<'a> Drawn<'a> {
    fn new(judged: &'a Judged) -> Self {
        let mut losses = vec![0.0; judged.people as usize];
        let mut rows = vec![0.0; judged.people as usize];
        for &(group, won, person) in &judged.rows {
            let of = judged.losses[group as usize];
            losses[person as usize] += if won { of.0 } else { of.1 };
            rows[person as usize] += 1.0;
        }
        Self {
            judged,
            losses,
            rows,
        }
    }

    /// Area and loss where each person counts so many times.
    fn figures(&self, times: &[u32]) -> Two {
        let (mut area, mut lost, mut won) = (0.0, 0u64, 0u64);
        for group in self.judged.rows.chunk_by(|a, b| a.0 == b.0) {
            let (mut l, mut w) = (0u64, 0u64);
            for &(_, is_won, person) in group {
                let times = u64::from(times[person as usize]);
                if is_won {
                    w += times;
                } else {
                    l += times;
                }
            }
            area += l as f64 * (won as f64 + w as f64 / 2.0);
            lost += l;
            won += w;
        }
        let of_people = |of: &[f64]| {
            let each = of.iter().zip(times);
            each.map(|(value, &times)| value * f64::from(times))
                .sum::<f64>()
        };
        (
            area / (lost as f64 * won as f64),
            of_people(&self.losses) / of_people(&self.rows),
        )
    }
}
