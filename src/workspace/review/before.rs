//! What people said of a decision before, gathered for whoever reviews it next.

use super::standing::{People, acts_of, signed_off};
use crate::event::{Act, note, note_commitment};
use crate::ledger::entry::request_commitment;
use crate::ledger::record::actor;
use crate::ledger::{SegmentId, Time};
use crate::policy::Policy;
use crate::report::remark::{Came, Remark, Words};
use crate::workspace::Workspace;
use crate::workspace::error::Error;
use crate::workspace::journal::{Placed, View};
use crate::workspace::state::{State, Told};

/// What was said of `decision`, which stands in `placed`, in the order of the log.
///
/// Reviews count under their person's signature only. An answer to a planted
/// case decided nothing and is not told: it would tell which cases are planted.
pub fn before(
    ws: &Workspace,
    view: &View,
    state: &State,
    placed: &Placed,
    decision: u64,
) -> Result<Vec<Remark>, Error> {
    let mut people = People::new(ws, view);
    let mut said: Vec<(u64, Remark)> = Vec::new();
    for (index, told) in acts_of(view, state, placed.entry.run)? {
        if told.event.decision == Some(decision)
            && let Some(remark) = remark(state, &told, &mut people)?
        {
            said.push((index, remark));
        }
    }
    if let Some((index, entry)) = signed_off(view, placed.entry.run)
        && let Some(by) = people.signed_off(entry)
    {
        let remark = Remark {
            what: Came::SignedOff,
            time: entry.time.to_string(),
            person: Some(by.reviewer().to_string()),
            request: None,
            note: None,
        };
        said.push((index, remark));
    }
    said.sort_by_key(|(index, _)| *index);
    Ok(said.into_iter().map(|(_, remark)| remark).collect())
}

fn remark(state: &State, told: &Told, people: &mut People<'_>) -> Result<Option<Remark>, Error> {
    let event = &told.event;
    let Some(act) = Act::of(event) else {
        return Ok(None);
    };
    let Some(policy) = people.policy_of_segment(SegmentId(event.segment)) else {
        return Ok(None);
    };
    let person = policy.people.iter().find(|it| actor(&it.id) == event.actor);
    let person = person.map(|it| it.id.to_string());
    let (what, request) = match act {
        Act::Validated { control: None } => (Came::Validated, None),
        Act::Overridden {
            band,
            reason,
            control: None,
        } => {
            let band = policy.band_label(band.as_str());
            let reason = label(policy, reason);
            (Came::Overridden { band, reason }, None)
        }
        Act::Rejected {
            reason,
            control: None,
        } => {
            let reason = label(policy, reason);
            (Came::Rejected { reason }, None)
        }
        Act::Contested { request } => (Came::Contested, Some(request)),
        _ => return Ok(None),
    };
    if what != Came::Contested && people.signer(told).is_none() {
        return Ok(None);
    }
    let request = match request {
        None => None,
        Some(commitment) => {
            let mut requests = state.requests()?.into_iter();
            let asked = requests.find(|it| it.event.is_some_and(|it| it.0 == event.event));
            let kept = asked.map(|it| (request_commitment(&it.salt, &it.reference), it.reference));
            Some(words(commitment, kept))
        }
    };
    let note = match note(event) {
        None => None,
        Some(commitment) => {
            let kept = state.note(&event.event)?;
            let kept = kept.map(|(salt, text)| (note_commitment(&salt, &text), text));
            Some(words(commitment, kept))
        }
    };
    Ok(Some(Remark {
        what,
        time: Time(event.time).to_string(),
        person,
        request,
        note,
    }))
}

/// The reason of a code, as people read it; the code where the policy of that day has none.
fn label(policy: &Policy, code: u16) -> String {
    let known = policy.reasons.iter().find(|it| it.code == code);
    known.map_or_else(|| code.to_string(), |it| it.label.clone())
}

/// What is kept, where it is what the ledger commits to.
fn words(commitment: [u8; 32], kept: Option<([u8; 32], String)>) -> Words {
    match kept {
        None => Words::Lost(commitment),
        Some((own, text)) if own == commitment => Words::Kept(text),
        Some(_) => Words::Altered(commitment),
    }
}
