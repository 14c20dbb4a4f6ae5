//! The function's settings, read from environment variables.

use std::num::NonZeroU32;
use std::time::Duration;

use super::access::Access;
use super::callers::Callers;
use super::environment::{Environment, wrong};
use super::failure::Failure;
use super::sink::LONGEST_ROW;
use super::statements::Statements;
use rds_bridge::topology::{Aurora, RdsTopology};
use rds_bridge::{Bridge, BridgeBuilder, Role, Timeouts};

/// The largest default of `DB_POOL_SIZE`. One process has no use for more connections.
const LARGEST_DEFAULT_POOL: usize = 16;
/// The limit for the AWS credentials, and again for the secret. Both fit into the time that Lambda allows for
/// initialisation, so that the function can report which of them failed.
const SECRET_LIMIT: Duration = Duration::from_secs(4);
/// Lambda's longest timeout, as the limit for the stages of connecting, so that each invocation's deadline decides. A
/// paused Aurora Serverless v2 accepts connections, but sends its greeting only after it has resumed, which takes 15 s
/// or more.
const LONGEST_INVOCATION: Duration = Duration::from_secs(900);
/// The longest row of a streamed response, in bytes as the server sends it. Memory holds the row and its JSON at the
/// same time, and the template gives the function 256 MB.
const LONGEST_STREAMED_ROW: usize = 32 << 20;
const AD_HOC: &str = "ALLOW_AD_HOC_SQL";
/// The file of named statements, beside `bootstrap` in the package.
const BUNDLED_QUERIES: &str = "queries.json";

/// The function's settings. The AWS SDK reads its own variables itself.
pub(super) struct Settings {
    pub(super) bridge: BridgeBuilder,
    pub(super) statements: Statements,
    pub(super) callers: Callers,
    /// What callers over HTTP may do. `None` is the same for all of them.
    pub(super) access: Option<Access>,
    /// The name of the database, for grants and for requests to `/v1`.
    pub(super) database_name: String,
    pub(super) allow_ad_hoc_sql: bool,
    pub(super) allow_writes: bool,
    /// Whether JSON represents `BIGINT` columns as strings.
    pub(super) is_bigint_text: bool,
    /// The largest number of connections. Default: the number of concurrent invocations
    /// (`AWS_LAMBDA_MAX_CONCURRENCY`), at most 16.
    pub(super) pool_size: usize,
    /// Whether Lambda sends several invocations at the same time. It then does not freeze the process between them.
    pub(super) is_concurrent: bool,
    pub(super) connections_per_second: Option<NonZeroU32>,
    /// Whether the Function URL's `InvokeMode` is `RESPONSE_STREAM`.
    pub(super) streams: bool,
    /// The namespace of the CloudWatch metrics; `None` writes none. Default: `rds-bridge`.
    pub(super) metrics_namespace: Option<String>,
    pub(super) function_name: String,
}

impl<F: Fn(&str) -> Option<String>> Environment<F> {
    fn bridge(&self) -> Result<BridgeBuilder, Failure> {
        let mut timeouts = Timeouts {
            tls: LONGEST_INVOCATION,
            login: LONGEST_INVOCATION,
            whole: LONGEST_INVOCATION,
            ..Timeouts::default()
        };
        let mut builder = Bridge::builder();
        if let Some(secret) = self.get("DB_SECRET_ARN") {
            builder = with_secret(builder, secret)?;
            timeouts.credentials = SECRET_LIMIT;
            // Optional, because the secret may contain them.
            for (variable, set) in [
                ("DB_HOST", BridgeBuilder::endpoint as fn(_, String) -> _),
                ("DB_USER", BridgeBuilder::user),
            ] {
                if let Some(value) = self.get(variable) {
                    builder = set(builder, value);
                }
            }
        } else {
            let host = self.required("DB_HOST", "the endpoint's name as RDS shows it")?;
            let user = self.required("DB_USER", "the database user")?;
            builder = builder.endpoint(host).user(user);
        }
        if let Some(port) = self.number("DB_PORT", "a port number, 1 to 65535")? {
            builder = builder.port(port);
        }
        if let Some(database) = self.get("DB_NAME") {
            builder = builder.database(database);
        }
        if let Some(address) = self.get("DB_CONNECT_TO") {
            builder = builder.connect_to(address);
        }
        if let Some(path) = self.get("DB_CA_FILE") {
            builder = builder.ca_file(path);
        }
        if let Some(name) = self.get("DB_ROLE") {
            let role = Role::from_name(&name)
                .ok_or_else(|| wrong("DB_ROLE", &name, "any, writer or reader"))?;
            builder = builder.role(role);
        }
        builder = match self.get("DB_TOPOLOGY").as_deref() {
            None => builder,
            Some("aurora") => builder.topology(Aurora::new()),
            Some("rds") => builder.topology(RdsTopology::new()),
            Some(other) => return Err(wrong("DB_TOPOLOGY", other, "aurora or rds")),
        };
        if let Some(region) = self.get("DB_REGION") {
            builder = builder.region(region);
        }
        builder = builder.resolve_cname(self.flag("DB_RESOLVE_CNAME")?);
        let builder = builder.timeouts(timeouts);
        Ok(builder.connection_attribute("program_name", self.function_name()))
    }

    fn function_name(&self) -> String {
        self.get("AWS_LAMBDA_FUNCTION_NAME").unwrap_or_default()
    }

    fn statements(&self) -> Result<Statements, Failure> {
        let mut statements = Statements::new(self.get("DB_QUERY"), self.flag(AD_HOC)?);
        if let Some(json) = self.get("DB_QUERIES") {
            statements.add("DB_QUERIES", &json)?;
        } else if let Some(file) = self.package_file(BUNDLED_QUERIES)? {
            statements.add(&file.name, &file.text)?;
        }
        Ok(statements)
    }
}

impl Settings {
    /// Reads all settings.
    ///
    /// # Errors
    ///
    /// [`Settings`](super::failure::Type::Settings), naming the first setting that is missing or invalid.
    pub(super) fn read<F: Fn(&str) -> Option<String>>(
        environment: &Environment<F>,
    ) -> Result<Self, Failure> {
        let allow_writes = environment.flag("ALLOW_WRITES")?;
        let bridge = environment.bridge()?.allow_writes(allow_writes);
        let concurrency = environment
            .number("AWS_LAMBDA_MAX_CONCURRENCY", "a number of invocations")?
            .unwrap_or(1_usize);
        let what = "a number of connections, at least 1";
        let pool_size = environment
            .number("DB_POOL_SIZE", what)?
            .unwrap_or(concurrency.clamp(1, LARGEST_DEFAULT_POOL));
        if pool_size == 0 {
            return Err(wrong("DB_POOL_SIZE", "0", what));
        }
        let mode = environment.get("INVOKE_MODE");
        let streams = match mode.as_deref() {
            None | Some("BUFFERED") => false,
            Some("RESPONSE_STREAM") => true,
            Some(other) => return Err(wrong("INVOKE_MODE", other, "BUFFERED or RESPONSE_STREAM")),
        };
        let bigint = environment.get("JSON_BIGINT");
        let is_bigint_text = match bigint.as_deref() {
            None | Some("number") => false,
            Some("text") => true,
            Some(other) => return Err(wrong("JSON_BIGINT", other, "number or text")),
        };
        let namespace = (environment.0)("METRICS_NAMESPACE");
        let namespace = namespace.unwrap_or_else(|| "rds-bridge".to_owned());
        let longest_row = match streams {
            true => LONGEST_STREAMED_ROW,
            false => LONGEST_ROW,
        };
        let statements = environment.statements()?;
        let access = Access::read(environment, &statements)?;
        Ok(Self {
            bridge: bridge.max_row_bytes(longest_row),
            statements,
            callers: Callers::read(environment, access.as_ref())?,
            access,
            database_name: environment.database_name(),
            allow_ad_hoc_sql: environment.flag(AD_HOC)?,
            allow_writes,
            is_bigint_text,
            pool_size,
            is_concurrent: concurrency > 1,
            connections_per_second: environment
                .number("DB_CONNECTIONS_PER_SECOND", "a number, at least 1")?,
            streams,
            metrics_namespace: (!namespace.is_empty()).then_some(namespace),
            function_name: environment.function_name(),
        })
    }
}

#[cfg(feature = "secrets-manager")]
fn with_secret(builder: BridgeBuilder, secret: String) -> Result<BridgeBuilder, Failure> {
    Ok(builder.secret(secret))
}

#[cfg(not(feature = "secrets-manager"))]
fn with_secret(_: BridgeBuilder, _: String) -> Result<BridgeBuilder, Failure> {
    Err(Failure::new(
        super::failure::Type::Settings,
        "DB_SECRET_ARN is set, but this function was built without the feature secrets-manager",
    )
    .with_hint("unset DB_SECRET_ARN, or build the function with the feature secrets-manager"))
}

#[cfg(test)]
mod tests {
    use super::super::failure::Type;
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Settings, String> {
        let environment = Environment(|name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        });
        Settings::read(&environment).map_err(|failure| {
            assert_eq!(failure.kind(), Type::Settings);
            failure.message().to_owned()
        })
    }

    const NEEDED: [(&str, &str); 2] = [("DB_HOST", "h"), ("DB_USER", "u")];

    #[test]
    fn defaults() {
        let settings = read(&NEEDED).unwrap();
        assert_eq!(settings.pool_size, 1);
        assert!(!settings.streams && !settings.allow_writes);
        assert_eq!(settings.metrics_namespace.as_deref(), Some("rds-bridge"));
        let many = [NEEDED[0], NEEDED[1], ("AWS_LAMBDA_MAX_CONCURRENCY", "64")];
        assert_eq!(read(&many).unwrap().pool_size, 16);
        let quiet = [NEEDED[0], NEEDED[1], ("METRICS_NAMESPACE", "")];
        assert_eq!(read(&quiet).unwrap().metrics_namespace, None);
    }

    #[test]
    fn what_is_missing_or_wrong_is_named() {
        assert!(read(&[]).err().unwrap().starts_with("DB_HOST is not set"));
        let empty = [("DB_HOST", "h"), ("DB_USER", "")];
        assert!(
            read(&empty)
                .err()
                .unwrap()
                .starts_with("DB_USER is not set")
        );
        for (name, value) in [
            ("DB_PORT", "x"),
            ("DB_POOL_SIZE", "0"),
            ("ALLOW_AD_HOC_SQL", "perhaps"),
            ("DB_RESOLVE_CNAME", "perhaps"),
            ("DB_ROLE", "primary"),
            ("DB_TOPOLOGY", "DNS"),
            ("INVOKE_MODE", "STREAM"),
            ("JSON_BIGINT", "string"),
            ("DB_QUERIES", "[]"),
            ("DB_CONNECTIONS_PER_SECOND", "0"),
            ("API_KEYS", "app:0123456789abcdef"),
            ("API_KEYS_SECRET_ARN", "keys"),
        ] {
            let error = read(&[NEEDED[0], NEEDED[1], (name, value)]).err().unwrap();
            assert!(error.contains(name), "{error}");
        }
    }
}
