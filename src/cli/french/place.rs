//! What is said in French when nothing is written at the place that was named.

use crate::workspace::PlaceRefusal;

/// What is wrong with the place, and what to do.
pub fn refusal(refusal: &PlaceRefusal) -> (String, String) {
    const KEPT: &str = "nommez un autre emplacement, hors de ce qui est conservé ici";
    let (what, hint) = match refusal {
        PlaceRefusal::Standing { path } => (
            format!("«\u{a0}{}\u{a0}» existe déjà", path.display()),
            "nommez un autre emplacement\u{a0}: rien n’est écrasé",
        ),
        PlaceRefusal::Folder { path } => (
            format!("«\u{a0}{}\u{a0}» est un dossier", path.display()),
            "nommez le fichier à écrire",
        ),
        PlaceRefusal::NoFolder { path } => (
            format!(
                "«\u{a0}{}\u{a0}»\u{a0}: son dossier n’existe pas",
                path.display()
            ),
            "créez le dossier, ou nommez un autre emplacement",
        ),
        PlaceRefusal::Inside { path, own } => (
            format!(
                "«\u{a0}{}\u{a0}» se trouve dans le dossier «\u{a0}{own}\u{a0}» du dossier de travail",
                path.display()
            ),
            KEPT,
        ),
        PlaceRefusal::Own { path } => (
            format!(
                "«\u{a0}{}\u{a0}» est un fichier du dossier de travail lui-même",
                path.display()
            ),
            KEPT,
        ),
        PlaceRefusal::Witness { path } => (
            format!(
                "«\u{a0}{}\u{a0}» se trouve dans le dossier d’un témoin",
                path.display()
            ),
            KEPT,
        ),
    };
    (what, hint.to_owned())
}
