//! A text to a number, a flag or a date: the only grammar of values in the house.
//!
//! CSV and Parquet texts are read by the same rules. A value that would be
//! right in another dialect only is an error here: `1.234` never changes
//! meaning from one night to the next. Currency and percent signs are passed
//! over, and a percent sign does not divide: `12,5 %` is 12.5.

use super::Reason;
use super::column::Found;
use super::date::civil;
use crate::name::tidy;
use crate::policy::{DateOrder, Dialect, Thousands};

/// A dialect, prepared for reading millions of values.
#[derive(Clone, Debug)]
pub struct Values {
    decimal: char,
    thousands: Thousands,
    dates: DateOrder,
    missing: Words,
    yes: Words,
    no: Words,
}

/// Texts that are compared with every value: first by length, since most values differ in that already.
#[derive(Clone, Debug)]
struct Words {
    words: Vec<String>,
    /// Bit `n` is set if a word is `n` bytes long; longer ones share bit 63.
    lengths: u64,
}

impl Words {
    fn new(words: impl Iterator<Item = String>) -> Self {
        let words: Vec<String> = words.collect();
        let lengths = words
            .iter()
            .fold(0, |bits, word| bits | 1 << word.len().min(63));
        Self { words, lengths }
    }

    fn has(&self, text: &[u8]) -> bool {
        self.lengths >> text.len().min(63) & 1 == 1
            && self.words.iter().any(|word| word.as_bytes() == text)
    }
}

impl Values {
    /// The rules of this dialect.
    #[must_use]
    pub fn new(dialect: &Dialect) -> Self {
        let low = |words: &[String]| {
            Words::new(
                words
                    .iter()
                    .map(|word| tidy(word).to_lowercase())
                    .collect::<Vec<_>>()
                    .into_iter(),
            )
        };
        Self {
            decimal: dialect.decimal,
            thousands: dialect.thousands,
            dates: dialect.dates,
            missing: Words::new(dialect.missing.iter().map(|mark| tidy(mark).into_owned())),
            yes: low(&dialect.yes),
            no: low(&dialect.no),
        }
    }

    /// Whether the text means "not known": nothing but white space, or one of the dialect's marks.
    #[must_use]
    pub fn is_missing(&self, text: &str) -> bool {
        text.is_empty() || self.is_mark(&tidy(text))
    }

    /// The same of a text that is tidied already.
    pub(super) fn is_mark(&self, tidied: &str) -> bool {
        tidied.is_empty() || self.missing.has(tidied.as_bytes())
    }

    /// A number, NaN where there is none: most numbers are plain, and a plain text is tidy as it is.
    pub(super) fn number_or_missing(&self, found: Found) -> Result<f64, Reason> {
        match self.plain(found.bytes) {
            Some(_) if self.missing.has(found.bytes) => Ok(f64::NAN),
            Some(number) => Ok(number),
            None if found.bytes.is_empty() => Ok(f64::NAN),
            None => {
                let text = found.text();
                if self.is_missing(&text) {
                    Ok(f64::NAN)
                } else {
                    self.dressed(&text)
                }
            }
        }
    }

    /// Yes or no.
    pub fn flag(&self, text: &str) -> Result<bool, Reason> {
        let text = tidy(text);
        let mut low = [0; 16];
        let owned;
        let word = if text.is_ascii() && text.len() <= low.len() {
            let low = &mut low[..text.len()];
            low.copy_from_slice(text.as_bytes());
            low.make_ascii_lowercase();
            std::str::from_utf8(low).unwrap_or_default()
        } else {
            owned = text.to_lowercase();
            &owned
        };
        if self.yes.has(word.as_bytes()) {
            Ok(true)
        } else if self.no.has(word.as_bytes()) {
            Ok(false)
        } else {
            Err(Reason::NotAFlag)
        }
    }

    /// A number; NaN means missing.
    pub fn number(&self, text: &str) -> Result<f64, Reason> {
        match self.plain(text.as_bytes()) {
            Some(number) => Ok(number),
            None => self.dressed(text),
        }
    }

    /// Nothing but a sign, digits and a decimal mark, few enough that one division rounds correctly.
    fn plain(&self, bytes: &[u8]) -> Option<f64> {
        const POWERS: [f64; 16] = [
            1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
        ];
        let (negative, digits) = match bytes {
            [b'-', rest @ ..] => (true, rest),
            [b'+', rest @ ..] | rest => (false, rest),
        };
        // A mark leaves at most 15 digits, under 2^53; without one, `as` rounds once, correctly.
        if digits.is_empty() || digits.len() > 16 {
            return None;
        }
        let mut mantissa = 0_u64;
        let mut mark = None;
        for (at, &byte) in digits.iter().enumerate() {
            if byte.is_ascii_digit() {
                mantissa = mantissa * 10 + u64::from(byte - b'0');
            } else if char::from(byte) == self.decimal && mark.is_none() {
                mark = Some(at);
            } else {
                return None;
            }
        }
        let places = mark.map_or(0, |at| digits.len() - at - 1);
        if mark.is_some() && digits.len() == 1 {
            return None;
        }
        // Under a mark both are exact, so their quotient is the nearest f64 (Clinger's fast path).
        let number = mantissa as f64 / POWERS[places];
        Some(if negative { -number } else { number })
    }

    /// Any number: grouped, with an exponent, with a currency or percent sign.
    fn dressed(&self, text: &str) -> Result<f64, Reason> {
        let text = text.trim();
        if text.eq_ignore_ascii_case("nan") {
            return Ok(f64::NAN);
        }
        let (sign, rest) = sign(text);
        let (unit, rest) = unit_before(rest);
        let (inner, rest) = if unit && sign.is_none() {
            self::sign(rest)
        } else {
            (None, rest)
        };
        let rest = if unit { rest } else { unit_behind(rest) };
        if ["inf", "infinity", "∞"]
            .iter()
            .any(|word| rest.eq_ignore_ascii_case(word))
        {
            return Err(Reason::NotFinite);
        }
        let mut digits = Digits::new();
        if sign.or(inner) == Some('-') {
            digits.push(b'-');
        }
        self.normalise(rest, &mut digits)
            .ok_or(Reason::NotANumber)?;
        let number: f64 = digits.as_str().parse().map_err(|_| Reason::NotANumber)?;
        if number.is_finite() {
            Ok(number)
        } else {
            Err(Reason::NotFinite)
        }
    }

    /// Writes `core` (digits, groups, mark, exponent) the way `str::parse` wants it.
    fn normalise(&self, core: &str, out: &mut Digits) -> Option<()> {
        let (mantissa, exponent) = match core.find(['e', 'E']) {
            Some(at) => (&core[..at], Some(&core[at + 1..])),
            None => (core, None),
        };
        let (whole, fraction) = match mantissa.find(self.decimal) {
            Some(at) => (&mantissa[..at], &mantissa[at + self.decimal.len_utf8()..]),
            None => (mantissa, ""),
        };
        let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let mut groups = whole.split(|mark| self.groups(mark));
        let first = groups.next().unwrap_or_default();
        let mut grouped = false;
        out.all(first);
        for group in groups {
            grouped = true;
            if group.len() != 3 || !plain(group) {
                return None;
            }
            out.all(group);
        }
        let first_fits = plain(first) && (!grouped || (1..=3).contains(&first.len()));
        if !first_fits || !plain(fraction) || (whole.is_empty() && fraction.is_empty()) {
            return None;
        }
        out.push(b'.');
        out.all(fraction);
        if let Some(exponent) = exponent {
            let (sign, digits) = sign(exponent);
            if digits.is_empty() || !plain(digits) {
                return None;
            }
            out.push(b'e');
            if sign == Some('-') {
                out.push(b'-');
            }
            out.all(digits);
        }
        Some(())
    }

    /// Whether this character sets groups of three apart.
    fn groups(&self, mark: char) -> bool {
        match self.thousands {
            Thousands::None => false,
            Thousands::Space => matches!(mark, ' ' | '\u{a0}' | '\u{202f}'),
            Thousands::Dot => mark == '.',
            Thousands::Comma => mark == ',',
            Thousands::Apostrophe => matches!(mark, '\'' | '’'),
        }
    }

    /// Days since 1970-01-01 of a civil date; a time behind it is checked and passed over.
    pub fn date(&self, text: &str) -> Result<i32, Reason> {
        civil(text.trim(), self.dates).ok_or(Reason::NotADate)
    }
}

/// Digits on the way to `str::parse`; on the stack unless somebody wrote a novel.
struct Digits {
    few: [u8; 48],
    length: usize,
    many: Vec<u8>,
}

impl Digits {
    fn new() -> Self {
        Self {
            few: [0; 48],
            length: 0,
            many: Vec::new(),
        }
    }

    fn push(&mut self, byte: u8) {
        if self.length < self.few.len() {
            self.few[self.length] = byte;
        } else {
            if self.many.is_empty() {
                self.many.extend_from_slice(&self.few);
            }
            self.many.push(byte);
        }
        self.length += 1;
    }

    fn all(&mut self, text: &str) {
        text.bytes().for_each(|byte| self.push(byte));
    }

    fn as_str(&self) -> &str {
        let bytes = if self.many.is_empty() {
            &self.few[..self.length]
        } else {
            &self.many
        };
        std::str::from_utf8(bytes).unwrap_or_default()
    }
}

/// A leading sign, and what follows it without its spaces.
fn sign(text: &str) -> (Option<char>, &str) {
    match text.chars().next() {
        Some('+') => (Some('+'), &text[1..]),
        Some('-') => (Some('-'), &text[1..]),
        Some(minus @ '\u{2212}') => (Some('-'), &text[minus.len_utf8()..]),
        _ => (None, text),
    }
}

/// Currencies and percent: passed over.
const UNITS: [&str; 5] = ["€", "$", "£", "EUR", "%"];

fn unit_before(text: &str) -> (bool, &str) {
    match UNITS.iter().find_map(|unit| text.strip_prefix(unit)) {
        Some(rest) => (true, rest.trim_start()),
        None => (false, text),
    }
}

fn unit_behind(text: &str) -> &str {
    match UNITS.iter().find_map(|unit| text.strip_suffix(unit)) {
        Some(rest) => rest.trim_end(),
        None => text,
    }
}

/// Whether the text means "not known" in this dialect.
#[must_use]
pub fn is_missing(text: &str, dialect: &Dialect) -> bool {
    Values::new(dialect).is_missing(text)
}

/// A number in this dialect; NaN means missing.
pub fn parse_number(text: &str, dialect: &Dialect) -> Result<f64, Reason> {
    Values::new(dialect).number(text)
}

/// Yes or no in this dialect's words.
pub fn parse_flag(text: &str, dialect: &Dialect) -> Result<bool, Reason> {
    Values::new(dialect).flag(text)
}

/// A civil date in this dialect's order, as days since 1970-01-01.
pub fn parse_date(text: &str, dialect: &Dialect) -> Result<i32, Reason> {
    Values::new(dialect).date(text)
}
