//! Parquet out: row group by row group, without statistics (a minimum is somebody's value).
//!
//! Cells that repeat go out as they are held, a list and small numbers: most of
//! a score file's columns have a few dozen distinct values, and nobody has to
//! find that out again.

use std::borrow::Cow;
use std::io::Write;

use polars_arrow::array::{
    Array, DictionaryArray, MutableBinaryViewArray, PrimitiveArray, Utf8ViewArray,
};
use polars_arrow::bitmap::Bitmap;
use polars_arrow::datatypes::{ArrowDataType, ArrowSchema, Field as Declared, IntegerType};
use polars_arrow::types::NativeType;
use polars_parquet::write::fallible_streaming_iterator::convert;
use polars_parquet::write::{
    CompressedPage, CompressionOptions, DynIter, DynStreamingIterator, Encoding, FileWriter,
    ParquetType, StatisticsOptions, Version, WriteOptions, ZstdLevel, array_to_columns, compress,
};
use rayon::prelude::*;

use super::error::{Error, class};

/// Measured on a score file (`benches/race.sh`): level 3 takes twice the time of level 1 and saves a fiftieth.
const LEVEL: i32 = 1;

/// The cells of one column in one batch.
#[derive(Clone, Debug)]
pub enum Cells<'a> {
    /// Texts; `None` is an empty cell.
    Text(Vec<Option<Cow<'a, str>>>),
    /// Texts that repeat: positions in a list; one beyond its end is an empty cell.
    Dictionary {
        /// The texts.
        levels: &'a [String],
        /// Each row's position.
        codes: Vec<u32>,
    },
    /// Numbers that repeat, in the same way.
    Entries {
        /// The numbers.
        levels: &'a [f64],
        /// Each row's position.
        codes: Vec<u32>,
    },
    /// Whole numbers; `None` is an empty cell.
    Whole(Vec<Option<u64>>),
    /// Numbers; NaN is an empty cell.
    Number(Vec<f64>),
    /// Numbers that people read with six decimals; NaN is an empty cell.
    Score(Vec<f64>),
}

impl Cells<'_> {
    /// Rows.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Text(cells) => cells.len(),
            Self::Dictionary { codes, .. } | Self::Entries { codes, .. } => codes.len(),
            Self::Whole(cells) => cells.len(),
            Self::Number(cells) | Self::Score(cells) => cells.len(),
        }
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn dtype(&self) -> ArrowDataType {
        match self {
            Self::Text(_) | Self::Dictionary { .. } => ArrowDataType::Utf8View,
            Self::Whole(_) => ArrowDataType::UInt64,
            Self::Entries { .. } | Self::Number(_) | Self::Score(_) => ArrowDataType::Float64,
        }
    }

    /// The cells as polars holds them, and how Parquet is to write them.
    fn array(&self) -> (Box<dyn Array>, Encoding) {
        match self {
            Self::Text(cells) => (texts(cells.iter().map(Option::as_deref)), Encoding::Plain),
            Self::Dictionary { levels, codes } => (
                listed(
                    texts(levels.iter().map(|level| Some(level.as_str()))),
                    codes,
                ),
                Encoding::RleDictionary,
            ),
            Self::Entries { levels, codes } => (
                listed(plain(levels.to_vec(), None), codes),
                Encoding::RleDictionary,
            ),
            Self::Whole(cells) => (
                plain(
                    cells.iter().map(|cell| cell.unwrap_or(0)).collect(),
                    there(cells.iter().map(Option::is_some)),
                ),
                Encoding::Plain,
            ),
            Self::Number(cells) | Self::Score(cells) => (
                plain(
                    cells.clone(),
                    there(cells.iter().map(|cell| !cell.is_nan())),
                ),
                Encoding::Plain,
            ),
        }
    }
}

fn plain<T: NativeType>(cells: Vec<T>, validity: Option<Bitmap>) -> Box<dyn Array> {
    PrimitiveArray::new(T::PRIMITIVE.into(), cells.into(), validity).boxed()
}

fn texts<'a>(cells: impl Iterator<Item = Option<&'a str>>) -> Box<dyn Array> {
    let mut column = MutableBinaryViewArray::<str>::new();
    cells.for_each(|cell| column.push(cell));
    let column: Utf8ViewArray = column.into();
    column.boxed()
}

/// Positions in a list; one beyond its end is an empty cell.
fn listed(levels: Box<dyn Array>, codes: &[u32]) -> Box<dyn Array> {
    let count = levels.len() as u32;
    let keys = codes
        .iter()
        .map(|&code| if code < count { code } else { 0 });
    let keys = PrimitiveArray::new(
        ArrowDataType::UInt32,
        keys.collect(),
        there(codes.iter().map(|&code| code < count)),
    );
    let kind =
        ArrowDataType::Dictionary(IntegerType::UInt32, Box::new(levels.dtype().clone()), false);
    DictionaryArray::try_new(kind, keys, levels)
        .expect("every key that is not there is 0, and every other lies within the list")
        .boxed()
}

/// Which cells are there; nothing where all are.
fn there(cells: impl ExactSizeIterator<Item = bool> + Clone) -> Option<Bitmap> {
    if cells.clone().all(|there| there) {
        return None;
    }
    Some(cells.collect())
}

/// One column to write.
#[derive(Clone, Debug)]
pub struct Field<'a> {
    /// The header.
    pub name: String,
    /// The cells of one batch.
    pub cells: Cells<'a>,
}

/// A Parquet file being written; each batch becomes a row group.
pub struct Writer<W: Write> {
    to: FileWriter<W>,
}

impl<W: Write> Writer<W> {
    /// A writer of batches shaped like `example` (names and types; its cells are not written).
    pub fn new(to: W, example: &[Field]) -> Result<Self, Error> {
        let failed = |error: &polars::prelude::PolarsError| Error::Write { kind: class(error) };
        let schema: ArrowSchema = example
            .iter()
            .map(|field| Declared::new(field.name.as_str().into(), field.cells.dtype(), true))
            .map(|field| (field.name.clone(), field))
            .collect();
        let level = ZstdLevel::try_new(LEVEL).map_err(|_| Error::Write {
            kind: "an unsupported type or encoding",
        })?;
        let options = WriteOptions {
            statistics: StatisticsOptions::empty(),
            version: Version::V1,
            compression: CompressionOptions::Zstd(Some(level)),
            data_page_size: None,
        };
        let to = FileWriter::try_new(to, schema, options).map_err(|error| failed(&error))?;
        Ok(Self { to })
    }

    /// Writes one row group. All cells are equally long; a batch without a row leaves no trace.
    pub fn write(&mut self, fields: &[Field]) -> Result<(), Error> {
        let failed = |error: &polars::prelude::PolarsError| Error::Write { kind: class(error) };
        let rows = fields.first().map_or(0, |field| field.cells.len());
        if fields.iter().any(|field| field.cells.len() != rows) {
            return Err(Error::Write {
                kind: "lengths do not match",
            });
        }
        if rows == 0 {
            return Ok(());
        }
        let options = self.to.options();
        let columns = fields
            .par_iter()
            .zip(self.to.parquet_schema().fields())
            .map(|(field, kind)| pages(&field.cells, kind, options))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| failed(&error))?;
        let columns = columns
            .iter()
            .map(|pages| Ok(DynStreamingIterator::new(convert(pages.iter().map(Ok)))));
        self.to
            .write(rows as u64, DynIter::new(columns))
            .map_err(|error| failed(&error))
    }

    /// Writes the footer, and returns what was written to. The caller still has to make it durable.
    pub fn finish(mut self) -> Result<W, Error> {
        self.to.end(None).map_err(|error| Error::Write {
            kind: class(&error),
        })?;
        Ok(self.to.into_inner())
    }
}

/// The pages of one column, compressed.
fn pages(
    cells: &Cells,
    kind: &ParquetType,
    options: WriteOptions,
) -> polars::prelude::PolarsResult<Vec<CompressedPage>> {
    let (array, encoding) = cells.array();
    let mut pages = Vec::new();
    for column in array_to_columns(array, kind.clone(), options, &[encoding])? {
        for page in column {
            pages.push(compress(page?, Vec::new(), options.compression)?);
        }
    }
    Ok(pages)
}
