//! From proposal to decision: always through a person.
//!
//! A [`Decision`] has no public constructor. The only way to one is
//! [`Proposal::decided_by`], which takes a [`Review`], and only a decision can
//! be released. A [`Review`] comes from a person of the policy who reviewed this
//! very proposal, or from the [`SignedOff`] of a whole run, which exists only
//! after its [`Look`] lacked nothing. Skipping the person is therefore a compile
//! error:
//!
//! ```compile_fail
//! use probant::decision::{Band, Decision, DecisionNumber, Proposal};
//! let decided: Decision = Proposal::new(DecisionNumber(7), Band(1)); // a proposal is no decision
//! ```
//!
//! ```compile_fail
//! use probant::decision::{Band, DecisionNumber, Opinion, Proposal, Review};
//! let nobody = Review { opinion: Opinion::Validated }; // nor is an opinion without a person a review
//! let decided = Proposal::new(DecisionNumber(7), Band(1)).decided_by(nobody);
//! ```
//!
//! ```compile_fail
//! use probant::decision::SignedOff;
//! let unseen = SignedOff { reviewer: "reviewer-1".parse().unwrap(), at: 0 }; // nor is a run signed off unseen
//! ```

mod abstention;
mod look;

use std::fmt;
use std::num::ParseIntError;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::name::Token;
use crate::odds::Score;
use crate::policy::{Person, Policy, Role};

pub use abstention::{Flag, Limits};
pub use look::{Look, Missing, Reading, SignedOff};

/// A prediction's number: rows of all earlier prediction segments in log order, plus its row. Never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DecisionNumber(pub u64);

impl fmt::Display for DecisionNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for DecisionNumber {
    type Err = ParseIntError;

    fn from_str(text: &str) -> Result<Self, ParseIntError> {
        text.parse().map(Self)
    }
}

/// A band by its position in the policy, from 0: the record's outcome code of a proposal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Band(pub u8);

impl Band {
    /// The band that a score falls in: the highest whose `from` is at most the score.
    #[must_use]
    pub fn of(policy: &Policy, score: Score) -> Self {
        // A policy has at most 32 bands.
        Self(policy.band(score.ppm()) as u8)
    }
}

/// What the model suggests; nobody has looked yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    decision: DecisionNumber,
    band: Band,
}

/// What a person made of a proposal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    proposal: Proposal,
    review: Review,
}

/// A person's look at a proposal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Review {
    reviewer: Token,
    opinion: Opinion,
    way: Way,
    at: i64,
}

/// How a person came to a proposal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Way {
    /// They opened it and reviewed it.
    Review,
    /// They signed its whole run off.
    SignOff,
}

/// What the person thinks; going against the model needs a reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opinion {
    /// The proposal stands.
    Validated,
    /// Another band, for the reason of this code.
    Overridden {
        /// The person's band.
        band: Band,
        /// The reason's code.
        reason: u16,
    },
    /// Not to be used, for the reason of this code.
    Rejected {
        /// The reason's code.
        reason: u16,
    },
}

/// The person named is no reviewer in the policy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{person}` may not review: the policy does not give the role `reviewer`")]
pub struct NotAReviewer {
    /// The person's id.
    pub person: Token,
}

impl NotAReviewer {
    /// What the person at the keyboard can do next.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        Some("name somebody whose `roles` in the policy hold `reviewer`")
    }
}

impl Review {
    /// A review, at `at` UTC seconds, by somebody whom the policy lets review.
    pub fn by(person: &Person, opinion: Opinion, at: i64) -> Result<Self, NotAReviewer> {
        Ok(Self {
            reviewer: reviewer(person)?,
            opinion,
            way: Way::Review,
            at,
        })
    }

    /// Who looked.
    #[must_use]
    pub fn reviewer(&self) -> &Token {
        &self.reviewer
    }

    /// What they thought.
    #[must_use]
    pub fn opinion(&self) -> Opinion {
        self.opinion
    }

    /// What the sign-off of its run says of a proposal that nobody reviewed by itself.
    #[must_use]
    pub fn signed_off(run: &SignedOff) -> Self {
        Self {
            reviewer: run.reviewer().clone(),
            opinion: Opinion::Validated,
            way: Way::SignOff,
            at: run.at(),
        }
    }
}

fn reviewer(person: &Person) -> Result<Token, NotAReviewer> {
    if person.roles.contains(&Role::Reviewer) {
        Ok(person.id.clone())
    } else {
        Err(NotAReviewer {
            person: person.id.clone(),
        })
    }
}

impl Proposal {
    /// What a scored lead becomes.
    #[must_use]
    pub fn new(decision: DecisionNumber, band: Band) -> Self {
        Self { decision, band }
    }

    /// Its number.
    #[must_use]
    pub fn decision(&self) -> DecisionNumber {
        self.decision
    }

    /// The band that the score falls in.
    #[must_use]
    pub fn band(&self) -> Band {
        self.band
    }

    /// The decision that this review makes of the proposal.
    #[must_use]
    pub fn decided_by(self, review: Review) -> Decision {
        Decision {
            proposal: self,
            review,
        }
    }
}

impl Decision {
    /// What had been proposed.
    #[must_use]
    pub fn proposal(&self) -> &Proposal {
        &self.proposal
    }

    /// Who looked.
    #[must_use]
    pub fn reviewer(&self) -> &Token {
        &self.review.reviewer
    }

    /// What they thought.
    #[must_use]
    pub fn opinion(&self) -> Opinion {
        self.review.opinion
    }

    /// How they came to it.
    #[must_use]
    pub fn way(&self) -> Way {
        self.review.way
    }

    /// When, in UTC seconds.
    #[must_use]
    pub fn at(&self) -> i64 {
        self.review.at
    }

    /// The band that holds; `None` when the proposal was rejected.
    #[must_use]
    pub fn band(&self) -> Option<Band> {
        match self.review.opinion {
            Opinion::Validated => Some(self.proposal.band),
            Opinion::Overridden { band, .. } => Some(band),
            Opinion::Rejected { .. } => None,
        }
    }
}
