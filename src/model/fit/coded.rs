//! The design as codes: one small integer per row and term, and sums that no order can change.
//!
//! Each row's residual, weight and loss is rounded to an integer before it is
//! summed, so the sums are the same for any order of rows and any number of
//! threads.

use std::sync::Arc;

use faer::Mat;
use rayon::prelude::*;

use super::basis::Basis;
use super::group::Group;
use super::hessian;
use super::logistic::{self, LOSS, nearest};
use super::newton::{Evaluation, Objective};
use crate::features::Codes;

/// Rows that one task of a pass over the rows takes.
const CHUNK: usize = 1 << 12;

/// Residuals are summed in units of 2⁻³⁸ and losses of 2⁻³², so that 2²⁵ rows cannot overflow 63 bits. Finer
/// than the weights' 2⁻³²: where all rows share one code their rounding errors add up instead of cancelling.
const RESIDUAL: f64 = (1u64 << 38) as f64;
pub(super) const WEIGHT: f64 = (1u64 << 32) as f64;

/// A term's codes on the training rows, and its basis.
#[derive(Clone, Debug)]
pub struct Coding {
    /// One code per row.
    pub codes: Arc<Codes>,
    /// How parameters become entries.
    pub basis: Basis,
}

/// A training set: terms and outcomes, row by row.
#[derive(Clone, Debug)]
pub struct Coded {
    /// The terms.
    pub terms: Vec<Coding>,
    /// Whether each row was won.
    pub outcome: Arc<Vec<bool>>,
    pub(super) groups: Vec<Group>,
}

impl Coded {
    /// The terms and outcomes of as many rows.
    #[must_use]
    pub fn new(terms: Vec<Coding>, outcome: Arc<Vec<bool>>) -> Self {
        Self {
            groups: Group::all(&terms, outcome.len()),
            terms,
            outcome,
        }
    }

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
        let terms = self.terms.par_iter().map(|term| Coding {
            codes: Arc::new(term.codes.select(rows)),
            basis: term.basis.clone(),
        });
        let outcome = rows.iter().map(|&row| self.outcome[row as usize]);
        Self::new(terms.collect(), Arc::new(outcome.collect()))
    }

    /// The same rows without one of the terms.
    #[must_use]
    pub fn without(&self, term: usize) -> Self {
        let mut terms = self.terms.clone();
        terms.remove(term);
        Self::new(terms, Arc::clone(&self.outcome))
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

    /// η of each row at `theta`.
    #[must_use]
    pub fn log_odds(&self, theta: &[f64]) -> Vec<f64> {
        let entries = self.entries(theta);
        let mut eta = vec![0.0; self.rows()];
        eta.par_chunks_mut(CHUNK)
            .enumerate()
            .for_each(|(chunk, eta)| self.add_up(&entries, chunk * CHUNK, eta));
        eta
    }

    /// The mean log-loss of the rows at `theta`.
    #[must_use]
    pub fn mean_loss(&self, theta: &[f64]) -> f64 {
        self.loss(theta) / self.rows().max(1) as f64
    }

    fn zeros(&self) -> Vec<Vec<i64>> {
        let codes = self.terms.iter().map(|term| term.basis.codes());
        codes.map(|codes| vec![0; codes]).collect()
    }

    fn entries(&self, theta: &[f64]) -> Entries {
        let (intercept, tables) = self.tables(theta);
        let tables = self.groups.iter().map(|group| group.table(&tables));
        Entries {
            intercept,
            tables: tables.collect(),
        }
    }

    /// η of the rows from `from` on; the order of groups is fixed, so the bits are too.
    fn add_up(&self, entries: &Entries, from: usize, eta: &mut [f64]) {
        eta.fill(entries.intercept);
        for (group, table) in self.groups.iter().zip(&entries.tables) {
            match &*group.codes {
                Codes::Narrow(codes) => add_entries(&codes[from..], table, eta),
                Codes::Wide(codes) => add_entries(&codes[from..], table, eta),
            }
        }
    }
}

/// What is added up for a row: the intercept, and an entry of each group.
struct Entries {
    intercept: f64,
    tables: Vec<Vec<f64>>,
}

fn add_entries<C: Copy + Into<usize>>(codes: &[C], table: &[f64], sum: &mut [f64]) {
    for (sum, &code) in sum.iter_mut().zip(codes) {
        *sum += table[code.into()];
    }
}

/// What one task of a pass over the rows sums and works in.
struct Pass {
    /// The residuals.
    all: i64,
    /// The residuals by group and code.
    sums: Vec<Vec<i64>>,
    eta: Vec<f64>,
    residuals: Vec<i64>,
}

impl Pass {
    fn new(groups: &[Group]) -> Self {
        Self {
            all: 0,
            sums: groups.iter().map(|group| vec![0; group.size]).collect(),
            eta: vec![0.0; CHUNK],
            residuals: vec![0; CHUNK],
        }
    }

    fn plus(mut self, other: &Self) -> Self {
        self.all += other.all;
        let sums = self.sums.iter_mut().flatten();
        for (mine, theirs) in sums.zip(other.sums.iter().flatten()) {
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

    fn loss(&self, theta: &[f64]) -> f64 {
        let entries = self.entries(theta);
        let losses = self.outcome.par_chunks(CHUNK).enumerate().map_init(
            || vec![0.0; CHUNK],
            |eta, (chunk, outcome)| {
                let eta = &mut eta[..outcome.len()];
                self.add_up(&entries, chunk * CHUNK, eta);
                logistic::loss(eta, outcome)
            },
        );
        losses.sum::<i64>() as f64 / LOSS
    }

    fn evaluate(&self, theta: &[f64]) -> Evaluation<Vec<u32>> {
        let entries = self.entries(theta);
        let mut weights = vec![0u32; self.rows()];
        // A few hundred tables of sums at most, whatever the number of rows.
        let least = (self.rows() / CHUNK / 64).max(1);
        let pass = weights
            .par_chunks_mut(CHUNK)
            .zip(self.outcome.par_chunks(CHUNK))
            .enumerate()
            .with_min_len(least)
            .fold(
                || Pass::new(&self.groups),
                |mut pass, (chunk, (weights, outcome))| {
                    let from = chunk * CHUNK;
                    let eta = &mut pass.eta[..outcome.len()];
                    let residuals = &mut pass.residuals[..outcome.len()];
                    self.add_up(&entries, from, eta);
                    logistic::probabilities(eta);
                    for (((weight, residual), &p), &won) in weights
                        .iter_mut()
                        .zip(&mut *residuals)
                        .zip(&*eta)
                        .zip(outcome)
                    {
                        *residual = nearest((p - f64::from(u8::from(won))) * RESIDUAL);
                        *weight = nearest(p * (1.0 - p) * WEIGHT) as u32;
                    }
                    pass.all += residuals.iter().sum::<i64>();
                    for (group, sums) in self.groups.iter().zip(&mut pass.sums) {
                        match &*group.codes {
                            Codes::Narrow(codes) => sum_by_code(&codes[from..], residuals, sums),
                            Codes::Wide(codes) => sum_by_code(&codes[from..], residuals, sums),
                        }
                    }
                    pass
                },
            )
            .reduce_with(|a, b| a.plus(&b))
            .unwrap_or_else(|| Pass::new(&self.groups));
        let mut by_term = self.zeros();
        for (group, sums) in self.groups.iter().zip(&pass.sums) {
            group.hand_back(sums, &mut by_term);
        }
        let mut gradient = Vec::with_capacity(theta.len());
        gradient.push(pass.all as f64 / RESIDUAL);
        for (term, by_code) in self.terms.iter().zip(&by_term) {
            let by_code: Vec<f64> = by_code.iter().map(|&sum| sum as f64 / RESIDUAL).collect();
            gradient.extend(term.basis.project(&by_code, 1));
        }
        Evaluation {
            gradient,
            state: weights,
        }
    }

    fn hessian(&self, weights: &Vec<u32>) -> Mat<f64> {
        hessian::of(self, weights)
    }
}

/// Adds each value to the sum of its row's code.
pub(super) fn sum_by_code<C: Copy + Into<usize>, V: Copy + Into<i64>>(
    codes: &[C],
    values: &[V],
    sums: &mut [i64],
) {
    for (&value, &code) in values.iter().zip(codes) {
        sums[code.into()] += value.into();
    }
}
