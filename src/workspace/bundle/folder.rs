//! A new folder that appears whole or not at all: written beside its place, synced, then renamed.

use std::collections::BTreeSet;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use super::Refusal;
use crate::workspace::Workspace;
use crate::workspace::disk::Disk;
use crate::workspace::error::Error;
use crate::workspace::place;

/// Bytes that are gathered before they go to the disk.
const BUFFER: usize = 1 << 20;

/// A folder on its way to its place; removed if it does not get there.
pub struct Folder<'a> {
    disk: &'a Disk,
    target: PathBuf,
    part: PathBuf,
    /// Every directory in it, by its path within it.
    inside: BTreeSet<PathBuf>,
    placed: bool,
}

impl<'a> Folder<'a> {
    /// Starts the folder `target`, which must not exist, where a folder may be put.
    ///
    /// Only its owner may enter it: it may hold people's rows.
    pub fn start(ws: &Workspace, disk: &'a Disk, target: &Path) -> Result<Self, Error> {
        let target = allowed(ws, target)?;
        let name = target.file_name().unwrap_or_default().to_string_lossy();
        let part = target.with_file_name(format!(".{name}.bundle-part"));
        // What an earlier attempt left when it was killed.
        disk.remove_tree(&part)?;
        let folder = Self {
            disk,
            target,
            part,
            inside: BTreeSet::new(),
            placed: false,
        };
        disk.create_secret_directory(&folder.part)?;
        Ok(folder)
    }

    /// Where it will stand.
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// Writes a file.
    pub fn put(&mut self, name: &str, bytes: &[u8]) -> Result<(), Error> {
        let path = self.make_room(name)?;
        Ok(self.disk.create(&path, bytes)?)
    }

    /// Writes a file piece by piece, through `fill`.
    pub fn stream(
        &mut self,
        name: &str,
        fill: impl FnOnce(&mut Pieces) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let path = self.make_room(name)?;
        let mut pieces = Pieces {
            file: BufWriter::with_capacity(BUFFER, Box::new(self.disk.start(&path)?)),
            path: path.clone(),
        };
        fill(&mut pieces)?;
        pieces.end()?;
        Ok(self.disk.sync(&path)?)
    }

    /// Makes its names last, and gives it its place.
    pub fn place(mut self) -> Result<(), Error> {
        for directory in self.inside.iter().rev() {
            self.disk.sync_folder(&self.part.join(directory))?;
        }
        self.disk.sync_folder(&self.part)?;
        self.disk.place(&self.part, &self.target)?;
        self.placed = true;
        Ok(())
    }

    fn make_room(&mut self, name: &str) -> Result<PathBuf, Error> {
        let path = self.part.join(name);
        for above in Path::new(name).ancestors().skip(1) {
            if above.as_os_str().is_empty() || self.inside.contains(above) {
                break;
            }
            self.disk.create_directory(&self.part.join(above))?;
            self.inside.insert(above.to_owned());
        }
        Ok(path)
    }
}

impl Drop for Folder<'_> {
    fn drop(&mut self) {
        if !self.placed {
            // Best effort: the next attempt at this place removes it as well.
            let _ = self.disk.remove_tree(&self.part);
        }
    }
}

/// A file that is being written.
pub struct Pieces {
    file: BufWriter<Box<dyn Write>>,
    path: PathBuf,
}

impl Pieces {
    /// Writes the next bytes.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.file
            .write_all(bytes)
            .map_err(|source| self.refused(source))
    }

    fn end(&mut self) -> Result<(), Error> {
        self.file.flush().map_err(|source| self.refused(source))
    }

    fn refused(&self, source: io::Error) -> Error {
        Error::Write {
            path: self.path.clone(),
            source,
        }
    }
}

/// The place of a new folder, absolute, if one may stand there.
fn allowed(ws: &Workspace, target: &Path) -> Result<PathBuf, Error> {
    let path = target.to_owned();
    if target.symlink_metadata().is_ok() {
        return Err(Refusal::Standing { path }.into());
    }
    let absolute = std::path::absolute(target).map_err(|source| Error::Write {
        path: path.clone(),
        source,
    })?;
    let (Some(name), Some(folder)) = (
        absolute.file_name(),
        absolute
            .parent()
            .and_then(|folder| folder.canonicalize().ok()),
    ) else {
        return Err(Refusal::NoFolder { path }.into());
    };
    if !folder.is_dir() {
        return Err(Refusal::NoFolder { path }.into());
    }
    let root = ws.root().canonicalize().unwrap_or_default();
    if let Some(own) = place::own_of(&root, &folder.join(name)) {
        return Err(Refusal::Inside { path, own }.into());
    }
    Ok(folder.join(name))
}
