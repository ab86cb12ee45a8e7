//! Names that the house gives to things, and the one way texts are tidied before they are compared.
//!
//! A [`Token`] may stand in a ledger entry, a file name or a command line, so
//! it can hold nothing that those could misread.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization as _;

/// A closed list of words with a token each: `token`, `of`, `ALL`.
macro_rules! tokens {
    ($name:ident { $($variant:ident = $token:literal),+ $(,)? }) => {
        impl $name {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// As programs, policies and records write it.
            #[must_use]
            pub const fn token(self) -> &'static str {
                match self {
                    $(Self::$variant => $token),+
                }
            }

            /// The one that this token names.
            #[must_use]
            pub fn of(token: &str) -> Option<Self> {
                match token {
                    $($token => Some(Self::$variant),)+
                    _ => None,
                }
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(self.token())
            }
        }
    };
}

pub(crate) use tokens;

/// A short identifier: 1 to 64 of `a-z`, `0-9`, `-`, `_` and `.`, starting with a letter or a digit.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Token(String);

/// A text offered as a [`Token`] holds something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a name is 1 to 64 of `a-z`, `0-9`, `-`, `_` and `.`, and starts with a letter or a digit")]
pub struct NotAToken;

impl Token {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Token {
    type Err = NotAToken;

    fn from_str(text: &str) -> Result<Self, NotAToken> {
        let first = text
            .bytes()
            .next()
            .is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
        let rest = text.bytes().all(|byte| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_.".contains(&byte)
        });
        if first && rest && text.len() <= 64 {
            Ok(Self(text.to_owned()))
        } else {
            Err(NotAToken)
        }
    }
}

impl TryFrom<String> for Token {
    type Error = NotAToken;

    fn try_from(text: String) -> Result<Self, NotAToken> {
        text.parse()
    }
}

impl From<Token> for String {
    fn from(token: Token) -> Self {
        token.0
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A category, a header or an identifier as it is compared: NFC, trimmed, inner white space
/// collapsed to one space, case kept.
///
/// Borrows when there is nothing to change, which is nearly always.
#[must_use]
pub fn tidy(text: &str) -> std::borrow::Cow<'_, str> {
    use std::borrow::Cow;
    let plain = |byte: u8| byte.is_ascii() && (byte > b' ') && byte != 0x7f;
    let bytes = text.as_bytes();
    let mut previous_space = true;
    let tidy_already = bytes.iter().all(|&byte| {
        let ok = plain(byte) || (byte == b' ' && !previous_space);
        previous_space = byte == b' ';
        ok
    }) && (!previous_space || bytes.is_empty());
    if tidy_already {
        return Cow::Borrowed(text);
    }
    let composed: String = text.nfc().collect();
    let mut out = String::with_capacity(composed.len());
    for word in composed.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    if out == text {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(out)
    }
}

/// The same text with its accents apart (NFD): what some machines write where others write NFC.
#[must_use]
pub fn decomposed(text: &str) -> String {
    text.nfd().collect()
}

/// An identifier as it is hashed: NFC and trimmed; inner white space and case are kept.
#[must_use]
pub fn trimmed(text: &str) -> std::borrow::Cow<'_, str> {
    let text = text.trim();
    if text.is_ascii() {
        text.into()
    } else {
        text.nfc().collect::<String>().into()
    }
}

/// What kind of identifier a lead is known by; it decides how the text is normalised before it is hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IdType {
    /// NFC, trimmed, case kept.
    CrmId,
    /// Trimmed, lower-cased, domain to A-labels.
    Email,
    /// E.164 with the policy's country.
    Phone,
    /// The 1-based row number, for files without an identifier.
    Row,
}

// As it enters the pseudonym key's derivation.
tokens!(IdType {
    CrmId = "crm-id",
    Email = "email",
    Phone = "phone",
    Row = "row",
});

/// The candidate nearest to `typed`, when one is near enough to be what was meant.
#[must_use]
pub fn nearest<'a>(typed: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|candidate| {
            (
                strsim::jaro_winkler(&typed.to_lowercase(), &candidate.to_lowercase()),
                candidate,
            )
        })
        .filter(|(likeness, _)| *likeness >= 0.84)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_holds_nothing_that_a_file_name_could_misread() {
        assert!("lead-scoring.v1_a".parse::<Token>().is_ok());
        for bad in [
            "",
            ".hidden",
            "-flag",
            "a b",
            "é",
            "A",
            "a/b",
            &"x".repeat(65),
        ] {
            assert_eq!(bad.parse::<Token>(), Err(NotAToken), "{bad}");
        }
    }

    #[test]
    fn texts_are_compared_in_one_form() {
        assert_eq!(tidy("  Île  de\u{a0}France "), "Île de France");
        assert_eq!(tidy("I\u{302}le"), "Île");
        assert_eq!(decomposed("Île"), "I\u{302}le");
        assert!(matches!(tidy("blue collar"), std::borrow::Cow::Borrowed(_)));
        assert_eq!(tidy(" a"), "a");
        assert_eq!(tidy("a "), "a");
        assert_eq!(tidy(""), "");
    }

    #[test]
    fn the_near_name_is_suggested_and_a_far_one_is_not() {
        assert_eq!(nearest("souce", ["source", "region"]), Some("source"));
        assert_eq!(nearest("zzz", ["source", "region"]), None);
    }
}
