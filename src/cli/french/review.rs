//! What is said in French when a review or a sign-off is refused.

use crate::cli::print::missing;
use crate::lang::Lang;
use crate::report::day;
use crate::workspace::ReviewRefusal as Refusal;

/// What is wrong, and what to do.
pub fn refusal(refusal: &Refusal) -> (String, String) {
    let short = |run: &str| run.get(..12).unwrap_or(run).to_owned();
    let (what, hint) = match refusal {
        Refusal::NotAReviewer(it) => (
            format!(
                "«\u{a0}{}\u{a0}» n’a pas le droit d’examiner\u{a0}: la politique ne lui donne pas le rôle `reviewer`",
                it.person
            ),
            "nommez une personne dont les `roles` comprennent `reviewer`",
        ),
        Refusal::Untrained { person, until } => (
            match until {
                Some(until) => format!(
                    "«\u{a0}{person}\u{a0}» n’a plus le droit d’examiner\u{a0}: sa formation valait jusqu’au {}",
                    day(&until.to_string(), Lang::Fr)
                ),
                None => format!(
                    "«\u{a0}{person}\u{a0}» n’a pas le droit d’examiner\u{a0}: la politique ne dit pas jusqu’à quand vaut sa formation"
                ),
            },
            "formez cette personne, puis écrivez `trained_until` sous sa rubrique `[[people]]`",
        ),
        Refusal::NotOpened { decision, person } => (
            format!("la décision {decision} n’a pas été ouverte par «\u{a0}{person}\u{a0}»"),
            "ouvrez-la d’abord\u{a0}: `probant review show DÉCISION --as PERSONNE --key FICHIER`",
        ),
        Refusal::TooSoon {
            decision,
            since,
            least,
        } => (
            format!(
                "la décision {decision} a été ouverte il y a {since}\u{a0}s, et personne ne la lit en moins de {least}\u{a0}s"
            ),
            "lisez-la, puis relancez la commande",
        ),
        Refusal::Pace {
            opened,
            seconds,
            needed,
        } => (
            format!(
                "{opened} prospects ouverts et lus en {seconds}\u{a0}s au total, alors qu’il en faut au moins {needed}\u{a0}s"
            ),
            "rouvrez-en, lisez-les, puis relancez la commande",
        ),
        Refusal::SameBand { decision, band } => (
            format!(
                "décision {decision}\u{a0}: «\u{a0}{band}\u{a0}» est la tranche qui est proposée"
            ),
            "`probant review validate` l’approuve\u{a0}; `override` nomme une autre tranche",
        ),
        Refusal::SecondReviewer { decision, person } => (
            format!(
                "la décision {decision} est contestée, et «\u{a0}{person}\u{a0}» l’avait prise\u{a0}: une seconde personne doit l’examiner"
            ),
            "faites-la ouvrir et examiner par une autre personne",
        ),
        Refusal::Missed { person, run } => (
            format!(
                "«\u{a0}{person}\u{a0}» a laissé passer un cas témoin du passage {}, et n’en laisse plus rien sortir",
                short(run)
            ),
            "faites examiner par une autre personne\u{a0}; écarter reste possible",
        ),
        Refusal::Trial { run } => (
            format!(
                "le passage {} est un essai\u{a0}: rien n’en est utilisé, et il ne peut être approuvé",
                short(run)
            ),
            "notez avec le modèle actif",
        ),
        Refusal::SignedOff { run, by } => (
            format!(
                "le passage {} a déjà été approuvé par «\u{a0}{by}\u{a0}»",
                short(run)
            ),
            "revenez sur une décision avec `probant review override` ou `reject`\u{a0}: le dernier examen l’emporte",
        ),
        Refusal::Unseen {
            run,
            person,
            missing: lacks,
        } => {
            let lines = lacks
                .iter()
                .map(|it| format!("\n  - {}", missing(*it, Lang::Fr)));
            (
                format!(
                    "le passage {} ne peut être approuvé par «\u{a0}{person}\u{a0}»",
                    short(run)
                ) + &lines.collect::<String>(),
                "`probant review list` montre ce qui reste à ouvrir\u{a0}; approuvez ensuite",
            )
        }
    };
    (what, hint.to_owned())
}
