//! Times and durations, as people say them.

use std::time::Duration;

/// `2026-11-18`, in UTC.
#[must_use]
pub fn day(time: jiff::Timestamp) -> String {
    time.strftime("%Y-%m-%d").to_string()
}

/// `2026-11-22 09:14 UTC`; seconds are rounded up, so that the minute named is not too early.
#[must_use]
pub fn minute(time: jiff::Timestamp) -> String {
    let second = time.as_second();
    let up = second.saturating_add((60 - second.rem_euclid(60)) % 60);
    jiff::Timestamp::from_second(up).unwrap_or(time).strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// `20 h 48 min`, `3 d 4 h`: the two largest units, days from 48 hours on.
#[must_use]
pub fn duration(of: Duration) -> String {
    spelled(of, " ", ["d", "h", "min", "s"])
}

/// `20h 48m`, `3d 4h`.
#[must_use]
pub fn short_duration(of: Duration) -> String {
    spelled(of, "", ["d", "h", "m", "s"])
}

fn spelled(of: Duration, space: &str, [d, h, min, s]: [&str; 4]) -> String {
    let seconds = of.as_secs();
    let (minutes, hours) = (seconds / 60, seconds / 3600);
    let two = |large: u64, one: &str, small: u64, other: &str| match small {
        0 => format!("{large}{space}{one}"),
        _ => format!("{large}{space}{one} {small}{space}{other}"),
    };
    match () {
        () if hours >= 48 => two(hours / 24, d, hours % 24, h),
        () if hours > 0 => two(hours, h, minutes % 60, min),
        () if minutes > 0 => format!("{minutes}{space}{min}"),
        () => format!("{seconds}{space}{s}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_said_in_two_units() {
        for (seconds, long, short) in [
            (0, "0 s", "0s"),
            (59, "59 s", "59s"),
            (3_600, "1 h", "1h"),
            (86_400, "24 h", "24h"),
            (20 * 3_600 + 48 * 60, "20 h 48 min", "20h 48m"),
            (76 * 3_600, "3 d 4 h", "3d 4h"),
        ] {
            let of = Duration::from_secs(seconds);
            assert_eq!((duration(of), short_duration(of)), (long.to_owned(), short.to_owned()));
        }
    }

    #[test]
    fn a_minute_is_not_named_before_it_is_over() {
        let at = |text: &str| minute(text.parse().unwrap());
        assert_eq!(at("2026-11-22T09:13:01Z"), "2026-11-22 09:14 UTC");
        assert_eq!(at("2026-11-22T09:14:00Z"), "2026-11-22 09:14 UTC");
    }
}
