//! What went wrong with an invocation, as a caller gets it.

use std::time::Duration;

use lambda_runtime::Diagnostic;
use serde_json::{Map, Value as Json, json};

use crate::cli::Exit;
use crate::error::{Error, ErrorKind, Stage};
use crate::pool::PoolError;

/// What a caller distinguishes. Part of the function's contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Type {
    InvalidEvent,
    InvalidParameters,
    AdHocSqlNotAllowed,
    UnknownQuery,
    MethodNotAllowed,
    NotAcceptable,
    EventTooLarge,
    UnsupportedMedia,
    ResultTooLarge,
    Statement,
    Settings,
    Bug,
    Credentials,
    Network,
    Tls,
    Login,
    Protocol,
    PoolTimeout,
    TooManyConnections,
    Deadline,
}

impl Type {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::InvalidEvent => "InvalidEvent",
            Self::InvalidParameters => "InvalidParameters",
            Self::AdHocSqlNotAllowed => "AdHocSqlNotAllowed",
            Self::UnknownQuery => "UnknownQuery",
            Self::MethodNotAllowed => "MethodNotAllowed",
            Self::NotAcceptable => "NotAcceptable",
            Self::EventTooLarge => "EventTooLarge",
            Self::UnsupportedMedia => "UnsupportedMediaType",
            Self::ResultTooLarge => "ResultTooLarge",
            Self::Statement => "Statement",
            Self::Settings => "Settings",
            Self::Bug => "Bug",
            Self::Credentials => "Credentials",
            Self::Network => "Network",
            Self::Tls => "Tls",
            Self::Login => "Login",
            Self::Protocol => "Protocol",
            Self::PoolTimeout => "PoolTimeout",
            Self::TooManyConnections => "TooManyConnections",
            Self::Deadline => "Deadline",
        }
    }

    /// RFC 9110, "Status Codes".
    pub(super) fn status(self) -> u16 {
        match self {
            Self::InvalidEvent | Self::InvalidParameters => 400,
            Self::AdHocSqlNotAllowed => 403,
            Self::UnknownQuery => 404,
            Self::MethodNotAllowed => 405,
            Self::NotAcceptable => 406,
            Self::EventTooLarge => 413,
            Self::UnsupportedMedia => 415,
            Self::ResultTooLarge => 422,
            Self::Statement | Self::Settings | Self::Bug => 500,
            Self::Credentials | Self::Network | Self::Tls | Self::Login | Self::Protocol => 502,
            Self::PoolTimeout | Self::TooManyConnections => 503,
            Self::Deadline => 504,
        }
    }
}

/// `ER_CON_COUNT_ERROR`, `ER_TOO_MANY_USER_CONNECTIONS`, `ER_USER_LIMIT_REACHED`
const TOO_MANY: [u16; 3] = [1040, 1203, 1226];

/// What went wrong. Nothing in it is secret.
#[derive(Clone, Debug)]
pub(super) struct Failure {
    kind: Type,
    message: String,
    hint: Option<String>,
    stage: Option<Stage>,
    code: Option<u16>,
    sql_state: Option<String>,
}

impl Failure {
    pub(super) fn new(kind: Type, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            hint: None,
            stage: None,
            code: None,
            sql_state: None,
        }
    }

    pub(super) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The function's deadline was near: what was under way then, and how long it had had.
    pub(super) fn deadline(what: &str, limit: Duration) -> Self {
        Self::new(
            Type::Deadline,
            format!(
                "{what} within {:.1} s, and the function's own end is near",
                limit.as_secs_f64()
            ),
        )
    }

    pub(super) fn kind(&self) -> Type {
        self.kind
    }

    #[cfg(test)]
    pub(super) fn message(&self) -> &str {
        &self.message
    }

    /// As a caller over HTTP gets it, and as a direct one finds it in `errorMessage`.
    pub(super) fn json(&self, request_id: &str) -> Json {
        let mut object = Map::new();
        let mut put = |name: &str, value: Option<Json>| {
            if let Some(value) = value {
                object.insert(name.to_owned(), value);
            }
        };
        put("type", Some(json!(self.kind.name())));
        put("message", Some(json!(self.message)));
        put("hint", self.hint.as_ref().map(|hint| json!(hint)));
        put("stage", self.stage.map(|stage| json!(stage.to_string())));
        put("code", self.code.map(|code| json!(code)));
        put(
            "sqlState",
            self.sql_state.as_ref().map(|state| json!(state)),
        );
        let is_known = !request_id.is_empty();
        put("requestId", is_known.then(|| json!(request_id)));
        Json::Object(object)
    }

    /// As the Lambda Runtime API takes it, which has two fields.
    pub(super) fn diagnostic(&self, request_id: &str) -> Diagnostic {
        Diagnostic {
            error_type: format!("RdsBridge.{}", self.kind.name()),
            error_message: self.json(request_id).to_string(),
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let is_full = error.code().is_some_and(|code| TOO_MANY.contains(&code));
        let kind = match Exit::of(&error) {
            _ if is_full => Type::TooManyConnections,
            Exit::Usage if matches!(error.kind(), ErrorKind::ParameterCount { .. }) => {
                Type::InvalidParameters
            }
            Exit::Usage => Type::Settings,
            Exit::Credentials => Type::Credentials,
            Exit::Network => Type::Network,
            Exit::Tls => Type::Tls,
            Exit::Login => Type::Login,
            Exit::Statement => Type::Statement,
            Exit::Protocol => Type::Protocol,
            Exit::Success | Exit::Bug | Exit::NotAToken | Exit::InputOutput | Exit::Interrupted => {
                Type::Bug
            }
        };
        let message = crate::cli::Chain(&error).to_string();
        let hint = error.causes().first();
        Self {
            kind,
            message,
            hint: hint.map(|cause| format!("{}: {}", cause.why, cause.remedy)),
            stage: Some(error.stage()),
            code: error.code(),
            sql_state: error.sql_state().map(str::to_owned),
        }
    }
}

impl From<PoolError> for Failure {
    fn from(error: PoolError) -> Self {
        match error {
            PoolError::Connect(error) => error.into(),
            PoolError::Timeout { .. } => Self::new(Type::PoolTimeout, error.to_string())
                .with_hint("raise DB_POOL_SIZE, or try again"),
            PoolError::Setting { .. } => Self::new(Type::Settings, error.to_string()),
            PoolError::Closed => Self::new(Type::Bug, error.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guest::ServerError;

    #[test]
    fn the_server_s_words_codes_and_a_hint() {
        let server = ServerError {
            code: 1146,
            sql_state: Some("42S02".into()),
            message: "Table 'iamtest.nothing' doesn't exist".into(),
        };
        let failure = Failure::from(Error::new(Stage::Statement, ErrorKind::Server(server)));
        let json = failure.json("id-1");
        assert_eq!(json["type"], "Statement");
        assert_eq!(json["stage"], "statement");
        assert_eq!(
            (&json["code"], &json["sqlState"]),
            (&json!(1146), &json!("42S02"))
        );
        assert_eq!(json["requestId"], "id-1");
        assert!(json["hint"].is_string(), "{json}");
        let diagnostic = failure.diagnostic("id-1");
        assert_eq!(diagnostic.error_type, "RdsBridge.Statement");
        assert_eq!(diagnostic.error_message, json.to_string());
    }

    #[test]
    fn a_full_server_is_to_be_asked_again() {
        let server = ServerError {
            code: 1040,
            sql_state: None,
            message: "Too many connections".into(),
        };
        let failure = Failure::from(Error::new(Stage::Tls, ErrorKind::ServerBeforeTls(server)));
        assert_eq!(failure.kind().status(), 503);
    }
}
