//! How groups fare, in words: for a terminal, for a page of its own, and for the model card.

use askama::Template;

use crate::fairness::{Column, Fairness, Group, Interval};
use crate::lang::Lang;
use crate::policy::Policy;
use crate::say;

use super::words::plain;

/// Below this ratio the four-fifths rule asks questions.
const FOUR_FIFTHS: f64 = 0.8;

/// A fairness report, ready to be laid out.
pub struct FairnessView {
    /// Who was scored, and what selected means.
    pub about: String,
    /// What each column of the side file shows.
    pub columns: Vec<ColumnView>,
    /// How to read it.
    pub notes: Vec<String>,
}

/// One column of the side file.
pub struct ColumnView {
    /// What people call it.
    pub name: String,
    /// What it shows, in one sentence or two.
    pub sentence: String,
    /// What the columns of the table mean.
    pub heads: Vec<String>,
    /// A row for each group.
    pub rows: Vec<Vec<String>>,
    /// Features that tell the groups apart; or that none does.
    pub proxies: String,
}

/// A report in words.
#[must_use]
pub fn fairness_view(found: &Fairness, policy: &Policy, lang: Lang) -> FairnessView {
    let (people, band) = (lang.count(found.people), plain(&found.band_label));
    FairnessView {
        about: say!(
            lang,
            "{people} people scored, one row each. Selected: whoever falls in the band “{band}” or a higher one."
                | "{people} personnes notées, chacune une fois. Retenu\u{a0}: qui tombe dans la tranche «\u{a0}{band}\u{a0}» ou dans une tranche plus haute."
        ),
        columns: found
            .columns
            .iter()
            .map(|column| view(column, found, policy, lang))
            .collect(),
        notes: notes(found, lang),
    }
}

fn view(column: &Column, found: &Fairness, policy: &Policy, lang: Lang) -> ColumnView {
    // The same heads for every column, so that all of them can stand in one table.
    let groups = || found.columns.iter().flat_map(|it| &it.groups);
    let outcomes = groups().any(|it| it.calibration.is_some());
    let errors = groups().any(|it| it.errors.is_some());
    let mut heads = vec![
        say!(lang, "group" | "groupe"),
        say!(lang, "people" | "personnes"),
        say!(lang, "selected" | "retenus"),
        say!(lang, "ratio" | "rapport"),
        say!(lang, "higher score" | "score plus haut"),
    ];
    if outcomes {
        heads.push(say!(lang, "mean score" | "score moyen"));
        heads.push(say!(lang, "converted" | "convertis"));
    }
    if errors {
        heads.push(say!(lang, "false positives" | "faux positifs"));
        heads.push(say!(lang, "false negatives" | "faux négatifs"));
    }
    let rows = column.groups.iter().enumerate().map(|(at, group)| {
        let mut row = vec![
            name(group, found.k, lang),
            lang.count(group.people),
            match &group.selected {
                Some(share) => percents(share, lang),
                None => say!(lang, "hidden" | "masqué"),
            },
            if column.most_selected == Some(at) {
                say!(lang, "most selected" | "le plus retenu")
            } else {
                group.ratio.map_or_else(dash, |it| times(&it, lang))
            },
            group
                .score_area
                .map_or_else(dash, |area| lang.percent(area)),
        ];
        if outcomes {
            let it = group.calibration;
            row.push(it.map_or_else(dash, |it| lang.percent(it.predicted)));
            row.push(it.map_or_else(dash, |it| percents(&it.observed, lang)));
        }
        if errors {
            let it = group.errors;
            row.push(it.map_or_else(dash, |it| percents(&it.false_positive, lang)));
            row.push(it.map_or_else(dash, |it| percents(&it.false_negative, lang)));
        }
        row
    });
    ColumnView {
        name: plain(policy.label(&column.column)),
        sentence: sentence(column, found.k, lang),
        rows: rows.collect(),
        heads,
        proxies: proxies(column, found, policy, lang),
    }
}

fn dash() -> String {
    "–".to_owned()
}

/// What people call a group.
fn name(group: &Group, k: u32, lang: Lang) -> String {
    let mut parts: Vec<String> = group
        .named
        .iter()
        .map(|name| match name.as_str() {
            "yes" => say!(lang, "yes" | "oui"),
            "no" => say!(lang, "no" | "non"),
            name => plain(name),
        })
        .collect();
    if group.others {
        parts.push(say!(
            lang,
            "groups of fewer than {k}" | "groupes de moins de {k}"
        ));
    }
    if group.not_stated {
        parts.push(say!(lang, "not stated" | "non précisé"));
    }
    parts.join(" + ")
}

/// A share with its interval, in percent.
fn percents(it: &Interval, lang: Lang) -> String {
    let of = |share: f64| lang.decimal(share * 100.0, 1);
    let (value, low, high) = (lang.percent(it.value), of(it.low), of(it.high));
    format!("{value} [{low} – {high}]")
}

fn times(it: &Interval, lang: Lang) -> String {
    let of = |ratio: f64| lang.decimal(ratio, 2);
    format!("{} [{} – {}]", of(it.value), of(it.low), of(it.high))
}

/// Whether some group's share selected is not told.
fn has_hidden(column: &Column) -> bool {
    column.groups.iter().any(|it| it.selected.is_none())
}

/// The least selected group beside the most selected one.
fn sentence(column: &Column, k: u32, lang: Lang) -> String {
    let least = column
        .groups
        .iter()
        .filter_map(|group| Some((group, group.ratio?)))
        .min_by(|a, b| a.1.value.total_cmp(&b.1.value));
    let most = column.most_selected.map(|at| &column.groups[at]);
    let (Some((group, ratio)), Some(most)) = (least, most) else {
        if has_hidden(column) {
            return say!(
                lang,
                "How often these groups are selected cannot be compared: the shares are hidden."
                    | "On ne peut pas comparer ces groupes\u{a0}: les parts de retenus sont masquées."
            );
        }
        return say!(
            lang,
            "Nobody of any group is selected." | "Personne n’est retenu, dans aucun groupe."
        );
    };
    let (group, most) = (name(group, k, lang), name(most, k, lang));
    let of = |ratio: f64| lang.decimal(ratio, 2);
    let (value, low, high) = (of(ratio.value), of(ratio.low), of(ratio.high));
    let said = say!(
        lang,
        "The group “{group}” is selected {value} times as often as the group “{most}” [{low}–{high}]."
            | "Le groupe «\u{a0}{group}\u{a0}» est retenu {value} fois aussi souvent que le groupe «\u{a0}{most}\u{a0}» [{low}–{high}]."
    );
    let more = if ratio.holds(1.0) {
        say!(
            lang,
            "Chance alone could explain it." | "Le hasard seul pourrait l’expliquer."
        )
    } else if ratio.value < FOUR_FIFTHS {
        say!(
            lang,
            "Chance alone does not explain it, and it is below four fifths: find out why before this model is used."
                | "Le hasard seul ne l’explique pas, et c’est moins de quatre cinquièmes\u{a0}: cherchez pourquoi avant d’employer ce modèle."
        )
    } else {
        say!(
            lang,
            "Chance alone does not explain it." | "Le hasard seul ne l’explique pas."
        )
    };
    format!("{said} {more}")
}

fn proxies(column: &Column, found: &Fairness, policy: &Policy, lang: Lang) -> String {
    let limit = lang.decimal(found.proxy_limit, 2);
    if column.proxies.is_empty() {
        return say!(
            lang,
            "No feature tells these groups apart (Cramér’s V under {limit}, or no more than chance)."
                | "Aucun critère ne distingue ces groupes (V de Cramér inférieur à {limit}, ou pas plus que le hasard)."
        );
    }
    let listed: Vec<String> = column
        .proxies
        .iter()
        .map(|it| {
            let name = plain(policy.label(&it.feature));
            format!("{name} ({})", lang.decimal(it.cramers_v, 2))
        })
        .collect();
    let listed = listed.join(", ");
    say!(
        lang,
        "Features that tell these groups apart, and may stand for them (Cramér’s V from {limit} on): {listed}."
            | "Critères qui distinguent ces groupes et peuvent en tenir lieu (V de Cramér d’au moins {limit})\u{a0}: {listed}."
    )
}

fn notes(found: &Fairness, lang: Lang) -> Vec<String> {
    let k = found.k;
    let mut notes = vec![
        say!(
            lang,
            "In brackets: 95% intervals (Wilson for shares, Katz for ratios). The most selected group is chosen after the fact, which makes ratios look a little worse than they are where there are many groups."
                | "Entre crochets\u{a0}: intervalles à 95\u{a0}% (Wilson pour les parts, Katz pour les rapports). Le groupe le plus retenu est choisi après coup, ce qui noircit un peu les rapports quand les groupes sont nombreux."
        ),
        say!(
            lang,
            "Four fifths is a rule of thumb of American employment law (29 CFR § 1607.4(D), 1978), not a threshold of European law: a ratio above it may discriminate, and one below it may have good reasons."
                | "Les quatre cinquièmes sont une règle empirique du droit américain de l’emploi (29 CFR § 1607.4(D), 1978), non un seuil du droit européen\u{a0}: un rapport supérieur peut discriminer, un rapport inférieur peut se justifier."
        ),
        say!(
            lang,
            "Higher score: the chance that one of the group has a higher score than somebody of another group; 50% is no difference."
                | "Score plus haut\u{a0}: la chance qu’une personne du groupe ait un score plus haut qu’une personne d’un autre groupe\u{a0}; 50\u{a0}% veut dire aucune différence."
        ),
        say!(
            lang,
            "No share stands for fewer than {k} people, nor do those it counts or those it leaves out, nor can such a number be had from this report and the run’s totals by subtraction: smaller groups are told together, with a larger one if need be. Two reports side by side, with other bands or exports, may tell more."
                | "Aucune part ne porte sur moins de {k} personnes, ni par celles qu’elle compte ni par celles qu’elle laisse de côté, et ni ce rapport ni les totaux du passage ne permettent d’en déduire un tel nombre par soustraction\u{a0}: les groupes plus petits sont réunis, au besoin avec un plus grand. Deux rapports mis côte à côte, avec d’autres tranches ou d’autres exports, peuvent en dire davantage."
        ),
    ];
    if found.columns.iter().any(has_hidden) {
        let twice = 2 * k;
        notes.push(say!(
            lang,
            "Hidden: fewer than {k} people of the group were selected, or fewer than {k} were not, or what is shown would give them away. That nobody or everybody is selected is told only of groups of at least {twice}."
                | "Masqué\u{a0}: moins de {k} personnes du groupe sont retenues, ou moins de {k} ne le sont pas, ou bien elles se déduiraient de ce qui est montré. Que personne ou tout le monde soit retenu n’est dit que de groupes d’au moins {twice} personnes."
        ));
    }
    if found.columns.iter().any(|it| it.withheld) {
        notes.push(say!(
            lang,
            "Some outcomes or errors of the band are known and not told: fewer than {k} people of the group were won, lost, still open, or wrongly or rightly selected, or what is shown would give them away. An export without open leads tells more."
                | "Des issues ou des erreurs de la tranche sont connues et ne sont pas montrées\u{a0}: moins de {k} personnes du groupe sont gagnées, perdues, en cours, ou retenues à tort ou à raison, ou elles se déduiraient de ce qui est montré. Un export sans prospects en cours en montre davantage."
        ));
    }
    if found.learned_from {
        notes.push(say!(
            lang,
            "The model learned from these very leads: scores meet outcomes better here than on others."
                | "Le modèle a appris de ces mêmes prospects\u{a0}: scores et issues s’accordent mieux ici qu’ailleurs."
        ));
    }
    notes
}

/// A report as a fragment for a page, such as the model card: headings from `<h3>` down, no style of its own.
#[must_use]
pub fn fairness_section(found: &Fairness, policy: &Policy, lang: Lang) -> String {
    let section = Section {
        view: fairness_view(found, policy, lang),
    };
    section
        .render()
        .expect("a template over plain strings has nothing to fail on")
}

/// A report as one HTML file without script or link, in both languages; `first` comes first.
#[must_use]
pub fn fairness_page(found: &Fairness, policy: &Policy, first: Lang) -> String {
    let order = match first {
        Lang::En => [Lang::En, Lang::Fr],
        Lang::Fr => [Lang::Fr, Lang::En],
    };
    let page = Page {
        controller: plain(&policy.controller.name),
        model: found.model.short(),
        date: found.date.clone(),
        sections: order.map(|lang| {
            let title = say!(
                lang,
                "How groups of people fare" | "Comment le modèle traite les groupes de personnes"
            );
            let model = say!(lang, "model" | "modèle");
            (lang, title, model, fairness_section(found, policy, lang))
        }),
    };
    page.render()
        .expect("a template over plain strings has nothing to fail on")
}

#[derive(Template)]
#[template(path = "fairness_section.html", config = ".cargo/askama.toml")]
struct Section {
    view: FairnessView,
}

#[derive(Template)]
#[template(path = "fairness.html", config = ".cargo/askama.toml")]
struct Page {
    controller: String,
    model: String,
    date: String,
    sections: [(Lang, String, String, String); 2],
}
