//! Tokens of a statement.

/// A token of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// A word, a quoted name, an operator, or a hint: what must be the same.
    Text(String),
    /// A value, or the values of a list `IN (…)`.
    Values(Vec<Value>),
}

/// A value in a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    /// `?` or `:name`, after signs that belong to it.
    Placeholder { signs: String },
    /// A literal, as it is written.
    Literal(String),
}

impl Value {
    /// Whether a value of a template stands for a value of a statement.
    pub(super) fn covers(&self, given: &Self) -> bool {
        match (self, given) {
            // Only a number begins with a sign.
            (Self::Placeholder { signs }, Self::Literal(literal)) => literal.starts_with(signs),
            _ => self == given,
        }
    }
}

impl Token {
    pub(super) fn is(&self, text: &str) -> bool {
        matches!(self, Self::Text(it) if it.eq_ignore_ascii_case(text))
    }
}
