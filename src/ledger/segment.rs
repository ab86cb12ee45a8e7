//! A segment: up to 2²⁰ records as one sealed file, and back.
//!
//! While it grows, each block of rows is shuffled, hashed in parallel and
//! packed at once, so that a segment in memory is hardly larger than its file.
//! What is kept of the tree is its hashes at level 8. The pseudonyms stand
//! apart and uncompressed, so that finding a person opens nothing else.

use std::ops::Range;

use rayon::prelude::*;

use super::Replay;
use super::block::Block;
use super::column::{compress, pack};
use super::entry;
use super::error::Error;
use super::forms;
use super::key::{Secret, SegmentKey};
use super::leaves::Rows;
use super::record::Event;
use super::salt::{DEPTH, Frontier, Salt};
use super::seal::{self, Seal};
use super::text::{BasisName, Date, RunId, SegmentId, SegmentKind, Standing};
use super::tree::{self, Hash};
use crate::digest::{Digest, sha256};
use crate::form::Filled;
use crate::name::Token;

/// The most rows of a segment.
pub const ROWS: u32 = 1 << DEPTH;

/// Leaves under one kept hash.
pub const GROUP: usize = 256;

/// Rows whose pseudonyms are sealed in one chunk.
pub const CHUNK_ROWS: usize = seal::CHUNK / 16;

/// Bytes of an event's fields but segment, row, pseudonym and facts.
pub(super) const BODY: usize = 1 + 16 + 8 + 16 + 2 + 32 + 8;

pub(super) const MAGIC: &[u8; 8] = b"PBSEG\0\0\x01";

/// Bytes of a segment file before its first sealed stream.
pub const HEAD: usize = 28;

/// What all segments of one kind of a run say of themselves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heading {
    /// The run.
    pub run: RunId,
    /// The model; none for events.
    pub model: Option<(Digest, Standing)>,
    /// The encoder's document.
    pub schema: Digest,
    /// The policy.
    pub policy: Digest,
    /// The law pack.
    pub law: Digest,
    /// The version of the program.
    pub binary: Token,
    /// The id of the pseudonym key.
    pub kid: Token,
    /// The purpose.
    pub purpose: Token,
    /// Legal bases by code, ascending.
    pub basis: Vec<(u8, BasisName)>,
    /// Outcomes by code, ascending.
    pub outcomes: Vec<(u8, Token)>,
    /// The retention class and the date it ends.
    pub retention: (Token, Date),
}

/// A segment that still takes rows.
#[derive(Debug)]
pub struct Growing {
    id: SegmentId,
    kind: SegmentKind,
    features: usize,
    frontier: Frontier,
    rows: u32,
    /// In chunks as they will be sealed.
    pseudonyms: Vec<Vec<u8>>,
    blocks: Vec<(u32, Vec<u8>)>,
    nodes: Vec<Hash>,
    /// Leaves of the last group while it is not full.
    rest: Vec<Hash>,
}

/// A segment that takes no more rows: its files, and what its entry says.
#[derive(Debug)]
pub struct Closed {
    /// Its name.
    pub id: SegmentId,
    /// What its records are.
    pub kind: SegmentKind,
    /// Leaves.
    pub rows: u32,
    /// The root over them.
    pub root: Hash,
    /// The sealed file.
    pub sealed: Vec<u8>,
    /// The hashes at level 8, concatenated.
    pub nodes: Vec<u8>,
    /// What opens it.
    pub key: SegmentKey,
}

impl Growing {
    /// An empty segment; `features` columns of codes (0 unless proposals).
    #[must_use]
    pub fn new(id: SegmentId, kind: SegmentKind, features: usize, seed: Salt) -> Self {
        Self {
            id,
            kind,
            features,
            frontier: Frontier::whole(seed),
            rows: 0,
            pseudonyms: Vec::new(),
            blocks: Vec::new(),
            nodes: Vec::new(),
            rest: Vec::new(),
        }
    }

    /// Rows taken.
    #[must_use]
    pub fn rows(&self) -> u32 {
        self.rows
    }

    /// Whether `more` rows still fit.
    #[must_use]
    pub fn fits(&self, more: usize) -> bool {
        more <= (ROWS - self.rows) as usize
    }

    /// Takes a block of predictions in `order`: place `j` takes input row `order[j]`.
    ///
    /// `replay` is the model that scored them; refusals have none.
    pub fn push(
        &mut self,
        block: &Block,
        order: &[u32],
        replay: Option<&dyn Replay>,
    ) -> Result<(), Error> {
        block.check(self.features)?;
        let scored = self.kind == SegmentKind::Proposals;
        if self.kind == SegmentKind::Events
            || scored != replay.is_some()
            || replay.is_some_and(|it| it.features() != self.features)
        {
            return Err(Error::Block(
                "proposals are replayed by their model, refusals by none",
            ));
        }
        self.admit(order, block.rows())?;
        // Each column is shuffled once, by itself: looking up each row in all columns misses the cache.
        let codes: Vec<Vec<u16>> = block
            .codes
            .par_iter()
            .map(|codes| order.iter().map(|at| codes[*at as usize]).collect())
            .collect();
        let wide = |bytes: &[u8]| -> Vec<u16> {
            order
                .iter()
                .map(|at| u16::from(bytes[*at as usize]))
                .collect()
        };
        let (basis, outcomes) = (wide(block.basis), wide(block.outcomes));
        let filled = block.facts.rows.as_slice();
        let filled: Vec<Filled> = if filled.is_empty() {
            Vec::new()
        } else {
            order.iter().map(|at| filled[*at as usize]).collect()
        };
        let pseudonyms: Vec<[u8; 16]> = order
            .iter()
            .map(|at| block.pseudonyms[*at as usize])
            .collect();
        let leaves = self.leaves(order.len(), |places, salts| {
            let codes: Vec<&[u16]> = codes.iter().map(|codes| &codes[places.clone()]).collect();
            let rows = Rows {
                segment: &self.id.0,
                first: self.rows + places.start as u32,
                pseudonyms: &pseudonyms[places.clone()],
                basis: &basis[places.clone()],
                outcomes: &outcomes[places.clone()],
                codes: &codes,
                facts: block.facts,
                filled: filled.get(places).unwrap_or_default(),
            };
            rows.leaves(salts, replay)
        })?;
        let mut columns = vec![basis, outcomes];
        columns.extend(codes);
        let payload = predictions(&columns, || {
            if filled.is_empty() {
                forms::lines(&vec![&[][..]; order.len()])
            } else {
                forms::columns(block.facts, &filled)
            }
        })?;
        self.take(leaves, payload, pseudonyms.iter())
    }

    /// Takes a block of events in `order`; their segment and row are set here.
    pub fn push_events(&mut self, events: &[Event], order: &[u32]) -> Result<(), Error> {
        if self.kind != SegmentKind::Events {
            return Err(Error::Block("events go to a segment of events"));
        }
        self.admit(order, events.len())?;
        let records: Result<Vec<Vec<u8>>, Error> = order
            .iter()
            .zip(self.rows..)
            .map(|(at, row)| {
                Event {
                    segment: self.id.0,
                    row,
                    ..events[*at as usize].clone()
                }
                .encode()
            })
            .collect();
        let records = records?;
        let leaves = self.leaves(order.len(), |places, salts| {
            let records = records[places].iter().zip(salts);
            Ok(records
                .map(|(record, salt)| sha256(&[&[0], salt, record]))
                .collect())
        })?;
        let bodies: Vec<u8> = records.iter().flat_map(|record| body(record)).collect();
        let facts: Vec<&[u8]> = order
            .iter()
            .map(|at| events[*at as usize].facts.bytes())
            .collect();
        let payload = happenings(&bodies, &facts)?;
        self.take(
            leaves,
            payload,
            order.iter().map(|at| &events[*at as usize].pseudonym),
        )
    }

    fn admit(&self, order: &[u32], rows: usize) -> Result<(), Error> {
        if order.len() != rows || order.iter().any(|at| *at as usize >= rows) {
            return Err(Error::Block("an order of another length"));
        }
        if self.fits(rows) {
            Ok(())
        } else {
            Err(Error::Block("it does not fit in the segment"))
        }
    }

    /// The hashes of `count` leaves from the next row on; `hash` is given some places and their salts.
    fn leaves(
        &self,
        count: usize,
        hash: impl Fn(Range<usize>, &[Salt]) -> Result<Vec<Hash>, Error> + Sync,
    ) -> Result<Vec<Hash>, Error> {
        const PIECE: usize = 512;
        let piece = |piece: usize| -> Result<Vec<Hash>, Error> {
            let places = piece * PIECE..count.min((piece + 1) * PIECE);
            let mut salts = Vec::with_capacity(PIECE);
            self.frontier.extend(
                &self.id.0,
                self.rows + places.start as u32,
                self.rows + places.end as u32,
                &mut salts,
            );
            let salts: Vec<Salt> = salts.into_iter().map(|(_, salt)| salt).collect();
            hash(places, &salts)
        };
        let pieces: Result<Vec<Vec<Hash>>, Error> = (0..count.div_ceil(PIECE))
            .into_par_iter()
            .map(piece)
            .collect();
        Ok(pieces?.concat())
    }

    fn take<'a>(
        &mut self,
        leaves: Vec<Hash>,
        payload: Vec<u8>,
        pseudonyms: impl Iterator<Item = &'a [u8; 16]>,
    ) -> Result<(), Error> {
        if u32::try_from(payload.len()).is_err() {
            return Err(Error::Block("its facts exceed 4 GiB"));
        }
        let rows = leaves.len() as u32;
        for pseudonym in pseudonyms {
            if self
                .pseudonyms
                .last()
                .is_none_or(|chunk| chunk.len() == seal::CHUNK)
            {
                self.pseudonyms.push(Vec::with_capacity(seal::CHUNK));
            }
            if let Some(chunk) = self.pseudonyms.last_mut() {
                chunk.extend_from_slice(pseudonym);
            }
        }
        self.blocks.push((rows, payload));
        self.rest.extend(leaves);
        let full = self.rest.len() / GROUP * GROUP;
        self.nodes
            .par_extend(self.rest[..full].par_chunks_exact(GROUP).map(tree::root));
        self.rest.drain(..full);
        self.rows += rows;
        Ok(())
    }

    /// Ends the segment and seals it with `key`, which seals nothing else.
    #[must_use]
    pub fn close(mut self, key: Secret) -> Closed {
        if !self.rest.is_empty() {
            self.nodes.push(tree::root(&self.rest));
        }
        let shape = Shape {
            id: self.id,
            kind: self.kind,
            rows: self.rows,
            features: self.features,
        };
        let sealed = shape.seal(self.pseudonyms, self.blocks, &key);
        Closed {
            id: self.id,
            kind: self.kind,
            rows: self.rows,
            root: tree::root(&self.nodes),
            sealed,
            nodes: self.nodes.concat(),
            key: SegmentKey {
                generation: 0,
                key,
                frontier: self.frontier,
            },
        }
    }
}

/// What a segment's file says of itself before its first record.
pub(super) struct Shape {
    pub id: SegmentId,
    pub kind: SegmentKind,
    pub rows: u32,
    pub features: usize,
}

impl Shape {
    /// The whole file: head, directory, pseudonyms, then each block after the rows it was written with.
    ///
    /// `pseudonyms` come in chunks of [`seal::CHUNK`] bytes, the last as long as it is.
    pub fn seal(
        &self,
        mut pseudonyms: Vec<Vec<u8>>,
        blocks: Vec<(u32, Vec<u8>)>,
        key: &Secret,
    ) -> Vec<u8> {
        let mut directory = vec![code_of(self.kind)];
        directory.extend_from_slice(&self.rows.to_be_bytes());
        directory.extend_from_slice(&(self.features as u16).to_be_bytes());
        directory.extend_from_slice(&(blocks.len() as u32).to_be_bytes());
        for (rows, payload) in &blocks {
            directory.extend_from_slice(&rows.to_be_bytes());
            directory.extend_from_slice(&(payload.len() as u32).to_be_bytes());
        }
        let mut sealed = MAGIC.to_vec();
        sealed.extend_from_slice(&self.id.0);
        sealed.extend_from_slice(&(directory.len() as u32).to_be_bytes());
        let seal = Seal::new(key, &sealed);
        seal.seal_onto(0, &directory, &mut sealed);
        let length: usize = blocks
            .iter()
            .map(|(_, payload)| seal::sealed_length(payload.len()))
            .sum();
        let people = pseudonyms.iter().map(Vec::len).sum();
        sealed.reserve_exact(seal::sealed_length(people) + length);
        if pseudonyms.is_empty() {
            pseudonyms.push(Vec::new());
        }
        seal.seal_chunks(1, pseudonyms, &mut sealed);
        for ((_, payload), number) in blocks.into_iter().zip(2..) {
            seal.seal_onto(number, &payload, &mut sealed);
        }
        sealed
    }
}

/// The bytes of a block of predictions: bases, outcomes and codes by column, then the columns of the facts.
pub(super) fn predictions(
    columns: &[Vec<u16>],
    facts: impl FnOnce() -> Result<Vec<Vec<u8>>, Error> + Send,
) -> Result<Vec<u8>, Error> {
    let pack_all = || -> Result<Vec<Vec<u8>>, Error> {
        columns.par_iter().map(|column| pack(column)).collect()
    };
    let (packed, told) = rayon::join(pack_all, facts);
    let mut payload = Vec::new();
    for column in packed?.iter().chain(&told?) {
        put(&mut payload, column)?;
    }
    Ok(payload)
}

/// The bytes of a block of events: their bodies, then the facts.
pub(super) fn happenings<T: AsRef<[u8]>>(bodies: &[u8], facts: &[T]) -> Result<Vec<u8>, Error> {
    let mut told = forms::lines(facts)?;
    told.insert(1, compress(bodies)?);
    let mut payload = Vec::new();
    for column in &told {
        put(&mut payload, column)?;
    }
    Ok(payload)
}

impl Heading {
    /// The log's entry for a closed segment.
    #[must_use]
    pub fn entry(&self, id: SegmentId, kind: SegmentKind, rows: u32, root: Hash) -> entry::Segment {
        entry::Segment {
            id,
            kind,
            run: self.run,
            rows,
            root,
            model: self.model,
            schema: self.schema,
            policy: self.policy,
            law: self.law,
            binary: self.binary.clone(),
            kid: self.kid.clone(),
            purpose: self.purpose.clone(),
            basis: self.basis.clone(),
            outcomes: self.outcomes.clone(),
            retention: self.retention.clone(),
        }
    }
}

/// Bytes of an event's record before its kind: name, segment and row.
const EVENT_HEAD: usize = 4 + 16 + 4;

/// An event's record but name, segment, row, pseudonym and facts.
fn body(record: &[u8]) -> impl Iterator<Item = u8> {
    let from_decision = EVENT_HEAD + 1 + 16 + 16;
    let kind_and_event = &record[EVENT_HEAD..EVENT_HEAD + 17];
    let rest = &record[from_decision..from_decision + BODY - 17];
    kind_and_event.iter().chain(rest).copied()
}

pub(super) fn code_of(kind: SegmentKind) -> u8 {
    match kind {
        SegmentKind::Proposals => 1,
        SegmentKind::Refusals => 2,
        SegmentKind::Events => 3,
    }
}

fn put(payload: &mut Vec<u8>, column: &[u8]) -> Result<(), Error> {
    let length = u32::try_from(column.len()).map_err(|_| Error::Block("a column exceeds 4 GiB"))?;
    payload.extend_from_slice(&length.to_be_bytes());
    payload.extend_from_slice(column);
    Ok(())
}

/// The path of `row` in its segment, from the leaves of its group and the hashes at level 8.
#[must_use]
pub fn path(group: &[Hash], nodes: &[Hash], row: u32) -> Vec<Hash> {
    let mut path = tree::inclusion(group, row as usize % GROUP);
    path.extend(tree::inclusion(nodes, row as usize / GROUP));
    path
}

/// The hashes of a `.nodes` file, if they are those under `root` of a segment of `rows` leaves.
pub fn nodes(bytes: &[u8], rows: u32, root: &Hash) -> Result<Vec<Hash>, Error> {
    let (hashes, rest) = bytes.as_chunks::<32>();
    if !rest.is_empty() || hashes.len() != (rows as usize).div_ceil(GROUP) {
        return Err(Error::Segment(
            "not as many hashes as the segment has groups of rows",
        ));
    }
    if tree::root(hashes) != *root {
        return Err(Error::Segment(
            "its hashes are not under the root that was signed",
        ));
    }
    Ok(hashes.to_vec())
}
