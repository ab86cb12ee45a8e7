//! From rows, a strength and pairs to the integers of a model, and what it says of other rows.

use super::document::{self, Model, Settings};
use super::evaluate::Judged;
use super::examples::Examples;
use super::findings::Certificate;
use super::fit;
use super::pairs::{Ranked, Rows, purify};
use super::people::People;
use super::prepare::Prepared;
use super::select::{Candidates, Choice, Task, top};
use super::train::Error;
use crate::features::{Codes, Feature, Schema, Shape, encode};
use crate::odds::LogOdds;
use crate::policy::{Solver, Training};

/// What a fit leaves behind.
pub(crate) struct FittedModel {
    pub model: Model,
    pub prepared: Prepared,
    pub coded: fit::Coded,
    pub pairs: Vec<Ranked>,
    pub gradient: f64,
    pub steps: u32,
}

/// Learns, ranks pairs and fits on these rows.
pub(crate) fn fit_model(
    task: &Task<'_>,
    rows: &[u32],
    choice: &Choice,
    training: &Training,
) -> Result<FittedModel, Error> {
    let prepared = Prepared::new(task, rows)?;
    let pairs = match task.candidates {
        Candidates::Off => Vec::new(),
        Candidates::Ranked if choice.pairs == 0 => Vec::new(),
        Candidates::Ranked => {
            let ranked = prepared.rank(task.people, choice.additive_strength)?;
            let kept = top(&ranked, choice.pairs).len();
            ranked[..kept].to_vec()
        }
        Candidates::Listed(listed) if listed.is_empty() => Vec::new(),
        Candidates::Listed(listed) => {
            let mut ranked = prepared.rank(task.people, choice.additive_strength)?;
            ranked.retain(|pair| listed.contains(&(pair.a, pair.b)));
            ranked
        }
    };
    fit_pairs(task, prepared, pairs, choice, training)
}

/// Fits on these rows with the pairs that the twin kept.
pub(crate) fn fit_again(
    task: &Task<'_>,
    prepared: Prepared,
    choice: &Choice,
    pairs: &[Ranked],
    training: &Training,
) -> Result<FittedModel, Error> {
    fit_pairs(task, prepared, pairs.to_vec(), choice, training)
}

fn fit_pairs(
    task: &Task<'_>,
    prepared: Prepared,
    mut kept: Vec<Ranked>,
    choice: &Choice,
    training: &Training,
) -> Result<FittedModel, Error> {
    kept.retain(|pair| !prepared.pairs(&[(pair.a, pair.b)]).is_empty());
    let positions: Vec<_> = kept.iter().map(|pair| (pair.a, pair.b)).collect();
    let schema = Schema {
        normaliser: 1,
        id_type: task.examples.id_type.token().to_owned(),
        features: prepared.features.clone(),
        pairs: prepared.pairs(&positions),
    };
    let coded = prepared.coded(&schema.pairs);
    let fitted = match training.solver {
        Solver::Newton => prepared.beginning(&coded, choice.strength).settle(
            &coded,
            choice.strength,
            fit::TOLERANCE,
        )?,
        Solver::Linfa => fit::solve(&coded, choice.strength, training.certificate_mib)?,
    };
    let (baseline, tables) = tables(
        &schema,
        &prepared,
        &coded,
        &fitted.theta,
        training.min_people,
    )?;
    let settings = Settings {
        seed: training.seed,
        min_people: training.min_people,
        max_bins: training.max_bins,
        strength: choice.strength.to_string(),
        solver: training.solver,
        rows: prepared.outcome.len() as u64,
        positives: prepared.outcome.iter().filter(|&&won| won).count() as u64,
    };
    let model = Model::new(schema, settings, baseline, tables)?;
    Ok(FittedModel {
        model,
        prepared,
        coded,
        pairs: kept,
        gradient: fitted.gradient,
        steps: fitted.steps,
    })
}

/// The model's integers: tables at the optimum, pairs purified, each entry rounded once.
fn tables(
    schema: &Schema,
    prepared: &Prepared,
    coded: &fit::Coded,
    theta: &[f64],
    min_people: u32,
) -> Result<(LogOdds, Vec<Vec<LogOdds>>), Error> {
    let (mut baseline, mut tables) = coded.tables(theta);
    let (main, paired) = tables.split_at_mut(schema.features.len());
    for ((pair, table), coding) in schema
        .pairs
        .iter()
        .zip(paired)
        .zip(&coded.terms[schema.features.len()..])
    {
        let (before, after) = main.split_at_mut(pair.b);
        let cells = coding.codes.counts(pair.codes());
        let rows = Rows {
            pair: &cells,
            a: &prepared.counts[pair.a],
            b: &prepared.counts[pair.b],
            min_people,
        };
        baseline += purify(pair, &rows, table, &mut before[pair.a], &mut after[0]);
    }
    let round =
        |value: f64| LogOdds::nearest(value).ok_or(Error::Document(document::Error::Overflow));
    let rounded = tables
        .iter()
        .map(|table| table.iter().map(|&entry| round(entry)).collect())
        .collect::<Result<Vec<Vec<_>>, Error>>()?;
    Ok((round(baseline)?, rounded))
}

/// Entries of the tables that are not 0 although fewer than `min_people` training rows hold their code.
pub(crate) fn thin(fitted: &FittedModel) -> u64 {
    let (model, features) = (&fitted.model, &fitted.prepared.features);
    let least = u64::from(model.settings().min_people);
    let thin = |rows: &[u64], table: &[LogOdds]| {
        let entries = rows.iter().zip(table);
        let thin = entries.filter(|(rows, entry)| **rows < least && **entry != LogOdds(0));
        thin.count() as u64
    };
    let (main, paired) = model.tables().split_at(features.len());
    let of_features = features.iter().zip(&fitted.prepared.counts).zip(main);
    let of_features = of_features.map(|((feature, rows), table)| {
        // Beyond the known range a number takes its end bin's entry: nobody's, and not learned.
        let known = match &feature.shape {
            Shape::Number { .. } => usize::from(feature.shape.missing()) + 1,
            _ => rows.len(),
        };
        thin(&rows[..known], table)
    });
    let pairs = fitted.coded.terms[features.len()..].iter().zip(paired);
    let of_pairs = pairs.map(|(coding, table)| thin(&coding.codes.counts(table.len()), table));
    of_features.sum::<u64>() + of_pairs.sum::<u64>()
}

/// The codes of these rows under a model's schema.
pub fn codes_of(
    examples: &Examples,
    features: &[Feature],
    rows: &[u32],
) -> Result<Vec<Codes>, Error> {
    let column = |name: &str| {
        examples
            .features
            .iter()
            .find(|example| example.name == name)
            .map(|example| &example.column)
            .ok_or(Error::NoFeatures)
    };
    features
        .iter()
        .map(|feature| Ok(encode(column(&feature.name)?, &feature.shape)?.select(rows)))
        .collect()
}

/// What a model says of these rows, beside what happened.
pub fn judge(
    model: &Model,
    examples: &Examples,
    people: &People,
    rows: &[u32],
) -> Result<Judged, Error> {
    let scored = model.score_batch(&codes_of(examples, &model.schema().features, rows)?)?;
    let probabilities: Vec<f64> = scored
        .log_odds
        .iter()
        .map(|log_odds| log_odds.probability().value())
        .collect();
    let outcome: Vec<bool> = rows
        .iter()
        .map(|&row| examples.outcome[row as usize])
        .collect();
    let persons: Vec<u32> = rows.iter().map(|&row| people.of(row)).collect();
    Ok(Judged::new(&probabilities, &outcome, &persons))
}

pub(crate) fn certificate(
    fitted: &FittedModel,
    people: &People,
    choice: &Choice,
    training: &Training,
) -> Result<Option<Certificate>, Error> {
    if training.solver == Solver::Linfa {
        return Ok(None);
    }
    let order = people.spread(&fitted.prepared.rows, &fitted.prepared.outcome);
    Ok(Some(fit::certify(
        &fitted.coded,
        &order,
        choice.strength,
        training.certificate_mib,
    )?))
}
