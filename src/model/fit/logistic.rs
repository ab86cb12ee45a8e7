//! σ and the log-loss of many rows at once, the same bits on every machine.
//!
//! Additions, multiplications and divisions of IEEE 754 and nothing else, in a
//! fixed order, so that the compiler may take several rows at a time and no
//! machine answers otherwise. `libm`'s `exp` and `log1p` are as reproducible,
//! row by row, and were half the time of a fit.

/// Adding this to a number below 2⁵¹ and taking it off again rounds to the nearest integer, ties to even.
const SHIFT: f64 = 6_755_399_441_055_744.0; // 1.5 · 2⁵²

/// ln 2 in two parts, as fdlibm has it: the first ends in so many zeros that its product with any k here is exact.
const LN2_HIGH: f64 = 6.931_471_803_691_238e-1;
const LN2_LOW: f64 = 1.908_214_929_270_587_7e-10;

/// Under this, e^x is as good as zero here, and 2^k still a normal number.
const LEAST: f64 = -708.0;

/// Losses are counted in units of 2⁻³², no row more than 1000.
pub const LOSS: f64 = (1u64 << 32) as f64;

/// The nearest integer, ties to even, of a number between −2⁵¹ and 2⁵¹.
#[inline]
pub fn nearest(value: f64) -> i64 {
    (value + SHIFT)
        .to_bits()
        .wrapping_sub(SHIFT.to_bits())
        .cast_signed()
}

/// e^x for x ≤ 0: within two units in the last place of the true value down to x = −708, and no less from there on.
#[inline]
fn exp(x: f64) -> f64 {
    let x = if x < LEAST { LEAST } else { x }; // so written, NaN stays NaN
    let shifted = x * std::f64::consts::LOG2_E + SHIFT;
    let k = shifted - SHIFT;
    let r = (x - k * LN2_HIGH) - k * LN2_LOW;
    // Taylor's polynomial: |r| ≤ ln 2 / 2, so the first term left out is under 2⁻⁵².
    let mut sum = 1.0 / 479_001_600.0;
    for reciprocal in [
        1.0 / 39_916_800.0,
        1.0 / 3_628_800.0,
        1.0 / 362_880.0,
        1.0 / 40_320.0,
        1.0 / 5_040.0,
        1.0 / 720.0,
        1.0 / 120.0,
        1.0 / 24.0,
        1.0 / 6.0,
        0.5,
        1.0,
        1.0,
    ] {
        sum = sum * r + reciprocal;
    }
    sum * f64::from_bits(shifted.to_bits().wrapping_add(1023) << 52)
}

/// log(1 + e) for e in [0, 1], to 2⁻³⁸: 2 · atanh(e / (2 + e)).
#[inline]
fn log1p(e: f64) -> f64 {
    let s = e / (2.0 + e);
    let z = s * s;
    let mut sum = 1.0 / 21.0;
    for reciprocal in [
        1.0 / 19.0,
        1.0 / 17.0,
        1.0 / 15.0,
        1.0 / 13.0,
        1.0 / 11.0,
        1.0 / 9.0,
        1.0 / 7.0,
        1.0 / 5.0,
        1.0 / 3.0,
        1.0,
    ] {
        sum = sum * z + reciprocal;
    }
    2.0 * s * sum
}

/// Replaces each log-odds by its probability.
pub fn probabilities(log_odds: &mut [f64]) {
    for eta in log_odds {
        let e = exp(-eta.abs());
        *eta = (if *eta >= 0.0 { 1.0 } else { e }) / (1.0 + e);
    }
}

/// The summed log-loss, log(1 + e^(−s·η)), each row's rounded to units of 2⁻³².
pub fn loss(log_odds: &[f64], outcome: &[bool]) -> i64 {
    let rows = log_odds.iter().zip(outcome).map(|(&eta, &won)| {
        let towards = if won { -eta } else { eta };
        let wrong = if towards > 0.0 { towards } else { 0.0 };
        let loss = wrong + log1p(exp(-eta.abs()));
        nearest((if loss < 1e3 { loss } else { 1e3 }) * LOSS)
    });
    rows.sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::Digest;
    use crate::odds::sigmoid;

    /// Two units in the last place.
    const CLOSE: f64 = 4.5e-16;

    /// Log-odds at uneven distances, from the middle out to where nothing is left to tell apart.
    fn grid() -> Vec<f64> {
        let step = |at: i32| f64::from(at) * (1.0 / 1024.0 + f64::from(at.rem_euclid(97)) * 1e-9);
        (-720_000..720_000).map(step).collect()
    }

    #[test]
    fn the_exponential_is_that_of_libm() {
        for x in grid().into_iter().filter(|x| (LEAST..=0.0).contains(x)) {
            let (ours, theirs) = (exp(x), libm::exp(x));
            assert!(
                (ours / theirs - 1.0).abs() <= CLOSE,
                "{x}: {ours:e}, not {theirs:e}"
            );
        }
        assert!(exp(f64::NAN).is_nan() && exp(-1e9) < 1e-300);
    }

    #[test]
    fn probabilities_and_losses_are_those_of_libm() {
        let grid = grid();
        let mut ours = grid.clone();
        probabilities(&mut ours);
        for (&eta, &p) in grid.iter().zip(&ours) {
            let theirs = sigmoid(eta);
            assert!((p - theirs).abs() <= 2.0 * CLOSE * theirs + 1e-300, "{eta}");
            for won in [false, true] {
                let towards = if won { -eta } else { eta };
                let theirs = towards.max(0.0) + libm::log1p(libm::exp(-eta.abs()));
                let ours = loss(&[eta], &[won]) as f64 / LOSS;
                assert!((ours - theirs.min(1e3)).abs() < 1.0 / LOSS, "{eta} {won}");
            }
        }
    }

    #[test]
    fn no_machine_and_no_compiler_changes_a_bit() {
        let mut grid = grid();
        probabilities(&mut grid);
        let bytes: Vec<u8> = grid.iter().flat_map(|p| p.to_le_bytes()).collect();
        assert_eq!(
            Digest::of(&bytes).to_string(),
            "5295d2e291f8a7a6210b7fccd9d18049a3c3273f80a6249543951fb844e06b4f"
        );
    }

    #[test]
    fn the_nearest_integer_is_the_even_one_of_two() {
        for (value, integer) in [(0.5, 0), (1.5, 2), (-0.5, 0), (-2.5, -2), (2.6, 3)] {
            assert_eq!(nearest(value), integer);
        }
        let most = (1u64 << 50) as f64;
        assert_eq!(nearest(-most), -(1i64 << 50));
    }
}
