//! Why a whole file is refused: where, what, and what to do next. Never a value.

use std::fmt;
use std::io;

use crate::policy::Encoding;

/// Why an export was not read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No file was given.
    #[error("there is no file to read")]
    NoFile,
    /// Nothing, or nothing but white space.
    #[error("{file}: the file is empty")]
    Empty {
        /// Which file.
        file: String,
    },
    /// A header and no record.
    #[error("{file}: the file has a header and no record")]
    HeaderOnly {
        /// Which file.
        file: String,
    },
    /// Two columns of one name.
    #[error("{file}: columns {first} and {second} have the same header{}", named(name.as_deref()))]
    DuplicateHeader {
        /// Which file.
        file: String,
        /// 1-based position.
        first: usize,
        /// 1-based position.
        second: usize,
        /// The header, when it is one that the policy declares: a file without a header line starts with a person.
        name: Option<String>,
    },
    /// Declared columns that the header does not have.
    #[error("{file}: {}", listed(missing))]
    MissingColumns {
        /// Which file.
        file: String,
        /// Each of them.
        missing: Vec<MissingColumn>,
    },
    /// A later file has another header than the first.
    #[error("{file}: column {column} of the header is not the one of the first file")]
    HeadersDiffer {
        /// Which file.
        file: String,
        /// 1-based position of the first difference.
        column: usize,
    },
    /// A byte 0 amid text.
    #[error("{file}: a NUL byte at line {line}, character {character}")]
    Nul {
        /// Which file.
        file: String,
        /// 1-based line.
        line: u64,
        /// 1-based character of that line.
        character: u64,
    },
    /// Another format under this name.
    #[error("{file}: this is {looks}, not a CSV file")]
    NotCsv {
        /// Which file.
        file: String,
        /// What its first bytes say.
        looks: Container,
    },
    /// No text at all.
    #[error("{file}: this is binary data, not a CSV file")]
    Binary {
        /// Which file.
        file: String,
    },
    /// A quoted field without an end.
    #[error("{file}: the quote opened on line {line} is never closed as it should be")]
    UnclosedQuote {
        /// Which file.
        file: String,
        /// 1-based line of the opening quote.
        line: u64,
    },
    /// The last record stops short.
    #[error(
        "{file}: the file ends in the middle of record {record} (line {line}): {found} of {expected} fields"
    )]
    Truncated {
        /// Which file.
        file: String,
        /// Its number in the run.
        record: u64,
        /// 1-based line.
        line: u64,
        /// Fields of the header.
        expected: u32,
        /// Fields of the record.
        found: u32,
    },
    /// More bytes in one record than [`super::MAX_RECORD`].
    #[error("{file}: the record that starts on line {line} is longer than 1 MiB")]
    RecordTooLong {
        /// Which file.
        file: String,
        /// 1-based line.
        line: u64,
    },
    /// Bytes that the declared encoding cannot mean.
    #[error("{file}: line {line}, character {character} is not {}", encoding_name(*declared))]
    Encoding {
        /// Which file.
        file: String,
        /// By the policy.
        declared: Encoding,
        /// 1-based line.
        line: u64,
        /// 1-based character of that line.
        character: u64,
    },
    /// The bytes speak for another encoding.
    #[error("{file}: the policy declares {}, but the file is {}", encoding_name(*declared), encoding_name(*looks))]
    OtherEncoding {
        /// Which file.
        file: String,
        /// By the policy.
        declared: Encoding,
        /// By the bytes.
        looks: Encoding,
    },
    /// Bytes in an encoding that is not read at all (`init` and `check` only).
    #[error("{file}: this looks like {looks}, which is not read")]
    UnknownEncoding {
        /// Which file.
        file: String,
        /// The encoding's name.
        looks: &'static str,
    },
    /// The header speaks for another separator.
    #[error("{file}: the policy declares {} as separator, but the header is separated by {}", mark(*declared), mark(*looks))]
    OtherSeparator {
        /// Which file.
        file: String,
        /// By the policy.
        declared: u8,
        /// By the header.
        looks: u8,
    },
    /// More bad rows than the policy tolerates.
    #[error("{failed} of {records} rows failed, more than the {} % that the policy tolerates", max_failed * 100.0)]
    TooManyFailed {
        /// Failed rows.
        failed: u64,
        /// All rows.
        records: u64,
        /// The policy's share, within `[0, 1]`.
        max_failed: f64,
    },
    /// The bytes did not come.
    #[error("{file}: cannot be read")]
    Read {
        /// Which file.
        file: String,
        /// Why.
        source: io::Error,
    },
}

/// A declared column that is not in the header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingColumn {
    /// As the policy has it.
    pub name: String,
    /// A header that may be what was meant.
    pub near: Option<String>,
}

/// What a file is, by its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Container {
    /// A web page or XML.
    Html,
    /// A zip archive: also `.xlsx` and `.ods`.
    Zip,
    /// A gzip stream.
    Gzip,
    /// Apache Parquet.
    Parquet,
    /// An old Office document (`.xls`).
    Xls,
    /// A PDF document.
    Pdf,
    /// A zstd stream.
    Zstd,
    /// An `SQLite` database.
    Sqlite,
}

impl fmt::Display for Container {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Html => "a web page",
            Self::Zip => "a zip archive (perhaps an Excel workbook)",
            Self::Gzip => "a gzip archive",
            Self::Parquet => "a Parquet file",
            Self::Xls => "an old Excel workbook",
            Self::Pdf => "a PDF document",
            Self::Zstd => "a zstd archive",
            Self::Sqlite => "an SQLite database",
        })
    }
}

impl Error {
    /// What the person at the keyboard can do next.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        Some(match self {
            Self::NoFile => "name at least one file",
            Self::Empty { .. } | Self::HeaderOnly { .. } => {
                "run the export again; it produced no lead"
            }
            Self::DuplicateHeader { .. } => "rename one of the two columns in the export",
            Self::MissingColumns { .. } => {
                "add the column to the export, or correct its name in the policy; `probant check` shows both sides"
            }
            Self::HeadersDiffer { .. } => {
                "files of one run have the same columns in the same order"
            }
            Self::Nul { .. } => "the file was damaged, or is UTF-16; export it again as UTF-8",
            Self::NotCsv { looks, .. } => match looks {
                Container::Html => {
                    "the download returned a page (an error, or a login); open it to see what it says"
                }
                Container::Zip | Container::Xls => "save the sheet as CSV, or unpack the archive",
                Container::Gzip | Container::Zstd => "unpack the file first",
                Container::Parquet => {
                    "name it `.parquet` and declare `format = \"parquet\"` in the policy"
                }
                Container::Pdf | Container::Sqlite => "export the leads as CSV",
            },
            Self::Binary { .. } => "export the leads as CSV",
            Self::UnclosedQuote { .. } => {
                "close that quote, or double it if it belongs to the text"
            }
            Self::Truncated { .. } => "the export or its transfer was cut off: run it again",
            Self::RecordTooLong { .. } => {
                "look for an unclosed quote or a missing line end near that line"
            }
            Self::Encoding { .. } | Self::OtherEncoding { .. } => {
                "export in the declared encoding, or declare the file's in the policy's dialect"
            }
            Self::UnknownEncoding { .. } => "export the leads as UTF-8",
            Self::OtherSeparator { .. } => {
                "export with the declared separator, or declare the file's in the policy's dialect"
            }
            Self::TooManyFailed { .. } => {
                "`probant check` counts them by column and reason; `probant score --rejects FILE` lists each"
            }
            Self::Read { .. } => return None,
        })
    }
}

/// Refuses a run in which more than the share `max_failed` of `records` failed.
pub fn tolerate(failed: u64, records: u64, max_failed: f64) -> Result<(), Error> {
    // Inside the tolerance, or refused: a tolerance that is NaN tolerates nothing.
    if failed == 0 || failed as f64 <= max_failed * records as f64 {
        return Ok(());
    }
    Err(Error::TooManyFailed {
        failed,
        records,
        max_failed,
    })
}

/// How people call an encoding.
fn encoding_name(encoding: Encoding) -> &'static str {
    match encoding {
        Encoding::Utf8 => "UTF-8",
        Encoding::Utf16 => "UTF-16",
        Encoding::Windows1252 => "Windows-1252",
    }
}

/// How people call a separator.
fn mark(separator: u8) -> String {
    match separator {
        b'\t' => "a tab".to_owned(),
        other => format!("`{}`", char::from(other)),
    }
}

fn named(name: Option<&str>) -> String {
    name.map_or_else(String::new, |name| format!(", `{name}`"))
}

fn listed(missing: &[MissingColumn]) -> String {
    let each: Vec<String> = missing
        .iter()
        .map(|column| match &column.near {
            Some(near) => format!("`{}` (did you mean `{near}`?)", column.name),
            None => format!("`{}`", column.name),
        })
        .collect();
    let noun = if each.len() == 1 {
        "column is"
    } else {
        "columns are"
    };
    format!("the declared {noun} missing: {}", each.join(", "))
}
