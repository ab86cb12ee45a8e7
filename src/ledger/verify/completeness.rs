//! The second verdict: what the log counts is what its segments hold, each once, and nothing is named before it was recorded.

use std::collections::{BTreeMap, BTreeSet};

use super::{Check, Finding, Read};
use crate::ledger::entry::{Entry, Erase, Restrict, Run};
use crate::ledger::text::{RunId, SegmentId, SegmentKind};

impl Check<'_> {
    pub(super) fn completeness(&mut self, entries: &Read) {
        let mut held: BTreeMap<RunId, [u64; 2]> = BTreeMap::new();
        let mut segments = BTreeSet::new();
        let mut runs: BTreeMap<RunId, &Run> = BTreeMap::new();
        let mut findings = Vec::new();
        let mut found = |what: String, why: &str| {
            findings.push(Finding {
                file: what,
                why: why.to_owned(),
            });
        };
        for (index, entry) in entries {
            match entry {
                Entry::Run(run) => {
                    let twice = runs.insert(run.run, run).is_some();
                    if twice {
                        found(
                            format!("entry {index}: run {}", run.run),
                            "the run is recorded twice",
                        );
                    }
                }
                Entry::Segment(segment) => {
                    if !segments.insert(segment.id) {
                        found(
                            format!("entry {index}: segment {}", segment.id),
                            "the segment is recorded twice",
                        );
                    }
                    let held = held.entry(segment.run).or_default();
                    match segment.kind {
                        SegmentKind::Proposals => held[0] += u64::from(segment.rows),
                        SegmentKind::Refusals => held[1] += u64::from(segment.rows),
                        SegmentKind::Events => {}
                    }
                }
                _ => {}
            }
            if let Some(id) = named(entry).iter().find(|id| !segments.contains(*id)) {
                found(
                    format!("entry {index}: segment {id}"),
                    "no earlier entry records the segment that it names",
                );
            }
        }
        self.report.runs = runs.len() as u64;
        for (id, run) in &runs {
            let [proposals, refusals] = held.remove(id).unwrap_or_default();
            if (proposals, refusals) != (run.proposed, run.refused) {
                let why = format!(
                    "it counts {} proposed and {} refused, but its segments hold {proposals} and {refusals}",
                    run.proposed, run.refused
                );
                found(format!("run {id}"), &why);
            }
        }
        for (id, rows) in held {
            if rows != [0, 0] {
                found(
                    format!("run {id}"),
                    "its segments stand in the log, but the run does not",
                );
            }
        }
        self.report.completeness.extend(findings);
    }
}

/// The segments that an entry names but does not record.
fn named(entry: &Entry) -> Vec<SegmentId> {
    match entry {
        Entry::Purge(it) => it.segments.clone(),
        Entry::Bundle(it) => it.segments.clone(),
        Entry::Erase(Erase { rows, .. }) | Entry::Restrict(Restrict { rows, .. }) => {
            rows.iter().map(|rows| rows.segment).collect()
        }
        _ => Vec::new(),
    }
}
