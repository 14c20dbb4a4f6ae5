//! Arbitrary text as a token.

use rds_bridge_component::presign::{self, ConnectRequest, Credentials, Lifetime};

/// When [`verify`] signs its own token, in Unix seconds.
const SIGNED_AT: u64 = 1_724_709_600;

/// Inspects arbitrary text as a token.
///
/// # Panics
///
/// If a guarantee of `inspect` does not hold.
pub fn inspect(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    if let Ok(claims) = presign::inspect(text) {
        let said = format!("{claims:?}");
        let signature = text.split("X-Amz-Signature=").nth(1).unwrap_or_default();
        // The digits of the signature may also be a part of a name, which is not secret.
        let names = [
            &claims.host,
            &claims.db_user,
            &claims.access_key_id,
            &claims.region,
        ];
        if let Some(signature) = signature.get(..64)
            && !names
                .iter()
                .any(|name| name.contains(&signature.to_ascii_lowercase()))
            && !names.iter().any(|name| name.contains(signature))
        {
            assert!(!said.contains(signature), "{said}");
        }
        assert_eq!(claims.host, claims.host.to_ascii_lowercase());
        assert_ne!(claims.port, 0);
    }
}

/// Verifies arbitrary text, and a valid token with up to two changed bytes.
///
/// # Panics
///
/// If a guarantee of `verify` does not hold.
pub fn verify(data: &[u8]) {
    let credentials = Credentials::new(
        "AKIDEXAMPLE".to_owned(),
        "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".to_owned(),
        Some("FwoGZX/+ab==".to_owned()),
        None,
    )
    .expect("valid credentials");
    let region = "us-east-1".to_owned();
    let request = ConnectRequest::new("db.example.com", 3306, region, "lambda user".to_owned())
        .expect("a valid request");
    let check = |text: &str| presign::verify(text, &credentials, &request, SIGNED_AT);

    if let Ok(text) = std::str::from_utf8(data) {
        assert!(check(text).is_err(), "nobody signed this: {text}");
    }

    let lifetime = Lifetime::new(SIGNED_AT, 900).expect("a valid lifetime");
    let token = presign::presign(&credentials, &request, lifetime).expect("a token");
    let good = token.text.expose();
    let claims = check(good).expect("our own token");

    let mut changed = good.as_bytes().to_vec();
    for change in data.chunks_exact(3).take(2) {
        let &[low, high, byte] = change else { continue };
        let at = usize::from(u16::from_le_bytes([low, high]))
            .checked_rem(good.len())
            .unwrap_or(0);
        if let Some(place) = changed.get_mut(at) {
            *place = byte;
        }
    }
    // Some changes have no effect: the case of the host's letters, or of hexadecimal digits.
    if let Ok(text) = std::str::from_utf8(&changed)
        && let Ok(other) = check(text)
    {
        assert_eq!(other, claims, "{text}");
    }
}
