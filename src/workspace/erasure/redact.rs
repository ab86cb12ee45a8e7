//! Score files and released files that were handed over, written again without some people.
//!
//! Only a file that still stands where it was put, and still has its
//! identifier first, is touched; whatever else became of it is said, so that
//! a person can see to it.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs::File;
use std::io::{self, BufReader, BufWriter};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::intake;
use crate::ledger::SegmentKind;
use crate::ledger::erased::Listed;
use crate::ledger::text::RunId;
use crate::name::Token;
use crate::policy::{IdType, Policy};
use crate::pseudonym::{Key, Master};
use crate::table;
use crate::workspace::disk::Disk;
use crate::workspace::error::Error;
use crate::workspace::explain::policy_of;
use crate::workspace::journal::View;
use crate::workspace::output::{self, is_parquet};
use crate::workspace::restore::run_id;
use crate::workspace::state::{Output, State};
use crate::workspace::{Workspace, files};

/// A file that was handed over, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileDone {
    /// Where it was put.
    pub path: PathBuf,
    /// `rewritten`, `clean` (none of these people was in it), `removed`, `missing` (it stands elsewhere now),
    /// `foreign` (another file stands there) or `unlinked` (its period was destroyed: nobody can tell whose its rows are).
    pub status: String,
    /// Rows that left it.
    pub rows: u64,
}

/// Takes the people of `listed` out of every score file and every released file that may name them.
pub fn redact(
    ws: &Workspace,
    view: &View,
    state: &mut State,
    disk: &Disk,
    listed: &Listed,
) -> Result<Vec<FileDone>, Error> {
    let (people, runs) = people_of(view, listed)?;
    let mut by_target: BTreeMap<PathBuf, Vec<Output>> = BTreeMap::new();
    for output in state.handed_over()? {
        let of_theirs = run_id(&output.run).is_some_and(|run| runs.contains_key(&run));
        if of_theirs && output.kind != "rejects" {
            by_target
                .entry(output.target.clone())
                .or_default()
                .push(output);
        }
    }
    let mut affected: BTreeSet<RunId> = listed
        .rows
        .iter()
        .filter_map(|(segment, _)| view.placed(*segment))
        .map(|placed| placed.entry.run)
        .collect();
    for (_, entry) in view.entries() {
        if let crate::ledger::Entry::Release(it) = entry
            && affected.contains(&it.run)
        {
            affected.insert(RunId(it.event.0));
        }
    }
    let mut done = Vec::new();
    for (target, outputs) in by_target {
        let mut keys: BTreeMap<(String, String), Key> = BTreeMap::new();
        let (mut policy, mut unlinked) = (None, false);
        for run in outputs.iter().filter_map(|output| run_id(&output.run)) {
            let Some((kid, purpose, digest)) = runs.get(&run) else {
                continue;
            };
            let of_day = policy_of(ws, view, *digest);
            let named = (kid.to_string(), purpose.to_string());
            if let Entry::Vacant(free) = keys.entry(named) {
                // Under a period that was destroyed nobody can tell who is who.
                let Some(master) = view.standing_master(kid)? else {
                    unlinked = true;
                    continue;
                };
                let master = Master::new(master.expose());
                free.insert(master.key(purpose, of_day.identifier().1));
            }
            policy = Some(of_day);
        }
        let theirs = |it: &Output| run_id(&it.run).is_some_and(|run| affected.contains(&run));
        if unlinked && target.is_file() && outputs.iter().any(theirs) {
            done.push(FileDone {
                path: target.clone(),
                status: "unlinked".to_owned(),
                rows: 0,
            });
        }
        let Some(policy) = policy else { continue };
        let mut leave = |identifier: &str| {
            let whose = |key: &Key| match policy.identifier().1 {
                IdType::Row => Some(key.pseudonym(identifier).0),
                _ => key.of(identifier).ok().map(|it| it.0),
            };
            keys.values()
                .filter_map(whose)
                .any(|it| people.contains(&it))
        };
        let event = listed.event.to_string();
        let file = rewrite(
            &target,
            &outputs,
            &policy,
            (disk, state),
            &event,
            &mut leave,
        )?;
        // What became of files that never named these people is nobody's concern.
        if file.status == "rewritten" || outputs.iter().any(theirs) {
            done.push(file);
        }
    }
    Ok(done)
}

/// What identifies a person in a run: the pseudonym key's id, the purpose, the policy of the day.
type Runs = BTreeMap<RunId, (Token, Token, Digest)>;

/// The pseudonyms behind these rows, and how people are known in every run: a row that failed stands in no segment.
fn people_of(view: &View, listed: &Listed) -> Result<(HashSet<[u8; 16]>, Runs), Error> {
    let (mut people, mut runs) = (HashSet::new(), Runs::new());
    for (segment, leaves) in &listed.rows {
        let Some(placed) = view.placed(*segment) else {
            continue;
        };
        let rows: BTreeSet<u32> = leaves.rows().into_iter().collect();
        view.scan(placed, |row, whose| {
            if rows.contains(&row) {
                people.insert(*whose);
            }
        })?;
    }
    for (index, entry) in view.entries() {
        let kid = |run| {
            let kid = view.of_run(run).next().map(|it| it.entry.kid.clone());
            kid.unwrap_or_else(|| view.kid().clone())
        };
        match entry {
            crate::ledger::Entry::Run(run) => {
                let known = (kid(run.run), run.purpose.clone(), run.policy);
                runs.insert(run.run, known);
            }
            // Its file is known by its own name, and written under the policy of its own day.
            crate::ledger::Entry::Release(it) => {
                let known = (kid(it.run), it.purpose.clone(), policy_at(view, index));
                runs.insert(RunId(it.event.0), known);
            }
            _ => {}
        }
    }
    Ok((people, runs))
}

/// The policy in force when this entry was recorded: that of the first segment after it, recorded with it.
fn policy_at(view: &View, index: u64) -> Digest {
    let mut later = view.entries().skip(index as usize);
    later
        .find_map(|(_, entry)| match entry {
            crate::ledger::Entry::Segment(it) => Some(it.policy),
            _ => None,
        })
        .unwrap_or(Digest([0; 32]))
}

fn rewrite(
    target: &Path,
    outputs: &[Output],
    policy: &Policy,
    (disk, state): (&Disk, &mut State),
    event: &str,
    leave: &mut dyn FnMut(&str) -> bool,
) -> Result<FileDone, Error> {
    let said = |status: &str, rows| FileDone {
        path: target.to_owned(),
        status: status.to_owned(),
        rows,
    };
    if !target.is_file() {
        for output in outputs {
            // The digest of a file that names them, wherever it is now, could confirm them.
            state.rewritten(output, Digest([0; 32]))?;
        }
        return Ok(said("missing", 0));
    }
    let before = files::digest(target)?;
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    let part = target.with_file_name(format!(".{name}.{}.part", &event[..16]));
    let identifier = policy
        .identifier()
        .0
        .map_or_else(|| "row".to_owned(), |column| column.name.clone());
    let left = copy_without(target, &part, policy, &identifier, disk, leave);
    let left = match left {
        Ok(left) => left,
        // What cannot be read as the file that was written is no longer that file.
        Err(Error::Table(_)) => None,
        Err(error) => return Err(error),
    };
    let rows = left.unwrap_or(0);
    if rows == 0 {
        output::discard(&part, disk)?;
        return Ok(said(if left.is_some() { "clean" } else { "foreign" }, 0));
    }
    disk.sync(&part)?;
    let after = files::digest(&part)?;
    disk.replace(&part, target)?;
    for output in outputs.iter().filter(|output| output.digest == before) {
        state.rewritten(output, after)?;
    }
    Ok(said("rewritten", rows))
}

fn copy_without(
    target: &Path,
    part: &Path,
    policy: &Policy,
    identifier: &str,
    disk: &Disk,
    leave: &mut dyn FnMut(&str) -> bool,
) -> Result<Option<u64>, Error> {
    let draft = disk.start(part)?;
    if is_parquet(target)? {
        return Ok(table::without(
            target,
            draft.into_file(),
            identifier,
            leave,
        )?);
    }
    let failed = |source: io::Error| Error::Write {
        path: target.to_owned(),
        source,
    };
    let from = File::open(target).map_err(|source| Error::Read {
        path: target.to_owned(),
        source,
    })?;
    let to = BufWriter::with_capacity(1 << 20, draft);
    intake::without(
        BufReader::with_capacity(1 << 20, from),
        to,
        &policy.dialect,
        identifier,
        leave,
    )
    .map_err(failed)
}

/// Removes the files of a run whose records of these kinds are past their date, where they still stand as they were put.
pub fn remove(
    view: &View,
    state: &mut State,
    disk: &Disk,
    run: &str,
    kinds: &[SegmentKind],
) -> Result<Vec<FileDone>, Error> {
    let mut done = Vec::new();
    let released: BTreeSet<String> = view
        .entries()
        .filter_map(|(_, entry)| match entry {
            crate::ledger::Entry::Release(it) if it.run.to_string() == run => {
                Some(it.event.to_string())
            }
            _ => None,
        })
        .collect();
    for output in state.handed_over()? {
        if output.run != run && !released.contains(&output.run) {
            continue;
        }
        let kind = match output.kind.as_str() {
            "scores" | "release" => SegmentKind::Proposals,
            "refused" => SegmentKind::Refusals,
            _ => continue,
        };
        if !kinds.contains(&kind) {
            continue;
        }
        let status = if output::holds(&output.target, &output) {
            disk.remove(&output.target)?;
            "removed"
        } else if output.target.is_file() {
            "foreign"
        } else {
            "missing"
        };
        state.gone(&output)?;
        done.push(FileDone {
            path: output.target,
            status: status.to_owned(),
            rows: 0,
        });
    }
    Ok(done)
}
