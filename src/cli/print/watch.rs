//! What became of leads, taken in; and the model, watched.

use std::io;

use super::{noun, right, shown, table};
use crate::cli::Face;
use crate::lang::Lang;
use crate::monitor::document::Signal;
use crate::monitor::{LEAST_OF_EITHER, Monitored, Verdict};
use crate::policy::Policy;
use crate::report::{cause, day, headline, other_dates, plain};
use crate::say;
use crate::workspace::{Learned, Recorded, Watching};

/// `probant outcomes`.
pub fn learned(face: &mut Face<'_>, done: &Recorded<Learned>) -> io::Result<()> {
    if face.json {
        return face.json(&**done);
    }
    let lang = face.lang;
    let [won, lost, changed] = [done.won, done.lost, done.changed].map(|it| lang.count(it));
    let first = match done.status.as_str() {
        "recorded" => say!(
            lang,
            "Outcomes recorded: {won} won and {lost} lost, of which {changed} replace another."
                | "Issues consignées\u{a0}: {won} gagnés et {lost} perdus, dont {changed} en remplacent une autre."
        ),
        "unchanged" => say!(
            lang,
            "Nothing new: nothing was recorded." | "Rien de nouveau\u{a0}: rien n’est consigné."
        ),
        _ => say!(
            lang,
            "Counted only: nothing was recorded. Would be recorded: {won} won and {lost} lost, of which {changed} replace another."
                | "Compté seulement\u{a0}: rien n’est consigné. Le seraient\u{a0}: {won} gagnés et {lost} perdus, dont {changed} en remplacent une autre."
        ),
    };
    writeln!(face.out, "{first}")?;
    let [rows, recorded, unchanged, open, failed, none, held] = [
        done.rows_in,
        done.recorded,
        done.unchanged,
        done.open,
        done.failed,
        done.no_decision,
        done.held,
    ]
    .map(|it| lang.count(it));
    writeln!(
        face.out,
        "{}",
        say!(
            lang,
            "{rows} rows in = {recorded} new + {unchanged} known already + {open} open + {failed} failed + {none} without a decision + {held} that may not be used."
                | "{rows} lignes lues = {recorded} nouvelles + {unchanged} déjà connues + {open} en cours + {failed} en échec + {none} sans décision + {held} qui ne peuvent être employées."
        )
    )?;
    face.next("probant monitor")
}

/// `probant monitor`.
pub fn watched(face: &mut Face<'_>, done: &Recorded<Watching>, policy: &Policy) -> io::Result<()> {
    if face.json {
        return face.json(&**done);
    }
    let (lang, said) = (face.lang, &done.said);
    let (model, from, to) = (
        said.model.short(),
        day(&said.from, lang),
        day(&said.to, lang),
    );
    let runs = noun(lang, said.runs, ["run", "runs"], ["passage", "passages"]);
    let runs = format!("{} {runs}", lang.count(said.runs));
    let many = said.leads.unwrap_or(said.k);
    let leads = noun(lang, many, ["lead", "leads"], ["prospect", "prospects"]);
    let leads = format!("{} {leads}", counted(said.leads, said, lang));
    writeln!(
        face.out,
        "{}",
        say!(
            lang,
            "Model {model}, {from} to {to}: {runs}, {leads}."
                | "Modèle {model}, du {from} au {to}\u{a0}: {runs}, {leads}."
        )
    )?;
    let word = match said.verdict {
        Verdict::Alert => say!(lang, "ALERT. " | "ALERTE. "),
        Verdict::Watch => say!(lang, "To watch. " | "À surveiller. "),
        Verdict::Steady => say!(lang, "Steady. " | "Stable. "),
        Verdict::Overdue => say!(lang, "OVERDUE. " | "EN RETARD. "),
        Verdict::TooFew => String::new(),
    };
    writeln!(face.out, "{word}{}", headline(said, lang))?;
    let label = |name: &str| policy.label(name).to_owned();
    for it in &said.causes {
        let mark = if it.signal() == Signal::Alert {
            '!'
        } else {
            '·'
        };
        let said = cause(it, said, &done.watched, &label, lang);
        writeln!(face.out, "{mark} {said}")?;
    }
    features(face, said, policy)?;
    kept(face, said)?;
    apart(face, said)?;
    let entry = lang.count(done.entry);
    writeln!(
        face.out,
        "{}",
        say!(
            lang,
            "Recorded as entry {entry} of the ledger, about nobody."
                | "Consigné à l’entrée {entry} du registre\u{a0}; il n’y est question de personne."
        )
    )?;
    if let Some(file) = &done.file {
        let file = shown(file);
        writeln!(
            face.out,
            "{}",
            say!(lang, "Report: {file}" | "Compte rendu\u{a0}: {file}")
        )?;
    }
    if said.verdict == Verdict::Alert {
        writeln!(
            face.out,
            "{}",
            say!(
                lang,
                "Proposed: train a candidate and compare it; nothing is replaced by itself."
                    | "Proposé\u{a0}: entraîner un candidat et le comparer\u{a0}; rien n’est remplacé tout seul."
            )
        )?;
    }
    done.next.iter().try_for_each(|command| face.next(command))
}

/// A count, or that it stands for too few.
fn counted(count: Option<u64>, said: &Monitored, lang: Lang) -> String {
    count.map_or_else(|| format!("< {}", said.k), |it| lang.count(it))
}

/// Every feature and the score, the farthest first.
fn features(face: &mut Face<'_>, said: &Monitored, policy: &Policy) -> io::Result<()> {
    if said.features.is_empty() {
        return Ok(());
    }
    let (lang, k) = (face.lang, said.k);
    let share = |it: Option<f64>| it.map_or_else(|| format!("< {k}"), |it| lang.percent(it));
    let mut rows: Vec<(f64, [String; 5])> = said
        .features
        .iter()
        .map(|it| {
            let beyond = match (it.unseen, it.below, it.above) {
                (Some(unseen), ..) => share(unseen.window),
                (None, Some(below), Some(above)) => match (below.window, above.window) {
                    (Some(below), Some(above)) => lang.percent(below + above),
                    _ => share(None),
                },
                _ => String::new(),
            };
            let cells = [
                plain(policy.label(&it.feature)),
                signal(it.signal, lang),
                lang.decimal(it.psi, 3),
                format!(
                    "{} → {}",
                    share(it.missing.training),
                    share(it.missing.window)
                ),
                beyond,
            ];
            (it.psi, cells)
        })
        .collect();
    if let Some(score) = &said.score {
        let name = say!(lang, "(score)" | "(score)");
        let psi = lang.decimal(score.psi, 3);
        let cells = [
            name,
            signal(score.signal, lang),
            psi,
            String::new(),
            String::new(),
        ];
        rows.push((score.psi, cells));
    }
    rows.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut list = table(&[
        say!(lang, "feature" | "donnée"),
        String::new(),
        say!(lang, "index" | "indice"),
        say!(lang, "not given" | "non renseigné"),
        say!(lang, "never seen" | "jamais vu"),
    ]);
    for (_, cells) in rows {
        list.add_row(cells);
    }
    right(&mut list, &[2, 3, 4]);
    writeln!(face.out, "{list}")
}

fn signal(signal: Signal, lang: Lang) -> String {
    match signal {
        Signal::Steady => String::new(),
        Signal::Watch => say!(lang, "watch" | "à surveiller"),
        Signal::Alert => say!(lang, "alert" | "alerte"),
    }
}

/// What the scores promise, and how the model kept its word.
fn kept(face: &mut Face<'_>, said: &Monitored) -> io::Result<()> {
    let lang = face.lang;
    if let Some(promise) = &said.promise {
        let [here, value, low, high] = [
            promise.window.roc_auc,
            promise.holdout_roc_auc.value,
            promise.holdout_roc_auc.low,
            promise.holdout_roc_auc.high,
        ]
        .map(|it| lang.decimal(it, 3));
        writeln!(
            face.out,
            "{}",
            say!(
                lang,
                "Expected AUC {here}, if scores are still calibrated (measured before: {value}, {low} to {high})."
                    | "AUC attendue {here}, si les scores restent calibrés (mesurée avant\u{a0}: {value}, de {low} à {high})."
            )
        )?;
    }
    if let Some(realised) = &said.realised {
        let metrics = &realised.metrics;
        let [auc, low, high] = [
            metrics.roc_auc.value,
            metrics.roc_auc.low,
            metrics.roc_auc.high,
        ]
        .map(|it| lang.decimal(it, 3));
        let (ece, lift) = (
            lang.percent(metrics.ece.value),
            lang.decimal(metrics.lift_10.value, 2),
        );
        return writeln!(
            face.out,
            "{}",
            say!(
                lang,
                "Realised: AUC {auc} ({low} to {high}), calibration error {ece}, lift at 10% {lift}."
                    | "Constaté\u{a0}: AUC {auc} ({low} à {high}), erreur de calibration {ece}, gain à 10\u{202f}% {lift}."
            )
        );
    }
    let (won, lost) = (
        counted(said.outcomes.won, said, lang),
        counted(said.outcomes.lost, said, lang),
    );
    let least = lang.count(LEAST_OF_EITHER.max(said.k));
    writeln!(
        face.out,
        "{}",
        say!(
            lang,
            "Outcomes known: {won} won, {lost} lost; {least} of either are needed to say how the model keeps its word."
                | "Issues connues\u{a0}: {won} gagnés, {lost} perdus\u{a0}; il en faut {least} de chaque sorte pour dire si le modèle tient parole."
        )
    )
}

/// What is in no figure.
fn apart(face: &mut Face<'_>, said: &Monitored) -> io::Result<()> {
    let lang = face.lang;
    for it in &said.apart {
        let (model, runs) = (it.model.short(), lang.count(it.runs));
        let line = say!(
            lang,
            "Kept apart: runs by model {model} ({runs}); they are in no figure."
                | "Tenus à part\u{a0}: les passages par le modèle {model} ({runs})\u{a0}; aucun chiffre ne les compte."
        );
        writeln!(face.out, "{line}")?;
    }
    if said.trials > 0 {
        let trials = lang.count(said.trials);
        let line = say!(
            lang,
            "Trials, never counted: {trials}." | "Essais, jamais comptés\u{a0}: {trials}."
        );
        writeln!(face.out, "{line}")?;
    }
    if let Some(line) = other_dates(said, lang) {
        writeln!(face.out, "{line}")?;
    }
    Ok(())
}
