//! Who stands behind the rows, and how they are dealt into folds: one person, one fold.
//!
//! People are ordered by their key, never by their place in the file, so a
//! shuffled file gives the same folds.

use rayon::prelude::*;

/// The person of each row, as a rank among all keys, and where time is known, when each came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct People {
    /// By row.
    person: Vec<u32>,
    /// How many there are.
    count: u32,
    /// By person: the day of the latest row, or its position in a file that is in order of time.
    time: Option<Vec<i64>>,
}

impl People {
    /// From each row's key and, where there is one, its time.
    #[must_use]
    pub fn new(keys: &[[u8; 32]], time: Option<&[i64]>) -> Self {
        // The first bytes beside the row: only keys that share them are looked up.
        let first = |key: &[u8; 32]| u64::from_be_bytes(key[..8].try_into().expect("eight bytes"));
        let rows = keys.par_iter().enumerate();
        let mut order: Vec<(u64, u32)> = rows.map(|(row, key)| (first(key), row as u32)).collect();
        order.par_sort_unstable_by(|x, y| {
            let whole = || keys[x.1 as usize].cmp(&keys[y.1 as usize]);
            x.0.cmp(&y.0).then_with(whole)
        });
        let mut person = vec![0; keys.len()];
        let mut count = 0u32;
        for (at, &(first, row)) in order.iter().enumerate() {
            if at > 0 {
                let (first_before, before) = order[at - 1];
                let another = first_before != first || keys[before as usize] != keys[row as usize];
                count += u32::from(another);
            }
            person[row as usize] = count;
        }
        count += u32::from(!keys.is_empty());
        let time = time.map(|time| {
            let mut latest = vec![i64::MIN; count as usize];
            for (&person, &time) in person.iter().zip(time) {
                latest[person as usize] = latest[person as usize].max(time);
            }
            latest
        });
        Self {
            person,
            count,
            time,
        }
    }

    /// Whether time is known.
    #[must_use]
    pub fn timed(&self) -> bool {
        self.time.is_some()
    }

    /// The person of a row.
    #[must_use]
    pub fn of(&self, row: u32) -> u32 {
        self.person[row as usize]
    }

    /// Deals these rows' people, sorted by (outcome, key), into `folds`; the fold of each row.
    #[must_use]
    pub fn deal(&self, rows: &[u32], outcome: &[bool], folds: u32) -> Vec<u32> {
        const ABSENT: u8 = 2;
        let mut won = vec![ABSENT; self.count as usize];
        for (&row, &outcome) in rows.iter().zip(outcome) {
            let person = &mut won[self.person[row as usize] as usize];
            *person = if *person == ABSENT {
                u8::from(outcome)
            } else {
                *person | u8::from(outcome)
            };
        }
        let mut fold = vec![0; self.count as usize];
        let mut dealt = 0;
        for class in [1, 0] {
            for person in (0..self.count as usize).filter(|&person| won[person] == class) {
                fold[person] = dealt % folds;
                dealt += 1;
            }
        }
        rows.iter()
            .map(|&row| fold[self.person[row as usize] as usize])
            .collect()
    }

    /// Deals these rows' people by time into `blocks` of nearly equal counts, the earliest first; the
    /// block of each row. People of one day stay together.
    ///
    /// # Panics
    /// If time is not known.
    #[must_use]
    pub fn blocks(&self, rows: &[u32], blocks: u32) -> Vec<u32> {
        let time = self.time.as_ref().expect("asked only where time is known");
        let mut times: Vec<i64> = rows
            .iter()
            .map(|&row| time[self.person[row as usize] as usize])
            .collect();
        let by_row = times.clone();
        times.sort_unstable();
        let block = |at: i64| {
            let from = times.partition_point(|&other| other < at);
            let to = times.partition_point(|&other| other <= at);
            // The middle of the day decides where the whole of it goes.
            ((from + to) as u64 * u64::from(blocks) / (2 * times.len() as u64))
                .min(u64::from(blocks) - 1) as u32
        };
        by_row.into_iter().map(block).collect()
    }

    /// These rows in an order of their people that time or the file has no part in: by a mix of their keys'
    /// ranks, the outcomes spread evenly.
    #[must_use]
    pub fn spread(&self, rows: &[u32], outcome: &[bool]) -> Vec<u32> {
        let mut classes: [Vec<u32>; 2] = [Vec::new(), Vec::new()];
        for (at, &won) in outcome.iter().enumerate() {
            classes[usize::from(won)].push(at as u32);
        }
        let mut placed: Vec<(f64, u32, u32)> = Vec::with_capacity(rows.len());
        for class in &mut classes {
            class.sort_by_key(|&at| self.person[rows[at as usize] as usize]);
            let size = class.len() as f64;
            placed.extend(class.iter().enumerate().map(|(i, &at)| {
                (
                    (i as f64 + 0.5) / size,
                    self.person[rows[at as usize] as usize],
                    at,
                )
            }));
        }
        placed.sort_by(|x, y| x.0.total_cmp(&y.0).then((x.1, x.2).cmp(&(y.1, y.2))));
        placed.into_iter().map(|(_, _, at)| at).collect()
    }
}
