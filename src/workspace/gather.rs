//! A training table: every labelled lead of the exports, in memory, identifiers already gone.

use std::path::PathBuf;

use super::error::Error;
use super::export::{Export, Plan};
use super::{Progress, Watch, Workspace};
use crate::intake::identity::{self, Detector};
use crate::intake::{self, Outcome};
use crate::model::train::{Example, Examples};
use crate::policy::Column as Declared;
use crate::pseudonym::training_key;
use crate::report::{NotIdentity, Period, Rows};
use crate::table::Column;

/// The labelled leads, and what became of the others.
pub struct Gathered {
    /// What a model is fitted on.
    pub examples: Examples,
    /// The 1-based record of each example.
    pub records: Vec<u64>,
    /// What became of the rows.
    pub rows: Rows,
    /// Columns that were not read.
    pub undeclared: Vec<String>,
    /// Features kept on the policy's word.
    pub not_identity: Vec<NotIdentity>,
    /// First and last date.
    pub period: Option<Period>,
}

/// Reads `files` for a training.
pub fn gather(
    ws: &Workspace,
    files: &[PathBuf],
    strict: bool,
    watch: Watch<'_>,
) -> Result<Gathered, Error> {
    let features: Vec<&Declared> = ws.policy.features().collect();
    let plan = Plan::new(&ws.policy, &features, true);
    let (positive, negative) = ws.policy.outcome().ok_or_else(|| Error::Refused {
        what: "the policy declares no outcome, so there is nothing to learn".to_owned(),
        hint: "declare the column that says what became of a lead, with `role = \"outcome\"`",
    })?;
    let mut not_identity = names_allowed(&features)?;
    let mut export = Export::open(files, &ws.policy, &plan.asked)?;
    let undeclared = export.undeclared().to_vec();
    export.strictly(strict)?;
    let headers: Vec<String> = features.iter().map(|column| column.name.clone()).collect();
    let mut detector = Detector::new(&headers);
    let mut taken = Taken::new(&features);
    let mut rows = Rows {
        read: 0,
        failed: 0,
        open: 0,
        used: 0,
    };
    while let Some(portion) = export.next() {
        let portion = portion?;
        if !detector.is_done() {
            detector.take_batch(&portion.batch, &plan.features);
        }
        rows.read += portion.records;
        rows.failed += portion.failures.len() as u64;
        let Some(Column::Text(outcomes)) = plan.outcome.map(|at| &portion.batch.columns[at]) else {
            unreachable!("the plan asks for the outcome as text")
        };
        let kept: Vec<u32> = outcomes
            .iter()
            .enumerate()
            .filter_map(
                |(row, text)| match intake::outcome(text, positive, negative) {
                    Outcome::Open => None,
                    known => {
                        taken.outcome.push(known == Outcome::Won);
                        Some(row as u32)
                    }
                },
            )
            .collect();
        rows.open += (outcomes.len() - kept.len()) as u64;
        taken.take(&portion.batch, &kept, &plan, ws.policy.training.seed)?;
        watch(Progress::Rows {
            done: rows.read,
            share: export.share(),
        });
    }
    intake::tolerate(rows.failed, rows.read, ws.policy.tolerance.max_failed)?;
    rows.used = taken.outcome.len() as u64;
    contents_allowed(&detector, &features, &mut not_identity)?;
    let period = taken.period();
    let Taken {
        columns,
        outcome,
        keys,
        dates,
        records,
    } = taken;
    let examples = Examples {
        features: features
            .iter()
            .zip(columns)
            .map(|(declared, column)| Example {
                name: declared.name.clone(),
                column,
                keep_calendar: declared.keep_calendar,
            })
            .collect(),
        id_type: plan.id_type,
        outcome,
        keys,
        dates: plan.date.map(|_| dates),
        in_file_order: ws.policy.training.rows_in_time_order,
    };
    Ok(Gathered {
        examples,
        records,
        rows,
        undeclared,
        not_identity,
        period,
    })
}

struct Taken {
    columns: Vec<Column>,
    outcome: Vec<bool>,
    keys: Vec<[u8; 32]>,
    dates: Vec<i32>,
    records: Vec<u64>,
}

impl Taken {
    fn new(features: &[&Declared]) -> Self {
        Self {
            columns: features
                .iter()
                .map(|column| Column::empty(column.kind))
                .collect(),
            outcome: Vec::new(),
            keys: Vec::new(),
            dates: Vec::new(),
            records: Vec::new(),
        }
    }

    fn take(
        &mut self,
        batch: &crate::table::Batch,
        kept: &[u32],
        plan: &Plan,
        seed: u64,
    ) -> Result<(), Error> {
        for (column, &at) in self.columns.iter_mut().zip(&plan.features) {
            column.extend(&batch.columns[at], kept);
        }
        let by_row = |row: u32| batch.records[row as usize].to_string();
        for &row in kept {
            let key = match plan.identifier.map(|at| &batch.columns[at]) {
                Some(Column::Text(texts)) => {
                    let text = texts.get(row as usize).unwrap_or_default();
                    training_key(seed, &crate::pseudonym::normalise(plan.id_type, text)?)
                }
                _ => training_key(seed, &by_row(row)),
            };
            self.keys.push(key);
            self.records.push(batch.records[row as usize]);
            if let Some(Column::Date(days)) = plan.date.map(|at| &batch.columns[at]) {
                self.dates.push(days[row as usize]);
            }
        }
        Ok(())
    }

    fn period(&self) -> Option<Period> {
        let known = || self.dates.iter().copied().filter(|day| *day != i32::MIN);
        let text = |day: i32| chrono::NaiveDate::from_epoch_days(day).map(|date| date.to_string());
        Some(Period {
            first: text(known().min()?)?,
            last: text(known().max()?)?,
        })
    }
}

/// Refuses a feature named like a special category (GDPR art. 9), unless the policy says why it is none.
fn names_allowed(features: &[&Declared]) -> Result<Vec<NotIdentity>, Error> {
    let mut kept = Vec::new();
    for column in features {
        if let Some(category) = identity::special_category(&column.name) {
            match &column.not_identity {
                Some(why) => kept.push(NotIdentity {
                    column: column.name.clone(),
                    why: why.clone(),
                }),
                None => {
                    return Err(Error::Refused {
                        what: format!(
                            "the feature `{}` is named like a special category of data ({category}, GDPR art. 9)",
                            column.name
                        ),
                        hint: "give the column the role `ignore`; if it is something else, say so with `not_identity = \"why\"`",
                    });
                }
            }
        }
    }
    Ok(kept)
}

/// Refuses a feature whose content looks like an identity, unless the policy says why it is none.
fn contents_allowed(
    detector: &Detector,
    features: &[&Declared],
    kept: &mut Vec<NotIdentity>,
) -> Result<(), Error> {
    for finding in detector.findings() {
        let Some(column) = features.iter().find(|column| column.name == finding.column) else {
            continue;
        };
        match &column.not_identity {
            Some(why) if kept.iter().all(|it| it.column != column.name) => {
                kept.push(NotIdentity {
                    column: column.name.clone(),
                    why: why.clone(),
                });
            }
            Some(_) => {}
            None => {
                let looks = finding.words(crate::lang::Lang::En);
                let share = finding.share * 100.0;
                return Err(Error::Refused {
                    what: format!(
                        "the feature `{}` looks like an identity: {looks} ({share:.1} % of its distinct values)",
                        column.name
                    ),
                    hint: "give the column the role `identity` or `ignore`; if it is something else, say so with `not_identity = \"why\"`",
                });
            }
        }
    }
    Ok(())
}
