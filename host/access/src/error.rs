//! What is wrong with a configuration.

use std::fmt;

use thiserror::Error;

/// A setting is unknown, missing or invalid.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{place}{problem}")]
pub struct ConfigError {
    pub(crate) place: Place,
    pub(crate) problem: String,
}

/// A position in the file, counted from 1. `None` if the problem is not in one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place(pub(crate) Option<(usize, usize)>);

impl ConfigError {
    /// An error of the relation between settings.
    pub(crate) fn of_setting(setting: impl fmt::Display, problem: impl fmt::Display) -> Self {
        Self {
            place: Place(None),
            problem: format!("{setting}: {problem}"),
        }
    }

    /// The line, counted from 1. `None` if the problem is in the relation between settings.
    #[must_use]
    pub fn line(&self) -> Option<usize> {
        self.place.0.map(|(line, _)| line)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some((line, column)) => write!(f, "line {line}, column {column}: "),
            None => Ok(()),
        }
    }
}
