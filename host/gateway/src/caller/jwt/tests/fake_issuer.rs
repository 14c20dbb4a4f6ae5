//! A fake issuer: it signs tokens, and serves the keys to verify them with.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use rds_bridge_access::JwtAlgorithm;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::super::{TokenIssuer, Tokens};

/// A key of the fake issuer.
pub(super) enum Key {
    Es256(EcdsaKeyPair),
    EdDsa(Ed25519KeyPair),
}

impl Key {
    pub(super) fn es256() -> Self {
        let random = SystemRandom::new();
        let kind = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let document = EcdsaKeyPair::generate_pkcs8(kind, &random).unwrap();
        Self::Es256(EcdsaKeyPair::from_pkcs8(kind, document.as_ref(), &random).unwrap())
    }

    pub(super) fn ed_dsa() -> Self {
        let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        Self::EdDsa(Ed25519KeyPair::from_pkcs8(document.as_ref()).unwrap())
    }

    pub(super) fn algorithm(&self) -> &'static str {
        match self {
            Self::Es256(_) => "ES256",
            Self::EdDsa(_) => "EdDSA",
        }
    }

    pub(super) fn jwk(&self, id: &str) -> Value {
        match self {
            Self::Es256(key) => {
                let point = key.public_key().as_ref();
                let (x, y) = point[1..].split_at(32);
                json!({"kty": "EC", "crv": "P-256", "kid": id, "use": "sig", "x": encoded(x), "y": encoded(y)})
            }
            Self::EdDsa(key) => {
                let x = encoded(key.public_key().as_ref());
                json!({"kty": "OKP", "crv": "Ed25519", "kid": id, "x": x})
            }
        }
    }

    pub(super) fn sign(&self, message: &str) -> Vec<u8> {
        let random = SystemRandom::new();
        match self {
            Self::Es256(key) => key
                .sign(&random, message.as_bytes())
                .unwrap()
                .as_ref()
                .to_vec(),
            Self::EdDsa(key) => key.sign(message.as_bytes()).as_ref().to_vec(),
        }
    }
}

pub(super) fn encoded(bytes: impl AsRef<[u8]>) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

pub(super) fn token_with(header: &Value, claims: &Value, key: &Key) -> String {
    let message = format!(
        "{}.{}",
        encoded(header.to_string()),
        encoded(claims.to_string())
    );
    let signature = key.sign(&message);
    format!("{message}.{}", encoded(signature))
}

pub(super) fn token(id: &str, claims: &Value, key: &Key) -> String {
    token_with(&json!({"alg": key.algorithm(), "kid": id}), claims, key)
}

/// Valid claims, with changes. A member that is null is removed.
pub(super) fn claims(changes: Value) -> Value {
    let mut claims = json!({"iss": "https://issuer.example", "aud": "gateway", "sub": "app", "exp": now().saturating_add(60)});
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => claims.as_object_mut().unwrap().remove(name),
            value => claims
                .as_object_mut()
                .unwrap()
                .insert(name.clone(), value.clone()),
        };
    }
    claims
}

pub(super) fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs()
}

/// A fake issuer: answers each request with the same bytes, after a delay.
#[derive(Clone)]
pub(super) struct Issuer {
    pub(super) url: String,
    pub(super) answer: Arc<Mutex<(Vec<u8>, Duration)>>,
    pub(super) requests: Arc<AtomicUsize>,
}

impl Issuer {
    pub(super) async fn start(keys: Value) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = Self {
            url: format!("http://{}/jwks", listener.local_addr().unwrap()),
            answer: Arc::default(),
            requests: Arc::default(),
        };
        issuer.serve(keys);
        let serving = issuer.clone();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                serving.requests.fetch_add(1, Ordering::SeqCst);
                let (answer, delay) = serving.answer.lock().unwrap().clone();
                tokio::spawn(async move {
                    let mut read = [0; 4096];
                    let _length = stream.read(&mut read).await;
                    tokio::time::sleep(delay).await;
                    let _written = stream.write_all(&answer).await;
                });
            }
        });
        issuer
    }

    pub(super) fn serve(&self, keys: Value) {
        self.answer_with(200, "", &json!({ "keys": keys }).to_string());
    }

    pub(super) fn answer_with(&self, status: u16, headers: &str, body: &str) {
        let length = body.len();
        let answer = format!(
            "HTTP/1.1 {status} X\r\nConnection: close\r\n{headers}Content-Length: {length}\r\n\r\n{body}"
        );
        self.answer.lock().unwrap().0 = answer.into_bytes();
    }

    pub(super) fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }

    pub(super) fn tokens(&self) -> Tokens {
        use JwtAlgorithm::{EdDsa, Es256, Rs256};
        let issuer = TokenIssuer::new(
            "https://issuer.example",
            &self.url,
            "gateway",
            [Es256, EdDsa, Rs256],
        );
        let mut tokens = Tokens::default();
        tokens.add_issuer("test".to_owned(), issuer.unwrap());
        assert!(tokens.add_caller("the-app", "test", "sub", "app"));
        assert!(tokens.add_caller("the-team", "test", "team", "blue"));
        assert!(!tokens.add_caller("x", "other", "sub", "x"));
        tokens
    }
}
