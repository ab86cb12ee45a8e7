//! What was typed after `probant review`.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand};

use crate::workspace::Status;

/// Verbs of `probant review`.
#[derive(Debug, Subcommand)]
pub enum ReviewVerb {
    /// Lists proposals by number, borderline first, and what a sign-off still lacks
    #[command(
        before_help = "Examples:\n  probant review list\n  probant review list --run 38b1 --status contested\n  probant review list --borderline --limit 20 --as review-1\n"
    )]
    List(List),
    /// Shows a proposal with its reasons, and records first that it was shown
    #[command(
        before_help = "Examples:\n  probant review show 1042 --as review-1 --key review-1.key\n  probant review show L-1042 --as review-1 --key review-1.key\n"
    )]
    Show {
        /// A decision's number, or the lead's identifier in the CRM
        what: String,
        /// It is a lead's identifier, although it reads as a number
        #[arg(long)]
        lead: bool,
        /// Who looks
        #[command(flatten)]
        by: By,
    },
    /// Agrees with proposals that were opened
    #[command(
        before_help = "Examples:\n  probant review validate 1042 1043 --as review-1 --key review-1.key\n"
    )]
    Validate {
        /// Numbers of decisions
        #[arg(required = true)]
        decisions: Vec<u64>,
        /// Why, in your own words; never in the log, which keeps a commitment
        #[arg(long, value_name = "TEXT")]
        note: Option<String>,
        /// Who decides
        #[command(flatten)]
        by: By,
    },
    /// Decides on another band than the one proposed
    #[command(
        before_help = "Examples:\n  probant review override 1042 --to hot --reason known-context --as review-1 --key review-1.key\n"
    )]
    Override {
        /// The decision's number
        decision: u64,
        /// The band, by its id in the policy
        #[arg(long = "to", value_name = "BAND")]
        band: String,
        /// The reason, by its id or code in the policy
        #[arg(long, value_name = "REASON")]
        reason: String,
        /// Why, in your own words; never in the log, which keeps a commitment
        #[arg(long, value_name = "TEXT")]
        note: Option<String>,
        /// Who decides
        #[command(flatten)]
        by: By,
    },
    /// Decides that a lead is not to be used
    #[command(
        before_help = "Examples:\n  probant review reject 1042 --reason wrong-data --as review-1 --key review-1.key\n"
    )]
    Reject {
        /// The decision's number
        decision: u64,
        /// The reason, by its id or code in the policy
        #[arg(long, value_name = "REASON")]
        reason: String,
        /// Why, in your own words; never in the log, which keeps a commitment
        #[arg(long, value_name = "TEXT")]
        note: Option<String>,
        /// Who decides
        #[command(flatten)]
        by: By,
    },
    /// Signs a whole run off, once every borderline lead and the random sample were read
    #[command(
        before_help = "Examples:\n  probant review sign-off @latest --as review-1 --key review-1.key\n"
    )]
    SignOff {
        /// The run's id, its first digits, or @latest
        run: String,
        /// Who signs
        #[command(flatten)]
        by: By,
    },
}

/// Who reviews, and what proves it.
#[derive(Args, Clone, Debug)]
pub struct By {
    /// Who reviews: a person of the policy
    #[arg(long = "as", value_name = "PERSON")]
    pub person: String,
    /// The secret half of this person's key
    #[arg(long, value_name = "FILE")]
    pub key: PathBuf,
}

/// Which proposals are listed.
#[derive(Args, Debug)]
pub struct List {
    /// The run's id, its first digits, or @latest
    #[arg(long, default_value = "@latest", value_name = "RUN")]
    pub run: String,
    /// Of this band, by its id in the policy
    #[arg(long, value_name = "BAND")]
    pub band: Option<String>,
    /// open, validated, overridden, rejected or contested
    #[arg(long, value_name = "STATUS", value_parser = status(), hide_possible_values = true)]
    pub status: Option<Status>,
    /// Only those near the lower edge of a band
    #[arg(long)]
    pub borderline: bool,
    /// At most so many
    #[arg(long, default_value_t = 50, value_name = "N")]
    pub limit: usize,
    /// For which reviewer, where the policy has several
    #[arg(long = "as", value_name = "PERSON")]
    pub person: Option<String>,
}

/// Any other word is refused, and the right ones are said.
fn status() -> impl TypedValueParser<Value = Status> {
    PossibleValuesParser::new(Status::ALL.map(|(word, _)| word)).map(|word| {
        let mut known = Status::ALL.into_iter();
        known
            .find(|(known, _)| *known == word)
            .map_or(Status::Open, |(_, status)| status)
    })
}
