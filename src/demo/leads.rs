//! A synthetic French CRM export, so that a newcomer sees a whole night's work without a real person in it.
//!
//! Names are drawn from lists, mail goes to `exemple.fr`, and telephone numbers come from the
//! ranges that ARCEP keeps for fiction. The outcome follows a logistic model that is written
//! below ([`Lead::truth`]): non-linear in its numbers, with one interaction, so that a training
//! has something to find and a reader can check what it found.
//!
//! Pure: same arguments, same bytes, on every machine (`ChaCha`, and `libm` for every curve).

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore as _, SeedableRng as _};

use super::written::{address, date, number};

/// The last day on which a lead of a [`Stage::History`] export was created: 30 September 2026.
pub const LAST_DAY: i32 = 20_726;

/// The days that a [`Stage::History`] export looks back.
const HISTORY: f64 = 730.0;

/// What an export holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Two years of leads; what became of them is known for about 95 %.
    History,
    /// The leads of the month after; what becomes of them is not known yet.
    Open,
}

/// Columns of an export.
pub const WIDTH: usize = 34;

/// A header, as the CRM writes it.
pub const HEADERS: [&str; WIDTH] = [
    "Réf. prospect",
    "Nom",
    "Prénom",
    "E-mail",
    "Téléphone",
    "Date de création",
    "Origine",
    "Secteur",
    "Région",
    "Effectif",
    "CA (k€)",
    "Pages vues",
    "Temps sur le site (min)",
    "Jours depuis la première visite",
    "Fonction",
    "Inscrit à la lettre",
    "Webinaire suivi",
    "Type",
    "Commentaire",
    "Converti",
    "Dernier contact",
    "Informé",
    "Fonction concernée",
    "Adresse générique",
    "Opposition",
    "Client",
    "Refus proposé",
    "Accepte l'e-mail",
    "Consentement le",
    "Texte du consentement",
    "Source du consentement",
    "Acte du consentement",
    "Portée du consentement",
    "Retrait le",
];

const BUSINESS: &str = "Professionnel";
const CONSUMER: &str = "Particulier";

/// A text that is drawn with a weight and moves the truth by an effect.
type Level = (&'static str, f64, f64);

const ORIGINS: [Level; 8] = [
    ("Formulaire du site", 26.0, 0.10),
    ("Campagne e-mail", 20.0, -0.55),
    ("Salon professionnel", 13.0, 0.25),
    ("Appel entrant", 10.0, 0.75),
    ("Recommandation", 9.0, 1.15),
    ("LinkedIn", 9.0, -0.30),
    ("Partenaire", 8.0, 0.45),
    ("Annuaire en ligne", 5.0, -0.80),
];
const SECTORS: [Level; 12] = [
    ("Industrie", 15.0, 0.35),
    ("BTP", 12.0, 0.05),
    ("Commerce de gros", 10.0, 0.15),
    ("Commerce de détail", 12.0, -0.25),
    ("Transport et logistique", 8.0, 0.40),
    ("Santé", 7.0, -0.10),
    ("Éducation", 6.0, -0.45),
    ("Services informatiques", 10.0, 0.55),
    ("Conseil", 8.0, 0.10),
    ("Hôtellerie et restauration", 5.0, -0.60),
    ("Agroalimentaire", 5.0, 0.20),
    ("Collectivité", 2.0, -0.35),
];
const REGIONS: [Level; 13] = [
    ("Île-de-France", 24.0, 0.08),
    ("Auvergne-Rhône-Alpes", 14.0, 0.06),
    ("Hauts-de-France", 9.0, 0.0),
    ("Nouvelle-Aquitaine", 9.0, -0.05),
    ("Occitanie", 9.0, 0.04),
    ("Grand Est", 8.0, -0.02),
    ("Provence-Alpes-Côte d'Azur", 8.0, -0.10),
    ("Pays de la Loire", 6.0, 0.12),
    ("Bretagne", 5.0, 0.10),
    ("Normandie", 4.0, 0.0),
    ("Bourgogne-Franche-Comté", 3.0, -0.04),
    ("Centre-Val de Loire", 3.0, 0.0),
    ("Corse", 0.4, -0.10),
];
const JOBS: [Level; 7] = [
    ("Direction générale", 14.0, 0.60),
    ("Achats", 16.0, 0.30),
    ("Informatique", 18.0, 0.40),
    ("Commercial", 15.0, -0.15),
    ("Marketing", 17.0, 0.0),
    ("Assistanat", 12.0, -0.45),
    ("Étudiant", 8.0, -1.40),
];
const SURNAMES: [&str; 24] = [
    "Aubertin",
    "Beaulac",
    "Carrière",
    "Desforges",
    "Évrard",
    "Fontanel",
    "Grandclair",
    "Hautbois",
    "Isambert",
    "Jolivet",
    "Kerbrat",
    "Lavandier",
    "Malecôte",
    "Noirmont",
    "Orsel",
    "Prévalet",
    "Quesnoy",
    "Rougemont",
    "Sérignan",
    "Taillefer",
    "Urvoy",
    "Valombre",
    "Wattel",
    "Yvernel",
];
const FIRST_NAMES: [&str; 20] = [
    "Adèle",
    "Bastien",
    "Camille",
    "Denis",
    "Élodie",
    "François",
    "Gaëlle",
    "Hugo",
    "Inès",
    "Joël",
    "Karine",
    "Loïc",
    "Maëva",
    "Noé",
    "Océane",
    "Pascal",
    "Régis",
    "Solène",
    "Théo",
    "Zoé",
];
/// What ARCEP keeps for works of fiction (plan de numérotation, 2019).
const FICTION: [&str; 6] = [
    "01 99 00", "02 61 91", "03 53 01", "04 65 71", "05 36 49", "06 39 98",
];
const COMMENTS: [&str; 6] = [
    "À rappeler après le salon",
    "Demande une \"démo\" pour son équipe ; budget à confirmer",
    "Premier contact par téléphone.\nAttend un devis.",
    "Déjà équipé, renouvellement l'an prochain",
    "A lu l'étude de cas ; souhaite être recontacté",
    "Compare avec deux concurrents,\n\"pas avant le printemps\"",
];

/// One lead, before it is written.
#[derive(Clone, Debug, PartialEq)]
pub struct Lead {
    /// The fields, in the order of [`HEADERS`].
    pub fields: [String; WIDTH],
    /// The log-odds that its outcome was drawn from.
    pub truth: f64,
    /// Whether it converts, be that known yet or not.
    pub converts: bool,
}

/// `rows` leads whose references count up from `first_id`.
pub fn leads(rows: usize, seed: u64, first_id: u64, stage: Stage) -> impl Iterator<Item = Lead> {
    let mut draw = Draw(ChaCha8Rng::seed_from_u64(seed));
    // What the law asks about comes from a stream of its own, so that it moves nothing else.
    let mut facts = Draw(ChaCha8Rng::seed_from_u64(!seed));
    (0..rows as u64).map(move |at| lead(&mut draw, &mut facts, first_id + at, stage))
}

/// The numbers behind a lead's fields.
struct Profile {
    origin: usize,
    sector: usize,
    region: usize,
    job: usize,
    people: f64,
    pages: f64,
    minutes: f64,
    days: f64,
    letter: bool,
    webinar: bool,
}

impl Profile {
    fn draw(draw: &mut Draw) -> Self {
        let origin = draw.level(&ORIGINS);
        let sector = draw.level(&SECTORS);
        // Industry and transport are larger; what a lead reads and how long goes together.
        let size = 3.2 + if matches!(sector, 0 | 4) { 0.6 } else { 0.0 } + 1.3 * draw.normal();
        let people = libm::floor(libm::exp(size)).clamp(1.0, 60_000.0);
        let interest = draw.normal();
        let pages =
            libm::floor(libm::exp(1.5 + 0.7 * interest + 0.3 * draw.normal())).clamp(1.0, 400.0);
        let minutes =
            libm::round(10.0 * libm::exp(1.1 + 0.6 * interest + 0.6 * draw.normal())) / 10.0;
        let days = libm::floor(libm::exp(3.0 + 1.1 * draw.normal())).clamp(0.0, 720.0);
        let letter = draw.chance(0.28 + 0.08 * interest.clamp(-2.0, 2.0));
        let webinar = draw.chance(if letter { 0.30 } else { 0.09 });
        let (region, job) = (draw.level(&REGIONS), draw.level(&JOBS));
        Self {
            origin,
            sector,
            region,
            job,
            people,
            pages,
            minutes,
            days,
            letter,
            webinar,
        }
    }

    /// The truth: what the log-odds of conversion is in this world.
    ///
    /// Effects of the four categories, a hump in head count (best near 60), a curve that flattens in
    /// pages, a wave in minutes, a decay in days, two flags; and one interaction: fairs and incoming
    /// calls win large companies, mailings and social networks win small ones.
    fn truth(&self) -> f64 {
        let size = libm::log(self.people / 60.0);
        let lean = match ORIGINS[self.origin].0 {
            "Salon professionnel" | "Appel entrant" => 1.0,
            "Campagne e-mail" | "LinkedIn" => -1.0,
            _ => 0.0,
        };
        let minutes = libm::log1p(self.minutes);
        let pull = ORIGINS[self.origin].2
            + SECTORS[self.sector].2
            + REGIONS[self.region].2
            + JOBS[self.job].2
            + 0.9 * libm::exp(-size * size / 3.0)
            + 0.9 * libm::tanh((self.pages - 5.0) / 5.0)
            + 0.35 * libm::sin(2.2 * minutes)
            + 0.9 * libm::exp(-self.days / 25.0)
            + if self.letter { 0.30 } else { 0.0 }
            + if self.webinar { 0.75 } else { 0.0 }
            + 1.1 * lean * libm::tanh(size / 1.5);
        1.5 * pull - 3.9
    }
}

fn lead(draw: &mut Draw, facts: &mut Draw, id: u64, stage: Stage) -> Lead {
    let profile = Profile::draw(draw);
    let truth = profile.truth();
    let converts = draw.unit() < crate::odds::sigmoid(truth);
    let (day, known) = match stage {
        Stage::History => {
            let age = libm::floor(draw.unit() * HISTORY);
            (
                LAST_DAY - age as i32,
                !draw.chance(if age < 60.0 { 0.40 } else { 0.02 }),
            )
        }
        Stage::Open => (LAST_DAY + 1 + libm::floor(draw.unit() * 31.0) as i32, false),
    };
    let surname = SURNAMES[draw.below(SURNAMES.len())];
    let first_name = FIRST_NAMES[draw.below(FIRST_NAMES.len())];
    let revenue = profile.people * libm::exp(4.8 + 0.5 * draw.normal());
    let yes_no = |claim: bool| String::from(if claim { "oui" } else { "non" });
    let crm: [String; 20] = [
        format!("PR{id:08}"),
        surname.to_uppercase(),
        first_name.to_owned(),
        format!(
            "{}.{}{id}@exemple.fr",
            address(first_name),
            address(surname)
        ),
        format!(
            "{} {:02} {:02}",
            FICTION[draw.below(FICTION.len())],
            draw.below(100),
            draw.below(100)
        ),
        date(day),
        draw.or_missing(0.02, ORIGINS[profile.origin].0.to_owned()),
        draw.or_missing(0.03, SECTORS[profile.sector].0.to_owned()),
        draw.or_missing(0.02, REGIONS[profile.region].0.to_owned()),
        draw.or_missing(0.07, number(profile.people, 0)),
        draw.or_missing(0.12, number(revenue, 1)),
        draw.or_missing(0.04, number(profile.pages, 0)),
        draw.or_missing(0.04, number(profile.minutes, 1)),
        draw.or_missing(0.05, number(profile.days, 0)),
        draw.or_missing(0.04, JOBS[profile.job].0.to_owned()),
        yes_no(profile.letter),
        yes_no(profile.webinar),
        String::from(if draw.chance(0.82) {
            BUSINESS
        } else {
            CONSUMER
        }),
        if draw.chance(0.12) {
            COMMENTS[draw.below(COMMENTS.len())].to_owned()
        } else {
            String::new()
        },
        if known {
            yes_no(converts)
        } else {
            String::from("en cours")
        },
    ];
    let lawful = lawful(facts, crm[17] == BUSINESS, day);
    let mut fields = crm.into_iter().chain(lawful);
    let fields = std::array::from_fn(|_| fields.next().unwrap_or_default());
    Lead {
        fields,
        truth,
        converts,
    }
}

/// What the law asks about a lead: the columns from `Dernier contact` on.
///
/// Most professionals were informed and most consumers consented; some objected, some proofs lack a part, were
/// withdrawn, or bear a date to come, and some people were not heard of for more than three years.
fn lawful(draw: &mut Draw, business: bool, created: i32) -> [String; WIDTH - 20] {
    let yes_no = |claim: bool| String::from(if claim { "oui" } else { "non" });
    let unit = draw.unit();
    let contact = match unit {
        u if u < 0.03 => created - 1_150 - libm::floor(600.0 * draw.unit()) as i32,
        _ => created - libm::floor(40.0 * draw.unit()) as i32,
    };
    let informed = draw.chance(0.95);
    let concerned = draw.chance(0.96);
    let generic = draw.chance(0.02);
    let objected = draw.chance(0.02);
    let customer = draw.chance(if business { 0.20 } else { 0.12 });
    let offered = draw.chance(0.98);
    let accepts = match draw.unit() {
        u if u < 0.70 => "oui",
        u if u < 0.75 => "non",
        _ => "",
    };
    let state = draw.unit();
    let given = created - libm::floor(300.0 * draw.unit()) as i32;
    let wording = ["consentement-2025-03.txt", "consentement-2026-01.txt"][draw.below(2)];
    let source = ["Formulaire du site", "Salon, tablette"][draw.below(2)];
    let scope = ["e-mail", "e-mail, SMS"][draw.below(2)];
    let nothing = || std::array::from_fn(|_| String::new());
    let whole = |day: i32| -> [String; 6] {
        [
            date(day),
            wording.to_owned(),
            source.to_owned(),
            "case cochée".to_owned(),
            scope.to_owned(),
            String::new(),
        ]
    };
    let consent: [String; 6] = if business || state >= 0.72 {
        nothing()
    } else {
        let mut proof = whole(given);
        match state {
            // Without the wording nobody can say to what they consented.
            s if s < 0.05 => proof[1].clear(),
            s if s < 0.08 => proof[5] = date(given + 20),
            // Facts that contradict each other or the calendar.
            s if s < 0.09 => proof[5] = date(given - 20),
            s if s < 0.10 => proof[0] = date(created + 400),
            // Given for something else.
            s if s < 0.12 => "SMS".clone_into(&mut proof[4]),
            _ => {}
        }
        proof
    };
    // Customers rarely contest that they were told.
    let told = [
        date(contact),
        yes_no(informed || customer),
        yes_no(concerned),
    ];
    let flags = [generic, objected, customer, offered].map(yes_no);
    let mut all = told
        .into_iter()
        .chain(flags)
        .chain([accepts.to_owned()])
        .chain(consent);
    std::array::from_fn(|_| all.next().unwrap_or_default())
}

/// Draws from a stream of bits; every draw takes a fixed number of them.
struct Draw(ChaCha8Rng);

impl Draw {
    /// Uniform in `[0, 1)`.
    fn unit(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    fn below(&mut self, end: usize) -> usize {
        libm::floor(self.unit() * end as f64) as usize
    }

    /// Standard normal (Box and Muller, the cosine half).
    fn normal(&mut self) -> f64 {
        let (u, v) = (1.0 - self.unit(), self.unit());
        libm::sqrt(-2.0 * libm::log(u)) * libm::cos(std::f64::consts::TAU * v)
    }

    fn level(&mut self, levels: &[Level]) -> usize {
        let total: f64 = levels.iter().map(|level| level.1).sum();
        let mut left = self.unit() * total;
        for (at, level) in levels.iter().enumerate() {
            left -= level.1;
            if left < 0.0 {
                return at;
            }
        }
        levels.len() - 1
    }

    /// The text, or one of the two ways in which this CRM writes that it does not know.
    fn or_missing(&mut self, share: f64, text: String) -> String {
        match self.unit() {
            u if u < share / 2.0 => String::new(),
            u if u < share => String::from("n.c."),
            _ => text,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Area under the ROC curve of the truth itself: what a perfect model could reach.
    fn auc(leads: &[Lead]) -> f64 {
        let mut order: Vec<&Lead> = leads.iter().collect();
        order.sort_by(|a, b| a.truth.total_cmp(&b.truth));
        let (mut below, mut wins, mut positives) = (0_u64, 0_u64, 0_u64);
        for lead in order {
            if lead.converts {
                wins += below;
                positives += 1;
            } else {
                below += 1;
            }
        }
        wins as f64 / (positives * below) as f64
    }

    #[test]
    fn the_truth_can_be_learnt_and_leaves_room_for_chance() {
        let leads: Vec<Lead> = leads(20_000, 1, 1, Stage::History).collect();
        let best = auc(&leads);
        assert!((0.78..0.88).contains(&best), "AUC of the truth: {best}");
        let share = leads.iter().filter(|lead| lead.converts).count() as f64 / 20_000.0;
        assert!((0.12..0.30).contains(&share), "share converted: {share}");
        let open = leads
            .iter()
            .filter(|lead| lead.fields[19] == "en cours")
            .count();
        assert!((800..1_300).contains(&open), "open leads: {open}");
    }

    #[test]
    fn an_open_export_knows_no_outcome() {
        assert!(leads(200, 2, 1, Stage::Open).all(|lead| lead.fields[19] == "en cours"));
    }
}
