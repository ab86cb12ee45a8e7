//! Over-profiling: what each feature brings, and how many people it singles out.
//!
//! Minimisation (GDPR art. 5(1)(c)) as two numbers a feature: the area under the
//! ROC curve that it adds, and the people who stand alone in their cell with it
//! and without. The policy's budget bounds the second; it is asked before
//! anything is fitted. No number of fewer than `min_people` people leaves here.

use std::cmp::Reverse;

use super::alone::Cells;
use super::examples::Examples;
use super::findings::{Gain, Profile, Profiled, Verdict};
use super::gains::{Gains, gains};
use super::people::People;
use super::prepare::Prepared;
use super::select::{Candidates, Task, choose};
use super::split::{self, Fold, hold_out, judges};
use super::train::{Error, Progress, left_in};
use crate::lang::Lang;
use crate::policy::{Profiling, Training};

/// Up to so many rows, gains are judged on all of them by cross-validation; beyond, the holdout says enough.
const FEW: usize = 1 << 17;

/// A gain counts as one from so many standard errors on.
const CERTAIN: f64 = 2.0;

/// More people stand alone than the policy's budget allows.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{}", self.words(Lang::En))]
pub struct OverBudget {
    people: u64,
    alone: u64,
    max_alone: f64,
    min_people: u32,
    /// The feature without which the fewest are alone, and how many then are.
    least: (String, u64),
    /// Features without which the budget is kept, and how many are alone then.
    passes: Option<(Vec<String>, u64)>,
}

impl OverBudget {
    /// The budget and what was measured.
    #[must_use]
    pub fn words(&self, lang: Lang) -> String {
        let (alone, people) = (self.share(self.alone, lang), lang.count(self.people));
        let budget = share(self.max_alone, lang);
        crate::say!(
            lang,
            "{alone} of {people} people stand alone in their cell of features; the policy allows {budget} (`max_alone`)"
                | "{alone} des {people} personnes sont seules dans leur case de critères\u{a0}; la politique admet {budget} (`max_alone`)"
        )
    }

    /// What would pass.
    #[must_use]
    pub fn hint(&self, lang: Lang) -> String {
        let quoted = |names: &[String]| {
            let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
            names.join(", ")
        };
        let (least, then) = (&self.least.0, self.share(self.least.1, lang));
        match &self.passes {
            Some((names, alone)) => {
                let (names, alone) = (quoted(names), self.share(*alone, lang));
                if *names == format!("`{least}`") {
                    crate::say!(
                        lang,
                        "give {names} the role `ignore`: without it {alone} stand alone, which is within the budget"
                            | "donner à {names} le rôle `ignore`\u{a0}: sans lui, {alone} sont seules, ce qui tient dans le budget"
                    )
                } else {
                    crate::say!(
                        lang,
                        "the feature that costs most is `{least}` ({then} without it); without {names}, {alone} stand alone, which is within the budget; lowering `max_bins` helps too"
                            | "le critère le plus coûteux est `{least}` ({then} sans lui)\u{a0}; sans {names}, {alone} sont seules, ce qui tient dans le budget\u{a0}; baisser `max_bins` aide aussi"
                    )
                }
            }
            None => crate::say!(
                lang,
                "the feature that costs most is `{least}` ({then} without it), but no smaller set of features keeps the budget: lower `max_bins`, raise `min_people`, or raise `max_alone`"
                    | "le critère le plus coûteux est `{least}` ({then} sans lui), mais aucun ensemble plus petit ne tient dans le budget\u{a0}: baisser `max_bins`, relever `min_people` ou relever `max_alone`"
            ),
        }
    }

    /// A share of the people, or what may be said of fewer than `min_people`.
    fn share(&self, alone: u64, lang: Lang) -> String {
        let k = u64::from(self.min_people);
        if (1..k).contains(&alone) {
            crate::say!(lang, "fewer than {k}" | "moins de {k}")
        } else {
            share(alone as f64 / self.people.max(1) as f64, lang)
        }
    }
}

/// A share as finely as a budget may be written.
fn share(share: f64, lang: Lang) -> String {
    let percent = lang.decimal(share * 100.0, 2);
    crate::say!(lang, "{percent}%" | "{percent}\u{202f}%")
}

/// What a training on these examples would say of its features, and whether it would be refused.
pub fn profile(
    examples: &Examples,
    training: &Training,
    profiling: &Profiling,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<(Profile, Option<OverBudget>), Error> {
    examples.check()?;
    let people = examples.people();
    let all: Vec<u32> = (0..examples.outcome.len() as u32).collect();
    progress(Progress::Looking);
    let (features, _) = left_in(examples, &all);
    if features.is_empty() {
        return Err(Error::NoFeatures);
    }
    let task = Task::new(examples, training, &people, &features, &Candidates::Off);
    progress(Progress::Singling);
    let (singled, refused) =
        Singled::new(&Prepared::new(&task, &all)?, &people, training, profiling);
    let (_, held) = hold_out(examples, &people);
    let (folds, timed) = split::folds(examples, &people, &held.train);
    let choice = choose(&task, &folds, timed, &|tried| {
        progress(Progress::Tried(tried.clone()));
    })?;
    progress(Progress::Gaining);
    let gained = gained(&task, &held, choice.strength)?;
    Ok((singled.profile(gained.as_ref(), profiling), refused))
}

/// What each feature of the task gains, where enough people of either outcome judge it.
pub(crate) fn gained(task: &Task<'_>, held: &Fold, strength: f64) -> Result<Option<Gains>, Error> {
    let rows = task.examples.outcome.len();
    let mut folds = if rows <= FEW {
        let all: Vec<u32> = (0..rows as u32).collect();
        split::folds(task.examples, task.people, &all).0
    } else {
        vec![held.clone()]
    };
    folds.retain(|fold| judges(task.examples, fold));
    let judging = folds.iter().flat_map(|fold| &fold.valid);
    let won = judging
        .clone()
        .filter(|&&row| task.examples.outcome[row as usize])
        .count();
    let k = task.learn.min_people as usize;
    if folds.is_empty() || won < k || judging.count() - won < k {
        return Ok(None);
    }
    gains(task, &folds, strength).map(Some)
}

/// Who stands alone, with each feature and without.
pub(crate) struct Singled {
    people: u64,
    alone: u64,
    features: Vec<(String, u64)>,
    min_people: u32,
}

impl Singled {
    /// Counts, and asks the budget.
    pub fn new(
        prepared: &Prepared,
        people: &People,
        training: &Training,
        profiling: &Profiling,
    ) -> (Self, Option<OverBudget>) {
        let cells = Cells::new(&prepared.codes, &prepared.rows, people);
        let names = prepared.features.iter().map(|feature| feature.name.clone());
        let singled = Self {
            people: cells.people(),
            alone: cells.alone(&[]),
            features: names
                .enumerate()
                .map(|(at, name)| (name, cells.alone(&[at])))
                .collect(),
            min_people: training.min_people,
        };
        let refused = profiling
            .max_alone
            .and_then(|most| singled.over(&cells, most));
        (singled, refused)
    }

    fn over(&self, cells: &Cells<'_>, max_alone: f64) -> Option<OverBudget> {
        let within = |alone: u64| alone as f64 <= max_alone * self.people as f64;
        if within(self.alone) {
            return None;
        }
        let next = |dropped: &[usize]| {
            let left = (0..cells.features()).filter(|at| !dropped.contains(at));
            let each = left.map(|at| {
                let without: Vec<usize> = dropped.iter().copied().chain([at]).collect();
                // Where several leave as few alone, the one that is cut finest.
                (cells.alone(&without), Reverse(cells.codes(at)), at)
            });
            each.min().map(|(alone, _, at)| (alone, at))
        };
        // One after the other, each time the feature whose absence leaves the fewest alone; then those come back
        // that need not have gone.
        let (mut dropped, mut alone, mut least) = (Vec::new(), self.alone, None);
        while !within(alone) && dropped.len() + 1 < cells.features() {
            let (fewest, at) = next(&dropped)?;
            dropped.push(at);
            alone = fewest;
            least.get_or_insert((self.features[at].0.clone(), fewest));
        }
        if within(alone) {
            for at in dropped.clone() {
                let fewer: Vec<usize> = dropped.iter().copied().filter(|it| *it != at).collect();
                let then = cells.alone(&fewer);
                if within(then) {
                    (dropped, alone) = (fewer, then);
                }
            }
        }
        let names = || dropped.iter().map(|&at| self.features[at].0.clone());
        Some(OverBudget {
            people: self.people,
            alone: self.alone,
            max_alone,
            min_people: self.min_people,
            // With one feature only there is nothing to leave out but it.
            least: least.unwrap_or_else(|| self.features[0].clone()),
            passes: within(alone).then(|| (names().collect(), alone)),
        })
    }

    /// The profile, with what may be shown of it.
    pub fn profile(self, gained: Option<&Gains>, profiling: &Profiling) -> Profile {
        let k = u64::from(self.min_people);
        let shown = |count: u64| (count == 0 || count >= k).then_some(count);
        let gain = |at: usize| gained.map(|it| it.gains[at]);
        let features = self.features.iter().enumerate();
        let features = features.map(|(at, (name, alone))| Profiled {
            feature: name.clone(),
            gain: gain(at),
            alone_without: shown(*alone),
            verdict: gain(at).map(|gain| verdict(gain, profiling.min_gain)),
        });
        Profile {
            people: self.people,
            alone: shown(self.alone),
            roc_auc: gained.map(|it| it.roc_auc),
            max_alone: profiling.max_alone,
            min_gain: profiling.min_gain,
            features: features.collect(),
        }
    }
}

/// Whether a gain is one: a feature is kept for what it brings, and noise brings nothing.
fn verdict(gain: Gain, least: f64) -> Verdict {
    if gain.value < least || gain.value <= 0.0 {
        Verdict::Nothing
    } else if gain.value > CERTAIN * gain.error {
        Verdict::Brings
    } else {
        Verdict::Unclear
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_told_from_noise() {
        let of = |value, error| verdict(Gain { value, error }, 0.0005);
        assert_eq!(of(0.01, 0.001), Verdict::Brings);
        assert_eq!(of(0.0005, 0.0002), Verdict::Brings);
        assert_eq!(of(0.01, 0.006), Verdict::Unclear);
        assert_eq!(of(0.0004, 0.0002), Verdict::Nothing);
        assert_eq!(
            of(0.0004, 0.0001),
            Verdict::Nothing,
            "there, but too little"
        );
        assert_eq!(of(-0.002, 0.003), Verdict::Nothing);
        assert_eq!(
            verdict(
                Gain {
                    value: 0.0,
                    error: 0.0
                },
                0.0
            ),
            Verdict::Nothing
        );
    }
}
