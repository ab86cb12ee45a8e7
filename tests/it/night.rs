//! A night from end to end: counts, retries, threads, and what is found when a file was changed.
//!
//! Everything here goes through the command line, in a world of its own: its clock and its
//! randomness are injected, so that bytes can be compared.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use probant::cli::run_in;
use probant::demo::{self, Stage};
use probant::ledger::Time;
use probant::ledger::key::{Secret, SecretKind};
use probant::table::{Raw, Reader, Wanted};
use probant::workspace::disk::Disk;
use probant::workspace::journal::Entropy;
use probant::workspace::{World, stage_demo};
use serde_json::Value;
use tempfile::TempDir;

/// The first reference of the leads of a night.
pub const FIRST: u64 = 500_001;
/// The program itself.
pub const PROBANT: &str = env!("CARGO_BIN_EXE_probant");

/// The demonstration's policy without its law: what the other tests are about does not ask it.
pub const POLICY: &str = include_str!("plain.toml");

/// Columns of the demonstration's export before those of which the law asks.
pub const PLAIN: usize = 20;

/// A plain policy without the columns after those, for a test that brings its own.
pub fn bare(policy: &str) -> String {
    let (before, rest) = policy.split_once("[columns.\"Dernier contact\"]").unwrap();
    let (_, after) = rest.split_once("[training]").unwrap();
    format!("{before}[training]{after}")
}

/// What a command said.
#[derive(Debug)]
pub struct Said {
    pub exit: u8,
    pub out: String,
    pub err: String,
}

impl Said {
    /// The JSON document it printed.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    pub fn done(self) -> Self {
        assert_eq!(self.exit, 0, "{self:?}");
        self
    }

    /// It failed with this code, said why, and said what to do next.
    pub fn failed(self, exit: u8) -> Self {
        assert_eq!(self.exit, exit, "{self:?}");
        assert!(self.err.contains("error: "), "{self:?}");
        assert!(self.err.contains("hint: "), "{self:?}");
        self
    }
}

/// A world with this disk and the randomness of this seed; its clock stands.
pub fn world_on(disk: Disk, seed: u8) -> World {
    World {
        disk,
        now: Time(1_790_000_000),
        entropy: Entropy::seeded([seed; 32]),
    }
}

pub fn world(seed: u8) -> World {
    world_on(Disk::new(), seed)
}

/// Runs a command line in a workspace.
pub fn run(root: &Path, world: &mut World, words: &[&str]) -> Said {
    let mut arguments: Vec<OsString> = ["probant", "--lang", "en", "--json", "-w"]
        .map(OsString::from)
        .to_vec();
    arguments.push(root.into());
    arguments.extend(words.iter().map(OsString::from));
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let exit = run_in(arguments, &mut out, &mut err, world);
    Said {
        exit: exit.0,
        out: String::from_utf8(out).unwrap(),
        err: String::from_utf8(err).unwrap(),
    }
}

/// The same with randomness of its own.
pub fn say(root: &Path, words: &[&str]) -> Said {
    let mut world = world(0);
    world.entropy = Entropy::os();
    run(root, &mut world, words)
}

/// A synthetic export.
pub fn export(rows: usize, seed: u64, first: u64, stage: Stage) -> Vec<u8> {
    let mut bytes = Vec::new();
    demo::export(&mut bytes, rows, seed, first, stage).unwrap();
    bytes
}

/// A workspace with an active model, made once; tests work on copies.
fn base() -> &'static Path {
    static BASE: OnceLock<TempDir> = OnceLock::new();
    BASE.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("ws");
        let mut world = world(1);
        let learned = export(6_000, 1, 1, Stage::History);
        let policy = POLICY.replace("pairs = \"auto\"", "pairs = \"off\"");
        stage_demo(&root, &mut world, &policy, &[("leads.csv", &learned)]).unwrap();
        learn(&root, &mut world);
        fs::remove_file(root.join("leads.csv")).unwrap();
        folder
    })
    .path()
}

/// Trains on `leads.csv`, has the model approved by a second person, and activates it.
pub fn learn(root: &Path, world: &mut World) {
    let leads = root.join("leads.csv");
    for step in published(leads.to_str().unwrap()) {
        let step: Vec<&str> = step.iter().map(String::as_str).collect();
        run(root, world, &step).done();
    }
}

/// A training on `data`, its approval by a second person and its activation.
pub fn published(data: &str) -> [Vec<String>; 3] {
    let [approve, activate] = approved("@candidate");
    let train = ["train", data, "--as", "data-1", "--key", &key("data-1")];
    [train.map(str::to_owned).to_vec(), approve, activate]
}

/// The approval of a model by a second person, and its activation.
pub fn approved(model: &str) -> [Vec<String>; 2] {
    let step = |verb: &str, who: &str| {
        ["models", verb, model, "--as", who, "--key", &key(who)]
            .map(str::to_owned)
            .to_vec()
    };
    [step("approve", "dpo-1"), step("activate", "data-1")]
}

/// The key of `dpo-1` in the plain policy.
pub const DPO_KEY: &str = "dpo-1+fa18d35d+AVEcNKGiy1Id8WuyRrjejnmXziNcfnayKj11A6JIGd2K";

/// The file of the key that the plain policy names for one of its people.
pub fn key(person: &str) -> String {
    static KEYS: OnceLock<TempDir> = OnceLock::new();
    let folder = KEYS.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        for (person, byte) in [("data-1", 21), ("dpo-1", 22)] {
            let secret = Secret::new([byte; 32]);
            let text = secret.file(SecretKind::Person, &person.parse().unwrap());
            let file = folder.path().join(person);
            fs::write(&file, text.as_bytes()).unwrap();
            fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        }
        folder
    });
    folder.path().join(person).to_str().unwrap().to_owned()
}

/// Copies a folder with its modes.
pub fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    fs::set_permissions(to, fs::metadata(from).unwrap().permissions()).unwrap();
    for item in fs::read_dir(from).unwrap() {
        let path = item.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}

/// A copy of the workspace, with `rows` leads to score in `night.csv`.
pub struct Night {
    folder: TempDir,
}

impl Night {
    pub fn new(rows: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let night = Self { folder };
        copy(&base().join("ws"), &night.root());
        fs::create_dir(night.path("out")).unwrap();
        night.put("night.csv", &export(rows, 2, FIRST, Stage::Open));
        night
    }

    pub fn root(&self) -> PathBuf {
        self.folder.path().join("ws")
    }

    /// A path beside the workspace.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    pub fn put(&self, name: &str, bytes: &[u8]) {
        fs::write(self.path(name), bytes).unwrap();
    }

    pub fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap()
    }

    pub fn say(&self, words: &[&str]) -> Said {
        say(&self.root(), words)
    }

    /// Scores `night.csv` into `out`.
    pub fn score(&self, out: &str, more: &[&str]) -> Said {
        self.score_of(&["night.csv"], out, more)
    }

    fn score_of(&self, data: &[&str], out: &str, more: &[&str]) -> Said {
        let data: Vec<String> = data.iter().map(|name| self.text(name)).collect();
        let out = self.text(out);
        let mut words = vec!["score"];
        words.extend(data.iter().map(String::as_str));
        words.extend(["--out", &out]);
        words.extend(more);
        self.say(&words)
    }

    fn runs(&self) -> usize {
        let said = self.say(&["runs", "list"]).done().json();
        said.as_array()
            .or_else(|| said["runs"].as_array())
            .unwrap_or_else(|| panic!("{said}"))
            .len()
    }

    /// Everything that a run may change, with its bytes.
    fn everything(&self) -> BTreeMap<String, Vec<u8>> {
        tree(&self.root(), &["ledger", "models", "keys", "tmp"])
            .into_iter()
            .chain(tree(self.folder.path(), &["out"]))
            .collect()
    }
}

/// The files of some folders of `root`, by name.
pub fn tree(root: &Path, folders: &[&str]) -> BTreeMap<String, Vec<u8>> {
    fn walk(root: &Path, folder: &Path, found: &mut BTreeMap<String, Vec<u8>>) {
        let Ok(items) = fs::read_dir(folder) else {
            return;
        };
        for item in items {
            let path = item.unwrap().path();
            if path.is_dir() {
                walk(root, &path, found);
            } else {
                let name = path.strip_prefix(root).unwrap().to_str().unwrap();
                found.insert(name.to_owned(), fs::read(&path).unwrap());
            }
        }
    }
    let mut found = BTreeMap::new();
    for folder in folders {
        walk(root, &root.join(folder), &mut found);
    }
    found
}

/// A written CSV as rows by column; Windows-1252 letters stay bytes.
pub fn table(bytes: &[u8]) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::ReaderBuilder::new().delimiter(b';').from_reader(bytes);
    let text = |record: &csv::ByteRecord| -> Vec<String> {
        record
            .iter()
            .map(|cell| cell.iter().map(|&byte| char::from(byte)).collect())
            .collect()
    };
    let header = text(reader.byte_headers().unwrap());
    reader
        .byte_records()
        .map(|record| header.iter().cloned().zip(text(&record.unwrap())).collect())
        .collect()
}

/// The rows of a score file but for `run` and `decision`.
pub fn but_for_run_and_decision(bytes: &[u8]) -> Vec<BTreeMap<String, String>> {
    let mut rows = table(bytes);
    for row in &mut rows {
        assert!(row.remove("run").is_some() && row.remove("decision").is_some());
    }
    rows
}

#[test]
fn threads_change_no_byte_of_model_ledger_or_score_file() {
    let learned = export(4_000, 1, 1, Stage::History);
    // More than one portion of rows, so that the blocks of a run are shuffled in turn.
    let tonight = export(70_000, 2, FIRST, Stage::Open);
    let play = |threads: usize| {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("ws");
        let out = folder.path().join("scores.csv");
        let mut world = world(7);
        let exports: [(&str, &[u8]); 2] = [("leads.csv", &learned), ("night.csv", &tonight)];
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| {
            stage_demo(&root, &mut world, POLICY, &exports).unwrap();
            learn(&root, &mut world);
            let night = root.join("night.csv");
            let words = [
                "score",
                night.to_str().unwrap(),
                "--out",
                out.to_str().unwrap(),
            ];
            run(&root, &mut world, &words).done();
        });
        let mut files = tree(&root, &["ledger", "models", "keys"]);
        files.insert("scores.csv".to_owned(), fs::read(&out).unwrap());
        files
    };
    let one = play(1);
    assert!(one.keys().any(|name| name.ends_with("model.json")));
    assert!(one.keys().any(|name| name.contains("/segments/")));
    assert_eq!(table(&one["scores.csv"]).len(), 70_000);
    for threads in [2, 16] {
        let many = play(threads);
        assert!(one.keys().eq(many.keys()), "{threads} threads");
        for (name, bytes) in &one {
            assert!(
                many[name] == *bytes,
                "{name} differs with {threads} threads"
            );
        }
    }
}

#[test]
fn two_runs_of_one_export_differ_in_run_and_decision_only() {
    let night = Night::new(400);
    let first = night.score("out/a.csv", &[]).done().json();
    let second = night.score("out/b.csv", &["--again"]).done().json();
    assert_eq!(first["status"], "recorded");
    assert_eq!(second["status"], "recorded");
    assert_ne!(first["run"], second["run"]);
    let (a, b) = (night.read("out/a.csv"), night.read("out/b.csv"));
    assert_eq!(but_for_run_and_decision(&a), but_for_run_and_decision(&b));
    let decisions = |bytes: &[u8]| -> Vec<u64> {
        let mut all: Vec<u64> = table(bytes)
            .iter()
            .map(|row| row["decision"].parse().unwrap())
            .collect();
        assert!(
            !all.is_sorted(),
            "decision numbers tell the order of the export"
        );
        all.sort_unstable();
        all
    };
    let start = first["first_decision"].as_u64().unwrap();
    assert!(decisions(&a).into_iter().eq(start..start + 400));
    assert!(decisions(&b).into_iter().eq(start + 400..start + 800));
    assert_eq!(night.runs(), 2);
}

#[test]
fn a_retry_is_restored_and_nothing_is_logged_twice() {
    let night = Night::new(300);
    let first = night.score("out/a.csv", &[]).done().json();
    let before = night.everything();
    let restored = |out: &str, more: &[&str]| {
        let said = night.score(out, more).done().json();
        assert_eq!(said["status"], "restored", "{said}");
        assert_eq!(said["run"], first["run"]);
        assert_eq!(said["first_decision"], first["first_decision"]);
        assert_eq!(said["log_size"], first["log_size"]);
        assert_eq!(night.runs(), 1);
    };
    restored("out/a.csv", &[]);
    assert_eq!(night.everything(), before);
    // The file is gone, or was changed: it is written again as it was.
    let scores = &before["out/a.csv"];
    fs::remove_file(night.path("out/a.csv")).unwrap();
    restored("out/a.csv", &[]);
    assert_eq!(night.everything(), before);
    night.put("out/a.csv", b"changed");
    restored("out/a.csv", &[]);
    assert_eq!(night.everything(), before);
    // Another place gets the same file, and a list of rejects that was not asked for before.
    let rejects = night.text("out/r.csv");
    restored("out/b.csv", &["--rejects", &rejects]);
    assert_eq!(night.read("out/b.csv"), *scores);
    assert!(night.path("out/r.csv").exists());
    night.say(&["ledger", "verify", "--full"]).done();
}

#[test]
fn what_is_another_question_is_another_run() {
    let night = Night::new(200);
    night.put("more.csv", &export(100, 3, FIRST + 1_000, Stage::Open));
    let mut runs = 0;
    let mut fresh = |said: Said, what: &str| {
        runs += 1;
        assert_eq!(said.done().json()["status"], "recorded", "{what}");
        assert_eq!(night.runs(), runs, "{what}");
    };
    fresh(night.score("out/a.csv", &[]), "first");
    fresh(night.score("out/a.csv", &["--date", "2030-01-01"]), "date");
    fresh(
        night.score_of(&["night.csv", "more.csv"], "out/a.csv", &[]),
        "files",
    );
    fresh(
        night.score_of(&["more.csv", "night.csv"], "out/a.csv", &[]),
        "order",
    );
    let policy = night.root().join("probant.toml");
    let text = fs::read_to_string(&policy).unwrap();
    fs::write(&policy, text.replace("from = 0.4", "from = 0.45")).unwrap();
    fresh(night.score("out/a.csv", &[]), "policy");
    fs::write(&policy, &text).unwrap();
    let said = night.score("out/a.csv", &[]).done().json();
    assert_eq!(
        said["status"], "restored",
        "the first policy is in force again"
    );
    // Another model, by other leads.
    let leads = night.text("leads.csv");
    night.put("leads.csv", &export(6_500, 9, 1, Stage::History));
    let [train, approve, activate] = published(&leads);
    let say = |words: &[String]| {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        night.say(&words).done();
    };
    say(&train);
    fresh(night.score("out/t.csv", &["--model", "@latest"]), "a trial");
    say(&approve);
    say(&activate);
    fresh(night.score("out/a.csv", &[]), "model");
    night.say(&["ledger", "verify", "--full"]).done();
}

#[test]
fn without_the_desk_no_decision_is_lost_but_a_retry_is_a_new_run() {
    let night = Night::new(200);
    night.score("out/a.csv", &[]).done();
    for left in ["state.db", "state.db-wal", "state.db-shm"] {
        let _ = fs::remove_file(night.root().join(left));
    }
    assert_eq!(night.runs(), 1);
    night.say(&["ledger", "verify", "--full"]).done();
    let lead = table(&night.read("out/a.csv"))[17]["Réf. prospect"].clone();
    night.say(&["explain", "--why", "audit", &lead]).done();
    let again = night.score("out/a.csv", &[]).done().json();
    assert_eq!(again["status"], "recorded");
    assert_eq!(night.runs(), 2);
    // A desk that is broken says so, and what it costs to do without.
    fs::write(night.root().join("state.db"), [b'x'; 4096]).unwrap();
    night.score("out/b.csv", &["--again"]).failed(1);
    assert_eq!(night.runs(), 2);
    assert!(!night.path("out/b.csv").exists());
}

/// By record: the reason, the column, and whether the identifier can be read.
type Troubles = BTreeMap<u64, (&'static str, &'static str, bool)>;

/// An export with rows that fail: by record, what is wrong with each.
fn troubled() -> (Vec<u8>, Troubles) {
    let bytes = export(600, 5, FIRST, Stage::Open);
    let text: String = bytes.iter().map(|&byte| char::from(byte)).collect();
    let mut lines: Vec<String> = text
        .strip_suffix("\r\n")
        .unwrap()
        .split("\r\n")
        .map(str::to_owned)
        .collect();
    let plain = |line: &String| {
        !line.contains(['"', '\n']) && line.split(';').count() == demo::HEADERS.len()
    };
    let header: Vec<String> = lines[0].split(';').map(str::to_owned).collect();
    let staff = header.iter().position(|name| name == "Effectif").unwrap();
    let news = header
        .iter()
        .position(|name| name == "Inscrit à la lettre")
        .unwrap();
    let mut wrong = BTreeMap::new();
    let mut damage = |from: usize, damage: &dyn Fn(&mut Vec<String>), why, column, readable| {
        let at = (from..600).find(|&at| plain(&lines[at])).unwrap();
        let mut cells: Vec<String> = lines[at].split(';').map(str::to_owned).collect();
        damage(&mut cells);
        lines[at] = cells.join(";");
        wrong.insert(at as u64, (why, column, readable));
    };
    // A row with another number of fields: nobody knows which of them is the identifier.
    damage(7, &|row| row.truncate(9), "ragged", "", false);
    damage(40, &|row| row.push("CANARY-1".into()), "ragged", "", false);
    damage(
        90,
        &|row| row[staff] = "CANARY-2".into(),
        "not-a-number",
        "Effectif",
        true,
    );
    damage(
        150,
        &|row| row[news] = "CANARY-3".into(),
        "not-a-flag",
        "Inscrit à la lettre",
        true,
    );
    damage(
        210,
        &|row| row[0] = String::new(),
        "missing-identifier",
        "Réf. prospect",
        false,
    );
    let first = lines[1].split(';').next().unwrap().to_owned();
    let mut again = |from: usize| {
        let at = (from..600).find(|&at| plain(&lines[at])).unwrap();
        let mut cells: Vec<String> = lines[at].split(';').map(str::to_owned).collect();
        cells[0].clone_from(&first);
        lines[at] = cells.join(";");
        wrong.insert(at as u64, ("repeated-identifier", "Réf. prospect", true));
    };
    again(300);
    let text = lines.join("\r\n") + "\r\n";
    (text.chars().map(|letter| letter as u8).collect(), wrong)
}

#[test]
fn rows_in_are_proposed_refused_or_failed_and_each_failure_keeps_its_place() {
    let night = Night::new(10);
    let (bytes, wrong) = troubled();
    night.put("bad.csv", &bytes);
    let rejects = night.text("out/r.csv");
    let refused = night.text("out/f.csv");
    let more = ["--rejects", &rejects, "--refused", &refused];
    let said = night.score_of(&["bad.csv"], "out/a.csv", &more).done();
    let report = said.json();
    let count = |name: &str| report[name].as_u64().unwrap();
    assert_eq!(count("rows_in"), 600);
    assert_eq!(count("failed"), wrong.len() as u64);
    assert_eq!(count("proposed"), 600 - wrong.len() as u64);
    assert_eq!(count("refused"), 0);
    let scores = table(&night.read("out/a.csv"));
    assert_eq!(scores.len(), 600);
    for (at, row) in scores.iter().enumerate() {
        let record = at as u64 + 1;
        let Some((_, _, readable)) = wrong.get(&record) else {
            assert_eq!(row["status"], "proposed", "record {record}");
            assert!(!row["decision"].is_empty() && !row["score"].is_empty());
            continue;
        };
        assert_eq!(row["status"], "failed", "record {record}");
        let told = ["Réf. prospect", "status", "run"];
        for (name, cell) in row
            .iter()
            .filter(|(name, _)| !told.contains(&name.as_str()))
        {
            assert_eq!(cell, "", "record {record}: {name}");
        }
        assert_eq!(
            !row["Réf. prospect"].is_empty(),
            *readable,
            "record {record}"
        );
    }
    let again = ["--again", "--rejects", &rejects, "--refused", &refused];
    night.score_of(&["bad.csv"], "out/a.parquet", &again).done();
    same_but_for_its_texts(&scores, &night.path("out/a.parquet"));
    let listed = table(&night.read("out/r.csv"));
    assert_eq!(listed.len(), wrong.len());
    for (row, (record, (why, column, _))) in listed.iter().zip(&wrong) {
        assert_eq!(row["record"], record.to_string());
        assert_eq!(row["reason"], *why, "record {record}");
        assert_eq!(row["column"], *column, "record {record}");
        assert_eq!(row["file"], "bad.csv");
        assert!(row["line"].parse::<u64>().unwrap() > *record);
    }
    assert!(table(&night.read("out/f.csv")).is_empty());
    for (name, bytes) in night.everything() {
        let found = bytes.windows(6).any(|window| window == b"CANARY");
        assert!(!found, "{name} holds a value");
    }
    for spoken in [&said.out, &said.err] {
        assert!(!spoken.contains("CANARY"), "{spoken}");
    }
    // A retry counts the same, and writes the same.
    let before = night.everything();
    fs::remove_file(night.path("out/a.csv")).unwrap();
    let said = night.score_of(&["bad.csv"], "out/a.csv", &more).done();
    assert_eq!(said.json()["failures"], report["failures"]);
    assert_eq!(night.everything(), before);
}

/// Holds a Parquet score file to the same leads' CSV: which cells are empty, and what the numbers are.
fn same_but_for_its_texts(csv: &[BTreeMap<String, String>], path: &Path) {
    let wanted: Vec<Wanted> = csv[0]
        .keys()
        .map(|name| Wanted {
            name: name.clone(),
            repeats: false,
        })
        .collect();
    let reader = Reader::open(&[path.to_owned()], &wanted).unwrap();
    let present = reader.present().to_vec();
    // A header with a letter beyond Latin-1 is another text here: there is one.
    assert_eq!(present.len(), wanted.len() - 1);
    let batch = reader.last().unwrap().unwrap();
    assert_eq!(batch.rows, csv.len());
    for (Wanted { name, .. }, column) in present.iter().zip(&batch.columns) {
        for (row, line) in csv.iter().enumerate() {
            let number = match column {
                Raw::Text(texts) => {
                    assert_eq!(texts.get(row).is_none(), line[name].is_empty(), "{name}");
                    continue;
                }
                Raw::Whole(values) => {
                    assert_eq!(values[row].is_none(), line[name].is_empty(), "{name}");
                    continue;
                }
                Raw::Float(values) => values[row],
                other => panic!("{name}: {other:?}"),
            };
            let said = line[name].replace(',', ".").parse().unwrap_or(f64::NAN);
            let same = (number.is_nan() && said.is_nan()) || (number - said).abs() <= 1e-6;
            assert!(same, "{name}, row {row}: {number} and {said}");
        }
    }
}

#[test]
fn too_many_failures_refuse_the_night_and_a_dry_run_leaves_no_trace() {
    let night = Night::new(300);
    let before = night.everything();
    let rejects = night.text("out/r.csv");
    let data = night.text("night.csv");
    let said = night.say(&["score", &data, "--dry-run"]).done().json();
    assert_eq!(
        (&said["status"], &said["proposed"]),
        (&"counted".into(), &300.into())
    );
    assert_eq!(night.everything(), before);
    let mut bytes = night.read("night.csv");
    for n in 0..10 {
        bytes.extend_from_slice(format!("CANARY-{n};a;b\r\n").as_bytes());
    }
    night.put("night.csv", &bytes);
    let said = night.score("out/a.csv", &["--rejects", &rejects]).failed(3);
    assert!(!said.err.contains("CANARY"), "{said:?}");
    assert_eq!(
        night.everything(),
        before,
        "nothing is recorded, nothing is written"
    );
    night.say(&["score", &data, "--dry-run"]).failed(3);
    assert_eq!(night.runs(), 0);
}

#[test]
fn outputs_that_cannot_be_are_refused_before_anything_is_recorded() {
    let night = Night::new(50);
    fs::create_dir(night.path("out/folder.csv")).unwrap();
    std::os::unix::fs::symlink(night.path("night.csv"), night.path("link.csv")).unwrap();
    let before = night.everything();
    let inputs = night.read("night.csv");
    for out in [
        "missing/a.csv",
        "night.csv",
        "out/../night.csv",
        "ws/ledger/a.csv",
        "ws/keys/a.csv",
        "ws/models/a.csv",
        "out/a.txt",
        "out/folder.csv",
    ] {
        night.score(out, &[]).failed(2);
        assert_eq!(night.everything(), before, "{out}");
    }
    // The export named through a link is the export too.
    night.score_of(&["link.csv"], "night.csv", &[]).failed(2);
    let twice = night.text("out/a.csv");
    night.score("out/a.csv", &["--rejects", &twice]).failed(2);
    assert_eq!(night.everything(), before);
    assert_eq!(night.read("night.csv"), inputs);
    assert_eq!(night.runs(), 0);
    // Nothing in the way of a good one.
    night.score("out/a.csv", &[]).done();
}

/// A pack that lets nobody through is asked before the scorer is: it has no other answer to give.
#[test]
fn a_model_is_trained_for_a_purpose_that_is_named() {
    let night = Night::new(1);
    let root = night.root();
    let policy = fs::read_to_string(root.join("probant.toml")).unwrap();
    let second = "[[purposes]]\nid = \"renouvellement\"\ndescription = \"Proposer un renouvellement.\"\n\
                  basis = \"legitimate-interest\"\nretention_days = 365\n\n[training]\nseed = 7";
    let two = policy.replacen("[training]\nseed = 20260930", second, 1);
    assert_ne!(policy, two);
    fs::write(root.join("probant.toml"), two).unwrap();
    night.put("leads.csv", &export(3_000, 1, 1, Stage::History));
    let leads = night.path("leads.csv");
    let train = ["train", leads.to_str().unwrap(), "--as", "data-1"];
    let said = night.say(&train).failed(2);
    assert!(
        said.err.contains("renouvellement") && said.err.contains("--purpose"),
        "{said:?}"
    );
    night
        .say(&[&train[..], &["--purpose", "renouvelement"]].concat())
        .failed(2);
    let made = night
        .say(&[&train[..], &["--purpose", "renouvellement"]].concat())
        .done()
        .json();
    assert_eq!(made["provenance"]["purpose"], "renouvellement", "{made}");
}

#[test]
fn a_refusing_pack_gives_no_leave_to_score() {
    let pack = probant::law::builtin("none-1").unwrap();
    let text = pack.text();
    let document: Value = serde_json::from_str(text).unwrap();
    let refusing = text.replace(
        "\"otherwise\": {\n    \"eligible\": \"declared-basis\"\n  }",
        "\"otherwise\": {\n    \"refuse\": {\n      \"code\": 200,\n      \"name\": \"no-consent\",\n      \"article\": \"l34-5\"\n    }\n  }",
    );
    assert_ne!(text, refusing, "{document}");
    let pack = probant::law::Pack::parse(&refusing).unwrap();
    let policy = probant::policy::parse(POLICY).unwrap();
    let date = chrono::NaiveDate::from_ymd_opt(2026, 11, 1).unwrap();
    let facts = probant::eligibility::LeadFacts::default();
    let context = probant::eligibility::Context::of(&policy.purposes[0], &pack, date);
    match probant::eligibility::decide(&context, &facts) {
        probant::eligibility::Verdict::Refused(why) => {
            assert_eq!(
                (why.code(), why.name(), why.article()),
                (200, "no-consent", "l34-5")
            );
        }
        verdict @ probant::eligibility::Verdict::Eligible(_) => panic!("{verdict:?}"),
    }
}

#[test]
fn while_one_run_scores_another_waits_its_turn_and_explaining_goes_on() {
    let night = Night::new(300);
    night.score("out/a.csv", &[]).done();
    let lead = table(&night.read("out/a.csv"))[3]["Réf. prospect"].clone();
    let (met, root) = (OnceLock::new(), night.root());
    let (data, out) = (night.text("night.csv"), night.text("out/b.csv"));
    // In the middle of this run, at its first write, others come.
    let disk = Disk::watched(std::sync::Arc::new({
        let (root, data, lead) = (root.clone(), data.clone(), lead.clone());
        let other = night.text("out/c.csv");
        let met = std::sync::Arc::new(met);
        move |_, operation, path: &Path| {
            let part = path.extension().is_some_and(|ending| ending == "part");
            if part && operation == probant::workspace::disk::Operation::Sync {
                met.get_or_init(|| {
                    let score = ["score", &data, "--again", "--out", &other];
                    say(&root, &score).failed(7);
                    say(&root, &["explain", "--why", "audit", &lead]).done();
                    say(&root, &["runs", "list"]).done();
                    say(&root, &["ledger", "verify"]).done();
                });
            }
            Ok(())
        }
    }));
    let words = ["score", &data, "--again", "--out", &out];
    let said = run(&root, &mut world_on(disk, 9), &words).done();
    assert_eq!(said.json()["status"], "recorded");
    assert!(!night.path("out/c.csv").exists());
    assert_eq!(night.runs(), 2);
    // The same by two processes, whoever comes first.
    let spawn = |out: &str| {
        Command::new(PROBANT)
            .args([
                "-w",
                root.to_str().unwrap(),
                "score",
                &data,
                "--again",
                "--out",
            ])
            .arg(night.path(out))
            .output()
            .unwrap()
            .status
            .code()
    };
    let codes = std::thread::scope(|scope| {
        let (one, two) = (
            scope.spawn(|| spawn("out/d.csv")),
            scope.spawn(|| spawn("out/e.csv")),
        );
        [one.join().unwrap(), two.join().unwrap()]
    });
    assert!(
        codes.iter().all(|code| matches!(code, Some(0 | 7))),
        "{codes:?}"
    );
    let done = codes.iter().filter(|code| **code == Some(0)).count();
    assert!(done >= 1);
    assert_eq!(night.runs(), 2 + done);
    night.say(&["ledger", "verify", "--full"]).done();
}

/// Numbers that look random and never change: `SplitMix64`.
pub struct Draws(pub u64);

impl Draws {
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % bound as u64) as usize
    }
}

fn named(said: &Said, name: &str) -> bool {
    let said = said.json();
    ["integrity", "completeness"]
        .iter()
        .filter_map(|verdict| said[verdict].as_array())
        .flatten()
        .any(|trouble| trouble["file"] == name)
}

#[test]
fn a_flipped_bit_a_missing_and_an_extra_file_are_found_and_named() {
    let night = Night::new(120);
    night.score("out/a.csv", &[]).done();
    let verify = || night.say(&["ledger", "verify", "--full"]);
    verify().done();
    let mut draws = Draws(42);
    let (mut files, mut flipped) = (0, 0);
    for (name, bytes) in tree(&night.root(), &["ledger", "models"]) {
        let path = night.root().join(&name);
        for _ in 0..60 {
            let mut damaged = bytes.clone();
            damaged[draws.below(bytes.len())] ^= 1 << draws.below(8);
            fs::write(&path, &damaged).unwrap();
            let said = verify();
            assert_eq!(said.exit, 4, "{name}: {said:?}");
            assert!(named(&said, &name), "{name} is not named: {said:?}");
            flipped += 1;
        }
        fs::remove_file(&path).unwrap();
        let said = verify();
        assert_eq!(said.exit, 4, "{name}: {said:?}");
        assert!(named(&said, &name), "{name} is missing unseen: {said:?}");
        fs::write(&path, &bytes).unwrap();
        let extra = format!("{name}.copy");
        fs::write(night.root().join(&extra), &bytes).unwrap();
        let said = verify();
        assert_eq!(said.exit, 4, "{extra}: {said:?}");
        assert!(named(&said, &extra), "{extra} is not named: {said:?}");
        fs::remove_file(night.root().join(&extra)).unwrap();
        files += 1;
    }
    assert!(
        files >= 12 && flipped >= 720,
        "{files} files, {flipped} bits"
    );
    verify().done();
}

#[test]
fn a_workspace_in_pieces_is_refused_with_a_hint_and_without_a_panic() {
    let night = Night::new(60);
    night.score("out/a.csv", &[]).done();
    let lead = table(&night.read("out/a.csv"))[0]["Réf. prospect"].clone();
    let kept = night.path("kept");
    copy(&night.root(), &kept);
    let data = night.text("night.csv");
    let out = night.text("out/z.csv");
    let ask = |what: &str| {
        for words in [
            &["ledger", "verify", "--full"][..],
            &["ledger", "verify"],
            &["ledger", "stats"],
            &["runs", "list"],
            &["models", "list"],
            &["explain", "--why", "audit", &lead],
            &["score", &data, "--again", "--out", &out],
        ] {
            let said = night.say(words);
            assert!(
                matches!(said.exit, 0 | 1 | 2 | 4),
                "{what}, {words:?}: {said:?}"
            );
            let verdict = words[0] == "ledger" && words[1] == "verify";
            if verdict {
                // Without its keys nothing can be said of a ledger, good or bad.
                let exits: &[u8] = if what == "keys removed" {
                    &[1]
                } else {
                    &[2, 4]
                };
                assert!(exits.contains(&said.exit), "{what}, {words:?}: {said:?}");
            }
            if said.exit != 0 && said.out.is_empty() {
                assert!(said.err.contains("hint: "), "{what}, {words:?}: {said:?}");
            }
            // Scoring opens what it needs: it stops before it writes, or it records.
            if words[0] == "score" {
                let written = Path::new(&out).exists();
                assert_eq!(written, said.exit == 0, "{what}: {said:?}");
            }
        }
        let _ = fs::remove_file(&out);
        fs::remove_dir_all(night.root()).unwrap();
        copy(&kept, &night.root());
    };
    for name in tree(&night.root(), &["ledger"]).into_keys() {
        if name.contains("/segments/") || name.contains("/keys/") {
            continue; // scoring does not read what stands; `verify` has its own test above
        }
        fs::write(night.root().join(&name), b"").unwrap();
        ask(&format!("{name} emptied"));
        fs::remove_file(night.root().join(&name)).unwrap();
        ask(&format!("{name} removed"));
    }
    for folder in [
        "ledger",
        "ledger/tile",
        "ledger/segments",
        "ledger/keys",
        "keys",
    ] {
        if matches!(folder, "ledger/segments" | "ledger/keys") {
            fs::remove_dir_all(night.root().join(folder)).unwrap();
            let said = night.say(&["ledger", "verify"]);
            assert_eq!(said.exit, 4, "{folder}: {said:?}");
            night.say(&["explain", "--why", "audit", &lead]).failed(4);
            fs::remove_dir_all(night.root()).unwrap();
            copy(&kept, &night.root());
            continue;
        }
        fs::remove_dir_all(night.root().join(folder)).unwrap();
        ask(&format!("{folder} removed"));
    }
}

#[cfg(unix)]
#[test]
fn secrets_that_others_may_read_are_refused() {
    use std::os::unix::fs::PermissionsExt as _;
    let night = Night::new(20);
    let mode = |path: &Path, mode| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    };
    let keys = night.root().join("keys");
    for item in fs::read_dir(&keys).unwrap() {
        let path = item.unwrap().path();
        mode(&path, 0o644);
        let said = night.score("out/a.csv", &[]).failed(1);
        assert!(said.err.contains("chmod"), "{said:?}");
        mode(&path, 0o600);
    }
    mode(&keys, 0o755);
    night.score("out/a.csv", &[]).failed(1);
    mode(&keys, 0o700);
    night.score("out/a.csv", &[]).done();
}
