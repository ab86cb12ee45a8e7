//! Law packs: which there are, and what one says, in sentences and with its sources.

use std::io;

use serde_json::{Value, json};

use super::table;
use crate::cli::Face;
use crate::lang::Lang;
use crate::law::asked::Asked;
use crate::law::{self, Pack, Rule, Since, Then};
use crate::report::{day, wrap};
use crate::say;

/// `probant law show`.
pub fn packs(face: &mut Face<'_>) -> io::Result<()> {
    let lang = face.lang;
    if face.json {
        let packs: Vec<Value> = law::packs()
            .map(|pack| {
                json!({
                    "id": pack.id(),
                    "digest": pack.digest(),
                    "from": pack.from().to_string(),
                    "title": pack.title(lang),
                })
            })
            .collect();
        return face.json(&json!({ "schema_version": 1, "packs": packs }));
    }
    let mut lines = table(&[
        say!(lang, "pack" | "corpus"),
        say!(lang, "from" | "à partir du"),
        say!(lang, "digest" | "empreinte"),
        say!(lang, "what it says" | "ce qu’il dit"),
    ]);
    for pack in law::packs() {
        lines.add_row([
            pack.id().to_string(),
            day(&pack.from().to_string(), lang),
            pack.digest().short(),
            pack.title(lang).to_owned(),
        ]);
    }
    writeln!(face.out, "{lines}")?;
    face.next(&say!(
        lang,
        "probant law show PACK" | "probant law show CORPUS"
    ))
}

/// `probant law show PACK`.
pub fn pack(face: &mut Face<'_>, pack: &Pack) -> io::Result<()> {
    if face.json {
        let document: Value = serde_json::from_str(pack.text()).map_err(io::Error::other)?;
        return face.json(&json!({
            "schema_version": 1,
            "digest": pack.digest(),
            "document": document,
        }));
    }
    let lang = face.lang;
    let (id, digest) = (pack.id(), pack.digest());
    let from = day(&pack.from().to_string(), lang);
    writeln!(face.out, "{}", lines(pack.title(lang), ""))?;
    writeln!(
        face.out,
        "{}",
        say!(
            lang,
            "{id}, from {from}\nSHA-256 {digest}" | "{id}, à partir du {from}\nSHA-256 {digest}"
        )
    )?;
    parameters(face, pack)?;
    grounds(face, pack)?;
    refusals(face, pack)?;
    rules(face, pack)?;
    sources(face, pack)?;
    face.next(&say!(
        lang,
        "probant law show {id} --json" | "probant law show {id} --json"
    ))
}

fn heading(face: &mut Face<'_>, words: &str) -> io::Result<()> {
    writeln!(face.out, "\n{words}")
}

/// A text as lines of the terminal's width, the second and later ones set in.
fn lines(text: &str, indent: &str) -> String {
    let width = super::width().saturating_sub(indent.len());
    wrap(text, width).join(&format!("\n{indent}"))
}

fn parameters(face: &mut Face<'_>, pack: &Pack) -> io::Result<()> {
    let Some(parameters) = pack.parameters() else {
        return Ok(());
    };
    let lang = face.lang;
    let since = |it: &Since| match it {
        Since::Collected => say!(lang, "the collection" | "la collecte"),
        Since::Consent => say!(lang, "the consent" | "le consentement"),
        Since::LastContact => say!(
            lang,
            "the last contact that came from the person"
                | "le dernier contact venant de la personne"
        ),
    };
    let from: Vec<String> = parameters.retention_from.iter().map(since).collect();
    let (from, months) = (from.join(", "), parameters.retention_months);
    let text = say!(
        lang,
        "Retention: {months} months from the latest known of: {from}"
            | "Conservation\u{a0}: {months} mois à compter du plus récent connu de\u{a0}: {from}"
    );
    writeln!(face.out, "\n{}", lines(&text, "  "))
}

fn grounds(face: &mut Face<'_>, pack: &Pack) -> io::Result<()> {
    let lang = face.lang;
    if pack.grounds().next().is_none() {
        return Ok(());
    }
    heading(
        face,
        &say!(
            lang,
            "Who may be scored, on which ground" | "Qui peut être évalué, sur quel fondement"
        ),
    )?;
    for it in pack.grounds() {
        let basis = it.basis.words(lang);
        let (code, name, article) = (it.code, &it.name, &it.article);
        writeln!(face.out, "  {code:>3} {name} · {article} · {basis}")?;
        sentence(face, it.sentence.as_ref())?;
    }
    Ok(())
}

fn refusals(face: &mut Face<'_>, pack: &Pack) -> io::Result<()> {
    let lang = face.lang;
    if pack.refusals().is_empty() {
        return Ok(());
    }
    heading(
        face,
        &say!(
            lang,
            "Who may not, and why" | "Qui ne le peut pas, et pourquoi"
        ),
    )?;
    for it in pack.refusals() {
        let (code, name, article) = (it.code, &it.name, &it.article);
        writeln!(face.out, "  {code:>3} {name} · {article}")?;
        sentence(face, it.sentence.as_ref())?;
    }
    Ok(())
}

fn sentence(face: &mut Face<'_>, sentence: Option<&law::Sentence>) -> io::Result<()> {
    let Some(sentence) = sentence else {
        return Ok(());
    };
    let text = lines(sentence.words(face.lang), "      ");
    writeln!(face.out, "      {text}")
}

fn rules(face: &mut Face<'_>, pack: &Pack) -> io::Result<()> {
    let lang = face.lang;
    heading(
        face,
        &say!(
            lang,
            "The rules, asked in this order; the first that fits decides"
                | "Les règles, posées dans cet ordre\u{a0}; la première qui convient décide"
        ),
    )?;
    for (at, rule) in (1..).zip(pack.rules()) {
        let text = format!("{} → {}", conditions(rule, lang), verdict(&rule.then, lang));
        writeln!(face.out, "  {at:>3} {}", lines(&text, "      "))?;
    }
    let otherwise = verdict(pack.otherwise(), lang);
    let text = say!(lang, "otherwise → {otherwise}" | "sinon → {otherwise}");
    writeln!(face.out, "      {text}")?;
    if let Some(undeclared) = pack.undeclared() {
        let name = &undeclared.name;
        let text = say!(
            lang,
            "A ground whose basis the policy does not declare is passed over; whoever has no other is refused: {name}."
                | "Un fondement dont la politique ne déclare pas la base est écarté\u{a0}; qui n’en a pas d’autre est refusé\u{a0}: {name}."
        );
        writeln!(face.out, "      {}", lines(&text, "      "))?;
    }
    Ok(())
}

fn conditions(rule: &Rule, lang: Lang) -> String {
    let mut parts = Vec::new();
    if rule.from > chrono::NaiveDate::MIN {
        let from = day(&rule.from.to_string(), lang);
        parts.push(say!(lang, "from {from}" | "à partir du {from}"));
    }
    if rule.until < chrono::NaiveDate::MAX {
        let until = day(&rule.until.to_string(), lang);
        parts.push(say!(lang, "until {until}" | "jusqu’au {until}"));
    }
    let or = say!(lang, " or " | " ou ");
    for (question, answers) in &rule.when {
        let Some(asked) = Asked::of(question.as_str()) else {
            parts.push(question.to_string());
            continue;
        };
        let words: Vec<String> = answers
            .iter()
            .map(|it| asked.answer(it.as_str(), lang))
            .collect();
        let (question, answers) = (asked.words(lang), words.join(&or));
        parts.push(say!(
            lang,
            "{question}: {answers}" | "{question}\u{a0}: {answers}"
        ));
    }
    parts.join(&say!(lang, "; " | "\u{a0}; "))
}

fn verdict(then: &Then, lang: Lang) -> String {
    match then {
        Then::Eligible(it) => {
            let name = &it.name;
            say!(
                lang,
                "may be scored: {name}" | "peut être évalué\u{a0}: {name}"
            )
        }
        Then::Declared => say!(
            lang,
            "may be scored, on the basis that the policy declares"
                | "peut être évalué, sur la base que la politique déclare"
        ),
        Then::Refuse(it) => {
            let name = &it.name;
            say!(lang, "refused: {name}" | "refusé\u{a0}: {name}")
        }
    }
}

fn sources(face: &mut Face<'_>, pack: &Pack) -> io::Result<()> {
    let lang = face.lang;
    if pack.sources().is_empty() {
        return Ok(());
    }
    heading(face, &say!(lang, "Sources" | "Sources"))?;
    for it in pack.sources() {
        let (article, title, address) = (&it.article, &it.title, &it.address);
        let read = day(&it.read, lang);
        let text = say!(lang, "{article}: {title}" | "{article}\u{a0}: {title}");
        writeln!(face.out, "  {}", lines(&text, "      "))?;
        writeln!(
            face.out,
            "      {address} ({})",
            say!(lang, "read {read}" | "lu le {read}")
        )?;
    }
    Ok(())
}
