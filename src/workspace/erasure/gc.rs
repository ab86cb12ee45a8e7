//! What crashes left: files that nothing knows of any more, listed and deleted.
//!
//! Every writer's open sweeps the ledger; this does it when nobody writes, and
//! looks into the other folders as well.

use std::path::Path;

use serde::Serialize;

use super::writer;
use crate::policy::Right;
use crate::workspace::disk::Disk;
use crate::workspace::error::Error;
use crate::workspace::journal::View;
use crate::workspace::{Workspace, World, restore};

/// A file that nothing knows of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Orphan {
    /// Its path within the workspace.
    pub path: String,
    /// Its length.
    pub bytes: u64,
}

/// Lists what crashes left, and deletes it unless `dry`.
pub fn gc(
    ws: &Workspace,
    world: &mut World,
    person: Option<&str>,
    dry: bool,
) -> Result<Vec<Orphan>, Error> {
    ws.may(person, Right::Gc)?;
    let mut found: Vec<Orphan> = View::open(&ws.root)?
        .orphans()?
        .into_iter()
        .map(|(name, bytes)| Orphan {
            path: format!("ledger/{name}"),
            bytes,
        })
        .collect();
    let run_lock = world
        .disk
        .lock(&ws.root.join("run.lock"), std::time::Duration::ZERO)?;
    let idle = run_lock.is_some();
    let drafts = drafts(ws);
    if idle {
        found.extend(under(&ws.root, "tmp"));
        for name in &drafts {
            found.extend(under(&ws.root, name));
        }
    }
    let mut state = ws.state()?;
    for output in state.pending()?.iter().filter(|_| idle) {
        if let Ok(meta) = std::fs::metadata(&output.part) {
            found.push(Orphan {
                path: output.part.display().to_string(),
                bytes: meta.len(),
            });
        }
    }
    if dry {
        return Ok(found);
    }
    let writer = writer(ws, world)?;
    if idle {
        restore::recover(&mut state, writer.view(), &world.disk)?;
        sweep(ws, &world.disk, &drafts)?;
    }
    Ok(found)
}

/// Folders of `models/` on their way to their place.
fn drafts(ws: &Workspace) -> Vec<String> {
    let Ok(items) = std::fs::read_dir(ws.models()) else {
        return Vec::new();
    };
    items
        .filter_map(Result::ok)
        .map(|item| item.file_name().to_string_lossy().into_owned())
        .filter(|name| name.starts_with('.') && name.strip_suffix(".part").is_some())
        .map(|name| format!("models/{name}"))
        .collect()
}

fn sweep(ws: &Workspace, disk: &Disk, drafts: &[String]) -> Result<(), Error> {
    for name in drafts {
        disk.remove_tree(&ws.root.join(name))?;
    }
    Ok(disk.remove_tree(&ws.root.join("tmp"))?)
}

fn under(root: &Path, folder: &str) -> Vec<Orphan> {
    let mut found = Vec::new();
    let mut todo = vec![(root.join(folder), folder.to_owned())];
    while let Some((path, name)) = todo.pop() {
        let Ok(items) = std::fs::read_dir(&path) else {
            continue;
        };
        for item in items.filter_map(Result::ok) {
            let name = format!("{name}/{}", item.file_name().to_string_lossy());
            match item.metadata() {
                Ok(meta) if meta.is_dir() => todo.push((item.path(), name)),
                Ok(meta) => found.push(Orphan {
                    path: name,
                    bytes: meta.len(),
                }),
                Err(_) => {}
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}
