//! The design as doubles: what linfa reads, and what other programs' fits are compared on.

use faer::Mat;

use super::coded::Coded;
use super::newton::{Evaluation, Objective};
use crate::odds::sigmoid;

/// A dense design, row by row, without an intercept column.
#[derive(Clone, Debug)]
pub struct Dense {
    /// `rows × columns` numbers.
    pub values: Vec<f64>,
    /// Columns, intercept not counted.
    pub width: usize,
    /// Whether each row was won.
    pub outcome: Vec<bool>,
}

impl Dense {
    /// The dense design of these rows of a coded one: each code as its basis row.
    #[must_use]
    pub fn of(coded: &Coded, rows: &[u32]) -> Self {
        let width = coded.columns() - 1;
        let mut values = vec![0.0; rows.len() * width];
        let mut start = 0;
        for term in &coded.terms {
            let columns = term.basis.columns();
            let mut lines = vec![0.0; term.basis.codes() * columns];
            for (code, line) in lines.chunks_exact_mut(columns.max(1)).enumerate() {
                term.basis.row(code as u16, line);
            }
            for (&row, out) in rows.iter().zip(values.chunks_exact_mut(width.max(1))) {
                let code = term.codes.at(row as usize) as usize;
                out[start..start + columns]
                    .copy_from_slice(&lines[code * columns..(code + 1) * columns]);
            }
            start += columns;
        }
        Self {
            values,
            width,
            outcome: rows
                .iter()
                .map(|&row| coded.outcome[row as usize])
                .collect(),
        }
    }

    /// η of each row.
    #[must_use]
    pub fn log_odds(&self, theta: &[f64]) -> Vec<f64> {
        let rows = 0..self.outcome.len();
        rows.map(|row| {
            theta[0]
                + self
                    .row(row)
                    .iter()
                    .zip(&theta[1..])
                    .map(|(x, t)| x * t)
                    .sum::<f64>()
        })
        .collect()
    }

    fn row(&self, row: usize) -> &[f64] {
        &self.values[row * self.width..(row + 1) * self.width]
    }
}

impl Objective for Dense {
    /// Each row's weight p(1 − p).
    type State = Vec<f64>;

    fn rows(&self) -> usize {
        self.outcome.len()
    }

    fn columns(&self) -> usize {
        self.width + 1
    }

    fn noise(&self) -> f64 {
        self.rows() as f64 * 1e-14
    }

    fn loss(&self, theta: &[f64]) -> f64 {
        let rows = self.log_odds(theta).into_iter().zip(&self.outcome);
        rows.map(|(eta, &won)| {
            libm::log1p(libm::exp(-eta.abs())) + if won { -eta } else { eta }.max(0.0)
        })
        .sum()
    }

    fn evaluate(&self, theta: &[f64]) -> Evaluation<Vec<f64>> {
        let mut gradient = vec![0.0; theta.len()];
        let mut state = Vec::with_capacity(self.rows());
        for (row, eta) in self.log_odds(theta).into_iter().enumerate() {
            let p = sigmoid(eta);
            let residual = p - f64::from(u8::from(self.outcome[row]));
            gradient[0] += residual;
            gradient[1..]
                .iter_mut()
                .zip(self.row(row))
                .for_each(|(g, x)| *g += residual * x);
            state.push(p * (1.0 - p));
        }
        Evaluation { gradient, state }
    }

    fn hessian(&self, weights: &Vec<f64>) -> Mat<f64> {
        // Xᵀ W X by faer, √w on both sides; an intercept column is put in front.
        let scaled = Mat::from_fn(self.rows(), self.columns(), |row, column| {
            weights[row].sqrt()
                * if column == 0 {
                    1.0
                } else {
                    self.values[row * self.width + column - 1]
                }
        });
        scaled.transpose() * &scaled
    }
}
