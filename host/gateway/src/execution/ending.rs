//! How a request ends whose statement fails, for the statistics.

use super::{Failure, Outcome};
use crate::statistics::Ending;

impl From<&Failure> for Ending {
    fn from(failure: &Failure) -> Self {
        match failure {
            Failure::Denied(_) => Self::Denied,
            Failure::Limited(_) => Self::Limited,
            Failure::UnknownOutcome
            | Failure::TransactionEnded(_)
            | Failure::StatementTimeout {
                outcome: Outcome::Unknown,
                ..
            } => Self::Unknown,
            Failure::NoSessions
            | Failure::SessionBusy { .. }
            | Failure::TooManySessions { .. }
            | Failure::Draining => Self::Refused,
            Failure::Database(_)
            | Failure::ResultTooLarge { .. }
            | Failure::TooManyRows { .. }
            | Failure::SessionLost
            | Failure::NoConnection { .. }
            | Failure::SettingRefused { .. }
            | Failure::NotKept(_)
            | Failure::StatementTimeout { .. } => Self::Failed,
        }
    }
}
