//! The whole of a training, from columns to a candidate.
//!
//! Refuse what cannot be learned from, hold out the latest fifth, choose
//! strength and pairs on the rest, judge a twin on the holdout, refit on all
//! rows, let linfa certify. Same data, policy and seed: the same `model.json`,
//! for any order of rows and any number of threads.

use std::borrow::Cow;

use super::candidate::{certificate, fit_again, fit_model, thin};
use super::document::{self, Model};
use super::examples::LEAST_OF_EITHER;
use super::findings::{CrossValidation, Findings, FoldFigures, KeptPair, Tried, Warning};
use super::people::People;
use super::prepare::Prepared;
use super::profile::{OverBudget, Singled, gained};
use super::reference::Reference;
use super::rivals::{self, Active, Rivals};
use super::select::{self, Candidates, Choice, Task, choose};
use super::split::{self, given_folds, hold_out};
use super::{fit, gates, leaks, score};
use crate::features::{self, LearnSettings};
use crate::lang::Lang;
use crate::policy::{Pairs, Profiling, Training};

pub use super::candidate::{codes_of, judge};
pub use super::examples::{Example, Examples};

/// How far a training is.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Progress {
    /// Looks for leaks, calendars and repeated rows.
    Looking,
    /// Tried one strength with so many pairs.
    Tried(Tried),
    /// Counts who stands alone.
    Singling,
    /// Weighs the model without each feature.
    Gaining,
    /// Judges the twin on the holdout.
    Judging,
    /// Lets other methods judge the same holdout.
    Comparing,
    /// Fits the model on all rows.
    Fitting,
    /// Lets linfa fit a sample.
    Certifying,
    /// One fold of the cross-validation is done.
    Fold {
        /// Folds done.
        done: usize,
        /// Folds in all.
        of: usize,
    },
}

impl Progress {
    /// In words.
    #[must_use]
    pub fn words(&self, lang: Lang) -> String {
        match self {
            Self::Looking => crate::say!(
                lang,
                "looking for leaks and calendars" | "recherche de fuites et de calendriers"
            ),
            Self::Tried(tried) => {
                let (strength, pairs) = (lang.decimal(tried.strength, 1), tried.pairs);
                crate::say!(
                    lang,
                    "tried strength {strength} with {pairs} pairs"
                        | "essai du lissage {strength} avec {pairs} interactions"
                )
            }
            Self::Singling => crate::say!(
                lang,
                "counting who stands alone" | "décompte des personnes seules dans leur case"
            ),
            Self::Gaining => crate::say!(
                lang,
                "weighing each feature" | "mesure de l’apport de chaque critère"
            ),
            Self::Judging => crate::say!(
                lang,
                "judging on leads held out" | "mesure sur les prospects mis de côté"
            ),
            Self::Comparing => crate::say!(
                lang,
                "comparing with other methods" | "comparaison avec d’autres méthodes"
            ),
            Self::Fitting => crate::say!(
                lang,
                "fitting on all leads" | "ajustement sur tous les prospects"
            ),
            Self::Certifying => crate::say!(
                lang,
                "asking the second solver" | "contrôle par le second solveur"
            ),
            Self::Fold { done, of } => {
                crate::say!(lang, "fold {done} of {of}" | "bloc {done} sur {of}")
            }
        }
    }
}

/// Why there is no model.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// One outcome only, or too few of either.
    #[error("{won} rows were won and {lost} lost; at least {LEAST_OF_EITHER} of either are needed")]
    FewOutcomes {
        /// Won.
        won: u64,
        /// Lost.
        lost: u64,
    },
    /// The policy declares no feature that can be learned from.
    #[error("no feature is left to learn from")]
    NoFeatures,
    /// Columns, outcomes, keys and dates differ in length.
    #[error("the examples' columns differ in length")]
    Ragged,
    /// A listed pair names no two features.
    #[error("the pair `{a}` × `{b}` does not name two features of the model")]
    UnknownPair {
        /// First name.
        a: String,
        /// Second name.
        b: String,
    },
    /// The given folds do not split the rows.
    #[error(
        "the folds do not give each of the {rows} rows a fold, with both outcomes inside and outside every fold"
    )]
    Folds {
        /// Labelled rows.
        rows: usize,
    },
    /// The features single out more people than the policy allows.
    #[error(transparent)]
    OverBudget(Box<OverBudget>),
    /// A column does not fit its kind.
    #[error(transparent)]
    Features(#[from] features::Error),
    /// The fit gave nothing.
    #[error(transparent)]
    Fit(#[from] fit::Error),
    /// The parts do not make a model.
    #[error(transparent)]
    Document(#[from] document::Error),
    /// The model could not score its own rows.
    #[error(transparent)]
    Score(#[from] score::Error),
}

impl Error {
    /// The exit code: malformed data, or a fit that did not converge (DESIGN §6).
    #[must_use]
    pub fn exit(&self) -> u8 {
        match self {
            Self::Fit(fit::Error::NotConverged { .. }) => 6,
            Self::OverBudget(_) => 5,
            Self::Ragged | Self::Score(_) => 1,
            _ => 3,
        }
    }

    /// What the person at the keyboard can do next.
    #[must_use]
    pub fn hint(&self) -> Option<Cow<'static, str>> {
        let fixed = |text| Some(Cow::Borrowed(text));
        match self {
            Self::FewOutcomes { .. } => fixed(
                "check the outcome's `positive` and `negative` values in the policy, or wait for more outcomes",
            ),
            Self::NoFeatures => fixed("declare at least one column with `role = \"feature\"`"),
            Self::UnknownPair { .. } => fixed(
                "name declared features in `pairs`; one that was left out as a calendar needs `keep_calendar = true`",
            ),
            Self::Folds { .. } => {
                fixed("write one fold number per labelled row, in the order of the file")
            }
            Self::OverBudget(over) => Some(over.hint(Lang::En).into()),
            Self::Features(error) => error.hint().map(Cow::Borrowed),
            Self::Fit(error) => error.hint().map(Cow::Borrowed),
            Self::Document(error) => error.hint().map(Cow::Borrowed),
            Self::Ragged | Self::Score(_) => None,
        }
    }
}

/// Trains a candidate, and says what was found on the way.
pub fn train(
    examples: &Examples,
    training: &Training,
    profiling: &Profiling,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<(Model, Findings), Error> {
    train_beside(examples, training, profiling, None, progress)
}

/// The same, and the model that is active judges the same holdout.
pub fn train_beside(
    examples: &Examples,
    training: &Training,
    profiling: &Profiling,
    active: Option<&Active<'_>>,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<(Model, Findings), Error> {
    let (won, lost) = examples.check()?;
    let people = examples.people();
    let all: Vec<u32> = (0..examples.outcome.len() as u32).collect();
    progress(Progress::Looking);
    let mut warnings = leaks::values(examples, training.min_people);
    let (features, calendars) = left_in(examples, &all);
    warnings.extend(calendars);
    warnings.extend(leaks::drift(examples));
    let candidates = candidates(examples, &features, &training.pairs)?;
    let task = Task::new(examples, training, &people, &features, &candidates);

    progress(Progress::Singling);
    let whole = Prepared::new(&task, &all)?;
    let (singled, refused) = Singled::new(&whole, &people, training, profiling);
    if let Some(over) = refused {
        return Err(Error::OverBudget(Box::new(over)));
    }

    let (holdout, held) = hold_out(examples, &people);
    let (folds, timed) = split::folds(examples, &people, &held.train);
    let choice = choose(&task, &folds, timed, &|tried| {
        progress(Progress::Tried(tried.clone()));
    })?;

    progress(Progress::Gaining);
    let gained = gained(&task, &held, choice.additive_strength)?;

    progress(Progress::Judging);
    let twin = fit_model(&task, &held.train, &choice, training)?;
    let judged = judge(&twin.model, examples, &people, &held.valid)?;
    let metrics = judged.metrics(training.seed);
    progress(Progress::Comparing);
    let again = |rows: &[u32]| {
        let prepared = Prepared::new(&task, rows)?;
        Ok(fit_again(&task, prepared, &choice, &twin.pairs, training)?.model)
    };
    let rivals = Rivals::new(&task, training, &held, &holdout, (&again, active))?;

    progress(Progress::Fitting);
    let fitted = fit_again(&task, whole, &choice, &twin.pairs, training)?;
    warnings.extend(leaks::outcomes(&fitted.prepared, training.min_people));
    let all_of_it = || judge(&fitted.model, examples, &people, &held.valid);
    let refitted = rivals.needs_refitted().then(all_of_it).transpose()?;
    let compared = rivals.compared(&judged, refitted.as_ref(), training.seed);

    progress(Progress::Certifying);
    let certificate = certificate(&fitted, &people, &choice, training)?;
    let signal = metrics.roc_auc.low > 0.5;
    let calibrated = metrics.ece.value <= training.max_calibration_error;
    if !signal {
        warnings.push(Warning::NoSignal);
    }
    if !calibrated {
        warnings.push(Warning::Uncalibrated {
            ece: metrics.ece.value,
            limit: training.max_calibration_error,
        });
    }
    if let Some(failed) = certificate
        .as_ref()
        .filter(|certificate| !certificate.certified)
    {
        warnings.push(Warning::NotCertified {
            largest_difference: failed.largest_difference,
        });
    }
    let k = u64::from(training.min_people);
    let enough = metrics.positives.min(metrics.rows - metrics.positives) >= k;
    warnings.extend(rivals::warnings(&compared, enough));
    let name = |at: usize| fitted.prepared.features[at].name.clone();
    let mut findings = Findings {
        rows: won + lost,
        positives: won,
        holdout,
        curves: judged.curves(training.min_people),
        metrics,
        strength: choice.strength,
        tried: choice.tried,
        pairs: fitted
            .pairs
            .iter()
            .map(|pair| KeptPair {
                a: name(pair.a),
                b: name(pair.b),
                gain: pair.gain,
            })
            .collect(),
        levels: leaks::levels(&fitted.prepared, training.min_people),
        gradient: fitted.gradient,
        steps: fitted.steps,
        certificate,
        warnings,
        promotable: false,
        cv: None,
        profile: Some(singled.profile(gained.as_ref(), profiling)),
        compared,
        incomparable: rivals.incomparable,
        thin: Some(thin(&fitted)),
        reference: Some(Reference::of(&fitted, training)?),
    };
    findings.promotable = gates::own(&fitted.model, &findings, training, profiling)
        .iter()
        .all(|gate| gate.passed);
    Ok((fitted.model, findings))
}

/// Judges the whole procedure on folds: bins, pairs and strength are chosen anew in each. `folds` gives each row's
/// fold; without it, people are dealt into five, or where there is time into five forward blocks.
pub fn cross_validate(
    examples: &Examples,
    training: &Training,
    folds: Option<&[u32]>,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<CrossValidation, Error> {
    examples.check()?;
    let people = examples.people();
    let all: Vec<u32> = (0..examples.outcome.len() as u32).collect();
    let folds = match folds {
        Some(given) => given_folds(examples, given)?,
        None => split::folds(examples, &people, &all)
            .0
            .into_iter()
            .zip(0..)
            .map(|(fold, number)| (number, fold))
            .collect(),
    };
    let mut figures = Vec::with_capacity(folds.len());
    for (done, (number, fold)) in folds.iter().enumerate() {
        progress(Progress::Fold {
            done,
            of: folds.len(),
        });
        let (features, _) = left_in(examples, &fold.train);
        let candidates = candidates(examples, &features, &training.pairs)?;
        let task = Task::new(examples, training, &people, &features, &candidates);
        let (inner, timed) = split::folds(examples, &people, &fold.train);
        let choice = choose(&task, &inner, timed, &|tried| {
            progress(Progress::Tried(tried.clone()));
        })?;
        let fitted = fit_model(&task, &fold.train, &choice, training)?;
        let judged = judge(&fitted.model, examples, &people, &fold.valid)?.figures();
        figures.push(FoldFigures {
            fold: *number,
            rows: fold.valid.len() as u64,
            roc_auc: judged.roc_auc,
            pr_auc: judged.pr_auc,
            log_loss: judged.log_loss,
            brier: judged.brier,
            strength: choice.strength,
            pairs: fitted.pairs.len(),
        });
    }
    progress(Progress::Fold {
        done: folds.len(),
        of: folds.len(),
    });
    let mean =
        |of: fn(&FoldFigures) -> f64| figures.iter().map(of).sum::<f64>() / figures.len() as f64;
    Ok(CrossValidation {
        roc_auc: mean(|f| f.roc_auc),
        log_loss: mean(|f| f.log_loss),
        pr_auc: mean(|f| f.pr_auc),
        brier: mean(|f| f.brier),
        folds: figures,
    })
}

/// A model at a given strength, and how its fit ended.
#[derive(Clone, Debug, PartialEq)]
pub struct FitAt {
    /// The model.
    pub model: Model,
    /// ‖∇‖∞ / n.
    pub gradient: f64,
    /// Steps taken.
    pub steps: u32,
}

/// A model fitted on these rows at a given strength and with given pairs (by column name), without any selection:
/// what a benchmark times and a comparison reads.
pub fn fit_at(
    examples: &Examples,
    rows: &[u32],
    strength: f64,
    pairs: &[(String, String)],
    training: &Training,
) -> Result<FitAt, Error> {
    // Pairs are ranked on folds of people; without pairs nobody asks who stands behind a row.
    let people = if pairs.is_empty() {
        People::new(&[], None)
    } else {
        examples.people()
    };
    let features: Vec<usize> = (0..examples.features.len()).collect();
    let listed = candidates(examples, &features, &Pairs::Listed(pairs.to_vec()))?;
    let task = Task::new(examples, training, &people, &features, &listed);
    let choice = Choice {
        strength,
        additive_strength: strength,
        pairs: pairs.len(),
        tried: Vec::new(),
    };
    let fitted = fit_model(&task, rows, &choice, training)?;
    Ok(FitAt {
        model: fitted.model,
        gradient: fitted.gradient,
        steps: fitted.steps,
    })
}

/// The mean log-loss over five folds at each of these strengths, the strongest smoothing first, without pairs:
/// bins, levels and codes are learned anew in each fold. What a benchmark times.
pub fn out_of_fold(
    examples: &Examples,
    strengths: &[f64],
    training: &Training,
) -> Result<Vec<Tried>, Error> {
    let people = examples.people();
    let features: Vec<usize> = (0..examples.features.len()).collect();
    let task = Task::new(examples, training, &people, &features, &Candidates::Off);
    let all: Vec<u32> = (0..examples.outcome.len() as u32).collect();
    let (folds, _) = split::folds(examples, &people, &all);
    select::tried(&task, &folds, strengths)
}

impl<'a> Task<'a> {
    pub fn new(
        examples: &'a Examples,
        training: &Training,
        people: &'a People,
        features: &'a [usize],
        candidates: &'a Candidates,
    ) -> Self {
        let learn = LearnSettings {
            min_people: training.min_people,
            max_bins: training.max_bins,
        };
        Self {
            examples,
            features,
            people,
            learn,
            candidates,
            one_standard_error: training.one_standard_error,
        }
    }
}

/// The features that take part, and a warning for each calendar.
pub(crate) fn left_in(examples: &Examples, rows: &[u32]) -> (Vec<usize>, Vec<Warning>) {
    let mut features: Vec<usize> = (0..examples.features.len()).collect();
    let mut warnings = Vec::new();
    for (at, novelty, left_out) in leaks::calendars(examples, rows) {
        features.retain(|&other| other != at || !left_out);
        warnings.push(Warning::Calendar {
            feature: examples.features[at].name.clone(),
            novelty,
            left_out,
        });
    }
    (features, warnings)
}

/// The policy's pairs, as positions among the features that take part.
fn candidates(examples: &Examples, features: &[usize], pairs: &Pairs) -> Result<Candidates, Error> {
    if features.is_empty() {
        return Err(Error::NoFeatures);
    }
    let listed = match pairs {
        Pairs::Off => return Ok(Candidates::Off),
        Pairs::Auto => return Ok(Candidates::Ranked),
        Pairs::Listed(listed) => listed,
    };
    let position = |name: &str| {
        features
            .iter()
            .position(|&at| examples.features[at].name == name)
    };
    let pair = |(a, b): &(String, String)| match (position(a), position(b)) {
        (Some(x), Some(y)) if x != y => Ok((x.min(y), x.max(y))),
        _ => Err(Error::UnknownPair {
            a: a.clone(),
            b: b.clone(),
        }),
    };
    let mut positions = listed.iter().map(pair).collect::<Result<Vec<_>, _>>()?;
    positions.sort_unstable();
    positions.dedup();
    Ok(Candidates::Listed(positions))
}
