//! The stream of a scoring run: portions in; scored rows with their refusals and failures out.
//!
//! Each step is a room's; here they only meet. The eligibility step stands
//! before the scorer, and only a [`Leave`] lets a row through.

use std::collections::HashSet;
use std::sync::OnceLock;

use chrono::NaiveDate;
use rayon::prelude::*;

use super::error::Error;
use super::export::Plan;
use super::met::Met;
use super::suppressed::Suppressed;
use crate::decision::Limits;
use crate::eligibility::consents::{Consents, Wordings};
use crate::eligibility::{
    self, Docket, LeadFacts, Leave, Refused, Rules, Ruling, Stated, Telling, Told, Why,
};
use crate::features::{self, Codes};
use crate::form::Filing;
use crate::intake::{Failure, Portion, Reason};
use crate::law::asked::Asked;
use crate::law::words::Scope;
use crate::model::Model;
use crate::odds::{LogOdds, Score};
use crate::policy::{IdType, Policy};
use crate::pseudonym::Key;
use crate::table::{Column, Texts};

/// What a run scores with, fixed before its first row.
pub struct Bench<'a> {
    /// The policy.
    pub policy: &'a Policy,
    /// The law's rules on the day of the run.
    pub rules: &'a Rules,
    /// That day.
    pub date: NaiveDate,
    /// The wordings that proofs of consent name.
    pub wordings: &'a Wordings,
    /// What the events of consent come to on that day, where a file of them was given.
    pub consents: Option<&'a Consents>,
    /// The model.
    pub model: &'a Model,
    /// What sets a lead apart, for a person to judge.
    pub limits: &'a Limits,
    /// The pseudonym key of purpose and identifier type.
    pub key: &'a Key,
    /// Where things stand in a batch.
    pub plan: &'a Plan,
    /// People whose records are restricted.
    pub restricted: &'a HashSet<[u8; 16]>,
    /// People who may not be scored again.
    pub suppressed: &'a Suppressed,
}

/// The scored rows of one portion, by ascending record.
#[derive(Default)]
pub struct Scored {
    /// 1-based record numbers.
    pub records: Vec<u64>,
    /// Identifiers as they came.
    pub ids: Texts,
    /// Pseudonyms.
    pub pseudonyms: Vec<[u8; 16]>,
    /// Legal-basis codes.
    pub basis: Vec<u8>,
    /// Positions of the bands; the one after the last is of leads that are set apart.
    pub bands: Vec<u8>,
    /// Why rows are set apart, in words, once they were asked for.
    pub flags: OnceLock<Vec<String>>,
    /// Facts that eligibility used; empty when no row has any.
    pub facts: Filing,
    /// Each term's codes, features then pairs.
    pub codes: Vec<Vec<u16>>,
    /// Each row's log-odds.
    pub log_odds: Vec<LogOdds>,
    /// Each row's score: that of its log-odds.
    pub scores: Vec<Score>,
}

impl Scored {
    /// Keeps those of the rows whose turn `stays` says so.
    pub fn keep(&mut self, stays: &[bool]) {
        fn only<T>(column: &mut Vec<T>, stays: &[bool]) {
            let mut turn = stays.iter();
            column.retain(|_| turn.next().copied().unwrap_or(true));
        }
        only(&mut self.records, stays);
        let kept = stays.iter().enumerate().filter(|(_, stays)| **stays);
        let kept: Vec<usize> = kept.map(|(row, _)| row).collect();
        self.ids = self.ids.select(kept.into_iter());
        only(&mut self.pseudonyms, stays);
        only(&mut self.basis, stays);
        only(&mut self.bands, stays);
        only(&mut self.facts.rows, stays);
        only(&mut self.log_odds, stays);
        only(&mut self.scores, stays);
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
    pub reasons: Vec<Why>,
    /// Facts that eligibility used.
    pub facts: Filing,
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

/// The rows that were let through, and the leave of each.
#[derive(Default)]
struct Through {
    rows: Vec<u32>,
    leaves: Vec<Leave>,
    facts: Filing,
}

impl Through {
    fn push(&mut self, row: usize, leave: Leave) {
        self.rows.push(row as u32);
        self.leaves.push(leave);
    }
}

/// What one row is before it is encoded.
enum Gate {
    Asked(Stated),
    Refused(Refused),
    Failed(Reason),
}

impl Bench<'_> {
    /// Takes a portion through pseudonym, eligibility, encoder and score.
    pub fn take(
        &self,
        portion: Portion,
        met: &mut Met,
        docket: &mut Docket<'_>,
    ) -> Result<Outcome, Error> {
        docket.tidy();
        let Portion {
            batch,
            places,
            mut failures,
            records: rows,
        } = portion;
        let mut columns = batch.columns;
        let named = self.plan.identifier.map(|at| &mut columns[at]);
        let ids = match named.map(|column| std::mem::replace(column, Column::Number(Vec::new()))) {
            Some(Column::Text(texts)) => texts,
            _ => batch
                .records
                .iter()
                .map(|record| Some(record.to_string()))
                .collect(),
        };
        let id = |row: usize| -> Box<str> { ids.get(row).unwrap_or_default().into() };
        let pseudonyms = self.pseudonyms(&ids);
        let mut through = Through::default();
        let mut refusals = Refusals::default();
        let firsts = met.first(&pseudonyms)?;
        let scopes = self.suppressed.scopes(&ids);
        let scope = |row: usize| scopes.get(row).copied().flatten();
        let told = self.told(&columns);
        let gates: Vec<Gate> = pseudonyms
            .par_iter()
            .zip(firsts)
            .with_min_len(1024)
            .enumerate()
            .map(|(row, (pseudonym, first))| {
                self.gate(&told, row, pseudonym.as_ref(), first, scope(row))
            })
            .collect();
        for (row, (pseudonym, gate)) in pseudonyms.iter().zip(gates).enumerate() {
            let (why, filled, sum) = match gate {
                Gate::Asked(stated) => {
                    let lead = || {
                        let whose = pseudonym.as_ref();
                        let whose = whose.expect("a row without a pseudonym has failed");
                        LeadFacts {
                            suppressed: scope(row),
                            ..told.lead_again(row, whose)
                        }
                    };
                    let (ruling, filled) = docket.decide(&stated, lead);
                    match ruling {
                        Ruling::Leave(leave) => {
                            through.push(row, leave);
                            through.facts.file(filled, stated.sum);
                            continue;
                        }
                        Ruling::Refused(why) => (why, filled, stated.sum),
                    }
                }
                Gate::Refused(refused) => {
                    let (why, filled) = docket.refuse(&refused);
                    (why, filled, None)
                }
                Gate::Failed(reason) => {
                    failures.push(Failure {
                        record: batch.records[row],
                        place: places[row],
                        column: self
                            .plan
                            .identifier
                            .map(|at| self.plan.asked[at].name.as_str().into()),
                        reason,
                        identifier: Some(id(row)),
                    });
                    continue;
                }
            };
            refusals.ids.push(id(row));
            refusals.pseudonyms.extend(pseudonym);
            refusals.reasons.push(why);
            refusals.facts.file(filled, sum);
        }
        for filing in [&mut through.facts, &mut refusals.facts] {
            filing.on(docket.forms());
        }
        failures.sort_by_key(|failure| failure.record);
        let scored = self.score(batch.records, &columns, ids, &pseudonyms, through)?;
        Ok(Outcome {
            scored,
            refusals,
            failures,
            rows,
        })
    }

    /// What the columns of a batch tell of its leads.
    fn told<'c>(&'c self, columns: &'c [Column]) -> Told<'c> {
        let tellings = self.plan.tellings.iter();
        let tellings: Vec<(&Telling, &Column)> = tellings
            .map(|(telling, at)| (telling, &columns[*at]))
            .collect();
        Told::of(
            self.policy,
            self.date,
            &tellings,
            self.wordings,
            self.consents,
        )
    }

    /// What becomes of one row before it is encoded.
    fn gate(
        &self,
        told: &Told<'_>,
        row: usize,
        pseudonym: Option<&[u8; 16]>,
        first: bool,
        suppressed: Option<Scope>,
    ) -> Gate {
        let Some(pseudonym) = pseudonym else {
            return Gate::Failed(Reason::NotAnIdentifier);
        };
        if !first {
            return Gate::Failed(Reason::Repeated);
        }
        let mut lead = told.lead(row, pseudonym);
        lead.suppressed = suppressed;
        if self.restricted.contains(pseudonym) {
            return Gate::Refused(eligibility::restricted());
        }
        // An objection binds under every pack, whether it asks or not.
        if let Some(scope) = suppressed
            && !self.rules.asks().hold(Asked::Suppressed)
        {
            return Gate::Refused(eligibility::suppressed(scope));
        }
        Gate::Asked(self.rules.state(&lead))
    }

    /// The pseudonym of each identifier; none where it is no identifier of its type.
    fn pseudonyms(&self, ids: &Texts) -> Vec<Option<[u8; 16]>> {
        let of = |id: &str| match self.plan.id_type {
            IdType::Row => Some(self.key.pseudonym(id).0),
            _ => self.key.of(id).ok().map(|pseudonym| pseudonym.0),
        };
        (0..ids.len())
            .into_par_iter()
            .with_min_len(1024)
            .map(|row| of(ids.get(row).unwrap_or_default()))
            .collect()
    }

    /// Scores the rows that were let through; the leave of each is its ticket.
    fn score(
        &self,
        records: Vec<u64>,
        columns: &[Column],
        ids: Texts,
        pseudonyms: &[Option<[u8; 16]>],
        through: Through,
    ) -> Result<Scored, Error> {
        let schema = self.model.schema();
        let Through {
            rows,
            leaves,
            facts,
        } = through;
        let all = rows.len() == records.len();
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
        let basis = leaves.iter().map(|leave| leave.code()).collect();
        let scores: Vec<Score> = batch
            .log_odds
            .par_iter()
            .with_min_len(1024)
            .map(|z| z.score())
            .collect();
        let (records, ids) = if all {
            (records, ids)
        } else {
            let rows = rows.iter().map(|&row| row as usize);
            (
                rows.clone().map(|row| records[row]).collect(),
                ids.select(rows),
            )
        };
        Ok(Scored {
            records,
            ids,
            pseudonyms: rows
                .iter()
                .filter_map(|&row| pseudonyms[row as usize])
                .collect(),
            basis,
            bands: scores
                .iter()
                .zip(self.limits.apart(&features))
                .map(|(score, apart)| {
                    if apart {
                        self.policy.review_code()
                    } else {
                        self.policy.band(score.ppm()) as u8
                    }
                })
                .collect(),
            flags: OnceLock::new(),
            facts,
            codes,
            log_odds: batch.log_odds,
            scores,
        })
    }
}

fn widen(codes: &Codes) -> Vec<u16> {
    match codes {
        Codes::Narrow(codes) => codes.iter().map(|&code| u16::from(code)).collect(),
        Codes::Wide(codes) => codes.clone(),
    }
}
