//! The options of `rds-bridge setup`.

use clap::{Args, ValueEnum};

#[derive(Args, Debug)]
pub(crate) struct Setup {
    /// Endpoint of the DB instance, cluster, or proxy, as the RDS console shows it; not an alias
    #[arg(long, env = "DB_HOST", value_name = "ENDPOINT")]
    pub(super) hostname: Option<String>,

    /// Database user to create; case-sensitive
    #[arg(long, env = "DB_USER", value_name = "USER")]
    pub(super) username: Option<String>,

    /// Database on which the user is granted privileges
    #[arg(long, env = "DB_NAME", value_name = "DATABASE")]
    pub(super) database: Option<String>,

    /// AWS region of the endpoint
    ///
    /// Without this option, the region is the one in the endpoint's name, or else AWS_REGION or AWS_DEFAULT_REGION.
    #[arg(long, env = "DB_REGION", value_name = "REGION")]
    pub(super) region: Option<String>,

    /// AWS account that owns the database, 12 digits
    #[arg(long, value_name = "ID")]
    pub(super) account: Option<String>,

    /// Resource ID in the IAM policy: db-… of an instance, cluster-… of Aurora, prx-… of a proxy
    ///
    /// It is not the name of the instance, cluster, or proxy. Without this option, the instructions explain how to find
    /// the resource ID.
    #[arg(long, value_name = "ID")]
    pub(super) resource_id: Option<String>,

    /// Privileges to grant on the database, separated by commas
    #[arg(long, default_value = "SELECT", value_name = "LIST")]
    pub(super) privileges: String,

    /// What to print
    #[arg(long, value_enum, default_value = "text", value_name = "FORMAT")]
    pub(super) format: SetupFormat,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum SetupFormat {
    /// Instructions with the SQL, the IAM policy and the AWS commands
    Text,
    /// Only the SQL, for a pipe to mysql
    Sql,
    /// Only the IAM policy, as JSON
    Policy,
}
