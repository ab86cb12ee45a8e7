//! Bundles that somebody changed after they were handed out: a byte, a row, a file.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::auditor::{openssl, tools};
use super::bundle::{Shop, files, lead};
use super::night::copy;

/// A change of a bundle, by name, and whether `openssl` alone can see it.
type Tampering = (&'static str, bool, Change);

/// A change of a bundle in this folder.
type Change = Box<dyn Fn(&Path)>;

/// The file of a bundle whose name starts and ends so.
fn named(bundle: &Path, starts: &str, ends: &str) -> PathBuf {
    let found = files(bundle)
        .into_iter()
        .find(|name| name.starts_with(starts) && name.ends_with(ends));
    bundle.join(found.unwrap_or_else(|| panic!("no {starts}…{ends}")))
}

/// Changes a file's bytes.
pub fn edit(path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(path).unwrap();
    change(&mut bytes);
    fs::write(path, bytes).unwrap();
}

/// Where each row of a `.leaves` file stands in it.
pub fn rows(leaves: &[u8]) -> Vec<std::ops::Range<usize>> {
    let (mut at, mut found) = (0, Vec::new());
    while at < leaves.len() {
        let length = if leaves[at] == 0 {
            41
        } else {
            let length: [u8; 4] = leaves[at + 17..at + 21].try_into().unwrap();
            21 + u32::from_be_bytes(length) as usize
        };
        found.push(at..at + length);
        at += length;
    }
    found
}

fn on_leaves(change: impl Fn(&mut Vec<u8>, &[std::ops::Range<usize>]) + 'static) -> Change {
    Box::new(move |bundle| {
        edit(&named(bundle, "segments/", ".leaves"), |bytes| {
            let rows = rows(bytes);
            change(bytes, &rows);
        });
    })
}

fn flip(starts: &'static str, ends: &'static str, at: usize) -> Change {
    Box::new(move |bundle| edit(&named(bundle, starts, ends), |bytes| bytes[at] ^= 1))
}

/// The document of the model in a bundle.
fn model_of(bundle: &Path) -> PathBuf {
    let documents = files(bundle)
        .into_iter()
        .filter(|name| name.starts_with("documents/"));
    let mut paths = documents.map(|name| bundle.join(name));
    paths
        .find(|path| {
            fs::read_to_string(path)
                .unwrap()
                .contains("probant/model/v1")
        })
        .unwrap()
}

fn tamperings() -> Vec<Tampering> {
    vec![
        ("an entry's byte", false, flip("tile/entries/", "", 40)),
        ("a tile's byte", false, flip("tile/0/", "", 5)),
        (
            "a byte of the checkpoint's size",
            true,
            flip("checkpoint", "", 35),
        ),
        (
            "a byte of the checkpoint's root",
            true,
            flip("checkpoint", "", 50),
        ),
        ("a byte of the signature", true, flip("checkpoint", "", 150)),
        ("a byte of the key", true, flip("verifier", "", 60)),
        (
            "a model's entry",
            true,
            Box::new(|bundle| {
                edit(&model_of(bundle), |bytes| {
                    let at = bytes.iter().rposition(u8::is_ascii_digit).unwrap();
                    bytes[at] = if bytes[at] == b'7' { b'8' } else { b'7' };
                });
            }),
        ),
        (
            "a missing document",
            false,
            Box::new(|bundle| fs::remove_file(model_of(bundle)).unwrap()),
        ),
        (
            "a tile too many",
            false,
            Box::new(|bundle| fs::write(bundle.join("tile/0/001"), [0; 8192]).unwrap()),
        ),
        (
            "a record's byte",
            false,
            on_leaves(|bytes, rows| bytes[rows[9].start + 21 + 60] ^= 1),
        ),
        (
            "a pseudonym's byte",
            false,
            on_leaves(|bytes, rows| bytes[rows[0].start + 21 + 30] ^= 1),
        ),
        (
            "a salt",
            false,
            on_leaves(|bytes, rows| bytes[rows[9].start + 3] ^= 1),
        ),
        (
            "a length",
            false,
            on_leaves(|bytes, rows| bytes[rows[9].start + 20] ^= 1),
        ),
        (
            "a dropped row",
            false,
            on_leaves(|bytes, rows| drop(bytes.drain(rows[5].clone()))),
        ),
        (
            "a last row dropped",
            false,
            on_leaves(|bytes, rows| bytes.truncate(rows[rows.len() - 1].start)),
        ),
        (
            "a row twice",
            false,
            on_leaves(|bytes, rows| bytes.extend_from_within(rows[2].clone())),
        ),
        (
            "two rows swapped",
            false,
            on_leaves(|bytes, rows| {
                let swapped = [&bytes[rows[4].clone()], &bytes[rows[3].clone()]].concat();
                bytes.splice(rows[3].start..rows[4].end, swapped);
            }),
        ),
        (
            "a row that is neither live nor erased",
            false,
            on_leaves(|bytes, rows| bytes[rows[1].start] = 2),
        ),
        (
            "another size in bundle.json",
            false,
            Box::new(|bundle| {
                edit(&bundle.join("bundle.json"), |bytes| {
                    let text = String::from_utf8(bytes.clone()).unwrap();
                    let said: Value = serde_json::from_str(&text).unwrap();
                    let size = said["size"].as_u64().unwrap();
                    *bytes = text
                        .replace(&format!("\"size\": {size}"), "\"size\": 3")
                        .into_bytes();
                });
            }),
        ),
    ]
}

#[test]
fn a_bundle_that_was_changed_is_refused_by_each_tool() {
    let Some(tools) = tools() else { return };
    let shop = Shop::new();
    let good = shop.bundle(
        "good",
        &["--from", "2026-09-01", "--to", "2026-10-31", "--rows"],
    );
    let bad = shop.path("bad");
    for (what, seen_by_openssl, change) in tamperings() {
        copy(&good, &bad);
        change(&bad);
        tools.go(&bad, &good).refuses(&format!("go: {what}"));
        tools.python(&bad, None).refuses(&format!("python: {what}"));
        if let Some(said) = openssl(&bad, &good) {
            if seen_by_openssl {
                said.refuses(&format!("openssl: {what}"));
            } else {
                said.believes(&format!(
                    "openssl sees only the signature and the documents: {what}"
                ));
            }
        }
        fs::remove_dir_all(&bad).unwrap();
    }
    tools.go(&good, &good).believes("go");
    tools.python(&good, None).believes("python");
}

#[test]
fn a_changed_proof_of_one_decision_is_refused_by_each_tool() {
    let Some(tools) = tools() else { return };
    let shop = Shop::new();
    let good = shop.bundle("good", &["--lead", &lead(11)]);
    let bad = shop.path("bad");
    let mut changes: Vec<(String, Change)> = Vec::new();
    for (name, at) in [("record", 41), ("record", 23), ("salt", 0), ("path", 70)] {
        changes.push((format!("{name} {at}"), flip("proofs/", name, at)));
    }
    changes.push(("entry".to_owned(), flip("proofs/", "segment.entry", 30)));
    for at in [3, 30, 40, 200, 350] {
        changes.push((
            format!("proof {at}"),
            flip("proofs/", "segment.tlog-proof", at),
        ));
    }
    for name in [
        "record",
        "salt",
        "path",
        "segment.entry",
        "segment.tlog-proof",
    ] {
        let remove = move |bundle: &Path| {
            fs::remove_file(named(bundle, "proofs/", &format!("/{name}"))).unwrap();
        };
        changes.push((format!("no {name}"), Box::new(remove)));
    }
    changes.push((
        "one record for another".to_owned(),
        Box::new(|bundle| {
            let mut folders = fs::read_dir(bundle.join("proofs"))
                .unwrap()
                .map(|it| it.unwrap().path());
            let (one, two) = (folders.next().unwrap(), folders.next().unwrap());
            fs::rename(&one, bundle.join("x")).unwrap();
            fs::rename(&two, &one).unwrap();
            fs::rename(bundle.join("x"), &two).unwrap();
        }),
    ));
    for (what, change) in changes {
        copy(&good, &bad);
        change(&bad);
        tools.go(&bad, &good).refuses(&format!("go: {what}"));
        tools.python(&bad, None).refuses(&format!("python: {what}"));
        fs::remove_dir_all(&bad).unwrap();
    }
}

#[test]
fn a_page_that_hides_what_was_chosen_is_refused() {
    let Some(tools) = tools() else { return };
    let shop = Shop::new();
    let good = shop.bundle("good", &["--from", "2026-09-01", "--to", "2026-10-31"]);
    let bad = shop.path("bad");
    let said: Value = serde_json::from_slice(&fs::read(good.join("bundle.json")).unwrap()).unwrap();
    let [one, two] = [0, 1].map(|at| said["segments"][at].as_str().unwrap().to_owned());
    let changes = [
        (
            "a segment is left out",
            format!("    \"{one}\",\n"),
            String::new(),
        ),
        (
            "segments in another order",
            format!("{one}\",\n    \"{two}"),
            format!("{two}\",\n    \"{one}"),
        ),
        (
            "another range",
            "2026-10-31".to_owned(),
            "2026-09-30".to_owned(),
        ),
        (
            "another recipient",
            "cabinet-durand".to_owned(),
            "someone".to_owned(),
        ),
        (
            "rows that are not there",
            "\"rows\": false".to_owned(),
            "\"rows\": true".to_owned(),
        ),
        (
            "another layout",
            "  \"rows\"".to_owned(),
            "   \"rows\"".to_owned(),
        ),
        (
            "another version",
            "bundle/v1".to_owned(),
            "bundle/v2".to_owned(),
        ),
    ];
    for (what, from, to) in changes {
        copy(&good, &bad);
        edit(&bad.join("bundle.json"), |bytes| {
            let text = String::from_utf8(bytes.clone()).unwrap();
            assert!(text.contains(&from), "{what}: {text}");
            *bytes = text.replacen(&from, &to, 1).into_bytes();
        });
        tools.python(&bad, None).refuses(what);
        fs::remove_dir_all(&bad).unwrap();
    }
}
