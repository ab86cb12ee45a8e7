//! In French: why the assessment of a legitimate interest does not stand.

use crate::workspace::{Lack, Unassessed};

const SIGN: &str =
    "faites-la signer telle qu’elle est\u{a0}: `probant law sign FICHIER --as PERSONNE --key CLÉ`";

/// What is missing, and what to do.
pub fn unassessed(it: &Unassessed) -> (String, String) {
    let (what, hint) = match &it.lack {
        Lack::Name => (
            "n’est pas nommée dans la politique".to_owned(),
            "écrivez l’intérêt, sa nécessité et la mise en balance dans un fichier, nommez-le par `assessment = \"…\"`, et faites-le signer\u{a0}: `probant law sign FICHIER --as PERSONNE --key CLÉ`",
        ),
        Lack::File { file } => (
            format!("«\u{a0}{file}\u{a0}» n’est pas là"),
            "écrivez-la à cet endroit, ou corrigez `assessment` dans la politique",
        ),
        Lack::Part { file, why } => (
            format!("«\u{a0}{file}\u{a0}» n’en est pas une\u{a0}: {why}"),
            "elle contient id, purpose, interest, necessity, balance, signed_by, date et expires",
        ),
        Lack::Purpose { file, other } => (
            format!("«\u{a0}{file}\u{a0}» porte sur la finalité «\u{a0}{other}\u{a0}»"),
            "nommez la mise en balance de cette finalité-ci",
        ),
        Lack::Signature { file } => (format!("«\u{a0}{file}\u{a0}» n’est pas signée"), SIGN),
        Lack::Person { file, person } => (
            format!(
                "«\u{a0}{file}\u{a0}» est à signer par «\u{a0}{person}\u{a0}», dont la politique n’a pas de clé"
            ),
            "`probant keys person PERSONNE --out FICHIER`, puis mettez la ligne qu’il imprime sous `[[people]]`",
        ),
        Lack::Signed { file, person } => (
            format!(
                "«\u{a0}{file}\u{a0}», telle qu’elle est, n’est pas signée par «\u{a0}{person}\u{a0}»"
            ),
            SIGN,
        ),
        Lack::Early { file, from, date } => (
            format!("«\u{a0}{file}\u{a0}» ne vaut qu’à partir du {from}, et la date est le {date}"),
            "attendez sa date, ou refaites la mise en balance",
        ),
        Lack::Expired { file, until, date } => (
            format!("«\u{a0}{file}\u{a0}» a valu jusqu’au {until}, et la date est le {date}"),
            "refaites la mise en balance, donnez-lui de nouvelles dates, et faites-la signer\u{a0}: `probant law sign FICHIER --as PERSONNE --key CLÉ`",
        ),
    };
    (
        format!(
            "la finalité «\u{a0}{}\u{a0}» repose sur un intérêt légitime, et sa mise en balance {what}",
            it.purpose
        ),
        hint.to_owned(),
    )
}
