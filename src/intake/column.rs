//! Values to typed columns, one builder per asked column.
//!
//! A row is taken whole or not at all: what its good fields left behind is
//! taken back when a later field fails.

use std::borrow::Cow;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hash, Hasher};

use super::text::Charset;
use super::value::Values;
use super::word::{few, word};
use super::{Asked, MAX_CELL, Reason};
use crate::name::tidy;
use crate::policy::Kind;
use crate::table::{self, Category, Column, Texts};

/// A field as it was found: what it says is only worked out where somebody has to read it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found<'t> {
    pub(super) bytes: &'t [u8],
    pub(super) charset: Charset,
}

impl<'t> Found<'t> {
    /// Its characters.
    pub(super) fn text(self) -> Cow<'t, str> {
        self.charset.text(self.bytes)
    }
}

/// A column that is being read.
pub(super) enum Building {
    Number(Vec<f64>),
    Category(Levels),
    Flag { flags: Vec<u8>, known: Known },
    Date(Vec<i32>),
    Text { texts: Texts, required: bool },
}

/// A dictionary that is being learned, by the fields as they came: tidying happens once per distinct one.
#[derive(Default)]
pub(super) struct Levels {
    category: Category,
    short: HashMap<Short, u32, BuildHasherDefault<Quick>>,
    long: HashMap<Box<[u8]>, u32, BuildHasherDefault<Quick>>,
    tidied: HashMap<Box<str>, u32, BuildHasherDefault<Quick>>,
}

/// The first few ways in which a column writes its flags, so that each is read once.
#[derive(Default)]
pub(super) struct Known(Vec<(Short, u8)>);

impl Building {
    pub(super) fn new(asked: &Asked, rows: usize) -> Self {
        match asked.kind {
            Kind::Number => Self::Number(Vec::with_capacity(rows)),
            Kind::Category => Self::Category(Levels::new(rows)),
            Kind::Flag => Self::Flag {
                flags: Vec::with_capacity(rows),
                known: Known::default(),
            },
            Kind::Date => Self::Date(Vec::with_capacity(rows)),
            Kind::Text => Self::Text {
                texts: Texts::with_capacity(rows),
                required: asked.required,
            },
        }
    }

    /// Takes one value.
    #[inline]
    pub(super) fn push(&mut self, found: Found, values: &Values) -> Result<(), Reason> {
        match self {
            Self::Number(column) => column.push(values.number_or_missing(found)?),
            Self::Category(levels) => {
                let code = levels.code(found, values)?;
                levels.category.codes.push(code);
            }
            Self::Flag { flags, known } => flags.push(known.flag(found, values)?),
            Self::Date(column) => {
                let text = found.text();
                column.push(if values.is_missing(&text) {
                    i32::MIN
                } else {
                    values.date(&text)?
                });
            }
            Self::Text { texts, required } => text(found, *required, values, texts)?,
        }
        Ok(())
    }

    /// Takes a value that is there and cannot be read.
    pub(super) fn push_unreadable(&mut self) {
        match self {
            Self::Number(column) => column.push(f64::NAN),
            Self::Category(levels) => {
                let code = levels.level(table::UNREADABLE);
                levels.category.codes.push(code);
            }
            Self::Flag { flags, .. } => flags.push(table::UNREADABLE_FLAG),
            Self::Date(column) => column.push(table::UNREADABLE_DATE),
            Self::Text { texts, .. } => texts.push(Some(table::UNREADABLE)),
        }
    }

    /// Takes the last value back.
    pub(super) fn pop(&mut self) {
        match self {
            Self::Number(column) => drop(column.pop()),
            // A level that only failed rows had stays in the dictionary until `finish`.
            Self::Category(levels) => drop(levels.category.codes.pop()),
            Self::Flag { flags, .. } => drop(flags.pop()),
            Self::Date(column) => drop(column.pop()),
            Self::Text { texts, .. } => texts.pop(),
        }
    }

    /// The column; its levels are those of its rows, in order of first appearance.
    pub(super) fn finish(self) -> Column {
        match self {
            Self::Number(column) => Column::Number(column),
            Self::Category(levels) => Column::Category(levels.category),
            Self::Flag { flags, .. } => Column::Flag(flags),
            Self::Date(column) => Column::Date(column),
            Self::Text { texts, .. } => Column::Text(texts),
        }
    }
}

impl Levels {
    fn new(rows: usize) -> Self {
        let mut levels = Self::default();
        levels.category.codes.reserve(rows);
        levels
    }

    #[inline]
    fn code(&mut self, found: Found, values: &Values) -> Result<u32, Reason> {
        let short = Short::of(found.bytes);
        let known = match &short {
            Some(short) => self.short.get(short),
            None => self.long.get(found.bytes),
        };
        if let Some(&code) = known {
            return Ok(code);
        }
        let code = self.learned(&found.text(), values)?;
        match short {
            Some(short) => self.short.insert(short, code),
            None => self.long.insert(found.bytes.into(), code),
        };
        Ok(code)
    }

    /// The code of a text that was not met before as it is written.
    fn learned(&mut self, text: &str, values: &Values) -> Result<u32, Reason> {
        if text.len() > MAX_CELL {
            return Err(Reason::TooLong);
        }
        Ok(if values.is_missing(text) {
            Category::MISSING
        } else {
            self.level(&tidy(text))
        })
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

impl Known {
    /// 0 no, 1 yes, 2 missing.
    #[inline]
    fn flag(&mut self, found: Found, values: &Values) -> Result<u8, Reason> {
        let short = Short::of(found.bytes);
        if let Some((_, flag)) = self.0.iter().find(|(known, _)| Some(*known) == short) {
            return Ok(*flag);
        }
        let text = found.text();
        let flag = if values.is_missing(&text) {
            2
        } else {
            u8::from(values.flag(&text)?)
        };
        if let Some(short) = short.filter(|_| self.0.len() < 8) {
            self.0.push((short, flag));
        }
        Ok(flag)
    }
}

/// Takes a text, tidied where it is `required`.
fn text(found: Found, required: bool, values: &Values, to: &mut Texts) -> Result<(), Reason> {
    let text = found.text();
    if text.len() > MAX_CELL {
        return Err(Reason::TooLong);
    }
    let tidied = tidy(&text);
    match (values.is_mark(&tidied), required) {
        (true, true) => return Err(Reason::Required),
        (true, false) => to.push(None),
        (false, true) => to.push(Some(&tidied)),
        (false, false) => to.push(Some(&text)),
    }
    Ok(())
}

/// A field of at most 15 bytes as two words: equal if and only if the fields are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Short(u64, u64);

impl Short {
    #[inline]
    fn of(bytes: &[u8]) -> Option<Self> {
        let length = bytes.len();
        let (low, high) = match length {
            0..8 => (few(bytes), 0),
            8..16 => (word(bytes), few(&bytes[8..])),
            _ => return None,
        };
        Some(Self(low, high | (length as u64) << 56))
    }
}

impl Hash for Short {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.0);
        state.write_u64(self.1);
    }
}

/// A portion's column, put together from chunks that were read in parallel.
pub(super) struct Joined(Building);

impl Joined {
    pub(super) fn new(asked: &Asked, rows: usize) -> Self {
        Self(Building::new(asked, rows))
    }

    /// Adds the next chunk's column behind those taken so far.
    pub(super) fn extend(&mut self, part: Building) {
        match (&mut self.0, part) {
            (Building::Number(whole), Building::Number(part)) => whole.extend(part),
            (Building::Flag { flags: whole, .. }, Building::Flag { flags: part, .. }) => {
                whole.extend(part);
            }
            (Building::Date(whole), Building::Date(part)) => whole.extend(part),
            (Building::Text { texts: whole, .. }, Building::Text { texts: part, .. }) => {
                part.iter().for_each(|text| whole.push(text));
            }
            (Building::Category(whole), Building::Category(part)) => whole.extend(&part.category),
            _ => unreachable!("both sides were built from the same asked column"),
        }
    }

    pub(super) fn finish(self) -> Column {
        self.0.finish()
    }
}

impl Levels {
    /// Translates the part's codes row by row, so that levels stand in order of first appearance among good rows.
    fn extend(&mut self, part: &Category) {
        let mut translated: Vec<Option<u32>> = vec![None; part.levels.len()];
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
        for eight in &mut words {
            self.mix(word(eight));
        }
        let rest = words.remainder();
        self.mix(few(rest) ^ (rest.len() as u64) << 56);
    }

    fn write_u64(&mut self, word: u64) {
        self.mix(word);
    }

    fn write_usize(&mut self, length: usize) {
        self.mix(length as u64);
    }

    fn write_u8(&mut self, byte: u8) {
        self.mix(u64::from(byte));
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
