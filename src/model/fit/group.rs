//! Several terms under one code, so that a pass over the rows looks up, sums and cross-tabulates once for all of them.
//!
//! A flag, a device and a rare form together have fewer codes than one number
//! has bins. What is summed by a group's codes is handed back to its terms.

use std::sync::Arc;

use rayon::prelude::*;

use super::coded::Coding;
use crate::features::Codes;

/// The most codes of a group of several terms, where there are rows enough: the cross-tabulation of two such stays in
/// the cache next to the processor.
const MOST: usize = 128;

/// Rows that one task codes.
const CHUNK: usize = 1 << 14;

/// Terms that share a code.
#[derive(Clone, Debug)]
pub struct Group {
    /// The terms.
    pub members: Vec<Member>,
    /// How many codes there are.
    pub size: usize,
    /// One code per row: the sum of the members' codes, each times its stride.
    pub codes: Arc<Codes>,
}

/// A term of a group.
#[derive(Clone, Copy, Debug)]
pub struct Member {
    /// Its position.
    pub term: usize,
    stride: usize,
    /// The codes of it that some row may hold.
    pub size: usize,
}

impl Member {
    /// The term's code in a code of the group.
    pub fn code(&self, code: usize) -> usize {
        code / self.stride % self.size
    }
}

impl Group {
    /// Groups the terms that have parameters.
    pub fn all(terms: &[Coding], rows: usize) -> Vec<Self> {
        // Where there are few rows, large tables would cost more than the rows.
        let most = (rows.isqrt() / 4).min(MOST);
        let mut sizes: Vec<(usize, usize)> = terms
            .par_iter()
            .enumerate()
            .filter(|(_, term)| term.basis.columns() > 0)
            .map(|(at, term)| {
                (
                    term.codes.most().map_or(1, |most| usize::from(most) + 1),
                    at,
                )
            })
            .collect();
        sizes.sort_unstable_by_key(|&(size, at)| (usize::MAX - size, at));
        let mut groups: Vec<(Vec<Member>, usize)> = Vec::new();
        for (size, term) in sizes {
            let stride = match groups.iter().position(|(_, held)| held * size <= most) {
                Some(at) => {
                    let stride = groups[at].1;
                    groups[at].0.push(Member { term, stride, size });
                    groups[at].1 *= size;
                    continue;
                }
                None => 1,
            };
            groups.push((vec![Member { term, stride, size }], size));
        }
        let coded = groups.into_par_iter().map(|(members, size)| Self {
            codes: together(&members, terms, rows),
            members,
            size,
        });
        coded.collect()
    }

    /// The sum of the members' entries, by the group's codes.
    pub fn table(&self, tables: &[Vec<f64>]) -> Vec<f64> {
        let entry = |code| {
            let entries = self.members.iter().map(|it| tables[it.term][it.code(code)]);
            entries.sum()
        };
        (0..self.size).map(entry).collect()
    }

    /// Adds sums by the group's codes to those by its members' codes.
    pub fn hand_back(&self, sums: &[i64], by_term: &mut [Vec<i64>]) {
        for member in &self.members {
            let to = &mut by_term[member.term];
            for (code, sum) in sums.iter().enumerate() {
                to[member.code(code)] += sum;
            }
        }
    }
}

/// The group's codes; a term alone lends its own.
fn together(members: &[Member], terms: &[Coding], rows: usize) -> Arc<Codes> {
    if let [alone] = members {
        return Arc::clone(&terms[alone.term].codes);
    }
    let mut codes = vec![0u8; rows]; // `MOST` codes at most
    codes
        .par_chunks_mut(CHUNK)
        .enumerate()
        .for_each(|(chunk, codes)| {
            let from = chunk * CHUNK;
            for member in members {
                let stride = member.stride as u8;
                match &*terms[member.term].codes {
                    Codes::Narrow(own) => codes
                        .iter_mut()
                        .zip(&own[from..])
                        .for_each(|(code, own)| *code += own * stride),
                    Codes::Wide(own) => codes
                        .iter_mut()
                        .zip(&own[from..])
                        .for_each(|(code, &own)| *code += own as u8 * stride),
                }
            }
        });
    Arc::new(Codes::Narrow(codes))
}
