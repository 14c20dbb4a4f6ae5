//! Writes an answer of the gateway as the response of a function.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::HeaderMap;
use http::header::CONTENT_ENCODING;
use lambda_runtime::MetadataPrelude;
use lambda_runtime::streaming::Sender;
use rds_bridge_gateway::{Answer, AnswerBody, BrokenOff, Dialect};
use serde_json::value::RawValue;
use serde_json::{Map, Value as Json, json};
use tokio::time::timeout_at;

use crate::deadline::Deadline;
use crate::sink::RESPONSE_LIMIT;

/// The end of a stream that its caller does not read in time. No reader of JSON, of NDJSON or of CSV accepts a body that
/// ends in it, because the quote is never closed.
const INCOMPLETE: &[u8] = b"\"incomplete";

/// A buffered response.
pub(crate) struct Buffered {
    /// `None` only if there is a bug.
    pub(crate) response: Option<Box<RawValue>>,
    pub(crate) status: u16,
    /// The length of the body.
    pub(crate) bytes: u64,
    /// Why it is an error in place of the answer.
    pub(crate) cause: Option<String>,
}

/// Reads the whole body. A result that has no room in a response becomes an error in the dialect's form.
pub(crate) async fn buffered(mut answer: Answer, dialect: Dialect) -> Buffered {
    let mut body = Vec::new();
    let (mut response, mut cause) = (None, None);
    // The second and the third answer are errors, which are short.
    for _ in 0..3 {
        let error = match read(&mut answer.body, &mut body).await {
            Read::Whole => match embed(&answer, &body) {
                Some(embedded) => {
                    response = Some(embedded);
                    break;
                }
                None => too_large(dialect),
            },
            Read::TooLarge => too_large(dialect),
            Read::Failed(error) => broken_off(error),
        };
        cause = Some(error.cause);
        answer = error.answer;
        body.clear();
    }
    Buffered {
        response,
        status: answer.status.as_u16(),
        bytes: length(&body),
        cause,
    }
}

/// An error in place of an answer.
struct Replacement {
    answer: Answer,
    cause: String,
}

fn too_large(dialect: Dialect) -> Replacement {
    Replacement {
        answer: dialect.result_too_large(RESPONSE_LIMIT),
        cause: "ResultTooLarge".to_owned(),
    }
}

/// The gateway logs the code and the kind of the error itself.
fn broken_off(error: BrokenOff) -> Replacement {
    Replacement {
        cause: error.to_string(),
        answer: error.into_answer(),
    }
}

enum Read {
    Whole,
    TooLarge,
    /// It ended early.
    Failed(BrokenOff),
}

async fn read(from: &mut AnswerBody, body: &mut Vec<u8>) -> Read {
    while let Some(piece) = from.next().await {
        match piece {
            Ok(piece) => body.extend_from_slice(&piece),
            Err(error) => return Read::Failed(error),
        }
        if body.len() > RESPONSE_LIMIT {
            return Read::TooLarge;
        }
    }
    Read::Whole
}

/// The response in the payload format 2.0; `None` if it is longer than Lambda allows.
fn embed(answer: &Answer, body: &[u8]) -> Option<Box<RawValue>> {
    let is_encoded = answer.headers.contains_key(CONTENT_ENCODING);
    let text = str::from_utf8(body).ok().filter(|_| !is_encoded);
    let response = json!({
        "statusCode": answer.status.as_u16(),
        "headers": headers(&answer.headers),
        "body": text.map_or_else(|| BASE64_STANDARD.encode(body), str::to_owned),
        "isBase64Encoded": text.is_none(),
    });
    let response = response.to_string();
    match response.len() > RESPONSE_LIMIT {
        true => None,
        false => RawValue::from_string(response).ok(),
    }
}

/// The headers, each once: this format has one value for each name.
fn headers(all: &HeaderMap) -> Json {
    let mut headers = Map::new();
    for name in all.keys() {
        let values = all.get_all(name).iter().filter_map(|it| it.to_str().ok());
        let values: Vec<&str> = values.collect();
        headers.insert(name.as_str().to_owned(), json!(values.join(", ")));
    }
    Json::Object(headers)
}

/// The head of a streamed response.
pub(crate) fn prelude(answer: &mut Answer) -> MetadataPrelude {
    MetadataPrelude {
        status_code: answer.status,
        headers: std::mem::take(&mut answer.headers),
        ..MetadataPrelude::default()
    }
}

/// How much of a streamed response was sent.
pub(crate) struct Sent {
    pub(crate) bytes: u64,
    pub(crate) end: End,
}

/// How a streamed response has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Whole,
    /// The statement has failed. The last piece has a mark that no reader of its format accepts.
    BrokenOff(String),
    /// The caller is gone.
    Gone,
    /// The caller did not read it in time. [`end_unread`] must end it.
    NotRead,
}

impl End {
    /// Why the response is incomplete.
    pub(crate) fn cause(&self) -> Option<&str> {
        match self {
            Self::Whole => None,
            Self::BrokenOff(cause) => Some(cause),
            Self::Gone => Some("the caller stopped reading the response"),
            Self::NotRead => Some("the caller did not read the response in time"),
        }
    }
}

/// Sends the body to a caller that reads it at its own pace, until the deadline. The end drops the body, and the gateway
/// then kills a statement that is still executed.
pub(crate) async fn forward(
    mut body: AnswerBody,
    sender: &mut Sender,
    deadline: &Deadline,
) -> Sent {
    let mut bytes = 0_u64;
    let last = deadline.at.checked_add(deadline.grace());
    let end = loop {
        let piece = match body.next().await {
            Some(Ok(piece)) => piece,
            Some(Err(error)) => break End::BrokenOff(error.to_string()),
            None => break End::Whole,
        };
        let length = length(&piece);
        match timeout_at(last.unwrap_or(deadline.at), sender.send_data(piece)).await {
            Ok(Ok(())) => bytes = bytes.saturating_add(length),
            Ok(Err(_)) => break End::Gone,
            Err(_) => break End::NotRead,
        }
    };
    Sent { bytes, end }
}

/// Ends a stream after [`End::NotRead`]. If the caller does not read even this, Lambda ends the invocation.
pub(crate) async fn end_unread(sender: &mut Sender) {
    // An error means that the caller is gone.
    let _sent = sender.send_data(Bytes::from_static(INCOMPLETE)).await;
}

fn length(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use lambda_runtime::streaming::channel;

    use super::*;

    /// What is in the channel already is complete rows.
    #[tokio::test]
    async fn a_body_that_is_not_read_in_time_does_not_end_as_if_it_were_whole() {
        let (mut sender, stream) = channel();
        sender.try_send_data("{\"a\":1}\n".into()).unwrap();
        let deadline = Deadline::before(SystemTime::now() + Duration::from_millis(300));
        let answer = Dialect::V1.not_served("a reason");
        let sent = forward(answer.body, &mut sender, &deadline).await;
        assert_eq!((sent.bytes, sent.end), (0, End::NotRead));
        let reading = tokio::spawn(stream.collect());
        end_unread(&mut sender).await;
        drop(sender);
        let whole = reading.await.unwrap().unwrap().to_bytes();
        assert_eq!(whole, "{\"a\":1}\n\"incomplete");
    }

    #[tokio::test]
    async fn the_end_of_a_body_that_is_read() {
        let deadline = Deadline::before(SystemTime::now() + Duration::from_secs(3));
        let (mut sender, stream) = channel();
        let reading = tokio::spawn(stream.collect());
        let sent = forward(Dialect::V1.not_served("x").body, &mut sender, &deadline).await;
        drop(sender);
        let whole = reading.await.unwrap().unwrap().to_bytes();
        assert_eq!((sent.bytes, sent.end), (length(&whole), End::Whole));
        let (mut sender, stream) = channel();
        drop(stream);
        let sent = forward(Dialect::V1.not_served("x").body, &mut sender, &deadline).await;
        assert_eq!((sent.bytes, sent.end), (0, End::Gone));
    }
}
