//! The card's JSON twin: the same content for programs, with every figure unrounded and nothing that the card hides.
//!
//! A count of some, but fewer than `k`, people is `null`, and so is what would
//! give it away. Texts for people stand in both languages, as `{"en": …, "fr": …}`.

use serde_json::{Value, json};

use super::card::CardInput;
use super::figures::shown_rows;
use super::life::Known;
use super::words::{coarse_meaning, meaning, plain};
use super::{phrases, rivals};
use crate::features::{Pair, Shape};
use crate::lang::Lang;
use crate::model::findings::Holdout;

/// The version of the document.
const SCHEMA_VERSION: u32 = 1;

/// The card as data.
#[must_use]
pub fn card_json(input: &CardInput<'_>, known: &Known<'_>) -> Value {
    let (from, found, policy) = (input.provenance, input.findings(), input.policy);
    let purpose = policy.purpose(from.purpose.as_str());
    json!({
        "schema_version": SCHEMA_VERSION,
        "document": "model-card",
        "model": input.model.version().to_string(),
        "schema": from.schema.to_string(),
        "policy": from.policy.to_string(),
        "k": input.k(),
        "purpose": {
            "id": from.purpose.as_str(),
            "description": purpose.map(|it| it.description.clone()),
            "basis": purpose.map(|it| both(|lang| it.basis.words(lang))),
            "document": purpose.and_then(|it| it.document.clone()),
        },
        "controller": { "name": policy.controller.name, "dpo": policy.controller.dpo },
        "trained": { "at": from.trained_at, "by": from.trained_by.as_str(), "program": from.binary },
        "life": known.life,
        "data": data(input),
        "holdout": holdout(input),
        "metrics": metrics(input),
        "curves": curves(input),
        "compared": compared(input),
        "gates": known.gates,
        "warnings": warnings(input),
        "features": features(input),
        "pairs": pairs(input),
        "profile": profile(input),
        "fit": {
            "strength": found.strength,
            "tried": found.tried.len(),
            "pairs": found.pairs.len(),
            "steps": found.steps,
            "gradient": found.gradient,
            "certificate": found.certificate,
        },
        "fairness": known.fairness.map(|it| &it.json),
        "drift": known.drift.map(|it| &it.json),
        "limits": super::card::limits(input, Lang::En).into_iter()
            .zip(super::card::limits(input, Lang::Fr))
            .map(|(en, fr)| json!({ "en": en, "fr": fr }))
            .collect::<Vec<_>>(),
    })
}

fn both(of: impl Fn(Lang) -> String) -> Value {
    json!({ "en": of(Lang::En), "fr": of(Lang::Fr) })
}

/// A count that may be shown.
fn shown(input: &CardInput<'_>, count: u64) -> Option<u64> {
    (count == 0 || count >= input.k()).then_some(count)
}

/// Of so many, whether both parts may be shown.
fn both_shown(input: &CardInput<'_>, rows: u64, won: u64) -> bool {
    shown(input, won).is_some() && shown(input, rows.saturating_sub(won)).is_some()
}

fn data(input: &CardInput<'_>) -> Value {
    let (from, found) = (input.provenance, input.findings());
    let won = Some(found.positives).filter(|won| both_shown(input, found.rows, *won));
    let shown = |count| shown(input, count);
    json!({
        "read": shown(from.rows.read),
        "used": shown(from.rows.used),
        "open": shown(from.rows.open),
        "failed": shown(from.rows.failed),
        "positives": won,
        "share": won.map(|won| won as f64 / found.rows as f64),
        "period": from.period,
        "undeclared": from.undeclared,
        "not_identity": from.not_identity,
        "commitments": from.data.iter().map(ToString::to_string).collect::<Vec<_>>(),
    })
}

fn holdout(input: &CardInput<'_>) -> Value {
    let found = input.findings();
    let (by, first) = match &found.holdout {
        Holdout::Time { from } => ("time", from.clone()),
        Holdout::Stratified => ("stratified", None),
    };
    let (rows, won) = (found.metrics.rows, found.metrics.positives);
    json!({
        "by": by,
        "from": first,
        "rows": shown(input, rows),
        "positives": Some(won).filter(|won| both_shown(input, rows, *won)),
    })
}

/// Whether the holdout's figures may be shown.
fn judged(input: &CardInput<'_>) -> bool {
    let metrics = &input.findings().metrics;
    let lost = metrics.rows.saturating_sub(metrics.positives);
    metrics.positives.min(lost) >= input.k()
}

fn metrics(input: &CardInput<'_>) -> Value {
    let it = &input.findings().metrics;
    if !judged(input) {
        return Value::Null;
    }
    json!({
        "roc_auc": it.roc_auc,
        "lift_10": it.lift_10,
        "pr_auc": it.pr_auc,
        "ece": it.ece,
        "ece_noise_floor": it.ece_noise_floor,
        "log_loss": it.log_loss,
        "brier": it.brier,
    })
}

fn curves(input: &CardInput<'_>) -> Value {
    if !judged(input) {
        return Value::Null;
    }
    let curves = &input.findings().curves;
    let bins = curves.reliability.iter();
    let bins: Vec<_> = bins.filter(|bin| bin.rows >= input.k()).collect();
    json!({ "roc": curves.roc, "reliability": bins })
}

fn compared(input: &CardInput<'_>) -> Value {
    let found = input.findings();
    if !judged(input) {
        return Value::Null;
    }
    let each = found.compared.iter().map(|it| {
        json!({
            "rival": it.rival,
            "name": both(|lang| rivals::name(&it.rival, lang)),
            "rows": it.rows.and_then(|rows| shown(input, rows)),
            "roc_auc": it.roc_auc,
            "log_loss": it.log_loss,
            "difference": it.difference,
            "last": it.last,
            "newer": it.newer,
            "refitted": it.refitted,
            "fair": it.is_fair(),
            "worse": it.decisive().is_worse(),
        })
    });
    json!({ "each": each.collect::<Vec<_>>(), "incomparable": found.incomparable })
}

fn warnings(input: &CardInput<'_>) -> Value {
    let said = |lang| phrases::warnings(input, lang);
    let each = said(Lang::En).into_iter().zip(said(Lang::Fr));
    each.map(|(en, fr)| {
        json!({
            "what": { "en": en.0, "fr": fr.0 },
            "advice": { "en": en.1, "fr": fr.1 },
        })
    })
    .collect()
}

fn features(input: &CardInput<'_>) -> Vec<Value> {
    let (schema, k) = (input.model.schema(), input.k());
    let feature = |(term, feature): (usize, &crate::features::Feature)| {
        let (levels, table) = (input.levels(term), &input.model.tables()[term]);
        let column = input.policy.column(&feature.name);
        let codes = (0..feature.shape.codes() as u16).filter(|code| {
            // No training row holds the codes of values beyond the known range.
            !matches!(feature.shape, Shape::Number { .. }) || *code <= feature.shape.missing()
        });
        let codes = codes.map(|code| {
            let level = shown_rows(levels, code, k);
            let rows = level.and_then(|it| it.rows);
            let won = level.and_then(|it| it.positives);
            let won = won.filter(|won| *won >= k && rows.is_some_and(|rows| rows - won >= k));
            let entry = table[usize::from(code)];
            json!({
                "code": code,
                "meaning": both(|lang| plain(&meaning(&feature.shape, code, lang))),
                "rows": rows,
                "share": won.zip(rows).map(|(won, rows)| won as f64 / rows as f64),
                "adds": (level.is_some() || entry.0 == 0).then(|| entry.value()),
            })
        });
        json!({
            "column": plain(&feature.name),
            "label": input.label(&feature.name),
            "why": column.and_then(|it| it.why.clone()),
            "origin": column.and_then(|it| it.origin.clone()),
            "codes": codes.collect::<Vec<_>>(),
        })
    };
    schema.features.iter().enumerate().map(feature).collect()
}

fn pairs(input: &CardInput<'_>) -> Vec<Value> {
    let schema = input.model.schema();
    let side = |feature: usize, coarse: &[Option<u8>], width: usize| -> Vec<Value> {
        let shape = &schema.features[feature].shape;
        let codes = 0..width as u8;
        codes
            .map(|code| both(|lang| plain(&coarse_meaning(shape, coarse, code, lang))))
            .collect()
    };
    let pair = |(at, pair): (usize, &Pair)| {
        let table = &input.model.tables()[schema.features.len() + at];
        let cells = table[..table.len().saturating_sub(1)].iter();
        json!({
            "a": plain(&schema.features[pair.a].name),
            "b": plain(&schema.features[pair.b].name),
            "rows": side(pair.a, &pair.coarse_a, pair.width_a()),
            "columns": side(pair.b, &pair.coarse_b, pair.width_b()),
            "adds": cells.map(|it| it.value()).collect::<Vec<_>>(),
        })
    };
    schema.pairs.iter().enumerate().map(pair).collect()
}

fn profile(input: &CardInput<'_>) -> Value {
    let Some(profile) = &input.findings().profile else {
        return Value::Null;
    };
    let enough = profile.people >= input.k();
    let share = |count: Option<u64>| {
        let count = count.and_then(|it| shown(input, it)).filter(|_| enough);
        count.map(|it| it as f64 / profile.people as f64)
    };
    let features = profile.features.iter().map(|it| {
        json!({
            "column": plain(&it.feature),
            "gain": it.gain.map(|gain: crate::model::findings::Gain| json!({ "value": gain.value, "error": gain.error })),
            "alone_without": share(it.alone_without),
            "verdict": it.verdict,
        })
    });
    json!({
        "people": shown(input, profile.people),
        "alone": share(profile.alone),
        "roc_auc": profile.roc_auc,
        "max_alone": profile.max_alone,
        "min_gain": profile.min_gain,
        "features": features.collect::<Vec<_>>(),
    })
}
