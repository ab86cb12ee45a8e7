//! What is known of one lead that the law may ask for; into a record, and back.
//!
//! Every fact may be unknown, and unknown is never taken for yes. Nothing here
//! names anybody: a consent is known by a digest, whoever holds the proof can
//! show that it is that one.

use chrono::{Datelike as _, NaiveDate};

use crate::digest::{sha256, unhex};
use crate::law::asked::{Asked, Questions};
use crate::law::words::{Audience, Channels, FactKind, Scope};

/// A word of an export.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Known<T> {
    /// The cell is empty, or there is none.
    #[default]
    Unknown,
    /// A word that means nothing here.
    Unreadable,
    /// This.
    Is(T),
}

/// What is known of one lead. Dates are civil dates.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LeadFacts {
    /// Professional or consumer.
    pub audience: Known<Audience>,
    /// What is known of a consent.
    pub consent: Consent,
    /// Has objected.
    pub objection: Option<bool>,
    /// The last contact that came from the person.
    pub last_contact: Option<NaiveDate>,
    /// The day of collection.
    pub collected: Option<NaiveDate>,
    /// Has bought here.
    pub customer: Option<bool>,
    /// Was informed at collection.
    pub informed: Option<bool>,
    /// The offer is related to the job.
    pub job_related: Option<bool>,
    /// The address is a company's.
    pub generic_address: Option<bool>,
    /// A contract is in progress, and the offer is related to it.
    pub contract: Option<bool>,
    /// The offer is similar to what was bought.
    pub similar_products: Option<bool>,
    /// A free way to opt out was offered, and is in each message.
    pub opt_out_offered: Option<bool>,
    /// Stands on the list of those who want no calls.
    pub bloctel: Option<bool>,
    /// What the suppression set says.
    pub suppressed: Option<Scope>,
}

/// What is known of a consent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Consent {
    /// Nothing.
    #[default]
    None,
    /// Something, but a part of the proof is missing or cannot be read.
    Incomplete,
    /// That it was withdrawn on this day, whatever else is missing.
    Withdrawn(NaiveDate),
    /// All of it.
    Proof(Proof),
}

/// A proof of consent that has every part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proof {
    /// When it was given.
    pub when: NaiveDate,
    /// When it was withdrawn.
    pub withdrawn: Option<NaiveDate>,
    /// The channels that it was given for.
    pub scope: Channels,
    /// What the record knows it by: [`ProofParts::digest`].
    pub digest: [u8; 32],
}

/// The parts of a proof of consent, as they came.
#[derive(Clone, Copy, Debug)]
pub struct ProofParts<'a> {
    /// Who: the lead's pseudonym, so that no digest says that two people signed the same words on one day.
    pub pseudonym: &'a [u8; 16],
    /// When it was given.
    pub when: NaiveDate,
    /// The wording, or what names it.
    pub wording: &'a str,
    /// Where it was given.
    pub source: &'a str,
    /// By which act.
    pub act: &'a str,
    /// For what, as it was written.
    pub scope: &'a str,
}

impl ProofParts<'_> {
    /// SHA-256 of `"probant/consent/v1\0" ‖ pseudonym ‖` the day, the wording, the source, the act and the scope, each
    /// after its length as u32. A withdrawal does not change which consent it was.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        let day = Day::of(self.when);
        let texts = [day.bytes(), self.wording.as_bytes(), self.source.as_bytes()];
        let texts = texts
            .into_iter()
            .chain([self.act, self.scope].map(str::as_bytes));
        let mut all = Vec::with_capacity(128);
        for text in texts {
            all.extend_from_slice(&u32::try_from(text.len()).unwrap_or(u32::MAX).to_be_bytes());
            all.extend_from_slice(text);
        }
        sha256(&[b"probant/consent/v1\0", self.pseudonym, &all])
    }
}

/// A day in its one spelling, without an allocation.
struct Day([u8; 16], usize);

impl Day {
    fn of(date: NaiveDate) -> Self {
        let mut bytes = [0; 16];
        let (year, month, day) = (date.year(), date.month() as u8, date.day() as u8);
        if let Ok(year @ 0..=9999) = u16::try_from(year) {
            let (century, rest) = ((year / 100) as u8, (year % 100) as u8);
            let digits = |at: u8| [b'0' + at / 10, b'0' + at % 10];
            bytes[..2].copy_from_slice(&digits(century));
            bytes[2..4].copy_from_slice(&digits(rest));
            bytes[4] = b'-';
            bytes[5..7].copy_from_slice(&digits(month));
            bytes[7] = b'-';
            bytes[8..10].copy_from_slice(&digits(day));
            return Self(bytes, 10);
        }
        let text = date.to_string(); // a sign and more than four digits
        let length = text.len().min(bytes.len());
        bytes[..length].copy_from_slice(&text.as_bytes()[..length]);
        Self(bytes, length)
    }

    fn bytes(&self) -> &[u8] {
        &self.0[..self.1]
    }
}

/// As [`crate::digest::hex`], without an allocation.
fn hexed(digest: &[u8; 32]) -> [u8; 64] {
    let mut text = [0; 64];
    for (pair, byte) in text.as_chunks_mut::<2>().0.iter_mut().zip(digest) {
        let digit = |four: u8| b"0123456789abcdef"[usize::from(four)];
        *pair = [digit(byte >> 4), digit(byte & 15)];
    }
    text
}

/// Hands over the facts that these questions need, line by line, keys ascending.
pub(super) fn each_line(
    asked: Questions,
    consent_dates: bool,
    lead: &LeadFacts,
    mut line: impl FnMut(&'static str, &[u8]),
) {
    fn flag(
        asked: Questions,
        (key, value): (Asked, Option<bool>),
        line: &mut impl FnMut(&'static str, &[u8]),
    ) {
        if let (true, Some(value)) = (asked.hold(key), value) {
            line(key.token(), if value { b"yes" } else { b"no" });
        }
    }
    if asked.hold(Asked::Audience) {
        match lead.audience {
            Known::Unknown => {}
            Known::Unreadable => line("audience", b"unreadable"),
            Known::Is(audience) => line("audience", audience.token().as_bytes()),
        }
    }
    flag(asked, (Asked::Bloctel, lead.bloctel), &mut line);
    let contact = asked.hold(Asked::Contact);
    if let (true, Some(date)) = (contact, lead.collected) {
        line("collected", Day::of(date).bytes());
    }
    if asked.hold(Asked::Consent) || (contact && consent_dates) {
        match lead.consent {
            Consent::None => {}
            Consent::Incomplete => line("consent", b"incomplete"),
            Consent::Withdrawn(date) => line("consent-withdrawn", Day::of(date).bytes()),
            Consent::Proof(proof) => {
                line("consent-proof", &hexed(&proof.digest));
                line("consent-scope", proof.scope.token().as_bytes());
                line("consent-when", Day::of(proof.when).bytes());
                if let Some(date) = proof.withdrawn {
                    line("consent-withdrawn", Day::of(date).bytes());
                }
            }
        }
    }
    flag(asked, (Asked::Contract, lead.contract), &mut line);
    flag(asked, (Asked::Customer, lead.customer), &mut line);
    flag(
        asked,
        (Asked::GenericAddress, lead.generic_address),
        &mut line,
    );
    flag(asked, (Asked::Informed, lead.informed), &mut line);
    flag(asked, (Asked::JobRelated, lead.job_related), &mut line);
    if let (true, Some(date)) = (contact, lead.last_contact) {
        line("last-contact", Day::of(date).bytes());
    }
    flag(asked, (Asked::Objection, lead.objection), &mut line);
    flag(
        asked,
        (Asked::OptOutOffered, lead.opt_out_offered),
        &mut line,
    );
    flag(
        asked,
        (Asked::SimilarProducts, lead.similar_products),
        &mut line,
    );
    if let (true, Some(scope)) = (asked.hold(Asked::Suppressed), lead.suppressed) {
        line("suppressed", scope.token().as_bytes());
    }
}

/// A record's facts are not those of a lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("its facts are not such as eligibility writes them")]
pub struct Misread;

/// What a record's facts say of its lead: the way back from what a verdict recorded.
pub fn read(facts: &[u8]) -> Result<LeadFacts, Misread> {
    let text = std::str::from_utf8(facts).map_err(|_| Misread)?;
    let mut lead = LeadFacts::default();
    let (mut incomplete, mut digest, mut scope) = (false, None, None);
    let (mut when, mut withdrawn) = (None, None);
    for line in text.lines() {
        let (key, value) = line.split_once('=').ok_or(Misread)?;
        match key {
            "audience" if value == "unreadable" => lead.audience = Known::Unreadable,
            "audience" => lead.audience = Known::Is(Audience::of(value).ok_or(Misread)?),
            "suppressed" => lead.suppressed = Some(Scope::of(value).ok_or(Misread)?),
            "consent" if value == "incomplete" => incomplete = true,
            "consent-proof" => digest = Some(sum(value)?),
            "consent-scope" => scope = Some(Channels::parse(value).ok_or(Misread)?),
            "consent-when" => when = Some(day(value)?),
            "consent-withdrawn" => withdrawn = Some(day(value)?),
            _ => {
                let kind = FactKind::of(key).ok_or(Misread)?;
                if kind.is_date() {
                    *lead.date(kind) = Some(day(value)?);
                } else {
                    *lead.flag(kind) = Some(yes_or_no(value)?);
                }
            }
        }
    }
    lead.consent = match (incomplete, digest, scope, when, withdrawn) {
        (false, None, None, None, None) => Consent::None,
        (true, None, None, None, None) => Consent::Incomplete,
        (false, None, None, None, Some(date)) => Consent::Withdrawn(date),
        (false, Some(digest), Some(scope), Some(when), withdrawn) => Consent::Proof(Proof {
            when,
            withdrawn,
            scope,
            digest,
        }),
        _ => return Err(Misread),
    };
    Ok(lead)
}

impl LeadFacts {
    /// The place of a fact that is a date; collection for one that is none.
    pub fn date(&mut self, kind: FactKind) -> &mut Option<NaiveDate> {
        match kind {
            FactKind::LastContact => &mut self.last_contact,
            _ => &mut self.collected,
        }
    }

    /// The place of a fact that is a yes or a no; objection for one that is neither.
    pub fn flag(&mut self, kind: FactKind) -> &mut Option<bool> {
        match kind {
            FactKind::Customer => &mut self.customer,
            FactKind::Informed => &mut self.informed,
            FactKind::JobRelated => &mut self.job_related,
            FactKind::GenericAddress => &mut self.generic_address,
            FactKind::Contract => &mut self.contract,
            FactKind::SimilarProducts => &mut self.similar_products,
            FactKind::OptOutOffered => &mut self.opt_out_offered,
            FactKind::Bloctel => &mut self.bloctel,
            FactKind::Objection | FactKind::LastContact | FactKind::Collected => {
                &mut self.objection
            }
        }
    }
}

fn yes_or_no(value: &str) -> Result<bool, Misread> {
    match value {
        "yes" => Ok(true),
        "no" => Ok(false),
        _ => Err(Misread),
    }
}

fn day(value: &str) -> Result<NaiveDate, Misread> {
    value.parse().map_err(|_| Misread)
}

fn sum(value: &str) -> Result<[u8; 32], Misread> {
    let bytes = unhex(value).ok_or(Misread)?;
    bytes.try_into().map_err(|_| Misread)
}
