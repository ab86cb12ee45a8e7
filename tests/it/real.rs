//! Real leads: the published Bank Marketing files, and one table in nine French dialects.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::cli_support::{json, ours, probant, shared, workspace};

fn text(path: &str) -> String {
    fs::read_to_string(ours(path)).unwrap()
}

/// Cross-validates a policy on a file with given folds; ROC AUC and log-loss.
fn cross_validated(policy: &str, data: &Path, folds: &Path) -> (f64, f64) {
    let root = workspace(&text(policy));
    let report = json(
        root.path(),
        &[
            "train",
            data.to_str().unwrap(),
            "--cv",
            "--folds",
            folds.to_str().unwrap(),
        ],
    );
    (
        report["cv"]["roc_auc"].as_f64().unwrap(),
        report["cv"]["log_loss"].as_f64().unwrap(),
    )
}

#[test]
fn bank_full_reaches_its_figures_on_the_given_folds() {
    let (Some(data), Some(folds)) = (
        shared("data/bank_marketing/bank-full.csv"),
        shared("oracles/bankfull.txt"),
    ) else {
        return twin();
    };
    let (auc, loss) = cross_validated("data/policies/bank-full.toml", &data, &folds);
    println!("bank-full: ROC AUC {auc:.5}, log-loss {loss:.5}");
    assert!(auc >= 0.795, "ROC AUC {auc}");
    assert!(loss <= 0.287, "log-loss {loss}");
}

#[test]
fn bank_additional_reaches_its_figures_on_the_given_folds() {
    let (Some(data), Some(folds)) = (
        shared("data/bank_marketing/bank-additional-full.csv"),
        shared("oracles/bankadd.txt"),
    ) else {
        return;
    };
    let (auc, loss) = cross_validated("data/policies/bank-additional.toml", &data, &folds);
    println!("bank-additional: ROC AUC {auc:.5}, log-loss {loss:.5}");
    assert!(auc >= 0.799, "ROC AUC {auc}");
    assert!(loss <= 0.2725, "log-loss {loss}");
}

/// Where the real files are absent: the synthetic export, whose truth is known to reach 0.8.
fn twin() {
    let root = workspace(crate::night::POLICY);
    let data = root.path().join("leads.csv");
    let mut bytes = Vec::new();
    probant::demo::export(&mut bytes, 8_000, 1, 1, probant::demo::Stage::History).unwrap();
    fs::write(&data, bytes).unwrap();
    let report = json(root.path(), &["train", data.to_str().unwrap(), "--cv"]);
    let auc = report["cv"]["roc_auc"].as_f64().unwrap();
    assert!((0.76..0.86).contains(&auc), "ROC AUC {auc}");
}

#[test]
fn what_is_warned_of_in_time_order_is_named() {
    let Some(data) = shared("data/bank_marketing/bank-additional-full.csv") else {
        return;
    };
    let root = workspace(&text("data/policies/bank-additional-ordered.toml"));
    let report = json(
        root.path(),
        &["train", data.to_str().unwrap(), "--as", "analyste"],
    );
    let warnings = report["provenance"]["findings"]["warnings"]
        .as_array()
        .unwrap();
    let calendars: Vec<&str> = warnings
        .iter()
        .filter(|it| it["warning"] == "calendar")
        .map(|it| it["feature"].as_str().unwrap())
        .collect();
    for column in [
        "emp.var.rate",
        "cons.price.idx",
        "cons.conf.idx",
        "euribor3m",
        "nr.employed",
    ] {
        assert!(
            calendars.contains(&column),
            "`{column}` is a calendar in disguise: {calendars:?}"
        );
    }
    assert!(
        warnings.iter().any(|it| it["warning"] == "drift"),
        "{warnings:?}"
    );
    assert!(
        warnings
            .iter()
            .any(|it| it["warning"] == "sentinel" && it["feature"] == "pdays"),
        "{warnings:?}"
    );
}

/// The policy for the nine dialects of one table; only `[data]` differs between them.
fn dialect_policy(root: &Path, data: &Path) -> String {
    let fresh = root.join("draft");
    let output = probant(&fresh, &["init", data.to_str().unwrap()]);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let draft = fs::read_to_string(fresh.join("probant.toml")).unwrap();
    let start = draft.find("[data]").unwrap();
    let end = draft[start..].find("[columns.").unwrap() + start;
    let section: String = draft[start..end]
        .lines()
        .filter(|line| {
            !line.trim_start().starts_with('#') && !line.trim_start().starts_with("identifier")
        })
        .collect::<Vec<_>>()
        .join("\n");
    let section = section.replacen("[data]\n", "[data]\nidentifier = \"row\"\n", 1);
    format!("{HEAD}\n{section}\n{COLUMNS}")
}

const HEAD: &str = r#"
version = 1
[controller]
name = "Exemple"
dpo = "dpo@exemple.fr"
language = "fr"
[[people]]
id = "analyste"
name = "Analyste"
roles = ["data-scientist"]
[[purposes]]
id = "essai"
description = "Comparer neuf écritures d'un même export."
basis = "legitimate-interest"
retention_days = 30
"#;

const COLUMNS: &str = r#"
[columns."Âge"]
kind = "number"
role = "feature"
why = "essai"
origin = "essai"
[columns."Métier"]
kind = "category"
role = "feature"
why = "essai"
origin = "essai"
[columns."Prêt immobilier"]
kind = "flag"
role = "feature"
why = "essai"
origin = "essai"
[columns."Mois"]
kind = "category"
role = "feature"
why = "essai"
origin = "essai"
[columns."Jours depuis"]
kind = "number"
role = "feature"
why = "essai"
origin = "essai"
[columns."Euribor 3 mois"]
kind = "number"
role = "feature"
keep_calendar = true
why = "essai"
origin = "essai"
[columns."Montant devis"]
kind = "number"
role = "feature"
why = "essai"
origin = "essai"
[columns."Date de création"]
kind = "date"
role = "date"
[columns."Converti ?"]
kind = "category"
role = "outcome"
positive = ["Oui"]
negative = ["Non"]
[training]
max_calibration_error = 1.0
[[bands]]
id = "froid"
from = 0
label = "Froid"
[[bands]]
id = "chaud"
from = 0.3
label = "Chaud"
"#;

/// The scores of a Parquet score file, by row.
fn scores(path: &Path) -> Vec<(String, f64, f64)> {
    let wanted = ["row", "score", "log_odds"].map(|name| probant::table::Wanted {
        name: name.to_owned(),
        repeats: false,
    });
    let mut rows = Vec::new();
    for batch in probant::table::Reader::open(&[path.to_owned()], &wanted).unwrap() {
        let batch = batch.unwrap();
        let (
            probant::table::Raw::Text(ids),
            probant::table::Raw::Float(scores),
            probant::table::Raw::Float(odds),
        ) = (&batch.columns[0], &batch.columns[1], &batch.columns[2])
        else {
            panic!("the score file has other types");
        };
        for ((id, score), odds) in ids.iter().zip(scores).zip(odds) {
            rows.push((id.unwrap().to_owned(), *score, *odds));
        }
    }
    rows
}

#[test]
fn nine_dialects_of_one_table_give_one_model_and_one_set_of_scores() {
    let Some(folder) = shared("data/french_exports/good") else {
        return;
    };
    let mut models = BTreeMap::new();
    let mut all = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let data = entry.unwrap().path();
        let name = data.file_name().unwrap().to_string_lossy().into_owned();
        let scratch = tempfile::tempdir().unwrap();
        let root = workspace(&dialect_policy(scratch.path(), &data));
        let data = data.to_str().unwrap();
        let trained: Value = json(root.path(), &["train", data, "--as", "analyste"]);
        models.insert(name.clone(), trained["model"].as_str().unwrap().to_owned());
        let out = root.path().join("scores.parquet");
        let version = trained["model"].as_str().unwrap();
        json(
            root.path(),
            &[
                "score",
                data,
                "--out",
                out.to_str().unwrap(),
                "--model",
                version,
            ],
        );
        all.insert(name, scores(&out));
    }
    assert_eq!(models.len(), 9);
    let reference = models["00_reference_utf8_comma_iso.csv"].clone();
    assert!(
        models.values().all(|model| *model == reference),
        "{models:?}"
    );
    let reference = all["00_reference_utf8_comma_iso.csv"].clone();
    assert_eq!(reference.len(), 2_000);
    for (name, scores) in &all {
        assert!(*scores == reference, "{name} scores differently");
    }
}
