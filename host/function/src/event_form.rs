//! In which form events come, and answers go.

use super::accept::Format;

/// How the answer is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// The rows, or a function error.
    Direct,
    /// An HTTP response, whose body may come in pieces if it is a Function URL's.
    Http { format: Format, may_stream: bool },
}

/// How an event came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    Direct,
    Http,
}

/// For who sends another event.
pub(super) const HOW: &str =
    r#"{} executes the default statement, {"query": "by_id", "parameters": [7]} a named one"#;
