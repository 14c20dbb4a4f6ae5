//! A JSON Web Key Set: the keys that tokens can be verified with.
//!
//! Source: RFC 7517.

use std::sync::Arc;

use jsonwebtoken::jwk::{
    AlgorithmParameters, CommonParameters, EllipticCurve, Jwk, KeyOperations, PublicKeyUse,
};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;
use serde_json::Value;

/// The keys of an issuer.
#[derive(Debug)]
pub(super) struct KeySet {
    keys: Vec<Key>,
}

#[derive(Debug)]
struct Key {
    id: Option<String>,
    algorithms: Vec<Algorithm>,
    key: Arc<DecodingKey>,
}

#[derive(Deserialize)]
struct Document {
    keys: Vec<Value>,
}

impl KeySet {
    /// Reads a document. Keys that cannot verify a token are skipped, since a set may contain keys for other purposes.
    /// `None` if it is no key set.
    pub(super) fn read(document: &[u8]) -> Option<Self> {
        let document: Document = serde_json::from_slice(document).ok()?;
        let keys = document.keys.into_iter().filter_map(Key::read);
        Some(Self {
            keys: keys.collect(),
        })
    }

    /// The key with this id. A token without an id is verified with the only key for its algorithm.
    pub(super) fn find(&self, id: Option<&str>, algorithm: Algorithm) -> Option<Arc<DecodingKey>> {
        let may_be = |key: &&Key| {
            let is_named = id.is_none() || key.id.as_deref() == id;
            is_named && key.algorithms.contains(&algorithm)
        };
        let mut found = self.keys.iter().filter(may_be);
        match (found.next(), found.next()) {
            (Some(key), None) => Some(Arc::clone(&key.key)),
            // Two keys with one id leave open which one is meant.
            _ => None,
        }
    }
}

impl Key {
    fn read(key: Value) -> Option<Self> {
        let jwk = Jwk::deserialize(key).ok()?;
        if !is_for_verifying(&jwk.common) {
            return None;
        }
        let of_type: &[Algorithm] = match &jwk.algorithm {
            AlgorithmParameters::RSA(_) => &[
                Algorithm::RS256,
                Algorithm::RS384,
                Algorithm::RS512,
                Algorithm::PS256,
                Algorithm::PS384,
                Algorithm::PS512,
            ],
            AlgorithmParameters::EllipticCurve(key) => match key.curve {
                EllipticCurve::P256 => &[Algorithm::ES256],
                EllipticCurve::P384 => &[Algorithm::ES384],
                _ => return None,
            },
            AlgorithmParameters::OctetKeyPair(key) if key.curve == EllipticCurve::Ed25519 => {
                &[Algorithm::EdDSA]
            }
            // A secret in a public document verifies nothing.
            _ => return None,
        };
        let algorithms = match jwk.common.key_algorithm {
            None => of_type.to_vec(),
            Some(own) => {
                let own = Algorithm::try_from(own).ok()?;
                of_type.iter().copied().filter(|it| *it == own).collect()
            }
        };
        Some(Self {
            key: Arc::new(DecodingKey::from_jwk(&jwk).ok()?),
            id: jwk.common.key_id,
            algorithms,
        })
    }
}

fn is_for_verifying(common: &CommonParameters) -> bool {
    let is_for_signatures = match &common.public_key_use {
        None => true,
        Some(purpose) => *purpose == PublicKeyUse::Signature,
    };
    let verifies = match &common.key_operations {
        None => true,
        Some(operations) => operations.contains(&KeyOperations::Verify),
    };
    is_for_signatures && verifies
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(keys: Value) -> KeySet {
        KeySet::read(json!({ "keys": keys }).to_string().as_bytes()).unwrap()
    }

    fn rsa(more: Value) -> Value {
        let mut key = json!({"kty": "RSA", "n": "AQAB", "e": "AQAB"});
        let more = more.as_object().unwrap().clone();
        key.as_object_mut().unwrap().extend(more);
        key
    }

    #[test]
    fn a_key_has_the_algorithms_of_its_type() {
        let p256 = json!({"kty": "EC", "crv": "P-256", "x": "AQAB", "y": "AQAB", "kid": "e"});
        let ed = json!({"kty": "OKP", "crv": "Ed25519", "x": "AQAB", "kid": "d"});
        let keys = read(json!([rsa(json!({"kid": "r"})), p256, ed]));
        for (id, own) in [
            ("r", &[Algorithm::RS256, Algorithm::PS512][..]),
            ("e", &[Algorithm::ES256]),
            ("d", &[Algorithm::EdDSA]),
        ] {
            let all = [
                Algorithm::RS256,
                Algorithm::PS512,
                Algorithm::ES256,
                Algorithm::ES384,
                Algorithm::EdDSA,
            ];
            for algorithm in all.into_iter().chain([Algorithm::HS256]) {
                let found = keys.find(Some(id), algorithm).is_some();
                assert_eq!(found, own.contains(&algorithm), "{id} {algorithm:?}");
            }
        }
        // Without an id, only one key can be meant.
        assert!(keys.find(None, Algorithm::ES256).is_some());
        assert!(keys.find(Some("x"), Algorithm::ES256).is_none());
        let two = read(json!([rsa(json!({})), rsa(json!({}))]));
        assert!(two.find(None, Algorithm::RS256).is_none());
    }

    #[test]
    fn a_key_for_another_purpose_is_skipped() {
        let secret = json!({"kty": "oct", "k": "c2VjcmV0", "alg": "HS256", "kid": "k"});
        for key in [
            rsa(json!({"kid": "k", "use": "enc"})),
            rsa(json!({"kid": "k", "key_ops": ["sign"]})),
            rsa(json!({"kid": "k", "alg": "RSA-OAEP"})),
            rsa(json!({"kid": "k", "alg": "HS256"})),
            rsa(json!({"kid": "k", "alg": 7})),
            rsa(json!({"kid": "k", "n": "*"})),
            json!({"kty": "EC", "crv": "P-521", "x": "AQAB", "y": "AQAB", "kid": "k"}),
            json!({"kty": "XYZ", "kid": "k"}),
            json!({"kid": "k"}),
            json!("k"),
            secret,
        ] {
            let good =
                rsa(json!({"kid": "good", "use": "sig", "key_ops": ["verify"], "alg": "RS256"}));
            let keys = read(json!([key, good]));
            for algorithm in [Algorithm::RS256, Algorithm::ES256, Algorithm::HS256] {
                assert!(keys.find(Some("k"), algorithm).is_none(), "{key}");
            }
            assert!(keys.find(Some("good"), Algorithm::RS256).is_some());
            assert!(keys.find(Some("good"), Algorithm::RS384).is_none());
        }
    }

    #[test]
    fn what_is_no_key_set_has_no_keys() {
        for document in [
            "",
            "[]",
            "{}",
            "{\"keys\": 7}",
            "null",
            "<html>",
            "{\"keys\": [}",
        ] {
            assert!(KeySet::read(document.as_bytes()).is_none(), "{document}");
        }
    }
}
