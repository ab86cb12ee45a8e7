//! One function a verb: parse, call the workspace once, print once.

use std::path::{Path, PathBuf};

use chrono::NaiveDate;

use super::args::{
    AnchorVerb, Bundle, By, Command, ExportVerb, KeysVerb, LawVerb, LedgerVerb, ModelsVerb,
    Monitor, Outcomes, PolicyVerb, Release, ReleaseVerb, ReviewVerb, RunsVerb, SubjectVerb,
    WasInside, Who, Whose,
};
use super::bar::Bar;
use super::{Exit, Face, Failed, print};
use crate::law::words::Scope;
use crate::monitor::Verdict;
use crate::policy;
use crate::report::remark::Remark;
use crate::report::{CardInput, Explanation};
use crate::workspace::{
    self, Ask, BundleRequest, CardRequest, Contest, Error, Filter, Given, ListRequest,
    OpinionRequest, Question, Request, RestoreRequest, Selection, ShowRequest, SignOffRequest,
    SqlRequest, StepRequest, TrainRequest, World,
};

/// Carries out what was typed.
pub fn carry_out(command: Command, face: &mut Face<'_>, world: &mut World) -> Result<Exit, Failed> {
    match command {
        Command::Demo { dir, leads } => super::tour::tour(&dir, leads, face, world),
        Command::Init { data } => {
            let made = workspace::init(&face.here(), world, data.as_deref(), face.lang)?;
            print::initialised(face, &made)?;
            Ok(Exit::DONE)
        }
        Command::Check {
            data,
            consents,
            strict,
        } => check(face, world, &data, (strict, consents.as_deref())),
        Command::Policy { verb } => declared(face, world, &verb),
        Command::Law { verb } => law(face, world, verb),
        Command::Train {
            data,
            person,
            key,
            purpose,
            cv,
            folds,
            strict,
        } => train(
            face,
            world,
            &TrainRequest {
                data,
                person,
                key,
                purpose,
                folds,
                strict,
            },
            cv,
        ),
        Command::Models { verb } => models(face, world, verb),
        Command::Score {
            data,
            consents,
            out,
            rejects,
            refused,
            dry_run,
            again,
            date,
            purpose,
            model,
            person,
            strict,
        } => {
            let date = date.map(|text| day(&text)).transpose()?;
            let request = Request {
                data,
                consents,
                out,
                rejects,
                refused,
                dry_run,
                again,
                date,
                purpose,
                model,
                strict,
                person,
            };
            score(face, world, &request)
        }
        Command::Runs { verb } => runs(face, &verb),
        Command::Explain {
            lead,
            decision,
            why,
            data,
            person,
        } => {
            let question = Question {
                lead,
                decision,
                data,
                person,
                why,
            };
            explain(face, world, &question)
        }
        Command::Trend(question) => super::trend::trend(face, world, question),
        Command::Review { verb } => review(face, world, verb),
        Command::Release { verb, request } => release(face, world, verb.as_ref(), request),
        Command::Why(question) => why(face, world, question),
        Command::Outcomes(typed) => outcomes(face, world, typed),
        Command::Monitor(typed) => monitor(face, world, typed),
        Command::Export { verb } => export(face, world, verb),
        Command::Subject { verb } => subject(face, world, verb),
        Command::Ledger { verb } => ledger(face, world, &verb),
        Command::Keys { verb } => keys(face, world, &verb),
        Command::Backup { dir, prune, person } => {
            backup(face, world, &dir, person.as_deref(), prune)
        }
        Command::Doctor { rebuild, person } => doctor(face, world, rebuild, person.as_deref()),
        Command::Restore { request } => restore(face, world, &request.into()),
    }
}

fn check(
    face: &mut Face<'_>,
    world: &mut World,
    data: &[PathBuf],
    how: (bool, Option<&Path>),
) -> Result<Exit, Failed> {
    let ws = face.open()?;
    let bar = Bar::new(face.terminal, face.lang);
    let checked = workspace::check(&ws, world, data, how, face.lang, &|progress| {
        bar.show(&progress);
    })?;
    drop(bar);
    print::checked(face, &checked, data, ws.policy())?;
    Ok(Exit(checked.exit))
}

fn release(
    face: &mut Face<'_>,
    world: &mut World,
    verb: Option<&ReleaseVerb>,
    request: Release,
) -> Result<Exit, Failed> {
    let ws = face.open()?;
    if let Some(ReleaseVerb::List) = verb {
        print::releases(face, &workspace::list_releases(&ws)?)?;
        return Ok(Exit::DONE);
    }
    let bar = Bar::new(face.terminal, face.lang);
    let done = workspace::release(&ws, world, &request.into(), face.lang, &|progress| {
        bar.show(&progress);
    })?;
    drop(bar);
    print::released(face, &done, ws.policy())?;
    Ok(Exit::DONE)
}

fn outcomes(face: &mut Face<'_>, world: &mut World, typed: Outcomes) -> Result<Exit, Failed> {
    let ws = face.open()?;
    let bar = Bar::new(face.terminal, face.lang);
    let done = workspace::outcomes(&ws, world, &typed.into(), &|progress| bar.show(&progress))?;
    drop(bar);
    print::learned(face, &done)?;
    Ok(Exit::DONE)
}

fn monitor(face: &mut Face<'_>, world: &mut World, typed: Monitor) -> Result<Exit, Failed> {
    let ws = face.open()?;
    let done = workspace::monitor(&ws, world, &typed.into(), ws.policy().controller.language)?;
    print::watched(face, &done, ws.policy())?;
    let is_alarming = matches!(done.said.verdict, Verdict::Alert | Verdict::Overdue);
    Ok(if is_alarming { Exit::ALERT } else { Exit::DONE })
}

fn why(face: &mut Face<'_>, world: &mut World, typed: WasInside) -> Result<Exit, Failed> {
    let said = workspace::why(&face.open()?, world, &typed.into())?;
    print::why(face, &said)?;
    Ok(Exit::DONE)
}

/// `probant explain`.
fn explain(face: &mut Face<'_>, world: &mut World, question: &Question) -> Result<Exit, Failed> {
    let ws = face.open()?;
    let (lang, json) = (face.lang, face.json);
    let render = |answer: &workspace::Answer| print::explanation(answer, lang, json);
    let explained = workspace::explain(&ws, world, question, lang, &render)?;
    print::explained(face, &explained)?;
    Ok(Exit::DONE)
}

/// `probant doctor`.
fn doctor(
    face: &mut Face<'_>,
    world: &mut World,
    rebuild: bool,
    person: Option<&str>,
) -> Result<Exit, Failed> {
    let health = if rebuild {
        (*workspace::rebuild(&face.open()?, world, person)?).clone()
    } else {
        workspace::examine(&face.root()?)
    };
    print::health(face, &health)?;
    Ok(if health.healthy { Exit::DONE } else { Exit(1) })
}

fn restore(
    face: &mut Face<'_>,
    world: &mut World,
    request: &RestoreRequest,
) -> Result<Exit, Failed> {
    let restored = workspace::restore_backup(world, request)?;
    print::restored(face, &restored)?;
    Ok(if restored.verdict.holds() {
        Exit::DONE
    } else {
        Exit::UNVERIFIED
    })
}

fn backup(
    face: &mut Face<'_>,
    world: &mut World,
    dir: &Path,
    person: Option<&str>,
    prune: bool,
) -> Result<Exit, Failed> {
    let ws = face.open()?;
    let made = workspace::back_up(&ws, world, dir, person, prune)?;
    print::backed_up(face, &made)?;
    Ok(Exit::DONE)
}

fn keys(face: &mut Face<'_>, world: &mut World, verb: &KeysVerb) -> Result<Exit, Failed> {
    match verb {
        KeysVerb::List => print::keys(face, &workspace::list_keys(&face.open()?)?)?,
        KeysVerb::Rotate { person } => {
            let done = workspace::rotate_period(&face.open()?, world, person)?;
            print::rotated(face, &done)?;
        }
        KeysVerb::Rewrap { person } => {
            let ws = face.open()?;
            let done = workspace::rewrap_keys(&ws, world, person)?;
            print::rewrapped(face, &done, ws.policy().backup.recovery.is_some())?;
        }
        KeysVerb::Destroy {
            period,
            person,
            yes,
        } => {
            let done = workspace::destroy_period(&face.open()?, world, period, person, *yes)?;
            print::destroyed(face, &done)?;
        }
        KeysVerb::Person { person, out } => {
            print::person_key(face, &workspace::make_key(world, person, out)?)?;
        }
        KeysVerb::Recovery { out } => {
            print::recovery(face, &workspace::make_recovery(world, out)?)?;
        }
    }
    Ok(Exit::DONE)
}

fn declared(face: &mut Face<'_>, world: &World, verb: &PolicyVerb) -> Result<Exit, Failed> {
    match verb {
        PolicyVerb::Schema if face.json => {
            let schema: serde_json::Value =
                serde_json::from_str(&policy::schema()).map_err(std::io::Error::other)?;
            face.json(&serde_json::json!({ "schema_version": 1, "schema": schema }))?;
        }
        PolicyVerb::Schema => write!(face.out, "{}", policy::schema())?,
        PolicyVerb::Check => {
            let ws = face.open()?;
            print::policy(face, ws.policy(), &ws.tools_unfit(world.now))?;
        }
    }
    Ok(Exit::DONE)
}

fn law(face: &mut Face<'_>, world: &mut World, verb: LawVerb) -> Result<Exit, Failed> {
    match verb {
        LawVerb::Show { pack: None } => print::packs(face)?,
        LawVerb::Show { pack: Some(id) } => print::pack(face, &workspace::law_pack(&id)?)?,
        LawVerb::Diff {
            data,
            at,
            from,
            purpose,
            consents,
        } => {
            let ws = face.open()?;
            let days = (from.map(|from| day(&from)).transpose()?, day(&at)?);
            let of = (purpose.as_deref(), consents.as_deref());
            let bar = Bar::new(face.terminal, face.lang);
            let changes = workspace::law_diff(&ws, world, &data, days, of, &|progress| {
                bar.show(&progress);
            })?;
            drop(bar);
            print::changes(face, &changes)?;
        }
        LawVerb::Sign { file, person, key } => {
            let signed = workspace::sign_assessment(&face.open()?, world, &file, &person, &key)?;
            print::signed(face, &signed)?;
        }
    }
    Ok(Exit::DONE)
}

fn runs(face: &mut Face<'_>, verb: &RunsVerb) -> Result<Exit, Failed> {
    let ws = face.open()?;
    match verb {
        RunsVerb::List => print::runs(face, &workspace::list_runs(&ws)?)?,
        RunsVerb::Show { run } => {
            let (line, report) = workspace::show_run(&ws, run)?;
            print::run(face, &line, report.as_ref())?;
        }
    }
    Ok(Exit::DONE)
}

fn day(text: &str) -> Result<NaiveDate, Error> {
    NaiveDate::parse_from_str(text, "%Y-%m-%d").map_err(|_| Error::Usage {
        what: format!("`{text}` is not a date"),
        hint: "write it as 2026-03-31",
    })
}

/// `probant train`.
pub fn train(
    face: &mut Face<'_>,
    world: &mut World,
    request: &TrainRequest,
    cv: bool,
) -> Result<Exit, Failed> {
    let ws = face.open()?;
    let bar = Bar::new(face.terminal, face.lang);
    if cv {
        let report = workspace::cross_validate(&ws, request, &|progress| bar.show(&progress))?;
        drop(bar);
        print::cross_validation(face, &report)?;
    } else {
        let trained = workspace::train(&ws, world, request, &|progress| bar.show(&progress))?;
        drop(bar);
        print::trained(face, &trained, ws.policy())?;
    }
    Ok(Exit::DONE)
}

/// `probant score`.
pub fn score(face: &mut Face<'_>, world: &mut World, request: &Request) -> Result<Exit, Failed> {
    let ws = face.open()?;
    let bar = Bar::new(face.terminal, face.lang);
    let report = workspace::score(&ws, world, request, face.lang, &|progress| {
        bar.show(&progress);
    })?;
    drop(bar);
    print::scored(face, &report)?;
    Ok(Exit::DONE)
}

fn models(face: &mut Face<'_>, world: &mut World, verb: ModelsVerb) -> Result<Exit, Failed> {
    let ws = face.open()?;
    let request = |model, by: Who| StepRequest {
        model,
        purpose: by.purpose,
        person: by.person,
        key: by.key,
    };
    match verb {
        ModelsVerb::List => print::models(face, &workspace::list_models(&ws)?)?,
        ModelsVerb::Show { version, purpose } => {
            let (line, model, provenance, card) =
                workspace::show_model(&ws, &version, purpose.as_deref())?;
            print::model(
                face,
                &line,
                &CardInput {
                    model: &model,
                    policy: ws.policy(),
                    provenance: &provenance,
                },
                &card,
            )?;
        }
        ModelsVerb::Diff(typed) => return super::diff::diff(face, world, typed),
        ModelsVerb::Card {
            version,
            purpose,
            out,
        } => {
            let request = CardRequest {
                model: version,
                purpose,
                out,
                twin: face.json,
            };
            let written = workspace::card_today(&ws, world, &request, face.lang)?;
            print::card(face, &written)?;
        }
        ModelsVerb::Approve(step) => {
            let done = workspace::approve(&ws, world, &request(step.version, step.by))?;
            print::step(face, &done)?;
        }
        ModelsVerb::Reject(step) => {
            let done = workspace::reject(&ws, world, &request(step.version, step.by))?;
            print::step(face, &done)?;
        }
        ModelsVerb::Activate(step) => {
            let done = workspace::activate(&ws, world, &request(step.version, step.by))?;
            print::step(face, &done)?;
        }
        ModelsVerb::Rollback { to, by } => {
            let request = request(String::new(), by);
            let done = workspace::rollback(&ws, world, &request, to.as_deref())?;
            print::step(face, &done)?;
        }
        ModelsVerb::Retire { step, purge } => {
            let done = workspace::retire(&ws, world, &request(step.version, step.by), purge)?;
            print::step(face, &done)?;
        }
        ModelsVerb::At { date } => {
            let found = workspace::models_at(&ws, world.now, day(&date)?)?;
            print::at(face, &date, &found)?;
        }
        ModelsVerb::Verify(typed) => {
            let bar = Bar::new(face.terminal, face.lang);
            let done =
                workspace::verify_model(&ws, &typed.into(), &|progress| bar.show(&progress))?;
            drop(bar);
            print::reproduced(face, &done)?;
            return Ok(if done.same {
                Exit::DONE
            } else {
                Exit::UNVERIFIED
            });
        }
        ModelsVerb::Fairness(typed) => {
            let bar = Bar::new(face.terminal, face.lang);
            let watch = |progress| bar.show(&progress);
            let done = workspace::fairness(&ws, world, &typed.into(), face.lang, &watch)?;
            drop(bar);
            print::judged(face, &done, ws.policy())?;
        }
    }
    Ok(Exit::DONE)
}

fn review(face: &mut Face<'_>, world: &mut World, verb: ReviewVerb) -> Result<Exit, Failed> {
    let ws = face.open()?;
    let opinion = |decisions, given, note, by: By| OpinionRequest {
        decisions,
        given,
        note,
        person: by.person,
        key: by.key,
    };
    let request = match verb {
        ReviewVerb::List(typed) => {
            let request = ListRequest {
                run: typed.run,
                person: typed.person,
                filter: Filter {
                    band: typed.band,
                    status: typed.status,
                    borderline: typed.borderline,
                    limit: typed.limit,
                },
            };
            let listed = workspace::list_proposals(&ws, world, &request)?;
            print::proposals(face, &listed)?;
            return Ok(Exit::DONE);
        }
        ReviewVerb::Show { what, lead, by } => {
            let request = ShowRequest {
                what,
                is_lead: lead,
                person: by.person,
                key: by.key,
            };
            let (lang, json) = (face.lang, face.json);
            let render =
                |said: &Explanation, remarks: &[Remark]| print::opened(said, remarks, lang, json);
            let shown = workspace::show_proposal(&ws, world, &request, lang, &render)?;
            print::shown_proposal(face, &shown)?;
            return Ok(Exit::DONE);
        }
        ReviewVerb::SignOff { run, by } => {
            let request = SignOffRequest {
                run,
                person: by.person,
                key: by.key,
            };
            let done = workspace::sign_off(&ws, world, &request)?;
            print::signed_off(face, &done)?;
            return Ok(Exit::DONE);
        }
        ReviewVerb::Validate {
            decisions,
            note,
            by,
        } => opinion(decisions, Given::Validate, note, by),
        ReviewVerb::Override {
            decision,
            band,
            reason,
            note,
            by,
        } => opinion(vec![decision], Given::Override { band, reason }, note, by),
        ReviewVerb::Reject {
            decision,
            reason,
            note,
            by,
        } => opinion(vec![decision], Given::Reject { reason }, note, by),
    };
    let said = workspace::review(&ws, world, &request)?;
    print::reviewed(face, &said)?;
    Ok(Exit::DONE)
}

fn export(face: &mut Face<'_>, world: &mut World, verb: ExportVerb) -> Result<Exit, Failed> {
    let ExportVerb::Sql(typed) = verb;
    let request = SqlRequest {
        dialect: typed.dialect,
        model: typed.model,
        purpose: typed.purpose,
        from: typed.from,
        out: typed.out,
        person: typed.person,
    };
    let written = workspace::export_sql(&face.open()?, world, &request, face.lang)?;
    print::exported(face, &written)?;
    Ok(Exit::DONE)
}

fn subject(face: &mut Face<'_>, world: &mut World, verb: SubjectVerb) -> Result<Exit, Failed> {
    let ws = face.open()?;
    let asked = |whose: Whose, reason| Ask {
        lead: Some(whose.lead),
        request: Some(whose.request),
        person: whose.person,
        reason,
        ..Ask::default()
    };
    match verb {
        SubjectVerb::Erase {
            lead,
            request,
            batch,
            reason,
            person,
            now,
        } => {
            let ask = Ask {
                lead,
                request,
                batch,
                reason,
                person,
                now,
            };
            let asked = workspace::erase(&ws, world, &ask)?;
            print::erased(face, &asked)?;
        }
        SubjectVerb::Restrict { whose, reason } => {
            let done = workspace::restrict(&ws, world, &asked(whose, reason))?;
            print::restricted(face, &done)?;
        }
        SubjectVerb::Lift { whose } => {
            let done = workspace::lift(&ws, world, &asked(whose, None))?;
            print::lifted(face, &done)?;
        }
        SubjectVerb::Contest {
            whose,
            decision,
            note,
        } => {
            let contest = Contest {
                lead: whose.lead,
                decision,
                request: whose.request,
                note,
                person: whose.person,
            };
            let done = workspace::contest(&ws, world, &contest)?;
            print::contested(face, &done)?;
        }
        SubjectVerb::Object { whose, scope } => {
            // The grammar lets only scopes through.
            let scope = Scope::of(&scope).unwrap_or(Scope::All);
            let done = workspace::object(&ws, world, &asked(whose, None), scope)?;
            print::objected(face, &done)?;
        }
        SubjectVerb::List { person } => {
            print::requests(face, &workspace::list_requests(&ws, person.as_deref())?)?;
        }
        SubjectVerb::Receipt {
            request,
            out,
            person,
        } => {
            let receipt =
                workspace::receipt(&ws, world, &request, &out, person.as_deref(), face.lang)?;
            print::receipt(face, &receipt)?;
        }
    }
    Ok(Exit::DONE)
}

fn ledger(face: &mut Face<'_>, world: &mut World, verb: &LedgerVerb) -> Result<Exit, Failed> {
    match verb {
        LedgerVerb::Verify { full, anchors } => {
            let verdict = workspace::verify(&face.open()?, *full, anchors)?;
            print::verdict(face, &verdict)?;
            return Ok(if verdict.holds() {
                Exit::DONE
            } else {
                Exit::UNVERIFIED
            });
        }
        LedgerVerb::Show { index: None } => {
            print::entries(face, &workspace::entries(&face.open()?)?)?;
        }
        LedgerVerb::Show { index: Some(index) } => {
            let text = workspace::entry(&face.open()?, *index)?;
            print::entry(face, *index, &text)?;
        }
        LedgerVerb::Purge {
            dry_run: true,
            person,
        } => {
            print::due(
                face,
                &workspace::preview_batch(&face.open()?, world, person.as_deref())?,
            )?;
        }
        LedgerVerb::Purge { person, .. } => {
            let batch = workspace::purge(&face.open()?, world, person.as_deref())?;
            print::purged(face, &batch)?;
        }
        LedgerVerb::Gc { dry_run, person } => {
            let orphans = workspace::gc(&face.open()?, world, person.as_deref(), *dry_run)?;
            print::orphans(face, &orphans, *dry_run)?;
        }
        LedgerVerb::Stats => print::stats(face, &workspace::stats(&face.open()?)?)?,
        LedgerVerb::Anchor { verb } => anchor(face, world, verb)?,
        // A witness has no workspace, and needs none.
        LedgerVerb::Cosign {
            request,
            witness,
            out,
            log,
        } => {
            let done = workspace::cosign(world, request, witness, out, log.as_deref())?;
            print::cosigned(face, &done)?;
        }
        LedgerVerb::Witness { folder } => {
            print::witness(face, &workspace::show_witness(world, folder)?)?;
        }
        LedgerVerb::Bundle(typed) => {
            let handed = workspace::bundle(&face.open()?, world, &bundle_request(typed)?)?;
            print::handed_over(face, &handed)?;
        }
    }
    Ok(Exit::DONE)
}

fn anchor(face: &mut Face<'_>, world: &mut World, verb: &AnchorVerb) -> Result<(), Failed> {
    let ws = face.open()?;
    match verb {
        AnchorVerb::Request {
            cosign: Some(file),
            witness,
            old,
            person,
            ..
        } => {
            let witness = witness.as_deref();
            let asked = workspace::ask_witness(&ws, world, file, witness, *old, person.as_deref())?;
            print::asked(face, &asked)?;
        }
        AnchorVerb::Request {
            timestamp: Some(file),
            person,
            ..
        } => {
            let asked = workspace::ask_authority(&ws, world, file, person.as_deref())?;
            print::asked(face, &asked)?;
        }
        // The grammar lets neither through alone.
        AnchorVerb::Request { .. } => {}
        AnchorVerb::Add {
            answer,
            witness,
            person,
        } => {
            let kept =
                workspace::add_anchor(&ws, world, answer, witness.as_deref(), person.as_deref())?;
            print::kept(face, &kept)?;
        }
        AnchorVerb::Copy { file, person } => {
            print::kept(
                face,
                &[workspace::carry(&ws, world, file, person.as_deref())?],
            )?;
        }
        AnchorVerb::List => print::anchors(face, &workspace::list_anchors(&ws)?)?,
        AnchorVerb::AcceptRollback { person } => {
            let done = workspace::accept_rollback(&ws, world, person)?;
            print::accepted(face, &done)?;
        }
    }
    Ok(())
}

fn bundle_request(typed: &Bundle) -> Result<BundleRequest, Error> {
    let selection = match (&typed.run, &typed.lead, &typed.from, &typed.to) {
        (_, Some(lead), ..) => Selection::Lead {
            lead: lead.clone(),
            decision: typed.decision,
        },
        (_, _, Some(from), Some(to)) => Selection::Dates(day(from)?, day(to)?),
        (run, ..) => Selection::Run(run.clone().unwrap_or_default()),
    };
    Ok(BundleRequest {
        selection,
        rows: typed.rows,
        recipient: typed.recipient.clone(),
        person: typed.person.clone(),
        out: typed.out.clone(),
    })
}
