//! Signatures of tokens, verified by ring, which is the tree's only crypto provider.
//!
//! `jsonwebtoken` verifies with a provider of the whole process, which would be a decision for the program that uses this
//! library. It parses keys and headers here, and verifies nothing.

use jsonwebtoken::{Algorithm, DecodingKey, DecodingKeyKind};
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256,
    RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512, RSA_PSS_2048_8192_SHA256,
    RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512, RsaParameters, RsaPublicKeyComponents,
    UnparsedPublicKey, VerificationAlgorithm,
};

/// How an algorithm verifies.
enum How {
    Rsa(&'static RsaParameters),
    Point(&'static dyn VerificationAlgorithm),
}

impl How {
    fn of(algorithm: Algorithm) -> Option<Self> {
        match algorithm {
            Algorithm::RS256 => Some(Self::Rsa(&RSA_PKCS1_2048_8192_SHA256)),
            Algorithm::RS384 => Some(Self::Rsa(&RSA_PKCS1_2048_8192_SHA384)),
            Algorithm::RS512 => Some(Self::Rsa(&RSA_PKCS1_2048_8192_SHA512)),
            Algorithm::PS256 => Some(Self::Rsa(&RSA_PSS_2048_8192_SHA256)),
            Algorithm::PS384 => Some(Self::Rsa(&RSA_PSS_2048_8192_SHA384)),
            Algorithm::PS512 => Some(Self::Rsa(&RSA_PSS_2048_8192_SHA512)),
            Algorithm::ES256 => Some(Self::Point(&ECDSA_P256_SHA256_FIXED)),
            Algorithm::ES384 => Some(Self::Point(&ECDSA_P384_SHA384_FIXED)),
            Algorithm::EdDSA => Some(Self::Point(&ED25519)),
            _ => None,
        }
    }
}

/// Whether a key has signed a message with an algorithm.
pub(super) fn is_valid(
    algorithm: Algorithm,
    key: &DecodingKey,
    message: &[u8],
    signature: &[u8],
) -> bool {
    if key.family() != algorithm.family() {
        return false;
    }
    let verified = match (How::of(algorithm), key.kind()) {
        (Some(How::Rsa(parameters)), DecodingKeyKind::RsaModulusExponent { n, e }) => {
            let n = without_zeros(n);
            RsaPublicKeyComponents { n, e }.verify(parameters, message, signature)
        }
        (Some(How::Point(algorithm)), DecodingKeyKind::SecretOrDer(key)) => {
            UnparsedPublicKey::new(algorithm, key).verify(message, signature)
        }
        _ => return false,
    };
    verified.is_ok()
}

/// Some issuers write the modulus as a signed number, with a zero in front, which ring refuses.
fn without_zeros(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    number.get(zeros..).unwrap_or_default()
}
