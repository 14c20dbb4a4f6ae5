//! The likely causes of a refused token that the library does not know: the emulator, and users with a password.

use std::net::IpAddr;

use crate::error::LISTED;
use rds_bridge::Error;
use rds_bridge::error::{Cause, ErrorKind, Stage};

/// `ER_ACCESS_DENIED_ERROR`
const ACCESS_DENIED: u16 = 1045;

/// Adds the causes to an error of the login.
pub(super) fn explained(error: Error, host: &str) -> Error {
    let is_denied =
        matches!(error.kind(), ErrorKind::Server(server) if server.code == ACCESS_DENIED);
    let is_refused = is_denied || matches!(error.kind(), ErrorKind::Handshake(_));
    if error.stage() != Stage::Login || !is_refused {
        return error;
    }
    // RDS has no endpoint of this name, so the causes of RDS do not apply.
    if is_denied && is_this_machine(host) {
        return error.with_causes(of_this_machine(host).to_vec());
    }
    let mut causes = error.causes().to_vec();
    // Among those that `query` lists.
    let at = causes.len().min(LISTED.saturating_sub(1));
    causes.insert(at, of_missing_password());
    error.with_causes(causes)
}

fn of_missing_password() -> Cause {
    Cause::new(
        "the user logs in with a password, but none is given",
        "set DB_PASSWORD, or add --password-file FILE (- prompts for the password)",
    )
}

fn is_this_machine(host: &str) -> bool {
    let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
    host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
}

fn of_this_machine(host: &str) -> [Cause; 3] {
    [
        Cause::new(
            format!("{host} is the emulator, but the token is not valid for it"),
            "read the emulator's standard error: rds-bridge emulate prints the reason for each refusal",
        ),
        Cause::new(
            format!(
                "{host} is a tunnel to RDS, but a token is valid only for the endpoint for which it is signed"
            ),
            "give the endpoint (….rds.amazonaws.com) with --hostname, and the tunnel with --connect-to",
        ),
        of_missing_password(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_this_machine() {
        for host in [
            "localhost",
            "LOCALHOST",
            "127.0.0.1",
            "127.1.2.3",
            "::1",
            "[::1]",
        ] {
            assert!(is_this_machine(host), "{host}");
        }
        for host in ["mydb.abc123.eu-central-1.rds.amazonaws.com", "10.0.0.1", ""] {
            assert!(!is_this_machine(host), "{host}");
        }
    }
}
