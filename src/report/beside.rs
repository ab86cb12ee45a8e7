//! What other rooms found of a model, laid out for its card: how groups fare, and what its last monitoring run saw.

use serde_json::json;

use super::drifted::{cause, headline};
use super::fairness::fairness_view;
use super::life::{Laid, Table};
use super::words::{day, plain};
use crate::fairness::Fairness;
use crate::lang::Lang;
use crate::model::Model;
use crate::monitor::Monitored;
use crate::policy::Policy;
use crate::say;

impl Laid {
    /// How groups of people fare, one table for all columns of the side file.
    #[must_use]
    pub fn fairness(found: &Fairness, policy: &Policy) -> Self {
        let table = |lang| {
            let view = fairness_view(found, policy, lang);
            let mut table = Table {
                note: view.about,
                remarks: view.notes,
                ..Table::default()
            };
            for column in view.columns {
                let name = column.name;
                table.heads = column.heads;
                table.rows.extend(column.rows.into_iter().map(|mut row| {
                    if let Some(group) = row.first_mut() {
                        *group = format!("{name}\u{a0}: {group}");
                    }
                    row
                }));
                table.remarks.push(column.sentence);
                table.remarks.push(column.proxies);
            }
            table
        };
        Self {
            tables: [table(Lang::En), table(Lang::Fr)],
            json: json!(found),
        }
    }

    /// What the last monitoring run saw of the model.
    #[must_use]
    pub fn drift(said: &Monitored, model: &Model, policy: &Policy) -> Self {
        let table = |lang: Lang| {
            let label = |column: &str| policy.label(column).to_owned();
            let (from, to) = (day(&said.from, lang), day(&said.to, lang));
            let leads = said
                .leads
                .map_or_else(|| format!("<\u{a0}{}", said.k), |leads| lang.count(leads));
            let features = said.features.iter().map(|it| {
                vec![
                    plain(&label(&it.feature)),
                    lang.decimal(it.psi, 3),
                    lang.decimal(it.noise, 3),
                ]
            });
            let score = said.score.iter().map(|it| {
                vec![
                    say!(lang, "the score" | "le score"),
                    lang.decimal(it.psi, 3),
                    lang.decimal(it.noise, 3),
                ]
            });
            let causes = said.causes.iter();
            let mut remarks = vec![headline(said, lang)];
            remarks.extend(causes.map(|it| cause(it, said, model, &label, lang)));
            Table {
                note: say!(
                    lang,
                    "The last monitoring run, of {from} to {to}: {leads} leads beside the training’s."
                        | "Le dernier suivi, du {from} au {to}\u{a0}: {leads} prospects en regard de ceux de l’apprentissage."
                ),
                heads: vec![
                    say!(lang, "feature" | "donnée"),
                    say!(lang, "stability index" | "indice de stabilité"),
                    say!(lang, "of which chance" | "dont hasard"),
                ],
                rows: score.chain(features).collect(),
                remarks,
            }
        };
        Self {
            tables: [table(Lang::En), table(Lang::Fr)],
            json: json!(said),
        }
    }
}
