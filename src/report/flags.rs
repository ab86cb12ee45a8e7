//! Why the machine abstained, in words: what of a lead it knows too little about.

use serde::Serialize;

use crate::decision::Flag;
use crate::features::{Schema, Shape};
use crate::lang::Lang;
use crate::say;

use super::reasons::term_label;
use super::words::number;

/// The words of every flag that a model can raise, made once.
#[derive(Clone, Debug)]
pub struct FlagWords {
    labels: Vec<String>,
    ranges: Vec<Option<(f64, f64)>>,
    lang: Lang,
}

/// A flag as people and programs read it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Flagged {
    /// `unseen`, `below`, `above` or `missing`.
    pub kind: &'static str,
    /// The column, where it is one.
    pub column: Option<String>,
    /// In words.
    pub words: String,
}

impl FlagWords {
    /// The words for a schema; `label` gives what people call a column.
    #[must_use]
    pub fn new(schema: &Schema, label: &dyn Fn(&str) -> String, lang: Lang) -> Self {
        let features = 0..schema.features.len();
        let range = |shape: &Shape| match shape {
            Shape::Number { low, high, .. } => Some((*low, *high)),
            _ => None,
        };
        Self {
            labels: features.map(|at| term_label(schema, at, label)).collect(),
            ranges: schema.features.iter().map(|it| range(&it.shape)).collect(),
            lang,
        }
    }

    /// One flag in words, with letters that Windows-1252 has as far as the label's are.
    #[must_use]
    pub fn words(&self, flag: Flag) -> String {
        let lang = self.lang;
        let named = |feature: usize| {
            let (low, high) = self.ranges[feature].unwrap_or_default();
            let shown = |value| {
                number(value, lang)
                    .replace('\u{202f}', "\u{a0}")
                    .replace('−', "-")
            };
            (&self.labels[feature], shown(low), shown(high))
        };
        match flag {
            Flag::Unseen { feature } => {
                let (label, ..) = named(feature);
                say!(
                    lang,
                    "{label}: never or hardly ever seen in training"
                        | "{label}\u{a0}: valeur jamais ou presque jamais rencontrée à l’apprentissage"
                )
            }
            Flag::Below { feature } => {
                let (label, low, _) = named(feature);
                say!(
                    lang,
                    "{label}: under everything seen in training (under {low})"
                        | "{label}\u{a0}: en deçà de tout ce qui a été rencontré à l’apprentissage (moins de {low})"
                )
            }
            Flag::Above { feature } => {
                let (label, _, high) = named(feature);
                say!(
                    lang,
                    "{label}: over everything seen in training (over {high})"
                        | "{label}\u{a0}: au-delà de tout ce qui a été rencontré à l’apprentissage (plus de {high})"
                )
            }
            Flag::Missing { missing, features } => say!(
                lang,
                "{missing} of {features} values are missing"
                    | "{missing} valeurs sur {features} ne sont pas renseignées"
            ),
        }
    }

    /// One flag, for people and programs.
    #[must_use]
    pub fn flagged(&self, schema: &Schema, flag: Flag) -> Flagged {
        let name = |feature: usize| Some(schema.features[feature].name.clone());
        let (kind, column) = match flag {
            Flag::Unseen { feature } => ("unseen", name(feature)),
            Flag::Below { feature } => ("below", name(feature)),
            Flag::Above { feature } => ("above", name(feature)),
            Flag::Missing { .. } => ("missing", None),
        };
        Flagged {
            kind,
            column,
            words: self.words(flag),
        }
    }
}
