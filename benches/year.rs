//! A year on Bank Marketing (additional), month by month, as a table: `benches/year.sh` writes it into `benches/runs`.

#[path = "../tests/it/year/play.rs"]
mod play;

use std::path::PathBuf;
use std::{env, fs};

use serde_json::Value;

/// The stretches of each month: short ones together, until there is something to judge by.
const CUT: [std::ops::Range<usize>; 12] = [
    3..4,
    4..7,
    7..9,
    9..10,
    10..12,
    12..14,
    14..15,
    15..17,
    17..20,
    20..22,
    22..24,
    24..26,
];

/// What was done, without the sentences of a gate.
fn short(done: &str) -> String {
    let (head, why) = done.split_once(": ").unwrap_or((done, ""));
    let why = match why {
        "" => return done.to_owned(),
        _ if why.starts_with("On the same leads") => {
            "worse than the active model on the same leads"
        }
        _ if why.starts_with("The area under") => "no signal on leads held out",
        _ if why.starts_with("Scores and shares") => "its calibration error",
        _ => why,
    };
    format!("{head}: {why}")
}

fn main() {
    let file = env::args().skip(1).find(|it| !it.starts_with("--"));
    let file = PathBuf::from(file.expect("the path of bank-additional-full.csv"));
    let policy = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/data/policies/bank-additional-ordered.toml"
    );
    let policy = fs::read_to_string(policy).expect("the policy");
    let folder = env::temp_dir().join(format!("probant-year-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a temporary folder");
    let mut year = play::live(&folder, &policy, &play::Calls::read(&file), &CUT, 4);
    year.proves_itself();
    println!(
        "| month | leads | won | model | score index | what moved most | AUC expected | AUC realised | calibration error | exit | what was done |"
    );
    println!("| --- | ---: | ---: | --- | ---: | --- | ---: | ---: | ---: | ---: | --- |");
    for it in &year.months {
        let said = &it.watched;
        let number = |at: &str, places: usize| {
            let value = said.pointer(at).and_then(Value::as_f64);
            value.map_or_else(|| "–".to_owned(), |value| format!("{value:.places$}"))
        };
        let features = said["features"].as_array();
        let moved = features.and_then(|all| {
            let psi = |it: &&Value| it["psi"].as_f64().unwrap_or_default();
            all.iter().max_by(|a, b| psi(a).total_cmp(&psi(b)))
        });
        let moved = moved.map_or_else(
            || "–".to_owned(),
            |it| {
                format!(
                    "{} ({:.2})",
                    it["feature"].as_str().unwrap_or_default(),
                    it["psi"].as_f64().unwrap_or_default()
                )
            },
        );
        println!(
            "| {} | {} | {:.1} % | {} | {} | {} | {} | {} | {} | {} | {} |",
            it.name,
            it.leads,
            it.won * 100.0,
            it.model,
            number("/score/psi", 2),
            moved,
            number("/promise/window/roc_auc", 3),
            number("/realised/metrics/roc_auc/value", 3),
            number("/realised/metrics/ece/value", 3),
            it.exit,
            short(&it.done),
        );
    }
    fs::remove_dir_all(&folder).expect("the temporary folder goes");
}
