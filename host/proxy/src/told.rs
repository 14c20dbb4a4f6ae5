//! The text of an error of the proxy: how it is put together, and how a client takes it apart again.

use rds_bridge::Stage;

/// What an error of the proxy's own begins with. A stage follows, if one failed.
pub(crate) const OWN: &str = "rds-bridge: ";
/// What precedes the number of a cause, which `: ` follows.
pub(crate) const CAUSE: &str = "; likely cause ";
pub(crate) const MORE_CAUSES: &str = "; rds-bridge doctor lists more causes";
/// What clients of other machines receive in place of a failure that names the settings.
pub(crate) const UNREACHABLE: &str =
    "rds-bridge: the proxy cannot connect to the database: see the proxy's log";
const BEFORE_STAGE: &str = " [rds-bridge, stage ";
const AFTER_STAGE: &str = "]";

pub(crate) const STAGES: [Stage; 11] = [
    Stage::Settings,
    Stage::Credentials,
    Stage::Resolve,
    Stage::Connect,
    Stage::InitialHandshake,
    Stage::Tls,
    Stage::Token,
    Stage::Login,
    Stage::Session,
    Stage::Statement,
    Stage::Rows,
];

/// A server's message with the stage in which it was received.
pub(crate) fn with_stage(message: &str, stage: Stage) -> String {
    format!("{message}{BEFORE_STAGE}{stage}{AFTER_STAGE}")
}

/// The message of an error that a client received from a proxy, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ErrorText {
    /// The message without the causes.
    pub message: String,
    /// The likely causes, each with its remedy.
    pub causes: Vec<String>,
    /// Whether the proxy knows more causes than fit into its error.
    pub has_more_causes: bool,
    /// What failed; `None` if the proxy itself refused the client.
    pub failed: Option<Failed>,
}

/// What failed on the way to the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Failed {
    /// This stage.
    Stage(Stage),
    /// A stage that clients of other machines are not told.
    Undisclosed,
}

impl ErrorText {
    /// Takes a message apart. Any text is a message: one without the marks of a proxy has no causes and no stage.
    #[must_use]
    pub fn read(text: &str) -> Self {
        let (text, has_more_causes) = match text.strip_suffix(MORE_CAUSES) {
            Some(text) => (text, true),
            None => (text, false),
        };
        let mut parts = text.split(CAUSE);
        let message = parts.next().unwrap_or_default();
        let causes = parts.map(|part| part.split_once(": ").map_or(part, |(_, cause)| cause));
        Self {
            message: message.to_owned(),
            causes: causes.map(str::to_owned).collect(),
            has_more_causes,
            failed: failed(message),
        }
    }
}

fn failed(message: &str) -> Option<Failed> {
    if message == UNREACHABLE {
        return Some(Failed::Undisclosed);
    }
    let name = match message.strip_prefix(OWN) {
        Some(rest) => rest.split_once(": ")?.0,
        None => {
            let (_, rest) = message.rsplit_once(BEFORE_STAGE)?;
            rest.strip_suffix(AFTER_STAGE)?
        }
    };
    let mut stages = STAGES.into_iter();
    stages
        .find(|stage| stage.to_string() == name)
        .map(Failed::Stage)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_known_stage_is_one() {
        for message in [
            "rds-bridge: too many new connections per second: try again later",
            "rds-bridge: the user name is empty or too long",
            "Access denied [rds-bridge, stage other]",
            "Access denied",
            "",
        ] {
            let text = ErrorText::read(message);
            assert_eq!((text.failed, &*text.message), (None, message));
        }
    }
}
