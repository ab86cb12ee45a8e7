//! Which features interact, and the purification that keeps a pair to its interaction.
//!
//! A pair looks at two features through coarse codes, at most eight each.
//! Pairs are ranked by what they would add to the main effects, measured on
//! residuals of rows that the fit did not see; after the final fit the part of
//! a pair's table that its two features could say alone is given back to them.

use std::sync::Arc;

use rayon::prelude::*;

use crate::features::{Codes, Pair, Shape};

/// Distinct coarse codes of one side, missing included.
const COARSE: usize = 8;

/// Rows of prior weight that pull a level's outcome rate toward the base rate when levels are ordered.
const PRIOR: f64 = 20.0;

/// The coarse code of each of a feature's codes; `None` for a code of too few people.
pub type Coarse = Vec<Option<u8>>;

/// A pair that might be kept, by what its interaction gains.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ranked {
    /// Position of the first feature.
    pub a: usize,
    /// Position of the second.
    pub b: usize,
    /// Its score-test gain: Σ R²/(W + 1) less the number of cells.
    pub gain: f64,
}

/// The coarse codes of a feature, from the training rows that hold each code and those of them that were won.
///
/// Neighbouring bins of a number are merged to nearly equal counts; levels are first ordered by
/// their smoothed outcome rate (ties by code). Missing, where enough rows have it, stays apart.
#[must_use]
pub fn coarse(shape: &Shape, rows: &[u64], won: &[u64], min_people: u32) -> Coarse {
    let least = u64::from(min_people.max(1));
    let kept = |code: usize| rows[code] >= least;
    let missing = shape.missing() as usize;
    let mut order: Vec<usize> = (0..rows.len())
        .filter(|&code| code != missing && kept(code))
        .collect();
    if !matches!(shape, Shape::Number { .. }) {
        let (all, positives) = (
            rows.iter().sum::<u64>() as f64,
            won.iter().sum::<u64>() as f64,
        );
        let base = positives / all.max(1.0);
        let rate = |code: usize| (won[code] as f64 + PRIOR * base) / (rows[code] as f64 + PRIOR);
        order.sort_by(|&x, &y| rate(x).total_cmp(&rate(y)).then(x.cmp(&y)));
    }
    let groups = COARSE - usize::from(kept(missing));
    let mut table = vec![None; rows.len()];
    let mut next = 0;
    for (group, codes) in merged(&order, rows, groups).iter().enumerate() {
        for &code in codes {
            table[code] = Some(group as u8);
        }
        next = group as u8 + 1;
    }
    if kept(missing) {
        table[missing] = Some(next);
    }
    if let Shape::Number { edges, .. } = shape {
        // Beyond the range the model extrapolates flat, in pairs as in main effects.
        table[missing + 1] = table[0];
        table[missing + 2] = table[edges.len()];
    }
    table
}

/// Cuts the codes, in this order, into at most `groups` runs of nearly equal counts.
fn merged(order: &[usize], rows: &[u64], groups: usize) -> Vec<Vec<usize>> {
    let mut runs: Vec<Vec<usize>> = order.iter().map(|&code| vec![code]).collect();
    let size = |run: &[usize]| run.iter().map(|&code| rows[code]).sum::<u64>();
    // The two neighbours that are smallest together become one, until few enough remain.
    while runs.len() > groups {
        let least = (0..runs.len() - 1)
            .min_by_key(|&at| (size(&runs[at]) + size(&runs[at + 1]), at))
            .expect("there are two runs");
        let joined = runs.remove(least + 1);
        runs[least].extend(joined);
    }
    runs
}

/// All pairs of features, the greatest gain first, from residuals y − p and weights p(1 − p) of
/// rows that the main effects were not fitted on, both in units of 2⁻³².
#[must_use]
pub fn rank(
    codes: &[Arc<Codes>],
    coarse: &[Coarse],
    residuals: &[i64],
    weights: &[u32],
    min_people: u32,
) -> Vec<Ranked> {
    let width = |table: &Coarse| {
        table
            .iter()
            .flatten()
            .max()
            .map_or(0, |&most| most as usize + 1)
    };
    let columns: Vec<Vec<u8>> = codes
        .par_iter()
        .zip(coarse)
        .map(|(codes, table)| look_up(codes, table))
        .collect();
    let able: Vec<usize> = (0..codes.len())
        .filter(|&at| width(&coarse[at]) > 1)
        .collect();
    let pairs: Vec<(usize, usize)> = able
        .iter()
        .enumerate()
        .flat_map(|(i, &a)| able[i + 1..].iter().map(move |&b| (a, b)))
        .collect();
    let gain = |&(a, b): &(usize, usize)| {
        let cells = Cells::sum(&columns[a], &columns[b], residuals, weights);
        Ranked {
            a,
            b,
            gain: cells.gain(width(&coarse[a]), width(&coarse[b]), min_people),
        }
    };
    let mut ranked: Vec<Ranked> = pairs.par_iter().map(gain).collect();
    ranked.sort_by(|x, y| y.gain.total_cmp(&x.gain).then((x.a, x.b).cmp(&(y.a, y.b))));
    ranked
}

fn look_up(codes: &Codes, table: &Coarse) -> Vec<u8> {
    let table: Vec<u8> = table
        .iter()
        .map(|code| code.unwrap_or(COARSE as u8))
        .collect();
    match codes {
        Codes::Narrow(codes) => codes.iter().map(|&code| table[code as usize]).collect(),
        Codes::Wide(codes) => codes.iter().map(|&code| table[code as usize]).collect(),
    }
}

/// One side's codes and "none".
const SIDE: usize = COARSE + 1;

/// Sums by cell of two coarse columns.
struct Cells {
    residuals: [i64; SIDE * SIDE],
    weights: [i64; SIDE * SIDE],
    rows: [u64; SIDE * SIDE],
}

impl Cells {
    fn sum(a: &[u8], b: &[u8], residuals: &[i64], weights: &[u32]) -> Self {
        let mut cells = Self {
            residuals: [0; SIDE * SIDE],
            weights: [0; SIDE * SIDE],
            rows: [0; SIDE * SIDE],
        };
        for (((&a, &b), residual), &weight) in a.iter().zip(b).zip(residuals).zip(weights) {
            let cell = a as usize * SIDE + b as usize;
            cells.residuals[cell] += residual;
            cells.weights[cell] += i64::from(weight);
            cells.rows[cell] += 1;
        }
        cells
    }

    /// What the interaction gains beyond the best weighted additive fit of the two sides.
    fn gain(&self, width_a: usize, width_b: usize, min_people: u32) -> f64 {
        let unit = (1u64 << 32) as f64;
        let mut weight = vec![0.0; width_a * width_b];
        let mut slope = weight.clone();
        for i in 0..width_a {
            for j in 0..width_b {
                let cell = i * SIDE + j;
                if self.rows[cell] >= u64::from(min_people.max(1)) && self.weights[cell] > 0 {
                    weight[i * width_b + j] = self.weights[cell] as f64 / unit;
                    slope[i * width_b + j] =
                        self.residuals[cell] as f64 / self.weights[cell] as f64;
                }
            }
        }
        let (a, b) = additive(&weight, &slope, width_a, width_b);
        let mut gain = 0.0;
        for (cell, (w, s)) in weight
            .iter()
            .zip(&slope)
            .enumerate()
            .filter(|(_, (w, _))| **w > 0.0)
        {
            let left = w * (s - a[cell / width_b] - b[cell % width_b]);
            gain += left * left / (w + 1.0) - 1.0;
        }
        gain
    }
}

/// The parts `a` and `b` that minimise Σ w (v − a − b)² over the cells of a table, one `a` for each
/// row and one `b` for each column of it, solved directly with vanishing pivots set to 0; of all that do, those of least norm, so that neither side is favoured.
#[must_use]
pub fn additive(
    weights: &[f64],
    values: &[f64],
    width_a: usize,
    width_b: usize,
) -> (Vec<f64>, Vec<f64>) {
    let size = width_a + width_b;
    let mut system = vec![vec![0.0; size + 1]; size];
    for i in 0..width_a {
        for j in 0..width_b {
            let (w, v) = (weights[i * width_b + j], values[i * width_b + j]);
            let (row, column) = (i, width_a + j);
            system[row][row] += w;
            system[column][column] += w;
            system[row][column] += w;
            system[column][row] += w;
            system[row][size] += w * v;
            system[column][size] += w * v;
        }
    }
    let scale: Vec<f64> = (0..size).map(|at| system[at][at]).collect();
    let mut solved = vec![false; size];
    for pivot in 0..size {
        // Symmetric and positive semi-definite: pivots need no search, and a vanishing one is a dependent column.
        if system[pivot][pivot] <= 1e-9 * scale[pivot].max(f64::MIN_POSITIVE) {
            continue;
        }
        solved[pivot] = true;
        let line = system[pivot].clone();
        for (_, other) in system.iter_mut().enumerate().filter(|(at, _)| *at != pivot) {
            let factor = other[pivot] / line[pivot];
            other
                .iter_mut()
                .zip(&line)
                .for_each(|(x, y)| *x -= factor * y);
        }
    }
    let mut solution: Vec<f64> = (0..size)
        .map(|at| {
            if solved[at] {
                system[at][size] / system[at][at]
            } else {
                0.0
            }
        })
        .collect();
    // A constant can move between the two sides of each set of codes that cells connect.
    for island in islands(weights, width_a, width_b) {
        let sign = |at: usize| if at < width_a { 1.0 } else { -1.0 };
        let shift = island
            .iter()
            .map(|&at| sign(at) * solution[at])
            .sum::<f64>()
            / island.len() as f64;
        for &at in &island {
            solution[at] -= sign(at) * shift;
        }
    }
    (solution[..width_a].to_vec(), solution[width_a..].to_vec())
}

/// The sets of rows and columns (numbered after the rows) that cells of some weight connect.
fn islands(weights: &[f64], width_a: usize, width_b: usize) -> Vec<Vec<usize>> {
    let mut island: Vec<usize> = (0..width_a + width_b).collect();
    for cell in (0..width_a * width_b).filter(|&cell| weights[cell] > 0.0) {
        let (from, to) = (island[width_a + cell % width_b], island[cell / width_b]);
        island
            .iter_mut()
            .filter(|at| **at == from)
            .for_each(|at| *at = to);
    }
    let members = |of: usize| {
        (0..island.len())
            .filter(|&at| island[at] == of)
            .collect::<Vec<_>>()
    };
    (0..island.len())
        .map(members)
        .filter(|members| members.len() > 1)
        .collect()
}

/// Gives the additive part of a pair's table back to its two features, weighted by the training
/// rows in each kept cell, and returns the constant that is left for the baseline.
///
/// On every row in a kept cell the sum of the baseline and the three entries is unchanged. Cells and codes of
/// too few people, and "none", keep their entry of exactly 0.
pub fn purify(
    pair: &Pair,
    rows: &Rows<'_>,
    table: &mut [f64],
    main_a: &mut [f64],
    main_b: &mut [f64],
) -> f64 {
    let (width_a, width_b) = (pair.width_a(), pair.width_b());
    let least = u64::from(rows.min_people.max(1));
    let kept: Vec<bool> = rows.pair.iter().map(|&rows| rows >= least).collect();
    let weights: Vec<f64> = (0..width_a * width_b)
        .map(|cell| {
            if kept[cell] {
                rows.pair[cell] as f64
            } else {
                0.0
            }
        })
        .collect();
    let (a, b) = additive(&weights, &table[..width_a * width_b], width_a, width_b);
    for cell in (0..width_a * width_b).filter(|&cell| kept[cell]) {
        table[cell] -= a[cell / width_b] + b[cell % width_b];
    }
    let row = |i: usize| (0..width_b).any(|j| kept[i * width_b + j]);
    let column = |j: usize| (0..width_a).any(|i| kept[i * width_b + j]);
    give(&pair.coarse_a, &a, &row, rows.a, main_a)
        + give(&pair.coarse_b, &b, &column, rows.b, main_b)
}

/// Training rows by code: of a pair, and of its two features.
#[derive(Clone, Copy, Debug)]
pub struct Rows<'a> {
    /// By the pair's codes.
    pub pair: &'a [u64],
    /// By the first feature's.
    pub a: &'a [u64],
    /// By the second's.
    pub b: &'a [u64],
    /// The least number of people behind an entry.
    pub min_people: u32,
}

/// Adds each coarse code's part to the entries of its codes, less the parts' mean, which is returned.
/// A coarse code without any kept cell has no part: it stands at the mean.
fn give(
    coarse: &Coarse,
    part: &[f64],
    has_part: &dyn Fn(usize) -> bool,
    rows: &[u64],
    main: &mut [f64],
) -> f64 {
    let part_of = |coarse: &Option<u8>| {
        coarse
            .map(usize::from)
            .filter(|&coarse| has_part(coarse))
            .map(|coarse| part[coarse])
    };
    let taking = || {
        coarse
            .iter()
            .enumerate()
            .filter_map(|(code, coarse)| part_of(coarse).map(|part| (code, part)))
    };
    let held: f64 = taking().map(|(code, _)| rows[code] as f64).sum();
    let mean = taking()
        .map(|(code, part)| rows[code] as f64 * part)
        .sum::<f64>()
        / held.max(1.0);
    taking().for_each(|(code, part)| main[code] += part - mean);
    mean
}
