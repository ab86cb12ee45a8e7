//! The card and its JSON twin: the same figures, none of them about few, nothing that leads elsewhere.

use probant::digest::Digest;
use probant::lang::Lang;
use probant::model::compared::{Compared, Difference, Rival, Seen};
use probant::model::findings::{Calibration, Interval, Level, Profile, Profiled, Verdict, Warning};
use probant::model::gates::{Against, gates};
use probant::report::{Happened, Known, Laid, Step, Table, card, card_json};
use serde_json::{Value, json};

use crate::report::{Sample, assert_balanced, sample};

/// A step of a life.
fn step(what: Happened, by: &str, at: &str) -> Step {
    Step {
        what,
        at: at.to_owned(),
        by: by.to_owned(),
        purpose: "prospection".to_owned(),
        entry: 4,
    }
}

fn interval(value: f64, half: f64) -> Interval {
    Interval {
        value,
        low: value - half,
        high: value + half,
    }
}

/// A sample of which everything was asked.
fn whole() -> Sample {
    let mut sample = sample(&["Salon professionnel", "Recommandation", "LinkedIn"]);
    let found = &mut sample.provenance.findings;
    let compared = |rival, value: f64| Compared {
        rival,
        rows: Some(15_191),
        roc_auc: interval(0.8017 + value, 0.017),
        log_loss: interval(0.4123 - value, 0.013),
        difference: Difference {
            roc_auc: interval(0.0183 + value, 0.0061),
            log_loss: interval(-0.0147 + value, 0.0042),
        },
        last: None,
        newer: None,
        refitted: None,
    };
    let active = Rival::Active {
        model: Digest::of(b"active"),
        seen: Seen::Yes,
    };
    let mut before = compared(active, 0.012);
    before.refitted = Some(before.difference);
    found.compared = vec![
        compared(Rival::NaiveBayes, -0.031),
        compared(Rival::OneHot, 0.0037),
        before,
    ];
    found.warnings.push(Warning::WorseThan {
        rival: Rival::OneHot,
        roc_auc: -0.0183,
        log_loss: 0.0147,
    });
    found.profile = Some(Profile {
        people: 18_412,
        alone: Some(4_127),
        roc_auc: Some(0.8192),
        max_alone: Some(0.5),
        min_gain: 0.0005,
        features: vec![Profiled {
            feature: "Effectif".to_owned(),
            gain: Some(probant::model::findings::Gain {
                value: 0.0213,
                error: 0.0017,
            }),
            alone_without: Some(2_041),
            verdict: Some(Verdict::Brings),
        }],
    });
    sample
}

/// The page in both languages and its data, with everything known.
fn made(sample: &Sample) -> (String, Value) {
    let input = sample.input();
    let asked = gates(
        &sample.model,
        &sample.provenance.findings,
        &sample.policy,
        Some(Against::Active(Digest::of(b"active"))),
    );
    let table = |note: &str| Table {
        note: note.to_owned(),
        heads: vec!["g".to_owned(), "n".to_owned()],
        rows: vec![vec!["a <b>".to_owned(), "0.8251".to_owned()]],
        remarks: vec!["r".to_owned()],
    };
    let laid = Laid {
        tables: [table("groups"), table("groupes")],
        json: json!({ "ratio": 0.825_1 }),
    };
    let life = [
        step(Happened::Approved, "dpo-1", "2026-10-02T09:00:00Z"),
        step(Happened::Activated, "data-1", "2026-10-02T10:00:00Z"),
    ];
    let known = Known {
        life: &life,
        gates: Some(&asked),
        fairness: Some(&laid),
        drift: None,
    };
    (card(&input, &known, Lang::Fr), card_json(&input, &known))
}

/// Every number of the data.
fn numbers(value: &Value, into: &mut Vec<f64>) {
    match value {
        Value::Number(number) => into.push(number.as_f64().unwrap()),
        Value::Array(items) => items.iter().for_each(|it| numbers(it, into)),
        Value::Object(items) => items.values().for_each(|it| numbers(it, into)),
        _ => {}
    }
}

/// The cells of figures of the English half of a page.
fn figures(html: &str) -> Vec<String> {
    let english = html.split("<section").find(|it| it.contains("lang=\"en\""));
    let cells = english.unwrap().split("<td class=\"n\">").skip(1);
    cells
        .map(|it| it.split("</td>").next().unwrap().to_owned())
        .collect()
}

/// The numbers in a cell, with their decimals and whether they are percentages.
fn printed(cell: &str) -> Vec<(f64, i32, bool)> {
    let cell = cell
        .replace("&#60;", "<")
        .replace(',', "")
        .replace('−', "-");
    let digit = |letter: char| letter.is_ascii_digit() || letter == '.';
    let mut found = Vec::new();
    let mut rest = cell.as_str();
    while let Some(from) = rest.find(|letter: char| letter.is_ascii_digit()) {
        let minus = rest[..from].ends_with('-');
        let text = &rest[from..];
        let end = text.find(|letter| !digit(letter)).unwrap_or(text.len());
        let value: f64 = text[..end].parse().unwrap();
        let decimals = text[..end].split_once('.').map_or(0, |it| it.1.len());
        rest = &text[end..];
        let value = if minus { -value } else { value };
        found.push((
            value,
            i32::try_from(decimals).unwrap(),
            rest.starts_with('%'),
        ));
    }
    found
}

#[test]
fn every_figure_of_the_cards_tables_stands_in_its_data() {
    let (html, data) = made(&whole());
    let mut held = Vec::new();
    numbers(&data, &mut held);
    let cells = figures(&html);
    assert!(cells.len() > 100, "{} cells", cells.len());
    for cell in &cells {
        for (value, decimals, percent) in printed(cell) {
            let unit = if percent { 100.0 } else { 1.0 };
            let off = 0.500_001 * 10f64.powi(-decimals);
            let stands = |it: &&f64| (**it * unit - value).abs() <= off;
            assert!(
                held.iter().any(|it| stands(&it)),
                "{value} of `{cell}` is not in the data"
            );
        }
    }
}

#[test]
fn a_card_says_who_approved_what_else_was_tried_and_what_each_gate_asked() {
    let (html, data) = made(&whole());
    assert_balanced(&html);
    for needed in [
        "Its life so far",
        "Sa vie jusqu’ici",
        "approuvé",
        "Active since 2026-10-02 10:00 UTC",
        "Actif depuis le 02/10/2026 à 10:00 UTC",
        "Gates before approval",
        "Contrôles avant approbation",
        "naive Bayes, as in Odoo",
        "Bayes naïf, comme dans Odoo",
        "Worse than another method",
        "one_standard_error",
        "How groups of people fare",
        "a &#60;b&#62;",
        "@media print",
    ] {
        assert!(html.contains(needed), "no `{needed}`");
    }
    for foreign in [
        "<script", "http:", "https:", "url(", "@import", "src=", "href=", "<iframe", "onload",
    ] {
        assert!(
            !html.contains(foreign),
            "`{foreign}` in a self-contained card"
        );
    }
    assert_eq!(data["life"][0]["what"], "approved");
    assert_eq!(data["fairness"]["ratio"], 0.825_1);
    assert_eq!(data["compared"]["each"][2]["rival"]["seen"], "yes");
    assert_eq!(data["gates"]["gates"].as_array().unwrap().len(), 8);
    for text in [&data["limits"][0], &data["warnings"][0]["what"]] {
        assert!(text["en"].is_string() && text["fr"].is_string(), "{text}");
    }
}

/// Findings as no training writes them: counts of fewer people than allowed everywhere.
fn poisoned() -> Sample {
    let mut sample = whole();
    let found = &mut sample.provenance.findings;
    found.levels[0][0] = Level {
        code: 0,
        rows: Some(13),
        positives: Some(11),
    };
    found.levels[1][2] = Level {
        code: 2,
        rows: Some(7_919),
        positives: Some(7_907),
    };
    found.curves.reliability[3] = Calibration {
        rows: 17,
        predicted: 0.987_6,
        observed: 0.012_3,
    };
    let profile = found.profile.as_mut().unwrap();
    profile.alone = Some(19);
    profile.features[0].alone_without = Some(18);
    found.compared[0].rows = Some(16);
    sample.provenance.rows.failed = 14;
    sample.provenance.rows.open = 15;
    sample
}

/// What stands for fewer than `k` people in those findings: as counts, and as the shares that would give them away.
const FEW: [u64; 8] = [11, 12, 13, 14, 15, 16, 17, 18];

/// The counts of people in a card's data, by where the data keep them.
fn counts(data: &Value) -> Vec<Value> {
    let mut counts: Vec<Value> = ["read", "used", "open", "failed", "positives"]
        .iter()
        .map(|it| data["data"][it].clone())
        .collect();
    counts.extend(["rows", "positives"].map(|it| data["holdout"][it].clone()));
    let each = |of: &Value, key: &str| -> Vec<Value> {
        let items = of.as_array().into_iter().flatten();
        items.map(|it| it[key].clone()).collect()
    };
    counts.extend(each(&data["curves"]["reliability"], "rows"));
    counts.extend(each(&data["compared"]["each"], "rows"));
    for feature in data["features"].as_array().unwrap() {
        counts.extend(each(&feature["codes"], "rows"));
    }
    counts
}

#[test]
fn no_bar_point_or_count_of_a_card_or_its_data_stands_for_fewer_people_than_allowed() {
    let sample = poisoned();
    let k = u64::from(sample.model.settings().min_people);
    let (html, data) = made(&sample);
    assert_eq!(data["k"], k);
    for count in counts(&data) {
        let few = count.as_u64().is_some_and(|it| (1..k).contains(&it));
        assert!(!few, "{count} in the data");
    }
    let mut held = Vec::new();
    numbers(&data, &mut held);
    let given_away = [
        7_907.0 / 7_919.0,
        11.0 / 13.0,
        0.987_6,
        0.012_3,
        19.0 / 18_412.0,
        18.0 / 18_412.0,
    ];
    for share in given_away {
        assert!(
            held.iter().all(|it| (it - share).abs() > 1e-9),
            "{share} in the data"
        );
    }
    assert!(held.contains(&7_919.0), "a level with enough rows is shown");
    for few in FEW {
        for shape in [
            format!("<td class=\"n\">{few}</td>"),
            format!("<dd>{few}</dd>"),
            format!("{few} leads"),
            format!("{few} prospects"),
            format!("{few} rows"),
        ] {
            assert!(!html.contains(&shape), "`{shape}` on the card");
        }
    }
    for share in ["98,8", "98.8", "99,8", "99.8"] {
        assert!(!html.contains(share), "{share} on the card");
    }

    let mut few = whole();
    few.provenance.findings.metrics.positives = 15;
    let (html, data) = made(&few);
    for hidden in ["metrics", "curves", "compared"] {
        assert!(data[hidden].is_null(), "{hidden}");
    }
    assert!(!html.contains("0.822") && !html.contains("naive Bayes, as in Odoo"));
}
