//! Parquet out: row group by row group, without statistics (a minimum is somebody's value).

use std::fs::File;
use std::io::BufWriter;

use polars::io::parquet::write::BatchedWriter;
use polars::prelude::{
    Column as Series, DataFrame, DataType, NamedFrom as _, ParquetCompression, ParquetWriter,
    Schema, Series as Values, StatisticsOptions,
};

use super::error::{Error, class};

/// The cells of one column in one batch.
#[derive(Clone, Debug)]
pub enum Cells {
    /// Texts; `None` is an empty cell.
    Text(Vec<Option<String>>),
    /// Texts that repeat: positions in a list of distinct ones; `u32::MAX` is an empty cell.
    Dictionary {
        /// The distinct texts.
        levels: Vec<String>,
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

impl Cells {
    fn dtype(&self) -> DataType {
        match self {
            Self::Text(_) | Self::Dictionary { .. } => DataType::String,
            Self::Whole(_) => DataType::UInt64,
            Self::Number(_) | Self::Score(_) => DataType::Float64,
        }
    }

    fn values(&self, name: &str) -> Values {
        match self {
            Self::Text(cells) => Values::new(name.into(), cells),
            Self::Dictionary { levels, codes } => {
                let cells: Vec<Option<&str>> = codes
                    .iter()
                    .map(|&code| levels.get(code as usize).map(String::as_str))
                    .collect();
                Values::new(name.into(), cells)
            }
            Self::Whole(cells) => Values::new(name.into(), cells),
            Self::Number(cells) | Self::Score(cells) => {
                let cells: Vec<Option<f64>> = cells
                    .iter()
                    .map(|cell| (!cell.is_nan()).then_some(*cell))
                    .collect();
                Values::new(name.into(), cells)
            }
        }
    }
}

/// One column to write.
#[derive(Clone, Debug)]
pub struct Field {
    /// The header.
    pub name: String,
    /// The cells of one batch.
    pub cells: Cells,
}

/// A Parquet file being written; each batch becomes a row group.
pub struct Writer {
    to: BatchedWriter<BufWriter<File>>,
}

impl Writer {
    /// A writer of batches shaped like `example` (names and types; its cells are not written).
    pub fn new(file: File, example: &[Field]) -> Result<Self, Error> {
        let schema: Schema = example
            .iter()
            .map(|field| (field.name.as_str().into(), field.cells.dtype()))
            .collect();
        let to = ParquetWriter::new(BufWriter::with_capacity(1 << 20, file))
            .with_compression(ParquetCompression::Zstd(None))
            .with_statistics(StatisticsOptions::empty())
            .batched(&schema)
            .map_err(|error| Error::Write {
                kind: class(&error),
            })?;
        Ok(Self { to })
    }

    /// Writes one row group. All cells are equally long.
    pub fn write(&mut self, fields: &[Field]) -> Result<(), Error> {
        let failed = |error: &polars::prelude::PolarsError| Error::Write { kind: class(error) };
        let columns: Vec<Series> = fields
            .iter()
            .map(|field| Series::from(field.cells.values(&field.name)))
            .collect();
        let frame = DataFrame::new_infer_height(columns).map_err(|error| failed(&error))?;
        self.to.write_batch(&frame).map_err(|error| failed(&error))
    }

    /// Writes the footer. The caller still has to `fsync`.
    pub fn finish(self) -> Result<(), Error> {
        self.to.finish().map(|_| ()).map_err(|error| Error::Write {
            kind: class(&error),
        })
    }
}
