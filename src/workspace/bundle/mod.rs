//! The auditor's bundle: what the ledger says, for somebody who has none of our programs.
//!
//! The order is the promise: the folder is written beside its place, the
//! hand-over becomes durable in the ledger, and only then does the folder get
//! its name. Whoever holds a bundle stands in the log. `FORMAT.md` §9, beside
//! the ledger's code, says what is in it.

mod choice;
mod folder;
mod pages;
mod refusal;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry as Slot;
use std::path::PathBuf;

use chrono::NaiveDate;
use serde::Serialize;

use super::error::Error;
use super::journal::{Leaf, Receipt, View, Writer};
use super::replay::Replayer;
use super::{Recorded, Workspace, World};
use crate::digest::Digest;
use crate::ledger::entry::Bundle;
use crate::ledger::record::{Event, EventKind, Facts, actor};
use crate::ledger::segment::Heading;
use crate::ledger::text::{BasisName, SegmentKind};
use crate::ledger::{Entry, EventId, Replay, RunId, note};
use crate::model::Model;
use crate::name::Token;
use crate::policy::Right;

use choice::{Chosen, Decision};
use folder::Folder;
use pages::Page;

pub use refusal::Refusal;

/// What to hand out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selection {
    /// One run: its id, its first digits, or `@latest`.
    Run(String),
    /// What was decided about one lead: all of it, or one decision.
    Lead {
        /// The identifier as the operator typed it.
        lead: String,
        /// One of its decisions.
        decision: Option<u64>,
    },
    /// The runs whose law date lies between these two, both included.
    Dates(NaiveDate, NaiveDate),
}

/// A bundle to make.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BundleRequest {
    /// What goes into it.
    pub selection: Selection,
    /// Whether everybody's rows do.
    pub rows: bool,
    /// Whom it is for: a name that the controller's register explains.
    pub recipient: String,
    /// Who hands it out: a person of the policy.
    pub person: String,
    /// The folder to make.
    pub out: PathBuf,
}

/// What was handed out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HandedOver {
    /// Of this document.
    pub schema_version: u32,
    /// The folder.
    pub out: String,
    /// For whom.
    pub recipient: String,
    /// By whom.
    pub by: String,
    /// The log's entry that records it; the first, where there are several.
    pub entry: u64,
    /// Entries of the log in the bundle.
    pub size: u64,
    /// Segments chosen.
    pub segments: u64,
    /// People's rows in it, erased ones included.
    pub rows: u64,
    /// Of them, erased.
    pub erased: u64,
    /// One lead's decisions in it.
    pub decisions: Vec<u64>,
}

/// Rows that were written.
#[derive(Clone, Copy, Default)]
struct Count {
    rows: u64,
    erased: u64,
}

/// Hands out a bundle, and records to whom before it appears.
pub fn bundle(
    ws: &Workspace,
    world: &mut World,
    request: &BundleRequest,
) -> Result<Recorded<HandedOver>, Error> {
    let recipient: Token = request.recipient.parse().map_err(|_| Refusal::Recipient)?;
    let person = ws.may(Some(&request.person), Right::Bundle)?.id.clone();
    let view = View::open(&ws.root)?;
    let chosen = choice::choose(ws, &view, request)?;
    unrestricted(&view, &chosen, request.rows)?;
    let disk = world.disk.clone();
    let mut folder = Folder::start(ws, &disk, &request.out)?;
    let count = stage(&view, &chosen, request.rows, &mut folder)?;
    let mut writer = super::erasure::writer(ws, world)?;
    let hand = Hand {
        ws,
        recipient: &recipient,
        person: &person,
    };
    not_overtaken(&view, writer.view())?;
    let receipt = hand.record(world, &mut writer, &chosen, request.rows)?;
    // Recorded. What is missing now is said by the log as it stands, this hand-over included.
    let date = ws.civil_date(world.now);
    say(
        writer.view(),
        &chosen,
        request,
        (&recipient, date),
        &mut folder,
    )?;
    let out = folder.target().display().to_string();
    folder.place()?;
    Ok(Recorded(HandedOver {
        schema_version: 1,
        out,
        recipient: recipient.to_string(),
        by: person.to_string(),
        entry: receipt.entries.start,
        size: receipt.entries.end,
        segments: chosen.segments.len() as u64,
        rows: count.rows,
        erased: count.erased,
        decisions: chosen.decisions.iter().map(|it| it.number).collect(),
    }))
}

/// Writes what does not depend on the hand-over's own entry: documents, rows, one lead's records.
fn stage(view: &View, chosen: &Chosen, rows: bool, folder: &mut Folder) -> Result<Count, Error> {
    let mut count = Count::default();
    for digest in chosen.documents() {
        folder.put(&format!("documents/{digest}"), &view.document(&digest)?)?;
    }
    for decision in &chosen.decisions {
        let (proved, place) = (&decision.proved, format!("proofs/{}", decision.number));
        folder.put(&format!("{place}/record"), &proved.bytes)?;
        folder.put(&format!("{place}/salt"), &proved.salt)?;
        folder.put(&format!("{place}/path"), &proved.path.concat())?;
        folder.put(&format!("{place}/segment.entry"), proved.entry.as_bytes())?;
        count.rows += 1;
    }
    if rows {
        let mut models = Models::default();
        for placed in &chosen.segments {
            let replay = models.of(view, placed.entry.kind, placed.entry.model.map(|it| it.0))?;
            let name = format!("segments/{}.leaves", placed.entry.id);
            folder.stream(&name, |file| {
                view.leaves(placed, replay, |leaf| {
                    count.rows += 1;
                    match leaf {
                        Leaf::Record { salt, bytes } => {
                            file.write(&[1])?;
                            file.write(salt)?;
                            file.write(&(bytes.len() as u32).to_be_bytes())?;
                            file.write(bytes)
                        }
                        Leaf::Erased { entry, hash } => {
                            count.erased += 1;
                            file.write(&[0])?;
                            file.write(&entry.to_be_bytes())?;
                            file.write(hash)
                        }
                    }
                })
            })?;
        }
    }
    Ok(count)
}

/// Refuses to hand out what may not be used (GDPR art. 18).
fn unrestricted(view: &View, chosen: &Chosen, rows: bool) -> Result<(), Error> {
    let held = view.restricted()?;
    let all = |id| held.get(&id).map_or(0, std::collections::BTreeSet::len);
    let one = |it: &&Decision| {
        let row = (it.number - it.placed.first.unwrap_or(0)) as u32;
        held.get(&it.placed.entry.id)
            .is_some_and(|rows| rows.contains(&row))
    };
    let mut count = chosen.decisions.iter().filter(one).count();
    if rows {
        count += chosen
            .segments
            .iter()
            .map(|it| all(it.entry.id))
            .sum::<usize>();
    }
    if count > 0 {
        return Err(super::journal::Error::Restricted { rows: count as u64 }.into());
    }
    Ok(())
}

/// Refuses to hand out what was erased or purged after it was read.
fn not_overtaken(before: &View, now: &View) -> Result<(), Error> {
    let fresh = now.entries().skip(before.size() as usize);
    for (_, entry) in fresh {
        if matches!(entry, Entry::Erase(_) | Entry::Purge(_)) {
            return Err(Refusal::Overtaken.into());
        }
    }
    Ok(())
}

/// Writes the log as it stands now, and the pages that say how to verify it.
fn say(
    view: &View,
    chosen: &Chosen,
    request: &BundleRequest,
    (recipient, date): (&Token, NaiveDate),
    folder: &mut Folder,
) -> Result<(), Error> {
    for (name, bytes) in view.log_files()? {
        folder.put(&name, &bytes)?;
    }
    for decision in &chosen.decisions {
        let name = format!("proofs/{}/segment.tlog-proof", decision.number);
        folder.put(&name, view.tlog_proof(decision.proved.index).as_bytes())?;
    }
    let page = Page {
        origin: view.origin().to_owned(),
        size: view.size(),
        root: note::base64(&view.root()),
        selection: chosen.said.clone(),
        rows: request.rows,
        segments: chosen
            .segments
            .iter()
            .map(|it| it.entry.id.to_string())
            .collect(),
        recipient: recipient.to_string(),
        date: date.to_string(),
    };
    folder.put("checkpoint", view.checkpoint())?;
    folder.put("verifier", format!("{}\n", view.verifier()).as_bytes())?;
    folder.put("bundle.json", page.json().as_bytes())?;
    folder.put("VERIFY.md", page.instructions().as_bytes())?;
    folder.put("verify.go", pages::GO.as_bytes())?;
    folder.put("verify.py", pages::PYTHON.as_bytes())
}

/// The models that scored, from the documents that the log keeps.
#[derive(Default)]
struct Models(BTreeMap<Digest, Replayer>);

impl Models {
    /// The model of a segment; none for refusals.
    fn of(
        &mut self,
        view: &View,
        kind: SegmentKind,
        model: Option<Digest>,
    ) -> Result<Option<&dyn Replay>, Error> {
        let (SegmentKind::Proposals, Some(version)) = (kind, model) else {
            return Ok(None);
        };
        let replay: &Replayer = match self.0.entry(version) {
            Slot::Occupied(known) => known.into_mut(),
            Slot::Vacant(place) => place.insert(replayer(view, version)?),
        };
        Ok(Some(replay))
    }
}

fn replayer(view: &View, version: Digest) -> Result<Replayer, Error> {
    let wrong = |what: String| Error::Model {
        version: version.short(),
        file: "model.json".to_owned(),
        what,
    };
    let text = String::from_utf8(view.document(&version)?)
        .map_err(|_| wrong("is not UTF-8".to_owned()))?;
    let model = Model::parse(&text).map_err(|error| wrong(error.to_string()))?;
    Ok(Replayer::new(model))
}

/// Who hands something to whom.
struct Hand<'a> {
    ws: &'a Workspace,
    recipient: &'a Token,
    person: &'a Token,
}

impl Hand<'_> {
    /// Records the hand-over: of many people's rows in the main log, of one person's in an event of theirs.
    fn record(
        &self,
        world: &mut World,
        writer: &mut Writer,
        chosen: &Chosen,
        rows: bool,
    ) -> Result<Receipt, Error> {
        let act = EventId(world.entropy.bytes());
        let mut commit = super::journal::Commit::default();
        if !chosen.decisions.is_empty() {
            let batches = self.events(world, act, &chosen.decisions)?;
            return Ok(writer.append_events(&commit, &batches, &mut world.entropy)?);
        }
        let mut segments = Vec::new();
        if rows {
            segments.extend(chosen.segments.iter().map(|placed| placed.entry.id));
            segments.sort_unstable();
        }
        commit.entries.push(Entry::Bundle(Bundle {
            event: act,
            time: world.now,
            actor: self.person.clone(),
            recipient: self.recipient.clone(),
            segments,
        }));
        Ok(writer.commit(&commit)?)
    }

    /// One event for each decision handed out, those of one pseudonym together.
    ///
    /// A row's number in the main log would be a fact about a person that nothing could erase.
    fn events(
        &self,
        world: &World,
        act: EventId,
        decisions: &[Decision],
    ) -> Result<Vec<(Heading, Vec<Event>)>, Error> {
        let mut batches: BTreeMap<(Token, Token), (Heading, Vec<Event>)> = BTreeMap::new();
        for decision in decisions {
            let segment = &decision.placed.entry;
            let event = Event {
                segment: [0; 16], // set when it is recorded, as is the row
                row: 0,
                kind: EventKind::Access,
                event: act.0,
                pseudonym: decision.pseudonym,
                decision: Some(decision.number),
                actor: actor(self.person),
                reason: 0,
                shown: decision.proved.leaf(),
                time: world.now.0,
                facts: Facts::of([("recipient", self.recipient.as_str())])?,
            };
            let heading = Heading {
                run: RunId(act.0),
                model: None,
                schema: segment.schema,
                policy: segment.policy,
                law: segment.law,
                binary: super::binary(),
                kid: segment.kid.clone(),
                purpose: segment.purpose.clone(),
                basis: Vec::<(u8, BasisName)>::new(),
                outcomes: Vec::new(),
                retention: self.retention(world, &segment.purpose, segment.retention.1),
            };
            // The heading of the latest decision stands: decisions ascend.
            let batch = batches
                .entry((segment.kid.clone(), segment.purpose.clone()))
                .or_insert_with(|| (heading.clone(), Vec::new()));
            batch.0 = heading;
            batch.1.push(event);
        }
        Ok(batches.into_values().collect())
    }

    /// Events are kept as long as the purpose keeps predictions, from today; `or` where the purpose is no more.
    fn retention(&self, world: &World, purpose: &Token, or: NaiveDate) -> (Token, NaiveDate) {
        let class = "events".parse().expect("the class is written as a token");
        let until = self
            .ws
            .policy
            .purpose(purpose.as_str())
            .and_then(|purpose| {
                let days = chrono::Days::new(u64::from(purpose.retention_days));
                self.ws.civil_date(world.now).checked_add_days(days)
            });
        (class, until.unwrap_or(or))
    }
}
