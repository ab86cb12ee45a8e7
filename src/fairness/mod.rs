//! How groups of people fare with a model: who is selected, whether scores keep their word, and which features tell groups apart.
//!
//! | file | noun |
//! | --- | --- |
//! | `hide` | which groups may be shown, so that no difference of shown figures tells of fewer than `k` people |
//! | `interval` | shares and ratios with their intervals |
//! | `proxy` | how far codes and scores tell groups apart |
//!
//! The groups come from a file that nothing else reads. This room stands beside `model` and neither may name the
//! other: what a training is made of cannot come from here, and no group can reach it.
//!
//! Pure. One line is one person; whatever their order, the figures are the same.

mod hide;
mod interval;
mod proxy;

use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::name::Token;

use hide::{is_safe, is_split_safe, shown};

pub use interval::{Interval, ratio, share};
pub use proxy::{Association, Proxy, area, association};

/// A feature is listed as a proxy from this association with the groups on (Cramér's V, corrected for its bias); what
/// Cohen calls a small effect where there are two groups.
pub const PROXY: f64 = 0.1;

/// The people of an export that were scored, one line each.
#[derive(Clone, Debug, Default)]
pub struct People {
    /// Whether their score reaches the band.
    pub selected: Vec<bool>,
    /// Their score.
    pub probability: Vec<f64>,
    /// What became of them, where it is known.
    pub outcome: Vec<Option<bool>>,
    /// The model's features by name, with each person's code.
    pub features: Vec<(String, Vec<u16>)>,
}

/// A column of the side file.
#[derive(Clone, Debug, Default)]
pub struct Audited {
    /// Its header.
    pub column: String,
    /// The groups that it names.
    pub levels: Vec<String>,
    /// Each person's group, by its place in `levels`; none where none is stated.
    pub of: Vec<Option<u32>>,
}

/// How groups fare, as a document about nobody: no share in it stands for fewer than `k` people, nor do those that have
/// what it counts, nor those that have not; and no subtraction gives one that does, from this document and the totals of
/// the run. Documents are not held against each other: two of them, with other bands or exports, may tell more together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fairness {
    /// 1.
    pub schema_version: u32,
    /// The model.
    pub model: Digest,
    /// The policy.
    pub policy: Digest,
    /// The purpose.
    pub purpose: Token,
    /// The law's date.
    pub date: String,
    /// Selected is whoever falls in this band or a higher one.
    pub band: String,
    /// What people call it.
    pub band_label: String,
    /// The least number of people behind a figure.
    pub k: u32,
    /// People scored.
    pub people: u64,
    /// Whether these are the people that the model learned from.
    pub learned_from: bool,
    /// From which association on a feature is listed.
    pub proxy_limit: f64,
    /// What each column of the side file shows.
    pub columns: Vec<Column>,
}

/// What one column shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Column {
    /// Its header.
    pub column: String,
    /// The groups, the largest first.
    pub groups: Vec<Group>,
    /// The place of the most selected group; none where there are not two groups whose share is told.
    pub most_selected: Option<usize>,
    /// Whether outcomes that are known are not told, because they or what they leave over stand for fewer than `k` people.
    pub withheld: bool,
    /// Features that tell the groups apart, the most telling first.
    pub proxies: Vec<Proxy>,
}

/// One group, or several that may not be told apart.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Group {
    /// The groups of at least `k` people in it.
    pub named: Vec<String>,
    /// Whether there are others in it, of fewer people.
    pub others: bool,
    /// Whether people are in it whose group is not stated.
    pub not_stated: bool,
    /// How many.
    pub people: u64,
    /// The share selected; hidden where it, or what it leaves over, would tell of fewer than `k` people.
    pub selected: Option<Interval>,
    /// That share over the most selected group's.
    pub ratio: Option<Interval>,
    /// The chance that one of them has a higher score than somebody of another group.
    pub score_area: Option<f64>,
    /// Whether scores keep their word.
    pub calibration: Option<Calibration>,
    /// How often the band errs.
    pub errors: Option<Errors>,
}

/// Scores beside outcomes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// People whose outcome is known.
    pub people: u64,
    /// Their mean score.
    pub predicted: f64,
    /// The share won.
    pub observed: Interval,
}

/// Errors of the band, where outcomes are known.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Errors {
    /// The share selected of those who were lost.
    pub false_positive: Interval,
    /// The share not selected of those who were won.
    pub false_negative: Interval,
}

impl Fairness {
    /// The document's bytes.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut text =
            serde_json::to_string_pretty(self).expect("plain numbers and texts have a JSON");
        text.push('\n');
        text
    }
}

impl Group {
    /// Whether it is compared: people of whom nothing is stated are no group.
    #[must_use]
    pub fn is_compared(&self) -> bool {
        !self.named.is_empty() || !self.not_stated
    }
}

/// What was counted of some people.
#[derive(Clone, Copy, Default)]
struct Counts {
    people: u64,
    selected: u64,
    won: u64,
    lost: u64,
    won_selected: u64,
    lost_selected: u64,
    /// Sum of scores where the outcome is known, in units of 2⁻⁴⁰: a sum that has no order.
    predicted: u128,
}

const UNIT: f64 = (1u64 << 40) as f64;

impl Counts {
    fn take(&mut self, selected: bool, probability: f64, outcome: Option<bool>) {
        let one = u64::from(selected);
        self.people += 1;
        self.selected += one;
        match outcome {
            Some(true) => {
                self.won += 1;
                self.won_selected += one;
            }
            Some(false) => {
                self.lost += 1;
                self.lost_selected += one;
            }
            None => return,
        }
        self.predicted += (probability * UNIT).round_ties_even() as u128;
    }

    fn known(&self) -> u64 {
        self.won + self.lost
    }

    fn open(&self) -> u64 {
        self.people - self.known()
    }

    fn calibration(&self) -> Calibration {
        Calibration {
            people: self.known(),
            predicted: self.predicted as f64 / UNIT / self.known() as f64,
            observed: share(self.won, self.known()),
        }
    }

    fn errors(&self) -> Errors {
        Errors {
            false_positive: share(self.lost_selected, self.lost),
            false_negative: share(self.won - self.won_selected, self.won),
        }
    }
}

/// How the groups of one column fare; nothing where no two groups of at least `k` people can be compared.
#[must_use]
pub fn judge(people: &People, audited: &Audited, k: u64) -> Option<Column> {
    let (mut groups, of) = blocks(&sizes(audited), audited, k);
    let mut counts = vec![Counts::default(); groups.len()];
    for (person, block) in of.iter().enumerate() {
        let counts = &mut counts[*block as usize];
        let (selected, probability) = (people.selected[person], people.probability[person]);
        counts.take(selected, probability, people.outcome[person]);
    }
    let compared: Vec<bool> = groups.iter().map(Group::is_compared).collect();
    if compared.iter().filter(|it| **it).count() < 2 {
        return None;
    }
    let selected = shown_selected(&counts, k);
    let told: Vec<bool> = (0..groups.len())
        .map(|at| compared[at] && selected[at])
        .collect();
    let most = most_selected(&counts, &told);
    let of: Vec<Option<u32>> = of
        .into_iter()
        .map(|block| compared[block as usize].then_some(block))
        .collect();
    let areas = area(&people.probability, &of, groups.len());
    let outcomes = shown_outcomes(&counts, k);
    let errors = shown_errors(&counts, &|at| selected[at] && outcomes[at], k);
    for (at, group) in groups.iter_mut().enumerate() {
        let it = &counts[at];
        group.selected = selected[at].then(|| share(it.selected, it.people));
        if let Some(most) = most.filter(|most| told[at] && at != *most) {
            let other = &counts[most];
            group.ratio = ratio((it.selected, it.people), (other.selected, other.people));
        }
        group.score_area = areas[at];
        group.calibration = outcomes[at].then(|| it.calibration());
        group.errors = errors[at].then(|| it.errors());
    }
    Some(Column {
        column: audited.column.clone(),
        most_selected: most,
        withheld: (0..groups.len()).any(|at| counts[at].known() > 0 && !errors[at]),
        proxies: proxy::proxies(&people.features, &of, groups.len()),
        groups,
    })
}

/// People by level, and at the end those of whom nothing is stated.
fn sizes(audited: &Audited) -> Vec<u64> {
    let mut sizes = vec![0; audited.levels.len() + 1];
    for level in &audited.of {
        sizes[level.map_or(audited.levels.len(), |level| level as usize)] += 1;
    }
    sizes
}

/// The blocks that may be shown, the largest first, and the block of each person.
fn blocks(sizes: &[u64], audited: &Audited, k: u64) -> (Vec<Group>, Vec<u32>) {
    let unstated = audited.levels.len();
    let mut present: Vec<usize> = (0..sizes.len()).filter(|at| sizes[*at] > 0).collect();
    present.sort_by_key(|&at| (std::cmp::Reverse(sizes[at]), audited.levels.get(at)));
    let cells: Vec<Vec<u64>> = present.iter().map(|&at| vec![sizes[at]]).collect();
    // Whoever is not compared is hidden first, then the smallest.
    let mut order: Vec<usize> = (0..present.len()).rev().collect();
    order.sort_by_key(|&at| present[at] != unstated);
    let fit = |sum: &[u64]| is_safe(sum[0], k);
    let apart = shown(&cells, &order, &|at| cells[at][0] >= k, &fit);
    let group = |named: Vec<String>, people: u64, others, not_stated| Group {
        named,
        others,
        not_stated,
        people,
        selected: None,
        ratio: None,
        score_area: None,
        calibration: None,
        errors: None,
    };
    let (mut groups, mut block_of) = (Vec::new(), vec![0; sizes.len()]);
    let name = |at: usize| audited.levels.get(at).cloned();
    for (&at, _) in present.iter().zip(&apart).filter(|(_, apart)| **apart) {
        block_of[at] = groups.len() as u32;
        let named = name(at).into_iter().collect();
        groups.push(group(named, sizes[at], false, at == unstated));
    }
    let rest: Vec<usize> = present
        .iter()
        .zip(&apart)
        .filter(|(_, apart)| !**apart)
        .map(|(at, _)| *at)
        .collect();
    if !rest.is_empty() {
        for &at in &rest {
            block_of[at] = groups.len() as u32;
        }
        // What fewer than k people wrote in the side file is said nowhere.
        let large = rest.iter().filter(|at| sizes[**at] >= k);
        groups.push(group(
            large.filter_map(|at| name(*at)).collect(),
            rest.iter().map(|at| sizes[*at]).sum(),
            rest.iter().any(|&at| at != unstated && sizes[at] < k),
            rest.contains(&unstated),
        ));
    }
    let of = audited.of.iter();
    let of = of.map(|level| block_of[level.map_or(unstated, |level| level as usize)]);
    (groups, of.collect())
}

/// The group with the highest share selected among those whose share is told; of equals the larger. Of one alone there
/// is no highest.
fn most_selected(counts: &[Counts], told: &[bool]) -> Option<usize> {
    if told.iter().filter(|it| **it).count() < 2 {
        return None;
    }
    let mut most = None::<usize>;
    for (at, it) in counts.iter().enumerate().filter(|(at, _)| told[*at]) {
        let above = most.is_none_or(|most| {
            let other = &counts[most];
            let share = |x: &Counts, y: &Counts| u128::from(x.selected) * u128::from(y.people);
            (share(it, other), it.people) > (share(other, it), other.people)
        });
        if above {
            most = Some(at);
        }
    }
    most
}

/// Whose share selected may be told: enough selected and enough not.
fn shown_selected(counts: &[Counts], k: u64) -> Vec<bool> {
    let cells: Vec<Vec<u64>> = counts
        .iter()
        .map(|it| vec![it.selected, it.people - it.selected])
        .collect();
    let fit = |it: &[u64]| is_split_safe(it[0], it[1], k);
    shown(&cells, &smallest_first(counts), &|at| fit(&cells[at]), &fit)
}

/// Whose outcomes may be told: enough won and enough lost, and of those still open none or enough.
fn shown_outcomes(counts: &[Counts], k: u64) -> Vec<bool> {
    let cells: Vec<Vec<u64>> = counts
        .iter()
        .map(|it| vec![it.won, it.lost, it.open()])
        .collect();
    let fit = |it: &[u64]| is_split_safe(it[0], it[1], k) && is_safe(it[2], k);
    let may = |at: usize| counts[at].known() > 0 && fit(&cells[at]);
    shown(&cells, &smallest_first(counts), &may, &fit)
}

/// Whose errors may be told: only where selection and outcomes are, so that they are not told by the errors; and where
/// of those won, of those lost and of those still open (whom the others leave over) enough are selected and enough not.
fn shown_errors(counts: &[Counts], others: &dyn Fn(usize) -> bool, k: u64) -> Vec<bool> {
    let cells: Vec<Vec<u64>> = counts
        .iter()
        .map(|it| {
            let open = it.selected - it.won_selected - it.lost_selected;
            let (won, lost) = (it.won_selected, it.lost_selected);
            let rest = [it.won - won, it.lost - lost, it.open() - open];
            vec![won, rest[0], lost, rest[1], open, rest[2]]
        })
        .collect();
    let fit = |it: &[u64]| it.chunks(2).all(|of| is_split_safe(of[0], of[1], k));
    let may =
        |at: usize| others(at) && counts[at].won >= k && counts[at].lost >= k && fit(&cells[at]);
    shown(&cells, &smallest_first(counts), &may, &fit)
}

fn smallest_first(counts: &[Counts]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..counts.len()).collect();
    order.sort_by_key(|&at| counts[at].people);
    order
}
