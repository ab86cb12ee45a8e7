//! People's requests: what was taken, what was carried out, and what it comes to.

use std::io;

use serde_json::json;

use super::{noun, right, table};
use crate::cli::Face;
use crate::lang::Lang;
use crate::say;
use crate::workspace::{Batch, FileDone, Objected, Orphan, Receipt, RequestLine, Taken};

fn records(lang: Lang, n: u64) -> String {
    let word = noun(
        lang,
        n,
        ["record", "records"],
        ["enregistrement", "enregistrements"],
    );
    format!("{} {word}", lang.count(n))
}

fn demands(lang: Lang, n: u64) -> String {
    let word = noun(lang, n, ["request", "requests"], ["demande", "demandes"]);
    format!("{} {word}", lang.count(n))
}

/// `probant subject erase`.
pub fn erased(face: &mut Face<'_>, asked: &Taken) -> io::Result<()> {
    if face.json {
        return face.json(asked);
    }
    let lang = face.lang;
    if asked.requests > 0 {
        let (taken, about) = (demands(lang, asked.requests), records(lang, asked.records));
        let count = lang.count(asked.requests);
        writeln!(
            face.out,
            "{}",
            say!(
                lang,
                "Taken: {taken}, about {about}." | "Demandes reçues\u{a0}: {count}, sur {about}."
            )
        )?;
    }
    if asked.status == "answered" {
        writeln!(
            face.out,
            "{}",
            say!(
                lang,
                "This request is already waiting, or was carried out before."
                    | "Cette demande est déjà en attente, ou a déjà été exécutée."
            )
        )?;
        return face.next("probant subject list");
    }
    if asked.status == "running" {
        writeln!(
            face.out,
            "{}",
            say!(
                lang,
                "A score is under way and has read this lead: the request is carried out when that run ends."
                    | "Une notation est en cours et a déjà lu ce prospect\u{a0}: la demande sera exécutée à la fin de ce passage."
            )
        )?;
        return face.next("probant subject list");
    }
    let Some(done) = &asked.batch else {
        writeln!(
            face.out,
            "{}",
            say!(
                lang,
                "It will be carried out with the next night."
                    | "L’exécution aura lieu avec la prochaine nuit."
            )
        )?;
        return face.next("probant subject erase --now");
    };
    if done.is_empty() {
        writeln!(
            face.out,
            "{}",
            say!(lang, "Nothing was waiting." | "Rien n’attendait.")
        )?;
        return Ok(());
    }
    batch(face, done)?;
    let days = asked.key_backups_days;
    if done.requests == 0 && done.held_requests > 0 {
        return face.next(&say!(
            lang,
            "probant subject lift LEAD --request REF"
                | "probant subject lift PROSPECT --request RÉF"
        ));
    }
    if done.records + done.expired + done.lapsed == 0 {
        return face.next("probant subject list");
    }
    writeln!(
        face.out,
        "{}",
        say!(
            lang,
            "A backup of keys made before today could still open an older ledger: it is to be destroyed within {days} days."
                | "Une sauvegarde des clés antérieure à ce jour pourrait encore ouvrir un ancien registre\u{a0}: elle est à détruire sous {days} jours."
        )
    )?;
    face.next(&say!(
        lang,
        "probant subject receipt REF --out receipt" | "probant subject receipt RÉF --out recu"
    ))
}

/// What a batch did, after the run that it ends or by itself.
pub fn batch(face: &mut Face<'_>, batch: &Batch) -> io::Result<()> {
    let lang = face.lang;
    if batch.requests > 0 {
        let (taken, gone) = (demands(lang, batch.requests), records(lang, batch.records));
        let count = lang.count(batch.requests);
        writeln!(
            face.out,
            "{}",
            say!(
                lang,
                "Carried out: {taken}; {gone} erased, under unchanged roots."
                    | "Demandes exécutées\u{a0}: {count}\u{a0}; effacement de {gone}, sous des racines inchangées."
            )
        )?;
    }
    if batch.held_requests > 0 {
        let waiting = demands(lang, batch.held_requests);
        writeln!(
            face.out,
            "! {}",
            say!(
                lang,
                "{waiting} still waiting: a restriction stands on these records."
                    | "Toujours en attente\u{a0}: {waiting}, car une limitation porte sur ces enregistrements."
            )
        )?;
    }
    expired(face, batch)?;
    for file in &batch.files {
        writeln!(face.out, "{}", file_done(lang, file))?;
    }
    for it in &batch.told {
        let (who, when) = (&it.recipient, &it.time);
        writeln!(
            face.out,
            "! {}",
            say!(
                lang,
                "To be told (GDPR art. 19): {who}, who was handed these records on {when}."
                    | "À informer (RGPD, art. 19)\u{a0}: {who}, à qui ces enregistrements ont été remis le {when}."
            )
        )?;
    }
    Ok(())
}

fn expired(face: &mut Face<'_>, batch: &Batch) -> io::Result<()> {
    let lang = face.lang;
    if batch.lapsed > 0 {
        let gone = records(lang, batch.lapsed);
        writeln!(
            face.out,
            "{}",
            say!(
                lang,
                "Retention over, since these leads were in touch too long ago: {gone} erased."
                    | "Conservation échue, le dernier contact de ces prospects étant trop ancien\u{a0}: effacement de {gone}."
            )
        )?;
    }
    if batch.expired > 0 {
        let (gone, segments) = (
            records(lang, batch.expired),
            lang.count(batch.purged_segments),
        );
        writeln!(
            face.out,
            "{}",
            say!(
                lang,
                "Past their date: {gone} destroyed (whole segments: {segments})."
                    | "Échéance passée\u{a0}: destruction de {gone} (segments entiers\u{a0}: {segments})."
            )
        )?;
    }
    if batch.held > 0 {
        let kept = records(lang, batch.held);
        writeln!(
            face.out,
            "! {}",
            say!(
                lang,
                "Past their date, and kept because they are restricted: {kept}."
                    | "Échéance passée, mais conservation en raison d’une limitation\u{a0}: {kept}."
            )
        )?;
    }
    if batch.trainings > 0 {
        let gone = lang.count(batch.trainings);
        writeln!(
            face.out,
            "{}",
            say!(
                lang,
                "Past their date: keys of training fingerprints destroyed: {gone}."
                    | "Échéance passée\u{a0}: clés d’empreintes d’apprentissage détruites\u{a0}: {gone}."
            )
        )?;
    }
    Ok(())
}

fn file_done(lang: Lang, file: &FileDone) -> String {
    let (path, rows) = (file.path.display(), lang.count(file.rows));
    match file.status.as_str() {
        "rewritten" => say!(
            lang,
            "Written again without {rows} of its rows: {path}"
                | "Réécrit sans {rows} de ses lignes\u{a0}: {path}"
        ),
        "clean" => say!(
            lang,
            "None of these people is in it: {path}"
                | "Aucune de ces personnes n’y figure\u{a0}: {path}"
        ),
        "unlinked" => say!(
            lang,
            "! Cannot be written again any more (its period was destroyed); erase it yourself: {path}"
                | "! Ne peut plus être réécrit (sa période a été détruite)\u{a0}; effacez-le vous-même\u{a0}: {path}"
        ),
        "removed" => say!(lang, "Removed: {path}" | "Supprimé\u{a0}: {path}"),
        "missing" => say!(
            lang,
            "! No longer where it was put; erase it wherever it is: {path}"
                | "! N’est plus là où il avait été déposé\u{a0}; effacez-le où qu’il soit\u{a0}: {path}"
        ),
        _ => say!(
            lang,
            "! Another file stands here now, and was not touched: {path}"
                | "! Un autre fichier s’y trouve désormais, et n’a pas été touché\u{a0}: {path}"
        ),
    }
}

/// `probant subject object`.
pub fn objected(face: &mut Face<'_>, done: &Objected) -> io::Result<()> {
    if face.json {
        return face.json(done);
    }
    let lang = face.lang;
    let said = match (done.status.as_str(), done.scope.as_str()) {
        ("answered", _) => say!(
            lang,
            "This person had objected to as much before: nothing changes."
                | "Cette personne s’y était déjà opposée\u{a0}: rien ne change."
        ),
        (_, "promotion") => say!(
            lang,
            "In force: whatever the CRM exports, this person is not canvassed any more, nor scored for it."
                | "Opposition en vigueur\u{a0}: quoi que le CRM exporte, cette personne n’est plus démarchée, ni notée à cette fin."
        ),
        (_, "profiling") => say!(
            lang,
            "In force: whatever the CRM exports, this person is not scored any more."
                | "Opposition en vigueur\u{a0}: quoi que le CRM exporte, cette personne n’est plus notée."
        ),
        _ => say!(
            lang,
            "In force: whatever the CRM exports, this person is neither scored nor canvassed any more."
                | "Opposition en vigueur\u{a0}: quoi que le CRM exporte, cette personne n’est plus ni notée ni démarchée."
        ),
    };
    writeln!(face.out, "{said}")?;
    writeln!(
        face.out,
        "{}",
        say!(
            lang,
            "Nobody here can lift it. It outlives the erasure of everything else about this person. A message that the law or a contract asks for, such as an invoice, may still be sent."
                | "Personne ici ne peut la lever. Elle survit à l’effacement de tout le reste. Un message que la loi ou un contrat impose, une facture par exemple, peut toujours partir."
        )
    )?;
    for path in &done.files {
        let path = path.display();
        writeln!(
            face.out,
            "! {}",
            say!(
                lang,
                "Still in a score file, from which nobody may canvass this lead: {path}"
                    | "Figure encore dans un fichier de scores, dont nul ne peut se servir pour démarcher ce prospect\u{a0}: {path}"
            )
        )?;
    }
    face.next("probant subject list")
}

/// `probant subject restrict`.
pub fn restricted(face: &mut Face<'_>, asked: &Taken) -> io::Result<()> {
    if face.json {
        return face.json(asked);
    }
    let held = records(face.lang, asked.records);
    writeln!(
        face.out,
        "{}",
        say!(
            face.lang,
            "Restricted: {held}. They are kept, and neither used, scored again nor destroyed until the restriction is lifted."
                | "Limitation posée\u{a0}: {held}. Conservation sans usage, sans nouvelle notation et sans destruction, jusqu’à la levée."
        )
    )?;
    for path in &asked.files {
        let path = path.display();
        writeln!(
            face.out,
            "! {}",
            say!(
                face.lang,
                "Still in a score file, which nobody may use for this lead: {path}"
                    | "Figure encore dans un fichier de scores, dont l’usage pour ce prospect est exclu\u{a0}: {path}"
            )
        )?;
    }
    face.next(&say!(
        face.lang,
        "probant subject lift LEAD --request REF" | "probant subject lift PROSPECT --request RÉF"
    ))
}

/// `probant subject lift`.
pub fn lifted(face: &mut Face<'_>, asked: &Taken) -> io::Result<()> {
    if face.json {
        return face.json(asked);
    }
    let free = records(face.lang, asked.records);
    writeln!(
        face.out,
        "{}",
        say!(
            face.lang,
            "Free again: {free}." | "Limitation levée\u{a0}: {free}."
        )
    )?;
    face.next("probant subject list")
}

/// `probant subject list`.
pub fn requests(face: &mut Face<'_>, requests: &[RequestLine]) -> io::Result<()> {
    if face.json {
        return face.json(&json!({ "schema_version": 1, "requests": requests }));
    }
    let lang = face.lang;
    let mut lines = table(&[
        say!(lang, "asked" | "demande"),
        say!(lang, "reference" | "référence"),
        say!(lang, "article" | "article"),
        say!(lang, "received" | "reçue"),
        say!(lang, "carried out" | "exécutée"),
    ]);
    for it in requests {
        let kind = match it.kind.as_str() {
            "erase" => say!(lang, "erasure" | "effacement"),
            "restrict" => say!(lang, "restriction" | "limitation"),
            "object" => say!(lang, "objection" | "opposition"),
            "contest" => say!(lang, "contest" | "contestation"),
            _ => say!(lang, "end of restriction" | "levée"),
        };
        let reason = article(lang, &it.reason);
        let done = it
            .done
            .clone()
            .unwrap_or_else(|| say!(lang, "waiting" | "en attente"));
        lines.add_row([
            kind,
            it.reference.clone(),
            reason,
            it.received.clone(),
            done,
        ]);
    }
    writeln!(face.out, "{lines}")?;
    if requests.iter().any(|it| it.done.is_none()) {
        face.next("probant subject erase --now")
    } else {
        face.next("probant ledger verify")
    }
}

/// An article as a lawyer writes it: `art17-1` is art. 17(1).
fn article(lang: Lang, code: &str) -> String {
    let parts = code
        .strip_prefix("art")
        .map(|rest| rest.split('-').collect::<Vec<_>>());
    match parts.as_deref() {
        Some([article]) => format!("art.\u{a0}{article}"),
        Some([article, paragraph]) => say!(
            lang,
            "art.\u{a0}{article}({paragraph})" | "art.\u{a0}{article}, §\u{a0}{paragraph}"
        ),
        Some([article, paragraph, scope]) if scope.len() > 1 => {
            let scope = match *scope {
                "profiling" => say!(lang, "profiling" | "profilage"),
                "promotion" => say!(lang, "promotion" | "prospection"),
                _ => say!(lang, "everything" | "tout"),
            };
            say!(
                lang,
                "art.\u{a0}{article}({paragraph}), {scope}"
                    | "art.\u{a0}{article}, §\u{a0}{paragraph}, {scope}"
            )
        }
        Some([article, paragraph, letter]) => say!(
            lang,
            "art.\u{a0}{article}({paragraph})({letter})"
                | "art.\u{a0}{article}, §\u{a0}{paragraph}, {letter})"
        ),
        _ if code == "lifted" => say!(lang, "lifted" | "levée"),
        _ => code.to_owned(),
    }
}

/// `probant subject receipt`.
pub fn receipt(face: &mut Face<'_>, receipt: &Receipt) -> io::Result<()> {
    if face.json {
        return face.json(receipt);
    }
    let (path, [begun, done]) = (receipt.path.display(), receipt.entries);
    writeln!(
        face.out,
        "{}",
        say!(
            face.lang,
            "Written: {path}, with the proofs of entries {begun} and {done} and a letter."
                | "Écrit\u{a0}: {path}, avec les preuves des entrées {begun} et {done} et une lettre."
        )
    )?;
    face.next("probant ledger verify")
}

/// `probant ledger purge --dry-run`.
pub fn due(face: &mut Face<'_>, batch: &Batch) -> io::Result<()> {
    if face.json {
        return face.json(batch);
    }
    let lang = face.lang;
    let (waiting, gone, held) = (
        demands(lang, batch.requests),
        records(lang, batch.expired + batch.lapsed),
        records(lang, batch.held),
    );
    writeln!(
        face.out,
        "{}",
        say!(
            lang,
            "Waiting: {waiting}. Past their date: {gone}; kept by a restriction: {held}. Nothing was destroyed."
                | "En attente\u{a0}: {waiting}. Échéance passée\u{a0}: {gone}\u{a0}; conservés par une limitation\u{a0}: {held}. Rien n’a été détruit."
        )
    )?;
    if batch.trainings > 0 {
        let keys = lang.count(batch.trainings);
        writeln!(
            face.out,
            "{}",
            say!(
                lang,
                "Keys of training fingerprints past their date: {keys}."
                    | "Clés d’empreintes d’apprentissage dont l’échéance est passée\u{a0}: {keys}."
            )
        )?;
    }
    face.next("probant ledger purge")
}

/// `probant ledger purge`.
pub fn purged(face: &mut Face<'_>, done: &Batch) -> io::Result<()> {
    if face.json {
        return face.json(done);
    }
    if done.is_empty() {
        let nothing = say!(face.lang, "Nothing is due." | "Rien n’est échu.");
        writeln!(face.out, "{nothing}")?;
    }
    batch(face, done)?;
    face.next("probant ledger verify")
}

/// `probant ledger gc`.
pub fn orphans(face: &mut Face<'_>, orphans: &[Orphan], dry: bool) -> io::Result<()> {
    if face.json {
        let orphans = json!({ "schema_version": 1, "deleted": !dry, "orphans": orphans });
        return face.json(&orphans);
    }
    let lang = face.lang;
    if orphans.is_empty() {
        writeln!(
            face.out,
            "{}",
            say!(
                lang,
                "Nothing is left over." | "Il ne reste rien à supprimer."
            )
        )?;
        return face.next("probant ledger verify");
    }
    let mut lines = table(&[
        say!(lang, "file" | "fichier"),
        say!(lang, "bytes" | "octets"),
    ]);
    for it in orphans {
        lines.add_row([it.path.clone(), lang.count(it.bytes)]);
    }
    right(&mut lines, &[1]);
    writeln!(face.out, "{lines}")?;
    if dry {
        return face.next("probant ledger gc");
    }
    writeln!(face.out, "{}", say!(lang, "Deleted." | "Supprimé."))?;
    face.next("probant ledger verify")
}
