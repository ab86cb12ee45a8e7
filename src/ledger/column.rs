//! A column of small integers as bytes: packed to as few bits as its largest value needs, then zstd.
//!
//! Never hashed, only authenticated: another version may pack better.

use super::error::Error;

/// zstd's level: the columns are short and nearly random, so that higher ones gain nothing.
const LEVEL: i32 = 1;

/// Packs a column; `bits` u8, then a zstd frame (nothing when every value is 0).
pub fn pack(values: &[u16]) -> Result<Vec<u8>, Error> {
    let bits = bits_of(values);
    let mut out = vec![bits as u8];
    if bits > 0 {
        out.extend(compress(&to_bits(values, bits))?);
    }
    Ok(out)
}

/// The width of a column: what its largest value needs, and no other is read back.
fn bits_of(values: &[u16]) -> u32 {
    match values.iter().copied().max().unwrap_or(0) {
        0 => 0,
        1 => 1,
        2..=3 => 2,
        4..=15 => 4,
        16..=255 => 8,
        _ => 16,
    }
}

fn to_bits(values: &[u16], bits: u32) -> Vec<u8> {
    match bits {
        16 => values
            .iter()
            .flat_map(|value| value.to_be_bytes())
            .collect(),
        8 => values.iter().map(|value| *value as u8).collect(),
        _ => {
            let together = |group: &[u16]| {
                group
                    .iter()
                    .rev()
                    .fold(0, |byte, value| byte << bits | *value as u8)
            };
            values.chunks(8 / bits as usize).map(together).collect()
        }
    }
}

/// Unpacks a column of exactly `rows` values, which is packed as [`pack`] packs it.
pub fn unpack(bytes: &[u8], rows: usize) -> Result<Vec<u16>, Error> {
    let (bits, frame) = bytes
        .split_first()
        .ok_or(Error::Segment("an empty column"))?;
    let bits = usize::from(*bits);
    let values: Vec<u16> = match bits {
        0 if frame.is_empty() => vec![0; rows],
        16 => {
            let plain = decompress(frame, rows * 2)?;
            let pairs = plain.chunks_exact(2);
            pairs
                .map(|pair| u16::from_be_bytes([pair[0], pair[1]]))
                .collect()
        }
        8 => {
            let plain = decompress(frame, rows)?;
            plain.into_iter().map(u16::from).collect()
        }
        1 | 2 | 4 => {
            let per_byte = 8 / bits;
            let plain = decompress(frame, rows.div_ceil(per_byte))?;
            let mask = (1 << bits) - 1;
            let mut values = Vec::with_capacity(rows + 7);
            for byte in plain {
                values.extend((0..per_byte).map(|at| u16::from(byte >> (at * bits) & mask)));
            }
            if values[rows..].iter().any(|value| *value != 0) {
                return Err(Error::Segment("a column with values past its end"));
            }
            values.truncate(rows);
            values
        }
        _ => return Err(Error::Segment("a column of an unknown packing")),
    };
    if bits_of(&values) as usize == bits {
        Ok(values)
    } else {
        Err(Error::Segment("a column wider than its values"))
    }
}

/// A zstd frame of `plain`.
pub fn compress(plain: &[u8]) -> Result<Vec<u8>, Error> {
    zstd::bulk::compress(plain, LEVEL).map_err(|_| Error::Segment("zstd refused a column"))
}

/// The most bytes that one byte of a frame can stand for: a block of 128 KiB takes at least four.
const RATIO: usize = 1 << 15;

/// The plain bytes of one zstd frame that says itself how many they are, up to `most`.
pub fn decompress_any(frame: &[u8], most: usize) -> Result<Vec<u8>, Error> {
    let declared = zstd::zstd_safe::get_frame_content_size(frame);
    let length = declared.ok().flatten().filter(|it| *it <= most as u64);
    let length = length.ok_or(Error::Segment("a column of another length"))?;
    decompress(frame, length as usize)
}

/// The plain bytes of one zstd frame, of exactly this length; nothing stands before, after or beside it.
///
/// What a frame says of itself is checked before its bytes are made, so that no claim takes memory.
pub fn decompress(frame: &[u8], length: usize) -> Result<Vec<u8>, Error> {
    let declared = zstd::zstd_safe::get_frame_content_size(frame)
        .ok()
        .flatten();
    if declared != Some(length as u64) || length / RATIO > frame.len() {
        return Err(Error::Segment("a column of another length"));
    }
    if zstd::zstd_safe::find_frame_compressed_size(frame) != Ok(frame.len()) {
        return Err(Error::Segment("a column that is not one frame"));
    }
    let plain = zstd::bulk::decompress(frame, length)
        .map_err(|_| Error::Segment("a column does not decompress"))?;
    if plain.len() == length {
        Ok(plain)
    } else {
        Err(Error::Segment("a column of another length"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_survives_every_packing() {
        for most in [0_u16, 1, 2, 3, 4, 15, 16, 255, 256, 65_535] {
            for rows in [0_usize, 1, 7, 8, 9, 1000] {
                let column: Vec<u16> = (0..rows)
                    .map(|i| if i % 3 == 0 { most } else { most / 2 })
                    .collect();
                assert_eq!(
                    unpack(&pack(&column).unwrap(), rows),
                    Ok(column),
                    "{rows} rows up to {most}"
                );
            }
        }
    }
}
