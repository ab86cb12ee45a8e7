//! What was handed to a tool, what stayed and why; and why somebody was in it.

use std::io;

use serde_json::json;

use super::{noun, right, table};
use crate::cli::Face;
use crate::lang::Lang;
use crate::policy::{Policy, Tool, Unfit};
use crate::report;
use crate::say;
use crate::workspace::{Recorded, ReleaseLine, Released, Why};

fn leads(lang: Lang, n: u64) -> String {
    let word = noun(lang, n, ["lead", "leads"], ["prospect", "prospects"]);
    format!("{} {word}", lang.count(n))
}

/// A class of message in words.
fn message(word: &str, lang: Lang) -> String {
    match word {
        "promotional" => say!(lang, "promotional" | "promotionnel"),
        "informational" => say!(lang, "informational" | "informatif"),
        "legal" => say!(lang, "legal" | "légal"),
        other => other.to_owned(),
    }
}

/// `probant release`.
pub fn released(face: &mut Face<'_>, done: &Recorded<Released>, policy: &Policy) -> io::Result<()> {
    if face.json {
        return face.json(&**done);
    }
    let lang = face.lang;
    let (tool, class) = (&done.tool_name, message(&done.message, lang));
    let (who, rows) = (leads(lang, done.leads), lang.count(done.rows_in));
    match done.status.as_str() {
        "released" => {
            let number = done.release.unwrap_or_default();
            let file = done.file.as_deref().unwrap_or_default();
            writeln!(
                face.out,
                "{}",
                say!(
                    lang,
                    "Release {number} is recorded: {who} of {rows} to {tool}, {class} message. File: {file}"
                        | "Remise {number} consignée\u{a0}: {who} sur {rows} vers {tool}, message {class}. Fichier\u{a0}: {file}"
                )
            )?;
        }
        "empty" => writeln!(
            face.out,
            "{}",
            say!(
                lang,
                "Nobody may leave: no file was written, and nothing was recorded ({rows} rows, {class} message to {tool})."
                    | "Personne ne peut partir\u{a0}: aucun fichier n’est écrit et rien n’est consigné ({rows} lignes, message {class} vers {tool})."
            )
        )?,
        _ => writeln!(
            face.out,
            "{}",
            say!(
                lang,
                "Would leave: {who} of {rows} to {tool}, {class} message. Nothing was written or recorded."
                    | "Partiraient\u{a0}: {who} sur {rows} vers {tool}, message {class}. Rien n’est écrit ni consigné."
            )
        )?,
    }
    if !done.held.is_empty() {
        let mut stay = table(&[
            say!(lang, "stay" | "restent"),
            say!(lang, "why" | "pourquoi"),
            say!(lang, "article" | "article"),
        ]);
        for held in &done.held {
            stay.add_row([
                lang.count(held.leads),
                held.words.clone(),
                held.article.clone().unwrap_or_default(),
            ]);
        }
        right(&mut stay, &[0]);
        writeln!(face.out, "{stay}")?;
    }
    let capped = policy
        .caps
        .iter()
        .any(|cap| cap.channel.token() == done.channel);
    if done.message == "promotional" && !capped {
        writeln!(
            face.out,
            "! {}",
            say!(
                lang,
                "No cap is declared for this channel: `[[caps]]` says how often a person may be reached."
                    | "Aucun plafond n’est déclaré pour ce canal\u{a0}: `[[caps]]` dit combien de fois une personne peut être sollicitée."
            )
        )?;
    }
    match done.release {
        Some(number) => face.next(&say!(
            lang,
            "probant why LEAD --release {number} --why PURPOSE --as PERSON"
                | "probant why PROSPECT --release {number} --why MOTIF --as PERSONNE"
        )),
        None => Ok(()),
    }
}

/// `probant release list`.
pub fn releases(face: &mut Face<'_>, lines: &[ReleaseLine]) -> io::Result<()> {
    if face.json {
        return face.json(&json!({ "schema_version": 1, "releases": lines }));
    }
    let lang = face.lang;
    if lines.is_empty() {
        return writeln!(
            face.out,
            "{}",
            say!(lang, "Nothing was released." | "Rien n’a été remis.")
        );
    }
    let mut list = table(&[
        say!(lang, "release" | "remise"),
        say!(lang, "when" | "quand"),
        say!(lang, "tool" | "outil"),
        say!(lang, "message" | "message"),
        say!(lang, "leads" | "prospects"),
        say!(lang, "run" | "passage"),
        say!(lang, "by" | "par"),
    ]);
    for line in lines {
        list.add_row([
            line.release.to_string(),
            report::moment(&line.time, lang),
            line.tool.clone(),
            message(&line.message, lang),
            lang.count(line.leads),
            line.run.get(..12).unwrap_or(&line.run).to_owned(),
            line.actor.clone(),
        ]);
    }
    right(&mut list, &[0, 4]);
    writeln!(face.out, "{list}")
}

/// `probant why`.
pub fn why(face: &mut Face<'_>, said: &Recorded<Why>) -> io::Result<()> {
    if face.json {
        return face.json(&**said);
    }
    let (lang, release) = (face.lang, &said.release);
    let (number, when) = (release.release, report::moment(&release.time, lang));
    let (tool, class, lead) = (&release.tool, message(&release.message, lang), &said.lead);
    let mut lines = Vec::new();
    if !said.inside {
        lines.push(say!(
            lang,
            "{lead} was not in release {number} ({when}, to {tool}, {class} message)."
                | "{lead} n’était pas dans la remise {number} ({when}, vers {tool}, message {class})."
        ));
        lines.push(match said.decision {
            Some(decision) => say!(
                lang,
                "The run that was released has a proposal about this lead: decision {decision}."
                    | "Le passage remis contient une proposition sur ce prospect\u{a0}: décision {decision}."
            ),
            None => say!(
                lang,
                "The run that was released has no proposal about this lead, as far as is still recorded; check the identifier as the CRM writes it."
                    | "Le passage remis ne contient, d’après ce qui reste consigné, aucune proposition sur ce prospect\u{a0}; vérifiez l’identifiant tel que le CRM l’écrit."
            ),
        });
        return lines
            .iter()
            .try_for_each(|line| writeln!(face.out, "{line}"));
    }
    let by = &release.actor;
    lines.push(say!(
        lang,
        "{lead} was in release {number}: {when}, to {tool} by {by}, {class} message."
            | "{lead} était dans la remise {number}\u{a0}: {when}, vers {tool} par {by}, message {class}."
    ));
    lines.extend(decided(said, lang));
    let article = said.article.as_deref().unwrap_or_default();
    match (&said.ground, &said.law) {
        (Some(ground), Some(law)) => lines.push(say!(
            lang,
            "On that day the law pack {law} gave leave: {ground} ({article})."
                | "Ce jour-là, le corpus juridique {law} le permettait\u{a0}: {ground} ({article})."
        )),
        _ => lines.push(say!(
            lang,
            "This message asks no leave of its own; the lead was scored on {article}."
                | "Ce message ne demande pas de permission propre\u{a0}; le prospect a été noté sur le fondement {article}."
        )),
    }
    lines.push(consent(said, lang));
    for (key, value) in &said.facts {
        lines.push(format!("  {key} = {value}"));
    }
    lines
        .iter()
        .try_for_each(|line| writeln!(face.out, "{line}"))
}

fn decided(said: &Why, lang: Lang) -> Option<String> {
    let decision = said.decision?;
    let band = said.band.as_deref().unwrap_or_default();
    let (Some(by), Some(time)) = (&said.decided_by, &said.decided) else {
        return Some(say!(
            lang,
            "Decision {decision}, band {band}; who decided is no longer recorded."
                | "Décision {decision}, tranche {band}\u{a0}; qui l’a prise n’est plus consigné."
        ));
    };
    let when = report::moment(time, lang);
    let signed_off = said.decided_way.as_deref() == Some("sign-off");
    Some(if signed_off {
        say!(
            lang,
            "Decision {decision}: {by} signed the whole run off on {when}, band {band}."
                | "Décision {decision}\u{a0}: {by} a validé tout le passage le {when}, tranche {band}."
        )
    } else if said.decided_as.as_deref() == Some("overridden") {
        say!(
            lang,
            "Decision {decision}: {by} decided otherwise than proposed on {when}, band {band}."
                | "Décision {decision}\u{a0}: {by} en a décidé autrement que proposé le {when}, tranche {band}."
        )
    } else {
        say!(
            lang,
            "Decision {decision}: validated by {by} on {when}, band {band}."
                | "Décision {decision}\u{a0}: validée par {by} le {when}, tranche {band}."
        )
    })
}

/// The consent of that day, as the record has it.
fn consent(said: &Why, lang: Lang) -> String {
    let fact = |key: &str| said.facts.get(key).map(String::as_str);
    let day = |key: &str| {
        fact(key)
            .map(|day| report::day(day, lang))
            .unwrap_or_default()
    };
    let (given, gone) = (day("consent-when"), day("consent-withdrawn"));
    match (fact("consent-proof"), fact("consent-withdrawn")) {
        (Some(_), Some(_)) => say!(
            lang,
            "Consent: given on {given}, withdrawn on {gone}."
                | "Consentement\u{a0}: donné le {given}, retiré le {gone}."
        ),
        (Some(_), None) => {
            let scope = fact("consent-scope").unwrap_or_default();
            say!(
                lang,
                "Consent: given on {given}, for {scope}."
                    | "Consentement\u{a0}: donné le {given}, pour {scope}."
            )
        }
        (None, Some(_)) => say!(
            lang,
            "Consent: withdrawn on {gone}." | "Consentement\u{a0}: retiré le {gone}."
        ),
        (None, None) if fact("consent") == Some("incomplete") => say!(
            lang,
            "Consent: incomplete, so none." | "Consentement\u{a0}: incomplet, donc aucun."
        ),
        (None, None) => say!(
            lang,
            "Consent: none was used." | "Consentement\u{a0}: aucun n’a été invoqué."
        ),
    }
}

/// The tools to which nothing may be handed today.
pub(super) fn unfit(face: &mut Face<'_>, unfit: &[(&Tool, Unfit)]) -> io::Result<()> {
    let lang = face.lang;
    for (tool, why) in unfit {
        let id = &tool.id;
        let expires = tool.expires.map(|day| report::day(&day.to_string(), lang));
        let expires = expires.unwrap_or_default();
        let line = match why {
            Unfit::Unaudited => say!(
                lang,
                "nothing can be released to `{id}`: it has no audit that counts today"
                    | "rien ne peut être remis à «\u{a0}{id}\u{a0}»\u{a0}: aucun audit ne vaut aujourd’hui"
            ),
            Unfit::Expired => say!(
                lang,
                "nothing can be released to `{id}`: its audit counted until {expires}"
                    | "rien ne peut être remis à «\u{a0}{id}\u{a0}»\u{a0}: son audit valait jusqu’au {expires}"
            ),
        };
        writeln!(face.out, "! {line}")?;
    }
    Ok(())
}
