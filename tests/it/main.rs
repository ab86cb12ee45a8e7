//! Everything that is tested from outside, as one binary.

mod anchors;
mod auditor;
mod bundle;
mod bundle_changed;
mod bundle_forged;
mod cli;
mod cli_support;
mod crash;
mod erasure;
mod intake;
mod keys;
mod ledger;
mod ledger_damage;
mod ledger_entries;
mod ledger_vectors;
mod model;
mod night;
mod oracles;
mod parquet;
mod policy;
mod readme;
mod real;
mod report;
mod subject;
mod tidy;
