//! `probant demo`: the main job on invented leads, as commands that a reader can repeat.

use std::ffi::OsString;
use std::path::Path;

use serde_json::{Value, json};

use super::{Exit, Face, Failed, run_in};
use crate::demo::{self, Stage};
use crate::ledger::Time;
use crate::say;
use crate::workspace::{self, Error, World};

/// The first reference of the leads to score.
const NIGHT: u64 = 500_001;

/// When the demonstration plays: 3 November 2026, 06:30 UTC, so that its leads are as fresh as its law is dated.
const MORNING: i64 = 1_793_687_400;

/// Seconds that pass between two commands.
const PAUSE: i64 = 20;

/// People of the demonstration's policy who sign.
const SIGNERS: [&str; 4] = ["dpo-1", "revue-1", "revue-2", "data-1"];

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
    world.now = Time(MORNING);
    stage(dir, leads, world)?;
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
            "{past} invented leads to learn from and {open} to score stand in {here}/. No real person is among them. In this demonstration it is the morning of 3 November 2026."
                | "{past} prospects inventés pour apprendre et {open} à noter sont dans {here}/. Aucune personne réelle n’y figure. Dans cette démonstration, nous sommes le matin du 3 novembre 2026."
        )
    )?;
    let mut play = Play {
        dir,
        answers: Vec::new(),
    };
    let exit = play.through(face, world)?;
    if exit != Exit::DONE {
        return Ok(exit);
    }
    if face.json {
        let steps = play.answers;
        face.json(&json!({ "schema_version": 1, "dir": dir, "steps": steps }))?;
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

/// Writes the workspace, its exports, its assessment, and the keys of those who sign.
fn stage(dir: &Path, leads: usize, world: &mut World) -> Result<(), Failed> {
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
    workspace::keep_demo(dir, world, &demo::wordings())?;
    workspace::sign_demo(dir, world, demo::policy(), demo::assessment(), &SIGNERS)?;
    Ok(())
}

/// The path, step by step.
struct Play<'a> {
    dir: &'a Path,
    /// Each step's document, with `--json`.
    answers: Vec<Value>,
}

impl Play<'_> {
    fn through(&mut self, face: &mut Face<'_>, world: &mut World) -> Result<Exit, Failed> {
        let file = |name: &str| self.dir.join(name).to_string_lossy().into_owned();
        let (train, night, key) = (file("leads.csv"), file("night.csv"), file("revue-1.key"));
        let (scores, refused, mailing) =
            (file("scores.csv"), file("refused.csv"), file("mailing.csv"));
        let by = ["--as", "revue-1", "--key", &key];
        let release = |tool, out| {
            let out: &str = out;
            [
                "release",
                "--to",
                tool,
                "--message",
                "promotional",
                "--band",
                "chaud",
                "--data",
                &night,
                "--out",
                out,
                "--as",
                "exploitation-1",
            ]
            .map(str::to_owned)
        };
        let sign_off = [&["review", "sign-off", "@latest"][..], &by].concat();
        self.must(&["check", &train], Exit::DONE, face, world)?;
        self.publish(&train, face, world)?;
        let score = ["score", &night, "--out", &scores, "--refused", &refused];
        self.must(&score, Exit::DONE, face, world)?;
        let [lead, leaver] = first_two(&scores)?;
        let explain = [
            "explain", &lead, "--data", &night, "--why", "quality", "--as", "dpo-1",
        ];
        self.must(&explain, Exit::DONE, face, world)?;
        // Nobody has looked yet: nothing leaves.
        self.must(&sign_off, Exit::REFUSED, face, world)?;
        self.look(&by, face, world)?;
        self.must(&sign_off, Exit::DONE, face, world)?;
        // A tool whose audit has lapsed receives nothing; the audited one does.
        let none = file("none.csv");
        self.must(
            &words(&release("ancien-mailer", &none)),
            Exit::REFUSED,
            face,
            world,
        )?;
        self.must(
            &words(&release("mailer", &mailing)),
            Exit::DONE,
            face,
            world,
        )?;
        let after: [&[&str]; 2] = [
            &["subject", "erase", &leaver, "--request", "DEMO-1", "--now"],
            &["ledger", "verify", "--full"],
        ];
        for step in after {
            self.must(step, Exit::DONE, face, world)?;
        }
        Ok(Exit::DONE)
    }

    /// Trains a model; whoever trained it may not approve it, a second person does, and then it is activated.
    fn publish(
        &mut self,
        data: &str,
        face: &mut Face<'_>,
        world: &mut World,
    ) -> Result<(), Failed> {
        let key = |who: &str| {
            let file = self.dir.join(format!("{who}.key"));
            file.to_string_lossy().into_owned()
        };
        let (trainer, second) = (key("data-1"), key("dpo-1"));
        let trainer = ["--as", "data-1", "--key", &trainer];
        let second = ["--as", "dpo-1", "--key", &second];
        let candidate = |verb| ["models", verb, "@candidate"];
        let steps = [
            (&["train", data][..], trainer, Exit::DONE),
            (&candidate("approve"), trainer, Exit::REFUSED),
            (&candidate("approve"), second, Exit::DONE),
            (&candidate("activate"), trainer, Exit::DONE),
        ];
        for (step, by, exit) in steps {
            self.must(&[step, &by].concat(), exit, face, world)?;
        }
        Ok(())
    }

    /// Opens every proposal that the sign-off asks for, one of them in sight; notices the planted cases.
    fn look(&mut self, by: &[&str], face: &mut Face<'_>, world: &mut World) -> Result<(), Failed> {
        let policy = crate::policy::parse(demo::policy()).map_err(Error::from)?;
        let list = ["review", "list", "--limit", "100000", "--as", "revue-1"];
        let listed = self.quietly(&list, face, world)?;
        let asked = listed["rows"].as_array().into_iter().flatten();
        let asked: Vec<String> = asked
            .filter(|row| row["to_open"] == true)
            .map(|row| row["decision"].to_string())
            .collect();
        for (at, number) in asked.iter().enumerate() {
            let show = [&["review", "show", number][..], by].concat();
            if at == 0 {
                self.must(&show, Exit::DONE, face, world)?;
            }
            let shown = self.quietly(&show, face, world)?;
            let score = shown["score_ppm"].as_u64().unwrap_or_default() as u32;
            let own = &policy.bands[policy.band(score)].id;
            if shown["band"]["id"] != own.as_str() {
                let act = [
                    "review",
                    "override",
                    number,
                    "--to",
                    own.as_str(),
                    "--reason",
                    "band-does-not-follow",
                ];
                self.must(&[&act[..], by].concat(), Exit::DONE, face, world)?;
                // It was planted: shown truly now, it is a proposal like any other.
                self.quietly(&show, face, world)?;
            }
        }
        let opened = face.lang.count(asked.len() as u64);
        Ok(writeln!(
            face.err,
            "{}",
            say!(
                face.lang,
                "\n(revue-1 opens {opened} proposals in all: every borderline one, and some drawn at random.)"
                    | "\n(revue-1 ouvre {opened} propositions en tout\u{a0}: tous les cas limites, et quelques-unes tirées au hasard.)"
            )
        )?)
    }

    /// Prints a command as a person would type it, runs it, and keeps its document; it must end as it should.
    fn must(
        &mut self,
        step: &[&str],
        exit: Exit,
        face: &mut Face<'_>,
        world: &mut World,
    ) -> Result<(), Failed> {
        world.now.0 += PAUSE;
        let step: Vec<OsString> = step.iter().map(OsString::from).collect();
        let (ended, answer) = play(self.dir, &step, face, world)?;
        self.answers.push(answer);
        if ended == exit {
            return Ok(());
        }
        Err(early(ended))
    }

    /// Runs a command without showing it; its document.
    fn quietly(
        &self,
        step: &[&str],
        face: &mut Face<'_>,
        world: &mut World,
    ) -> Result<Value, Failed> {
        world.now.0 += PAUSE;
        let mut arguments = arguments(self.dir, face);
        arguments.extend(step.iter().map(OsString::from));
        arguments.push("--json".into());
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let ended = run_in(arguments, &mut out, &mut err, world);
        if ended == Exit::DONE {
            return Ok(serde_json::from_slice(&out).unwrap_or_default());
        }
        face.err.write_all(&err)?;
        Err(early(ended))
    }
}

fn early(ended: Exit) -> Failed {
    let what = format!("the demonstration ended early: exit {}", ended.0);
    let hint = "remove its folder and run it again; if it ends here again, please report this";
    Error::Usage { what, hint }.into()
}

/// The first two leads of a score file.
fn first_two(scores: &str) -> Result<[String; 2], Failed> {
    let bytes = std::fs::read(scores)?;
    let mut lines = bytes.split(|byte| *byte == b'\n').skip(1);
    let mut next = || {
        let line = lines.next().unwrap_or_default();
        let name = line.split(|byte| *byte == b';').next().unwrap_or_default();
        String::from_utf8_lossy(name).into_owned()
    };
    Ok([next(), next()])
}

fn words(step: &[String]) -> Vec<&str> {
    step.iter().map(String::as_str).collect()
}

/// The words before every command of the path.
fn arguments(dir: &Path, face: &Face<'_>) -> Vec<OsString> {
    [
        "probant".into(),
        "--lang".into(),
        face.lang.to_string().into(),
        "-w".into(),
        dir.into(),
    ]
    .to_vec()
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
    let mut arguments = arguments(dir, face);
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
