//! The JSON Schema of `probant.toml`, for editors and for whoever generates one.
//!
//! It says the shape, key by key; the rules between keys are [`super::parse()`]'s
//! to hold. A test keeps the keys of both the same.

use std::collections::BTreeMap;

use schemars::JsonSchema;

use super::{
    Audience, Basis, Channel, ConsentPart, DateOrder, Encoding, FactKind, Format, Kind, Right,
    Role, Solver, Thousands,
};
use crate::lang::Lang;

/// The JSON Schema (draft 2020-12) of `probant.toml`, pretty-printed, with one LF at the end.
#[must_use]
pub fn schema() -> String {
    let schema = schemars::schema_for!(File);
    let text = serde_json::to_string_pretty(&schema).expect("a schema is made of JSON values only");
    format!("{text}\n")
}

/// The policy of a Probant workspace: who scores leads, why, with which data, and how. Every decision of
/// the program follows from this file, and the ledger names it by its SHA-256.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, title = "probant.toml")]
#[expect(dead_code, reason = "only its shape is used")]
struct File {
    /// The version of this file's shape.
    #[schemars(range(min = 1, max = 1))]
    version: u64,
    /// Who answers for the processing.
    controller: Controller,
    /// The people who may act. Only their `id` ever enters the ledger.
    #[schemars(default)]
    people: Vec<Person>,
    /// What each role may do; a role that is not here has its usual rights (`probant policy check` prints them).
    rights: Option<Rights>,
    /// Why leads are scored, and on what legal basis.
    #[schemars(length(min = 1))]
    purposes: Vec<Purpose>,
    /// Which law rules who may be scored; without it every lead is taken on the basis that its purpose declares.
    law: Option<Law>,
    /// Facts that are alike for all leads of the exports; never what a column tells as well.
    facts: Option<Facts>,
    /// How the exports are written. Nothing is guessed when a file is scored.
    data: Data,
    /// The columns that may be read, by header; a column that is not here is never read.
    columns: BTreeMap<String, Column>,
    /// How a model is fitted; every key has a default.
    training: Option<Training>,
    /// How far features may single people out; without it that is shown, and nothing refused.
    profiling: Option<Profiling>,
    /// When a model is said to have drifted; every key has a default.
    monitoring: Option<Monitoring>,
    /// When the machine abstains, and a person judges: leads of the band `review`. Every key has a default; without it those hold.
    abstention: Option<Abstention>,
    /// How closely people look before anything leaves; every key has a default.
    oversight: Option<Oversight>,
    /// Why a person may decide otherwise than the model. Default: a list of usual reasons.
    reasons: Option<Vec<Reason>>,
    /// Named ranges of scores, ascending, the first from 0.
    #[schemars(length(min = 1, max = 32))]
    bands: Vec<Band>,
    /// The tools that may receive leads: what each is, who looked at it, and what it may receive.
    #[schemars(default)]
    tools: Vec<Tool>,
    /// How often a person may be reached with promotion.
    #[schemars(default)]
    caps: Vec<Cap>,
    /// To whom key backups are sealed, and how long they are kept.
    backup: Option<Backup>,
}

/// The company that decides why and how leads are scored (GDPR art. 4(7)).
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only its shape is used")]
struct Controller {
    /// Its name, as letters show it.
    #[schemars(length(min = 1))]
    name: String,
    /// Where the data protection officer is reached.
    #[schemars(length(min = 1))]
    dpo: String,
    /// The zone in which legal dates are civil dates, by its IANA name. Default: `Europe/Paris`.
    time_zone: Option<String>,
    /// The language that people read unless they ask for the other. Default: `fr`.
    language: Option<Lang>,
}

/// A named person.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only its shape is used")]
struct Person {
    /// What the ledger and `--as` know this person by.
    #[schemars(regex(pattern = "^[a-z0-9][a-z0-9._-]{0,63}$"))]
    id: String,
    /// As letters and reports show it; never in the ledger.
    #[schemars(length(min = 1))]
    name: String,
    /// What this person may do.
    #[schemars(length(min = 1))]
    roles: Vec<Role>,
    /// What checks this person's signatures, as `probant keys person` printed it; whoever reviews needs one.
    #[schemars(length(min = 1))]
    key: Option<String>,
    /// Until when this person's training counts (`2027-03-31`); after it, nothing is reviewed by them.
    #[schemars(regex(pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"))]
    trained_until: Option<String>,
}

/// Who may do what: a role that stands here has these rights, and no others.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, rename_all = "kebab-case")]
#[expect(dead_code, reason = "only its shape is used")]
struct Rights {
    /// Whoever runs the nightly scoring.
    operator: Option<Vec<Right>>,
    /// Whoever trains models.
    data_scientist: Option<Vec<Right>>,
    /// Whoever decides of proposals.
    reviewer: Option<Vec<Right>>,
    /// Whoever answers requests.
    dpo: Option<Vec<Right>>,
    /// Whoever verifies.
    auditor: Option<Vec<Right>>,
}

/// Why leads are scored.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only its shape is used")]
struct Purpose {
    /// What the ledger, `--purpose` and the pseudonym key know it by.
    #[schemars(regex(pattern = "^[a-z0-9][a-z0-9._-]{0,63}$"))]
    id: String,
    /// One sentence that the person scored could read.
    #[schemars(length(min = 1))]
    description: String,
    /// The legal basis (GDPR art. 6(1)), or several: a law pack says which one holds for whom.
    basis: Bases,
    /// How the people are to be reached; law packs may ask for it.
    channel: Option<Channel>,
    /// The reference of a document that supports the basis: an assessment, a consent's wording.
    document: Option<String>,
    /// The assessment that a legitimate interest rests on: a TOML file of the workspace, signed with `probant law sign`.
    #[schemars(length(min = 1))]
    assessment: Option<String>,
    /// How long a prediction is kept, in days from its run.
    #[schemars(range(min = 1, max = 36500))]
    retention_days: u64,
}

/// Which law rules.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only its shape is used")]
struct Law {
    /// The id of a law pack; `probant law show` lists them.
    #[schemars(length(min = 1))]
    pack: String,
}

/// Facts that are alike for all leads.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, rename_all = "kebab-case")]
#[expect(dead_code, reason = "only its shape is used")]
struct Facts {
    /// Professionals only, or consumers only.
    audience: Option<Audience>,
    /// They have objected, or have not.
    objection: Option<bool>,
    /// The day of the last contact that came from them.
    #[schemars(regex(pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"))]
    last_contact: Option<String>,
    /// The day of collection.
    #[schemars(regex(pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"))]
    collected: Option<String>,
    /// They are customers.
    customer: Option<bool>,
    /// They were informed at collection.
    informed: Option<bool>,
    /// The offer is related to their job.
    job_related: Option<bool>,
    /// Their addresses are companies', not persons'.
    generic_address: Option<bool>,
    /// A contract is in progress, to whose object the offer is related.
    contract: Option<bool>,
    /// The offer is similar to what they bought.
    similar_products: Option<bool>,
    /// A free way to opt out was offered, and is in each message.
    opt_out_offered: Option<bool>,
    /// They stand on the list of those who want no calls.
    bloctel: Option<bool>,
}

/// One legal basis, or a list of them.
#[derive(JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "only its shape is used")]
enum Bases {
    One(Basis),
    Several(#[schemars(length(min = 1))] Vec<Basis>),
}

/// How the exports are written.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only its shape is used")]
struct Data {
    /// CSV or Parquet.
    format: Format,
    /// What separates the cells of a CSV line; needed for CSV.
    separator: Option<Separator>,
    /// How bytes become text; needed for CSV.
    encoding: Option<Encoding>,
    /// The decimal mark; needed for CSV. Default: `.`
    decimal: Option<Decimal>,
    /// What sets groups of three digits apart; never the decimal mark. Default: `none`.
    thousands: Option<Thousands>,
    /// The order of a written date. Default: `yyyy-mm-dd`.
    dates: Option<DateOrder>,
    /// Texts that mean "not known", besides the empty cell.
    #[schemars(inner(length(min = 1)))]
    missing: Option<Vec<String>>,
    /// Texts that mean yes, whatever their case. Default: oui, yes, true, vrai, 1, o, y.
    #[schemars(inner(length(min = 1)))]
    yes: Option<Vec<String>>,
    /// Texts that mean no, whatever their case. Default: non, no, false, faux, 0, n.
    #[schemars(inner(length(min = 1)))]
    no: Option<Vec<String>>,
    /// The share of rows that may fail before the whole run is refused. Default: 0.01.
    #[schemars(range(min = 0, max = 1))]
    max_failed: Option<f64>,
    /// `row` when the files have no identifier: a lead is then known by its row number.
    identifier: Option<Rows>,
}

/// What separates the cells of a CSV line.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its shape is used")]
enum Separator {
    #[schemars(rename = ",")]
    Comma,
    #[schemars(rename = ";")]
    Semicolon,
    #[schemars(rename = "tab")]
    Tab,
    #[schemars(rename = "\t")]
    TabItself,
    #[schemars(rename = "|")]
    Bar,
}

/// The decimal mark.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its shape is used")]
enum Decimal {
    #[schemars(rename = ".")]
    Point,
    #[schemars(rename = ",")]
    Comma,
}

/// The row number as identifier.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its shape is used")]
#[schemars(rename_all = "lowercase")]
enum Rows {
    Row,
}

/// One declared column.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only its shape is used")]
struct Column {
    /// How its values are read.
    kind: Kind,
    /// What it is for. One column is the identifier (or `identifier = "row"`), at most one the outcome, at most one the date.
    role: Use,
    /// For the identifier: how its text is normalised before it is hashed. Default: `crm-id`.
    id_type: Option<IdType>,
    /// Why it is needed, in a sentence that the person scored could read; a feature must have one.
    #[schemars(length(min = 1))]
    why: Option<String>,
    /// Where the value comes from; a feature must have one.
    #[schemars(length(min = 1))]
    origin: Option<String>,
    /// How people read it in explanations. Default: the header.
    #[schemars(length(min = 1))]
    label: Option<String>,
    /// For a feature that looks like an identity: why it is none. Recorded.
    #[schemars(length(min = 1))]
    not_identity: Option<String>,
    /// For a feature that looks like a calendar in disguise: keep it all the same. Default: false.
    keep_calendar: Option<bool>,
    /// For a preference: the channel that it is about.
    channel: Option<Channel>,
    /// For the outcome: the values of a won lead.
    #[schemars(length(min = 1))]
    positive: Option<Vec<String>>,
    /// For the outcome: the values of a lost lead; any other value is an open lead, left out of training.
    #[schemars(length(min = 1))]
    negative: Option<Vec<String>>,
    /// For the audience: the words of a professional, whatever their case. Default: b2b.
    #[schemars(length(min = 1))]
    b2b: Option<Vec<String>>,
    /// For the audience: the words of a consumer, whatever their case. Default: b2c.
    #[schemars(length(min = 1))]
    b2c: Option<Vec<String>>,
    /// For a consent: which part of the proof it tells; all six or none are declared.
    part: Option<ConsentPart>,
    /// For a fact: which.
    fact: Option<FactKind>,
}

/// What a column is for.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its shape is used")]
#[schemars(rename_all = "lowercase")]
enum Use {
    /// Names the lead in the CRM; replaced by a pseudonym as soon as it is read.
    Identifier,
    /// Name, e-mail, phone …: never read by the scorer.
    Identity,
    /// Read, encoded and scored; never free text nor a date.
    Feature,
    /// What became of the lead.
    Outcome,
    /// A part of the proof of consent.
    Consent,
    /// B2B or B2C.
    Audience,
    /// A fact that law packs ask for; never a feature.
    Fact,
    /// Whether the person wants to be reached by a channel: yes, no, or nothing where nobody asked.
    Preference,
    /// When the lead was created: orders the holdout.
    Date,
    /// For fairness side files only.
    Audit,
    /// Declared, and not read.
    Ignore,
}

/// What kind of identifier a column holds.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its shape is used")]
#[schemars(rename_all = "kebab-case")]
enum IdType {
    /// Trimmed, case kept.
    CrmId,
    /// Trimmed, lower-cased, domain to A-labels.
    Email,
    /// International form; a number without its country is French.
    Phone,
}

/// How a model is fitted.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only its shape is used")]
struct Training {
    /// Seeds folds, bootstrap and the certificate's sample. Default: 1.
    #[schemars(range(min = 0, max = 9_223_372_036_854_775_807_u64))]
    seed: Option<u64>,
    /// No bin, level or chart figure stands for fewer people than this. Default: 20.
    #[schemars(range(min = 5, max = 1_000_000))]
    min_people: Option<u64>,
    /// Bins of a number. Default: 32.
    #[schemars(range(min = 2, max = 32))]
    max_bins: Option<u64>,
    /// Pairs of features that may interact. Default: `auto`.
    pairs: Option<Pairs>,
    /// Who gives the model its numbers. Default: `newton`.
    solver: Option<Solver>,
    /// Prefer the strongest smoothing within one standard error of the best. Default: false.
    one_standard_error: Option<bool>,
    /// The rows are in the order of time although there is no date column. Default: false.
    rows_in_time_order: Option<bool>,
    /// A candidate whose expected calibration error exceeds this cannot be promoted. Default: 0.05.
    #[schemars(range(min = 0, max = 1))]
    max_calibration_error: Option<f64>,
    /// Memory for the certificate's dense design, in MiB. Default: 256.
    #[schemars(range(min = 1, max = 65536))]
    certificate_mib: Option<u64>,
}

/// How far features may single people out, and what each must bring to be kept.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only its shape is used")]
struct Profiling {
    /// The share of people who may stand alone in their cell (nobody else has the same codes); a training above it is refused. Default: no limit.
    #[schemars(range(min = 0, max = 1))]
    max_alone: Option<f64>,
    /// A feature that adds less to the area under the ROC curve than this is listed for removal. Default: 0.0005.
    #[schemars(range(min = 0, max = 1))]
    min_gain: Option<f64>,
}

/// When a model is said to have drifted (`probant monitor`).
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only its shape is used")]
struct Monitoring {
    /// Days that are looked at, where nobody says which. Default: 30.
    #[schemars(range(min = 1, max = 3660))]
    window_days: Option<u64>,
    /// A population stability index from here on is watched. Default: 0.10.
    #[schemars(range(min = 0, max = 1))]
    psi_watch: Option<f64>,
    /// From here on it alerts, and a training is proposed; at least `psi_watch`. Default: 0.25.
    #[schemars(range(min = 0, max = 1))]
    psi_alert: Option<f64>,
    /// Under so many leads nothing is judged. Default: 200.
    #[schemars(range(min = 1, max = 1_000_000))]
    min_leads: Option<u64>,
}

/// When the machine abstains, and a person judges.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only its shape is used")]
struct Abstention {
    /// A lead that lacks more than this share of the features is set apart. Default: 0.5.
    #[schemars(range(min = 0, max = 1))]
    missing: Option<f64>,
    /// In which features a level that was never seen, or too rarely, sets a lead apart. Default: important.
    unseen: Option<super::Watched>,
    /// In which features a number out of the training range sets a lead apart. Default: any.
    beyond: Option<super::Watched>,
    /// A feature is important whose table spans at least this share of what the widest one spans. Default: 0.25.
    #[schemars(range(min = 0, max = 1))]
    important: Option<f64>,
}

/// How closely people look before anything leaves.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only its shape is used")]
struct Oversight {
    /// A score no farther than this from the lower edge of a band is borderline, and opened before a run is signed off. Default: 0.02.
    #[schemars(range(min = 0, max = 1))]
    borderline: Option<f64>,
    /// The share of a run's proposals that are drawn at random, to be opened. Default: 0.05.
    #[schemars(range(min = 0, max = 1))]
    sample: Option<f64>,
    /// The fewest that are drawn. Default: 10.
    #[schemars(range(min = 0, max = 1_000_000))]
    sample_min: Option<u64>,
    /// Proposals that are shown once with a wrong band, to see whether anybody looks. Default: 3.
    #[schemars(range(min = 0, max = 100))]
    controls: Option<u64>,
    /// The least time in which anybody reads an opened lead, in seconds. Default: 4.
    #[schemars(range(min = 0, max = 3600))]
    seconds: Option<u64>,
}

/// Why a person decides otherwise than the model.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only its shape is used")]
struct Reason {
    /// What `--reason` knows it by.
    #[schemars(regex(pattern = "^[a-z0-9][a-z0-9._-]{0,63}$"))]
    id: String,
    /// What the ledger knows it by; never given to another reason.
    #[schemars(range(min = 1, max = 65534))]
    code: u64,
    /// How people read it.
    #[schemars(length(min = 1))]
    label: String,
}

/// Pairs of features that may interact.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its shape is used")]
#[schemars(untagged)]
enum Pairs {
    /// All or none.
    Word(PairsWord),
    /// At most 20, each two features by header.
    Listed(#[schemars(length(max = 20))] Vec<[String; 2]>),
}

/// `auto` or `off`.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its shape is used")]
#[schemars(rename_all = "lowercase")]
enum PairsWord {
    /// Up to 20, chosen by gain.
    Auto,
    /// None.
    Off,
}

/// A named range of scores.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only its shape is used")]
struct Band {
    /// What the ledger knows it by.
    #[schemars(regex(pattern = "^[a-z0-9][a-z0-9._-]{0,63}$"))]
    id: String,
    /// Scores from here on; at most six decimals.
    #[schemars(range(min = 0, max = 1))]
    from: f64,
    /// How people read it.
    #[schemars(length(min = 1))]
    label: String,
}

/// A tool that leads may be handed to.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only its shape is used")]
struct Tool {
    /// What the ledger and `--to` know it by.
    #[schemars(regex(pattern = "^[a-z0-9][a-z0-9._-]{0,39}$"))]
    id: String,
    /// As people know it.
    #[schemars(length(min = 1))]
    name: String,
    /// How it reaches people.
    channel: Channel,
    /// When somebody looked at it (`2026-03-31`); without an audit nothing goes there.
    #[schemars(regex(pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"))]
    audited: Option<String>,
    /// What the audit showed: a certificate, a report.
    #[schemars(length(min = 1))]
    certificate: Option<String>,
    /// What it was looked at for.
    #[schemars(length(min = 1))]
    scope: Option<String>,
    /// The last day on which the audit counts.
    #[schemars(regex(pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"))]
    expires: Option<String>,
    /// What it may receive: headers of declared columns, the identifier among them, and the words `band`, `score`, `decision`.
    #[schemars(length(min = 1))]
    columns: Vec<String>,
}

/// At most so many promotional messages per person, channel and days.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only its shape is used")]
struct Cap {
    /// The channel.
    channel: Channel,
    /// The length of the window in days, today included.
    #[schemars(range(min = 1, max = 3650))]
    days: u64,
    /// How many.
    #[schemars(range(min = 1, max = 10000))]
    most: u64,
}

/// What becomes of copies.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only its shape is used")]
struct Backup {
    /// The recovery key of the data protection officer, as `probant keys recovery` printed it; without one, nothing is backed up.
    #[schemars(regex(pattern = "^age1[02-9ac-hj-np-z]{58}$"))]
    recovery: Option<String>,
    /// Days after which a key backup must be destroyed: until then it opens what was erased since. Default: 30.
    #[schemars(range(min = 1, max = 3650))]
    keep_keys_days: Option<u64>,
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::super::{
        abstention, backup, bands, columns, dialect, lawful, monitoring, oversight, parse,
        profiling, rights, tools, training,
    };
    use super::*;

    fn set<'a>(names: impl IntoIterator<Item = &'a str>) -> BTreeSet<String> {
        names.into_iter().map(str::to_owned).collect()
    }

    /// The keys of an object schema, or the words of an enum one.
    fn names(schema: &Value) -> BTreeSet<String> {
        if let Some(properties) = schema["properties"].as_object() {
            return properties.keys().cloned().collect();
        }
        let words = schema["enum"].as_array().into_iter().flatten();
        let each = schema["oneOf"].as_array().into_iter().flatten();
        let each = each.flat_map(|one| {
            one["enum"]
                .as_array()
                .into_iter()
                .flatten()
                .chain(one.get("const"))
        });
        words
            .chain(each)
            .filter_map(|word| word.as_str().map(str::to_owned))
            .collect()
    }

    #[test]
    fn the_schema_and_the_parser_know_the_same_keys_and_words() {
        let schema: Value = serde_json::from_str(&schema()).unwrap();
        assert_eq!(
            schema["$schema"],
            "https://json-schema.org/draft/2020-12/schema"
        );
        assert_eq!(names(&schema), set(parse::FILE));
        let defs = [
            ("Controller", set(parse::CONTROLLER)),
            ("Person", set(parse::PERSON)),
            ("Purpose", set(parse::PURPOSE)),
            ("Channel", set(parse::CHANNELS.map(|(word, _)| word))),
            ("Law", set(lawful::LAW)),
            ("Facts", set(lawful::facts())),
            ("Audience", set(lawful::AUDIENCES.map(|(word, _)| word))),
            ("ConsentPart", set(columns::PARTS.map(|(word, _)| word))),
            ("FactKind", set(columns::FACTS.map(|(word, _)| word))),
            ("Data", set(dialect::DATA)),
            ("Training", set(training::TRAINING)),
            ("Monitoring", set(monitoring::MONITORING)),
            ("Oversight", set(oversight::OVERSIGHT)),
            ("Reason", set(oversight::REASON)),
            ("Profiling", set(profiling::PROFILING)),
            ("Abstention", set(abstention::ABSTENTION)),
            ("Watched", set(abstention::SCOPES.map(|(name, _)| name))),
            ("Band", set(bands::BAND)),
            ("Tool", set(tools::TOOL)),
            ("Cap", set(tools::CAP)),
            ("Backup", set(backup::BACKUP)),
            ("Column", set(columns::COLUMN)),
            ("Kind", set(columns::KINDS.map(|(name, _)| name))),
            ("Use", set(columns::USES.map(|(name, _)| name))),
            ("IdType", set(columns::ID_TYPES.map(|(name, _)| name))),
            ("Lang", set(parse::LANGUAGES.map(|(name, _)| name))),
            ("Role", set(parse::ROLES.map(|(name, _)| name))),
            ("Rights", set(parse::ROLES.map(|(name, _)| name))),
            ("Right", set(rights::TABLE.map(|(name, ..)| name))),
            ("Basis", set(parse::BASES.map(|(name, _)| name))),
            ("Format", set(dialect::FORMATS.map(|(name, _)| name))),
            ("Separator", set(dialect::SEPARATORS.map(|(name, _)| name))),
            ("Encoding", set(dialect::ENCODINGS.map(|(name, _)| name))),
            ("Decimal", set(dialect::DECIMALS.map(|(name, _)| name))),
            ("Thousands", set(dialect::THOUSANDS.map(|(name, _)| name))),
            ("DateOrder", set(dialect::DATES.map(|(name, _)| name))),
            ("Solver", set(training::SOLVERS.map(|(name, _)| name))),
        ];
        for (def, known) in defs {
            assert_eq!(names(&schema["$defs"][def]), known, "{def}");
        }
    }
}
