//! The identity that AWS reports for credentials, from moto and from a fake that refuses.
//!
//! The endpoint is in an environment variable, and all tests of a process share its environment. Therefore each test
//! runs itself again in a process of its own, which makes the call.

use std::env;
use std::time::{SystemTime, UNIX_EPOCH};

use rds_bridge::aws::{CallerIdentity, Credentials, IdentityError, caller_identity};

use crate::helpers::fake_aws::{FakeEndpoint, Moto};
use crate::helpers::live::block_on;
use crate::helpers::run_alone::run_alone;

const INSIDE: &str = "RDS_BRIDGE_TEST_CALLER_IDENTITY";

fn ask_aws() -> Result<CallerIdentity, IdentityError> {
    let credentials = Credentials::new("AKIAEXAMPLE", "hunter2");
    block_on(caller_identity(&credentials, "eu-central-1"))
}

/// The output of a process that asks this endpoint.
fn ask(test: &str, endpoint: &str) -> String {
    run_alone(test, &[(INSIDE, "1"), ("AWS_ENDPOINT_URL_STS", endpoint)])
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.unwrap().as_secs()
}

#[test]
fn sts_says_who_the_caller_is_and_what_time_it_is() {
    if env::var_os(INSIDE).is_some() {
        let before = now();
        let identity = ask_aws().unwrap();
        assert!((before..=now()).contains(&identity.server_time.unwrap()));
        println!("{} {}", identity.account, identity.arn);
        return;
    }
    let moto = Moto::shared();
    let test = "credentials::caller_identity::sts_says_who_the_caller_is_and_what_time_it_is";
    let said = ask(test, moto.url());
    assert!(
        said.contains("123456789012 arn:aws:sts::123456789012:user/moto\n"),
        "{said}"
    );
}

#[test]
fn what_sts_refuses_is_said_with_its_code() {
    if env::var_os(INSIDE).is_some() {
        println!("{:?}", ask_aws().unwrap_err());
        return;
    }
    let refusing = FakeEndpoint::start(|_| {
        let error = "<ErrorResponse><Error><Type>Sender</Type><Code>InvalidClientTokenId</Code>\
            <Message>The security token included in the request is invalid.</Message></Error></ErrorResponse>";
        (403, error.to_owned())
    });
    let test = "credentials::caller_identity::what_sts_refuses_is_said_with_its_code";
    let said = ask(test, &refusing.url());
    let expected = "Refused { code: \"InvalidClientTokenId\", \
        message: \"The security token included in the request is invalid.\", \
        server_time: Some(1724709600) }";
    assert!(said.contains(expected), "{said}");
    assert!(!said.contains("hunter2"), "{said}");
}
