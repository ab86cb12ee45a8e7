//! The records of one segment, put together again and compared with what was signed.

use rayon::prelude::*;

use super::{Check, Judge, Level, ListOf, Ruler};
use crate::digest::{Digest, sha256};
use crate::ledger::Replay;
use crate::ledger::entry::Segment;
use crate::ledger::erased::Leaves;
use crate::ledger::error::Error;
use crate::ledger::key::SegmentKey;
use crate::ledger::opened::{Columns, Opened};
use crate::ledger::record::{Event, check_facts};
use crate::ledger::salt::Salt;
use crate::ledger::segment::GROUP;
use crate::ledger::text::SegmentKind;
use crate::ledger::tree::{self, Hash};
use crate::odds::LogOdds;

/// The records of one segment, being verified.
pub(super) struct Rows<'a> {
    pub check: &'a Check<'a>,
    pub segment: &'a Segment,
    pub bytes: &'a [u8],
    pub nodes: Option<&'a [Hash]>,
    /// The rows that are erased.
    pub erased: &'a Leaves,
    /// What lists of acts say of its rows.
    pub lists: &'a [ListOf],
}

/// What a proposal is put together with again: the model, and the policy's bands.
type Rebuilder = (Box<dyn Replay>, Judge);

/// Leaves held, records replayed, and what is wrong with them.
pub(super) type Outcome = (u64, u64, Vec<String>);

impl Rows<'_> {
    pub fn verify(&self, key: SegmentKey) -> Result<Outcome, Error> {
        let opened = Opened::of(self.bytes, self.segment.id, key, self.erased.rows())?;
        if (opened.rows(), opened.kind()) != (self.segment.rows, self.segment.kind) {
            return Err(Error::Segment("it is not the segment of its entry"));
        }
        if opened.length() != self.bytes.len() {
            return Err(Error::Segment("it is longer or shorter than it was sealed"));
        }
        let pseudonyms = opened.pseudonyms(&self.bytes[opened.pseudonyms_at()])?;
        let model = match (self.check.level, self.segment.model) {
            (Level::Full, Some((model, _))) if self.segment.kind == SegmentKind::Proposals => {
                match self.model(&model) {
                    Ok((replay, judge)) => Some((replay, judge)),
                    Err(why) => return Ok((u64::from(self.segment.rows), 0, vec![why])),
                }
            }
            _ => None,
        };
        let mut findings: Vec<String> = Vec::new();
        let ruler = self.ruler().unwrap_or_else(|why| {
            findings.push(why);
            None
        });
        let blocks: Result<Vec<Block>, Error> = (0..opened.blocks().len())
            .into_par_iter()
            .map(|block| {
                let columns = opened.columns(block, &self.bytes[opened.block_at(block)])?;
                if self.check.level == Level::Hashes {
                    return Ok(Block::default());
                }
                let (pseudonyms, _) = pseudonyms.as_chunks::<16>();
                let oracles = (model.as_ref(), ruler.as_ref());
                self.rebuild(&opened, block, &columns, pseudonyms, oracles)
            })
            .collect();
        let blocks = blocks?;
        let held = u64::from(self.segment.rows);
        if self.check.level == Level::Hashes {
            return Ok((held, 0, Vec::new()));
        }
        findings.extend(blocks.iter().flat_map(|block| block.findings.clone()));
        let leaves: Vec<Hash> = blocks.into_iter().flat_map(|block| block.leaves).collect();
        let groups: Vec<Hash> = leaves.par_chunks(GROUP).map(tree::root).collect();
        if tree::root(&groups) == self.segment.root {
            for list in self.lists {
                let false_hash =
                    |(row, hash): &(u32, Hash)| leaves.get(*row as usize) != Some(hash);
                if list.leaves.pairs().iter().any(false_hash) {
                    findings.push(format!("`{}` names other leaves than it holds", list.name));
                }
            }
            // Events are hashed again; nothing computes them.
            let replayed = match self.segment.kind {
                SegmentKind::Events => 0,
                _ => opened.live() as u64,
            };
            return Ok((held, replayed, findings));
        }
        let altered = self.nodes.and_then(|nodes| {
            groups
                .iter()
                .zip(nodes)
                .position(|(ours, signed)| ours != signed)
        });
        findings.push(match altered {
            Some(group) => {
                let first = group * GROUP;
                let last = (first + GROUP).min(leaves.len()) - 1;
                format!("its records are not the leaves that were signed, first among rows {first} to {last}")
            }
            None => "its records are not the leaves that were signed".to_owned(),
        });
        Ok((held, 0, findings))
    }

    /// The model and the bands, from their documents.
    fn model(&self, model: &Digest) -> Result<Rebuilder, String> {
        let document = |digest: &Digest| self.check.files.read(&format!("documents/{digest}"));
        let (replay, model) = document(model)
            .and_then(|bytes| Ok(((self.check.oracles.replay)(model, &bytes)?, bytes)))
            .map_err(|why| {
                format!(
                    "its records cannot be rebuilt without model {}: {why}",
                    model.short()
                )
            })?;
        let judge = document(&self.segment.policy)
            .and_then(|bytes| (self.check.oracles.outcome)(self.segment, &model, &bytes))
            .map_err(|why| format!("its outcomes cannot be judged without their policy: {why}"))?;
        Ok((replay, judge))
    }

    /// What rules again, from the documents of law and policy.
    fn ruler(&self) -> Result<Option<Ruler>, String> {
        let run = self.check.dates.get(&self.segment.run);
        // A run that is missing is named where entries are compared.
        let Some(date) = run.filter(|_| {
            self.check.level == Level::Full && self.segment.kind != SegmentKind::Events
        }) else {
            return Ok(None);
        };
        let document = |digest: &Digest| self.check.files.read(&format!("documents/{digest}"));
        let documents =
            document(&self.segment.law).and_then(|law| Ok((law, document(&self.segment.policy)?)));
        documents
            .and_then(|(law, policy)| {
                (self.check.oracles.ruling)(self.segment, *date, &law, &policy)
            })
            .map_err(|why| format!("its rulings cannot be compared with their law: {why}"))
    }

    fn rebuild(
        &self,
        opened: &Opened,
        number: usize,
        columns: &Columns,
        pseudonyms: &[[u8; 16]],
        (model, ruler): (Option<&Rebuilder>, Option<&Ruler>),
    ) -> Result<Block, Error> {
        let replay = model.map(|(replay, _)| replay.as_ref());
        if self.segment.kind == SegmentKind::Proposals
            && replay.map(Replay::features) != Some(opened.features())
        {
            return Err(Error::Segment("it has other columns than its model"));
        }
        let (first, rows) = opened.blocks()[number];
        let salts = opened.salts(first, first + rows);
        if salts.len() != columns.rows() {
            return Err(Error::Segment("rows are missing"));
        }
        let from = opened.place(first);
        let mut salts = salts.iter().enumerate().peekable();
        let mut block = Block {
            leaves: Vec::with_capacity(rows as usize),
            findings: Vec::new(),
        };
        let mut scratch = Scratch::default();
        for row in first..first + rows {
            let Some((at, (_, salt))) = salts.next_if(|(_, (live, _))| *live == row) else {
                let gone = self.erased.hash(row);
                block
                    .leaves
                    .push(gone.ok_or(Error::Segment("rows are missing"))?);
                continue;
            };
            let pseudonym = &pseudonyms[from + at];
            scratch.start(salt);
            if self.segment.kind == SegmentKind::Events {
                let record = opened.event(columns, (at, row), pseudonym);
                Event::decode(&record)?;
                scratch.leaf.extend_from_slice(&record);
            } else {
                let outcome = columns.outcomes[at] as u8;
                let ppm = scratch.record((&self.segment.id.0, row), pseudonym, columns, at, replay);
                if let Some((_, judge)) = model
                    && judge(ppm, &scratch.codes) != outcome
                    && block.findings.len() < 10
                {
                    block.findings.push(format!(
                        "row {row}: its outcome is not the one that the policy gives its score and its codes"
                    ));
                }
                let (basis, facts) = (columns.basis[at] as u8, columns.facts.of(at));
                self.tables(basis, outcome)?;
                check_facts(&facts)?;
                if let Some(why) = ruler.and_then(|it| it(basis, outcome, &facts))
                    && block.findings.len() < 10
                {
                    block.findings.push(format!("row {row}: {why}"));
                }
            }
            block.leaves.push(sha256(&[&scratch.leaf]));
        }
        Ok(block)
    }

    /// Both codes stand in the entry's tables.
    fn tables(&self, basis: u8, outcome: u8) -> Result<(), Error> {
        if !self.segment.basis.iter().any(|(code, _)| *code == basis) {
            return Err(Error::Segment("a legal basis that its entry does not name"));
        }
        if !self
            .segment
            .outcomes
            .iter()
            .any(|(code, _)| *code == outcome)
        {
            return Err(Error::Segment("an outcome that its entry does not name"));
        }
        Ok(())
    }
}

/// The leaves of one block, and what is wrong with its records.
#[derive(Default)]
struct Block {
    leaves: Vec<Hash>,
    findings: Vec<String>,
}

/// Space that is used again for each row.
#[derive(Default)]
struct Scratch {
    leaf: Vec<u8>,
    codes: Vec<u16>,
    terms: Vec<(u16, i32)>,
}

impl Scratch {
    fn start(&mut self, salt: &Salt) {
        self.leaf.clear();
        self.leaf.push(0);
        self.leaf.extend_from_slice(salt);
    }

    /// Appends a prediction's record as the format gives it, and returns its score.
    fn record(
        &mut self,
        (segment, row): (&[u8; 16], u32),
        pseudonym: &[u8; 16],
        columns: &Columns,
        at: usize,
        replay: Option<&dyn Replay>,
    ) -> u32 {
        self.codes.clear();
        self.codes
            .extend(columns.codes.iter().map(|column| column[at]));
        let mut fixed = [0; 52];
        fixed[..4].copy_from_slice(b"PBR1");
        fixed[4..20].copy_from_slice(segment);
        fixed[20..24].copy_from_slice(&row.to_be_bytes());
        fixed[24..40].copy_from_slice(pseudonym);
        fixed[40] = columns.basis[at] as u8;
        fixed[41] = columns.outcomes[at] as u8;
        let mut ppm = 0;
        self.terms.clear();
        if let Some(replay) = replay {
            let log_odds = replay.replay(&self.codes, &mut self.terms);
            ppm = LogOdds(log_odds).score().ppm();
            fixed[42..46].copy_from_slice(&log_odds.to_be_bytes());
            fixed[46..50].copy_from_slice(&ppm.to_be_bytes());
            fixed[50..52].copy_from_slice(&(self.terms.len() as u16).to_be_bytes());
        }
        self.leaf.extend_from_slice(&fixed);
        let widths = replay.map_or(&[] as &[usize], |it| it.widths());
        for ((code, _), width) in self.terms.iter().zip(widths) {
            self.leaf
                .extend_from_slice(&code.to_be_bytes()[2 - width..]);
        }
        for (_, contribution) in &self.terms {
            self.leaf.extend_from_slice(&contribution.to_be_bytes());
        }
        let facts = columns.facts.of(at);
        self.leaf
            .extend_from_slice(&(facts.len() as u16).to_be_bytes());
        self.leaf.extend_from_slice(&facts);
        ppm
    }
}
