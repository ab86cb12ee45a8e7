//! Newton's method with step halving, for designs kept as codes and as doubles alike.

use faer::linalg::solvers::Solve as _;
use faer::{Mat, Side};

use super::{Error, MOST_COLUMNS};

/// Steps after which a fit that has not converged is given up.
const MOST_STEPS: u32 = 100;

/// Halvings of one step.
const MOST_HALVINGS: u32 = 40;

/// Summed log-loss of a design without its penalty; parameter 0 is the intercept.
pub trait Objective: Sync {
    /// What [`Objective::evaluate`] keeps for [`Objective::hessian`].
    type State;
    /// Rows.
    fn rows(&self) -> usize;
    /// Parameters, intercept included.
    fn columns(&self) -> usize;
    /// Loss and gradient at `theta`.
    fn evaluate(&self, theta: &[f64]) -> Evaluation<Self::State>;
    /// The lower triangle of the Hessian where `state` was evaluated.
    fn hessian(&self, state: &Self::State) -> Mat<f64>;
    /// How far rounding can move the loss: a step that loses no more than this is no step back.
    fn noise(&self) -> f64;
}

/// Loss and gradient at one point.
pub struct Evaluation<S> {
    /// Summed, in nats.
    pub loss: f64,
    /// By parameter.
    pub gradient: Vec<f64>,
    /// For the Hessian.
    pub state: S,
}

/// The parameters of a fit that converged.
#[derive(Clone, Debug, PartialEq)]
pub struct Fitted {
    /// The intercept, then θ.
    pub theta: Vec<f64>,
    /// ‖∇‖∞ / n there, penalty included.
    pub gradient: f64,
    /// Newton steps taken.
    pub steps: u32,
}

/// Minimises loss + `ridge`/2 · ‖θ‖² from `start` until ‖∇‖∞ / n ≤ `tolerance`.
pub fn newton<O: Objective>(
    objective: &O,
    ridge: f64,
    start: Vec<f64>,
    tolerance: f64,
) -> Result<Fitted, Error> {
    let columns = objective.columns();
    if columns > MOST_COLUMNS {
        return Err(Error::TooWide { columns });
    }
    let rows = objective.rows().max(1) as f64;
    let mut theta = start;
    let mut here = objective.evaluate(&theta);
    let mut steps = 0;
    loop {
        let gradient = penalised(&here.gradient, &theta, ridge);
        let size = gradient.iter().fold(0.0f64, |most, g| most.max(g.abs())) / rows;
        // Ask "is it small", never "is it large": NaN is neither.
        if size <= tolerance {
            return Ok(Fitted {
                theta,
                gradient: size,
                steps,
            });
        }
        let stuck = Error::NotConverged {
            gradient: size,
            steps,
        };
        if steps >= MOST_STEPS {
            return Err(stuck);
        }
        let Some(direction) = direction(objective.hessian(&here.state), &gradient, ridge) else {
            return Err(stuck);
        };
        let Some((next, there)) = descend(objective, ridge, &theta, &here, &gradient, &direction)
        else {
            return Err(stuck);
        };
        (theta, here) = (next, there);
        steps += 1;
    }
}

fn penalised(gradient: &[f64], theta: &[f64], ridge: f64) -> Vec<f64> {
    let penalty = |at: usize| if at == 0 { 0.0 } else { ridge * theta[at] };
    gradient
        .iter()
        .enumerate()
        .map(|(at, g)| g + penalty(at))
        .collect()
}

/// The loss with its penalty.
fn total<S>(evaluation: &Evaluation<S>, theta: &[f64], ridge: f64) -> f64 {
    evaluation.loss + ridge / 2.0 * theta[1..].iter().map(|t| t * t).sum::<f64>()
}

/// −(H + λI)⁻¹ ∇, single-threaded so that its bits do not depend on the machine's cores.
fn direction(mut hessian: Mat<f64>, gradient: &[f64], ridge: f64) -> Option<Vec<f64>> {
    for at in 1..gradient.len() {
        hessian[(at, at)] += ridge;
    }
    let factor = hessian.llt(Side::Lower).ok()?;
    let solution = factor.solve(Mat::from_fn(gradient.len(), 1, |at, _| -gradient[at]));
    Some((0..gradient.len()).map(|at| solution[(at, 0)]).collect())
}

/// The longest of 1, ½, ¼ … of the step that goes down enough (Armijo's rule).
fn descend<O: Objective>(
    objective: &O,
    ridge: f64,
    theta: &[f64],
    here: &Evaluation<O::State>,
    gradient: &[f64],
    direction: &[f64],
) -> Option<(Vec<f64>, Evaluation<O::State>)> {
    let before = total(here, theta, ridge);
    let slope: f64 = gradient.iter().zip(direction).map(|(g, d)| g * d).sum();
    let mut length = 1.0;
    for _ in 0..MOST_HALVINGS {
        let next: Vec<f64> = theta
            .iter()
            .zip(direction)
            .map(|(theta, d)| theta + length * d)
            .collect();
        let there = objective.evaluate(&next);
        if total(&there, &next, ridge) <= before + 1e-4 * length * slope + objective.noise() {
            return Some((next, there));
        }
        length /= 2.0;
    }
    None
}
