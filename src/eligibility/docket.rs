//! The rulings of a night: leads of one state have one ruling, and their facts one form.
//!
//! What rules look at is little: words, and on which side of a few days a day
//! lies. A million leads are in some hundred such states; each is ruled on
//! once, by [`Rules`], and looked up for whoever comes after.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use super::facts::{Consent, LeadFacts};
use super::rules::Rules;
use super::{Refused, Why};
use crate::form::{DAYS, Filled, Form, day};
use crate::law::words::Scope;

/// Forms beyond which all is forgotten: an export may hold a text of its own for each lead.
const MOST: usize = 1 << 12;

/// States that are found again without a search.
const RECENT: usize = 256;

/// The leave to score one lead of a night; nobody but a [`Docket`] gives it.
#[derive(Clone, Copy, Debug)]
pub struct Leave {
    code: u8,
}

impl Leave {
    /// The record's basis code: the ground's.
    #[must_use]
    pub fn code(self) -> u8 {
        self.code
    }
}

/// What the law says of one lead of a night.
#[derive(Clone, Debug)]
pub enum Ruling {
    /// It may be scored.
    Leave(Leave),
    /// It may not.
    Refused(Why),
}

/// What is known of one lead, as far as its ruling and its record go.
#[derive(Clone, Copy, Debug)]
pub struct Stated {
    /// All that the ruling and the form depend on; none where a day is written on the form itself.
    state: Option<u64>,
    days: [u16; DAYS],
    /// The digest of its consent.
    pub sum: Option<[u8; 32]>,
}

/// The rulings of a night so far.
#[derive(Debug)]
pub struct Docket<'a> {
    rules: &'a Rules,
    known: HashMap<u64, usize, BuildHasherDefault<Mix>>,
    /// States that were looked up, and where their rulings stand.
    recent: [Option<(u64, usize)>; RECENT],
    rulings: Vec<(Ruling, u32)>,
    forms: Vec<Form>,
    numbers: HashMap<Box<[u8]>, u32>,
}

impl<'a> Docket<'a> {
    /// Nothing is ruled on yet.
    #[must_use]
    pub fn new(rules: &'a Rules) -> Self {
        Self {
            rules,
            known: HashMap::default(),
            recent: [None; RECENT],
            rulings: Vec::new(),
            forms: Vec::new(),
            numbers: HashMap::new(),
        }
    }

    /// The forms so far, by number.
    #[must_use]
    pub fn forms(&self) -> &[Form] {
        &self.forms
    }

    /// Forgets the forms if they have become too many; numbers given before mean nothing then.
    pub fn tidy(&mut self) {
        if self.forms.len() > MOST {
            *self = Self::new(self.rules);
        }
    }

    /// What the law says of one lead, and what it fills in; `lead` is asked for the first of each state only.
    pub fn decide(
        &mut self,
        stated: &Stated,
        lead: impl FnOnce() -> LeadFacts,
    ) -> (Ruling, Filled) {
        let known = stated.state.and_then(|state| self.known(state));
        let (ruling, form) = if let Some(at) = known {
            self.rulings[at].clone()
        } else {
            let (ruling, text) = self.rules.rule(&lead());
            let entry = (ruling, self.number(&text));
            if let Some(state) = stated.state {
                self.known.insert(state, self.rulings.len());
                self.rulings.push(entry.clone());
            }
            entry
        };
        let days = stated.days;
        (ruling, Filled { form, days, sum: 0 })
    }

    fn known(&mut self, state: u64) -> Option<usize> {
        let recent = &mut self.recent[(mixed(state) >> 56) as usize];
        match recent {
            Some((last, at)) if *last == state => Some(*at),
            _ => {
                let at = *self.known.get(&state)?;
                *recent = Some((state, at));
                Some(at)
            }
        }
    }

    /// A refusal that was not for these rules to give.
    pub fn refuse(&mut self, refused: &Refused) -> (Why, Filled) {
        let form = self.number(refused.facts().as_bytes());
        let filled = Filled {
            form,
            ..Filled::default()
        };
        (refused.why().clone(), filled)
    }

    fn number(&mut self, text: &[u8]) -> u32 {
        if let Some(number) = self.numbers.get(text) {
            return *number;
        }
        let number = self.forms.len() as u32;
        let form = Form::new(text).expect("facts have a key once, and a blank is a key's value");
        self.forms.push(form);
        self.numbers.insert(text.into(), number);
        number
    }
}

impl Leave {
    pub(super) fn on(code: u8) -> Self {
        Self { code }
    }
}

impl Rules {
    /// What is known of a lead, as far as these rules and its record go.
    #[must_use]
    pub fn state(&self, lead: &LeadFacts) -> Stated {
        let (mut state, mut days, mut written) = (State(0), [0; DAYS], true);
        let (date, first) = (self.date, self.first_recent());
        state.put(2, super::rules::audience(lead.audience) as u64);
        for flag in [
            lead.bloctel,
            lead.contract,
            lead.customer,
            lead.generic_address,
            lead.informed,
            lead.job_related,
            lead.objection,
            lead.opt_out_offered,
            lead.similar_products,
        ] {
            state.put(2, flag.map_or(0, |yes| 1 + u64::from(yes)));
        }
        let scope = lead.suppressed.map(|scope| match scope {
            Scope::Profiling => 1,
            Scope::Promotion => 2,
            Scope::All => 3,
            Scope::Erased => 4,
        });
        state.put(3, scope.unwrap_or(0));
        let (kind, proof, withdrawn) = match &lead.consent {
            Consent::None => (0, None, None),
            Consent::Incomplete => (1, None, None),
            Consent::Withdrawn(on) => (2, None, Some(*on)),
            Consent::Proof(proof) => (3, Some(proof), proof.withdrawn),
        };
        state.put(2, kind);
        state.put(4, proof.map_or(0, |it| it.scope.bits().into()));
        let given = proof.map(|it| it.when);
        state.put(1, (given.is_some() && withdrawn < given).into());
        let all = [lead.collected, given, withdrawn, lead.last_contact];
        for (on, place) in all.into_iter().zip(&mut days) {
            let side = match on {
                None => 0,
                Some(on) if on > date => 3,
                Some(on) if on >= first => 2,
                Some(_) => 1,
            };
            state.put(2, side);
            if let Some(on) = on {
                match day(on) {
                    Some(day) => *place = day,
                    None => written = false,
                }
            }
        }
        Stated {
            state: written.then_some(state.0),
            days,
            sum: proof.map(|it| it.digest),
        }
    }
}

/// Answers side by side.
struct State(u64);

impl State {
    fn put(&mut self, bits: u32, answer: u64) {
        debug_assert!(answer < 1 << bits && self.0.leading_zeros() >= bits);
        self.0 = self.0 << bits | answer;
    }
}

fn mixed(state: u64) -> u64 {
    let wide = u128::from(state) * 0x9e37_79b9_7f4a_7c15;
    wide as u64 ^ (wide >> 64) as u64
}

/// A hasher for states, which nobody outside chooses freely and of which there are few.
#[derive(Debug, Default)]
struct Mix(u64);

impl Hasher for Mix {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u64(&mut self, state: u64) {
        self.0 = mixed(self.0 ^ state);
    }
}
