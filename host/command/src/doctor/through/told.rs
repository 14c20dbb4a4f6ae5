//! What a proxy tells its client of a failure: the message, the stage and the likely causes.

use rds_bridge::Stage;
use rds_bridge::component::ServerError;
use rds_bridge::error::Cause;
use rds_bridge_proxy::{ErrorText, Failed};

use crate::exit::Exit;

/// A proxy's error, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Told {
    /// The message without the causes.
    pub(super) message: String,
    pub(super) causes: Vec<Cause>,
    /// What failed on the way to the database. `None` if the proxy itself refused the client.
    failed: Option<Failed>,
}

impl Told {
    pub(super) fn read(error: &ServerError) -> Self {
        let text = ErrorText::read(&error.message);
        // The remedy is a part of the text.
        let causes = text.causes.into_iter().map(|cause| Cause::new(cause, ""));
        let mut causes: Vec<Cause> = causes.collect();
        if text.has_more_causes {
            causes.push(Cause::new(
                "the proxy found more causes than fit into an error message",
                "run rds-bridge doctor, without --through, on the proxy's machine with the proxy's settings",
            ));
        }
        if text.failed == Some(Failed::Undisclosed) {
            causes.push(Cause::new(
                "the proxy sends no further details to clients on other machines",
                "read the proxy's log, or run rds-bridge doctor on the proxy's machine with the proxy's settings",
            ));
        }
        Self {
            message: text.message,
            causes,
            failed: text.failed,
        }
    }

    /// Whether the proxy reports a failure on the way to the database.
    pub(super) fn is_of_database(&self) -> bool {
        self.failed.is_some()
    }

    /// The exit code that the failure has where the proxy runs.
    pub(super) fn exit(&self, code: u16) -> Exit {
        let stage = match self.failed {
            Some(Failed::Stage(stage)) => Some(stage),
            Some(_) => return Exit::Network,
            None => None,
        };
        match (code, stage) {
            (1040 | 1158 | 1203, _) | (1105, Some(Stage::InitialHandshake)) => Exit::Network,
            (_, Some(Stage::Settings)) => Exit::Usage,
            (_, Some(Stage::Credentials)) => Exit::Credentials,
            (_, Some(Stage::Resolve | Stage::Connect)) => Exit::Network,
            (_, Some(Stage::Tls)) => Exit::Tls,
            (1043, _) => Exit::Protocol,
            _ => Exit::Login,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(code: u16, message: &str) -> Told {
        Told::read(&ServerError {
            code,
            sql_state: None,
            message: message.to_owned(),
        })
    }

    #[test]
    fn an_error_of_the_database_has_its_stage_and_causes() {
        let told = told(
            1045,
            "Access denied for user 'app'@'10.0.0.1' (using password: YES) [rds-bridge, stage login]; likely cause 1: \
             db is an alias: a token is valid only for its own name: set it; likely cause 2: b: c; \
             rds-bridge doctor lists more causes",
        );
        assert!(told.message.ends_with("[rds-bridge, stage login]"));
        assert!(told.is_of_database());
        assert_eq!(told.exit(1045), Exit::Login);
        let why: Vec<&str> = told.causes.iter().map(|cause| &*cause.why).collect();
        assert_eq!(
            why,
            [
                "db is an alias: a token is valid only for its own name: set it",
                "b: c",
                "the proxy found more causes than fit into an error message"
            ]
        );
    }

    #[test]
    fn other_failures_have_the_exit_code_of_their_stage() {
        for (code, message, exit) in [
            (1158, "rds-bridge: TCP connection: refused", Exit::Network),
            (1158, "rds-bridge: TLS: timed out after 30 s", Exit::Network),
            (1105, "rds-bridge: TLS: the TLS handshake failed", Exit::Tls),
            (1045, "rds-bridge: credentials: none", Exit::Credentials),
            (
                1040,
                "rds-bridge: the proxy accepts 1 clients",
                Exit::Network,
            ),
            (1045, "Access denied for user 'x'@'localhost'", Exit::Login),
            (1043, "Bad handshake", Exit::Protocol),
            (
                1105,
                "rds-bridge: the proxy cannot connect to the database: see the proxy's log",
                Exit::Network,
            ),
            (
                1045,
                "Access denied [rds-bridge, stage of another program]",
                Exit::Login,
            ),
        ] {
            assert_eq!(told(code, message).exit(code), exit, "{message}");
        }
        assert!(!told(1045, "Access denied for user 'x'").is_of_database());
        assert!(
            told(
                1105,
                "rds-bridge: the proxy cannot connect to the database: see the proxy's log"
            )
            .is_of_database()
        );
        assert!(!told(1105, "rds-bridge: other: words").is_of_database());
        assert!(told(1, "").causes.is_empty());
    }
}
