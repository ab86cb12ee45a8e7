//! A new workspace: a drafted policy, keys, and an empty log that names no company.

use std::fs::File;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::assessment::sign;
use super::error::Error;
use super::export::name_of;
use super::journal;
use super::person::make_key;
use super::state::State;
use super::{POLICY, Recorded, Workspace, World, binary, files};
use crate::intake::{self, Source};
use crate::lang::Lang;
use crate::policy::{
    self, DateOrder, Encoding, Format, Guess, IdType, Kind, Observed, ObservedColumn, Thousands,
};

/// What a new workspace holds.
#[derive(Clone, Debug, Serialize)]
pub struct Initialised {
    /// Of this document.
    pub schema_version: u32,
    /// The folder.
    pub root: PathBuf,
    /// The policy's file.
    pub policy: PathBuf,
    /// Whether the policy was drafted from an export.
    pub from_data: bool,
    /// What each column seems to be: header, kind, role.
    pub columns: Vec<(String, String, String)>,
    /// The log's name.
    pub origin: String,
}

/// Creates a workspace at `root`, its policy drafted from `data` where there is one.
pub fn init(
    root: &Path,
    world: &mut World,
    data: Option<&Path>,
    lang: Lang,
) -> Result<Recorded<Initialised>, Error> {
    let observed = match data {
        Some(path) => observe(path)?,
        None => example(),
    };
    let text = policy::draft(&observed, lang);
    create(root, world, &text)?;
    let view = journal::View::open(root)?;
    Ok(Recorded(Initialised {
        schema_version: 1,
        root: root.to_owned(),
        policy: root.join(POLICY),
        from_data: data.is_some(),
        columns: observed
            .columns
            .iter()
            .map(|column| (column.name.clone(), kind(column.kind), role(&column.role)))
            .collect(),
        origin: view.origin().to_owned(),
    }))
}

/// Creates a workspace at `root` under the policy `text`.
pub fn create(root: &Path, world: &mut World, text: &str) -> Result<(), Error> {
    if root.join(POLICY).exists() {
        return Err(Error::Exists {
            at: root.to_owned(),
        });
    }
    if !root.exists() {
        world.disk.create_directory(root)?;
    }
    journal::create(root, &world.disk, &mut world.entropy, world.now, &binary())?;
    for folder in ["models", "out"] {
        if !root.join(folder).exists() {
            world.disk.create_directory(&root.join(folder))?;
        }
    }
    State::open(&root.join("state.db"))?;
    // Last: a folder without a policy is no workspace, so a crash leaves none behind half-made.
    world.disk.create(&root.join(POLICY), text.as_bytes())?;
    Ok(())
}

/// What an export looks like.
pub fn observe(path: &Path) -> Result<Observed, Error> {
    let named = files::expand(&[path.to_owned()])?;
    let path = named.first().map_or(path, PathBuf::as_path);
    let read = |source| Error::Read {
        path: path.to_owned(),
        source,
    };
    if super::columns::is_parquet(path).map_err(read)? {
        return super::columns::observe(path);
    }
    let file = File::open(path).map_err(read)?;
    Ok(intake::survey(Source::new(name_of(path), file))?)
}

/// A policy to start from where there is no export yet.
fn example() -> Observed {
    let column = |name: &str, kind, role| ObservedColumn {
        name: name.to_owned(),
        kind,
        role,
        distinct: None,
    };
    Observed {
        format: Format::Csv,
        separator: b';',
        encoding: Encoding::Utf8,
        decimal: ',',
        thousands: Thousands::None,
        dates: DateOrder::DayFirst,
        missing: Vec::new(),
        yes: Vec::new(),
        no: Vec::new(),
        columns: vec![
            column("lead_id", Kind::Text, Guess::Identifier(IdType::CrmId)),
            column("email", Kind::Text, Guess::Identity),
            column("created", Kind::Date, Guess::Date),
            column("source", Kind::Category, Guess::Feature),
            column("employees", Kind::Number, Guess::Feature),
            column(
                "converted",
                Kind::Flag,
                Guess::Outcome {
                    values: vec!["non".into(), "oui".into()],
                },
            ),
        ],
    }
}

fn kind(kind: Kind) -> String {
    match kind {
        Kind::Number => "number",
        Kind::Category => "category",
        Kind::Flag => "flag",
        Kind::Date => "date",
        Kind::Text => "text",
    }
    .to_owned()
}

fn role(role: &Guess) -> String {
    match role {
        Guess::Identifier(_) => "identifier",
        Guess::Identity => "identity",
        Guess::Feature => "feature",
        Guess::Outcome { .. } => "outcome",
        Guess::Consent => "consent",
        Guess::Audience => "audience",
        Guess::Fact(_) => "fact",
        Guess::Date => "date",
        Guess::Audit => "audit",
        Guess::Ignore => "ignore",
    }
    .to_owned()
}

/// A workspace in a new folder with exports beside the policy: where a demonstration plays.
pub fn stage_demo(
    root: &Path,
    world: &mut World,
    policy: &str,
    exports: &[(&str, &[u8])],
) -> Result<(), Error> {
    create(root, world, policy)?;
    for (name, bytes) in exports {
        world.disk.create(&root.join(name), bytes)?;
    }
    Ok(())
}

/// Keeps texts in the demonstration's workspace, by their paths in it.
pub fn keep_demo(root: &Path, world: &mut World, texts: &[(&str, &str)]) -> Result<(), Error> {
    for (name, text) in texts {
        let path = root.join(name);
        if let Some(folder) = path.parent().filter(|it| !it.exists()) {
            world.disk.create_directory(folder)?;
        }
        world.disk.create(&path, text.as_bytes())?;
    }
    Ok(())
}

/// Makes the keys of those who sign in the demonstration, names them in its policy, and has its assessment signed.
///
/// The first of them signs it.
pub fn sign_demo(
    root: &Path,
    world: &mut World,
    policy: &str,
    assessment: &str,
    people: &[&str],
) -> Result<(), Error> {
    let mut text = policy.to_owned();
    for person in people {
        let made = make_key(world, person, &root.join(format!("{person}.key")))?;
        let id = format!("id = \"{person}\"\n");
        text = text.replacen(&id, &format!("{id}key = \"{}\"\n", made.key), 1);
    }
    let part = root.join(".probant.toml.part");
    world.disk.create(&part, text.as_bytes())?;
    world.disk.replace(&part, &root.join(POLICY))?;
    let ws = Workspace::open(root)?;
    let Some(named) = &ws.policy.purposes[0].assessment else {
        return Ok(());
    };
    let file = root.join(named);
    if let Some(folder) = file.parent() {
        world.disk.create_directory(folder)?;
    }
    world.disk.create(&file, assessment.as_bytes())?;
    sign(
        &ws,
        world,
        &file,
        people[0],
        &root.join(format!("{}.key", people[0])),
    )?;
    Ok(())
}
