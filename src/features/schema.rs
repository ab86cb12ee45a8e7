//! What a code means: levels, edges, and how two features' codes make a pair's.
//!
//! A schema read back from its document always holds together, whoever wrote
//! the document: [`Schema::parse`] and every deserialisation go through
//! [`Schema::check`].

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::name::tidy;

/// Everything that the encoder needs, and what every logged code refers to.
///
/// Serialised as canonical JSON (two-space indent, LF, keys in this order, edges as the shortest
/// decimal strings that read back to the same number); its SHA-256 is the ledger's `schema`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Document", into = "Document")]
pub struct Schema {
    /// Version of the value normaliser (NFC, trimming, number grammar): 1.
    pub normaliser: u32,
    /// Identifier type, as in [`crate::policy::IdType::token`].
    pub id_type: String,
    /// Features in the policy's order.
    pub features: Vec<Feature>,
    /// Pairs, after all features, in order.
    pub pairs: Vec<Pair>,
}

/// One feature: its column, and how its values become codes.
#[derive(Clone, Debug, PartialEq)]
pub struct Feature {
    /// The column's header.
    pub name: String,
    /// How values become codes.
    pub shape: Shape,
}

/// How a feature's values become codes.
///
/// | shape | codes, in order |
/// | --- | --- |
/// | `Number` with `b` bins | `0..b` the bins, `b` missing, `b+1` below the training range, `b+2` above it |
/// | `Category` with `l` levels | `0..l` the levels by code point, `l` missing, `l+1` other (rare or unseen) |
/// | `Flag` | 0 no, 1 yes, 2 missing |
///
/// Below and above are two codes where DESIGN speaks of one `other`: each takes the entry of its
/// end bin, and one code could not say which end it was.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// A number's bins.
    Number {
        /// Ascending, finite; bin = number of edges < value. `edges.len() + 1` bins.
        edges: Vec<f64>,
        /// A value under this is `below`: the training minimum less the first bin's width, moved
        /// outward to two significant digits so that it is nobody's value.
        low: f64,
        /// A value over this is `above`.
        high: f64,
    },
    /// A category's levels, tidied, ascending by code point, without repetition.
    Category {
        /// The levels.
        levels: Vec<String>,
    },
    /// Yes or no.
    Flag,
}

/// Two features whose coarse codes are looked up together.
///
/// Code = `coarse_a[code of a] * width_b + coarse_b[code of b]`, or the last code, "none"
/// (`width_a * width_b`), when either side's coarse code is `None`: a code held by too few people
/// takes part in no pair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    /// Position of the first feature.
    pub a: usize,
    /// Position of the second, greater than `a`.
    pub b: usize,
    /// Coarse code of each of `a`'s codes; at most 8 distinct.
    pub coarse_a: Vec<Option<u8>>,
    /// The same for `b`.
    pub coarse_b: Vec<Option<u8>>,
}

/// Why a schema's document is not one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The text is not the canonical document of a valid schema.
    #[error("schema: {what}")]
    Invalid {
        /// What is wrong, without any value of a person.
        what: String,
    },
    /// A parsed column is of another kind than the shape it was offered to.
    #[error("a column of {found} was offered to a feature of {expected}")]
    Kind {
        /// The kind of the shape.
        expected: &'static str,
        /// The kind of the column.
        found: &'static str,
    },
    /// A category has more levels than codes of two bytes can name.
    #[error("feature `{feature}` has {levels} levels; a code of two bytes names at most 65534")]
    TooManyLevels {
        /// The feature.
        feature: String,
        /// Its levels.
        levels: usize,
    },
}

impl Error {
    /// What the person at the keyboard can do next.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Invalid { .. } => {
                Some("restore the file from the workspace's backup; a schema is never edited")
            }
            Self::Kind { .. } => Some(
                "the policy's `kind` of this column changed since the model was trained: train again",
            ),
            Self::TooManyLevels { .. } => {
                Some("declare the column as `ignore`, or raise `min_people`")
            }
        }
    }
}

impl Shape {
    /// How many codes there are.
    #[must_use]
    pub fn codes(&self) -> usize {
        match self {
            Self::Number { edges, .. } => edges.len() + 4,
            Self::Category { levels } => levels.len() + 2,
            Self::Flag => 3,
        }
    }

    /// The code of a missing value.
    #[must_use]
    pub fn missing(&self) -> u16 {
        match self {
            Self::Number { edges, .. } => edges.len() as u16 + 1,
            Self::Category { levels } => levels.len() as u16,
            Self::Flag => 2,
        }
    }

    /// Bytes that a code takes in a record: 1, or 2 where there are more than 256.
    #[must_use]
    pub fn width(&self) -> usize {
        if self.codes() <= 256 { 1 } else { 2 }
    }
}

impl Pair {
    /// Distinct coarse codes of `a`.
    #[must_use]
    pub fn width_a(&self) -> usize {
        self.coarse_a
            .iter()
            .flatten()
            .max()
            .map_or(0, |&c| c as usize + 1)
    }

    /// Distinct coarse codes of `b`.
    #[must_use]
    pub fn width_b(&self) -> usize {
        self.coarse_b
            .iter()
            .flatten()
            .max()
            .map_or(0, |&c| c as usize + 1)
    }

    /// How many codes there are, "none" included: at most 65.
    #[must_use]
    pub fn codes(&self) -> usize {
        self.width_a() * self.width_b() + 1
    }

    /// The pair's code.
    #[must_use]
    pub fn code(&self, a: u16, b: u16) -> u16 {
        match (self.coarse_a[a as usize], self.coarse_b[b as usize]) {
            (Some(a), Some(b)) => u16::from(a) * self.width_b() as u16 + u16::from(b),
            _ => (self.codes() - 1) as u16,
        }
    }
}

impl Schema {
    /// Number of terms: features, then pairs.
    #[must_use]
    pub fn terms(&self) -> usize {
        self.features.len() + self.pairs.len()
    }

    /// Bytes of each term's code in a record, in order.
    #[must_use]
    pub fn widths(&self) -> Vec<usize> {
        self.features
            .iter()
            .map(|feature| feature.shape.width())
            .chain(self.pairs.iter().map(|_| 1))
            .collect()
    }
}

/// The document's first line: what it is, and its version.
const FORMAT: &str = "probant/schema/v1";

/// Distinct coarse codes of one side of a pair, missing included.
const COARSE: u8 = 8;

/// The schema as its document writes it: integers and strings only.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    format: String,
    normaliser: u32,
    id_type: String,
    features: Vec<FeatureDocument>,
    pairs: Vec<PairDocument>,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(tag = "shape", rename_all = "lowercase", deny_unknown_fields)]
enum FeatureDocument {
    Number {
        name: String,
        low: String,
        high: String,
        edges: Vec<String>,
    },
    Category {
        name: String,
        levels: Vec<String>,
    },
    Flag {
        name: String,
    },
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PairDocument {
    a: u32,
    b: u32,
    /// −1 where the code takes part in no pair.
    coarse_a: Vec<i16>,
    coarse_b: Vec<i16>,
}

impl Schema {
    /// The canonical document: two-space indent, LF, keys in the order of the fields.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut text =
            serde_json::to_string_pretty(self).expect("strings and integers always serialise");
        text.push('\n');
        text
    }

    /// The schema that this canonical document describes; any other text is refused.
    pub fn parse(text: &str) -> Result<Self, Error> {
        // The parser's own message could quote a level, so it is dropped; line and column are enough.
        let schema: Self = serde_json::from_str(text).map_err(|error| {
            invalid(format!(
                "not a schema's document (line {}, column {})",
                error.line(),
                error.column()
            ))
        })?;
        if schema.to_json() == text {
            Ok(schema)
        } else {
            Err(invalid("the document is not in canonical form"))
        }
    }

    /// What the ledger knows this schema by.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::of(self.to_json().as_bytes())
    }

    /// Whether every part holds together: edges ascend, levels are sorted and distinct, each
    /// coarse table is as long as its feature has codes, and pairs name two features of this schema.
    pub fn check(&self) -> Result<(), Error> {
        if self.normaliser != 1 {
            return Err(invalid("only version 1 of the normaliser is known"));
        }
        if !["crm-id", "email", "phone", "row"].contains(&self.id_type.as_str()) {
            return Err(invalid("unknown identifier type"));
        }
        let mut names = HashSet::new();
        for (at, feature) in self.features.iter().enumerate() {
            if feature.name.is_empty() || !names.insert(&feature.name) {
                return Err(invalid(format!("feature {at} has no name, or another's")));
            }
            feature
                .shape
                .check()
                .map_err(|what| invalid(format!("feature {at}: {what}")))?;
        }
        let mut seen = HashSet::new();
        for (at, pair) in self.pairs.iter().enumerate() {
            if !(pair.a < pair.b && pair.b < self.features.len() && seen.insert((pair.a, pair.b))) {
                return Err(invalid(format!(
                    "pair {at} does not name two features in order, once"
                )));
            }
            for (side, coarse) in [(pair.a, &pair.coarse_a), (pair.b, &pair.coarse_b)] {
                if coarse.len() != self.features[side].shape.codes() || !dense(coarse) {
                    return Err(invalid(format!(
                        "pair {at}: a coarse table does not fit its feature"
                    )));
                }
            }
        }
        if self.terms() > usize::from(u16::MAX) {
            return Err(invalid("a record counts at most 65535 terms"));
        }
        Ok(())
    }
}

impl Shape {
    fn check(&self) -> Result<(), &'static str> {
        match self {
            Self::Number { edges, low, high } => {
                let ascending = edges.windows(2).all(|pair| pair[0] < pair[1]);
                if !(ascending && edges.iter().chain([low, high]).all(|edge| edge.is_finite())) {
                    return Err("edges are not ascending and finite");
                }
                let inside = edges.first().is_none_or(|first| low <= first)
                    && edges.last().is_none_or(|last| last <= high);
                if !(inside && low <= high) {
                    return Err("the range does not hold the edges");
                }
                if self.codes() > 1 << 16 {
                    Err("more bins than two bytes name")
                } else {
                    Ok(())
                }
            }
            Self::Category { levels } => {
                if !levels.windows(2).all(|pair| pair[0] < pair[1]) {
                    return Err("levels are not sorted and distinct");
                }
                if levels
                    .iter()
                    .any(|level| level.is_empty() || tidy(level) != level.as_str())
                {
                    return Err("a level is empty or not tidy");
                }
                if self.codes() > 1 << 16 {
                    Err("more levels than two bytes name")
                } else {
                    Ok(())
                }
            }
            Self::Flag => Ok(()),
        }
    }
}

/// Whether the coarse codes are exactly `0..w` for some `w` from 1 to 8.
fn dense(coarse: &[Option<u8>]) -> bool {
    let most = coarse.iter().flatten().max().copied();
    most.is_some_and(|most| most < COARSE && (0..=most).all(|code| coarse.contains(&Some(code))))
}

fn invalid(what: impl Into<String>) -> Error {
    Error::Invalid { what: what.into() }
}

impl From<Schema> for Document {
    fn from(schema: Schema) -> Self {
        let coarse = |table: Vec<Option<u8>>| {
            table
                .into_iter()
                .map(|code| code.map_or(-1, i16::from))
                .collect()
        };
        let features = schema
            .features
            .into_iter()
            .map(|Feature { name, shape }| match shape {
                Shape::Number { edges, low, high } => FeatureDocument::Number {
                    name,
                    low: low.to_string(),
                    high: high.to_string(),
                    edges: edges.iter().map(f64::to_string).collect(),
                },
                Shape::Category { levels } => FeatureDocument::Category { name, levels },
                Shape::Flag => FeatureDocument::Flag { name },
            });
        let pairs = schema.pairs.into_iter().map(|pair| PairDocument {
            a: pair.a as u32,
            b: pair.b as u32,
            coarse_a: coarse(pair.coarse_a),
            coarse_b: coarse(pair.coarse_b),
        });
        Self {
            format: FORMAT.to_owned(),
            normaliser: schema.normaliser,
            id_type: schema.id_type,
            features: features.collect(),
            pairs: pairs.collect(),
        }
    }
}

impl TryFrom<Document> for Schema {
    type Error = Error;

    fn try_from(document: Document) -> Result<Self, Error> {
        if document.format != FORMAT {
            return Err(invalid("not a schema of version 1"));
        }
        let number = |text: &String| {
            text.parse::<f64>()
                .map_err(|_| invalid("an edge is not a number"))
        };
        let coarse = |table: Vec<i16>| {
            let code = |code: i16| match code {
                -1 => Ok(None),
                code => u8::try_from(code)
                    .map(Some)
                    .map_err(|_| invalid("a coarse code is out of range")),
            };
            table.into_iter().map(code).collect::<Result<Vec<_>, _>>()
        };
        let mut features = Vec::with_capacity(document.features.len());
        for feature in document.features {
            features.push(match feature {
                FeatureDocument::Number {
                    name,
                    low,
                    high,
                    edges,
                } => {
                    let edges = edges.iter().map(number).collect::<Result<_, _>>()?;
                    Feature {
                        name,
                        shape: Shape::Number {
                            edges,
                            low: number(&low)?,
                            high: number(&high)?,
                        },
                    }
                }
                FeatureDocument::Category { name, levels } => Feature {
                    name,
                    shape: Shape::Category { levels },
                },
                FeatureDocument::Flag { name } => Feature {
                    name,
                    shape: Shape::Flag,
                },
            });
        }
        let mut pairs = Vec::with_capacity(document.pairs.len());
        for PairDocument {
            a,
            b,
            coarse_a,
            coarse_b,
        } in document.pairs
        {
            pairs.push(Pair {
                a: a as usize,
                b: b as usize,
                coarse_a: coarse(coarse_a)?,
                coarse_b: coarse(coarse_b)?,
            });
        }
        let schema = Self {
            normaliser: document.normaliser,
            id_type: document.id_type,
            features,
            pairs,
        };
        schema.check()?;
        Ok(schema)
    }
}
