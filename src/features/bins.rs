//! A number's bins: its values cut at equal counts, without sorting what need not be sorted.
//!
//! No bin beside another stands for fewer than `min_people` rows, and a value that holds more
//! than its share of the rows stands alone. Equal multisets give equal bins.

use super::learn::LearnSettings;

/// A run of distinct values that share a code, and the rows that hold them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Bin {
    pub(super) first: f64,
    pub(super) last: f64,
    rows: usize,
}

/// Neighbouring values that stand together, in no order among themselves.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parcel {
    /// Where they stand.
    from: usize,
    /// What they would be as one bin.
    pub(super) bin: Bin,
}

/// Values that are sorted rather than parted.
const FEW: usize = 1 << 11;

/// Parts the values, in place, into parcels in ascending order. A parcel holds one value only, or so few rows that no
/// value in it can be a bin of its own. Most parcels end within one bin, and then nobody has to sort them.
pub(super) fn parcels(values: &mut [f64], settings: LearnSettings) -> Vec<Parcel> {
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
pub(super) fn bins(values: &mut [f64], parcels: &[Parcel], settings: LearnSettings) -> Vec<Bin> {
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

#[cfg(test)]
mod tests {
    use super::*;

    const SETTINGS: LearnSettings = LearnSettings {
        min_people: 2,
        max_bins: 4,
    };

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
}
