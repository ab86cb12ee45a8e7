//! How groups of people fare with a model: scored as a night would score them, and grouped by a file that nothing else reads.
//!
//! The side file is read here and nowhere else: each person's group is held in memory by pseudonym while the command
//! runs, and only counts of at least `k` people come out. Who may not be scored is not scored here either.

mod refusal;
mod side;

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::anchor::{deliver, deliverable};
use super::error::Error;
use super::export::{Export, name_of};
use super::files::{self, Fingerprint};
use super::journal::{Commit, View};
use super::models::provenance;
use super::score::{Night, Request};
use super::tally::Tally;
use super::{Recorded, Watch, Workspace, World, erasure, place};
use crate::digest::Digest;
use crate::fairness::{Audited, Fairness, PROXY, People, judge};
use crate::intake::{self, Asked, Outcome};
use crate::lang::Lang;
use crate::ledger::Entry;
use crate::ledger::entry::{Report, input_commitment};
use crate::ledger::text::About;
use crate::name::Token;
use crate::policy::{Column as Declared, Kind, Right, Use};
use crate::pseudonym::Key;
use crate::report::fairness_page;
use crate::table::Column;

use self::side::Side;

pub use self::refusal::Refusal;

/// Whose figures, from what, and where to put them.
#[derive(Clone, Debug, Default)]
pub struct FairnessRequest {
    /// `@active`, `@latest`, or a version's first digits.
    pub model: String,
    /// The exports.
    pub data: Vec<PathBuf>,
    /// The side file: the identifier and the columns of role `audit`.
    pub audit: PathBuf,
    /// The events of consent, where the law asks for them.
    pub consents: Option<PathBuf>,
    /// The band from which on somebody counts as selected; the highest where none is named.
    pub band: Option<String>,
    /// The purpose, where the policy has several.
    pub purpose: Option<String>,
    /// A page to write.
    pub out: Option<PathBuf>,
    /// Who asks; whose work it is, where nobody is named.
    pub person: Option<String>,
}

/// What was found, and the record of it.
#[derive(Clone, Debug, Serialize)]
pub struct Judged {
    /// Of this document.
    pub schema_version: u32,
    /// The document that was kept.
    pub fairness: Fairness,
    /// Its SHA-256.
    pub document: Digest,
    /// The log's entry.
    pub entry: u64,
    /// Rows of the exports: always scored + refused + failed.
    pub rows_in: u64,
    /// Scored.
    pub scored: u64,
    /// Refused by the law.
    pub refused: u64,
    /// Failed, the same person a second time included.
    pub failed: u64,
    /// Columns of the side file that were not read.
    pub unread: Vec<String>,
    /// Columns whose groups could not be compared: fewer than two of at least `k` people.
    pub not_compared: Vec<String>,
    /// The page.
    pub page: Option<PathBuf>,
}

/// Scores the export, groups the people, records what may be said of the groups, and returns it.
pub fn fairness(
    ws: &Workspace,
    world: &mut World,
    request: &FairnessRequest,
    lang: Lang,
    watch: Watch<'_>,
) -> Result<Recorded<Judged>, Error> {
    let person = ws.may(request.person.as_deref(), Right::Fairness)?;
    let person = person.id.clone();
    if let Some(page) = &request.out {
        place::vacant(page)?;
    }
    let wanted = audit_columns(ws)?;
    let band = band(ws, request.band.as_deref())?;
    let view = View::open(&ws.root)?;
    let asked = Request {
        data: request.data.clone(),
        consents: request.consents.clone(),
        dry_run: true,
        purpose: request.purpose.clone(),
        model: Some(request.model.clone()),
        ..Request::default()
    };
    let night = Night::plan(ws, world, &asked, &view, lang)?;
    let key = night.key(&view)?.0;
    let print = files::fingerprint(&request.audit)?;
    let side = Side::read(ws, &request.audit, &wanted, &key)?;
    print.unchanged()?;
    let (people, groups, tally) = measure(&night, &side, &key, band, watch)?;
    if tally.proposed > 0 && groups.iter().flatten().all(Option::is_none) {
        let file = name_of(&request.audit);
        return Err(Refusal::Strangers { file }.into());
    }
    let model = &night.model.model;
    let k = u64::from(model.settings().min_people);
    let columns = side.columns.into_iter().zip(groups);
    let (mut judged, mut not_compared) = (Vec::new(), Vec::new());
    for ((column, levels), of) in columns {
        let audited = Audited { column, levels, of };
        match judge(&people, &audited, k) {
            Some(found) => judged.push(found),
            None => not_compared.push(audited.column),
        }
    }
    if judged.is_empty() {
        let file = name_of(&request.audit);
        return Err(Refusal::Small { file, k }.into());
    }
    let policy = &ws.policy;
    let found = Fairness {
        schema_version: 1,
        model: model.version(),
        policy: policy.digest,
        purpose: night.purpose.id.clone(),
        date: night.date.to_string(),
        band: policy.bands[band].id.to_string(),
        band_label: policy.bands[band].label.clone(),
        k: model.settings().min_people,
        people: tally.proposed,
        learned_from: learned_from(ws, model.version(), &night.files)?,
        proxy_limit: PROXY,
        columns: judged,
    };
    let (document, entry) = record(ws, world, &found, person, request.out.as_deref())?;
    Ok(Recorded(Judged {
        schema_version: 1,
        fairness: found,
        document,
        entry,
        rows_in: tally.rows,
        scored: tally.proposed,
        refused: tally.refused,
        failed: tally.failed,
        unread: side.unread,
        not_compared,
        page: request.out.clone(),
    }))
}

/// The people scored, as a night would score them, and the group of each in each column of the side file.
fn measure(
    night: &Night<'_>,
    side: &Side,
    key: &Key,
    band: usize,
    watch: Watch<'_>,
) -> Result<(People, Vec<Groups>, Tally), Error> {
    let mut people = People::default();
    let names = night.model.model.schema().features.iter();
    people.features = names.map(|it| (it.name.clone(), Vec::new())).collect();
    let (mut records, mut groups) = (Vec::new(), vec![Vec::new(); side.columns.len()]);
    let tally = night.stream(key, watch, &mut |outcome| {
        let scored = outcome.scored;
        // Whoever is set apart is in no band: a person decides.
        let bands = night.ws.policy.bands.len();
        let chosen = scored.bands.iter().map(|it| usize::from(*it));
        people
            .selected
            .extend(chosen.map(|it| (band..bands).contains(&it)));
        let scores = scored.log_odds.iter();
        let scores = scores.map(|z| z.probability().value());
        people.probability.extend(scores);
        for (feature, codes) in people.features.iter_mut().zip(&scored.codes) {
            feature.1.extend(codes);
        }
        for whose in &scored.pseudonyms {
            let found = side.people.get(whose);
            for (at, group) in groups.iter_mut().enumerate() {
                group.push(found.and_then(|levels| levels[at]));
            }
        }
        records.extend(scored.records);
        Ok(())
    })?;
    people.outcome = outcomes(night.ws, &night.files, &records)?;
    Ok((people, groups, tally))
}

/// The group of each person in one column.
type Groups = Vec<Option<u32>>;

/// Keeps the document, and only then writes the page; the log's entry.
fn record(
    ws: &Workspace,
    world: &mut World,
    found: &Fairness,
    actor: Token,
    out: Option<&Path>,
) -> Result<(Digest, u64), Error> {
    let policy = &ws.policy;
    let page = fairness_page(found, policy, policy.controller.language);
    if let Some(file) = out {
        deliverable(file, page.as_bytes())?;
    }
    let document = found.to_json().into_bytes();
    let digest = Digest::of(&document);
    let mut writer = erasure::writer(ws, world)?;
    let receipt = writer.commit(&Commit {
        documents: vec![document],
        entries: vec![Entry::Report(Report {
            document: digest,
            about: About::Fairness,
            model: Some(found.model),
            purpose: found.purpose.clone(),
            time: world.now,
            actor,
        })],
    })?;
    if let Some(file) = out {
        deliver(world, file, page.as_bytes())?;
    }
    Ok((digest, receipt.entries.start))
}

/// The columns that the policy declares for side files.
fn audit_columns(ws: &Workspace) -> Result<Vec<&Declared>, Refusal> {
    let columns: Vec<&Declared> = ws
        .policy
        .columns
        .iter()
        .filter(|column| column.role == Use::Audit)
        .collect();
    if columns.is_empty() {
        return Err(Refusal::Undeclared);
    }
    let counted = |it: &&&Declared| matches!(it.kind, Kind::Number | Kind::Date);
    match columns.iter().find(counted) {
        Some(column) => Err(Refusal::Counted {
            column: column.name.clone(),
        }),
        None => Ok(columns),
    }
}

/// The place of the band from which on somebody counts as selected.
fn band(ws: &Workspace, asked: Option<&str>) -> Result<usize, Error> {
    let bands = &ws.policy.bands;
    let Some(asked) = asked else {
        return Ok(bands.len() - 1);
    };
    let place = bands.iter().position(|band| band.id.as_str() == asked);
    let place = place.ok_or_else(|| Error::Unknown {
        what: "band",
        name: asked.to_owned(),
        near: crate::name::nearest(asked, bands.iter().map(|band| band.id.as_str()))
            .map(str::to_owned),
    })?;
    if place == 0 {
        let band = asked.to_owned();
        return Err(Refusal::Everybody { band }.into());
    }
    Ok(place)
}

/// What became of the people at these records, where the exports have the outcome.
fn outcomes(
    ws: &Workspace,
    files: &[Fingerprint],
    records: &[u64],
) -> Result<Vec<Option<bool>>, Error> {
    let mut known = vec![None; records.len()];
    let column = ws.policy.columns.iter().find_map(|it| match &it.role {
        Use::Outcome { positive, negative } => Some((&it.name, positive, negative)),
        _ => None,
    });
    let Some((name, positive, negative)) = column else {
        return Ok(known);
    };
    let paths: Vec<PathBuf> = files.iter().map(|file| file.path.clone()).collect();
    let format = ws.policy.dialect.format;
    let headers = Export::in_format(&paths, &ws.policy, &[], format)?;
    if !headers.undeclared().contains(name) {
        return Ok(known);
    }
    let asked = [Asked::column(name, Kind::Text)];
    let mut at = 0;
    for portion in Export::in_format(&paths, &ws.policy, &asked, format)? {
        let batch = portion?.batch;
        let Some(Column::Text(texts)) = batch.columns.first() else {
            unreachable!("the outcome is asked for as text")
        };
        for (record, text) in batch.records.iter().zip(texts.iter()) {
            while records.get(at).is_some_and(|it| it < record) {
                at += 1;
            }
            if records.get(at) == Some(record) {
                known[at] = match intake::outcome(text, positive, negative) {
                    Outcome::Open => None,
                    outcome => Some(outcome == Outcome::Won),
                };
            }
        }
    }
    files.iter().try_for_each(Fingerprint::unchanged)?;
    Ok(known)
}

/// Whether one of the exports is a file that the model learned from, as far as its salts still tell.
fn learned_from(ws: &Workspace, model: Digest, files: &[Fingerprint]) -> Result<bool, Error> {
    let commitments = provenance(ws, model).map(|it| it.data).unwrap_or_default();
    let salts = ws.state()?.training_salts(&model.to_string())?;
    Ok(commitments.iter().zip(&salts).any(|(commitment, salt)| {
        let of = |file: &Fingerprint| input_commitment(salt, &file.digest);
        files.iter().any(|file| of(file) == commitment.0)
    }))
}
