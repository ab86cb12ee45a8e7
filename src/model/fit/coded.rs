//! The design as codes: one small integer per row and term, and sums that no order can change.
//!
//! Each row's residual, weight and loss is rounded to an integer before it is
//! summed, so the sums are the same for any order of rows and any number of
//! threads. The Hessian is the weighted cross-tabulation of codes, seen
//! through the bases.

use std::sync::Arc;

use faer::Mat;
use rayon::prelude::*;

use super::basis::Basis;
use super::group::Group;
use super::logistic::{self, LOSS, nearest};
use super::newton::{Evaluation, Objective};
use crate::features::Codes;

/// Rows that one task of a pass over the rows takes.
const CHUNK: usize = 1 << 12;

/// Residuals are summed in units of 2⁻³⁸ and losses of 2⁻³², so that 2²⁵ rows cannot overflow 63 bits. Finer
/// than the weights' 2⁻³²: where all rows share one code their rounding errors add up instead of cancelling.
const RESIDUAL: f64 = (1u64 << 38) as f64;
const WEIGHT: f64 = (1u64 << 32) as f64;

/// Cells of a cross-tabulation of groups, beyond which their terms are taken one by one.
const CELLS: usize = 1 << 16;

/// Cells of a cross-tabulation that is small enough to be kept twice.
const TWICE: usize = 1 << 11;

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
    groups: Vec<Group>,
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
        let mut starts = vec![1];
        for term in &self.terms {
            starts.push(starts[starts.len() - 1] + term.basis.columns());
        }
        let groups = 0..self.groups.len();
        let pairs: Vec<(usize, usize)> =
            groups.flat_map(|g| (0..=g).map(move |h| (g, h))).collect();
        let blocks: Vec<Block> = pairs
            .par_iter()
            .flat_map_iter(|&(g, h)| {
                if g == h {
                    self.inside(weights, &self.groups[g])
                } else {
                    self.between(weights, &self.groups[g], &self.groups[h])
                }
            })
            .collect();
        let mut hessian = Mat::zeros(self.columns(), self.columns());
        let all: u64 = weights.par_iter().map(|&weight| u64::from(weight)).sum();
        hessian[(0, 0)] = all as f64 / WEIGHT;
        for block in &blocks {
            let (row, column) = (starts[block.terms.0], starts[block.terms.1]);
            let width = self.terms[block.terms.1].basis.columns();
            for (i, line) in block.products.chunks_exact(width).enumerate() {
                for (j, &product) in line.iter().enumerate() {
                    hessian[(row + i, column + j)] = product;
                }
            }
            for (i, &sum) in block.margin.iter().enumerate() {
                hessian[(row + i, 0)] = sum;
            }
        }
        hessian
    }
}

/// Bᵀ C B for two terms, the later first, and on the diagonal also Bᵀ c: the products with the intercept.
struct Block {
    terms: (usize, usize),
    products: Vec<f64>,
    margin: Vec<f64>,
}

impl Coded {
    fn zeros(&self) -> Vec<Vec<i64>> {
        let codes = self.terms.iter().map(|term| term.basis.codes());
        codes.map(|codes| vec![0; codes]).collect()
    }

    /// The blocks of a group's terms with themselves and each other.
    fn inside(&self, weights: &[u32], group: &Group) -> Vec<Block> {
        let mut sums = vec![0i64; group.size];
        match &*group.codes {
            Codes::Narrow(codes) => sum_by_code(codes, weights, &mut sums),
            Codes::Wide(codes) => sum_by_code(codes, weights, &mut sums),
        }
        let mut blocks = Vec::new();
        for (at, one) in group.members.iter().enumerate() {
            let mut margin = vec![0i64; self.terms[one.term].basis.codes()];
            for (code, sum) in sums.iter().enumerate() {
                margin[one.code(code)] += sum;
            }
            blocks.push(self.diagonal(one.term, &margin));
            for other in &group.members[..at] {
                let width = other.size;
                let mut table = vec![0i64; one.size * width];
                for (code, sum) in sums.iter().enumerate() {
                    table[one.code(code) * width + other.code(code)] += sum;
                }
                blocks.push(self.block((one.term, one.size), (other.term, width), &table));
            }
        }
        blocks
    }

    /// The blocks of one group's terms with another's.
    fn between(&self, weights: &[u32], one: &Group, other: &Group) -> Vec<Block> {
        let whole = one.size * other.size <= CELLS;
        let table = if whole {
            cross((&one.codes, one.size), (&other.codes, other.size), weights)
        } else {
            Vec::new()
        };
        let mut blocks = Vec::new();
        for a in &one.members {
            for b in &other.members {
                let apart = if whole {
                    let mut apart = vec![0i64; a.size * b.size];
                    for (code, line) in table.chunks_exact(other.size).enumerate() {
                        let to = &mut apart[a.code(code) * b.size..][..b.size];
                        for (code, sum) in line.iter().enumerate() {
                            to[b.code(code)] += sum;
                        }
                    }
                    apart
                } else {
                    let codes = |term: usize| &*self.terms[term].codes;
                    cross((codes(a.term), a.size), (codes(b.term), b.size), weights)
                };
                blocks.push(self.block((a.term, a.size), (b.term, b.size), &apart));
            }
        }
        blocks
    }

    /// The block of one term with itself, from its weights by code.
    fn diagonal(&self, term: usize, sums: &[i64]) -> Block {
        let basis = &self.terms[term].basis;
        let sums: Vec<f64> = sums.iter().map(|&sum| sum as f64 / WEIGHT).collect();
        // Bᵀ diag(c) B, without writing the diagonal matrix out: B's columns times c, projected.
        let width = basis.columns();
        let mut scaled = vec![0.0; basis.codes() * width];
        let lines = scaled.chunks_exact_mut(width.max(1));
        for (code, (sum, out)) in sums.iter().zip(lines).enumerate() {
            basis.row(code as u16, out);
            for x in out {
                *x *= sum;
            }
        }
        Block {
            terms: (term, term),
            products: basis.project(&scaled, width),
            margin: basis.project(&sums, 1),
        }
    }

    /// The block of two terms, each with the number of its codes in `table`, their weighted cross-tabulation.
    fn block(&self, one: (usize, usize), other: (usize, usize), table: &[i64]) -> Block {
        let ((t, rows), (u, columns)) = (one, other);
        let (row, column) = (&self.terms[t].basis, &self.terms[u].basis);
        let mut whole = vec![0.0; row.codes() * column.codes()];
        let lines = whole.chunks_exact_mut(column.codes());
        for (out, line) in lines.zip(table.chunks_exact(columns)).take(rows) {
            for (out, &sum) in out.iter_mut().zip(line) {
                *out = sum as f64 / WEIGHT;
            }
        }
        let (width, height) = (row.columns(), column.columns());
        let half = row.project(&whole, column.codes());
        let half = transposed(&half, width, column.codes());
        let turned = column.project(&half, width);
        let (terms, products) = if t > u {
            ((t, u), transposed(&turned, height, width))
        } else {
            ((u, t), turned)
        };
        Block {
            terms,
            products,
            margin: Vec::new(),
        }
    }
}

/// The weighted cross-tabulation of two columns of codes, each with the number of its codes.
fn cross(a: (&Codes, usize), b: (&Codes, usize), weights: &[u32]) -> Vec<i64> {
    let size = (a.1, b.1);
    match (a.0, b.0) {
        (Codes::Narrow(a), Codes::Narrow(b)) => tabulate(a, b, weights, size),
        (Codes::Narrow(a), Codes::Wide(b)) => tabulate(a, b, weights, size),
        (Codes::Wide(a), Codes::Narrow(b)) => tabulate(a, b, weights, size),
        (Codes::Wide(a), Codes::Wide(b)) => tabulate(a, b, weights, size),
    }
}

fn tabulate<A: Copy + Into<u32>, B: Copy + Into<u32>>(
    a: &[A],
    b: &[B],
    weights: &[u32],
    (rows, columns): (usize, usize),
) -> Vec<i64> {
    let mut even = vec![0i64; rows * columns];
    let columns = columns as u32;
    let cell = |a: A, b: B| (a.into() * columns + b.into()) as usize;
    if even.len() > TWICE {
        for ((&a, &b), &w) in a.iter().zip(b).zip(weights) {
            even[cell(a, b)] += i64::from(w);
        }
        return even;
    }
    // Two tables taken in turn: neighbouring rows often share a cell, and an add that waits for the
    // one before it costs more than adding the tables at the end.
    let mut odd = even.clone();
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

/// Adds each value to the sum of its row's code.
fn sum_by_code<C: Copy + Into<usize>, V: Copy + Into<i64>>(
    codes: &[C],
    values: &[V],
    sums: &mut [i64],
) {
    for (&value, &code) in values.iter().zip(codes) {
        sums[code.into()] += value.into();
    }
}
