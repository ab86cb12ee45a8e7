//! A text to a civil date: `2026-03-31`, `31/03/2026` or `03/31/2026`, with a time or without.

use crate::policy::DateOrder;

/// The day that a text names in this order, if it is one.
pub(super) fn civil(text: &str, order: DateOrder) -> Option<i32> {
    let split = text.find(['T', ' ']).unwrap_or(text.len());
    let (date, time) = text.split_at(split);
    if !time.is_empty() && !is_time(&time[1..]) {
        return None;
    }
    let bytes = date.as_bytes();
    let at = bytes.iter().position(|byte| !byte.is_ascii_digit())?;
    let mark = bytes[at];
    if !matches!(mark, b'-' | b'/' | b'.') {
        return None;
    }
    let mut parts = bytes.split(|&byte| byte == mark);
    let (a, b, c) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let (year, month, day) = match order {
        DateOrder::Iso => (a, b, c),
        DateOrder::DayFirst => (c, b, a),
        DateOrder::MonthFirst => (c, a, b),
    };
    if year.len() != 4 || !(1..=2).contains(&month.len()) || !(1..=2).contains(&day.len()) {
        return None;
    }
    days(whole(year)?, whole(month)?, whole(day)?)
}

/// A few digits as a number.
fn whole(digits: &[u8]) -> Option<i32> {
    digits.iter().try_fold(0, |value, digit| {
        digit
            .is_ascii_digit()
            .then(|| value * 10 + i32::from(digit - b'0'))
    })
}

/// Days from 1970-01-01 to a civil date of the years 1 to 9999 (proleptic Gregorian), if it exists.
fn days(year: i32, month: i32, day: i32) -> Option<i32> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        2 => 28 + i32::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if year < 1 || !(1..=length).contains(&day) {
        return None;
    }
    // Years that start in March, so that the leap day comes last (Hinnant, `days_from_civil`).
    let shifted = if month <= 2 { year - 1 } else { year };
    let era = shifted.div_euclid(400);
    let year_of_era = shifted.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    Some(era * 146_097 + day_of_era - 719_468)
}

/// Whether a text is a time of day: `9:05`, `09:05:59.123`, with `AM`, `PM`, `Z` or an offset.
fn is_time(text: &str) -> bool {
    let text = text.trim();
    let (text, noon) = match text.get(text.len().saturating_sub(2)..) {
        Some(half) if half.eq_ignore_ascii_case("am") || half.eq_ignore_ascii_case("pm") => {
            (text[..text.len() - 2].trim_end(), true)
        }
        _ => (text, false),
    };
    let (clock, offset) = match text.find(['Z', '+', '-']) {
        Some(at) => text.split_at(at),
        None => (text, ""),
    };
    let two = |text: &str, most: u8| {
        text.len() == 2
            && text
                .parse::<u8>()
                .is_ok_and(|value| value <= most && !text.starts_with('+'))
    };
    let mut parts = clock.trim_end().split(':');
    let hour = parts.next().unwrap_or_default();
    let hour = if hour.len() == 1 {
        two(&format!("0{hour}"), 9)
    } else {
        two(hour, if noon { 12 } else { 23 })
    };
    let minute = parts.next().is_some_and(|minute| two(minute, 59));
    let second = parts.next().is_none_or(|second| {
        let (whole, fraction) = second.split_once(['.', ',']).unwrap_or((second, "0"));
        two(whole, 60) && !fraction.is_empty() && fraction.bytes().all(|byte| byte.is_ascii_digit())
    });
    let zone = match offset.strip_prefix(['+', '-']) {
        None => offset.is_empty() || offset == "Z",
        Some(zone) => {
            let zone = zone.replacen(':', "", 1);
            zone.is_ascii()
                && (zone.len() == 2 || zone.len() == 4)
                && two(&zone[..2], 14)
                && (zone.len() == 2 || two(&zone[2..], 59))
        }
    };
    hour && minute && second && parts.next().is_none() && zone
}
