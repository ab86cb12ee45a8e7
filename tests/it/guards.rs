//! Files for somebody else are written over nothing, and never among what the workspace or a witness keeps.

use std::collections::BTreeMap;
use std::fs;

use probant::workspace::journal::View;

use crate::night::{Night, tree};

/// The commands that write a file or a folder for somebody else, up to its place.
fn commands(night: &Night) -> Vec<Vec<String>> {
    let path = |name: &str| night.path(name).to_str().unwrap().to_owned();
    let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<String>>();
    let mut cosign = words("ledger cosign");
    let log = View::open(&night.root()).unwrap().verifier();
    cosign.extend([path("request.txt"), "--witness".to_owned(), path("dpo")]);
    cosign.extend(["--log".to_owned(), log, "--out".to_owned()]);
    vec![
        words("ledger anchor request --cosign"),
        words("ledger anchor request --timestamp"),
        words("ledger anchor copy"),
        words("keys recovery --out"),
        words("subject receipt DEM-1 --out"),
        cosign,
    ]
}

/// A workspace with a request that was carried out, a request to a witness, and the witness.
fn scene() -> Night {
    let night = Night::new(30);
    night.score("out/a.csv", &[]).done();
    let lead = format!("PR{:08}", crate::night::FIRST + 7);
    let words = ["subject", "erase", &lead, "--request", "DEM-1", "--now"];
    night.say(&words).done();
    let (asked, dpo) = (night.path("request.txt"), night.path("dpo"));
    let file = asked.to_str().unwrap();
    let words = ["ledger", "anchor", "request", "--cosign", file];
    night.say(&words).done();
    let words = ["ledger", "witness", dpo.to_str().unwrap()];
    night.say(&words).done();
    night
}

/// Everything that must stay as it is.
fn kept(night: &Night) -> Vec<BTreeMap<String, Vec<u8>>> {
    [night.root(), night.path("dpo")]
        .iter()
        .map(|folder| {
            let mut files = tree(folder, &["."]);
            files.retain(|name, _| !name.ends_with("lock"));
            files
        })
        .collect()
}

#[test]
fn nothing_is_written_over_a_file_nor_among_what_is_kept() {
    let night = scene();
    let root = night.root();
    let key = fs::read_dir(night.path("dpo"))
        .unwrap()
        .map(|item| item.unwrap().path())
        .find(|path| path.to_string_lossy().contains("witness-"))
        .unwrap();
    let signing = fs::read_dir(root.join("keys"))
        .unwrap()
        .map(|item| item.unwrap().path())
        .find(|path| path.to_string_lossy().contains("signing-"))
        .unwrap();
    fs::write(night.path("mine.note"), "mine").unwrap();
    fs::create_dir_all(root.join("anchors")).unwrap();
    let mut places = vec![
        key,
        signing,
        night.path("mine.note"),
        night.path("dpo/new.note"),
    ];
    places.extend(
        [
            "probant.toml",
            "state.db",
            "state.db-journal",
            "ledger/checkpoint",
            "ledger/new.note",
            "ledger/segments/new.note",
            "keys/new.note",
            "models/new.note",
            "anchors/new.note",
        ]
        .map(|name| root.join(name)),
    );
    let before = kept(&night);
    for words in commands(&night) {
        for place in &places {
            let mut all: Vec<&str> = words.iter().map(String::as_str).collect();
            all.push(place.to_str().unwrap());
            let said = night.say(&all).failed(2);
            let ending = said.err.contains("`.note`");
            assert!(said.err.contains("another place") || ending, "{said:?}");
            assert!(kept(&night) == before, "{all:?} changed something");
        }
    }
    assert_eq!(fs::read(night.path("mine.note")).unwrap(), b"mine");
    // Elsewhere each of them writes.
    for (at, words) in commands(&night).into_iter().enumerate() {
        let place = night.path(&format!("free-{at}.note"));
        let mut all: Vec<&str> = words.iter().map(String::as_str).collect();
        all.push(place.to_str().unwrap());
        night.say(&all).done();
        assert!(place.exists(), "{all:?}");
    }
}

#[cfg(unix)]
#[test]
fn a_link_into_the_keys_is_not_followed() {
    let night = scene();
    std::os::unix::fs::symlink(night.root().join("keys"), night.path("way")).unwrap();
    std::os::unix::fs::symlink(night.root().join("keys/gone"), night.path("dead")).unwrap();
    let before = kept(&night);
    for words in commands(&night) {
        for place in [night.path("way/new.note"), night.path("dead")] {
            let mut all: Vec<&str> = words.iter().map(String::as_str).collect();
            all.push(place.to_str().unwrap());
            night.say(&all).failed(2);
            assert!(kept(&night) == before, "{all:?}");
        }
    }
}
