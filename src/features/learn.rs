//! What the training rows teach the encoder: where a number's bins end, and which levels a category has.
//!
//! Only the multiset of a column's values matters, never the order of rows,
//! and the outcome is not looked at. No bin and no level stands for fewer
//! than `min_people` rows.

use rayon::prelude::*;

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

/// A run of distinct values that share a code, and the rows that hold them.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Bin {
    first: f64,
    last: f64,
    rows: usize,
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

/// Neighbouring values that stand together, in no order among themselves.
#[derive(Clone, Copy, Debug)]
struct Parcel {
    /// Where they stand.
    from: usize,
    /// What they would be as one bin.
    bin: Bin,
}

/// Values that are sorted rather than parted.
const FEW: usize = 1 << 11;

/// Parts the values, in place, into parcels in ascending order. A parcel holds one value only, or so few rows that no
/// value in it can be a bin of its own. Most parcels end within one bin, and then nobody has to sort them.
fn parcels(values: &mut [f64], settings: LearnSettings) -> Vec<Parcel> {
    let most = settings.max_bins.max(2) as usize;
    let limit = (values.len() / most).min(FEW);
    let mut parcels = Vec::new();
    let mut scratch = vec![0.0; if values.len() > FEW { values.len() } else { 0 }];
    part(values, &mut scratch, 0, limit, &mut parcels);
    parcels
}

fn part(values: &mut [f64], scratch: &mut [f64], from: usize, limit: usize, to: &mut Vec<Parcel>) {
    if values.len() <= FEW && values.len() > limit {
        values.sort_unstable_by(f64::total_cmp);
        let mut from = from;
        for bin in distinct(values) {
            to.push(Parcel { from, bin });
            from += bin.rows;
        }
        return;
    }
    if values.is_empty() {
        return;
    }
    let bounds = (f64::INFINITY, f64::NEG_INFINITY);
    let (first, last) = values.iter().fold(bounds, |(low, high), &value| {
        (
            if value < low { value } else { low },
            if value > high { value } else { high },
        )
    });
    let rows = values.len();
    if rows <= limit || first >= last {
        let bin = Bin { first, last, rows };
        to.push(Parcel { from, bin });
        return;
    }
    // By the leading bits of what tells the values apart: the first and the last never stand together.
    let span = rank(last) - rank(first);
    let bits = (rows / 64).ilog2().clamp(1, 12);
    let shift = (u64::BITS - span.leading_zeros()).saturating_sub(bits);
    let place = |value: f64| ((rank(value) - rank(first)) >> shift) as usize;
    let mut ends = vec![0usize; (span >> shift) as usize + 2];
    for &value in &*values {
        ends[place(value) + 1] += 1;
    }
    for at in 1..ends.len() {
        ends[at] += ends[at - 1];
    }
    let starts = ends.clone();
    for &value in &*values {
        let end = &mut ends[place(value)];
        scratch[*end] = value;
        *end += 1;
    }
    values.copy_from_slice(scratch);
    for bounds in starts.windows(2) {
        let here = bounds[0]..bounds[1];
        part(
            &mut values[here.clone()],
            &mut scratch[here],
            from + bounds[0],
            limit,
            to,
        );
    }
}

/// A number's place among all finite numbers.
fn rank(value: f64) -> u64 {
    let bits = value.to_bits();
    if bits >> 63 == 0 {
        bits | 1 << 63
    } else {
        !bits
    }
}

/// Distinct values ascending, each with the rows that hold it.
fn distinct(sorted: &[f64]) -> impl Iterator<Item = Bin> {
    sorted.chunk_by(|a, b| a >= b).map(|run| Bin {
        first: run[0],
        last: run[0],
        rows: run.len(),
    })
}

/// Cuts parcels of values into bins: a value with more than its share of the rows is alone, the rest
/// is cut at equal counts, and a bin under `min_people` joins its smaller neighbour (tie: left).
fn bins(values: &mut [f64], parcels: &[Parcel], settings: LearnSettings) -> Vec<Bin> {
    let k = settings.min_people.max(1) as usize;
    let most = settings.max_bins.max(2) as usize;
    let n = values.len();
    let heavy = |bin: &Bin| bin.rows * most > n;
    let alone = parcels.iter().filter(|it| heavy(&it.bin)).count();
    let light = parcels.iter().filter(|it| !heavy(&it.bin));
    let rest: usize = light.map(|it| it.bin.rows).sum();
    let full = k.max(rest.div_ceil((most - alone.min(most - 1)).max(1)));

    let mut bins: Vec<Bin> = Vec::new();
    let mut open = false;
    let mut add = |next: &Bin, open: &mut bool| {
        match bins.last_mut() {
            Some(bin) if *open && !heavy(next) => {
                *bin = Bin {
                    first: bin.first,
                    last: next.last,
                    rows: bin.rows + next.rows,
                }
            }
            _ => bins.push(*next),
        }
        let held = bins.last().map_or(0, |bin| bin.rows);
        *open = !heavy(next) && held < full;
        held
    };
    let mut held = 0;
    for Parcel { from, bin } in parcels {
        // A parcel in which no bin can close need not be looked into.
        let begun = if open { held } else { 0 };
        let within = bin.first >= bin.last || begun + bin.rows < full;
        if within {
            held = add(bin, &mut open);
        } else {
            let values = &mut values[*from..*from + bin.rows];
            values.sort_unstable_by(f64::total_cmp);
            for value in distinct(values) {
                held = add(&value, &mut open);
            }
        }
    }
    // Closing early beside heavy values can leave bins that are small, or too many.
    while bins.len() > 1 {
        let (at, least) = bins
            .iter()
            .enumerate()
            .map(|(at, bin)| (at, bin.rows))
            .min_by_key(|&(at, rows)| (rows, at))
            .expect("there are bins");
        if least >= k && bins.len() <= most {
            break;
        }
        let left = at.checked_sub(1).map(|left| bins[left].rows);
        let right = bins.get(at + 1).map(|bin| bin.rows);
        let from = match (left, right) {
            (Some(left), Some(right)) if right < left => at,
            (Some(_), _) => at - 1,
            (None, _) => at,
        };
        let joined = bins.remove(from + 1);
        bins[from] = Bin {
            first: bins[from].first,
            last: joined.last,
            rows: bins[from].rows + joined.rows,
        };
    }
    bins
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
    fn no_bin_holds_fewer_people_than_allowed_and_none_is_one_too_many() {
        for n in 0..200usize {
            let mut values: Vec<f64> = (0..n).map(|i| f64::from((i * i % 37) as u32)).collect();
            let parcels = parcels(&mut values, SETTINGS);
            let bins = bins(&mut values, &parcels, SETTINGS);
            assert!(bins.len() <= 4 && bins.iter().map(|bin| bin.rows).sum::<usize>() == n);
            assert!(
                bins.len() <= 1 || bins.iter().all(|bin| bin.rows >= 2),
                "{bins:?}"
            );
        }
    }

    #[test]
    fn parcels_that_nobody_sorts_give_the_bins_that_sorting_gives() {
        let settings = LearnSettings {
            min_people: 20,
            max_bins: 32,
        };
        let mut draw = 1u64;
        let mut unit = move || {
            draw = draw.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (draw >> 11) as f64 / (1u64 << 53) as f64
        };
        let columns: [&mut dyn FnMut(f64) -> f64; 6] = [
            &mut |u| (u * 1e4).round() / 100.0,
            &mut |u| libm::exp(20.0 * u) - 1.0,
            &mut |u| if u < 0.4 { 999.0 } else { -libm::exp(9.0 * u) },
            &mut |u| (u * u * u * 40.0).floor(),
            &mut |u| if u < 0.01 { 1e300 } else { 1.0 + u * 1e-12 },
            &mut |u| (u - 0.5) * 1e-300,
        ];
        for (at, column) in columns.into_iter().enumerate() {
            for n in [50, FEW, FEW + 1, 30_000, 200_000] {
                let mut values: Vec<f64> = (0..n).map(|_| column(unit()) + 0.0).collect();
                let mut sorted = values.clone();
                sorted.sort_unstable_by(f64::total_cmp);
                let mut from = 0;
                let one_by_one: Vec<Parcel> = distinct(&sorted)
                    .map(|bin| {
                        from += bin.rows;
                        Parcel {
                            from: from - bin.rows,
                            bin,
                        }
                    })
                    .collect();
                let expected = bins(&mut sorted, &one_by_one, settings);
                let parcels = parcels(&mut values, settings);
                assert_eq!(
                    bins(&mut values, &parcels, settings),
                    expected,
                    "column {at}, {n} rows"
                );
                assert!(n < 200_000 || at == 3 || parcels.len() < one_by_one.len());
            }
        }
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
