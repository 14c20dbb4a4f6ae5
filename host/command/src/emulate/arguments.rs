//! The options of `rds-bridge emulate`.

use std::ffi::OsString;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use rds_bridge::aws::{process_variable, region_without_profile};
use rds_bridge_emulator::{AuthSwitchTail, Backend, Emulator, EmulatorBuilder, Faults, Refusal};

use crate::error::Error;
use crate::password;

#[derive(Args, Debug)]
pub(crate) struct Emulate {
    /// Program to run with the settings for a client in its environment
    ///
    /// The emulator ends when the program does, with the program's exit code. Without a program, the emulator runs
    /// until it is interrupted.
    #[arg(last = true, value_name = "PROGRAM")]
    pub(super) command: Vec<OsString>,

    /// TCP port to listen on; 0 picks a free port
    #[arg(long, default_value = "13306", value_name = "PORT")]
    port: u16,

    /// IP address to listen on
    ///
    /// For an address that other machines can reach, the environment must contain AWS credentials, because the example
    /// credentials are public.
    #[arg(long, default_value = "127.0.0.1", value_name = "ADDRESS")]
    listen: IpAddr,

    /// Endpoint name for which tokens must be signed and the certificate is issued
    #[arg(long, default_value = "localhost", value_name = "ENDPOINT")]
    endpoint: String,

    /// AWS region for which tokens must be signed
    ///
    /// Without this option, the region is the one in the endpoint's name, or else AWS_REGION, AWS_DEFAULT_REGION or
    /// us-east-1, in this order.
    #[arg(long, value_name = "REGION")]
    region: Option<String>,

    /// Database user that may log in with a token; repeatable
    #[arg(long, default_value = "lambda-user", value_name = "USER")]
    user: Vec<String>,

    /// Name of the database [default: iamtest]
    ///
    /// With --backend there is no default, and the option only sets DB_NAME for clients.
    #[arg(long, value_name = "DATABASE")]
    database: Option<String>,

    /// Keep the database in this SQLite file [default: a temporary file]
    #[arg(long, value_name = "FILE")]
    database_file: Option<PathBuf>,

    /// File of SQL statements to execute at the start; repeatable
    #[arg(long, value_name = "FILE")]
    seed: Vec<PathBuf>,

    /// Write the CA certificate, which clients must trust, to FILE [default: a temporary file]
    #[arg(long, value_name = "FILE")]
    pub(super) ca_out: Option<PathBuf>,

    /// Exit when standard input is closed
    ///
    /// If the program that starts the emulator holds the other end of the pipe, the emulator never outlives that
    /// program.
    #[arg(long)]
    pub(super) until_stdin_closes: bool,

    /// MySQL version to report to clients [default: 8.0.39]
    #[arg(long, value_name = "VERSION")]
    server_version: Option<String>,

    #[command(flatten)]
    backend: BackendArguments,

    #[command(flatten)]
    faults: FaultArguments,
}

#[derive(Args, Debug)]
#[command(next_help_heading = "Your own MySQL or MariaDB server instead of SQLite")]
struct BackendArguments {
    /// Execute the statements on this MySQL or MariaDB server instead of SQLite
    ///
    /// The emulator verifies the client's token, then logs in to the backend with a password and copies packets. Each
    /// client gets its own session there. The backend must listen on a loopback address of this machine. If the backend
    /// offers TLS, TLS is used, but the backend's certificate is not verified.
    #[arg(
        long,
        value_name = "HOST:PORT",
        requires = "backend_user",
        conflicts_with_all = ["seed", "database_file", "server_version"]
    )]
    backend: Option<String>,

    /// User for the emulator's login to the backend; every client has the privileges of this user
    #[arg(long, value_name = "USER", requires = "backend")]
    backend_user: Option<String>,

    /// File with the password of the backend's user [default: no password]
    #[arg(long, value_name = "FILE", requires = "backend")]
    backend_password_file: Option<PathBuf>,
}

#[derive(Args, Debug)]
#[command(next_help_heading = "Faults, to test how a client handles them")]
struct FaultArguments {
    /// Set the server's clock ahead by this many seconds, or back if negative
    #[arg(
        long,
        default_value = "0",
        allow_negative_numbers = true,
        value_name = "SECONDS"
    )]
    clock_offset: i64,

    /// Limit logins with new tokens to this many per second [default: no limit]
    ///
    /// RDS accepts about 200 per second. A token that was used before does not count. Tokens that are signed for the
    /// same user in the same second are identical, so they count once.
    #[arg(long, value_name = "NUMBER")]
    connections_per_second: Option<u32>,

    /// Refuse every login with this error
    #[arg(long, value_enum, value_name = "ERROR")]
    refuse: Option<Refuse>,

    /// Delay each response by this many milliseconds
    #[arg(long, default_value = "0", value_name = "MILLISECONDS")]
    delay: u64,

    /// Close each connection after sending this many bytes [default: no limit]
    #[arg(long, value_name = "BYTES")]
    cut_after: Option<u64>,

    /// Do not offer TLS
    #[arg(long)]
    no_tls: bool,

    /// Present an expired certificate
    #[arg(long)]
    expired_certificate: bool,

    /// Number of bytes to send after the plugin name in the AuthSwitchRequest for mysql_clear_password; servers differ
    /// in this
    #[arg(long, value_enum, default_value = "0", value_name = "BYTES")]
    auth_switch_bytes: AuthSwitchBytes,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Refuse {
    /// Error 1045 for every token, as if the IAM policy did not allow it
    AccessDenied,
    /// Error 1040 instead of the greeting, as when max_connections is reached
    TooManyConnections,
    /// Error 1129 instead of the greeting, as after too many aborted connections
    HostBlocked,
    /// Error 3118, account locked
    AccountLocked,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum AuthSwitchBytes {
    /// Nothing, like RDS
    #[value(name = "0")]
    Nothing,
    /// A NUL byte
    #[value(name = "1")]
    Nul,
    /// A challenge
    #[value(name = "21")]
    Challenge,
}

impl Emulate {
    pub(super) fn builder(&self) -> Result<EmulatorBuilder, Error> {
        let mut builder = Emulator::builder()
            .port(self.port)
            .listen_on(self.listen)
            .endpoint(&self.endpoint)
            .clock_offset_seconds(self.faults.clock_offset)
            .expired_certificate(self.faults.expired_certificate)
            .faults(self.faults.read());
        for user in &self.user {
            builder = builder.user(user);
        }
        let given = self.region.as_deref();
        if let Some((region, _)) = region_without_profile(given, &self.endpoint, process_variable) {
            builder = builder.region(region);
        }
        if let Some(file) = &self.database_file {
            builder = builder.database_file(file);
        }
        for file in &self.seed {
            builder = builder.seed_file(file);
        }
        if let Some(name) = &self.database {
            builder = builder.database(name);
        }
        if let Some(version) = &self.server_version {
            builder = builder.version(version);
        }
        if let Some(backend) = self.backend.read()? {
            builder = builder.backend(backend);
        }
        if let Some(limit) = self.faults.connections_per_second {
            builder = builder.connections_per_second(limit);
        }
        Ok(builder)
    }
}

impl FaultArguments {
    fn read(&self) -> Faults {
        Faults {
            refuse: self.refuse.map(|how| match how {
                Refuse::AccessDenied => Refusal::AccessDenied,
                Refuse::TooManyConnections => Refusal::TooManyConnections,
                Refuse::HostBlocked => Refusal::HostBlocked,
                Refuse::AccountLocked => Refusal::AccountLocked,
            }),
            delay: Duration::from_millis(self.delay),
            cut_after: self.cut_after,
            no_tls: self.no_tls,
            auth_switch_tail: match self.auth_switch_bytes {
                AuthSwitchBytes::Nothing => AuthSwitchTail::Nothing,
                AuthSwitchBytes::Nul => AuthSwitchTail::Nul,
                AuthSwitchBytes::Challenge => AuthSwitchTail::Challenge,
            },
        }
    }
}

impl BackendArguments {
    fn read(&self) -> Result<Option<Backend>, Error> {
        let (Some(address), Some(user)) = (&self.backend, &self.backend_user) else {
            return Ok(None);
        };
        let backend = Backend::new(address, user);
        Ok(Some(match &self.backend_password_file {
            Some(file) => backend.password(password::of_file(file, "--backend-password-file")?),
            None => backend,
        }))
    }
}
