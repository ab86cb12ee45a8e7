//! What people read: the demonstration's export, explanations, reasons and the model card.

use probant::demo::{self, Stage};
use probant::digest::Digest;
use probant::features::{Feature, Pair, Schema, Shape};
use probant::lang::Lang;
use probant::model::Model;
use probant::model::document::Settings;
use probant::model::findings::{
    Calibration, Certificate, Curves, Findings, Holdout, Interval, KeptPair, Level, Metrics, Tried,
    Warning,
};
use probant::odds::LogOdds;
use probant::policy::Basis;
use probant::policy::{self, Policy, Solver};
use probant::report::{
    CardInput, Explanation, Given, Known, NotIdentity, Other, Period, Proof, Provenance, Reasons,
    Rows, card, meaning, pair_meaning, terms,
};
use proptest::prelude::*;

/// SHA-256 of the demonstration's export: 2 000 rows, seed 1, from number 1. It may never change by accident.
const EXPORT: &str = "274aff9f0a7d633560258b5983d50b9df1b1fd6db2a0f04203c0357535c118c3";

fn export(rows: usize, seed: u64, stage: Stage) -> Vec<u8> {
    let mut bytes = Vec::new();
    demo::export(&mut bytes, rows, seed, 1, stage).unwrap();
    bytes
}

#[test]
fn the_demonstration_export_is_the_same_bytes_everywhere() {
    let bytes = export(2_000, 1, Stage::History);
    assert_eq!(Digest::of(&bytes).to_string(), EXPORT);
    assert_ne!(bytes, export(2_000, 2, Stage::History));
    let sample = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/data/leads-fr.csv")).unwrap();
    assert_eq!(
        sample, bytes,
        "data/leads-fr.csv is not what the generator writes"
    );
}

#[test]
fn the_demonstration_export_is_windows_1252_with_every_trap_of_a_french_crm() {
    let bytes = export(2_000, 1, Stage::History);
    assert!(
        std::str::from_utf8(&bytes).is_err(),
        "it would pass for UTF-8"
    );
    let (text, had_errors) = encoding_rs::WINDOWS_1252.decode_without_bom_handling(&bytes);
    assert!(!had_errors);
    for trap in [
        "Réf. prospect;Nom;Prénom",
        "CA (k€)",
        "Île-de-France",
        "n.c.",
        ";;",
        "en cours",
        "\"\"démo\"\"",
        "devis.",
    ] {
        assert!(text.contains(trap), "no `{trap}`");
    }
    assert!(text.contains('\u{a0}'), "no thousands set apart by U+00A0");
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(b';')
        .from_reader(text.as_bytes());
    assert_eq!(reader.headers().unwrap().len(), demo::HEADERS.len());
    let records: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(records.len(), 2_000);
    for record in &records {
        assert!(record[3].ends_with("@exemple.fr"));
        let range = [
            "01 99 00", "02 61 91", "03 53 01", "04 65 71", "05 36 49", "06 39 98",
        ];
        assert!(
            range.contains(&&record[4][..8]),
            "a number outside the ranges kept for fiction"
        );
    }
}

#[test]
fn the_demonstration_policy_declares_every_column_of_its_export() {
    let policy = policy::parse(demo::policy()).unwrap();
    let declared: Vec<&str> = policy
        .columns
        .iter()
        .map(|column| column.name.as_str())
        .collect();
    assert_eq!(declared, demo::HEADERS);
    assert_eq!(policy.features().count(), 11);
    assert!(policy.people.len() >= 4 && policy.bands.len() == 3);
}

#[test]
fn the_policy_of_the_benchmark_holds_together() {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/benches/leads.toml"))
        .unwrap();
    let policy = policy::parse(&text).unwrap();
    assert_eq!((policy.columns.len(), policy.features().count()), (20, 15));
}

/// Two features and their pair, with levels that are hostile to whoever prints them.
fn schema() -> Schema {
    let levels = vec![
        String::from("<script>alert(1)</script>"),
        String::from("Salon \u{1b}[31mrouge\u{202e}"),
    ];
    Schema {
        normaliser: 1,
        id_type: String::from("crm-id"),
        features: vec![
            Feature {
                name: String::from("Origine"),
                shape: Shape::Category { levels },
            },
            Feature {
                name: String::from("Effectif"),
                shape: Shape::Number {
                    edges: vec![10.0, 49.5, 12_500.0],
                    low: -2.5,
                    high: 1e6,
                },
            },
            Feature {
                name: String::from("Lettre"),
                shape: Shape::Flag,
            },
        ],
        pairs: vec![Pair {
            a: 0,
            b: 1,
            coarse_a: vec![Some(0), Some(1), None, Some(1)],
            coarse_b: vec![
                Some(0),
                Some(0),
                Some(1),
                Some(1),
                Some(2),
                Some(0),
                Some(1),
            ],
        }],
    }
}

#[test]
fn a_code_is_said_in_words_in_both_languages() {
    let schema = schema();
    let number = &schema.features[1].shape;
    let said = |code, lang| meaning(number, code, lang);
    let cases = [
        (0, "at most 10", "au plus 10"),
        (1, "between 10 and 49.5", "entre 10 et 49,5"),
        (2, "between 49.5 and 12,500", "entre 49,5 et 12\u{202f}500"),
        (3, "more than 12,500", "plus de 12\u{202f}500"),
        (4, "not given", "non renseigné"),
        (
            5,
            "below the known values (under −2.5)",
            "sous les valeurs connues (moins de −2,5)",
        ),
        (
            6,
            "beyond the known values (over 1,000,000)",
            "au-delà des valeurs connues (plus de 1\u{202f}000\u{202f}000)",
        ),
    ];
    for (code, en, fr) in cases {
        assert_eq!(said(code, Lang::En), en);
        assert_eq!(said(code, Lang::Fr), fr);
    }
    assert_eq!(meaning(&Shape::Flag, 0, Lang::Fr), "non");
    assert_eq!(meaning(&Shape::Flag, 1, Lang::Fr), "oui");
    assert_eq!(meaning(&Shape::Flag, 2, Lang::En), "not given");
    assert_eq!(
        meaning(&schema.features[0].shape, 3, Lang::Fr),
        "autre ou jamais vu"
    );
    let alone = Shape::Number {
        edges: vec![],
        low: 0.0,
        high: 1.0,
    };
    assert_eq!(meaning(&alone, 0, Lang::Fr), "toute valeur");
}

#[test]
fn a_pair_is_said_by_both_its_coarse_ranges() {
    let schema = schema();
    let said = |a, b| {
        pair_meaning(
            &schema,
            &schema.pairs[0],
            schema.pairs[0].code(a, b),
            Lang::Fr,
        )
    };
    assert_eq!(said(0, 1), "<script>alert(1)</script> × au plus 49,5");
    assert_eq!(said(0, 2), "<script>alert(1)</script> × plus de 49,5");
    assert!(
        said(1, 4).ends_with("ou autre ou jamais vu × non renseigné"),
        "{}",
        said(1, 4)
    );
    assert_eq!(said(2, 1), "trop rare pour une paire");
}

fn explanation(baseline: i32, contributions: &[i32], codes: &[u16]) -> Explanation {
    let schema = schema();
    let parts: Vec<LogOdds> = contributions.iter().copied().map(LogOdds).collect();
    let total = parts.iter().copied().sum::<LogOdds>() + LogOdds(baseline);
    Explanation {
        lead: String::from("PR00000042"),
        decision: 1_234,
        score: total.score(),
        log_odds: total,
        baseline: LogOdds(baseline),
        band: String::from("chaud"),
        band_label: String::from("À rappeler en premier"),
        flags: Vec::new(),
        trial: false,
        model: Digest::of(b"model"),
        run: String::from("2026-10-01-a"),
        time: String::from("2026-10-01T02:00:00Z"),
        date: String::from("2026-10-01"),
        purpose: String::from("prospection"),
        purpose_words: None,
        basis: Basis::LegitimateInterest,
        article: Basis::LegitimateInterest.article().to_owned(),
        ground: None,
        pseudonym: [7; 16],
        terms: terms(&schema, codes, &parts, &str::to_owned, Lang::Fr),
        proof: Proof {
            segment: String::from("00"),
            row: 3,
            leaf: String::from("ab"),
            log_index: 9,
            checkpoint_size: 12,
            checkpoint_root: String::from("AVaY"),
            verified: true,
        },
        others: vec![Other {
            decision: 7,
            date: String::from("2026-09-01"),
            run: String::from("2026-09-01-a"),
            score: LogOdds(0).score(),
            band_label: String::from("À suivre"),
        }],
    }
}

/// The signed thousandths of the sum's lines, read back from the text: everything above the total, and the total.
fn printed(text: &str) -> (Vec<i64>, i64) {
    let sum = text
        .split("en logits")
        .nth(1)
        .unwrap()
        .split("Exactement")
        .next()
        .unwrap();
    let mut numbers: Vec<i64> = sum
        .lines()
        .filter_map(|line| {
            line.split_whitespace()
                .find(|word| word.starts_with(['+', '−']) && word.contains(','))
        })
        .map(|word| word.replace('−', "-").replace(',', "").parse().unwrap())
        .collect();
    let total = numbers.pop().unwrap();
    (numbers, total)
}

proptest! {
    #[test]
    fn what_is_printed_adds_up_and_equals_the_json(
        baseline in -4_000_000..4_000_000_i32,
        parts in proptest::collection::vec(-3_000_000..3_000_000_i32, 4),
    ) {
        let explanation = explanation(baseline, &parts, &[0, 2, 1, 1]);
        prop_assert!(explanation.check().is_ok());
        let json = explanation.json(Lang::Fr);
        let q20 = |value: &serde_json::Value| value["q20"].as_i64().unwrap();
        let exact: Vec<i64> = json["terms"].as_array().unwrap().iter().map(|term| q20(&term["contribution"])).collect();
        prop_assert_eq!(q20(&json["baseline"]) + exact.iter().sum::<i64>(), q20(&json["log_odds"]));

        let text = explanation.text(Lang::Fr);
        let (lines, total) = printed(&text);
        prop_assert_eq!(lines.iter().sum::<i64>(), total);
        for (line, exact) in lines[1..].iter().zip(&exact) {
            let off = (*line as f64 / 1000.0 - *exact as f64 / 1_048_576.0).abs();
            prop_assert!(off <= 0.000_500_1, "{} printed for {}", line, exact);
        }
        let score = json["score_ppm"].as_u64().unwrap();
        let decimal = format!("0,{score:06}");
        prop_assert!(text.contains(&decimal));
    }
}

#[test]
fn a_sum_that_does_not_add_up_is_refused() {
    let mut explanation = explanation(-1_000_000, &[500_000, -20_000, 3, 0], &[0, 2, 1, 1]);
    assert!(explanation.check().is_ok());
    explanation.terms[0].contribution = LogOdds(500_001);
    assert!(explanation.check().is_err());
}

#[test]
fn a_terminal_shows_reasons_first_and_nothing_that_moves_its_cursor() {
    let mut explanation = explanation(-1_000_000, &[900_000, -20_000, 3, 0], &[1, 2, 1, 1]);
    let effectif = explanation
        .terms
        .iter_mut()
        .find(|term| term.columns == ["Effectif"])
        .unwrap();
    effectif.given = Some(Given {
        value: Some(String::from("8")),
        code: 0,
    });
    let text = explanation.text(Lang::Fr);
    let lines: Vec<&str> = text.lines().collect();
    assert!(
        lines[0].contains("PR00000042") && lines[0].contains("À rappeler en premier"),
        "{}",
        lines[0]
    );
    assert!(
        lines[2].contains("1. Origine\u{a0}: Salon")
            && lines[2].contains("pèse fortement vers la conversion"),
        "{}",
        lines[2]
    );
    assert!(
        text.contains("[≠ 8]") && text.contains("autre code (≠)\u{a0}: 1."),
        "{text}"
    );
    assert!(text.contains("vérifiée") && text.contains("Autres décisions"));
    assert!(
        !text.contains('\u{1b}') && !text.contains('\u{202e}'),
        "a level's control letters reached the terminal"
    );
    explanation.proof.verified = false;
    assert!(explanation.text(Lang::En).contains("NOT VERIFIED"));
}

#[test]
fn terms_past_the_eighth_are_summed_in_one_line() {
    let mut explanation = explanation(0, &[8, 4, 2, 1], &[0, 2, 1, 1]);
    let one = explanation.terms[0].clone();
    explanation.terms = (1..=11)
        .rev()
        .map(|n| probant::report::Term {
            contribution: LogOdds(n << 18),
            ..one.clone()
        })
        .collect();
    explanation.log_odds = LogOdds((1..=11).sum::<i32>() << 18);
    let text = explanation.text(Lang::Fr);
    assert!(text.contains("reste\u{a0}: 3 autres"), "{text}");
    let (lines, total) = printed(&text);
    assert_eq!((lines.len(), lines[9]), (10, 1_500));
    assert_eq!(lines.iter().sum::<i64>(), total);
}

#[test]
fn the_three_reasons_are_the_largest_contributions_in_words() {
    let schema = schema();
    let tables: Vec<Vec<LogOdds>> = vec![
        [860_000, -100_000, 5, 0].map(LogOdds).to_vec(),
        [0, -900_000, 70_000, 0, 0, 0, 0].map(LogOdds).to_vec(),
        [-860_000, 200_000, 0].map(LogOdds).to_vec(),
        vec![LogOdds(0); 7],
    ];
    let reasons = Reasons::new(&schema, &tables, &str::to_owned, Lang::Fr);
    let all = reasons.all();
    let columns: [&[u16]; 4] = [&[0, 3, 2], &[1, 2, 0], &[0, 2, 2], &[0, 0, 0]];
    let (mut first, mut second, mut third) = ([0; 3], [0; 3], [0; 3]);
    reasons.top(&columns, [&mut first, &mut second, &mut third]);
    let words = |row: usize| {
        [first[row], second[row], third[row]]
            .map(|place| all.get(place as usize).map_or("", String::as_str))
    };
    // The first and the third term are equally large: the earlier one comes first.
    assert_eq!(
        words(0),
        [
            "Effectif = entre 10 et 49,5 (-0,86)",
            "Origine = <script>alert(1)</script> (+0,82)",
            "Lettre = non (-0,82)"
        ]
    );
    assert!(words(1)[0].contains("12\u{a0}500"));
    assert_eq!(words(1)[1..], ["", ""]);
    assert_eq!(words(2)[1..], ["", ""], "a contribution of 0 is no reason");
}

/// A model as the demonstration's could be, its policy and its provenance; every curve is made up.
pub(crate) struct Sample {
    pub model: Model,
    pub policy: Policy,
    pub provenance: Provenance,
}

impl Sample {
    pub fn input(&self) -> CardInput<'_> {
        CardInput {
            model: &self.model,
            policy: &self.policy,
            provenance: &self.provenance,
        }
    }

    fn card(&self) -> String {
        card(&self.input(), &Known::default(), Lang::Fr)
    }
}

fn sample_card() -> String {
    sample(&[
        "Salon professionnel",
        "Recommandation",
        "Appel entrant",
        "LinkedIn",
        "Partenaire",
    ])
    .card()
}

pub(crate) fn sample(origins: &[&str]) -> Sample {
    let levels = |texts: &[&str]| {
        let mut levels: Vec<String> = texts.iter().map(|&text| text.to_owned()).collect();
        levels.sort();
        Shape::Category { levels }
    };
    let number = |edges: Vec<f64>| Shape::Number {
        edges,
        low: 0.0,
        high: 1e6,
    };
    let feature = |name: &str, shape| Feature {
        name: name.to_owned(),
        shape,
    };
    let regions = [
        "Bretagne",
        "Corse",
        "Grand Est",
        "Hauts-de-France",
        "Normandie",
        "Occitanie",
        "Île-de-France",
        "Centre-Val de Loire",
    ];
    let features = vec![
        feature("Origine", levels(origins)),
        feature("Région", levels(&regions)),
        feature(
            "Effectif",
            number((1..16).map(|n| f64::from(n * n * n) + 0.5).collect()),
        ),
        feature(
            "CA (k€)",
            number((1..24).map(|n| 150.25 * f64::from(n * n)).collect()),
        ),
        feature(
            "Pages vues",
            number((1..12).map(|n| f64::from(n) + 0.5).collect()),
        ),
        feature("Inscrit à la lettre", Shape::Flag),
    ];
    let coarse = |shape: &Shape, width: usize| {
        (0..shape.codes())
            .map(|at| Some((at * width / shape.codes()) as u8))
            .collect()
    };
    let pairs = vec![Pair {
        a: 0,
        b: 2,
        coarse_a: coarse(&features[0].shape, 5),
        coarse_b: coarse(&features[2].shape, 6),
    }];
    let schema = Schema {
        normaliser: 1,
        id_type: String::from("crm-id"),
        features,
        pairs,
    };
    let tables = tables_of(&schema);
    let settings = Settings {
        seed: 1,
        min_people: 20,
        max_bins: 32,
        strength: String::from("3.2"),
        solver: Solver::Newton,
        rows: 18_989,
        positives: 4_178,
    };
    let levels = schema
        .features
        .iter()
        .map(|feature| levels_of(&feature.shape))
        .collect();
    let model = Model::new(schema, settings, LogOdds(-1_400_000), tables).unwrap();
    let policy = policy::parse(crate::night::POLICY).unwrap();
    let provenance = provenance(&model, &policy, levels);
    Sample {
        model,
        policy,
        provenance,
    }
}

/// One made-up table per term of `schema`, which is the one of [`sample`].
fn tables_of(schema: &Schema) -> Vec<Vec<LogOdds>> {
    let wave = |term: usize, at: usize| {
        LogOdds(
            ((at * 7 + term * 3) as f64 * 0.37)
                .sin()
                .mul_add(700_000.0, 0.0) as i32,
        )
    };
    let mut tables: Vec<Vec<LogOdds>> = schema
        .features
        .iter()
        .map(|feature| feature.shape.codes())
        .chain(schema.pairs.iter().map(Pair::codes))
        .enumerate()
        .map(|(term, codes)| (0..codes).map(|at| wave(term, at)).collect())
        .collect();
    // Smooth where the picture is a curve; nothing for a code that few people hold, and for the pair's "none".
    for (term, table) in tables.iter_mut().enumerate().take(5).skip(2) {
        for (at, entry) in table.iter_mut().enumerate() {
            *entry = LogOdds((900_000.0 * ((at as f64) / 5.0 + term as f64).sin()) as i32);
        }
    }
    let other = tables[1].len() - 1;
    tables[1][other] = LogOdds(0);
    *tables[6].last_mut().unwrap() = LogOdds(0);
    tables
}

fn levels_of(shape: &Shape) -> Vec<Level> {
    let codes = shape.codes() as u16;
    (0..codes)
        .map(|code| {
            let hidden = code + 1 == codes;
            Level {
                code,
                rows: (!hidden).then(|| 1_200 + u64::from(code) * 31),
                positives: (!hidden).then(|| 250 + u64::from(code) * 3),
            }
        })
        .collect()
}

fn provenance(model: &Model, policy: &Policy, levels: Vec<Vec<Level>>) -> Provenance {
    Provenance {
        format: Provenance::FORMAT,
        model: model.version(),
        schema: Digest::of(b"schema"),
        policy: policy.digest,
        data: vec![Digest::of(b"salted")],
        fingerprint: None,
        trained_at: String::from("2026-10-01T08:12:00Z"),
        trained_by: "data-1".parse().unwrap(),
        binary: String::from("0.1.0"),
        purpose: "prospection".parse().unwrap(),
        rows: Rows {
            read: 20_034,
            failed: 34,
            open: 1_011,
            used: 18_989,
        },
        undeclared: vec![String::from("Notes <internes>")],
        not_identity: vec![NotIdentity {
            column: String::from("Secteur"),
            why: String::from("code NAF"),
        }],
        period: Some(Period {
            first: String::from("2024-10-01"),
            last: String::from("2026-09-30"),
        }),
        findings: findings(levels),
    }
}

fn findings(levels: Vec<Vec<Level>>) -> Findings {
    let interval = |value: f64, half: f64| Interval {
        value,
        low: value - half,
        high: value + half,
    };
    let reliability = (0..10)
        .map(|n| {
            let predicted = 0.02 + 0.006 * f64::from(n * n);
            Calibration {
                rows: 379,
                predicted,
                observed: predicted + 0.02 * f64::from(n).sin(),
            }
        })
        .collect();
    let roc = (1..50)
        .map(|n| f64::from(n) / 50.0)
        .map(|x| (x, x.powf(0.33)))
        .collect();
    Findings {
        rows: 18_989,
        positives: 4_178,
        holdout: Holdout::Time {
            from: Some(String::from("2026-05-02")),
        },
        metrics: Metrics {
            rows: 3_798,
            positives: 821,
            roc_auc: interval(0.8217, 0.016),
            pr_auc: interval(0.5712, 0.03),
            log_loss: interval(0.3981, 0.012),
            brier: interval(0.1251, 0.005),
            ece: interval(0.0134, 0.006),
            ece_noise_floor: 0.0141,
            lift_10: interval(3.21, 0.2),
        },
        curves: Curves { roc, reliability },
        tried: vec![
            Tried {
                strength: 3.2,
                pairs: 10,
                log_loss: 0.4,
                standard_error: 0.004
            };
            16
        ],
        strength: 3.2,
        pairs: vec![KeptPair {
            a: String::from("Origine"),
            b: String::from("Effectif"),
            gain: 210.0,
        }],
        levels,
        gradient: 3.1e-12,
        steps: 6,
        certificate: Some(Certificate {
            rows: 12_000,
            columns: 96,
            largest_difference: 2.3e-5,
            gradient: 1.9e-6,
            certified: true,
        }),
        warnings: vec![
            Warning::Sentinel {
                feature: String::from("Effectif"),
                value: String::from("999"),
                share: 0.08,
            },
            Warning::Drift {
                first: 0.21,
                last: 0.24,
            },
            Warning::Separates {
                feature: String::from("Région"),
                code: 1,
                rows: 41,
                positive: false,
            },
        ],
        promotable: true,
        cv: None,
        profile: None,
        compared: Vec::new(),
        incomparable: None,
        thin: None,
        reference: None,
    }
}

/// Fails on any tag that is not closed in order; `<x/>` and the doctype stand alone.
pub(crate) fn assert_balanced(html: &str) {
    let mut open: Vec<&str> = Vec::new();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        let end = at + rest[at..].find('>').expect("a tag without its end");
        let tag = &rest[at + 1..end];
        rest = &rest[end + 1..];
        if tag.starts_with('!') || tag.ends_with('/') {
            continue;
        }
        match tag.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop(), Some(name), "`</{name}>` closes another tag"),
            None => open.push(tag.split_whitespace().next().unwrap()),
        }
    }
    assert!(open.is_empty(), "left open: {open:?}");
}

#[test]
fn a_card_is_well_formed_self_contained_and_in_both_languages() {
    let html = sample_card();
    assert_balanced(&html);
    for needed in [
        "lang=\"fr\"",
        "lang=\"en\"",
        "À quoi il sert",
        "What it is for",
        "Maud Escande",
        "0,822",
        "0.822",
        "<caption>",
    ] {
        assert!(html.contains(needed), "no `{needed}`");
    }
    for foreign in [
        "<script", "http:", "https:", "url(", "@import", "src=", "href=",
    ] {
        assert!(
            !html.contains(foreign),
            "`{foreign}` in a self-contained card"
        );
    }
    assert_eq!(
        html.matches("<svg").count(),
        html.matches("</title>").count()
            - html.matches("<rect").count()
            - html.matches("<circle").count()
            - 1,
        "a picture without its title"
    );
}

#[test]
fn hostile_level_names_stay_text_on_a_card() {
    let hostile = [
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "' onmouseover='x",
        "</title></svg>",
        "&lt;b&gt;",
        "{{ 7*7 }}",
        "\u{202e}gnirts",
        "田中さん",
        "\u{0}\u{1b}[31m",
        "]]>",
        "<!--",
    ];
    let html = sample(&hostile).card();
    assert_balanced(&html);
    for raw in [
        "<script",
        "<img",
        "onmouseover='",
        "\u{202e}",
        "\u{1b}",
        "\u{0}",
        "<!--",
    ] {
        assert!(!html.contains(raw), "{raw:?} reached the page");
    }
    assert!(html.contains("{{ 7*7 }}") && html.contains("田中さん"));
    assert!(
        html.contains("&amp;lt;b") && !html.contains("&lt;b&gt;"),
        "an entity in a level was read as markup"
    );
}

#[test]
fn a_card_shows_no_figure_from_fewer_than_k_rows_even_if_its_findings_do() {
    let mut sample = sample(&["Salon", "Recommandation"]);
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
    found.warnings = vec![
        Warning::Separates {
            feature: String::from("Origine"),
            code: 1,
            rows: 19,
            positive: true,
        },
        Warning::Duplicates { rows: 18 },
    ];
    sample.provenance.rows.failed = 16;
    sample.provenance.rows.open = 14;
    let html = sample.card();
    for few in [
        ">13<",
        ">16<",
        ">14<",
        "(19 ",
        "17 prospects",
        "17 leads",
        ">18 ",
        "98,8",
        "98.8",
        "99,8",
        "99.8",
    ] {
        assert!(!html.contains(few), "`{few}` stands for too few people");
    }
    assert!(html.contains("&#60; 20") || html.contains("&lt; 20"));
    assert!(html.contains("7,919"), "a level with enough rows is shown");

    sample.provenance.findings.metrics.positives = 15;
    let html = sample.card();
    assert!(html.contains("Too few people to show figures") && !html.contains("0.822"));
}

#[test]
fn a_provenance_survives_the_round_trip_and_refuses_another_format() {
    let mut provenance = sample(&["Salon", "Recommandation"]).provenance;
    let text = provenance.to_json();
    assert!(text.starts_with("{\n  \"format\": 1,\n") && text.ends_with("}\n"));
    assert_eq!(Provenance::parse(&text).unwrap(), provenance);
    provenance.format = 2;
    assert!(Provenance::parse(&provenance.to_json()).is_err());
    assert!(Provenance::parse(&text.replace("\"undeclared\"", "\"unknown\"")).is_err());
}

#[test]
fn a_provenance_from_before_features_were_weighed_still_has_its_card() {
    let text = include_str!("../vectors/provenance-1.json");
    let provenance = Provenance::parse(text).unwrap();
    assert_eq!(provenance.findings.profile, None);
    let policy = policy::parse(crate::night::POLICY).unwrap();
    let model = Model::parse(include_str!("../../models/model.json")).unwrap();
    let weighed = |provenance: &Provenance| {
        let input = CardInput {
            model: &model,
            policy: &policy,
            provenance,
        };
        card(&input, &Known::default(), Lang::Fr).contains("whom it singles out")
    };
    assert!(!weighed(&provenance), "nothing is said that was not asked");
    let now = Provenance::parse(include_str!("../../models/provenance.json")).unwrap();
    assert!(weighed(&now));
}
