//! Why a lead has its score: the record found by pseudonym, proved, and put in words.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::acts::{self, Doing};
use super::erasure;
use super::error::Error;
use super::export::{Export, Plan};
use super::journal::{Commit, Placed, Proved, View};
use super::keys::Refusal;
use super::models::{self, Loaded};
use super::unlinked::{Keys, Unlinked};
use super::{Recorded, Workspace, World, files};
use crate::decision::Limits;
use crate::digest::{Digest, hex, sha256};
use crate::event::{Act, Circumstances, Seen, Why};
use crate::features::encode;
use crate::lang::Lang;
use crate::law::{Pack, Sentence};
use crate::ledger::entry::Segment;
use crate::ledger::record::{Prediction, Record};
use crate::ledger::{Entry, SegmentKind, Standing};
use crate::name::Token;
use crate::odds::{LogOdds, Score};
use crate::policy::{self, Basis, Column as Declared, IdType, Policy, REVIEW, Right};
use crate::pseudonym::normalise;
use crate::report::{Explanation, FlagWords, Given, Other, Proof, terms};
use crate::table::Column;

/// Whose decision, and which.
#[derive(Clone, Debug)]
pub struct Question {
    /// The identifier as the operator typed it.
    pub lead: String,
    /// A decision other than the latest.
    pub decision: Option<u64>,
    /// An export that holds the lead.
    pub data: Option<PathBuf>,
    /// Who asks; whose work it is, where nobody is named.
    pub person: Option<String>,
    /// For which purpose: no reading is without one.
    pub why: Why,
}

/// What was shown, and the reading of it that was recorded before.
#[derive(Clone, Debug)]
pub struct Explained {
    /// Exactly the bytes to show: the record holds their SHA-256.
    pub shown: Vec<u8>,
    /// Who read it.
    pub by: Token,
    /// For which purpose.
    pub why: Why,
}

/// An explanation, and what anybody needs to verify its record without this program.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The decision in words and numbers.
    pub explanation: Explanation,
    /// The way from its bytes to the signed checkpoint.
    pub evidence: Evidence,
    /// Predictions among which the lead could not be looked for.
    pub unlinked: Vec<Unlinked>,
}

/// A record's bytes and the way from them to the signed checkpoint (`FORMAT.md`, beside the ledger's code).
///
/// `SHA-256(00 ‖ salt ‖ record)` is the leaf; `path` leads from it to the root that `entry` names; and
/// `entry_path` leads from `SHA-256(00 ‖ entry)` to the root that `checkpoint` signs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Evidence {
    /// The record, in hex.
    pub record: String,
    /// The salt of its leaf, in hex.
    pub salt: String,
    /// Rows of the segment.
    pub rows: u32,
    /// Hashes from the leaf to the segment's root, in hex.
    pub path: Vec<String>,
    /// The segment's entry in the log, as it is hashed.
    pub entry: String,
    /// Hashes from the entry to the checkpoint's root, in hex.
    pub entry_path: Vec<String>,
    /// The signed checkpoint.
    pub checkpoint: String,
}

impl Evidence {
    fn of(proved: &Proved, rows: u32) -> Self {
        let hashes = |path: &[[u8; 32]]| path.iter().map(|hash| hex(hash)).collect();
        Self {
            record: hex(&proved.bytes),
            salt: hex(&proved.salt),
            rows,
            path: hashes(&proved.path),
            entry: proved.entry.clone(),
            entry_path: hashes(&proved.entry_path),
            checkpoint: String::from_utf8_lossy(&proved.checkpoint).into_owned(),
        }
    }
}

/// A record about the lead.
pub struct Found<'a> {
    /// Its segment.
    pub placed: &'a Placed,
    /// Its row there.
    pub row: u32,
    /// Its number.
    pub decision: u64,
}

/// Refuses a record that may not be used.
pub fn is_free(view: &View, found: &Found<'_>) -> Result<(), Error> {
    let held = view.restricted()?;
    let rows = held.get(&found.placed.entry.id);
    if rows.is_some_and(|rows| rows.contains(&found.row)) {
        return Err(Error::Refused {
            what: "this record is restricted (GDPR art. 18): it may be stored, and not used"
                .to_owned(),
            hint: "`probant subject lift LEAD --request REF` once the restriction ends",
        });
    }
    Ok(())
}

impl Found<'_> {
    /// Whether a model was tried out that was not the active one.
    pub(super) fn is_trial(&self) -> bool {
        let model = self.placed.entry.model;
        model.is_some_and(|(_, standing)| standing == Standing::Trial)
    }
}

/// Explains a decision about a lead, and records who read it and why; what `render` makes of it is shown only then.
///
/// The reading is a leaf of its own about the same person, erased with the rest of their records.
pub fn explain(
    ws: &Workspace,
    world: &mut World,
    question: &Question,
    lang: Lang,
    render: &dyn Fn(&Answer) -> io::Result<Vec<u8>>,
) -> Result<Recorded<Explained>, Error> {
    let by = ws
        .may(question.person.as_deref(), Right::Explain)?
        .id
        .clone();
    let mut writer = erasure::writer(ws, world)?;
    let (answer, chosen) = answer(ws, writer.view(), question, lang)?;
    let shown = render(&answer).map_err(Error::Shown)?;
    let act = Act::Accessed {
        what: Seen::Explanation,
        why: question.why.name(),
    };
    let event = act.record(&Circumstances {
        event: world.entropy.bytes(),
        pseudonym: answer.explanation.pseudonym,
        decision: Some(answer.explanation.decision),
        actor: by.clone(),
        shown: sha256(&[&shown]),
        time: world.now.0,
        note: None,
    })?;
    let doing = Doing {
        kid: chosen.kid,
        purpose: chosen.purpose,
        schema: Some(chosen.schema),
        retention: None,
        event,
        note: None,
    };
    acts::record(ws, world, &mut writer, Commit::default(), vec![doing])?;
    Ok(Recorded(Explained {
        shown,
        by,
        why: question.why,
    }))
}

/// Explains a decision about a lead from its record, replayed against the model of that day; and its segment's entry.
fn answer(
    ws: &Workspace,
    view: &View,
    question: &Question,
    lang: Lang,
) -> Result<(Answer, Segment), Error> {
    let (found, unlinked) = find(ws, view, &question.lead)?;
    let used = found.iter().rfind(|it| !it.is_trial());
    let Some(latest) = used.or(found.last()) else {
        return Err(if unlinked.is_empty() {
            Error::NoDecision
        } else {
            Refusal::Unlinked { unlinked }.into()
        });
    };
    let chosen = match question.decision {
        None => latest,
        Some(asked) => found
            .iter()
            .find(|it| it.decision == asked)
            .ok_or_else(|| Error::OtherDecision {
                asked,
                known: found.iter().map(|it| it.decision).collect(),
            })?,
    };
    let held = view.restricted()?;
    let is_held = |found: &Found<'_>| {
        let rows = held.get(&found.placed.entry.id);
        rows.is_some_and(|rows| rows.contains(&found.row))
    };
    is_free(view, chosen)?;
    let (mut said, evidence) = say(ws, view, chosen, &question.lead, lang)?;
    if let Some(data) = &question.data {
        let model = model_of(ws, view, chosen.placed)?;
        give(ws, &mut said, &model, data, &question.lead, lang)?;
    }
    for other in found
        .iter()
        .rev()
        .filter(|it| it.decision != chosen.decision && !is_held(it))
    {
        said.others.push(brief(ws, view, other)?);
    }
    said.check()?;
    let answer = Answer {
        explanation: said,
        evidence,
        unlinked,
    };
    Ok((answer, chosen.placed.entry.clone()))
}

/// The number of the latest decision about a lead, or of the one asked for.
pub fn decision_of(
    ws: &Workspace,
    view: &View,
    lead: &str,
    asked: Option<u64>,
) -> Result<u64, Error> {
    let (found, unlinked) = find(ws, view, lead)?;
    let known = || found.iter().map(|it| it.decision);
    match asked {
        Some(asked) if known().any(|it| it == asked) => Ok(asked),
        Some(asked) if !found.is_empty() => Err(Error::OtherDecision {
            asked,
            known: known().collect(),
        }),
        None if !found.is_empty() => Ok(known().max().unwrap_or_default()),
        _ if unlinked.is_empty() => Err(Error::NoDecision),
        _ => Err(Refusal::Unlinked { unlinked }.into()),
    }
}

/// The explanation of the decision at `row`, about nobody by name.
pub fn of_decision(
    ws: &Workspace,
    view: &View,
    placed: &Placed,
    row: u32,
    lang: Lang,
) -> Result<Explanation, Error> {
    let decision = placed.first.unwrap_or(0) + u64::from(row);
    let found = Found {
        placed,
        row,
        decision,
    };
    let (said, _) = say(ws, view, &found, &format!("#{decision}"), lang)?;
    said.check()?;
    Ok(said)
}

/// Every decision about the lead, by ascending number, under every purpose and every period whose
/// master stands; and the periods whose master does not.
pub fn find<'a>(
    ws: &Workspace,
    view: &'a View,
    lead: &str,
) -> Result<(Vec<Found<'a>>, Vec<Unlinked>), Error> {
    let (_, id_type) = ws.policy.identifier();
    let normal = normalise(id_type, lead)?;
    let mut keys = Keys::of(view, id_type);
    let mut found = Vec::new();
    for placed in view
        .segments()
        .filter(|placed| placed.entry.kind == SegmentKind::Proposals)
    {
        let Some(key) = keys.key(&placed.entry.kid, &placed.entry.purpose)? else {
            continue;
        };
        let pseudonym = key.pseudonym(&normal);
        for row in view.find(&pseudonym.0, placed)? {
            found.push(Found {
                placed,
                row,
                decision: placed.first.unwrap_or(0) + u64::from(row),
            });
        }
    }
    Ok((found, keys.unlinked()))
}

pub fn model_of(ws: &Workspace, view: &View, placed: &Placed) -> Result<Loaded, Error> {
    let (version, _) = placed.entry.model.ok_or(Error::NoDecision)?;
    models::load(ws, view, version)
}

/// The policy of that day; today's where that one no longer parses.
pub fn policy_of(ws: &Workspace, view: &View, digest: Digest) -> Policy {
    let text = view
        .document(&digest)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok());
    text.and_then(|text| policy::parse(&text).ok())
        .unwrap_or_else(|| ws.policy.clone())
}

fn prediction(proved: &Proved) -> Result<&Prediction, Error> {
    match &proved.record {
        Record::Prediction(prediction) => Ok(prediction),
        Record::Event(_) => Err(Error::NoDecision),
    }
}

/// The explanation of one decision, without the export's values and the other decisions.
fn say(
    ws: &Workspace,
    view: &View,
    found: &Found<'_>,
    lead: &str,
    lang: Lang,
) -> Result<(Explanation, Evidence), Error> {
    let segment = &found.placed.entry;
    let model = model_of(ws, view, found.placed)?;
    let proved = view.fetch(found.placed, found.row, Some(&model.replay))?;
    let record = prediction(&proved)?;
    let policy = policy_of(ws, view, segment.policy);
    let label = |header: &str| policy.label(header).to_owned();
    let codes: Vec<u16> = record.terms.iter().map(|term| term.code).collect();
    let contributions: Vec<LogOdds> = record
        .terms
        .iter()
        .map(|term| LogOdds(term.contribution))
        .collect();
    let run = view.entries().find_map(|(_, entry)| match entry {
        Entry::Run(run) if run.run == segment.run => Some(run),
        _ => None,
    });
    let (band, band_label) = band(&policy, segment, record.outcome);
    let mut flags = Vec::new();
    if band == REVIEW && !policy.review_is_taken() {
        let schema = model.model.schema();
        let words = FlagWords::new(schema, &label, lang);
        let found = Limits::of(&model.model, &policy.abstention).flags(&codes);
        flags.extend(found.into_iter().map(|flag| words.flagged(schema, flag)));
    }
    let (basis, article, ground) = ground(view, segment, record.basis);
    let root = view.root();
    let evidence = Evidence::of(&proved, segment.rows);
    let said = Explanation {
        lead: lead.to_owned(),
        decision: found.decision,
        score: Score::try_from(record.score).unwrap_or_else(|_| LogOdds(record.log_odds).score()),
        log_odds: LogOdds(record.log_odds),
        baseline: model.model.baseline(),
        band,
        band_label,
        flags,
        model: model.model.version(),
        trial: found.is_trial(),
        run: hex(&segment.run.0),
        time: run.map(|run| run.time.to_string()).unwrap_or_default(),
        date: run.map(|run| run.date.to_string()).unwrap_or_default(),
        purpose: segment.purpose.to_string(),
        purpose_words: policy
            .purpose(segment.purpose.as_str())
            .map(|purpose| purpose.description.clone()),
        basis,
        article,
        ground,
        pseudonym: record.pseudonym,
        terms: terms(model.model.schema(), &codes, &contributions, &label, lang),
        proof: Proof {
            segment: hex(&segment.id.0),
            row: found.row,
            leaf: hex(&proved.leaf()),
            log_index: proved.index,
            checkpoint_size: view.size(),
            checkpoint_root: crate::ledger::note::base64(&root),
            verified: true, // `fetch` returns nothing that it could not prove
        },
        others: Vec::new(),
    };
    Ok((said, evidence))
}

/// The civil date of a segment's run.
pub fn date_of(view: &View, segment: &Segment) -> String {
    let run = view.entries().find_map(|(_, entry)| match entry {
        Entry::Run(run) if run.run == segment.run => Some(run.date.to_string()),
        _ => None,
    });
    run.unwrap_or_default()
}

/// What the record's code stands for: a ground of its law pack, or the basis of the policy itself; with the article
/// that the segment's own table gives it.
fn ground(view: &View, segment: &Segment, code: u8) -> (Basis, String, Option<Sentence>) {
    let text = view.document(&segment.law).ok();
    let text = text.and_then(|bytes| String::from_utf8(bytes).ok());
    let pack = text.and_then(|text| Pack::parse(&text).ok());
    let ground = pack.and_then(|pack| pack.grounds().find(|it| it.code == code).cloned());
    let declared = || Basis::ALL.iter().copied().find(|it| it.code() == code);
    let basis = ground.as_ref().map(|it| it.basis).or_else(declared);
    let basis = basis.unwrap_or(Basis::LegitimateInterest);
    let written = segment.basis.iter().find(|(it, _)| *it == code);
    let article = written.map_or_else(
        || basis.article().to_owned(),
        |(_, name)| name.article.to_string(),
    );
    (basis, article, ground.and_then(|it| it.sentence))
}

/// The band's name in the segment's own table, and what people called it that day.
pub fn band(policy: &Policy, segment: &Segment, outcome: u8) -> (String, String) {
    let name = segment
        .outcomes
        .iter()
        .find(|(code, _)| *code == outcome)
        .map(|(_, name)| name.to_string());
    let name = name.unwrap_or_else(|| outcome.to_string());
    let label = policy.band_label(&name);
    (name, label)
}

/// Another decision, in one line.
fn brief(ws: &Workspace, view: &View, found: &Found<'_>) -> Result<Other, Error> {
    let (said, _) = say(ws, view, found, "", Lang::En)?;
    Ok(Other {
        decision: said.decision,
        date: said.date,
        run: said.run,
        score: said.score,
        band_label: said.band_label,
    })
}

/// Adds the person's values from an export, and whether they still encode to the recorded codes.
fn give(
    ws: &Workspace,
    said: &mut Explanation,
    model: &Loaded,
    data: &Path,
    lead: &str,
    lang: Lang,
) -> Result<(), Error> {
    let features = &model.model.schema().features;
    let names: Vec<&str> = features.iter().map(|it| it.name.as_str()).collect();
    if names.iter().any(|name| ws.policy.column(name).is_none()) {
        return Err(Error::Refused {
            what: "the policy no longer declares every column that the model used".to_owned(),
            hint: "explain without `--data`, or declare the columns again",
        });
    }
    let values = values(ws, &names, data, lead)?;
    for feature in features {
        let Some(one) = values.get(feature.name.as_str()) else {
            continue;
        };
        let code = encode(one, &feature.shape)?.at(0);
        for term in said
            .terms
            .iter_mut()
            .filter(|term| term.columns == [feature.name.clone()])
        {
            term.given = Some(Given {
                value: value(one, lang),
                code,
            });
        }
    }
    Ok(())
}

/// A lead's values in an export, of those of these columns that the policy declares: one row each.
pub fn values<'n>(
    ws: &Workspace,
    names: &[&'n str],
    data: &Path,
    lead: &str,
) -> Result<BTreeMap<&'n str, Column>, Error> {
    let mut names = names.to_vec();
    names.sort_unstable();
    names.dedup();
    names.retain(|name| ws.policy.column(name).is_some());
    let columns: Vec<&Declared> = names
        .iter()
        .filter_map(|name| ws.policy.column(name))
        .collect();
    let plan = Plan::new(&ws.policy, &columns, false);
    let wanted = normalise(plan.id_type, lead)?;
    for portion in Export::open(&files::expand(&[data.to_owned()])?, &ws.policy, &plan.asked)? {
        let batch = portion?.batch;
        let row = match plan.identifier.map(|at| &batch.columns[at]) {
            Some(Column::Text(texts)) => texts.iter().position(|text| {
                text.is_some_and(|text| normalise(plan.id_type, text).is_ok_and(|it| it == wanted))
            }),
            _ if plan.id_type == IdType::Row => batch
                .records
                .iter()
                .position(|record| record.to_string() == *wanted),
            _ => None,
        };
        let Some(row) = row else { continue };
        let of = |((name, column), at): ((&&'n str, &&Declared), &usize)| {
            let mut one = Column::empty(column.kind);
            one.extend(&batch.columns[*at], &[row as u32]);
            (*name, one)
        };
        let all = names.iter().zip(&columns).zip(&plan.features);
        return Ok(all.map(of).collect());
    }
    Err(Error::Data {
        what: "the export given with `--data` does not hold this lead".to_owned(),
        hint: "name the export of the night in question",
    })
}

/// A value as people read it; `None` where there is none.
fn value(column: &Column, lang: Lang) -> Option<String> {
    match column {
        Column::Number(values) => values
            .first()
            .filter(|value| !value.is_nan())
            .map(|&value| crate::report::number(value, lang)),
        Column::Category(category) => category
            .codes
            .first()
            .and_then(|&code| category.levels.get(code as usize))
            .map(ToString::to_string),
        Column::Flag(values) => match values.first() {
            Some(0) => Some(crate::say!(lang, "no" | "non")),
            Some(1) => Some(crate::say!(lang, "yes" | "oui")),
            _ => None,
        },
        Column::Date(_) | Column::Text(_) => None,
    }
}
