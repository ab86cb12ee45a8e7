//! linfa-logistic: the independent witness, and on request the solver.
//!
//! What its version 0.8.1 does not promise is checked here: which class it
//! calls positive (the majority, whatever the labels say), whether it
//! converged (it answers `Ok` either way), and whether its numbers are numbers.
//! It always starts from zero: started at our optimum it would take no step
//! and return our own numbers.

use linfa::DatasetBase;
use linfa::traits::Fit as _;
use linfa_logistic::LogisticRegression;
use ndarray::{Array1, Array2, ShapeBuilder as _};

use super::coded::Coded;
use super::dense::Dense;
use super::newton::{Fitted, Objective as _, newton};
use super::{Error, TOLERANCE, USABLE};
use crate::model::findings::Certificate;

/// The largest difference of log-odds, on any sampled row, that certifies a model.
const AGREEMENT: f64 = 1e-3;

/// ‖∇‖∞ / n at which linfa may stop.
const SLACK: f64 = 1e-8;

/// Rows of the certificate's sample for each column of the design: enough for the fit to be well
/// determined, and no more, because linfa reads every row some hundred times.
const ROWS_PER_COLUMN: usize = 8;

/// The least and the most rows of the sample, memory permitting.
const SAMPLE: (usize, usize) = (2_000, 8_000);

/// What linfa gave: parameters, and how far from the optimum they stand.
#[derive(Clone, Debug, PartialEq)]
pub struct Outside {
    /// The intercept, then θ, for "won" as the positive class.
    pub theta: Vec<f64>,
    /// ‖∇‖∞ / n there, recomputed by us, penalty included.
    pub gradient: f64,
}

impl Outside {
    /// The fit as one that may be a model: linfa's `Ok` says nothing of that, the gradient does.
    pub fn checked(self) -> Result<Fitted, Error> {
        // Ask "is it small", never "is it large": NaN is neither.
        if self.gradient <= USABLE {
            Ok(Fitted {
                theta: self.theta,
                gradient: self.gradient,
                steps: 0,
            })
        } else {
            Err(Error::NotConverged {
                gradient: self.gradient,
                steps: 0,
            })
        }
    }
}

/// Fits the objective from zero by linfa-logistic's L-BFGS.
pub fn fit_linfa(dense: &Dense, ridge: f64, iterations: u64) -> Result<Outside, Error> {
    let (rows, width) = (dense.outcome.len(), dense.width);
    // Columns one after the other in memory: L-BFGS multiplies by columns, and is ten times as fast so.
    let mut records = Array2::zeros((rows, width).f());
    for (row, values) in dense.values.chunks_exact(width.max(1)).enumerate() {
        for (column, &value) in values.iter().enumerate() {
            records[(row, column)] = value;
        }
    }
    if !dense.values.iter().all(|value| value.is_finite()) {
        return Err(Error::Refused {
            what: "a value of the design is not finite".to_owned(),
        });
    }
    let dataset = DatasetBase::new(records, Array1::from(dense.outcome.clone()));
    // Its tolerance is on the gradient of the summed loss, hence the factor n.
    let model = LogisticRegression::default()
        .alpha(ridge)
        .max_iterations(iterations)
        .gradient_tolerance(SLACK * rows.max(1) as f64)
        .fit(&dataset)
        .map_err(|error| Error::Refused {
            what: error.to_string(),
        })?;
    // Its positive class is the majority; ours is `won`.
    let sign = if model.labels().pos.class { 1.0 } else { -1.0 };
    let theta: Vec<f64> = std::iter::once(model.intercept())
        .chain(model.params().iter().copied())
        .map(|t| sign * t)
        .collect();
    let gradient = gradient(dense, &theta, ridge);
    if !(theta.iter().all(|t| t.is_finite()) && gradient.is_finite()) {
        return Err(Error::Refused {
            what: "its parameters are not finite".to_owned(),
        });
    }
    Ok(Outside { theta, gradient })
}

/// ‖∇‖∞ / n of the penalised loss at `theta`.
fn gradient(dense: &Dense, theta: &[f64], ridge: f64) -> f64 {
    let slopes = dense.evaluate(theta).gradient;
    let size =
        |(at, slope): (usize, &f64)| (slope + if at == 0 { 0.0 } else { ridge * theta[at] }).abs();
    slopes.iter().enumerate().map(size).fold(
        0.0,
        |most: f64, size| if size <= most { most } else { size },
    ) / dense.outcome.len().max(1) as f64
}

/// Lets linfa and our Newton fit the same design, a sample of these rows, from zero, and compares
/// their log-odds row by row. `order` lists all rows in an order that does not depend on the
/// file's, with the outcomes spread evenly.
pub fn certify(coded: &Coded, order: &[u32], ridge: f64, mib: u32) -> Result<Certificate, Error> {
    let width = coded.columns() - 1;
    let rows = sample_rows(width, mib).min(order.len());
    if rows == 0 {
        return Err(Error::TooLarge {
            rows,
            columns: width + 1,
            mib,
        });
    }
    let dense = Dense::of(coded, &order[..rows]);
    let outside = fit_linfa(&dense, ridge, 2_000)?;
    // Ours on the same rows as codes, not as doubles: the code under trust is the code that is certified.
    let ours = newton(
        &coded.subset(&order[..rows]),
        ridge,
        vec![0.0; width + 1],
        TOLERANCE,
    )?;
    let pairs = dense
        .log_odds(&outside.theta)
        .into_iter()
        .zip(dense.log_odds(&ours.theta));
    let largest = pairs
        .map(|(theirs, ours)| (theirs - ours).abs())
        .fold(0.0f64, f64::max);
    Ok(Certificate {
        rows: rows as u64,
        columns: width as u64,
        largest_difference: largest,
        gradient: outside.gradient,
        certified: largest <= AGREEMENT,
    })
}

/// Rows of a design of this width that fit in the budget, with linfa's own copy of it.
fn sample_rows(width: usize, mib: u32) -> usize {
    let budget = ((mib as usize) << 20) / (16 * (width + 1));
    (width * ROWS_PER_COLUMN)
        .clamp(SAMPLE.0, SAMPLE.1)
        .min(budget)
}

/// Lets linfa give the model's parameters, where the whole design fits in the budget.
pub fn solve(coded: &Coded, ridge: f64, mib: u32) -> Result<Fitted, Error> {
    let (rows, columns) = (coded.outcome.len(), coded.columns());
    if rows * columns > ((mib as usize) << 20) / 16 {
        return Err(Error::TooLarge { rows, columns, mib });
    }
    let all: Vec<u32> = (0..rows as u32).collect();
    fit_linfa(&Dense::of(coded, &all), ridge, 10_000)?.checked()
}
