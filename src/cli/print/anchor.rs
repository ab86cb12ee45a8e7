//! Anchors: what was asked, what came back, what a witness did, and how they stand to the ledger.

use std::io;
use std::path::Path;

use serde_json::json;

use super::{noun, right, shown, table};
use crate::cli::Face;
use crate::lang::Lang;
use crate::say;
use crate::workspace::{
    Accepted, AnchorLine, AnchorVerdict, Anchored, Asked, Cosigned, Examined, Kept, Shown,
};

fn entries(lang: Lang, n: u64) -> String {
    let word = noun(lang, n, ["entry", "entries"], ["entrée", "entrées"]);
    format!("{} {word}", lang.count(n))
}

/// How a stranger checks a time-stamp's signature: that is the authority's, and nothing here looks at it.
fn openssl(lang: Lang, data: &Path, token: &Path) -> String {
    let (data, token) = (shown(data), shown(token));
    let command = say!(
        lang,
        "openssl ts -verify -data {data} -in {token} -CAfile AUTHORITY.pem"
            | "openssl ts -verify -data {data} -in {token} -CAfile AUTORITÉ.pem"
    );
    say!(
        lang,
        "The authority's own signature is not checked here. With its certificate:\n  {command}"
            | "La signature de l’autorité elle-même n’est pas vérifiée ici. Avec son certificat\u{a0}:\n  {command}"
    )
}

/// `probant ledger anchor request`.
pub fn asked(face: &mut Face<'_>, asked: &Asked) -> io::Result<()> {
    if face.json {
        return face.json(asked);
    }
    let lang = face.lang;
    let (file, held) = (shown(&asked.file), entries(lang, asked.size));
    let log = &asked.log;
    let Some(old) = asked.old else {
        let line = say!(
            lang,
            "Time-stamp request written to {file}: {held}. Send it to the authority; for instance:\n  curl -H 'Content-Type: application/timestamp-query' --data-binary @{file} -o answer.tsr URL"
                | "Demande d’horodatage écrite dans {file}\u{a0}: {held}. Envoyez-la à l’autorité\u{a0}; par exemple\u{a0}:\n  curl -H 'Content-Type: application/timestamp-query' --data-binary @{file} -o reponse.tsr URL"
        );
        writeln!(face.out, "{line}")?;
        return face.next(&say!(
            lang,
            "probant ledger anchor add answer.tsr" | "probant ledger anchor add reponse.tsr"
        ));
    };
    let from = lang.count(old);
    let line = say!(
        lang,
        "Request to the witness written to {file}: {held}, of which {from} were cosigned before.\nThe log's key, to compare by telephone or on paper:\n  {log}\nOn the witness's machine:"
            | "Demande au témoin écrite dans {file}\u{a0}: {held}, dont {from} déjà contresignées.\nLa clé du registre, à comparer par téléphone ou sur papier\u{a0}:\n  {log}\nSur la machine du témoin\u{a0}:"
    );
    writeln!(face.out, "{line}")?;
    // The first time, each must be told the other's key.
    let (log, witness) = if old > 0 {
        (String::new(), String::new())
    } else {
        (
            say!(lang, " --log VKEY" | " --log CLÉ"),
            say!(lang, " --witness VKEY" | " --witness CLÉ"),
        )
    };
    let there = say!(
        lang,
        "  probant ledger cosign {file} --witness DIR --out answer.txt{log}"
            | "  probant ledger cosign {file} --witness DOSSIER --out reponse.txt{log}"
    );
    writeln!(face.out, "{there}")?;
    face.next(&say!(
        lang,
        "probant ledger anchor add answer.txt{witness}"
            | "probant ledger anchor add reponse.txt{witness}"
    ))
}

/// `probant ledger anchor add` and `copy`.
pub fn kept(face: &mut Face<'_>, kept: &[Kept]) -> io::Result<()> {
    if face.json {
        return face.json(&json!({ "schema_version": 1, "anchors": kept }));
    }
    let lang = face.lang;
    for anchor in kept {
        let held = entries(lang, anchor.size);
        let time = anchor.time.as_deref().unwrap_or_default();
        let line = match (&anchor.witness, &anchor.token) {
            (Some(key), _) => say!(
                lang,
                "Anchored: {held}, cosigned at {time} by\n  {key}"
                    | "Ancré\u{a0}: {held}, contresignées le {time} par\n  {key}"
            ),
            (None, Some(token)) => {
                let check = openssl(lang, &anchor.note, token);
                say!(
                    lang,
                    "Anchored: {held}, time-stamped at {time}.\n{check}"
                        | "Ancré\u{a0}: {held}, horodatées le {time}.\n{check}"
                )
            }
            (None, None) => say!(
                lang,
                "The checkpoint of {held} was copied."
                    | "Le point de contrôle de {held} a été copié."
            ),
        };
        writeln!(face.out, "{line}")?;
    }
    let line = say!(
        lang,
        "The next commit records it. Keep a copy of `anchors/` where whoever runs this machine cannot reach it."
            | "Le prochain ajout au registre le consigne. Gardez une copie de `anchors/` hors de portée de qui exploite cette machine."
    );
    writeln!(face.out, "{line}")?;
    face.next("probant ledger anchor list")
}

/// `probant ledger anchor list`.
pub fn anchors(face: &mut Face<'_>, anchors: &[AnchorLine]) -> io::Result<()> {
    if face.json {
        return face.json(&json!({ "schema_version": 1, "anchors": anchors }));
    }
    let lang = face.lang;
    if anchors.is_empty() {
        let line = say!(
            lang,
            "No anchor yet: nobody outside this machine knows what the ledger says."
                | "Aucun ancrage\u{a0}: personne, hors de cette machine, ne sait ce que dit le registre."
        );
        writeln!(face.out, "{line}")?;
        return face.next(&say!(
            lang,
            "probant ledger anchor request --cosign request.txt"
                | "probant ledger anchor request --cosign demande.txt"
        ));
    }
    let mut lines = table(&[
        say!(lang, "entries" | "entrées"),
        say!(lang, "kind" | "nature"),
        say!(lang, "recorded" | "consigné"),
        say!(lang, "continued" | "prolongé"),
        say!(lang, "files" | "fichiers"),
    ]);
    for anchor in anchors {
        let recorded = match anchor.entry {
            Some(entry) => say!(lang, "entry {entry}" | "entrée {entry}"),
            None => say!(lang, "not yet" | "pas encore"),
        };
        let stands = match (anchor.holds, anchor.accepted) {
            (true, _) => say!(lang, "yes" | "oui"),
            (false, None) => say!(lang, "NO" | "NON"),
            (false, Some(entry)) => say!(
                lang,
                "no, accepted by entry {entry}" | "non, accepté par l’entrée {entry}"
            ),
        };
        lines.add_row([
            lang.count(anchor.size),
            kind(lang, &anchor.kind),
            recorded,
            stands,
            format!("{}….*", anchor.anchor.get(..28).unwrap_or(&anchor.anchor)),
        ]);
    }
    right(&mut lines, &[0]);
    writeln!(face.out, "{lines}")?;
    face.next(&say!(
        lang,
        "probant ledger verify --anchors DIR" | "probant ledger verify --anchors DOSSIER"
    ))
}

fn kind(lang: Lang, kind: &str) -> String {
    match kind {
        "cosignature" => say!(lang, "cosignature" | "contreseing"),
        "timestamp" => say!(lang, "time-stamp" | "horodatage"),
        _ => say!(lang, "copy" | "copie"),
    }
}

/// `probant ledger anchor accept-rollback`.
pub fn accepted(face: &mut Face<'_>, accepted: &Accepted) -> io::Result<()> {
    if face.json {
        return face.json(accepted);
    }
    let (by, entry) = (&accepted.by, accepted.entry);
    let sizes: Vec<String> = accepted
        .sizes
        .iter()
        .map(|size| face.lang.count(*size))
        .collect();
    let sizes = sizes.join(", ");
    let line = say!(
        face.lang,
        "Entry {entry} records that {by} goes on without what was anchored at {sizes} entries. `verify --anchors` will go on naming it."
            | "L’entrée {entry} consigne que {by} continue sans ce qui était ancré à {sizes} entrées. `verify --anchors` continuera de le signaler."
    );
    writeln!(face.out, "{line}")?;
    face.next(&format!("probant ledger show {entry}"))
}

/// `probant ledger witness`.
pub fn witness(face: &mut Face<'_>, shown: &Shown) -> io::Result<()> {
    if face.json {
        return face.json(shown);
    }
    let (lang, key) = (face.lang, &shown.witness);
    let line = if shown.created {
        say!(
            lang,
            "A new witness. Its key, to be read to the operator:\n  {key}"
                | "Un nouveau témoin. Sa clé, à lire à l’exploitant\u{a0}:\n  {key}"
        )
    } else {
        say!(
            lang,
            "This witness's key:\n  {key}" | "La clé de ce témoin\u{a0}:\n  {key}"
        )
    };
    writeln!(face.out, "{line}")?;
    for log in &shown.logs {
        let (held, log) = (entries(lang, log.size), &log.log);
        let line = say!(
            lang,
            "It has cosigned {held} of\n  {log}" | "Il a contresigné {held} de\n  {log}"
        );
        writeln!(face.out, "{line}")?;
    }
    Ok(())
}

/// `probant ledger cosign`.
pub fn cosigned(face: &mut Face<'_>, done: &Cosigned) -> io::Result<()> {
    if face.json {
        return face.json(done);
    }
    let lang = face.lang;
    let (origin, key, out) = (&done.origin, &done.witness, shown(&done.out));
    let (from, held) = (lang.count(done.from), entries(lang, done.size));
    let line = if done.from == 0 {
        say!(
            lang,
            "Cosigned: {held} of {origin}, seen for the first time."
                | "Contresigné\u{a0}: {held} de {origin}, vu pour la première fois."
        )
    } else {
        say!(
            lang,
            "Cosigned: {held} of {origin}, which continue the {from} seen before."
                | "Contresigné\u{a0}: {held} de {origin}, qui prolongent les {from} déjà vues."
        )
    };
    writeln!(face.out, "{line}")?;
    let line = say!(
        lang,
        "The answer is {out}; this witness's key:\n  {key}"
            | "La réponse est {out}\u{a0}; la clé de ce témoin\u{a0}:\n  {key}"
    );
    writeln!(face.out, "{line}")?;
    let line = say!(
        lang,
        "Give it back to the operator: probant ledger anchor add {out} --witness '{key}'"
            | "Rendez-la à l’exploitant\u{a0}: probant ledger anchor add {out} --witness '{key}'"
    );
    writeln!(face.err, "{line}")
}

/// What the anchors say of a ledger of `held` entries, within `probant ledger verify`.
pub(super) fn examined(face: &mut Face<'_>, examined: &Examined, held: u64) -> io::Result<()> {
    let lang = face.lang;
    let count = examined.anchors.len() as u64;
    let anchors = noun(lang, count, ["anchor", "anchors"], ["ancrage", "ancrages"]);
    let count = lang.count(count);
    let line = if examined.holds() {
        say!(
            lang,
            "Anchors hold: the ledger continues what left the machine ({count} {anchors})."
                | "Ancrages\u{a0}: respectés. Le registre prolonge ce qui est sorti de la machine ({count} {anchors})."
        )
    } else {
        say!(
            lang,
            "Anchors DO NOT HOLD: this is not the ledger that left the machine."
                | "Ancrages\u{a0}: ROMPUS. Ce n’est pas le registre qui est sorti de la machine."
        )
    };
    writeln!(face.out, "{line}")?;
    for anchor in &examined.anchors {
        one(face, anchor, held)?;
    }
    for file in &examined.ignored {
        let file = file.display();
        let line = say!(
            lang,
            "  {file}: no anchor, ignored" | "  {file}\u{a0}: pas un ancrage, ignoré"
        );
        writeln!(face.out, "{line}")?;
    }
    if examined.within_reach {
        let line = say!(
            lang,
            "These anchors lie in the workspace itself. Only copies kept elsewhere prove anything against whoever runs it."
                | "Ces ancrages sont dans le dossier de travail lui-même. Seules des copies gardées ailleurs prouvent quelque chose contre qui l’exploite."
        );
        writeln!(face.out, "{line}")?;
    }
    Ok(())
}

fn one(face: &mut Face<'_>, anchor: &Anchored, held: u64) -> io::Result<()> {
    let lang = face.lang;
    let file = anchor.file.display();
    let (size, held) = (lang.count(anchor.size.unwrap_or(0)), lang.count(held));
    let mut line = match anchor.verdict {
        AnchorVerdict::Holds => {
            let (kind, time) = (
                kind(lang, anchor.kind.as_deref().unwrap_or("copy")),
                anchor.time.as_deref().unwrap_or(""),
            );
            say!(
                lang,
                "  {size} entries: {kind} {time}" | "  {size} entrées\u{a0}: {kind} {time}"
            )
            .trim_end()
            .to_owned()
        }
        AnchorVerdict::Truncated => say!(
            lang,
            "! {file}: truncated: the log holds {held} entries, and this anchor vouches for {size}"
                | "! {file}\u{a0}: tronqué\u{a0}: le registre contient {held} entrées, et cet ancrage en atteste {size}"
        ),
        AnchorVerdict::Rewritten => say!(
            lang,
            "! {file}: rewritten: at {size} entries the log says something else than what was anchored"
                | "! {file}\u{a0}: réécrit\u{a0}: à {size} entrées, le registre dit autre chose que ce qui a été ancré"
        ),
        AnchorVerdict::Forked => say!(
            lang,
            "! {file}: fork: two histories of {size} entries were signed, and both left the machine"
                | "! {file}\u{a0}: bifurcation\u{a0}: deux histoires de {size} entrées ont été signées, et toutes deux sont sorties de la machine"
        ),
        AnchorVerdict::Unbelieved => {
            let why = anchor.why.as_deref().unwrap_or_default();
            say!(lang, "! {file}: {why}" | "! {file}\u{a0}: {why}")
        }
    };
    if let (Some(entry), true) = (anchor.accepted, anchor.verdict != AnchorVerdict::Holds) {
        line += &say!(
            lang,
            "; entry {entry} accepts it, which whoever holds the keys could have written"
                | "\u{a0}; l’entrée {entry} l’accepte, ce que pouvait écrire quiconque détient les clés"
        );
    }
    writeln!(face.out, "{line}")?;
    if let Some(key) = &anchor.witness {
        let line = say!(
            lang,
            "    by {key} (compare with the witness)" | "    par {key} (à comparer avec le témoin)"
        );
        writeln!(face.out, "{line}")?;
    }
    if let Some(data) = &anchor.data {
        writeln!(face.out, "{}", openssl(lang, data, &anchor.file))?;
    }
    Ok(())
}
