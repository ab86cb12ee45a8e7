//! A batch of rows, declared columns only, every value parsed once.

use std::collections::HashMap;

use super::texts::Texts;
use crate::policy::Kind;

/// Some rows of an export, column by column.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// The 1-based number of each row's record in the run's input (header not counted).
    pub records: Vec<u64>,
    /// The declared columns that were asked for, in the order asked for; each as long as `records`.
    pub columns: Vec<Column>,
}

impl Batch {
    /// Rows held.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.records.len()
    }
}

/// A fact that is there and cannot be read, as a flag.
pub const UNREADABLE_FLAG: u8 = 3;
/// The same as a date.
pub const UNREADABLE_DATE: i32 = i32::MIN + 1;
/// The same as a text: the sign for what is no character.
pub const UNREADABLE: &str = "\u{fffd}";

/// One column of parsed values.
#[derive(Clone, Debug)]
pub enum Column {
    /// Numbers; NaN is missing, and nothing is infinite.
    Number(Vec<f64>),
    /// Texts of a category, dictionary-coded; `u32::MAX` is missing.
    Category(Category),
    /// 0 no, 1 yes, 2 missing; of a fact, [`UNREADABLE_FLAG`].
    Flag(Vec<u8>),
    /// Days since 1970-01-01; `i32::MIN` is missing; of a fact, [`UNREADABLE_DATE`].
    Date(Vec<i32>),
    /// Texts as they came (identifiers, outcome).
    Text(Texts),
}

/// A dictionary-coded column of texts.
#[derive(Clone, Debug, Default)]
pub struct Category {
    /// The distinct texts of this batch, tidied, in order of first appearance.
    pub levels: Vec<Box<str>>,
    /// Each row's position in `levels`; [`Category::MISSING`] where there is no value.
    pub codes: Vec<u32>,
}

impl Category {
    /// The code of a missing value.
    pub const MISSING: u32 = u32::MAX;
}

impl Column {
    /// Rows held.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Number(values) => values.len(),
            Self::Category(category) => category.codes.len(),
            Self::Flag(values) => values.len(),
            Self::Date(values) => values.len(),
            Self::Text(values) => values.len(),
        }
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Column {
    /// A column of this kind without a row.
    #[must_use]
    pub fn empty(kind: Kind) -> Self {
        match kind {
            Kind::Number => Self::Number(Vec::new()),
            Kind::Category => Self::Category(Category::default()),
            Kind::Flag => Self::Flag(Vec::new()),
            Kind::Date => Self::Date(Vec::new()),
            Kind::Text => Self::Text(Texts::default()),
        }
    }

    /// Appends the given rows of another column of the same kind; rows of another kind count as missing.
    pub fn extend(&mut self, other: &Self, rows: &[u32]) {
        match (self, other) {
            (Self::Number(to), Self::Number(from)) => {
                to.extend(rows.iter().map(|&row| from[row as usize]));
            }
            (Self::Flag(to), Self::Flag(from)) => {
                to.extend(rows.iter().map(|&row| from[row as usize]));
            }
            (Self::Date(to), Self::Date(from)) => {
                to.extend(rows.iter().map(|&row| from[row as usize]));
            }
            (Self::Text(to), Self::Text(from)) => {
                for &row in rows {
                    to.push(from.get(row as usize));
                }
            }
            (Self::Category(to), Self::Category(from)) => to.extend(from, rows),
            (to, _) => to.extend_missing(rows.len()),
        }
    }

    /// Marks what stands in a row as unreadable; only flags and dates of Parquet come to that.
    pub fn make_unreadable(&mut self, row: usize) {
        match self {
            Self::Flag(values) => values[row] = UNREADABLE_FLAG,
            Self::Date(values) => values[row] = UNREADABLE_DATE,
            Self::Number(values) => values[row] = f64::NAN,
            Self::Category(_) | Self::Text(_) => {}
        }
    }

    fn extend_missing(&mut self, rows: usize) {
        match self {
            Self::Number(to) => to.resize(to.len() + rows, f64::NAN),
            Self::Flag(to) => to.resize(to.len() + rows, 2),
            Self::Date(to) => to.resize(to.len() + rows, i32::MIN),
            Self::Text(to) => (0..rows).for_each(|_| to.push(None)),
            Self::Category(to) => to.codes.resize(to.codes.len() + rows, Category::MISSING),
        }
    }
}

impl Category {
    /// Appends the given rows of another batch, whose dictionary may differ.
    pub(super) fn extend(&mut self, other: &Self, rows: &[u32]) {
        let known: HashMap<&str, u32> = self
            .levels
            .iter()
            .enumerate()
            .map(|(at, level)| (&**level, at as u32))
            .collect();
        let mut new: Vec<Box<str>> = Vec::new();
        let map: Vec<u32> = other
            .levels
            .iter()
            .map(|level| {
                known.get(&**level).copied().unwrap_or_else(|| {
                    new.push(level.clone());
                    (self.levels.len() + new.len() - 1) as u32
                })
            })
            .collect();
        self.levels.extend(new);
        self.codes.extend(rows.iter().map(|&row| {
            let code = other.codes[row as usize];
            map.get(code as usize).copied().unwrap_or(Self::MISSING)
        }));
    }
}
