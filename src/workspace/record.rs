//! What of a run goes into the ledger: its entry, the headings of its segments, and its rows in blocks.

use chrono::NaiveDate;

use super::binary;
use super::error::Error;
use super::journal::{Commit, RunWriter};
use super::night::{Refusals, Scored};
use super::score::Night;
use super::tally::Tally;
use crate::digest::Digest;
use crate::eligibility;
use crate::law::Ground;
use crate::law::words::Basis;
use crate::ledger::entry::{Document, Run, input_commitment};
use crate::ledger::segment::Heading;
use crate::ledger::{BasisName, Block, Entry, RunId, SegmentKind};
use crate::name::Token;
use crate::policy::REVIEW;

impl Night<'_> {
    /// What every segment of a kind says of the run.
    pub(super) fn heading(&self, run: RunId, kid: &Token, kind: SegmentKind) -> Heading {
        let days = chrono::Days::new(u64::from(self.purpose.retention_days));
        let until = self.date.checked_add_days(days).unwrap_or(NaiveDate::MAX);
        let outcomes: Vec<(u8, Token)> = match kind {
            SegmentKind::Proposals => self
                .ws
                .policy
                .bands
                .iter()
                .enumerate()
                .map(|(at, band)| (at as u8, band.id.clone()))
                .chain([(self.ws.policy.review_code(), token(REVIEW))])
                .collect(),
            _ => self
                .pack
                .refusals()
                .iter()
                .map(|refusal| (refusal.code, refusal.name.clone()))
                .collect(),
        };
        let (basis, outcomes) = if kind == SegmentKind::Refusals {
            let none = BasisName {
                article: token("none"),
                document: None,
            };
            let shared = eligibility::shared_refusals();
            let shared = shared.iter().map(|it| (it.code(), token(it.name())));
            let outcomes = outcomes.into_iter().chain(shared).collect();
            (vec![(0, none)], outcomes)
        } else {
            (self.bases(), outcomes)
        };
        Heading {
            run,
            model: Some((self.model.model.version(), self.standing)),
            schema: self.model.model.schema().digest(),
            policy: self.ws.policy.digest,
            law: self.pack.digest(),
            binary: binary(),
            kid: kid.clone(),
            purpose: self.purpose.id.clone(),
            basis,
            outcomes,
            retention: (
                token(if kind == SegmentKind::Refusals {
                    "refusals"
                } else {
                    "proposals"
                }),
                until,
            ),
        }
    }

    /// The grounds that a lead may be scored on, each with the document that supports it.
    fn bases(&self) -> Vec<(u8, BasisName)> {
        let named = self.purpose.document.as_ref();
        let named = named.map(|text| Digest::of(text.as_bytes()));
        let weighed = self.assessment.as_ref().map(|it| it.digest);
        let grounds = self.pack.grounds_of(&self.purpose.bases).into_iter();
        let basis = |it: Ground| {
            let document = match it.basis {
                Basis::LegitimateInterest => weighed.or(named),
                _ => named,
            };
            let article = it.article;
            (it.code, BasisName { article, document })
        };
        grounds.map(basis).collect()
    }

    /// The run entry, and whatever it names that the log does not hold yet.
    pub(super) fn commit(&self, run: &RunWriter, tally: &Tally, salts: &[[u8; 16]]) -> Commit {
        let mut commit = Commit::default();
        let known = |digest: Digest| {
            run.view().entries().any(|(_, entry)| matches!(entry, Entry::Policy(it) | Entry::Law(it) if it.document == digest))
        };
        if !known(self.ws.policy.digest) {
            commit
                .documents
                .push(self.ws.policy_text.as_bytes().to_vec());
            commit.entries.push(Entry::Policy(Document {
                document: self.ws.policy.digest,
                time: self.started,
            }));
        }
        if !known(self.pack.digest()) {
            commit.documents.push(self.pack.text().as_bytes().to_vec());
            commit.entries.push(Entry::Law(Document {
                document: self.pack.digest(),
                time: self.started,
            }));
        }
        commit.entries.push(Entry::Run(Run {
            run: run.run(),
            time: self.started,
            date: self.date,
            purpose: self.purpose.id.clone(),
            model: (self.model.model.version(), self.standing),
            schema: self.model.model.schema().digest(),
            policy: self.ws.policy.digest,
            law: self.pack.digest(),
            binary: binary(),
            inputs: salts
                .iter()
                .zip(self.inputs())
                .map(|(salt, file)| input_commitment(salt, &file.digest))
                .collect(),
            total: tally.rows,
            proposed: tally.proposed,
            refused: tally.refused,
            failed: tally.failed,
        }));
        commit
    }
}

/// The scored rows of a portion as the ledger takes them.
pub fn block<'a>(scored: &'a Scored, codes: &'a [&'a [u16]]) -> Block<'a> {
    Block {
        pseudonyms: &scored.pseudonyms,
        basis: &scored.basis,
        outcomes: &scored.bands,
        codes,
        facts: &scored.facts,
    }
}

/// Hands the refused rows of a portion to the ledger.
pub fn push_refusals(
    run: &mut RunWriter,
    heading: &Heading,
    refusals: &Refusals,
) -> Result<(), Error> {
    let codes: Vec<u8> = refusals
        .reasons
        .iter()
        .map(eligibility::Why::code)
        .collect();
    let basis = vec![0; codes.len()];
    let block = Block {
        pseudonyms: &refusals.pseudonyms,
        basis: &basis,
        outcomes: &codes,
        codes: &[],
        facts: &refusals.facts,
    };
    run.push(heading, SegmentKind::Refusals, &block, None)?;
    Ok(())
}

fn token(text: &str) -> Token {
    text.parse()
        .expect("articles and retention classes are written as tokens")
}
