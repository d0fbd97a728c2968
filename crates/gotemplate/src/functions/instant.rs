//! Go's `time.Time` of a known instant: read and printed by Go's layouts. The local zone is UTC.

/// A point in time, and the zone it is shown in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Instant {
    /// Seconds since 1970 in UTC.
    pub(super) seconds: i64,
    /// Beyond the seconds.
    pub(super) nanos: u32,
    /// Seconds east of UTC.
    pub(super) offset: i64,
}

/// What its zone shows.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Civil {
    pub(super) year: i64,
    pub(super) month: i64,
    pub(super) day: i64,
    pub(super) hour: i64,
    pub(super) minute: i64,
    pub(super) second: i64,
}

/// Why a text is no date of a layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unread {
    /// Go refuses it, too.
    Wrong,
    /// It names a zone, and where that is only the machine knows.
    Zone,
}

/// How Go prints a time that no layout is given for.
pub(super) const STRING: &str = "2006-01-02 15:04:05.999999999 -0700 MST";
/// How it prints one in JSON.
pub(super) const JSON: &str = "2006-01-02T15:04:05.999999999Z07:00";
const DAY: i64 = 86_400;
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const WEEKDAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
/// What a layout is made of; of two that fit, the first (Go `time`, `nextStdChunk`).
const CHUNKS: [&str; 36] = [
    "January",
    "Jan",
    "Monday",
    "Mon",
    "MST",
    "002",
    "01",
    "02",
    "03",
    "04",
    "05",
    "06",
    "2006",
    "15",
    "_2",
    "1",
    "2",
    "3",
    "4",
    "5",
    "PM",
    "pm",
    "-07:00:00",
    "-07:00",
    "-070000",
    "-0700",
    "-07",
    "Z07:00:00",
    "Z07:00",
    "Z070000",
    "Z0700",
    "Z07",
    ".0",
    ",0",
    ".9",
    ",9",
];

/// Days since 1970 of a day of the Gregorian calendar.
fn days_of(year: i64, month: i64, day: i64) -> i64 {
    let shifted = if month > 2 { year } else { year - 1 };
    let era = shifted.div_euclid(400);
    let of_era = shifted.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

impl Instant {
    /// Go's zero time: the first of January of the year one.
    pub(super) const ZERO: Self = Self { seconds: -62_135_596_800, nanos: 0, offset: 0 };

    pub(super) fn of_civil(civil: Civil, nanos: u32, offset: i64) -> Self {
        // What lies outside a year's months is carried over, as `time.Date` does.
        let months = civil.year * 12 + civil.month - 1;
        let days = days_of(months.div_euclid(12), months.rem_euclid(12) + 1, 1) + civil.day - 1;
        let seconds = days * DAY + civil.hour * 3600 + civil.minute * 60 + civil.second - offset;
        Self { seconds, nanos, offset }
    }

    pub(super) fn civil(self) -> Civil {
        let local = self.seconds.saturating_add(self.offset);
        let (days, rest) = (local.div_euclid(DAY) + 719_468, local.rem_euclid(DAY));
        let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
        let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted = (5 * of_year + 2) / 153;
        let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
        Civil {
            year: year_of_era + era * 400 + i64::from(month <= 2),
            month,
            day: of_year - (153 * shifted + 2) / 5 + 1,
            hour: rest / 3600,
            minute: rest / 60 % 60,
            second: rest % 60,
        }
    }

    pub(super) fn year_day(self) -> i64 {
        let Civil { year, month, day, .. } = self.civil();
        days_of(year, month, day) - days_of(year, 1, 1) + 1
    }

    /// `Time.Format`.
    pub(super) fn format(self, layout: &str) -> String {
        let civil = self.civil();
        let month = usize::try_from(civil.month - 1).ok().and_then(|at| MONTHS.get(at)).unwrap_or(&"");
        let weekday = (self.seconds.saturating_add(self.offset).div_euclid(DAY) + 4).rem_euclid(7);
        let weekday = usize::try_from(weekday).ok().and_then(|at| WEEKDAYS.get(at)).unwrap_or(&"");
        let half = if civil.hour % 12 == 0 { 12 } else { civil.hour % 12 };
        let mut out = String::new();
        let mut rest = layout;
        while !rest.is_empty() {
            let (before, chunk, after) = next(rest);
            out.push_str(before);
            rest = after;
            let piece = match chunk {
                "January" => (*month).to_owned(),
                "Jan" => month.chars().take(3).collect(),
                "Monday" => (*weekday).to_owned(),
                "Mon" => weekday.chars().take(3).collect(),
                "MST" if self.offset == 0 => "UTC".to_owned(),
                "MST" => zone(self.offset, "-0700"),
                "002" => format!("{:03}", self.year_day()),
                "2006" => format!("{:04}", civil.year),
                "06" => format!("{:02}", civil.year.rem_euclid(100)),
                "01" => format!("{:02}", civil.month),
                "1" => civil.month.to_string(),
                "02" => format!("{:02}", civil.day),
                "_2" => format!("{:2}", civil.day),
                "2" => civil.day.to_string(),
                "15" => format!("{:02}", civil.hour),
                "03" => format!("{half:02}"),
                "3" => half.to_string(),
                "04" => format!("{:02}", civil.minute),
                "4" => civil.minute.to_string(),
                "05" => format!("{:02}", civil.second),
                "5" => civil.second.to_string(),
                "PM" => if civil.hour >= 12 { "PM" } else { "AM" }.to_owned(),
                "pm" => if civil.hour >= 12 { "pm" } else { "am" }.to_owned(),
                chunk if chunk.starts_with(['.', ',']) => fraction(self.nanos, chunk),
                chunk if chunk.starts_with('Z') && self.offset == 0 => "Z".to_owned(),
                chunk => zone(self.offset, chunk),
            };
            out.push_str(&piece);
        }
        out
    }

    /// `time.Parse`, the local zone being UTC.
    pub(super) fn parse(layout: &str, text: &str) -> Result<Self, Unread> {
        let mut read = Civil { year: 0, month: 1, day: 1, ..Civil::default() };
        let (mut nanos, mut offset, mut afternoon, mut year_day) = (0, 0, None, None);
        let (mut left, mut rest) = (text, layout);
        while !rest.is_empty() {
            let (before, chunk, after) = next(rest);
            left = left.strip_prefix(before).ok_or(Unread::Wrong)?;
            rest = after;
            match chunk {
                "" => {}
                "January" | "Jan" => read.month = named(&mut left, &MONTHS, chunk == "Jan")?,
                "Monday" | "Mon" => {
                    named(&mut left, &WEEKDAYS, chunk == "Mon")?;
                }
                "2006" => read.year = number(&mut left, 4, 4)?,
                "06" => {
                    let short = number(&mut left, 2, 2)?;
                    read.year = short + if short >= 69 { 1900 } else { 2000 };
                }
                "002" => year_day = Some(number(&mut left, 3, 3)?),
                "01" => read.month = number(&mut left, 2, 2)?,
                "1" => read.month = number(&mut left, 1, 2)?,
                "02" => read.day = number(&mut left, 2, 2)?,
                "_2" | "2" => {
                    left = left.strip_prefix(' ').filter(|_| chunk == "_2").unwrap_or(left);
                    read.day = number(&mut left, 1, 2)?;
                }
                "15" => read.hour = within(number(&mut left, 1, 2)?, 23)?,
                "03" => read.hour = within(number(&mut left, 2, 2)?, 12)?,
                "3" => read.hour = within(number(&mut left, 1, 2)?, 12)?,
                "04" => read.minute = within(number(&mut left, 2, 2)?, 59)?,
                "4" => read.minute = within(number(&mut left, 1, 2)?, 59)?,
                "05" | "5" => {
                    let least = if chunk == "05" { 2 } else { 1 };
                    read.second = within(number(&mut left, least, 2)?, 59)?;
                    // A fraction may follow that no layout names.
                    if !next(rest).1.starts_with(['.', ',']) && digits_after_point(left) > 0 {
                        let digits = digits_after_point(left);
                        nanos = read_fraction(&mut left, digits)?;
                    }
                }
                "PM" | "pm" => {
                    let upper = chunk == "PM";
                    let (am, pm) = if upper { ("AM", "PM") } else { ("am", "pm") };
                    afternoon = Some(left.starts_with(pm));
                    left = left.strip_prefix(pm).or_else(|| left.strip_prefix(am)).ok_or(Unread::Wrong)?;
                }
                "MST" => left = left.strip_prefix("UTC").ok_or(Unread::Zone)?,
                chunk if chunk.starts_with(['.', ',']) => {
                    let wanted = chunk.len() - 1;
                    match chunk.contains('9') {
                        true if digits_after_point(left) == 0 => {}
                        true => {
                            let digits = digits_after_point(left);
                            nanos = read_fraction(&mut left, digits)?;
                        }
                        false => nanos = read_fraction(&mut left, wanted)?,
                    }
                }
                chunk if chunk.starts_with('Z') && left.starts_with('Z') => left = &left[1..],
                chunk => offset = read_zone(&mut left, chunk)?,
            }
        }
        if !left.is_empty() || !(1..=12).contains(&read.month) {
            return Err(Unread::Wrong);
        }
        match afternoon {
            Some(true) if read.hour < 12 => read.hour += 12,
            Some(false) if read.hour == 12 => read.hour = 0,
            _ => {}
        }
        if let Some(day) = year_day {
            // Of a day of the year and one of a month, Go wants both to agree.
            let year = 365 + i64::from(days_in(read.year, 2) == 29);
            if !(1..=year).contains(&day) {
                return Err(Unread::Wrong);
            }
            (read.month, read.day) = (1, day);
        } else if !(1..=days_in(read.year, read.month)).contains(&read.day) {
            return Err(Unread::Wrong);
        }
        Ok(Self::of_civil(read, nanos, offset))
    }
}

/// What stands before the next chunk of a layout, the chunk, and what is left.
fn next(layout: &str) -> (&str, &str, &str) {
    for (at, _) in layout.char_indices() {
        let (before, rest) = layout.split_at(at);
        let Some(chunk) = CHUNKS.iter().find(|chunk| rest.starts_with(**chunk)) else { continue };
        // `January` is no `Jan` in the midst of a word, and `_2006` no `_2`.
        if *chunk == "Jan"
            && rest.get(3..).is_some_and(|after| after.starts_with(|c: char| c.is_ascii_lowercase()))
        {
            continue;
        }
        if *chunk == "Mon"
            && rest.get(3..).is_some_and(|after| after.starts_with(|c: char| c.is_ascii_lowercase()))
        {
            continue;
        }
        if *chunk == "_2" && rest.starts_with("_2006") {
            continue;
        }
        let mut length = chunk.len();
        if let Some(digit) = chunk.strip_prefix(['.', ',']) {
            let zeros = rest.get(1..).unwrap_or("");
            let run = zeros.len() - zeros.trim_start_matches(digit).len();
            if zeros.get(run..).is_some_and(|after| after.starts_with(|c: char| c.is_ascii_digit())) {
                continue;
            }
            length = 1 + run;
        }
        let (chunk, after) = rest.split_at(length);
        return (before, chunk, after);
    }
    (layout, "", "")
}

fn zone(offset: i64, chunk: &str) -> String {
    let sign = if offset < 0 { '-' } else { '+' };
    let all = offset.abs();
    let colon = if chunk.contains(':') { ":" } else { "" };
    let mut out = format!("{sign}{:02}", all / 3600);
    let digits = chunk.bytes().filter(u8::is_ascii_digit).count();
    if digits >= 4 {
        out.push_str(&format!("{colon}{:02}", all / 60 % 60));
    }
    if digits >= 6 {
        out.push_str(&format!("{colon}{:02}", all % 60));
    }
    out
}

fn fraction(nanos: u32, chunk: &str) -> String {
    let all = format!("{nanos:09}");
    let (point, wanted) = chunk.split_at(1);
    let shown = all.get(..wanted.len()).unwrap_or(&all);
    let shown = if wanted.starts_with('9') { shown.trim_end_matches('0') } else { shown };
    if shown.is_empty() { String::new() } else { format!("{point}{shown}") }
}

fn number(left: &mut &str, least: usize, most: usize) -> Result<i64, Unread> {
    let digits = left.bytes().take(most).take_while(u8::is_ascii_digit).count();
    if digits < least {
        return Err(Unread::Wrong);
    }
    let (read, rest) = left.split_at(digits);
    *left = rest;
    read.parse().map_err(|_| Unread::Wrong)
}

fn within(number: i64, most: i64) -> Result<i64, Unread> {
    if number <= most { Ok(number) } else { Err(Unread::Wrong) }
}

fn named(left: &mut &str, names: &[&str], short: bool) -> Result<i64, Unread> {
    for (number, name) in (1..).zip(names) {
        let length = if short { 3 } else { name.len() };
        let fits = left.get(..length).zip(name.get(..length));
        if fits.is_some_and(|(read, name)| read.eq_ignore_ascii_case(name)) {
            *left = left.get(length..).unwrap_or("");
            return Ok(number);
        }
    }
    Err(Unread::Wrong)
}

fn digits_after_point(left: &str) -> usize {
    let Some(rest) = left.strip_prefix(['.', ',']) else { return 0 };
    rest.bytes().take_while(u8::is_ascii_digit).count()
}

fn read_fraction(left: &mut &str, digits: usize) -> Result<u32, Unread> {
    if digits_after_point(left) < digits {
        return Err(Unread::Wrong);
    }
    let (read, rest) = left.split_at(digits + 1);
    *left = rest;
    let nine: String = read.chars().skip(1).chain("000000000".chars()).take(9).collect();
    nine.parse().map_err(|_| Unread::Wrong)
}

fn read_zone(left: &mut &str, chunk: &str) -> Result<i64, Unread> {
    let sign = match left.bytes().next() {
        Some(b'+') => 1,
        Some(b'-') => -1,
        _ => return Err(Unread::Wrong),
    };
    *left = left.get(1..).unwrap_or("");
    let mut seconds = 0;
    let parts = chunk.bytes().filter(u8::is_ascii_digit).count() / 2;
    for (at, size) in [3600, 60, 1].into_iter().take(parts).enumerate() {
        if at > 0 && chunk.contains(':') {
            *left = left.strip_prefix(':').ok_or(Unread::Wrong)?;
        }
        seconds += size * within(number(left, 2, 2)?, if at == 0 { 24 } else { 60 })?;
    }
    Ok(sign * seconds)
}
