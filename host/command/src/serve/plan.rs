//! What a gateway is to do, wherever it was said: on the command line or in a configuration file.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use rds_bridge::component::Engine;
use rds_bridge::pool::Pool;
use rds_bridge_access::Config;
use rds_bridge_gateway::{CallerAuthentication, Gateway, GatewayBuilder, Keys};
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
}

impl About {
    /// How to call.
    pub(super) fn lines(&self, address: SocketAddr) -> String {
        let (credentials, id, secret) = match self.needs_credentials {
            true => ("NAME:KEY", "NAME", "SECRET"),
            false => ("any:any", "any", "any"),
        };
        format!(
            "rds-bridge: http://{address} for {}:\n  \
             connect({{ url: 'http://{credentials}@{address}' }}) // @planetscale/database\n  \
             boto3.client('rds-data', 'us-east-1', endpoint_url='http://{address}', \
             aws_access_key_id='{id}', aws_secret_access_key='{secret}')\n",
            self.databases
        )
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
        builder: with_times(file.gateway(arguments, &engine)?, options),
        listen,
        admin: gateway.admin.or(options.admin),
        drain_timeout: Duration::from_secs(drain_timeout),
        about: About {
            databases: format!("{}, callers {callers}", databases.join(", ")),
            needs_credentials: !gateway.trust_loopback,
        },
    })
}

/// Fills in what the options give.
pub(super) fn fill(config: &mut Config, options: &Callers) {
    let gateway = &mut config.gateway;
    gateway.listen.get_or_insert(options.listen);
    gateway.admin = gateway.admin.or(options.admin);
    gateway.drain_timeout.get_or_insert(options.drain_timeout);
    for database in config.databases.values_mut() {
        let limit = &mut database.max_connections;
        limit.get_or_insert(options.max_connections);
    }
}

/// The gateway of the options, to one database.
pub(super) async fn of_options(arguments: &Serve) -> Result<Plan, Error> {
    let callers = &arguments.callers;
    let authentication = authentication(callers)?;
    // Any other address is refused before it is opened.
    if !callers.listen.ip().to_canonical().is_loopback() {
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
    };
    let name = bridge.database().unwrap_or("main").to_owned();
    let connections = usize::try_from(callers.max_connections.get()).unwrap_or(usize::MAX);
    let pool = Pool::builder(bridge).max_size(connections).build();
    let pool = pool.map_err(|error| Error::Bridge(error.into()))?;
    let mut builder = Gateway::builder(authentication).database(name, pool);
    for host in &callers.allow_host {
        builder = builder.allow_host(host);
    }
    if let Some(table) = &callers.idempotency_table {
        builder = builder.idempotency_table(table);
    }
    Ok(Plan {
        builder: with_times(builder, callers),
        listen: callers.listen,
        admin: callers.admin,
        drain_timeout: Duration::from_secs(callers.drain_timeout),
        about,
    })
}

fn with_times(builder: GatewayBuilder, options: &Callers) -> GatewayBuilder {
    let builder = builder.drain_notice(Duration::from_secs(options.drain_notice));
    match options.statement_timeout {
        Some(seconds) => builder.statement_timeout(Duration::from_secs(seconds.get().into())),
        None => builder,
    }
}

/// Who may call. One of the two options is required, so that no gateway is open by accident.
fn authentication(callers: &Callers) -> Result<CallerAuthentication, Error> {
    match &callers.api_key_file {
        Some(path) => Ok(CallerAuthentication::Keys(keys(path)?)),
        None if callers.trust_loopback => Ok(CallerAuthentication::TrustLoopback),
        None => {
            let problem = "say who may call: give the callers' keys with --api-key-file FILE, or accept every program \
                           on this machine with --trust-loopback, or write both into a --config FILE";
            Err(Error::Usage(problem.to_owned()))
        }
    }
}

fn keys(path: &Path) -> Result<Keys, Error> {
    let text = fs::read_to_string(path).map(Zeroizing::new);
    let text = text.map_err(|error| Error::ReadFile(path.to_owned(), error))?;
    let keys = Keys::read(&text);
    keys.map_err(|error| GatewayError::Keys(path.to_owned(), error).into())
}
