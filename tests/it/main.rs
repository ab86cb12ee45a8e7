//! Everything that is tested from outside, as one binary.

mod intake;
mod ledger;
mod ledger_damage;
mod ledger_entries;
mod ledger_vectors;
mod model;
mod oracles;
mod policy;
mod report;
mod tidy;
