//! The ledger on disk: created, read at its checkpoint, appended to so that nothing is lost or forked.
//!
//! | file | noun |
//! | --- | --- |
//! | [`entropy`] | where random bytes come from |
//! | [`keyring`] | the folder `keys/` |
//! | `creation` | a new ledger with its keys |
//! | [`view`] | the ledger as its checkpoint tells it, read without a lock |
//! | `file` | a segment's sealed file, read in part |
//! | [`period`] | pseudonym masters, from one to the next, and their destruction |
//! | [`prove`] | one record with everything that proves it |
//! | [`writer`] | the one who may append, and recovery, which is the ordinary way to open |
//! | `spool` | the way of a file into `ledger/` |
//! | [`run`] | a scoring run's rows on their way into the ledger |
//! | `erase` | rows that leave, their segments rewritten and every key wrapped anew |
//! | `restrict` | rows that may be neither used nor purged for a while |
//! | `purge` | whole segments destroyed at their date |
//! | `suppression` | the key that recognises who may not be scored again |
//! | `sweep` | what a crash left, deleted |
//! | [`anchors`] | checkpoints that left the machine, and the rule that a ledger is never older |
//! | [`events`] | events on theirs |
//! | [`leaves`] | a segment's leaves in order, for whoever may have them |
//! | `copy` | the main log as files for strangers |
//! | [`mod@check`] | verification of what is on disk |
//!
//! Layout: `ledger/checkpoint`, `ledger/tile/…`, `ledger/documents/<sha256>`,
//! `ledger/segments/<id>.<generation>.rows` and `.nodes`, `ledger/keys/<kek>/<id>.key`.

pub mod anchors;
pub mod check;
mod copy;
mod creation;
pub mod entropy;
mod erase;
pub mod events;
mod file;
pub mod keyring;
pub mod leaves;
pub mod period;
pub mod prove;
mod purge;
mod restrict;
pub mod run;
mod spool;
mod suppression;
mod sweep;
pub mod view;
pub mod writer;

use std::io;
use std::path::{Path, PathBuf};

pub use check::check;
pub use creation::create;
pub use entropy::Entropy;
pub use erase::Erasure;
pub use leaves::{Leaf, Portion};
pub use period::{Period, PeriodWriter};
pub use prove::Proved;
pub use restrict::{Held, Restriction};
pub use run::RunWriter;
pub use view::{Placed, Stats, View};
pub use writer::{Commit, Receipt, Writer};

use super::disk;
use crate::ledger;
use crate::ledger::text::{EventId, SegmentId};

/// Why the ledger on disk could not be read or appended to.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Someone else is at it: exit 7.
    #[error("`{lock}`: another `probant` holds it")]
    Busy {
        /// Which lock.
        lock: &'static str,
    },
    /// The disk refused a write; the process must end.
    #[error("the ledger was not extended")]
    Disk(#[from] disk::Error),
    /// A file could not be read.
    #[error("`{}` cannot be read", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A file of the ledger is not what was signed: exit 4.
    #[error("`{file}` is not as it was recorded")]
    Damaged {
        /// Its path within the workspace.
        file: String,
        /// What is wrong with it.
        source: ledger::Error,
    },
    /// The ledger is shorter than an anchor vouches for: exit 4.
    #[error(
        "the ledger holds {held} entries, but an anchor vouches for {anchored}: an older copy was put back, or its tail is gone"
    )]
    Older {
        /// Entries.
        held: u64,
        /// Entries that were anchored.
        anchored: u64,
    },
    /// The ledger is not the one that was anchored: exit 4.
    #[error(
        "the ledger is not the one that was anchored at {size} entries: its history forked, or was rewritten"
    )]
    Forked {
        /// Entries that were anchored.
        size: u64,
    },
    /// There is no ledger here.
    #[error("`{}` holds no ledger", root.display())]
    Absent {
        /// The workspace.
        root: PathBuf,
    },
    /// There is one already.
    #[error("`{}` already holds a ledger", root.display())]
    Present {
        /// The workspace.
        root: PathBuf,
    },
    /// A secret can be read by others.
    #[error("`{}` is open to others (mode {mode:03o})", path.display())]
    Loose {
        /// Which file or folder.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// What was asked to be recorded does not hold together.
    #[error("it cannot be recorded")]
    Refused(#[from] ledger::Error),
    /// The run's entry counts other rows than were pushed.
    #[error("the run counts {said} {kind}, but {held} were recorded")]
    Counts {
        /// Of which kind.
        kind: ledger::SegmentKind,
        /// What the entry says.
        said: u64,
        /// What the segments hold.
        held: u64,
    },
    /// Rows under restriction may be neither used nor erased: exit 5.
    #[error("{rows} of these records {} restricted (GDPR art. 18)", if *rows == 1 { "is" } else { "are" })]
    Restricted {
        /// How many.
        rows: u64,
    },
    /// An earlier write failed: this writer has seen the disk fail and must not go on.
    #[error("an earlier write failed")]
    Spent,
}

impl Error {
    /// The exit code (DESIGN §6).
    #[must_use]
    pub fn exit(&self) -> u8 {
        match self {
            Self::Busy { .. } => 7,
            Self::Restricted { .. } => 5,
            Self::Damaged { .. } | Self::Older { .. } | Self::Forked { .. } => 4,
            Self::Absent { .. } | Self::Present { .. } => 2,
            Self::Disk(_)
            | Self::Read { .. }
            | Self::Loose { .. }
            | Self::Refused(_)
            | Self::Counts { .. }
            | Self::Spent => 1,
        }
    }

    /// What the person at the keyboard can do next.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Busy { .. } => Some("wait until it is done, then try again"),
            Self::Damaged { file, .. } if file.starts_with("anchors/") => Some(
                "put it back from a copy; if there is none, move it out of `anchors/` and ask for a new anchor",
            ),
            Self::Older { .. } | Self::Forked { .. } => Some(
                "put the newest copy of the ledger back; only if it is lost, say so in the log: `probant ledger anchor accept-rollback --as PERSON`",
            ),
            Self::Disk(error) => error.hint(),
            Self::Damaged { source, .. } | Self::Refused(source) => source.hint(),
            Self::Absent { .. } => Some("start one with `probant init`"),
            Self::Loose { .. } => Some(
                "`chmod 700` the folder and `chmod 600` the files in it, then consider who may have read them",
            ),
            Self::Restricted { .. } => {
                Some("lift the restriction first: `probant subject lift LEAD --request REF`")
            }
            Self::Spent => Some("start the command again: it begins from what the disk holds"),
            Self::Read { .. } => Some(
                "see that the file is there and readable; if it is lost, restore it from a backup",
            ),
            Self::Present { .. } | Self::Counts { .. } => None,
        }
    }
}

/// The files and folders of a workspace's ledger.
#[derive(Clone, Debug)]
pub(super) struct Paths {
    pub root: PathBuf,
}

impl Paths {
    pub fn of(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
        }
    }

    pub fn ledger(&self) -> PathBuf {
        self.root.join("ledger")
    }

    pub fn keys(&self) -> PathBuf {
        self.root.join("keys")
    }

    pub fn tmp(&self) -> PathBuf {
        self.root.join("tmp")
    }

    pub fn in_ledger(&self, name: &str) -> PathBuf {
        self.ledger().join(name)
    }
}

/// The name in `ledger/` of a segment's sealed file.
pub(super) fn rows_name(id: SegmentId, generation: u32) -> String {
    format!("segments/{id}.{generation}.rows")
}

/// The name in `ledger/` of the list of a segment's erased rows.
pub(super) fn erased_name(id: SegmentId, generation: u32) -> String {
    format!("segments/{id}.{generation}.erased")
}

/// The name in `ledger/` of the rows of an erasure under way.
pub(super) fn pending_name(event: EventId) -> String {
    format!("pending/{event}")
}

/// The name in `ledger/` of the rows of a restriction in force.
pub(super) fn restricted_name(event: EventId) -> String {
    format!("restricted/{event}")
}

/// The name in `ledger/` of a segment's hashes at level 8, which outlive its rewriting.
pub(super) fn nodes_name(id: SegmentId) -> String {
    format!("segments/{id}.nodes")
}

/// Reads a whole file of the ledger.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, Error> {
    std::fs::read(path).map_err(|source| Error::Read {
        path: path.to_owned(),
        source,
    })
}
