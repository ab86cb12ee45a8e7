//! Why no figures about groups are given.

use crate::intake::identity::Looks;
use crate::lang::Lang;

/// Why no figures about groups are given.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The policy knows no side file.
    #[error("the policy declares no column of the role `audit`")]
    Undeclared,
    /// An audit column holds no groups.
    #[error("the audit column `{column}` holds numbers or dates, which are no groups")]
    Counted {
        /// The column.
        column: String,
    },
    /// Nobody is left out of the band.
    #[error("everybody falls in the band `{band}` or a higher one")]
    Everybody {
        /// The band.
        band: String,
    },
    /// Leads have no identifier.
    #[error("leads are named by their row, which says nothing of a row of another file")]
    Rows,
    /// The side file does not say whom it is about.
    #[error("{file}: the side file has no column `{column}`")]
    Nameless {
        /// The file.
        file: String,
        /// The identifier.
        column: String,
    },
    /// The side file has no groups.
    #[error("{file}: none of the columns of role `audit` is in the side file")]
    Groupless {
        /// The file.
        file: String,
    },
    /// A group's name would be somebody's address or number.
    #[error("{file}: values of the audit column `{column}` look like {}, and names of groups are shown and kept", looks.name(Lang::En))]
    Identity {
        /// The file.
        file: String,
        /// The column.
        column: String,
        /// What they look like.
        looks: Looks,
    },
    /// Somebody is in two groups of one column.
    #[error("{file}: {rows} rows put somebody in another group than an earlier row does")]
    Contradicted {
        /// The file.
        file: String,
        /// How many rows.
        rows: u64,
    },
    /// The side file is about other people.
    #[error("{file}: no identifier of the side file names anybody who was scored")]
    Strangers {
        /// The file.
        file: String,
    },
    /// No two groups are large enough.
    #[error("{file}: no column has two groups of at least {k} people among those scored")]
    Small {
        /// The file.
        file: String,
        /// How many people a figure stands for at least.
        k: u64,
    },
}

impl Refusal {
    /// The exit code.
    #[must_use]
    pub fn exit(&self) -> u8 {
        match self {
            Self::Everybody { .. } => 2,
            Self::Nameless { .. }
            | Self::Groupless { .. }
            | Self::Contradicted { .. }
            | Self::Strangers { .. } => 3,
            Self::Undeclared
            | Self::Counted { .. }
            | Self::Rows
            | Self::Identity { .. }
            | Self::Small { .. } => 5,
        }
    }

    /// What the person at the keyboard can do next.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Undeclared => {
                "declare each column of the side file, such as a gender or an age band, with `kind = \"category\"` and `role = \"audit\"`"
            }
            Self::Counted { .. } => {
                "write bands into the side file, such as `30-39`, and declare `kind = \"category\"`"
            }
            Self::Everybody { .. } => {
                "name the band that people are selected from: any but the lowest"
            }
            Self::Rows => "declare the column that identifies a lead",
            Self::Nameless { .. } => {
                "it names people by the column that the policy gives the role `identifier`"
            }
            Self::Groupless { .. } => {
                "`--audit` takes the side file with the groups, `--data` the export with the features"
            }
            Self::Identity { .. } => {
                "an audit column names groups that many people share, such as a gender or an age band"
            }
            Self::Contradicted { .. } => "give each person one row, or the same groups in each",
            Self::Strangers { .. } => {
                "the side file names people as the export does, in the column that the policy gives the role `identifier`"
            }
            Self::Small { .. } => {
                "no figure stands for fewer people than `min_people`: give more leads, or wider groups such as age bands"
            }
        }
    }
}
