//! Where a file for somebody else may be put: never on top of another, and never among what is kept.
//!
//! A witness and a recovery key have no workspace, so the folders above the
//! place are asked whether they are one.

use std::fs;
use std::path::{Path, PathBuf};

use super::POLICY;

/// The folders of a workspace in which only this program writes.
pub const OWN: [&str; 5] = ["ledger", "keys", "models", "anchors", "tmp"];

/// The files of a workspace that nothing is written over.
const FILES: [&str; 5] = [
    POLICY,
    "state.db",
    "state.db-wal",
    "state.db-shm",
    "state.db-journal",
];

/// Why nothing is written at a place: exit 2.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// Something stands there.
    #[error("`{}` exists already", path.display())]
    Standing {
        /// Where.
        path: PathBuf,
    },
    /// A folder stands there, or it has no name.
    #[error("`{}` is a folder", path.display())]
    Folder {
        /// Where.
        path: PathBuf,
    },
    /// Its own folder is missing.
    #[error("`{}`: its folder does not exist", path.display())]
    NoFolder {
        /// Where.
        path: PathBuf,
    },
    /// It would lie among what a workspace keeps.
    #[error("`{}` lies in the workspace's own `{own}` folder", path.display())]
    Inside {
        /// Where.
        path: PathBuf,
        /// Whose.
        own: &'static str,
    },
    /// It is one of the workspace's own files.
    #[error("`{}` is the workspace's own file", path.display())]
    Own {
        /// Where.
        path: PathBuf,
    },
    /// It would lie among a witness's secrets.
    #[error("`{}` lies in a witness's folder", path.display())]
    Witness {
        /// Where.
        path: PathBuf,
    },
}

impl Refusal {
    /// What the person at the keyboard can do next.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Standing { .. } => "name another place: nothing is written over",
            Self::Folder { .. } => "name the file to write",
            Self::NoFolder { .. } => "create the folder, or name another place",
            Self::Inside { .. } | Self::Own { .. } | Self::Witness { .. } => {
                "name another place, outside of what is kept here"
            }
        }
    }
}

/// Refuses a place where something stands; a link that leads nowhere stands as well.
pub fn vacant(path: &Path) -> Result<(), Refusal> {
    if path.symlink_metadata().is_ok() {
        return Err(Refusal::Standing {
            path: path.to_owned(),
        });
    }
    allowed(path)
}

/// Refuses a place without a folder, within a workspace's own folders, or among a witness's secrets.
pub fn allowed(path: &Path) -> Result<(), Refusal> {
    let place = || path.to_owned();
    let absolute = std::path::absolute(path).unwrap_or_else(|_| place());
    let Some(name) = absolute.file_name().filter(|_| !absolute.is_dir()) else {
        return Err(Refusal::Folder { path: place() });
    };
    let folder = absolute
        .parent()
        .and_then(|folder| folder.canonicalize().ok());
    let Some(folder) = folder.filter(|folder| folder.is_dir()) else {
        return Err(Refusal::NoFolder { path: place() });
    };
    let target = folder.join(name);
    for above in folder.ancestors() {
        if is_workspace(above) {
            if let Some(own) = own_of(above, &target) {
                return Err(Refusal::Inside { path: place(), own });
            }
            if FILES.iter().any(|file| above.join(file) == target) {
                return Err(Refusal::Own { path: place() });
            }
        }
        if is_witness(above) {
            return Err(Refusal::Witness { path: place() });
        }
    }
    Ok(())
}

/// Which of the workspace's own folders holds `target`, a path without links.
pub fn own_of(root: &Path, target: &Path) -> Option<&'static str> {
    OWN.into_iter().find(|own| {
        let folder = root.join(own);
        let real = folder.canonicalize();
        target.starts_with(&folder) || real.is_ok_and(|real| target.starts_with(real))
    })
}

fn is_workspace(folder: &Path) -> bool {
    folder.join(POLICY).is_file() || folder.join("ledger").join("checkpoint").is_file()
}

fn is_witness(folder: &Path) -> bool {
    fs::read_dir(folder).is_ok_and(|mut items| {
        items.any(|item| {
            item.is_ok_and(|item| {
                let name = item.file_name();
                let id = name.to_str().and_then(|name| name.strip_prefix("witness-"));
                id.is_some_and(|id| id.len() == 16 && id.bytes().all(|it| it.is_ascii_hexdigit()))
            })
        })
    })
}
