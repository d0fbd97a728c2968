//! The names a configuration may speak of. The rules and the fleet come later in the flow than
//! the configuration, so they hand their names in.

/// Names that stand outside the configuration itself.
#[derive(Debug, Clone)]
pub struct Vocabulary {
    /// Every rule, sorted by id.
    pub rules: Vec<RuleWords>,
    /// The columns of the table of severities: `prod`, `staging`, `dev`, `unnamed`.
    pub columns: Vec<&'static str>,
    /// Whether a name is a usual one of an environment, found where no ladder is stated.
    pub is_usual_environment: fn(&str) -> bool,
}

/// What can be said of a rule.
#[derive(Debug, Clone)]
pub struct RuleWords {
    /// Its id.
    pub id: &'static str,
    /// Its category.
    pub category: &'static str,
    /// One line.
    pub summary: &'static str,
    /// The names of its cases.
    pub cases: Vec<&'static str>,
    /// Its parameters.
    pub params: Vec<ParamWords>,
}

/// A parameter of a rule.
#[derive(Debug, Clone)]
pub struct ParamWords {
    /// Its name.
    pub name: &'static str,
    /// Its type, as the page declares it.
    pub kind: &'static str,
    /// Its default, as JSON.
    pub default: &'static str,
    /// What it means.
    pub meaning: &'static str,
}
