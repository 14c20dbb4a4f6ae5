//! The likely causes of a failure on the way through a proxy.

use std::io;

use rds_bridge::component::HandshakeError;
use rds_bridge::error::{Cause, Error, ErrorKind, Stage};
use rustls::CertificateError;

use super::Place;
use super::told::Told;
use crate::error::words_without_stage;
use crate::exit::Exit;

/// What the report says of a failure: the message, the error with its causes, and the exit code.
pub(super) fn explained(error: Error, place: &Place) -> (String, Error, Exit) {
    if let Some(server) = error.server_error() {
        let told = Told::read(server);
        let exit = told.exit(server.code);
        let state = server.sql_state.as_deref();
        let state = state.map(|state| format!(", {state}")).unwrap_or_default();
        let detail = format!("the proxy says: {} ({}{state})", told.message, server.code);
        let causes = if !told.is_of_database() && server.code == 1045 {
            vec![of_caller()]
        } else {
            told.causes
        };
        return (detail, error.with_causes(causes), exit);
    }
    let exit = Exit::for_error(&error);
    let detail = words_without_stage(&error);
    let error = match of_way(&error, place) {
        Some(causes) => error.with_causes(causes),
        None => error,
    };
    (detail, error, exit)
}

fn of_caller() -> Cause {
    Cause::new(
        "the proxy's configuration file has no caller of this name, or the caller has another password",
        "give the name of a caller with --username, and the password with DB_PASSWORD or --password-file FILE",
    )
}

/// Of what fails before the proxy says anything.
fn of_way(error: &Error, place: &Place) -> Option<Vec<Cause>> {
    let causes = match error.kind() {
        ErrorKind::Resolve { host, .. } => vec![Cause::new(
            format!("{host} is not the name of the machine on which the proxy runs"),
            "give the address that rds-bridge proxy prints",
        )],
        ErrorKind::Io(_) if error.stage() == Stage::Connect => not_listening(place),
        ErrorKind::Connect(attempts) => {
            let mut kinds = attempts.iter().map(|(_, error)| error.kind());
            match kinds.all(|kind| kind == io::ErrorKind::ConnectionRefused) {
                true => not_listening(place),
                false => no_route(place),
            }
        }
        ErrorKind::Timeout(_) if error.stage() == Stage::Connect => no_route(place),
        ErrorKind::Timeout(_) => vec![
            Cause::new(
                "the proxy is still connecting to the database",
                "wait longer with {timeouts}, or run rds-bridge doctor, without --through, on the proxy's machine with \
                 the proxy's settings",
            ),
            another_program(place),
        ],
        ErrorKind::Closed | ErrorKind::Malformed(_) => vec![another_program(place)],
        ErrorKind::Handshake(HandshakeError::TlsNotOffered) => vec![Cause::new(
            "the listener offers no TLS, and this login would cross the network unencrypted",
            "set tls = { certificate = …, key = … } for the listener (without a configuration file: --tls-certificate \
             and --tls-key), or run this command on the proxy's machine",
        )],
        ErrorKind::Handshake(HandshakeError::UnsupportedAuthPlugin(_)) => {
            vec![another_program(place)]
        }
        ErrorKind::Tls(rustls::Error::InvalidCertificate(error)) => of_certificate(error)?,
        _ => return None,
    };
    Some(causes)
}

fn not_listening(place: &Place) -> Vec<Cause> {
    let option = match place {
        Place::Tcp { .. } => "--listen",
        Place::Unix(_) => "--unix-socket",
    };
    vec![Cause::new(
        format!("no proxy listens at {place}"),
        format!(
            "start one with rds-bridge proxy {option} {place}, or give the address that it prints"
        ),
    )]
}

fn no_route(place: &Place) -> Vec<Cause> {
    vec![Cause::new(
        format!(
            "a firewall blocks connections to {place}, or the proxy's machine has another address"
        ),
        "allow connections to the proxy's port, correct the address in --through, or run this command on the proxy's \
         machine",
    )]
}

fn another_program(place: &Place) -> Cause {
    Cause::new(
        format!("the program that listens at {place} is not rds-bridge proxy"),
        "give the address that rds-bridge proxy prints",
    )
}

fn of_certificate(error: &CertificateError) -> Option<Vec<Cause>> {
    let cause = match error {
        CertificateError::UnknownIssuer | CertificateError::BadSignature => Cause::new(
            "a private authority issued the listener's certificate",
            "give the authority's certificate with {ca_file}",
        ),
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            Cause::new(
                "the listener's certificate is for a name other than the one in --through",
                "give one of the certificate's names in --through, or with {tls_server_name}",
            )
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => Cause::new(
            "the listener's certificate has expired, and was not replaced",
            "replace the file, and send the proxy SIGHUP",
        ),
        _ => return None,
    };
    Some(vec![cause])
}
