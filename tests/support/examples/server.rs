//! Starts a test server, prints what a client needs to know, and runs until its standard input ends.
#![expect(clippy::unwrap_used, reason = "for tests: to panic is how it fails")]

use std::io::Read;

use rds_bridge_test_support::expectation::{ENDPOINT, Expectation};
use rds_bridge_test_support::maria_db::{MariaDb, Options};

fn main() {
    let server = MariaDb::start(&Options::default());
    let Expectation {
        access_key_id,
        secret_access_key,
        ..
    } = Expectation::default();
    println!("DB_HOST={ENDPOINT}");
    println!("DB_CONNECT_TO={}", server.address());
    println!("DB_USER=lambda-user");
    println!("DB_NAME=iamtest");
    println!("DB_CA_FILE={}", server.ca_file().display());
    println!("AWS_ACCESS_KEY_ID={access_key_id}");
    println!("AWS_SECRET_ACCESS_KEY={secret_access_key}");
    std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
}
