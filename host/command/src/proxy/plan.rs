//! What a proxy is to do, wherever it was said: on the command line or in a configuration file.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::num::NonZeroU32;
use std::time::Duration;

use rds_bridge_proxy::{Certificates, ClientAuthentication};

use super::arguments::{Listen, Proxy};
use super::endpoint::Endpoint;
#[cfg(unix)]
use crate::config_file::Server;
use crate::error::Error;
use crate::tls_files::TlsFiles;

const DEFAULT_LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 3306);

/// All proxies of a process.
pub(super) struct Service {
    pub(super) plans: Vec<Plan>,
    pub(super) admin: Option<SocketAddr>,
    pub(super) drain_timeout: Duration,
}

/// Where a listener's address is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ListenSetting {
    /// With `--listen`.
    Option,
    /// With `listen` in the configuration file.
    File,
}

/// A proxy to one endpoint. The places to listen are in the endpoint.
pub(super) struct Plan {
    pub(super) endpoint: Endpoint,
    pub(super) listen_setting: ListenSetting,
    pub(super) client_user: bool,
    pub(super) read_only: bool,
    pub(super) local_files: bool,
    pub(super) max_connections: usize,
    /// Whether `max_connections` limits all clients of the server, and not only this proxy's.
    pub(super) shares_max_connections: bool,
    /// The limit on new connections to the server.
    pub(super) connections_per_second: NonZeroU32,
    /// The limits on clients of other machines that are not logged in, in all and from one source.
    pub(super) login_limits: (usize, usize),
    pub(super) authentication: ClientAuthentication,
    pub(super) tls: Option<TlsFiles>,
}

impl Plan {
    /// The server whose proxies share this one's limit on open clients, if it is shared.
    #[cfg(unix)]
    pub(super) fn shared_clients<'s>(&self, server: &'s Server) -> Option<&'s Server> {
        self.shares_max_connections.then_some(server)
    }
}

/// The endpoints of the command line, or the one of the options.
pub(super) fn of_arguments(arguments: &Proxy) -> Result<Service, Error> {
    let listen = &arguments.listen;
    let endpoints = if arguments.endpoints.is_empty() {
        vec![Endpoint::default()]
    } else {
        arguments.endpoints.clone()
    };
    let plans = (0_u16..).zip(endpoints).map(|(place, endpoint)| {
        Ok(Plan {
            endpoint: with_places(endpoint, listen, place)?,
            listen_setting: ListenSetting::Option,
            client_user: listen.client_user,
            read_only: listen.read_only,
            local_files: !listen.no_local_files,
            max_connections: number(listen.max_connections),
            shares_max_connections: true,
            connections_per_second: listen.connections_per_second,
            login_limits: (
                number(listen.max_logins),
                number(listen.max_logins_per_source),
            ),
            authentication: match listen.client_ca_file {
                Some(_) => ClientAuthentication::Certificates(Certificates::any()),
                None => ClientAuthentication::Trust,
            },
            tls: tls_files(listen),
        })
    });
    Ok(Service {
        plans: plans.collect::<Result<_, Error>>()?,
        admin: listen.admin,
        drain_timeout: Duration::from_secs(listen.drain_timeout),
    })
}

pub(super) fn number(limit: NonZeroU32) -> usize {
    usize::try_from(limit.get()).unwrap_or(usize::MAX)
}

fn tls_files(listen: &Listen) -> Option<TlsFiles> {
    // Clap requires both or neither.
    let certificate = listen.tls_certificate.clone()?;
    let key = listen.tls_key.clone()?;
    Some(TlsFiles {
        certificate,
        key,
        client_ca: listen.client_ca_file.clone(),
    })
}

#[cfg(unix)]
fn has_unix_socket(listen: &Listen) -> bool {
    listen.unix_socket.is_some()
}

#[cfg(not(unix))]
fn has_unix_socket(_: &Listen) -> bool {
    false
}

/// The endpoint with the places where it listens. Further endpoints have the ports after the first one's.
fn with_places(mut endpoint: Endpoint, listen: &Listen, number: u16) -> Result<Endpoint, Error> {
    if endpoint.listen.is_some() || endpoint.unix_socket.is_some() {
        return Ok(endpoint);
    }
    #[cfg(unix)]
    if number == 0 {
        // Programs in other folders find it too.
        let path = listen.unix_socket.as_ref();
        endpoint.unix_socket =
            path.map(|path| std::path::absolute(path).unwrap_or_else(|_| path.clone()));
    }
    if number > 0 && listen.listen.is_none() && has_unix_socket(listen) {
        let problem = "with --unix-socket, each endpoint after the first needs its own address: \
                       ENDPOINT?unix-socket=PATH or ENDPOINT?listen=IP:PORT";
        return Err(Error::Usage(problem.to_owned()));
    }
    let mut address = match listen.listen {
        Some(address) => address,
        None if endpoint.unix_socket.is_some() => return Ok(endpoint),
        None => DEFAULT_LISTEN,
    };
    if address.port() != 0 {
        let port = address.port().checked_add(number).ok_or_else(|| {
            let problem = "the endpoints listen on successive ports from that of --listen, and this one would need a \
                           port above 65535: give it its own address with ENDPOINT?listen=IP:PORT";
            Error::Usage(problem.to_owned())
        })?;
        address.set_port(port);
    }
    endpoint.listen = Some(address);
    Ok(endpoint)
}
