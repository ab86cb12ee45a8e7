//! Why a command could not be carried out, which exit code that is, and what to do next.

use std::io;
use std::path::PathBuf;

use super::{journal, state};
use crate::policy::{Right, Role};
use crate::{features, intake, ledger, model, policy, pseudonym, sql, table};

/// Why a command could not be carried out.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No policy in the folder, nor above it.
    #[error("`{}` is not a workspace: no probant.toml here or above", at.display())]
    NoWorkspace {
        /// Where it was looked for.
        at: PathBuf,
    },
    /// There is one already.
    #[error("`{}` is a workspace already", at.display())]
    Exists {
        /// Where.
        at: PathBuf,
    },
    /// The policy is not UTF-8.
    #[error("probant.toml is not UTF-8 text")]
    PolicyEncoding,
    /// The policy does not hold together.
    #[error(transparent)]
    Policy(#[from] policy::Error),
    /// An export could not be read.
    #[error(transparent)]
    Intake(#[from] intake::Error),
    /// A Parquet file could not be read or written.
    #[error(transparent)]
    Table(#[from] table::Error),
    /// An identifier could not be normalised.
    #[error(transparent)]
    Pseudonym(#[from] pseudonym::Error),
    /// The encoder refused.
    #[error(transparent)]
    Features(#[from] features::Error),
    /// A model could not be fitted.
    #[error(transparent)]
    Training(#[from] model::train::Error),
    /// A model was asked about codes that it has no entry for.
    #[error("the encoder and the model disagree")]
    Scoring {
        /// How.
        source: model::score::Error,
    },
    /// A model's document is not one.
    #[error("model {version}: `{file}` {what}")]
    Model {
        /// The version asked for.
        version: String,
        /// The file of its folder.
        file: String,
        /// What is wrong.
        what: String,
    },
    /// The ledger's bytes are wrong.
    #[error(transparent)]
    Ledger(#[from] ledger::Error),
    /// A witness does not cosign.
    #[error(transparent)]
    Witness(#[from] ledger::witness::Refusal),
    /// The ledger could not be opened or extended.
    #[error(transparent)]
    Journal(#[from] journal::Error),
    /// The desk could not be used.
    #[error(transparent)]
    State(#[from] state::Error),
    /// The disk refused a change.
    #[error(transparent)]
    Disk(#[from] super::disk::Error),
    /// An explanation does not add up to its record.
    #[error(transparent)]
    Explanation(#[from] crate::report::DoesNotAddUp),
    /// What was to be shown could not be put in words.
    #[error("the explanation could not be written out")]
    Shown(#[source] io::Error),
    /// The disk refused a read.
    #[error("cannot read `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The disk refused a write.
    #[error("cannot write `{}`", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A name that the workspace does not know.
    #[error("unknown {what} `{name}`")]
    Unknown {
        /// What kind of thing.
        what: &'static str,
        /// The name typed.
        name: String,
        /// A near one.
        near: Option<String>,
    },
    /// Several answers are possible.
    #[error("which {what}? {}", known.join(", "))]
    Which {
        /// What kind of thing.
        what: &'static str,
        /// The option that says it.
        option: &'static str,
        /// The candidates.
        known: Vec<String>,
    },
    /// The command line contradicts itself or the world.
    #[error("{what}")]
    Usage {
        /// What is wrong.
        what: String,
        /// What to do.
        hint: &'static str,
    },
    /// Policy or law forbids it.
    #[error("{what}")]
    Refused {
        /// What was refused.
        what: String,
        /// What would be allowed.
        hint: &'static str,
    },
    /// The policy gives the person no right to do it.
    #[error("{} may not `{}`", person.as_deref().map_or("nobody in the policy".to_owned(), |it| format!("`{it}`")), right.word())]
    MayNot {
        /// Who; nobody where nobody may.
        person: Option<String>,
        /// What.
        right: Right,
        /// Who may.
        roles: Vec<Role>,
    },
    /// The data is malformed in a way that only the policy shows.
    #[error("{what}")]
    Data {
        /// What is wrong, without a value.
        what: String,
        /// What to do.
        hint: &'static str,
    },
    /// The decision is about somebody else, or about nobody.
    #[error("decision {asked} is not about this lead")]
    OtherDecision {
        /// The number asked for.
        asked: u64,
        /// The lead's own.
        known: Vec<u64>,
    },
    /// No bundle is handed out.
    #[error(transparent)]
    Bundle(#[from] super::bundle::Refusal),
    /// A review, a contest or a sign-off is refused.
    #[error(transparent)]
    Review(#[from] super::review::Refusal),
    /// A step in a model's life is refused.
    #[error(transparent)]
    Life(#[from] super::models::Refusal),
    /// The lead has no record.
    #[error("no decision about this lead")]
    NoDecision,
    /// The assessment of a legitimate interest does not stand.
    #[error(transparent)]
    Unassessed(#[from] super::assessment::Unassessed),
    /// A key could not be changed or used.
    #[error(transparent)]
    Keys(#[from] super::keys::Refusal),
    /// Nothing leaves.
    #[error(transparent)]
    Release(#[from] super::release::Refusal),
    /// Nothing is written at the place that was named.
    #[error(transparent)]
    Place(#[from] super::place::Refusal),
    /// No figures about groups are given.
    #[error(transparent)]
    Fairness(#[from] super::fairness::Refusal),
    /// The model has no SQL.
    #[error(transparent)]
    Sql(#[from] sql::Error),
    /// A backup could not be made or restored.
    #[error(transparent)]
    Backup(#[from] super::backup::Error),
    /// The input changed while it was read.
    #[error("`{}` changed while it was being read", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// The run stands; the erasures and purges of its night do not.
    #[error("run {} is recorded and its files are in place, but the night's batch was not carried out", run.get(..12).unwrap_or(run))]
    Batch {
        /// The run.
        run: String,
        /// Why not.
        source: Box<Error>,
    },
    /// The counts do not add up: a fault of this program, and nothing was recorded.
    #[error("{rows} rows were read, but {accounted} are accounted for")]
    Unaccounted {
        /// Rows in.
        rows: u64,
        /// Proposed, refused and failed together.
        accounted: u64,
    },
}

impl Error {
    /// The exit code (DESIGN §6).
    #[must_use]
    pub fn exit(&self) -> u8 {
        match self {
            Self::NoWorkspace { .. }
            | Self::Exists { .. }
            | Self::Unknown { .. }
            | Self::Which { .. }
            | Self::Place(_)
            | Self::Sql(_)
            | Self::Usage { .. } => 2,
            Self::PolicyEncoding
            | Self::Policy(_)
            | Self::Intake(_)
            | Self::Table(_)
            | Self::Data { .. }
            | Self::Changed { .. }
            | Self::Features(_)
            | Self::Pseudonym(_) => 3,
            Self::Model { .. } | Self::Ledger(_) | Self::Explanation(_) => 4,
            Self::Journal(error) => error.exit(),
            Self::Witness(refusal) => refusal.exit(),
            Self::Training(error) => error.exit(),
            Self::Fairness(refusal) => refusal.exit(),
            Self::Keys(error) => error.exit(),
            Self::Backup(error) => error.exit(),
            Self::Bundle(refusal) => refusal.exit(),
            Self::Release(_)
            | Self::Review(_)
            | Self::Life(_)
            | Self::Refused { .. }
            | Self::MayNot { .. }
            | Self::Unassessed(_) => 5,
            Self::Batch { source, .. } => source.exit(),
            Self::State(_)
            | Self::Disk(_)
            | Self::Read { .. }
            | Self::Write { .. }
            | Self::Shown(_)
            | Self::NoDecision
            | Self::OtherDecision { .. }
            | Self::Unaccounted { .. }
            | Self::Scoring { .. } => 1,
        }
    }

    /// What the person at the keyboard can do next.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let fixed = |text: &str| Some(text.to_owned());
        match self {
            Self::NoWorkspace { .. } => {
                fixed("start one here with `probant init DATA`, or name one with `--workspace DIR`")
            }
            Self::Exists { .. } => {
                fixed("edit its probant.toml, or name another folder with `--workspace DIR`")
            }
            Self::PolicyEncoding => fixed("save probant.toml as UTF-8"),
            Self::Policy(error) => error.hint().map(Into::into),
            Self::Intake(error) => error.hint().map(Into::into),
            Self::Table(error) => error.hint().map(Into::into),
            Self::Pseudonym(error) => error.hint().map(Into::into),
            Self::Features(error) => error.hint().map(Into::into),
            Self::Training(error) => error.hint().map(Into::into),
            Self::Ledger(error) => error.hint().map(Into::into),
            Self::Journal(error) => error.hint().map(Into::into),
            Self::Witness(refusal) => Some(refusal.hint()),
            Self::Unassessed(it) => fixed(it.hint()),
            Self::Keys(error) => fixed(error.hint()),
            Self::Place(refusal) => fixed(refusal.hint()),
            Self::Sql(error) => fixed(error.hint()),
            Self::Fairness(refusal) => fixed(refusal.hint()),
            Self::Backup(error) => fixed(error.hint()),
            Self::Model { .. } => fixed(
                "restore the model's folder from a backup; `probant ledger verify` names what changed",
            ),
            Self::Unknown {
                near: Some(near), ..
            } => Some(format!("did you mean `{near}`?")),
            Self::Unknown { what: "model", .. } => {
                fixed("`probant models list` shows what there is; give at least four digits")
            }
            Self::Unknown {
                what: "release", ..
            } => fixed("`probant release list` shows what there is"),
            Self::Unknown { what: "run", .. } => {
                fixed("`probant runs list` shows what there is; give at least four digits")
            }
            Self::Unknown {
                what: "law pack", ..
            } => fixed("`probant law show` lists them"),
            Self::Unknown {
                what: "request", ..
            } => fixed("`probant subject list` shows what was asked"),
            Self::Unknown { what: "period", .. } => {
                fixed("`probant keys list` shows what there is; give at least four digits")
            }
            Self::Unknown { what: "entry", .. } => {
                fixed("`probant ledger show` lists what there is")
            }
            Self::Unknown {
                what: "decision", ..
            } => fixed(
                "`probant review list` shows what there is; `probant explain LEAD` a lead\u{2019}s own",
            ),
            Self::Unknown { .. } => fixed("probant.toml lists what there is"),
            Self::Which { option, .. } => Some(format!("say which with `{option}`")),
            Self::Usage { hint, .. } | Self::Refused { hint, .. } | Self::Data { hint, .. } => {
                fixed(hint)
            }
            Self::OtherDecision { known, .. } => {
                let known: Vec<String> = known.iter().map(u64::to_string).collect();
                Some(format!("its decisions: {}", known.join(", ")))
            }
            Self::MayNot { roles, .. } if roles.is_empty() => fixed(
                "no role may, by `[rights]` in probant.toml: `probant policy check` prints the table",
            ),
            Self::MayNot { roles, .. } => {
                let roles: Vec<&str> = roles.iter().map(|role| role.word()).collect();
                Some(format!(
                    "whoever is {} may: name them with `--as`; `probant policy check` prints the table",
                    roles.join(" or ")
                ))
            }
            Self::Bundle(refusal) => fixed(refusal.hint()),
            Self::Review(refusal) => fixed(refusal.hint()),
            Self::Life(refusal) => fixed(refusal.hint()),
            Self::Release(refusal) => Some(refusal.hint()),
            Self::NoDecision => fixed(
                "check the identifier as the CRM writes it, or everything about it was erased on request; `probant runs list` shows what was scored",
            ),
            Self::Changed { .. } => {
                fixed("wait until the export is finished, then run the command again")
            }
            Self::Unaccounted { .. } => fixed("nothing was recorded; please report this"),
            Self::Batch { .. } => fixed("see to the cause, then run `probant subject erase --now`"),
            Self::Disk(error) => error.hint().map(Into::into),
            Self::Explanation(_) => {
                fixed("run `probant ledger verify --full`: it names what was changed")
            }
            Self::Write { .. } => fixed(
                "see that the disk has room and that the folder is writable, then run the same command again: nothing half-written counts",
            ),
            Self::State(error) => fixed(error.hint()),
            Self::Read { .. } | Self::Shown(_) | Self::Scoring { .. } => None,
        }
    }
}
