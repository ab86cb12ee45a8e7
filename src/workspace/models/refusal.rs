//! Why a step in a model's life is refused, and what would be accepted.

use crate::name::Token;

use super::life::Stage;

/// Why not. Versions are their first twelve digits.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// Whoever trained a model does not approve it.
    #[error("`{person}` trained model {model}: a second person must approve it")]
    OwnModel {
        /// Who.
        person: Token,
        /// Which.
        model: String,
    },
    /// Two people with one key are one person.
    #[error("`{person}` has the key of `{trainer}`, who trained model {model}")]
    SameKey {
        /// Who.
        person: Token,
        /// Who trained.
        trainer: Token,
        /// Which.
        model: String,
    },
    /// Nobody answers for the training.
    #[error("nobody signed the training of model {model}")]
    Unsigned {
        /// Which.
        model: String,
    },
    /// An entry bears a signature that is not its person's.
    #[error(
        "model {model}: entry {entry} of the log is not signed by `{person}`, who is said to have made it"
    )]
    Forged {
        /// Which.
        model: String,
        /// The entry.
        entry: u64,
        /// Who.
        person: Token,
    },
    /// The step does not follow from where the model stands.
    #[error("model {model} is {} for `{purpose}`", .stage.word())]
    Stage {
        /// Which.
        model: String,
        /// For which purpose.
        purpose: Token,
        /// Where it stands.
        stage: Stage,
        /// What was asked.
        asked: Asked,
    },
    /// A gate is closed.
    #[error("model {model} does not pass{}", lines(.failed))]
    Gates {
        /// Which.
        model: String,
        /// Each gate that is closed, and what would open it: English and French.
        failed: Vec<(String, String)>,
    },
    /// There is nothing to go back to.
    #[error("no earlier model of `{purpose}` can take over")]
    NoEarlier {
        /// For which purpose.
        purpose: Token,
    },
    /// It was never active.
    #[error("model {model} was never active for `{purpose}`, so there is no going back to it")]
    NeverActive {
        /// Which.
        model: String,
        /// For which purpose.
        purpose: Token,
    },
    /// Records need it still.
    #[error("{segments} segments of the ledger are explained by model {model}")]
    Needed {
        /// Which.
        model: String,
        /// How many.
        segments: usize,
    },
    /// The log had not begun.
    #[error("the log begins after that day")]
    BeforeTheLog,
}

/// A step that somebody asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// To approve it, or to reject it.
    Judge,
    /// To have it score.
    Activate,
    /// To go back to it.
    Rollback,
    /// To take it out of use.
    Retire,
    /// To remove its folder.
    Purge,
}

fn lines(failed: &[(String, String)]) -> String {
    failed
        .iter()
        .fold(String::new(), |text, (it, _)| text + "\n  - " + it)
}

impl Refusal {
    /// What the person at the keyboard can do next.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::OwnModel { .. } => {
                "have it approved by somebody else whose roles may `approve`: `probant policy check` prints the table"
            }
            Self::SameKey { .. } => {
                "give each person a key of their own: `probant keys person PERSON --out FILE`"
            }
            Self::Unsigned { .. } => {
                "train on the same data once more with `--key FILE`: the same model is signed, and nothing else changes"
            }
            Self::Forged { .. } => {
                "look at the entry with `probant ledger show`, and at the policy of that day; do not approve or activate it"
            }
            Self::Stage { stage, asked, .. } => stage_hint(*stage, *asked),
            Self::Gates { .. } => {
                "`probant models card VERSION` shows every gate; train again once what is named is seen to"
            }
            Self::NoEarlier { .. } => {
                "`probant models list` shows what there is: approve one, then activate it"
            }
            Self::NeverActive { .. } => "approve it, then `probant models activate VERSION`",
            Self::Needed { .. } => {
                "wait until their retention is over, or leave it `retired`: it scores nobody"
            }
            Self::BeforeTheLog => "`probant ledger show 0` says when the log begins",
        }
    }
}

fn stage_hint(stage: Stage, asked: Asked) -> &'static str {
    match (stage, asked) {
        (Stage::Active, Asked::Judge) => {
            "it scores already: `probant models rollback` goes back, `probant models retire` takes it out of use"
        }
        (Stage::Active, Asked::Activate | Asked::Rollback) => "it scores already; nothing to do",
        (Stage::Active, Asked::Purge) => "take it out of use first, or activate another model",
        (Stage::Approved, Asked::Judge) => {
            "somebody approved it already; `probant models activate VERSION`, or `reject`"
        }
        (Stage::Approved, Asked::Purge) => "reject or retire it first",
        (Stage::Replaced, Asked::Activate | Asked::Judge) => {
            "`probant models rollback --to VERSION` goes back to it"
        }
        (Stage::Purged, _) => {
            "its folder was removed for good; train again, or choose another model"
        }
        (_, Asked::Activate | Asked::Rollback) => {
            "a second person approves it first: `probant models approve VERSION --as PERSON --key FILE`"
        }
        _ => "`probant models list` shows where each model stands",
    }
}
