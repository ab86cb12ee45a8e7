//! What `init` takes the columns of an export for that law packs ask about.

use std::fmt::Write as _;
use std::fs;

use probant::law::words::FactKind;
use probant::policy::{self, Kind, Use};

use crate::night::say;

/// What a column is drafted as.
#[derive(Debug, PartialEq)]
enum As {
    Fact(FactKind),
    Audience,
    Consent,
    /// Neither: something that no ruling rests on.
    Other,
}

const YES_NO: [&str; 2] = ["oui", "non"];
const DAYS: [&str; 2] = ["03/02/2026", "14/05/2026"];

/// Headers as CRMs write them, two values that take turns, and what the draft says of the column.
const COLUMNS: [(&str, [&str; 2], As); 21] = [
    ("Opposition", YES_NO, As::Fact(FactKind::Objection)),
    ("Désabonné", YES_NO, As::Fact(FactKind::Objection)),
    ("Opt-out", YES_NO, As::Fact(FactKind::Objection)),
    ("optout_newsletter", YES_NO, As::Fact(FactKind::Objection)),
    ("Inscrit Bloctel", YES_NO, As::Fact(FactKind::Bloctel)),
    ("Dernier contact", DAYS, As::Fact(FactKind::LastContact)),
    ("last_click", DAYS, As::Fact(FactKind::LastContact)),
    ("Dernière réponse", DAYS, As::Fact(FactKind::LastContact)),
    ("Date de collecte", DAYS, As::Fact(FactKind::Collected)),
    ("collected_at", DAYS, As::Fact(FactKind::Collected)),
    ("B2B", ["Entreprise", "Particulier"], As::Audience),
    ("Audience", ["pro", "conso"], As::Audience),
    ("Consentement", YES_NO, As::Consent),
    ("Opt-in", YES_NO, As::Consent),
    // The words without the values, or the values without the words.
    ("Opposition", ["forte", "faible"], As::Other),
    ("Bloctel", ["liste A", "liste B"], As::Other),
    ("Dernier contact", ["salon", "appel"], As::Other),
    ("Contact", DAYS, As::Other),
    ("Dernière ouverture", DAYS, As::Other),
    ("Date de collecte", ["hiver", "été"], As::Other),
    ("Webinaire", YES_NO, As::Other),
];

/// The draft for an export with these columns, parsed.
fn drafted(columns: &[(&str, [&str; 2])]) -> policy::Policy {
    let folder = tempfile::tempdir().unwrap();
    let mut csv = "Réf. prospect;Converti;Ville;Date de création".to_owned();
    for (header, _) in columns {
        write!(csv, ";{header}").unwrap();
    }
    for row in 0..200 {
        let (won, town) = (YES_NO[row / 3 % 2], ["Lyon", "Lille", "Nantes"][row % 3]);
        write!(csv, "\nPR{row:05};{won};{town};{}", DAYS[row % 2]).unwrap();
        for (_, values) in columns {
            write!(csv, ";{}", values[row / 2 % 2]).unwrap();
        }
    }
    let data = folder.path().join("leads.csv");
    fs::write(&data, csv + "\n").unwrap();
    let root = folder.path().join("ws");
    say(&root, &["init", data.to_str().unwrap()]).done();
    policy::parse(&fs::read_to_string(root.join("probant.toml")).unwrap()).unwrap()
}

fn what(policy: &policy::Policy, header: &str) -> As {
    let column = policy.columns.iter().find(|it| it.name == header).unwrap();
    match &column.role {
        Use::Fact(fact) => {
            assert_eq!(column.kind == Kind::Date, fact.is_date(), "{header}");
            As::Fact(*fact)
        }
        Use::Audience(_) => As::Audience,
        Use::Consent(part) => {
            assert_eq!(*part, None, "nobody guesses a part of a proof");
            As::Consent
        }
        _ => As::Other,
    }
}

#[test]
fn a_column_is_taken_for_a_fact_only_by_its_words_and_its_values() {
    for (header, values, expected) in COLUMNS {
        let policy = drafted(&[(header, values)]);
        assert_eq!(what(&policy, header), expected, "{header}: {values:?}");
        assert!(policy.law.is_none(), "a pack is for people to name");
    }
}

#[test]
fn a_fact_that_two_columns_seem_to_tell_is_told_by_the_first() {
    let policy = drafted(&[
        ("Désabonné", YES_NO),
        ("Opposition", YES_NO),
        ("B2B", ["Entreprise", "Particulier"]),
        ("Audience", ["pro", "conso"]),
    ]);
    assert_eq!(what(&policy, "Désabonné"), As::Fact(FactKind::Objection));
    assert_eq!(what(&policy, "Opposition"), As::Other);
    assert_eq!(what(&policy, "B2B"), As::Audience);
    assert_eq!(what(&policy, "Audience"), As::Other);
}
