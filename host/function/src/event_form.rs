//! The forms of events and of responses.

use super::accept::Format;

/// The form of the response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// The rows themselves, or a function error.
    Direct,
    /// An HTTP response. Its body can be streamed only for a Function URL.
    Http { format: Format, may_stream: bool },
}

/// The source of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    Direct,
    Http,
}

/// The hint for an event that cannot be read.
pub(super) const HOW: &str = r#"send {} for the default statement, or {"query": "by_id", "parameters": [7]} for a named one"#;
