//! What there is to review, what the machine would not judge first, then the nearest to another band: by decision number, never by identity.

use serde::Serialize;

use super::book::{Line, labels};
use super::sign_off::{Table, table};
use super::standing::Standing;
use crate::decision::{Missing, Opinion};
use crate::ledger::Standing as RunStanding;
use crate::name::Token;
use crate::policy::{REVIEW, Right, Role};
use crate::workspace::error::Error;
use crate::workspace::journal::View;
use crate::workspace::{Workspace, World, acts, runs};

/// How far a proposal has come, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Nobody has decided it, or nobody whose word counts.
    Open,
    /// It stands.
    Validated,
    /// Another band.
    Overridden,
    /// Not to be used.
    Rejected,
    /// It waits for a second reviewer.
    Contested,
}

impl Status {
    /// Every one of them, as it is typed.
    pub const ALL: [(&'static str, Self); 5] = [
        ("open", Self::Open),
        ("validated", Self::Validated),
        ("overridden", Self::Overridden),
        ("rejected", Self::Rejected),
        ("contested", Self::Contested),
    ];

    fn of(standing: &Standing) -> Self {
        match standing {
            Standing::Undecided | Standing::Unseen { .. } => Self::Open,
            Standing::Decided(it) if it.opinion() == Opinion::Validated => Self::Validated,
            Standing::Decided(_) => Self::Overridden,
            Standing::Rejected(_) => Self::Rejected,
            Standing::Contested { .. } => Self::Contested,
        }
    }
}

/// Which proposals are asked for.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Of this band, by its id.
    pub band: Option<String>,
    /// Of this status.
    pub status: Option<Status>,
    /// Near the lower edge of a band.
    pub borderline: bool,
    /// At most so many.
    pub limit: usize,
}

/// What is to be listed, and for whom.
#[derive(Clone, Debug)]
pub struct ListRequest {
    /// The run: its id, its first digits, or `@latest`.
    pub run: String,
    /// For which reviewer; the only one, where nobody is named.
    pub person: Option<String>,
    /// Which.
    pub filter: Filter,
}

/// A proposal in one line.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// Its number.
    pub decision: u64,
    /// Its band, as the reviewer was shown it; nothing before they opened it, so that no list tells planted cases apart.
    pub band: Option<String>,
    /// The same as people read it.
    pub band_label: Option<String>,
    /// Near the lower edge of a band, or set apart.
    pub borderline: bool,
    /// Set apart: the machine abstained, and a person judges.
    pub set_apart: bool,
    /// To be opened before the run is signed off.
    pub to_open: bool,
    /// How far it has come.
    pub status: Status,
}

/// What there is to review.
#[derive(Clone, Debug, Serialize)]
pub struct Listed {
    /// Of this document.
    pub schema_version: u32,
    /// The run.
    pub run: String,
    /// Whether it is a trial, which is never used.
    pub trial: bool,
    /// For whom.
    pub person: Option<String>,
    /// Who signed the run off, and when.
    pub signed_off: Option<SignedBy>,
    /// Proposals that stand and may be used.
    pub proposed: u64,
    /// Of them, by status.
    pub open: u64,
    /// Validated.
    pub validated: u64,
    /// Decided otherwise.
    pub overridden: u64,
    /// Rejected.
    pub rejected: u64,
    /// Waiting for a second reviewer.
    pub contested: u64,
    /// Whether cases could be planted: a policy of one band has no wrong one.
    pub planted: bool,
    /// What this person's sign-off lacks.
    pub missing: Vec<Missing>,
    /// How many the filter lets through.
    pub matching: u64,
    /// The first of them.
    pub rows: Vec<Row>,
}

/// Who signed a run off.
#[derive(Clone, Debug, Serialize)]
pub struct SignedBy {
    /// Who.
    pub person: String,
    /// UTC.
    pub time: String,
}

/// What there is to review of a run.
pub fn list(ws: &Workspace, world: &mut World, request: &ListRequest) -> Result<Listed, Error> {
    let view = View::open(&ws.root)?;
    let found = runs::usable(&view, &request.run)?;
    let (run, trial) = (found.run, found.model.1 == RunStanding::Trial);
    let person = person(ws, request.person.as_deref())?;
    let mut state = ws.state()?;
    acts::catch_up(&mut state, &view)?;
    let table = table(ws, world, &view, &mut state, run, person.as_ref())?;
    let labels = labels(ws, &view, run);
    let asked = request.filter.band.as_deref();
    if let Some(asked) = asked
        && !labels.keys().any(|it| it.as_str() == asked)
    {
        let near = crate::name::nearest(asked, labels.keys().map(Token::as_str));
        return Err(Error::Unknown {
            what: "band",
            name: asked.to_owned(),
            near: near.map(str::to_owned),
        });
    }
    let look = table.look(world.now.0, ws.policy.oversight.seconds);
    let signed = table.decisions.signed_off().map(|it| SignedBy {
        person: it.reviewer().to_string(),
        time: crate::ledger::Time(it.at()).to_string(),
    });
    let bands = labels.keys().filter(|it| it.as_str() != REVIEW).count();
    let mut listed = Listed {
        schema_version: 1,
        run: run.to_string(),
        trial,
        person: person.as_ref().map(Token::to_string),
        missing: if signed.is_some() || person.is_none() {
            Vec::new()
        } else {
            look.missing()
        },
        signed_off: signed,
        proposed: table.lines.len() as u64,
        open: 0,
        validated: 0,
        overridden: 0,
        rejected: 0,
        contested: 0,
        planted: ws.policy.oversight.controls == 0 || bands > 1,
        matching: 0,
        rows: Vec::new(),
    };
    let mut rows = Vec::new();
    for line in &table.lines {
        let row = row(&table, line, &labels);
        *match row.status {
            Status::Open => &mut listed.open,
            Status::Validated => &mut listed.validated,
            Status::Overridden => &mut listed.overridden,
            Status::Rejected => &mut listed.rejected,
            Status::Contested => &mut listed.contested,
        } += 1;
        let named = table.decisions.named(line.decision, line.band);
        if is_asked(&request.filter, &row, &named) {
            rows.push(((!line.apart, line.near.unwrap_or(u32::MAX)), row));
        }
    }
    rows.sort_by_key(|(near, row)| (*near, !row.to_open, row.decision));
    listed.matching = rows.len() as u64;
    let first = rows.into_iter().take(request.filter.limit);
    listed.rows = first.map(|(_, row)| row).collect();
    Ok(listed)
}

/// For whom it is listed: the reviewer named, or the only one.
fn person(ws: &Workspace, asked: Option<&str>) -> Result<Option<Token>, Error> {
    if let Some(id) = asked {
        let person = ws.person_by_id(id)?;
        let is_reviewer = person.roles.contains(&Role::Reviewer);
        return Ok(is_reviewer.then(|| person.id.clone()));
    }
    let mut able = ws
        .policy
        .people
        .iter()
        .filter(|it| it.roles.contains(&Role::Reviewer));
    match (able.next(), able.next()) {
        (Some(only), None) => Ok(Some(only.id.clone())),
        (None, _) => Ok(None),
        _ => ws.may(None, Right::Review).map(|it| Some(it.id.clone())),
    }
}

/// Whether a row is asked for; `named` is the band of its score.
fn is_asked(filter: &Filter, row: &Row, named: &str) -> bool {
    filter.band.as_ref().is_none_or(|band| band == named)
        && filter.status.is_none_or(|status| status == row.status)
        && (!filter.borderline || row.borderline)
}

fn row(table: &Table, line: &Line, labels: &std::collections::HashMap<Token, String>) -> Row {
    let case = table.seat.waiting(&table.drawn.planted, line.decision);
    let opened = table.seat.opened(&table.drawn.planted, line.decision);
    let band = opened.map(|_| match case {
        Some(case) => case.band.to_string(),
        None => table.decisions.named(line.decision, line.band),
    });
    Row {
        decision: line.decision,
        band_label: band.as_ref().map(|band| {
            let known = labels.iter().find(|(id, _)| id.as_str() == band);
            known.map_or_else(|| band.clone(), |(_, label)| label.clone())
        }),
        band,
        borderline: line.is_borderline(),
        set_apart: line.apart,
        to_open: table.is_to_open(line),
        status: Status::of(&table.decisions.stands(&line.proposal())),
    }
}
