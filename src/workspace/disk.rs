//! The disk: the only place where the workspace writes, so that every write can be watched, and made to fail.
//!
//! A file is created under a name that did not exist, written, synced, and
//! only then renamed to where it belongs; the directory is synced after. No
//! error is retried: after a failed sync nobody knows what the disk holds.
//! (`close` has nothing left to report once a sync has succeeded.)

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Before or after an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// It is about to happen: an error from the watcher prevents it.
    Before,
    /// Half of the bytes of a [`Operation::Write`] are written: an error from the watcher tears it.
    Halfway,
    /// It has happened: an error from the watcher reports it as failed all the same.
    After,
}

/// What is done to the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// A file is created that did not exist.
    Create,
    /// Its bytes are written.
    Write,
    /// They are synced.
    Sync,
    /// A file takes a name that did not exist.
    Rename,
    /// A file takes the place of another.
    Replace,
    /// A directory is synced.
    SyncDirectory,
    /// A file is removed.
    Remove,
    /// A directory is created.
    CreateDirectory,
    /// A directory is removed with what is in it.
    RemoveDirectory,
}

/// Called before and after each operation; an error fails it.
pub type Watcher = Arc<dyn Fn(Phase, Operation, &Path) -> io::Result<()> + Send + Sync>;

/// The disk refused; whoever was writing must stop, and start again from what the disk holds.
#[derive(Debug, thiserror::Error)]
#[error("`{}`: the disk refused ({operation:?})", path.display())]
pub struct Error {
    /// What was being done.
    pub operation: Operation,
    /// To which file.
    pub path: PathBuf,
    /// Why not.
    pub source: io::Error,
}

impl Error {
    /// What the person at the keyboard can do next.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self.source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Some(
                "free some space, then run the same command again: nothing half-written counts",
            ),
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                Some("the folder must be writable by whoever runs `probant`")
            }
            _ => {
                Some("nothing half-written counts; check the disk, then run the same command again")
            }
        }
    }
}

/// The disk.
#[derive(Clone, Default)]
pub struct Disk {
    watcher: Option<Watcher>,
}

/// A file that is being written through [`Disk::start`]; its writes are watched as all others are.
pub struct Draft {
    file: File,
    path: PathBuf,
    watcher: Option<Watcher>,
}

/// A lock that ends when this is dropped, or with the process.
#[derive(Debug)]
pub struct Lock {
    _file: Option<File>,
}

impl Disk {
    /// The disk as it is.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A disk whose every operation is watched; for tests.
    #[must_use]
    pub fn watched(watcher: Watcher) -> Self {
        Self {
            watcher: Some(watcher),
        }
    }

    /// Creates `path`, which did not exist, writes `bytes` and syncs them.
    pub fn create(&self, path: &Path, bytes: &[u8]) -> Result<(), Error> {
        self.fill(path, bytes, false)
    }

    /// The same for a file that only its owner may read.
    pub fn create_secret(&self, path: &Path, bytes: &[u8]) -> Result<(), Error> {
        self.fill(path, bytes, true)
    }

    fn fill(&self, path: &Path, bytes: &[u8], secret: bool) -> Result<(), Error> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, if secret { 0o600 } else { 0o644 });
        #[cfg(not(unix))]
        let _ = secret;
        let mut file = self.watch(Operation::Create, path, || options.open(path))?;
        self.watch(Operation::Write, path, || {
            self.write(&mut file, path, bytes)
        })?;
        self.watch(Operation::Sync, path, || file.sync_all())
    }

    /// Writes in two halves, so that a watcher can come between.
    fn write(&self, file: &mut File, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let (first, second) = bytes.split_at(bytes.len() / 2);
        file.write_all(first)?;
        if let Some(watcher) = &self.watcher {
            watcher(Phase::Halfway, Operation::Write, path)?;
        }
        file.write_all(second)
    }

    /// Syncs a directory, so that the names in it last.
    pub fn sync_folder(&self, path: &Path) -> Result<(), Error> {
        self.watch(Operation::SyncDirectory, path, || {
            // Windows has no handle on a directory that could be synced.
            if cfg!(unix) {
                File::open(path)?.sync_all()
            } else {
                Ok(())
            }
        })
    }

    /// Starts the file `path`, replacing what stands there: for a part that is synced once it is whole.
    pub fn start(&self, path: &Path) -> Result<Draft, Error> {
        let file = self.watch(Operation::Create, path, || File::create(path))?;
        Ok(Draft {
            file,
            path: path.to_owned(),
            watcher: self.watcher.clone(),
        })
    }

    /// Syncs a file that was written through [`Disk::start`].
    pub fn sync(&self, path: &Path) -> Result<(), Error> {
        self.watch(Operation::Sync, path, || {
            OpenOptions::new().write(true).open(path)?.sync_all()
        })
    }

    /// Renames `from` to `to`, which did not exist, and syncs the directory.
    pub fn place(&self, from: &Path, to: &Path) -> Result<(), Error> {
        self.watch(Operation::Rename, to, || {
            if to.try_exists()? {
                return Err(io::Error::from(io::ErrorKind::AlreadyExists));
            }
            fs::rename(from, to)
        })?;
        self.sync_directory(to)
    }

    /// Renames `from` to `to`, whatever stood there, and syncs the directory.
    pub fn replace(&self, from: &Path, to: &Path) -> Result<(), Error> {
        self.watch(Operation::Replace, to, || fs::rename(from, to))?;
        self.sync_directory(to)
    }

    /// Removes a file.
    pub fn remove(&self, path: &Path) -> Result<(), Error> {
        self.watch(Operation::Remove, path, || fs::remove_file(path))
    }

    /// Overwrites a file with zeros, syncs them, then removes it and syncs the directory; nothing happens when there is none.
    ///
    /// A disk that copies on write may keep the old blocks for a while: what must not survive has to
    /// be encrypted under something that is destroyed too, or lie on an encrypted disk.
    pub fn destroy(&self, path: &Path) -> Result<(), Error> {
        if !path.exists() {
            return Ok(());
        }
        self.watch(Operation::Write, path, || {
            let mut file = OpenOptions::new().write(true).open(path)?;
            let length = file.metadata()?.len() as usize; // a secret's file is short
            self.write(&mut file, path, &vec![0; length])?;
            file.sync_all()
        })?;
        self.remove(path)?;
        self.sync_directory(path)
    }

    /// Creates a directory and those above it, as far as they are missing, and syncs their parents.
    pub fn create_directory(&self, path: &Path) -> Result<(), Error> {
        self.make_directory(path, false)
    }

    /// The same for a directory that only its owner may enter.
    pub fn create_secret_directory(&self, path: &Path) -> Result<(), Error> {
        self.make_directory(path, true)
    }

    fn make_directory(&self, path: &Path, secret: bool) -> Result<(), Error> {
        if path.is_dir() {
            return Ok(());
        }
        if let Some(parent) = path
            .parent()
            .filter(|parent| !parent.as_os_str().is_empty())
        {
            self.make_directory(parent, false)?;
        }
        #[cfg_attr(not(unix), expect(unused_mut, reason = "modes are Unix's"))]
        let mut builder = fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, if secret { 0o700 } else { 0o755 });
        #[cfg(not(unix))]
        let _ = secret;
        self.watch(Operation::CreateDirectory, path, || builder.create(path))?;
        self.sync_directory(path)
    }

    /// Removes a directory with all that is in it; nothing happens when there is none.
    pub fn remove_tree(&self, path: &Path) -> Result<(), Error> {
        if !path.exists() {
            return Ok(());
        }
        self.watch(Operation::RemoveDirectory, path, || {
            fs::remove_dir_all(path)
        })
    }

    /// Takes the lock file `path`, waiting at most `patience`; `None` when someone else keeps it.
    pub fn lock(&self, path: &Path, patience: Duration) -> Result<Option<Lock>, Error> {
        let refused = |source| Error {
            operation: Operation::Create,
            path: path.to_owned(),
            source,
        };
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(path)
            .map_err(refused)?;
        wait(patience, || file.try_lock())
            .map(|taken| taken.then_some(Lock { _file: Some(file) }))
            .map_err(refused)
    }

    /// Waits until nobody holds the lock file `path` for themselves; `None` when someone still does.
    ///
    /// Writes nothing: without the file, nobody holds it.
    pub fn share(&self, path: &Path, patience: Duration) -> Result<Option<Lock>, Error> {
        let refused = |source| Error {
            operation: Operation::Create,
            path: path.to_owned(),
            source,
        };
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok(Some(Lock { _file: None }));
            }
            Err(source) => return Err(refused(source)),
        };
        wait(patience, || file.try_lock_shared())
            .map(|taken| taken.then_some(Lock { _file: Some(file) }))
            .map_err(refused)
    }

    /// Syncs every directory below `folder`, so that the names of files just created in them last.
    pub fn sync_directories(&self, folder: &Path) -> Result<(), Error> {
        let refused = |source| Error {
            operation: Operation::SyncDirectory,
            path: folder.to_owned(),
            source,
        };
        for item in fs::read_dir(folder).map_err(refused)? {
            let item = item.map_err(refused)?;
            if item.file_type().map_err(refused)?.is_dir() {
                self.sync_directories(&item.path())?;
            }
        }
        self.sync_directory(&folder.join("."))
    }

    /// Syncs the directory that holds `path`, so that its name lasts.
    fn sync_directory(&self, path: &Path) -> Result<(), Error> {
        let parent = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        self.sync_folder(parent)
    }

    fn watch<T>(
        &self,
        operation: Operation,
        path: &Path,
        act: impl FnOnce() -> io::Result<T>,
    ) -> Result<T, Error> {
        let watched = |phase| {
            self.watcher
                .as_ref()
                .map_or(Ok(()), |watcher| watcher(phase, operation, path))
        };
        watched(Phase::Before)
            .and_then(|()| act())
            .and_then(|done| watched(Phase::After).map(|()| done))
            .map_err(|source| Error {
                operation,
                path: path.to_owned(),
                source,
            })
    }
}

impl Draft {
    /// The file itself, for whoever can write to nothing else; unwatched from here on.
    #[must_use]
    pub fn into_file(self) -> File {
        self.file
    }

    fn watched(&self, phase: Phase) -> io::Result<()> {
        self.watcher.as_ref().map_or(Ok(()), |watcher| {
            watcher(phase, Operation::Write, &self.path)
        })
    }
}

impl io::Write for Draft {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.watched(Phase::Before)?;
        let written = self.file.write(bytes)?;
        self.watched(Phase::After)?;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Tries until it succeeds or patience ends; whether it did.
fn wait(patience: Duration, attempt: impl Fn() -> Result<(), TryLockError>) -> io::Result<bool> {
    let until = Instant::now() + patience;
    loop {
        match attempt() {
            Ok(()) => return Ok(true),
            Err(TryLockError::Error(source)) => return Err(source),
            Err(TryLockError::WouldBlock) if Instant::now() >= until => return Ok(false),
            Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(10)),
        }
    }
}
