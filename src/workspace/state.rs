//! `state.db`: what the workspace remembers that the log must not hold.
//!
//! Salts of input commitments, names of files, outputs on their way to their
//! place: these may be lost without a decision being lost. Requests that wait,
//! and what opens their receipts, may not: the file belongs into every backup.

mod acts;
mod lapsed;
mod look;
mod requests;
mod training;

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags, OptionalExtension as _, params};

use crate::digest::Digest;

pub use acts::{Told, Which};
pub use look::Planted;
pub use requests::{Kind, Request, Whose};

/// Why `state.db` could not be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// `SQLite` refused.
    #[error("state.db: cannot {doing}")]
    Sqlite {
        /// What was being done.
        doing: &'static str,
        /// What `SQLite` said.
        source: rusqlite::Error,
    },
    /// A newer version of the program wrote it.
    #[error("state.db has version {found}, and this program knows versions up to {known}")]
    Newer {
        /// Its version.
        found: u32,
        /// The newest known.
        known: u32,
    },
}

impl Error {
    /// What the person at the keyboard can do next.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Sqlite { .. } => {
                "free some space; do not move this file: it holds waiting requests and receipts. If it is lost or damaged, restore it from a backup, or make it again with `probant doctor --rebuild`"
            }
            Self::Newer { .. } => "use the newer version of the program",
        }
    }
}

const VERSION: u32 = 4;

const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS run (
    id      TEXT PRIMARY KEY,
    started TEXT NOT NULL,
    same    TEXT NOT NULL,               -- model, policy, purpose, law date: what a retry must share
    report  TEXT                         -- JSON; NULL until the run is committed
) STRICT;
CREATE TABLE IF NOT EXISTS input (
    run      TEXT NOT NULL REFERENCES run (id),
    position INTEGER NOT NULL,
    salt     BLOB NOT NULL,
    PRIMARY KEY (run, position)
) STRICT;
CREATE TABLE IF NOT EXISTS output (
    run    TEXT NOT NULL REFERENCES run (id),
    kind   TEXT NOT NULL,                -- scores, rejects, refused
    part   TEXT NOT NULL,
    target TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    placed INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (run, kind)
) STRICT;
CREATE TABLE IF NOT EXISTS training (
    model    TEXT NOT NULL,
    position INTEGER NOT NULL,
    salt     BLOB NOT NULL,
    PRIMARY KEY (model, position)
) STRICT;
";

/// The tables that came with versions 3 and 4.
fn later() -> String {
    [acts::SCHEMA, lapsed::SCHEMA, look::SCHEMA, training::SCHEMA].concat()
}

/// The open database.
pub struct State(Connection);

/// A file on its way to its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// The run that made it.
    pub run: String,
    /// `scores`, `rejects` or `refused`.
    pub kind: String,
    /// Where it was written.
    pub part: PathBuf,
    /// Where it belongs.
    pub target: PathBuf,
    /// The digest of its bytes.
    pub digest: Digest,
}

/// A run that shares everything but perhaps the input.
#[derive(Clone, Debug)]
pub struct Earlier {
    /// The run.
    pub id: String,
    /// The salts of its inputs, in order.
    pub salts: Vec<[u8; 16]>,
}

fn failed(doing: &'static str) -> impl Fn(rusqlite::Error) -> Error {
    move |source| Error::Sqlite { doing, source }
}

impl State {
    /// Opens or creates the database at `path`.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let db = Connection::open(path).map_err(failed("open it"))?;
        db.busy_timeout(std::time::Duration::from_secs(10))
            .map_err(failed("wait for it"))?;
        db.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; PRAGMA foreign_keys = ON;")
            .map_err(failed("set it up"))?;
        let found: u32 = db
            .query_row("PRAGMA user_version", [], |row| row.get(0))
            .map_err(failed("read its version"))?;
        match found {
            // Another command may be creating it at the same time.
            0 => db
                .execute_batch(&format!(
                    "BEGIN IMMEDIATE; {SCHEMA} {} {} PRAGMA user_version = {VERSION}; COMMIT;",
                    requests::SCHEMA,
                    later()
                ))
                .map_err(failed("create its tables"))?,
            1 => db
                .execute_batch(&format!(
                    "BEGIN IMMEDIATE; {} {}
                     INSERT INTO handed SELECT run, kind, target, sha256 FROM output WHERE placed = 1;
                     PRAGMA user_version = {VERSION}; COMMIT;",
                    requests::SCHEMA,
                    later()
                ))
                .map_err(failed("add its new tables"))?,
            2 | 3 => db
                .execute_batch(&format!(
                    "BEGIN IMMEDIATE; {} PRAGMA user_version = {VERSION}; COMMIT;",
                    later()
                ))
                .map_err(failed("add its new tables"))?,
            VERSION => {}
            _ => {
                return Err(Error::Newer {
                    found,
                    known: VERSION,
                });
            }
        }
        Ok(Self(db))
    }

    /// What `SQLite` finds damaged in the file at `path`, which is there.
    pub fn damage(path: &Path) -> Result<Vec<String>, Error> {
        let failed = failed("examine it");
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let db = Connection::open_with_flags(path, flags).map_err(&failed)?;
        let mut statement = db.prepare("PRAGMA integrity_check(20)").map_err(&failed)?;
        let rows = statement
            .query_map([], |row| row.get::<_, String>(0))
            .map_err(&failed)?;
        let said: Vec<String> = rows.collect::<Result<_, _>>().map_err(&failed)?;
        Ok(said.into_iter().filter(|line| line != "ok").collect())
    }

    /// Writes a copy of the database as one file, `to`, which does not exist yet.
    pub fn copy_to(&self, to: &Path) -> Result<(), Error> {
        self.0
            .execute("VACUUM INTO ?1", params![to.to_string_lossy()])
            .map(|_| ())
            .map_err(failed("copy it"))
    }

    /// Remembers that a run is about to write its files, so that a crash leaves none that is unknown.
    ///
    /// A run that was remembered before stays; files of the same kind are replaced.
    pub fn begin(
        &mut self,
        run: &str,
        started: &str,
        same: &str,
        outputs: &[Output],
    ) -> Result<(), Error> {
        let failed = failed("remember a run");
        let change = self.0.transaction().map_err(&failed)?;
        change
            .execute(
                "INSERT INTO run (id, started, same) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
                params![run, started, same],
            )
            .map_err(&failed)?;
        replace_outputs(&change, outputs).map_err(&failed)?;
        change.commit().map_err(&failed)
    }

    /// Remembers what a run about to be committed rests on: its salts, and its files as they were written.
    pub fn prepare(
        &mut self,
        run: &str,
        salts: &[[u8; 16]],
        outputs: &[Output],
    ) -> Result<(), Error> {
        let failed = failed("remember the files of a run");
        let change = self.0.transaction().map_err(&failed)?;
        for (position, salt) in salts.iter().enumerate() {
            change
                .execute(
                    "INSERT INTO input VALUES (?1, ?2, ?3)",
                    params![run, position as i64, &salt[..]],
                )
                .map_err(&failed)?;
        }
        replace_outputs(&change, outputs).map_err(&failed)?;
        change.commit().map_err(&failed)
    }

    /// Forgets a run that was never committed.
    pub fn forget(&mut self, run: &str) -> Result<(), Error> {
        let failed = failed("forget a run");
        let change = self.0.transaction().map_err(&failed)?;
        for table in ["output", "input"] {
            change
                .execute(&format!("DELETE FROM {table} WHERE run = ?1"), params![run])
                .map_err(&failed)?;
        }
        change
            .execute("DELETE FROM run WHERE id = ?1", params![run])
            .map_err(&failed)?;
        change.commit().map_err(&failed)
    }

    /// Files that are not in their place yet.
    pub fn pending(&self) -> Result<Vec<Output>, Error> {
        self.outputs("SELECT run, kind, part, target, sha256 FROM output WHERE placed = 0 ORDER BY run, kind", params![])
    }

    /// The files of a run.
    pub fn outputs_of(&self, run: &str) -> Result<Vec<Output>, Error> {
        self.outputs(
            "SELECT run, kind, part, target, sha256 FROM output WHERE run = ?1 ORDER BY kind",
            params![run],
        )
    }

    fn outputs(&self, sql: &str, by: impl rusqlite::Params) -> Result<Vec<Output>, Error> {
        let failed = failed("read the files of a run");
        let mut statement = self.0.prepare(sql).map_err(&failed)?;
        let rows = statement
            .query_map(by, |row| {
                let sha256: String = row.get(4)?;
                Ok(Output {
                    run: row.get(0)?,
                    kind: row.get(1)?,
                    part: PathBuf::from(row.get::<_, String>(2)?),
                    target: PathBuf::from(row.get::<_, String>(3)?),
                    digest: sha256.parse().unwrap_or(Digest([0; 32])),
                })
            })
            .map_err(&failed)?;
        rows.collect::<Result<_, _>>().map_err(&failed)
    }

    /// The files that were ever put somewhere, of every run.
    pub fn handed_over(&self) -> Result<Vec<Output>, Error> {
        self.outputs(
            "SELECT run, kind, target, target, sha256 FROM handed ORDER BY run, kind, target",
            params![],
        )
    }

    /// A file in its place has other bytes now.
    pub fn rewritten(&mut self, output: &Output, digest: Digest) -> Result<(), Error> {
        self.about(output, "note that a file was rewritten", |change, place| {
            let digest = digest.to_string();
            for table in ["output", "handed"] {
                change.execute(
                    &format!("UPDATE {table} SET sha256 = ?4 WHERE run = ?1 AND kind = ?2 AND target = ?3"),
                    params![place.0, place.1, place.2, digest],
                )?;
            }
            Ok(())
        })
    }

    /// A file is gone for good.
    pub fn gone(&mut self, output: &Output) -> Result<(), Error> {
        self.about(output, "note that a file is gone", |change, place| {
            for table in ["output", "handed"] {
                change.execute(
                    &format!("DELETE FROM {table} WHERE run = ?1 AND kind = ?2 AND target = ?3"),
                    params![place.0, place.1, place.2],
                )?;
            }
            Ok(())
        })
    }

    /// A file has reached its place.
    pub fn placed(&mut self, output: &Output) -> Result<(), Error> {
        self.about(
            output,
            "note that a file is in its place",
            |change, place| {
                change.execute(
                    "UPDATE output SET placed = 1 WHERE run = ?1 AND kind = ?2 AND target = ?3",
                    params![place.0, place.1, place.2],
                )?;
                change.execute(
                    "INSERT OR REPLACE INTO handed VALUES (?1, ?2, ?3, ?4)",
                    params![place.0, place.1, place.2, output.digest.to_string()],
                )?;
                Ok(())
            },
        )
    }

    /// Changes what is remembered of a file; the place is its run, kind and target.
    fn about(
        &mut self,
        output: &Output,
        doing: &'static str,
        act: impl Fn(&Connection, (&str, &str, &str)) -> rusqlite::Result<()>,
    ) -> Result<(), Error> {
        let failed = failed(doing);
        let change = self.0.transaction().map_err(&failed)?;
        let target = output.target.to_string_lossy();
        act(&change, (&output.run, &output.kind, &target)).map_err(&failed)?;
        change.commit().map_err(&failed)
    }

    /// Keeps the salts of a model's commitments to its training files.
    pub fn remember_training(&mut self, model: &str, salts: &[[u8; 16]]) -> Result<(), Error> {
        let failed = failed("remember a training");
        let change = self.0.transaction().map_err(&failed)?;
        change
            .execute("DELETE FROM training WHERE model = ?1", params![model])
            .map_err(&failed)?;
        for (position, salt) in salts.iter().enumerate() {
            change
                .execute(
                    "INSERT INTO training VALUES (?1, ?2, ?3)",
                    params![model, position as i64, &salt[..]],
                )
                .map_err(&failed)?;
        }
        change.commit().map_err(&failed)
    }

    /// Runs, known to the desk, that have no report yet.
    pub fn unreported(&self) -> Result<Vec<String>, Error> {
        let failed = failed("read the runs");
        let mut statement = self
            .0
            .prepare("SELECT id FROM run WHERE report IS NULL ORDER BY id")
            .map_err(&failed)?;
        let rows = statement.query_map([], |row| row.get(0)).map_err(&failed)?;
        rows.collect::<Result<_, _>>().map_err(&failed)
    }

    /// Keeps the report of a committed run.
    pub fn report(&mut self, run: &str, json: &str) -> Result<(), Error> {
        self.0
            .execute(
                "UPDATE run SET report = ?2 WHERE id = ?1",
                params![run, json],
            )
            .map(|_| ())
            .map_err(failed("keep a run's report"))
    }

    /// The report of a run, if the desk still has it.
    pub fn report_of(&self, run: &str) -> Result<Option<String>, Error> {
        self.0
            .query_row(
                "SELECT report FROM run WHERE id = ?1",
                params![run],
                |row| row.get::<_, Option<String>>(0),
            )
            .optional()
            .map(Option::flatten)
            .map_err(failed("read a run's report"))
    }

    /// Earlier runs that share `same`, newest first.
    pub fn earlier(&self, same: &str) -> Result<Vec<Earlier>, Error> {
        let failed = failed("look for earlier runs");
        let mut statement = self
            .0
            .prepare("SELECT id FROM run WHERE same = ?1 ORDER BY started DESC, id DESC")
            .map_err(&failed)?;
        let ids: Vec<String> = statement
            .query_map(params![same], |row| row.get(0))
            .and_then(Iterator::collect)
            .map_err(&failed)?;
        let mut salts = self
            .0
            .prepare("SELECT salt FROM input WHERE run = ?1 ORDER BY position")
            .map_err(&failed)?;
        ids.into_iter()
            .map(|id| {
                let found = salts
                    .query_map(params![id], |row| row.get::<_, [u8; 16]>(0))
                    .and_then(Iterator::collect)
                    .map_err(&failed)?;
                Ok(Earlier { id, salts: found })
            })
            .collect()
    }
}

/// Replaces the files of the same run and kind.
fn replace_outputs(change: &Connection, outputs: &[Output]) -> rusqlite::Result<()> {
    for output in outputs {
        change.execute(
            "INSERT OR REPLACE INTO output (run, kind, part, target, sha256) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![
                output.run,
                output.kind,
                output.part.to_string_lossy(),
                output.target.to_string_lossy(),
                output.digest.to_string(),
            ],
        )?;
    }
    Ok(())
}
