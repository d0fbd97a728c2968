//! Deltas of Git's packs: an object as pieces of another one (gitformat-pack, "Deltified
//! representation").

/// Writes the object that a delta makes of its base; `None` where the delta is broken or makes more
/// than `most` bytes.
pub(super) fn apply(base: &[u8], delta: &[u8], most: usize, made: &mut Vec<u8>) -> Option<()> {
    let mut delta = Commands(delta);
    let of_base = delta.size()?;
    let length = delta.size()?;
    if of_base != base.len() || length > most {
        return None;
    }
    made.clear();
    made.reserve(length);
    while let Some(command) = delta.byte() {
        let piece = if command & 0x80 != 0 {
            let from = delta.number(command, 0..4)?;
            let count = match delta.number(command, 4..7)? {
                0 => 0x1_0000,
                count => count,
            };
            base.get(from..from.checked_add(count)?)?
        } else {
            // Git reserves the command 0.
            delta.take(usize::from(command)).filter(|fresh| !fresh.is_empty())?
        };
        if piece.len() > length - made.len() {
            return None;
        }
        made.extend_from_slice(piece);
    }
    (made.len() == length).then_some(())
}

/// What is left of a delta.
struct Commands<'d>(&'d [u8]);

impl<'d> Commands<'d> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn take(&mut self, count: usize) -> Option<&'d [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    /// A number in groups of seven bits, the lowest first.
    fn size(&mut self) -> Option<usize> {
        let mut size = 0usize;
        for shift in (0..usize::BITS).step_by(7) {
            let byte = self.byte()?;
            size |= usize::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(size);
            }
        }
        None
    }

    /// A number of which only those bytes stand here whose bit is set in the command.
    fn number(&mut self, command: u8, bits: std::ops::Range<u32>) -> Option<usize> {
        let mut number = 0;
        for (place, bit) in bits.enumerate() {
            if (command >> bit) & 1 == 1 {
                number |= usize::from(self.byte()?) << (8 * place);
            }
        }
        Some(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: &[u8] = b"the tree of a folder";

    #[test]
    fn pieces_of_the_base_and_fresh_bytes() {
        let made = |delta: &[u8]| {
            let mut made = b"what was there".to_vec();
            apply(BASE, delta, 100, &mut made)?;
            String::from_utf8(made).ok()
        };
        // Eight bytes from 0, then three fresh ones.
        assert_eq!(made(&[20, 11, 0x90, 8, 3, b'x', b'y', b'z']).unwrap(), "the treexyz");
        // Six bytes from 14.
        assert_eq!(made(&[20, 6, 0x91, 14, 6]).unwrap(), "folder");
        assert_eq!(made(&[20, 0]).unwrap(), "");
    }

    #[test]
    fn what_is_broken_is_none() {
        let table: &[(&str, &[u8])] = &[
            ("nothing", &[]),
            ("another base", &[21, 3, 0x90, 3]),
            ("beyond the base", &[20, 9, 0x91, 14, 9]),
            ("more than it says", &[20, 3, 0x90, 8]),
            ("less than it says", &[20, 9, 0x90, 8]),
            ("more than is read", &[20, 0xff, 0xff, 0x03, 0x90, 8]),
            ("the reserved command", &[20, 1, 0]),
            ("cut off", &[20, 8, 0x90]),
            ("cut off among fresh bytes", &[20, 3, 3, b'x']),
            ("a size without end", &[0xff; 20]),
        ];
        for (what, delta) in table {
            assert_eq!(apply(BASE, delta, 100, &mut Vec::new()), None, "{what}");
        }
    }
}
