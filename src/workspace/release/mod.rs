//! Validated leads on their way to a tool: each asked everything again, recorded, and only then in the file.
//!
//! Nobody else writes the ledger between the questions and the answer: the
//! locks are held from the first row to the last rename. What a crash leaves
//! is finished, or forgotten, by whoever comes next, as with a score file.
//!
//! | file | noun |
//! | --- | --- |
//! | `proposals` | the run's proposals, and what people made of each |
//! | `people` | what is remembered of a person under every pseudonym |
//! | `sheet` | the file for the tool |
//! | `refusal` | why nothing leaves at all |
//! | `told` | the releases of the log, and why somebody was in one |

mod people;
mod proposals;
mod refusal;
mod sheet;
mod told;

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;

use chrono::NaiveDate;
use rayon::prelude::*;
use serde::Serialize;

use self::people::People;
use self::proposals::Proposal;
use self::sheet::Sheet;
use super::acts::{self, Doing};
use super::assessment;
use super::consents;
use super::disk::Disk;
use super::erasure;
use super::error::Error;
use super::export::Export;
use super::files::{self, Fingerprint};
use super::journal::{Commit, Entropy, View, Writer};
use super::keys::Refusal as KeyRefusal;
use super::met::Met;
use super::output::{self, Part};
use super::restore;
use super::runs;
use super::state::State;
use super::unlinked::Keys;
use super::{Progress, Recorded, Watch, Workspace, World, desk, place};
use crate::decision::{Opinion, Way};
use crate::digest::hex;
use crate::eligibility::consents::{Consents, Wordings};
use crate::eligibility::{Context, Rules, Telling, Told};
use crate::event::{Act, Circumstances, Message};
use crate::intake;
use crate::lang::Lang;
use crate::law::Pack;
use crate::ledger::entry::{Note, Release as Entered, Run, file_commitment};
use crate::ledger::text::EventId;
use crate::ledger::{Entry, Secret, Standing, Time};
use crate::name::{IdType, Token, nearest};
use crate::policy::{Cap, Purpose, Right, Tool};
use crate::pseudonym::{Key, Master, normalise};
use crate::release::{Asked, Held, Lead, Leave, leave};

pub use refusal::Refusal;
pub use told::{ReleaseLine, Why, WhyQuestion, list, why};

/// What is to leave, and where to.
#[derive(Clone, Debug, Default)]
pub struct ReleaseRequest {
    /// The exports that hold the leads.
    pub data: Vec<PathBuf>,
    /// The tool's id.
    pub tool: String,
    /// `promotional`, `informational` or `legal`.
    pub message: Option<String>,
    /// The file for the tool; may be absent for a dry run.
    pub out: Option<PathBuf>,
    /// The run.
    pub run: String,
    /// The bands that are wanted; all where none is named.
    pub bands: Vec<String>,
    /// Proofs of consent.
    pub consents: Option<PathBuf>,
    /// Who does it.
    pub person: String,
    /// The purpose.
    pub purpose: Option<String>,
    /// Count only.
    pub dry_run: bool,
    /// Leads that went to this tool from this run before may go again.
    pub again: bool,
}

/// What left, in numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Released {
    /// Of this document.
    pub schema_version: u32,
    /// `released`, `counted` (a dry run) or `empty` (nobody may leave: nothing was written or recorded).
    pub status: String,
    /// Its number among all releases of the log, from 1.
    pub release: Option<u64>,
    /// Its name in the log.
    pub event: Option<String>,
    /// UTC.
    pub time: String,
    /// The run.
    pub run: String,
    /// The purpose.
    pub purpose: String,
    /// The tool's id.
    pub tool: String,
    /// The tool's name.
    pub tool_name: String,
    /// Its channel.
    pub channel: String,
    /// The class of the message.
    pub message: String,
    /// The law pack that was asked; none where the message needs no leave of it.
    pub law: Option<String>,
    /// Rows of the export: always leads + held.
    pub rows_in: u64,
    /// Leads that left.
    pub leads: u64,
    /// Leads that stay, by reason.
    pub held: Vec<HeldCount>,
    /// The file.
    pub file: Option<String>,
    /// Entries in the log once it was recorded.
    pub log_size: Option<u64>,
}

/// Leads that stay for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HeldCount {
    /// In one word.
    pub reason: String,
    /// The article that asks for it.
    pub article: Option<String>,
    /// In words.
    pub words: String,
    /// How many.
    pub leads: u64,
}

/// Everything that is settled before the first row is read.
struct Plan<'a> {
    ws: &'a Workspace,
    request: &'a ReleaseRequest,
    actor: Token,
    message: Message,
    tool: &'a Tool,
    purpose: &'a Purpose,
    run: Run,
    kid: Token,
    bands: Vec<Token>,
    caps: Vec<Cap>,
    today: NaiveDate,
    pack: Pack,
    rules: Rules,
    wordings: Wordings,
    files: Vec<Fingerprint>,
    events: Option<Fingerprint>,
    lang: Lang,
}

/// A lead that leaves.
struct Leaving {
    row: u32,
    pseudonym: [u8; 16],
    proposal: Proposal,
    facts: BTreeMap<Token, String>,
}

/// What each lead is asked against.
struct Desk<'a> {
    plan: &'a Plan<'a>,
    proposals: HashMap<[u8; 16], Proposal>,
    people: People,
    consents: Option<Consents>,
}

impl Desk<'_> {
    /// Whether the lead of a row leaves, or the first thing that stops it.
    fn ask(
        &self,
        sheet: &Sheet<'_>,
        told: &Told<'_>,
        row: usize,
        normal: &str,
        pseudonym: &[u8; 16],
    ) -> Result<Leaving, Held> {
        let plan = self.plan;
        let proposal = self.proposals.get(pseudonym).ok_or(Held::NotInRun)?;
        let memory = self.people.memory(normal);
        let verdict = (plan.message == Message::Promotional).then(|| {
            let mut lead = told.lead(row, pseudonym);
            lead.suppressed = memory.suppressed;
            plan.rules.decide(&lead)
        });
        let before = memory.before.contains(&(proposal.decision, plan.message));
        let lead = Lead {
            stage: proposal.stage,
            band: &proposal.band,
            restricted: memory.restricted,
            objections: &memory.objections,
            preference: sheet.preference(row),
            sent: &memory.sent,
            before: before && !plan.request.again,
            verdict: verdict.as_ref(),
        };
        let asked = Asked {
            message: plan.message,
            bands: &plan.bands,
            caps: &plan.caps,
            today: plan.today,
        };
        let leave = leave(&asked, &lead)?;
        Ok(Leaving {
            row: row as u32,
            pseudonym: *pseudonym,
            facts: plan.facts(leave, proposal),
            proposal: proposal.clone(),
        })
    }
}

/// Takes the leads of a portion that leave.
type Take<'a> = &'a mut dyn FnMut(&Sheet<'_>, Vec<Leaving>) -> Result<(), Error>;

/// Who stays, and how many of whom.
#[derive(Default)]
struct Count {
    rows: u64,
    leads: u64,
    held: BTreeMap<Held, u64>,
}

/// Hands to a tool the validated leads of a run that may be handed to it today.
pub fn release(
    ws: &Workspace,
    world: &mut World,
    request: &ReleaseRequest,
    lang: Lang,
    watch: Watch<'_>,
) -> Result<Recorded<Released>, Error> {
    if request.dry_run {
        let view = View::open(&ws.root)?;
        let plan = Plan::of(ws, world, request, &view, lang)?;
        let mut state = ws.state()?;
        acts::catch_up(&mut state, &view)?;
        let count = plan.stream(&view, &state, watch, &mut |_, _| Ok(()))?;
        return Ok(Recorded(plan.report(&count, "counted", world)));
    }
    let (mut writer, _no_run) = erasure::alone(ws, world)?;
    let mut state = ws.state()?;
    restore::recover(&mut state, writer.view(), &world.disk)?;
    acts::catch_up(&mut state, writer.view())?;
    acts::unchanged(&state, writer.view())?;
    let plan = match Plan::of(ws, world, request, writer.view(), lang) {
        Ok(plan) => plan,
        Err(Error::Release(refusal)) => {
            return Err(refused(ws, world, &mut writer, request, refusal)?);
        }
        Err(error) => return Err(error),
    };
    plan.let_out(world, writer, &mut state, watch)
}

/// Writes down that nothing left, and why, before anybody is told.
fn refused(
    ws: &Workspace,
    world: &World,
    writer: &mut Writer,
    request: &ReleaseRequest,
    refusal: Refusal,
) -> Result<Error, Error> {
    if let Some(about) = refusal.note() {
        let note = Note {
            about,
            time: world.now,
            actor: ws.may(Some(&request.person), Right::Release)?.id.clone(),
            checkpoint: None,
        };
        writer.commit(&Commit {
            documents: Vec::new(),
            entries: vec![Entry::Note(note)],
        })?;
    }
    Ok(refusal.into())
}

impl<'a> Plan<'a> {
    fn of(
        ws: &'a Workspace,
        world: &World,
        request: &'a ReleaseRequest,
        view: &View,
        lang: Lang,
    ) -> Result<Self, Error> {
        let actor = ws.may(Some(&request.person), Right::Release)?.id.clone();
        let word = request.message.as_deref().unwrap_or_default();
        let message = Message::of(word).ok_or(Refusal::Untyped)?;
        if message != Message::Promotional && !request.bands.is_empty() {
            return Err(Refusal::Chosen.into());
        }
        let tool = ws.policy.tool(&request.tool).ok_or_else(|| {
            let known = ws.policy.tools.iter().map(|tool| tool.id.as_str());
            Refusal::UnknownTool {
                tool: request.tool.clone(),
                near: nearest(&request.tool, known).map(str::to_owned),
            }
        })?;
        if let Some(unfit) = tool.unfit(ws.civil_date(world.now)) {
            return Err(Refusal::unfit(&tool.id, unfit, tool.expires).into());
        }
        if ws.policy.identifier().1 == IdType::Row {
            return Err(Refusal::Rows.into());
        }
        let run = runs::usable(view, &request.run)?.clone();
        if run.model.1 == Standing::Trial {
            let run = hex(&run.run.0[..6]);
            return Err(Refusal::Trial { run }.into());
        }
        let purpose = ws.purpose(Some(
            request.purpose.as_deref().unwrap_or(run.purpose.as_str()),
        ))?;
        if purpose.id != run.purpose {
            return Err(Error::Usage {
                what: format!("the run is for the purpose `{}`", run.purpose),
                hint: "leave out `--purpose`, or name a run of that purpose",
            });
        }
        let bands = request
            .bands
            .iter()
            .map(|band| {
                let known = || ws.policy.bands.iter().map(|band| band.id.as_str());
                let found = ws.policy.bands.iter().find(|it| it.id.as_str() == band);
                found.map(|it| it.id.clone()).ok_or_else(|| Error::Unknown {
                    what: "band",
                    name: band.clone(),
                    near: nearest(band, known()).map(str::to_owned),
                })
            })
            .collect::<Result<_, Error>>()?;
        if message != Message::Promotional && request.consents.is_some() {
            return Err(Error::Usage {
                what: "nothing would read what `--consents` names: only a promotional message waits for a consent"
                    .to_owned(),
                hint: "leave out `--consents`",
            });
        }
        let (today, pack) = (ws.civil_date(world.now), ws.policy.pack());
        let rules = Rules::of(&Context {
            channel: Some(tool.channel),
            ..Context::of(purpose, &pack, today)
        });
        let named = files::expand(&request.data)?;
        let events = consents::named(request.consents.as_deref(), [&rules], &pack)?;
        desk::guard(
            ws,
            &[&request.out],
            &[&named[..], events.as_slice()].concat(),
        )?;
        if let Some(out) = request.out.as_deref().filter(|_| !request.dry_run) {
            place::vacant(out)?;
        }
        let files = named
            .iter()
            .map(|path| files::fingerprint(path))
            .collect::<Result<_, _>>()?;
        let caps = ws.policy.caps.iter().copied();
        if message == Message::Promotional {
            assessment::needed(ws, purpose, &pack, today)?;
        }
        Ok(Self {
            ws,
            request,
            actor,
            message,
            tool,
            purpose,
            kid: period(view, &run)?,
            run,
            bands,
            caps: caps.filter(|cap| cap.channel == tool.channel).collect(),
            today,
            pack,
            rules,
            wordings: consents::wordings(ws)?.0,
            files,
            events: events.as_deref().map(files::fingerprint).transpose()?,
            lang,
        })
    }

    /// Counts every row of the export, and hands those that may leave to `each`, portion by portion.
    fn stream(
        &self,
        view: &View,
        state: &State,
        watch: Watch<'_>,
        each: Take<'_>,
    ) -> Result<Count, Error> {
        let (ws, policy) = (self.ws, &self.ws.policy);
        let id_type = policy.identifier().1;
        let to = (&self.tool.id, self.tool.channel);
        let key = self.key(view)?;
        let desk = Desk {
            plan: self,
            proposals: proposals::of_run(ws, view, state, &self.run)?,
            people: People::of(ws, view, state, id_type, to)?,
            consents: self.consents(&key)?,
        };
        let paths: Vec<PathBuf> = self.files.iter().map(|file| file.path.clone()).collect();
        let mut sheet = self.sheet();
        let mut export = Export::open(&paths, policy, sheet.asked())?;
        let mut count = Count::default();
        let secret = Secret::new(Entropy::os().bytes());
        let mut met = Met::new(&ws.root.join("tmp"), &secret);
        while let Some(portion) = export.next() {
            let portion = portion?;
            count.rows += portion.records;
            count.hold(Held::Unreadable, portion.failures.len() as u64);
            sheet.turn(portion.batch);
            let people: Vec<Option<(Cow<'_, str>, [u8; 16])>> = (0..sheet.rows())
                .into_par_iter()
                .with_min_len(1024)
                .map(|row| {
                    let normal = normalise(id_type, sheet.identifier(row)?).ok()?;
                    let pseudonym = key.pseudonym(&normal).0;
                    Some((normal, pseudonym))
                })
                .collect();
            let pseudonyms: Vec<_> = people.iter().map(|it| it.as_ref().map(|it| it.1)).collect();
            let firsts = met.first(&pseudonyms)?;
            let told = sheet.told(policy, self.today, &self.wordings, desk.consents.as_ref());
            let asked: Vec<Result<Leaving, Held>> = people
                .par_iter()
                .zip(firsts)
                .with_min_len(1024)
                .enumerate()
                .map(|(row, (person, first))| match person {
                    None => Err(Held::Unreadable),
                    Some(_) if !first => Err(Held::Repeated),
                    Some((normal, pseudonym)) => desk.ask(&sheet, &told, row, normal, pseudonym),
                })
                .collect();
            let mut leaving = Vec::new();
            for answer in asked {
                match answer {
                    Ok(lead) => leaving.push(lead),
                    Err(held) => count.hold(held, 1),
                }
            }
            count.leads += leaving.len() as u64;
            each(&sheet, leaving)?;
            watch(Progress::Rows {
                done: count.rows,
                share: export.share(),
            });
        }
        let failed = count.held.get(&Held::Unreadable).copied().unwrap_or(0);
        intake::tolerate(failed, count.rows, policy.tolerance.max_failed)?;
        let inputs = self.files.iter().chain(&self.events);
        inputs.clone().try_for_each(Fingerprint::unchanged)?;
        let accounted = count.leads + count.held.values().sum::<u64>();
        if accounted != count.rows {
            return Err(Error::Unaccounted {
                rows: count.rows,
                accounted,
            });
        }
        Ok(count)
    }

    /// A file for the tool, and what is asked about each person: of the law only where the message needs its leave.
    fn sheet(&self) -> Sheet<'_> {
        let tellings = match self.message {
            Message::Promotional => Telling::asked(&self.ws.policy, &[&self.rules]),
            Message::Informational | Message::Legal => Vec::new(),
        };
        Sheet::of(&self.ws.policy, self.tool, tellings, self.message)
    }

    /// What the events of consent come to today, where a file of them was given.
    fn consents(&self, key: &Key) -> Result<Option<Consents>, Error> {
        let days = (self.today, self.today);
        let read =
            |file: &Fingerprint| consents::read(self.ws, &file.path, key, &self.wordings, days);
        self.events.as_ref().map(read).transpose()
    }

    /// What the record says of a lead's leave, besides the tool and the message.
    fn facts(&self, leave: Leave<'_>, proposal: &Proposal) -> BTreeMap<Token, String> {
        let mut facts = BTreeMap::new();
        let mut say = |key: &str, value: &str| {
            let key: Token = key.parse().expect("the key of a fact is a name");
            facts.insert(key, value.to_owned());
        };
        say("band", proposal.band.as_str());
        say("channel", self.tool.channel.token());
        if let Some(decided) = &proposal.decided {
            let overridden = matches!(decided.opinion(), Opinion::Overridden { .. });
            say(
                "decided-as",
                if overridden {
                    "overridden"
                } else {
                    "validated"
                },
            );
            say("decided-at", &Time(decided.at()).to_string());
            say("decided-by", decided.reviewer().as_str());
            let signed_off = decided.way() == Way::SignOff;
            say(
                "decided-way",
                if signed_off { "sign-off" } else { "review" },
            );
        }
        match leave.ground {
            Some(ground) => {
                say("article", ground.article());
                say("ground", ground.name());
                for line in ground.facts().lines() {
                    if let Some((key, value)) = line.split_once('=') {
                        say(key, value);
                    }
                }
            }
            None => say("article", proposal.article.as_str()),
        }
        facts
    }

    fn key(&self, view: &View) -> Result<Key, Error> {
        let secret = view.master(&self.kid)?;
        let id_type = self.ws.policy.identifier().1;
        Ok(Master::new(secret.expose()).key(&self.purpose.id, id_type))
    }

    /// Writes, records, and puts the file in its place, in this order.
    fn let_out(
        &self,
        world: &mut World,
        mut writer: Writer,
        state: &mut State,
        watch: Watch<'_>,
    ) -> Result<Recorded<Released>, Error> {
        let event = EventId(world.entropy.bytes());
        let name = event.to_string();
        let target = self.request.out.as_deref().ok_or_else(|| Error::Usage {
            what: "no file is named for the tool".to_owned(),
            hint: "name it with `--out FILE`, or count only with `--dry-run`",
        })?;
        let planned = output::plan(target, "release", &name)?;
        state.begin(
            &name,
            &world.now.to_string(),
            "release",
            std::slice::from_ref(&planned),
        )?;
        let mut leaving = Vec::new();
        let written = self.write(
            &world.disk,
            writer.view(),
            state,
            planned.clone(),
            watch,
            &mut leaving,
        );
        let (count, output) = match written {
            Ok((count, Some(output))) => (count, output),
            other => {
                // Best effort: the next one's recovery forgets it as well.
                let _ = output::discard(&planned.part, &world.disk);
                let _ = state.forget(&name);
                let (count, _) = other?;
                return Ok(Recorded(self.report(&count, "empty", world)));
            }
        };
        let salt: [u8; 16] = world.entropy.bytes();
        state.prepare(&name, &[salt], std::slice::from_ref(&output))?;
        let commit = Commit {
            documents: Vec::new(),
            entries: vec![Entry::Release(Entered {
                event,
                time: world.now,
                actor: self.actor.clone(),
                purpose: self.purpose.id.clone(),
                run: self.run.run,
                tool: self.tool.id.clone(),
                channel: word(self.tool.channel.token()),
                message: word(self.message.token()),
                leads: count.leads,
                file: file_commitment(&salt, &output.digest),
            })],
        };
        let doings = leaving
            .into_iter()
            .map(|lead| self.doing(world, event, lead))
            .collect::<Result<_, Error>>()?;
        // After an error here nobody knows whether the checkpoint was replaced: whoever comes next
        // finds out, and puts the file in its place or removes it.
        let receipt = acts::record(self.ws, world, &mut writer, commit, doings)?;
        output::place(&output, &world.disk)?;
        state.placed(&output)?;
        let mut report = self.report(&count, "released", world);
        report.release = told::number(writer.view(), event);
        report.event = Some(name.clone());
        report.file = Some(output.target.display().to_string());
        report.log_size = Some(receipt.entries.end);
        let json = serde_json::to_string(&report).unwrap_or_default();
        state.report(&name, &json)?;
        Ok(Recorded(report))
    }

    /// Writes the file beside its place; nothing where nobody may leave.
    fn write(
        &self,
        disk: &Disk,
        view: &View,
        state: &State,
        planned: super::state::Output,
        watch: Watch<'_>,
        all: &mut Vec<Leaving>,
    ) -> Result<(Count, Option<super::state::Output>), Error> {
        let policy = &self.ws.policy;
        let empty = self.sheet();
        let mut part = Part::start(planned, &policy.dialect, &empty.fields(&[]), disk)?;
        let count = self.stream(view, state, watch, &mut |sheet, leaving| {
            if !leaving.is_empty() {
                part.write(&sheet.fields(&leaving))?;
            }
            all.extend(leaving);
            Ok(())
        })?;
        if count.leads == 0 {
            return Ok((count, None));
        }
        Ok((count, Some(part.finish(disk)?)))
    }

    fn doing(&self, world: &mut World, event: EventId, lead: Leaving) -> Result<Doing, Error> {
        let act = Act::Released {
            release: event,
            tool: self.tool.id.clone(),
            message: self.message,
            facts: lead.facts,
        };
        let around = Circumstances {
            event: world.entropy.bytes(),
            pseudonym: lead.pseudonym,
            decision: Some(lead.proposal.decision),
            actor: self.actor.clone(),
            shown: [0; 32],
            time: world.now.0,
            note: None,
        };
        Ok(Doing {
            kid: self.kid.clone(),
            purpose: self.purpose.id.clone(),
            schema: Some(self.run.schema),
            retention: None,
            event: act.record(&around)?,
            note: None,
        })
    }

    fn report(&self, count: &Count, status: &str, world: &World) -> Released {
        let held = count.held.iter().map(|(held, leads)| HeldCount {
            reason: held.token().to_owned(),
            article: held.article().map(str::to_owned),
            words: held.words(self.lang),
            leads: *leads,
        });
        let law = Some(self.pack.id().to_string());
        Released {
            schema_version: 1,
            status: status.to_owned(),
            time: world.now.to_string(),
            run: hex(&self.run.run.0),
            purpose: self.purpose.id.to_string(),
            tool: self.tool.id.to_string(),
            tool_name: self.tool.name.clone(),
            channel: self.tool.channel.token().to_owned(),
            message: self.message.token().to_owned(),
            law: law.filter(|_| self.message == Message::Promotional),
            rows_in: count.rows,
            leads: count.leads,
            held: held.collect(),
            ..Released::default()
        }
    }
}

impl Count {
    fn hold(&mut self, held: Held, leads: u64) {
        if leads > 0 {
            *self.held.entry(held).or_default() += leads;
        }
    }
}

fn word(text: &str) -> Token {
    text.parse().expect("a word is a name")
}

/// The pseudonym period that a run stands under, whose master must stand: else nobody can say whose its rows are.
fn period(view: &View, run: &Run) -> Result<Token, Error> {
    let Some(placed) = view.of_run(run.run).next() else {
        return Ok(view.kid().clone());
    };
    let kid = placed.entry.kid.clone();
    match Keys::of(view, IdType::CrmId).destroyed(&kid) {
        None => Ok(kid),
        Some(since) => Err(KeyRefusal::RunUnlinked {
            run: hex(&run.run.0[..6]),
            kid,
            since,
        }
        .into()),
    }
}
