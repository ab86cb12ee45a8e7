//! A person contests a decision: it waits for somebody else than who decided it, and is not used until then.

use serde::Serialize;

use super::opened::{about, proposal};
use crate::event::{Act, Circumstances, note_commitment};
use crate::ledger::EventId;
use crate::ledger::entry::request_commitment;
use crate::policy::Right;
use crate::workspace::error::Error;
use crate::workspace::explain::decision_of;
use crate::workspace::journal::Commit;
use crate::workspace::state::{Kind, Request};
use crate::workspace::{Recorded, Workspace, World, acts, erasure};

/// What is contested.
#[derive(Clone, Debug)]
pub struct Contest {
    /// Whose decision it is, as the CRM knows them.
    pub lead: String,
    /// Which.
    pub decision: u64,
    /// The request's reference, in any words.
    pub request: String,
    /// What the person says, in their words; kept beside the ledger, which holds a commitment.
    pub note: Option<String>,
    /// Who takes the request: a person of the policy.
    pub person: Option<String>,
}

/// A contest that was taken.
#[derive(Clone, Debug, Serialize)]
pub struct Contested {
    /// Of this document.
    pub schema_version: u32,
    /// The decision.
    pub decision: u64,
    /// The act in the log.
    pub event: String,
}

/// Records that the person scored contests a decision.
pub fn contest(
    ws: &Workspace,
    world: &mut World,
    asked: &Contest,
) -> Result<Recorded<Contested>, Error> {
    let person = ws.may(asked.person.as_deref(), Right::Contest)?.id.clone();
    if asked.request.trim().is_empty() {
        return Err(Error::Usage {
            what: "the request has no reference".to_owned(),
            hint: "say by what the request is known, as `--request DEM-2026-017`",
        });
    }
    let mut writer = erasure::writer(ws, world)?;
    let decision = decision_of(ws, writer.view(), &asked.lead, Some(asked.decision))?;
    let (placed, row) = writer.view().decision(decision).ok_or(Error::NoDecision)?;
    let placed = placed.clone();
    let (pseudonym, _) = proposal(ws, writer.view(), &placed, row)?;
    let (salt, event): ([u8; 16], [u8; 16]) = (world.entropy.bytes(), world.entropy.bytes());
    let request = Request {
        id: 0,
        kind: Kind::Contest.token().to_owned(),
        reference: asked.request.clone(),
        salt,
        received: world.now.to_string(),
        actor: person.to_string(),
        reason: "art22-3".to_owned(),
        event: Some(EventId(event)),
        done: Some(world.now.to_string()),
        told: "[]".to_owned(),
    };
    ws.state()?.ask(&[(request, Vec::new())])?;
    let note = asked.note.as_ref().map(|text| {
        let salt: [u8; 16] = world.entropy.bytes();
        (salt, text.clone())
    });
    let act = Act::Contested {
        request: request_commitment(&salt, &asked.request),
    };
    let record = act.record(&Circumstances {
        event,
        pseudonym,
        decision: Some(decision),
        actor: person,
        shown: [0; 32],
        time: world.now.0,
        note: note
            .as_ref()
            .map(|(salt, text)| note_commitment(salt, text)),
    })?;
    let doing = about(&placed, record, note);
    acts::record(ws, world, &mut writer, Commit::default(), vec![doing])?;
    Ok(Recorded(Contested {
        schema_version: 1,
        decision,
        event: EventId(event).to_string(),
    }))
}
