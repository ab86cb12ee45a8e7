//! Entries that contradict each other, though each is well formed: a run and its segments, a purge and its date, an anchor and its root.

use std::collections::{BTreeMap, BTreeSet};

use chrono::DateTime;

use crate::digest::Digest;
use crate::ledger::entry::{
    Activate, Anchor, Approve, Entry, ModelEntry, Purge, Retire, Run, Segment, SignOff,
};
use crate::ledger::text::{Approval, Course, Leaving, RunId, SegmentId, Standing};
use crate::ledger::tree::{Edge, Hash};
use crate::name::Token;

/// What was said so far.
#[derive(Default)]
pub(super) struct Agreement<'a> {
    runs: BTreeMap<RunId, &'a Run>,
    segments: BTreeMap<SegmentId, &'a Segment>,
    purged: BTreeSet<SegmentId>,
    signed_off: BTreeSet<RunId>,
    kids: BTreeSet<&'a Token>,
    /// Who is said to have trained each model.
    trainers: BTreeMap<Digest, BTreeSet<&'a Token>>,
    /// Models that stand approved, for each purpose.
    approved: BTreeSet<(&'a Token, Digest)>,
    /// The active model of each purpose; none once it was taken out of use.
    active: BTreeMap<&'a Token, Option<Digest>>,
    /// Models that were active once, for each purpose.
    were_active: BTreeSet<(&'a Token, Digest)>,
    /// Models whose folder was removed.
    gone: BTreeSet<Digest>,
    /// Whether steps are signed in this log: once they are, all are.
    signs: bool,
    /// The root after each number of entries.
    roots: Vec<Hash>,
}

/// Each contradiction, with the number of the entry that makes it.
pub(super) fn contradictions(
    entries: &[(u64, Entry)],
    leaves: &[Hash],
) -> Vec<(u64, &'static str)> {
    let mut said = Agreement::default();
    let mut edge = Edge::default();
    said.roots.push(edge.root());
    for leaf in leaves {
        edge.push(*leaf);
        said.roots.push(edge.root());
    }
    let mut wrong = Vec::new();
    for (index, entry) in entries {
        wrong.extend(said.take(*index, entry).map(|why| (*index, why)));
    }
    wrong
}

impl<'a> Agreement<'a> {
    fn take(&mut self, index: u64, entry: &'a Entry) -> Option<&'static str> {
        match entry {
            Entry::Key(key) => {
                self.kids.insert(&key.kid);
                None
            }
            Entry::Model(it) => {
                self.trained(it);
                None
            }
            Entry::Approve(it) => self.judged(it),
            Entry::Activate(it) => self.activated(it),
            Entry::Retire(it) => self.retired(it),
            Entry::Run(run) => {
                self.runs.insert(run.run, run);
                let active = self.active.get(&run.purpose);
                // The toy ledgers of old versions have runs before any activation.
                (run.model.1 == Standing::Active
                    && active.is_some_and(|it| *it != Some(run.model.0)))
                .then_some("its model was not the active one")
            }
            Entry::Segment(segment) => {
                self.segments.insert(segment.id, segment);
                self.segment(segment)
            }
            Entry::SignOff(it) => self.sign_off(it),
            Entry::Purge(purge) => self.purge(purge),
            Entry::Anchor(anchor) => self.anchor(index, anchor),
            _ => None,
        }
    }

    fn trained(&mut self, it: &'a ModelEntry) {
        self.trainers.entry(it.model).or_default().insert(&it.actor);
        self.gone.remove(&it.model);
    }

    fn judged(&mut self, it: &'a Approve) -> Option<&'static str> {
        self.signs |= it.signed.is_some();
        let step = (&it.purpose, it.model);
        if it.approval == Approval::Unapproved {
            self.approved.remove(&step);
        } else {
            self.approved.insert(step);
            let trainers = self.trainers.get(&it.model);
            if trainers.is_some_and(|them| them.contains(&it.actor)) {
                return Some("whoever trained a model approves it");
            }
        }
        (self.signs && it.signed.is_none()).then_some("nobody signed it, in a log where steps are")
    }

    fn activated(&mut self, it: &'a Activate) -> Option<&'static str> {
        self.signs |= it.signed.is_some();
        let step = (&it.purpose, it.model);
        let before = self.active.insert(&it.purpose, Some(it.model)).flatten();
        let was_active = !self.were_active.insert(step);
        let approved = self.approved.contains(&step);
        if self.gone.contains(&it.model) {
            return Some("the folder of its model was removed before");
        }
        match it.course {
            None => self
                .signs
                .then_some("nobody signed it, in a log where steps are"),
            Some(_) if !approved => Some("nobody had approved its model"),
            Some(_) if it.replaces != before.filter(|before| *before != it.model) => {
                Some("it takes over from another model than the active one")
            }
            Some(Course::Rollback) if !was_active => {
                Some("it goes back to a model that was never active")
            }
            Some(_) => None,
        }
    }

    fn retired(&mut self, it: &'a Retire) -> Option<&'static str> {
        self.signs = true;
        self.approved.remove(&(&it.purpose, it.model));
        let active = self.active.get_mut(&it.purpose);
        let scores = active.filter(|it_is| **it_is == Some(it.model));
        if it.leaving == Leaving::Retired {
            if let Some(active) = scores {
                *active = None;
            }
            return None;
        }
        self.gone.insert(it.model);
        let scores = self.active.values().any(|active| *active == Some(it.model));
        scores.then_some("it removes the folder of a model that scores")
    }

    fn segment(&self, segment: &Segment) -> Option<&'static str> {
        if !self.kids.contains(&segment.kid) {
            return Some("no earlier entry knows its pseudonym key");
        }
        // Events have no run of their own.
        let model = segment.model?;
        let Some(run) = self.runs.get(&segment.run) else {
            return Some("its run does not stand before it");
        };
        let alike = model == run.model
            && segment.purpose == run.purpose
            && segment.binary == run.binary
            && [segment.schema, segment.policy, segment.law] == [run.schema, run.policy, run.law];
        (!alike).then_some("it says other things than its run")
    }

    fn sign_off(&mut self, it: &SignOff) -> Option<&'static str> {
        let Some(run) = self.runs.get(&it.run) else {
            return Some("it signs off a run that does not stand before it");
        };
        if run.model.1 != Standing::Active {
            return Some("it signs off a trial");
        }
        if it.proposed > run.proposed {
            return Some("it signs off more than its run proposed");
        }
        (!self.signed_off.insert(it.run)).then_some("it signs off a run a second time")
    }

    fn purge(&mut self, purge: &Purge) -> Option<&'static str> {
        let day = DateTime::from_timestamp(purge.time.0, 0)?.date_naive();
        for id in &purge.segments {
            if !self.purged.insert(*id) {
                return Some("it purges a segment a second time");
            }
            let Some(segment) = self.segments.get(id) else {
                continue; // named elsewhere
            };
            if segment.retention.0 != purge.class {
                return Some("it purges a segment of another class");
            }
            // A civil date may be one day ahead of UTC's.
            if day.succ_opt()? <= segment.retention.1 {
                return Some("it purges a segment before its date");
            }
        }
        None
    }

    fn anchor(&self, index: u64, anchor: &Anchor) -> Option<&'static str> {
        let root = usize::try_from(anchor.size)
            .ok()
            .and_then(|at| self.roots.get(at));
        (anchor.size > index || root != Some(&anchor.root))
            .then_some("it vouches for a root that this log did not have")
    }
}
