//! The comment at the top: which model this is, what it expects of the table, and what it is not.

use super::dialect::{Dialect, hidden};
use super::names::Names;
use crate::lang::Lang;
use crate::model::Model;
use crate::policy::Policy;
use crate::say;

/// The lines of the comment, each a `--` comment of its own.
pub(super) fn comment(
    model: &Model,
    policy: &Policy,
    dialect: Dialect,
    names: &Names,
    lang: Lang,
) -> String {
    let mut lines = provenance(model, policy, dialect, lang);
    lines.push(String::new());
    lines.extend(limits(lang));
    lines.push(String::new());
    lines.extend(table(dialect, lang));
    if !names.changed.is_empty() {
        lines.push(String::new());
        lines.push(say!(
            lang,
            "{dialect} cannot have these column names; they are called otherwise, in the table and in the answer:"
                | "{dialect} n’admet pas ces noms de colonnes\u{a0}; ils sont remplacés, dans la table comme dans la réponse\u{a0}:"
        ));
        let changed = names.changed.iter();
        lines.extend(changed.map(|(from, to)| format!("  {from}  ->  {to}")));
    }
    lines.iter().map(|line| remark(line)).collect()
}

fn provenance(model: &Model, policy: &Policy, dialect: Dialect, lang: Lang) -> Vec<String> {
    let (version, program) = (model.version(), env!("CARGO_PKG_VERSION"));
    let (features, pairs) = (model.schema().features.len(), model.schema().pairs.len());
    let (digest, rows) = (policy.digest, lang.count(model.settings().rows));
    vec![
        say!(
            lang,
            "Model {version} as one SELECT, in the dialect of {dialect}."
                | "Modèle {version} sous forme d’une requête SELECT, pour {dialect}."
        ),
        say!(
            lang,
            "Written by probant {program} (`probant export sql`) under the policy {digest}."
                | "Écrit par probant {program} (`probant export sql`) d’après la politique {digest}."
        ),
        say!(
            lang,
            "{features} features and {pairs} pairs, fitted on {rows} leads. All entries are whole numbers of 2^-20 in log-odds;"
                | "{features} critères et {pairs} paires, ajustés sur {rows} prospects. Tous les poids sont des entiers, en unités de 2^-20 de logit\u{a0};"
        ),
        say!(
            lang,
            "their sum is exact, so log_odds is what `probant score` gives, to the bit, and score is its rounding to 10^-6."
                | "leur somme est exacte\u{a0}: log_odds est, au bit près, ce que donne `probant score`, et score en est l’arrondi à 10^-6."
        ),
    ]
}

fn limits(lang: Lang) -> Vec<String> {
    let text = say!(
        lang,
        "A number computed by this text is not a recorded decision: nobody's objection, consent or restriction is looked at,\nnothing is written to the ledger, no person reviews it, and an erasure does not reach its copies.\nIt has no eligibility step and drops no repeated or missing identifier.\nIt abstains from nobody: a lead that `probant score` would set apart for a person (band `review`) gets the band of its score here. Score for use with `probant score`."
            | "Un nombre calculé par cette requête n’est pas une décision consignée\u{a0}: elle ne tient compte d’aucune opposition, d’aucun consentement, d’aucune limitation,\nn’écrit rien au registre, ne soumet rien à personne, et un effacement n’atteint pas les copies de ses résultats.\nElle ne vérifie pas qui peut être noté et n’écarte aucun identifiant répété ou absent.\nElle ne s’abstient jamais\u{a0}: un prospect que `probant score` confierait à une personne (tranche `review`) reçoit ici la tranche de son score. Pour agir, passez par `probant score`."
    );
    text.lines().map(str::to_owned).collect()
}

fn table(dialect: Dialect, lang: Lang) -> Vec<String> {
    let text = say!(
        lang,
        "The table's columns are named as in probant.toml and typed: a number is numeric (no text in a national notation),\na category is a text, a whole number or a boolean, a flag is a boolean, 0 or 1, or one of the policy's words.\nTexts are compared tidied (white space, the policy's marks of `missing`), by code point and not by a collation.\nA value that `probant score` would refuse (an infinite number, a flag that is none) leaves its row without a score."
            | "Les colonnes de la table portent les noms de probant.toml et sont typées\u{a0}: un nombre est numérique (pas un texte en notation nationale),\nune catégorie est un texte, un entier ou un booléen, une case oui/non est un booléen, 0 ou 1, ou un des mots de la politique.\nLes textes sont nettoyés (espaces, marques d’absence de la politique), puis comparés par point de code et non selon une collation.\nUne ligne dont `probant score` refuserait une valeur (un nombre infini, une réponse qui n’est ni oui ni non) n’a pas de score."
    );
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    if dialect.without_nfc() {
        lines.push(say!(
            lang,
            "{dialect} cannot compose letters and accents: its texts must be in Unicode's form NFC or NFD, not in a mixture."
                | "{dialect} ne sait pas composer lettres et accents\u{a0}: ses textes doivent être sous la forme NFC ou NFD d’Unicode, et non dans un mélange."
        ));
    }
    lines
}

/// A comment is one line, whatever the names in it hold.
fn remark(line: &str) -> String {
    let shown: String = line
        .chars()
        .map(|it| match it {
            '\u{a0}' | '\u{202f}' => ' ', // before French punctuation, and between thousands
            it if hidden(it) => '\u{fffd}',
            it => it,
        })
        .collect();
    format!("{}\n", format!("-- {shown}").trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_is_one_line_whatever_it_holds() {
        assert_eq!(
            remark("a\nDROP TABLE x; \u{2028}b"),
            "-- a\u{fffd}DROP TABLE x; \u{fffd}b\n"
        );
        assert_eq!(remark("18\u{202f}989\u{a0}!"), "-- 18 989 !\n");
        assert_eq!(remark(""), "--\n");
    }
}
