//! Keys and backups: what there is, what ended, what was copied, what to do with it. Ids only, never a secret.

use std::io;

use super::{noun, right, shown, table};
use crate::cli::Face;
use crate::lang::Lang;
use crate::report::moment;
use crate::say;
use crate::workspace::{
    BackedUp, Destroyed, KeyList, KeyMade, RecoveryMade, Restored, Rewrapped, Rotated, Unlinked,
};

/// `probant keys list`.
pub fn keys(face: &mut Face<'_>, list: &KeyList) -> io::Result<()> {
    if face.json {
        return face.json(list);
    }
    let lang = face.lang;
    let mut lines = table(&[
        say!(lang, "period" | "période"),
        say!(lang, "since" | "depuis"),
        say!(lang, "until" | "jusqu’au"),
        say!(lang, "state" | "état"),
        say!(lang, "predictions" | "prédictions"),
    ]);
    for period in &list.periods {
        let until = period
            .until
            .as_ref()
            .map_or_else(String::new, |time| moment(time, lang));
        lines.add_row([
            period.kid.clone(),
            moment(&period.since, lang),
            until,
            state(&period.state, period.destroyed.as_deref(), lang),
            lang.count(period.predictions),
        ]);
    }
    right(&mut lines, &[4]);
    let (kek, signing, n) = (&list.kek, &list.signing, list.keep_keys_days);
    let days = noun(lang, n.into(), ["day", "days"], ["jour", "jours"]);
    let backups = match &list.recovery {
        Some(recovery) => say!(
            lang,
            "Key backups: sealed to {recovery}, kept {n} {days}"
                | "Sauvegardes des clés\u{a0}: scellées pour {recovery}, gardées {n} {days}"
        ),
        None => say!(
            lang,
            "Key backups: none can be made, since the policy declares no recovery key"
                | "Sauvegardes des clés\u{a0}: impossibles, car la politique ne déclare pas de clé de secours"
        ),
    };
    writeln!(
        face.out,
        "{lines}\n{}\n{backups}",
        say!(
            lang,
            "Segments are wrapped by {kek}, the log is signed by {signing}"
                | "Segments enveloppés par {kek}, registre signé par {signing}"
        )
    )?;
    if let Some(kid) = &list.suppression {
        writeln!(
            face.out,
            "{}",
            say!(
                face.lang,
                "Who objected, or was erased on request, is recognised by {kid}, for as long as the ledger stands"
                    | "Qui s’est opposé, ou a été effacé sur demande, se reconnaît par {kid}, aussi longtemps que dure le registre"
            )
        )?;
    }
    let missing = list.periods.iter().any(|period| period.state == "missing");
    // Never a destruction: that is not a next step, but somebody's decision.
    if missing {
        return face.next(&say!(
            lang,
            "probant restore DIR --identity FILE --into NEW"
                | "probant restore DOSSIER --identity FICHIER --into NOUVEAU"
        ));
    }
    face.next("probant ledger verify")
}

fn state(state: &str, destroyed: Option<&str>, lang: Lang) -> String {
    match (state, destroyed) {
        ("in-use", _) => say!(lang, "in use" | "en usage"),
        ("kept", _) => say!(lang, "kept" | "gardée"),
        ("destroyed", Some(time)) => {
            let time = moment(time, lang);
            say!(lang, "destroyed {time}" | "détruite le {time}")
        }
        _ => say!(lang, "MISSING" | "MANQUANTE"),
    }
}

/// `probant keys rotate`.
pub fn rotated(face: &mut Face<'_>, done: &Rotated) -> io::Result<()> {
    if face.json {
        return face.json(done);
    }
    let Rotated {
        ended,
        began,
        by,
        entry,
        ..
    } = done;
    writeln!(
        face.out,
        "{}",
        say!(
            face.lang,
            "A new pseudonym period begins: {began}. Recorded as entry {entry}, by {by}.\n\
             Period {ended} has ended; its key is kept, so that its predictions can still be explained."
                | "Une nouvelle période de pseudonymes commence\u{a0}: {began}. Consigné à l’entrée {entry}, par {by}.\n\
             La période {ended} est close\u{a0}; sa clé est gardée, pour que ses prédictions s’expliquent encore."
        )
    )?;
    face.next("probant keys list")
}

/// `probant keys rewrap`.
pub fn rewrapped(face: &mut Face<'_>, done: &Rewrapped, recovery: bool) -> io::Result<()> {
    if face.json {
        return face.json(done);
    }
    let lang = face.lang;
    let (entry, by) = (done.entry, &done.by);
    let keys = match done.segments {
        1 => say!(
            lang,
            "The key of 1 segment is wrapped" | "La clé de 1 segment a une nouvelle enveloppe"
        ),
        n => {
            let segments = lang.count(n);
            say!(
                lang,
                "The keys of {segments} segments are wrapped"
                    | "Les clés de {segments} segments ont une nouvelle enveloppe"
            )
        }
    };
    writeln!(
        face.out,
        "{}",
        say!(
            face.lang,
            "{keys} anew, and what wrapped them is destroyed: an older copy of keys or ledger opens nothing together with today’s. Recorded as entry {entry}, by {by}."
                | "{keys}, et l’ancienne est détruite\u{a0}: une copie antérieure du registre ne s’ouvre plus avec les clés d’aujourd’hui, ni l’inverse. Consigné à l’entrée {entry}, par {by}."
        )
    )?;
    if !recovery {
        return face.next("probant ledger verify");
    }
    face.next(&say!(lang, "probant backup DIR" | "probant backup DOSSIER"))
}

/// `probant keys destroy`.
pub fn destroyed(face: &mut Face<'_>, done: &Destroyed) -> io::Result<()> {
    if face.json {
        return face.json(done);
    }
    let lang = face.lang;
    let (period, since) = (&done.period, moment(&done.since, lang));
    let n = lang.count(done.predictions);
    let predictions = noun(
        lang,
        done.predictions,
        ["prediction", "predictions"],
        ["prédiction", "prédictions"],
    );
    if done.already {
        writeln!(
            face.out,
            "{}",
            say!(
                lang,
                "Period {period} was destroyed on {since} already; there was nothing to do."
                    | "La période {period} est déjà détruite, depuis le {since}\u{a0}; il n’y avait rien à faire."
            )
        )?;
    } else {
        let days = done.keep_keys_days;
        let unit = noun(lang, days.into(), ["day", "days"], ["jour", "jours"]);
        writeln!(
            face.out,
            "{}",
            say!(
                lang,
                "Period {period} is destroyed: its {n} {predictions} can no longer be linked to anybody.\n\
                 A key backup that was made before still holds it: see that it is destroyed, at the latest in {days} {unit}."
                    | "La période {period} est détruite\u{a0}: {n} {predictions} ne se rattachent plus à personne.\n\
                 Une sauvegarde des clés faite avant la contient encore\u{a0}: veillez à sa destruction, au plus tard dans {days} {unit}."
            )
        )?;
    }
    face.next("probant keys list")
}

/// `probant keys recovery`.
pub fn recovery(face: &mut Face<'_>, made: &RecoveryMade) -> io::Result<()> {
    if face.json {
        return face.json(made);
    }
    let (file, recipient) = (shown(&made.file), &made.recipient);
    writeln!(
        face.out,
        "{}",
        say!(
            face.lang,
            "[backup]\nrecovery = \"{recipient}\"\n\
             This is the public half: paste these two lines into probant.toml.\n\
             The secret half is in {file}: whoever holds it opens every key backup. Keep it off the machine that scores,\n\
             and keep a second copy in a safe: without it, a lost machine cannot be restored."
                | "[backup]\nrecovery = \"{recipient}\"\n\
             Voici la moitié publique\u{a0}: collez ces deux lignes dans probant.toml.\n\
             La moitié secrète est dans {file}\u{a0}: qui la détient ouvre toute sauvegarde des clés. Gardez-la hors de la\n\
             machine qui note, et un double au coffre\u{a0}: sans elle, une machine perdue ne se restaure pas."
        )
    )?;
    let dir = say!(face.lang, "DIR" | "DOSSIER");
    face.next(&format!("probant backup {dir}"))
}

/// `probant keys person`.
pub fn person_key(face: &mut Face<'_>, made: &KeyMade) -> io::Result<()> {
    if face.json {
        return face.json(made);
    }
    let (file, person, key) = (shown(&made.file), &made.person, &made.key);
    writeln!(
        face.out,
        "{}",
        say!(
            face.lang,
            "key = \"{key}\"\n\
             This is the public half: paste this line under the `[[people]]` whose id is {person}, in probant.toml.\n\
             The secret half is in {file}: it signs in {person}’s name. Only {person} keeps it."
                | "key = \"{key}\"\n\
             Voici la moitié publique\u{a0}: collez cette ligne sous la rubrique `[[people]]` dont l’identifiant est {person}, dans probant.toml.\n\
             La moitié secrète est dans {file}\u{a0}: elle signe au nom de {person}, qui seul la garde."
        )
    )?;
    face.next("probant policy check")
}

/// `probant backup`.
pub fn backed_up(face: &mut Face<'_>, made: &BackedUp) -> io::Result<()> {
    if face.json {
        return face.json(made);
    }
    let lang = face.lang;
    let (ledger, keys) = (shown(&made.ledger), shown(&made.keys));
    let (files, bytes) = (lang.count(made.files), lang.count(made.bytes));
    let entries = lang.count(made.entries);
    writeln!(
        face.out,
        "{}",
        say!(
            lang,
            "Backed up: {files} files, {bytes} bytes, the log at {entries} entries.\n  {ledger}\n  {keys}\n\
             Take the keys to another place than the ledger: whoever has both, and the recovery identity, can read everybody."
                | "Sauvegardé\u{a0}: {files} fichiers, {bytes} octets, le registre à {entries} entrées.\n  {ledger}\n  {keys}\n\
             Portez les clés ailleurs que le registre\u{a0}: qui a les deux, et l’identité de secours, peut lire chacun."
        )
    )?;
    let n = made.keep_keys_days;
    let days = noun(lang, n.into(), ["day", "days"], ["jour", "jours"]);
    for old in &made.destroyed {
        let old = shown(old);
        writeln!(
            face.out,
            "{}",
            say!(
                lang,
                "Destroyed, being older than {n} {days}: {old}"
                    | "Détruite, car vieille de plus de {n} {days}\u{a0}: {old}"
            )
        )?;
    }
    for old in &made.due {
        let old = shown(old);
        writeln!(
            face.out,
            "{}",
            say!(
                lang,
                "! To be destroyed, being older than {n} {days}: {old}"
                    | "! À détruire, car vieille de plus de {n} {days}\u{a0}: {old}"
            )
        )?;
    }
    let dir = made.ledger.parent().map(shown).unwrap_or_default();
    if made.due.is_empty() {
        let (file, new) = (
            say!(lang, "FILE" | "FICHIER"),
            say!(lang, "DIR" | "DOSSIER"),
        );
        // A backup that was never restored is a hope.
        face.next(&format!(
            "probant restore {dir} --identity {file} --into {new}"
        ))
    } else {
        face.next(&format!("probant backup {dir} --prune"))
    }
}

/// `probant restore`.
pub fn restored(face: &mut Face<'_>, restored: &Restored) -> io::Result<()> {
    if face.json {
        return face.json(restored);
    }
    let lang = face.lang;
    let (into, files) = (shown(&restored.into), lang.count(restored.files));
    let time = moment(&restored.time, lang);
    writeln!(
        face.out,
        "{}",
        say!(
            lang,
            "Restored as it was on {time}: {files} files, into {into}."
                | "Restauré dans son état du {time}\u{a0}: {files} fichiers, dans {into}."
        )
    )?;
    super::ledger::said(face, &restored.verdict)?;
    if !restored.verdict.holds() {
        return Ok(());
    }
    writeln!(
        face.out,
        "{}",
        say!(
            lang,
            "! Requests received after {time} are not in it: submit them again (`subject erase --batch FILE --now`) before you score."
                | "! Toute demande reçue après le {time} n’y est pas\u{a0}: présentez-la de nouveau (`subject erase --batch FICHIER --now`) avant de noter."
        )
    )?;
    // Not in the workspace that the command was started in, which may be gone.
    face.next(&format!("cd {into} && probant subject list"))
}

/// What cannot be searched any more, a line each.
pub fn unlinked(to: &mut dyn io::Write, unlinked: &[Unlinked], lang: Lang) -> io::Result<()> {
    for it in unlinked {
        let sentence = it.sentence(lang);
        let (head, tail) = sentence.split_at(sentence.chars().next().map_or(0, char::len_utf8));
        writeln!(to, "\n{}{tail}.", head.to_uppercase())?;
    }
    Ok(())
}
