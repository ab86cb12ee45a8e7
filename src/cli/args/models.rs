//! What was typed after `probant models`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::fair::{Fairness, VerifyModel};

/// Verbs of `probant models`.
#[derive(Debug, Subcommand)]
pub enum ModelsVerb {
    /// Lists the models of the workspace, and where each stands
    #[command(before_help = "Examples:\n  probant models list\n  probant models list --json\n")]
    List,
    /// Shows one model's provenance and figures
    #[command(
        before_help = "Examples:\n  probant models show @active\n  probant models show 6b51\n"
    )]
    Show {
        /// Version, its first digits, @active, @candidate or @latest
        version: String,
        /// The purpose, where the policy has several
        #[arg(long, value_name = "ID")]
        purpose: Option<String>,
    },
    /// Compares two models before one is approved: what moves in their tables, and for whom
    #[command(
        before_help = "Examples:\n  probant models diff @active @candidate\n  probant models diff @active @candidate --data tonight.csv --as dpo-1\n"
    )]
    Diff(super::Diff),
    /// Writes a model's card anew, with what is known of it today
    #[command(
        before_help = "Examples:\n  probant models card @active --out card.html\n  probant models card 6b51 --json\n"
    )]
    Card {
        /// Version, its first digits, @active, @candidate or @latest
        version: String,
        /// The purpose, where the policy has several
        #[arg(long, value_name = "ID")]
        purpose: Option<String>,
        /// The file to write; without it, the card goes to the standard output
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Approves a model that somebody else trained, if it passes every gate
    #[command(
        before_help = "Examples:\n  probant models approve @candidate --as dpo-1 --key dpo-1.key\n"
    )]
    Approve(Step),
    /// Rejects a model, or takes an approval back before the model is active
    #[command(
        before_help = "Examples:\n  probant models reject @candidate --as dpo-1 --key dpo-1.key\n"
    )]
    Reject(Step),
    /// Makes an approved model the one that scores
    #[command(
        before_help = "Examples:\n  probant models activate @candidate --as data-1 --key data-1.key\n"
    )]
    Activate(Step),
    /// Goes back to the model that scored before
    #[command(
        before_help = "Examples:\n  probant models rollback --as data-1 --key data-1.key\n  probant models rollback --to 6b51 --as data-1 --key data-1.key\n"
    )]
    Rollback {
        /// The model to go back to, instead of the one before: a version or its first digits
        #[arg(long, value_name = "VERSION")]
        to: Option<String>,
        /// Who does it
        #[command(flatten)]
        by: Who,
    },
    /// Takes a model out of use
    #[command(
        before_help = "Examples:\n  probant models retire 6b51 --as data-1 --key data-1.key\n  probant models retire 6b51 --purge --as data-1 --key data-1.key\n"
    )]
    Retire {
        /// The step itself
        #[command(flatten)]
        step: Step,
        /// Remove its folder as well, once no record needs it
        #[arg(long)]
        purge: bool,
    },
    /// Says which model scored on a day
    #[command(before_help = "Examples:\n  probant models at 2026-11-03\n")]
    At {
        /// The civil date, in the policy's zone
        #[arg(value_name = "YYYY-MM-DD")]
        date: String,
    },
    /// Trains a model again and says whether it is the same, byte for byte
    #[command(before_help = "Examples:\n  probant models verify @active --data leads.csv\n")]
    Verify(VerifyModel),
    /// Says how groups of people fare with a model, from a file that nothing else reads
    #[command(
        before_help = "Examples:\n  probant models fairness @latest --data leads.csv --audit groups.csv\n  probant models fairness @active --data leads.csv --audit groups.parquet --out fairness.html\n"
    )]
    Fairness(Fairness),
}

/// A step of a model, and who takes it.
#[derive(Args, Clone, Debug)]
pub struct Step {
    /// Version, its first digits, @candidate, @active or @latest
    pub version: String,
    /// Who takes it
    #[command(flatten)]
    pub by: Who,
}

/// Who acts, what proves it, and for which purpose.
#[derive(Args, Clone, Debug)]
pub struct Who {
    /// Who does it: a person of the policy
    #[arg(long = "as", value_name = "PERSON")]
    pub person: String,
    /// The secret half of this person's key
    #[arg(long, value_name = "FILE")]
    pub key: PathBuf,
    /// The purpose, where the policy has several
    #[arg(long, value_name = "ID")]
    pub purpose: Option<String>,
}
