//! The log as C2SP `tlog-tiles`: which files hold a tree of a given size, and what is in each.
//!
//! <https://c2sp.org/tlog-tiles>. A tile of level L holds up to 256 hashes of
//! subtrees of 256^L leaves; an entry bundle holds up to 256 entries, each
//! after its length. Every file is a function of the entries.

use super::error::Error;
use super::tree::{self, Hash};

/// Hashes, or entries, of a full tile or bundle.
pub const WIDTH: u64 = 256;

/// Where a tile or a bundle stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tile {
    /// The level of its hashes, or `None` for a bundle of entries.
    pub level: Option<u8>,
    /// Its number within the level.
    pub index: u64,
    /// How many it holds: 256 when full.
    pub width: u16,
}

impl Tile {
    /// The path under `tile/`'s parent: `tile/<L>/<N>[.p/<W>]` or `tile/entries/<N>[.p/<W>]`.
    #[must_use]
    pub fn path(&self) -> String {
        use std::fmt::Write as _;
        let mut path = match self.level {
            Some(level) => format!("tile/{level}/"),
            None => "tile/entries/".to_owned(),
        };
        let mut groups = vec![self.index % 1000];
        let mut rest = self.index / 1000;
        while rest > 0 {
            groups.push(rest % 1000);
            rest /= 1000;
        }
        for (at, group) in groups.iter().enumerate().rev() {
            let _ = if at > 0 {
                write!(path, "x{group:03}/")
            } else {
                write!(path, "{group:03}")
            };
        }
        if u64::from(self.width) < WIDTH {
            let _ = write!(path, ".p/{}", self.width);
        }
        path
    }

    /// The tile that stands at `path`, if a tile can stand there.
    #[must_use]
    pub fn at(path: &str) -> Option<Self> {
        let (path_whole, width) = match path.rsplit_once(".p/") {
            Some((whole, width)) => (whole, width.parse().ok().filter(|w| (1..256).contains(w))?),
            None => (path, 256),
        };
        let rest = path_whole.strip_prefix("tile/")?;
        let (level, groups) = rest.split_once('/')?;
        let level = if level == "entries" {
            None
        } else {
            Some(level.parse().ok().filter(|l| *l < 8)?)
        };
        let mut index: u64 = 0;
        for group in groups.split('/') {
            let digits = group.strip_prefix('x').unwrap_or(group);
            index = index.checked_mul(1000)?.checked_add(digits.parse().ok()?)?;
        }
        let tile = Self {
            level,
            index,
            width,
        };
        (tile.path() == path).then_some(tile)
    }
}

/// Every tile and bundle of a tree of `size` entries, without superseded partial ones.
#[must_use]
pub fn all(size: u64) -> Vec<Tile> {
    let mut tiles = Vec::new();
    let mut level = None;
    let mut hashes = size;
    while hashes > 0 {
        for index in 0..hashes.div_ceil(WIDTH) {
            let width = (hashes - index * WIDTH).min(WIDTH) as u16;
            tiles.push(Tile {
                level,
                index,
                width,
            });
        }
        match level {
            None => level = Some(0),
            Some(below) => {
                level = Some(below + 1);
                hashes /= WIDTH;
            }
        }
    }
    tiles
}

/// The tree's hashes by level of tiles: level 0 is the leaves, each level above the roots of 256 below.
#[must_use]
pub fn levels(leaves: Vec<Hash>) -> Vec<Vec<Hash>> {
    let mut levels = vec![leaves];
    while levels[levels.len() - 1].len() >= WIDTH as usize {
        let below = &levels[levels.len() - 1];
        let above = below.chunks_exact(WIDTH as usize).map(tree::root).collect();
        levels.push(above);
    }
    levels
}

/// The bytes of a tile of hashes.
#[must_use]
pub fn hashes(tile: &Tile, levels: &[Vec<Hash>]) -> Option<Vec<u8>> {
    let from = usize::try_from(tile.index * WIDTH).ok()?;
    let level = levels.get(usize::from(tile.level?))?;
    Some(level.get(from..from + usize::from(tile.width))?.concat())
}

/// The bytes of an entry bundle: each entry after its length as u16.
pub fn bundle<E: AsRef<[u8]>>(entries: &[E]) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    for entry in entries {
        let entry = entry.as_ref();
        let length =
            u16::try_from(entry.len()).map_err(|_| Error::Tile("an entry of 64 KiB or more"))?;
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(entry);
    }
    Ok(bytes)
}

/// The entries of a bundle, which holds exactly `width` of them.
pub fn unbundle(bytes: &[u8], width: u16) -> Result<Vec<&[u8]>, Error> {
    let mut entries = Vec::with_capacity(usize::from(width));
    let mut rest = bytes;
    while !rest.is_empty() {
        let (length, after) = rest
            .split_first_chunk::<2>()
            .ok_or(Error::Tile("a bundle is cut short"))?;
        let (entry, after) = after
            .split_at_checked(usize::from(u16::from_be_bytes(*length)))
            .ok_or(Error::Tile("a bundle is cut short"))?;
        entries.push(entry);
        rest = after;
    }
    if entries.len() == usize::from(width) {
        Ok(entries)
    } else {
        Err(Error::Tile("a bundle of another width"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_those_of_the_specification() {
        let path = |level, index, width| {
            Tile {
                level,
                index,
                width,
            }
            .path()
        };
        assert_eq!(path(Some(0), 1_234_067, 256), "tile/0/x001/x234/067");
        assert_eq!(path(Some(1), 273, 17), "tile/1/273.p/17");
        assert_eq!(path(None, 5, 256), "tile/entries/005");
        for tile in all(70_000) {
            assert_eq!(Tile::at(&tile.path()), Some(tile));
        }
        for bad in [
            "tile/0/1",
            "tile/0/001.p/256",
            "tile/0/001.p/0",
            "tile/00/001",
            "tile/0/x000/001",
            "tile/9/000",
        ] {
            assert_eq!(Tile::at(bad), None, "{bad}");
        }
    }
}
