//! Parquet, read by the same rules as CSV: the policy says what a value means, whatever type it was stored as.

use std::sync::Arc;

use rayon::prelude::*;

use super::{Asked, Error, Failure, MissingColumn, Place, Portion, Reason, Values};
use crate::name::{nearest, tidy};
use crate::policy::{Dialect, Kind};
use crate::table::{self, Batch, Category, Column, Raw, RawBatch, Texts};

/// A stream of portions from Parquet batches.
pub struct Columnar {
    from: table::Reader,
    asked: Vec<Asked>,
    values: Values,
    records: u64,
    /// The position of the only file; of none where there are several.
    file: u32,
}

impl Columnar {
    /// Reads `from` as the policy's dialect says; `files` are the names of its files, for errors.
    ///
    /// Several files come as one stream, so a failure then names its record and no file.
    pub fn new(
        from: table::Reader,
        dialect: &Dialect,
        asked: &[Asked],
        files: &[String],
    ) -> Result<Self, Error> {
        let missing: Vec<MissingColumn> = asked
            .iter()
            .filter(|ask| !from.headers().contains(&ask.name))
            .map(|ask| MissingColumn {
                name: ask.name.clone(),
                near: nearest(&ask.name, from.headers().iter().map(String::as_str))
                    .map(str::to_owned),
            })
            .collect();
        if missing.is_empty() {
            Ok(Self {
                from,
                asked: asked.to_vec(),
                values: Values::new(dialect),
                records: 0,
                file: if files.len() == 1 { 0 } else { u32::MAX },
            })
        } else {
            Err(Error::MissingColumns {
                file: files.first().cloned().unwrap_or_default(),
                missing,
            })
        }
    }

    /// The headers, tidied, in file order.
    #[must_use]
    pub fn headers(&self) -> &[String] {
        self.from.headers()
    }
}

impl Iterator for Columnar {
    type Item = Result<Portion, table::Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let raw = match self.from.next()? {
            Ok(raw) => raw,
            Err(error) => return Some(Err(error)),
        };
        let first = self.records;
        self.records += raw.rows as u64;
        Some(Ok(portion(
            raw,
            &self.asked,
            &self.values,
            first,
            self.file,
        )))
    }
}

/// What a row of a column came to.
type Parsed<T> = Result<T, Reason>;

fn portion(raw: RawBatch, asked: &[Asked], values: &Values, first: u64, file: u32) -> Portion {
    let rows = raw.rows;
    let (mut columns, failed): (Vec<Column>, Vec<Vec<(usize, Reason)>>) = raw
        .columns
        .into_par_iter()
        .zip(asked)
        .map(|(column, ask)| {
            let mut failed = Vec::new();
            let mut column = typed(column, ask.kind, values, &mut |row, reason| {
                failed.push((row, reason));
            });
            if ask.lenient {
                let rows = std::mem::take(&mut failed);
                for (row, _) in rows {
                    column.make_unreadable(row);
                }
                return (column, failed);
            }
            if ask.required {
                (0..rows)
                    .filter(|&row| is_absent(&column, row))
                    .for_each(|row| failed.push((row, Reason::Required)));
            }
            (column, failed)
        })
        .unzip();
    // A row fails by the first of its columns that is bad, and the first reason found there.
    let mut bad: Vec<Option<(usize, Reason)>> = vec![None; rows];
    for (at, failed) in failed.into_iter().enumerate() {
        for (row, reason) in failed {
            bad[row].get_or_insert((at, reason));
        }
    }
    let place = |row: usize| Place {
        file,
        line: first + row as u64 + 1,
    };
    let named = asked.iter().position(|ask| ask.required);
    let failures: Vec<Failure> = bad
        .iter()
        .enumerate()
        .filter_map(|(row, bad)| {
            let (at, reason) = (*bad)?;
            let column = Some(Arc::from(asked[at].name.as_str()));
            Some(Failure {
                record: first + row as u64 + 1,
                place: place(row),
                column,
                reason,
                identifier: named.and_then(|at| text_at(&columns[at], row)),
            })
        })
        .collect();
    let good: Vec<usize> = (0..rows).filter(|&row| bad[row].is_none()).collect();
    if good.len() < rows {
        columns = columns.iter().map(|column| keep(column, &good)).collect();
    }
    Portion {
        batch: Batch {
            records: good.iter().map(|&row| first + row as u64 + 1).collect(),
            columns,
        },
        places: good.iter().map(|&row| place(row)).collect(),
        failures,
        records: rows as u64,
    }
}

fn typed(raw: Raw, kind: Kind, values: &Values, fail: &mut dyn FnMut(usize, Reason)) -> Column {
    match kind {
        Kind::Number => Column::Number(numbers(raw, values, fail)),
        Kind::Flag => Column::Flag(flags(raw, values, fail)),
        Kind::Date => Column::Date(dates(raw, values, fail)),
        Kind::Category => Column::Category(category(raw, values)),
        Kind::Text => {
            let texts = texts(raw);
            let tidied = texts.iter().map(|text| {
                let text = tidy(text?);
                (!values.is_missing(&text)).then_some(text)
            });
            Column::Text(tidied.collect())
        }
    }
}

/// Each row by its level: a level is parsed once, whatever the number of rows that hold it.
fn by_level<T: Clone>(
    category: &Category,
    missing: &T,
    parse: impl Fn(&str) -> Parsed<T>,
    fail: &mut dyn FnMut(usize, Reason),
) -> Vec<T> {
    let parsed: Vec<Parsed<T>> = category.levels.iter().map(|level| parse(level)).collect();
    category
        .codes
        .iter()
        .enumerate()
        .map(|(row, &code)| match parsed.get(code as usize) {
            None => missing.clone(),
            Some(Ok(value)) => value.clone(),
            Some(Err(reason)) => {
                fail(row, *reason);
                missing.clone()
            }
        })
        .collect()
}

fn as_dictionary(texts: &Texts) -> Category {
    let mut levels = Vec::new();
    let codes = texts
        .iter()
        .map(|text| {
            text.map_or(Category::MISSING, |text| {
                levels.push(text.into());
                (levels.len() - 1) as u32
            })
        })
        .collect();
    Category { levels, codes }
}

fn numbers(raw: Raw, values: &Values, fail: &mut dyn FnMut(usize, Reason)) -> Vec<f64> {
    let parse = |text: &str| {
        if values.is_missing(text) {
            Ok(f64::NAN)
        } else {
            values.number(text)
        }
    };
    match raw {
        Raw::Float(mut values) => {
            for (row, value) in values.iter_mut().enumerate() {
                if value.is_infinite() {
                    fail(row, Reason::NotFinite);
                    *value = f64::NAN;
                }
            }
            values
        }
        Raw::Whole(values) => values
            .into_iter()
            .map(|value| value.map_or(f64::NAN, |value| value as f64))
            .collect(),
        Raw::Flag(values) => values
            .into_iter()
            .map(|flag| if flag == 2 { f64::NAN } else { f64::from(flag) })
            .collect(),
        Raw::Date(values) => refuse_all(&values, &i32::MIN, Reason::NotANumber, &f64::NAN, fail),
        Raw::Dictionary(category) => by_level(&category, &f64::NAN, parse, fail),
        Raw::Text(texts) => by_level(&as_dictionary(&texts), &f64::NAN, parse, fail),
    }
}

fn flags(raw: Raw, values: &Values, fail: &mut dyn FnMut(usize, Reason)) -> Vec<u8> {
    let parse = |text: &str| {
        if values.is_missing(text) {
            Ok(2)
        } else {
            values.flag(text).map(u8::from)
        }
    };
    let mut whole = |row: usize, value: Option<i64>| match value {
        None => 2,
        Some(0) => 0,
        Some(1) => 1,
        Some(_) => {
            fail(row, Reason::NotAFlag);
            2
        }
    };
    match raw {
        Raw::Flag(values) => values,
        Raw::Whole(values) => values
            .into_iter()
            .enumerate()
            .map(|(row, value)| whole(row, value))
            .collect(),
        Raw::Float(values) => values
            .into_iter()
            .enumerate()
            .map(|(row, value)| {
                // A number is a flag when it is exactly one: comparing bit for bit is meant.
                let flag = match value.to_bits() {
                    bits if bits == 0f64.to_bits() => 0,
                    bits if bits == 1f64.to_bits() => 1,
                    _ => -1,
                };
                whole(row, (!value.is_nan()).then_some(flag))
            })
            .collect(),
        Raw::Date(values) => refuse_all(&values, &i32::MIN, Reason::NotAFlag, &2, fail),
        Raw::Dictionary(category) => by_level(&category, &2, parse, fail),
        Raw::Text(texts) => by_level(&as_dictionary(&texts), &2, parse, fail),
    }
}

fn dates(raw: Raw, values: &Values, fail: &mut dyn FnMut(usize, Reason)) -> Vec<i32> {
    let parse = |text: &str| {
        if values.is_missing(text) {
            Ok(i32::MIN)
        } else {
            values.date(text)
        }
    };
    match raw {
        Raw::Date(values) => values,
        Raw::Dictionary(category) => by_level(&category, &i32::MIN, parse, fail),
        Raw::Text(texts) => by_level(&as_dictionary(&texts), &i32::MIN, parse, fail),
        Raw::Float(values) => {
            let present: Vec<i32> = values
                .iter()
                .map(|value| if value.is_nan() { i32::MIN } else { 0 })
                .collect();
            refuse_all(&present, &i32::MIN, Reason::NotADate, &i32::MIN, fail)
        }
        Raw::Whole(values) => {
            let present: Vec<i32> = values
                .iter()
                .map(|value| value.map_or(i32::MIN, |_| 0))
                .collect();
            refuse_all(&present, &i32::MIN, Reason::NotADate, &i32::MIN, fail)
        }
        Raw::Flag(values) => refuse_all(&values, &2, Reason::NotADate, &i32::MIN, fail),
    }
}

/// A stored type that cannot mean what was declared: every row that has a value fails.
fn refuse_all<S: PartialEq, T: Clone>(
    values: &[S],
    absent: &S,
    reason: Reason,
    missing: &T,
    fail: &mut dyn FnMut(usize, Reason),
) -> Vec<T> {
    values
        .iter()
        .enumerate()
        .filter(|(_, value)| *value != absent)
        .for_each(|(row, _)| fail(row, reason));
    vec![missing.clone(); values.len()]
}

fn category(raw: Raw, values: &Values) -> Category {
    let raw = match raw {
        Raw::Dictionary(category) => category,
        other => distinct(&texts(other)),
    };
    // Levels that are the same once tidied become one; a missing mark becomes none.
    let mut levels: Vec<Box<str>> = Vec::new();
    let mut places: std::collections::HashMap<Box<str>, u32> = std::collections::HashMap::new();
    let map: Vec<u32> = raw
        .levels
        .iter()
        .map(|level| {
            let level: Box<str> = Box::from(&*tidy(level));
            if values.is_missing(&level) {
                return Category::MISSING;
            }
            *places.entry(level.clone()).or_insert_with(|| {
                levels.push(level);
                (levels.len() - 1) as u32
            })
        })
        .collect();
    if map.iter().zip(0..).all(|(to, from)| *to == from) {
        // As they came, which is what most columns do.
        let codes = raw.codes;
        return Category { levels, codes };
    }
    let codes = raw
        .codes
        .iter()
        .map(|&code| map.get(code as usize).copied().unwrap_or(Category::MISSING))
        .collect();
    Category { levels, codes }
}

fn distinct(texts: &Texts) -> Category {
    let mut levels: Vec<Box<str>> = Vec::new();
    let mut places: std::collections::HashMap<&str, u32> = std::collections::HashMap::new();
    let codes = texts
        .iter()
        .map(|text| {
            text.map_or(Category::MISSING, |text| {
                *places.entry(text).or_insert_with(|| {
                    levels.push(text.into());
                    (levels.len() - 1) as u32
                })
            })
        })
        .collect();
    Category { levels, codes }
}

fn texts(raw: Raw) -> Texts {
    match raw {
        Raw::Text(texts) => texts,
        Raw::Dictionary(category) => category
            .codes
            .iter()
            .map(|&code| category.levels.get(code as usize))
            .collect(),
        Raw::Whole(values) => values
            .into_iter()
            .map(|value| value.map(|value| value.to_string()))
            .collect(),
        Raw::Float(values) => values
            .into_iter()
            .map(|value| (!value.is_nan()).then(|| value.to_string()))
            .collect(),
        Raw::Flag(values) => values
            .into_iter()
            .map(|flag| match flag {
                0 => Some("false"),
                1 => Some("true"),
                _ => None,
            })
            .collect(),
        Raw::Date(values) => values
            .into_iter()
            .map(|day| {
                let date = chrono::NaiveDate::from_epoch_days(day).filter(|_| day != i32::MIN)?;
                Some(date.to_string())
            })
            .collect(),
    }
}

fn is_absent(column: &Column, row: usize) -> bool {
    match column {
        Column::Number(values) => values[row].is_nan(),
        Column::Category(category) => category.codes[row] == Category::MISSING,
        Column::Flag(values) => values[row] == 2,
        Column::Date(values) => values[row] == i32::MIN,
        Column::Text(texts) => texts.get(row).is_none(),
    }
}

fn keep(column: &Column, rows: &[usize]) -> Column {
    match column {
        Column::Number(values) => Column::Number(rows.iter().map(|&row| values[row]).collect()),
        Column::Category(category) => Column::Category(Category {
            levels: category.levels.clone(),
            codes: rows.iter().map(|&row| category.codes[row]).collect(),
        }),
        Column::Flag(values) => Column::Flag(rows.iter().map(|&row| values[row]).collect()),
        Column::Date(values) => Column::Date(rows.iter().map(|&row| values[row]).collect()),
        Column::Text(texts) => Column::Text(texts.select(rows.iter().copied())),
    }
}

fn text_at(column: &Column, row: usize) -> Option<Box<str>> {
    match column {
        Column::Text(texts) => texts.get(row).map(Box::from),
        _ => None,
    }
}
