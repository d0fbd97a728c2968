//! DEFLATE (RFC 1951) and the gzip around it (RFC 1952), bounded: what an archive unpacks to is
//! counted while it is unpacked.

/// Why bytes cannot be unpacked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum InflateError {
    /// They are no gzip, or broken.
    Broken,
    /// They unpack to more than allowed.
    TooLarge,
}

/// Unpacks a gzip file to at most `most` bytes.
pub(crate) fn gunzip(bytes: &[u8], most: usize) -> Result<Vec<u8>, InflateError> {
    let [0x1f, 0x8b, 8, flags, _, _, _, _, _, _, rest @ ..] = bytes else { return Err(InflateError::Broken) };
    let mut rest = rest;
    let skip = |rest: &mut &[u8], count: usize| match rest.get(count..) {
        Some(after) => {
            *rest = after;
            Ok(())
        }
        None => Err(InflateError::Broken),
    };
    if flags & 4 != 0 {
        let [low, high, ..] = rest else { return Err(InflateError::Broken) };
        let length = usize::from(*low) | usize::from(*high) << 8;
        skip(&mut rest, 2 + length)?;
    }
    for flag in [8, 16] {
        if flags & flag != 0 {
            let end = rest.iter().position(|&byte| byte == 0).ok_or(InflateError::Broken)?;
            skip(&mut rest, end + 1)?;
        }
    }
    if flags & 2 != 0 {
        skip(&mut rest, 2)?;
    }
    inflate(rest, most)
}

struct Bits<'b> {
    bytes: &'b [u8],
    at: usize,
    held: u32,
    count: u32,
}

impl Bits<'_> {
    fn take(&mut self, count: u32) -> Result<u32, InflateError> {
        while self.count < count {
            let byte = self.bytes.get(self.at).ok_or(InflateError::Broken)?;
            self.at += 1;
            self.held |= u32::from(*byte) << self.count;
            self.count += 8;
        }
        let value = self.held & ((1 << count) - 1);
        self.held >>= count;
        self.count -= count;
        Ok(value)
    }

    /// The next symbol of a canonical Huffman code.
    fn symbol(&mut self, code: &Code) -> Result<u16, InflateError> {
        let (mut value, mut first, mut index) = (0_u32, 0_u32, 0_usize);
        for count in &code.counts {
            value |= self.take(1)?;
            let count = u32::from(*count);
            if value < first + count {
                let at = index + (value - first) as usize;
                return code.symbols.get(at).copied().ok_or(InflateError::Broken);
            }
            index += count as usize;
            first = (first + count) << 1;
            value <<= 1;
        }
        Err(InflateError::Broken)
    }
}

/// A Huffman code: how many symbols have each length from 1 to 15, and the symbols in order.
struct Code {
    counts: [u16; 15],
    symbols: Vec<u16>,
}

impl Code {
    fn of(lengths: &[u8]) -> Self {
        let mut counts = [0; 15];
        for &length in lengths.iter().filter(|&&length| length > 0) {
            if let Some(count) = counts.get_mut(usize::from(length) - 1) {
                *count += 1;
            }
        }
        let mut symbols = Vec::new();
        for wanted in 1..=15 {
            for (symbol, _) in lengths.iter().enumerate().filter(|(_, length)| **length == wanted) {
                symbols.push(symbol as u16);
            }
        }
        Self { counts, symbols }
    }
}

/// Base and extra bits of the length symbols 257 to 285 and of the distance symbols.
const LENGTHS: [(u16, u8); 29] = [
    (3, 0),
    (4, 0),
    (5, 0),
    (6, 0),
    (7, 0),
    (8, 0),
    (9, 0),
    (10, 0),
    (11, 1),
    (13, 1),
    (15, 1),
    (17, 1),
    (19, 2),
    (23, 2),
    (27, 2),
    (31, 2),
    (35, 3),
    (43, 3),
    (51, 3),
    (59, 3),
    (67, 4),
    (83, 4),
    (99, 4),
    (115, 4),
    (131, 5),
    (163, 5),
    (195, 5),
    (227, 5),
    (258, 0),
];
const DISTANCES: [(u16, u8); 30] = [
    (1, 0),
    (2, 0),
    (3, 0),
    (4, 0),
    (5, 1),
    (7, 1),
    (9, 2),
    (13, 2),
    (17, 3),
    (25, 3),
    (33, 4),
    (49, 4),
    (65, 5),
    (97, 5),
    (129, 6),
    (193, 6),
    (257, 7),
    (385, 7),
    (513, 8),
    (769, 8),
    (1025, 9),
    (1537, 9),
    (2049, 10),
    (3073, 10),
    (4097, 11),
    (6145, 11),
    (8193, 12),
    (12289, 12),
    (16385, 13),
    (24577, 13),
];
/// The order in which the lengths of the code-length code are stored.
const ORDER: [usize; 19] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

fn inflate(bytes: &[u8], most: usize) -> Result<Vec<u8>, InflateError> {
    let mut bits = Bits { bytes, at: 0, held: 0, count: 0 };
    let mut out = Vec::new();
    loop {
        let last = bits.take(1)? == 1;
        match bits.take(2)? {
            0 => stored(&mut bits, &mut out, most)?,
            1 => {
                let mut lengths = [8_u8; 288];
                lengths[144..256].fill(9);
                lengths[256..280].fill(7);
                block(&mut bits, &Code::of(&lengths), &Code::of(&[5; 30]), &mut out, most)?;
            }
            2 => {
                let (literals, distances) = codes(&mut bits)?;
                block(&mut bits, &literals, &distances, &mut out, most)?;
            }
            _ => return Err(InflateError::Broken),
        }
        if last {
            return Ok(out);
        }
    }
}

fn stored(bits: &mut Bits<'_>, out: &mut Vec<u8>, most: usize) -> Result<(), InflateError> {
    bits.held = 0;
    bits.count = 0;
    let header = bits.bytes.get(bits.at..bits.at + 4).ok_or(InflateError::Broken)?;
    let &[low, high, ..] = header else { return Err(InflateError::Broken) };
    let length = usize::from(low) | usize::from(high) << 8;
    bits.at += 4;
    let data = bits.bytes.get(bits.at..bits.at + length).ok_or(InflateError::Broken)?;
    bits.at += length;
    if out.len() + length > most {
        return Err(InflateError::TooLarge);
    }
    out.extend_from_slice(data);
    Ok(())
}

fn codes(bits: &mut Bits<'_>) -> Result<(Code, Code), InflateError> {
    let literals = bits.take(5)? as usize + 257;
    let distances = bits.take(5)? as usize + 1;
    let stored = bits.take(4)? as usize + 4;
    let mut lengths = [0_u8; 19];
    for &at in ORDER.iter().take(stored) {
        lengths[at] = bits.take(3)? as u8;
    }
    let code = Code::of(&lengths);
    let mut lengths: Vec<u8> = Vec::with_capacity(literals + distances);
    while lengths.len() < literals + distances {
        let (value, times) = match bits.symbol(&code)? {
            16 => (*lengths.last().ok_or(InflateError::Broken)?, 3 + bits.take(2)?),
            17 => (0, 3 + bits.take(3)?),
            18 => (0, 11 + bits.take(7)?),
            length => (length as u8, 1),
        };
        lengths.extend(std::iter::repeat_n(value, times as usize));
    }
    let (first, second) = lengths.split_at_checked(literals).ok_or(InflateError::Broken)?;
    Ok((Code::of(first), Code::of(second)))
}

fn block(
    bits: &mut Bits<'_>,
    literals: &Code,
    distances: &Code,
    out: &mut Vec<u8>,
    most: usize,
) -> Result<(), InflateError> {
    loop {
        let symbol = usize::from(bits.symbol(literals)?);
        match symbol {
            0..256 => out.push(symbol as u8),
            256 => return Ok(()),
            _ => {
                let &(base, extra) = LENGTHS.get(symbol - 257).ok_or(InflateError::Broken)?;
                let length = usize::from(base) + bits.take(u32::from(extra))? as usize;
                let symbol = usize::from(bits.symbol(distances)?);
                let &(base, extra) = DISTANCES.get(symbol).ok_or(InflateError::Broken)?;
                let distance = usize::from(base) + bits.take(u32::from(extra))? as usize;
                let start = out.len().checked_sub(distance).ok_or(InflateError::Broken)?;
                for at in start..start + length {
                    let byte = out.get(at).copied().ok_or(InflateError::Broken)?;
                    out.push(byte);
                }
            }
        }
        if out.len() > most {
            return Err(InflateError::TooLarge);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `printf 'hello hello hello hello\n' | gzip -n9`
    const HELLO: [u8; 29] = [
        0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 3, 0xcb, 0x48, 0xcd, 0xc9, 0xc9, 0x57, 0xc8, 0x40, 0x27, 0xb9, 0, 0,
        0x88, 0x59, 0x0b, 0x18, 0, 0, 0,
    ];

    #[test]
    fn a_small_file_is_unpacked_and_a_bound_kept() {
        assert_eq!(gunzip(&HELLO, 100).unwrap(), b"hello hello hello hello\n");
        assert_eq!(gunzip(&HELLO, 10), Err(InflateError::TooLarge));
        assert_eq!(gunzip(&HELLO[..15], 100), Err(InflateError::Broken));
        assert_eq!(gunzip(b"PK", 100), Err(InflateError::Broken));
    }
}
