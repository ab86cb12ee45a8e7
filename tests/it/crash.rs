//! A night that is cut short: killed at random moments and at each step, and refused by the disk at each step.
//!
//! What holds afterwards is always the same: the ledger opens and verifies, a run that was reported
//! done is in it, a run that was recorded has its file or gets it back, and a retry logs nobody twice.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::Ordering;
use std::time::Instant;

use probant::demo::Stage;
use probant::workspace::disk::Disk;

use crate::faults::{die, failing};
use crate::night::{
    Draws, FIRST, Night, PROBANT, but_for_run_and_decision, copy, export, run, say, table, tree,
    world_on,
};

/// Nights that are killed, and rows of each.
const KILLS: usize = 200;
const ROWS: usize = 3_000;

/// The parts of files that lie in a folder.
fn parts(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder)
        .unwrap()
        .map(|item| item.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "part"))
        .collect()
}

/// Rows proposed, and runs, by the ledger's own count.
fn counted(root: &Path) -> (u64, u64) {
    let said = say(root, &["ledger", "stats"]).done().json();
    (
        said["proposals"].as_u64().unwrap(),
        said["runs"].as_u64().unwrap(),
    )
}

fn start(root: &Path, data: &Path, out: &Path, date: &str) -> Child {
    Command::new(PROBANT)
        .arg("-w")
        .arg(root)
        .args(["--lang", "en", "score"])
        .arg(data)
        .args(["--date", date, "--out"])
        .arg(out)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// The law's date of the `n`-th night: each is a run of its own.
fn date(n: usize) -> String {
    let first = chrono::NaiveDate::from_ymd_opt(2026, 10, 1).unwrap();
    (first + chrono::Days::new(n as u64)).to_string()
}

/// Kills `kills` nights of one workspace, each in its time; how many were recorded when they died.
fn killed(kills: usize, seed: u64) -> usize {
    let night = Night::new(ROWS);
    let (root, data) = (night.root(), night.path("night.csv"));
    let undisturbed = |n: usize| {
        let begun = Instant::now();
        let out = night.path(&format!("out/calm-{n}.csv"));
        let output = start(&root, &data, &out, &date(1000 + n))
            .wait_with_output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        begun.elapsed()
    };
    let calm = 3;
    let length = (0..calm).map(undisturbed).max().unwrap();
    let whole = but_for_run_and_decision(&night.read("out/calm-0.csv"));
    assert_eq!(whole.len(), ROWS);
    let mut draws = Draws(seed);
    let mut recorded = 0;
    for n in 0..kills {
        let name = format!("out/{n}.csv");
        let (out, day) = (night.path(&name), date(n));
        let mut child = start(&root, &data, &out, &day);
        let moment = length.mul_f64(draws.below(1000) as f64 / 950.0);
        std::thread::sleep(moment);
        child.kill().unwrap();
        let output = child.wait_with_output().unwrap();
        let reported = String::from_utf8_lossy(&output.stdout).contains("is recorded");
        let when = format!("night {n}, killed after {moment:?}");
        let (proposals, runs) = counted(&root);
        let before = (calm + n) as u64;
        assert!(runs == before || runs == before + 1, "{when}: {runs} runs");
        let held = runs > before;
        assert!(held || !reported, "{when}: reported done, and gone");
        assert_eq!(proposals, ROWS as u64 * runs, "{when}");
        if reported {
            assert_eq!(
                but_for_run_and_decision(&night.read(&name)),
                whole,
                "{when}"
            );
        }
        if out.exists() {
            // A file in its place is whole, and its run is recorded.
            assert!(held, "{when}: a file without a record");
            assert_eq!(table(&night.read(&name)).len(), ROWS, "{when}");
        }
        recorded += usize::from(held);
        if n % 20 == 0 {
            say(&root, &["ledger", "verify", "--full"]).done();
        } else if n % 4 == 0 {
            say(&root, &["ledger", "verify"]).done();
        }
        let again = night.score(&name, &["--date", &day]).done().json();
        let expected = if held { "restored" } else { "recorded" };
        assert_eq!(again["status"], expected, "{when}");
        assert_eq!(
            but_for_run_and_decision(&night.read(&name)),
            whole,
            "{when}"
        );
        assert_eq!(counted(&root).1, before + 1, "{when}");
        assert_eq!(parts(&night.path("out")), Vec::<PathBuf>::new(), "{when}");
        assert!(tree(&root, &["tmp"]).is_empty(), "{when}: tmp is not empty");
    }
    let runs = (calm + kills) as u64;
    assert_eq!(counted(&root), (ROWS as u64 * runs, runs));
    // Nobody twice: decision numbers are one range without a gap or a repetition.
    let mut numbers = BTreeSet::new();
    let files = (0..calm).map(|n| format!("out/calm-{n}.csv"));
    for name in files.chain((0..kills).map(|n| format!("out/{n}.csv"))) {
        for row in table(&night.read(&name)) {
            assert!(
                numbers.insert(row["decision"].parse::<u64>().unwrap()),
                "{name}"
            );
        }
    }
    assert_eq!(numbers.len() as u64, ROWS as u64 * runs);
    assert_eq!(numbers.last(), Some(&(ROWS as u64 * runs - 1)));
    say(&root, &["ledger", "verify", "--full"]).done();
    recorded
}

#[test]
fn nights_killed_at_random_moments_lose_nothing_and_log_nobody_twice() {
    let recorded = std::thread::scope(|scope| {
        let one = scope.spawn(|| killed(KILLS / 2, 1));
        let two = scope.spawn(|| killed(KILLS / 2, 2));
        one.join().unwrap() + two.join().unwrap()
    });
    assert!((5..=KILLS - 5).contains(&recorded), "{recorded} of {KILLS}");
}

/// A small export with one failure, so that there are two files to put in their place.
fn small() -> Night {
    let night = Night::new(150);
    let mut bytes = export(150, 2, FIRST, Stage::Open);
    bytes.extend_from_slice(b"L-1;too;few\r\n");
    night.put("night.csv", &bytes);
    night
}

/// Scores the small export in a folder that holds `ws/`, `out/` and `night.csv`.
fn score(folder: &Path, disk: Disk) -> crate::night::Said {
    let path = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let (data, out, rejects) = (path("night.csv"), path("out/a.csv"), path("out/r.csv"));
    let words = ["score", &data, "--out", &out, "--rejects", &rejects];
    run(&folder.join("ws"), &mut world_on(disk, 33), &words)
}

/// The files of an undisturbed run, and how many moments of the disk it has.
fn undisturbed(night: &Night) -> (Vec<u8>, Vec<u8>, usize) {
    let folder = night.path("calm");
    stage(night, &folder);
    let (disk, count) = failing(usize::MAX, || Ok(()));
    assert_eq!(score(&folder, disk).done().json()["status"], "recorded");
    let read = |name: &str| fs::read(folder.join(name)).unwrap();
    (
        read("out/a.csv"),
        read("out/r.csv"),
        count.load(Ordering::SeqCst),
    )
}

fn stage(night: &Night, folder: &Path) {
    copy(&night.root(), &folder.join("ws"));
    fs::create_dir(folder.join("out")).unwrap();
    fs::copy(night.path("night.csv"), folder.join("night.csv")).unwrap();
}

/// What holds after a night was cut short, before and after the next command; whether it was recorded.
fn whole_or_nothing(folder: &Path, scores: &[u8], rejects: &[u8], when: &str) -> bool {
    let root = folder.join("ws");
    say(&root, &["ledger", "verify", "--full"]).done();
    let (proposals, runs) = counted(&root);
    assert!(
        runs <= 1 && proposals == 150 * runs,
        "{when}: {proposals} of {runs}"
    );
    let read = |name: &str| fs::read(folder.join(name)).ok();
    for (name, bytes) in [("out/a.csv", scores), ("out/r.csv", rejects)] {
        // Bytes alike: clock and randomness are the same as those of the undisturbed run.
        if let Some(found) = read(name) {
            assert!(
                runs == 1 && found == bytes,
                "{when}: {name} is half-written"
            );
        }
    }
    // Another night, of another export: the first one's files are put in their place by it.
    let other = folder.join("other.csv");
    fs::write(&other, export(20, 8, FIRST + 5_000, Stage::Open)).unwrap();
    let out = folder.join("out/other-scores.csv");
    let words = [
        "score",
        other.to_str().unwrap(),
        "--out",
        out.to_str().unwrap(),
    ];
    say(&root, &words).done();
    if runs == 1 {
        assert_eq!(
            read("out/a.csv").as_deref(),
            Some(scores),
            "{when}: its file is not back"
        );
        assert_eq!(
            read("out/r.csv").as_deref(),
            Some(rejects),
            "{when}: its file is not back"
        );
    } else {
        assert!(
            read("out/a.csv").is_none() && read("out/r.csv").is_none(),
            "{when}"
        );
    }
    assert_eq!(parts(&folder.join("out")), Vec::<PathBuf>::new(), "{when}");
    let again = score_again(folder);
    assert_eq!(
        again["status"],
        if runs == 1 { "restored" } else { "recorded" },
        "{when}"
    );
    let found = read("out/a.csv").unwrap();
    assert_eq!(
        but_for_run_and_decision(&found),
        but_for_run_and_decision(scores),
        "{when}"
    );
    assert_eq!(read("out/r.csv").as_deref(), Some(rejects), "{when}");
    assert_eq!(counted(&root), (170, 2), "{when}");
    assert_eq!(parts(&folder.join("out")), Vec::<PathBuf>::new(), "{when}");
    say(&root, &["ledger", "verify", "--full"]).done();
    runs == 1
}

/// The same command with randomness of its own, as a person would type it again.
fn score_again(folder: &Path) -> serde_json::Value {
    let path = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let (data, out, rejects) = (path("night.csv"), path("out/a.csv"), path("out/r.csv"));
    let words = ["score", &data, "--out", &out, "--rejects", &rejects];
    say(&folder.join("ws"), &words).done().json()
}

const FOLDER: &str = "PROBANT_TEST_NIGHT_FOLDER";
const AT: &str = "PROBANT_TEST_NIGHT_KILLED_AT";

/// Does nothing by itself: the test below runs it in a process of its own, which does not survive it.
#[test]
fn a_score_that_is_killed() {
    let (Ok(folder), Ok(at)) = (std::env::var(FOLDER), std::env::var(AT)) else {
        return;
    };
    let (disk, _) = failing(at.parse().unwrap(), die);
    score(Path::new(&folder), disk).done();
    fs::write(Path::new(&folder).join("done"), b"").unwrap();
}

#[test]
fn a_night_killed_at_each_step_is_recorded_whole_or_not_at_all() {
    let night = small();
    let (scores, rejects, moments) = undisturbed(&night);
    let (mut held, mut lost) = (0, 0);
    for n in 0..moments {
        let folder = night.path(&format!("at-{n}"));
        stage(&night, &folder);
        let output = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "crash::a_score_that_is_killed",
                "--test-threads",
                "1",
            ])
            .env(FOLDER, &folder)
            .env(AT, n.to_string())
            .output()
            .unwrap();
        assert!(
            !output.status.success(),
            "moment {n} of {moments} was never reached"
        );
        assert!(!folder.join("done").exists());
        let when = format!("killed at moment {n}");
        if whole_or_nothing(&folder, &scores, &rejects, &when) {
            held += 1;
        } else {
            lost += 1;
        }
        fs::remove_dir_all(&folder).unwrap();
    }
    assert!(held >= 8 && lost >= 40, "{held} held, {lost} lost");
}

#[test]
fn a_disk_that_fails_at_each_step_leaves_nothing_half_written() {
    let night = small();
    let (scores, rejects, moments) = undisturbed(&night);
    let (mut held, mut lost) = (0, 0);
    // ENOSPC has a kind of its own; EIO has none.
    let errors: [fn() -> io::Error; 2] = [
        || io::Error::from(io::ErrorKind::StorageFull),
        || io::Error::from_raw_os_error(5),
    ];
    for n in 0..moments {
        for (which, error) in errors.into_iter().enumerate() {
            let folder = night.path(&format!("at-{n}-{which}"));
            stage(&night, &folder);
            let (disk, count) = failing(n, move || Err(error()));
            let said = score(&folder, disk);
            assert!(count.load(Ordering::SeqCst) > n);
            let when = format!("error {which} at moment {n}: {said:?}");
            assert!(matches!(said.exit, 0 | 1), "{when}");
            if said.exit == 1 {
                assert!(
                    said.err.contains("error: ") && said.err.contains("hint: "),
                    "{when}"
                );
            }
            let done = said.exit == 0;
            let recorded = whole_or_nothing(&folder, &scores, &rejects, &when);
            assert!(recorded || !done, "{when}: reported done, and gone");
            if recorded {
                held += 1;
            } else {
                lost += 1;
            }
            fs::remove_dir_all(&folder).unwrap();
        }
    }
    assert!(held >= 8 && lost >= 80, "{held} held, {lost} lost");
}

/// The shell's limit on the size of files makes the very writes of the body fail, in the real program.
#[cfg(unix)]
#[test]
fn a_score_file_that_does_not_fit_is_not_there_at_all() {
    let night = Night::new(20_000);
    let (root, data) = (night.root(), night.path("night.csv"));
    let more = night.path("out/a.csv");
    night
        .score("out/calm.csv", &["--date", "2026-01-01"])
        .done();
    let whole = night.read("out/calm.csv");
    for out in ["out/a.csv", "out/a.parquet"] {
        // In blocks of 512 or 1024 bytes, by the shell: far less than the CSV, more than nothing.
        let script = "trap '' XFSZ; ulimit -f \"$1\"; shift; exec \"$@\"";
        let output = Command::new("sh")
            .args(["-c", script, "sh", "256", PROBANT, "--lang", "en", "-w"])
            .arg(&root)
            .arg("score")
            .arg(&data)
            .arg("--out")
            .arg(night.path(out))
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{out}: {text}");
        // It is the file itself that failed, before the ledger was asked for anything.
        assert!(text.contains("cannot write `"), "{out}: {text}");
        assert!(
            text.contains("error: ") && text.contains("hint: "),
            "{out}: {text}"
        );
        assert!(!night.path(out).exists(), "{out} is half-written");
        assert_eq!(parts(&night.path("out")), Vec::<PathBuf>::new(), "{out}");
        assert_eq!(counted(&root).1, 1, "{out} was recorded");
    }
    let said = night.score("out/a.csv", &[]).done().json();
    assert_eq!(said["status"], "recorded");
    let found = fs::read(more).unwrap();
    assert_eq!(
        but_for_run_and_decision(&found),
        but_for_run_and_decision(&whole)
    );
    say(&root, &["ledger", "verify", "--full"]).done();
}
