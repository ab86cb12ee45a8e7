//! Shares and ratios of shares, with 95 % intervals.
//!
//! People are counted once each, so that a share is a binomial one. Its interval is Wilson's (JASA 1927), which stays
//! within 0 and 1 and tells something where nobody or everybody is counted. A ratio's is Katz' (Biometrics 1978), the
//! normal one on its logarithm; where nobody is selected, or everybody of both, that has no width: then half a person is
//! added to each of the four cells for the limits (Anscombe, Biometrika 1956), and the ratio stays what it is.

use serde::{Deserialize, Serialize};

/// The 97.5 % quantile of the normal distribution.
const Z: f64 = 1.959_963_984_540_054;

/// A figure with its 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// The figure.
    pub value: f64,
    /// The lower limit.
    pub low: f64,
    /// The upper limit.
    pub high: f64,
}

impl Interval {
    /// A figure of nobody.
    pub(super) const NONE: Self = Self {
        value: 0.0,
        low: 0.0,
        high: 1.0,
    };

    /// Whether a number lies within.
    #[must_use]
    pub fn holds(&self, value: f64) -> bool {
        (self.low..=self.high).contains(&value)
    }
}

/// The share of `counted` in `all` people.
#[must_use]
pub fn share(counted: u64, all: u64) -> Interval {
    if all == 0 {
        return Interval::NONE;
    }
    let n = all as f64;
    let p = counted as f64 / n;
    let z2 = Z * Z;
    let middle = (p + z2 / (2.0 * n)) / (1.0 + z2 / n);
    let half = Z / (1.0 + z2 / n) * libm::sqrt(p * (1.0 - p) / n + z2 / (4.0 * n * n));
    Interval {
        value: p,
        // The limits meet 0 and 1 exactly where nobody or everybody is counted.
        low: if counted == 0 { 0.0 } else { middle - half },
        high: if counted == all { 1.0 } else { middle + half },
    }
}

/// One share over another, each as (counted, all); nothing where nobody of the other is counted.
#[must_use]
pub fn ratio(one: (u64, u64), other: (u64, u64)) -> Option<Interval> {
    if other.0 == 0 || one.1 == 0 {
        return None;
    }
    let value = (one.0 as f64 / one.1 as f64) / (other.0 as f64 / other.1 as f64);
    let flat = one.0 == 0 || (one.0 == one.1 && other.0 == other.1);
    let half = if flat { 0.5 } else { 0.0 };
    let of = |(counted, all): (u64, u64)| (counted as f64 + half, all as f64 + 2.0 * half);
    let ((x, n), (y, m)) = (of(one), of(other));
    let middle = libm::log((x / n) / (y / m));
    let error = libm::sqrt((1.0 / x - 1.0 / n) + (1.0 / y - 1.0 / m));
    Some(Interval {
        value,
        low: if one.0 == 0 {
            0.0
        } else {
            libm::exp(middle - Z * error)
        },
        high: libm::exp(middle + Z * error),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_and_everybody_have_intervals_too() {
        let none = share(0, 50);
        assert_eq!((none.value, none.low), (0.0, 0.0));
        assert!(none.high > 0.0 && none.high < 0.1);
        let all = share(50, 50);
        assert_eq!((all.value, all.high), (1.0, 1.0));
        assert!(all.low > 0.9);
        let ratio_of_none = ratio((0, 50), (25, 50)).unwrap();
        assert_eq!((ratio_of_none.value, ratio_of_none.low), (0.0, 0.0));
        assert!(ratio_of_none.high > 0.0 && ratio_of_none.high < 0.5);
        let both = ratio((50, 50), (60, 60)).unwrap();
        assert!((both.value - 1.0).abs() < f64::EPSILON && both.low < 1.0 && both.high > 1.0);
        assert_eq!(ratio((3, 50), (0, 50)), None);
    }
}
