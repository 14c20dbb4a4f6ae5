//! How a Function URL turns a function's response into an HTTP response.
//!
//! Source: AWS Lambda Developer Guide, "Invoking Lambda function URLs" (response payload format) and "Response
//! streaming in custom runtimes".

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

/// Separates the head of a stream from its body.
const DELIMITER: [u8; 8] = [0; 8];

/// The response that a client of a Function URL receives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpResponse {
    /// The status code.
    pub status: u16,
    /// The headers, with names in lower case.
    pub headers: Vec<(String, String)>,
    /// The cookies, each the value of a `Set-Cookie`.
    pub cookies: Vec<String>,
    /// The body, decoded.
    pub body: Vec<u8>,
}

impl HttpResponse {
    /// The value of a header. `name` is in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(own, _)| own == name);
        found.map(|(_, value)| value.as_str())
    }

    /// The body, parsed as JSON.
    ///
    /// # Panics
    ///
    /// If the body is not JSON.
    #[must_use]
    #[track_caller]
    pub fn json(&self) -> Value {
        let parsed = serde_json::from_slice(&self.body);
        parsed.unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The body as text.
    ///
    /// # Panics
    ///
    /// If the body is not UTF-8.
    #[must_use]
    #[track_caller]
    pub fn text(&self) -> &str {
        str::from_utf8(&self.body).unwrap()
    }

    #[track_caller]
    pub(super) fn from_buffered(answer: &[u8]) -> Self {
        let document: Value = serde_json::from_slice(answer).unwrap();
        let Some(head) = document.as_object().filter(|it| it.contains_key(STATUS)) else {
            // Without a status, Lambda infers the status and the content type.
            return Self {
                status: 200,
                headers: vec![("content-type".to_owned(), "application/json".to_owned())],
                cookies: Vec::new(),
                body: answer.to_vec(),
            };
        };
        let body = head.get("body").and_then(Value::as_str).unwrap_or_default();
        let body = match head.get("isBase64Encoded") {
            Some(Value::Bool(true)) => STANDARD.decode(body).unwrap(),
            Some(Value::Bool(false)) | None => body.as_bytes().to_vec(),
            other => panic!("isBase64Encoded: {other:?}"),
        };
        Self::new(head, body)
    }

    #[track_caller]
    pub(super) fn from_stream(answer: &[u8]) -> Self {
        let mut windows = answer.windows(DELIMITER.len());
        let at = windows.position(|window| window == DELIMITER);
        let (head, rest) = answer.split_at(at.expect("eight NULs behind the head"));
        let head: Value = serde_json::from_slice(head).unwrap();
        let body = rest.get(DELIMITER.len()..).unwrap_or_default();
        Self::new(head.as_object().expect("an object"), body.to_vec())
    }

    #[track_caller]
    fn new(head: &Map<String, Value>, body: Vec<u8>) -> Self {
        let status = head.get(STATUS).and_then(Value::as_u64);
        let status = status.and_then(|status| u16::try_from(status).ok());
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let headers = head.get("headers").and_then(Value::as_object);
        let cookies = head.get("cookies").and_then(Value::as_array);
        Self {
            status: status.expect("a status"),
            headers: headers
                .into_iter()
                .flatten()
                .map(|(name, value)| (name.to_ascii_lowercase(), text(value)))
                .collect(),
            cookies: cookies.into_iter().flatten().map(text).collect(),
            body,
        }
    }
}

const STATUS: &str = "statusCode";
