//! The grammar's help in French; a test holds it to the English, command by command.

use clap::{Arg, ArgAction, Command};

use crate::lang::Lang;

/// Each command's sentence and each argument's, by path: `score`, `score/out`, `models/list`.
const WORDS: &[(&str, &str)] = &[
    (
        "",
        "Note les prospects sur votre propre machine ; chaque décision s’explique et se prouve.",
    ),
    (
        "/workspace",
        "Dossier de travail (par défaut : le dossier le plus proche, en remontant, qui contient probant.toml)",
    ),
    ("/json", "Imprime un document JSON au lieu de texte"),
    (
        "/lang",
        "Langue de ce qui est imprimé : fr ou en (par défaut : LANG)",
    ),
    (
        "/threads",
        "Nombre de fils d’exécution (par défaut : un par cœur) ; ne change jamais un résultat",
    ),
    ("/help", "Affiche cette aide"),
    ("/version", "Affiche la version"),
    (
        "demo",
        "Joue tout le parcours sur des prospects inventés : entraîner, activer, noter, expliquer, vérifier",
    ),
    (
        "demo/dir",
        "Dossier à créer, laissé en place pour être exploré",
    ),
    (
        "demo/leads",
        "Nombre de prospects inventés pour l’entraînement",
    ),
    (
        "init",
        "Crée un dossier de travail et rédige une première politique, d’après un export s’il y en a un",
    ),
    ("init/data", "Un export à examiner"),
    (
        "check",
        "Dit ce qui serait lu d’un export, ce qui serait refusé, et pourquoi",
    ),
    ("check/data", "Exports (un motif est développé)"),
    (
        "check/strict",
        "Les colonnes non déclarées deviennent une erreur",
    ),
    ("policy", "Vérifie la politique, ou imprime son schéma"),
    (
        "policy/check",
        "Lit la politique et énumère tout ce qui n’y va pas",
    ),
    ("policy/schema", "Imprime le schéma JSON de la politique"),
    (
        "train",
        "Ajuste un modèle candidat ; il n’est jamais actif de lui-même",
    ),
    (
        "train/data",
        "Exports dont l’issue est connue (un motif est développé)",
    ),
    (
        "train/person",
        "Qui entraîne : une personne de la politique",
    ),
    (
        "train/cv",
        "Valide toute la démarche par blocs croisés, sans écrire de modèle",
    ),
    (
        "train/folds",
        "Le bloc de chaque ligne, un numéro par ligne, dans l’ordre du fichier",
    ),
    (
        "train/strict",
        "Les colonnes non déclarées deviennent une erreur",
    ),
    ("models", "Énumère, montre et active les modèles"),
    ("models/list", "Énumère les modèles du dossier de travail"),
    ("models/show", "Montre l’origine et les mesures d’un modèle"),
    (
        "models/show/version",
        "Version, ses premiers chiffres, @active ou @latest",
    ),
    (
        "models/activate",
        "Fait d’un modèle celui qui note, et consigne qui l’a décidé",
    ),
    (
        "models/activate/version",
        "Version, ses premiers chiffres, ou @latest",
    ),
    (
        "models/activate/person",
        "Qui active : une personne de la politique",
    ),
    (
        "models/activate/purpose",
        "La finalité, si la politique en a plusieurs",
    ),
    (
        "score",
        "Note un export avec le modèle actif et consigne chaque prédiction",
    ),
    (
        "score/data",
        "Exports (un motif est développé) ; plusieurs ne font qu’un passage",
    ),
    (
        "score/out",
        "Le fichier de notes à écrire : .parquet ou .csv",
    ),
    (
        "score/rejects",
        "Où énumérer les lignes en échec, par enregistrement, ligne et colonne",
    ),
    (
        "score/refused",
        "Où énumérer les prospects qui ne peuvent pas être notés",
    ),
    (
        "score/dry_run",
        "Compter seulement : ne rien écrire, ne rien consigner",
    ),
    (
        "score/again",
        "Noter de nouveau, même si la même entrée l’a déjà été",
    ),
    (
        "score/date",
        "La date à laquelle le droit s’apprécie, au lieu d’aujourd’hui",
    ),
    (
        "score/purpose",
        "La finalité, si la politique en a plusieurs",
    ),
    (
        "score/model",
        "Un autre modèle que l’actif ; le passage est marqué comme un essai",
    ),
    (
        "score/strict",
        "Les colonnes non déclarées deviennent une erreur",
    ),
    ("runs", "Énumère les passages, ou en montre un"),
    ("runs/list", "Énumère les passages du registre"),
    ("runs/show", "Montre le compte rendu d’un passage"),
    (
        "runs/show/run",
        "L’identifiant du passage, ses premiers chiffres, ou @latest",
    ),
    (
        "explain",
        "Dit pourquoi un prospect a sa note, d’après l’enregistrement lui-même",
    ),
    ("explain/lead", "L’identifiant du prospect dans le CRM"),
    ("explain/decision", "Une autre décision que la dernière"),
    (
        "explain/data",
        "Un export qui contient le prospect, pour montrer ses valeurs à côté des codes",
    ),
    ("ledger", "Vérifie, montre et mesure le registre"),
    (
        "ledger/verify",
        "Vérifie signatures, empreintes et comptes ; avec --full, rejoue chaque note",
    ),
    (
        "ledger/verify/full",
        "Rejouer chaque prédiction d’après ses codes et son modèle",
    ),
    (
        "ledger/show",
        "Énumère les entrées du registre, ou en imprime une telle quelle",
    ),
    ("ledger/show/index", "Le rang d’une entrée"),
    ("ledger/stats", "Dit quelle taille fait le registre"),
];

/// The examples, whose comments people read.
const EXAMPLES: &[(&str, &str)] = &[
    ("Examples:", "Exemples :"),
    (
        "see the whole path on invented leads",
        "voir tout le parcours sur des prospects inventés",
    ),
    (
        "draft a policy from an export",
        "rédiger une politique d’après un export",
    ),
    ("fit a candidate model", "ajuster un modèle candidat"),
    (
        "why this lead has this score",
        "pourquoi ce prospect a cette note",
    ),
    (
        "prove that nothing was changed",
        "prouver que rien n’a été changé",
    ),
];

/// The grammar with its words in `lang`.
pub fn translate(grammar: Command, lang: Lang) -> Command {
    let help = |words: &'static str| {
        Arg::new("help")
            .short('h')
            .long("help")
            .action(ArgAction::Help)
            .global(true)
            .help(words)
    };
    let grammar = grammar.disable_help_flag(true);
    match lang {
        Lang::En => grammar.arg(help("Print this help")),
        Lang::Fr => command(grammar.arg(help("Affiche cette aide")), ""),
    }
}

fn words(path: &str) -> Option<&'static str> {
    WORDS
        .iter()
        .find(|(at, _)| *at == path)
        .map(|(_, words)| *words)
}

fn command(mut it: Command, path: &str) -> Command {
    if let Some(about) = words(path) {
        it = it.about(about);
    }
    if let Some(examples) = it.get_before_help().map(ToString::to_string) {
        it = it.before_help(EXAMPLES.iter().fold(examples, |text, (english, french)| {
            text.replace(english, french)
        }));
    }
    let here = path.to_owned();
    it = it.mut_args(|arg| match words(&format!("{here}/{}", arg.get_id())) {
        Some(help) => arg.help(help).help_heading(if here.is_empty() {
            "Options communes"
        } else {
            "Options"
        }),
        None => arg,
    });
    it = it.subcommand_help_heading("Commandes");
    let names: Vec<String> = it
        .get_subcommands()
        .map(|sub| sub.get_name().to_owned())
        .collect();
    for name in names {
        let below = if path.is_empty() {
            name.clone()
        } else {
            format!("{path}/{name}")
        };
        it = it.mut_subcommand(name, |sub| command(sub, &below));
    }
    it
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::super::args::Typed;
    use super::*;

    fn paths(it: &Command, path: &str, found: &mut Vec<String>) {
        found.push(path.to_owned());
        for arg in it
            .get_arguments()
            .filter(|arg| !arg.is_global_set() || path.is_empty())
        {
            found.push(format!("{path}/{}", arg.get_id()));
        }
        for sub in it.get_subcommands() {
            let below = if path.is_empty() {
                sub.get_name().to_owned()
            } else {
                format!("{path}/{}", sub.get_name())
            };
            paths(sub, &below, found);
        }
    }

    #[test]
    fn every_command_and_every_option_has_its_french() {
        let mut found = Vec::new();
        paths(&Typed::command(), "", &mut found);
        let lacking: Vec<&String> = found.iter().filter(|path| words(path).is_none()).collect();
        assert!(lacking.is_empty(), "no French for {lacking:?}");
        let spare: Vec<&str> = WORDS
            .iter()
            .map(|(path, _)| *path)
            .filter(|path| !found.iter().any(|it| it == path))
            .collect();
        let own = ["/help", "/version"];
        assert!(
            spare.iter().all(|path| own.contains(path)),
            "French for nothing: {spare:?}"
        );
    }

    #[test]
    fn every_example_comment_has_its_french() {
        let mut french = Vec::new();
        let text = translate(Typed::command(), Lang::Fr)
            .render_help()
            .to_string();
        french.push(text);
        for (english, _) in EXAMPLES {
            assert!(
                !french[0].contains(english),
                "`{english}` was left in English"
            );
        }
    }
}
