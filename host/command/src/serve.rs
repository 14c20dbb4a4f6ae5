//! `rds-bridge serve`: an HTTP gateway to the database.

mod arguments;

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use rds_bridge::component::Engine;
use rds_bridge::pool::Pool;
use rds_bridge_gateway::{Admin, CallerAuthentication, Gateway, Keys, StartError};
use tokio::net::TcpListener;
use zeroize::Zeroizing;

pub(crate) use arguments::Serve;

use super::child;
use super::connection_arguments::Own;
use super::error::Error;
use super::gateway_error::GatewayError;
use super::proxy::{UPSTREAM, block_on, print};
use super::signals::Signals;
use arguments::Callers;

pub(super) fn run(arguments: &Serve) -> Result<ExitCode, Error> {
    block_on(serve(arguments))
}

async fn serve(arguments: &Serve) -> Result<ExitCode, Error> {
    let callers = &arguments.callers;
    let authentication = authentication(callers)?;
    let mut signals = Signals::catch()?;
    let listener = listen(callers.listen).await?;
    let engine = Engine::new().map_err(Error::Fault)?;
    let builder = arguments.connection.builder_for(&Own::default())?;
    let builder = builder.engine(engine).allow_writes(callers.allow_writes);
    let bridge = builder.build().await.map_err(Error::Bridge)?;
    let database = format!("{} at {}:{}", bridge.user(), bridge.host(), bridge.port());
    let name = bridge.database().unwrap_or("main").to_owned();
    let connections = usize::try_from(callers.max_connections.get()).unwrap_or(usize::MAX);
    let pool = Pool::builder(bridge).max_size(connections).build();
    let pool = pool.map_err(|error| Error::Bridge(error.into()))?;
    let mut builder = Gateway::builder(authentication).database(name, pool);
    for host in &callers.allow_host {
        builder = builder.allow_host(host);
    }
    let started = builder.start(listener);
    let gateway = started.map_err(|error| start_error(error, callers.listen))?;
    let admin = admin(callers, &gateway).await?;
    let code = if arguments.command.is_empty() {
        announce(callers, &gateway, admin.as_ref(), &database);
        signals.next().await;
        ExitCode::SUCCESS
    } else {
        let variables = variables(gateway.address());
        child::run(&arguments.command, variables, &UPSTREAM, &mut signals).await?
    };
    drain(callers, gateway, &mut signals).await;
    Ok(code)
}

/// Who may call. One of the two options is required, so that no gateway is open by accident.
fn authentication(callers: &Callers) -> Result<CallerAuthentication, Error> {
    match &callers.api_key_file {
        Some(path) => Ok(CallerAuthentication::Keys(keys(path)?)),
        None if callers.trust_loopback => Ok(CallerAuthentication::TrustLoopback),
        None => {
            let problem = "say who may call: give the callers' keys with --api-key-file FILE, or accept every program \
                           on this machine with --trust-loopback";
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

/// Listens on a loopback address. Any other is refused before it is opened.
async fn listen(address: SocketAddr) -> Result<TcpListener, Error> {
    if !address.ip().to_canonical().is_loopback() {
        return Err(GatewayError::NotLocal(address).into());
    }
    let listener = TcpListener::bind(address).await;
    listener.map_err(|error| GatewayError::Listen(address, error).into())
}

fn start_error(error: StartError, address: SocketAddr) -> Error {
    match error {
        StartError::NotLocal => GatewayError::NotLocal(address).into(),
        error => GatewayError::Start(error).into(),
    }
}

async fn admin(callers: &Callers, gateway: &Gateway) -> Result<Option<Admin>, Error> {
    let Some(address) = callers.admin else {
        return Ok(None);
    };
    let failed = |error| Error::from(GatewayError::Listen(address, error));
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    Admin::start(listener, gateway.health())
        .map(Some)
        .map_err(failed)
}

/// The environment of a program that calls the gateway.
fn variables(address: SocketAddr) -> Vec<(&'static str, String)> {
    let url = format!("http://{address}");
    vec![
        ("AWS_ENDPOINT_URL_RDS_DATA", url.clone()),
        ("RDS_BRIDGE_URL", url),
    ]
}

/// Prints how to call.
fn announce(callers: &Callers, gateway: &Gateway, admin: Option<&Admin>, database: &str) {
    let address = gateway.address();
    let access = match callers.allow_writes {
        true => "may write",
        false => "read-only",
    };
    let credentials = match callers.trust_loopback {
        true => "any:any",
        false => "NAME:KEY",
    };
    let key_pair = match callers.trust_loopback {
        true => ("any", "any"),
        false => ("NAME", "SECRET"),
    };
    let mut lines = format!(
        "rds-bridge: http://{address} for {database}, {access}:\n  \
         connect({{ url: 'http://{credentials}@{address}' }}) // @planetscale/database\n  \
         boto3.client('rds-data', 'us-east-1', endpoint_url='http://{address}', \
         aws_access_key_id='{}', aws_secret_access_key='{}')\n",
        key_pair.0, key_pair.1
    );
    if let Some(admin) = admin {
        let address = admin.address();
        lines.push_str(&format!("rds-bridge: admin address http://{address}\n"));
    }
    lines.push_str("rds-bridge: press Ctrl-C to stop\n");
    print(&lines);
}

/// Lets requests finish. A second signal ends that.
async fn drain(callers: &Callers, gateway: Gateway, signals: &mut Signals) {
    let limit = Duration::from_secs(callers.drain_timeout);
    let open = tokio::select! {
        open = gateway.drain(limit) => open,
        _ = signals.next() => return,
    };
    if open > 0 {
        let seconds = limit.as_secs();
        print(&format!(
            "rds-bridge: ended {open} requests that were open after {seconds} s\n"
        ));
    }
}
