//! A user's home with files of AWS, and what of the default chain gives credentials there.

use std::fs;
use std::path::Path;
use std::process::Output;

use tempfile::TempDir;

use super::command::run;
use super::fake_aws::Request;

const HOST: &str = "mydb.abc123.eu-central-1.rds.amazonaws.com";

/// As the container's endpoint and the metadata service give them.
pub(crate) const IN_JSON: &str = r#"{
    "Code": "Success",
    "AccessKeyId": "ASIAFAKE",
    "SecretAccessKey": "fake/secret",
    "Token": "fake+session",
    "Expiration": "2099-01-01T00:05:00Z"
}"#;

/// Files as of a user's home, and what names them.
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

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// `rds-bridge token` with these files.
    pub(crate) fn token(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
        let config = self.path().join("config");
        let mut all = vec![
            ("HOME", self.path().to_str().unwrap()),
            ("AWS_CONFIG_FILE", config.to_str().unwrap()),
            ("PATH", "/usr/bin:/bin"),
            ("DB_HOST", HOST),
            ("DB_USER", "u"),
        ];
        all.extend(variables);
        run(&[&["token"], arguments].concat(), &all, "")
    }

    /// What `rds-bridge inspect` says of the token.
    pub(crate) fn claims(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Claims {
        let output = self.token(arguments, variables);
        assert!(output.status.success(), "{output:?}");
        let token = String::from_utf8(output.stdout).unwrap();
        let said = run(&["inspect"], &[], &token);
        Claims(String::from_utf8(said.stdout).unwrap())
    }

    /// Those of [`IN_JSON`]: with their id, their session token, and their end.
    pub(crate) fn assert_gives_the_fakes(&self, variables: &[(&str, &str)]) {
        let claims = self.claims(&["--signed-at", "2099-01-01T00:04:59Z"], variables);
        assert_eq!(claims.get("access key id"), "ASIAFAKE");
        let credentials = claims.get("credentials");
        assert_eq!(credentials, "temporary (with a session token)");
        let (error, _) = self.error(&["--signed-at", "2099-01-01T00:05:00Z"], variables);
        assert!(error.contains("expired at 2099-01-01T00:05:00Z"), "{error}");
    }

    /// The error, which is one line, and the exit code.
    pub(crate) fn error(
        &self,
        arguments: &[&str],
        variables: &[(&str, &str)],
    ) -> (String, Option<i32>) {
        let output = self.token(arguments, variables);
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(error.lines().count(), 1, "{error}");
        assert!(output.stdout.is_empty());
        (error, output.status.code())
    }
}

pub(crate) struct Claims(String);

impl Claims {
    pub(crate) fn get(&self, name: &str) -> &str {
        let mut lines = self.0.lines().filter_map(|line| line.split_once(':'));
        lines.find(|(own, _)| *own == name).unwrap().1.trim()
    }
}

/// Version 2 of the protocol: without the token it gives nothing.
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
