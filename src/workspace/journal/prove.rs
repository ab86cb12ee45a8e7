//! One record with everything that proves it, and proved once before anyone sees it.

use super::view::damaged;
use super::{Error, Placed, View, nodes_name, rows_name};
use crate::ledger;
use crate::ledger::Replay;
use crate::ledger::record::{Event, Record};
use crate::ledger::salt::Salt;
use crate::ledger::segment::{CHUNK_ROWS, GROUP, path};
use crate::ledger::text::SegmentKind;
use crate::ledger::tree::{self, Hash};

/// A record, and the way from it to the signed checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proved {
    /// The decision number; none for events.
    pub decision: Option<u64>,
    /// The record.
    pub record: Record,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// The salt of its leaf.
    pub salt: Salt,
    /// The path from its leaf to the segment's root.
    pub path: Vec<Hash>,
    /// The number of the segment's entry in the main log.
    pub index: u64,
    /// The text of that entry.
    pub entry: String,
    /// The path from that entry to the checkpoint's root.
    pub entry_path: Vec<Hash>,
    /// The signed checkpoint.
    pub checkpoint: Vec<u8>,
}

impl Proved {
    /// The hash of the record's leaf.
    #[must_use]
    pub fn leaf(&self) -> Hash {
        tree::leaf(&[&self.salt, &self.bytes])
    }
}

impl View {
    /// The record at `row` of a segment, rebuilt and checked up to the checkpoint.
    ///
    /// Proposals need the model that scored them; refusals and events need none.
    pub fn fetch(
        &self,
        placed: &Placed,
        row: u32,
        replay: Option<&dyn Replay>,
    ) -> Result<Proved, Error> {
        let segment = &placed.entry;
        if row >= segment.rows {
            return Err(ledger::Error::NoRow { row }.into());
        }
        let replay = if segment.kind == SegmentKind::Proposals {
            replay
        } else {
            None
        };
        if let (SegmentKind::Proposals, None, Some((model, _))) =
            (segment.kind, replay, segment.model)
        {
            return Err(ledger::Error::NoModel(model).into());
        }
        let nodes = self.nodes(segment)?;
        let group_first = row - row % GROUP as u32;
        let group_end = segment.rows.min(group_first + GROUP as u32);
        let rows = self.records(placed, group_first, group_end, replay)?;
        let leaves: Vec<Hash> = rows
            .iter()
            .map(|(salt, bytes)| tree::leaf(&[salt, bytes]))
            .collect();
        let at = (row - group_first) as usize;
        let path = path(&leaves, &nodes, row);
        if !tree::includes(
            &segment.root,
            u64::from(segment.rows),
            u64::from(row),
            &leaves[at],
            &path,
        ) {
            let name = rows_name(segment.id, 0);
            return Err(damaged(&name, ledger::Error::Altered { row }));
        }
        let entry = ledger::Entry::Segment(segment.clone()).text();
        let entry_path = tree::inclusion(&self.leaves, placed.index as usize);
        let leaf = tree::leaf(&[entry.as_bytes()]);
        if !tree::includes(
            &self.checkpoint.root,
            self.size(),
            placed.index,
            &leaf,
            &entry_path,
        ) {
            return Err(damaged(
                &nodes_name(segment.id),
                ledger::Error::Tile("its entry is not in the log"),
            ));
        }
        let (salt, bytes) = rows.into_iter().nth(at).expect("the group holds its row");
        let record = if segment.kind == SegmentKind::Events {
            Record::Event(Event::decode(&bytes)?)
        } else {
            Record::Prediction(ledger::Prediction::decode(
                &bytes,
                replay.map_or(&[], |it| it.widths()),
            )?)
        };
        let decision = placed.first.map(|first| first + u64::from(row));
        let checkpoint = self.note.clone();
        Ok(Proved {
            decision,
            record,
            bytes,
            salt,
            path,
            index: placed.index,
            entry,
            entry_path,
            checkpoint,
        })
    }

    /// The salts and bytes of the records `first..end`.
    fn records(
        &self,
        placed: &Placed,
        first: u32,
        end: u32,
        replay: Option<&dyn Replay>,
    ) -> Result<Vec<(Salt, Vec<u8>)>, Error> {
        let mut file = self.segment(placed.entry.id)?;
        let name = rows_name(placed.entry.id, 0);
        let kind = placed.entry.kind;
        let features = replay.map_or(0, Replay::features);
        if file.opened.rows() != placed.entry.rows
            || file.opened.kind() != kind
            || file.opened.features() != features
        {
            return Err(damaged(
                &name,
                ledger::Error::Segment("it is not the segment of its entry"),
            ));
        }
        // A group of 256 rows never straddles two chunks of pseudonyms.
        let chunk = first as usize / CHUNK_ROWS;
        let pseudonyms = file.pseudonyms(chunk..chunk + 1)?;
        let (pseudonyms, _) = pseudonyms.as_chunks::<16>();
        let salts = file.opened.salts(first, end);
        if salts.len() != (end - first) as usize {
            return Err(damaged(&name, ledger::Error::Segment("rows are missing")));
        }
        let mut columns: Option<(usize, ledger::opened::Columns)> = None;
        let mut rows = Vec::with_capacity(salts.len());
        for (row, salt) in salts {
            let block = file
                .opened
                .block_of(row)
                .ok_or(ledger::Error::NoRow { row })?;
            if columns.as_ref().is_none_or(|(at, _)| *at != block) {
                columns = Some((block, file.columns(block)?));
            }
            let Some((_, columns)) = &columns else {
                continue;
            };
            let (at, whose) = (
                (row - columns.first) as usize,
                &pseudonyms[row as usize % CHUNK_ROWS],
            );
            let bytes = if kind == SegmentKind::Events {
                file.opened.event(columns, at, whose)
            } else {
                let record = file.opened.prediction(columns, at, *whose, replay)?;
                record.encode(replay.map_or(&[], |it| it.widths()))?
            };
            rows.push((salt, bytes));
        }
        Ok(rows)
    }
}
