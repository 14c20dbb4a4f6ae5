//! The algorithms that tokens may be signed with, as `jsonwebtoken` names them.
//!
//! All have a public key. `none` is not among them, nor are those of HMAC, whose key an issuer would have to share.

use jsonwebtoken::Algorithm;
use rds_bridge_access::JwtAlgorithm;

/// An algorithm of the configuration. `None` for one that the gateway does not know.
pub(super) fn algorithm(algorithm: JwtAlgorithm) -> Option<Algorithm> {
    algorithm.name().parse().ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_are_those_of_the_specification() {
        for name in [
            "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA",
        ] {
            let known: JwtAlgorithm = serde_json::from_value(json!(name)).unwrap();
            assert_eq!(format!("{:?}", algorithm(known).unwrap()), name);
        }
        for name in [
            "none", "None", "HS256", "HS384", "HS512", "rs256", "ES512", "ES256K", "",
        ] {
            assert!(
                serde_json::from_value::<JwtAlgorithm>(json!(name)).is_err(),
                "{name}"
            );
        }
    }
}
