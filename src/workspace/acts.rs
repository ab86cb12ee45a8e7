//! What happened to people's leads, recorded and known again.
//!
//! An act is a leaf of an event segment before it is anything else; what is
//! asked quickly is a projection of those leaves in `state.db`, brought up to
//! date from the ledger whenever it is opened, so that no crash leaves the two
//! apart and a lost `state.db` costs free text only.

use std::collections::btree_map::Entry as TreeSlot;
use std::collections::hash_map::Entry as Slot;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::NaiveDate;

use super::error::Error;
use super::journal::{Commit, Placed, Receipt, View, Writer};
use super::log::Trouble;
use super::person;
use super::state::{State, Told, Which};
use super::{Workspace, World, binary};
use crate::digest::Digest;
use crate::event;
use crate::ledger::entry::Document;
use crate::ledger::record::actor;
use crate::ledger::text::Progress;
use crate::ledger::{
    BasisName, Entry, Event, EventKind, Heading, RunId, SegmentId, SegmentKind, Time,
};
use crate::name::Token;
use crate::policy;

/// Rows of a segment, at most.
const MOST_ROWS: usize = 1 << 20;

/// What stands for the encoder of whoever was never scored.
const NO_SCHEMA: &[u8] = b"probant/schema/none\n";

/// An act to be recorded.
#[derive(Clone, Debug)]
pub struct Doing {
    /// The id of the key that its pseudonym is under.
    pub kid: Token,
    /// The purpose.
    pub purpose: Token,
    /// The encoder of the decision that it is about; none where it is about no decision.
    pub schema: Option<Digest>,
    /// How long it is kept; as long as the purpose keeps predictions where nothing is said.
    pub retention: Option<(Token, NaiveDate)>,
    /// Its record.
    pub event: Event,
    /// The free text that its record commits to, with the salt.
    pub note: Option<([u8; 16], String)>,
}

/// Records the entries of `commit` and every act, durable and known when this returns.
pub fn record(
    ws: &Workspace,
    world: &mut World,
    writer: &mut Writer,
    mut commit: Commit,
    acts: Vec<Doing>,
) -> Result<Receipt, Error> {
    let mut state = ws.state()?;
    catch_up(&mut state, writer.view())?;
    state.drop_orphaned_notes()?;
    let mut batches: BTreeMap<_, (Heading, Vec<Event>)> = BTreeMap::new();
    for doing in acts {
        if let Some((salt, text)) = &doing.note {
            state.keep_note(&doing.event.event, salt, text)?;
        }
        let key = (
            doing.kid.clone(),
            doing.purpose.clone(),
            doing.schema.map(|it| it.0),
            doing.retention.clone(),
        );
        let batch = match batches.entry(key) {
            TreeSlot::Occupied(known) => known.into_mut(),
            TreeSlot::Vacant(new) => {
                let heading = heading(ws, world, writer.view(), &doing, &mut commit)?;
                new.insert((heading, Vec::new()))
            }
        };
        batch.1.push(doing.event);
    }
    let batches: Vec<_> = batches
        .into_values()
        .flat_map(|(heading, events)| {
            let parts = events.chunks(MOST_ROWS).map(<[Event]>::to_vec);
            let parts: Vec<_> = parts.map(|part| (heading.clone(), part)).collect();
            parts
        })
        .collect();
    let receipt = writer.append_events(&commit, &batches, &mut world.entropy)?;
    catch_up(&mut state, writer.view())?;
    Ok(receipt)
}

/// What an event segment says of itself; documents that it names and the log does not hold yet join `commit`.
fn heading(
    ws: &Workspace,
    world: &mut World,
    view: &View,
    doing: &Doing,
    commit: &mut Commit,
) -> Result<Heading, Error> {
    let pack = ws.pack()?;
    let document = |document| Document {
        document,
        time: world.now,
    };
    let mut keep = |bytes: &[u8], entry: fn(Document) -> Entry| {
        let digest = Digest::of(bytes);
        let entry = entry(document(digest));
        let held = |it: &Entry| it.documents() == Some(digest) && it.kind() == entry.kind();
        if !view.entries().any(|(_, it)| held(it)) && !commit.entries.iter().any(held) {
            commit.documents.push(bytes.to_vec());
            commit.entries.push(entry);
        }
        digest
    };
    let policy = keep(ws.policy_text.as_bytes(), Entry::Policy);
    let law = keep(pack.text().as_bytes(), Entry::Law);
    let schema = match doing.schema {
        Some(schema) => schema,
        None => keep(NO_SCHEMA, Entry::Schema),
    };
    Ok(Heading {
        run: RunId(doing.event.event),
        model: None,
        schema,
        policy,
        law,
        binary: binary(),
        kid: doing.kid.clone(),
        purpose: doing.purpose.clone(),
        basis: Vec::<(u8, BasisName)>::new(),
        outcomes: Vec::new(),
        retention: doing
            .retention
            .clone()
            .unwrap_or_else(|| retention(ws, world.now, &doing.purpose)),
    })
}

/// Events are kept as long as the purpose keeps predictions, from today; ten years where it is no more.
fn retention(ws: &Workspace, now: Time, purpose: &Token) -> (Token, NaiveDate) {
    let class = "events".parse().expect("the class is written as a token");
    let purpose = ws.policy.purpose(purpose.as_str());
    let days = purpose.map_or(3653, |purpose| u64::from(purpose.retention_days));
    let until = ws.civil_date(now).checked_add_days(chrono::Days::new(days));
    (class, until.unwrap_or(NaiveDate::MAX))
}

/// Brings what `state` knows of acts up to what the ledger holds.
pub fn catch_up(state: &mut State, view: &View) -> Result<(), Error> {
    let mut known = state.taken()?;
    let gone = gaps(view);
    for placed in view
        .segments()
        .filter(|placed| placed.entry.kind == SegmentKind::Events)
    {
        let gaps = gone.get(&placed.entry.id).copied().unwrap_or(0);
        if known.remove(&placed.entry.id) != Some(gaps) {
            state.take_in(placed.entry.id, gaps, &told(view, placed)?)?;
        }
    }
    for segment in known.into_keys() {
        state.leave_out(segment)?;
    }
    let left = gone.values().sum::<u64>() + view.purged().len() as u64;
    sweep(state, view, left)
}

/// Forgets what was drawn or planted about decisions that left the ledger; `left` grows whenever something leaves.
fn sweep(state: &mut State, view: &View, left: u64) -> Result<(), Error> {
    let mut gone = Vec::new();
    let mut erased: HashMap<SegmentId, BTreeSet<u32>> = HashMap::new();
    let drawn = state.unswept(left)?;
    for number in &drawn {
        let Some((placed, row)) = view.decision(*number) else {
            gone.push(*number);
            continue;
        };
        let rows = match erased.entry(placed.entry.id) {
            Slot::Occupied(known) => known.into_mut(),
            Slot::Vacant(new) => new.insert(view.erased(placed)?.rows().into_iter().collect()),
        };
        if rows.contains(&row) {
            gone.push(*number);
        }
    }
    if !drawn.is_empty() {
        state.sweep(&gone, left)?;
    }
    Ok(())
}

/// Event segments of which `state` says something else than their leaves do; what it has not taken in yet is none.
pub fn differing(state: &State, view: &View) -> Result<Vec<String>, Error> {
    let known = state.taken()?;
    let gone = gaps(view);
    let mut ours: HashMap<SegmentId, Vec<Told>> = HashMap::new();
    for it in state.acts(Which::All)? {
        ours.entry(SegmentId(it.event.segment))
            .or_default()
            .push(it);
    }
    let mut differing = Vec::new();
    for placed in view.segments() {
        let id = placed.entry.id;
        let gaps = gone.get(&id).copied().unwrap_or(0);
        if placed.entry.kind != SegmentKind::Events || known.get(&id) != Some(&gaps) {
            continue;
        }
        let mut ours = ours.remove(&id).unwrap_or_default();
        ours.sort_by_key(|it| it.event.row);
        if ours != told(view, placed)? {
            differing.push(format!("ledger/segments/{id}"));
        }
    }
    Ok(differing)
}

/// Refuses to let anything out on acts that a hand changed in `state.db`; it has caught up with `view`.
pub fn unchanged(state: &State, view: &View) -> Result<(), Error> {
    match differing(state, view)?.first() {
        None => Ok(()),
        Some(segment) => Err(Error::Refused {
            what: format!(
                "`state.db` does not say what the ledger says of {segment}: a hand changed it"
            ),
            hint: "run `probant doctor --rebuild`: it is made again from the ledger",
        }),
    }
}

/// How many rows of each segment erasures have taken that were carried out.
fn gaps(view: &View) -> HashMap<SegmentId, u64> {
    let acts = || {
        view.entries().filter_map(|(_, entry)| match entry {
            Entry::Erase(erase) => Some(erase),
            _ => None,
        })
    };
    let done: Vec<_> = acts()
        .filter(|erase| erase.state == Progress::Done)
        .map(|erase| erase.event)
        .collect();
    let mut gaps = HashMap::new();
    for erase in acts().filter(|it| it.state == Progress::Intent && done.contains(&it.event)) {
        for rows in &erase.rows {
            *gaps.entry(rows.segment).or_default() += u64::from(rows.count);
        }
    }
    gaps
}

/// The live acts of an event segment.
fn told(view: &View, placed: &Placed) -> Result<Vec<Told>, Error> {
    let mut acts = Vec::new();
    view.leaves(placed, None, |leaf| {
        if let super::journal::Leaf::Record { bytes, .. } = leaf {
            acts.push(Told {
                kid: placed.entry.kid.clone(),
                purpose: placed.entry.purpose.clone(),
                event: Event::decode(bytes)?,
            });
        }
        Ok::<(), Error>(())
    })?;
    Ok(acts)
}

/// What of the acts of reviewers is not signed by the person of that day's policy who is said to have done it.
pub fn unsigned(view: &View) -> Result<Vec<Trouble>, Error> {
    let mut troubles = Vec::new();
    let mut policies: HashMap<Digest, Option<policy::Policy>> = HashMap::new();
    for placed in view
        .segments()
        .filter(|placed| placed.entry.kind == SegmentKind::Events)
    {
        for told in told(view, placed)? {
            if !matches!(told.event.kind, EventKind::Review | EventKind::Override) {
                continue;
            }
            let policy = policies.entry(placed.entry.policy).or_insert_with(|| {
                let text = String::from_utf8(view.document(&placed.entry.policy).ok()?).ok()?;
                policy::parse(&text).ok()
            });
            let signer = policy.as_ref().and_then(|policy| {
                let mut people = policy.people.iter();
                people.find(|person| actor(&person.id) == told.event.actor)
            });
            let signed = signer
                .and_then(|person| person::verifier(person).ok())
                .is_some_and(|by| event::is_signed(&told.event, &by));
            if !signed {
                troubles.push(Trouble {
                    file: format!("ledger/segments/{}", placed.entry.id),
                    why: format!(
                        "row {}: a review that the person who is said to have done it did not sign",
                        told.event.row
                    ),
                });
            }
        }
    }
    Ok(troubles)
}
