//! Tables of typed columns: what an export is between the reader and the encoder.
//!
//! The only room that names polars. It reads Parquet as a stream of batches
//! (only the columns asked for: the projection is pushed into the reader) and
//! writes Parquet row group by row group, so that memory stays flat.

mod column;
mod decode;
mod error;
mod read;
mod texts;
mod without;
mod write;

pub use column::{Batch, Category, Column};
pub use error::Error;
pub use read::{BATCH, Raw, RawBatch, Reader, Wanted, headers};
pub use texts::Texts;
pub use without::without;
pub use write::{Cells, Field, Writer};
