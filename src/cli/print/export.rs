//! A model handed to a database: the text itself, or where it was put.

use std::io;

use super::shown;
use crate::cli::Face;
use crate::say;
use crate::workspace::SqlExported;

/// `probant export sql`.
pub fn exported(face: &mut Face<'_>, written: &SqlExported) -> io::Result<()> {
    if face.json {
        return face.json(written);
    }
    if let Some(text) = &written.sql {
        return write!(face.out, "{text}");
    }
    let (lang, columns) = (face.lang, written.columns.len());
    let model = written.model.get(..12).unwrap_or(&written.model);
    let file = written.file.as_deref().map(shown).unwrap_or_default();
    let line = say!(
        lang,
        "Model {model} written to {file} as one SELECT of {columns} columns. What it computes is no recorded decision."
            | "Modèle {model} exporté dans {file}\u{a0}: une requête SELECT de {columns} colonnes. Ce qu’elle calcule n’est pas une décision consignée."
    );
    writeln!(face.out, "{line}")?;
    face.next("probant score EXPORT --out scores.parquet")
}
