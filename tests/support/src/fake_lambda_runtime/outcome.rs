//! What becomes of an invocation.

use serde_json::Value;

use super::http_response::HttpResponse;

/// What becomes of an invocation.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// The function has answered.
    Response(Response),
    /// The function has failed and said so, or its answer could not be taken.
    Error(FunctionError),
    /// It has not answered in time. Lambda would end the process now.
    TimedOut,
    /// The process has ended without an answer: how.
    Ended(String),
}

impl Outcome {
    /// # Panics
    ///
    /// If it is not that.
    #[must_use]
    #[track_caller]
    pub fn response(self) -> Response {
        match self {
            Self::Response(response) => response,
            other => panic!("no response: {other:?}"),
        }
    }

    /// # Panics
    ///
    /// If it is not that.
    #[must_use]
    #[track_caller]
    pub fn error(self) -> FunctionError {
        match self {
            Self::Error(error) => error,
            other => panic!("no error: {other:?}"),
        }
    }
}

/// A function's answer.
#[derive(Clone, Debug)]
pub struct Response {
    /// All of it. Behind a stream's head too.
    pub body: Vec<u8>,
    /// Of the request in which the function gave it, names in lower case.
    pub headers: Vec<(String, String)>,
    /// With `Lambda-Runtime-Function-Response-Mode: streaming`.
    pub is_streamed: bool,
    /// Whether the stream came to its orderly end.
    pub is_whole: bool,
    /// What a stream's trailers say went wrong behind its beginning.
    pub error: Option<FunctionError>,
}

impl Response {
    /// The answer of a direct invocation.
    ///
    /// # Panics
    ///
    /// If it is no JSON, or not whole.
    #[must_use]
    #[track_caller]
    pub fn json(&self) -> Value {
        assert!(self.is_whole, "cut off: {self:?}");
        let parsed = serde_json::from_slice(&self.body);
        parsed.unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// What a client of a Function URL gets of it.
    ///
    /// # Panics
    ///
    /// If Lambda could not make an HTTP response of it.
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

/// What a function says of its failure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionError {
    /// `errorType` of its body, which is what the caller gets.
    pub error_type: String,
    /// `errorMessage` of its body.
    pub message: String,
    /// `Lambda-Runtime-Function-Error-Type`, which goes into metrics.
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

    /// A body that is no such JSON is the message itself.
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

    /// The message, which is JSON.
    ///
    /// # Panics
    ///
    /// If it is none.
    #[must_use]
    #[track_caller]
    pub fn json(&self) -> Value {
        let parsed = serde_json::from_str(&self.message);
        parsed.unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}
