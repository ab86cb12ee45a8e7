//! The Hessian of the design as codes: the weighted cross-tabulation of codes, seen through the bases.
//!
//! Weights are integers, so the sums are the same for any order of rows and
//! any number of threads.

use faer::Mat;
use rayon::prelude::*;

use super::coded::{Coded, WEIGHT, sum_by_code};
use super::group::Group;
use super::newton::Objective as _;
use crate::features::Codes;

/// Cells of a cross-tabulation of groups, beyond which their terms are taken one by one.
const CELLS: usize = 1 << 16;

/// Cells of a cross-tabulation that is small enough to be kept twice.
const TWICE: usize = 1 << 11;

/// The lower triangle of the Hessian, from each row's weight p(1 − p) in units of 2⁻³².
pub fn of(design: &Coded, weights: &[u32]) -> Mat<f64> {
    let mut starts = vec![1];
    for term in &design.terms {
        starts.push(starts[starts.len() - 1] + term.basis.columns());
    }
    let groups = 0..design.groups.len();
    let pairs: Vec<(usize, usize)> = groups.flat_map(|g| (0..=g).map(move |h| (g, h))).collect();
    let blocks: Vec<Block> = pairs
        .par_iter()
        .flat_map_iter(|&(g, h)| {
            if g == h {
                design.inside(weights, &design.groups[g])
            } else {
                design.between(weights, &design.groups[g], &design.groups[h])
            }
        })
        .collect();
    let mut hessian = Mat::zeros(design.columns(), design.columns());
    let all: u64 = weights.par_iter().map(|&weight| u64::from(weight)).sum();
    hessian[(0, 0)] = all as f64 / WEIGHT;
    for block in &blocks {
        let (row, column) = (starts[block.terms.0], starts[block.terms.1]);
        let width = design.terms[block.terms.1].basis.columns();
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

/// Bᵀ C B for two terms, the later first, and on the diagonal also Bᵀ c: the products with the intercept.
struct Block {
    terms: (usize, usize),
    products: Vec<f64>,
    margin: Vec<f64>,
}

impl Coded {
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
