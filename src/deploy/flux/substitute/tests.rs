//! What replacing gives, and that it ends.

use proptest::prelude::*;

use super::*;

/// What `envsubst` gives: made with the real one (`tests/flux/envsubst.txt`).
const CASES: &str = include_str!("../../../../tests/flux/envsubst.txt");

fn variables(is_strict: bool) -> Variables {
    let lines = CASES.lines().filter_map(|line| line.strip_prefix("#   "));
    let pairs = lines.map(|line| line.split_once('=').unwrap());
    let values = pairs.map(|(name, value)| (name.to_owned(), Text::of_shared(&Arc::from(value))));
    Variables { values: values.collect(), is_strict, more_in_cluster: false, looked_in: OriginId::NONE }
}

fn said(text: &str, variables: &Variables) -> String {
    let text = Text::of_shared(&Arc::from(text));
    match substitute(&text, variables, &mut Budget::default(), &mut Origins::default()) {
        Ok(replaced) => replaced.text.as_str().to_owned(),
        Err(Refusal { kind, .. }) => match kind {
            RefusalKind::Syntax(words) => format!("! {words}"),
            RefusalKind::Missing(name) => format!("! variable not set (strict mode): {name:?}"),
            RefusalKind::Panic => "! panic".to_owned(),
            RefusalKind::Encoding => "! no UTF-8".to_owned(),
            RefusalKind::TooLong => "! too long".to_owned(),
            RefusalKind::Limit(words) => format!("! limit: {words}"),
        },
    }
}

#[test]
fn variables_are_replaced_as_the_controller_does_it() {
    let (mut count, mut wrong) = (0, String::new());
    let mut known = variables(false);
    for line in CASES.lines() {
        if line == "# With strictness" {
            known.is_strict = true;
        }
        let Some((text, expected)) = line.split_once("  =>").filter(|_| !line.starts_with('#')) else {
            continue;
        };
        count += 1;
        let (is, expected) = (said(text, &known), expected.strip_prefix("  ").unwrap_or(expected));
        if is != expected {
            wrong += &format!("{text}: {is:?}, and it is {expected:?}\n");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert!(count > 140, "{count} cases");
}

#[test]
fn what_only_the_cluster_knows_is_marked() {
    let known = Variables { more_in_cluster: true, ..variables(true) };
    assert_eq!(said("${name}/${secret:=x}", &known), format!("fraud/{UNKNOWN}"));
}

#[test]
fn bombs_end() {
    let deep = format!("{}{}", "${a:=".repeat(200), "}".repeat(200));
    assert_eq!(said(&deep, &variables(false)), "! limit: functions nest too deep");
    let mut known = variables(false);
    known.values.insert("big".to_owned(), Text::of_shared(&Arc::from("x".repeat(1 << 20))));
    assert_eq!(said(&"${big}".repeat(20), &known), "! too long");
    assert_eq!(
        said(&"${big:0:1}".repeat(17), &known),
        "! limit: the variables of this build take too many steps"
    );
    let words = "! limit: the variables of this build take too many steps";
    assert_eq!(said("${big##*a*b}", &known), words);
    assert_eq!(said(&"${a}".repeat(1 << 19), &known), words);
    // A few bytes that become gigabytes: each on its own, and many together.
    known.values.insert("many".to_owned(), Text::of_shared(&Arc::from("x".repeat(1 << 12))));
    assert_eq!(said("${many//x/${many}}", &known), "! too long");
    assert_eq!(said("${big//${empty}/${many}}", &known), "! too long");
    assert_eq!(said(&format!("${{unset:={}}}", "${many//x/xxxxxxxx}".repeat(1 << 10)), &known), words);
    let nested = format!("{}{}{}", "${a:=".repeat(90), "y".repeat(1 << 18), "}".repeat(90));
    assert_eq!(said(&nested, &known), words);
}

/// Pieces that expressions are made of, and what breaks them.
const TOKENS: [&str; 34] = [
    "${", "}", "$", "$$", "{", "name", "empty", "unset", "wide", "_a", ":", ":=", ":-", ":+", ":?", "=", "/",
    "//", "/#", "/%", "#", "##", "%", "%%", ",", "^^", "*", "[a-z]", "[^", "\\", "-1", "3", "é", "\n",
];

fn text() -> impl Strategy<Value = String> {
    let token = prop_oneof![
        6 => prop::sample::select(&TOKENS[..]).prop_map(str::to_owned),
        1 => any::<char>().prop_map(|character| character.to_string()),
    ];
    prop::collection::vec(token, 0..40).prop_map(|tokens| tokens.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    /// Whatever is written, and whatever the values are: it ends, within the steps of a build, and
    /// each character of what comes out knows where it is from.
    #[test]
    fn every_text_ends(written in text(), value in text(), wide in text(), is_strict: bool) {
        let values = [("name", value), ("wide", wide.repeat(50)), ("empty", String::new())];
        let values = values.into_iter().map(|(name, value)| (name.to_owned(), Text::of_shared(&Arc::from(value))));
        let known = Variables { values: values.collect(), ..variables(is_strict) };
        let source = Text::of_shared(&Arc::from(&*written));
        let done = substitute(&source, &known, &mut Budget::default(), &mut Origins::default());
        match done {
            Ok(replaced) => {
                let is = replaced.text.as_str();
                prop_assert!(is.len() <= OUTPUT.max(written.len()));
                prop_assert!(written.contains('$') || is == written);
                let ends: Vec<u32> = replaced.text.runs().iter().map(|run| run.end).collect();
                prop_assert!(ends.is_sorted());
                prop_assert_eq!(ends.last().map_or(0, |end| *end as usize), is.len());
                prop_assert!(replaced.undefined.iter().all(|one| !known.values.contains_key(&one.name)));
                prop_assert!(!is_strict || replaced.undefined.is_empty());
            }
            Err(refusal) => prop_assert!(refusal.at.start <= refusal.at.end && refusal.at.end <= written.len()),
        }
    }
}
