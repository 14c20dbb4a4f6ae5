//! Every token vector, step by step, natively and in the sandbox.

use rds_bridge::component::Engine;
use rds_bridge_component::presign::{inspect, presign, steps, verify};
use secrecy::ExposeSecret;

use crate::helpers::vectors::{self, Arguments};

#[test]
fn natively() {
    for vector in vectors::read("presign/vectors.json", "vectors") {
        let name = &vector["name"];
        let arguments = Arguments::of(&vector);
        let Arguments {
            credentials,
            request,
            lifetime,
            ..
        } = &arguments;

        let steps = steps(credentials, request, *lifetime).unwrap();
        // In the order of the steps, so that a failure names the first wrong one.
        let expected = &vector["steps"];
        assert_eq!(
            steps.canonical_request.expose(),
            expected["canonical-request"],
            "{name}"
        );
        assert_eq!(
            steps.hashed_canonical_request, expected["hashed-canonical-request"],
            "{name}"
        );
        assert_eq!(
            steps.credential_scope, expected["credential-scope"],
            "{name}"
        );
        assert_eq!(steps.string_to_sign, expected["string-to-sign"], "{name}");
        assert_eq!(steps.signature.expose(), expected["signature"], "{name}");

        let token = presign(credentials, request, *lifetime).unwrap();
        assert_eq!(token.text.expose(), vector["token"], "{name}");
        assert_eq!(token.valid_until, vector["valid-until"], "{name}");

        let claims = inspect(token.text.expose()).unwrap();
        let verified = verify(
            token.text.expose(),
            credentials,
            request,
            arguments.signed_at(),
        );
        assert_eq!(verified, Ok(claims), "{name}");
    }
}

#[test]
fn in_the_sandbox() {
    let engine = Engine::new().unwrap();
    for vector in vectors::read("presign/vectors.json", "vectors") {
        let name = &vector["name"];
        let arguments = Arguments::of(&vector);
        let credentials = &arguments.host_credentials;
        let mut instance = engine.instantiate().unwrap();

        let token = instance
            .presign(
                credentials,
                arguments.host_request(),
                arguments.host_lifetime(),
            )
            .unwrap();
        assert_eq!(
            token.text.expose_secret(),
            vector["token"].as_str().unwrap(),
            "{name}"
        );
        assert_eq!(token.valid_until, vector["valid-until"], "{name}");

        // In the same instance again: a call must not influence the next.
        let steps = instance
            .steps(
                credentials,
                arguments.host_request(),
                arguments.host_lifetime(),
            )
            .unwrap();
        assert_eq!(
            steps.signature.expose_secret(),
            vector["steps"]["signature"].as_str().unwrap(),
            "{name}"
        );
        let text = token.text.expose_secret();
        let claims = instance.inspect(text).unwrap();
        assert_eq!(claims.db_user, vector["request"]["db-user"], "{name}");
        instance
            .verify(
                text,
                credentials,
                arguments.host_request(),
                arguments.signed_at(),
            )
            .unwrap();
    }
}
