//! What is drawn for a run: the random sample that must be opened, and the cases that are planted for each reviewer.
//!
//! The log must not hold it: whoever could read which cases are planted would
//! be tested on nothing. It may be lost: then it is drawn anew.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{OptionalExtension as _, params};

use super::{Error, State, failed};
use crate::name::Token;

/// The tables of what is drawn.
pub(super) const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS look (          -- for whom something was drawn, be it nothing; '' for the sample
    run    TEXT NOT NULL,
    person TEXT NOT NULL,
    PRIMARY KEY (run, person)
) STRICT;
CREATE TABLE IF NOT EXISTS sample (
    run      TEXT NOT NULL,
    decision INTEGER NOT NULL,
    PRIMARY KEY (run, decision)
) STRICT;
CREATE TABLE IF NOT EXISTS planted (
    run      TEXT NOT NULL,
    person   TEXT NOT NULL,
    decision INTEGER NOT NULL,
    band     TEXT NOT NULL,              -- the wrong one
    since    INTEGER NOT NULL,           -- entries of the log by then: what was opened earlier was shown truly
    PRIMARY KEY (run, person, decision)
) STRICT;
CREATE TABLE IF NOT EXISTS swept (         -- how much had left the ledger when the erased were last looked for here
    one  INTEGER PRIMARY KEY CHECK (one = 1),
    gone INTEGER NOT NULL
) STRICT;
";

/// A proposal that is shown to one person with a wrong band, until they answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planted {
    /// The wrong band.
    pub band: Token,
    /// Entries of the log when it was planted.
    pub since: u64,
}

impl State {
    /// The sample of a run, if it was drawn.
    pub fn sample(&self, run: &str) -> Result<Option<BTreeSet<u64>>, Error> {
        let failed = failed("read a random sample");
        if !self.is_drawn(run, "")? {
            return Ok(None);
        }
        let mut statement = self
            .0
            .prepare("SELECT decision FROM sample WHERE run = ?1")
            .map_err(&failed)?;
        let rows = statement
            .query_map(params![run], |row| Ok(row.get::<_, i64>(0)? as u64))
            .map_err(&failed)?;
        rows.collect::<Result<_, _>>().map(Some).map_err(&failed)
    }

    /// Keeps the sample of a run, or more of it; the first of it only where nobody drew one before.
    pub fn draw(
        &mut self,
        run: &str,
        decisions: &BTreeSet<u64>,
        is_first: bool,
    ) -> Result<(), Error> {
        let failed = failed("keep a random sample");
        let change = self.0.transaction().map_err(&failed)?;
        let first = change
            .execute(
                "INSERT INTO look VALUES (?1, '') ON CONFLICT DO NOTHING",
                params![run],
            )
            .map_err(&failed)?;
        if first == 1 || !is_first {
            for decision in decisions {
                change
                    .execute(
                        "INSERT OR IGNORE INTO sample VALUES (?1, ?2)",
                        params![run, *decision as i64],
                    )
                    .map_err(&failed)?;
            }
        }
        change.commit().map_err(&failed)
    }

    /// The cases planted for a person in a run, if they were.
    pub fn planted(
        &self,
        run: &str,
        person: &Token,
    ) -> Result<Option<BTreeMap<u64, Planted>>, Error> {
        let failed = failed("read what was planted");
        if !self.is_drawn(run, person.as_str())? {
            return Ok(None);
        }
        let mut statement = self
            .0
            .prepare("SELECT decision, band, since FROM planted WHERE run = ?1 AND person = ?2")
            .map_err(&failed)?;
        let rows = statement
            .query_map(params![run, person.as_str()], |row| {
                let band: String = row.get(1)?;
                Ok((
                    row.get::<_, i64>(0)? as u64,
                    band,
                    row.get::<_, i64>(2)? as u64,
                ))
            })
            .map_err(&failed)?;
        let mut planted = BTreeMap::new();
        for row in rows {
            let (decision, band, since) = row.map_err(&failed)?;
            if let Ok(band) = band.parse() {
                planted.insert(decision, Planted { band, since });
            }
        }
        Ok(Some(planted))
    }

    /// Keeps what is planted for a person in a run, or more of it; the first of it only where nothing was before.
    pub fn plant(
        &mut self,
        run: &str,
        person: &Token,
        cases: &BTreeMap<u64, Planted>,
        is_first: bool,
    ) -> Result<(), Error> {
        let failed = failed("keep what was planted");
        let change = self.0.transaction().map_err(&failed)?;
        let first = change
            .execute(
                "INSERT INTO look VALUES (?1, ?2) ON CONFLICT DO NOTHING",
                params![run, person.as_str()],
            )
            .map_err(&failed)?;
        if first == 1 || !is_first {
            for (decision, planted) in cases {
                change
                    .execute(
                        "INSERT OR IGNORE INTO planted VALUES (?1, ?2, ?3, ?4, ?5)",
                        params![
                            run,
                            person.as_str(),
                            *decision as i64,
                            planted.band.as_str(),
                            planted.since as i64
                        ],
                    )
                    .map_err(&failed)?;
            }
        }
        change.commit().map_err(&failed)
    }

    fn is_drawn(&self, run: &str, person: &str) -> Result<bool, Error> {
        self.0
            .query_row(
                "SELECT 1 FROM look WHERE run = ?1 AND person = ?2",
                params![run, person],
                |_| Ok(()),
            )
            .optional()
            .map(|found| found.is_some())
            .map_err(failed("read what was drawn"))
    }

    /// Every decision that was drawn or planted, where more has left the ledger than the last time that this was asked.
    pub fn unswept(&self, gone: u64) -> Result<Vec<u64>, Error> {
        let failed = failed("read what was drawn");
        let last: Option<i64> = self
            .0
            .query_row("SELECT gone FROM swept", [], |row| row.get(0))
            .optional()
            .map_err(&failed)?;
        if last == Some(gone as i64) {
            return Ok(Vec::new());
        }
        let mut statement = self
            .0
            .prepare("SELECT decision FROM sample UNION SELECT decision FROM planted ORDER BY 1")
            .map_err(&failed)?;
        let rows = statement
            .query_map([], |row| Ok(row.get::<_, i64>(0)? as u64))
            .map_err(&failed)?;
        rows.collect::<Result<_, _>>().map_err(&failed)
    }

    /// Forgets what was drawn or planted about decisions that left the ledger.
    pub fn sweep(&mut self, decisions: &[u64], gone: u64) -> Result<(), Error> {
        let failed = failed("forget what was drawn");
        let change = self.0.transaction().map_err(&failed)?;
        for decision in decisions {
            for table in ["sample", "planted"] {
                change
                    .execute(
                        &format!("DELETE FROM {table} WHERE decision = ?1"),
                        params![*decision as i64],
                    )
                    .map_err(&failed)?;
            }
        }
        change
            .execute(
                "INSERT OR REPLACE INTO swept VALUES (1, ?1)",
                params![gone as i64],
            )
            .map_err(&failed)?;
        change.commit().map_err(&failed)
    }
}
