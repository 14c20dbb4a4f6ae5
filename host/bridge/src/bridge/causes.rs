//! The likely causes of a connection that fails, from what the settings tell: what people who log in with IAM tokens
//! run into.

use std::io;

use rustls::CertificateError;

#[cfg(feature = "secrets-manager")]
use super::Login;
#[cfg(feature = "secrets-manager")]
use super::refused_secret::of_refused_secret;
use super::{Inner, unknown_authority};
use crate::aws::{EndpointKind, RegionSource, region_of_endpoint};
#[cfg(feature = "secrets-manager")]
use crate::error::no_way_to_secrets_manager;
use crate::error::{Cause, Error, ErrorKind, Stage, cause};

/// Adds to an error what the bridge's settings tell of its causes, if they are not known better already.
pub(crate) fn attach(error: Error, bridge: &Inner) -> Error {
    if !error.causes().is_empty() {
        return error;
    }
    let causes = match error.kind() {
        ErrorKind::Server(server) if server.code == 1045 => access_denied(bridge),
        ErrorKind::Resolve { host, .. } => unresolved(host),
        ErrorKind::Connect(attempts) => unreachable(
            attempts.iter().map(|(_, error)| error.kind()),
            bridge.address.port,
        ),
        ErrorKind::Timeout(_) => slow(error.stage(), bridge),
        ErrorKind::Tls(tls) => of_tls(tls, bridge),
        ErrorKind::Closed if error.stage() == Stage::Tls => vec![cause(
            "what listens there is not a MySQL server, or it ends connections that it has no room for",
            format!(
                "see that port {} is the database's, and look at its log",
                bridge.address.port
            ),
        )],
        _ => return error,
    };
    error.with_causes(causes)
}

/// 1045 says nothing of its reason on purpose: the reason is in what the client and AWS know.
fn access_denied(bridge: &Inner) -> Vec<Cause> {
    let mut causes = Vec::new();
    let host = &bridge.endpoint.host;
    #[cfg(feature = "secrets-manager")]
    if let Login::Secret(login) = &bridge.login
        && let Some(used) = login.cached.kept()
    {
        return of_refused_secret(bridge, login, &used, None);
    }
    let Some((region, source)) = &bridge.endpoint.region else {
        return vec![
            cause(
                format!("the password of {:?} is another", bridge.user),
                "look at it again; user names are case-sensitive",
            ),
            cause(
                "the account asks for a second factor, which is not supported",
                "log in as a user that has one: ALTER USER … DROP 2 FACTOR",
            ),
        ];
    };
    if let EndpointKind::GlobalWriter { .. } = EndpointKind::of_endpoint(host) {
        causes.push(cause(
            format!("{host} is an alias of a cluster in another region than {region} by now"),
            "set {resolve_cname}, and no region: the primary cluster's endpoint is \
             then looked up for each connection",
        ));
    } else if region_of_endpoint(host).is_none() {
        causes.push(cause(
            format!("{host} is an alias: a token is good for the endpoint's own name alone"),
            "give the name that RDS shows (….rds.amazonaws.com), or set {resolve_cname}; give the alias or \
             tunnel with {connect_to}",
        ));
    }
    if *source != RegionSource::Endpoint {
        causes.push(cause(
            format!("the token was signed for {region} ({source}), and the database is elsewhere"),
            "give its region with {region}",
        ));
    }
    causes.extend(of_any_token(&bridge.user));
    causes
}

/// Why a token may be refused that is signed for the right name and region.
fn of_any_token(user: &str) -> [Cause; 6] {
    [
        cause(
            "the IAM policy does not allow rds-db:connect for this database and user",
            "its resource is …:dbuser:RESOURCE-ID/USER with the resource id (db-ABC… or cluster-ABC…), not \
             the instance's name: rds-bridge setup prints it",
        ),
        cause(
            format!("the database has no user {user:?}, or one with another kind of login"),
            "user names are case-sensitive; make it with IDENTIFIED WITH AWSAuthenticationPlugin AS 'RDS': \
             rds-bridge setup prints the statement",
        ),
        cause(
            "IAM authentication is not enabled for the instance or cluster",
            "aws rds modify-db-instance --enable-iam-database-authentication",
        ),
        cause(
            "the AWS credentials have expired, were revoked, or are another account's",
            "aws sts get-caller-identity shows whose they are; rds-bridge doctor does too",
        ),
        cause(
            "this machine's clock is off: a token is good for 15 minutes from its signing",
            "compare it with a time server's",
        ),
        cause(
            "more new connections a second than RDS takes with IAM (some 200)",
            "keep connections open, and try again later",
        ),
    ]
}

fn unresolved(host: &str) -> Vec<Cause> {
    vec![
        cause(
            format!("{host} is not the endpoint's name"),
            "copy it from the RDS console, or aws rds describe-db-instances",
        ),
        cause(
            "the name is of a private zone, and this machine asks another resolver than the VPC's",
            "run it inside the VPC, or through a tunnel with {connect_to}",
        ),
    ]
}

fn unreachable(errors: impl Iterator<Item = io::ErrorKind>, port: u16) -> Vec<Cause> {
    let mut errors = errors;
    if errors.all(|kind| kind == io::ErrorKind::ConnectionRefused) {
        return vec![cause(
            format!("nothing listens on port {port}"),
            "see that the port is the database's, that it runs, and that a tunnel to it is open",
        )];
    }
    vec![
        cause(
            format!("the security group does not let this machine in on port {port}"),
            "add an inbound rule for it to the database's security group",
        ),
        cause(
            "this machine is outside the VPC, and the database is not publicly accessible",
            "run it inside the VPC, or through a tunnel with {connect_to}",
        ),
        cause(
            "the function has no subnets and security group of the VPC",
            "attach it to the VPC's private subnets",
        ),
    ]
}

fn slow(stage: Stage, bridge: &Inner) -> Vec<Cause> {
    match stage {
        Stage::Resolve => unresolved(&bridge.address.host),
        #[cfg(feature = "secrets-manager")]
        Stage::Credentials if let Login::Secret(login) = &bridge.login => {
            vec![no_way_to_secrets_manager(&login.cached.source().region)]
        }
        Stage::Credentials => vec![cause(
            "a credentials provider does not answer: the metadata service is out of reach, perhaps",
            "set AWS_EC2_METADATA_DISABLED=true if this is no EC2 machine, or name a profile",
        )],
        Stage::Tls => vec![
            cause(
                "what listens there waits for the client to begin, as servers of HTTP, TLS and PostgreSQL \
                 do: a MySQL server speaks first",
                format!("see that port {} is the database's", bridge.address.port),
            ),
            cause(
                "an Aurora Serverless v2 that is paused resumes with the first connection, which takes some 15 s, and \
                 more where it was paused for long",
                "try again, or allow 60 s with {timeouts}",
            ),
            cause(
                "the server is overloaded",
                "try again later, and look at its load",
            ),
        ],
        Stage::Login => vec![cause(
            "the server does not finish the login: it is overloaded, or RDS waits for IAM",
            "try again later",
        )],
        // All of them together have taken too long, most likely there.
        Stage::Connect => unreachable(
            std::iter::once(io::ErrorKind::TimedOut),
            bridge.address.port,
        ),
        _ => Vec::new(),
    }
}

fn of_tls(error: &rustls::Error, bridge: &Inner) -> Vec<Cause> {
    let rustls::Error::InvalidCertificate(error) = error else {
        return vec![cause(
            "the server has no version of TLS from 1.2 on, or no cipher suite in common",
            "let it offer TLS 1.2 (the parameter tls_version)",
        )];
    };
    let name = bridge.server_name.to_str();
    match error {
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            vec![
                cause(
                    format!(
                        "{name} is an alias or a tunnel, and the certificate is the endpoint's"
                    ),
                    "give the endpoint's own name as the host, and where to connect with {connect_to}",
                ),
                cause(
                    "the certificate has a name of its own on purpose",
                    "give that name with {tls_server_name}",
                ),
            ]
        }
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            let region = bridge.endpoint.region.as_ref();
            let region = region.map(|(region, _)| region.as_str());
            unknown_authority::causes(&bridge.endpoint.host, region, bridge.trusted)
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => vec![
            // No authority issues certificates ahead of time: this is as good as another's clock.
            cause(
                "this machine's clock is behind",
                "compare it with a time server's: a token that it signs is not good either",
            ),
        ],
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => vec![
            cause(
                "the instance's certificate was not renewed",
                "rotate it: aws rds modify-db-instance --ca-certificate-identifier",
            ),
            cause(
                "this machine's clock is off",
                "compare it with a time server's",
            ),
        ],
        _ => Vec::new(),
    }
}
