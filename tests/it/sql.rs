//! A model as SQL, judged by an engine that is not ours: the same integers, on every row.
//!
//! `DuckDB` and sqlglot come from Python's package index in pinned versions, once, into a folder
//! outside the tree; where they cannot be had, a printed line says that the test is skipped.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use probant::demo::{self, Stage};
use probant::lang::Lang;
use probant::model::Model;
use probant::policy::{self, Policy};
use probant::sql::{Dialect, Error, select};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::auditor::venv;
use crate::cli_support::{self, ours, probant};
use crate::night::key;

/// What judges; a change of it makes a new folder.
const PINNED: [&str; 2] = ["duckdb==2.0.1", "sqlglot==30.30.0"];

/// Leads that are scored both ways.
const LEADS: usize = 100_000;

/// Leads that the model is fitted on.
const LEARNED: usize = 12_000;

/// A level that would end a text, a comment or a line if it could.
const NASTY: &str = "l'\"offre\" \\ --; /* `🙂` */ \\' $$ %s";

/// The columns and the types that they are stored as: several for one kind, since tables differ.
const TYPES: [(&str, &str); 15] = [
    ("Réf. prospect", "VARCHAR"),
    ("Origine", "VARCHAR"),
    ("Secteur", "VARCHAR"),
    ("Région", "VARCHAR"),
    ("Formule", "BIGINT"),
    ("Ancien client", "VARCHAR"),
    ("Effectif", "DOUBLE"),
    ("CA (k€)", "DOUBLE"),
    ("Pages vues", "BIGINT"),
    ("Temps sur le site (min)", "FLOAT"),
    ("Fonction", "VARCHAR"),
    ("Inscrit à la lettre", "VARCHAR"),
    ("Webinaire suivi", "BOOLEAN"),
    ("Rappel \"promis\"", "TINYINT"),
    ("Converti", "VARCHAR"),
];

fn policy() -> String {
    let head = crate::night::POLICY;
    let (head, _) = head.split_once("# Comment l’export").unwrap();
    let mut text = format!(
        "{head}
[data]
format = \"parquet\"
missing = [\"n.c.\", \"L'inconnu\"]
yes = [\"oui\"]
no = [\"non\"]
max_failed = 0.01

[columns.\"Réf. prospect\"]
kind = \"text\"
role = \"identifier\"

[columns.\"Converti\"]
kind = \"category\"
role = \"outcome\"
positive = [\"oui\"]
negative = [\"non\"]
"
    );
    for (name, _) in &TYPES[1..14] {
        let kind = match *name {
            "Effectif" | "CA (k€)" | "Pages vues" | "Temps sur le site (min)" => "number",
            "Inscrit à la lettre" | "Webinaire suivi" | "Rappel \"promis\"" => "flag",
            _ => "category",
        };
        let name = name.replace('"', "\\\"");
        let column = format!("\n[columns.\"{name}\"]\nkind = \"{kind}\"\nrole = \"feature\"\n");
        text.push_str(&column);
        text.push_str("why = \"Essai.\"\norigin = \"Essai.\"\n");
    }
    text + "
[training]
seed = 1
min_people = 20
max_bins = 32
pairs = [[\"Origine\", \"Effectif\"], [\"Région\", \"Inscrit à la lettre\"], [\"Effectif\", \"CA (k€)\"], [\"Formule\", \"Webinaire suivi\"]]
solver = \"newton\"
max_calibration_error = 0.5
certificate_mib = 64

[[bands]]
id = \"froid\"
from = 0.0
label = \"Froid\"

[[bands]]
id = \"tiede\"
from = 0.15
label = \"Tiède\"

[[bands]]
id = \"chaud\"
from = 0.4
label = \"Chaud\"
"
}

/// Synthetic leads as JSON lines, every cell a text, with whatever a table may hold strewn among them.
fn rows(count: usize, seed: u64, first: u64, stage: Stage) -> Vec<u8> {
    let mut out = Vec::new();
    for (at, lead) in demo::leads(count, seed, first, stage).enumerate() {
        let field = |at: usize| json!(lead.fields[at]);
        let plain = |at: usize| {
            let text = lead.fields[at].replace(',', ".").replace('\u{a0}', "");
            text.parse::<f64>()
                .map_or(Value::Null, |it| json!(it.to_string()))
        };
        let odd = |every: usize, odd: &[Value], else_: Value| {
            let turn = at / every;
            if at % every == 0 {
                odd[turn % odd.len()].clone()
            } else {
                else_
            }
        };
        // What the model learns from ends somewhere: beyond is for the leads that are scored.
        let number = |within: &[&str], beyond: &[&str], at| {
            let beyond = if stage == Stage::Open { beyond } else { &[] };
            let odds = within.iter().chain(beyond).map(|it| json!(it));
            let odds: Vec<Value> = odds.chain([Value::Null]).collect();
            odd(41, &odds, plain(at))
        };
        let texts = |texts: &[&str]| -> Vec<Value> {
            texts
                .iter()
                .map(|it| json!(it))
                .chain([Value::Null])
                .collect()
        };
        let origin = texts(&[
            "",
            " \u{a0} ",
            "L'inconnu",
            " n.c.\t",
            "  Salon \u{2003}professionnel\n",
            "télépathie",
            NASTY,
            &format!("\u{3000}{NASTY} "),
            "SALON PROFESSIONNEL",
        ]);
        let region = texts(&[
            "I\u{302}le-de-France",
            "\u{85}Île-de-France",
            "Atlantide",
            "Ile-de-France",
        ]);
        let letter = texts(&["OUI", " Non ", "n.c.", "", "\u{a0}oui"]);
        let bad = [1, 2].map(|turn| at % 9_973 == turn);
        let answers = [json!("true"), json!("false"), Value::Null];
        let cells = [
            field(0),
            odd(
                29,
                &origin,
                if at % 11 == 3 { json!(NASTY) } else { field(6) },
            ),
            field(7),
            odd(31, &region, field(8)),
            odd(
                53,
                &[Value::Null, json!("99"), json!("-1")],
                json!((at % 7).to_string()),
            ),
            answers[at % 3].clone(),
            if bad[0] {
                json!("inf")
            } else {
                number(&["NaN"], &["-5", "1e12", "0", "-0.0", "-1e300"], 9)
            },
            number(&["nan"], &["1e300", "0.1"], 10),
            number(&[], &["-300", "9000000000000000000"], 11),
            number(&["NaN"], &["1e30", "-1e30"], 12),
            odd(
                37,
                &texts(&["Étudiant", "E\u{301}tudiant", "inconnue"]),
                field(14),
            ),
            if bad[1] {
                json!("peut-être")
            } else {
                odd(17, &letter, field(15))
            },
            odd(
                19,
                &[Value::Null],
                json!((lead.fields[16] == "oui").to_string()),
            ),
            odd(23, &[Value::Null], json!((at % 2).to_string())),
            field(19),
        ];
        let names = TYPES.iter().map(|(name, _)| (*name).to_owned());
        let row: serde_json::Map<String, Value> = names.zip(cells).collect();
        serde_json::to_writer(&mut out, &row).unwrap();
        out.push(b'\n');
    }
    out
}

/// The Python that judges, or `None` with a printed line.
fn python() -> Option<&'static Path> {
    static PYTHON: OnceLock<Option<PathBuf>> = OnceLock::new();
    let found = PYTHON.get_or_init(|| venv(&PINNED).map(|it| it.join("bin/python3")));
    if found.is_none() {
        println!("skipped: DuckDB and sqlglot cannot be had here");
    }
    found.as_deref()
}

fn judge(arguments: &[&Path]) -> Option<String> {
    let output = Command::new(python()?)
        .arg(ours("tests/sql/judge.py"))
        .args(arguments)
        .output()
        .unwrap();
    let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{arguments:?}: {complaint}");
    Some(String::from_utf8(output.stdout).unwrap())
}

/// A workspace whose model scored an export: `export.parquet`, `scores.parquet`.
struct Scored {
    folder: TempDir,
}

impl Scored {
    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn made() -> Option<&'static Self> {
        static MADE: OnceLock<Option<Scored>> = OnceLock::new();
        MADE.get_or_init(|| {
            python()?;
            let it = Self {
                folder: cli_support::workspace(&policy()),
            };
            let types: serde_json::Map<String, Value> = TYPES
                .iter()
                .map(|(name, kind)| ((*name).to_owned(), json!(kind)))
                .collect();
            fs::write(it.file("types.json"), json!(types).to_string()).unwrap();
            for (name, rows) in [
                ("learn", rows(LEARNED, 1, 1, Stage::History)),
                ("export", rows(LEADS, 2, 500_001, Stage::Open)),
            ] {
                let lines = it.file(&format!("{name}.jsonl"));
                fs::write(&lines, rows).unwrap();
                let parquet = it.file(&format!("{name}.parquet"));
                judge(&[Path::new("make"), &lines, &it.file("types.json"), &parquet])?;
                fs::remove_file(lines).unwrap();
            }
            for words in [
                &[
                    "train",
                    "learn.parquet",
                    "--as",
                    "data-1",
                    "--key",
                    &key("data-1"),
                ][..],
                &[
                    "models",
                    "approve",
                    "@latest",
                    "--as",
                    "dpo-1",
                    "--key",
                    &key("dpo-1"),
                ],
                &[
                    "models",
                    "activate",
                    "@latest",
                    "--as",
                    "data-1",
                    "--key",
                    &key("data-1"),
                ],
                &["score", "export.parquet", "--out", "scores.parquet"],
            ] {
                let words: Vec<String> = words
                    .iter()
                    .map(|word| {
                        if word.contains(".parquet") {
                            it.file(word).display().to_string()
                        } else {
                            (*word).to_owned()
                        }
                    })
                    .collect();
                let words: Vec<&str> = words.iter().map(String::as_str).collect();
                let said = probant(it.folder.path(), &words);
                assert!(
                    said.status.success(),
                    "{words:?}: {}",
                    String::from_utf8_lossy(&said.stderr)
                );
            }
            Some(it)
        })
        .as_ref()
    }

    /// The SQL in this dialect, in a file.
    fn sql(&self, dialect: Dialect) -> PathBuf {
        let path = self.file(&format!("{}.sql", dialect.name()));
        if !path.exists() {
            let out = path.display().to_string();
            let words = ["export", "sql", "--dialect", dialect.name(), "--out", &out];
            let written = cli_support::json(self.folder.path(), &words);
            assert_eq!(written["schema_version"], 1);
        }
        path
    }

    fn compare(&self, dialect: Dialect, sql: &Path) -> Option<Value> {
        let (export, scores) = (self.file("export.parquet"), self.file("scores.parquet"));
        let name = Path::new(dialect.name());
        let said = judge(&[Path::new("compare"), name, sql, &export, &scores])?;
        Some(serde_json::from_str(&said).unwrap())
    }
}

/// The counts of a comparison that must be 0.
const NONE: [&str; 8] = [
    "score_off_by_1e9",
    "log_odds_differ",
    "bands_differ",
    "model_or_baseline_differ",
    "contributions_differ",
    "not_whole",
    "do_not_add_up",
    "failed_but_scored",
];

fn equal(said: &Value) {
    assert_eq!(said["rows"], LEADS, "{said}");
    assert_eq!(said["joined"], LEADS, "{said}");
    // 13 features and 4 pairs; each of the few rows that a run refuses is there too, without a score.
    assert_eq!(said["terms"], 17, "{said}");
    let refused = LEADS as u64 - said["proposed"].as_u64().unwrap();
    assert_eq!(refused, 2 * LEADS.div_ceil(9_973) as u64, "{said}");
    for count in NONE {
        assert_eq!(said[count], 0, "{count}: {said}");
    }
}

#[test]
fn duckdb_gives_every_lead_the_same_integers() {
    let Some(scored) = Scored::made() else { return };
    let said = scored
        .compare(Dialect::DuckDb, &scored.sql(Dialect::DuckDb))
        .unwrap();
    equal(&said);
    let names: Vec<&str> = said["columns"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .collect();
    assert_eq!(
        names[..6],
        [
            "Réf. prospect",
            "score",
            "log_odds",
            "band",
            "model",
            "baseline"
        ]
    );
    assert_eq!(names[6], "c.Origine");
    assert!(names.contains(&"c.Formule × Webinaire suivi"), "{names:?}");
}

#[test]
fn every_other_dialect_means_the_same_to_an_independent_reader() {
    let Some(scored) = Scored::made() else { return };
    for dialect in Dialect::ALL.into_iter().filter(|it| *it != Dialect::DuckDb) {
        println!("{dialect}");
        equal(&scored.compare(dialect, &scored.sql(dialect)).unwrap());
    }
}

#[test]
fn one_entry_changed_by_one_unit_is_noticed() {
    let Some(scored) = Scored::made() else { return };
    let text = fs::read_to_string(scored.sql(Dialect::DuckDb)).unwrap();
    let (head, tail) = text.split_once("[coalesce(").unwrap();
    let (before, list) = head.rsplit_once('[').unwrap();
    let (entry, rest) = list.split_once(',').unwrap();
    let entry: i64 = entry.trim_start_matches('[').parse().unwrap();
    let changed = format!("{before}[{},{rest}[coalesce({tail}", entry + 1);
    let path = scored.file("changed.sql");
    fs::File::create(&path)
        .unwrap()
        .write_all(changed.as_bytes())
        .unwrap();
    let said = scored.compare(Dialect::DuckDb, &path).unwrap();
    assert!(said["log_odds_differ"].as_u64() > Some(0), "{said}");
    assert_eq!(
        said["log_odds_differ"], said["contributions_differ"],
        "{said}"
    );
}

fn sample() -> (Model, Policy) {
    let model = fs::read_to_string(ours("models/model.json")).unwrap();
    (
        Model::parse(&model).unwrap(),
        policy::parse(crate::night::POLICY).unwrap(),
    )
}

#[test]
fn the_text_says_what_it_is_not() {
    let (model, policy) = sample();
    let version = model.version().to_string();
    for dialect in Dialect::ALL {
        for (lang, said) in [
            (
                Lang::En,
                "A number computed by this text is not a recorded decision",
            ),
            (
                Lang::Fr,
                "Un nombre calculé par cette requête n’est pas une décision consignée",
            ),
        ] {
            let text = select(&model, &policy, dialect, "leads", lang)
                .unwrap()
                .text;
            let comment: Vec<&str> = text
                .lines()
                .take_while(|line| line.starts_with("--"))
                .collect();
            let comment = comment.join("\n");
            assert!(
                comment.contains(said) && comment.contains(&version),
                "{comment}"
            );
            assert!(
                comment.contains("`review`"),
                "it abstains from nobody: {comment}"
            );
            assert_eq!(comment.contains("NFC"), dialect.without_nfc(), "{comment}");
            assert!(!comment.contains('\u{fffd}'), "{comment}");
            assert!(
                !text.contains(';') || text.find(';') < Some(comment.len()),
                "one statement"
            );
        }
        // Whatever language the comment is in, the query is the same.
        let query = |lang| {
            let text = select(&model, &policy, dialect, "leads", lang)
                .unwrap()
                .text;
            text[text.find("WITH ").unwrap()..].to_owned()
        };
        assert_eq!(query(Lang::En), query(Lang::Fr));
    }
}

#[test]
fn what_sql_cannot_say_is_refused() {
    let (model, policy) = sample();
    let parsed = |change: &dyn Fn(String) -> String| {
        policy::parse(&change(crate::night::POLICY.to_owned())).unwrap()
    };
    let refused = |policy: &Policy, from: &str| {
        let error = select(&model, policy, Dialect::DuckDb, from, Lang::En).unwrap_err();
        assert!(!error.hint().is_empty());
        error
    };
    for from in ["", " ", "leads\nWHERE true"] {
        assert_eq!(refused(&policy, from), Error::Table);
    }
    let ignored = parsed(&|text| {
        text.replacen("kind = \"flag\"\nrole = \"feature\"", "kind = \"flag\"\nrole = \"ignore\"", 1).replacen("why = \"Le prospect a demandé à être tenu au courant de l’offre.\"\norigin = \"Inscription par le prospect.\"\n", "", 1)
    });
    let feature = "Inscrit à la lettre".to_owned();
    assert_eq!(refused(&ignored, "leads"), Error::Undeclared { feature });
    let zero = parsed(&|text| text.replace("missing = [\"n.c.\"]", "missing = [\"n.c.\", \"0\"]"));
    assert_eq!(refused(&zero, "leads"), Error::Contradiction { word: "0" });
    let row = parsed(&|text| {
        text.replace(
            "max_failed = 0.01",
            "identifier = \"row\"\nmax_failed = 0.01",
        )
        .replace(
            "role = \"identifier\"\nid_type = \"crm-id\"",
            "role = \"identity\"",
        )
    });
    assert_eq!(refused(&row, "leads"), Error::NoIdentifier);
}

/// The sample, with a text replaced in model and policy alike.
fn renamed(from: &str, to: &str) -> (Model, Policy) {
    let model = fs::read_to_string(ours("models/model.json")).unwrap();
    let json = serde_json::to_string(to).unwrap();
    let model = model.replace(&format!("\"{from}\""), &json);
    let policy = crate::night::POLICY.replace(&format!("\"{from}\""), &format!("\"{to}\""));
    (
        Model::parse(&model).unwrap(),
        policy::parse(&policy).unwrap(),
    )
}

#[test]
fn columns_that_an_engine_would_confuse_are_refused_to_it_alone() {
    let (model, policy) = renamed("Secteur", "ORIGINE");
    for dialect in Dialect::ALL {
        let made = select(&model, &policy, dialect, "leads", Lang::En);
        let column = "ORIGINE".to_owned();
        match dialect {
            Dialect::Postgres | Dialect::Snowflake => assert!(made.is_ok()),
            _ => assert_eq!(made, Err(Error::Twice { dialect, column })),
        }
    }
    // What BigQuery cannot call a column is `_`, and two names may become one.
    let (model, policy) = renamed("Secteur", "CA [k€]");
    let made = |dialect| select(&model, &policy, dialect, "leads", Lang::En);
    assert!(matches!(made(Dialect::BigQuery), Err(Error::Twice { .. })));
    assert!(made(Dialect::DuckDb).is_ok());
}

#[test]
fn a_level_that_no_engine_can_be_given_is_refused_unnamed() {
    let (model, policy) = renamed("Partenaire", "Parte\0naire");
    let feature = "Origine".to_owned();
    let made = select(&model, &policy, Dialect::DuckDb, "leads", Lang::En);
    assert_eq!(made, Err(Error::Nul { feature }));
}

#[test]
fn the_command_writes_one_file_over_nothing_and_records_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("demo");
    let made = Command::new(env!("CARGO_BIN_EXE_probant"))
        .args(["demo", "--leads", "2000", "--dir"])
        .arg(&root)
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    let held = |name: &str| fs::read(root.join("ledger").join(name)).unwrap();
    let before = held("checkpoint");

    let printed = probant(&root, &["export", "sql", "--dialect", "duckdb"]);
    let text = String::from_utf8(printed.stdout).unwrap();
    assert!(
        text.starts_with("-- Model ") && text.ends_with("FROM probant_scores\n"),
        "{text}"
    );
    let document = cli_support::json(&root, &["export", "sql", "--dialect", "duckdb"]);
    assert_eq!(document["sql"], text);

    let file = folder.path().join("model.sql");
    let out = file.display().to_string();
    let words = ["export", "sql", "--dialect", "duckdb", "--out", &out];
    let written = probant(&root, &words);
    let said = String::from_utf8(written.stdout).unwrap();
    assert!(
        said.starts_with("Model ") && said.contains("no recorded decision"),
        "{said}"
    );
    assert_eq!(fs::read_to_string(&file).unwrap(), text);
    assert!(
        probant(&root, &words).status.success(),
        "the same text may be written again"
    );

    let another = ["export", "sql", "--dialect", "spark", "--out", &out];
    let own = root.join("models/model.sql").display().to_string();
    let inside = ["export", "sql", "--dialect", "spark", "--out", &own];
    for (words, complaint) in [
        (&another, "exists already"),
        (&inside, "own `models` folder"),
    ] {
        let refused = probant(&root, words);
        let said = String::from_utf8(refused.stderr).unwrap();
        assert_eq!(refused.status.code(), Some(2), "{said}");
        assert!(
            said.contains(complaint) && said.contains("hint: "),
            "{said}"
        );
    }
    assert_eq!(fs::read_to_string(&file).unwrap(), text);
    let unknown = probant(&root, &["export", "sql", "--dialect", "oracle"]);
    let said = String::from_utf8(unknown.stderr).unwrap();
    assert_eq!(unknown.status.code(), Some(2));
    assert!(
        said.contains("duckdb, postgres, snowflake, bigquery, spark"),
        "{said}"
    );
    assert_eq!(held("checkpoint"), before, "nothing is recorded");
}
