//! The declared layer: policies and everything that can be wrong with one, pseudonyms, decisions.

use probant::decision::{Band, DecisionNumber, Opinion, Proposal, Review};
use probant::digest::hex;
use probant::lang::Lang;
use probant::name::IdType;
use probant::odds::Score;
use probant::policy::{
    self, Basis, Channel, DateOrder, Encoding, Error, FactKind, Finding, Format, Guess, Kind,
    Observed, ObservedColumn, Pairs, Policy, Profiling, Role, Solver, Thousands, Use,
};
use probant::pseudonym::{self, Master, Pseudonym, normalise, training_key};
use proptest::prelude::*;
use serde_json::Value;

/// A policy of version 1 that uses every key.
const SAMPLE: &str = include_str!("../vectors/policy-1.toml");
const BANK_FULL: &str = include_str!("../../data/policies/bank-full.toml");
const BANK_ADDITIONAL: &str = include_str!("../../data/policies/bank-additional.toml");
const BANK_FULL_ORDERED: &str = include_str!("../../data/policies/bank-full-ordered.toml");
const BANK_ADDITIONAL_ORDERED: &str =
    include_str!("../../data/policies/bank-additional-ordered.toml");

fn sample() -> Policy {
    policy::parse(SAMPLE).expect("the sample is a policy")
}

fn findings(text: &str) -> Vec<Finding> {
    match policy::parse(text) {
        Ok(_) => Vec::new(),
        Err(error) => error.findings().to_vec(),
    }
}

/// The 1-based line and column of a byte of the text.
fn place(text: &str, offset: usize) -> (usize, usize) {
    let lines: Vec<&str> = text[..offset].split('\n').collect();
    (lines.len(), lines[lines.len() - 1].chars().count() + 1)
}

/// The 1-based line where `needle` first stands.
fn line(text: &str, needle: &str) -> usize {
    place(
        text,
        text.find(needle)
            .unwrap_or_else(|| panic!("`{needle}` is nowhere")),
    )
    .0
}

/// The six columns of a proof of consent.
fn proof() -> String {
    let columns = [
        ("when", "date"),
        ("wording", "category"),
        ("source", "text"),
        ("act", "category"),
        ("scope", "category"),
        ("withdrawn", "date"),
    ];
    columns
        .map(|(part, kind)| {
            format!("[columns.\"c-{part}\"]\nkind = \"{kind}\"\nrole = \"consent\"\npart = \"{part}\"\n\n")
        })
        .concat()
}

#[test]
fn a_policy_may_name_a_law_and_say_what_tells_each_of_its_facts() {
    let whole = SAMPLE
        .replacen("retention_days = 365", "retention_days = 365\nchannel = \"email\"\nassessment = \"assessments/li.toml\"", 1)
        .replacen("role = \"audience\"", "role = \"audience\"\nb2b = [\"Entreprise\", \"PRO\"]\nb2c = [\"Particulier\"]", 1)
        .replacen("\"text\"\nrole = \"ignore\"", "\"date\"\nrole = \"fact\"\nfact = \"last-contact\"", 1)
        .replacen("[columns.\"R\u{e9}gion\"]", &format!("{}[columns.\"R\u{e9}gion\"]", proof()), 1)
        .replacen("[data]", "[law]\npack = \"fr-1\"\n\n[facts]\nobjection = false\ncollected = \"2026-03-31\"\n\n[data]", 1);
    assert_eq!(findings(&whole), []);
    assert_eq!(against_schema(&whole), Vec::<String>::new());
    let policy = policy::parse(&whole).unwrap();
    assert_eq!(policy.pack().id().as_str(), "fr-1");
    assert_eq!(policy.facts.flags, [(FactKind::Objection, false)]);
    assert_eq!(policy.facts.dates.len(), 1);
    assert_eq!(
        policy.purposes[0].assessment.as_deref(),
        Some("assessments/li.toml")
    );
    let Some(Use::Audience(words)) = policy.column("Type").map(|it| &it.role) else {
        panic!("{:?}", policy.column("Type"));
    };
    assert_eq!(words.b2b, ["entreprise", "pro"]);
    assert_eq!(
        policy.column("Notes").unwrap().role,
        Use::Fact(FactKind::LastContact)
    );
    // The old column of consents without a part is told, not refused.
    let open = policy.open(Lang::En).join("\n");
    assert!(
        open.contains("`Consentement` has the role `consent` but no `part`"),
        "{open}"
    );
    assert!(!open.contains("no law pack"), "{open}");
}

#[test]
fn a_fact_has_one_source() {
    let column = |name: &str, what: &str| {
        format!("[columns.\"{name}\"]\n{what}\n\n[columns.\"R\u{e9}gion\"]")
    };
    let flag = "kind = \"flag\"\nrole = \"fact\"\nfact = \"objection\"";
    let region = "[columns.\"R\u{e9}gion\"]";
    let one = SAMPLE.replacen(region, &column("A", flag), 1);
    assert_eq!(findings(&one), []);
    let two = one.replacen(region, &column("B", flag), 1);
    let found = findings(&two);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(
        found[0]
            .what
            .contains("the fact `objection` is told by `A` already"),
        "{found:?}"
    );
    let stated = one.replacen("[data]", "[facts]\nobjection = false\n\n[data]", 1);
    let found = findings(&stated);
    assert!(
        found[0]
            .what
            .contains("`objection` is told by the column `A` and stated here"),
        "{found:?}"
    );
    let when = "kind = \"date\"\nrole = \"consent\"\npart = \"when\"";
    let twice = SAMPLE.replacen(region, &format!("{}{}", proof(), column("C", when)), 1);
    let found = findings(&twice);
    assert!(
        found[0]
            .what
            .contains("the part `when` of the consent is told by `c-when` already"),
        "{found:?}"
    );
    let flagged = SAMPLE.replacen(
        region,
        &format!("{}{region}", proof().replacen("\"date\"", "\"flag\"", 1)),
        1,
    );
    let found = findings(&flagged);
    assert!(
        found[0]
            .what
            .contains("the part `when` of a consent is a date"),
        "{found:?}"
    );
}

#[test]
fn what_a_policy_leaves_open_is_told_in_both_languages() {
    let under = SAMPLE.replacen("[data]", "[law]\npack = \"fr-1\"\n\n[data]", 1);
    let policy = policy::parse(&under).unwrap();
    let (en, fr) = (policy.open(Lang::En), policy.open(Lang::Fr));
    assert_eq!(en.len(), fr.len());
    for (needle, told) in [
        ("`channel`", 1),
        ("`assessment`", 1),
        ("no words", 1),
        ("no `part`", 1),
    ] {
        assert_eq!(
            en.iter().filter(|it| it.contains(needle)).count(),
            told,
            "{needle}: {en:?}"
        );
    }
    assert!(en.iter().zip(&fr).all(|(en, fr)| en != fr));
    assert!(
        sample().open(Lang::En)[0]
            .contains("every lead is taken on the basis that its purpose declares")
    );
}

#[test]
fn a_purpose_may_declare_several_bases_and_its_channel() {
    let one = sample();
    assert_eq!(one.purposes[0].bases, [Basis::LegitimateInterest]);
    assert_eq!(one.purposes[0].channel, None);
    let several = SAMPLE.replacen(
        "basis = \"legitimate-interest\"",
        "basis = [\"consent\", \"legitimate-interest\"]\nchannel = \"email\"",
        1,
    );
    let purpose = &policy::parse(&several).unwrap().purposes[0];
    assert_eq!(purpose.basis, Basis::Consent);
    assert_eq!(purpose.bases, [Basis::Consent, Basis::LegitimateInterest]);
    assert_eq!(purpose.channel, Some(Channel::Email));
    assert!(against_schema(&several).is_empty());
}

#[test]
fn a_policy_of_version_1_reads_as_it_was_written() {
    let policy = sample();
    assert_eq!(
        policy.digest.to_string(),
        "0dc5e1a6bb711d9c4d975fab548badecb853deab135228b3fe94d0944e13e654"
    );
    assert_eq!(policy.controller.name, "Exemple SARL");
    assert_eq!(policy.controller.time_zone, chrono_tz::Europe::Paris);
    assert_eq!(policy.controller.language, Lang::Fr);
    assert_eq!(policy.people.len(), 2);
    assert_eq!(
        policy.person("bruno").unwrap().roles,
        [Role::Reviewer, Role::Dpo, Role::Auditor]
    );
    let purpose = policy.purpose("lead-scoring").unwrap();
    assert_eq!(purpose.basis.article(), "gdpr-6-1-f");
    assert_eq!(purpose.document.as_deref(), Some("AIPD-2026-03"));
    assert_eq!(purpose.retention_days, 365);

    assert_eq!(policy.dialect.format, Format::Csv);
    assert_eq!(policy.dialect.separator, b';');
    assert_eq!(policy.dialect.encoding, Encoding::Windows1252);
    assert_eq!(policy.dialect.decimal, ',');
    assert_eq!(policy.dialect.thousands, Thousands::Space);
    assert_eq!(policy.dialect.dates, DateOrder::DayFirst);
    assert_eq!(policy.dialect.missing, ["n/a", "inconnu"]);
    assert_eq!(
        (&policy.dialect.yes[..], &policy.dialect.no[..]),
        (&["oui".to_owned()][..], &["non".to_owned()][..])
    );
    assert!((policy.tolerance.max_failed - 0.02).abs() < f64::EPSILON);
}

#[test]
fn the_columns_training_and_bands_of_version_1_read_as_they_were_written() {
    let policy = sample();
    let names: Vec<&str> = policy
        .columns
        .iter()
        .map(|column| column.name.as_str())
        .collect();
    let file = [
        "Réf.",
        "Courriel",
        "Date de création",
        "Source",
        "Effectif",
        "Client actuel",
        "Consentement",
        "Type",
        "Région",
        "Notes",
        "Issue",
    ];
    assert_eq!(names, file, "the columns stand in the order of the file");
    let features: Vec<&str> = policy.features().map(policy::Column::label).collect();
    assert_eq!(
        features,
        ["Origine du contact", "Effectif", "Client actuel"]
    );
    let (column, id_type) = policy.identifier();
    assert_eq!(
        (column.map(|column| column.name.as_str()), id_type),
        (Some("Réf."), IdType::CrmId)
    );
    let issue = policy.columns.last().unwrap();
    let negative = vec!["Perdu".to_owned(), "Abandonné".to_owned()];
    assert_eq!(
        issue.role,
        Use::Outcome {
            positive: vec!["Gagné".to_owned()],
            negative
        }
    );
    assert_eq!(
        policy.columns[4].not_identity.as_deref(),
        Some("Un nombre arrondi.")
    );
    assert!(policy.columns[4].keep_calendar && !policy.columns[3].keep_calendar);

    let training = &policy.training;
    assert_eq!(
        (training.seed, training.min_people, training.max_bins),
        (7, 25, 16)
    );
    assert_eq!(
        training.pairs,
        Pairs::Listed(vec![("Source".to_owned(), "Effectif".to_owned())])
    );
    assert_eq!(
        (
            training.solver,
            training.one_standard_error,
            training.certificate_mib
        ),
        (Solver::Linfa, true, 128)
    );
    let bands: Vec<(&str, u32)> = policy
        .bands
        .iter()
        .map(|band| (band.id.as_str(), band.from_ppm))
        .collect();
    assert_eq!(
        bands,
        [("froid", 0), ("tiede", 200_000), ("chaud", 512_345)]
    );
    assert_eq!(
        [0, 199_999, 200_000, 512_345, 1_000_000].map(|ppm| policy.band(ppm)),
        [0, 0, 1, 2, 2]
    );
}

#[test]
fn what_may_be_left_out_has_its_documented_default() {
    let start = SAMPLE.find("[training]").unwrap();
    let end = SAMPLE.find("[[bands]]").unwrap();
    let mut short = format!("{}{}", &SAMPLE[..start], &SAMPLE[end..]);
    for line in [
        "time_zone = \"Europe/Paris\"\n",
        "yes = [\"Oui\"]\n",
        "no = [\"Non\"]\n",
        "max_failed = 0.02\n",
    ] {
        short = short.replace(line, "");
    }
    let policy = policy::parse(&short).unwrap();
    assert_eq!(policy.controller.time_zone, chrono_tz::Europe::Paris);
    assert_eq!(
        (
            policy.training.min_people,
            policy.training.max_bins,
            policy.training.certificate_mib
        ),
        (20, 32, 256)
    );
    assert_eq!(
        (&policy.training.pairs, policy.training.solver),
        (&Pairs::Auto, Solver::Newton)
    );
    assert!(!policy.training.one_standard_error && !policy.training.rows_in_time_order);
    assert_eq!(policy.profiling, Profiling::default());
    let oversight = policy.oversight;
    assert_eq!(
        (
            oversight.borderline_ppm,
            oversight.sample,
            oversight.sample_min
        ),
        (20_000, 0.05, 10)
    );
    assert_eq!((oversight.controls, oversight.seconds), (3, 4));
    let reason = policy.reason("wrong-data").unwrap();
    assert_eq!(policy.reason(&reason.code.to_string()), Some(reason));
    assert_eq!(
        policy.profiling.max_alone, None,
        "no budget that nobody set"
    );
    let set = policy::parse(&format!("{SAMPLE}\n[profiling]\nmax_alone = 0.05\n")).unwrap();
    assert_eq!(
        set.profiling,
        Profiling {
            max_alone: Some(0.05),
            min_gain: 0.0005
        }
    );
    assert!((policy.tolerance.max_failed - 0.01).abs() < f64::EPSILON);
    assert!(
        policy.dialect.yes.contains(&"oui".to_owned())
            && policy.dialect.no.contains(&"no".to_owned())
    );
}

/// What is changed in the sample; where the finding stands, as the text there; what it says; what its hint says.
type Case = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
);

#[rustfmt::skip] // one line a case
const BAD: &[Case] = &[
    // The file as a whole.
    ("version = 1\n", "version = 2\n", "2", "`version` must be a whole number from 1 to 1", ""),
    ("version = 1\n", "version = 1\nmodel = 3\n", "model", "unknown key `model`", "the keys are `version`"),
    ("[training]", "[trainning]", "trainning", "unknown key `trainning`", "did you mean `training`?"),
    // The controller and the people.
    ("dpo = \"dpo@exemple.example\"", "dpo = \" \"", "\" \"", "`dpo` is empty", ""),
    ("dpo = \"dpo@exemple.example\"\n", "", "[controller]", "`dpo` is missing in [controller]", ""),
    ("name = \"Exemple SARL\"", "name = 12", "12", "`name` in [controller] must be a text in quotes", ""),
    ("Europe/Paris", "Europe/Pari", "\"Europe/Pari\"", "`Europe/Pari` is no time zone", "did you mean `Europe/Paris`?"),
    ("language = \"fr\"", "language = \"french\"", "\"french\"", "`language` cannot be `french`", "`fr`, `en`"),
    ("id = \"bruno\"", "id = \"alba\"", "\"alba\"", "the id `alba` is taken", ""),
    ("id = \"bruno\"", "id = \"Bruno M.\"", "\"Bruno M.\"", "cannot be an id", "1 to 64 of"),
    ("\"reviewer\", \"dpo\"", "\"reviewr\", \"dpo\"", "\"reviewr\"", "`roles` cannot be `reviewr`", "did you mean `reviewer`?"),
    ("[\"reviewer\", \"dpo\", \"auditor\"]", "[]", "[]", "`roles` is empty", "`operator`"),
    ("id = \"bruno\"\n", "id = \"bruno\"\nkey = \"alba+0a1b2c3d+AdKHXbL0hvoJTMPmcOKrHMtVWgYwdNZpNBFBzGJ9LkCv\"\n", "\"alba+0a", "`key` is no signature key of `bruno`", "probant keys person bruno --out FILE"),
    ("id = \"bruno\"\n", "id = \"bruno\"\nkey = \"bruno+0a1b2c3d+AdKH\"\n", "\"bruno+0a", "`key` is no signature key of `bruno`", ""),
    ("id = \"bruno\"\n", "id = \"bruno\"\nkey = \"bruno+0a1b2c3z+AdKHXbL0hvoJTMPmcOKrHMtVWgYwdNZpNBFBzGJ9LkCv\"\n", "\"bruno+0a", "`key` is no signature key of `bruno`", ""),
    ("id = \"bruno\"\n", "id = \"bruno\"\ntrained_until = \"2027-02-30\"\n", "\"2027-02-30\"", "`trained_until` in [[people]] must be a date", ""),
    ("id = \"bruno\"\n", "id = \"bruno\"\ntrained_until = \"demain\"\n", "\"demain\"", "`trained_until` in [[people]] must be a date", ""),
    // Rights.
    ("[[bands]]\nid = \"froid\"", "[rights]\nreviewr = []\n\n[[bands]]\nid = \"froid\"", "reviewr", "unknown key `reviewr` in [rights]", "did you mean `reviewer`?"),
    ("[[bands]]\nid = \"froid\"", "[rights]\nreviewer = [\"explain\", \"erasure\"]\n\n[[bands]]\nid = \"froid\"", "\"erasure\"", "`reviewer` cannot be `erasure`", "did you mean `erase`?"),
    ("[[bands]]\nid = \"froid\"", "[rights]\nreviewer = \"explain\"\n\n[[bands]]\nid = \"froid\"", "\"explain\"", "must be a list of texts", ""),
    ("[[bands]]\nid = \"froid\"", "[rights]\ndpo = [\"erase\", \"erase\"]\n\n[[bands]]\nid = \"froid\"", "\"erase\"]", "`dpo` says `erase` twice", ""),
    // Purposes.
    ("legitimate-interest", "legitimate", "\"legitimate\"", "`basis` cannot be", "did you mean `legitimate-interest`?"),
    ("retention_days = 365", "retention_days = 0", "0", "must be a whole number from 1", ""),
    ("retention_days = 365", "retention_days = -1", "-1", "must be a whole number from 1", ""),
    ("retention_days = 365", "retention_days = 1.5", "1.5", "must be a whole number from 1", ""),
    ("basis = \"legitimate-interest\"\n", "", "[[purposes]]", "`basis` is missing in [[purposes]]", ""),
    ("basis = \"legitimate-interest\"\n", "basis = []\n", "[]\n", "`basis` is empty", ""),
    ("basis = \"legitimate-interest\"\n", "basis = [\"legitimate-interest\", \"habit\"]\n", "\"habit\"", "`basis` cannot be", ""),
    ("basis = \"legitimate-interest\"\n", "basis = [\"consent\", \"consent\"]\n", "\"consent\"]", "`basis` says `consent` twice", ""),
    ("basis = \"legitimate-interest\"\n", "basis = \"legitimate-interest\"\nchannel = \"e-mail\"\n", "\"e-mail\"", "`channel` cannot be", "did you mean `email`?"),
    ("[[purposes]]", "[purposes]", "[purposes]", "`purposes` must be a list of tables", "write `[[purposes]]`"),
    ("retention_days = 365", "retention_days = 365\nassessment = \"../li.toml\"", "\"../li.toml\"", "`assessment` must name a file of the workspace", "a path from the folder"),
    ("retention_days = 365", "retention_days = 365\nassessment = \"/etc/li.toml\"", "\"/etc/li.toml\"", "`assessment` must name a file of the workspace", ""),
    ("basis = \"legitimate-interest\"\n", "basis = \"consent\"\nassessment = \"li.toml\"\n", "\"li.toml\"", "only a legitimate interest rests on an assessment", "`document`"),
    // The law.
    ("[data]\n", "[law]\npack = \"fr-l\"\n\n[data]\n", "\"fr-l\"", "there is no law pack `fr-l`", "did you mean `fr-1`?"),
    ("[data]\n", "[law]\n\n[data]\n", "[law]", "`pack` is missing in [law]", ""),
    ("[data]\n", "[law]\npack = \"fr-1\"\ndate = 1\n\n[data]\n", "date = 1", "unknown key `date` in [law]", ""),
    ("[data]\n", "[facts]\naudiance = \"b2b\"\n\n[data]\n", "audiance", "unknown key `audiance` in [facts]", "did you mean `audience`?"),
    ("[data]\n", "[facts]\naudience = \"b2b\"\n\n[data]\n", "\"b2b\"\n\n[data]", "`audience` is told by the column `Type` and stated here", "one source"),
    ("[data]\n", "[facts]\njob-related = \"oui\"\n\n[data]\n", "\"oui\"", "`job-related` in [facts] must be `true` or `false`", ""),
    ("[data]\n", "[facts]\ncollected = \"31/03/2026\"\n\n[data]\n", "\"31/03/2026\"", "`collected` in [facts] must be a date", ""),
    // The dialect.
    ("separator = \";\"", "separator = \":\"", "\":\"", "`separator` cannot be `:`", "`,`, `;`, `tab`"),
    ("separator = \";\"\n", "", "[data]", "`separator` is missing in [data]", ""),
    ("decimal = \",\"\n", "", "[data]", "`decimal` is missing in [data]", ""),
    ("windows-1252", "windows1252", "\"windows1252\"", "`encoding` cannot be", "did you mean `windows-1252`?"),
    ("encoding = \"windows-1252\"", "encoding = \"utf8\"", "\"utf8\"", "`encoding` cannot be", "did you mean `utf-8`?"),
    ("thousands = \"space\"", "thousands = \"comma\"", "\"comma\"", "both the decimal mark and", "one meaning"),
    ("dd/mm/yyyy", "dd/mm/yy", "\"dd/mm/yy\"", "`dates` cannot be", "did you mean `dd/mm/yyyy`?"),
    ("no = [\"Non\"]", "no = [\"oui\"]", "[\"oui\"]", "`oui` cannot mean both yes and no", ""),
    ("missing = [\"n/a\", \"inconnu\"]", "missing = [\"\"]", "\"\"", "holds an empty text", "always missing"),
    ("missing = [\"n/a\", \"inconnu\"]", "missing = [\"n/a\", 3]", "3", "must hold texts only", "quotes"),
    ("missing = [\"n/a\", \"inconnu\"]", "missing = [\" n/a\", \"n/a\"]", "\"n/a\"]", "says `n/a` twice", ""),
    ("max_failed = 0.02", "max_failed = 2", "2", "must be a number from 0 to 1", ""),
    ("max_failed = 0.02", "max_failed = nan", "nan", "must be a number from 0 to 1", ""),
    // Columns.
    ("role = \"identity\"", "role = \"identty\"", "\"identty\"", "`role` cannot be", "did you mean `identity`?"),
    ("role = \"identity\"\n", "", "\"Courriel\"", "`role` is missing in [columns.\"Courriel\"]", ""),
    ("origin = \"formulaire\"", "orign = \"formulaire\"", "orign", "unknown key `orign`", "did you mean `origin`?"),
    ("origin = \"formulaire\"\n", "", "\"Source\"", "`origin` is missing in [columns.\"Source\"]", ""),
    ("why = \"Un client connaît déjà l'offre.\"\n", "", "\"Client actuel\"", "`why` is missing", ""),
    ("kind = \"flag\"", "kind = \"text\"", "\"text\"\nrole = \"feature\"", "free text is never a feature", "category"),
    ("kind = \"flag\"", "kind = \"date\"", "\"date\"\nrole = \"feature\"", "a date is never a feature", "a duration in days instead"),
    ("\"date\"\nrole = \"date\"", "\"number\"\nrole = \"date\"", "\"number\"\nrole = \"date\"", "needs the kind `date`", ""),
    ("\"category\"\nrole = \"outcome\"", "\"date\"\nrole = \"outcome\"", "\"date\"\nrole = \"outcome\"", "an outcome is no date", ""),
    ("\"text\"\nrole = \"identifier\"", "\"flag\"\nrole = \"identifier\"", "\"flag\"\nrole = \"identifier\"", "neither a flag nor a date", ""),
    ("id_type = \"crm-id\"", "id_type = \"row\"", "\"row\"", "`id_type` cannot be `row`", "`crm-id`"),
    ("\"text\"\nrole = \"identifier\"\nid_type = \"crm-id\"", "\"number\"\nrole = \"identifier\"\nid_type = \"phone\"", "\"number\"\nrole = \"identifier\"", "an identifier of type `phone` is no number", "leading zeros"),
    ("role = \"identifier\"\nid_type = \"crm-id\"", "role = \"identity\"", "columns.", "nothing identifies a lead", "identifier = \"row\""),
    ("max_failed = 0.02", "identifier = \"row\"", "\"Réf.\"", "the role `identifier` is taken by `identifier = \"row\"`", ""),
    ("max_failed = 0.02", "identifier = \"rows\"", "\"rows\"", "`identifier` cannot be `rows`", "did you mean `row`?"),
    ("role = \"identity\"", "role = \"identifier\"", "\"Courriel\"", "the role `identifier` is taken by `Réf.`", ""),
    ("role = \"ignore\"", "role = \"outcome\"\npositive = [\"a\"]\nnegative = [\"b\"]", "\"Issue\"", "the role `outcome` is taken by `Notes`", ""),
    ("role = \"ignore\"", "role = \"ignore\"\npositive = [\"a\"]", "[\"a\"]", "`positive` belongs to the role `outcome`", ""),
    ("role = \"ignore\"", "role = \"ignore\"\nkeep_calendar = true", "true", "`keep_calendar` belongs to the role `feature`", ""),
    ("positive = [\"Gagné\"]", "positive = []", "[]", "`positive` is empty", ""),
    ("negative = [\"Perdu\", \"Abandonné\"]\n", "", "\"Issue\"", "`negative` is missing", ""),
    ("\"Abandonné\"]", "\" Gagné \"]", "\" Gagné \"", "`Gagné` cannot be both positive and negative", ""),
    ("\"Abandonné\"]", "\"inconnu\"]", "\"inconnu\"]\n\n[training]", "stand in `missing`", ""),
    ("[columns.\"Type\"]", "[columns.\" Re\u{301}gion\"]", "\"Région\"", "the column `Région` is declared twice", "trimmed"),
    ("[columns.\"Notes\"]", "[columns.\"  \"]", "\"  \"", "without a header", ""),
    ("[columns.\"Notes\"]", "[columns.emp.var.rate]", "emp", "`emp.var.rate` is read as a table", "[columns.\"emp.var.rate\"]"),
    // Columns that tell what the law asks.
    ("role = \"ignore\"", "role = \"fact\"", "\"Notes\"", "`fact` is missing in [columns.\"Notes\"]", ""),
    ("role = \"ignore\"", "role = \"fact\"\nfact = \"objections\"", "\"objections\"", "`fact` cannot be `objections`", "did you mean `objection`?"),
    ("\"text\"\nrole = \"ignore\"", "\"text\"\nrole = \"fact\"\nfact = \"objection\"", "\"text\"\nrole = \"fact\"", "the fact `objection` is a yes or a no", "kind = \"flag\""),
    ("\"text\"\nrole = \"ignore\"", "\"flag\"\nrole = \"fact\"\nfact = \"last-contact\"", "\"flag\"\nrole = \"fact\"", "the fact `last-contact` is a date", "kind = \"date\""),
    ("role = \"ignore\"", "role = \"ignore\"\nfact = \"objection\"", "\"objection\"", "`fact` belongs to the role `fact`", ""),
    ("role = \"ignore\"", "role = \"ignore\"\npart = \"when\"", "\"when\"", "`part` belongs to the role `consent`", ""),
    ("role = \"ignore\"", "role = \"ignore\"\nb2b = [\"pro\"]", "[\"pro\"]", "`b2b` belongs to the role `audience`", ""),
    ("role = \"audience\"", "role = \"audience\"\nb2b = []", "[]", "`b2b` is empty", "as the file writes them"),
    ("role = \"audience\"", "role = \"audience\"\nb2b = [\"Pro\"]\nb2c = [\"pro\"]", "\"pro\"", "`pro` cannot mean a professional and a consumer", ""),
    ("\"category\"\nrole = \"audience\"", "\"number\"\nrole = \"audience\"\nb2b = [\"1\"]", "\"number\"\nrole = \"audience\"", "an audience is told by words", "category"),
    ("role = \"consent\"", "role = \"consent\"\npart = \"wording\"", "\"Consentement\"", "no column tells `when`, `source`, `act`, `scope`, `withdrawn` of the consent", "proves nothing"),
    ("role = \"consent\"", "role = \"consent\"\npart = \"words\"", "\"words\"", "`part` cannot be `words`", ""),
    // Training.
    ("min_people = 25", "min_people = 4", "4", "a whole number from 5", ""),
    ("max_bins = 16", "max_bins = 33", "33", "a whole number from 2 to 32", ""),
    ("seed = 7", "seed = \"7\"", "\"7\"", "`seed` in [training] must be a whole number", ""),
    ("solver = \"linfa\"", "solver = \"lbfgs\"", "\"lbfgs\"", "`solver` cannot be `lbfgs`", "`newton`, `linfa`"),
    ("one_standard_error = true", "one_standard_error = 1", "1\n", "`true` or `false`", ""),
    ("rows_in_time_order = false", "rows_in_time_order = true", "true\nmax_cal", "declared twice", "remove one"),
    ("[[\"Source\", \"Effectif\"]]", "\"atuo\"", "\"atuo\"", "`pairs` cannot be `atuo`", "did you mean `auto`?"),
    ("[[\"Source\", \"Effectif\"]]", "3", "3", "or a list of pairs", ""),
    ("[[\"Source\", \"Effectif\"]]", "[[\"Source\"]]", "[\"Source\"]]", "a list of two columns", ""),
    ("[[\"Source\", \"Effectif\"]]", "[[\"Souce\", \"Effectif\"]]", "\"Souce\"", "`Souce` is no declared feature", "did you mean `Source`?"),
    ("[[\"Source\", \"Effectif\"]]", "[[\"Source\", \"Notes\"]]", "\"Notes\"]]", "`Notes` is no declared feature", ""),
    ("[[\"Source\", \"Effectif\"]]", "[[\"Source\", \"Source\"]]", "[\"Source\", \"S", "two different columns", ""),
    ("[[\"Source\", \"Effectif\"]]", "[[\"Source\", \"Effectif\"], [\"Effectif\", \"Source\"]]", "[\"Effectif\", \"S", "listed once", ""),
    // Profiling.
    ("[[bands]]\nid = \"froid\"", "[profiling]\nmax_alone = 1.5\n\n[[bands]]\nid = \"froid\"", "1.5", "`max_alone` in [profiling] must be a number from 0 to 1", ""),
    ("[[bands]]\nid = \"froid\"", "[profiling]\nmax_alone = \"5 %\"\n\n[[bands]]\nid = \"froid\"", "\"5 %\"", "must be a number from 0 to 1", ""),
    ("[[bands]]\nid = \"froid\"", "[profiling]\nmin_gain = -0.1\n\n[[bands]]\nid = \"froid\"", "-0.1", "`min_gain` in [profiling] must be a number from 0 to 1", ""),
    ("[[bands]]\nid = \"froid\"", "[oversight]\nborderline = 2\n\n[[bands]]\nid = \"froid\"", "2", "`borderline` in [oversight] must be a number from 0 to 1", ""),
    ("[[bands]]\nid = \"froid\"", "[oversight]\nseconds = 86400\n\n[[bands]]\nid = \"froid\"", "86400", "`seconds` in [oversight] must be a whole number from 0 to 3600", ""),
    ("[[bands]]\nid = \"froid\"", "[oversight]\ncontrol = 3\n\n[[bands]]\nid = \"froid\"", "control", "unknown key `control` in [oversight]", "did you mean `controls`?"),
    ("[[bands]]\nid = \"froid\"", "[[reasons]]\nid = \"a\"\ncode = 65535\nlabel = \"x\"\n\n[[bands]]\nid = \"froid\"", "65535", "`code` in [[reasons]] must be a whole number from 1 to 65534", ""),
    ("[[bands]]\nid = \"froid\"", "[[reasons]]\nid = \"a\"\ncode = 7\nlabel = \"x\"\n\n[[reasons]]\nid = \"b\"\ncode = 7\nlabel = \"y\"\n\n[[bands]]\nid = \"froid\"", "7\nlabel = \"y\"", "the code 7 is taken", "must mean one thing"),
    ("[[bands]]\nid = \"froid\"", "[profiling]\nmax_alome = 0.1\n\n[[bands]]\nid = \"froid\"", "max_alome", "unknown key `max_alome` in [profiling]", "did you mean `max_alone`?"),
    // Monitoring.
    ("[[bands]]\nid = \"froid\"", "[monitoring]\npsi_alert = 0.05\n\n[[bands]]\nid = \"froid\"", "0.05", "`psi_alert` in [monitoring] is under `psi_watch`", "raise `psi_alert`"),
    ("[[bands]]\nid = \"froid\"", "[monitoring]\npsi_watch = 0.3\n\n[[bands]]\nid = \"froid\"", "0.3", "`psi_alert` in [monitoring] is under `psi_watch`", "lower `psi_watch`"),
    ("[[bands]]\nid = \"froid\"", "[monitoring]\nwindow_days = 0\n\n[[bands]]\nid = \"froid\"", "0", "`window_days` in [monitoring] must be", ""),
    ("[[bands]]\nid = \"froid\"", "[monitoring]\nwindow_day = 7\n\n[[bands]]\nid = \"froid\"", "window_day", "unknown key `window_day` in [monitoring]", "did you mean `window_days`?"),
    ("[[bands]]\nid = \"froid\"", "[[profiling]]\nmax_alone = 0.1\n\n[[bands]]\nid = \"froid\"", "[[profiling]]", "`profiling` must be a table", "write `[profiling]`"),
    // Bands.
    ("from = 0\n", "from = 0.1\n", "0.1\n", "the first band must start from 0", "every score"),
    ("from = 0.512345", "from = 0.2", "0.2\nlabel = \"Chaud\"", "bands must ascend", ""),
    ("from = 0.512345", "from = 0.0512345", "0.0512345", "at most six decimals", "from = 0.35"),
    ("from = 0.512345", "from = 1.000001", "1.000001", "a decimal from 0 to 1", ""),
    ("from = 0.512345", "from = -0.5", "-0.5", "a decimal from 0 to 1", ""),
    ("from = 0.512345", "from = 5e-1", "5e-1", "a decimal from 0 to 1", ""),
    ("from = 0.512345", "from = \"0.5\"", "\"0.5\"", "a decimal from 0 to 1", ""),
    ("id = \"chaud\"", "id = \"tiede\"", "\"tiede\"\nfrom = 0.512345", "the id `tiede` is taken", ""),
    ("label = \"Chaud\"\n", "", "[[bands]]\nid = \"chaud\"", "`label` is missing in [[bands]]", ""),
    // Not even TOML.
    ("version = 1\n", "version = \n", "\n\n[controller]", "", "toml"),
    ("seed = 7\n", "seed = 7\nseed = 8\n", "seed = 8", "duplicate key", "toml"),
];

#[test]
fn every_rule_has_a_bad_file_and_points_at_its_line_and_column() {
    for &(from, to, at, what, hint) in BAD {
        assert!(SAMPLE.contains(from), "the sample does not hold `{from}`");
        let bad = SAMPLE.replacen(from, to, 1);
        let found = findings(&bad);
        assert_eq!(found.len(), 1, "`{from}` → `{to}`: {found:#?}");
        // What was written in is pointed at where it was written; anything else, where it first stands.
        let written = at.lines().next().is_some_and(|line| to.contains(line));
        let from_here = if written {
            SAMPLE.find(from).unwrap()
        } else {
            0
        };
        let offset = from_here
            + bad[from_here..]
                .find(at)
                .unwrap_or_else(|| panic!("`{at}` is nowhere"));
        let expected = place(&bad, offset);
        assert_eq!(
            (found[0].line, found[0].column),
            expected,
            "`{from}` → `{to}`: {}",
            found[0]
        );
        assert!(
            found[0].what.contains(what),
            "`{from}` → `{to}`: {}",
            found[0]
        );
        assert!(
            found[0].hint.as_deref().unwrap_or("").contains(hint),
            "`{from}` → `{to}`: {}",
            found[0]
        );
    }
}

#[test]
fn everything_that_is_wrong_is_told_at_once_from_the_top_to_the_end() {
    let bad = SAMPLE
        .replace("Europe/Paris", "Paris")
        .replace("retention_days = 365", "retention_days = 0")
        .replace("origin = \"facturation\"\n", "")
        .replace("kind = \"number\"", "kind = \"nombre\"")
        .replace("max_bins = 16", "max_bins = 64")
        .replace("from = 0.2", "from = 2");
    let found = findings(&bad);
    let lines: Vec<usize> = found.iter().map(|finding| finding.line).collect();
    let expected = [
        line(&bad, "\"Paris\""),
        line(&bad, "retention_days"),
        line(&bad, "\"nombre\""),
        line(&bad, "[columns.\"Client actuel\"]"),
        line(&bad, "max_bins"),
        // A column that could not be read is no feature either.
        line(&bad, "pairs = "),
        line(&bad, "from = 2"),
    ];
    assert_eq!(lines, expected, "{found:#?}");

    let error = policy::parse(&bad).unwrap_err();
    let shown = error.to_string();
    assert!(
        shown.starts_with("probant.toml:7:13: `Paris` is no time zone\n  hint: "),
        "{shown}"
    );
    assert_eq!(shown.matches("probant.toml:").count(), expected.len());
    assert!(error.hint().is_some());
}

#[test]
fn a_syntax_error_hides_no_other_mistake_and_invents_none() {
    let bad = SAMPLE
        .replace("name = \"Alba\"", "name = Alba")
        .replace("role = \"audit\"", "role = \"audt\"");
    let found = findings(&bad);
    let lines: Vec<usize> = found.iter().map(|finding| finding.line).collect();
    assert_eq!(
        lines,
        [line(&bad, "name = Alba"), line(&bad, "\"audt\"")],
        "{found:#?}"
    );

    // A key that its syntax hides is not told to be missing.
    let bad = SAMPLE.replace("retention_days = 365", "retention_days : 365");
    let found = findings(&bad);
    assert!(!found.is_empty());
    let at = line(&bad, "retention_days :");
    assert!(found.iter().all(|finding| finding.line == at), "{found:#?}");
}

#[test]
fn an_empty_file_is_told_what_it_lacks() {
    let found = findings("");
    for what in [
        "version",
        "[controller]",
        "purpose",
        "[data]",
        "[columns]",
        "band",
    ] {
        assert!(
            found.iter().any(|finding| finding.what.contains(what)),
            "{what}: {found:#?}"
        );
    }
    assert!(
        found
            .iter()
            .all(|finding| (finding.line, finding.column) == (1, 1))
    );
}

#[test]
fn a_policy_for_scoring_only_needs_no_outcome_and_a_header_may_come_padded() {
    let start = SAMPLE.find("[columns.\"Issue\"]").unwrap();
    let end = SAMPLE.find("[training]").unwrap();
    let text = format!("{}{}", &SAMPLE[..start], &SAMPLE[end..])
        .replace("\"Re\u{301}gion\"", "\"  Région \"");
    assert!(policy::parse(&text).is_ok());
}

#[test]
fn line_ends_and_a_byte_order_mark_change_nothing_but_the_digest() {
    let dressed = format!("\u{feff}{}", SAMPLE.replace('\n', "\r\n"));
    let policy = policy::parse(&dressed).unwrap();
    assert_eq!(policy.columns.len(), sample().columns.len());
    assert_ne!(policy.digest, sample().digest);
    let found = findings(&dressed.replace("version = 1", "version = 9"));
    assert_eq!((found[0].line, found[0].column), (2, 11));
    let found = findings("\u{feff}version = 9");
    assert!(
        found
            .iter()
            .any(|finding| (finding.line, finding.column) == (1, 11)),
        "{found:#?}"
    );
}

#[test]
fn the_bank_policies_parse_and_leave_the_duration_of_the_call_out() {
    for (text, ordered, columns, features) in [
        (BANK_FULL, BANK_FULL_ORDERED, 17, 15),
        (BANK_ADDITIONAL, BANK_ADDITIONAL_ORDERED, 21, 19),
    ] {
        let policy = policy::parse(text).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(policy.columns.len(), columns);
        assert_eq!(policy.features().count(), features);
        assert!(policy.features().all(|feature| feature.name != "duration"));
        assert_eq!(
            (policy.identifier().0.is_none(), policy.identifier().1),
            (true, IdType::Row)
        );
        assert_eq!(
            (policy.dialect.separator, policy.dialect.decimal),
            (b';', '.')
        );
        assert!(!policy.training.rows_in_time_order);
        // The ordered twin differs by one line only.
        let ordered_policy = policy::parse(ordered).unwrap_or_else(|error| panic!("{error}"));
        assert!(ordered_policy.training.rows_in_time_order);
        let differences: Vec<_> = text
            .lines()
            .zip(ordered.lines())
            .filter(|(a, b)| a != b)
            .collect();
        assert_eq!(
            differences,
            [("rows_in_time_order = false", "rows_in_time_order = true")]
        );
    }
}

#[test]
fn the_bank_policies_declare_the_very_headers_of_their_files() {
    for (text, file) in [
        (BANK_FULL, "bank-full.csv"),
        (BANK_ADDITIONAL, "bank-additional-full.csv"),
    ] {
        let path = format!(
            concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/../shared/data/bank_marketing/{}"
            ),
            file
        );
        let Ok(bytes) = std::fs::read(&path) else {
            println!("skipped: {file} is not here");
            continue;
        };
        let line = bytes.split(|&byte| byte == b'\n').next().unwrap();
        let header = std::str::from_utf8(line)
            .unwrap()
            .trim_end()
            .replace('"', "");
        let policy = policy::parse(text).unwrap();
        let names: Vec<&str> = policy
            .columns
            .iter()
            .map(|column| column.name.as_str())
            .collect();
        assert_eq!(names, header.split(';').collect::<Vec<_>>());
    }
}

// Pseudonyms.

fn master() -> Master {
    Master::new(&std::array::from_fn(|at| 32 + at as u8))
}

#[test]
fn the_pseudonym_is_the_one_of_the_reference() {
    let key = master().key(&"lead-scoring".parse().unwrap(), IdType::Email);
    let expected = "9c2e2ee3d742676033daf51849cfc4da";
    assert_eq!(key.pseudonym("alice@example.com").to_string(), expected);
    assert_eq!(
        key.of("  Alice@EXAMPLE.com ").unwrap().to_string(),
        expected
    );
}

#[test]
fn the_pseudonyms_of_the_reference_records_are_the_same() {
    // From the records of `ledger_ref.py`: bytes 24 to 40 of rows 0 and 3.
    let key = master().key(&"lead-scoring".parse().unwrap(), IdType::CrmId);
    assert_eq!(
        key.of("lead-0").unwrap().to_string(),
        "1bacdc485487283f69ab6f4526e56eb0"
    );
    assert_eq!(
        key.of("lead-3").unwrap().to_string(),
        "c2b27c9074fc834b22631b735837c906"
    );
}

#[test]
fn nobody_can_be_joined_across_purposes_types_or_masters() {
    let scoring = "lead-scoring".parse().unwrap();
    let upsell = "upsell".parse().unwrap();
    let other = Master::new(&[7; 32]);
    let all: Vec<Pseudonym> = [
        master().key(&scoring, IdType::CrmId),
        master().key(&scoring, IdType::Row),
        master().key(&upsell, IdType::CrmId),
        other.key(&scoring, IdType::CrmId),
    ]
    .iter()
    .map(|key| key.pseudonym("42"))
    .collect();
    for (at, one) in all.iter().enumerate() {
        assert!(all[at + 1..].iter().all(|two| two.0 != one.0));
    }
    assert_eq!(format!("{:?}", all[0]), "Pseudonym(..)");
    assert_ne!(master().kid(), other.kid());
    assert_eq!(master().kid(), "9cfc5a7dadc42e79");
}

#[test]
fn one_person_has_one_spelling() {
    let cases = [
        (IdType::CrmId, "  A-12 b ", "A-12 b"),
        (IdType::CrmId, "007", "007"),
        (IdType::CrmId, "A  B", "A  B"),
        (IdType::CrmId, "Ame\u{301}lie\u{a0}", "Amélie"),
        (
            IdType::Email,
            "Jean.DUPONT+x@Example.COM",
            "jean.dupont+x@example.com",
        ),
        (
            IdType::Email,
            "\tjean@bücher.example\n",
            "jean@xn--bcher-kva.example",
        ),
        (
            IdType::Email,
            "jean@BU\u{308}CHER.example",
            "jean@xn--bcher-kva.example",
        ),
        (IdType::Email, "É@x.example", "é@x.example"),
        (IdType::Phone, "06 12 34 56 78", "+33612345678"),
        (IdType::Phone, "06.12.34.56.78", "+33612345678"),
        (IdType::Phone, "06-12-34-56-78", "+33612345678"),
        (IdType::Phone, "06\u{a0}12\u{202f}34 56 78", "+33612345678"),
        (IdType::Phone, "(0)6 12 34 56 78", "+33612345678"),
        (IdType::Phone, "+33 6 12 34 56 78", "+33612345678"),
        (IdType::Phone, "+33 (0)6 12 34 56 78", "+33612345678"),
        (IdType::Phone, "+33 06 12 34 56 78", "+33612345678"),
        (IdType::Phone, "0033612345678", "+33612345678"),
        (IdType::Phone, "0033 (0)6 12 34 56 78", "+33612345678"),
        (IdType::Phone, "+1 (202) 555-0143", "+12025550143"),
        (IdType::Phone, "0049 30 901820", "+4930901820"),
        (IdType::Row, " 12 ", "12"),
    ];
    for (id_type, typed, expected) in cases {
        assert_eq!(
            normalise(id_type, typed).as_deref(),
            Ok(expected),
            "{id_type:?} {typed:?}"
        );
    }
}

#[test]
fn what_is_no_identifier_is_refused_without_being_told() {
    use pseudonym::Error::{Empty, NotAPhone, NotARow, NotAnEmail};
    let cases = [
        (IdType::CrmId, " \u{a0} ", Empty),
        (IdType::Email, "jean", NotAnEmail),
        (IdType::Email, "@example.com", NotAnEmail),
        (IdType::Email, "jean@", NotAnEmail),
        (IdType::Email, "jean dupont@example.com", NotAnEmail),
        (IdType::Email, "jean@exa mple.com", NotAnEmail),
        (IdType::Email, "jean@example..com", NotAnEmail),
        (IdType::Phone, "6 12 34 56 78", NotAPhone),
        (IdType::Phone, "06 12 34 56 7", NotAPhone),
        (IdType::Phone, "06 12 34 56 78 9", NotAPhone),
        (IdType::Phone, "06 12 34 56 7x", NotAPhone),
        (IdType::Phone, "+0 12 34 56 78", NotAPhone),
        (IdType::Phone, "+1234567890123456", NotAPhone),
        (IdType::Phone, "+", NotAPhone),
        (IdType::Phone, "n/a", NotAPhone),
        (IdType::Row, "0", NotARow),
        (IdType::Row, "012", NotARow),
        (IdType::Row, "-1", NotARow),
        (IdType::Row, "1.0", NotARow),
    ];
    for (id_type, typed, expected) in cases {
        let error = normalise(id_type, typed).unwrap_err();
        assert_eq!(error, expected, "{id_type:?} {typed:?}");
        assert!(error.hint().is_some() && !error.to_string().contains(typed));
    }
}

#[test]
fn the_training_key_is_the_hmac_of_the_identifier_under_the_seed() {
    // python3: hmac.new((7).to_bytes(8, "big"), b"lead-0", "sha256").hexdigest()
    assert_eq!(
        hex(&training_key(7, "lead-0")),
        "26bf925797c91e2cccf213e3e7f2310384b0a5722e28ec2263b985975d83eba3"
    );
    assert_ne!(training_key(8, "lead-0"), training_key(7, "lead-0"));
}

// Decisions.

#[test]
fn only_a_reviewer_makes_a_decision_of_a_proposal() {
    let policy = sample();
    let score = Score::try_from(600_000).unwrap();
    let proposal = Proposal::new(DecisionNumber(41), Band::of(&policy, score));
    assert_eq!(
        (proposal.decision().to_string(), proposal.band()),
        ("41".to_owned(), Band(2))
    );
    assert_eq!("41".parse(), Ok(DecisionNumber(41)));

    let operator = policy.person("alba").unwrap();
    let refused = Review::by(operator, Opinion::Validated, 0).unwrap_err();
    assert!(refused.to_string().contains("`alba` may not review") && refused.hint().is_some());

    let reviewer = policy.person("bruno").unwrap();
    let decide = |opinion| {
        proposal
            .clone()
            .decided_by(Review::by(reviewer, opinion, 0).unwrap())
    };
    assert_eq!(decide(Opinion::Validated).band(), Some(Band(2)));
    assert_eq!(
        decide(Opinion::Overridden {
            band: Band(0),
            reason: 3
        })
        .band(),
        Some(Band(0))
    );
    assert_eq!(decide(Opinion::Rejected { reason: 1 }).band(), None);
    assert_eq!(decide(Opinion::Validated).reviewer().as_str(), "bruno");
}

#[test]
fn a_whole_error_is_told_by_its_findings() {
    let Err(Error::Invalid { findings, .. }) = policy::parse("version = 1") else {
        panic!("a version is no policy")
    };
    assert!(!findings.is_empty());
}

// The schema and the drafts.

/// What a JSON Schema refuses in a value, by path: the few words of the draft that ours uses.
fn refused(schema: &Value, value: &Value, root: &Value, path: &str, out: &mut Vec<String>) {
    if let Some(reference) = schema["$ref"].as_str() {
        let name = reference
            .strip_prefix("#/$defs/")
            .expect("references are local");
        return refused(&root["$defs"][name], value, root, path, out);
    }
    for many in ["anyOf", "oneOf"] {
        let Some(branches) = schema[many].as_array() else {
            continue;
        };
        let fits = branches.iter().filter(|branch| {
            let mut inner = Vec::new();
            refused(branch, value, root, path, &mut inner);
            inner.is_empty()
        });
        if fits.count() == 0 {
            out.push(format!("{path}: no branch fits"));
        }
    }
    let named = |kind: &str| match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_u64() || value.is_i64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        other => panic!("a type that no schema of ours names: {other}"),
    };
    let kinds = match &schema["type"] {
        Value::String(kind) => vec![kind.as_str()],
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    if !kinds.is_empty() && !kinds.iter().any(|kind| named(kind)) {
        out.push(format!("{path}: not {kinds:?}"));
    }
    let words = schema["enum"].as_array();
    let constant = schema.get("const");
    if words.is_some_and(|words| !words.contains(value))
        || constant.is_some_and(|constant| constant != value)
    {
        out.push(format!("{path}: not one of the words"));
    }
    bounded(schema, value, path, out);
    if let Some(object) = value.as_object() {
        for needed in schema["required"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
        {
            if !object.contains_key(needed) {
                out.push(format!("{path}: without `{needed}`"));
            }
        }
        for (key, inner) in object {
            let path = format!("{path}/{key}");
            match (
                schema["properties"].get(key),
                &schema["additionalProperties"],
            ) {
                (Some(known), _) => refused(known, inner, root, &path, out),
                (None, Value::Bool(false)) => out.push(format!("{path}: unknown")),
                (None, other @ Value::Object(_)) => refused(other, inner, root, &path, out),
                _ => {}
            }
        }
    }
    for (at, item) in value.as_array().into_iter().flatten().enumerate() {
        refused(&schema["items"], item, root, &format!("{path}/{at}"), out);
    }
}

fn bounded(schema: &Value, value: &Value, path: &str, out: &mut Vec<String>) {
    if let Some(number) = value.as_f64() {
        let low = schema["minimum"].as_f64().unwrap_or(f64::NEG_INFINITY);
        let high = schema["maximum"].as_f64().unwrap_or(f64::INFINITY);
        if !(low..=high).contains(&number) {
            out.push(format!("{path}: outside {low} to {high}"));
        }
    }
    let lengths = [
        (value.as_array().map(Vec::len), "minItems", "maxItems"),
        (
            value.as_str().map(|text| text.chars().count()),
            "minLength",
            "maxLength",
        ),
    ];
    for (length, least, most) in lengths {
        let Some(length) = length else { continue };
        let least = schema[least].as_u64().unwrap_or(0);
        let most = schema[most].as_u64().unwrap_or(u64::MAX);
        if !(least..=most).contains(&(length as u64)) {
            out.push(format!("{path}: {length} outside {least} to {most}"));
        }
    }
}

/// What the published schema refuses in a policy.
fn against_schema(text: &str) -> Vec<String> {
    let schema: Value = serde_json::from_str(&policy::schema()).unwrap();
    let value: Value = toml::from_str(text).unwrap();
    let mut out = Vec::new();
    refused(&schema, &value, &schema, "", &mut out);
    out
}

#[test]
fn the_sample_the_bank_policies_and_the_drafts_satisfy_the_published_schema() {
    let drafts = [Lang::Fr, Lang::En].map(|lang| policy::draft(&crm(), lang));
    for text in [SAMPLE, BANK_FULL, BANK_ADDITIONAL, &drafts[0], &drafts[1]] {
        assert_eq!(against_schema(text), Vec::<String>::new());
    }
}

#[test]
fn the_schema_refuses_what_the_parser_refuses_in_shape() {
    let cases = [
        ("version = 1", "version = 2"),
        ("dpo = ", "dop = "),
        ("language = \"fr\"", "language = \"de\""),
        ("kind = \"flag\"", "kind = \"boolean\""),
        ("role = \"audience\"", "role = \"target\""),
        ("min_people = 25", "min_people = 4"),
        ("max_bins = 16", "max_bins = \"16\""),
        (
            "[[bands]]\nid = \"froid\"",
            "[profiling]\nmax_alone = 1.5\n\n[[bands]]\nid = \"froid\"",
        ),
        ("retention_days = 365", "retention_days = 0"),
        (
            "pairs = [[\"Source\", \"Effectif\"]]",
            "pairs = [[\"Source\"]]",
        ),
        ("from = 0.2", "from = 1.2"),
        ("positive = [\"Gagné\"]", "positive = []"),
        ("separator = \";\"", "separator = \":\""),
        ("basis = \"legitimate-interest\"\n", ""),
    ];
    for (from, to) in cases {
        let bad = SAMPLE.replacen(from, to, 1);
        assert_ne!(bad, SAMPLE, "{from}");
        assert!(!findings(&bad).is_empty(), "the parser takes `{to}`");
        assert!(!against_schema(&bad).is_empty(), "the schema takes `{to}`");
    }
}

fn column(name: &str, kind: Kind, role: Guess) -> ObservedColumn {
    ObservedColumn {
        name: name.to_owned(),
        kind,
        role,
        distinct: Some(12),
    }
}

fn outcome(values: &[&str]) -> Guess {
    Guess::Outcome {
        values: values.iter().map(|&text| text.to_owned()).collect(),
    }
}

/// What a survey of a French CRM could find.
fn crm() -> Observed {
    Observed {
        format: Format::Csv,
        separator: b';',
        encoding: Encoding::Windows1252,
        decimal: ',',
        thousands: Thousands::Space,
        dates: DateOrder::DayFirst,
        missing: vec!["n/a".to_owned(), "inconnu".to_owned()],
        yes: vec!["Oui".to_owned()],
        no: vec!["Non".to_owned()],
        columns: vec![
            column("Réf.", Kind::Text, Guess::Identifier(IdType::CrmId)),
            column("Courriel", Kind::Text, Guess::Identity),
            column("Créé le", Kind::Date, Guess::Date),
            column("Source \"web\" \\ salon", Kind::Category, Guess::Feature),
            column("Effectif", Kind::Number, Guess::Feature),
            column("Client", Kind::Flag, Guess::Feature),
            column("Notes", Kind::Text, Guess::Feature),
            column("Relance", Kind::Date, Guess::Feature),
            column(
                "Issue",
                Kind::Category,
                outcome(&["Perdu", "En cours", "Gagné"]),
            ),
        ],
    }
}

#[test]
fn a_draft_says_what_the_file_showed_and_parses_at_once_in_both_languages() {
    for lang in [Lang::Fr, Lang::En] {
        let text = policy::draft(&crm(), lang);
        let drafted = policy::parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        assert_eq!(drafted.controller.language, lang);
        assert_eq!(
            (drafted.dialect.separator, drafted.dialect.decimal),
            (b';', ',')
        );
        assert_eq!(
            (drafted.dialect.encoding, drafted.dialect.thousands),
            (Encoding::Windows1252, Thousands::Space)
        );
        assert_eq!(
            (drafted.dialect.dates, &drafted.dialect.missing),
            (DateOrder::DayFirst, &crm().missing)
        );
        let names: Vec<String> = crm()
            .columns
            .into_iter()
            .map(|column| column.name)
            .collect();
        assert_eq!(
            drafted
                .columns
                .iter()
                .map(|column| column.name.clone())
                .collect::<Vec<_>>(),
            names
        );
        assert_eq!(
            drafted.features().count(),
            3,
            "neither free text nor a date is a feature"
        );
        assert_eq!(
            drafted.identifier().0.map(|column| column.name.as_str()),
            Some("Réf.")
        );
        let issue = &drafted.columns[8].role;
        let (positive, negative) = (vec!["Gagné".to_owned()], vec!["Perdu".to_owned()]);
        assert_eq!(
            *issue,
            Use::Outcome { positive, negative },
            "`En cours` is an open lead"
        );
        assert!(
            text.lines()
                .all(|line| !line.starts_with('#') || line.chars().count() <= 101),
            "{text}"
        );
    }
    assert!(
        policy::draft(&crm(), Lang::Fr).contains("À préciser : en quoi cette donnée aide-t-elle")
    );
    assert!(policy::draft(&crm(), Lang::En).contains("To be stated: how does this help"));
}

/// Values seen, won ones, lost ones, and whether somebody must check.
type Outcomes = (
    &'static [&'static str],
    &'static [&'static str],
    &'static [&'static str],
    bool,
);

#[test]
fn a_draft_guesses_which_outcome_was_won_and_says_when_it_cannot() {
    let cases: [Outcomes; 6] = [
        (&["no", "yes"], &["yes"], &["no"], false),
        (&["0", "1"], &["1"], &["0"], false),
        (&["NON", "OUI"], &["OUI"], &["NON"], false),
        (&["Perdu", "Signature"], &["Signature"], &["Perdu"], false),
        (
            &["won", "later", "never"],
            &["won"],
            &["later", "never"],
            true,
        ),
        (&["b", "a"], &["a"], &["b"], true),
    ];
    for (values, won, lost, doubtful) in cases {
        let mut observed = crm();
        observed.columns[8].role = outcome(values);
        let text = policy::draft(&observed, Lang::Fr);
        let drafted = policy::parse(&text).unwrap();
        let owned = |texts: &[&str]| {
            texts
                .iter()
                .map(|&text| text.to_owned())
                .collect::<Vec<_>>()
        };
        let expected = Use::Outcome {
            positive: owned(won),
            negative: owned(lost),
        };
        assert_eq!(drafted.columns[8].role, expected, "{values:?}");
        assert_eq!(text.contains("À VÉRIFIER"), doubtful, "{values:?}");
    }
    let mut observed = crm();
    observed.columns[8].role = outcome(&["Gagné"]);
    let drafted = policy::parse(&policy::draft(&observed, Lang::Fr)).unwrap();
    assert_eq!(drafted.columns[8].role, Use::Ignore);
}

#[test]
fn a_file_without_an_identifier_is_drafted_by_row() {
    let mut observed = crm();
    observed.columns.remove(0);
    let drafted = policy::parse(&policy::draft(&observed, Lang::En)).unwrap();
    assert_eq!(
        (drafted.identifier().0.is_none(), drafted.identifier().1),
        (true, IdType::Row)
    );
}

fn any_kind() -> impl Strategy<Value = Kind> {
    prop_oneof![
        Just(Kind::Number),
        Just(Kind::Category),
        Just(Kind::Flag),
        Just(Kind::Date),
        Just(Kind::Text)
    ]
}

fn any_guess() -> impl Strategy<Value = Guess> {
    let id_types = prop_oneof![
        Just(IdType::CrmId),
        Just(IdType::Email),
        Just(IdType::Phone),
        Just(IdType::Row)
    ];
    prop_oneof![
        id_types.prop_map(Guess::Identifier),
        Just(Guess::Feature),
        Just(Guess::Date),
        Just(Guess::Identity),
        Just(Guess::Ignore),
        prop::collection::vec(".{0,6}", 0..4).prop_map(|values| Guess::Outcome { values }),
    ]
}

prop_compose! {
    fn any_observed()(
        separator in any::<u8>(),
        decimal in any::<char>(),
        thousands in prop_oneof![Just(Thousands::Dot), Just(Thousands::Comma), Just(Thousands::Space)],
        missing in prop::collection::vec(".{0,4}", 0..4),
        yes in prop::collection::vec(".{0,4}|oui|NO", 0..4),
        no in prop::collection::vec(".{0,4}|no", 0..4),
        columns in prop::collection::vec((".{0,12}", any_kind(), any_guess(), any::<Option<u64>>()), 0..8),
    ) -> Observed {
        let columns = columns.into_iter().map(|(name, kind, role, distinct)| ObservedColumn { name, kind, role, distinct });
        let columns = columns.collect();
        Observed { separator, decimal, thousands, missing, yes, no, columns, ..crm() }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_was_observed_the_draft_parses(observed in any_observed(), french in any::<bool>()) {
        let lang = if french { Lang::Fr } else { Lang::En };
        let text = policy::draft(&observed, lang);
        match policy::parse(&text) {
            Ok(_) => {}
            // A file without a single usable column leaves nothing to declare.
            Err(error) => prop_assert!(
                error.findings().iter().all(|finding| finding.what == "no column is declared"),
                "{error}\n{text}"
            ),
        }
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in "\\PC*") {
        let _ = policy::parse(&text);
    }

    #[test]
    fn no_damage_to_a_policy_makes_the_parser_panic(at in 0..SAMPLE.len(), len in 0..40_usize, put in "[\\[\\]\"=.,a-z0-9 \n\u{feff}é-]{0,6}") {
        let mut start = at;
        while !SAMPLE.is_char_boundary(start) {
            start -= 1;
        }
        let mut end = (at + len).min(SAMPLE.len());
        while !SAMPLE.is_char_boundary(end) {
            end += 1;
        }
        let damaged = format!("{}{put}{}", &SAMPLE[..start], &SAMPLE[end..]);
        if let Err(error) = policy::parse(&damaged) {
            prop_assert!(!error.findings().is_empty());
            let lines = damaged.matches('\n').count() + 1;
            prop_assert!(error.findings().iter().all(|finding| (1..=lines).contains(&finding.line) && finding.column >= 1));
        }
    }

    #[test]
    fn a_normalised_identifier_is_its_own_normal_form(text in ".{0,20}", local in "[a-zA-Zé.+]{1,8}", host in "[a-zA-Zü]{1,8}") {
        for (id_type, typed) in [
            (IdType::CrmId, text.clone()),
            (IdType::Email, text.clone()),
            (IdType::Phone, text),
            (IdType::Email, format!("{local}@{host}.example")),
        ] {
            if let Ok(once) = normalise(id_type, &typed) {
                prop_assert_eq!(normalise(id_type, &once).unwrap(), once.clone());
            }
        }
    }
}
