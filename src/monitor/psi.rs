//! The population stability index: how far one distribution lies from another.
//!
//! PSI = Σ (w − t) · ln(w / t) over cells, with t and w the shares of the
//! training and of the window. Under 0.10 it is usually called stable, from
//! 0.25 on shifted (N. Siddiqi, *Credit Risk Scorecards*, 2006).
//!
//! **Empty cells.** A cell that is empty on both sides says nothing and is left
//! out. One that is empty on one side counts there as half a row: the share
//! ½ / rows, and the other shares stay as they are.
//!
//! **Chance.** Two samples of one population differ as well: their PSI is
//! about (1/n + 1/m) times a χ² of as many degrees as there are cells less one
//! (B. Yurdakul, *Statistical Properties of Population Stability Index*, 2018).
//! [`noise`] is what it exceeds once in a thousand times.

/// The index over cells of (training, window) counts; none where one side is empty.
#[must_use]
pub fn psi(cells: &[(u64, u64)]) -> Option<f64> {
    let (trained, here) = totals(cells);
    if trained == 0 || here == 0 {
        return None;
    }
    let share = |count: u64, rows: u64| {
        let count = if count == 0 { 0.5 } else { count as f64 };
        count / rows as f64
    };
    let held = cells.iter().filter(|cell| **cell != (0, 0));
    let terms = held.map(|&(training, window)| {
        let (t, w) = (share(training, trained), share(window, here));
        (w - t) * libm::log(w / t)
    });
    Some(terms.sum())
}

/// What the index of two samples of one population exceeds once in a thousand times.
#[must_use]
pub fn noise(cells: &[(u64, u64)]) -> f64 {
    let (trained, here) = totals(cells);
    let held = cells.iter().filter(|cell| **cell != (0, 0)).count();
    if trained == 0 || here == 0 || held < 2 {
        return 0.0;
    }
    (1.0 / trained as f64 + 1.0 / here as f64) * chi_square((held - 1) as f64)
}

fn totals(cells: &[(u64, u64)]) -> (u64, u64) {
    cells
        .iter()
        .fold((0, 0), |sum, cell| (sum.0 + cell.0, sum.1 + cell.1))
}

/// The 99.9 % quantile of χ² (Wilson and Hilferty, 1931: within 2 % from three degrees on, within 8 % below).
fn chi_square(degrees: f64) -> f64 {
    /// The 99.9 % quantile of the normal distribution.
    const Z: f64 = 3.090_232_306_167_813;
    let spread = 2.0 / (9.0 * degrees);
    let cube = 1.0 - spread + Z * libm::sqrt(spread);
    degrees * cube * cube * cube
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_shares_have_no_distance_and_an_empty_side_has_none() {
        assert_eq!(psi(&[(10, 100), (30, 300), (0, 0)]), Some(0.0));
        assert_eq!(psi(&[(10, 0), (30, 0)]), None);
        assert_eq!(psi(&[]), None);
        let half = psi(&[(100, 100), (0, 10)]).unwrap();
        let by_hand = (100.0 / 110.0 - 1.0) * libm::log(100.0 / 110.0)
            + (10.0 / 110.0 - 0.005) * libm::log((10.0 / 110.0) / 0.005);
        assert!((half - by_hand).abs() < 1e-15, "{half} and {by_hand}");
    }

    #[test]
    fn quantiles_of_chi_square_are_those_of_the_tables() {
        // Abramowitz and Stegun, table 26.8.
        for (degrees, quantile) in [(3.0, 16.266), (10.0, 29.588), (30.0, 59.703)] {
            assert!((chi_square(degrees) / quantile - 1.0_f64).abs() < 0.02);
        }
    }
}
