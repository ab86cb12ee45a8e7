//! What is said in French when a key or a backup refuses.

use crate::lang::Lang;
use crate::workspace::{BackupError, KeyRefusal};

/// A refusal about keys: what is wrong, and what to do.
pub fn refusal(refusal: &KeyRefusal) -> (String, String) {
    let (what, hint) = match refusal {
        KeyRefusal::InUse { kid } => (
            format!("la période de pseudonymes {kid} est en usage"),
            "fermez-la d’abord\u{a0}: `probant keys rotate --as PERSONNE`",
        ),
        KeyRefusal::Unconfirmed { kid, predictions } => {
            let n = Lang::Fr.count(*predictions);
            (
                format!(
                    "rien n’a été fait\u{a0}: détruire la période de pseudonymes {kid} est définitif, et ses prédictions ({n}) ne se rattacheraient plus à personne"
                ),
                "si c’est bien ce que vous voulez, redites-le avec `--yes`",
            )
        }
        KeyRefusal::Unlinked { unlinked } => {
            let said: Vec<String> = unlinked.iter().map(|it| it.sentence(Lang::Fr)).collect();
            (
                format!(
                    "aucune décision sur ce prospect là où il pourrait encore être trouvé\u{a0}; {}",
                    said.join("\u{a0}; ")
                ),
                "nul ne peut plus dire si ces prédictions portent sur ce prospect\u{a0}; vérifiez l’identifiant, tel que le CRM l’écrit",
            )
        }
        KeyRefusal::RunUnlinked { run, kid, since } => {
            let since = crate::report::day(since, Lang::Fr);
            (
                format!(
                    "le passage {run} a été consigné sous la période de pseudonymes {kid}, détruite le {since}\u{a0}: ses fichiers ne peuvent être récrits"
                ),
                "`--again` note l’export de nouveau, en un autre passage, sous la période en usage",
            )
        }
    };
    (what, hint.to_owned())
}

/// A failure of a backup: what is wrong, and what to do.
pub fn backup(error: &BackupError) -> (String, String) {
    let (what, hint) = match error {
        BackupError::NoRecovery => (
            "la politique ne déclare pas de clé de secours\u{a0}: les clés sauvegardées seraient ouvertes à tous".to_owned(),
            "le délégué à la protection des données lance `probant keys recovery --out FICHIER` sur une autre machine\u{a0}; collez dans probant.toml les deux lignes qu’il imprime\u{a0}:\n[backup]\nrecovery = \"age1…\"",
        ),
        BackupError::Inside { dir } => (
            format!(
                "«\u{a0}{}\u{a0}» se trouve dans le dossier de travail",
                dir.display()
            ),
            "nommez un dossier sur un autre disque\u{a0}: ce qui est gardé ici se perd avec le dossier de travail",
        ),
        BackupError::Taken { stamp } => (
            format!("une autre sauvegarde porte déjà la date {stamp}"),
            "attendez une seconde, puis relancez la commande",
        ),
        BackupError::Name => (
            "un fichier du dossier de travail porte un nom qu’un inventaire ne peut contenir".to_owned(),
            "`probant ledger verify` nomme les fichiers qui n’ont rien à y faire",
        ),
        BackupError::Nothing { dir } => (
            format!("«\u{a0}{}\u{a0}» ne contient pas de sauvegarde", dir.display()),
            "nommez le dossier donné à `probant backup`, ou une autre date avec `--stamp`",
        ),
        BackupError::NoStamp { dir, asked, known } => (
            format!(
                "«\u{a0}{}\u{a0}» ne contient pas de sauvegarde du {asked}, mais\u{a0}: {}",
                dir.display(),
                known.join(", ")
            ),
            "nommez-en une avec `--stamp`",
        ),
        BackupError::NoKeys { stamp, keys } => (
            format!(
                "{stamp}-ledger est sans ses clés\u{a0}: il n’y a pas de «\u{a0}{}\u{a0}»",
                keys.display()
            ),
            "les clés se gardent à part\u{a0}: dites où avec `--keys FICHIER`, ou nommez une autre sauvegarde avec `--stamp`",
        ),
        BackupError::Loose { path, mode } => (
            format!(
                "«\u{a0}{}\u{a0}» est ouvert à d’autres (mode {mode:03o})",
                path.display()
            ),
            "`chmod 600`, puis demandez-vous qui a pu le lire",
        ),
        BackupError::Identity { path, .. } => (
            format!(
                "«\u{a0}{}\u{a0}» ne contient pas d’identité de secours",
                path.display()
            ),
            "nommez le fichier que `probant keys recovery` a écrit",
        ),
        BackupError::Sealed { path, .. } => (
            format!(
                "«\u{a0}{}\u{a0}» ne s’ouvre pas avec cette identité",
                path.display()
            ),
            "prenez l’identité de la clé que la politique déclarait alors\u{a0}; si c’est la bonne, le fichier a été modifié\u{a0}: prenez un autre exemplaire",
        ),
        BackupError::OtherLog { keys, manifest } => (
            format!(
                "«\u{a0}{}\u{a0}» contient les clés d’un autre registre que «\u{a0}{}\u{a0}»",
                keys.display(),
                manifest.display()
            ),
            "un registre ne s’ouvre qu’avec ses propres clés\u{a0}: cherchez la paire de la même date",
        ),
        BackupError::OtherBackup { keys, manifest } => (
            format!(
                "«\u{a0}{}\u{a0}» contient les clés d’une autre sauvegarde que «\u{a0}{}\u{a0}»",
                keys.display(),
                manifest.display()
            ),
            "prenez le registre et les clés de la même date",
        ),
        BackupError::Altered { file, .. } => (
            format!(
                "«\u{a0}{}\u{a0}» n’est pas ce qui a été sauvegardé",
                file.display()
            ),
            "rien n’a été restauré\u{a0}; prenez un autre exemplaire, ou une sauvegarde plus ancienne avec `--stamp`",
        ),
        BackupError::Occupied { into } => (
            format!("«\u{a0}{}\u{a0}» n’est pas vide", into.display()),
            "nommez un dossier qui n’existe pas encore\u{a0}: une restauration ne remplace rien",
        ),
    };
    (what, hint.to_owned())
}
