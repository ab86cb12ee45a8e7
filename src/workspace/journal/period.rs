//! Pseudonym periods: from one master to the next, each kept until it is destroyed.
//!
//! The log says which masters there were and which were destroyed; `keys/`
//! holds those that still stand; `keys/current` names the one in use. A period
//! is ended and destroyed in steps of which each leaves the old state or the
//! new one, and the next writer's open finishes what a crash cut short:
//!
//! - a rotation is decided by its `key` entry. A master without one was never in use, and is destroyed;
//! - a destruction is decided by its note. A master that has one is destroyed, if it is still there.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::keyring::{self, Keyring};
use super::view::View;
use super::{Commit, Entropy, Error, Receipt, Writer};
use crate::ledger;
use crate::ledger::entry::{Entry, Key, Note};
use crate::ledger::key::{Secret, SecretKind};
use crate::ledger::text::{KeyUse, SegmentKind, Time};
use crate::name::Token;
use crate::workspace::disk::{Disk, Lock};

/// How long a change of periods waits for a run to end: as long as a run waits for another.
const PATIENCE: Duration = Duration::from_millis(300);

const DESTROYED: &str = "pseudonym-destroyed-";
const ROTATED: &str = "pseudonym-rotated-";

/// What became of a period's master.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// New predictions stand under it.
    InUse,
    /// It still makes the pseudonyms of earlier predictions.
    Kept,
    /// It was destroyed at this time: its predictions belong to nobody any more.
    Destroyed(Time),
    /// The log says that it stands, but its file is not there.
    Missing,
}

/// A pseudonym master's time, and what stands under it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Period {
    /// The master's id.
    pub kid: Token,
    /// When it came into use.
    pub since: Time,
    /// When the next one did.
    pub until: Option<Time>,
    /// What became of it.
    pub standing: Standing,
    /// Predictions recorded under it, refusals included.
    pub predictions: u64,
    /// When the first and the last run under it started.
    pub runs: Option<(Time, Time)>,
}

impl View {
    /// Every pseudonym period of the log, oldest first.
    #[must_use]
    pub fn periods(&self) -> Vec<Period> {
        let mut periods: Vec<Period> = Vec::new();
        for (_, entry) in self.entries() {
            if let Entry::Key(key) = entry
                && key.purpose == KeyUse::Pseudonym
            {
                if let Some(before) = periods.last_mut() {
                    before.until = Some(key.time);
                }
                periods.push(Period {
                    kid: key.kid.clone(),
                    since: key.time,
                    until: None,
                    standing: self.standing(&key.kid),
                    predictions: 0,
                    runs: None,
                });
            }
        }
        for period in &mut periods {
            let under = |kid: &Token| *kid == period.kid;
            for placed in self.segments() {
                if placed.entry.kind != SegmentKind::Events && under(&placed.entry.kid) {
                    period.predictions += u64::from(placed.entry.rows);
                }
            }
            let times = self.entries().filter_map(|(_, entry)| match entry {
                Entry::Run(run) if self.of_run(run.run).any(|placed| under(&placed.entry.kid)) => {
                    Some(run.time)
                }
                _ => None,
            });
            period.runs = times.fold(None, |span, time| match span {
                None => Some((time, time)),
                Some((first, last)) => Some((first.min(time), last.max(time))),
            });
        }
        periods
    }

    fn standing(&self, kid: &Token) -> Standing {
        if let Some(time) = destroyed(self, kid) {
            Standing::Destroyed(time)
        } else if !self.keyring.has_master(kid) {
            Standing::Missing
        } else if kid == self.kid() {
            Standing::InUse
        } else {
            Standing::Kept
        }
    }
}

/// When the log says that a period's master was destroyed.
fn destroyed(view: &View, kid: &Token) -> Option<Time> {
    view.entries().find_map(|(_, entry)| match entry {
        Entry::Note(note) => {
            let about = note.about.as_str().strip_prefix(DESTROYED)?;
            (about == kid.as_str()).then_some(note.time)
        }
        _ => None,
    })
}

/// The `key` entries of pseudonym masters, oldest first.
fn keys(view: &View) -> impl DoubleEndedIterator<Item = &Key> {
    view.entries().filter_map(|(_, entry)| match entry {
        Entry::Key(key) if key.purpose == KeyUse::Pseudonym => Some(key),
        _ => None,
    })
}

/// Holds both locks: no run is under way while periods change, so that a run stands under one master.
pub struct PeriodWriter {
    writer: Writer,
    disk: Disk,
    _run: Lock,
}

impl PeriodWriter {
    /// Takes `run.lock`, then opens the ledger as any writer does.
    pub fn open(root: &Path, disk: &Disk) -> Result<Self, Error> {
        if !root.join("ledger").join("checkpoint").exists() {
            return Err(Error::Absent {
                root: root.to_owned(),
            });
        }
        let Some(run) = disk.lock(&root.join("run.lock"), PATIENCE)? else {
            return Err(Error::Busy { lock: "run.lock" });
        };
        Ok(Self {
            writer: Writer::recover(root, disk, true)?,
            disk: disk.clone(),
            _run: run,
        })
    }

    /// The ledger as it stands.
    #[must_use]
    pub fn view(&self) -> &View {
        self.writer.view()
    }

    /// Begins a period: a new master, its entry in the log, and only then its use.
    pub fn rotate(
        &mut self,
        entropy: &mut Entropy,
        now: Time,
        actor: &Token,
    ) -> Result<(Token, Receipt), Error> {
        let keyring = self.view().keyring.clone();
        let (kid, check) = keyring.add_master(&self.disk, entropy)?;
        let entries = vec![
            Entry::Key(Key {
                kid: kid.clone(),
                purpose: KeyUse::Pseudonym,
                time: now,
                check,
            }),
            note(ROTATED, &kid, now, actor),
        ];
        let receipt = self.writer.commit(&Commit {
            documents: Vec::new(),
            entries,
        })?;
        self.writer.view.keyring = keyring.using(&self.disk, &kid)?;
        Ok((kid, receipt))
    }

    /// Ends what a period's pseudonyms can be linked to: first the log says so, then the master goes.
    ///
    /// The caller has seen to it that the period is not the one in use.
    pub fn destroy(&mut self, kid: &Token, now: Time, actor: &Token) -> Result<Receipt, Error> {
        let receipt = self.writer.commit(&Commit {
            documents: Vec::new(),
            entries: vec![note(DESTROYED, kid, now, actor)],
        })?;
        self.view().keyring.destroy_master(&self.disk, kid)?;
        Ok(receipt)
    }
}

fn note(what: &str, kid: &Token, time: Time, actor: &Token) -> Entry {
    Entry::Note(Note {
        about: format!("{what}{kid}")
            .parse()
            .expect("a word and 16 hex digits are a name"),
        time,
        actor: actor.clone(),
        checkpoint: None,
    })
}

/// Brings `keys/` to where the log says that it is; part of every writer's open.
pub(super) fn settle(view: &mut View, disk: &Disk) -> Result<(), Error> {
    let known: Vec<Token> = keys(view).map(|key| key.kid.clone()).collect();
    if !known.contains(view.kid()) {
        // Keys that are newer than the log: nothing here may be taken for an orphan.
        return Err(keyring::damaged(
            "current",
            "the log does not know the pseudonym key in use",
        ));
    }
    for kid in &known {
        if destroyed(view, kid).is_some() {
            view.keyring.destroy_master(disk, kid)?;
        }
    }
    view.keyring.sweep(disk, &known)?;
    let Some(last) = keys(view).next_back() else {
        return Ok(());
    };
    if last.kid != *view.kid() {
        if !view.keyring.has_master(&last.kid) {
            return Err(keyring::damaged(
                &format!("pseudonym-{}", last.kid),
                "the log says that it is in use, and it is not here",
            ));
        }
        if view.master(&last.kid)?.check() != last.check {
            return Err(keyring::damaged(
                &format!("pseudonym-{}", last.kid),
                "it is not the key that the log recorded",
            ));
        }
        let kid = last.kid.clone();
        view.keyring = view.keyring.using(disk, &kid)?;
    }
    Ok(())
}

impl Keyring {
    fn path_of(&self, kid: &Token) -> PathBuf {
        self.folder.join(keyring::file(SecretKind::Pseudonym, kid))
    }

    fn has_master(&self, kid: &Token) -> bool {
        self.path_of(kid).exists()
    }

    /// Makes a master that nothing uses yet; durable under its name when this returns.
    fn add_master(
        &self,
        disk: &Disk,
        entropy: &mut Entropy,
    ) -> Result<(Token, ledger::Hash), Error> {
        let kid = keyring::id(entropy);
        let secret = Secret::new(entropy.bytes());
        let part = self.folder.join(format!(".pseudonym-{kid}"));
        let text = secret.file(SecretKind::Pseudonym, &kid);
        disk.create_secret(&part, text.as_bytes())?;
        disk.place(&part, &self.path_of(&kid))?;
        Ok((kid, secret.check()))
    }

    /// Replaces `current`: `kid` is in use from here on.
    fn using(&self, disk: &Disk, kid: &Token) -> Result<Self, Error> {
        let mut keyring = self.clone();
        keyring.kid = kid.clone();
        keyring.take_over(disk)?;
        Ok(keyring)
    }

    fn destroy_master(&self, disk: &Disk, kid: &Token) -> Result<(), Error> {
        Ok(disk.destroy(&self.path_of(kid))?)
    }

    /// Destroys what a crash left: parts of files, and masters that the log never heard of.
    fn sweep(&self, disk: &Disk, known: &[Token]) -> Result<(), Error> {
        let refused = |source| Error::Read {
            path: self.folder.clone(),
            source,
        };
        for item in std::fs::read_dir(&self.folder).map_err(refused)? {
            let item = item.map_err(refused)?;
            let name = item.file_name();
            let name = name.to_string_lossy();
            let orphan = name.strip_prefix("pseudonym-").is_some_and(|kid| {
                keyring::is_id(kid) && !known.iter().any(|it| it.as_str() == kid)
            });
            let part = [".pseudonym-", ".current."]
                .iter()
                .any(|start| name.strip_prefix(start).is_some_and(keyring::is_id));
            if orphan || part {
                disk.destroy(&item.path())?;
            }
        }
        Ok(())
    }
}
