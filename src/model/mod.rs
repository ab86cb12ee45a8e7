//! The model: a table of integers per term, and everything that makes, judges and reads one.
//!
//! | file | noun |
//! | --- | --- |
//! | [`examples`] | labelled leads to learn from |
//! | [`document`] | `model.json`: canonical, integers only, never invalid once parsed |
//! | [`differs`] | where two models that should be one differ first |
//! | [`score`] | the score of one lead, kept as the sum that produced it |
//! | [`fingerprint`] | whether other rows are the ones that were learned from |
//! | [`fit`] | Newton on codes, and linfa-logistic as its certificate (the door of linfa) |
//! | [`pairs`] | which features interact, and the purification that keeps a pair to its interaction |
//! | [`people`] | who stands behind the rows, and how they are dealt into folds |
//! | [`split`] | which rows are fitted on and which judge: holdout and folds |
//! | [`select`] | strength and pairs by cross-validation |
//! | [`evaluate`] | metrics with intervals |
//! | [`expected`] | what scores promise before an outcome is known |
//! | [`reference`](mod@reference) | what later months are compared with |
//! | [`leaks`] | what in the data is too good to be true |
//! | [`profile`] | what each feature brings, and how many people it singles out |
//! | [`compared`] | the twin beside other methods, on the same holdout |
//! | [`rivals`] | those other methods: naive Bayes, one-hot, the active model |
//! | [`gates`] | what a model must pass before it is approved |
//! | `alone` | who shares all their codes with nobody |
//! | `gains` | the area that each feature adds |
//! | `prepare` | training rows as codes, and what was learned on them alone |
//! | [`matched`] | the terms and codes of two models side by side |
//! | [`change`] | from one score of a lead to the next, by data and by model |
//! | [`shift`] | what another model makes of the same leads |
//! | `candidate` | from rows, strength and pairs to integers |
//! | [`train`] | the whole of a training, from columns to a candidate |

mod alone;
mod candidate;
pub mod change;
pub mod compared;
pub mod differs;
pub mod document;
pub mod evaluate;
pub mod examples;
pub mod expected;
pub mod findings;
pub mod fingerprint;
pub mod fit;
mod gains;
pub mod gates;
pub mod leaks;
pub mod matched;
pub mod pairs;
pub mod people;
mod prepare;
pub mod profile;
pub mod reference;
pub mod rivals;
pub mod score;
pub mod select;
pub mod shift;
pub mod split;
pub mod train;

pub use document::Model;
