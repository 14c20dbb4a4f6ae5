//! A running proxy to one endpoint.

use std::io;
use std::net::SocketAddr;

use rds_bridge::Bridge;
use rds_bridge::component::Engine;
use rds_bridge_proxy::{
    ClientAuthentication, ClientLimit, DatabaseUser, Listener, Proxy, ProxyBuilder, ReachedLimit,
};
use tokio::net::TcpListener;

use super::address::{Address, Needs};
use super::limits::Limits;
use super::plan::{ListenSetting, Plan};
use crate::config_file::{server, with_key};
use crate::connection_arguments::{ConnectionArguments, Own};
use crate::error::Error;
use crate::proxy_error::ProxyError;
use crate::setting_names;

pub(super) struct Running {
    pub(super) proxy: Proxy,
    pub(super) address: Address,
}

impl Running {
    /// Starts a proxy, on the listener that systemd has opened for it, if there is one.
    pub(super) async fn start(
        connection: &ConnectionArguments,
        plan: &Plan,
        engine: &Engine,
        limits: &mut Limits,
        activated: Option<Listener>,
    ) -> Result<Self, Error> {
        let own = plan.endpoint.own();
        if plan.client_user && !connection.has_user(&own) {
            let problem = "--client-user also needs a database user for the proxy itself, which it uses for health \
                           checks and when a client disconnects before its login: give it with --username, or set \
                           DB_USER";
            return Err(Error::Usage(problem.to_owned()));
        }
        let bridge = bridge(connection, &own, engine).await;
        let bridge = bridge.map_err(|error| match plan.listen_setting {
            ListenSetting::File => with_key(error, &own),
            ListenSetting::Option => error,
        })?;
        let (builder, address) = begin(bridge, engine);
        let builder = in_words_of(plan.listen_setting, builder);
        let (in_all, per_source) = plan.login_limits;
        let clients = match plan.shares_max_connections {
            true => limits.clients(&address.server, plan.max_connections),
            false => ClientLimit::new(plan.max_connections),
        };
        let mut builder = builder
            .connection_rate(limits.rate(&address.server, plan.connections_per_second))
            .client_limit(clients)
            .concurrent_logins(limits.logins.clone())
            .login_limits(in_all, per_source)
            .read_only(plan.read_only)
            .local_files(plan.local_files)
            .authentication(plan.authentication.clone());
        if plan.client_user && !connection.has_token_login() {
            let problem = "--client-user works only with IAM tokens: omit --secret (DB_SECRET_ARN) and --password-file \
                 (DB_PASSWORD)";
            return Err(Error::Usage(problem.to_owned()));
        }
        if plan.client_user {
            builder = builder.database_user(DatabaseUser::OfClient);
        }
        if let Some(files) = &plan.tls {
            builder = builder.tls(files.load()?);
        }
        let (builder, address) = match activated {
            Some(listener) => with_activated(builder, address, listener),
            None => with_listeners(builder, address, plan).await?,
        };
        let mut address = address;
        address.needs = match plan.authentication {
            ClientAuthentication::Passwords(_) => Needs::Password,
            ClientAuthentication::Certificates(_) => Needs::Certificate,
            _ => Needs::Nothing,
        };
        let proxy = builder.start().map_err(ProxyError::from)?;
        Ok(Self { proxy, address })
    }
}

/// The bridge of a proxy to one endpoint.
pub(crate) async fn bridge(
    connection: &ConnectionArguments,
    own: &Own<'_>,
    engine: &Engine,
) -> Result<Bridge, Error> {
    let builder = connection.builder_for(own)?;
    // The sessions are the clients', so it only lets errors tell a writer from a reader.
    let may_write = !connection.asks_for_reader(own);
    let builder = builder.engine(engine.clone()).allow_writes(may_write);
    builder.build().await.map_err(Error::Bridge)
}

/// The settings of a proxy to one endpoint, without listeners, and its address without places.
pub(crate) fn begin(bridge: Bridge, engine: &Engine) -> (ProxyBuilder, Address) {
    let address = Address {
        tcp: None,
        unix_socket: None,
        needs: Needs::Nothing,
        user: bridge.user().to_owned(),
        database: bridge.database().map(str::to_owned),
        endpoint: format!("{}:{}", bridge.host(), bridge.port()),
        server: server(bridge.host(), bridge.port()),
    };
    let mut builder = Proxy::builder(bridge)
        .engine(engine.clone())
        .remedy_words(setting_names::words)
        .limit_words(limit_words);
    if let Some(database) = &address.database {
        builder = builder.database(database);
    }
    (builder, address)
}

/// Lets errors name settings as they are set: as [`begin`] has it, or as keys of the file.
fn in_words_of(setting: ListenSetting, builder: ProxyBuilder) -> ProxyBuilder {
    match setting {
        ListenSetting::Option => builder,
        ListenSetting::File => builder
            .remedy_words(setting_names::words_of_file)
            .limit_words(limit_words_of_file),
    }
}

/// A limit, with its option.
fn limit_words(limit: &ReachedLimit) -> String {
    limit.with_name(match limit {
        ReachedLimit::Clients(_) => "--max-connections",
        ReachedLimit::Logins(_) => "--max-logins",
        ReachedLimit::LoginsPerSource(_) => "--max-logins-per-source",
        ReachedLimit::ConnectionRate => "--connections-per-second",
    })
}

/// A limit, with its key in a configuration file.
fn limit_words_of_file(limit: &ReachedLimit) -> String {
    limit.with_name(match limit {
        ReachedLimit::Clients(_) => "max_connections in [[proxy.listeners]]",
        ReachedLimit::Logins(_) => "max_logins in [[proxy.listeners]]",
        ReachedLimit::LoginsPerSource(_) => "max_logins_per_source in [[proxy.listeners]]",
        ReachedLimit::ConnectionRate => "connections_per_second in [databases.NAME]",
    })
}

fn with_activated(
    builder: ProxyBuilder,
    mut address: Address,
    listener: Listener,
) -> (ProxyBuilder, Address) {
    address.tcp = listener.address();
    #[cfg(unix)]
    {
        address.unix_socket = listener.path();
    }
    (builder.listen(listener), address)
}

async fn with_listeners(
    mut builder: ProxyBuilder,
    mut address: Address,
    plan: &Plan,
) -> Result<(ProxyBuilder, Address), Error> {
    #[cfg(unix)]
    if let Some(path) = &plan.endpoint.unix_socket {
        let failed = |error| ProxyError::Listen(path.display().to_string(), error);
        builder = builder.listen(Listener::unix(path).map_err(failed)?);
        address.unix_socket = Some(path.clone());
    }
    if let Some(wanted) = plan.endpoint.listen {
        let listener = listen_on(wanted, plan.listen_setting).await?;
        address.tcp = listener.address();
        builder = builder.listen(listener);
    }
    Ok((builder, address))
}

/// Listens on a TCP address. If it is taken, the error names a free one.
async fn listen_on(address: SocketAddr, setting: ListenSetting) -> Result<Listener, Error> {
    let error = match Listener::tcp(address).await {
        Ok(listener) => return Ok(listener),
        Err(error) => error,
    };
    if error.kind() == io::ErrorKind::AddrInUse
        && let Some(free) = free_port(address).await
    {
        let remedy = match setting {
            ListenSetting::Option => format!("use --listen {free}"),
            ListenSetting::File => format!("set listen = \"{free}\""),
        };
        let taken = format!("{address} is already in use; {free} is free: {remedy}");
        return Err(Error::Usage(taken));
    }
    Err(ProxyError::Listen(address.to_string(), error).into())
}

async fn free_port(address: SocketAddr) -> Option<SocketAddr> {
    let listener = TcpListener::bind((address.ip(), 0)).await.ok()?;
    listener.local_addr().ok()
}
