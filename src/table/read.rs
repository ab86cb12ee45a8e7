//! Parquet in: batches of the columns asked for, in file order.
//!
//! A thread of its own decodes and hands batches over a bounded channel, so that
//! nobody reads further ahead than two batches.

use std::cell::Cell;
use std::collections::HashMap;
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::path::{Path, PathBuf};
use std::sync::Once;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;

use polars::prelude::{DataType, LazyFrame, PlRefPath, ScanArgsParquet, SchemaRef, Series};
use polars_arrow::bitmap::Bitmap;

use super::column::Category;
use super::decode::{self, words};
use super::error::{Error, class};
use super::texts::Texts;
use crate::name::tidy;

/// Rows of a batch, and the block within which the ledger shuffles: pinned, so that nothing but
/// the injected clock and randomness decides the ledger's bytes.
pub const BATCH: usize = 65_536;

/// A column that the caller wants, and whether its texts repeat.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// The header, tidied.
    pub name: String,
    /// Whether texts are worth a dictionary (a category) or not (an identifier).
    pub repeats: bool,
}

/// Some rows of a Parquet file, as they stand in it.
#[derive(Debug)]
pub struct RawBatch {
    /// One column per [`Wanted`], in that order.
    pub columns: Vec<Raw>,
    /// Rows in each.
    pub rows: usize,
}

/// A column as Parquet holds it, before the policy says what it means.
#[derive(Debug)]
pub enum Raw {
    /// Floating-point numbers; NaN where null.
    Float(Vec<f64>),
    /// Whole numbers.
    Whole(Vec<Option<i64>>),
    /// 0 no, 1 yes, 2 null.
    Flag(Vec<u8>),
    /// Days since 1970-01-01; `i32::MIN` where null.
    Date(Vec<i32>),
    /// Texts that repeat, with their dictionary.
    Dictionary(Category),
    /// Texts that do not.
    Text(Texts),
}

/// A stream of batches from one or more Parquet files with the same columns.
pub struct Reader {
    wanted: Vec<Wanted>,
    headers: Vec<String>,
    batches: Receiver<Result<RawBatch, Error>>,
}

impl Reader {
    /// Opens `paths` as one stream. Checks magic bytes, headers and duplicates at once; pages as they come.
    pub fn open(paths: &[PathBuf], wanted: &[Wanted]) -> Result<Self, Error> {
        let mut headers: Option<(Vec<String>, SchemaRef)> = None;
        for path in paths {
            check_magic(path)?;
            let schema = schema_of(path)?;
            let names: Vec<String> = schema
                .iter_names()
                .map(|name| tidy(name).into_owned())
                .collect();
            if let Some(twice) = names
                .iter()
                .enumerate()
                .find(|(at, name)| names[..*at].contains(name))
            {
                return Err(Error::Duplicate {
                    column: twice.1.clone(),
                });
            }
            match &headers {
                Some((first, _)) if *first != names => {
                    return Err(Error::Differs { path: path.clone() });
                }
                Some(_) => {}
                None => headers = Some((names, schema)),
            }
        }
        let (headers, schema) = headers.unwrap_or_default();
        let present: Vec<(Wanted, String)> = wanted
            .iter()
            .filter_map(|want| {
                let at = headers.iter().position(|name| *name == want.name)?;
                Some((want.clone(), schema.iter_names().nth(at)?.to_string()))
            })
            .collect();
        let wanted = present.iter().map(|(want, _)| want.clone()).collect();
        let paths = paths.to_vec();
        let (send, batches) = sync_channel(2);
        thread::spawn(move || {
            // A send fails once nobody listens any more.
            let mut hand_over = |batch| send.send(Ok(batch)).is_ok();
            let decode = || decode::batches(&paths, &present, &mut hand_over);
            let gave_up = |_| {
                Err(Error::Damaged {
                    path: paths.first().cloned().unwrap_or_default(),
                    kind: "its reader gave up",
                })
            };
            // A channel that closes says that the files have ended: a panic must not look like it.
            let outcome = catch_unwind(AssertUnwindSafe(decode)).unwrap_or_else(gave_up);
            if let Err(error) = outcome {
                let _ = send.send(Err(error));
            }
        });
        Ok(Self {
            wanted,
            headers,
            batches,
        })
    }

    /// The headers of the files, tidied, in order.
    #[must_use]
    pub fn headers(&self) -> &[String] {
        &self.headers
    }

    /// The wanted columns that the files have; batches hold these, in this order.
    #[must_use]
    pub fn present(&self) -> &[Wanted] {
        &self.wanted
    }
}

impl Iterator for Reader {
    type Item = Result<RawBatch, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        self.batches.recv().ok()
    }
}

/// The headers of one Parquet file, tidied, in order.
pub fn headers(path: &Path) -> Result<Vec<String>, Error> {
    check_magic(path)?;
    Ok(schema_of(path)?
        .iter_names()
        .map(|name| tidy(name).into_owned())
        .collect())
}

/// Whether the bytes at both ends are those of a whole Parquet file.
fn check_magic(path: &Path) -> Result<(), Error> {
    let open = |source| Error::Open {
        path: path.to_owned(),
        source,
    };
    let not = |what| Error::NotParquet {
        path: path.to_owned(),
        what,
    };
    if path.to_string_lossy().contains("://") {
        return Err(Error::Remote {
            name: path.to_string_lossy().into_owned(),
        });
    }
    let mut file = File::open(path).map_err(open)?;
    let length = file.metadata().map_err(open)?.len();
    if length == 0 {
        return Err(not("the file is empty"));
    }
    if length < 12 {
        return Err(not("too short to be Parquet"));
    }
    let (mut head, mut tail) = ([0; 4], [0; 8]);
    file.read_exact(&mut head).map_err(open)?;
    file.seek(SeekFrom::End(-8)).map_err(open)?;
    file.read_exact(&mut tail).map_err(open)?;
    if &head != b"PAR1" {
        return Err(not("this is not a Parquet file"));
    }
    let footer = u64::from(u32::from_le_bytes([tail[0], tail[1], tail[2], tail[3]]));
    if &tail[4..] != b"PAR1" || footer + 12 > length {
        return Err(not("the Parquet file is truncated"));
    }
    Ok(())
}

pub(super) fn schema_of(path: &Path) -> Result<SchemaRef, Error> {
    guarded(|| scan(std::slice::from_ref(&path.to_path_buf()))?.collect_schema()).map_err(|kind| {
        Error::Damaged {
            path: path.to_owned(),
            kind,
        }
    })
}

pub(super) fn scan(paths: &[PathBuf]) -> polars::prelude::PolarsResult<LazyFrame> {
    let paths = paths
        .iter()
        .map(|path| PlRefPath::try_from_path(path))
        .collect::<Result<Vec<_>, _>>()?;
    let arguments = ScanArgsParquet {
        glob: false,
        use_statistics: false,
        cache: false,
        ..ScanArgsParquet::default()
    };
    LazyFrame::scan_parquet_files(paths.into_iter().collect(), arguments)
}

thread_local! {
    /// Whether this thread is inside [`guarded`].
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Runs polars and turns both its errors and its panics into a class of error.
///
/// A panic prints nothing: its words are polars', and may quote a value.
pub(super) fn guarded<T>(
    work: impl FnOnce() -> polars::prelude::PolarsResult<T>,
) -> Result<T, &'static str> {
    static QUIET: Once = Once::new();
    QUIET.call_once(|| {
        let before = take_hook();
        set_hook(Box::new(move |panic| {
            if !GUARDED.get() {
                before(panic);
            }
        }));
    });
    let outer = GUARDED.replace(true);
    let outcome = catch_unwind(AssertUnwindSafe(work));
    GUARDED.set(outer);
    match outcome {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(class(&error)),
        Err(_) => Err("its reader gave up"),
    }
}

pub(super) fn raw_column(series: &Series, want: &Wanted) -> Result<Raw, Error> {
    let cannot = || Error::Type {
        column: want.name.clone(),
        dtype: series.dtype().to_string(),
    };
    let cast = |to: &DataType| series.cast(to).map_err(|_| cannot());
    Ok(match series.dtype() {
        DataType::Float32 | DataType::Float64 => {
            let numbers = cast(&DataType::Float64)?;
            let numbers = numbers.f64().map_err(|_| cannot())?;
            let mut values = Vec::with_capacity(numbers.len());
            for array in numbers.downcast_iter() {
                let from = values.len();
                values.extend_from_slice(array.values());
                blank(&mut values[from..], array.validity(), f64::NAN);
            }
            Raw::Float(values)
        }
        kind if kind.is_integer() => {
            let numbers = cast(&DataType::Int64)?;
            if numbers.null_count() != series.null_count() {
                return Err(cannot()); // an unsigned number beyond 63 bits
            }
            Raw::Whole(numbers.i64().map_err(|_| cannot())?.iter().collect())
        }
        DataType::Boolean => {
            let flags = series.bool().map_err(|_| cannot())?;
            let mut values: Vec<u8> = Vec::with_capacity(flags.len());
            for array in flags.downcast_iter() {
                let from = values.len();
                let end = from + array.len();
                for word in words(array.values()) {
                    values.extend((0..64.min(end - values.len())).map(|at| (word >> at & 1) as u8));
                }
                blank(&mut values[from..], array.validity(), 2);
            }
            Raw::Flag(values)
        }
        DataType::Date | DataType::Datetime(..) => {
            let days = cast(&DataType::Date)?
                .cast(&DataType::Int32)
                .map_err(|_| cannot())?;
            let days = days.i32().map_err(|_| cannot())?;
            let mut values = Vec::with_capacity(days.len());
            for array in days.downcast_iter() {
                let from = values.len();
                values.extend_from_slice(array.values());
                blank(&mut values[from..], array.validity(), i32::MIN);
            }
            Raw::Date(values)
        }
        DataType::Null => Raw::Float(vec![f64::NAN; series.len()]),
        _ => {
            let texts = cast(&DataType::String)?;
            let texts = texts.str().map_err(|_| cannot())?;
            if want.repeats {
                Raw::Dictionary(dictionary(texts.iter()))
            } else {
                Raw::Text(texts.iter().collect())
            }
        }
    })
}

/// Puts `missing` where nothing is.
fn blank<T: Copy>(values: &mut [T], validity: Option<&Bitmap>, missing: T) {
    let Some(validity) = validity else { return };
    for (values, there) in values.chunks_mut(64).zip(words(validity)) {
        for (at, value) in values.iter_mut().enumerate() {
            *value = if there >> at & 1 == 1 {
                *value
            } else {
                missing
            };
        }
    }
}

/// Texts as positions in a list of the distinct ones, in order of first appearance.
fn dictionary<'a>(texts: impl Iterator<Item = Option<&'a str>>) -> Category {
    let mut levels: Vec<Box<str>> = Vec::new();
    let mut seen: HashMap<&'a str, u32> = HashMap::new();
    let codes = texts
        .map(|text| {
            text.map_or(Category::MISSING, |text| {
                *seen.entry(text).or_insert_with(|| {
                    levels.push(Box::from(text));
                    (levels.len() - 1) as u32
                })
            })
        })
        .collect();
    Category { levels, codes }
}

impl Raw {
    /// Appends rows of the same column.
    pub(super) fn append(&mut self, more: Self) {
        match (self, more) {
            (Self::Float(to), Self::Float(more)) => to.extend(more),
            (Self::Whole(to), Self::Whole(more)) => to.extend(more),
            (Self::Flag(to), Self::Flag(more)) => to.extend(more),
            (Self::Date(to), Self::Date(more)) => to.extend(more),
            (Self::Text(to), Self::Text(more)) => more.iter().for_each(|text| to.push(text)),
            (Self::Dictionary(to), Self::Dictionary(more)) => {
                let rows: Vec<u32> = (0..more.codes.len() as u32).collect();
                to.extend(&more, &rows);
            }
            _ => unreachable!("all files of a run were checked to have columns of the same types"),
        }
    }
}
