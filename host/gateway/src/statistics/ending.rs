//! How requests end.

use std::fmt;

/// How a request ended. Each request has one, also if its client has not waited for the answer. It is an extension of a
/// response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// With the whole result.
    Answered,
    /// Nothing was executed: the request is malformed, or the gateway cannot serve it.
    Refused,
    /// Nothing was executed: the sender is not known.
    Unauthenticated,
    /// Nothing was executed: the caller may not do this.
    Denied,
    /// Nothing was executed: a limit of the caller is reached.
    Limited,
    /// The statement failed, or its result was not returned as a whole.
    Failed,
    /// It is not known what was executed.
    Unknown,
    /// The client disconnected, or the gateway ended, before the answer was complete.
    Cancelled,
}

impl Ending {
    pub(crate) const ALL: [Self; 8] = [
        Self::Answered,
        Self::Refused,
        Self::Unauthenticated,
        Self::Denied,
        Self::Limited,
        Self::Failed,
        Self::Unknown,
        Self::Cancelled,
    ];
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Answered => "answered",
            Self::Refused => "refused",
            Self::Unauthenticated => "unauthenticated",
            Self::Denied => "denied",
            Self::Limited => "limited",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
            Self::Cancelled => "cancelled",
        })
    }
}
