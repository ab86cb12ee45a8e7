//! How a workspace is, and what to do.

use std::io;

use super::table;
use crate::cli::Face;
use crate::lang::Lang;
use crate::say;
use crate::workspace::{Condition, Health, Part, Rebuilt};

/// `probant doctor`.
pub fn health(face: &mut Face<'_>, health: &Health) -> io::Result<()> {
    if face.json {
        return face.json(health);
    }
    let lang = face.lang;
    if let Some(rebuilt) = &health.rebuilt {
        again(face, rebuilt)?;
    }
    let mut lines = table(&[
        say!(lang, "part" | "partie"),
        say!(lang, "state" | "état"),
        say!(lang, "what" | "quoi"),
    ]);
    for it in &health.parts {
        let condition = match it.condition {
            Condition::Well => say!(lang, "well" | "bon"),
            Condition::Note => say!(lang, "to know" | "à savoir"),
            Condition::Ill => say!(lang, "to be seen to" | "à traiter"),
            Condition::Unknown => say!(lang, "not known" | "inconnu"),
        };
        lines.add_row([name(it.part, lang), condition, it.details.join("\n")]);
    }
    writeln!(face.out, "{lines}")?;
    for it in &health.parts {
        if matches!(it.condition, Condition::Ill | Condition::Note) {
            let (part, advice) = (name(it.part, lang), advice(it.part, lang));
            let line = say!(lang, "{part}: {advice}" | "{part}\u{a0}: {advice}");
            writeln!(face.out, "{line}")?;
        }
    }
    Ok(())
}

fn again(face: &mut Face<'_>, rebuilt: &Rebuilt) -> io::Result<()> {
    let lang = face.lang;
    let acts = lang.count(rebuilt.acts);
    writeln!(
        face.out,
        "{}",
        say!(
            lang,
            "Read again from the ledger: {acts} acts."
                | "Relus dans le registre\u{a0}: {acts} actes."
        )
    )?;
    if rebuilt.anew {
        writeln!(
            face.out,
            "{}",
            say!(
                lang,
                "state.db was made anew. What the ledger never held is lost, unless a backup has it: free text, requests that waited and their references (and so receipts), planted controls, files on their way to their place, reports of runs, the salts that open commitments, and the keys of training fingerprints: `models verify` can no longer tell whether rows are the same."
                    | "state.db a été refait. Ce que le registre n’a jamais contenu est perdu, sauf dans une sauvegarde\u{a0}: textes libres, demandes en attente et leurs références (donc les reçus), cas témoins, fichiers en route vers leur place, rapports des passages, sels qui ouvrent les engagements, et clés des empreintes d’apprentissage\u{a0}: `models verify` ne peut plus dire si les lignes sont les mêmes."
            )
        )?;
    }
    if let Some(aside) = &rebuilt.aside {
        let aside = aside.display();
        writeln!(
            face.out,
            "{}",
            say!(
                lang,
                "The file that could not be read is {aside}: save from it what you can, then delete it; no erasure reaches it."
                    | "Le fichier illisible est {aside}\u{a0}: sauvez-en ce que vous pouvez, puis supprimez-le\u{a0}; aucun effacement ne l’atteint."
            )
        )?;
    }
    Ok(())
}

fn name(part: Part, lang: Lang) -> String {
    match part {
        Part::Policy => say!(lang, "policy" | "politique"),
        Part::Ledger => say!(lang, "ledger" | "registre"),
        Part::State => "state.db".to_owned(),
        Part::Acts => say!(lang, "acts" | "actes"),
        Part::Models => say!(lang, "models" | "modèles"),
        Part::Documents => say!(lang, "documents" | "documents"),
        Part::Keys => say!(lang, "keys" | "clés"),
        Part::Outputs => say!(lang, "files" | "fichiers"),
        Part::Leftovers => say!(lang, "leftovers" | "restes"),
        Part::Requests => say!(lang, "requests" | "demandes"),
    }
}

fn advice(part: Part, lang: Lang) -> String {
    match part {
        Part::Policy => say!(
            lang,
            "`probant policy check` lists what is wrong"
                | "`probant policy check` énumère ce qui ne va pas"
        ),
        Part::Ledger => say!(
            lang,
            "write nothing; `probant ledger verify --full` names what changed, and a backup has it"
                | "n’écrivez rien\u{a0}; `probant ledger verify --full` nomme ce qui a changé, une sauvegarde le contient"
        ),
        Part::State => say!(
            lang,
            "restore it from a backup; without one, `probant doctor --rebuild`"
                | "restaurez-le d’une sauvegarde\u{a0}; à défaut, `probant doctor --rebuild`"
        ),
        Part::Acts => say!(
            lang,
            "`probant doctor --rebuild` reads them from the ledger again"
                | "`probant doctor --rebuild` les relit dans le registre"
        ),
        Part::Models => say!(
            lang,
            "restore its folder from a backup; without one, train on the same leads again, or take it out of use with `probant models retire`"
                | "restaurez son dossier d’une sauvegarde\u{a0}; à défaut, réentraînez sur les mêmes prospects, ou retirez-le avec `probant models retire`"
        ),
        Part::Documents => say!(
            lang,
            "restore them from a backup: what names them can no longer be proved"
                | "restaurez-les d’une sauvegarde\u{a0}: ce qui les nomme ne peut plus être prouvé"
        ),
        Part::Keys => say!(
            lang,
            "`chmod 700 keys` and `chmod 600 keys/*`; then `probant keys rewrap`, for somebody may have read them"
                | "`chmod 700 keys` et `chmod 600 keys/*`\u{a0}; puis `probant keys rewrap`, car quelqu’un a pu les lire"
        ),
        Part::Outputs => say!(
            lang,
            "unless a run is under way, run the same `probant score` again: it puts them in their place, and logs nobody twice"
                | "sauf si un passage est en cours, relancez le même `probant score`\u{a0}: il les met en place, sans consigner personne deux fois"
        ),
        Part::Leftovers => say!(
            lang,
            "unless a run is under way, `probant ledger gc` deletes what crashes left; delete a state.db that was set aside by hand"
                | "sauf si un passage est en cours, `probant ledger gc` supprime les restes\u{a0}; supprimez à la main un state.db mis de côté"
        ),
        Part::Requests => say!(
            lang,
            "they wait for the night; `probant subject erase --now` carries them out"
                | "elles attendent la nuit\u{a0}; `probant subject erase --now` les exécute"
        ),
    }
}
