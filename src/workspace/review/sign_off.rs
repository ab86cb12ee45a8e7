//! A whole run signed off, after a look that lacks nothing; what nobody reviewed by itself is validated by it.

use std::path::PathBuf;

use serde::Serialize;

use super::book::{Line, Seat, lines, reviewer, run_of};
use super::planted::{Drawn, drawn};
use super::refusal::Refusal;
use super::standing::{Decisions, Standing, decisions, signed_off};
use crate::decision::{Look, Opinion};
use crate::ledger::entry::{Note, SignOff};
use crate::ledger::text::Signature;
use crate::ledger::{Entry, RunId};
use crate::name::Token;
use crate::policy::Right;
use crate::workspace::error::Error;
use crate::workspace::journal::{Commit, View, Writer};
use crate::workspace::person::Signer;
use crate::workspace::signed::keep_policy;
use crate::workspace::state::State;
use crate::workspace::{Recorded, Workspace, World, acts, erasure, runs};

/// Who signs what off.
#[derive(Clone, Debug)]
pub struct SignOffRequest {
    /// The run: its id, its first digits, or `@latest`.
    pub run: String,
    /// Who: a reviewer of the policy.
    pub person: String,
    /// The secret half of their key.
    pub key: PathBuf,
}

/// A run that was signed off.
#[derive(Clone, Debug, Serialize)]
pub struct SignOffDone {
    /// Of this document.
    pub schema_version: u32,
    /// The run.
    pub run: String,
    /// UTC.
    pub time: String,
    /// By whom.
    pub person: String,
    /// Proposals that stand.
    pub proposed: u64,
    /// Of them, opened by this person.
    pub opened: u64,
    /// Of them, validated one by one.
    pub validated: u64,
    /// Of them, decided otherwise.
    pub overridden: u64,
    /// Of them, rejected.
    pub rejected: u64,
    /// Cases that were planted.
    pub planted: u64,
    /// Of them, found.
    pub found: u64,
    /// Its entry in the log.
    pub entry: u64,
}

/// What there is to see of a run, and what one person saw of it.
pub(super) struct Table {
    pub lines: Vec<Line>,
    pub seat: Seat,
    pub drawn: Drawn,
    pub decisions: Decisions,
}

impl Table {
    /// What the person saw, until now.
    pub fn look(&self, now: i64, least: u32) -> Look {
        let planted = &self.drawn.planted;
        let unopened = |line: &&Line| self.seat.opened(planted, line.decision).is_none();
        let count = |wanted: &dyn Fn(&&Line) -> bool| {
            let lines = self.lines.iter().filter(wanted);
            (
                lines.clone().count() as u64,
                lines.filter(unopened).count() as u64,
            )
        };
        Look {
            borderline: count(&|line| line.is_borderline()),
            sample: count(&|line| self.drawn.sample.contains(&line.decision)),
            controls: self.seat.controls(planted),
            contested: self.decisions.contested().count() as u64,
            reading: self.seat.reading(now, least),
            hurried: self.seat.hurried(),
        }
    }

    /// Whether the person has to open this one before they sign off.
    pub fn is_to_open(&self, line: &Line) -> bool {
        (line.is_borderline() || self.drawn.sample.contains(&line.decision))
            && self
                .seat
                .opened(&self.drawn.planted, line.decision)
                .is_none()
    }
}

/// Signs a run off; refused, with everything that is missing, unless this person looked.
pub fn sign_off(
    ws: &Workspace,
    world: &mut World,
    request: &SignOffRequest,
) -> Result<Recorded<SignOffDone>, Error> {
    let person = reviewer(ws, world, &request.person, Right::SignOff)?;
    let signer = Signer::open(ws, &person.id, &request.key)?;
    let mut writer = erasure::writer(ws, world)?;
    let run = runs::usable(writer.view(), &request.run)?.run;
    run_of(writer.view(), run)?;
    if let Some((_, it)) = signed_off(writer.view(), run) {
        return Err(Refusal::SignedOff {
            run: run.to_string(),
            by: it.actor.clone(),
        }
        .into());
    }
    let mut state = ws.state()?;
    acts::catch_up(&mut state, writer.view())?;
    acts::unchanged(&state, writer.view())?;
    let table = table(ws, world, writer.view(), &mut state, run, Some(&person.id))?;
    drop(state);
    let look = table.look(world.now.0, ws.policy.oversight.seconds);
    if let Err(missing) = look.sign_off(person, world.now.0) {
        refuse(world, &mut writer, run, &person.id)?;
        return Err(Refusal::Unseen {
            run: run.to_string(),
            person: person.id.clone(),
            missing,
        }
        .into());
    }
    let entry = entry(ws, world, run, &table, &look, &signer);
    let mut commit = Commit::default();
    keep_policy(ws, world, writer.view(), &mut commit);
    commit.entries.push(Entry::SignOff(entry.clone()));
    let receipt = writer.commit(&commit)?;
    Ok(Recorded(SignOffDone {
        schema_version: 1,
        run: run.to_string(),
        time: entry.time.to_string(),
        person: entry.actor.to_string(),
        proposed: entry.proposed,
        opened: entry.opened,
        validated: entry.validated,
        overridden: entry.overridden,
        rejected: entry.rejected,
        planted: entry.planted,
        found: entry.found,
        entry: receipt.entries.start + commit.entries.len() as u64 - 1,
    }))
}

/// What there is to see of a run; for a person, with what they saw and what is planted for them.
pub(super) fn table(
    ws: &Workspace,
    world: &mut World,
    view: &View,
    state: &mut State,
    run: RunId,
    person: Option<&Token>,
) -> Result<Table, Error> {
    let held = view.restricted()?;
    let seat = match person {
        Some(person) => Seat::of(ws, view, state, run, person)?,
        None => Seat::default(),
    };
    let drawn = drawn(
        ws,
        world,
        view,
        state,
        run,
        person.map(|person| (person, &seat)),
    )?;
    Ok(Table {
        lines: lines(ws, view, run, &held)?,
        decisions: decisions(ws, view, state, run)?,
        seat,
        drawn,
    })
}

/// The refusal is recorded: somebody tried to sign off what they had not seen.
fn refuse(world: &World, writer: &mut Writer, run: RunId, person: &Token) -> Result<(), Error> {
    let about = format!("sign-off-refused-{run}");
    let note = Entry::Note(Note {
        about: about.parse().expect("a word and 32 digits are a name"),
        time: world.now,
        actor: person.clone(),
        checkpoint: None,
    });
    writer.commit(&Commit {
        documents: Vec::new(),
        entries: vec![note],
    })?;
    Ok(())
}

fn entry(
    ws: &Workspace,
    world: &World,
    run: RunId,
    table: &Table,
    look: &Look,
    signer: &Signer,
) -> SignOff {
    let mut entry = SignOff {
        run,
        time: world.now,
        actor: signer.person.clone(),
        policy: ws.policy.digest,
        proposed: table.lines.len() as u64,
        opened: 0,
        validated: 0,
        overridden: 0,
        rejected: 0,
        planted: look.controls.0,
        found: look.controls.1,
        signature: Signature([0; 64]),
    };
    for line in &table.lines {
        let opened = table.seat.opened(&table.drawn.planted, line.decision);
        entry.opened += u64::from(opened.is_some());
        match table.decisions.stands(&line.proposal()) {
            Standing::Decided(it) if it.opinion() == Opinion::Validated => entry.validated += 1,
            Standing::Decided(_) => entry.overridden += 1,
            Standing::Rejected(_) => entry.rejected += 1,
            _ => {}
        }
    }
    entry.signature = Signature(signer.sign(&entry.signed_text()));
    entry
}
