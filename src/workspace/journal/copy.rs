//! The main log as files for strangers: made again from the entries that the checkpoint vouched for.

use super::{Error, View};
use crate::ledger;
use crate::ledger::entry::Entry;
use crate::ledger::note::base64;
use crate::ledger::tile;
use crate::ledger::tree::{self, Hash};

impl View {
    /// The tiles and entry bundles of the log, by their paths.
    pub fn log_files(&self) -> Result<Vec<(String, Vec<u8>)>, Error> {
        let levels = tile::levels(self.leaves.clone());
        let one = |tile: tile::Tile| -> Result<(String, Vec<u8>), Error> {
            let bytes = if tile.level.is_some() {
                tile::hashes(&tile, &levels).ok_or(ledger::Error::Tile("outside the tree"))?
            } else {
                let from = (tile.index * tile::WIDTH) as usize;
                let entries = &self.entries[from..from + usize::from(tile.width)];
                tile::bundle(&entries.iter().map(Entry::text).collect::<Vec<_>>())?
            };
            Ok((tile.path(), bytes))
        };
        tile::all(self.size()).into_iter().map(one).collect()
    }

    /// The path from entry `index` to the checkpoint's root.
    #[must_use]
    pub fn inclusion(&self, index: u64) -> Vec<Hash> {
        tree::inclusion(&self.leaves, index as usize)
    }

    /// The proof of entry `index` as C2SP writes it: <https://c2sp.org/tlog-proof>.
    #[must_use]
    pub fn tlog_proof(&self, index: u64) -> String {
        let path = self
            .inclusion(index)
            .iter()
            .fold(String::new(), |lines, hash| lines + &base64(hash) + "\n");
        let checkpoint = String::from_utf8_lossy(&self.note);
        format!("c2sp.org/tlog-proof@v1\nindex {index}\n{path}\n{checkpoint}")
    }
}
