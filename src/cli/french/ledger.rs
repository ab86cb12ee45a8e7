//! What is said in French when the ledger, the disk or a person's right refuses.

use std::io::ErrorKind;

use crate::workspace::disk;
use crate::workspace::journal::Error;

type Said = (String, String);

fn said(what: impl Into<String>, hint: &str) -> Said {
    (what.into(), hint.to_owned())
}

/// A ledger that could not be opened or extended.
pub fn journal(error: &Error) -> Option<Said> {
    Some(match error {
        Error::Busy { lock } => said(
            format!("«\u{a0}{lock}\u{a0}»\u{a0}: un autre `probant` est à l’œuvre"),
            "attendez qu’il ait terminé, puis relancez la commande",
        ),
        Error::Disk(error) => {
            let (_, hint) = disk(error);
            ("le registre n’a pas été prolongé".to_owned(), hint)
        }
        Error::Damaged { file, .. } => said(
            format!("«\u{a0}{file}\u{a0}» n’est pas tel qu’il a été consigné"),
            "`probant ledger verify` dit ce qui a changé\u{a0}; restaurez-le d’une sauvegarde",
        ),
        Error::Absent { root } => said(
            format!(
                "«\u{a0}{}\u{a0}» ne contient pas de registre",
                root.display()
            ),
            "créez-en un avec `probant init`, ou restaurez-le d’une sauvegarde",
        ),
        Error::Loose { path, mode } => said(
            format!(
                "«\u{a0}{}\u{a0}» est ouvert à d’autres (mode {mode:03o})",
                path.display()
            ),
            "retirez aux autres le droit de le lire (`chmod go=`), puis demandez-vous qui a pu le lire",
        ),
        Error::Restricted { rows: 1 } => said(
            "un de ces enregistrements est sous limitation (RGPD, art. 18)",
            LIFT,
        ),
        Error::Restricted { rows } => said(
            format!("{rows} de ces enregistrements sont sous limitation (RGPD, art. 18)"),
            LIFT,
        ),
        Error::Read { path, .. } => said(
            format!("«\u{a0}{}\u{a0}» ne peut être lu", path.display()),
            "vérifiez les droits et le disque, puis relancez la commande",
        ),
        _ => return None,
    })
}

const LIFT: &str = "`probant subject lift PROSPECT --request RÉF` quand la limitation prend fin";
const REQUESTS: &str = "`probant subject list` montre les demandes";

/// A disk that refused a change.
pub fn disk(error: &disk::Error) -> Said {
    let hint = match error.source.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            "libérez de la place, puis relancez la même commande\u{a0}: rien de ce qui est à moitié écrit ne compte"
        }
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
            "qui lance `probant` doit pouvoir écrire dans le dossier"
        }
        _ => {
            "rien de ce qui est à moitié écrit ne compte\u{a0}; vérifiez le disque, puis relancez la même commande"
        }
    };
    said(
        format!(
            "le disque refuse une modification de «\u{a0}{}\u{a0}»",
            error.path.display()
        ),
        hint,
    )
}

/// The run stands, its batch does not.
pub fn batch(run: &str) -> Said {
    said(
        format!(
            "le passage {} est consigné et ses fichiers sont en place, mais les effacements de la nuit n’ont pas été exécutés",
            run.get(..12).unwrap_or(run)
        ),
        "remédiez à la cause, puis lancez `probant subject erase --now`",
    )
}

/// What law or policy refuses, by its English words.
pub fn refused(what: &str) -> Option<Said> {
    Some(match what {
        "everything recorded about this lead is restricted already" => said(
            "tout ce qui est consigné sur ce prospect est déjà sous limitation",
            REQUESTS,
        ),
        "nothing recorded about this lead is restricted" => said(
            "rien de ce qui est consigné sur ce prospect n’est sous limitation",
            REQUESTS,
        ),
        "this request is not carried out yet" => said(
            "cette demande n’est pas encore exécutée",
            "`probant subject erase --now` exécute ce qui attend",
        ),
        "this record is restricted (GDPR art. 18): it may be stored, and not used" => said(
            "cet enregistrement est sous limitation (RGPD, art. 18)\u{a0}: il peut être conservé, et non utilisé",
            LIFT,
        ),
        "a restriction is in force, and a new period would not recognise whom it is about" => said(
            "une limitation est en vigueur, et une nouvelle période ne reconnaîtrait plus qui elle concerne",
            "levez d’abord la limitation\u{a0}; `probant subject list` montre les demandes",
        ),
        _ => return None,
    })
}
