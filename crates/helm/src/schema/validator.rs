//! A value against a schema: one step of the job's budget for each schema that is asked.

use std::collections::BTreeSet;
use std::sync::Arc;

use mlgitops_gotemplate::functions::Functions;
use mlgitops_gotemplate::{Data, Failure, FailureKind, Machine, Slot, Value};
use mlgitops_yaml::{Mode, Node, OriginId, Resolved, Value as NodeValue};

use super::refs::{Draft, Schemas, Target, identity};
use super::violation::{Kind, Violation};
use super::{formats, numbers, words};

/// What asking one schema costs, in steps of a template.
const STEPS: u64 = 20;
/// Most schemas inside each other, references counted.
const DEPTH: usize = 200;

/// What breaks the schema, if anything; what it refers to and is not here goes to `remote`.
pub(super) fn validate(
    machine: &mut Machine<'_>,
    schemas: &Schemas<'_>,
    value: &Value,
    remote: &mut Vec<String>,
) -> Result<Option<Violation>, Failure> {
    let mut validator = Validator { machine, schemas, remote, path: Vec::new(), chain: Vec::new(), depth: 0 };
    let mut seen = Evaluated::default();
    validator.check(schemas.root, value, &mut seen)
}

/// The properties and items that some keyword looked at.
#[derive(Debug, Default)]
struct Evaluated {
    properties: BTreeSet<Arc<str>>,
    items: BTreeSet<usize>,
}

impl Evaluated {
    fn merge(&mut self, other: Self) {
        self.properties.extend(other.properties);
        self.items.extend(other.items);
    }
}

struct Validator<'v, 'm, 's> {
    machine: &'v mut Machine<'m>,
    schemas: &'v Schemas<'s>,
    remote: &'v mut Vec<String>,
    path: Vec<String>,
    /// The schemas that are being asked about the present value.
    chain: Vec<usize>,
    depth: usize,
}

type Found = Result<Option<Violation>, Failure>;
/// Whether a number breaks a limit.
type Breaks = fn(f64, f64) -> bool;

impl<'s> Validator<'_, '_, 's> {
    /// Asks one schema about one value.
    fn check(&mut self, schema: &'s Node, value: &Value, seen: &mut Evaluated) -> Found {
        let keywords = schema.as_map().map_or(0, mlgitops_yaml::Map::len) as u64;
        self.machine.spend(STEPS + keywords)?;
        if matches!(value.data, Data::Unknown(_)) {
            return Ok(None);
        }
        if let Some(flag) = schema.as_bool() {
            return Ok((!flag).then(|| self.own("false schema".to_owned(), value, schema)));
        }
        if self.chain.contains(&identity(schema)) {
            return Ok(Some(self.own("reference cycle".to_owned(), value, schema)));
        }
        if self.depth >= DEPTH {
            let message = format!("values.schema.json nests more than {DEPTH} schemas");
            return Err(Failure::new(FailureKind::Limit, message));
        }
        self.chain.push(identity(schema));
        self.depth += 1;
        let mut found = Vec::new();
        let done = self.keywords(schema, value, seen, &mut found);
        self.depth -= 1;
        self.chain.pop();
        done?;
        Ok(match found.len() {
            0 => None,
            1 => found.pop(),
            _ => {
                Some(Violation { kind: Kind::Group, causes: found, ..self.own(String::new(), value, schema) })
            }
        })
    }

    /// Asks a schema about what stands below the present value.
    fn below(&mut self, schema: &'s Node, value: &Value, step: &str) -> Found {
        let chain = std::mem::take(&mut self.chain);
        self.path.push(step.to_owned());
        let found = self.check(schema, value, &mut Evaluated::default());
        self.path.pop();
        self.chain = chain;
        found
    }

    /// Asks another schema about the same value; what it looked at counts where it holds.
    fn same(&mut self, schema: &'s Node, value: &Value, seen: &mut Evaluated) -> Found {
        let mut inner = Evaluated::default();
        let found = self.check(schema, value, &mut inner)?;
        if found.is_none() {
            seen.merge(inner);
        }
        Ok(found)
    }

    fn own(&mut self, message: String, value: &Value, keyword: &Node) -> Violation {
        let value = value.content(self.machine.origins);
        Violation {
            path: self.path.clone(),
            message,
            value,
            keyword: keyword.origin,
            causes: Vec::new(),
            kind: Kind::Own,
        }
    }

    fn keywords(
        &mut self,
        schema: &'s Node,
        value: &Value,
        seen: &mut Evaluated,
        found: &mut Vec<Violation>,
    ) -> Result<(), Failure> {
        let draft = self.schemas.draft;
        // Before 2019-09 nothing counts beside `$ref`.
        if let Some(reference) = keyword(schema, "$ref").filter(|_| draft < Draft::V2019) {
            found.extend(self.reference(schema, reference, value, seen)?);
            return Ok(());
        }
        if let Some(violation) = self.first(schema, value)? {
            found.push(violation);
            return Ok(());
        }
        if let Some(reference) = keyword(schema, "$ref") {
            found.extend(self.reference(schema, reference, value, seen)?);
        }
        match &value.data {
            Data::Map(map) => {
                let slots: Vec<(Arc<str>, Slot)> = crate::values::slots(&self.machine.heap, *map);
                self.object(schema, value, &slots, seen, found)?;
            }
            Data::List(list) => {
                let items = self.machine.heap.list(*list).to_vec();
                self.array(schema, value, &items, seen, found)?;
            }
            Data::Str(text) => {
                let text = text.as_str().to_owned();
                self.string(schema, value, &text, found)?;
            }
            _ => self.number(schema, value, found),
        }
        if draft >= Draft::V2019 {
            for name in ["$recursiveRef", "$dynamicRef"] {
                if let Some(reference) = keyword(schema, name) {
                    found.extend(self.reference(schema, reference, value, seen)?);
                }
            }
        }
        self.conditions(schema, value, seen, found)?;
        if draft >= Draft::V2019 {
            self.unevaluated(schema, value, seen, found)?;
        }
        Ok(())
    }

    /// `type`, `const`, `enum` and `format`: where one is broken, no other is asked.
    fn first(&mut self, schema: &'s Node, value: &Value) -> Found {
        let draft = self.schemas.draft;
        if let Some(types) = keyword(schema, "type") {
            let names: Vec<&str> = match &types.value {
                NodeValue::Sequence(items) => items.iter().filter_map(Node::text).collect(),
                _ => types.text().into_iter().collect(),
            };
            let is = words::type_of(value);
            let is_whole = numbers::of_value(value).is_some_and(|number| number.fract() == 0.0);
            let fits = |name: &&str| **name == *is || (**name == *"integer" && is == "number" && is_whole);
            if !names.is_empty() && !names.iter().any(fits) {
                let wanted: Vec<&str> =
                    words::TYPES.iter().copied().filter(|name| names.contains(name)).collect();
                let message = format!("got {is}, want {}", wanted.join(" or "));
                return Ok(Some(self.own(message, value, types)));
            }
        }
        if let Some(wanted) = keyword(schema, "const").filter(|_| draft > Draft::V4)
            && !self.equals(value, wanted)?
        {
            let message = words::node(wanted)
                .map_or("'const' failed".to_owned(), |wanted| format!("value must be {wanted}"));
            return Ok(Some(self.own(message, value, wanted)));
        }
        if let Some(listed) = keyword(schema, "enum") {
            let mut is_one = false;
            for item in listed.items() {
                is_one = is_one || self.equals(value, item)?;
            }
            if !is_one {
                let names: Option<Vec<String>> = listed.items().iter().map(words::node).collect();
                let message = match names.as_deref() {
                    Some([one]) => format!("value must be {one}"),
                    Some(names) => format!("value must be one of {}", names.join(", ")),
                    None => "'enum' failed".to_owned(),
                };
                return Ok(Some(self.own(message, value, listed)));
            }
        }
        if let Some(format) = keyword(schema, "format").filter(|_| draft < Draft::V2019)
            && let Some(name) = format.text()
            && !formats::holds(self.machine, name, value)?
        {
            let message = format!("{} is not valid {name}", words::value(value));
            return Ok(Some(self.own(message, value, format)));
        }
        Ok(None)
    }

    fn reference(
        &mut self,
        schema: &'s Node,
        reference: &'s Node,
        value: &Value,
        seen: &mut Evaluated,
    ) -> Found {
        let Some(name) = reference.text() else { return Ok(None) };
        match self.schemas.find(schema, name) {
            Target::Here(target) => {
                let Some(cause) = self.same(target, value, seen)? else { return Ok(None) };
                let causes = if cause.kind == Kind::Group { cause.causes } else { vec![cause] };
                let own = self.own("validation failed".to_owned(), value, reference);
                Ok(Some(Violation { kind: Kind::Reference, causes, ..own }))
            }
            Target::Elsewhere => {
                self.remote.push(name.to_owned());
                Ok(None)
            }
            Target::Nowhere => Ok(None),
        }
    }

    fn object(
        &mut self,
        schema: &'s Node,
        value: &Value,
        slots: &[(Arc<str>, Slot)],
        seen: &mut Evaluated,
        found: &mut Vec<Violation>,
    ) -> Result<(), Failure> {
        let has = |name: &str| slots.binary_search_by(|(key, _)| (**key).cmp(name)).is_ok();
        self.bounds(schema, "Properties", slots.len(), value, found);
        if let Some(required) = keyword(schema, "required") {
            found.extend(self.missing(required, &has, value, None));
        }
        for name in ["dependencies", "dependentSchemas", "dependentRequired"] {
            let later = name != "dependencies";
            let Some(map) = keyword(schema, name).filter(|_| !later || self.schemas.draft >= Draft::V2019)
            else {
                continue;
            };
            for (key, wanted) in map.as_map().into_iter().flat_map(|map| map.iter()) {
                if !has(key.name()) {
                    continue;
                }
                match &wanted.value {
                    NodeValue::Sequence(_) => {
                        found.extend(self.missing(wanted, &has, value, Some(key.name())))
                    }
                    _ => found.extend(self.same(wanted, value, seen)?),
                }
            }
        }
        self.properties(schema, value, slots, seen, found)?;
        if let Some(names) = keyword(schema, "propertyNames").filter(|_| self.schemas.draft > Draft::V4) {
            for (name, slot) in slots {
                let text = Value::str(name, slot.key);
                // The name is a document of its own.
                let path = std::mem::take(&mut self.path);
                let cause = self.below(names, &text, name);
                self.path = path;
                let Some(cause) = cause?.map(Violation::at_root) else { continue };
                let own = self.own(format!("invalid propertyName {}", words::quote(name)), &text, names);
                let causes = if cause.kind == Kind::Group { cause.causes } else { vec![cause] };
                found.push(Violation { causes, ..own });
            }
        }
        Ok(())
    }

    fn properties(
        &mut self,
        schema: &'s Node,
        value: &Value,
        slots: &[(Arc<str>, Slot)],
        seen: &mut Evaluated,
        found: &mut Vec<Violation>,
    ) -> Result<(), Failure> {
        let properties = keyword(schema, "properties").filter(|node| node.as_map().is_some());
        let patterns = keyword(schema, "patternProperties").and_then(Node::as_map);
        let additional = keyword(schema, "additionalProperties");
        if properties.is_none() && patterns.is_none() && additional.is_none() {
            return Ok(());
        }
        let mut unwanted: Vec<&(Arc<str>, Slot)> = Vec::new();
        for entry in slots {
            let (name, slot) = entry;
            let mut evaluated = false;
            if let Some(below) = properties.and_then(|map| self.schemas.entry(map, name)) {
                evaluated = true;
                found.extend(self.below(below, &slot.value, name)?);
            }
            for (pattern, below) in patterns.into_iter().flat_map(|map| map.iter()) {
                if self.matches(pattern.name(), name)? {
                    evaluated = true;
                    found.extend(self.below(below, &slot.value, name)?);
                }
            }
            if let Some(additional) = additional.filter(|_| !evaluated) {
                evaluated = true;
                match additional.as_bool() {
                    Some(true) => {}
                    Some(false) => unwanted.push(entry),
                    None => found.extend(self.below(additional, &slot.value, name)?),
                }
            }
            if evaluated {
                seen.properties.insert(Arc::clone(name));
            }
        }
        if let (Some((_, first)), Some(additional)) = (unwanted.first(), additional) {
            let names = words::quoted(unwanted.iter().map(|(name, _)| &**name));
            let message = format!("additional properties {names} not allowed");
            let mut own = self.own(message, value, additional);
            own.value = self.machine.origins.join(first.key, first.value.origin);
            found.push(own);
        }
        Ok(())
    }

    /// The names a list asks for and an object lacks.
    fn missing(
        &mut self,
        wanted: &Node,
        has: &dyn Fn(&str) -> bool,
        value: &Value,
        because: Option<&str>,
    ) -> Option<Violation> {
        let names: Vec<&str> =
            wanted.items().iter().filter_map(Node::text).filter(|name| !has(name)).collect();
        let message = match (&names[..], because) {
            ([], _) => return None,
            (_, Some(because)) => {
                format!("properties {} required, if {} exists", words::quoted(names), words::quote(because))
            }
            ([one], None) => format!("missing property {}", words::quote(one)),
            (_, None) => format!("missing properties {}", words::quoted(names)),
        };
        Some(self.own(message, value, wanted))
    }

    /// `minX` and `maxX` of a count.
    fn bounds(
        &mut self,
        schema: &'s Node,
        what: &str,
        count: usize,
        value: &Value,
        found: &mut Vec<Violation>,
    ) {
        for side in ["min", "max"] {
            let name = format!("{side}{what}");
            let Some(node) = keyword(schema, &name) else { continue };
            let Some(wanted) = numbers::count(Some(node)) else { continue };
            let breaks = if side == "min" { count < wanted } else { count > wanted };
            if breaks {
                let (got, want) = (numbers::printed(count as f64), numbers::printed(wanted as f64));
                found.push(self.own(format!("{name}: got {got}, want {want}"), value, node));
            }
        }
    }

    fn array(
        &mut self,
        schema: &'s Node,
        value: &Value,
        items: &[Value],
        seen: &mut Evaluated,
        found: &mut Vec<Violation>,
    ) -> Result<(), Failure> {
        self.bounds(schema, "Items", items.len(), value, found);
        if let Some(unique) = keyword(schema, "uniqueItems").filter(|node| node.as_bool() == Some(true))
            && let Some((first, second)) = self.twins(items)?
        {
            found.push(self.own(format!("items at {first} and {second} are equal"), value, unique));
        }
        let (listed, rest) = match (self.schemas.draft, keyword(schema, "items")) {
            (Draft::V2020, items) => (keyword(schema, "prefixItems"), items),
            (_, Some(items)) if matches!(items.value, NodeValue::Sequence(_)) => {
                (Some(items), keyword(schema, "additionalItems"))
            }
            (_, items) => (None, items),
        };
        let listed = listed.map_or(&[][..], Node::items);
        for (at, item) in items.iter().enumerate() {
            let below = match (listed.get(at), rest) {
                (Some(below), _) => below,
                (None, Some(rest)) if self.schemas.draft < Draft::V2020 && rest.as_bool() == Some(false) => {
                    let count = items.len() - at;
                    let message = format!("last {count} additionalItem(s) not allowed");
                    found.push(self.own(message, item, rest));
                    break;
                }
                (None, Some(rest)) => rest,
                (None, None) => continue,
            };
            seen.items.insert(at);
            found.extend(self.below(below, item, &at.to_string())?);
        }
        self.contains(schema, value, items, seen, found)
    }

    fn contains(
        &mut self,
        schema: &'s Node,
        value: &Value,
        items: &[Value],
        seen: &mut Evaluated,
        found: &mut Vec<Violation>,
    ) -> Result<(), Failure> {
        let Some(wanted) = keyword(schema, "contains").filter(|_| self.schemas.draft > Draft::V4) else {
            return Ok(());
        };
        let (mut matched, mut causes) = (Vec::new(), Vec::new());
        for (at, item) in items.iter().enumerate() {
            match self.below(wanted, item, &at.to_string())? {
                Some(cause) => causes.push(cause),
                None => {
                    if self.schemas.draft == Draft::V2020 {
                        seen.items.insert(at);
                    }
                    matched.push(at.to_string());
                }
            }
        }
        let is_later = self.schemas.draft >= Draft::V2019;
        let count = |name: &str| numbers::count(keyword(schema, name).filter(|_| is_later));
        let which = matched.join(" ");
        let message = match count("minContains") {
            Some(least) if matched.is_empty() && least > 0 => {
                format!("min {least} items required to match contains schema, but none matched")
            }
            Some(least) if matched.len() < least => format!(
                "min {least} items required to match contains schema, but matched {} items at {which}",
                matched.len()
            ),
            None if matched.is_empty() => "no items match contains schema".to_owned(),
            _ => String::new(),
        };
        if !message.is_empty() {
            found.push(Violation { causes, ..self.own(message, value, wanted) });
        }
        if let Some(most) = count("maxContains").filter(|&most| matched.len() > most) {
            let message = format!(
                "max {most} items required to match contains schema, but matched {} items at {which}",
                matched.len()
            );
            found.push(self.own(message, value, wanted));
        }
        Ok(())
    }

    /// The first two items that are equal.
    fn twins(&mut self, items: &[Value]) -> Result<Option<(usize, usize)>, Failure> {
        let Some(function) = Functions::standard().find("toJson") else { return Ok(None) };
        let mut known = std::collections::BTreeMap::new();
        for (at, item) in items.iter().enumerate() {
            let printed = self.machine.call(function, vec![item.clone()])?;
            let Data::Str(printed) = printed.data else { continue };
            if let Some(first) = known.insert(printed.as_str().to_owned(), at) {
                return Ok(Some((first, at)));
            }
        }
        Ok(None)
    }

    fn string(
        &mut self,
        schema: &'s Node,
        value: &Value,
        text: &str,
        found: &mut Vec<Violation>,
    ) -> Result<(), Failure> {
        self.bounds(schema, "Length", text.chars().count(), value, found);
        if let Some(pattern) = keyword(schema, "pattern")
            && let Some(wanted) = pattern.text()
            && !self.matches(wanted, text)?
        {
            let message = format!("{} does not match pattern {}", words::quote(text), words::quote(wanted));
            found.push(self.own(message, value, pattern));
        }
        Ok(())
    }

    fn number(&mut self, schema: &'s Node, value: &Value, found: &mut Vec<Violation>) {
        let Some(number) = numbers::of_value(value) else { return };
        let limits: [(&str, &str, Breaks); 5] = [
            ("minimum", "exclusiveMinimum", |number, limit| number < limit),
            ("maximum", "exclusiveMaximum", |number, limit| number > limit),
            ("exclusiveMinimum", "", |number, limit| number <= limit),
            ("exclusiveMaximum", "", |number, limit| number >= limit),
            ("multipleOf", "", |number, step| !numbers::is_multiple(number, step)),
        ];
        for (name, flag, breaks) in limits {
            let Some(node) = keyword(schema, name) else { continue };
            let Some(limit) = numbers::of_node(Some(node)) else { continue };
            // Draft 4: a flag beside the limit makes it one that must not be reached.
            let exclusive = keyword(schema, flag).is_some_and(|node| node.as_bool() == Some(true));
            if breaks(number, limit) || (exclusive && number == limit) {
                let name = if exclusive { flag } else { name };
                let (got, want) = (numbers::printed(number), numbers::printed(limit));
                found.push(self.own(format!("{name}: got {got}, want {want}"), value, node));
            }
        }
    }

    /// `not`, `allOf`, `anyOf`, `oneOf`, `if`.
    fn conditions(
        &mut self,
        schema: &'s Node,
        value: &Value,
        seen: &mut Evaluated,
        found: &mut Vec<Violation>,
    ) -> Result<(), Failure> {
        if let Some(not) = keyword(schema, "not")
            && self.same(not, value, &mut Evaluated::default())?.is_none()
        {
            found.push(self.own("'not' failed".to_owned(), value, not));
        }
        for name in ["allOf", "anyOf", "oneOf"] {
            let Some(list) = keyword(schema, name) else { continue };
            let (mut causes, mut matched) = (Vec::new(), Vec::new());
            for (at, one) in list.items().iter().enumerate() {
                match self.same(one, value, seen)? {
                    Some(cause) => causes.push(cause),
                    None => matched.push(at),
                }
            }
            let message = match (name, &matched[..]) {
                ("allOf", _) if !causes.is_empty() => "'allOf' failed".to_owned(),
                ("anyOf", []) => "'anyOf' failed".to_owned(),
                ("oneOf", []) => "'oneOf' failed, none matched".to_owned(),
                ("oneOf", [first, second, ..]) => {
                    causes.clear();
                    format!("'oneOf' failed, subschemas {first}, {second} matched")
                }
                _ => continue,
            };
            found.push(Violation { causes, ..self.own(message, value, list) });
        }
        if let Some(condition) = keyword(schema, "if").filter(|_| self.schemas.draft >= Draft::V7) {
            let branch = if self.same(condition, value, seen)?.is_none() { "then" } else { "else" };
            if let Some(branch) = keyword(schema, branch) {
                found.extend(self.same(branch, value, seen)?);
            }
        }
        Ok(())
    }

    fn unevaluated(
        &mut self,
        schema: &'s Node,
        value: &Value,
        seen: &mut Evaluated,
        found: &mut Vec<Violation>,
    ) -> Result<(), Failure> {
        if let (Some(below), Data::Map(map)) = (keyword(schema, "unevaluatedProperties"), &value.data) {
            for (name, slot) in crate::values::slots(&self.machine.heap, *map) {
                if seen.properties.insert(Arc::clone(&name)) {
                    found.extend(self.below(below, &slot.value, &name)?);
                }
            }
        }
        if let (Some(below), Data::List(list)) = (keyword(schema, "unevaluatedItems"), &value.data) {
            for (at, item) in self.machine.heap.list(*list).to_vec().iter().enumerate() {
                if seen.items.insert(at) {
                    found.extend(self.below(below, item, &at.to_string())?);
                }
            }
        }
        Ok(())
    }

    /// Whether a text fits an expression; one that is none fits nothing.
    fn matches(&mut self, pattern: &str, text: &str) -> Result<bool, Failure> {
        let Some(function) = Functions::standard().find("mustRegexMatch") else { return Ok(true) };
        self.machine.spend(4 + text.len() as u64 / 16)?;
        let arguments = vec![Value::str(pattern, OriginId::NONE), Value::str(text, OriginId::NONE)];
        match self.machine.call(function, arguments) {
            Ok(answer) => Ok(matches!(answer.data, Data::Bool(true))),
            Err(failure) if failure.kind == FailureKind::Execute => Ok(false),
            Err(failure) => Err(failure),
        }
    }

    /// Whether a value is what a schema spells out.
    fn equals(&mut self, value: &Value, wanted: &Node) -> Result<bool, Failure> {
        self.machine.step()?;
        Ok(match (&value.data, &wanted.value) {
            (Data::Nil | Data::Missing, NodeValue::Null) => true,
            (Data::Map(map), NodeValue::Map(entries)) => {
                let slots = crate::values::slots(&self.machine.heap, *map);
                let mut same = slots.len() == entries.len();
                for (name, slot) in slots {
                    same = same
                        && match entries.get(&name) {
                            Some(wanted) => self.equals(&slot.value, wanted)?,
                            None => false,
                        };
                }
                same
            }
            (Data::List(list), NodeValue::Sequence(wanted)) => {
                let items = self.machine.heap.list(*list).to_vec();
                let mut same = items.len() == wanted.len();
                for (item, wanted) in items.iter().zip(wanted) {
                    same = same && self.equals(item, wanted)?;
                }
                same
            }
            (data, NodeValue::Scalar(scalar)) => match (data, scalar.resolve(Mode::Api)) {
                (Data::Bool(flag), Resolved::Bool(wanted)) => *flag == wanted,
                (Data::Str(text), Resolved::Str | Resolved::Timestamp | Resolved::Refused) => {
                    text.as_str() == &*scalar.text
                }
                (Data::Nil | Data::Missing, Resolved::Null) => true,
                _ => numbers::of_value(value)
                    .is_some_and(|number| numbers::of_node(Some(wanted)) == Some(number)),
            },
            _ => false,
        })
    }
}

fn keyword<'s>(schema: &'s Node, name: &str) -> Option<&'s Node> {
    schema.as_map()?.get(name)
}
