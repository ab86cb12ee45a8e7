//! What a person must have looked at before they sign a whole run off.
//!
//! A signature under a list that nobody read is no oversight. So a
//! [`SignedOff`] exists only after a [`Look`] that lacks nothing: every
//! borderline lead and the whole random sample opened, every planted case
//! noticed, at the pace of somebody who reads.

use super::{NotAReviewer, reviewer};
use crate::name::Token;
use crate::policy::{Oversight, Person};

/// A gap between two opened leads counts for at most so many least reading times: one long pause reads no hundred leads.
const LONGEST: i64 = 10;

/// What one person saw of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// Borderline leads, and those of them that were not opened.
    pub borderline: (u64, u64),
    /// Leads of the random sample, and those of them that were not opened.
    pub sample: (u64, u64),
    /// Planted cases: planted, found, missed.
    pub controls: (u64, u64, u64),
    /// Decisions that a person contests and no second reviewer has decided.
    pub contested: u64,
    /// How the opened leads were read.
    pub reading: Reading,
    /// Reviews that came sooner after their lead was opened than anybody reads.
    pub hurried: u64,
}

/// How much time opened leads were given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// Leads opened.
    pub opened: u64,
    /// Seconds that they were read for, taken together.
    pub seconds: u64,
    /// Seconds that anybody needs for so many.
    pub needed: u64,
}

/// Something that a sign-off lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(tag = "missing", rename_all = "kebab-case")]
pub enum Missing {
    /// Borderline leads that were not opened.
    Borderline {
        /// How many.
        unopened: u64,
        /// Of how many.
        of: u64,
    },
    /// Leads of the random sample that were not opened.
    Sample {
        /// How many.
        unopened: u64,
        /// Of how many.
        of: u64,
    },
    /// Planted cases that were neither found nor missed yet.
    Controls {
        /// How many.
        unanswered: u64,
        /// Of how many.
        of: u64,
    },
    /// Planted cases that were let through: this person cannot sign this run off any more.
    Missed {
        /// How many.
        missed: u64,
    },
    /// Contested decisions that wait for a second reviewer.
    Contested {
        /// How many.
        waiting: u64,
    },
    /// Leads opened faster than anybody reads.
    Pace {
        /// Leads opened.
        opened: u64,
        /// Seconds that they were read for.
        seconds: u64,
        /// Seconds that anybody needs.
        needed: u64,
    },
    /// Reviews that came sooner than anybody reads.
    Hurried {
        /// How many.
        reviews: u64,
    },
}

/// That a person signed a run off, having looked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedOff {
    reviewer: Token,
    at: i64,
}

impl Reading {
    /// The reading that moments of opening, in UTC seconds, one a lead, tell of; the last lead is read until `now`.
    ///
    /// A lead counts from the last time that it was opened.
    #[must_use]
    pub fn of(mut opened: Vec<i64>, now: i64, least: u32) -> Self {
        opened.sort_unstable();
        let least = i64::from(least);
        let next = opened.iter().skip(1).copied().chain([now]);
        let gaps = opened.iter().zip(next);
        let read: i64 = gaps
            .map(|(at, next)| (next - at).clamp(0, least * LONGEST))
            .sum();
        Self {
            opened: opened.len() as u64,
            seconds: read as u64,
            needed: opened.len() as u64 * least as u64,
        }
    }

    /// Whether it took as long as reading takes.
    #[must_use]
    pub fn is_reading(&self) -> bool {
        self.seconds >= self.needed
    }
}

impl Look {
    /// Everything that it lacks.
    #[must_use]
    pub fn missing(&self) -> Vec<Missing> {
        let (planted, found, missed) = self.controls;
        let unanswered = planted.saturating_sub(found + missed);
        let Reading {
            opened,
            seconds,
            needed,
        } = self.reading;
        let all = [
            (
                self.borderline.1 > 0,
                Missing::Borderline {
                    unopened: self.borderline.1,
                    of: self.borderline.0,
                },
            ),
            (
                self.sample.1 > 0,
                Missing::Sample {
                    unopened: self.sample.1,
                    of: self.sample.0,
                },
            ),
            (
                unanswered > 0,
                Missing::Controls {
                    unanswered,
                    of: planted,
                },
            ),
            (missed > 0, Missing::Missed { missed }),
            (
                self.contested > 0,
                Missing::Contested {
                    waiting: self.contested,
                },
            ),
            (
                !self.reading.is_reading(),
                Missing::Pace {
                    opened,
                    seconds,
                    needed,
                },
            ),
            (
                self.hurried > 0,
                Missing::Hurried {
                    reviews: self.hurried,
                },
            ),
        ];
        all.into_iter()
            .filter_map(|(lacks, what)| lacks.then_some(what))
            .collect()
    }

    /// The sign-off, at `at` UTC seconds, of somebody who looked; or what is missing.
    pub fn sign_off(&self, person: &Person, at: i64) -> Result<SignedOff, Vec<Missing>> {
        let missing = self.missing();
        if missing.is_empty() {
            Ok(SignedOff {
                reviewer: person.id.clone(),
                at,
            })
        } else {
            Err(missing)
        }
    }
}

impl SignedOff {
    /// One that the ledger holds under this person's own signature, which the caller has checked.
    pub(crate) fn recorded(person: &Person, at: i64) -> Result<Self, NotAReviewer> {
        let reviewer = reviewer(person)?;
        Ok(Self { reviewer, at })
    }

    /// Who signed.
    #[must_use]
    pub fn reviewer(&self) -> &Token {
        &self.reviewer
    }

    /// When, in UTC seconds.
    #[must_use]
    pub fn at(&self) -> i64 {
        self.at
    }
}

impl Oversight {
    /// How many of so many proposals are drawn at random, to be opened.
    #[must_use]
    pub fn sample_of(&self, proposals: u64) -> u64 {
        // At most 2⁶³ proposals, of which the share is at most all.
        let share = libm::ceil(self.sample * proposals as f64) as u64;
        share.max(u64::from(self.sample_min)).min(proposals)
    }
}
