//! The declared columns of a policy: what each is for, and whether its kind can serve that.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use super::findings::{Findings, Placed};
use super::parse::CHANNELS;
use super::source::Section;
use super::{Column, ConsentPart, FactKind, IdType, Kind, Use, Words};
use crate::name::tidy;

pub(super) const COLUMN: [&str; 15] = [
    "kind",
    "role",
    "id_type",
    "why",
    "origin",
    "label",
    "not_identity",
    "keep_calendar",
    "channel",
    "positive",
    "negative",
    "b2b",
    "b2c",
    "part",
    "fact",
];

pub(super) const KINDS: [(&str, Kind); 5] = [
    ("number", Kind::Number),
    ("category", Kind::Category),
    ("flag", Kind::Flag),
    ("date", Kind::Date),
    ("text", Kind::Text),
];

pub(super) const ID_TYPES: [(&str, IdType); 3] = [
    ("crm-id", IdType::CrmId),
    ("email", IdType::Email),
    ("phone", IdType::Phone),
];

pub(super) const PARTS: [(&str, ConsentPart); 6] = [
    ("when", ConsentPart::When),
    ("wording", ConsentPart::Wording),
    ("source", ConsentPart::Source),
    ("act", ConsentPart::Act),
    ("scope", ConsentPart::Scope),
    ("withdrawn", ConsentPart::Withdrawn),
];

pub(super) const FACTS: [(&str, FactKind); 11] = [
    ("objection", FactKind::Objection),
    ("last-contact", FactKind::LastContact),
    ("collected", FactKind::Collected),
    ("customer", FactKind::Customer),
    ("informed", FactKind::Informed),
    ("job-related", FactKind::JobRelated),
    ("generic-address", FactKind::GenericAddress),
    ("contract", FactKind::Contract),
    ("similar-products", FactKind::SimilarProducts),
    ("opt-out-offered", FactKind::OptOutOffered),
    ("bloctel", FactKind::Bloctel),
];

/// A role as it is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Typed {
    Identifier,
    Identity,
    Feature,
    Outcome,
    Consent,
    Audience,
    Fact,
    Preference,
    Date,
    Audit,
    Ignore,
}

pub(super) const USES: [(&str, Typed); 11] = [
    ("identifier", Typed::Identifier),
    ("identity", Typed::Identity),
    ("feature", Typed::Feature),
    ("outcome", Typed::Outcome),
    ("consent", Typed::Consent),
    ("audience", Typed::Audience),
    ("fact", Typed::Fact),
    ("preference", Typed::Preference),
    ("date", Typed::Date),
    ("audit", Typed::Audit),
    ("ignore", Typed::Ignore),
];

/// The columns in the order of the file, with every rule between them.
pub(super) fn columns(
    section: Section<'_>,
    data: Option<&Section<'_>>,
    missing: &[String],
    findings: &mut Findings<'_>,
) -> Vec<Column> {
    let at = section.at.clone();
    let (mut columns, mut placed) = (Vec::new(), Vec::new());
    let mut names = HashSet::new();
    let mut once: HashMap<&str, String> = HashMap::new();
    let row = rows_identify(data, findings);
    if row {
        once.insert("identifier", "`identifier = \"row\"`".into());
    }
    let children = section.children(findings);
    if children.is_empty() {
        let hint = "add `[columns.\"Header\"]` for each column that may be read".to_owned();
        findings.lack(at.clone(), "no column is declared", Some(hint));
    }
    for (header, mut section) in children {
        let Some(name) = name(&header, &section, &mut names, findings) else {
            continue;
        };
        let Some((column, role)) = column(name, &header, &mut section, missing, findings) else {
            continue;
        };
        let role = USES
            .iter()
            .find(|(_, typed)| *typed == role)
            .map_or("", |(name, _)| name);
        told_once(&column, &header, &mut once, findings);
        if ["identifier", "outcome", "date"].contains(&role)
            && let Some(other) = once.insert(role, format!("`{}`", column.name))
        {
            let what = format!("the role `{role}` is taken by {other}");
            findings.note(
                header.span(),
                what,
                Some("give one of them the role `ignore` or `identity`".into()),
            );
        }
        if let Use::Preference(channel) = &column.role
            && columns
                .iter()
                .any(|other: &Column| other.role == column.role)
        {
            findings.note(
                header.span(),
                format!("two columns state the preference for `{}`", channel.token()),
                Some("give one of them the role `ignore`".into()),
            );
        }
        placed.push(header.span());
        columns.push(column);
    }
    proof(&columns, &placed, findings);
    if !once.contains_key("identifier") {
        let hint =
            "give one column the role `identifier`, or write `identifier = \"row\"` in `[data]`"
                .to_owned();
        findings.lack(at, "nothing identifies a lead", Some(hint));
    }
    columns
}

/// Notes a fact, a part of the proof of consent or an audience that another column tells already.
fn told_once(
    column: &Column,
    header: &Placed<String>,
    once: &mut HashMap<&str, String>,
    findings: &mut Findings<'_>,
) {
    let (key, what) = match &column.role {
        Use::Fact(fact) => (fact.token(), format!("the fact `{fact}`")),
        Use::Consent(Some(part)) => (part.token(), format!("the part `{part}` of the consent")),
        Use::Audience(words) if words.stated => ("audience", "the audience".to_owned()),
        _ => return,
    };
    if let Some(other) = once.insert(key, format!("`{}`", column.name)) {
        findings.note(
            header.span(),
            format!("{what} is told by {other} already"),
            Some("give one of them the role `ignore`".into()),
        );
    }
}

/// Notes a proof of consent that is declared without all of its parts.
fn proof(columns: &[Column], placed: &[Range<usize>], findings: &mut Findings<'_>) {
    let mut first = None;
    let mut told = Vec::new();
    for (column, at) in columns.iter().zip(placed) {
        if let Use::Consent(Some(part)) = column.role {
            first.get_or_insert(at);
            told.push(part);
        }
    }
    let lacking: Vec<String> = ConsentPart::ALL
        .iter()
        .filter(|part| !told.contains(part))
        .map(|part| format!("`{part}`"))
        .collect();
    if let (Some(at), false) = (first, lacking.is_empty()) {
        let hint = "a consent without all of its parts proves nothing: declare the others, or none and give the proofs \
                    with `--consents FILE`";
        findings.lack(
            at.clone(),
            format!("no column tells {} of the consent", lacking.join(", ")),
            Some(hint.into()),
        );
    }
}

fn rows_identify(data: Option<&Section<'_>>, findings: &mut Findings<'_>) -> bool {
    data.and_then(|data| data.choice("identifier", &[("row", ())], findings))
        .is_some()
}

/// The header, tidied; never twice.
fn name(
    header: &Placed<String>,
    section: &Section<'_>,
    names: &mut HashSet<String>,
    findings: &mut Findings<'_>,
) -> Option<String> {
    let known = COLUMN;
    if let Some(rest) = section.dotted(&known) {
        let whole = format!("{}.{rest}", header.get_ref());
        let hint = format!("quote a header that holds dots: `[columns.\"{whole}\"]`");
        findings.note(
            header.span(),
            format!("`{whole}` is read as a table in a table"),
            Some(hint),
        );
        return None;
    }
    let name = tidy(header.get_ref()).into_owned();
    if name.is_empty() {
        findings.note(
            header.span(),
            "a column without a header cannot be declared",
            None,
        );
        return None;
    }
    if !names.insert(name.clone()) {
        let hint = "headers are compared trimmed, with inner spaces collapsed".to_owned();
        findings.note(
            header.span(),
            format!("the column `{name}` is declared twice"),
            Some(hint),
        );
    }
    Some(name)
}

fn column(
    name: String,
    header: &Placed<String>,
    section: &mut Section<'_>,
    missing: &[String],
    findings: &mut Findings<'_>,
) -> Option<(Column, Typed)> {
    section.only(&COLUMN, findings);
    section.needs("kind", findings);
    let kind = section.choice("kind", &KINDS, findings);
    section.needs("role", findings);
    let role = section.choice("role", &USES, findings);
    let texts = ["why", "origin", "label", "not_identity"]
        .map(|key| section.text(key, findings).map(Placed::into_inner));
    let keep_calendar = section.flag("keep_calendar", findings).unwrap_or(false);
    let (kind, typed) = (kind?, role?);
    misplaced(typed, section, findings);
    fitting(kind, typed, section, findings);
    let role = match typed {
        Typed::Identifier => Use::Identifier(id_type(kind, section, findings)),
        Typed::Identity => Use::Identity,
        Typed::Feature => {
            for key in ["why", "origin"] {
                section.needs(key, findings);
            }
            Use::Feature
        }
        Typed::Outcome => outcome(header, section, missing, findings),
        Typed::Consent => Use::Consent(part(kind, section, findings)),
        Typed::Audience => Use::Audience(words(kind, section, findings)),
        Typed::Fact => Use::Fact(fact(kind, section, findings)?),
        Typed::Preference => preference(section, findings)?,
        Typed::Date => Use::Date,
        Typed::Audit => Use::Audit,
        Typed::Ignore => Use::Ignore,
    };
    let [why, origin, label, not_identity] = texts;
    Some((
        Column {
            name,
            kind,
            role,
            why,
            origin,
            label,
            not_identity,
            keep_calendar,
        },
        typed,
    ))
}

/// Notes keys that only another role has a use for.
fn misplaced(role: Typed, section: &Section<'_>, findings: &mut Findings<'_>) {
    let owners = [
        ("id_type", Typed::Identifier, "identifier"),
        ("positive", Typed::Outcome, "outcome"),
        ("negative", Typed::Outcome, "outcome"),
        ("b2b", Typed::Audience, "audience"),
        ("b2c", Typed::Audience, "audience"),
        ("part", Typed::Consent, "consent"),
        ("fact", Typed::Fact, "fact"),
        ("not_identity", Typed::Feature, "feature"),
        ("keep_calendar", Typed::Feature, "feature"),
        ("channel", Typed::Preference, "preference"),
    ];
    for (key, owner, name) in owners {
        if let Some(at) = section.at_key(key).filter(|_| role != owner) {
            findings.note(
                at,
                format!("`{key}` belongs to the role `{name}`{}", section.within()),
                None,
            );
        }
    }
}

/// Notes a kind that cannot serve its role.
fn fitting(kind: Kind, role: Typed, section: &Section<'_>, findings: &mut Findings<'_>) {
    let (what, hint) = match (role, kind) {
        (Typed::Feature, Kind::Text) => (
            "free text is never a feature",
            "declare `kind = \"category\"` if it is one of a few texts, or another role",
        ),
        (Typed::Feature, Kind::Date) => (
            "a date is never a feature",
            "declare a duration in days instead, such as the days since the first contact",
        ),
        (Typed::Outcome, Kind::Date) => (
            "an outcome is no date",
            "it may be `category`, `flag`, `number` or `text`",
        ),
        (Typed::Date, Kind::Number | Kind::Category | Kind::Flag | Kind::Text) => (
            "the role `date` needs the kind `date`",
            "declare `kind = \"date\"`, and how dates are written in `[data]`",
        ),
        (Typed::Preference, Kind::Number | Kind::Category | Kind::Date | Kind::Text) => (
            "the role `preference` needs the kind `flag`",
            "declare `kind = \"flag\"`: yes, no, or nothing where nobody asked",
        ),
        (Typed::Identifier, Kind::Flag | Kind::Date) => (
            "an identifier is neither a flag nor a date",
            "it may be `text`, `category` or `number`",
        ),
        _ => return,
    };
    findings.note(
        section.at_key("kind").unwrap_or(0..0),
        what,
        Some(hint.to_owned()),
    );
}

fn id_type(kind: Kind, section: &Section<'_>, findings: &mut Findings<'_>) -> IdType {
    let id_type = section
        .choice("id_type", &ID_TYPES, findings)
        .unwrap_or(IdType::CrmId);
    if kind == Kind::Number && id_type != IdType::CrmId {
        let what = format!("an identifier of type `{}` is no number", id_type.token());
        let hint =
            "declare `kind = \"text\"`: a number loses its leading zeros and its `+`".to_owned();
        findings.note(section.at_key("kind").unwrap_or(0..0), what, Some(hint));
    }
    id_type
}

/// Which channel a stated preference is about.
fn preference(section: &Section<'_>, findings: &mut Findings<'_>) -> Option<Use> {
    section.needs("channel", findings);
    let channel = section.choice("channel", &CHANNELS, findings)?;
    Some(Use::Preference(channel))
}

fn outcome(
    header: &Placed<String>,
    section: &Section<'_>,
    missing: &[String],
    findings: &mut Findings<'_>,
) -> Use {
    let [positive, negative] = ["positive", "negative"].map(|key| {
        section.needs(key, findings);
        let texts = section.texts(key, findings);
        if let (Some([]), Some(at)) = (texts.as_deref(), section.at_key(key)) {
            findings.note(
                at,
                format!("`{key}` is empty"),
                Some("list the values as the file writes them".into()),
            );
        }
        texts.unwrap_or_default()
    });
    for text in &negative {
        if positive
            .iter()
            .any(|other| other.get_ref() == text.get_ref())
        {
            let what = format!(
                "`{}` cannot be both positive and negative in `{}`",
                text.get_ref(),
                header.get_ref()
            );
            findings.note(text.span(), what, None);
        }
    }
    for text in positive
        .iter()
        .chain(&negative)
        .filter(|text| missing.contains(text.get_ref()))
    {
        let what = format!(
            "`{}` cannot be an outcome and stand in `missing`",
            text.get_ref()
        );
        findings.note(
            text.span(),
            what,
            Some("a missing outcome is an open lead".into()),
        );
    }
    let values = |texts: Vec<Placed<String>>| texts.into_iter().map(Placed::into_inner).collect();
    Use::Outcome {
        positive: values(positive),
        negative: values(negative),
    }
}

/// Which part of the proof a consent column tells; a policy that was written before there were parts says none.
fn part(kind: Kind, section: &Section<'_>, findings: &mut Findings<'_>) -> Option<ConsentPart> {
    let part = section.choice("part", &PARTS, findings)?;
    let fits = match kind {
        Kind::Date => part.is_date(),
        Kind::Category | Kind::Text => !part.is_date(),
        Kind::Number | Kind::Flag => false,
    };
    if !fits {
        let (is, hint) = if part.is_date() {
            ("a date", "declare `kind = \"date\"`")
        } else {
            ("a text", "declare `kind = \"category\"` or `\"text\"`")
        };
        findings.note(
            section.at_key("kind").unwrap_or(0..0),
            format!("the part `{part}` of a consent is {is}"),
            Some(hint.into()),
        );
    }
    Some(part)
}

/// Which fact a column tells.
fn fact(kind: Kind, section: &Section<'_>, findings: &mut Findings<'_>) -> Option<FactKind> {
    section.needs("fact", findings);
    let fact = section.choice("fact", &FACTS, findings)?;
    let wanted = if fact.is_date() {
        Kind::Date
    } else {
        Kind::Flag
    };
    if kind != wanted {
        let (is, hint) = if fact.is_date() {
            ("a date", "declare `kind = \"date\"`")
        } else {
            ("a yes or a no", "declare `kind = \"flag\"`")
        };
        findings.note(
            section.at_key("kind").unwrap_or(0..0),
            format!("the fact `{fact}` is {is}"),
            Some(hint.into()),
        );
    }
    Some(fact)
}

/// The words of an audience column, in lower case; `b2b` and `b2c` where the policy does not say.
fn words(kind: Kind, section: &Section<'_>, findings: &mut Findings<'_>) -> Words {
    let stated = section.at_key("b2b").is_some() || section.at_key("b2c").is_some();
    let mut of = |key: &'static str| {
        let texts = section.texts(key, findings);
        if let (Some([]), Some(at)) = (texts.as_deref(), section.at_key(key)) {
            let hint = "list the words as the file writes them".to_owned();
            findings.note(at, format!("`{key}` is empty"), Some(hint));
        }
        let lower = |it: Placed<String>| {
            let at = it.span();
            Placed::new(at, it.into_inner().to_lowercase())
        };
        texts.map(|texts| texts.into_iter().map(lower).collect::<Vec<_>>())
    };
    let (b2b, b2c) = (of("b2b"), of("b2c"));
    for word in b2c.iter().flatten() {
        let both = |other: &Placed<String>| other.get_ref() == word.get_ref();
        if b2b.iter().flatten().any(both) {
            let what = format!(
                "`{}` cannot mean a professional and a consumer",
                word.get_ref()
            );
            findings.note(word.span(), what, None);
        }
    }
    if stated && matches!(kind, Kind::Number | Kind::Date) {
        findings.note(
            section.at_key("kind").unwrap_or(0..0),
            "an audience is told by words",
            Some("declare `kind = \"category\"`".into()),
        );
    }
    let texts = |words: Option<Vec<Placed<String>>>, usual: &str| match words {
        None => vec![usual.to_owned()],
        Some(words) => words.into_iter().map(Placed::into_inner).collect(),
    };
    Words {
        b2b: texts(b2b, "b2b"),
        b2c: texts(b2c, "b2c"),
        stated,
    }
}
