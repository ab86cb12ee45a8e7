//! Parquet out: row group by row group, without statistics (a minimum is somebody's value).
//!
//! Cells that repeat go out as they are held, a list and small numbers: most of
//! a score file's columns have a few dozen distinct values, and nobody has to
//! find that out again.

use std::borrow::Cow;
use std::io::Write;

use polars::prelude::PolarsResult;
use polars_arrow::array::{Array, MutableBinaryViewArray, PrimitiveArray, Utf8ViewArray};
use polars_arrow::bitmap::Bitmap;
use polars_arrow::datatypes::{ArrowDataType, ArrowSchema, Field as Declared};
use polars_arrow::types::NativeType;
use polars_parquet::parquet::CowBuffer;
use polars_parquet::parquet::encoding::hybrid_rle::Encoder as _;
use polars_parquet::parquet::metadata::ColumnDescriptor;
use polars_parquet::parquet::page::{DataPage, DataPageHeader, DataPageHeaderV1, DictPage};
use polars_parquet::write::fallible_streaming_iterator::convert;
use polars_parquet::write::{
    CompressedPage, CompressionOptions, DynIter, DynStreamingIterator, Encoding, FileWriter, Page,
    StatisticsOptions, Version, WriteOptions, ZstdLevel, array_to_columns, compress,
    write_def_levels,
};
use rayon::prelude::*;

use super::error::{Error, unwritten};

/// zstd's level.
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
        codes: Cow<'a, [u16]>,
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
            Self::Dictionary { codes, .. } => codes.len(),
            Self::Entries { codes, .. } => codes.len(),
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
}

fn plain<T: NativeType>(cells: Vec<T>, validity: Option<Bitmap>) -> Box<dyn Array> {
    PrimitiveArray::new(T::PRIMITIVE.into(), cells.into(), validity).boxed()
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
        let to = FileWriter::try_new(to, schema, options).map_err(|error| unwritten(&error))?;
        Ok(Self { to })
    }

    /// Writes one row group. All cells are equally long; a batch without a row leaves no trace.
    pub fn write(&mut self, fields: &[Field]) -> Result<(), Error> {
        let rows = fields.first().map_or(0, |field| field.cells.len());
        let columns = self.to.parquet_schema().columns().len();
        if fields.len() != columns || fields.iter().any(|field| field.cells.len() != rows) {
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
            .zip(self.to.parquet_schema().columns())
            .map(|(field, kind)| pages(&field.cells, kind, options))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| unwritten(&error))?;
        let columns = columns
            .iter()
            .map(|pages| Ok(DynStreamingIterator::new(convert(pages.iter().map(Ok)))));
        self.to
            .write(rows as u64, DynIter::new(columns))
            .map_err(|error| unwritten(&error))
    }

    /// Writes the footer, and returns what was written to. The caller still has to make it durable.
    pub fn finish(mut self) -> Result<W, Error> {
        self.to.end(None).map_err(|error| unwritten(&error))?;
        Ok(self.to.into_inner())
    }
}

/// The pages of one column, compressed where that pays.
///
/// What is a few bits a cell, or as random as the last digits of a score, stays as it is: zstd would save
/// a twentieth of the file and take a tenth of the night.
fn pages(
    cells: &Cells,
    kind: &ColumnDescriptor,
    options: WriteOptions,
) -> PolarsResult<Vec<CompressedPage>> {
    let stored = WriteOptions {
        compression: CompressionOptions::Uncompressed,
        ..options
    };
    let (array, options) = match cells {
        Cells::Dictionary { levels, codes } => {
            let list = levels.iter().flat_map(|level| {
                let length = (level.len() as u32).to_le_bytes();
                length.into_iter().chain(level.bytes())
            });
            return coded((levels.len(), list.collect()), codes.iter().copied(), kind);
        }
        Cells::Entries { levels, codes } => {
            let list = levels.iter().copied().flat_map(f64::to_le_bytes);
            let codes = codes.iter().map(|&code| u32::from(code));
            return coded((levels.len(), list.collect()), codes, kind);
        }
        Cells::Text(cells) => {
            let mut column = MutableBinaryViewArray::<str>::with_capacity(cells.len());
            for cell in cells {
                column.push(cell.as_deref());
            }
            let column: Utf8ViewArray = column.into();
            (column.boxed(), options)
        }
        Cells::Whole(cells) => {
            let validity = there(cells.iter().map(Option::is_some));
            let cells = cells.iter().map(|cell| cell.unwrap_or(0)).collect();
            (plain(cells, validity), options)
        }
        Cells::Number(cells) => (numbers(cells), options),
        Cells::Score(cells) => (numbers(cells), stored),
    };
    let kind = kind.base_type.clone();
    let mut pages = Vec::new();
    for column in array_to_columns(array, (*kind).clone(), options, &[Encoding::Plain])? {
        for page in column {
            pages.push(compress(page?, Vec::new(), options.compression)?);
        }
    }
    Ok(pages)
}

fn numbers(cells: &[f64]) -> Box<dyn Array> {
    let validity = there(cells.iter().map(|cell| !cell.is_nan()));
    plain(cells.to_vec(), validity)
}

/// A column of positions in a list of values, which is given as Parquet lays it out plainly.
fn coded(
    (count, list): (usize, Vec<u8>),
    codes: impl ExactSizeIterator<Item = u32> + Clone,
    kind: &ColumnDescriptor,
) -> PolarsResult<Vec<CompressedPage>> {
    let rows = codes.len();
    let count = count as u32;
    let validity = there(codes.clone().map(|code| code < count));
    let bits = (u32::BITS - count.saturating_sub(1).leading_zeros()).max(1);
    let mut bytes = Vec::with_capacity(rows * bits as usize / 8 + 64);
    write_def_levels(&mut bytes, true, validity.as_ref(), rows, Version::V1)?;
    bytes.push(bits as u8);
    match &validity {
        None if count == 1 => u32::run_length_encode(&mut bytes, rows, 0, bits)?,
        None => u32::bitpacked_encode(&mut bytes, codes, bits as usize)?,
        Some(_) => {
            let held: Vec<u32> = codes.filter(|&code| code < count).collect();
            if !held.is_empty() {
                u32::bitpacked_encode(&mut bytes, held.into_iter(), bits as usize)?;
            }
        }
    }
    let header = DataPageHeaderV1 {
        num_values: rows as i32,
        encoding: Encoding::RleDictionary.into(),
        definition_level_encoding: Encoding::Rle.into(),
        repetition_level_encoding: Encoding::Rle.into(),
        statistics: None,
    };
    let data = DataPage::new(
        DataPageHeader::V1(header),
        CowBuffer::Owned(bytes),
        kind.descriptor.clone(),
        rows,
    );
    let list = DictPage::new(CowBuffer::Owned(list), count as usize, false);
    let stored = CompressionOptions::Uncompressed;
    Ok(vec![
        compress(Page::Dict(list), Vec::new(), stored)?,
        compress(Page::Data(data), Vec::new(), stored)?,
    ])
}
