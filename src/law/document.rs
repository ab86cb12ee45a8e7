//! The shapes of a pack's document, in both formats, as JSON keeps them.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

use super::words::Basis;
use super::{Sentence, Source};
use crate::name::Token;

/// What every format begins with.
#[derive(Deserialize)]
pub(super) struct Head {
    pub format: String,
    pub id: Token,
}

/// `probant/law/v1`: rulings stand in the rules themselves.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct First {
    pub format: String,
    pub id: Token,
    pub from: String,
    pub title: Sentence,
    pub sources: Vec<Source>,
    pub rules: Vec<Rule<Ruling>>,
    pub otherwise: Ruling,
}

/// A ruling of the first format.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) enum Ruling {
    /// May be scored, on this basis.
    Eligible(Declared),
    /// May not be scored.
    Refuse(Bare),
}

/// On what basis the first format lets a lead be scored.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Declared {
    /// The one that the policy declares for the purpose.
    DeclaredBasis,
}

/// A refusal of the first format.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Bare {
    pub code: u8,
    pub name: Token,
    pub article: Token,
}

/// `probant/law/v2`: grounds and refusals are listed once, and rules name them.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Second {
    pub format: String,
    pub id: Token,
    pub from: String,
    pub title: Sentence,
    pub sources: Vec<Source>,
    pub parameters: Parameters,
    pub grounds: Vec<Ground>,
    pub refusals: Vec<Refusal>,
    pub rules: Vec<Rule<Named>>,
    pub undeclared: Token,
    pub otherwise: Token,
}

/// Numbers that the law gives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parameters {
    /// Civil months after which a person's data may be used no more.
    pub retention_months: u32,
    /// From what they count: the latest of these that is known.
    pub retention_from: Vec<Since>,
}

/// What retention counts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Since {
    /// The day of collection.
    Collected,
    /// The day of a complete proof of consent: giving it came from the person.
    Consent,
    /// The last contact that came from the person.
    LastContact,
}

/// A ground of the second format, as it is written.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Ground {
    pub code: u8,
    pub name: Token,
    pub basis: Basis,
    pub article: Token,
    pub sentence: Sentence,
}

/// A refusal of the second format, as it is written.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Refusal {
    pub code: u8,
    pub name: Token,
    pub article: Token,
    pub sentence: Sentence,
}

/// What a rule of the second format names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) enum Named {
    /// A ground.
    Eligible(Token),
    /// A refusal.
    Refuse(Token),
}

/// One rule: on these dates, a lead with these answers gets this ruling.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rule<T> {
    #[serde(default = "Option::default", skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    #[serde(default = "Option::default", skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// Every question named must have one of the answers listed.
    pub when: BTreeMap<Token, Vec<Token>>,
    pub then: T,
}
