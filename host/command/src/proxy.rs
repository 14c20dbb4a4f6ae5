//! `rds-bridge proxy`: a local address for any MySQL client.

mod address;
mod admin_client;
mod arguments;
mod config_file;
mod endpoint;
mod hash_password;
mod limits;
#[cfg(unix)]
mod open_files;
pub(super) mod place;
mod plan;
mod reload;
mod running;
#[cfg(unix)]
mod systemd;

use std::process::ExitCode;

use rds_bridge::component::Engine;
use rds_bridge_proxy::{Admin, Listener};
use tokio::net::TcpListener;

use arguments::Action;
pub(crate) use arguments::Proxy;
pub(super) use running::{begin, bridge};

pub(super) use super::output::tell as print;

use super::config_file::ConfigFile;
use super::error::Error;
use super::hang_ups::HangUps;
use super::proxy_error::ProxyError;
use super::signals::Signals;
use super::{child, output};
use limits::Limits;
use plan::Service;
use reload::Settings;
use running::Running;

/// The settings of the connection to the database itself. A program that connects through the proxy must not use them.
pub(super) const UPSTREAM: [&str; 8] = [
    "DB_CA_FILE",
    "DB_CONNECT_TO",
    "DB_HOST",
    "DB_PASSWORD",
    "DB_PORT",
    "DB_SECRET_ARN",
    "DATABASE_URL",
    "MYSQL_HOST",
];

pub(super) fn run(arguments: &Proxy) -> Result<ExitCode, Error> {
    match arguments.action {
        Some(Action::HashPassword) => return hash_password::run(),
        Some(Action::Example) => {
            output::print(rds_bridge_access::EXAMPLE)?;
            return Ok(ExitCode::SUCCESS);
        }
        _ => {}
    }
    // It changes the environment, which is sound only before there are other threads.
    #[cfg(unix)]
    let activation = systemd::Activation::from_environment();
    block_on(async {
        match &arguments.action {
            Some(Action::Wait(arguments)) => admin_client::wait(arguments).await,
            Some(Action::Shutdown(arguments)) => admin_client::shut_down(arguments).await,
            #[cfg(unix)]
            _ => serve(arguments, activation).await,
            #[cfg(not(unix))]
            _ => serve(arguments).await,
        }
    })
}

/// Runs on a thread for each processor, since a proxy serves many clients at once.
pub(super) fn block_on<T>(future: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(Error::Runtime)?;
    let done = runtime.block_on(future);
    runtime.shutdown_background();
    done
}

async fn serve(
    arguments: &Proxy,
    #[cfg(unix)] mut activation: systemd::Activation,
) -> Result<ExitCode, Error> {
    let file = config_file(arguments)?;
    if let Some(file) = &file
        && show(arguments, file).await?
    {
        return Ok(ExitCode::SUCCESS);
    }
    // Before anything that leaves a file behind, such as a socket.
    let mut hang_ups = HangUps::catch(has_files(arguments))?;
    let mut signals = match hang_ups.are_caught() {
        true => Signals::catch_without_hang_up()?,
        false => Signals::catch()?,
    };
    let service = match &file {
        Some(file) => file.service(&arguments.listen)?,
        None => plan::of_arguments(arguments)?,
    };
    let settings = match &file {
        Some(file) => Settings::File(file),
        None => Settings::Options(&service.plans),
    };
    let engine = Engine::new().map_err(Error::Fault)?;
    #[cfg(unix)]
    let take = |number| activation.take(number);
    #[cfg(not(unix))]
    let take = |_| Ok(None);
    let running = start(arguments, &service, &engine, take).await?;
    #[cfg(unix)]
    warn_of_open_files(&service, &running);
    let admin = admin(&service, &running).await?;
    #[cfg(unix)]
    systemd::tell_ready();
    let code = if arguments.command.is_empty() {
        announce(&running, admin.as_ref());
        tokio::select! {
            _ = signals.next() => {}
            () = quit_requested(admin.as_ref()) => {}
            () = hang_ups.reload(|| settings.reload(&running)) => {}
        }
        ExitCode::SUCCESS
    } else {
        let first = running.first().map(|it| it.address.environment());
        let variables = first.unwrap_or_default();
        tokio::select! {
            code = child::run(&arguments.command, variables, &UPSTREAM, &mut signals) => code?,
            () = quit_requested(admin.as_ref()) => ExitCode::SUCCESS,
            () = hang_ups.reload(|| settings.reload(&running)) => ExitCode::SUCCESS,
        }
    };
    #[cfg(unix)]
    systemd::tell_stopping();
    drain(&service, running, &mut signals).await;
    Ok(code)
}

fn config_file(arguments: &Proxy) -> Result<Option<ConfigFile>, Error> {
    let file = arguments.config.as_deref().map(ConfigFile::read);
    let file = file.transpose()?;
    if let Some(file) = &file {
        file.check_options()?;
    }
    Ok(file)
}

/// Prints what `--dump-config` and `--check` ask for. Returns whether there was such an option.
async fn show(arguments: &Proxy, file: &ConfigFile) -> Result<bool, Error> {
    if arguments.dump_config {
        let dump = file.dump(&arguments.connection, |config| {
            let (proxy, options) = (&mut config.proxy, &arguments.listen);
            proxy.admin = proxy.admin.or(options.admin);
            proxy.drain_timeout.get_or_insert(options.drain_timeout);
        });
        output::print(&dump?)?;
    } else if arguments.check {
        file.check_databases(&arguments.connection).await?;
        file.check_proxies(&arguments.listen)?;
    }
    Ok(arguments.dump_config || arguments.check)
}

/// Whether there are files to read again on SIGHUP.
fn has_files(arguments: &Proxy) -> bool {
    arguments.config.is_some() || arguments.listen.tls_certificate.is_some()
}

/// Starts the proxies. `take` takes the socket that systemd has opened for one.
async fn start(
    arguments: &Proxy,
    service: &Service,
    engine: &Engine,
    mut take: impl FnMut(u16) -> Result<Option<Listener>, Error>,
) -> Result<Vec<Running>, Error> {
    let mut limits = Limits::default();
    let mut running = Vec::new();
    for (number, plan) in (0_u16..).zip(&service.plans) {
        let activated = take(number)?;
        let starting = Running::start(&arguments.connection, plan, engine, &mut limits, activated);
        running.push(starting.await?);
    }
    Ok(running)
}

#[cfg(unix)]
fn warn_of_open_files(service: &Service, running: &[Running]) {
    let servers = running.iter().map(|it| &it.address.server);
    let limits = service.plans.iter().zip(servers);
    let limits = limits.map(|(plan, server)| (plan.shared_clients(server), plan.max_connections));
    let clients = limits::clients(limits);
    if let Some(warning) = open_files::raise(clients) {
        print(&warning);
    }
}

async fn admin(service: &Service, running: &[Running]) -> Result<Option<Admin>, Error> {
    let Some(address) = service.admin else {
        return Ok(None);
    };
    let failed = |error| Error::from(ProxyError::Listen(address.to_string(), error));
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let health = running.iter().map(|it| it.proxy.health());
    Admin::start(listener, health).map(Some).map_err(failed)
}

/// Prints how to connect.
fn announce(running: &[Running], admin: Option<&Admin>) {
    let mut lines: String = running.iter().map(|it| it.address.lines()).collect();
    if let Some(admin) = admin {
        let address = admin.address();
        lines.push_str(&format!(
            "rds-bridge: the admin address is http://{address}\n"
        ));
    }
    lines.push_str("rds-bridge: press Ctrl-C to stop\n");
    print(&lines);
}

/// Ends when the admin address is asked to stop the proxy.
async fn quit_requested(admin: Option<&Admin>) {
    match admin {
        Some(admin) => admin.quit_requested().await,
        None => std::future::pending().await,
    }
}

/// Lets open clients finish. A second signal ends that.
async fn drain(service: &Service, running: Vec<Running>, signals: &mut Signals) {
    let limit = service.drain_timeout;
    let mut draining = tokio::task::JoinSet::new();
    for it in running {
        draining.spawn(it.proxy.drain(limit));
    }
    let open = async {
        let mut open = 0_u64;
        while let Some(left) = draining.join_next().await {
            open = open.saturating_add(left.unwrap_or_default());
        }
        open
    };
    let open = tokio::select! {
        open = open => open,
        _ = signals.next() => return,
    };
    if open > 0 {
        let seconds = limit.as_secs();
        print(&format!(
            "rds-bridge: client connections that were still open after {seconds} s and were closed: {open}\n"
        ));
    }
}
