//! What the log says of rows that are erased or restricted, and whether the files say the same.

use std::collections::BTreeMap;

use crate::ledger::entry::{self, Entry, Rows};
use crate::ledger::erased::{Erased, Leaves, Listed};
use crate::ledger::text::{EventId, Progress, Restraint, SegmentId};

/// Erasures and restrictions, as the log tells them.
#[derive(Default)]
pub(super) struct Acts {
    erasures: BTreeMap<EventId, Act>,
    restrictions: BTreeMap<EventId, Act>,
    /// What contradicts itself: an entry, and why.
    pub contradictions: Vec<(u64, &'static str)>,
}

/// One act: its parts, and whether it is over.
#[derive(Default)]
struct Act {
    parts: Vec<(u64, u32, u32)>,
    rows: Vec<(u64, Rows)>,
    over: bool,
}

impl Acts {
    pub fn of(entries: &[(u64, Entry)]) -> Self {
        let mut acts = Self::default();
        for (index, entry) in entries {
            let (why, at) = match entry {
                Entry::Erase(it) => {
                    let act = acts.erasures.entry(it.event).or_default();
                    (act.take(*index, it, it.state == Progress::Done), index)
                }
                Entry::Restrict(it) => {
                    let act = acts.restrictions.entry(it.event).or_default();
                    (act.take(*index, it, it.state == Restraint::Lifted), index)
                }
                _ => continue,
            };
            acts.contradictions.extend(why.map(|why| (*at, why)));
        }
        let shared = acts
            .erasures
            .keys()
            .find(|event| acts.restrictions.contains_key(event));
        if let Some((index, _, _)) = shared.and_then(|event| acts.restrictions[event].parts.first())
        {
            acts.contradictions
                .push((*index, "an erasure has the same name"));
        }
        let all = acts.erasures.values().chain(acts.restrictions.values());
        for act in all {
            if let Some((index, _, _)) = act.parts.last().filter(|(_, part, of)| part != of) {
                acts.contradictions
                    .push((*index, "its last part is missing"));
            }
        }
        acts
    }

    /// What of a segment's list of erased rows, or of the log, the other does not confirm: whether the list is at fault, and why.
    pub fn judge(&self, segment: SegmentId, erased: &Erased) -> Vec<(bool, String)> {
        let said: Vec<(u64, &Rows, bool)> = self
            .erasures
            .values()
            .flat_map(|act| {
                act.rows
                    .iter()
                    .map(|(index, rows)| (*index, rows, act.over))
            })
            .filter(|(_, rows, _)| rows.segment == segment)
            .collect();
        let mut wrong = Vec::new();
        for (entry, leaves) in &erased.blocks {
            match said.iter().find(|(index, _, _)| index == entry) {
                None => wrong.push((
                    true,
                    format!(
                        "{} of its rows are erased, and no entry {entry} of the log erases them",
                        leaves.pairs().len()
                    ),
                )),
                Some((_, rows, _)) if !agree(rows, leaves) => wrong.push((
                    true,
                    format!("its erased rows are not those that entry {entry} names"),
                )),
                Some(_) => {}
            }
        }
        for (index, rows, over) in said {
            if over && !erased.blocks.iter().any(|(entry, _)| *entry == index) {
                wrong.push((
                    false,
                    format!(
                        "entry {index} says that {} of its rows were erased, but they are still here",
                        rows.count
                    ),
                ));
            }
        }
        wrong
    }

    /// Whether rows of a segment were erased, by acts that are all done.
    pub fn all_done(&self, segment: SegmentId) -> bool {
        let about = |act: &&Act| act.rows.iter().any(|(_, rows)| rows.segment == segment);
        let mut acts = self.erasures.values().filter(about).peekable();
        acts.peek().is_some() && acts.all(|act| act.over)
    }

    /// The lists that must stand because an act is not over: name, and what it must hold.
    pub fn standing(&self) -> impl Iterator<Item = (String, EventId, bool)> + '_ {
        let open = |(event, act): (&EventId, &Act)| (!act.over).then_some(*event);
        let pending = self.erasures.iter().filter_map(open);
        let restricted = self.restrictions.iter().filter_map(open);
        pending
            .map(|event| (format!("pending/{event}"), event, false))
            .chain(restricted.map(|event| (format!("restricted/{event}"), event, true)))
    }

    /// Whether a list is the one that the log vouches for.
    pub fn vouches_for(&self, event: EventId, restricts: bool, listed: &Listed) -> bool {
        let acts = if restricts {
            &self.restrictions
        } else {
            &self.erasures
        };
        let Some(act) = acts.get(&event) else {
            return false;
        };
        let mut said: Vec<&Rows> = act.rows.iter().map(|(_, rows)| rows).collect();
        said.sort_by_key(|rows| rows.segment);
        listed.event == event
            && said.len() == listed.rows.len()
            && said
                .iter()
                .zip(&listed.rows)
                .all(|(rows, (segment, leaves))| rows.segment == *segment && agree(rows, leaves))
    }
}

impl Act {
    /// Takes the next entry about it; why that cannot be.
    fn take<S>(&mut self, index: u64, entry: &entry::Act<S>, over: bool) -> Option<&'static str> {
        let (part, of) = entry.part;
        if over {
            let begun = !self.parts.is_empty() && !self.over;
            self.over = true;
            if !entry.rows.is_empty() {
                return Some("it ends an act and names rows");
            }
            return (!begun).then_some("it ends what was not begun");
        }
        let last = self
            .parts
            .last()
            .map_or((0, of), |(_, part, of)| (*part, *of));
        self.parts.push((index, part, of));
        for rows_of in &entry.rows {
            if self
                .rows
                .iter()
                .any(|(_, it)| it.segment == rows_of.segment)
            {
                return Some("it names a segment twice");
            }
            self.rows.push((index, *rows_of));
        }
        (self.over || last != (part - 1, of)).then_some("its parts are not in their order")
    }
}

fn agree(rows: &Rows, leaves: &Leaves) -> bool {
    rows.count as usize == leaves.pairs().len() && rows.sum == leaves.sum()
}
