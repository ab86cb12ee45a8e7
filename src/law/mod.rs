//! Law packs: what the law asks before a lead may be scored, as dated data with sources and a digest.
//!
//! A pack is a document: the ledger names it by its SHA-256, an auditor reads
//! it, and what it says on a date never changes. A new country or a new article
//! is a new file in this folder, never an `if`.

pub mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::lang::Lang;
use crate::name::Token;

/// The packs that come with the program, each by its canonical text.
const BUILTIN: [&str; 1] = [include_str!("none-1.json")];

const FORMAT: &str = "probant/law/v1";
/// Outcome codes from here on are refusals; lower ones are bands.
pub const FIRST_REFUSAL: u8 = 200;

/// The built-in pack with this id.
#[must_use]
pub fn builtin(id: &str) -> Option<Pack> {
    packs().find(|pack| pack.id().as_str() == id)
}

/// Every built-in pack.
pub fn packs() -> impl Iterator<Item = Pack> {
    BUILTIN
        .iter()
        .map(|text| Pack::parse(text).expect("a test parses every pack that is built in"))
}

/// A law pack that holds together.
#[derive(Clone, Debug)]
pub struct Pack {
    document: Document,
    from: NaiveDate,
    rules: Vec<Dated>,
    asks: BTreeSet<Token>,
    text: String,
    digest: Digest,
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

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    format: String,
    id: Token,
    from: String,
    title: Title,
    sources: Vec<Source>,
    rules: Vec<Rule>,
    otherwise: Ruling,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Title {
    en: String,
    fr: String,
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

/// One rule: on these dates, a lead with these facts gets this ruling.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    until: Option<String>,
    /// Every fact named must have one of the values listed; a fact that is not known has none.
    when: BTreeMap<Token, Vec<Token>>,
    then: Ruling,
}

/// A rule's dates, parsed once.
#[derive(Clone, Debug)]
struct Dated {
    from: NaiveDate,
    until: NaiveDate,
}

/// What a pack says of a lead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Ruling {
    /// May be scored, on this basis.
    Eligible(Ground),
    /// May not be scored.
    Refuse(Refusal),
}

/// On what basis a pack lets a lead be scored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ground {
    /// The one that the policy declares for the purpose.
    DeclaredBasis,
}

/// Why a lead may not be scored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refusal {
    /// The outcome code of the record: [`FIRST_REFUSAL`] or more.
    pub code: u8,
    /// The code's name in the segment's table.
    pub name: Token,
    /// The article that asks for it.
    pub article: Token,
}

/// What is known of a lead that the law may ask for: `audience=b2c`, `last-contact=2026-01-31`.
///
/// Keys and values are tokens, so that nothing personal and no line break fits in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LeadFacts(pub BTreeMap<Token, Token>);

impl Pack {
    /// Reads a pack from its canonical text: JSON with a two-space indent, keys in the documented
    /// order, one LF at the end.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let document: Document = serde_json::from_str(text)?;
        let invalid = |what| Error::Invalid {
            id: document.id.clone(),
            what,
        };
        if document.format != FORMAT {
            return Err(invalid("its format is not `probant/law/v1`"));
        }
        if format!("{}\n", serde_json::to_string_pretty(&document)?) != text {
            return Err(invalid("the text is not canonical"));
        }
        let from = date(&document.from).ok_or_else(|| invalid("a date is not `yyyy-mm-dd`"))?;
        let rules = document.rules.iter().map(dated).collect::<Option<Vec<_>>>();
        let rules = rules.ok_or_else(|| invalid("a date is not `yyyy-mm-dd`"))?;
        let rulings = document
            .rules
            .iter()
            .map(|rule| &rule.then)
            .chain([&document.otherwise]);
        for ruling in rulings {
            if matches!(ruling, Ruling::Refuse(refusal) if refusal.code < FIRST_REFUSAL) {
                return Err(invalid("a refusal's code is under 200"));
            }
            if matches!(ruling, Ruling::Refuse(refusal) if refusal.code == u8::MAX) {
                return Err(invalid("a refusal's code is 255, which means restricted"));
            }
        }
        let asks = document
            .rules
            .iter()
            .flat_map(|rule| rule.when.keys().cloned())
            .collect();
        Ok(Self {
            from,
            rules,
            asks,
            digest: Digest::of(text.as_bytes()),
            text: text.to_owned(),
            document,
        })
    }

    /// What people and the policy call it.
    #[must_use]
    pub fn id(&self) -> &Token {
        &self.document.id
    }

    /// SHA-256 of [`Pack::text`]: what the ledger names it by.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// The canonical document, kept as long as a record refers to it.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The first date that it speaks for.
    #[must_use]
    pub fn from(&self) -> NaiveDate {
        self.from
    }

    /// In one sentence.
    #[must_use]
    pub fn title(&self, lang: Lang) -> &str {
        match lang {
            Lang::En => &self.document.title.en,
            Lang::Fr => &self.document.title.fr,
        }
    }

    /// Where its rules are written.
    #[must_use]
    pub fn sources(&self) -> &[Source] {
        &self.document.sources
    }

    /// Every refusal that it may pronounce, by ascending code: the segment's table of outcomes.
    #[must_use]
    pub fn refusals(&self) -> Vec<&Refusal> {
        let rulings = self
            .document
            .rules
            .iter()
            .map(|rule| &rule.then)
            .chain([&self.document.otherwise]);
        let by_code: BTreeMap<u8, &Refusal> = rulings
            .filter_map(|ruling| match ruling {
                Ruling::Refuse(refusal) => Some((refusal.code, refusal)),
                Ruling::Eligible(_) => None,
            })
            .collect();
        by_code.into_values().collect()
    }

    /// The ruling of the first rule that speaks for this date and these facts; else the pack's `otherwise`.
    #[must_use]
    pub fn ruling(&self, facts: &LeadFacts, date: NaiveDate) -> &Ruling {
        let dated = self.document.rules.iter().zip(&self.rules);
        let holds = |rule: &Rule| {
            rule.when
                .iter()
                .all(|(key, values)| facts.0.get(key).is_some_and(|value| values.contains(value)))
        };
        dated
            .filter(|(_, dates)| dates.from <= date && date <= dates.until)
            .find(|(rule, _)| holds(rule))
            .map_or(&self.document.otherwise, |(rule, _)| &rule.then)
    }

    /// The facts that this pack asks for, as the record keeps them: `key=value` LF, keys ascending.
    #[must_use]
    pub fn lines(&self, facts: &LeadFacts) -> String {
        let asked = facts.0.iter().filter(|(key, _)| self.asks.contains(*key));
        asked.fold(String::new(), |mut lines, (key, value)| {
            let _ = writeln!(lines, "{key}={value}");
            lines
        })
    }
}

fn dated(rule: &Rule) -> Option<Dated> {
    let from = rule.from.as_deref().map_or(Some(NaiveDate::MIN), date)?;
    let until = rule.until.as_deref().map_or(Some(NaiveDate::MAX), date)?;
    Some(Dated { from, until })
}

/// A civil date in its one spelling.
fn date(text: &str) -> Option<NaiveDate> {
    let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
    (date.format("%Y-%m-%d").to_string() == text).then_some(date)
}

#[cfg(test)]
mod tests {
    use super::*;

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
