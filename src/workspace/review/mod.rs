//! The human decision: what was proposed is shown, reviewed, contested, signed off; and what became of it.
//!
//! | file | noun |
//! | --- | --- |
//! | `standing` | how far each proposal of a run has come, told from the ledger's acts |
//! | `book` | the proposals of a run, as whoever reviews needs them |
//! | `planted` | what is drawn for a run: the random sample, and the planted cases |
//! | `before` | what people said of a proposal before |
//! | `opened` | a proposal shown to a reviewer, recorded first |
//! | `opinion` | validate, override, reject |
//! | `sign_off` | a whole run, after a look that lacks nothing |
//! | `list` | what there is to review |
//! | `contest` | a person contests a decision |
//! | `refusal` | why not |

mod before;
mod book;
mod contest;
mod list;
mod opened;
mod opinion;
mod planted;
mod refusal;
mod sign_off;
mod standing;

pub use contest::{Contest, Contested, contest};
pub use list::{Filter, ListRequest, Listed, Row, Status, list};
pub use opened::{ShowRequest, Shown, show};
pub use opinion::{Given, OpinionRequest, Said, review};
pub use refusal::{Refusal, sentence};
pub use sign_off::{SignOffDone, SignOffRequest, sign_off};
#[allow(unused_imports, reason = "releases ask")]
pub use standing::{Decisions, Standing, decisions};
