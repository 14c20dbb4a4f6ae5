//! No secret is in the command's log at its most verbose level, whatever the source of the credentials. The AWS SDK
//! logs there too, and the answers that it receives contain the secrets.

use std::process::Output;

use crate::helpers::aws_home::{Home, IN_JSON, metadata};
use crate::helpers::fake_aws::{FakeEndpoint, Moto};
use crate::helpers::secret_forms::forms;

/// Searches for the credentials that the fakes return.
fn search(what: &str, output: &Output) {
    let log = String::from_utf8_lossy(&output.stderr);
    assert!(log.contains("TRACE"), "{what}: {log}");
    for secret in ["fake/secret", "fake+session"] {
        // Plain and percent-encoded forms only: halves of these secrets are common words.
        let whole = forms(secret)
            .into_iter()
            .filter(|form| form.len() >= secret.len());
        for form in whole {
            assert!(!log.contains(form.as_str()), "{what} shows {form}:\n{log}");
        }
    }
}

/// The endpoints return valid credentials, or an answer that cannot be parsed.
#[test]
fn the_endpoints_that_give_them() {
    let broken = IN_JSON.replace("\"Expiration\"", "Expiration");
    for (answer, good) in [(IN_JSON.to_owned(), true), (broken, false)] {
        let given = answer.clone();
        let container = FakeEndpoint::start(move |_| (200, given.clone()));
        let url = container.url() + "/role";
        let home = Home::new("");
        let uri = ("AWS_CONTAINER_CREDENTIALS_FULL_URI", url.as_str());
        let trace = ("RDS_BRIDGE_LOG", "trace");
        let output = home.command(&[], &[uri, trace]);
        assert_eq!(output.status.success(), good);
        search("the container's endpoint", &output);

        let service = FakeEndpoint::start(move |request| match metadata(request) {
            (200, body) if body == IN_JSON => (200, answer.clone()),
            other => other,
        });
        let url = service.url();
        let at = ("AWS_EC2_METADATA_SERVICE_ENDPOINT", url.as_str());
        let output = home.command(&[], &[at, ("AWS_EC2_METADATA_DISABLED", "false"), trace]);
        assert_eq!(output.status.success(), good);
        search("the instance metadata", &output);
    }
}

#[test]
fn sts_that_is_asked_with_them_and_gives_others() {
    let moto = Moto::shared();
    let home = Home::new(
        "[profile role]\nrole_arn = arn:aws:iam::123456789012:role/reader\nsource_profile = base\n\
         [profile base]\naws_access_key_id = AKIABASE\naws_secret_access_key = fake/secret\n\
         aws_session_token = fake+session\nregion = eu-west-1\n",
    );
    let output = home.command(
        &["--profile", "role"],
        &[
            ("AWS_ENDPOINT_URL_STS", moto.url()),
            ("RDS_BRIDGE_LOG", "trace"),
        ],
    );
    assert!(output.status.success());
    let log = String::from_utf8_lossy(&output.stderr);
    for secret in ["fake/secret", "fake%2Fsecret", "SecretAccessKey>"] {
        assert!(!log.contains(secret), "{secret}:\n{log}");
    }
}

/// A word of the command may be a secret. The SDK's log redacts the secrets that it knows, and the command does not
/// print that log either.
#[test]
fn the_command_of_a_credential_process_is_not_logged_whatever_is_asked_for() {
    let home = Home::new("[default]\ncredential_process = false --vault-pin hunter2\n");
    let module = "aws_config::credential_process";
    for filter in [
        "trace".to_owned(),
        format!("{module}=trace"),
        format!("aws_config=debug,{module}::provider=trace,{module}=trace"),
    ] {
        let output = home.command(&[], &[("RDS_BRIDGE_LOG", &filter)]);
        let said = String::from_utf8_lossy(&output.stderr);
        for line in ["hunter2", "executed command", "loading credentials from"] {
            assert!(!said.contains(line), "{filter}: {said}");
        }
        assert_eq!(output.status.code(), Some(3), "{filter}: {said}");
    }
    let output = home.command(&[], &[("RDS_BRIDGE_LOG", "aws_config=debug")]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains(" aws_config::"), "{said}");
}
