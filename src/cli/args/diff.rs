//! What was typed after `probant models diff`.

use std::path::PathBuf;

use clap::Args;

use crate::workspace::CompareRequest;

/// Which models are compared, and on what.
#[derive(Debug, Args)]
pub struct Diff {
    /// The model that scores: version, its first digits, @active, @candidate or @latest
    pub old: String,
    /// The model that may take over
    pub new: String,
    /// An export to score with both; who may not be scored is not (a pattern such as '*.csv' names several)
    #[arg(long, value_name = "EXPORT", num_args = 1..)]
    pub data: Vec<PathBuf>,
    /// Proofs of consent, where the law asks for them
    #[arg(long, value_name = "FILE")]
    pub consents: Option<PathBuf>,
    /// The purpose, where the policy has several
    #[arg(long, value_name = "ID")]
    pub purpose: Option<String>,
    /// Who does it: a person of the policy (default: whose work it is)
    #[arg(long = "as", value_name = "PERSON")]
    pub person: Option<String>,
}

impl From<Diff> for CompareRequest {
    fn from(typed: Diff) -> Self {
        Self {
            old: typed.old,
            new: typed.new,
            data: typed.data,
            consents: typed.consents,
            purpose: typed.purpose,
            person: typed.person,
        }
    }
}
