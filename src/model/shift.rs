//! What another model makes of the same leads: who would change band, how far scores move, and groups that move alike.
//!
//! No figure stands for fewer than `k` people, and none can be reckoned from
//! the others: [`Shifts::matrix`] hides what would tell. A group is everybody
//! who shares what it is described by, never one lead.

use super::document::Model;
use super::matched::Matched;

/// Where one range of differences ends and the next begins, in parts per million of score.
pub const EDGES: [i32; 8] = [
    -200_000, -100_000, -50_000, -10_000, 10_000, 50_000, 100_000, 200_000,
];

/// Leads that are remembered of either direction, to find groups by.
const FAR: usize = 20;

/// The most that a group is described by.
const SHARED: usize = 6;

/// Groups that are shown of either direction.
const SHOWN: usize = 3;

/// The same leads as two models score them; columns of codes by term.
#[derive(Clone, Copy, Debug)]
pub struct Sides<'a> {
    /// Each term's codes in the old model.
    pub old: &'a [Vec<u16>],
    /// In the new one.
    pub new: &'a [Vec<u16>],
    /// Log-odds in units of 2⁻²⁰, old and new.
    pub log_odds: &'a [(i32, i32)],
    /// Scores in parts per million, old and new.
    pub scores: &'a [(u32, u32)],
    /// Positions of the bands, old and new.
    pub bands: &'a [(u8, u8)],
}

/// How leads move from one model to another.
#[derive(Clone, Debug)]
pub struct Shifts {
    k: u64,
    leads: u64,
    matrix: Vec<Vec<u64>>,
    ranges: [u64; EDGES.len() + 1],
    up: Vec<Far>,
    down: Vec<Far>,
}

/// A lead that moved far: a place to look for a group at.
#[derive(Clone, Debug)]
struct Far {
    difference: i64,
    old: Vec<u16>,
    new: Vec<u16>,
}

impl Shifts {
    /// No lead yet, of so many bands.
    #[must_use]
    pub fn new(bands: usize, k: u64) -> Self {
        Self {
            k,
            leads: 0,
            matrix: vec![vec![0; bands]; bands],
            ranges: [0; EDGES.len() + 1],
            up: Vec::new(),
            down: Vec::new(),
        }
    }

    /// Counts some leads.
    pub fn take(&mut self, sides: Sides<'_>) {
        self.leads += sides.log_odds.len() as u64;
        for (old, new) in sides.bands {
            self.matrix[usize::from(*old)][usize::from(*new)] += 1;
        }
        for (old, new) in sides.scores {
            let moved = *new as i32 - *old as i32;
            self.ranges[EDGES.partition_point(|edge| *edge <= moved)] += 1;
        }
        for (row, (old, new)) in sides.log_odds.iter().enumerate() {
            let difference = i64::from(*new) - i64::from(*old);
            let list = if difference < 0 {
                &mut self.down
            } else {
                &mut self.up
            };
            let least = list.last().map_or(0, |it| it.difference.abs());
            if difference == 0 || (list.len() == FAR && difference.abs() <= least) {
                continue;
            }
            let at = list.partition_point(|it| it.difference.abs() >= difference.abs());
            let of = |codes: &[Vec<u16>]| codes.iter().map(|column| column[row]).collect();
            let far = Far {
                difference,
                old: of(sides.old),
                new: of(sides.new),
            };
            list.insert(at, far);
            list.truncate(FAR);
        }
    }

    /// Leads counted.
    #[must_use]
    pub fn leads(&self) -> u64 {
        self.leads
    }

    /// How many go from which band to which; none where it would be fewer than `k`, or tell a count that is.
    #[must_use]
    pub fn matrix(&self) -> Vec<Vec<Option<u64>>> {
        hidden(&self.matrix, self.k)
    }

    /// How many scores moved by how much, by the ranges between [`EDGES`]; hidden in the same way.
    #[must_use]
    pub fn ranges(&self) -> Vec<Option<u64>> {
        hidden(&[self.ranges.to_vec()], self.k).concat()
    }

    /// Places to look for groups at, to be counted over the same leads once more.
    #[must_use]
    pub fn groups(&self, terms: &[Matched], (old, new): (&Model, &Model)) -> Groups {
        let mut found: Vec<Group> = Vec::new();
        for far in self.up.iter().chain(&self.down) {
            let group = Group::of(far, terms, (old, new));
            if !group.shared.is_empty() && found.iter().all(|it| it.shared != group.shared) {
                found.push(group);
            }
        }
        Groups { found, k: self.k }
    }
}

/// What a group shares: a term's codes in both models, and what they differ by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shared {
    /// The term, by its position among the matched.
    pub term: usize,
    /// Its code in the old model.
    pub old: Option<u16>,
    /// Its code in the new one.
    pub new: Option<u16>,
    /// The new entry less the old one, in units of 2⁻²⁰.
    pub difference: i64,
}

/// Leads that share the codes of some terms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// What they share, what moves them most first.
    pub shared: Vec<Shared>,
    /// How many share the first so many and not the next; then all.
    leads: Vec<u64>,
    /// The sum of their differences.
    sums: Vec<i64>,
    /// Where each shared term stands in the two models.
    places: Vec<(Option<usize>, Option<usize>)>,
}

/// A group of at least `k` leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    /// What they share.
    pub shared: Vec<Shared>,
    /// How many they are.
    pub leads: u64,
    /// The sum of what each of them moved, in units of 2⁻²⁰.
    pub moved: i64,
}

/// Groups while they are counted.
#[derive(Clone, Debug)]
pub struct Groups {
    found: Vec<Group>,
    k: u64,
}

impl Group {
    fn of(far: &Far, terms: &[Matched], (old, new): (&Model, &Model)) -> Self {
        let entry = |model: &Model, term: usize, code: u16| {
            i64::from(model.tables()[term][usize::from(code)].0)
        };
        let mut shared: Vec<Shared> = Vec::new();
        for (term, it) in terms.iter().enumerate() {
            let was = it.old.map(|at| far.old[at]);
            let is = it.new.map(|at| far.new[at]);
            let from = it.old.zip(was).map_or(0, |(at, code)| entry(old, at, code));
            let to = it.new.zip(is).map_or(0, |(at, code)| entry(new, at, code));
            shared.push(Shared {
                term,
                old: was,
                new: is,
                difference: to - from,
            });
        }
        shared.retain(|it| it.difference != 0);
        shared.sort_by_key(|it| std::cmp::Reverse(it.difference.abs()));
        shared.truncate(SHARED);
        let places = shared
            .iter()
            .map(|it| (terms[it.term].old, terms[it.term].new));
        Self {
            places: places.collect(),
            leads: vec![0; shared.len() + 1],
            sums: vec![0; shared.len() + 1],
            shared,
        }
    }

    fn take(&mut self, sides: Sides<'_>, row: usize) {
        let is = |columns: &[Vec<u16>], at: Option<usize>, code: Option<u16>| {
            at.map(|at| columns[at][row]) == code
        };
        let both = self.shared.iter().zip(&self.places);
        let common = both
            .take_while(|(it, (old, new))| {
                is(sides.old, *old, it.old) && is(sides.new, *new, it.new)
            })
            .count();
        let (old, new) = sides.log_odds[row];
        self.leads[common] += 1;
        self.sums[common] += i64::from(new) - i64::from(old);
    }

    /// The group of whoever shares as much as `k` people do; none where not even the first is shared by so many.
    fn counted(&self, k: u64) -> Option<Counted> {
        let (mut leads, mut moved) = (0, 0);
        for common in (1..self.leads.len()).rev() {
            leads += self.leads[common];
            moved += self.sums[common];
            if leads >= k {
                return Some(Counted {
                    shared: self.shared[..common].to_vec(),
                    leads,
                    moved,
                });
            }
        }
        None
    }
}

impl Groups {
    /// Counts some leads, which must be those that [`Shifts::take`] counted.
    pub fn take(&mut self, sides: Sides<'_>) {
        for group in &mut self.found {
            for row in 0..sides.log_odds.len() {
                group.take(sides, row);
            }
        }
    }

    /// The groups that move most, up and then down; no two of them hold the same lead, so that none can be taken from
    /// another.
    #[must_use]
    pub fn counted(&self) -> Vec<Counted> {
        let mut all: Vec<Counted> = self
            .found
            .iter()
            .filter_map(|it| it.counted(self.k))
            .collect();
        // By the mean, compared without a division.
        all.sort_by(|a, b| {
            let mean = |a: &Counted, b: &Counted| i128::from(a.moved.abs()) * i128::from(b.leads);
            mean(b, a).cmp(&mean(a, b))
        });
        let mut kept: Vec<Counted> = Vec::new();
        for is_up in [true, false] {
            let mut shown = 0;
            for group in all
                .iter()
                .filter(|it| (it.moved > 0) == is_up && it.moved != 0)
            {
                if shown < SHOWN && kept.iter().all(|it| apart(it, group)) {
                    kept.push(group.clone());
                    shown += 1;
                }
            }
        }
        kept
    }
}

/// Whether no lead is in both: they differ in a term that both name.
fn apart(a: &Counted, b: &Counted) -> bool {
    let differs = |x: &Shared| {
        let same = b.shared.iter().find(|y| y.term == x.term);
        same.is_some_and(|y| (x.old, x.new) != (y.old, y.new))
    };
    a.shared.iter().any(differs)
}

/// Counts with what must not be told left out: those under `k`, and as many more of their row, of their column and of all
/// as it takes that what is left out of each is `k` people at least.
fn hidden(counts: &[Vec<u64>], k: u64) -> Vec<Vec<Option<u64>>> {
    let is_small = |count: u64| count > 0 && count < k;
    let mut out: Vec<Vec<bool>> = counts
        .iter()
        .map(|row| row.iter().map(|&count| is_small(count)).collect())
        .collect();
    let columns = counts.first().map_or(0, Vec::len);
    let rows = (0..counts.len()).map(|row| (0..columns).map(|at| (row, at)).collect());
    let down = (0..columns).map(|at| (0..counts.len()).map(|row| (row, at)).collect());
    // The sum of all is told as well.
    let all = (0..counts.len()).flat_map(|row| (0..columns).map(move |at| (row, at)));
    let mut lines: Vec<Vec<(usize, usize)>> = rows.collect();
    if counts.len() > 1 {
        lines.extend(down);
        lines.push(all.collect());
    }
    loop {
        let mut changed = false;
        for line in &lines {
            let left_out = line.iter().filter(|(row, at)| out[*row][*at]);
            let sum: u64 = left_out.map(|(row, at)| counts[*row][*at]).sum();
            if sum == 0 || sum >= k {
                continue;
            }
            let rest = line
                .iter()
                .filter(|(row, at)| !out[*row][*at] && counts[*row][*at] > 0);
            if let Some(&(row, at)) = rest.min_by_key(|(row, at)| counts[*row][*at]) {
                out[row][at] = true;
                changed = true;
            }
        }
        if !changed {
            break;
        }
    }
    let shown = |(counts, out): (&Vec<u64>, &Vec<bool>)| {
        let cells = counts.iter().zip(out);
        cells.map(|(count, out)| (!out).then_some(*count)).collect()
    };
    counts.iter().zip(&out).map(shown).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_count_under_k_can_be_reckoned_from_the_sums_of_its_row_its_column_and_all(
            counts in prop::collection::vec(prop::collection::vec(0..60u64, 4), 4),
        ) {
            let k = 20;
            let shown = hidden(&counts, k);
            let all: Vec<(usize, usize)> = (0..4).flat_map(|a| (0..4).map(move |b| (a, b))).collect();
            let line = |of: &dyn Fn(usize, usize) -> bool| {
                let cells: Vec<_> = all.iter().filter(|(a, b)| of(*a, *b)).collect();
                let out: Vec<u64> = cells.iter().filter(|(a, b)| shown[*a][*b].is_none())
                    .map(|(a, b)| counts[*a][*b]).collect();
                let told: u64 = cells.iter().filter_map(|(a, b)| shown[*a][*b]).sum();
                (out, told)
            };
            for at in 0..4 {
                for (out, told) in [line(&|a, _| a == at), line(&|_, b| b == at), line(&|_, _| true)] {
                    let sum: u64 = out.iter().sum();
                    // Nobody is left out, or so many; or whatever there is of the line is left out.
                    prop_assert!(sum == 0 || sum >= k || told == 0, "{counts:?} {shown:?}");
                }
            }
            for (a, b) in all {
                prop_assert!(shown[a][b].is_none_or(|it| it == counts[a][b] && (it == 0 || it >= k)));
            }
        }
    }
}
