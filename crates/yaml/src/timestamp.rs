//! The time stamps go-yaml finds in plain scalars: the four formats it hands to `time.Parse`.

/// Whether go-yaml takes the text for a time stamp: `2006-1-2`, that and a time after `T` or `t`
/// with a zone, or after spaces without one. Measured; the leniency (one digit, a comma before the
/// fraction, an offset of 24:60) is Go's.
pub(crate) fn is_timestamp(text: &str) -> bool {
    Timestamp::read(text).is_some()
}

/// A time stamp as Go prints it in RFC 3339, which is what Kustomize makes of one that is not
/// quoted (kyaml v0.21, `RNode.MarshalJSON`): `2001-01-01` becomes `2001-01-01T00:00:00Z`. `None`
/// for text that is no time stamp, see [`Resolved::Timestamp`](crate::Resolved::Timestamp).
#[must_use]
pub fn go_time(text: &str) -> Option<String> {
    Timestamp::read(text).map(|time| time.print())
}

#[derive(Default)]
struct Timestamp<'t> {
    date: (u16, u8, u8),
    clock: (u8, u8, u8),
    /// The digits behind the point, as written.
    fraction: &'t str,
    /// Minutes east of Greenwich.
    offset: i32,
}

impl<'t> Timestamp<'t> {
    fn read(text: &'t str) -> Option<Self> {
        // Most plain scalars end here: five bytes are looked at.
        if text.as_bytes().get(4) != Some(&b'-') || !text.bytes().take(4).all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let mut reader = Reader { text, at: 4 };
        let year = text.get(..4)?.parse().ok()?;
        let (month, day) = reader.date()?;
        if !(1..=12).contains(&month) || !(1..=days_in(year, month)).contains(&day) {
            return None;
        }
        let mut time = Self { date: (year, month, day), ..Self::default() };
        match reader.peek() {
            None => return Some(time),
            Some(b'T' | b't') => {
                reader.at += 1;
                (time.clock, time.fraction) = reader.clock()?;
                time.offset = reader.zone()?;
            }
            Some(b' ') => {
                while reader.peek() == Some(b' ') {
                    reader.at += 1;
                }
                (time.clock, time.fraction) = reader.clock()?;
            }
            Some(_) => return None,
        }
        reader.peek().is_none().then_some(time)
    }

    fn print(&self) -> String {
        let ((year, month, day), (hour, minute, second)) = (self.date, self.clock);
        let nanoseconds = self.fraction.get(..9).unwrap_or(self.fraction).trim_end_matches('0');
        let point = if nanoseconds.is_empty() { "" } else { "." };
        let offset = match self.offset {
            0 => "Z".to_owned(),
            minutes => {
                let sign = if minutes < 0 { '-' } else { '+' };
                format!("{sign}{:02}:{:02}", minutes.abs() / 60, minutes.abs() % 60)
            }
        };
        format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{point}{nanoseconds}{offset}")
    }
}

fn days_in(year: u16, month: u8) -> u8 {
    match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Reader<'t> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        self.peek().filter(|&next| next == byte)?;
        self.at += 1;
        Some(())
    }

    fn digit(&mut self) -> Option<u8> {
        let digit = self.peek().filter(u8::is_ascii_digit)?;
        self.at += 1;
        Some(digit - b'0')
    }

    /// One or two digits.
    fn short(&mut self) -> Option<u8> {
        let first = self.digit()?;
        Some(self.digit().map_or(first, |second| first * 10 + second))
    }

    /// Exactly two digits.
    fn pair(&mut self) -> Option<u8> {
        let first = self.digit()?;
        Some(first * 10 + self.digit()?)
    }

    /// Month and day, each behind a dash.
    fn date(&mut self) -> Option<(u8, u8)> {
        self.expect(b'-')?;
        let month = self.short()?;
        self.expect(b'-')?;
        Some((month, self.short()?))
    }

    /// Hours, minutes, seconds, and the digits of a fraction after a point or a comma.
    fn clock(&mut self) -> Option<((u8, u8, u8), &'t str)> {
        let hour = self.short().filter(|&hour| hour < 24)?;
        self.expect(b':')?;
        let minute = self.short().filter(|&minute| minute < 60)?;
        self.expect(b':')?;
        let second = self.short().filter(|&second| second < 60)?;
        let mut fraction = "";
        if let Some([b'.' | b',', b'0'..=b'9']) = self.text.as_bytes().get(self.at..self.at + 2) {
            self.at += 1;
            let start = self.at;
            while self.digit().is_some() {}
            fraction = self.text.get(start..self.at)?;
        }
        Some(((hour, minute, second), fraction))
    }

    /// `Z`, or an offset in minutes.
    fn zone(&mut self) -> Option<i32> {
        if self.expect(b'Z').is_some() {
            return Some(0);
        }
        let sign = if self.expect(b'+').is_some() { 1 } else { self.expect(b'-').map(|()| -1)? };
        let hours = self.pair().filter(|&hours| hours <= 24)?;
        self.expect(b':')?;
        let minutes = self.pair().filter(|&minutes| minutes <= 60)?;
        Some(sign * (i32::from(hours) * 60 + i32::from(minutes)))
    }
}
