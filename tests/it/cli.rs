//! What a person meets at the keyboard: errors, exit codes, help, both languages, JSON, and a proof to check by hand.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

use crate::cli_support::shared;

/// How a command ended, and what it printed.
#[derive(Debug)]
struct Ran {
    exit: i32,
    out: String,
    err: String,
}

fn run_with(arguments: &[&str], set: &[(&str, &str)]) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_probant"));
    for name in ["LC_ALL", "LC_MESSAGES", "LANG", "COLUMNS"] {
        command.env_remove(name);
    }
    let output = command
        .args(arguments)
        .envs(set.iter().copied())
        .output()
        .expect("the binary starts");
    let ran = Ran {
        exit: output.status.code().expect("no signal ended it"),
        out: String::from_utf8(output.stdout).expect("stdout is UTF-8"),
        err: String::from_utf8(output.stderr).expect("stderr is UTF-8"),
    };
    assert!(
        !ran.err.contains("panicked") && ran.exit != 101,
        "{arguments:?}: {ran:?}"
    );
    ran
}

fn run(arguments: &[&str]) -> Ran {
    run_with(arguments, &[])
}

fn json(arguments: &[&str]) -> Value {
    let ran = run(arguments);
    serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{arguments:?}: {error}: {ran:?}"))
}

/// A demonstration of 2 000 leads that was played to its end: its workspace.
fn played() -> (TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("demo").to_string_lossy().into_owned();
    let ran = run(&["demo", "--dir", &root, "--leads", "2000"]);
    assert_eq!(ran.exit, 0, "{ran:?}");
    (folder, root)
}

fn file(root: &str, name: &str) -> String {
    Path::new(root).join(name).to_string_lossy().into_owned()
}

/// The first lead that a demonstration scores.
const LEAD: &str = "PR00500001";

#[test]
fn every_bad_export_is_refused_by_its_own_error() {
    let Some(folder) = shared("data/french_exports") else {
        return; // The twins below need no shared folder.
    };
    let good = folder.join("good/01_fr_utf8_semicolon_decimalcomma.csv");
    let home = tempfile::tempdir().unwrap();
    let root = home.path().to_string_lossy().into_owned();
    let drafted = run(&["-w", &root, "init", &good.to_string_lossy()]);
    assert_eq!(drafted.exit, 0, "{drafted:?}");
    for (name, exit, said) in [
        (
            "01_truncated_mid_record",
            3,
            "ends in the middle of record 1000 (line 1201)",
        ),
        ("02_unclosed_quote", 3, "the quote opened on line 32"),
        ("03_nul_bytes", 3, "a NUL byte at line 19, character 127"),
        ("05_empty", 3, "the file is empty"),
        ("06_header_only", 3, "a header and no record"),
        (
            "07_ragged_rows",
            0,
            "2 rows failed: too many or too few fields",
        ),
        (
            "08_duplicate_header",
            3,
            "columns 21 and 27 have the same header",
        ),
        ("09_single_class_target", 3, "0 leads won and 2000 lost"),
        (
            "15_formula_injection_cells",
            0,
            "2,000 rows; 0 cannot be read",
        ),
        ("16_numeric_horrors", 3, "1494 of 2000 rows failed"),
        ("18_is_actually_html", 3, "this is a web page"),
    ] {
        let path = folder.join(format!("bad/{name}.csv"));
        let path = path.to_string_lossy();
        let checked = run(&["-w", &root, "check", &path]);
        let printed = format!("{}{}", checked.out, checked.err);
        assert_eq!(checked.exit, exit, "{name}: {printed}");
        assert!(printed.contains(said), "{name}: {printed}");
        let trained = run(&["-w", &root, "train", &path]);
        assert_eq!(trained.exit, exit, "{name}: {trained:?}");
        if exit != 0 {
            assert!(
                trained.err.contains("error: ") && trained.err.contains("hint: "),
                "{trained:?}"
            );
        }
    }
}

#[test]
fn every_good_dialect_is_drafted_so_that_the_same_model_comes_out() {
    let Some(folder) = shared("data/french_exports/good") else {
        return;
    };
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|it| it.unwrap().path())
        .collect();
    files.sort();
    assert_eq!(files.len(), 9);
    let models: Vec<Value> = files
        .iter()
        .map(|path| {
            let (home, path) = (tempfile::tempdir().unwrap(), path.to_string_lossy());
            let root = home.path().to_string_lossy().into_owned();
            assert_eq!(run(&["-w", &root, "--lang", "fr", "init", &path]).exit, 0);
            json(&["-w", &root, "train", &path, "--json"])["model"].clone()
        })
        .collect();
    assert!(
        models
            .iter()
            .all(|model| model.is_string() && *model == models[0]),
        "{models:?}"
    );
}

#[test]
fn what_is_no_export_is_told_apart_and_no_value_is_shown() {
    let (folder, root) = played();
    let header = probant::demo::HEADERS.join(";");
    let (latin, _, _) = encoding_rs::WINDOWS_1252.encode(&header);
    let secret = "Xanthippe-4711";
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        path.to_string_lossy().into_owned()
    };
    let empty = ";".repeat(probant::demo::HEADERS.len() - 3);
    let row = format!("\nPR1;{secret};{secret}\0{empty}\n");
    let cases = [
        (write("empty.csv", b""), 3, "the file is empty"),
        (write("header.csv", &latin), 3, "a header and no record"),
        (
            write("nul.csv", &[&latin[..], row.as_bytes()].concat()),
            3,
            "a NUL byte at line 2",
        ),
        (
            write("page.csv", b"<!doctype html><p>503</p>"),
            3,
            "a web page",
        ),
        (
            write("book.csv", b"PK\x03\x04aaaaaaaaaaaaaaaaaaaaaaaa"),
            3,
            "a zip archive",
        ),
        (
            write("columns.csv", b"PAR1aaaaaaaaaaaaaaaaaaaaPAR1"),
            3,
            "a Parquet file",
        ),
        (
            write(
                "comma.csv",
                &latin
                    .iter()
                    .map(|byte| if *byte == b';' { b',' } else { *byte })
                    .collect::<Vec<u8>>(),
            ),
            3,
            "the policy declares `;` as separator",
        ),
        (
            write(
                "near.csv",
                &encoding_rs::WINDOWS_1252
                    .encode(&format!("{}\n", header.replace("Pages vues", "Pages vue")))
                    .0,
            ),
            3,
            "`Pages vues` (did you mean `Pages vue`?)",
        ),
        (
            "https://crm.example/leads.csv".to_owned(),
            2,
            "is not a file on this machine",
        ),
        (
            folder.path().to_string_lossy().into_owned(),
            2,
            "is a folder",
        ),
        (file(&root, "nothing.csv"), 2, "there is no file"),
        (file(&root, "nothing-*.csv"), 2, "no file matches"),
    ];
    let out = file(&root, "never.csv");
    for (path, exit, said) in &cases {
        for verb in [
            &["check", path][..],
            &["train", path],
            &["score", path, "--out", &out],
        ] {
            let ran = run(&[&["-w", &root, "--lang", "en"][..], verb].concat());
            assert_eq!(ran.exit, *exit, "{verb:?}: {ran:?}");
            assert!(
                ran.err.contains(said) && ran.err.contains("hint: "),
                "{verb:?}: {ran:?}"
            );
            assert!(
                !ran.err.contains(secret) && !ran.out.contains(secret),
                "{ran:?}"
            );
        }
    }
    assert!(
        !Path::new(&out).exists(),
        "a refused export left a score file"
    );
}

#[test]
fn a_line_of_many_megabytes_is_refused_by_name() {
    let (folder, root) = played();
    let path = folder.path().join("line.csv");
    let night = fs::read(file(&root, "night.csv")).unwrap();
    let end = night.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    let mut bytes = night[..end].to_vec();
    bytes.resize(64 << 20, b'x');
    fs::write(&path, bytes).unwrap();
    let ran = run(&["-w", &root, "check", &path.to_string_lossy()]);
    assert_eq!(ran.exit, 3, "{ran:?}");
    assert!(
        ran.err
            .contains("the record that starts on line 2 is longer than 1 MiB"),
        "{ran:?}"
    );
}

/// Every command that has a help.
const COMMANDS: [&str; 24] = [
    "",
    "demo",
    "init",
    "check",
    "policy",
    "policy check",
    "policy schema",
    "law",
    "law show",
    "train",
    "models",
    "models list",
    "models show",
    "models activate",
    "score",
    "runs",
    "runs list",
    "runs show",
    "explain",
    "export",
    "export sql",
    "ledger verify",
    "ledger show",
    "ledger stats",
];

#[test]
fn the_help_of_every_command_is_in_one_language_with_examples_first() {
    for command in COMMANDS {
        let words: Vec<&str> = command.split_whitespace().collect();
        let help = |lang| run(&[&["--lang", lang][..], &words, &["--help"]].concat()).out;
        let (english, french) = (help("en"), help("fr"));
        for word in [
            "Usage",
            "Options:",
            "Commands",
            "Arguments:",
            "Print",
            "default",
            "Examples",
            "<COMMAND>",
            "<FILE>",
            "<DIR>",
            "<PERSON>",
            "<LEAD>",
            "YYYY",
        ] {
            assert!(
                !french.contains(word),
                "`{word}` in the French help of `{command}`:\n{french}"
            );
        }
        let at = |text: &str, word: &str| {
            text.find(word)
                .unwrap_or_else(|| panic!("no `{word}` in {text}"))
        };
        assert!(
            at(&english, "Examples:") < at(&english, "Usage:"),
            "{english}"
        );
        assert!(
            at(&french, "Exemples\u{a0}:") < at(&french, "Utilisation\u{a0}:"),
            "{french}"
        );
    }
}

#[test]
fn every_command_answers_json_with_one_document_and_its_version() {
    let (folder, root) = played();
    let (leads, night) = (file(&root, "leads.csv"), file(&root, "night.csv"));
    let fresh = folder.path().join("fresh").to_string_lossy().into_owned();
    let out = file(&root, "again.csv");
    for command in [
        &["-w", &fresh, "init", &leads][..],
        &["-w", &root, "check", &leads],
        &["-w", &root, "policy", "check"],
        &["-w", &root, "policy", "schema"],
        &["law", "show"],
        &["law", "show", "fr-1"],
        &["law", "show", "none-1"],
        &["-w", &root, "train", &leads],
        &["-w", &root, "train", &leads, "--cv"],
        &["-w", &root, "models", "list"],
        &["-w", &root, "models", "show", "@active"],
        &["-w", &root, "models", "at", "2026-11-03"],
        &["-w", &root, "score", &night, "--out", &out, "--again"],
        &["-w", &root, "score", &night, "--dry-run"],
        &["-w", &root, "runs", "list"],
        &["-w", &root, "runs", "show", "@latest"],
        &[
            "-w", &root, "explain", "--why", "audit", LEAD, "--data", &night,
        ],
        &["-w", &root, "export", "sql", "--dialect", "postgres"],
        &["-w", &root, "ledger", "verify", "--full"],
        &["-w", &root, "ledger", "show"],
        &["-w", &root, "ledger", "show", "0"],
        &["-w", &root, "ledger", "stats"],
        &["demo", "--leads", "2000", "--dir", &format!("{fresh}-demo")],
    ] {
        let answer = json(&[command, &["--json"]].concat());
        assert_eq!(answer["schema_version"], 1, "{command:?}: {answer}");
    }
    // A refusal is a document too where there is an answer, and a text on stderr where there is none.
    let refused = run(&["-w", &root, "--json", "explain", "--why", "audit", "NOBODY"]);
    assert_eq!((refused.exit, refused.out.as_str()), (1, ""), "{refused:?}");
    assert!(refused.err.contains("hint: "), "{refused:?}");
}

#[test]
fn what_was_typed_wrongly_exits_2_in_the_reader_s_language() {
    for (arguments, english, french) in [
        (
            &["ledgr"][..],
            "unrecognized subcommand 'ledgr'",
            "commande inconnue «\u{a0}ledgr\u{a0}»",
        ),
        (
            &["explain", "--why", "audit"],
            "required arguments",
            "il manque <PROSPECT>",
        ),
        (
            &["explain", LEAD],
            "required arguments",
            "il manque --why <MOTIF>",
        ),
        (
            &["explain", LEAD, "--why", "curiosity"],
            "invalid value 'curiosity'",
            "«\u{a0}curiosity\u{a0}» ne convient pas à --why <MOTIF>",
        ),
        (
            &["score", "x.csv", "--no"],
            "unexpected argument '--no'",
            "option inconnue «\u{a0}--no\u{a0}»",
        ),
        (
            &["--threads", "many", "demo"],
            "invalid value 'many'",
            "«\u{a0}many\u{a0}» ne convient pas",
        ),
        (
            &["export", "sql", "--dialect", "oracle"],
            "[possible values: duckdb, postgres, snowflake, bigquery, spark]",
            "au choix\u{a0}: duckdb, postgres, snowflake, bigquery, spark",
        ),
    ] {
        let (en, fr) = (
            run(&[&["--lang", "en"][..], arguments].concat()),
            run(&[&["--lang", "fr"][..], arguments].concat()),
        );
        assert_eq!((en.exit, fr.exit), (2, 2));
        assert!(en.err.contains(english) && en.out.is_empty(), "{en:?}");
        assert!(
            fr.err.contains(french) && fr.err.contains("conseil\u{a0}:"),
            "{fr:?}"
        );
    }
    let near = run(&["--lang", "fr", "ledgr"]);
    assert!(
        near.err.contains("vouliez-vous dire «\u{a0}ledger\u{a0}»"),
        "{near:?}"
    );
}

#[test]
fn unknown_names_exit_2_and_the_near_one_is_offered() {
    let (_folder, root) = played();
    for (arguments, said, hint) in [
        (
            &[
                "models", "activate", "@latest", "--as", "data-2", "--key", "none",
            ][..],
            "unknown person `data-2`",
            "`data-1`",
        ),
        (
            &["models", "show", "zzzz"],
            "unknown model `zzzz`",
            "probant models list",
        ),
        (
            &["runs", "show", "zzzz"],
            "unknown run `zzzz`",
            "probant runs list",
        ),
        (
            &["ledger", "show", "99"],
            "unknown entry `99`",
            "probant ledger show",
        ),
    ] {
        let ran = run(&[&["-w", &root, "--lang", "en"][..], arguments].concat());
        assert_eq!(ran.exit, 2, "{ran:?}");
        assert!(ran.err.contains(said) && ran.err.contains(hint), "{ran:?}");
    }
    let french = run(&[
        "-w", &root, "--lang", "fr", "models", "activate", "@latest", "--as", "data-2", "--key",
        "none",
    ]);
    assert!(
        french.err.contains("personne inconnue") && !french.err.contains("hint"),
        "{french:?}"
    );
}

#[test]
fn a_night_without_an_active_model_is_refused_with_exit_5() {
    let Ran { exit, err, .. } = {
        let home = tempfile::tempdir().unwrap();
        let root = home.path().to_string_lossy().into_owned();
        run(&["-w", &root, "init"]);
        let data = file(&root, "a.csv");
        fs::write(
            &data,
            "lead_id;email;created;source;employees;converted\n1;;;;;\n",
        )
        .unwrap();
        run(&["-w", &root, "score", &data, "--out", &file(&root, "o.csv")])
    };
    assert_eq!(exit, 5, "{err}");
    assert!(
        err.contains("no model is active") && err.contains("models activate @candidate"),
        "{err}"
    );
}

#[test]
fn policy_errors_come_all_at_once_with_exit_3() {
    let (_folder, root) = played();
    let path = file(&root, "probant.toml");
    let text = fs::read_to_string(&path).unwrap();
    let text = text
        .replace("role = \"outcome\"", "role = \"outcom\"")
        .replace("basis = [\"legitimate-interest\"", "basis = [\"interest\"");
    fs::write(&path, text).unwrap();
    let ran = run(&["-w", &root, "policy", "check"]);
    assert_eq!(ran.exit, 3, "{ran:?}");
    assert!(
        ran.err.contains("outcom") && ran.err.contains("interest"),
        "{ran:?}"
    );
}

#[test]
fn a_feature_that_looks_like_an_identity_is_refused_until_the_policy_says_why() {
    let (_folder, root) = played();
    let (path, leads) = (file(&root, "probant.toml"), file(&root, "leads.csv"));
    let text = fs::read_to_string(&path).unwrap();
    let asked = "[columns.\"E-mail\"]\nkind = \"text\"\nrole = \"identity\"";
    assert!(text.contains(asked));
    let feature = "[columns.\"E-mail\"]\nkind = \"category\"\nrole = \"feature\"\nwhy = \"Essai.\"\norigin = \"Essai.\"";
    fs::write(&path, text.replace(asked, feature)).unwrap();
    for verb in ["check", "train"] {
        let ran = run(&["-w", &root, verb, &leads]);
        assert_eq!(ran.exit, 5, "{ran:?}");
        let printed = format!("{}{}", ran.out, ran.err);
        assert!(
            printed.contains("`E-mail` looks like an identity") && !printed.contains("@exemple"),
            "{printed}"
        );
    }
    let excused = format!("{feature}\nnot_identity = \"Une boîte commune.\"");
    fs::write(&path, text.replace(asked, &excused)).unwrap();
    let trained = json(&["-w", &root, "train", &leads, "--json"]);
    assert!(
        trained.to_string().contains("Une boîte commune."),
        "{trained}"
    );
}

#[test]
fn a_feature_named_like_a_special_category_is_refused_with_exit_5() {
    let (_folder, root) = played();
    let (path, leads) = (file(&root, "probant.toml"), file(&root, "leads.csv"));
    let swap = |file: &str| {
        let bytes = fs::read(file).unwrap();
        let (text, _, _) = if file.strip_suffix(".csv").is_some() {
            encoding_rs::WINDOWS_1252.decode(&bytes)
        } else {
            encoding_rs::UTF_8.decode(&bytes)
        };
        let text = text.replace("Fonction", "Religion");
        let (encoded, _, _) = if file.strip_suffix(".csv").is_some() {
            encoding_rs::WINDOWS_1252.encode(&text)
        } else {
            encoding_rs::UTF_8.encode(&text)
        };
        fs::write(file, encoded).unwrap();
    };
    swap(&path);
    swap(&leads);
    for verb in ["check", "train"] {
        let ran = run(&["-w", &root, verb, &leads]);
        assert_eq!(ran.exit, 5, "{ran:?}");
        assert!(
            format!("{}{}", ran.out, ran.err).contains("special category"),
            "{ran:?}"
        );
    }
}

#[test]
fn a_third_outcome_is_an_open_lead_and_counted_as_one() {
    let (_folder, root) = played();
    let leads = file(&root, "leads.csv");
    let checked = json(&["-w", &root, "check", &leads, "--json"]);
    let count = |name: &str| checked[name].as_u64().unwrap();
    assert_eq!(count("won") + count("lost") + count("open"), 2_000);
    assert!(count("open") > 50 && count("open_values") == 1, "{checked}");
    let open = count("open");
    let said = run(&["-w", &root, "check", &leads, "--lang", "fr"]).out;
    assert!(
        said.contains(&format!("{open} en cours (1 autre valeur)")),
        "{said}"
    );
    assert!(
        said.contains("0 illisible, 0 répète un identifiant"),
        "{said}"
    );
    let said = run(&["-w", &root, "train", &leads, "--lang", "en"]).out;
    assert!(
        said.contains(&format!("Left out: {open} open, 0 unreadable.")),
        "{said}"
    );
}

#[test]
fn an_unknown_lead_exits_1_and_every_decision_about_a_known_one_is_found() {
    let (_folder, root) = played();
    let unknown = run(&[
        "-w",
        &root,
        "--lang",
        "fr",
        "explain",
        "--why",
        "audit",
        "PERSONNE-1",
    ]);
    assert_eq!(unknown.exit, 1, "{unknown:?}");
    assert!(
        unknown.err.contains("aucune décision sur ce prospect") && unknown.err.contains("conseil"),
        "{unknown:?}"
    );
    assert!(
        !unknown.err.contains("PERSONNE-1"),
        "an identifier stands in an error: {unknown:?}"
    );

    let first =
        json(&["-w", &root, "explain", "--why", "audit", LEAD, "--json"])["decision"].clone();
    let (night, out) = (file(&root, "night.csv"), file(&root, "second.csv"));
    assert_eq!(
        run(&["-w", &root, "score", &night, "--out", &out, "--again"]).exit,
        0
    );
    let latest = json(&["-w", &root, "explain", "--why", "audit", LEAD, "--json"]);
    assert!(latest["decision"].as_u64() > first.as_u64(), "{latest}");
    assert_eq!(latest["other_decisions"][0]["decision"], first);
    let asked = json(&[
        "-w",
        &root,
        "explain",
        "--why",
        "audit",
        LEAD,
        "--json",
        "--decision",
        &first.to_string(),
    ]);
    assert_eq!(asked["decision"], first);
    assert_eq!(asked["other_decisions"][0]["decision"], latest["decision"]);
    let shown = run(&[
        "-w", &root, "explain", "--why", "audit", LEAD, "--lang", "en",
    ])
    .out;
    assert!(shown.contains("Other decisions about this lead"), "{shown}");

    // The number in the score file is the number that explains.
    let scores = fs::read(&out).unwrap();
    let (scores, _, _) = encoding_rs::WINDOWS_1252.decode(&scores);
    let mut lines = scores
        .lines()
        .map(|line| line.split(';').collect::<Vec<_>>());
    let at = lines
        .next()
        .unwrap()
        .iter()
        .position(|name| *name == "decision")
        .unwrap();
    let row = lines
        .find(|row| row[0] == LEAD)
        .expect("the lead was scored");
    assert_eq!(row[at], latest["decision"].to_string());

    let other = run(&[
        "-w",
        &root,
        "explain",
        "--why",
        "audit",
        LEAD,
        "--decision",
        "999999",
        "--lang",
        "en",
    ]);
    assert_eq!(other.exit, 1, "{other:?}");
    assert!(
        other.err.contains("decision 999999 is not about this lead")
            && other.err.contains("its decisions: "),
        "{other:?}"
    );
}

#[test]
fn the_values_given_now_are_told_from_those_of_the_record() {
    let (_folder, root) = played();
    let night = file(&root, "night.csv");
    let same = json(&[
        "-w", &root, "explain", "--why", "audit", LEAD, "--data", &night, "--json",
    ]);
    let still = |answer: &Value| -> Vec<bool> {
        let terms = answer["terms"].as_array().unwrap();
        terms
            .iter()
            .filter_map(|term| term["given"]["same_code"].as_bool())
            .collect()
    };
    assert_eq!(still(&same), vec![true; 11]);
    // The same export after somebody changed the lead's webinar.
    let bytes = fs::read(&night).unwrap();
    let (text, _, _) = encoding_rs::WINDOWS_1252.decode(&bytes);
    let end = text.find("PR00500002").unwrap();
    let line = text[..end]
        .replace(";non;Professionnel", ";oui;Professionnel")
        .replace(";non;Particulier", ";oui;Particulier");
    assert_ne!(line, text[..end], "the lead followed none");
    let changed = file(&root, "changed.csv");
    fs::write(
        &changed,
        encoding_rs::WINDOWS_1252
            .encode(&format!("{line}{}", &text[end..]))
            .0,
    )
    .unwrap();
    let answer = json(&[
        "-w", &root, "explain", "--why", "audit", LEAD, "--data", &changed, "--json",
    ]);
    assert_eq!(
        still(&answer).iter().filter(|still| !**still).count(),
        1,
        "{answer}"
    );
    let shown = run(&[
        "-w", &root, "explain", "--why", "audit", LEAD, "--data", &changed, "--lang", "fr",
    ])
    .out;
    assert!(
        shown.contains("[≠ oui]") && shown.contains("autre code (≠)\u{a0}: 1."),
        "{shown}"
    );
}

fn bytes(hex: &Value) -> Vec<u8> {
    let hex = hex.as_str().unwrap();
    (0..hex.len() / 2)
        .map(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap())
        .collect()
}

fn sha256(parts: &[&[u8]]) -> Vec<u8> {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part);
    }
    hasher.finalize().to_vec()
}

/// RFC 9162, 2.1.3.2, written from the text: the root that a leaf and its path lead to.
fn root_of(leaf: Vec<u8>, index: u64, size: u64, path: &[Vec<u8>]) -> Vec<u8> {
    let (mut at, mut last, mut hash) = (index, size - 1, leaf);
    for step in path {
        assert_ne!(last, 0, "the path is too long");
        if at % 2 == 1 || at == last {
            hash = sha256(&[&[1], step, &hash]);
            while at % 2 == 0 && at != 0 {
                at /= 2;
                last /= 2;
            }
        } else {
            hash = sha256(&[&[1], &hash, step]);
        }
        at /= 2;
        last /= 2;
    }
    assert_eq!(last, 0, "the path is too short");
    hash
}

#[test]
fn anybody_can_verify_an_explanation_from_its_json_alone() {
    use base64::Engine as _;
    let (_folder, root) = played();
    let answer = json(&["-w", &root, "explain", "--why", "audit", LEAD, "--json"]);
    let proof = &answer["proof"];
    let (record, salt) = (bytes(&proof["record"]), bytes(&proof["salt"]));
    let leaf = sha256(&[&[0], &salt, &record]);
    assert_eq!(leaf, bytes(&proof["leaf"]));
    let path = |name: &str| -> Vec<Vec<u8>> {
        proof[name].as_array().unwrap().iter().map(bytes).collect()
    };
    let number = |name: &str| proof[name].as_u64().unwrap();
    let base64 = |bytes: &[u8]| base64::engine::general_purpose::STANDARD.encode(bytes);

    let root = root_of(leaf, number("row"), number("rows"), &path("path"));
    let entry = proof["entry"].as_str().unwrap();
    assert!(
        entry.contains(&format!("\nroot {}\n", base64(&root))),
        "{entry}"
    );
    let entry_leaf = sha256(&[&[0], entry.as_bytes()]);
    let log = root_of(
        entry_leaf,
        number("log_index"),
        number("checkpoint_size"),
        &path("entry_path"),
    );
    let checkpoint: Vec<&str> = proof["checkpoint"].as_str().unwrap().lines().collect();
    assert_eq!(checkpoint[1], number("checkpoint_size").to_string());
    assert_eq!(checkpoint[2], base64(&log));

    // The record says what the explanation says: PBR1, segment, row, pseudonym, basis, outcome, log-odds, score …
    assert_eq!(&record[..4], b"PBR1");
    assert_eq!(record[4..20], bytes(&proof["segment"]));
    assert_eq!(
        u64::from(u32::from_be_bytes(record[20..24].try_into().unwrap())),
        number("row")
    );
    assert_eq!(record[24..40], bytes(&answer["pseudonym"]));
    let log_odds = i32::from_be_bytes(record[42..46].try_into().unwrap());
    assert_eq!(answer["log_odds"]["q20"], log_odds);
    assert_eq!(
        answer["score_ppm"],
        u32::from_be_bytes(record[46..50].try_into().unwrap())
    );
    let terms: i64 = answer["terms"]
        .as_array()
        .unwrap()
        .iter()
        .map(|term| term["contribution"]["q20"].as_i64().unwrap())
        .sum();
    assert_eq!(
        answer["baseline"]["q20"].as_i64().unwrap() + terms,
        i64::from(log_odds)
    );
}

#[test]
fn a_workspace_that_was_tampered_with_exits_4_and_names_the_file() {
    let (folder, root) = played();
    let night = file(&root, "night.csv");
    let old = fs::read(file(&root, "ledger/checkpoint")).unwrap();
    let out = file(&root, "second.csv");
    assert_eq!(
        run(&["-w", &root, "score", &night, "--out", &out, "--again"]).exit,
        0
    );
    let verified = |said: &str| {
        let ran = run(&["-w", &root, "ledger", "verify", "--full", "--lang", "en"]);
        assert_eq!(ran.exit, 4, "{said}: {ran:?}");
        assert!(
            format!("{}{}", ran.out, ran.err).contains(said),
            "{said}: {ran:?}"
        );
        if ran.out.contains("DOES NOT HOLD") {
            assert!(
                !ran.out.contains("is accounted for") || !ran.out.contains("Completeness DOES NOT"),
                "{ran:?}"
            );
        }
    };
    let model = fs::read_dir(file(&root, "models"))
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    for name in ["model.json", "model.sig", "provenance.json", "card.html"] {
        let path = model.join(name);
        let whole = fs::read(&path).unwrap();
        let mut changed = whole.clone();
        let at = changed.len() / 2;
        changed[at] ^= 1;
        fs::write(&path, changed).unwrap();
        verified(name);
        fs::write(&path, whole).unwrap();
    }
    // An old checkpoint, as after a rollback of that one file.
    let checkpoint = file(&root, "ledger/checkpoint");
    let new = fs::read(&checkpoint).unwrap();
    fs::write(&checkpoint, &old).unwrap();
    let ran = run(&["-w", &root, "ledger", "verify", "--full"]);
    assert_eq!(ran.exit, 4, "an old checkpoint was taken: {ran:?}");
    fs::write(&checkpoint, &new).unwrap();
    // Two runs' segments, each under the other's name.
    let mut rows: Vec<PathBuf> = Vec::new();
    let mut folders = vec![PathBuf::from(file(&root, "ledger/segments"))];
    while let Some(next) = folders.pop() {
        for item in fs::read_dir(next).unwrap() {
            let path = item.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                rows.push(path);
            }
        }
    }
    rows.sort();
    let pair: Vec<&PathBuf> = rows
        .iter()
        .filter(|path| path.extension().is_some_and(|it| it == "rows"))
        .collect();
    assert!(pair.len() >= 2, "{rows:?}");
    let aside = folder.path().join("aside");
    fs::rename(pair[0], &aside).unwrap();
    fs::rename(pair[1], pair[0]).unwrap();
    fs::rename(&aside, pair[1]).unwrap();
    let ran = run(&["-w", &root, "ledger", "verify", "--full"]);
    assert_eq!(ran.exit, 4, "swapped segments were taken: {ran:?}");
    fs::rename(pair[1], &aside).unwrap();
    fs::rename(pair[0], pair[1]).unwrap();
    fs::rename(&aside, pair[0]).unwrap();
    assert_eq!(
        run(&["-w", &root, "ledger", "verify", "--full"]).exit,
        0,
        "all was put back"
    );
}

#[test]
fn data_goes_to_stdout_and_the_rest_to_stderr_without_colour() {
    let (_folder, root) = played();
    for arguments in [
        &["explain", "--why", "audit", LEAD][..],
        &["ledger", "stats"],
        &["models", "list"],
        &["ledger", "show"],
    ] {
        let ran = run(&[&["-w", &root, "--lang", "en"][..], arguments].concat());
        assert!(
            !ran.out.contains("next: ") && !ran.out.is_empty(),
            "{ran:?}"
        );
        assert!(
            !ran.out.contains('\u{1b}') && !ran.err.contains('\u{1b}'),
            "{ran:?}"
        );
        assert!(
            ran.err
                .lines()
                .filter(|line| !line.starts_with("recorded: "))
                .all(|line| line.starts_with(&format!("next: probant -w {root} "))),
            "{ran:?}"
        );
    }
}

#[test]
fn a_reader_that_leaves_early_causes_no_panic() {
    let (_folder, root) = played();
    let mut child = Command::new(env!("CARGO_BIN_EXE_probant"))
        .args(["-w", &root, "--json", "ledger", "show"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let ended = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&ended.stderr);
    assert!(!said.contains("panicked"), "{said}");
}

#[test]
fn the_language_follows_the_environment_unless_it_is_named() {
    let (_folder, root) = played();
    let explain = ["-w", &root, "explain", "--why", "audit", LEAD];
    let french = run_with(&explain, &[("LANG", "fr_FR.UTF-8")]).out;
    assert!(
        french.starts_with(&format!("Prospect {LEAD}\u{a0}: score ")),
        "{french}"
    );
    assert!(!french.contains('\''), "a straight apostrophe:\n{french}");
    for mark in [" :", " ;", " !", " ?", "« ", " »"] {
        let prose: Vec<&str> = french.lines().filter(|line| line.contains(mark)).collect();
        assert!(
            prose.iter().all(|line| line.contains("prospects ;")),
            "{prose:?}"
        );
    }
    let english = run_with(
        &[&explain[..], &["--lang", "en"]].concat(),
        &[("LANG", "fr_FR.UTF-8")],
    )
    .out;
    assert!(
        english.starts_with(&format!("Lead {LEAD}: score ")),
        "{english}"
    );
}

#[test]
fn an_explanation_is_wrapped_to_its_terminal_and_cut_nowhere() {
    let (_folder, root) = played();
    let night = file(&root, "night.csv");
    for columns in [80, 100, 120] {
        let set = columns.to_string();
        let shown = run_with(
            &[
                "-w", &root, "explain", "--why", "audit", LEAD, "--data", &night, "--lang", "fr",
            ],
            &[("COLUMNS", &set)],
        )
        .out;
        let (_, table) = shown.split_once("\n\n  1. ").unwrap();
        let (_, table) = table.split_once("\n  départ de tous").unwrap();
        let (table, _) = table.split_once("\n  total").unwrap();
        for line in table.lines() {
            assert!(line.chars().count() <= columns, "{columns}: {line}");
            assert!(!line.contains('…') || line.contains("valeurs)"), "{line}");
        }
    }
}
