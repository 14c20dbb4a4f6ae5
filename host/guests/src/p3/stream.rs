//! Rows as a stream, and the future that says how it has ended.

use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::sync::oneshot;
use wasmtime::StoreContextMut;
use wasmtime::component::{Destination, StreamProducer, StreamResult, VecBuffer};

use crate::bindings::rds::mysql::types::{Error as GuestError, Lost, Summary};
use crate::ctx::RdsCtx;
use crate::rows::{Batch, Fill, Rows, Size};
use crate::shape::Shape;
use crate::streams::Place;
use crate::waited::Waited;

/// The stream of rows. It reads from the server only while the guest reads.
pub(super) struct RowStream<S: Shape> {
    state: State<S>,
    settings: Settings,
    /// What becomes of the rows that are unread when the guest drops the stream.
    leave: Leave<S>,
    /// `None` after it was told.
    end: Option<oneshot::Sender<End<S>>>,
}

/// What a stream has from the context of its guest. Its future keeps a copy, so that the place is taken until both are
/// dropped.
#[derive(Clone)]
pub(super) struct Settings {
    pub(super) waited: Waited,
    max_bytes: usize,
    /// Kept, and not read.
    _place: Place,
}

impl Settings {
    /// # Errors
    ///
    /// The guest has as many streams as it may have: it traps.
    pub(super) fn of(ctx: &RdsCtx) -> wasmtime::Result<Self> {
        Ok(Self {
            waited: ctx.waited.clone(),
            max_bytes: ctx.max_batch_bytes,
            _place: ctx.streams.enter()?,
        })
    }
}

enum State<S: Shape> {
    Idle(Box<Rows<S>>),
    Reading(Reading<S>),
    Over,
}

type Reading<S> =
    Pin<Box<dyn Future<Output = (Box<Rows<S>>, Batch<<S as Shape>::Row>)> + Send + 'static>>;

type Leave<S> = fn(Box<Rows<S>>) -> End<S>;

/// How a stream has ended.
pub(super) enum End<S: Shape> {
    Reached(Result<Summary, GuestError>),
    /// The guest has dropped it before, with these rows unread.
    Left(Box<Rows<S>>),
    /// The same, and the rows are dropped.
    Released,
}

/// The error of a stream that was dropped while it was reading. That ends the statement.
pub(super) const LOST: GuestError = GuestError::ConnectionLost(Lost { may_have_run: true });

/// The rows as a stream, and what is told when it has ended: nothing if it is dropped while it is reading.
pub(super) fn rows<S: Shape>(
    rows: Rows<S>,
    settings: Settings,
    leave: Leave<S>,
) -> (RowStream<S>, oneshot::Receiver<End<S>>) {
    let (end, ended) = oneshot::channel();
    let stream = RowStream {
        state: State::Idle(Box::new(rows)),
        settings,
        leave,
        end: Some(end),
    };
    (stream, ended)
}

impl<S: Shape> RowStream<S> {
    fn read(&self, mut rows: Box<Rows<S>>, at_most: usize) -> Reading<S> {
        let size = Size {
            at_most,
            max_bytes: self.settings.max_bytes,
            fill: Fill::Received,
        };
        let waited = self.settings.waited.clone();
        Box::pin(async move {
            let _waiting = waited.begin();
            let batch = rows.batch(size).await;
            (rows, batch)
        })
    }

    fn tell(&mut self, end: End<S>) {
        if let Some(sender) = self.end.take() {
            // Without a receiver, the rows are dropped.
            drop(sender.send(end));
        }
    }
}

impl<S: Shape, D> StreamProducer<D> for RowStream<S> {
    type Item = S::Row;
    type Buffer = VecBuffer<S::Row>;

    fn poll_produce<'a>(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        store: StoreContextMut<'a, D>,
        mut destination: Destination<'a, Self::Item, Self::Buffer>,
        finish: bool,
    ) -> Poll<wasmtime::Result<StreamResult>> {
        let stream = self.get_mut();
        let mut reading = match mem::replace(&mut stream.state, State::Over) {
            State::Idle(rows) => match destination.remaining(store) {
                // The guest asks whether a row is there, which only reading one tells.
                Some(0) => {
                    stream.state = State::Idle(rows);
                    return Poll::Ready(Ok(StreamResult::Completed));
                }
                at_most => stream.read(rows, at_most.unwrap_or(1)),
            },
            State::Reading(reading) => reading,
            State::Over => return Poll::Ready(Ok(StreamResult::Dropped)),
        };
        let Poll::Ready((rows, batch)) = reading.as_mut().poll(context) else {
            // The next read continues it.
            stream.state = State::Reading(reading);
            return match finish {
                true => Poll::Ready(Ok(StreamResult::Cancelled)),
                false => Poll::Pending,
            };
        };
        destination.set_buffer(batch.rows.into());
        Poll::Ready(Ok(match batch.ended {
            Some(how) => {
                stream.tell(End::Reached(how));
                StreamResult::Dropped
            }
            None => {
                stream.state = State::Idle(rows);
                StreamResult::Completed
            }
        }))
    }
}

impl<S: Shape> Drop for RowStream<S> {
    fn drop(&mut self) {
        if let State::Idle(rows) = mem::replace(&mut self.state, State::Over) {
            let end = (self.leave)(rows);
            self.tell(end);
        }
    }
}
