//! The design as codes: one small integer per row and term, and sums that no order can change.
//!
//! Each row's residual, weight and loss is rounded to an integer before it is
//! summed, so the sums are the same for any order of rows and any number of
//! threads. The Hessian is the weighted cross-tabulation of codes, seen
//! through the bases.

use faer::Mat;
use rayon::prelude::*;

use super::basis::Basis;
use super::newton::{Evaluation, Objective};
use crate::features::Codes;

/// Rows that one task of a pass over the rows takes.
const CHUNK: usize = 1 << 12;

/// Residuals are summed in units of 2⁻³⁸ and losses of 2⁻³², so that 2²⁵ rows cannot overflow 63 bits. Finer
/// than the weights' 2⁻³²: where all rows share one code their rounding errors add up instead of cancelling.
const RESIDUAL: f64 = (1u64 << 38) as f64;
const WEIGHT: f64 = (1u64 << 32) as f64;
const LOSS: f64 = (1u64 << 32) as f64;

/// A term's codes on the training rows, and its basis.
#[derive(Clone, Debug)]
pub struct Coding {
    /// One code per row.
    pub codes: Codes,
    /// How parameters become entries.
    pub basis: Basis,
}

/// A training set: terms and outcomes, row by row.
#[derive(Clone, Debug)]
pub struct Coded {
    /// The terms.
    pub terms: Vec<Coding>,
    /// Whether each row was won.
    pub outcome: Vec<bool>,
}

impl Coded {
    /// The intercept, and each term's table at `theta`.
    #[must_use]
    pub fn tables(&self, theta: &[f64]) -> (f64, Vec<Vec<f64>>) {
        let mut at = 1;
        let tables = self.terms.iter().map(|term| {
            let columns = term.basis.columns();
            at += columns;
            term.basis.table(&theta[at - columns..at])
        });
        let tables = tables.collect();
        (theta[0], tables)
    }

    /// These rows only, with the same bases.
    #[must_use]
    pub fn subset(&self, rows: &[u32]) -> Self {
        let terms = self.terms.iter().map(|term| Coding {
            codes: term.codes.select(rows),
            basis: term.basis.clone(),
        });
        Self {
            terms: terms.collect(),
            outcome: rows.iter().map(|&row| self.outcome[row as usize]).collect(),
        }
    }

    /// Where to start from: no effects, and the base rate as intercept.
    #[must_use]
    pub fn start(&self) -> Vec<f64> {
        let won = self.outcome.iter().filter(|&&won| won).count() as f64;
        let lost = self.outcome.len() as f64 - won;
        let mut theta = vec![0.0; self.columns()];
        theta[0] = libm::log((won + 0.5) / (lost + 0.5));
        theta
    }
}

/// Adds each row's entry to `sum`; the order of terms is fixed, so the bits are too.
pub(crate) fn add_entries(codes: &Codes, from: usize, table: &[f64], sum: &mut [f64]) {
    match codes {
        Codes::Narrow(codes) => sum
            .iter_mut()
            .zip(&codes[from..])
            .for_each(|(sum, &code)| *sum += table[code as usize]),
        Codes::Wide(codes) => sum
            .iter_mut()
            .zip(&codes[from..])
            .for_each(|(sum, &code)| *sum += table[code as usize]),
    }
}

/// log(1 + e^(−s·η)) in units of 2⁻³², and σ(η).
pub(crate) fn loss_and_probability(eta: f64, won: bool) -> (i64, f64) {
    let e = libm::exp(-eta.abs());
    let p = if eta >= 0.0 {
        1.0 / (1.0 + e)
    } else {
        e / (1.0 + e)
    };
    let wrong = if won { (-eta).max(0.0) } else { eta.max(0.0) };
    (
        ((wrong + libm::log1p(e)).min(1e3) * LOSS).round_ties_even() as i64,
        p,
    )
}

/// What one pass over some rows sums: the loss, and the residuals by term and code.
struct Sums {
    loss: i64,
    residuals: Vec<Vec<i64>>,
}

impl Sums {
    fn zero(terms: &[Coding]) -> Self {
        Self {
            loss: 0,
            residuals: terms
                .iter()
                .map(|term| vec![0; term.basis.codes()])
                .collect(),
        }
    }

    fn plus(mut self, other: &Self) -> Self {
        self.loss += other.loss;
        for (mine, theirs) in self
            .residuals
            .iter_mut()
            .flatten()
            .zip(other.residuals.iter().flatten())
        {
            *mine += theirs;
        }
        self
    }
}

impl Objective for Coded {
    /// Each row's weight p(1 − p), in units of 2⁻³².
    type State = Vec<u32>;

    fn rows(&self) -> usize {
        self.outcome.len()
    }

    fn columns(&self) -> usize {
        1 + self
            .terms
            .iter()
            .map(|term| term.basis.columns())
            .sum::<usize>()
    }

    fn noise(&self) -> f64 {
        self.rows() as f64 / LOSS
    }

    fn evaluate(&self, theta: &[f64]) -> Evaluation<Vec<u32>> {
        let (intercept, tables) = self.tables(theta);
        let mut weights = vec![0u32; self.rows()];
        // A few hundred tables of sums at most, whatever the number of rows.
        let least = (self.rows() / CHUNK / 64).max(1);
        let sums = weights
            .par_chunks_mut(CHUNK)
            .enumerate()
            .with_min_len(least)
            .fold(
                || {
                    (
                        Sums::zero(&self.terms),
                        0i64,
                        vec![0.0; CHUNK],
                        vec![0i64; CHUNK],
                    )
                },
                |(mut sums, mut all, mut eta, mut residuals), (chunk, weights)| {
                    let from = chunk * CHUNK;
                    let (eta_here, residuals_here) =
                        (&mut eta[..weights.len()], &mut residuals[..weights.len()]);
                    eta_here.fill(intercept);
                    for (term, table) in self.terms.iter().zip(&tables) {
                        add_entries(&term.codes, from, table, eta_here);
                    }
                    for (row, (weight, (eta, residual))) in weights
                        .iter_mut()
                        .zip(eta_here.iter().zip(residuals_here.iter_mut()))
                        .enumerate()
                    {
                        let won = self.outcome[from + row];
                        let (loss, p) = loss_and_probability(*eta, won);
                        sums.loss += loss;
                        *residual =
                            ((p - f64::from(u8::from(won))) * RESIDUAL).round_ties_even() as i64;
                        all += *residual;
                        *weight = (p * (1.0 - p) * WEIGHT).round_ties_even() as u32;
                    }
                    for (term, by_code) in self.terms.iter().zip(&mut sums.residuals) {
                        histogram(&term.codes, from, residuals_here, by_code);
                    }
                    (sums, all, eta, residuals)
                },
            )
            .map(|(sums, all, ..)| (sums, all))
            .reduce(
                || (Sums::zero(&self.terms), 0),
                |(a, x), (b, y)| (a.plus(&b), x + y),
            );
        let (sums, all) = sums;
        let mut gradient = Vec::with_capacity(theta.len());
        gradient.push(all as f64 / RESIDUAL);
        for (term, by_code) in self.terms.iter().zip(&sums.residuals) {
            let by_code: Vec<f64> = by_code.iter().map(|&sum| sum as f64 / RESIDUAL).collect();
            gradient.extend(term.basis.project(&by_code, 1));
        }
        Evaluation {
            loss: sums.loss as f64 / LOSS,
            gradient,
            state: weights,
        }
    }

    fn hessian(&self, weights: &Vec<u32>) -> Mat<f64> {
        let mut starts = vec![1];
        for term in &self.terms {
            starts.push(starts[starts.len() - 1] + term.basis.columns());
        }
        let pairs: Vec<(usize, usize)> = (0..self.terms.len())
            .flat_map(|t| (0..=t).map(move |u| (t, u)))
            .collect();
        let blocks: Vec<Block> = pairs
            .par_iter()
            .map(|&(t, u)| self.block(weights, t, u))
            .collect();
        let mut hessian = Mat::zeros(self.columns(), self.columns());
        let all: u64 = weights.par_iter().map(|&weight| u64::from(weight)).sum();
        hessian[(0, 0)] = all as f64 / WEIGHT;
        for (&(t, u), block) in pairs.iter().zip(&blocks) {
            let (rows, columns) = (self.terms[t].basis.columns(), self.terms[u].basis.columns());
            for i in 0..rows {
                for j in 0..columns {
                    hessian[(starts[t] + i, starts[u] + j)] = block.products[i * columns + j];
                }
            }
            for (i, &sum) in block.margin.iter().enumerate() {
                hessian[(starts[t] + i, 0)] = sum;
            }
        }
        hessian
    }
}

/// Bᵀ C B for two terms, and on the diagonal also Bᵀ c: the products with the intercept.
struct Block {
    products: Vec<f64>,
    margin: Vec<f64>,
}

impl Coded {
    fn block(&self, weights: &[u32], t: usize, u: usize) -> Block {
        let (row, column) = (&self.terms[t], &self.terms[u]);
        let (rows, columns) = (row.basis.codes(), column.basis.codes());
        if t == u {
            let mut sums = vec![0i64; rows];
            match &row.codes {
                Codes::Narrow(codes) => codes
                    .iter()
                    .zip(weights)
                    .for_each(|(&code, &weight)| sums[code as usize] += i64::from(weight)),
                Codes::Wide(codes) => codes
                    .iter()
                    .zip(weights)
                    .for_each(|(&code, &weight)| sums[code as usize] += i64::from(weight)),
            }
            let sums: Vec<f64> = sums.iter().map(|&sum| sum as f64 / WEIGHT).collect();
            let margin = row.basis.project(&sums, 1);
            // Bᵀ diag(c) B, without writing the diagonal matrix out: B's columns times c, projected.
            let width = row.basis.columns();
            let mut scaled = vec![0.0; rows * width];
            for (code, (sum, out)) in sums
                .iter()
                .zip(scaled.chunks_exact_mut(width.max(1)))
                .enumerate()
            {
                row.basis.row(code as u16, out);
                for x in out {
                    *x *= sum;
                }
            }
            return Block {
                products: row.basis.project(&scaled, width),
                margin,
            };
        }
        if row.basis.columns() == 0 || column.basis.columns() == 0 {
            return Block {
                products: Vec::new(),
                margin: Vec::new(),
            };
        }
        let table = match (&row.codes, &column.codes) {
            (Codes::Narrow(a), Codes::Narrow(b)) => cross(a, b, weights, rows, columns),
            (Codes::Narrow(a), Codes::Wide(b)) => cross(a, b, weights, rows, columns),
            (Codes::Wide(a), Codes::Narrow(b)) => cross(a, b, weights, rows, columns),
            (Codes::Wide(a), Codes::Wide(b)) => cross(a, b, weights, rows, columns),
        };
        let table: Vec<f64> = table.iter().map(|&sum| sum as f64 / WEIGHT).collect();
        let half = row.basis.project(&table, columns);
        let width = row.basis.columns();
        let products = transposed(
            &column
                .basis
                .project(&transposed(&half, width, columns), width),
            column.basis.columns(),
            width,
        );
        Block {
            products,
            margin: Vec::new(),
        }
    }
}

/// The weighted cross-tabulation of two columns of codes, `rows` by `columns`.
fn cross<A: Copy + Into<u32>, B: Copy + Into<u32>>(
    a: &[A],
    b: &[B],
    weights: &[u32],
    rows: usize,
    columns: usize,
) -> Vec<i64> {
    // Two tables taken in turn: neighbouring rows often share a cell, and an add that waits for the
    // one before it costs more than adding the tables at the end.
    let mut even = vec![0i64; rows * columns];
    let mut odd = vec![0i64; rows * columns];
    let columns = columns as u32;
    let cell = |a: A, b: B| (a.into() * columns + b.into()) as usize;
    let mut rows_a = a.chunks_exact(2);
    let mut rows_b = b.chunks_exact(2);
    let mut rows_w = weights.chunks_exact(2);
    for ((a, b), w) in (&mut rows_a).zip(&mut rows_b).zip(&mut rows_w) {
        even[cell(a[0], b[0])] += i64::from(w[0]);
        odd[cell(a[1], b[1])] += i64::from(w[1]);
    }
    for ((&a, &b), &w) in rows_a
        .remainder()
        .iter()
        .zip(rows_b.remainder())
        .zip(rows_w.remainder())
    {
        even[cell(a, b)] += i64::from(w);
    }
    even.iter_mut()
        .zip(&odd)
        .for_each(|(even, odd)| *even += odd);
    even
}

fn transposed(matrix: &[f64], rows: usize, columns: usize) -> Vec<f64> {
    let mut out = vec![0.0; matrix.len()];
    for i in 0..rows {
        for j in 0..columns {
            out[j * rows + i] = matrix[i * columns + j];
        }
    }
    out
}

fn histogram(codes: &Codes, from: usize, values: &[i64], sums: &mut [i64]) {
    match codes {
        Codes::Narrow(codes) => values
            .iter()
            .zip(&codes[from..])
            .for_each(|(value, &code)| sums[code as usize] += value),
        Codes::Wide(codes) => values
            .iter()
            .zip(&codes[from..])
            .for_each(|(value, &code)| sums[code as usize] += value),
    }
}
