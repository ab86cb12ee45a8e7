//! Who may do what: the table of roles and rights, as the policy declares it or as it is without a word.

use serde::Serialize;

use super::findings::Findings;
use super::parse::ROLES;
use super::source::{Section, chosen};
use super::{Person, Role};

/// What only some people may do: whatever acts on people's data, reads it, or changes the workspace.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Right {
    /// Fits a candidate model, or cross-validates one.
    Train,
    /// Approves a model that somebody else trained, or rejects it.
    Approve,
    /// Makes a model the one that scores, goes back to an earlier one, or takes one out of use.
    Activate,
    /// Says what would change from one model to another.
    Compare,
    /// Says how groups of people fare, from a file that nothing else reads.
    Fairness,
    /// Trains a model again, to see whether it is the same.
    VerifyModel,
    /// Says how leads and scores have moved since the training.
    Monitor,
    /// Takes in what became of leads.
    Outcomes,
    /// Writes a model as SQL.
    ExportSql,
    /// Scores an export.
    Score,
    /// Reads why a lead has its score.
    Explain,
    /// Reads proposals and decides of them.
    Review,
    /// Answers for a whole run.
    SignOff,
    /// Hands leads to a tool.
    Release,
    /// Reads why somebody was in a release.
    Why,
    /// Takes in that a person contests a decision.
    Contest,
    /// Takes in that a person objects.
    Object,
    /// Takes in that a person asks to be erased.
    Erase,
    /// Restricts a person's records.
    Restrict,
    /// Lifts a restriction.
    Lift,
    /// Reads what people asked.
    Requests,
    /// Writes the receipt of an erasure.
    Receipt,
    /// Destroys what is past its date.
    Purge,
    /// Deletes what crashes left behind.
    Gc,
    /// Begins a new pseudonym period.
    KeysRotate,
    /// Wraps every segment's key anew.
    KeysRewrap,
    /// Destroys a pseudonym period's key.
    KeysDestroy,
    /// Copies ledger and keys.
    Backup,
    /// Carries checkpoints out, and keeps what comes back.
    Anchor,
    /// Goes on with a ledger that is older than its anchors.
    AcceptRollback,
    /// Hands a bundle to an auditor.
    Bundle,
    /// Signs the assessment of a legitimate interest.
    LawSign,
    /// Makes the desk again from the ledger.
    Rebuild,
}

use Role::{Auditor, DataScientist, Dpo, Operator, Reviewer};

/// Every right, its word in the policy, and who has it where the policy says nothing.
///
/// The first role is the one whose work it is: where nobody is named with `--as`, it is looked for there first.
pub(super) const TABLE: [(&str, Right, &[Role]); 33] = [
    ("train", Right::Train, &[DataScientist]),
    // Whoever approves is never who trained, whatever their roles: see the life of a model.
    ("approve", Right::Approve, &[Dpo, DataScientist]),
    ("activate", Right::Activate, &[DataScientist]),
    ("compare", Right::Compare, &[DataScientist, Dpo, Auditor]),
    ("fairness", Right::Fairness, &[Auditor, Dpo]),
    (
        "verify-model",
        Right::VerifyModel,
        &[DataScientist, Auditor],
    ),
    (
        "monitor",
        Right::Monitor,
        &[Operator, DataScientist, Dpo, Auditor],
    ),
    ("outcomes", Right::Outcomes, &[Operator, DataScientist]),
    ("export-sql", Right::ExportSql, &[DataScientist, Auditor]),
    // A data scientist tries a candidate on an export.
    ("score", Right::Score, &[Operator, DataScientist]),
    (
        "explain",
        Right::Explain,
        &[Dpo, Reviewer, Auditor, Operator],
    ),
    ("review", Right::Review, &[Reviewer]),
    ("sign-off", Right::SignOff, &[Reviewer]),
    ("release", Right::Release, &[Operator]),
    ("why", Right::Why, &[Dpo, Reviewer, Auditor, Operator]),
    // Whoever a person reaches must be able to take in what they say.
    ("contest", Right::Contest, &[Dpo, Reviewer, Operator]),
    ("object", Right::Object, &[Dpo, Reviewer, Operator]),
    ("erase", Right::Erase, &[Dpo]),
    ("restrict", Right::Restrict, &[Dpo]),
    ("lift", Right::Lift, &[Dpo]),
    ("requests", Right::Requests, &[Dpo, Auditor]),
    ("receipt", Right::Receipt, &[Dpo]),
    ("purge", Right::Purge, &[Dpo]),
    ("gc", Right::Gc, &[Operator, Dpo]),
    ("keys-rotate", Right::KeysRotate, &[Dpo]),
    ("keys-rewrap", Right::KeysRewrap, &[Dpo]),
    ("keys-destroy", Right::KeysDestroy, &[Dpo]),
    ("backup", Right::Backup, &[Operator, Dpo]),
    ("anchor", Right::Anchor, &[Operator, Dpo]),
    ("accept-rollback", Right::AcceptRollback, &[Dpo]),
    ("bundle", Right::Bundle, &[Auditor, Dpo]),
    ("law-sign", Right::LawSign, &[Dpo]),
    ("rebuild", Right::Rebuild, &[Operator, Dpo]),
];

impl Right {
    /// Every right, with its word.
    pub fn all() -> impl Iterator<Item = Self> {
        TABLE.iter().map(|(_, right, _)| *right)
    }

    /// As the policy writes it.
    #[must_use]
    pub fn word(self) -> &'static str {
        let line = TABLE.iter().find(|(_, right, _)| *right == self);
        line.expect("every right has its line: a test holds the table to it")
            .0
    }
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 5] = [Operator, DataScientist, Reviewer, Dpo, Auditor];

    /// As the policy writes it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Operator => "operator",
            DataScientist => "data-scientist",
            Reviewer => "reviewer",
            Dpo => "dpo",
            Auditor => "auditor",
        }
    }
}

/// The table in force.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Rights {
    /// Roles of which the policy says everything that they may do.
    declared: Vec<(Role, Vec<Right>)>,
}

impl Rights {
    /// The roles that have a right: those whose work it is by the built-in table first.
    #[must_use]
    pub fn roles(&self, right: Right) -> Vec<Role> {
        let usual = TABLE
            .iter()
            .find(|(_, it, _)| *it == right)
            .map_or(&[][..], |it| it.2);
        let others = Role::ALL.into_iter().filter(|role| !usual.contains(role));
        usual
            .iter()
            .copied()
            .chain(others)
            .filter(|role| self.has(*role, right, usual))
            .collect()
    }

    fn has(&self, role: Role, right: Right, usual: &[Role]) -> bool {
        let declared = self.declared.iter().find(|(it, _)| *it == role);
        declared.map_or_else(|| usual.contains(&role), |(_, list)| list.contains(&right))
    }

    /// Whether one of this person's roles has the right.
    #[must_use]
    pub fn allow(&self, person: &Person, right: Right) -> bool {
        let roles = self.roles(right);
        person.roles.iter().any(|role| roles.contains(role))
    }
}

/// The table of `[rights]`: a role that it names has these rights and no others, any other role its usual ones.
pub(super) fn rights(root: &mut Section<'_>, findings: &mut Findings<'_>) -> Rights {
    let mut section = root
        .section("rights", findings)
        .unwrap_or_else(|| Section::empty("[rights]"));
    section.only(&ROLES.map(|(name, _)| name), findings);
    let words = TABLE.map(|(word, right, _)| (word, right));
    let mut declared = Vec::new();
    for (name, role) in ROLES {
        let Some(typed) = section.texts(name, findings) else {
            continue;
        };
        let rights = typed
            .iter()
            .filter_map(|word| chosen(name, word, &words, findings))
            .collect();
        declared.push((role, rights));
    }
    Rights { declared }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_right_has_its_word_and_somebody_who_has_it() {
        for (word, right, roles) in TABLE {
            let json = serde_json::to_value(right).unwrap();
            assert_eq!(json, word, "serde and the table write it alike");
            assert_eq!(right.word(), word);
            assert!(!roles.is_empty(), "nobody may {word}");
        }
        let words: std::collections::HashSet<_> = TABLE.iter().map(|it| it.0).collect();
        assert_eq!(words.len(), TABLE.len());
        for (word, role) in ROLES {
            assert_eq!(role.word(), word);
        }
    }

    #[test]
    fn a_role_that_the_policy_names_has_what_it_lists_and_nothing_else() {
        let rights = Rights {
            declared: vec![(Operator, vec![Right::Erase]), (Dpo, Vec::new())],
        };
        assert_eq!(rights.roles(Right::Erase), [Operator]);
        assert_eq!(rights.roles(Right::Score), [DataScientist]);
        assert_eq!(rights.roles(Right::Purge), []);
        assert_eq!(
            Rights::default().roles(Right::Score),
            [Operator, DataScientist]
        );
    }
}
