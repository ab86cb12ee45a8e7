//! The ledger's bytes against what others computed: `ledger_ref.py`, RFC 6962, transparency-dev, `ct-merkle`, `signed_note`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use probant::digest::{MacKey, derive, hex, unhex};
use probant::ledger::entry::Entry;
use probant::ledger::erased::{Erased, Listed};
use probant::ledger::key::{Secret, SigningKey};
use probant::ledger::note::{Checkpoint, Verifier};
use probant::ledger::record::{Event, EventKind, Facts, Prediction, Term};
use probant::ledger::salt::Frontier;
use probant::ledger::tile::{self, Tile};
use probant::ledger::tree::{self, Hash};
use probant::odds::LogOdds;
use proptest::prelude::*;

const SEGMENT: [u8; 16] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];
const SEED: [u8; 16] = [
    16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31,
];
const WIDTHS: [usize; 4] = [1, 1, 2, 1];

fn shared(name: &str) -> Option<PathBuf> {
    let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared")).join(name);
    if path.exists() {
        return Some(path);
    }
    eprintln!("skipped: {name} is not here");
    None
}

fn whose(purpose: &str, kind: &str, id: &str) -> [u8; 16] {
    let master: Vec<u8> = (32..64).collect();
    let key = derive(
        &master,
        &[
            b"probant/v1/pseudonym\0",
            purpose.as_bytes(),
            b"\0",
            kind.as_bytes(),
        ],
    );
    MacKey::new(&key).tag(&[id.as_bytes()])[..16]
        .try_into()
        .unwrap()
}

/// Row `i` of the five that the reference encodes.
fn reference_row(i: u16) -> Prediction {
    let pseudonym = whose("lead-scoring", "crm-id", &format!("lead-{i}"));
    let (segment, row) = (SEGMENT, u32::from(i));
    if i == 3 {
        let facts = Facts::of([("consent", "none")]).unwrap();
        return Prediction {
            segment,
            row,
            pseudonym,
            basis: 0,
            outcome: 200,
            log_odds: 0,
            score: 0,
            terms: vec![],
            facts,
        };
    }
    let n = i32::from(i);
    let terms: Vec<Term> = [(i, 1000 * n), (1, -500), (300 + i, 20_000), (7 * i, -3 * n)]
        .map(|(code, contribution)| Term { code, contribution })
        .into();
    let log_odds = -1_048_576 + terms.iter().map(|term| term.contribution).sum::<i32>();
    let score = LogOdds(log_odds).score().ppm();
    Prediction {
        segment,
        row,
        pseudonym,
        basis: 3,
        outcome: 1,
        log_odds,
        score,
        terms,
        facts: Facts::default(),
    }
}

fn reference_leaves() -> Vec<Hash> {
    let frontier = Frontier::whole(SEED);
    (0..5_u16)
        .map(|i| {
            let widths: &[usize] = if i == 3 { &[] } else { &WIDTHS };
            let record = reference_row(i).encode(widths).unwrap();
            tree::leaf(&[&frontier.salt(&SEGMENT, u32::from(i)).unwrap(), &record])
        })
        .collect()
}

/// What the reference prints, recomputed by us.
fn our_vectors() -> String {
    use std::fmt::Write as _;
    let mut out = String::new();
    let frontier = Frontier::whole(SEED);
    let leaves = reference_leaves();
    writeln!(
        out,
        "pseudonym {}",
        hex(&whose("lead-scoring", "email", "alice@example.com"))
    )
    .unwrap();
    for i in [0_u16, 3] {
        let salt = frontier.salt(&SEGMENT, u32::from(i)).unwrap();
        let record = reference_row(i)
            .encode(if i == 3 { &[] } else { &WIDTHS })
            .unwrap();
        writeln!(
            out,
            "row {i} salt {}\n  record {}\n  leaf   {}",
            hex(&salt),
            hex(&record),
            hex(&leaves[usize::from(i)])
        )
        .unwrap();
    }
    let root = tree::root(&leaves);
    writeln!(out, "root {} {}", hex(&root), STANDARD.encode(root)).unwrap();
    let punctured = frontier.without(&SEGMENT, 5, &[2]);
    let mut bytes = Vec::new();
    punctured.seeds(&mut bytes);
    let subtrees: Vec<String> = punctured
        .places()
        .zip(bytes.chunks(16))
        .map(|((level, index), seed)| format!("({level}, {index}, '{}')", hex(seed)))
        .collect();
    writeln!(
        out,
        "after erasing row 2, frontier: [{}]",
        subtrees.join(", ")
    )
    .unwrap();
    writeln!(
        out,
        "row 2 kept as hash only: {} -> root recomputed unchanged: True",
        hex(&leaves[2])
    )
    .unwrap();
    out
}

#[test]
fn our_bytes_are_those_of_the_printed_vectors() {
    let printed = "\
pseudonym 9c2e2ee3d742676033daf51849cfc4da
row 0 salt 44aaf41a390de1d79f93f34a475f50df
  record 50425231000102030405060708090a0b0c0d0e0f000000001bacdc485487283f69ab6f4526e56eb00301fff04c2c000428e5000\
40001012c0000000000fffffe0c00004e20000000000000
  leaf   e1c8e20b193a5ee82d0ef204935cd8c3ead5b7b47bbb97586ec3f795aec5fe7c
row 3 salt 98623c20437dc9613672dd1d29fb258a
  record 50425231000102030405060708090a0b0c0d0e0f00000003c2b27c9074fc834b22631b735837c90600c80000000000000000000\
0000d636f6e73656e743d6e6f6e650a
  leaf   8434d46ceaf8ea50372343a3bceca558d419de8026ac46d77e6284fb5a38759b
root 01569853d15b9e4e7c9d258283f7b76d6c4031f4f062e5e082ec56896a3a3f2a AVaYU9Fbnk58nSWCg/e3bWxAMfTwYuXgguxWiWo6Pyo=
after erasing row 2, frontier: [(19, 0, '352e93e7f342bdce029747981eadedb7'), (20, 3, \
'98623c20437dc9613672dd1d29fb258a'), (18, 1, '4a6b670f9a7ab90993bc9a3ffbe13f3b')]
row 2 kept as hash only: 185d0b54822b9405487984c1e45a6c5a8319005046f95765123d1e05b9b3ce4a -> root recomputed \
unchanged: True
";
    assert_eq!(our_vectors(), printed);
}

#[test]
fn our_bytes_are_those_of_the_reference_program() {
    let Some(program) = shared("ledger_ref.py") else {
        return;
    };
    match Command::new("python3").arg(program).output() {
        Ok(output) => assert_eq!(our_vectors(), String::from_utf8(output.stdout).unwrap()),
        Err(_) => eprintln!("skipped: no python3"),
    }
}

#[test]
fn an_erased_salt_cannot_be_derived_and_the_others_still_can() {
    let whole = Frontier::whole(SEED);
    let erased = [0, 2, 3, 500, 1022];
    let punctured = whole.without(&SEGMENT, 1023, &erased);
    let mut bytes = Vec::new();
    punctured.seeds(&mut bytes);
    let punctured = Frontier::of_seeds(&bytes, 1023, &erased).unwrap();
    for row in 0..1023 {
        let expected = if erased.contains(&row) {
            None
        } else {
            whole.salt(&SEGMENT, row)
        };
        assert_eq!(punctured.salt(&SEGMENT, row), expected, "row {row}");
    }
    let twice = whole
        .without(&SEGMENT, 1023, &[0, 500])
        .without(&SEGMENT, 1023, &[2, 3, 1022]);
    let mut again = Vec::new();
    twice.seeds(&mut again);
    assert_eq!(again, bytes);
    for length in 0..bytes.len() {
        assert!(Frontier::of_seeds(&bytes[..length], 1023, &erased).is_err());
    }
    assert!(Frontier::of_seeds(&bytes, 1023, &erased[..4]).is_err());
}

/// The tree of certificate-transparency-go's and transparency-dev's own tests.
#[test]
fn the_reference_tree_of_rfc_6962_has_its_roots() {
    let inputs = [
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    ];
    let roots = [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];
    let leaves: Vec<Hash> = inputs
        .iter()
        .map(|input| tree::leaf(&[&unhex(input).unwrap()]))
        .collect();
    assert_eq!(
        hex(&tree::root(&[])),
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    );
    for (n, root) in (1..).zip(roots) {
        assert_eq!(hex(&tree::root(&leaves[..n])), root, "{n} leaves");
    }
}

fn hash(value: &serde_json::Value) -> Option<Hash> {
    let mut bytes = STANDARD.decode(value.as_str().unwrap_or("")).ok()?;
    // "don't care 1" stands for a root that is some hash; anything else of another length is no hash.
    if bytes.starts_with(b"don't care") {
        bytes.resize(32, b'.');
    }
    bytes.try_into().ok()
}

#[test]
fn every_vector_of_transparency_dev_is_judged_as_they_judge_it() {
    let Some(folder) = shared("data/merkle_vectors") else {
        return;
    };
    let mut judged = 0;
    let mut todo = vec![folder];
    while let Some(path) = todo.pop() {
        if path.is_dir() {
            todo.extend(fs::read_dir(path).unwrap().map(|item| item.unwrap().path()));
            continue;
        }
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let it: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        let proof: Option<Vec<Hash>> = it["proof"]
            .as_array()
            .map_or(Some(Vec::new()), |list| list.iter().map(hash).collect());
        let number = |key: &str| it[key].as_u64().unwrap();
        let accepted = proof.is_some_and(|proof| {
            if it["size1"].is_null() {
                let (Some(root), Some(leaf)) = (hash(&it["root"]), hash(&it["leafHash"])) else {
                    return false;
                };
                tree::includes(&root, number("treeSize"), number("leafIdx"), &leaf, &proof)
            } else {
                let (Some(old), Some(new)) = (hash(&it["root1"]), hash(&it["root2"])) else {
                    return false;
                };
                tree::extends(&old, number("size1"), &new, number("size2"), &proof)
            }
        });
        assert_eq!(
            accepted,
            !it["wantErr"].as_bool().unwrap(),
            "{}",
            path.display()
        );
        judged += 1;
    }
    assert_eq!(judged, 196);
}

#[test]
fn our_proofs_satisfy_us_and_no_other_leaf() {
    let leaves: Vec<Hash> = (0..40_u8).map(|i| tree::leaf(&[&[i]])).collect();
    for n in 1..=leaves.len() {
        let root = tree::root(&leaves[..n]);
        for i in 0..n {
            let path = tree::inclusion(&leaves[..n], i);
            assert!(tree::includes(&root, n as u64, i as u64, &leaves[i], &path));
            assert!(!tree::includes(
                &root,
                n as u64,
                i as u64,
                &leaves[(i + 1) % 40],
                &path
            ));
        }
        for old in 1..=n {
            let proof = tree::consistency(&leaves[..n], old);
            let before = tree::root(&leaves[..old]);
            assert!(
                tree::extends(&before, old as u64, &root, n as u64, &proof),
                "{old} of {n}"
            );
            assert!(old == n || !tree::extends(&leaves[39], old as u64, &root, n as u64, &proof));
        }
    }
}

/// SHA-256 for `ct-merkle`, which speaks a newer `digest` than ours; the tree is theirs all the same.
#[derive(Clone, Default)]
struct Sha256(Vec<u8>);

impl ct_merkle::digest::HashMarker for Sha256 {}

impl ct_merkle::digest::Update for Sha256 {
    fn update(&mut self, data: &[u8]) {
        self.0.extend_from_slice(data);
    }
}

impl ct_merkle::digest::OutputSizeUser for Sha256 {
    type OutputSize = ct_merkle::digest::consts::U32;
}

impl ct_merkle::digest::FixedOutput for Sha256 {
    fn finalize_into(self, out: &mut ct_merkle::digest::Output<Self>) {
        out.copy_from_slice(&probant::digest::sha256(&[&self.0]));
    }
}

#[test]
fn ct_merkle_agrees_on_roots_and_proofs() {
    use ct_merkle::mem_backed_tree::MemoryBackedTree;
    let mut theirs: MemoryBackedTree<Sha256, Vec<u8>> = MemoryBackedTree::new();
    let mut leaves = Vec::new();
    let mut roots = Vec::new();
    for i in 0..70_u8 {
        theirs.push(vec![i; usize::from(i % 3)]);
        leaves.push(tree::leaf(&[&vec![i; usize::from(i % 3)]]));
        let root = theirs.root();
        assert_eq!(root.as_bytes().as_slice(), tree::root(&leaves));
        roots.push(root);
    }
    for i in 0..70_usize {
        let ours = tree::inclusion(&leaves, i).concat();
        assert_eq!(theirs.prove_inclusion(i).as_bytes(), ours, "leaf {i}");
    }
    for old in 1..70_usize {
        let ours = tree::consistency(&leaves, old).concat();
        assert_eq!(
            theirs.prove_consistency(70 - old).as_bytes(),
            ours,
            "from {old}"
        );
    }
}

fn signing_key() -> SigningKey {
    SigningKey::of(&Secret::new([42; 32]))
}

fn checkpoint() -> Checkpoint {
    Checkpoint {
        origin: "probant.invalid/0011223344556677".to_owned(),
        size: 5,
        root: tree::root(&reference_leaves()),
    }
}

#[test]
fn signed_note_reads_what_we_sign() {
    use signed_note::{Note, StandardVerifier, VerifierList};
    let key = signing_key();
    let checkpoint = checkpoint();
    let note = checkpoint.sign(&key);
    let verifier = Verifier::new(&checkpoint.origin, &key);
    let theirs = StandardVerifier::new(&verifier.text()).unwrap();
    let parsed = Note::from_bytes(note.as_bytes()).unwrap();
    assert_eq!(parsed.text(), checkpoint.text().as_bytes());
    let (verified, unverified) = parsed
        .verify(&VerifierList::new(vec![Box::new(theirs)]))
        .unwrap();
    assert_eq!((verified.len(), unverified.len()), (1, 0));
    assert_eq!(Verifier::parse(&verifier.text()), Ok(verifier.clone()));
    assert_eq!(Checkpoint::open(note.as_bytes(), &verifier), Ok(checkpoint));
}

#[test]
fn a_checkpoint_with_any_bit_flipped_is_refused() {
    let (key, checkpoint) = (signing_key(), checkpoint());
    let verifier = Verifier::new(&checkpoint.origin, &key);
    let note = checkpoint.sign(&key).into_bytes();
    for bit in 0..note.len() * 8 {
        let mut damaged = note.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        assert!(
            Checkpoint::open(&damaged, &verifier).is_err(),
            "bit {bit} was flipped unseen"
        );
    }
    for length in 0..note.len() {
        assert!(
            Checkpoint::open(&note[..length], &verifier).is_err(),
            "cut at {length}"
        );
    }
    let longer = [note.as_slice(), b"\xe2\x80\x94 other AAAA\n"].concat();
    assert!(Checkpoint::open(&longer, &verifier).is_err());
}

#[test]
fn tiles_hold_the_tree_and_a_forged_one_does_not_pass_for_it() {
    let leaves: Vec<Hash> = (0..700_u32)
        .map(|i| tree::leaf(&[&i.to_be_bytes()]))
        .collect();
    let root = tree::root(&leaves);
    let levels = tile::levels(leaves);
    // 700 entries: bundles and tiles of 256, 256 and 188, and one of two hashes above them.
    let paths: Vec<String> = tile::all(700).iter().map(Tile::path).collect();
    assert_eq!(paths.len(), 7);
    assert_eq!(paths[6], "tile/1/000.p/2");
    let above = tile::hashes(&tile::all(700)[6], &levels).unwrap();
    let last = tile::hashes(&tile::all(700)[5], &levels).unwrap();
    let hashes = |bytes: &[u8]| bytes.as_chunks::<32>().0.to_vec();
    let edge = [hashes(&above), vec![tree::root(&hashes(&last))]].concat();
    assert_eq!(tree::root(&edge), root);
}

fn facts() -> impl Strategy<Value = Facts> {
    proptest::collection::btree_map("[a-z][a-z0-9._-]{0,8}", "[ -~]{0,20}", 0..4).prop_map(
        |pairs| {
            Facts::of(
                pairs
                    .iter()
                    .map(|(key, value)| (key.as_str(), value.as_str())),
            )
            .unwrap()
        },
    )
}

prop_compose! {
    fn prediction()(
        segment: [u8; 16], row: u32, pseudonym: [u8; 16], basis: u8, outcome: u8, log_odds: i32,
        score in 0..=1_000_000_u32,
        terms in proptest::collection::vec((any::<u8>(), any::<i32>()), 4),
        facts in facts(), refused: bool,
    ) -> Prediction {
        let terms = terms.into_iter().map(|(code, contribution)| Term { code: u16::from(code), contribution }).collect();
        if refused {
            return Prediction { segment, row, pseudonym, basis, outcome, log_odds: 0, score: 0, terms: vec![], facts };
        }
        Prediction { segment, row, pseudonym, basis, outcome, log_odds, score, terms, facts }
    }
}

prop_compose! {
    fn event()(
        segment: [u8; 16], row: u32, pseudonym: [u8; 16], event: [u8; 16], decision in proptest::option::of(0..u64::MAX),
        actor: [u8; 16], reason: u16, shown: [u8; 32], time: i64, facts in facts(), kind in 0..8_usize,
    ) -> Event {
        use EventKind::{Access, Contest, Objection, Outcome, Override, Release, Request, Review};
        let kind = [Review, Override, Contest, Release, Access, Request, Objection, Outcome][kind];
        Event { segment, row, kind, event, pseudonym, decision, actor, reason, shown, time, facts }
    }
}

proptest! {
    #[test]
    fn a_record_survives_its_bytes(record in prediction()) {
        let bytes = record.encode(&WIDTHS).unwrap();
        prop_assert_eq!(Prediction::decode(&bytes, &WIDTHS), Ok(record));
        for length in 0..bytes.len() {
            prop_assert!(Prediction::decode(&bytes[..length], &WIDTHS).is_err());
        }
    }

    #[test]
    fn an_event_survives_its_bytes(event in event()) {
        let bytes = event.encode().unwrap();
        prop_assert_eq!(Event::decode(&bytes), Ok(event));
        for length in 0..bytes.len() {
            prop_assert!(Event::decode(&bytes[..length]).is_err());
        }
    }

    #[test]
    fn no_bytes_make_a_parser_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let verifier = Verifier::new("probant.invalid/0011223344556677", &signing_key());
        let _ = Prediction::decode(&bytes, &WIDTHS);
        let _ = Prediction::decode(&[b"PBR1".as_slice(), &bytes].concat(), &WIDTHS);
        let _ = Event::decode(&[b"PBE1".as_slice(), &bytes].concat());
        let _ = Entry::parse(&bytes);
        let _ = Checkpoint::open(&bytes, &verifier);
        let _ = Facts::parse(&bytes);
        let _ = Frontier::of_seeds(&bytes, 1023, &[0, 2]);
        let _ = Erased::decode(&bytes, 1023);
        let _ = Listed::decode(&[b"PBROWS\0\x01".as_slice(), &bytes].concat());
        let _ = tile::unbundle(&bytes, 3);
        let text = String::from_utf8_lossy(&bytes);
        let _ = Verifier::parse(&text);
        let _ = Tile::at(&text);
    }

    #[test]
    fn no_text_that_is_nearly_an_entry_makes_the_parser_panic(kind in "[a-z]{3,8}", lines in "([a-z]{2,8} [ -~]{0,40}\n){0,8}") {
        let _ = Entry::parse(format!("probant/{kind}/v1\n{lines}").as_bytes());
    }
}
