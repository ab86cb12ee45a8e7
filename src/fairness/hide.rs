//! Which figures may be shown, so that neither they nor what they leave over tell of fewer than `k` people.
//!
//! Totals are known: a run's counts are printed, and so whoever subtracts what is shown from them learns of what
//! is not. Therefore everything that is hidden must together be nobody or at least `k` people, in each count; while it
//! is not, one more cell is hidden that could have been shown. A count of which nothing is shown gives nothing away.

/// Whether a count tells of nobody or of enough.
#[must_use]
pub fn is_safe(count: u64, k: u64) -> bool {
    count == 0 || count >= k
}

/// Which of the cells may be shown apart: those that `may`, less those, taken in `order`, that are hidden so that the
/// hidden ones together are none or enough in each of their counts.
#[must_use]
pub fn shown(
    cells: &[Vec<u64>],
    order: &[usize],
    k: u64,
    may: &dyn Fn(usize) -> bool,
) -> Vec<bool> {
    let mut shown: Vec<bool> = (0..cells.len()).map(may).collect();
    let widths = cells.first().map_or(0, Vec::len);
    for &next in order {
        let sum = |count: usize, of: bool| -> u64 {
            let cells = cells.iter().zip(&shown).filter(|(_, shown)| **shown == of);
            cells.map(|(cell, _)| cell[count]).sum()
        };
        if (0..widths).all(|count| is_safe(sum(count, false), k) || sum(count, true) == 0) {
            break;
        }
        shown[next] = false;
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    fn apart(sizes: &[u64], order: &[usize]) -> Vec<bool> {
        let cells: Vec<Vec<u64>> = sizes.iter().map(|&size| vec![size]).collect();
        shown(&cells, order, 20, &|at| sizes[at] >= 20)
    }

    #[test]
    fn a_hidden_group_is_never_alone_with_what_the_total_gives_away() {
        // One group of 3: whoever knows the total would know it, so the next smallest joins it.
        assert_eq!(apart(&[300, 290, 3], &[2, 1, 0]), [true, false, false]);
        // Two that are 20 together hide each other.
        assert_eq!(
            apart(&[300, 290, 9, 11], &[2, 3, 1, 0]),
            [true, true, false, false]
        );
        // Nobody is hidden where everybody is many.
        assert_eq!(apart(&[300, 20], &[1, 0]), [true, true]);
        // Nobody is shown where everybody is few.
        assert_eq!(apart(&[9, 8], &[1, 0]), [false, false]);
    }

    #[test]
    fn whatever_the_sizes_no_difference_of_shown_counts_is_under_k() {
        let mut state = 1u64;
        for _ in 0..2_000 {
            let mut size = || {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1);
                (state >> 33) % 60
            };
            let cells: Vec<Vec<u64>> = (0..5).map(|_| vec![size(), size()]).collect();
            let order = [4, 3, 2, 1, 0];
            let may = |at: usize| cells[at][0] >= 20 && is_safe(cells[at][1], 20);
            let shown = shown(&cells, &order, 20, &may);
            for count in 0..2 {
                let all: u64 = cells.iter().map(|it| it[count]).sum();
                let told = cells.iter().zip(&shown).filter(|it| *it.1);
                let told: u64 = told.map(|it| it.0[count]).sum();
                assert!(is_safe(all - told, 20) || told == 0, "{cells:?} {shown:?}");
            }
        }
    }
}
