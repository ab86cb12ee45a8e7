//! Values that are somebody's: each test asks for the form and, where there is one, the check digits.

pub(super) fn is_email(value: &str) -> bool {
    let Some((local, domain)) = value.split_once('@') else {
        return false;
    };
    let Some((host, top)) = domain.rsplit_once('.') else {
        return false;
    };
    let plain =
        |text: &str| !text.is_empty() && !text.contains(|c: char| c.is_whitespace() || c == '@');
    plain(local)
        && plain(host)
        && top.chars().count() >= 2
        && top.chars().all(char::is_alphanumeric)
}

/// The digits of a value that has nothing else but `+` in front, and marks that people put between digits.
fn digits(value: &str, marks: &[char]) -> Option<String> {
    let kept: String = value
        .chars()
        .filter(|c| !c.is_whitespace() && !marks.contains(c))
        .collect();
    let number = kept.strip_prefix('+').unwrap_or(&kept);
    (!number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())).then_some(kept)
}

pub(super) fn is_phone(value: &str) -> bool {
    if value.len() > 32 {
        return false;
    }
    let Some(number) = digits(value, &['.', '-', '(', ')']) else {
        return false;
    };
    // A decimal number is no telephone number, however its digits fall.
    if value.matches('.').count() == 1 {
        return false;
    }
    let french = |rest: &str| rest.len() == 9 && !rest.starts_with('0');
    if let Some(rest) = number
        .strip_prefix("+33")
        .or_else(|| number.strip_prefix("0033"))
    {
        return french(rest.strip_prefix('0').unwrap_or(rest));
    }
    match number.strip_prefix('+') {
        Some(rest) => (8..=15).contains(&rest.len()) && !rest.starts_with('0'),
        None => number.strip_prefix('0').is_some_and(french),
    }
}

pub(super) fn is_iban(value: &str) -> bool {
    if value.len() > 48 {
        return false;
    }
    let kept: Vec<u8> = value.bytes().filter(|byte| *byte != b' ').collect();
    if !(15..=34).contains(&kept.len()) || !kept.iter().all(u8::is_ascii_alphanumeric) {
        return false;
    }
    if !kept[..2].iter().all(u8::is_ascii_alphabetic) || !kept[2..4].iter().all(u8::is_ascii_digit)
    {
        return false;
    }
    // ISO 7064 mod 97-10 on the account, then country and check digits; a letter is two digits.
    let rest = kept[4..]
        .iter()
        .chain(&kept[..4])
        .fold(0_u32, |rest, &byte| {
            if byte.is_ascii_digit() {
                (rest * 10 + u32::from(byte - b'0')) % 97
            } else {
                (rest * 100 + u32::from(byte.to_ascii_uppercase() - b'A') + 10) % 97
            }
        });
    rest == 1
}

pub(super) fn is_nir(value: &str) -> bool {
    if value.len() > 32 {
        return false;
    }
    let kept: String = value
        .chars()
        .filter(|c| !matches!(c, ' ' | '.' | '-' | '\u{a0}' | '\u{202f}'))
        .collect();
    if kept.len() != 15
        || !kept.is_ascii()
        || !matches!(kept.as_bytes()[0], b'1'..=b'4' | b'7' | b'8')
    {
        return false;
    }
    let month: u32 = kept[3..5].parse().unwrap_or(0);
    // Corsica's 2A and 2B count as 19 and 18.
    let number = match &kept[5..7] {
        "2A" | "2a" => format!("{}19{}", &kept[..5], &kept[7..13]),
        "2B" | "2b" => format!("{}18{}", &kept[..5], &kept[7..13]),
        _ => kept[..13].to_owned(),
    };
    let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let month = matches!(month, 1..=12 | 20..=42 | 50..=99);
    plain(&number) && plain(&kept[13..]) && month && {
        let key: u64 = kept[13..].parse().unwrap_or(0);
        number
            .parse::<u64>()
            .is_ok_and(|number| 97 - number % 97 == key)
    }
}

pub(super) fn is_card(value: &str) -> bool {
    if value.len() > 32 {
        return false;
    }
    let Some(number) =
        digits(value, &['-']).filter(|number| number.is_ascii() && !number.starts_with('+'))
    else {
        return false;
    };
    let starts = |length: usize| {
        number
            .get(..length)
            .and_then(|start| start.parse::<u32>().ok())
            .unwrap_or(0)
    };
    let known = match number.len() {
        15 => matches!(starts(2), 34 | 37),
        16 => {
            starts(1) == 4
                || matches!(starts(2), 51..=55 | 65)
                || starts(4) == 6011
                || matches!(starts(4), 2221..=2720 | 3528..=3589)
        }
        19 => starts(1) == 4,
        _ => false,
    };
    // Luhn: every second digit from the right is doubled, and its digits added.
    let sum: u32 = number
        .bytes()
        .rev()
        .enumerate()
        .map(|(at, byte)| {
            let digit = u32::from(byte - b'0') << (at % 2);
            if digit > 9 { digit - 9 } else { digit }
        })
        .sum();
    known && sum.is_multiple_of(10)
}
