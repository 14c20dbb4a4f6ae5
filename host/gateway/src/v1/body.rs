//! The body of a streamed response: rows that are read from the database when the client takes them.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::Bytes;
use axum::response::{IntoResponse, Response};
use hyper::body::{Body, Frame};
use rds_bridge::Stage;
use thiserror::Error;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::JoinSet;
use tracing::{Instrument, warn};

use super::compression::Stream;
use super::error::ApiError;
use super::rows::{CutOff, Written};
use crate::http::StreamEnd;
use crate::metrics::OpenRequest;
use crate::statistics::{Cause, Ending};

/// The pieces of a result. The future that makes them runs only when one is asked for: a slow client slows the
/// database down, and costs no memory. Dropping the pieces drops the future.
pub(super) struct Pieces {
    making: Option<Making>,
    made: Receiver<Bytes>,
}

type Making = Pin<Box<dyn Future<Output = Result<Written, CutOff>> + Send>>;

/// What comes next.
pub(super) enum Next {
    Piece(Bytes),
    End(Result<Written, CutOff>),
}

impl Pieces {
    /// `make` makes the pieces, and runs in the current span. With a time limit it runs in a task of its own, because it
    /// must end also if no piece is asked for.
    pub(super) fn new<F>(has_time_limit: bool, make: impl FnOnce(Sender<Bytes>) -> F) -> Self
    where
        F: Future<Output = Result<Written, CutOff>> + Send + 'static,
    {
        let (sender, made) = channel(1);
        let making = make(sender).in_current_span();
        let making: Making = match has_time_limit {
            true => in_task(making),
            false => Box::pin(making),
        };
        Self {
            making: Some(making),
            made,
        }
    }

    pub(super) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Next> {
        let Some(making) = self.making.as_mut() else {
            return Poll::Ready(Next::End(Ok(Written::Rows)));
        };
        let Poll::Ready(ended) = making.as_mut().poll(cx) else {
            // Its channel has room again, so that it is woken if it waits for that.
            return match self.made.poll_recv(cx) {
                Poll::Ready(Some(piece)) => Poll::Ready(Next::Piece(piece)),
                Poll::Ready(None) | Poll::Pending => Poll::Pending,
            };
        };
        // Polling would find nothing if the task has used its budget, and the last piece would be lost.
        if let Ok(piece) = self.made.try_recv() {
            self.making = Some(Box::pin(std::future::ready(ended)));
            return Poll::Ready(Next::Piece(piece));
        }
        self.making = None;
        Poll::Ready(Next::End(ended))
    }
}

/// Runs the future in a task, which ends when what is returned is dropped.
fn in_task<F>(making: F) -> Making
where
    F: Future<Output = Result<Written, CutOff>> + Send + 'static,
{
    let mut task = JoinSet::new();
    task.spawn(making);
    Box::pin(async move {
        match task.join_next().await {
            Some(Ok(ended)) => ended,
            // The runtime ends.
            _ => Err(CutOff {
                error: ApiError::unknown_outcome(Stage::Rows),
                rest: Vec::new(),
            }),
        }
    })
}

/// The body: a first piece, and the others.
pub(super) struct RowsBody {
    first: Option<Bytes>,
    rest: Rest,
    gzip: Option<Stream>,
    /// The request is open until the body has ended.
    _open: OpenRequest,
    end: StreamEnd,
}

enum Rest {
    Pieces(Pieces),
    /// The connection is broken off.
    BreakOff(ApiError),
    Ended,
}

/// The result is incomplete: the server closes the connection without the end of the body.
#[derive(Debug, Error)]
#[error("the result is incomplete")]
pub(crate) struct BrokenOff(ApiError);

impl BrokenOff {
    /// The response for a client that has read nothing of the result.
    pub(crate) fn into_response(self) -> Response {
        self.0.into_response()
    }
}

impl RowsBody {
    /// With `gzip` it is compressed.
    pub(super) fn new(
        first: Bytes,
        pieces: Pieces,
        gzip: Option<Stream>,
        open: OpenRequest,
        end: StreamEnd,
    ) -> Self {
        Self {
            first: Some(first),
            rest: Rest::Pieces(pieces),
            gzip,
            _open: open,
            end,
        }
    }

    fn frame(&mut self, plain: Bytes) -> Frame<Bytes> {
        Frame::data(match &mut self.gzip {
            Some(gzip) => gzip.piece(&plain),
            None => plain,
        })
    }
}

impl Body for RowsBody {
    type Data = Bytes;
    type Error = BrokenOff;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BrokenOff>>> {
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(Ok(self.frame(first))));
        }
        match &mut self.rest {
            Rest::Pieces(pieces) => match pieces.poll_next(cx) {
                Poll::Pending => Poll::Pending,
                Poll::Ready(Next::Piece(piece)) => Poll::Ready(Some(Ok(self.frame(piece)))),
                Poll::Ready(Next::End(Ok(_))) => {
                    self.rest = Rest::Ended;
                    self.end.end(Ending::Answered, None);
                    let end = self.gzip.take().map(|gzip| Ok(Frame::data(gzip.end())));
                    Poll::Ready(end)
                }
                Poll::Ready(Next::End(Err(CutOff { error, rest }))) => {
                    warn!(code = error.code(), kind = ?error.kind(), "cut a response off");
                    self.end
                        .end(Ending::from(&error), Some(Cause::from(&error)));
                    self.rest = Rest::BreakOff(error);
                    Poll::Ready(Some(Ok(self.frame(rest.into()))))
                }
            },
            Rest::BreakOff(error) => {
                let broken_off = BrokenOff(error.clone());
                self.rest = Rest::Ended;
                Poll::Ready(Some(Err(broken_off)))
            }
            Rest::Ended => Poll::Ready(None),
        }
    }
}

impl Drop for RowsBody {
    /// A body that has not ended was not taken by its client.
    fn drop(&mut self) {
        let cancelled = Cause::Named("Cancelled");
        self.end.end(Ending::Cancelled, Some(cancelled));
    }
}

impl fmt::Debug for RowsBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RowsBody").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use tokio::sync::mpsc::unbounded_channel;
    use tokio::task::yield_now;

    use super::*;

    /// A task may do some 128 operations of Tokio until it yields. At one of these numbers, the budget ends between the
    /// sending of the piece and its arrival.
    #[tokio::test]
    async fn no_piece_is_lost_at_the_end_of_the_budget() {
        let (sender, mut others) = unbounded_channel();
        for used in 0..300 {
            let mut pieces = Pieces::new(false, |sender| async move {
                let _sent = sender.send(Bytes::from_static(b"last")).await;
                Ok(Written::Rows)
            });
            for _ in 0..used {
                sender.send(()).unwrap();
            }
            yield_now().await;
            let mut left = used;
            let next = poll_fn(|cx| {
                while left > 0 && others.poll_recv(cx).is_ready() {
                    left -= 1;
                }
                pieces.poll_next(cx)
            });
            assert!(matches!(next.await, Next::Piece(_)), "{used}");
            while others.try_recv().is_ok() {}
        }
    }
}
