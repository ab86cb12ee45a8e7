//! The words of the log's entries: identifiers, times, and the lines they stand in.
//!
//! Each has one spelling; a text that would be written differently is refused.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, NaiveDate, Utc};

use super::error::Error;
use super::note::{base64, unbase64};
use crate::digest::{Digest, hex, unhex};
use crate::name::{Token, tokens};

/// A civil date in the policy's zone.
pub type Date = NaiveDate;

/// A text offered as one of the ledger's words is not spelt as the ledger spells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Misspelt(pub &'static str);

/// A moment, in whole UTC seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(pub i64);

impl From<DateTime<Utc>> for Time {
    fn from(moment: DateTime<Utc>) -> Self {
        Self(moment.timestamp())
    }
}

impl fmt::Display for Time {
    /// RFC 3339 with `Z`, in years 0 to 9999; a moment outside them is written as their edge.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.clamp(-62_167_219_200, 253_402_300_799);
        let moment = DateTime::from_timestamp(seconds, 0).unwrap_or_default();
        write!(f, "{}", moment.format("%Y-%m-%dT%H:%M:%SZ"))
    }
}

impl FromStr for Time {
    type Err = Misspelt;

    fn from_str(text: &str) -> Result<Self, Misspelt> {
        let wrong = Misspelt("a time is `YYYY-MM-DDTHH:MM:SSZ`");
        let moment = DateTime::parse_from_rfc3339(text).map_err(|_| wrong)?;
        let time = Self(moment.timestamp());
        if time.to_string() == text {
            Ok(time)
        } else {
            Err(wrong)
        }
    }
}

macro_rules! identifier {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; 16]);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&hex(&self.0))
            }
        }

        impl FromStr for $name {
            type Err = Misspelt;

            fn from_str(text: &str) -> Result<Self, Misspelt> {
                unhex(text)
                    .and_then(|bytes| bytes.try_into().ok())
                    .map(Self)
                    .ok_or(Misspelt("an identifier is 32 lower-case hex digits"))
            }
        }
    };
}

identifier! {
    /// A segment's random name.
    SegmentId
}
identifier! {
    /// A run's random name.
    RunId
}
identifier! {
    /// The random name of an act: an erasure, a restriction, a release.
    EventId
}

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$of:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$of])* $variant),+ }

        tokens!($name { $($variant = $word),+ });

        impl FromStr for $name {
            type Err = Misspelt;

            fn from_str(text: &str) -> Result<Self, Misspelt> {
                Self::of(text).ok_or(Misspelt("not one of the words that may stand here"))
            }
        }
    };
}

words! {
    /// What a segment's records are.
    SegmentKind {
        /// Predictions that were proposed.
        Proposals = "proposals",
        /// Leads that were refused before scoring.
        Refusals = "refusals",
        /// What happened to leads.
        Events = "events",
    }
}
words! {
    /// Whether the model that scored was the active one.
    Standing {
        /// It was.
        Active = "active",
        /// It was tried out.
        Trial = "trial",
    }
}
words! {
    /// Whether a second person approved what was activated.
    Approval {
        /// One did.
        Approved = "approved",
        /// None did.
        Unapproved = "unapproved",
    }
}
words! {
    /// Why a model became the active one.
    Course {
        /// It was published.
        Publication = "publication",
        /// It was active before, and took over again.
        Rollback = "rollback",
    }
}
words! {
    /// How a model left.
    Leaving {
        /// It scores for nobody from here on.
        Retired = "retired",
        /// Its folder was removed as well: no record needs it any more.
        Purged = "purged",
    }
}
words! {
    /// What a report says of models.
    About {
        /// What a model had to pass before it was approved.
        Gates = "gates",
        /// What would change from one model to another.
        Comparison = "comparison",
        /// How groups of people fare.
        Fairness = "fairness",
        /// How leads and scores have moved since the training.
        Monitoring = "monitoring",
    }
}
words! {
    /// How far an erasure has come.
    Progress {
        /// It is decided, and nothing is destroyed yet.
        Intent = "intent",
        /// It is carried out.
        Done = "done",
    }
}
words! {
    /// Whether a restriction begins or ends.
    Restraint {
        /// No use and no purge from here on.
        Set = "set",
        /// Free again.
        Lifted = "lifted",
    }
}
words! {
    /// What carried a checkpoint out of the machine.
    AnchorKind {
        /// A witness's cosignature.
        Cosignature = "cosignature",
        /// An RFC 3161 token.
        Timestamp = "timestamp",
        /// A copy of the checkpoint itself.
        Copy = "copy",
    }
}
words! {
    /// What a key is for.
    KeyUse {
        /// It makes pseudonyms.
        Pseudonym = "pseudonym",
        /// It recognises who may not be scored again.
        Suppression = "suppression",
    }
}

/// A legal basis, and the collective document behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BasisName {
    /// The article, as a name.
    pub article: Token,
    /// SHA-256 of a document about many: an assessment, a consent wording.
    pub document: Option<Digest>,
}

impl fmt::Display for BasisName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.article)?;
        self.document
            .iter()
            .try_for_each(|document| write!(f, ";document={document}"))
    }
}

impl FromStr for BasisName {
    type Err = Misspelt;

    fn from_str(text: &str) -> Result<Self, Misspelt> {
        let wrong = Misspelt("a basis is `<article>[;document=<sha256>]`");
        let (article, document) = match text.split_once(";document=") {
            Some((article, document)) => (article, Some(document.parse().map_err(|_| wrong)?)),
            None => (text, None),
        };
        Ok(Self {
            article: article.parse().map_err(|_| wrong)?,
            document,
        })
    }
}

/// 32 bytes written in base64.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sum(pub [u8; 32]);

impl fmt::Display for Sum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&base64(&self.0))
    }
}

impl FromStr for Sum {
    type Err = Misspelt;

    fn from_str(text: &str) -> Result<Self, Misspelt> {
        unbase64(text)
            .and_then(|bytes| bytes.try_into().ok())
            .map(Self)
            .ok_or(Misspelt("a hash is 32 bytes in base64"))
    }
}

/// A person's Ed25519 signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signature(pub [u8; 64]);

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&base64(&self.0))
    }
}

impl FromStr for Signature {
    type Err = Misspelt;

    fn from_str(text: &str) -> Result<Self, Misspelt> {
        unbase64(text)
            .and_then(|bytes| bytes.try_into().ok())
            .map(Self)
            .ok_or(Misspelt("a signature is 64 bytes in base64"))
    }
}

/// Two words with `mark` between them.
pub(in crate::ledger) struct Two<A, B, const MARK: char>(pub A, pub B);

impl<A: fmt::Display, B: fmt::Display, const MARK: char> fmt::Display for Two<A, B, MARK> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{MARK}{}", self.0, self.1)
    }
}

impl<A: FromStr, B: FromStr, const MARK: char> FromStr for Two<A, B, MARK> {
    type Err = Misspelt;

    fn from_str(text: &str) -> Result<Self, Misspelt> {
        let wrong = Misspelt("two words are expected here");
        let (a, b) = text.split_once(MARK).ok_or(wrong)?;
        Ok(Self(
            a.parse().map_err(|_| wrong)?,
            b.parse().map_err(|_| wrong)?,
        ))
    }
}

/// The lines of an entry being written.
pub(in crate::ledger) struct Lines(pub String);

impl Lines {
    pub fn of(kind: &str) -> Self {
        Self(format!("probant/{kind}/v1\n"))
    }

    pub fn line(&mut self, key: &str, value: impl fmt::Display) -> &mut Self {
        use std::fmt::Write as _;
        let _ = writeln!(self.0, "{key} {value}");
        self
    }

    pub fn each<T: fmt::Display>(
        &mut self,
        key: &str,
        values: impl IntoIterator<Item = T>,
    ) -> &mut Self {
        for value in values {
            self.line(key, value);
        }
        self
    }
}

/// The lines of an entry being read.
pub(in crate::ledger) struct Reader<'a> {
    rest: std::iter::Peekable<std::str::Lines<'a>>,
}

impl<'a> Reader<'a> {
    pub fn of(text: &'a str) -> Self {
        Self {
            rest: text.lines().peekable(),
        }
    }

    /// The next line, whole.
    pub fn next(&mut self) -> Option<&'a str> {
        self.rest.next()
    }

    /// The value of the next line, if its key is `key`.
    pub fn optional<T: FromStr>(&mut self, key: &str) -> Result<Option<T>, Error> {
        let Some(text) = self
            .rest
            .peek()
            .and_then(|line| line.strip_prefix(key))
            .and_then(|rest| rest.strip_prefix(' '))
        else {
            return Ok(None);
        };
        self.rest.next();
        text.parse().map(Some).map_err(|_| Error::Entry {
            line: key.to_owned(),
            why: "not spelt as the ledger spells it",
        })
    }

    pub fn line<T: FromStr>(&mut self, key: &str) -> Result<T, Error> {
        self.optional(key)?.ok_or_else(|| Error::Entry {
            line: key.to_owned(),
            why: "the line is missing",
        })
    }

    pub fn each<T: FromStr>(&mut self, key: &str) -> Result<Vec<T>, Error> {
        let mut values = Vec::new();
        while let Some(value) = self.optional(key)? {
            values.push(value);
        }
        Ok(values)
    }

    pub fn end(&mut self) -> Result<(), Error> {
        match self.rest.next() {
            None => Ok(()),
            Some(_) => Err(Error::Entry {
                line: "end".to_owned(),
                why: "a line that no entry of its kind has",
            }),
        }
    }
}
