//! A year of a model on Bank Marketing (additional), cut into months in the order in which the calls were made:
//! train, score, take outcomes in, watch, and where an alert says so train again, compare, approve, activate.
//!
//! Shared by a test, in a few long months, and by `benches/year.sh`, in twelve. Dates are invented; order is real.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use probant::cli::run_in;
use probant::ledger::Time;
use probant::ledger::key::{Secret, SecretKind, SigningKey};
use probant::ledger::note::Verifier;
use probant::workspace::World;
use probant::workspace::disk::Disk;
use probant::workspace::journal::Entropy;
use serde_json::Value;

/// Stretches of rows with one month's name, in the file's order: what the year is cut by.
type Cut = [std::ops::Range<usize>];

/// What one month came to.
#[derive(Debug, Default)]
pub struct Month {
    /// Its name in the file.
    pub name: String,
    /// Leads scored.
    pub leads: usize,
    /// Share won.
    pub won: f64,
    /// The model that scored, its first digits.
    pub model: String,
    /// What the watch said of it.
    pub watched: Value,
    /// Its exit code.
    pub exit: u8,
    /// What was done about it.
    pub done: String,
    /// One lead of the month, for later.
    pub lead: String,
    /// The day it was scored.
    pub day: String,
}

/// The workspace, its clock and what has happened.
pub struct Year {
    root: PathBuf,
    folder: PathBuf,
    world: World,
    pub months: Vec<Month>,
    learned: Vec<String>,
}

/// The exit code of a command and its document.
pub type Answer = (u8, Value, String);

impl Year {
    /// A workspace in `folder` whose first model learned from the first two months.
    pub fn begin(folder: &Path, policy: &str) -> Self {
        let root = folder.join("bank");
        fs::create_dir_all(&root).unwrap();
        let world = World {
            disk: Disk::new(),
            now: Time(0),
            entropy: Entropy::seeded([12; 32]),
        };
        let mut year = Self {
            root,
            folder: folder.to_owned(),
            world,
            months: Vec::new(),
            learned: Vec::new(),
        };
        year.clock("2025-12-30");
        assert_eq!(year.says(&["init"]).0, 0);
        let mut text = policy.replacen("identifier = \"row\"\n", "", 1).replacen(
            "rows_in_time_order = true",
            "rows_in_time_order = false",
            1,
        );
        // Conversion moves from 5 % to 50 % in this file: what is asked of a model is the order of leads.
        let strict = "max_calibration_error = 0.05";
        assert!(text.contains(strict));
        text = text.replacen(strict, "max_calibration_error = 0.2", 1);
        text.push_str(
            "\n[columns.\"id\"]\nkind = \"text\"\nrole = \"identifier\"\nid_type = \"crm-id\"\n\
             \n[columns.\"jour\"]\nkind = \"date\"\nrole = \"date\"\n",
        );
        for (person, byte) in [("analyste", 31), ("dpo", 32)] {
            let secret = Secret::new([byte; 32]);
            let key = Verifier::new(person, &SigningKey::of(&secret)).text();
            let id = format!("id = \"{person}\"\n");
            text = text.replacen(&id, &format!("{id}key = \"{key}\"\n"), 1);
            let file = year.key(person);
            let written = secret.file(SecretKind::Person, &person.parse().unwrap());
            fs::write(&file, written.as_bytes()).unwrap();
            fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        }
        fs::write(year.root.join("probant.toml"), text).unwrap();
        year
    }

    fn key(&self, person: &str) -> String {
        self.folder
            .join(format!("{person}.key"))
            .display()
            .to_string()
    }

    fn clock(&mut self, day: &str) {
        let day: NaiveDate = day.parse().unwrap();
        self.world.now = Time(day.and_hms_opt(6, 0, 0).unwrap().and_utc().timestamp());
    }

    /// Runs a command: its exit code, its document, and what it said on the side.
    pub fn says(&mut self, words: &[&str]) -> Answer {
        self.world.now.0 += 60;
        let mut arguments: Vec<OsString> = ["probant", "--lang", "en", "--json", "-w"]
            .map(OsString::from)
            .to_vec();
        arguments.push(self.root.clone().into());
        arguments.extend(words.iter().map(OsString::from));
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let exit = run_in(arguments, &mut out, &mut err, &mut self.world);
        let said = serde_json::from_slice(&out).unwrap_or_default();
        (exit.0, said, String::from_utf8(err).unwrap())
    }

    fn must(&mut self, words: &[&str]) -> Value {
        let (exit, said, err) = self.says(words);
        assert_eq!(exit, 0, "{words:?}: {err}");
        said
    }

    /// Trains on everything that is known by now; the candidate.
    fn train(&mut self) -> Value {
        let key = self.key("analyste");
        let files = self.learned.clone();
        let files: Vec<&str> = files.iter().map(String::as_str).collect();
        let by = ["--as", "analyste", "--key", &key];
        self.must(&[&["train"], &files[..], &by].concat())
    }

    fn step(&mut self, verb: &[&str], person: &str) -> Answer {
        let key = self.key(person);
        self.says(&[&["models"], verb, &["--as", person, "--key", &key]].concat())
    }

    fn active(&mut self) -> String {
        let said = self.must(&["models", "show", "@active"]);
        said["model"]["version"].as_str().unwrap()[..12].to_owned()
    }

    /// The first model, published before the year begins.
    pub fn open(&mut self, learned: &str) {
        self.learned.push(learned.to_owned());
        self.train();
        let (exit, _, err) = self.step(&["approve", "@candidate"], "dpo");
        assert_eq!(exit, 0, "{err}");
        let (exit, _, err) = self.step(&["activate", "@candidate"], "analyste");
        assert_eq!(exit, 0, "{err}");
    }

    /// One month: scored at its beginning, outcomes and watch at its end; after an alert, another model if it is better.
    pub fn month(&mut self, number: usize, name: &str, export: &Export, goes_back: bool) {
        let (year, month) = (2026 + (number - 1) / 12, (number - 1) % 12 + 1);
        let on = |day: u32| format!("{year}-{month:02}-{day:02}");
        let file = export.file.display().to_string();
        self.clock(&on(2));
        let model = self.active();
        let out = self
            .folder
            .join(format!("scores-{number}.csv"))
            .display()
            .to_string();
        let by = ["--as", "operatrice"];
        self.must(&[&["score", &file, "--out", &out][..], &by].concat());
        self.clock(&on(27));
        self.must(&[&["outcomes", &file][..], &by].concat());
        let (from, to) = (on(1), on(28));
        let watch = ["monitor", "--from", &from, "--to", &to];
        let (exit, watched, err) = self.says(&[&watch[..], &by].concat());
        assert!([0, 8].contains(&exit), "{err}");
        self.learned.push(file.clone());
        let done = if exit == 8 {
            self.answer(&file, goes_back)
        } else {
            String::new()
        };
        self.months.push(Month {
            name: name.to_owned(),
            leads: export.leads,
            won: export.won,
            model,
            watched,
            exit,
            done,
            lead: export.first.clone(),
            day: on(2),
        });
    }

    /// What people do about an alert: train, compare, approve if the gates let them, activate; and go back, once.
    fn answer(&mut self, export: &str, goes_back: bool) -> String {
        let mut done = String::new();
        let trained = self.train();
        let candidate = trained["model"].as_str().unwrap()[..12].to_owned();
        let diff = ["models", "diff", "@active", &candidate, "--data", export];
        let (exit, _, err) = self.says(&[&diff[..], &["--as", "analyste"]].concat());
        assert_eq!(exit, 0, "{err}");
        // Whoever trained it cannot approve it, in no month.
        let (own, ..) = self.step(&["approve", &candidate], "analyste");
        assert_eq!(own, 5);
        let (exit, _, err) = self.step(&["approve", &candidate], "dpo");
        if exit != 0 {
            assert_eq!(exit, 5, "{err}");
            let why = err.lines().find_map(|line| line.strip_prefix("  - "));
            write!(done, "{candidate} not approved: {}", why.unwrap_or(&err)).unwrap();
            return done;
        }
        let (exit, _, err) = self.step(&["activate", &candidate], "analyste");
        assert_eq!(exit, 0, "{err}");
        write!(done, "{candidate} approved, activated").unwrap();
        if goes_back {
            let (exit, said, err) = self.step(&["rollback"], "analyste");
            assert_eq!(exit, 0, "{err}");
            let back = &said["model"].as_str().unwrap()[..12];
            write!(done, ", rolled back to {back}").unwrap();
        }
        done
    }

    /// Every past decision is explained by the model of its day, and the whole log replays.
    pub fn proves_itself(&mut self) {
        for at in 0..self.months.len() {
            let (lead, model) = (self.months[at].lead.clone(), self.months[at].model.clone());
            let day = self.months[at].day.clone();
            let said = self.must(&["explain", &lead, "--why", "audit", "--as", "dpo"]);
            let version = said["model"].as_str().unwrap();
            assert!(
                version.starts_with(&model),
                "{lead}: {version}, not {model}"
            );
            let then = self.must(&["models", "at", &day]);
            let then = then["scored"].as_array().unwrap();
            let known = |it: &Value| it["model"].as_str().is_some_and(|it| it == version);
            assert!(then.iter().any(known), "{day}: {then:?}");
        }
        let verdict = self.must(&["ledger", "verify", "--full"]);
        let leads: usize = self.months.iter().map(|it| it.leads).sum();
        assert_eq!(verdict["replayed"].as_u64().unwrap() as usize, leads);
    }
}

/// A month's export, and what is true of it.
pub struct Export {
    pub file: PathBuf,
    pub leads: usize,
    pub won: f64,
    pub first: String,
}

/// The rows of the published file, cut into stretches of one month's name.
pub struct Calls {
    header: String,
    rows: Vec<String>,
    /// Each stretch: its month, where it begins and ends.
    pub stretches: Vec<(String, std::ops::Range<usize>)>,
}

impl Calls {
    /// The file's rows.
    pub fn read(file: &Path) -> Self {
        let text = fs::read_to_string(file).unwrap().replace('\r', "");
        let mut lines = text.lines();
        let header = lines.next().unwrap().to_owned();
        let at = header
            .split(';')
            .position(|name| name == "\"month\"")
            .unwrap();
        let rows: Vec<String> = lines.map(str::to_owned).collect();
        let mut stretches: Vec<(String, std::ops::Range<usize>)> = Vec::new();
        for (row, line) in rows.iter().enumerate() {
            let month = line.split(';').nth(at).unwrap().trim_matches('"');
            match stretches.last_mut() {
                Some((name, rows)) if name == month => rows.end = row + 1,
                _ => stretches.push((month.to_owned(), row..row + 1)),
            }
        }
        Self {
            header,
            rows,
            stretches,
        }
    }

    /// Writes the rows of some stretches as one export, over the days of these months.
    pub fn export(&self, of: std::ops::Range<usize>, to: &Path, months: &[(i32, u32)]) -> Export {
        let rows = self.stretches[of.start].1.start..self.stretches[of.end - 1].1.end;
        let mut text = format!("{};\"id\";\"jour\"\n", self.header);
        let (total, mut won) = (rows.len(), 0);
        for (at, row) in rows.clone().enumerate() {
            let day = at * months.len() * 28 / total;
            let (year, month) = months[day / 28];
            let line = &self.rows[row];
            won += usize::from(line.ends_with("\"yes\""));
            writeln!(
                text,
                "{line};\"B{row:06}\";\"{year}-{month:02}-{:02}\"",
                day % 28 + 1
            )
            .unwrap();
        }
        fs::write(to, text).unwrap();
        Export {
            file: to.to_owned(),
            leads: total,
            won: won as f64 / total as f64,
            first: format!("B{:06}", rows.start + total / 2),
        }
    }
}

/// Lives the year: what comes before the first month of `cut` is learned from, and the model that is published in
/// month `back_in` is rolled back from at once.
pub fn live(folder: &Path, policy: &str, calls: &Calls, cut: &Cut, back_in: usize) -> Year {
    let mut year = Year::begin(folder, policy);
    let first = cut.first().map_or(0, |it| it.start);
    let months = [(2025, 10), (2025, 11), (2025, 12)];
    let before = calls.export(0..first, &folder.join("before.csv"), &months);
    year.open(&before.file.display().to_string());
    for (at, of) in cut.iter().enumerate() {
        let number = at + 1;
        let names: Vec<&str> = calls.stretches[of.clone()]
            .iter()
            .map(|it| it.0.as_str())
            .collect();
        let when = (
            2026 + (number as i32 - 1) / 12,
            (number as u32 - 1) % 12 + 1,
        );
        let export = calls.export(
            of.clone(),
            &folder.join(format!("month-{number}.csv")),
            &[when],
        );
        year.month(number, &names.join("+"), &export, number == back_in);
    }
    year
}
