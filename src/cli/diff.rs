//! `probant models diff`: parse, call the workspace once, print once.

use super::args::Diff;
use super::bar::Bar;
use super::{Exit, Face, Failed, print};
use crate::workspace::{self, World};

/// `probant models diff`.
pub fn diff(face: &mut Face<'_>, world: &mut World, typed: Diff) -> Result<Exit, Failed> {
    let ws = face.open()?;
    let bar = Bar::new(face.terminal, face.lang);
    let compared = workspace::compare(&ws, world, &typed.into(), face.lang, &|progress| {
        bar.show(&progress);
    })?;
    drop(bar);
    print::compared(face, &compared)?;
    Ok(Exit::DONE)
}
