//! A model as one SQL SELECT, for where leads live in a warehouse: the same integers, without this program.
//!
//! | file | noun |
//! | --- | --- |
//! | `dialect` | how five engines write names, texts and numbers |
//! | `names` | what the columns are called, in and out |
//! | `code` | a value to its code or its entry |
//! | `query` | the steps from there to the score |
//! | `head` | the comment that says what the text is, and what it is not |
//!
//! The sum is a sum of integers here as everywhere, so an engine can give the same log-odds and no
//! other. What the text cannot do is decide: nobody's right to object is looked at, and nothing is
//! recorded. It must therefore say so itself, in its first lines.

mod code;
mod dialect;
mod head;
mod names;
mod query;

use crate::features::Shape;
use crate::lang::Lang;
use crate::model::Model;
use crate::policy::{self, Kind, Policy};

pub use dialect::{Dialect, NotADialect};

use self::names::Names;
use self::query::Query;

/// A model in SQL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Select {
    /// The whole text: comment and query, one statement without a semicolon.
    pub text: String,
    /// The columns that it gives, in order: the score file's, without its record.
    pub columns: Vec<String>,
}

/// Why a model has no SQL.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The policy numbers the rows.
    #[error("leads are identified by their row's number, and rows of a table have none")]
    NoIdentifier,
    /// The model scores by a column that the policy does not declare as a feature of this kind.
    #[error("the model scores by `{feature}` as the policy no longer declares it")]
    Undeclared {
        /// The column.
        feature: String,
    },
    /// A stored boolean or number would mean the opposite of the text that it is written as.
    #[error("the policy reads the text `{word}` otherwise than the stored value {word}")]
    Contradiction {
        /// The text.
        word: &'static str,
    },
    /// Two columns would be one.
    #[error("{dialect} would take two columns for one: `{column}`")]
    Twice {
        /// Who.
        dialect: Dialect,
        /// The second of them.
        column: String,
    },
    /// No engine can be given a NUL.
    #[error("a name or a level of `{feature}` holds a NUL character")]
    Nul {
        /// The column.
        feature: String,
    },
    /// The table's name is none.
    #[error("the table's name is empty or holds a line break")]
    Table,
}

impl Error {
    /// What the person at the keyboard can do next.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NoIdentifier => {
                "declare the column that identifies a lead: `role = \"identifier\"`"
            }
            Self::Undeclared { .. } => {
                "declare the feature as it was, or train a model under the policy as it is now"
            }
            Self::Contradiction { .. } => {
                "take the word out of `yes`, `no` or `missing` in probant.toml: a table stores flags as booleans or as 0 and 1"
            }
            Self::Twice { .. } => "rename one of them in the export and in probant.toml",
            Self::Nul { .. } => "clean the export, and train again",
            Self::Table => "name a table or a sub-query: `--from crm.leads`",
        }
    }
}

/// The policy's words, as they are compared.
pub(crate) struct Words {
    missing: Vec<String>,
    yes: Vec<String>,
    no: Vec<String>,
}

impl Words {
    fn new(dialect: &policy::Dialect) -> Self {
        let low = |words: &[String]| words.iter().map(|word| word.to_lowercase()).collect();
        Self {
            missing: dialect.missing.clone(),
            yes: low(&dialect.yes),
            no: low(&dialect.no),
        }
    }

    /// The tidied texts that mean "not known": the empty one first.
    fn marks(&self) -> impl Iterator<Item = &str> {
        std::iter::once("").chain(self.missing.iter().map(String::as_str))
    }

    /// What booleans and whole numbers are written as, and what they claim.
    fn stored() -> impl Iterator<Item = (&'static str, bool)> {
        [("true", true), ("false", false), ("1", true), ("0", false)].into_iter()
    }

    /// Holds the words to what a table stores.
    fn agree(&self) -> Result<(), Error> {
        let against = |word: &str, claim| {
            let others = if claim { &self.no } else { &self.yes };
            others.iter().chain(&self.missing).any(|it| it == word)
        };
        match Self::stored().find(|(word, claim)| against(word, *claim)) {
            Some((word, _)) => Err(Error::Contradiction { word }),
            None => Ok(()),
        }
    }
}

/// `model` as one SELECT over the table or sub-query `from`, its comment in `lang`.
pub fn select(
    model: &Model,
    policy: &Policy,
    dialect: Dialect,
    from: &str,
    lang: Lang,
) -> Result<Select, Error> {
    if from.trim().is_empty() || from.contains(char::is_control) {
        return Err(Error::Table);
    }
    let words = Words::new(&policy.dialect);
    fitting(model, policy, &words)?;
    let names = Names::new(model, policy, dialect)?;
    let query = Query {
        model,
        dialect,
        words: &words,
        names: &names,
    };
    let text = [
        head::comment(model, policy, dialect, &names, lang),
        query.steps(from),
        query.answer(policy),
    ]
    .concat();
    Ok(Select {
        text,
        columns: names.out,
    })
}

/// Holds the model to the policy, and both to what SQL can say.
fn fitting(model: &Model, policy: &Policy, words: &Words) -> Result<(), Error> {
    for feature in &model.schema().features {
        let (kind, texts) = match &feature.shape {
            Shape::Number { .. } => (Kind::Number, &[][..]),
            Shape::Category { levels } => (Kind::Category, &levels[..]),
            Shape::Flag => (Kind::Flag, &[][..]),
        };
        let declared = policy
            .features()
            .any(|it| it.name == feature.name && it.kind == kind);
        if !declared {
            return Err(Error::Undeclared {
                feature: feature.name.clone(),
            });
        }
        if texts
            .iter()
            .chain([&feature.name])
            .any(|text| text.contains('\0'))
        {
            return Err(Error::Nul {
                feature: feature.name.replace('\0', "\u{fffd}"),
            });
        }
        if kind == Kind::Flag {
            words.agree()?;
        }
    }
    Ok(())
}
