//! The suppression set: who objected, or was erased on request, and may not be scored when the CRM exports them again.
//!
//! It knows people by a keyed hash of their identifier, under a key of its own
//! that outlives pseudonym periods. It is read from the ledger's leaves, so a
//! lost `state.db` forgets nobody; nothing takes anybody out of it.

use std::collections::HashMap;

use chrono::NaiveDate;
use rayon::prelude::*;

use super::acts::{self, Doing};
use super::error::Error;
use super::journal::{Commit, View, Writer};
use super::state::Which;
use super::{Workspace, World};
use crate::event::{Act, Circumstances};
use crate::law::words::Scope;
use crate::ledger::Hash;
use crate::name::{IdType, Token};
use crate::pseudonym::{Key, Master};
use crate::table::Texts;

/// The purpose that stands in the derivation of the set's key, and on its segments.
const PURPOSE: &str = "suppression";

/// Who may not be scored.
#[derive(Default)]
pub struct Suppressed {
    id_type: Option<IdType>,
    key: Option<Key>,
    people: HashMap<[u8; 16], Scope>,
}

/// What is asked for one person.
pub struct Wish<'a> {
    /// The person's identifier, normalised.
    pub normal: &'a str,
    /// From what.
    pub scope: Scope,
    /// The commitment of the request.
    pub request: Hash,
    /// Who took it.
    pub actor: &'a Token,
}

impl Suppressed {
    /// The set as the ledger holds it.
    pub fn open(ws: &Workspace, view: &View, id_type: IdType) -> Result<Self, Error> {
        let Some((kid, secret)) = view.suppression_key()? else {
            return Ok(Self::default());
        };
        let mut state = ws.state()?;
        acts::catch_up(&mut state, view)?;
        let mut people: HashMap<[u8; 16], Scope> = HashMap::new();
        for told in state.acts(Which::Key(&kid))? {
            if let Some(Act::Objected { scope, .. }) = Act::of(&told.event) {
                let known = people.get(&told.event.pseudonym).copied();
                people.insert(told.event.pseudonym, both(known, scope));
            }
        }
        Ok(Self {
            id_type: Some(id_type),
            key: Some(Master::new(secret.expose()).key(&purpose(), id_type)),
            people,
        })
    }

    /// What a person is suppressed from, by the identifier as it came.
    #[must_use]
    pub fn scope(&self, identifier: &str) -> Option<Scope> {
        if self.people.is_empty() {
            return None;
        }
        let key = self.key.as_ref()?;
        let whose = match self.id_type {
            Some(IdType::Row) => key.pseudonym(identifier),
            _ => key.of(identifier).ok()?,
        };
        self.people.get(&whose.0).copied()
    }

    /// The same of each of these, in their order; nothing at all while nobody is suppressed.
    #[must_use]
    pub fn scopes(&self, identifiers: &Texts) -> Vec<Option<Scope>> {
        if self.people.is_empty() {
            return Vec::new();
        }
        (0..identifiers.len())
            .into_par_iter()
            .with_min_len(1024)
            .map(|row| self.scope(identifiers.get(row).unwrap_or_default()))
            .collect()
    }
}

/// The purpose of the set.
pub fn purpose() -> Token {
    PURPOSE.parse().expect("a word is a name")
}

/// What two entries about one person come to.
fn both(known: Option<Scope>, more: Scope) -> Scope {
    match (known, more) {
        (None, only) => only,
        (Some(Scope::Erased), _) | (_, Scope::Erased) => Scope::Erased,
        (Some(same), more) if same == more => same,
        (Some(_), _) => Scope::All,
    }
}

/// Records wishes that the set does not hold yet, durable when this returns; how many were new.
pub fn suppress(
    ws: &Workspace,
    world: &mut World,
    writer: &mut Writer,
    wishes: &[Wish<'_>],
) -> Result<u64, Error> {
    let (_, id_type) = ws.policy.identifier();
    let held = Suppressed::open(ws, writer.view(), id_type)?;
    let (kid, secret) = writer.suppression_key(&mut world.entropy, world.now)?;
    let key = Master::new(secret.expose()).key(&purpose(), id_type);
    let mut doings = Vec::new();
    let mut people = held.people;
    for wish in wishes {
        let pseudonym = key.pseudonym(wish.normal).0;
        let known = people.get(&pseudonym).copied();
        if known.is_some_and(|known| both(Some(known), wish.scope) == known) {
            continue;
        }
        people.insert(pseudonym, both(known, wish.scope));
        let act = Act::Objected {
            scope: wish.scope,
            request: wish.request,
        };
        let event = act.record(&Circumstances {
            event: world.entropy.bytes(),
            pseudonym,
            decision: None,
            actor: wish.actor.clone(),
            shown: [0; 32],
            time: world.now.0,
            note: None,
        })?;
        doings.push(Doing {
            kid: kid.clone(),
            purpose: purpose(),
            schema: None,
            retention: Some(for_ever()),
            event,
            note: None,
        });
    }
    let new = doings.len() as u64;
    if new > 0 {
        acts::record(ws, world, writer, Commit::default(), doings)?;
    }
    Ok(new)
}

/// An objection has no end (GDPR art. 21(3)), and is no data about the person but that they are to be left alone.
fn for_ever() -> (Token, NaiveDate) {
    let class = "objections".parse().expect("a word is a name");
    let end = NaiveDate::from_ymd_opt(9999, 12, 31).expect("it is a day of the calendar");
    (class, end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_wishes_of_one_person_come_to_the_wider_one() {
        assert_eq!(both(None, Scope::Promotion), Scope::Promotion);
        assert_eq!(both(Some(Scope::Promotion), Scope::Profiling), Scope::All);
        assert_eq!(
            both(Some(Scope::Profiling), Scope::Profiling),
            Scope::Profiling
        );
        for scope in Scope::ALL {
            assert_eq!(both(Some(Scope::Erased), *scope), Scope::Erased);
            assert_eq!(both(Some(*scope), Scope::Erased), Scope::Erased);
        }
    }
}
