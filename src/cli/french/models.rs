//! What is said in French when a step in a model's life is refused.

use crate::cli::print::stage as stage_words;
use crate::lang::Lang;
use crate::workspace::{ModelRefusal as Refusal, Stage, StepAsked as Asked};

/// What is wrong, and what to do.
pub fn refusal(refusal: &Refusal) -> (String, String) {
    let (what, hint) = match refusal {
        Refusal::OwnModel { person, model } => (
            format!(
                "«\u{a0}{person}\u{a0}» a entraîné le modèle {model}\u{a0}: une seconde personne doit l’approuver"
            ),
            "faites-le approuver par quelqu’un d’autre dont le rôle permet `approve`\u{a0}: `probant policy check` affiche le tableau",
        ),
        Refusal::SameKey {
            person,
            trainer,
            model,
        } => (
            format!(
                "«\u{a0}{person}\u{a0}» a la même clé que «\u{a0}{trainer}\u{a0}», qui a entraîné le modèle {model}"
            ),
            "donnez à chacun sa propre clé\u{a0}: `probant keys person PERSONNE --out FICHIER`",
        ),
        Refusal::Unsigned { model } => (
            format!("personne n’a signé l’entraînement du modèle {model}"),
            "entraînez de nouveau sur les mêmes données avec `--key FICHIER`\u{a0}: le même modèle est signé, et rien d’autre ne change",
        ),
        Refusal::Forged {
            model,
            entry,
            person,
        } => (
            format!(
                "modèle {model}\u{a0}: l’entrée {entry} du registre n’est pas signée par «\u{a0}{person}\u{a0}», qui est censé en être l’auteur"
            ),
            "examinez l’entrée avec `probant ledger show`, et la politique de ce jour-là\u{a0}; n’approuvez ni n’activez ce modèle",
        ),
        Refusal::Stage {
            model,
            purpose,
            stage,
            asked,
        } => (
            format!(
                "le modèle {model} est {} pour «\u{a0}{purpose}\u{a0}»",
                stage_words(*stage, Lang::Fr)
            ),
            stage_hint(*stage, *asked),
        ),
        Refusal::Gates { model, failed } => (
            failed.iter().fold(
                format!("le modèle {model} ne satisfait pas aux exigences"),
                |text, (_, it)| text + "\n  - " + it,
            ),
            "`probant models card VERSION` montre chaque exigence\u{a0}; entraînez de nouveau une fois réglé ce qui est indiqué",
        ),
        Refusal::NoEarlier { purpose } => (
            format!("aucun modèle antérieur de «\u{a0}{purpose}\u{a0}» ne peut reprendre la main"),
            "`probant models list` montre ce qu’il y a\u{a0}: approuvez-en un, puis activez-le",
        ),
        Refusal::NeverActive { model, purpose } => (
            format!(
                "le modèle {model} n’a jamais été actif pour «\u{a0}{purpose}\u{a0}»\u{a0}: on ne peut y revenir"
            ),
            "faites-le approuver, puis `probant models activate VERSION`",
        ),
        Refusal::Needed { model, segments } => (
            format!("{segments} segments du registre s’expliquent par le modèle {model}"),
            "attendez la fin de leur conservation, ou laissez-le hors d’usage\u{a0}: il ne note personne",
        ),
        Refusal::BeforeTheLog => (
            "le registre commence après ce jour".to_owned(),
            "`probant ledger show 0` dit quand il commence",
        ),
    };
    (what, hint.to_owned())
}

fn stage_hint(stage: Stage, asked: Asked) -> &'static str {
    match (stage, asked) {
        (Stage::Active, Asked::Judge) => {
            "il note déjà\u{a0}: `probant models rollback` revient en arrière, `probant models retire` le met hors d’usage"
        }
        (Stage::Active, Asked::Activate | Asked::Rollback) => "il note déjà\u{a0}: rien à faire",
        (Stage::Active, Asked::Purge) => {
            "mettez-le d’abord hors d’usage, ou activez un autre modèle"
        }
        (Stage::Approved, Asked::Judge) => {
            "quelqu’un l’a déjà approuvé\u{a0}: `probant models activate VERSION`, ou `reject`"
        }
        (Stage::Approved, Asked::Purge) => "refusez-le ou mettez-le d’abord hors d’usage",
        (Stage::Replaced, Asked::Activate | Asked::Judge) => {
            "`probant models rollback --to VERSION` y revient"
        }
        (Stage::Purged, _) => {
            "son dossier a été supprimé définitivement\u{a0}: entraînez de nouveau, ou choisissez un autre modèle"
        }
        (_, Asked::Activate | Asked::Rollback) => {
            "une seconde personne l’approuve d’abord\u{a0}: `probant models approve VERSION --as PERSONNE --key FICHIER`"
        }
        _ => "`probant models list` montre où en est chaque modèle",
    }
}
