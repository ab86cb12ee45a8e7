//! Nights under a law: each lead by its own facts, from columns, constants and proofs of consent.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs::{self, File};
use std::path::Path;

use probant::demo::{self, HEADERS, Stage};
use probant::digest::Digest;
use probant::ledger::Time;
use probant::table::{Cells, Field, Raw, Reader, Wanted, Writer};
use probant::workspace::disk::Disk;
use probant::workspace::journal::Entropy;
use serde_json::Value;

use crate::faults::{failing, full};
use crate::night::{DPO_KEY, FIRST, Night, PLAIN, Said, bare, run, table, tree, world, world_on};

/// A column of a fact: its header, and what the policy says of it.
type Column = (&'static str, &'static str);

const COLUMNS: [Column; 18] = [
    (
        "Public",
        "kind = \"category\"\nrole = \"audience\"\nb2b = [\"Entreprise\"]\nb2c = [\"Particulier\"]",
    ),
    (
        "Opposition",
        "kind = \"flag\"\nrole = \"fact\"\nfact = \"objection\"",
    ),
    (
        "Contact",
        "kind = \"date\"\nrole = \"fact\"\nfact = \"last-contact\"",
    ),
    (
        "Collecte",
        "kind = \"date\"\nrole = \"fact\"\nfact = \"collected\"",
    ),
    (
        "Client",
        "kind = \"flag\"\nrole = \"fact\"\nfact = \"customer\"",
    ),
    (
        "Informe",
        "kind = \"flag\"\nrole = \"fact\"\nfact = \"informed\"",
    ),
    (
        "Metier",
        "kind = \"flag\"\nrole = \"fact\"\nfact = \"job-related\"",
    ),
    (
        "Generique",
        "kind = \"flag\"\nrole = \"fact\"\nfact = \"generic-address\"",
    ),
    (
        "Contrat",
        "kind = \"flag\"\nrole = \"fact\"\nfact = \"contract\"",
    ),
    (
        "Analogue",
        "kind = \"flag\"\nrole = \"fact\"\nfact = \"similar-products\"",
    ),
    (
        "Sortie",
        "kind = \"flag\"\nrole = \"fact\"\nfact = \"opt-out-offered\"",
    ),
    (
        "Bloctel",
        "kind = \"flag\"\nrole = \"fact\"\nfact = \"bloctel\"",
    ),
    (
        "Consenti",
        "kind = \"date\"\nrole = \"consent\"\npart = \"when\"",
    ),
    (
        "Texte",
        "kind = \"category\"\nrole = \"consent\"\npart = \"wording\"",
    ),
    (
        "Par",
        "kind = \"text\"\nrole = \"consent\"\npart = \"source\"",
    ),
    (
        "Acte",
        "kind = \"category\"\nrole = \"consent\"\npart = \"act\"",
    ),
    (
        "Portee",
        "kind = \"category\"\nrole = \"consent\"\npart = \"scope\"",
    ),
    (
        "Retire",
        "kind = \"date\"\nrole = \"consent\"\npart = \"withdrawn\"",
    ),
];

/// What a lead's fact columns hold, by header; the others are empty.
type Cell = (&'static str, &'static str);

/// A professional about whom everything is in order.
const PROFESSIONAL: [Cell; 6] = [
    ("Public", "entreprise"),
    ("Opposition", "non"),
    ("Collecte", "01/06/2026"),
    ("Informe", "oui"),
    ("Metier", "oui"),
    ("Sortie", "oui"),
];

/// A consumer who consented.
const CONSUMER: [Cell; 8] = [
    ("Public", "Particulier"),
    ("Collecte", "01/06/2026"),
    ("Opposition", "non"),
    ("Consenti", "02/06/2026"),
    ("Texte", "lettre-3.txt"),
    ("Par", "formulaire du site"),
    ("Acte", "case cochée"),
    ("Portee", "e-mail"),
];

fn with(base: &[Cell], more: &[Cell]) -> Vec<Cell> {
    let mut cells: Vec<Cell> = base
        .iter()
        .filter(|(header, _)| more.iter().all(|(other, _)| other != header))
        .copied()
        .collect();
    cells.extend(more);
    cells
}

/// A workspace under a law, and its leads.
struct Lawful {
    night: Night,
}

const WORDING: &str = "J’accepte de recevoir la lettre.\n";

fn assessment(date: &str, expires: &str) -> String {
    format!(
        "id = \"li-2026\"\npurpose = \"prospection\"\ninterest = \"Rappeler d’abord qui a le plus besoin de l’offre.\"\n\
         necessity = \"Sans ordre, l’équipe appelle au hasard.\"\nbalance = \"Un professionnel s’y attend et peut s’opposer.\"\n\
         signed_by = \"dpo-1\"\ndate = \"{date}\"\nexpires = \"{expires}\"\n"
    )
}

impl Lawful {
    /// Everything in place: `channel`, bases, fact columns, a signed assessment.
    fn new(channel: &str) -> Self {
        let it = Self {
            night: Night::new(1),
        };
        let key = it.night.path("dpo.key");
        let made = it
            .night
            .say(&["keys", "person", "dpo-1", "--out", key.to_str().unwrap()])
            .done();
        let made = made.json();
        it.policy(&|text| {
            bare(&text).replacen(DPO_KEY, made["key"].as_str().unwrap(), 1)
                .replacen("basis = \"legitimate-interest\"", &format!("basis = [\"consent\", \"legitimate-interest\"]\nchannel = \"{channel}\"\nassessment = \"li.toml\""), 1)
                .replacen("[data]", "[law]\npack = \"fr-1\"\n\n[data]", 1)
                .replacen("encoding = \"windows-1252\"", "encoding = \"utf-8\"", 1)
                .replacen("max_failed = 0.01", "max_failed = 0.9", 1)
        });
        let mut text = it.policy_text();
        for (header, what) in COLUMNS {
            write!(text, "\n[columns.{header:?}]\n{what}\n").unwrap();
        }
        fs::write(it.root().join("probant.toml"), text).unwrap();
        fs::create_dir(it.root().join("consents")).unwrap();
        fs::write(it.root().join("consents/lettre-3.txt"), WORDING).unwrap();
        it.assess("2026-01-01", "2026-12-31");
        it
    }

    fn root(&self) -> std::path::PathBuf {
        self.night.root()
    }

    fn policy_text(&self) -> String {
        fs::read_to_string(self.root().join("probant.toml")).unwrap()
    }

    fn policy(&self, change: &dyn Fn(String) -> String) {
        let text = self.policy_text();
        let changed = change(text.clone());
        assert_ne!(text, changed);
        fs::write(self.root().join("probant.toml"), changed).unwrap();
    }

    /// Writes the assessment and has it signed.
    fn assess(&self, date: &str, expires: &str) {
        let file = self.root().join("li.toml");
        fs::write(&file, assessment(date, expires)).unwrap();
        let key = self.night.path("dpo.key");
        let (file, key) = (file.to_str().unwrap(), key.to_str().unwrap());
        let words = ["law", "sign", file, "--as", "dpo-1", "--key", key];
        self.night.say(&words).done();
    }

    /// An export of leads with these facts, as CSV.
    fn csv(&self, name: &str, leads: &[Vec<Cell>]) -> String {
        let rows = rows(leads);
        let mut to = csv::WriterBuilder::new()
            .delimiter(b';')
            .from_writer(Vec::new());
        to.write_record(headers()).unwrap();
        for row in rows {
            to.write_record(row).unwrap();
        }
        self.night.put(name, &to.into_inner().unwrap());
        self.path(name)
    }

    fn path(&self, name: &str) -> String {
        self.night.path(name).to_str().unwrap().to_owned()
    }

    /// Scores an export, its refusals into `out/refused.csv`.
    fn score(&self, data: &str, out: &str, more: &[&str]) -> Said {
        let (out, refused) = (self.path(out), self.path("out/refused.csv"));
        let mut words = vec!["score", data, "--out", &out, "--refused", &refused];
        words.extend(more);
        self.night.say(&words)
    }

    fn verified(&self) {
        self.night.say(&["ledger", "verify", "--full"]).done();
    }
}

fn headers() -> Vec<&'static str> {
    let facts = COLUMNS.iter().map(|(header, _)| *header);
    HEADERS.into_iter().take(PLAIN).chain(facts).collect()
}

fn rows(leads: &[Vec<Cell>]) -> Vec<Vec<String>> {
    let made = demo::leads(leads.len(), 2, FIRST, Stage::Open);
    made.zip(leads)
        .map(|(lead, cells)| {
            let cell = |header: &str| {
                let found = cells.iter().find(|(it, _)| *it == header);
                found.map_or_else(String::new, |(_, text)| (*text).to_owned())
            };
            let facts = COLUMNS.iter().map(|(header, _)| cell(header));
            let mut row: Vec<String> = lead
                .fields
                .iter()
                .take(PLAIN)
                .cloned()
                .chain(facts)
                .collect();
            for (header, text) in cells {
                if let Some(at) = HEADERS[..PLAIN].iter().position(|it| it == header) {
                    (*text).clone_into(&mut row[at]);
                }
            }
            row
        })
        .collect()
}

/// The same rows as a Parquet file of texts.
fn parquet(path: &Path, leads: &[Vec<Cell>]) {
    let (headers, rows) = (headers(), rows(leads));
    let fields: Vec<Field<'_>> = headers
        .iter()
        .enumerate()
        .map(|(at, header)| Field {
            name: (*header).to_owned(),
            cells: Cells::Text(
                rows.iter()
                    .map(|row| Some(Cow::from(row[at].as_str())).filter(|it| !it.is_empty()))
                    .collect(),
            ),
        })
        .collect();
    let mut to = Writer::new(File::create(path).unwrap(), &fields).unwrap();
    to.write(&fields).unwrap();
    to.finish().unwrap();
}

/// The identifiers and the words of a score file's `status`, whatever it is stored as.
fn statuses(path: &Path) -> Vec<(String, String)> {
    if path.extension().is_some_and(|it| it == "csv") {
        let rows = table(&fs::read(path).unwrap());
        let cell = |row: &BTreeMap<String, String>, wanted: &str| {
            let found = row.iter().find(|(header, _)| header.contains(wanted));
            found.unwrap().1.clone()
        };
        return rows
            .iter()
            .map(|row| (cell(row, "prospect"), cell(row, "status")))
            .collect();
    }
    let wanted = ["Réf. prospect", "status"].map(|name| Wanted {
        name: name.to_owned(),
        repeats: false,
    });
    let mut found = Vec::new();
    for batch in Reader::open(&[path.to_owned()], &wanted).unwrap() {
        let batch = batch.unwrap();
        let text = |at: usize, row: usize| match &batch.columns[at] {
            Raw::Text(texts) => texts.get(row).unwrap().to_owned(),
            Raw::Dictionary(it) => it.levels[it.codes[row] as usize].to_string(),
            other => panic!("{other:?}"),
        };
        found.extend((0..batch.rows).map(|row| (text(0, row), text(1, row))));
    }
    found
}

/// Facts, and what the law says of them by e-mail: `+` and an article, or the name of a refusal.
fn cells() -> Vec<(Vec<Cell>, &'static str)> {
    let pro = |more: &[Cell]| with(&PROFESSIONAL, more);
    let con = |more: &[Cell]| with(&CONSUMER, more);
    vec![
        (pro(&[]), "+gdpr-6-1-f"),
        (con(&[]), "+cpce-l34-5"),
        // Who somebody is.
        (pro(&[("Public", "Martien")]), "audience-unreadable"),
        (pro(&[("Public", "")]), "audience-unknown"),
        // Objections: whatever is neither yes nor no counts as one.
        (pro(&[("Opposition", "oui")]), "objection"),
        (pro(&[("Opposition", "peut-être")]), "objection"),
        (con(&[("Opposition", "peut-être")]), "objection"),
        (pro(&[("Opposition", "")]), "objection-unknown"),
        // Days.
        (pro(&[("Collecte", "32/13/2026")]), "retention-unknown"),
        (pro(&[("Collecte", "")]), "retention-unknown"),
        (pro(&[("Collecte", "01/01/2020")]), "retention-lapsed"),
        (
            pro(&[("Collecte", "01/01/2020"), ("Contact", "03/02/2026")]),
            "+gdpr-6-1-f",
        ),
        (
            pro(&[("Collecte", "01/01/2020"), ("Contact", "avant-hier")]),
            "retention-lapsed",
        ),
        (pro(&[("Collecte", "01/01/2030")]), "contact-future"),
        // Proofs of consent.
        (con(&[("Consenti", "01/01/2027")]), "consent-future"),
        (con(&[("Retire", "01/01/2027")]), "consent-future"),
        (con(&[("Retire", "01/06/2026")]), "consent-contradictory"),
        (con(&[("Retire", "03/06/2026")]), "consent-withdrawn"),
        (con(&[("Retire", "l’autre jour")]), "consent-withdrawn"),
        (pro(&[("Retire", "l’autre jour")]), "consent-withdrawn"),
        (pro(&[("Retire", "03/06/2026")]), "consent-withdrawn"),
        (con(&[("Par", "")]), "consent-incomplete"),
        (con(&[("Acte", "")]), "consent-incomplete"),
        (con(&[("Consenti", "un jour")]), "consent-incomplete"),
        (con(&[("Consenti", "")]), "consent-incomplete"),
        (con(&[("Portee", "pigeon voyageur")]), "consent-incomplete"),
        (con(&[("Portee", "SMS")]), "consent-out-of-scope"),
        (con(&[("Texte", "lettre-4.txt")]), "consent-incomplete"),
        (con(&[("Texte", "../probant.toml")]), "consent-incomplete"),
        (
            with(&PROFESSIONAL, &[("Public", "particulier")]),
            "message-without-consent",
        ),
        // What contradicts itself, and what cannot be read.
        (
            pro(&[("Contrat", "oui"), ("Client", "non")]),
            "facts-contradictory",
        ),
        (pro(&[("Generique", "oui")]), "generic-address"),
        (pro(&[("Generique", "va savoir")]), "generic-address"),
        (pro(&[("Sortie", "va savoir")]), "opt-out-missing"),
        (pro(&[("Informe", "va savoir")]), "not-informed"),
        (pro(&[("Metier", "")]), "not-job-related"),
    ]
}

/// Counts of a report by refusal.
fn refusals(report: &Value) -> BTreeMap<String, u64> {
    let all = report["refusals"].as_array().unwrap();
    let of = |it: &Value| {
        let name = it["refusal"].as_str().unwrap().to_owned();
        (name, it["leads"].as_u64().unwrap())
    };
    all.iter().map(of).collect()
}

fn every_cell(format: &str) {
    let it = Lawful::new("email");
    let cells = cells();
    let mut leads: Vec<Vec<Cell>> = cells.iter().map(|(cells, _)| cells.clone()).collect();
    leads.push(with(&PROFESSIONAL, &[("Effectif", "beaucoup")]));
    let ids: Vec<String> = rows(&leads).iter().map(|row| row[0].clone()).collect();
    let first: &'static str = Box::leak(ids[0].clone().into_boxed_str());
    leads.push(with(&PROFESSIONAL, &[("Réf. prospect", first)]));
    let data = if format == "csv" {
        it.csv("facts.csv", &leads)
    } else {
        it.policy(&|text| text.replacen("format = \"csv\"", "format = \"parquet\"", 1));
        let path = it.night.path("facts.parquet");
        parquet(&path, &leads);
        path.to_str().unwrap().to_owned()
    };
    let out = format!("out/scores.{format}");
    let report = it.score(&data, &out, &[]).done().json();
    let eligible = cells.iter().filter(|(_, said)| said.starts_with('+'));
    let eligible = eligible.count() as u64;
    let counts =
        ["rows_in", "proposed", "refused", "failed"].map(|key| report[key].as_u64().unwrap());
    let refused = cells.len() as u64 - eligible;
    assert_eq!(counts, [leads.len() as u64, eligible, refused, 2]);
    let mut expected: BTreeMap<String, u64> = BTreeMap::new();
    for (_, said) in cells.iter().filter(|(_, said)| !said.starts_with('+')) {
        *expected.entry((*said).to_owned()).or_default() += 1;
    }
    assert_eq!(refusals(&report), expected);

    // Who was refused is in the list of refusals with its article and a sentence, and nowhere in the score file.
    let listed = table(&it.night.read("out/refused.csv"));
    let listed: BTreeMap<String, [String; 3]> = listed
        .iter()
        .map(|row| {
            let id = row.iter().find(|(header, _)| header.contains("prospect"));
            let rest = ["refusal", "article", "reason"].map(|key| row[key].clone());
            (id.unwrap().1.clone(), rest)
        })
        .collect();
    let scored = statuses(&it.night.path(&out));
    let proposed: BTreeSet<&str> = scored
        .iter()
        .filter(|(_, status)| status == "proposed")
        .map(|(id, _)| id.as_str())
        .collect();
    assert_eq!(scored.len() as u64, eligible + 2);
    for ((cells, said), id) in cells.iter().zip(&ids) {
        let ground = said.strip_prefix('+');
        assert_eq!(
            proposed.contains(id.as_str()),
            ground.is_some(),
            "{cells:?}"
        );
        if let Some(article) = ground {
            let why = it
                .night
                .say(&["explain", id, "--why", "audit"])
                .done()
                .json();
            assert_eq!(why["legal_basis"]["article"], article, "{cells:?}");
            assert!(why["legal_basis"]["ground"].is_string(), "{cells:?}");
        } else {
            let [refusal, article, reason] = &listed[id];
            assert_eq!(refusal, said, "{cells:?}");
            assert!(!article.is_empty() && reason.len() > 10, "{cells:?}");
            assert!(scored.iter().all(|(other, _)| other != id), "{cells:?}");
            it.night.say(&["explain", id, "--why", "audit"]).failed(1);
        }
    }
    assert_eq!(listed.len() as u64, refused);
    // Ruled again from the records alone, everything follows.
    it.verified();
    // No fact is in the score file, in the workspace or in what was said.
    let scores = fs::read(it.night.path(&out)).unwrap();
    let kept = tree(&it.root(), &["ledger", "models", "tmp"]);
    for word in [
        "Martien",
        "pigeon",
        "formulaire du site",
        "va savoir",
        "avant-hier",
    ] {
        let hidden = |bytes: &[u8]| !bytes.windows(word.len()).any(|it| it == word.as_bytes());
        assert!(hidden(&scores), "{word}");
        assert!(hidden(report.to_string().as_bytes()), "{word}");
        assert!(kept.values().all(|bytes| hidden(bytes)), "{word}");
        assert!(
            hidden(&fs::read(it.root().join("state.db")).unwrap()),
            "{word}"
        );
    }
}

#[test]
fn every_fact_of_a_csv_has_its_answer_and_nobody_refused_is_scored() {
    every_cell("csv");
}

#[test]
fn every_fact_of_a_parquet_export_has_the_same_answer() {
    every_cell("parquet");
}

#[test]
fn what_is_alike_for_all_may_be_stated_once() {
    let it = Lawful::new("email");
    it.policy(&|text| {
        let mut kept = text;
        for header in ["Public", "Metier", "Informe", "Sortie"] {
            let from = kept.find(&format!("[columns.\"{header}\"]")).unwrap();
            let to = kept[from + 1..].find("[columns.").map_or(kept.len(), |at| from + 1 + at);
            kept.replace_range(from..to, "");
        }
        // The old column without words would tell the audience as well.
        let kept = kept.replacen("role = \"audience\"", "role = \"ignore\"", 1);
        format!("{kept}\n[facts]\naudience = \"b2b\"\njob-related = true\ninformed = true\nopt-out-offered = true\n")
    });
    let bare: [Cell; 2] = [("Opposition", "non"), ("Collecte", "01/06/2026")];
    let data = it.csv(
        "facts.csv",
        &[bare.to_vec(), with(&bare, &[("Opposition", "oui")])],
    );
    let report = it.score(&data, "out/scores.csv", &[]).done().json();
    assert_eq!(
        (&report["proposed"], &report["refused"]),
        (&1.into(), &1.into())
    );
    it.verified();
}

#[test]
fn without_a_pack_every_lead_is_taken_and_the_policy_says_so() {
    let night = Night::new(50);
    let report = night.score("out/a.csv", &[]).done().json();
    assert_eq!(report["law"], "none-1");
    assert_eq!(report["proposed"], 50);
    assert!(report.get("refusals").is_none());
    let checked = night.path("night.csv");
    let checked = night.say(&["check", checked.to_str().unwrap()]).json();
    let open = checked["left_open"].to_string();
    assert!(open.contains("no law pack is named"), "{open}");
    assert!(
        open.contains("`Type` has the role `audience` but no words"),
        "{open}"
    );
    assert_eq!(checked["law"], Value::Array(Vec::new()));
}

#[test]
fn a_check_counts_whom_the_law_would_refuse_and_why() {
    let it = Lawful::new("email");
    let cells = cells();
    let leads: Vec<Vec<Cell>> = cells.iter().map(|(cells, _)| cells.clone()).collect();
    let data = it.csv("facts.csv", &leads);
    let mut world = world(3);
    let checked = run(&it.root(), &mut world, &["check", &data]).json();
    let law = &checked["law"][0];
    let eligible = cells.iter().filter(|(_, said)| said.starts_with('+'));
    assert_eq!(law["eligible"].as_u64(), Some(eligible.count() as u64));
    let refused: u64 = refusals(law).values().sum();
    assert_eq!(
        refused,
        cells.len() as u64 - law["eligible"].as_u64().unwrap()
    );
}

// Proofs of consent from an events file.

const EVENTS: &str = "lead;event;when;wording;source;act;scope\n";

/// Leads without a consent in their columns, and their identifiers.
fn strangers(it: &Lawful, count: usize) -> (String, Vec<String>) {
    let bare = with(&CONSUMER[..3], &[]);
    let leads = vec![bare; count];
    let ids = rows(&leads).iter().map(|row| row[0].clone()).collect();
    (it.csv("bare.csv", &leads), ids)
}

/// What people's events of consent come to on the day of the run: `+`, or a refusal.
fn histories() -> Vec<(Vec<String>, &'static str)> {
    vec![
        (vec![given("02/06/2026")], "+"),
        (vec![], "message-without-consent"),
        (
            vec![given("02/06/2026"), "withdrawn;03/06/2026;;;;".into()],
            "consent-withdrawn",
        ),
        // In any order; given again; on one day the withdrawal counts.
        (
            vec!["withdrawn;03/06/2026;;;;".into(), given("02/06/2026")],
            "consent-withdrawn",
        ),
        (
            vec![
                given("02/06/2026"),
                "withdrawn;03/06/2026;;;;".into(),
                given("04/06/2026"),
            ],
            "+",
        ),
        (
            vec![given("02/06/2026"), "withdrawn;02/06/2026;;;;".into()],
            "consent-withdrawn",
        ),
        (vec!["withdrawn;03/06/2026;;;;".into()], "consent-withdrawn"),
        // What has not happened yet.
        (vec![given("02/06/2027")], "consent-future"),
        (
            vec![given("02/06/2026"), "withdrawn;02/06/2062;;;;".into()],
            "consent-future",
        ),
        // What proves nothing, or not this.
        (
            vec!["given;02/06/2026;;salon;signature;email".into()],
            "consent-incomplete",
        ),
        (
            vec!["given;02/06/2026;lettre-9.txt;salon;signature;email".into()],
            "consent-incomplete",
        ),
        (
            vec!["given;02/06/2026;lettre-3.txt;salon;signature;phone".into()],
            "consent-out-of-scope",
        ),
        (
            vec!["given;02/06/2026;lettre-3.txt;salon;signature;tous".into()],
            "+",
        ),
    ]
}

fn given(when: &str) -> String {
    let wording = Digest::of(WORDING.as_bytes());
    format!("given;{when};{wording};salon;signature;email, sms")
}

#[test]
fn an_events_file_proves_consents_and_their_withdrawals_on_the_day_of_the_run() {
    let it = Lawful::new("email");
    let histories = histories();
    let (data, ids) = strangers(&it, histories.len());
    let mut events = EVENTS.to_owned();
    for ((lines, _), id) in histories.iter().zip(&ids) {
        for line in lines {
            writeln!(events, "{id};{line}").unwrap();
        }
    }
    writeln!(events, "P-INCONNU;{}", given("02/06/2026")).unwrap();
    it.night.put("consents.csv", events.as_bytes());
    let file = it.path("consents.csv");
    let report = it
        .score(&data, "out/a.csv", &["--consents", &file])
        .done()
        .json();
    let mut expected: BTreeMap<String, u64> = BTreeMap::new();
    for (_, said) in histories.iter().filter(|(_, said)| *said != "+") {
        *expected.entry((*said).to_owned()).or_default() += 1;
    }
    assert_eq!(refusals(&report), expected);
    assert_eq!(report["proposed"].as_u64(), Some(3));
    let people = histories
        .iter()
        .filter(|(lines, _)| !lines.is_empty())
        .count() as u64
        + 1;
    assert_eq!(report["consents"]["people"].as_u64(), Some(people));
    assert_eq!(report["consents"]["unknown"].as_u64(), Some(1));
    it.verified();

    // A retry with the same proofs is the same run, and its files come back from the ledger alone.
    let scores = it.night.read("out/a.csv");
    fs::remove_file(it.night.path("out/a.csv")).unwrap();
    let again = it
        .score(&data, "out/a.csv", &["--consents", &file])
        .done()
        .json();
    assert_eq!(
        (&again["status"], &again["run"]),
        (&"restored".into(), &report["run"])
    );
    assert_eq!(it.night.read("out/a.csv"), scores);

    // With other proofs, or with none, it is another question.
    it.night
        .put("consents.csv", events.replace("salon", "stand").as_bytes());
    let other = it
        .score(&data, "out/b.csv", &["--consents", &file])
        .done()
        .json();
    assert_eq!(other["status"], "recorded");
    let without = it.score(&data, "out/c.csv", &[]).done().json();
    assert_eq!(
        (&without["status"], without["proposed"].as_u64()),
        (&"recorded".into(), Some(0))
    );
    // And a wording that changed proves other words.
    fs::write(it.root().join("consents/lettre-3.txt"), "autre").unwrap();
    let reworded = it.score(&data, "out/d.csv", &[]).done().json();
    assert_eq!(reworded["status"], "recorded");
    it.verified();
}

#[test]
fn a_night_played_again_knows_no_withdrawal_of_later_days() {
    let it = Lawful::new("email");
    let (data, ids) = strangers(&it, 1);
    let id = &ids[0];
    let events = format!(
        "{EVENTS}{id};given;02/06/2026;lettre-3.txt;salon;signature;email\n{id};withdrawn;01/09/2026;;;;\n"
    );
    it.night.put("consents.csv", events.as_bytes());
    let file = it.path("consents.csv");
    let of = |date: &str| {
        let more = ["--consents", &file, "--date", date];
        let report = it.score(&data, "out/a.csv", &more).done().json();
        (
            report["proposed"].as_u64().unwrap(),
            report["refused"].as_u64().unwrap(),
        )
    };
    assert_eq!(of("2026-08-31"), (1, 0));
    assert_eq!(of("2026-09-01"), (0, 1));
    assert_eq!(of("2026-06-01"), (0, 1), "not given yet");
    it.verified();
}

#[test]
fn a_line_of_consents_that_cannot_be_read_refuses_the_night_by_its_number() {
    let it = Lawful::new("email");
    let (data, ids) = strangers(&it, 2);
    let good = format!(
        "{};given;02/06/2026;lettre-3.txt;salon;signature;email\n",
        ids[0]
    );
    let before = tree(&it.root(), &["ledger"]);
    for bad in [
        "X;withdrawn;pas hier;;;;\n",
        "X;withdrawn;;;;;\n",
        "X;forgotten;02/06/2026;;;;\n",
        "X;;02/06/2026;;;;\n",
        ";withdrawn;02/06/2026;;;;\n",
        "X;given;02/06/2026;lettre-3.txt;salon;signature;pigeon\n",
        "X;withdrawn;02/06/2026\n",
    ] {
        it.night.put(
            "consents.csv",
            format!("{EVENTS}{good}{bad}{good}").as_bytes(),
        );
        let file = it.path("consents.csv");
        let said = it
            .score(&data, "out/a.csv", &["--consents", &file])
            .failed(3);
        assert!(
            said.err.contains("`consents.csv`, line 3"),
            "{bad}: {said:?}"
        );
        assert!(
            !said.err.contains("pas hier") && !said.err.contains("pigeon"),
            "{said:?}"
        );
    }
    it.night.put("consents.csv", good.as_bytes());
    let file = it.path("consents.csv");
    it.score(&data, "out/a.csv", &["--consents", &file])
        .failed(3);
    it.score(&data, "out/a.csv", &["--consents", &it.path("nowhere.csv")])
        .failed(2);
    it.score(
        &data,
        "out/a.csv",
        &["--consents", &data, "--rejects", &data],
    )
    .failed(2);
    assert_eq!(tree(&it.root(), &["ledger"]), before);
    assert!(!it.night.path("out/a.csv").exists());
}

// Assessments.

#[test]
fn without_a_signed_assessment_that_counts_nothing_is_read() {
    let it = Lawful::new("email");
    // There is no such export: whoever looked for it would fail otherwise.
    let refused = |why: &str| {
        let said = it.score("nowhere.csv", "out/a.csv", &[]).failed(5);
        assert!(said.err.contains(why), "{why}: {said:?}");
    };
    let file = it.root().join("li.toml");
    let signature = it.root().join("li.toml.sig");
    let text = fs::read_to_string(&file).unwrap();
    let signed = fs::read(&signature).unwrap();
    fs::remove_file(&signature).unwrap();
    refused("`li.toml` is not signed");
    fs::write(&signature, b"nonsense").unwrap();
    refused("is not signed by `dpo-1` as it stands");
    fs::write(&signature, &signed).unwrap();
    it.score("nowhere.csv", "out/a.csv", &[]).failed(2);

    fs::write(&file, text.replace("au hasard", "au hasard, et tard")).unwrap();
    refused("is not signed by `dpo-1` as it stands");
    fs::write(&file, text.replace("necessity", "necessite")).unwrap();
    refused("`li.toml` is none");
    fs::write(&file, text.replace("\"prospection\"", "\"autre\"")).unwrap();
    refused("weighs the purpose `autre`");
    fs::write(&file, text.replace("\"dpo-1\"", "\"revue-1\"")).unwrap();
    refused("of whom the policy has no key");
    fs::remove_file(&file).unwrap();
    refused("`li.toml` is not there");
    it.assess("2026-10-01", "2026-12-31");
    refused("counts from 2026-10-01 only");
    it.assess("2026-01-01", "2026-09-20");
    refused("counted until 2026-09-20");
    it.assess("2026-01-01", "2026-09-21");
    it.score("nowhere.csv", "out/a.csv", &[]).failed(2);
    it.policy(&|text| text.replace("assessment = \"li.toml\"\n", ""));
    refused("is not named in the policy");
    // A consent needs none, nor does a workspace without a pack.
    it.policy(&|text| text.replace("[\"consent\", \"legitimate-interest\"]", "\"consent\""));
    it.score("nowhere.csv", "out/a.csv", &[]).failed(2);
}

#[test]
fn only_the_person_whom_the_assessment_names_signs_it() {
    let it = Lawful::new("email");
    let (file, key) = (it.root().join("li.toml"), it.night.path("dpo.key"));
    let (file, key) = (file.to_str().unwrap(), key.to_str().unwrap());
    let sign = |person: &str, key: &str| {
        it.night
            .say(&["law", "sign", file, "--as", person, "--key", key])
    };
    sign("revue-1", key).failed(5);
    let other = it.path("other.key");
    it.night
        .say(&["keys", "person", "dpo-1", "--out", &other])
        .done();
    sign("dpo-1", &other).failed(5);
    fs::write(file, "id = 3").unwrap();
    sign("dpo-1", key).failed(3);
}

#[test]
fn an_assessment_that_expires_during_the_night_counts_for_the_night_that_began_before() {
    let it = Lawful::new("email");
    it.assess("2026-01-01", "2026-09-21");
    let data = it.csv("facts.csv", &[PROFESSIONAL.to_vec()]);
    // Paris is two hours ahead: the last second of 21 September there, and the first of the 22nd.
    let midnight = chrono::DateTime::parse_from_rfc3339("2026-09-22T00:00:00+02:00")
        .unwrap()
        .timestamp();
    let at = |second: i64| {
        let mut world = world(9);
        world.entropy = Entropy::os();
        world.now = Time(second);
        let out = it.path(&format!("out/{second}.csv"));
        run(&it.root(), &mut world, &["score", &data, "--out", &out])
    };
    let report = at(midnight - 1).done().json();
    assert_eq!(
        (&report["date"], &report["proposed"]),
        (&"2026-09-21".into(), &1.into())
    );
    let said = at(midnight).failed(5);
    assert!(said.err.contains("counted until 2026-09-21"), "{said:?}");
    // The date of the law decides, not the clock: yesterday's night may be played again.
    let out = it.path("out/again.csv");
    let mut world = world(10);
    world.now = Time(midnight);
    let words = [
        "score",
        &data,
        "--out",
        &out,
        "--date",
        "2026-09-21",
        "--again",
    ];
    run(&it.root(), &mut world, &words).done();
    it.verified();
}

// Retention.

/// Leads whose contact is recent, then the same leads whose contact is too old.
fn in_touch_and_not(it: &Lawful, leads: usize) -> (String, String, Vec<String>) {
    let now = vec![PROFESSIONAL.to_vec(); leads];
    let mut later = now.clone();
    for lead in later.iter_mut().take(leads / 2) {
        *lead = with(&PROFESSIONAL, &[("Collecte", "01/01/2020")]);
    }
    let ids = rows(&now).iter().map(|row| row[0].clone()).collect();
    (it.csv("now.csv", &now), it.csv("later.csv", &later), ids)
}

/// What is left of each lead: whether it can be explained, by decision.
fn left(it: &Lawful, ids: &[String]) -> Vec<usize> {
    let count = |id: &String| {
        let said = it.night.say(&["explain", id, "--why", "audit"]);
        if said.exit != 0 {
            return 0;
        }
        1 + said.json()["other_decisions"].as_array().unwrap().len()
    };
    ids.iter().map(count).collect()
}

#[test]
fn whoever_is_refused_for_lapsed_retention_is_forgotten_by_the_same_night() {
    let it = Lawful::new("email");
    let (now, later, ids) = in_touch_and_not(&it, 4);
    it.score(&now, "out/a.csv", &[]).done();
    assert_eq!(left(&it, &ids), [1, 1, 1, 1]);
    let report = it.score(&later, "out/b.csv", &[]).done().json();
    assert_eq!(
        refusals(&report),
        BTreeMap::from([("retention-lapsed".to_owned(), 2)])
    );
    // Their proposals, and the readings of them.
    assert_eq!(report["batch"]["lapsed"], 4);
    assert_eq!(left(&it, &ids), [0, 0, 2, 2]);
    // Their names left the score file of the night before as well.
    let scored = statuses(&it.night.path("out/a.csv"));
    assert!(
        scored.iter().all(|(id, _)| *id != ids[0] && *id != ids[1]),
        "{scored:?}"
    );
    it.verified();
    // The next night says the same again, and keeps the refusals.
    let report = it.score(&later, "out/c.csv", &["--again"]).done().json();
    assert_eq!(report["refused"], 2);
    assert!(report["batch"].is_null(), "{}", report["batch"]);
    let stats = it.night.say(&["ledger", "stats"]).done().json();
    assert_eq!(stats["erased"], 4, "{stats}");
    it.verified();
}

#[test]
fn a_night_cut_short_before_it_forgot_is_made_up_for_by_the_next() {
    let it = Lawful::new("email");
    let (now, later, ids) = in_touch_and_not(&it, 2);
    it.score(&now, "out/a.csv", &[]).done();
    let start = it.night.path("start");
    crate::night::copy(&it.root(), &start);
    let out = it.path("out/b.csv");
    let words = ["score", &later, "--out", &out];
    let (disk, count) = failing(usize::MAX, || Ok(()));
    run(&it.root(), &mut world_on(disk, 5), &words).done();
    let moments = count.load(std::sync::atomic::Ordering::SeqCst);
    let mut cut = 0;
    for at in (0..moments).step_by(3) {
        fs::remove_dir_all(it.root()).unwrap();
        crate::night::copy(&start, &it.root());
        let _ = fs::remove_file(&out);
        let (disk, _) = failing(at, full);
        let said = run(&it.root(), &mut world_on(disk, 5), &words);
        cut += usize::from(said.exit != 0);
        // The next night, whatever it scores, ends with what is still to be done.
        let other = it.path("out/c.csv");
        let next = ["score", &later, "--out", &other, "--date", "2026-09-22"];
        run(&it.root(), &mut world_on(Disk::new(), 6), &next).done();
        let left = left(&it, &ids);
        assert_eq!(left[0], 0, "{at}: {said:?}");
        assert!(left[1] >= 2, "{at}: {said:?}");
        it.verified();
    }
    assert!(cut > moments / 6, "{cut} of {moments}");
}

#[test]
fn a_restriction_keeps_what_retention_would_erase() {
    let it = Lawful::new("email");
    let (now, later, ids) = in_touch_and_not(&it, 2);
    it.score(&now, "out/a.csv", &[]).done();
    it.score(&later, "out/b.csv", &["--dry-run"]).done();
    it.night
        .say(&["subject", "restrict", &ids[0], "--request", "R-1"])
        .done();
    let report = it.score(&later, "out/b.csv", &[]).done().json();
    // Whoever is restricted is refused as such, so that nothing is known of a lapse.
    assert_eq!(
        refusals(&report),
        BTreeMap::from([("restricted".to_owned(), 1)])
    );
    it.night
        .say(&["subject", "lift", &ids[0], "--request", "R-2"])
        .done();
    let report = it.score(&later, "out/c.csv", &["--again"]).done().json();
    assert_eq!(report["batch"]["lapsed"], 2, "{}", report["batch"]);
    assert_eq!(left(&it, &ids)[0], 0);
    it.verified();
}

// Another date.

#[test]
fn a_law_diff_counts_whose_status_a_date_changes_and_records_nothing() {
    let it = Lawful::new("phone");
    let caller = [
        ("Public", "particulier"),
        ("Opposition", "non"),
        ("Collecte", "01/06/2026"),
        ("Bloctel", "non"),
    ];
    let mut leads = vec![caller.to_vec(); 5];
    leads.push(with(&caller, &[("Bloctel", "oui")]));
    leads.push(with(&caller, &[("Contrat", "oui"), ("Client", "oui")]));
    leads.push(with(&caller, &[("Bloctel", "va savoir")]));
    let data = it.csv("calls.csv", &leads);
    let before = tree(it.night.path("").as_path(), &["ws"]);
    let words = [
        "law",
        "diff",
        "--from",
        "2026-08-10",
        "--at",
        "2026-08-11",
        &data,
    ];
    let mut world = world(4);
    let said = run(&it.root(), &mut world, &words).done().json();
    assert_eq!(
        (said["eligible_from"].as_u64(), said["eligible_at"].as_u64()),
        (Some(6), Some(1))
    );
    let changes: BTreeMap<(String, String), u64> = said["changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| {
            let name = |side: &str| it[side]["name"].as_str().unwrap().to_owned();
            ((name("from"), name("to")), it["leads"].as_u64().unwrap())
        })
        .collect();
    let of = |from: &str, to: &str| changes.get(&(from.to_owned(), to.to_owned()));
    assert_eq!(of("call-unlisted", "call-without-consent"), Some(&5));
    assert_eq!(of("bloctel-listed", "call-without-consent"), Some(&2));
    assert_eq!(
        changes.len(),
        2,
        "a contract in progress stays one: {changes:?}"
    );
    let first = &said["changes"][0];
    assert_eq!(first["from"]["article"], "c-conso-l223-1-2020");
    assert_eq!(first["to"]["article"], "loi-2025-594-13");
    assert_eq!(tree(it.night.path("").as_path(), &["ws"]), before);
    let ids: Vec<String> = rows(&leads).iter().map(|row| row[0].clone()).collect();
    assert!(ids.iter().all(|id| !said.to_string().contains(id.as_str())));
    // Two dates between which nothing changes.
    let words = [
        "law",
        "diff",
        "--from",
        "2026-08-11",
        "--at",
        "2026-08-12",
        &data,
    ];
    let said = run(&it.root(), &mut world, &words).done().json();
    assert_eq!(said["changes"], Value::Array(Vec::new()));
    // The night itself, under either date.
    let of = |date: &str, out: &str| {
        let report = it.score(&data, out, &["--date", date]).done().json();
        report["proposed"].as_u64().unwrap()
    };
    assert_eq!(
        (of("2026-08-10", "out/a.csv"), of("2026-08-11", "out/b.csv")),
        (6, 1)
    );
    it.verified();
}
