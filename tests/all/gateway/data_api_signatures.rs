//! The full HTTP signer of the AWS SDK for Rust signs for the gateway.

use std::time::Duration;

use aws_sigv4::http_request::PayloadChecksumKind;
use rds_bridge_test_support::server::{Product, Server};

use crate::helpers::data_api_signature::{Signing, borrowed};
use crate::helpers::gateway::{Answer, Gateway};

const BODY: &str = r#"{"resourceArn": "any", "sql": "SELECT 7"}"#;
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG";

fn signed(gateway: &Gateway, sent: &str, change: impl FnOnce(&mut Signing<'_>)) -> Answer {
    let mut signing = Signing::new("signer", SECRET);
    change(&mut signing);
    let signature = signing.sign(&format!("{}/Execute", gateway.url()), BODY);
    let mut headers = borrowed(&signature);
    let others = signing.headers.iter();
    headers.extend(others.filter(|(name, _)| *name != "content-type"));
    gateway.post("/Execute", &headers, sent)
}

fn assert_refused(answer: &Answer, error_type: &str, words: &str) {
    assert_eq!(answer.status, 403, "{answer:?}");
    assert!(
        answer.head.contains(&error_type.to_ascii_lowercase()),
        "{answer:?}"
    );
    assert!(answer.body.contains(words), "{answer:?}");
}

#[test]
fn a_signature_is_that_of_the_request_and_of_its_time() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("keys");
    std::fs::write(&file, format!("signer:sigv4:{SECRET}\n")).unwrap();
    let server = Server::shared(Product::MySql);
    let gateway = Gateway::start(server, &["--api-key-file", file.to_str().unwrap()]);
    let accept = |change: &dyn Fn(&mut Signing<'_>)| {
        let answer = signed(&gateway, BODY, |settings| change(settings));
        assert_eq!(answer.status, 200, "{answer:?}");
    };
    accept(&|_| {});
    accept(&|settings| settings.checksum = PayloadChecksumKind::XAmzSha256);
    accept(&|settings| settings.headers.push(("x-other", "two  spaces")));
    accept(&|settings| settings.at -= Duration::from_secs(240));

    let invalid = "InvalidSignatureException";
    let changed = signed(&gateway, &BODY.replace('7', "8"), |_| {});
    assert_refused(&changed, invalid, "does not match");
    let changed = signed(&gateway, &BODY.replace('7', "8"), |settings| {
        settings.checksum = PayloadChecksumKind::XAmzSha256;
    });
    assert_refused(&changed, invalid, "x-amz-content-sha256");
    let other = signed(&gateway, BODY, |settings| settings.service = "rds");
    assert_refused(&other, invalid, "sign it for rds-data");
    let old = signed(&gateway, BODY, |settings| {
        settings.at -= Duration::from_secs(360)
    });
    assert_refused(&old, invalid, "the signature has expired");

    // Signatures that do not match are guesses of the key. After these the source waits, and every SDK repeats it.
    let guess = || signed(&gateway, &BODY.replace('7', "8"), |_| {});
    let guesses: Vec<Answer> = (0..11).map(|_| guess()).collect();
    let throttled = guesses.last().unwrap();
    assert_eq!(throttled.status, 429, "{throttled:?}");
    let of_error = "x-amzn-errortype: throttlingexception\r\n";
    assert!(throttled.head.contains(of_error), "{throttled:?}");
    assert!(
        throttled.head.contains("retry-after: 1\r\n"),
        "{throttled:?}"
    );
}
