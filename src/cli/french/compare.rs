//! The help, in French, of what compares: two models, and two decisions about one lead.

/// As in `words`.
pub const WORDS: &[(&str, &str)] = &[
    (
        "models/diff",
        "Compare deux modèles avant qu’on en approuve un\u{a0}: ce qui change dans leurs tables, et pour qui",
    ),
    (
        "models/diff/old",
        "Le modèle qui note\u{a0}: version, ses premiers chiffres, @active, @candidate ou @latest",
    ),
    ("models/diff/new", "Le modèle qui prendrait la suite"),
    (
        "models/diff/data",
        "Un export à noter avec les deux\u{a0}; qui ne peut être noté ne l’est pas (un motif comme «\u{a0}*.csv\u{a0}» désigne plusieurs fichiers)",
    ),
    (
        "models/diff/consents",
        "Preuves de consentement, quand le droit les demande",
    ),
    (
        "models/diff/purpose",
        "La finalité, quand la politique en a plusieurs",
    ),
    (
        "models/diff/person",
        "Qui agit\u{a0}: une personne de la politique (par défaut\u{a0}: celle dont c’est le travail)",
    ),
    (
        "trend",
        "Dit pourquoi le score d’un prospect a bougé\u{a0}: ce que ses données ont changé, et ce que le modèle a changé",
    ),
    ("trend/lead", "L’identifiant du prospect dans le CRM"),
    (
        "trend/why",
        "Dans quel but vous le lisez\u{a0}: access-request (demande d’accès), contest (contestation), review (relecture), quality (qualité), audit ou support (assistance)\u{a0}; consigné",
    ),
    (
        "trend/from",
        "La première décision (par défaut\u{a0}: celle qui précède la seconde)",
    ),
    (
        "trend/to",
        "La seconde décision (par défaut\u{a0}: la dernière)",
    ),
    (
        "trend/data",
        "L’export du passage le plus récent, pour lire les valeurs du prospect comme l’ancien modèle les lirait",
    ),
    (
        "trend/person",
        "Qui agit\u{a0}: une personne de la politique (par défaut\u{a0}: celle dont c’est le travail)",
    ),
];
