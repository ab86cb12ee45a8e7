//! The words that packs, policies and records share: each is one token for programs, and a sentence for people.

use serde::{Deserialize, Serialize};

use crate::lang::Lang;
use crate::name::tokens;
use crate::say;

/// A legal basis of GDPR art. 6(1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Basis {
    /// Art. 6(1)(a).
    Consent,
    /// Art. 6(1)(b).
    Contract,
    /// Art. 6(1)(c).
    LegalObligation,
    /// Art. 6(1)(f).
    LegitimateInterest,
}

tokens!(Basis {
    Consent = "consent",
    Contract = "contract",
    LegalObligation = "legal-obligation",
    LegitimateInterest = "legitimate-interest",
});

impl Basis {
    /// The article, as the ledger's table of bases writes it where no pack names a narrower one.
    #[must_use]
    pub fn article(self) -> &'static str {
        match self {
            Self::Consent => "gdpr-6-1-a",
            Self::Contract => "gdpr-6-1-b",
            Self::LegalObligation => "gdpr-6-1-c",
            Self::LegitimateInterest => "gdpr-6-1-f",
        }
    }

    /// The code of the basis in a record of a pack that has no grounds of its own; 0 is for refusals.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Consent => 1,
            Self::Contract => 2,
            Self::LegalObligation => 3,
            Self::LegitimateInterest => 4,
        }
    }

    /// In words.
    #[must_use]
    pub fn words(self, lang: Lang) -> String {
        match self {
            Self::Consent => say!(
                lang,
                "consent (GDPR art. 6(1)(a))" | "consentement (RGPD, art. 6, § 1, a)"
            ),
            Self::Contract => say!(
                lang,
                "contract (GDPR art. 6(1)(b))" | "contrat (RGPD, art. 6, § 1, b)"
            ),
            Self::LegalObligation => say!(
                lang,
                "legal obligation (GDPR art. 6(1)(c))" | "obligation légale (RGPD, art. 6, § 1, c)"
            ),
            Self::LegitimateInterest => say!(
                lang,
                "legitimate interest (GDPR art. 6(1)(f))"
                    | "intérêt légitime (RGPD, art. 6, § 1, f)"
            ),
        }
    }
}

/// Whom a lead is, for the law: somebody at work, or somebody at home.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Audience {
    /// A professional, in that capacity.
    B2b,
    /// A consumer.
    B2c,
}

tokens!(Audience { B2b = "b2b", B2c = "b2c" });

impl Audience {
    /// In words.
    #[must_use]
    pub fn words(self, lang: Lang) -> String {
        match self {
            Self::B2b => say!(lang, "professional" | "professionnel"),
            Self::B2c => say!(lang, "consumer" | "particulier"),
        }
    }
}

/// How a person would be reached.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Channel {
    /// Electronic mail.
    Email,
    /// Text messages.
    Sms,
    /// Calls by people.
    Phone,
    /// Letters.
    Post,
}

tokens!(Channel {
    Email = "email",
    Sms = "sms",
    Phone = "phone",
    Post = "post",
});

impl Channel {
    /// In words.
    #[must_use]
    pub fn words(self, lang: Lang) -> String {
        match self {
            Self::Email => say!(lang, "e-mail" | "courriel"),
            Self::Sms => say!(lang, "text message" | "SMS"),
            Self::Phone => say!(lang, "phone" | "téléphone"),
            Self::Post => say!(lang, "post" | "courrier postal"),
        }
    }
}

/// A set of channels: what a consent was given for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Channels(u8);

impl Channels {
    /// Every channel.
    pub const ALL: Self = Self(0b1111);

    /// The set of these.
    #[must_use]
    pub fn of(channels: &[Channel]) -> Self {
        Self(channels.iter().fold(0, |set, it| set | 1 << *it as u8))
    }

    /// Whether it is one of them.
    #[must_use]
    pub fn holds(self, channel: Channel) -> bool {
        self.0 & 1 << channel as u8 != 0
    }

    /// The set as four bits.
    #[must_use]
    pub fn bits(self) -> u8 {
        self.0
    }

    /// Whether it is none at all.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The set that a cell of an export names, in French or English, set apart by anything but letters and `-`:
    /// `E-mail, SMS`; `tous` or `all` for every channel. A word that names no channel makes it no set.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let mut set = Self::default();
        let lower = text.to_lowercase();
        let words = lower.split(|letter: char| !letter.is_alphanumeric() && letter != '-');
        for word in words.filter(|word| !word.is_empty()) {
            set.0 |= match word {
                "email" | "e-mail" | "mail" | "courriel" => 1 << Channel::Email as u8,
                "sms" | "text" => 1 << Channel::Sms as u8,
                "phone" | "tel" | "tél" | "telephone" | "téléphone" | "appel" => {
                    1 << Channel::Phone as u8
                }
                "post" | "letter" | "courrier" | "postal" => 1 << Channel::Post as u8,
                "all" | "tous" | "tout" => Self::ALL.0,
                _ => return None,
            };
        }
        (!set.is_empty()).then_some(set)
    }

    /// As a record keeps it: the tokens in the order of [`Channel::ALL`], `+` between them.
    #[must_use]
    pub fn token(self) -> &'static str {
        SETS[usize::from(self.0)]
    }

    /// The set of this token.
    #[must_use]
    pub fn parse(token: &str) -> Option<Self> {
        let at = SETS.iter().position(|it| *it == token)?;
        (at > 0).then_some(Self(at as u8))
    }
}

/// Every set of channels by its bits.
const SETS: [&str; 16] = [
    "",
    "email",
    "sms",
    "email+sms",
    "phone",
    "email+phone",
    "sms+phone",
    "email+sms+phone",
    "post",
    "email+post",
    "sms+post",
    "email+sms+post",
    "phone+post",
    "email+phone+post",
    "sms+phone+post",
    "email+sms+phone+post",
];

/// A fact about a lead that a column or a constant of the policy may state; never a feature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FactKind {
    /// Has this person objected?
    Objection,
    /// The last contact that came from the person: a click counts, an opened e-mail does not.
    LastContact,
    /// The day of collection.
    Collected,
    /// Has this person bought here?
    Customer,
    /// Was this person told, at collection, what the data are for?
    Informed,
    /// Is what is offered related to this person's job?
    JobRelated,
    /// Is the address a company's (`contact@…`) rather than a person's?
    GenericAddress,
    /// Is a contract in progress, to whose object the offer is related?
    Contract,
    /// Is what is offered similar to what this person bought?
    SimilarProducts,
    /// Was a free way to opt out offered at collection, and is it in each message?
    OptOutOffered,
    /// Does this person stand on the list of those who want no calls (Bloctel)?
    Bloctel,
}

tokens!(FactKind {
    Objection = "objection",
    LastContact = "last-contact",
    Collected = "collected",
    Customer = "customer",
    Informed = "informed",
    JobRelated = "job-related",
    GenericAddress = "generic-address",
    Contract = "contract",
    SimilarProducts = "similar-products",
    OptOutOffered = "opt-out-offered",
    Bloctel = "bloctel",
});

impl FactKind {
    /// Whether it is a civil date; the others are yes or no.
    #[must_use]
    pub fn is_date(self) -> bool {
        matches!(self, Self::LastContact | Self::Collected)
    }

    /// In words.
    #[must_use]
    pub fn words(self, lang: Lang) -> String {
        match self {
            Self::Objection => say!(lang, "has objected" | "s’est opposé"),
            Self::LastContact => say!(
                lang,
                "last contact that came from the person" | "dernier contact venant de la personne"
            ),
            Self::Collected => say!(lang, "day of collection" | "jour de la collecte"),
            Self::Customer => say!(lang, "is a customer" | "est client"),
            Self::Informed => say!(lang, "informed at collection" | "informé à la collecte"),
            Self::JobRelated => say!(
                lang,
                "the offer is related to the job" | "l’offre est en rapport avec la profession"
            ),
            Self::GenericAddress => say!(
                lang,
                "the address is a company’s, not a person’s"
                    | "l’adresse est celle d’une entreprise, non d’une personne"
            ),
            Self::Contract => say!(
                lang,
                "a contract is in progress, to which the offer is related"
                    | "un contrat est en cours, et l’offre s’y rapporte"
            ),
            Self::SimilarProducts => say!(
                lang,
                "the offer is similar to what was bought"
                    | "l’offre est analogue à ce qui a été acheté"
            ),
            Self::OptOutOffered => say!(
                lang,
                "opt-out offered at collection and in each message"
                    | "opposition proposée à la collecte et dans chaque message"
            ),
            Self::Bloctel => say!(lang, "listed on Bloctel" | "inscrit sur Bloctel"),
        }
    }
}

/// A part of a proof of consent; a withdrawal belongs to the proof, because a consent that cannot be seen to be withdrawn
/// proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ConsentPart {
    /// The day it was given.
    When,
    /// The SHA-256 of the words that were agreed to, or the name of a file under `consents/` that holds them.
    Wording,
    /// Where it was given: a form, a call, a stand.
    Source,
    /// By which act: a ticked box, a signature.
    Act,
    /// The channels it was given for.
    Scope,
    /// The day it was withdrawn.
    Withdrawn,
}

tokens!(ConsentPart {
    When = "when",
    Wording = "wording",
    Source = "source",
    Act = "act",
    Scope = "scope",
    Withdrawn = "withdrawn",
});

impl ConsentPart {
    /// Whether it is a civil date; the others are texts.
    #[must_use]
    pub fn is_date(self) -> bool {
        matches!(self, Self::When | Self::Withdrawn)
    }
}

/// What somebody objected to, or that everything about them was erased.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// To being profiled.
    Profiling,
    /// To being promoted to.
    Promotion,
    /// To both.
    All,
    /// The person was erased and must not come back (GDPR art. 17).
    Erased,
}

tokens!(Scope {
    Profiling = "profiling",
    Promotion = "promotion",
    All = "all",
    Erased = "erased",
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_of_channels_is_read_as_people_write_it_and_kept_as_one_token() {
        let two = Channels::of(&[Channel::Email, Channel::Sms]);
        for text in ["email sms", "E-mail, SMS", "SMS+courriel", " sms ; mail "] {
            assert_eq!(Channels::read(text), Some(two), "{text}");
        }
        assert_eq!(Channels::read("Tous"), Some(Channels::ALL));
        assert_eq!(Channels::read("Téléphone").unwrap().token(), "phone");
        for text in ["", "  ", "email, pigeon", "no"] {
            assert_eq!(Channels::read(text), None, "{text}");
        }
        for bits in 1..16 {
            let set = Channels(bits);
            assert_eq!(Channels::parse(set.token()), Some(set));
            let named: Vec<&str> = Channel::ALL
                .iter()
                .filter(|it| set.holds(**it))
                .map(|it| it.token())
                .collect();
            assert_eq!(named.join("+"), set.token());
        }
        assert_eq!(Channels::parse(""), None);
        assert_eq!(Channels::parse("sms+email"), None);
    }
}
