//! Callers with a token of an issuer, which is a fake one here.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use rds_bridge::pool::Pool;
use rds_bridge_gateway::{
    CallerAuthentication, Gateway as Library, JwtAlgorithm, Keys, TokenIssuer,
};
use rds_bridge_test_support::server::{PASSWORD, Product, Server};
use serde_json::Value as Json;

use crate::helpers::gateway::{Answer, EXECUTE, post_with};
use crate::helpers::live::to;

/// Tokens that another implementation has signed, and their public keys.
const VECTORS: &str = include_str!("../../../host/gateway/src/caller/jwt/vectors.json");

/// A fake issuer, which serves these keys. Returns the URL.
fn issuer(keys: &Json) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/jwks", listener.local_addr().unwrap());
    let keys = keys.to_string();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _read = stream.read(&mut [0; 4096]);
            let length = keys.len();
            let head =
                format!("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n");
            let _written = stream.write_all(format!("{head}{keys}").as_bytes());
        }
    });
    url
}

/// Starts a gateway that knows the issuer, within the current runtime.
async fn start(jwks_url: &str) -> Library {
    let bridge = to(Server::shared(Product::MySql))
        .user("password-user")
        .password(PASSWORD);
    let pool = Pool::builder(bridge.build().await.unwrap())
        .build()
        .unwrap();
    let algorithms = [JwtAlgorithm::Rs256, JwtAlgorithm::Es384];
    let issuer =
        TokenIssuer::new("https://issuer.example", jwks_url, "gateway", algorithms).unwrap();
    let keys = Keys::new().unwrap().with_issuer("test", issuer);
    let keys = keys.with_token("the-app", "test", "sub", "app").unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let gateway = Library::builder(CallerAuthentication::Keys(keys)).database("iamtest", pool);
    gateway.start(listener).unwrap()
}

/// Sends a statement in each dialect.
fn statements(address: SocketAddr, authorization: &str) -> Vec<Answer> {
    let arn = "arn:aws:rds:any";
    let requests = [
        (EXECUTE, r#"{"query": "SELECT 7"}"#.to_owned()),
        ("/v1/query", r#"{"sql": "SELECT 7"}"#.to_owned()),
        (
            "/Execute",
            format!(r#"{{"sql": "SELECT 7", "resourceArn": "{arn}", "secretArn": "{arn}"}}"#),
        ),
    ];
    let requests = requests.iter();
    requests
        .map(|(path, body)| post_with(address, path, &[("Authorization", authorization)], body))
        .collect()
}

fn in_runtime(test: impl AsyncFnOnce()) {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    runtime
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
        .block_on(test());
}

#[test]
fn a_token_is_accepted_in_every_dialect() {
    let vectors: Json = serde_json::from_str(VECTORS).unwrap();
    let url = issuer(&vectors["jwks"]);
    in_runtime(async || {
        let gateway = start(&url).await;
        let address = gateway.address();
        let bearer = |name: &str| format!("Bearer {}", vectors["tokens"][name].as_str().unwrap());
        for (authorization, statuses) in [
            (bearer("RS256"), [200, 200, 200]),
            (bearer("ES384"), [200, 200, 200]),
            // Its algorithm is not one of the issuer's here.
            (bearer("PS256"), [401, 401, 403]),
            (bearer("RS256") + "A", [401, 401, 403]),
            ("Bearer".to_owned(), [401, 401, 403]),
            ("Basic Og==".to_owned(), [401, 401, 403]),
        ] {
            let answers = tokio::task::spawn_blocking(move || statements(address, &authorization));
            let answers = answers.await.unwrap();
            let observed: Vec<u16> = answers.iter().map(|it| it.status).collect();
            assert_eq!(observed, statuses, "{answers:?}");
            for answer in answers.iter().filter(|it| it.status >= 400) {
                let json = answer.json();
                let message = json["message"]
                    .as_str()
                    .or(json["error"]["message"].as_str());
                assert!(!message.unwrap().contains("eyJ"), "{answer:?}");
            }
        }
        gateway.drain(Duration::from_secs(10)).await;
    });
}

#[test]
fn without_the_issuer_a_token_is_neither_accepted_nor_wrong() {
    let vectors: Json = serde_json::from_str(VECTORS).unwrap();
    let closed = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    in_runtime(async || {
        let gateway = start(&format!("http://{closed}/jwks")).await;
        let address = gateway.address();
        let authorization = format!("Bearer {}", vectors["tokens"]["RS256"].as_str().unwrap());
        let answers = tokio::task::spawn_blocking(move || statements(address, &authorization));
        for answer in answers.await.unwrap() {
            assert_eq!(answer.status, 503, "{answer:?}");
            // Before that the gateway does not ask for the keys again.
            assert!(answer.head.contains("retry-after: 5\r\n"), "{answer:?}");
        }
        gateway.drain(Duration::from_secs(10)).await;
    });
}
