//! The file of consents: read where the law asks, and refused where nobody would read it.

use std::fs;

use crate::night::{Night, Said, tree};

const EVENTS: &str = "lead;event;when;wording;source;act;scope\n";

/// A withdrawal, by a lead of the night's export.
fn put(night: &Night, lead: &str) -> String {
    let events = format!("{EVENTS}{lead};withdrawn;02/06/2026;;;;\n");
    night.put("consents.csv", events.as_bytes());
    night.path("consents.csv").to_str().unwrap().to_owned()
}

fn policy(night: &Night, change: impl Fn(String) -> String) {
    let file = night.root().join("probant.toml");
    let text = fs::read_to_string(&file).unwrap();
    let changed = change(text.clone());
    assert_ne!(changed, text);
    fs::write(file, changed).unwrap();
}

/// The same commands that take proofs, with these and without.
fn commands(night: &Night, file: &str) -> [Said; 4] {
    let (data, out) = (night.path("night.csv"), night.path("out/scores.csv"));
    let (data, out) = (data.to_str().unwrap(), out.to_str().unwrap());
    let diff = ["law", "diff", data, "--at", "2026-12-01"];
    [
        vec!["score", data, "--out", out],
        vec!["score", data, "--dry-run"],
        diff.to_vec(),
        vec!["check", data],
    ]
    .map(|words| night.say(&[&words[..], &["--consents", file]].concat()))
}

#[test]
fn proofs_that_no_rule_in_force_asks_for_are_refused_and_not_passed_over() {
    let night = Night::new(30);
    let file = put(&night, "PR00500001");
    let before = tree(&night.root(), &["ledger", "state.db"]);
    for said in commands(&night, &file) {
        let said = said.failed(2);
        assert!(
            said.err.contains("`--consents`") && said.err.contains("`none-1`"),
            "{said:?}"
        );
    }
    // The pack named outright is the same pack.
    policy(&night, |text| {
        text.replacen("[data]", "[law]\npack = \"none-1\"\n\n[data]", 1)
    });
    for said in commands(&night, &file) {
        said.failed(2);
    }
    assert_eq!(tree(&night.root(), &["ledger", "state.db"]), before);
    assert!(!night.path("out/scores.csv").exists());
    // Without them, the night is a night.
    assert_eq!(
        night.score("out/scores.csv", &[]).done().json()["proposed"],
        30
    );
}

#[test]
fn a_withdrawal_counts_for_a_purpose_that_does_not_stand_on_consent() {
    let night = Night::new(30);
    policy(&night, |text| {
        text.replacen("[data]", "[law]\npack = \"fr-1\"\n\n[data]", 1)
            .replacen(
                "basis = \"legitimate-interest\"",
                "basis = \"contract\"\nchannel = \"email\"",
                1,
            )
    });
    let file = put(&night, "PR00500001");
    for said in commands(&night, &file) {
        let said = said.done();
        let json = said.json();
        let known = match json.get("law") {
            Some(law) if law.is_array() => &law[0]["consents"],
            _ => &json["consents"],
        };
        assert_eq!(
            (&known["people"], &known["unknown"]),
            (&1.into(), &0.into()),
            "{said:?}"
        );
    }
    let report = night
        .score("out/again.csv", &["--consents", &file])
        .done()
        .json();
    let refusals = report["refusals"].as_array().unwrap();
    let of = |name: &str| refusals.iter().find(|it| it["refusal"] == name);
    assert_eq!(of("consent-withdrawn").unwrap()["leads"], 1, "{report}");
}
