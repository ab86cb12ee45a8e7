//! Whom the law refuses, by reason; whom another date would change; what was signed.

use std::io;

use super::{noun, right, table};
use crate::cli::Face;
use crate::lang::Lang;
use crate::law;
use crate::report::day;
use crate::say;
use crate::workspace::{Changes, ConsentCount, Counted, RefusalCount, Said, Signed};

/// Refused leads by reason, with the article and what the pack says.
pub fn refusals(face: &mut Face<'_>, pack: &str, refusals: &[RefusalCount]) -> io::Result<()> {
    if refusals.is_empty() {
        return Ok(());
    }
    let lang = face.lang;
    let mut lines = table(&[
        say!(lang, "refused because" | "refusés car"),
        say!(lang, "article" | "article"),
        say!(lang, "leads" | "prospects"),
    ]);
    for it in refusals {
        lines.add_row([
            sentence(pack, &it.refusal, lang),
            it.article.clone(),
            lang.count(it.leads),
        ]);
    }
    right(&mut lines, &[2]);
    writeln!(face.out, "{lines}")
}

/// What a pack says of one of its grounds or refusals; its name where it says nothing.
fn sentence(pack: &str, name: &str, lang: Lang) -> String {
    let pack = law::builtin(pack);
    let said = pack.as_ref().and_then(|pack| {
        let refusals = pack.refusals().into_iter();
        let mut refusals = refusals.map(|it| (&it.name, &it.sentence));
        let mut grounds = pack.grounds().map(|it| (&it.name, &it.sentence));
        let found = refusals.find(|(it, _)| it.as_str() == name);
        let found = found.or_else(|| grounds.find(|(it, _)| it.as_str() == name));
        found.and_then(|(_, sentence)| sentence.as_ref())
    });
    match said {
        Some(sentence) => sentence.words(lang).to_owned(),
        None if name == "restricted" => say!(
            lang,
            "What is recorded about this person is restricted."
                | "Ce qui est consigné sur cette personne fait l’objet d’une limitation."
        ),
        None => name.to_owned(),
    }
}

/// What the file of consents held.
pub fn consents(face: &mut Face<'_>, it: &ConsentCount) -> io::Result<()> {
    let lang = face.lang;
    let (events, people, unknown) = (
        lang.count(it.events),
        lang.count(it.people),
        lang.count(it.unknown),
    );
    let of = noun(
        lang,
        it.people,
        ["person", "people"],
        ["personne", "personnes"],
    );
    let are = noun(lang, it.unknown, ["is", "are"], ["n’est", "ne sont"]);
    writeln!(
        face.out,
        "{}",
        say!(
            lang,
            "Consents: {events} events about {people} {of}, of whom {unknown} {are} not in the export."
                | "Consentements\u{a0}: {events} événements sur {people} {of}, dont {unknown} {are} pas dans l’export."
        )
    )
}

/// What the law says of an export today.
pub fn counted(face: &mut Face<'_>, it: &Counted) -> io::Result<()> {
    let lang = face.lang;
    let (purpose, law) = (&it.purpose, &it.law);
    let date = day(&it.date.to_string(), lang);
    let refused: u64 = it.refusals.iter().map(|it| it.leads).sum();
    let (may, may_not) = (lang.count(it.eligible), lang.count(refused));
    writeln!(
        face.out,
        "{}",
        say!(
            lang,
            "On {date}, {law} lets {may} of the leads be scored for `{purpose}` and refuses {may_not}."
                | "Au {date}, {law} permet d’évaluer {may} des prospects pour «\u{a0}{purpose}\u{a0}» et en refuse {may_not}."
        )
    )?;
    refusals(face, law, &it.refusals)?;
    it.consents.as_ref().map_or(Ok(()), |it| consents(face, it))
}

/// `probant law diff`.
pub fn changes(face: &mut Face<'_>, it: &Changes) -> io::Result<()> {
    if face.json {
        return face.json(it);
    }
    let lang = face.lang;
    let (from, at) = (
        day(&it.from.to_string(), lang),
        day(&it.at.to_string(), lang),
    );
    let (before, after) = (lang.count(it.eligible_from), lang.count(it.eligible_at));
    let leads = lang.count(it.rows - it.failed);
    let (law, purpose) = (&it.law, &it.purpose);
    writeln!(
        face.out,
        "{}",
        say!(
            lang,
            "Of {leads} leads, {law} lets {before} be scored for `{purpose}` on {from}, and {after} on {at}."
                | "Sur {leads} prospects, {law} permet d’en évaluer {before} pour «\u{a0}{purpose}\u{a0}» le {from}, et {after} le {at}."
        )
    )?;
    if it.failed > 0 {
        let failed = lang.count(it.failed);
        let rows = noun(lang, it.failed, ["row", "rows"], ["ligne", "lignes"]);
        writeln!(
            face.out,
            "{}",
            say!(
                lang,
                "! {failed} {rows} could not be read or repeat an identifier, and are not counted."
                    | "! {failed} {rows} en échec ou en double, non comptées."
            )
        )?;
    }
    if let Some(known) = &it.consents {
        consents(face, known)?;
    }
    if it.changes.is_empty() {
        let nobody = say!(
            lang,
            "The status of nobody changes." | "Le statut de personne ne change."
        );
        return writeln!(face.out, "{nobody}");
    }
    let mut lines = table(&[
        say!(lang, "on {from}" | "le {from}"),
        say!(lang, "on {at}" | "le {at}"),
        say!(lang, "leads" | "prospects"),
    ]);
    for change in &it.changes {
        lines.add_row([
            said(law, &change.from, lang),
            said(law, &change.to, lang),
            lang.count(change.leads),
        ]);
    }
    right(&mut lines, &[2]);
    writeln!(face.out, "{lines}")
}

fn said(pack: &str, it: &Said, lang: Lang) -> String {
    let status = if it.status == "eligible" {
        say!(lang, "may be scored" | "peut être évalué")
    } else {
        say!(lang, "refused" | "refusé")
    };
    let (words, article) = (sentence(pack, &it.name, lang), &it.article);
    say!(
        lang,
        "{status}: {words} ({article})" | "{status}\u{a0}: {words} ({article})"
    )
}

/// `probant law sign`.
pub fn signed(face: &mut Face<'_>, it: &Signed) -> io::Result<()> {
    if face.json {
        return face.json(it);
    }
    let lang = face.lang;
    let (id, purpose, person) = (&it.id, &it.purpose, &it.signed_by);
    let until = day(&it.expires, lang);
    let file = it.signature.display();
    writeln!(
        face.out,
        "{}",
        say!(
            lang,
            "The assessment {id} of `{purpose}` is signed by {person} and counts until {until}: {file}"
                | "La mise en balance {id} de «\u{a0}{purpose}\u{a0}» est signée par {person} et vaut jusqu’au {until}\u{a0}: {file}"
        )
    )?;
    face.next(&say!(
        lang,
        "probant score EXPORT --out scores.csv" | "probant score EXPORT --out scores.csv"
    ))
}
