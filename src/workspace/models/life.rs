//! The life of the models of one purpose, as the log tells it: candidate, approved, active, retired.
//!
//! Nothing moves by itself: each step is an entry that its person signed, and what is true on a day is what the
//! entries up to that day say.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::digest::Digest;
use crate::ledger::entry::{Activate, Approve, ModelEntry, Retire};
use crate::ledger::text::{Approval, Course, Leaving};
use crate::ledger::{Entry, Time};
use crate::name::Token;

/// How far a model has come for a purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// Trained, and nothing else.
    Candidate,
    /// A second person looked at it and said no.
    Rejected,
    /// A second person approved it.
    Approved,
    /// It scores.
    Active,
    /// Another model took over from it; it can take over again.
    Replaced,
    /// The model before it took over again.
    RolledBack,
    /// It was taken out of use.
    Retired,
    /// Its folder was removed as well.
    Purged,
}

impl Stage {
    /// As documents and tables write it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Candidate => "candidate",
            Self::Rejected => "rejected",
            Self::Approved => "approved",
            Self::Active => "active",
            Self::Replaced => "replaced",
            Self::RolledBack => "rolled-back",
            Self::Retired => "retired",
            Self::Purged => "purged",
        }
    }
}

/// What happened last to a model.
#[derive(Clone, Debug)]
pub struct Last {
    /// Where that left it.
    pub stage: Stage,
    /// The entry.
    pub entry: u64,
    /// When.
    pub time: Time,
    /// Who.
    pub by: Token,
}

/// A stretch in which one model was active, or none.
#[derive(Clone, Debug)]
pub struct Reign {
    /// The model; none where the last one was taken out of use.
    pub model: Option<Digest>,
    /// The entry with which it began.
    pub entry: u64,
    /// When it began.
    pub since: Time,
    /// Who began it.
    pub by: Token,
    /// How.
    pub course: Option<Course>,
}

/// What the entries say of the models of one purpose.
#[derive(Debug, Default)]
pub struct Life<'a> {
    last: BTreeMap<Digest, Last>,
    trainings: BTreeMap<Digest, Vec<(u64, &'a ModelEntry)>>,
    approvals: BTreeMap<Digest, (u64, &'a Approve)>,
    reigns: Vec<Reign>,
    /// Models that were active, the one that is or was last on top; a model that was rolled back from is not in it.
    stack: Vec<Digest>,
}

impl<'a> Life<'a> {
    /// Of these entries, oldest first.
    pub fn of(entries: impl Iterator<Item = (u64, &'a Entry)>, purpose: &Token) -> Self {
        let mut life = Self::default();
        for (index, entry) in entries {
            match entry {
                Entry::Model(it) => life.trained(index, it),
                Entry::Approve(it) if it.purpose == *purpose => life.judged(index, it),
                Entry::Activate(it) if it.purpose == *purpose => life.activated(index, it),
                Entry::Retire(it) => life.retired(index, it, purpose),
                _ => {}
            }
        }
        life
    }

    /// The model that scores.
    #[must_use]
    pub fn active(&self) -> Option<Digest> {
        self.reigns.last().and_then(|it| it.model)
    }

    /// The model that scores, or where none does, the last one that did.
    #[must_use]
    pub fn last_active(&self) -> Option<Digest> {
        self.reigns.iter().rev().find_map(|it| it.model)
    }

    /// How far a model has come; `None` where the log does not know it.
    #[must_use]
    pub fn stage(&self, model: Digest) -> Option<Stage> {
        self.last.get(&model).map(|it| it.stage)
    }

    /// What happened last to a model.
    #[must_use]
    pub fn last(&self, model: Digest) -> Option<&Last> {
        self.last.get(&model)
    }

    /// The newest model that waits: for an approval, or approved and not active yet.
    #[must_use]
    pub fn candidate(&self) -> Option<Digest> {
        let waits = |model: &&Digest| {
            matches!(
                self.stage(**model),
                Some(Stage::Candidate | Stage::Approved)
            )
        };
        let newest = |model: &&Digest| self.trainings[*model].last().map(|it| it.0);
        self.trainings
            .keys()
            .filter(waits)
            .max_by_key(newest)
            .copied()
    }

    /// The entries that say that a model was trained: who signed one may not approve it.
    pub fn trainings(&self, model: Digest) -> impl Iterator<Item = (u64, &'a ModelEntry)> {
        self.trainings.get(&model).into_iter().flatten().copied()
    }

    /// The last word of a second person on a model.
    #[must_use]
    pub fn approval(&self, model: Digest) -> Option<(u64, &'a Approve)> {
        self.approvals.get(&model).copied()
    }

    /// Models that were active before the one that is, the latest first.
    pub fn earlier(&self) -> impl Iterator<Item = Digest> {
        let active = self.active();
        let on_top = self.stack.last().copied().filter(|it| Some(*it) == active);
        let below = self.stack.len() - usize::from(on_top.is_some());
        self.stack[..below].iter().rev().copied()
    }

    /// Which model scored from when to when, oldest first.
    #[must_use]
    pub fn reigns(&self) -> &[Reign] {
        &self.reigns
    }

    fn trained(&mut self, index: u64, it: &'a ModelEntry) {
        self.trainings
            .entry(it.model)
            .or_default()
            .push((index, it));
        // A training that is repeated changes nothing, unless its model was gone.
        if matches!(self.stage(it.model), None | Some(Stage::Purged)) {
            self.put(it.model, Stage::Candidate, index, it.time, &it.actor);
        }
    }

    fn judged(&mut self, index: u64, it: &'a Approve) {
        self.approvals.insert(it.model, (index, it));
        if self.active() != Some(it.model) {
            let stage = match it.approval {
                Approval::Approved => Stage::Approved,
                Approval::Unapproved => Stage::Rejected,
            };
            self.put(it.model, stage, index, it.time, &it.actor);
        }
    }

    fn activated(&mut self, index: u64, it: &Activate) {
        let back = it.course == Some(Course::Rollback);
        if let Some(before) = self.active().filter(|before| *before != it.model) {
            let stage = if back {
                Stage::RolledBack
            } else {
                Stage::Replaced
            };
            self.put(before, stage, index, it.time, &it.actor);
        }
        if back {
            while self.stack.last().is_some_and(|top| *top != it.model) {
                self.stack.pop();
            }
        }
        if self.stack.last() != Some(&it.model) {
            self.stack.push(it.model);
        }
        self.put(it.model, Stage::Active, index, it.time, &it.actor);
        self.reigns.push(Reign {
            model: Some(it.model),
            entry: index,
            since: it.time,
            by: it.actor.clone(),
            course: it.course,
        });
    }

    fn retired(&mut self, index: u64, it: &Retire, purpose: &Token) {
        let stage = match it.leaving {
            // A folder that is gone is gone for every purpose.
            Leaving::Purged => Stage::Purged,
            Leaving::Retired if it.purpose == *purpose => Stage::Retired,
            Leaving::Retired => return,
        };
        if self.active() == Some(it.model) {
            self.stack.pop();
            self.reigns.push(Reign {
                model: None,
                entry: index,
                since: it.time,
                by: it.actor.clone(),
                course: None,
            });
        }
        self.put(it.model, stage, index, it.time, &it.actor);
    }

    fn put(&mut self, model: Digest, stage: Stage, entry: u64, time: Time, by: &Token) {
        let last = Last {
            stage,
            entry,
            time,
            by: by.clone(),
        };
        self.last.insert(model, last);
    }
}
