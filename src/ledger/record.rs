//! The bytes of one person's record: a prediction (`PBR1`) or an event (`PBE1`).
//!
//! A record is the leaf of a segment; its bytes are a function of its fields
//! and nothing else, and decoding accepts exactly what encoding writes.

use super::error::Error;
use crate::digest::sha256;
use crate::name::Token;

/// One term of an explanation as it is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Term {
    /// The code.
    pub code: u16,
    /// Its contribution, in units of 2⁻²⁰ log-odds.
    pub contribution: i32,
}

/// The facts about a lead that eligibility used: `key=value` lines, keys ascending.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts(Box<[u8]>);

impl Facts {
    /// Facts from their bytes, which may be empty.
    pub fn parse(bytes: &[u8]) -> Result<Self, Error> {
        check_facts(bytes)?;
        Ok(Self(bytes.into()))
    }

    /// Facts from pairs, keys strictly ascending.
    pub fn of<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, Error> {
        let text = pairs.into_iter().fold(String::new(), |text, (key, value)| {
            text + key + "=" + value + "\n"
        });
        Self::parse(text.as_bytes())
    }

    /// The bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// The pairs.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        let text = std::str::from_utf8(&self.0).unwrap_or_default();
        text.lines().filter_map(|line| line.split_once('='))
    }
}

/// What a byte may be in facts: 1 in a key, 2 in a value.
const CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        let key = byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let key = key || byte == b'-' || byte == b'_' || byte == b'.';
        let value = byte >= b' ' && byte <= b'~';
        classes[byte as usize] = key as u8 | (value as u8) << 1;
        byte += 1;
    }
    classes
};

/// The same as [`check_facts`] in one pass, without saying what is wrong: a night asks it of millions of leads.
fn are_facts(bytes: &[u8]) -> bool {
    let run = |from: usize, class: u8| {
        let rest = &bytes[from..];
        let length = rest
            .iter()
            .position(|byte| CLASSES[*byte as usize] & class == 0);
        from + length.unwrap_or(rest.len())
    };
    let (mut at, mut previous): (usize, &[u8]) = (0, b"");
    while at < bytes.len() {
        let equals = run(at, 1);
        let key = &bytes[at..equals];
        if bytes.get(equals) != Some(&b'=') || key <= previous {
            return false;
        }
        let end = run(equals + 1, 2);
        if bytes.get(end) != Some(&b'\n') {
            return false;
        }
        (at, previous) = (end + 1, key);
    }
    true
}

/// Whether `bytes` are facts: printable ASCII lines `key=value`, keys being names and strictly ascending.
pub fn check_facts(bytes: &[u8]) -> Result<(), Error> {
    if bytes.len() > usize::from(u16::MAX) {
        return Err(Error::Record("facts longer than 65535 bytes"));
    }
    if are_facts(bytes) {
        return Ok(());
    }
    // What is wrong is looked for only where something is.
    let mut rest = bytes;
    let mut previous: &[u8] = b"";
    while !rest.is_empty() {
        let Some(end) = rest.iter().position(|byte| *byte == b'\n') else {
            return Err(Error::Record("a line of facts without an end"));
        };
        let line = &rest[..end];
        let Some(equals) = line.iter().position(|byte| *byte == b'=') else {
            return Err(Error::Record("a line of facts without `=`"));
        };
        let (key, value) = (&line[..equals], &line[equals + 1..]);
        if key.is_empty()
            || !key
                .iter()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_.".contains(b))
        {
            return Err(Error::Record("the key of a fact is not a name"));
        }
        if !value.iter().all(|byte| (b' '..=b'~').contains(byte)) {
            return Err(Error::Record("the value of a fact is not printable ASCII"));
        }
        if key <= previous {
            return Err(Error::Record("the keys of facts do not ascend"));
        }
        previous = key;
        rest = &rest[end + 1..];
    }
    Ok(())
}

/// A prediction or a refusal, as it was recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prediction {
    /// The segment that holds it.
    pub segment: [u8; 16],
    /// Its row there.
    pub row: u32,
    /// Whom it is about.
    pub pseudonym: [u8; 16],
    /// The legal basis, by the segment's table.
    pub basis: u8,
    /// The band, review or refusal, by the segment's table.
    pub outcome: u8,
    /// In units of 2⁻²⁰; 0 for a refusal.
    pub log_odds: i32,
    /// Parts per million; 0 for a refusal.
    pub score: u32,
    /// Features, then pairs, in the schema's order; none for a refusal.
    pub terms: Vec<Term>,
    /// The eligibility facts used.
    pub facts: Facts,
}

/// The bytes of a prediction's record before its terms.
pub(super) const HEAD: usize = 52;

impl Prediction {
    /// The record's bytes; `widths` gives 1 or 2 bytes for each term's code.
    pub fn encode(&self, widths: &[usize]) -> Result<Vec<u8>, Error> {
        let n =
            u16::try_from(self.terms.len()).map_err(|_| Error::Record("more than 65535 terms"))?;
        if n != 0 && widths.len() != self.terms.len() {
            return Err(Error::Record("the number of terms is not the schema's"));
        }
        let facts = self.facts.bytes();
        let mut out = Vec::with_capacity(HEAD + self.terms.len() * 6 + 2 + facts.len());
        out.extend_from_slice(b"PBR1");
        out.extend_from_slice(&self.segment);
        out.extend_from_slice(&self.row.to_be_bytes());
        out.extend_from_slice(&self.pseudonym);
        out.extend_from_slice(&[self.basis, self.outcome]);
        out.extend_from_slice(&self.log_odds.to_be_bytes());
        out.extend_from_slice(&self.score.to_be_bytes());
        out.extend_from_slice(&n.to_be_bytes());
        for (term, width) in self.terms.iter().zip(widths) {
            match (width, term.code.to_be_bytes()) {
                (1, [0, low]) => out.push(low),
                (2, both) => out.extend_from_slice(&both),
                _ => return Err(Error::Record("a code does not fit its width")),
            }
        }
        for term in &self.terms {
            out.extend_from_slice(&term.contribution.to_be_bytes());
        }
        let length = u16::try_from(facts.len())
            .map_err(|_| Error::Record("facts longer than 65535 bytes"))?;
        out.extend_from_slice(&length.to_be_bytes());
        out.extend_from_slice(facts);
        Ok(out)
    }

    /// Reads a record; `widths` as for [`Prediction::encode`], empty for refusals.
    pub fn decode(bytes: &[u8], widths: &[usize]) -> Result<Self, Error> {
        let mut from = Bytes(bytes);
        if from.take::<4>()? != *b"PBR1" {
            return Err(Error::Record("it does not start with `PBR1`"));
        }
        let segment = from.take()?;
        let row = from.u32()?;
        let pseudonym = from.take()?;
        let [basis, outcome] = from.take()?;
        let log_odds = i32::from_be_bytes(from.take()?);
        let score = from.u32()?;
        if score > 1_000_000 {
            return Err(Error::Record("a score above one million parts"));
        }
        let n = usize::from(from.u16()?);
        if n != 0 && n != widths.len() {
            return Err(Error::Record("the number of terms is not the schema's"));
        }
        if n == 0 && (log_odds != 0 || score != 0) {
            return Err(Error::Record("a refusal with a score"));
        }
        let mut terms = Vec::with_capacity(n);
        for width in &widths[..n] {
            let code = if *width == 1 {
                u16::from(from.take::<1>()?[0])
            } else {
                from.u16()?
            };
            terms.push(Term {
                code,
                contribution: 0,
            });
        }
        for term in &mut terms {
            term.contribution = i32::from_be_bytes(from.take()?);
        }
        let facts = from.facts()?;
        Ok(Self {
            segment,
            row,
            pseudonym,
            basis,
            outcome,
            log_odds,
            score,
            terms,
            facts,
        })
    }
}

/// What an event calls the person of the policy who acted: the first 16 bytes of SHA-256 of their id.
///
/// It keeps the field's width and hides nothing: the ids of a policy are few.
#[must_use]
pub fn actor(person: &Token) -> [u8; 16] {
    let digest = sha256(&[person.as_str().as_bytes()]);
    *digest
        .first_chunk()
        .expect("a digest of 32 bytes has a first 16")
}

/// What kind of event a record tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum EventKind {
    /// A person looked at a proposal.
    Review = 1,
    /// A person decided otherwise than the proposal.
    Override = 2,
    /// The person scored contests a decision.
    Contest = 3,
    /// This lead was handed to a tool.
    Release = 4,
    /// Someone looked at this person's record.
    Access = 5,
    /// The person exercised a right.
    Request = 6,
    /// The person objects.
    Objection = 7,
    /// What became of the lead.
    Outcome = 8,
}

impl EventKind {
    fn of(code: u8) -> Option<Self> {
        [
            Self::Review,
            Self::Override,
            Self::Contest,
            Self::Release,
            Self::Access,
            Self::Request,
            Self::Objection,
            Self::Outcome,
        ]
        .into_iter()
        .find(|kind| *kind as u8 == code)
    }
}

/// Something that happened to one person's lead, as it was recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// The segment that holds it.
    pub segment: [u8; 16],
    /// Its row there.
    pub row: u32,
    /// What happened.
    pub kind: EventKind,
    /// Its own random number.
    pub event: [u8; 16],
    /// Whom it is about.
    pub pseudonym: [u8; 16],
    /// The decision that it is about, if it is about one.
    pub decision: Option<u64>,
    /// Who did it: the id of a role.
    pub actor: [u8; 16],
    /// Why, by the policy's table.
    pub reason: u16,
    /// SHA-256 of what was shown or committed.
    pub shown: [u8; 32],
    /// UTC seconds.
    pub time: i64,
    /// Facts.
    pub facts: Facts,
}

impl Event {
    /// The record's bytes.
    pub fn encode(&self) -> Result<Vec<u8>, Error> {
        if self.decision == Some(u64::MAX) {
            return Err(Error::Record("the decision number that means none"));
        }
        let mut out = Vec::with_capacity(128 + self.facts.bytes().len());
        out.extend_from_slice(b"PBE1");
        out.extend_from_slice(&self.segment);
        out.extend_from_slice(&self.row.to_be_bytes());
        out.push(self.kind as u8);
        out.extend_from_slice(&self.event);
        out.extend_from_slice(&self.pseudonym);
        out.extend_from_slice(&self.decision.unwrap_or(u64::MAX).to_be_bytes());
        out.extend_from_slice(&self.actor);
        out.extend_from_slice(&self.reason.to_be_bytes());
        out.extend_from_slice(&self.shown);
        out.extend_from_slice(&self.time.to_be_bytes());
        let length = self.facts.bytes().len() as u16; // `Facts` holds at most 65,535 bytes
        out.extend_from_slice(&length.to_be_bytes());
        out.extend_from_slice(self.facts.bytes());
        Ok(out)
    }

    /// Reads a record.
    pub fn decode(bytes: &[u8]) -> Result<Self, Error> {
        let mut from = Bytes(bytes);
        if from.take::<4>()? != *b"PBE1" {
            return Err(Error::Record("it does not start with `PBE1`"));
        }
        Ok(Self {
            segment: from.take()?,
            row: from.u32()?,
            kind: EventKind::of(from.take::<1>()?[0])
                .ok_or(Error::Record("an unknown kind of event"))?,
            event: from.take()?,
            pseudonym: from.take()?,
            decision: Some(u64::from_be_bytes(from.take()?)).filter(|number| *number != u64::MAX),
            actor: from.take()?,
            reason: from.u16()?,
            shown: from.take()?,
            time: i64::from_be_bytes(from.take()?),
            facts: from.facts()?,
        })
    }
}

/// A record of either kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// A prediction or a refusal.
    Prediction(Prediction),
    /// An event.
    Event(Event),
}

/// Bytes still to be read.
struct Bytes<'a>(&'a [u8]);

impl Bytes<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let (head, rest) = self
            .0
            .split_first_chunk::<N>()
            .ok_or(Error::Record("it is cut short"))?;
        self.0 = rest;
        Ok(*head)
    }

    fn u16(&mut self) -> Result<u16, Error> {
        Ok(u16::from_be_bytes(self.take()?))
    }

    fn u32(&mut self) -> Result<u32, Error> {
        Ok(u32::from_be_bytes(self.take()?))
    }

    /// The facts, which end the record.
    fn facts(&mut self) -> Result<Facts, Error> {
        let length = usize::from(self.u16()?);
        if self.0.len() != length {
            return Err(Error::Record("it does not end where its facts do"));
        }
        Facts::parse(self.0)
    }
}
