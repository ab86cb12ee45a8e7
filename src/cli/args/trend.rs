//! What was typed after `probant trend`.

use std::path::PathBuf;

use clap::Args;

use super::why;
use crate::event::Why;
use crate::workspace::TrendQuestion;

/// Which decisions about whom, and why they are read.
#[derive(Debug, Args)]
pub struct Trend {
    /// The lead's identifier in the CRM
    pub lead: String,
    /// For which purpose you read it: access-request, contest, review, quality, audit or support; recorded
    #[arg(long, value_name = "PURPOSE", value_parser = why(), hide_possible_values = true)]
    pub why: Why,
    /// The earlier decision (default: the one before the later one)
    #[arg(long, value_name = "N")]
    pub from: Option<u64>,
    /// The later decision (default: the latest)
    #[arg(long, value_name = "N")]
    pub to: Option<u64>,
    /// The export of the later run, to read the lead's values as the old model would
    #[arg(long, value_name = "EXPORT")]
    pub data: Option<PathBuf>,
    /// Who does it: a person of the policy (default: whose work it is)
    #[arg(long = "as", value_name = "PERSON")]
    pub person: Option<String>,
}

impl From<Trend> for TrendQuestion {
    fn from(typed: Trend) -> Self {
        Self {
            lead: typed.lead,
            from: typed.from,
            to: typed.to,
            data: typed.data,
            person: typed.person,
            why: typed.why,
        }
    }
}
