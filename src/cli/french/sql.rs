//! What is said in French when a model has no SQL.

use crate::sql::Error;

/// What is wrong, and what to do.
pub fn error(error: &Error) -> (String, String) {
    let (what, hint) = match error {
        Error::NoIdentifier => (
            "les prospects sont désignés par leur numéro de ligne, et les lignes d’une table n’en ont pas".to_owned(),
            "déclarez la colonne qui désigne un prospect\u{a0}: `role = \"identifier\"`",
        ),
        Error::Undeclared { feature } => (
            format!("le modèle note d’après «\u{a0}{feature}\u{a0}» autrement que la politique ne le déclare à présent"),
            "déclarez ce critère comme il l’était, ou entraînez un modèle sous la politique actuelle",
        ),
        Error::Contradiction { word } => (
            format!("la politique lit le texte «\u{a0}{word}\u{a0}» autrement que la valeur {word} elle-même"),
            "ôtez ce mot de `yes`, `no` ou `missing` dans probant.toml\u{a0}: une table garde les cases en booléens ou en 0 et 1",
        ),
        Error::Twice { dialect, column } => (
            format!("{dialect} prendrait deux colonnes pour une seule\u{a0}: «\u{a0}{column}\u{a0}»"),
            "renommez l’une des deux dans l’export et dans probant.toml",
        ),
        Error::Nul { feature } => (
            format!("un nom ou une valeur de «\u{a0}{feature}\u{a0}» contient un caractère NUL"),
            "nettoyez l’export, puis réentraînez",
        ),
        Error::Table => (
            "le nom de la table est vide, ou contient un retour à la ligne".to_owned(),
            "nommez une table ou une sous-requête\u{a0}: `--from crm.prospects`",
        ),
    };
    (what, hint.to_owned())
}
