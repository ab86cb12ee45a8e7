//! A sealed segment read back: only what is asked for is opened.
//!
//! The caller reads ranges of the file and hands them in, so that finding a
//! person opens the pseudonyms only, and proving a record one block.

use std::ops::Range;

use super::Replay;
use super::block::BLOCK;
use super::column::{decompress, unpack};
use super::error::Error;
use super::forms::{self, Kept};
use super::key::SegmentKey;
use super::record::{Facts, Prediction, Term};
use super::salt::{Frontier, Salt};
use super::seal::{self, Seal};
use super::segment::{BODY, CHUNK_ROWS, HEAD, MAGIC, ROWS, code_of};
use super::text::{SegmentId, SegmentKind};
use crate::odds::LogOdds;
use rayon::prelude::*;

/// A sealed segment that its key opened.
pub struct Opened {
    id: SegmentId,
    seal: Seal,
    frontier: Frontier,
    kind: SegmentKind,
    rows: u32,
    /// Rows that are erased, ascending.
    gaps: Vec<u32>,
    features: usize,
    /// First row of each block, and how many rows it was written with.
    blocks: Vec<(u32, u32)>,
    /// Where the pseudonyms, then each block, stand in the file.
    ranges: Vec<Range<usize>>,
}

/// The columns of one block of a segment, but the pseudonyms; a place for each row that is not erased.
#[derive(Debug)]
pub struct Columns {
    /// Legal bases.
    pub basis: Vec<u16>,
    /// Outcomes.
    pub outcomes: Vec<u16>,
    /// One for each feature.
    pub codes: Vec<Vec<u16>>,
    /// Facts.
    pub facts: Kept,
    /// Bodies of events.
    pub bodies: Vec<u8>,
}

impl Columns {
    /// Places.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.facts.rows()
    }
}

/// How many bytes of the file [`Opened::of`] needs, from its first [`HEAD`] bytes.
pub fn opening(head: &[u8]) -> Result<usize, Error> {
    let head: &[u8; HEAD] = head
        .get(..HEAD)
        .and_then(|head| head.try_into().ok())
        .ok_or(Error::Segment("it is cut short"))?;
    if head[..8] != *MAGIC {
        return Err(Error::Segment(
            "it does not start as a segment of version 1",
        ));
    }
    let directory = u32::from_be_bytes([head[24], head[25], head[26], head[27]]) as usize;
    if directory > 1 << 24 {
        return Err(Error::Segment("a directory larger than any segment's"));
    }
    Ok(HEAD + seal::sealed_length(directory))
}

impl Opened {
    /// Opens a segment by the first [`opening`] bytes of its file; `gaps` are its erased rows, ascending.
    pub fn of(start: &[u8], id: SegmentId, key: SegmentKey, gaps: Vec<u32>) -> Result<Self, Error> {
        let length = opening(start)?;
        let start = start
            .get(..length)
            .ok_or(Error::Segment("it is cut short"))?;
        let (head, sealed) = start.split_at(HEAD);
        if head[8..24] != id.0 {
            return Err(Error::Segment("another segment's file"));
        }
        let seal = Seal::new(&key.key, head);
        let directory = seal.open(0, sealed)?;
        let wrong = Error::Segment("its directory is malformed");
        let (fixed, list) = directory.split_first_chunk::<11>().ok_or(wrong.clone())?;
        let kind = [
            SegmentKind::Proposals,
            SegmentKind::Refusals,
            SegmentKind::Events,
        ]
        .into_iter()
        .find(|kind| code_of(*kind) == fixed[0])
        .ok_or(wrong.clone())?;
        let number = |bytes: &[u8]| {
            bytes
                .iter()
                .fold(0_u32, |n, byte| n << 8 | u32::from(*byte))
        };
        let (rows, features, count) = (
            number(&fixed[1..5]),
            number(&fixed[5..7]) as usize,
            number(&fixed[7..11]),
        );
        if gaps.last().is_some_and(|last| *last >= rows) {
            return Err(Error::Segment("more rows are erased than it holds"));
        }
        let live = rows as usize - gaps.len();
        let (mut blocks, mut lengths, mut first) = (Vec::new(), vec![live * 16], 0_u32);
        for block in list.chunks(8) {
            let (Some(rows), Some(plain)) = (block.get(..4), block.get(4..8)) else {
                return Err(wrong);
            };
            blocks.push((first, number(rows)));
            lengths.push(number(plain) as usize);
            first = first.checked_add(number(rows)).ok_or(wrong.clone())?;
        }
        let oversized = blocks.iter().any(|(_, rows)| *rows as usize > BLOCK);
        let strange = features != 0 && kind != SegmentKind::Proposals;
        if first != rows || blocks.len() != count as usize || rows > ROWS || oversized || strange {
            return Err(wrong);
        }
        let ranges = seal::ranges(length, lengths);
        Ok(Self {
            id,
            seal,
            frontier: key.frontier,
            kind,
            rows,
            gaps,
            features,
            blocks,
            ranges,
        })
    }

    /// Its name.
    #[must_use]
    pub fn id(&self) -> SegmentId {
        self.id
    }

    /// Leaves, those of erased rows included.
    #[must_use]
    pub fn rows(&self) -> u32 {
        self.rows
    }

    /// What its records are.
    #[must_use]
    pub fn kind(&self) -> SegmentKind {
        self.kind
    }

    /// Feature codes of each row.
    #[must_use]
    pub fn features(&self) -> usize {
        self.features
    }

    /// The length of the whole file.
    #[must_use]
    pub fn length(&self) -> usize {
        self.ranges.last().map_or(0, |range| range.end)
    }

    /// Where the sealed pseudonyms stand in the file.
    #[must_use]
    pub fn pseudonyms_at(&self) -> Range<usize> {
        self.ranges[0].clone()
    }

    /// What the salts of its rows derive from.
    #[must_use]
    pub fn frontier(&self) -> &Frontier {
        &self.frontier
    }

    /// The rows that are erased, ascending.
    #[must_use]
    pub fn gaps(&self) -> &[u32] {
        &self.gaps
    }

    /// Rows that are not erased.
    #[must_use]
    pub fn live(&self) -> usize {
        self.rows as usize - self.gaps.len()
    }

    /// How many rows before `row` are not erased: the place of its pseudonym.
    #[must_use]
    pub fn place(&self, row: u32) -> usize {
        row as usize - self.gaps.partition_point(|gap| *gap < row)
    }

    /// The rows that are not erased, ascending.
    pub fn live_rows(&self) -> impl Iterator<Item = u32> + '_ {
        let mut gaps = self.gaps.iter().peekable();
        (0..self.rows).filter(move |row| gaps.next_if_eq(&row).is_none())
    }

    /// The pseudonyms of all rows that are not erased, 16 bytes each.
    pub fn pseudonyms(&self, sealed: &[u8]) -> Result<Vec<u8>, Error> {
        let plain = self.seal.open(1, sealed)?;
        if plain.len() == self.live() * 16 {
            Ok(plain)
        } else {
            Err(Error::Segment("pseudonyms are missing"))
        }
    }

    /// Sealed chunks of pseudonyms, of [`CHUNK_ROWS`] rows each but the last.
    #[must_use]
    pub fn pseudonym_chunks(&self) -> usize {
        self.live().div_ceil(CHUNK_ROWS).max(1)
    }

    /// Where the sealed chunks `chunks` of pseudonyms stand in the file.
    #[must_use]
    pub fn pseudonym_chunks_at(&self, chunks: Range<usize>) -> Range<usize> {
        let all = self.pseudonyms_at();
        let at = |chunk: usize| all.end.min(all.start + chunk * (seal::CHUNK + seal::TAG));
        at(chunks.start)..at(chunks.end)
    }

    /// The pseudonyms of the sealed chunks from number `first` on.
    pub fn pseudonyms_of_chunks(&self, first: usize, sealed: &[u8]) -> Result<Vec<u8>, Error> {
        let last = self.pseudonym_chunks() - 1;
        let open = |(chunk, at): (&[u8], usize)| self.seal.open_chunk(1, at, at == last, chunk);
        let chunks: Vec<(&[u8], usize)> = sealed
            .chunks(seal::CHUNK + seal::TAG)
            .zip(first..)
            .collect();
        let plain: Result<Vec<Vec<u8>>, Error> = chunks.into_par_iter().map(open).collect();
        Ok(plain?.concat())
    }

    /// Blocks, as (first row, rows), erased ones included.
    #[must_use]
    pub fn blocks(&self) -> &[(u32, u32)] {
        &self.blocks
    }

    /// The block that holds `row`.
    #[must_use]
    pub fn block_of(&self, row: u32) -> Option<usize> {
        self.blocks
            .iter()
            .position(|(first, rows)| (*first..first + rows).contains(&row))
    }

    /// Where a sealed block stands in the file.
    #[must_use]
    pub fn block_at(&self, block: usize) -> Range<usize> {
        self.ranges[block + 1].clone()
    }

    /// The bytes of a block, as they were sealed.
    pub fn payload(&self, block: usize, sealed: &[u8]) -> Result<Vec<u8>, Error> {
        self.seal.open(block as u32 + 2, sealed)
    }

    /// The outcomes of a block, and nothing else of it; none where it is of events.
    pub fn outcomes(&self, block: usize, sealed: &[u8]) -> Result<Vec<u16>, Error> {
        if self.kind == SegmentKind::Events {
            return Ok(Vec::new());
        }
        let payload = self.payload(block, sealed)?;
        let (first, rows) = self.blocks[block];
        let mut rest = payload.as_slice();
        get(&mut rest)?;
        unpack(
            get(&mut rest)?,
            self.place(first + rows) - self.place(first),
        )
    }

    /// The outcomes and the codes of each feature of a block, and nothing else of it.
    pub fn codes(&self, block: usize, sealed: &[u8]) -> Result<(Vec<u16>, Vec<Vec<u16>>), Error> {
        let payload = self.payload(block, sealed)?;
        let (first, rows) = self.blocks[block];
        let rows = self.place(first + rows) - self.place(first);
        let mut rest = payload.as_slice();
        get(&mut rest)?;
        let outcomes = unpack(get(&mut rest)?, rows)?;
        let packed = (0..self.features).map(|_| get(&mut rest));
        let packed: Vec<&[u8]> = packed.collect::<Result<_, _>>()?;
        let codes = packed.into_par_iter().map(|column| unpack(column, rows));
        Ok((outcomes, codes.collect::<Result<_, _>>()?))
    }

    /// The columns of a block.
    pub fn columns(&self, block: usize, sealed: &[u8]) -> Result<Columns, Error> {
        let payload = self.payload(block, sealed)?;
        let (first, rows) = self.blocks[block];
        let rows = self.place(first + rows) - self.place(first);
        let mut rest = payload.as_slice();
        let (mut basis, mut outcomes, mut codes, mut bodies) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        if self.kind == SegmentKind::Events {
            let lengths = unpack(get(&mut rest)?, rows)?;
            bodies = decompress(get(&mut rest)?, rows * BODY)?;
            let facts = forms::of_lines(&lengths, get(&mut rest)?)?;
            ended(rest)?;
            return Ok(Columns {
                basis,
                outcomes,
                codes,
                facts,
                bodies,
            });
        }
        basis.extend(unpack(get(&mut rest)?, rows)?);
        outcomes.extend(unpack(get(&mut rest)?, rows)?);
        for _ in 0..self.features {
            codes.push(unpack(get(&mut rest)?, rows)?);
        }
        let facts = forms::read(|| get(&mut rest), rows)?;
        ended(rest)?;
        if basis.iter().chain(&outcomes).any(|code| *code > 255) {
            return Err(Error::Segment("a basis or outcome above 255"));
        }
        bodies.shrink_to_fit();
        Ok(Columns {
            basis,
            outcomes,
            codes,
            facts,
            bodies,
        })
    }

    /// The salts of those rows of `first..end` that are not erased, with their rows.
    #[must_use]
    pub fn salts(&self, first: u32, end: u32) -> Vec<(u32, Salt)> {
        let mut salts = Vec::with_capacity((end - first) as usize);
        self.frontier.extend(&self.id.0, first, end, &mut salts);
        salts
    }

    /// The prediction of `row`, which stands at place `at` of `columns`, replayed.
    pub fn prediction(
        &self,
        columns: &Columns,
        (at, row): (usize, u32),
        pseudonym: [u8; 16],
        replay: Option<&dyn Replay>,
    ) -> Result<Prediction, Error> {
        let codes: Vec<u16> = columns.codes.iter().map(|column| column[at]).collect();
        let mut terms = Vec::new();
        let log_odds = replay.map_or(0, |it| it.replay(&codes, &mut terms));
        Ok(Prediction {
            segment: self.id.0,
            row,
            pseudonym,
            basis: columns.basis[at] as u8,
            outcome: columns.outcomes[at] as u8,
            log_odds,
            score: if replay.is_some() {
                LogOdds(log_odds).score().ppm()
            } else {
                0
            },
            terms: terms
                .into_iter()
                .map(|(code, contribution)| Term { code, contribution })
                .collect(),
            facts: Facts::parse(&columns.facts.of(at))?,
        })
    }

    /// The bytes of the event of `row`, which stands at place `at` of `columns`.
    #[must_use]
    pub fn event(
        &self,
        columns: &Columns,
        (at, row): (usize, u32),
        pseudonym: &[u8; 16],
    ) -> Vec<u8> {
        let body = &columns.bodies[at * BODY..(at + 1) * BODY];
        let facts = columns.facts.of(at);
        [
            b"PBE1".as_slice(),
            &self.id.0,
            &row.to_be_bytes(),
            &body[..17],
            pseudonym,
            &body[17..],
            &(facts.len() as u16).to_be_bytes(),
            &facts,
        ]
        .concat()
    }
}

fn get<'a>(rest: &mut &'a [u8]) -> Result<&'a [u8], Error> {
    let wrong = Error::Segment("a block is cut short");
    let (length, after) = rest.split_first_chunk::<4>().ok_or(wrong.clone())?;
    let (column, after) = after
        .split_at_checked(u32::from_be_bytes(*length) as usize)
        .ok_or(wrong)?;
    *rest = after;
    Ok(column)
}

/// Nothing stands behind the last column.
fn ended(rest: &[u8]) -> Result<(), Error> {
    if rest.is_empty() {
        Ok(())
    } else {
        Err(Error::Segment("a block has more columns than its kind"))
    }
}
