//! The auditor's bundle: believed by tools that we did not write, and refused by them once it was changed.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use probant::cli::run_in;

use probant::demo::Stage;
use probant::digest::{hex, sha256};
use probant::ledger::entry::Erase;
use probant::ledger::text::Progress;
use probant::ledger::{Entry, EventId, SegmentId, SegmentKind, Time};
use probant::workspace::disk::{Disk, Operation, Phase};
use probant::workspace::journal::{Commit, Entropy, View, Writer};
use probant::workspace::{recipients, stage_demo};
use serde_json::Value;
use tempfile::TempDir;

use super::auditor::{Opinion, Tools, openssl, tools};
use super::bundle_changed::edit;
use super::night::{FIRST, Said, copy, export, learn, run, say, table, tree, world, world_on};
use super::review::Desk;

/// Leads of each of the two nights.
const NIGHTS: [usize; 2] = [300, 140];

/// A workspace whose model has pairs, after two nights on two law dates; made once.
fn base() -> &'static Path {
    static BASE: OnceLock<TempDir> = OnceLock::new();
    BASE.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("ws");
        let mut world = world(1);
        let learned = export(6_000, 1, 1, Stage::History);
        let exports: [(&str, &[u8]); 1] = [("leads.csv", &learned)];
        stage_demo(&root, &mut world, crate::night::POLICY, &exports).unwrap();
        learn(&root, &mut world);
        fs::remove_file(root.join("leads.csv")).unwrap();
        for (night, date) in ["2026-09-20", "2026-10-05"].into_iter().enumerate() {
            let data = folder.path().join(format!("night-{night}.csv"));
            fs::write(&data, export(NIGHTS[night], 2, FIRST, Stage::Open)).unwrap();
            let out = folder.path().join(format!("scores-{night}.csv"));
            let (data, out) = (data.to_str().unwrap(), out.to_str().unwrap());
            run(
                &root,
                &mut world,
                &["score", data, "--date", date, "--out", out],
            )
            .done();
        }
        folder
    })
    .path()
}

/// A copy of that workspace.
pub struct Shop {
    folder: TempDir,
}

impl Shop {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        copy(&base().join("ws"), &folder.path().join("ws"));
        Self { folder }
    }

    pub fn root(&self) -> PathBuf {
        self.folder.path().join("ws")
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn view(&self) -> View {
        View::open(&self.root()).unwrap()
    }

    /// Asks for a bundle in the folder `out`.
    pub fn ask(&self, out: &str, what: &[&str]) -> Said {
        let out = self.path(out);
        let mut words = vec!["ledger", "bundle"];
        words.extend(what);
        words.extend(["--recipient", "cabinet-durand", "--as", "dpo-1", "--out"]);
        words.push(out.to_str().unwrap());
        say(&self.root(), &words)
    }

    /// A bundle, made.
    pub fn bundle(&self, out: &str, what: &[&str]) -> PathBuf {
        self.ask(out, what).done();
        self.path(out)
    }
}

/// A lead of the first night.
pub fn lead(at: usize) -> String {
    let scores = fs::read(base().join("scores-0.csv")).unwrap();
    table(&scores)[at]["Réf. prospect"].clone()
}

fn read_json(bundle: &Path) -> Value {
    serde_json::from_slice(&fs::read(bundle.join("bundle.json")).unwrap()).unwrap()
}

/// The files of a bundle, by name.
pub fn files(bundle: &Path) -> Vec<String> {
    let folder = bundle.parent().unwrap();
    let name = bundle.file_name().unwrap().to_str().unwrap();
    let prefix = format!("{name}/");
    let all = tree(folder, &[name]).into_keys();
    all.map(|it| it.strip_prefix(&prefix).unwrap().to_owned())
        .collect()
}

fn believed_by_all(tools: &Tools, bundle: &Path) -> [Opinion; 2] {
    if let Some(said) = openssl(bundle, bundle) {
        let said = said.believes("openssl");
        assert!(
            said.words.contains("Signature Verified Successfully"),
            "{}",
            said.words
        );
    }
    let key = fs::read_to_string(bundle.join("verifier")).unwrap();
    tools
        .python(bundle, Some(key.trim_end()))
        .believes("python with its key");
    [
        tools.go_as_told(bundle).believes("go"),
        tools.python_as_told(bundle).believes("python"),
    ]
}

#[test]
fn a_fresh_bundle_is_believed_by_openssl_go_and_python() {
    let Some(tools) = tools() else { return };
    let shop = Shop::new();
    let rows = shop.bundle(
        "rows",
        &["--from", "2026-09-01", "--to", "2026-10-31", "--rows"],
    );
    let [go, python] = believed_by_all(tools, &rows);
    let all = NIGHTS.iter().sum::<usize>();
    assert!(
        python.words.contains(&format!("rows: {all} leaves")),
        "{}",
        python.words
    );
    assert!(
        go.words.contains("its 300 leaves are what was signed"),
        "{}",
        go.words
    );
    // The pairs' codes are part of what was replayed.
    let model = shop
        .view()
        .segments()
        .next()
        .unwrap()
        .entry
        .model
        .unwrap()
        .0;
    let model = fs::read_to_string(rows.join(format!("documents/{model}"))).unwrap();
    assert!(model.contains("\"coarse_a\""), "the model has no pairs");
    let log = shop.bundle("log", &["--run", "@latest"]);
    believed_by_all(tools, &log);
    let one = shop.bundle("one", &["--lead", &lead(7)]);
    let [go, python] = believed_by_all(tools, &one);
    for words in [&go.words, &python.words] {
        assert_eq!(
            words.matches("its record is in the log").count(),
            2,
            "{words}"
        );
    }
    for bundle in [&rows, &log, &one] {
        let shipped = fs::read(bundle.join("verify.py")).unwrap();
        let ours = super::cli_support::ours("tests/verifier/verify_bundle.py");
        assert_eq!(shipped, fs::read(ours).unwrap());
    }
}

/// A run that somebody signed off, and whose leads left for a tool.
fn signed_off_and_released() -> Desk {
    let tool = "\n[[tools]]\nid = \"envoi\"\nname = \"Envoi\"\nchannel = \"email\"\naudited = 2026-01-15\n\
                certificate = \"ISO 27001\"\nscope = \"envoi de courriels\"\nexpires = 2027-01-15\n\
                columns = [\"Réf. prospect\", \"band\"]\n";
    let desk = Desk::under(60, "", &|policy| policy + tool);
    desk.read_all("revue-1");
    desk.sign_off("revue-1").done();
    let (data, out) = (desk.night.path("night.csv"), desk.night.path("out/m.csv"));
    let words = [
        "release",
        "--data",
        data.to_str().unwrap(),
        "--to",
        "envoi",
        "--message",
        "promotional",
        "--out",
        out.to_str().unwrap(),
        "--as",
        "exploitation-1",
    ];
    let left = desk.say(&words).done().json();
    assert_ne!(left["leads"], 0, "{left}");
    desk
}

#[test]
fn a_bundle_of_a_run_signed_off_and_released_is_believed_by_all() {
    let Some(tools) = tools() else { return };
    let desk = signed_off_and_released();
    let view = View::open(&desk.night.root()).unwrap();
    let kinds: Vec<&str> = view.entries().map(|(_, entry)| entry.kind()).collect();
    assert!(
        kinds.contains(&"sign-off") && kinds.contains(&"release"),
        "{kinds:?}"
    );
    drop(view);
    let out = desk.night.path("bundle");
    let words = [
        "ledger",
        "bundle",
        "--from",
        "2026-09-01",
        "--to",
        "2026-10-31",
        "--rows",
        "--recipient",
        "cabinet-durand",
        "--as",
        "dpo-1",
        "--out",
        out.to_str().unwrap(),
    ];
    desk.say(&words).done();
    believed_by_all(tools, &out);
}

#[test]
fn a_bundle_holds_what_was_chosen_and_nothing_more() {
    let shop = Shop::new();
    let bundle = shop.bundle(
        "one-night",
        &["--from", "2026-10-01", "--to", "2026-10-05", "--rows"],
    );
    let view = shop.view();
    let second = view.segments().nth(1).unwrap();
    let said = read_json(&bundle);
    assert_eq!(
        said["segments"],
        serde_json::json!([second.entry.id.to_string()])
    );
    assert_eq!(
        said["selection"],
        serde_json::json!({ "from": "2026-10-01", "to": "2026-10-05" })
    );
    assert_eq!(said["recipient"], "cabinet-durand");
    assert_eq!(said["size"], view.size());
    let mut expected: BTreeSet<String> = ["VERIFY.md", "bundle.json", "checkpoint", "verifier"]
        .into_iter()
        .chain(["verify.go", "verify.py"])
        .map(str::to_owned)
        .collect();
    expected.extend(view.log_files().unwrap().into_iter().map(|(name, _)| name));
    expected.insert(format!("segments/{}.leaves", second.entry.id));
    let it = &second.entry;
    let documents = [it.model.unwrap().0, it.schema, it.policy, it.law];
    expected.extend(documents.iter().map(|digest| format!("documents/{digest}")));
    assert_eq!(
        files(&bundle).into_iter().collect::<BTreeSet<_>>(),
        expected
    );
    // What it holds is what the ledger holds.
    for name in files(&bundle)
        .iter()
        .filter(|name| name.starts_with("tile/"))
    {
        let ours = shop.root().join("ledger").join(name);
        assert_eq!(
            fs::read(bundle.join(name)).unwrap(),
            fs::read(ours).unwrap(),
            "{name}"
        );
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::metadata(&bundle).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700, "a bundle may hold people's rows");
    }
    let without = shop.bundle("without", &["--run", "@latest"]);
    assert!(!without.join("segments").exists());
}

/// Every pseudonym of the ledger but these.
fn others(view: &View, but: &[[u8; 16]]) -> BTreeSet<[u8; 16]> {
    let mut all = BTreeSet::new();
    for placed in view.segments() {
        view.scan(placed, |_, whose| {
            all.insert(*whose);
        })
        .unwrap();
    }
    assert!(
        but.iter().all(|it| all.remove(it)),
        "nobody was recorded under it"
    );
    all
}

fn holds(bytes: &[u8], what: &[u8]) -> bool {
    bytes.windows(what.len()).any(|window| window == what)
}

#[test]
fn one_persons_bundle_shows_no_other_persons_data() {
    let shop = Shop::new();
    let bundle = shop.bundle("one", &["--lead", &lead(3)]);
    let said = read_json(&bundle);
    let decisions = said["selection"]["decisions"].as_array().unwrap();
    assert_eq!(decisions.len(), 2, "{said}");
    let record = fs::read(bundle.join(format!("proofs/{}/record", decisions[0]))).unwrap();
    let own: [u8; 16] = record[24..40].try_into().unwrap();
    let others = others(&shop.view(), &[own]);
    assert!(others.len() >= NIGHTS[0] - 1, "{}", others.len());
    let staff = [
        "Escande",
        "Vauquelin",
        "Périgaud",
        "Corbier",
        "dpo@exemple.fr",
    ];
    let mut searched = 0;
    for name in files(&bundle) {
        let bytes = fs::read(bundle.join(&name)).unwrap();
        let spelt = String::from_utf8_lossy(&bytes).into_owned();
        for other in &others {
            assert!(!holds(&bytes, other), "{name} shows somebody else");
            assert!(!spelt.contains(&hex(other)), "{name} shows somebody else");
        }
        for person in staff {
            assert!(!spelt.contains(person), "{name} names {person}");
        }
        assert!(!spelt.contains(&lead(3)), "{name} shows the identifier");
        searched += 1;
    }
    assert!(searched > 12, "{searched} files");
    assert!(!bundle.join("segments").exists());
    // The search finds what is there: everybody stands in a bundle with rows.
    let rows = shop.bundle("rows", &["--run", "@latest", "--rows"]);
    let found = files(&rows).iter().any(|name| {
        let bytes = fs::read(rows.join(name)).unwrap();
        others.iter().any(|other| holds(&bytes, other))
    });
    assert!(found);
    // One decision of two.
    let one = shop.bundle(
        "single",
        &["--lead", &lead(3), "--decision", &decisions[1].to_string()],
    );
    assert_eq!(fs::read_dir(one.join("proofs")).unwrap().count(), 1);
}

#[test]
fn a_hand_over_is_recorded_and_the_ledger_still_verifies() {
    let shop = Shop::new();
    let before = shop.view().size();
    let said = shop
        .ask("rows", &["--run", "@latest", "--rows"])
        .done()
        .json();
    assert_eq!(said["entry"], before);
    let text = shop.view().entries().last().unwrap().1.text();
    let segment = shop.view().segments().nth(1).unwrap().entry.id;
    assert!(text.starts_with("probant/bundle/v1\n"), "{text}");
    let lines = format!("actor dpo-1\nrecipient cabinet-durand\nsegment {segment}\n");
    assert!(text.ends_with(&lines), "{text}");
    // Without rows, nobody's rows are said to be handed out.
    shop.ask("log", &["--run", "@latest"]).done();
    let text = shop.view().entries().last().unwrap().1.text();
    assert!(text.ends_with("recipient cabinet-durand\n"), "{text}");
    // One lead's: an event that can be erased, and nothing about them in the main log.
    let said = shop.ask("one", &["--lead", &lead(5)]).done().json();
    let view = shop.view();
    let events = view.segments().last().unwrap();
    assert_eq!(events.entry.kind, SegmentKind::Events);
    assert_eq!(events.entry.rows, 2);
    let decisions: Vec<u64> = serde_json::from_value(said["decisions"].clone()).unwrap();
    let mut told = Vec::new();
    for row in 0..2 {
        let proved = view.fetch(events, row, None).unwrap();
        let probant::ledger::Record::Event(event) = proved.record else {
            panic!()
        };
        assert_eq!(event.kind, probant::ledger::EventKind::Access);
        assert_eq!(event.facts.bytes(), b"recipient=cabinet-durand\n");
        assert_eq!(event.actor, sha256(&[b"dpo-1"])[..16]);
        let number = event.decision.unwrap();
        let folder = shop.path(&format!("one/proofs/{number}"));
        let [record, salt] = ["record", "salt"].map(|name| fs::read(folder.join(name)).unwrap());
        assert_eq!(event.shown, sha256(&[&[0], &salt, &record]));
        assert_eq!(event.pseudonym, record[24..40]);
        told.push(number);
    }
    told.sort_unstable();
    assert_eq!(told, decisions);
    let entry = events.entry.clone();
    let text = Entry::Segment(entry).text();
    assert!(text.contains("\nretention events 2029-"), "{text}");
    let verdict = say(&shop.root(), &["ledger", "verify", "--full"])
        .done()
        .json();
    assert_eq!(
        verdict["replayed"],
        NIGHTS.iter().sum::<usize>(),
        "an event is no prediction"
    );
}

/// How a disk fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Failure {
    /// One operation is not done.
    Refused,
    /// One operation is done, and reported as failed all the same.
    Misreported,
    /// Nothing is done any more, as when the process is killed.
    Dead,
}

/// A disk that fails at the operation of this number; counts operations.
fn failing(at: usize, how: Failure) -> (Disk, Arc<AtomicUsize>) {
    let count = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&count);
    let when = if how == Failure::Misreported {
        Phase::After
    } else {
        Phase::Before
    };
    let watcher = move |phase: Phase, _, _: &Path| {
        if phase != when {
            return Ok(());
        }
        let now = seen.fetch_add(1, Ordering::Relaxed);
        if now == at || (now > at && how == Failure::Dead) {
            return Err(std::io::Error::other("the disk fails here"));
        }
        Ok(())
    };
    (Disk::watched(Arc::new(watcher)), count)
}

/// What stands beside the workspace.
fn beside(shop: &Shop) -> Vec<String> {
    let items = fs::read_dir(shop.folder.path()).unwrap();
    let mut names: Vec<String> = items
        .map(|it| it.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != "ws")
        .collect();
    names.sort();
    names
}

fn bundle_entries(view: &View) -> usize {
    let bundles = view.entries().filter(|(_, entry)| entry.kind() == "bundle");
    bundles.count()
}

#[test]
fn a_bundle_appears_whole_or_not_at_all_and_never_unrecorded() {
    let out = |shop: &Shop| shop.path("out").to_str().unwrap().to_owned();
    let ask = |shop: &Shop, disk: Disk| {
        let out = out(shop);
        let words = [
            "ledger",
            "bundle",
            "--run",
            "@latest",
            "--rows",
            "--recipient",
            "r-1",
        ];
        let words = [&words[..], &["--as", "dpo-1", "--out", &out]].concat();
        run(&shop.root(), &mut world_on(disk, 3), &words)
    };
    let whole = Shop::new();
    let (disk, operations) = failing(usize::MAX, Failure::Refused);
    ask(&whole, disk).done();
    let expected = files(&whole.path("out"));
    let operations = operations.load(Ordering::Relaxed);
    assert!(operations > 50, "{operations}");
    let (mut recorded_only, mut appeared) = (0, 0);
    for how in [Failure::Refused, Failure::Misreported, Failure::Dead] {
        for at in 0..operations {
            let shop = Shop::new();
            let said = ask(&shop, failing(at, how).0);
            let stands = shop.path("out").exists();
            // The next writer's open clears up whatever the ledger's part of the failure left.
            drop(Writer::open(&shop.root(), &Disk::new()).unwrap());
            let recorded = bundle_entries(&shop.view()) == 1;
            if stands {
                assert!(recorded, "{how:?} {at}: handed out unrecorded");
                assert_eq!(files(&shop.path("out")), expected, "{how:?} {at}");
                appeared += 1;
            } else {
                assert!(
                    said.exit == 1 && said.err.contains("error: "),
                    "{how:?} {at}: {said:?}"
                );
                // Removing what is left is what failed, or nothing is left.
                let left = beside(&shop);
                assert!(
                    left.is_empty() || left == [".out.bundle-part"],
                    "{how:?} {at}: {left:?}"
                );
                recorded_only += usize::from(recorded);
            }
            if at % 8 == 0 {
                say(&shop.root(), &["ledger", "verify", "--full"]).done();
            }
        }
    }
    assert!(
        recorded_only > 5 && appeared > 0,
        "{recorded_only} {appeared}"
    );
}

#[test]
fn rows_that_are_erased_meanwhile_are_not_handed_out() {
    let shop = Shop::new();
    let (root, once) = (shop.root(), OnceLock::new());
    // When the rows have just been written beside the place of the bundle, an erasure comes.
    let watcher = move |phase, operation, path: &Path| {
        let leaves = path.extension().is_some_and(|ending| ending == "leaves");
        if leaves && (phase, operation) == (Phase::After, Operation::Sync) {
            once.get_or_init(|| {
                let erase = Entry::Erase(Erase {
                    event: EventId([9; 16]),
                    part: (1, 1),
                    state: Progress::Done,
                    time: Time(1_790_000_500),
                    actor: "dpo-1".parse().unwrap(),
                    reason: "art17-1-b".parse().unwrap(),
                    requests: Vec::new(),
                    rows: Vec::new(),
                });
                let mut writer = Writer::open(&root, &Disk::new()).unwrap();
                let entries = vec![erase];
                writer
                    .commit(&Commit {
                        documents: Vec::new(),
                        entries,
                    })
                    .unwrap();
            });
        }
        Ok(())
    };
    let mut world = world_on(Disk::watched(Arc::new(watcher)), 3);
    let out = shop.path("out");
    let words = [
        "ledger",
        "bundle",
        "--run",
        "@latest",
        "--rows",
        "--recipient",
        "r-1",
        "--as",
        "dpo-1",
    ];
    let words = [&words[..], &["--out", out.to_str().unwrap()]].concat();
    let said = run(&shop.root(), &mut world, &words).failed(7);
    assert!(said.err.contains("rows were erased while"), "{said:?}");
    assert!(beside(&shop).is_empty());
    assert_eq!(bundle_entries(&shop.view()), 0);
    run(&shop.root(), &mut world, &words).done();
}

#[test]
fn what_a_killed_attempt_left_is_cleared_by_the_next() {
    let shop = Shop::new();
    fs::create_dir_all(shop.path(".out.bundle-part/segments")).unwrap();
    fs::write(shop.path(".out.bundle-part/segments/x.leaves"), b"rows").unwrap();
    let bundle = shop.bundle("out", &["--run", "@latest", "--rows"]);
    assert_eq!(beside(&shop), ["out"]);
    assert!(!bundle.join("segments/x.leaves").exists());
}

#[test]
fn whoever_was_handed_rows_is_known_when_they_must_be_told() {
    let shop = Shop::new();
    let hand = |out: &str, what: &[&str], recipient: &str| {
        let out = shop.path(out);
        let words = [
            &["ledger", "bundle"],
            what,
            &["--recipient", recipient, "--as", "dpo-1"],
        ]
        .concat();
        say(
            &shop.root(),
            &[&words[..], &["--out", out.to_str().unwrap()]].concat(),
        )
        .done();
    };
    hand("a", &["--run", "@latest"], "saw-no-rows");
    hand("b", &["--run", "@latest", "--rows"], "saw-the-second-night");
    hand(
        "c",
        &["--from", "2026-09-01", "--to", "2026-12-31", "--rows"],
        "saw-both-nights",
    );
    hand("d", &["--lead", &lead(2)], "saw-lead-2");
    let view = shop.view();
    let rows_of = |at: usize| -> Vec<(SegmentId, u32)> {
        let named = shop.bundle(
            &format!("lead-{at}"),
            &["--lead", &lead(at), "--decision", &{
                let said = shop
                    .ask(&format!("all-{at}"), &["--lead", &lead(at)])
                    .done()
                    .json();
                said["decisions"][0].to_string()
            }],
        );
        let number = read_json(&named)["selection"]["decisions"][0]
            .as_u64()
            .unwrap();
        let record = fs::read(named.join(format!("proofs/{number}/record"))).unwrap();
        let whose: [u8; 16] = record[24..40].try_into().unwrap();
        let mut rows = Vec::new();
        for placed in view.segments() {
            rows.extend(
                view.find(&whose, placed)
                    .unwrap()
                    .into_iter()
                    .map(|row| (placed.entry.id, row)),
            );
        }
        rows
    };
    let told = |rows: &[(SegmentId, u32)]| -> Vec<String> {
        let found = recipients(&view, rows).unwrap();
        found
            .into_iter()
            .map(|it| it.recipient.to_string())
            .collect()
    };
    let both: BTreeSet<&str> = ["saw-both-nights", "saw-the-second-night"].into();
    let named = told(&rows_of(2));
    assert_eq!(
        named.iter().map(String::as_str).collect::<BTreeSet<_>>(),
        &both | &["saw-lead-2"].into()
    );
    let named = told(&rows_of(5));
    assert_eq!(
        named.iter().map(String::as_str).collect::<BTreeSet<_>>(),
        both
    );
    // Somebody of the first night only.
    let first = view.segments().next().unwrap().entry.id;
    assert_eq!(told(&[(first, 3)]), ["saw-both-nights"]);
    assert!(told(&[]).is_empty());
}

/// A shop that is asked wrongly, and must stay as it is.
struct Asked {
    shop: Shop,
    size: u64,
}

impl Asked {
    /// Asks; it fails with this code, in English for this reason, in French too, and nothing changed.
    fn wrongly(
        &self,
        out: &str,
        (recipient, person): (&str, &str),
        what: &[&str],
        exit: u8,
        says: &str,
    ) {
        let out = self.shop.path(out);
        let words = [
            "ledger",
            "bundle",
            "--recipient",
            recipient,
            "--as",
            person,
            "--out",
        ];
        let words = [&words[..], &[out.to_str().unwrap()], what].concat();
        let said = say(&self.shop.root(), &words).failed(exit);
        assert!(said.err.contains(says), "{what:?}: {said:?}");
        let root = self.shop.root();
        let french = ["probant", "--lang", "fr", "-w", root.to_str().unwrap()];
        let french = french.iter().chain(&words).map(OsString::from);
        let (mut out, mut err) = (Vec::new(), Vec::new());
        run_in(french, &mut out, &mut err, &mut world(0));
        let err = String::from_utf8(err).unwrap();
        assert!(
            err.contains("erreur\u{a0}: ") && err.contains("conseil\u{a0}: "),
            "{err}"
        );
        // The recipient may be somebody's name or address: it is not repeated.
        assert!(
            !err.contains("artin") && !said.err.contains("artin"),
            "{err} {said:?}"
        );
        assert_eq!(self.shop.view().size(), self.size, "{what:?}");
        assert_eq!(beside(&self.shop), ["standing"], "{what:?}");
    }
}

#[test]
fn wrong_usage_is_told_and_changes_nothing() {
    let shop = Shop::new();
    fs::create_dir(shop.path("standing")).unwrap();
    let size = shop.view().size();
    let asked = Asked { shop, size };
    let (dpo, latest) = (("r-1", "dpo-1"), ["--run", "@latest"]);
    asked.wrongly("standing", dpo, &latest, 2, "exists already");
    asked.wrongly("no/where", dpo, &latest, 2, "its folder does not exist");
    asked.wrongly("ws/ledger/x", dpo, &latest, 2, "own `ledger` folder");
    asked.wrongly(
        "x",
        ("Jean Martin", "dpo-1"),
        &latest,
        2,
        "not written as a name",
    );
    asked.wrongly(
        "x",
        ("j.martin@exemple.fr", "dpo-1"),
        &latest,
        2,
        "not written as a name",
    );
    asked.wrongly(
        "x",
        ("r-1", "nobody"),
        &latest,
        2,
        "unknown person `nobody`",
    );
    asked.wrongly(
        "x",
        dpo,
        &["--run", "ffffffff"],
        2,
        "unknown run `ffffffff`",
    );
    asked.wrongly(
        "x",
        dpo,
        &["--lead", "PR99999999"],
        1,
        "no decision about this lead",
    );
    let one = ["--lead", &lead(0), "--decision", "100000"];
    asked.wrongly("x", dpo, &one, 1, "is not about this lead");
    let before = ["--from", "2020-01-01", "--to", "2020-12-31"];
    asked.wrongly("x", dpo, &before, 2, "nobody was recorded");
    let backwards = ["--from", "2027-01-01", "--to", "2020-12-31"];
    asked.wrongly("x", dpo, &backwards, 2, "comes after");
}

#[test]
fn a_command_line_that_contradicts_itself_is_refused() {
    let shop = Shop::new();
    let size = shop.view().size();
    let out = shop.path("x");
    for bad in [
        &["--recipient", "r-1"][..],
        &["--recipient", "r-1", "--from", "2026-01-01"],
        &["--recipient", "r-1", "--run", "@latest", "--lead", "x"],
        &["--recipient", "r-1", "--lead", "x", "--rows"],
        &["--recipient", "r-1", "--run", "@latest", "--decision", "3"],
        &["--run", "@latest"],
    ] {
        let words = [
            "ledger",
            "bundle",
            "--as",
            "dpo-1",
            "--out",
            out.to_str().unwrap(),
        ];
        let said = say(&shop.root(), &[&words, bad].concat());
        assert_eq!(said.exit, 2, "{bad:?}: {said:?}");
    }
    assert_eq!(shop.view().size(), size);
}

#[test]
fn a_bundle_is_not_made_of_what_was_changed() {
    let shop = Shop::new();
    let segment = shop.view().segments().next().unwrap().entry.id;
    edit(
        &shop
            .root()
            .join(format!("ledger/segments/{segment}.0.rows")),
        |bytes| {
            let end = bytes.len() - 30;
            bytes[end] ^= 1;
        },
    );
    let asked = ["--from", "2026-09-01", "--to", "2026-09-30", "--rows"];
    let said = shop.ask("x", &asked).failed(4);
    assert!(said.err.contains("is not as it was recorded"), "{said:?}");
    assert!(beside(&shop).is_empty());
    assert_eq!(bundle_entries(&shop.view()), 0);
}

#[test]
fn what_a_person_reads_says_what_was_handed_out_and_what_comes_next() {
    let shop = Shop::new();
    let out = shop.path("x");
    let words = |lang: &str| {
        let mut words: Vec<OsString> = ["probant", "--lang", lang, "-w"]
            .map(OsString::from)
            .to_vec();
        words.push(shop.root().into());
        words.extend(["ledger", "bundle", "--run", "@latest", "--rows"].map(OsString::from));
        words.extend(
            ["--recipient", "cabinet-durand", "--as", "dpo-1", "--out"].map(OsString::from),
        );
        words.push(out.clone().into());
        words
    };
    let tell = |lang: &str| {
        let (mut said, mut next) = (Vec::new(), Vec::new());
        let exit = run_in(words(lang), &mut said, &mut next, &mut world(0));
        let said = String::from_utf8([said, next].concat()).unwrap();
        assert_eq!(exit.0, 0, "{said}");
        fs::remove_dir_all(&out).unwrap();
        said
    };
    let english = tell("en");
    for part in [
        "handed to cabinet-durand by dpo-1",
        "140 records in clear (0 erased)",
        "next: python3 ",
    ] {
        assert!(english.contains(part), "{part}: {english}");
    }
    let french = tell("fr");
    for part in [
        "remis à cabinet-durand par dpo-1",
        "140 enregistrements en clair",
        "ensuite\u{a0}: python3 ",
    ] {
        assert!(french.contains(part), "{part}: {french}");
    }
}

#[test]
fn a_bundle_of_a_ledger_that_people_have_left_is_believed_and_who_had_them_is_told() {
    let Some(tools) = tools() else { return };
    let shop = Shop::new();
    // Named before anybody leaves the score files.
    let leads: Vec<String> = (0..12).map(lead).collect();
    // The score files are everybody's here: this ledger forgets where they are.
    fs::remove_file(shop.root().join("state.db")).unwrap();
    shop.bundle("before", &["--run", "@latest", "--rows"]);
    let erase = |at: usize, more: &[&str]| {
        let (whose, request) = (leads[at].clone(), format!("DEM-{at}"));
        let words = ["subject", "erase", &whose, "--request", &request];
        say(&shop.root(), &[&words, more].concat()).done().json()
    };
    let done = erase(7, &["--now"]);
    let told = &done["batch"]["told"];
    assert_eq!(told.as_array().unwrap().len(), 1, "{done}");
    assert_eq!(told[0]["recipient"], "cabinet-durand", "{done}");
    erase(8, &[]);
    erase(9, &["--now"]);
    let bundle = shop.bundle(
        "after",
        &["--from", "2026-01-01", "--to", "2026-12-31", "--rows"],
    );
    let opinions = believed_by_all(tools, &bundle);
    let gone = NIGHTS.len() * 3;
    assert!(
        opinions
            .iter()
            .any(|it| it.words.contains(&format!("({gone} erased)"))),
        "{opinions:?}"
    );
    // Who was erased can be proved to nobody any more; who was not still can.
    assert_eq!(shop.ask("gone", &["--lead", &leads[7]]).exit, 1);
    believed_by_all(tools, &shop.bundle("other", &["--lead", &leads[10]]));
    // What is restricted is not handed out.
    let whose = leads[11].clone();
    say(
        &shop.root(),
        &["subject", "restrict", &whose, "--request", "LIM-1"],
    )
    .done();
    assert_eq!(shop.ask("held", &["--lead", &whose]).exit, 5);
    assert_eq!(shop.ask("held", &["--run", "@latest", "--rows"]).exit, 5);
    believed_by_all(tools, &shop.bundle("hashes", &["--run", "@latest"]));
    say(&shop.root(), &["ledger", "verify", "--full"]).done();
}

#[test]
fn a_bundle_of_a_ledger_whose_rows_are_past_their_date_says_what_was_purged() {
    let Some(tools) = tools() else { return };
    let shop = Shop::new();
    let whose = lead(7);
    // The score files are everybody's here: this ledger forgets where they are.
    fs::remove_file(shop.root().join("state.db")).unwrap();
    let note = shop.path("checkpoint.note");
    let said: [&[&str]; 4] = [
        &["ledger", "anchor", "copy", note.to_str().unwrap()],
        &["keys", "rotate", "--as", "dpo-1"],
        &["subject", "restrict", &whose, "--request", "LIM-1"],
        &["subject", "lift", &whose, "--request", "LIM-2"],
    ];
    for words in said {
        say(&shop.root(), words).done();
    }
    // Past the date of the first night, not of the second.
    let mut later = world(3);
    (later.now, later.entropy) = (Time(later.now.0 + 1_100 * 86_400), Entropy::os());
    let purge = ["ledger", "purge", "--as", "dpo-1"];
    run(&shop.root(), &mut later, &purge).done();
    let bundle = shop.bundle(
        "left",
        &["--from", "2026-01-01", "--to", "2026-12-31", "--rows"],
    );
    let words = tools.python(&bundle, None).believes("purged").words;
    let told = format!(
        "ok  purged: {} records of 1 of the 2 chosen segments",
        NIGHTS[0]
    );
    assert!(words.contains(&told), "{words}");
    assert!(!words.contains("no run lacks a row"), "{words}");
}
