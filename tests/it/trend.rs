//! Why a lead's score moved: the parts are the difference, whatever the models and whatever the record can tell.

use std::fs;

use probant::demo::Stage;
use probant::digest::sha256;
use probant::event::{Act, Seen};
use probant::features::{Feature, Pair, Schema, Shape, encode};
use probant::model::Model;
use probant::model::change::change;
use probant::model::document::Settings;
use probant::model::matched::{matched, translated};
use probant::odds::LogOdds;
use probant::policy::Solver;
use probant::table::{Category, Column};
use proptest::prelude::*;
use serde_json::Value;

use crate::access::acts;
use crate::faults::{failing, full};
use crate::night::{FIRST, Night, export, published, run, world_on};

const LEVELS: [&str; 5] = ["a", "b", "c", "d", "e"];

/// What a lead is: a number or none, a level or none, yes, no or neither.
#[derive(Clone, Debug)]
struct Lead {
    size: Option<i32>,
    origin: Option<usize>,
    customer: u8,
}

impl Lead {
    fn column(&self, name: &str) -> Column {
        match name {
            "size" => Column::Number(vec![self.size.map_or(f64::NAN, f64::from)]),
            "origin" => Column::Category(Category {
                levels: LEVELS.iter().map(|it| (*it).into()).collect(),
                codes: vec![self.origin.map_or(Category::MISSING, |at| at as u32)],
            }),
            _ => Column::Flag(vec![self.customer]),
        }
    }

    fn codes(&self, model: &Model) -> Vec<u16> {
        let features = model.schema().features.iter();
        features.map(|it| self.code(it)).collect()
    }

    fn code(&self, feature: &Feature) -> u16 {
        encode(&self.column(&feature.name), &feature.shape)
            .unwrap()
            .at(0)
    }
}

fn lead() -> impl Strategy<Value = Lead> {
    let size = prop::option::of(-40..140i32);
    (size, prop::option::of(0..LEVELS.len()), 0..3u8).prop_map(|(size, origin, customer)| Lead {
        size,
        origin,
        customer,
    })
}

fn shapes() -> impl Strategy<Value = Vec<Feature>> {
    let edges = prop::collection::btree_set(0..100i32, 0..5);
    let levels = prop::collection::btree_set(0..LEVELS.len(), 1..LEVELS.len());
    let kept = prop::collection::vec(any::<bool>(), 3);
    (edges, levels, kept, -20..=0i32, 99..120i32).prop_map(|(edges, levels, kept, low, high)| {
        let feature = |name: &str, shape| Feature {
            name: name.to_owned(),
            shape,
        };
        let all = [
            feature(
                "size",
                Shape::Number {
                    edges: edges.into_iter().map(f64::from).collect(),
                    low: f64::from(low),
                    high: f64::from(high),
                },
            ),
            feature(
                "origin",
                Shape::Category {
                    levels: levels.into_iter().map(|at| LEVELS[at].to_owned()).collect(),
                },
            ),
            feature("customer", Shape::Flag),
        ];
        let mut kept = kept.into_iter();
        let mut all: Vec<Feature> = all
            .into_iter()
            .filter(|_| kept.next() == Some(true))
            .collect();
        if all.is_empty() {
            all.push(feature("customer", Shape::Flag));
        }
        all
    })
}

fn model() -> impl Strategy<Value = Model> {
    let entries = prop::collection::vec(-5_000_000..5_000_000i32, 200);
    (shapes(), entries, any::<bool>(), any::<bool>(), 1..4u8).prop_map(
        |(mut features, entries, is_turned, has_pair, width)| {
            if is_turned {
                features.reverse();
            }
            let coarse = |at: usize| {
                let codes = 0..features[at].shape.codes() as u8;
                codes.map(|code| Some(code % width)).collect()
            };
            let pairs = if has_pair && features.len() > 1 {
                vec![Pair {
                    a: 0,
                    b: 1,
                    coarse_a: coarse(0),
                    coarse_b: coarse(1),
                }]
            } else {
                Vec::new()
            };
            let mut entries = entries.into_iter().map(LogOdds);
            let baseline = entries.next().unwrap();
            let codes = features.iter().map(|it| it.shape.codes());
            let codes = codes.chain(pairs.iter().map(Pair::codes));
            let tables = codes
                .map(|codes| entries.by_ref().take(codes).collect())
                .collect();
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
            Model::new(schema, settings, baseline, tables).unwrap()
        },
    )
}

fn log_odds(model: &Model, codes: &[u16]) -> i64 {
    i64::from(model.score(codes).unwrap().log_odds.0)
}

proptest! {
    #[test]
    fn data_model_and_what_is_open_are_the_difference_for_any_models_and_leads(
        (old, new) in (model(), model()),
        (then, now) in (lead(), lead()),
    ) {
        let (before, after) = (then.codes(&old), now.codes(&new));
        // What the old model would say today, were today's values known.
        let today = now.codes(&old);
        let between = log_odds(&old, &today);
        let known: Vec<Option<u16>> = today.iter().copied().map(Some).collect();

        let told = change((&old, &before), (&new, &after), &known).unwrap();
        prop_assert!(told.adds_up());
        prop_assert_eq!(told.open(), 0);
        prop_assert_eq!(told.data(), between - log_odds(&old, &before));
        prop_assert_eq!(told.model(), log_odds(&new, &after) - between);

        // From the record alone: still the difference, and whatever is attributed is what the values say.
        let alone = change((&old, &before), (&new, &after), &[]).unwrap();
        prop_assert!(alone.adds_up());
        prop_assert_eq!(alone.lines.len(), told.lines.len());
        for (line, truth) in alone.lines.iter().zip(&told.lines) {
            prop_assert_eq!(line.total(), truth.total());
            let attributed = (line.data, line.model) != (0, 0);
            if attributed || line.open == 0 {
                prop_assert_eq!((line.data, line.model), (truth.data, truth.model));
            }
        }
    }

    #[test]
    fn the_same_model_moves_nothing_by_itself(model in model(), then in lead(), now in lead()) {
        let (before, after) = (then.codes(&model), now.codes(&model));
        let told = change((&model, &before), (&model, &after), &[]).unwrap();
        prop_assert_eq!((told.model(), told.open()), (0, 0));
        prop_assert_eq!(told.data(), log_odds(&model, &after) - log_odds(&model, &before));
    }

    #[test]
    fn a_code_translated_is_among_those_that_the_value_may_have(
        (old, new) in (model(), model()), lead in lead(),
    ) {
        for it in matched(old.schema(), new.schema()) {
            let (Some(a), Some(b)) = (it.old, it.new) else { continue };
            if it.columns.len() > 1 {
                continue;
            }
            let (from, to) = (&new.schema().features[b], &old.schema().features[a]);
            let may = translated(&from.shape, lead.code(from), &to.shape).unwrap();
            prop_assert!(may.contains(&lead.code(to)), "{lead:?} {from:?} {to:?} {may:?}");
        }
    }
}

#[test]
fn a_bin_over_an_edge_is_open_and_one_within_is_not() {
    let number = |edges: &[f64], low: f64, high: f64| Shape::Number {
        edges: edges.to_vec(),
        low,
        high,
    };
    let (old, new) = (
        number(&[10.0, 20.0], 0.0, 30.0),
        number(&[10.0, 15.0, 25.0], -5.0, 30.0),
    );
    let may = |code| translated(&new, code, &old).unwrap();
    assert_eq!(
        may(0),
        [0, 4],
        "from −5 to 10: the first bin, or below the old range"
    );
    assert_eq!(may(1), [1], "over 10, up to 15");
    assert_eq!(may(2), [1, 2], "over 15, up to 25: on either side of 20");
    assert_eq!(may(3), [2]);
    assert_eq!(may(4), [3], "missing is missing");
    assert_eq!(may(5), [4], "under −5");
    assert_eq!(may(6), [5], "over 30");
    assert_eq!(translated(&new, 7, &old), None, "nobody's code");

    let level = |levels: &[&str]| Shape::Category {
        levels: levels.iter().map(|it| (*it).to_owned()).collect(),
    };
    let (old, new) = (level(&["a", "b", "c"]), level(&["b", "d"]));
    let may = |code| translated(&new, code, &old).unwrap();
    assert_eq!(may(0), [1], "b");
    assert_eq!(may(1), [4], "d was never seen");
    assert_eq!(
        may(3),
        [0, 2, 4],
        "what the new one does not know: a, c, or something else"
    );
    assert_eq!(translated(&new, 0, &Shape::Flag), None);
}

fn lead_of(row: u64) -> String {
    format!("PR{:08}", FIRST + row)
}

/// Two nights of the same leads; between them another model took over if `retrained`, and `change` was made to the export.
fn nights(retrained: bool, change: impl Fn(&[u8]) -> Vec<u8>) -> Night {
    let night = Night::new(60);
    night.score("out/a.csv", &[]).done();
    if retrained {
        night.put("leads.csv", &export(6_000, 77, 1, Stage::History));
        let leads = night.path("leads.csv");
        for step in published(leads.to_str().unwrap()) {
            let step: Vec<&str> = step.iter().map(String::as_str).collect();
            night.say(&step).done();
        }
    }
    let bytes = change(&night.read("night.csv"));
    night.put("night.csv", &bytes);
    night.score("out/b.csv", &["--again"]).done();
    night
}

/// Another number of pages seen by the lead of row 4.
fn visited(csv: &[u8]) -> Vec<u8> {
    let text: String = csv.iter().map(|&byte| char::from(byte)).collect();
    let mut lines: Vec<Vec<&str>> = text.lines().map(|line| line.split(';').collect()).collect();
    let at = lines[0].iter().position(|it| *it == "Pages vues").unwrap();
    assert_ne!(lines[5][at], "44");
    lines[5][at] = "44";
    let lines: Vec<String> = lines.into_iter().map(|cells| cells.join(";")).collect();
    (lines.join("\n") + "\n")
        .chars()
        .map(|it| it as u8)
        .collect()
}

fn q20(of: &Value) -> i64 {
    of["q20"].as_i64().unwrap_or_else(|| panic!("{of}"))
}

/// What a decision's explanation says of each term.
fn contributions(night: &Night, lead: &str, decision: &Value) -> Vec<(Value, i64)> {
    let words = [
        "explain",
        lead,
        "--why",
        "audit",
        "--decision",
        &decision.to_string(),
    ];
    let said = night.say(&words).done().json();
    let terms = said["terms"].as_array().unwrap().iter();
    terms
        .map(|it| (it["columns"].clone(), q20(&it["contribution"])))
        .collect()
}

/// The document adds up, and each of its lines is the difference of what the two explanations say.
fn holds(night: &Night, lead: &str, said: &Value) {
    let parts = ["data", "model", "open"].map(|part| q20(&said[part]));
    let difference = q20(&said["difference"]);
    assert_eq!(parts.iter().sum::<i64>(), difference, "{said}");
    let ends = ["from", "to"].map(|end| q20(&said[end]["log_odds"]));
    assert_eq!(ends[1] - ends[0], difference);
    let [then, now] = ["from", "to"].map(|end| contributions(night, lead, &said[end]["decision"]));
    let entry = |of: &[(Value, i64)], columns: &Value| {
        let found = of.iter().find(|(it, _)| it == columns);
        found.map_or(0, |(_, entry)| *entry)
    };
    let mut sums = [0, q20(&said["baseline"]), 0];
    for line in said["terms"].as_array().unwrap() {
        let parts = ["data", "model", "open"].map(|part| q20(&line[part]));
        for (sum, part) in sums.iter_mut().zip(parts) {
            *sum += part;
        }
        let moved = entry(&now, &line["columns"]) - entry(&then, &line["columns"]);
        assert_eq!(parts.iter().sum::<i64>(), moved, "{line}");
    }
    assert_eq!(sums, parts);
}

#[test]
fn data_and_model_are_told_apart_to_the_last_unit() {
    let night = nights(true, visited);
    let (lead, other, csv) = (lead_of(4), lead_of(9), night.path("night.csv"));
    let csv = csv.to_str().unwrap();
    let said = night
        .say(&["trend", &lead, "--why", "review"])
        .done()
        .json();
    holds(&night, &lead, &said);
    assert_eq!(said["same_model"], false);

    // With the values at hand nothing is open, and only what moved in the export is the data's.
    let read = ["trend", &lead, "--why", "review", "--data", csv];
    let read = night.say(&read).done().json();
    holds(&night, &lead, &read);
    assert_eq!(q20(&read["open"]), 0);
    for line in read["terms"].as_array().unwrap() {
        let is_it = line["columns"] == serde_json::json!(["Pages vues"]);
        assert_eq!(q20(&line["data"]) != 0, is_it, "{line}");
    }
    // What the record alone attributes is the same.
    let both = said["terms"].as_array().unwrap().iter();
    for (alone, read) in both.zip(read["terms"].as_array().unwrap()) {
        if q20(&alone["open"]) == 0 {
            assert_eq!(alone["data"], read["data"], "{alone} {read}");
        }
    }
    let words = ["trend", &other, "--why", "review", "--data", csv];
    let still = night.say(&words).done().json();
    holds(&night, &other, &still);
    assert_eq!(
        (q20(&still["data"]), q20(&still["open"])),
        (0, 0),
        "{still}"
    );

    // Another export is not taken for the one that was scored.
    night.put("other.csv", &export(60, 9, FIRST, Stage::Open));
    let other = night.path("other.csv");
    let words = [
        "trend",
        &lead,
        "--why",
        "review",
        "--data",
        other.to_str().unwrap(),
    ];
    let said = night.say(&words).failed(3);
    assert!(said.err.contains("is not what decision"), "{said:?}");
    night.say(&["ledger", "verify", "--full"]).done();
}

#[test]
fn under_one_model_whatever_moved_is_the_datas() {
    let night = nights(false, visited);
    let said = night
        .say(&["trend", &lead_of(4), "--why", "audit"])
        .done()
        .json();
    holds(&night, &lead_of(4), &said);
    assert_eq!((q20(&said["model"]), q20(&said["open"])), (0, 0));
    assert_ne!(q20(&said["data"]), 0);
    assert_eq!(said["same_model"], true);
    let still = night
        .say(&["trend", &lead_of(5), "--why", "audit"])
        .done()
        .json();
    assert_eq!(q20(&still["difference"]), 0);
}

#[test]
fn both_readings_are_recorded_before_they_are_shown() {
    let night = nights(false, visited);
    let lead = lead_of(4);
    let words = ["trend", &lead, "--why", "contest", "--as", "revue-1"];
    let said = night.say(&words).done();
    let read = acts(&night.root());
    let numbers: Vec<u64> = read.iter().filter_map(|event| event.decision).collect();
    let mut ends = ["from", "to"].map(|end| said.json()[end]["decision"].as_u64().unwrap());
    ends.sort_unstable();
    let mut sorted = numbers.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, ends);
    for event in &read {
        assert_eq!(event.shown, sha256(&[said.out.as_bytes()]));
        let act = Act::of(event).unwrap();
        assert!(
            matches!(act, Act::Accessed { what: Seen::Explanation, why } if why.as_str() == "contest")
        );
    }
    // Where the reading cannot be recorded, nothing is shown.
    let mut world = world_on(failing(0, full).0, 3);
    let said = run(&night.root(), &mut world, &words);
    assert_ne!(said.exit, 0);
    assert_eq!(said.out, "");
    assert_eq!(acts(&night.root()).len(), 2);
}

#[test]
fn who_may_not_be_read_about_and_what_is_no_question_are_refused() {
    let night = nights(false, <[u8]>::to_vec);
    let ask = |more: &[&str]| {
        let lead = lead_of(4);
        night.say(&[&["trend", &lead, "--why", "audit"], more].concat())
    };
    let known = ask(&[]).done().json();
    let [from, to] = ["from", "to"].map(|end| known[end]["decision"].to_string());
    ask(&["--from", &from, "--to", &to]).done();
    let said = ask(&["--from", &to, "--to", &from]).failed(2);
    assert!(said.err.contains("is not before decision"), "{said:?}");
    let first = ask(&["--to", &from]).failed(5);
    assert!(
        first.err.contains("is the first about this lead"),
        "{first:?}"
    );
    ask(&["--from", "999999"]).failed(1);
    let read = acts(&night.root()).len();

    let words = ["subject", "restrict", &lead_of(4), "--request", "R-1"];
    night.say(&words).done();
    let said = ask(&[]).failed(5);
    assert!(said.err.contains("is restricted"), "{said:?}");
    let words = ["subject", "lift", &lead_of(4), "--request", "R-1"];
    night.say(&words).done();
    ask(&[]).done();
    let words = ["subject", "erase", &lead_of(4), "--request", "R-2"];
    night.say(&words).done();
    night.say(&["ledger", "purge"]).done();
    let said = ask(&[]);
    assert_ne!(said.exit, 0, "{said:?}");
    assert!(said.err.contains("no decision"), "{said:?}");
    assert!(read >= 4);
}

#[test]
fn a_trend_reads_in_both_languages() {
    let night = nights(true, visited);
    let lead = lead_of(4);
    let words = |lang: &str| {
        let root = night.root();
        let root = root.to_str().unwrap();
        let out = std::process::Command::new(crate::night::PROBANT)
            .args(["--lang", lang, "-w", root, "trend", &lead, "--why", "audit"])
            .output()
            .unwrap();
        assert!(out.status.success(), "{out:?}");
        String::from_utf8(out.stdout).unwrap()
    };
    let (english, french) = (words("en"), words("fr"));
    for part in [
        "together",
        "Exactly: ",
        "what the old model says of today’s values",
    ] {
        assert!(english.contains(part), "{english}");
    }
    for part in [
        "ensemble",
        "Exactement\u{a0}: ",
        "ce que l’ancien modèle dit des valeurs",
    ] {
        assert!(french.contains(part), "{french}");
    }
    assert!(fs::metadata(night.path("out/b.csv")).is_ok());
}
