//! The Merkle tree of RFC 6962: how one hash vouches for a whole list, and how a short path proves one item of it.
//!
//! The main log and every segment are such a tree. Functions that make proofs
//! recurse as the RFC defines them; functions that check proofs walk the path
//! as RFC 9162 §2.1.3.2 does, so that a mistake in one is not repeated in the other.

use crate::digest::{sha256, sha256_fixed};

/// A SHA-256 value of the tree.
pub type Hash = [u8; 32];

/// The hash of a leaf: `SHA-256(0x00 ‖ parts)`.
#[must_use]
pub fn leaf(parts: &[&[u8]]) -> Hash {
    let mut all: Vec<&[u8]> = Vec::with_capacity(parts.len() + 1);
    all.push(&[0]);
    all.extend_from_slice(parts);
    sha256(&all)
}

/// The hash of an inner node: `SHA-256(0x01 ‖ left ‖ right)`.
#[must_use]
pub fn node(left: &Hash, right: &Hash) -> Hash {
    let mut block = [1; 65];
    block[1..33].copy_from_slice(left);
    block[33..].copy_from_slice(right);
    sha256_fixed::<65, 2>(&block)
}

/// The largest power of two below `n`, for `n` of at least 2.
fn split(n: usize) -> usize {
    1 << (usize::BITS - 1 - (n - 1).leading_zeros())
}

/// The root of the tree over `leaves`; of none, the hash of nothing.
#[must_use]
pub fn root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => sha256(&[]),
        [one] => *one,
        _ => {
            let (left, right) = leaves.split_at(split(leaves.len()));
            node(&root(left), &root(right))
        }
    }
}

/// The path that proves leaf `index`, from the leaf up (RFC 6962 §2.1.1).
#[must_use]
pub fn inclusion(leaves: &[Hash], index: usize) -> Vec<Hash> {
    if leaves.len() < 2 {
        return Vec::new();
    }
    let k = split(leaves.len());
    let (left, right) = leaves.split_at(k);
    let (mut path, beside) = if index < k {
        (inclusion(left, index), root(right))
    } else {
        (inclusion(right, index - k), root(left))
    };
    path.push(beside);
    path
}

/// The proof that the tree over the first `old` leaves is a prefix of this one (RFC 6962 §2.1.2).
#[must_use]
pub fn consistency(leaves: &[Hash], old: usize) -> Vec<Hash> {
    if old == 0 || old >= leaves.len() {
        Vec::new()
    } else {
        subproof(leaves, old, true)
    }
}

fn subproof(leaves: &[Hash], old: usize, whole: bool) -> Vec<Hash> {
    if old == leaves.len() {
        return if whole {
            Vec::new()
        } else {
            vec![root(leaves)]
        };
    }
    let k = split(leaves.len());
    let (left, right) = leaves.split_at(k);
    let (mut proof, beside) = if old <= k {
        (subproof(left, old, whole), root(right))
    } else {
        (subproof(right, old - k, false), root(left))
    };
    proof.push(beside);
    proof
}

/// Whether `path` proves that `leaf` is number `index` of the `size` leaves under `root`.
#[must_use]
pub fn includes(root: &Hash, size: u64, index: u64, leaf: &Hash, path: &[Hash]) -> bool {
    if index >= size {
        return false;
    }
    let (mut at, mut last, mut hash) = (index, size - 1, *leaf);
    for beside in path {
        if last == 0 {
            return false;
        }
        if at & 1 == 1 || at == last {
            hash = node(beside, &hash);
            while at & 1 == 0 && at != 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            hash = node(&hash, beside);
        }
        at >>= 1;
        last >>= 1;
    }
    last == 0 && hash == *root
}

/// Whether `proof` shows that the tree of `old_size` leaves is a prefix of the tree of `size` leaves.
///
/// Nothing can be shown about an empty old tree: `old_size = 0` is refused.
#[must_use]
pub fn extends(old_root: &Hash, old_size: u64, root: &Hash, size: u64, proof: &[Hash]) -> bool {
    if old_size == 0 || old_size > size {
        return false;
    }
    if old_size == size {
        return proof.is_empty() && old_root == root;
    }
    // A complete old tree is its own first node, and the proof leaves it out.
    let mut proof = proof.iter();
    let seed = if old_size.is_power_of_two() {
        Some(old_root)
    } else {
        proof.next()
    };
    let Some(seed) = seed else { return false };
    let (mut at, mut last) = (old_size - 1, size - 1);
    while at & 1 == 1 {
        at >>= 1;
        last >>= 1;
    }
    let (mut old_hash, mut hash) = (*seed, *seed);
    for beside in proof {
        if last == 0 {
            return false;
        }
        if at & 1 == 1 || at == last {
            old_hash = node(beside, &old_hash);
            hash = node(beside, &hash);
            while at & 1 == 0 && at != 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            hash = node(&hash, beside);
        }
        at >>= 1;
        last >>= 1;
    }
    last == 0 && old_hash == *old_root && hash == *root
}

/// The right edge of a tree that grows: its complete subtrees, largest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edge {
    size: u64,
    peaks: Vec<Hash>,
}

impl Edge {
    /// Takes the next leaf.
    pub fn push(&mut self, leaf: Hash) {
        let mut hash = leaf;
        for _ in 0..self.size.trailing_ones() {
            let left = self
                .peaks
                .pop()
                .expect("a tree has one peak for each bit of its size");
            hash = node(&left, &hash);
        }
        self.peaks.push(hash);
        self.size += 1;
    }

    /// Leaves taken.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The root over all leaves taken.
    #[must_use]
    pub fn root(&self) -> Hash {
        let mut peaks = self.peaks.iter().rev();
        match peaks.next() {
            None => sha256(&[]),
            Some(last) => peaks.fold(*last, |right, left| node(left, &right)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_right_edge_has_the_root_of_the_whole_tree() {
        let leaves: Vec<Hash> = (0..70_u8).map(|i| leaf(&[&[i]])).collect();
        let mut edge = Edge::default();
        for n in 0..=leaves.len() {
            assert_eq!(edge.root(), root(&leaves[..n]), "{n} leaves");
            if let Some(next) = leaves.get(n) {
                edge.push(*next);
            }
        }
    }
}
