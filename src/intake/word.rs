//! A few bytes as one number, so that they are compared, hashed or searched at once.

/// The first eight bytes, the first lowest.
#[inline]
pub(super) fn word(bytes: &[u8]) -> u64 {
    u64::from_le_bytes(*bytes.first_chunk().expect("the caller has eight bytes"))
}

/// Up to seven bytes as a number, the first lowest, without a copy of so many bytes.
#[inline]
pub(super) fn few(bytes: &[u8]) -> u64 {
    let half = |four: &[u8; 4]| u64::from(u32::from_le_bytes(*four));
    if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        // The halves overlap, and agree where they do.
        return half(first) | half(last) << (8 * (bytes.len() - 4));
    }
    match *bytes {
        [a, b, c] => u64::from(a) | u64::from(b) << 8 | u64::from(c) << 16,
        [a, b] => u64::from(a) | u64::from(b) << 8,
        [a] => u64::from(a),
        _ => 0,
    }
}
