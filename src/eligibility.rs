//! Eligibility: whether the law lets a lead be scored, decided before the scorer sees it.
//!
//! An [`Eligible`] has no public constructor: the only way to one is
//! [`decide`]. Whoever scores asks for it, so that a lead without a legal basis
//! has no score anywhere, not a hidden one.

use chrono::NaiveDate;

use crate::law::{Ground, LeadFacts, Pack, Refusal, Ruling};
use crate::policy::{Basis, Purpose};

/// What the law says of one lead, for one purpose, on one date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It may be scored.
    Eligible(Eligible),
    /// It may not.
    Refused(Refused),
}

/// The leave to score one lead, and the ground it stands on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Eligible {
    basis: Basis,
    facts: String,
}

/// A lead that is logged with its article, and never scored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    refusal: Refusal,
    facts: String,
}

/// What `pack` says of a lead with these facts, on a civil date in the policy's zone.
#[must_use]
pub fn decide(purpose: &Purpose, pack: &Pack, lead: &LeadFacts, date: NaiveDate) -> Verdict {
    let facts = pack.lines(lead);
    match pack.ruling(lead, date) {
        Ruling::Eligible(Ground::DeclaredBasis) => Verdict::Eligible(Eligible {
            basis: purpose.basis,
            facts,
        }),
        Ruling::Refuse(refusal) => Verdict::Refused(Refused {
            refusal: refusal.clone(),
            facts,
        }),
    }
}

/// The outcome code of a person whose records are restricted.
pub const RESTRICTED: u8 = 255;

/// The refusal of a person whose records are restricted: they may be stored, and nothing else (GDPR art. 18(2)).
#[must_use]
pub fn restricted() -> Refused {
    Refused {
        refusal: Refusal {
            code: RESTRICTED,
            name: "restricted".parse().expect("a word is a name"),
            article: "gdpr-18-2".parse().expect("a word is a name"),
        },
        facts: String::new(),
    }
}

impl Eligible {
    /// The legal basis.
    #[must_use]
    pub fn basis(&self) -> Basis {
        self.basis
    }

    /// Its article, as the segment's table of bases writes it.
    #[must_use]
    pub fn article(&self) -> &'static str {
        self.basis.article()
    }

    /// The facts used, as the record keeps them: `key=value` LF, keys ascending; may be empty.
    #[must_use]
    pub fn facts(&self) -> &str {
        &self.facts
    }
}

impl Refused {
    /// The record's outcome code.
    #[must_use]
    pub fn code(&self) -> u8 {
        self.refusal.code
    }

    /// The code's name in the segment's table of outcomes.
    #[must_use]
    pub fn name(&self) -> &str {
        self.refusal.name.as_str()
    }

    /// The article that asks for the refusal.
    #[must_use]
    pub fn article(&self) -> &str {
        self.refusal.article.as_str()
    }

    /// The facts used, as the record keeps them: `key=value` LF, keys ascending; may be empty.
    #[must_use]
    pub fn facts(&self) -> &str {
        &self.facts
    }
}
