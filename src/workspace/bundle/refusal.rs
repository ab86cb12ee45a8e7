//! Why no bundle is handed out; nothing was recorded and nothing was written.

use std::path::PathBuf;

/// Why no bundle is handed out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// Something stands where the folder should.
    #[error("`{}` exists already", path.display())]
    Standing {
        /// Where.
        path: PathBuf,
    },
    /// The folder's own folder is missing.
    #[error("`{}`: its folder does not exist", path.display())]
    NoFolder {
        /// Where.
        path: PathBuf,
    },
    /// The folder would lie among the workspace's own.
    #[error("`{}` lies in the workspace's own `{own}` folder", path.display())]
    Inside {
        /// Where.
        path: PathBuf,
        /// Whose.
        own: &'static str,
    },
    /// The recipient is not written as a name. What was typed may be somebody's: it is not repeated.
    #[error("the recipient is not written as a name")]
    Recipient,
    /// The first date comes after the last.
    #[error("the first date comes after the last")]
    Backwards,
    /// No run, or none that recorded anybody.
    #[error("nobody was recorded in this selection")]
    Nobody,
    /// Rows were erased or purged while the bundle was being written.
    #[error("rows were erased while the bundle was being written")]
    Overtaken,
}

impl Refusal {
    /// The exit code (DESIGN §6).
    #[must_use]
    pub fn exit(&self) -> u8 {
        if *self == Self::Overtaken { 7 } else { 2 }
    }

    /// What the person at the keyboard can do next.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Standing { .. } | Self::Inside { .. } => "name a new folder with `--out`",
            Self::NoFolder { .. } => "create it first, or name another place with `--out`",
            Self::Recipient => {
                "choose a short name of a-z, 0-9 and `-`, such as `cabinet-durand`; who it is stands in your own register"
            }
            Self::Backwards => "write the earlier date after `--from`",
            Self::Nobody => "`probant runs list` shows what was scored, with its dates",
            Self::Overtaken => "run the command again: nothing was handed out",
        }
    }
}
