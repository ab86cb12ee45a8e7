//! How well probabilities meet outcomes: the figures of the card, with intervals.
//!
//! Definitions are scikit-learn's. Everything is computed from groups of equal
//! probabilities and integer counts, so that the order of rows cannot change a
//! bit; an interval comes from 1,000 seeded draws *of people*, not of rows.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore as _, SeedableRng as _};
use rayon::prelude::*;

use super::findings::{Calibration, Curves, Interval, Metrics};

mod paired;

pub use paired::Paired;

/// Bootstrap draws.
const DRAWS: u64 = 1000;

/// Bins of the calibration error.
const BINS: usize = 10;

/// Points of the ROC curve besides its corners.
const POINTS: u64 = 50;

/// Rows that were judged: what was predicted, what happened, and who it was.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    /// Distinct probabilities, descending.
    probabilities: Vec<f64>,
    /// What a row of each probability loses if it is won, and if it is lost.
    losses: Vec<(f64, f64)>,
    /// Each row: its group, whether it was won, and its person; sorted.
    rows: Vec<(u32, bool, u32)>,
    /// Persons.
    people: u32,
}

/// Rows lost and won in one group of equal probabilities.
type Counts = (u64, u64);

/// The figures of one set of counts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Figures {
    /// Area under the ROC curve, ties counted half.
    pub roc_auc: f64,
    /// Average precision.
    pub pr_auc: f64,
    /// Mean negative log-likelihood, in nats.
    pub log_loss: f64,
    /// Mean squared error of the probability.
    pub brier: f64,
    /// Expected calibration error over 10 equal-count bins.
    pub ece: f64,
    /// Share won among the top tenth over the base rate.
    pub lift_10: f64,
}

impl Judged {
    /// Takes each row's probability, outcome and person (any integers; equal means the same person).
    ///
    /// # Panics
    /// If the three differ in length, or a probability is NaN.
    #[must_use]
    pub fn new(probabilities: &[f64], outcome: &[bool], people: &[u32]) -> Self {
        assert!(
            probabilities.len() == outcome.len() && outcome.len() == people.len(),
            "one outcome and one person for each row"
        );
        assert!(
            probabilities.iter().all(|p| !p.is_nan()),
            "a probability is a number"
        );
        let mut distinct = probabilities.to_vec();
        distinct.par_sort_unstable_by(|a, b| b.total_cmp(a));
        distinct.dedup();
        let mut persons = people.to_vec();
        persons.sort_unstable();
        persons.dedup();
        let group = |p: f64| distinct.partition_point(|&other| other > p) as u32;
        let person = |id: u32| persons.partition_point(|&other| other < id) as u32;
        let rows = probabilities
            .par_iter()
            .zip(outcome)
            .zip(people)
            .map(|((&p, &won), &id)| (group(p), won, person(id)));
        let mut rows: Vec<_> = rows.collect();
        rows.par_sort_unstable();
        Self {
            losses: distinct.par_iter().map(|&p| losses(p)).collect(),
            probabilities: distinct,
            rows,
            people: persons.len() as u32,
        }
    }

    /// The figures on the rows themselves; NaN where a class is absent and the figure undefined.
    #[must_use]
    pub fn figures(&self) -> Figures {
        figures(&self.probabilities, &self.losses, &self.counts(|_| 1))
    }

    /// Counts by group, each row as often as `times` says of its person.
    fn counts(&self, times: impl Fn(u32) -> u32) -> Vec<Counts> {
        let mut counts = vec![(0, 0); self.probabilities.len()];
        for &(group, won, person) in &self.rows {
            let times = u64::from(times(person));
            let count = &mut counts[group as usize];
            if won {
                count.1 += times;
            } else {
                count.0 += times;
            }
        }
        counts
    }

    /// The figures with their 95 % bootstrap intervals.
    #[must_use]
    pub fn metrics(&self, seed: u64) -> Metrics {
        let figures = self.figures();
        let draws: Vec<Figures> = (0..DRAWS)
            .into_par_iter()
            .map(|draw| self.draw(seed, draw))
            .collect();
        let interval = |of: fn(&Figures) -> f64| interval(of(&figures), draws.iter().map(of));
        Metrics {
            rows: self.rows.len() as u64,
            positives: self.rows.iter().filter(|row| row.1).count() as u64,
            roc_auc: interval(|f| f.roc_auc),
            pr_auc: interval(|f| f.pr_auc),
            log_loss: interval(|f| f.log_loss),
            brier: interval(|f| f.brier),
            ece: interval(|f| f.ece),
            ece_noise_floor: self.noise_floor(seed),
            lift_10: interval(|f| f.lift_10),
        }
    }

    /// The figures of as many people drawn with replacement; each draw has a stream of its own.
    fn draw(&self, seed: u64, draw: u64) -> Figures {
        let times = times(seed, draw, self.people);
        figures(
            &self.probabilities,
            &self.losses,
            &self.counts(|person| times[person as usize]),
        )
    }

    /// The mean calibration error of outcomes drawn from the probabilities themselves: what a
    /// perfectly calibrated model would show on as many rows.
    fn noise_floor(&self, seed: u64) -> f64 {
        const SIMULATIONS: u64 = 200;
        let rows = self.counts(|_| 1);
        let simulated = (0..SIMULATIONS).into_par_iter().map(|simulation| {
            let mut random = stream(seed, DRAWS + simulation);
            let counts = rows
                .iter()
                .zip(&self.probabilities)
                .map(|(&(lost, won), &p)| {
                    let all = lost + won;
                    let won = (0..all).filter(|_| unit(&mut random) < p).count() as u64;
                    (all - won, won)
                });
            calibration_error(&self.probabilities, &counts.collect::<Vec<Counts>>())
        });
        let simulated: Vec<f64> = simulated.collect();
        simulated.iter().sum::<f64>() / SIMULATIONS as f64
    }

    /// Points to draw, none of which stands for fewer than `min_people` rows.
    #[must_use]
    pub fn curves(&self, min_people: u32) -> Curves {
        let counts = self.counts(|_| 1);
        let (lost, won) = counts.iter().fold((0, 0), |sum: Counts, count| {
            (sum.0 + count.0, sum.1 + count.1)
        });
        let rows = lost + won;
        let step = rows.div_ceil(POINTS + 1).max(u64::from(min_people.max(1)));
        let mut roc = vec![(0.0, 0.0)];
        let (mut fp, mut tp, mut since) = (0, 0, 0);
        for &(l, w) in &counts {
            fp += l;
            tp += w;
            since += l + w;
            if since >= step && rows - (fp + tp) >= step && lost > 0 && won > 0 {
                roc.push((fp as f64 / lost as f64, tp as f64 / won as f64));
                since = 0;
            }
        }
        roc.push((1.0, 1.0));
        let bins = BINS.min((rows / u64::from(min_people.max(1))) as usize);
        let reliability = equal_count_bins(&self.probabilities, &counts, bins);
        let reliability = reliability.iter().rev().map(|bin| Calibration {
            rows: bin.rows.round() as u64,
            predicted: bin.predicted / bin.rows,
            observed: bin.observed / bin.rows,
        });
        Curves {
            roc,
            reliability: reliability.collect(),
        }
    }
}

/// How often each person is drawn, of as many draws with replacement as there are people.
fn times(seed: u64, draw: u64, people: u32) -> Vec<u32> {
    let mut random = stream(seed, draw);
    let mut times = vec![0u32; people as usize];
    for _ in 0..people {
        times[below(&mut random, people) as usize] += 1;
    }
    times
}

/// A figure, and where 95 % of the draws of it lie; a draw in which it is undefined is none.
fn interval(value: f64, draws: impl Iterator<Item = f64>) -> Interval {
    let mut drawn: Vec<f64> = draws.filter(|value| !value.is_nan()).collect();
    drawn.sort_unstable_by(f64::total_cmp);
    Interval {
        value,
        low: quantile(&drawn, 0.025).unwrap_or(value),
        high: quantile(&drawn, 0.975).unwrap_or(value),
    }
}

/// The random stream of one draw.
fn stream(seed: u64, draw: u64) -> ChaCha8Rng {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    random.set_stream(draw);
    random
}

/// A number under `n`, by one multiplication; its bias is under n / 2³².
fn below(random: &mut ChaCha8Rng, n: u32) -> u32 {
    ((u64::from(random.next_u32()) * u64::from(n)) >> 32) as u32
}

/// A number in `[0, 1)`.
fn unit(random: &mut ChaCha8Rng) -> f64 {
    (random.next_u64() >> 11) as f64 / (1u64 << 53) as f64
}

/// The quantile of sorted numbers, interpolated as numpy does.
fn quantile(sorted: &[f64], at: f64) -> Option<f64> {
    let place = at * sorted.len().checked_sub(1)? as f64;
    let (below, above) = (
        sorted[place.floor() as usize],
        sorted[place.ceil() as usize],
    );
    Some(below + (above - below) * place.fract())
}

/// −log p and −log(1 − p). As scikit-learn: a probability of exactly 0 or 1 counts as one epsilon off.
fn losses(p: f64) -> (f64, f64) {
    let clipped = p.clamp(f64::EPSILON, 1.0 - f64::EPSILON);
    (-libm::log(clipped), -libm::log1p(-clipped))
}

fn figures(probabilities: &[f64], losses: &[(f64, f64)], counts: &[Counts]) -> Figures {
    let (lost, won) = counts.iter().fold((0, 0), |sum: Counts, count| {
        (sum.0 + count.0, sum.1 + count.1)
    });
    let (all_lost, all_won) = (lost as f64, won as f64);
    let rows = all_lost + all_won;
    let (mut area, mut precision, mut loss, mut squares) = (0.0, 0.0, 0.0, 0.0);
    let (mut fp, mut tp) = (0u64, 0u64);
    let top = rows / 10.0;
    let mut top_won = 0.0;
    for ((&p, of), &(l, w)) in probabilities.iter().zip(losses).zip(counts) {
        if l + w == 0 {
            continue;
        }
        let before = (fp + tp) as f64;
        let (l_here, w_here) = (l as f64, w as f64);
        area += l_here * (tp as f64 + w_here / 2.0);
        fp += l;
        tp += w;
        precision += w_here * tp as f64 / (fp + tp) as f64;
        loss += w_here * of.0 + l_here * of.1;
        squares += w_here * (1.0 - p) * (1.0 - p) + l_here * p * p;
        top_won += w_here * ((top - before) / (l_here + w_here)).clamp(0.0, 1.0);
    }
    Figures {
        roc_auc: area / (all_lost * all_won),
        pr_auc: precision / all_won,
        log_loss: loss / rows,
        brier: squares / rows,
        ece: calibration_error(probabilities, counts),
        lift_10: (top_won / top) / (all_won / rows),
    }
}

/// Σ |observed − predicted| over ten bins of equal counts, weighted by their rows.
fn calibration_error(probabilities: &[f64], counts: &[Counts]) -> f64 {
    let bins = equal_count_bins(probabilities, counts, BINS);
    let rows: f64 = bins.iter().map(|bin| bin.rows).sum();
    bins.iter()
        .map(|bin| (bin.observed - bin.predicted).abs())
        .sum::<f64>()
        / rows
}

/// Sums over one bin.
#[derive(Clone, Copy, Default)]
struct Bin {
    rows: f64,
    predicted: f64,
    observed: f64,
}

/// Cuts the rows, by descending probability, into bins of equal counts. A group of equal
/// probabilities that a border cuts is shared out in proportion, so that no order matters.
fn equal_count_bins(probabilities: &[f64], counts: &[Counts], bins: usize) -> Vec<Bin> {
    let rows: u64 = counts.iter().map(|count| count.0 + count.1).sum();
    let size = rows as f64 / bins.max(1) as f64;
    let mut filled = vec![Bin::default(); bins];
    let mut at = 0;
    for (&p, &(lost, won)) in probabilities.iter().zip(counts) {
        let all = (lost + won) as f64;
        let mut left = all;
        while left > 0.0 && at < bins {
            let last = at + 1 == bins;
            let take = if last {
                left
            } else {
                left.min(size - filled[at].rows)
            };
            filled[at].rows += take;
            filled[at].predicted += take * p;
            filled[at].observed += if take >= all {
                won as f64
            } else {
                take * won as f64 / all
            };
            left -= take;
            if !last && size - filled[at].rows <= 1e-9 * size {
                at += 1;
            }
        }
    }
    filled
}
