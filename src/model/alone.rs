//! Who stands alone: people whose codes, taken together, nobody else has.
//!
//! A cell is one combination of codes over the features. Whoever is alone in
//! theirs is singled out by what the model reads, however coarse each code is
//! on its own. Dropping a feature merges cells, so it can only lower the
//! count. Only counts leave this room; a person with several rows counts once.

use std::sync::Arc;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore as _, SeedableRng as _};
use rayon::prelude::*;

use super::people::People;
use crate::features::Codes;

/// Rows that are sorted at a time: what a count needs beside 16 bytes a row is bounded by it.
const AT_ONCE: usize = 1 << 22;

/// Seeds the marks of codes. No count depends on it but by a collision of 96 bits.
const SEED: u64 = 0x616c_6f6e_6500_0001;

/// Bits of a mark that are left to the person.
const PERSON: u32 = u32::BITS;

/// Rows by the cell that they fall in.
pub(crate) struct Cells<'a> {
    codes: &'a [Arc<Codes>],
    /// By feature and code, 96 random bits over 32 of zero.
    marks: Vec<Vec<u128>>,
    /// By row, its codes' marks, over the person.
    rows: Vec<u128>,
    /// One more than the greatest person.
    persons: usize,
    people: u64,
}

impl<'a> Cells<'a> {
    /// The cells of these rows, one code per row and feature.
    pub fn new(codes: &'a [Arc<Codes>], rows: &[u32], people: &People) -> Self {
        let marks: Vec<Vec<u128>> = codes.iter().zip(0..).map(drawn).collect();
        let rows: Vec<u128> = rows
            .par_iter()
            .enumerate()
            .map(|(at, &row)| {
                let each = codes.iter().zip(&marks);
                each.fold(u128::from(people.of(row)), |mark, (codes, marks)| {
                    mark ^ marks[usize::from(codes.at(at))]
                })
            })
            .collect();
        let persons = rows.par_iter().map(|&row| person(row) + 1).max();
        let persons = persons.unwrap_or(0);
        let mut met = Met::new(persons);
        for &row in &rows {
            met.meet(person(row));
        }
        Self {
            codes,
            marks,
            rows,
            persons,
            people: met.count(),
        }
    }

    /// People in all.
    pub fn people(&self) -> u64 {
        self.people
    }

    /// Features that make the cells.
    pub fn features(&self) -> usize {
        self.codes.len()
    }

    /// Codes that a feature may hold.
    pub fn codes(&self, feature: usize) -> usize {
        self.marks[feature].len()
    }

    /// People of whom some row has its cell to themselves, where these features, each named once, are not
    /// looked at.
    pub fn alone(&self, without: &[usize]) -> u64 {
        self.counted(without, AT_ONCE)
    }

    fn counted(&self, without: &[usize], at_once: usize) -> u64 {
        let parts = self.rows.len().div_ceil(at_once).max(1) as u64;
        let mut met = Met::new(self.persons);
        let mut held: Vec<u128> = Vec::new();
        for part in 0..parts {
            let seen = self.rows.par_iter().enumerate().map(|(at, &row)| {
                without.iter().fold(row, |row, &feature| {
                    row ^ self.marks[feature][usize::from(self.codes[feature].at(at))]
                })
            });
            held.clear();
            if parts == 1 {
                held.par_extend(seen);
            } else {
                // Equal marks fall in one part, whichever it is.
                held.par_extend(seen.filter(|row| ((row >> 96) as u64 * parts) >> 32 == part));
            }
            held.par_sort_unstable();
            for cell in held.chunk_by(|a, b| a >> PERSON == b >> PERSON) {
                // In a cell, rows stand in the order of their people.
                let (first, last) = (person(cell[0]), person(cell[cell.len() - 1]));
                if first == last {
                    met.meet(first);
                }
            }
        }
        met.count()
    }
}

fn person(row: u128) -> usize {
    row as u32 as usize
}

/// A mark for each code that a feature may hold.
fn drawn((codes, feature): (&Arc<Codes>, u64)) -> Vec<u128> {
    let mut random = ChaCha8Rng::seed_from_u64(SEED);
    random.set_stream(feature);
    let mark = |_| {
        let (high, low) = (random.next_u64(), random.next_u32());
        u128::from(high) << 64 | u128::from(low) << PERSON
    };
    (0..=codes.most().unwrap_or(0)).map(mark).collect()
}

/// Who was met, each once: a bit for each person.
struct Met(Vec<u64>);

impl Met {
    fn new(persons: usize) -> Self {
        Self(vec![0; persons.div_ceil(64)])
    }

    fn meet(&mut self, person: usize) {
        self.0[person / 64] |= 1 << (person % 64);
    }

    fn count(&self) -> u64 {
        self.0.iter().map(|bits| u64::from(bits.count_ones())).sum()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::prelude::*;

    use super::*;

    /// The same by definition: every cell with the people in it.
    fn slowly(table: &[Vec<u8>], persons: &[u8], without: &[usize]) -> u64 {
        let mut cells: BTreeMap<Vec<u8>, BTreeSet<u8>> = BTreeMap::new();
        for (row, &person) in persons.iter().enumerate() {
            let kept = (0..table.len()).filter(|at| !without.contains(at));
            let cell = kept.map(|at| table[at][row]).collect();
            cells.entry(cell).or_default().insert(person);
        }
        let alone = cells.values().filter(|people| people.len() == 1);
        alone.flatten().collect::<BTreeSet<_>>().len() as u64
    }

    fn cells(table: &[Vec<u8>]) -> Vec<Arc<Codes>> {
        let narrow = |codes: &Vec<u8>| Arc::new(Codes::Narrow(codes.clone()));
        table.iter().map(narrow).collect()
    }

    fn people(persons: &[u8]) -> People {
        let keys: Vec<[u8; 32]> = persons.iter().map(|&it| [it; 32]).collect();
        People::new(&keys, None)
    }

    proptest! {
        #[test]
        fn whoever_shares_a_cell_with_nobody_else_is_counted_once(
            rows in prop::collection::vec((0..4u8, 0..3u8, 0..3u8, 0..40u8), 1..60),
        ) {
            let persons: Vec<u8> = rows.iter().map(|row| row.3).collect();
            let table = vec![
                rows.iter().map(|row| row.0).collect::<Vec<_>>(),
                rows.iter().map(|row| row.1).collect(),
                rows.iter().map(|row| row.2).collect(),
            ];
            let (codes, all) = (cells(&table), (0..rows.len() as u32).collect::<Vec<_>>());
            let cells = Cells::new(&codes, &all, &people(&persons));
            prop_assert_eq!(cells.people(), persons.iter().collect::<BTreeSet<_>>().len() as u64);
            for without in [&[][..], &[0], &[1], &[2], &[0, 2], &[0, 1, 2]] {
                let expected = slowly(&table, &persons, without);
                prop_assert_eq!(cells.alone(without), expected);
                // However few rows are sorted at a time.
                prop_assert_eq!(cells.counted(without, 7), expected);
            }
        }

        #[test]
        fn nobody_becomes_alone_by_a_feature_that_is_dropped(
            rows in prop::collection::vec((0..4u8, 0..3u8, 0..3u8, 0..40u8), 1..60),
        ) {
            let persons: Vec<u8> = rows.iter().map(|row| row.3).collect();
            let codes = cells(&[
                rows.iter().map(|row| row.0).collect::<Vec<_>>(),
                rows.iter().map(|row| row.1).collect(),
                rows.iter().map(|row| row.2).collect(),
            ]);
            let all: Vec<u32> = (0..rows.len() as u32).collect();
            let cells = Cells::new(&codes, &all, &people(&persons));
            for one in 0..3 {
                prop_assert!(cells.alone(&[one]) <= cells.alone(&[]));
                for other in (0..3).filter(|other| *other != one) {
                    prop_assert!(cells.alone(&[one, other]) <= cells.alone(&[one]));
                }
            }
        }
    }
}
