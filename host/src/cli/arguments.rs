//! What can be said on the command line, and the help that teaches it.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Sign and read Amazon RDS IAM authentication tokens.
///
/// The work is done by a WebAssembly component without imports, in a sandbox.
#[derive(Debug, Parser)]
#[command(name = "rds-bridge", version, arg_required_else_help = false)]
#[command(
    after_help = "Exit codes: 0 done, 1 a bug of ours, 2 usage or a setting that is missing or wrong,\n\
    3 no credentials or expired ones, 4 not a token, 5 reading or writing failed."
)]
pub(super) struct Arguments {
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Sign a token and print it, and nothing else
    ///
    /// The token is a password for the authentication method mysql_clear_password, good for 15
    /// minutes at the most: give it to a client that sends it inside TLS only.
    ///
    /// The AWS credentials come from AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and
    /// AWS_SESSION_TOKEN. If AWS_CREDENTIAL_EXPIRATION says that they are over, no token is signed.
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
    /// It is rds:bridge@0.1.0, world "bridge". It imports nothing, and runs in every runtime of the
    /// component model.
    Component(Component),
}

#[derive(Args, Debug)]
pub(super) struct Token {
    /// The endpoint's own name, as RDS shows it; not an alias of it
    #[arg(long, env = "DB_HOST", value_name = "NAME")]
    pub(super) hostname: Option<String>,

    /// The endpoint's TCP port
    #[arg(long, env = "DB_PORT", default_value = "3306", value_name = "PORT")]
    pub(super) port: u16,

    /// The database user; upper and lower case differ
    #[arg(long, env = "DB_USER", value_name = "USER")]
    pub(super) username: Option<String>,

    /// The endpoint's region. Without it: from the endpoint's name, else AWS_REGION, else
    /// AWS_DEFAULT_REGION
    #[arg(long, value_name = "REGION")]
    pub(super) region: Option<String>,

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
    #[arg(long, value_name = "REGION")]
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
