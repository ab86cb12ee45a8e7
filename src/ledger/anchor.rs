//! Anchors: checkpoints that left the machine, as files that strangers' tools can read.
//!
//! There is no format of ours here: an anchor is a C2SP checkpoint (`.note`), which may carry a witness's
//! cosignature as a second signature, or which an RFC 3161 answer (`.tsr`) is about; a witness's
//! key (`.vkey`) stands beside them. Only names are ours: each says what the file hashes to.

use super::cosignature::Witness;
use super::entry::Entry;
use super::error::Error;
use super::note::{Checkpoint, Verifier};
use super::text::{AnchorKind, Time};
use super::tree::Hash;
use crate::digest::Digest;

/// What a `note` entry is about that accepts a ledger older than an anchor.
pub const ROLLBACK: &str = "rollback-accepted";

/// What an anchor is called: `<kind>-<size>-<SHA-256 of the file that vouches>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name {
    /// The size that it vouches for.
    pub size: u64,
    /// What carried it.
    pub kind: AnchorKind,
    /// SHA-256 of the `.tsr` of a time-stamp, of the `.note` of any other.
    pub proof: Digest,
}

impl Name {
    /// The stem of its files.
    #[must_use]
    pub fn stem(&self) -> String {
        format!("{}-{}-{}", self.kind, self.size, self.proof)
    }

    /// The anchor whose `.note`, `.tsr` or other file is called `file`.
    #[must_use]
    pub fn of(file: &str) -> Option<Self> {
        let (stem, _) = file.rsplit_once('.')?;
        let mut parts = stem.split('-');
        let name = Self {
            kind: parts.next()?.parse().ok()?,
            size: parts.next()?.parse().ok()?,
            proof: parts.next()?.parse().ok()?,
        };
        (name.stem() == stem).then_some(name)
    }

    /// The entry that records it, at `time`.
    #[must_use]
    pub fn entry(&self, root: Hash, time: Time) -> Entry {
        Entry::Anchor(super::entry::Anchor {
            kind: self.kind,
            time,
            size: self.size,
            root,
            proof: self.proof.0,
        })
    }
}

/// A `.note` whose first signature is the log's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Carried {
    /// What the log signed.
    pub checkpoint: Checkpoint,
    /// The note as the log signed it, without cosignatures: what a time-stamp is about.
    pub note: String,
    /// The cosignatures' lines, without their line feeds; nobody has checked them.
    lines: Vec<String>,
}

impl Carried {
    /// Reads a note and checks the log's signature.
    pub fn open(bytes: &[u8], log: &Verifier) -> Result<Self, Error> {
        let text = std::str::from_utf8(bytes).map_err(|_| Error::Note("it is not UTF-8"))?;
        let body = text
            .rfind("\n\n")
            .ok_or(Error::Note("no blank line before the signature"))?;
        let mut lines = text[body + 2..].split_inclusive('\n');
        let own = lines.next().unwrap_or_default();
        let note = format!("{}{own}", &text[..body + 2]);
        let lines = lines
            .map(|line| line.strip_suffix('\n').map(str::to_owned))
            .collect::<Option<Vec<String>>>()
            .ok_or(Error::Note("no line feed at the end"))?;
        Ok(Self {
            checkpoint: Checkpoint::open(note.as_bytes(), log)?,
            note,
            lines,
        })
    }

    /// Whether there is any cosignature.
    #[must_use]
    pub fn is_cosigned(&self) -> bool {
        !self.lines.is_empty()
    }

    /// Who cosigned it, and when, in UTC seconds; every line must be by one of `witnesses`.
    pub fn cosignatures<'a>(
        &self,
        witnesses: &'a [Witness],
    ) -> Result<Vec<(&'a Witness, u64)>, Error> {
        let text = self.checkpoint.text();
        self.lines
            .iter()
            .map(|line| cosigned(line, &text, witnesses))
            .collect()
    }
}

/// Who cosigned the checkpoint `text` by `line`, and when.
pub fn cosigned<'a>(
    line: &str,
    text: &str,
    witnesses: &'a [Witness],
) -> Result<(&'a Witness, u64), Error> {
    let mut last = Error::Note("cosigned by a witness whose key is not here");
    for witness in witnesses {
        match witness.cosigned(line, text) {
            Ok(time) => return Ok((witness, time)),
            Err(Error::Note("signed by another key")) => {}
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// The file of a witness's key: the verifier key and a line feed.
#[must_use]
pub fn key_file(witness: &Witness) -> (String, String) {
    let id = crate::digest::hex(&witness.id());
    (format!("witness-{id}.vkey"), witness.text() + "\n")
}

/// Reads a file of a witness's key.
pub fn read_key(bytes: &[u8]) -> Result<Witness, Error> {
    std::str::from_utf8(bytes)
        .ok()
        .and_then(|text| text.strip_suffix('\n'))
        .ok_or(Error::Note("it is not one verifier key and a line feed"))
        .and_then(Witness::parse)
}

/// An anchor that was examined, as the comparison needs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Entries.
    pub size: u64,
    /// The root over them.
    pub root: Hash,
}

/// What comparing an anchor with the log shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// The log of that size has that root.
    Holds,
    /// The log is shorter: its tail was cut off, or an older copy was restored.
    Truncated,
    /// The log has another root at that size, and nothing newer vouches for this history.
    Rewritten,
    /// Two histories were signed and both left the machine.
    Forked,
}

/// Compares claims with a log of `size` entries whose root at each size is `root_at`.
#[must_use]
pub fn compare(
    claims: &[Claim],
    size: u64,
    root_at: &dyn Fn(u64) -> Option<Hash>,
) -> Vec<Comparison> {
    let held: Vec<bool> = claims
        .iter()
        .map(|claim| claim.size <= size && root_at(claim.size) == Some(claim.root))
        .collect();
    let newest_held = claims
        .iter()
        .zip(&held)
        .filter(|(_, held)| **held)
        .map(|(claim, _)| claim.size)
        .max();
    let two_histories = |claim: &Claim| {
        claims
            .iter()
            .any(|other| other.size == claim.size && other.root != claim.root)
    };
    claims
        .iter()
        .zip(&held)
        .map(|(claim, held)| {
            if *held {
                Comparison::Holds
            } else if two_histories(claim) || newest_held.is_some_and(|newest| newest >= claim.size)
            {
                Comparison::Forked
            } else if claim.size > size {
                Comparison::Truncated
            } else {
                Comparison::Rewritten
            }
        })
        .collect()
}
