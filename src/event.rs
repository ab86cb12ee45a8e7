//! What may be recorded of one person's lead besides its predictions: the closed list of acts.
//!
//! An [`Act`] becomes the kind, the reason and the facts of a `PBE1` record and
//! is read back from them; nothing else may stand in one. An act of somebody
//! who signs carries the signature over all that it says.
//!
//! Pure: who, when and random numbers are arguments. No name, no address and no
//! free text fits in: of a text there is only a salted commitment.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::digest::{hex, sha256, unhex};
use crate::lang::Lang;
use crate::law::words::Scope;
use crate::ledger::key::SigningKey;
use crate::ledger::note::{Verifier, base64, unbase64};
use crate::ledger::{self, Event, EventId, EventKind, Facts, Hash};
use crate::name::{Token, tokens};
use crate::say;

/// Something that happened to one person's lead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// A person looked, and the proposal stands.
    Validated {
        /// What it proved, where the case was planted.
        control: Option<Control>,
    },
    /// A person looked, and the lead is not to be used.
    Rejected {
        /// Why, by the policy's table.
        reason: u16,
        /// What it proved, where the case was planted.
        control: Option<Control>,
    },
    /// A person looked, and decided otherwise.
    Overridden {
        /// Their band.
        band: Token,
        /// Why, by the policy's table.
        reason: u16,
        /// What it proved, where the case was planted.
        control: Option<Control>,
    },
    /// The person scored contests the decision.
    Contested {
        /// A salted commitment of the request's reference.
        request: Hash,
    },
    /// The lead was handed to a tool.
    Released {
        /// The entry of the main log that this is a part of.
        release: EventId,
        /// To whom.
        tool: Token,
        /// As what.
        message: Message,
        /// What else was decided of this lead at that moment: the basis, its article, the facts.
        facts: BTreeMap<Token, String>,
    },
    /// Somebody read what is recorded about this person.
    Accessed {
        /// What was read.
        what: Seen,
        /// For which stated purpose.
        why: Token,
    },
    /// The person objects (GDPR art. 21), or asked to be forgotten.
    Objected {
        /// To what.
        scope: Scope,
        /// A salted commitment of the request's reference.
        request: Hash,
    },
    /// What became of the lead, as the company's export says.
    Became {
        /// Whether it was won.
        won: bool,
        /// The lead's own date, as the first leaves of this kind held it: nothing uses it, and none is written any more.
        date: Option<NaiveDate>,
    },
}

/// What a planted case proved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Control {
    /// The wrong band was noticed.
    Found,
    /// It was let through.
    Missed,
}

/// What a release is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Message {
    /// Sells something.
    Promotional,
    /// Tells something, and sells nothing.
    Informational,
    /// The law or a contract asks for it: an invoice, a notice.
    Legal,
}

/// What somebody read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Seen {
    /// A decision with its reasons.
    Explanation,
    /// A proposal, to review it.
    Review,
    /// Whose a decision is.
    Identity,
}

/// For which purpose somebody reads what is recorded about a person: a closed list, so that every reading has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// The person asked what is known about them (GDPR art. 15).
    AccessRequest,
    /// The person contests a decision (art. 22(3)).
    Contest,
    /// A proposal is reviewed.
    Review,
    /// The model or its data are looked into.
    Quality,
    /// The log is audited.
    Audit,
    /// A fault is looked into.
    Support,
}

impl Why {
    /// As people read it.
    #[must_use]
    pub fn label(self, lang: Lang) -> String {
        match self {
            Self::AccessRequest => say!(
                lang,
                "the person’s request for access" | "demande d’accès de la personne"
            ),
            Self::Contest => say!(lang, "a decision that is contested" | "décision contestée"),
            Self::Review => say!(
                lang,
                "the review of a proposal" | "relecture d’une proposition"
            ),
            Self::Quality => say!(lang, "quality control" | "contrôle de qualité"),
            Self::Audit => say!(lang, "an audit" | "audit"),
            Self::Support => say!(lang, "support" | "assistance"),
        }
    }

    /// As a name of the log.
    #[must_use]
    pub fn name(self) -> Token {
        self.token().parse().expect("each of its words is a name")
    }
}

tokens!(Control {
    Found = "found",
    Missed = "missed",
});
tokens!(Message {
    Promotional = "promotional",
    Informational = "informational",
    Legal = "legal",
});
tokens!(Why {
    AccessRequest = "access-request",
    Contest = "contest",
    Review = "review",
    Quality = "quality",
    Audit = "audit",
    Support = "support",
});
tokens!(Seen {
    Explanation = "explanation",
    Review = "review",
    Identity = "identity",
});

/// Everything around an act that its record says as well.
#[derive(Clone, Debug)]
pub struct Circumstances {
    /// The event's own random number.
    pub event: [u8; 16],
    /// Whom it is about.
    pub pseudonym: [u8; 16],
    /// The decision that it is about, if it is about one.
    pub decision: Option<u64>,
    /// Who did it.
    pub actor: Token,
    /// SHA-256 of what was shown; zeroes where nothing was.
    pub shown: [u8; 32],
    /// UTC seconds.
    pub time: i64,
    /// A salted commitment of free text, where something was said.
    pub note: Option<Hash>,
}

/// The facts of a release that are no fact of the lead.
const OF_RELEASES: [&str; 5] = ["message", "release", "tool", NOTE, SIGNATURE];
const SIGNATURE: &str = "sig";
const NOTE: &str = "note";

impl Act {
    /// The kind of record that says it.
    #[must_use]
    pub fn kind(&self) -> EventKind {
        match self {
            Self::Validated { .. } | Self::Rejected { .. } => EventKind::Review,
            Self::Overridden { .. } => EventKind::Override,
            Self::Contested { .. } => EventKind::Contest,
            Self::Released { .. } => EventKind::Release,
            Self::Accessed { .. } => EventKind::Access,
            Self::Objected { .. } => EventKind::Objection,
            Self::Became { .. } => EventKind::Outcome,
        }
    }

    /// Why, by the policy's table; 0 where no reason is asked.
    #[must_use]
    pub fn reason(&self) -> u16 {
        match self {
            Self::Rejected { reason, .. } | Self::Overridden { reason, .. } => *reason,
            _ => 0,
        }
    }

    /// Its record, unsigned; segment and row are set when it is recorded.
    pub fn record(&self, around: &Circumstances) -> Result<Event, ledger::Error> {
        let mut facts = self.facts();
        if let Some(note) = around.note {
            facts.insert(NOTE.to_owned(), hex(&note));
        }
        Ok(Event {
            segment: [0; 16],
            row: 0,
            kind: self.kind(),
            event: around.event,
            pseudonym: around.pseudonym,
            decision: around.decision,
            actor: ledger::record::actor(&around.actor),
            reason: self.reason(),
            shown: around.shown,
            time: around.time,
            facts: of(&facts)?,
        })
    }

    fn facts(&self) -> BTreeMap<String, String> {
        let mut facts = BTreeMap::new();
        let mut say = |key: &str, value: &str| {
            facts.insert(key.to_owned(), value.to_owned());
        };
        match self {
            Self::Validated { control } => {
                say("opinion", "validated");
                if let Some(control) = control {
                    say("control", control.token());
                }
            }
            Self::Rejected { control, .. } => {
                say("opinion", "rejected");
                if let Some(control) = control {
                    say("control", control.token());
                }
            }
            Self::Overridden { band, control, .. } => {
                say("band", band.as_str());
                if let Some(control) = control {
                    say("control", control.token());
                }
            }
            Self::Contested { request } => say("request", &hex(request)),
            Self::Released {
                release,
                tool,
                message,
                facts: decided,
            } => {
                for (key, value) in decided {
                    say(key.as_str(), value);
                }
                say("release", &release.to_string());
                say("tool", tool.as_str());
                say("message", message.token());
            }
            Self::Accessed { what, why } => {
                say("what", what.token());
                say("why", why.as_str());
            }
            Self::Objected { scope, request } => {
                say("scope", scope.token());
                say("request", &hex(request));
            }
            Self::Became { won, date } => {
                say("outcome", if *won { "won" } else { "lost" });
                if let Some(date) = date {
                    say("date", &date.to_string());
                }
            }
        }
        facts
    }

    /// What a record says; `None` where this version of the program does not know such an act.
    #[must_use]
    pub fn of(event: &Event) -> Option<Self> {
        let fact = |key: &str| {
            event
                .facts
                .pairs()
                .find(|(it, _)| *it == key)
                .map(|it| it.1)
        };
        let control = match fact("control") {
            None => None,
            Some(word) => Some(Control::of(word)?),
        };
        let hash = |key: &str| -> Option<Hash> { unhex(fact(key)?)?.try_into().ok() };
        match (event.kind, fact("opinion")) {
            (EventKind::Review, Some("validated")) => Some(Self::Validated { control }),
            (EventKind::Review, Some("rejected")) => Some(Self::Rejected {
                reason: event.reason,
                control,
            }),
            (EventKind::Override, None) => Some(Self::Overridden {
                band: fact("band")?.parse().ok()?,
                reason: event.reason,
                control,
            }),
            (EventKind::Contest, None) => Some(Self::Contested {
                request: hash("request")?,
            }),
            (EventKind::Release, None) => Some(Self::Released {
                release: fact("release")?.parse().ok()?,
                tool: fact("tool")?.parse().ok()?,
                message: Message::of(fact("message")?)?,
                facts: event
                    .facts
                    .pairs()
                    .filter(|(key, _)| !OF_RELEASES.contains(key))
                    .map(|(key, value)| Some((key.parse().ok()?, value.to_owned())))
                    .collect::<Option<_>>()?,
            }),
            (EventKind::Access, None) => Some(Self::Accessed {
                what: Seen::of(fact("what")?)?,
                why: fact("why")?.parse().ok()?,
            }),
            (EventKind::Objection, None) => Some(Self::Objected {
                scope: Scope::of(fact("scope")?)?,
                request: hash("request")?,
            }),
            (EventKind::Outcome, None) => Some(Self::Became {
                won: match fact("outcome")? {
                    "won" => true,
                    "lost" => false,
                    _ => return None,
                },
                date: match fact("date") {
                    Some(text) => Some(text.parse().ok()?),
                    None => None,
                },
            }),
            _ => None,
        }
    }
}

fn of(facts: &BTreeMap<String, String>) -> Result<Facts, ledger::Error> {
    Facts::of(
        facts
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str())),
    )
}

/// What the record says of a free text: it confirms the text only to whoever holds the salt.
#[must_use]
pub fn note_commitment(salt: &[u8; 16], text: &str) -> Hash {
    sha256(&[b"probant/note/v1\0", salt, text.as_bytes()])
}

/// The commitment of the free text that came with an event.
#[must_use]
pub fn note(event: &Event) -> Option<Hash> {
    let (_, text) = event.facts.pairs().find(|(key, _)| *key == NOTE)?;
    unhex(text)?.try_into().ok()
}

/// What a person signs of an act: everything that it says but where it stands.
#[must_use]
pub fn signed_text(event: &Event) -> String {
    let decision = event
        .decision
        .map_or_else(|| "none".to_owned(), |it| it.to_string());
    let head = format!(
        "probant/act/v1\nkind {}\nevent {}\npseudonym {}\ndecision {decision}\nactor {}\nreason {}\nshown {}\ntime {}\n",
        event.kind as u8,
        hex(&event.event),
        hex(&event.pseudonym),
        hex(&event.actor),
        event.reason,
        hex(&event.shown),
        event.time,
    );
    let facts = event.facts.pairs().filter(|(key, _)| *key != SIGNATURE);
    facts.fold(head, |text, (key, value)| text + key + "=" + value + "\n")
}

/// The same event with its signature.
pub fn sign(event: &Event, key: &SigningKey) -> Result<Event, ledger::Error> {
    let signature = base64(&key.sign(signed_text(event).as_bytes()));
    let pairs = event.facts.pairs().filter(|(key, _)| *key != SIGNATURE);
    let mut facts: BTreeMap<String, String> = pairs
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect();
    facts.insert(SIGNATURE.to_owned(), signature);
    Ok(Event {
        facts: of(&facts)?,
        ..event.clone()
    })
}

/// Whether an event bears a signature, and whether it is `by`'s.
#[must_use]
pub fn is_signed(event: &Event, by: &Verifier) -> bool {
    let signature = event.facts.pairs().find(|(key, _)| *key == SIGNATURE);
    signature
        .and_then(|(_, text)| unbase64(text))
        .is_some_and(|it| by.signed(signed_text(event).as_bytes(), &it))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::Secret;

    fn around() -> Circumstances {
        Circumstances {
            event: [1; 16],
            pseudonym: [2; 16],
            decision: Some(7),
            actor: "revue-1".parse().unwrap(),
            shown: [3; 32],
            time: 1_764_000_000,
            note: Some([4; 32]),
        }
    }

    fn every_act() -> Vec<Act> {
        let control = [None, Some(Control::Found), Some(Control::Missed)];
        let mut acts: Vec<Act> = control
            .into_iter()
            .flat_map(|control| {
                [
                    Act::Validated { control },
                    Act::Rejected { reason: 3, control },
                    Act::Overridden {
                        band: "hot".parse().unwrap(),
                        reason: 9,
                        control,
                    },
                ]
            })
            .collect();
        acts.push(Act::Contested { request: [5; 32] });
        acts.extend(Message::ALL.iter().map(|message| Act::Released {
            release: EventId([6; 16]),
            tool: "mailer".parse().unwrap(),
            message: *message,
            facts: BTreeMap::from([
                ("audience".parse().unwrap(), "b2b".to_owned()),
                ("zone".parse().unwrap(), "x".to_owned()),
            ]),
        }));
        acts.extend(Seen::ALL.iter().map(|what| Act::Accessed {
            what: *what,
            why: "contest".parse().unwrap(),
        }));
        acts.extend(Scope::ALL.iter().map(|scope| Act::Objected {
            scope: *scope,
            request: [8; 32],
        }));
        for won in [true, false] {
            let day = NaiveDate::from_ymd_opt(2026, 3, 31);
            acts.extend([None, day].map(|date| Act::Became { won, date }));
        }
        acts
    }

    #[test]
    fn every_act_is_read_back_from_its_record() {
        let plain = Circumstances {
            note: None,
            ..around()
        };
        for act in every_act() {
            let event = act.record(&plain).unwrap();
            let back = Event::decode(&event.encode().unwrap()).unwrap();
            assert_eq!(Act::of(&back), Some(act));
        }
        let told = every_act()[0].record(&around()).unwrap();
        assert_eq!(note(&told), Some([4; 32]));
        assert_eq!(Act::of(&told), Some(every_act().remove(0)));
    }

    #[test]
    fn a_signature_covers_everything_that_an_act_says() {
        let key = SigningKey::of(&Secret::new([9; 32]));
        let (by, other) = (
            Verifier::new("revue-1", &key),
            Verifier::new("revue-2", &SigningKey::of(&Secret::new([8; 32]))),
        );
        for act in every_act() {
            let event = sign(&act.record(&around()).unwrap(), &key).unwrap();
            assert!(is_signed(&event, &by) && !is_signed(&event, &other));
            let moved = Event {
                segment: [7; 16],
                row: 9,
                ..event.clone()
            };
            assert!(
                is_signed(&moved, &by),
                "where it stands is not its signer's to say"
            );
            let changed = [
                Event {
                    event: [0; 16],
                    ..event.clone()
                },
                Event {
                    pseudonym: [0; 16],
                    ..event.clone()
                },
                Event {
                    decision: None,
                    ..event.clone()
                },
                Event {
                    actor: [0; 16],
                    ..event.clone()
                },
                Event {
                    reason: 77,
                    ..event.clone()
                },
                Event {
                    shown: [0; 32],
                    ..event.clone()
                },
                Event {
                    time: 0,
                    ..event.clone()
                },
                Event {
                    kind: EventKind::Request,
                    ..event.clone()
                },
            ];
            for changed in changed {
                assert!(!is_signed(&changed, &by));
            }
            for (at, _) in event.facts.pairs().enumerate() {
                let altered = event
                    .facts
                    .pairs()
                    .enumerate()
                    .map(|(it, (key, value))| (key, if it == at { "other" } else { value }));
                let facts = Facts::of(altered).unwrap();
                assert!(!is_signed(
                    &Event {
                        facts,
                        ..event.clone()
                    },
                    &by
                ));
            }
        }
    }
}
