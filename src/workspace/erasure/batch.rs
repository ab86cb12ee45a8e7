//! The night's batch: waiting requests carried out together, and what is past its date destroyed.
//!
//! One erasure for all requests of a batch: one for each would tell which
//! rows belong to one person.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::{Deserialize, Serialize};

use super::lapsed::lapsed;
use super::redact::{self, redact};
use super::{Rows, is_held, replay, rows_about};
use crate::ledger::entry::request_commitment;
use crate::ledger::text::Progress;
use crate::ledger::{Entry, EventId, SegmentId, SegmentKind};
use crate::name::Token;
use crate::policy::Right;
use crate::workspace::error::Error;
use crate::workspace::journal::{Erasure, View, Writer};
use crate::workspace::state::{Kind, Request, State};
use crate::workspace::{Recorded, Workspace, World};
use crate::workspace::{acts, handed, restore};

pub use redact::FileDone;

/// Who acts when nobody is named: the batch that every night ends with.
const NIGHTLY: &str = "nightly";

/// What a batch did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Batch {
    /// Of this document.
    pub schema_version: u32,
    /// Requests carried out.
    pub requests: u64,
    /// Requests that wait because a restriction stands on their records.
    pub held_requests: u64,
    /// Records erased on request.
    pub records: u64,
    /// Records past their date that were destroyed.
    pub expired: u64,
    /// Records of leads that the law refuses because their last contact is too old.
    #[serde(default, skip_serializing_if = "is_none")]
    pub lapsed: u64,
    /// Of the segments past their date, those destroyed whole.
    pub purged_segments: u64,
    /// Records past their date that a restriction keeps.
    pub held: u64,
    /// Trainings past their date: what opened their fingerprints and the commitments to their files was destroyed.
    #[serde(default, skip_serializing_if = "is_none")]
    pub trainings: u64,
    /// The acts in the log.
    pub events: Vec<String>,
    /// Files that were handed over, and what became of them.
    pub files: Vec<FileDone>,
    /// To whom these records had been handed: they must be told (GDPR art. 19).
    pub told: Vec<Told>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
fn is_none(count: &u64) -> bool {
    *count == 0
}

/// Somebody to whom records were handed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Told {
    /// The recipient's id.
    pub recipient: String,
    /// UTC.
    pub time: String,
}

impl Told {
    fn of(it: &handed::HandOver) -> Self {
        Self {
            recipient: it.recipient.to_string(),
            time: it.time.to_string(),
        }
    }
}

impl Batch {
    /// Whether there was nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.requests == 0
            && self.held_requests == 0
            && self.events.is_empty()
            && self.purged_segments == 0
            && self.held == 0
            && self.trainings == 0
    }
}

/// Carries out waiting requests and what is due, durable when this returns.
pub fn carry_out(
    ws: &Workspace,
    world: &mut World,
    person: Option<&Token>,
) -> Result<Recorded<Batch>, Error> {
    let mut batch = Batch {
        schema_version: 1,
        ..Batch::default()
    };
    let nightly = NIGHTLY.parse().expect("a word is a name");
    let actor = person.unwrap_or(&nightly);
    let (mut writer, _no_run) = Writer::open_alone(&ws.root, &world.disk)?;
    // A crash may have come between an erasure and what the desk forgets with it.
    acts::catch_up(&mut ws.state()?, writer.view())?;
    // A file on its way to its place may name whoever is about to be erased.
    restore::recover(&mut ws.state()?, writer.view(), &world.disk)?;
    resume(ws, world, &mut writer, &mut batch)?;
    requests(ws, world, &mut writer, actor, &mut batch)?;
    forget(ws, world, &mut writer, actor, &mut batch)?;
    retention(ws, world, &mut writer, actor, &mut batch)?;
    // Nothing is recorded of it: a key that is gone shows by itself, and its fingerprint stays what it was.
    batch.trainings = ws.state()?.forget_trainings(ws.civil_date(world.now))?;
    Ok(Recorded(batch))
}

/// Destroys what is past its date, and carries out what waits, on somebody's word.
pub fn purge(
    ws: &Workspace,
    world: &mut World,
    person: Option<&str>,
) -> Result<Recorded<Batch>, Error> {
    let person = ws.may(person, Right::Purge)?.id.clone();
    carry_out(ws, world, Some(&person))
}

/// What a batch would do today, without doing it.
pub fn preview(ws: &Workspace, world: &World, person: Option<&str>) -> Result<Batch, Error> {
    ws.may(person, Right::Purge)?;
    let view = View::open(&ws.root)?;
    let held = view.restricted()?;
    let mut batch = Batch {
        schema_version: 1,
        requests: waiting(&ws.state()?)?.len() as u64,
        trainings: ws.state()?.overdue_trainings(ws.civil_date(world.now))?,
        ..Batch::default()
    };
    let over = lapsed(&view, &ws.state()?)?;
    batch.lapsed = over.count();
    batch.held += over.held;
    for placed in view.overdue(ws.civil_date(world.now)) {
        let rows = u64::from(placed.entry.rows);
        let kept = held.get(&placed.entry.id).map_or(0, BTreeSet::len) as u64;
        let gone = view.erased(placed)?.pairs().len() as u64;
        batch.purged_segments += u64::from(kept == 0);
        batch.expired += rows - gone - kept;
        batch.held += kept;
    }
    Ok(batch)
}

/// Finishes erasures that were begun: files first, while the ledger still knows whose rows they are.
pub(in crate::workspace) fn resume(
    ws: &Workspace,
    world: &mut World,
    writer: &mut Writer,
    batch: &mut Batch,
) -> Result<(), Error> {
    let unfinished = writer.unfinished()?;
    if unfinished.is_empty() {
        return Ok(());
    }
    let mut state = ws.state()?;
    for listed in unfinished {
        if !writer.is_carried_out(&listed)? {
            let done = redact(ws, writer.view(), &mut state, &world.disk, &listed)?;
            batch.files.extend(done);
        }
        let mut entropy = world.entropy.fork();
        writer.carry_out(&listed, &replay, &mut entropy)?;
        writer.finish_erasure(&listed, world.now)?;
        batch.events.push(listed.event.to_string());
        settle(&mut state, writer.view(), &world.now.to_string())?;
    }
    // What the desk knew of these people's reviews, releases and objections leaves with its leaves.
    acts::catch_up(&mut state, writer.view())?;
    state.drop_orphaned_notes()?;
    Ok(())
}

fn waiting(state: &State) -> Result<Vec<Request>, Error> {
    let mut requests = state.requests()?;
    requests.retain(|it| it.kind == Kind::Erase.token() && it.done.is_none());
    Ok(requests)
}

/// Closes requests whose act is done, and puts back those whose act never came into the log.
fn settle(state: &mut State, view: &View, now: &str) -> Result<(), Error> {
    let said = |event: EventId, state: Option<Progress>| {
        view.entries().any(|(_, entry)| {
            matches!(entry, Entry::Erase(it) if it.event == event && state.is_none_or(|state| it.state == state))
        })
    };
    let (mut done, mut back) = (Vec::new(), Vec::new());
    for request in waiting(state)? {
        match request.event {
            Some(event) if said(event, Some(Progress::Done)) => done.push(request.id),
            Some(event) if !said(event, None) => back.push(request.id),
            _ => {}
        }
    }
    state.answered(&done, now)?;
    Ok(state.put_back(&back)?)
}

fn requests(
    ws: &Workspace,
    world: &mut World,
    writer: &mut Writer,
    actor: &Token,
    batch: &mut Batch,
) -> Result<(), Error> {
    let mut state = ws.state()?;
    let now = world.now.to_string();
    settle(&mut state, writer.view(), &now)?;
    let waiting = waiting(&state)?;
    if waiting.is_empty() {
        return Ok(());
    }
    let mut owners: HashMap<[u8; 16], Vec<usize>> = HashMap::new();
    for (at, request) in waiting.iter().enumerate() {
        for whose in state.whose(request.id)? {
            owners.entry(whose.pseudonym).or_default().push(at);
        }
    }
    let found = rows_about(writer.view(), &owners)?;
    let held = writer.view().restricted()?;
    let waits: BTreeSet<usize> = found
        .iter()
        .filter(|(segment, row, _)| is_held(&held, *segment, *row))
        .map(|(_, _, at)| *at)
        .collect();
    batch.held_requests += waits.len() as u64;
    let mut rows = Rows::new();
    for (segment, row, at) in &found {
        if !waits.contains(at) {
            rows.entry(*segment).or_default().push(*row);
        }
    }
    // Two requests may be about one person.
    for rows in rows.values_mut() {
        rows.sort_unstable();
        rows.dedup();
    }
    let taken: Vec<&Request> = waiting
        .iter()
        .enumerate()
        .filter(|(at, _)| !waits.contains(at))
        .map(|(_, request)| request)
        .collect();
    let ids: Vec<i64> = taken.iter().map(|request| request.id).collect();
    batch.requests += ids.len() as u64;
    if rows.is_empty() {
        return Ok(state.answered(&ids, &now)?);
    }
    batch.records += rows.values().map(|rows| rows.len() as u64).sum::<u64>();
    let mut theirs: BTreeMap<usize, Vec<(SegmentId, u32)>> = BTreeMap::new();
    for (segment, row, at) in &found {
        if !waits.contains(at) {
            theirs.entry(*at).or_default().push((*segment, *row));
        }
    }
    let mut told: BTreeMap<i64, Vec<Told>> = BTreeMap::new();
    for (at, rows) in theirs {
        let recipients = handed::recipients(writer.view(), &rows)?;
        told.insert(waiting[at].id, recipients.iter().map(Told::of).collect());
    }
    let event = EventId(world.entropy.bytes());
    let reasons: BTreeSet<&str> = taken.iter().map(|it| it.reason.as_str()).collect();
    let reason = match reasons.first() {
        Some(only) if reasons.len() == 1 => *only,
        _ => "art17-1",
    };
    let mut commitments: Vec<[u8; 32]> = taken
        .iter()
        .map(|it| request_commitment(&it.salt, &it.reference))
        .collect();
    commitments.sort_unstable();
    commitments.dedup();
    state.take_up(&ids, event, &|id| {
        let theirs = told.get(&id).map_or(&[][..], Vec::as_slice);
        serde_json::to_string(theirs).unwrap_or_else(|_| "[]".to_owned())
    })?;
    let erasure = Erasure {
        event,
        time: world.now,
        actor: actor.clone(),
        reason: reason.parse().map_err(|_| unworded())?,
        requests: commitments,
        rows,
    };
    writer.begin_erasure(&erasure, &replay)?;
    let all: BTreeSet<Told> = told.into_values().flatten().collect();
    batch.told.extend(all);
    resume(ws, world, writer, batch)
}

fn unworded() -> Error {
    Error::Usage {
        what: "a reason for an erasure is an article, as `art17-1-b`".to_owned(),
        hint: "art17-1-a to art17-1-f; see GDPR art. 17(1)",
    }
}

/// Erases what was recorded of leads whose retention is over, as the night's refusals say.
fn forget(
    ws: &Workspace,
    world: &mut World,
    writer: &mut Writer,
    actor: &Token,
    batch: &mut Batch,
) -> Result<(), Error> {
    let mut state = ws.state()?;
    let over = lapsed(writer.view(), &state)?;
    batch.held += over.held;
    batch.lapsed += over.count();
    if !over.rows.is_empty() {
        let erasure = Erasure {
            event: EventId(world.entropy.bytes()),
            time: world.now,
            actor: actor.clone(),
            reason: "retention".parse().expect("a word is a name"),
            requests: Vec::new(),
            rows: over.rows,
        };
        writer.begin_erasure(&erasure, &replay)?;
        resume(ws, world, writer, batch)?;
    }
    Ok(state.remember_lapsed(&over.done)?)
}

/// Destroys segments past their date; of one that holds restricted rows, all the others.
fn retention(
    ws: &Workspace,
    world: &mut World,
    writer: &mut Writer,
    actor: &Token,
    batch: &mut Batch,
) -> Result<(), Error> {
    let today = ws.civil_date(world.now);
    let held = writer.view().restricted()?;
    let (mut whole, mut partly): (Vec<SegmentId>, Rows) = (Vec::new(), Rows::new());
    for placed in writer.view().overdue(today) {
        let id = placed.entry.id;
        let Some(kept) = held.get(&id) else {
            let gone = writer.view().erased(placed)?.pairs().len() as u64;
            batch.expired += u64::from(placed.entry.rows) - gone;
            whole.push(id);
            continue;
        };
        batch.held += kept.len() as u64;
        let mut rows = Vec::new();
        writer.view().scan(placed, |row, _| {
            if !kept.contains(&row) {
                rows.push(row);
            }
        })?;
        if !rows.is_empty() {
            batch.expired += rows.len() as u64;
            partly.insert(id, rows);
        }
    }
    if !partly.is_empty() {
        let erasure = Erasure {
            event: EventId(world.entropy.bytes()),
            time: world.now,
            actor: actor.clone(),
            reason: "retention".parse().expect("a word is a name"),
            requests: Vec::new(),
            rows: partly,
        };
        writer.begin_erasure(&erasure, &replay)?;
        resume(ws, world, writer, batch)?;
    }
    if whole.is_empty() {
        return Ok(());
    }
    let mut state = ws.state()?;
    for (run, kinds) in runs_of(writer.view(), &whole) {
        let files = redact::remove(writer.view(), &mut state, &world.disk, &run, &kinds)?;
        batch.files.extend(files);
    }
    let event = EventId(world.entropy.bytes());
    writer.purge(&whole, (event, world.now), actor)?;
    acts::catch_up(&mut state, writer.view())?;
    state.drop_orphaned_notes()?;
    batch.purged_segments += whole.len() as u64;
    batch.events.push(event.to_string());
    Ok(())
}

/// The runs of which no segment of a kind will be left, with those kinds.
fn runs_of(view: &View, gone: &[SegmentId]) -> BTreeMap<String, Vec<SegmentKind>> {
    let mut runs: BTreeMap<String, Vec<SegmentKind>> = BTreeMap::new();
    for kind in [SegmentKind::Proposals, SegmentKind::Refusals] {
        let of_kind = || view.segments().filter(move |it| it.entry.kind == kind);
        let leaving = of_kind().filter(|it| gone.contains(&it.entry.id));
        for run in leaving.map(|it| it.entry.run).collect::<BTreeSet<_>>() {
            let left = of_kind().any(|it| it.entry.run == run && !gone.contains(&it.entry.id));
            if !left {
                runs.entry(run.to_string()).or_default().push(kind);
            }
        }
    }
    runs
}
