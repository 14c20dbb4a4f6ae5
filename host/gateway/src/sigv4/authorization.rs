//! The `Authorization` header: `AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…`.

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;

use super::SignatureError;
use super::credential_scope::CredentialScope;
use super::signed_headers::SignedHeaders;

/// The only algorithm of Signature Version 4 with a shared secret.
pub(super) const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// What the header says. It is not secret, and not yet verified.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Authorization {
    pub(super) access_key_id: String,
    pub(super) scope: CredentialScope,
    pub(super) signed_headers: SignedHeaders,
    pub(super) signature: [u8; 32],
}

impl Authorization {
    pub(super) fn read(headers: &HeaderMap) -> Result<Self, SignatureError> {
        let mut values = headers.get_all(AUTHORIZATION).iter();
        let value = values.next().ok_or(SignatureError::Missing)?;
        if values.next().is_some() {
            return Err(SignatureError::OtherAlgorithm);
        }
        let text = value.to_str().map_err(|_| SignatureError::OtherAlgorithm)?;
        Self::parse(text)
    }

    pub(super) fn parse(text: &str) -> Result<Self, SignatureError> {
        let (algorithm, parts) = text.trim().split_once(' ').unwrap_or((text, ""));
        if algorithm != ALGORITHM {
            return Err(SignatureError::OtherAlgorithm);
        }
        let (mut credential, mut signed_headers, mut signature) = (None, None, None);
        for part in parts.split(',') {
            let (name, value) = part
                .trim()
                .split_once('=')
                .ok_or(SignatureError::Malformed("list of parts"))?;
            let (slot, name) = match name {
                "Credential" => (&mut credential, "Credential"),
                "SignedHeaders" => (&mut signed_headers, "SignedHeaders"),
                "Signature" => (&mut signature, "Signature"),
                _ => return Err(SignatureError::Malformed("list of parts")),
            };
            if slot.replace(value).is_some() {
                return Err(SignatureError::Malformed(name));
            }
        }
        let (access_key_id, scope) = credential
            .and_then(|text| text.split_once('/'))
            .filter(|(access_key_id, _)| !access_key_id.is_empty())
            .ok_or(SignatureError::Malformed("Credential"))?;
        Ok(Self {
            access_key_id: access_key_id.to_owned(),
            scope: CredentialScope::parse(scope).ok_or(SignatureError::Malformed("Credential"))?,
            signed_headers: signed_headers
                .and_then(SignedHeaders::parse)
                .ok_or(SignatureError::Malformed("SignedHeaders"))?,
            signature: signature
                .and_then(read_signature)
                .ok_or(SignatureError::Malformed("Signature"))?,
        })
    }
}

/// 64 hexadecimal digits in lower case.
fn read_signature(text: &str) -> Option<[u8; 32]> {
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return None;
    }
    let mut signature = [0; 32];
    hex::decode_to_slice(text, &mut signature).ok()?;
    Some(signature)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIGNATURE: &str = "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31";

    fn error(text: &str) -> SignatureError {
        Authorization::parse(text).unwrap_err()
    }

    #[test]
    fn reads_the_parts_with_and_without_spaces() {
        for comma in [", ", ",", " , "] {
            let text = [
                "AWS4-HMAC-SHA256 Credential=AKID/20150830/us-east-1/rds-data/aws4_request",
                "SignedHeaders=host;x-amz-date",
                &format!("Signature={SIGNATURE}"),
            ]
            .join(comma);
            let read = Authorization::parse(&text).unwrap();
            assert_eq!(read.access_key_id, "AKID");
            assert_eq!(
                read.scope.to_string(),
                "20150830/us-east-1/rds-data/aws4_request"
            );
            assert_eq!(read.signed_headers.as_str(), "host;x-amz-date");
            assert_eq!(hex::encode(read.signature), SIGNATURE);
        }
    }

    #[test]
    fn names_the_part_that_is_malformed() {
        let credential = "Credential=AKID/20150830/us-east-1/rds-data/aws4_request";
        let headers = "SignedHeaders=host";
        let signature = format!("Signature={SIGNATURE}");
        let of = |parts: &[&str]| error(&format!("{ALGORITHM} {}", parts.join(", ")));
        for other in ["", "Basic abc", "AWS4-HMAC-SHA512 a", "aws4-hmac-sha256 a"] {
            assert_eq!(error(other), SignatureError::OtherAlgorithm, "{other}");
        }
        assert_eq!(error(ALGORITHM), SignatureError::Malformed("list of parts"));
        let missing = of(&[headers, &signature]);
        assert_eq!(missing, SignatureError::Malformed("Credential"));
        let twice = of(&[credential, credential, headers, &signature]);
        assert_eq!(twice, SignatureError::Malformed("Credential"));
        let unknown = of(&[credential, headers, &signature, "More=1"]);
        assert_eq!(unknown, SignatureError::Malformed("list of parts"));
        for wrong in [
            "Credential=/20150830/us-east-1/rds-data/aws4_request",
            "Credential=AKID",
            "Credential=AKID/2015083/us-east-1/rds-data/aws4_request",
            "Credential=AKID/20150830//rds-data/aws4_request",
            "Credential=AKID/20150830/us-east-1/rds-data/aws4",
            "Credential=AKID/20150830/us-east-1/rds-data/aws4_request/more",
        ] {
            let error = of(&[wrong, headers, &signature]);
            assert_eq!(error, SignatureError::Malformed("Credential"), "{wrong}");
        }
        for wrong in [
            "SignedHeaders=",
            "SignedHeaders=x;host",
            "SignedHeaders=host;host",
            "SignedHeaders=Host",
            "SignedHeaders=host;",
            "SignedHeaders=a b",
        ] {
            let error = of(&[credential, wrong, &signature]);
            assert_eq!(error, SignatureError::Malformed("SignedHeaders"), "{wrong}");
        }
        for wrong in ["", "0", &SIGNATURE[1..], &SIGNATURE.to_uppercase()] {
            let error = of(&[credential, headers, &format!("Signature={wrong}")]);
            assert_eq!(error, SignatureError::Malformed("Signature"), "{wrong}");
        }
    }
}
