//! What is said in French when a model has no SQL.

use crate::sql::Error;

/// What is wrong, and what to do.
pub fn error(error: &Error) -> (String, String) {
    let (what, hint) = match error {
        Error::NoIdentifier => (
            "les prospects sont désignés par leur numéro de ligne, et les lignes d’une table n’en ont pas".to_owned(),
            "déclarez la colonne qui identifie chaque prospect\u{a0}: `role = \"identifier\"`",
        ),
        Error::Undeclared { feature } => (
            format!("le modèle se sert de «\u{a0}{feature}\u{a0}», que la politique ne déclare plus de la même façon"),
            "rétablissez la déclaration de ce critère, ou entraînez un modèle avec la politique actuelle",
        ),
        Error::Contradiction { word } => (
            format!("d’après la politique, le texte «\u{a0}{word}\u{a0}» n’a pas le même sens que la valeur {word} d’une table"),
            "retirez ce mot de `yes`, `no` ou `missing` dans probant.toml\u{a0}: dans une table, une case oui/non est un booléen, ou 0 ou 1",
        ),
        Error::Twice { dialect, column } => (
            format!("{dialect} confondrait deux colonnes\u{a0}: «\u{a0}{column}\u{a0}»"),
            "renommez l’une des deux dans l’export et dans probant.toml",
        ),
        Error::Nul { feature } => (
            format!("un nom ou une valeur de «\u{a0}{feature}\u{a0}» contient un caractère NUL"),
            "nettoyez l’export, puis entraînez un nouveau modèle",
        ),
        Error::Table => (
            "le nom de la table est vide ou contient un retour à la ligne".to_owned(),
            "indiquez une table ou une sous-requête\u{a0}: `--from crm.prospects`",
        ),
    };
    (what, hint.to_owned())
}
