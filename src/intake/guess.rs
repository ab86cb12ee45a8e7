//! What values look like, counted: the evidence that a first policy is drafted from.
//!
//! Every value is read under every hypothesis at once, so one pass is enough.
//! A single value never decides: `1.234` and `4,855` mean nothing alone, so
//! marks are judged over the whole file, dates by the days that only one order allows.

use std::collections::{BTreeMap, HashMap};

use super::identity::Sketch;
use super::value::Values;
use crate::name::tidy;
use crate::policy::{DateOrder, Dialect, Encoding, Format, Thousands};

/// Texts that usually mean "not known", in lower case.
const MISSING: [&str; 19] = [
    "unknown",
    "na",
    "n/a",
    "#n/a",
    "nan",
    "null",
    "(null)",
    "nil",
    "none",
    "n/r",
    "non renseigné",
    "non renseigne",
    "non renseignée",
    "inconnu",
    "inconnue",
    "-",
    "--",
    "?",
    "0000-00-00",
];

/// Texts that usually mean yes, in lower case.
pub(super) const YES: [&str; 7] = ["oui", "yes", "true", "vrai", "o", "y", "1"];
/// Texts that usually mean no, in lower case.
pub(super) const NO: [&str; 6] = ["non", "no", "false", "faux", "n", "0"];

/// The share of a column's values that must read as a kind for the column to be of it.
const MOSTLY: f64 = 0.9;
/// Distinct values that are counted by text; beyond, there is nothing to list.
const LISTED: usize = 64;

/// What the values of one column say.
pub(super) struct Evidence {
    pub(super) name: String,
    pub(super) sketch: Sketch,
    /// Values present, marks of absence not counted.
    pub(super) present: u64,
    pub(super) absent: u64,
    pub(super) missing: BTreeMap<String, u64>,
    /// Values that are numbers with a decimal point, and with a decimal comma.
    pub(super) numbers: [u64; 2],
    /// Values that can only have this decimal mark: point, comma.
    pub(super) decimal: [u64; 2],
    /// Values that can only have these groups: space, dot, comma, apostrophe.
    pub(super) grouped: [u64; 4],
    /// Values such as `1.234` and `1,234`, that may be either.
    pub(super) either: [u64; 2],
    /// Digits that no quantity has: a leading zero, or more than 15.
    pub(super) coded: u64,
    /// Values that are dates: ISO, day first, month first.
    pub(super) dates: [u64; 3],
    /// Yes and no.
    pub(super) flags: [u64; 2],
    /// Distinct values, while they are few.
    pub(super) levels: HashMap<String, u64>,
    pub(super) many: bool,
}

/// What the whole file says of its numbers, dates and gaps.
pub(super) struct Marks {
    pub(super) decimal: char,
    pub(super) thousands: Thousands,
    pub(super) dates: DateOrder,
    pub(super) missing: Vec<String>,
}

thread_local! {
    /// Both decimal marks, with every sort of groups that can stand beside each.
    static NUMBERS: [Vec<Values>; 2] = {
        use Thousands::{Apostrophe, Comma, Dot, Space};
        [('.', [Space, Comma, Apostrophe]), (',', [Space, Dot, Apostrophe])].map(|(decimal, groups)| {
            groups.map(|thousands| Values::new(&dialect(decimal, thousands, DateOrder::Iso))).into()
        })
    };
    static DATES: [Values; 3] = ORDERS.map(|order| Values::new(&dialect('.', Thousands::None, order)));
}

/// The orders of a date, as [`Evidence`] counts them.
pub(super) const ORDERS: [DateOrder; 3] =
    [DateOrder::Iso, DateOrder::DayFirst, DateOrder::MonthFirst];

fn dialect(decimal: char, thousands: Thousands, dates: DateOrder) -> Dialect {
    Dialect {
        format: Format::Csv,
        separator: b',',
        encoding: Encoding::Utf8,
        decimal,
        thousands,
        dates,
        missing: Vec::new(),
        yes: Vec::new(),
        no: Vec::new(),
    }
}

impl Evidence {
    pub(super) fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            sketch: Sketch::new(name),
            present: 0,
            absent: 0,
            missing: BTreeMap::new(),
            numbers: [0; 2],
            decimal: [0; 2],
            grouped: [0; 4],
            either: [0; 2],
            coded: 0,
            dates: [0; 3],
            flags: [0; 2],
            levels: HashMap::new(),
            many: false,
        }
    }

    /// Takes one value.
    pub(super) fn take(&mut self, text: &str) {
        let text = tidy(text);
        let low = text.to_lowercase();
        if text.is_empty() {
            self.absent += 1;
            return;
        }
        if MISSING.contains(&low.as_str()) {
            self.absent += 1;
            if self.missing.len() < LISTED {
                *self.missing.entry(text.into_owned()).or_default() += 1;
            }
            return;
        }
        self.present += 1;
        self.sketch.take(&text);
        self.flags[0] += u64::from(YES.contains(&low.as_str()));
        self.flags[1] += u64::from(NO.contains(&low.as_str()));
        self.take_number(&text);
        if text.starts_with(|c: char| c.is_ascii_digit()) {
            DATES.with(|orders| {
                for (count, values) in self.dates.iter_mut().zip(orders) {
                    *count += u64::from(values.date(&text).is_ok());
                }
            });
        }
        if let Some(count) = self.levels.get_mut(&*text) {
            *count += 1;
        } else if self.levels.len() < LISTED {
            self.levels.insert(text.into_owned(), 1);
        } else {
            self.many = true;
        }
    }

    fn take_number(&mut self, text: &str) {
        let reads = NUMBERS.with(|both| {
            both.each_ref()
                .map(|all| all.iter().any(|values| values.number(text).is_ok()))
        });
        for (count, reads) in self.numbers.iter_mut().zip(reads) {
            *count += u64::from(reads);
        }
        if !reads[0] && !reads[1] {
            return;
        }
        let core = text.trim_matches(|c: char| !c.is_ascii_digit() && c != '.' && c != ',');
        let digits = core.bytes().filter(u8::is_ascii_digit).count();
        let bytes = core.as_bytes();
        self.coded += u64::from(
            (bytes.len() > 1 && bytes[0] == b'0' && bytes[1].is_ascii_digit()) || digits > 15,
        );
        self.grouped[0] += u64::from(core.contains([' ', '\u{a0}', '\u{202f}']));
        self.grouped[3] += u64::from(core.contains(['\'', '’']));
        let count = |mark: char| core.matches(mark).count();
        match (count('.'), count(',')) {
            (0, 0) => {}
            (0, 1) => self.take_mark(core, ',', 1),
            (1, 0) => self.take_mark(core, '.', 0),
            (0, _) => self.grouped[2] += 1,
            (_, 0) => self.grouped[1] += 1,
            _ if core.rfind('.') > core.rfind(',') => {
                self.decimal[0] += 1;
                self.grouped[2] += 1;
            }
            _ => {
                self.decimal[1] += 1;
                self.grouped[1] += 1;
            }
        }
    }

    /// The only mark of a number: it is the decimal mark unless it may set three digits apart.
    fn take_mark(&mut self, core: &str, mark: char, which: usize) {
        let Some((whole, fraction)) = core.split_once(mark) else {
            return;
        };
        let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let either =
            (1..=3).contains(&whole.len()) && !whole.starts_with('0') && fraction.len() == 3;
        if either && plain(whole) && plain(fraction) {
            self.either[which] += 1;
        } else {
            self.decimal[which] += 1;
        }
    }

    /// Distinct values seen.
    pub(super) fn distinct(&self) -> u64 {
        self.sketch.distinct()
    }

    /// Whether `count` is nearly all values that are present.
    pub(super) fn mostly(&self, count: u64) -> bool {
        self.present > 0 && count as f64 >= MOSTLY * self.present as f64
    }
}

impl Marks {
    /// What all columns together say; the separator decides what nothing else does.
    pub(super) fn of(columns: &[Evidence], separator: u8) -> Self {
        // Columns that are numbers under either mark; a text column has no say.
        let numeric: Vec<&Evidence> = columns
            .iter()
            .filter(|it| it.mostly(it.numbers[0].max(it.numbers[1])) && !it.mostly(it.coded))
            .collect();
        let sum = |of: &dyn Fn(&Evidence) -> u64| numeric.iter().map(|it| of(it)).sum::<u64>();
        let decimal = [sum(&|it| it.decimal[0]), sum(&|it| it.decimal[1])];
        let either = [sum(&|it| it.either[0]), sum(&|it| it.either[1])];
        let grouped: [u64; 4] = std::array::from_fn(|which| sum(&|it| it.grouped[which]));
        // A group mark in use cannot be the decimal mark as well.
        let point = decimal[0] + grouped[2];
        let comma = decimal[1] + grouped[1];
        let continental = separator == b';';
        // Where nothing settles it: Excel writes `;` where the comma is the decimal mark. But where every
        // marked number looks like `1.234`, a quantity that always has three decimals is less strange
        // than a file without one number under 1000.
        let usual = continental && !(either[0] > 0 && either[1] == 0);
        let decimal = if comma > point || (comma == point && usual) {
            ','
        } else {
            '.'
        };
        let other = if decimal == '.' {
            (grouped[2] + either[1], Thousands::Comma)
        } else {
            (grouped[1] + either[0], Thousands::Dot)
        };
        let usual = if decimal == ',' {
            Thousands::Space
        } else {
            Thousands::None
        };
        let thousands = [
            (grouped[0], Thousands::Space),
            other,
            (grouped[3], Thousands::Apostrophe),
        ]
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .max_by_key(|(count, _)| *count)
        .map_or(usual, |(_, thousands)| thousands);
        Self {
            decimal,
            thousands,
            dates: order(columns),
            missing: missing(columns),
        }
    }
}

/// The order that most dates are right in; day first where both orders are.
fn order(columns: &[Evidence]) -> DateOrder {
    let dated = columns
        .iter()
        .filter(|it| it.mostly(it.dates.into_iter().max().unwrap_or(0)));
    let mut counts = [0; 3];
    for column in dated {
        for (count, of_column) in counts.iter_mut().zip(column.dates) {
            *count += of_column;
        }
    }
    match counts {
        [iso, day, month] if iso >= day.max(month) => DateOrder::Iso,
        [_, day, month] if day >= month => DateOrder::DayFirst,
        _ => DateOrder::MonthFirst,
    }
}

/// The marks of absence in use, most frequent first.
fn missing(columns: &[Evidence]) -> Vec<String> {
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for (mark, count) in columns.iter().flat_map(|column| &column.missing) {
        *counts.entry(mark).or_default() += count;
    }
    let mut marks: Vec<(&str, u64)> = counts.into_iter().collect();
    marks.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    marks.into_iter().map(|(mark, _)| mark.to_owned()).collect()
}
