//! Nights: what a run did, and why a lead has its score.

use std::io;

use serde_json::{Value, json};

use super::{failures, noun, right, table, width};
use crate::cli::Face;
use crate::lang::Lang;
use crate::report::moment;
use crate::say;
use crate::workspace::{Answer, Explained, RunLine, RunReport};

/// `probant score`.
pub fn scored(face: &mut Face<'_>, report: &RunReport) -> io::Result<()> {
    if face.json {
        return face.json(report);
    }
    let lang = face.lang;
    let run = report.run.get(..12).unwrap_or_default();
    writeln!(
        face.out,
        "{}",
        match report.status.as_str() {
            "restored" => say!(
                lang,
                "This export was scored before, as run {run}: nothing was logged again, and its files are in place."
                    | "Cet export a déjà été noté, au passage {run}\u{a0}: rien n’a été consigné de nouveau, et ses fichiers sont en place."
            ),
            "counted" => say!(
                lang,
                "Counted only: nothing was written or recorded."
                    | "Compté seulement\u{a0}: rien n’a été écrit ni consigné."
            ),
            _ => say!(
                lang,
                "Run {run} is recorded." | "Le passage {run} est consigné."
            ),
        }
    )?;
    counts(face, report)?;
    if report.standing == "trial" {
        writeln!(
            face.out,
            "! {}",
            say!(
                lang,
                "A trial: the model is not the active one."
                    | "Un essai\u{a0}: le modèle n’est pas le modèle actif."
            )
        )?;
    }
    for path in &report.outputs {
        writeln!(
            face.out,
            "{}",
            say!(lang, "Written: {path}" | "Écrit\u{a0}: {path}")
        )?;
    }
    if let Some(done) = &report.batch {
        super::batch(face, done)?;
    }
    face.next(&say!(
        lang,
        "probant explain LEAD --why review" | "probant explain PROSPECT --why review"
    ))
}

/// Rows in, and what they came to: proposed, refused, failed.
fn total(face: &mut Face<'_>, counts: [u64; 4]) -> io::Result<()> {
    let lang = face.lang;
    let [rows, proposed, refused, failed] = counts.map(|count| lang.count(count));
    let lines = noun(
        lang,
        counts[0],
        ["row", "rows"],
        ["ligne lue", "lignes lues"],
    );
    let new = noun(lang, counts[1], ["", ""], ["proposée", "proposées"]);
    let barred = noun(lang, counts[2], ["", ""], ["refusée", "refusées"]);
    writeln!(
        face.out,
        "{}",
        say!(
            lang,
            "{rows} {lines} in = {proposed} proposed + {refused} refused + {failed} failed."
                | "{rows} {lines} = {proposed} {new} + {refused} {barred} + {failed} en échec."
        )
    )
}

/// The counts of a run.
fn counts(face: &mut Face<'_>, report: &RunReport) -> io::Result<()> {
    let lang = face.lang;
    total(
        face,
        [
            report.rows_in,
            report.proposed,
            report.refused,
            report.failed,
        ],
    )?;
    let mut bands = table(&[
        say!(lang, "band" | "tranche"),
        say!(lang, "leads" | "prospects"),
        say!(lang, "share" | "part"),
    ]);
    for band in report.bands.iter().rev() {
        let share = if report.proposed == 0 {
            0.0
        } else {
            band.leads as f64 / report.proposed as f64
        };
        bands.add_row([
            band.label.clone(),
            lang.count(band.leads),
            lang.percent(share),
        ]);
    }
    right(&mut bands, &[1, 2]);
    writeln!(face.out, "{bands}")?;
    super::lawful::refusals(face, &report.law, &report.refusals)?;
    if let Some(consents) = &report.consents {
        super::lawful::consents(face, consents)?;
    }
    failures(face, &report.failures)?;
    for it in &report.unfamiliar {
        let (feature, leads) = (&it.feature, lang.count(it.leads));
        let who = noun(
            lang,
            it.leads,
            ["lead has", "leads have"],
            ["prospect a", "prospects ont"],
        );
        writeln!(
            face.out,
            "{}",
            say!(
                lang,
                "! {leads} {who} a value of `{feature}` that the model never met."
                    | "! {leads} {who} une valeur de «\u{a0}{feature}\u{a0}» que le modèle n’a jamais rencontrée."
            )
        )?;
    }
    if !report.undeclared.is_empty() {
        let names = report.undeclared.join(", ");
        writeln!(
            face.out,
            "{}",
            say!(
                lang,
                "Never read, since the policy does not name them: {names}."
                    | "Jamais lues, car la politique ne les nomme pas\u{a0}: {names}."
            )
        )?;
    }
    Ok(())
}

/// `probant runs list`.
pub fn runs(face: &mut Face<'_>, runs: &[RunLine]) -> io::Result<()> {
    if face.json {
        return face.json(&json!({ "schema_version": 1, "runs": runs }));
    }
    let lang = face.lang;
    if runs.is_empty() {
        writeln!(
            face.out,
            "{}",
            say!(lang, "No run yet." | "Aucun passage pour l’instant.")
        )?;
        return face.next("probant score EXPORT --out scores.csv");
    }
    let mut lines = table(&[
        say!(lang, "run" | "passage"),
        say!(lang, "started" | "début"),
        say!(lang, "model" | "modèle"),
        say!(lang, "rows" | "lignes"),
        say!(lang, "proposed" | "proposées"),
        say!(lang, "refused" | "refusées"),
        say!(lang, "failed" | "en échec"),
    ]);
    for run in runs {
        lines.add_row([
            run.run[..12].to_owned(),
            moment(&run.started, lang),
            model_of(run, lang),
            lang.count(run.rows_in),
            lang.count(run.proposed),
            lang.count(run.refused),
            lang.count(run.failed),
        ]);
    }
    right(&mut lines, &[3, 4, 5, 6]);
    writeln!(face.out, "{lines}")
}

/// The model's first digits, and whether it was tried out.
fn model_of(run: &RunLine, lang: Lang) -> String {
    let version = &run.model[..12];
    if run.standing == "trial" {
        say!(lang, "{version} (trial)" | "{version} (essai)")
    } else {
        version.to_owned()
    }
}

/// `probant runs show`.
pub fn run(face: &mut Face<'_>, line: &RunLine, report: Option<&Value>) -> io::Result<()> {
    if face.json {
        return face.json(&json!({ "schema_version": 1, "run": line, "report": report }));
    }
    let lang = face.lang;
    let (run, purpose, model) = (&line.run, &line.purpose, &line.model);
    let started = moment(&line.started, lang);
    writeln!(
        face.out,
        "{}",
        say!(
            lang,
            "Run {run}\nStarted {started} for `{purpose}`, model {model}"
                | "Passage {run}\nCommencé le {started} pour «\u{a0}{purpose}\u{a0}», modèle {model}"
        )
    )?;
    let report = report.and_then(|report| serde_json::from_value::<RunReport>(report.clone()).ok());
    if let Some(report) = report {
        return counts(face, &report);
    }
    total(
        face,
        [line.rows_in, line.proposed, line.refused, line.failed],
    )
}

/// What `probant explain` shows, byte for byte: its digest is recorded before it is shown.
pub fn explanation(answer: &Answer, lang: Lang, json: bool) -> io::Result<Vec<u8>> {
    if json {
        let mut document = answer.explanation.json(lang);
        let evidence = serde_json::to_value(&answer.evidence).map_err(io::Error::other)?;
        if let (Some(proof), Value::Object(evidence)) =
            (document["proof"].as_object_mut(), evidence)
        {
            proof.extend(evidence);
        }
        if !answer.unlinked.is_empty() {
            document["unlinked"] =
                serde_json::to_value(&answer.unlinked).map_err(io::Error::other)?;
        }
        let text = serde_json::to_string_pretty(&document).map_err(io::Error::other)?;
        return Ok((text + "\n").into_bytes());
    }
    let mut shown = answer.explanation.text_within(lang, width()).into_bytes();
    super::keys::unlinked(&mut shown, &answer.unlinked, lang)?;
    Ok(shown)
}

/// `probant explain`: what was recorded as shown, and nothing else on the standard output.
pub fn explained(face: &mut Face<'_>, explained: &Explained) -> io::Result<()> {
    face.out.write_all(&explained.shown)?;
    if !face.json {
        let (by, why) = (&explained.by, explained.why.label(face.lang));
        writeln!(
            face.err,
            "{}",
            say!(
                face.lang,
                "recorded: {by} read this for {why}"
                    | "consigné\u{a0}: {by} l’a lu, motif\u{a0}: {why}"
            )
        )?;
    }
    face.next("probant ledger verify --full")
}
