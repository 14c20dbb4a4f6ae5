//! The failure of an invocation, as the caller and the log see it.

use std::time::Duration;

use lambda_runtime::Diagnostic;
use serde_json::{Map, Value as Json, json};

use rds_bridge::error::{Category, Chain, Error, ErrorKind, Remedy, Stage, TOO_MANY_CONNECTIONS};
use rds_bridge::pool::PoolError;

/// The type of a failure, which callers match on. It is part of the function's contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Type {
    InvalidEvent,
    InvalidParameters,
    AdHocSqlNotAllowed,
    Unauthenticated,
    NotServed,
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
            Self::Unauthenticated => "Unauthenticated",
            Self::NotServed => "NotServed",
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

    /// The HTTP status: RFC 9110, "Status Codes".
    pub(super) fn status(self) -> u16 {
        match self {
            Self::InvalidEvent | Self::InvalidParameters => 400,
            Self::Unauthenticated => 401,
            Self::AdHocSqlNotAllowed | Self::NotServed => 403,
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

/// A failure. It contains no secrets.
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

    /// The failure of a secret that is not the database's, with the variable that names it.
    #[cfg(feature = "secrets-manager")]
    pub(super) fn of_secret(error: Error, variable: &str) -> Self {
        let problem = match error.kind() {
            ErrorKind::Setting { problem, .. } => problem.to_string(),
            _ => describe(&error),
        };
        Self {
            message: format!("{variable}: {problem}"),
            ..error.into()
        }
    }

    /// The deadline ended the work: `what` did not happen within `limit`.
    pub(super) fn deadline(what: &str, limit: Duration) -> Self {
        Self::new(
            Type::Deadline,
            format!(
                "{what} within {:.1} s, and the function stops, because its timeout is near",
                limit.as_secs_f64()
            ),
        )
    }

    /// As [`Self::deadline`], while a connection was being opened: adds the stage it had reached and the likely cause.
    pub(super) fn deadline_of_connecting(error: &Error, limit: Duration) -> Self {
        let failure = Self::deadline("no connection to the database was established", limit);
        Self {
            message: format!("{} ({error})", failure.message),
            hint: hint(error),
            stage: Some(error.stage()),
            ..failure
        }
    }

    /// Adds to the message what happened after the failure.
    pub(super) fn and_then(mut self, what: &str) -> Self {
        self.message = format!("{}: {what}", self.message);
        self
    }

    pub(super) fn kind(&self) -> Type {
        self.kind
    }

    #[cfg(test)]
    pub(super) fn message(&self) -> &str {
        &self.message
    }

    /// The JSON for callers over HTTP. Failures with a status of 500 or above keep only their type and request id:
    /// their messages name users, addresses and settings, and are for the log alone.
    pub(super) fn public_json(&self, request_id: &str) -> Json {
        let kind = self.kind;
        let public = match kind {
            _ if kind.status() >= 500 => Self::new(kind, ""),
            // Their hints are for the person who deploys the function.
            Type::AdHocSqlNotAllowed | Type::UnknownQuery | Type::ResultTooLarge => Self {
                hint: None,
                ..self.clone()
            },
            _ => self.clone(),
        };
        public.json(request_id)
    }

    /// The complete JSON, for the log and for the `errorMessage` of a direct invocation.
    pub(super) fn json(&self, request_id: &str) -> Json {
        let mut object = Map::new();
        let mut put = |name: &str, value: Option<Json>| {
            if let Some(value) = value {
                object.insert(name.to_owned(), value);
            }
        };
        put("type", Some(json!(self.kind.name())));
        let has_message = !self.message.is_empty();
        put("message", has_message.then(|| json!(self.message)));
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

    /// The failure in the two fields of the Lambda Runtime API.
    pub(super) fn diagnostic(&self, request_id: &str) -> Diagnostic {
        Diagnostic {
            error_type: format!("RdsBridge.{}", self.kind.name()),
            error_message: self.json(request_id).to_string(),
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let is_full = error
            .code()
            .is_some_and(|code| TOO_MANY_CONNECTIONS.contains(&code));
        let kind = match error.category() {
            _ if is_full => Type::TooManyConnections,
            Category::Limit => Type::ResultTooLarge,
            // No statement of a request may be one, whatever the database would do with it.
            _ if matches!(error.kind(), ErrorKind::TransactionStatement) => Type::InvalidEvent,
            Category::Settings if matches!(error.kind(), ErrorKind::ParameterCount { .. }) => {
                Type::InvalidParameters
            }
            Category::Settings => Type::Settings,
            Category::Credentials => Type::Credentials,
            Category::Network => Type::Network,
            Category::Tls => Type::Tls,
            Category::Login => Type::Login,
            Category::Statement => Type::Statement,
            Category::Protocol => Type::Protocol,
            Category::Bug => Type::Bug,
        };
        let message = describe(&error);
        Self {
            kind,
            message,
            hint: hint(&error),
            stage: Some(error.stage()),
            code: error.code(),
            sql_state: error.sql_state().map(str::to_owned),
        }
    }
}

/// The library's message. It names a setting by the environment variable that the function reads it from.
fn describe(error: &Error) -> String {
    if let ErrorKind::Setting { setting, problem } = error.kind()
        && let Some(variable) = variable_of(setting)
    {
        return format!("{variable}: {problem}");
    }
    if matches!(error.kind(), ErrorKind::TransactionStatement) {
        return "the function itself commits each statement, or rolls it back if it fails, so BEGIN, START TRANSACTION, \
                COMMIT and ROLLBACK are not allowed as statements"
            .to_owned();
    }
    if let ErrorKind::RowTooLarge { limit } = error.kind() {
        return format!("a row is longer than {limit} bytes, the limit for a row");
    }
    Chain(error).to_string()
}

/// The environment variable for a setting of the library; `None` if the function has none for it.
fn variable_of(setting: &str) -> Option<&'static str> {
    Some(match setting {
        "endpoint" => "DB_HOST",
        "port" => "DB_PORT",
        "user" => "DB_USER",
        "database" => "DB_NAME",
        "secret" => "DB_SECRET_ARN",
        "connect_to" => "DB_CONNECT_TO",
        "resolve_cname" => "DB_RESOLVE_CNAME",
        "region" => "DB_REGION",
        "ca_file" => "DB_CA_FILE",
        "role" => "DB_ROLE",
        "topology" => "DB_TOPOLOGY",
        _ => return None,
    })
}

/// The remedy's text. It names settings by their environment variables.
fn describe_remedy(remedy: &Remedy) -> String {
    remedy.with_names(|setting| {
        let words = match setting {
            "resolve_cname" => "DB_RESOLVE_CNAME=true",
            "allow_writes" => "ALLOW_WRITES=true",
            // The function has a single variable for CA files, and its own timeouts for connecting.
            "extra_ca_file" => "DB_CA_FILE",
            "timeouts" => "the function's Timeout",
            _ => variable_of(setting)?,
        };
        Some(words.to_owned())
    })
}

fn hint(error: &Error) -> Option<String> {
    if let ErrorKind::Region(region) = error.kind() {
        return Some(describe_remedy(&region.hint()));
    }
    if let ErrorKind::RowTooLarge { .. } = error.kind() {
        return Some("select fewer columns, or a part of the value with SUBSTRING".to_owned());
    }
    let cause = error.causes().first();
    cause.map(|cause| format!("{}: {}", cause.why, describe_remedy(&cause.remedy)))
}

impl From<PoolError> for Failure {
    fn from(error: PoolError) -> Self {
        match error {
            PoolError::Connect(error) => error.into(),
            PoolError::Timeout { limit, max_size } => {
                let problem = format!(
                    "no connection was free within {} s, and at most {max_size} are allowed",
                    limit.as_secs_f32()
                );
                Self::new(Type::PoolTimeout, problem).with_hint("increase DB_POOL_SIZE, or retry")
            }
            PoolError::Setting { .. } => Self::new(Type::Settings, error.to_string()),
            PoolError::Closed => Self::new(Type::Bug, error.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rds_bridge::component::ServerError;

    #[test]
    fn a_setting_is_named_by_its_variable() {
        let failure = Failure::from(Error::setting("endpoint", "it is empty"));
        assert_eq!(failure.kind(), Type::Settings);
        assert_eq!(failure.message(), "DB_HOST: it is empty");
        let failure = Failure::from(Error::setting("clock", "it is off"));
        assert_eq!(failure.message(), "settings: clock: it is off");
    }

    #[test]
    fn a_hint_names_variables() {
        let remedy = "{connect_to}, {resolve_cname}, {extra_ca_file}, {timeouts}".into();
        assert_eq!(
            describe_remedy(&remedy),
            "DB_CONNECT_TO, DB_RESOLVE_CNAME=true, DB_CA_FILE, the function's Timeout"
        );
    }

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
        for (code, stage) in [
            (1040, Stage::InitialHandshake),
            (1203, Stage::Login),
            (1226, Stage::Login),
            (9501, Stage::Statement),
        ] {
            let server = ServerError {
                code,
                sql_state: None,
                message: "Too many connections".into(),
            };
            let failure = Failure::from(Error::new(stage, ErrorKind::Server(server)));
            assert_eq!(failure.kind().status(), 503, "{code}");
        }
    }

    #[test]
    fn over_http_nothing_is_told_of_what_is_behind_it() {
        let full = Failure::new(Type::Login, "Access denied for user 'u'@'10.0.0.1'")
            .with_hint("set DB_USER in the function's environment");
        let expected = json!({"type": "Login", "requestId": "id-1"});
        assert_eq!(full.public_json("id-1"), expected);
        let refused =
            Failure::new(Type::UnknownQuery, "there is no query \"a\"").with_hint("DB_QUERIES");
        let expected = json!({"type": "UnknownQuery", "message": "there is no query \"a\"", "requestId": "id-1"});
        assert_eq!(refused.public_json("id-1"), expected);
    }
}
