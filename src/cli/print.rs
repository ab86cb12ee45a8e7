//! What each command prints: one JSON document, or text that a person can read in ten seconds.

use std::error::Error as _;
use std::io;
use std::path::Path;

use comfy_table::{CellAlignment, ContentArrangement, LineStyle, Table, TableStyle};
use serde_json::{Value, json};

use super::Face;
use crate::policy::Policy;
use crate::report::{CardInput, Explanation, warnings};
use crate::say;
use crate::workspace::{
    Activated, Checked, CvReport, EntryLine, Error, Initialised, Listed, RunLine, RunReport, Size,
    Trained, Verdict,
};

/// An error with its chain and its hint.
pub fn error(face: &mut Face<'_>, error: &Error) -> io::Result<()> {
    let lang = face.lang;
    let mut source = error.source();
    writeln!(face.err, "{} {error}", say!(lang, "error:" | "erreur :"))?;
    while let Some(cause) = source {
        writeln!(face.err, "  {} {cause}", say!(lang, "because:" | "cause :"))?;
        source = cause.source();
    }
    if let Some(hint) = error.hint() {
        writeln!(face.err, "hint: {hint}")?;
    }
    Ok(())
}

fn table(header: &[String]) -> Table {
    let mut table = Table::new();
    // One line under the header and no other: air separates rows well enough.
    table
        .load_style(TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─')))
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_header(header);
    table
}

fn right(table: &mut Table, columns: &[usize]) {
    for &at in columns {
        if let Some(column) = table.column_mut(at) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
}

/// `probant init`.
pub fn initialised(face: &mut Face<'_>, made: &Initialised) -> io::Result<()> {
    if face.json {
        return face.json(made);
    }
    let lang = face.lang;
    let policy = made.policy.display();
    writeln!(
        face.out,
        "{}",
        say!(
            lang,
            "Workspace created; its policy is {policy}."
                | "Dossier de travail créé ; sa politique est {policy}."
        )
    )?;
    if made.from_data {
        let mut columns = table(&[
            say!(lang, "column" | "colonne"),
            say!(lang, "kind" | "nature"),
            say!(lang, "role" | "rôle"),
        ]);
        for (name, kind, role) in &made.columns {
            columns.add_row([name, kind, role]);
        }
        writeln!(face.out, "{columns}")?;
    }
    writeln!(
        face.out,
        "{}",
        say!(
            lang,
            "Read the policy and correct it before you train: each guess is marked."
                | "Relisez et corrigez la politique avant d’entraîner : chaque supposition y est signalée."
        )
    )?;
    face.next("probant policy check")
}

/// `probant policy check`.
pub fn policy(face: &mut Face<'_>, policy: &Policy) -> io::Result<()> {
    if face.json {
        return face.json(&json!({
            "schema_version": 1,
            "digest": policy.digest,
            "columns": policy.columns.len(),
            "features": policy.features().count(),
            "purposes": policy.purposes.iter().map(|it| it.id.as_str()).collect::<Vec<_>>(),
        }));
    }
    let (columns, features) = (policy.columns.len(), policy.features().count());
    let digest = policy.digest.short();
    writeln!(
        face.out,
        "{}",
        say!(
            face.lang,
            "The policy holds together: {columns} columns, {features} of them features. Digest {digest}…"
                | "La politique est cohérente : {columns} colonnes, dont {features} critères. Empreinte {digest}…"
        )
    )?;
    face.next("probant check DATA")
}

/// `probant check`.
pub fn checked(face: &mut Face<'_>, checked: &Checked) -> io::Result<()> {
    if face.json {
        return face.json(checked);
    }
    let lang = face.lang;
    let mut columns = table(&[
        say!(lang, "column" | "colonne"),
        say!(lang, "kind" | "nature"),
        say!(lang, "role" | "rôle"),
        say!(lang, "read" | "lue"),
        say!(lang, "levels" | "modalités"),
        say!(lang, "missing" | "absents"),
    ]);
    let number = |count: Option<u64>| count.map(|count| lang.count(count)).unwrap_or_default();
    for column in &checked.columns {
        let read = if column.read {
            say!(lang, "yes" | "oui")
        } else {
            say!(lang, "no" | "non")
        };
        let kind = format!("{:?}", column.kind).to_lowercase();
        columns.add_row([
            column.name.clone(),
            kind,
            column.role.clone(),
            read,
            number(column.levels),
            number(column.missing),
        ]);
    }
    right(&mut columns, &[4, 5]);
    writeln!(face.out, "{columns}")?;
    let (rows, failed, repeated) = (
        lang.count(checked.rows),
        lang.count(checked.failed),
        lang.count(checked.repeated),
    );
    writeln!(
        face.out,
        "{}",
        say!(
            lang,
            "{rows} rows; {failed} cannot be read, {repeated} repeat an identifier."
                | "{rows} lignes ; {failed} illisibles, {repeated} répètent un identifiant."
        )
    )?;
    if let (Some(0), Some(0)) = (checked.won, checked.lost) {
        writeln!(
            face.out,
            "{}",
            say!(
                lang,
                "No outcome is known: an export to score, not one to train on."
                    | "Aucune issue n’est connue : un export à noter, pas de quoi entraîner."
            )
        )?;
    } else if let (Some(won), Some(lost), Some(open)) = (checked.won, checked.lost, checked.open) {
        let (won, lost, open) = (lang.count(won), lang.count(lost), lang.count(open));
        let values = checked.open_values.unwrap_or(0);
        writeln!(
            face.out,
            "{}",
            say!(
                lang,
                "Outcome: {won} won, {lost} lost, {open} open ({values} other values)."
                    | "Issue : {won} gagnés, {lost} perdus, {open} en cours ({values} autres valeurs)."
            )
        )?;
    }
    if !checked.undeclared.is_empty() {
        let names = checked.undeclared.join(", ");
        writeln!(
            face.out,
            "{}",
            say!(
                lang,
                "Never read, since the policy does not name them: {names}."
                    | "Jamais lues, car la politique ne les nomme pas : {names}."
            )
        )?;
    }
    failures(face, &checked.failures)?;
    for line in checked.dialect.iter().chain(&checked.refusals) {
        writeln!(face.out, "! {line}")?;
    }
    if checked.refusals.is_empty() {
        face.next("probant train DATA --as PERSON")?;
    }
    Ok(())
}

fn failures(face: &mut Face<'_>, failures: &[crate::workspace::ReasonCount]) -> io::Result<()> {
    let lang = face.lang;
    for failure in failures {
        let (reason, rows) = (&failure.reason, lang.count(failure.rows));
        match &failure.column {
            Some(column) => writeln!(
                face.out,
                "{}",
                say!(
                    lang,
                    "  {rows} rows failed: {reason}, column `{column}`"
                        | "  {rows} lignes en échec : {reason}, colonne « {column} »"
                )
            )?,
            None => writeln!(
                face.out,
                "{}",
                say!(
                    lang,
                    "  {rows} rows failed: {reason}" | "  {rows} lignes en échec : {reason}"
                )
            )?,
        }
    }
    Ok(())
}

/// `probant train`.
pub fn trained(face: &mut Face<'_>, trained: &Trained, policy: &Policy) -> io::Result<()> {
    if face.json {
        return face.json(trained);
    }
    let lang = face.lang;
    let version = &trained.model[..12];
    if trained.same_as_before {
        writeln!(
            face.out,
            "{}",
            say!(
                lang,
                "The same model as before, byte for byte: {version}. Nothing was recorded."
                    | "Le même modèle qu’auparavant, à l’octet près : {version}. Rien n’a été consigné."
            )
        )?;
    } else {
        writeln!(
            face.out,
            "{}",
            say!(
                lang,
                "Candidate {version}, recorded in the log."
                    | "Candidat {version}, consigné au registre."
            )
        )?;
    }
    figures(
        face,
        &CardInput {
            model: &trained.document,
            policy,
            provenance: &trained.provenance,
        },
    )?;
    let folder = &trained.folder;
    writeln!(
        face.out,
        "{}",
        say!(
            lang,
            "Its card: {folder}/card.html" | "Sa fiche : {folder}/card.html"
        )
    )?;
    let by = &trained.by;
    face.next(&format!("probant models activate {version} --as {by}"))
}

/// The figures of a model and what to look at.
fn figures(face: &mut Face<'_>, input: &CardInput<'_>) -> io::Result<()> {
    let lang = face.lang;
    let provenance = input.provenance;
    let found = &provenance.findings;
    let metrics = &found.metrics;
    let (rows, won) = (lang.count(found.rows), lang.count(found.positives));
    let (open, failed) = (
        lang.count(provenance.rows.open),
        lang.count(provenance.rows.failed),
    );
    writeln!(
        face.out,
        "{}",
        say!(
            lang,
            "Learned from {rows} leads, {won} of them won; {open} open and {failed} unreadable rows were left out."
                | "Appris sur {rows} prospects, dont {won} gagnés ; {open} en cours et {failed} illisibles ont été écartés."
        )
    )?;
    let mut lines = table(&[
        say!(lang, "on leads held out" | "sur des prospects mis de côté"),
        say!(lang, "value" | "valeur"),
        say!(lang, "95 % interval" | "intervalle à 95 %"),
    ]);
    let named = [
        (say!(lang, "ROC AUC" | "AUC ROC"), metrics.roc_auc),
        (
            say!(lang, "average precision" | "précision moyenne"),
            metrics.pr_auc,
        ),
        (
            say!(lang, "log-loss" | "perte logarithmique"),
            metrics.log_loss,
        ),
        (say!(lang, "Brier score" | "score de Brier"), metrics.brier),
        (
            say!(lang, "calibration error" | "erreur de calibration"),
            metrics.ece,
        ),
        (say!(lang, "lift at 10 %" | "gain à 10 %"), metrics.lift_10),
    ];
    for (name, interval) in named {
        let show = |value: f64| lang.decimal(value, 4);
        lines.add_row([
            name,
            show(interval.value),
            format!("{} – {}", show(interval.low), show(interval.high)),
        ]);
    }
    right(&mut lines, &[1, 2]);
    writeln!(face.out, "{lines}")?;
    let strength = lang.decimal(found.strength, 1);
    let pairs: Vec<String> = found
        .pairs
        .iter()
        .map(|pair| format!("{} × {}", pair.a, pair.b))
        .collect();
    let pairs = if pairs.is_empty() {
        say!(lang, "none" | "aucune")
    } else {
        pairs.join(", ")
    };
    writeln!(
        face.out,
        "{}",
        say!(
            lang,
            "Strength {strength}; pairs: {pairs}." | "Lissage {strength} ; interactions : {pairs}."
        )
    )?;
    if let Some(certificate) = &found.certificate {
        let difference = format!("{:.1e}", certificate.largest_difference);
        let rows = lang.count(certificate.rows);
        writeln!(
            face.out,
            "{}",
            if certificate.certified {
                say!(
                    lang,
                    "Certified: an independent solver agrees within {difference} in log-odds on {rows} leads."
                        | "Certifié : un second solveur donne les mêmes log-cotes à {difference} près sur {rows} prospects."
                )
            } else {
                say!(
                    lang,
                    "NOT certified: an independent solver differs by {difference} in log-odds on {rows} leads."
                        | "NON certifié : un second solveur s’en écarte de {difference} en log-cote sur {rows} prospects."
                )
            }
        )?;
    }
    for (what, advice) in warnings(input, lang) {
        writeln!(face.out, "! {what} {advice}")?;
    }
    if !found.promotable {
        writeln!(
            face.out,
            "! {}",
            say!(
                lang,
                "This model may not be promoted." | "Ce modèle ne peut pas être promu."
            )
        )?;
    }
    Ok(())
}

/// `probant train --cv`.
pub fn cross_validation(face: &mut Face<'_>, report: &CvReport) -> io::Result<()> {
    if face.json {
        return face.json(report);
    }
    let lang = face.lang;
    let mut folds = table(&[
        say!(lang, "fold" | "bloc"),
        say!(lang, "rows" | "lignes"),
        say!(lang, "ROC AUC" | "AUC ROC"),
        say!(lang, "log-loss" | "perte logarithmique"),
        say!(lang, "strength" | "lissage"),
        say!(lang, "pairs" | "interactions"),
    ]);
    for fold in &report.cv.folds {
        folds.add_row([
            fold.fold.to_string(),
            lang.count(fold.rows),
            lang.decimal(fold.roc_auc, 4),
            lang.decimal(fold.log_loss, 4),
            lang.decimal(fold.strength, 1),
            fold.pairs.to_string(),
        ]);
    }
    right(&mut folds, &[0, 1, 2, 3, 4, 5]);
    writeln!(face.out, "{folds}")?;
    let (auc, loss) = (
        lang.decimal(report.cv.roc_auc, 4),
        lang.decimal(report.cv.log_loss, 4),
    );
    writeln!(
        face.out,
        "{}",
        say!(
            lang,
            "Mean ROC AUC {auc}, mean log-loss {loss}."
                | "AUC ROC moyenne {auc}, perte logarithmique moyenne {loss}."
        )
    )
}

/// `probant models list`.
pub fn models(face: &mut Face<'_>, models: &[Listed]) -> io::Result<()> {
    if face.json {
        return face.json(&json!({ "schema_version": 1, "models": models }));
    }
    let lang = face.lang;
    if models.is_empty() {
        writeln!(
            face.out,
            "{}",
            say!(lang, "No model yet." | "Aucun modèle pour l’instant.")
        )?;
        return face.next("probant train DATA --as PERSON");
    }
    let mut lines = table(&[
        say!(lang, "version" | "version"),
        say!(lang, "trained" | "entraîné"),
        say!(lang, "by" | "par"),
        say!(lang, "ROC AUC" | "AUC ROC"),
        say!(lang, "active for" | "actif pour"),
    ]);
    for model in models {
        let auc = model
            .roc_auc
            .map(|auc| lang.decimal(auc, 4))
            .unwrap_or_default();
        lines.add_row([
            model.version[..12].to_owned(),
            model.trained.clone(),
            model.by.clone(),
            auc,
            model.active_for.join(", "),
        ]);
    }
    writeln!(face.out, "{lines}")
}

/// `probant models show`.
pub fn model(
    face: &mut Face<'_>,
    line: &Listed,
    input: &CardInput<'_>,
    card: &Path,
) -> io::Result<()> {
    if face.json {
        return face
            .json(&json!({ "schema_version": 1, "model": line, "provenance": input.provenance }));
    }
    let lang = face.lang;
    let (version, trained, by) = (&line.version, &line.trained, &line.by);
    writeln!(
        face.out,
        "{}",
        say!(
            lang,
            "Model {version}\ntrained {trained} by {by}"
                | "Modèle {version}\nentraîné le {trained} par {by}"
        )
    )?;
    figures(face, input)?;
    let card = card.display();
    writeln!(
        face.out,
        "{}",
        say!(lang, "Its card: {card}" | "Sa fiche : {card}")
    )
}

/// `probant models activate`.
pub fn activated(face: &mut Face<'_>, done: &Activated) -> io::Result<()> {
    if face.json {
        return face.json(done);
    }
    let lang = face.lang;
    let (version, purpose, by, entry) = (&done.model[..12], &done.purpose, &done.by, done.entry);
    writeln!(
        face.out,
        "{}",
        say!(
            lang,
            "Model {version} now scores for `{purpose}`; activated by {by}, unapproved, entry {entry} of the log."
                | "Le modèle {version} note désormais pour « {purpose} » ; activé par {by}, sans approbation, entrée {entry} du registre."
        )
    )?;
    face.next("probant score EXPORT --out scores.csv")
}

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
                    | "Cet export a déjà été noté, au passage {run} : rien n’a été consigné de nouveau, et ses fichiers sont en place."
            ),
            "counted" => say!(
                lang,
                "Counted only: nothing was written or recorded."
                    | "Compté seulement : rien n’a été écrit ni consigné."
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
                    | "Un essai : le modèle n’est pas le modèle actif."
            )
        )?;
    }
    for path in &report.outputs {
        writeln!(
            face.out,
            "{}",
            say!(lang, "Written: {path}" | "Écrit : {path}")
        )?;
    }
    face.next("probant explain LEAD")
}

/// The counts of a run.
fn counts(face: &mut Face<'_>, report: &RunReport) -> io::Result<()> {
    let lang = face.lang;
    let (rows, proposed, refused, failed) = (
        lang.count(report.rows_in),
        lang.count(report.proposed),
        lang.count(report.refused),
        lang.count(report.failed),
    );
    writeln!(
        face.out,
        "{}",
        say!(
            lang,
            "{rows} rows in = {proposed} proposed + {refused} refused + {failed} failed."
                | "{rows} lignes lues = {proposed} proposées + {refused} refusées + {failed} en échec."
        )
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
    failures(face, &report.failures)?;
    for it in &report.unfamiliar {
        let (feature, leads) = (&it.feature, lang.count(it.leads));
        writeln!(
            face.out,
            "{}",
            say!(
                lang,
                "! {leads} leads have a value of `{feature}` that the model never met."
                    | "! {leads} prospects ont une valeur de « {feature} » que le modèle n’a jamais rencontrée."
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
                    | "Jamais lues, car la politique ne les nomme pas : {names}."
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
            run.started.clone(),
            run.model[..12].to_owned(),
            lang.count(run.rows_in),
            lang.count(run.proposed),
            lang.count(run.refused),
            lang.count(run.failed),
        ]);
    }
    right(&mut lines, &[3, 4, 5, 6]);
    writeln!(face.out, "{lines}")
}

/// `probant runs show`.
pub fn run(face: &mut Face<'_>, line: &RunLine, report: Option<&Value>) -> io::Result<()> {
    if face.json {
        return face.json(&json!({ "schema_version": 1, "run": line, "report": report }));
    }
    let lang = face.lang;
    let (run, started, purpose, model) = (&line.run, &line.started, &line.purpose, &line.model);
    writeln!(
        face.out,
        "{}",
        say!(
            lang,
            "Run {run}\nstarted {started} for `{purpose}`, model {model}"
                | "Passage {run}\ndébut {started} pour « {purpose} », modèle {model}"
        )
    )?;
    match report.and_then(|report| serde_json::from_value::<RunReport>(report.clone()).ok()) {
        Some(report) => counts(face, &report),
        None => {
            let (rows, proposed, refused, failed) = (
                lang.count(line.rows_in),
                lang.count(line.proposed),
                lang.count(line.refused),
                lang.count(line.failed),
            );
            writeln!(
                face.out,
                "{}",
                say!(
                    lang,
                    "{rows} rows in = {proposed} proposed + {refused} refused + {failed} failed."
                        | "{rows} lignes lues = {proposed} proposées + {refused} refusées + {failed} en échec."
                )
            )
        }
    }
}

/// `probant explain`.
pub fn explanation(face: &mut Face<'_>, said: &Explanation) -> io::Result<()> {
    if face.json {
        return face.json(&said.json(face.lang));
    }
    write!(face.out, "{}", said.text(face.lang))?;
    face.next("probant ledger verify --full")
}

/// `probant ledger verify`.
pub fn verdict(face: &mut Face<'_>, verdict: &Verdict) -> io::Result<()> {
    if face.json {
        return face.json(verdict);
    }
    let lang = face.lang;
    let (entries, rows, replayed) = (
        lang.count(verdict.entries),
        lang.count(verdict.rows),
        lang.count(verdict.replayed),
    );
    let good = |good: bool| {
        if good {
            say!(lang, "holds" | "tient")
        } else {
            say!(lang, "DOES NOT HOLD" | "NE TIENT PAS")
        }
    };
    let integrity = good(verdict.integrity.is_empty());
    let completeness = good(verdict.completeness.is_empty());
    writeln!(
        face.out,
        "{}",
        say!(
            lang,
            "Integrity {integrity}: {entries} entries, {rows} records."
                | "Intégrité : {integrity} — {entries} entrées, {rows} enregistrements."
        )
    )?;
    writeln!(
        face.out,
        "{}",
        say!(
            lang,
            "Completeness {completeness}: every row of every run is accounted for."
                | "Complétude : {completeness} — chaque ligne de chaque passage est comptée."
        )
    )?;
    if verdict.full {
        writeln!(
            face.out,
            "{}",
            say!(
                lang,
                "{replayed} predictions were replayed from their codes and their model, and are what was signed."
                    | "{replayed} prédictions ont été rejouées d’après leurs codes et leur modèle : elles sont ce qui a été signé."
            )
        )?;
    }
    for trouble in verdict.integrity.iter().chain(&verdict.completeness) {
        writeln!(face.out, "! {}: {}", trouble.file, trouble.why)?;
    }
    if verdict.holds() {
        if !verdict.full {
            face.next("probant ledger verify --full")?;
        }
    } else if !face.json {
        writeln!(
            face.err,
            "hint: {}",
            say!(
                lang,
                "do not append; restore what is named from a backup, and keep this copy as evidence"
                    | "n’ajoutez rien ; restaurez ce qui est nommé depuis une sauvegarde, et gardez cette copie comme preuve"
            )
        )?;
    }
    Ok(())
}

/// `probant ledger show`.
pub fn entries(face: &mut Face<'_>, entries: &[EntryLine]) -> io::Result<()> {
    if face.json {
        return face.json(&json!({ "schema_version": 1, "entries": entries }));
    }
    let mut lines = table(&[
        "#".to_owned(),
        say!(face.lang, "entry" | "entrée"),
        say!(face.lang, "says" | "dit"),
    ]);
    for entry in entries {
        let said: Vec<&str> = entry.text.lines().skip(1).take(2).collect();
        lines.add_row([
            entry.index.to_string(),
            entry.kind.clone(),
            said.join(" · "),
        ]);
    }
    right(&mut lines, &[0]);
    writeln!(face.out, "{lines}")?;
    face.next("probant ledger show 0")
}

/// `probant ledger show N`.
pub fn entry(face: &mut Face<'_>, index: u64, text: &str) -> io::Result<()> {
    if face.json {
        return face.json(&json!({ "schema_version": 1, "index": index, "text": text }));
    }
    write!(face.out, "{text}")
}

/// `probant ledger stats`.
pub fn stats(face: &mut Face<'_>, size: &Size) -> io::Result<()> {
    if face.json {
        return face.json(size);
    }
    let lang = face.lang;
    let origin = &size.origin;
    writeln!(
        face.out,
        "{}",
        say!(lang, "Log {origin}" | "Registre {origin}")
    )?;
    let mut lines = table(&[String::new(), String::new()]);
    for (name, count) in [
        (say!(lang, "entries" | "entrées"), size.entries),
        (say!(lang, "runs" | "passages"), size.runs),
        (say!(lang, "segments" | "segments"), size.segments),
        (say!(lang, "predictions" | "prédictions"), size.proposals),
        (say!(lang, "refusals" | "refus"), size.refusals),
        (say!(lang, "events" | "événements"), size.events),
        (say!(lang, "bytes" | "octets"), size.bytes),
    ] {
        lines.add_row([name, lang.count(count)]);
    }
    lines.add_row([
        say!(lang, "bytes per record" | "octets par enregistrement"),
        lang.decimal(size.bytes_per_row, 1),
    ]);
    right(&mut lines, &[1]);
    writeln!(face.out, "{lines}")
}
