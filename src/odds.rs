//! Probabilities, and log-odds in fixed point.
//!
//! Scores are sums of integers, so that the same codes give the same bits on
//! every machine and thread count. A bare `f64` never crosses a room as a
//! probability.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, Neg, Sub};

use serde::{Deserialize, Serialize};

/// One unit of log-odds in Q12.20: 2²⁰.
pub const ONE: i32 = 1 << 20;

/// A log-odds, or a term of one: an `i32` in units of 2⁻²⁰.
///
/// Addition is checked by the model, once: a model whose |baseline| + Σ max|entry|
/// reaches 2³¹ is refused, so that no sum of its terms can overflow and nothing clamps.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct LogOdds(pub i32);

impl LogOdds {
    /// `value` rounded half to even to the nearest 2⁻²⁰; `None` outside ±2048 and for NaN.
    #[must_use]
    pub fn nearest(value: f64) -> Option<Self> {
        let scaled = (value * f64::from(ONE)).round_ties_even();
        (-2_147_483_647.0..=2_147_483_647.0)
            .contains(&scaled)
            .then_some(Self(scaled as i32))
    }

    /// The exact value: an `f64` holds every multiple of 2⁻²⁰ in this range.
    #[must_use]
    pub fn value(self) -> f64 {
        f64::from(self.0) / f64::from(ONE)
    }

    /// σ of this, by the `libm` crate.
    #[must_use]
    pub fn probability(self) -> Probability {
        Probability(sigmoid(self.value()))
    }

    /// The score that is logged and shown.
    #[must_use]
    pub fn score(self) -> Score {
        Score((1e6 * sigmoid(self.value())).round_ties_even() as u32)
    }
}

impl Add for LogOdds {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl Sub for LogOdds {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

impl Neg for LogOdds {
    type Output = Self;

    fn neg(self) -> Self {
        Self(-self.0)
    }
}

impl Sum for LogOdds {
    fn sum<I: Iterator<Item = Self>>(terms: I) -> Self {
        terms.fold(Self(0), Add::add)
    }
}

/// σ(z) = 1 / (1 + e⁻ᶻ), the same bits on every machine.
#[must_use]
pub fn sigmoid(z: f64) -> f64 {
    if z >= 0.0 {
        1.0 / (1.0 + libm::exp(-z))
    } else {
        let e = libm::exp(z);
        e / (1.0 + e)
    }
}

/// A probability in parts per million: what the record holds and people read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct Score(u32);

/// A number offered as a [`Score`] lies above one million.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a score: it must lie between 0 and 1000000 parts per million")]
pub struct NotAScore(u32);

impl Score {
    /// Parts per million, 0 to 1 000 000.
    #[must_use]
    pub fn ppm(self) -> u32 {
        self.0
    }

    /// The same as a number from 0 to 1.
    #[must_use]
    pub fn value(self) -> f64 {
        f64::from(self.0) / 1e6
    }
}

impl TryFrom<u32> for Score {
    type Error = NotAScore;

    fn try_from(ppm: u32) -> Result<Self, NotAScore> {
        if ppm <= 1_000_000 {
            Ok(Self(ppm))
        } else {
            Err(NotAScore(ppm))
        }
    }
}

impl From<Score> for u32 {
    fn from(score: Score) -> Self {
        score.0
    }
}

impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:06}", self.0 / 1_000_000, self.0 % 1_000_000)
    }
}

/// A probability: finite, and within `[0, 1]`.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Probability(f64);

/// The number offered as a [`Probability`] lies outside `[0, 1]`.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error("`{0}` is not a probability: it must lie between 0 and 1")]
pub struct NotAProbability(f64);

impl Probability {
    /// The number.
    #[must_use]
    pub fn value(self) -> f64 {
        self.0
    }
}

impl TryFrom<f64> for Probability {
    type Error = NotAProbability;

    fn try_from(value: f64) -> Result<Self, NotAProbability> {
        // Ask "is it inside", never "is it outside": NaN is neither.
        if (0.0..=1.0).contains(&value) {
            Ok(Self(value))
        } else {
            Err(NotAProbability(value))
        }
    }
}

impl From<Probability> for f64 {
    fn from(probability: Probability) -> Self {
        probability.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_is_half_to_even_and_refuses_what_does_not_fit() {
        assert_eq!(LogOdds::nearest(0.5 / f64::from(ONE)), Some(LogOdds(0)));
        assert_eq!(LogOdds::nearest(1.5 / f64::from(ONE)), Some(LogOdds(2)));
        assert_eq!(LogOdds::nearest(-2.5 / f64::from(ONE)), Some(LogOdds(-2)));
        assert_eq!(LogOdds::nearest(f64::NAN), None);
        assert_eq!(LogOdds::nearest(2048.0), None);
    }

    #[test]
    fn the_score_of_even_odds_is_half() {
        assert_eq!(LogOdds(0).score().to_string(), "0.500000");
        assert_eq!(LogOdds(i32::MAX).score().ppm(), 1_000_000);
        assert_eq!(LogOdds(-i32::MAX).score().ppm(), 0);
    }

    #[test]
    fn a_probability_is_inside_and_nan_is_not() {
        assert!(Probability::try_from(f64::NAN).is_err());
        assert!(Probability::try_from(1.0).is_ok());
    }
}
