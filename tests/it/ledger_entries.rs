//! The lines of the main log: each kind survives its text, and no text but the writer's is read.

use probant::digest::Digest;
use probant::ledger::entry::{
    Activate, Anchor, Approve, Bundle, Document, Entry, Erase, Genesis, Key, ModelEntry, Note,
    Purge, Release, Report, Restrict, Retire, Rows, Run, Segment, SignOff, Signed,
    input_commitment,
};
use probant::ledger::key::{Secret, SigningKey};
use probant::ledger::note::Verifier;
use probant::ledger::text::{
    About, AnchorKind, Approval, BasisName, Course, EventId, KeyUse, Leaving, Progress, Restraint,
    RunId, SegmentId, SegmentKind, Signature, Standing, Time,
};
use probant::name::Token;
use proptest::prelude::*;

const NOW: Time = Time(1_767_225_600);

fn token(text: &str) -> Token {
    text.parse().unwrap()
}

fn sum(text: &str) -> Digest {
    Digest::of(text.as_bytes())
}

fn segment() -> Segment {
    Segment {
        id: SegmentId([0xab; 16]),
        kind: SegmentKind::Proposals,
        run: RunId([0xcd; 16]),
        rows: 5,
        root: [1; 32],
        model: Some((sum("model"), Standing::Active)),
        schema: sum("schema"),
        policy: sum("policy"),
        law: sum("law"),
        binary: token("0.1.0"),
        kid: token("0011223344556677"),
        purpose: token("lead-scoring"),
        basis: vec![
            (
                0,
                BasisName {
                    article: token("none"),
                    document: None,
                },
            ),
            (
                3,
                BasisName {
                    article: token("art6-1-f"),
                    document: Some(sum("assessment")),
                },
            ),
        ],
        outcomes: vec![(1, token("hot")), (200, token("no-consent"))],
        retention: (token("leads"), "2029-01-31".parse().unwrap()),
    }
}

/// One of each kind, and the variants that have other lines.
pub fn samples() -> Vec<Entry> {
    [documents_and_runs(), acts(), steps(), bundles()].concat()
}

fn documents_and_runs() -> Vec<Entry> {
    let origin = "probant.invalid/0011223344556677".to_owned();
    let key = Verifier::new(&origin, &SigningKey::of(&Secret::new([7; 32]))).text();
    let document = Document {
        document: sum("schema"),
        time: NOW,
    };
    let run = Run {
        run: RunId([0xcd; 16]),
        time: NOW,
        date: "2026-01-01".parse().unwrap(),
        purpose: token("lead-scoring"),
        model: (sum("model"), Standing::Trial),
        schema: sum("schema"),
        policy: sum("policy"),
        law: sum("law"),
        binary: token("0.1.0"),
        inputs: vec![input_commitment(&[5; 16], &sum("file")), [9; 32]],
        total: 10,
        proposed: 7,
        refused: 2,
        failed: 1,
    };
    let model = sum("model");
    vec![
        Entry::Genesis(Genesis {
            origin,
            time: NOW,
            binary: token("0.1.0"),
            key,
        }),
        Entry::Key(Key {
            kid: token("0011223344556677"),
            purpose: KeyUse::Pseudonym,
            time: NOW,
            check: [8; 32],
        }),
        Entry::Model(ModelEntry {
            model,
            schema: sum("schema"),
            policy: sum("policy"),
            time: NOW,
            binary: token("0.1.0"),
            actor: token("data-team"),
            files: vec![
                (token("card.html"), sum("card")),
                (token("model.json"), model),
            ],
            signature: None,
        }),
        Entry::Schema(document.clone()),
        Entry::Policy(document.clone()),
        Entry::Law(document),
        Entry::Run(Run {
            inputs: vec![],
            ..run.clone()
        }),
        Entry::Run(run),
        Entry::Segment(segment()),
        Entry::Segment(Segment {
            kind: SegmentKind::Events,
            model: None,
            basis: vec![],
            outcomes: vec![],
            ..segment()
        }),
    ]
}

/// What was handed to people outside.
fn bundles() -> Vec<Entry> {
    let bundle = |segments| {
        Entry::Bundle(Bundle {
            event: EventId([3; 16]),
            time: NOW,
            actor: token("dpo"),
            recipient: token("cabinet-durand"),
            segments,
        })
    };
    vec![
        bundle(vec![SegmentId([1; 16]), SegmentId([2; 16])]),
        bundle(vec![]),
    ]
}

fn sign_off() -> SignOff {
    SignOff {
        run: RunId([0xcd; 16]),
        time: NOW,
        actor: token("revue-1"),
        policy: sum("policy"),
        proposed: 120,
        opened: 31,
        validated: 4,
        overridden: 2,
        rejected: 1,
        planted: 3,
        found: 3,
        signature: Signature([7; 64]),
    }
}

/// Those that tell what people did.
fn acts() -> Vec<Entry> {
    let rows = vec![
        Rows {
            segment: SegmentId([1; 16]),
            count: 3,
            sum: [4; 32],
        },
        Rows {
            segment: SegmentId([2; 16]),
            count: 1,
            sum: [5; 32],
        },
    ];
    let erase = Erase {
        event: EventId([3; 16]),
        part: (1, 2),
        state: Progress::Intent,
        time: NOW,
        actor: token("dpo"),
        reason: token("art17-1-b"),
        requests: vec![[1; 32], [2; 32]],
        rows: rows.clone(),
    };
    let (purpose, actor) = (token("lead-scoring"), token("dpo"));
    vec![
        Entry::SignOff(sign_off()),
        Entry::Release(Release {
            event: EventId([3; 16]),
            time: NOW,
            actor: actor.clone(),
            purpose: purpose.clone(),
            run: RunId([5; 16]),
            tool: token("brevo"),
            channel: token("email"),
            message: token("promotional"),
            leads: 120,
            file: [6; 32],
        }),
        Entry::Erase(Erase {
            part: (2, 2),
            state: Progress::Done,
            requests: vec![],
            ..erase.clone()
        }),
        Entry::Restrict(Restrict {
            event: EventId([3; 16]),
            part: (1, 1),
            state: Restraint::Set,
            time: NOW,
            actor: actor.clone(),
            reason: token("art18-1-a"),
            requests: vec![[1; 32]],
            rows,
        }),
        Entry::Erase(erase),
        Entry::Purge(Purge {
            event: EventId([3; 16]),
            time: NOW,
            actor: actor.clone(),
            class: token("leads"),
            segments: vec![SegmentId([1; 16]), SegmentId([2; 16])],
        }),
        Entry::Anchor(Anchor {
            kind: AnchorKind::Cosignature,
            time: NOW,
            size: 12,
            root: [1; 32],
            proof: [2; 32],
        }),
        Entry::Note(Note {
            about: token("rollback-accepted"),
            time: NOW,
            actor: actor.clone(),
            checkpoint: Some((3, [1; 32])),
        }),
        Entry::Note(Note {
            about: token("hello"),
            time: NOW,
            actor,
            checkpoint: None,
        }),
    ]
}

/// Of a model's life, and what is said of models.
fn steps() -> Vec<Entry> {
    let (model, purpose, actor) = (sum("model"), token("lead-scoring"), token("dpo"));
    vec![
        Entry::Approve(Approve {
            model,
            purpose: purpose.clone(),
            time: NOW,
            actor: actor.clone(),
            approval: Approval::Approved,
            report: None,
            signed: None,
        }),
        approved(),
        Entry::Activate(Activate {
            model,
            purpose: purpose.clone(),
            time: NOW,
            actor: actor.clone(),
            approval: Approval::Unapproved,
            course: None,
            replaces: None,
            signed: None,
        }),
        rolled_back(),
        Entry::Retire(Retire {
            model,
            purpose: purpose.clone(),
            time: NOW,
            actor: actor.clone(),
            leaving: Leaving::Purged,
            signed: signed(),
        }),
        Entry::Report(Report {
            document: sum("report"),
            about: About::Monitoring,
            model: Some(model),
            purpose: purpose.clone(),
            time: NOW,
            actor: actor.clone(),
        }),
        Entry::Report(Report {
            document: sum("report"),
            about: About::Gates,
            model: None,
            purpose,
            time: NOW,
            actor: actor.clone(),
        }),
    ]
}

fn signed() -> Signed {
    Signed {
        policy: sum("policy"),
        signature: Signature([7; 64]),
    }
}

fn approved() -> Entry {
    Entry::Approve(Approve {
        model: sum("model"),
        purpose: token("lead-scoring"),
        time: NOW,
        actor: token("dpo"),
        approval: Approval::Approved,
        report: Some(sum("report")),
        signed: Some(signed()),
    })
}

fn rolled_back() -> Entry {
    Entry::Activate(Activate {
        model: sum("model"),
        purpose: token("lead-scoring"),
        time: NOW,
        actor: token("data-team"),
        approval: Approval::Approved,
        course: Some(Course::Rollback),
        replaces: Some(sum("other")),
        signed: Some(signed()),
    })
}

#[test]
fn a_persons_signature_covers_every_line_of_a_step_but_its_own() {
    let (model, policy) = (sum("model"), sum("policy"));
    let text = format!(
        "probant/activate/v1\n\
         model {model}\n\
         purpose lead-scoring\n\
         time 2026-01-01T00:00:00Z\n\
         actor data-team\n\
         approval approved\n\
         course rollback\n\
         replaces {}\n\
         policy {policy}\n",
        sum("other")
    );
    assert_eq!(rolled_back().signed_text(), text);
    let approval = approved().signed_text();
    assert!(approval.ends_with(&format!("policy {policy}\n")));
    let report = format!("\nreport {}\n", sum("report"));
    assert!(approval.contains(&report));
    for step in [rolled_back(), approved()] {
        let (signed, whole) = (step.signed_text(), step.text());
        assert_eq!(whole.strip_prefix(&signed).unwrap().lines().count(), 1);
        // Without its signature, or with one that no policy vouches for, it is no entry.
        assert!(Entry::parse(signed.as_bytes()).is_err());
        let (before, after) = whole.split_once("policy ").unwrap();
        let (_, signature) = after.split_once('\n').unwrap();
        assert!(Entry::parse(format!("{before}{signature}").as_bytes()).is_err());
    }
}

#[test]
fn a_segment_entry_has_the_lines_that_the_format_gives() {
    let expected = format!(
        "probant/segment/v1\n\
         id abababababababababababababababab\n\
         kind proposals\n\
         run cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd\n\
         rows 5\n\
         root AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=\n\
         model {} active\n\
         schema {}\n\
         policy {}\n\
         law {}\n\
         binary 0.1.0\n\
         kid 0011223344556677\n\
         purpose lead-scoring\n\
         basis 0=none\n\
         basis 3=art6-1-f;document={}\n\
         outcome 1=hot\n\
         outcome 200=no-consent\n\
         retention leads 2029-01-31\n",
        sum("model"),
        sum("schema"),
        sum("policy"),
        sum("law"),
        sum("assessment")
    );
    assert_eq!(Entry::Segment(segment()).text(), expected);
}

#[test]
fn an_erase_entry_has_the_lines_that_the_format_gives() {
    let erase = samples()
        .into_iter()
        .find(|entry| matches!(entry, Entry::Erase(it) if it.part == (1, 2)))
        .unwrap();
    let expected = "probant/erase/v1\n\
        event 03030303030303030303030303030303\n\
        part 1/2\n\
        state intent\n\
        time 2026-01-01T00:00:00Z\n\
        actor dpo\n\
        reason art17-1-b\n\
        request AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=\n\
        request AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=\n\
        rows 01010101010101010101010101010101 3 BAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQ=\n\
        rows 02020202020202020202020202020202 1 BQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQU=\n";
    assert_eq!(erase.text(), expected);
}

#[test]
fn a_sign_off_has_the_lines_that_the_format_gives_and_signs_all_but_the_last() {
    let mut samples = samples().into_iter();
    let signed = samples.find_map(|entry| match entry {
        Entry::SignOff(it) => Some(it),
        _ => None,
    });
    let (signed, policy) = (signed.unwrap(), sum("policy"));
    let text = format!(
        "probant/sign-off/v1\n\
         run cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd\n\
         time 2026-01-01T00:00:00Z\n\
         actor revue-1\n\
         policy {policy}\n\
         proposed 120\n\
         opened 31\n\
         validated 4\n\
         overridden 2\n\
         rejected 1\n\
         planted 3\n\
         found 3\n"
    );
    assert_eq!(signed.signed_text(), text);
    let signature =
        "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBw==";
    assert_eq!(
        Entry::SignOff(signed).text(),
        format!("{text}signature {signature}\n")
    );
}

/// What a person signed once stays theirs: the bytes are from another implementation of Ed25519 (Python's `cryptography`).
#[test]
fn a_sign_off_that_was_kept_is_read_written_the_same_and_its_persons() {
    let kept = include_str!("../vectors/sign-off-1.txt");
    let Ok(Entry::SignOff(it)) = Entry::parse(kept.as_bytes()) else {
        panic!("it is no sign-off any more");
    };
    assert_eq!(Entry::SignOff(it.clone()).text(), kept);
    assert_eq!(
        (it.actor.as_str(), it.proposed, it.found),
        ("revue-1", 300, 3)
    );
    let by = Verifier::parse("revue-1+658ea2df+AepKbGPinFIKvvVQexMuxfmVR3auvr57kkIe6mkURtIs");
    let by = by.unwrap();
    assert!(by.signed(it.signed_text().as_bytes(), &it.signature.0));
    let more = SignOff {
        opened: 42,
        ..it.clone()
    };
    assert!(!by.signed(more.signed_text().as_bytes(), &it.signature.0));
}

#[test]
fn every_kind_of_entry_survives_its_text() {
    for entry in samples() {
        let text = entry.text();
        assert!(text.is_ascii());
        assert_eq!(Entry::parse(text.as_bytes()), Ok(entry), "{text}");
    }
}

#[test]
fn whatever_is_read_is_written_the_same_after_any_change_of_one_byte() {
    for entry in samples() {
        let text = entry.text().into_bytes();
        for at in 0..text.len() {
            for byte in [
                b' ',
                b'\n',
                b'\r',
                b'0',
                b'a',
                b'A',
                b'=',
                b'+',
                b'/',
                b'-',
                0,
                0x80,
                text[at] ^ 1,
            ] {
                let mut changed = text.clone();
                changed[at] = byte;
                if let Ok(read) = Entry::parse(&changed) {
                    assert_eq!(read.text().into_bytes(), changed);
                }
            }
            let mut shorter = text.clone();
            shorter.remove(at);
            if let Ok(read) = Entry::parse(&shorter) {
                assert_eq!(read.text().into_bytes(), shorter);
            }
            assert!(
                at == 0
                    || Entry::parse(&text[..at])
                        .map_or(true, |read| read.text().as_bytes() == &text[..at])
            );
        }
    }
}

#[test]
fn lines_that_are_repeated_swapped_unknown_or_without_end_are_refused() {
    for entry in samples() {
        let text = entry.text();
        let lines: Vec<&str> = text.lines().collect();
        for at in 1..lines.len() {
            if lines[at].starts_with("input ") {
                continue; // files in the order read, and a file may be read twice
            }
            let mut swapped = lines.clone();
            swapped.swap(at, at - 1);
            assert!(
                swapped == lines || Entry::parse((swapped.join("\n") + "\n").as_bytes()).is_err(),
                "{swapped:?}"
            );
            let mut doubled = lines.clone();
            doubled.insert(at, lines[at]);
            assert!(
                Entry::parse((doubled.join("\n") + "\n").as_bytes()).is_err(),
                "{doubled:?}"
            );
        }
        for bad in [
            format!("{text}more x\n"),
            format!("{text}\n"),
            text.trim_end().to_owned(),
            text.replace('\n', "\r\n"),
        ] {
            assert!(Entry::parse(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}

#[test]
fn entries_that_contradict_themselves_are_refused() {
    let wrong = |change: &dyn Fn(&mut Segment)| {
        let mut entry = segment();
        change(&mut entry);
        assert!(Entry::parse(Entry::Segment(entry).text().as_bytes()).is_err());
    };
    wrong(&|it| it.rows = 0);
    wrong(&|it| it.rows = (1 << 20) + 1);
    wrong(&|it| it.model = None);
    wrong(&|it| it.kind = SegmentKind::Events);
    wrong(&|it| it.basis.reverse());
    wrong(&|it| it.outcomes.reverse());
    wrong(&|it| it.outcomes[1].0 = 1);
    for entry in samples() {
        match entry {
            Entry::Run(mut it) => {
                it.failed += 1;
                assert!(Entry::Run(it.clone()).check().is_err());
                it.failed = u64::MAX;
                assert!(Entry::Run(it).check().is_err());
            }
            Entry::Erase(mut it) => {
                it.part = (3, 2);
                assert!(Entry::Erase(it).check().is_err());
            }
            Entry::SignOff(it) => {
                let wrong = |change: &dyn Fn(&mut SignOff)| {
                    let mut entry = it.clone();
                    change(&mut entry);
                    assert!(Entry::SignOff(entry).check().is_err());
                };
                wrong(&|it| it.opened = it.proposed + 1);
                wrong(&|it| it.validated = it.proposed);
                wrong(&|it| it.rejected = u64::MAX);
                wrong(&|it| it.found = 2);
                wrong(&|it| it.planted = 2);
            }
            Entry::Purge(mut it) => {
                it.segments.reverse();
                assert!(Entry::Purge(it).check().is_err());
            }
            Entry::Bundle(mut it) if !it.segments.is_empty() => {
                it.segments.reverse();
                assert!(Entry::Bundle(it).check().is_err());
            }
            Entry::Genesis(mut it) => {
                it.origin = "acme.example/log".to_owned();
                assert!(Entry::Genesis(it).check().is_err());
            }
            _ => {}
        }
    }
}

proptest! {
    #[test]
    fn a_time_survives_its_text(seconds in -62_167_219_200..=253_402_300_799_i64) {
        prop_assert_eq!(Time(seconds).to_string().parse(), Ok(Time(seconds)));
    }
}
