#![doc = include_str!("ARCHITECTURE.md")]

// Layers, from the ground up. A room may use the rooms of earlier layers and
// no others; `tests/it/tidy.rs` holds the tree to that.

// Words.
pub mod bech32;
pub mod digest;
pub mod form;
pub mod lang;
pub mod name;
pub mod odds;

// Given.
pub mod law;

// Declared.
pub mod policy;
pub mod pseudonym;

// Tables.
pub mod table;

// Read.
pub mod features;
pub mod intake;

// Learned.
pub mod fairness;
pub mod model;

// Decided.
pub mod decision;
pub mod eligibility;

// Watched.
pub mod monitor;

// Recorded.
pub mod ledger;

// Told.
pub mod event;

// Released.
pub mod release;

// Answered.
pub mod demo;
pub mod report;
pub mod sql;

// Hands.
pub mod workspace;

// Faces.
pub mod cli;
