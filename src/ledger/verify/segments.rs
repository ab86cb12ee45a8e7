//! One segment's files against its entry: key, hashes, erased rows, records; and the lists of rows that acts left.

use super::Check;
use super::acts::Acts;
use super::rows::Rows;
use crate::ledger::entry::Segment;
use crate::ledger::erased::{Erased, Listed};
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
    pub(super) fn listed(&mut self, name: &str, is_vouched_for: impl Fn(&Listed) -> bool) {
        let Some(bytes) = self.read(name) else { return };
        match Listed::decode(&bytes) {
            Ok(listed) if is_vouched_for(&listed) => {}
            Ok(_) => self.found(name, "its rows are not those that the log names"),
            Err(error) => self.found(name, error.to_string()),
        }
    }

    /// A segment whose key is gone cannot be looked into; its file is not a stranger for that.
    fn keyless(&mut self, id: SegmentId) {
        let prefix = format!("segments/{id}.");
        self.unvisited.retain(|name| !name.starts_with(&prefix));
    }
}
