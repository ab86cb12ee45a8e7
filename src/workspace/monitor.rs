//! The model in use, watched: the codes of a window's runs, read from the ledger, beside its training.
//!
//! What was found is recorded before it is shown, and proposes a training at
//! most. One block of rows is in memory at a time. Nobody who was erased is
//! read, and nobody who is restricted.

use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;

use chrono::{Days, NaiveDate};
use serde::Serialize;

use super::acts;
use super::anchor::{deliver, deliverable};
use super::erasure;
use super::error::Error;
use super::journal::{Commit, Entropy, Held, Placed, Portion, View};
use super::met::Met;
use super::models;
use super::state::{State, Told, Which};
use super::{Recorded, Workspace, World};
use crate::digest::{Digest, hex};
use crate::event::Act;
use crate::features::Codes;
use crate::lang::Lang;
use crate::ledger::entry::{Report, Run};
use crate::ledger::text::About;
use crate::ledger::{Entry, EventKind, Secret, SegmentId, SegmentKind, Standing};
use crate::model::Model;
use crate::model::reference::Census;
use crate::monitor::document::Apart;
use crate::monitor::{self, Frame, Monitored, Opinion, Outcome, Verdict, Watched, Window};
use crate::name::{IdType, Token};
use crate::policy::Right;
use crate::report::{Provenance, WatchInput, watch};

/// The band in which a model leaves leads to people.
const ABSTAINED: &str = crate::policy::REVIEW;

/// Which days, and where the report goes.
#[derive(Clone, Debug, Default)]
pub struct MonitorRequest {
    /// The purpose, where the policy has several.
    pub purpose: Option<String>,
    /// A model other than the active one.
    pub model: Option<String>,
    /// The first civil day; by the policy's window where nobody says.
    pub from: Option<NaiveDate>,
    /// The last; today where nobody says.
    pub to: Option<NaiveDate>,
    /// The report to write, in HTML.
    pub out: Option<PathBuf>,
    /// Who asks; whose work it is, where nobody is named.
    pub person: Option<String>,
}

/// What was found, and where it is kept.
#[derive(Clone, Debug, Serialize)]
pub struct Watching {
    /// What was found.
    #[serde(flatten)]
    pub said: Monitored,
    /// The log's entry.
    pub entry: u64,
    /// The document that the entry names, in `ledger/documents/`.
    pub document: String,
    /// The report that was written.
    pub file: Option<PathBuf>,
    /// The commands that an alert proposes; nothing carries them out.
    pub next: Vec<String>,
    /// The model, for whoever puts codes in words.
    #[serde(skip)]
    pub watched: Model,
}

/// Reads a window, says what moved, records it.
pub fn monitor(
    ws: &Workspace,
    world: &mut World,
    request: &MonitorRequest,
    lang: Lang,
) -> Result<Recorded<Watching>, Error> {
    let actor = ws
        .may(request.person.as_deref(), Right::Monitor)?
        .id
        .clone();
    let purpose = ws.purpose(request.purpose.as_deref())?.id.clone();
    if let Some(file) = &request.out {
        deliverable(file, &[])?;
    }
    let days = Span::of(ws, world, request)?;
    let view = View::open(&ws.root)?;
    let (model, provenance) = believed(ws, &view, request, &purpose)?;
    let mut state = ws.state()?;
    acts::catch_up(&mut state, &view)?;
    acts::unchanged(&state, &view)?;
    let reading = Reading::of(ws, &view, &state, &model, &purpose)?;
    let (frame, window) = reading.window(world, days)?;
    drop(state);
    let k = u64::from(
        ws.policy
            .training
            .min_people
            .max(model.settings().min_people),
    );
    let watched = Watched {
        model: &model,
        findings: &provenance.findings,
        limits: &ws.policy.monitoring,
        max_calibration_error: ws.policy.training.max_calibration_error,
        k,
        seed: ws.policy.training.seed,
    };
    let said = monitor::monitor(&watched, frame, &window);
    let is_active = models::active(&view, &purpose).is_some();
    let next = next(&said, &purpose, ws.policy.purposes.len(), is_active);
    let json = said.to_json().into_bytes();
    let document = Digest::of(&json);
    let mut writer = erasure::writer(ws, world)?;
    let receipt = writer.commit(&Commit {
        documents: vec![json],
        entries: vec![Entry::Report(Report {
            document,
            about: About::Monitoring,
            model: Some(model.version()),
            purpose,
            time: world.now,
            actor,
        })],
    })?;
    if let Some(file) = &request.out {
        let page = watch(
            &WatchInput {
                said: &said,
                model: &model,
                policy: &ws.policy,
                next: &next,
            },
            lang,
        );
        deliver(world, file, page.as_bytes())?;
    }
    Ok(Recorded(Watching {
        said,
        entry: receipt.entries.start,
        document: document.to_string(),
        file: request.out.clone(),
        next,
        watched: model,
    }))
}

/// The commands that an alert proposes, as they can be run.
fn next(said: &Monitored, purpose: &Token, purposes: usize, is_active: bool) -> Vec<String> {
    let of = if purposes > 1 {
        format!(" --purpose {purpose}")
    } else {
        String::new()
    };
    match said.verdict {
        Verdict::Overdue => vec![format!("probant score EXPORT --out scores.csv{of}")],
        Verdict::Alert => {
            // An approval asks for a training that was signed.
            let mut next = vec![format!("probant train DATA --as PERSON --key FILE{of}")];
            if is_active {
                next.push(format!(
                    "probant models diff @active @candidate --data EXPORT{of}"
                ));
            }
            next
        }
        Verdict::Steady | Verdict::Watch | Verdict::TooFew => Vec::new(),
    }
}

/// The days of the window, and as many before them.
#[derive(Clone, Copy, Debug)]
struct Span {
    from: NaiveDate,
    to: NaiveDate,
    before: NaiveDate,
}

impl Span {
    fn of(ws: &Workspace, world: &World, request: &MonitorRequest) -> Result<Self, Error> {
        let to = request.to.unwrap_or_else(|| ws.civil_date(world.now));
        let days = u64::from(ws.policy.monitoring.window_days);
        let back = |date: NaiveDate, days: u64| {
            date.checked_sub_days(Days::new(days))
                .unwrap_or(NaiveDate::MIN)
        };
        let from = request.from.unwrap_or_else(|| back(to, days - 1));
        if from > to {
            return Err(Error::Usage {
                what: "the window ends before it begins".to_owned(),
                hint: "write `--from` and `--to` as dates, the earlier one first",
            });
        }
        let length = (to - from).num_days().unsigned_abs() + 1;
        Ok(Self {
            from,
            to,
            before: back(from, length),
        })
    }
}

/// The model to watch with its papers, each believed only as it was recorded.
fn believed(
    ws: &Workspace,
    view: &View,
    request: &MonitorRequest,
    purpose: &Token,
) -> Result<(Model, Provenance), Error> {
    let version = match &request.model {
        Some(asked) => models::resolve(view, asked, purpose)?,
        None => models::active(view, purpose).ok_or_else(|| Error::Refused {
            what: "no model is active for this purpose: there is nothing to watch".to_owned(),
            hint: "activate one first (`probant models list`), or name one with `--model`",
        })?,
    };
    let model = models::load(ws, view, version)?.model;
    let wrong = |what: &str| Error::Model {
        version: version.short(),
        file: "provenance.json".to_owned(),
        what: what.to_owned(),
    };
    let text = fs::read_to_string(models::folder(ws, version).join("provenance.json"))
        .map_err(|_| wrong("is missing or cannot be read"))?;
    let papers = Provenance::parse(&text).map_err(|error| wrong(&error.to_string()))?;
    let schema = model.schema().digest();
    if papers.model != version || papers.schema != schema {
        return Err(wrong("is not of this model"));
    }
    let shapes = model.schema().features.iter().map(|it| it.shape.codes());
    if !shapes.eq(papers.findings.levels.iter().map(Vec::len)) {
        return Err(wrong("counts other codes than the model has"));
    }
    let entries = view.entries();
    for (_, entry) in entries {
        match entry {
            Entry::Model(it) if it.model == version && it.schema != schema => {
                return Err(Error::Model {
                    version: version.short(),
                    file: "model.json".to_owned(),
                    what: "has another schema than the ledger says".to_owned(),
                });
            }
            _ => {}
        }
    }
    Ok((model, papers))
}

/// What the ledger is read with.
struct Reading<'a> {
    ws: &'a Workspace,
    view: &'a View,
    state: &'a State,
    model: &'a Model,
    schema: Digest,
    purpose: &'a Token,
    held: Held,
    /// Where the segments of acts stand in the log.
    indices: HashMap<SegmentId, u64>,
}

/// Who was met in a window: each lead counts once, by its latest decision.
struct Once(Option<Met>);

impl Once {
    fn new(ws: &Workspace) -> Self {
        // A row's number is nobody's tomorrow: there every row is a lead.
        let numbered = ws.policy.identifier().1 == IdType::Row;
        let secret = Secret::new(Entropy::os().bytes());
        Self((!numbered).then(|| Met::new(&ws.root.join("tmp"), &secret)))
    }

    /// Of each whether this is the first time; nobody at all is never the first.
    fn first(&mut self, people: &[Option<[u8; 16]>]) -> Result<Vec<bool>, Error> {
        let known = people.iter().map(Option::is_some);
        match &mut self.0 {
            None => Ok(known.collect()),
            Some(met) => {
                let first = met.first(people)?;
                Ok(known.zip(first).map(|(it, first)| it && first).collect())
            }
        }
    }
}

/// What is being counted.
struct Counting {
    window: Window,
    leads: Once,
    /// Leads of the whole purpose, proposed or refused, whichever model said so.
    all: Once,
    people: HashMap<[u8; 16], u32>,
}

impl<'a> Reading<'a> {
    fn of(
        ws: &'a Workspace,
        view: &'a View,
        state: &'a State,
        model: &'a Model,
        purpose: &'a Token,
    ) -> Result<Self, Error> {
        let segments = view.segments();
        Ok(Self {
            ws,
            view,
            state,
            model,
            schema: model.schema().digest(),
            purpose,
            held: view.restricted()?,
            indices: segments.map(|it| (it.entry.id, it.index)).collect(),
        })
    }

    /// The runs of the purpose in some days, newest first.
    fn runs(&self, from: NaiveDate, to: NaiveDate) -> impl Iterator<Item = &'a Run> {
        let purpose = self.purpose;
        self.view.entries().rev().filter_map(move |(_, entry)| {
            let Entry::Run(run) = entry else {
                return None;
            };
            let day = run.date;
            (run.purpose == *purpose && (from..=to).contains(&day)).then_some(run)
        })
    }

    /// Runs that were recorded in the window's days under a date that is not in it: no figure has them.
    fn other_dates(&self, days: Span) -> u64 {
        let window = days.from..=days.to;
        let runs = self.runs(NaiveDate::MIN, NaiveDate::MAX);
        let hidden = runs.filter(|run| {
            run.model.1 == Standing::Active
                && !window.contains(&run.date)
                && window.contains(&self.ws.civil_date(run.time))
        });
        hidden.count() as u64
    }

    /// Whether a model was active through a whole day of the window that is over.
    fn was_due(&self, world: &World, days: Span) -> bool {
        let life = models::life(self.view, self.purpose);
        let date = |time| self.ws.civil_date(time);
        let reigns = life.reigns();
        reigns.iter().enumerate().any(|(at, reign)| {
            let first = date(reign.since).max(days.from.pred_opt().unwrap_or(NaiveDate::MIN));
            let until = reigns.get(at + 1).map_or(world.now, |next| next.since);
            let last = date(until.min(world.now)).min(days.to.succ_opt().unwrap_or(NaiveDate::MAX));
            reign.model.is_some() && (last - first).num_days() > 1
        })
    }

    /// Everything that the window's runs say.
    fn window(&self, world: &World, days: Span) -> Result<(Frame, Window), Error> {
        let mut frame = Frame {
            purpose: self.purpose.to_string(),
            policy: self.ws.policy.digest,
            time: world.now.to_string(),
            from: days.from.to_string(),
            to: days.to.to_string(),
            runs: 0,
            apart: Vec::new(),
            trials: 0,
            other_dates: self.other_dates(days),
            overdue: false,
        };
        let mut counting = Counting {
            window: Window {
                census: Census::new(self.model),
                abstained: None,
                judged: Vec::new(),
                opinions: monitor::Opinions::default(),
                refusals: monitor::Refusals::default(),
            },
            leads: Once::new(self.ws),
            all: Once::new(self.ws),
            people: HashMap::new(),
        };
        for run in self.runs(days.from, days.to) {
            if run.model.1 == Standing::Trial {
                frame.trials += 1;
            } else if run.model.0 == self.model.version() {
                frame.runs += 1;
                self.count(run, &mut counting)?;
            } else {
                apart(&mut frame.apart, run, self.schema);
                self.mix(run, 1, &mut counting)?;
            }
        }
        let none = frame.runs == 0 && frame.apart.is_empty();
        frame.overdue = none && self.was_due(world, days);
        counting.all = Once::new(self.ws);
        let before = days.from.pred_opt().unwrap_or(NaiveDate::MIN);
        for run in self.runs(days.before, before) {
            if run.model.1 == Standing::Active {
                self.mix(run, 0, &mut counting)?;
            }
        }
        Ok((frame, counting.window))
    }

    /// Counts a run of the model that is watched; one whose codes mean something else is refused.
    fn count(&self, run: &Run, counting: &mut Counting) -> Result<(), Error> {
        let model = (self.model.version(), Standing::Active);
        for placed in self.view.of_run(run.run) {
            let entry = &placed.entry;
            let same = entry.schema == self.schema && entry.model == Some(model);
            if run.schema != self.schema || (entry.kind != SegmentKind::Events && !same) {
                return Err(Error::Model {
                    version: self.model.version().short(),
                    file: format!("ledger/segments/{}", entry.id),
                    what: format!(
                        "run {} was scored under another schema than the model\u{2019}s",
                        hex(&run.run.0[..6])
                    ),
                });
            }
            match entry.kind {
                SegmentKind::Proposals => {
                    let features = self.model.schema().features.len();
                    self.view.portions(placed, features, |portion| {
                        self.portion(placed, portion, counting)
                    })?;
                }
                SegmentKind::Refusals => self.mix_segment(placed, 1, counting)?,
                SegmentKind::Events => {}
            }
        }
        Ok(())
    }

    fn portion(
        &self,
        placed: &Placed,
        portion: Portion,
        counting: &mut Counting,
    ) -> Result<(), Error> {
        let (Some(&from), Some(&to)) = (portion.rows.first(), portion.rows.last()) else {
            return Ok(());
        };
        let held = self.held.get(&placed.entry.id);
        let free = |row: &u32| !held.is_some_and(|it| it.contains(row));
        let people: Vec<Option<[u8; 16]>> = portion
            .rows
            .iter()
            .zip(&portion.pseudonyms)
            .map(|(row, whose)| free(row).then_some(*whose))
            .collect();
        let first = counting.leads.first(&people)?;
        let all = counting.all.first(&people)?;
        let window = &mut counting.window;
        window.refusals.leads[1] += all.iter().filter(|it| **it).count() as u64;
        let codes: Vec<Codes> = portion.codes.into_iter().map(Codes::Wide).collect();
        let log_odds = window
            .census
            .take(self.model, &codes, |row| first[row])
            .map_err(|_| Error::Model {
                version: self.model.version().short(),
                file: format!("ledger/segments/{}", placed.entry.id),
                what: "holds codes that the model does not have".to_owned(),
            })?;
        let abstained = placed.entry.outcomes.iter();
        let abstained = abstained.clone().find(|it| it.1.as_str() == ABSTAINED);
        if let Some((code, _)) = abstained {
            let bands = portion.bands.iter().zip(&first);
            let left = bands.filter(|(band, first)| **first && **band == u16::from(*code));
            *window.abstained.get_or_insert(0) += left.count() as u64;
        }
        let base = placed.first.unwrap_or(0);
        let said = self.said(base + u64::from(from), base + u64::from(to) + 1)?;
        for (at, row) in portion.rows.iter().enumerate() {
            let Some(said) = said.get(&(base + u64::from(*row))) else {
                continue;
            };
            let Some(whose) = people[at] else { continue };
            if let Some(won) = said.won {
                let next = counting.people.len() as u32;
                window.judged.push(Outcome {
                    probability: log_odds[at].probability().value(),
                    won,
                    person: *counting.people.entry(whose).or_insert(next),
                });
            }
            if let Some(opinion) = said.opinion {
                let names = placed.entry.outcomes.iter();
                let name = names
                    .clone()
                    .find(|it| u16::from(it.0) == portion.bands[at]);
                if let Some((_, name)) = name {
                    window.opinions.add(name.as_str(), opinion);
                }
            }
        }
        Ok(())
    }

    /// What people and exports said of some decisions: the last word of each, in the order of the log.
    fn said(&self, from: u64, to: u64) -> Result<HashMap<u64, Said>, Error> {
        let kinds = [EventKind::Review, EventKind::Override, EventKind::Outcome];
        let mut acts: Vec<(u64, Told)> = Vec::new();
        for told in self.state.acts(Which::Kinds(from, to, kinds))? {
            if let Some(index) = self.indices.get(&SegmentId(told.event.segment)) {
                acts.push((*index, told));
            }
        }
        acts.sort_by_key(|(index, told)| (*index, told.event.row));
        let mut all: HashMap<u64, Said> = HashMap::new();
        for (_, told) in acts {
            let Some(decision) = told.event.decision else {
                continue;
            };
            let said = all.entry(decision).or_default();
            // What is said of a planted case says nothing of its proposal.
            match Act::of(&told.event) {
                Some(Act::Became { won, .. }) => said.won = Some(won),
                Some(Act::Validated { control: None }) => {
                    said.opinion = Some(Opinion::Validated);
                }
                Some(Act::Overridden { control: None, .. }) => {
                    said.opinion = Some(Opinion::Overridden);
                }
                Some(Act::Rejected { control: None, .. }) => {
                    said.opinion = Some(Opinion::Rejected);
                }
                _ => {}
            }
        }
        Ok(all)
    }

    /// Counts who was refused in a run, and who was not.
    fn mix(&self, run: &Run, side: usize, counting: &mut Counting) -> Result<(), Error> {
        let segments = self.view.of_run(run.run);
        segments
            .filter(|placed| placed.entry.kind != SegmentKind::Events)
            .try_for_each(|placed| self.mix_segment(placed, side, counting))
    }

    fn mix_segment(
        &self,
        placed: &Placed,
        side: usize,
        counting: &mut Counting,
    ) -> Result<(), Error> {
        let held = self.held.get(&placed.entry.id);
        let (mut people, mut codes) = (Vec::new(), Vec::new());
        let refusals = placed.entry.kind == SegmentKind::Refusals;
        self.view.outcomes(placed, |row, whose, code| {
            if !held.is_some_and(|it| it.contains(&row)) {
                people.push(Some(*whose));
                codes.push(code);
            }
        })?;
        let first = counting.all.first(&people)?;
        let refused = &mut counting.window.refusals;
        for (code, _) in codes.iter().zip(&first).filter(|(_, first)| **first) {
            refused.leads[side] += 1;
            let mut names = placed.entry.outcomes.iter().filter(|_| refusals);
            if let Some((_, name)) = names.find(|it| it.0 == *code) {
                refused.reasons.entry(name.to_string()).or_default()[side] += 1;
            }
        }
        Ok(())
    }
}

/// What was said of one decision.
#[derive(Default)]
struct Said {
    won: Option<bool>,
    opinion: Option<Opinion>,
}

/// Notes a run by another model.
fn apart(known: &mut Vec<Apart>, run: &Run, schema: Digest) {
    match known.iter_mut().find(|it| it.model == run.model.0) {
        Some(it) => it.runs += 1,
        None => known.push(Apart {
            model: run.model.0,
            runs: 1,
            same_schema: run.schema == schema,
        }),
    }
}
