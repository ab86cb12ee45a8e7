//! What a backup is made of: each file with its length and its digest, in one spelling.

use crate::digest::Digest;
use crate::ledger::Time;
use crate::ledger::note::{Checkpoint, Verifier, base64};

/// A half of a backup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Half {
    /// Everything but the keys.
    Ledger,
    /// The keys.
    Keys,
}

impl Half {
    fn word(self) -> &'static str {
        match self {
            Self::Ledger => "ledger",
            Self::Keys => "keys",
        }
    }

    /// Whether a path of the workspace belongs to this half.
    fn holds(self, path: &str) -> bool {
        let folders: &[&str] = match self {
            Self::Ledger => &["ledger/", "models/", "anchors/"],
            Self::Keys => &["keys/"],
        };
        let lone = self == Self::Ledger && ["probant.toml", "state.db"].contains(&path);
        lone || folders.iter().any(|folder| path.starts_with(folder))
    }
}

/// One file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Filed {
    /// Its path in the workspace, with `/`.
    pub path: String,
    pub length: u64,
    pub digest: Digest,
}

impl Filed {
    pub fn of(path: &str, bytes: &[u8]) -> Self {
        Self {
            path: path.to_owned(),
            length: bytes.len() as u64,
            digest: Digest::of(bytes),
        }
    }

    /// Whether these are the bytes that were copied.
    pub fn is(&self, bytes: &[u8]) -> bool {
        self.length == bytes.len() as u64 && self.digest == Digest::of(bytes)
    }
}

/// The files of one half of a backup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Manifest {
    pub half: Half,
    /// Whose log it is.
    pub log: Verifier,
    pub time: Time,
    /// The log's size and root.
    pub checkpoint: (u64, String),
    /// Paths ascending.
    pub files: Vec<Filed>,
}

impl Manifest {
    pub fn new(half: Half, log: &Verifier, time: Time, checkpoint: &Checkpoint) -> Self {
        Self {
            half,
            log: log.clone(),
            time,
            checkpoint: (checkpoint.size, base64(&checkpoint.root)),
            files: Vec::new(),
        }
    }

    /// Whether both halves are of one moment.
    pub fn is_with(&self, other: &Self) -> bool {
        (self.time, &self.checkpoint) == (other.time, &other.checkpoint)
    }

    pub fn text(&self) -> String {
        use std::fmt::Write as _;
        let (size, root) = &self.checkpoint;
        let mut text = format!(
            "probant/backup/v1\npart {}\nlog {}\ntime {}\ncheckpoint {size} {root}\n",
            self.half.word(),
            self.log.text(),
            self.time,
        );
        for file in &self.files {
            let _ = writeln!(text, "file {} {} {}", file.digest, file.length, file.path);
        }
        text
    }

    /// Reads exactly what [`Manifest::text`] writes, for files that belong to `half`.
    pub fn parse(text: &str, half: Half) -> Option<Self> {
        let mut lines = text.lines().skip(2);
        let mut value = |key: &str| lines.next()?.strip_prefix(key)?.strip_prefix(' ');
        let log = Verifier::parse(value("log")?).ok()?;
        let time = value("time")?.parse().ok()?;
        let (size, root) = value("checkpoint")?.split_once(' ')?;
        let files = lines
            .map(|line| {
                let mut words = line.strip_prefix("file ")?.splitn(3, ' ');
                Some(Filed {
                    digest: words.next()?.parse().ok()?,
                    length: words.next()?.parse().ok()?,
                    path: words.next()?.to_owned(),
                })
            })
            .collect::<Option<Vec<Filed>>>()?;
        let manifest = Self {
            half,
            log,
            time,
            checkpoint: (size.parse().ok()?, root.to_owned()),
            files,
        };
        let safe = manifest
            .files
            .iter()
            .all(|file| half.holds(&file.path) && is_plain(&file.path));
        let ascending = manifest
            .files
            .windows(2)
            .all(|pair| pair[0].path < pair[1].path);
        (safe && ascending && manifest.text() == text).then_some(manifest)
    }
}

/// Whether a path stays below the folder that it is joined to, and stands on one line.
pub(super) fn is_plain(path: &str) -> bool {
    !path.contains(['\\', ':'])
        && !path.chars().any(char::is_control)
        && path
            .split('/')
            .all(|part| !part.is_empty() && part != "." && part != "..")
}

/// A moment as it stands in names: `20261124T231500Z`.
pub(super) fn stamp(time: Time) -> String {
    time.to_string().replace(['-', ':'], "")
}

/// The moment of a name.
pub(super) fn unstamp(text: &str) -> Option<Time> {
    let (date, time) = text.split_once('T')?;
    let cut = |text: &str, at: [usize; 2], mark: &str| {
        let parts = [
            text.get(..at[0])?,
            text.get(at[0]..at[1])?,
            text.get(at[1]..)?,
        ];
        Some(parts.join(mark))
    };
    let written = format!("{}T{}", cut(date, [4, 6], "-")?, cut(time, [2, 4], ":")?);
    let moment: Time = written.parse().ok()?;
    (stamp(moment) == text).then_some(moment)
}
