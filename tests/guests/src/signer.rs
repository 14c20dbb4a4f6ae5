//! A guest that imports the component's interface `presign`. The test composes the two.

mod bindings {
    wit_bindgen::generate!({
        path: ["../../wit", "wit/signer"],
        world: "example:signer/guest",
        generate_all,
    });
}

use bindings::Guest;
use bindings::rds::bridge::presign::{ConnectRequest, Credentials, Lifetime, presign};

struct Signer;

bindings::export!(Signer with_types_in bindings);

impl Guest for Signer {
    fn sign(
        credentials: (String, String, Option<String>, Option<u64>),
        request: (String, u16, String, String),
        lifetime: (u64, u32),
    ) -> Result<String, String> {
        let (access_key_id, secret_access_key, session_token, expires_at) = credentials;
        let credentials = Credentials {
            access_key_id,
            secret_access_key,
            session_token,
            expires_at,
        };
        let (host, port, region, db_user) = request;
        let request = ConnectRequest {
            host,
            port,
            region,
            db_user,
        };
        let (signed_at, expires_in_seconds) = lifetime;
        let lifetime = Lifetime {
            signed_at,
            expires_in_seconds,
        };
        match presign(&credentials, &request, lifetime) {
            Ok(token) => Ok(token.text()),
            Err(error) => Err(format!("{error:?}")),
        }
    }
}
