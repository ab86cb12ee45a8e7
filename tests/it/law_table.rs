//! The decision table of the French pack, cell by cell, written from the law's own words and not from the pack.
//!
//! A cell is `audience channel day | facts | what is to be, and its article`. A fact is known to hold (`informed`), known
//! not to (`!informed`), or unknown (absent); dates and scopes are written out. Unless a cell says otherwise the lead
//! was collected on 2025-12-01 and the purpose declares consent and legitimate interest.

use std::sync::LazyLock;

use probant::eligibility::{
    Consent, Context, Docket, Known, LeadFacts, Proof, Rules, Ruling, Verdict, decide,
};
use probant::form::Filing;
use probant::law;
use probant::law::words::{Audience, Basis, Channel, Channels, FactKind, Scope};
use probant::policy::{self, Purpose};

use crate::ledger::noise;

/// CPCE L34-5: no e-mail and no text message to a consumer without prior consent, but for customers who are offered
/// similar products, were informed, and could opt out at collection and in each message.
const MESSAGES: &str = "
b2c email 2026-06-01 | consent=email                                      | message-consent cpce-l34-5
b2c sms   2026-06-01 | consent=sms                                        | message-consent cpce-l34-5
b2c email 2026-06-01 | consent=email+sms+phone                            | message-consent cpce-l34-5
b2c sms   2026-06-01 | consent=email+sms+phone+post                       | message-consent cpce-l34-5
b2c email 2026-06-01 | consent=email !objection                           | message-consent cpce-l34-5
b2c email 2026-06-01 | consent=email !informed !customer                  | message-consent cpce-l34-5
b2c email 2026-12-01 | consent=email                                      | message-consent cpce-l34-5
b2c email 2026-06-01 | consent=sms                                        | consent-out-of-scope cpce-l34-5
b2c sms   2026-06-01 | consent=email                                      | consent-out-of-scope cpce-l34-5
b2c email 2026-06-01 | consent=phone+post                                 | consent-out-of-scope cpce-l34-5
b2c email 2026-06-01 | consent=incomplete                                 | consent-incomplete gdpr-7-1
b2c sms   2026-06-01 | consent=incomplete                                 | consent-incomplete gdpr-7-1
b2c email 2026-06-01 |                                                    | message-without-consent cpce-l34-5
b2c sms   2026-06-01 |                                                    | message-without-consent cpce-l34-5
b2c email 2026-06-01 | informed job-related !objection                    | message-without-consent cpce-l34-5
b2c email 2026-06-01 | !customer similar-products informed opt-out-offered !objection | message-without-consent cpce-l34-5
b2c email 2026-06-01 | similar-products informed opt-out-offered !objection           | message-without-consent cpce-l34-5
b2c email 2026-06-01 | customer similar-products informed opt-out-offered !objection  | message-customer cpce-l34-5-al4
b2c sms   2026-06-01 | customer similar-products informed opt-out-offered !objection  | message-customer cpce-l34-5-al4
b2c email 2026-06-01 | customer similar-products informed opt-out-offered !objection consent=incomplete | message-customer cpce-l34-5-al4
b2c email 2026-06-01 | customer similar-products informed opt-out-offered !objection consent=sms        | message-customer cpce-l34-5-al4
b2c email 2026-06-01 | customer similar-products informed opt-out-offered !objection consent=email      | message-consent cpce-l34-5
b2c email 2026-06-01 | customer similar-products informed opt-out-offered             | objection-unknown gdpr-21-2
b2c email 2026-06-01 | customer similar-products informed opt-out-offered objection   | objection gdpr-21-3
b2c email 2026-06-01 | customer !similar-products informed opt-out-offered !objection | customer-exception-incomplete cpce-l34-5-al4
b2c email 2026-06-01 | customer informed opt-out-offered !objection                   | customer-exception-incomplete cpce-l34-5-al4
b2c email 2026-06-01 | customer similar-products !informed opt-out-offered !objection | customer-exception-incomplete cpce-l34-5-al4
b2c email 2026-06-01 | customer similar-products opt-out-offered !objection           | customer-exception-incomplete cpce-l34-5-al4
b2c email 2026-06-01 | customer similar-products informed !opt-out-offered !objection | customer-exception-incomplete cpce-l34-5-al4
b2c sms   2026-06-01 | customer similar-products informed !objection                  | customer-exception-incomplete cpce-l34-5-al4
";

/// CNIL: a professional's own address, informed at collection, not opposed, an object related to the job, and nobody says
/// that the messages lack a way to opt out.
const PROFESSIONALS: &str = "
b2b email 2026-06-01 | informed !objection job-related opt-out-offered    | professional-mail gdpr-6-1-f
b2b email 2026-06-01 | informed !objection job-related !generic-address opt-out-offered | professional-mail gdpr-6-1-f
b2b email 2026-12-01 | informed !objection job-related opt-out-offered    | professional-mail gdpr-6-1-f
b2b email 2026-06-01 | informed !objection job-related customer opt-out-offered | professional-mail gdpr-6-1-f
b2b email 2026-06-01 | informed !objection job-related consent=email opt-out-offered | professional-mail gdpr-6-1-f
b2b email 2026-06-01 | informed !objection job-related generic-address    | generic-address cnil-b2b
b2b email 2026-06-01 | generic-address                                    | generic-address cnil-b2b
b2b email 2026-06-01 | !informed !objection job-related                   | not-informed gdpr-13
b2b email 2026-06-01 | !objection job-related                             | not-informed gdpr-13
b2b email 2026-06-01 | informed !objection !job-related                   | not-job-related cnil-b2b
b2b email 2026-06-01 | informed !objection                                | not-job-related cnil-b2b
b2b email 2026-06-01 | informed job-related opt-out-offered               | objection-unknown gdpr-21-2
b2b email 2026-06-01 | informed !objection job-related opt-out-offered    | professional-mail gdpr-6-1-f
b2b email 2026-06-01 | informed !objection job-related                    | opt-out-missing cnil-b2b
b2b email 2026-06-01 | informed !objection job-related !opt-out-offered   | opt-out-missing cnil-b2b
b2b email 2026-06-01 | informed objection job-related                     | objection gdpr-21-3
b2b email 2026-06-01 |                                                    | not-informed gdpr-13
b2b email 2026-06-01 | consent=email                                      | not-informed gdpr-13
";

/// C. conso. L223-1 before and since loi 2025-594: Bloctel until 2026-08-10, prior consent with proof from 2026-08-11,
/// a contract in progress excepted.
const CALLS: &str = "
b2c phone 2026-08-10 | !bloctel !objection                                | call-unlisted c-conso-l223-1-2020
b2c phone 2026-08-11 | !bloctel !objection                                | call-without-consent loi-2025-594-13
b2c phone 2026-06-01 | !bloctel !objection                                | call-unlisted c-conso-l223-1-2020
b2c phone 2026-12-01 | !bloctel !objection                                | call-without-consent loi-2025-594-13
b2c phone 2026-08-10 | !bloctel                                           | objection-unknown gdpr-21-2
b2c phone 2026-08-10 | bloctel !objection                                 | bloctel-listed c-conso-l223-1-2020
b2c phone 2026-08-11 | bloctel !objection                                 | call-without-consent loi-2025-594-13
b2c phone 2026-08-10 | !objection                                         | bloctel-unknown c-conso-l223-1-2020
b2c phone 2026-08-11 | !objection                                         | call-without-consent loi-2025-594-13
b2c phone 2026-08-10 |                                                    | bloctel-unknown c-conso-l223-1-2020
b2c phone 2026-08-11 |                                                    | call-without-consent loi-2025-594-13
b2c phone 2026-08-10 | !bloctel consent=phone                             | call-consent-unlisted c-conso-l223-1-2020
b2c phone 2026-08-11 | !bloctel consent=phone                             | call-consent c-conso-l223-1
b2c phone 2026-08-10 | bloctel consent=phone                              | bloctel-listed c-conso-l223-1-2020
b2c phone 2026-08-11 | bloctel consent=phone                              | call-consent c-conso-l223-1
b2c phone 2026-08-10 | consent=phone                                      | bloctel-unknown c-conso-l223-1-2020
b2c phone 2026-08-11 | consent=phone                                      | call-consent c-conso-l223-1
b2c phone 2026-08-10 | consent=email !bloctel !objection                  | call-unlisted c-conso-l223-1-2020
b2c phone 2026-08-11 | consent=email !bloctel !objection                  | call-consent-out-of-scope c-conso-l223-1
b2c phone 2026-08-10 | consent=incomplete !bloctel !objection             | call-unlisted c-conso-l223-1-2020
b2c phone 2026-08-11 | consent=incomplete !bloctel !objection             | consent-incomplete gdpr-7-1
b2c phone 2026-08-10 | contract customer !objection bloctel               | call-contract c-conso-l223-1
b2c phone 2026-08-11 | contract customer !objection bloctel               | call-contract c-conso-l223-1
b2c phone 2026-08-10 | contract !objection                                | call-contract c-conso-l223-1
b2c phone 2026-08-11 | contract !objection                                | call-contract c-conso-l223-1
b2c phone 2026-08-11 | contract                                           | objection-unknown gdpr-21-2
b2c phone 2026-08-11 | contract consent=phone                             | call-consent c-conso-l223-1
b2c phone 2026-08-11 | contract objection                                 | objection gdpr-21-3
b2c phone 2026-08-11 | !contract customer !objection                      | call-without-consent loi-2025-594-13
b2c phone 2026-08-11 | customer similar-products informed opt-out-offered !objection | call-without-consent loi-2025-594-13
";

/// GDPR 21(2)-(3): whoever objects is neither profiled nor promoted to; 17: whoever was erased does not come back. First of all.
const OBJECTIONS: &str = "
b2c email 2026-06-01 | objection consent=email                            | objection gdpr-21-3
b2c sms   2026-06-01 | objection consent=sms                              | objection gdpr-21-3
b2c phone 2026-08-11 | objection consent=phone                            | objection gdpr-21-3
b2c phone 2026-08-10 | objection !bloctel                                 | objection gdpr-21-3
b2b email 2026-06-01 | suppressed=all informed !objection job-related     | objection gdpr-21-3
b2b email 2026-06-01 | suppressed=promotion informed !objection job-related | objection gdpr-21-3
b2b email 2026-06-01 | suppressed=profiling informed !objection job-related | objection gdpr-21-3
b2c email 2026-06-01 | suppressed=profiling consent=email                 | objection gdpr-21-3
b2b email 2026-06-01 | suppressed=erased informed !objection job-related  | erased gdpr-17
b2b email 2026-06-01 | suppressed=erased objection                        | erased gdpr-17
b2c email 2026-06-01 | suppressed=erased consent=email withdrawn=2026-03-01 | erased gdpr-17
?   none  2026-06-01 | suppressed=all                                     | objection gdpr-21-3
?   post  2026-06-01 | objection                                          | objection gdpr-21-3
!   email 2026-06-01 | objection                                          | objection gdpr-21-3
";

/// GDPR 7(3): a withdrawn consent refuses whatever else holds; dates of the future and facts that cannot both be true are named.
const CONTRADICTIONS: &str = "
b2c email 2026-06-01 | consent=email withdrawn=2026-03-01                 | consent-withdrawn gdpr-7-3
b2c email 2026-06-01 | consent=email withdrawn=2026-02-01                 | consent-withdrawn gdpr-7-3
b2c email 2026-06-01 | consent=email withdrawn=2026-06-01                 | consent-withdrawn gdpr-7-3
b2c email 2026-06-01 | consent=sms withdrawn=2026-03-01 customer similar-products informed opt-out-offered !objection | consent-withdrawn gdpr-7-3
b2b email 2026-06-01 | consent=email withdrawn=2026-03-01 informed !objection job-related | consent-withdrawn gdpr-7-3
b2c phone 2026-08-11 | consent=phone withdrawn=2026-03-01 contract !objection | consent-withdrawn gdpr-7-3
b2c email 2026-06-01 | withdrawn=2026-03-01                               | consent-withdrawn gdpr-7-3
b2c email 2026-06-01 | withdrawn=2026-06-02                               | consent-future gdpr-7-1
b2c email 2026-06-01 | consent=email withdrawn=2026-06-02                 | consent-future gdpr-7-1
b2c email 2026-06-01 | consent=email given=2026-06-02                     | consent-future gdpr-7-1
b2c email 2026-06-01 | consent=email given=2026-06-01                     | message-consent cpce-l34-5
b2b email 2026-06-01 | consent=email given=2027-01-01 informed !objection job-related | consent-future gdpr-7-1
b2c email 2026-06-01 | consent=email given=2026-07-01 withdrawn=2026-07-02 | consent-future gdpr-7-1
b2c email 2026-06-01 | consent=email withdrawn=2026-01-31                 | consent-contradictory gdpr-7-1
b2b email 2026-06-01 | consent=email withdrawn=2026-01-31 informed !objection job-related | consent-contradictory gdpr-7-1
b2c email 2026-06-01 | consent=email given=2026-07-01 withdrawn=2026-06-30 | consent-contradictory gdpr-7-1
b2c email 2026-06-01 | consent=email collected=2026-06-02                 | contact-future gdpr-5-1-d
b2c email 2026-06-01 | consent=email collected=2026-06-01                 | message-consent cpce-l34-5
b2b email 2026-06-01 | last-contact=2026-06-02 informed !objection job-related | contact-future gdpr-5-1-d
b2b email 2026-06-01 | last-contact=2026-06-01 informed !objection job-related opt-out-offered | professional-mail gdpr-6-1-f
b2c phone 2026-08-11 | contract !customer !objection                      | facts-contradictory gdpr-5-1-d
b2c email 2026-06-01 | contract !customer consent=email                   | facts-contradictory gdpr-5-1-d
?   email 2026-06-01 | consent=email                                      | audience-unknown gdpr-6-1
?   phone 2026-06-01 | !bloctel !objection                                | audience-unknown gdpr-6-1
!   email 2026-06-01 | consent=email                                      | audience-unreadable gdpr-6-1
!   email 2026-06-01 | informed !objection job-related                    | audience-unreadable gdpr-6-1
";

/// Three years from collection or from the last contact that came from the prospect, their last day included.
const RETENTION: &str = "
b2b email 2026-11-25 | collected=2023-11-25 informed !objection job-related opt-out-offered | professional-mail gdpr-6-1-f
b2b email 2026-11-25 | collected=2023-11-24 informed !objection job-related | retention-lapsed cnil-prospects
b2b email 2027-02-28 | collected=2024-02-29 informed !objection job-related opt-out-offered | professional-mail gdpr-6-1-f
b2b email 2027-03-01 | collected=2024-02-29 informed !objection job-related | retention-lapsed cnil-prospects
b2b email 2027-02-28 | collected=2024-02-28 informed !objection job-related opt-out-offered | professional-mail gdpr-6-1-f
b2b email 2028-02-29 | collected=2025-02-28 informed !objection job-related | retention-lapsed cnil-prospects
b2b email 2026-11-25 | collected=2019-05-02 last-contact=2023-11-25 informed !objection job-related opt-out-offered | professional-mail gdpr-6-1-f
b2b email 2026-11-25 | collected=2019-05-02 last-contact=2023-11-24 informed !objection job-related | retention-lapsed cnil-prospects
b2b email 2026-11-25 | collected=2024-01-01 last-contact=2019-05-02 informed !objection job-related opt-out-offered | professional-mail gdpr-6-1-f
b2b email 2026-11-25 | collected=? last-contact=2024-01-01 informed !objection job-related opt-out-offered | professional-mail gdpr-6-1-f
b2b email 2026-11-25 | collected=? informed !objection job-related        | retention-unknown gdpr-5-1-e
b2c email 2026-11-25 | collected=? consent=email                          | message-consent cpce-l34-5
b2c email 2026-11-25 | collected=2020-01-01 consent=email                 | message-consent cpce-l34-5
b2c email 2026-11-25 | collected=2020-01-01 consent=email given=2023-11-25 | message-consent cpce-l34-5
b2c email 2026-11-25 | collected=2020-01-01 consent=email given=2023-11-24 | retention-lapsed cnil-prospects
b2c email 2026-11-25 | collected=? consent=incomplete                     | retention-unknown gdpr-5-1-e
b2c phone 2026-11-25 | collected=2020-01-01 contract !objection           | retention-lapsed cnil-prospects
";

/// A ground holds only on a basis that the policy declares for the purpose.
const BASES: &str = "
b2c email 2026-06-01 | bases=consent consent=email                        | message-consent cpce-l34-5
b2c email 2026-06-01 | bases=legitimate-interest consent=email            | basis-not-declared gdpr-13-1-c
b2c email 2026-06-01 | bases=legitimate-interest consent=email customer similar-products informed opt-out-offered !objection | message-customer cpce-l34-5-al4
b2c email 2026-06-01 | bases=consent customer similar-products informed opt-out-offered !objection | basis-not-declared gdpr-13-1-c
b2c email 2026-06-01 | bases=consent                                      | message-without-consent cpce-l34-5
b2b email 2026-06-01 | bases=consent informed !objection job-related opt-out-offered | basis-not-declared gdpr-13-1-c
b2b email 2026-06-01 | bases=consent !informed !objection job-related     | not-informed gdpr-13
b2b email 2026-06-01 | bases=contract informed !objection job-related opt-out-offered | basis-not-declared gdpr-13-1-c
b2c phone 2026-08-10 | bases=consent !bloctel !objection                  | basis-not-declared gdpr-13-1-c
b2c phone 2026-08-10 | bases=legitimate-interest consent=phone !bloctel !objection | call-unlisted c-conso-l223-1-2020
b2c phone 2026-08-11 | bases=legitimate-interest consent=phone !bloctel !objection | basis-not-declared gdpr-13-1-c
b2c phone 2026-08-11 | bases=consent contract !objection                  | basis-not-declared gdpr-13-1-c
";

/// What the law's table says nothing about is refused, and it is said that there is no rule.
const UNCOVERED: &str = "
b2c post  2026-06-01 | consent=post !objection customer informed          | no-rule gdpr-6-1
b2b post  2026-06-01 | informed !objection job-related                    | no-rule gdpr-6-1
b2b sms   2026-06-01 | informed !objection job-related consent=sms        | no-rule gdpr-6-1
b2b phone 2026-06-01 | informed !objection job-related !bloctel           | no-rule gdpr-6-1
b2b phone 2026-08-11 | consent=phone                                      | no-rule gdpr-6-1
b2b none  2026-06-01 | informed !objection job-related                    | channel-unknown gdpr-6-1
b2c none  2026-06-01 | consent=email                                      | channel-unknown gdpr-6-1
b2b email 2025-12-31 | informed !objection job-related                    | no-rule gdpr-6-1
b2b email 2026-01-01 | informed !objection job-related opt-out-offered    | professional-mail gdpr-6-1-f
";

fn day(text: &str) -> chrono::NaiveDate {
    text.parse().unwrap_or_else(|_| panic!("`{text}` is a day"))
}

/// The purpose of the demonstration, with these bases and this channel.
pub fn purpose(bases: &[Basis], channel: Option<Channel>) -> Purpose {
    static SAMPLE: LazyLock<Purpose> = LazyLock::new(|| {
        let policy = policy::parse(crate::night::POLICY).unwrap();
        policy.purposes[0].clone()
    });
    Purpose {
        basis: bases[0],
        bases: bases.to_vec(),
        channel,
        ..SAMPLE.clone()
    }
}

/// The lead and the bases of a cell.
fn lead(audience: &str, facts: &str) -> (LeadFacts, Vec<Basis>) {
    let mut lead = LeadFacts {
        collected: Some(day("2025-12-01")),
        ..LeadFacts::default()
    };
    lead.audience = match audience {
        "?" => Known::Unknown,
        "!" => Known::Unreadable,
        word => Known::Is(Audience::of(word).unwrap()),
    };
    let mut bases = vec![Basis::Consent, Basis::LegitimateInterest];
    let (mut scope, mut given, mut withdrawn) = (None, day("2026-02-01"), None);
    for fact in facts.split_whitespace() {
        match fact.split_once('=') {
            Some(("bases", one)) => bases = vec![Basis::of(one).unwrap()],
            Some(("consent", "incomplete")) => lead.consent = Consent::Incomplete,
            Some(("consent", channels)) => scope = Some(Channels::parse(channels).unwrap()),
            Some(("given", date)) => given = day(date),
            Some(("withdrawn", date)) => withdrawn = Some(day(date)),
            Some(("suppressed", one)) => lead.suppressed = Some(Scope::of(one).unwrap()),
            Some(("collected", "?")) => lead.collected = None,
            Some((key, date)) => *lead.date(FactKind::of(key).unwrap()) = Some(day(date)),
            None => {
                let key = FactKind::of(fact.trim_start_matches('!')).unwrap();
                *lead.flag(key) = Some(!fact.starts_with('!'));
            }
        }
    }
    if let Some(scope) = scope {
        lead.consent = Consent::Proof(Proof {
            when: given,
            withdrawn,
            scope,
            digest: [7; 32],
        });
    } else if let Some(date) = withdrawn {
        lead.consent = Consent::Withdrawn(date);
    }
    (lead, bases)
}

#[test]
fn every_cell_of_the_decision_table_has_its_verdict_and_its_article() {
    let pack = law::builtin("fr-1").unwrap();
    let tables = [
        MESSAGES,
        PROFESSIONALS,
        CALLS,
        OBJECTIONS,
        CONTRADICTIONS,
        RETENTION,
        BASES,
        UNCOVERED,
    ];
    let mut wrong = Vec::new();
    let mut met = std::collections::BTreeSet::new();
    let mut cells = 0;
    for line in tables
        .iter()
        .flat_map(|table| table.lines())
        .filter(|it| !it.is_empty())
    {
        let [who, facts, expected] = line.split('|').collect::<Vec<_>>()[..] else {
            panic!("{line}")
        };
        let [audience, channel, date] = who.split_whitespace().collect::<Vec<_>>()[..] else {
            panic!("{line}")
        };
        let (lead, bases) = lead(audience, facts);
        let purpose = purpose(&bases, Channel::of(channel));
        let said = match decide(&Context::of(&purpose, &pack, day(date)), &lead) {
            Verdict::Eligible(it) => {
                assert!(bases.contains(&it.basis()), "{line}");
                format!("{} {}", it.name(), it.article())
            }
            Verdict::Refused(it) => format!("{} {}", it.name(), it.article()),
        };
        met.insert(said.clone());
        cells += 1;
        if said != expected.trim() {
            wrong.push(format!("{line}\n  but it is {said}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(cells, 156);
    // Every ground and every refusal of the pack stands in some cell.
    let own = pack
        .grounds()
        .map(|it| format!("{} {}", it.name, it.article));
    let refusals = pack.refusals();
    let own = own.chain(
        refusals
            .iter()
            .map(|it| format!("{} {}", it.name, it.article)),
    );
    assert_eq!(met, own.collect());
}

/// Leads of every kind there is, the same on every day and machine.
fn anybody(seed: u64) -> LeadFacts {
    const SOME: [&str; 10] = [
        "1960-05-05",
        "2022-01-01",
        "2023-05-31",
        "2023-06-01",
        "2023-06-02",
        "2026-01-01",
        "2026-06-01",
        "2026-06-02",
        "2026-09-30",
        "2200-01-01",
    ];
    let mut turn = 0;
    let mut draw = |below: u64| {
        turn += 1;
        noise(seed * 64 + turn) % below
    };
    let some = |at: u64| match at {
        0..10 => Some(day(SOME[at as usize])),
        10..13 => None,
        _ => Some(day("2026-02-01")),
    };
    let scopes = [
        Scope::Profiling,
        Scope::Promotion,
        Scope::All,
        Scope::Erased,
    ];
    let mut lead = LeadFacts {
        audience: match draw(4) {
            0 => Known::Unknown,
            1 => Known::Unreadable,
            2 => Known::Is(Audience::B2b),
            _ => Known::Is(Audience::B2c),
        },
        suppressed: scopes.get(draw(12) as usize).copied(),
        ..LeadFacts::default()
    };
    for kind in FactKind::ALL {
        if kind.is_date() {
            *lead.date(*kind) = some(draw(40));
        } else {
            let against = [
                FactKind::Objection,
                FactKind::GenericAddress,
                FactKind::Bloctel,
            ];
            *lead.flag(*kind) = match draw(10) {
                0 => None,
                1 => Some(against.contains(kind)),
                _ => Some(!against.contains(kind)),
            };
        }
    }
    let withdrawn = Some(draw(80)).filter(|it| *it < 10).and_then(some);
    lead.consent = match (draw(4), withdrawn) {
        (0, Some(on)) => Consent::Withdrawn(on),
        (1, _) => Consent::Incomplete,
        (2, _) => Consent::None,
        _ => Consent::Proof(Proof {
            when: some(draw(40)).unwrap_or(day("2026-06-01")),
            withdrawn,
            scope: Channels::of(&[Channel::ALL[draw(4) as usize], Channel::Email]),
            digest: [draw(256) as u8; 32],
        }),
    };
    lead
}

#[test]
fn whoever_is_looked_up_is_ruled_and_recorded_as_if_they_were_the_first() {
    let pack = law::builtin("fr-1").unwrap();
    let both = [Basis::Consent, Basis::LegitimateInterest];
    for (channel, date, bases) in [
        (Some(Channel::Email), "2026-06-01", &both[..]),
        (Some(Channel::Phone), "2026-09-01", &both[..]),
        (Some(Channel::Sms), "2026-06-01", &both[..1]),
        (Some(Channel::Post), "2026-06-01", &both[1..]),
        (None, "2026-06-01", &both[..]),
    ] {
        let purpose = purpose(bases, channel);
        let context = Context {
            channel,
            ..Context::of(&purpose, &pack, day(date))
        };
        let rules = Rules::of(&context);
        let mut docket = Docket::new(&rules);
        let (mut filing, mut asked) = (Filing::default(), 0);
        let mut expected = Vec::new();
        for seed in 0..20_000 {
            let lead = anybody(seed);
            let stated = rules.state(&lead);
            let (ruling, filled) = docket.decide(&stated, || {
                asked += 1;
                lead.clone()
            });
            filing.file(filled, stated.sum);
            let (code, facts) = match rules.decide(&lead) {
                Verdict::Eligible(it) => (Ok(it.code()), it.facts().to_owned()),
                Verdict::Refused(it) => (Err(it.code()), it.facts().to_owned()),
            };
            let said = match ruling {
                Ruling::Leave(it) => Ok(it.code()),
                Ruling::Refused(it) => Err(it.code()),
            };
            assert_eq!(said, code, "{lead:?}");
            expected.push((lead, facts));
        }
        filing.on(docket.forms());
        assert!(filing.forms.iter().any(probant::form::Form::has_sum));
        for (at, (lead, facts)) in expected.iter().enumerate() {
            let mut text = Vec::new();
            filing.fill(at, &mut text);
            assert_eq!(std::str::from_utf8(&text), Ok(facts.as_str()), "{lead:?}");
        }
        assert!(asked < 16_000, "{asked} of 20000 were not looked up");
    }
}
