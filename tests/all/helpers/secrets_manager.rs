//! Secrets of AWS Secrets Manager in moto, and logins with them by the library and by the command.

use std::process::Output;
use std::sync::Arc;

use rds_bridge_test_support::expectation::{ENDPOINT, REGION};
use rds_bridge_test_support::server::{PASSWORD, Product, Server};
use serde_json::json;

use super::command::run;
use super::fake_aws::Moto;
use super::library::{self, Outcome};

/// A server, and moto with secrets. The environment of a login has only the access key and the URL of AWS.
pub(crate) struct WithSecrets {
    product: Product,
    pub(crate) moto: Arc<Moto>,
}

impl WithSecrets {
    pub(crate) fn new(product: Product) -> Self {
        Self {
            product,
            moto: Moto::shared(),
        }
    }

    /// Creates a secret and returns its ARN.
    pub(crate) fn create(&self, region: &str, name: &str, text: &str) -> String {
        // The tests of both products share moto.
        let name = format!("{name}/{}", self.product.name());
        let input = json!({ "Name": name, "SecretString": text });
        let made = self.moto.secrets_manager(region, "CreateSecret", &input);
        made["ARN"].as_str().unwrap().to_owned()
    }

    /// Logs in with the library, with moto as AWS.
    pub(crate) fn log_in(&self, settings: &[(&str, &str)], variables: &[(&str, &str)]) -> Outcome {
        log_in_at(self.product, self.moto.url(), settings, variables)
    }

    /// Runs the command, with moto as AWS.
    pub(crate) fn run(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
        run_at(self.product, self.moto.url(), arguments, variables)
    }
}

/// Logs in with the library, with an access key, and with AWS at this URL.
pub(crate) fn log_in_at(
    product: Product,
    url: &str,
    settings: &[(&str, &str)],
    variables: &[(&str, &str)],
) -> Outcome {
    let server = Server::shared(product);
    let (address, ca_file) = (server.address().to_string(), server.ca_file());
    let own = [
        ("connect_to", address.as_str()),
        ("ca_file", ca_file.to_str().unwrap()),
    ];
    let settings = [&own[..], settings].concat();
    library::log_in(&settings, &[&aws(url)[..], variables].concat())
}

/// Runs the command with an access key, and with AWS at this URL.
pub(crate) fn run_at(
    product: Product,
    url: &str,
    arguments: &[&str],
    variables: &[(&str, &str)],
) -> Output {
    let server = Server::shared(product);
    let (address, ca_file) = (server.address().to_string(), server.ca_file());
    let own = [
        ("DB_CONNECT_TO", address.as_str()),
        ("DB_CA_FILE", ca_file.to_str().unwrap()),
    ];
    run(arguments, &[&own[..], &aws(url), variables].concat(), "")
}

fn aws(url: &str) -> [(&str, &str); 3] {
    [
        ("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "made up"),
        ("AWS_ENDPOINT_URL_SECRETS_MANAGER", url),
    ]
}

/// The ARN of a secret that does not exist.
pub(crate) fn arn(name: &str) -> String {
    format!("arn:aws:secretsmanager:{REGION}:123456789012:secret:{name}-AbCdEf")
}

/// A secret in the format of RDS, with all optional members.
pub(crate) fn whole(user: &str) -> String {
    json!({ "engine": "mysql", "username": user, "password": PASSWORD, "host": ENDPOINT, "port": 3307,
            "dbname": "iamtest", "dbInstanceIdentifier": "mydb" })
    .to_string()
}
