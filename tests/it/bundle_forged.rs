//! Bundles by a forger who holds a signing key: every hash and signature is right, and what they say is not.

use std::fs;
use std::path::{Path, PathBuf};

use probant::digest::Digest;
use probant::ledger::entry::{
    Anchor, Entry, Erase, Genesis, Note, Purge, Restrict, Rows, Run, Segment,
};
use probant::ledger::key::{Secret, SigningKey};
use probant::ledger::note::{Checkpoint, Verifier, base64};
use probant::ledger::text::{AnchorKind, EventId, Progress, Restraint, SegmentId, Standing, Time};
use probant::ledger::tile::{self, Tile};
use probant::ledger::tree::{self, Hash};
use probant::workspace::disk::Disk;
use probant::workspace::journal::{Commit, Writer};
use serde_json::Value;

use super::auditor::{Tools, tools};
use super::bundle::{Shop, lead};
use super::bundle_changed::{edit, rows};
use super::night::copy;

/// A change of what a log says.
type Change = fn(&mut Forger);

/// A change of a bundle in this folder.
type Forgery<'a> = &'a dyn Fn(&Path);

/// A bundle taken apart: its entries, to be changed and signed again by a key of the forger's own.
struct Forger {
    bundle: PathBuf,
    entries: Vec<Entry>,
    /// What is written in place of an entry's own text.
    spelt: Option<(usize, String)>,
}

fn hash_tiles(size: u64) -> impl Iterator<Item = Tile> {
    tile::all(size)
        .into_iter()
        .filter(|tile| tile.level.is_some())
}

impl Forger {
    fn of(bundle: &Path) -> Self {
        let said: Value =
            serde_json::from_slice(&fs::read(bundle.join("bundle.json")).unwrap()).unwrap();
        let mut entries = Vec::new();
        for it in tile::all(said["size"].as_u64().unwrap())
            .iter()
            .filter(|it| it.level.is_none())
        {
            let bytes = fs::read(bundle.join(it.path())).unwrap();
            let texts = tile::unbundle(&bytes, it.width).unwrap();
            entries.extend(texts.into_iter().map(|text| Entry::parse(text).unwrap()));
        }
        Self {
            bundle: bundle.to_owned(),
            entries,
            spelt: None,
        }
    }

    /// Writes the log again and signs it: with this key, nothing shows but what the entries say.
    fn sign(mut self) {
        let key = SigningKey::of(&Secret::new([42; 32]));
        let Entry::Genesis(Genesis { origin, .. }) = &self.entries[0] else {
            panic!()
        };
        let origin = origin.clone();
        let verifier = Verifier::new(&origin, &key).text();
        for entry in &mut self.entries {
            if let Entry::Genesis(genesis) = entry {
                genesis.key.clone_from(&verifier);
            }
        }
        let mut texts: Vec<String> = self.entries.iter().map(Entry::text).collect();
        if let Some((at, text)) = self.spelt {
            texts[at] = text;
        }
        let leaves: Vec<Hash> = texts
            .iter()
            .map(|text| tree::leaf(&[text.as_bytes()]))
            .collect();
        let (size, root) = (leaves.len() as u64, tree::root(&leaves));
        fs::remove_dir_all(self.bundle.join("tile")).unwrap();
        let put = |name: &str, bytes: &[u8]| {
            let path = self.bundle.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        };
        let levels = tile::levels(leaves);
        for it in hash_tiles(size) {
            put(&it.path(), &tile::hashes(&it, &levels).unwrap());
            if it.level == Some(0) {
                let from = (it.index * tile::WIDTH) as usize;
                let texts = &texts[from..from + usize::from(it.width)];
                put(
                    &Tile { level: None, ..it }.path(),
                    &tile::bundle(texts).unwrap(),
                );
            }
        }
        put("verifier", format!("{verifier}\n").as_bytes());
        let checkpoint = Checkpoint { origin, size, root };
        put("checkpoint", checkpoint.sign(&key).as_bytes());
        let page = fs::read_to_string(self.bundle.join("bundle.json")).unwrap();
        let said: Value = serde_json::from_str(&page).unwrap();
        let old = |key: &str| format!("\"{key}\": {}", said[key]);
        let page = page.replace(&old("root"), &format!("\"root\": \"{}\"", base64(&root)));
        put(
            "bundle.json",
            page.replace(&old("size"), &format!("\"size\": {size}"))
                .as_bytes(),
        );
    }

    /// Changes the leaves of the first chosen segment, and has its entry say the root that they have now.
    fn leaves(&mut self, change: impl FnOnce(&mut Vec<Vec<u8>>)) {
        let said: Value =
            serde_json::from_slice(&fs::read(self.bundle.join("bundle.json")).unwrap()).unwrap();
        let id = said["segments"][0].as_str().unwrap();
        let path = self.bundle.join(format!("segments/{id}.leaves"));
        let bytes = fs::read(&path).unwrap();
        let mut leaves: Vec<Vec<u8>> = rows(&bytes)
            .into_iter()
            .map(|row| bytes[row].to_vec())
            .collect();
        change(&mut leaves);
        fs::write(&path, leaves.concat()).unwrap();
        let hashes: Vec<Hash> = leaves.iter().map(|leaf| hash_of(leaf)).collect();
        for entry in &mut self.entries {
            if let Entry::Segment(segment) = entry
                && segment.id.to_string() == id
            {
                segment.root = tree::root(&hashes);
            }
        }
    }

    /// Adds an entry before the one that records the hand-over.
    fn insert(&mut self, entry: Entry) {
        self.entries.insert(self.entries.len() - 1, entry);
    }

    fn run(&mut self) -> &mut Run {
        let run = self.entries.iter_mut().find_map(|entry| match entry {
            Entry::Run(run) => Some(run),
            _ => None,
        });
        run.unwrap()
    }
}

impl Forger {
    /// The segments, in the log's order.
    fn segments(&mut self) -> impl Iterator<Item = &mut Segment> {
        self.entries.iter_mut().filter_map(|entry| match entry {
            Entry::Segment(segment) => Some(segment),
            _ => None,
        })
    }

    fn first_segment(&mut self) -> &mut Segment {
        self.segments().next().unwrap()
    }

    /// An entry that destroys this segment when its retention ended so many days ago.
    fn purge(&mut self, at: usize, days: i64) -> Purge {
        let segment = self.segments().nth(at).unwrap();
        let (class, until) = segment.retention.clone();
        let midnight: Time = format!("{until}T00:00:00Z").parse().unwrap();
        Purge {
            event: EventId([8; 16]),
            time: Time(midnight.0 + days * 86_400),
            actor: "dpo-1".parse().unwrap(),
            class,
            segments: vec![segment.id],
        }
    }
}

/// The hash of a leaf as it stands in `.leaves`.
fn hash_of(leaf: &[u8]) -> Hash {
    if leaf[0] == 0 {
        leaf[9..].try_into().unwrap()
    } else {
        tree::leaf(&[&leaf[1..17], &leaf[21..]])
    }
}

/// Where a record starts in its leaf.
const RECORD: usize = 21;
const LOG_ODDS: usize = RECORD + 42;
const SCORE: usize = RECORD + 46;
const TERMS: usize = RECORD + 50;

fn add(leaf: &mut [u8], at: usize, more: i32) {
    let old = i32::from_be_bytes(leaf[at..at + 4].try_into().unwrap());
    leaf[at..at + 4].copy_from_slice(&(old + more).to_be_bytes());
}

/// The number of terms; every code of the demo's model takes one byte.
fn terms(leaf: &[u8]) -> usize {
    usize::from(u16::from_be_bytes([leaf[TERMS], leaf[TERMS + 1]]))
}

fn contribution(leaf: &[u8], term: usize) -> usize {
    TERMS + 2 + terms(leaf) + 4 * term
}

/// A lie about one record, and the tables of the model that it lies about.
type Lie = (&'static str, fn(&mut Vec<u8>, &Value));

const LIES: [Lie; 13] = [
    ("what kind of record it is", |leaf, _| {
        leaf[RECORD + 3] = b'2';
    }),
    ("the length of its facts", |leaf, _| {
        let end = leaf.len();
        leaf[end - 1] = 7;
    }),
    ("facts whose keys do not ascend", |leaf, _| {
        let end = leaf.len();
        leaf[end - 1] = 8;
        leaf.extend_from_slice(b"b=1\na=1\n");
        leaf[20] += 8;
    }),
    ("a contribution and the log-odds with it", |leaf, _| {
        let at = contribution(leaf, 2);
        add(leaf, at, 1);
        add(leaf, LOG_ODDS, 1);
    }),
    ("the log-odds alone", |leaf, _| add(leaf, LOG_ODDS, -1)),
    ("two contributions that cancel out", |leaf, _| {
        let (one, two) = (contribution(leaf, 0), contribution(leaf, 1));
        add(leaf, one, 5);
        add(leaf, two, -5);
    }),
    ("the score", |leaf, _| add(leaf, SCORE, 1)),
    ("the band", |leaf, _| {
        leaf[RECORD + 41] = (leaf[RECORD + 41] + 1) % 3;
    }),
    ("a legal basis that is not in the table", |leaf, _| {
        leaf[RECORD + 40] += 100;
    }),
    ("a code that its feature has not", |leaf, _| {
        leaf[TERMS + 2] = 200;
    }),
    (
        "a pair's code, with its own entry of the table",
        |leaf, model| {
            let (last, code_at) = (terms(leaf) - 1, TERMS + 2 + terms(leaf) - 1);
            let table = model["tables"][last].as_array().unwrap();
            let entry = |code: u8| table[usize::from(code)].as_i64().unwrap() as i32;
            let (old, at) = (leaf[code_at], contribution(leaf, last));
            let new = u8::from(old == 0);
            leaf[code_at] = new;
            add(leaf, at, entry(new) - entry(old));
            add(leaf, LOG_ODDS, entry(new) - entry(old));
            let log_odds = i32::from_be_bytes(leaf[LOG_ODDS..LOG_ODDS + 4].try_into().unwrap());
            let ppm = probant::odds::LogOdds(log_odds).score().ppm();
            leaf[SCORE..SCORE + 4].copy_from_slice(&ppm.to_be_bytes());
        },
    ),
    ("another row's number", |leaf, _| leaf[RECORD + 23] ^= 1),
    ("facts that are none", |leaf, _| {
        let end = leaf.len();
        leaf[end - 1] = 2;
        leaf.extend_from_slice(b"a\n");
        leaf[20] += 2;
    }),
];

/// The model of a bundle.
fn model(bundle: &Path) -> Value {
    let documents = fs::read_dir(bundle.join("documents")).unwrap();
    let texts = documents.map(|it| fs::read_to_string(it.unwrap().path()).unwrap());
    let mut models = texts.filter(|text| text.contains("probant/model/v1"));
    serde_json::from_str(&models.next().unwrap()).unwrap()
}

struct Scene {
    tools: &'static Tools,
    shop: Shop,
    good: PathBuf,
}

impl Scene {
    fn new() -> Option<Self> {
        let tools = tools()?;
        let shop = Shop::new();
        let good = shop.bundle(
            "good",
            &["--from", "2026-09-01", "--to", "2026-09-30", "--rows"],
        );
        Some(Self { tools, shop, good })
    }

    /// A forged copy, and what Python says of it.
    fn forge(&self, change: impl FnOnce(&mut Forger)) -> super::auditor::Opinion {
        let bad = self.shop.path("bad");
        let _ = fs::remove_dir_all(&bad);
        copy(&self.good, &bad);
        let mut forger = Forger::of(&bad);
        change(&mut forger);
        forger.sign();
        self.tools.python(&bad, None)
    }
}

#[test]
fn a_forger_who_holds_a_key_cannot_make_a_score_up() {
    let Some(scene) = Scene::new() else { return };
    // Signed by the forger and otherwise true: only the key, got elsewhere, tells.
    scene.forge(|_| ()).believes("a true copy");
    let bad = scene.shop.path("bad");
    scene.tools.go(&bad, &scene.good).believes("a true copy");
    let key = fs::read_to_string(scene.good.join("verifier")).unwrap();
    scene
        .tools
        .python(&bad, Some(key.trim_end()))
        .refuses("another key");
    let model = model(&scene.good);
    for (what, lie) in LIES {
        let said = scene.forge(|forger| {
            forger.leaves(|leaves| {
                let before = leaves[17].clone();
                lie(&mut leaves[17], &model);
                assert_ne!(leaves[17], before, "{what}");
            });
        });
        let said = said.refuses(what);
        assert!(said.words.contains("row 17"), "{what}: {}", said.words);
        // All hashes and the signature are right: this is what replaying is for.
        if what != "another row's number" {
            scene.tools.go(&bad, &scene.good).believes(what);
        }
    }
}

/// What a log may not say, however well it is signed.
const CONTRADICTIONS: [(&str, Change); 20] = [
    ("another log's beginning", |forger| {
        let text = forger.entries[0].text();
        let (_, rest) = text.split_once("\ntime ").unwrap();
        let other = "probant/genesis/v1\norigin probant.invalid/0123456789abcdef\ntime ";
        forger.spelt = Some((0, format!("{other}{rest}")));
    }),
    ("a line too few", |forger| {
        let at = forger.entries.len() - 1;
        let text = forger.entries[at].text();
        forger.spelt = Some((at, text.replace("actor dpo-1\n", "")));
    }),
    ("a run whose segment is gone", |forger| {
        let last = forger
            .entries
            .iter()
            .rposition(|it| matches!(it, Entry::Segment(_)));
        forger.entries.remove(last.unwrap());
    }),
    ("a run that counts a row more", |forger| {
        forger.run().proposed += 1;
        forger.run().total += 1;
    }),
    ("a run twice", |forger| {
        let run = forger.run().clone();
        forger.insert(Entry::Run(run));
    }),
    ("a segment without its run", |forger| {
        let at = forger
            .entries
            .iter()
            .position(|it| matches!(it, Entry::Run(_)))
            .unwrap();
        forger.entries.remove(at);
    }),
    ("a policy that nothing kept", |forger| {
        let at = forger
            .entries
            .iter()
            .position(|it| matches!(it, Entry::Law(_)))
            .unwrap();
        forger.entries.remove(at);
    }),
    ("a log that begins twice", |forger| {
        let genesis = forger.entries[0].clone();
        forger.insert(genesis);
    }),
    ("another spelling of a time", |forger| {
        let at = forger.entries.len() - 1;
        let text = forger.entries[at].text();
        forger.spelt = Some((at, text.replace("Z\nactor", "+00:00\nactor")));
    }),
    ("a line too many", |forger| {
        let at = forger.entries.len() - 1;
        forger.spelt = Some((at, forger.entries[at].text() + "more x\n"));
    }),
    ("lines in another order", |forger| {
        let at = forger.entries.len() - 1;
        let text = forger.entries[at].text().replace(
            "actor dpo-1\nrecipient cabinet-durand\n",
            "recipient cabinet-durand\nactor dpo-1\n",
        );
        forger.spelt = Some((at, text));
    }),
    ("another recipient", |forger| {
        let Some(Entry::Bundle(bundle)) = forger.entries.last_mut() else {
            panic!()
        };
        bundle.recipient = "somebody-else".parse().unwrap();
    }),
    ("a band by another name", |forger| {
        for entry in &mut forger.entries {
            if let Entry::Segment(segment) = entry {
                segment.outcomes[0].1 = "autre".parse().unwrap();
            }
        }
    }),
    ("a purge of what never was", |forger| {
        forger.insert(Entry::Purge(Purge {
            event: EventId([9; 16]),
            time: Time(1_790_000_500),
            actor: "dpo-1".parse().unwrap(),
            class: "proposals".parse().unwrap(),
            segments: vec![SegmentId([7; 16])],
        }));
    }),
    ("a third part of two", |forger| {
        let Entry::Erase(mut erase) = erasure(forger, &[]) else {
            panic!()
        };
        (erase.part, erase.rows) = ((3, 2), Vec::new());
        forger.insert(Entry::Erase(erase));
    }),
    ("a name in capitals", |forger| {
        let at = forger.entries.len() - 1;
        let text = forger.entries[at].text();
        forger.spelt = Some((at, text.replace("actor dpo-1", "actor DPO-1")));
    }),
    ("codes that do not ascend", |forger| {
        let at = forger
            .entries
            .iter()
            .position(|it| matches!(it, Entry::Segment(_)))
            .unwrap();
        let text = forger.entries[at].text();
        let (one, two) = ("outcome 0=froid\n", "outcome 1=tiede\n");
        let swapped = text.replace(&format!("{one}{two}"), &format!("{two}{one}"));
        assert_ne!(text, swapped);
        forger.spelt = Some((at, swapped));
    }),
    ("another schema than the model's", |forger| {
        let document = Digest::of(b"another");
        let documents = forger.bundle.join("documents");
        fs::write(documents.join(document.to_string()), b"another").unwrap();
        let mut old = None;
        for entry in &mut forger.entries {
            match entry {
                Entry::Segment(it) => old = Some(std::mem::replace(&mut it.schema, document)),
                Entry::Schema(it) => it.document = document,
                Entry::Run(it) => it.schema = document,
                Entry::Model(it) => it.schema = document,
                _ => {}
            }
        }
        fs::remove_file(documents.join(old.unwrap().to_string())).unwrap();
    }),
    ("a bundle that nothing recorded", |forger| {
        drop(forger.entries.pop());
    }),
    ("counts that do not add up", |forger| {
        forger.run().total += 1;
    }),
];

#[test]
fn a_forger_cannot_make_the_log_contradict_itself() {
    let Some(scene) = Scene::new() else { return };
    for (what, lie) in CONTRADICTIONS {
        scene.forge(lie).refuses(what);
    }
}

/// An erasure of these rows of a segment, whose leaves have these hashes.
fn erasure(forger: &Forger, gone: &[(u32, Hash)]) -> Entry {
    let bytes: Vec<u8> = gone
        .iter()
        .flat_map(|(row, hash)| [&row.to_be_bytes()[..], hash].concat())
        .collect();
    let segment = forger.entries.iter().find_map(|entry| match entry {
        Entry::Segment(segment) => Some(segment.id),
        _ => None,
    });
    Entry::Erase(Erase {
        event: EventId([9; 16]),
        part: (1, 1),
        state: Progress::Intent,
        time: Time(1_790_000_500),
        actor: "dpo-1".parse().unwrap(),
        reason: "art17-1-b".parse().unwrap(),
        requests: vec![[1; 32]],
        rows: vec![Rows {
            segment: segment.unwrap(),
            count: gone.len() as u32,
            sum: probant::digest::sha256(&[&bytes]),
        }],
    })
}

/// The entry that ends it.
fn done() -> Entry {
    Entry::Erase(Erase {
        event: EventId([9; 16]),
        part: (1, 1),
        state: Progress::Done,
        time: Time(1_790_000_501),
        actor: "dpo-1".parse().unwrap(),
        reason: "art17-1-b".parse().unwrap(),
        requests: Vec::new(),
        rows: Vec::new(),
    })
}

#[test]
fn an_erased_row_keeps_the_root_and_needs_its_entry() {
    let Some(scene) = Scene::new() else { return };
    let erase = |forger: &mut Forger| -> Vec<(u32, Hash)> {
        let mut gone = Vec::new();
        // Where `insert` will put the entry that says so.
        let entry = forger.entries.len() as u64 - 1;
        forger.leaves(|leaves| {
            for row in [3, 4, 299_usize] {
                let hash = hash_of(&leaves[row]);
                leaves[row] = [&[0], &entry.to_be_bytes()[..], &hash[..]].concat();
                gone.push((row as u32, hash));
            }
        });
        gone
    };
    let said = scene.forge(|forger| {
        let gone = erase(forger);
        forger.insert(erasure(forger, &gone));
        forger.insert(done());
    });
    let said = said.believes("three rows erased, as an entry says");
    assert!(said.words.contains("(3 erased)"), "{}", said.words);
    let bad = scene.shop.path("bad");
    scene.tools.go(&bad, &scene.good).believes("erased rows");
    scene
        .forge(|forger| drop(erase(forger)))
        .refuses("gaps without an entry");
    let said = scene.forge(|forger| {
        forger.insert(erasure(forger, &[(3, [7; 32])]));
        forger.insert(done());
    });
    said.refuses("an entry without its gap");
    let said = scene.forge(|forger| {
        let mut gone = erase(forger);
        gone[0].1[0] ^= 1;
        forger.insert(erasure(forger, &gone));
    });
    said.refuses("an entry for other rows");
}

/// A part of an erasure of a row of these segments.
fn part(forger: &mut Forger, part: (u32, u32), of: &[usize]) -> Erase {
    let Entry::Erase(mut erase) = erasure(forger, &[(3, [7; 32])]) else {
        panic!()
    };
    let ids: Vec<SegmentId> = forger.segments().map(|it| it.id).collect();
    let mut rows: Vec<Rows> = of
        .iter()
        .map(|at| Rows {
            segment: ids[*at],
            ..erase.rows[0]
        })
        .collect();
    rows.sort_by_key(|it| it.segment);
    (erase.part, erase.rows) = (part, rows);
    erase
}

/// The same as a restriction.
fn restriction(forger: &mut Forger, state: Restraint) -> Restrict {
    let erase = part(forger, (1, 1), &[0]);
    let ends = state == Restraint::Lifted;
    Restrict {
        event: erase.event,
        part: erase.part,
        state,
        time: erase.time,
        actor: erase.actor,
        reason: erase.reason,
        requests: erase.requests,
        rows: if ends { Vec::new() } else { erase.rows },
    }
}

/// An entry for a checkpoint of this size.
fn anchor(forger: &mut Forger, size: usize, root: Option<Hash>) -> Entry {
    let key = SigningKey::of(&Secret::new([42; 32]));
    // `sign` will write its own key into the first entry.
    if let Entry::Genesis(genesis) = &mut forger.entries[0] {
        genesis.key = Verifier::new(&genesis.origin, &key).text();
    }
    let leaves: Vec<Hash> = forger.entries[..size.min(forger.entries.len())]
        .iter()
        .map(|it| tree::leaf(&[it.text().as_bytes()]))
        .collect();
    Entry::Anchor(Anchor {
        kind: AnchorKind::Copy,
        time: Time(1_790_000_500),
        size: size as u64,
        root: root.unwrap_or_else(|| tree::root(&leaves)),
        proof: [1; 32],
    })
}

/// Acts that begin and end wrongly.
const ACTS: [(&str, Change); 13] = [
    ("done without intent", |forger| forger.insert(done())),
    ("done twice", |forger| {
        let erase = part(forger, (1, 1), &[]);
        forger.insert(Entry::Erase(erase));
        forger.insert(done());
        forger.insert(done());
    }),
    ("an intent after it was done", |forger| {
        let erase = part(forger, (1, 1), &[]);
        forger.insert(Entry::Erase(erase.clone()));
        forger.insert(done());
        forger.insert(Entry::Erase(erase));
    }),
    ("the second part first", |forger| {
        for at in [2, 1] {
            let erase = part(forger, (at, 2), &[]);
            forger.insert(Entry::Erase(erase));
        }
    }),
    ("parts of two totals", |forger| {
        for whole in [(1, 3), (2, 2)] {
            let erase = part(forger, whole, &[]);
            forger.insert(Entry::Erase(erase));
        }
    }),
    ("a last part that is missing", |forger| {
        let erase = part(forger, (1, 2), &[0]);
        forger.insert(Entry::Erase(erase));
    }),
    ("a segment in two parts", |forger| {
        for at in [1, 2] {
            let erase = part(forger, (at, 2), &[0]);
            forger.insert(Entry::Erase(erase));
        }
    }),
    ("an erasure of an unknown segment", |forger| {
        let mut erase = part(forger, (1, 1), &[0]);
        erase.rows[0].segment = SegmentId([7; 16]);
        forger.insert(Entry::Erase(erase));
    }),
    ("a restriction of a later segment", |forger| {
        let restrict = restriction(forger, Restraint::Set);
        forger.entries.insert(1, Entry::Restrict(restrict));
    }),
    ("lifted without set", |forger| {
        let restrict = restriction(forger, Restraint::Lifted);
        forger.insert(Entry::Restrict(restrict));
    }),
    ("lifted without a request", |forger| {
        let set = restriction(forger, Restraint::Set);
        let mut lifted = restriction(forger, Restraint::Lifted);
        lifted.requests = Vec::new();
        forger.insert(Entry::Restrict(set));
        forger.insert(Entry::Restrict(lifted));
    }),
    ("an event that erases and restricts", |forger| {
        let set = restriction(forger, Restraint::Set);
        let erase = part(forger, (1, 1), &[]);
        forger.insert(Entry::Restrict(set));
        forger.insert(Entry::Erase(erase));
    }),
    ("rows where an erasure is done", |forger| {
        let erase = part(forger, (1, 1), &[]);
        forger.insert(Entry::Erase(erase));
        let mut end = part(forger, (1, 1), &[0]);
        (end.state, end.requests) = (Progress::Done, Vec::new());
        forger.insert(Entry::Erase(end));
    }),
];

/// Segments that are not their run's, purges before their time, and anchors of another history.
const SEGMENTS: [(&str, Change); 16] = [
    ("a trial that its run did not make", |forger| {
        forger.first_segment().model.as_mut().unwrap().1 = Standing::Trial;
    }),
    ("another binary than the run's", |forger| {
        forger.first_segment().binary = "other".parse().unwrap();
    }),
    ("another purpose than the run's", |forger| {
        forger.first_segment().purpose = "other".parse().unwrap();
    }),
    ("another law than the run's", |forger| {
        let document = Digest::of(b"another");
        let time = Time(1_790_000_500);
        let law = probant::ledger::entry::Document { document, time };
        forger.entries.insert(1, Entry::Law(law));
        for run in &mut forger.entries {
            if let Entry::Run(run) = run {
                run.law = document;
            }
        }
    }),
    ("another policy than the run's", |forger| {
        let document = Digest::of(b"another");
        let time = Time(1_790_000_500);
        let policy = probant::ledger::entry::Document { document, time };
        forger.entries.insert(1, Entry::Policy(policy));
        forger.run().policy = document;
    }),
    ("a schema that is not the run's", |forger| {
        let document = Digest::of(b"another");
        let time = Time(1_790_000_500);
        let schema = probant::ledger::entry::Document { document, time };
        forger.entries.insert(1, Entry::Schema(schema));
        forger.run().schema = document;
    }),
    ("a run after its segments", |forger| {
        let is_run = |it: &Entry| matches!(it, Entry::Run(_));
        let at = forger.entries.iter().position(is_run).unwrap();
        let run = forger.entries.remove(at);
        forger.insert(run);
    }),
    ("a period that no key began", |forger| {
        forger.first_segment().kid = "other".parse().unwrap();
    }),
    ("a period that a later key began", |forger| {
        let is_key = |it: &Entry| matches!(it, Entry::Key(_));
        let at = forger.entries.iter().position(is_key).unwrap();
        let key = forger.entries.remove(at);
        forger.insert(key);
    }),
    ("a purge of another class", |forger| {
        let mut purge = forger.purge(LATER, 9);
        purge.class = "other".parse().unwrap();
        forger.insert(Entry::Purge(purge));
    }),
    ("a purge before its date", |forger| {
        let purge = forger.purge(LATER, -1);
        forger.insert(Entry::Purge(purge));
    }),
    ("a purge of what was purged", |forger| {
        let purge = forger.purge(LATER, 9);
        forger.insert(Entry::Purge(purge.clone()));
        forger.insert(Entry::Purge(purge));
    }),
    ("a purge of what is still chosen", |forger| {
        let purge = forger.purge(0, 9);
        forger.insert(Entry::Purge(purge));
    }),
    ("an anchor of a longer log", |forger| {
        let at = forger.entries.len();
        let entry = anchor(forger, at, None);
        forger.insert(entry);
    }),
    ("an anchor of another history", |forger| {
        let entry = anchor(forger, 3, Some([5; 32]));
        forger.insert(entry);
    }),
    ("an anchor's root at another size", |forger| {
        let Entry::Anchor(mut entry) = anchor(forger, 3, None) else {
            panic!()
        };
        entry.size = 2;
        forger.insert(Entry::Anchor(entry));
    }),
];

/// The first segment of the second night, which the good bundle did not choose.
const LATER: usize = 1;

#[test]
fn a_forger_cannot_make_acts_begin_or_end_wrongly() {
    let Some(scene) = Scene::new() else { return };
    for (what, lie) in ACTS {
        scene.forge(lie).refuses(what);
    }
    let said = scene.forge(|forger| {
        for (at, of) in [(1, &[0][..]), (2, &[LATER])] {
            let erase = part(forger, (at, 2), of);
            forger.insert(Entry::Erase(erase));
        }
        for state in [Restraint::Set, Restraint::Lifted] {
            let mut restrict = restriction(forger, state);
            restrict.event = EventId([6; 16]);
            forger.insert(Entry::Restrict(restrict));
        }
    });
    said.believes("an erasure in two parts that was begun, and a restriction that was lifted");
}

#[test]
fn a_forger_cannot_part_a_segment_from_its_run_purge_it_early_or_make_an_anchor_up() {
    let Some(scene) = Scene::new() else { return };
    for (what, lie) in SEGMENTS {
        scene.forge(lie).refuses(what);
    }
    let said = scene.forge(|forger| {
        for size in [0, 3, forger.entries.len() - 1] {
            let entry = anchor(forger, size, None);
            forger.insert(entry);
        }
    });
    said.believes("anchors of this history");
}

#[test]
fn what_was_purged_is_told_and_is_not_called_complete() {
    let Some(scene) = Scene::new() else { return };
    let said = scene.forge(|forger| {
        // The day of the date itself, in UTC: the controller's calendar may be a day ahead.
        let purge = forger.purge(LATER, 0);
        forger.insert(Entry::Purge(purge));
    });
    let words = said.believes("a purge of what was not chosen").words;
    assert!(
        words.contains("140 records in 1 of 2 segments were purged"),
        "{words}"
    );
    assert!(!words.contains("no run lacks a row"), "{words}");
    assert!(!words.contains("ok  purged"), "{words}");
    let said = scene.forge(|forger| {
        let purge = forger.purge(0, 1);
        let id = purge.segments[0].to_string();
        forger.insert(Entry::Purge(purge));
        let Some(Entry::Bundle(bundle)) = forger.entries.last_mut() else {
            panic!()
        };
        bundle.segments.retain(|it| it.to_string() != id);
        fs::remove_file(forger.bundle.join(format!("segments/{id}.leaves"))).unwrap();
        edit(&forger.bundle.join("bundle.json"), |bytes| {
            let page = String::from_utf8(bytes.clone()).unwrap();
            *bytes = page
                .replace(&format!("[\n    \"{id}\"\n  ]"), "[]")
                .into_bytes();
        });
        for folder in ["segments", "documents"] {
            fs::remove_dir_all(forger.bundle.join(folder)).unwrap();
        }
    });
    let words = said.believes("a purge of what was chosen").words;
    assert!(
        words.contains("ok  purged: 300 records of 1 of the 1 chosen"),
        "{words}"
    );
    assert!(!words.contains("no run lacks a row"), "{words}");
    let good = scene.shop.bundle("one", &["--lead", &lead(7)]);
    let said = Scene { good, ..scene }.forge(|forger| {
        let purge = forger.purge(0, 9);
        forger.insert(Entry::Purge(purge));
        // The access events of the hand-over end the log.
        let last = forger.entries.len() - 1;
        assert!(matches!(&forger.entries[last], Entry::Segment(_)));
    });
    let words = said.refuses("a decision of what was purged").words;
    assert!(words.contains("a segment that was purged"), "{words}");
}

#[test]
fn a_file_or_a_folder_that_no_bundle_has_is_refused() {
    let Some(scene) = Scene::new() else { return };
    let files = [
        "extra.csv",
        "hidden/y",
        "segments/.x",
        "documents/a/b",
        "proofs/0/record",
    ];
    for name in files {
        let said = scene.forge(|forger| {
            let path = forger.bundle.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, b"Martin;Durand\n").unwrap();
        });
        said.refuses(name);
    }
    for name in ["hidden", "proofs", "VERIFY.md.d/deeper"] {
        let said = scene.forge(|forger| fs::create_dir_all(forger.bundle.join(name)).unwrap());
        said.refuses(name);
    }
    #[cfg(unix)]
    scene
        .forge(|forger| {
            let page = forger.bundle.join("VERIFY.md");
            fs::remove_file(&page).unwrap();
            std::os::unix::fs::symlink("/etc/hostname", page).unwrap();
        })
        .refuses("a page that lies elsewhere");
}

/// The mistake of CVE-2026-56865: where several subtree hashes share a tile, a full tile of level 0
/// may be left unread by whoever authenticates only what leads to the root.
#[test]
fn a_forged_tile_is_refused_however_consistent_its_neighbours_are() {
    let Some(tools) = tools() else { return };
    let shop = Shop::new();
    let mut writer = Writer::open(&shop.root(), &Disk::new()).unwrap();
    let note = |at: i64| {
        Entry::Note(Note {
            about: "exercise".parse().unwrap(),
            time: Time(1_790_000_000 + at),
            actor: "dpo-1".parse().unwrap(),
            checkpoint: None,
        })
    };
    let entries = (0..505).map(note).collect();
    writer
        .commit(&Commit {
            documents: Vec::new(),
            entries,
        })
        .unwrap();
    drop(writer);
    let good = shop.bundle("good", &["--run", "@latest"]);
    tools.go(&good, &good).believes("go");
    tools.python(&good, None).believes("python");
    let bad = shop.path("bad");
    let forged_leaf = tree::leaf(&[note(-1).text().as_bytes()]);
    let in_entries = |bundle: &Path| {
        let path = bundle.join("tile/entries/000");
        let bytes = fs::read(&path).unwrap();
        let mut texts: Vec<Vec<u8>> = tile::unbundle(&bytes, 256)
            .unwrap()
            .into_iter()
            .map(<[u8]>::to_vec)
            .collect();
        texts[100] = note(-1).text().into_bytes();
        fs::write(path, tile::bundle(&texts).unwrap()).unwrap();
    };
    let in_tile = |bundle: &Path| {
        let path = bundle.join("tile/0/000");
        let mut bytes = fs::read(&path).unwrap();
        bytes[3200..3232].copy_from_slice(&forged_leaf);
        fs::write(path, bytes).unwrap();
    };
    let in_parent = |bundle: &Path| {
        let hashes = fs::read(bundle.join("tile/0/000")).unwrap();
        let path = fs::read_dir(bundle.join("tile/1/000.p"))
            .unwrap()
            .next()
            .unwrap()
            .unwrap()
            .path();
        let mut bytes = fs::read(&path).unwrap();
        bytes[..32].copy_from_slice(&tree::root(hashes.as_chunks::<32>().0));
        fs::write(path, bytes).unwrap();
    };
    let forgeries: [(&str, &[Forgery]); 5] = [
        ("the tile alone", &[&in_tile]),
        ("the entry alone", &[&in_entries]),
        ("entry and tile", &[&in_entries, &in_tile]),
        ("tile and parent", &[&in_tile, &in_parent]),
        (
            "entry, tile and parent",
            &[&in_entries, &in_tile, &in_parent],
        ),
    ];
    for (what, changes) in forgeries {
        copy(&good, &bad);
        for change in changes {
            change(&bad);
        }
        tools.go(&bad, &good).refuses(&format!("go: {what}"));
        tools.python(&bad, None).refuses(&format!("python: {what}"));
        fs::remove_dir_all(&bad).unwrap();
    }
}
