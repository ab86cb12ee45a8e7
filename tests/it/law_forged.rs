//! Rulings that do not follow from their facts, written by somebody who holds every key: each is found and named.

use std::fs;
use std::path::Path;

use chrono::NaiveDate;
use probant::digest::Digest;
use probant::form::Filing;
use probant::law::{self, Pack};
use probant::ledger::entry::{Document, Entry, Run, Segment};
use probant::ledger::verify::{Judge, Level, Oracles, Report};
use probant::ledger::{BasisName, Block, Heading, Replay, RunId, SegmentKind, Standing};
use probant::name::Token;
use probant::odds::LogOdds;
use probant::workspace::disk::Disk;
use probant::workspace::journal::{Commit, Entropy, RunWriter, Writer, check, create};
use probant::workspace::ruler;

use crate::ledger::{
    NOW, Toy, band, digests, documents, keep_model, model_files, pseudonym, run_entry, token,
    workspace,
};

const RUN: RunId = RunId([9; 16]);

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// A policy whose purpose is reached by e-mail, and whose bands are the toy model's.
fn policy() -> String {
    let text = crate::night::POLICY;
    let text = text.replace(
        "basis = \"legitimate-interest\"",
        "basis = [\"legitimate-interest\", \"consent\"]\nchannel = \"email\"",
    );
    assert_ne!(text, crate::night::POLICY);
    text
}

/// One record as a forger would write it: its basis or refusal, and its facts.
type Forged<'a> = (u8, u8, &'a str);

/// The documents of the run: the toy's, the French pack, and a policy.
struct Papers {
    pack: Pack,
    policy: String,
}

impl Papers {
    fn new() -> Self {
        Self {
            pack: law::builtin("fr-1").unwrap(),
            policy: policy(),
        }
    }

    fn sums(&self) -> (Digest, Digest) {
        (self.pack.digest(), Digest::of(self.policy.as_bytes()))
    }

    /// What must stand in the log before the run.
    fn keep(&self, root: &Path) -> Commit {
        let mut kept = keep_model(root);
        let (law, policy) = self.sums();
        kept.documents.push(self.pack.text().into());
        kept.documents.push(self.policy.clone().into());
        let document = |document| Document {
            document,
            time: NOW,
        };
        kept.entries.push(Entry::Law(document(law)));
        kept.entries.push(Entry::Policy(document(policy)));
        kept
    }

    fn heading(&self, kid: &Token, kind: SegmentKind, bases: &[(u8, &str)]) -> Heading {
        let (law, policy) = self.sums();
        let named = |(code, article): &(u8, &str)| {
            let article = token(article);
            let document = None;
            (*code, BasisName { article, document })
        };
        let (basis, outcomes) = if kind == SegmentKind::Proposals {
            let bands = vec![(1, token("hot")), (2, token("cold"))];
            (bases.iter().map(named).collect(), bands)
        } else {
            let own = self.pack.refusals();
            let own = own.iter().map(|it| (it.code, it.name.clone()));
            let outcomes = own.chain([(255, token("restricted"))]).collect();
            (vec![named(&(0, "none"))], outcomes)
        };
        Heading {
            run: RUN,
            model: Some((digests()[0], Standing::Active)),
            schema: digests()[1],
            policy,
            law,
            binary: token("0.1.0"),
            kid: kid.clone(),
            purpose: token("prospection"),
            basis,
            outcomes,
            retention: (token("leads"), day("2029-01-01")),
        }
    }

    fn run(&self, proposed: u64, refused: u64) -> Entry {
        let Entry::Run(run) = run_entry(RUN, proposed, refused) else {
            panic!("a run")
        };
        let (law, policy) = self.sums();
        Entry::Run(Run {
            date: day("2026-06-01"),
            purpose: token("prospection"),
            policy,
            law,
            ..run
        })
    }
}

/// A ledger with a run under `fr-1` that holds these proposals and these refusals; the toy model scores.
fn recorded(root: &Path, proposals: &[Forged], refusals: &[Forged], bases: &[(u8, &str)]) {
    let disk = Disk::new();
    let papers = Papers::new();
    let mut entropy = Entropy::seeded([1; 32]);
    create(root, &disk, &mut entropy, NOW, &token("0.1.0")).unwrap();
    let mut writer = Writer::open(root, &disk).unwrap();
    writer.commit(&papers.keep(root)).unwrap();
    drop(writer);
    let mut writer = RunWriter::start(root, &disk, Entropy::seeded([2; 32]), RUN).unwrap();
    let kid = writer.view().kid().clone();
    let toy = Toy::of(&documents()[0]).unwrap();
    let toy: &dyn Replay = &toy;
    let score = LogOdds(toy.replay(&[0, 1, 2], &mut Vec::new())).score();
    for (kind, rows) in [
        (SegmentKind::Proposals, proposals),
        (SegmentKind::Refusals, refusals),
    ] {
        let scored = kind == SegmentKind::Proposals;
        let codes: Vec<Vec<u16>> = (0..3).map(|code| vec![code; rows.len()]).collect();
        let columns: Vec<&[u16]> = codes.iter().map(Vec::as_slice).collect();
        let outcome = |it: &Forged| if scored { band(score.ppm()) } else { it.1 };
        let block = Block {
            pseudonyms: &(0..rows.len() as u64).map(pseudonym).collect::<Vec<_>>(),
            basis: &rows.iter().map(|it| it.0).collect::<Vec<_>>(),
            outcomes: &rows.iter().map(outcome).collect::<Vec<_>>(),
            codes: if scored { &columns } else { &[] },
            facts: &Filing::verbatim(rows.iter().map(|it| it.2.as_bytes())),
        };
        if !rows.is_empty() {
            let heading = papers.heading(&kid, kind, bases);
            let model = scored.then_some(toy);
            writer.push(&heading, kind, &block, model).unwrap();
        }
    }
    let run = papers.run(proposals.len() as u64, refusals.len() as u64);
    let commit = Commit {
        documents: Vec::new(),
        entries: vec![run],
    };
    writer.commit(&commit).unwrap();
}

fn verify(root: &Path, level: Level) -> Report {
    let judge = |_: &Segment, _: &[u8], _: &[u8]| -> Result<Judge, String> {
        Ok(Box::new(|ppm, _: &[u16]| band(ppm)))
    };
    let replay =
        |_: &Digest, bytes: &[u8]| Toy::of(bytes).map(|toy| Box::new(toy) as Box<dyn Replay>);
    let oracles = Oracles {
        replay: &replay,
        outcome: &judge,
        ruling: &ruler,
        model_files: &|model: &Digest| model_files(root, model),
    };
    check(root, level, oracles).unwrap()
}

const GOOD: &str = "audience=b2b\ncollected=2026-01-01\ninformed=yes\njob-related=yes\nobjection=no\nopt-out-offered=yes\n";
const REFUSED: &str =
    "audience=b2b\ncollected=2026-01-01\ninformed=no\nobjection=no\nopt-out-offered=yes\n";
const BASES: [(u8, &str); 3] = [
    (10, "cpce-l34-5"),
    (11, "cpce-l34-5-al4"),
    (12, "gdpr-6-1-f"),
];

#[test]
fn a_record_whose_ruling_does_not_follow_from_its_facts_is_named() {
    let honest = workspace();
    let right = [(12, 0, GOOD); 3];
    let refusals = [
        (0, 217, REFUSED),
        (0, 255, ""),
        (0, 207, "collected=2026-01-01\n"),
    ];
    recorded(honest.path(), &right, &refusals, &BASES);
    let report = verify(honest.path(), Level::Full);
    assert!(report.is_sound(), "{report:?}");
    assert_eq!(report.replayed, 6);

    let objected = GOOD.replace("objection=no", "objection=yes");
    let old = GOOD.replace("2026-01-01", "2023-05-31");
    let erased = format!("{GOOD}suppressed=erased\n");
    let more = format!("{GOOD}similar-products=yes\n");
    let less = GOOD.replace("objection=no\n", "");
    let forged: [(&str, Forged, Forged); 11] = [
        ("refuses a lead", (12, 0, REFUSED), right[0]),
        ("refuses a lead", (12, 0, &objected), right[0]),
        ("refuses a lead", (12, 0, &old), right[0]),
        ("refuses a lead", (12, 0, &erased), right[0]),
        ("refuses a lead", (12, 0, &less), right[0]),
        ("facts are not those", (12, 0, &more), right[0]),
        ("refuses a lead", (12, 0, ""), right[0]),
        ("another ground", (10, 0, GOOD), right[0]),
        ("does not refuse", (0, 0, ""), (0, 217, GOOD)),
        ("another reason", (0, 0, ""), (0, 218, REFUSED)),
        ("restricted, and has facts", (0, 0, ""), (0, 255, GOOD)),
    ];
    for (why, proposal, refusal) in forged {
        let folder = workspace();
        let (mut proposals, mut refused) = (right.to_vec(), refusals.to_vec());
        if proposal.0 == 0 {
            refused[1] = refusal;
        } else {
            proposals[1] = proposal;
        }
        recorded(folder.path(), &proposals, &refused, &BASES);
        let report = verify(folder.path(), Level::Full);
        let named: Vec<_> = report.integrity.iter().map(|it| it.why.as_str()).collect();
        assert!(
            named.len() == 1 && named[0].contains(why),
            "{why}: {named:?}"
        );
        assert!(named[0].starts_with("row "), "{named:?}");
        assert!(report.integrity[0].file.contains("segments/"));
        // Hashes alone are as they were signed: it takes the law to see it.
        assert!(verify(folder.path(), Level::Hashes).is_sound());
    }
}

#[test]
fn a_segment_that_calls_its_grounds_by_other_articles_is_named() {
    let folder = workspace();
    let bases = [(10, "cpce-l34-5"), (12, "gdpr-6-1-a")];
    recorded(folder.path(), &[(12, 0, GOOD)], &[], &bases);
    let report = verify(folder.path(), Level::Full);
    assert_eq!(report.integrity.len(), 1, "{report:?}");
    assert!(report.integrity[0].why.contains("codes are not the pack's"));
}

#[test]
fn the_law_and_the_day_of_the_run_rule_again_not_those_of_today() {
    // Collected in June 2023: kept on the day of the run, over since.
    let folder = workspace();
    let old = GOOD.replace("2026-01-01", "2023-06-01");
    recorded(folder.path(), &[(12, 0, &old)], &[], &BASES);
    let report = verify(folder.path(), Level::Full);
    assert!(report.is_sound(), "{report:?}");
    let law = law::builtin("fr-1").unwrap().digest();
    let document = folder.path().join(format!("ledger/documents/{law}"));
    let text = fs::read_to_string(&document).unwrap();
    fs::write(&document, text.replacen("36", "35", 1)).unwrap();
    let report = verify(folder.path(), Level::Full);
    assert!(!report.is_sound(), "a changed law is no law");
}
