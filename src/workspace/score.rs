//! A night: an export scored, every prediction recorded, then the files put in their place.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::disk::Disk;
use super::error::Error;
use super::export::{Export, Plan, name_of};
use super::files::{self, Fingerprint};
use super::journal::{Commit, RunWriter, View};
use super::models::{self, Loaded};
use super::night::{Bench, Outcome, Refusals, Scored};
use super::output::{self, Part};
use super::sheet::Sheet;
use super::state::{Output, State};
use super::{Progress, Recorded, Watch, Workspace, World, binary};
use crate::digest::{Digest, hex};
use crate::intake::{self, Seen};
use crate::lang::Lang;
use crate::law::{self, Pack};
use crate::ledger::entry::{Document, Run, input_commitment};
use crate::ledger::segment::Heading;
use crate::ledger::{BasisName, Block, Entry, RunId, SegmentKind, Standing, Time};
use crate::name::Token;
use crate::policy::{Column, Purpose, Use};
use crate::pseudonym::{Key, Master};

/// The law pack in force until the French one arrives.
pub const PACK: &str = "none-1";

/// What to score, and where to put it.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The exports.
    pub data: Vec<PathBuf>,
    /// The score file; may be absent for a dry run.
    pub out: Option<PathBuf>,
    /// The list of failed rows.
    pub rejects: Option<PathBuf>,
    /// The list of refused leads.
    pub refused: Option<PathBuf>,
    /// Count only.
    pub dry_run: bool,
    /// Score although the same input was scored before.
    pub again: bool,
    /// The law's date.
    pub date: Option<NaiveDate>,
    /// The purpose.
    pub purpose: Option<String>,
    /// A model other than the active one.
    pub model: Option<String>,
    /// Undeclared columns are an error.
    pub strict: bool,
}

/// What a run did, in numbers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RunReport {
    /// Of this document.
    pub schema_version: u32,
    /// The run's id; empty for a dry run.
    pub run: String,
    /// `recorded`, `restored` (the same input was scored before) or `counted` (a dry run).
    pub status: String,
    /// UTC.
    pub started: String,
    /// The law's date.
    pub date: String,
    /// The purpose.
    pub purpose: String,
    /// The model's version.
    pub model: String,
    /// `active` or `trial`.
    pub standing: String,
    /// The policy's digest.
    pub policy: String,
    /// The law pack.
    pub law: String,
    /// Rows in; always proposed + refused + failed.
    pub rows_in: u64,
    /// Scored.
    pub proposed: u64,
    /// Without a legal basis.
    pub refused: u64,
    /// Unreadable.
    pub failed: u64,
    /// Leads by band, from the lowest.
    pub bands: Vec<BandCount>,
    /// Failed rows by column and reason.
    pub failures: Vec<ReasonCount>,
    /// Leads with a value outside the training range or a level never seen, by feature.
    pub unfamiliar: Vec<FeatureCount>,
    /// Columns of the export that the policy does not name; they were not read.
    pub undeclared: Vec<String>,
    /// The first decision number of the run.
    pub first_decision: Option<u64>,
    /// Entries in the log once the run was recorded.
    pub log_size: Option<u64>,
    /// The files written.
    pub outputs: Vec<String>,
}

/// Leads of one band.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BandCount {
    /// The band's id.
    pub id: String,
    /// How people read it.
    pub label: String,
    /// How many.
    pub leads: u64,
}

/// Rows that failed for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReasonCount {
    /// The column at fault, if it is one.
    pub column: Option<String>,
    /// Why.
    pub reason: String,
    /// How many.
    pub rows: u64,
}

/// Leads counted by feature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeatureCount {
    /// The feature.
    pub feature: String,
    /// How many.
    pub leads: u64,
}

/// Everything that is settled before the first row is read.
struct Night<'a> {
    ws: &'a Workspace,
    request: &'a Request,
    purpose: &'a Purpose,
    pack: Pack,
    date: NaiveDate,
    started: Time,
    model: Loaded,
    standing: Standing,
    files: Vec<Fingerprint>,
    plan: Plan,
    lang: Lang,
}

/// Scores the exports of `request`.
///
/// The order is the promise: files are written beside their destination, the ledger's checkpoint
/// becomes durable, the files move to their place, and only then the report is returned.
pub fn score(
    ws: &Workspace,
    world: &mut World,
    request: &Request,
    lang: Lang,
    watch: Watch<'_>,
) -> Result<Recorded<RunReport>, Error> {
    let view = View::open(&ws.root)?;
    let night = Night::plan(ws, world, request, &view, lang)?;
    if request.dry_run {
        return night.count(&view, watch).map(Recorded);
    }
    let id = RunId(world.entropy.bytes());
    let run = RunWriter::start(&ws.root, &world.disk, world.entropy.fork(), id)?;
    let mut state = ws.state()?;
    recover(&mut state, run.view(), &world.disk)?;
    if !request.again
        && let Some(earlier) = night.same(&state, run.view())?
    {
        return night
            .restore(run.view(), &mut state, &world.disk, earlier, watch)
            .map(Recorded);
    }
    night.record(run, world, &mut state, watch).map(Recorded)
}

/// Finishes what a crash between commit and rename left: files of recorded runs go to their place, others go.
///
/// Only for whoever holds the run lock.
pub fn recover(state: &mut State, view: &View, disk: &Disk) -> Result<(), Error> {
    for output in state.pending()? {
        let recorded = run_id(&output.run).is_some_and(|run| is_recorded(view, run));
        if recorded && output::holds(&output.part, &output) {
            output::place(&output, disk)?;
        }
        if recorded {
            state.placed(&output)?;
        } else {
            output::discard(&output.part, disk)?;
        }
    }
    for run in state.unreported()? {
        if !run_id(&run).is_some_and(|run| is_recorded(view, run)) {
            state.forget(&run)?;
        }
    }
    Ok(())
}

fn run_id(text: &str) -> Option<RunId> {
    text.parse().ok()
}

fn is_recorded(view: &View, run: RunId) -> bool {
    view.entries()
        .any(|(_, entry)| matches!(entry, Entry::Run(it) if it.run == run))
}

impl<'a> Night<'a> {
    fn plan(
        ws: &'a Workspace,
        world: &World,
        request: &'a Request,
        view: &View,
        lang: Lang,
    ) -> Result<Self, Error> {
        let purpose = ws.purpose(request.purpose.as_deref())?;
        let active = models::active(view, &purpose.id);
        let (version, standing) = match (&request.model, active) {
            (Some(asked), active) => {
                let version = models::resolve(ws, view, asked, &purpose.id)?;
                (
                    version,
                    if active == Some(version) {
                        Standing::Active
                    } else {
                        Standing::Trial
                    },
                )
            }
            (None, Some(active)) => (active, Standing::Active),
            (None, None) => {
                return Err(Error::Refused {
                    what: format!("no model is active for the purpose `{}`", purpose.id),
                    hint: "train one, look at its card, then `probant models activate @latest --as PERSON`",
                });
            }
        };
        let model = models::load(ws, view, version)?;
        let columns = declared(ws, &model)?;
        let plan = Plan::new(&ws.policy, &columns, false);
        if plan.id_type.token() != model.model.schema().id_type {
            return Err(Error::Refused {
                what: format!(
                    "model {} was trained with another type of identifier than the policy declares",
                    version.short()
                ),
                hint: "train a model under the policy as it is now",
            });
        }
        let named = files::expand(&request.data)?;
        guard_outputs(ws, request, &named)?;
        let files = named
            .iter()
            .map(|path| files::fingerprint(path))
            .collect::<Result<_, _>>()?;
        let pack = law::builtin(PACK).expect("the pack is built in");
        let date = request.date.unwrap_or_else(|| ws.civil_date(world.now));
        Ok(Self {
            ws,
            request,
            purpose,
            pack,
            date,
            started: world.now,
            model,
            standing,
            files,
            plan,
            lang,
        })
    }

    /// What a retry must share with a run to be the same run, besides the input.
    fn same_key(&self) -> String {
        format!(
            "{} {} {} {} {} {}",
            self.model.model.version(),
            if self.standing == Standing::Active {
                "active"
            } else {
                "trial"
            },
            self.ws.policy.digest,
            self.purpose.id,
            self.pack.digest(),
            self.date
        )
    }

    /// The recorded run that scored the same bytes in the same way, if there is one.
    fn same(&self, state: &State, view: &View) -> Result<Option<Run>, Error> {
        let recorded: HashMap<[u8; 16], &Run> = view
            .entries()
            .filter_map(|(_, entry)| match entry {
                Entry::Run(run) => Some((run.run.0, run)),
                _ => None,
            })
            .collect();
        for earlier in state.earlier(&self.same_key())? {
            let Some(run) = run_id(&earlier.id).and_then(|id| recorded.get(&id.0)) else {
                continue;
            };
            let inputs: Vec<[u8; 32]> = earlier
                .salts
                .iter()
                .zip(&self.files)
                .map(|(salt, file)| input_commitment(salt, &file.digest))
                .collect();
            if earlier.salts.len() == self.files.len() && inputs == run.inputs {
                return Ok(Some((*run).clone()));
            }
        }
        Ok(None)
    }

    fn key(&self, view: &View) -> Result<(Key, Token), Error> {
        let kid = view.kid().clone();
        let secret = view.master(&kid)?;
        Ok((
            Master::new(*secret.expose()).key(&self.purpose.id, self.plan.id_type),
            kid,
        ))
    }

    fn open(&self) -> Result<Export, Error> {
        let paths: Vec<PathBuf> = self.files.iter().map(|file| file.path.clone()).collect();
        let export = Export::open(&paths, &self.ws.policy, &self.plan.asked)?;
        if self.request.strict && !export.undeclared().is_empty() {
            return Err(Error::Data {
                what: format!(
                    "the export has columns that the policy does not name: {}",
                    export.undeclared().join(", ")
                ),
                hint: "declare them (`role = \"ignore\"` will do), or leave out `--strict`",
            });
        }
        Ok(export)
    }

    /// Streams the whole export through `each`, and returns the tally.
    fn stream(
        &self,
        key: &Key,
        watch: Watch<'_>,
        each: &mut dyn FnMut(&Outcome) -> Result<(), Error>,
    ) -> Result<Tally, Error> {
        let bench = Bench {
            policy: &self.ws.policy,
            purpose: self.purpose,
            pack: &self.pack,
            date: self.date,
            model: &self.model.model,
            key,
            plan: &self.plan,
        };
        let mut export = self.open()?;
        let mut tally = Tally {
            undeclared: export.undeclared().to_vec(),
            ..Tally::default()
        };
        let mut seen = Seen::new();
        while let Some(portion) = export.next() {
            let outcome = bench.take(portion?, &mut seen)?;
            tally.take(&outcome, &self.model.model, self.ws.policy.bands.len());
            each(&outcome)?;
            watch(Progress::Rows {
                done: tally.rows,
                share: export.share(),
            });
        }
        tally.check()?;
        intake::tolerate(
            tally.failed,
            tally.rows,
            self.ws.policy.tolerance.max_failed,
        )?;
        self.files.iter().try_for_each(Fingerprint::unchanged)?;
        Ok(tally)
    }

    fn count(&self, view: &View, watch: Watch<'_>) -> Result<RunReport, Error> {
        let (key, _) = self.key(view)?;
        let tally = self.stream(&key, watch, &mut |_| Ok(()))?;
        Ok(self.report(&tally, "", "counted"))
    }

    /// Scores, records, and puts the files in their place.
    fn record(
        &self,
        mut run: RunWriter,
        world: &mut World,
        state: &mut State,
        watch: Watch<'_>,
    ) -> Result<RunReport, Error> {
        let (key, kid) = self.key(run.view())?;
        let name = hex(&run.run().0);
        let first = run.next_decision();
        let proposals = self.heading(run.run(), &kid, SegmentKind::Proposals);
        let refusals = self.heading(run.run(), &kid, SegmentKind::Refusals);
        let mut desk = Desk::start(self, &name, &world.disk)?;
        let replay = &self.model.replay;
        let streamed = self.stream(&key, watch, &mut |outcome| {
            let codes: Vec<&[u16]> = outcome.scored.codes
                [..self.model.model.schema().features.len()]
                .iter()
                .map(Vec::as_slice)
                .collect();
            let ordinals = if outcome.scored.records.is_empty() {
                Vec::new()
            } else {
                run.push(
                    &proposals,
                    SegmentKind::Proposals,
                    &block(&outcome.scored, &codes),
                    Some(replay),
                )?
            };
            if !outcome.refusals.reasons.is_empty() {
                push_refusals(&mut run, &refusals, &outcome.refusals)?;
            }
            desk.write(
                self,
                outcome,
                &ordinals
                    .iter()
                    .map(|ordinal| first + ordinal)
                    .collect::<Vec<_>>(),
                &name,
            )
        });
        let finished = streamed.and_then(|tally| Ok((desk.finish(&name, &world.disk)?, tally)));
        let (outputs, tally) = match finished {
            Ok(done) => done,
            Err(error) => {
                desk.discard(&world.disk);
                return Err(error);
            }
        };
        let salts: Vec<[u8; 16]> = self.files.iter().map(|_| world.entropy.bytes()).collect();
        state.prepare(
            &name,
            &self.started.to_string(),
            &self.same_key(),
            &salts,
            &outputs,
        )?;
        let commit = self.commit(&run, &tally, &salts);
        let receipt = match run.commit(&commit) {
            Ok(receipt) => receipt,
            Err(error) => {
                // Whether the checkpoint was replaced is not known here: the next run's recovery finds out.
                return Err(error.into());
            }
        };
        for output in &outputs {
            output::place(output, &world.disk)?;
            state.placed(output)?;
        }
        let mut report = self.report(&tally, &name, "recorded");
        report.first_decision = (tally.proposed > 0).then_some(receipt.first_proposal);
        report.log_size = Some(receipt.entries.end);
        report.outputs = outputs
            .iter()
            .map(|output| output.target.display().to_string())
            .collect();
        state.report(&name, &serde_json::to_string(&report).unwrap_or_default())?;
        Ok(report)
    }

    /// The same input was scored before: nothing is logged, and its files are put back where they are asked for.
    fn restore(
        &self,
        view: &View,
        state: &mut State,
        disk: &Disk,
        earlier: Run,
        watch: Watch<'_>,
    ) -> Result<RunReport, Error> {
        let name = hex(&earlier.run.0);
        let (key, _) = self.key(view)?;
        let known = state.outputs_of(&name)?;
        let wanted: Vec<PathBuf> = [
            &self.request.out,
            &self.request.rejects,
            &self.request.refused,
        ]
        .into_iter()
        .flatten()
        .map(|path| {
            std::path::absolute(path).map_err(|source| Error::Write {
                path: path.clone(),
                source,
            })
        })
        .collect::<Result<_, _>>()?;
        let whole = wanted.iter().all(|path| {
            known
                .iter()
                .any(|output| output.target == *path && output::holds(path, output))
        });
        let mut report = match state
            .report_of(&name)?
            .and_then(|json| serde_json::from_str(&json).ok())
        {
            Some(report) if whole => report,
            _ => self.rebuild(view, state, disk, &earlier, &name, &key, watch)?,
        };
        "restored".clone_into(&mut report.status);
        report.outputs = wanted
            .iter()
            .map(|path| path.display().to_string())
            .collect();
        Ok(report)
    }

    /// Writes a recorded run's files again, with the decision numbers that the ledger holds.
    #[allow(clippy::too_many_arguments)] // each is a different hand of the workspace, and this is called once
    fn rebuild(
        &self,
        view: &View,
        state: &mut State,
        disk: &Disk,
        earlier: &Run,
        name: &str,
        key: &Key,
        watch: Watch<'_>,
    ) -> Result<RunReport, Error> {
        let mut numbers: HashMap<[u8; 16], u64> = HashMap::new();
        let mut first_decision = None;
        for placed in view
            .of_run(earlier.run)
            .filter(|placed| placed.entry.kind == SegmentKind::Proposals)
        {
            let first = placed.first.unwrap_or(0);
            first_decision = first_decision.or(Some(first));
            view.scan(placed, |row, pseudonym| {
                numbers.insert(*pseudonym, first + u64::from(row));
            })?;
        }
        let mut desk = Desk::start(self, name, disk)?;
        let streamed = self.stream(key, watch, &mut |outcome| {
            let decisions: Vec<u64> = outcome
                .scored
                .pseudonyms
                .iter()
                .map(|it| numbers.get(it).copied().unwrap_or(u64::MAX))
                .collect();
            desk.write(self, outcome, &decisions, name)
        });
        let finished = streamed.and_then(|tally| Ok((desk.finish(name, disk)?, tally)));
        let (outputs, tally) = match finished {
            Ok(done) => done,
            Err(error) => {
                desk.discard(disk);
                return Err(error);
            }
        };
        state.restore(&outputs)?;
        for output in &outputs {
            output::place(output, disk)?;
            state.placed(output)?;
        }
        let mut report = self.report(&tally, name, "restored");
        report.started = earlier.time.to_string();
        report.first_decision = first_decision;
        report.log_size = Some(view.size());
        state.report(name, &serde_json::to_string(&report).unwrap_or_default())?;
        Ok(report)
    }

    fn heading(&self, run: RunId, kid: &Token, kind: SegmentKind) -> Heading {
        let document = self
            .purpose
            .document
            .as_ref()
            .map(|text| Digest::of(text.as_bytes()));
        let basis = (
            self.purpose.basis.code(),
            BasisName {
                article: token(self.purpose.basis.article()),
                document,
            },
        );
        let days = chrono::Days::new(u64::from(self.purpose.retention_days));
        let until = self.date.checked_add_days(days).unwrap_or(NaiveDate::MAX);
        let outcomes = match kind {
            SegmentKind::Proposals => self
                .ws
                .policy
                .bands
                .iter()
                .enumerate()
                .map(|(at, band)| (at as u8, band.id.clone()))
                .collect(),
            _ => self
                .pack
                .refusals()
                .iter()
                .map(|refusal| (refusal.code, refusal.name.clone()))
                .collect(),
        };
        Heading {
            run,
            model: Some((self.model.model.version(), self.standing)),
            schema: self.model.model.schema().digest(),
            policy: self.ws.policy.digest,
            law: self.pack.digest(),
            binary: binary(),
            kid: kid.clone(),
            purpose: self.purpose.id.clone(),
            basis: vec![basis],
            outcomes,
            retention: (
                token(if kind == SegmentKind::Refusals {
                    "refusals"
                } else {
                    "proposals"
                }),
                until,
            ),
        }
    }

    /// The run entry, and whatever it names that the log does not hold yet.
    fn commit(&self, run: &RunWriter, tally: &Tally, salts: &[[u8; 16]]) -> Commit {
        let mut commit = Commit::default();
        let known = |digest: Digest| {
            run.view().entries().any(|(_, entry)| matches!(entry, Entry::Policy(it) | Entry::Law(it) if it.document == digest))
        };
        if !known(self.ws.policy.digest) {
            commit
                .documents
                .push(self.ws.policy_text.as_bytes().to_vec());
            commit.entries.push(Entry::Policy(Document {
                document: self.ws.policy.digest,
                time: self.started,
            }));
        }
        if !known(self.pack.digest()) {
            commit.documents.push(self.pack.text().as_bytes().to_vec());
            commit.entries.push(Entry::Law(Document {
                document: self.pack.digest(),
                time: self.started,
            }));
        }
        commit.entries.push(Entry::Run(Run {
            run: run.run(),
            time: self.started,
            date: self.date,
            purpose: self.purpose.id.clone(),
            model: (self.model.model.version(), self.standing),
            schema: self.model.model.schema().digest(),
            policy: self.ws.policy.digest,
            law: self.pack.digest(),
            binary: binary(),
            inputs: salts
                .iter()
                .zip(&self.files)
                .map(|(salt, file)| input_commitment(salt, &file.digest))
                .collect(),
            total: tally.rows,
            proposed: tally.proposed,
            refused: tally.refused,
            failed: tally.failed,
        }));
        commit
    }

    fn report(&self, tally: &Tally, run: &str, status: &str) -> RunReport {
        let model = &self.model.model;
        RunReport {
            schema_version: 1,
            run: run.to_owned(),
            status: status.to_owned(),
            started: self.started.to_string(),
            date: self.date.to_string(),
            purpose: self.purpose.id.to_string(),
            model: model.version().to_string(),
            standing: if self.standing == Standing::Active {
                "active"
            } else {
                "trial"
            }
            .to_owned(),
            policy: self.ws.policy.digest.to_string(),
            law: self.pack.id().to_string(),
            rows_in: tally.rows,
            proposed: tally.proposed,
            refused: tally.refused,
            failed: tally.failed,
            bands: self
                .ws
                .policy
                .bands
                .iter()
                .zip(&tally.bands)
                .map(|(band, &leads)| BandCount {
                    id: band.id.to_string(),
                    label: band.label.clone(),
                    leads,
                })
                .collect(),
            failures: tally
                .failures
                .iter()
                .map(|((column, reason), &rows)| ReasonCount {
                    column: column.clone(),
                    reason: (*reason).to_owned(),
                    rows,
                })
                .collect(),
            unfamiliar: model
                .schema()
                .features
                .iter()
                .zip(&tally.unfamiliar)
                .filter(|(_, leads)| **leads > 0)
                .map(|(feature, &leads)| FeatureCount {
                    feature: feature.name.clone(),
                    leads,
                })
                .collect(),
            undeclared: tally.undeclared.clone(),
            first_decision: None,
            log_size: None,
            outputs: Vec::new(),
        }
    }
}

/// The counts of a run.
#[derive(Default)]
struct Tally {
    rows: u64,
    proposed: u64,
    refused: u64,
    failed: u64,
    bands: Vec<u64>,
    failures: BTreeMap<(Option<String>, &'static str), u64>,
    unfamiliar: Vec<u64>,
    undeclared: Vec<String>,
}

impl Tally {
    fn take(&mut self, outcome: &Outcome, model: &crate::model::Model, bands: usize) {
        let features = &model.schema().features;
        self.bands.resize(bands, 0);
        self.unfamiliar.resize(features.len(), 0);
        self.rows += outcome.rows;
        self.proposed += outcome.scored.records.len() as u64;
        self.refused += outcome.refusals.reasons.len() as u64;
        self.failed += outcome.failures.len() as u64;
        outcome
            .scored
            .bands
            .iter()
            .for_each(|&band| self.bands[band as usize] += 1);
        for failure in &outcome.failures {
            let column = failure.column.as_deref().map(str::to_owned);
            *self
                .failures
                .entry((column, failure.reason.token()))
                .or_default() += 1;
        }
        for ((feature, codes), count) in features
            .iter()
            .zip(&outcome.scored.codes)
            .zip(&mut self.unfamiliar)
        {
            let missing = feature.shape.missing();
            *count += codes.iter().filter(|&&code| code > missing).count() as u64;
        }
    }

    /// Rows in = proposed + refused + failed, exactly; a run that cannot say so fails.
    fn check(&self) -> Result<(), Error> {
        let accounted = self.proposed + self.refused + self.failed;
        if accounted == self.rows {
            Ok(())
        } else {
            Err(Error::Unaccounted {
                rows: self.rows,
                accounted,
            })
        }
    }
}

/// The files being written during a run.
struct Desk {
    sheet: Sheet,
    scores: Option<Part>,
    rejects: Option<Part>,
    refused: Option<Part>,
    files: Vec<String>,
    parts: Vec<PathBuf>,
}

impl Desk {
    fn start(night: &Night<'_>, run: &str, disk: &Disk) -> Result<Self, Error> {
        let mut desk = Self {
            sheet: Sheet::new(
                &night.ws.policy,
                &night.model.model,
                &night.plan,
                night.lang,
            ),
            scores: None,
            rejects: None,
            refused: None,
            files: night.files.iter().map(|file| name_of(&file.path)).collect(),
            parts: Vec::new(),
        };
        let dialect = &night.ws.policy.dialect;
        let mut start =
            |target: &Option<PathBuf>, kind, example: &[crate::table::Field]| match target {
                Some(target) => {
                    let part = Part::start(target, kind, run, dialect, example, disk)?;
                    desk.parts.push(part.path().to_owned());
                    Ok::<_, Error>(Some(part))
                }
                None => Ok(None),
            };
        let scores = desk.sheet.empty();
        let begun = (|| {
            Ok((
                start(&night.request.out, "scores", &scores)?,
                start(
                    &night.request.rejects,
                    "rejects",
                    &output::rejects(&[], &[], night.lang),
                )?,
                start(
                    &night.request.refused,
                    "refused",
                    &Sheet::refusals(&night.plan, &Refusals::default()),
                )?,
            ))
        })();
        match begun {
            Ok((scores, rejects, refused)) => {
                (desk.scores, desk.rejects, desk.refused) = (scores, rejects, refused);
                Ok(desk)
            }
            Err(error) => {
                desk.discard(disk);
                Err(error)
            }
        }
    }

    fn write(
        &mut self,
        night: &Night<'_>,
        outcome: &Outcome,
        decisions: &[u64],
        run: &str,
    ) -> Result<(), Error> {
        if let Some(part) = &mut self.scores {
            part.write(
                &self
                    .sheet
                    .scores(&outcome.scored, decisions, &outcome.failures, run),
            )?;
        }
        if let Some(part) = &mut self.rejects
            && !outcome.failures.is_empty()
        {
            part.write(&output::rejects(&outcome.failures, &self.files, night.lang))?;
        }
        if let Some(part) = &mut self.refused
            && !outcome.refusals.ids.is_empty()
        {
            part.write(&Sheet::refusals(&night.plan, &outcome.refusals))?;
        }
        Ok(())
    }

    fn finish(&mut self, run: &str, disk: &Disk) -> Result<Vec<Output>, Error> {
        [self.scores.take(), self.rejects.take(), self.refused.take()]
            .into_iter()
            .flatten()
            .map(|part| part.finish(run, disk))
            .collect()
    }

    /// Removes what was written; best effort, because an error is already on its way.
    fn discard(&mut self, disk: &Disk) {
        (self.scores, self.rejects, self.refused) = (None, None, None);
        for part in &self.parts {
            let _ = output::discard(part, disk);
        }
    }
}

fn block<'a>(scored: &'a Scored, codes: &'a [&'a [u16]]) -> Block<'a> {
    Block {
        pseudonyms: &scored.pseudonyms,
        basis: &scored.basis,
        outcomes: &scored.bands,
        codes,
        facts: &scored.facts,
    }
}

fn push_refusals(run: &mut RunWriter, heading: &Heading, refusals: &Refusals) -> Result<(), Error> {
    let codes: Vec<u8> = refusals
        .reasons
        .iter()
        .map(crate::eligibility::Refused::code)
        .collect();
    let facts: Vec<Box<[u8]>> = refusals
        .reasons
        .iter()
        .map(|why| why.facts().as_bytes().into())
        .collect();
    let basis = vec![0; codes.len()];
    let block = Block {
        pseudonyms: &refusals.pseudonyms,
        basis: &basis,
        outcomes: &codes,
        codes: &[],
        facts: &facts,
    };
    run.push(heading, SegmentKind::Refusals, &block, None)?;
    Ok(())
}

/// The model's features as columns that the policy still declares as features, in the model's order.
fn declared<'a>(ws: &'a Workspace, model: &Loaded) -> Result<Vec<&'a Column>, Error> {
    model
        .model
        .schema()
        .features
        .iter()
        .map(|feature| {
            ws.policy
                .columns
                .iter()
                .find(|column| column.name == feature.name && column.role == Use::Feature)
                .ok_or_else(|| Error::Refused {
                    what: format!(
                        "the model scores by `{}`, which the policy does not declare as a feature",
                        feature.name
                    ),
                    hint: "declare the feature, or train a model under the policy as it is now",
                })
        })
        .collect()
}

/// Outputs must not fall on an input, on each other, or into the workspace's own folders.
fn guard_outputs(ws: &Workspace, request: &Request, inputs: &[PathBuf]) -> Result<(), Error> {
    let outputs: Vec<&PathBuf> = [&request.out, &request.rejects, &request.refused]
        .into_iter()
        .flatten()
        .collect();
    let whole = |path: &Path| {
        let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let folder = absolute
            .parent()
            .and_then(|folder| folder.canonicalize().ok());
        match (folder, absolute.file_name()) {
            (Some(folder), Some(name)) => folder.join(name),
            _ => absolute,
        }
    };
    let usage = |what: String| {
        Err(Error::Usage {
            what,
            hint: "name another file to write",
        })
    };
    for (at, path) in outputs.iter().enumerate() {
        let target = whole(path);
        if inputs.iter().any(|input| whole(input) == target) {
            return usage(format!("`{}` is the export itself", path.display()));
        }
        if outputs[..at].iter().any(|other| whole(other) == target) {
            return usage(format!("`{}` is named twice", path.display()));
        }
        for own in ["ledger", "keys", "models"] {
            if ws
                .root
                .join(own)
                .canonicalize()
                .is_ok_and(|folder| target.starts_with(folder))
            {
                return usage(format!(
                    "`{}` lies in the workspace's own `{own}` folder",
                    path.display()
                ));
            }
        }
        if !target.parent().is_some_and(Path::is_dir) {
            return usage(format!("`{}`: its folder does not exist", path.display()));
        }
    }
    Ok(())
}

fn token(text: &str) -> Token {
    text.parse()
        .expect("articles and retention classes are written as tokens")
}
