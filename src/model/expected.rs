//! What scores promise by themselves: performance before any outcome is known.
//!
//! If a score of 30 % means that 30 in a hundred convert, the distribution of
//! the scores alone says how well they rank and what they cost: each lead
//! counts as converted in the share that its score gives. That is the
//! confidence-based estimation of performance; it is worth what the
//! calibration is worth, and cannot see that the world changed its mind.
//!
//! The figures are those of scikit-learn's `roc_auc_score`, `log_loss` and
//! `brier_score_loss` on every lead taken twice: won with the weight of its
//! score, lost with the weight of the rest.

use serde::{Deserialize, Serialize};

use crate::odds::Score;

/// Scores are parts per million: so many, and none.
const CELLS: usize = 1_000_001;

/// Leads by score: exact, in eight megabytes however many they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scores {
    counts: Vec<u64>,
    rows: u64,
}

/// What scores promise, if they are calibrated.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    /// The share that converts: the mean score.
    pub won: f64,
    /// Area under the ROC curve; of leads that all have one score, 0.5.
    pub roc_auc: f64,
    /// Mean negative log-likelihood, in nats.
    pub log_loss: f64,
    /// Mean squared error of the probability.
    pub brier: f64,
    /// The share that converts among the top tenth, over the share of all.
    pub lift_10: f64,
}

impl Default for Scores {
    fn default() -> Self {
        Self {
            counts: vec![0; CELLS],
            rows: 0,
        }
    }
}

impl Scores {
    /// One lead more.
    pub fn add(&mut self, score: Score) {
        self.counts[score.ppm() as usize] += 1;
        self.rows += 1;
    }

    /// Leads.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// The scores that somebody has, ascending, and how many have each.
    #[must_use]
    pub fn held(&self) -> impl DoubleEndedIterator<Item = (u32, u64)> + '_ {
        let counts = self.counts.iter().enumerate();
        counts.filter_map(|(ppm, &count)| (count > 0).then_some((ppm as u32, count)))
    }

    /// The leads in each cell: a cell holds the scores up to its edge, the last one all beyond the last edge.
    #[must_use]
    pub fn cells(&self, edges: &[u32]) -> Vec<u64> {
        let mut cells = vec![0; edges.len() + 1];
        for (ppm, count) in self.held() {
            cells[edges.partition_point(|&edge| edge < ppm)] += count;
        }
        cells
    }

    /// The edges of at most so many cells of about as many leads each, none of fewer than `least`.
    #[must_use]
    pub fn edges(&self, cells: u64, least: u64) -> Vec<u32> {
        let size = self.rows.div_ceil(cells.max(1)).max(least.max(1));
        let mut edges = Vec::new();
        let (mut done, mut here) = (0, 0);
        for (ppm, count) in self.held() {
            done += count;
            here += count;
            if here >= size && self.rows - done >= size {
                edges.push(ppm);
                here = 0;
            }
        }
        edges
    }

    /// What they promise; nothing where nobody is.
    #[must_use]
    pub fn expected(&self) -> Option<Expected> {
        if self.rows == 0 {
            return None;
        }
        let rows = self.rows as f64;
        let (mut won, mut lost, mut area, mut loss, mut squares) = (0.0, 0.0, 0.0, 0.0, 0.0);
        for (ppm, count) in self.held() {
            let (p, n) = (f64::from(ppm) / 1e6, count as f64);
            let (here_won, here_lost) = (n * p, n * (1.0 - p));
            // Whoever has a higher score stands before everybody below, and ties count half.
            area += here_won * (lost + here_lost / 2.0);
            won += here_won;
            lost += here_lost;
            loss += n * (entropy(p) + entropy(1.0 - p));
            squares += n * p * (1.0 - p);
        }
        let (top, mut left, mut top_won) = (rows / 10.0, rows / 10.0, 0.0);
        for (ppm, count) in self.held().rev() {
            let take = left.min(count as f64);
            top_won += take * f64::from(ppm) / 1e6;
            left -= take;
        }
        let both = won > 0.0 && lost > 0.0;
        Some(Expected {
            won: won / rows,
            roc_auc: if both { area / (won * lost) } else { 0.5 },
            log_loss: loss / rows,
            brier: squares / rows,
            lift_10: if won > 0.0 {
                (top_won / top) / (won / rows)
            } else {
                1.0
            },
        })
    }
}

/// −p log p; of 0, its limit.
fn entropy(p: f64) -> f64 {
    if p > 0.0 { -p * libm::log(p) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(scores: &[u32]) -> Scores {
        let mut all = Scores::default();
        for ppm in scores {
            all.add(Score::try_from(*ppm).unwrap());
        }
        all
    }

    #[test]
    fn one_score_for_all_ranks_like_chance_and_nobody_promises_nothing() {
        let same = of(&[250_000; 40]).expected().unwrap();
        assert!((same.roc_auc - 0.5).abs() < 1e-15, "{same:?}");
        assert!((same.lift_10 - 1.0).abs() < 1e-15, "{same:?}");
        assert_eq!(Scores::default().expected(), None);
        let sure = of(&[0, 0, 1_000_000]).expected().unwrap();
        assert_eq!((sure.roc_auc, sure.log_loss, sure.brier), (1.0, 0.0, 0.0));
        assert!((of(&[0; 5]).expected().unwrap().roc_auc - 0.5).abs() < 1e-15);
    }

    #[test]
    fn cells_hold_everybody_once_and_none_is_smaller_than_allowed() {
        let all = of(&(0..1000).map(|at| at * at).collect::<Vec<_>>());
        for (cells, least) in [(10, 20), (10, 300), (1, 1), (50, 7)] {
            let edges = all.edges(cells, least);
            let held = all.cells(&edges);
            assert_eq!(held.iter().sum::<u64>(), 1000);
            assert!(held.iter().all(|&it| it >= least), "{held:?}");
            assert!(held.len() as u64 <= cells);
        }
    }
}
