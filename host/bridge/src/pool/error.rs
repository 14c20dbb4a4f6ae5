//! Why there is no connection.

use std::time::Duration;

use thiserror::Error;

use crate::error::{self, ErrorKind, Stage};

/// Why a pool has no connection to give.
#[derive(Debug, Error)]
pub enum PoolError {
    /// None was free, and none can be made.
    #[error(transparent)]
    Connect(error::Error),
    /// None was free in time.
    #[error(
        "no connection of {max_size} was free within {} s: raise max_size, or hold them for shorter",
        .limit.as_secs_f32()
    )]
    Timeout {
        /// The acquire timeout.
        limit: Duration,
        /// How many the pool may have.
        max_size: usize,
    },
    /// A setting that cannot be.
    #[error("{setting}: {problem}")]
    Setting {
        /// The builder's method.
        setting: &'static str,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// It has been closed.
    #[error("the pool is closed")]
    Closed,
}

impl From<PoolError> for error::Error {
    fn from(error: PoolError) -> Self {
        match error {
            PoolError::Connect(error) => error,
            PoolError::Timeout { limit, max_size } => {
                let kind = ErrorKind::PoolTimeout { limit, max_size };
                Self::new(Stage::Connect, kind)
            }
            PoolError::Setting { setting, problem } => Self::setting(setting, problem),
            PoolError::Closed => Self::new(Stage::Connect, ErrorKind::PoolClosed),
        }
    }
}

impl PoolError {
    /// The connection's error, if it is one.
    #[must_use]
    pub fn connect_error(&self) -> Option<&error::Error> {
        match self {
            Self::Connect(error) => Some(error),
            _ => None,
        }
    }
}
