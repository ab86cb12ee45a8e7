//! Whether a lead may leave: each thing that may stop one, for each class of message.

use chrono::NaiveDate;
use probant::eligibility::Verdict;
use probant::event::Message;
use probant::law::words::Scope;
use probant::policy::{Cap, Channel};
use probant::release::{Asked, Lead, Stage, first_day, leave, within};

const TODAY: &str = "2026-11-25";

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn eligible() -> Verdict {
    let policy = probant::policy::parse(crate::night::POLICY).unwrap();
    let pack = probant::law::builtin("none-1").unwrap();
    let context = probant::eligibility::Context::of(&policy.purposes[0], &pack, day(TODAY));
    probant::eligibility::decide(&context, &probant::eligibility::LeadFacts::default())
}

fn asked(message: Message) -> Asked<'static> {
    const CAPS: &[Cap] = &[
        Cap {
            channel: Channel::Email,
            days: 7,
            most: 1,
        },
        Cap {
            channel: Channel::Email,
            days: 30,
            most: 3,
        },
    ];
    Asked {
        message,
        bands: &[],
        caps: CAPS,
        today: day(TODAY),
    }
}

/// Of each class of message, what stops a lead that differs from a good one in `change`.
fn stopped(change: impl Fn(&mut Lead<'_>)) -> [Option<String>; 3] {
    let (hot, verdict) = ("hot".parse().unwrap(), eligible());
    [Message::Promotional, Message::Informational, Message::Legal].map(|message| {
        let mut lead = Lead {
            stage: Stage::Decided,
            band: &hot,
            restricted: false,
            objections: &[],
            preference: None,
            sent: &[],
            before: false,
            verdict: Some(&verdict),
        };
        change(&mut lead);
        leave(&asked(message), &lead)
            .err()
            .map(|held| held.token().to_owned())
    })
}

fn all(token: &str) -> [Option<String>; 3] {
    [(); 3].map(|()| Some(token.to_owned()))
}

fn each(tokens: [&str; 3]) -> [Option<String>; 3] {
    tokens.map(|token| (!token.is_empty()).then(|| token.to_owned()))
}

#[test]
fn each_thing_stops_what_the_table_says_and_nothing_else() {
    assert_eq!(stopped(|_| ()), each(["", "", ""]));
    for (stage, token) in [
        (Stage::Undecided, "undecided"),
        (Stage::Rejected, "rejected"),
        (Stage::Contested, "contested"),
        (Stage::Unseen, "unseen"),
    ] {
        assert_eq!(stopped(|lead| lead.stage = stage), all(token));
    }
    assert_eq!(stopped(|lead| lead.restricted = true), all("restricted"));
    for (scope, tokens) in [
        (Scope::Erased, ["erased"; 3]),
        (Scope::All, ["objected", "objected", ""]),
        (Scope::Profiling, ["objected", "objected", ""]),
        (Scope::Promotion, ["objected", "", ""]),
    ] {
        let found = stopped(|lead| {
            lead.objections = Scope::ALL.chunks(1).find(|it| it[0] == scope).unwrap();
        });
        assert_eq!(found, each(tokens), "{scope:?}");
    }
    assert_eq!(
        stopped(|lead| lead.preference = Some(false)),
        each(["preference", "preference", ""])
    );
    assert_eq!(stopped(|lead| lead.preference = Some(true)), each([""; 3]));
    assert_eq!(stopped(|lead| lead.before = true), all("before"));
    assert_eq!(
        stopped(|lead| lead.verdict = None),
        each(["unasked", "", ""])
    );
}

#[test]
fn a_cap_counts_the_days_of_its_window_today_included() {
    let [week, month] = [
        &asked(Message::Promotional).caps[0],
        &asked(Message::Promotional).caps[1],
    ];
    assert_eq!(first_day(week, day(TODAY)), day("2026-11-19"));
    let days = ["2026-10-27", "2026-11-18", "2026-11-19", "2026-11-25"].map(day);
    assert_eq!(within(week, &days, day(TODAY)), 2);
    assert_eq!(within(month, &days, day(TODAY)), 4);
    assert_eq!(within(month, &days, day("2026-11-26")), 3);
}
