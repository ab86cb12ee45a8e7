//! What people said of a decision before, for whoever reviews it next: their opinion, its reason, and their own words.
//!
//! The words are kept beside the ledger, which commits to them. They are shown
//! only where they are the words that were committed to; where they are lost or
//! others stand in their place, that is said instead.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::words::{moment, plain, wrap};
use crate::digest::hex;
use crate::lang::Lang;
use crate::say;

/// What one person said of a decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// What it came to.
    pub what: Came,
    /// When, RFC 3339 in UTC.
    pub time: String,
    /// Who recorded it, by the policy of that day; none where that policy knows nobody of that name.
    pub person: Option<String>,
    /// The reference of the person's request, where a person contests.
    pub request: Option<Words>,
    /// What was said besides, in somebody's own words.
    pub note: Option<Words>,
}

/// What a remark came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Came {
    /// The proposal stands.
    Validated,
    /// It stands with its whole run.
    SignedOff,
    /// Another band: its label, and the reason's.
    Overridden {
        /// The band, as people read it.
        band: String,
        /// The reason, as people read it.
        reason: String,
    },
    /// Not to be used: the reason's label.
    Rejected {
        /// The reason, as people read it.
        reason: String,
    },
    /// The person scored contests it.
    Contested,
}

/// Words that the ledger commits to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Words {
    /// They are here, and they are the ones.
    Kept(String),
    /// They are lost; the commitment stands.
    Lost([u8; 32]),
    /// Others stand in their place.
    Altered([u8; 32]),
}

impl Came {
    /// For programs.
    #[must_use]
    pub fn token(&self) -> &'static str {
        match self {
            Self::Validated => "validated",
            Self::SignedOff => "signed-off",
            Self::Overridden { .. } => "overridden",
            Self::Rejected { .. } => "rejected",
            Self::Contested => "contested",
        }
    }

    fn words(&self, lang: Lang) -> String {
        match self {
            Self::Validated => say!(lang, "validated" | "validé"),
            Self::SignedOff => say!(
                lang,
                "signed off with its run" | "approuvé avec son passage"
            ),
            Self::Overridden { band, reason } => {
                let (band, reason) = (plain(band), plain(reason));
                say!(
                    lang,
                    "overridden to “{band}” — {reason}"
                        | "autre tranche, «\u{a0}{band}\u{a0}» — {reason}"
                )
            }
            Self::Rejected { reason } => {
                let reason = plain(reason);
                say!(lang, "rejected — {reason}" | "écarté — {reason}")
            }
            Self::Contested => say!(lang, "contested by the person" | "contesté par la personne"),
        }
    }
}

impl Words {
    fn json(&self) -> Value {
        match self {
            Self::Kept(text) => json!({ "status": "kept", "text": text }),
            Self::Lost(commitment) => json!({ "status": "lost", "commitment": hex(commitment) }),
            Self::Altered(commitment) => {
                json!({ "status": "altered", "commitment": hex(commitment) })
            }
        }
    }

    fn words(&self, lang: Lang) -> String {
        match self {
            Self::Kept(text) => {
                let text = plain(text);
                say!(lang, "“{text}”" | "«\u{a0}{text}\u{a0}»")
            }
            Self::Lost(commitment) => {
                let commitment = hex(commitment);
                say!(
                    lang,
                    "the text is lost; its commitment stands: {commitment}"
                        | "le texte est perdu\u{a0}; son empreinte salée demeure\u{a0}: {commitment}"
                )
            }
            Self::Altered(commitment) => {
                let commitment = hex(commitment);
                say!(
                    lang,
                    "! the text kept here is not the one that was recorded, and is not shown: {commitment}"
                        | "! le texte conservé ici n’est pas celui qui fut consigné, et n’est pas montré\u{a0}: {commitment}"
                )
            }
        }
    }
}

impl Remark {
    fn json(&self) -> Value {
        let (band, reason) = match &self.what {
            Came::Overridden { band, reason } => (Some(band), Some(reason)),
            Came::Rejected { reason } => (None, Some(reason)),
            Came::Validated | Came::SignedOff | Came::Contested => (None, None),
        };
        json!({
            "what": self.what.token(),
            "time": self.time,
            "person": self.person,
            "band": band,
            "reason": reason,
            "request": self.request.as_ref().map(Words::json),
            "note": self.note.as_ref().map(Words::json),
        })
    }
}

/// Remarks for programs, in the order of the log.
#[must_use]
pub fn json(remarks: &[Remark]) -> Value {
    remarks.iter().map(Remark::json).collect()
}

/// Remarks on a page of `width` columns, in the order of the log; nothing where there are none.
#[must_use]
pub fn text(remarks: &[Remark], lang: Lang, width: usize) -> String {
    let mut out = String::new();
    if remarks.is_empty() {
        return out;
    }
    let title = say!(
        lang,
        "What people said of it before" | "Ce qui en a été dit"
    );
    let _ = writeln!(out, "\n{title}");
    for remark in remarks {
        let (time, what) = (moment(&remark.time, lang), remark.what.words(lang));
        let who = remark.person.as_deref().map_or_else(
            || {
                say!(
                    lang,
                    "somebody the policy does not know" | "une personne inconnue de la politique"
                )
            },
            plain,
        );
        let line = say!(
            lang,
            "{time}  {who}: {what}" | "{time}  {who}\u{a0}: {what}"
        );
        let mut put = |margin: usize, text: &str| {
            for (at, part) in wrap(text, width.saturating_sub(margin + 2).max(40))
                .iter()
                .enumerate()
            {
                let more = if at == 0 { 0 } else { 2 };
                let _ = writeln!(out, "{:1$}{part}", "", margin + more);
            }
        };
        put(2, &line);
        if let Some(request) = &remark.request {
            let request = request.words(lang);
            put(
                6,
                &say!(lang, "request: {request}" | "demande\u{a0}: {request}"),
            );
        }
        if let Some(note) = &remark.note {
            put(6, &note.words(lang));
        }
    }
    out
}
