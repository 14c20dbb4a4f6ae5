//! `rds-bridge serve`: an HTTP gateway to databases.

mod arguments;
mod configured;
mod plan;
mod tls;

use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use rds_bridge_gateway::{Admin, Gateway, GatewayBuilder, StartError};
use tokio::net::TcpListener;

pub(crate) use arguments::Serve;

use super::config_file::ConfigFile;
use super::error::Error;
use super::gateway_error::GatewayError;
use super::hang_ups::HangUps;
use super::proxy::{UPSTREAM, block_on, print};
use super::signals::Signals;
use super::{child, output};
use plan::Plan;

pub(super) fn run(arguments: &Serve) -> Result<ExitCode, Error> {
    if arguments.example {
        output::print(rds_bridge_access::EXAMPLE)?;
        return Ok(ExitCode::SUCCESS);
    }
    let file = arguments.config.as_deref().map(ConfigFile::read);
    let file = file.transpose()?;
    if let Some(file) = &file {
        file.check_options()?;
        if arguments.dump_config {
            let dump = file.dump(&arguments.connection, |config| {
                plan::fill(config, &arguments.callers);
            });
            output::print(&dump?)?;
            return Ok(ExitCode::SUCCESS);
        }
    }
    block_on(serve(arguments, file.as_ref()))
}

async fn serve(arguments: &Serve, file: Option<&ConfigFile>) -> Result<ExitCode, Error> {
    let mut hang_ups = HangUps::catch(file.is_some() || arguments.has_files())?;
    let mut signals = match hang_ups.are_caught() {
        true => Signals::catch_without_hang_up()?,
        false => Signals::catch()?,
    };
    let plan = match file {
        Some(file) => plan::of_file(arguments, file)?,
        None => plan::of_options(arguments).await?,
    };
    let Plan {
        builder,
        listen,
        admin: admin_address,
        drain_timeout,
        about,
    } = plan;
    let builder = with_options(builder, arguments, file);
    if let Some(file) = file.filter(|_| arguments.check) {
        file.check_databases(&arguments.connection).await?;
        // It fails as the start would.
        builder.service().map_err(GatewayError::Start)?;
        file.tell_valid()?;
        return Ok(ExitCode::SUCCESS);
    }
    let listener = TcpListener::bind(listen).await;
    let listener = listener.map_err(|error| GatewayError::Listen(listen, error))?;
    let started = builder.start(listener);
    let gateway = started.map_err(|error| start_error(error, listen))?;
    let admin = admin(admin_address, &gateway).await?;
    let reloading = hang_ups.reload(|| match file {
        Some(file) => file.reload_gateway(&gateway),
        None => plan::reload(arguments, &gateway),
    });
    let told_to_stop = async {
        tokio::select! {
            () = reloading => {}
            () = quit_requested(admin.as_ref()) => {}
        }
    };
    let code = if arguments.command.is_empty() {
        announce(&about.lines(gateway.address()), admin.as_ref());
        tokio::select! {
            _ = signals.next() => {}
            () = told_to_stop => {}
        }
        ExitCode::SUCCESS
    } else {
        let variables = variables(about.scheme, gateway.address());
        tokio::select! {
            code = child::run(&arguments.command, variables, &UPSTREAM, &mut signals) => code?,
            () = told_to_stop => ExitCode::SUCCESS,
        }
    };
    drain(drain_timeout, gateway, &mut signals).await;
    Ok(code)
}

/// Ends when the admin address is asked to stop the gateway.
async fn quit_requested(admin: Option<&Admin>) {
    match admin {
        Some(admin) => admin.quit_requested().await,
        None => std::future::pending().await,
    }
}

fn start_error(error: StartError, address: SocketAddr) -> Error {
    match error {
        StartError::NotLocal => GatewayError::NotLocal(address).into(),
        error => GatewayError::Start(error).into(),
    }
}

async fn admin(address: Option<SocketAddr>, gateway: &Gateway) -> Result<Option<Admin>, Error> {
    let Some(address) = address else {
        return Ok(None);
    };
    let failed = |error| Error::from(GatewayError::Listen(address, error));
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    Admin::start(listener, gateway.health())
        .map(Some)
        .map_err(failed)
}

/// The settings that the options give whether or not there is a file, if the file leaves them out.
fn with_options(
    builder: GatewayBuilder,
    arguments: &Serve,
    file: Option<&ConfigFile>,
) -> GatewayBuilder {
    let options = &arguments.callers;
    let gateway = file.map(|it| &it.config.gateway);
    let of_file = gateway.and_then(|it| it.drain_notice);
    let notice = Duration::from_secs(of_file.unwrap_or(options.drain_notice));
    let of_file = gateway.and_then(|it| it.show_statements);
    let mut builder = builder
        .drain_notice(notice)
        .show_statements(of_file.unwrap_or(options.show_statements));
    let of_file = gateway.and_then(|it| it.statement_timeout);
    if let Some(seconds) = of_file.or(options.statement_timeout) {
        builder = builder.statement_timeout(Duration::from_secs(seconds.get().into()));
    }
    let of_file = gateway.and_then(|it| it.idempotency_table.as_ref());
    match of_file.or(options.idempotency_table.as_ref()) {
        Some(table) => builder.idempotency_table(table),
        None => builder,
    }
}

/// The environment of a program that calls the gateway.
fn variables(scheme: &str, address: SocketAddr) -> Vec<(&'static str, String)> {
    let url = format!("{scheme}://{address}");
    vec![
        ("AWS_ENDPOINT_URL_RDS_DATA", url.clone()),
        ("RDS_BRIDGE_URL", url),
    ]
}

/// Prints how to call.
fn announce(how_to_call: &str, admin: Option<&Admin>) {
    let mut lines = how_to_call.to_owned();
    if let Some(admin) = admin {
        let address = admin.address();
        lines.push_str(&format!("rds-bridge: admin address http://{address}\n"));
    }
    lines.push_str("rds-bridge: press Ctrl-C to stop\n");
    print(&lines);
}

/// Lets requests finish. A second signal ends that.
async fn drain(limit: Duration, gateway: Gateway, signals: &mut Signals) {
    let open = tokio::select! {
        open = gateway.drain(limit) => open,
        _ = signals.next() => return,
    };
    if open > 0 {
        let seconds = limit.as_secs();
        print(&format!(
            "rds-bridge: requests that were still open after {seconds} s, and that the gateway ended: {open}\n"
        ));
    }
}
