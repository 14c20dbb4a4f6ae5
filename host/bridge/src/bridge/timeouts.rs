//! How long each stage may take.

use std::ops::RangeInclusive;
use std::time::Duration;

/// The default of [`crate::BridgeBuilder::tcp_user_timeout`].
pub(crate) const TCP_USER_TIMEOUT: Duration = Duration::from_secs(15);
/// From a second, in which the system counts keepalive probes, to a day: the system counts milliseconds in 31 bits.
pub(crate) const TCP_USER_TIMEOUTS: RangeInclusive<Duration> =
    Duration::from_secs(1)..=Duration::from_secs(24 * 60 * 60);

/// How long each stage of a connection may take, and all of them together.
///
/// Statements have no limit here: drop the statement's future, or use the server's limit (`max_execution_time`).
/// [`crate::BridgeBuilder::read_idle_timeout`] limits the silence within a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// To load AWS credentials or a secret: 10 s. The providers have limits of their own within it.
    pub credentials: Duration,
    /// To resolve the name: 5 s.
    pub resolve: Duration,
    /// To connect by TCP, for each address: 5 s.
    pub connect: Duration,
    /// To receive the server's first packet and to establish TLS, together: 10 s.
    pub tls: Duration,
    /// To log in, after TLS is established: 10 s.
    pub login: Duration,
    /// For all of these together: 30 s.
    pub whole: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            credentials: Duration::from_secs(10),
            resolve: Duration::from_secs(5),
            connect: Duration::from_secs(5),
            tls: Duration::from_secs(10),
            login: Duration::from_secs(10),
            whole: Duration::from_secs(30),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// AWS's wrappers take 30 s and three probes.
    #[test]
    fn the_default_tcp_user_timeout_is_at_most_15_seconds() {
        let builder = crate::Bridge::builder();
        assert!(builder.tcp_user_timeout <= Duration::from_secs(15));
    }
}
