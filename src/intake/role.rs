//! From evidence to what a column seems to be, by its name first and by its values second.
//!
//! Only a suggestion for people to correct: a wrong guess costs a line of the
//! draft, and what looks like a person is left out rather than in.

use super::guess::{Evidence, Marks, ORDERS, YES};
use super::identity::{Looks, name_words};
use crate::policy::{FactKind, Guess, IdType, Kind, ObservedColumn};

/// The words of the columns that are flags, in lower case, yes and no.
pub(super) fn flag_words(
    columns: &[Evidence],
    observed: &[ObservedColumn],
) -> (Vec<String>, Vec<String>) {
    let mut words = [Vec::new(), Vec::new()];
    for (column, _) in columns
        .iter()
        .zip(observed)
        .filter(|(_, observed)| observed.kind == Kind::Flag)
    {
        for level in column.levels.keys() {
            let low = level.to_lowercase();
            let which = usize::from(!YES.contains(&low.as_str()));
            if !words[which].contains(&low) {
                words[which].push(low);
            }
        }
    }
    for words in &mut words {
        words.sort();
    }
    let [yes, no] = words;
    (yes, no)
}

/// What each column seems to be.
pub(super) fn columns(columns: &[Evidence], marks: &Marks) -> Vec<ObservedColumn> {
    let kinds: Vec<Kind> = columns.iter().map(|column| kind(column, marks)).collect();
    let identifier = identifier(columns);
    let outcome = outcome(columns);
    let date = dated(columns, &kinds);
    columns
        .iter()
        .enumerate()
        .map(|(at, column)| {
            let role = if let Some(id_type) = identifier.filter(|it| it.0 == at).map(|it| it.1) {
                Guess::Identifier(id_type)
            } else if outcome == Some(at) {
                Guess::Outcome {
                    values: values(column),
                }
            } else if date == Some(at) {
                Guess::Date
            } else {
                role(column, kinds[at])
            };
            let kind = match role {
                Guess::Identifier(_) | Guess::Identity => Kind::Text,
                Guess::Outcome { .. } => Kind::Category,
                _ => kinds[at],
            };
            ObservedColumn {
                name: column.name.clone(),
                kind,
                role,
                distinct: Some(column.distinct()),
            }
        })
        .collect()
}

fn kind(column: &Evidence, marks: &Marks) -> Kind {
    let words = name_words(&column.name);
    let date = column.dates[ORDERS
        .iter()
        .position(|order| *order == marks.dates)
        .unwrap_or(0)];
    let number = column.numbers[usize::from(marks.decimal == ',')];
    // Codes are written with digits and are no quantity: half a postcode means nothing.
    let code = column.coded * 100 > column.present || any(&words, &CODES);
    if column.mostly(date) {
        Kind::Date
    } else if column.mostly(column.flags[0] + column.flags[1])
        && column.flags[0] > 0
        && column.flags[1] > 0
        && column.distinct() == 2
    {
        Kind::Flag
    } else if column.mostly(number) && !code {
        Kind::Number
    } else if !any(&words, &CODES)
        && column.distinct() > 1000
        && column.distinct() * 5 > column.present
    {
        Kind::Text
    } else {
        Kind::Category
    }
}

/// Header words of codes.
const CODES: [&str; 9] = [
    "postal", "postcode", "zip", "zipcode", "insee", "naf", "ape", "siret", "siren",
];
/// Header words of an identifier.
const IDENTIFIERS: [&str; 12] = [
    "id",
    "identifiant",
    "identifier",
    "uuid",
    "guid",
    "reference",
    "ref",
    "numero",
    "no",
    "n",
    "code",
    "key",
];
/// Header words of a number that only tells one lead from the next.
const NUMBERS: [&str; 6] = ["number", "num", "numero", "no", "nr", "index"];
/// Header words of an identity.
const IDENTITY: [&str; 37] = [
    "email",
    "mail",
    "courriel",
    "mel",
    "phone",
    "telephone",
    "tel",
    "mobile",
    "portable",
    "fax",
    "nom",
    "prenom",
    "name",
    "firstname",
    "lastname",
    "surname",
    "fullname",
    "adresse",
    "address",
    "rue",
    "street",
    "iban",
    "bic",
    "nir",
    "secu",
    "ssn",
    "naissance",
    "birth",
    "birthdate",
    "birthday",
    "dob",
    "linkedin",
    "twitter",
    "ip",
    "societe",
    "company",
    "siret",
];
/// Header words that make a `name` or an `address` one of a thing.
const THINGS: [&str; 9] = [
    "campaign", "campagne", "product", "produit", "source", "canal", "channel", "nb", "type",
];
/// Header words of an outcome: the surest first.
const OUTCOMES: [&str; 24] = [
    "y",
    "target",
    "cible",
    "outcome",
    "converti",
    "convertie",
    "converted",
    "conversion",
    "won",
    "gagne",
    "gagnee",
    "issue",
    "signe",
    "signee",
    "vendu",
    "sold",
    "achat",
    "label",
    "statut",
    "status",
    "resultat",
    "result",
    "stage",
    "etape",
];
/// Header words that make an outcome one of the past.
const PAST: [&str; 6] = [
    "precedent",
    "precedente",
    "previous",
    "last",
    "dernier",
    "derniere",
];

fn any(words: &[String], list: &[&str]) -> bool {
    words.iter().any(|word| list.contains(&word.as_str()))
}

/// The column that names the lead: never missing, never the same twice.
fn identifier(columns: &[Evidence]) -> Option<(usize, IdType)> {
    let unique = |it: &Evidence| it.absent == 0 && it.present > 1 && it.distinct() == it.present;
    let named = |list: &[&str]| {
        columns
            .iter()
            .position(|it| unique(it) && any(&name_words(&it.name), list))
    };
    let sure = || named(&IDENTIFIERS[..5]);
    let likely = || {
        columns.iter().position(|it| {
            let words = name_words(&it.name);
            unique(it)
                && any(&words, &IDENTIFIERS)
                && !any(&words, &IDENTITY)
                && !any(&words, &CODES)
        })
    };
    let of_lead = sure().or_else(likely).map(|at| (at, IdType::CrmId));
    let of_email = || named(&["email", "mail", "courriel", "mel"]).map(|at| (at, IdType::Email));
    of_lead.or_else(of_email)
}

/// The column that says what became of the lead, by name and by how few values it has.
fn outcome(columns: &[Evidence]) -> Option<usize> {
    let rank = |it: &Evidence| {
        let words = name_words(&it.name);
        let few = !it.many && (1..=8).contains(&it.levels.len());
        let rank = OUTCOMES
            .iter()
            .position(|word| words.iter().any(|it| it == word))?;
        (few && !any(&words, &PAST)).then_some(rank)
    };
    columns
        .iter()
        .enumerate()
        .filter_map(|(at, it)| Some((rank(it)?, at)))
        .min()
        .map(|(_, at)| at)
}

/// The distinct values of an outcome, most frequent first.
fn values(column: &Evidence) -> Vec<String> {
    let mut values: Vec<(&String, u64)> = column
        .levels
        .iter()
        .map(|(level, count)| (level, *count))
        .collect();
    values.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
    values.into_iter().map(|(level, _)| level.clone()).collect()
}

/// The date of the lead's creation: by its name, else the only date there is.
fn dated(columns: &[Evidence], kinds: &[Kind]) -> Option<usize> {
    let dates: Vec<usize> = (0..columns.len())
        .filter(|&at| {
            kinds[at] == Kind::Date
                && told(&name_words(&columns[at].name), Kind::Date) != Some(FactKind::LastContact)
                && !any(
                    &name_words(&columns[at].name),
                    &["naissance", "birth", "birthdate", "dob"],
                )
        })
        .collect();
    let creation = |at: &usize| {
        any(
            &name_words(&columns[*at].name),
            &["creation", "created", "create", "cree", "creee"],
        )
    };
    dates
        .iter()
        .copied()
        .find(creation)
        .or(if dates.len() == 1 {
            dates.first().copied()
        } else {
            None
        })
}

/// What any other column seems to be for.
fn role(column: &Evidence, kind: Kind) -> Guess {
    let words = name_words(&column.name);
    let thing = any(&words, &THINGS);
    let code = any(&words, &["postal", "postcode", "zip", "zipcode"]);
    let looks = column.sketch.finding().map(|finding| finding.looks);
    match looks {
        _ if any(&words, &IDENTITY) && !thing && !code => Guess::Identity,
        Some(Looks::SpecialCategory(_) | Looks::FreeText) => Guess::Ignore,
        Some(_) if !code => Guess::Identity,
        _ if told(&words, kind).is_some() => told(&words, kind).map_or(Guess::Ignore, Guess::Fact),
        _ if any(&words, &["consent", "consentement", "rgpd", "gdpr"])
            || words.concat().contains("optin") =>
        {
            Guess::Consent
        }
        _ if any(&words, &["audience", "b2b", "b2c", "btob", "btoc"]) => Guess::Audience,
        _ if any(
            &words,
            &["sexe", "sex", "genre", "gender", "civilite", "salutation"],
        ) =>
        {
            Guess::Audit
        }
        _ if column.distinct() < 2 || matches!(kind, Kind::Text | Kind::Date) => Guess::Ignore,
        _ if any(&words, &IDENTIFIERS[..5]) && column.distinct() * 2 > column.present => {
            Guess::Ignore
        }
        // A second number of the lead: one value each, counted up, and no quantity.
        _ if any(&words, &NUMBERS) && column.distinct() * 20 > column.present * 19 => Guess::Ignore,
        _ => Guess::Feature,
    }
}

/// Header words of an objection.
const OBJECTIONS: [&str; 9] = [
    "opposition",
    "oppose",
    "opposee",
    "objection",
    "objected",
    "desabonne",
    "desinscrit",
    "unsubscribed",
    "optout",
];
/// Header words of what somebody does who is in touch; an opened e-mail is no contact.
const CONTACTS: [&str; 7] = [
    "contact", "echange", "reponse", "reply", "clic", "click", "visite",
];

/// The fact that a column seems to tell, by its name and only where its values fit.
fn told(words: &[String], kind: Kind) -> Option<FactKind> {
    let last = any(words, &["dernier", "derniere", "last"]);
    match kind {
        Kind::Flag if any(words, &OBJECTIONS) || words.concat().contains("optout") => {
            Some(FactKind::Objection)
        }
        Kind::Flag if any(words, &["bloctel"]) => Some(FactKind::Bloctel),
        Kind::Date if last && any(words, &CONTACTS) => Some(FactKind::LastContact),
        Kind::Date if any(words, &["collecte", "collected", "collection"]) => {
            Some(FactKind::Collected)
        }
        _ => None,
    }
}
