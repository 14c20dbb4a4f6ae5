//! The gateway to start, from the command line or a configuration file.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use rds_bridge::component::Engine;
use rds_bridge::pool::Pool;
use rds_bridge_access::{Config, is_loopback};
use rds_bridge_gateway::{CallerAuthentication, Gateway, GatewayBuilder, Keys, TlsConfig};
use zeroize::Zeroizing;

use super::arguments::{Callers, Serve};
use crate::config_file::ConfigFile;
use crate::connection_arguments::Own;
use crate::error::Error;
use crate::gateway_error::GatewayError;

/// A gateway to start.
pub(super) struct Plan {
    pub(super) builder: GatewayBuilder,
    pub(super) listen: SocketAddr,
    pub(super) admin: Option<SocketAddr>,
    pub(super) drain_timeout: Duration,
    pub(super) about: About,
}

/// What to tell of a gateway that was started.
pub(super) struct About {
    /// The databases, and who may do what.
    databases: String,
    needs_credentials: bool,
    pub(super) scheme: &'static str,
    /// Whether requests may name another host than this machine.
    has_names: bool,
}

impl About {
    /// How to call.
    pub(super) fn lines(&self, address: SocketAddr) -> String {
        let (credentials, id, secret) = match self.needs_credentials {
            true => ("NAME:KEY", "NAME", "SECRET"),
            false => ("any:any", "any", "any"),
        };
        let scheme = self.scheme;
        let mut lines = format!(
            "rds-bridge: {scheme}://{address} for {}:\n  \
             connect({{ url: '{scheme}://{credentials}@{address}' }}) // @planetscale/database\n  \
             boto3.client('rds-data', 'us-east-1', endpoint_url='{scheme}://{address}', \
             aws_access_key_id='{id}', aws_secret_access_key='{secret}')\n",
            self.databases
        );
        if !is_loopback(address.ip()) && !self.has_names {
            lines.push_str(
                "rds-bridge: only requests to localhost are answered: to answer requests to another name, add \
                 --allow-host NAME, or allow_hosts in [gateway]\n",
            );
        }
        lines
    }
}

/// The gateway of a configuration file. The options give what the file leaves out.
pub(super) fn of_file(arguments: &Serve, file: &ConfigFile) -> Result<Plan, Error> {
    let options = &arguments.callers;
    let gateway = &file.config.gateway;
    let listen = gateway.listen.unwrap_or(options.listen);
    file.check_address(listen)?;
    let engine = Engine::new().map_err(Error::Fault)?;
    let databases = file.config.databases.keys();
    let databases: Vec<&str> = databases.map(String::as_str).collect();
    let callers = match gateway.trust_loopback {
        true => "every program on this machine".to_owned(),
        false => file.caller_names(),
    };
    let drain_timeout = gateway.drain_timeout.unwrap_or(options.drain_timeout);
    Ok(Plan {
        builder: file.gateway(arguments, &engine)?,
        listen,
        admin: gateway.admin.or(options.admin),
        drain_timeout: Duration::from_secs(drain_timeout),
        about: About {
            databases: format!("{}, callers {callers}", databases.join(", ")),
            needs_credentials: !gateway.trust_loopback,
            scheme: scheme(gateway.tls.is_some()),
            has_names: !gateway.allow_hosts.is_empty(),
        },
    })
}

/// Fills in what the options give.
pub(super) fn fill(config: &mut Config, options: &Callers) {
    let gateway = &mut config.gateway;
    gateway.listen.get_or_insert(options.listen);
    gateway.admin = gateway.admin.or(options.admin);
    gateway.drain_timeout.get_or_insert(options.drain_timeout);
    if gateway.idempotency_table.is_none() {
        gateway
            .idempotency_table
            .clone_from(&options.idempotency_table);
    }
    gateway.drain_notice.get_or_insert(options.drain_notice);
    gateway.statement_timeout = gateway.statement_timeout.or(options.statement_timeout);
    let show = &mut gateway.show_statements;
    show.get_or_insert(options.show_statements);
    for database in config.databases.values_mut() {
        let limit = &mut database.max_connections;
        limit.get_or_insert(options.max_connections);
    }
}

/// The gateway of the options, to one database.
pub(super) async fn of_options(arguments: &Serve) -> Result<Plan, Error> {
    let callers = &arguments.callers;
    let authentication = authentication(arguments)?;
    let tls = tls(arguments)?;
    // Another address is refused before it is opened, if callers are not authenticated, or not over TLS.
    let is_encrypted = tls.is_some() || arguments.tls.is_behind_proxy();
    let is_safe = is_encrypted && !callers.trust_loopback;
    if !is_loopback(callers.listen.ip()) && !is_safe {
        return Err(GatewayError::NotLocal(callers.listen).into());
    }
    let engine = Engine::new().map_err(Error::Fault)?;
    let builder = arguments.connection.builder_for(&Own::default())?;
    let builder = builder.engine(engine).allow_writes(callers.allow_writes);
    let bridge = builder.build().await.map_err(Error::Bridge)?;
    let access = match callers.allow_writes {
        true => "may write",
        false => "read-only",
    };
    let about = About {
        databases: format!(
            "{} at {}:{}, {access}",
            bridge.user(),
            bridge.host(),
            bridge.port()
        ),
        needs_credentials: !callers.trust_loopback,
        scheme: scheme(tls.is_some()),
        has_names: !callers.allow_host.is_empty(),
    };
    let name = bridge.database().unwrap_or("main").to_owned();
    let connections = usize::try_from(callers.max_connections.get()).unwrap_or(usize::MAX);
    let pool = Pool::builder(bridge).max_size(connections).build();
    let pool = pool.map_err(|error| Error::Bridge(error.into()))?;
    let mut builder = Gateway::builder(authentication).database(name, pool);
    for host in &callers.allow_host {
        builder = builder.allow_host(host);
    }
    builder = builder.behind_tls_proxy(arguments.tls.is_behind_proxy());
    if let Some(tls) = tls {
        builder = builder.tls(tls);
    }
    Ok(Plan {
        builder,
        listen: callers.listen,
        admin: callers.admin,
        drain_timeout: Duration::from_secs(callers.drain_timeout),
        about,
    })
}

/// Reads the files of the options again: keys, and those of TLS. If one is invalid, nothing changes.
pub(super) fn reload(arguments: &Serve, gateway: &Gateway) -> Result<(), Error> {
    let authentication = authentication(arguments)?;
    let tls = tls(arguments)?;
    let set = gateway.set_authentication(authentication);
    set.map_err(GatewayError::Start)?;
    if let Some(tls) = tls {
        gateway.set_tls(tls);
    }
    Ok(())
}

fn scheme(has_tls: bool) -> &'static str {
    match has_tls {
        true => "https",
        false => "http",
    }
}

/// The configuration of TLS, if it is offered.
fn tls(arguments: &Serve) -> Result<Option<TlsConfig>, Error> {
    let Some(files) = arguments.tls.files() else {
        return Ok(None);
    };
    // A caller with a key needs no certificate.
    let has_others = arguments.callers.api_key_file.is_some();
    files.load_for_gateway(has_others).map(Some)
}

/// Who may call. One of the options is required, so that no gateway is open by accident.
fn authentication(arguments: &Serve) -> Result<CallerAuthentication, Error> {
    let callers = &arguments.callers;
    let has_certificates = arguments.tls.has_client_ca();
    if callers.trust_loopback {
        return Ok(CallerAuthentication::TrustLoopback);
    }
    let keys = match &callers.api_key_file {
        Some(path) => keys(path)?,
        None if has_certificates => {
            Keys::new().map_err(|error| GatewayError::Start(error.into()))?
        }
        None => {
            let problem = "the gateway accepts no callers yet: give the callers' keys with --api-key-file FILE, or the \
                           authorities that issue their certificates with --client-ca-file FILE; or accept every \
                           program on this machine with --trust-loopback; or use a configuration file with --config \
                           FILE";
            return Err(Error::Usage(problem.to_owned()));
        }
    };
    Ok(CallerAuthentication::Keys(match has_certificates {
        true => keys.with_any_certificate(),
        false => keys,
    }))
}

fn keys(path: &Path) -> Result<Keys, Error> {
    let text = fs::read_to_string(path).map(Zeroizing::new);
    let text = text.map_err(|error| Error::ReadFile(path.to_owned(), error))?;
    let keys = Keys::read(&text);
    keys.map_err(|error| GatewayError::Keys(path.to_owned(), error).into())
}
