//! Why bytes offered as part of a ledger were not believed, and what to do about it.
//!
//! No message ever holds a pseudonym, a code or anything else about a person.

use crate::digest::Digest;

/// Why a piece of a ledger could not be made, read or believed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A text entry is not what the writer would have written.
    #[error("log entry: `{line}`: {why}")]
    Entry {
        /// The name of the line, never its value.
        line: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// A record's bytes are not those of a record.
    #[error("record: {0}")]
    Record(&'static str),
    /// A signed note or a checkpoint does not hold together.
    #[error("signed note: {0}")]
    Note(&'static str),
    /// A file between the log and its witness is not one.
    #[error("witness: {0}")]
    Witness(&'static str),
    /// A time-stamp's request or answer is not one, or is about something else.
    #[error("time-stamp: {0}")]
    Timestamp(&'static str),
    /// A segment's bytes are not those that were sealed.
    #[error("segment: {0}")]
    Segment(&'static str),
    /// A secret or wrapped key could not be read.
    #[error("key: {0}")]
    Key(&'static str),
    /// A tile or an entry bundle is not what the tree says.
    #[error("tile: {0}")]
    Tile(&'static str),
    /// A block of rows cannot be recorded as it is.
    #[error("block: {0}")]
    Block(&'static str),
    /// A list of rows, erased or restricted, is not as it was written.
    #[error("list of rows: {0}")]
    Rows(&'static str),
    /// A file that the log speaks of is not there.
    #[error("the file is missing")]
    Missing,
    /// A record rebuilt from its segment is not the leaf that was signed.
    #[error("row {row} is not the leaf that was signed")]
    Altered {
        /// The row of its segment.
        row: u32,
    },
    /// A row was asked for that was erased.
    #[error("row {row} was erased")]
    Erased {
        /// The row of its segment.
        row: u32,
    },
    /// A row was asked for that the segment does not hold.
    #[error("the segment holds no row {row}")]
    NoRow {
        /// The row of its segment.
        row: u32,
    },
    /// A proposal can be rebuilt only with the model that scored it.
    #[error("model {}: it is needed to rebuild the record", .0.short())]
    NoModel(Digest),
}

impl Error {
    /// What the person at the keyboard can do next.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Missing
            | Self::Entry { .. }
            | Self::Note(_)
            | Self::Tile(_)
            | Self::Segment(_)
            | Self::Rows(_)
            | Self::Altered { .. } => {
                Some("run `probant ledger verify --full`; do not append; compare with a backup")
            }
            Self::Key(_) => {
                Some("restore `keys/` from its backup; without it the segments cannot be read")
            }
            Self::NoModel(_) => Some("restore the folder `models/` from its backup"),
            Self::Record(_) | Self::Block(_) | Self::NoRow { .. } | Self::Erased { .. } => None,
            Self::Witness(_) => Some(
                "ask again: `probant ledger anchor request --cosign FILE`; a witness that is new here is named by `--witness VKEY`",
            ),
            Self::Timestamp(_) => {
                Some("ask again: `probant ledger anchor request --timestamp FILE`")
            }
        }
    }
}
