//! The section `rules`: severities and parameters, by the names the registry knows.

use std::collections::BTreeMap;

use mlgitops_yaml::{Key, Map, Node, Value as NodeValue};

use super::check::{Checker, Data};
use super::nearest::nearest;
use super::scalar::{self, Form, Single, list, shown};
use super::vocabulary::{ParamWords, RuleWords, Vocabulary};
use super::{Level, Levels, ParamValue, RuleConfig, Stated};
use crate::finding::Severity;

/// The words of severities, `off` among them.
pub(super) const LEVEL_WORDS: [&str; 4] = ["off", "note", "warning", "error"];
/// The key of a rule's parameters.
pub(super) const PARAMS: &str = "params";

/// The names that this configuration may speak of.
pub(super) struct Names<'v> {
    /// What the rules and the fleet know.
    pub(super) vocabulary: &'v Vocabulary,
    /// The ladder; empty: the usual names.
    pub(super) ladder: Vec<String>,
}

impl Names<'_> {
    /// Whether this names an environment.
    pub(super) fn has_environment(&self, word: &str) -> bool {
        match self.ladder.as_slice() {
            [] => (self.vocabulary.is_usual_environment)(word),
            ladder => ladder.iter().any(|name| name == word),
        }
    }

    /// Whether severities can be set for it: an environment, or a column of their table.
    fn takes_level(&self, word: &str) -> bool {
        self.has_environment(word) || self.vocabulary.columns.contains(&word)
    }

    /// The words to choose from: the ladder, and the columns of the table of severities.
    fn environments(&self) -> Vec<&str> {
        let columns = self.vocabulary.columns.iter().copied();
        let columns = columns.filter(|column| !self.ladder.iter().any(|name| name == column));
        self.ladder.iter().map(String::as_str).chain(columns).collect()
    }

    /// What a name in the section stands for.
    fn find(&self, name: &str) -> Option<Named<'_>> {
        let rules = &self.vocabulary.rules;
        let rule = rules.iter().find(|rule| {
            rule.id == name || name.split_once('/').is_some_and(|long| long == (rule.category, rule.id))
        });
        let category = || rules.iter().find(|rule| rule.category == name);
        rule.map(Named::Rule).or_else(|| category().map(|rule| Named::Category(rule.category)))
    }
}

/// What a name in the section stands for.
#[derive(Clone, Copy)]
enum Named<'v> {
    Rule(&'v RuleWords),
    Category(&'static str),
}

impl<'v> Named<'v> {
    /// The name the settings are kept under.
    fn id(self) -> &'static str {
        match self {
            Self::Rule(rule) => rule.id,
            Self::Category(category) => category,
        }
    }

    fn cases(self) -> &'v [&'static str] {
        match self {
            Self::Rule(rule) => &rule.cases,
            Self::Category(_) => &[],
        }
    }

    fn params(self) -> &'v [ParamWords] {
        match self {
            Self::Rule(rule) => &rule.params,
            Self::Category(_) => &[],
        }
    }

    /// What may stand in its map.
    fn words<'n>(self, names: &'n Names<'n>) -> Vec<&'n str>
    where
        'v: 'n,
    {
        let params = (!self.params().is_empty()).then_some(PARAMS);
        self.cases().iter().copied().chain(names.environments()).chain(params).collect()
    }
}

/// Reads the section; parameters only where `with_params`: those of one rule hold everywhere.
pub(super) fn rules(
    checker: &mut Checker<'_>,
    node: &Node,
    names: &Names<'_>,
    with_params: bool,
) -> BTreeMap<String, RuleConfig> {
    let mut rules = BTreeMap::new();
    let map = match &node.value {
        NodeValue::Map(map) => map,
        NodeValue::Null => return rules,
        _ => {
            checker.wrong("rules", node, "a map", "write `rule: severity` for each");
            return rules;
        }
    };
    for (key, value) in map.iter() {
        if checker.has_enough() {
            break;
        }
        let Some(named) = names.find(key.name()) else {
            unknown_rule(checker, key, names.vocabulary);
            continue;
        };
        let stated = checker.key(key);
        let mut reader = Reader { checker, names, named };
        let config = reader.rule(stated.clone(), value);
        if rules.contains_key(named.id()) {
            let message = format!("`{}` stands here again, by its other name", named.id());
            checker.refuse(stated.location, message, "keep one of the two".to_owned());
            continue;
        }
        if let Some((_, param)) = config.params.iter().next().filter(|_| !with_params) {
            let message = format!("parameters of `{}` hold for every path", named.id());
            checker.refuse(param.location.clone(), message, "state them under `rules`".to_owned());
        }
        rules.insert(named.id().to_owned(), config);
    }
    rules
}

fn unknown_rule(checker: &mut Checker<'_>, key: &Key, vocabulary: &Vocabulary) {
    let names = vocabulary.rules.iter().flat_map(|rule| [rule.id, rule.category]);
    let short = key.name().rsplit('/').next().unwrap_or_default();
    let help = match nearest(short, names) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => "`mlgitops rules` lists them".to_owned(),
    };
    let message = format!("there is no rule and no category `{}`", shown(key.name()));
    checker.refuse(checker.location(key.origin), message, help);
}

/// The reader of one rule's settings.
struct Reader<'r, 'f> {
    checker: &'r mut Checker<'f>,
    names: &'r Names<'r>,
    named: Named<'r>,
}

impl Reader<'_, '_> {
    fn rule(&mut self, name: Stated<String>, node: &Node) -> RuleConfig {
        let mut config = RuleConfig { location: Some(name.location), ..RuleConfig::default() };
        let NodeValue::Map(map) = &node.value else {
            config.levels.everywhere = self.level(&name.value, node);
            return config;
        };
        for (key, value) in map.iter() {
            if self.checker.has_enough() {
                break;
            }
            let word = key.name();
            if self.named.cases().contains(&word) {
                let levels = self.case(word, value);
                config.cases.insert(word.to_owned(), levels);
            } else if self.names.takes_level(word) {
                let level = self.level(word, value);
                config.levels.environments.extend(level.map(|level| (word.to_owned(), level)));
            } else if word == PARAMS {
                config.params = self.params(value);
            } else {
                self.unknown_word(key);
            }
        }
        config
    }

    /// A severity, or one for each of some environments.
    fn case(&mut self, case: &str, node: &Node) -> Levels {
        let mut levels = Levels::default();
        let NodeValue::Map(map) = &node.value else {
            levels.everywhere = self.level(case, node);
            return levels;
        };
        for (key, value) in map.iter() {
            if self.checker.has_enough() {
                break;
            }
            let word = key.name();
            if self.names.takes_level(word) {
                let level = self.level(word, value);
                levels.environments.extend(level.map(|level| (word.to_owned(), level)));
            } else {
                let words = self.names.environments();
                let help = did_you_mean(word, &words, "the environments are");
                let message = format!("there is no environment `{}`", shown(word));
                self.checker.refuse(self.checker.location(key.origin), message, help);
            }
        }
        levels
    }

    fn unknown_word(&mut self, key: &Key) {
        let word = shown(key.name());
        let message = match self.named {
            Named::Rule(rule) => format!("`{word}` is no case of `{}` and no environment", rule.id),
            Named::Category(_) => format!("`{word}` is no environment; the cases of a rule stand below it"),
        };
        let help = did_you_mean(key.name(), &self.named.words(self.names), "there are");
        self.checker.refuse(self.checker.location(key.origin), message, help);
    }

    /// A severity. YAML reads `off` as false, so both are taken.
    fn level(&mut self, name: &str, node: &Node) -> Option<Stated<Level>> {
        let location = self.checker.location(node.origin);
        let text = node.as_scalar().map(|scalar| &*scalar.text);
        let level = match text {
            Some("off" | "Off" | "OFF" | "false" | "False" | "FALSE") => None,
            Some(word) if Severity::parse(word).is_some() => Severity::parse(word),
            Some(word) => {
                let message = format!("`{}` takes a severity, not `{}`", shown(name), shown(word));
                let help = did_you_mean(word, &LEVEL_WORDS, "write one of");
                self.checker.refuse(location, message, help);
                return None;
            }
            None => {
                let help = format!("write one of {}", list(&LEVEL_WORDS));
                self.checker.wrong(name, node, "a severity", &help);
                return None;
            }
        };
        Some(Stated { value: level, location })
    }

    fn params(&mut self, node: &Node) -> BTreeMap<String, Stated<ParamValue>> {
        let mut params = BTreeMap::new();
        let map = match &node.value {
            NodeValue::Map(map) => map,
            NodeValue::Null => return params,
            _ => {
                self.checker.wrong(PARAMS, node, "a map", "write `parameter: value` for each");
                return params;
            }
        };
        for (key, value) in map.iter() {
            if self.checker.has_enough() {
                break;
            }
            match self.named.params().iter().find(|param| param.name == key.name()) {
                Some(param) => {
                    let location = self.checker.location(value.origin);
                    let read = param_value(self.checker, param, value);
                    let stated = read.map(|value| (param.name.to_owned(), Stated { value, location }));
                    params.extend(stated);
                }
                None => self.unknown_param(key),
            }
        }
        params
    }

    fn unknown_param(&mut self, key: &Key) {
        let names: Vec<&str> = self.named.params().iter().map(|param| param.name).collect();
        let help = match names.as_slice() {
            [] => "it has none".to_owned(),
            names => did_you_mean(key.name(), names, "its parameters are"),
        };
        let message = format!("`{}` is no parameter of `{}`", shown(key.name()), self.named.id());
        self.checker.refuse(self.checker.location(key.origin), message, help);
    }
}

fn did_you_mean(word: &str, known: &[&str], otherwise: &str) -> String {
    match nearest(word, known.iter().copied()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("{otherwise} {}", list(known)),
    }
}

/// The form of the single values of a parameter, by the type its page declares.
pub(super) fn param_form(param: &ParamWords) -> Form {
    match param.kind {
        "bool" => Form::Bool,
        "int" => Form::Int(0, i64::MAX),
        "float" => Form::Number(0.0, f64::MAX),
        "duration" => Form::Duration(scalar::YEAR),
        "size" => Form::Size,
        "regexes" => Form::Regex,
        _ => Form::Text,
    }
}

fn param_value(checker: &mut Checker<'_>, param: &ParamWords, node: &Node) -> Option<ParamValue> {
    let form = param_form(param);
    match (param.kind, &node.value) {
        ("list" | "regexes", NodeValue::Sequence(items)) => texts(checker, param.name, items, form),
        ("list" | "regexes", _) => {
            checker.wrong(param.name, node, "a list", "write it as `[a, b]`");
            None
        }
        ("map", NodeValue::Map(map)) => text_map(checker, map),
        ("map", _) => {
            checker.wrong(param.name, node, "a map", "write it as `{name: value}`");
            None
        }
        _ => match checker.scalar(param.name, node, form) {
            Data::Single(single) => Some(of_single(single)),
            _ => None,
        },
    }
}

fn texts(checker: &mut Checker<'_>, name: &str, items: &[Node], form: Form) -> Option<ParamValue> {
    let text = |item: &Node| match checker.scalar(name, item, form) {
        Data::Single(Single::Text(text)) => Some(text),
        _ => None,
    };
    items.iter().map(text).collect::<Option<Vec<String>>>().map(ParamValue::List)
}

fn text_map(checker: &mut Checker<'_>, map: &Map) -> Option<ParamValue> {
    let text = |(key, value): (&Key, &Node)| match checker.scalar(key.name(), value, Form::Text) {
        Data::Single(Single::Text(text)) => Some((key.name().to_owned(), text)),
        _ => None,
    };
    map.iter().map(text).collect::<Option<BTreeMap<String, String>>>().map(ParamValue::Map)
}

fn of_single(single: Single) -> ParamValue {
    match single {
        Single::Text(text) => ParamValue::String(text),
        Single::Bool(value) => ParamValue::Bool(value),
        Single::Int(value) => ParamValue::Int(value),
        Single::Number(value) => ParamValue::Float(value),
        Single::Duration(value) => ParamValue::Duration(value),
        Single::Bytes(value) => ParamValue::Size(value),
        Single::Date(value) => ParamValue::String(value.to_string()),
    }
}
