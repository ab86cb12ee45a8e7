//! The two languages people read, side by side.
//!
//! [`say!`](crate::say) takes a sentence in English and in French at once, so a
//! message without its translation does not compile and the two cannot drift
//! apart in what they interpolate.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A language that people read.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// French.
    Fr,
}

/// A text offered as a [`Lang`] names neither.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the languages are `fr` and `en`")]
pub struct NotALang;

impl FromStr for Lang {
    type Err = NotALang;

    fn from_str(text: &str) -> Result<Self, NotALang> {
        match text {
            "fr" => Ok(Self::Fr),
            "en" => Ok(Self::En),
            _ => Err(NotALang),
        }
    }
}

impl fmt::Display for Lang {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::En => "en",
            Self::Fr => "fr",
        })
    }
}

/// A sentence in the language asked for: `say!(lang, "one lead" | "une piste")`.
///
/// Both sides are `format!` strings and may interpolate; only the one asked for is built.
#[macro_export]
macro_rules! say {
    ($lang:expr, $en:literal | $fr:literal $(, $arg:expr)* $(,)?) => {
        match $lang {
            $crate::lang::Lang::En => format!($en $(, $arg)*),
            $crate::lang::Lang::Fr => format!($fr $(, $arg)*),
        }
    };
}

impl Lang {
    /// A whole number with its thousands set apart: `1,234` or `1 234` (U+202F).
    #[must_use]
    pub fn count(self, n: u64) -> String {
        let digits = n.to_string();
        let mut out = String::new();
        for (at, digit) in digits.chars().enumerate() {
            if at > 0 && (digits.len() - at).is_multiple_of(3) {
                out.push(match self {
                    Self::En => ',',
                    Self::Fr => '\u{202f}',
                });
            }
            out.push(digit);
        }
        out
    }

    /// A number with `places` decimals and the language's decimal mark.
    #[must_use]
    pub fn decimal(self, value: f64, places: usize) -> String {
        let text = format!("{value:.places$}");
        match self {
            Self::En => text,
            Self::Fr => text.replace('.', ","),
        }
    }

    /// A share as a percentage with one decimal: `12.3%` or `12,3 %` (U+202F).
    #[must_use]
    pub fn percent(self, share: f64) -> String {
        match self {
            Self::En => format!("{:.1}%", share * 100.0),
            Self::Fr => format!("{}\u{202f}%", self.decimal(share * 100.0, 1)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_languages_say_the_same_numbers() {
        let n = Lang::Fr.count(1_234_567);
        assert_eq!(
            say!(Lang::Fr, "{n} leads" | "{n} pistes"),
            "1\u{202f}234\u{202f}567 pistes"
        );
        assert_eq!(Lang::En.count(123), "123");
        assert_eq!(Lang::Fr.percent(0.123_4), "12,3\u{202f}%");
    }
}
