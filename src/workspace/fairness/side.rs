//! The side file: whose group is which, held in memory by pseudonym and written nowhere.

use std::collections::HashMap;
use std::path::Path;

use super::Refusal;
use crate::intake::identity::looks_like;
use crate::intake::{self, Asked};
use crate::policy::{Column as Declared, Format, IdType};
use crate::pseudonym::Key;
use crate::table::Column;
use crate::workspace::Workspace;
use crate::workspace::columns::is_parquet;
use crate::workspace::error::Error;
use crate::workspace::export::{Export, name_of};

/// Whose group is which.
pub(super) struct Side {
    /// Each column with the groups that it names.
    pub columns: Vec<(String, Vec<String>)>,
    /// By pseudonym, the group in each column.
    pub people: HashMap<[u8; 16], Vec<Option<u32>>>,
    /// Columns that were not read.
    pub unread: Vec<String>,
}

impl Side {
    pub fn read(
        ws: &Workspace,
        file: &Path,
        wanted: &[&Declared],
        key: &Key,
    ) -> Result<Self, Error> {
        let (identifier, id_type) = ws.policy.identifier();
        let Some(identifier) = identifier.filter(|_| id_type != IdType::Row) else {
            return Err(Refusal::Rows.into());
        };
        let parquet = is_parquet(file).map_err(|source| Error::Read {
            path: file.to_owned(),
            source,
        })?;
        let format = if parquet {
            Format::Parquet
        } else {
            Format::Csv
        };
        let paths = [file.to_owned()];
        let open = |asked: &[Asked]| Export::in_format(&paths, &ws.policy, asked, format);
        let headers = open(&[])?.undeclared().to_vec();
        let name = name_of(file);
        if !headers.contains(&identifier.name) {
            return Err(Refusal::Nameless {
                file: name,
                column: identifier.name.clone(),
            }
            .into());
        }
        let there = |it: &&&Declared| headers.contains(&it.name);
        let wanted: Vec<&Declared> = wanted.iter().filter(there).copied().collect();
        if wanted.is_empty() {
            return Err(Refusal::Groupless { file: name }.into());
        }
        let mut asked = vec![Asked::identifier(&identifier.name)];
        asked.extend(wanted.iter().map(|it| Asked::column(&it.name, it.kind)));
        let unread = |it: &&String| asked.iter().all(|asked| asked.name != **it);
        let mut side = Self {
            columns: wanted
                .iter()
                .map(|it| (it.name.clone(), Vec::new()))
                .collect(),
            people: HashMap::new(),
            unread: headers.iter().filter(unread).cloned().collect(),
        };
        side.fill(ws, open(&asked)?, key, &name)?;
        for (column, levels) in &side.columns {
            if let Some(looks) = levels.iter().find_map(|it| looks_like(it)) {
                return Err(Refusal::Identity {
                    file: name,
                    column: column.clone(),
                    looks,
                }
                .into());
            }
        }
        Ok(side)
    }

    fn fill(&mut self, ws: &Workspace, file: Export, key: &Key, name: &str) -> Result<(), Error> {
        let mut known: Vec<HashMap<String, u32>> = vec![HashMap::new(); self.columns.len()];
        let (mut rows, mut failed, mut contradicted) = (0, 0, 0u64);
        for portion in file {
            let portion = portion?;
            rows += portion.records;
            failed += portion.failures.len() as u64;
            let Some((Column::Text(ids), columns)) = portion.batch.columns.split_first() else {
                unreachable!("the identifier is asked for first, as text")
            };
            for row in 0..ids.len() {
                let Ok(whose) = key.of(ids.get(row).unwrap_or_default()) else {
                    failed += 1;
                    continue;
                };
                let mut levels = Vec::with_capacity(columns.len());
                for (column, (known, (_, names))) in
                    columns.iter().zip(known.iter_mut().zip(&mut self.columns))
                {
                    levels.push(group(column, row).map(|text| {
                        *known.entry(text).or_insert_with_key(|text| {
                            names.push(text.clone());
                            names.len() as u32 - 1
                        })
                    }));
                }
                let before = self.people.entry(whose.0).or_insert_with(|| levels.clone());
                contradicted += u64::from(*before != levels);
            }
        }
        intake::tolerate(failed, rows, ws.policy.tolerance.max_failed)?;
        if contradicted > 0 {
            return Err(Refusal::Contradicted {
                file: name.to_owned(),
                rows: contradicted,
            }
            .into());
        }
        Ok(())
    }
}

/// The group that a cell states.
fn group(column: &Column, row: usize) -> Option<String> {
    match column {
        Column::Category(category) => {
            let level = category.levels.get(category.codes[row] as usize);
            level.map(ToString::to_string)
        }
        Column::Text(texts) => texts
            .get(row)
            .map(|text| crate::name::tidy(text).into_owned()),
        Column::Flag(flags) => match flags[row] {
            0 => Some("no".to_owned()),
            1 => Some("yes".to_owned()),
            _ => None,
        },
        Column::Number(_) | Column::Date(_) => None,
    }
}
