//! Why a type has no strict schema.

use std::fmt;

/// A type that a strict schema cannot express: all that stands in the way, at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemaError {
    /// The type's name.
    pub type_name: String,
    /// What stands in the way. Never empty.
    pub problems: Vec<SchemaProblem>,
}

/// One place of a type that a strict schema cannot express.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemaProblem {
    /// Where, from the type's name on: `Post.sections[].links`. `[]` are the items of a list.
    pub path: String,
    /// What is there.
    pub obstacle: Obstacle,
}

/// What a strict schema cannot express.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Obstacle {
    /// A map whose keys are not known beforehand.
    Map,
    /// A list whose items differ by position.
    Tuple,
    /// Any JSON at all, such as `serde_json::Value`.
    Anything,
    /// A type without values.
    Nothing,
    /// A `$ref` that leads nowhere.
    Reference,
    /// Alternatives of alternatives, or types inside types: more than can be written out.
    Size,
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (what, instead) = match self {
            Self::Map => (
                "a map with arbitrary keys cannot be strict",
                "use a Vec of pairs",
            ),
            Self::Tuple => (
                "a tuple cannot be strict",
                "use a struct with named fields, or an array of one type",
            ),
            Self::Anything => (
                "a value of any shape cannot be strict",
                "use a type that says what it holds",
            ),
            Self::Nothing => (
                "a type without values cannot be answered",
                "give it a variant",
            ),
            Self::Reference => (
                "a `$ref` of its schema leads nowhere",
                "repair its `JsonSchema`",
            ),
            Self::Size => (
                "it is nested too deep, or flattens too many alternatives into one another",
                "give each a field of its own",
            ),
        };
        write!(f, "{what}; {instead}, or `.strict(false)`")
    }
}

impl fmt::Display for SchemaProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`: {}", self.path, self.obstacle)
    }
}

impl fmt::Display for SchemaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            let separator = if index == 0 { "" } else { "\n" };
            write!(f, "{separator}{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for SchemaError {}
