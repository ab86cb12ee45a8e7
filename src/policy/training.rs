//! How a model is fitted, as the policy declares it.

use std::ops::Range;

use super::findings::Findings;
use super::source::Section;
use super::{Column, Pairs, Solver, Training, Use};
use crate::name::{nearest, tidy};

/// The least that `min_people` may be.
const FEWEST_PEOPLE: u64 = 5;
const MOST_PAIRS: usize = 20;

pub(super) const TRAINING: [&str; 9] = [
    "seed",
    "min_people",
    "max_bins",
    "pairs",
    "solver",
    "one_standard_error",
    "rows_in_time_order",
    "max_calibration_error",
    "certificate_mib",
];
pub(super) const SOLVERS: [(&str, Solver); 2] =
    [("newton", Solver::Newton), ("linfa", Solver::Linfa)];

/// The settings of `[training]`, each with its default.
pub(super) fn training(
    root: &mut Section<'_>,
    columns: Option<&[Column]>,
    findings: &mut Findings<'_>,
) -> Training {
    let mut section = root
        .section("training", findings)
        .unwrap_or_else(|| Section::empty("[training]"));
    section.only(&TRAINING, findings);
    let rows_in_time_order = section
        .flag("rows_in_time_order", findings)
        .unwrap_or(false);
    let dated =
        columns.is_some_and(|columns| columns.iter().any(|column| column.role == Use::Date));
    if let (true, true, Some(at)) = (
        rows_in_time_order,
        dated,
        section.at_key("rows_in_time_order"),
    ) {
        let hint = "the column of role `date` gives the order; remove one of the two";
        findings.note(at, "the order of time is declared twice", Some(hint.into()));
    }
    Training {
        seed: section
            .whole("seed", 0..=i64::MAX as u64, findings)
            .unwrap_or(1),
        min_people: section
            .whole("min_people", FEWEST_PEOPLE..=1_000_000, findings)
            .unwrap_or(20) as u32,
        max_bins: section.whole("max_bins", 2..=32, findings).unwrap_or(32) as u32,
        pairs: pairs(&section, columns, findings).unwrap_or(Pairs::Auto),
        solver: section
            .choice("solver", &SOLVERS, findings)
            .unwrap_or(Solver::Newton),
        one_standard_error: section
            .flag("one_standard_error", findings)
            .unwrap_or(false),
        rows_in_time_order,
        max_calibration_error: section
            .share("max_calibration_error", findings)
            .unwrap_or(0.05),
        certificate_mib: section
            .whole("certificate_mib", 1..=65_536, findings)
            .unwrap_or(256) as u32,
    }
}

fn pairs(
    section: &Section<'_>,
    columns: Option<&[Column]>,
    findings: &mut Findings<'_>,
) -> Option<Pairs> {
    let value = section.value("pairs")?;
    if value.get_ref().is_str() {
        return section
            .choice(
                "pairs",
                &[("auto", Pick::Auto), ("off", Pick::Off)],
                findings,
            )
            .map(|pick| match pick {
                Pick::Auto => Pairs::Auto,
                Pick::Off => Pairs::Off,
            });
    }
    let Some(items) = value.get_ref().as_array() else {
        let what = "`pairs` must be `\"auto\"`, `\"off\"` or a list of pairs: `[[\"a\", \"b\"]]`";
        findings.note(value.span(), what, None);
        return None;
    };
    if items.len() > MOST_PAIRS {
        findings.note(
            value.span(),
            format!("more than {MOST_PAIRS} pairs are listed"),
            None,
        );
    }
    let mut pairs: Vec<(String, String)> = Vec::new();
    for item in items {
        let Some([a, b]) = item.get_ref().as_array().map(|pair| &pair[..]) else {
            findings.note(
                item.span(),
                "a pair is a list of two columns: `[\"a\", \"b\"]`",
                None,
            );
            continue;
        };
        let (Some(first), Some(second)) = (a.get_ref().as_str(), b.get_ref().as_str()) else {
            findings.note(item.span(), "a pair names its columns by text", None);
            continue;
        };
        let pair = (tidy(first).into_owned(), tidy(second).into_owned());
        declared(&pair.0, a.span(), columns, findings);
        declared(&pair.1, b.span(), columns, findings);
        let known = pairs
            .iter()
            .any(|other| *other == pair || (&other.1, &other.0) == (&pair.0, &pair.1));
        if known || pair.0 == pair.1 {
            findings.note(
                item.span(),
                "a pair is two different columns, listed once",
                None,
            );
        }
        pairs.push(pair);
    }
    Some(Pairs::Listed(pairs))
}

#[derive(Clone, Copy)]
enum Pick {
    Auto,
    Off,
}

fn declared(name: &str, at: Range<usize>, columns: Option<&[Column]>, findings: &mut Findings<'_>) {
    let Some(columns) = columns else { return };
    let features: Vec<&str> = columns
        .iter()
        .filter(|column| column.role == Use::Feature)
        .map(|column| column.name.as_str())
        .collect();
    if !features.contains(&name) {
        let hint =
            nearest(name, features.iter().copied()).map(|near| format!("did you mean `{near}`?"));
        findings.lack(at, format!("`{name}` is no declared feature"), hint);
    }
}
