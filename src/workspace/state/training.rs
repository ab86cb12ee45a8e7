//! The keys of training fingerprints, kept as long as the rows that they are about.
//!
//! What is lost here no ledger can bring back, and that is the point of it: a
//! fingerprint without its key tells nothing about anybody.

use chrono::NaiveDate;
use rusqlite::{OptionalExtension as _, params};

use super::{Error, State, failed};

/// The table of keys.
pub(super) const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS training_key (
    model TEXT PRIMARY KEY,
    key   BLOB NOT NULL,
    until TEXT NOT NULL                  -- the last civil day on which it is kept
) STRICT;
";

impl State {
    /// Keeps the key of a model's fingerprint until the end of a day.
    pub fn remember_training_key(
        &mut self,
        model: &str,
        key: &[u8; 32],
        until: NaiveDate,
    ) -> Result<(), Error> {
        self.0
            .execute(
                "INSERT OR REPLACE INTO training_key VALUES (?1, ?2, ?3)",
                params![model, &key[..], until.to_string()],
            )
            .map(|_| ())
            .map_err(failed("keep the key of a training"))
    }

    /// The key of a model's fingerprint, while it stands.
    pub fn training_key(&self, model: &str) -> Result<Option<[u8; 32]>, Error> {
        self.0
            .query_row(
                "SELECT key FROM training_key WHERE model = ?1",
                params![model],
                |row| row.get(0),
            )
            .optional()
            .map_err(failed("read the key of a training"))
    }

    /// The salts of a model's commitments to its training files, in their order, while they stand.
    pub fn training_salts(&self, model: &str) -> Result<Vec<[u8; 16]>, Error> {
        let failed = failed("read the salts of a training");
        let mut salts = self
            .0
            .prepare("SELECT salt FROM training WHERE model = ?1 ORDER BY position")
            .map_err(&failed)?;
        let rows = salts.query_map(params![model], |row| row.get(0));
        rows.and_then(Iterator::collect).map_err(failed)
    }

    /// The trainings whose rows are past their date on this day.
    pub fn overdue_trainings(&self, today: NaiveDate) -> Result<u64, Error> {
        self.0
            .query_row(
                "SELECT count(*) FROM training_key WHERE until < ?1",
                params![today.to_string()],
                |row| row.get::<_, u32>(0).map(u64::from),
            )
            .map_err(failed("read which trainings are past their date"))
    }

    /// Destroys their keys, and the salts of the commitments to their files; how many trainings they were.
    pub fn forget_trainings(&mut self, today: NaiveDate) -> Result<u64, Error> {
        let failed = failed("destroy the keys of trainings");
        let change = self.0.transaction().map_err(&failed)?;
        let today = today.to_string();
        change
            .execute(
                "DELETE FROM training WHERE model IN (SELECT model FROM training_key WHERE until < ?1)",
                params![today],
            )
            .map_err(&failed)?;
        let gone = change
            .execute("DELETE FROM training_key WHERE until < ?1", params![today])
            .map_err(&failed)?;
        change.commit().map_err(failed)?;
        Ok(gone as u64)
    }
}
