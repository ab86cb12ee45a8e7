//! What each command prints: one JSON document, or text that a person can read in ten seconds.

mod anchor;
mod bundle;
mod card;
mod diff;
mod doctor;
mod export;
mod fair;
mod keys;
mod law;
mod lawful;
mod ledger;
mod model;
mod models;
mod night;
mod release;
mod review;
mod subject;
mod trend;
mod watch;

use std::collections::BTreeMap;
use std::error::Error as _;
use std::io;
use std::path::{Path, PathBuf};

use comfy_table::{CellAlignment, ContentArrangement, LineStyle, Table, TableStyle};
use serde_json::json;

use super::Face;
use crate::lang::Lang;
use crate::policy::{Policy, Right, Tool, Unfit};
use crate::say;
use crate::workspace::{Checked, Error, Initialised};

pub use anchor::{accepted, anchors, asked, cosigned, kept, witness};
pub use bundle::{handed_over, refused};
pub use card::card;
pub use diff::compared;
pub use doctor::health;
pub use export::exported;
pub use fair::{judged, reproduced};
pub use keys::{backed_up, destroyed, keys, person_key, recovery, restored, rewrapped, rotated};
pub use law::{pack, packs};
pub use lawful::{changes, signed};
pub use ledger::{entries, entry, stats, verdict};
pub use model::{cross_validation, model, models, trained};
pub use models::{at, stage, stands, step};
pub use night::{explained, explanation, run, runs, scored};
pub use release::{released, releases, why};
pub use review::{
    contested, missing, opened, proposals, reviewed, shown as shown_proposal, signed_off,
};
pub use subject::{
    batch, due, erased, lifted, objected, orphans, purged, receipt, requests, restricted,
};
pub use trend::trend;
pub use watch::{learned, watched};

/// An error with its chain and its hint.
pub fn error(face: &mut Face<'_>, error: &Error) -> io::Result<()> {
    let lang = face.lang;
    if let (Lang::Fr, Some((what, hint))) = (lang, super::french::error(error)) {
        writeln!(face.err, "erreur\u{a0}: {what}")?;
        return writeln!(face.err, "conseil\u{a0}: {hint}");
    }
    let mut source = error.source();
    writeln!(face.err, "error: {error}")?;
    while let Some(cause) = source {
        writeln!(face.err, "  because: {cause}")?;
        source = cause.source();
    }
    if let Some(hint) = error.hint() {
        writeln!(face.err, "hint: {hint}")?;
    }
    Ok(())
}

/// The word for `n` of something: one or many. French counts 0 as one.
fn noun(lang: Lang, n: u64, en: [&'static str; 2], fr: [&'static str; 2]) -> &'static str {
    match lang {
        Lang::En => en[usize::from(n != 1)],
        Lang::Fr => fr[usize::from(n > 1)],
    }
}

/// The columns of the terminal; 100 where there is none, as in a file or a pipe.
pub fn width() -> usize {
    let told = std::env::var("COLUMNS").ok().and_then(|it| it.parse().ok());
    told.or_else(|| Table::new().width().map(usize::from))
        .unwrap_or(100)
        .clamp(60, 160)
}

fn table(header: &[String]) -> Table {
    let mut table = Table::new();
    // One line under the header and no other: air separates rows well enough.
    table
        .load_style(TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─')))
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(width() as u16)
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
                | "Dossier de travail créé\u{a0}; sa politique est {policy}."
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
                | "Relisez et corrigez la politique avant d’entraîner\u{a0}: chaque supposition y est signalée."
        )
    )?;
    face.next("probant policy check")
}

/// `probant policy check`.
pub fn policy(face: &mut Face<'_>, policy: &Policy, unfit: &[(&Tool, Unfit)]) -> io::Result<()> {
    if face.json {
        return face.json(&json!({
            "schema_version": 1,
            "digest": policy.digest,
            "columns": policy.columns.len(),
            "features": policy.features().count(),
            "purposes": policy.purposes.iter().map(|it| it.id.as_str()).collect::<Vec<_>>(),
            "rights": Right::all().map(|right| (right.word(), policy.rights.roles(right))).collect::<BTreeMap<_, _>>(),
            "tools": policy.tools.iter().map(|it| it.id.as_str()).collect::<Vec<_>>(),
            "tools_unfit": unfit.iter().map(|(tool, why)| json!({ "tool": tool.id, "why": why })).collect::<Vec<_>>(),
        }));
    }
    let (columns, features) = (policy.columns.len(), policy.features().count());
    let named = noun(
        face.lang,
        columns as u64,
        ["column", "columns"],
        ["colonne", "colonnes"],
    );
    let scored = noun(
        face.lang,
        features as u64,
        ["feature", "features"],
        ["critère", "critères"],
    );
    let digest = policy.digest.short();
    writeln!(
        face.out,
        "{}",
        say!(
            face.lang,
            "The policy holds together: {columns} {named}, {features} of them {scored}. Digest {digest}…"
                | "La politique est cohérente\u{a0}: {columns} {named}, dont {features} {scored}. Empreinte {digest}…"
        )
    )?;
    rights(face, policy)?;
    for line in policy.open(face.lang) {
        writeln!(face.out, "! {line}.")?;
    }
    release::unfit(face, unfit)?;
    face.next(&say!(
        face.lang,
        "probant check DATA" | "probant check EXPORT"
    ))
}

/// Who may do what.
fn rights(face: &mut Face<'_>, policy: &Policy) -> io::Result<()> {
    let lang = face.lang;
    let mut rights = table(&[
        say!(lang, "right" | "droit"),
        say!(lang, "roles" | "rôles"),
        say!(lang, "people" | "personnes"),
    ]);
    for right in Right::all() {
        let roles = policy.rights.roles(right);
        let roles: Vec<&str> = roles.iter().map(|role| role.word()).collect();
        let people = policy.people.iter();
        let people: Vec<&str> = people
            .filter(|person| policy.rights.allow(person, right))
            .map(|person| person.id.as_str())
            .collect();
        rights.add_row([right.word().to_owned(), roles.join(", "), people.join(", ")]);
    }
    writeln!(face.out, "{rights}")
}

/// The declared columns, as an export has them.
fn declared(face: &mut Face<'_>, checked: &Checked) -> io::Result<()> {
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
    writeln!(face.out, "{columns}")
}

/// `probant check`.
pub fn checked(
    face: &mut Face<'_>,
    checked: &Checked,
    data: &[PathBuf],
    policy: &Policy,
) -> io::Result<()> {
    if face.json {
        return face.json(checked);
    }
    let lang = face.lang;
    declared(face, checked)?;
    let (rows, failed, repeated) = (
        lang.count(checked.rows),
        lang.count(checked.failed),
        lang.count(checked.repeated),
    );
    let lines = noun(lang, checked.rows, ["row", "rows"], ["ligne", "lignes"]);
    let unread = noun(lang, checked.failed, ["", ""], ["illisible", "illisibles"]);
    let again = noun(
        lang,
        checked.repeated,
        ["repeats", "repeat"],
        ["répète", "répètent"],
    );
    writeln!(
        face.out,
        "{}",
        say!(
            lang,
            "{rows} {lines}; {failed} cannot be read, {repeated} {again} an identifier."
                | "{rows} {lines}\u{a0}; {failed} {unread}, {repeated} {again} un identifiant."
        )
    )?;
    outcomes(face, checked)?;
    if !checked.undeclared.is_empty() {
        let names = checked.undeclared.join(", ");
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
    failures(face, &checked.failures)?;
    if let Some(profile) = &checked.profile {
        let (k, label) = (u64::from(policy.training.min_people), |name: &str| {
            crate::report::plain(policy.label(name))
        });
        model::profiling(face, &crate::report::profiling(profile, k, &label, lang))?;
    }
    for line in &checked.left_open {
        writeln!(face.out, "! {line}.")?;
    }
    for counted in &checked.law {
        lawful::counted(face, counted)?;
    }
    for line in checked.dialect.iter().chain(&checked.refusals) {
        writeln!(face.out, "! {line}")?;
    }
    if !checked.refusals.is_empty() {
        return Ok(());
    }
    let named: Vec<String> = data.iter().map(|path| shown(path)).collect();
    let named = named.join(" ");
    if (checked.won, checked.lost) == (Some(0), Some(0)) {
        return face.next(&format!("probant score {named} --out scores.csv"));
    }
    let trainer = policy
        .people
        .iter()
        .find(|person| person.roles.contains(&crate::policy::Role::DataScientist))
        .map_or_else(
            || say!(lang, "PERSON" | "PERSONNE"),
            |person| person.id.to_string(),
        );
    face.next(&format!("probant train {named} --as {trainer}"))
}

/// What the file knows of what became of its leads.
fn outcomes(face: &mut Face<'_>, checked: &Checked) -> io::Result<()> {
    let lang = face.lang;
    if let (Some(0), Some(0)) = (checked.won, checked.lost) {
        writeln!(
            face.out,
            "{}",
            say!(
                lang,
                "No outcome is known: an export to score, not one to train on."
                    | "Aucune issue n’est connue\u{a0}: un export à noter, pas de quoi entraîner."
            )
        )?;
    } else if let (Some(won), Some(lost), Some(open)) = (checked.won, checked.lost, checked.open) {
        let were = [
            noun(lang, won, ["won", "won"], ["gagné", "gagnés"]),
            noun(lang, lost, ["lost", "lost"], ["perdu", "perdus"]),
        ];
        let ([is_won, is_lost], values) = (were, checked.open_values.unwrap_or(0));
        let other = noun(
            lang,
            values,
            ["other value", "other values"],
            ["autre valeur", "autres valeurs"],
        );
        let (won, lost, open) = (lang.count(won), lang.count(lost), lang.count(open));
        writeln!(
            face.out,
            "{}",
            say!(
                lang,
                "Outcome: {won} {is_won}, {lost} {is_lost}, {open} open ({values} {other})."
                    | "Issue\u{a0}: {won} {is_won}, {lost} {is_lost}, {open} en cours ({values} {other})."
            )
        )?;
    }
    Ok(())
}

fn failures(face: &mut Face<'_>, failures: &[crate::workspace::ReasonCount]) -> io::Result<()> {
    let lang = face.lang;
    for failure in failures {
        let (reason, rows) = (reason(&failure.reason, lang), lang.count(failure.rows));
        let lines = noun(lang, failure.rows, ["row", "rows"], ["ligne", "lignes"]);
        match &failure.column {
            Some(column) => writeln!(
                face.out,
                "{}",
                say!(
                    lang,
                    "  {rows} {lines} failed: {reason}, column `{column}`"
                        | "  {rows} {lines} en échec\u{a0}: {reason}, colonne «\u{a0}{column}\u{a0}»"
                )
            )?,
            None => writeln!(
                face.out,
                "{}",
                say!(
                    lang,
                    "  {rows} {lines} failed: {reason}"
                        | "  {rows} {lines} en échec\u{a0}: {reason}"
                )
            )?,
        }
    }
    Ok(())
}

/// A path as it can be typed: quoted where a shell would break or expand it.
fn shown(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |letter: char| letter.is_alphanumeric() || "/._-+,:@=".contains(letter);
    if text.chars().all(plain) {
        text
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}

/// Why rows failed, in words; the token itself where it is a new one.
fn reason(token: &str, lang: Lang) -> String {
    match token {
        "ragged" => say!(
            lang,
            "too many or too few fields" | "trop ou trop peu de champs"
        ),
        "blank" => say!(
            lang,
            "an empty row amid the others" | "ligne vide au milieu des autres"
        ),
        "stray-quote" => say!(lang, "a stray quote" | "guillemet égaré"),
        "not-a-number" => say!(lang, "not a number" | "ce n’est pas un nombre"),
        "not-finite" => say!(lang, "an infinite number" | "nombre infini"),
        "not-a-flag" => say!(lang, "neither yes nor no" | "ni oui ni non"),
        "not-a-date" => say!(lang, "not a date" | "ce n’est pas une date"),
        "too-long" => say!(lang, "too long a text" | "texte trop long"),
        "missing-identifier" => say!(lang, "no identifier" | "identifiant absent"),
        "repeated-identifier" => say!(lang, "an identifier already seen" | "identifiant déjà vu"),
        "not-an-identifier" => say!(lang, "not an identifier" | "ce n’est pas un identifiant"),
        other => other.to_owned(),
    }
}
