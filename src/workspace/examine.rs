//! Anchors against the ledger: what left the machine, compared with what is here now.
//!
//! Whoever holds every key can sign another history; nobody can take back what others hold. A rollback
//! that a `note` accepts is named all the same, and fails: that note, too, could be written by them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::error::Error;
use super::files;
use super::journal::{View, anchors};
use crate::digest::Digest;
use crate::ledger::Error as Wrong;
use crate::ledger::anchor::{Carried, Claim, Comparison, Name, compare, read_key};
use crate::ledger::cosignature::Witness;
use crate::ledger::text::{AnchorKind, Time};
use crate::ledger::timestamp::Token;
use crate::ledger::tree::Hash;

/// What the anchors say of the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Examined {
    /// Each anchor that was found.
    pub anchors: Vec<Anchored>,
    /// Files that are no anchors.
    pub ignored: Vec<PathBuf>,
    /// Whether they all lie in the workspace itself, where whoever can rewrite the ledger can reach them.
    pub within_reach: bool,
}

/// An anchor, compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Anchored {
    /// The file that vouches.
    pub file: PathBuf,
    /// `cosignature`, `timestamp` or `copy`; none for a file that cannot be believed.
    pub kind: Option<String>,
    /// The size that it vouches for.
    pub size: Option<u64>,
    /// When, by whoever vouches.
    pub time: Option<String>,
    /// The witness's key: to be compared with the one that the witness reads out.
    pub witness: Option<String>,
    /// How it stands.
    pub verdict: AnchorVerdict,
    /// Why a file cannot be believed.
    pub why: Option<String>,
    /// The entry that accepts the rollback.
    pub accepted: Option<u64>,
    /// The checkpoint's file, for `openssl ts -verify -data`; of time-stamps only.
    pub data: Option<PathBuf>,
}

/// How an anchor stands to the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum AnchorVerdict {
    /// The log of that size has that root.
    Holds,
    /// The log is shorter.
    Truncated,
    /// The log has another root at that size.
    Rewritten,
    /// Two histories left the machine.
    Forked,
    /// The file itself cannot be believed.
    Unbelieved,
}

impl Examined {
    /// Whether every anchor holds.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.anchors
            .iter()
            .all(|it| it.verdict == AnchorVerdict::Holds)
    }
}

/// A file of an auditor's folder.
struct File {
    path: PathBuf,
    bytes: Vec<u8>,
    name: Option<Name>,
}

/// An anchor before it is compared.
struct Read {
    file: PathBuf,
    data: Option<PathBuf>,
    told: Result<Told, Wrong>,
}

/// What an anchor says.
struct Told {
    kind: AnchorKind,
    claim: Claim,
    time: Option<Time>,
    witness: Option<String>,
}

/// Examines every anchor in `folders` against the ledger; a folder without any is an error.
pub fn examine(view: &View, root: &Path, folders: &[PathBuf]) -> Result<Examined, Error> {
    let (mut found, mut ignored) = (Vec::new(), Vec::new());
    let (mut notes, mut tokens, mut keys) = (Vec::new(), Vec::new(), Vec::new());
    for folder in folders {
        let mut held = 0;
        for name in listed(folder)? {
            let path = folder.join(&name);
            let ending = path.extension().and_then(|it| it.to_str()).unwrap_or("");
            let list = match ending {
                "note" => &mut notes,
                "tsr" => &mut tokens,
                "vkey" => &mut keys,
                _ => {
                    ignored.push(path);
                    continue;
                }
            };
            held += usize::from(ending != "vkey");
            list.push(File {
                bytes: files::brought(&path, "an anchor")?,
                name: Name::of(&name),
                path,
            });
        }
        if held == 0 {
            return Err(Error::Usage {
                what: format!("`{}` holds no anchor: nothing was proved", folder.display()),
                hint: "name the folder that holds copies of `anchors/`: files that end in `.note` and `.tsr`",
            });
        }
    }
    let witnesses = witnesses(&keys, &mut found);
    let carried = carried(&notes, view, &witnesses, &mut found);
    stamped(&tokens, &notes, &carried, &mut found);
    let compared = compare_all(view, found);
    Ok(Examined {
        anchors: compared,
        ignored,
        within_reach: folders.iter().all(|it| same(it, &anchors::folder(root))),
    })
}

fn listed(folder: &Path) -> Result<Vec<String>, Error> {
    if folder.is_dir() {
        return Ok(anchors::names(folder)?);
    }
    Err(Error::Usage {
        what: format!("there is no folder `{}`", folder.display()),
        hint: "name a folder of anchors, as in `--anchors /media/usb/anchors`",
    })
}

fn same(one: &Path, other: &Path) -> bool {
    matches!((one.canonicalize(), other.canonicalize()), (Ok(one), Ok(other)) if one == other)
}

/// The keys of witnesses that came with the anchors.
fn witnesses(keys: &[File], found: &mut Vec<Read>) -> Vec<Witness> {
    let mut known = Vec::new();
    for file in keys {
        match read_key(&file.bytes) {
            Ok(witness) => known.push(witness),
            Err(error) => found.push(Read {
                file: file.path.clone(),
                data: None,
                told: Err(error),
            }),
        }
    }
    known
}

/// The checkpoints that the log signed, by the SHA-256 of their notes; the anchors among them join `found`.
fn carried(
    notes: &[File],
    view: &View,
    witnesses: &[Witness],
    found: &mut Vec<Read>,
) -> BTreeMap<Hash, (PathBuf, Claim)> {
    let mut checkpoints = BTreeMap::new();
    for file in notes {
        let of_token = file
            .name
            .is_some_and(|name| name.kind == AnchorKind::Timestamp);
        let told = Carried::open(&file.bytes, view.signer()).and_then(|carried| {
            let claim = anchors::claim(&carried);
            let as_named = file.name.is_none_or(|name| {
                let whole = of_token || Digest::of(&file.bytes) == name.proof;
                whole && name.size == claim.size
            });
            if !as_named || of_token && carried.is_cosigned() {
                return Err(Wrong::Note("it is not what its name says"));
            }
            let digest = Digest::of(carried.note.as_bytes());
            if !carried.is_cosigned() {
                checkpoints.insert(digest.0, (file.path.clone(), claim));
            }
            let by = carried.cosignatures(witnesses)?;
            Ok(Told {
                kind: if by.is_empty() {
                    AnchorKind::Copy
                } else {
                    AnchorKind::Cosignature
                },
                claim,
                time: by.first().map(|(_, time)| Time(*time as i64)),
                witness: by.first().map(|(witness, _)| witness.text()),
            })
        });
        // A time-stamp's note is reported with its token; alone it vouches for nothing that a copy does not.
        if !of_token || told.is_err() {
            found.push(Read {
                file: file.path.clone(),
                data: None,
                told,
            });
        }
    }
    checkpoints
}

/// The time-stamps, each with the checkpoint that it is about.
fn stamped(
    tokens: &[File],
    notes: &[File],
    checkpoints: &BTreeMap<Hash, (PathBuf, Claim)>,
    found: &mut Vec<Read>,
) {
    for file in tokens {
        let about = Token::parse(&file.bytes).and_then(|token| {
            let (data, claim) = checkpoints.get(&token.imprint).ok_or(Wrong::Timestamp(
                "the checkpoint that it is about is not beside it",
            ))?;
            let as_named = file.name.is_none_or(|name| {
                Digest::of(&file.bytes) == name.proof && name.size == claim.size
            });
            if !as_named {
                return Err(Wrong::Timestamp("it is not what its name says"));
            }
            Ok((data.clone(), *claim, token.time))
        });
        found.push(Read {
            file: file.path.clone(),
            data: about.as_ref().ok().map(|it| it.0.clone()),
            told: about.map(|(_, claim, time)| Told {
                kind: AnchorKind::Timestamp,
                claim,
                time: Some(time),
                witness: None,
            }),
        });
    }
    let lacking = notes.iter().filter(|note| {
        let token = |name: Name| format!("{}.tsr", name.stem());
        note.name
            .filter(|name| name.kind == AnchorKind::Timestamp)
            .is_some_and(|name| !tokens.iter().any(|it| it.path.ends_with(token(name))))
    });
    for note in lacking {
        found.push(Read {
            file: note.path.with_extension("tsr"),
            data: None,
            told: Err(Wrong::Missing),
        });
    }
}

fn compare_all(view: &View, found: Vec<Read>) -> Vec<Anchored> {
    let claims: Vec<Claim> = found
        .iter()
        .filter_map(|read| Some(read.told.as_ref().ok()?.claim))
        .collect();
    let mut comparisons = compare(&claims, view.size(), &|size| view.root_at(size)).into_iter();
    let accepted = view.accepted();
    let mut compared: Vec<Anchored> = found
        .into_iter()
        .map(|Read { file, data, told }| match told {
            Ok(told) => {
                let comparison = comparisons.next().unwrap_or(Comparison::Rewritten);
                Anchored {
                    file,
                    kind: Some(told.kind.to_string()),
                    size: Some(told.claim.size),
                    time: told.time.map(|time| time.to_string()),
                    witness: told.witness,
                    verdict: comparison.into(),
                    why: None,
                    accepted: accepted.get(&(told.claim.size, told.claim.root)).copied(),
                    data,
                }
            }
            Err(error) => Anchored {
                file,
                kind: None,
                size: None,
                time: None,
                witness: None,
                verdict: AnchorVerdict::Unbelieved,
                why: Some(error.to_string()),
                accepted: None,
                data: None,
            },
        })
        .collect();
    compared.sort_by(|a, b| (a.size, &a.file).cmp(&(b.size, &b.file)));
    compared
}

impl From<Comparison> for AnchorVerdict {
    fn from(comparison: Comparison) -> Self {
        match comparison {
            Comparison::Holds => Self::Holds,
            Comparison::Truncated => Self::Truncated,
            Comparison::Rewritten => Self::Rewritten,
            Comparison::Forked => Self::Forked,
        }
    }
}
