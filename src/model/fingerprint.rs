//! The fingerprint of the rows that a model learned from: whether other rows are the same, told without keeping them.
//!
//! Each row is written as one canonical message of everything that the training used of it, tagged with HMAC-SHA-256
//! under a key drawn for this model alone, and the tags are added up modulo 2²⁵⁶. A sum has no order: shuffled rows
//! have the same fingerprint, and a row that stands there twice counts twice, which an exclusive-or would forget.
//!
//! *Why a key.* A plain sum of hashes would confirm a person: whoever guesses one row of a training that they know
//! the rest of could check the guess. Without the key the sum is a random number. The key goes when the rows'
//! retention is over, and with it whatever the fingerprint could still tell.
//!
//! *Why 256 bits.* Unkeyed, a sum of hashes (`AdHash`; Bellare, Micciancio, EUROCRYPT 1997) falls to generalised
//! birthday attacks (Wagner, CRYPTO 2002) unless its modulus has thousands of bits: among many rows, some sum to any
//! value asked for. Here whoever looks for such rows cannot compute a single summand. With a pseudo-random function for
//! the hash, the sum hides every set but by guessing, 2⁻²⁵⁶ a try (`MSet-Add-Hash`; Clarke, Devadas, van Dijk, Gassend,
//! Suh, ASIACRYPT 2003). Their random summand, which keeps sums under one key apart, has no use here: a key makes one
//! sum.
//!
//! *What it does not promise.* Whoever holds the key while it stands, the company itself, could search for other rows of the same
//! sum. That the model is the same is shown by training again, not by this.

use rayon::prelude::*;

use super::examples::Examples;
use crate::digest::{Digest, MacKey, sha256};
use crate::table::{Category, Column};

/// Rows that one thread takes at a time.
const ROWS: usize = 4096;

/// What a value is written as, before its bytes; a missing one is this byte alone.
const MISSING: u8 = 0;
const NUMBER: u8 = 1;
const LEVEL: u8 = 2;
const FLAG: u8 = 3;
const DAY: u8 = 4;
const PLACE: u8 = 5;

/// The fingerprint of all rows under `key`: the same for any order of them and any number of threads.
///
/// Where the policy says that rows stand in the order of time, the training uses each row's place, and so does this.
#[must_use]
pub fn fingerprint(examples: &Examples, key: &[u8; 32]) -> Digest {
    let key = MacKey::new(key);
    let head = head(examples);
    let rows = examples.outcome.len();
    let starts: Vec<usize> = (0..rows).step_by(ROWS).collect();
    let sums = starts.into_par_iter().map(|start| {
        let mut message = Vec::new();
        let mut sum = Sum::default();
        for row in start..rows.min(start + ROWS) {
            message.clear();
            write_row(examples, row, &mut message);
            sum.add(&key.tag(&[&head, &message]));
        }
        sum
    });
    Digest(sums.reduce(Sum::default, Sum::plus).bytes())
}

/// What all rows share: the columns' names and kinds, so that a value that moves to another column is another row.
fn head(examples: &Examples) -> [u8; 32] {
    let mut text = b"probant/training-row/v1\n".to_vec();
    text.extend(examples.id_type.token().as_bytes());
    text.push(b'\n');
    for feature in &examples.features {
        text.push(match &feature.column {
            Column::Number(_) => NUMBER,
            Column::Category(_) | Column::Text(_) => LEVEL,
            Column::Flag(_) => FLAG,
            Column::Date(_) => DAY,
        });
        text.extend((feature.name.len() as u32).to_be_bytes());
        text.extend(feature.name.as_bytes());
    }
    sha256(&[&text])
}

/// One row: person, outcome, day, place where it counts, then each feature's value as it was parsed.
fn write_row(examples: &Examples, row: usize, to: &mut Vec<u8>) {
    to.extend(examples.keys[row]);
    to.push(u8::from(examples.outcome[row]));
    match examples.dates.as_ref().map(|days| days[row]) {
        Some(day) if day != i32::MIN => write(to, DAY, &day.to_be_bytes()),
        _ => to.push(MISSING),
    }
    if examples.in_file_order && examples.dates.is_none() {
        write(to, PLACE, &(row as u64).to_be_bytes());
    }
    for feature in &examples.features {
        write_value(&feature.column, row, to);
    }
}

fn write(to: &mut Vec<u8>, kind: u8, bytes: &[u8]) {
    to.push(kind);
    to.extend(bytes);
}

fn write_value(column: &Column, row: usize, to: &mut Vec<u8>) {
    let mut text = |text: Option<&str>| match text {
        Some(text) => {
            write(to, LEVEL, &(text.len() as u32).to_be_bytes());
            to.extend(text.as_bytes());
        }
        None => to.push(MISSING),
    };
    match column {
        Column::Category(Category { levels, codes }) => {
            text(levels.get(codes[row] as usize).map(AsRef::as_ref));
        }
        Column::Text(texts) => text(texts.get(row)),
        Column::Number(values) if values[row].is_nan() => to.push(MISSING),
        // Minus zero is zero: no interval tells them apart.
        Column::Number(values) => write(to, NUMBER, &(values[row] + 0.0).to_bits().to_be_bytes()),
        Column::Flag(values) => match values[row] {
            flag @ (0 | 1) => write(to, FLAG, &[flag]),
            _ => to.push(MISSING),
        },
        Column::Date(days) if days[row] == i32::MIN => to.push(MISSING),
        Column::Date(days) => write(to, DAY, &days[row].to_be_bytes()),
    }
}

/// A number modulo 2²⁵⁶, the least word first.
#[derive(Clone, Copy, Default)]
struct Sum([u64; 4]);

impl Sum {
    /// Adds a tag, read as a big-endian number.
    fn add(&mut self, tag: &[u8; 32]) {
        let (words, _) = tag.as_chunks::<8>();
        let mut other = [0; 4];
        for (word, bytes) in other.iter_mut().rev().zip(words) {
            *word = u64::from_be_bytes(*bytes);
        }
        *self = self.plus(Self(other));
    }

    fn plus(self, other: Self) -> Self {
        let mut carry = false;
        let mut sum = self.0;
        for (word, other) in sum.iter_mut().zip(other.0) {
            let (partly, first) = word.overflowing_add(other);
            let (whole, second) = partly.overflowing_add(u64::from(carry));
            (*word, carry) = (whole, first || second);
        }
        Self(sum)
    }

    /// As 32 big-endian bytes.
    fn bytes(self) -> [u8; 32] {
        let mut bytes = [0; 32];
        let (words, _) = bytes.as_chunks_mut::<8>();
        for (word, value) in words.iter_mut().rev().zip(self.0) {
            *word = value.to_be_bytes();
        }
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::examples::Example;
    use crate::policy::IdType;

    const KEY: [u8; 32] = [7; 32];

    fn three() -> Examples {
        let feature = |name: &str, column| Example {
            name: name.to_owned(),
            column,
            keep_calendar: false,
        };
        let levels = Category {
            levels: vec!["salon".into(), "web".into()],
            codes: vec![1, Category::MISSING, 0],
        };
        Examples {
            features: vec![
                feature("pages", Column::Number(vec![1.5, f64::NAN, -0.0])),
                feature("source", Column::Category(levels)),
                feature("letter", Column::Flag(vec![1, 0, 2])),
            ],
            id_type: IdType::CrmId,
            outcome: vec![true, false, true],
            keys: vec![[1; 32], [2; 32], [2; 32]],
            dates: Some(vec![20_000, i32::MIN, 20_001]),
            in_file_order: false,
        }
    }

    /// The sum, computed in another way: byte by byte, from tags of messages written out by hand.
    #[test]
    fn the_fingerprint_is_the_sum_of_the_tags_of_the_rows() {
        let mut head = b"probant/training-row/v1\ncrm-id\n\x01\0\0\0\x05pages".to_vec();
        head.extend(b"\x02\0\0\0\x06source\x03\0\0\0\x06letter");
        let row = |key: u8, rest: &[u8]| [&[key; 32][..], rest].concat();
        let day = |day: i32| [&[4], &day.to_be_bytes()[..]].concat();
        let number = |value: f64| [&[1], &value.to_bits().to_be_bytes()[..]].concat();
        let rows = [
            [
                row(1, &[1]),
                day(20_000),
                number(1.5),
                b"\x02\0\0\0\x03web\x03\x01".to_vec(),
            ],
            [row(2, &[0]), vec![0], vec![0], b"\0\x03\0".to_vec()],
            [
                row(2, &[1]),
                day(20_001),
                number(0.0),
                b"\x02\0\0\0\x05salon\0".to_vec(),
            ],
        ];
        let mut sum = [0u32; 32];
        for row in rows {
            let tag = MacKey::new(&KEY).tag(&[&sha256(&[&head]), &row.concat()]);
            for (all, byte) in sum.iter_mut().zip(tag) {
                *all += u32::from(byte);
            }
        }
        let mut carry = 0;
        let mut bytes = [0u8; 32];
        for at in (0..32).rev() {
            carry += sum[at];
            bytes[at] = carry as u8;
            carry >>= 8;
        }
        assert_eq!(fingerprint(&three(), &KEY), Digest(bytes));
        assert_ne!(fingerprint(&three(), &[8; 32]), Digest(bytes));
    }

    #[test]
    fn words_carry_into_the_next_and_leave_at_the_end() {
        let mut sum = Sum([u64::MAX; 4]);
        sum.add(&Sum([1, 0, 0, 0]).bytes());
        assert_eq!(sum.0, [0; 4]);
        sum.add(&Sum([u64::MAX, 5, 0, 0]).bytes());
        sum.add(&Sum([1, 0, 0, 0]).bytes());
        assert_eq!(sum.0, [0, 6, 0, 0]);
    }

    #[test]
    fn every_cell_that_training_uses_moves_the_fingerprint() {
        let plain = fingerprint(&three(), &KEY);
        let changes: [fn(&mut Examples); 9] = [
            |it| it.outcome[0] = false,
            |it| it.keys[2] = [3; 32],
            |it| it.dates.as_mut().unwrap()[1] = 0,
            |it| it.features[0].column = Column::Number(vec![1.5, 0.0, -0.0]),
            |it| it.features[2].column = Column::Flag(vec![1, 0, 0]),
            |it| it.features[0].name = "page".into(),
            |it| it.features.swap(0, 2),
            |it| it.dates = None,
            |it| {
                let Column::Category(category) = &mut it.features[1].column else {
                    unreachable!()
                };
                category.codes[1] = 0;
            },
        ];
        for (at, change) in changes.into_iter().enumerate() {
            let mut other = three();
            change(&mut other);
            assert_ne!(fingerprint(&other, &KEY), plain, "change {at}");
        }
        // A row more, though it is one that stands there already.
        let mut twice = three();
        twice.outcome.push(true);
        twice.keys.push([2; 32]);
        twice.dates.as_mut().unwrap().push(20_001);
        for feature in &mut twice.features {
            match &mut feature.column {
                Column::Number(values) => values.push(0.0),
                Column::Category(category) => category.codes.push(0),
                Column::Flag(values) => values.push(2),
                _ => unreachable!(),
            }
        }
        assert_ne!(fingerprint(&twice, &KEY), plain);
    }
}
