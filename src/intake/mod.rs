//! Reading exports: files as they really come, become batches of typed, declared columns.
//!
//! Each value is parsed once, by the policy's dialect and no other. Every bad
//! row is named by record number, line and column, and never by its value. A
//! column that nobody asked for is stepped over: its contents are never copied
//! or looked at. Pure: bytes arrive through [`Source`], and nothing here opens a file.
//!
//! | file | noun |
//! | --- | --- |
//! | `text` | bytes to text, refusing what is no text or another encoding than declared |
//! | `frame` | text to whole records, with bounded memory |
//! | `field` | a record to the fields that were asked for |
//! | `value`, `date` | a text to a number, a flag, a date: the house's only grammar |
//! | `column`, `columnar` | values to typed columns, from CSV and from Parquet |
//! | `word` | a few bytes as one number |
//! | `plan` | what to do with each record, by the header |
//! | `reader` | all of it, in parallel, in order |
//! | `write`, `without` | the way back: a CSV in the same dialect, whole or without some rows |
//! | `survey`, `guess`, `role` | what an undeclared file looks like (`init` and `check` only) |
//! | `identity` | features that look like a person's identity |

mod column;
mod columnar;
mod date;
mod error;
mod field;
mod frame;
mod guess;
pub mod identity;
mod outcome;
mod plan;
mod reader;
mod role;
mod survey;
mod text;
mod value;
mod without;
mod word;
mod write;

use std::sync::Arc;

use crate::lang::Lang;
use crate::policy::Kind;
use crate::table::Batch;

pub use columnar::Columnar;
pub use error::{Container, Error, MissingColumn, tolerate};
pub use outcome::{Outcome, outcome};
pub use reader::Reader;
pub use survey::{observe, survey};
pub use text::Source;
pub use value::{Values, is_missing, parse_date, parse_flag, parse_number};
pub use without::{two_columns, without};
pub use write::{Cell, Writer, neutralise};

/// Records that a [`Portion`] covers, good and failed: record `r` is in portion `(r - 1) / BATCH`.
pub const BATCH: usize = 65_536;

/// The longest record, in bytes of UTF-8. Beyond, the file is refused without reading on.
pub const MAX_RECORD: usize = 1 << 20;

/// The longest declared text or category, in bytes of UTF-8. Beyond, its row fails.
pub const MAX_CELL: usize = 4096;

/// A column that the caller wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Its header, after [`crate::name::tidy`].
    pub name: String,
    /// How its values are read.
    pub kind: Kind,
    /// A missing value fails its row, and texts are tidied.
    pub required: bool,
    /// A value that cannot be read does not fail its row: it is marked as unreadable, and somebody else refuses the lead.
    pub lenient: bool,
}

impl Asked {
    /// A column whose values may be missing.
    #[must_use]
    pub fn column(name: &str, kind: Kind) -> Self {
        Self {
            name: name.to_owned(),
            kind,
            required: false,
            lenient: false,
        }
    }

    /// A column that tells a fact about the lead: what cannot be read there is an answer of its own.
    #[must_use]
    pub fn fact(name: &str, kind: Kind) -> Self {
        Self {
            lenient: true,
            ..Self::column(name, kind)
        }
    }

    /// The column that names the lead: text, tidied, never missing.
    #[must_use]
    pub fn identifier(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            kind: Kind::Text,
            required: true,
            lenient: false,
        }
    }
}

/// Up to [`BATCH`] records, read.
#[derive(Debug, Default)]
pub struct Portion {
    /// The good rows; columns in the order asked.
    pub batch: Batch,
    /// Where each good row stands.
    pub places: Vec<Place>,
    /// The others, by ascending record.
    pub failures: Vec<Failure>,
    /// Good and failed.
    pub records: u64,
}

/// Where a record stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// 0-based position of the file in the run; beyond the last where it is not known.
    pub file: u32,
    /// 1-based line on which the record starts.
    pub line: u64,
}

/// A row that could not be read; never its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// 1-based number in the whole run's input, headers not counted.
    pub record: u64,
    /// Where the record starts.
    pub place: Place,
    /// The first column at fault; `None` when it is the whole row.
    pub column: Option<Arc<str>>,
    /// What is wrong.
    pub reason: Reason,
    /// The lead's identifier, for the operator's own score file, where it could be read.
    pub identifier: Option<Box<str>>,
}

/// Why a row failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// The record has another number of fields than the header.
    Ragged {
        /// Fields of the header.
        expected: u32,
        /// Fields of the record.
        found: u32,
    },
    /// Nothing but separators, between two records that hold something.
    Blank,
    /// A quoted field goes on after its closing quote.
    StrayQuote,
    /// No number in the dialect's notation.
    NotANumber,
    /// Infinite, or too large for a number.
    NotFinite,
    /// Neither yes nor no in the dialect's words.
    NotAFlag,
    /// No civil date in the dialect's order.
    NotADate,
    /// A text of more than [`MAX_CELL`] bytes.
    TooLong,
    /// The identifier is missing.
    Required,
    /// An identifier that an earlier row has already.
    Repeated,
    /// An identifier that is none of its declared type: no e-mail address, no phone number.
    NotAnIdentifier,
}

impl Reason {
    /// As `--rejects` and JSON write it.
    #[must_use]
    pub fn token(self) -> &'static str {
        match self {
            Self::Ragged { .. } => "ragged",
            Self::Blank => "blank",
            Self::StrayQuote => "stray-quote",
            Self::NotANumber => "not-a-number",
            Self::NotFinite => "not-finite",
            Self::NotAFlag => "not-a-flag",
            Self::NotADate => "not-a-date",
            Self::TooLong => "too-long",
            Self::Required => "missing-identifier",
            Self::Repeated => "repeated-identifier",
            Self::NotAnIdentifier => "not-an-identifier",
        }
    }

    /// In words.
    #[must_use]
    pub fn words(self, lang: Lang) -> String {
        match self {
            Self::Ragged { expected, found } => crate::say!(
                lang,
                "{found} fields where the header has {expected}"
                    | "{found} champs alors que l’en-tête en compte {expected}"
            ),
            Self::Blank => crate::say!(
                lang,
                "an empty row amid the others" | "ligne vide au milieu des autres"
            ),
            Self::StrayQuote => crate::say!(
                lang,
                "a quote inside a quoted field is not doubled"
                    | "guillemet non doublé dans un champ entre guillemets"
            ),
            Self::NotANumber => crate::say!(
                lang,
                "no number in the declared notation"
                    | "ce n’est pas un nombre dans la notation déclarée"
            ),
            Self::NotFinite => crate::say!(lang, "an infinite number" | "nombre infini"),
            Self::NotAFlag => crate::say!(
                lang,
                "neither yes nor no in the declared words"
                    | "ni oui ni non parmi les mots déclarés"
            ),
            Self::NotADate => crate::say!(
                lang,
                "no date in the declared order" | "ce n’est pas une date dans l’ordre déclaré"
            ),
            Self::TooLong => crate::say!(lang, "a text that is too long" | "texte trop long"),
            Self::Required => crate::say!(lang, "the identifier is missing" | "identifiant absent"),
            Self::NotAnIdentifier => crate::say!(
                lang,
                "no identifier of the declared type"
                    | "ce n’est pas un identifiant du type déclaré"
            ),
            Self::Repeated => crate::say!(
                lang,
                "an identifier that an earlier row has already"
                    | "identifiant déjà porté par une ligne précédente"
            ),
        }
    }
}
