//! An objection (GDPR art. 21): taken without a reason, in force at once, and lifted by nobody.

use std::path::PathBuf;

use serde::Serialize;

use super::subject::{Names, reference_of, rows_about_lead, standing};
use super::{Ask, writer};
use crate::law::words::Scope;
use crate::ledger::entry::request_commitment;
use crate::policy::Right;
use crate::pseudonym::normalise;
use crate::workspace::error::Error;
use crate::workspace::state::{Kind, Request};
use crate::workspace::suppressed::{Wish, suppress};
use crate::workspace::{Recorded, Workspace, World};

/// What became of an objection.
#[derive(Clone, Debug, Serialize)]
pub struct Objected {
    /// Of this document.
    pub schema_version: u32,
    /// `done`, or `answered`: the person had objected to as much before.
    pub status: String,
    /// To what: `all`, `profiling` or `promotion`.
    pub scope: String,
    /// Records that stand about this person under all purposes.
    pub records: u64,
    /// Score files that still name them, where they still stand: nobody may be canvassed from these.
    pub files: Vec<PathBuf>,
}

/// Takes an objection: from now on the person is refused whatever the CRM exports, under every purpose.
///
/// It needs no record about the person, and outlives the erasure of all of them.
pub fn object(
    ws: &Workspace,
    world: &mut World,
    ask: &Ask,
    scope: Scope,
) -> Result<Recorded<Objected>, Error> {
    let person = ws.may(ask.person.as_deref(), Right::Object)?.id.clone();
    let (Some(lead), Some(reference)) = (&ask.lead, &ask.request) else {
        return Err(Error::Usage {
            what: "an objection names a lead and its request".to_owned(),
            hint: "`probant subject object LEAD --request REF`",
        });
    };
    if scope == Scope::Erased {
        return Err(Error::Usage {
            what: "nobody objects to `erased`".to_owned(),
            hint: "`all`, `profiling` or `promotion`; to be forgotten: `probant subject erase LEAD --request REF`",
        });
    }
    reference_of(reference)?;
    let (_, id_type) = ws.policy.identifier();
    let normal = normalise(id_type, lead)?;
    let mut writer = writer(ws, world)?;
    let salt: [u8; 16] = world.entropy.bytes();
    let new = suppress(
        ws,
        world,
        &mut writer,
        &[Wish {
            normal: &normal,
            scope,
            request: request_commitment(&salt, reference),
            actor: &person,
        }],
    )?;
    // The request is kept after what it asks for: lost between the two, it is typed again and finds itself answered.
    let now = world.now.to_string();
    let mut state = ws.state()?;
    let known = state
        .requests()?
        .iter()
        .any(|it| it.kind == Kind::Object.token() && it.reference == *reference);
    if new > 0 || !known {
        state.ask(&[(
            Request {
                id: 0,
                kind: Kind::Object.token().to_owned(),
                reference: reference.clone(),
                salt,
                received: now.clone(),
                actor: person.to_string(),
                reason: format!("art21-2-{scope}"),
                event: None,
                done: Some(now),
                told: "[]".to_owned(),
            },
            Vec::new(),
        )])?;
    }
    let rows = rows_about_lead(&Names::of(ws, writer.view())?, writer.view(), lead)?;
    Ok(Recorded(Objected {
        schema_version: 1,
        status: if new > 0 { "done" } else { "answered" }.to_owned(),
        scope: scope.to_string(),
        records: rows.values().map(|rows| rows.len() as u64).sum(),
        files: standing(ws, writer.view(), &rows)?,
    }))
}
