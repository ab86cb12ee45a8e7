//! `probant trend`: parse, call the workspace once, print once.

use super::args::Trend;
use super::{Exit, Face, Failed, print};
use crate::workspace::{self, World};

/// `probant trend`.
pub fn trend(face: &mut Face<'_>, world: &mut World, typed: Trend) -> Result<Exit, Failed> {
    let ws = face.open()?;
    let (lang, json) = (face.lang, face.json);
    let render = |trend: &crate::report::trend::Trend| print::trend(trend, lang, json);
    let shown = workspace::trend(&ws, world, &typed.into(), lang, &render)?;
    print::explained(face, &shown)?;
    Ok(Exit::DONE)
}
