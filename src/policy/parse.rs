//! From the text of `probant.toml` to a policy that holds together, or to everything that is wrong with it.

use std::collections::HashSet;

use chrono_tz::Tz;

use super::abstention::abstention;
use super::backup::backup;
use super::bands::bands;
use super::columns::columns;
use super::dialect::dialect;
use super::error::Error;
use super::findings::{Findings, Placed};
use super::lawful::{assessment, constants, law};
use super::monitoring::monitoring;
use super::oversight::{oversight, reasons};
use super::profiling::profiling;
use super::rights::rights;
use super::source::{Section, chosen, meant};
use super::tools::{caps, tools};
use super::training::training;
use super::{Basis, Channel, Controller, Person, Policy, Purpose, Role, Tolerance};
use crate::digest::Digest;
use crate::lang::Lang;
use crate::name::{Token, nearest};

/// The version of the file's shape that this program reads.
pub(super) const VERSION: u64 = 1;
const MOST_DAYS: u64 = 36_500;

pub(super) const FILE: [&str; 19] = [
    "version",
    "controller",
    "people",
    "rights",
    "purposes",
    "law",
    "facts",
    "data",
    "columns",
    "training",
    "profiling",
    "monitoring",
    "abstention",
    "oversight",
    "reasons",
    "bands",
    "tools",
    "caps",
    "backup",
];
pub(super) const CONTROLLER: [&str; 4] = ["name", "dpo", "time_zone", "language"];
pub(super) const PERSON: [&str; 5] = ["id", "name", "roles", "key", "trained_until"];
pub(super) const PURPOSE: [&str; 7] = [
    "id",
    "description",
    "basis",
    "channel",
    "document",
    "assessment",
    "retention_days",
];
pub(super) const LANGUAGES: [(&str, Lang); 2] = [("fr", Lang::Fr), ("en", Lang::En)];
pub(super) const ROLES: [(&str, Role); 5] = [
    ("operator", Role::Operator),
    ("data-scientist", Role::DataScientist),
    ("reviewer", Role::Reviewer),
    ("dpo", Role::Dpo),
    ("auditor", Role::Auditor),
];
pub(super) const CHANNELS: [(&str, Channel); 4] = [
    ("email", Channel::Email),
    ("sms", Channel::Sms),
    ("phone", Channel::Phone),
    ("post", Channel::Post),
];
pub(super) const BASES: [(&str, Basis); 4] = [
    ("consent", Basis::Consent),
    ("contract", Basis::Contract),
    ("legal-obligation", Basis::LegalObligation),
    ("legitimate-interest", Basis::LegitimateInterest),
];

/// Reads a policy, or tells everything that is wrong with it, each thing with its line and column.
///
/// The text is `probant.toml` as it stands on the disk; its digest is taken of these very bytes.
pub fn parse(text: &str) -> Result<Policy, Error> {
    let (mut findings, root) = Findings::read(text);
    let policy = policy(root, Digest::of(text.as_bytes()), &mut findings);
    findings.settle(policy)
}

/// Reads every part before it gives up on any, so that all findings come at once.
fn policy(mut root: Section<'_>, digest: Digest, findings: &mut Findings<'_>) -> Option<Policy> {
    root.only(&FILE, findings);
    root.needs("version", findings);
    root.whole("version", VERSION..=VERSION, findings);
    let controller = section(&mut root, "controller", findings).map(|it| controller(it, findings));
    let people = people(&mut root, findings);
    let rights = rights(&mut root, findings);
    let purposes = purposes(&mut root, findings);
    let law = law(&mut root, findings);
    let facts = root.section("facts", findings);
    let mut data = section(&mut root, "data", findings);
    let dialect = data.as_mut().map(|it| dialect(it, findings));
    let max_failed = data
        .as_ref()
        .and_then(|it| it.share("max_failed", findings))
        .unwrap_or(0.01);
    let missing = dialect
        .as_ref()
        .and_then(Option::as_ref)
        .map_or(&[][..], |dialect| &dialect.missing);
    let columns = section(&mut root, "columns", findings)
        .map(|it| columns(it, data.as_ref(), missing, findings));
    let facts = facts.map(|it| constants(it, columns.as_deref().unwrap_or_default(), findings));
    let training = training(&mut root, columns.as_deref(), findings);
    let profiling = profiling(&mut root, findings);
    let monitoring = monitoring(&mut root, findings);
    let oversight = oversight(&mut root, findings);
    let lang = controller
        .as_ref()
        .and_then(Option::as_ref)
        .map_or(Lang::Fr, |it| it.language);
    let reasons = reasons(&mut root, lang, findings);
    let bands = bands(&mut root, findings);
    let abstention = abstention(&mut root, &bands, findings);
    let tools = tools(&mut root, columns.as_deref(), findings);
    let caps = caps(&mut root, findings);
    let backup = backup(&mut root, findings);
    Some(Policy {
        digest,
        controller: controller??,
        people,
        rights,
        purposes,
        law,
        facts: facts.unwrap_or_default(),
        dialect: dialect??,
        tolerance: Tolerance { max_failed },
        columns: columns?,
        training,
        profiling,
        monitoring,
        abstention,
        oversight,
        reasons,
        bands,
        tools,
        caps,
        backup,
    })
}

fn section<'d>(
    root: &mut Section<'d>,
    key: &str,
    findings: &mut Findings<'_>,
) -> Option<Section<'d>> {
    if root.lacks(key) {
        findings.lack(0..0, format!("the table `[{key}]` is missing"), None);
    }
    root.section(key, findings)
}

fn controller(mut section: Section<'_>, findings: &mut Findings<'_>) -> Option<Controller> {
    section.only(&CONTROLLER, findings);
    let name = section.needed("name", findings);
    let dpo = section.needed("dpo", findings);
    let time_zone = match section.text("time_zone", findings) {
        None => Some(Tz::Europe__Paris),
        Some(typed) => zone(&typed, findings),
    };
    let language = section
        .choice("language", &LANGUAGES, findings)
        .unwrap_or(Lang::Fr);
    Some(Controller {
        name: name?.into_inner(),
        dpo: dpo?.into_inner(),
        time_zone: time_zone?,
        language,
    })
}

fn zone(typed: &Placed<String>, findings: &mut Findings<'_>) -> Option<Tz> {
    let zone = typed.get_ref().parse().ok();
    if zone.is_none() {
        let hint = nearest(
            typed.get_ref(),
            chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name()),
        )
        .map_or_else(
            || "write an IANA name such as `Europe/Paris`".to_owned(),
            |near| format!("did you mean `{near}`?"),
        );
        findings.note(
            typed.span(),
            format!("`{}` is no time zone", typed.get_ref()),
            Some(hint),
        );
    }
    zone
}

/// An id that may stand in the ledger, and that no earlier one of its kind has taken.
pub(super) fn id(
    section: &Section<'_>,
    taken: &mut HashSet<Token>,
    findings: &mut Findings<'_>,
) -> Option<Token> {
    let typed = section.needed("id", findings)?;
    let Ok(id) = typed.get_ref().parse::<Token>() else {
        let hint = "1 to 64 of `a-z`, `0-9`, `-`, `_` and `.`, starting with a letter or a digit";
        findings.note(
            typed.span(),
            format!("`{}` cannot be an id", typed.get_ref()),
            Some(hint.into()),
        );
        return None;
    };
    if !taken.insert(id.clone()) {
        findings.note(
            typed.span(),
            format!("the id `{id}` is taken{}", section.within()),
            None,
        );
    }
    Some(id)
}

fn people(root: &mut Section<'_>, findings: &mut Findings<'_>) -> Vec<Person> {
    let mut taken = HashSet::new();
    let mut people = Vec::new();
    for mut section in root.sections("people", findings) {
        section.only(&PERSON, findings);
        let id = id(&section, &mut taken, findings);
        let name = section.needed("name", findings);
        section.needs("roles", findings);
        let typed = section.texts("roles", findings);
        if let (Some([]), Some(at)) = (typed.as_deref(), section.at_key("roles")) {
            findings.note(
                at,
                "`roles` is empty",
                Some(meant("", &ROLES.map(|(name, _)| name), "it may hold")),
            );
        }
        let typed = typed.unwrap_or_default();
        let roles = typed
            .iter()
            .filter_map(|role| chosen("roles", role, &ROLES, findings))
            .collect();
        let key = section.text("key", findings);
        if let (Some(id), Some(key)) = (&id, &key)
            && !is_key_of(key.get_ref(), id.as_str())
        {
            findings.note(
                key.span(),
                format!("`key` is no signature key of `{id}`"),
                Some(format!(
                    "copy the line that `probant keys person {id} --out FILE` printed"
                )),
            );
        }
        let trained_until = section.date("trained_until", findings);
        if let (Some(id), Some(name)) = (id, name) {
            people.push(Person {
                id,
                name: name.into_inner(),
                roles,
                key: key.map(Placed::into_inner),
                trained_until,
            });
        }
    }
    people
}

/// Whether `text` has the shape of a signature key of the person `id`: `id+hash+base64`.
fn is_key_of(text: &str, id: &str) -> bool {
    let rest = text
        .strip_prefix(id)
        .and_then(|rest| rest.strip_prefix('+'));
    rest.and_then(|rest| rest.split_once('+'))
        .is_some_and(|(hash, key)| {
            hash.len() == 8 && hash.bytes().all(|it| it.is_ascii_hexdigit()) && key.len() == 44
        })
}

fn purposes(root: &mut Section<'_>, findings: &mut Findings<'_>) -> Vec<Purpose> {
    if root.lacks("purposes") {
        findings.lack(
            0..0,
            "no purpose is declared",
            Some("add `[[purposes]]`: nothing is scored without one".into()),
        );
    }
    let mut taken = HashSet::new();
    let mut purposes = Vec::new();
    for mut section in root.sections("purposes", findings) {
        section.only(&PURPOSE, findings);
        let id = id(&section, &mut taken, findings);
        let description = section.needed("description", findings);
        section.needs("basis", findings);
        let bases = bases(&section, findings);
        let channel = section.choice("channel", &CHANNELS, findings);
        let document = section.text("document", findings).map(Placed::into_inner);
        let assessment = assessment(&section, &bases, findings);
        section.needs("retention_days", findings);
        let days = section.whole("retention_days", 1..=MOST_DAYS, findings);
        if let (Some(id), Some(description), Some(&basis), Some(days)) =
            (id, description, bases.first(), days)
        {
            let description = description.into_inner();
            purposes.push(Purpose {
                id,
                description,
                basis,
                bases,
                channel,
                document,
                assessment,
                retention_days: days as u32,
            });
        }
    }
    purposes
}

/// One basis, or a list of them in the order of preference.
fn bases(section: &Section<'_>, findings: &mut Findings<'_>) -> Vec<Basis> {
    let is_list = section
        .value("basis")
        .is_some_and(|value| value.get_ref().is_array());
    if !is_list {
        return section
            .choice("basis", &BASES, findings)
            .into_iter()
            .collect();
    }
    let typed = section.texts("basis", findings);
    if let (Some([]), Some(at)) = (typed.as_deref(), section.at_key("basis")) {
        findings.note(
            at,
            "`basis` is empty",
            Some("nothing is scored without a legal basis".into()),
        );
    }
    let typed = typed.iter().flatten();
    typed
        .filter_map(|one| chosen("basis", one, &BASES, findings))
        .collect()
}
