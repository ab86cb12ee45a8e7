//! The salts of a segment's leaves: derived from one seed, and punctured so that an erased one cannot be.
//!
//! A GGM tree of fixed depth 20 (Goldreich, Goldwasser and Micali, 1986). What
//! is kept is a *frontier*: the seeds of the subtrees that hold no erased row.
//! At first it is the one seed at the top.

use std::fmt;

use zeroize::{Zeroize, ZeroizeOnDrop};

use super::error::Error;
use crate::digest::sha256_fixed;

/// Levels below the top seed: a segment has at most 2²⁰ rows.
pub const DEPTH: u32 = 20;

/// Bytes of a salt or a seed.
pub const LENGTH: usize = 16;

/// A salt, or the seed of a subtree of salts.
pub type Salt = [u8; LENGTH];

/// The seed of one subtree.
#[derive(PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
struct Subtree {
    level: u32,
    index: u32,
    seed: Salt,
}

impl Subtree {
    /// The rows under it: `first..end`.
    fn rows(&self) -> (u32, u32) {
        let under = DEPTH - self.level;
        (self.index << under, (self.index + 1) << under)
    }

    fn children(&self, segment: &[u8; 16]) -> (Self, Self) {
        let (left, right) = children(segment, &self.seed);
        let (level, index) = (self.level + 1, self.index * 2);
        (
            Self {
                level,
                index,
                seed: left,
            },
            Self {
                level,
                index: index + 1,
                seed: right,
            },
        )
    }
}

/// What the salts of a segment's live rows are derived from, in ascending order of rows.
#[derive(PartialEq, Eq)]
pub struct Frontier(Vec<Subtree>);

impl Frontier {
    /// Every salt of a segment, from its seed.
    #[must_use]
    pub fn whole(seed: Salt) -> Self {
        Self(vec![Subtree {
            level: 0,
            index: 0,
            seed,
        }])
    }

    /// The salt of `row`, unless it was erased.
    #[must_use]
    pub fn salt(&self, segment: &[u8; 16], row: u32) -> Option<Salt> {
        let mut salts = Vec::with_capacity(1);
        self.extend(segment, row, row.checked_add(1)?, &mut salts);
        salts.pop().map(|(_, salt)| salt)
    }

    /// Appends the salts of the live rows among `first..end`, ascending, each with its row.
    ///
    /// Costs one hash a row, and at most twenty more.
    pub fn extend(&self, segment: &[u8; 16], first: u32, end: u32, salts: &mut Vec<(u32, Salt)>) {
        let from = self.0.partition_point(|subtree| subtree.rows().1 <= first);
        for subtree in &self.0[from..] {
            let (low, high) = subtree.rows();
            if low >= end {
                return;
            }
            descend(segment, &subtree.seed, (low, high), (first, end), salts);
        }
    }

    /// The same salts but those of `erased` (ascending), for a segment of `rows` rows.
    #[must_use]
    pub fn without(&self, segment: &[u8; 16], rows: u32, erased: &[u32]) -> Self {
        let mut kept = Vec::new();
        for subtree in &self.0 {
            let copy = Subtree {
                level: subtree.level,
                index: subtree.index,
                seed: subtree.seed,
            };
            puncture(segment, copy, rows, erased, &mut kept);
        }
        Self(kept)
    }

    /// Whether no row was ever erased.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        matches!(self.0[..], [Subtree { level: 0, .. }])
    }

    /// Subtrees held.
    #[must_use]
    pub fn subtrees(&self) -> usize {
        self.0.len()
    }

    /// Level and index of each subtree, ascending.
    pub fn places(&self) -> impl Iterator<Item = (u32, u32)> + '_ {
        self.0.iter().map(|subtree| (subtree.level, subtree.index))
    }

    /// Appends the seeds, ascending. Which subtrees they are of follows from the erased rows.
    pub fn seeds(&self, out: &mut Vec<u8>) {
        for subtree in &self.0 {
            out.extend_from_slice(&subtree.seed);
        }
    }

    /// Reads what [`Frontier::seeds`] wrote, for a segment of `rows` rows of which `erased` (ascending) are gone.
    pub fn of_seeds(seeds: &[u8], rows: u32, erased: &[u32]) -> Result<Self, Error> {
        let (seeds, rest) = seeds.as_chunks::<LENGTH>();
        let mut shape = Vec::with_capacity(seeds.len());
        subtrees((0, 0), rows, erased, &mut shape);
        if !rest.is_empty() || shape.len() != seeds.len() {
            return Err(Error::Key(
                "not as many seeds of salts as its erased rows leave",
            ));
        }
        let subtree = |((level, index), seed): ((u32, u32), &Salt)| Subtree {
            level,
            index,
            seed: *seed,
        };
        Ok(Self(shape.into_iter().zip(seeds).map(subtree).collect()))
    }
}

impl fmt::Debug for Frontier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Frontier({} subtrees)", self.0.len())
    }
}

fn children(segment: &[u8; 16], seed: &Salt) -> (Salt, Salt) {
    let mut block = [0; 48];
    block[..16].copy_from_slice(b"probant/ggm/v1\0\0");
    block[16..32].copy_from_slice(segment);
    block[32..].copy_from_slice(seed);
    let digest = sha256_fixed::<48, 1>(&block);
    let (mut left, mut right) = ([0; LENGTH], [0; LENGTH]);
    left.copy_from_slice(&digest[..16]);
    right.copy_from_slice(&digest[16..]);
    (left, right)
}

fn descend(
    segment: &[u8; 16],
    seed: &Salt,
    (low, high): (u32, u32),
    wanted: (u32, u32),
    salts: &mut Vec<(u32, Salt)>,
) {
    if low >= wanted.1 || high <= wanted.0 {
        return;
    }
    if high - low == 1 {
        salts.push((low, *seed));
        return;
    }
    let (left, right) = children(segment, seed);
    let middle = low + (high - low) / 2;
    descend(segment, &left, (low, middle), wanted, salts);
    descend(segment, &right, (middle, high), wanted, salts);
}

/// The largest subtrees (level, index) under one of them that hold no erased row, for a segment of `rows` rows.
fn subtrees((level, index): (u32, u32), rows: u32, erased: &[u32], found: &mut Vec<(u32, u32)>) {
    let under = DEPTH - level;
    let (low, high) = (index << under, (index + 1) << under);
    if low >= rows {
        return;
    }
    let here = &erased
        [erased.partition_point(|row| *row < low)..erased.partition_point(|row| *row < high)];
    if here.is_empty() {
        found.push((level, index));
    } else if level < DEPTH {
        subtrees((level + 1, index * 2), rows, here, found);
        subtrees((level + 1, index * 2 + 1), rows, here, found);
    }
}

fn puncture(
    segment: &[u8; 16],
    subtree: Subtree,
    rows: u32,
    erased: &[u32],
    kept: &mut Vec<Subtree>,
) {
    let (low, high) = subtree.rows();
    if low >= rows {
        return;
    }
    let here = &erased
        [erased.partition_point(|row| *row < low)..erased.partition_point(|row| *row < high)];
    if here.is_empty() {
        kept.push(subtree);
    } else if subtree.level < DEPTH {
        let (left, right) = subtree.children(segment);
        puncture(segment, left, rows, here, kept);
        puncture(segment, right, rows, here, kept);
    }
}
