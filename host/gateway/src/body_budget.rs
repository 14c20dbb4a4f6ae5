//! The memory for the bodies of all requests.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use http_body_util::BodyExt;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The bytes that the bodies of all requests may have together: 16 requests of the largest size by default, and far more
/// of the usual ones.
const BYTES_IN_ALL: usize = 256 << 20;

/// The bytes that bodies of requests may still take.
#[derive(Clone, Debug)]
pub(crate) struct BodyBudget(Arc<Semaphore>);

/// Why a body is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BodyRefused {
    /// It has more bytes than a body may have, or its client disconnected.
    TooLarge,
    /// The bodies of all requests have too many bytes.
    TooMany,
}

/// A body, and its share of the budget until it is dropped.
pub(crate) struct HeldBody {
    pub(crate) bytes: Bytes,
    pub(crate) share: Option<OwnedSemaphorePermit>,
}

impl BodyBudget {
    /// Of requests whose bodies have at most `largest` bytes: one such body fits in any case.
    pub(crate) fn new(largest: usize) -> Self {
        Self::of_bytes(BYTES_IN_ALL.max(largest).min(Semaphore::MAX_PERMITS))
    }

    fn of_bytes(bytes: usize) -> Self {
        Self(Arc::new(Semaphore::new(bytes)))
    }

    /// Reads a body of at most `limit` bytes. It takes its share as its bytes arrive, so that a client that announces
    /// many bytes and sends few takes little.
    ///
    /// # Errors
    ///
    /// [`BodyRefused`].
    pub(crate) async fn read(&self, mut body: Body, limit: usize) -> Result<HeldBody, BodyRefused> {
        let mut read = Vec::new();
        let mut share: Option<OwnedSemaphorePermit> = None;
        while let Some(frame) = body.frame().await {
            // A client that disconnected reads no answer.
            let Ok(frame) = frame else {
                return Err(BodyRefused::TooLarge);
            };
            let Ok(data) = frame.into_data() else {
                continue;
            };
            if data.len() > limit.saturating_sub(read.len()) {
                return Err(BodyRefused::TooLarge);
            }
            let more = self.take(data.len())?;
            match &mut share {
                Some(share) => share.merge(more),
                None => share = Some(more),
            }
            read.extend_from_slice(&data);
        }
        Ok(HeldBody {
            bytes: read.into(),
            share,
        })
    }

    fn take(&self, bytes: usize) -> Result<OwnedSemaphorePermit, BodyRefused> {
        let bytes = u32::try_from(bytes).map_err(|_| BodyRefused::TooMany)?;
        let taken = Arc::clone(&self.0).try_acquire_many_owned(bytes);
        taken.map_err(|_| BodyRefused::TooMany)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn bodies_share_a_budget() {
        let budget = BodyBudget::of_bytes(10);
        let read = async |length: usize| budget.read(Body::from(vec![b' '; length]), 8).await;
        let first = read(7).await.unwrap();
        assert_eq!(first.bytes.len(), 7);
        assert_eq!(read(4).await.err(), Some(BodyRefused::TooMany));
        // What was refused holds nothing.
        let second = read(3).await.unwrap();
        assert!(read(0).await.unwrap().bytes.is_empty());
        drop(first);
        assert_eq!(read(9).await.err(), Some(BodyRefused::TooLarge));
        assert!(read(7).await.is_ok());
        drop(second);
        assert!(read(8).await.is_ok());
    }

    /// Otherwise its client would be told to repeat it later, without an end.
    #[test]
    fn the_largest_body_fits() {
        let bytes = |largest| BodyBudget::new(largest).0.available_permits();
        assert_eq!(bytes(7), BYTES_IN_ALL);
        assert_eq!(bytes(BYTES_IN_ALL + 1), BYTES_IN_ALL + 1);
        assert_eq!(bytes(usize::MAX), Semaphore::MAX_PERMITS);
    }
}
