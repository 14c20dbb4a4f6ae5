//! What can be said on the command line, and the help that teaches it.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};

use super::completions::Completions;
#[cfg(feature = "emulator")]
use super::demo::Demo;
use super::doctor::Doctor;
#[cfg(feature = "emulator")]
use super::emulate::Emulate;
use super::endpoint_arguments::EndpointArguments;
use super::query::Query;
use super::variables::without_empty_variables;

/// From AWS credentials to the rows of a MySQL database on Amazon RDS, without a stored password.
///
/// Tokens are signed, and the login is spoken, by a WebAssembly component without imports, in a sandbox.
#[derive(Debug, Parser)]
#[command(name = "rds-bridge", version, arg_required_else_help = false)]
#[command(
    after_help = "Exit codes: 0 done, 1 a bug of ours, 2 usage or a setting that is missing or wrong,\n\
    3 no credentials or expired ones, 4 not a token, 5 reading or writing failed,\n\
    6 server not reached, not in time, or lost, 7 TLS, 8 login refused, 9 statement refused,\n\
    10 the server does not keep to the protocol, 130 interrupted."
)]
pub(super) struct Arguments {
    #[command(flatten)]
    log: Log,

    #[command(subcommand)]
    pub(super) command: Command,
}

/// Of every command.
#[derive(Args, Debug)]
struct Log {
    /// Log to standard error, by a filter as debug or rds_bridge=trace
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
    /// Execute a statement and write its rows
    ///
    /// It logs in with a fresh IAM token, over verified TLS. The statement is one; a procedure may give
    /// several results. The session is read-only unless --allow-writes is given.
    #[command(after_help = "Examples:\n  \
        rds-bridge query \"SELECT * FROM items\"\n  \
        rds-bridge query \"SELECT * FROM items WHERE name = ?\" --param Umbrella --format csv\n  \
        rds-bridge query \"SELECT * FROM items\" --output items.parquet\n  \
        rds-bridge query --file report.sql > report.ndjson\n")]
    Query(Box<Query>),
    /// Walk the way to the rows stage by stage, and say where it ends and why
    ///
    /// Settings, name, credentials and whose they are, clock, token, addresses, TCP, TLS and its
    /// certificate, login, SELECT 1: each with its time, and at a failure the likely causes with what to do.
    #[command(after_help = "Example:\n  rds-bridge doctor --hostname NAME --username USER\n")]
    Doctor(Box<Doctor>),
    /// See the whole way from credentials to rows, on this machine
    ///
    /// It starts an emulated RDS, and connects to it as to any other: nothing is left out.
    #[cfg(feature = "emulator")]
    Demo(Demo),
    /// Be an RDS for MySQL on this machine, for development and for tests
    ///
    /// It lets in who has an IAM token, over TLS, and verifies the token in full: who signed it, for which
    /// host, port, region and user, and when. A bad one gets RDS's 1045, and the true reason is told here.
    /// Its SQL is SQLite's, and not MySQL's.
    ///
    /// It takes tokens that the AWS credentials in the environment have signed, or else made-up ones, and
    /// prints what a client needs to know as lines for a shell.
    #[cfg(feature = "emulator")]
    #[command(after_help = "Examples:\n  \
        rds-bridge emulate --seed schema.sql\n  \
        rds-bridge emulate --port 0 --seed schema.sql -- npm test\n  \
        rds-bridge emulate --connections-per-second 200 --delay 20\n")]
    Emulate(Box<Emulate>),
    /// Sign a token and print it, and nothing else
    ///
    /// The token is a password for the authentication method mysql_clear_password, good for 15
    /// minutes at the most: give it to a client that sends it inside TLS only.
    ///
    /// The AWS credentials come from where the AWS SDKs look for them: the environment
    /// (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN), the profile, a web identity
    /// token, the container's endpoint, the EC2 instance metadata. With credentials that are over,
    /// no token is signed.
    #[command(after_help = "Example:\n  \
        rds-bridge token --hostname mydb.abc123.eu-central-1.rds.amazonaws.com --username lambda-user\n")]
    Token(Token),
    /// Read a token from standard input and say what it allows, without its secrets
    ///
    /// Nothing is verified: that takes the secret access key.
    #[command(
        after_help = "Example:\n  rds-bridge token --hostname NAME --username USER | rds-bridge inspect\n"
    )]
    Inspect,
    /// Print what to run once, so that a user can log in with tokens: SQL, IAM policy, AWS commands
    ///
    /// Nothing is run and nobody is asked: it prints.
    #[command(
        after_help = "Examples:\n  rds-bridge setup --hostname NAME --username USER --database DATABASE\n  \
        rds-bridge setup --username USER --database DATABASE --format sql | mysql --host NAME --user admin -p\n  \
        rds-bridge setup --hostname NAME --username USER --account 123456789012 \\\n    \
        --resource-id db-ABCDEFGHIJKL01234 --format policy > policy.json\n"
    )]
    Setup(Setup),
    /// Write the WebAssembly component to a file, and print its size and SHA-256
    ///
    /// It is rds:bridge@0.2.0, world "bridge". It imports nothing, and runs in every runtime of the
    /// component model.
    Component(Component),
    /// Print a script that completes commands and flags in a shell
    #[command(after_help = "Example:\n  \
        rds-bridge completions bash > /etc/bash_completion.d/rds-bridge\n")]
    Completions(Completions),
    /// Print the manual page
    #[command(after_help = "Example:\n  rds-bridge man > rds-bridge.1\n")]
    Man,
}

/// A variable that is empty is one that is not set.
fn parse<P: Parser>(arguments: impl Iterator<Item = OsString>) -> Result<P, clap::Error> {
    let mut command = without_empty_variables(P::command());
    let matches = command.try_get_matches_from_mut(arguments)?;
    P::from_arg_matches(&matches).map_err(|error| error.format(&mut command))
}

/// `query` by itself.
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
    /// What is wrong with them; and help, where it was asked for.
    pub(super) fn read() -> Result<Self, clap::Error> {
        // Those of every command are put together to read those of one, which for a query that takes a few
        // milliseconds in all is much. What is not plainly a query is left to who knows them all.
        if let Some(query) = Self::query_alone(std::env::args_os().skip(1)) {
            return Ok(query);
        }
        match std::env::args_os().any(|it| begins_with_comment(&it)) {
            true => Self::with_comment(std::env::args_os()),
            false => parse(std::env::args_os()),
        }
    }

    /// A statement may begin with a comment, `-- `, which is no option: none has a space in its name.
    fn with_comment(arguments: impl Iterator<Item = OsString>) -> Result<Self, clap::Error> {
        let command = Self::command().mut_subcommand("query", |query| {
            query.mut_arg("sql", |sql| sql.allow_hyphen_values(true))
        });
        let command = without_empty_variables(command);
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

    /// How long the token is to be good, 1 to 900
    #[arg(long, default_value = "900", value_name = "SECONDS")]
    pub(super) expires_in: u32,

    /// Sign as at this time, as 2026-01-31T12:00:00Z, and not as now: the same arguments then give
    /// the same token
    #[arg(long, value_name = "TIME")]
    pub(super) signed_at: Option<String>,
}

#[derive(Args, Debug)]
pub(super) struct Setup {
    /// The endpoint's own name, as RDS shows it; not an alias of it
    #[arg(long, env = "DB_HOST", value_name = "NAME")]
    pub(super) hostname: Option<String>,

    /// The database user to create; upper and lower case differ
    #[arg(long, env = "DB_USER", value_name = "USER")]
    pub(super) username: Option<String>,

    /// The database that the user may use
    #[arg(long, env = "DB_NAME", value_name = "DATABASE")]
    pub(super) database: Option<String>,

    /// The endpoint's region. Without it: from the endpoint's name, else AWS_REGION, else
    /// AWS_DEFAULT_REGION
    #[arg(long, env = "DB_REGION", value_name = "REGION")]
    pub(super) region: Option<String>,

    /// The AWS account of the database, 12 digits
    #[arg(long, value_name = "ID")]
    pub(super) account: Option<String>,

    /// What IAM knows the database by, and not its name: db-…, for Aurora cluster-…, for a proxy prx-…
    #[arg(long, value_name = "ID")]
    pub(super) resource_id: Option<String>,

    /// What the user may do in the database, with commas
    #[arg(long, default_value = "SELECT", value_name = "LIST")]
    pub(super) privileges: String,

    /// All of it explained, the SQL alone, or the IAM policy alone
    #[arg(long, value_enum, default_value = "text")]
    pub(super) format: SetupFormat,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum SetupFormat {
    Text,
    Sql,
    Policy,
}

#[derive(Args, Debug)]
pub(super) struct Component {
    /// Where to write it
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
