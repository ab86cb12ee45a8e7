//! Newton's method with step halving and a Hessian that is kept while it serves, for designs kept as codes and as
//! doubles alike.

use std::ops::Range;

use faer::linalg::solvers::{Llt, Solve as _};
use faer::{Mat, Side};

use super::{Error, MOST_COLUMNS};

/// Steps after which a fit that has not converged is given up.
const MOST_STEPS: u32 = 100;

/// Halvings of one step.
const MOST_HALVINGS: u32 = 40;

/// A step by a curvature from elsewhere is good enough while it leaves no more than this of the gradient.
const REUSED: f64 = 0.1;

/// A model's parameters are settled when the next step would move none of them by more than this: far less than
/// the 2⁻²⁰ to which entries are rounded, so that the way to the optimum does not show in the model.
const SETTLED: f64 = 1.0 / (1u64 << 34) as f64;

/// Summed log-loss of a design without its penalty; parameter 0 is the intercept.
pub trait Objective: Sync {
    /// What [`Objective::evaluate`] keeps for [`Objective::hessian`].
    type State;
    /// Rows.
    fn rows(&self) -> usize;
    /// Parameters, intercept included.
    fn columns(&self) -> usize;
    /// The gradient at `theta`.
    fn evaluate(&self, theta: &[f64]) -> Evaluation<Self::State>;
    /// The loss at `theta`, in nats: asked for only where the gradient does not say that a step went down.
    fn loss(&self, theta: &[f64]) -> f64;
    /// The lower triangle of the Hessian where `state` was evaluated.
    fn hessian(&self, state: &Self::State) -> Mat<f64>;
    /// How far rounding can move the loss: a step that loses no more than this is no step back.
    fn noise(&self) -> f64;
}

/// The gradient at one point.
pub struct Evaluation<S> {
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
    /// Steps taken.
    pub steps: u32,
}

/// Minimises loss + `ridge`/2 · ‖θ‖² from `start` until ‖∇‖∞ / n ≤ `tolerance` and the parameters are settled.
pub fn newton<O: Objective>(
    objective: &O,
    ridge: f64,
    start: Vec<f64>,
    tolerance: f64,
) -> Result<Fitted, Error> {
    Descent::from(start).settle(objective, ridge, tolerance)
}

/// A point on its way down, and the last Hessian that was computed on the way.
///
/// The gradient is always exact; the curvature need not be. A Hessian costs several gradients, so one is kept as long
/// as steps by it go down fast: from step to step, from one strength to the next, from a sample to all rows.
#[derive(Clone, Debug)]
pub struct Descent {
    theta: Vec<f64>,
    hessian: Option<Mat<f64>>,
}

impl Descent {
    /// Starts at a point.
    #[must_use]
    pub fn from(theta: Vec<f64>) -> Self {
        Self {
            theta,
            hessian: None,
        }
    }

    /// The same point on `times` as many rows.
    #[must_use]
    pub fn on_more_rows(mut self, times: f64) -> Self {
        if let Some(hessian) = &mut self.hessian {
            *hessian *= faer::Scale(times);
        }
        self
    }

    /// The same point, and what is known of the curvature there, without these parameters.
    #[must_use]
    pub fn without(&self, parameters: Range<usize>) -> Self {
        let kept: Vec<usize> = (0..self.theta.len())
            .filter(|at| !parameters.contains(at))
            .collect();
        let part = |hessian: &Mat<f64>| {
            Mat::from_fn(kept.len(), kept.len(), |row, column| {
                hessian[(kept[row], kept[column])]
            })
        };
        Self {
            theta: kept.iter().map(|&at| self.theta[at]).collect(),
            hessian: self.hessian.as_ref().map(part),
        }
    }

    /// Goes down until ‖∇‖∞ / n ≤ `tolerance`.
    pub fn approach<O: Objective>(
        &mut self,
        objective: &O,
        ridge: f64,
        tolerance: f64,
    ) -> Result<Fitted, Error> {
        self.run(objective, ridge, tolerance, false)
    }

    /// Goes down until ‖∇‖∞ / n ≤ `tolerance` and no parameter would move any more.
    pub fn settle<O: Objective>(
        &mut self,
        objective: &O,
        ridge: f64,
        tolerance: f64,
    ) -> Result<Fitted, Error> {
        self.run(objective, ridge, tolerance, true)
    }

    fn run<O: Objective>(
        &mut self,
        objective: &O,
        ridge: f64,
        tolerance: f64,
        settle: bool,
    ) -> Result<Fitted, Error> {
        let columns = objective.columns();
        if columns > MOST_COLUMNS {
            return Err(Error::TooWide { columns });
        }
        let mut here = Point::at(objective, ridge, std::mem::take(&mut self.theta));
        let mut factor = None;
        let mut fresh = false; // whether the factor is that of the Hessian here
        let mut last = f64::INFINITY; // the last step taken after the gradient was small enough
        let mut steps = 0;
        let size = loop {
            let small = here.size <= tolerance; // asked so that NaN is not small
            let stuck = Error::NotConverged {
                gradient: here.size,
                steps,
            };
            if small && !settle {
                break here.size;
            }
            if factor.is_none() {
                fresh = self.hessian.is_none();
                let hessian = self
                    .hessian
                    .get_or_insert_with(|| objective.hessian(&here.state));
                factor = factored(hessian, ridge);
            }
            let direction = factor.as_ref().and_then(|it| direction(it, &here.gradient));
            let Some(direction) = direction else {
                if fresh {
                    return Err(stuck);
                }
                (self.hessian, factor) = (None, None);
                continue;
            };
            let length = direction.iter().fold(0.0f64, |most, d| most.max(d.abs()));
            if small && (length <= SETTLED || length > last / 2.0) {
                break here.size;
            }
            if steps >= MOST_STEPS {
                return Err(stuck);
            }
            let there = Point::at(objective, ridge, moved(&here.theta, 1.0, &direction));
            let next = if there.is_down_from(&here, &direction) {
                there
            } else if small {
                break here.size;
            } else if !fresh {
                (self.hessian, factor) = (None, None);
                continue;
            } else if let Some(next) = descend(objective, ridge, &here, there, &direction) {
                next
            } else {
                return Err(stuck);
            };
            if small {
                last = length;
            }
            if next.size <= REUSED * here.size {
                fresh = false;
            } else {
                (self.hessian, factor) = (None, None);
            }
            here = next;
            steps += 1;
        };
        self.theta = here.theta;
        Ok(Fitted {
            theta: self.theta.clone(),
            gradient: size,
            steps,
        })
    }
}

/// Parameters, and the gradient there, penalty included.
struct Point<S> {
    theta: Vec<f64>,
    gradient: Vec<f64>,
    /// ‖∇‖∞ / n.
    size: f64,
    state: S,
}

impl<S> Point<S> {
    fn at<O: Objective<State = S>>(objective: &O, ridge: f64, theta: Vec<f64>) -> Self {
        let Evaluation {
            mut gradient,
            state,
        } = objective.evaluate(&theta);
        for (slope, theta) in gradient.iter_mut().zip(&theta).skip(1) {
            *slope += ridge * theta;
        }
        let largest = gradient.iter().fold(0.0f64, |most, slope| {
            // So written, NaN stays.
            if most.is_nan() || slope.abs() <= most {
                most
            } else {
                slope.abs()
            }
        });
        Self {
            theta,
            size: largest / objective.rows().max(1) as f64,
            gradient,
            state,
        }
    }

    /// Whether the loss is lower here than where the step began, as far as the gradients can tell: it still falls
    /// along the step, and a convex function that falls at the end of a way fell all along it; or the gradient is
    /// halved.
    fn is_down_from(&self, before: &Self, direction: &[f64]) -> bool {
        let slope: f64 = self
            .gradient
            .iter()
            .zip(direction)
            .map(|(g, d)| g * d)
            .sum();
        slope <= 0.0 || self.size <= before.size / 2.0
    }
}

fn moved(theta: &[f64], length: f64, direction: &[f64]) -> Vec<f64> {
    let along = theta.iter().zip(direction);
    along.map(|(theta, d)| theta + length * d).collect()
}

/// The Cholesky factor of H + λI, single-threaded so that its bits do not depend on the machine's cores.
fn factored(hessian: &Mat<f64>, ridge: f64) -> Option<Llt<f64>> {
    let mut hessian = hessian.clone();
    for at in 1..hessian.nrows() {
        hessian[(at, at)] += ridge;
    }
    hessian.llt(Side::Lower).ok()
}

/// −(H + λI)⁻¹ ∇, if that is a direction.
fn direction(factor: &Llt<f64>, gradient: &[f64]) -> Option<Vec<f64>> {
    let solution = factor.solve(Mat::from_fn(gradient.len(), 1, |at, _| -gradient[at]));
    let direction: Vec<f64> = (0..gradient.len()).map(|at| solution[(at, 0)]).collect();
    direction.iter().all(|d| d.is_finite()).then_some(direction)
}

/// The longest of 1, ½, ¼ … of the step that goes down enough (Armijo's rule); `there` is where the whole of it leads.
fn descend<O: Objective>(
    objective: &O,
    ridge: f64,
    here: &Point<O::State>,
    there: Point<O::State>,
    direction: &[f64],
) -> Option<Point<O::State>> {
    let total = |theta: &[f64]| {
        objective.loss(theta) + ridge / 2.0 * theta[1..].iter().map(|t| t * t).sum::<f64>()
    };
    let before = total(&here.theta);
    let slope: f64 = here
        .gradient
        .iter()
        .zip(direction)
        .map(|(g, d)| g * d)
        .sum();
    let enough = |theta: &[f64], length: f64| {
        total(theta) <= before + 1e-4 * length * slope + objective.noise()
    };
    if enough(&there.theta, 1.0) {
        return Some(there);
    }
    let mut length = 1.0;
    for _ in 0..MOST_HALVINGS {
        length /= 2.0;
        let theta = moved(&here.theta, length, direction);
        if enough(&theta, length) {
            return Some(Point::at(objective, ridge, theta));
        }
    }
    None
}
