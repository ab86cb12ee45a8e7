//! What a policy leaves open: nothing that is wrong with it, but what its reader should know.

use super::{Policy, Use};
use crate::lang::Lang;
use crate::law::asked::Asked;
use crate::law::{self, Pack};
use crate::say;

/// The pack of a policy that names none.
const DECLARED: &str = "none-1";

impl Policy {
    /// The law pack that rules: the one it names, or the one that takes every lead on the declared basis.
    #[must_use]
    pub fn pack(&self) -> Pack {
        let named = self.law.as_ref().map_or(DECLARED, |id| id.as_str());
        law::builtin(named).expect("a policy that names a pack that there is not does not parse")
    }

    /// What it leaves open, one sentence each.
    #[must_use]
    pub fn open(&self, lang: Lang) -> Vec<String> {
        let mut open = Vec::new();
        if self.law.is_none() {
            open.push(say!(
                lang,
                "no law pack is named: every lead is taken on the basis that its purpose declares, whatever is known of it; \
                 `[law] pack = \"fr-1\"` has the law asked lead by lead"
                    | "aucun corpus juridique n’est nommé\u{a0}: chaque prospect est retenu sur la base que sa finalité déclare, \
                 quoi qu’on sache de lui\u{a0}; `[law] pack = \"fr-1\"` fait poser au droit la question prospect par prospect"
            ));
        }
        for column in &self.columns {
            let name = &column.name;
            match &column.role {
                Use::Consent(None) => open.push(say!(
                    lang,
                    "`{name}` has the role `consent` but no `part` (when, wording, source, act, scope, withdrawn): it is not read"
                        | "«\u{a0}{name}\u{a0}» a le rôle `consent` mais pas de `part` (when, wording, source, act, scope, withdrawn)\u{a0}: elle n’est pas lue"
                )),
                Use::Audience(words) if !words.stated => open.push(say!(
                    lang,
                    "`{name}` has the role `audience` but no words: only `b2b` and `b2c` are understood; list others under `b2b = […]` and `b2c = […]`"
                        | "«\u{a0}{name}\u{a0}» a le rôle `audience` mais pas de mots\u{a0}: seuls `b2b` et `b2c` sont compris\u{a0}; énumérez les autres sous `b2b = […]` et `b2c = […]`"
                )),
                _ => {}
            }
        }
        if self.law.is_some() {
            self.unanswered(lang, &mut open);
        }
        let it = &self.oversight;
        if it.controls == 0 || it.seconds == 0 || (it.sample_min == 0 && it.sample == 0.0) {
            open.push(say!(
                lang,
                "`[oversight]` asks for no planted case, no random sample or no reading time: nothing shows then that a sign-off looked"
                    | "`[oversight]` ne demande aucun cas témoin, aucun tirage au hasard ou aucun temps de lecture\u{a0}: rien ne montre alors qu’une approbation a regardé"
            ));
        }
        open
    }

    /// What the pack will ask that nothing in this policy can answer.
    fn unanswered(&self, lang: Lang, open: &mut Vec<String>) {
        let pack = self.pack();
        if !pack.names_grounds() {
            return;
        }
        let asks_channel = pack
            .rules()
            .iter()
            .any(|rule| rule.asks.hold(Asked::Channel));
        for purpose in &self.purposes {
            let (id, law) = (&purpose.id, pack.id());
            if asks_channel && purpose.channel.is_none() {
                open.push(say!(
                    lang,
                    "the purpose `{id}` has no `channel`, which {law} asks: it refuses everybody until it has one"
                        | "la finalité «\u{a0}{id}\u{a0}» n’a pas de `channel`, que {law} demande\u{a0}: tout le monde est refusé jusque-là"
                ));
            }
            if purpose.assessment.is_none() && pack.asks_assessment(&purpose.bases) {
                open.push(say!(
                    lang,
                    "the purpose `{id}` rests on a legitimate interest and names no `assessment`: nothing is scored under {law} without one"
                        | "la finalité «\u{a0}{id}\u{a0}» repose sur un intérêt légitime et ne nomme pas d’`assessment`\u{a0}: rien n’est noté sous {law} sans elle"
                ));
            }
        }
        let audience = |role: &Use| matches!(role, Use::Audience(_));
        if self.facts.audience.is_none() && !self.columns.iter().any(|it| audience(&it.role)) {
            open.push(say!(
                lang,
                "nothing tells professionals from consumers: a column with the role `audience`, or `audience` under `[facts]`"
                    | "rien ne distingue professionnels et particuliers\u{a0}: il faut une colonne de rôle `audience`, ou `audience` sous `[facts]`"
            ));
        }
    }
}
