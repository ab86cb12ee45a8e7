//! What was typed after `probant outcomes` and `probant monitor`.

use std::path::PathBuf;

use chrono::NaiveDate;
use clap::Args;

use crate::workspace::{MonitorRequest, OutcomesRequest};

/// Which outcomes are taken in.
#[derive(Args, Debug)]
pub struct Outcomes {
    /// Exports that say what became of leads (a pattern such as '*.csv' names several)
    #[arg(required = true)]
    data: Vec<PathBuf>,
    /// The purpose, where the policy has several
    #[arg(long, value_name = "ID")]
    purpose: Option<String>,
    /// Who does it: a person of the policy (default: whose work it is)
    #[arg(long = "as", value_name = "PERSON")]
    person: Option<String>,
    /// Count only: write nothing, record nothing
    #[arg(long)]
    dry_run: bool,
}

/// Which days of which model are looked at.
#[derive(Args, Debug)]
pub struct Monitor {
    /// The purpose, where the policy has several
    #[arg(long, value_name = "ID")]
    purpose: Option<String>,
    /// A model other than the active one
    #[arg(long, value_name = "VERSION")]
    model: Option<String>,
    /// The first day (default: the policy's window before the last)
    #[arg(long, value_name = "YYYY-MM-DD")]
    from: Option<NaiveDate>,
    /// The last day (default: today)
    #[arg(long, value_name = "YYYY-MM-DD")]
    to: Option<NaiveDate>,
    /// The report to write, as one HTML file
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Who does it: a person of the policy (default: whose work it is)
    #[arg(long = "as", value_name = "PERSON")]
    person: Option<String>,
}

impl From<Outcomes> for OutcomesRequest {
    fn from(typed: Outcomes) -> Self {
        let Outcomes {
            data,
            purpose,
            person,
            dry_run,
        } = typed;
        Self {
            data,
            purpose,
            person,
            dry_run,
        }
    }
}

impl From<Monitor> for MonitorRequest {
    fn from(typed: Monitor) -> Self {
        let Monitor {
            purpose,
            model,
            from,
            to,
            out,
            person,
        } = typed;
        Self {
            purpose,
            model,
            from,
            to,
            out,
            person,
        }
    }
}
