//! The likely causes of a connection that fails, from what the settings tell: what people who log in with IAM tokens
//! run into.

use std::io;
use std::net::IpAddr;

use rustls::CertificateError;

#[cfg(feature = "secrets-manager")]
use super::Login;
#[cfg(feature = "secrets-manager")]
use super::refused_secret::of_refused_secret;
use super::{Address, DEFAULT_PORT, Inner, unknown_authority};
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
            attempts
                .iter()
                .map(|(address, error)| (address.ip(), error.kind())),
            bridge,
        ),
        ErrorKind::Timeout(_) => slow(error.stage(), bridge),
        ErrorKind::Tls(tls) => of_tls(tls, bridge),
        ErrorKind::Closed if matches!(error.stage(), Stage::InitialHandshake | Stage::Tls) => {
            vec![cause(
                "the server is not a MySQL server, or it has reached its limit on connections",
                format!(
                    "check that {} is the database's port, and read the server's log",
                    bridge.address.port
                ),
            )]
        }
        _ => return error,
    };
    error.with_causes(causes)
}

/// 1045 deliberately gives no reason: it follows from what the client and AWS know.
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
                format!("the password of {:?} is wrong", bridge.user),
                "check the password; user names are case-sensitive",
            ),
            cause(
                "the account requires a second factor, which is not supported",
                "log in as a user with one authentication factor, or remove the second one with ALTER USER … DROP 2 \
                 FACTOR",
            ),
        ];
    };
    if let EndpointKind::GlobalWriter { .. } = EndpointKind::of_endpoint(host) {
        causes.push(cause(
            format!("{host} is now an alias of a cluster in a region other than {region}"),
            "set {resolve_cname}, and omit the region: each connection then looks up the primary cluster's endpoint",
        ));
    } else if region_of_endpoint(host).is_none() {
        causes.push(cause(
            format!("{host} is an alias or a tunnel, but a token is valid only for the endpoint's own name"),
            "give the endpoint's own name (….rds.amazonaws.com) as the host, and the alias or tunnel with \
             {connect_to}; or, if the alias is a CNAME, set {resolve_cname}",
        ));
    }
    if *source != RegionSource::Endpoint {
        causes.push(cause(
            format!("the token was signed for {region} ({source}), but the database is in another region"),
            "give the database's region with {region}",
        ));
    }
    causes.extend(of_any_token(&bridge.user));
    let signed_port = bridge.endpoint.port;
    if signed_port != DEFAULT_PORT || signed_port != bridge.address.port {
        causes.push(cause(
            format!(
                "the token was signed for port {signed_port}, but the database uses another port"
            ),
            "give the database's own port with {port}, and the port of a tunnel with {connect_to}",
        ));
    }
    causes
}

/// Why a token may be refused that is signed for the right name and region.
fn of_any_token(user: &str) -> [Cause; 6] {
    [
        cause(
            "the IAM policy does not allow rds-db:connect for this database and user",
            "allow it on …:dbuser:RESOURCE-ID/USER, where the resource ID is db-…, cluster-… or prx-…, and not a \
             name: rds-bridge setup prints the policy",
        ),
        cause(
            format!(
                "the database has no user {user:?}, or the user has another authentication method"
            ),
            "create it with CREATE USER … IDENTIFIED WITH AWSAuthenticationPlugin AS 'RDS' (rds-bridge setup prints \
             the statement), or change it with ALTER USER; user names are case-sensitive",
        ),
        cause(
            "IAM authentication is not enabled for the instance or cluster",
            "enable it: aws rds modify-db-instance --db-instance-identifier NAME \
             --enable-iam-database-authentication, or modify-db-cluster --db-cluster-identifier NAME for a cluster",
        ),
        cause(
            "the AWS credentials have expired, were revoked, or belong to another account",
            "check them with aws sts get-caller-identity or rds-bridge doctor",
        ),
        cause(
            "this machine's clock is wrong: a token is valid for 15 minutes after signing",
            "synchronise it with a time server",
        ),
        cause(
            "more connections were opened in a second than RDS accepts with IAM (about 200)",
            "try again later, and reuse connections instead of opening new ones",
        ),
    ]
}

fn unresolved(host: &str) -> Vec<Cause> {
    vec![
        cause(
            format!("{host} is not the endpoint's name"),
            "copy it from the RDS console or from aws rds describe-db-instances",
        ),
        cause(
            "the name is in a private hosted zone, but this machine does not use the VPC's resolver",
            "run the program inside the VPC, or connect through a tunnel with {connect_to}",
        ),
    ]
}

/// Causes of addresses that do not accept a connection, each with its error.
fn unreachable(
    attempts: impl Iterator<Item = (IpAddr, io::ErrorKind)>,
    bridge: &Inner,
) -> Vec<Cause> {
    let Address { host, port } = &bridge.address;
    let attempts: Vec<(IpAddr, io::ErrorKind)> = attempts.collect();
    if attempts
        .iter()
        .all(|(_, kind)| *kind == io::ErrorKind::ConnectionRefused)
    {
        return vec![cause(
            format!("nothing listens on port {port}"),
            "check that this is the database's port, that the database is running, and that a tunnel to it is open",
        )];
    }
    let is_late = |kind: io::ErrorKind| kind == io::ErrorKind::TimedOut;
    let private = attempts
        .iter()
        .find(|(ip, kind)| is_private(*ip) && is_late(*kind));
    of_unreachable(private.map(|(ip, _)| (host.as_str(), *ip)), *port)
}

/// Whether an address is one of a private network (RFC 1918), as the addresses of a VPC are.
fn is_private(ip: IpAddr) -> bool {
    matches!(ip, IpAddr::V4(ip) if ip.is_private())
}

/// `private` is a host with a private address that did not answer.
fn of_unreachable(private: Option<(&str, IpAddr)>, port: u16) -> Vec<Cause> {
    let outside = match private {
        Some((host, ip)) => cause(
            format!(
                "{host} is inside a VPC ({ip} is a private address), which this machine cannot reach"
            ),
            "forward a local port to it, through a bastion host (ssh -L) or with SSM (aws ssm start-session \
             --document-name AWS-StartPortForwardingSessionToRemoteHost), and give 127.0.0.1:PORT with {connect_to}",
        ),
        None => cause(
            "this machine is outside the VPC, and the database is not publicly accessible",
            "run the program inside the VPC, or connect through a tunnel with {connect_to}",
        ),
    };
    let mut causes = vec![
        cause(
            format!(
                "the security group does not allow connections from this machine on port {port}"
            ),
            "add an inbound rule for this machine and port to the database's security group",
        ),
        outside,
        cause(
            "this program is a Lambda function that is not attached to the VPC",
            "attach it to the VPC's private subnets",
        ),
    ];
    if private.is_some() {
        // Likelier than a security group.
        causes.swap(0, 1);
    }
    causes
}

fn slow(stage: Stage, bridge: &Inner) -> Vec<Cause> {
    match stage {
        Stage::Resolve => unresolved(&bridge.address.host),
        #[cfg(feature = "secrets-manager")]
        Stage::Credentials if let Login::Secret(login) = &bridge.login => {
            vec![no_way_to_secrets_manager(&login.cached.source().region)]
        }
        Stage::Credentials => vec![cause(
            "a credentials provider does not respond: the metadata service may be unreachable",
            "set AWS_EC2_METADATA_DISABLED=true if this is not an EC2 machine, or name a profile",
        )],
        // The greeting may use up the limit that it shares with TLS.
        Stage::InitialHandshake | Stage::Tls => vec![
            cause(
                "the server waits for the client to speak first, as with HTTP, TLS and PostgreSQL; a MySQL server \
                 speaks first itself",
                format!("check that {} is the database's port", bridge.address.port),
            ),
            cause(
                "a paused Aurora Serverless v2 database resumes with the first connection, which takes about 15 s, \
                 and longer after a long pause",
                "try again, or allow 60 s with {timeouts}",
            ),
            cause(
                "the server is overloaded",
                "try again later, and check its load",
            ),
        ],
        Stage::Login => vec![cause(
            "the server does not complete the login: it is overloaded, or RDS is waiting for IAM",
            "try again later",
        )],
        // All of them together have taken too long, most likely there.
        Stage::Connect => of_unreachable(None, bridge.address.port),
        _ => Vec::new(),
    }
}

fn of_tls(error: &rustls::Error, bridge: &Inner) -> Vec<Cause> {
    let rustls::Error::InvalidCertificate(error) = error else {
        return vec![cause(
            "the server supports neither TLS 1.2 nor TLS 1.3, or has no cipher suite in common with rds-bridge",
            "enable TLS 1.2 on the server (the parameter tls_version)",
        )];
    };
    let name = bridge.server_name.to_str();
    match error {
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            vec![
                cause(
                    format!(
                        "{name} is an alias or a tunnel, and the certificate names the endpoint"
                    ),
                    "give the endpoint's own name as the host, and the address to connect to with {connect_to}",
                ),
                cause(
                    "the certificate was deliberately issued for another name",
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
            // Authorities do not issue certificates ahead of time, so the clock is the likely cause.
            cause(
                "this machine's clock is slow",
                "synchronise it with a time server: the tokens that it signs are invalid, too",
            ),
        ],
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => vec![
            cause(
                "the server's certificate has expired, and was not renewed",
                "rotate it: aws rds modify-db-instance --db-instance-identifier NAME --ca-certificate-identifier CA \
                 (aws rds describe-certificates lists the CAs)",
            ),
            cause(
                "this machine's clock is wrong",
                "synchronise it with a time server",
            ),
        ],
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_private_address_that_does_not_answer_is_inside_a_vpc() {
        for (ip, is_inside) in [
            ("10.0.1.5", true),
            ("172.16.0.1", true),
            ("172.31.255.1", true),
            ("192.168.7.7", true),
            ("172.32.0.1", false),
            ("3.120.0.1", false),
            ("127.0.0.1", false),
            ("fd00::1", false),
        ] {
            assert_eq!(is_private(ip.parse().unwrap()), is_inside, "{ip}");
        }
        let private = Some(("db.example.com", "10.0.1.5".parse().unwrap()));
        let first = &of_unreachable(private, 3306)[0];
        let why = "db.example.com is inside a VPC (10.0.1.5 is a private address)";
        assert!(first.why.starts_with(why), "{}", first.why);
        let remedy = first.remedy.to_string();
        for way in [
            "ssh -L",
            "aws ssm start-session",
            "BridgeBuilder::connect_to",
        ] {
            assert!(remedy.contains(way), "{remedy}");
        }
        let other = of_unreachable(None, 3306);
        assert!(other[0].why.contains("security group"), "{other:?}");
    }
}
