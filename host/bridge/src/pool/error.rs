//! The errors of a pool.

use std::time::Duration;

use thiserror::Error;

use crate::error::{self, ErrorKind, Stage};

/// Why a pool cannot lend a connection, or cannot be built.
#[derive(Debug, Error)]
pub enum PoolError {
    /// No connection was free, and opening one failed.
    #[error(transparent)]
    Connect(error::Error),
    /// No connection was free within the limit.
    #[error(
        "no connection was free within {} s, and at most {max_size} are allowed: raise max_size, or hold connections for a \
         shorter time",
        .limit.as_secs_f32()
    )]
    Timeout {
        /// The acquire timeout.
        limit: Duration,
        /// The largest number of connections of the pool.
        max_size: usize,
    },
    /// A setting is invalid.
    #[error("{setting}: {problem}")]
    Setting {
        /// The builder's method.
        setting: &'static str,
        /// The problem.
        problem: &'static str,
    },
    /// The pool is closed.
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
    /// The error of opening a connection, if that is the cause.
    #[must_use]
    pub fn connect_error(&self) -> Option<&error::Error> {
        match self {
            Self::Connect(error) => Some(error),
            _ => None,
        }
    }
}
