//! Reviews on a terminal: what there is to look at, what was decided, what a sign-off lacks.

use std::io;

use super::{noun, right, table, width};
use crate::cli::Face;
use crate::decision::Missing;
use crate::lang::Lang;
use crate::report::remark::{self, Remark};
use crate::report::{Explanation, moment};
use crate::say;
use crate::workspace::{
    Contested, ListedProposals, Opinion, ReviewRow, ShownProposal, SignOffDone, Status,
    review_sentence,
};

/// What is missing, in a sentence without its full stop.
pub fn missing(it: Missing, lang: Lang) -> String {
    if lang == Lang::En {
        return review_sentence(it);
    }
    match it {
        Missing::Borderline { unopened, of } => {
            format!("cas limites non ouverts\u{a0}: {unopened} sur {of}")
        }
        Missing::Sample { unopened, of } => {
            format!("prospects tirés au hasard et non ouverts\u{a0}: {unopened} sur {of}")
        }
        Missing::Controls { unanswered, of } => format!(
            "cas témoins non trouvés\u{a0}: {unanswered} sur {of} (un prospect y est montré avec une tranche que son score n’a pas)"
        ),
        Missing::Missed { missed } => format!(
            "cas témoins laissés passer\u{a0}: {missed}\u{a0}; une autre personne doit examiner tout le passage"
        ),
        Missing::Contested { waiting } => {
            format!("décisions contestées en attente d’une seconde personne\u{a0}: {waiting}")
        }
        Missing::Pace {
            opened,
            seconds,
            needed,
        } => format!(
            "prospects lus\u{a0}: {opened} en {seconds}\u{a0}s, alors qu’il en faut au moins {needed}\u{a0}s"
        ),
        Missing::Hurried { reviews } => {
            format!("examens plus rapides que toute lecture\u{a0}: {reviews}")
        }
    }
}

fn status(lang: Lang, status: Status) -> String {
    match status {
        Status::Open => say!(lang, "open" | "à décider"),
        Status::Validated => say!(lang, "validated" | "validée"),
        Status::Overridden => say!(lang, "overridden" | "autre tranche"),
        Status::Rejected => say!(lang, "rejected" | "écartée"),
        Status::Contested => say!(lang, "contested" | "contestée"),
    }
}

/// `probant review list`.
pub fn proposals(face: &mut Face<'_>, listed: &ListedProposals) -> io::Result<()> {
    if face.json {
        return face.json(listed);
    }
    let lang = face.lang;
    let run = listed.run.get(..12).unwrap_or(&listed.run);
    let [proposed, open, validated, overridden, rejected, contested] = [
        listed.proposed,
        listed.open,
        listed.validated,
        listed.overridden,
        listed.rejected,
        listed.contested,
    ]
    .map(|count| lang.count(count));
    writeln!(
        face.out,
        "{}",
        say!(
            lang,
            "Run {run}: {proposed} proposed; {open} open, {validated} validated, {overridden} overridden, {rejected} rejected, {contested} contested."
                | "Passage {run}\u{a0}: {proposed} propositions\u{a0}; à décider {open}, validées {validated}, autre tranche {overridden}, écartées {rejected}, contestées {contested}."
        )
    )?;
    if !listed.rows.is_empty() {
        rows(face, &listed.rows)?;
    }
    let (shown, matching) = (listed.rows.len() as u64, listed.matching);
    if shown < matching {
        let (shown, matching) = (lang.count(shown), lang.count(matching));
        writeln!(
            face.out,
            "{}",
            say!(
                lang,
                "{shown} of {matching} shown; `--limit` shows more."
                    | "{shown} sur {matching} montrées\u{a0}; `--limit` en montre plus."
            )
        )?;
    }
    footing(face, listed)
}

fn rows(face: &mut Face<'_>, rows: &[ReviewRow]) -> io::Result<()> {
    let lang = face.lang;
    let mut lines = table(&[
        say!(lang, "decision" | "décision"),
        say!(lang, "band" | "tranche"),
        say!(lang, "borderline" | "cas limite"),
        say!(lang, "to open" | "à ouvrir"),
        say!(lang, "status" | "état"),
    ]);
    let mark = |is: bool| {
        if is {
            say!(lang, "yes" | "oui")
        } else {
            String::new()
        }
    };
    for row in rows {
        lines.add_row([
            row.decision.to_string(),
            row.band_label.clone().unwrap_or_default(),
            if row.set_apart {
                say!(lang, "set apart" | "mis à part")
            } else {
                mark(row.borderline)
            },
            mark(row.to_open),
            status(lang, row.status),
        ]);
    }
    right(&mut lines, &[0]);
    writeln!(face.out, "{lines}")
}

/// Who signed the run off, or what that still lacks.
fn footing(face: &mut Face<'_>, listed: &ListedProposals) -> io::Result<()> {
    let lang = face.lang;
    if listed.trial {
        let text = say!(
            lang,
            "A trial: nothing of it may be used, and it cannot be signed off."
                | "Un essai\u{a0}: rien n’en est utilisé, et il ne peut être approuvé."
        );
        return writeln!(face.out, "{text}");
    }
    if let Some(signed) = &listed.signed_off {
        let (person, time) = (&signed.person, moment(&signed.time, lang));
        let text = say!(
            lang,
            "Signed off by {person} on {time}." | "Approuvé par {person} le {time}."
        );
        return writeln!(face.out, "{text}");
    }
    if !listed.planted {
        let text = say!(
            lang,
            "! The policy has one band: no case can be planted with a wrong one, and nothing shows whether anybody looks."
                | "! La politique n’a qu’une tranche\u{a0}: aucun cas témoin ne peut en porter une fausse, et rien ne montre qu’on regarde."
        );
        writeln!(face.out, "{text}")?;
    }
    let Some(person) = &listed.person else {
        let text = say!(
            lang,
            "Nobody in the policy has the role `reviewer`."
                | "Personne n’a le rôle `reviewer` dans la politique."
        );
        return writeln!(face.out, "! {text}");
    };
    if listed.missing.is_empty() {
        let text = say!(
            lang,
            "{person} may sign this run off." | "{person} peut approuver ce passage."
        );
        writeln!(face.out, "{text}")?;
        return face.next(&format!(
            "probant review sign-off {} --as {person} --key {}",
            &listed.run[..12],
            say!(lang, "FILE" | "FICHIER")
        ));
    }
    let text = say!(
        lang,
        "Before {person} may sign this run off:"
            | "Avant que {person} puisse approuver ce passage\u{a0}:"
    );
    writeln!(face.out, "{text}")?;
    for it in &listed.missing {
        writeln!(face.out, "  - {}", missing(*it, lang))?;
    }
    match listed.rows.iter().find(|row| row.to_open) {
        Some(row) => face.next(&format!(
            "probant review show {} --as {person} --key {}",
            row.decision,
            say!(lang, "FILE" | "FICHIER")
        )),
        None => Ok(()),
    }
}

/// What `probant review show` prints of a proposal, to the byte: its explanation, and what people said of it before.
pub fn opened(said: &Explanation, remarks: &[Remark], lang: Lang, json: bool) -> String {
    if json {
        let mut all = said.json(lang);
        all["before"] = remark::json(remarks);
        let text = serde_json::to_string_pretty(&all);
        return text.unwrap_or_default() + "\n";
    }
    said.text_within(lang, width()) + &remark::text(remarks, lang, width())
}

/// `probant review show`.
pub fn shown(face: &mut Face<'_>, it: &ShownProposal) -> io::Result<()> {
    write!(face.out, "{}", it.text)?;
    let (decision, person) = (it.decision, &it.person);
    let file = say!(face.lang, "FILE" | "FICHIER");
    face.next(&format!(
        "probant review validate {decision} --as {person} --key {file}"
    ))
}

/// `probant review validate`, `override` and `reject`.
pub fn reviewed(face: &mut Face<'_>, said: &Opinion) -> io::Result<()> {
    if face.json {
        return face.json(said);
    }
    let lang = face.lang;
    let n = said.decisions.len() as u64;
    let word = noun(
        lang,
        n,
        ["decision", "decisions"],
        ["décision", "décisions"],
    );
    let (n, person) = (lang.count(n), &said.person);
    let band = said.band.as_deref().unwrap_or_default();
    let text = match said.opinion {
        "validated" => say!(
            lang,
            "Validated by {person}: {n} {word}." | "Validation par {person}\u{a0}: {n} {word}."
        ),
        "overridden" => say!(
            lang,
            "Overridden by {person} to `{band}`: {n} {word}."
                | "Tranche changée en «\u{a0}{band}\u{a0}» par {person}\u{a0}: {n} {word}."
        ),
        _ => say!(
            lang,
            "Rejected by {person}: {n} {word}." | "Mise à l’écart par {person}\u{a0}: {n} {word}."
        ),
    };
    writeln!(face.out, "{text}")?;
    for decision in &said.planted {
        let text = if said.opinion == "validated" {
            say!(
                lang,
                "! Decision {decision} was planted: its band was a wrong one, and it was let through. {person} lets nothing more out of this run."
                    | "! La décision {decision} était un cas témoin\u{a0}: sa tranche était fausse, et elle a été laissée passer. {person} ne laisse plus rien sortir de ce passage."
            )
        } else {
            say!(
                lang,
                "Decision {decision} was planted: its band was a wrong one, and you found it. It decides nothing; open it again, it is shown truly now."
                    | "La décision {decision} était un cas témoin\u{a0}: sa tranche était fausse, et vous l’avez trouvée. Rien n’est décidé\u{a0}; rouvrez-la, elle est montrée telle qu’elle est."
            )
        };
        writeln!(face.out, "{text}")?;
    }
    face.next("probant review list")
}

/// `probant review sign-off`.
pub fn signed_off(face: &mut Face<'_>, done: &SignOffDone) -> io::Result<()> {
    if face.json {
        return face.json(done);
    }
    let lang = face.lang;
    let (run, person) = (done.run.get(..12).unwrap_or(&done.run), &done.person);
    let [proposed, opened, planted, found] =
        [done.proposed, done.opened, done.planted, done.found].map(|it| lang.count(it));
    let [overridden, rejected] = [done.overridden, done.rejected].map(|it| lang.count(it));
    writeln!(
        face.out,
        "{}",
        say!(
            lang,
            "Run {run} is signed off by {person}: {proposed} proposed, {opened} opened, {overridden} overridden, {rejected} rejected; {found} of {planted} planted cases found."
                | "Passage {run} approuvé par {person}\u{a0}: {proposed} propositions, {opened} ouvertes, {overridden} à une autre tranche, {rejected} écartées\u{a0}; {found} cas témoins trouvés sur {planted}."
        )
    )?;
    face.next(&say!(
        lang,
        "probant release --to TOOL --message promotional --data EXPORT --out FILE --as PERSON"
            | "probant release --to OUTIL --message promotional --data EXPORT --out FICHIER --as PERSONNE"
    ))
}

/// `probant subject contest`.
pub fn contested(face: &mut Face<'_>, done: &Contested) -> io::Result<()> {
    if face.json {
        return face.json(done);
    }
    let decision = done.decision;
    writeln!(
        face.out,
        "{}",
        say!(
            face.lang,
            "Taken: decision {decision} is contested. It waits for a second reviewer, and is not used until then."
                | "Reçu\u{a0}: la décision {decision} est contestée. Elle attend une seconde personne, et n’est pas utilisée d’ici là."
        )
    )?;
    face.next("probant review list --status contested")
}
