//! The functions an ApplicationSet's Go templates may call: sprig's without what looks at the
//! machine, and Argo CD's own (argo-cd `applicationset/utils/template_functions.go`, `utils.go`).

use std::sync::LazyLock;

use mlgitops_gotemplate::{Data, Failure, Function, Functions, Machine, Value};
use mlgitops_yaml::{Shape, parse};

type Answer = Result<Value, Failure>;

/// What Helm adds to sprig and Argo CD does not have, and what it takes away.
const NOT_HERE: &[&str] = &[
    "env",
    "expandenv",
    "getHostByName",
    "toToml",
    "fromToml",
    "toYamlPretty",
    "fromJsonArray",
    "required",
    "include",
    "tpl",
    "lookup",
];

const FUNCTIONS: &[Function] = &[
    Function::new("normalize", 1, |m, a| remade(m, a.first(), sanitize)),
    Function::variadic("slugify", 0, slugify),
    Function::new("fromYaml", 1, |m, a| from_yaml(m, a, "fromYaml")),
    Function::new("fromYamlArray", 1, |m, a| from_yaml(m, a, "fromYamlArray")),
];

/// Every function by name.
pub(super) fn all() -> &'static Functions {
    static ALL: LazyLock<Functions> = LazyLock::new(|| {
        let mut functions = Functions::standard().clone();
        functions.remove(NOT_HERE);
        functions.extend(FUNCTIONS);
        functions
    });
    &ALL
}

/// A name as DNS takes it: lower case, every other character a `-`, at most 253 bytes, no `-` or
/// `.` at either end.
pub(super) fn sanitize(name: &str) -> String {
    let lower = name.to_lowercase();
    let keep = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || "-.".contains(letter);
    let name: String =
        lower.chars().map(|letter| if keep(letter) { letter } else { '-' }).take(253).collect();
    name.trim_matches(['-', '.']).to_owned()
}

/// A text made new of another: all of it comes from all of that.
fn remade(machine: &mut Machine<'_>, value: Option<&Value>, make: impl Fn(&str) -> String) -> Answer {
    let Some(value) = value else { return Ok(Value::new(Data::Missing)) };
    let made = make(machine.arg_str(value)?);
    let text = machine.arg_text(value)?;
    if text.as_str() == made {
        return Ok(Value::text(text));
    }
    machine.make(made.len())?;
    let origin = machine.joined(std::slice::from_ref(value));
    Ok(Value::str(&made, origin))
}

/// `slugify [size [smart]] name`: the name cut to a size, between words where `smart`. A size or a
/// flag of another type makes Argo CD's controller panic, which templates report as an error.
fn slugify(machine: &mut Machine<'_>, arguments: &[Value]) -> Answer {
    let Some((name, before)) = arguments.split_last() else {
        return Ok(Value::str("", mlgitops_yaml::OriginId::NONE));
    };
    let size = before.first().map_or(Ok(50), |size| machine.arg_int(size))?;
    let smart = match before.get(1).map(|smart| &smart.data) {
        None => true,
        Some(Data::Bool(smart)) => *smart,
        Some(_) => return Err(Failure::execute("its second argument is no boolean")),
    };
    remade(machine, Some(name), |name| slug(&sanitize(name), size, smart))
}

/// What `gosimple/slug` v1.15 makes of a name that is ASCII already.
fn slug(name: &str, size: i64, smart: bool) -> String {
    let room = usize::try_from(size).unwrap_or(0);
    let mut name = name.to_owned();
    if !smart && name.len() >= room {
        name.truncate(room);
    }
    let mut slug = String::with_capacity(name.len());
    for letter in name.chars() {
        let letter = if letter == '.' { '-' } else { letter };
        if letter != '-' || !slug.ends_with('-') {
            slug.push(letter);
        }
    }
    let slug = slug.trim_matches(['-', '_']);
    if !smart || room == 0 || slug.len() <= room {
        return slug.to_owned();
    }
    let cut = slug.get(..=room).and_then(|head| head.rfind('-')).unwrap_or(room);
    slug.get(..cut).unwrap_or(slug).to_owned()
}

/// Reads YAML. Unlike Helm's functions of these names, Argo CD's fail where the text is none.
fn from_yaml(machine: &mut Machine<'_>, arguments: &[Value], name: &'static str) -> Answer {
    let [value] = arguments else { return Ok(Value::new(Data::Missing)) };
    let text = machine.arg_text(value)?;
    let cause = machine.joined(arguments);
    let tree = parse(text);
    if let Some(error) = tree.errors().first() {
        let message = format!("error converting YAML to JSON: yaml: {}", error.message);
        return Err(Failure::execute(message).caused_by(cause));
    }
    let root = tree.documents().first().and_then(|document| document.root);
    let fits = match root.map(|root| tree.shape(tree.follow(root))) {
        None | Some(Shape::Null) => true,
        Some(Shape::Map) => name == "fromYaml",
        Some(Shape::Sequence) => name == "fromYamlArray",
        Some(_) => root.and_then(|root| tree.scalar(root)).is_some_and(|text| text == "null"),
    };
    if !fits {
        let wanted = if name == "fromYaml" { "a map" } else { "a list" };
        return Err(Failure::execute(format!("the YAML is not {wanted}")).caused_by(cause));
    }
    match Functions::standard().find(name) {
        Some(standard) => (standard.run)(machine, arguments),
        None => Ok(Value::new(Data::Missing)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_normalized_as_dns_has_them() {
        for (name, normalized) in [
            ("My_Model/V2", "my-model-v2"),
            ("-.a.b.-", "a.b"),
            ("Ünder", "nder"),
            ("a b\tc", "a-b-c"),
            ("", ""),
            (&"x".repeat(300), &"x".repeat(253)),
        ] {
            assert_eq!(sanitize(name), normalized, "{name}");
        }
    }

    #[test]
    fn slugs_are_cut_between_words() {
        for (name, size, smart, expected) in [
            ("feature/Very.Long Name", 50, true, "feature-very-long-name"),
            ("feature/very-long-name", 12, true, "feature-very"),
            ("feature/very-long-name", 13, true, "feature-very"),
            ("feature/very-long-name", 10, true, "feature"),
            ("feature/very-long-name", 10, false, "feature-ve"),
            ("feature/very", 8, false, "feature"),
            ("unbroken", 4, true, "unbr"),
            ("a--b..c", 50, true, "a-b-c"),
            ("abc", 0, true, "abc"),
        ] {
            assert_eq!(slug(&sanitize(name), size, smart), expected, "{name} {size} {smart}");
        }
    }
}
