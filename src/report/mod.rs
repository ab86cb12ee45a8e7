//! What people read about a model and about a decision: explanations, reasons, and the model card.
//!
//! | file | noun |
//! | --- | --- |
//! | `words` | what a code means |
//! | `reasons` | the three reasons of a score file |
//! | `flags` | why the machine abstained |
//! | `explain` | one decision with everything that its record says, and its JSON |
//! | `terminal` | the same as text |
//! | [`trend`] | from one decision about a lead to a later one |
//! | [`comparison`] | two models compared |
//! | `remark` | what people said of a decision before |
//! | `provenance` | where a model comes from: `provenance.json` |
//! | `fairness` | how groups of people fare |
//! | `profiling` | what each feature brings, and whom it singles out |
//! | `rivals` | a model beside other methods on the same holdout |
//! | `life` | what is known of a model beside its papers: its life, its gates, tables of other rooms |
//! | `twin` | the card as data |
//! | `beside` | how groups fare and how leads moved, for the card |
//! | `card` | the model card, with `figures`, `phrases` and `svg` behind it (the door of askama) |
//! | `watch` | a monitoring run, with `drifted` for its sentences |
//!
//! Pure: what is shown is what the caller hands over, after it was recorded and checked.

mod beside;
mod card;
pub mod comparison;
mod drifted;
mod explain;
mod fairness;
mod figures;
mod flags;
mod life;
mod phrases;
mod profiling;
mod provenance;
mod reasons;
pub mod remark;
mod rivals;
mod svg;
mod terminal;
pub mod trend;
mod twin;
mod watch;
mod words;

pub use card::{CardInput, card};
pub use drifted::{cause, headline, held, other_dates};
pub use explain::{DoesNotAddUp, Explanation, Given, Other, Proof, Term, terms};
pub use fairness::{ColumnView, FairnessView, fairness_page, fairness_section, fairness_view};
pub use flags::{FlagWords, Flagged};
pub use life::{Happened, Known, Laid, Step, Table};
pub use phrases::warnings;
pub use profiling::{ProfilingView, profiling};
pub use provenance::{Error, NotIdentity, Period, Provenance, Rows};
pub use reasons::Reasons;
pub use rivals::{RivalsView, name as rival_name, rivals};
pub use twin::card_json;
pub use watch::{WatchInput, watch};
pub use words::{
    coarse_meaning, day, meaning, moment, number, pair_meaning, plain, scientific, wrap,
};
