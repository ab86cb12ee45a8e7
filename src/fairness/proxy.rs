//! Which features tell groups apart, and how far the score does.
//!
//! A feature that nobody would call a gender may know it all the same. Cramér's V says how far a feature's codes go with
//! the groups, from 0 to 1; many codes and few people go together by chance, and that part is taken off (Bergsma, Journal
//! of the Korean Statistical Society, 2013). What is left may still be chance: a feature is listed only if its χ² would be
//! as high without any association in one of a thousand features or fewer. The score is told by the area under its curve: the chance that somebody of
//! the group is above somebody of another.

use serde::{Deserialize, Serialize};

use super::PROXY;

/// A feature that tells groups apart.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Proxy {
    /// Its column.
    pub feature: String,
    /// Cramér's V between its codes and the groups, corrected for its bias.
    pub cramers_v: f64,
}

/// The features at or above the limit, the most telling first; of equals in the model's order.
pub(super) fn proxies(
    features: &[(String, Vec<u16>)],
    of: &[Option<u32>],
    groups: usize,
) -> Vec<Proxy> {
    let mut found: Vec<Proxy> = features
        .iter()
        .filter_map(|(feature, codes)| {
            let found = association(codes, of, groups)?;
            (found.cramers_v >= PROXY && found.surprise >= SURPRISE).then(|| Proxy {
                feature: feature.clone(),
                cramers_v: found.cramers_v,
            })
        })
        .collect();
    found.sort_by(|a, b| b.cramers_v.total_cmp(&a.cramers_v));
    found
}

/// The 99.9 % quantile of the normal distribution.
const SURPRISE: f64 = 3.090_232_306_167_813;

/// How far codes go with groups.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Association {
    /// Cramér's V, corrected for its bias.
    pub cramers_v: f64,
    /// How many standard deviations χ² is above what chance gives (Wilson, Hilferty, PNAS 1931).
    pub surprise: f64,
}

/// How far codes go with groups; nothing where either has one value only.
#[must_use]
pub fn association(codes: &[u16], of: &[Option<u32>], groups: usize) -> Option<Association> {
    let width = codes.iter().max().map_or(0, |most| usize::from(*most) + 1);
    let mut table = vec![0u64; width * groups];
    for (code, group) in codes.iter().zip(of) {
        if let Some(group) = group {
            table[*group as usize * width + usize::from(*code)] += 1;
        }
    }
    let by_group: Vec<u64> = table
        .chunks(width.max(1))
        .map(|row| row.iter().sum())
        .collect();
    let by_code: Vec<u64> = (0..width)
        .map(|code| table.iter().skip(code).step_by(width).sum())
        .collect();
    let n = by_group.iter().sum::<u64>() as f64;
    let levels = |counts: &[u64]| counts.iter().filter(|it| **it > 0).count() as f64;
    let (r, c) = (levels(&by_group), levels(&by_code));
    if r < 2.0 || c < 2.0 {
        return None;
    }
    let mut phi2 = 0.0;
    for (group, rows) in by_group.iter().enumerate().filter(|it| *it.1 > 0) {
        for (code, columns) in by_code.iter().enumerate().filter(|it| *it.1 > 0) {
            let seen = table[group * width + code] as f64;
            let expected = *rows as f64 * *columns as f64 / n;
            phi2 += (seen - expected) * (seen - expected) / expected;
        }
    }
    let freedom = (r - 1.0) * (c - 1.0);
    let spread = 2.0 / (9.0 * freedom);
    let surprise = (libm::cbrt(phi2 / freedom) - (1.0 - spread)) / libm::sqrt(spread);
    phi2 /= n;
    let above = (phi2 - freedom / (n - 1.0)).max(0.0);
    let corrected = |levels: f64| levels - (levels - 1.0) * (levels - 1.0) / (n - 1.0);
    let most = corrected(r).min(corrected(c)) - 1.0;
    Some(Association {
        cramers_v: if most > 0.0 {
            libm::sqrt(above / most)
        } else {
            0.0
        },
        surprise,
    })
}

/// By group: the chance that one of it has a higher score than somebody of another, equals counted half. People without
/// a group are left out; nothing where a group or all others are nobody.
#[must_use]
pub fn area(scores: &[f64], of: &[Option<u32>], groups: usize) -> Vec<Option<f64>> {
    let mut order: Vec<(f64, u32)> = scores
        .iter()
        .zip(of)
        .filter_map(|(score, group)| Some((*score, (*group)?)))
        .collect();
    order.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    // Ranks are counted in halves, so that sums are exact.
    let (mut ranks, mut sizes) = (vec![0u128; groups], vec![0u64; groups]);
    let mut start = 0;
    for tied in order.chunk_by(|a, b| a.0.total_cmp(&b.0).is_eq()) {
        let twice = (2 * start + tied.len() + 1) as u128;
        for (_, group) in tied {
            ranks[*group as usize] += twice;
            sizes[*group as usize] += 1;
        }
        start += tied.len();
    }
    let all = order.len() as u64;
    let area = |(rank, size): (&u128, &u64)| {
        let (own, others) = (u128::from(*size), u128::from(all - size));
        (own > 0 && others > 0).then(|| {
            let above = rank - own * (own + 1);
            above as f64 / (2 * own * others) as f64
        })
    };
    ranks.iter().zip(&sizes).map(area).collect()
}
