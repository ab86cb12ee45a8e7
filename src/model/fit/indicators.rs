//! The ordinary design of a logistic regression: numbers on one scale, and a column of its own for each level.
//!
//! What the one-hot rival is fitted on. Almost everything in a row is zero, so a
//! row is kept as what is not. Sums are taken over fixed stretches of rows, in
//! order, so that no number of threads changes them.

use faer::Mat;
use rayon::prelude::*;

use super::Error;
use super::newton::{Evaluation, Objective, newton};
use crate::odds::sigmoid;

/// Stretches of rows whose sums are taken side by side.
const STRETCHES: usize = 16;

/// ‖∇‖∞ / n at which the fit is done.
const DONE: f64 = 1e-9;

/// Parameters are rounded to multiples of this, so that the way to the optimum does not show.
const GRAIN: f64 = (1u64 << 30) as f64;

/// Rows of numbers and levels, and what became of each.
#[derive(Clone, Debug, Default)]
pub struct Indicators {
    /// By number, each row's value.
    pub numbers: Vec<Vec<f64>>,
    /// By category, each row's column among all indicators; `None` where the level is unknown.
    pub levels: Vec<Vec<Option<u16>>>,
    /// Indicators in all.
    pub width: usize,
    /// Whether each row was won.
    pub outcome: Vec<bool>,
}

impl Indicators {
    /// The intercept, then one parameter for each number and each indicator, at the optimum.
    pub fn fit(&self, ridge: f64) -> Result<Vec<f64>, Error> {
        let won = self.outcome.iter().filter(|won| **won).count() as f64;
        let mut start = vec![0.0; self.columns()];
        start[0] = libm::log((won + 0.5) / (self.rows() as f64 - won + 0.5));
        let fitted = newton(self, ridge, start, DONE)?;
        let rounded = fitted.theta.iter().map(|it| (it * GRAIN).round() / GRAIN);
        Ok(rounded.collect())
    }

    /// η of each row.
    #[must_use]
    pub fn log_odds(&self, theta: &[f64]) -> Vec<f64> {
        let rows = (0..self.rows()).into_par_iter();
        rows.map(|row| self.eta(row, theta)).collect()
    }

    fn eta(&self, row: usize, theta: &[f64]) -> f64 {
        let numbers = self.numbers.iter().zip(&theta[1..]);
        let numbers = numbers.map(|(values, t)| values[row] * t).sum::<f64>();
        let first = 1 + self.numbers.len();
        let levels = self.levels.iter().filter_map(|levels| levels[row]);
        let levels = levels.map(|it| theta[first + usize::from(it)]).sum::<f64>();
        theta[0] + numbers + levels
    }

    /// The columns of a row that are not zero, in ascending order of the columns' kinds.
    fn filled(&self, row: usize, into: &mut Vec<(usize, f64)>) {
        into.clear();
        into.push((0, 1.0));
        let numbers = self.numbers.iter().enumerate();
        into.extend(numbers.map(|(at, values)| (1 + at, values[row])));
        let first = 1 + self.numbers.len();
        let levels = self.levels.iter().filter_map(|levels| levels[row]);
        into.extend(levels.map(|it| (first + usize::from(it), 1.0)));
    }

    /// What each stretch of rows gives.
    fn stretches<T: Send>(&self, of: impl Fn(std::ops::Range<usize>) -> T + Sync) -> Vec<T> {
        let rows = self.rows();
        let size = rows.div_ceil(STRETCHES).max(1);
        let stretches = (0..rows.div_ceil(size)).into_par_iter();
        stretches
            .map(|at| of(at * size..((at + 1) * size).min(rows)))
            .collect()
    }
}

impl Objective for Indicators {
    /// Each row's weight p(1 − p).
    type State = Vec<f64>;

    fn rows(&self) -> usize {
        self.outcome.len()
    }

    fn columns(&self) -> usize {
        1 + self.numbers.len() + self.width
    }

    fn noise(&self) -> f64 {
        self.rows() as f64 * 1e-14
    }

    fn loss(&self, theta: &[f64]) -> f64 {
        let parts = self.stretches(|rows| {
            let loss = |row| {
                let eta: f64 = self.eta(row, theta);
                let against = if self.outcome[row] { -eta } else { eta };
                libm::log1p(libm::exp(-eta.abs())) + against.max(0.0)
            };
            rows.map(loss).sum::<f64>()
        });
        parts.iter().sum()
    }

    fn evaluate(&self, theta: &[f64]) -> Evaluation<Vec<f64>> {
        let parts = self.stretches(|rows| {
            let mut gradient = vec![0.0; theta.len()];
            let (mut weights, mut filled) = (Vec::with_capacity(rows.len()), Vec::new());
            for row in rows {
                let p = sigmoid(self.eta(row, theta));
                let residual = p - f64::from(u8::from(self.outcome[row]));
                self.filled(row, &mut filled);
                for &(column, value) in &filled {
                    gradient[column] += residual * value;
                }
                weights.push(p * (1.0 - p));
            }
            (gradient, weights)
        });
        let mut gradient = vec![0.0; theta.len()];
        let mut state = Vec::with_capacity(self.rows());
        for (part, weights) in parts {
            gradient.iter_mut().zip(part).for_each(|(g, it)| *g += it);
            state.extend(weights);
        }
        Evaluation { gradient, state }
    }

    fn hessian(&self, weights: &Vec<f64>) -> Mat<f64> {
        let columns = self.columns();
        let parts = self.stretches(|rows| {
            let mut sums = vec![0.0; columns * columns];
            let mut filled = Vec::new();
            for row in rows {
                self.filled(row, &mut filled);
                for (at, &(column, value)) in filled.iter().enumerate() {
                    let weighted = weights[row] * value;
                    for &(other, its) in &filled[..=at] {
                        sums[column * columns + other] += weighted * its;
                    }
                }
            }
            sums
        });
        let sum = |row: usize, column: usize| {
            let (high, low) = (row.max(column), row.min(column));
            parts.iter().map(|it| it[high * columns + low]).sum()
        };
        Mat::from_fn(columns, columns, sum)
    }
}
