//! The salts of a segment's leaves: derived from one seed, and punctured so that an erased one cannot be.
//!
//! A GGM tree of fixed depth 20 (Goldreich, Goldwasser and Micali, 1986). What
//! is kept is a *frontier*: the seeds of the subtrees that hold no erased row.
//! At first it is the one seed at the top.

use std::fmt;

use zeroize::{Zeroize, ZeroizeOnDrop};

use super::error::Error;
use crate::digest::sha256;

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

    /// The bytes kept in the wrapped-key file: per subtree, level u8, index u32, seed.
    pub fn encode(&self, out: &mut Vec<u8>) {
        for subtree in &self.0 {
            out.push(subtree.level as u8);
            out.extend_from_slice(&subtree.index.to_be_bytes());
            out.extend_from_slice(&subtree.seed);
        }
    }

    /// Subtrees held.
    #[must_use]
    pub fn subtrees(&self) -> usize {
        self.0.len()
    }

    /// Reads what [`Frontier::encode`] wrote; subtrees ascend and do not overlap.
    pub fn decode(bytes: &[u8]) -> Result<Self, Error> {
        let mut subtrees = Vec::with_capacity(bytes.len() / 21);
        let mut free_from = 0;
        for piece in bytes.chunks(21) {
            let [level, index @ ..] = piece else {
                return Err(Error::Key("empty subtree"));
            };
            let (Some(index), Some(seed)) = (
                index.first_chunk::<4>(),
                index.get(4..).and_then(|s| s.try_into().ok()),
            ) else {
                return Err(Error::Key("a subtree of salts is cut short"));
            };
            let (level, index) = (u32::from(*level), u32::from_be_bytes(*index));
            if level > DEPTH || index >= 1 << level {
                return Err(Error::Key("a subtree of salts lies outside the tree"));
            }
            let subtree = Subtree { level, index, seed };
            let (low, high) = subtree.rows();
            if low < free_from {
                return Err(Error::Key("subtrees of salts overlap"));
            }
            free_from = high;
            subtrees.push(subtree);
        }
        Ok(Self(subtrees))
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
    let digest = sha256(&[&block]);
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
