//! Which rows are fitted on and which are judged by: the holdout and the folds.
//!
//! Where time is known the past judges nothing: every fit sees earlier rows
//! only, and the latest fifth is the holdout. Otherwise people are dealt by
//! their keys. One person stands on one side.

use super::examples::Examples;
use super::findings::Holdout;
use super::people::People;
use super::train::Error;

/// Folds of the cross-validation.
const FOLDS: u32 = 5;

/// Rows to fit on and rows to judge by, as positions in the examples.
#[derive(Clone, Debug, PartialEq)]
pub struct Fold {
    /// Fitted on.
    pub train: Vec<u32>,
    /// Judged by.
    pub valid: Vec<u32>,
}

/// The latest fifth, or a stratified one where time is not known or the latest fifth has one outcome only.
pub(crate) fn hold_out(examples: &Examples, people: &People) -> (Holdout, Fold) {
    let all: Vec<u32> = (0..examples.outcome.len() as u32).collect();
    let split = |blocks: &[u32], held: u32| {
        let (valid, train) = all.iter().partition(|&&row| blocks[row as usize] == held);
        Fold { train, valid }
    };
    if people.timed() {
        let fold = split(&people.blocks(&all, FOLDS), FOLDS - 1);
        if judges(examples, &fold) {
            let first = examples
                .dates
                .as_ref()
                .and_then(|dates| fold.valid.iter().map(|&row| dates[row as usize]).min());
            return (
                Holdout::Time {
                    from: first.map(civil),
                },
                fold,
            );
        }
    }
    (
        Holdout::Stratified,
        split(&people.deal(&all, &examples.outcome, FOLDS), 0),
    )
}

/// The civil date of a day since 1970-01-01 (Howard Hinnant's `civil_from_days`).
pub(super) fn civil(day: i32) -> String {
    let day = i64::from(day) + 719_468;
    let (era, of_era) = (day.div_euclid(146_097), day.rem_euclid(146_097));
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let date = of_year - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 {
        (month + 3, 0)
    } else {
        (month - 9, 1)
    };
    format!("{:04}-{month:02}-{date:02}", year + era * 400 + next)
}

/// Whether both outcomes stand on both sides, ten times at least where the fit is.
pub(crate) fn judges(examples: &Examples, fold: &Fold) -> bool {
    let both = |rows: &[u32], least: usize| {
        let won = rows
            .iter()
            .filter(|&&row| examples.outcome[row as usize])
            .count();
        won >= least && rows.len() - won >= least
    };
    both(&fold.train, 10) && both(&fold.valid, 1)
}

/// Folds to choose by: forward in time where time is known (each block is judged by what came before it), dealt otherwise.
pub(crate) fn folds(examples: &Examples, people: &People, rows: &[u32]) -> (Vec<Fold>, bool) {
    let fold = |held: &[u32], train: &dyn Fn(u32) -> bool, valid: u32| Fold {
        train: rows
            .iter()
            .zip(held)
            .filter(|(_, block)| train(**block))
            .map(|(&row, _)| row)
            .collect(),
        valid: rows
            .iter()
            .zip(held)
            .filter(|(_, block)| **block == valid)
            .map(|(&row, _)| row)
            .collect(),
    };
    if people.timed() {
        let blocks = people.blocks(rows, FOLDS + 1);
        let forward = (1..=FOLDS).map(|valid| fold(&blocks, &|block| block < valid, valid));
        let forward: Vec<Fold> = forward.filter(|fold| judges(examples, fold)).collect();
        if forward.len() > 1 {
            return (forward, true);
        }
    }
    let outcome: Vec<bool> = rows
        .iter()
        .map(|&row| examples.outcome[row as usize])
        .collect();
    let dealt = people.deal(rows, &outcome, FOLDS);
    (
        (0..FOLDS)
            .map(|valid| fold(&dealt, &|block| block != valid, valid))
            .collect(),
        false,
    )
}

pub(crate) fn given_folds(examples: &Examples, given: &[u32]) -> Result<Vec<(u32, Fold)>, Error> {
    let rows = examples.outcome.len();
    let mut numbers = given.to_vec();
    numbers.sort_unstable();
    numbers.dedup();
    let split = |number: u32| {
        let (valid, train) = (0..rows as u32).partition(|&row| given[row as usize] == number);
        (number, Fold { train, valid })
    };
    if given.len() != rows || numbers.len() < 2 || numbers.len() > 1000 {
        return Err(Error::Folds { rows });
    }
    let folds: Vec<(u32, Fold)> = numbers.into_iter().map(split).collect();
    if folds.iter().all(|(_, fold)| judges(examples, fold)) {
        Ok(folds)
    } else {
        Err(Error::Folds { rows })
    }
}
