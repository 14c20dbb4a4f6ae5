//! Secrets of AWS Secrets Manager, in moto, and who logs in with one: the library, and the command.

use std::process::Output;
use std::sync::Arc;

use rds_bridge_test_support::expectation::{ENDPOINT, REGION};
use rds_bridge_test_support::server::{PASSWORD, Product, Server};
use serde_json::json;

use super::command::run;
use super::fake_aws::Moto;
use super::library::{self, Outcome};

/// A server, and AWS with secrets. What logs in has nothing in its environment but keys and where AWS is.
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

    /// Makes a secret, and gives its ARN.
    pub(crate) fn create(&self, region: &str, name: &str, text: &str) -> String {
        // Tests on both servers share AWS.
        let name = format!("{name}/{}", self.product.name());
        let input = json!({ "Name": name, "SecretString": text });
        let made = self.moto.secrets_manager(region, "CreateSecret", &input);
        made["ARN"].as_str().unwrap().to_owned()
    }

    /// The library logs in, with AWS being moto.
    pub(crate) fn log_in(&self, settings: &[(&str, &str)], variables: &[(&str, &str)]) -> Outcome {
        log_in_at(self.product, self.moto.url(), settings, variables)
    }

    /// The command likewise.
    pub(crate) fn run(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
        run_at(self.product, self.moto.url(), arguments, variables)
    }
}

/// The library logs in, with keys, and with AWS at this URL.
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

/// The command, with keys, and with AWS at this URL.
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

/// Of a secret that nobody made.
pub(crate) fn arn(name: &str) -> String {
    format!("arn:aws:secretsmanager:{REGION}:123456789012:secret:{name}-AbCdEf")
}

/// As RDS's are, with all that they may have.
pub(crate) fn whole(user: &str) -> String {
    json!({ "engine": "mysql", "username": user, "password": PASSWORD, "host": ENDPOINT, "port": 3307,
            "dbname": "iamtest", "dbInstanceIdentifier": "mydb" })
    .to_string()
}
