//! Why a lead's score moved: two decisions about the same lead, and the exact way from the one to the other.

use std::io;
use std::path::PathBuf;

use super::acts::{self, Doing};
use super::erasure;
use super::error::Error;
use super::explain::{self, Explained, Found};
use super::journal::{Commit, View};
use super::keys::Refusal;
use super::models::Loaded;
use super::{Recorded, Workspace, World};
use crate::digest::sha256;
use crate::event::{Act, Circumstances, Seen, Why};
use crate::features::encode;
use crate::lang::Lang;
use crate::ledger::entry::Segment;
use crate::ledger::record::{Prediction, Record};
use crate::model::change::change;
use crate::odds::LogOdds;
use crate::policy::Right;
use crate::report::trend::{End, Trend, words};

/// Which decisions about whom.
#[derive(Clone, Debug)]
pub struct TrendQuestion {
    /// The identifier as the operator typed it.
    pub lead: String,
    /// The earlier decision; the one before the later, where none is named.
    pub from: Option<u64>,
    /// The later one; the latest, where none is named.
    pub to: Option<u64>,
    /// The later run's export, to read the lead's values as the old model would.
    pub data: Option<PathBuf>,
    /// Who asks; whose work it is, where nobody is named.
    pub person: Option<String>,
    /// For which purpose: no reading is without one.
    pub why: Why,
}

/// A decision's record, and what it was made with.
struct Told {
    record: Prediction,
    model: Loaded,
    segment: Segment,
    end: End,
}

/// Attributes the way from one decision about a lead to a later one, and records who read it and why; what `render`
/// makes of it is shown only then.
///
/// The reading is a leaf about each of the two decisions, erased with the rest of the person's records.
pub fn trend(
    ws: &Workspace,
    world: &mut World,
    question: &TrendQuestion,
    lang: Lang,
    render: &dyn Fn(&Trend) -> io::Result<Vec<u8>>,
) -> Result<Recorded<Explained>, Error> {
    let by = ws
        .may(question.person.as_deref(), Right::Explain)?
        .id
        .clone();
    let mut writer = erasure::writer(ws, world)?;
    let (trend, ends) = attribute(ws, writer.view(), question, lang)?;
    let shown = render(&trend).map_err(Error::Shown)?;
    let act = Act::Accessed {
        what: Seen::Explanation,
        why: question.why.name(),
    };
    let mut doings = Vec::with_capacity(2);
    for told in ends {
        let event = act.record(&Circumstances {
            event: world.entropy.bytes(),
            pseudonym: told.record.pseudonym,
            decision: Some(told.end.decision),
            actor: by.clone(),
            shown: sha256(&[&shown]),
            time: world.now.0,
            note: None,
        })?;
        doings.push(Doing {
            kid: told.segment.kid,
            purpose: told.segment.purpose,
            schema: Some(told.segment.schema),
            retention: None,
            event,
            note: None,
        });
    }
    acts::record(ws, world, &mut writer, Commit::default(), doings)?;
    Ok(Recorded(Explained {
        shown,
        by,
        why: question.why,
    }))
}

fn attribute(
    ws: &Workspace,
    view: &View,
    question: &TrendQuestion,
    lang: Lang,
) -> Result<(Trend, [Told; 2]), Error> {
    let (found, unlinked) = explain::find(ws, view, &question.lead)?;
    if found.is_empty() && !unlinked.is_empty() {
        return Err(Refusal::Unlinked { unlinked }.into());
    }
    let (from, to) = chosen(&found, question)?;
    explain::is_free(view, from)?;
    explain::is_free(view, to)?;
    let (old, new) = (told(ws, view, from)?, told(ws, view, to)?);
    let seen = match &question.data {
        Some(_) => seen(ws, question, &old, &new)?,
        None => Vec::new(),
    };
    let (models, then, now) = (
        (&old.model.model, &new.model.model),
        features(&old),
        features(&new),
    );
    let change = change((models.0, &then), (models.1, &now), &seen)
        .map_err(|source| Error::Scoring { source })?;
    let says = (change.before, change.after);
    let recorded = [&old, &new].map(|it| i64::from(it.record.log_odds));
    for (decision, is) in [
        (old.end.decision, says.0 == recorded[0]),
        (new.end.decision, says.1 == recorded[1] && change.adds_up()),
    ] {
        if !is {
            return Err(crate::report::DoesNotAddUp { decision }.into());
        }
    }
    let policy = explain::policy_of(ws, view, new.segment.policy);
    let label = |header: &str| policy.label(header).to_owned();
    let trend = Trend {
        lead: question.lead.clone(),
        pseudonym: new.record.pseudonym,
        from: old.end.clone(),
        to: new.end.clone(),
        seen: question.data.is_some(),
        words: words(&change, models, &label, lang),
        change,
    };
    Ok((trend, [old, new]))
}

/// The two decisions asked for: the latest and the one before it of the same purpose, where none is named.
fn chosen<'f, 'v>(
    found: &'f [Found<'v>],
    question: &TrendQuestion,
) -> Result<(&'f Found<'v>, &'f Found<'v>), Error> {
    let named = |asked: u64| {
        let it = found.iter().find(|it| it.decision == asked);
        it.ok_or_else(|| Error::OtherDecision {
            asked,
            known: found.iter().map(|it| it.decision).collect(),
        })
    };
    // A trial is nobody's score, unless it is all there is or it is named.
    let latest = found.iter().max_by_key(|it| (!it.is_trial(), it.decision));
    let latest = latest.ok_or(Error::NoDecision)?;
    let to = question.to.map_or(Ok(latest), named)?;
    let purpose = &to.placed.entry.purpose;
    let from = match question.from {
        Some(asked) => named(asked)?,
        None => found
            .iter()
            .filter(|it| it.decision < to.decision && it.placed.entry.purpose == *purpose)
            .max_by_key(|it| (!it.is_trial(), it.decision))
            .ok_or_else(|| Error::Refused {
                what: format!(
                    "decision {} is the first about this lead: nothing moved yet",
                    to.decision
                ),
                hint: "`probant explain LEAD --why PURPOSE` explains it",
            })?,
    };
    if from.decision >= to.decision {
        return Err(Error::Usage {
            what: format!(
                "decision {} is not before decision {}",
                from.decision, to.decision
            ),
            hint: "name the earlier one with `--from`, the later one with `--to`",
        });
    }
    if from.placed.entry.purpose != *purpose {
        return Err(Error::Usage {
            what: "the two decisions are for different purposes: their scores do not compare"
                .to_owned(),
            hint: "name two decisions of one purpose",
        });
    }
    Ok((from, to))
}

fn told(ws: &Workspace, view: &View, found: &Found<'_>) -> Result<Told, Error> {
    let segment = found.placed.entry.clone();
    let model = explain::model_of(ws, view, found.placed)?;
    let proved = view.fetch(found.placed, found.row, Some(&model.replay))?;
    let Record::Prediction(record) = proved.record else {
        return Err(Error::NoDecision);
    };
    let policy = explain::policy_of(ws, view, segment.policy);
    let (band, band_label) = explain::band(&policy, &segment, record.outcome);
    let end = End {
        decision: found.decision,
        date: explain::date_of(view, &segment),
        model: model.model.version(),
        score: LogOdds(record.log_odds).score(),
        band,
        band_label,
    };
    Ok(Told {
        record,
        model,
        segment,
        end,
    })
}

/// The features' codes of a record.
fn features(told: &Told) -> Vec<u16> {
    let count = told.model.model.schema().features.len();
    let terms = told.record.terms.iter().take(count);
    terms.map(|term| term.code).collect()
}

/// The old model's codes of the values that the later run's export holds, which must be those that were scored.
fn seen(
    ws: &Workspace,
    question: &TrendQuestion,
    old: &Told,
    new: &Told,
) -> Result<Vec<Option<u16>>, Error> {
    let Some(data) = &question.data else {
        return Ok(Vec::new());
    };
    let (before, after) = (old.model.model.schema(), new.model.model.schema());
    let names = after.features.iter().chain(&before.features);
    let names: Vec<&str> = names.map(|it| it.name.as_str()).collect();
    let values = explain::values(ws, &names, data, &question.lead)?;
    let code = |feature: &crate::features::Feature| {
        let value = values.get(feature.name.as_str())?;
        encode(value, &feature.shape).ok().map(|codes| codes.at(0))
    };
    for (feature, now) in after.features.iter().zip(features(new)) {
        if code(feature).is_some_and(|code| code != now) {
            return Err(Error::Data {
                what: format!(
                    "the export’s `{}` is not what decision {} was made of",
                    feature.name, new.end.decision
                ),
                hint: "name the export of the later run",
            });
        }
    }
    Ok(before.features.iter().map(code).collect())
}
