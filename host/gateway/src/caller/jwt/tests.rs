//! Tokens of a fake issuer.

mod fake_issuer;

use std::sync::Arc;
use std::time::Duration;

use rds_bridge_access::JwtAlgorithm;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::*;
use fake_issuer::{Issuer, Key, claims, encoded, now, token, token_with};

#[tokio::test]
async fn a_caller_is_recognised_by_a_claim() {
    let keys = [("e", Key::es256()), ("d", Key::ed_dsa())];
    let issuer = Issuer::start(keys.iter().map(|(id, key)| key.jwk(id)).collect()).await;
    let tokens = issuer.tokens();
    for (id, key) in &keys {
        let found = tokens.caller(&token(id, &claims(json!({})), key)).await;
        assert_eq!(found, Ok(Caller::named("the-app")), "{id}");
    }
    for (changes, expected) in [
        (
            json!({"sub": "other", "team": "blue"}),
            Ok(Caller::named("the-team")),
        ),
        (
            json!({"sub": null, "team": "blue"}),
            Ok(Caller::named("the-team")),
        ),
        (
            json!({"aud": ["x", "gateway"]}),
            Ok(Caller::named("the-app")),
        ),
        (json!({"sub": "other"}), Err(TokenError::NoCaller)),
        (json!({"sub": ["app"]}), Err(TokenError::NoCaller)),
        (json!({"sub": null}), Err(TokenError::NoCaller)),
    ] {
        let found = tokens
            .caller(&token("e", &claims(changes), &keys[0].1))
            .await;
        assert_eq!(found, expected);
    }
    assert_eq!(issuer.requests(), 1);
}

/// Tokens that another implementation has signed.
#[tokio::test]
async fn every_algorithm() {
    let vectors: Value = serde_json::from_str(include_str!("vectors.json")).unwrap();
    let issuer = Issuer::start(vectors["jwks"]["keys"].clone()).await;
    let vectors = vectors["tokens"].as_object().unwrap();
    let tokens = |algorithm: &str| {
        let algorithm: JwtAlgorithm = serde_json::from_value(json!(algorithm)).unwrap();
        let issuer = TokenIssuer::new(
            "https://issuer.example",
            &issuer.url,
            "gateway",
            [algorithm],
        );
        let mut tokens = Tokens::default();
        tokens.add_issuer("test".to_owned(), issuer.unwrap());
        assert!(tokens.add_caller("the-app", "test", "sub", "app"));
        tokens
    };
    assert_eq!(vectors.len(), 7);
    for (algorithm, token) in vectors {
        let token = token.as_str().unwrap();
        let found = tokens(algorithm).caller(token).await;
        assert_eq!(found, Ok(Caller::named("the-app")), "{algorithm}");
        let other = if algorithm == "RS256" {
            "PS256"
        } else {
            "RS256"
        };
        let found = tokens(other).caller(token).await;
        assert_eq!(found, Err(TokenError::Algorithm), "{algorithm}");
        // The signature of another message.
        let (message, signature) = token.rsplit_once('.').unwrap();
        let (header, _) = message.split_once('.').unwrap();
        let changed = format!(
            "{header}.{}.{signature}",
            encoded(claims(json!({})).to_string())
        );
        let found = tokens(algorithm).caller(&changed).await;
        assert_eq!(found, Err(TokenError::Signature), "{algorithm}");
    }
}

#[tokio::test]
async fn claims_are_checked() {
    let key = Key::es256();
    let issuer = Issuer::start(json!([key.jwk("k")])).await;
    let tokens = issuer.tokens();
    let claim = |name: &str| Err(TokenError::Claim(name.to_owned()));
    let valid = || Ok(Caller::named("the-app"));
    for (changes, expected) in [
        (json!({"exp": now() - 20}), valid()),
        (json!({"exp": now() - 40}), Err(TokenError::Expired)),
        (json!({"exp": null}), claim("exp")),
        (json!({"exp": "soon"}), claim("exp")),
        (json!({"exp": -1}), claim("exp")),
        (json!({"nbf": now() + 20}), valid()),
        (json!({"nbf": now() + 60}), Err(TokenError::NotYetValid)),
        (json!({"nbf": "never"}), claim("nbf")),
        (json!({"aud": "other"}), Err(TokenError::Audience)),
        (json!({"aud": []}), Err(TokenError::Audience)),
        (json!({"aud": null}), claim("aud")),
        (
            json!({"iss": "https://evil.example"}),
            Err(TokenError::UnknownIssuer),
        ),
        (json!({"iss": null}), claim("iss")),
        (json!({"iss": ["https://issuer.example"]}), claim("iss")),
    ] {
        let found = tokens
            .caller(&token("k", &claims(changes.clone()), &key))
            .await;
        assert_eq!(found, expected, "{changes}");
    }
}

#[tokio::test]
async fn a_token_does_not_choose_how_it_is_verified() {
    let key = Key::es256();
    let public = key.jwk("k");
    let issuer = Issuer::start(json!([public])).await;
    let tokens = issuer.tokens();
    let claims = claims(json!({}));
    let good = token("k", &claims, &key);
    let [header, body, signature] = good.split('.').collect::<Vec<_>>().try_into().unwrap();
    // HMAC with the public key, the classic.
    let secret = ring::hmac::Key::new(
        ring::hmac::HMAC_SHA256,
        public["x"].as_str().unwrap().as_bytes(),
    );
    let hs256 = format!("{}.{body}", encoded(r#"{"alg":"HS256","kid":"k"}"#));
    let hs256 = format!(
        "{hs256}.{}",
        encoded(ring::hmac::sign(&secret, hs256.as_bytes()))
    );
    let none = format!("{}.{body}.", encoded(r#"{"alg":"none","kid":"k"}"#));
    let jwk = token_with(
        &json!({"alg": "ES256", "jwk": public}),
        &claims,
        &Key::es256(),
    );
    let critical = token_with(
        &json!({"alg": "ES256", "kid": "k", "crit": ["exp"]}),
        &claims,
        &key,
    );
    let other_body = encoded(claims.to_string().replace("\"app\"", "\"root\""));
    let rs256 = token_with(&json!({"alg": "RS256", "kid": "k"}), &claims, &key);
    let es384 = token_with(&json!({"alg": "ES384", "kid": "k"}), &claims, &key);
    for (token, expected) in [
        (hs256, TokenError::Algorithm),
        (none, TokenError::Malformed),
        (jwk, TokenError::Signature),
        (critical, TokenError::Malformed),
        (
            format!("{header}.{other_body}.{signature}"),
            TokenError::Signature,
        ),
        (format!("{header}.{body}."), TokenError::Signature),
        (token("k", &claims, &Key::es256()), TokenError::Signature),
        (rs256, TokenError::UnknownKey),
        (es384, TokenError::Algorithm),
        (token("other", &claims, &key), TokenError::UnknownKey),
        (format!("{header}.{body}"), TokenError::Malformed),
        (format!("{good}.{body}"), TokenError::Malformed),
        (String::new(), TokenError::Malformed),
        ("a.b.c".to_owned(), TokenError::Malformed),
        ("x".repeat(LONGEST_TOKEN + 1), TokenError::TooLong),
    ] {
        assert_eq!(tokens.caller(&token).await, Err(expected), "{token}");
    }
    assert!(tokens.caller(&good).await.is_ok());
    // A token with an unknown key made it look once more at most.
    assert_eq!(issuer.requests(), 1);
}

#[tokio::test]
async fn every_byte_of_a_token_matters() {
    let key = Key::ed_dsa();
    let issuer = Issuer::start(json!([key.jwk("k")])).await;
    let tokens = issuer.tokens();
    let good = token("k", &claims(json!({})), &key);
    assert!(tokens.caller(&good).await.is_ok());
    for at in 0..good.len() {
        let mut changed = good.clone().into_bytes();
        changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(changed).unwrap();
        assert!(tokens.caller(&changed).await.is_err(), "{at}");
        assert!(tokens.caller(&good[..at]).await.is_err(), "{at}");
    }
}

#[tokio::test]
async fn requests_at_the_same_time_share_one_fetch() {
    let key = Key::es256();
    let issuer = Issuer::start(json!([key.jwk("k")])).await;
    issuer.answer.lock().unwrap().1 = Duration::from_millis(100);
    let tokens = Arc::new(issuer.tokens());
    let good = token("k", &claims(json!({})), &key);
    let callers = (0..50).map(|_| {
        let (tokens, good) = (tokens.clone(), good.clone());
        tokio::spawn(async move { tokens.caller(&good).await })
    });
    for caller in callers.collect::<Vec<_>>() {
        assert_eq!(caller.await.unwrap(), Ok(Caller::named("the-app")));
    }
    assert_eq!(issuer.requests(), 1);
    // Unknown keys do not flood the issuer.
    for number in 0..50 {
        let unknown = token(&number.to_string(), &claims(json!({})), &key);
        assert_eq!(tokens.caller(&unknown).await, Err(TokenError::UnknownKey));
    }
    assert_eq!(issuer.requests(), 1);
}

#[tokio::test]
async fn a_client_that_disconnects_does_not_abort_the_fetch() {
    let key = Key::es256();
    let issuer = Issuer::start(json!([key.jwk("k")])).await;
    issuer.answer.lock().unwrap().1 = Duration::from_millis(100);
    let tokens = issuer.tokens();
    let good = token("k", &claims(json!({})), &key);
    let given_up = tokio::time::timeout(Duration::from_millis(20), tokens.caller(&good)).await;
    assert!(given_up.is_err());
    assert!(tokens.caller(&good).await.is_ok());
    assert_eq!(issuer.requests(), 1);
}

#[tokio::test]
async fn an_issuer_that_misbehaves_has_no_keys() {
    let key = Key::es256();
    let good = token("k", &claims(json!({})), &key);
    let document = json!({"keys": [key.jwk("k")]}).to_string();
    let padded = |length: usize| format!("{document}{}", " ".repeat(length - document.len()));
    let elsewhere = Issuer::start(json!([key.jwk("k")])).await;
    let redirect = format!("Location: {}\r\n", elsewhere.url);
    for (status, headers, body, is_good) in [
        (200, "", padded(64 << 10), true),
        (200, "", padded((64 << 10) + 1), false),
        (302, &*redirect, String::new(), false),
        (500, "", document.clone(), false),
        (404, "", document.clone(), false),
        (200, "", "<html>".to_owned(), false),
        (200, "", String::new(), false),
    ] {
        let issuer = Issuer::start(json!([])).await;
        issuer.answer_with(status, headers, &body);
        let found = issuer.tokens().caller(&good).await;
        let expected = match is_good {
            true => Ok(Caller::named("the-app")),
            false => Err(TokenError::KeysUnavailable),
        };
        assert_eq!(found, expected, "{status} {}", body.len());
    }
    assert_eq!(elsewhere.requests(), 0);
    // Nothing listens there any more.
    let closed = TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap();
    let mut down = elsewhere;
    down.url = format!("http://{closed}/");
    assert_eq!(
        down.tokens().caller(&good).await,
        Err(TokenError::KeysUnavailable)
    );
}

#[tokio::test]
async fn keys_that_were_fetched_outlive_a_reload_of_the_same_issuer() {
    let key = Key::es256();
    let issuer = Issuer::start(json!([key.jwk("k")])).await;
    let good = token("k", &claims(json!({})), &key);
    let old = issuer.tokens();
    assert!(old.caller(&good).await.is_ok());
    let mut new = issuer.tokens();
    new.keep_keys_of(&old);
    assert!(new.caller(&good).await.is_ok());
    assert_eq!(issuer.requests(), 1);
    // With other settings its keys are fetched.
    let other = TokenIssuer::new(
        "https://issuer.example",
        &issuer.url,
        "gateway",
        [JwtAlgorithm::Es256],
    );
    let mut other = Tokens {
        issuers: vec![Named {
            name: "test".to_owned(),
            issuer: Arc::new(other.unwrap()),
            callers: Vec::new(),
        }],
    };
    other.keep_keys_of(&old);
    assert_eq!(other.caller(&good).await, Err(TokenError::NoCaller));
    assert_eq!(issuer.requests(), 2);
}
