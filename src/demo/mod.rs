//! The demonstration: a synthetic CRM, so that everything can be seen without a real person's data.

mod leads;
mod written;

pub use leads::{HEADERS, LAST_DAY, Lead, Stage, leads};
pub use written::export;

/// The policy that fits the synthetic export: a commented `probant.toml`, in French.
#[must_use]
pub fn policy() -> &'static str {
    include_str!("probant.toml")
}
