//! The rows of the score file: one line per lead, as the CRM will read it back.

use super::export::Plan;
use super::night::{Refusals, Scored};
use crate::intake::Failure;
use crate::lang::Lang;
use crate::model::Model;
use crate::odds::ONE;
use crate::policy::Policy;
use crate::report::Reasons;
use crate::table::{Cells, Field};

/// The columns of a score file, whose words are made once per run.
pub struct Sheet {
    identifier: String,
    bands: Vec<String>,
    version: String,
    baseline: f64,
    terms: Vec<String>,
    tables: Vec<Vec<f64>>,
    reasons: Reasons,
    levels: Vec<String>,
}

impl Sheet {
    /// A sheet in the words of this policy and model.
    pub fn new(policy: &Policy, model: &Model, plan: &Plan, lang: Lang) -> Self {
        let schema = model.schema();
        let name = |feature: usize| schema.features[feature].name.clone();
        let features = (0..schema.features.len()).map(name);
        let pairs = schema
            .pairs
            .iter()
            .map(|pair| format!("{} × {}", name(pair.a), name(pair.b)));
        let label = |header: &str| policy.label(header).to_owned();
        let reasons = Reasons::new(schema, model.tables(), &label, lang);
        Self {
            identifier: identifier(plan),
            bands: policy
                .bands
                .iter()
                .map(|band| band.id.to_string())
                .collect(),
            version: model.version().to_string(),
            baseline: model.baseline().value(),
            terms: features
                .chain(pairs)
                .map(|term| format!("c.{term}"))
                .collect(),
            tables: model
                .tables()
                .iter()
                .map(|table| {
                    table
                        .iter()
                        .map(|entry| f64::from(entry.0) / f64::from(ONE))
                        .collect()
                })
                .collect(),
            levels: reasons.all(),
            reasons,
        }
    }

    /// The columns without a row: what a file's header is made from.
    pub fn empty(&self) -> Vec<Field> {
        let nobody = Scored {
            records: Vec::new(),
            ids: Vec::new(),
            pseudonyms: Vec::new(),
            basis: Vec::new(),
            bands: Vec::new(),
            facts: Vec::new(),
            codes: vec![Vec::new(); self.tables.len()],
            log_odds: Vec::new(),
        };
        self.scores(&nobody, &[], &[], "")
    }

    /// The rows of one portion, proposed and failed, by ascending record.
    pub fn scores(
        &self,
        scored: &Scored,
        decisions: &[u64],
        failures: &[Failure],
        run: &str,
    ) -> Vec<Field> {
        let order = merge(&scored.records, failures);
        let reasons = self.top(scored);
        let text = |made: &dyn Fn(usize) -> Option<String>,
                    failed: &dyn Fn(usize) -> Option<String>| {
            Cells::Text(
                order
                    .iter()
                    .map(|row| row.map_or_else(&|at| made(at), &|at| failed(at)))
                    .collect(),
            )
        };
        let dictionary =
            |levels: Vec<String>, code: &dyn Fn(usize) -> u32, failed: u32| Cells::Dictionary {
                levels,
                codes: order
                    .iter()
                    .map(|row| row.map_or_else(&|at| code(at), &|_| failed))
                    .collect(),
            };
        let number = |value: &dyn Fn(usize) -> f64| {
            order
                .iter()
                .map(|row| row.map_or_else(&|at| value(at), &|_| f64::NAN))
                .collect::<Vec<f64>>()
        };
        let none = u32::MAX;
        let mut fields = vec![
            field(
                &self.identifier,
                text(&|at| Some(scored.ids[at].to_string()), &|at| {
                    failures[at].identifier.as_deref().map(str::to_owned)
                }),
            ),
            field(
                "decision",
                Cells::Whole(
                    order
                        .iter()
                        .map(|row| row.map_or_else(&|at| Some(decisions[at]), &|_| None))
                        .collect(),
                ),
            ),
            field(
                "status",
                dictionary(vec!["proposed".into(), "failed".into()], &|_| 0, 1),
            ),
            field(
                "score",
                Cells::Score(number(&|at| scored.log_odds[at].score().value())),
            ),
            field(
                "log_odds",
                Cells::Number(number(&|at| scored.log_odds[at].value())),
            ),
            field(
                "band",
                dictionary(self.bands.clone(), &|at| u32::from(scored.bands[at]), none),
            ),
        ];
        for (at, name) in ["reason_1", "reason_2", "reason_3"].into_iter().enumerate() {
            fields.push(field(
                name,
                dictionary(self.levels.clone(), &|row| reasons[row][at], none),
            ));
        }
        fields.push(field(
            "model",
            dictionary(vec![self.version.clone()], &|_| 0, none),
        ));
        fields.push(field("run", dictionary(vec![run.to_owned()], &|_| 0, 0)));
        fields.push(field("baseline", Cells::Number(number(&|_| self.baseline))));
        for ((name, table), codes) in self.terms.iter().zip(&self.tables).zip(&scored.codes) {
            fields.push(field(
                name,
                Cells::Number(number(&|at| table[usize::from(codes[at])])),
            ));
        }
        fields
    }

    /// Each row's three strongest reasons, as positions in the list of all.
    fn top(&self, scored: &Scored) -> Vec<[u32; 3]> {
        use rayon::prelude::*;
        (0..scored.records.len())
            .into_par_iter()
            .with_min_len(1024)
            .map(|row| {
                self.reasons
                    .top(scored.codes.iter().map(|codes| codes[row]))
            })
            .collect()
    }

    /// The list of refused leads.
    pub fn refusals(plan: &Plan, refusals: &Refusals) -> Vec<Field> {
        let text = |cells: Vec<String>| Cells::Text(cells.into_iter().map(Some).collect());
        vec![
            field(
                &identifier(plan),
                text(refusals.ids.iter().map(ToString::to_string).collect()),
            ),
            field(
                "refusal",
                text(
                    refusals
                        .reasons
                        .iter()
                        .map(|why| why.name().to_owned())
                        .collect(),
                ),
            ),
            field(
                "article",
                text(
                    refusals
                        .reasons
                        .iter()
                        .map(|why| why.article().to_owned())
                        .collect(),
                ),
            ),
        ]
    }
}

/// The identifier's header: as the export has it, or `row`.
fn identifier(plan: &Plan) -> String {
    plan.identifier
        .map_or_else(|| "row".to_owned(), |at| plan.asked[at].name.clone())
}

fn field(name: &str, cells: Cells) -> Field {
    Field {
        name: name.to_owned(),
        cells,
    }
}

/// A line of the file: a scored row or a failed one, by its position.
#[derive(Clone, Copy)]
enum Line {
    Made(usize),
    Failed(usize),
}

impl Line {
    fn map_or_else<T>(self, made: &dyn Fn(usize) -> T, failed: &dyn Fn(usize) -> T) -> T {
        match self {
            Self::Made(at) => made(at),
            Self::Failed(at) => failed(at),
        }
    }
}

/// Both lists as one, by ascending record.
fn merge(records: &[u64], failures: &[Failure]) -> Vec<Line> {
    let mut order = Vec::with_capacity(records.len() + failures.len());
    let mut failed = failures.iter().enumerate().peekable();
    for (at, record) in records.iter().enumerate() {
        while let Some((bad, _)) = failed.next_if(|(_, failure)| failure.record < *record) {
            order.push(Line::Failed(bad));
        }
        order.push(Line::Made(at));
    }
    order.extend(failed.map(|(bad, _)| Line::Failed(bad)));
    order
}
