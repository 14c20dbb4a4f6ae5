//! The algorithms that tokens may be signed with.

use std::str::FromStr;

use jsonwebtoken::Algorithm;
use thiserror::Error;

/// An algorithm that a token may be signed with.
///
/// All have a public key. `none` is not among them, nor are those of HMAC, whose key an issuer would have to share.
///
/// Source: RFC 7518, section 3.1; RFC 8037.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TokenAlgorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    Rs384,
    /// RSASSA-PKCS1-v1_5 with SHA-512.
    Rs512,
    /// RSASSA-PSS with SHA-256.
    Ps256,
    /// RSASSA-PSS with SHA-384.
    Ps384,
    /// RSASSA-PSS with SHA-512.
    Ps512,
    /// ECDSA with P-256 and SHA-256.
    Es256,
    /// ECDSA with P-384 and SHA-384.
    Es384,
    /// Ed25519.
    EdDsa,
}

/// A text names no algorithm that tokens may be signed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("unknown algorithm: use RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384 or EdDSA")]
pub struct UnknownAlgorithm;

impl FromStr for TokenAlgorithm {
    type Err = UnknownAlgorithm;

    fn from_str(name: &str) -> Result<Self, UnknownAlgorithm> {
        match name {
            "RS256" => Ok(Self::Rs256),
            "RS384" => Ok(Self::Rs384),
            "RS512" => Ok(Self::Rs512),
            "PS256" => Ok(Self::Ps256),
            "PS384" => Ok(Self::Ps384),
            "PS512" => Ok(Self::Ps512),
            "ES256" => Ok(Self::Es256),
            "ES384" => Ok(Self::Es384),
            "EdDSA" => Ok(Self::EdDsa),
            _ => Err(UnknownAlgorithm),
        }
    }
}

impl From<TokenAlgorithm> for Algorithm {
    fn from(algorithm: TokenAlgorithm) -> Self {
        match algorithm {
            TokenAlgorithm::Rs256 => Self::RS256,
            TokenAlgorithm::Rs384 => Self::RS384,
            TokenAlgorithm::Rs512 => Self::RS512,
            TokenAlgorithm::Ps256 => Self::PS256,
            TokenAlgorithm::Ps384 => Self::PS384,
            TokenAlgorithm::Ps512 => Self::PS512,
            TokenAlgorithm::Es256 => Self::ES256,
            TokenAlgorithm::Es384 => Self::ES384,
            TokenAlgorithm::EdDsa => Self::EdDSA,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_specification() {
        for name in [
            "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA",
        ] {
            let algorithm: TokenAlgorithm = name.parse().unwrap();
            assert_eq!(format!("{:?}", Algorithm::from(algorithm)), name);
        }
        for name in [
            "none", "None", "HS256", "HS384", "HS512", "rs256", "ES512", "ES256K", "",
        ] {
            assert_eq!(
                name.parse::<TokenAlgorithm>(),
                Err(UnknownAlgorithm),
                "{name}"
            );
        }
    }
}
