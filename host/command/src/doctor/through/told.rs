//! What a proxy tells its client of a failure: the message, the stage and the likely causes.

use rds_bridge::component::ServerError;
use rds_bridge::error::Cause;

use crate::exit::Exit;

const CAUSE: &str = "; likely cause ";
const MORE: &str = "; more causes: rds-bridge doctor";

/// A proxy's error, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Told {
    /// The message without the causes.
    pub(super) message: String,
    pub(super) causes: Vec<Cause>,
    /// The stage that failed on the way to the database. `None` if the proxy itself refused the client.
    stage: Option<String>,
}

impl Told {
    pub(super) fn read(error: &ServerError) -> Self {
        let message = error.message.as_str();
        let (message, has_more) = match message.strip_suffix(MORE) {
            Some(message) => (message, true),
            None => (message, false),
        };
        let mut parts = message.split(CAUSE);
        let message = parts.next().unwrap_or_default().to_owned();
        let stage = stage(&message).map(str::to_owned);
        // Each begins with its number. The remedy is a part of the text.
        let causes = parts.map(|part| {
            let text = part.split_once(": ").map_or(part, |(_, text)| text);
            Cause::new(text, "")
        });
        let mut causes: Vec<Cause> = causes.collect();
        if has_more {
            causes.push(Cause::new(
                "the proxy knows more causes than fit into its error",
                "run rds-bridge doctor, without --through, on the proxy's machine with the proxy's settings",
            ));
        }
        Self {
            message,
            causes,
            stage,
        }
    }

    /// Whether the proxy reports a failure on the way to the database.
    pub(super) fn is_of_database(&self) -> bool {
        self.stage.is_some()
    }

    /// The exit code that the failure has where the proxy runs.
    pub(super) fn exit(&self, code: u16) -> Exit {
        match (code, self.stage.as_deref()) {
            (1040 | 1158 | 1203, _) | (1105, Some("greeting")) => Exit::Network,
            (_, Some("settings")) => Exit::Usage,
            (_, Some("credentials")) => Exit::Credentials,
            (_, Some("name resolution" | "TCP connection")) => Exit::Network,
            (_, Some("TLS")) => Exit::Tls,
            (1043, _) => Exit::Protocol,
            _ => Exit::Login,
        }
    }
}

/// The stage in `rds-bridge: STAGE: …` or `… [rds-bridge, stage STAGE]`.
fn stage(message: &str) -> Option<&str> {
    if let Some(rest) = message.strip_prefix("rds-bridge: ") {
        return rest.split_once(": ").map(|(stage, _)| stage);
    }
    let (_, rest) = message.rsplit_once("[rds-bridge, stage ")?;
    rest.strip_suffix(']')
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
             db is an alias: a token is valid only for its own name: set it; likely cause 2: b: c; more causes: \
             rds-bridge doctor",
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
                "the proxy knows more causes than fit into its error"
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
        ] {
            assert_eq!(told(code, message).exit(code), exit, "{message}");
        }
        assert!(!told(1045, "Access denied for user 'x'").is_of_database());
        assert!(told(1, "").causes.is_empty());
    }
}
