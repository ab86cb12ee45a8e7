//! Eligibility: whether the law lets a lead be scored, decided before the scorer sees it.
//!
//! An [`Eligible`] has no public constructor: the only way to one is
//! [`Rules::decide`]; of a night's leads a [`Leave`], from a [`Docket`]. Whoever scores asks for it, so that a lead without a legal
//! basis has no score anywhere, not a hidden one. What was known of the lead is
//! recorded in full, so that anybody who holds the record can rule again.
//!
//! Pure: the date is an argument, and the law is a document.

pub mod consents;
mod docket;
mod facts;
mod rules;
mod told;

use std::borrow::Cow;
use std::ops::Deref;
use std::sync::Arc;

use chrono::NaiveDate;

use crate::lang::Lang;
use crate::law::words::{Basis, Channel, Scope};
use crate::law::{ERASED, Ground, OBJECTED, Pack, Refusal};
use crate::policy::Purpose;
use crate::say;

pub use self::docket::{Docket, Leave, Ruling, Stated};
pub use self::facts::{Consent, Known, LeadFacts, Misread, Proof, ProofParts, read};
pub use self::rules::{Again, Rules};
pub use self::told::{Telling, Told};
pub use crate::law::RESTRICTED;

/// What a ruling is about, besides the lead.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// Why people are scored, and on which bases.
    pub purpose: &'a Purpose,
    /// How they would be reached.
    pub channel: Option<Channel>,
    /// The law.
    pub pack: &'a Pack,
    /// The day: a civil date in the policy's zone.
    pub date: NaiveDate,
}

impl<'a> Context<'a> {
    /// The ruling before scoring: by the purpose's own channel.
    #[must_use]
    pub fn of(purpose: &'a Purpose, pack: &'a Pack, date: NaiveDate) -> Self {
        Self {
            purpose,
            channel: purpose.channel,
            pack,
            date,
        }
    }
}

/// What the law says of one lead, for one purpose and channel, on one date.
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
    ground: Arc<Ground>,
    facts: Box<[u8]>,
}

/// A lead that is logged with its article, and never scored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    why: Why,
    facts: Box<[u8]>,
}

/// Why a lead is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Why(Arc<Refusal>);

/// What the law says of one lead; whoever asks for many makes [`Rules`] once.
#[must_use]
pub fn decide(context: &Context<'_>, lead: &LeadFacts) -> Verdict {
    Rules::of(context).decide(lead)
}

/// The refusal of a person whose records are restricted: they may be stored, and nothing else (GDPR art. 18(2)).
#[must_use]
pub fn restricted() -> Refused {
    Refused::whatever_the_pack(RESTRICTED, "restricted", "gdpr-18-2", "")
}

/// The refusal of a person who objected, or was erased and came back, under a pack that does not ask: it binds all the
/// same (GDPR art. 21(3), art. 17).
#[must_use]
pub fn suppressed(scope: Scope) -> Refused {
    let facts = format!("suppressed={scope}\n");
    match scope {
        Scope::Erased => Refused::whatever_the_pack(ERASED, "erased", "gdpr-17", &facts),
        Scope::All | Scope::Profiling | Scope::Promotion => {
            Refused::whatever_the_pack(OBJECTED, "objected", "gdpr-21-3", &facts)
        }
    }
}

/// The refusals that every pack shares, by ascending code.
#[must_use]
pub fn shared_refusals() -> [Refused; 3] {
    [
        suppressed(Scope::Erased),
        suppressed(Scope::All),
        restricted(),
    ]
}

impl Refused {
    fn whatever_the_pack(code: u8, name: &str, article: &str, facts: &str) -> Self {
        Self {
            why: Why(Arc::new(Refusal {
                code,
                name: name.parse().expect("a word is a name"),
                article: article.parse().expect("a word is a name"),
                sentence: None,
            })),
            facts: facts.as_bytes().into(),
        }
    }
}

impl Eligible {
    /// The legal basis.
    #[must_use]
    pub fn basis(&self) -> Basis {
        self.ground.basis
    }

    /// The record's basis code: the ground's.
    #[must_use]
    pub fn code(&self) -> u8 {
        self.ground.code
    }

    /// The ground's name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.ground.name.as_str()
    }

    /// Its article, as the segment's table of bases writes it.
    #[must_use]
    pub fn article(&self) -> &str {
        self.ground.article.as_str()
    }

    /// The facts used, as the record keeps them: `key=value` LF, keys ascending; may be empty.
    #[must_use]
    pub fn facts(&self) -> &str {
        text(&self.facts)
    }
}

impl Why {
    /// The record's outcome code.
    #[must_use]
    pub fn code(&self) -> u8 {
        self.0.code
    }

    /// The code's name in the segment's table of outcomes.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.name.as_str()
    }

    /// The article that asks for the refusal.
    #[must_use]
    pub fn article(&self) -> &str {
        self.0.article.as_str()
    }

    /// In a sentence.
    #[must_use]
    pub fn words(&self, lang: Lang) -> Cow<'_, str> {
        match &self.0.sentence {
            Some(sentence) => sentence.words(lang).into(),
            None if self.code() == RESTRICTED => say!(
                lang,
                "What is recorded about this person is restricted: it is kept, and not used."
                    | "Ce qui est consigné sur cette personne fait l’objet d’une limitation : conservé, mais non utilisé."
            )
            .into(),
            None => self.name().into(),
        }
    }

    /// All that the pack says of it.
    #[must_use]
    pub fn refusal(&self) -> &Refusal {
        &self.0
    }
}

impl Deref for Refused {
    type Target = Why;

    fn deref(&self) -> &Why {
        &self.why
    }
}

impl Refused {
    /// Why.
    #[must_use]
    pub fn why(&self) -> &Why {
        &self.why
    }

    /// The facts used, as the record keeps them: `key=value` LF, keys ascending; may be empty.
    #[must_use]
    pub fn facts(&self) -> &str {
        text(&self.facts)
    }
}

fn text(facts: &[u8]) -> &str {
    std::str::from_utf8(facts).expect("facts are written as ASCII")
}
