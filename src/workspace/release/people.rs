//! The people of an export, looked up under every pseudonym that they ever had.
//!
//! A cap, an objection and a restriction follow a person, whatever purpose and
//! whatever period they were recorded under. Under a period whose master was
//! destroyed nobody is found any more: that is what destroying it is for.

use std::collections::HashMap;

use chrono::NaiveDate;

use crate::event::{Act, Message};
use crate::law::words::Scope;
use crate::ledger::{Event, EventKind, Time};
use crate::name::{IdType, Token};
use crate::policy::Channel;
use crate::pseudonym::{Key, Master};
use crate::workspace::Workspace;
use crate::workspace::error::Error;
use crate::workspace::journal::View;
use crate::workspace::state::{State, Told, Which};
use crate::workspace::suppressed::Suppressed;

/// What is remembered of one pseudonym.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    /// The days of promotional messages by the channel in question.
    pub sent: Vec<NaiveDate>,
    /// Objections.
    pub objections: Vec<Scope>,
    /// What the suppression set says.
    pub suppressed: Option<Scope>,
    /// Rows of theirs are restricted.
    pub restricted: bool,
    /// What went to the tool before, by decision and class of message.
    pub before: Vec<(u64, Message)>,
}

/// Everybody of whom something is remembered.
pub struct People {
    known: Vec<(Key, HashMap<[u8; 16], Memory>)>,
    suppressed: Suppressed,
}

impl People {
    /// What the ledger and the desk remember that matters for a release to this tool.
    pub fn of(
        ws: &Workspace,
        view: &View,
        state: &State,
        id_type: IdType,
        (tool, channel): (&Token, Channel),
    ) -> Result<Self, Error> {
        let mut by: HashMap<(Token, Token), HashMap<[u8; 16], Memory>> = HashMap::new();
        let mut about = |told: &Told, change: &dyn Fn(&mut Memory)| {
            let key = (told.kid.clone(), told.purpose.clone());
            change(
                by.entry(key)
                    .or_default()
                    .entry(told.event.pseudonym)
                    .or_default(),
            );
        };
        for told in state.acts(Which::Kind(EventKind::Objection))? {
            if let Some(Act::Objected { scope, .. }) = Act::of(&told.event) {
                about(&told, &|memory| memory.objections.push(scope));
            }
        }
        for told in state.acts(Which::Kind(EventKind::Release))? {
            let Some(Act::Released {
                tool: to, message, ..
            }) = Act::of(&told.event)
            else {
                continue;
            };
            let by_channel = fact(&told.event, "channel") == Some(channel.token());
            about(&told, &|memory| {
                if by_channel && message == Message::Promotional {
                    memory.sent.push(ws.civil_date(Time(told.event.time)));
                }
                if to == *tool
                    && let Some(decision) = told.event.decision
                {
                    memory.before.push((decision, message));
                }
            });
        }
        for (segment, rows) in view.restricted()? {
            let Some(placed) = view.placed(segment) else {
                continue;
            };
            let entry = &placed.entry;
            let here = by
                .entry((entry.kid.clone(), entry.purpose.clone()))
                .or_default();
            view.scan(placed, |row, whose| {
                if rows.contains(&row) {
                    here.entry(*whose).or_default().restricted = true;
                }
            })?;
        }
        let mut known = Vec::new();
        for ((kid, purpose), people) in by {
            if let Some(master) = view.standing_master(&kid)? {
                known.push((Master::new(master.expose()).key(&purpose, id_type), people));
            }
        }
        Ok(Self {
            known,
            suppressed: Suppressed::open(ws, view, id_type)?,
        })
    }

    /// All that is remembered of the person with this normalised identifier.
    pub fn memory(&self, normal: &str) -> Memory {
        let mut all = Memory {
            suppressed: self.suppressed.scope(normal),
            ..Memory::default()
        };
        all.objections.extend(all.suppressed);
        for (key, people) in &self.known {
            if let Some(one) = people.get(&key.pseudonym(normal).0) {
                all.sent.extend(&one.sent);
                all.objections.extend(&one.objections);
                all.restricted |= one.restricted;
                all.before.extend(&one.before);
            }
        }
        all
    }
}

/// A fact of an event.
pub fn fact<'a>(event: &'a Event, key: &str) -> Option<&'a str> {
    let mut pairs = event.facts.pairs();
    pairs.find(|(it, _)| *it == key).map(|(_, value)| value)
}
