//! A proposal shown to a reviewer: what is printed is recorded by its digest first.

use std::path::PathBuf;

use super::before::before;
use super::book::{Seat, reviewer};
use super::planted::drawn;
use crate::digest::sha256;
use crate::event::{Act, Circumstances, Seen};
use crate::lang::Lang;
use crate::ledger::record::Record;
use crate::ledger::{RunId, SegmentKind};
use crate::policy::Right;
use crate::report::Explanation;
use crate::report::remark::Remark;
use crate::workspace::acts::{self, Doing};
use crate::workspace::error::Error;
use crate::workspace::explain::{decision_of, of_decision, policy_of};
use crate::workspace::journal::{Commit, Placed, View};
use crate::workspace::person::Signer;
use crate::workspace::{Recorded, Workspace, World, erasure};

/// What is to be shown, to whom.
#[derive(Clone, Debug)]
pub struct ShowRequest {
    /// A decision's number, or a lead's identifier.
    pub what: String,
    /// It is a lead's identifier, although it reads as a number.
    pub is_lead: bool,
    /// Who looks: a reviewer of the policy.
    pub person: String,
    /// The secret half of their key.
    pub key: PathBuf,
}

/// What was shown.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The decision.
    pub decision: u64,
    /// To whom.
    pub person: String,
    /// The text, exactly as it is to be printed.
    pub text: String,
}

/// Records that a proposal is shown to a reviewer, and returns what `render` makes of it.
pub fn show(
    ws: &Workspace,
    world: &mut World,
    request: &ShowRequest,
    lang: Lang,
    render: &dyn Fn(&Explanation, &[Remark]) -> String,
) -> Result<Recorded<Shown>, Error> {
    let person = reviewer(ws, world, &request.person, Right::Review)?
        .id
        .clone();
    let signer = Signer::open(ws, &person, &request.key)?;
    let mut writer = erasure::writer(ws, world)?;
    let mut state = ws.state()?;
    acts::catch_up(&mut state, writer.view())?;
    let decision = match request.what.parse() {
        Ok(number) if !request.is_lead => number,
        _ => decision_of(ws, writer.view(), &request.what, None)?,
    };
    let (placed, row) = standing_row(writer.view(), decision)?;
    let placed = placed.clone();
    let run = placed.entry.run;
    let seat = Seat::of(ws, writer.view(), &state, run, &person)?;
    let look = drawn(
        ws,
        world,
        writer.view(),
        &mut state,
        run,
        Some((&person, &seat)),
    )?;
    let mut said = of_decision(ws, writer.view(), &placed, row, lang)?;
    if request.is_lead || request.what.parse::<u64>().is_err() {
        said.lead.clone_from(&request.what);
    }
    let mut remarks = before(ws, writer.view(), &state, &placed, decision)?;
    drop(state);
    if let Some(case) = seat.waiting(&look.planted, decision) {
        // What others said of it would tell that this band is a wrong one.
        remarks.clear();
        let policy = policy_of(ws, writer.view(), placed.entry.policy);
        let band = policy.bands.into_iter().find(|it| it.id == case.band);
        said.band = case.band.to_string();
        said.band_label = band.map_or_else(|| said.band.clone(), |it| it.label);
    }
    let text = render(&said, &remarks);
    let act = Act::Accessed {
        what: Seen::Review,
        why: "review".parse().expect("a word is a name"),
    };
    let event = act.record(&Circumstances {
        event: world.entropy.bytes(),
        pseudonym: said.pseudonym,
        decision: Some(decision),
        actor: person,
        shown: sha256(&[text.as_bytes()]),
        time: world.now.0,
        note: None,
    })?;
    let doing = about(&placed, signer.act(&event)?, None);
    acts::record(ws, world, &mut writer, Commit::default(), vec![doing])?;
    Ok(Recorded(Shown {
        decision,
        person: request.person.clone(),
        text,
    }))
}

/// An act about a decision, to be recorded beside it.
pub(super) fn about(
    placed: &Placed,
    event: crate::ledger::Event,
    note: Option<([u8; 16], String)>,
) -> Doing {
    Doing {
        kid: placed.entry.kid.clone(),
        purpose: placed.entry.purpose.clone(),
        schema: Some(placed.entry.schema),
        retention: None,
        event,
        note,
    }
}

/// Where a proposal stands, which may be used: neither erased nor restricted.
pub(super) fn standing_row(view: &View, decision: u64) -> Result<(&Placed, u32), Error> {
    let unknown = || Error::Unknown {
        what: "decision",
        name: decision.to_string(),
        near: None,
    };
    let (placed, row) = view
        .decision(decision)
        .filter(|(placed, _)| placed.entry.kind == SegmentKind::Proposals)
        .ok_or_else(unknown)?;
    if view.erased(placed)?.rows().contains(&row) {
        return Err(unknown());
    }
    let held = view.restricted()?;
    if held
        .get(&placed.entry.id)
        .is_some_and(|rows| rows.contains(&row))
    {
        return Err(Error::Refused {
            what: "this record is restricted (GDPR art. 18): it may be stored, and not used"
                .to_owned(),
            hint: "`probant subject lift LEAD --request REF` once the restriction ends",
        });
    }
    Ok((placed, row))
}

/// The pseudonym and the band's code of a proposal.
pub(super) fn proposal(
    ws: &Workspace,
    view: &View,
    placed: &Placed,
    row: u32,
) -> Result<([u8; 16], u8), Error> {
    let model = crate::workspace::explain::model_of(ws, view, placed)?;
    match view.fetch(placed, row, Some(&model.replay))?.record {
        Record::Prediction(it) => Ok((it.pseudonym, it.outcome)),
        Record::Event(_) => Err(Error::NoDecision),
    }
}

/// The run of a decision.
pub(super) fn run_of_decision(view: &View, decision: u64) -> Result<RunId, Error> {
    standing_row(view, decision).map(|(placed, _)| placed.entry.run)
}
