//! What was typed after `models verify` and `models fairness`.

use std::path::PathBuf;

use clap::Args;

use crate::workspace::{FairnessRequest, VerifyRequest};

/// What a model is trained again on.
#[derive(Args, Clone, Debug)]
pub struct VerifyModel {
    /// Version, its first digits, @active or @latest
    pub version: String,
    /// The exports that it is said to have learned from (a pattern such as '*.csv' names several)
    #[arg(long, value_name = "FILE", required = true, num_args = 1..)]
    pub data: Vec<PathBuf>,
    /// Who does it: a person of the policy (default: whose work it is)
    #[arg(long = "as", value_name = "PERSON")]
    pub person: Option<String>,
}

impl From<VerifyModel> for VerifyRequest {
    fn from(typed: VerifyModel) -> Self {
        Self {
            model: typed.version,
            data: typed.data,
            person: typed.person,
        }
    }
}

/// Whose figures are asked for, and from what.
#[derive(Args, Clone, Debug)]
pub struct Fairness {
    /// Version, its first digits, @active or @latest
    pub version: String,
    /// Exports to score, as for a night; with outcomes where they are known
    #[arg(long, value_name = "EXPORT", required = true, num_args = 1..)]
    pub data: Vec<PathBuf>,
    /// The side file: the identifier, and columns of role `audit`; CSV as the policy writes it, or Parquet
    #[arg(long, value_name = "FILE")]
    pub audit: PathBuf,
    /// Proofs of consent, an act a line: lead, event (given, withdrawn), when, wording, source, act, scope
    #[arg(long, value_name = "FILE")]
    pub consents: Option<PathBuf>,
    /// The band from which on somebody counts as selected (default: the highest)
    #[arg(long, value_name = "BAND")]
    pub band: Option<String>,
    /// The purpose, where the policy has several
    #[arg(long, value_name = "ID")]
    pub purpose: Option<String>,
    /// A page to write, self-contained HTML in both languages
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Who does it: a person of the policy (default: whose work it is)
    #[arg(long = "as", value_name = "PERSON")]
    pub person: Option<String>,
}

impl From<Fairness> for FairnessRequest {
    fn from(typed: Fairness) -> Self {
        Self {
            model: typed.version,
            data: typed.data,
            audit: typed.audit,
            consents: typed.consents,
            band: typed.band,
            purpose: typed.purpose,
            out: typed.out,
            person: typed.person,
        }
    }
}
