//! What the training rows teach the encoder: where a number's bins end, and which levels a category has.
//!
//! Only the multiset of a column's values matters, never the order of rows,
//! and the outcome is not looked at. No bin and no level stands for fewer
//! than `min_people` rows.

use rayon::prelude::*;

use super::bins::{bins, parcels};
use super::schema::{Error, Feature, Shape};
use crate::table::{Category, Column};

/// A declared feature and its parsed values.
#[derive(Clone, Copy, Debug)]
pub struct NamedColumn<'a> {
    /// The column's header.
    pub name: &'a str,
    /// Its values, one for each row of the table.
    pub column: &'a Column,
}

/// How finely to cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LearnSettings {
    /// The least number of rows in a bin or a level.
    pub min_people: u32,
    /// The most bins of a number, at least 2.
    pub max_bins: u32,
}

/// The features as these rows taught them.
#[derive(Clone, Debug, PartialEq)]
pub struct Learned {
    /// One for each column offered, in the same order.
    pub features: Vec<Feature>,
}

/// Learns each column's shape from the rows at the positions `rows`.
///
/// Columns of dates or free text are refused: they are no features.
pub fn learn(
    columns: &[NamedColumn<'_>],
    rows: &[u32],
    settings: &LearnSettings,
) -> Result<Learned, Error> {
    let features = columns.par_iter().map(|named| {
        let shape = match named.column {
            Column::Number(values) => number(values, rows, *settings),
            Column::Category(category) => levels(named.name, category, rows, *settings)?,
            Column::Flag(_) => Shape::Flag,
            Column::Date(_) => {
                return Err(Error::Kind {
                    expected: "numbers, categories or flags",
                    found: "dates",
                });
            }
            Column::Text(_) => {
                return Err(Error::Kind {
                    expected: "numbers, categories or flags",
                    found: "text",
                });
            }
        };
        Ok(Feature {
            name: named.name.to_owned(),
            shape,
        })
    });
    Ok(Learned {
        features: features.collect::<Result<_, _>>()?,
    })
}

fn number(values: &[f64], rows: &[u32], settings: LearnSettings) -> Shape {
    let mut held: Vec<f64> = rows
        .iter()
        .map(|&row| values[row as usize])
        .filter(|value| value.is_finite())
        .map(|value| value + 0.0) // 0 and −0 are one value
        .collect();
    let parcels = parcels(&mut held, settings);
    let (least, most) = (parcels.first(), parcels.last());
    let (least, most) = (least.map(|it| it.bin.first), most.map(|it| it.bin.last));
    let bins = bins(&mut held, &parcels, settings);
    let edges: Vec<f64> = bins
        .windows(2)
        .map(|pair| between(pair[0].last, pair[1].first))
        .collect();
    let (Some(least), Some(most)) = (least, most) else {
        // No value at all: one empty bin, and every number that ever comes is out of range.
        return Shape::Number {
            edges,
            low: 0.0,
            high: 0.0,
        };
    };
    let first = edges.first().copied().unwrap_or(most);
    let last = edges.last().copied().unwrap_or(least);
    Shape::Number {
        low: outward(least - (first - least), f64::floor).clamp(f64::MIN, least) + 0.0,
        high: outward(most + (most - last), f64::ceil).clamp(most, f64::MAX) + 0.0,
        edges,
    }
}

/// The midpoint of two neighbouring values, kept under the greater so that the two stay apart.
///
/// Written with as few digits as people would (twelve at most): `53.775`, not `53.775000000000006`.
fn between(left: f64, right: f64) -> f64 {
    let middle = left / 2.0 + right / 2.0;
    [plainly(middle), middle]
        .into_iter()
        .find(|edge| left <= *edge && *edge < right)
        .unwrap_or(left)
        + 0.0 // never a negative zero, which has another document than zero
}

/// The number nearest to `value` that has at most twelve significant digits.
fn plainly(value: f64) -> f64 {
    format!("{value:.11e}").parse().unwrap_or(value)
}

/// A bound of the range, moved away from the data to two significant digits: the least and the
/// greatest value may each be one person's, and the model keeps neither.
fn outward(bound: f64, away: fn(f64) -> f64) -> f64 {
    if bound == 0.0 || !bound.is_finite() {
        return bound;
    }
    let unit = libm::pow(10.0, libm::floor(libm::log10(bound.abs())) - 1.0);
    plainly(away(plainly(bound / unit)) * unit)
}

fn levels(
    name: &str,
    category: &Category,
    rows: &[u32],
    settings: LearnSettings,
) -> Result<Shape, Error> {
    // Four tables taken in turn, each with a last place for what is missing: neighbouring rows often hold the same
    // level, and a count that waits for the one before it costs more than adding the tables at the end.
    let width = category.levels.len() + 1;
    let mut tables = vec![0u32; 4 * width];
    for (at, &row) in rows.iter().enumerate() {
        let code = (category.codes[row as usize] as usize).min(width - 1);
        tables[at % 4 * width + code] += 1;
    }
    let count = |level| (0..4).map(|table| tables[table * width + level]).sum();
    let counts: Vec<u32> = (0..width - 1).map(count).collect();
    let least = settings.min_people.max(1);
    let common = category.levels.iter().zip(&counts);
    let common = common.filter(|(level, count)| **count >= least && !level.is_empty());
    let mut levels: Vec<String> = common.map(|(level, _)| level.to_string()).collect();
    levels.sort_unstable();
    levels.dedup();
    if levels.len() > usize::from(u16::MAX) - 1 {
        return Err(Error::TooManyLevels {
            feature: name.to_owned(),
            levels: levels.len(),
        });
    }
    Ok(Shape::Category { levels })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETTINGS: LearnSettings = LearnSettings {
        min_people: 2,
        max_bins: 4,
    };

    fn learned(values: &[f64]) -> Shape {
        let rows: Vec<u32> = (0..values.len() as u32).collect();
        number(values, &rows, SETTINGS)
    }

    #[test]
    fn a_value_that_holds_many_rows_is_a_bin_of_its_own() {
        let values = [999.0, 999.0, 999.0, 999.0, 999.0, 1.0, 2.0, 3.0, 4.0, 5.0];
        let Shape::Number { edges, low, high } = learned(&values) else {
            panic!("a number")
        };
        // Five values in bins of max(2, ⌈5/3⌉) rows; the last, under two, joins its left neighbour.
        assert_eq!(edges, [2.5, 502.0]);
        assert_eq!(
            (low, high),
            (-0.5, 1500.0),
            "1 - 1.5, and 999 + 497 moved outward"
        );
    }

    #[test]
    fn neighbouring_floats_stay_apart() {
        let next = f64::from_bits(1.0f64.to_bits() + 1);
        let edge = between(1.0, next);
        assert!(1.0 <= edge && edge < next);
        assert!(between(f64::MIN, f64::MAX).is_finite());
    }

    #[test]
    fn a_column_without_any_value_is_one_empty_bin() {
        assert_eq!(
            learned(&[f64::NAN; 3]),
            Shape::Number {
                edges: vec![],
                low: 0.0,
                high: 0.0
            }
        );
    }
}
