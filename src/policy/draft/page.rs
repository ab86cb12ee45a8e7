//! The writing of a draft: prose for whoever reads a policy, TOML for the program.

use std::collections::HashSet;
use std::fmt::Write as _;

use super::{Doubt, Observed, Role, Settled};
use crate::lang::Lang;
use crate::name::tidy;
use crate::policy::Thousands;
use crate::policy::columns::{ID_TYPES, KINDS};
use crate::policy::dialect::{DATES, ENCODINGS, FORMATS, NO, THOUSANDS, YES};
use crate::say;

/// Words that files use for a professional.
const B2B: [&str; 6] = [
    "b2b",
    "pro",
    "professionnel",
    "entreprise",
    "business",
    "company",
];
/// Words that files use for a consumer.
const B2C: [&str; 5] = ["b2c", "particulier", "consommateur", "consumer", "private"];

/// The draft while it is written.
pub(super) struct Page {
    text: String,
    lang: Lang,
}

impl Page {
    /// The whole draft, for columns that can be declared as they are.
    pub(super) fn written(observed: &Observed, columns: &[Settled<'_>], lang: Lang) -> String {
        let mut page = Self {
            text: String::new(),
            lang,
        };
        page.opening();
        page.controller();
        page.people();
        page.purposes();
        page.law();
        page.data(observed, columns);
        page.columns(columns);
        page.training(columns);
        page.bands();
        page.backup();
        page.text
    }

    fn opening(&mut self) {
        let lang = self.lang;
        self.prose(&say!(lang,
            "The policy of this workspace: a draft for people to correct. It says who scores leads, why, with which data and \
             for how long; the program does nothing that it does not say, and the ledger keeps its digest. Read it \
             from top to bottom with your data protection officer: whatever says \"To be stated\" is for you to say."
            | "La politique de ce dossier de travail, à l’état d’ébauche. Elle dit qui note les prospects, \
             pourquoi, avec quelles données et pour combien de temps ; le programme ne fait rien qu’elle ne dise, et le \
             registre en garde l’empreinte. Relisez-la de haut en bas avec votre délégué à la protection des données : \
             ce qui porte la mention « À préciser » vous reste à dire."
        ));
        self.line("");
        self.line("version = 1");
    }

    fn controller(&mut self) {
        let lang = self.lang;
        self.part(&say!(lang,
            "The company that answers for the processing (GDPR art. 4(7)), and where its data protection officer is \
             reached. Legal dates are civil dates in this time zone."
            | "L’entreprise qui répond du traitement (RGPD, art. 4, § 7), et comment joindre son délégué à la protection \
             des données. Les dates qui font foi sont celles de ce fuseau horaire."
        ));
        let later = self.later();
        self.line("[controller]");
        self.line(&format!("name = {later}"));
        self.line(&format!("dpo = {later}"));
        self.line("time_zone = \"Europe/Paris\"");
        self.line(&format!("language = \"{lang}\""));
    }

    fn people(&mut self) {
        let lang = self.lang;
        self.part(&say!(lang,
            "The people who may act, each by an id. Only the id enters the ledger. Whoever trains a model must not be \
             the one who approves it."
            | "Les personnes habilitées, chacune sous un identifiant : lui seul entre au registre. Qui \
             entraîne un modèle ne doit pas être celui qui l’approuve."
        ));
        let later = self.later();
        let ids = match lang {
            Lang::En => ["operations", "data-team", "sales-review", "dpo"],
            Lang::Fr => ["exploitation", "donnees", "relecture", "dpo"],
        };
        let roles = [
            "\"operator\"",
            "\"data-scientist\"",
            "\"reviewer\"",
            "\"dpo\", \"auditor\"",
        ];
        for (at, (id, roles)) in ids.iter().zip(roles).enumerate() {
            if at > 0 {
                self.line("");
            }
            self.line(&format!(
                "[[people]]\nid = \"{id}\"\nname = {later}\nroles = [{roles}]"
            ));
        }
    }

    fn purposes(&mut self) {
        let lang = self.lang;
        self.part(&say!(lang,
            "Why leads are scored, in a sentence that the person scored could read, and on what legal basis (GDPR \
             art. 6(1)): consent, contract, legal-obligation or legitimate-interest. A legitimate interest rests on a \
             written assessment; name it with `document = \"…\"`. After `retention_days` a prediction is erased."
            | "Pourquoi les prospects sont notés, en une phrase que la personne notée pourrait lire, et sur quelle base \
             légale (RGPD, art. 6, § 1) : consent (consentement), contract (contrat), legal-obligation (obligation \
             légale) ou legitimate-interest (intérêt légitime). L’intérêt légitime s’appuie sur une mise en balance \
             écrite ; citez-la par `document = \"…\"`. Passé `retention_days` jours, une prédiction est effacée."
        ));
        self.line("[[purposes]]\nid = \"lead-scoring\"");
        let description = say!(
            lang,
            "Deciding which leads our sales team calls back first."
                | "Décider quels prospects notre équipe commerciale rappelle en premier."
        );
        self.line(&format!("description = {}", quoted(&description)));
        self.line("basis = \"legitimate-interest\"\nretention_days = 1095");
    }

    fn law(&mut self) {
        let lang = self.lang;
        self.part(&say!(lang,
            "Which law rules who may be scored. AS LONG AS NO PACK IS NAMED, EVERY LEAD IS TAKEN ON THE BASIS DECLARED ABOVE, \
             whatever is known of it. With \"fr-1\" each lead is ruled by itself: it is refused, with the article, unless \
             its own facts give a ground. That needs a `channel` in the purpose, an `assessment` signed by a person where \
             the basis is a legitimate interest (`probant law sign`), and columns (or `[facts]`, where all leads are alike) \
             that tell professionals from consumers, the day of collection or of the last contact, objections, \
             and what else `probant law show fr-1` asks; proofs of consent may come with `--consents FILE`, an act a line: \
             `lead;event;when;wording;source;act;scope`. A proof is complete with all of them: `event` is given or withdrawn \
             (then lead and day suffice), `wording` names a file of the folder consents/ that holds the words agreed to, and \
             `scope` the channels. `probant check EXPORT` then counts who would be refused, and why."
            | "Quel droit dit qui peut être évalué. TANT QU’AUCUN CORPUS N’EST NOMMÉ, CHAQUE PROSPECT EST RETENU SUR LA BASE \
             DÉCLARÉE CI-DESSUS, quoi qu’on sache de lui. Avec « fr-1 », chacun est examiné : il est refusé, avec l’article, \
             à moins que ses propres faits ne donnent un fondement. Il y faut un `channel` (canal) dans la finalité, une \
             mise en balance signée par une personne (`assessment`, `probant law sign`) si la base est l’intérêt légitime, et \
             des colonnes (ou `[facts]`, si tous les prospects sont pareils) qui disent le public, professionnel ou \
             particulier, le jour de la collecte ou du dernier contact, les oppositions, et ce que `probant law show fr-1` \
             demande encore ; les preuves de consentement peuvent venir par `--consents FICHIER`, un acte par ligne : \
             `lead;event;when;wording;source;act;scope`. Une preuve complète les a tous : `event` vaut given (donné) ou \
             withdrawn (retiré ; le prospect et le jour suffisent alors), `wording` nomme un fichier du dossier consents/ qui \
             contient le texte accepté, et `scope` les canaux. `probant check EXPORT` \
             compte alors qui serait refusé, et pourquoi."
        ));
        self.line("# [law]");
        self.line("# pack = \"fr-1\"");
        self.line("#");
        self.line("# [facts]");
        self.line("# audience = \"b2b\"");
        self.line("# job-related = true");
    }

    fn data(&mut self, observed: &Observed, columns: &[Settled<'_>]) {
        let lang = self.lang;
        self.part(&say!(lang,
            "How the exports are written. Nothing is guessed from night to night: a file that \
             contradicts this is refused. `missing` lists the texts that mean \"not known\", besides the empty cell; more \
             failed rows than `max_failed` and the whole run is refused."
            | "Comment les exports sont écrits. Rien n’est deviné d’une nuit à l’autre : un fichier qui \
             contredit ces lignes est refusé. `missing` liste les textes qui veulent dire « on ne sait pas », outre la \
             cellule vide ; au-delà de la part `max_failed` de lignes en échec, tout le fichier est refusé."
        ));
        let separator = match observed.separator {
            b'\t' => "tab".to_owned(),
            b';' | b'|' => char::from(observed.separator).to_string(),
            _ => ",".to_owned(),
        };
        let decimal = if observed.decimal == ',' { ',' } else { '.' };
        let clash = matches!(
            (decimal, observed.thousands),
            ('.', Thousands::Dot) | (',', Thousands::Comma)
        );
        let thousands = if clash {
            Thousands::None
        } else {
            observed.thousands
        };
        self.line("[data]");
        self.line(&format!("format = \"{}\"", word(&FORMATS, observed.format)));
        self.line(&format!("separator = \"{separator}\""));
        self.line(&format!(
            "encoding = \"{}\"",
            word(&ENCODINGS, observed.encoding)
        ));
        self.line(&format!("decimal = \"{decimal}\""));
        self.line(&format!("thousands = \"{}\"", word(&THOUSANDS, thousands)));
        self.line(&format!("dates = \"{}\"", word(&DATES, observed.dates)));
        let (yes, no) = answers(observed);
        self.line(&format!("missing = {}", list(distinct(&observed.missing))));
        self.line(&format!("yes = {}", list(yes)));
        self.line(&format!("no = {}", list(no)));
        self.line("max_failed = 0.01");
        if !columns
            .iter()
            .any(|column| matches!(column.role, Role::Identifier(_)))
        {
            self.prose(&say!(lang,
                "No column seems to identify a lead: each is known by its row number, and only within its file."
                | "Aucune colonne ne semble identifier un prospect : chacun est connu par son numéro de ligne, et dans son \
                 fichier seulement."
            ));
            self.line("identifier = \"row\"");
        }
    }

    fn columns(&mut self, columns: &[Settled<'_>]) {
        let lang = self.lang;
        self.part(&say!(lang,
            "The columns, in the order of the file. A column that is not here is never read. `kind` says how a value is \
             read: number, category, flag, date or text. `role` says what it is for: identifier (replaced by a \
             pseudonym), identity (never read by the scorer: name, e-mail, phone), feature, outcome, consent (with `part`: a \
             part of its proof), audience (professional or consumer), fact (with `fact`: what the law asks), date (when the lead was created), audit (fairness only), ignore. Keep as features only what \
             is needed and known before the outcome: each needs its reason (`why`) and its `origin`."
            | "Les colonnes, dans l’ordre du fichier. Une colonne absente d’ici n’est jamais lue. `kind` dit comment une \
             valeur se lit : number (nombre), category (une valeur parmi quelques-unes), flag (oui ou non), date ou text. \
             `role` dit à quoi elle sert : identifier (l’identifiant, remplacé par un pseudonyme), identity (nom, courriel, \
             téléphone : jamais lus par le modèle), feature (une donnée qui compte dans la note), outcome (ce que le \
             prospect est devenu), consent (avec `part` : un élément de la preuve du consentement), audience (professionnel ou \
             particulier), fact (avec `fact` : ce que le droit demande), date \
             (création de la fiche), audit (équité seulement), ignore. Ne gardez comme « feature » que le nécessaire, connu \
             avant le résultat : chacune doit dire sa raison (`why`) et d’où elle vient (`origin`)."
        ));
        if columns.is_empty() {
            self.line("[columns]");
        }
        for column in columns {
            self.line("");
            self.column(column);
        }
    }

    fn column(&mut self, column: &Settled<'_>) {
        let lang = self.lang;
        if let Some(distinct) = column.distinct {
            let n = lang.count(distinct);
            self.prose(&match distinct {
                0 | 1 => say!(lang, "{n} distinct value." | "{n} valeur distincte."),
                _ => say!(lang, "{n} distinct values." | "{n} valeurs distinctes."),
            });
        }
        if let Some(doubt) = column.doubt {
            self.prose(&doubt.words(lang));
        }
        let role = match &column.role {
            Role::Identifier(_) => "identifier",
            Role::Outcome { .. } => "outcome",
            Role::Feature => "feature",
            Role::Audience => "audience",
            Role::Fact(_) => "fact",
            Role::Other(role) => role,
        };
        self.line(&format!("[columns.{}]", quoted(&column.name)));
        self.line(&format!("kind = \"{}\"", word(&KINDS, column.kind)));
        self.line(&format!("role = \"{role}\""));
        match &column.role {
            Role::Identifier(id_type) => {
                self.line(&format!("id_type = \"{}\"", word(&ID_TYPES, *id_type)));
            }
            Role::Outcome { positive, negative } => {
                self.line(&format!(
                    "positive = {}",
                    list(positive.iter().map(|text| tidy(text).into_owned()))
                ));
                self.line(&format!(
                    "negative = {}",
                    list(negative.iter().map(|text| tidy(text).into_owned()))
                ));
            }
            Role::Feature => {
                let why = say!(
                    lang,
                    "To be stated: how does this help to qualify the lead?"
                        | "À préciser : en quoi cette donnée aide-t-elle à qualifier le prospect ?"
                );
                let origin = say!(
                    lang,
                    "To be stated: a form, a salesperson, a purchased file …"
                        | "À préciser : formulaire, commercial, fichier acheté…"
                );
                self.line(&format!("why = {}", quoted(&why)));
                self.line(&format!("origin = {}", quoted(&origin)));
            }
            Role::Audience => {
                self.line(&format!("b2b = {}", list(B2B.map(str::to_owned))));
                self.line(&format!("b2c = {}", list(B2C.map(str::to_owned))));
            }
            Role::Fact(fact) => self.line(&format!("fact = \"{fact}\"")),
            Role::Other(_) => {}
        }
    }

    fn training(&mut self, columns: &[Settled<'_>]) {
        let lang = self.lang;
        self.part(&say!(lang,
            "How a model is fitted. No interval, level or published figure stands for fewer people than `min_people`. The \
             `seed` makes a training repeatable to the byte. `pairs` lets up to twenty pairs of features count together \
             (\"off\": none). A model whose probabilities miss by more than \
             `max_calibration_error` on average is not proposed."
            | "Comment un modèle est ajusté. Aucun intervalle, aucun niveau, aucun chiffre publié ne repose sur moins de \
             `min_people` personnes. La graine `seed` rend un entraînement reproductible à l’octet près. `pairs` laisse \
             jusqu’à vingt couples de données compter ensemble (« off » : aucun). Un modèle dont les probabilités s’écartent en moyenne de plus de `max_calibration_error` de la réalité n’est pas proposé."
        ));
        self.line("[training]\nseed = 1\nmin_people = 20\nmax_bins = 32\npairs = \"auto\"\nsolver = \"newton\"");
        self.line("one_standard_error = false");
        if !columns
            .iter()
            .any(|column| matches!(column.role, Role::Other("date")))
        {
            self.prose(&say!(lang,
                "No column says when a lead was created. If the rows are in the order of time, say so: a model is then \
                 tried on the latest ones."
                | "Aucune colonne ne dit quand une fiche a été créée. Si les lignes sont rangées par date, dites-le : un \
                 modèle est alors mis à l’épreuve sur les plus récentes."
            ));
            self.line("rows_in_time_order = false");
        }
        self.line("max_calibration_error = 0.05\ncertificate_mib = 256");
        self.part(&say!(lang,
            "How far the features may single people out: `max_alone` is the share of people whose values, taken together, \
             nobody else may share; a training above it is refused. A feature that adds less than `min_gain` to the area \
             under the ROC curve is listed for removal. `probant check` shows both for each feature."
            | "Jusqu’où les données peuvent isoler des personnes : `max_alone` est la part des personnes dont nul autre ne \
             partage les valeurs, prises ensemble ; un entraînement qui la dépasse est refusé. Une donnée qui ajoute moins \
             de `min_gain` à l’aire sous la courbe ROC est proposée au retrait. `probant check` montre les deux pour chaque donnée."
        ));
        self.line("[profiling]\nmin_gain = 0.0005\n# max_alone = 0.05");
        self.part(&say!(lang,
            "When the machine abstains: a lead that lacks more than the share `missing` of the features, that has a level \
             never seen in a feature that weighs (`unseen`: \"important\", \"any\" or \"never\"), or a number out of the \
             training range (`beyond`, likewise) is scored, and left to a person: its band is `review`. A feature weighs when \
             its table spans at least the share `important` of the widest one's."
            | "Quand la machine s’abstient : une fiche à laquelle manque plus que la part `missing` des données, dont un niveau \
             n’a jamais été rencontré dans une donnée qui compte (`unseen` : « important », « any » pour toutes ou « never ») ou \
             dont un nombre sort des valeurs connues (`beyond`, de même) est notée, puis confiée à une personne : sa tranche \
             est `review`. Une donnée compte quand l’étendue de ses poids atteint la part `important` de la plus grande."
        ));
        self.line("[abstention]\nmissing = 0.5\nunseen = \"important\"\nbeyond = \"any\"\nimportant = 0.25");
    }

    fn bands(&mut self) {
        let lang = self.lang;
        self.part(&say!(lang,
            "Score bands, as salespeople read them: each starts at `from`, a probability. Adjust them once the model's \
             card has shown how scores are spread."
            | "Les tranches de score, telles que les commerciaux les lisent : chacune commence à `from`, une probabilité. \
             Ajustez-les quand la carte du modèle aura montré comment les scores se répartissent."
        ));
        let bands = match lang {
            Lang::En => [
                ("cold", "0", "Cold"),
                ("warm", "0.1", "Warm"),
                ("hot", "0.3", "Hot"),
            ],
            Lang::Fr => [
                ("froid", "0", "Froid"),
                ("tiede", "0.1", "Tiède"),
                ("chaud", "0.3", "Chaud"),
            ],
        };
        for (at, (id, from, label)) in bands.into_iter().enumerate() {
            if at > 0 {
                self.line("");
            }
            self.line(&format!(
                "[[bands]]\nid = \"{id}\"\nfrom = {from}\nlabel = \"{label}\""
            ));
        }
    }

    fn backup(&mut self) {
        let lang = self.lang;
        self.part(&say!(lang,
            "Backups. `probant backup` copies the ledger, and apart from it the keys, sealed to a recovery key that the data \
             protection officer makes on another machine (`probant keys recovery --out FILE`) and keeps there. A copy of the \
             keys opens what was erased after it was made: it is to be destroyed after `keep_keys_days` days, and letters \
             about an erasure say so. Fill in and remove the `#` of these lines to allow backups."
            | "Les sauvegardes. `probant backup` copie le registre et, à part, les clés, scellées pour une clé de secours que le \
             délégué à la protection des données crée sur une autre machine (`probant keys recovery --out FICHIER`) et y garde. \
             Une copie des clés ouvre ce qui a été effacé après elle : elle est à détruire au bout de `keep_keys_days` jours, \
             et les lettres sur un effacement le disent. Complétez ces lignes et ôtez-en le « # » pour permettre les sauvegardes."
        ));
        self.line("# [backup]");
        self.line("# recovery = \"age1…\"");
        self.line("# keep_keys_days = 30");
    }

    fn later(&self) -> String {
        quoted(&say!(self.lang, "To be stated" | "À préciser"))
    }

    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    /// A blank line, then prose.
    fn part(&mut self, prose: &str) {
        self.line("");
        self.prose(prose);
    }

    /// Prose as comment lines of at most 100 characters.
    fn prose(&mut self, prose: &str) {
        let mut width = 0;
        for word in bound(prose).split_ascii_whitespace() {
            let long = word.chars().count() + 1;
            if width == 0 || width + long > 100 {
                self.text.push_str(if width == 0 { "#" } else { "\n#" });
                width = 1;
            }
            self.text.push(' ');
            self.text.push_str(word);
            width += long;
        }
        self.text.push('\n');
    }
}

impl Doubt {
    fn words(self, lang: Lang) -> String {
        match self {
            Self::FreeText => say!(
                lang,
                "Free text is never a feature: not read."
                    | "Un texte libre ne compte jamais dans une note : il n’est pas lu."
            ),
            Self::DateAsFeature => say!(
                lang,
                "A date is never a feature: not read. Export a duration in days instead."
                    | "Une date ne compte jamais dans une note : elle n’est pas lue. Exportez plutôt une durée en jours."
            ),
            Self::Second => say!(
                lang,
                "An earlier column already has the role that this one seemed to have."
                    | "Une colonne précédente tient déjà le rôle que celle-ci semblait avoir."
            ),
            Self::OneOutcome => say!(
                lang,
                "It seemed to be the outcome, but holds fewer than two values: there is nothing to learn from."
                    | "Elle semblait dire ce que le prospect est devenu, mais n’a pas deux valeurs : il n’y a rien à apprendre."
            ),
            Self::UnclearOutcome => say!(
                lang,
                "TO BE CHECKED: the file does not say which values mean that the lead was won. A value that is in neither \
                 list is an open lead, left out of training."
                    | "À VÉRIFIER : le fichier ne dit pas quelles valeurs désignent un prospect gagné. Une valeur absente des deux \
                 listes désigne un prospect en cours, laissé hors de l’entraînement."
            ),
            Self::PartOfConsent => say!(
                lang,
                "It seems to tell a consent. It is read once all six parts of the proof are declared, each with `part`: when, wording, source, act, scope, withdrawn."
                    | "Elle semble dire un consentement. Elle sera lue quand les six éléments de la preuve seront déclarés, chacun par `part` : when, wording, source, act, scope, withdrawn."
            ),
            Self::WordsOfAudience => say!(
                lang,
                "TO BE CHECKED: which words mean a professional, and which a consumer. A lead with any other word is refused under a law pack."
                    | "À VÉRIFIER : quels mots désignent un professionnel, et lesquels un particulier. Sous un corpus juridique, un prospect désigné autrement est refusé."
            ),
        }
    }
}

/// French marks stay with the word that they belong to, by a no-break space.
fn bound(prose: &str) -> String {
    let mut text = prose.to_owned();
    for mark in [":", ";", "?", "!", "»"] {
        text = text.replace(&format!(" {mark}"), &format!("\u{a0}{mark}"));
    }
    text.replace("« ", "«\u{a0}")
}

/// Texts that mean yes and no, lower-cased, the usual ones where none was seen, and never the same.
fn answers(observed: &Observed) -> (Vec<String>, Vec<String>) {
    let lowered = |texts: &[String]| {
        distinct(
            &texts
                .iter()
                .map(|text| text.to_lowercase())
                .collect::<Vec<_>>(),
        )
    };
    let (mut yes, mut no) = (lowered(&observed.yes), lowered(&observed.no));
    if yes.is_empty() {
        yes = YES
            .map(str::to_owned)
            .into_iter()
            .filter(|text| !no.contains(text))
            .collect();
    }
    if no.is_empty() {
        no = NO.map(str::to_owned).to_vec();
    }
    no.retain(|text| !yes.contains(text));
    (yes, no)
}

/// The texts tidied, without the empty ones and the repeated ones.
fn distinct(texts: &[String]) -> Vec<String> {
    let mut seen = HashSet::new();
    let tidied = texts.iter().map(|text| tidy(text).into_owned());
    tidied
        .filter(|text| !text.is_empty() && seen.insert(text.clone()))
        .collect()
}

/// The word that the policy has for a value.
fn word<T: Copy + PartialEq>(words: &[(&'static str, T)], value: T) -> &'static str {
    words
        .iter()
        .find(|(_, other)| *other == value)
        .map_or("", |(word, _)| word)
}

fn list(texts: impl IntoIterator<Item = String>) -> String {
    let texts: Vec<String> = texts.into_iter().map(|text| quoted(&text)).collect();
    format!("[{}]", texts.join(", "))
}

/// A TOML basic string.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04X}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
