//! Which law pack rules, on which assessment, and what is alike for all leads.

use std::path::{Component, Path};

use chrono::NaiveDate;
use serde::Serialize;

use super::findings::Findings;
use super::source::{Section, meant};
use super::{Audience, Basis, Column, FactKind, Use};
use crate::law as packs;
use crate::name::Token;

pub(super) const LAW: [&str; 1] = ["pack"];

pub(super) const AUDIENCES: [(&str, Audience); 2] =
    [("b2b", Audience::B2b), ("b2c", Audience::B2c)];

/// Facts that are alike for all leads of the exports, so that no column tells them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Constants {
    /// Professionals only, or consumers only.
    pub audience: Option<Audience>,
    /// Yes or no, by fact.
    pub flags: Vec<(FactKind, bool)>,
    /// Days, by fact.
    pub dates: Vec<(FactKind, NaiveDate)>,
}

impl Constants {
    /// Whether a fact is stated here.
    #[must_use]
    pub fn state(&self, fact: FactKind) -> bool {
        self.flags.iter().any(|(kind, _)| *kind == fact)
            || self.dates.iter().any(|(kind, _)| *kind == fact)
    }
}

/// The keys of `[facts]`.
pub(super) fn facts() -> Vec<&'static str> {
    let tokens = FactKind::ALL.iter().map(|it| it.token());
    std::iter::once("audience").chain(tokens).collect()
}

/// The law pack that the policy names.
pub(super) fn law(root: &mut Section<'_>, findings: &mut Findings<'_>) -> Option<Token> {
    let mut section = root.section("law", findings)?;
    section.only(&LAW, findings);
    let typed = section.needed("pack", findings)?;
    let known: Vec<Token> = packs::packs().map(|pack| pack.id().clone()).collect();
    let found = known.iter().find(|id| id.as_str() == typed.get_ref());
    if found.is_none() {
        let names: Vec<&str> = known.iter().map(Token::as_str).collect();
        findings.note(
            typed.span(),
            format!("there is no law pack `{}`", typed.get_ref()),
            Some(meant(typed.get_ref(), &names, "the packs are")),
        );
    }
    found.cloned()
}

/// The path of the assessment: within the workspace, and only where there is a legitimate interest to assess.
pub(super) fn assessment(
    section: &Section<'_>,
    bases: &[Basis],
    findings: &mut Findings<'_>,
) -> Option<String> {
    let typed = section.text("assessment", findings)?;
    let mut parts = Path::new(typed.get_ref()).components();
    if !parts.all(|part| matches!(part, Component::Normal(_))) {
        findings.note(
            typed.span(),
            "`assessment` must name a file of the workspace",
            Some("a path from the folder of probant.toml on, as `assessments/li-2026.toml`".into()),
        );
    }
    if !bases.is_empty() && !bases.contains(&Basis::LegitimateInterest) {
        findings.note(
            typed.span(),
            "only a legitimate interest rests on an assessment",
            Some(
                "add `legitimate-interest` to `basis`, or name the document with `document`".into(),
            ),
        );
    }
    Some(typed.into_inner())
}

/// What is alike for all leads; nothing that a column tells as well.
pub(super) fn constants(
    mut section: Section<'_>,
    columns: &[Column],
    findings: &mut Findings<'_>,
) -> Constants {
    section.only(&facts(), findings);
    let mut constants = Constants {
        audience: section.choice("audience", &AUDIENCES, findings),
        ..Constants::default()
    };
    let told = |wanted: &dyn Fn(&Use) -> bool| columns.iter().find(|it| wanted(&it.role));
    let both = |key: &str, column: Option<&Column>, findings: &mut Findings<'_>| {
        if let (Some(at), Some(column)) = (section.at_key(key), column) {
            let (what, hint) = (
                format!(
                    "`{key}` is told by the column `{}` and stated here",
                    column.name
                ),
                "keep one of them: a fact has one source".to_owned(),
            );
            findings.note(at, what, Some(hint));
        }
    };
    both(
        "audience",
        told(&|role| matches!(role, Use::Audience(_))),
        findings,
    );
    for fact in FactKind::ALL.iter().copied() {
        both(
            fact.token(),
            told(&|role| *role == Use::Fact(fact)),
            findings,
        );
        if fact.is_date() {
            let date = section.date(fact.token(), findings);
            constants.dates.extend(date.map(|date| (fact, date)));
        } else {
            let flag = section.flag(fact.token(), findings);
            constants.flags.extend(flag.map(|flag| (fact, flag)));
        }
    }
    constants
}
