//! Pseudonyms: what the ledger knows a person by, and how an identifier becomes one.
//!
//! The identifier is normalised, so that one person has one spelling, then goes
//! through an HMAC under a key of its own for each purpose and identifier type:
//! the same person cannot be joined across purposes. Whoever does not hold the
//! [`Master`] can neither compute a pseudonym nor test a guess; destroying it
//! unlinks everything recorded under it.

use std::borrow::Cow;
use std::fmt;

use zeroize::Zeroizing;

use crate::digest::{MacKey, derive, hex};
use crate::name::{IdType, Token, trimmed};

/// Version of the rules of [`normalise`], recorded in the schema.
pub const NORMALISER: u32 = 1;

const KEY_LABEL: &[u8] = b"probant/v1/pseudonym\0";
const KID_LABEL: &[u8] = b"probant/v1/kid";

/// The secret that every pseudonym key of a workspace derives from: 32 bytes, zeroised on drop.
///
/// It has no `Debug`, `Clone` or `Serialize`, and nothing gives its bytes back. They stay where they
/// were first put, on the heap: moving a master copies a pointer.
pub struct Master(Box<Zeroizing<[u8; 32]>>);

impl Master {
    /// A master from random bytes; the caller wipes any copy of its own.
    #[must_use]
    pub fn new(secret: &[u8; 32]) -> Self {
        let mut master = Self(Box::default());
        master.0.copy_from_slice(secret);
        master
    }

    /// The key for one purpose and one type of identifier.
    #[must_use]
    pub fn key(&self, purpose: &Token, id_type: IdType) -> Key {
        let parts = [
            KEY_LABEL,
            purpose.as_str().as_bytes(),
            b"\0",
            id_type.token().as_bytes(),
        ];
        let key = Zeroizing::new(derive(&**self.0, &parts));
        Key {
            id_type,
            mac: MacKey::new(&*key),
        }
    }

    /// What the ledger calls this master: 16 hex digits, derived on a branch of its own, so that they
    /// tell two masters apart and say nothing about either.
    #[must_use]
    pub fn kid(&self) -> String {
        hex(&derive(&**self.0, &[KID_LABEL])[..8])
    }
}

/// Makes the pseudonyms of one purpose and one type of identifier; its HMAC state is computed once.
pub struct Key {
    id_type: IdType,
    mac: MacKey,
}

impl Key {
    /// The pseudonym of an identifier as it came: normalised, then hashed.
    pub fn of(&self, identifier: &str) -> Result<Pseudonym, Error> {
        Ok(self.pseudonym(&normalise(self.id_type, identifier)?))
    }

    /// The pseudonym of an identifier that [`normalise`] has returned.
    #[must_use]
    pub fn pseudonym(&self, normalised: &str) -> Pseudonym {
        let tag = self.mac.tag(&[normalised.as_bytes()]);
        Pseudonym(*tag.first_chunk().expect("a tag of 32 bytes has a first 16"))
    }
}

/// What the ledger knows a person by, for one purpose.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pseudonym(pub [u8; 16]);

impl fmt::Display for Pseudonym {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

/// A pseudonym is personal data: it does not slip into a panic or a log line.
impl fmt::Debug for Pseudonym {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pseudonym(..)")
    }
}

/// Why a text is no identifier of its type. The text itself is never told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Nothing is left after trimming.
    #[error("the identifier is empty")]
    Empty,
    /// Not `something@domain` with a domain that the DNS could hold.
    #[error("the identifier is not an e-mail address")]
    NotAnEmail,
    /// Neither a French national number nor an international one.
    #[error("the identifier is not a phone number")]
    NotAPhone,
    /// Not a number from 1, in decimal digits.
    #[error("the identifier is not a row number")]
    NotARow,
}

impl Error {
    /// What the person at the keyboard can do next.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Empty => Some("give every lead an identifier, or declare `identifier = \"row\"`"),
            Self::NotAnEmail => {
                Some("declare `id_type = \"crm-id\"` if the column does not hold e-mail addresses")
            }
            Self::NotAPhone => {
                Some("write it as `+33 6 12 34 56 78`; without a `+` it is read as a French number")
            }
            Self::NotARow => Some("count the rows from 1, header not included"),
        }
    }
}

/// The one spelling of an identifier, as it is hashed.
///
/// `crm-id`: NFC, trimmed; case, inner white space and leading zeros are kept (a column of integers
/// gives its decimal digits). `email`: NFC, trimmed, lower-cased, domain to A-labels, no folding of
/// dots or plus signs. `phone`: E.164, a number without its country being French. `row`: decimal.
/// Borrows when there is nothing to change.
pub fn normalise(id_type: IdType, identifier: &str) -> Result<Cow<'_, str>, Error> {
    let text = trimmed(identifier);
    if text.is_empty() {
        return Err(Error::Empty);
    }
    match id_type {
        IdType::CrmId => Ok(text),
        IdType::Email => email(text).ok_or(Error::NotAnEmail),
        IdType::Phone => phone(&text).map(Cow::Owned).ok_or(Error::NotAPhone),
        IdType::Row => row(text).ok_or(Error::NotARow),
    }
}

/// What orders the rows of one outcome before folds are dealt: HMAC-SHA-256 of the normalised
/// identifier, keyed by the seed's 8 bytes, big-endian.
///
/// It is no pseudonym: the seed is public, so it must not leave the training.
#[must_use]
pub fn training_key(seed: u64, identifier: &str) -> [u8; 32] {
    MacKey::new(&seed.to_be_bytes()).tag(&[identifier.as_bytes()])
}

fn email(text: Cow<'_, str>) -> Option<Cow<'_, str>> {
    let (local, domain) = text.rsplit_once('@')?;
    if local.is_empty() || local.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return None;
    }
    let ascii = idna::domain_to_ascii_cow(domain.as_bytes(), idna::AsciiDenyList::URL).ok()?;
    if ascii.is_empty() || ascii.split('.').any(str::is_empty) {
        return None;
    }
    let lower = local.to_lowercase();
    if lower == local && ascii == domain {
        return Some(text);
    }
    // Lower-casing may leave a text that is not composed any more.
    Some(Cow::Owned(
        trimmed(&format!("{lower}@{ascii}")).into_owned(),
    ))
}

/// Digits and a leading `+`, or nothing: `06 12 34 56 78`, `+33 (0)6.12.34.56.78`, `0033-612345678`.
fn phone(text: &str) -> Option<String> {
    let abroad = text.starts_with('+') || text.starts_with("00");
    let text = if abroad {
        text.replace("(0)", "")
    } else {
        text.to_owned()
    };
    let plain: String = text
        .chars()
        .filter(|&c| !c.is_whitespace() && !".-()/\u{2010}\u{2011}\u{2013}".contains(c))
        .collect();
    let international = plain.strip_prefix('+').or_else(|| plain.strip_prefix("00"));
    let digits = match (international, plain.strip_prefix('0')) {
        (Some(digits), _) => digits.to_owned(),
        (None, Some(national)) => format!("33{national}"),
        (None, None) => return None,
    };
    let digits = french(&digits)?;
    let shaped = digits.bytes().all(|digit| digit.is_ascii_digit()) && !digits.starts_with('0');
    (shaped && (7..=15).contains(&digits.len())).then(|| format!("+{digits}"))
}

/// French numbers have nine digits after 33, the first not 0; `+33 06 …` is what people write by mistake.
fn french(digits: &str) -> Option<Cow<'_, str>> {
    let Some(national) = digits.strip_prefix("33") else {
        return Some(Cow::Borrowed(digits));
    };
    let significant = national.strip_prefix('0').unwrap_or(national);
    (significant.len() == 9 && !significant.starts_with('0'))
        .then(|| Cow::Owned(format!("33{significant}")))
}

fn row(text: Cow<'_, str>) -> Option<Cow<'_, str>> {
    let decimal = text.bytes().all(|digit| digit.is_ascii_digit()) && !text.starts_with('0');
    (decimal && text.parse::<u64>().is_ok()).then_some(text)
}
