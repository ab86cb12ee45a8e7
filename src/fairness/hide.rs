//! Which figures may be shown, so that neither they nor what they leave over tell of fewer than `k` people.
//!
//! A share says how many have something and how many have not, so each of these is a count of people. Totals are known: a
//! run's counts are printed, and so whoever subtracts what is shown from them learns of what is not. Therefore whatever
//! is hidden must together be fit to be told as if it were one group; while it is not, one more group is hidden that
//! could have been shown.

/// Whether a count tells of nobody or of enough.
#[must_use]
pub fn is_safe(count: u64, k: u64) -> bool {
    count == 0 || count >= k
}

/// Whether it may be told how many of some people have something: they who have and they who have not are enough. That
/// all have it or none says something of each of them, and is told of at least twice as many: of fewer no other share
/// could be told, and telling this one alone would make silence speak too.
#[must_use]
pub fn is_split_safe(part: u64, rest: u64, k: u64) -> bool {
    match (part, rest) {
        (0, all) | (all, 0) => all == 0 || all >= 2 * k,
        _ => part >= k && rest >= k,
    }
}

/// Which of the groups may be shown apart: those that `may`, less those, taken in `order`, that are hidden so that the
/// counts of the hidden ones together are `fit` to be told.
#[must_use]
pub fn shown(
    cells: &[Vec<u64>],
    order: &[usize],
    may: &dyn Fn(usize) -> bool,
    fit: &dyn Fn(&[u64]) -> bool,
) -> Vec<bool> {
    let mut shown: Vec<bool> = (0..cells.len()).map(may).collect();
    let width = cells.first().map_or(0, Vec::len);
    for &next in order {
        let mut hidden = vec![0; width];
        for (cell, _) in cells.iter().zip(&shown).filter(|(_, shown)| !**shown) {
            for (sum, count) in hidden.iter_mut().zip(cell) {
                *sum += count;
            }
        }
        if fit(&hidden) {
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
        let fit = |sum: &[u64]| is_safe(sum[0], 20);
        shown(&cells, order, &|at| sizes[at] >= 20, &fit)
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
        let (mut state, mut told) = (1u64, 0);
        for _ in 0..2_000 {
            let mut size = || {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1);
                (state >> 33) % 60
            };
            let cells: Vec<Vec<u64>> = (0..5).map(|_| vec![size(), size()]).collect();
            let fit = |sum: &[u64]| is_split_safe(sum[0], sum[1], 20);
            let shown = shown(&cells, &[4, 3, 2, 1, 0], &|at| fit(&cells[at]), &fit);
            if !shown.contains(&true) {
                continue;
            }
            told += 1;
            let hidden = |count: usize| -> u64 {
                let hidden = cells.iter().zip(&shown).filter(|it| !*it.1);
                hidden.map(|it| it.0[count]).sum()
            };
            let (part, rest) = (hidden(0), hidden(1));
            for count in [part, rest] {
                assert!(count == 0 || count >= 20, "{cells:?} {shown:?}");
            }
            let one_sided = (part == 0) != (rest == 0);
            assert!(!one_sided || part + rest >= 40, "{cells:?} {shown:?}");
        }
        assert!(told > 500, "{told}");
    }

    #[test]
    fn nobody_and_everybody_are_told_of_twice_as_many() {
        assert!(is_split_safe(0, 0, 20) && is_split_safe(20, 20, 20));
        assert!(!is_split_safe(0, 39, 20) && !is_split_safe(39, 0, 20));
        assert!(is_split_safe(0, 40, 20) && is_split_safe(40, 0, 20));
        assert!(!is_split_safe(19, 400, 20) && !is_split_safe(400, 1, 20));
    }
}
