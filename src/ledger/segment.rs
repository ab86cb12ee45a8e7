//! A segment: up to 2²⁰ records as one sealed file, and back.
//!
//! While it grows, each block of rows is shuffled, hashed in parallel and
//! packed at once, so that a segment in memory is hardly larger than its file.
//! What is kept of the tree is its hashes at level 8. The pseudonyms stand
//! apart and uncompressed, so that finding a person opens nothing else.

use rayon::prelude::*;

use super::Replay;
use super::block::Block;
use super::column::{compress, pack};
use super::entry;
use super::error::Error;
use super::key::{Secret, SegmentKey};
use super::record::{self, Event};
use super::salt::{DEPTH, Frontier, Salt};
use super::seal::{self, Seal};
use super::text::{BasisName, Date, RunId, SegmentId, SegmentKind, Standing};
use super::tree::{self, Hash};
use crate::digest::{Digest, sha256};
use crate::name::Token;
use crate::odds::LogOdds;

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
    pseudonyms: Vec<u8>,
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
        let rows = by_row(&codes, order.len());
        let leaves = self.leaves(order.len(), |place, scratch| {
            let at = order[place] as usize;
            scratch.features.clear();
            let features = &rows[place * self.features..][..self.features];
            scratch.features.extend_from_slice(features);
            let row = self.rows + place as u32;
            scratch.prediction(
                &self.id.0,
                row,
                (
                    &block.pseudonyms[at],
                    block.basis[at],
                    block.outcomes[at],
                    block.facts_of(at),
                ),
                replay,
            )
        })?;
        let wide = |bytes: &[u8]| {
            order
                .iter()
                .map(|at| u16::from(bytes[*at as usize]))
                .collect::<Vec<u16>>()
        };
        let mut columns = vec![wide(block.basis), wide(block.outcomes)];
        columns.extend(codes);
        let facts: Vec<&[u8]> = order
            .iter()
            .map(|at| block.facts_of(*at as usize))
            .collect();
        let payload = predictions(columns, &facts)?;
        let pseudonyms = order.iter().map(|at| &block.pseudonyms[*at as usize]);
        self.take(leaves, payload, pseudonyms)
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
        let leaves = self.leaves(order.len(), |place, scratch| {
            scratch.bytes.extend_from_slice(&records[place]);
            Ok(())
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

    /// The hashes of `count` leaves from the next row on; `write` appends the record of a place to the scratch bytes.
    fn leaves(
        &self,
        count: usize,
        write: impl Fn(usize, &mut Scratch) -> Result<(), Error> + Sync,
    ) -> Result<Vec<Hash>, Error> {
        const PIECE: usize = 1024;
        let piece = |piece: usize| -> Result<Vec<Hash>, Error> {
            let (first, end) = (piece * PIECE, count.min((piece + 1) * PIECE));
            let mut salts = Vec::with_capacity(PIECE);
            self.frontier.extend(
                &self.id.0,
                self.rows + first as u32,
                self.rows + end as u32,
                &mut salts,
            );
            let mut scratch = Scratch::default();
            salts
                .iter()
                .zip(first..end)
                .map(|((_, salt), place)| {
                    scratch.begin(salt);
                    write(place, &mut scratch)?;
                    Ok(sha256(&[&scratch.bytes]))
                })
                .collect()
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
        self.pseudonyms.extend(pseudonyms.flatten());
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
        let sealed = shape.seal(&self.pseudonyms, &self.blocks, &key);
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
    pub fn seal(&self, pseudonyms: &[u8], blocks: &[(u32, Vec<u8>)], key: &Secret) -> Vec<u8> {
        let mut directory = vec![code_of(self.kind)];
        directory.extend_from_slice(&self.rows.to_be_bytes());
        directory.extend_from_slice(&(self.features as u16).to_be_bytes());
        directory.extend_from_slice(&(blocks.len() as u32).to_be_bytes());
        for (rows, payload) in blocks {
            directory.extend_from_slice(&rows.to_be_bytes());
            directory.extend_from_slice(&(payload.len() as u32).to_be_bytes());
        }
        let mut sealed = MAGIC.to_vec();
        sealed.extend_from_slice(&self.id.0);
        sealed.extend_from_slice(&(directory.len() as u32).to_be_bytes());
        let seal = Seal::new(key, &sealed);
        sealed.extend(seal.seal(0, &directory));
        let length: usize = blocks
            .iter()
            .map(|(_, payload)| seal::sealed_length(payload.len()))
            .sum();
        sealed.reserve_exact(seal::sealed_length(pseudonyms.len()) + length);
        sealed.extend(seal.seal(1, pseudonyms));
        for ((_, payload), number) in blocks.iter().zip(2..) {
            sealed.extend(seal.seal(number, payload));
        }
        sealed
    }
}

/// The bytes of a block of predictions: bases, outcomes and codes by column, then the facts.
pub(super) fn predictions(mut columns: Vec<Vec<u16>>, facts: &[&[u8]]) -> Result<Vec<u8>, Error> {
    columns.push(facts.iter().map(|facts| facts.len() as u16).collect());
    let mut payload = Vec::new();
    for packed in columns
        .par_iter()
        .map(|column| pack(column))
        .collect::<Result<Vec<_>, _>>()?
    {
        put(&mut payload, &packed)?;
    }
    put(&mut payload, &compress(&facts.concat())?)?;
    Ok(payload)
}

/// The bytes of a block of events: their bodies, then the facts.
pub(super) fn happenings(bodies: &[u8], facts: &[&[u8]]) -> Result<Vec<u8>, Error> {
    let lengths: Vec<u16> = facts.iter().map(|facts| facts.len() as u16).collect();
    let mut payload = Vec::new();
    put(&mut payload, &pack(&lengths)?)?;
    put(&mut payload, &compress(bodies)?)?;
    put(&mut payload, &compress(&facts.concat())?)?;
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

/// Columns as rows, one behind the other.
fn by_row(columns: &[Vec<u16>], rows: usize) -> Vec<u16> {
    const PIECE: usize = 1024;
    let width = columns.len();
    let mut out = vec![0; rows * width];
    out.par_chunks_mut(PIECE * width.max(1))
        .enumerate()
        .for_each(|(piece, out)| {
            for (at, column) in columns.iter().enumerate() {
                let cells = &column[piece * PIECE..];
                for (row, cell) in out.chunks_exact_mut(width).zip(cells) {
                    row[at] = *cell;
                }
            }
        });
    out
}

/// Space that is used again for each row.
#[derive(Default)]
struct Scratch {
    bytes: Vec<u8>,
    features: Vec<u16>,
    terms: Vec<(u16, i32)>,
}

impl Scratch {
    /// Starts a leaf: `0x00 ‖ salt`.
    fn begin(&mut self, salt: &Salt) {
        self.bytes.clear();
        self.bytes.push(0);
        self.bytes.extend_from_slice(salt);
    }

    /// Appends the record of the row whose codes stand in `features`.
    fn prediction(
        &mut self,
        segment: &[u8; 16],
        row: u32,
        (pseudonym, basis, outcome, facts): (&[u8; 16], u8, u8, &[u8]),
        replay: Option<&dyn Replay>,
    ) -> Result<(), Error> {
        self.terms.clear();
        let log_odds = replay.map_or(0, |it| it.replay(&self.features, &mut self.terms));
        let score = if replay.is_some() {
            LogOdds(log_odds).score().ppm()
        } else {
            0
        };
        let fields = record::Row {
            pseudonym,
            basis,
            outcome,
            log_odds,
            score,
            terms: &self.terms,
            facts,
        };
        fields.write(
            segment,
            row,
            replay.map_or(&[], |it| it.widths()),
            &mut self.bytes,
        )
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
