//! Where two models differ first, for people who expected the same bytes.

use serde::Serialize;

use super::Model;
use crate::features::Schema;

/// The first part of a model's document that another's does not have alike.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "part", content = "name", rename_all = "kebab-case")]
pub enum Difference {
    /// A setting, or what was counted or chosen while fitting.
    Setting(&'static str),
    /// How an identifier is read.
    Identifier,
    /// A feature is missing, new or in another place, or has other levels or intervals.
    Feature(String),
    /// Other pairs, or the same on other ranges.
    Pairs,
    /// The baseline.
    Baseline,
    /// The table of a term.
    Table(String),
}

/// Where `b` differs from `a` first, in the order of the document; none where they are one model.
#[must_use]
pub fn first_difference(a: &Model, b: &Model) -> Option<Difference> {
    let (x, y) = (a.settings(), b.settings());
    let settings = [
        ("rows", x.rows == y.rows),
        ("positives", x.positives == y.positives),
        ("seed", x.seed == y.seed),
        ("min_people", x.min_people == y.min_people),
        ("max_bins", x.max_bins == y.max_bins),
        ("solver", x.solver == y.solver),
    ];
    if let Some((name, _)) = settings.into_iter().find(|(_, alike)| !alike) {
        return Some(Difference::Setting(name));
    }
    if let Some(found) = of_schemas(a.schema(), b.schema()) {
        return Some(found);
    }
    if x.strength != y.strength {
        return Some(Difference::Setting("strength"));
    }
    if a.baseline() != b.baseline() {
        return Some(Difference::Baseline);
    }
    let table = a
        .tables()
        .iter()
        .zip(b.tables())
        .position(|(one, other)| one != other);
    table.map(|at| Difference::Table(term(a.schema(), at)))
}

fn of_schemas(a: &Schema, b: &Schema) -> Option<Difference> {
    if a.id_type != b.id_type || a.normaliser != b.normaliser {
        return Some(Difference::Identifier);
    }
    let most = a.features.len().max(b.features.len());
    for at in 0..most {
        let (one, other) = (a.features.get(at), b.features.get(at));
        if one != other {
            let named = one.or(other).map(|it| it.name.clone());
            return Some(Difference::Feature(named.unwrap_or_default()));
        }
    }
    (a.pairs != b.pairs).then_some(Difference::Pairs)
}

/// What people call a term: its feature, or its two.
fn term(schema: &Schema, at: usize) -> String {
    let name = |at: usize| schema.features[at].name.as_str();
    match at.checked_sub(schema.features.len()) {
        None => name(at).to_owned(),
        Some(pair) => {
            let pair = &schema.pairs[pair];
            format!("{} × {}", name(pair.a), name(pair.b))
        }
    }
}
