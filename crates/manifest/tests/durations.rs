//! What Go 1.26 `time.ParseDuration` makes of a text, printed by it; and what people read and write.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use mlgitops_manifest::duration::{Duration, DurationError};

#[test]
fn go_durations() {
    assert!(GO.len() > 100);
    for (text, nanos) in GO {
        assert_eq!(Duration::parse_go(text).ok().map(|read| read.0), *nanos, "{text:?}");
    }
}

#[test]
fn config_durations() {
    for (text, seconds) in [
        ("24h", 86_400),
        ("3d", 259_200),
        ("180s", 180),
        ("1w", 604_800),
        ("1d12h", 129_600),
        ("1.5d", 129_600),
        ("10m", 600),
        ("0", 0),
        ("0s", 0),
    ] {
        assert_eq!(Duration::parse_config(text), Ok(Duration::from_secs(seconds)), "{text}");
    }
    for (text, error) in [
        ("", DurationError::Number),
        ("h", DurationError::Number),
        (" 1h", DurationError::Number),
        ("600", DurationError::NoUnit),
        ("1h30", DurationError::NoUnit),
        ("3 d", DurationError::Unit("ms s m h d w")),
        ("3days", DurationError::Unit("ms s m h d w")),
        ("3D", DurationError::Unit("ms s m h d w")),
        ("-3d", DurationError::Negative),
        ("-0", DurationError::Negative),
        ("200000d", DurationError::TooLarge),
        ("15251w", DurationError::TooLarge),
    ] {
        assert_eq!(Duration::parse_config(text), Err(error), "{text}");
    }
    assert_eq!(Duration::parse_go("3d"), Err(DurationError::Unit("ns us µs ms s m h")));
}

#[test]
fn shown() {
    for (text, shown) in [
        ("30s", "30 s"),
        ("10m", "10 min"),
        ("76h", "3 d 4 h"),
        ("20h48m", "20 h 48 min"),
        ("24h", "1 d"),
        ("24h5m", "1 d"),
        ("23h59m59s", "23 h 59 min"),
        ("245s", "4 min 5 s"),
        ("1m0.5s", "1 min"),
        ("1.5s", "1.5 s"),
        ("59.9999s", "59.999 s"),
        ("250ms", "250 ms"),
        ("1.25ms", "1.25 ms"),
        ("7us", "7 µs"),
        ("1ns", "1 ns"),
        ("0", "0 s"),
        ("-90s", "-1 min 30 s"),
        ("-9223372036854775808ns", "-106751 d 23 h"),
    ] {
        assert_eq!(Duration::parse_go(text).unwrap().to_string(), shown, "{text}");
    }
    assert_eq!(Duration::from_secs(i64::MAX), Duration(i64::MAX));
    assert_eq!(Duration(-1_999_999_999).as_secs(), -1);
    assert!((Duration(1_500_000_000).as_secs_f64() - 1.5).abs() < f64::EPSILON);
}

#[rustfmt::skip]
const GO: &[(&str, Option<i64>)] = &[
    ("0", Some(0)),
    ("+0", Some(0)),
    ("-0", Some(0)),
    ("5s", Some(5000000000)),
    ("30s", Some(30000000000)),
    ("1478s", Some(1478000000000)),
    ("-5s", Some(-5000000000)),
    ("+5s", Some(5000000000)),
    ("5.0s", Some(5000000000)),
    ("5.6s", Some(5600000000)),
    ("5.", None),
    (".5", None),
    (".5s", Some(500000000)),
    ("5.s", Some(5000000000)),
    ("5.6", None),
    ("1h", Some(3600000000000)),
    ("10m", Some(600000000000)),
    ("1h30m", Some(5400000000000)),
    ("1h30m10s", Some(5410000000000)),
    ("3h30m", Some(12600000000000)),
    ("10.5s4m", Some(250500000000)),
    ("2m3.4s", Some(123400000000)),
    ("1ns", Some(1)),
    ("100ns", Some(100)),
    ("1us", Some(1000)),
    ("1µs", Some(1000)),
    ("1μs", Some(1000)),
    ("3ms", Some(3000000)),
    ("1.5ms", Some(1500000)),
    ("39h9m14.425s", Some(140954425000000)),
    ("1.5h", Some(5400000000000)),
    (".5h", Some(1800000000000)),
    ("0.5m", Some(30000000000)),
    ("-.5s", Some(-500000000)),
    ("-1h15m", Some(-4500000000000)),
    ("1m1m", Some(120000000000)),
    ("1s1h", Some(3601000000000)),
    ("24h", Some(86400000000000)),
    ("720h", Some(2592000000000000)),
    ("2540400h10m10s", Some(9145440610000000000)),
    ("9223372036854775807ns", Some(9223372036854775807)),
    ("9223372036854775808ns", None),
    ("-9223372036854775808ns", Some(-9223372036854775808)),
    ("-9223372036854775809ns", None),
    ("9223372036854775.807us", Some(9223372036854775807)),
    ("9223372036s854ms775us807ns", Some(9223372036854775807)),
    ("9223372036s854ms775us808ns", None),
    ("-9223372036854775.808us", Some(-9223372036854775808)),
    ("2562047h", Some(9223369200000000000)),
    ("2562048h", None),
    ("3000000h", None),
    ("9223372036.854775807s", Some(9223372036854775807)),
    ("9223372036.854775808s", None),
    ("0.1000000000000000000001h", Some(360000000000)),
    ("0.3333333333333333333h", Some(1200000000000)),
    ("0.33333333333333333333h", Some(1200000000000)),
    ("0.9223372036854775807h", Some(3320413933267)),
    ("0.100000000000000000000h", Some(360000000000)),
    ("52763797000ns", Some(52763797000)),
    ("0.000000000000000001s", Some(0)),
    ("1.0000000000000000000000001s", Some(1000000000)),
    ("1.9999999999s", Some(1999999999)),
    ("0.1s", Some(100000000)),
    ("0.7s", Some(700000000)),
    ("1.1h", Some(3960000000000)),
    ("123.456789us", Some(123456)),
    ("3d", None),
    ("1w", None),
    ("1", None),
    ("600", None),
    (".", None),
    ("-", None),
    ("+", None),
    (".s", None),
    ("+.s", None),
    ("s", None),
    ("h", None),
    ("m", None),
    ("1S", None),
    ("1H", None),
    ("1M", None),
    ("1min", None),
    ("1sec", None),
    ("1h_30m", None),
    ("1,5s", None),
    ("1e3s", None),
    ("--1s", None),
    ("+-1s", None),
    ("1s-", None),
    ("1hh", None),
    ("1h30", None),
    ("1.2.3s", None),
    ("1.s.s", None),
    ("00s", Some(0)),
    ("01h", Some(3600000000000)),
    ("9999999999999999999s", None),
    ("99999999999999999999ns", None),
    ("1y", None),
    ("1h1d", None),
    ("10ms3", None),
    ("0x1s", None),
    ("1.5.s", None),
    ("∞", None),
    ("", None),
    (" ", None),
    (" 1s", None),
    ("1s ", None),
    ("1h 30m", None),
    ("1 s", None),
    ("1\ts", None),
];
