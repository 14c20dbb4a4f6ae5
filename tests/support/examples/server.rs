//! Starts a test server: `server mysql|mariadb [--OPTION…] [COMMAND…]`. The options are the server's. With a command,
//! it runs that command with a client's settings in its environment. Without one, it prints the settings and runs until
//! its standard input ends. The users `shop` and `warehouse`, for IAM tokens too, have a schema of their own name each.
#![expect(clippy::unwrap_used, reason = "for tests: to panic is how it fails")]

use std::env;
use std::ffi::OsString;
use std::io::Read;
use std::process::{Command, ExitCode};

use rds_bridge_test_support::expectation::{ENDPOINT, Expectation};
use rds_bridge_test_support::server::{Options, Product, Server};

fn main() -> ExitCode {
    let mut arguments = env::args_os().skip(1).peekable();
    let product = arguments.next().and_then(|name| name.into_string().ok());
    let product: Product = product.unwrap_or_default().parse().unwrap();
    let is_option = |it: &OsString| it.to_string_lossy().starts_with("--");
    let options = std::iter::from_fn(|| arguments.next_if(is_option));
    let server = Server::start(
        product,
        &Options {
            arguments: options.map(|it| it.into_string().unwrap()).collect(),
            ..Options::default()
        },
    );
    // The tests' user only reads.
    server.execute_as_admin("GRANT ALL ON iamtest.* TO 'lambda-user'@'%'");
    for (user, items) in [
        ("shop", "('apple'), ('bread'), ('cheese')"),
        ("warehouse", "('anvil'), ('barrel'), ('crate')"),
    ] {
        server.execute_as_admin(&format!(
            "CREATE SCHEMA {user};
             CREATE TABLE {user}.items (id INT PRIMARY KEY AUTO_INCREMENT, name VARCHAR(64));
             INSERT INTO {user}.items (name) VALUES {items};
             CREATE USER '{user}'@'%' IDENTIFIED WITH AWSAuthenticationPlugin AS 'RDS' REQUIRE SSL;
             GRANT ALL ON {user}.* TO '{user}'@'%'"
        ));
    }
    let Expectation {
        access_key_id,
        secret_access_key,
        port,
        ..
    } = Expectation::default();
    let environment = [
        ("DB_HOST", ENDPOINT.to_owned()),
        ("DB_PORT", port.to_string()),
        ("DB_CONNECT_TO", server.address().to_string()),
        ("DB_USER", "lambda-user".to_owned()),
        ("DB_NAME", "iamtest".to_owned()),
        ("DB_CA_FILE", server.ca_file().display().to_string()),
        ("AWS_ACCESS_KEY_ID", access_key_id),
        ("AWS_SECRET_ACCESS_KEY", secret_access_key),
    ];
    let Some(program) = arguments.next() else {
        for (name, value) in environment {
            println!("export {name}='{value}'");
        }
        eprintln!("The server runs until its standard input ends: press Ctrl-D or Ctrl-C");
        std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
        return ExitCode::SUCCESS;
    };
    let status = Command::new(program)
        .args(arguments)
        .envs(environment)
        .env_remove("AWS_SESSION_TOKEN")
        .env_remove("DB_PASSWORD")
        .env_remove("DB_SECRET_ARN")
        .status()
        .unwrap();
    ExitCode::from(
        status
            .code()
            .and_then(|code| u8::try_from(code).ok())
            .unwrap_or(1),
    )
}
