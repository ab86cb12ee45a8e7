//! Parquet in: batches of the columns asked for, in file order.
//!
//! polars' streaming engine reads on its own threads and hands batches over a
//! bounded channel, so that nobody reads further ahead than two batches.

use std::collections::HashMap;
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::{self, JoinHandle};

use polars::prelude::{
    Column as Series, DataFrame, DataType, Engine, LazyFrame, PlRefPath, PlanCallback,
    ScanArgsParquet, SchemaRef, col,
};

use super::column::Category;
use super::error::{Error, class};
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
    Text(Vec<Option<Box<str>>>),
}

/// A stream of batches from one or more Parquet files with the same columns.
pub struct Reader {
    wanted: Vec<Wanted>,
    headers: Vec<String>,
    first: PathBuf,
    frames: Receiver<DataFrame>,
    engine: Option<JoinHandle<Result<(), &'static str>>>,
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
        let first = paths.first().cloned().unwrap_or_default();
        let present: Vec<(&Wanted, String)> = wanted
            .iter()
            .filter_map(|want| {
                let at = headers.iter().position(|name| *name == want.name)?;
                Some((want, schema.iter_names().nth(at)?.to_string()))
            })
            .collect();
        let names: Vec<String> = present.iter().map(|(_, name)| name.clone()).collect();
        let (frames, engine) = stream(paths, &names)?;
        let wanted = present.into_iter().map(|(want, _)| want.clone()).collect();
        Ok(Self {
            wanted,
            headers,
            first,
            frames,
            engine: Some(engine),
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
        if let Ok(frame) = self.frames.recv() {
            return Some(raw(&frame, &self.wanted));
        }
        // The channel closed: either the end, or the engine stopped early.
        let outcome = self
            .engine
            .take()?
            .join()
            .unwrap_or(Err("its reader gave up"));
        outcome.err().map(|kind| {
            Err(Error::Damaged {
                path: self.first.clone(),
                kind,
            })
        })
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

fn scan(paths: &[PathBuf]) -> polars::prelude::PolarsResult<LazyFrame> {
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

/// Runs polars and turns both its errors and its panics into a class of error.
fn guarded<T>(work: impl FnOnce() -> polars::prelude::PolarsResult<T>) -> Result<T, &'static str> {
    match std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(class(&error)),
        Err(_) => Err("its reader gave up"),
    }
}

pub(super) type Stream = (Receiver<DataFrame>, JoinHandle<Result<(), &'static str>>);

pub(super) fn stream(paths: &[PathBuf], names: &[String]) -> Result<Stream, Error> {
    let first = paths.first().cloned().unwrap_or_default();
    let plan = guarded(|| {
        Ok(scan(paths)?.select(
            names
                .iter()
                .map(|name| col(name.as_str()))
                .collect::<Vec<_>>(),
        ))
    })
    .map_err(|kind| Error::Damaged { path: first, kind })?;
    let (send, frames) = sync_channel(2);
    let engine = thread::spawn(move || {
        guarded(|| {
            let send = std::sync::Mutex::new(send);
            // `true` stops the engine: nobody listens any more.
            let hand_over = move |frame: DataFrame| {
                let closed = send.lock().map_or(true, |send| send.send(frame).is_err());
                Ok(closed)
            };
            plan.sink_batches(PlanCallback::new(hand_over), true, NonZeroUsize::new(BATCH))?
                .collect_with_engine(Engine::Streaming)
                .map(|_| ())
        })
    });
    Ok((frames, engine))
}

fn raw(frame: &DataFrame, wanted: &[Wanted]) -> Result<RawBatch, Error> {
    let columns = frame
        .columns()
        .iter()
        .zip(wanted)
        .map(|(series, want)| raw_column(series, want))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(RawBatch {
        columns,
        rows: frame.height(),
    })
}

fn raw_column(series: &Series, want: &Wanted) -> Result<Raw, Error> {
    let cannot = || Error::Type {
        column: want.name.clone(),
        dtype: series.dtype().to_string(),
    };
    let cast = |to: &DataType| series.cast(to).map_err(|_| cannot());
    Ok(match series.dtype() {
        DataType::Float32 | DataType::Float64 => {
            let numbers = cast(&DataType::Float64)?;
            Raw::Float(
                numbers
                    .f64()
                    .map_err(|_| cannot())?
                    .iter()
                    .map(|value| value.unwrap_or(f64::NAN))
                    .collect(),
            )
        }
        kind if kind.is_integer() => {
            let numbers = cast(&DataType::Int64)?;
            if numbers.null_count() != series.null_count() {
                return Err(cannot()); // an unsigned number beyond 63 bits
            }
            Raw::Whole(numbers.i64().map_err(|_| cannot())?.iter().collect())
        }
        DataType::Boolean => Raw::Flag(
            series
                .bool()
                .map_err(|_| cannot())?
                .iter()
                .map(|value| value.map_or(2, u8::from))
                .collect(),
        ),
        DataType::Date | DataType::Datetime(..) => {
            let days = cast(&DataType::Date)?
                .cast(&DataType::Int32)
                .map_err(|_| cannot())?;
            Raw::Date(
                days.i32()
                    .map_err(|_| cannot())?
                    .iter()
                    .map(|day| day.unwrap_or(i32::MIN))
                    .collect(),
            )
        }
        DataType::Null => Raw::Float(vec![f64::NAN; series.len()]),
        _ => {
            let texts = cast(&DataType::String)?;
            let texts = texts.str().map_err(|_| cannot())?;
            if want.repeats {
                Raw::Dictionary(dictionary(texts.iter()))
            } else {
                Raw::Text(texts.iter().map(|text| text.map(Box::from)).collect())
            }
        }
    })
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
