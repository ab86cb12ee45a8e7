//! The part of the room that is a document; the rest fits.

#[path = "../../../src/model/document.rs"]
pub mod document;

pub use document::Model;
