//! What is wrong with a configuration.

use std::fmt;

use thiserror::Error;

use crate::place::SettingPath;

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

/// A relation between settings that is wrong.
#[derive(Debug)]
pub(crate) struct WrongSetting {
    pub(crate) path: SettingPath,
    pub(crate) problem: String,
}

impl WrongSetting {
    pub(crate) fn new(path: SettingPath, problem: impl Into<String>) -> Self {
        Self {
            path,
            problem: problem.into(),
        }
    }

    /// The error, with the place of the setting in the file.
    pub(crate) fn in_file(self, text: &str) -> ConfigError {
        let Self { path, problem } = self;
        ConfigError {
            place: Place(path.find(text)),
            problem: format!("{path}: {problem}"),
        }
    }
}

impl ConfigError {
    /// The line, counted from 1. `None` if the problem is not in one place.
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
