//! Two models compared before one is approved: exactly, about nobody, and only on leads that may be scored.

use std::collections::BTreeMap;
use std::fs;

use probant::demo::Stage;
use probant::digest::Digest;
use probant::features::{Feature, Pair, Schema, Shape};
use probant::lang::Lang;
use probant::ledger::Entry;
use probant::ledger::text::About;
use probant::model::Model;
use probant::model::document::Settings;
use probant::odds::LogOdds;
use probant::policy::Solver;
use probant::report::comparison::Comparison;
use probant::workspace::journal::View;
use serde_json::{Value, json};

use crate::faults::{failing, full};
use crate::night::{FIRST, Night, Said, export, key, run, table, world_on};

fn number(name: &str, edges: &[f64]) -> Feature {
    Feature {
        name: name.to_owned(),
        shape: Shape::Number {
            edges: edges.to_vec(),
            low: 0.0,
            high: 100.0,
        },
    }
}

fn category(name: &str, levels: &[&str]) -> Feature {
    Feature {
        name: name.to_owned(),
        shape: Shape::Category {
            levels: levels.iter().map(|it| (*it).to_owned()).collect(),
        },
    }
}

fn model(features: Vec<Feature>, pairs: Vec<Pair>, baseline: i32, tables: &[&[i32]]) -> Model {
    let schema = Schema {
        normaliser: 1,
        id_type: "row".to_owned(),
        features,
        pairs,
    };
    let settings = Settings {
        seed: 1,
        min_people: 20,
        max_bins: 32,
        strength: "1".to_owned(),
        solver: Solver::Newton,
        rows: 100,
        positives: 10,
    };
    let entries = |table: &&[i32]| table.iter().copied().map(LogOdds).collect();
    let tables = tables.iter().map(entries).collect();
    Model::new(schema, settings, LogOdds(baseline), tables).unwrap()
}

#[test]
fn what_moved_is_matched_by_meaning_and_the_largest_comes_first() {
    let coarse =
        |codes: usize, of: &dyn Fn(usize) -> u8| (0..codes).map(|it| Some(of(it))).collect();
    let old = model(
        vec![
            number("size", &[10.0]),
            category("origin", &["fair", "web"]),
            category("gone", &["x"]),
        ],
        vec![Pair {
            a: 0,
            b: 1,
            coarse_a: coarse(5, &|it| u8::from(it == 1)),
            coarse_b: coarse(4, &|it| u8::from(it == 1)),
        }],
        100,
        &[
            &[1, 2, 3, 1, 2],
            &[10, 20, 0, 0],
            &[0, 0, 7],
            &[0, 0, 0, 50, 0],
        ],
    );
    // The pair the other way round, an edge more, another level, a feature less and one more.
    let new = model(
        vec![
            category("origin", &["call", "web"]),
            number("size", &[10.0, 20.0]),
            Feature {
                name: "came".to_owned(),
                shape: Shape::Flag,
            },
        ],
        vec![Pair {
            a: 0,
            b: 1,
            coarse_a: coarse(4, &|it| u8::from(it == 1)),
            coarse_b: coarse(6, &|it| u8::from(it == 1 || it == 2)),
        }],
        90,
        &[
            &[400, 20, 0, 0],
            &[1, 2, 302, 3, 1, 302],
            &[0, 0, 0],
            &[0, 0, 0, 51, 0],
        ],
    );
    let said = Comparison::of((&old, &new), "p", &str::to_owned, Lang::En);
    assert_eq!(
        (
            said.baseline.old,
            said.baseline.new,
            said.baseline.difference
        ),
        (100, 90, -10)
    );
    assert_eq!(
        (said.came.as_slice(), said.gone.as_slice()),
        (&["came".to_owned()][..], &["gone".to_owned()][..])
    );
    assert!(said.changed_kind.is_empty());
    let moved: Vec<(&str, &str, i64, i64, i64)> = said
        .moved
        .iter()
        .map(|it| {
            let entry = it.entry;
            (
                it.label.as_str(),
                it.meaning.as_str(),
                entry.old,
                entry.new,
                entry.difference,
            )
        })
        .collect();
    assert_eq!(
        moved,
        [
            ("origin", "call", 0, 400, 400),
            ("size", "more than 20", 2, 302, 300),
            ("origin", "fair", 10, 0, -10),
            ("origin × size", "web × more than 10", 50, 51, 1),
        ]
    );
}

/// A night with an active model and a candidate that other leads taught; the two versions.
fn two() -> (Night, String) {
    let night = Night::new(4_000);
    night.put("leads.csv", &export(6_000, 77, 1, Stage::History));
    let leads = night.path("leads.csv");
    let words = [
        "train",
        leads.to_str().unwrap(),
        "--as",
        "data-1",
        "--key",
        &key("data-1"),
    ];
    let made = night.say(&words).done().json();
    (night, made["model"].as_str().unwrap().to_owned())
}

fn diff(night: &Night, more: &[&str]) -> Said {
    let words = ["models", "diff", "@active", "@candidate", "--as", "dpo-1"];
    night.say(&[&words[..], more].concat())
}

fn on_the_export(night: &Night) -> Said {
    diff(
        night,
        &["--data", night.path("night.csv").to_str().unwrap()],
    )
}

fn documents(night: &Night) -> usize {
    fs::read_dir(night.root().join("ledger/documents"))
        .unwrap()
        .count()
}

/// Decimal text of a score file, in units of 2⁻²⁰.
fn q20(text: &str) -> i64 {
    let value: f64 = text.replace(',', ".").parse().unwrap();
    (value * f64::from(1 << 20)) as i64
}

type Rows = BTreeMap<String, BTreeMap<String, String>>;

/// The same export scored with both models, each by itself.
fn scored(night: &Night, candidate: &str) -> [Rows; 2] {
    night.score("out/a.csv", &[]).done();
    night.score("out/b.csv", &["--model", candidate]).done();
    ["out/a.csv", "out/b.csv"].map(|name| {
        let rows = table(&night.read(name)).into_iter();
        rows.map(|row| (row["Réf. prospect"].clone(), row))
            .collect()
    })
}

#[test]
fn who_changes_band_is_counted_as_two_runs_would_and_no_figure_stands_for_fewer_than_k() {
    let (night, candidate) = two();
    let said = on_the_export(&night).done().json();
    let moves = &said["export"];
    let [before, after] = scored(&night, &candidate);
    assert_eq!(moves["leads"], before.len());
    let k = moves["k"].as_u64().unwrap();
    assert_eq!(k, 20);

    let bands: Vec<&str> = moves["bands"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it.as_str().unwrap())
        .collect();
    let mut counts = vec![vec![0u64; bands.len()]; bands.len()];
    let mut ranges = [0u64; 9];
    let edges = [-0.2, -0.1, -0.05, -0.01, 0.01, 0.05, 0.1, 0.2];
    for (id, a) in &before {
        let b = &after[id];
        let at = |row: &BTreeMap<String, String>| {
            bands.iter().position(|it| *it == row["band"]).unwrap()
        };
        counts[at(a)][at(b)] += 1;
        let ppm =
            |row: &BTreeMap<String, String>| row["score"].replace(',', ".").parse::<f64>().unwrap();
        let moved = ((ppm(b) - ppm(a)) * 1e6).round() / 1e6;
        ranges[edges.iter().filter(|edge| **edge <= moved).count()] += 1;
    }
    let mut left_out = 0;
    for (row, counts) in counts.iter().enumerate() {
        for (at, count) in counts.iter().enumerate() {
            match moves["matrix"][row][at].as_u64() {
                Some(told) => assert!(told == *count && (told == 0 || told >= k), "{row} {at}"),
                None => left_out += count,
            }
        }
    }
    let told: u64 = moves["matrix"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|row| row.as_array().unwrap())
        .filter_map(Value::as_u64)
        .sum();
    assert_eq!(told + left_out, before.len() as u64);
    assert!(told > left_out, "most of it is told: {}", moves["matrix"]);
    for (it, count) in moves["shifts"].as_array().unwrap().iter().zip(ranges) {
        match it["leads"].as_u64() {
            Some(told) => assert!(told == count && (told == 0 || told >= k), "{it} {count}"),
            None => assert!(count > 0),
        }
    }
}

#[test]
fn a_group_is_everybody_who_shares_what_it_says_and_its_lines_are_what_they_moved() {
    let (night, candidate) = two();
    let said = on_the_export(&night).done().json();
    let [before, after] = scored(&night, &candidate);
    let policy = fs::read_to_string(night.root().join("probant.toml")).unwrap();
    let policy = probant::policy::parse(&policy).unwrap();
    let groups = said["export"]["groups"].as_array().unwrap();
    assert!(groups.len() >= 2, "{said}");
    for group in groups {
        let number = |of: &Value, what: &str| of[what].as_i64().unwrap();
        let leads = number(group, "leads");
        assert!(leads >= 20);
        let shared = group["shared"].as_array().unwrap();
        let each: i64 = shared
            .iter()
            .map(|line| number(line, "difference"))
            .sum::<i64>()
            + number(group, "baseline");
        assert_eq!(number(group, "moved"), each * leads + number(group, "rest"));
        // Whoever shares the codes moved by the same on each line: the score files say who they may be.
        let mut who = 0;
        let mut moved = 0;
        for (id, a) in &before {
            let b = &after[id];
            let is_it = shared.iter().all(|line| {
                let label = line["label"].as_str().unwrap();
                let column = policy
                    .columns
                    .iter()
                    .find(|it| it.label() == label)
                    .unwrap();
                let cell = |row: &BTreeMap<String, String>| {
                    let name = format!("c.{}", column.name)
                        .replace('€', "\u{80}")
                        .replace('’', "\u{92}");
                    row.get(&name).map_or(0, |text| q20(text))
                };
                cell(b) - cell(a) == number(line, "difference")
            });
            if is_it {
                who += 1;
                moved += q20(&b["log_odds"]) - q20(&a["log_odds"]);
            }
        }
        assert!(who >= leads, "{group}");
        if who == leads {
            assert_eq!(moved, number(group, "moved"), "{group}");
        }
    }
}

#[test]
fn a_comparison_of_leads_is_about_nobody_and_is_recorded_before_it_is_shown() {
    let (night, candidate) = two();
    // Tables alone are about nobody, and nothing needs to be recorded.
    let alone = diff(&night, &[]).done().json();
    assert_eq!(
        (&alone["export"], &alone["entry"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(alone["new"], candidate.as_str());
    let known = documents(&night);

    let said = on_the_export(&night).done();
    for who in [FIRST, FIRST + 1, FIRST + 17] {
        assert!(!said.out.contains(&format!("{who:08}")));
    }
    let shown = said.json();
    let view = View::open(&night.root()).unwrap();
    let entry = shown["entry"].as_u64().unwrap();
    let kept = view.entries().find_map(|(index, it)| match it {
        Entry::Report(it) if index == entry => Some(it.clone()),
        _ => None,
    });
    let kept = kept.unwrap();
    assert_eq!(kept.about, About::Comparison);
    assert_eq!(kept.model.unwrap().to_string(), candidate);
    assert_eq!(kept.actor.as_str(), "dpo-1");
    let bytes = view.document(&kept.document).unwrap();
    assert_eq!(Digest::of(&bytes), kept.document);
    let mut document: Value = serde_json::from_slice(&bytes).unwrap();
    document["entry"] = json!(entry);
    assert_eq!(document, shown);
    drop(view);
    night.say(&["ledger", "verify", "--full"]).done();

    // Where it cannot be recorded, nothing is shown.
    let csv = night.path("night.csv");
    let words = [
        "models",
        "diff",
        "@active",
        "@candidate",
        "--as",
        "dpo-1",
        "--data",
        csv.to_str().unwrap(),
    ];
    let mut world = world_on(failing(0, full).0, 3);
    let failed = run(&night.root(), &mut world, &words);
    assert_ne!(failed.exit, 0);
    assert_eq!(failed.out, "");
    assert_eq!(documents(&night), known + 1);
}

#[test]
fn who_may_not_be_scored_is_not_scored_to_compare_models_either() {
    let (night, _) = two();
    let count = || {
        on_the_export(&night).done().json()["export"]["leads"]
            .as_u64()
            .unwrap()
    };
    let all = count();
    for row in [3, 8] {
        let lead = format!("PR{:08}", FIRST + row);
        night
            .say(&["subject", "object", &lead, "--request", &format!("R-{row}")])
            .done();
    }
    assert_eq!(count(), all - 2);
    // A consent file is asked for where the law asks: the ruling is that of `score`.
    let path = night.root().join("probant.toml");
    let policy = fs::read_to_string(&path).unwrap();
    fs::write(
        &path,
        policy.replace("retention_days = 1095", "retention_days = 1094"),
    )
    .unwrap();
    assert_eq!(count(), all - 2);
}

#[test]
fn too_few_leads_and_one_model_twice_are_no_comparison() {
    let (night, _) = two();
    night.put("night.csv", &export(12, 2, FIRST, Stage::Open));
    let known = documents(&night);
    let said = on_the_export(&night).failed(5);
    assert!(said.err.contains("fewer than 20 leads"), "{said:?}");
    assert_eq!(documents(&night), known);
    let words = ["models", "diff", "@active", "@active", "--as", "dpo-1"];
    let said = night.say(&words).failed(2);
    assert!(said.err.contains("are the same model"), "{said:?}");
}

#[test]
fn a_comparison_reads_in_both_languages() {
    let (night, _) = two();
    let words = |lang: &str| {
        let (root, csv) = (night.root(), night.path("night.csv"));
        let out = std::process::Command::new(crate::night::PROBANT)
            .args(["--lang", lang, "-w"])
            .arg(&root)
            .args([
                "models",
                "diff",
                "@active",
                "@candidate",
                "--as",
                "dpo-1",
                "--data",
            ])
            .arg(&csv)
            .output()
            .unwrap();
        assert!(out.status.success(), "{out:?}");
        String::from_utf8(out.stdout).unwrap()
    };
    let english = words("en");
    for part in [
        "where all start",
        "may be scored; from which band",
        "score moves by",
        "and share:",
        "Nobody is named",
    ] {
        assert!(english.contains(part), "{part}: {english}");
    }
    let french = words("fr");
    for part in [
        "départ de tous",
        "peuvent être notés",
        "écart de score",
        "ont en commun\u{a0}:",
        "Personne n’est désigné",
    ] {
        assert!(french.contains(part), "{part}: {french}");
    }
}
