//! One function a verb: parse, call the workspace once, print once.

use chrono::NaiveDate;

use super::args::{Command, LedgerVerb, ModelsVerb, PolicyVerb, RunsVerb};
use super::bar::Bar;
use super::{Exit, Face, Failed, print};
use crate::policy;
use crate::report::CardInput;
use crate::workspace::{self, Error, Question, Request, TrainRequest, World};

/// Carries out what was typed.
pub fn carry_out(command: Command, face: &mut Face<'_>, world: &mut World) -> Result<Exit, Failed> {
    match command {
        Command::Demo { dir, leads } => super::tour::tour(&dir, leads, face, world),
        Command::Init { data } => {
            let made = workspace::init(&face.here(), world, data.as_deref(), face.lang)?;
            print::initialised(face, &made)?;
            Ok(Exit::DONE)
        }
        Command::Check { data, strict } => {
            let ws = face.open()?;
            let bar = Bar::new(face.terminal, face.lang);
            let checked = workspace::check(&ws, &data, strict, face.lang, &|progress| {
                bar.show(&progress);
            })?;
            drop(bar);
            print::checked(face, &checked, &data, ws.policy())?;
            Ok(Exit(checked.exit))
        }
        Command::Policy { verb } => declared(face, &verb),
        Command::Train {
            data,
            person,
            cv,
            folds,
            strict,
        } => train(
            face,
            world,
            &TrainRequest {
                data,
                person,
                folds,
                strict,
            },
            cv,
        ),
        Command::Models { verb } => models(face, world, verb),
        Command::Score {
            data,
            out,
            rejects,
            refused,
            dry_run,
            again,
            date,
            purpose,
            model,
            strict,
        } => {
            let date = date.map(|text| day(&text)).transpose()?;
            let request = Request {
                data,
                out,
                rejects,
                refused,
                dry_run,
                again,
                date,
                purpose,
                model,
                strict,
            };
            score(face, world, &request)
        }
        Command::Runs { verb } => runs(face, &verb),
        Command::Explain {
            lead,
            decision,
            data,
        } => {
            let said = workspace::explain(
                &face.open()?,
                &Question {
                    lead,
                    decision,
                    data,
                },
                face.lang,
            )?;
            print::explanation(face, &said)?;
            Ok(Exit::DONE)
        }
        Command::Ledger { verb } => ledger(face, &verb),
    }
}

fn declared(face: &mut Face<'_>, verb: &PolicyVerb) -> Result<Exit, Failed> {
    match verb {
        PolicyVerb::Schema if face.json => {
            let schema: serde_json::Value =
                serde_json::from_str(&policy::schema()).map_err(std::io::Error::other)?;
            face.json(&serde_json::json!({ "schema_version": 1, "schema": schema }))?;
        }
        PolicyVerb::Schema => write!(face.out, "{}", policy::schema())?,
        PolicyVerb::Check => {
            let ws = face.open()?;
            print::policy(face, ws.policy())?;
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
    match verb {
        ModelsVerb::List => print::models(face, &workspace::list_models(&ws)?)?,
        ModelsVerb::Show { version } => {
            let (line, model, provenance, card) = workspace::show_model(&ws, &version)?;
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
        ModelsVerb::Activate {
            version,
            person,
            purpose,
        } => {
            let done = workspace::activate(&ws, world, &version, &person, purpose.as_deref())?;
            print::activated(face, &done)?;
        }
    }
    Ok(Exit::DONE)
}

fn ledger(face: &mut Face<'_>, verb: &LedgerVerb) -> Result<Exit, Failed> {
    let ws = face.open()?;
    match verb {
        LedgerVerb::Verify { full } => {
            let verdict = workspace::verify(&ws, *full)?;
            print::verdict(face, &verdict)?;
            Ok(if verdict.holds() {
                Exit::DONE
            } else {
                Exit::UNVERIFIED
            })
        }
        LedgerVerb::Show { index: None } => {
            print::entries(face, &workspace::entries(&ws)?)?;
            Ok(Exit::DONE)
        }
        LedgerVerb::Show { index: Some(index) } => {
            let text = workspace::entry(&ws, *index)?;
            print::entry(face, *index, &text)?;
            Ok(Exit::DONE)
        }
        LedgerVerb::Stats => {
            print::stats(face, &workspace::stats(&ws)?)?;
            Ok(Exit::DONE)
        }
    }
}
