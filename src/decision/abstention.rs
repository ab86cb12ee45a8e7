//! What sets a lead apart: scored, and left to a person, because the model knows too little about such a one.
//!
//! A flag is a function of the lead's codes, the model and the policy's limits,
//! in whole numbers: whoever holds the record replays it. The score stands as it
//! is, and the machine proposes no band for it.

use rayon::prelude::*;

use crate::features::{Codes, Shape};
use crate::model::Model;
use crate::policy::{Abstention, Watched};

/// Rows that one task looks at.
const CHUNK: usize = 1 << 13;

/// What a code counts for: missing ones in the lower half, what sets a lead apart by itself in the upper.
const ALONE: u32 = 1 << 16;

/// The limits of a policy for one model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// What each code of each feature counts for.
    marks: Vec<Vec<u32>>,
    /// The code of a missing value, by feature.
    missing: Vec<u16>,
    /// Whether the last codes of a feature are those beyond a range.
    ranges: Vec<bool>,
    /// Features that weigh.
    important: Vec<bool>,
    /// The share of features that may be missing, in parts per million.
    missing_ppm: u32,
}

/// Why a lead is set apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Flag {
    /// A level that was never seen in training, or too rarely, at this feature's position.
    Unseen {
        /// The feature.
        feature: usize,
    },
    /// A number under the training range.
    Below {
        /// The feature.
        feature: usize,
    },
    /// A number over the training range.
    Above {
        /// The feature.
        feature: usize,
    },
    /// Too many values are missing.
    Missing {
        /// So many.
        missing: usize,
        /// Of so many.
        features: usize,
    },
}

impl Limits {
    /// What these settings come to for this model.
    #[must_use]
    pub fn of(model: &Model, settings: &Abstention) -> Self {
        let features = &model.schema().features;
        let spans: Vec<u64> = features
            .iter()
            .zip(model.tables())
            .map(|(_, table)| span(table.iter().map(|entry| entry.0)))
            .collect();
        let widest = spans.iter().copied().max().unwrap_or(0);
        let weighs =
            |span: u64| span > 0 && span * 1_000_000 >= widest * u64::from(settings.important_ppm);
        let important: Vec<bool> = spans.iter().map(|&span| weighs(span)).collect();
        let marks = features.iter().zip(&important).map(|(feature, &weighs)| {
            let missing = usize::from(feature.shape.missing());
            let watched = match feature.shape {
                Shape::Number { .. } => settings.beyond,
                Shape::Category { .. } | Shape::Flag => settings.unseen,
            };
            let counts = match watched {
                Watched::Any => true,
                Watched::Important => weighs,
                Watched::Never => false,
            };
            let mark = |code: usize| match code {
                code if code < missing => 0,
                code if code == missing => 1,
                _ => ALONE * u32::from(counts),
            };
            (0..feature.shape.codes()).map(mark).collect()
        });
        Self {
            marks: marks.collect(),
            missing: features.iter().map(|it| it.shape.missing()).collect(),
            ranges: features
                .iter()
                .map(|it| matches!(it.shape, Shape::Number { .. }))
                .collect(),
            important,
            missing_ppm: settings.missing_ppm,
        }
    }

    /// Whether each feature weighs.
    #[must_use]
    pub fn important(&self) -> &[bool] {
        &self.important
    }

    /// Whether a lead of these features' codes is set apart; a code that no feature has counts for nothing.
    #[must_use]
    pub fn sets_apart(&self, codes: &[u16]) -> bool {
        let marks = self.marks.iter().zip(codes);
        let marks = marks.map(|(marks, &code)| marks.get(usize::from(code)).copied().unwrap_or(0));
        self.is_apart(marks.sum())
    }

    /// The same of each row of a batch, one column of codes for each feature.
    #[must_use]
    pub fn apart(&self, columns: &[Codes]) -> Vec<bool> {
        let rows = columns.first().map_or(0, Codes::len);
        let mut apart = vec![false; rows];
        apart
            .par_chunks_mut(CHUNK)
            .enumerate()
            .for_each(|(chunk, apart)| {
                let from = chunk * CHUNK;
                let mut sums = vec![0u32; apart.len()];
                let until = from + apart.len();
                let features = self.marks.iter().zip(&self.missing);
                for ((marks, &missing), column) in features.zip(columns) {
                    match column {
                        Codes::Narrow(codes) => add(&mut sums, &codes[from..until], marks, missing),
                        Codes::Wide(codes) => add(&mut sums, &codes[from..until], marks, missing),
                    }
                }
                for (apart, sum) in apart.iter_mut().zip(sums) {
                    *apart = self.is_apart(sum);
                }
            });
        apart
    }

    /// Everything that sets a lead of these codes apart; nothing where it is not.
    #[must_use]
    pub fn flags(&self, codes: &[u16]) -> Vec<Flag> {
        if !self.sets_apart(codes) {
            return Vec::new();
        }
        let mut flags = Vec::new();
        let mut missing = 0;
        for (feature, &code) in codes.iter().enumerate().take(self.marks.len()) {
            let last = self.missing[feature];
            let mark = self.marks[feature].get(usize::from(code)).copied();
            missing += usize::from(code == last);
            if mark.unwrap_or(0) >= ALONE {
                flags.push(match (self.ranges[feature], code - last) {
                    (false, _) => Flag::Unseen { feature },
                    (true, 1) => Flag::Below { feature },
                    (true, _) => Flag::Above { feature },
                });
            }
        }
        let features = self.marks.len();
        if self.is_apart(missing as u32) {
            flags.push(Flag::Missing { missing, features });
        }
        flags
    }

    fn is_apart(&self, sum: u32) -> bool {
        let missing = u64::from(sum % ALONE);
        sum >= ALONE || missing * 1_000_000 > self.marks.len() as u64 * u64::from(self.missing_ppm)
    }
}

fn span(entries: impl Iterator<Item = i32> + Clone) -> u64 {
    let (least, most) = (entries.clone().min(), entries.max());
    let distance = |(least, most): (i32, i32)| i64::from(most) - i64::from(least);
    least.zip(most).map_or(0, |it| distance(it) as u64)
}

/// Adds what each code counts for. Most columns have none that counts, and their greatest code says so at once.
fn add<C: Copy + Ord + Into<u16>>(sums: &mut [u32], codes: &[C], marks: &[u32], missing: u16) {
    let most = codes.iter().copied().max().map_or(0, Into::into);
    if most < missing {
        return;
    }
    for (sum, &code) in sums.iter_mut().zip(codes) {
        *sum += marks[usize::from(code.into())];
    }
}
