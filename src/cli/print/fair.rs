//! How groups fare with a model, and whether it is the same when it is trained again.

use std::io;

use super::{right, shown, table};
use crate::cli::Face;
use crate::lang::Lang;
use crate::model::differs::Difference;
use crate::policy::Policy;
use crate::report::{fairness_view, plain};
use crate::say;
use crate::workspace::{Judged, Reproduction, ReproductionReason as Reason, RowsAre};

/// `probant models fairness`.
pub fn judged(face: &mut Face<'_>, done: &Judged, policy: &Policy) -> io::Result<()> {
    if face.json {
        return face.json(done);
    }
    let lang = face.lang;
    let view = fairness_view(&done.fairness, policy, lang);
    writeln!(face.out, "{}", view.about)?;
    let (rows, scored) = (lang.count(done.rows_in), lang.count(done.scored));
    let (refused, failed) = (lang.count(done.refused), lang.count(done.failed));
    writeln!(
        face.out,
        "{}",
        say!(
            lang,
            "Rows in: {rows} = {scored} scored + {refused} refused + {failed} failed."
                | "Lignes lues\u{a0}: {rows} = {scored} notées + {refused} refusées + {failed} en échec."
        )
    )?;
    for column in &view.columns {
        writeln!(face.out, "\n{}\n{}", column.name, column.sentence)?;
        let mut lines = table(&column.heads);
        for row in &column.rows {
            lines.add_row(row);
        }
        let numbers: Vec<usize> = (1..column.heads.len()).collect();
        right(&mut lines, &numbers);
        writeln!(face.out, "{lines}\n{}", column.proxies)?;
    }
    writeln!(face.out)?;
    for note in &view.notes {
        writeln!(face.out, "{note}")?;
    }
    for column in &done.not_compared {
        let (column, k) = (plain(policy.label(column)), done.fairness.k);
        let line = say!(
            lang,
            "{column}: fewer than two groups of at least {k} people; nothing is shown."
                | "{column}\u{a0}: moins de deux groupes d’au moins {k} personnes\u{a0}; rien n’est montré."
        );
        writeln!(face.out, "! {line}")?;
    }
    if !done.unread.is_empty() {
        let columns: Vec<String> = done.unread.iter().map(|it| plain(it)).collect();
        let columns = columns.join(", ");
        let line = say!(
            lang,
            "Columns of the side file that were not read: {columns}."
                | "Colonnes du fichier à part qui n’ont pas été lues\u{a0}: {columns}."
        );
        writeln!(face.out, "{line}")?;
    }
    let entry = done.entry;
    writeln!(
        face.out,
        "{}",
        say!(
            lang,
            "Recorded: entry {entry} of the log, its document about nobody in ledger/documents."
                | "Consigné\u{a0}: entrée {entry} du registre, son document, qui ne porte sur personne, dans ledger/documents."
        )
    )?;
    if let Some(page) = &done.page {
        let page = shown(page);
        let line = say!(lang, "The page: {page}" | "La page\u{a0}: {page}");
        writeln!(face.out, "{line}")?;
    }
    face.next(&format!("probant ledger show {entry}"))
}

/// `probant models verify`.
pub fn reproduced(face: &mut Face<'_>, done: &Reproduction) -> io::Result<()> {
    if face.json {
        return face.json(done);
    }
    let lang = face.lang;
    let (model, again) = (&done.model[..12], &done.again[..12]);
    let verdict = if done.same {
        say!(
            lang,
            "The same model, byte for byte: {model}."
                | "Le même modèle, à l’octet près\u{a0}: {model}."
        )
    } else {
        say!(
            lang,
            "NOT the same model: {model} was recorded, training again gives {again}."
                | "PAS le même modèle\u{a0}: {model} est consigné, refaire l’apprentissage donne {again}."
        )
    };
    writeln!(face.out, "{verdict}")?;
    if let Some(differs) = &done.differs {
        let part = part(differs, lang);
        let line = say!(
            lang,
            "They differ first in {part}." | "La première différence est dans {part}."
        );
        writeln!(face.out, "{line}")?;
    }
    let (then, now) = (
        lang.count(done.rows.then.used),
        lang.count(done.rows.now.used),
    );
    let line = say!(
        lang,
        "Rows learned from: {then} then, {now} now."
            | "Lignes apprises\u{a0}: {then} alors, {now} maintenant."
    );
    writeln!(face.out, "{line} {}", rows(done.rows_are, lang))?;
    let (then, now) = (&done.binary.then, &done.binary.now);
    let line = say!(
        lang,
        "Program: {then} then, {now} now." | "Programme\u{a0}: {then} alors, {now} maintenant."
    );
    writeln!(face.out, "{line}")?;
    let short = done.policy.short();
    let line = if done.todays_policy {
        say!(
            lang,
            "Trained under its policy {short}, which is today’s."
                | "Appris sous sa politique {short}, qui est celle d’aujourd’hui."
        )
    } else {
        say!(
            lang,
            "Trained under its policy {short}, kept in the ledger; today’s is another."
                | "Appris sous sa politique {short}, gardée au registre\u{a0}; celle d’aujourd’hui est autre."
        )
    };
    writeln!(face.out, "{line}")?;
    for reason in &done.because {
        writeln!(face.out, "! {}", because(*reason, lang))?;
    }
    face.next("probant models list")
}

fn part(differs: &Difference, lang: Lang) -> String {
    match differs {
        Difference::Setting(name) => say!(
            lang,
            "the setting `{name}`" | "le réglage «\u{a0}{name}\u{a0}»"
        ),
        Difference::Identifier => say!(
            lang,
            "how identifiers are read" | "la lecture des identifiants"
        ),
        Difference::Feature(name) => {
            let name = plain(name);
            say!(
                lang,
                "the levels or ranges of `{name}`"
                    | "les modalités ou intervalles de «\u{a0}{name}\u{a0}»"
            )
        }
        Difference::Pairs => say!(lang, "the pairs" | "les interactions"),
        Difference::Baseline => say!(lang, "the baseline" | "la base"),
        Difference::Table(name) => {
            let name = plain(name);
            say!(
                lang,
                "the table of `{name}`" | "la table de «\u{a0}{name}\u{a0}»"
            )
        }
    }
}

fn rows(are: RowsAre, lang: Lang) -> String {
    match are {
        RowsAre::Same => say!(
            lang,
            "They are the same rows, by their fingerprint."
                | "Ce sont les mêmes lignes, d’après leur empreinte."
        ),
        RowsAre::Other => say!(
            lang,
            "They are not the same rows: the fingerprint is another."
                | "Ce ne sont pas les mêmes lignes\u{a0}: l’empreinte est autre."
        ),
        RowsAre::KeyDestroyed => say!(
            lang,
            "Cannot tell whether the rows are the same: the key of the fingerprint is gone, with the rows’ retention or with a lost state.db."
                | "Impossible de dire si les lignes sont les mêmes\u{a0}: la clé de l’empreinte a disparu, à l’échéance des lignes ou avec un state.db perdu."
        ),
        RowsAre::NeverTaken => say!(
            lang,
            "Cannot tell whether the rows are the same: no fingerprint was taken when this model was trained."
                | "Impossible de dire si les lignes sont les mêmes\u{a0}: aucune empreinte n’a été prise à l’apprentissage."
        ),
    }
}

fn because(reason: Reason, lang: Lang) -> String {
    match reason {
        Reason::OtherRows => say!(
            lang,
            "Likely why: other rows." | "Raison probable\u{a0}: d’autres lignes."
        ),
        Reason::PerhapsOtherRows => say!(
            lang,
            "Perhaps why: other rows, which nobody can tell any more."
                | "Raison possible\u{a0}: d’autres lignes, ce que nul ne peut plus dire."
        ),
        Reason::OtherProgram => say!(
            lang,
            "Likely why: another version of the program; verify with the version of that day."
                | "Raison probable\u{a0}: une autre version du programme\u{a0}; vérifiez avec celle de ce jour-là."
        ),
        Reason::Unexplained => say!(
            lang,
            "Same rows, same policy, same program: this should not be. Please report it."
                | "Mêmes lignes, même politique, même programme\u{a0}: cela ne devrait pas être. Signalez-le."
        ),
    }
}
