//! Why a text is not a policy: every finding at once, each with its place.

use std::fmt;

/// Why a policy could not be believed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file breaks at least one rule.
    #[error("{}", listed(findings))]
    Invalid {
        /// Everything that is wrong, from the top of the file to its end; never empty.
        findings: Vec<Finding>,
    },
}

/// One thing that is wrong with a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The 1-based line of the file.
    pub line: usize,
    /// The 1-based column, in characters.
    pub column: usize,
    /// What is wrong there.
    pub what: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Error {
    /// Everything that is wrong, from the top of the file to its end.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        let Self::Invalid { findings } = self;
        findings
    }

    /// What the person at the keyboard can do next.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Invalid { .. } => Some(
                "`probant policy schema` describes every key; `probant init` drafts a whole policy",
            ),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "probant.toml:{}:{}: {}",
            self.line, self.column, self.what
        )?;
        match &self.hint {
            Some(hint) => write!(f, "\n  hint: {hint}"),
            None => Ok(()),
        }
    }
}

fn listed(findings: &[Finding]) -> String {
    findings
        .iter()
        .map(Finding::to_string)
        .collect::<Vec<_>>()
        .join("\n")
}
