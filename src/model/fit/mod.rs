//! Fitting: Newton on codes gives the model, linfa-logistic certifies it.
//!
//! Both minimise the same strictly convex objective over θ,
//!
//! > Σ log(1 + e^(−s·η)) + λ/2 · ‖θ‖²,  s = ±1,  η = β₀ + Σ_t B_t(code_t) · θ_t,
//!
//! with the intercept β₀ unpenalised. [`Basis`] is the B of one term, the matrix that turns a
//! term's parameters into the table of its codes; [`Coded`] keeps the design as
//! codes, [`Dense`] as doubles.
//!
//! This folder is the door of linfa, ndarray and faer.

mod basis;
mod coded;
mod dense;
mod group;
mod hessian;
mod indicators;
mod linfa;
mod logistic;
mod newton;

pub use basis::Basis;
pub use coded::{Coded, Coding};
pub use dense::Dense;
pub use indicators::Indicators;
pub use linfa::{Outside, certify, fit_linfa, solve};
pub use newton::{Descent, Fitted, newton};

/// ‖∇‖∞ / n that a model's own fit must reach.
pub const TOLERANCE: f64 = 1e-10;

/// ‖∇‖∞ / n under which linfa's answer may be a model. It stalls near 2·10⁻⁶, whatever tolerance it is given.
pub const USABLE: f64 = 1e-5;

/// The most columns of a design, intercept included.
pub const MOST_COLUMNS: usize = 4000;

/// Why a fit gave no parameters.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Newton, or linfa where it was asked for the model, stopped short of the optimum.
    #[error("the fit did not converge: its gradient is {gradient:e} per row after {steps} steps")]
    NotConverged {
        /// ‖∇‖∞ / n where it stopped.
        gradient: f64,
        /// Steps taken.
        steps: u32,
    },
    /// The design has more columns than a Cholesky factor is made of here.
    #[error("the model would have {columns} columns; at most {MOST_COLUMNS} are fitted")]
    TooWide {
        /// Columns, intercept included.
        columns: usize,
    },
    /// linfa was asked for the model, but its dense design exceeds the memory budget.
    #[error("linfa's dense design of {rows} rows by {columns} columns exceeds {mib} MiB")]
    TooLarge {
        /// Rows.
        rows: usize,
        /// Columns.
        columns: usize,
        /// The budget in MiB.
        mib: u32,
    },
    /// linfa refused the design.
    #[error("linfa refused the design: {what}")]
    Refused {
        /// In linfa's words.
        what: String,
    },
}

impl Error {
    /// What the person at the keyboard can do next.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::NotConverged { .. } => {
                Some("look for a feature that separates the outcome, or use `solver = \"newton\"`")
            }
            Self::TooWide { .. } => {
                Some("lower `max_bins`, raise `min_people`, or leave out the widest categories")
            }
            Self::TooLarge { .. } => Some("raise `certificate_mib`, or use `solver = \"newton\"`"),
            Self::Refused { .. } => None,
        }
    }
}
