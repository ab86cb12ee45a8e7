//! What became of leads that were scored: each outcome of an export beside the latest decision about its lead.
//!
//! An outcome is an act about one person: a leaf of its own, erased with the
//! rest of their records. Whoever may not be used is left out: restricted
//! records, and people who were erased or object to being profiled.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::PathBuf;

use rayon::prelude::*;
use serde::Serialize;

use super::acts::{self, Doing};
use super::erasure;
use super::error::Error;
use super::export::{Export, Plan};
use super::files::{self, Fingerprint};
use super::journal::{Commit, Placed, View};
use super::state::{State, Which};
use super::suppressed::Suppressed;
use super::{Progress, Recorded, Watch, Workspace, World};
use crate::digest::Digest;
use crate::event::{Act, Circumstances};
use crate::intake::{self, Outcome};
use crate::law::words::Scope;
use crate::ledger::{EventKind, SegmentId, SegmentKind, Standing};
use crate::name::{IdType, Token};
use crate::policy::Right;
use crate::pseudonym::{Key, Master, normalise};
use crate::table::Column;

/// Which export, and for which purpose.
#[derive(Clone, Debug, Default)]
pub struct OutcomesRequest {
    /// The exports.
    pub data: Vec<PathBuf>,
    /// The purpose, where the policy has several.
    pub purpose: Option<String>,
    /// Who does it; whose work it is, where nobody is named.
    pub person: Option<String>,
    /// Count only.
    pub dry_run: bool,
}

/// What an export told, in numbers: `rows_in` is the sum of the six below it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Learned {
    /// Of this document.
    pub schema_version: u32,
    /// `recorded`, `counted` (a dry run) or `unchanged` (nothing new: nothing was recorded).
    pub status: String,
    /// The purpose.
    pub purpose: String,
    /// Rows of the export.
    pub rows_in: u64,
    /// Outcomes that are new, or another than before.
    pub recorded: u64,
    /// Outcomes that were known already, of the same decision.
    pub unchanged: u64,
    /// Leads without an outcome yet.
    pub open: u64,
    /// Unreadable, or a second row about the same lead.
    pub failed: u64,
    /// Leads of which no decision stands.
    pub no_decision: u64,
    /// Leads that may not be used: restricted, erased, or objecting to being profiled.
    pub held: u64,
    /// Of those recorded, won.
    pub won: u64,
    /// Of those recorded, lost.
    pub lost: u64,
    /// Of those recorded, an outcome that replaces another.
    pub changed: u64,
    /// Entries in the log once they were recorded.
    pub log_size: Option<u64>,
}

/// One lead of the export whose outcome is known.
struct Told {
    won: bool,
    is_held: bool,
    about: Option<About>,
}

/// The latest decision about a lead.
struct About {
    decision: u64,
    pseudonym: [u8; 16],
    kid: Token,
    schema: Digest,
    is_held: bool,
}

/// The export, read.
#[derive(Default)]
struct Read {
    count: Learned,
    leads: Vec<Told>,
    /// Under each period's key, which lead a pseudonym is.
    whose: BTreeMap<Token, HashMap<[u8; 16], u32>>,
}

/// Takes in what became of leads, and records what is new.
pub fn outcomes(
    ws: &Workspace,
    world: &mut World,
    request: &OutcomesRequest,
    watch: Watch<'_>,
) -> Result<Recorded<Learned>, Error> {
    let actor = ws
        .may(request.person.as_deref(), Right::Outcomes)?
        .id
        .clone();
    let purpose = ws.purpose(request.purpose.as_deref())?.id.clone();
    if ws.policy.identifier().1 == IdType::Row {
        return Err(Error::Refused {
            what: "leads are known by their row number, which says nothing tomorrow".to_owned(),
            hint: "declare the column that identifies a lead: an outcome is told of a lead, not of a row",
        });
    }
    let mut state = ws.state()?;
    if request.dry_run {
        let view = View::open(&ws.root)?;
        acts::catch_up(&mut state, &view)?;
        acts::unchanged(&state, &view)?;
        let (mut count, _) = compare(ws, &view, &state, request, &purpose, watch)?;
        "counted".clone_into(&mut count.status);
        return Ok(Recorded(count));
    }
    let mut writer = erasure::writer(ws, world)?;
    acts::catch_up(&mut state, writer.view())?;
    acts::unchanged(&state, writer.view())?;
    let (mut count, new) = compare(ws, writer.view(), &state, request, &purpose, watch)?;
    if new.is_empty() {
        "unchanged".clone_into(&mut count.status);
        return Ok(Recorded(count));
    }
    let doings = new
        .into_iter()
        .map(|(told, about)| doing(world, &actor, &purpose, &told, about))
        .collect::<Result<Vec<_>, Error>>()?;
    drop(state);
    let receipt = acts::record(ws, world, &mut writer, Commit::default(), doings)?;
    "recorded".clone_into(&mut count.status);
    count.log_size = Some(receipt.entries.end);
    Ok(Recorded(count))
}

fn doing(
    world: &mut World,
    actor: &Token,
    purpose: &Token,
    told: &Told,
    about: About,
) -> Result<Doing, Error> {
    let act = Act::Became {
        won: told.won,
        date: None,
    };
    let event = act.record(&Circumstances {
        event: world.entropy.bytes(),
        pseudonym: about.pseudonym,
        decision: Some(about.decision),
        actor: actor.clone(),
        shown: [0; 32],
        time: world.now.0,
        note: None,
    })?;
    Ok(Doing {
        kid: about.kid,
        purpose: purpose.clone(),
        schema: Some(about.schema),
        retention: None,
        event,
        note: None,
    })
}

/// Counts every row of the export, and says which outcomes are new.
fn compare(
    ws: &Workspace,
    view: &View,
    state: &State,
    request: &OutcomesRequest,
    purpose: &Token,
    watch: Watch<'_>,
) -> Result<(Learned, Vec<(Told, About)>), Error> {
    let Read {
        mut count,
        mut leads,
        whose,
    } = read(ws, view, request, purpose, watch)?;
    find(view, purpose, &whose, &mut leads)?;
    let known = known(view, state)?;
    let mut new = Vec::new();
    for mut told in leads {
        match told.about.take() {
            _ if told.is_held => count.held += 1,
            None => count.no_decision += 1,
            Some(about) if about.is_held => count.held += 1,
            Some(about) => match known.get(&about.decision) {
                Some(won) if *won == told.won => count.unchanged += 1,
                before => {
                    count.recorded += 1;
                    count.changed += u64::from(before.is_some());
                    count.won += u64::from(told.won);
                    count.lost += u64::from(!told.won);
                    new.push((told, about));
                }
            },
        }
    }
    let accounted = count.recorded
        + count.unchanged
        + count.open
        + count.failed
        + count.no_decision
        + count.held;
    if accounted != count.rows_in {
        return Err(Error::Unaccounted {
            rows: count.rows_in,
            accounted,
        });
    }
    Ok((count, new))
}

/// Reads the export: identifiers are pseudonyms before a portion is left.
fn read(
    ws: &Workspace,
    view: &View,
    request: &OutcomesRequest,
    purpose: &Token,
    watch: Watch<'_>,
) -> Result<Read, Error> {
    let (positive, negative) = ws.policy.outcome().ok_or_else(|| Error::Refused {
        what: "the policy declares no outcome, so there is nothing to take in".to_owned(),
        hint: "declare the column that says what became of a lead, with `role = \"outcome\"`",
    })?;
    let plan = Plan::new(&ws.policy, &[], true);
    let (Some(identifier), Some(outcome)) = (plan.identifier, plan.outcome) else {
        unreachable!("a policy with an outcome and an identifier asks for both")
    };
    let named = files::expand(&request.data)?;
    let prints = named
        .iter()
        .map(|path| files::fingerprint(path))
        .collect::<Result<Vec<_>, _>>()?;
    let keys = standing(view, plan.id_type, purpose)?;
    let suppressed = Suppressed::open(ws, view, plan.id_type)?;
    let mut export = Export::open(&named, &ws.policy, &plan.asked)?;
    let mut all = Read::default();
    all.count.schema_version = 1;
    all.count.purpose = purpose.to_string();
    let mut met: HashSet<[u8; 16]> = HashSet::new();
    while let Some(portion) = export.next() {
        let portion = portion?;
        all.count.rows_in += portion.records;
        all.count.failed += portion.failures.len() as u64;
        let columns = &portion.batch.columns;
        let (Column::Text(names), Column::Text(became)) = (&columns[identifier], &columns[outcome])
        else {
            unreachable!("the plan asks for identifiers and outcomes as text")
        };
        let people: Vec<Option<(bool, Vec<[u8; 16]>)>> = (0..names.len())
            .into_par_iter()
            .with_min_len(1024)
            .map(|row| {
                let normal = normalise(plan.id_type, names.get(row)?).ok()?;
                let scope = suppressed.scope(&normal);
                let is_held = !matches!(scope, None | Some(Scope::Promotion));
                let under = keys.iter().map(|(_, key)| key.pseudonym(&normal).0);
                Some((is_held, under.collect()))
            })
            .collect();
        for (row, person) in people.into_iter().enumerate() {
            let Some((is_held, under)) = person.filter(|(_, it)| met.insert(it[0])) else {
                all.count.failed += 1;
                continue;
            };
            let won = match intake::outcome(became.get(row), positive, negative) {
                Outcome::Open => {
                    all.count.open += 1;
                    continue;
                }
                known => known == Outcome::Won,
            };
            let lead = all.leads.len() as u32;
            for ((kid, _), pseudonym) in keys.iter().zip(under) {
                all.whose
                    .entry(kid.clone())
                    .or_default()
                    .insert(pseudonym, lead);
            }
            all.leads.push(Told {
                won,
                is_held,
                about: None,
            });
        }
        watch(Progress::Rows {
            done: all.count.rows_in,
            share: export.share(),
        });
    }
    let count = &all.count;
    intake::tolerate(count.failed, count.rows_in, ws.policy.tolerance.max_failed)?;
    prints.iter().try_for_each(Fingerprint::unchanged)?;
    Ok(all)
}

/// The keys under which leads can still be found, the one in use first.
fn standing(view: &View, id_type: IdType, purpose: &Token) -> Result<Vec<(Token, Key)>, Error> {
    let mut kids = vec![view.kid().clone()];
    for placed in decisions(view, purpose) {
        if !kids.contains(&placed.entry.kid) {
            kids.push(placed.entry.kid.clone());
        }
    }
    let mut keys = Vec::new();
    for kid in kids {
        if let Some(master) = view.standing_master(&kid)? {
            keys.push((kid, Master::new(master.expose()).key(purpose, id_type)));
        }
    }
    Ok(keys)
}

/// The proposals that an outcome may be about, newest first: nobody acted on a trial.
fn decisions<'a>(view: &'a View, purpose: &'a Token) -> impl Iterator<Item = &'a Placed> {
    view.segments().rev().filter(move |placed| {
        let entry = &placed.entry;
        entry.kind == SegmentKind::Proposals
            && entry.purpose == *purpose
            && entry.model.is_some_and(|(_, it)| it == Standing::Active)
    })
}

/// Finds the latest decision about each lead: one pass over the ledger's pseudonyms, however many leads there are.
fn find(
    view: &View,
    purpose: &Token,
    whose: &BTreeMap<Token, HashMap<[u8; 16], u32>>,
    leads: &mut [Told],
) -> Result<(), Error> {
    let restricted = view.restricted()?;
    for placed in decisions(view, purpose) {
        let entry = &placed.entry;
        let Some(whose) = whose.get(&entry.kid) else {
            continue;
        };
        let held = restricted.get(&entry.id);
        view.scan(placed, |row, pseudonym| {
            let Some(&lead) = whose.get(pseudonym) else {
                return;
            };
            leads[lead as usize].about.get_or_insert_with(|| About {
                decision: placed.first.unwrap_or(0) + u64::from(row),
                pseudonym: *pseudonym,
                kid: entry.kid.clone(),
                schema: entry.schema,
                is_held: held.is_some_and(|rows| rows.contains(&row)),
            });
        })?;
    }
    Ok(())
}

/// The last outcome of each decision, in the order of the log.
fn known(view: &View, state: &State) -> Result<HashMap<u64, bool>, Error> {
    let indices: HashMap<SegmentId, u64> = view
        .segments()
        .map(|placed| (placed.entry.id, placed.index))
        .collect();
    let mut last: HashMap<u64, (u64, u32, bool)> = HashMap::new();
    for told in state.acts(Which::Kind(EventKind::Outcome))? {
        let (event, act) = (&told.event, Act::of(&told.event));
        let index = indices.get(&SegmentId(event.segment));
        if let (Some(index), Some(decision), Some(Act::Became { won, .. })) =
            (index, event.decision, act)
        {
            let here = (*index, event.row, won);
            let known = last.entry(decision).or_insert(here);
            if (known.0, known.1) < (here.0, here.1) {
                *known = here;
            }
        }
    }
    Ok(last
        .into_iter()
        .map(|(decision, (_, _, won))| (decision, won))
        .collect())
}
