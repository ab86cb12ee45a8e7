//! `probant demo`: the main job on invented leads, as commands that a reader can repeat.

use std::ffi::OsString;
use std::path::Path;

use serde_json::{Value, json};

use super::{Exit, Face, Failed, run_in};
use crate::demo::{self, Stage};
use crate::say;
use crate::workspace::{self, Error, World};

/// The first reference of the leads to score.
const NIGHT: u64 = 500_001;

/// Plays the whole path in `dir`, and leaves it for exploring.
pub fn tour(
    dir: &Path,
    leads: usize,
    face: &mut Face<'_>,
    world: &mut World,
) -> Result<Exit, Failed> {
    if leads < 2_000 {
        return Err(Error::Usage {
            what: format!("{leads} leads are too few to learn from"),
            hint: "ask for 2000 or more with `--leads`",
        }
        .into());
    }
    let export = |rows, seed, first, stage| {
        let mut bytes = Vec::new();
        demo::export(&mut bytes, rows, seed, first, stage)?;
        Ok::<_, std::io::Error>(bytes)
    };
    let learned = export(leads, 1, 1, Stage::History)?;
    let tonight = export(leads / 4, 2, NIGHT, Stage::Open)?;
    workspace::stage_demo(
        dir,
        world,
        demo::policy(),
        &[("leads.csv", &learned), ("night.csv", &tonight)],
    )?;
    let here = dir.display();
    let (past, open) = (
        face.lang.count(leads as u64),
        face.lang.count(leads as u64 / 4),
    );
    writeln!(
        face.err,
        "{}",
        say!(
            face.lang,
            "{past} invented leads to learn from and {open} to score stand in {here}/. No real person is among them."
                | "{past} prospects inventés pour apprendre et {open} à noter sont dans {here}/. Aucune personne réelle n’y figure."
        )
    )?;
    let mut leads = demo::leads(2, 2, NIGHT, Stage::Open).map(|lead| lead.fields[0].clone());
    let (lead, leaver) = (
        leads.next().unwrap_or_default(),
        leads.next().unwrap_or_default(),
    );
    let train = dir.join("leads.csv");
    let night = dir.join("night.csv");
    let scores = dir.join("scores.csv");
    let steps: [Vec<OsString>; 7] = [
        words(&["check"], &[&train], &[]),
        words(&["train"], &[&train], &["--as", "data-1"]),
        words(
            &["models", "activate", "@latest", "--as", "data-1"],
            &[],
            &[],
        ),
        words(&["score"], &[&night], &["--out", &scores.to_string_lossy()]),
        words(
            &["explain", &lead, "--why", "review", "--as", "revue-1"],
            &[],
            &["--data", &night.to_string_lossy()],
        ),
        words(
            &["subject", "erase", &leaver, "--request", "DEMO-1", "--now"],
            &[],
            &[],
        ),
        words(&["ledger", "verify", "--full"], &[], &[]),
    ];
    let mut answers = Vec::new();
    for step in steps {
        let (exit, answer) = play(dir, &step, face, world)?;
        if exit != Exit::DONE {
            return Ok(exit);
        }
        answers.push(answer);
    }
    if face.json {
        face.json(&json!({ "schema_version": 1, "dir": dir, "steps": answers }))?;
        return Ok(Exit::DONE);
    }
    writeln!(face.err)?;
    writeln!(
        face.err,
        "{}",
        say!(
            face.lang,
            "The folder {here}/ stays: open {here}/models/*/card.html, read {here}/probant.toml, or change one byte of {here}/ledger and verify again."
                | "Le dossier {here}/ reste en place\u{a0}: ouvrez {here}/models/*/card.html, lisez {here}/probant.toml, ou changez un octet de {here}/ledger et vérifiez de nouveau."
        )
    )?;
    Ok(Exit::DONE)
}

fn words(verb: &[&str], paths: &[&Path], rest: &[&str]) -> Vec<OsString> {
    let text = |words: &[&str]| words.iter().map(OsString::from).collect::<Vec<_>>();
    [
        text(verb),
        paths
            .iter()
            .map(|path| path.as_os_str().to_owned())
            .collect(),
        text(rest),
    ]
    .concat()
}

/// Prints a command as a person would type it, then runs it; with `--json`, also its document.
fn play(
    dir: &Path,
    step: &[OsString],
    face: &mut Face<'_>,
    world: &mut World,
) -> Result<(Exit, Value), Failed> {
    let shown: Vec<String> = step
        .iter()
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    writeln!(
        face.err,
        "\n$ probant -w {} {}",
        dir.display(),
        shown.join(" ")
    )?;
    face.err.flush()?;
    let mut arguments: Vec<OsString> = [
        "probant".into(),
        "--lang".into(),
        face.lang.to_string().into(),
        "-w".into(),
        dir.into(),
    ]
    .to_vec();
    arguments.extend(step.iter().cloned());
    if !face.json {
        let exit = run_in(arguments, face.out, face.err, world);
        face.out.flush()?;
        return Ok((exit, Value::Null));
    }
    // One document for the whole path: each step's own is a part of it.
    arguments.push("--json".into());
    let mut printed = Vec::new();
    let exit = run_in(arguments, &mut printed, face.err, world);
    let answer: Value = serde_json::from_slice(&printed).unwrap_or_default();
    Ok((exit, json!({ "command": shown, "answer": answer })))
}
