//! Rows of segments, each with the hash of its leaf: what is left of the erased, and what is to be erased or restricted.
//!
//! A hash keeps the segment's root computable; the salt that went into it is
//! gone, so that nobody can test a guess against it.

use super::error::Error;
use super::text::{EventId, SegmentId};
use super::tree::Hash;
use crate::digest::sha256;

/// Bytes of a row and the hash of its leaf.
const ROW: usize = 36;

/// Rows of one segment, ascending, each with the hash of its leaf.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Leaves(Vec<(u32, Hash)>);

impl Leaves {
    /// Rows in ascending order; `None` if they are not.
    #[must_use]
    pub fn of(rows: Vec<(u32, Hash)>) -> Option<Self> {
        rows.windows(2)
            .all(|pair| pair[0].0 < pair[1].0)
            .then_some(Self(rows))
    }

    /// The rows and their hashes.
    #[must_use]
    pub fn pairs(&self) -> &[(u32, Hash)] {
        &self.0
    }

    /// The rows.
    #[must_use]
    pub fn rows(&self) -> Vec<u32> {
        self.0.iter().map(|(row, _)| *row).collect()
    }

    /// The hash of the leaf that stood at `row`.
    #[must_use]
    pub fn hash(&self, row: u32) -> Option<Hash> {
        let at = self.0.binary_search_by_key(&row, |(row, _)| *row).ok()?;
        Some(self.0[at].1)
    }

    /// What an entry says of them: `SHA-256(concat(u32 row ‖ leaf hash))`.
    #[must_use]
    pub fn sum(&self) -> Hash {
        let mut bytes = Vec::with_capacity(self.0.len() * ROW);
        self.write(&mut bytes);
        sha256(&[&bytes])
    }

    fn write(&self, out: &mut Vec<u8>) {
        for (row, hash) in &self.0 {
            out.extend_from_slice(&row.to_be_bytes());
            out.extend_from_slice(hash);
        }
    }

    fn read(from: &mut Bytes, count: u32) -> Result<Self, Error> {
        if count == 0 || from.0.len() / ROW < count as usize {
            return Err(Error::Rows("it does not hold the rows that it counts"));
        }
        let mut rows = Vec::with_capacity(count as usize);
        for _ in 0..count {
            rows.push((from.u32()?, from.take()?));
        }
        Self::of(rows).ok_or(Error::Rows("its rows do not ascend"))
    }
}

/// The rows of one segment that are erased, by the entry that erased them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Erased {
    /// The number of the `erase` entry, ascending, and its rows.
    pub blocks: Vec<(u64, Leaves)>,
}

impl Erased {
    /// All rows of all entries.
    #[must_use]
    pub fn leaves(&self) -> Leaves {
        let mut all: Vec<(u32, Hash)> = self
            .blocks
            .iter()
            .flat_map(|(_, leaves)| leaves.0.iter().copied())
            .collect();
        all.sort_unstable();
        Leaves(all)
    }

    /// All rows of all entries, each with the number of its entry and the hash of its leaf; ascending.
    #[must_use]
    pub fn by_row(&self) -> Vec<(u32, u64, Hash)> {
        let of = |(entry, leaves): &(u64, Leaves)| {
            let entry = *entry;
            let rows = leaves.0.iter();
            rows.map(move |(row, hash)| (*row, entry, *hash))
                .collect::<Vec<_>>()
        };
        let mut all: Vec<(u32, u64, Hash)> = self.blocks.iter().flat_map(of).collect();
        all.sort_unstable();
        all
    }

    /// The file's bytes: per entry, its number u64 ‖ count u32 ‖ (row u32 ‖ leaf hash)….
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for (entry, leaves) in &self.blocks {
            out.extend_from_slice(&entry.to_be_bytes());
            out.extend_from_slice(&(leaves.0.len() as u32).to_be_bytes());
            leaves.write(&mut out);
        }
        out
    }

    /// Reads a file, exactly as [`Erased::encode`] writes it, of a segment of `rows` rows.
    pub fn decode(bytes: &[u8], rows: u32) -> Result<Self, Error> {
        let mut from = Bytes(bytes);
        let mut blocks: Vec<(u64, Leaves)> = Vec::new();
        while !from.0.is_empty() {
            let entry = u64::from_be_bytes(from.take()?);
            let count = from.u32()?;
            if blocks.last().is_some_and(|(last, _)| *last >= entry) {
                return Err(Error::Rows("its entries do not ascend"));
            }
            blocks.push((entry, Leaves::read(&mut from, count)?));
        }
        let erased = Self { blocks };
        let all = erased.leaves();
        if all.0.windows(2).any(|pair| pair[0].0 == pair[1].0) {
            return Err(Error::Rows("a row is erased twice"));
        }
        if all.0.last().is_none_or(|(last, _)| *last >= rows) {
            return Err(Error::Rows("a row that its segment does not hold, or none"));
        }
        Ok(erased)
    }
}

/// Rows of several segments that one act is about: an erasure under way, or a restriction in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The act.
    pub event: EventId,
    /// Rows by segment, segments ascending.
    pub rows: Vec<(SegmentId, Leaves)>,
}

const MAGIC: &[u8; 8] = b"PBROWS\0\x01";

impl Listed {
    /// The file's bytes: magic ‖ event 16 ‖ per segment, id 16 ‖ count u32 ‖ (row u32 ‖ leaf hash)….
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = MAGIC.to_vec();
        out.extend_from_slice(&self.event.0);
        for (segment, leaves) in &self.rows {
            out.extend_from_slice(&segment.0);
            out.extend_from_slice(&(leaves.0.len() as u32).to_be_bytes());
            leaves.write(&mut out);
        }
        out
    }

    /// Reads a file, exactly as [`Listed::encode`] writes it.
    pub fn decode(bytes: &[u8]) -> Result<Self, Error> {
        let mut from = Bytes(bytes);
        if from.take::<8>()? != *MAGIC {
            return Err(Error::Rows(
                "it does not start as a list of rows of version 1",
            ));
        }
        let event = EventId(from.take()?);
        let mut rows: Vec<(SegmentId, Leaves)> = Vec::new();
        while !from.0.is_empty() {
            let segment = SegmentId(from.take()?);
            let count = from.u32()?;
            if rows.last().is_some_and(|(last, _)| *last >= segment) {
                return Err(Error::Rows("its segments do not ascend"));
            }
            rows.push((segment, Leaves::read(&mut from, count)?));
        }
        Ok(Self { event, rows })
    }
}

/// Bytes still to be read.
struct Bytes<'a>(&'a [u8]);

impl Bytes<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let (head, rest) = self
            .0
            .split_first_chunk::<N>()
            .ok_or(Error::Rows("it is cut short"))?;
        self.0 = rest;
        Ok(*head)
    }

    fn u32(&mut self) -> Result<u32, Error> {
        Ok(u32::from_be_bytes(self.take()?))
    }
}
