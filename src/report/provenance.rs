//! `provenance.json`: where a model comes from, beside the model itself.
//!
//! The model names no person, binary or day, so that the same training gives the same bytes next
//! year; everything that differs stands here.

use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::model::findings::Findings;
use crate::name::Token;

/// The version of the document that this program writes.
const FORMAT: u32 = 1;

/// Who trained a model, when, with what, and what was found.
///
/// Keys are written in the order of these fields, two-space indent, LF.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provenance {
    /// 1.
    pub format: u32,
    /// The model's version: SHA-256 of `model.json`.
    pub model: Digest,
    /// Its schema.
    pub schema: Digest,
    /// The policy's file.
    pub policy: Digest,
    /// Salted commitments to the training files, in the order they were read (`LEDGER.md` §2, run entry).
    pub data: Vec<Digest>,
    /// The keyed fingerprint of the rows used, in any order ([`crate::model::fingerprint`]); older documents have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<Digest>,
    /// RFC 3339, UTC.
    pub trained_at: String,
    /// The person's id in the policy.
    pub trained_by: Token,
    /// The program's version.
    pub binary: String,
    /// The purpose's id.
    pub purpose: Token,
    /// What became of the rows.
    pub rows: Rows,
    /// Columns of the file that the policy does not name; never read.
    pub undeclared: Vec<String>,
    /// Features that look like an identity and were kept on the policy's word.
    pub not_identity: Vec<NotIdentity>,
    /// The civil dates of the rows used, where there is a date column.
    pub period: Option<Period>,
    /// What the training found.
    pub findings: Findings,
}

/// What became of the rows of the training files: `read = failed + open + used`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rows {
    /// Rows read.
    pub read: u64,
    /// Ragged, unparseable or repeated.
    pub failed: u64,
    /// Without an outcome yet; excluded.
    pub open: u64,
    /// Used.
    pub used: u64,
}

/// A feature kept although it looks like an identity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NotIdentity {
    /// The column.
    pub column: String,
    /// The policy's reason.
    pub why: String,
}

/// The first and the last civil date, `YYYY-MM-DD`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Period {
    /// The first.
    pub first: String,
    /// The last.
    pub last: String,
}

/// Why a text is no provenance.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Not JSON of this shape.
    #[error("provenance: not the document that this program writes")]
    Malformed(#[source] serde_json::Error),
    /// Written by another version.
    #[error("provenance: format {found}, where this program reads {FORMAT}")]
    Format {
        /// What it says.
        found: u32,
    },
    /// Read, but not spelt as this program spells it.
    #[error("provenance: the document is not in canonical form")]
    Spelling,
}

impl Error {
    /// What the person at the keyboard can do next.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Malformed(_) | Self::Spelling => {
                Some("restore the model's folder from a backup, or train again")
            }
            Self::Format { .. } => Some("read it with the version of probant that wrote it"),
        }
    }
}

impl Provenance {
    /// The version of the document: what [`Provenance::format`] holds.
    pub const FORMAT: u32 = FORMAT;

    /// The document's text.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self)
            .expect("every key is a string and every value plain data");
        text.push('\n');
        text
    }

    /// Reads the document back, exactly as [`Provenance::to_json`] writes it.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let provenance: Self = serde_json::from_str(text).map_err(Error::Malformed)?;
        if provenance.format != FORMAT {
            return Err(Error::Format {
                found: provenance.format,
            });
        }
        if provenance.to_json() == text {
            Ok(provenance)
        } else {
            Err(Error::Spelling)
        }
    }
}
