//! Bech32: keys as people copy them, with a checksum that catches a slip of the hand.
//!
//! The original checksum of BIP 173, without its limit of length, as the age
//! format uses it. Lower case when written; either case, never both, when read.

const ALPHABET: &[u8; 32] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";
const CHECKSUM: usize = 6;

/// The text of `bytes` under `prefix`, which is lower-case ASCII.
#[must_use]
pub fn encode(prefix: &str, bytes: &[u8]) -> String {
    let data = regroup(bytes, 8, 5).expect("padding is allowed from bytes to letters");
    let mut all = expanded(prefix);
    all.extend(&data);
    all.extend([0; CHECKSUM]);
    let sum = polymod(&all) ^ 1;
    let check = (0..CHECKSUM).map(|at| (sum >> (5 * (CHECKSUM - 1 - at))) as u8 & 31);
    let mut text = String::with_capacity(prefix.len() + 1 + data.len() + CHECKSUM);
    text.push_str(prefix);
    text.push('1');
    text.extend(
        data.iter()
            .copied()
            .chain(check)
            .map(|group| char::from(ALPHABET[usize::from(group)])),
    );
    text
}

/// The bytes of a text under `prefix`; `None` for any other text, or a wrong checksum.
#[must_use]
pub fn decode(prefix: &str, text: &str) -> Option<Vec<u8>> {
    let upper = text.bytes().any(|byte| byte.is_ascii_uppercase());
    if upper && text.bytes().any(|byte| byte.is_ascii_lowercase()) {
        return None;
    }
    let (found, data) = text.rsplit_once('1')?;
    if !found.eq_ignore_ascii_case(prefix) || data.len() < CHECKSUM {
        return None;
    }
    let groups: Vec<u8> = data
        .bytes()
        .map(|byte| {
            let byte = byte.to_ascii_lowercase();
            let at = ALPHABET.iter().position(|letter| *letter == byte)?;
            Some(at as u8)
        })
        .collect::<Option<_>>()?;
    let mut all = expanded(prefix);
    all.extend(&groups);
    if polymod(&all) != 1 {
        return None;
    }
    regroup(&groups[..groups.len() - CHECKSUM], 5, 8)
}

/// Groups of `from` bits as groups of `to`; padding, where there must be some, is zeros and less than a group.
fn regroup(groups: &[u8], from: u32, to: u32) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity((groups.len() * from as usize).div_ceil(to as usize));
    let (mut held, mut bits) = (0_u32, 0);
    for group in groups {
        held = (held << from) | u32::from(*group);
        bits += from;
        while bits >= to {
            bits -= to;
            out.push((held >> bits) as u8 & ((1_u32 << to) - 1) as u8);
        }
        held &= (1 << bits) - 1;
    }
    if to == 5 {
        if bits > 0 {
            out.push((held << (to - bits)) as u8);
        }
    } else if bits >= from || held != 0 {
        return None;
    }
    Some(out)
}

fn expanded(prefix: &str) -> Vec<u8> {
    let high = prefix.bytes().map(|byte| byte >> 5);
    let low = prefix.bytes().map(|byte| byte & 31);
    high.chain([0]).chain(low).collect()
}

fn polymod(groups: &[u8]) -> u32 {
    const GENERATOR: [u32; 5] = [
        0x3b6a_57b2,
        0x2650_8e6d,
        0x1ea1_19fa,
        0x3d42_33dd,
        0x2a14_62b3,
    ];
    groups.iter().fold(1, |sum, group| {
        let top = sum >> 25;
        let sum = ((sum & 0x01ff_ffff) << 5) ^ u32::from(*group);
        GENERATOR
            .iter()
            .enumerate()
            .filter(|(bit, _)| top >> bit & 1 == 1)
            .fold(sum, |sum, (_, generator)| sum ^ generator)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The recipient of the age specification's own example.
    const RECIPIENT: &str = "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj";
    const IDENTITY: &str =
        "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX";

    #[test]
    fn the_keys_of_the_age_specification_are_read_and_written_again() {
        let bytes = decode("age", RECIPIENT).unwrap();
        assert_eq!((bytes.len(), encode("age", &bytes)), (32, RECIPIENT.into()));
        let secret = decode("age-secret-key-", IDENTITY).unwrap();
        assert_eq!(secret, [0x42; 32]);
        assert_eq!(encode("age-secret-key-", &secret).to_uppercase(), IDENTITY);
    }

    #[test]
    fn no_changed_letter_goes_unnoticed() {
        for at in 0..RECIPIENT.len() {
            for letter in ["q", "p", "A", "1", "é"] {
                let mut text = RECIPIENT.to_owned();
                text.replace_range(at..=at, letter);
                assert!(
                    text == RECIPIENT || decode("age", &text).is_none(),
                    "{text}"
                );
            }
        }
        assert_eq!(decode("age", "age1"), None);
        assert_eq!(decode("other", RECIPIENT), None);
    }
}
