//! What may leave, to whom, and as what: each lead is asked everything again before it goes.
//!
//! A score is no leave to write to anybody. A lead goes to a tool only once a
//! person decided, for a message that has a class, while nobody objects and the
//! law says yes on that very day. Whatever stops one has a name and is counted.
//!
//! Pure: what is known of a lead and today's date are arguments.

use chrono::{Days, NaiveDate};
use serde::Serialize;

use crate::eligibility::{Eligible, Refused, Verdict};
use crate::event::Message;
use crate::lang::Lang;
use crate::law::words::Scope;
use crate::name::Token;
use crate::policy::Cap;
use crate::say;

/// What is asked for, besides the leads.
#[derive(Clone, Debug)]
pub struct Asked<'a> {
    /// What the message is.
    pub message: Message,
    /// The bands that are wanted; none for all.
    pub bands: &'a [Token],
    /// The caps of the tool's channel.
    pub caps: &'a [Cap],
    /// The day, a civil date in the policy's zone.
    pub today: NaiveDate,
}

/// How far people have come with a proposal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// A person decided that it may be used.
    Decided,
    /// Nobody has.
    Undecided,
    /// A person decided that it is not to be used.
    Rejected,
    /// The person scored contests it, and nobody has looked again.
    Contested,
    /// Somebody let it out who let a planted case of its run through.
    Unseen,
}

/// What is known of a lead at the moment of its release.
#[derive(Clone, Debug)]
pub struct Lead<'a> {
    /// How far people have come with it.
    pub stage: Stage,
    /// The band that was decided.
    pub band: &'a Token,
    /// Its records may be stored, and nothing else (GDPR art. 18).
    pub restricted: bool,
    /// What the person objects to, by whatever way they said so.
    pub objections: &'a [Scope],
    /// Whether the person wants to be reached by this channel; none where they said nothing.
    pub preference: Option<bool>,
    /// The days of the promotional messages that the person was sent by this channel.
    pub sent: &'a [NaiveDate],
    /// It went to this tool already, from this run, with this class of message.
    pub before: bool,
    /// What the law says of promotion to this person today; asked for promotion only.
    pub verdict: Option<&'a Verdict>,
}

/// Why a lead stays.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Held {
    /// Its row cannot be read.
    Unreadable,
    /// Its identifier stands in the export twice: the first row counts.
    Repeated,
    /// The run has no proposal for it: it was refused, failed, was erased or came later.
    NotInRun,
    /// The person was erased on request.
    Erased,
    /// Its records are restricted.
    Restricted,
    /// Whoever decided it let a planted case through, and nobody else has looked.
    Unseen,
    /// The person contests the decision.
    Contested,
    /// A person rejected it.
    Rejected,
    /// Nobody decided.
    Undecided,
    /// Another band was asked for.
    Band,
    /// The person objects.
    Objected,
    /// The law refuses, by this name and this article.
    Unlawful(String, String),
    /// Nobody asked the law: promotion is never sent unasked.
    Unasked,
    /// The person does not want to be reached by this channel.
    Preference,
    /// The person was reached often enough.
    Frequency,
    /// It went there already.
    Before,
}

/// The leave of one lead: what was decided, so that it can be recorded.
#[derive(Clone, Copy, Debug)]
pub struct Leave<'a> {
    /// The ground in the law, for promotion.
    pub ground: Option<&'a Eligible>,
}

/// Whether a lead may leave, or the first thing that stops it.
///
/// | | promotional | informational | legal |
/// | --- | --- | --- | --- |
/// | a person decided, nobody contests, not restricted, not erased | yes | yes | yes |
/// | an objection to being canvassed stops it | yes | no | no |
/// | an objection to being scored stops it: who is reached follows from scores | yes | yes | no |
/// | the law is asked again | yes | no | no |
/// | the person's wish for the channel counts | yes | yes | no |
/// | a cap counts | yes | no | no |
pub fn leave<'a>(asked: &Asked<'_>, lead: &Lead<'a>) -> Result<Leave<'a>, Held> {
    let objects = |scopes: &[Scope]| lead.objections.iter().any(|it| scopes.contains(it));
    if objects(&[Scope::Erased]) {
        return Err(Held::Erased);
    }
    if lead.restricted {
        return Err(Held::Restricted);
    }
    match lead.stage {
        Stage::Decided => {}
        Stage::Undecided => return Err(Held::Undecided),
        Stage::Rejected => return Err(Held::Rejected),
        Stage::Contested => return Err(Held::Contested),
        Stage::Unseen => return Err(Held::Unseen),
    }
    if !asked.bands.is_empty() && !asked.bands.contains(lead.band) {
        return Err(Held::Band);
    }
    let stops: &[Scope] = match asked.message {
        Message::Promotional => &[Scope::All, Scope::Profiling, Scope::Promotion],
        Message::Informational => &[Scope::All, Scope::Profiling],
        Message::Legal => &[],
    };
    if objects(stops) {
        return Err(Held::Objected);
    }
    let ground = match (asked.message, lead.verdict) {
        (Message::Promotional, Some(Verdict::Eligible(ground))) => Some(ground),
        (Message::Promotional, Some(Verdict::Refused(why))) => return Err(unlawful(why)),
        (Message::Promotional, None) => return Err(Held::Unasked),
        _ => None,
    };
    if asked.message != Message::Legal && lead.preference == Some(false) {
        return Err(Held::Preference);
    }
    if lead.before {
        return Err(Held::Before);
    }
    if asked.message == Message::Promotional
        && asked
            .caps
            .iter()
            .any(|cap| within(cap, lead.sent, asked.today) >= u64::from(cap.most))
    {
        return Err(Held::Frequency);
    }
    Ok(Leave { ground })
}

fn unlawful(why: &Refused) -> Held {
    Held::Unlawful(why.name().to_owned(), why.article().to_owned())
}

/// How many of these days lie in a cap's window, which ends today.
#[must_use]
pub fn within(cap: &Cap, days: &[NaiveDate], today: NaiveDate) -> u64 {
    let first = first_day(cap, today);
    days.iter().filter(|day| **day >= first).count() as u64
}

/// The first day of a cap's window.
#[must_use]
pub fn first_day(cap: &Cap, today: NaiveDate) -> NaiveDate {
    let before = Days::new(u64::from(cap.days) - 1);
    today.checked_sub_days(before).unwrap_or(NaiveDate::MIN)
}

impl Held {
    /// What programs know it by.
    #[must_use]
    pub fn token(&self) -> &str {
        match self {
            Self::Unreadable => "unreadable",
            Self::Repeated => "repeated",
            Self::NotInRun => "not-in-run",
            Self::Erased => "erased",
            Self::Restricted => "restricted",
            Self::Unseen => "unseen",
            Self::Contested => "contested",
            Self::Rejected => "rejected",
            Self::Undecided => "undecided",
            Self::Band => "band",
            Self::Objected => "objected",
            Self::Unlawful(name, _) => name,
            Self::Unasked => "unasked",
            Self::Preference => "preference",
            Self::Frequency => "frequency",
            Self::Before => "before",
        }
    }

    /// The article that asks for it, where one does.
    #[must_use]
    pub fn article(&self) -> Option<&str> {
        match self {
            Self::Erased => Some("gdpr-17"),
            Self::Restricted => Some("gdpr-18-2"),
            Self::Contested | Self::Undecided | Self::Unseen => Some("gdpr-22-3"),
            Self::Objected => Some("gdpr-21-3"),
            Self::Unlawful(_, article) => Some(article),
            _ => None,
        }
    }

    /// In words.
    #[must_use]
    pub fn words(&self, lang: Lang) -> String {
        match self {
            Self::Unreadable => say!(lang, "the row cannot be read" | "ligne illisible"),
            Self::Repeated => {
                say!(
                    lang,
                    "the identifier stands twice" | "identifiant en double"
                )
            }
            Self::NotInRun => say!(
                lang,
                "the run has no proposal for them" | "aucune proposition dans ce passage"
            ),
            Self::Erased => say!(lang, "erased on request" | "effacement demandé"),
            Self::Restricted => say!(lang, "restricted" | "traitement limité"),
            Self::Unseen => say!(
                lang,
                "validated by somebody who missed a control case"
                    | "retenus par quelqu’un qui a manqué un cas témoin"
            ),
            Self::Contested => say!(lang, "contested" | "décision contestée"),
            Self::Rejected => say!(lang, "rejected by a person" | "rejetés par une personne"),
            Self::Undecided => say!(
                lang,
                "nobody has validated them" | "personne ne les a validés"
            ),
            Self::Band => say!(lang, "another band" | "une autre tranche"),
            Self::Objected => say!(lang, "they object" | "opposition"),
            Self::Unlawful(name, _) => {
                say!(
                    lang,
                    "the law refuses: {name}" | "le droit refuse\u{a0}: {name}"
                )
            }
            Self::Unasked => say!(
                lang,
                "the law was not asked" | "le droit n’a pas été consulté"
            ),
            Self::Preference => say!(
                lang,
                "they do not want this channel" | "ne souhaitent pas ce canal"
            ),
            Self::Frequency => say!(lang, "reached often enough" | "déjà assez sollicités"),
            Self::Before => say!(
                lang,
                "handed to this tool before" | "déjà remis à cet outil"
            ),
        }
    }
}
