//! A small file that a person names: what is not there, or is none, is told as what it should have been.

use std::fs;
use std::path::PathBuf;

use crate::night::{DPO_KEY, Night, Said};

/// Where a night's small files lie, and how a command is given one.
struct Place {
    night: Night,
}

impl Place {
    fn new() -> Self {
        let night = Night::new(10);
        let key = night.path("dpo.key");
        let made = night
            .say(&["keys", "person", "dpo-1", "--out", key.to_str().unwrap()])
            .done();
        let policy = night.root().join("probant.toml");
        let text = fs::read_to_string(&policy).unwrap();
        let made = made.json();
        let own = made["key"].as_str().unwrap();
        fs::write(policy, text.replacen(DPO_KEY, own, 1)).unwrap();
        let li = "id = \"li-1\"\npurpose = \"prospection\"\ninterest = \"Un.\"\nnecessity = \"Deux.\"\nbalance = \"Trois.\"\n\
                  signed_by = \"dpo-1\"\ndate = \"2026-01-01\"\nexpires = \"2026-12-31\"\n";
        night.put("li.toml", li.as_bytes());
        fs::create_dir(night.path("folder")).unwrap();
        night.put("long", &vec![b'.'; (1 << 20) + 1]);
        Self { night }
    }

    fn text(&self, name: &str) -> String {
        self.night.path(name).to_str().unwrap().to_owned()
    }

    fn say(&self, words: &[&str]) -> Said {
        self.night.say(words)
    }

    /// A witness's folder that knows a log.
    fn witness(&self) -> PathBuf {
        let folder = self.night.path("witness");
        let shown = self
            .say(&["ledger", "witness", folder.to_str().unwrap()])
            .done();
        assert_eq!(shown.json()["created"], true);
        folder
    }
}

#[test]
fn whoever_names_a_folder_or_nothing_is_told_what_was_to_be_read_there() {
    let place = Place::new();
    let (li, witness) = (place.text("li.toml"), place.text("witness"));
    place.witness();
    for (name, exit, why) in [
        ("folder", 3, "is a folder"),
        ("long", 3, "is longer than 1 MiB"),
        ("nowhere", 2, "there is no file"),
    ] {
        let named = place.text(name);
        let out = place.text("answer");
        let told = [
            (
                vec!["law", "sign", &named, "--as", "dpo-1", "--key", &named],
                "an assessment",
            ),
            (
                vec!["law", "sign", &li, "--as", "dpo-1", "--key", &named],
                "a person’s key",
            ),
            (
                vec!["ledger", "anchor", "add", &named],
                "a cosignature or a time-stamp",
            ),
            (
                vec![
                    "ledger",
                    "cosign",
                    &named,
                    "--witness",
                    &witness,
                    "--out",
                    &out,
                ],
                "a request to a witness",
            ),
        ];
        for (words, what) in told {
            let said = place.say(&words).failed(exit);
            assert!(
                said.err.contains(why) && said.err.contains(what),
                "{words:?}: {said:?}"
            );
            let other = "anchor";
            assert!(
                !said.err.contains(other) || words[1] == "anchor",
                "{said:?}"
            );
        }
    }
}

#[test]
fn what_lies_among_anchors_or_in_a_witnesss_folder_is_told_as_what_it_stands_for() {
    let place = Place::new();
    let anchors = place.night.path("anchors");
    fs::create_dir(&anchors).unwrap();
    let long = place.night.path("long");
    fs::copy(&long, anchors.join("x.note")).unwrap();
    let words = ["ledger", "verify", "--anchors", anchors.to_str().unwrap()];
    let said = place.say(&words).failed(3);
    assert!(
        said.err.contains("is longer than 1 MiB, not an anchor"),
        "{said:?}"
    );

    let folder = place.witness();
    let shown = ["ledger", "witness", folder.to_str().unwrap()];
    let memory = folder.join("log-0123456789abcdef");
    fs::copy(&long, &memory).unwrap();
    closed(&memory);
    let said = place.say(&shown).failed(3);
    assert!(
        said.err.contains("not a witness’s memory of a log"),
        "{said:?}"
    );
    fs::remove_file(&memory).unwrap();

    let items = fs::read_dir(&folder).unwrap();
    let mut names = items.map(|it| it.unwrap().path());
    let is_key = |path: &PathBuf| {
        let name = path.file_name().unwrap().to_str().unwrap();
        name.starts_with("witness-")
    };
    let key = names.find(is_key).unwrap();
    fs::copy(&long, &key).unwrap();
    closed(&key);
    let said = place.say(&shown).failed(3);
    assert!(said.err.contains("not a witness’s key"), "{said:?}");
}

/// As a secret's file must be: nobody else may read it.
fn closed(path: &std::path::Path) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}
