//! The rows of the score file: one line per lead, as the CRM will read it back.

use std::borrow::Cow;

use rayon::prelude::*;

use super::export::Plan;
use super::night::{Refusals, Scored};
use crate::decision::Limits;
use crate::eligibility::Why;
use crate::intake::Failure;
use crate::lang::Lang;
use crate::model::Model;
use crate::odds::ONE;
use crate::policy::{Policy, REVIEW};
use crate::report::{FlagWords, Reasons};
use crate::table::{Cells, Field};

/// Rows whose reasons one task looks up.
const CHUNK: usize = 1 << 13;

/// The columns of a score file, whose words are made once per run.
pub struct Sheet {
    identifier: String,
    bands: Vec<String>,
    review: u8,
    limits: Limits,
    flags: FlagWords,
    statuses: [String; 2],
    version: [String; 1],
    baseline: [f64; 1],
    terms: Vec<String>,
    tables: Vec<Vec<f64>>,
    reasons: Reasons,
    levels: Vec<String>,
    /// A portion without a row.
    nobody: Scored,
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
                .chain([REVIEW.to_owned()])
                .collect(),
            review: policy.review_code(),
            limits: Limits::of(model, &policy.abstention),
            flags: FlagWords::new(schema, &label, lang),
            statuses: ["proposed".into(), "failed".into()],
            version: [model.version().to_string()],
            baseline: [model.baseline().value()],
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
            nobody: Scored {
                codes: vec![Vec::new(); model.tables().len()],
                ..Scored::default()
            },
        }
    }

    /// The columns without a row: what a file's header is made from.
    pub fn empty(&self) -> Vec<Field<'_>> {
        self.scores(&self.nobody, &[], &[], &[])
    }

    /// The rows of one portion, proposed and failed, by ascending record.
    pub fn scores<'a>(
        &'a self,
        scored: &'a Scored,
        decisions: &[u64],
        failures: &'a [Failure],
        run: &'a [String],
    ) -> Vec<Field<'a>> {
        let order = Order::of(&scored.records, failures);
        let none = u32::MAX;
        let dictionary = |levels: &'a [String], codes| Cells::Dictionary { levels, codes };
        let ids = order.each(
            |at| scored.ids.get(at).map(Cow::Borrowed),
            |at| failures[at].identifier.as_deref().map(Cow::Borrowed),
        );
        let numbers = order.each(|at| Some(decisions[at]), |_| None);
        let scores = order.each(|at| scored.scores[at].value(), |_| f64::NAN);
        let log_odds = order.each(|at| scored.log_odds[at].value(), |_| f64::NAN);
        let bands = order.each(|at| u32::from(scored.bands[at]), |_| none);
        let (levels, places) = self.flagged(scored);
        let flags = order.each(|at| places[at], |_| none);
        let mut fields = vec![
            field(&self.identifier, Cells::Text(ids)),
            field("decision", Cells::Whole(numbers)),
            field(
                "status",
                dictionary(&self.statuses, order.each(|_| 0, |_| 1)),
            ),
            field("score", Cells::Score(scores)),
            field("log_odds", Cells::Number(log_odds)),
            field("band", dictionary(&self.bands, bands)),
            field("flags", dictionary(levels, flags)),
        ];
        for (name, reasons) in ["reason_1", "reason_2", "reason_3"]
            .into_iter()
            .zip(self.top(scored))
        {
            let codes = order.each(|at| reasons[at], |_| none);
            fields.push(field(name, dictionary(&self.levels, codes)));
        }
        let once = || order.each(|_| 0, |_| none);
        let none = u16::MAX;
        fields.push(field("model", dictionary(&self.version, once())));
        fields.push(field("run", dictionary(run, order.each(|_| 0, |_| 0))));
        fields.push(field(
            "baseline",
            Cells::Entries {
                levels: &self.baseline,
                codes: order.each(|_| 0, |_| none).into(),
            },
        ));
        for ((name, levels), codes) in self.terms.iter().zip(&self.tables).zip(&scored.codes) {
            let cells = match &order {
                Order::Scored(_) => Cells::Entries {
                    levels,
                    codes: Cow::Borrowed(codes),
                },
                Order::Mixed(_) if levels.len() <= usize::from(none) => Cells::Entries {
                    levels,
                    codes: order.each(|at| codes[at], |_| none).into(),
                },
                // So many levels that no code is left for a failed row.
                Order::Mixed(_) => {
                    Cells::Number(order.each(|at| levels[usize::from(codes[at])], |_| f64::NAN))
                }
            };
            fields.push(field(name, cells));
        }
        fields
    }

    /// Why each row is set apart, in words, and which row has which of them.
    fn flagged<'a>(&self, scored: &'a Scored) -> (&'a [String], Vec<u32>) {
        let is_apart = |row: &usize| scored.bands[*row] == self.review;
        let words = |row: usize| {
            let codes: Vec<u16> = scored.codes.iter().map(|codes| codes[row]).collect();
            let flags = self.limits.flags(&codes);
            let words: Vec<String> = flags.iter().map(|flag| self.flags.words(*flag)).collect();
            words.join("; ")
        };
        let rows = || 0..scored.bands.len();
        let levels = scored
            .flags
            .get_or_init(|| rows().filter(is_apart).map(words).collect());
        let mut next = 0..;
        let place = |row: usize| {
            if is_apart(&row) {
                next.next().unwrap_or(u32::MAX)
            } else {
                u32::MAX
            }
        };
        (levels, rows().map(place).collect())
    }

    /// Each row's three strongest reasons, as positions in the list of all.
    fn top(&self, scored: &Scored) -> [Vec<u32>; 3] {
        let rows = scored.records.len();
        let mut top = [vec![0; rows], vec![0; rows], vec![0; rows]];
        let [first, second, third] = &mut top;
        first
            .par_chunks_mut(CHUNK)
            .zip(second.par_chunks_mut(CHUNK))
            .zip(third.par_chunks_mut(CHUNK))
            .enumerate()
            .for_each(|(chunk, ((first, second), third))| {
                let from = chunk * CHUNK;
                let codes: Vec<&[u16]> = scored
                    .codes
                    .iter()
                    .map(|codes| &codes[from..from + first.len()])
                    .collect();
                self.reasons.top(&codes, [first, second, third]);
            });
        top
    }

    /// The list of refused leads.
    pub fn refusals<'a>(plan: &Plan, refusals: &'a Refusals, lang: Lang) -> Vec<Field<'a>> {
        let text = |cells: Vec<&'a str>| {
            Cells::Text(cells.into_iter().map(|cell| Some(cell.into())).collect())
        };
        vec![
            field(
                &identifier(plan),
                text(refusals.ids.iter().map(|id| &**id).collect()),
            ),
            field(
                "refusal",
                text(refusals.reasons.iter().map(Why::name).collect()),
            ),
            field(
                "article",
                text(refusals.reasons.iter().map(Why::article).collect()),
            ),
            field(
                "reason",
                Cells::Text(
                    refusals
                        .reasons
                        .iter()
                        .map(|it| Some(it.words(lang)))
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

fn field<'a>(name: &str, cells: Cells<'a>) -> Field<'a> {
    Field {
        name: name.to_owned(),
        cells,
    }
}

/// In which order scored and failed rows stand in the file.
enum Order {
    /// So many scored rows, and none that failed.
    Scored(usize),
    /// Both, by ascending record.
    Mixed(Vec<Line>),
}

/// A line of the file: a scored row or a failed one, by its position.
#[derive(Clone, Copy)]
enum Line {
    Made(usize),
    Failed(usize),
}

impl Order {
    fn of(records: &[u64], failures: &[Failure]) -> Self {
        if failures.is_empty() {
            return Self::Scored(records.len());
        }
        let mut order = Vec::with_capacity(records.len() + failures.len());
        let mut failed = failures.iter().enumerate().peekable();
        for (at, record) in records.iter().enumerate() {
            while let Some((bad, _)) = failed.next_if(|(_, failure)| failure.record < *record) {
                order.push(Line::Failed(bad));
            }
            order.push(Line::Made(at));
        }
        order.extend(failed.map(|(bad, _)| Line::Failed(bad)));
        Self::Mixed(order)
    }

    /// A column: what each scored row has, and each failed one.
    fn each<T>(&self, made: impl Fn(usize) -> T, failed: impl Fn(usize) -> T) -> Vec<T> {
        match self {
            Self::Scored(rows) => (0..*rows).map(made).collect(),
            Self::Mixed(lines) => lines
                .iter()
                .map(|line| match *line {
                    Line::Made(at) => made(at),
                    Line::Failed(at) => failed(at),
                })
                .collect(),
        }
    }
}
