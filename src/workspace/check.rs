//! Policy × data, without scoring: what would be read, what would be refused, and why.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::error::Error;
use super::export::{Export, Plan};
use super::gather::gather;
use super::rulings::{self, Counted};
use super::tally::ReasonCount;
use super::{Progress, Watch, Workspace, World, files, init};
use crate::intake::identity::{self, Detector};
use crate::intake::{self, Outcome};
use crate::lang::Lang;
use crate::model;
use crate::model::findings::Profile;
use crate::policy::{Column as Declared, DateOrder, Dialect, Format, Kind, Use};
use crate::table::Column;

/// What the policy makes of an export.
#[derive(Clone, Debug, Serialize)]
pub struct Checked {
    /// Of this document.
    pub schema_version: u32,
    /// Rows in the export.
    pub rows: u64,
    /// Rows that could not be read.
    pub failed: u64,
    /// Rows whose identifier an earlier row has.
    pub repeated: u64,
    /// Of the rows that could, how many were won.
    pub won: Option<u64>,
    /// How many were lost.
    pub lost: Option<u64>,
    /// How many are open.
    pub open: Option<u64>,
    /// How many different outcome values are neither won nor lost.
    pub open_values: Option<u64>,
    /// Each declared column.
    pub columns: Vec<ColumnReport>,
    /// Columns that the policy does not name: never read.
    pub undeclared: Vec<String>,
    /// Failed rows by column and reason.
    pub failures: Vec<ReasonCount>,
    /// What each feature brings and whom it singles out, where there are outcomes enough to train on.
    pub profile: Option<Profile>,
    /// Where the file contradicts the dialect of the policy, in words.
    pub dialect: Vec<String>,
    /// What the policy leaves open, in words: nothing is refused for it.
    pub left_open: Vec<String>,
    /// What the policy's law pack says of the leads today, for each purpose; empty where it names none.
    pub law: Vec<Counted>,
    /// Why a training or a scoring would be refused, in words; empty when neither would be.
    pub refusals: Vec<String>,
    /// The exit code that the refusals ask for: 0, 3 (malformed) or 5 (not allowed).
    #[serde(skip)]
    pub exit: u8,
}

/// One declared column.
#[derive(Clone, Debug, Serialize)]
pub struct ColumnReport {
    /// Its header.
    pub name: String,
    /// Its kind.
    pub kind: Kind,
    /// Its role.
    pub role: String,
    /// Whether it would be read at all.
    pub read: bool,
    /// Distinct levels of a category, where it is read.
    pub levels: Option<u64>,
    /// Rows without a value, where it is read.
    pub missing: Option<u64>,
}

/// Checks exports against the policy.
pub fn check(
    ws: &Workspace,
    world: &World,
    data: &[PathBuf],
    (strict, consents): (bool, Option<&Path>),
    lang: Lang,
    watch: Watch<'_>,
) -> Result<Checked, Error> {
    let named = files::expand(data)?;
    let features: Vec<&Declared> = ws.policy.features().collect();
    let plan = Plan::new(&ws.policy, &features, true);
    let mut export = Export::open(&named, &ws.policy, &plan.asked)?;
    let mut tally = Tally::new(ws, &plan, &features);
    while let Some(portion) = export.next() {
        tally.take(&portion?, &plan);
        watch(Progress::Rows {
            done: tally.rows,
            share: export.share(),
        });
    }
    let mut checked = tally.report(ws, &plan, export.undeclared(), lang);
    checked.dialect = dialect(ws, &named, &checked.failures, lang)?;
    checked.left_open = ws.policy.open(lang);
    checked.law = rulings::today(ws, world, data, consents, watch)?;
    if strict && !checked.undeclared.is_empty() {
        checked.refuse(
            3,
            crate::say!(
                lang,
                "columns that the policy does not name: {}"
                    | "colonnes que la politique ne nomme pas\u{a0}: {}",
                checked.undeclared.join(", ")
            ),
        );
    }
    if checked.exit == 0 && checked.won.is_some_and(|won| won > 0) {
        checked.weigh(ws, &named, lang, watch)?;
    }
    Ok(checked)
}

impl Checked {
    /// Reads the labelled leads as a training would, and weighs each feature.
    fn weigh(
        &mut self,
        ws: &Workspace,
        named: &[PathBuf],
        lang: Lang,
        watch: Watch<'_>,
    ) -> Result<(), Error> {
        let policy = &ws.policy;
        if policy.features().next().is_none() {
            return Ok(());
        }
        let gathered = gather(ws, named, false, watch)?;
        let step = |progress| watch(Progress::Training(progress));
        let (profile, over) = model::profile::profile(
            &gathered.examples,
            &policy.training,
            &policy.profiling,
            &step,
        )?;
        self.profile = Some(profile);
        if let Some(over) = over {
            let (what, hint) = (over.words(lang), over.hint(lang));
            self.refuse(
                5,
                crate::say!(
                    lang,
                    "training: {what}; {hint}" | "entraînement\u{a0}: {what}\u{a0}; {hint}"
                ),
            );
        }
        Ok(())
    }

    fn refuse(&mut self, exit: u8, why: String) {
        self.exit = self.exit.max(exit);
        self.refusals.push(why);
    }
}

struct Tally<'a> {
    rows: u64,
    failed: u64,
    repeated: u64,
    outcomes: [u64; 3],
    open_values: BTreeSet<[u8; 32]>,
    failures: BTreeMap<(Option<String>, &'static str), u64>,
    missing: Vec<u64>,
    levels: Vec<BTreeSet<Box<str>>>,
    seen: BTreeSet<[u8; 16]>,
    detector: Detector,
    outcome: Option<(&'a [String], &'a [String])>,
}

impl<'a> Tally<'a> {
    fn new(ws: &'a Workspace, plan: &Plan, features: &[&Declared]) -> Self {
        let headers: Vec<String> = features.iter().map(|column| column.name.clone()).collect();
        let outcome = ws.policy.outcome();
        Self {
            rows: 0,
            failed: 0,
            repeated: 0,
            outcomes: [0; 3],
            open_values: BTreeSet::new(),
            failures: BTreeMap::new(),
            missing: vec![0; plan.asked.len()],
            levels: vec![BTreeSet::new(); plan.asked.len()],
            seen: BTreeSet::new(),
            detector: Detector::new(&headers),
            outcome,
        }
    }

    fn take(&mut self, portion: &intake::Portion, plan: &Plan) {
        if !self.detector.is_done() {
            self.detector.take_batch(&portion.batch, &plan.features);
        }
        self.rows += portion.records;
        self.failed += portion.failures.len() as u64;
        for failure in &portion.failures {
            *self
                .failures
                .entry((
                    failure.column.as_deref().map(str::to_owned),
                    failure.reason.token(),
                ))
                .or_default() += 1;
        }
        for (at, column) in portion.batch.columns.iter().enumerate() {
            self.missing[at] += missing(column);
            if let Column::Category(category) = column {
                self.levels[at].extend(category.levels.iter().cloned());
            }
        }
        if let Some(Column::Text(ids)) = plan.identifier.map(|at| &portion.batch.columns[at]) {
            for id in ids.iter().flatten() {
                let digest = crate::digest::sha256(&[id.as_bytes()]);
                let key = digest.first_chunk::<16>().copied().unwrap_or_default();
                self.repeated += u64::from(!self.seen.insert(key));
            }
        }
        if let (Some(Column::Text(texts)), Some((won, lost))) = (
            plan.outcome.map(|at| &portion.batch.columns[at]),
            self.outcome,
        ) {
            for text in texts.iter() {
                match intake::outcome(text, won, lost) {
                    Outcome::Won => self.outcomes[0] += 1,
                    Outcome::Lost => self.outcomes[1] += 1,
                    Outcome::Open => {
                        self.outcomes[2] += 1;
                        if let Some(text) = text {
                            self.open_values
                                .insert(crate::digest::sha256(&[text.as_bytes()]));
                        }
                    }
                }
            }
        }
    }

    fn report(&self, ws: &Workspace, plan: &Plan, undeclared: &[String], lang: Lang) -> Checked {
        let learning = self.outcome.is_some();
        let columns = ws
            .policy
            .columns
            .iter()
            .map(|column| {
                let at = plan.asked.iter().position(|ask| ask.name == column.name);
                ColumnReport {
                    name: column.name.clone(),
                    kind: column.kind,
                    role: column.role.token().to_owned(),
                    read: at.is_some(),
                    levels: at
                        .filter(|_| column.kind == Kind::Category && column.role == Use::Feature)
                        .map(|at| self.levels[at].len() as u64),
                    missing: at.map(|at| self.missing[at]),
                }
            })
            .collect();
        let mut checked = Checked {
            schema_version: 1,
            rows: self.rows,
            failed: self.failed,
            repeated: self.repeated,
            won: learning.then_some(self.outcomes[0]),
            lost: learning.then_some(self.outcomes[1]),
            open: learning.then_some(self.outcomes[2]),
            open_values: learning.then_some(self.open_values.len() as u64),
            columns,
            undeclared: undeclared.to_vec(),
            failures: self
                .failures
                .iter()
                .map(|((column, reason), &rows)| ReasonCount {
                    column: column.clone(),
                    reason: (*reason).to_owned(),
                    rows,
                })
                .collect(),
            profile: None,
            dialect: Vec::new(),
            left_open: Vec::new(),
            law: Vec::new(),
            refusals: Vec::new(),
            exit: 0,
        };
        self.refusals(ws, &mut checked, lang);
        checked
    }

    /// What a training or a scoring would refuse.
    fn refusals(&self, ws: &Workspace, checked: &mut Checked, lang: Lang) {
        let failed = self.failed + self.repeated;
        if let Err(error) = intake::tolerate(failed, self.rows, ws.policy.tolerance.max_failed) {
            checked.refuse(3, error.to_string());
        }
        // An export without any outcome is one to score, and nothing is wrong with it.
        let labelled = self.outcomes[0] + self.outcomes[1] > 0;
        if labelled && self.outcomes[..2].iter().any(|&count| count < 50) {
            let [won, lost, _] = self.outcomes;
            checked.refuse(3, crate::say!(
                lang,
                "training: {won} leads won and {lost} lost, where at least 50 of either are needed" |
                "entraînement\u{a0}: {won} prospects gagnés et {lost} perdus, alors qu’il en faut au moins 50 de chaque"
            ));
        }
        let excused = |name: &str| {
            ws.policy
                .columns
                .iter()
                .any(|column| column.name == name && column.not_identity.is_some())
        };
        for column in ws.policy.features().filter(|column| !excused(&column.name)) {
            if let Some(category) = identity::special_category(&column.name) {
                let name = &column.name;
                checked.refuse(5, crate::say!(
                    lang,
                    "feature `{name}`: named like a special category of data ({category}, GDPR art. 9)" |
                    "critère «\u{a0}{name}\u{a0}»\u{a0}: son nom évoque une catégorie particulière de données ({category}, RGPD, art. 9)"
                ));
            }
        }
        for finding in self
            .detector
            .findings()
            .into_iter()
            .filter(|finding| !excused(&finding.column))
        {
            if identity::special_category(&finding.column).is_some() {
                continue;
            }
            let (name, looks, share) = (
                &finding.column,
                finding.words(lang),
                lang.percent(finding.share),
            );
            checked.refuse(5, crate::say!(
                lang,
                "feature `{name}` looks like an identity: {looks} ({share} of its distinct values)" |
                "le critère «\u{a0}{name}\u{a0}» ressemble à une identité\u{a0}: {looks} ({share} de ses valeurs distinctes)"
            ));
        }
    }
}

fn missing(column: &Column) -> u64 {
    let count = match column {
        Column::Number(values) => values.iter().filter(|value| value.is_nan()).count(),
        Column::Category(category) => category
            .codes
            .iter()
            .filter(|code| **code == crate::table::Category::MISSING)
            .count(),
        Column::Flag(values) => values.iter().map(|&flag| usize::from(flag == 2)).sum(),
        Column::Date(values) => values.iter().filter(|day| **day == i32::MIN).count(),
        Column::Text(values) => values.iter().filter(Option::is_none).count(),
    };
    count as u64
}

/// Where the first file seems to speak another dialect than the policy declares.
///
/// Looked at only when values failed: a file without a decimal or a date says nothing about either,
/// and a wrong separator or encoding is refused by the reader itself.
fn dialect(
    ws: &Workspace,
    files: &[PathBuf],
    failures: &[ReasonCount],
    lang: Lang,
) -> Result<Vec<String>, Error> {
    let Some(first) = files.first() else {
        return Ok(Vec::new());
    };
    let declared: &Dialect = &ws.policy.dialect;
    let failed = |reason: &str| failures.iter().any(|failure| failure.reason == reason);
    let (numbers, dates) = (failed("not-a-number"), failed("not-a-date"));
    if declared.format != Format::Csv || !(numbers || dates) {
        return Ok(Vec::new());
    }
    let seen = init::observe(first)?;
    let mut said = Vec::new();
    if numbers && seen.decimal != declared.decimal {
        let (policy, file) = (declared.decimal, seen.decimal);
        said.push(crate::say!(
            lang,
            "decimal mark: the policy says `{policy}`, the file looks like `{file}`"
                | "signe décimal\u{a0}: la politique dit «\u{a0}{policy}\u{a0}», le fichier semble dire «\u{a0}{file}\u{a0}»"
        ));
    }
    if dates && seen.dates != declared.dates {
        let order = |order| match order {
            DateOrder::Iso => "yyyy-mm-dd",
            DateOrder::DayFirst => "dd/mm/yyyy",
            DateOrder::MonthFirst => "mm/dd/yyyy",
        };
        let (policy, file) = (order(declared.dates), order(seen.dates));
        said.push(crate::say!(
            lang,
            "dates: the policy says `{policy}`, the file looks like `{file}`"
                | "dates\u{a0}: la politique dit «\u{a0}{policy}\u{a0}», le fichier semble dire «\u{a0}{file}\u{a0}»"
        ));
    }
    Ok(said)
}
