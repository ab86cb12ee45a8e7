//! The way of a file into `ledger/`: whole in `tmp/` first, then under its name.

use std::collections::BTreeSet;
use std::path::Path;

use super::{Error, Paths};
use crate::ledger;
use crate::ledger::tile::{self, Tile};
use crate::ledger::tree;
use crate::workspace::disk::Disk;

/// Puts files where they belong, by way of `tmp/`.
pub(super) struct Spool<'a> {
    pub disk: &'a Disk,
    pub paths: &'a Paths,
    pub tmp: &'a Path,
}

impl Spool<'_> {
    /// Writes a new file of `ledger/`.
    pub fn put(&self, name: &str, bytes: &[u8]) -> Result<(), Error> {
        let tmp = self.tmp.join("file");
        self.disk.create(&tmp, bytes)?;
        self.place(&tmp, name)
    }

    /// Moves a finished file into `ledger/`.
    pub fn place(&self, from: &Path, name: &str) -> Result<(), Error> {
        let to = self.paths.in_ledger(name);
        if let Some(parent) = to.parent() {
            self.disk.create_directory(parent)?;
        }
        Ok(self.disk.place(from, &to)?)
    }

    /// Writes the bundles and tiles that a tree of `leaves` has and one of the first `old` has not;
    /// `texts` are the entries from the first of the last bundle of the old tree on.
    pub fn tiles(&self, old: u64, leaves: Vec<tree::Hash>, texts: &[String]) -> Result<(), Error> {
        let standing: BTreeSet<Tile> = tile::all(old).into_iter().collect();
        let size = leaves.len() as u64;
        let first = old / tile::WIDTH;
        let levels = tile::levels(leaves);
        for tile in tile::all(size)
            .into_iter()
            .filter(|tile| !standing.contains(tile))
        {
            let bytes = if tile.level.is_some() {
                tile::hashes(&tile, &levels).ok_or(ledger::Error::Tile("outside the tree"))?
            } else {
                let from = ((tile.index - first) * tile::WIDTH) as usize;
                tile::bundle(&texts[from..from + usize::from(tile.width)])?
            };
            self.put(&tile.path(), &bytes)?;
        }
        Ok(())
    }
}
