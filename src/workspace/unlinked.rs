//! Which pseudonym keys still stand, and what nobody can be found in any more.
//!
//! Whoever looks for a person asks here for the key of each period and purpose; a period whose master
//! was destroyed has none, and is told apart from «no decision».

use std::collections::BTreeMap;

use serde::Serialize;

use super::error::Error;
use super::journal::period::Standing;
use super::journal::{Period, View};
use crate::lang::Lang;
use crate::ledger::Time;
use crate::name::{IdType, Token};
use crate::pseudonym::{Key, Master};
use crate::report;
use crate::say;

/// Predictions that belong to nobody any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unlinked {
    /// The period.
    pub kid: String,
    /// Predictions under it.
    pub predictions: u64,
    /// The day of the first run under it, `YYYY-MM-DD`.
    pub from: String,
    /// The day of the last.
    pub to: String,
    /// The day its master was destroyed; none where its file is missing although the log says that it stands.
    pub since: Option<String>,
}

impl Unlinked {
    /// The period, where predictions stand under it and its master does not stand.
    fn of(period: &Period) -> Option<Self> {
        let since = match period.standing {
            Standing::Destroyed(since) => Some(day(since)),
            Standing::Missing => None,
            Standing::InUse | Standing::Kept => return None,
        };
        let (from, to) = period.runs?;
        Some(Self {
            kid: period.kid.to_string(),
            predictions: period.predictions,
            from: day(from),
            to: day(to),
            since,
        })
    }

    /// In a sentence, without its full stop.
    #[must_use]
    pub fn sentence(&self, lang: Lang) -> String {
        let Self { kid, since, .. } = self;
        let (from, to) = (report::day(&self.from, lang), report::day(&self.to, lang));
        let n = lang.count(self.predictions);
        let one = self.predictions == 1;
        match since {
            Some(since) if one => {
                let since = report::day(since, lang);
                say!(
                    lang,
                    "1 prediction of period {kid}, from {from}, can no longer be linked to anybody since {since}"
                        | "1 prédiction de la période {kid}, du {from}, ne peut plus être rattachée à personne depuis le {since}"
                )
            }
            Some(since) => {
                let since = report::day(since, lang);
                say!(
                    lang,
                    "{n} predictions of period {kid}, from {from} to {to}, can no longer be linked to anybody since {since}"
                        | "{n} prédictions de la période {kid}, du {from} au {to}, ne peuvent plus être rattachées à personne depuis le {since}"
                )
            }
            None => say!(
                lang,
                "the predictions of period {kid} ({n}, from {from} to {to}) cannot be searched: its key is missing, and the log does not say that it was destroyed"
                    | "les prédictions de la période {kid} ({n}, du {from} au {to}) ne peuvent être parcourues\u{a0}: sa clé manque, et le registre ne dit pas qu’elle a été détruite"
            ),
        }
    }
}

/// The civil day of a moment, in UTC.
fn day(time: Time) -> String {
    time.to_string()
        .split('T')
        .next()
        .unwrap_or_default()
        .to_owned()
}

/// Pseudonym keys of one identifier type, made once for each period and purpose.
pub struct Keys<'a> {
    view: &'a View,
    id_type: IdType,
    periods: Vec<Period>,
    made: BTreeMap<(Token, Token), Key>,
}

impl<'a> Keys<'a> {
    /// The keys of a ledger's periods.
    pub fn of(view: &'a View, id_type: IdType) -> Self {
        Self {
            view,
            id_type,
            periods: view.periods(),
            made: BTreeMap::new(),
        }
    }

    /// The key of a period and a purpose; none where the master does not stand any more.
    pub fn key(&mut self, kid: &Token, purpose: &Token) -> Result<Option<&Key>, Error> {
        let stands = self.periods.iter().any(|period| {
            period.kid == *kid && matches!(period.standing, Standing::InUse | Standing::Kept)
        });
        if !stands {
            return Ok(None);
        }
        let name = (kid.clone(), purpose.clone());
        if !self.made.contains_key(&name) {
            let secret = self.view.master(kid)?;
            let key = Master::new(secret.expose()).key(purpose, self.id_type);
            self.made.insert(name.clone(), key);
        }
        Ok(self.made.get(&name))
    }

    /// The periods in which nobody can be found any more, oldest first.
    pub fn unlinked(&self) -> Vec<Unlinked> {
        self.periods.iter().filter_map(Unlinked::of).collect()
    }

    /// The day a period was destroyed, if it was.
    pub fn destroyed(&self, kid: &Token) -> Option<String> {
        let period = self.periods.iter().find(|period| period.kid == *kid)?;
        match period.standing {
            Standing::Destroyed(since) => Some(day(since)),
            _ => None,
        }
    }
}
