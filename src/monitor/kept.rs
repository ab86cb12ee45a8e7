//! What came of it: what people made of the proposals, and who was refused.

use std::collections::{BTreeMap, BTreeSet};

use super::document::{Agreement, Mix, Refused, Reviews};
use super::pooled::{Cell, Side, pool};
use super::shown;

/// What people made of the proposals that they reviewed, by proposed band; never by whom.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Opinions {
    bands: BTreeMap<String, Tally>,
}

/// One opinion of a proposal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opinion {
    /// It stands.
    Validated,
    /// Another band.
    Overridden,
    /// Not to be used.
    Rejected,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Tally {
    validated: u64,
    overridden: u64,
    rejected: u64,
}

impl Opinions {
    /// One review more: the last of its proposal.
    pub fn add(&mut self, band: &str, opinion: Opinion) {
        let tally = self.bands.entry(band.to_owned()).or_default();
        match opinion {
            Opinion::Validated => tally.validated += 1,
            Opinion::Overridden => tally.overridden += 1,
            Opinion::Rejected => tally.rejected += 1,
        }
    }

    /// How far people agree: bands only where each of them may be shown.
    pub(super) fn agreement(&self, k: u64) -> Option<Reviews> {
        let sum = self.bands.values().fold(Tally::default(), Tally::and);
        let all = sum.agreement(k)?;
        let bands = self.bands.iter();
        let bands = bands.map(|(band, it)| Some((band.clone(), it.agreement(k)?)));
        let bands: Option<Vec<_>> = bands.collect();
        let whole = |bands: &Vec<(String, Agreement)>| {
            bands.iter().all(|(_, it)| it.rejected.is_some()) // or the rest would be the difference
        };
        Some(Reviews {
            all,
            bands: bands.filter(whole).unwrap_or_default(),
        })
    }
}

impl Tally {
    fn and(self, other: &Self) -> Self {
        Self {
            validated: self.validated + other.validated,
            overridden: self.overridden + other.overridden,
            rejected: self.rejected + other.rejected,
        }
    }

    fn agreement(self, k: u64) -> Option<Agreement> {
        let reviewed = self.validated + self.overridden + self.rejected;
        if reviewed < k.max(1) {
            return None;
        }
        let share = |count: u64| count as f64 / reviewed as f64;
        let fit = |counts: &[u64]| counts.iter().all(|it| shown(*it, k).is_some());
        let split = fit(&[self.validated, self.overridden, self.rejected]);
        let agreed = fit(&[self.validated, reviewed - self.validated]);
        Some(Agreement {
            reviewed,
            validated: agreed.then(|| share(self.validated)),
            overridden: split.then(|| share(self.overridden)),
            rejected: split.then(|| share(self.rejected)),
        })
    }
}

/// Leads refused by reason, in this window and in the one before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refusals {
    /// Leads of the window before and of this one, refused or not.
    pub leads: [u64; 2],
    /// By name: the same.
    pub reasons: BTreeMap<String, [u64; 2]>,
}

impl Refusals {
    pub(super) fn mix(&self, k: u64) -> Mix {
        let [before, now] = self.leads;
        let proposed = |side: usize| {
            let refused: u64 = self.reasons.values().map(|it| it[side]).sum();
            self.leads[side].saturating_sub(refused)
        };
        // Who was not refused is the last cell, so that nobody is the difference to all.
        let names: BTreeSet<Option<&String>> =
            self.reasons.keys().map(Some).chain([None]).collect();
        let cells = names.into_iter().map(|name| {
            let sides = name.map_or([proposed(0), proposed(1)], |name| self.reasons[name]);
            Cell {
                of: vec![name],
                before: sides[0],
                now: sides[1],
            }
        });
        let (listed, rest) = pool(cells.collect(), Side::Both, k);
        let line = |cell: &Cell<Option<&String>>, reason: Option<&String>| Refused {
            reason: reason.cloned(),
            before: cell.before,
            window: cell.now,
        };
        let mut reasons: Vec<Refused> = listed
            .iter()
            .filter_map(|cell| Some(line(cell, Some(cell.of[0]?))))
            .collect();
        // Joined with those who were not refused, a reason is not shown at all.
        let rest = rest.filter(|it| it.of.iter().all(Option::is_some));
        reasons.extend(rest.iter().map(|it| line(it, None)));
        Mix {
            leads_before: shown(before, k),
            leads: shown(now, k),
            reasons,
        }
    }
}

/// A share of all, where those who have it and those who have not are enough.
pub(super) fn share(part: u64, all: u64, k: u64) -> Option<f64> {
    let both = shown(part, k).and(shown(all.checked_sub(part)?, k));
    both.filter(|_| all > 0).map(|_| part as f64 / all as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_share_of_reviews_stands_for_too_few() {
        let mut all = Opinions::default();
        for at in 0..60 {
            let opinion = if at < 5 {
                Opinion::Rejected
            } else {
                Opinion::Validated
            };
            all.add(if at % 2 == 0 { "hot" } else { "cold" }, opinion);
        }
        let said = all.agreement(20).unwrap();
        assert_eq!(said.all.reviewed, 60);
        assert_eq!(said.all.validated, None, "the five would be the difference");
        assert!(said.bands.is_empty());
        let said = all.agreement(2).unwrap();
        assert_eq!(said.all.validated, Some(55.0 / 60.0));
        assert_eq!(said.bands.len(), 2);
        assert_eq!(all.agreement(61), None);
    }

    #[test]
    fn a_rare_reason_is_hidden_among_enough_others() {
        let mut all = Refusals {
            leads: [1000, 1000],
            ..Refusals::default()
        };
        for (name, sides) in [("a", [100, 90]), ("b", [40, 3]), ("c", [30, 25])] {
            all.reasons.insert(name.to_owned(), sides);
        }
        let said = all.mix(20);
        let names: Vec<_> = said.reasons.iter().map(|it| it.reason.as_deref()).collect();
        assert_eq!(names, [Some("a"), None]);
        assert_eq!(said.reasons[1].window, 28);
    }
}
