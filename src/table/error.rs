//! Why a Parquet file could not be read or written.

use std::io;
use std::path::PathBuf;

/// Why a Parquet file could not be read or written. Never says a value.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The name is a URL, and nothing here goes to the network.
    #[error("`{name}` is not a file on this machine")]
    Remote {
        /// What was named.
        name: String,
    },
    /// The file could not be opened.
    #[error("cannot open `{}`", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file does not start and end as Parquet does.
    #[error("`{}`: {what}", path.display())]
    NotParquet {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: &'static str,
    },
    /// polars could not read it.
    #[error("`{}`: damaged Parquet ({kind})", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The class of polars' error; its text may quote a value and is not kept.
        kind: &'static str,
    },
    /// A column's type is one that no declared kind can be read from.
    #[error("column `{column}` has the Parquet type {dtype}, which cannot be read as declared")]
    Type {
        /// The column.
        column: String,
        /// Its type.
        dtype: String,
    },
    /// Two headers are the same once tidied.
    #[error("column `{column}` stands twice in the file")]
    Duplicate {
        /// The column.
        column: String,
    },
    /// The files of one run do not have the same columns.
    #[error("`{}` does not have the same columns as the first file of the run", path.display())]
    Differs {
        /// The file.
        path: PathBuf,
    },
    /// Writing failed.
    #[error("cannot write the Parquet file ({kind})")]
    Write {
        /// The class of polars' error.
        kind: &'static str,
    },
}

impl Error {
    /// What the person at the keyboard can do next.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Remote { .. } => {
                Some("copy the export to this machine first; nothing here uses the network")
            }
            Self::NotParquet { .. } | Self::Damaged { .. } => {
                Some("export the file again; a copy that was interrupted looks like this")
            }
            Self::Type { .. } => {
                Some("declare the column's kind as what it holds, or export it as text")
            }
            Self::Duplicate { .. } => Some("give the columns different names in the export"),
            Self::Differs { .. } => Some("score files with different columns as separate runs"),
            Self::Open { .. } | Self::Write { .. } => None,
        }
    }
}

/// The class of a polars error: its message may quote a cell, so it goes no further.
pub(super) fn class(error: &polars::prelude::PolarsError) -> &'static str {
    use polars::prelude::PolarsError as P;
    match error {
        P::IO { .. } => "input or output failed",
        P::SchemaMismatch(_) | P::SchemaFieldNotFound(_) | P::ColumnNotFound(_) => {
            "columns do not match"
        }
        P::OutOfBounds(_) | P::ShapeMismatch(_) => "lengths do not match",
        P::InvalidOperation(_) => "an unsupported type or encoding",
        _ => PAGES,
    }
}

/// What is left to say where polars has no class of its own for an error.
const PAGES: &str = "its pages cannot be decoded";

/// Why polars did not write: what it cannot name, the disk did not take.
pub(super) fn unwritten(error: &polars::prelude::PolarsError) -> Error {
    let kind = match class(error) {
        PAGES => "the disk did not take its pages",
        kind => kind,
    };
    Error::Write { kind }
}
