//! A disk that fails, or a process that dies, at a chosen moment of what is being done.

use std::io;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use probant::workspace::disk::{Disk, Operation, Phase};

/// A disk whose `n`-th watched moment does `act`; and how many moments there were.
///
/// A moment is before or after an operation, or in the middle of a write.
pub fn failing(
    n: usize,
    act: impl Fn() -> io::Result<()> + Send + Sync + 'static,
) -> (Disk, Arc<AtomicUsize>) {
    let count = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&count);
    let watcher = move |_: Phase, _: Operation, _: &Path| {
        if seen.fetch_add(1, Ordering::SeqCst) == n {
            act()
        } else {
            Ok(())
        }
    };
    (Disk::watched(Arc::new(watcher)), count)
}

/// The disk is full.
pub fn full() -> io::Result<()> {
    Err(io::Error::from(io::ErrorKind::StorageFull))
}

/// The process dies as by `kill -9`.
pub fn die() -> io::Result<()> {
    let me = std::process::id().to_string();
    let _ = Command::new("kill").args(["-9", &me]).status();
    std::process::abort();
}
