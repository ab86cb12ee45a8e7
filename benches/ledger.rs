//! What the ledger costs, without reading an export: rows of random codes under a real model.
//!
//! Driven by `ledger.sh`, which makes the workspace and takes the medians. Prints one line of JSON.
//!
//!   ledger commit WORKSPACE ROWS            one run: push and commit, synced
//!   ledger nights WORKSPACE NIGHTS ROWS     so many runs, one a night, of the same leads but one
//!   ledger find WORKSPACE LEAD              pseudonyms scanned for one lead, in this cold process
//!
//! Lead `n` of a night is `L<n>`; night `k` also has the lead `N<k>`, and nobody else has.

use std::error::Error;
use std::fs;
use std::path::Path;
use std::time::Instant;

use probant::digest::Digest;
use probant::features::Codes;
use probant::form::Filing;
use probant::law;
use probant::ledger::block::BLOCK;
use probant::ledger::entry::{Document, Run};
use probant::ledger::{
    BasisName, Block, Entry, Heading, Replay as _, RunId, SegmentKind, Standing, Time,
};
use probant::model::Model;
use probant::name::IdType;
use probant::pseudonym::Master;
use probant::workspace::disk::Disk;
use probant::workspace::journal::{Commit, Entropy, RunWriter, View};
use probant::workspace::{Replayer, Workspace, binary};

type Fallible<T> = Result<T, Box<dyn Error>>;

fn main() -> Fallible<()> {
    let words: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| word != "--bench")
        .collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words[..] {
        ["commit", root, rows] => {
            let bench = Bench::open(Path::new(root))?;
            let seconds = bench.night(0, rows.parse()?)?;
            let rows: f64 = rows.parse()?;
            println!(
                "{{\"seconds\": {seconds:.4}, \"rows_per_second\": {:.0}}}",
                rows / seconds
            );
        }
        ["nights", root, nights, rows] => {
            let bench = Bench::open(Path::new(root))?;
            let mut seconds = 0.0;
            for night in 0..nights.parse()? {
                seconds += bench.night(night, rows.parse()?)?;
            }
            println!("{{\"seconds\": {seconds:.4}}}");
        }
        ["find", root, lead] => find(Path::new(root), lead)?,
        _ => println!("nothing to measure: see the head of benches/ledger.rs"),
    }
    Ok(())
}

/// A workspace, and the model that its log kept last.
struct Bench {
    ws: Workspace,
    model: Model,
}

impl Bench {
    fn open(root: &Path) -> Fallible<Self> {
        let ws = Workspace::open(root)?;
        let view = View::open(root)?;
        let mut kept = view.entries().filter_map(|(_, entry)| match entry {
            Entry::Model(it) => Some(it.model),
            _ => None,
        });
        let version = kept.next_back().ok_or("no model: train one first")?;
        let text = fs::read_to_string(root.join(format!("models/{version}/model.json")))?;
        let model = Model::parse(&text)?;
        Ok(Self { ws, model })
    }

    /// Records one run of `rows` leads; seconds from taking the lock to the durable checkpoint.
    fn night(&self, night: u64, rows: u64) -> Fallible<f64> {
        let view = View::open(self.ws.root())?;
        let policy = self.ws.policy();
        let purpose = &policy.purposes[0];
        let master = Master::new(view.master(view.kid())?.expose());
        let key = master.key(&purpose.id, IdType::CrmId);
        // Leads and codes are made before the clock starts; so is what the model and the policy say of them.
        let mut draws = night * rows + 1;
        let mut blocks = Vec::new();
        for first in (0..rows).step_by(BLOCK) {
            let ids = first..rows.min(first + BLOCK as u64);
            let name = |id: u64| {
                if id == 0 {
                    format!("N{night}")
                } else {
                    format!("L{id}")
                }
            };
            let pseudonyms: Vec<[u8; 16]> =
                ids.clone().map(|id| key.pseudonym(&name(id)).0).collect();
            let codes: Vec<Vec<u16>> = self.model.tables()[..self.model.schema().features.len()]
                .iter()
                .map(|table| {
                    ids.clone()
                        .map(|_| skewed(&mut draws, table.len()))
                        .collect()
                })
                .collect();
            let columns: Vec<Codes> = codes
                .iter()
                .map(|column| Codes::Wide(column.clone()))
                .collect();
            let scores = self.model.score_batch(&columns)?.log_odds;
            let bands: Vec<u8> = scores
                .iter()
                .map(|it| policy.band(it.score().ppm()) as u8)
                .collect();
            blocks.push((pseudonyms, codes, bands));
        }
        let run = RunId(Entropy::os().bytes());
        let pack = law::builtin("none-1").ok_or("no law pack")?;
        let heading = self.heading(run, &view, &pack)?;
        let commit = self.commit(run, &view, &pack, rows);
        let replay = Replayer::new(self.model.clone());
        let begun = Instant::now();
        let mut writer = RunWriter::start(self.ws.root(), &Disk::new(), Entropy::os(), run)?;
        for (pseudonyms, codes, bands) in &blocks {
            let columns: Vec<&[u16]> = codes.iter().map(Vec::as_slice).collect();
            let block = Block {
                pseudonyms,
                basis: &vec![purpose.basis.code(); pseudonyms.len()],
                outcomes: bands,
                codes: &columns,
                facts: &Filing::default(),
            };
            assert_eq!(columns.len(), replay.features());
            writer.push(&heading, SegmentKind::Proposals, &block, Some(&replay))?;
        }
        writer.commit(&commit)?;
        Ok(begun.elapsed().as_secs_f64())
    }

    fn heading(&self, run: RunId, view: &View, pack: &law::Pack) -> Fallible<Heading> {
        let policy = self.ws.policy();
        let purpose = &policy.purposes[0];
        let document = purpose
            .document
            .as_ref()
            .map(|text| Digest::of(text.as_bytes()));
        let article = purpose.basis.article().parse()?;
        let bands = policy.bands.iter().zip(0..);
        Ok(Heading {
            run,
            model: Some((self.model.version(), Standing::Active)),
            schema: self.model.schema().digest(),
            policy: policy.digest,
            law: pack.digest(),
            binary: binary(),
            kid: view.kid().clone(),
            purpose: purpose.id.clone(),
            basis: vec![(purpose.basis.code(), BasisName { article, document })],
            outcomes: bands.map(|(band, code)| (code, band.id.clone())).collect(),
            retention: ("proposals".parse()?, "2029-01-01".parse()?),
        })
    }

    /// The run's entry, and the documents that the log does not keep yet.
    fn commit(&self, run: RunId, view: &View, pack: &law::Pack, rows: u64) -> Commit {
        let time = Time(1_790_000_000);
        let mut commit = Commit::default();
        let kept = |digest| {
            view.entries()
                .any(|(_, entry)| entry.documents() == Some(digest))
        };
        if !kept(pack.digest()) {
            commit.documents.push(pack.text().as_bytes().to_vec());
            let document = pack.digest();
            commit.entries.push(Entry::Law(Document { document, time }));
        }
        commit.entries.push(Entry::Run(Run {
            run,
            time,
            date: "2026-09-21".parse().expect("a date"),
            purpose: self.ws.policy().purposes[0].id.clone(),
            model: (self.model.version(), Standing::Active),
            schema: self.model.schema().digest(),
            policy: self.ws.policy().digest,
            law: pack.digest(),
            binary: binary(),
            inputs: vec![[0; 32]],
            total: rows,
            proposed: rows,
            refused: 0,
            failed: 0,
        }));
        commit
    }
}

/// A code below `codes`: low ones are more likely, as levels of real columns are.
fn skewed(draws: &mut u64, codes: usize) -> u16 {
    *draws = draws
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1_442_695_040_888_963_407);
    let (one, two) = (
        (*draws >> 33) as usize % codes,
        (*draws >> 48) as usize % codes,
    );
    one.min(two) as u16
}

/// Looks for one lead in every segment, as `probant explain` does, and says how long each part took.
fn find(root: &Path, lead: &str) -> Fallible<()> {
    let begun = Instant::now();
    let ws = Workspace::open(root)?;
    let view = View::open(root)?;
    let opened = begun.elapsed().as_secs_f64() * 1e3;
    let begun = Instant::now();
    let mut rows = 0;
    for placed in view
        .segments()
        .filter(|it| it.entry.kind == SegmentKind::Proposals)
    {
        let master = Master::new(view.master(&placed.entry.kid)?.expose());
        let (_, id_type) = ws.policy().identifier();
        let whose = master.key(&placed.entry.purpose, id_type).of(lead)?;
        rows += view.find(&whose.0, placed)?.len();
    }
    let scanned = begun.elapsed().as_secs_f64() * 1e3;
    println!("{{\"open_ms\": {opened:.2}, \"scan_ms\": {scanned:.2}, \"rows\": {rows}}}");
    Ok(())
}
