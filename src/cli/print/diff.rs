//! Two models compared, as it is shown.

use std::io;

use serde_json::json;

use super::{right, table, width};
use crate::cli::Face;
use crate::lang::Lang;
use crate::report::comparison::{Moves, Shift};
use crate::say;
use crate::workspace::Compared;

/// Entries that are listed; the document has them all.
const MOST: usize = 20;

/// `probant models diff`.
pub fn compared(face: &mut Face<'_>, compared: &Compared) -> io::Result<()> {
    if face.json {
        let mut document = serde_json::to_value(&compared.document).map_err(io::Error::other)?;
        document["entry"] = json!(compared.entry);
        return face.json(&document);
    }
    let lang = face.lang;
    write!(
        face.out,
        "{}",
        compared.document.tables(lang, width(), MOST)
    )?;
    if let Some(moves) = &compared.document.export {
        moved(face, moves)?;
    }
    if let Some(entry) = compared.entry {
        writeln!(
            face.err,
            "{}",
            say!(
                lang,
                "recorded: entry {entry} of the log keeps this comparison"
                    | "consigné\u{a0}: l’entrée {entry} du registre garde cette comparaison"
            )
        )?;
        return face.next(&say!(
            lang,
            "probant models approve @candidate --as PERSON --key FILE"
                | "probant models approve @candidate --as PERSONNE --key FICHIER"
        ));
    }
    face.next("probant models diff @active @candidate --data EXPORT")
}

fn moved(face: &mut Face<'_>, moves: &Moves) -> io::Result<()> {
    let lang = face.lang;
    let (leads, k) = (lang.count(moves.leads), lang.count(moves.k));
    writeln!(
        face.out,
        "\n{}",
        say!(
            lang,
            "{leads} leads of the export may be scored; from which band (rows) to which (columns) they go:"
                | "{leads} prospects de l’export peuvent être notés\u{a0}; de quelle tranche (lignes) à laquelle (colonnes) ils passent\u{a0}:"
        )
    )?;
    // Bands that nobody is in or comes to need no line.
    let is_used = |at: usize| {
        let row = moves.matrix[at].iter();
        row.chain(moves.matrix.iter().map(|row| &row[at]))
            .any(|count| *count != Some(0))
    };
    let used: Vec<usize> = (0..moves.bands.len()).filter(|at| is_used(*at)).collect();
    let heads: Vec<String> = [String::new()]
        .into_iter()
        .chain(used.iter().map(|at| moves.labels[*at].clone()))
        .collect();
    let mut matrix = table(&heads);
    for row in &used {
        let counts = used.iter().map(|at| count(moves.matrix[*row][*at], lang));
        let label = [moves.labels[*row].clone()];
        matrix.add_row(label.into_iter().chain(counts).collect::<Vec<_>>());
    }
    right(&mut matrix, &(1..=used.len()).collect::<Vec<_>>());
    writeln!(face.out, "{matrix}")?;
    let mut shifts = table(&[
        say!(lang, "score moves by (points)" | "écart de score (points)"),
        say!(lang, "leads" | "prospects"),
    ]);
    for it in moves.shifts.iter().filter(|it| it.leads != Some(0)) {
        shifts.add_row([range(it, lang), count(it.leads, lang)]);
    }
    right(&mut shifts, &[1]);
    writeln!(face.out, "{shifts}")?;
    for group in &moves.groups {
        writeln!(face.out, "{}", group.text(lang, width()).trim_end())?;
    }
    writeln!(
        face.out,
        "{}",
        say!(
            lang,
            "“–”: fewer than {k} leads, or a count that would tell one. Nobody is named: a group is everybody who shares what it says, {k} leads at least."
                | "«\u{a0}–\u{a0}»\u{a0}: moins de {k} prospects, ou un nombre qui en trahirait un. Personne n’est désigné\u{a0}: un groupe réunit tous ceux qui ont en commun ce qu’il énonce, soit {k} prospects au moins."
        )
    )
}

fn count(leads: Option<u64>, lang: Lang) -> String {
    leads.map_or_else(|| "–".to_owned(), |leads| lang.count(leads))
}

/// A range in points of a hundred.
fn range(it: &Shift, lang: Lang) -> String {
    let points = |ppm: i32| {
        let sign = if ppm < 0 { "−" } else { "+" };
        format!("{sign}{}", ppm.unsigned_abs() / 10_000)
    };
    match (it.from_ppm.map(points), it.to_ppm.map(points)) {
        (None, Some(to)) => say!(lang, "under {to}" | "moins de {to}"),
        (Some(from), None) => say!(lang, "{from} or more" | "{from} ou plus"),
        (Some(from), Some(to)) => say!(lang, "{from} to {to}" | "de {from} à {to}"),
        (None, None) => String::new(),
    }
}
