//! Trainings and models.

use std::io;
use std::path::Path;

use serde_json::json;

use super::{noun, right, stands, table};
use crate::cli::Face;
use crate::model::findings::Metrics;
use crate::policy::Policy;
use crate::report::{CardInput, ProfilingView, moment, rivals, scientific, warnings};
use crate::say;
use crate::workspace::{CvReport, Listed, Trained};

/// `probant train`.
pub fn trained(face: &mut Face<'_>, trained: &Trained, policy: &Policy) -> io::Result<()> {
    if face.json {
        return face.json(trained);
    }
    let lang = face.lang;
    let version = &trained.model[..12];
    if trained.compared_again {
        writeln!(
            face.out,
            "{}",
            say!(
                lang,
                "The same model as before, byte for byte: {version}. How it compares with the model that is active now is recorded."
                    | "Le même modèle qu’auparavant, à l’octet près\u{a0}: {version}. Sa comparaison avec le modèle actif aujourd’hui est consignée."
            )
        )?;
    } else if trained.same_as_before {
        writeln!(
            face.out,
            "{}",
            say!(
                lang,
                "The same model as before, byte for byte: {version}. Nothing was recorded."
                    | "Le même modèle qu’auparavant, à l’octet près\u{a0}: {version}. Rien n’a été consigné."
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
        singled,
    )?;
    let folder = &trained.folder;
    writeln!(
        face.out,
        "{}",
        say!(
            lang,
            "Its card: {folder}/card.html" | "Sa carte\u{a0}: {folder}/card.html"
        )
    )?;
    face.next(&if trained.signed {
        say!(
            lang,
            "probant models approve {version} --as PERSON --key FILE (a second person)"
                | "probant models approve {version} --as PERSONNE --key FICHIER (une seconde personne)"
        )
    } else {
        let by = &trained.by;
        say!(
            lang,
            "the same command with --as {by} --key FILE: an approval asks for a training that was signed"
                | "la même commande avec --as {by} --key FICHIER\u{a0}: une approbation suppose un entraînement signé"
        )
    })
}

/// How good the model was on the leads held out.
fn measures(face: &mut Face<'_>, metrics: &Metrics) -> io::Result<()> {
    let lang = face.lang;
    let mut lines = table(&[
        say!(lang, "on leads held out" | "sur des prospects mis de côté"),
        say!(lang, "value" | "valeur"),
        say!(lang, "95% interval" | "intervalle à 95\u{a0}%"),
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
        (
            say!(lang, "lift at 10%" | "gain à 10\u{a0}%"),
            metrics.lift_10,
        ),
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
    writeln!(face.out, "{lines}")
}

/// What each feature brings, and whom it singles out.
pub fn profiling(face: &mut Face<'_>, view: &ProfilingView) -> io::Result<()> {
    let mut lines = table(&view.heads);
    for row in &view.rows {
        lines.add_row(row);
    }
    right(&mut lines, &[1, 2]);
    writeln!(face.out, "{lines}\n{}", view.note)?;
    singled(face, view)
}

/// The same without the table.
fn singled(face: &mut Face<'_>, view: &ProfilingView) -> io::Result<()> {
    writeln!(face.out, "{}", view.budget)?;
    if !view.idle.is_empty() {
        writeln!(face.out, "! {}", view.idle)?;
    }
    Ok(())
}

/// The figures of a model and what to look at.
fn figures(
    face: &mut Face<'_>,
    input: &CardInput<'_>,
    profile: fn(&mut Face<'_>, &ProfilingView) -> io::Result<()>,
) -> io::Result<()> {
    let lang = face.lang;
    let provenance = input.provenance;
    let found = &provenance.findings;
    let metrics = &found.metrics;
    let (rows, won) = (lang.count(found.rows), lang.count(found.positives));
    let (open, failed) = (
        lang.count(provenance.rows.open),
        lang.count(provenance.rows.failed),
    );
    let unread = noun(
        lang,
        provenance.rows.failed,
        ["", ""],
        ["illisible", "illisibles"],
    );
    writeln!(
        face.out,
        "{}",
        say!(
            lang,
            "Learned from {rows} leads, {won} of them won. Left out: {open} open, {failed} unreadable."
                | "Appris sur {rows} prospects, dont {won} gagnés. Écartés\u{a0}: {open} en cours, {failed} {unread}."
        )
    )?;
    measures(face, metrics)?;
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
            "Strength {strength}; pairs: {pairs}."
                | "Lissage {strength}\u{a0}; interactions\u{a0}: {pairs}."
        )
    )?;
    if let Some(certificate) = &found.certificate {
        let difference = scientific(certificate.largest_difference, lang);
        let rows = lang.count(certificate.rows);
        writeln!(
            face.out,
            "{}",
            if certificate.certified {
                say!(
                    lang,
                    "Certified: an independent solver agrees within {difference} in log-odds on {rows} leads."
                        | "Certifié\u{a0}: un second solveur donne les mêmes logits à {difference} près sur {rows} prospects."
                )
            } else {
                say!(
                    lang,
                    "NOT certified: an independent solver differs by {difference} in log-odds on {rows} leads."
                        | "NON certifié\u{a0}: un second solveur s’en écarte de {difference} en logits sur {rows} prospects."
                )
            }
        )?;
    }
    if let Some(view) = input.profiling(lang) {
        profile(face, &view)?;
    }
    if let Some(view) = rivals(found, u64::from(input.policy.training.min_people), lang) {
        let mut lines = table(&view.heads);
        for row in &view.rows {
            lines.add_row(row);
        }
        right(&mut lines, &[1, 2, 3, 4]);
        writeln!(face.out, "{lines}")?;
        for remark in &view.remarks {
            writeln!(face.out, "{remark}")?;
        }
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
        return face.next(&say!(
            lang,
            "probant train DATA --as PERSON --key FILE"
                | "probant train EXPORT --as PERSONNE --key FICHIER"
        ));
    }
    let mut lines = table(&[
        say!(lang, "version" | "version"),
        say!(lang, "trained" | "entraîné"),
        say!(lang, "by" | "par"),
        say!(lang, "ROC AUC" | "AUC ROC"),
        say!(lang, "where it stands" | "où il en est"),
    ]);
    for model in models {
        let auc = if model.altered {
            say!(lang, "altered" | "altéré")
        } else {
            let auc = model.roc_auc.map(|auc| lang.decimal(auc, 4));
            auc.unwrap_or_default()
        };
        lines.add_row([
            model.version[..12].to_owned(),
            moment(&model.trained, lang),
            model.by.clone(),
            auc,
            stands(&model.stands, lang),
        ]);
    }
    writeln!(face.out, "{lines}")?;
    if models.iter().any(|it| it.altered) {
        writeln!(
            face.out,
            "{}",
            say!(
                lang,
                "Altered: its files are gone or not those that were recorded; it does not score. `probant doctor` says which."
                    | "Altéré\u{a0}: ses fichiers manquent ou ne sont pas ceux qui furent consignés\u{a0}; il ne note pas. `probant doctor` dit lesquels."
            )
        )?;
    }
    Ok(())
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
    let (version, trained, by) = (&line.version, moment(&line.trained, lang), &line.by);
    writeln!(
        face.out,
        "{}",
        say!(
            lang,
            "Model {version}\nTrained {trained} by {by}"
                | "Modèle {version}\nEntraîné le {trained} par {by}"
        )
    )?;
    figures(face, input, profiling)?;
    let card = card.display();
    writeln!(
        face.out,
        "{}",
        say!(lang, "Its card: {card}" | "Sa carte\u{a0}: {card}")
    )
}
