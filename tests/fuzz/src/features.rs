//! The part of the room that is a document; the rest reads tables.

#[path = "../../../src/features/schema.rs"]
mod schema;

pub use schema::{Error, Feature, Pair, Schema, Shape};
