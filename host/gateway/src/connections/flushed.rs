//! Delays the error of a body until the bytes before it are flushed to the client.
//!
//! hyper closes the connection at a body's error, and discards what it has not written yet. A client that reads slowly
//! would then lose the end of the body, which says that the result is incomplete.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker, ready};

use axum::body::{Body, Bytes};
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// The flushes of a connection.
#[derive(Default)]
pub(super) struct Flushes(Mutex<State>);

#[derive(Default)]
struct State {
    completed: u64,
    waiting: Vec<Waker>,
}

impl Flushes {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn completed(&self) -> u64 {
        self.state().completed
    }

    fn complete(&self) {
        let mut state = self.state();
        state.completed = state.completed.saturating_add(1);
        let waiting = std::mem::take(&mut state.waiting);
        drop(state);
        waiting.into_iter().for_each(Waker::wake);
    }

    /// Waits until more of them are completed than `before`.
    fn poll_after(&self, before: u64, cx: &Context<'_>) -> Poll<()> {
        let mut state = self.state();
        if state.completed > before {
            return Poll::Ready(());
        }
        if !state.waiting.iter().any(|it| it.will_wake(cx.waker())) {
            state.waiting.push(cx.waker().clone());
        }
        Poll::Pending
    }
}

/// A connection whose flushes are counted. hyper flushes it when it has written all that it holds.
pub(super) struct Flushed<S> {
    stream: S,
    flushes: Arc<Flushes>,
}

impl<S> Flushed<S> {
    pub(super) fn new(stream: S, flushes: Arc<Flushes>) -> Self {
        Self { stream, flushes }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Flushed<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Flushed<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffers: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, buffers)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.stream).poll_flush(cx))?;
        self.flushes.complete();
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// The body of a response on such a connection. With HTTP/2 a client that does not read may still lose the end: its
/// window holds the bytes back, and not the connection.
pub(super) struct FlushedBody {
    body: Body,
    flushes: Arc<Flushes>,
    /// How many flushes there were when it gave its last bytes.
    flushed: u64,
    error: Option<axum::Error>,
}

impl FlushedBody {
    pub(super) fn new(body: Body, flushes: Arc<Flushes>) -> Self {
        Self {
            body,
            flushes,
            flushed: 0,
            error: None,
        }
    }
}

impl HttpBody for FlushedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if self.error.is_none() {
            match ready!(Pin::new(&mut self.body).poll_frame(cx)) {
                Some(Err(error)) => self.error = Some(error),
                frame => {
                    self.flushed = self.flushes.completed();
                    return Poll::Ready(frame);
                }
            }
        }
        ready!(self.flushes.poll_after(self.flushed, cx));
        Poll::Ready(self.error.take().map(Err))
    }

    fn is_end_stream(&self) -> bool {
        self.error.is_none() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use hyper::server::conn::http1;
    use hyper::service::service_fn;
    use hyper_util::rt::TokioIo;
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    use super::*;

    /// Bytes, and then an error.
    struct Broken(Option<Bytes>);

    impl HttpBody for Broken {
        type Data = Bytes;
        type Error = io::Error;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            _cx: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
            let next = self.0.take().map(Frame::data);
            Poll::Ready(Some(next.ok_or(io::ErrorKind::Other.into())))
        }
    }

    /// The connection holds much less than the body, so that writing has to wait for the client.
    #[tokio::test]
    async fn a_slow_client_reads_all_that_precedes_the_error() {
        let sent = Bytes::from(vec![b'x'; 100_000]);
        let (mut client, server) = duplex(1000);
        let flushes = Arc::new(Flushes::default());
        let stream = TokioIo::new(Flushed::new(server, Arc::clone(&flushes)));
        let serving = http1::Builder::new().serve_connection(
            stream,
            service_fn(|_request| {
                let body = Body::new(Broken(Some(sent.clone())));
                let body = FlushedBody::new(body, Arc::clone(&flushes));
                async { Ok::<_, Infallible>(hyper::Response::new(body)) }
            }),
        );
        let asking = async {
            client.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
            let mut response = Vec::new();
            client.read_to_end(&mut response).await.unwrap();
            response
        };
        let (served, response) = tokio::join!(serving, asking);
        assert!(served.unwrap_err().is_user());
        let received = response.iter().filter(|byte| **byte == b'x').count();
        assert_eq!(received, sent.len());
        assert!(!response.ends_with(b"\r\n0\r\n\r\n"));
    }
}
