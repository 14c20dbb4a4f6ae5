//! The rest of a request's body that was not read, which is discarded before the response is sent.
//!
//! Over HTTP/2, hyper resets the stream of a request that is answered before its end, right after the response; some
//! clients, such as curl 7.88, then lose the response. Over HTTP/1.1 the connection is closed with unread bytes, which
//! resets it.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::http::header::EXPECT;
use axum::http::request::Parts;
use axum::http::{Request, Version};
use http_body_util::BodyExt;
use hyper::body::{Body, Buf, Frame, SizeHint};
use tokio::time::timeout;

/// A longer rest is not read: the connection, or the stream, is closed instead.
const DISCARDED_BYTES: u64 = 64 << 10;
/// How long the rest may take to arrive.
const DISCARD_TIMEOUT: Duration = Duration::from_secs(1);

/// A body that is returned when it is dropped before its end.
pub(crate) struct LentBody<B> {
    /// `None` only while it is dropped.
    body: Option<B>,
    returned: Returned<B>,
}

type Returned<B> = Arc<Mutex<Option<B>>>;

/// The body of a request that has been answered.
pub(crate) struct UnreadBody<B> {
    returned: Returned<B>,
    /// Whether the client sends the body only after a response that tells it to continue.
    awaits_continue: bool,
}

/// A request whose body is returned to the second value.
pub(crate) fn lend_body<B>(request: Request<B>) -> (Request<LentBody<B>>, UnreadBody<B>) {
    let (parts, body) = request.into_parts();
    let unread = UnreadBody {
        returned: Arc::default(),
        awaits_continue: awaits_continue(&parts),
    };
    let body = LentBody {
        body: Some(body),
        returned: Arc::clone(&unread.returned),
    };
    (Request::from_parts(parts, body), unread)
}

/// Reading the body would make hyper send `100 Continue`. It ignores the header in HTTP/2.
fn awaits_continue(parts: &Parts) -> bool {
    parts.version < Version::HTTP_2 && parts.headers.contains_key(EXPECT)
}

impl<B: Body + Unpin> UnreadBody<B> {
    /// Reads and discards what was not read, up to [`DISCARDED_BYTES`] and [`DISCARD_TIMEOUT`].
    pub(crate) async fn discard(self) {
        let Some(mut body) = lock(&self.returned).take() else {
            return;
        };
        if self.awaits_continue || body.size_hint().lower() > DISCARDED_BYTES {
            return;
        }
        let reading = async {
            let mut discarded_bytes: u64 = 0;
            while let Some(Ok(frame)) = body.frame().await {
                let length = frame.data_ref().map_or(0, Buf::remaining);
                let length = u64::try_from(length).unwrap_or(u64::MAX);
                discarded_bytes = discarded_bytes.saturating_add(length);
                if discarded_bytes > DISCARDED_BYTES {
                    return;
                }
            }
        };
        let _in_time = timeout(DISCARD_TIMEOUT, reading).await;
    }
}

impl<B: Body + Unpin> Body for LentBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        match &mut self.body {
            Some(body) => Pin::new(body).poll_frame(context),
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map(Body::size_hint).unwrap_or_default()
    }
}

impl<B> Drop for LentBody<B> {
    fn drop(&mut self) {
        *lock(&self.returned) = self.body.take();
    }
}

/// A poisoned lock is used as it is, since no code panics while it holds the lock.
fn lock<B>(returned: &Mutex<Option<B>>) -> MutexGuard<'_, Option<B>> {
    returned.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use axum::body::Bytes;
    use tokio::time::{Instant, sleep};

    use super::*;

    /// Sends pieces of 1 KiB with pauses before them, and counts those that were read.
    fn pieces(
        number: usize,
        pause: Duration,
    ) -> (
        impl Body<Data = Bytes, Error = Infallible> + Unpin,
        Arc<AtomicUsize>,
    ) {
        let read = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&read);
        let mut sleeping = Box::pin(sleep(pause));
        let body = PolledBody(move |context: &mut Context<'_>| {
            std::task::ready!(sleeping.as_mut().poll(context));
            sleeping = Box::pin(sleep(pause));
            if counted.load(Ordering::Relaxed) == number {
                return Poll::Ready(None);
            }
            counted.fetch_add(1, Ordering::Relaxed);
            Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(&[0; 1024])))))
        });
        (body, read)
    }

    struct PolledBody<F>(F);

    type Polled = Poll<Option<Result<Frame<Bytes>, Infallible>>>;

    impl<F: FnMut(&mut Context<'_>) -> Polled + Unpin> Body for PolledBody<F> {
        type Data = Bytes;
        type Error = Infallible;

        fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Polled {
            (self.0)(context)
        }
    }

    const PAUSE: Duration = Duration::from_millis(1);

    #[tokio::test(start_paused = true)]
    async fn what_was_not_read_is_discarded() {
        for already_read in [0, 1, 7] {
            let (body, read) = pieces(7, PAUSE);
            let (request, unread) = lend_body(Request::new(body));
            let mut body = request.into_body();
            for _ in 0..already_read {
                body.frame().await.unwrap().unwrap();
            }
            drop(body);
            unread.discard().await;
            assert_eq!(read.load(Ordering::Relaxed), 7, "{already_read}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_rest_has_a_limit_of_bytes_and_of_time() {
        let (body, read) = pieces(1000, PAUSE);
        let (request, unread) = lend_body(Request::new(body));
        drop(request);
        unread.discard().await;
        assert_eq!(read.load(Ordering::Relaxed), 65);

        let (body, read) = pieces(2, Duration::from_secs(60));
        let (request, unread) = lend_body(Request::new(body));
        drop(request);
        let began = Instant::now();
        unread.discard().await;
        assert!(began.elapsed() < Duration::from_secs(2));
        assert_eq!(read.load(Ordering::Relaxed), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_waits_is_not_told_to_continue() {
        for (version, expected) in [(Version::HTTP_11, 0), (Version::HTTP_2, 3)] {
            let (body, read) = pieces(3, PAUSE);
            let request = Request::builder().version(version);
            let request = request.header(EXPECT, "100-continue");
            let (request, unread) = lend_body(request.body(body).unwrap());
            drop(request);
            unread.discard().await;
            assert_eq!(read.load(Ordering::Relaxed), expected, "{version:?}");
        }
    }

    #[tokio::test]
    async fn a_body_that_is_still_held_is_left_to_its_holder() {
        let (body, read) = pieces(1, PAUSE);
        let (request, unread) = lend_body(Request::new(body));
        unread.discard().await;
        assert_eq!(read.load(Ordering::Relaxed), 0);
        assert!(request.into_body().frame().await.is_some());
    }
}
