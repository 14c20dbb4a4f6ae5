//! The command line: its subcommands and options, and their help texts.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};

use super::completions::Completions;
#[cfg(feature = "emulator")]
use super::demo::Demo;
use super::doctor::Doctor;
#[cfg(feature = "emulator")]
use super::emulate::Emulate;
use super::endpoint_arguments::EndpointArguments;
use super::inspect::Inspect;
use super::manual::Manual;
#[cfg(feature = "proxy")]
use super::proxy::Proxy;
use super::query::Query;
#[cfg(feature = "gateway")]
use super::serve::Serve;
use super::setup::Setup;
#[cfg(all(feature = "proxy", unix))]
use super::shell::Shell;
use super::variables::without_unset_variables;
use super::version;

/// Query MySQL on Amazon RDS and Aurora with IAM tokens instead of stored passwords.
///
/// A sandboxed WebAssembly component without imports signs each token and runs the login. The token is sent only inside
/// verified TLS.
#[derive(Debug, Parser)]
#[command(name = "rds-bridge", version, long_version = version::long())]
#[command(arg_required_else_help = false, max_term_width = 100)]
#[command(after_help = "'rds-bridge COMMAND --help' explains a command and its options.")]
#[command(after_long_help = EXIT_CODES)]
pub(super) struct Arguments {
    #[command(flatten)]
    log: Log,

    #[command(subcommand)]
    pub(super) command: Command,
}

const EXIT_CODES: &str = "\
Exit codes:
    0  success
    1  a bug in rds-bridge
    2  wrong usage, or a setting is missing or invalid
    3  AWS credentials are missing or expired, or a secret cannot be read
    4  the input of inspect is not a token
    5  a file or a pipe cannot be read or written, the command cannot listen on an address, a row is
       longer than --max-row-bytes, or a value does not fit into the output format
    6  the server is unreachable, has no free connection or is too slow, or the connection was lost
    7  no TLS, or certificate verification failed
    8  the server refused the login
    9  the server refused the statement
   10  the server violated the protocol
  130  interrupted by Ctrl-C or SIGTERM

emulate, proxy, serve and shell end with the exit code of the program that they run.";

/// Options that every command has.
#[derive(Args, Debug)]
struct Log {
    /// Log to standard error: a LEVEL such as debug, or MODULE=LEVEL such as rds_bridge=trace
    ///
    /// The levels are error, warn, info, debug and trace. Separate several of these filters with commas. The word json
    /// among them writes each event as a line of JSON, as in --log json,rds_bridge=trace. By default, nothing is logged
    /// except the warnings of proxy and serve.
    #[arg(
        id = "log",
        long = "log",
        global = true,
        env = "RDS_BRIDGE_LOG",
        value_name = "FILTER"
    )]
    filter: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Execute statements and write their rows
    ///
    /// Logs in with a fresh IAM token over verified TLS, executes one statement or several, and writes each result in
    /// turn. The session is read-only unless --allow-writes is given.
    #[command(after_help = "Examples:\n  \
        rds-bridge query \"SELECT * FROM items\"\n  \
        rds-bridge query \"SELECT * FROM items WHERE name = ?\" --param Umbrella --format csv\n  \
        rds-bridge query \"SELECT * FROM items WHERE id IN (:ids)\" --param-json 'ids=[1,2]'\n  \
        rds-bridge query \"SELECT * FROM items\" --output items.parquet\n  \
        rds-bridge query --file report.sql > report.ndjson\n")]
    Query(Box<Query>),
    /// Check each stage of a connection, and explain the first failure
    ///
    /// The stages are: settings, endpoint name, AWS credentials and their identity, clock, token, addresses, TCP, the
    /// server's greeting, TLS and its certificate, login, SELECT 1. The report shows how long each stage took, and for
    /// a failure its likely causes, each with a remedy.
    #[command(after_help = "Examples:\n  \
        rds-bridge doctor --hostname ENDPOINT --username USER\n  \
        rds-bridge doctor --through 127.0.0.1:3307\n")]
    Doctor(Box<Doctor>),
    /// Show a complete connection, from credentials to rows, without AWS
    ///
    /// Starts an emulated RDS on this machine and connects to it exactly as to a real one: it signs a token, verifies
    /// TLS, logs in, and runs a query.
    #[cfg(feature = "emulator")]
    Demo(Demo),
    /// Run an emulated RDS for MySQL on this machine, for development and tests
    ///
    /// Like RDS, it requires TLS and verifies each IAM token: the signature, the endpoint, port, region and user that
    /// it was signed for, and its age. A client with an invalid token receives error 1045, as from RDS; the emulator
    /// prints the actual reason on standard error. The emulator implements part of MySQL's SQL, and refuses the rest
    /// with an error that names what is not supported.
    ///
    /// Tokens must be signed with the AWS credentials in the environment. Without credentials there, the emulator uses
    /// public example credentials, which it prints. It prints the settings that a client needs as export lines for a
    /// shell.
    #[cfg(feature = "emulator")]
    #[command(after_help = "Examples:\n  \
        rds-bridge emulate --seed schema.sql\n  \
        rds-bridge emulate --port 0 --seed schema.sql -- npm test\n  \
        rds-bridge emulate --connections-per-second 200 --delay 20\n")]
    Emulate(Box<Emulate>),
    /// Accept any MySQL client on a local address, and log in to the database for it
    ///
    /// By default, clients connect without a password and without TLS, and only from this machine. The proxy connects
    /// to the endpoint over verified TLS with a fresh IAM token for each client, and then copies packets in both
    /// directions. Clients have all privileges of the database user, unless --read-only is given.
    #[cfg(feature = "proxy")]
    #[command(after_help = "Examples:\n  \
        rds-bridge proxy --hostname ENDPOINT --username USER --listen 127.0.0.1:3307\n  \
        rds-bridge proxy --hostname ENDPOINT --username USER --database DATABASE -- mysql -e 'SELECT 1'\n  \
        rds-bridge proxy --username USER 'WRITER' 'READER?listen=127.0.0.1:3308'\n")]
    Proxy(Box<Proxy>),
    /// Run an HTTP gateway that executes statements on the database
    ///
    /// The gateway serves PlanetScale's HTTP API, the RDS Data API, and its own API under /v1. It keeps a pool of
    /// connections, which log in with IAM tokens over verified TLS. Sessions are read-only unless --allow-writes is
    /// given. Callers need credentials, such as an API key or a certificate, unless --trust-loopback accepts every
    /// program on this machine.
    #[cfg(feature = "gateway")]
    #[command(after_help = "Examples:\n  \
        rds-bridge serve --hostname ENDPOINT --username USER --database DATABASE --trust-loopback\n  \
        rds-bridge serve --hostname ENDPOINT --username USER --api-key-file keys.txt --allow-writes\n  \
        rds-bridge serve --hostname ENDPOINT --username USER --trust-loopback -- npm test\n")]
    Serve(Box<Serve>),
    /// Run mysql, mariadb or mycli, logged in with an IAM token
    ///
    /// Starts a proxy on a private Unix socket, and connects the installed client to it. The proxy ends when the client
    /// does.
    #[cfg(all(feature = "proxy", unix))]
    #[command(after_help = "Examples:\n  \
        rds-bridge shell --hostname ENDPOINT --username USER --database DATABASE\n  \
        rds-bridge shell --hostname ENDPOINT --username USER -- --execute 'SHOW DATABASES'\n")]
    Shell(Box<Shell>),
    /// Sign an IAM token and print it
    ///
    /// The token is a password for the mysql_clear_password authentication plugin, valid for 15 minutes at most. Pass
    /// it only to a client that sends it inside verified TLS.
    ///
    /// AWS credentials are looked up as in the AWS SDKs: the environment (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY,
    /// AWS_SESSION_TOKEN), the profile, a web identity token, the container's endpoint, the EC2 instance metadata.
    /// Expired credentials are an error.
    #[command(after_help = "Example:\n  \
        rds-bridge token --hostname mydb.abc123.eu-central-1.rds.amazonaws.com --username lambda-user\n")]
    Token(Token),
    /// Print what a token allows, without its secrets
    ///
    /// The signature is not verified, because that requires the secret access key.
    #[command(
        after_help = "Example:\n  rds-bridge token --hostname ENDPOINT --username USER | rds-bridge inspect\n"
    )]
    Inspect(Inspect),
    /// Print the SQL, the IAM policy and the AWS commands that let a user log in with tokens
    ///
    /// Run them once for each user. This command only prints them: it connects to neither AWS nor the database.
    #[command(after_help = "Examples:\n  \
        rds-bridge setup --hostname ENDPOINT --username USER --database DATABASE\n  \
        rds-bridge setup --username USER --database DATABASE --format sql \\\n    \
        | mysql --host ENDPOINT --user admin -p\n  \
        rds-bridge setup --hostname ENDPOINT --username USER --account 123456789012 \\\n    \
        --resource-id db-ABCDEFGHIJKL01234 --format policy > policy.json\n")]
    Setup(Setup),
    /// Write the WebAssembly component to a file, and print its size and SHA-256
    ///
    /// The component implements the world "bridge" of rds:bridge@0.2.0. It imports nothing, and runs in every
    /// WebAssembly runtime that supports the component model.
    Component(Component),
    /// Print the bundled root certificates of RDS and Amazon as PEM, for other clients
    ///
    /// These are the certificate authorities that this program trusts unless --ca-file is given: the RDS roots of each
    /// region, and Amazon's, which RDS Proxy and Aurora Serverless use. The roots of GovCloud, China and the newest
    /// regions are not included.
    #[command(after_help = "Example:\n  \
        rds-bridge roots > rds-roots.pem\n  \
        mysql --host ENDPOINT --ssl-ca rds-roots.pem --ssl-mode VERIFY_IDENTITY\n")]
    Roots,
    /// Print a completion script for a shell
    #[command(after_help = "Example:\n  \
        rds-bridge completions bash > /etc/bash_completion.d/rds-bridge\n")]
    Completions(Completions),
    /// Print the manual page of one command, or of all commands
    #[command(after_help = "Examples:\n  \
        rds-bridge man query | man -l -\n  \
        rds-bridge man --directory /usr/local/share/man/man1\n")]
    Man(Manual),
    /// Print the version, the build's features and the component's SHA-256, like --version
    Version,
}

/// Parses arguments and variables. An empty variable counts as unset.
fn parse<P: Parser>(arguments: impl Iterator<Item = OsString>) -> Result<P, clap::Error> {
    let mut command = without_unset_variables(P::command());
    let matches = command.try_get_matches_from_mut(arguments)?;
    P::from_arg_matches(&matches).map_err(|error| error.format(&mut command))
}

/// The command `query` without the other commands.
#[derive(Debug, Parser)]
struct QueryAlone {
    #[command(flatten)]
    log: Log,

    #[command(flatten)]
    query: Box<Query>,
}

impl Arguments {
    /// The process's arguments.
    ///
    /// # Errors
    ///
    /// The arguments are wrong, or ask for help or the version.
    pub(super) fn read() -> Result<Self, clap::Error> {
        // clap builds the options of every command before it parses one, which is a notable part of the few
        // milliseconds that a query takes. So try `query` first, and build the rest only if that fails.
        if let Some(query) = Self::query_alone(std::env::args_os().skip(1)) {
            return Ok(query);
        }
        if std::env::args_os().any(|it| begins_with_comment(&it)) {
            Self::with_comment(std::env::args_os())
        } else {
            parse(std::env::args_os())
        }
    }

    /// Parses a statement that begins with a comment, `-- `, as a value: no option has a space in its name.
    fn with_comment(arguments: impl Iterator<Item = OsString>) -> Result<Self, clap::Error> {
        let command = Self::command().mut_subcommand("query", |query| {
            query.mut_arg("sql", |sql| sql.allow_hyphen_values(true))
        });
        let command = without_unset_variables(command);
        let mut matches = command.try_get_matches_from(arguments)?;
        Self::from_arg_matches_mut(&mut matches)
    }

    fn query_alone(mut arguments: impl Iterator<Item = OsString>) -> Option<Self> {
        if arguments.next()? != "query" {
            return None;
        }
        let name = OsString::from("rds-bridge query");
        let QueryAlone { log, query } = parse(std::iter::once(name).chain(arguments)).ok()?;
        let command = Command::Query(query);
        Some(Self { log, command })
    }

    pub(super) fn log(&self) -> Option<&str> {
        self.log.filter.as_deref()
    }
}

fn begins_with_comment(argument: &OsStr) -> bool {
    let rest = argument.as_encoded_bytes().strip_prefix(b"--");
    rest.and_then(<[u8]>::first)
        .is_some_and(u8::is_ascii_whitespace)
}

#[derive(Args, Debug)]
pub(super) struct Token {
    #[command(flatten)]
    pub(super) endpoint: EndpointArguments,

    /// Lifetime of the token in seconds, 1 to 900
    #[arg(long, default_value = "900", value_name = "SECONDS")]
    pub(super) expires_in: u32,

    /// Sign as of this time instead of now, such as 2026-01-31T12:00:00Z
    ///
    /// The same arguments then produce the same token, which is useful in tests.
    #[arg(long, value_name = "TIME")]
    pub(super) signed_at: Option<String>,
}

#[derive(Args, Debug)]
pub(super) struct Component {
    /// Write the component to FILE
    #[arg(long, value_name = "FILE")]
    pub(super) output: PathBuf,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alone(line: &str) -> Option<String> {
        let arguments = Arguments::query_alone(line.split(' ').map(OsString::from));
        arguments.map(|arguments| format!("{arguments:?}"))
    }

    fn among_all(line: &str) -> String {
        let line = std::iter::once("rds-bridge").chain(line.split(' '));
        format!("{:?}", Arguments::try_parse_from(line).unwrap())
    }

    #[test]
    fn a_query_alone_is_read_as_among_all_commands() {
        for line in [
            "query SELECT",
            "query --file report.sql --hostname h --username u --port 3307",
            "query SELECT --param a --param b --format csv --allow-writes -q",
            "query --log debug -- -1",
        ] {
            assert_eq!(alone(line), Some(among_all(line)), "{line}");
        }
    }

    #[test]
    fn a_statement_may_begin_with_a_comment() {
        let read = |line: &[&str]| {
            let line = ["rds-bridge"].iter().chain(line).map(OsString::from);
            Arguments::with_comment(line).map(|arguments| format!("{arguments:?}"))
        };
        let sql = "-- why\nSELECT 1";
        for line in [
            &["query", sql, "--format", "csv"][..],
            &["query", "--format", "csv", sql],
            &["query", "--format=csv", "--", sql],
        ] {
            let arguments = read(line).unwrap();
            assert!(arguments.contains("-- why\\nSELECT 1"), "{arguments}");
            assert!(arguments.contains("Csv"), "{arguments}");
        }
        assert!(read(&["query", sql, "--no-such-flag"]).is_err());
        assert!(begins_with_comment(OsStr::new(sql)));
        for no_comment in ["--", "--format", "-- ".trim(), "SELECT 1 -- x"] {
            assert!(!begins_with_comment(OsStr::new(no_comment)));
        }
    }

    #[test]
    fn what_is_not_plainly_a_query_is_left_to_all() {
        for line in [
            "query --help",
            "query --version",
            "query SELECT --no-such-flag",
            "query a b",
            "token",
            "--log debug query SELECT",
            "",
        ] {
            assert_eq!(alone(line), None, "{line}");
        }
    }
}
