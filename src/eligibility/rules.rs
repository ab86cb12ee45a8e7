//! The rules in force on one day, for one purpose and channel: made once, asked for every lead.

use std::sync::Arc;

use chrono::{Months, NaiveDate};

use super::docket::{Leave, Ruling};
use super::facts::{Consent, Known, LeadFacts, Lines, Misread, read};
use super::{Context, Eligible, Refused, Verdict, Why};
use crate::law::asked::{Answers, Asked, ConsentState, ContactState, Questions};
use crate::law::words::{Audience, Channel};
use crate::law::{Ground, Refusal, Since, Then};

/// The rules of a pack that may speak in one [`Context`].
#[derive(Clone, Debug)]
pub struct Rules {
    pub(super) date: NaiveDate,
    channel: Option<Channel>,
    steps: Vec<(Answers, Step)>,
    otherwise: Step,
    undeclared: Option<Arc<Refusal>>,
    /// Of a professional, a consumer, somebody unknown, and somebody whose word cannot be read.
    asks: [Questions; 4],
    retention: Option<Retention>,
}

/// What a rule comes to for a purpose.
#[derive(Clone, Debug)]
enum Step {
    Leave(Arc<Ground>),
    /// A ground whose basis the purpose does not declare.
    Undeclared,
    Refuse(Arc<Refusal>),
}

/// From when on a contact is recent, and what counts as one.
#[derive(Clone, Copy, Debug)]
struct Retention {
    first: NaiveDate,
    collected: bool,
    consent: bool,
    last_contact: bool,
}

const AUDIENCES: [Result<Option<Audience>, ()>; 4] = [
    Ok(Some(Audience::B2b)),
    Ok(Some(Audience::B2c)),
    Ok(None),
    Err(()),
];

/// What a record's ruling should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// Eligible, with this basis code.
    Basis(u8),
    /// Refused, with this code.
    Refusal(u8),
}

impl Rules {
    /// The rules of a context.
    #[must_use]
    pub fn of(context: &Context<'_>) -> Self {
        let Context {
            purpose,
            channel,
            pack,
            date,
        } = *context;
        let step = |then: &Then| match then {
            Then::Eligible(ground) if purpose.bases.contains(&ground.basis) => {
                Step::Leave(Arc::clone(ground))
            }
            Then::Eligible(_) => Step::Undeclared,
            Then::Declared => Step::Leave(Arc::new(Ground::declared(purpose.basis))),
            Then::Refuse(refusal) => Step::Refuse(Arc::clone(refusal)),
        };
        let mut asks = [Questions::default(); 4];
        let mut steps = Vec::new();
        for rule in pack.in_force(date, channel) {
            for (who, asks) in AUDIENCES.iter().zip(&mut asks) {
                if rule.takes.takes(Answers::NONE.audience(*who)) {
                    *asks = asks.and(rule.asks);
                } else {
                    // That this rule is not about them depends on who they are.
                    *asks = asks.with(Asked::Audience);
                }
            }
            steps.push((rule.takes, step(&rule.then)));
        }
        let retention = pack.parameters().map(|it| Retention {
            first: first_recent(date, it.retention_months),
            collected: it.retention_from.contains(&Since::Collected),
            consent: it.retention_from.contains(&Since::Consent),
            last_contact: it.retention_from.contains(&Since::LastContact),
        });
        Self {
            date,
            channel,
            steps,
            otherwise: step(pack.otherwise()),
            undeclared: pack.undeclared().cloned(),
            asks,
            retention,
        }
    }

    /// What the law says of one lead.
    #[must_use]
    pub fn decide(&self, lead: &LeadFacts) -> Verdict {
        let facts = self.facts(lead).bytes().into();
        match self.ruling(lead) {
            Ok(ground) => Verdict::Eligible(Eligible {
                ground: Arc::clone(ground),
                facts,
            }),
            Err(refusal) => Verdict::Refused(Refused {
                why: Why(Arc::clone(refusal)),
                facts,
            }),
        }
    }

    /// The same, with the form that the facts are on.
    pub(super) fn rule(&self, lead: &LeadFacts) -> (Ruling, Box<[u8]>) {
        let ruling = match self.ruling(lead) {
            Ok(ground) => Ruling::Leave(Leave::on(ground.code)),
            Err(refusal) => Ruling::Refused(Why(Arc::clone(refusal))),
        };
        (ruling, self.lines(lead, true).bytes().into())
    }

    /// The first day that is not too long ago, where there is such a thing.
    pub(super) fn first_recent(&self) -> NaiveDate {
        self.retention.map_or(self.date, |it| it.first)
    }

    /// What the law says of the lead whom a record's facts describe, which must be all that a verdict would record.
    pub fn again(&self, facts: &[u8]) -> Result<Again, Misread> {
        let lead = read(facts)?;
        if self.facts(&lead).bytes() != facts {
            return Err(Misread);
        }
        Ok(match self.ruling(&lead) {
            Ok(ground) => Again::Basis(ground.code),
            Err(refusal) => Again::Refusal(refusal.code),
        })
    }

    /// What these rules ask: a column that none of them needs is not worth reading.
    #[must_use]
    pub fn asks(&self) -> Questions {
        self.asks
            .into_iter()
            .fold(Questions::default(), Questions::and)
    }

    /// Whether they ask for a consent, or for its day as a contact.
    #[must_use]
    pub fn asks_consent(&self) -> bool {
        let asks = self.asks();
        asks.hold(Asked::Consent)
            || (asks.hold(Asked::Contact) && self.retention.is_some_and(|it| it.consent))
    }

    /// The first rule that takes the answers of this lead says what is to be. A ground of a basis that the purpose
    /// does not declare is passed over; whoever has no other is refused for that.
    fn ruling(&self, lead: &LeadFacts) -> Result<&Arc<Ground>, &Arc<Refusal>> {
        let answers = self.answers(lead);
        let mut passed_over = false;
        let spoken = self.steps.iter().filter(|(takes, _)| answers.fit(*takes));
        for step in spoken.map(|(_, step)| step).chain([&self.otherwise]) {
            match (step, &self.undeclared) {
                (Step::Leave(ground), _) => return Ok(ground),
                (Step::Refuse(_), Some(undeclared)) if passed_over => return Err(undeclared),
                (Step::Refuse(refusal), _) => return Err(refusal),
                (Step::Undeclared, _) => passed_over = true,
            }
        }
        unreachable!("`otherwise` is a refusal, or the declared basis")
    }

    fn answers(&self, lead: &LeadFacts) -> Answers {
        Answers::NONE
            .audience(AUDIENCES[audience(lead.audience)])
            .flag(Asked::Bloctel, lead.bloctel)
            .channel(self.channel)
            .consent(self.consent(&lead.consent))
            .contact(self.contact(lead))
            .flag(Asked::Contract, lead.contract)
            .flag(Asked::Customer, lead.customer)
            .flag(Asked::GenericAddress, lead.generic_address)
            .flag(Asked::Informed, lead.informed)
            .flag(Asked::JobRelated, lead.job_related)
            .flag(Asked::Objection, lead.objection)
            .flag(Asked::OptOutOffered, lead.opt_out_offered)
            .flag(Asked::SimilarProducts, lead.similar_products)
            .suppressed(lead.suppressed)
    }

    fn consent(&self, consent: &Consent) -> ConsentState {
        let proof = match consent {
            Consent::None => return ConsentState::None,
            Consent::Incomplete => return ConsentState::Incomplete,
            Consent::Withdrawn(date) if *date > self.date => return ConsentState::Future,
            Consent::Withdrawn(_) => return ConsentState::Withdrawn,
            Consent::Proof(proof) => proof,
        };
        match proof.withdrawn {
            Some(date) if date < proof.when => ConsentState::Contradictory,
            Some(date) if date > self.date => ConsentState::Future,
            _ if proof.when > self.date => ConsentState::Future,
            Some(_) => ConsentState::Withdrawn,
            None if self.channel.is_some_and(|it| proof.scope.holds(it)) => ConsentState::Valid,
            None => ConsentState::OutOfScope,
        }
    }

    fn contact(&self, lead: &LeadFacts) -> ContactState {
        let Some(from) = self.retention else {
            return ContactState::Unknown;
        };
        let collected = lead.collected.filter(|_| from.collected);
        let last_contact = lead.last_contact.filter(|_| from.last_contact);
        // A consent of the future is refused as such; here it is no contact yet.
        let consent = match &lead.consent {
            Consent::Proof(proof) => Some(proof.when),
            _ => None,
        };
        let consent = consent.filter(|when| from.consent && *when <= self.date);
        match collected.max(last_contact) {
            Some(date) if date > self.date => ContactState::Future,
            date => match date.max(consent) {
                None => ContactState::Unknown,
                Some(date) if date >= from.first => ContactState::Recent,
                Some(_) => ContactState::Lapsed,
            },
        }
    }

    /// The facts that these rules ask of somebody of this audience, as the record keeps them.
    fn facts(&self, lead: &LeadFacts) -> Lines {
        self.lines(lead, false)
    }

    /// The same, filled in or as a form.
    fn lines(&self, lead: &LeadFacts, blank: bool) -> Lines {
        let consent_dates = self.retention.is_some_and(|it| it.consent);
        let asked = self.asks[audience(lead.audience)];
        Lines::of(asked, consent_dates, lead, blank)
    }
}

/// The places of what rules ask of people of each audience.
pub(super) fn audience(audience: Known<Audience>) -> usize {
    match audience {
        Known::Is(audience) => audience as usize,
        Known::Unknown => 2,
        Known::Unreadable => 3,
    }
}

/// The first day whose retention of so many civil months is not over on `date`: it ends with the day of the same
/// number, or with the month's last where it has no such day.
fn first_recent(date: NaiveDate, months: u32) -> NaiveDate {
    let months = Months::new(months);
    let lasts = |day: NaiveDate| day.checked_add_months(months).is_none_or(|end| end >= date);
    let mut first = date.checked_sub_months(months).unwrap_or(NaiveDate::MIN);
    // 29 February has no day of the same number in most years, on either side.
    while !lasts(first) {
        first = first.succ_opt().unwrap_or(date);
    }
    while let Some(earlier) = first.pred_opt().filter(|day| lasts(*day)) {
        first = earlier;
    }
    first
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retention_ends_with_the_day_of_the_same_number() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        for (date, first) in [
            ("2026-11-25", "2023-11-25"),
            ("2027-02-28", "2024-02-28"),
            ("2027-03-01", "2024-03-01"),
            ("2028-02-29", "2025-03-01"),
            ("2028-02-28", "2025-02-28"),
        ] {
            assert_eq!(first_recent(day(date), 36), day(first), "{date}");
        }
    }
}
