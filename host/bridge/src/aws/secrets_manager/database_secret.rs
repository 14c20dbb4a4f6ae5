//! Parsing of a database's secret: JSON, as RDS and the rotation functions of Secrets Manager write it.
//!
//! <https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_secret_json_structure.html>

use std::collections::BTreeMap;

use secrecy::{ExposeSecret, SecretString};
use serde_json::value::RawValue;
use zeroize::Zeroizing;

use super::secret_error::SecretProblem;

/// The content of one version of a database's secret. [`Debug`] does not show the password.
#[derive(Clone, Debug)]
pub(crate) struct DatabaseSecret {
    pub(crate) version_id: String,
    pub(crate) password: SecretString,
    /// Secrets that RDS manages always have it, and never have the following fields.
    pub(crate) username: Option<String>,
    pub(crate) host: Option<String>,
    pub(crate) port: Option<u16>,
    pub(crate) database: Option<String>,
}

/// The values of `engine` for other databases, whose secrets have the same form.
const OTHER_ENGINES: [&str; 7] = [
    "postgres",
    "sqlserver",
    "oracle",
    "db2",
    "mongo",
    "docdb",
    "redshift",
];

impl DatabaseSecret {
    /// Parses `username`, `password`, `host`, `port`, `dbname` and `engine`. Only the password is required; a value
    /// that is empty or null counts as missing. The port may be a number or a string, as the console writes it.
    ///
    /// # Errors
    ///
    /// [`SecretProblem`], without any of the text.
    pub(crate) fn parse(version_id: String, text: &str) -> Result<Self, SecretProblem> {
        // The values borrow from the text, so that no copy is left unwiped. serde's error is not kept, since it may
        // contain a value.
        let fields: BTreeMap<String, &RawValue> =
            serde_json::from_str(text).map_err(|_| SecretProblem::NotJson)?;
        let field = |name: &str| text_of(fields.get(name)?);
        if let Some(engine) = field("engine") {
            let engine = engine.to_ascii_lowercase();
            let other = OTHER_ENGINES.iter().find(|own| engine.contains(**own));
            if let Some(engine) = other {
                return Err(SecretProblem::OtherEngine { engine });
            }
        }
        let password = field("password").ok_or(SecretProblem::NoPassword)?;
        let owned = |name: &str| field(name).map(|text| text.to_string());
        Ok(Self {
            version_id,
            password: SecretString::from(password.as_str()),
            username: owned("username"),
            host: owned("host"),
            port: fields.get("port").map_or(Ok(None), |port| port_of(port))?,
            database: owned("dbname"),
        })
    }

    /// Whether a login with it may succeed after a server has refused `other`.
    pub(crate) fn differs_from(&self, other: &Self) -> bool {
        self.version_id != other.version_id
            || self.username != other.username
            || self.password.expose_secret() != other.password.expose_secret()
    }
}

/// Returns `None` if the value is not a string, or is empty.
fn text_of(raw: &RawValue) -> Option<Zeroizing<String>> {
    let text: String = serde_json::from_str(raw.get()).ok()?;
    Some(Zeroizing::new(text)).filter(|text| !text.is_empty())
}

fn port_of(raw: &RawValue) -> Result<Option<u16>, SecretProblem> {
    match raw.get().trim_matches('"') {
        "" | "null" => Ok(None),
        port => match port.parse() {
            Ok(0) | Err(_) => Err(SecretProblem::InvalidPort),
            Ok(port) => Ok(Some(port)),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<DatabaseSecret, SecretProblem> {
        DatabaseSecret::parse("v1".to_owned(), text)
    }

    #[test]
    fn as_the_rotation_functions_write_it() {
        let secret = parse(
            r#"{"engine": "mysql", "host": "db.example.com", "username": "app", "port": 3307,
                "password": "hunter\u00322\"\\", "dbname": "shop", "dbInstanceIdentifier": "db",
                "masterarn": "arn:…"}"#,
        )
        .unwrap();
        assert_eq!(secret.password.expose_secret(), r#"hunter22"\"#);
        assert_eq!(secret.username.as_deref(), Some("app"));
        assert_eq!(secret.host.as_deref(), Some("db.example.com"));
        assert_eq!(secret.port, Some(3307));
        assert_eq!(secret.database.as_deref(), Some("shop"));
        assert!(!format!("{secret:?}").contains("hunter2"));
    }

    #[test]
    fn what_is_not_there_is_left_out() {
        let managed = parse(r#"{"username": "admin", "password": "hunter2"}"#).unwrap();
        assert_eq!(
            (managed.host, managed.port, managed.database),
            Default::default()
        );
        let empty =
            r#"{"username": "", "password": "p", "host": null, "port": "", "dbname": null}"#;
        let empty = parse(empty).unwrap();
        assert_eq!((empty.username, empty.host, empty.port), Default::default());
        for port in ["3307", "\"3307\""] {
            let secret = parse(&format!(r#"{{"password": "p", "port": {port}}}"#));
            assert_eq!(secret.unwrap().port, Some(3307), "{port}");
        }
    }

    #[test]
    fn what_is_wrong_is_said_without_what_it_is() {
        for (text, words) in [
            ("hunter2", "not JSON"),
            ("\"hunter2\"", "not JSON"),
            ("[\"hunter2\"]", "not JSON"),
            ("{\"password\": \"hunter2\"", "not JSON"),
            ("", "not JSON"),
            ("{}", "no password"),
            (r#"{"Password": "hunter2"}"#, "no password"),
            (r#"{"password": {"of": "hunter2"}}"#, "no password"),
            (r#"{"password": ""}"#, "no password"),
            (r#"{"password": "p", "port": "hunter2"}"#, "port"),
            (r#"{"password": "p", "port": 0}"#, "port"),
            (r#"{"password": "p", "port": 70000}"#, "port"),
            (
                r#"{"password": "p", "engine": "aurora-postgresql hunter2"}"#,
                "postgres",
            ),
        ] {
            let problem = parse(text).unwrap_err();
            let said = format!("{problem} {problem:?}");
            assert!(said.contains(words), "{text}: {said}");
            assert!(!said.contains("hunter2"), "{said}");
        }
    }

    #[test]
    fn a_rotated_one_differs() {
        let text = r#"{"username": "app", "password": "p"}"#;
        let first = parse(text).unwrap();
        assert!(!parse(text).unwrap().differs_from(&first));
        let again = DatabaseSecret::parse("v2".to_owned(), text).unwrap();
        assert!(again.differs_from(&first));
        for other in [
            r#"{"username": "app", "password": "q"}"#,
            r#"{"username": "app_clone", "password": "p"}"#,
        ] {
            assert!(parse(other).unwrap().differs_from(&first));
        }
    }
}
