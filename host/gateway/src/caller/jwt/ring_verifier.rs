//! Signatures of tokens, verified by ring, which is the tree's only crypto provider.
//!
//! `jsonwebtoken` brings two backends: aws-lc-rs, which would be a second provider, and the crates of RustCrypto, whose
//! `rsa` is not constant-time. It accepts another one, which it calls a provider.

use jsonwebtoken::crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::{ErrorKind, Result, new_error};
use jsonwebtoken::signature::{Error, Verifier};
use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey, DecodingKeyKind, EncodingKey};
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256,
    RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512, RSA_PSS_2048_8192_SHA256,
    RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512, RsaParameters, RsaPublicKeyComponents,
    UnparsedPublicKey, VerificationAlgorithm,
};

static PROVIDER: CryptoProvider = CryptoProvider {
    signer_factory: no_signer,
    verifier_factory: verifier,
    key_utils: KeyUtils::new_unimplemented(),
};

/// Makes ring the provider. If the program has installed another one, that verifies.
pub(super) fn install() {
    let _installed = PROVIDER.install_default();
}

/// The gateway signs nothing.
fn no_signer(_: &Algorithm, _: &EncodingKey) -> Result<Box<dyn JwtSigner>> {
    Err(new_error(ErrorKind::UnsupportedAlgorithm))
}

fn verifier(algorithm: &Algorithm, key: &DecodingKey) -> Result<Box<dyn JwtVerifier>> {
    let how = How::of(*algorithm)?;
    if key.family() != how.family() {
        return Err(new_error(ErrorKind::InvalidKeyFormat));
    }
    Ok(Box::new(RingVerifier {
        algorithm: *algorithm,
        how,
        key: key.clone(),
    }))
}

struct RingVerifier {
    algorithm: Algorithm,
    how: How,
    key: DecodingKey,
}

enum How {
    Rsa(&'static RsaParameters),
    Ec(&'static dyn VerificationAlgorithm),
    Ed(&'static dyn VerificationAlgorithm),
}

impl How {
    fn of(algorithm: Algorithm) -> Result<Self> {
        match algorithm {
            Algorithm::RS256 => Ok(Self::Rsa(&RSA_PKCS1_2048_8192_SHA256)),
            Algorithm::RS384 => Ok(Self::Rsa(&RSA_PKCS1_2048_8192_SHA384)),
            Algorithm::RS512 => Ok(Self::Rsa(&RSA_PKCS1_2048_8192_SHA512)),
            Algorithm::PS256 => Ok(Self::Rsa(&RSA_PSS_2048_8192_SHA256)),
            Algorithm::PS384 => Ok(Self::Rsa(&RSA_PSS_2048_8192_SHA384)),
            Algorithm::PS512 => Ok(Self::Rsa(&RSA_PSS_2048_8192_SHA512)),
            Algorithm::ES256 => Ok(Self::Ec(&ECDSA_P256_SHA256_FIXED)),
            Algorithm::ES384 => Ok(Self::Ec(&ECDSA_P384_SHA384_FIXED)),
            Algorithm::EdDSA => Ok(Self::Ed(&ED25519)),
            _ => Err(new_error(ErrorKind::UnsupportedAlgorithm)),
        }
    }

    fn family(&self) -> AlgorithmFamily {
        match self {
            Self::Rsa(_) => AlgorithmFamily::Rsa,
            Self::Ec(_) => AlgorithmFamily::Ec,
            Self::Ed(_) => AlgorithmFamily::Ed,
        }
    }
}

impl Verifier<Vec<u8>> for RingVerifier {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> std::result::Result<(), Error> {
        let verified = match (&self.how, self.key.kind()) {
            (How::Rsa(parameters), DecodingKeyKind::RsaModulusExponent { n, e }) => {
                RsaPublicKeyComponents {
                    n: without_zeros(n),
                    e,
                }
                .verify(parameters, message, signature)
            }
            (How::Ec(algorithm) | How::Ed(algorithm), DecodingKeyKind::SecretOrDer(key)) => {
                UnparsedPublicKey::new(*algorithm, key).verify(message, signature)
            }
            _ => return Err(Error::new()),
        };
        verified.map_err(|_| Error::new())
    }
}

impl JwtVerifier for RingVerifier {
    fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
}

/// Some issuers write the modulus as a signed number, with a zero in front, which ring refuses.
fn without_zeros(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    number.get(zeros..).unwrap_or_default()
}
