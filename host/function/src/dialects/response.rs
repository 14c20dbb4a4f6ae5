//! Writes an answer of the gateway as the response of a function.

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::HeaderMap;
use http::header::CONTENT_ENCODING;
use lambda_runtime::MetadataPrelude;
use lambda_runtime::streaming::Sender;
use rds_bridge_gateway::{Answer, AnswerBody, Dialect};
use serde_json::value::RawValue;
use serde_json::{Map, Value as Json, json};
use tokio::time::{timeout, timeout_at};

use crate::deadline::Deadline;
use crate::sink::RESPONSE_LIMIT;

/// A buffered response.
pub(crate) struct Buffered {
    pub(crate) response: Option<Box<RawValue>>,
    pub(crate) status: u16,
    pub(crate) caller: Option<String>,
    pub(crate) database_time: Option<Duration>,
    pub(crate) bytes: u64,
}

/// Reads the whole body. A result that has no room in a response becomes an error in the dialect's form.
pub(crate) async fn buffered(mut answer: Answer, dialect: Dialect) -> Buffered {
    let (caller, database_time) = (answer.caller.take(), answer.database_time);
    let mut body = Vec::new();
    let mut response = None;
    // The second and the third answer are errors, which are short.
    for _ in 0..3 {
        answer = match read(&mut answer.body, &mut body).await {
            Read::Whole => match embed(&answer, &body) {
                Some(embedded) => {
                    response = Some(embedded);
                    break;
                }
                None => dialect.result_too_large(RESPONSE_LIMIT),
            },
            Read::TooLarge => dialect.result_too_large(RESPONSE_LIMIT),
            Read::Failed(error) => *error,
        };
        body.clear();
    }
    Buffered {
        response,
        status: answer.status.as_u16(),
        caller,
        database_time,
        bytes: u64::try_from(body.len()).unwrap_or(u64::MAX),
    }
}

enum Read {
    Whole,
    TooLarge,
    /// The answer in place of the one that ended early.
    Failed(Box<Answer>),
}

async fn read(from: &mut AnswerBody, body: &mut Vec<u8>) -> Read {
    while let Some(piece) = from.next().await {
        match piece {
            Ok(piece) => body.extend_from_slice(&piece),
            Err(error) => return Read::Failed(Box::new(error.into_answer())),
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

/// Sends the body to a caller that reads it at its own pace, until the deadline. Returns the number of bytes sent.
///
/// A result that is incomplete ends in a mark that no reader of its format accepts.
pub(crate) async fn forward(mut body: AnswerBody, sender: &mut Sender, deadline: &Deadline) -> u64 {
    let mut sent = 0_u64;
    while let Some(Ok(piece)) = body.next().await {
        let length = u64::try_from(piece.len()).unwrap_or(u64::MAX);
        let last = deadline.at.checked_add(deadline.grace());
        match timeout_at(last.unwrap_or(deadline.at), sender.send_data(piece)).await {
            Ok(Ok(())) => sent = sent.saturating_add(length),
            // The caller is gone. Dropping the body ends the statement.
            Ok(Err(_)) => break,
            Err(_) => {
                // The caller does not read. The statement is ended when its rows are asked for after the deadline.
                let ending = async { while let Some(Ok(_)) = body.next().await {} };
                let _ended = timeout(deadline.grace(), ending).await;
                break;
            }
        }
    }
    sent
}
