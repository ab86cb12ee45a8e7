//! The help of `models verify` and `models fairness` in French, and why no figures about groups are given.

use crate::lang::Lang;
use crate::workspace::FairnessRefusal as Refusal;

pub const WORDS: &[(&str, &str)] = &[
    (
        "models/verify",
        "Refait l’apprentissage et dit si le modèle est le même, à l’octet près",
    ),
    (
        "models/verify/version",
        "Version, ses premiers chiffres, @active ou @latest",
    ),
    (
        "models/verify/data",
        "Les exports dont il aurait appris (un motif comme '*.csv' en désigne plusieurs)",
    ),
    (
        "models/verify/person",
        "Qui le fait\u{a0}: une personne de la politique (par défaut\u{a0}: celle dont c’est le travail)",
    ),
    (
        "models/fairness",
        "Dit comment un modèle traite les groupes de personnes, d’après un fichier que rien d’autre ne lit",
    ),
    (
        "models/fairness/version",
        "Version, ses premiers chiffres, @active ou @latest",
    ),
    (
        "models/fairness/data",
        "Exports à noter, comme pour une nuit\u{a0}; avec les issues, si elles sont connues",
    ),
    (
        "models/fairness/audit",
        "Le fichier à part\u{a0}: l’identifiant, et des colonnes de rôle `audit`\u{a0}; CSV tel que la politique l’écrit, ou Parquet",
    ),
    (
        "models/fairness/consents",
        "Preuves de consentement, un acte par ligne\u{a0}: lead, event (given, withdrawn), when, wording, source, act, scope",
    ),
    (
        "models/fairness/band",
        "La tranche à partir de laquelle une personne est retenue (par défaut\u{a0}: la plus haute)",
    ),
    (
        "models/fairness/purpose",
        "La finalité, si la politique en a plusieurs",
    ),
    (
        "models/fairness/out",
        "Une page à écrire, en HTML autonome, dans les deux langues",
    ),
    (
        "models/fairness/person",
        "Qui le fait\u{a0}: une personne de la politique (par défaut\u{a0}: celle dont c’est le travail)",
    ),
];

/// What is wrong, and what to do.
pub fn refusal(refusal: &Refusal) -> (String, String) {
    let (what, hint) = match refusal {
        Refusal::Undeclared => (
            "la politique ne déclare aucune colonne de rôle `audit`".to_owned(),
            "déclarez chaque colonne du fichier à part, un genre ou une classe d’âge par exemple, avec `kind = \"category\"` et `role = \"audit\"`",
        ),
        Refusal::Counted { column } => (
            format!(
                "la colonne d’audit «\u{a0}{column}\u{a0}» contient des nombres ou des dates, qui ne font pas des groupes"
            ),
            "écrivez des classes dans le fichier à part, comme `30-39`, et déclarez `kind = \"category\"`",
        ),
        Refusal::Everybody { band } => (
            format!(
                "tout le monde tombe dans la tranche «\u{a0}{band}\u{a0}» ou dans une tranche plus haute"
            ),
            "nommez la tranche à partir de laquelle on est retenu\u{a0}: toutes sauf la plus basse",
        ),
        Refusal::Rows => (
            "les prospects sont désignés par leur numéro de ligne, qui ne dit rien d’une ligne d’un autre fichier".to_owned(),
            "déclarez la colonne qui identifie un prospect",
        ),
        Refusal::Nameless { file, column } => (
            format!("{file}\u{a0}: le fichier à part n’a pas de colonne «\u{a0}{column}\u{a0}»"),
            "il désigne les personnes par la colonne à laquelle la politique donne le rôle `identifier`",
        ),
        Refusal::Groupless { file } => (
            format!("{file}\u{a0}: aucune des colonnes de rôle `audit` n’est dans le fichier à part"),
            "`--audit` attend le fichier à part avec les groupes, `--data` l’export avec les critères",
        ),
        Refusal::Identity { file, column, looks } => (
            format!(
                "{file}\u{a0}: des valeurs de la colonne d’audit «\u{a0}{column}\u{a0}» ressemblent à des {}, or les noms de groupes sont montrés et conservés",
                looks.name(Lang::Fr)
            ),
            "une colonne d’audit nomme des groupes que beaucoup partagent, un genre ou une classe d’âge par exemple",
        ),
        Refusal::Contradicted { file, rows } => (
            format!(
                "{file}\u{a0}: {rows} ligne(s) placent une personne dans un autre groupe qu’une ligne précédente"
            ),
            "donnez une ligne à chaque personne, ou les mêmes groupes dans chacune",
        ),
        Refusal::Strangers { file } => (
            format!(
                "{file}\u{a0}: aucun identifiant du fichier à part ne désigne une personne notée"
            ),
            "le fichier à part désigne les personnes comme l’export, dans la colonne à laquelle la politique donne le rôle `identifier`",
        ),
        Refusal::Small { file, k } => (
            format!(
                "{file}\u{a0}: aucune colonne n’a deux groupes d’au moins {k} personnes parmi les prospects notés"
            ),
            "aucun chiffre ne porte sur moins de personnes que `min_people`\u{a0}: donnez plus de prospects, ou des groupes plus larges, comme des classes d’âge",
        ),
    };
    (what, hint.to_owned())
}
