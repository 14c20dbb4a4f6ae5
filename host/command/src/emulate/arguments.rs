//! What can be said to `rds-bridge emulate`.

use std::ffi::OsString;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use rds_bridge::aws::{process_variable, region_without_profile};
use rds_bridge_emulator::{AuthSwitchTail, Emulator, EmulatorBuilder, Faults, Refusal};

#[derive(Args, Debug)]
pub(crate) struct Emulate {
    /// A command to run with the environment that clients need, and to end with; its exit code is ours
    #[arg(last = true, value_name = "COMMAND")]
    pub(super) command: Vec<OsString>,

    /// The port to listen on; 0 is a free one
    #[arg(long, default_value = "13306", value_name = "PORT")]
    port: u16,

    /// The address to listen on. Another takes AWS credentials of your own, in the environment
    #[arg(long, default_value = "127.0.0.1", value_name = "ADDRESS")]
    listen: IpAddr,

    /// The name to be addressed as: tokens must be signed for it, and the certificate is for it
    #[arg(long, default_value = "localhost", value_name = "NAME")]
    endpoint: String,

    /// The region that tokens must be signed for. Without it: the one in the endpoint's name, else AWS_REGION,
    /// else AWS_DEFAULT_REGION, else us-east-1
    #[arg(long, value_name = "REGION")]
    region: Option<String>,

    /// A user that may log in with a token; may be given more than once
    #[arg(long, default_value = "lambda-user", value_name = "NAME")]
    user: Vec<String>,

    /// The database's name
    #[arg(long, default_value = "iamtest", value_name = "NAME")]
    database: String,

    /// Keep the database in this file. Without it: among the temporary ones, and gone at the end
    #[arg(long, value_name = "FILE")]
    database_file: Option<PathBuf>,

    /// A file of SQL statements to execute at the start; may be given more than once
    #[arg(long, value_name = "FILE")]
    seed: Vec<PathBuf>,

    /// Where to write the certificate of the authority that clients are to trust. Without it: a file
    /// among the temporary ones, which goes at the end
    #[arg(long, value_name = "FILE")]
    pub(super) ca_out: Option<PathBuf>,

    /// End when standard input does: for a program that starts this one
    #[arg(long)]
    pub(super) until_stdin_closes: bool,

    /// The version to greet as
    #[arg(long, default_value = "8.0.39", value_name = "VERSION")]
    server_version: String,

    #[command(flatten)]
    faults: FaultArguments,
}

#[derive(Args, Debug)]
#[command(next_help_heading = "Faults, to see what a client makes of them")]
struct FaultArguments {
    /// How far the server's clock is ahead; behind, if negative
    #[arg(
        long,
        default_value = "0",
        allow_negative_numbers = true,
        value_name = "SECONDS"
    )]
    clock_offset: i64,

    /// Take so many logins with new tokens a second: RDS takes some 200. A token that was seen before does
    /// not count, and tokens of one user and one second are the same. Without it: no limit
    #[arg(long, value_name = "NUMBER")]
    connections_per_second: Option<u32>,

    /// Refuse every login so
    #[arg(long, value_enum, value_name = "HOW")]
    refuse: Option<Refuse>,

    /// Wait so long before each answer
    #[arg(long, default_value = "0", value_name = "MILLISECONDS")]
    delay: u64,

    /// Close each connection when so many bytes have been sent on it
    #[arg(long, value_name = "BYTES")]
    cut_after: Option<u64>,

    /// Offer no TLS
    #[arg(long)]
    no_tls: bool,

    /// Show a certificate that has expired
    #[arg(long)]
    expired_certificate: bool,

    /// How many bytes to send after the name mysql_clear_password: servers differ
    #[arg(long, value_enum, default_value = "0", value_name = "BYTES")]
    auth_switch_bytes: AuthSwitchBytes,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Refuse {
    /// 1045, whatever the token: as for a policy that does not allow it
    AccessDenied,
    /// 1040 in place of the greeting: as when max_connections is reached
    TooManyConnections,
    /// 1129 in place of the greeting: as after too many broken off connections
    HostBlocked,
    /// 3118: the account is locked
    AccountLocked,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum AuthSwitchBytes {
    /// Nothing, as RDS
    #[value(name = "0")]
    Nothing,
    /// A NUL
    #[value(name = "1")]
    Nul,
    /// A challenge
    #[value(name = "21")]
    Challenge,
}

impl Emulate {
    pub(super) fn builder(&self) -> EmulatorBuilder {
        let FaultArguments {
            clock_offset,
            connections_per_second,
            refuse,
            delay,
            cut_after,
            no_tls,
            expired_certificate,
            auth_switch_bytes,
        } = &self.faults;
        let faults = Faults {
            refuse: refuse.map(|how| match how {
                Refuse::AccessDenied => Refusal::AccessDenied,
                Refuse::TooManyConnections => Refusal::TooManyConnections,
                Refuse::HostBlocked => Refusal::HostBlocked,
                Refuse::AccountLocked => Refusal::AccountLocked,
            }),
            delay: Duration::from_millis(*delay),
            cut_after: *cut_after,
            no_tls: *no_tls,
            auth_switch_tail: match auth_switch_bytes {
                AuthSwitchBytes::Nothing => AuthSwitchTail::Nothing,
                AuthSwitchBytes::Nul => AuthSwitchTail::Nul,
                AuthSwitchBytes::Challenge => AuthSwitchTail::Challenge,
            },
        };
        let mut builder = Emulator::builder()
            .port(self.port)
            .listen_on(self.listen)
            .endpoint(&self.endpoint)
            .database(&self.database)
            .version(&self.server_version)
            .clock_offset_seconds(*clock_offset)
            .expired_certificate(*expired_certificate)
            .faults(faults);
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
        if let Some(limit) = *connections_per_second {
            builder = builder.connections_per_second(limit);
        }
        builder
    }
}
