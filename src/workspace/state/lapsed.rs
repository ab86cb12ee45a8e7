//! Refusals for lapsed retention whose leads' earlier records have left.
//!
//! What is lost here is only done again: a night then looks at these segments
//! once more, and finds nothing left to erase.

use std::collections::BTreeSet;

use rusqlite::params;

use super::{Error, State, failed};
use crate::ledger::SegmentId;

/// The table of segments of refusals.
pub(super) const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS lapsed (
    segment BLOB PRIMARY KEY
) STRICT;
";

impl State {
    /// The segments whose lapsed leads left nothing behind.
    pub fn lapsed(&self) -> Result<BTreeSet<SegmentId>, Error> {
        let failed = failed("read whose retention was seen to");
        let mut statement = self
            .0
            .prepare("SELECT segment FROM lapsed")
            .map_err(&failed)?;
        let rows = statement
            .query_map([], |row| row.get::<_, [u8; 16]>(0))
            .map_err(&failed)?;
        rows.map(|id| id.map(SegmentId))
            .collect::<Result<_, _>>()
            .map_err(failed)
    }

    /// Remembers that they left nothing behind.
    pub fn remember_lapsed(&mut self, segments: &[SegmentId]) -> Result<(), Error> {
        let failed = failed("remember whose retention was seen to");
        let change = self.0.transaction().map_err(&failed)?;
        for id in segments {
            change
                .execute(
                    "INSERT OR IGNORE INTO lapsed (segment) VALUES (?1)",
                    params![id.0],
                )
                .map_err(&failed)?;
        }
        change.commit().map_err(failed)
    }
}
