//! Models and law packs as the ledger sees them: the same codes or facts in, the same terms or ruling out as on the day.

use crate::decision::Limits;
use crate::eligibility::{Again, Context, RESTRICTED, Rules, read, shared_refusals, suppressed};
use crate::law::asked::Asked;
use crate::law::{ERASED, OBJECTED, Pack};
use crate::ledger::entry::Segment;
use crate::ledger::text::Date;
use crate::ledger::verify::{Judge, Ruler};
use crate::ledger::{EachTerm, Replay, SegmentKind};
use crate::model::Model;
use crate::name::Token;
use crate::odds::LogOdds;
use crate::policy::{self, REVIEW};

/// A model that can say again what it said.
pub struct Replayer {
    model: Model,
    widths: Vec<usize>,
}

impl Replayer {
    /// The replayer of a model.
    #[must_use]
    pub fn new(model: Model) -> Self {
        let widths = model.schema().widths();
        Self { model, widths }
    }
}

impl Replay for Replayer {
    fn features(&self) -> usize {
        self.model.schema().features.len()
    }

    fn widths(&self) -> &[usize] {
        &self.widths
    }

    fn replay(&self, features: &[u16], terms: &mut Vec<(u16, i32)>) -> i32 {
        terms.clear();
        let schema = self.model.schema();
        let tables = self.model.tables();
        // A damaged file may hold any code: one without an entry contributes nothing here, and
        // the record's leaf will not match.
        let entry = |table: &Vec<LogOdds>, code: u16| {
            let entry = table.get(usize::from(code));
            entry.map_or(0, |entry| entry.0)
        };
        let at = |feature: usize| {
            let code = features.get(feature).copied().unwrap_or(0);
            code.min((tables[feature].len() - 1) as u16)
        };
        let (singles, pairs) = tables.split_at(schema.features.len());
        let singles = features.iter().zip(singles);
        terms.extend(singles.map(|(&code, table)| (code, entry(table, code))));
        for (pair, table) in schema.pairs.iter().zip(pairs) {
            let code = pair.code(at(pair.a), at(pair.b));
            terms.push((code, entry(table, code)));
        }
        terms
            .iter()
            .fold(self.model.baseline().0, |sum, (_, entry)| {
                sum.wrapping_add(*entry)
            })
    }

    fn replay_columns(&self, features: &[&[u16]], log_odds: &mut [i32], each: EachTerm<'_>) {
        let schema = self.model.schema();
        let (singles, pairs) = self.model.tables().split_at(schema.features.len());
        log_odds.fill(self.model.baseline().0);
        let mut terms = vec![(0, 0); log_odds.len()];
        let mut done = |terms: &[(u16, i32)]| {
            for (sum, (_, entry)) in log_odds.iter_mut().zip(terms) {
                *sum = sum.wrapping_add(*entry);
            }
            each(terms);
        };
        let entry = |table: &[LogOdds], code: u16| {
            let entry = table.get(usize::from(code));
            (code, entry.map_or(0, |entry| entry.0))
        };
        for (column, table) in features.iter().zip(singles) {
            for (term, &code) in terms.iter_mut().zip(*column) {
                *term = entry(table, code);
            }
            done(&terms);
        }
        for (pair, table) in schema.pairs.iter().zip(pairs) {
            let last = |feature: usize| (singles[feature].len() - 1) as u16;
            let (last_a, last_b) = (last(pair.a), last(pair.b));
            let sides = features[pair.a].iter().zip(features[pair.b]);
            for (term, (&a, &b)) in terms.iter_mut().zip(sides) {
                *term = entry(table, pair.code(a.min(last_a), b.min(last_b)));
            }
            done(&terms);
        }
    }
}

/// What says again which outcome a record of this segment has: the band of its score, or `review` where its codes set it
/// apart. A segment whose table has no `review` is of before the machine could abstain.
pub fn judge(segment: &Segment, model: &[u8], policy: &[u8]) -> Result<Judge, String> {
    let text = |bytes, what: &str| {
        std::str::from_utf8(bytes).map_err(|_| format!("the {what} is not UTF-8"))
    };
    let policy = policy::parse(text(policy, "policy")?)
        .map_err(|_| "the policy does not parse".to_owned())?;
    let bands = policy.bands.iter().map(|band| band.id.as_str());
    let named = |it: &(u8, Token)| (usize::from(it.0), it.1.to_string());
    let named: Vec<(usize, String)> = segment.outcomes.iter().map(named).collect();
    let is = |wanted: &mut dyn Iterator<Item = &str>| {
        let wanted = wanted.map(str::to_owned).enumerate();
        wanted.eq(named.iter().cloned())
    };
    if is(&mut bands.clone().chain([REVIEW])) && !policy.review_is_taken() {
        let model = Model::parse(text(model, "model")?).map_err(|error| error.to_string())?;
        let limits = Limits::of(&model, &policy.abstention);
        return Ok(Box::new(move |ppm, codes| {
            if limits.sets_apart(codes) {
                policy.review_code()
            } else {
                policy.band(ppm) as u8
            }
        }));
    }
    if !is(&mut bands.clone()) {
        return Err("the segment's bands are not the policy's".to_owned());
    }
    if policy.abstention.stated {
        return Err(
            "its policy sets leads apart, and the segment has no outcome for them".to_owned(),
        );
    }
    Ok(Box::new(move |ppm, _| policy.band(ppm) as u8))
}

/// Segments without an outcome for leads that are set apart, after one that has it: somebody took it away.
pub fn silenced<'a>(
    segments: impl Iterator<Item = (u64, &'a Segment)>,
) -> impl Iterator<Item = u64> {
    let mut since = false;
    segments.filter_map(move |(index, segment)| {
        let names = segment.kind == SegmentKind::Proposals;
        let mut outcomes = segment.outcomes.iter();
        let has = outcomes.any(|(_, name)| name.as_str() == REVIEW);
        let silenced = names && since && !has;
        since |= names && has;
        silenced.then_some(index)
    })
}

/// What rules again over the records of a segment; none where its pack leaves the ground to the policy (format v1), and
/// so has nothing to compare a record with.
pub fn ruler(
    segment: &Segment,
    date: Date,
    law: &[u8],
    policy: &[u8],
) -> Result<Option<Ruler>, String> {
    let text = |bytes| std::str::from_utf8(bytes).map_err(|_| "a document is not UTF-8".to_owned());
    let pack = Pack::parse(text(law)?).map_err(|error| error.to_string())?;
    if !pack.names_grounds() {
        return Ok(None);
    }
    let policy =
        policy::parse(text(policy)?).map_err(|_| "the policy does not parse".to_owned())?;
    let purpose = policy
        .purpose(segment.purpose.as_str())
        .ok_or("the policy has no such purpose")?;
    tables(segment, &pack)?;
    let rules = Rules::of(&Context::of(purpose, &pack, date));
    let proposals = segment.kind == SegmentKind::Proposals;
    Ok(Some(Box::new(move |basis, outcome, facts| {
        if !proposals && outcome == RESTRICTED {
            // That a person was restricted on that day is in no fact of the lead.
            return (!facts.is_empty()).then_some("it is restricted, and has facts all the same");
        }
        if !proposals && [OBJECTED, ERASED].contains(&outcome) {
            // Whether somebody stood in the suppression set on that day is what the fact itself says.
            let asks = rules.asks().hold(Asked::Suppressed);
            let scope = read(facts).ok().and_then(|lead| lead.suppressed);
            let bound = scope.map(suppressed).filter(|_| !asks);
            let follows =
                bound.is_some_and(|it| it.code() == outcome && it.facts().as_bytes() == facts);
            return (!follows).then_some("an objection refuses it, and its facts do not say so");
        }
        let said = if proposals {
            Again::Basis(basis)
        } else {
            Again::Refusal(outcome)
        };
        match rules.again(facts) {
            Err(_) => Some("its facts are not those that its law pack asks for"),
            Ok(again) if again == said => None,
            Ok(Again::Refusal(_)) if proposals => {
                Some("the law pack refuses a lead with these facts")
            }
            Ok(Again::Basis(_)) if !proposals => {
                Some("the law pack does not refuse a lead with these facts")
            }
            Ok(Again::Basis(_)) => Some("the law pack gives these facts another ground"),
            Ok(Again::Refusal(_)) => Some("the law pack refuses these facts for another reason"),
        }
    })))
}

/// The segment's tables call the codes what the pack calls them.
fn tables(segment: &Segment, pack: &Pack) -> Result<(), String> {
    let is_ground = |code: u8, article: &str| {
        let mut grounds = pack.grounds();
        grounds.any(|it| it.code == code && it.article.as_str() == article)
    };
    let shared = shared_refusals();
    let is_refusal = |code: u8, name: &str| {
        let refusals = pack.refusals();
        let own = refusals
            .iter()
            .any(|it| it.code == code && it.name.as_str() == name);
        let mut shared = shared.iter();
        own || shared.any(|it| (it.code(), it.name()) == (code, name))
    };
    let right = if segment.kind == SegmentKind::Proposals {
        let mut bases = segment.basis.iter();
        bases.all(|(code, name)| is_ground(*code, name.article.as_str()))
    } else {
        let mut outcomes = segment.outcomes.iter();
        outcomes.all(|(code, name)| is_refusal(*code, name.as_str()))
    };
    if right {
        Ok(())
    } else {
        Err("the segment's codes are not the pack's".to_owned())
    }
}
