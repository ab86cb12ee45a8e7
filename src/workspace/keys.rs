//! The keys of a workspace as people see them: which there are, what stands under them, and how a period ends.
//!
//! Ids, dates and counts only: nothing here ever holds a secret longer than a computation.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::erasure;
use super::error::Error;
use super::journal::period::Standing;
use super::journal::{Commit, Period, PeriodWriter, View};
use super::unlinked::Unlinked;
use super::{Recorded, Workspace, World, place};
use crate::lang::Lang;
use crate::ledger::age::Identity;
use crate::ledger::entry::Note;
use crate::ledger::{Entry, Secret};
use crate::name::{Token, nearest};
use crate::policy::Right;

/// Why a key could not be changed or used.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The period in use cannot be destroyed: exit 5.
    #[error("the pseudonym period `{kid}` is in use")]
    InUse {
        /// The period.
        kid: Token,
    },
    /// Nothing was destroyed, since it was not confirmed: exit 2.
    #[error(
        "nothing was done: destroying the pseudonym period `{kid}` is for ever, and its {predictions} predictions could not be linked to anybody any more"
    )]
    Unconfirmed {
        /// The period.
        kid: Token,
        /// Predictions under it.
        predictions: u64,
    },
    /// The lead may have stood in a period that was destroyed: exit 1.
    #[error(
        "no decision about this lead where it could still be found; {}",
        Self::listed(unlinked)
    )]
    Unlinked {
        /// The periods.
        unlinked: Vec<Unlinked>,
    },
    /// A run's files cannot be made again without its pseudonyms: exit 5.
    #[error(
        "run {run} was recorded under the pseudonym period `{kid}`, which was destroyed on {since}: its files cannot be written again"
    )]
    RunUnlinked {
        /// The run.
        run: String,
        /// The period.
        kid: Token,
        /// When it was destroyed, `YYYY-MM-DD`.
        since: String,
    },
}

impl Refusal {
    fn listed(unlinked: &[Unlinked]) -> String {
        let said: Vec<String> = unlinked.iter().map(|it| it.sentence(Lang::En)).collect();
        said.join("; ")
    }

    /// The exit code (DESIGN §6).
    #[must_use]
    pub fn exit(&self) -> u8 {
        match self {
            // Neither policy nor law forbids it: the command line lacks a word.
            Self::Unconfirmed { .. } => 2,
            Self::InUse { .. } | Self::RunUnlinked { .. } => 5,
            Self::Unlinked { .. } => 1,
        }
    }

    /// What the person at the keyboard can do next.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::InUse { .. } => "end it first: `probant keys rotate --as PERSON`",
            Self::Unconfirmed { .. } => "if that is what you want, say it again with `--yes`",
            Self::Unlinked { .. } => {
                "nobody can tell any more whether these predictions are about this lead; check the identifier as the CRM writes it"
            }
            Self::RunUnlinked { .. } => {
                "`--again` scores the export anew, as another run under the period in use"
            }
        }
    }
}

/// The keys of a workspace, none of them shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KeyList {
    /// Of this document.
    pub schema_version: u32,
    /// Pseudonym periods, oldest first.
    pub periods: Vec<PeriodLine>,
    /// The id of the key that wraps the keys of segments.
    pub kek: String,
    /// The id of the key that signs the log.
    pub signing: String,
    /// The id of the key that recognises who may not be scored again, once there is one.
    pub suppression: Option<String>,
    /// To whom key backups are sealed.
    pub recovery: Option<String>,
    /// Days that key backups are kept.
    pub keep_keys_days: u32,
}

/// One pseudonym period.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PeriodLine {
    /// Its id.
    pub kid: String,
    /// When it began, UTC.
    pub since: String,
    /// When the next one did.
    pub until: Option<String>,
    /// `in-use`, `kept`, `destroyed` or `missing`.
    pub state: String,
    /// When its master was destroyed.
    pub destroyed: Option<String>,
    /// Predictions that stand under it.
    pub predictions: u64,
}

impl From<Period> for PeriodLine {
    fn from(period: Period) -> Self {
        let (state, destroyed) = match period.standing {
            Standing::InUse => ("in-use", None),
            Standing::Kept => ("kept", None),
            Standing::Destroyed(time) => ("destroyed", Some(time.to_string())),
            Standing::Missing => ("missing", None),
        };
        Self {
            kid: period.kid.to_string(),
            since: period.since.to_string(),
            until: period.until.map(|time| time.to_string()),
            state: state.to_owned(),
            destroyed,
            predictions: period.predictions,
        }
    }
}

/// Every key of the workspace, by id.
pub fn list(ws: &Workspace) -> Result<KeyList, Error> {
    let view = View::open(&ws.root)?;
    Ok(KeyList {
        schema_version: 1,
        periods: view.periods().into_iter().map(PeriodLine::from).collect(),
        kek: view.kek_id().to_string(),
        signing: view.signing_id().to_string(),
        suppression: view.suppression_kid().map(ToString::to_string),
        recovery: ws.policy.backup.recovery.clone(),
        keep_keys_days: ws.policy.backup.keep_keys_days,
    })
}

/// A period that began.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Rotated {
    /// Of this document.
    pub schema_version: u32,
    /// The period that ended.
    pub ended: String,
    /// The period that began.
    pub began: String,
    /// Who.
    pub by: String,
    /// The log's entry.
    pub entry: u64,
}

/// Begins a new pseudonym period; the old one's master is kept until it is destroyed.
pub fn rotate(ws: &Workspace, world: &mut World, person: &str) -> Result<Recorded<Rotated>, Error> {
    let person = ws.may(Some(person), Right::KeysRotate)?.id.clone();
    let mut writer = PeriodWriter::open(&ws.root, &world.disk)?;
    if !writer.view().restrictions().is_empty() {
        // Under a new master nobody could tell any more whom the next night may not score.
        return Err(Error::Refused {
            what:
                "a restriction is in force, and a new period would not recognise whom it is about"
                    .to_owned(),
            hint: "lift it first (`probant subject list`), or wait until it ends",
        });
    }
    let ended = writer.view().kid().to_string();
    let (began, receipt) = writer.rotate(&mut world.entropy, world.now, &person)?;
    Ok(Recorded(Rotated {
        schema_version: 1,
        ended,
        began: began.to_string(),
        by: person.to_string(),
        entry: receipt.entries.start,
    }))
}

/// Keys that were wrapped anew.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Rewrapped {
    /// Of this document.
    pub schema_version: u32,
    /// Segments whose keys they are.
    pub segments: u64,
    /// Who did it.
    pub by: String,
    /// The log's entry.
    pub entry: u64,
}

/// Wraps every segment's key under a new key and destroys the old one, as every erasure does: for when a copy may have been read.
pub fn rewrap(
    ws: &Workspace,
    world: &mut World,
    person: &str,
) -> Result<Recorded<Rewrapped>, Error> {
    let person = ws.may(Some(person), Right::KeysRewrap)?.id.clone();
    let mut writer = erasure::writer(ws, world)?;
    writer.rotate_kek(&mut world.entropy.fork())?;
    let note = Entry::Note(Note {
        about: "keys-rewrapped".parse().expect("a word is a name"),
        time: world.now,
        actor: person.clone(),
        checkpoint: None,
    });
    let receipt = writer.commit(&Commit {
        documents: Vec::new(),
        entries: vec![note],
    })?;
    Ok(Recorded(Rewrapped {
        schema_version: 1,
        segments: writer.view().segments().count() as u64,
        by: person.to_string(),
        entry: receipt.entries.start,
    }))
}

/// A period whose predictions belong to nobody any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Destroyed {
    /// Of this document.
    pub schema_version: u32,
    /// The period.
    pub period: String,
    /// Predictions under it.
    pub predictions: u64,
    /// When, UTC.
    pub since: String,
    /// Whether it had been destroyed before, so that nothing was done now.
    pub already: bool,
    /// Days that a key backup may still hold it.
    pub keep_keys_days: u32,
}

/// Destroys the master of a period that has ended; `sure` says that the person confirmed it.
pub fn destroy(
    ws: &Workspace,
    world: &mut World,
    period: &str,
    person: &str,
    sure: bool,
) -> Result<Recorded<Destroyed>, Error> {
    let person = ws.may(Some(person), Right::KeysDestroy)?.id.clone();
    let mut writer = PeriodWriter::open(&ws.root, &world.disk)?;
    if !writer.view().restrictions().is_empty() {
        return Err(Error::Refused {
            what: "a restriction is in force: destroying a period could make it impossible to lift"
                .to_owned(),
            hint: "lift it first (`probant subject list`), or wait until it ends",
        });
    }
    let period = chosen(writer.view(), period)?;
    let mut done = Destroyed {
        schema_version: 1,
        period: period.kid.to_string(),
        predictions: period.predictions,
        since: world.now.to_string(),
        already: false,
        keep_keys_days: ws.policy.backup.keep_keys_days,
    };
    if let Standing::Destroyed(since) = period.standing {
        // The writer's open has finished it, had a crash left the master behind.
        done.since = since.to_string();
        done.already = true;
        return Ok(Recorded(done));
    }
    if period.kid == *writer.view().kid() {
        return Err(Refusal::InUse { kid: period.kid }.into());
    }
    if !sure {
        return Err(Refusal::Unconfirmed {
            kid: period.kid,
            predictions: period.predictions,
        }
        .into());
    }
    writer.destroy(&period.kid, world.now, &person)?;
    Ok(Recorded(done))
}

/// The period with this id, or the only one whose id begins so.
fn chosen(view: &View, asked: &str) -> Result<Period, Error> {
    let periods = view.periods();
    let found: Vec<&Period> = periods
        .iter()
        .filter(|period| period.kid.as_str().starts_with(asked))
        .collect();
    match found[..] {
        [only] if asked.len() >= 4 => Ok(only.clone()),
        [] | [_] => Err(Error::Unknown {
            what: "period",
            name: asked.to_owned(),
            near: nearest(asked, periods.iter().map(|period| period.kid.as_str()))
                .map(str::to_owned),
        }),
        _ => Err(Error::Which {
            what: "period",
            option: "more digits",
            known: found.iter().map(|period| period.kid.to_string()).collect(),
        }),
    }
}

/// A recovery key that was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RecoveryMade {
    /// Of this document.
    pub schema_version: u32,
    /// The identity's file, to be kept by the data protection officer alone.
    pub file: PathBuf,
    /// What the policy declares: `age1…`.
    pub recipient: String,
}

/// Makes a recovery key: its secret half goes to `out`, which must not exist. Needs no workspace.
pub fn make_recovery(world: &mut World, out: &Path) -> Result<RecoveryMade, Error> {
    place::vacant(out)?;
    let identity = Identity::of(&Secret::new(world.entropy.bytes()));
    let name = out.file_name().unwrap_or_default().to_string_lossy();
    let part = out.with_file_name(format!(".{name}.part"));
    // What a crash left of an earlier attempt: nobody was told of it.
    world.disk.destroy(&part)?;
    let text = identity.file(&world.now.to_string());
    world.disk.create_secret(&part, text.as_bytes())?;
    world.disk.place(&part, out)?;
    Ok(RecoveryMade {
        schema_version: 1,
        file: out.to_owned(),
        recipient: identity.recipient().text(),
    })
}
