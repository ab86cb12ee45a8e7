//! The files being written during a run, and where they may go.

use std::path::{Path, PathBuf};

use super::Workspace;
use super::disk::Disk;
use super::error::Error;
use super::export::name_of;
use super::night::{Outcome, Refusals};
use super::output::{self, Part};
use super::place;
use super::score::Night;
use super::sheet::Sheet;
use super::state::{Output, State};

/// The files being written during a run.
pub struct Desk {
    sheet: Sheet,
    scores: Option<Part>,
    rejects: Option<Part>,
    refused: Option<Part>,
    files: Vec<String>,
    run: [String; 1],
    planned: Vec<Output>,
}

impl Desk {
    /// Starts the files that the request asks for.
    ///
    /// The state remembers them before the first exists, so that whatever is left by a crash is
    /// found again.
    pub fn start(
        night: &Night<'_>,
        run: &str,
        started: &str,
        state: &mut State,
        disk: &Disk,
    ) -> Result<Self, Error> {
        let request = night.request;
        let planned = [
            (&request.out, "scores"),
            (&request.rejects, "rejects"),
            (&request.refused, "refused"),
        ]
        .into_iter()
        .filter_map(|(target, kind)| Some(output::plan(target.as_deref()?, kind, run)))
        .collect::<Result<Vec<Output>, Error>>()?;
        state.begin(run, started, &night.same_key(), &planned)?;
        let mut desk = Self {
            sheet: Sheet::new(
                &night.ws.policy,
                &night.model.model,
                &night.plan,
                night.lang,
            ),
            scores: None,
            rejects: None,
            refused: None,
            files: night.files.iter().map(|file| name_of(&file.path)).collect(),
            run: [run.to_owned()],
            planned,
        };
        match desk.begin(night, disk) {
            Ok(()) => Ok(desk),
            Err(error) => {
                desk.discard(disk);
                Err(error)
            }
        }
    }

    fn begin(&mut self, night: &Night<'_>, disk: &Disk) -> Result<(), Error> {
        let dialect = &night.ws.policy.dialect;
        let none = Refusals::default();
        for output in self.planned.clone() {
            let (place, example) = match output.kind.as_str() {
                "scores" => (&mut self.scores, self.sheet.empty()),
                "rejects" => (&mut self.rejects, output::rejects(&[], &[], night.lang)),
                _ => (
                    &mut self.refused,
                    Sheet::refusals(&night.plan, &none, night.lang),
                ),
            };
            *place = Some(Part::start(output, dialect, &example, disk)?);
        }
        Ok(())
    }

    /// Writes the rows of one portion; `decisions` are the numbers of the scored ones.
    pub fn write(
        &mut self,
        night: &Night<'_>,
        outcome: &Outcome,
        decisions: &[u64],
    ) -> Result<(), Error> {
        if let Some(part) = &mut self.scores {
            let failures = &outcome.failures;
            part.write(
                &self
                    .sheet
                    .scores(&outcome.scored, decisions, failures, &self.run),
            )?;
        }
        if let Some(part) = &mut self.rejects
            && !outcome.failures.is_empty()
        {
            part.write(&output::rejects(&outcome.failures, &self.files, night.lang))?;
        }
        if let Some(part) = &mut self.refused
            && !outcome.refusals.ids.is_empty()
        {
            part.write(&Sheet::refusals(&night.plan, &outcome.refusals, night.lang))?;
        }
        Ok(())
    }

    /// Closes the files, each durable beside its place.
    pub fn finish(&mut self, disk: &Disk) -> Result<Vec<Output>, Error> {
        [self.scores.take(), self.rejects.take(), self.refused.take()]
            .into_iter()
            .flatten()
            .map(|part| part.finish(disk))
            .collect()
    }

    /// Removes what was written; best effort, because an error is already on its way.
    pub fn discard(&mut self, disk: &Disk) {
        (self.scores, self.rejects, self.refused) = (None, None, None);
        for output in &self.planned {
            let _ = output::discard(&output.part, disk);
        }
    }
}

/// Outputs must not fall on an input, on each other, or into the workspace's own folders.
pub fn guard(
    ws: &Workspace,
    outputs: &[&Option<PathBuf>],
    inputs: &[PathBuf],
) -> Result<(), Error> {
    let outputs: Vec<&PathBuf> = outputs.iter().copied().flatten().collect();
    let whole = |path: &Path| {
        let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let folder = absolute
            .parent()
            .and_then(|folder| folder.canonicalize().ok());
        match (folder, absolute.file_name()) {
            (Some(folder), Some(name)) => folder.join(name),
            _ => absolute,
        }
    };
    let usage = |what: String| {
        Err(Error::Usage {
            what,
            hint: "name another file to write",
        })
    };
    let root = ws.root.canonicalize().unwrap_or_default();
    for (at, path) in outputs.iter().enumerate() {
        let target = whole(path);
        // An export may be named through a link: what it leads to must not be replaced either.
        if inputs.iter().any(|input| {
            whole(input) == target || input.canonicalize().is_ok_and(|real| real == target)
        }) {
            return usage(format!("`{}` is the export itself", path.display()));
        }
        if outputs[..at].iter().any(|other| whole(other) == target) {
            return usage(format!("`{}` is named twice", path.display()));
        }
        if let Some(own) = place::own_of(&root, &target) {
            return usage(format!(
                "`{}` lies in the workspace's own `{own}` folder",
                path.display()
            ));
        }
        if !target.parent().is_some_and(Path::is_dir) {
            return usage(format!("`{}`: its folder does not exist", path.display()));
        }
    }
    Ok(())
}
