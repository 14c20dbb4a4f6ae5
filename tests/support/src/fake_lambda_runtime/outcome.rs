//! The outcome of an invocation.

use serde_json::Value;

use super::http_response::HttpResponse;

/// The outcome of an invocation.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// The function has responded.
    Response(Response),
    /// The function has reported an error, or the fake has refused its response.
    Error(FunctionError),
    /// The function has not responded in time. Lambda would kill the process now.
    TimedOut,
    /// The process has ended without a response. The text is its exit status and its standard error.
    Ended(String),
}

impl Outcome {
    /// The function's response.
    ///
    /// # Panics
    ///
    /// If the outcome is another.
    #[must_use]
    #[track_caller]
    pub fn response(self) -> Response {
        match self {
            Self::Response(response) => response,
            other => panic!("no response: {other:?}"),
        }
    }

    /// The function's error.
    ///
    /// # Panics
    ///
    /// If the outcome is another.
    #[must_use]
    #[track_caller]
    pub fn error(self) -> FunctionError {
        match self {
            Self::Error(error) => error,
            other => panic!("no error: {other:?}"),
        }
    }
}

/// A function's response.
#[derive(Clone, Debug)]
pub struct Response {
    /// The whole body. For a stream with a head, it contains the head too.
    pub body: Vec<u8>,
    /// The headers of the function's POST request, with names in lower case.
    pub headers: Vec<(String, String)>,
    /// Whether the request had `Lambda-Runtime-Function-Response-Mode: streaming`.
    pub is_streamed: bool,
    /// Whether the body ended orderly.
    pub is_whole: bool,
    /// The error in a stream's trailers: it happened after the stream began.
    pub error: Option<FunctionError>,
}

impl Response {
    /// The response of a direct invocation, parsed as JSON.
    ///
    /// # Panics
    ///
    /// If it is not JSON or was cut off.
    #[must_use]
    #[track_caller]
    pub fn json(&self) -> Value {
        assert!(self.is_whole, "cut off: {self:?}");
        let parsed = serde_json::from_slice(&self.body);
        parsed.unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The response that a client of a Function URL receives.
    ///
    /// # Panics
    ///
    /// If Lambda could not turn it into an HTTP response.
    #[must_use]
    #[track_caller]
    pub fn http(&self) -> HttpResponse {
        if self.is_streamed {
            HttpResponse::from_stream(&self.body)
        } else {
            HttpResponse::from_buffered(&self.body)
        }
    }
}

/// The error that a function reported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionError {
    /// `errorType` of the body, which the caller receives.
    pub error_type: String,
    /// `errorMessage` of the body.
    pub message: String,
    /// The header `Lambda-Runtime-Function-Error-Type`, which appears in metrics.
    pub type_header: Option<String>,
}

impl FunctionError {
    pub(super) fn new(error_type: &str, message: &str) -> Self {
        Self {
            error_type: error_type.to_owned(),
            message: message.to_owned(),
            type_header: None,
        }
    }

    /// Parses the body of an error. If it is not JSON of that form, the whole body is the message.
    pub(super) fn from_body(body: &[u8], type_header: Option<String>) -> Self {
        let document: Value = serde_json::from_slice(body).unwrap_or_default();
        let text = |name| document.get(name).and_then(Value::as_str);
        let whole = String::from_utf8_lossy(body);
        Self {
            error_type: text("errorType").unwrap_or_default().to_owned(),
            message: text("errorMessage").unwrap_or(&whole).to_owned(),
            type_header,
        }
    }

    /// The message, parsed as JSON.
    ///
    /// # Panics
    ///
    /// If the message is not JSON.
    #[must_use]
    #[track_caller]
    pub fn json(&self) -> Value {
        let parsed = serde_json::from_str(&self.message);
        parsed.unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}
