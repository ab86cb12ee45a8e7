//! The ledger: what was decided, so that strangers can verify it and one person can be erased from it.
//!
//! Pure: time, randomness and bytes are arguments, and the workspace does the
//! rest. It knows no model; what it needs of one is [`Replay`]. The bytes are
//! specified in `FORMAT.md` beside this file.
//!
//! | file | noun |
//! | --- | --- |
//! | [`tree`] | the Merkle tree of RFC 6962 |
//! | [`tile`] | the files of the main log |
//! | [`note`] | signed notes and checkpoints |
//! | [`entry`] | the lines of the main log, typed; [`text`] has their vocabulary |
//! | [`salt`] | the salts of a segment's leaves |
//! | [`record`] | the bytes of one person's record |
//! | [`block`] | rows on their way into a segment, and their shuffle |
//! | [`mod@column`] | a column of codes, packed |
//! | [`seal`] | authenticated chunks |
//! | [`segment`] | up to 2²⁰ records, sealed, and back |
//! | [`opened`] | a sealed segment read back |
//! | [`erased`] | rows that are erased, or about to be, by the hashes of their leaves |
//! | [`mod@puncture`] | a segment without some of its records, under the same root |
//! | [`key`] | secrets, and the small files that wrap a segment's key |
//! | [`age`] | secrets sealed to a key that is kept elsewhere |
//! | [`verify`] | belief, withheld until earned |
//! | [`cosignature`] | a witness's signature over a checkpoint |
//! | [`witness`] | what a witness remembers, and what it grants |
//! | [`timestamp`] | a time-stamping authority's word; `der` has its bytes |
//! | [`anchor`] | a checkpoint that left the machine |

pub mod age;
pub mod anchor;
pub mod block;
pub mod column;
pub mod cosignature;
mod der;
pub mod entry;
pub mod erased;
pub mod error;
pub mod forms;
pub mod key;
mod leaves;
pub mod note;
pub mod opened;
pub mod puncture;
pub mod record;
pub mod salt;
pub mod seal;
pub mod segment;
pub mod text;
pub mod tile;
pub mod timestamp;
pub mod tree;
pub mod verify;
pub mod witness;

pub use block::Block;
pub use entry::Entry;
pub use error::Error;
pub use key::Secret;
pub use record::{Event, EventKind, Facts, Prediction, Record, Term};
pub use segment::Heading;
pub use text::{BasisName, Date, EventId, RunId, SegmentId, SegmentKind, Standing, Time};
pub use tree::Hash;

/// What takes a term's (code, contribution in 2⁻²⁰) of many rows.
pub type EachTerm<'a> = &'a mut dyn FnMut(&[(u16, i32)]);

/// What the ledger knows of a model: how to say again what it said of a row of codes.
pub trait Replay: Sync {
    /// Feature codes stored per row.
    fn features(&self) -> usize;

    /// Bytes of each term's code, 1 or 2: features, then pairs.
    fn widths(&self) -> &[usize];

    /// Replaces `terms` by (code, contribution in 2⁻²⁰) of each term, features then pairs, and returns
    /// the log-odds in 2⁻²⁰.
    ///
    /// It must not panic for any codes: a verifier may hand it those of a damaged file.
    fn replay(&self, features: &[u16], terms: &mut Vec<(u16, i32)>) -> i32;

    /// The same for many rows, `features` having one column for each feature: hands each term's (code, contribution)
    /// of all rows to `each`, features then pairs, and sets each row's log-odds.
    fn replay_columns(&self, features: &[&[u16]], log_odds: &mut [i32], each: EachTerm<'_>) {
        let mut terms = Vec::new();
        let mut columns = vec![Vec::with_capacity(log_odds.len()); self.widths().len()];
        for (row, log_odds) in log_odds.iter_mut().enumerate() {
            let codes: Vec<u16> = features.iter().map(|column| column[row]).collect();
            *log_odds = self.replay(&codes, &mut terms);
            for (column, term) in columns.iter_mut().zip(&terms) {
                column.push(*term);
            }
        }
        for column in &columns {
            each(column);
        }
    }
}
