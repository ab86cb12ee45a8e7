//! A segment's leaves in order, for whoever may have them: each record with its salt, or the hash that an erased one left.
//!
//! One block is in memory at a time, and the root is put together on the way.
//! What was visited may be used only once this has returned without an error:
//! until then, nobody knows that it is what was signed.

use rayon::prelude::*;

use super::file::SegmentFile;
use super::view::damaged;
use super::{Error, Placed, View, rows_name};
use crate::ledger;
use crate::ledger::Replay;
use crate::ledger::opened::Columns;
use crate::ledger::salt::Salt;
use crate::ledger::segment::CHUNK_ROWS;
use crate::ledger::text::SegmentKind;
use crate::ledger::tree::{self, Edge, Hash};

/// Rows that one task puts together.
const PIECE: usize = 1 << 10;

/// A leaf of a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leaf<'a> {
    /// A live row.
    Record {
        /// The salt of its leaf.
        salt: &'a Salt,
        /// The record's bytes.
        bytes: &'a [u8],
    },
    /// A row that was erased.
    Erased {
        /// The number of the entry that erased it.
        entry: u64,
        /// The hash of its leaf.
        hash: &'a Hash,
    },
}

impl View {
    /// Calls `visit` with each leaf of a segment, rows ascending; fails unless they are those that were signed.
    ///
    /// Proposals need the model that scored them; refusals and events need none.
    pub fn leaves<E: From<Error>>(
        &self,
        placed: &Placed,
        replay: Option<&dyn Replay>,
        mut visit: impl FnMut(Leaf) -> Result<(), E>,
    ) -> Result<(), E> {
        let segment = &placed.entry;
        let wrong = |why| {
            E::from(damaged(
                &rows_name(segment.id, 0),
                ledger::Error::Segment(why),
            ))
        };
        let mut file = self.segment(segment)?;
        let live = file.opened.salts(0, segment.rows);
        let erased = file.erased.by_row();
        let features = replay.map_or(0, Replay::features);
        if file.opened.features() != features {
            return Err(wrong("it has other columns than its model"));
        }
        if live.len() != file.opened.live() {
            return Err(wrong("rows are missing"));
        }
        let mut edge = Edge::default();
        let mut gone = erased.iter().peekable();
        for block in 0..file.opened.blocks().len() {
            for (row, salt, bytes) in file.block(block, &live, replay)? {
                while let Some((_, entry, hash)) = gone.next_if(|(at, _, _)| *at < row) {
                    visit(Leaf::Erased {
                        entry: *entry,
                        hash,
                    })?;
                    edge.push(*hash);
                }
                let bytes = bytes.as_slice();
                visit(Leaf::Record { salt: &salt, bytes })?;
                edge.push(tree::leaf(&[&salt, bytes]));
            }
        }
        for (_, entry, hash) in gone {
            visit(Leaf::Erased {
                entry: *entry,
                hash,
            })?;
            edge.push(*hash);
        }
        if edge.root() == segment.root && edge.size() == u64::from(segment.rows) {
            Ok(())
        } else {
            Err(wrong("its records are not the leaves that were signed"))
        }
    }
}

impl View {
    /// Calls `visit` with each row of a segment of predictions that is not erased, its pseudonym and its outcome.
    ///
    /// Opened, not proved: the seal says that this program wrote them.
    pub fn outcomes(
        &self,
        placed: &Placed,
        mut visit: impl FnMut(u32, &[u8; 16], u8),
    ) -> Result<(), Error> {
        let mut file = self.segment(&placed.entry)?;
        let rows: Vec<u32> = file.opened.live_rows().collect();
        for block in 0..file.opened.blocks().len() {
            let outcomes = file.outcomes(block)?;
            let first = file.opened.place(file.opened.blocks()[block].0);
            let end = first + outcomes.len();
            let chunk = first / CHUNK_ROWS;
            let pseudonyms = file.pseudonyms(chunk..end.div_ceil(CHUNK_ROWS))?;
            let (pseudonyms, _) = pseudonyms.as_chunks::<16>();
            let whose = pseudonyms.iter().skip(first - chunk * CHUNK_ROWS);
            let rows = rows.iter().skip(first);
            for ((row, whose), outcome) in rows.zip(whose).zip(&outcomes) {
                visit(*row, whose, u8::try_from(*outcome).unwrap_or(u8::MAX));
            }
        }
        Ok(())
    }
}

/// The rows of one block of proposals that are not erased, column by column.
#[derive(Debug)]
pub struct Portion {
    /// Their numbers, ascending.
    pub rows: Vec<u32>,
    /// Whose each is.
    pub pseudonyms: Vec<[u8; 16]>,
    /// The band of each, by its segment's table.
    pub bands: Vec<u16>,
    /// The codes of each feature.
    pub codes: Vec<Vec<u16>>,
}

impl View {
    /// Calls `visit` with the blocks of a segment of proposals, one in memory at a time; it must have so many features.
    ///
    /// Opened, not proved: the seal says that this program wrote them.
    pub fn portions<E: From<Error>>(
        &self,
        placed: &Placed,
        features: usize,
        mut visit: impl FnMut(Portion) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut file = self.segment(&placed.entry)?;
        if file.opened.features() != features {
            let source = ledger::Error::Segment("it has other columns than its model");
            return Err(damaged(&rows_name(placed.entry.id, 0), source).into());
        }
        let mut live = file.opened.live_rows().collect::<Vec<u32>>().into_iter();
        for block in 0..file.opened.blocks().len() {
            let (bands, codes) = file.codes(block)?;
            let first = file.opened.place(file.opened.blocks()[block].0);
            let end = first + bands.len();
            let chunk = first / CHUNK_ROWS;
            let pseudonyms = file.pseudonyms(chunk..end.div_ceil(CHUNK_ROWS))?;
            let (pseudonyms, _) = pseudonyms.as_chunks::<16>();
            let skipped = first - chunk * CHUNK_ROWS;
            visit(Portion {
                rows: live.by_ref().take(bands.len()).collect(),
                pseudonyms: pseudonyms[skipped..skipped + bands.len()].to_vec(),
                bands,
                codes,
            })?;
        }
        Ok(())
    }
}

/// A live row: its number, its salt, its record's bytes.
type Row = (u32, Salt, Vec<u8>);

impl SegmentFile {
    /// The live rows of a block; `live` are those of the segment, in the order of their places in the file.
    fn block(
        &mut self,
        block: usize,
        live: &[(u32, Salt)],
        replay: Option<&dyn Replay>,
    ) -> Result<Vec<Row>, Error> {
        let columns = self.columns(block)?;
        let first = self.opened.place(self.opened.blocks()[block].0);
        let end = first + columns.rows();
        let chunk = first / CHUNK_ROWS;
        let pseudonyms = self.pseudonyms(chunk..end.div_ceil(CHUNK_ROWS))?;
        let (pseudonyms, _) = pseudonyms.as_chunks::<16>();
        let whose = &pseudonyms[first - chunk * CHUNK_ROWS..];
        live[first..end]
            .par_iter()
            .zip(whose)
            .enumerate()
            .with_min_len(PIECE)
            .map(|(at, ((row, salt), whose))| {
                let bytes = self.record(&columns, (at, *row), whose, replay)?;
                Ok((*row, *salt, bytes))
            })
            .collect()
    }

    /// The bytes of the record of a row, which stands at a place of a block.
    fn record(
        &self,
        columns: &Columns,
        at: (usize, u32),
        whose: &[u8; 16],
        replay: Option<&dyn Replay>,
    ) -> Result<Vec<u8>, Error> {
        if self.opened.kind() == SegmentKind::Events {
            return Ok(self.opened.event(columns, at, whose));
        }
        let record = self.opened.prediction(columns, at, *whose, replay)?;
        Ok(record.encode(replay.map_or(&[], |it| it.widths()))?)
    }
}
