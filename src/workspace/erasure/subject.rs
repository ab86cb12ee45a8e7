//! A person's request: to be erased, to be restricted, to be freed of a restriction.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::batch::{Batch, carry_out};
use super::{Rows, alone, replay, rows_about, writer};
use crate::law::words::Scope;
use crate::ledger::EventId;
use crate::ledger::entry::request_commitment;
use crate::name::{IdType, Token};
use crate::policy::Right;
use crate::pseudonym::{Key, Master, normalise};
use crate::workspace::error::Error;
use crate::workspace::journal::{self, Restriction, View};
use crate::workspace::state::{Kind, Request, State, Whose};
use crate::workspace::suppressed::{Wish, suppress};
use crate::workspace::{Recorded, Workspace, World};

/// What is asked at the desk.
#[derive(Clone, Debug, Default)]
pub struct Ask {
    /// Whom it is about, as the CRM knows them; nobody where only what waits is to be carried out.
    pub lead: Option<String>,
    /// The request's reference, in any words.
    pub request: Option<String>,
    /// Leads and references together: two columns.
    pub batch: Option<PathBuf>,
    /// The article.
    pub reason: Option<String>,
    /// Who takes the request: a person of the policy.
    pub person: Option<String>,
    /// Carry it out at once instead of with the next night.
    pub now: bool,
}

/// What became of it.
#[derive(Clone, Debug, Serialize)]
pub struct Taken {
    /// Of this document.
    pub schema_version: u32,
    /// `queued`, `done`, `running` (a score is under way, and ends with it), `answered` (the same request waits or was
    /// carried out before), or `nothing` (nothing was waiting).
    pub status: String,
    /// Requests taken now.
    pub requests: u64,
    /// Records that stand about these people now.
    pub records: u64,
    /// The act in the log, for a restriction.
    pub event: Option<String>,
    /// What was carried out at once.
    pub batch: Option<Batch>,
    /// Score files that still name a restricted lead.
    pub files: Vec<PathBuf>,
    /// Days after which a backup of keys is destroyed: until then, one that is older could still open an older ledger.
    pub key_backups_days: u32,
}

/// Takes requests to be erased; they wait for the night's batch, or are carried out at once.
pub fn ask(ws: &Workspace, world: &mut World, ask: &Ask) -> Result<Recorded<Taken>, Error> {
    let person = ws.may(ask.person.as_deref(), Right::Erase)?.id.clone();
    let reason = article(ask.reason.as_deref().unwrap_or("art17-1"), "art17-1", &[])?;
    let (header, asked) = match (&ask.lead, &ask.request, &ask.batch) {
        (Some(lead), Some(request), None) => (None, vec![(lead.clone(), request.clone())]),
        (None, None, Some(file)) => {
            let (header, rows) = pairs(ws, file)?;
            (Some(header), rows)
        }
        (None, None, None) if ask.now => (None, Vec::new()),
        _ => {
            return Err(Error::Usage {
                what: "an erasure names a lead and its request, or a file of both".to_owned(),
                hint: "`probant subject erase LEAD --request REF`, or `--batch FILE`; `--now` alone carries out what waits",
            });
        }
    };
    // What a crash left unfinished is finished first: the same request typed again then finds itself answered.
    drop(writer(ws, world)?);
    let view = View::open(&ws.root)?;
    let mut state = ws.state()?;
    let names = Names::of(ws, &view)?;
    if let Some(header) = header {
        no_request(&names, &view, ask, &header)?;
    }
    let mut people = Vec::with_capacity(asked.len());
    for (at, (lead, _)) in asked.iter().enumerate() {
        people.push(
            names
                .of_lead(lead)
                .map_err(|error| at_line(ask, at, error))?,
        );
    }
    let counts = count(&view, &people)?;
    let mut desk = Desk::of(&state)?;
    for (at, ((_, reference), whose)) in asked.iter().zip(people).enumerate() {
        let request = request(world, Kind::Erase, reference, &person, &reason)?;
        desk.take(request, whose, counts[at])
            .map_err(|error| at_line(ask, at, error))?;
    }
    let Desk {
        kept,
        records,
        answered,
        ..
    } = desk;
    // Whoever asks to be forgotten must not come back with the next import. That is recorded first: a crash in between
    // leaves a person who is left alone, and a request to be typed again.
    forbid(ws, world, &asked, &kept, &person)?;
    state.ask(&kept)?;
    let mut answer = Taken {
        schema_version: 1,
        status: "queued".to_owned(),
        requests: kept.len() as u64,
        records,
        event: None,
        batch: None,
        key_backups_days: ws.policy.backup.keep_keys_days,
        files: Vec::new(),
    };
    if kept.is_empty() && answered > 0 {
        "answered".clone_into(&mut answer.status);
    }
    if ask.now {
        match carry_out(ws, world, Some(&person)) {
            Ok(batch) => {
                if !(batch.is_empty() && answer.status == "answered") {
                    let became = if batch.is_empty() { "nothing" } else { "done" };
                    became.clone_into(&mut answer.status);
                    answer.batch = Some((*batch).clone());
                }
            }
            // A run has read these rows already, and ends with a batch of its own.
            Err(Error::Journal(journal::Error::Busy { lock: "run.lock" })) => {
                "running".clone_into(&mut answer.status);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(Recorded(answer))
}

/// Puts the people whose requests are taken into the suppression set.
fn forbid(
    ws: &Workspace,
    world: &mut World,
    asked: &[(String, String)],
    kept: &[(Request, Vec<Whose>)],
    actor: &Token,
) -> Result<(), Error> {
    let (_, id_type) = ws.policy.identifier();
    let mut wishes = Vec::with_capacity(kept.len());
    let mut normals = Vec::with_capacity(kept.len());
    let salts: HashMap<&str, [u8; 16]> = kept
        .iter()
        .map(|(request, _)| (request.reference.as_str(), request.salt))
        .collect();
    for (lead, reference) in asked {
        if let Some(salt) = salts.get(reference.as_str()) {
            normals.push((normalise(id_type, lead)?, salt, reference));
        }
    }
    for (normal, salt, reference) in &normals {
        wishes.push(Wish {
            normal,
            scope: Scope::Erased,
            request: request_commitment(salt, reference),
            actor,
        });
    }
    if wishes.is_empty() {
        return Ok(());
    }
    let mut writer = writer(ws, world)?;
    suppress(ws, world, &mut writer, &wishes)?;
    Ok(())
}

/// Requests being taken, each against those before it.
struct Desk {
    /// The last request of each reference: whether it was carried out, and whom it is about while it waits.
    last: HashMap<String, (bool, Vec<Whose>)>,
    kept: Vec<(Request, Vec<Whose>)>,
    records: u64,
    /// Requests that were answered before, or wait already.
    answered: u64,
}

impl Desk {
    fn of(state: &State) -> Result<Self, Error> {
        let mut last = HashMap::new();
        for request in state.requests()? {
            if request.kind == Kind::Erase.token() {
                let whose = state.whose(request.id)?;
                last.insert(request.reference, (request.done.is_some(), whose));
            }
        }
        Ok(Self {
            last,
            kept: Vec::new(),
            records: 0,
            answered: 0,
        })
    }

    /// Takes a request about whoever has these pseudonyms, of whom so many rows are held.
    fn take(&mut self, request: Request, whose: Vec<Whose>, rows: u64) -> Result<(), Error> {
        match self.last.get(&request.reference) {
            // The same person under the same reference waits already.
            Some((_, theirs)) if theirs.iter().any(|it| whose.contains(it)) => {
                self.answered += 1;
                return Ok(());
            }
            Some((true, _)) if rows == 0 => {
                self.answered += 1;
                return Ok(());
            }
            Some(_) => {
                return Err(Error::Usage {
                    what: "this reference belongs to another request".to_owned(),
                    hint: "give each request a reference of its own: the receipt goes by it",
                });
            }
            None => {}
        }
        if rows == 0 {
            return Err(Error::NoDecision);
        }
        self.records += rows;
        self.last
            .insert(request.reference.clone(), (false, whose.clone()));
        self.kept.push((request, whose));
        Ok(())
    }
}

/// How many rows stand under each one's pseudonyms: one pass over the ledger, however many they are.
fn count(view: &View, people: &[Vec<Whose>]) -> Result<Vec<u64>, Error> {
    let mut owners: HashMap<[u8; 16], Vec<usize>> = HashMap::new();
    for (at, whose) in people.iter().enumerate() {
        for it in whose {
            owners.entry(it.pseudonym).or_default().push(at);
        }
    }
    let mut counts = vec![0; people.len()];
    for (_, _, at) in rows_about(view, &owners)? {
        counts[at] += 1;
    }
    Ok(counts)
}

/// Refuses a batch file whose first line is a request: it would be taken for the header, and lost.
fn no_request(names: &Names, view: &View, ask: &Ask, header: &str) -> Result<(), Error> {
    let Ok(whose) = names.of_lead(header) else {
        return Ok(());
    };
    if count(view, &[whose])? == [0] {
        return Ok(());
    }
    let file = ask.batch.as_deref().unwrap_or(Path::new(""));
    Err(Error::Data {
        what: format!(
            "`{}`, line 1: a request stands where the header is expected",
            file.display()
        ),
        hint: "put a header line first, as `lead;request`; nothing was taken",
    })
}

/// Restricts everything recorded about a lead: neither used nor purged until it is lifted.
pub fn restrict(ws: &Workspace, world: &mut World, ask: &Ask) -> Result<Recorded<Taken>, Error> {
    let person = ws.may(ask.person.as_deref(), Right::Restrict)?.id.clone();
    let (lead, reference) = one(ask)?;
    let reason = article(
        ask.reason.as_deref().unwrap_or("art18-1"),
        "art18-1",
        &["legal-hold"],
    )?;
    // A run that is under way has read this lead already: it must end first.
    let (mut writer, _no_run) = alone(ws, world)?;
    let rows = rows_of(ws, writer.view(), lead)?;
    let held = writer.view().restricted()?;
    let free: Rows = rows
        .into_iter()
        .map(|(segment, mut rows)| {
            rows.retain(|row| !super::is_held(&held, segment, *row));
            (segment, rows)
        })
        .filter(|(_, rows)| !rows.is_empty())
        .collect();
    if free.is_empty() {
        return Err(Error::Refused {
            what: "everything recorded about this lead is restricted already".to_owned(),
            hint: "`probant subject list` shows the requests",
        });
    }
    let records = free.values().map(|rows| rows.len() as u64).sum();
    let mut request = request(world, Kind::Restrict, reference, &person, &reason)?;
    let event = EventId(world.entropy.bytes());
    request.event = Some(event);
    request.done = Some(world.now.to_string());
    ws.state()?.ask(&[(request.clone(), Vec::new())])?;
    let restriction = Restriction {
        event,
        time: world.now,
        actor: person,
        reason,
        request: request_commitment(&request.salt, reference),
        rows: free,
    };
    let files = standing(ws, writer.view(), &restriction.rows)?;
    writer.restrict(&restriction, &replay)?;
    Ok(Recorded(Taken {
        files,
        ..done(ws, records, event)
    }))
}

/// Lifts every restriction on a lead's records.
pub fn lift(ws: &Workspace, world: &mut World, ask: &Ask) -> Result<Recorded<Taken>, Error> {
    let person = ws.may(ask.person.as_deref(), Right::Lift)?.id.clone();
    let (lead, reference) = one(ask)?;
    let mut writer = writer(ws, world)?;
    let rows = rows_of(ws, writer.view(), lead)?;
    let mut events = Vec::new();
    let mut records = 0;
    for event in writer.view().restrictions().keys() {
        let listed = writer.view().restriction(*event)?;
        let theirs =
            |(segment, leaves): &(crate::ledger::SegmentId, crate::ledger::erased::Leaves)| {
                let rows = rows.get(segment).map(Vec::as_slice).unwrap_or_default();
                leaves.rows().iter().any(|row| rows.contains(row))
            };
        if listed.rows.iter().any(theirs) {
            events.push(*event);
            let rows = listed
                .rows
                .iter()
                .map(|(_, leaves)| leaves.pairs().len() as u64);
            records += rows.sum::<u64>();
        }
    }
    let Some(event) = events.first().copied() else {
        return Err(Error::Refused {
            what: "nothing recorded about this lead is restricted".to_owned(),
            hint: "`probant subject list` shows the requests",
        });
    };
    let reason = "lifted".parse().expect("a word is a name");
    let mut request = request(world, Kind::Lift, reference, &person, &reason)?;
    request.event = Some(event);
    request.done = Some(world.now.to_string());
    ws.state()?.ask(&[(request.clone(), Vec::new())])?;
    let commitment = request_commitment(&request.salt, reference);
    writer.lift(&events, world.now, &person, commitment)?;
    Ok(Recorded(done(ws, records, event)))
}

/// A request in one line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RequestLine {
    /// `erase`, `restrict` or `lift`.
    pub kind: String,
    /// In the words in which it came.
    pub reference: String,
    /// UTC.
    pub received: String,
    /// Who took it.
    pub by: String,
    /// The article.
    pub reason: String,
    /// When it was carried out, UTC; nothing while it waits.
    pub done: Option<String>,
    /// The act in the log.
    pub event: Option<String>,
}

/// Every request, oldest first.
pub fn list(ws: &Workspace, person: Option<&str>) -> Result<Vec<RequestLine>, Error> {
    ws.may(person, Right::Requests)?;
    let line = |it: Request| RequestLine {
        kind: it.kind,
        reference: it.reference,
        received: it.received,
        by: it.actor,
        reason: it.reason,
        done: it.done,
        event: it.event.map(|event| event.to_string()),
    };
    Ok(ws.state()?.requests()?.into_iter().map(line).collect())
}

fn done(ws: &Workspace, records: u64, event: EventId) -> Taken {
    Taken {
        schema_version: 1,
        status: "done".to_owned(),
        requests: 1,
        records,
        event: Some(event.to_string()),
        batch: None,
        files: Vec::new(),
        key_backups_days: ws.policy.backup.keep_keys_days,
    }
}

/// Score files of the runs of these rows, where they still stand.
pub(super) fn standing(ws: &Workspace, view: &View, rows: &Rows) -> Result<Vec<PathBuf>, Error> {
    let runs: BTreeSet<String> = rows
        .keys()
        .filter_map(|id| view.placed(*id))
        .map(|placed| placed.entry.run.to_string())
        .collect();
    let files: BTreeSet<PathBuf> = ws
        .state()?
        .handed_over()?
        .into_iter()
        .filter(|it| it.kind == "scores" && runs.contains(&it.run) && it.target.is_file())
        .map(|it| it.target)
        .collect();
    Ok(files.into_iter().collect())
}

fn one(ask: &Ask) -> Result<(&str, &str), Error> {
    match (&ask.lead, &ask.request) {
        (Some(lead), Some(request)) => Ok((lead, request)),
        _ => Err(Error::Usage {
            what: "a restriction names a lead and its request".to_owned(),
            hint: "`probant subject restrict LEAD --request REF`",
        }),
    }
}

/// An article of the regulation, as the log writes it: `stem`, `stem-a` to `stem-f`, or another word.
fn article(asked: &str, stem: &str, others: &[&str]) -> Result<Token, Error> {
    let letter = asked.strip_prefix(stem).is_some_and(|rest| {
        rest.is_empty()
            || (rest.len() == 2
                && rest.starts_with('-')
                && ('a'..='f').contains(&(rest.as_bytes()[1] as char)))
    });
    if letter || others.contains(&asked) {
        return Ok(asked.parse().expect("these are names"));
    }
    Err(Error::Usage {
        what: format!("`{asked}` is no reason that can stand here"),
        hint: "an erasure: art17-1-a to art17-1-f; a restriction: art18-1-a to art18-1-d, or legal-hold",
    })
}

/// Refuses a request that nobody could refer to.
pub(super) fn reference_of(reference: &str) -> Result<(), Error> {
    if reference.trim().is_empty() {
        return Err(Error::Usage {
            what: "the request has no reference".to_owned(),
            hint: "say by what the request is known, as `--request DEM-2026-017`",
        });
    }
    Ok(())
}

fn request(
    world: &mut World,
    kind: Kind,
    reference: &str,
    person: &Token,
    reason: &Token,
) -> Result<Request, Error> {
    reference_of(reference)?;
    Ok(Request {
        id: 0,
        kind: kind.token().to_owned(),
        reference: reference.to_owned(),
        salt: world.entropy.bytes(),
        received: world.now.to_string(),
        actor: person.to_string(),
        reason: reason.to_string(),
        event: None,
        done: None,
        told: "[]".to_owned(),
    })
}

/// What a lead may be called in the ledger: a key for each period and purpose that has rows.
pub(super) struct Names {
    id_type: IdType,
    keys: Vec<(Token, Token, Key)>,
}

impl Names {
    pub(super) fn of(ws: &Workspace, view: &View) -> Result<Self, Error> {
        let (_, id_type) = ws.policy.identifier();
        let recorded = view
            .segments()
            .map(|placed| (placed.entry.kid.clone(), placed.entry.purpose.clone()));
        let declared = ws
            .policy
            .purposes
            .iter()
            .map(|purpose| (view.kid().clone(), purpose.id.clone()));
        let all: BTreeSet<(Token, Token)> = recorded.chain(declared).collect();
        let mut keys = Vec::with_capacity(all.len());
        for (kid, purpose) in all {
            // A period that was destroyed has no people any more.
            if let Some(master) = view.standing_master(&kid)? {
                let key = Master::new(master.expose()).key(&purpose, id_type);
                keys.push((kid, purpose, key));
            }
        }
        Ok(Self { id_type, keys })
    }

    /// The pseudonyms of a lead.
    fn of_lead(&self, lead: &str) -> Result<Vec<Whose>, Error> {
        let normal = normalise(self.id_type, lead)?;
        let whose = self.keys.iter().map(|(kid, purpose, key)| Whose {
            pseudonym: key.pseudonym(&normal).0,
            kid: kid.clone(),
            purpose: purpose.clone(),
        });
        Ok(whose.collect())
    }
}

/// Where the records about a lead stand, of which there are some.
fn rows_of(ws: &Workspace, view: &View, lead: &str) -> Result<Rows, Error> {
    let rows = rows_about_lead(&Names::of(ws, view)?, view, lead)?;
    if rows.is_empty() {
        return Err(Error::NoDecision);
    }
    Ok(rows)
}

/// Where the records about a lead stand.
pub(super) fn rows_about_lead(names: &Names, view: &View, lead: &str) -> Result<Rows, Error> {
    let whose = names.of_lead(lead)?;
    let owners = whose.iter().map(|it| (it.pseudonym, vec![0])).collect();
    let mut rows = Rows::new();
    for (segment, row, _) in rows_about(view, &owners)? {
        rows.entry(segment).or_default().push(row);
    }
    Ok(rows)
}

/// The leads and references of a batch file: a header, then two columns in the policy's separator.
fn pairs(ws: &Workspace, file: &Path) -> Result<(String, Vec<(String, String)>), Error> {
    let bytes = std::fs::read(file).map_err(|source| Error::Read {
        path: file.to_owned(),
        source,
    })?;
    let malformed = |what: String| Error::Data {
        what,
        hint: "two columns with a header: the lead's identifier, then the request's reference; nothing was taken",
    };
    let rows = crate::intake::two_columns(&bytes, &ws.policy.dialect);
    let rows = rows.map_err(|line| {
        malformed(format!(
            "`{}`, line {line}: it has not two cells with something in each, separated by {:?} as in the policy",
            file.display(),
            char::from(ws.policy.dialect.separator),
        ))
    })?;
    if rows.1.is_empty() {
        return Err(malformed(format!("`{}` holds no request", file.display())));
    }
    Ok(rows)
}

/// An error about one request of a batch says at which line, and never whose.
fn at_line(ask: &Ask, at: usize, error: Error) -> Error {
    match &ask.batch {
        None => error,
        Some(file) => Error::Data {
            what: format!("`{}`, line {}: {error}", file.display(), at + 2),
            hint: "correct the line, then run the command again: nothing was taken",
        },
    }
}
