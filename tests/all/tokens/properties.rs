//! Arbitrary text as a token, and tokens that are read after they are signed.

use proptest::collection::vec;
use proptest::prelude::*;
use rds_bridge_component::presign::{self, ConnectRequest, Credentials, Lifetime};
use rds_bridge_exercise::{inspect, verify};

use crate::helpers::vectors;

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..Default::default() })]

    #[test]
    fn any_bytes(data in vec(any::<u8>(), 0..200)) {
        inspect(&data);
        verify(&data);
    }

    #[test]
    fn any_query(query in "([A-Za-z-]{1,20}=[%0-9A-Fa-f+&]{0,20}&?){0,12}") {
        let token = format!("db.example.com:3306/?{query}");
        inspect(token.as_bytes());
        verify(token.as_bytes());
    }

    /// For any arguments the token contains these arguments, or there is an error.
    #[test]
    fn what_is_signed_is_read(
        host in "[A-Za-z0-9._-]{0,40}",
        port in any::<u16>(),
        region in "[a-z0-9-]{0,20}",
        user in any::<String>(),
        id in "[!-~]{0,20}",
        session_token in prop::option::of("[!-~]{0,80}"),
        signed_at in any::<u64>(),
        expires_in in 0_u32..1000,
    ) {
        let credentials = Credentials::new(id.clone(), "key".into(), session_token.clone(), None);
        let request = ConnectRequest::new(&host, port, region.clone(), user.clone());
        let lifetime = Lifetime::new(signed_at, expires_in);
        if let (Ok(credentials), Ok(request), Ok(lifetime)) = (credentials, request, lifetime) {
            let token = presign::presign(&credentials, &request, lifetime).unwrap();
            let claims = presign::inspect(token.text.expose()).unwrap();
            prop_assert_eq!(&claims.host, &host.to_ascii_lowercase());
            prop_assert_eq!(claims.port, port);
            prop_assert_eq!(&claims.region, &region);
            prop_assert_eq!(&claims.db_user, &user);
            prop_assert_eq!(&claims.access_key_id, &id);
            prop_assert_eq!(claims.signed_at, signed_at);
            prop_assert_eq!(claims.expires_in_seconds, expires_in);
            prop_assert_eq!(claims.has_session_token, session_token.is_some());
            let verified = presign::verify(token.text.expose(), &credentials, &request, signed_at);
            prop_assert_eq!(verified, Ok(claims));
        }
    }
}

#[test]
fn every_prefix_of_a_token_is_none() {
    for vector in vectors::read("presign/vectors.json", "vectors") {
        let token = vector["token"].as_str().unwrap();
        for end in 0..token.len() {
            if let Some(prefix) = token.get(..end) {
                assert!(presign::inspect(prefix).is_err(), "{prefix}");
            }
        }
        inspect(token.as_bytes());
        verify(token.as_bytes());
    }
}
