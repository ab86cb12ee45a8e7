//! What is drawn for a run when somebody first looks at it: the random sample, and the planted cases of that person.
//!
//! A planted case is a real proposal of the sample, shown with a wrong band
//! until its person answers. It proves whether anybody looks; it decides
//! nothing, and nothing leaves with its wrong band.

use std::collections::hash_map::Entry as Slot;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::book::{Seat, count, numbers, review_code};
use crate::ledger::record::Record;
use crate::ledger::{RunId, SegmentId, SegmentKind};
use crate::name::Token;
use crate::policy::Band;
use crate::workspace::error::Error;
use crate::workspace::explain::{model_of, policy_of};
use crate::workspace::journal::{Entropy, Held, View};
use crate::workspace::models::Loaded;
use crate::workspace::state::{Planted, State};
use crate::workspace::{Workspace, World};

/// Proposals that are looked at for each case to be planted: where so many have no wrong band far from their score, hardly
/// any has.
const TRIED: usize = 64;

/// What is drawn for a run and for one person.
#[derive(Clone, Debug, Default)]
pub struct Drawn {
    /// The random sample.
    pub sample: BTreeSet<u64>,
    /// Cases planted for the person.
    pub planted: BTreeMap<u64, Planted>,
}

/// What was drawn for a run and a person, drawn now where it was not.
pub fn drawn(
    ws: &Workspace,
    world: &mut World,
    view: &View,
    state: &mut State,
    run: RunId,
    person: Option<(&Token, &Seat)>,
) -> Result<Drawn, Error> {
    let name = run.to_string();
    let held = view.restricted()?;
    let known = state.sample(&name)?;
    let sample = known.clone().unwrap_or_default();
    // Erasures and hands take from it: it is made whole again, so that no sign-off asks for less than the policy.
    let wanted = ws.policy.oversight.sample_of(count(view, run)?) as usize;
    if known.is_none() || sample.len() < wanted {
        let mut numbers = numbers(view, run, &held)?;
        numbers.retain(|it| !sample.contains(it));
        let chosen = choose(numbers, wanted - sample.len(), &mut world.entropy);
        state.draw(&name, &chosen.into_iter().collect(), known.is_none())?;
    }
    let sample = state.sample(&name)?.unwrap_or_default();
    let mut drawn = Drawn {
        sample,
        planted: BTreeMap::new(),
    };
    if let Some((person, seat)) = person {
        let known = state.planted(&name, person)?;
        let planted = known.clone().unwrap_or_default();
        let missing = (ws.policy.oversight.controls as usize).saturating_sub(planted.len());
        if known.is_none() || missing > 0 {
            let mut sample = drawn.sample.clone();
            sample.retain(|it| !planted.contains_key(it) && !seat.has_answered(*it));
            let cases = cases(ws, world, view, (&sample, missing), seat, &held)?;
            state.plant(&name, person, &cases, known.is_none())?;
        }
        drawn.planted = state.planted(&name, person)?.unwrap_or_default();
    }
    drawn.sample.retain(|it| !is_held(view, &held, *it));
    drawn.planted.retain(|it, _| !is_held(view, &held, *it));
    Ok(drawn)
}

fn is_held(view: &View, held: &Held, decision: u64) -> bool {
    view.decision(decision).is_some_and(|(placed, row)| {
        held.get(&placed.entry.id)
            .is_some_and(|rows| rows.contains(&row))
    })
}

/// Cases of the sample with a band that their score does not have; those that this person never opened first.
fn cases(
    ws: &Workspace,
    world: &mut World,
    view: &View,
    (sample, wanted): (&BTreeSet<u64>, usize),
    seat: &Seat,
    held: &Held,
) -> Result<BTreeMap<u64, Planted>, Error> {
    let free = |it: &&u64| !is_held(view, held, **it);
    let (known, fresh): (Vec<u64>, Vec<u64>) = sample
        .iter()
        .filter(free)
        .copied()
        .partition(|it| seat.has_opened(*it));
    let all = |numbers: Vec<u64>, entropy: &mut Entropy| {
        let count = numbers.len();
        choose(numbers, count, entropy)
    };
    let mut order = all(fresh, &mut world.entropy);
    order.extend(all(known, &mut world.entropy));
    order.truncate(wanted.saturating_mul(TRIED));
    let mut scorers = HashMap::new();
    let mut cases = BTreeMap::new();
    for decision in order {
        if cases.len() == wanted {
            break;
        }
        if let Some(band) = wrong_band(ws, view, &mut scorers, decision, &mut world.entropy)? {
            let since = view.size();
            cases.insert(decision, Planted { band, since });
        }
    }
    Ok(cases)
}

/// A band that a proposal's score is far from; none where there is no such band.
fn wrong_band(
    ws: &Workspace,
    view: &View,
    scorers: &mut HashMap<SegmentId, (Loaded, Vec<Band>)>,
    decision: u64,
    entropy: &mut Entropy,
) -> Result<Option<Token>, Error> {
    let Some((placed, row)) = view.decision(decision) else {
        return Ok(None);
    };
    if placed.entry.kind != SegmentKind::Proposals {
        return Ok(None);
    }
    let (model, bands) = match scorers.entry(placed.entry.id) {
        Slot::Occupied(it) => it.into_mut(),
        Slot::Vacant(it) => it.insert((
            model_of(ws, view, placed)?,
            policy_of(ws, view, placed.entry.policy).bands,
        )),
    };
    if bands.len() < 2 {
        return Ok(None);
    }
    let proved = view.fetch(placed, row, Some(&model.replay))?;
    let Record::Prediction(record) = &proved.record else {
        return Ok(None);
    };
    // The list says which leads are set apart: any band that is shown of one would tell.
    if review_code(&placed.entry) == Some(record.outcome) {
        return Ok(None);
    }
    let near = ws.policy.oversight.borderline_ppm;
    let mut far = Vec::new();
    for (at, band) in bands.iter().enumerate() {
        let end = bands.get(at + 1).map_or(1_000_001, |next| next.from_ppm);
        let below = record.score < band.from_ppm.saturating_sub(near);
        let above = record.score > end.saturating_add(near);
        if (below || above) && at != usize::from(record.outcome) {
            far.push(band.id.clone());
        }
    }
    Ok(choose(far, 1, entropy).pop())
}

/// So many of `all`, each as likely as another, in an order that is drawn too.
fn choose<T>(mut all: Vec<T>, wanted: usize, entropy: &mut Entropy) -> Vec<T> {
    let wanted = wanted.min(all.len());
    for at in 0..wanted {
        // Among at most 2³² things, a remainder of 64 random bits is as good as even.
        let random = u64::from_be_bytes(entropy.bytes());
        let other = at + (random % (all.len() - at) as u64) as usize;
        all.swap(at, other);
    }
    all.truncate(wanted);
    all
}
