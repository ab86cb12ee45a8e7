//! What the law says of an export's leads, on one day or on two: counted; nobody is shown, nothing is recorded.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use rayon::prelude::*;
use serde::Serialize;

use super::error::Error;
use super::export::{Export, Plan};
use super::tally::{ConsentCount, RefusalCount};
use super::{Progress, Watch, Workspace, World, consents, files};
use crate::eligibility::consents::Consents;
use crate::eligibility::{Context, Rules, Telling, Told, Verdict};
use crate::law::Pack;
use crate::policy::{IdType, Purpose};
use crate::pseudonym::{Key, Master};
use crate::table::Column;

/// What the law says of a lead, by name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Said {
    /// `eligible` or `refused`.
    pub status: &'static str,
    /// The name of the ground or the refusal in the law pack.
    pub name: String,
    /// Its article.
    pub article: String,
}

impl Said {
    fn of(verdict: &Verdict) -> Self {
        let (status, name, article) = match verdict {
            Verdict::Eligible(it) => ("eligible", it.name(), it.article()),
            Verdict::Refused(it) => ("refused", it.name(), it.article()),
        };
        Self {
            status,
            name: name.to_owned(),
            article: article.to_owned(),
        }
    }
}

/// Leads of whom the law says one thing on one day and another on the other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// On the first day.
    pub from: Said,
    /// On the second.
    pub to: Said,
    /// How many.
    pub leads: u64,
}

/// How many leads change status between two days.
#[derive(Clone, Debug, Serialize)]
pub struct Changes {
    /// Of this document.
    pub schema_version: u32,
    /// The purpose.
    pub purpose: String,
    /// The law pack.
    pub law: String,
    /// The first day.
    pub from: NaiveDate,
    /// The second.
    pub at: NaiveDate,
    /// Rows in the export.
    pub rows: u64,
    /// Of them, those that could not be read or that repeat an identifier.
    pub failed: u64,
    /// Leads that may be scored on the first day.
    pub eligible_from: u64,
    /// On the second.
    pub eligible_at: u64,
    /// What changes, the most frequent first.
    pub changes: Vec<Change>,
    /// What the file of consents held.
    pub consents: Option<ConsentCount>,
}

/// How many leads a purpose would lose to the law today.
#[derive(Clone, Debug, Serialize)]
pub struct Counted {
    /// The purpose.
    pub purpose: String,
    /// The law pack.
    pub law: String,
    /// The day.
    pub date: NaiveDate,
    /// Leads that may be scored.
    pub eligible: u64,
    /// Leads that may not, by reason.
    pub refusals: Vec<RefusalCount>,
    /// What the file of consents held.
    pub consents: Option<ConsentCount>,
}

/// Counts the leads that change status between `from` (today without it) and `at`.
pub fn diff(
    ws: &Workspace,
    world: &World,
    data: &[PathBuf],
    (from, at): (Option<NaiveDate>, NaiveDate),
    (purpose, events): (Option<&str>, Option<&Path>),
    watch: Watch<'_>,
) -> Result<Changes, Error> {
    let purpose = ws.purpose(purpose)?;
    let pack = ws.policy.pack();
    let today = ws.civil_date(world.now);
    let from = from.unwrap_or(today);
    let asked = [from, at].map(|day| Rules::of(&Context::of(purpose, &pack, day)));
    let events = consents::named(events, &asked, &pack)?;
    let events = events.as_deref();
    let ruled = Ruled::count(
        ws,
        purpose,
        &pack,
        data,
        events,
        (&[from, at], today),
        watch,
    )?;
    let eligible = |day: usize| {
        let those = ruled
            .said
            .iter()
            .filter(|(said, _)| said[day].status == "eligible");
        those.map(|(_, leads)| leads).sum()
    };
    let differ = ruled.said.iter().filter(|(said, _)| said[0] != said[1]);
    let mut changes: Vec<Change> = differ
        .map(|(said, leads)| Change {
            from: said[0].clone(),
            to: said[1].clone(),
            leads: *leads,
        })
        .collect();
    changes.sort_by_key(|it| std::cmp::Reverse(it.leads));
    Ok(Changes {
        schema_version: 1,
        purpose: purpose.id.to_string(),
        law: pack.id().to_string(),
        from,
        at,
        rows: ruled.rows,
        failed: ruled.failed,
        eligible_from: eligible(0),
        eligible_at: eligible(1),
        changes,
        consents: ruled.consents,
    })
}

/// What the policy's pack says of an export today, for each purpose; nothing where no pack is named.
pub fn today(
    ws: &Workspace,
    world: &World,
    data: &[PathBuf],
    events: Option<&Path>,
    watch: Watch<'_>,
) -> Result<Vec<Counted>, Error> {
    let (pack, date) = (ws.policy.pack(), ws.civil_date(world.now));
    let purposes = ws.policy.purposes.iter();
    let asked = purposes.map(|purpose| Rules::of(&Context::of(purpose, &pack, date)));
    let asked: Vec<Rules> = asked.collect();
    let events = consents::named(events, &asked, &pack)?;
    let events = events.as_deref();
    if ws.policy.law.is_none() {
        return Ok(Vec::new());
    }
    let mut counted = Vec::new();
    for purpose in &ws.policy.purposes {
        let ruled = Ruled::count(ws, purpose, &pack, data, events, (&[date], date), watch)?;
        let (mut eligible, mut refused) = (0, BTreeMap::new());
        for (said, leads) in ruled.said {
            for it in said {
                if it.status == "eligible" {
                    eligible += leads;
                } else {
                    *refused.entry((it.name, it.article)).or_default() += leads;
                }
            }
        }
        counted.push(Counted {
            purpose: purpose.id.to_string(),
            law: pack.id().to_string(),
            date,
            eligible,
            refusals: RefusalCount::of(&refused),
            consents: ruled.consents,
        });
    }
    Ok(counted)
}

/// What the law says on some days of the leads of an export.
struct Ruled {
    rows: u64,
    failed: u64,
    /// Leads by what is said of them, one for each day.
    said: BTreeMap<Vec<Said>, u64>,
    consents: Option<ConsentCount>,
}

impl Ruled {
    fn count(
        ws: &Workspace,
        purpose: &Purpose,
        pack: &Pack,
        data: &[PathBuf],
        events: Option<&Path>,
        (days, today): (&[NaiveDate], NaiveDate),
        watch: Watch<'_>,
    ) -> Result<Self, Error> {
        let rules: Vec<Rules> = days
            .iter()
            .map(|day| Rules::of(&Context::of(purpose, pack, *day)))
            .collect();
        let asking: Vec<&Rules> = rules.iter().collect();
        let tellings = Telling::asked(&ws.policy, &asking);
        let plan = Plan::new(&ws.policy, &[], false).telling(tellings);
        // Whose rows these are leaves this function with nobody: any key will do.
        let key = Master::new(&[0; 32]).key(&purpose.id, plan.id_type);
        let (wordings, _) = consents::wordings(ws)?;
        let mut known: Vec<Option<Consents>> = Vec::with_capacity(days.len());
        for (rules, day) in rules.iter().zip(days) {
            known.push(match events.filter(|_| rules.asks_consent()) {
                None => None,
                Some(file) => Some(consents::read(ws, file, &key, &wordings, (*day, today))?),
            });
        }
        let mut ruled = Self {
            rows: 0,
            failed: 0,
            said: BTreeMap::new(),
            consents: None,
        };
        let mut met = HashSet::new();
        let mut export = Export::open(&files::expand(data)?, &ws.policy, &plan.asked)?;
        while let Some(portion) = export.next() {
            let portion = portion?;
            ruled.rows += portion.records;
            ruled.failed += portion.failures.len() as u64;
            let columns = &portion.batch.columns;
            let mut people = Vec::with_capacity(portion.batch.records.len());
            for row in 0..portion.batch.records.len() {
                match whose(&key, &plan, columns, &portion.batch.records, row) {
                    Some(pseudonym) if met.insert(pseudonym) => people.push((row, pseudonym)),
                    _ => ruled.failed += 1,
                }
            }
            let tellings: Vec<(&Telling, &Column)> = plan
                .tellings
                .iter()
                .map(|(telling, at)| (telling, &columns[*at]))
                .collect();
            let told: Vec<(Told<'_>, &Rules)> = rules
                .iter()
                .zip(days)
                .zip(&known)
                .map(|((rules, day), known)| {
                    let told = Told::of(&ws.policy, *day, &tellings, &wordings, known.as_ref());
                    (told, rules)
                })
                .collect();
            let said = people.par_chunks(4096).map(|people| {
                let mut counts: BTreeMap<Vec<Said>, u64> = BTreeMap::new();
                for (row, pseudonym) in people {
                    let verdicts = told
                        .iter()
                        .map(|(told, rules)| Said::of(&rules.decide(&told.lead(*row, pseudonym))));
                    *counts.entry(verdicts.collect()).or_default() += 1;
                }
                counts
            });
            for counts in said.collect::<Vec<_>>() {
                for (said, leads) in counts {
                    *ruled.said.entry(said).or_default() += leads;
                }
            }
            watch(Progress::Rows {
                done: ruled.rows,
                share: export.share(),
            });
        }
        ruled.consents = known.iter().flatten().next().map(ConsentCount::of);
        Ok(ruled)
    }
}

/// The pseudonym of a row, if its identifier is one.
fn whose(
    key: &Key,
    plan: &Plan,
    columns: &[Column],
    records: &[u64],
    row: usize,
) -> Option<[u8; 16]> {
    match plan.identifier.map(|at| &columns[at]) {
        Some(Column::Text(texts)) => {
            let lead = texts.get(row).unwrap_or_default();
            match plan.id_type {
                IdType::Row => Some(key.pseudonym(lead).0),
                _ => key.of(lead).ok().map(|it| it.0),
            }
        }
        _ => Some(key.pseudonym(&records[row].to_string()).0),
    }
}
