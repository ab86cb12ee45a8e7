//! From a parsed column to its codes: the step after which an exact value exists no more.
//!
//! A category is looked up once per level of the batch, not once per row; a
//! number goes through a search without branches. The result does not depend
//! on the number of threads.

use rayon::prelude::*;

use super::schema::{Error, Shape};
use crate::table::{Category, Column};

/// Rows that one task encodes.
const CHUNK: usize = 1 << 14;

/// Values that go through one step together; a chunk is whole blocks.
const BLOCK: usize = 128;

/// A feature's codes, one for each row, as narrow as its number of codes allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Codes {
    /// At most 256 codes.
    Narrow(Vec<u8>),
    /// More.
    Wide(Vec<u16>),
}

impl Codes {
    /// Rows held.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Narrow(codes) => codes.len(),
            Self::Wide(codes) => codes.len(),
        }
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The code of one row.
    #[must_use]
    pub fn at(&self, row: usize) -> u16 {
        match self {
            Self::Narrow(codes) => u16::from(codes[row]),
            Self::Wide(codes) => codes[row],
        }
    }

    /// The codes of these rows, in this order.
    #[must_use]
    pub fn select(&self, rows: &[u32]) -> Self {
        match self {
            Self::Narrow(codes) => {
                Self::Narrow(rows.iter().map(|&row| codes[row as usize]).collect())
            }
            Self::Wide(codes) => Self::Wide(rows.iter().map(|&row| codes[row as usize]).collect()),
        }
    }

    /// The greatest code that a row holds.
    #[must_use]
    pub fn most(&self) -> Option<u16> {
        match self {
            Self::Narrow(codes) => codes.iter().max().map(|&code| u16::from(code)),
            Self::Wide(codes) => codes.iter().max().copied(),
        }
    }

    /// Rows that hold each of the `codes` codes, and those of them that were won.
    #[must_use]
    pub fn outcomes(&self, won: &[bool], codes: usize) -> (Vec<u64>, Vec<u64>) {
        fn count<C: Copy + Into<usize>>(held: &[C], won: &[bool], counts: &mut [u64]) {
            for (&code, &won) in held.iter().zip(won) {
                counts[2 * code.into() + usize::from(won)] += 1;
            }
        }
        let mut counts = vec![0; 2 * codes];
        match self {
            Self::Narrow(held) => count(held, won, &mut counts),
            Self::Wide(held) => count(held, won, &mut counts),
        }
        let both = counts.chunks_exact(2).map(|of| (of[0] + of[1], of[1]));
        both.unzip()
    }

    /// Rows that hold each of the `codes` codes.
    #[must_use]
    pub fn counts(&self, codes: usize) -> Vec<u64> {
        let mut counts = vec![0; codes];
        match self {
            Self::Narrow(held) => held.iter().for_each(|&code| counts[code as usize] += 1),
            Self::Wide(held) => held.iter().for_each(|&code| counts[code as usize] += 1),
        }
        counts
    }
}

/// The codes of `column` under `shape`; an error where the column is of another kind.
pub fn encode(column: &Column, shape: &Shape) -> Result<Codes, Error> {
    encode_some(column, shape, None)
}

/// The codes of these rows of `column`, in this order.
pub fn encode_rows(column: &Column, shape: &Shape, rows: &[u32]) -> Result<Codes, Error> {
    encode_some(column, shape, Some(rows))
}

fn encode_some(column: &Column, shape: &Shape, rows: Option<&[u32]>) -> Result<Codes, Error> {
    let width = shape.width();
    match (shape, column) {
        (Shape::Number { edges, low, high }, Column::Number(values)) => {
            let bins = Bins::new(edges, *low, *high);
            Ok(each(values, rows, width, |values, codes| {
                bins.codes(values, codes);
            }))
        }
        (Shape::Category { levels }, Column::Category(category)) => {
            let table = table(category, levels, shape.missing());
            let last = table.len() - 1;
            Ok(each(&category.codes, rows, width, |given, codes| {
                for (code, &given) in codes.iter_mut().zip(given) {
                    *code = table[(given as usize).min(last)];
                }
            }))
        }
        (Shape::Flag, Column::Flag(values)) => Ok(each(values, rows, 1, |flags, codes| {
            for (code, &flag) in codes.iter_mut().zip(flags) {
                *code = u16::from(flag.min(2));
            }
        })),
        (shape, column) => Err(Error::Kind {
            expected: expected(shape),
            found: found(column),
        }),
    }
}

/// Maps values in parallel, in order, a block at a time; all of them, or those of `rows`.
fn each<T: Copy + Default + Sync>(
    values: &[T],
    rows: Option<&[u32]>,
    width: usize,
    code: impl Fn(&[T], &mut [u16]) + Sync,
) -> Codes {
    let length = rows.map_or(values.len(), <[u32]>::len);
    if width == 1 {
        let mut codes = vec![0u8; length];
        // `width` is 1 only where every code is under 256.
        fill(&mut codes, values, rows, &code, |code| code as u8);
        Codes::Narrow(codes)
    } else {
        let mut codes = vec![0u16; length];
        fill(&mut codes, values, rows, &code, |code| code);
        Codes::Wide(codes)
    }
}

fn fill<T: Copy + Default + Sync, C: Send>(
    codes: &mut [C],
    values: &[T],
    rows: Option<&[u32]>,
    code: &(impl Fn(&[T], &mut [u16]) + Sync),
    fitted: impl Fn(u16) -> C + Sync,
) {
    let chunks = codes.par_chunks_mut(CHUNK).enumerate();
    chunks.for_each(|(chunk, codes)| {
        let mut gathered = [T::default(); BLOCK];
        let mut found = [0u16; BLOCK];
        for (block, codes) in codes.chunks_mut(BLOCK).enumerate() {
            let here = chunk * CHUNK + block * BLOCK..chunk * CHUNK + block * BLOCK + codes.len();
            let given = if let Some(rows) = rows {
                for (value, &row) in gathered.iter_mut().zip(&rows[here]) {
                    *value = values[row as usize];
                }
                &gathered[..codes.len()]
            } else {
                &values[here]
            };
            code(given, &mut found[..codes.len()]);
            for (code, &found) in codes.iter_mut().zip(&found) {
                *code = fitted(found);
            }
        }
    });
}

/// The code of each of the column's levels, and last that of a missing value.
fn table(category: &Category, levels: &[String], missing: u16) -> Vec<u16> {
    let known = |level: &str| {
        levels
            .binary_search_by(|probe| probe.as_str().cmp(level))
            .map_or(missing + 1, |at| at as u16)
    };
    let code = |level: &str| {
        if level.is_empty() {
            missing
        } else {
            known(level)
        }
    };
    let mut table: Vec<u16> = category.levels.iter().map(|level| code(level)).collect();
    table.push(missing); // where `Category::MISSING`, or any position out of the dictionary, lands
    table
}

/// Edges padded to a power of two, so that the search takes the same steps for every value.
struct Bins {
    padded: Vec<f64>,
    missing: u16,
    low: f64,
    high: f64,
}

impl Bins {
    fn new(edges: &[f64], low: f64, high: f64) -> Self {
        let mut padded = edges.to_vec();
        padded.resize((edges.len() + 1).next_power_of_two(), f64::INFINITY);
        Self {
            padded,
            missing: edges.len() as u16 + 1,
            low,
            high,
        }
    }

    /// Bin = number of edges under the value. All values of a block take a step together: a search alone would wait
    /// for each of its comparisons.
    fn codes(&self, values: &[f64], codes: &mut [u16]) {
        codes.fill(0);
        for level in (0..self.padded.len().ilog2()).rev() {
            let from = &self.padded[(1 << level) - 1..];
            for (at, value) in codes.iter_mut().zip(values) {
                // A shift, not a choice: the compiler makes branches of choices, and these are even odds.
                *at += u16::from(from[*at as usize] < *value) << level;
            }
        }
        for (code, value) in codes.iter_mut().zip(values) {
            if !value.is_finite() {
                *code = self.missing;
            } else if *value < self.low {
                *code = self.missing + 1;
            } else if *value > self.high {
                *code = self.missing + 2;
            }
        }
    }
}

fn expected(shape: &Shape) -> &'static str {
    match shape {
        Shape::Number { .. } => "numbers",
        Shape::Category { .. } => "categories",
        Shape::Flag => "flags",
    }
}

fn found(column: &Column) -> &'static str {
    match column {
        Column::Number(_) => "numbers",
        Column::Category(_) => "categories",
        Column::Flag(_) => "flags",
        Column::Date(_) => "dates",
        Column::Text(_) => "text",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bin_is_the_number_of_edges_under_the_value() {
        for count in 0..70usize {
            let edges: Vec<f64> = (0..count).map(|i| i as f64 * 2.0).collect();
            let bins = Bins::new(&edges, -10.0, 200.0);
            let code = |value: f64| {
                let mut codes = [9];
                bins.codes(&[value], &mut codes);
                codes[0]
            };
            for step in 0..300u32 {
                let value = f64::from(step) / 2.0 - 5.0;
                let slow = edges.iter().filter(|&&edge| edge < value).count() as u16;
                assert_eq!(code(value), slow, "{count} edges, value {value}");
            }
            let bins_held = count as u16 + 1;
            assert_eq!(code(f64::NAN), bins_held);
            assert_eq!(code(-10.5), bins_held + 1);
            assert_eq!(code(200.5), bins_held + 2);
        }
    }

    #[test]
    fn an_unseen_level_is_other_and_no_level_is_missing() {
        let shape = Shape::Category {
            levels: vec!["a".into(), "c".into()],
        };
        let category = Category {
            levels: vec!["c".into(), "b".into(), "a".into()],
            codes: vec![0, 1, 2, Category::MISSING],
        };
        assert_eq!(
            encode(&Column::Category(category), &shape),
            Ok(Codes::Narrow(vec![1, 3, 0, 2]))
        );
    }

    #[test]
    fn a_column_of_another_kind_is_refused() {
        let error = Error::Kind {
            expected: "flags",
            found: "numbers",
        };
        assert_eq!(encode(&Column::Number(vec![1.0]), &Shape::Flag), Err(error));
    }
}
