//! Rows on their way into a segment, and the shuffle that hides in which order they came.

use super::error::Error;
use super::forms;
use crate::form::Filing;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{RngCore as _, SeedableRng as _};

/// The most rows of a block.
pub const BLOCK: usize = 1 << 16;

/// One block of predictions or refusals in input order, column by column; at most 65,536 rows.
#[derive(Clone, Copy, Debug)]
pub struct Block<'a> {
    /// Whom each row is about.
    pub pseudonyms: &'a [[u8; 16]],
    /// Legal bases, by the heading's table.
    pub basis: &'a [u8],
    /// Outcomes, by the heading's table.
    pub outcomes: &'a [u8],
    /// One slice for each feature, in the schema's order; none for refusals.
    pub codes: &'a [&'a [u16]],
    /// Facts as `key=value` lines, for each row; or of no row when none has any.
    pub facts: &'a Filing,
}

impl Block<'_> {
    /// Rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.pseudonyms.len()
    }

    /// Whether the columns are of one length, and the facts are facts.
    pub(super) fn check(&self, features: usize) -> Result<(), Error> {
        let rows = self.rows();
        if rows > BLOCK {
            return Err(Error::Block("more than 65536 rows"));
        }
        if self.codes.len() != features {
            return Err(Error::Block(
                "not as many columns of codes as the model has features",
            ));
        }
        let even = self.basis.len() == rows
            && self.outcomes.len() == rows
            && self.codes.iter().all(|column| column.len() == rows)
            && (self.facts.rows.is_empty() || self.facts.rows.len() == rows);
        if !even {
            return Err(Error::Block("columns of different lengths"));
        }
        forms::check(self.facts)
    }
}

/// A permutation of `0..rows` by a seed that is not kept: place `j` takes input row `order[j]`.
///
/// Fisher and Yates, on the `ChaCha20` key stream, without bias (Lemire's rejection).
#[must_use]
pub fn shuffle(seed: [u8; 32], rows: usize) -> Vec<u32> {
    let mut stream = ChaCha20Rng::from_seed(seed);
    let mut order: Vec<u32> = (0..rows as u32).collect();
    for last in (1..rows).rev() {
        order.swap(last, below(&mut stream, last as u32 + 1) as usize);
    }
    order
}

/// A number below `bound`, each equally likely.
fn below(stream: &mut ChaCha20Rng, bound: u32) -> u32 {
    let reject = bound.wrapping_neg() % bound;
    loop {
        let wide = u64::from(stream.next_u32()) * u64::from(bound);
        if wide as u32 >= reject {
            return (wide >> 32) as u32;
        }
    }
}
