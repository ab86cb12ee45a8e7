//! The file for a tool: the cells that it may receive of each lead that leaves, and not one more.
//!
//! Cells go out as they came in; a column that is also asked for what it says
//! (a wish, a fact about the person) is read as what it is and written again.

use std::borrow::Cow;

use chrono::{Days, NaiveDate};

use super::Leaving;
use crate::eligibility::consents::{Consents, Wordings};
use crate::eligibility::{Telling, Told};
use crate::event::Message;
use crate::intake::Asked;
use crate::policy::{Kind, Part, Policy, Tool};
use crate::table::{Batch, Cells, Column, Field, UNREADABLE, UNREADABLE_DATE, UNREADABLE_FLAG};

/// The columns of an export that a release reads, with one portion of their rows.
pub struct Sheet<'a> {
    asked: Vec<Asked>,
    /// What the policy writes for no and for yes.
    flags: [&'a str; 2],
    identifier: Option<usize>,
    preference: Option<usize>,
    tellings: Vec<(Telling, usize)>,
    /// What the tool receives, and where each column stands; none for the words.
    parts: Vec<(&'a Part, Option<usize>)>,
    columns: Vec<Column>,
    rows: usize,
}

impl<'a> Sheet<'a> {
    /// A sheet without a row: the identifier, what the tool may receive, and what is asked about each person.
    pub fn of(
        policy: &'a Policy,
        tool: &'a Tool,
        tellings: Vec<Telling>,
        message: Message,
    ) -> Self {
        let mut asked: Vec<Asked> = Vec::new();
        let mut add = |ask: Asked| {
            let known = asked.iter().position(|it| it.name == ask.name);
            known.unwrap_or_else(|| {
                asked.push(ask);
                asked.len() - 1
            })
        };
        let identifier = policy.identifier().0;
        let identifier = identifier.map(|column| add(Asked::identifier(&column.name)));
        let tellings = tellings
            .into_iter()
            .map(|telling| {
                let at = add(Asked::fact(&telling.header, telling.kind));
                (telling, at)
            })
            .collect();
        let preference = policy.preference(tool.channel);
        let preference = preference
            .filter(|_| message != Message::Legal)
            .map(|column| add(Asked::fact(&column.name, Kind::Flag)));
        let parts = ordered(policy, tool);
        let at: Vec<_> = parts
            .iter()
            .map(|part| match part {
                Part::Column(name) => Some(add(Asked::column(name, Kind::Text))),
                Part::Band | Part::Score | Part::Decision => None,
            })
            .collect();
        let parts = parts.into_iter().zip(at).collect();
        let word = |words: &'a [String]| words.first().map_or("", String::as_str);
        Self {
            asked,
            flags: [word(&policy.dialect.no), word(&policy.dialect.yes)],
            identifier,
            preference,
            tellings,
            parts,
            columns: Vec::new(),
            rows: 0,
        }
    }

    /// What is to be read.
    pub fn asked(&self) -> &[Asked] {
        &self.asked
    }

    /// Takes the next portion in place of the last.
    pub fn turn(&mut self, batch: Batch) {
        (self.rows, self.columns) = (batch.records.len(), batch.columns);
    }

    /// Rows of this portion.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The identifier of a row.
    pub fn identifier(&self, row: usize) -> Option<&str> {
        match self.identifier.map(|at| &self.columns[at]) {
            Some(Column::Text(texts)) => texts.get(row),
            _ => None,
        }
    }

    /// What the columns tell of the people of this portion.
    pub fn told<'b>(
        &'b self,
        policy: &Policy,
        today: NaiveDate,
        wordings: &Wordings,
        consents: Option<&'b Consents>,
    ) -> Told<'b> {
        let tellings = self.tellings.iter();
        let tellings: Vec<_> = tellings
            .map(|(telling, at)| (telling, &self.columns[*at]))
            .collect();
        Told::of(policy, today, &tellings, wordings, consents)
    }

    /// Whether the person of a row wants to be reached by the tool's channel; what cannot be read counts as no.
    pub fn preference(&self, row: usize) -> Option<bool> {
        match self.preference.map(|at| &self.columns[at]) {
            Some(Column::Flag(values)) => match values[row] {
                0 | UNREADABLE_FLAG => Some(false),
                1 => Some(true),
                _ => None,
            },
            _ => None,
        }
    }

    /// The rows that leave as the columns of the tool's file.
    pub fn fields(&self, leaving: &[Leaving]) -> Vec<Field<'_>> {
        self.parts
            .iter()
            .map(|(part, at)| Field {
                name: part.header().to_owned(),
                cells: self.cells(part, *at, leaving),
            })
            .collect()
    }

    fn cells(&self, part: &Part, at: Option<usize>, leaving: &[Leaving]) -> Cells<'_> {
        let each = || leaving.iter().map(|lead| &lead.proposal);
        match part {
            Part::Band => Cells::Text(
                each()
                    .map(|it| Some(Cow::Owned(it.band.to_string())))
                    .collect(),
            ),
            Part::Score => Cells::Score(each().map(|it| f64::from(it.score) / 1e6).collect()),
            Part::Decision => Cells::Whole(each().map(|it| Some(it.decision)).collect()),
            Part::Column(_) => {
                let column = at.and_then(|at| self.columns.get(at));
                let text = |row: u32| column.and_then(|column| self.text(column, row as usize));
                Cells::Text(leaving.iter().map(|lead| text(lead.row)).collect())
            }
        }
    }

    /// A cell as text.
    fn text<'b>(&'b self, column: &'b Column, row: usize) -> Option<Cow<'b, str>> {
        match column {
            Column::Text(texts) => texts.get(row).map(Cow::Borrowed),
            Column::Category(category) => {
                let code = category.codes[row] as usize;
                let level = category.levels.get(code);
                let level = level.filter(|level| &***level != UNREADABLE);
                level.map(|level| Cow::Borrowed(&**level))
            }
            Column::Flag(values) => {
                let word = self.flags.get(usize::from(values[row]));
                word.map(|word| Cow::Borrowed(*word))
            }
            Column::Date(days) if days[row] == UNREADABLE_DATE => None,
            Column::Date(days) => date(days[row]).map(|date| Cow::Owned(date.to_string())),
            Column::Number(values) => {
                let value = values[row];
                (!value.is_nan()).then(|| Cow::Owned(value.to_string()))
            }
        }
    }
}

/// What a tool receives: the identifier, by which a person is found again, then the rest as the policy lists it.
fn ordered<'a>(policy: &Policy, tool: &'a Tool) -> Vec<&'a Part> {
    let identifier = policy.identifier().0.map(|column| column.name.as_str());
    let first = |part: &&Part| identifier == Some(part.header());
    let (mut parts, rest): (Vec<&Part>, Vec<&Part>) = tool.columns.iter().partition(first);
    parts.extend(rest);
    parts
}

/// A day by its distance from 1970-01-01.
fn date(days: i32) -> Option<NaiveDate> {
    let first = NaiveDate::default();
    match u64::try_from(days) {
        Ok(days) => first.checked_add_days(Days::new(days)),
        Err(_) if days == i32::MIN => None,
        Err(_) => first.checked_sub_days(Days::new(u64::from(days.unsigned_abs()))),
    }
}
