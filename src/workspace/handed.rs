//! To whom somebody's rows were handed: whoever must be told of an erasure (GDPR art. 19).

use std::collections::BTreeSet;

use super::error::Error;
use super::journal::View;
use crate::ledger::record::{EventKind, Record};
use crate::ledger::text::SegmentId;
use crate::ledger::{Entry, SegmentKind, Time};
use crate::name::Token;

/// Somebody who was handed rows, and when.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct HandOver {
    /// When.
    pub time: Time,
    /// To whom, by the name that the controller's register explains.
    pub recipient: Token,
}

/// The recipients of bundles that hold any of these rows, and the tools that these people were released to, oldest first.
///
/// `rows` are all rows of the people in question, their events included: a bundle of whole segments stands
/// in the main log, the hand-over of one lead's decisions in an event of theirs. Rows must be live.
pub fn recipients(view: &View, rows: &[(SegmentId, u32)]) -> Result<Vec<HandOver>, Error> {
    let segments: BTreeSet<SegmentId> = rows.iter().map(|(segment, _)| *segment).collect();
    let mut found: BTreeSet<HandOver> = view
        .entries()
        .filter_map(|(_, entry)| match entry {
            Entry::Bundle(it) if it.segments.iter().any(|id| segments.contains(id)) => {
                Some(HandOver {
                    time: it.time,
                    recipient: it.recipient.clone(),
                })
            }
            _ => None,
        })
        .collect();
    for placed in view
        .segments()
        .filter(|it| it.entry.kind == SegmentKind::Events)
    {
        for (_, row) in rows
            .iter()
            .filter(|(segment, _)| *segment == placed.entry.id)
        {
            let Record::Event(event) = view.fetch(placed, *row, None)?.record else {
                continue;
            };
            let key = match event.kind {
                EventKind::Access => "recipient",
                EventKind::Release => "tool",
                _ => continue,
            };
            let named = event.facts.pairs().find(|(it, _)| *it == key);
            if let Some((_, name)) = named
                && let Ok(recipient) = name.parse()
            {
                found.insert(HandOver {
                    time: Time(event.time),
                    recipient,
                });
            }
        }
    }
    Ok(found.into_iter().collect())
}
