//! What happened to people's leads, as the ledger's event leaves tell it, kept where it can be asked quickly.
//!
//! Nothing here is the original: whatever is lost is read again from the
//! ledger, but for free text, of which the ledger holds a commitment. Acts are
//! added and never changed; they leave only when their leaves do.

use std::collections::BTreeMap;

use rusqlite::{Connection, Params, Row, params};

use super::{Error, State, failed};
use crate::ledger::{Event, EventKind, SegmentId};
use crate::name::Token;

/// The tables of acts.
pub(super) const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS act (
    segment   BLOB NOT NULL,
    row       INTEGER NOT NULL,
    kid       TEXT NOT NULL,
    purpose   TEXT NOT NULL,
    pseudonym BLOB NOT NULL,
    kind      INTEGER NOT NULL,
    decision  INTEGER,
    event     BLOB NOT NULL,
    record    BLOB NOT NULL,             -- the leaf's bytes: everything above but kid and purpose is in it
    PRIMARY KEY (segment, row)
) STRICT;
CREATE INDEX IF NOT EXISTS act_of_decision ON act (decision);
CREATE INDEX IF NOT EXISTS act_of_person ON act (pseudonym);
CREATE TABLE IF NOT EXISTS taken (         -- event segments whose acts are here
    segment BLOB PRIMARY KEY,
    gaps    INTEGER NOT NULL             -- rows of it that were erased by then
) STRICT;
CREATE TABLE IF NOT EXISTS note (          -- free text; its salted commitment is in the event
    event BLOB PRIMARY KEY,
    salt  BLOB NOT NULL,
    text  TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS leaving (one INTEGER PRIMARY KEY CHECK (one = 1)) STRICT; -- a row stands here only while acts leave
CREATE TRIGGER IF NOT EXISTS act_never_changes BEFORE UPDATE ON act
    BEGIN SELECT RAISE(ABORT, 'an act is never changed'); END;
CREATE TRIGGER IF NOT EXISTS note_never_changes BEFORE UPDATE ON note
    BEGIN SELECT RAISE(ABORT, 'a note is never changed'); END;
CREATE TRIGGER IF NOT EXISTS act_leaves_with_its_leaf BEFORE DELETE ON act WHEN NOT EXISTS (SELECT 1 FROM leaving)
    BEGIN SELECT RAISE(ABORT, 'an act leaves only with its leaf'); END;
CREATE TRIGGER IF NOT EXISTS note_leaves_with_its_act BEFORE DELETE ON note WHEN NOT EXISTS (SELECT 1 FROM leaving)
    BEGIN SELECT RAISE(ABORT, 'a note leaves only with its act'); END;
";

/// An act, where its leaf stands and under which key and purpose its pseudonym is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// The id of the pseudonym key.
    pub kid: Token,
    /// The purpose.
    pub purpose: Token,
    /// Its record, segment and row included.
    pub event: Event,
}

/// Which acts are asked for.
#[derive(Clone, Copy, Debug)]
pub enum Which<'a> {
    /// All.
    All,
    /// About decisions from the first number up to, but without, the second.
    Decisions(u64, u64),
    /// The same, of these kinds alone.
    Kinds(u64, u64, [EventKind; 3]),
    /// About whoever has this pseudonym.
    Person(&'a [u8; 16]),
    /// Of this kind.
    Kind(EventKind),
    /// Under this key: those of the suppression set have one of their own.
    Key(&'a Token),
}

impl State {
    /// Event segments whose acts are here, and how many rows of each were erased when they were taken.
    pub fn taken(&self) -> Result<BTreeMap<SegmentId, u64>, Error> {
        let failed = failed("read which acts are known");
        let mut statement = self
            .0
            .prepare("SELECT segment, gaps FROM taken")
            .map_err(&failed)?;
        let rows = statement
            .query_map([], |row| {
                Ok((SegmentId(row.get(0)?), row.get::<_, i64>(1)? as u64))
            })
            .map_err(&failed)?;
        rows.collect::<Result<_, _>>().map_err(&failed)
    }

    /// Takes in the live acts of a segment in place of what was known of it; notes whose act left go with it.
    pub fn take_in(&mut self, segment: SegmentId, gaps: u64, acts: &[Told]) -> Result<(), Error> {
        self.replace(segment, Some(gaps), acts)
    }

    /// Forgets the acts of a segment that is gone.
    pub fn leave_out(&mut self, segment: SegmentId) -> Result<(), Error> {
        self.replace(segment, None, &[])
    }

    fn replace(
        &mut self,
        segment: SegmentId,
        gaps: Option<u64>,
        acts: &[Told],
    ) -> Result<(), Error> {
        let failed = failed("keep what happened");
        let change = self.0.transaction().map_err(&failed)?;
        leave(&change, |change| {
            change.execute(
                "DELETE FROM act WHERE segment = ?1",
                params![&segment.0[..]],
            )?;
            change.execute(
                "DELETE FROM taken WHERE segment = ?1",
                params![&segment.0[..]],
            )
        })
        .map_err(&failed)?;
        for told in acts {
            insert(&change, told).map_err(&failed)?;
        }
        if let Some(gaps) = gaps {
            change
                .execute(
                    "INSERT INTO taken VALUES (?1, ?2)",
                    params![&segment.0[..], gaps as i64],
                )
                .map_err(&failed)?;
        }
        change.commit().map_err(&failed)
    }

    /// Notes whose act is not here go: it left, or never came into the log.
    ///
    /// Only for whoever holds the append lock: others may be about to record an act.
    pub fn drop_orphaned_notes(&mut self) -> Result<(), Error> {
        let failed = failed("forget notes");
        let change = self.0.transaction().map_err(&failed)?;
        leave(&change, |change| {
            change.execute(
                "DELETE FROM note WHERE event NOT IN (SELECT event FROM act)",
                [],
            )
        })
        .map_err(&failed)?;
        change.commit().map_err(&failed)
    }

    /// Forgets every act, to read them all again.
    pub fn forget_acts(&mut self) -> Result<(), Error> {
        let failed = failed("forget what happened");
        let change = self.0.transaction().map_err(&failed)?;
        leave(&change, |change| change.execute("DELETE FROM act", [])).map_err(&failed)?;
        change.execute("DELETE FROM taken", []).map_err(&failed)?;
        change.commit().map_err(&failed)
    }

    /// Acts, in the order in which they were recorded at each second.
    pub fn acts(&self, which: Which<'_>) -> Result<Vec<Told>, Error> {
        match which {
            Which::All => self.told("", []),
            Which::Decisions(from, to) => self.told(
                "WHERE decision >= ?1 AND decision < ?2",
                params![from as i64, to as i64],
            ),
            Which::Kinds(from, to, [a, b, c]) => self.told(
                "WHERE decision >= ?1 AND decision < ?2 AND kind IN (?3, ?4, ?5)",
                params![from as i64, to as i64, a as u8, b as u8, c as u8],
            ),
            Which::Person(pseudonym) => self.told("WHERE pseudonym = ?1", params![&pseudonym[..]]),
            Which::Kind(kind) => self.told("WHERE kind = ?1", params![kind as u8]),
            Which::Key(kid) => self.told("WHERE kid = ?1", params![kid.as_str()]),
        }
    }

    fn told(&self, wherein: &str, by: impl Params) -> Result<Vec<Told>, Error> {
        let failed = failed("read what happened");
        let mut statement = self
            .0
            .prepare(&format!("SELECT kid, purpose, record FROM act {wherein}"))
            .map_err(&failed)?;
        let rows = statement.query_map(by, told).map_err(&failed)?;
        let mut found: Vec<Told> = rows
            .filter_map(Result::transpose)
            .collect::<Result<_, _>>()
            .map_err(&failed)?;
        found.sort_by_key(|it| (it.event.time, it.event.segment, it.event.row));
        Ok(found)
    }

    /// Keeps the text that came with an event; recorded first, so that no event stands without it.
    pub fn keep_note(
        &mut self,
        event: &[u8; 16],
        salt: &[u8; 16],
        text: &str,
    ) -> Result<(), Error> {
        self.0
            .execute(
                "INSERT INTO note VALUES (?1, ?2, ?3)",
                params![&event[..], &salt[..], text],
            )
            .map(|_| ())
            .map_err(failed("keep a note"))
    }

    /// The text that came with an event and its salt, where it is still here.
    pub fn note(&self, event: &[u8; 16]) -> Result<Option<([u8; 16], String)>, Error> {
        use rusqlite::OptionalExtension as _;
        self.0
            .query_row(
                "SELECT salt, text FROM note WHERE event = ?1",
                params![&event[..]],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .optional()
            .map_err(failed("read a note"))
    }
}

/// Lets acts and notes leave for the time of `act`.
fn leave(
    change: &Connection,
    act: impl Fn(&Connection) -> rusqlite::Result<usize>,
) -> rusqlite::Result<()> {
    change.execute("INSERT INTO leaving VALUES (1)", [])?;
    act(change)?;
    change.execute("DELETE FROM leaving", [])?;
    Ok(())
}

fn insert(change: &Connection, told: &Told) -> rusqlite::Result<usize> {
    let event = &told.event;
    let record = event
        .encode()
        .map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
    let mut statement =
        change.prepare_cached("INSERT INTO act VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)")?;
    statement.execute(params![
        &event.segment[..],
        event.row,
        told.kid.as_str(),
        told.purpose.as_str(),
        &event.pseudonym[..],
        event.kind as u8,
        event.decision.map(|it| it as i64),
        &event.event[..],
        record,
    ])
}

fn told(row: &Row<'_>) -> rusqlite::Result<Option<Told>> {
    let (kid, purpose): (String, String) = (row.get(0)?, row.get(1)?);
    let record: Vec<u8> = row.get(2)?;
    Ok(Event::decode(&record).ok().and_then(|event| {
        Some(Told {
            kid: kid.parse().ok()?,
            purpose: purpose.parse().ok()?,
            event,
        })
    }))
}
