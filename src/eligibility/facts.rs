//! What is known of one lead that the law may ask for; into a record, and back.
//!
//! Every fact may be unknown, and unknown is never taken for yes. Nothing here
//! names anybody: a consent is known by a digest, whoever holds the proof can
//! show that it is that one.

use chrono::{Datelike as _, NaiveDate};

use crate::digest::{sha256, unhex};
use crate::form;
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

/// The two digits of each number below 100.
const DIGITS: [[u8; 2]; 100] = {
    let mut digits = [[b'0'; 2]; 100];
    let mut at = 0;
    while at < 100 {
        digits[at] = [b'0' + at as u8 / 10, b'0' + at as u8 % 10];
        at += 1;
    }
    digits
};

impl Day {
    fn of(date: NaiveDate) -> Self {
        if let Ok(year @ 0..=9999) = usize::try_from(date.year()) {
            let ([y0, y1], [y2, y3]) = (DIGITS[year / 100], DIGITS[year % 100]);
            let [m0, m1] = DIGITS[date.month() as usize];
            let [d0, d1] = DIGITS[date.day() as usize];
            let mut bytes = *b"0000-00-00\0\0\0\0\0\0";
            [bytes[0], bytes[1], bytes[2], bytes[3]] = [y0, y1, y2, y3];
            [bytes[5], bytes[6], bytes[8], bytes[9]] = [m0, m1, d0, d1];
            return Self(bytes, 10);
        }
        let mut bytes = [0; 16];
        let text = date.to_string(); // a sign and more than four digits
        let length = text.len().min(bytes.len());
        bytes[..length].copy_from_slice(&text.as_bytes()[..length]);
        Self(bytes, length)
    }

    fn bytes(&self) -> &[u8] {
        &self.0[..self.1]
    }
}

/// The facts of one lead as lines, without an allocation: a night writes millions of them.
pub(super) struct Lines {
    bytes: [u8; 512],
    length: usize,
    /// Days and digests are left blank.
    blank: bool,
}

/// A line or the beginning of one, and how long it is; copied whole, which is quicker than copying so many bytes.
type Piece = ([u8; 24], usize);

const fn piece(key: &str, value: &str) -> Piece {
    let mut bytes = [0; 24];
    let (key, value) = (key.as_bytes(), value.as_bytes());
    let mut at = 0;
    while at < key.len() + value.len() {
        bytes[at] = if at < key.len() {
            key[at]
        } else {
            value[at - key.len()]
        };
        at += 1;
    }
    (bytes, at)
}

/// Each question's two lines: yes, and no.
const FLAGS: [[Piece; 2]; 14] = {
    let mut lines = [[piece("", ""); 2]; 14];
    let mut at = 0;
    while at < 14 {
        let key = Asked::ALL[at].token();
        lines[at] = [piece(key, "=yes\n"), piece(key, "=no\n")];
        at += 1;
    }
    lines
};

impl Lines {
    /// The facts that these questions need, keys ascending.
    pub(super) fn of(asked: Questions, consent_dates: bool, lead: &LeadFacts, blank: bool) -> Self {
        const UNREADABLE: Piece = piece("audience", "=unreadable\n");
        const B2B: Piece = piece("audience", "=b2b\n");
        const B2C: Piece = piece("audience", "=b2c\n");
        let mut lines = Self {
            bytes: [0; 512], // the longest facts there can be are shorter by a piece and more
            length: 0,
            blank,
        };
        if asked.hold(Asked::Audience) {
            match lead.audience {
                Known::Unknown => {}
                Known::Unreadable => lines.piece(&UNREADABLE),
                Known::Is(Audience::B2b) => lines.piece(&B2B),
                Known::Is(Audience::B2c) => lines.piece(&B2C),
            }
        }
        let contact = asked.hold(Asked::Contact);
        lines.flag(asked, Asked::Bloctel, lead.bloctel);
        if contact {
            lines.date(const { &piece("collected", "=") }, 0, lead.collected);
        }
        if asked.hold(Asked::Consent) || (contact && consent_dates) {
            lines.consent(&lead.consent);
        }
        lines.flag(asked, Asked::Contract, lead.contract);
        lines.flag(asked, Asked::Customer, lead.customer);
        lines.flag(asked, Asked::GenericAddress, lead.generic_address);
        lines.flag(asked, Asked::Informed, lead.informed);
        lines.flag(asked, Asked::JobRelated, lead.job_related);
        if contact {
            lines.date(const { &piece("last-contact", "=") }, 3, lead.last_contact);
        }
        lines.flag(asked, Asked::Objection, lead.objection);
        lines.flag(asked, Asked::OptOutOffered, lead.opt_out_offered);
        lines.flag(asked, Asked::SimilarProducts, lead.similar_products);
        if let (true, Some(scope)) = (asked.hold(Asked::Suppressed), lead.suppressed) {
            lines.piece(const { &piece("suppressed", "=") });
            lines.text(scope.token().as_bytes());
            lines.text(b"\n");
        }
        lines
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }

    fn piece(&mut self, (bytes, length): &Piece) {
        self.bytes[self.length..self.length + 24].copy_from_slice(bytes);
        self.length += length;
    }

    fn text(&mut self, text: &[u8]) {
        self.bytes[self.length..self.length + text.len()].copy_from_slice(text);
        self.length += text.len();
    }

    fn flag(&mut self, asked: Questions, key: Asked, value: Option<bool>) {
        if let (true, Some(value)) = (asked.hold(key), value) {
            self.piece(&FLAGS[key as usize][usize::from(!value)]);
        }
    }

    /// The blanks of days are those of [`Rules::state`](super::Rules::state).
    fn date(&mut self, key: &Piece, blank: u8, date: Option<NaiveDate>) {
        if let Some(date) = date {
            self.piece(key);
            if self.blank && form::day(date).is_some() {
                self.text(&[blank + 1, b'\n']);
                return;
            }
            let Day(bytes, length) = Day::of(date);
            self.bytes[self.length..self.length + 16].copy_from_slice(&bytes);
            self.bytes[self.length + length] = b'\n';
            self.length += length + 1;
        }
    }

    fn consent(&mut self, consent: &Consent) {
        const WITHDRAWN: Piece = piece("consent-withdrawn", "=");
        match consent {
            Consent::None => {}
            Consent::Incomplete => self.piece(const { &piece("consent", "=incomplete\n") }),
            Consent::Withdrawn(date) => self.date(&WITHDRAWN, 2, Some(*date)),
            Consent::Proof(proof) => {
                self.piece(const { &piece("consent-proof", "=") });
                let filled = if self.blank { &[][..] } else { &proof.digest };
                if self.blank {
                    self.text(&[form::SUM]);
                }
                for byte in filled {
                    let digit = |four: u8| b"0123456789abcdef"[usize::from(four)];
                    self.bytes[self.length] = digit(*byte >> 4);
                    self.bytes[self.length + 1] = digit(*byte & 15);
                    self.length += 2;
                }
                self.piece(const { &piece("\nconsent-scope", "=") });
                self.text(proof.scope.token().as_bytes());
                self.text(b"\n");
                self.date(const { &piece("consent-when", "=") }, 1, Some(proof.when));
                self.date(&WITHDRAWN, 2, proof.withdrawn);
            }
        }
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
