//! How five engines write the same thing: names, texts, numbers, types, and the tidying of a text.
//!
//! What an engine would read otherwise than it was meant is written with its own escapes; what it
//! has no word for at all is listed in [`Dialect::without_nfc`], for the comment that says so.

use std::fmt;
use std::fmt::Write as _;
use std::str::FromStr;

use crate::name::decomposed;

/// Who is to understand the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// `DuckDB` 1.1 and later.
    DuckDb,
    /// `PostgreSQL` 13 and later, with a UTF-8 database.
    Postgres,
    /// Snowflake.
    Snowflake,
    /// `BigQuery`'s `GoogleSQL`.
    BigQuery,
    /// Spark SQL 3.4 and later.
    Spark,
}

/// A dialect asked for by a name that nobody has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not one of duckdb, postgres, snowflake, bigquery, spark")]
pub struct NotADialect;

/// The characters that separate words, Unicode's `White_Space`, where no regular expression names them.
const WHITE: [char; 25] = [
    '\t', '\n', '\u{b}', '\u{c}', '\r', ' ', '\u{85}', '\u{a0}', '\u{1680}', '\u{2000}',
    '\u{2001}', '\u{2002}', '\u{2003}', '\u{2004}', '\u{2005}', '\u{2006}', '\u{2007}', '\u{2008}',
    '\u{2009}', '\u{200a}', '\u{2028}', '\u{2029}', '\u{202f}', '\u{205f}', '\u{3000}',
];

/// The same as a regular expression of RE2 and of Java.
const SPACES: &str = r"[\s\x0b\x85\p{Z}]+";

/// The same as one of `PostgreSQL`.
const POSTGRES_SPACES: &str = r"[\s\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+";

impl Dialect {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::DuckDb,
        Self::Postgres,
        Self::Snowflake,
        Self::BigQuery,
        Self::Spark,
    ];

    /// What `--dialect` calls it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::DuckDb => "duckdb",
            Self::Postgres => "postgres",
            Self::Snowflake => "snowflake",
            Self::BigQuery => "bigquery",
            Self::Spark => "spark",
        }
    }

    /// Whether this engine has no function that composes letters and accents (Unicode's NFC).
    #[must_use]
    pub fn without_nfc(self) -> bool {
        matches!(self, Self::Snowflake | Self::Spark)
    }

    /// Whether two columns whose names differ in case only are one to this engine.
    pub(super) fn folds_case(self) -> bool {
        matches!(self, Self::DuckDb | Self::BigQuery | Self::Spark)
    }

    /// A name, quoted.
    pub(super) fn quoted(self, name: &str) -> String {
        match self {
            Self::DuckDb | Self::Postgres | Self::Snowflake => {
                format!("\"{}\"", name.replace('"', "\"\""))
            }
            Self::BigQuery => format!("`{}`", name.replace('\\', "\\\\").replace('`', "\\`")),
            Self::Spark => format!("`{}`", name.replace('`', "``")),
        }
    }

    /// A text; what is invisible or breaks a line is written by its number.
    pub(super) fn text(self, text: &str) -> String {
        match self {
            Self::DuckDb => concatenated(text),
            Self::Postgres if !text.contains(|it| it == '\\' || hidden(it)) => {
                format!("'{}'", text.replace('\'', "''"))
            }
            // A plain text would be read otherwise where `standard_conforming_strings` is off.
            Self::Postgres => format!("E{}", escaped(text)),
            Self::Snowflake | Self::BigQuery | Self::Spark => escaped(text),
        }
    }

    /// A tidied text as it may stand in a table: where nothing composes its accents, apart as well.
    pub(super) fn spellings(self, text: &str) -> impl Iterator<Item = String> + use<> {
        let apart = decomposed(text);
        let other = (self.without_nfc() && apart != text).then(|| self.text(&apart));
        std::iter::once(self.text(text)).chain(other)
    }

    /// A number that this engine reads as the same `f64`.
    pub(super) fn number(self, value: f64) -> String {
        // The shortest digits that read back to the same number, as every parser rounds correctly.
        let digits = format!("{value:?}");
        match self {
            Self::DuckDb | Self::BigQuery if digits.contains('e') => digits,
            Self::DuckDb | Self::BigQuery => format!("{digits}e0"),
            Self::Spark => format!("{digits}D"),
            // A bare literal would be a decimal, and its arithmetic with it.
            Self::Postgres | Self::Snowflake => self.double(&format!("'{digits}'")),
        }
    }

    /// `value` as a double.
    pub(super) fn double(self, value: &str) -> String {
        let kind = match self {
            Self::DuckDb | Self::Snowflake | Self::Spark => "DOUBLE",
            Self::Postgres => "DOUBLE PRECISION",
            Self::BigQuery => "FLOAT64",
        };
        format!("CAST({value} AS {kind})")
    }

    /// `value` as a text: whole numbers and booleans become what they are written as.
    pub(super) fn as_text(self, value: &str) -> String {
        let kind = match self {
            Self::DuckDb | Self::Snowflake => "VARCHAR",
            Self::Postgres => "TEXT",
            Self::BigQuery | Self::Spark => "STRING",
        };
        format!("CAST({value} AS {kind})")
    }

    /// Whether `value` is a NaN.
    pub(super) fn is_nan(self, value: &str) -> String {
        match self {
            Self::DuckDb | Self::Spark => format!("isnan({value})"),
            Self::BigQuery => format!("IS_NAN({value})"),
            // To these a NaN equals a NaN.
            Self::Postgres | Self::Snowflake => format!("{value} = {}", self.double("'NaN'")),
        }
    }

    /// `value` as [`crate::name::tidy`] leaves it, as far as this engine can.
    pub(super) fn tidied(self, value: &str) -> String {
        let spaces = |pattern| self.text(pattern);
        let (composed, pattern, every) = match self {
            Self::DuckDb => (format!("nfc_normalize({value})"), spaces(SPACES), ", 'g'"),
            Self::BigQuery => (format!("normalize({value}, NFC)"), spaces(SPACES), ""),
            Self::Spark => (value.to_owned(), spaces(SPACES), ""),
            Self::Postgres => (
                format!("normalize({value}, NFC)"),
                spaces(POSTGRES_SPACES),
                ", 'g'",
            ),
            // Its regular expressions know no class of Unicode.
            Self::Snowflake => {
                let white = self.text(&WHITE.iter().collect::<String>());
                let spaces = self.text(&" ".repeat(WHITE.len()));
                let one = format!("translate({value}, {white}, {spaces})");
                (one, self.text(" +"), "")
            }
        };
        format!("trim(regexp_replace({composed}, {pattern}, ' '{every}))")
    }

    /// What keeps a query in `WITH` from being computed again for each use of its columns.
    pub(super) fn fence(self) -> &'static str {
        match self {
            Self::Postgres => "\n  OFFSET 0",
            Self::DuckDb | Self::Snowflake | Self::BigQuery | Self::Spark => "",
        }
    }
}

impl FromStr for Dialect {
    type Err = NotADialect;

    fn from_str(text: &str) -> Result<Self, NotADialect> {
        Self::ALL
            .into_iter()
            .find(|it| it.name() == text)
            .ok_or(NotADialect)
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::DuckDb => "DuckDB",
            Self::Postgres => "PostgreSQL",
            Self::Snowflake => "Snowflake",
            Self::BigQuery => "BigQuery",
            Self::Spark => "Spark SQL",
        })
    }
}

/// Whether a reader would not see this character, or see others in another order because of it.
pub(super) fn hidden(letter: char) -> bool {
    letter.is_control()
        || (letter.is_whitespace() && letter != ' ')
        || matches!(letter, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// A text with backslash escapes, which have four hexadecimal digits: nothing [`hidden`] needs more.
fn escaped(text: &str) -> String {
    let mut out = String::from("'");
    for letter in text.chars() {
        match letter {
            '\'' => out.push_str("\\'"),
            '\\' => out.push_str("\\\\"),
            it if hidden(it) => write!(out, "\\u{:04x}", it as u32).expect("a string takes all"),
            it => out.push(it),
        }
    }
    out.push('\'');
    out
}

/// A text without escapes, since `DuckDB` has none for most characters: what is hidden joins by `chr`.
fn concatenated(text: &str) -> String {
    let mut parts = Vec::new();
    let mut plain = String::new();
    let quoted = |plain: &str| format!("'{}'", plain.replace('\'', "''"));
    for letter in text.chars() {
        if !hidden(letter) {
            plain.push(letter);
            continue;
        }
        if !plain.is_empty() {
            parts.push(quoted(&plain));
            plain.clear();
        }
        parts.push(format!("chr({})", letter as u32));
    }
    if parts.is_empty() {
        return quoted(&plain);
    }
    if !plain.is_empty() {
        parts.push(quoted(&plain));
    }
    format!("({})", parts.join(" || "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> [String; 5] {
        Dialect::ALL.map(|dialect| dialect.text(text))
    }

    #[test]
    fn a_text_cannot_end_itself() {
        // DuckDB, PostgreSQL, Snowflake, BigQuery, Spark.
        let quote = [
            "'l''est'",
            "'l''est'",
            "'l\\'est'",
            "'l\\'est'",
            "'l\\'est'",
        ];
        assert_eq!(texts("l'est"), quote);
        let slash = ["'a\\'", "E'a\\\\'", "'a\\\\'", "'a\\\\'", "'a\\\\'"];
        assert_eq!(texts("a\\"), slash);
        let both = [
            "'\\''; --'",
            "E'\\\\\\'; --'",
            "'\\\\\\'; --'",
            "'\\\\\\'; --'",
            "'\\\\\\'; --'",
        ];
        assert_eq!(texts("\\'; --"), both);
    }

    #[test]
    fn a_text_is_one_line_and_shows_what_it_holds() {
        let broken = [
            "('a' || chr(10) || 'b')",
            "E'a\\u000ab'",
            "'a\\u000ab'",
            "'a\\u000ab'",
            "'a\\u000ab'",
        ];
        assert_eq!(texts("a\nb"), broken);
        assert_eq!(
            Dialect::DuckDb.text("\u{202e}x\u{a0}"),
            "(chr(8238) || 'x' || chr(160))"
        );
        for plain in ["-- /* */ ;", "🙂 Île 東京", "\"`"] {
            assert_eq!(texts(plain), [(); 5].map(|()| format!("'{plain}'")));
        }
        assert_eq!(texts(""), ["''"; 5]);
    }

    #[test]
    fn a_name_cannot_end_itself() {
        let quoted = |name| Dialect::ALL.map(|dialect| dialect.quoted(name));
        let standard = "\"a\"\"b`\\\"";
        let names = [standard, standard, standard, "`a\"b\\`\\\\`", "`a\"b``\\`"];
        assert_eq!(quoted("a\"b`\\"), names);
    }

    #[test]
    fn a_number_is_a_double_and_not_a_decimal() {
        let numbers = |value| Dialect::ALL.map(|dialect| dialect.number(value));
        assert_eq!(
            numbers(-1.895),
            [
                "-1.895e0",
                "CAST('-1.895' AS DOUBLE PRECISION)",
                "CAST('-1.895' AS DOUBLE)",
                "-1.895e0",
                "-1.895D"
            ]
        );
        assert_eq!(numbers(1e300)[0], "1e300");
        assert_eq!(numbers(f64::MAX)[4], "1.7976931348623157e308D");
        assert_eq!(numbers(64.0)[3], "64.0e0");
    }
}
