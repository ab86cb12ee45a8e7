//! The ledger: its verdicts, its entries, its size.

use std::io;

use serde_json::json;

use super::{noun, right, table};
use crate::cli::Face;
use crate::say;
use crate::workspace::{EntryLine, Size, Verdict};

/// `probant ledger verify`.
pub fn verdict(face: &mut Face<'_>, verdict: &Verdict) -> io::Result<()> {
    if face.json {
        return face.json(verdict);
    }
    said(face, verdict)?;
    if verdict.holds() && !verdict.full {
        face.next("probant ledger verify --full")?;
    }
    Ok(())
}

/// Both verdicts in words, and every trouble.
pub(super) fn said(face: &mut Face<'_>, verdict: &Verdict) -> io::Result<()> {
    let lang = face.lang;
    let (entries, rows, replayed) = (
        lang.count(verdict.entries),
        lang.count(verdict.rows),
        lang.count(verdict.replayed),
    );
    let entered = noun(
        lang,
        verdict.entries,
        ["entry", "entries"],
        ["entrée", "entrées"],
    );
    let kept = noun(
        lang,
        verdict.rows,
        ["record", "records"],
        ["enregistrement", "enregistrements"],
    );
    let integrity = if verdict.integrity.is_empty() {
        say!(
            lang,
            "Integrity holds: {entries} {entered}, {rows} {kept}."
                | "Intégrité\u{a0}: intacte ({entries} {entered}, {rows} {kept})."
        )
    } else {
        say!(
            lang,
            "Integrity DOES NOT HOLD: what is named below is not what was recorded."
                | "Intégrité\u{a0}: ROMPUE. Ce qui est nommé ci-dessous n’est pas ce qui a été consigné."
        )
    };
    let completeness = if !verdict.completeness.is_empty() {
        say!(
            lang,
            "Completeness DOES NOT HOLD: what is named below is missing or counted wrongly."
                | "Complétude\u{a0}: ROMPUE. Ce qui est nommé ci-dessous manque ou est mal compté."
        )
    } else if verdict.integrity.is_empty() {
        say!(
            lang,
            "Completeness holds: every row of every run is accounted for."
                | "Complétude\u{a0}: entière (chaque ligne de chaque passage est comptée)."
        )
    } else {
        say!(
            lang,
            "Completeness: nothing is missing from what could be read."
                | "Complétude\u{a0}: rien ne manque à ce qui a pu être lu."
        )
    };
    writeln!(face.out, "{integrity}\n{completeness}")?;
    erased(face, verdict)?;
    if verdict.full && verdict.replayed > 0 {
        let again = noun(
            lang,
            verdict.replayed,
            [
                "prediction was replayed from its codes and its model, and is",
                "predictions were replayed from their codes and their model, and are",
            ],
            [
                "prédiction a été rejouée d’après ses codes et son modèle\u{a0}: elle est",
                "prédictions ont été rejouées d’après leurs codes et leur modèle\u{a0}: elles sont",
            ],
        );
        let line = say!(
            lang,
            "{replayed} {again} what was signed." | "{replayed} {again} ce qui a été signé."
        );
        writeln!(face.out, "{line}")?;
    }
    if let Some(examined) = &verdict.anchors {
        super::anchor::examined(face, examined, verdict.entries)?;
    }
    for trouble in verdict.integrity.iter().chain(&verdict.completeness) {
        writeln!(face.out, "! {}: {}", trouble.file, trouble.why)?;
    }
    new_keys(face, verdict)?;
    if !verdict.holds() {
        writeln!(
            face.err,
            "{}",
            say!(
                lang,
                "hint: do not append; restore what is named from a backup, and keep this copy as evidence"
                    | "conseil\u{a0}: n’ajoutez rien\u{a0}; restaurez ce qui est nommé depuis une sauvegarde, et gardez cette copie comme preuve"
            )
        )?;
    }
    Ok(())
}

/// How many records were erased, if any.
fn erased(face: &mut Face<'_>, verdict: &Verdict) -> io::Result<()> {
    let lang = face.lang;
    if verdict.erased > 0 {
        let gone = lang.count(verdict.erased);
        writeln!(
            face.out,
            "{}",
            say!(
                lang,
                "Erased among them, each by an entry that says so: {gone}."
                    | "Effacés parmi eux, chacun par une entrée qui le dit\u{a0}: {gone}."
            )
        )?;
    }
    if verdict.purged > 0 {
        let gone = lang.count(verdict.purged);
        writeln!(
            face.out,
            "{}",
            say!(
                lang,
                "Destroyed at their date, besides: {gone} records."
                    | "Détruits à l’échéance, en outre\u{a0}: {gone} enregistrements."
            )
        )?;
    }
    for file in &verdict.leftovers {
        writeln!(
            face.out,
            "! {}",
            say!(
                lang,
                "ledger/{file}: left by a crash, part of nothing; the next writer deletes it (`probant ledger gc`)"
                    | "ledger/{file}\u{a0}: laissé par un arrêt brutal, n’appartient à rien\u{a0}; la prochaine écriture le supprime (`probant ledger gc`)"
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
        // Digests are cut here: `ledger show N` has the whole of them.
        let said: Vec<String> = entry
            .text
            .lines()
            .skip(1)
            .take(3)
            .map(|line| {
                line.split(' ')
                    .map(|word| {
                        if word.len() >= 32 {
                            format!("{}…", word.get(..12).unwrap_or(word))
                        } else {
                            word.to_owned()
                        }
                    })
                    .collect::<Vec<_>>()
                    .join(" ")
            })
            .collect();
        lines.add_row([
            entry.index.to_string(),
            entry.kind.clone(),
            said.join(" · "),
        ]);
    }
    right(&mut lines, &[0]);
    writeln!(face.out, "{lines}")?;
    let last = entries.last().map_or(0, |entry| entry.index);
    face.next(&format!("probant ledger show {last}"))
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
    let mut lines = table(&[]);
    for (name, count) in [
        (say!(lang, "entries" | "entrées"), size.entries),
        (say!(lang, "runs" | "passages"), size.runs),
        (say!(lang, "segments" | "segments"), size.segments),
        (say!(lang, "predictions" | "prédictions"), size.proposals),
        (say!(lang, "refusals" | "refus"), size.refusals),
        (say!(lang, "events" | "événements"), size.events),
        (say!(lang, "of them erased" | "dont effacés"), size.erased),
        (
            say!(
                lang,
                "of them destroyed at their date" | "dont détruits à l’échéance"
            ),
            size.purged,
        ),
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

/// Signatures by keys that are new to the log.
fn new_keys(face: &mut Face<'_>, verdict: &Verdict) -> io::Result<()> {
    let lang = face.lang;
    for told in &verdict.other_keys {
        let entry = &told.file;
        writeln!(
            face.out,
            "{}",
            say!(
                lang,
                "? {entry}: signed with a key that no other policy of the log gives this person; ask them whether it is theirs."
                    | "? {entry}\u{a0}: signée avec une clé qu’aucune autre politique du registre ne donne à cette personne\u{a0}; demandez-lui si c’est la sienne."
            )
        )?;
    }
    Ok(())
}
