//! Two models compared before one is approved: their tables, and what the change does to the leads of an export.
//!
//! The export is ruled on as `score` rules on it, and only leads that may be
//! scored are. What was reckoned of them is about nobody, and it is recorded
//! before it is shown.

use std::path::PathBuf;

use super::Watch;
use super::erasure;
use super::error::Error;
use super::export::Plan;
use super::files::Fingerprint;
use super::journal::{Commit, Entropy, View};
use super::met::Met;
use super::models::{self, Loaded};
use super::night::Bench;
use super::score::{Night, Request, declared};
use super::{Progress, Recorded, Workspace, World};
use crate::decision::Limits;
use crate::digest::Digest;
use crate::eligibility::{Docket, Telling};
use crate::features::{Codes, encode_rows};
use crate::intake;
use crate::lang::Lang;
use crate::ledger::Entry;
use crate::ledger::entry::Report;
use crate::ledger::key::Secret;
use crate::ledger::text::About;
use crate::model::Model;
use crate::model::matched::matched;
use crate::model::shift::{Shifts, Sides};
use crate::policy::{Column, REVIEW, Right};
use crate::report::comparison::{Comparison, Moves, moves};
use crate::table;

/// Which models are compared, and on what.
#[derive(Clone, Debug, Default)]
pub struct CompareRequest {
    /// The model that scores, or another: a version, its first digits, or an alias.
    pub old: String,
    /// The model that may take over.
    pub new: String,
    /// An export to score with both; may be absent.
    pub data: Vec<PathBuf>,
    /// The events of consent, where the law asks.
    pub consents: Option<PathBuf>,
    /// The purpose.
    pub purpose: Option<String>,
    /// Who asks; whose work it is, where nobody is named.
    pub person: Option<String>,
}

/// A comparison, and where it is recorded if it says anything of leads.
#[derive(Clone, Debug)]
pub struct Compared {
    /// The document.
    pub document: Comparison,
    /// The log's entry that keeps it.
    pub entry: Option<u64>,
}

/// Compares two models; on an export, nothing is shown before the comparison is recorded.
pub fn compare(
    ws: &Workspace,
    world: &mut World,
    request: &CompareRequest,
    lang: Lang,
    watch: Watch<'_>,
) -> Result<Recorded<Compared>, Error> {
    let by = ws
        .may(request.person.as_deref(), Right::Compare)?
        .id
        .clone();
    let purpose = ws.purpose(request.purpose.as_deref())?.id.clone();
    let view = View::open(&ws.root)?;
    let of = |asked: &str| models::resolve(&view, asked, &purpose);
    let (old, new) = (of(&request.old)?, of(&request.new)?);
    if old == new {
        return Err(Error::Usage {
            what: format!("`{}` and `{}` are the same model", request.old, request.new),
            hint: "name two models: `probant models list` shows what there is",
        });
    }
    let (old, new) = (models::load(ws, &view, old)?, models::load(ws, &view, new)?);
    let label = |header: &str| ws.policy.label(header).to_owned();
    let mut document = Comparison::of((&old.model, &new.model), purpose.as_str(), &label, lang);
    if request.data.is_empty() {
        return Ok(Recorded(Compared {
            document,
            entry: None,
        }));
    }
    document.export = Some(measure(
        ws,
        world,
        request,
        &view,
        (&old, &new),
        lang,
        watch,
    )?);
    drop(view);
    let text = document.to_json();
    let mut writer = erasure::writer(ws, world)?;
    let receipt = writer.commit(&Commit {
        documents: vec![text.clone().into_bytes()],
        entries: vec![Entry::Report(Report {
            document: Digest::of(text.as_bytes()),
            about: About::Comparison,
            model: Some(new.model.version()),
            purpose,
            time: world.now,
            actor: by,
        })],
    })?;
    Ok(Recorded(Compared {
        document,
        entry: Some(receipt.entries.start),
    }))
}

/// What the new model does to the leads of the export that may be scored.
fn measure(
    ws: &Workspace,
    world: &World,
    request: &CompareRequest,
    view: &View,
    (old, new): (&Loaded, &Loaded),
    lang: Lang,
    watch: Watch<'_>,
) -> Result<Moves, Error> {
    let asked = Request {
        data: request.data.clone(),
        consents: request.consents.clone(),
        purpose: request.purpose.clone(),
        model: Some(old.model.version().to_string()),
        dry_run: true,
        ..Request::default()
    };
    let mut night = Night::plan(ws, world, &asked, view, lang)?;
    let pair = Both::of(ws, &mut night, &old.model, &new.model)?;
    let bands = ws.policy.bands.len() + 1;
    let (a, b) = (old.model.settings(), new.model.settings());
    let people = [ws.policy.training.min_people, a.min_people, b.min_people];
    let k = u64::from(people.into_iter().max().unwrap_or(1));
    let mut shifts = Shifts::new(bands, k);
    pair.each(&night, view, watch, &mut |sides| shifts.take(sides))?;
    if shifts.leads() < k {
        return Err(Error::Refused {
            what: format!(
                "fewer than {k} leads of the export may be scored: no figure may stand for so few"
            ),
            hint: "name an export that holds more leads",
        });
    }
    let terms = matched(old.model.schema(), new.model.schema());
    let mut groups = shifts.groups(&terms, (&old.model, &new.model));
    pair.each(&night, view, watch, &mut |sides| groups.take(sides))?;
    night.inputs().try_for_each(Fingerprint::unchanged)?;
    let ids = ws.policy.bands.iter().map(|band| band.id.as_str());
    let names = ids
        .chain([REVIEW])
        .map(|id| (id.to_owned(), ws.policy.band_label(id)));
    Ok(moves(
        (&shifts, &groups.counted()),
        (&old.model, &new.model),
        (k, night.date.to_string()),
        names.collect(),
        &|header| ws.policy.label(header).to_owned(),
        lang,
    ))
}

/// Two models that score the same leads.
struct Both<'a> {
    new: &'a Model,
    limits: Limits,
    /// Positions of the new model's features in a batch.
    places: Vec<usize>,
}

impl<'a> Both<'a> {
    /// Makes the night read what both models need.
    fn of(
        ws: &Workspace,
        night: &mut Night<'_>,
        old: &Model,
        new: &'a Model,
    ) -> Result<Self, Error> {
        if old.schema().id_type != new.schema().id_type {
            return Err(Error::Refused {
                what: "the two models were trained with different types of identifier".to_owned(),
                hint: "train a model under the policy as it is now",
            });
        }
        let mut columns: Vec<&Column> = declared(ws, old)?;
        let own = columns.len();
        let others = declared(ws, new)?;
        for column in &others {
            if columns.iter().all(|it| it.name != column.name) {
                columns.push(column);
            }
        }
        let mut plan = Plan::new(&ws.policy, &columns, false)
            .telling(Telling::asked(&ws.policy, &[&night.rules]));
        let place = |column: &&Column| {
            let at = columns.iter().position(|it| it.name == column.name);
            plan.features[at.expect("every column of the new model was added")]
        };
        let places = others.iter().map(place).collect();
        plan.features.truncate(own);
        night.plan = plan;
        Ok(Self {
            new,
            limits: Limits::of(new, &ws.policy.abstention),
            places,
        })
    }

    /// Streams the export, and hands over what both models make of the leads that may be scored.
    fn each(
        &self,
        night: &Night<'_>,
        view: &View,
        watch: Watch<'_>,
        take: &mut dyn FnMut(Sides<'_>),
    ) -> Result<(), Error> {
        let (key, _) = night.key(view)?;
        let consents = night.consents(&key)?;
        let bench = Bench {
            policy: &night.ws.policy,
            rules: &night.rules,
            date: night.date,
            wordings: night.wordings(),
            consents: consents.as_ref(),
            model: &night.model.model,
            limits: &night.limits,
            key: &key,
            plan: &night.plan,
            restricted: &night.restricted,
            suppressed: &night.suppressed,
        };
        let secret = Secret::new(Entropy::os().bytes());
        let mut met = Met::new(&night.ws.root.join("tmp"), &secret);
        let mut docket = Docket::new(&night.rules);
        let mut export = night.open()?;
        let (mut rows, mut failed) = (0, 0);
        while let Some(portion) = export.next() {
            let portion = portion?;
            let records = portion.batch.records.clone();
            let columns = self.places.iter();
            let columns: Vec<table::Column> = columns
                .map(|at| portion.batch.columns[*at].clone())
                .collect();
            let outcome = bench.take(portion, &mut met, &mut docket)?;
            rows += outcome.rows;
            failed += outcome.failures.len() as u64;
            let scored = outcome.scored;
            let kept = places(&records, &scored.records);
            let schema = self.new.schema().features.iter();
            let codes = schema.zip(&columns);
            let codes: Vec<Codes> = codes
                .map(|(feature, column)| encode_rows(column, &feature.shape, &kept))
                .collect::<Result<_, _>>()?;
            let again = self
                .new
                .score_batch(&codes)
                .map_err(|source| Error::Scoring { source })?;
            let widened = codes.iter().map(|column| {
                let rows = 0..column.len();
                rows.map(|row| column.at(row)).collect()
            });
            let pairs = again.pairs.iter();
            let pairs = pairs.map(|pair| pair.iter().map(|&code| u16::from(code)).collect());
            let terms: Vec<Vec<u16>> = widened.chain(pairs).collect();
            let both = scored.log_odds.iter().zip(&again.log_odds);
            let log_odds: Vec<(i32, i32)> = both.map(|(a, b)| (a.0, b.0)).collect();
            let scores = scored.scores.iter().zip(&again.log_odds);
            let scores: Vec<(u32, u32)> = scores.map(|(a, b)| (a.ppm(), b.score().ppm())).collect();
            let apart = self.limits.apart(&codes);
            let policy = &night.ws.policy;
            let bands = scored.bands.iter().zip(&scores).zip(&apart);
            let bands: Vec<(u8, u8)> = bands
                .map(|((old, (_, ppm)), apart)| {
                    let new = if *apart {
                        policy.review_code()
                    } else {
                        policy.band(*ppm) as u8
                    };
                    (*old, new)
                })
                .collect();
            take(Sides {
                old: &scored.codes,
                new: &terms,
                log_odds: &log_odds,
                scores: &scores,
                bands: &bands,
            });
            watch(Progress::Rows {
                done: rows,
                share: export.share(),
            });
        }
        intake::tolerate(failed, rows, night.ws.policy.tolerance.max_failed).map_err(Error::from)
    }
}

/// Where each of `wanted`, which are some of `all`, stands; both ascend.
fn places(all: &[u64], wanted: &[u64]) -> Vec<u32> {
    let mut at = 0;
    wanted
        .iter()
        .map(|record| {
            at += all[at..].partition_point(|it| it < record);
            at as u32
        })
        .collect()
}
