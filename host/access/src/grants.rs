//! Grants: what a caller may do with a database.

use std::fmt;
use std::num::{NonZeroU32, NonZeroU64};

use serde::de::{self, SeqAccess, Visitor, value::SeqAccessDeserializer};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What a caller may do with a database.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Grant {
    /// Name of the database.
    pub database: String,
    /// Database user. `None` is the database's.
    pub user: Option<String>,
    /// Whether the caller may write.
    #[serde(default)]
    pub access: Access,
    /// The statements that the caller may execute.
    pub statements: Statements,
    /// Limit on the rows of a result. `None` is unlimited.
    pub max_rows: Option<NonZeroU64>,
    /// Limit on the bytes of a result's rows, also of one that is streamed. `None` is the gateway's `max_result_bytes`, and
    /// unlimited for a stream.
    pub max_bytes: Option<NonZeroU64>,
    /// How long the statements of a request may be executed, in seconds. `None` is the gateway's `statement_timeout`.
    pub max_seconds: Option<NonZeroU32>,
    /// Limit on requests that are executed at the same time. `None` is unlimited.
    pub max_concurrent_requests: Option<NonZeroU32>,
    /// Limit on requests in each second. `None` is unlimited.
    pub requests_per_second: Option<NonZeroU32>,
    /// Limit on open sessions. 0 allows none. `None` is half of the connections to the database.
    pub max_sessions: Option<u32>,
}

/// Whether sessions may write.
///
/// A read-only session is a guard rail: a caller that writes SQL can undo it. The boundary is the GRANT of the database
/// user.
#[derive(
    Clone, Copy, Debug, Default, Deserialize, Serialize, PartialEq, Eq, Hash, PartialOrd, Ord,
)]
#[serde(rename_all = "kebab-case")]
pub enum Access {
    /// Sessions are read-only.
    #[default]
    ReadOnly,
    /// Sessions may write.
    ReadWrite,
}

/// The statements that a caller may execute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Statements {
    /// Any SQL, and all named statements.
    Any,
    /// Statements of the configuration, by name. A dialect without names compares the statement that a client sends with
    /// them, except for the values.
    Named(Vec<String>),
}

/// The limits of a grant. `None` leaves the gateway's own limit, if it has one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// The rows of a result.
    pub max_rows: Option<NonZeroU64>,
    /// The bytes of a result's rows, also of one that is streamed.
    pub max_bytes: Option<NonZeroU64>,
    /// How long the statements of a request may be executed, in seconds.
    pub max_seconds: Option<NonZeroU32>,
    /// Requests that are executed at the same time.
    pub max_concurrent_requests: Option<NonZeroU32>,
    /// Requests in each second.
    pub requests_per_second: Option<NonZeroU32>,
    /// Open sessions. `None` is half of the connections to the database.
    pub max_sessions: Option<u32>,
}

impl Grant {
    /// A grant without limits. Sessions are read-only.
    #[must_use]
    pub fn new(database: impl Into<String>, statements: Statements) -> Self {
        Self {
            database: database.into(),
            user: None,
            access: Access::default(),
            statements,
            max_rows: None,
            max_bytes: None,
            max_seconds: None,
            max_concurrent_requests: None,
            requests_per_second: None,
            max_sessions: None,
        }
    }

    /// Its limits.
    #[must_use]
    pub fn limits(&self) -> Limits {
        Limits {
            max_rows: self.max_rows,
            max_bytes: self.max_bytes,
            max_seconds: self.max_seconds,
            max_concurrent_requests: self.max_concurrent_requests,
            requests_per_second: self.requests_per_second,
            max_sessions: self.max_sessions,
        }
    }
}

impl Access {
    /// Whether sessions may write.
    #[must_use]
    pub fn allows_writes(self) -> bool {
        self == Self::ReadWrite
    }
}

const ANY: &str = "any";

impl Serialize for Statements {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Any => serializer.serialize_str(ANY),
            Self::Named(names) => names.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Statements {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyOrNames)
    }
}

struct AnyOrNames;

impl<'de> Visitor<'de> for AnyOrNames {
    type Value = Statements;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\"any\", or a list of the names of statements")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Statements, E> {
        if text == ANY {
            Ok(Statements::Any)
        } else {
            Err(E::invalid_value(de::Unexpected::Str(text), &self))
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, names: A) -> Result<Statements, A::Error> {
        Vec::deserialize(SeqAccessDeserializer::new(names)).map(Statements::Named)
    }
}
