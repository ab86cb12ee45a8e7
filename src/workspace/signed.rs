//! Entries that a person signed: whose they are, by the policy of that day.

use std::collections::HashMap;

use super::error::Error;
use super::journal::{Commit, View};
use super::log::Trouble;
use super::person::{self, Signer};
use super::{Workspace, World};
use crate::digest::Digest;
use crate::ledger::Entry;
use crate::ledger::entry::{Document, Signed};
use crate::ledger::note::Verifier;
use crate::ledger::text::Signature;
use crate::name::Token;
use crate::policy::{self, Policy, Right, Role};

/// An entry with its person's signature; before it is signed, the signature is of zeros.
pub fn sign(entry: &Entry, signer: &Signer) -> Entry {
    let signature = Signature(signer.sign(&entry.signed_text()));
    let mut entry = entry.clone();
    match &mut entry {
        Entry::Model(it) => it.signature = Some(signature),
        Entry::SignOff(it) => it.signature = signature,
        Entry::Approve(it) => it.signed = it.signed.map(|it| Signed { signature, ..it }),
        Entry::Activate(it) => it.signed = it.signed.map(|it| Signed { signature, ..it }),
        Entry::Retire(it) => it.signed.signature = signature,
        _ => {}
    }
    entry
}

/// The place of a signature, before there is one.
pub const BLANK: Signature = Signature([0; 64]);

/// The policy that names a person's key joins `commit`, where the log does not hold it yet.
pub fn keep_policy(ws: &Workspace, world: &World, view: &View, commit: &mut Commit) {
    let digest = ws.policy.digest;
    let held = view
        .entries()
        .any(|(_, it)| matches!(it, Entry::Policy(it) if it.document == digest));
    if !held {
        commit.documents.push(ws.policy_text.as_bytes().to_vec());
        commit.entries.push(Entry::Policy(Document {
            document: digest,
            time: world.now,
        }));
    }
}

/// Whose signatures stand, by the policies of those days.
pub struct Signers<'a> {
    view: &'a View,
    policies: HashMap<Digest, Option<Policy>>,
}

impl<'a> Signers<'a> {
    /// By the policies of this log.
    pub fn of(view: &'a View) -> Self {
        Self {
            view,
            policies: HashMap::new(),
        }
    }

    fn policy(&mut self, digest: Digest) -> Option<&Policy> {
        let view = self.view;
        let read = || {
            let text = String::from_utf8(view.document(&digest).ok()?).ok()?;
            policy::parse(&text).ok()
        };
        self.policies.entry(digest).or_insert_with(read).as_ref()
    }

    /// The key of a person in a policy.
    pub fn key(&mut self, person: &Token, policy: Digest) -> Option<Verifier> {
        let person = self.policy(policy)?.person(person.as_str())?;
        person::verifier(person).ok()
    }

    /// Whether an entry bears the signature of whoever is said to have made it; `None` where it bears none.
    pub fn signed(&mut self, entry: &Entry) -> Option<bool> {
        let (actor, policy) = match entry {
            Entry::Model(it) => (&it.actor, it.policy),
            Entry::SignOff(it) => (&it.actor, it.policy),
            Entry::Approve(it) => (&it.actor, it.signed?.policy),
            Entry::Activate(it) => (&it.actor, it.signed?.policy),
            Entry::Retire(it) => (&it.actor, it.signed.policy),
            _ => return None,
        };
        let signature = entry.signature()?;
        let by = self.key(actor, policy);
        Some(by.is_some_and(|by| by.signed(entry.signed_text().as_bytes(), &signature.0)))
    }

    /// Whether the policy of that day let its person do it.
    fn might(&mut self, entry: &Entry) -> bool {
        let (actor, policy, right) = match entry {
            Entry::SignOff(it) => (&it.actor, it.policy, None),
            Entry::Approve(it) => match it.signed {
                Some(signed) => (&it.actor, signed.policy, Some(Right::Approve)),
                None => return true,
            },
            Entry::Activate(it) => match it.signed {
                Some(signed) => (&it.actor, signed.policy, Some(Right::Activate)),
                None => return true,
            },
            Entry::Retire(it) => (&it.actor, it.signed.policy, Some(Right::Activate)),
            _ => return true,
        };
        let Some(policy) = self.policy(policy) else {
            return false;
        };
        policy.person(actor.as_str()).is_some_and(|it| match right {
            None => it.roles.contains(&Role::Reviewer),
            Some(right) => policy.rights.allow(it, right),
        })
    }
}

/// Whether two keys are one, whatever names they bear.
pub fn is_one_key(a: &Verifier, b: &Verifier) -> bool {
    let bytes = |it: &Verifier| it.text().rsplit('+').next().map(str::to_owned);
    bytes(a) == bytes(b)
}

/// Entries that whoever is said to have signed did not sign, or could not.
pub fn forged(view: &View) -> Vec<Trouble> {
    let mut signers = Signers::of(view);
    let mut troubles = Vec::new();
    for (index, entry) in view.entries() {
        let why = match (entry, signers.signed(entry)) {
            (_, None) => continue,
            (_, Some(true)) if !signers.might(entry) => true,
            (_, Some(signed)) => !signed,
        };
        if why {
            let why = match entry {
                Entry::SignOff(_) => {
                    "a sign-off that the reviewer who is said to have done it did not sign"
                }
                Entry::Model(_) => "a training that whoever is said to have done it did not sign",
                Entry::Approve(_) => {
                    "an approval that the person who is said to have given it did not sign"
                }
                _ => "a step of a model that the person who is said to have taken it did not sign",
            };
            troubles.push(Trouble {
                file: format!("entry {index}"),
                why: why.to_owned(),
            });
        }
    }
    troubles
}

/// Signed entries whose person had another key in every policy that the log kept before: true where somebody lost
/// theirs, and what a key slipped into probant.toml looks like. They are told, and decide nothing.
pub fn other_keys(view: &View) -> Vec<Trouble> {
    let mut signers = Signers::of(view);
    let mut policies: Vec<Digest> = Vec::new();
    let mut told = Vec::new();
    for (index, entry) in view.entries() {
        let (actor, policy) = match entry {
            Entry::Policy(it) => {
                policies.push(it.document);
                continue;
            }
            Entry::SignOff(it) => (&it.actor, it.policy),
            Entry::Approve(it) => match it.signed {
                Some(signed) => (&it.actor, signed.policy),
                None => continue,
            },
            Entry::Activate(it) => match it.signed {
                Some(signed) => (&it.actor, signed.policy),
                None => continue,
            },
            Entry::Retire(it) => (&it.actor, it.signed.policy),
            _ => continue,
        };
        let Some(own) = signers.key(actor, policy) else {
            continue;
        };
        let mut before = policies.iter().filter(|it| **it != policy);
        let known = before.any(|it| signers.key(actor, *it).is_some());
        let same = policies.iter().filter(|it| **it != policy).any(|it| {
            signers
                .key(actor, *it)
                .is_some_and(|it| is_one_key(&it, &own))
        });
        if known && !same {
            told.push(Trouble {
                file: format!("entry {index}"),
                why: format!(
                    "signed by `{actor}` with a key that no other policy of the log gives them"
                ),
            });
        }
    }
    told
}

/// Why an entry of a model's life is not believed: its person did not sign it.
pub fn must_be_signed(
    signers: &mut Signers<'_>,
    index: u64,
    entry: &Entry,
    model: Digest,
    person: &Token,
) -> Result<(), Error> {
    if signers.signed(entry) == Some(true) {
        return Ok(());
    }
    Err(super::models::Refusal::Forged {
        model: model.short(),
        entry: index,
        person: person.clone(),
    }
    .into())
}
