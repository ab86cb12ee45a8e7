//! The command line: parses what was typed, calls the workspace once, prints once.
//!
//! Data goes to stdout, everything else to stderr. Faces hold no rules: what
//! may be done, and what it means, is decided below.

mod args;
mod bar;
mod diff;
mod french;
mod print;
mod tour;
mod trend;
mod verbs;

use std::ffi::OsString;
use std::io::{self, IsTerminal as _, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{CommandFactory as _, FromArgMatches as _};

use crate::lang::Lang;
use crate::workspace::{Error, POLICY, Workspace, World};

pub use args::{Command, Typed};

/// How a command ended (DESIGN §6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exit(pub u8);

impl Exit {
    /// Done.
    pub const DONE: Self = Self(0);
    /// Used wrongly.
    pub const USAGE: Self = Self(2);
    /// Policy or law forbids it.
    pub const REFUSED: Self = Self(5);
    /// The ledger or a model does not verify.
    pub const UNVERIFIED: Self = Self(4);
    /// Done, and what was found is an alert.
    pub const ALERT: Self = Self(8);
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.0)
    }
}

/// What a verb needs besides its own arguments.
pub struct Face<'a> {
    /// Data.
    pub out: &'a mut dyn Write,
    /// The rest.
    pub err: &'a mut dyn Write,
    /// What people read.
    pub lang: Lang,
    /// One JSON document instead of text.
    pub json: bool,
    /// Whether stderr is a terminal: progress is drawn only there.
    pub terminal: bool,
    workspace: Option<PathBuf>,
}

/// Why a command ended early.
pub enum Failed {
    /// It could not be carried out.
    Error(Error),
    /// Nobody listens to stdout any more, or it cannot be written.
    Output(io::Error),
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

impl From<io::Error> for Failed {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

/// Carries out a command line and says how it ended.
pub fn run(
    arguments: impl IntoIterator<Item = OsString>,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> Exit {
    run_in(arguments, out, err, &mut World::real())
}

/// The same in a world of the caller's: tests bring their own clock, randomness and disk.
pub fn run_in(
    arguments: impl IntoIterator<Item = OsString>,
    out: &mut dyn Write,
    err: &mut dyn Write,
    world: &mut World,
) -> Exit {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let lang = language(&arguments);
    let grammar = french::translate(Typed::command(), lang);
    let typed = match grammar
        .try_get_matches_from(&arguments)
        .and_then(|found| Typed::from_arg_matches(&found))
    {
        Ok(typed) => typed,
        Err(error) => return misused(&error, lang, out, err),
    };
    if let Some(threads) = typed.common.threads {
        // Only the first command of a process can set it; results never depend on it.
        let _ = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build_global();
    }
    let mut face = Face {
        out,
        err,
        lang: typed.common.lang.unwrap_or(lang),
        json: typed.common.json,
        terminal: io::stderr().is_terminal(),
        workspace: typed.common.workspace,
    };
    match verbs::carry_out(typed.command, &mut face, world) {
        Ok(exit) => exit,
        Err(Failed::Output(_)) => Exit(1),
        Err(Failed::Error(error)) => {
            let _ = print::error(&mut face, &error);
            Exit(error.exit())
        }
    }
}

/// Help and version are what was asked for; anything else is misuse.
fn misused(error: &clap::Error, lang: Lang, out: &mut dyn Write, err: &mut dyn Write) -> Exit {
    let text = french::misuse(error, lang);
    let asked = matches!(
        error.kind(),
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
    );
    let _ = if asked {
        write!(out, "{text}")
    } else {
        write!(err, "{text}")
    };
    if asked { Exit::DONE } else { Exit::USAGE }
}

/// The language asked for before the grammar is known: `--lang`, else `LC_ALL`, `LC_MESSAGES` or `LANG`.
fn language(arguments: &[OsString]) -> Lang {
    let typed: Vec<&str> = arguments
        .iter()
        .filter_map(|argument| argument.to_str())
        .collect();
    let asked =
        typed
            .iter()
            .enumerate()
            .find_map(|(at, argument)| match argument.strip_prefix("--lang") {
                Some("") => typed.get(at + 1).copied(),
                Some(rest) => rest.strip_prefix('='),
                None => None,
            });
    if let Some(lang) = asked.and_then(|text| text.parse().ok()) {
        return lang;
    }
    let set = ["LC_ALL", "LC_MESSAGES", "LANG"]
        .into_iter()
        .filter_map(|name| std::env::var(name).ok());
    match set.into_iter().find(|value| !value.is_empty()) {
        Some(value) if value.starts_with("fr") => Lang::Fr,
        _ => Lang::En,
    }
}

impl Face<'_> {
    /// The workspace that the command is about.
    fn open(&self) -> Result<Workspace, Error> {
        match &self.workspace {
            Some(root) => Workspace::open(root),
            None => Workspace::open(&Workspace::locate(&self.here())?),
        }
    }

    /// The folder of the workspace that the command is about, whatever state it is in.
    fn root(&self) -> Result<PathBuf, Error> {
        match &self.workspace {
            Some(root) if root.join(POLICY).exists() => Ok(root.clone()),
            Some(root) => Err(Error::NoWorkspace { at: root.clone() }),
            None => Workspace::locate(&self.here()),
        }
    }

    /// The folder that the command was started in, or the one named.
    fn here(&self) -> PathBuf {
        self.workspace
            .clone()
            .unwrap_or_else(|| std::env::current_dir().unwrap_or_else(|_| PathBuf::from(".")))
    }

    /// Prints a JSON document.
    fn json(&mut self, value: &impl serde::Serialize) -> io::Result<()> {
        let text = serde_json::to_string_pretty(value).map_err(io::Error::other)?;
        writeln!(self.out, "{text}")
    }

    /// Prints the likely next command, for people.
    fn next(&mut self, command: &str) -> io::Result<()> {
        if self.json {
            return Ok(());
        }
        let word = crate::say!(self.lang, "next:" | "ensuite\u{a0}:");
        // So that it can be pasted: in the workspace that this command was about.
        let command = match (&self.workspace, command.strip_prefix("probant ")) {
            (Some(root), Some(rest)) => format!("probant -w {} {rest}", root.display()),
            _ => command.to_owned(),
        };
        writeln!(self.err, "{word} {command}")
    }
}
