//! Why a backup could not be made, or brought back.

use std::path::PathBuf;

use crate::ledger;

/// Why a backup could not be made, or brought back.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The policy names nobody to whom the keys could be sealed: exit 5.
    #[error("the policy declares no recovery key: the keys of a backup would be open to anybody")]
    NoRecovery,
    /// The backup would be lost with the workspace: exit 2.
    #[error("`{}` lies within the workspace", dir.display())]
    Inside {
        /// Where it was to go.
        dir: PathBuf,
    },
    /// There is a backup of this very second: exit 2.
    #[error("`{stamp}` has been taken by another backup")]
    Taken {
        /// The backup's time.
        stamp: String,
    },
    /// A file's name cannot stand in a manifest: exit 1.
    #[error("a file of the workspace has a name that a manifest cannot hold")]
    Name,
    /// Nothing to restore: exit 2.
    #[error("`{}` holds no backup", dir.display())]
    Nothing {
        /// Where it was looked for.
        dir: PathBuf,
    },
    /// No backup of the time that was asked for: exit 2.
    #[error("`{}` holds no backup of {asked}, but of {}", dir.display(), known.join(", "))]
    NoStamp {
        /// Where it was looked for.
        dir: PathBuf,
        /// The time asked for.
        asked: String,
        /// The times there are.
        known: Vec<String>,
    },
    /// The ledger's part is there, its keys are not: exit 2.
    #[error("`{stamp}-ledger` is without its keys: there is no `{}`", keys.display())]
    NoKeys {
        /// The backup's time.
        stamp: String,
        /// Where they were looked for.
        keys: PathBuf,
    },
    /// The identity's file can be read by others: exit 1.
    #[error("`{}` is open to others (mode {mode:03o})", path.display())]
    Loose {
        /// The file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// The identity's file holds none: exit 3.
    #[error("`{}` holds no recovery identity", path.display())]
    Identity {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: ledger::Error,
    },
    /// The keys do not open: exit 4.
    #[error("`{}` does not open with this identity", path.display())]
    Sealed {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: ledger::Error,
    },
    /// The keys sign another log: exit 4.
    #[error("`{}` holds the keys of another log than `{}`", keys.display(), manifest.display())]
    OtherLog {
        /// The keys.
        keys: PathBuf,
        /// The ledger's manifest.
        manifest: PathBuf,
    },
    /// The keys are of another backup of the same log: exit 4.
    #[error("`{}` holds the keys of another backup than `{}`", keys.display(), manifest.display())]
    OtherBackup {
        /// The keys.
        keys: PathBuf,
        /// The ledger's manifest.
        manifest: PathBuf,
    },
    /// A file of the backup is not the one that was copied: exit 4.
    #[error("`{}` {why}", file.display())]
    Altered {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The folder to restore into is not empty: exit 2.
    #[error("`{}` is not empty", into.display())]
    Occupied {
        /// The folder.
        into: PathBuf,
    },
}

impl Error {
    /// The exit code (DESIGN §6).
    #[must_use]
    pub fn exit(&self) -> u8 {
        match self {
            Self::Name | Self::Loose { .. } => 1,
            Self::Inside { .. }
            | Self::Taken { .. }
            | Self::Nothing { .. }
            | Self::NoStamp { .. }
            | Self::NoKeys { .. }
            | Self::Occupied { .. } => 2,
            Self::Identity { .. } => 3,
            Self::Sealed { .. }
            | Self::OtherLog { .. }
            | Self::OtherBackup { .. }
            | Self::Altered { .. } => 4,
            Self::NoRecovery => 5,
        }
    }

    /// What the person at the keyboard can do next.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NoRecovery => {
                "the data protection officer runs `probant keys recovery --out FILE` on another machine; paste the two lines that it prints into probant.toml:\n[backup]\nrecovery = \"age1…\""
            }
            Self::Inside { .. } => {
                "name a folder on another disk: what is kept here is lost with the workspace"
            }
            Self::Taken { .. } => "wait a second, then run the command again",
            Self::Name => "`probant ledger verify` names files that do not belong there",
            Self::Nothing { .. } => {
                "name the folder that was given to `probant backup`, or another time with `--stamp`"
            }
            Self::NoStamp { .. } => "name one of these with `--stamp`",
            Self::NoKeys { .. } => {
                "keys are kept apart from the ledger: say where with `--keys FILE`, or name another backup with `--stamp`"
            }
            Self::Loose { .. } => "`chmod 600` it, then consider who may have read it",
            Self::Identity { .. } => "name the file that `probant keys recovery` wrote",
            Self::Sealed { .. } => {
                "use the identity whose recipient the policy declared at the time; if it is the right one, the file was changed: take another copy"
            }
            Self::OtherLog { .. } => {
                "a ledger opens only with its own keys: look for the pair of the same time"
            }
            Self::OtherBackup { .. } => "take ledger and keys of the same time",
            Self::Altered { .. } => {
                "nothing was restored; take another copy, or an older backup with `--stamp`"
            }
            Self::Occupied { .. } => {
                "name a folder that does not exist yet: a restored workspace replaces nothing"
            }
        }
    }
}
