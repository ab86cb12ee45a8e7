//! Canaries: a person planted in every column of an export is found nowhere in the workspace afterwards.
//!
//! Nowhere includes what a killed run leaves behind, what a command prints, and the files beside the
//! workspace, which hold the identifier that the operator gave and nothing else. That the finder
//! would find a leak is shown for each kind of store by planting one there.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::Path;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use probant::demo::Stage;
use probant::digest::hex;
use probant::form::Filing;
use probant::ledger::block::Block;
use probant::ledger::column::compress;
use probant::ledger::key::{Secret, SegmentKey};
use probant::ledger::salt::Frontier;
use probant::ledger::segment::Growing;
use probant::ledger::text::{SegmentId, SegmentKind};
use probant::ledger::tile;
use probant::table::{Cells, Field, Writer};
use probant::workspace::journal::keyring::Keyring;
use rusqlite::Connection;

use crate::finder::{Hit, Needle, find, find_in};
use crate::night::{FIRST, Night, Said, copy, export};

const EMAIL: &str = "zephyrine.quatremarre@canari.exemple.fr";
const FIRST_NAME: &str = "Zéphyrine";
const LAST_NAME: &str = "Quatremarre";
const PHONE: &str = "06 39 98 77 31";
const PHONE_ABROAD: &str = "+33 (0)6.39.98.77.31";
const IDENTIFIER: &str = "REF-CANARI-7731";

/// A social security number of nobody, with its valid key: 97 less the number modulo 97.
fn nir() -> String {
    let number = 2_850_578_006_084_u64;
    format!("2 85 05 78 006 084 {:02}", 97 - number % 97)
}

/// Everything that may stand nowhere in the workspace.
fn needles() -> Vec<Needle> {
    let mut needles = strangers();
    needles.push(Needle::text("identifier", IDENTIFIER));
    needles
}

/// The same without what the operator's own files hold.
fn strangers() -> Vec<Needle> {
    vec![
        Needle::text("e-mail", EMAIL),
        Needle::text("e-mail's name", EMAIL.split('@').next().unwrap()),
        Needle::text("first name", FIRST_NAME),
        Needle::text("last name", LAST_NAME),
        Needle::text("phone", PHONE),
        Needle::text("phone from abroad", "+33 6 39 98 77 31"),
        Needle::text("NIR", &nir()),
        Needle::text("NIR without its key", &nir()[..18]),
    ]
}

/// An export in Windows-1252 with the person in it, in columns declared and not, in rows that fail and rows that do not.
fn planted(rows: usize, first: u64, stage: Stage) -> Vec<u8> {
    let bytes = export(rows, 2, first, stage);
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(b';')
        .from_reader(&bytes[..]);
    let latin = |text: &str| -> Vec<u8> {
        text.chars()
            .map(|c| u8::try_from(u32::from(c)).unwrap())
            .collect()
    };
    let headers: Vec<Vec<u8>> = reader
        .byte_headers()
        .unwrap()
        .iter()
        .map(<[u8]>::to_vec)
        .collect();
    let at = |name: &str| headers.iter().position(|it| *it == latin(name)).unwrap();
    let mut to = csv::WriterBuilder::new()
        .delimiter(b';')
        .terminator(csv::Terminator::CRLF)
        .from_writer(Vec::new());
    let mut header = headers.clone();
    header.extend(["Note interne", "Personne à rappeler"].map(latin));
    to.write_record(&header).unwrap();
    let nir = nir();
    let note = format!("Rappeler {FIRST_NAME} {LAST_NAME} au {PHONE_ABROAD}, {EMAIL} ; sécu {nir}");
    for (row, record) in reader.byte_records().enumerate() {
        let mut cells: Vec<Vec<u8>> = record.unwrap().iter().map(<[u8]>::to_vec).collect();
        let mut set = |name: &str, value: &str| cells[at(name)] = latin(value);
        if row % 200 == 3 {
            set("Nom", LAST_NAME);
            set("Prénom", FIRST_NAME);
            set("E-mail", EMAIL);
            set(
                "Téléphone",
                if row % 400 == 3 { PHONE } else { PHONE_ABROAD },
            );
            set("Commentaire", &note);
        }
        match row {
            // A level that one person has; values that fail their row.
            5 => set("Origine", &format!("{FIRST_NAME} {LAST_NAME}")),
            6 => set("Secteur", EMAIL),
            7 => set("Effectif", EMAIL),
            8 => set("Pages vues", &nir),
            9 => set("Date de création", PHONE),
            10 => set("Inscrit à la lettre", &format!("{FIRST_NAME} {LAST_NAME}")),
            11 => set("Réf. prospect", IDENTIFIER),
            _ => {}
        }
        cells.extend([
            latin(&note),
            latin(if row % 3 == 0 { LAST_NAME } else { EMAIL }),
        ]);
        to.write_record(&cells).unwrap();
    }
    let mut bytes = to.into_inner().unwrap();
    // A row of another width, all of it about the person.
    bytes.extend(latin(&format!(
        "{LAST_NAME};{FIRST_NAME};{EMAIL};{PHONE};{nir}\r\n"
    )));
    bytes
}

/// The same table in another encoding.
fn encoded(bytes: &[u8], encoding: &str) -> Vec<u8> {
    let text = encoding_rs::WINDOWS_1252.decode(bytes).0;
    match encoding {
        "utf-8" => text.as_bytes().to_vec(),
        "utf-16" => [0xfeff]
            .into_iter()
            .chain(text.encode_utf16())
            .flat_map(u16::to_le_bytes)
            .collect(),
        _ => bytes.to_vec(),
    }
}

fn silent(said: &Said, what: &str) {
    for (stream, text) in [("stdout", &said.out), ("stderr", &said.err)] {
        let hits = find_in(&format!("{stream} of {what}"), text, &needles());
        assert_eq!(hits, [], "{said:?}");
    }
}

/// A workspace that trained, checked, scored and explained with the person in each export.
fn lived() -> Night {
    let night = Night::new(1);
    let policy = fs::read_to_string(night.root().join("probant.toml")).unwrap();
    night.put("history.csv", &planted(2_000, 1, Stage::History));
    let path = |name: &str| night.path(name).to_str().unwrap().to_owned();
    let said = night
        .say(&["train", &path("history.csv"), "--as", "data-1"])
        .done();
    silent(&said, "train");
    for (n, encoding) in ["windows-1252", "utf-8", "utf-16"].into_iter().enumerate() {
        let data = format!("night-{encoding}.csv");
        let written = planted(1_000, FIRST + 10_000 * n as u64, Stage::Open);
        night.put(&data, &encoded(&written, encoding));
        let declared = format!("encoding = \"{encoding}\"");
        let policy = policy.replace("encoding = \"windows-1252\"", &declared);
        fs::write(night.root().join("probant.toml"), policy).unwrap();
        let data = path(&data);
        silent(&night.say(&["check", &data]).done(), "check");
        // Parquet and CSV, in the export's own encoding.
        for ending in ["csv", "parquet"] {
            let name = |kind: &str| path(&format!("out/{kind}-{encoding}.{ending}"));
            let (out, rejects, refused) = (name("scores"), name("rejects"), name("refused"));
            let words = [
                "score",
                &data,
                "--again",
                "--out",
                &out,
                "--rejects",
                &rejects,
                "--refused",
                &refused,
            ];
            let said = night.say(&words).done();
            assert!(said.json()["failed"].as_u64().unwrap() >= 4, "{said:?}");
            silent(&said, "score");
        }
        // Row 3 has the person in its identity and its comment; the header stands before row 0.
        let text = String::from_utf8_lossy(&written);
        let known = text.lines().nth(4).unwrap().split(';').next().unwrap();
        silent(
            &night
                .say(&["explain", "--why", "audit", known, "--data", &data])
                .done(),
            "explain",
        );
    }
    fs::write(night.root().join("probant.toml"), policy).unwrap();
    // What people mistype is not kept either.
    let words = [
        &["explain", IDENTIFIER, "--why", "audit"][..],
        &["explain", EMAIL, "--why", "audit"],
        &["runs", "list"],
        &["ledger", "show"],
        &["ledger", "verify"],
    ];
    for words in words {
        let said = night.say(words);
        let hits = find_in(
            "a command",
            &format!("{}{}", said.out, said.err),
            &strangers(),
        );
        // An e-mail that was typed as the lead's name is said back to whoever typed it.
        assert!(hits.is_empty() || words[1] == EMAIL, "{said:?}");
    }
    night
}

fn of(hits: &[Hit], needle: &str) -> BTreeSet<String> {
    hits.iter()
        .filter(|hit| hit.needle == needle)
        .map(|hit| hit.file.clone())
        .collect()
}

#[test]
fn a_person_in_every_column_of_an_export_is_nowhere_in_the_workspace() {
    let night = lived();
    assert_eq!(find(&night.root(), &needles()), []);
    let outputs = find(&night.path("out"), &needles());
    assert_eq!(
        outputs
            .iter()
            .filter(|hit| hit.needle != "identifier")
            .collect::<Vec<_>>(),
        Vec::<&Hit>::new()
    );
    // The operator's own files hold the identifier, in each encoding: the finder reads them all.
    let names = ["windows-1252", "utf-8", "utf-16"]
        .map(|it| [format!("scores-{it}.csv"), format!("scores-{it}.parquet")]);
    assert_eq!(
        of(&outputs, "identifier"),
        names.into_iter().flatten().collect()
    );
    // And the exports hold everything.
    let folder = tempfile::tempdir().unwrap();
    for name in [
        "night-windows-1252.csv",
        "night-utf-8.csv",
        "night-utf-16.csv",
    ] {
        fs::copy(night.path(name), folder.path().join(name)).unwrap();
    }
    let inputs = find(folder.path(), &needles());
    for needle in needles() {
        assert_eq!(of(&inputs, &needle.name).len(), 3, "{}", needle.name);
    }
}

#[test]
fn a_run_that_was_killed_leaves_nobody_behind() {
    let night = Night::new(1);
    // The export's failures come first, so that they have been dealt with when the run dies.
    night.put("night.csv", &planted(700, FIRST, Stage::Open));
    let (mut parts, mut spooled, mut died) = (0, 0, 0);
    for moment in (0..400).step_by(5) {
        let folder = night.path(&format!("at-{moment}"));
        copy(&night.root(), &folder.join("ws"));
        fs::create_dir(folder.join("out")).unwrap();
        fs::copy(night.path("night.csv"), folder.join("night.csv")).unwrap();
        let output = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "crash::a_score_that_is_killed",
                "--test-threads",
                "1",
            ])
            .env("PROBANT_TEST_NIGHT_FOLDER", &folder)
            .env("PROBANT_TEST_NIGHT_KILLED_AT", moment.to_string())
            .output()
            .unwrap();
        if output.status.success() {
            break;
        }
        died += 1;
        assert_eq!(
            find(&folder.join("ws"), &needles()),
            [],
            "killed at moment {moment}"
        );
        assert_eq!(
            find(&folder.join("out"), &strangers()),
            [],
            "killed at moment {moment}"
        );
        let left = |at: &str, what: &str| {
            crate::night::tree(&folder, &[at])
                .keys()
                .filter(|name| name.ends_with(what))
                .count()
        };
        parts += left("out", ".part");
        spooled += left("ws/tmp", "");
        fs::remove_dir_all(&folder).unwrap();
    }
    assert!(
        died >= 10 && parts >= 10 && spooled >= 10,
        "{died} died, {parts} parts, {spooled} in tmp/"
    );
}

/// Plants a leak with `plant` in a copy of a workspace, and says how it was found.
fn leak(night: &Night, what: &str, plant: impl FnOnce(&Path)) -> Vec<Hit> {
    let folder = night.path("leaky");
    copy(&night.root(), &folder);
    plant(&folder);
    let hits = find(&folder, &needles());
    fs::remove_dir_all(&folder).unwrap();
    assert!(!hits.is_empty(), "a leak in {what} was not found");
    hits
}

/// A segment of the workspace that holds these facts and this pseudonym, sealed with a key of its own.
fn segment(root: &Path, facts: &str, pseudonym: [u8; 16], secret: [u8; 32]) {
    let id = SegmentId([0xab; 16]);
    let mut growing = Growing::new(id, SegmentKind::Refusals, 0, [1; 16]);
    let block = Block {
        pseudonyms: &[pseudonym; 3],
        basis: &[0; 3],
        outcomes: &[200; 3],
        codes: &[],
        facts: &Filing::verbatim(["", facts, ""].map(str::as_bytes)),
    };
    growing.push(&block, &[0, 1, 2], None).unwrap();
    let closed = growing.close(Secret::new(secret));
    let keyring = Keyring::open(root).unwrap();
    let key = closed.key.wrap(&id.0, &keyring.kek().unwrap(), [2; 24]);
    fs::create_dir_all(root.join("ledger/segments")).unwrap();
    fs::create_dir_all(root.join(format!("ledger/keys/{}", keyring.kek_id()))).unwrap();
    fs::write(
        root.join(format!("ledger/segments/{id}.0.rows")),
        &closed.sealed,
    )
    .unwrap();
    fs::write(
        root.join(format!("ledger/segments/{id}.nodes")),
        &closed.nodes,
    )
    .unwrap();
    fs::write(
        root.join(format!("ledger/keys/{}/{id}.key", keyring.kek_id())),
        key,
    )
    .unwrap();
}

fn add(path: &Path, bytes: &[u8]) {
    let mut all = fs::read(path).unwrap_or_default();
    all.extend_from_slice(bytes);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, all).unwrap();
}

/// The first file of a folder and its folders.
fn first(root: &Path, folder: &str) -> std::path::PathBuf {
    let names = crate::night::tree(root, &[folder]);
    root.join(names.keys().next().unwrap())
}

fn layers(hits: &[Hit]) -> String {
    hits.iter().fold(String::new(), |text, hit| {
        text + &hit.file + " (" + &hit.layer + ")\n"
    })
}

#[test]
fn a_leak_in_the_ledger_is_found_wherever_it_is() {
    let night = Night::new(20);
    night.score("out/a.csv", &[]).done();
    assert_eq!(find(&night.root(), &needles()), []);
    let fact = format!("name={EMAIL}\n");
    let hits = leak(&night, "a segment's facts", |root| {
        segment(root, &fact, [0; 16], [3; 32]);
    });
    assert!(layers(&hits).contains("facts of block 0"), "{hits:?}");
    let whose: [u8; 16] = *b"quatremarre....!";
    let hits = leak(&night, "a segment's pseudonyms", |root| {
        segment(root, "", whose, [3; 32]);
    });
    assert!(layers(&hits).contains("stream 1"), "{hits:?}");
    let key: [u8; 32] = *b"zephyrine.quatremarre@canari.exe";
    let hits = leak(&night, "a wrapped key", |root| {
        segment(root, "", [0; 16], key);
    });
    assert!(layers(&hits).contains("wrapped key"), "{hits:?}");
    let old = |root: &Path| {
        // Under a key-encryption key that is not the current one, but still lies there.
        let kek = Secret::new([9; 32]);
        let file = kek.file(
            probant::ledger::key::SecretKind::Kek,
            &"00ff".parse().unwrap(),
        );
        fs::write(root.join("keys/kek-00ff"), file.as_bytes()).unwrap();
        let key = SegmentKey {
            generation: 4,
            key: Secret::new(key),
            frontier: Frontier::whole([0; 16]),
        };
        let id = SegmentId([0xcd; 16]);
        add(
            &root.join(format!("ledger/keys/00ff/{id}.key")),
            &key.wrap(&id.0, &kek, [1; 24]),
        );
    };
    leak(&night, "a wrapped key of yesterday", old);
    let entry = format!("probant/note/v1\nabout {}\n", LAST_NAME.to_lowercase());
    leak(&night, "an entry", |root| {
        let path = first(root, "ledger/tile/entries");
        add(&path, &tile::bundle(&[entry]).unwrap());
    });
    leak(&night, "an entry, in base64", |root| {
        add(
            &first(root, "ledger/tile/entries"),
            STANDARD.encode(format!("??{}", nir())).as_bytes(),
        );
    });
    leak(&night, "a tile", |root| {
        add(
            &first(root, "ledger/tile/0"),
            b"....QUATREMARRE.................",
        );
    });
    leak(&night, "a document", |root| {
        add(
            &first(root, "ledger/documents"),
            format!("# {PHONE_ABROAD}\n").as_bytes(),
        );
    });
    leak(&night, "a file's name", |root| {
        add(
            &root.join(format!("ledger/segments/{IDENTIFIER}.rows")),
            b"",
        );
    });
}

#[test]
fn a_leak_in_the_state_is_found_even_in_a_row_that_was_deleted() {
    let night = Night::new(20);
    night.score("out/a.csv", &[]).done();
    let state = |root: &Path| Connection::open(root.join("state.db")).unwrap();
    let plain = "INSERT INTO run (id, started, same) VALUES (?1, '', '')";
    let hits = leak(&night, "a cell", |root| {
        state(root).execute(plain, [EMAIL]).unwrap();
    });
    assert!(layers(&hits).contains("cell of run"), "{hits:?}");
    let packed = |root: &Path| {
        let db = state(root);
        db.execute("CREATE TABLE kept (it BLOB)", []).unwrap();
        db.execute(
            "INSERT INTO kept VALUES (?1)",
            [compress(nir().as_bytes()).unwrap()],
        )
        .unwrap();
    };
    leak(&night, "a compressed cell", packed);
    let hits = leak(&night, "a deleted row", |root| {
        let db = state(root);
        db.execute_batch("PRAGMA secure_delete = OFF; PRAGMA journal_mode = DELETE;")
            .unwrap();
        db.execute(plain, [EMAIL]).unwrap();
        db.execute("DELETE FROM run WHERE id = ?1", [EMAIL])
            .unwrap();
    });
    assert!(!layers(&hits).contains("cell of"), "{hits:?}");
    let hits = leak(&night, "the write-ahead log", |root| {
        let db = state(root);
        db.execute_batch("PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0;")
            .unwrap();
        db.execute(plain, [EMAIL]).unwrap();
        // As a killed process leaves it: the log is not yet folded into the database.
        let (wal, kept) = (root.join("state.db-wal"), root.join("kept"));
        fs::copy(&wal, &kept).unwrap();
        let before = fs::read(root.join("state.db")).unwrap();
        drop(db);
        fs::write(root.join("state.db"), before).unwrap();
        fs::rename(kept, wal).unwrap();
    });
    assert!(
        layers(&hits).contains("state.db-wal") && layers(&hits).contains("cell of run"),
        "{hits:?}"
    );
}

/// A Parquet file with the text in one cell of many.
fn parquet(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let cells = (0..5_000).map(|row| {
        Some(if row == 4_321 {
            text.into()
        } else {
            format!("L-{row}").into()
        })
    });
    let fields = [Field {
        name: "lead".to_owned(),
        cells: Cells::Text(cells.collect()),
    }];
    let mut to = Writer::new(File::create(path).unwrap(), &fields).unwrap();
    to.write(&fields).unwrap();
    to.finish().unwrap();
}

#[test]
fn a_leak_in_any_other_file_is_found_in_any_spelling() {
    let night = Night::new(1);
    let hits = leak(&night, "a Parquet cell", |root| {
        parquet(&root.join("out/a.parquet"), EMAIL);
    });
    assert!(layers(&hits).contains("column `lead`"), "{hits:?}");
    leak(&night, "a Parquet file that was cut short", |root| {
        let path = root.join("out/.a.parquet.00.part");
        parquet(&path, EMAIL);
        let whole = fs::read(&path).unwrap();
        fs::write(&path, &whole[..whole.len() - 300]).unwrap();
    });
    let half = |root: &Path| {
        // Half a frame, of bytes that do not compress.
        let noise: Vec<u8> = (0..200_000_u64)
            .map(|n| crate::ledger::noise(n) as u8)
            .collect();
        let frame = compress(&[EMAIL.as_bytes(), &noise].concat()).unwrap();
        add(
            &root.join("tmp/x/000.rows"),
            &frame[..frame.len() / 2 + 70_000],
        );
    };
    leak(&night, "half a frame of zstd", half);
    let name = format!("{FIRST_NAME} {LAST_NAME}");
    let latin: Vec<u8> = FIRST_NAME.chars().map(|c| c as u8).collect();
    let utf16: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let spaced: Vec<u8> = "06 39 98 77 31"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let digits: String = nir().split(' ').collect();
    let spellings: [(&str, Vec<u8>); 14] = [
        (
            "a frame of zstd",
            [b"head", compress(EMAIL.as_bytes()).unwrap().as_slice()].concat(),
        ),
        ("UTF-8", name.clone().into_bytes()),
        ("Windows-1252", latin),
        ("UTF-16", utf16),
        ("a phone in UTF-16", spaced),
        ("capitals", name.to_uppercase().into_bytes()),
        (
            "JSON",
            serde_json::to_vec(&serde_json::json!({ "who": name })).unwrap(),
        ),
        ("escaped JSON", br"{'who':'Z\u00e9phyrine'}".to_vec()),
        ("percent signs", b"?q=z%C3%A9phyrine".to_vec()),
        ("hex", hex(EMAIL.as_bytes()).to_uppercase().into_bytes()),
        ("base64", STANDARD.encode(format!("x{EMAIL}")).into_bytes()),
        (
            "base64 of UTF-16",
            STANDARD
                .encode(
                    EMAIL
                        .encode_utf16()
                        .flat_map(u16::to_le_bytes)
                        .collect::<Vec<u8>>(),
                )
                .into_bytes(),
        ),
        ("digits", format!("id={digits};").into_bytes()),
        ("a phone with dots", b"tel. 0033.6.39.98.77.31".to_vec()),
    ];
    for (what, bytes) in spellings {
        for file in [
            "tmp/run/part",
            "models/v/card.html",
            "out/.scores.csv.00.part",
        ] {
            let hits = leak(&night, what, |root| add(&root.join(file), &bytes));
            assert!(hits.iter().all(|hit| hit.file == file), "{what}: {hits:?}");
        }
    }
    let whose = [7, 200, 31, 99, 250, 1, 2, 3, 4, 5, 6, 77, 88, 99, 0, 255];
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in [
        ("raw", whose.to_vec()),
        ("hex", hex(&whose).into_bytes()),
        ("base64", STANDARD.encode(whose).into_bytes()),
    ] {
        fs::write(
            folder.path().join(name),
            [b"before ".as_slice(), &bytes, b" after"].concat(),
        )
        .unwrap();
    }
    let found = find(folder.path(), &[Needle::bytes("pseudonym", &whose)]);
    assert_eq!(of(&found, "pseudonym").len(), 3, "{found:?}");
}

/// What a person leaves behind when they leave: nothing that knows them, in any store, in any spelling.
#[test]
fn an_erased_lead_is_found_in_no_store() {
    let night = Night::new(400);
    let path = |name: &str| night.path(name).to_str().unwrap().to_owned();
    night.score("out/a.csv", &[]).done();
    night.score("out/b.parquet", &["--again"]).done();
    let lead = format!("PR{:08}", FIRST + 7);
    let handed = path("handed");
    let words = [
        "ledger",
        "bundle",
        "--lead",
        &lead,
        "--recipient",
        "avocat",
        "--as",
        "dpo-1",
        "--out",
    ];
    night.say(&[&words[..], &[&handed]].concat()).done();
    let said = night
        .say(&["explain", "--why", "audit", &lead])
        .done()
        .json();
    let text = |name: &str| {
        let found = said.get(name).or_else(|| said["proof"].get(name));
        found
            .and_then(|it| it.as_str())
            .unwrap_or_else(|| panic!("{said}"))
            .to_owned()
    };
    let bytes = |name: &str| probant::digest::unhex(&text(name)).unwrap();
    let needles = vec![
        Needle::text("identifier", &lead),
        Needle::bytes("pseudonym", &bytes("pseudonym")),
        Needle::bytes("salt", &bytes("salt")),
    ];
    let before = find(&night.root(), &needles);
    // Two nights, the event of the hand-over, and the reading of the explanation: in the ledger and in its projection.
    assert_eq!(of(&before, "pseudonym").len(), 5, "{before:?}");
    assert_eq!(of(&before, "identifier"), BTreeSet::new());
    assert_eq!(
        of(&find(&night.path("out"), &needles), "identifier").len(),
        2
    );
    let words = ["subject", "erase", &lead, "--request", "DEM-1"];
    night.say(&words).done();
    // It waits under its pseudonym, and under no other name.
    let waiting = find(&night.root(), &needles);
    assert!(
        of(&waiting, "pseudonym")
            .iter()
            .any(|file| file.contains("state.db")),
        "{waiting:?}"
    );
    assert_eq!(of(&waiting, "identifier"), BTreeSet::new());
    let done = night.say(&["subject", "erase", "--now"]).done().json();
    assert_eq!(
        done["batch"]["records"], 5,
        "each decision was handed out, and one was read: {done}"
    );
    let receipt = path("receipt");
    night
        .say(&["subject", "receipt", "DEM-1", "--out", &receipt])
        .done();
    for folder in [night.root(), night.path("out"), night.path("receipt")] {
        assert_eq!(find(&folder, &needles), [], "{}", folder.display());
    }
    // What was handed out stays with whoever holds it, who is named.
    assert_eq!(done["batch"]["told"][0]["recipient"], "avocat", "{done}");
    night.say(&["ledger", "verify", "--full"]).done();
}
