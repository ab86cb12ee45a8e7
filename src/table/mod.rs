//! Tables of typed columns: what an export is between the reader and the encoder.
//!
//! The only room that names polars and its parts. It reads Parquet as a stream
//! of batches (the pages of a column that was not asked for are never read) and
//! writes Parquet row group by row group, so that memory stays flat. Texts and
//! numbers that repeat come in and go out as Parquet holds them, by dictionary.

mod column;
mod decode;
mod error;
mod read;
mod sound;
mod texts;
mod without;
mod write;

pub use column::{Batch, Category, Column, UNREADABLE, UNREADABLE_DATE, UNREADABLE_FLAG};
pub use error::Error;
pub use read::{BATCH, Raw, RawBatch, Reader, Wanted, headers};
pub use texts::Texts;
pub use without::without;
pub use write::{Cells, Field, Writer};
