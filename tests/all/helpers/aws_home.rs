//! A home directory with AWS configuration files, and the sources of the default credential chain there.

use std::fs;
use std::process::Output;

use rds_bridge::Stage;
use rds_bridge::error::Category;
use tempfile::TempDir;

use super::command::run;
use super::fake_aws::Request;
use super::library::{self, Outcome};

const HOST: &str = "mydb.abc123.eu-central-1.rds.amazonaws.com";

/// The credentials as the container endpoint and the metadata service return them.
pub(crate) const IN_JSON: &str = r#"{
    "Code": "Success",
    "AccessKeyId": "ASIAFAKE",
    "SecretAccessKey": "fake/secret",
    "Token": "fake+session",
    "Expiration": "2099-01-01T00:05:00Z"
}"#;
/// The expiration of these credentials, in seconds since 1970.
const EXPIRES_AT: u64 = 4_070_909_100;

/// A home directory, and the environment variables that name its files.
pub(crate) struct Home(TempDir);

impl Home {
    pub(crate) fn new(config: &str) -> Self {
        let home = Self(tempfile::tempdir().unwrap());
        home.write("config", config);
        home
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> String {
        let path = self.0.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// Runs `rds-bridge token` with these files.
    pub(crate) fn command(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
        let own = [("DB_HOST", HOST), ("DB_USER", "u")];
        self.with_files(&[&own[..], variables].concat(), |variables| {
            run(&[&["token"], arguments].concat(), variables, "")
        })
    }

    /// Signs a token with the library and these files.
    pub(crate) fn token(&self, settings: &[(&str, &str)], variables: &[(&str, &str)]) -> Outcome {
        // A later setting overrides an earlier one.
        let settings = [&[("endpoint", HOST), ("user", "u")], settings].concat();
        self.with_files(variables, |variables| library::token(&settings, variables))
    }

    fn with_files<T>(
        &self,
        variables: &[(&str, &str)],
        start: impl FnOnce(&[(&str, &str)]) -> T,
    ) -> T {
        let home = self.0.path().to_str().unwrap();
        let config = format!("{home}/config");
        let own = [
            ("HOME", home),
            ("AWS_CONFIG_FILE", &config),
            ("PATH", "/usr/bin:/bin"),
        ];
        start(&[&own[..], variables].concat())
    }

    /// Asserts that the token has the access key id, the session token and the expiration of [`IN_JSON`].
    pub(crate) fn assert_gives_the_fakes(&self, variables: &[(&str, &str)]) {
        let clock = (EXPIRES_AT - 1).to_string();
        let token = self.token(&[("clock", &clock)], variables).success();
        assert_eq!(token["access_key_id"], "ASIAFAKE");
        assert_eq!(token["has_session_token"], true);
        let clock = EXPIRES_AT.to_string();
        let expired = self.token(&[("clock", &clock)], variables).failure();
        expired.assert_is(Stage::Token, Category::Credentials);
        expired.assert_says(&["expired at 2099-01-01T00:05:00Z"]);
    }
}

/// Version 2 of the metadata service (IMDSv2): without the session token of the service it returns nothing.
pub(crate) fn metadata(request: &Request) -> (u16, String) {
    let token = request.header("x-aws-ec2-metadata-token");
    match (request.line.as_str(), token) {
        ("PUT /latest/api/token", _)
            if request
                .header("x-aws-ec2-metadata-token-ttl-seconds")
                .is_some() =>
        {
            (200, "of-the-instance".to_owned())
        }
        ("GET /latest/meta-data/iam/security-credentials/", Some("of-the-instance")) => {
            (200, "role".to_owned())
        }
        ("GET /latest/meta-data/iam/security-credentials/role", Some("of-the-instance")) => {
            (200, IN_JSON.to_owned())
        }
        _ => (401, String::new()),
    }
}
