//! A person's request: to be erased, to be restricted, to be freed of a restriction.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::batch::{Batch, carry_out};
use super::{Rows, replay, rows_about, writer};
use crate::ledger::EventId;
use crate::ledger::entry::request_commitment;
use crate::name::Token;
use crate::policy::Role;
use crate::pseudonym::{Master, normalise};
use crate::workspace::error::Error;
use crate::workspace::journal::{Restriction, View};
use crate::workspace::state::{Kind, Request, State, Whose};
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
    /// `queued`, `done`, `answered` (the same request was carried out before), or `nothing` (nothing was waiting).
    pub status: String,
    /// Requests taken now.
    pub requests: u64,
    /// Records that stand about these people now.
    pub records: u64,
    /// The act in the log, for a restriction.
    pub event: Option<String>,
    /// What was carried out at once.
    pub batch: Option<Batch>,
    /// Days after which a backup of keys is destroyed: until then, one that is older could still open an older ledger.
    pub key_backups_days: u32,
}

/// Takes requests to be erased; they wait for the night's batch, or are carried out at once.
pub fn ask(ws: &Workspace, world: &mut World, ask: &Ask) -> Result<Recorded<Taken>, Error> {
    let person = ws.person(ask.person.as_deref(), Role::Dpo)?.id.clone();
    let reason = article(ask.reason.as_deref().unwrap_or("art17-1"), "art17-1", &[])?;
    let asked = match (&ask.lead, &ask.request, &ask.batch) {
        (Some(lead), Some(request), None) => vec![(lead.clone(), request.clone())],
        (None, None, Some(file)) => pairs(ws, file)?,
        (None, None, None) if ask.now => Vec::new(),
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
    let mut kept = Vec::with_capacity(asked.len());
    let mut owners: HashMap<[u8; 16], Vec<usize>> = HashMap::new();
    for (at, (lead, reference)) in asked.iter().enumerate() {
        let whose = whose(ws, &view, lead).map_err(|error| at_line(ask, at, error))?;
        for it in &whose {
            owners.entry(it.pseudonym).or_default().push(at);
        }
        let request = request(world, Kind::Erase, reference, &person, &reason)?;
        kept.push((request, whose));
    }
    let found = rows_about(&view, &owners)?;
    let known: BTreeSet<usize> = found.iter().map(|(_, _, at)| *at).collect();
    if let Some(at) = (0..asked.len()).find(|at| !known.contains(at)) {
        return Err(match &ask.batch {
            None if answered(&state, &asked[at].1)? => {
                return Ok(Recorded(Taken {
                    schema_version: 1,
                    status: "answered".to_owned(),
                    requests: 0,
                    records: 0,
                    event: None,
                    batch: None,
                    key_backups_days: ws.policy.backup.keep_keys_days,
                }));
            }
            None => Error::NoDecision,
            Some(_) => at_line(ask, at, Error::NoDecision),
        });
    }
    state.ask(&kept)?;
    let records: BTreeSet<_> = found
        .iter()
        .map(|(segment, row, _)| (segment, row))
        .collect();
    let mut answer = Taken {
        schema_version: 1,
        status: "queued".to_owned(),
        requests: kept.len() as u64,
        records: records.len() as u64,
        event: None,
        batch: None,
        key_backups_days: ws.policy.backup.keep_keys_days,
    };
    if ask.now {
        let batch = carry_out(ws, world, Some(&person))?;
        let became = if batch.is_empty() { "nothing" } else { "done" };
        became.clone_into(&mut answer.status);
        answer.batch = Some((*batch).clone());
    }
    Ok(Recorded(answer))
}

/// Whether a request of this reference was carried out before.
fn answered(state: &State, reference: &str) -> Result<bool, Error> {
    let requests = state.requests()?;
    let is_it = |it: &Request| {
        it.kind == Kind::Erase.word() && it.reference == reference && it.done.is_some()
    };
    Ok(requests.iter().any(is_it))
}

/// Restricts everything recorded about a lead: neither used nor purged until it is lifted.
pub fn restrict(ws: &Workspace, world: &mut World, ask: &Ask) -> Result<Recorded<Taken>, Error> {
    let person = ws.person(ask.person.as_deref(), Role::Dpo)?.id.clone();
    let (lead, reference) = one(ask)?;
    let reason = article(
        ask.reason.as_deref().unwrap_or("art18-1"),
        "art18-1",
        &["legal-hold"],
    )?;
    let mut writer = writer(ws, world)?;
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
    writer.restrict(&restriction, &replay)?;
    Ok(Recorded(done(ws, records, event)))
}

/// Lifts every restriction on a lead's records.
pub fn lift(ws: &Workspace, world: &mut World, ask: &Ask) -> Result<Recorded<Taken>, Error> {
    let person = ws.person(ask.person.as_deref(), Role::Dpo)?.id.clone();
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
pub fn list(ws: &Workspace) -> Result<Vec<RequestLine>, Error> {
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
        key_backups_days: ws.policy.backup.keep_keys_days,
    }
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

fn request(
    world: &mut World,
    kind: Kind,
    reference: &str,
    person: &Token,
    reason: &Token,
) -> Result<Request, Error> {
    if reference.trim().is_empty() {
        return Err(Error::Usage {
            what: "the request has no reference".to_owned(),
            hint: "say by what the request is known, as `--request DEM-2026-017`",
        });
    }
    Ok(Request {
        id: 0,
        kind: kind.word().to_owned(),
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

/// The pseudonyms of a lead, under every purpose and period that the ledger or the policy knows.
fn whose(ws: &Workspace, view: &View, lead: &str) -> Result<Vec<Whose>, Error> {
    let (_, id_type) = ws.policy.identifier();
    let normal = normalise(id_type, lead)?;
    let recorded = view
        .segments()
        .map(|placed| (placed.entry.kid.clone(), placed.entry.purpose.clone()));
    let declared = ws
        .policy
        .purposes
        .iter()
        .map(|purpose| (view.kid().clone(), purpose.id.clone()));
    let all: BTreeSet<(Token, Token)> = recorded.chain(declared).collect();
    let mut found = Vec::with_capacity(all.len());
    for (kid, purpose) in all {
        // A period that was destroyed has no people any more.
        let Some(master) = view.standing_master(&kid)? else {
            continue;
        };
        let key = Master::new(master.expose()).key(&purpose, id_type);
        found.push(Whose {
            pseudonym: key.pseudonym(&normal).0,
            kid,
            purpose,
        });
    }
    Ok(found)
}

/// Where the records about a lead stand.
fn rows_of(ws: &Workspace, view: &View, lead: &str) -> Result<Rows, Error> {
    let whose = whose(ws, view, lead)?;
    let owners = whose.iter().map(|it| (it.pseudonym, vec![0])).collect();
    let mut rows = Rows::new();
    for (segment, row, _) in rows_about(view, &owners)? {
        rows.entry(segment).or_default().push(row);
    }
    if rows.is_empty() {
        return Err(Error::NoDecision);
    }
    Ok(rows)
}

/// The leads and references of a batch file: a header, then two columns in the policy's separator.
fn pairs(ws: &Workspace, file: &Path) -> Result<Vec<(String, String)>, Error> {
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
            "`{}`, line {line}: it has not two cells with something in each",
            file.display()
        ))
    })?;
    if rows.is_empty() {
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
