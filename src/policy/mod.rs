//! The policy: what the company declared that it may do, and with what.
//!
//! `probant.toml` is written by people and readable by a DPO. Everything that
//! the program reads, keeps, names or refuses follows from it, so a [`Policy`]
//! exists only after every rule of [`parse()`] held; nothing here touches a disk.

mod abstention;
mod backup;
mod bands;
mod columns;
mod dialect;
mod draft;
mod error;
mod findings;
mod lawful;
mod monitoring;
mod open;
mod oversight;
mod parse;
mod profiling;
mod rights;
mod schema;
mod source;
mod tools;
mod training;

use chrono::NaiveDate;
use chrono_tz::Tz;
use serde::Serialize;

use crate::digest::Digest;
use crate::lang::Lang;
use crate::name::Token;

pub use crate::law::words::{Audience, Basis, Channel, ConsentPart, FactKind};
pub use crate::name::IdType;
pub use abstention::{Abstention, REVIEW, Watched};
pub use draft::{Guess, Observed, ObservedColumn, draft};
pub use error::{Error, Finding};
pub use lawful::Constants;
pub use parse::parse;
pub use rights::{Right, Rights};
pub use schema::schema;
pub use tools::{Cap, Part, Tool, Unfit};

/// A policy that holds together.
#[derive(Clone, Debug)]
pub struct Policy {
    /// SHA-256 of the file's bytes: what the ledger names it by.
    pub digest: Digest,
    /// Who answers for the processing.
    pub controller: Controller,
    /// The people who may act, by the id that the ledger knows them by.
    pub people: Vec<Person>,
    /// Who may do what, by role.
    pub rights: Rights,
    /// Why leads are scored, and on what legal basis.
    pub purposes: Vec<Purpose>,
    /// The law pack that rules who may be scored; none where every lead is taken on the declared basis.
    pub law: Option<Token>,
    /// What is alike for all leads of the exports.
    pub facts: Constants,
    /// How the exports are written.
    pub dialect: Dialect,
    /// How bad an export may be.
    pub tolerance: Tolerance,
    /// The declared columns, in the order of the file.
    pub columns: Vec<Column>,
    /// How a model is fitted.
    pub training: Training,
    /// How far features may single people out.
    pub profiling: Profiling,
    /// When a model is said to have drifted.
    pub monitoring: Monitoring,
    /// When the machine abstains.
    pub abstention: Abstention,
    /// How closely people look before anything leaves.
    pub oversight: Oversight,
    /// Why a person may decide otherwise than the model, by code.
    pub reasons: Vec<Reason>,
    /// Score bands, by ascending `from`; the first is from 0.
    pub bands: Vec<Band>,
    /// The tools that may receive leads.
    pub tools: Vec<Tool>,
    /// How often a person may be reached.
    pub caps: Vec<Cap>,
    /// To whom key backups are sealed, and how long they are kept.
    pub backup: Backup,
}

/// The company that decides why and how leads are scored (GDPR art. 4(7)).
#[derive(Clone, Debug, Serialize)]
pub struct Controller {
    /// Its name, as letters show it.
    pub name: String,
    /// Where the data protection officer is reached.
    pub dpo: String,
    /// The zone in which legal dates are civil dates.
    #[serde(serialize_with = "zone_name")]
    pub time_zone: Tz,
    /// The language that people read unless they ask for the other.
    pub language: Lang,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
fn zone_name<S: serde::Serializer>(zone: &Tz, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(zone.name())
}

/// A named person. Only `id` ever enters the ledger.
#[derive(Clone, Debug, Serialize)]
pub struct Person {
    /// What the ledger knows this person by.
    pub id: Token,
    /// As letters and reports show it; never in the ledger.
    pub name: String,
    /// What this person may do.
    pub roles: Vec<Role>,
    /// What checks this person's signatures, `id+hash+base64` as `probant keys person` printed it; whoever reviews has one.
    pub key: Option<String>,
    /// Until when this person's training counts, as a civil date; whoever reviews has been trained.
    pub trained_until: Option<NaiveDate>,
}

/// What a person may do.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Runs the nightly scoring.
    Operator,
    /// Trains models.
    DataScientist,
    /// Validates proposals.
    Reviewer,
    /// Answers requests, co-signs the log.
    Dpo,
    /// Reads and verifies everything.
    Auditor,
}

/// Why leads are scored.
#[derive(Clone, Debug, Serialize)]
pub struct Purpose {
    /// What the ledger, `--purpose` and the pseudonym key know it by.
    pub id: Token,
    /// One sentence that the person scored could read.
    pub description: String,
    /// GDPR art. 6(1): the first of [`Purpose::bases`].
    pub basis: Basis,
    /// Every legal basis that a lead may be scored on for this purpose; a law pack says which one holds for whom.
    pub bases: Vec<Basis>,
    /// How the people are to be reached, which law packs may ask.
    pub channel: Option<Channel>,
    /// A collective document that supports the basis (an assessment, a consent's wording): its reference, for people.
    pub document: Option<String>,
    /// The assessment that a legitimate interest rests on: a file of the workspace, signed beside it.
    pub assessment: Option<String>,
    /// How long a prediction is kept, in days from its run.
    pub retention_days: u32,
}

/// How an export is written. Guessed once, at `init`; `score` never guesses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Dialect {
    /// CSV or Parquet.
    pub format: Format,
    /// One of `, ; tab |`, as a byte.
    pub separator: u8,
    /// How bytes become text.
    pub encoding: Encoding,
    /// `.` or `,`.
    pub decimal: char,
    /// What sets groups of three digits apart.
    pub thousands: Thousands,
    /// The order of a written date.
    pub dates: DateOrder,
    /// Texts that mean "not known", besides the empty one; compared after [`crate::name::tidy`].
    pub missing: Vec<String>,
    /// Texts that mean yes, compared in lower case.
    pub yes: Vec<String>,
    /// Texts that mean no, compared in lower case.
    pub no: Vec<String>,
}

/// The container of an export.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// Separated values with a header line.
    Csv,
    /// Apache Parquet.
    Parquet,
}

/// A text encoding that CRMs write.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Encoding {
    /// UTF-8, with or without a byte-order mark.
    #[serde(rename = "utf-8")]
    Utf8,
    /// UTF-16, either order, by its byte-order mark (little-endian without one).
    #[serde(rename = "utf-16")]
    Utf16,
    /// Windows-1252, what Excel writes in France.
    #[serde(rename = "windows-1252")]
    Windows1252,
}

/// What sets groups of three digits apart in a number.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Thousands {
    /// Nothing.
    None,
    /// A space, U+00A0 or U+202F.
    Space,
    /// `.`
    Dot,
    /// `,`
    Comma,
    /// `'` or U+2019.
    Apostrophe,
}

/// The order of a written date.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Serialize, serde::Deserialize, schemars::JsonSchema,
)]
pub enum DateOrder {
    /// `2026-03-31`, with or without a time after `T` or a space.
    #[serde(rename = "yyyy-mm-dd")]
    Iso,
    /// `31/03/2026`, also with `-` or `.`
    #[serde(rename = "dd/mm/yyyy")]
    DayFirst,
    /// `03/31/2026`
    #[serde(rename = "mm/dd/yyyy")]
    MonthFirst,
}

/// How bad an export may be before the whole run is refused.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Tolerance {
    /// The share of rows that may fail, within `[0, 1]`.
    pub max_failed: f64,
}

/// One declared column.
#[derive(Clone, Debug, Serialize)]
pub struct Column {
    /// Its header, after [`crate::name::tidy`].
    pub name: String,
    /// How its values are read.
    pub kind: Kind,
    /// What it is for.
    pub role: Use,
    /// For a feature: why it is needed, in a sentence that the person scored could read.
    pub why: Option<String>,
    /// For a feature: where the value comes from.
    pub origin: Option<String>,
    /// How people read it in explanations; the header when absent.
    pub label: Option<String>,
    /// Why this feature is no identity although it looks like one.
    pub not_identity: Option<String>,
    /// Kept although it looks like a calendar in disguise.
    pub keep_calendar: bool,
}

impl Column {
    /// What people read: the label, or the header.
    #[must_use]
    pub fn label(&self) -> &str {
        self.label.as_deref().unwrap_or(&self.name)
    }
}

/// How a column's values are read.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A number in the dialect's notation; currency and percent signs are passed over.
    Number,
    /// One of a few texts.
    Category,
    /// Yes or no.
    Flag,
    /// A civil date.
    Date,
    /// Any text; never a feature.
    Text,
}

/// What a column is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Use {
    /// Names the lead in the CRM; replaced by a pseudonym at intake.
    Identifier(IdType),
    /// Name, e-mail, phone …: never read by the scorer.
    Identity,
    /// Read, encoded and scored.
    Feature,
    /// What became of the lead.
    Outcome {
        /// Texts of a won lead, after [`crate::name::tidy`].
        positive: Vec<String>,
        /// Texts of a lost lead; any other value is an open lead, excluded from training and counted.
        negative: Vec<String>,
    },
    /// A part of the proof of consent; not read where it does not say which.
    Consent(Option<ConsentPart>),
    /// Professional or consumer.
    Audience(Words),
    /// A fact that law packs ask for.
    Fact(FactKind),
    /// Whether the person wants to be reached by this channel, as they said.
    Preference(Channel),
    /// When the lead was created: orders the holdout.
    Date,
    /// For fairness side files only.
    Audit,
    /// Declared, and not read.
    Ignore,
}

/// By which words a column tells professionals from consumers, in lower case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Words {
    /// Of a professional.
    pub b2b: Vec<String>,
    /// Of a consumer.
    pub b2c: Vec<String>,
    /// Whether the policy says so itself.
    pub stated: bool,
}

impl Use {
    /// As the policy writes it.
    #[must_use]
    pub fn token(&self) -> &'static str {
        match self {
            Self::Identifier(_) => "identifier",
            Self::Identity => "identity",
            Self::Feature => "feature",
            Self::Outcome { .. } => "outcome",
            Self::Consent(_) => "consent",
            Self::Audience(_) => "audience",
            Self::Preference(_) => "preference",
            Self::Fact(_) => "fact",
            Self::Date => "date",
            Self::Audit => "audit",
            Self::Ignore => "ignore",
        }
    }
}

/// How a model is fitted.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Training {
    /// Seeds folds, bootstrap and the certificate's sample.
    pub seed: u64,
    /// No bin, level or chart figure stands for fewer people than this.
    pub min_people: u32,
    /// Bins of a number, 2 to 32.
    pub max_bins: u32,
    /// Pairs of features that may interact.
    pub pairs: Pairs,
    /// Who gives the model its numbers.
    pub solver: Solver,
    /// Prefer the strongest smoothing within one standard error of the best.
    pub one_standard_error: bool,
    /// The rows of the training file are in the order of time although there is no date column.
    pub rows_in_time_order: bool,
    /// A candidate whose expected calibration error exceeds this cannot be promoted.
    pub max_calibration_error: f64,
    /// Memory for the certificate's dense design, in MiB.
    pub certificate_mib: u32,
}

/// How far features may single people out, and what each must bring to be kept.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Profiling {
    /// The share of people who may stand alone in their cell of features, within `[0, 1]`; none: shown, never refused.
    pub max_alone: Option<f64>,
    /// A feature that adds less to the area under the ROC curve than this brings nothing.
    pub min_gain: f64,
}

impl Default for Profiling {
    fn default() -> Self {
        Self {
            max_alone: None,
            min_gain: 0.0005,
        }
    }
}

/// When a model is said to have drifted.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Monitoring {
    /// Days that are looked at, where nobody says which.
    pub window_days: u32,
    /// A population stability index from here on is watched.
    pub psi_watch: f64,
    /// From here on it alerts.
    pub psi_alert: f64,
    /// Under so many leads nothing is judged.
    pub min_leads: u32,
}

impl Default for Monitoring {
    fn default() -> Self {
        Self {
            window_days: 30,
            psi_watch: 0.10,
            psi_alert: 0.25,
            min_leads: 200,
        }
    }
}

/// How closely people look before anything leaves.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Oversight {
    /// A score no farther than this from the lower edge of a band is borderline, in parts per million.
    pub borderline_ppm: u32,
    /// The share of a run's proposals that are drawn at random, to be opened, within `[0, 1]`.
    pub sample: f64,
    /// The fewest that are drawn; all, where a run has fewer.
    pub sample_min: u32,
    /// Proposals that are shown once with a wrong band.
    pub controls: u32,
    /// The least time in which anybody reads an opened lead, in seconds.
    pub seconds: u32,
}

impl Default for Oversight {
    fn default() -> Self {
        Self {
            borderline_ppm: 20_000,
            sample: 0.05,
            sample_min: 10,
            controls: 3,
            seconds: 4,
        }
    }
}

/// Why a person decides otherwise than the model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// What `--reason` knows it by.
    pub id: Token,
    /// What the ledger knows it by, from 1.
    pub code: u16,
    /// How people read it.
    pub label: String,
}

/// Which pairs of features may interact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Pairs {
    /// None.
    Off,
    /// Up to 20, chosen by gain.
    Auto,
    /// These, by column name.
    Listed(Vec<(String, String)>),
}

/// Who gives the model its numbers.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Solver {
    /// Ours, on codes, certified by linfa-logistic.
    Newton,
    /// linfa-logistic, where the dense design fits.
    Linfa,
}

/// A named range of scores.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Band {
    /// What the ledger knows it by.
    pub id: Token,
    /// Scores from here on, in parts per million (the policy writes at most six decimals).
    pub from_ppm: u32,
    /// How people read it.
    pub label: String,
}

/// What becomes of copies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Backup {
    /// The recovery key of the data protection officer, `age1…`, its checksum checked.
    pub recovery: Option<String>,
    /// Days after which a key backup must be destroyed: until then it opens what was erased since.
    pub keep_keys_days: u32,
}

impl Policy {
    /// The purpose with this id.
    #[must_use]
    pub fn purpose(&self, id: &str) -> Option<&Purpose> {
        self.purposes
            .iter()
            .find(|purpose| purpose.id.as_str() == id)
    }

    /// The person with this id.
    #[must_use]
    pub fn person(&self, id: &str) -> Option<&Person> {
        self.people.iter().find(|person| person.id.as_str() == id)
    }

    /// The reason with this id or code.
    #[must_use]
    pub fn reason(&self, asked: &str) -> Option<&Reason> {
        self.reasons
            .iter()
            .find(|reason| reason.id.as_str() == asked || reason.code.to_string() == asked)
    }

    /// The tool with this id.
    #[must_use]
    pub fn tool(&self, id: &str) -> Option<&Tool> {
        self.tools.iter().find(|tool| tool.id.as_str() == id)
    }

    /// The column that says whether a person wants to be reached by this channel.
    #[must_use]
    pub fn preference(&self, channel: Channel) -> Option<&Column> {
        let role = Use::Preference(channel);
        self.columns.iter().find(|column| column.role == role)
    }

    /// The declared column with this header.
    #[must_use]
    pub fn column(&self, header: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == header)
    }

    /// What people call a column: its label, or the header itself.
    #[must_use]
    pub fn label<'a>(&'a self, header: &'a str) -> &'a str {
        self.column(header).map_or(header, Column::label)
    }

    /// The outcome's words for won and for lost, where the policy declares an outcome.
    #[must_use]
    pub fn outcome(&self) -> Option<(&[String], &[String])> {
        self.columns.iter().find_map(|column| match &column.role {
            Use::Outcome { positive, negative } => Some((&positive[..], &negative[..])),
            _ => None,
        })
    }

    /// The declared features, in the policy's order.
    pub fn features(&self) -> impl Iterator<Item = &Column> {
        self.columns
            .iter()
            .filter(|column| column.role == Use::Feature)
    }

    /// The identifier's column and type; `None` as column for `identifier = "row"`.
    #[must_use]
    pub fn identifier(&self) -> (Option<&Column>, IdType) {
        self.columns
            .iter()
            .find_map(|column| match column.role {
                Use::Identifier(id_type) => Some((Some(column), id_type)),
                _ => None,
            })
            .unwrap_or((None, IdType::Row))
    }

    /// The position of the highest band whose `from` is at most `ppm`.
    #[must_use]
    pub fn band(&self, ppm: u32) -> usize {
        self.bands
            .partition_point(|band| band.from_ppm <= ppm)
            .saturating_sub(1)
    }
}
