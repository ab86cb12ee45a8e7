//! The encoder: each declared feature's value becomes one small integer, and the exact value goes no further.
//!
//! From here on the codes *are* the lead: the model is fitted on them, the
//! score is a sum of their table entries, and the ledger records them. A
//! [`Schema`] is immutable and is known by the digest of its canonical
//! document.

mod bins;
mod encode;
mod learn;
mod schema;

pub use encode::{Codes, encode, encode_rows};
pub use learn::{LearnSettings, Learned, NamedColumn, learn};
pub use schema::{Error, Feature, Pair, Schema, Shape};
