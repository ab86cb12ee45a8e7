//! The command line's own French: its help, held to the English by a test, and its commonest errors.

mod compare;
mod fair;
mod keys;
mod law;
mod ledger;
mod models;
mod place;
mod release;
mod review;
mod sql;
mod watch;
mod words;

use clap::error::{ContextKind, ErrorKind};
use clap::{Arg, ArgAction, Command};

use self::words::WORDS;
use crate::lang::Lang;
use crate::ledger::witness::Refusal;
use crate::policy::{Right, Role};
use crate::workspace::{Error, StateError, journal};

/// The examples, whose comments people read.
const EXAMPLES: &[(&str, &str)] = &[
    ("Examples:", "Exemples\u{a0}:"),
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
        "pourquoi ce prospect a ce score",
    ),
    (
        "prove that nothing was changed",
        "prouver que rien n’a été changé",
    ),
    ("leads.", "prospects."),
    ("tonight.", "ce-soir."),
    ("folds.txt", "blocs.txt"),
    ("rejects.csv", "rejets.csv"),
    ("requests.csv", "demandes.csv"),
    ("--out receipt", "--out recu"),
    ("request.t", "demande.t"),
    ("answer.t", "reponse.t"),
    ("--witness VKEY", "--witness CLÉ"),
    ("recovery.key", "secours.key"),
    ("/mnt/backup", "/mnt/sauvegarde"),
    ("model.sql", "modele.sql"),
    ("groups.", "groupes."),
    ("fairness.html", "equite.html"),
    ("crm.leads", "crm.prospects"),
    ("LEADS", "PROSPECTS"),
    ("review-1", "revue-1"),
];

/// What stands for a value in a usage line.
const VALUES: &[(&str, &str)] = &[
    ("ARTICLE", "ARTICLE"),
    ("ANSWER", "RÉPONSE"),
    ("BAND", "TRANCHE"),
    ("CLASS", "CLASSE"),
    ("DATA", "EXPORT"),
    ("EXPORT", "EXPORT"),
    ("DIALECT", "DIALECTE"),
    ("DIR", "DOSSIER"),
    ("FILE", "FICHIER"),
    ("INDEX", "RANG"),
    ("LEAD", "PROSPECT"),
    ("PERSON", "PERSONNE"),
    ("BAND", "TRANCHE"),
    ("REASON", "MOTIF"),
    ("STATUS", "ÉTAT"),
    ("TEXT", "TEXTE"),
    ("PURPOSE", "MOTIF"),
    ("REF", "RÉF"),
    ("REQUEST", "DEMANDE"),
    ("RUN", "PASSAGE"),
    ("SIZE", "TAILLE"),
    ("VKEY", "CLÉ"),
    ("PERIOD", "PÉRIODE"),
    ("RUN", "PASSAGE"),
    ("STAMP", "DATE"),
    ("TOKEN", "NOM"),
    ("TOOL", "OUTIL"),
    ("YYYY-MM-DD", "AAAA-MM-JJ"),
];

/// The grammar with its words in `lang`: one sentence, examples, then the rest.
pub fn translate(grammar: Command, lang: Lang) -> Command {
    let words = |en: &'static str, fr: &'static str| match lang {
        Lang::En => en,
        Lang::Fr => fr,
    };
    let help = Arg::new("help")
        .short('h')
        .long("help")
        .action(ArgAction::Help)
        .global(true)
        .help(words("Print this help", "Affiche cette aide"));
    let version = Arg::new("version")
        .short('V')
        .long("version")
        .action(ArgAction::Version)
        .help(words("Print the version", "Affiche la version"));
    let grammar = grammar
        .disable_help_flag(true)
        .disable_version_flag(true)
        .arg(help)
        .arg(version);
    let grammar = laid_out(grammar, lang);
    match lang {
        Lang::En => grammar,
        Lang::Fr => command(grammar, ""),
    }
}

fn laid_out(grammar: Command, lang: Lang) -> Command {
    let page = match lang {
        Lang::En => "{about}\n\n{before-help}Usage: {usage}\n\n{all-args}",
        Lang::Fr => "{about}\n\n{before-help}Utilisation\u{a0}: {usage}\n\n{all-args}",
    };
    grammar
        .help_template(page)
        .mut_subcommands(|sub| laid_out(sub, lang))
}

fn words(path: &str) -> Option<&'static str> {
    WORDS
        .iter()
        .chain(watch::WORDS)
        .chain(fair::WORDS)
        .chain(compare::WORDS)
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
    it = it.mut_args(|arg| argument(arg, &here));
    it = it
        .subcommand_help_heading("Commandes\u{a0}")
        .subcommand_value_name("COMMANDE");
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

/// An argument's help in French, with its heading, its default and what stands for its value.
fn argument(mut arg: Arg, path: &str) -> Arg {
    let Some(help) = words(&format!("{path}/{}", arg.get_id())) else {
        return arg;
    };
    let heading = match (arg.is_positional(), path.is_empty()) {
        (true, _) => "Arguments\u{a0}",
        (false, true) => "Options communes\u{a0}",
        (false, false) => "Options\u{a0}",
    };
    // An argument without a name of its own goes by its field's, in capitals.
    let english = match arg.get_value_names() {
        Some([name, ..]) => name.to_string(),
        None if arg.is_positional() => arg.get_id().as_str().to_uppercase(),
        _ => String::new(),
    };
    if let Some((_, french)) = VALUES.iter().find(|(name, _)| *name == english) {
        arg = arg.value_name(*french);
    }
    let defaults: Vec<&str> = arg
        .get_default_values()
        .iter()
        .filter_map(|value| value.to_str())
        .collect();
    // A switch has a default too (`false`), and nobody needs to be told.
    if defaults.is_empty() || !arg.get_action().takes_values() {
        return arg.help(help).help_heading(heading);
    }
    let defaults = defaults.join(" ");
    arg.help(format!("{help} (par défaut\u{a0}: {defaults})"))
        .help_heading(heading)
        .hide_default_value(true)
}

/// What clap says of a wrong command line, in `lang`; help and version as they are.
pub fn misuse(error: &clap::Error, lang: Lang) -> String {
    let said = |kind| error.get(kind).map(ToString::to_string).unwrap_or_default();
    let (argument, value) = (
        said(ContextKind::InvalidArg),
        said(ContextKind::InvalidValue),
    );
    let what = match error.kind() {
        _ if lang == Lang::En => return error.render().to_string(),
        ErrorKind::InvalidSubcommand => {
            let name = said(ContextKind::InvalidSubcommand);
            format!("commande inconnue «\u{a0}{name}\u{a0}»")
        }
        ErrorKind::UnknownArgument => format!("option inconnue «\u{a0}{argument}\u{a0}»"),
        ErrorKind::MissingRequiredArgument => format!("il manque {argument}"),
        ErrorKind::InvalidValue if value.is_empty() => format!("il manque une valeur à {argument}"),
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
            format!("«\u{a0}{value}\u{a0}» ne convient pas à {argument}")
        }
        ErrorKind::MissingSubcommand => {
            let known = said(ContextKind::ValidSubcommand);
            format!("il manque une commande\u{a0}: {known}")
        }
        ErrorKind::ArgumentConflict => {
            let other = said(ContextKind::PriorArg);
            format!("{argument} ne va pas avec {other}")
        }
        _ => return error.render().to_string(),
    };
    let near = [
        ContextKind::SuggestedSubcommand,
        ContextKind::SuggestedArg,
        ContextKind::SuggestedValue,
    ]
    .into_iter()
    .map(said)
    .find(|near| !near.is_empty());
    let known = said(ContextKind::ValidValue);
    let hint = match near {
        Some(near) => format!("vouliez-vous dire «\u{a0}{near}\u{a0}»\u{a0}?"),
        None if !known.is_empty() => format!("au choix\u{a0}: {known}"),
        None => "«\u{a0}probant --help\u{a0}» montre ce qui est possible".to_owned(),
    };
    format!("erreur\u{a0}: {what}\nconseil\u{a0}: {hint}\n")
}

/// What people at the keyboard meet most, in French: what is wrong, and what to do. Other errors stay in English.
pub fn error(error: &Error) -> Option<(String, String)> {
    let own = |text: &str| text.to_owned();
    Some(match error {
        Error::NoWorkspace { at } => (
            format!(
                "«\u{a0}{}\u{a0}» n’est pas un dossier de travail\u{a0}: pas de probant.toml ici ni plus haut",
                at.display()
            ),
            own(
                "créez-en un ici avec `probant init EXPORT`, ou nommez-en un avec `--workspace DOSSIER`",
            ),
        ),
        Error::Exists { at } => (
            format!(
                "«\u{a0}{}\u{a0}» est déjà un dossier de travail",
                at.display()
            ),
            own("modifiez son probant.toml, ou nommez un autre dossier avec `--workspace DOSSIER`"),
        ),
        Error::Unknown { what, name, near } => unknown(what, name, near.as_deref())?,
        Error::Which { option, known, .. } => (
            format!(
                "il y a plusieurs réponses possibles\u{a0}: {}",
                known.join(", ")
            ),
            format!("précisez avec `{option}`"),
        ),
        Error::MayNot {
            person,
            right,
            roles,
        } => may_not(person.as_deref(), *right, roles),
        Error::Bundle(refusal) => super::print::refused(refusal),
        Error::Review(refusal) => review::refusal(refusal),
        Error::Life(refusal) => models::refusal(refusal),
        Error::NoDecision => (
            own("aucune décision sur ce prospect"),
            own(
                "vérifiez l’identifiant, tel que le CRM l’écrit, ou tout a été effacé à sa demande\u{a0}; `probant runs list` montre ce qui a été noté",
            ),
        ),
        Error::OtherDecision { asked, known } => {
            let known: Vec<String> = known.iter().map(u64::to_string).collect();
            (
                format!("la décision {asked} ne porte pas sur ce prospect"),
                format!("ses décisions\u{a0}: {}", known.join(", ")),
            )
        }
        Error::Unassessed(it) => law::unassessed(it),
        Error::Keys(refusal) => keys::refusal(refusal),
        Error::Backup(error) => keys::backup(error),
        Error::Release(refusal) => release::refusal(refusal),
        Error::Place(refusal) => place::refusal(refusal),
        Error::Sql(error) => sql::error(error),
        Error::Fairness(refusal) => fair::refusal(refusal),
        Error::State(StateError::Sqlite { .. }) => {
            (own("state.db ne peut pas être utilisé"), own(LOCKED))
        }
        Error::Changed { path } => (
            format!(
                "«\u{a0}{}\u{a0}» a changé pendant la lecture",
                path.display()
            ),
            own("attendez que l’export soit terminé, puis relancez la commande"),
        ),
        Error::Witness(refusal) => refused(refusal),
        Error::Refused { what, .. } => watch::refused(what).or_else(|| ledger::refused(what))?,
        Error::Disk(error) => ledger::disk(error),
        Error::Batch { run, .. } => ledger::batch(run),
        Error::Journal(journal::Error::Older { held, anchored }) => {
            (older(*held, *anchored), own(ROLLED_BACK))
        }
        Error::Journal(journal::Error::Forked { size }) => (forked(*size), own(ROLLED_BACK)),
        Error::Journal(error) => ledger::journal(error)?,
        _ => return None,
    })
}

fn older(held: u64, anchored: u64) -> String {
    format!(
        "le registre contient {held} entrées, mais un ancrage en atteste {anchored}\u{a0}: une copie plus ancienne a été remise en place, ou sa fin a disparu"
    )
}

fn forked(size: u64) -> String {
    format!(
        "le registre n’est pas celui qui a été ancré à {size} entrées\u{a0}: son histoire a bifurqué, ou a été réécrite"
    )
}

/// Somebody has no right to what they asked.
fn may_not(person: Option<&str>, right: Right, roles: &[Role]) -> (String, String) {
    let right = right.word();
    let what = person.map_or_else(
        || format!("personne dans la politique n’a le droit «\u{a0}{right}\u{a0}»"),
        |person| format!("`{person}` n’a pas le droit «\u{a0}{right}\u{a0}»"),
    );
    let roles: Vec<&str> = roles.iter().map(|role| role.word()).collect();
    let hint = if roles.is_empty() {
        "aucun rôle ne l’a, d’après `[rights]` dans probant.toml\u{a0}: `probant policy check` imprime le tableau".to_owned()
    } else {
        format!(
            "l’ont les rôles {}\u{a0}: nommez quelqu’un avec `--as`\u{a0}; `probant policy check` imprime le tableau",
            roles.join(", ")
        )
    };
    (what, hint)
}

/// A name that the workspace does not know.
fn unknown(what: &str, name: &str, near: Option<&str>) -> Option<(String, String)> {
    let (noun, list) = match what {
        "person" => ("personne inconnue", "probant.toml énumère les personnes"),
        "purpose" => ("finalité inconnue", "probant.toml énumère les finalités"),
        "model" => (
            "modèle inconnu",
            "`probant models list` les énumère\u{a0}; donnez au moins quatre chiffres",
        ),
        "release" => ("remise inconnue", "`probant release list` les énumère"),
        "run" => (
            "passage inconnu",
            "`probant runs list` les énumère\u{a0}; donnez au moins quatre chiffres",
        ),
        "law pack" => ("corpus juridique inconnu", "`probant law show` les énumère"),
        "reason" => ("motif inconnu", "probant.toml énumère les motifs"),
        "band" => ("tranche inconnue", "probant.toml énumère les tranches"),
        "decision" => (
            "décision inconnue",
            "`probant review list` montre celles d’un passage\u{a0}; `probant explain PROSPECT` celles d’un prospect",
        ),
        "request" => ("demande inconnue", "`probant subject list` les énumère"),
        "entry" => ("entrée inconnue", "`probant ledger show` les énumère"),
        "period" => (
            "période inconnue",
            "`probant keys list` les énumère\u{a0}; donnez au moins quatre chiffres",
        ),
        _ => return None,
    };
    let hint = near.map_or_else(
        || list.to_owned(),
        |near| format!("vouliez-vous dire «\u{a0}{near}\u{a0}»\u{a0}?"),
    );
    Some((format!("{noun}\u{a0}: «\u{a0}{name}\u{a0}»"), hint))
}

const LOCKED: &str = "libérez de la place\u{a0}; ne déplacez pas ce fichier\u{a0}: il garde les demandes en attente et les reçus. Perdu ou abîmé, restaurez-le d’une sauvegarde, ou refaites-le\u{a0}: `probant doctor --rebuild`";

const ROLLED_BACK: &str = "remettez en place la copie la plus récente du registre\u{a0}; seulement si elle est perdue, dites-le dans le registre\u{a0}: `probant ledger anchor accept-rollback --as PERSONNE`";

/// Why a witness does not cosign.
fn refused(refusal: &Refusal) -> (String, String) {
    let (what, hint) = match refusal {
        Refusal::Unknown { origin } => (
            format!("le registre «\u{a0}{origin}\u{a0}» est inconnu de ce témoin"),
            "comparez la clé du registre avec l’exploitant, par téléphone ou sur papier, puis ajoutez `--log CLÉ`",
        ),
        Refusal::OtherKey { origin } => (
            format!("registre «\u{a0}{origin}\u{a0}»\u{a0}: le témoin se souvient d’une autre clé"),
            "un registre ne change jamais de clé\u{a0}: demandez d’abord pourquoi à l’exploitant",
        ),
        Refusal::Unsigned(_) => (
            "le point de contrôle n’est pas signé par le registre que ce témoin connaît".to_owned(),
            "ne contresignez pas\u{a0}; redemandez le fichier à l’exploitant, et comparez la clé du registre par téléphone",
        ),
        Refusal::Older { shown, remembered } => (
            format!("le registre montre {shown} entrées, mais ce témoin en a vu {remembered}"),
            "ne contresignez pas\u{a0}; demandez à l’exploitant si une ancienne sauvegarde a été restaurée, et gardez ce fichier",
        ),
        Refusal::OtherSize { old, remembered } => {
            return (
                format!(
                    "la demande part de {old} entrées, mais ce témoin se souvient de {remembered}"
                ),
                format!(
                    "l’exploitant redemande avec `probant ledger anchor request --cosign FICHIER --old {remembered}`"
                ),
            );
        }
        Refusal::Fork { shown, remembered } => (
            format!(
                "bifurcation\u{a0}: le registre de {shown} entrées ne prolonge pas les {remembered} que ce témoin a vues"
            ),
            "ne contresignez pas\u{a0}; gardez ce fichier\u{a0}: il prouve que le registre a signé deux histoires",
        ),
        _ => (
            "la demande n’en est pas une".to_owned(),
            "redemandez le fichier à l’exploitant\u{a0}: `probant ledger anchor request --cosign FICHIER`",
        ),
    };
    (what, hint.to_owned())
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
            .chain(watch::WORDS)
            .chain(compare::WORDS)
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
