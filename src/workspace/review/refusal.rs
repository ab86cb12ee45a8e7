//! Why a review, a contest or a sign-off is refused, and what would be accepted.

use chrono::NaiveDate;

use crate::decision::{Missing, NotAReviewer};
use crate::name::Token;

/// Why not.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The policy does not let this person review.
    #[error(transparent)]
    NotAReviewer(#[from] NotAReviewer),
    /// Nothing says that this person was trained, or the training has lapsed.
    #[error("`{person}` may not review: {}", trained(*.until))]
    Untrained {
        /// Who.
        person: Token,
        /// Until when their training counted.
        until: Option<NaiveDate>,
    },
    /// The proposal was not opened, or not since it changed.
    #[error("decision {decision} was not opened by `{person}`")]
    NotOpened {
        /// Which.
        decision: u64,
        /// Who.
        person: Token,
    },
    /// It was opened just now.
    #[error(
        "decision {decision} was opened {since} s ago, and nobody reads it in less than {least} s"
    )]
    TooSoon {
        /// Which.
        decision: u64,
        /// Seconds since.
        since: i64,
        /// Seconds that reading takes.
        least: u32,
    },
    /// Too many were opened in too little time.
    #[error(
        "{opened} leads were opened and read for {seconds} s together, and nobody reads them in less than {needed} s"
    )]
    Pace {
        /// Leads opened.
        opened: u64,
        /// Seconds that they were read for.
        seconds: u64,
        /// Seconds that anybody needs.
        needed: u64,
    },
    /// Overriding to the band that is proposed.
    #[error("decision {decision}: `{band}` is the band that is proposed")]
    SameBand {
        /// Which.
        decision: u64,
        /// The band.
        band: Token,
    },
    /// The person who decided it cannot answer a contest of it.
    #[error(
        "decision {decision} is contested, and `{person}` decided it: a second person must review it"
    )]
    SecondReviewer {
        /// Which.
        decision: u64,
        /// Who.
        person: Token,
    },
    /// Somebody who let a planted case through lets nothing more out of that run.
    #[error("`{person}` let a planted case of run {} through, and lets nothing more out of it", short(.run))]
    Missed {
        /// Who.
        person: Token,
        /// The run.
        run: String,
    },
    /// A trial is not for use.
    #[error("run {} is a trial: nothing of it may be used, and it cannot be signed off", short(.run))]
    Trial {
        /// The run.
        run: String,
    },
    /// A run is signed off once.
    #[error("run {} was signed off by `{by}`", short(.run))]
    SignedOff {
        /// The run.
        run: String,
        /// Who did.
        by: Token,
    },
    /// The look at a run lacks something.
    #[error("run {} cannot be signed off by `{person}`{}", short(.run), list(.missing))]
    Unseen {
        /// The run.
        run: String,
        /// Who.
        person: Token,
        /// Everything that is missing.
        missing: Vec<Missing>,
    },
}

/// The first digits of a run.
fn short(run: &str) -> &str {
    run.get(..12).unwrap_or(run)
}

fn trained(until: Option<NaiveDate>) -> String {
    until.map_or_else(
        || "the policy has no `trained_until` for them".to_owned(),
        |day| format!("their training counted until {day}"),
    )
}

fn list(missing: &[Missing]) -> String {
    let line = |it: &Missing| format!("\n  - {}", sentence(*it));
    missing.iter().map(line).collect()
}

/// What is missing, in a sentence without its full stop.
#[must_use]
pub fn sentence(it: Missing) -> String {
    match it {
        Missing::Borderline { unopened, of } => {
            format!("borderline leads not opened: {unopened} of {of}")
        }
        Missing::Sample { unopened, of } => {
            format!("leads drawn at random and not opened: {unopened} of {of}")
        }
        Missing::Controls { unanswered, of } => format!(
            "planted cases not found: {unanswered} of {of}; each is a lead shown with a band that its score does not have"
        ),
        Missing::Missed { missed } => format!(
            "planted cases let through: {missed}; another person must look at the whole run"
        ),
        Missing::Contested { waiting } => {
            format!("contested, and waiting for a second reviewer: {waiting}")
        }
        Missing::Pace {
            opened,
            seconds,
            needed,
        } => format!(
            "leads read: {opened} in {seconds} s; nobody reads as many in less than {needed} s"
        ),
        Missing::Hurried { reviews } => {
            format!("reviews sooner after their lead was opened than anybody reads: {reviews}")
        }
    }
}

impl Refusal {
    /// What the person at the keyboard can do next.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NotAReviewer(_) => "name somebody whose `roles` in the policy hold `reviewer`",
            Self::Untrained { .. } => {
                "train them, then write `trained_until` under their `[[people]]` in probant.toml"
            }
            Self::NotOpened { .. } => {
                "open it first: `probant review show DECISION --as PERSON --key FILE`"
            }
            Self::TooSoon { .. } => "read it, then run the command again",
            Self::Pace { .. } => {
                "open some of them again and read them, then run the command again"
            }
            Self::SameBand { .. } => {
                "`probant review validate` agrees with it; `override` names another band"
            }
            Self::SecondReviewer { .. } => "have another reviewer open and review it",
            Self::Missed { .. } => "have another reviewer look; rejections are still accepted",
            Self::Trial { .. } => "score with the active model",
            Self::SignedOff { .. } => {
                "review single decisions with `probant review override` or `reject`: the later review counts"
            }
            Self::Unseen { .. } => {
                "`probant review list` shows what is to be opened; then sign off again"
            }
        }
    }
}
