//! The answer to a request.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use hyper::body::Body as _;
use thiserror::Error;

use crate::caller::Caller;
use crate::execution::RowCount;
use crate::http::DatabaseTime;
use crate::v1;

/// The answer to a request: its head, and its body in pieces.
#[derive(Debug)]
#[non_exhaustive]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers, without those of the connection.
    pub headers: HeaderMap,
    /// The name of the caller, if the request had valid credentials.
    pub caller: Option<String>,
    /// The time from asking for a connection to the end of the result, or to the first piece of a stream.
    pub database_time: Option<Duration>,
    /// How many rows of results were read for it.
    pub rows: RowCount,
    /// The body.
    pub body: AnswerBody,
}

/// The body of an answer. Dropping it kills a statement that is still executed for it.
pub struct AnswerBody(Body);

/// A result ended early, after the pieces that were returned. They end in a mark that no reader of the format accepts.
#[derive(Debug, Error)]
#[error("the result is incomplete")]
pub struct BrokenOff(Option<v1::BrokenOff>);

impl BrokenOff {
    /// The answer for a client that has been sent nothing yet: the error in place of the incomplete result.
    #[must_use]
    pub fn into_answer(self) -> Answer {
        let response = match self.0 {
            Some(error) => error.into_response(),
            None => StatusCode::FAILED_DEPENDENCY.into_response(),
        };
        response.into()
    }
}

impl AnswerBody {
    /// The next piece; `None` at the end. The rows of a stream are read from the database when they are asked for.
    ///
    /// # Errors
    ///
    /// [`BrokenOff`].
    pub async fn next(&mut self) -> Option<Result<Bytes, BrokenOff>> {
        loop {
            let frame = poll_fn(|cx| Pin::new(&mut self.0).poll_frame(cx)).await?;
            let frame = match frame {
                Ok(frame) => frame,
                Err(error) => {
                    let error = error.into_inner().downcast().ok();
                    return Some(Err(BrokenOff(error.map(|it| *it))));
                }
            };
            // No dialect has trailers.
            if let Ok(piece) = frame.into_data() {
                return Some(Ok(piece));
            }
        }
    }
}

impl From<Response> for Answer {
    fn from(response: Response) -> Self {
        let (mut head, body) = response.into_parts();
        let caller = head.extensions.remove::<Caller>();
        Self {
            status: head.status,
            headers: head.headers,
            caller: caller.map(|it| it.name().to_owned()),
            database_time: head.extensions.remove::<DatabaseTime>().map(|it| it.0),
            rows: RowCount::default(),
            body: AnswerBody(body),
        }
    }
}

impl fmt::Debug for AnswerBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AnswerBody").finish_non_exhaustive()
    }
}
