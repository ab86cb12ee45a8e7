//! The stream of a scoring run: portions in; scored rows with their refusals and failures out.
//!
//! Each step is a room's; here they only meet. The eligibility step stands
//! before the scorer, and only an [`Eligible`] lets a row through.

use std::collections::HashSet;

use chrono::NaiveDate;
use rayon::prelude::*;

use super::error::Error;
use super::export::Plan;
use crate::eligibility::{self, Eligible, Refused, Verdict};
use crate::features::{self, Codes};
use crate::intake::{Failure, Portion, Reason, Seen};
use crate::law::{LeadFacts, Pack};
use crate::model::Model;
use crate::odds::LogOdds;
use crate::policy::{IdType, Policy, Purpose};
use crate::pseudonym::{self, Key};
use crate::table::Column;

/// What a run scores with, fixed before its first row.
pub struct Bench<'a> {
    /// The policy.
    pub policy: &'a Policy,
    /// The purpose.
    pub purpose: &'a Purpose,
    /// The law's rules.
    pub pack: &'a Pack,
    /// The date that they are applied at.
    pub date: NaiveDate,
    /// The model.
    pub model: &'a Model,
    /// The pseudonym key of purpose and identifier type.
    pub key: &'a Key,
    /// Where things stand in a batch.
    pub plan: &'a Plan,
    /// People whose records are restricted.
    pub restricted: &'a HashSet<[u8; 16]>,
}

/// The scored rows of one portion, by ascending record.
pub struct Scored {
    /// 1-based record numbers.
    pub records: Vec<u64>,
    /// Identifiers as they came.
    pub ids: Vec<Box<str>>,
    /// Pseudonyms.
    pub pseudonyms: Vec<[u8; 16]>,
    /// Legal-basis codes.
    pub basis: Vec<u8>,
    /// Positions of the bands.
    pub bands: Vec<u8>,
    /// Facts that eligibility used; empty when no row has any.
    pub facts: Vec<Box<[u8]>>,
    /// Each term's codes, features then pairs.
    pub codes: Vec<Vec<u16>>,
    /// Each row's log-odds.
    pub log_odds: Vec<LogOdds>,
}

impl Scored {
    /// Keeps those of the rows whose turn `stays` says so.
    pub fn keep(&mut self, stays: &[bool]) {
        fn only<T>(column: &mut Vec<T>, stays: &[bool]) {
            let mut turn = stays.iter();
            column.retain(|_| turn.next().copied().unwrap_or(true));
        }
        only(&mut self.records, stays);
        only(&mut self.ids, stays);
        only(&mut self.pseudonyms, stays);
        only(&mut self.basis, stays);
        only(&mut self.bands, stays);
        only(&mut self.facts, stays);
        only(&mut self.log_odds, stays);
        for codes in &mut self.codes {
            only(codes, stays);
        }
    }
}

/// The refused rows of one portion, by ascending record.
#[derive(Default)]
pub struct Refusals {
    /// Identifiers as they came.
    pub ids: Vec<Box<str>>,
    /// Pseudonyms.
    pub pseudonyms: Vec<[u8; 16]>,
    /// Why.
    pub reasons: Vec<Refused>,
}

/// What became of one portion.
pub struct Outcome {
    /// Scored.
    pub scored: Scored,
    /// Refused.
    pub refusals: Refusals,
    /// Failed, by ascending record.
    pub failures: Vec<Failure>,
    /// All three together.
    pub rows: u64,
}

/// What one row is before it is encoded.
enum Gate {
    Through(Eligible),
    Refused(Refused),
    Failed(Reason),
}

impl Bench<'_> {
    /// Takes a portion through pseudonym, eligibility, encoder and score.
    pub fn take(&self, portion: Portion, seen: &mut Seen) -> Result<Outcome, Error> {
        let Portion {
            batch,
            places,
            mut failures,
            records: rows,
        } = portion;
        let ids: Vec<Box<str>> = match self.plan.identifier.map(|at| &batch.columns[at]) {
            Some(Column::Text(texts)) => texts
                .iter()
                .map(|text| text.clone().unwrap_or_default())
                .collect(),
            _ => batch
                .records
                .iter()
                .map(|record| Box::from(record.to_string()))
                .collect(),
        };
        let pseudonyms = self.pseudonyms(&ids);
        let mut gates = Vec::with_capacity(ids.len());
        for pseudonym in &pseudonyms {
            gates.push(match pseudonym {
                Err(_) => Gate::Failed(Reason::NotAnIdentifier),
                Ok(pseudonym) if !seen.first(*pseudonym) => Gate::Failed(Reason::Repeated),
                Ok(pseudonym) if self.restricted.contains(pseudonym) => {
                    Gate::Refused(eligibility::restricted())
                }
                Ok(_) => match eligibility::decide(
                    self.purpose,
                    self.pack,
                    &LeadFacts::default(),
                    self.date,
                ) {
                    Verdict::Eligible(leave) => Gate::Through(leave),
                    Verdict::Refused(why) => Gate::Refused(why),
                },
            });
        }
        let mut through: Vec<(u32, Eligible)> = Vec::with_capacity(ids.len());
        let mut refusals = Refusals::default();
        for (row, gate) in gates.into_iter().enumerate() {
            match gate {
                Gate::Through(leave) => through.push((row as u32, leave)),
                Gate::Refused(why) => {
                    refusals.ids.push(ids[row].clone());
                    refusals.pseudonyms.extend(pseudonyms[row].as_ref().ok());
                    refusals.reasons.push(why);
                }
                Gate::Failed(reason) => failures.push(Failure {
                    record: batch.records[row],
                    place: places[row],
                    column: self
                        .plan
                        .identifier
                        .map(|at| self.plan.asked[at].name.as_str().into()),
                    reason,
                    identifier: Some(ids[row].clone()),
                }),
            }
        }
        failures.sort_by_key(|failure| failure.record);
        let scored = self.score(&batch.records, &batch.columns, ids, &pseudonyms, &through)?;
        Ok(Outcome {
            scored,
            refusals,
            failures,
            rows,
        })
    }

    fn pseudonyms(&self, ids: &[Box<str>]) -> Vec<Result<[u8; 16], pseudonym::Error>> {
        let of = |id: &str| match self.plan.id_type {
            IdType::Row => Ok(self.key.pseudonym(id).0),
            _ => self.key.of(id).map(|pseudonym| pseudonym.0),
        };
        ids.par_iter().with_min_len(1024).map(|id| of(id)).collect()
    }

    /// Scores the rows that were let through; the leave of each is its ticket.
    fn score(
        &self,
        records: &[u64],
        columns: &[Column],
        ids: Vec<Box<str>>,
        pseudonyms: &[Result<[u8; 16], pseudonym::Error>],
        through: &[(u32, Eligible)],
    ) -> Result<Scored, Error> {
        let schema = self.model.schema();
        let all = through.len() == records.len();
        let rows: Vec<u32> = through.iter().map(|(row, _)| *row).collect();
        let features: Vec<Codes> = schema
            .features
            .par_iter()
            .zip(&self.plan.features)
            .map(|(feature, &at)| {
                let codes = features::encode(&columns[at], &feature.shape)?;
                Ok(if all { codes } else { codes.select(&rows) })
            })
            .collect::<Result<_, features::Error>>()?;
        let batch = self
            .model
            .score_batch(&features)
            .map_err(|error| Error::Scoring { source: error })?;
        let mut codes: Vec<Vec<u16>> = features.par_iter().map(widen).collect();
        codes.extend(
            batch
                .pairs
                .iter()
                .map(|pair| pair.iter().map(|&code| u16::from(code)).collect()),
        );
        let facts: Vec<Box<[u8]>> = if through.iter().any(|(_, leave)| !leave.facts().is_empty()) {
            through
                .iter()
                .map(|(_, leave)| leave.facts().as_bytes().into())
                .collect()
        } else {
            Vec::new()
        };
        Ok(Scored {
            records: rows.iter().map(|&row| records[row as usize]).collect(),
            ids: if all {
                ids
            } else {
                rows.iter().map(|&row| ids[row as usize].clone()).collect()
            },
            pseudonyms: rows
                .iter()
                .filter_map(|&row| pseudonyms[row as usize].as_ref().ok().copied())
                .collect(),
            basis: through
                .iter()
                .map(|(_, leave)| leave.basis().code())
                .collect(),
            bands: batch
                .log_odds
                .par_iter()
                .map(|z| self.policy.band(z.score().ppm()) as u8)
                .collect(),
            facts,
            codes,
            log_odds: batch.log_odds,
        })
    }
}

fn widen(codes: &Codes) -> Vec<u16> {
    match codes {
        Codes::Narrow(codes) => codes.iter().map(|&code| u16::from(code)).collect(),
        Codes::Wide(codes) => codes.clone(),
    }
}
