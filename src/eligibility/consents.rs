//! Proofs of consent as they happened: given, withdrawn, given again; and what they come to on one day.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};

use chrono::NaiveDate;

use super::facts::{Consent, Proof, ProofParts};
use crate::digest::{Digest, unhex};
use crate::law::words::Channels;

/// The words that people agreed to: by the SHA-256 of the words, or by the name of the file that holds them.
#[derive(Clone, Debug, Default)]
pub struct Wordings(HashMap<String, Digest>);

impl Wordings {
    /// The files of a folder, by name.
    #[must_use]
    pub fn new(files: impl IntoIterator<Item = (String, Digest)>) -> Self {
        Self(files.into_iter().collect())
    }

    /// What a cell names, as a digest in hex; nothing where it is neither a digest nor one of the files.
    #[must_use]
    pub fn digest(&self, cell: &str) -> Option<String> {
        if cell.len() == 64 && unhex(&cell.to_lowercase()).is_some() {
            return Some(cell.to_lowercase());
        }
        self.0.get(cell).map(ToString::to_string)
    }
}

/// One line of the events of consent.
#[derive(Clone, Copy, Debug)]
pub struct Happened<'a> {
    /// Whose.
    pub pseudonym: [u8; 16],
    /// On which day.
    pub day: NaiveDate,
    /// What.
    pub what: Act<'a>,
}

/// What happened to a consent.
#[derive(Clone, Copy, Debug)]
pub enum Act<'a> {
    /// It was given; a part that is missing makes the proof incomplete.
    Given {
        /// The wording's digest in hex.
        wording: Option<&'a str>,
        /// Where it was given.
        source: Option<&'a str>,
        /// By which act.
        act: Option<&'a str>,
        /// For what: as it was written, and what that means.
        scope: Option<(&'a str, Channels)>,
    },
    /// It was withdrawn.
    Withdrawn,
}

/// What the events of consent come to on one day, by pseudonym.
#[derive(Debug, Default)]
pub struct Consents {
    people: HashMap<[u8; 16], Consent>,
    met: AtomicU64,
    /// Events read.
    pub events: u64,
}

impl Consents {
    /// What is known of this person's consent; counts the people who are met.
    #[must_use]
    pub fn of(&self, pseudonym: &[u8; 16]) -> Option<&Consent> {
        let found = self.again(pseudonym);
        if found.is_some() {
            self.met.fetch_add(1, Ordering::Relaxed);
        }
        found
    }

    /// The same for somebody who was met already.
    #[must_use]
    pub(super) fn again(&self, pseudonym: &[u8; 16]) -> Option<&Consent> {
        self.people.get(pseudonym)
    }

    /// People of whom there are events.
    #[must_use]
    pub fn people(&self) -> u64 {
        self.people.len() as u64
    }

    /// Of them, those who were not met.
    #[must_use]
    pub fn unknown(&self) -> u64 {
        self.people() - self.met.load(Ordering::Relaxed).min(self.people())
    }
}

/// What happened to one person's consent, so far as it was read.
#[derive(Default)]
struct History {
    given: Option<(NaiveDate, Consent)>,
    withdrawn: Option<NaiveDate>,
    to_be_given: Option<(NaiveDate, Consent)>,
    to_be_withdrawn: Option<NaiveDate>,
}

/// Events being read, in any order.
///
/// What happened on the day or before counts. What happened later, but not later than today, did not yet count on that
/// day: so yesterday's night is played again as it was. What has not happened yet even today is an error of the export,
/// and counts against the consent.
pub struct Reading {
    date: NaiveDate,
    today: NaiveDate,
    people: HashMap<[u8; 16], History>,
    events: u64,
}

impl Reading {
    /// The state of `date`, read `today`.
    #[must_use]
    pub fn new(date: NaiveDate, today: NaiveDate) -> Self {
        Self {
            date,
            today: today.max(date),
            people: HashMap::new(),
            events: 0,
        }
    }

    /// Takes one event.
    pub fn take(&mut self, happened: &Happened<'_>) {
        self.events += 1;
        let day = happened.day;
        let history = self.people.entry(happened.pseudonym).or_default();
        let future = day > self.today;
        if day > self.date && !future {
            return;
        }
        match happened.what {
            Act::Given { .. } => {
                let place = if future {
                    &mut history.to_be_given
                } else {
                    &mut history.given
                };
                if place.as_ref().is_none_or(|(known, _)| *known <= day) {
                    *place = Some((day, consent(happened)));
                }
            }
            Act::Withdrawn => {
                let place = if future {
                    &mut history.to_be_withdrawn
                } else {
                    &mut history.withdrawn
                };
                *place = (*place).max(Some(day));
            }
        }
    }

    /// What they come to.
    #[must_use]
    pub fn settle(self) -> Consents {
        let settled = self.people.into_iter();
        Consents {
            people: settled.map(|(whose, it)| (whose, it.settle())).collect(),
            met: AtomicU64::new(0),
            events: self.events,
        }
    }
}

impl History {
    /// The latest consent, unless a withdrawal of that day or a later one followed.
    fn settle(self) -> Consent {
        let withdrawn = |from: NaiveDate| {
            let past = self.withdrawn.filter(|day| *day >= from);
            past.or(self.to_be_withdrawn)
        };
        match (self.given, self.withdrawn, self.to_be_given) {
            (Some((day, consent)), ..) => consent.withdrawn(withdrawn(day)),
            (None, Some(day), _) => Consent::Withdrawn(day),
            (None, None, Some((_, consent))) => consent.withdrawn(self.to_be_withdrawn),
            (None, None, None) => self
                .to_be_withdrawn
                .map_or(Consent::None, Consent::Withdrawn),
        }
    }
}

impl Consent {
    /// The same, withdrawn on a day.
    fn withdrawn(self, on: Option<NaiveDate>) -> Self {
        match (self, on) {
            (consent, None) => consent,
            (Self::Proof(proof), withdrawn) => Self::Proof(Proof { withdrawn, ..proof }),
            (_, Some(day)) => Self::Withdrawn(day),
        }
    }

    /// What two sources come to: the later proof, under every withdrawal that either knows and that does not precede it.
    pub(super) fn or_later(self, other: &Self) -> Self {
        match (self, *other) {
            (Self::None, other) => other,
            (own, Self::None) => own,
            (Self::Proof(own), Self::Proof(other)) => {
                let (last, first) = if other.when >= own.when {
                    (other, own)
                } else {
                    (own, other)
                };
                let earlier = first.withdrawn.filter(|day| *day >= last.when);
                Self::Proof(last).withdrawn(last.withdrawn.max(earlier))
            }
            (Self::Proof(proof), Self::Withdrawn(day))
            | (Self::Withdrawn(day), Self::Proof(proof)) => {
                let later = Some(day).filter(|day| *day >= proof.when);
                Self::Proof(proof).withdrawn(proof.withdrawn.max(later))
            }
            (Self::Withdrawn(own), Self::Withdrawn(other)) => Self::Withdrawn(own.max(other)),
            (Self::Proof(proof), Self::Incomplete) | (Self::Incomplete, Self::Proof(proof)) => {
                Self::Proof(proof)
            }
            (Self::Withdrawn(day), Self::Incomplete) | (Self::Incomplete, Self::Withdrawn(day)) => {
                Self::Withdrawn(day)
            }
            (Self::Incomplete, Self::Incomplete) => Self::Incomplete,
        }
    }
}

fn consent(happened: &Happened<'_>) -> Consent {
    match happened.what {
        Act::Given {
            wording: Some(wording),
            source: Some(source),
            act: Some(act),
            scope: Some((text, scope)),
        } => Consent::Proof(Proof {
            when: happened.day,
            withdrawn: None,
            scope,
            digest: ProofParts {
                pseudonym: &happened.pseudonym,
                when: happened.day,
                wording,
                source,
                act,
                scope: text,
            }
            .digest(),
        }),
        _ => Consent::Incomplete,
    }
}
