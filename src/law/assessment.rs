//! The assessment that a legitimate interest rests on: the interest, why it needs the data, and what weighs against it.
//!
//! A document of the company's own (GDPR art. 6(1)(f)), written as TOML and
//! signed by a person. It counts from its day to its last one, and only for
//! the purpose that it names.

use chrono::NaiveDate;
use serde::Deserialize;

use crate::digest::Digest;
use crate::name::Token;

/// An assessment that has every part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assessment {
    /// Its id.
    pub id: Token,
    /// The purpose that it weighs.
    pub purpose: Token,
    /// Who signs it: a person of the policy.
    pub signed_by: Token,
    /// The first day that it counts.
    pub date: NaiveDate,
    /// The last day that it counts.
    pub expires: NaiveDate,
    /// SHA-256 of the file's bytes.
    pub digest: Digest,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    id: String,
    purpose: String,
    interest: String,
    necessity: String,
    balance: String,
    signed_by: String,
    date: String,
    expires: String,
}

/// Why a text is no assessment.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Misread {
    /// It is not TOML with these keys.
    #[error("{0}")]
    Shape(String),
    /// A part says nothing.
    #[error("`{0}` is empty")]
    Empty(&'static str),
    /// An id that can be none.
    #[error("`{0}` is no id")]
    Id(&'static str),
    /// A date that is none.
    #[error("`{0}` is not a date such as 2026-03-31")]
    Date(&'static str),
    /// It ends before it begins.
    #[error("it expires before its date")]
    Backwards,
}

impl Assessment {
    /// Reads an assessment from the bytes of its file.
    pub fn parse(bytes: &[u8]) -> Result<Self, Misread> {
        let text =
            std::str::from_utf8(bytes).map_err(|_| Misread::Shape("it is not UTF-8".to_owned()))?;
        let it: Written =
            toml::from_str(text).map_err(|error| Misread::Shape(error.message().to_owned()))?;
        let said = [
            ("interest", &it.interest),
            ("necessity", &it.necessity),
            ("balance", &it.balance),
        ];
        if let Some((key, _)) = said.iter().find(|(_, text)| text.trim().is_empty()) {
            return Err(Misread::Empty(key));
        }
        let id = |key, text: &str| text.parse().map_err(|_| Misread::Id(key));
        let (date, expires) = (day("date", &it.date)?, day("expires", &it.expires)?);
        if expires < date {
            return Err(Misread::Backwards);
        }
        Ok(Self {
            id: id("id", &it.id)?,
            purpose: id("purpose", &it.purpose)?,
            signed_by: id("signed_by", &it.signed_by)?,
            date,
            expires,
            digest: Digest::of(bytes),
        })
    }

    /// What is signed: the file's digest under a name of its own, so that the signature is of nothing else.
    #[must_use]
    pub fn signed_text(&self) -> String {
        format!(
            "probant/assessment/v1\n{}\n{}\n{}\n",
            self.digest, self.id, self.purpose
        )
    }
}

fn day(key: &'static str, text: &str) -> Result<NaiveDate, Misread> {
    NaiveDate::parse_from_str(text, "%Y-%m-%d")
        .ok()
        .filter(|date| date.format("%Y-%m-%d").to_string() == text)
        .ok_or(Misread::Date(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &str = "id = \"li-2026\"\npurpose = \"calls\"\ninterest = \"Calling back first who is likely to buy.\"\n\
        necessity = \"Without it the team calls at random.\"\nbalance = \"Professionals expect to be called back.\"\n\
        signed_by = \"dpo\"\ndate = \"2026-01-01\"\nexpires = \"2026-12-31\"\n";

    #[test]
    fn an_assessment_has_every_part_or_is_none() {
        let whole = Assessment::parse(SAMPLE.as_bytes()).unwrap();
        assert_eq!(whole.digest, Digest::of(SAMPLE.as_bytes()));
        for key in [
            "id",
            "purpose",
            "interest",
            "necessity",
            "balance",
            "signed_by",
            "date",
            "expires",
        ] {
            let lines: Vec<&str> = SAMPLE.lines().filter(|it| !it.starts_with(key)).collect();
            assert!(
                Assessment::parse(lines.join("\n").as_bytes()).is_err(),
                "{key}"
            );
            let line = SAMPLE.lines().find(|it| it.starts_with(key)).unwrap();
            let empty = SAMPLE.replace(line, &format!("{key} = \" \""));
            assert!(Assessment::parse(empty.as_bytes()).is_err(), "{key}");
        }
        let backwards = SAMPLE.replace("2026-12-31", "2025-12-31");
        assert_eq!(
            Assessment::parse(backwards.as_bytes()),
            Err(Misread::Backwards)
        );
        assert!(Assessment::parse(b"\xff").is_err());
        assert!(Assessment::parse(SAMPLE.replace("2026-01-01", "2026-1-1").as_bytes()).is_err());
    }
}
