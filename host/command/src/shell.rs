//! `rds-bridge shell`: an interactive client of MySQL, through a proxy of its own.

use std::ffi::OsString;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use rds_bridge::component::Engine;
use rds_bridge_proxy::Listener;

use super::connection_arguments::{ConnectionArguments, Own};
use super::error::Error;
use super::proxy_error::ProxyError;
use super::signals::Signals;
use super::{child, proxy};

#[derive(Args, Debug)]
pub(super) struct Shell {
    /// Arguments for the client, after --, as in: rds-bridge shell -- --execute 'SHOW TABLES'
    #[arg(last = true, value_name = "ARGUMENT")]
    arguments: Vec<OsString>,

    /// Client to run [default: the first of mysql, mariadb and mycli in PATH]
    #[arg(long, value_name = "CLIENT")]
    client: Option<Client>,

    /// Make the session read-only
    ///
    /// This is a guard rail, not a security boundary: you can undo it with an SQL statement.
    #[arg(long)]
    read_only: bool,

    #[command(flatten)]
    connection: ConnectionArguments,
}

/// A program that executes statements interactively.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Client {
    Mysql,
    Mariadb,
    Mycli,
}

impl Client {
    fn program(self) -> &'static str {
        match self {
            Self::Mysql => "mysql",
            Self::Mariadb => "mariadb",
            Self::Mycli => "mycli",
        }
    }
}

pub(super) fn run(arguments: &Shell) -> Result<ExitCode, Error> {
    let program = program(arguments.client)?;
    proxy::block_on(async {
        // First, so that a signal cannot leave the socket behind.
        let mut signals = Signals::catch()?;
        let engine = Engine::new().map_err(Error::Fault)?;
        let bridge = proxy::bridge(&arguments.connection, &Own::default(), &engine).await?;
        // The client would show only the beginning of this error.
        let _ready = bridge.begin().await?.load_credentials().await?;
        let (builder, address) = proxy::begin(bridge, &engine);
        // Only this user can enter the folder.
        let folder = tempfile::Builder::new().prefix("rds-bridge-").tempdir();
        let folder = folder.map_err(Error::Write)?;
        let socket = folder.path().join("mysql.sock");
        let listener = Listener::unix(&socket)
            .map_err(|error| ProxyError::Listen(socket.display().to_string(), error))?;
        let builder = builder.listen(listener).read_only(arguments.read_only);
        let proxy = builder.start().map_err(ProxyError::from)?;
        let mut command = vec![
            program.into_os_string(),
            "--socket".into(),
            socket.into_os_string(),
            "--user".into(),
            address.user.clone().into(),
        ];
        if let Some(database) = &address.database {
            command.extend(["--database".into(), database.into()]);
        }
        command.extend(arguments.arguments.iter().cloned());
        let code = child::run(&command, Vec::new(), &[], &mut signals).await;
        drop(proxy);
        code
    })
}

/// The client's program: the given one, or the first that is in `PATH`.
fn program(client: Option<Client>) -> Result<PathBuf, Error> {
    let candidates =
        client.map_or_else(|| Client::value_variants().to_vec(), |client| vec![client]);
    let paths = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = std::env::split_paths(&paths).collect();
    let found = candidates.iter().find_map(|client| {
        let mut programs = folders.iter().map(|folder| folder.join(client.program()));
        programs.find(|program| is_executable(program))
    });
    found.ok_or_else(|| {
        let names: Vec<_> = candidates.iter().map(|client| client.program()).collect();
        let problem = match names.as_slice() {
            [name] => format!("{name} is not in PATH: install it, or omit --client"),
            names => format!(
                "PATH contains no client ({}): install one, such as mariadb from Debian's package mariadb-client, or \
                 use 'rds-bridge query'",
                names.join(", ")
            ),
        };
        ProxyError::NoShell(problem).into()
    })
}

fn is_executable(program: &Path) -> bool {
    let metadata = program.metadata();
    metadata.is_ok_and(|it| it.is_file() && it.permissions().mode() & 0o111 != 0)
}
