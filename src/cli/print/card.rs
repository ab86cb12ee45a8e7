//! A model's card: the page itself, its data, or where it was put.

use std::io;

use super::shown;
use crate::cli::Face;
use crate::say;
use crate::workspace::CardWritten;

/// `probant models card`.
pub fn card(face: &mut Face<'_>, written: &CardWritten) -> io::Result<()> {
    if let Some(page) = &written.page {
        return write!(face.out, "{page}");
    }
    if face.json {
        return face.json(written);
    }
    let lang = face.lang;
    let model = written.model.get(..12).unwrap_or(&written.model);
    let file = written.file.as_deref().map(shown).unwrap_or_default();
    let line = say!(
        lang,
        "Card of model {model}, as it is today: {file}"
            | "Carte du modèle {model}, telle qu’elle est aujourd’hui\u{a0}: {file}"
    );
    writeln!(face.out, "{line}")
}
