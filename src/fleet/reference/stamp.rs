//! Dates and times as they stand in paths: `20240501`, `2024-05-01T12:00:00Z`, epoch seconds.

/// A cursor over ASCII bytes; every step either advances or leaves it where it was.
#[derive(Clone, Copy)]
struct Cursor<'a> {
    rest: &'a [u8],
}

impl Cursor<'_> {
    fn one_of(&mut self, set: &[u8]) -> bool {
        match self.rest {
            [first, rest @ ..] if set.contains(first) => {
                self.rest = rest;
                true
            }
            _ => false,
        }
    }

    /// Two digits within `range`.
    fn pair(&mut self, range: std::ops::RangeInclusive<u8>) -> bool {
        match self.rest {
            [a @ b'0'..=b'9', b @ b'0'..=b'9', rest @ ..]
                if range.contains(&((a - b'0') * 10 + (b - b'0'))) =>
            {
                self.rest = rest;
                true
            }
            _ => false,
        }
    }

    fn digits(&mut self) -> usize {
        let count = self.rest.iter().take_while(|b| b.is_ascii_digit()).count();
        self.rest = self.rest.get(count..).unwrap_or_default();
        count
    }

    fn is_done(&self) -> bool {
        self.rest.is_empty()
    }
}

/// Whether the whole text is a date, a date with a time, or an epoch of 2017 to 2033 in seconds or
/// milliseconds.
pub(super) fn is_stamp(text: &str) -> bool {
    is_date_time(text) || is_epoch(text)
}

fn is_date_time(text: &str) -> bool {
    let mut cursor = Cursor { rest: text.as_bytes() };
    if !cursor.pair(19..=20) || !cursor.pair(0..=99) {
        return false;
    }
    cursor.one_of(b"-_.");
    if !cursor.pair(1..=12) {
        return false;
    }
    cursor.one_of(b"-_.");
    if !cursor.pair(1..=31) {
        return false;
    }
    cursor.is_done() || is_time(cursor)
}

fn is_time(mut cursor: Cursor<'_>) -> bool {
    let separated = cursor.one_of(b"Tt_-");
    if !cursor.pair(0..=23) {
        return false;
    }
    cursor.one_of(b"-:_");
    if !cursor.pair(0..=59) {
        // `2024-05-01-12`, a folder an hour; without the separator it is just a number.
        return separated && cursor.is_done();
    }
    cursor.one_of(b"-:_");
    if cursor.pair(0..=60) {
        let before = cursor;
        // A fraction, or the milliseconds of a training job's name; else it is a zone.
        if !cursor.one_of(b".-") || !(3..=9).contains(&cursor.digits()) {
            cursor = before;
        }
    }
    cursor.is_done() || is_zone(cursor)
}

fn is_zone(mut cursor: Cursor<'_>) -> bool {
    if cursor.one_of(b"Zz") {
        return cursor.is_done();
    }
    let hours = cursor.one_of(b"+-") && cursor.pair(0..=14);
    cursor.one_of(b":");
    hours && cursor.pair(0..=59) && cursor.is_done()
}

fn is_epoch(text: &str) -> bool {
    matches!(text.len(), 10 | 13)
        && text.bytes().all(|b| b.is_ascii_digit())
        && matches!(text.as_bytes(), [b'1', b'5'..=b'9', ..])
}

/// A year and a month, or an ISO week: `2024-05`, `2024-W18`.
pub(super) fn is_month_or_week(text: &str) -> bool {
    let mut cursor = Cursor { rest: text.as_bytes() };
    if !cursor.pair(19..=20) || !cursor.pair(0..=99) {
        return false;
    }
    let separated = cursor.one_of(b"-_");
    let fits = if cursor.one_of(b"Ww") { cursor.pair(1..=53) } else { separated && cursor.pair(1..=12) };
    fits && cursor.is_done()
}

/// Whether three segments are a year, a month and a day.
pub(super) fn is_date_folder(year: &str, month: &str, day: &str) -> bool {
    let pair = |text: &str, range| {
        let mut cursor = Cursor { rest: text.as_bytes() };
        cursor.pair(range) && cursor.is_done()
    };
    let century = matches!(year.as_bytes(), [b'1', b'9', _, _] | [b'2', b'0', _, _]);
    century && year.bytes().all(|b| b.is_ascii_digit()) && pair(month, 1..=12) && pair(day, 1..=31)
}
