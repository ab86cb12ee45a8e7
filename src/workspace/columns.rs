//! Parquet exports, looked at once when a policy is drafted.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use super::error::Error;
use crate::intake;
use crate::policy::Observed;
use crate::table::{Raw, Reader, Wanted, headers};

/// Batches that a draft looks at.
const LOOKED_AT: usize = 2;

/// Whether a file's first bytes are Parquet's.
pub fn is_parquet(path: &Path) -> io::Result<bool> {
    let mut head = [0; 4];
    Ok(File::open(path)?.read(&mut head)? == 4 && &head == b"PAR1")
}

/// What a Parquet export looks like: its first rows, surveyed as the texts they would be in a CSV.
pub fn observe(path: &Path) -> Result<Observed, Error> {
    let names = headers(path)?;
    let wanted: Vec<Wanted> = names
        .iter()
        .map(|name| Wanted {
            name: name.clone(),
            repeats: false,
        })
        .collect();
    let mut columns: Vec<Vec<String>> = vec![Vec::new(); names.len()];
    for batch in Reader::open(&[path.to_owned()], &wanted)?.take(LOOKED_AT) {
        let batch = batch?;
        for (texts, column) in columns.iter_mut().zip(&batch.columns) {
            texts.extend((0..batch.rows).map(|row| text(column, row).unwrap_or_default()));
        }
    }
    let texts = columns
        .iter()
        .map(|texts| texts.iter().map(String::as_str).collect::<Vec<_>>());
    Ok(intake::observe(names.iter().map(String::as_str).zip(texts)))
}

fn text(column: &Raw, row: usize) -> Option<String> {
    match column {
        Raw::Float(values) => (!values[row].is_nan()).then(|| values[row].to_string()),
        Raw::Whole(values) => values[row].map(|value| value.to_string()),
        Raw::Flag(values) => match values[row] {
            0 => Some("false".to_owned()),
            1 => Some("true".to_owned()),
            _ => None,
        },
        Raw::Date(values) => chrono::NaiveDate::from_epoch_days(values[row])
            .filter(|_| values[row] != i32::MIN)
            .map(|day| day.to_string()),
        Raw::Dictionary(category) => category
            .levels
            .get(category.codes[row] as usize)
            .map(ToString::to_string),
        Raw::Text(texts) => texts.get(row).map(str::to_owned),
    }
}
