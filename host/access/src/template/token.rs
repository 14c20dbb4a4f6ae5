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
    /// `?` or `:name`.
    Placeholder,
    /// A literal, as it is written.
    Literal(String),
}

impl Token {
    pub(super) fn is(&self, text: &str) -> bool {
        matches!(self, Self::Text(it) if it.eq_ignore_ascii_case(text))
    }
}
