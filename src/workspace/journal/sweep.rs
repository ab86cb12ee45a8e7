//! What a crash left, or an erasure made old: files of ours that the log knows nothing of, deleted.
//!
//! A stranger's file stays: `verify` names it.

use std::collections::{BTreeMap, BTreeSet};

use super::{Error, View, Writer, check, pending_name, restricted_name};
use crate::ledger::entry::Entry;
use crate::ledger::text::SegmentId;
use crate::ledger::tile;
use crate::ledger::verify::is_ours;

/// The files of `ledger/` that the log knows of.
struct Known {
    names: BTreeSet<String>,
    segments: BTreeMap<String, SegmentId>,
    /// Where the wrapped keys in use stand.
    keys: String,
}

impl Known {
    fn of(view: &View) -> Self {
        let mut names: BTreeSet<String> = tile::all(view.size())
            .iter()
            .map(tile::Tile::path)
            .collect();
        names.insert("checkpoint".to_owned());
        let documents = view
            .entries()
            .filter_map(|(_, entry)| Entry::documents(entry));
        names.extend(documents.map(|digest| format!("documents/{digest}")));
        names.extend(view.begun().keys().map(|event| pending_name(*event)));
        names.extend(
            view.restrictions()
                .keys()
                .map(|event| restricted_name(*event)),
        );
        let id = |id: SegmentId| (id.to_string(), id);
        Self {
            names,
            segments: view.segments().map(|placed| id(placed.entry.id)).collect(),
            keys: format!("keys/{}/", view.keyring.kek_id()),
        }
    }

    /// Whether the log knows of a file; `generation` says which of a segment's files is the current one.
    fn contains(&self, name: &str, generation: &mut impl FnMut(SegmentId) -> Option<u32>) -> bool {
        if self.names.contains(name) {
            return true;
        }
        if let Some(file) = name.strip_prefix("keys/") {
            // Under another key-encryption key nothing opens any more.
            let current = name.starts_with(&self.keys);
            let id = file
                .split_once('/')
                .and_then(|(_, file)| file.split_once('.'));
            return current && id.is_some_and(|(id, _)| self.segments.contains_key(id));
        }
        let Some((id, rest)) = name
            .strip_prefix("segments/")
            .and_then(|file| file.split_once('.'))
        else {
            return false;
        };
        let Some(id) = self.segments.get(id) else {
            return false;
        };
        match rest.split_once('.') {
            None => true,
            // Where the key does not tell, nothing is deleted.
            Some((number, _)) => {
                generation(*id).is_none_or(|current| number == current.to_string())
            }
        }
    }
}

impl View {
    /// The files of ours in `ledger/` that the log knows nothing of, with their lengths.
    pub fn orphans(&self) -> Result<Vec<(String, u64)>, Error> {
        let known = Known::of(self);
        let files = check::files(&self.paths.ledger())?;
        let mut generations: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
        for (name, _) in &files {
            let rest = name
                .strip_prefix("segments/")
                .and_then(|it| it.split_once('.'));
            if let Some((id, rest)) = rest
                && let Some((generation, _)) = rest.split_once('.')
            {
                generations
                    .entry(id.to_owned())
                    .or_default()
                    .insert(generation);
            }
        }
        let kek = self.keyring.kek()?;
        // A key is opened only where there is a choice.
        let mut generation = |id: SegmentId| {
            let choice = generations
                .get(&id.to_string())
                .is_some_and(|it| it.len() > 1);
            choice
                .then(|| self.unwrapped(&self.keyring, &kek, id).ok())
                .flatten()
                .map(|unwrapped| unwrapped.generation)
        };
        Ok(files
            .iter()
            .filter(|(name, _)| is_ours(name) && !known.contains(name, &mut generation))
            .cloned()
            .collect())
    }
}

impl Writer {
    /// Deletes what [`View::orphans`] finds, folders of old keys, and keys that wrap nothing any more.
    pub(super) fn sweep(&self) -> Result<(), Error> {
        for (name, _) in self.view.orphans()? {
            self.disk.remove(&self.view.paths.in_ledger(&name))?;
        }
        let folder = self.view.paths.in_ledger("keys");
        if let Ok(items) = std::fs::read_dir(&folder) {
            for item in items.filter_map(Result::ok) {
                let name = item.file_name().to_string_lossy().into_owned();
                let empty = std::fs::read_dir(item.path()).is_ok_and(|mut it| it.next().is_none());
                if empty && name != self.view.keyring.kek_id().as_str() {
                    self.disk.remove_tree(&item.path())?;
                }
            }
        }
        self.view.keyring.sweep_keks(&self.disk)
    }
}
