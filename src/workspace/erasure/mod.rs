//! People who leave: requests taken, records erased or restricted, what is due destroyed, and the receipt for it.
//!
//! | file | noun |
//! | --- | --- |
//! | `subject` | a person's request: to be erased, restricted, or freed of a restriction |
//! | `batch` | the night's batch: waiting requests, and what is past its date |
//! | `object` | an objection, in force at once |
//! | `lapsed` | what was recorded of leads whose retention is over |
//! | `redact` | score files written again without some people |
//! | `receipt` | what an erased person is given |
//! | `gc` | what crashes left |

mod batch;
mod gc;
mod lapsed;
mod object;
mod receipt;
mod redact;
mod subject;

use std::collections::{BTreeMap, HashMap};

use super::disk::Lock;
use super::error::Error;
use super::journal::{Held, View, Writer};
use super::replay::Replayer;
use super::{Workspace, World, models};
use crate::digest::Digest;
use crate::ledger::{Replay, SegmentId};
use crate::model::Model;

pub use batch::{Batch, FileDone, carry_out, preview, purge};
pub use gc::{Orphan, gc};
pub use object::{Objected, object};
pub use receipt::{Receipt, receipt};
pub use subject::{Ask, RequestLine, Taken, ask, lift, list, restrict};

/// The replay of a model from its document in the ledger.
pub(super) fn replay(_: &Digest, document: &[u8]) -> Result<Box<dyn Replay>, String> {
    let text = std::str::from_utf8(document).map_err(|_| "the model is not UTF-8".to_owned())?;
    let model = Model::parse(text).map_err(|error| error.to_string())?;
    Ok(Box::new(Replayer::new(model)))
}

/// Rows by segment, ascending.
type Rows = BTreeMap<SegmentId, Vec<u32>>;

/// Where rows about some pseudonyms stand, each with the position of its pseudonym's owner.
fn rows_about(
    view: &View,
    owners: &HashMap<[u8; 16], Vec<usize>>,
) -> Result<Vec<(SegmentId, u32, usize)>, Error> {
    let mut found = Vec::new();
    if owners.is_empty() {
        return Ok(found);
    }
    for placed in view.segments() {
        view.scan(placed, |row, whose| {
            if let Some(owners) = owners.get(whose) {
                found.extend(owners.iter().map(|owner| (placed.entry.id, row, *owner)));
            }
        })?;
    }
    Ok(found)
}

fn is_held(held: &Held, segment: SegmentId, row: u32) -> bool {
    held.get(&segment).is_some_and(|rows| rows.contains(&row))
}

/// The same while no run is under way, until the lock is dropped.
pub(super) fn alone(ws: &Workspace, world: &mut World) -> Result<(Writer, Lock), Error> {
    let (mut writer, lock) = Writer::open_alone(&ws.root, &world.disk)?;
    batch::resume(ws, world, &mut writer, &mut Batch::default())?;
    models::sweep(ws, &world.disk, writer.view())?;
    Ok((writer, lock))
}

/// A writer that has finished what others began.
pub(super) fn writer(ws: &Workspace, world: &mut World) -> Result<Writer, Error> {
    let mut writer = Writer::open(&ws.root, &world.disk)?;
    batch::resume(ws, world, &mut writer, &mut Batch::default())?;
    models::sweep(ws, &world.disk, writer.view())?;
    Ok(writer)
}
