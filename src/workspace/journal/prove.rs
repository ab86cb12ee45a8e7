//! One record with everything that proves it, and proved once before anyone sees it.

use std::ops::Range;

use rayon::prelude::*;

use super::file::SegmentFile;
use super::view::damaged;
use super::{Error, Placed, View, nodes_name};
use crate::ledger;
use crate::ledger::Replay;
use crate::ledger::erased::Leaves;
use crate::ledger::opened::Columns;
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
        let mut group = self.records(placed, replay)?.group(row)?;
        let leaves = group.leaves();
        let path = path(&leaves, &nodes, row);
        let leaf = &leaves[row as usize % GROUP];
        if !tree::includes(
            &segment.root,
            u64::from(segment.rows),
            u64::from(row),
            leaf,
            &path,
        ) {
            return Err(damaged(&group.name, ledger::Error::Altered { row }));
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
        let Leaf::Live(salt, bytes) = group.rows.swap_remove(row as usize % GROUP) else {
            return Err(ledger::Error::Erased { row }.into());
        };
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

    /// The leaves of `rows` (ascending), each rebuilt and checked to be under the segment's signed root.
    pub(super) fn hashes_of(
        &self,
        placed: &Placed,
        rows: &[u32],
        replay: Option<&dyn Replay>,
    ) -> Result<Leaves, Error> {
        let nodes = self.nodes(&placed.entry)?;
        let groups: Vec<&[u32]> = rows
            .chunk_by(|a, b| *a as usize / GROUP == *b as usize / GROUP)
            .collect();
        let piece = groups.len().div_ceil(rayon::current_num_threads()).max(1);
        // Each piece reads the file for itself.
        let found: Vec<Vec<(u32, Hash)>> = groups
            .par_chunks(piece)
            .map(|groups| self.hashes_of_groups(placed, groups, &nodes, replay))
            .collect::<Result<_, _>>()?;
        Leaves::of(found.concat())
            .ok_or_else(|| ledger::Error::Rows("its rows do not ascend").into())
    }

    fn hashes_of_groups(
        &self,
        placed: &Placed,
        groups: &[&[u32]],
        nodes: &[Hash],
        replay: Option<&dyn Replay>,
    ) -> Result<Vec<(u32, Hash)>, Error> {
        let mut records = self.records(placed, replay)?;
        let mut found = Vec::new();
        for asked in groups {
            let group = records.group(asked[0])?;
            let leaves = group.leaves();
            if tree::root(&leaves) != nodes[asked[0] as usize / GROUP] {
                let row = asked[0];
                return Err(damaged(&group.name, ledger::Error::Altered { row }));
            }
            for row in *asked {
                match &group.rows[*row as usize % GROUP] {
                    Leaf::Live(..) => found.push((*row, leaves[*row as usize % GROUP])),
                    Leaf::Erased(_) => return Err(ledger::Error::Erased { row: *row }.into()),
                }
            }
        }
        Ok(found)
    }

    /// The records of a segment, group by group.
    fn records<'a>(
        &self,
        placed: &Placed,
        replay: Option<&'a dyn Replay>,
    ) -> Result<Records<'a>, Error> {
        let file = self.segment(&placed.entry)?;
        let features = replay.map_or(0, Replay::features);
        if file.opened.features() != features {
            let source = ledger::Error::Segment("it has other columns than its model");
            return Err(damaged(&file.name, source));
        }
        Ok(Records {
            file,
            replay,
            block: None,
            chunks: None,
        })
    }
}

/// The records of one segment, read as they are asked for, in ascending order of rows at best.
struct Records<'a> {
    file: SegmentFile,
    replay: Option<&'a dyn Replay>,
    block: Option<(usize, Columns)>,
    chunks: Option<(Range<usize>, Vec<u8>)>,
}

/// A leaf of a segment.
enum Leaf {
    /// Its salt and its record.
    Live(Salt, Vec<u8>),
    /// Its hash alone.
    Erased(Hash),
}

/// The leaves under one kept hash, from the file of this name.
struct Group {
    name: String,
    rows: Vec<Leaf>,
}

impl Group {
    fn leaves(&self) -> Vec<Hash> {
        let hash = |leaf: &Leaf| match leaf {
            Leaf::Live(salt, bytes) => tree::leaf(&[salt, bytes]),
            Leaf::Erased(hash) => *hash,
        };
        self.rows.iter().map(hash).collect()
    }
}

impl Records<'_> {
    /// The group of 256 rows that holds `row`.
    fn group(&mut self, row: u32) -> Result<Group, Error> {
        let first = row - row % GROUP as u32;
        let end = self.file.opened.rows().min(first + GROUP as u32);
        let mut salts = self.file.opened.salts(first, end).into_iter().peekable();
        let mut rows = Vec::with_capacity(GROUP);
        for row in first..end {
            rows.push(match salts.next_if(|(live, _)| *live == row) {
                Some((_, salt)) => Leaf::Live(salt, self.record(row)?),
                None => Leaf::Erased(
                    self.file
                        .leaves
                        .hash(row)
                        .ok_or_else(|| self.wrong("rows are missing"))?,
                ),
            });
        }
        Ok(Group {
            name: self.file.name.clone(),
            rows,
        })
    }

    /// The bytes of the record of a row that is not erased.
    fn record(&mut self, row: u32) -> Result<Vec<u8>, Error> {
        let opened = &self.file.opened;
        let block = opened.block_of(row).ok_or(ledger::Error::NoRow { row })?;
        let (place, from) = (opened.place(row), opened.place(opened.blocks()[block].0));
        let whose = self.pseudonym(place)?;
        if self.block.as_ref().is_none_or(|(at, _)| *at != block) {
            self.block = Some((block, self.file.columns(block)?));
        }
        let Some((_, columns)) = &self.block else {
            return Err(self.wrong("rows are missing"));
        };
        let opened = &self.file.opened;
        let at = (place - from, row);
        if opened.kind() == SegmentKind::Events {
            return Ok(opened.event(columns, at, &whose));
        }
        let record = opened.prediction(columns, at, whose, self.replay)?;
        Ok(record.encode(self.replay.map_or(&[], |it| it.widths()))?)
    }

    /// The pseudonym at a place; a group's places lie in two chunks at most.
    fn pseudonym(&mut self, place: usize) -> Result<[u8; 16], Error> {
        let chunk = place / CHUNK_ROWS;
        if self
            .chunks
            .as_ref()
            .is_none_or(|(held, _)| !held.contains(&chunk))
        {
            let held = chunk..(chunk + 2).min(self.file.opened.pseudonym_chunks());
            self.chunks = Some((held.clone(), self.file.pseudonyms(held)?));
        }
        let missing = || self.wrong("pseudonyms are missing");
        let (held, bytes) = self.chunks.as_ref().ok_or_else(missing)?;
        let (all, _) = bytes.as_chunks::<16>();
        all.get(place - held.start * CHUNK_ROWS)
            .copied()
            .ok_or_else(missing)
    }

    fn wrong(&self, why: &'static str) -> Error {
        damaged(&self.file.name, ledger::Error::Segment(why))
    }
}
