//! Law packs: what the law asks before a lead may be scored, as dated data with sources and a digest.
//!
//! A pack is a document: the ledger names it by its SHA-256, an auditor reads
//! it, and what it says on a date never changes. A new country or a new article
//! is a new file in this folder, never an `if`.
//!
//! There are two formats. In `probant/law/v2` grounds and refusals are listed
//! with their articles and a sentence for people, and rules name them;
//! `probant/law/v1` says both within its rules, and knows one ground only: the
//! basis that the policy declares.

pub mod asked;
pub mod assessment;
mod document;
mod pack;
pub mod words;

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use self::words::Basis;
use crate::lang::Lang;
use crate::name::Token;

pub use self::document::{Parameters, Since};
pub use self::pack::{Pack, Rule, Then};

/// The packs that come with the program, each by its canonical text.
const BUILTIN: [&str; 2] = [include_str!("none-1.json"), include_str!("fr-1.json")];

const FIRST: &str = "probant/law/v1";
const SECOND: &str = "probant/law/v2";

/// Outcome codes from here on are refusals; lower ones are bands.
pub const FIRST_REFUSAL: u8 = 200;
/// The outcome code of a person whose records are restricted; no pack may say it.
pub const RESTRICTED: u8 = u8::MAX;
/// The outcome code of a person who objected, where the pack has none of its own (GDPR art. 21).
pub const OBJECTED: u8 = 254;
/// The outcome code of a person who was erased and came back, where the pack has none of its own (GDPR art. 17).
pub const ERASED: u8 = 253;
/// Basis codes from here to [`FIRST_REFUSAL`] are those of grounds; lower ones are [`Basis::code`]s.
pub const FIRST_GROUND: u8 = 10;

static PACKS: LazyLock<Vec<Pack>> = LazyLock::new(|| {
    BUILTIN
        .iter()
        .map(|text| Pack::parse(text).expect("a test parses every pack that is built in"))
        .collect()
});

/// The built-in pack with this id.
#[must_use]
pub fn builtin(id: &str) -> Option<Pack> {
    packs().find(|pack| pack.id().as_str() == id)
}

/// Every built-in pack.
pub fn packs() -> impl Iterator<Item = Pack> {
    PACKS.iter().cloned()
}

/// Why a text is no law pack.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Not JSON of the pack's shape.
    #[error("the law pack cannot be read")]
    Shape {
        /// What the reader met.
        #[from]
        source: serde_json::Error,
    },
    /// Read, but against a rule of the format.
    #[error("law pack `{id}`: {what}")]
    Invalid {
        /// The pack's id.
        id: Token,
        /// The rule that it breaks.
        what: &'static str,
    },
}

impl Error {
    /// What the person at the keyboard can do next.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        Some("use a pack as it was published: its digest is in the ledger")
    }
}

/// A sentence in both languages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sentence {
    /// In English.
    pub en: String,
    /// In French.
    pub fr: String,
}

impl Sentence {
    /// In the language asked for.
    #[must_use]
    pub fn words(&self, lang: Lang) -> &str {
        match lang {
            Lang::En => &self.en,
            Lang::Fr => &self.fr,
        }
    }
}

/// Where a rule is written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// The article, as rules cite it.
    pub article: Token,
    /// The text's title.
    pub title: String,
    /// Where it was read.
    pub address: String,
    /// When it was read, as a civil date.
    pub read: String,
}

/// On what ground a lead may be scored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ground {
    /// The basis code of the record.
    pub code: u8,
    /// The ground's name.
    pub name: Token,
    /// The legal basis of GDPR art. 6(1) that it is one of.
    pub basis: Basis,
    /// The article that gives it.
    pub article: Token,
    /// In words; none in the first format.
    pub sentence: Option<Sentence>,
}

impl Ground {
    /// The ground of a pack that leaves it to the policy: the declared basis itself.
    #[must_use]
    pub fn declared(basis: Basis) -> Self {
        let token = |text: &str| text.parse().expect("a basis is written as a token");
        Self {
            code: basis.code(),
            name: token(basis.token()),
            basis,
            article: token(basis.article()),
            sentence: None,
        }
    }
}

/// Why a lead may not be scored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The outcome code of the record: [`FIRST_REFUSAL`] or more.
    pub code: u8,
    /// The code's name in the segment's table.
    pub name: Token,
    /// The article that asks for it.
    pub article: Token,
    /// In words; none in the first format.
    pub sentence: Option<Sentence>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::Digest;

    #[test]
    fn every_pack_that_is_built_in_parses_under_its_own_id() {
        for pack in packs() {
            assert_eq!(
                builtin(pack.id().as_str()).map(|it| it.digest()),
                Some(pack.digest())
            );
            assert_eq!(pack.digest(), Digest::of(pack.text().as_bytes()));
        }
        assert!(builtin("none-2").is_none());
    }
}
