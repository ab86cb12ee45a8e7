//! A model handed to a database, as SQL.
//!
//! Nothing is recorded: the text holds no personal data (no entry stands for fewer people than the
//! policy's `min_people`), and it says itself that what it computes is no recorded decision.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::anchor::{deliver, deliverable};
use super::error::Error;
use super::journal::View;
use super::models::{load, resolve};
use super::{Workspace, World, place};
use crate::lang::Lang;
use crate::policy::Right;
use crate::sql::{self, Dialect};

/// What is to be written, and where.
#[derive(Clone, Debug)]
pub struct SqlRequest {
    /// Who is to understand it.
    pub dialect: Dialect,
    /// `@active`, `@latest`, or a version's first digits.
    pub model: String,
    /// The purpose, where the policy has several.
    pub purpose: Option<String>,
    /// The table that holds the leads, as the text names it.
    pub from: String,
    /// A file; the text is returned where there is none.
    pub out: Option<PathBuf>,
    /// Who exports; whose work it is, where nobody is named.
    pub person: Option<String>,
}

/// A model in SQL.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SqlExported {
    /// Of this document.
    pub schema_version: u32,
    /// The dialect.
    pub dialect: String,
    /// The model's version.
    pub model: String,
    /// The purpose that it scores for.
    pub purpose: String,
    /// The columns that the SELECT gives, in order.
    pub columns: Vec<String>,
    /// The file that was written.
    pub file: Option<PathBuf>,
    /// The text, where no file was named.
    pub sql: Option<String>,
}

/// Writes a believed model as one SELECT.
pub fn export_sql(
    ws: &Workspace,
    world: &World,
    request: &SqlRequest,
    lang: Lang,
) -> Result<SqlExported, Error> {
    ws.may(request.person.as_deref(), Right::ExportSql)?;
    if let Some(file) = &request.out {
        place::allowed(file)?;
    }
    let purpose = ws.purpose(request.purpose.as_deref())?.id.clone();
    let view = View::open(&ws.root)?;
    let version = resolve(&view, &request.model, &purpose)?;
    let model = load(ws, &view, version)?.model;
    let select = sql::select(&model, &ws.policy, request.dialect, &request.from, lang)?;
    if let Some(file) = &request.out {
        hand_over(world, file, &select.text)?;
    }
    Ok(SqlExported {
        schema_version: 1,
        dialect: request.dialect.name().to_owned(),
        model: version.to_string(),
        purpose: purpose.to_string(),
        columns: select.columns,
        file: request.out.clone(),
        sql: request.out.is_none().then_some(select.text),
    })
}

/// Writes the file whole or not at all, and over nothing but itself.
fn hand_over(world: &World, file: &Path, text: &str) -> Result<(), Error> {
    deliverable(file, text.as_bytes())?;
    deliver(world, file, text.as_bytes())
}
