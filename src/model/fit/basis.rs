//! The basis of a term: how a few penalised parameters become the table of its codes.
//!
//! Columns are centred on the training rows, so that every table has weighted
//! mean 0 and the intercept is what an average lead has. A code held by fewer
//! than `min_people` rows has no column and stands at that mean: its entry is
//! exactly 0.

use crate::features::Shape;

/// The B of a term: one row per code, one centred column per parameter.
#[derive(Clone, Debug, PartialEq)]
pub struct Basis {
    codes: usize,
    kind: Kind,
}

#[derive(Clone, Debug, PartialEq)]
enum Kind {
    /// One column per kept code, and its share of the rows in kept codes.
    Levels { kept: Vec<u16>, shares: Vec<f64> },
    /// Column `j` says "bin above `j`"; `above[j]` is the share of the binned rows for which it
    /// does. A missing row carries the columns' means and, if kept, an indicator of its own.
    Bins {
        bins: usize,
        above: Vec<f64>,
        missing: Option<f64>,
    },
}

impl Basis {
    /// The basis of a feature whose codes are held by `counts` training rows.
    #[must_use]
    pub fn of_feature(shape: &Shape, counts: &[u64], min_people: u32) -> Self {
        let Shape::Number { edges, .. } = shape else {
            return Self::of_levels(counts, min_people);
        };
        let bins = edges.len() + 1;
        let binned: u64 = counts[..bins].iter().sum();
        let missing = counts[bins];
        let least = u64::from(min_people.max(1));
        let mut above = Vec::with_capacity(bins - 1);
        let mut over = binned;
        for &rows in &counts[..bins - 1] {
            over -= rows;
            above.push(over as f64 / (binned as f64).max(1.0));
        }
        let share = missing as f64 / (missing + binned) as f64;
        let missing = (missing >= least && binned >= least).then_some(share);
        Self {
            codes: counts.len(),
            kind: Kind::Bins {
                bins,
                above,
                missing,
            },
        }
    }

    /// The basis of a category, a flag or a pair: one parameter per code with enough rows.
    #[must_use]
    pub fn of_levels(counts: &[u64], min_people: u32) -> Self {
        let least = u64::from(min_people.max(1));
        let mut kept: Vec<u16> = (0..counts.len() as u16)
            .filter(|&code| counts[code as usize] >= least)
            .collect();
        if kept.len() < 2 {
            kept.clear(); // a single code is constant: nothing to tell apart
        }
        let rows: u64 = kept.iter().map(|&code| counts[code as usize]).sum();
        let shares = kept
            .iter()
            .map(|&code| counts[code as usize] as f64 / rows as f64)
            .collect();
        Self {
            codes: counts.len(),
            kind: Kind::Levels { kept, shares },
        }
    }

    /// The basis of a pair: as [`Basis::of_levels`], but its last code, "none", never has a column.
    #[must_use]
    pub fn of_pair(counts: &[u64], min_people: u32) -> Self {
        let mut counts = counts.to_vec();
        if let Some(none) = counts.last_mut() {
            *none = 0;
        }
        Self::of_levels(&counts, min_people)
    }

    /// Codes: rows of the basis.
    #[must_use]
    pub fn codes(&self) -> usize {
        self.codes
    }

    /// Parameters: columns of the basis.
    #[must_use]
    pub fn columns(&self) -> usize {
        match &self.kind {
            Kind::Levels { kept, .. } => kept.len(),
            Kind::Bins { above, missing, .. } => above.len() + usize::from(missing.is_some()),
        }
    }

    /// f = B θ: the entry of each code. Codes beyond a number's range take the end bins' entries.
    #[must_use]
    pub fn table(&self, theta: &[f64]) -> Vec<f64> {
        let mut table = vec![0.0; self.codes];
        match &self.kind {
            Kind::Levels { kept, shares } => {
                let mean: f64 = shares
                    .iter()
                    .zip(theta)
                    .map(|(share, theta)| share * theta)
                    .sum();
                for (&code, theta) in kept.iter().zip(theta) {
                    table[code as usize] = theta - mean;
                }
            }
            Kind::Bins {
                bins,
                above,
                missing,
            } => {
                let mean: f64 = above
                    .iter()
                    .zip(theta)
                    .map(|(above, theta)| above * theta)
                    .sum();
                let step = missing.map_or(0.0, |share| share * theta[above.len()]);
                let mut height = -mean - step;
                for (bin, entry) in table[..*bins].iter_mut().enumerate() {
                    *entry = height;
                    height += if bin < above.len() { theta[bin] } else { 0.0 };
                }
                table[*bins] = missing.map_or(0.0, |share| (1.0 - share) * theta[above.len()]);
                table[bins + 1] = table[0];
                table[bins + 2] = table[bins - 1];
            }
        }
        table
    }

    /// Bᵀ M for a matrix of `width` columns with one row per code, both row by row.
    #[must_use]
    pub fn project(&self, matrix: &[f64], width: usize) -> Vec<f64> {
        let mut out = vec![0.0; self.columns() * width];
        let row = |code: usize| &matrix[code * width..(code + 1) * width];
        let mut total = vec![0.0; width];
        match &self.kind {
            Kind::Levels { kept, shares } => {
                for &code in kept {
                    add(&mut total, row(code as usize), 1.0);
                }
                for ((&code, share), out) in kept
                    .iter()
                    .zip(shares)
                    .zip(out.chunks_exact_mut(width.max(1)))
                {
                    out.copy_from_slice(row(code as usize));
                    add(out, &total, -share);
                }
            }
            Kind::Bins {
                bins,
                above,
                missing,
            } => {
                for bin in (0..*bins).rev() {
                    add(&mut total, row(bin), 1.0);
                    if bin > 0 {
                        out[(bin - 1) * width..bin * width].copy_from_slice(&total);
                    }
                }
                for (above, out) in above.iter().zip(out.chunks_exact_mut(width.max(1))) {
                    add(out, &total, -above);
                }
                if let Some(share) = missing {
                    let out = &mut out[above.len() * width..];
                    out.copy_from_slice(row(*bins));
                    add(&mut total, row(*bins), 1.0);
                    add(out, &total, -share);
                }
            }
        }
        out
    }

    /// The basis row of one code: what a dense design holds for it.
    pub fn row(&self, code: u16, out: &mut [f64]) {
        out.fill(0.0);
        match &self.kind {
            Kind::Levels { kept, shares } => {
                if let Ok(at) = kept.binary_search(&code) {
                    out.iter_mut()
                        .zip(shares)
                        .for_each(|(out, share)| *out = -share);
                    out[at] += 1.0;
                }
            }
            Kind::Bins {
                bins,
                above,
                missing,
            } => {
                let code = code as usize;
                let bin = match code {
                    code if code < *bins => Some(code),
                    code if code == bins + 1 => Some(0),
                    code if code == bins + 2 => Some(bins - 1),
                    _ => None,
                };
                if let Some(bin) = bin {
                    for (j, (out, above)) in out.iter_mut().zip(above).enumerate() {
                        *out = f64::from(u8::from(bin > j)) - above;
                    }
                }
                if let Some(share) = missing {
                    out[above.len()] = f64::from(u8::from(bin.is_none())) - share;
                }
            }
        }
    }
}

fn add(to: &mut [f64], from: &[f64], times: f64) {
    for (to, from) in to.iter_mut().zip(from) {
        *to += times * from;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bases() -> Vec<(Basis, Vec<u64>)> {
        let number = Shape::Number {
            edges: vec![1.0, 2.0, 3.0],
            low: 0.0,
            high: 9.0,
        };
        let counts = vec![30, 25, 40, 20, 33, 0, 0];
        let few_missing = vec![30, 25, 40, 20, 3, 0, 0];
        let levels = vec![50, 3, 21, 40, 0];
        vec![
            (Basis::of_feature(&number, &counts, 20), counts),
            (Basis::of_feature(&number, &few_missing, 20), few_missing),
            (
                Basis::of_feature(&Shape::Flag, &[30, 40, 50], 20),
                vec![30, 40, 50],
            ),
            (Basis::of_levels(&levels, 20), levels),
            (Basis::of_levels(&[500, 3], 20), vec![500, 3]),
        ]
    }

    #[test]
    fn table_projection_and_row_are_the_same_matrix() {
        for (basis, counts) in bases() {
            let (codes, columns) = (basis.codes(), basis.columns());
            let theta: Vec<f64> = (0..columns)
                .map(|j| (j as f64 + 1.0).sqrt() - 1.7)
                .collect();
            let table = basis.table(&theta);
            let mut row = vec![0.0; columns];
            for code in 0..codes {
                basis.row(code as u16, &mut row);
                let entry: f64 = row.iter().zip(&theta).map(|(x, theta)| x * theta).sum();
                assert!((entry - table[code]).abs() < 1e-12, "{basis:?} code {code}");
                // The codes beyond the range are held by no training row, so projections skip them.
                if counts[code] > 0 {
                    let mut unit = vec![0.0; codes];
                    unit[code] = 1.0;
                    let column = basis.project(&unit, 1);
                    assert!(
                        row.iter().zip(&column).all(|(a, b)| (a - b).abs() < 1e-12),
                        "{basis:?} code {code}"
                    );
                }
            }
            let mean: f64 = table
                .iter()
                .zip(&counts)
                .map(|(entry, &rows)| entry * rows as f64)
                .sum();
            assert!(mean.abs() < 1e-10, "{basis:?} is not centred");
        }
    }

    #[test]
    fn a_code_of_too_few_people_stands_at_exactly_zero() {
        let (basis, _) = &bases()[3];
        assert_eq!(
            (basis.columns(), basis.table(&[1.0, 2.0, 3.0])[1]),
            (3, 0.0)
        );
        assert_eq!(bases()[4].0.columns(), 0);
    }
}
