//! `outcomes` and `monitor` in French: their help, and why they refuse.

/// As in [`super::words::WORDS`].
pub const WORDS: &[(&str, &str)] = &[
    (
        "outcomes",
        "Prend en compte ce que sont devenus les prospects notés, chaque issue à côté de la décision qui la précède",
    ),
    (
        "outcomes/data",
        "Exports qui disent ce que sont devenus les prospects (un motif comme «\u{a0}*.csv\u{a0}» désigne plusieurs fichiers)",
    ),
    (
        "outcomes/purpose",
        "La finalité, si la politique en a plusieurs",
    ),
    (
        "outcomes/person",
        "Qui agit\u{a0}: une personne de la politique (par défaut\u{a0}: celle dont c’est le travail)",
    ),
    (
        "outcomes/dry_run",
        "Compte seulement\u{a0}: n’écrit rien, ne consigne rien",
    ),
    (
        "monitor",
        "Compare les prospects et les scores récents à l’apprentissage\u{a0}; code de sortie 8 en cas d’alerte, ou sans aucun passage",
    ),
    (
        "monitor/purpose",
        "La finalité, si la politique en a plusieurs",
    ),
    ("monitor/model", "Un autre modèle que le modèle actif"),
    (
        "monitor/from",
        "Le premier jour (par défaut\u{a0}: la durée de suivi de la politique avant le dernier)",
    ),
    (
        "monitor/to",
        "Le dernier jour (par défaut\u{a0}: aujourd’hui)",
    ),
    (
        "monitor/out",
        "Le compte rendu à écrire, en un seul fichier HTML",
    ),
    (
        "monitor/person",
        "Qui agit\u{a0}: une personne de la politique (par défaut\u{a0}: celle dont c’est le travail)",
    ),
];

/// What is wrong, and what to do.
pub fn refused(what: &str) -> Option<(String, String)> {
    let (what, hint) = match what {
        "leads are known by their row number, which says nothing tomorrow" => (
            "les prospects sont désignés par leur numéro de ligne, qui ne dit rien demain",
            "déclarez la colonne qui identifie un prospect\u{a0}: une issue se rapporte à un prospect, pas à une ligne",
        ),
        "the policy declares no outcome, so there is nothing to take in" => (
            "la politique ne déclare aucune issue\u{a0}: il n’y a rien à prendre en compte",
            "déclarez la colonne qui dit ce qu’est devenu un prospect, avec `role = \"outcome\"`",
        ),
        "no model is active for this purpose: there is nothing to watch" => (
            "aucun modèle n’est actif pour cette finalité\u{a0}: il n’y a rien à suivre",
            "activez-en un d’abord (`probant models list`), ou nommez-en un avec `--model`",
        ),
        _ => return None,
    };
    Some((what.to_owned(), hint.to_owned()))
}
