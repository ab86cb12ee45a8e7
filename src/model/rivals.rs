//! What else could have judged the holdout: naive Bayes as in Odoo, the ordinary one-hot pipeline, and the model
//! that is active.
//!
//! A model that is worse than what costs nothing should be seen before it is
//! approved. All judge the rows that the twin judges; the first two are fitted on
//! the rows that the twin was fitted on. No order of rows and no number of
//! threads shows in their figures.

mod bayes;
mod one_hot;

use super::Model;
use super::candidate::{codes_of, judge};
use super::compared::{Compared, Incomparable, Newer, Rival, Seen};
use super::evaluate::Judged;
use super::examples::{Examples, LEAST_OF_EITHER};
use super::findings::{Holdout, Warning};
use super::people::People;
use super::prepare::Prepared;
use super::select::{Candidates, Task};
use super::split::{Fold, civil};
use super::train::Error;
use crate::digest::Digest;
use crate::policy::Training;

/// The model that scores for the purpose while another is trained, or the last one that did.
#[derive(Clone, Copy, Debug)]
pub struct Active<'a> {
    /// Its version.
    pub version: Digest,
    /// The model.
    pub model: &'a Model,
    /// The last civil date that it learned from, where its provenance says one.
    pub last: Option<&'a str>,
}

/// Fits the candidate again on fewer rows, with the strength and the pairs that it chose.
type Again<'a> = &'a dyn Fn(&[u32]) -> Result<Model, Error>;

/// The rivals' judgements.
pub(crate) struct Rivals {
    judged: Vec<(Rival, Option<u64>, Judged)>,
    pub incomparable: Option<Incomparable>,
    last: Option<String>,
    newer: Option<Newer>,
}

impl Rivals {
    /// Fits what has to be fitted, and lets all judge the holdout.
    pub fn new(
        task: &Task<'_>,
        training: &Training,
        held: &Fold,
        holdout: &Holdout,
        (again, active): (Again<'_>, Option<&Active<'_>>),
    ) -> Result<Self, Error> {
        let (examples, people) = (task.examples, task.people);
        let outcome: Vec<bool> = at(&held.valid, &examples.outcome);
        let persons: Vec<u32> = held.valid.iter().map(|&row| people.of(row)).collect();
        let judged = |p: &[f64]| Judged::new(p, &outcome, &persons);

        let all: Vec<usize> = (0..examples.features.len()).collect();
        let task = Task::new(examples, training, people, &all, &Candidates::Off);
        let learned = Prepared::new(&task, &held.train)?;
        let codes = codes_of(examples, &learned.features, &held.valid)?;
        let bayes = judged(&bayes::probabilities(&learned, &codes));

        let mut train: Vec<u32> = people
            .spread(&held.train, &learned.outcome)
            .iter()
            .map(|&at| held.train[at as usize])
            .collect();
        train.truncate(one_hot::MOST_ROWS);
        let one_hot =
            one_hot::probabilities(&examples.features, &examples.outcome, &train, &held.valid)?;
        let mut rivals = Self {
            judged: vec![
                (Rival::NaiveBayes, Some(held.train.len() as u64), bayes),
                (Rival::OneHot, Some(train.len() as u64), judged(&one_hot)),
            ],
            incomparable: None,
            last: None,
            newer: None,
        };
        if let Some(active) = active {
            rivals.active(examples, people, held, holdout, active);
            if rivals.may_have_seen() {
                rivals.last = active
                    .last
                    .filter(|_| examples.dates.is_some())
                    .map(str::to_owned);
                rivals.newer = newer(&task, training, held, again, active);
            }
        }
        Ok(rivals)
    }

    fn active(
        &mut self,
        examples: &Examples,
        people: &People,
        held: &Fold,
        holdout: &Holdout,
        active: &Active<'_>,
    ) {
        if let Ok(judged) = judge(active.model, examples, people, &held.valid) {
            let rival = Rival::Active {
                model: active.version,
                seen: seen(holdout, active.last),
            };
            self.judged.push((rival, None, judged));
        } else {
            let mut features = active.model.schema().features.iter();
            let unread =
                features.find(|it| codes_of(examples, std::slice::from_ref(it), &[]).is_err());
            self.incomparable = Some(Incomparable {
                model: active.version,
                feature: unread.map(|it| it.name.clone()).unwrap_or_default(),
            });
        }
    }

    fn may_have_seen(&self) -> bool {
        self.judged.iter().any(|it| may_have_seen(it.0))
    }

    /// Whether one may have seen the holdout and nothing newer can judge, so that the model itself has to be asked.
    pub fn needs_refitted(&self) -> bool {
        self.may_have_seen() && self.newer.is_none()
    }

    /// Each beside the twin; beside the model itself too where that is needed.
    pub fn compared(&self, twin: &Judged, refitted: Option<&Judged>, seed: u64) -> Vec<Compared> {
        let others: Vec<&Judged> = self.judged.iter().map(|it| &it.2).collect();
        let beside = twin.beside(&others, seed);
        let each = self.judged.iter().zip(beside);
        each.map(|((rival, rows, judged), beside)| Compared {
            rival: *rival,
            rows: *rows,
            roc_auc: beside.roc_auc,
            log_loss: beside.log_loss,
            difference: beside.difference,
            last: self.last.clone().filter(|_| may_have_seen(*rival)),
            newer: self.newer.clone().filter(|_| may_have_seen(*rival)),
            refitted: refitted
                .filter(|_| may_have_seen(*rival))
                .map(|it| it.beside(&[judged], seed)[0].difference),
        })
        .collect()
    }
}

fn may_have_seen(rival: Rival) -> bool {
    matches!(rival, Rival::Active { seen, .. } if seen != Seen::No)
}

/// Whether a model that learned until `last` has seen rows of this holdout.
fn seen(holdout: &Holdout, last: Option<&str>) -> Seen {
    match (holdout, last) {
        // Both are civil dates as ISO 8601 writes them.
        (Holdout::Time { from: Some(from) }, Some(last)) if last < from.as_str() => Seen::No,
        (Holdout::Time { from: Some(_) }, Some(_)) => Seen::Yes,
        _ => Seen::Unknown,
    }
}

/// The candidate, fitted on everything up to the last day that the active model learned from, beside the active model
/// on the rows of the holdout that came after: neither has seen them, and neither knows more of the days before. Only
/// if there are enough of either outcome. The rows left out are none or `min_people` at least: no figure tells
/// of fewer by subtraction.
fn newer(
    task: &Task<'_>,
    training: &Training,
    held: &Fold,
    again: Again<'_>,
    active: &Active<'_>,
) -> Option<Newer> {
    let (examples, people) = (task.examples, task.people);
    let (dates, last) = (examples.dates.as_ref()?, active.last?);
    let day = |row: u32| dates[row as usize];
    let mut days: Vec<i32> = held.valid.iter().map(|&row| day(row)).collect();
    days.sort_unstable();
    // Civil dates as ISO 8601 writes them are in the order of their days.
    let learned = days.partition_point(|&day| civil(day).as_str() <= last);
    let left_out = match learned {
        0 => 0,
        some => some.max(training.min_people as usize),
    };
    let until = left_out.checked_sub(1).and_then(|at| days.get(at).copied());
    let after = until.map(civil).filter(|it| it.as_str() > last);
    let unseen = |row: &u32| until.is_none_or(|until| day(*row) > until);
    let rows: Vec<u32> = held.valid.iter().copied().filter(unseen).collect();
    let won = at(&rows, &examples.outcome)
        .iter()
        .filter(|&&won| won)
        .count() as u64;
    let least = LEAST_OF_EITHER.max(u64::from(training.min_people));
    if won.min(rows.len() as u64 - won) < least {
        return None;
    }
    let seen = |row: &u32| !unseen(row);
    let known = held.valid.iter().copied().filter(seen);
    let mut before: Vec<u32> = held.train.iter().copied().chain(known).collect();
    before.sort_unstable();
    let judged = |model: &Model| judge(model, examples, people, &rows).ok();
    let (ours, theirs) = (judged(&again(&before).ok()?)?, judged(active.model)?);
    Some(Newer {
        after: after.unwrap_or_else(|| last.to_owned()),
        difference: ours.beside(&[&theirs], training.seed)[0].difference,
    })
}

fn at(rows: &[u32], of: &[bool]) -> Vec<bool> {
    rows.iter().map(|&row| of[row as usize]).collect()
}

/// A warning for each rival that is better beyond chance, where enough people judge it.
pub(crate) fn warnings(compared: &[Compared], enough: bool) -> Vec<Warning> {
    let worse = compared
        .iter()
        .filter(|it| enough && it.decisive().is_worse());
    worse
        .map(|it| Warning::WorseThan {
            rival: it.rival,
            roc_auc: it.decisive().roc_auc.value,
            log_loss: it.decisive().log_loss.value,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_dates_say_that_a_model_has_not_seen_the_holdout() {
        let from = |day: &str| Holdout::Time {
            from: Some(day.to_owned()),
        };
        assert_eq!(seen(&from("2026-10-01"), Some("2026-09-30")), Seen::No);
        assert_eq!(seen(&from("2026-10-01"), Some("2026-10-01")), Seen::Yes);
        assert_eq!(seen(&from("2026-10-01"), None), Seen::Unknown);
        assert_eq!(
            seen(&Holdout::Stratified, Some("2026-09-30")),
            Seen::Unknown
        );
        assert_eq!(
            seen(&Holdout::Time { from: None }, Some("2026-09-30")),
            Seen::Unknown
        );
    }
}
