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
    match (shape, column) {
        (Shape::Number { edges, low, high }, Column::Number(values)) => {
            let bins = Bins::new(edges, *low, *high);
            Ok(each(values, shape.width(), |&value| bins.code(value)))
        }
        (Shape::Category { levels }, Column::Category(category)) => {
            Ok(categories(category, levels, shape))
        }
        (Shape::Flag, Column::Flag(values)) => Ok(each(values, 1, |&flag| u16::from(flag.min(2)))),
        (shape, column) => Err(Error::Kind {
            expected: expected(shape),
            found: found(column),
        }),
    }
}

/// Maps every value in parallel, in order.
fn each<T: Sync>(values: &[T], width: usize, code: impl Fn(&T) -> u16 + Sync) -> Codes {
    if width == 1 {
        let mut codes = vec![0u8; values.len()];
        codes
            .par_chunks_mut(CHUNK)
            .zip(values.par_chunks(CHUNK))
            .for_each(|(codes, values)| {
                for (slot, value) in codes.iter_mut().zip(values) {
                    *slot = code(value) as u8; // `width` is 1 only where every code is under 256
                }
            });
        Codes::Narrow(codes)
    } else {
        let mut codes = vec![0u16; values.len()];
        codes
            .par_chunks_mut(CHUNK)
            .zip(values.par_chunks(CHUNK))
            .for_each(|(codes, values)| {
                for (slot, value) in codes.iter_mut().zip(values) {
                    *slot = code(value);
                }
            });
        Codes::Wide(codes)
    }
}

fn categories(category: &Category, levels: &[String], shape: &Shape) -> Codes {
    let missing = shape.missing();
    let other = missing + 1;
    let known = |level: &str| {
        levels
            .binary_search_by(|probe| probe.as_str().cmp(level))
            .map_or(other, |at| at as u16)
    };
    let mut table: Vec<u16> = category
        .levels
        .iter()
        .map(|level| {
            if level.is_empty() {
                missing
            } else {
                known(level)
            }
        })
        .collect();
    table.push(missing); // where `Category::MISSING`, or any position out of the dictionary, lands
    let last = table.len() - 1;
    each(&category.codes, shape.width(), |&code| {
        table[(code as usize).min(last)]
    })
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

    /// Bin = number of edges under the value.
    fn code(&self, value: f64) -> u16 {
        if !value.is_finite() {
            return self.missing;
        }
        if value < self.low {
            return self.missing + 1;
        }
        if value > self.high {
            return self.missing + 2;
        }
        let mut at = 0;
        let mut step = self.padded.len() / 2;
        while step > 0 {
            at += usize::from(self.padded[at + step - 1] < value) * step;
            step /= 2;
        }
        at as u16
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
            for step in 0..300u32 {
                let value = f64::from(step) / 2.0 - 5.0;
                let slow = edges.iter().filter(|&&edge| edge < value).count() as u16;
                assert_eq!(bins.code(value), slow, "{count} edges, value {value}");
            }
            let bins_held = count as u16 + 1;
            assert_eq!(bins.code(f64::NAN), bins_held);
            assert_eq!(bins.code(-10.5), bins_held + 1);
            assert_eq!(bins.code(200.5), bins_held + 2);
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
