//! Values to typed columns, one builder per asked column.
//!
//! A row is taken whole or not at all: what its good fields left behind is
//! taken back when a later field fails.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use super::value::Values;
use super::{Asked, MAX_CELL, Reason};
use crate::name::tidy;
use crate::policy::Kind;
use crate::table::{Category, Column, Texts};

/// A column that is being read.
pub(super) enum Building {
    Number(Vec<f64>),
    Category(Levels),
    Flag(Vec<u8>),
    Date(Vec<i32>),
    Text { texts: Texts, required: bool },
}

/// A dictionary that is being learned, by the texts as they came: tidying happens once per distinct text.
#[derive(Default)]
pub(super) struct Levels {
    category: Category,
    raw: HashMap<Box<str>, u32, BuildHasherDefault<Quick>>,
    tidied: HashMap<Box<str>, u32, BuildHasherDefault<Quick>>,
}

impl Building {
    pub(super) fn new(asked: &Asked) -> Self {
        match asked.kind {
            Kind::Number => Self::Number(Vec::new()),
            Kind::Category => Self::Category(Levels::default()),
            Kind::Flag => Self::Flag(Vec::new()),
            Kind::Date => Self::Date(Vec::new()),
            Kind::Text => Self::Text {
                texts: Texts::default(),
                required: asked.required,
            },
        }
    }

    /// Takes one value.
    pub(super) fn push(&mut self, text: &str, values: &Values) -> Result<(), Reason> {
        match self {
            Self::Number(column) => {
                column.push(values.number_or_missing(text)?);
            }
            Self::Category(levels) => {
                let code = levels.code(text, values)?;
                levels.category.codes.push(code);
            }
            Self::Flag(column) => {
                column.push(if values.is_missing(text) {
                    2
                } else {
                    u8::from(values.flag(text)?)
                });
            }
            Self::Date(column) => {
                column.push(if values.is_missing(text) {
                    i32::MIN
                } else {
                    values.date(text)?
                });
            }
            Self::Text { texts, required } => {
                if text.len() > MAX_CELL {
                    return Err(Reason::TooLong);
                }
                let tidied = tidy(text);
                let missing = values.is_mark(&tidied);
                if missing && *required {
                    return Err(Reason::Required);
                }
                texts.push(match (missing, *required) {
                    (true, _) => None,
                    (false, true) => Some(&*tidied),
                    (false, false) => Some(text),
                });
            }
        }
        Ok(())
    }

    /// Takes the last value back.
    pub(super) fn pop(&mut self) {
        match self {
            Self::Number(column) => drop(column.pop()),
            // A level that only failed rows had stays in the dictionary until `finish`.
            Self::Category(levels) => drop(levels.category.codes.pop()),
            Self::Flag(column) => drop(column.pop()),
            Self::Date(column) => drop(column.pop()),
            Self::Text { texts, .. } => texts.pop(),
        }
    }

    /// The column; its levels are those of its rows, in order of first appearance.
    pub(super) fn finish(self) -> Column {
        match self {
            Self::Number(column) => Column::Number(column),
            Self::Category(levels) => Column::Category(levels.category),
            Self::Flag(column) => Column::Flag(column),
            Self::Date(column) => Column::Date(column),
            Self::Text { texts, .. } => Column::Text(texts),
        }
    }
}

impl Levels {
    fn code(&mut self, text: &str, values: &Values) -> Result<u32, Reason> {
        if let Some(&code) = self.raw.get(text) {
            return Ok(code);
        }
        if text.len() > MAX_CELL {
            return Err(Reason::TooLong);
        }
        let code = if values.is_missing(text) {
            Category::MISSING
        } else {
            self.level(&tidy(text))
        };
        self.raw.insert(text.into(), code);
        Ok(code)
    }

    fn level(&mut self, tidied: &str) -> u32 {
        if let Some(&code) = self.tidied.get(tidied) {
            return code;
        }
        let code = self.category.levels.len() as u32;
        self.category.levels.push(tidied.into());
        self.tidied.insert(tidied.into(), code);
        code
    }
}

/// A batch's columns, put together from chunks that were read in parallel.
pub(super) struct Joined {
    columns: Vec<Building>,
}

impl Joined {
    pub(super) fn new(asked: &[Asked]) -> Self {
        Self {
            columns: asked.iter().map(Building::new).collect(),
        }
    }

    /// Adds the next chunk's columns behind those taken so far.
    pub(super) fn extend(&mut self, chunk: Vec<Building>) {
        for (whole, part) in self.columns.iter_mut().zip(chunk) {
            match (whole, part) {
                (Building::Number(whole), Building::Number(part)) => whole.extend(part),
                (Building::Flag(whole), Building::Flag(part)) => whole.extend(part),
                (Building::Date(whole), Building::Date(part)) => whole.extend(part),
                (Building::Text { texts: whole, .. }, Building::Text { texts: part, .. }) => {
                    part.iter().for_each(|text| whole.push(text));
                }
                (Building::Category(whole), Building::Category(part)) => {
                    whole.extend(&part.category);
                }
                _ => unreachable!("both sides were built from the same asked columns"),
            }
        }
    }

    pub(super) fn finish(self) -> Vec<Column> {
        self.columns.into_iter().map(Building::finish).collect()
    }
}

impl Levels {
    /// Translates the part's codes row by row, so that levels stand in order of first appearance among good rows.
    fn extend(&mut self, part: &Category) {
        let mut translated: Vec<Option<u32>> = vec![None; part.levels.len()];
        self.category.codes.reserve(part.codes.len());
        for &code in &part.codes {
            let code = if code == Category::MISSING {
                code
            } else {
                let at = code as usize;
                match translated[at] {
                    Some(code) => code,
                    None => *translated[at].insert(self.level(&part.levels[at])),
                }
            };
            self.category.codes.push(code);
        }
    }
}

/// A fast hash for short texts: each word is folded into a 128-bit product, as `foldhash` does.
///
/// Not keyed: whoever writes the export could only slow its own reading down.
#[derive(Default)]
pub(super) struct Quick(u64);

impl Quick {
    fn mix(&mut self, word: u64) {
        // The constants are digits of pi, the second made odd.
        let product = u128::from(self.0 ^ word ^ 0x243f_6a88_85a3_08d3)
            * u128::from(0x1319_8a2e_0370_7345_u64);
        self.0 = (product as u64 ^ (product >> 64) as u64).rotate_left(23);
    }
}

impl Hasher for Quick {
    fn write(&mut self, bytes: &[u8]) {
        let mut words = bytes.chunks_exact(8);
        for word in &mut words {
            self.mix(u64::from_le_bytes(
                word.try_into().expect("`chunks_exact(8)` yields 8 bytes"),
            ));
        }
        let rest = words.remainder();
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        self.mix(u64::from_le_bytes(last) ^ (rest.len() as u64) << 56);
    }

    fn write_u8(&mut self, byte: u8) {
        self.mix(u64::from(byte));
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
