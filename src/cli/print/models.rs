//! The steps of a model's life, and which model scored when.

use std::io;

use serde_json::json;

use super::{right, table};
use crate::cli::Face;
use crate::lang::Lang;
use crate::report::{moment, wrap};
use crate::say;
use crate::workspace::{ScoredThen, Stage, StandsFor, StepDone};

/// Where a model stands, in words.
pub fn stage(stage: Stage, lang: Lang) -> String {
    match stage {
        Stage::Candidate => say!(lang, "candidate" | "candidat"),
        Stage::Rejected => say!(lang, "rejected" | "refusé"),
        Stage::Approved => say!(lang, "approved" | "approuvé"),
        Stage::Active => say!(lang, "active" | "actif"),
        Stage::Replaced => say!(lang, "replaced" | "remplacé"),
        Stage::RolledBack => say!(lang, "rolled back" | "retiré par retour arrière"),
        Stage::Retired => say!(lang, "retired" | "retiré"),
        Stage::Purged => say!(lang, "purged" | "supprimé"),
    }
}

/// Where a model stands for each purpose, in one cell.
pub fn stands(stands: &[StandsFor], lang: Lang) -> String {
    let line = |it: &StandsFor| {
        let stage = stage(it.stage, lang);
        let by = &it.by;
        if stands.len() == 1 {
            say!(lang, "{stage}, by {by}" | "{stage}, par {by}")
        } else {
            let purpose = &it.purpose;
            say!(
                lang,
                "{purpose}: {stage}, by {by}" | "{purpose}\u{a0}: {stage}, par {by}"
            )
        }
    };
    stands.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// `probant models approve`, `reject`, `activate`, `rollback` and `retire`.
pub fn step(face: &mut Face<'_>, done: &StepDone) -> io::Result<()> {
    if face.json {
        return face.json(done);
    }
    let lang = face.lang;
    let (version, purpose) = (&done.model[..12], &done.purpose);
    let (by, entry) = (&done.by, done.entry);
    let said = match done.stage {
        Stage::Approved => say!(
            lang,
            "Model {version} is approved for `{purpose}` by {by}: entry {entry} of the log, signed."
                | "Le modèle {version} est approuvé pour «\u{a0}{purpose}\u{a0}» par {by}\u{a0}: entrée {entry} du registre, signée."
        ),
        Stage::Rejected => say!(
            lang,
            "Model {version} is rejected for `{purpose}` by {by}: entry {entry} of the log, signed."
                | "Le modèle {version} est refusé pour «\u{a0}{purpose}\u{a0}» par {by}\u{a0}: entrée {entry} du registre, signée."
        ),
        Stage::Active => say!(
            lang,
            "Model {version} now scores for `{purpose}`; activated by {by}: entry {entry} of the log, signed."
                | "Le modèle {version} note désormais pour «\u{a0}{purpose}\u{a0}»\u{a0}; activé par {by}\u{a0}: entrée {entry} du registre, signée."
        ),
        Stage::Purged => say!(
            lang,
            "Model {version} is out of use and its folder is removed; by {by}: entry {entry} of the log, signed."
                | "Le modèle {version} est hors d’usage et son dossier est supprimé\u{a0}; par {by}\u{a0}: entrée {entry} du registre, signée."
        ),
        Stage::Candidate | Stage::Replaced | Stage::RolledBack | Stage::Retired => say!(
            lang,
            "Model {version} is out of use for `{purpose}`; by {by}: entry {entry} of the log, signed."
                | "Le modèle {version} est hors d’usage pour «\u{a0}{purpose}\u{a0}»\u{a0}; par {by}\u{a0}: entrée {entry} du registre, signée."
        ),
    };
    writeln!(face.out, "{said}")?;
    for gate in done.gates.iter().flat_map(|it| &it.gates) {
        let (name, meaning) = (gate.id.name(lang), gate.meaning.words(lang));
        let line = say!(lang, "{name}: {meaning}" | "{name}\u{a0}: {meaning}");
        writeln!(face.out, "  - {}", wrap(&line, 94).join("\n    "))?;
    }
    if let Some(replaced) = &done.replaced {
        let replaced = &replaced[..12];
        writeln!(
            face.out,
            "{}",
            say!(
                lang,
                "It takes over from {replaced}; `probant models rollback` goes back."
                    | "Il prend la suite de {replaced}\u{a0}; `probant models rollback` revient en arrière."
            )
        )?;
    }
    match done.stage {
        Stage::Approved => face.next(&say!(
            lang,
            "probant models activate {version} --as PERSON --key FILE"
                | "probant models activate {version} --as PERSONNE --key FICHIER"
        )),
        Stage::Active => face.next("probant score EXPORT --out scores.csv"),
        _ => face.next("probant models list"),
    }
}

/// `probant models at`.
pub fn at(face: &mut Face<'_>, date: &str, found: &[ScoredThen]) -> io::Result<()> {
    if face.json {
        return face.json(&json!({ "schema_version": 1, "date": date, "scored": found }));
    }
    let lang = face.lang;
    if found.is_empty() {
        return writeln!(
            face.out,
            "{}",
            say!(
                lang,
                "No model was active that day." | "Aucun modèle n’était actif ce jour-là."
            )
        );
    }
    let mut lines = table(&[
        say!(lang, "purpose" | "finalité"),
        say!(lang, "model" | "modèle"),
        say!(lang, "from" | "du"),
        say!(lang, "until" | "au"),
        say!(lang, "activated by" | "activé par"),
        say!(lang, "approved by" | "approuvé par"),
    ]);
    for it in found {
        let none = say!(lang, "none" | "aucun");
        let model = it.model.as_ref().map_or(none, |it| it[..12].to_owned());
        let by = match it.course.as_deref() {
            Some("rollback") => {
                let by = &it.by;
                say!(lang, "{by} (rollback)" | "{by} (retour arrière)")
            }
            _ => it.by.clone(),
        };
        let approved = it.approved_by.clone();
        lines.add_row([
            it.purpose.clone(),
            model,
            moment(&it.since, lang),
            it.until.as_ref().map_or_else(
                || say!(lang, "today" | "aujourd’hui"),
                |it| moment(it, lang),
            ),
            by,
            approved.unwrap_or_else(|| say!(lang, "nobody" | "personne")),
        ]);
    }
    right(&mut lines, &[]);
    writeln!(face.out, "{lines}")
}
