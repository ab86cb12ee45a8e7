//! The auditor's bundle: what was handed out, or why nothing was.

use std::io;

use super::noun;
use crate::cli::Face;
use crate::say;
use crate::workspace::{HandedOver, Recorded, Refusal};

/// `probant ledger bundle`.
pub fn handed_over(face: &mut Face<'_>, handed: &Recorded<HandedOver>) -> io::Result<()> {
    if face.json {
        return face.json(&**handed);
    }
    let lang = face.lang;
    let (out, recipient, by) = (&handed.out, &handed.recipient, &handed.by);
    let (entry, size) = (lang.count(handed.entry), lang.count(handed.size));
    let mut lines = vec![say!(
        lang,
        "Recorded as entry {entry}: handed to {recipient} by {by}."
            | "Consigné à l’entrée {entry}\u{a0}: remis à {recipient} par {by}."
    )];
    let (rows, erased) = (lang.count(handed.rows), lang.count(handed.erased));
    if !handed.decisions.is_empty() {
        let decisions = lang.count(handed.decisions.len() as u64);
        let word = noun(
            lang,
            handed.decisions.len() as u64,
            ["decision", "decisions"],
            ["décision", "décisions"],
        );
        lines.push(say!(
            lang,
            "It holds {decisions} {word} about this lead, and nobody else’s."
                | "Il contient {decisions} {word} sur ce prospect, et rien de personne d’autre."
        ));
    } else if handed.rows > 0 {
        let word = noun(
            lang,
            handed.rows,
            ["record", "records"],
            ["enregistrement", "enregistrements"],
        );
        lines.push(say!(
            lang,
            "It holds {rows} {word} in clear ({erased} erased): personal data, to be kept as such."
                | "Il contient {rows} {word} en clair (dont effacés\u{a0}: {erased})\u{a0}: données personnelles, à garder comme telles."
        ));
    }
    let entries = noun(
        lang,
        handed.size,
        ["entry", "entries"],
        ["entrée", "entrées"],
    );
    lines.push(say!(
        lang,
        "The whole log is in it: {size} {entries}, about nobody."
            | "Tout le registre y est\u{a0}: {size} {entries}, qui ne parlent de personne."
    ));
    lines.push(say!(
        lang,
        "Written: {out}; VERIFY.md there says how to verify it without this program."
            | "Écrit\u{a0}: {out}\u{a0}; VERIFY.md y dit comment le vérifier sans ce programme."
    ));
    for line in lines {
        writeln!(face.out, "{line}")?;
    }
    face.next(&format!("python3 {out}/verify.py {out}"))
}

/// Why nothing was handed out, and what to do, in French.
pub fn refused(refusal: &Refusal) -> (String, String) {
    let own = |text: &str| text.to_owned();
    match refusal {
        Refusal::Standing { path } => (
            format!("«\u{a0}{}\u{a0}» existe déjà", path.display()),
            own("nommez un nouveau dossier avec `--out`"),
        ),
        Refusal::NoFolder { path } => (
            format!(
                "«\u{a0}{}\u{a0}»\u{a0}: son dossier n’existe pas",
                path.display()
            ),
            own("créez-le d’abord, ou nommez un autre endroit avec `--out`"),
        ),
        Refusal::Inside { path, own: folder } => (
            format!(
                "«\u{a0}{}\u{a0}» est dans le dossier «\u{a0}{folder}\u{a0}» du dossier de travail",
                path.display()
            ),
            own("nommez un nouveau dossier avec `--out`"),
        ),
        Refusal::Recipient => (
            own("le destinataire n’est pas écrit comme un nom"),
            own(
                "choisissez un nom court en a-z, 0-9 et «\u{a0}-\u{a0}», comme `cabinet-durand`\u{a0}; qui il désigne est écrit dans votre propre registre",
            ),
        ),
        Refusal::Backwards => (
            own("le premier jour vient après le dernier"),
            own("écrivez la date la plus ancienne après `--from`"),
        ),
        Refusal::Nobody => (
            own("personne n’a été consigné dans cette sélection"),
            own("`probant runs list` montre ce qui a été noté, avec ses dates"),
        ),
        Refusal::Overtaken => (
            own("des lignes ont été effacées pendant l’écriture du dossier"),
            own("relancez la commande\u{a0}: rien n’a été remis"),
        ),
    }
}
