//! Requests of the people scored: what was asked, in the words in which it came, and how far it is.
//!
//! The words stay here; the log holds a salted commitment of them. Whom a
//! waiting request is about is kept by pseudonym, and only as long as it waits.

use rusqlite::{Connection, Row, params};

use super::{Error, State, failed};
use crate::ledger::EventId;
use crate::name::Token;

/// The tables of requests.
pub(super) const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS request (
    id        INTEGER PRIMARY KEY,
    kind      TEXT NOT NULL,             -- erase, restrict, lift, object, contest
    reference TEXT NOT NULL,             -- free text, as it was typed
    salt      BLOB NOT NULL,             -- opens its commitment in the log
    received  TEXT NOT NULL,             -- UTC
    actor     TEXT NOT NULL,
    reason    TEXT NOT NULL,
    event     TEXT,                      -- the act in the log; NULL while it waits
    done      TEXT,                      -- UTC; NULL until it is carried out
    told      TEXT NOT NULL DEFAULT '[]' -- JSON: who was handed these records, and must be told
) STRICT;
CREATE TABLE IF NOT EXISTS handed (        -- every place where a file of a run was ever put
    run    TEXT NOT NULL,
    kind   TEXT NOT NULL,
    target TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    PRIMARY KEY (run, kind, target)
) STRICT;
CREATE TABLE IF NOT EXISTS whose (
    request   INTEGER NOT NULL REFERENCES request (id),
    kid       TEXT NOT NULL,
    purpose   TEXT NOT NULL,
    pseudonym BLOB NOT NULL,
    PRIMARY KEY (request, kid, purpose)
) STRICT;
";

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Erase (GDPR art. 17).
    Erase,
    /// Restrict (art. 18), or hold for a claim.
    Restrict,
    /// Lift a restriction.
    Lift,
    /// Object (art. 21).
    Object,
    /// Contest a decision (art. 22(3)).
    Contest,
}

impl Kind {
    /// The word in the table and for programs.
    #[must_use]
    pub fn token(self) -> &'static str {
        match self {
            Self::Erase => "erase",
            Self::Restrict => "restrict",
            Self::Lift => "lift",
            Self::Object => "object",
            Self::Contest => "contest",
        }
    }
}

/// A pseudonym of the person whom a request is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Whose {
    /// The id of the pseudonym key.
    pub kid: Token,
    /// The purpose.
    pub purpose: Token,
    /// The pseudonym.
    pub pseudonym: [u8; 16],
}

/// A request.
#[derive(Clone, Debug)]
pub struct Request {
    /// Its number at this desk; 0 before it has one.
    pub id: i64,
    /// What is asked.
    pub kind: String,
    /// In the words in which it came.
    pub reference: String,
    /// What opens its commitment.
    pub salt: [u8; 16],
    /// UTC.
    pub received: String,
    /// Who took it.
    pub actor: String,
    /// The article.
    pub reason: String,
    /// The act in the log.
    pub event: Option<EventId>,
    /// When it was carried out, UTC.
    pub done: Option<String>,
    /// JSON: to whom these records were handed.
    pub told: String,
}

const COLUMNS: &str = "id, kind, reference, salt, received, actor, reason, event, done, told";

impl State {
    /// Keeps requests, all or none, each with the pseudonyms of the person whom it is about.
    pub fn ask(&mut self, requests: &[(Request, Vec<Whose>)]) -> Result<Vec<i64>, Error> {
        let failed = failed("keep a request");
        let change = self.0.transaction().map_err(&failed)?;
        let mut ids = Vec::with_capacity(requests.len());
        for (request, whose) in requests {
            ids.push(keep(&change, request, whose).map_err(&failed)?);
        }
        change.commit().map_err(&failed)?;
        Ok(ids)
    }

    /// Every request, oldest first.
    pub fn requests(&self) -> Result<Vec<Request>, Error> {
        let failed = failed("read the requests");
        let mut statement = self
            .0
            .prepare(&format!("SELECT {COLUMNS} FROM request ORDER BY id"))
            .map_err(&failed)?;
        let rows = statement.query_map([], request).map_err(&failed)?;
        rows.collect::<Result<_, _>>().map_err(&failed)
    }

    /// Whom a waiting request is about.
    pub fn whose(&self, id: i64) -> Result<Vec<Whose>, Error> {
        let failed = failed("read a request");
        let mut statement = self
            .0
            .prepare("SELECT kid, purpose, pseudonym FROM whose WHERE request = ?1")
            .map_err(&failed)?;
        let rows = statement
            .query_map(params![id], |row| {
                Ok((
                    row.get::<_, String>(0)?,
                    row.get::<_, String>(1)?,
                    row.get(2)?,
                ))
            })
            .map_err(&failed)?;
        let found: Vec<(String, String, [u8; 16])> =
            rows.collect::<Result<_, _>>().map_err(&failed)?;
        let whose = |(kid, purpose, pseudonym): (String, String, [u8; 16])| {
            Some(Whose {
                kid: kid.parse().ok()?,
                purpose: purpose.parse().ok()?,
                pseudonym,
            })
        };
        Ok(found.into_iter().filter_map(whose).collect())
    }

    /// Requests are about to be carried out by one act; who must be told of it is known now.
    pub fn take_up(
        &mut self,
        ids: &[i64],
        event: EventId,
        told: &dyn Fn(i64) -> String,
    ) -> Result<(), Error> {
        self.change(ids, "take up a request", |change, id| {
            change.execute(
                "UPDATE request SET event = ?2, told = ?3 WHERE id = ?1",
                params![id, event.to_string(), told(id)],
            )
        })
    }

    /// The act never came into the log: its requests wait again.
    pub fn put_back(&mut self, ids: &[i64]) -> Result<(), Error> {
        self.change(ids, "put back a request", |change, id| {
            change.execute(
                "UPDATE request SET event = NULL, told = '[]' WHERE id = ?1",
                params![id],
            )
        })
    }

    /// Requests are carried out: whom they were about is forgotten.
    pub fn answered(&mut self, ids: &[i64], when: &str) -> Result<(), Error> {
        self.change(ids, "close a request", |change, id| {
            change.execute("DELETE FROM whose WHERE request = ?1", params![id])?;
            change.execute(
                "UPDATE request SET done = ?2 WHERE id = ?1 AND done IS NULL",
                params![id, when],
            )
        })
    }

    fn change(
        &mut self,
        ids: &[i64],
        doing: &'static str,
        each: impl Fn(&Connection, i64) -> rusqlite::Result<usize>,
    ) -> Result<(), Error> {
        let failed = failed(doing);
        let change = self.0.transaction().map_err(&failed)?;
        for id in ids {
            each(&change, *id).map_err(&failed)?;
        }
        change.commit().map_err(&failed)
    }
}

fn keep(change: &Connection, request: &Request, whose: &[Whose]) -> rusqlite::Result<i64> {
    change.execute(
        "INSERT INTO request (kind, reference, salt, received, actor, reason, event, done) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        params![
            request.kind,
            request.reference,
            &request.salt[..],
            request.received,
            request.actor,
            request.reason,
            request.event.map(|event| event.to_string()),
            request.done,
        ],
    )?;
    let id = change.last_insert_rowid();
    for it in whose {
        change.execute(
            "INSERT INTO whose VALUES (?1, ?2, ?3, ?4)",
            params![id, it.kid.as_str(), it.purpose.as_str(), &it.pseudonym[..]],
        )?;
    }
    Ok(id)
}

fn request(row: &Row<'_>) -> rusqlite::Result<Request> {
    let event: Option<String> = row.get(7)?;
    Ok(Request {
        id: row.get(0)?,
        kind: row.get(1)?,
        reference: row.get(2)?,
        salt: row.get(3)?,
        received: row.get(4)?,
        actor: row.get(5)?,
        reason: row.get(6)?,
        event: event.and_then(|text| text.parse().ok()),
        done: row.get(8)?,
        told: row.get(9)?,
    })
}
