//! Why nothing leaves at all: exit 5, and not a byte was written.

use chrono::NaiveDate;

use crate::name::Token;
use crate::policy::Unfit;

/// Why nothing leaves.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// Nobody said what the message is, or not in one of the three words.
    #[error("the message has no class, or one that there is not")]
    Untyped,
    /// Leads are chosen by their score, for a message that everybody concerned must get.
    #[error("a message that is not promotional is for everybody it concerns, whatever their band")]
    Chosen,
    /// The policy does not know the tool.
    #[error("the policy has no tool `{tool}`")]
    UnknownTool {
        /// As it was typed.
        tool: String,
        /// One that there is.
        near: Option<String>,
    },
    /// No audit of the tool is declared, or not all of it.
    #[error("the tool `{tool}` has no audit")]
    Unaudited {
        /// The tool.
        tool: Token,
    },
    /// The audit counts no longer.
    #[error("the audit of the tool `{tool}` counted until {expires}")]
    Expired {
        /// The tool.
        tool: Token,
        /// The last day.
        expires: NaiveDate,
    },
    /// The run was a trial.
    #[error("run {run} was a trial: its scores are nobody\u{2019}s")]
    Trial {
        /// The run.
        run: String,
    },
    /// Leads are known by their row numbers.
    #[error("leads are known by their row number, which says nothing tomorrow")]
    Rows,
}

impl Refusal {
    /// What stands in the way of a tool.
    pub(super) fn unfit(tool: &Token, unfit: Unfit, expires: Option<NaiveDate>) -> Self {
        let tool = tool.clone();
        match (unfit, expires) {
            (Unfit::Expired, Some(expires)) => Self::Expired { tool, expires },
            _ => Self::Unaudited { tool },
        }
    }

    /// The note that the log keeps of it; none of a slip of the pen.
    pub(super) fn note(&self) -> Option<Token> {
        let about = match self {
            Self::Untyped | Self::Chosen | Self::Rows => return None,
            Self::UnknownTool { .. } => "release-refused-unknown".to_owned(),
            Self::Unaudited { tool } => format!("release-refused-audit-{tool}"),
            Self::Expired { tool, .. } => format!("release-refused-expired-{tool}"),
            Self::Trial { .. } => "release-refused-trial".to_owned(),
        };
        Some(about.parse().expect("a tool's id has at most 40 letters"))
    }

    /// What the person at the keyboard can do next.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Untyped => {
                "say what it is: `--message promotional`, `--message informational` or `--message legal`".to_owned()
            }
            Self::Chosen => {
                "leave out `--band`; or say what it is: `--message promotional`, and the law is asked".to_owned()
            }
            Self::UnknownTool {
                near: Some(near), ..
            } => format!("did you mean `{near}`?"),
            Self::UnknownTool { .. } => {
                "a tool is declared under `[[tools]]` in probant.toml, with its audit, before anything goes there".to_owned()
            }
            Self::Unaudited { .. } => {
                "audit the tool, then write `audited`, `certificate`, `scope` and `expires` under its `[[tools]]`".to_owned()
            }
            Self::Expired { .. } => {
                "audit the tool again, then write the new `audited` and `expires` under its `[[tools]]`".to_owned()
            }
            Self::Trial { .. } => {
                "score with the active model, have the leads reviewed, and release that run".to_owned()
            }
            Self::Rows => {
                "declare the column that identifies a lead: objections and caps follow people, not rows".to_owned()
            }
        }
    }
}
