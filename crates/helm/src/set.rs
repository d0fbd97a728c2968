//! `--set` and its kin: values at dotted paths (helm v3 pkg/strvals/parser.go, literal_parser.go).

use std::sync::Arc;

use mlgitops_gotemplate::functions::Functions;
use mlgitops_gotemplate::{Data, Failure, IntType, ListType, Machine, MapId, MapType, Slot, Value};
use mlgitops_yaml::{OriginId, Text, TextBuilder};

use crate::render::SetForm;

/// Largest index of a list: `MaxIndex` of Helm.
const INDEX: usize = 65_536;
/// Most dots of a path: `MaxNestedNameLevel` of Helm.
const LEVELS: usize = 30;
/// Most steps of a path, indexes counted, which Helm does not bound.
const STEPS: usize = 100;

/// Reads a file that `--set-file` names.
pub(crate) type Reader<'r> = &'r mut dyn FnMut(&mut Machine<'_>, &str) -> Result<Text, Failure>;

/// One step of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Key(Text),
    Index(usize),
}

/// Sets one value at one path: commas in it separate nothing, but for `{a,b}`, a list (argo-cd
/// v3.0 util/helm, `cleanSetParameters`).
pub(crate) fn set(
    machine: &mut Machine<'_>,
    all: MapId,
    path: &str,
    value: &Text,
    force_string: bool,
) -> Result<(), Failure> {
    let form = if force_string { SetForm::String } else { SetForm::Typed };
    let written = value.as_str();
    let is_list = written.starts_with('{') && written.ends_with('}');
    let mut cursor = Cursor { line: line(machine, path, value), at: 0, commas: is_list };
    all_of(machine, all, &mut cursor, form, &mut no_file)
}

/// Sets a path to a text as Flux does: what stands behind a comma is a path of its own (fluxcd/pkg v1.9
/// chartutil/values.go, `ReplacePathValue`).
pub(crate) fn set_at(
    machine: &mut Machine<'_>,
    all: MapId,
    path: &str,
    value: &Text,
    form: SetForm,
) -> Result<(), Failure> {
    if form == SetForm::Literal {
        return set_file(machine, all, path, value);
    }
    let line = line(machine, path, value);
    set_line(machine, all, &line, form, &mut no_file)
}

/// `path=value`.
fn line(machine: &mut Machine<'_>, path: &str, value: &Text) -> Text {
    let mut line = TextBuilder::default();
    let origin = Value::text(value.clone()).content(machine.origins);
    line.push_str(path, origin);
    line.push_str("=", origin);
    line.push(value);
    line.build()
}

fn no_file(_: &mut Machine<'_>, name: &str) -> Result<Text, Failure> {
    Err(Failure::execute(format!("open {name}: a parameter is no file")))
}

/// Sets a path to a text in which no character means anything (`--set-file`, once it was read).
pub(crate) fn set_file(
    machine: &mut Machine<'_>,
    all: MapId,
    path: &str,
    value: &Text,
) -> Result<(), Failure> {
    let origin = Value::text(value.clone()).content(machine.origins);
    let mut line = TextBuilder::default();
    line.push_str(path, origin);
    line.push_str("=", origin);
    let mut cursor = Cursor { line: line.build(), at: 0, commas: false };
    let refused = |message: String| {
        Failure::execute(format!("failed parsing --set-file data: {message}")).caused_by(origin)
    };
    let Some(steps) = cursor.path(SetForm::File).map_err(refused)? else { return Ok(()) };
    let root = Value::new(Data::Map(all));
    put(machine, Some(&root), &steps, &Value::text(value.clone()), origin).map_err(refused)?;
    Ok(())
}

/// Sets what a whole line says: `a=1,b.c=x,d={1,2}`.
pub(crate) fn set_line(
    machine: &mut Machine<'_>,
    all: MapId,
    line: &Text,
    form: SetForm,
    read: Reader<'_>,
) -> Result<(), Failure> {
    let mut cursor = Cursor { line: line.clone(), at: 0, commas: true };
    all_of(machine, all, &mut cursor, form, read)
}

fn all_of(
    machine: &mut Machine<'_>,
    all: MapId,
    cursor: &mut Cursor,
    form: SetForm,
    read: Reader<'_>,
) -> Result<(), Failure> {
    let origin = Value::text(cursor.line.clone()).content(machine.origins);
    let refused = |failure: Failure| match failure.origin.is_none() {
        true => {
            let message = format!("failed parsing {} data: {}", form.flag(), failure.message);
            Failure { message, ..failure }.caused_by(origin)
        }
        false => failure,
    };
    loop {
        let start = cursor.at;
        let path = cursor.path(form).map_err(|message| refused(Failure::execute(message)))?;
        let Some(steps) = path else { break };
        machine.spend(10)?;
        // What the path makes on the way, and a value of no bytes, come from the path.
        let path = Value::text(cursor.line.slice(start..cursor.at)).content(machine.origins);
        let mut leaf = leaf(machine, cursor, (form, path), read).map_err(refused)?;
        if leaf.content(machine.origins).is_none() {
            leaf = match leaf.data {
                // What the command line says has bytes, and no file that holds them.
                Data::Str(text) if !text.is_empty() => Value::text(text),
                Data::Str(_) => Value::str("", path),
                data => Value::from(data, path),
            };
        }
        for step in &steps {
            if let Step::Index(index) = step {
                machine.make(64 * index)?;
            }
        }
        let root = Value::new(Data::Map(all));
        put(machine, Some(&root), &steps, &leaf, path)
            .map_err(|message| refused(Failure::execute(message)))?;
    }
    Ok(())
}

/// The value at the cursor; what has no bytes comes from the path.
fn leaf(
    machine: &mut Machine<'_>,
    cursor: &mut Cursor,
    (form, path): (SetForm, OriginId),
    read: Reader<'_>,
) -> Result<Value, Failure> {
    match form {
        SetForm::Literal => Ok(Value::text(cursor.rest())),
        SetForm::Json => json(machine, cursor),
        _ if cursor.next_is('{') => {
            cursor.at += 1;
            let mut items = Vec::new();
            loop {
                let (item, last) = cursor.until(&[',', '}'])?;
                let empty = item.is_empty().then(|| Value::str("", path));
                items.push(match empty {
                    Some(item) => item,
                    None => one(machine, item, form, read)?,
                });
                machine.spend(1)?;
                match last {
                    None => return Err(Failure::execute("list must terminate with '}'")),
                    Some('}') => break,
                    Some(_) => {}
                }
            }
            if cursor.next_is(',') {
                cursor.at += 1;
            }
            Ok(Value::new(Data::List(machine.heap.add_list(items, ListType::Any))))
        }
        _ if cursor.is_at_end() => Ok(Value::text(cursor.rest())),
        _ => {
            let stop: &[char] = if cursor.commas { &[','] } else { &[] };
            let (value, _) = cursor.until(stop)?;
            one(machine, value, form, read)
        }
    }
}

fn one(machine: &mut Machine<'_>, value: Text, form: SetForm, read: Reader<'_>) -> Result<Value, Failure> {
    match form {
        SetForm::Typed => Ok(typed(machine, &value)),
        SetForm::File => read(machine, value.as_str()).map(Value::text),
        SetForm::String | SetForm::Json | SetForm::Literal => Ok(Value::text(value)),
    }
}

/// `typedVal`: booleans, null and integers without a leading zero; the rest is text.
fn typed(machine: &mut Machine<'_>, value: &Text) -> Value {
    let text = value.as_str();
    let whole = Value::text(value.clone());
    let origin = whole.content(machine.origins);
    if text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false") {
        return Value::bool(text.eq_ignore_ascii_case("true"), origin);
    }
    if text.eq_ignore_ascii_case("null") {
        return Value::from(Data::Nil, origin);
    }
    match text.parse::<i64>() {
        Ok(number) if text == "0" || !text.starts_with('0') => {
            Value::from(Data::Int(number, IntType::Int64), origin)
        }
        _ => whole,
    }
}

/// A value in JSON, and the comma behind it; none at all is null.
fn json(machine: &mut Machine<'_>, cursor: &mut Cursor) -> Result<Value, Failure> {
    if cursor.skip_blanks_and_comma() {
        return Ok(Value::new(Data::Nil));
    }
    let value = cursor.json();
    let Some(function) = Functions::standard().find("mustFromJson") else {
        return Err(Failure::execute("JSON is not read here"));
    };
    let value = machine.call(function, vec![Value::text(value)])?;
    cursor.skip_blanks_and_comma();
    Ok(value)
}

/// A place in a line.
struct Cursor {
    line: Text,
    at: usize,
    /// Whether a comma ends a value.
    commas: bool,
}

impl Cursor {
    fn left(&self) -> &str {
        self.line.as_str().get(self.at..).unwrap_or("")
    }

    fn is_at_end(&self) -> bool {
        self.left().is_empty()
    }

    fn next_is(&self, wanted: char) -> bool {
        self.left().starts_with(wanted)
    }

    /// All that is left.
    fn rest(&mut self) -> Text {
        let rest = self.line.slice(self.at..self.line.len());
        self.at = self.line.len();
        rest
    }

    /// What stands before one of these characters, a `\` taken out before the character it
    /// escapes; the character, which is passed, or nothing at the end (`runesUntil`).
    fn until(&mut self, stop: &[char]) -> Result<(Text, Option<char>), Failure> {
        let mut out = TextBuilder::default();
        let mut from = self.at;
        let line = self.line.clone();
        while let Some(character) = self.left().chars().next() {
            let end = self.at;
            self.at += character.len_utf8();
            if stop.contains(&character) {
                out.push_part(&line, from..end);
                return Ok((out.build(), Some(character)));
            }
            if character == '\\' {
                out.push_part(&line, from..end);
                from = self.at;
                self.at += self.left().chars().next().map_or(0, char::len_utf8);
            }
        }
        if from == 0 && self.at == line.len() {
            return Ok((line, None));
        }
        out.push_part(&line, from..self.at);
        Ok((out.build(), None))
    }

    /// A name up to one of these characters; [`SetForm::Literal`] knows no escapes.
    fn name(&mut self, stop: &[char], form: SetForm) -> Result<(Text, Option<char>), String> {
        if form == SetForm::Literal {
            let left = self.left();
            let found = left.char_indices().find(|(_, character)| stop.contains(character));
            let length = found.map_or(left.len(), |(at, _)| at);
            let name = self.line.slice(self.at..self.at + length);
            self.at += length + found.map_or(0, |(_, character)| character.len_utf8());
            return Ok((name, found.map(|(_, character)| character)));
        }
        self.until(stop).map_err(|failure| failure.message)
    }

    /// The path before the next `=`; nothing at the end of the line.
    fn path(&mut self, form: SetForm) -> Result<Option<Vec<Step>>, String> {
        let stop: &[char] = if form == SetForm::Literal { &['=', '[', '.'] } else { &['=', '[', ',', '.'] };
        let mut steps = Vec::new();
        let mut dots = 0;
        loop {
            let (name, last) = self.name(stop, form)?;
            match last {
                None if name.is_empty() => return Ok(None),
                None => return Err(format!("key {:?} has no value", name.as_str())),
                Some(',') => {
                    return Err(format!("key {:?} has no value (cannot end with ,)", name.as_str()));
                }
                Some(_) => {}
            }
            steps.push(Step::Key(name));
            let mut last = last;
            while last == Some('[') && steps.len() <= STEPS {
                steps.push(Step::Index(self.index(form)?));
                let (between, next) = self.name(&['[', '.', '='], form)?;
                if !between.is_empty() {
                    return Err(format!("unexpected data at end of array index: {:?}", between.as_str()));
                }
                last = next;
            }
            if steps.len() > STEPS {
                return Err(format!("a path of more than {STEPS} steps"));
            }
            match last {
                Some('.') => dots += 1,
                Some(_) => return Ok(Some(steps)),
                None => return Ok(None),
            }
            if dots > LEVELS {
                return Err(format!(
                    "value name nested level is greater than maximum supported nested level of {LEVELS}"
                ));
            }
        }
    }

    fn index(&mut self, form: SetForm) -> Result<usize, String> {
        let (digits, last) = self.name(&[']'], form)?;
        let digits = digits.as_str();
        if last.is_none() {
            return Err("error parsing index: EOF".to_owned());
        }
        let index: i64 = digits
            .parse()
            .map_err(|_| format!("error parsing index: strconv.Atoi: parsing {digits:?}: invalid syntax"))?;
        let index = usize::try_from(index).map_err(|_| format!("negative {index} index not allowed"))?;
        if index > INDEX {
            return Err(format!("index of {index} is greater than maximum supported index of {INDEX}"));
        }
        Ok(index)
    }

    /// Passes blanks and one comma; whether there was a comma or the end (`emptyVal`).
    fn skip_blanks_and_comma(&mut self) -> bool {
        let left = self.left();
        let rest = left.trim_start();
        self.at += left.len() - rest.len();
        if self.next_is(',') {
            self.at += 1;
            return true;
        }
        self.is_at_end()
    }

    /// The text of one value in JSON, as far as brackets and quotes say.
    fn json(&mut self) -> Text {
        let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
        let mut end = self.line.len();
        for (at, character) in self.left().char_indices() {
            let closes = match character {
                _ if escaped => {
                    escaped = false;
                    false
                }
                '\\' if quoted => {
                    escaped = true;
                    false
                }
                '"' => {
                    quoted = !quoted;
                    !quoted && depth == 0
                }
                _ if quoted => false,
                '{' | '[' => {
                    depth += 1;
                    false
                }
                '}' | ']' => {
                    depth = depth.saturating_sub(1);
                    depth == 0
                }
                ',' | ' ' | '\t' | '\n' | '\r' if depth == 0 => {
                    end = self.at + at;
                    break;
                }
                _ => false,
            };
            if closes {
                end = self.at + at + character.len_utf8();
                break;
            }
        }
        let value = self.line.slice(self.at..end);
        self.at = end;
        value
    }
}

/// The value with another one at a path below it; maps change in place.
fn put(
    machine: &mut Machine<'_>,
    have: Option<&Value>,
    steps: &[Step],
    leaf: &Value,
    origin: OriginId,
) -> Result<Value, String> {
    match steps.split_first() {
        None => Ok(leaf.clone()),
        Some((Step::Key(key), rest)) => {
            let (map, mut value) = match have {
                Some(value @ Value { data: Data::Map(map), .. }) => (*map, value.clone()),
                Some(other) => return Err(not_a("map[string]interface {}", machine, other)),
                None => {
                    let map = machine.heap.add_map(Default::default(), MapType::Any);
                    (map, Value::from(Data::Map(map), origin))
                }
            };
            let name = Value::text(key.clone()).content(machine.origins);
            let inner = machine.heap.map(map).get(key.as_str()).cloned();
            let name = inner.as_ref().map_or(name, |slot| slot.key);
            let inner = inner.map(|slot| slot.value);
            // What the path ends at, and a list, may take the place of anything.
            let inner = if rest.is_empty() { None } else { inner };
            let inner = inner.filter(|_| !key.is_empty());
            let made = put(machine, inner.as_ref(), rest, leaf, origin)?;
            // A name that is empty is read and set nowhere.
            let is_nothing = |made: &Value| matches!(made.data, Data::Map(map) if machine.heap.map(map).iter().next().is_none());
            if matches!(rest, [Step::Key(_), ..]) && is_nothing(&made) {
                return Err(format!("key map {:?} has no value", key.as_str()));
            }
            if key.is_empty() {
                return Ok(value);
            }
            machine.heap.set(map, Arc::from(key.as_str()), Slot { key: name, value: made });
            value.origin = machine.origins.join(value.origin, origin);
            Ok(value)
        }
        Some((Step::Index(index), rest)) => {
            let mut items = match have {
                Some(Value { data: Data::List(list), .. }) => machine.heap.list(*list).to_vec(),
                None => Vec::new(),
                Some(other) => return Err(not_a("[]interface {}", machine, other)),
            };
            while items.len() <= *index {
                items.push(Value::from(Data::Nil, origin));
            }
            // Of an item that is no map, Helm makes one; one that is no list it refuses.
            let inner = match rest.first() {
                Some(Step::Key(_)) => items.get(*index).filter(|item| matches!(item.data, Data::Map(_))),
                Some(Step::Index(_)) => items.get(*index).filter(|item| !item.is_nil()),
                None => None,
            };
            let inner = inner.cloned();
            let made = put(machine, inner.as_ref(), rest, leaf, origin)?;
            // An item that is there is set in place, for whatever shares the list too (`setIndex`).
            if let Some(Value { data: Data::List(list), .. }) = have
                && machine.heap.set_item(*list, *index, made.clone())
            {
                return Ok(Value::from(Data::List(*list), origin));
            }
            if let Some(item) = items.get_mut(*index) {
                *item = made;
            }
            Ok(Value::from(Data::List(machine.heap.add_list(items, ListType::Any)), origin))
        }
    }
}

/// Go's panic, which Helm reports.
fn not_a(wanted: &str, machine: &Machine<'_>, have: &Value) -> String {
    let have = if have.is_nil() { "nil".to_owned() } else { have.go_type(&machine.heap) };
    format!("unable to parse key: interface conversion: interface {{}} is {have}, not {wanted}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(path: &str) -> Result<Vec<String>, String> {
        let line = Text::opaque(&format!("{path}=x"), OriginId::NONE);
        let steps = Cursor { line, at: 0, commas: true }.path(SetForm::Typed)?;
        let written = |step: &Step| match step {
            Step::Key(name) => name.as_str().to_owned(),
            Step::Index(index) => format!("[{index}]"),
        };
        Ok(steps.iter().flatten().map(written).collect())
    }

    #[test]
    fn paths_as_helm_splits_them() {
        let table: [(&str, &[&str]); 4] = [
            ("a.b", &["a", "b"]),
            (r"a\.b.c", &["a.b", "c"]),
            ("a[0].b", &["a", "[0]", "b"]),
            ("a[1][2]", &["a", "[1]", "[2]"]),
        ];
        for (path, wanted) in table {
            let wanted: Vec<String> = wanted.iter().map(|&step| step.to_owned()).collect();
            assert_eq!(steps(path), Ok(wanted), "{path}");
        }
        for path in ["a,b", "a[x]", "a[65537]", "a[-1]", "a[0]b", &"a.".repeat(32)] {
            assert!(steps(path).is_err(), "{path}");
        }
    }
}
