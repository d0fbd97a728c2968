//! Dates of the command line.

use jiff::civil::Date;
use jiff::tz::TimeZone;

/// `2026-11-18` is the end of that day in UTC; a time of day ends in `Z` or an offset.
pub(super) fn parse(text: &str) -> Result<jiff::Timestamp, String> {
    let form = || "write 2026-11-18, or 2026-11-18T09:00Z".to_owned();
    if let Ok(date) = text.parse::<Date>()
        && text.len() == 10
    {
        let end = date.at(23, 59, 59, 0).to_zoned(TimeZone::UTC);
        return end.map(|end| end.timestamp()).map_err(|_| form());
    }
    text.parse().map_err(|_| form())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_its_end() {
        for (text, expected) in [
            ("2026-11-18", Some("2026-11-18T23:59:59Z")),
            ("2026-11-18T09:00Z", Some("2026-11-18T09:00:00Z")),
            ("2026-11-18T09:00+01:00", Some("2026-11-18T08:00:00Z")),
            ("2026-11-31", None),
            ("yesterday", None),
        ] {
            assert_eq!(parse(text).ok().map(|time| time.to_string()).as_deref(), expected, "{text}");
        }
    }
}
