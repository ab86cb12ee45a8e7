//! Law packs and eligibility: formats, default deny, facts into a record and back.

use std::collections::BTreeMap;

use chrono::{Days, Months, NaiveDate};
use probant::digest::Digest;
use probant::eligibility::{
    Again, Consent, Context, Known, LeadFacts, Misread, Proof, ProofParts, Rules, Verdict, decide,
    read,
};
use probant::lang::Lang;
use probant::law::words::{Audience, Basis, Channel, Channels, Scope};
use probant::law::{self, Pack, Then};
use probant::ledger::record::Facts;

use crate::law_table::purpose;
use crate::ledger::noise;

/// What each published pack is, for ever.
const DIGESTS: &str = include_str!("../vectors/law-digests.txt");

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn proof(when: &str, withdrawn: Option<&str>, scope: &[Channel]) -> Consent {
    Consent::Proof(Proof {
        when: day(when),
        withdrawn: withdrawn.map(day),
        scope: Channels::of(scope),
        digest: [0xab; 32],
    })
}

// Formats.

#[test]
fn a_published_pack_never_changes() {
    let known: BTreeMap<&str, &str> = DIGESTS
        .lines()
        .filter_map(|line| line.split_once(' '))
        .map(|(digest, id)| (id, digest))
        .collect();
    let mut packs = 0;
    for pack in law::packs() {
        packs += 1;
        assert_eq!(
            known.get(pack.id().as_str()),
            Some(&pack.digest().to_string().as_str()),
            "{} changed: publish it under a new id",
            pack.id()
        );
        assert_eq!(Pack::parse(pack.text()).unwrap().text(), pack.text());
    }
    assert_eq!(packs, known.len());
}

#[test]
fn under_none_1_every_lead_has_the_basis_that_its_purpose_declares() {
    let pack = law::builtin("none-1").unwrap();
    for basis in Basis::ALL {
        let purpose = purpose(&[*basis, Basis::Consent], None);
        for seed in 0..2_000 {
            let lead = if seed == 0 {
                LeadFacts::default()
            } else {
                some_lead(seed)
            };
            let date = day("2020-01-01") + Days::new(noise(seed) % 9_000);
            let verdict = decide(&Context::of(&purpose, &pack, date), &lead);
            let Verdict::Eligible(eligible) = verdict else {
                panic!("none-1 refuses nobody: {lead:?}");
            };
            assert_eq!(
                (eligible.basis(), eligible.code(), eligible.article()),
                (*basis, basis.code(), basis.article())
            );
            assert_eq!(eligible.facts(), "");
        }
        let grounds = pack.grounds_of(&purpose.bases);
        assert_eq!((grounds.len(), grounds[0].code), (1, basis.code()));
    }
    assert!(pack.refusals().is_empty() && pack.grounds().next().is_none());
}

#[test]
fn a_pack_of_the_first_format_rules_by_facts_and_date_and_keeps_what_it_asks() {
    let pack = Pack::parse(include_str!("../vectors/law-1.json")).unwrap();
    let purpose = purpose(&[Basis::LegitimateInterest], None);
    let said = |audience, consent, date| {
        let lead = LeadFacts {
            audience,
            consent,
            customer: Some(true),
            ..LeadFacts::default()
        };
        match decide(&Context::of(&purpose, &pack, day(date)), &lead) {
            Verdict::Eligible(it) => format!("{} {}", it.code(), it.facts()),
            Verdict::Refused(it) => format!("{} {} {}", it.code(), it.name(), it.facts()),
        }
    };
    let (b2b, b2c) = (Known::Is(Audience::B2b), Known::Is(Audience::B2c));
    assert_eq!(said(b2b, Consent::None, "2026-06-01"), "4 audience=b2b\n");
    assert_eq!(
        said(b2c, Consent::None, "2026-12-31"),
        "201 no-consent audience=b2c\n"
    );
    assert_eq!(
        said(b2c, Consent::None, "2027-01-01"),
        "240 unknown audience=b2c\n"
    );
    assert_eq!(
        said(b2c, Consent::Incomplete, "2026-06-01"),
        "240 unknown audience=b2c\nconsent=incomplete\n"
    );
    let codes: Vec<u8> = pack.refusals().iter().map(|it| it.code).collect();
    assert_eq!(codes, [201, 240]);
    assert!(!pack.names_grounds() && pack.parameters().is_none());
}

#[test]
fn a_pack_against_a_rule_of_its_format_is_refused() {
    let first = include_str!("../vectors/law-1.json");
    let second = law::builtin("fr-1").unwrap().text().to_owned();
    let bad = [
        (first, "  \"id\"", "   \"id\""),
        (first, "\"code\": 201", "\"code\": 199"),
        (first, "\"code\": 201", "\"code\": 255"),
        (first, "probant/law/v1", "probant/law/v2"),
        (first, "probant/law/v1", "probant/law/v3"),
        (first, "\"2026-12-31\"", "\"2026-02-30\""),
        (first, "\"2026-12-31\"", "\"2026-1-1\""),
        (first, "\"sources\"", "\"source\""),
        (first, "\"id\": \"test-1\"", "\"id\": \"Test 1\""),
        (&second, "  \"id\"", "   \"id\""),
        (&second, "probant/law/v2", "probant/law/v1"),
        (&second, "\"code\": 201", "\"code\": 200"),
        (&second, "\"code\": 201", "\"code\": 99"),
        (&second, "\"code\": 231", "\"code\": 255"),
        (&second, "\"code\": 11", "\"code\": 10"),
        (&second, "\"code\": 10", "\"code\": 4"),
        (&second, "\"code\": 16", "\"code\": 200"),
        (
            &second,
            "\"retention_months\": 36",
            "\"retention_months\": 0",
        ),
        (
            &second,
            "\"retention_months\": 36",
            "\"retention_months\": 1201",
        ),
        (
            &second,
            "\"until\": \"2026-08-10\"",
            "\"until\": \"2026-08-32\"",
        ),
        (
            &second,
            "\"from\": \"2026-08-11\"",
            "\"from\": \"2026-8-11\"",
        ),
        (&second, "\"read\": \"2026-11-25\"", "\"read\": \"today\""),
        (&second, "\"audience\": [", "\"audienc\": ["),
        (&second, "\"b2c\"", "\"b2x\""),
        (
            &second,
            "\"refuse\": \"erased\"",
            "\"refuse\": \"vanished\"",
        ),
        (
            &second,
            "\"eligible\": \"call-consent\"",
            "\"eligible\": \"objection\"",
        ),
        (
            &second,
            "\"otherwise\": \"no-rule\"",
            "\"otherwise\": \"call-consent\"",
        ),
        (
            &second,
            "\"undeclared\": \"basis-not-declared\"",
            "\"undeclared\": \"x\"",
        ),
        (&second, "\"name\": \"erased\"", "\"name\": \"objection\""),
        (
            &second,
            "\"name\": \"call-consent\"",
            "\"name\": \"call-contract\"",
        ),
        (&second, "\"basis\": \"consent\"", "\"basis\": \"habit\""),
        (
            &second,
            "\"article\": \"gdpr-17\",\n      \"title\"",
            "\"article\": \"gdpr-18\",\n      \"title\"",
        ),
    ];
    for (text, from, to) in bad {
        let changed = text.replacen(from, to, 1);
        assert_ne!(changed, text, "{from}");
        assert!(
            Pack::parse(&changed).is_err_and(|error| error.hint().is_some()),
            "{from} -> {to}"
        );
    }
    for text in [first, &second] {
        assert!(Pack::parse(text.trim_end()).is_err());
        assert!(Pack::parse(&format!("{text}\n")).is_err());
    }
}

#[test]
fn whatever_the_french_pack_says_a_data_protection_officer_can_read_in_both_languages() {
    let pack = law::builtin("fr-1").unwrap();
    let grounds = pack.grounds().map(|it| (&it.article, &it.sentence));
    let refusals = pack.refusals();
    let refusals = refusals.iter().map(|it| (&it.article, &it.sentence));
    for (article, sentence) in grounds.chain(refusals) {
        let sentence = sentence.as_ref().unwrap();
        for lang in [Lang::En, Lang::Fr] {
            let words = sentence.words(lang);
            assert!(words.ends_with('.') && words.len() > 20, "{words}");
            assert!(!words.contains('\''), "{words}");
        }
        assert_ne!(sentence.en, sentence.fr);
        assert!(pack.sources().iter().any(|it| it.article == *article));
    }
    for source in pack.sources() {
        assert!(source.address.starts_with("https://"), "{source:?}");
    }
}

// Default deny.

/// Some lead: each fact takes its values by turns, those that let people through more often.
fn some_lead(seed: u64) -> LeadFacts {
    let mut turn = 0;
    let mut pick = |of: u64| {
        turn += 1;
        noise(seed.wrapping_mul(1_000_003).wrapping_add(turn)) % of
    };
    let mut flag = |yes: u64, no: u64| match pick(10) {
        at if at < yes => Some(true),
        at if at < yes + no => Some(false),
        _ => None,
    };
    let mut lead = LeadFacts {
        objection: flag(1, 7),
        customer: flag(6, 2),
        informed: flag(7, 2),
        job_related: flag(7, 2),
        generic_address: flag(2, 5),
        contract: flag(3, 4),
        similar_products: flag(7, 2),
        opt_out_offered: flag(7, 2),
        bloctel: flag(2, 6),
        ..LeadFacts::default()
    };
    let date = |at: u64| Some(day("2022-06-01") + Days::new(at));
    lead.audience = match pick(10) {
        0..4 => Known::Is(Audience::B2b),
        4..8 => Known::Is(Audience::B2c),
        8 => Known::Unknown,
        _ => Known::Unreadable,
    };
    lead.collected = date(pick(2_500)).filter(|_| pick(4) > 0);
    lead.last_contact = date(pick(2_500)).filter(|_| pick(3) > 0);
    lead.suppressed = match pick(30) {
        at @ 0..4 => Some(Scope::ALL[at as usize]),
        _ => None,
    };
    lead.consent = match pick(10) {
        0..3 => Consent::None,
        3 => Consent::Incomplete,
        4 => Consent::Withdrawn(date(pick(2_500)).unwrap()),
        _ => Consent::Proof(Proof {
            when: date(pick(2_000)).unwrap(),
            withdrawn: date(pick(2_500)).filter(|_| pick(5) == 0),
            scope: [Channel::Email, Channel::Sms, Channel::Phone]
                .get(pick(4) as usize)
                .map_or(Channels::ALL, |it| Channels::of(&[*it])),
            digest: [pick(256) as u8; 32],
        }),
    };
    lead
}

/// Whether the law's own table (not the pack) has a ground for this lead, and which basis it is one of.
fn has_ground(lead: &LeadFacts, channel: Channel, date: NaiveDate, bases: &[Basis]) -> bool {
    let yes = Some(true);
    let within = |day: Option<NaiveDate>| {
        day.is_some_and(|day| day <= date && day + Months::new(36) >= date)
    };
    let (mut consent, mut given) = (false, None);
    match lead.consent {
        Consent::None | Consent::Incomplete => {}
        Consent::Withdrawn(_) => return false,
        Consent::Proof(it) if it.withdrawn.is_some() || it.when > date => return false,
        Consent::Proof(it) => {
            consent = it.scope.holds(channel);
            given = Some(it.when);
        }
    }
    let future = |it: Option<NaiveDate>| it.is_some_and(|it| it > date);
    let barred = lead.suppressed.is_some()
        || lead.objection == yes
        || future(lead.collected)
        || future(lead.last_contact)
        || (lead.contract == yes && lead.customer == Some(false))
        || date < day("2026-01-01");
    let kept = within(lead.collected) || within(lead.last_contact) || within(given);
    if barred || !kept {
        return false;
    }
    let consent = consent && bases.contains(&Basis::Consent);
    let interest = bases.contains(&Basis::LegitimateInterest) && lead.objection == Some(false);
    let opt_in = date >= day("2026-08-11");
    match (lead.audience, channel) {
        (Known::Is(Audience::B2c), Channel::Email | Channel::Sms) => {
            let customer = lead.customer == yes && lead.similar_products == yes;
            let told = lead.informed == yes && lead.opt_out_offered == yes;
            consent || (interest && customer && told)
        }
        (Known::Is(Audience::B2b), Channel::Email) => {
            let told = lead.informed == yes && lead.job_related == yes;
            let outside = lead.generic_address == yes || lead.opt_out_offered != yes;
            interest && told && !outside
        }
        (Known::Is(Audience::B2c), Channel::Phone) => {
            let list = !opt_in && lead.bloctel == Some(false);
            (interest && (lead.contract == yes || list)) || (consent && (opt_in || list))
        }
        _ => false,
    }
}

#[test]
fn whoever_has_no_listed_ground_is_refused_whatever_the_facts() {
    let pack = law::builtin("fr-1").unwrap();
    let declared = [
        vec![Basis::Consent],
        vec![Basis::LegitimateInterest],
        vec![Basis::Consent, Basis::LegitimateInterest],
        vec![Basis::Contract],
    ];
    let mut met: BTreeMap<String, u32> = BTreeMap::new();
    for seed in 0..400_000 {
        let lead = some_lead(seed);
        let date = day("2025-12-15") + Days::new(noise(seed ^ 0x55) % 500);
        let channel = Channel::ALL[(noise(seed ^ 0x99) % 4) as usize];
        let bases = &declared[(noise(seed ^ 0x77) % 4) as usize];
        let expected = has_ground(&lead, channel, date, bases);
        let purpose = purpose(bases, Some(channel));
        match decide(&Context::of(&purpose, &pack, date), &lead) {
            Verdict::Eligible(it) => {
                assert!(expected, "{lead:?} {channel} {date}: {}", it.name());
                *met.entry(it.name().to_owned()).or_default() += 1;
            }
            Verdict::Refused(it) => {
                assert!(!expected, "{lead:?} {channel} {date}: {}", it.name());
                *met.entry(it.name().to_owned()).or_default() += 1;
            }
        }
    }
    let own = pack.grounds().map(|it| it.name.to_string());
    let refusals = pack.refusals();
    let own = own.chain(refusals.iter().map(|it| it.name.to_string()));
    for name in own.filter(|it| it != "channel-unknown") {
        let count = met.get(&name).copied().unwrap_or_default();
        assert!(count >= 20, "{name} was met {count} times: {met:?}");
    }
}

#[test]
fn no_rule_that_lets_people_through_forgets_who_objected_or_whose_time_is_over() {
    let pack = law::builtin("fr-1").unwrap();
    let rules = pack.rules();
    let first_leave = rules
        .iter()
        .position(|it| matches!(it.then, Then::Eligible(_)));
    let (before, _) = rules.split_at(first_leave.unwrap());
    let unconditional = [
        "erased",
        "objection",
        "consent-withdrawn",
        "retention-lapsed",
    ];
    for name in unconditional {
        let stands = before.iter().any(|rule| match &rule.then {
            Then::Refuse(it) => it.name.as_str() == name && rule.when.len() == 1,
            _ => false,
        });
        assert!(stands, "{name} is not asked before every ground");
    }
}

// Facts, into a record and back.

#[test]
fn the_facts_of_a_record_suffice_to_rule_again_and_nothing_else_passes_for_them() {
    let pack = law::builtin("fr-1").unwrap();
    let bases = [Basis::Consent, Basis::LegitimateInterest];
    let mut longest = 0;
    for seed in 0..60_000 {
        let lead = some_lead(seed);
        let date = day("2025-12-15") + Days::new(noise(seed ^ 0x55) % 500);
        let channel = Channel::ALL[(noise(seed ^ 0x99) % 4) as usize];
        let purpose = purpose(&bases, Some(channel));
        let rules = Rules::of(&Context::of(&purpose, &pack, date));
        let (facts, said) = match rules.decide(&lead) {
            Verdict::Eligible(it) => (it.facts().to_owned(), Again::Basis(it.code())),
            Verdict::Refused(it) => (it.facts().to_owned(), Again::Refusal(it.code())),
        };
        Facts::parse(facts.as_bytes()).expect("the ledger takes them");
        assert_eq!(rules.again(facts.as_bytes()), Ok(said), "{facts}");
        longest = longest.max(facts.len());
    }
    assert!((200..600).contains(&longest), "{longest}");
}

#[test]
fn only_what_the_rules_in_force_ask_is_recorded() {
    let pack = law::builtin("fr-1").unwrap();
    let lead = LeadFacts {
        audience: Known::Is(Audience::B2c),
        consent: proof("2026-02-01", None, &[Channel::Email, Channel::Phone]),
        objection: Some(false),
        last_contact: Some(day("2026-03-04")),
        collected: Some(day("2025-12-01")),
        customer: Some(true),
        informed: Some(true),
        job_related: Some(false),
        generic_address: Some(false),
        contract: Some(false),
        similar_products: Some(true),
        opt_out_offered: Some(true),
        bloctel: Some(false),
        suppressed: None,
    };
    let recorded = |channel, date| {
        let purpose = purpose(&[Basis::Consent], Some(channel));
        match decide(&Context::of(&purpose, &pack, day(date)), &lead) {
            Verdict::Eligible(it) => it.facts().to_owned(),
            Verdict::Refused(it) => panic!("{}", it.name()),
        }
    };
    let proof = format!("consent-proof={}\n", "ab".repeat(32));
    assert_eq!(
        recorded(Channel::Email, "2026-06-01"),
        format!(
            "audience=b2c\ncollected=2025-12-01\n{proof}consent-scope=email+phone\n\
             consent-when=2026-02-01\ncontract=no\ncustomer=yes\ninformed=yes\n\
             last-contact=2026-03-04\nobjection=no\nopt-out-offered=yes\n\
             similar-products=yes\n"
        )
    );
    let before = recorded(Channel::Phone, "2026-08-10");
    let since = recorded(Channel::Phone, "2026-08-11");
    assert!(before.contains("bloctel=no\n") && !since.contains("bloctel"));
    assert!(!since.contains("informed") && !since.contains("similar-products"));
}

#[test]
fn facts_that_no_verdict_would_have_recorded_are_misread() {
    let pack = law::builtin("fr-1").unwrap();
    let purpose = purpose(&[Basis::LegitimateInterest], Some(Channel::Email));
    let rules = Rules::of(&Context::of(&purpose, &pack, day("2026-06-01")));
    let good = "audience=b2b\ncollected=2026-01-01\ninformed=yes\njob-related=yes\nobjection=no\nopt-out-offered=yes\n";
    assert_eq!(rules.again(good.as_bytes()), Ok(Again::Basis(12)));
    let sum = "0".repeat(64);
    for bad in [
        "audience=b2x\n",
        "audience=unknown\n",
        "audience\n",
        "audience=b2b",
        "audience=b2b\naudience=b2b\n",
        "bloctel=no\n",
        "collected=2026-1-1\n",
        "collected=2026-02-30\n",
        "collected=yes\n",
        "informed=2026-01-01\n",
        "informed=maybe\n",
        "informed=no\ncustomer=yes\n",
        "consent=valid\n",
        "consent=none\n",
        "consent-when=2026-01-01\n",
        "consent-proof=00\nconsent-scope=email\nconsent-when=2026-01-01\n",
        &format!("consent-proof={sum}\nconsent-scope=sms+email\nconsent-when=2026-01-01\n"),
        &format!("consent-proof={sum}\nconsent-scope=\nconsent-when=2026-01-01\n"),
        &format!("consent-proof={sum}\nconsent-when=2026-01-01\n"),
        &format!("consent=incomplete\nconsent-proof={sum}\n"),
        "consent=incomplete\nconsent-withdrawn=2026-01-01\n",
        "suppressed=none\n",
        "name=dupont\n",
        "\u{e9}=yes\n",
    ] {
        assert_eq!(rules.again(bad.as_bytes()), Err(Misread), "{bad}");
    }
    assert_eq!(rules.again(b"audience=\xff\n"), Err(Misread));
    // A day beyond the four digits is a day all the same.
    let far = LeadFacts {
        collected: NaiveDate::from_ymd_opt(12_026, 1, 1),
        last_contact: NaiveDate::from_ymd_opt(-44, 3, 15),
        ..LeadFacts::default()
    };
    let Verdict::Refused(why) = rules.decide(&far) else {
        panic!("nobody was collected in 12026")
    };
    assert_eq!(why.name(), "contact-future");
    assert_eq!(read(why.facts().as_bytes()), Ok(far));
}

#[test]
fn a_consents_digest_is_that_of_all_its_parts_and_of_the_person() {
    let parts = ProofParts {
        pseudonym: &[1; 16],
        when: day("2026-02-01"),
        wording: "Oui, écrivez-moi",
        source: "formulaire",
        act: "case cochée",
        scope: "email",
    };
    assert_eq!(
        Digest(parts.digest()).to_string(),
        "22164edf71e10f0e20ba3d1a353927cc2e07b61f5400e8259033ac76a6ea696e"
    );
    let others = [
        ProofParts {
            pseudonym: &[2; 16],
            ..parts
        },
        ProofParts {
            when: day("2026-02-02"),
            ..parts
        },
        ProofParts {
            wording: "Oui",
            ..parts
        },
        ProofParts {
            source: "formulair",
            act: "ecase cochée",
            ..parts
        },
        ProofParts { act: "", ..parts },
        ProofParts {
            scope: "sms",
            ..parts
        },
    ];
    for other in others {
        assert_ne!(other.digest(), parts.digest(), "{other:?}");
    }
}
