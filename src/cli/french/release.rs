//! What is said in French when nothing leaves.

use crate::workspace::ReleaseRefusal as Refusal;

/// What is wrong, and what to do.
pub fn refusal(refusal: &Refusal) -> (String, String) {
    let (what, hint) = match refusal {
        Refusal::Untyped => (
            "le message n’a pas de classe, ou une classe qui n’existe pas".to_owned(),
            "dites ce qu’il est\u{a0}: `--message promotional`, `--message informational` ou `--message legal`".to_owned(),
        ),
        Refusal::Chosen => (
            "un message qui n’est pas promotionnel va à toutes les personnes concernées, quelle que soit leur tranche".to_owned(),
            "retirez `--band`\u{a0}; ou dites ce qu’il est\u{a0}: `--message promotional`, et le droit est consulté".to_owned(),
        ),
        Refusal::UnknownTool { tool, near } => (
            format!("la politique ne connaît pas l’outil «\u{a0}{tool}\u{a0}»"),
            near.as_ref().map_or_else(
                || "un outil se déclare sous `[[tools]]` dans probant.toml, avec son audit, avant que rien n’y parte".to_owned(),
                |near| format!("vouliez-vous dire «\u{a0}{near}\u{a0}»\u{a0}?"),
            ),
        ),
        Refusal::Unaudited { tool } => (
            format!("l’outil «\u{a0}{tool}\u{a0}» n’a pas d’audit"),
            "auditez l’outil, puis écrivez `audited`, `certificate`, `scope` et `expires` sous son `[[tools]]`".to_owned(),
        ),
        Refusal::Expired { tool, expires } => (
            format!("l’audit de l’outil «\u{a0}{tool}\u{a0}» valait jusqu’au {expires}"),
            "auditez l’outil de nouveau, puis écrivez les nouveaux `audited` et `expires` sous son `[[tools]]`".to_owned(),
        ),
        Refusal::Trial { run } => (
            format!("le passage {run} était un essai\u{a0}: ses scores ne valent pour personne"),
            "notez avec le modèle actif, faites valider les prospects, puis remettez ce passage-là".to_owned(),
        ),
        Refusal::Rows => (
            "les prospects sont désignés par leur numéro de ligne, qui ne dit rien demain".to_owned(),
            "déclarez la colonne qui identifie un prospect\u{a0}: oppositions et plafonds suivent les personnes, pas les lignes".to_owned(),
        ),
    };
    (what, hint)
}
