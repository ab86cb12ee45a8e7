//! What a rule may ask of a lead, and every answer there is: a closed list, so that no pack asks what nobody can answer.
//!
//! The answers of one lead are one word of 64 bits with one bit set per
//! question. A rule is the set of the answers that it takes, so that a lead
//! fits it when no bit of the lead lies outside.

use std::fmt;

use super::words::{Audience, Channel, FactKind, Scope};
use crate::lang::Lang;
use crate::name::tokens;
use crate::say;

/// A question of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Asked {
    /// Professional or consumer.
    Audience,
    /// On the list of those who want no calls.
    Bloctel,
    /// How the person would be reached: the purpose's, not the lead's.
    Channel,
    /// What the proof of consent is worth on that day, for that channel.
    Consent,
    /// Whether retention has run out, by the pack's own parameters.
    Contact,
    /// A contract in progress.
    Contract,
    /// Has bought here.
    Customer,
    /// The address is a company's.
    GenericAddress,
    /// Informed at collection.
    Informed,
    /// Related to the job.
    JobRelated,
    /// Has objected.
    Objection,
    /// Could opt out.
    OptOutOffered,
    /// Similar to what was bought.
    SimilarProducts,
    /// In the suppression set.
    Suppressed,
}

tokens!(Asked {
    Audience = "audience",
    Bloctel = "bloctel",
    Channel = "channel",
    Consent = "consent",
    Contact = "contact",
    Contract = "contract",
    Customer = "customer",
    GenericAddress = "generic-address",
    Informed = "informed",
    JobRelated = "job-related",
    Objection = "objection",
    OptOutOffered = "opt-out-offered",
    SimilarProducts = "similar-products",
    Suppressed = "suppressed",
});

/// What a consent is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConsentState {
    /// None is known.
    None,
    /// Something is known, but no complete proof.
    Incomplete,
    /// Complete, given, not withdrawn, and it covers the channel.
    Valid,
    /// Withdrawn.
    Withdrawn,
    /// Given or withdrawn after the day of the ruling.
    Future,
    /// Withdrawn before it was given.
    Contradictory,
    /// Complete, but it does not cover the channel.
    OutOfScope,
}

tokens!(ConsentState {
    None = "none",
    Incomplete = "incomplete",
    Valid = "valid",
    Withdrawn = "withdrawn",
    Future = "future",
    Contradictory = "contradictory",
    OutOfScope = "out-of-scope",
});

/// How long ago the retention began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContactState {
    /// Within the pack's months, their last day included.
    Recent,
    /// Longer ago.
    Lapsed,
    /// After the day of the ruling.
    Future,
    /// No day is known.
    Unknown,
}

tokens!(ContactState {
    Recent = "recent",
    Lapsed = "lapsed",
    Future = "future",
    Unknown = "unknown",
});

const YES_NO: [&str; 3] = ["yes", "no", "unknown"];
const AUDIENCES: [&str; 4] = [
    Audience::B2b.token(),
    Audience::B2c.token(),
    "unknown",
    "unreadable",
];
const CHANNELS: [&str; 5] = [
    Channel::Email.token(),
    Channel::Sms.token(),
    Channel::Phone.token(),
    Channel::Post.token(),
    "none",
];
const CONSENTS: [&str; 7] = [
    ConsentState::None.token(),
    ConsentState::Incomplete.token(),
    ConsentState::Valid.token(),
    ConsentState::Withdrawn.token(),
    ConsentState::Future.token(),
    ConsentState::Contradictory.token(),
    ConsentState::OutOfScope.token(),
];
const CONTACTS: [&str; 4] = [
    ContactState::Recent.token(),
    ContactState::Lapsed.token(),
    ContactState::Future.token(),
    ContactState::Unknown.token(),
];
const SUPPRESSIONS: [&str; 5] = [
    Scope::Profiling.token(),
    Scope::Promotion.token(),
    Scope::All.token(),
    Scope::Erased.token(),
    "none",
];

impl Asked {
    /// Every answer there is, as rules write them.
    #[must_use]
    pub const fn answers(self) -> &'static [&'static str] {
        match self {
            Self::Audience => &AUDIENCES,
            Self::Channel => &CHANNELS,
            Self::Consent => &CONSENTS,
            Self::Contact => &CONTACTS,
            Self::Suppressed => &SUPPRESSIONS,
            _ => &YES_NO,
        }
    }

    /// In words.
    #[must_use]
    pub fn words(self, lang: Lang) -> String {
        match self {
            Self::Audience => say!(lang, "audience" | "public"),
            Self::Bloctel => FactKind::Bloctel.words(lang),
            Self::Channel => say!(lang, "channel" | "canal"),
            Self::Consent => say!(lang, "consent" | "consentement"),
            Self::Contact => say!(
                lang,
                "collection or last contact" | "collecte ou dernier contact"
            ),
            Self::Contract => FactKind::Contract.words(lang),
            Self::Customer => FactKind::Customer.words(lang),
            Self::GenericAddress => FactKind::GenericAddress.words(lang),
            Self::Informed => FactKind::Informed.words(lang),
            Self::JobRelated => FactKind::JobRelated.words(lang),
            Self::Objection => FactKind::Objection.words(lang),
            Self::OptOutOffered => FactKind::OptOutOffered.words(lang),
            Self::SimilarProducts => FactKind::SimilarProducts.words(lang),
            Self::Suppressed => say!(lang, "suppression list" | "liste d’opposition"),
        }
    }

    /// An answer in words; one that it does not know, as it is.
    #[must_use]
    pub fn answer(self, answer: &str, lang: Lang) -> String {
        match (self, answer) {
            (Self::Audience, "unreadable") => say!(lang, "unreadable" | "illisible"),
            (Self::Channel | Self::Consent, "none") => say!(lang, "none" | "aucun"),
            (Self::Suppressed, "none") => say!(lang, "not listed" | "non inscrit"),
            (Self::Suppressed, "profiling") => say!(lang, "profiling" | "profilage"),
            (Self::Suppressed, "promotion") => say!(lang, "promotion" | "promotion"),
            (Self::Suppressed, "all") => say!(lang, "everything" | "tout"),
            (Self::Suppressed, "erased") => say!(lang, "erased" | "effacé"),
            (Self::Consent, "incomplete") => say!(lang, "incomplete" | "incomplet"),
            (Self::Consent, "valid") => say!(lang, "valid" | "valable"),
            (Self::Consent, "withdrawn") => say!(lang, "withdrawn" | "retiré"),
            (Self::Consent, "contradictory") => say!(lang, "contradictory" | "contradictoire"),
            (Self::Consent, "out-of-scope") => {
                say!(lang, "for another channel" | "pour un autre canal")
            }
            (Self::Contact, "recent") => say!(lang, "recent" | "récent"),
            (Self::Contact, "lapsed") => say!(lang, "too long ago" | "trop ancien"),
            (Self::Consent | Self::Contact, "future") => say!(lang, "in the future" | "à venir"),
            (_, "yes") => say!(lang, "yes" | "oui"),
            (_, "no") => say!(lang, "no" | "non"),
            (_, "unknown") => say!(lang, "unknown" | "inconnu"),
            (Self::Audience, word) => {
                Audience::of(word).map_or_else(|| word.to_owned(), |it| it.words(lang))
            }
            (Self::Channel, word) => {
                Channel::of(word).map_or_else(|| word.to_owned(), |it| it.words(lang))
            }
            _ => answer.to_owned(),
        }
    }

    /// The place of its first answer's bit.
    const fn first(self) -> u32 {
        FIRST[self as usize]
    }

    /// The bits of all its answers.
    const fn bits(self) -> u64 {
        ((1 << self.answers().len()) - 1) << self.first()
    }
}

const FIRST: [u32; 14] = {
    let mut first = [0; 14];
    let mut at = 1;
    while at < 14 {
        first[at] = first[at - 1] + Asked::ALL[at - 1].answers().len() as u32;
        at += 1;
    }
    first
};

/// A set of questions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Questions(u16);

impl Questions {
    /// The set and one more.
    #[must_use]
    pub fn with(self, asked: Asked) -> Self {
        Self(self.0 | 1 << asked as u16)
    }

    /// Both sets.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether it is one of them.
    #[must_use]
    pub const fn hold(self, asked: Asked) -> bool {
        self.0 & 1 << asked as u16 != 0
    }
}

/// The answers of one lead, or of those that a rule takes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Answers(u64);

impl fmt::Debug for Answers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut map = f.debug_map();
        for asked in Asked::ALL {
            let given = asked.answers().iter().zip(asked.first()..);
            let given: Vec<&str> = given
                .filter(|(_, at)| self.0 & 1 << at != 0)
                .map(|(answer, _)| *answer)
                .collect();
            map.entry(asked, &given);
        }
        map.finish()
    }
}

impl Answers {
    /// No answer yet.
    pub const NONE: Self = Self(0);
    /// Any answer to any question.
    pub const ANY: Self = Self(u64::MAX);

    /// With the answer at this place.
    const fn with(self, asked: Asked, at: u32) -> Self {
        Self(self.0 | 1 << (asked.first() + at))
    }

    /// With a yes, a no or neither.
    #[must_use]
    pub const fn flag(self, asked: Asked, answer: Option<bool>) -> Self {
        let at = match answer {
            Some(true) => 0,
            Some(false) => 1,
            None => 2,
        };
        self.with(asked, at)
    }

    /// With an audience; 2 for unknown, 3 for a word that is neither.
    #[must_use]
    pub const fn audience(self, audience: Result<Option<Audience>, ()>) -> Self {
        let at = match audience {
            Ok(Some(audience)) => audience as u32,
            Ok(None) => 2,
            Err(()) => 3,
        };
        self.with(Asked::Audience, at)
    }

    /// With a channel.
    #[must_use]
    pub const fn channel(self, channel: Option<Channel>) -> Self {
        let at = match channel {
            Some(channel) => channel as u32,
            None => 4,
        };
        self.with(Asked::Channel, at)
    }

    /// With the worth of a consent.
    #[must_use]
    pub const fn consent(self, state: ConsentState) -> Self {
        self.with(Asked::Consent, state as u32)
    }

    /// With what retention says.
    #[must_use]
    pub const fn contact(self, state: ContactState) -> Self {
        self.with(Asked::Contact, state as u32)
    }

    /// With what the suppression set says.
    #[must_use]
    pub const fn suppressed(self, scope: Option<Scope>) -> Self {
        let at = match scope {
            Some(scope) => scope as u32,
            None => 4,
        };
        self.with(Asked::Suppressed, at)
    }

    /// Takes only these answers to this question; one that it does not know is none.
    #[must_use]
    pub fn only<'a>(self, asked: Asked, taken: impl Iterator<Item = &'a str>) -> Self {
        let known = asked.answers();
        let taken = taken.filter_map(|answer| known.iter().position(|it| *it == answer));
        let taken = taken.fold(0, |bits, at| bits | 1 << (asked.first() + at as u32));
        Self(self.0 & (!asked.bits() | taken))
    }

    /// Whether none of them lies outside of what `rule` takes.
    #[must_use]
    pub const fn fit(self, rule: Self) -> bool {
        self.0 & !rule.0 == 0
    }

    /// Whether a rule takes nothing but this answer, or takes it among others.
    #[must_use]
    pub const fn takes(self, answer: Self) -> bool {
        answer.fit(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answers_have_a_bit_each_and_stand_in_the_order_of_their_words() {
        let bits: u32 = Asked::ALL.iter().map(|it| it.answers().len() as u32).sum();
        assert!(bits <= 64);
        let all: u64 = Asked::ALL.iter().fold(0, |all, asked| {
            assert_eq!(all & asked.bits(), 0, "{asked}");
            all | asked.bits()
        });
        assert_eq!(all.count_ones(), bits);
        let in_order = |asked: Asked, tokens: Vec<&str>| {
            assert_eq!(asked.answers()[..tokens.len()], tokens, "{asked}");
        };
        in_order(
            Asked::Audience,
            Audience::ALL.iter().map(|it| it.token()).collect(),
        );
        in_order(
            Asked::Channel,
            Channel::ALL.iter().map(|it| it.token()).collect(),
        );
        in_order(
            Asked::Suppressed,
            Scope::ALL.iter().map(|it| it.token()).collect(),
        );
        in_order(
            Asked::Consent,
            ConsentState::ALL.iter().map(|it| it.token()).collect(),
        );
        in_order(
            Asked::Contact,
            ContactState::ALL.iter().map(|it| it.token()).collect(),
        );
        let tokens: Vec<&str> = Asked::ALL.iter().map(|it| it.token()).collect();
        assert!(tokens.is_sorted(), "facts are recorded in this order");
    }

    #[test]
    fn every_question_and_every_answer_has_words_of_its_own() {
        for lang in [Lang::En, Lang::Fr] {
            let mut questions: Vec<String> = Asked::ALL.iter().map(|it| it.words(lang)).collect();
            questions.sort();
            questions.dedup();
            assert_eq!(questions.len(), Asked::ALL.len());
            for asked in Asked::ALL {
                let answers = asked.answers().iter();
                let mut words: Vec<String> = answers.map(|it| asked.answer(it, lang)).collect();
                words.sort();
                words.dedup();
                assert_eq!(words.len(), asked.answers().len(), "{asked}");
                assert!(
                    words.iter().all(|it| !it.contains('-') || it == "e-mail"),
                    "{words:?}"
                );
            }
        }
    }

    #[test]
    fn a_rule_takes_the_answers_that_it_lists_and_no_other() {
        let rule = Answers::ANY
            .only(Asked::Consent, ["valid", "incomplete"].into_iter())
            .only(Asked::Customer, ["yes"].into_iter());
        for consent in ConsentState::ALL {
            for customer in [Some(true), Some(false), None] {
                let lead = Answers::NONE
                    .consent(*consent)
                    .flag(Asked::Customer, customer);
                let expected = customer == Some(true)
                    && [ConsentState::Valid, ConsentState::Incomplete].contains(consent);
                assert_eq!(lead.fit(rule), expected, "{lead:?}");
            }
        }
        let nothing = Answers::ANY.only(Asked::Contract, ["maybe"].into_iter());
        assert!(!Answers::NONE.flag(Asked::Contract, None).fit(nothing));
    }
}
