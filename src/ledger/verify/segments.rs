//! One segment's files against its entry: key, hashes, erased rows, records; and the lists of rows that acts left.

use super::acts::Acts;
use super::rows::Rows;
use super::{Check, ListOf};
use crate::ledger::entry::Segment;
use crate::ledger::erased::{Erased, Leaves, Listed};
use crate::ledger::key::Unwrapped;
use crate::ledger::segment;
use crate::ledger::text::SegmentId;

impl Check<'_> {
    pub(super) fn segment(&mut self, index: u64, segment: &Segment, acts: &Acts) {
        self.report.segments += 1;
        let id = segment.id;
        let nodes_name = format!("segments/{id}.nodes");
        let nodes = self.read(&nodes_name).and_then(|bytes| {
            segment::nodes(&bytes, segment.rows, &segment.root)
                .map_err(|error| self.found(&nodes_name, error.to_string()))
                .ok()
        });
        let (kek, secret) = self.keys.kek;
        let key_name = format!("keys/{kek}/{id}.key");
        let Some(file) = self.read(&key_name) else {
            return self.keyless(id);
        };
        let unwrapped = match Unwrapped::open(&file, &id.0, secret) {
            Ok(unwrapped) => unwrapped,
            Err(error) => {
                self.found(&key_name, error.to_string());
                return self.keyless(id);
            }
        };
        let name = format!("segments/{id}.{}.rows", unwrapped.generation);
        let bytes = self.read(&name);
        let Some(erased) = self.erased(segment, unwrapped.generation, &name, acts) else {
            return;
        };
        let (Some(bytes), leaves) = (bytes, erased.leaves()) else {
            return;
        };
        self.report.erased += leaves.pairs().len() as u64;
        self.generations.insert(id, unwrapped.generation);
        self.judge_lists(segment, &leaves);
        let key = match unwrapped.key(segment.rows, &leaves.rows()) {
            Ok(key) => key,
            Err(error) => return self.found(&key_name, error.to_string()),
        };
        let rows = Rows {
            check: self,
            segment,
            bytes: &bytes,
            nodes: nodes.as_deref(),
            erased: &leaves,
            lists: self.lists.get(&id).map_or(&[], Vec::as_slice),
        };
        match rows.verify(key) {
            Ok((rows, replayed, findings)) => {
                self.report.rows += rows;
                self.report.replayed += replayed;
                for why in findings {
                    self.found(&name, why);
                }
            }
            Err(error) => self.found(&name, format!("entry {index}: {error}")),
        }
    }

    /// The erased rows of a segment, if the log and the list of them say the same.
    fn erased(
        &mut self,
        segment: &Segment,
        generation: u32,
        rows_name: &str,
        acts: &Acts,
    ) -> Option<Erased> {
        let mut name = rows_name.to_owned();
        let mut erased = Erased::default();
        if generation > 0 {
            name = format!("segments/{}.{generation}.erased", segment.id);
            erased = match Erased::decode(&self.read(&name)?, segment.rows) {
                Ok(erased) => erased,
                Err(error) => {
                    self.found(&name, error.to_string());
                    return None;
                }
            };
        }
        let wrong = acts.judge(segment.id, &erased);
        let believed = !wrong.iter().any(|(list, _)| *list);
        for (list, why) in wrong {
            self.found(if list { &name } else { rows_name }, why);
        }
        believed.then_some(erased)
    }

    /// A list of rows that the log vouches for.
    pub(super) fn listed(
        &mut self,
        name: &str,
        restricts: bool,
        is_vouched_for: impl Fn(&Listed) -> bool,
    ) {
        let Some(bytes) = self.read(name) else { return };
        match Listed::decode(&bytes) {
            Ok(listed) if is_vouched_for(&listed) => {
                for (segment, leaves) in listed.rows {
                    self.lists.entry(segment).or_default().push(ListOf {
                        name: name.to_owned(),
                        restricts,
                        leaves,
                    });
                }
            }
            Ok(_) => self.found(name, "its rows are not those that the log names"),
            Err(error) => self.found(name, error.to_string()),
        }
    }

    /// Whether the lists about a segment name rows that it has, and no restricted row is erased.
    fn judge_lists(&mut self, segment: &Segment, erased: &Leaves) {
        let lists = self.lists.get(&segment.id).map_or(&[][..], Vec::as_slice);
        let mut wrong = Vec::new();
        for list in lists {
            let rows = list.leaves.rows();
            if rows.last().is_some_and(|last| *last >= segment.rows) {
                wrong.push((
                    list.name.clone(),
                    "it names rows that their segment does not hold",
                ));
            }
            if list.restricts && rows.iter().any(|row| erased.hash(*row).is_some()) {
                wrong.push((list.name.clone(), "restricted rows were erased"));
            }
        }
        for (name, why) in wrong {
            self.found(&name, why);
        }
    }

    /// Whether a file that the log does not know of holds rows that an erasure, which is done, took.
    pub(super) fn is_undone(&self, name: &str, acts: &Acts) -> bool {
        let parts: Vec<&str> = name
            .strip_prefix("segments/")
            .map(|rest| rest.split('.').collect())
            .unwrap_or_default();
        let [id, generation, "rows"] = parts[..] else {
            return false;
        };
        let (Ok(id), Ok(generation)) = (id.parse::<SegmentId>(), generation.parse::<u32>()) else {
            return false;
        };
        let older = self
            .generations
            .get(&id)
            .is_some_and(|current| generation < *current);
        older && acts.all_done(id)
    }

    /// A segment whose key is gone cannot be looked into; its file is not a stranger for that.
    fn keyless(&mut self, id: SegmentId) {
        let prefix = format!("segments/{id}.");
        self.unvisited.retain(|name| !name.starts_with(&prefix));
    }
}
