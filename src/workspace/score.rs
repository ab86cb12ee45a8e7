//! A night: an export scored, every prediction recorded, then the files put in their place.

use std::collections::{HashMap, HashSet};
use std::io;
use std::panic::resume_unwind;
use std::path::PathBuf;
use std::sync::mpsc::sync_channel;
use std::thread;

use chrono::NaiveDate;

use super::assessment;
use super::consents;
use super::desk::{self, Desk};
use super::erasure::{self, Batch};
use super::error::Error;
use super::export::{Export, Plan};
use super::files::{self, Fingerprint};
use super::journal::{self, Entropy, RunWriter, View};
use super::met::Met;
use super::models::{self, Loaded};
use super::night::{Bench, Outcome};
use super::output;
use super::record::{block, push_refusals};
use super::restore::{recover, run_id};
use super::state::State;
use super::suppressed::Suppressed;
use super::tally::{ConsentCount, RunReport, Tally};
use super::{Progress, Recorded, Watch, Workspace, World};
use crate::decision::Limits;
use crate::digest::{Digest, hex};
use crate::eligibility::consents::{Consents, Wordings};
use crate::eligibility::{Context, Docket, Rules, Telling};
use crate::intake;
use crate::lang::Lang;
use crate::law::Pack;
use crate::law::assessment::Assessment;
use crate::ledger::entry::{Run, input_commitment};
use crate::ledger::key::Secret;
use crate::ledger::segment::Heading;
use crate::ledger::{Entry, RunId, SegmentKind, Standing, Time};
use crate::model::Model;
use crate::name::Token;
use crate::policy::{Column, Purpose, Right, Use};
use crate::pseudonym::{Key, Master};

/// What to score, and where to put it.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The exports.
    pub data: Vec<PathBuf>,
    /// The events of consent.
    pub consents: Option<PathBuf>,
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
    /// Who scores; whose work it is, where nobody is named.
    pub person: Option<String>,
}

/// Everything that is settled before the first row is read.
pub struct Night<'a> {
    pub(super) ws: &'a Workspace,
    pub(super) request: &'a Request,
    pub(super) purpose: &'a Purpose,
    pub(super) pack: Pack,
    pub(super) rules: Rules,
    pub(super) assessment: Option<Assessment>,
    pub(super) date: NaiveDate,
    pub(super) today: NaiveDate,
    pub(super) started: Time,
    pub(super) model: Loaded,
    pub(super) limits: Limits,
    pub(super) standing: Standing,
    pub(super) files: Vec<Fingerprint>,
    consents: Option<Fingerprint>,
    wordings: (Wordings, Digest),
    pub(super) plan: Plan,
    pub(super) lang: Lang,
    pub(super) restricted: HashSet<[u8; 16]>,
    pub(super) suppressed: Suppressed,
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
    ws.may(request.person.as_deref(), Right::Score)?;
    let view = View::open(&ws.root)?;
    let night = Night::plan(ws, world, request, &view, lang)?;
    if request.dry_run {
        return night.count(&view, watch).map(Recorded);
    }
    // What others began is finished first, so that this run's files and records are all that is at stake.
    drop(erasure::writer(ws, world)?);
    let id = RunId(world.entropy.bytes());
    let run = RunWriter::start(&ws.root, &world.disk, world.entropy.fork(), id)?;
    night.still_stands(run.view())?;
    let mut state = ws.state()?;
    recover(&mut state, run.view(), &world.disk)?;
    if !request.again
        && let Some(earlier) = night.same(&state, run.view())?
    {
        let mut report = night.restore(run.view(), &mut state, &world.disk, &earlier, watch)?;
        drop(run);
        report.batch = end(ws, world, &report)?;
        return Ok(Recorded(report));
    }
    let mut report = night.record(run, world, &mut state, watch)?;
    report.batch = end(ws, world, &report)?;
    Ok(Recorded(report))
}

/// The batch that a night ends with; where another run has begun meanwhile, that one ends with it.
fn end(ws: &Workspace, world: &mut World, report: &RunReport) -> Result<Option<Batch>, Error> {
    match erasure::carry_out(ws, world, None) {
        Ok(batch) => Ok(Some((*batch).clone()).filter(|batch| !batch.is_empty())),
        Err(Error::Journal(journal::Error::Busy { lock: "run.lock" })) => Ok(None),
        Err(source) => Err(Error::Batch {
            run: report.run.clone(),
            source: Box::new(source),
        }),
    }
}

/// The pseudonyms, of today's key and this purpose, of people whose records are restricted.
fn restricted(view: &View, purpose: &Token) -> Result<HashSet<[u8; 16]>, Error> {
    let held = view.restricted()?;
    let mut people = HashSet::new();
    for placed in view.segments() {
        let entry = &placed.entry;
        let Some(rows) = held.get(&entry.id) else {
            continue;
        };
        if entry.kid == *view.kid() && entry.purpose == *purpose {
            view.scan(placed, |row, whose| {
                if rows.contains(&row) {
                    people.insert(*whose);
                }
            })?;
        }
    }
    Ok(people)
}

impl<'a> Night<'a> {
    pub(super) fn plan(
        ws: &'a Workspace,
        world: &World,
        request: &'a Request,
        view: &View,
        lang: Lang,
    ) -> Result<Self, Error> {
        let purpose = ws.purpose(request.purpose.as_deref())?;
        let pack = ws.policy.pack();
        let today = ws.civil_date(world.now);
        let date = request.date.unwrap_or(today);
        let assessment = assessment::needed(ws, purpose, &pack, date)?;
        let active = models::active(view, &purpose.id);
        let (version, standing) = match (&request.model, active) {
            (Some(asked), active) => {
                let version = models::resolve(view, asked, &purpose.id)?;
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
                    hint: "train one, look at its card, have a second person approve it, then `probant models activate @candidate --as PERSON --key FILE`",
                });
            }
        };
        if ws.policy.review_is_taken() {
            return Err(Error::Refused {
                what: "a band of the policy is called `review`, which is where leads go that a person must judge"
                    .to_owned(),
                hint: "give the band another `id` in the policy",
            });
        }
        let model = models::load(ws, view, version)?;
        let columns = may_score(ws, &model.model)?;
        let rules = Rules::of(&Context::of(purpose, &pack, date));
        let plan =
            Plan::new(&ws.policy, &columns, false).telling(Telling::asked(&ws.policy, &[&rules]));
        let named = files::expand(&request.data)?;
        let events = consents::named(request.consents.as_deref(), [&rules], &pack)?;
        let inputs = [&named[..], events.as_slice()].concat();
        desk::guard(
            ws,
            &[&request.out, &request.rejects, &request.refused],
            &inputs,
        )?;
        let files = named
            .iter()
            .map(|path| files::fingerprint(path))
            .collect::<Result<_, _>>()?;
        let suppressed = Suppressed::open(ws, view, plan.id_type)?;
        let consents = events.as_deref().map(files::fingerprint).transpose()?;
        let wordings = consents::wordings(ws)?;
        Ok(Self {
            ws,
            request,
            purpose,
            pack,
            rules,
            assessment,
            date,
            today,
            started: world.now,
            limits: Limits::of(&model.model, &ws.policy.abstention),
            model,
            standing,
            files,
            consents,
            wordings,
            plan,
            lang,
            restricted: restricted(view, &purpose.id)?,
            suppressed,
        })
    }

    /// Refuses a plan that was overtaken while the run waited for its lock.
    fn still_stands(&self, view: &View) -> Result<(), Error> {
        let active = models::active(view, &self.purpose.id) == Some(self.model.model.version());
        if active == (self.standing == Standing::Active) {
            return Ok(());
        }
        Err(Error::Refused {
            what: "another model was activated while this run was starting".to_owned(),
            hint: "run the command again: it will score with the model that is active now",
        })
    }

    /// What a retry must share with a run to be the same run, besides the input.
    pub(super) fn same_key(&self) -> String {
        let standing = if self.standing == Standing::Active {
            "active"
        } else {
            "trial"
        };
        let assessment = self.assessment.as_ref().map(|it| it.digest);
        let wordings = Some(self.wordings.1).filter(|_| self.rules.asks_consent());
        let of = |what: &str, digest: Option<Digest>| {
            digest.map_or_else(String::new, |it| format!(" {what} {it}"))
        };
        format!(
            "{} {standing} {} {} {} {}{}{}{}",
            self.model.model.version(),
            self.ws.policy.digest,
            self.purpose.id,
            self.pack.digest(),
            self.date,
            of("assessment", assessment),
            of("wordings", wordings),
            if self.consents.is_some() {
                " consents"
            } else {
                ""
            },
        )
    }

    /// The wordings that proofs of consent name.
    pub(super) fn wordings(&self) -> &Wordings {
        &self.wordings.0
    }

    /// Everything that the run reads: the exports, then the events of consent.
    pub(super) fn inputs(&self) -> impl Iterator<Item = &Fingerprint> {
        self.files.iter().chain(&self.consents)
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
        let mut found = None;
        for earlier in state.earlier(&self.same_key())? {
            let Some(run) = run_id(&earlier.id).and_then(|id| recorded.get(&id.0)) else {
                continue;
            };
            let inputs: Vec<[u8; 32]> = earlier
                .salts
                .iter()
                .zip(self.inputs())
                .map(|(salt, file)| input_commitment(salt, &file.digest))
                .collect();
            if earlier.salts.len() != self.inputs().count() || inputs != run.inputs {
                continue;
            }
            // Of several runs of one export, the one whose file is asked for; else the newest.
            if self.wrote(state, &earlier.id)? {
                return Ok(Some((*run).clone()));
            }
            found = found.or_else(|| Some((*run).clone()));
        }
        Ok(found)
    }

    /// Whether the score file asked for is that run's.
    fn wrote(&self, state: &State, run: &str) -> Result<bool, Error> {
        let Some(Ok(out)) = self.request.out.as_ref().map(std::path::absolute) else {
            return Ok(false);
        };
        let outputs = state.outputs_of(run)?;
        Ok(outputs.iter().any(|output| output.target == out))
    }

    /// The pseudonym key of the period in use, and its id.
    pub(super) fn key(&self, view: &View) -> Result<(Key, Token), Error> {
        let kid = view.kid().clone();
        Ok((self.key_of(view, &kid)?, kid))
    }

    /// The pseudonym key of a period.
    pub(super) fn key_of(&self, view: &View, kid: &Token) -> Result<Key, Error> {
        let secret = view.master(kid)?;
        Ok(Master::new(secret.expose()).key(&self.purpose.id, self.plan.id_type))
    }

    /// Opens the exports.
    pub(super) fn open(&self) -> Result<Export, Error> {
        let paths: Vec<PathBuf> = self.files.iter().map(|file| file.path.clone()).collect();
        let export = Export::open(&paths, &self.ws.policy, &self.plan.asked)?;
        export.strictly(self.request.strict)?;
        Ok(export)
    }

    /// Streams the whole export through `each`, and returns the tally.
    pub(super) fn stream(
        &self,
        key: &Key,
        watch: Watch<'_>,
        each: &mut dyn FnMut(Outcome) -> Result<(), Error>,
    ) -> Result<Tally, Error> {
        let consents = self.consents(key)?;
        let bench = Bench {
            policy: &self.ws.policy,
            rules: &self.rules,
            date: self.date,
            wordings: &self.wordings.0,
            consents: consents.as_ref(),
            model: &self.model.model,
            limits: &self.limits,
            key,
            plan: &self.plan,
            restricted: &self.restricted,
            suppressed: &self.suppressed,
        };
        let mut export = self.open()?;
        let mut tally = Tally {
            undeclared: export.undeclared().to_vec(),
            ..Tally::default()
        };
        let secret = Secret::new(Entropy::os().bytes());
        let mut docket = Docket::new(&self.rules);
        let mut met = Met::new(&self.ws.root.join("tmp"), &secret);
        // One portion is read and scored while the one before it is recorded.
        thread::scope(|scope| {
            let (send, receive) = sync_channel(1);
            let bench = &bench;
            scope.spawn(move || {
                while let Some(portion) = export.next() {
                    let taken =
                        portion.and_then(|portion| bench.take(portion, &mut met, &mut docket));
                    let last = taken.is_err();
                    let taken = taken.map(|outcome| (outcome, export.share()));
                    if send.send(taken).is_err() || last {
                        break;
                    }
                }
            });
            for taken in receive {
                let (outcome, share) = taken?;
                tally.take(&outcome, bench.model, bench.policy.bands.len() + 1);
                each(outcome)?;
                watch(Progress::Rows {
                    done: tally.rows,
                    share,
                });
            }
            Ok::<(), Error>(())
        })?;
        tally.check()?;
        intake::tolerate(
            tally.failed,
            tally.rows,
            self.ws.policy.tolerance.max_failed,
        )?;
        self.inputs().try_for_each(Fingerprint::unchanged)?;
        tally.consents = consents.as_ref().map(ConsentCount::of);
        Ok(tally)
    }

    /// What the events of consent come to on the day of the run.
    pub(super) fn consents(&self, key: &Key) -> Result<Option<Consents>, Error> {
        let days = (self.date, self.today);
        let read =
            |file: &Fingerprint| consents::read(self.ws, &file.path, key, &self.wordings.0, days);
        self.consents.as_ref().map(read).transpose()
    }

    fn count(&self, view: &View, watch: Watch<'_>) -> Result<RunReport, Error> {
        let (key, _) = self.key(view)?;
        let tally = self.stream(&key, watch, &mut |_| Ok(()))?;
        Ok(RunReport::of(self, &tally, "", "counted"))
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
        let started = self.started.to_string();
        let mut desk = Desk::start(self, &name, &started, state, &world.disk)?;
        // The file is written on a thread of its own, one portion behind the ledger.
        let streamed = thread::scope(|scope| {
            let (send, receive) = sync_channel::<(Outcome, Vec<u64>)>(1);
            let desk = &mut desk;
            let writer = scope.spawn(move || {
                receive
                    .into_iter()
                    .try_for_each(|(outcome, decisions)| desk.write(self, &outcome, &decisions))
            });
            let streamed = self.stream(&key, watch, &mut |outcome| {
                let decisions = self.log(&mut run, &proposals, &refusals, first, &outcome)?;
                // Nobody listens once writing has failed; the writer's own error says why, and is told.
                send.send((outcome, decisions)).map_err(|_| Error::Write {
                    path: self.request.out.clone().unwrap_or_default(),
                    source: io::ErrorKind::BrokenPipe.into(),
                })
            });
            drop(send);
            match writer.join() {
                Ok(written) => written.and(streamed),
                Err(panic) => resume_unwind(panic),
            }
        });
        let finished = streamed.and_then(|tally| Ok((desk.finish(&world.disk)?, tally)));
        let (outputs, tally) = match finished {
            Ok(done) => done,
            Err(error) => {
                desk.discard(&world.disk);
                // Best effort: the next run's recovery forgets it as well.
                let _ = state.forget(&name);
                return Err(error);
            }
        };
        let salts: Vec<[u8; 16]> = self.inputs().map(|_| world.entropy.bytes()).collect();
        state.prepare(&name, &salts, &outputs)?;
        let commit = self.commit(&run, &tally, &salts);
        // After an error here nobody knows whether the checkpoint was replaced: the next run's
        // recovery finds out, and keeps the files or removes them.
        let receipt = run.commit(&commit)?;
        for output in &outputs {
            output::place(output, &world.disk)?;
            state.placed(output)?;
        }
        let mut report = RunReport::of(self, &tally, &name, "recorded");
        report.first_decision = (tally.proposed > 0).then_some(receipt.first_proposal);
        report.log_size = Some(receipt.entries.end);
        report.outputs = outputs
            .iter()
            .map(|output| output.target.display().to_string())
            .collect();
        state.report(&name, &report.to_json())?;
        Ok(report)
    }
}

impl Night<'_> {
    /// Hands the rows of a portion to the ledger; the decision numbers of the scored ones.
    fn log(
        &self,
        run: &mut RunWriter,
        proposals: &Heading,
        refusals: &Heading,
        first: u64,
        outcome: &Outcome,
    ) -> Result<Vec<u64>, Error> {
        let scored = &outcome.scored;
        let features = self.model.model.schema().features.len();
        let codes: Vec<&[u16]> = scored.codes[..features].iter().map(Vec::as_slice).collect();
        let mut decisions = Vec::new();
        if !scored.records.is_empty() {
            let rows = block(scored, &codes);
            decisions = run.push(
                proposals,
                SegmentKind::Proposals,
                &rows,
                Some(&self.model.replay),
            )?;
            for ordinal in &mut decisions {
                *ordinal += first;
            }
        }
        if !outcome.refusals.reasons.is_empty() {
            push_refusals(run, refusals, &outcome.refusals)?;
        }
        Ok(decisions)
    }
}

/// The model's features as columns, if the policy as it is lets it score.
pub(super) fn may_score<'a>(ws: &'a Workspace, model: &Model) -> Result<Vec<&'a Column>, Error> {
    let columns = declared(ws, model)?;
    if ws.policy.identifier().1.token() != model.schema().id_type {
        return Err(Error::Refused {
            what: format!(
                "model {} was trained with another type of identifier than the policy declares",
                model.version().short()
            ),
            hint: "train a model under the policy as it is now",
        });
    }
    Ok(columns)
}

/// The model's features as columns that the policy still declares as features, in the model's order.
pub(super) fn declared<'a>(ws: &'a Workspace, model: &Model) -> Result<Vec<&'a Column>, Error> {
    model
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
