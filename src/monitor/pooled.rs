//! Cells joined until none stands for fewer than `k` people, and none can be found by subtraction.
//!
//! The total is published as well, so a cell that is left out alone would be
//! the difference. Whoever is hidden is therefore hidden among at least `k`.

/// A cell, or several together: how many before, and how many now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell<T> {
    /// What it is made of.
    pub of: Vec<T>,
    /// In the training, or in the window before.
    pub before: u64,
    /// In the window.
    pub now: u64,
}

impl<T> Cell<T> {
    /// Takes in another cell.
    pub fn with(&mut self, mut other: Self) {
        self.of.append(&mut other.of);
        self.before += other.before;
        self.now += other.now;
    }
}

/// Who must be numerous for a cell to be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The people of the window: the training's are published with its model.
    Now,
    /// Both.
    Both,
}

impl Side {
    fn is_shy<T>(self, cell: &Cell<T>, k: u64) -> bool {
        let small = |count: u64| (1..k).contains(&count);
        small(cell.now) || (self == Self::Both && small(cell.before))
    }
}

/// The cells that may be shown, in their order, and all the others as one.
#[must_use]
pub fn pool<T>(cells: Vec<Cell<T>>, side: Side, k: u64) -> (Vec<Cell<T>>, Option<Cell<T>>) {
    let (shy, mut shown): (Vec<_>, Vec<_>) =
        cells.into_iter().partition(|cell| side.is_shy(cell, k));
    let mut pooled: Option<Cell<T>> = None;
    for cell in shy {
        match &mut pooled {
            Some(pooled) => pooled.with(cell),
            None => pooled = Some(cell),
        }
    }
    while let Some(hidden) = pooled.as_mut().filter(|it| side.is_shy(it, k)) {
        let size = |cell: &Cell<T>| match side {
            Side::Now => cell.now,
            Side::Both => cell.before + cell.now,
        };
        let held = shown.iter().enumerate().filter(|(_, it)| size(it) > 0);
        let Some((smallest, _)) = held.min_by_key(|(_, it)| size(it)) else {
            return (Vec::new(), None); // nobody may be shown at all
        };
        hidden.with(shown.remove(smallest));
    }
    (shown, pooled)
}

/// Neighbours joined, in their order, until each may be shown.
#[must_use]
pub fn join<T>(cells: Vec<Cell<T>>, side: Side, k: u64) -> Vec<Cell<T>> {
    let mut joined: Vec<Cell<T>> = Vec::new();
    for cell in cells {
        match joined.last_mut() {
            Some(last) if side.is_shy(last, k) => last.with(cell),
            _ => joined.push(cell),
        }
    }
    // An empty neighbour hides nobody: on to the next.
    while joined.len() > 1 && joined.last().is_some_and(|last| side.is_shy(last, k)) {
        let last = joined.pop().expect("there are two");
        joined.last_mut().expect("one is left").with(last);
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_last_cell_is_not_joined_to_an_empty_one_alone() {
        let cell = |now| Cell {
            of: vec![now],
            before: 0,
            now,
        };
        let joined = join(vec![cell(21), cell(0), cell(1)], Side::Now, 2);
        assert_eq!(joined.len(), 1);
        assert_eq!(joined[0].now, 22);
    }

    proptest! {
        #[test]
        fn nobody_is_shown_among_too_few_or_found_by_subtraction(
            counts in prop::collection::vec((0_u64..60, 0_u64..60), 0..12),
            k in 1_u64..25,
            both: bool,
        ) {
            let side = if both { Side::Both } else { Side::Now };
            let cells: Vec<Cell<usize>> = counts
                .iter()
                .enumerate()
                .map(|(at, &(before, now))| Cell { of: vec![at], before, now })
                .collect();
            let total = |cells: &[Cell<usize>]| cells.iter().map(|it| it.now).sum::<u64>();
            let all = total(&cells);
            let joined = join(cells.clone(), side, k);
            prop_assert_eq!(total(&joined), all);
            let order: Vec<usize> = joined.iter().flat_map(|it| it.of.clone()).collect();
            prop_assert_eq!(order, (0..counts.len()).collect::<Vec<_>>());
            prop_assert!(joined.len() < 2 || joined.iter().all(|it| !side.is_shy(it, k)));
            let (shown, pooled) = pool(cells, side, k);
            prop_assert!(shown.iter().chain(&pooled).all(|it| !side.is_shy(it, k)));
            let rest = all - total(&shown);
            prop_assert!(shown.is_empty() || rest == 0 || rest >= k);
        }
    }
}
