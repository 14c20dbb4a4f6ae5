//! The limits of the sandbox: the largest arguments fit, larger ones are refused before they are copied, and instances
//! are created and dropped.

use rds_bridge::aws::Credentials;
use rds_bridge::component::{
    ARGUMENTS_LIMIT_BYTES, Auth, CONCURRENT_INSTANCES, CallError, ClientHandshake, Config,
    ConnectRequest, Engine, Fault, Field, HandshakeError, InvalidConfig, Lifetime, PresignError,
    RECEIVE_LIMIT_BYTES, Step,
};
use secrecy::ExposeSecret;

const LIFETIME: Lifetime = Lifetime {
    signed_at: 1_724_709_600,
    expires_in_seconds: 900,
};

fn request<'a>(db_user: &'a str, host: &'a str) -> ConnectRequest<'a> {
    ConnectRequest {
        host,
        port: 3306,
        region: "us-east-1",
        db_user,
    }
}

const CONFIG: Config<'_> = Config::new("u");

/// The greeting of MySQL 8.
const GREETING: &[u8] =
    b"\x4a\0\0\0\n8.0.18\0\x19\0\0\0\x114aB0c\x06g\0\xff\xff\xff\x02\0\xff\xc7\x15\
    \0\0\0\0\0\0\0\0\0\0tL\x03s\x0f[4\rl4. \0caching_sha2_password\0";

/// The first engine of a process uses the embedded machine code in place, and others use a copy.
#[test]
fn engines_side_by_side_give_the_same_bytes() {
    let credentials = Credentials::new("akid", "secret");
    let tokens: Vec<String> = (0..3)
        .map(|_| Engine::new().unwrap())
        .collect::<Vec<_>>()
        .iter()
        .map(|engine| {
            let mut instance = engine.instantiate().unwrap();
            let token = instance.presign(&credentials, request("u", "db.example.com"), LIFETIME);
            token.unwrap().text.expose_secret().to_owned()
        })
        .collect();
    assert!(tokens.windows(2).all(|pair| pair[0] == pair[1]));
}

/// Everything fits in the 4 MiB of memory that an instance may have.
#[test]
fn the_largest_of_everything_fits_its_memory() {
    let engine = Engine::new().unwrap();
    let mut instance = engine.instantiate().unwrap();
    // Percent-encoding triples the size of every byte.
    let credentials = Credentials::new(&"+".repeat(128), &"s".repeat(256))
        .with_session_token(&"/".repeat(65_536));
    let user = "漢".repeat(128);
    for _ in 0..3 {
        let token = instance
            .presign(&credentials, request(&user, "db.example.com"), LIFETIME)
            .unwrap();
        let text = token.text.expose_secret();
        assert!(text.len() > 3 * 65_536);
        instance
            .verify(
                text,
                &credentials,
                request(&user, "db.example.com"),
                LIFETIME.signed_at,
            )
            .unwrap();
    }

    let auth = Auth::IamTokenText("t".repeat(262_144).into());
    let attribute = rds_bridge::component::ConnectionAttribute {
        name: "name",
        value: &"v".repeat(65_000),
    };
    let config = Config {
        connection_attributes: &[attribute],
        ..Config::new(&user)
    };
    let mut handshake = ClientHandshake::start(&engine, &config).unwrap();
    assert!(matches!(handshake.receive(&[]), Ok(Step::Read)));
    // Continues until the client sends the token, with as many bytes after each packet as one call may pass.
    assert!(matches!(handshake.receive(GREETING), Ok(Step::StartTls(_))));
    // Signs a token in the same instance.
    let request = request(&user, "db.example.com");
    let signed = handshake
        .instance()
        .presign(&credentials, request, LIFETIME);
    assert!(signed.is_ok());
    let step = handshake.tls_established(auth);
    assert!(matches!(step, Ok(Step::Write(_))));
    let mut flood = b"\x16\0\0\x03\xFEmysql_clear_password\0".to_vec();
    flood.resize(RECEIVE_LIMIT_BYTES, b'!');
    assert!(
        matches!(handshake.receive(&flood), Ok(Step::Write(token)) if token.expose_secret().len() > 262_144)
    );
    assert!(matches!(
        handshake.receive(&flood),
        Err(CallError::Refused(HandshakeError::PacketTooLarge(_)))
    ));
    assert!(matches!(
        handshake.receive(&[b'!'; RECEIVE_LIMIT_BYTES + 1]),
        Err(CallError::Fault(Fault::ArgumentsTooLarge { .. }))
    ));
}

#[test]
fn larger_arguments_are_refused_before_they_are_copied() {
    let mut instance = Engine::new().unwrap().instantiate().unwrap();
    let credentials = Credentials::new("id", "key");
    let user = "u".repeat(ARGUMENTS_LIMIT_BYTES);
    let refused = instance.presign(&credentials, request(&user, "db.example.com"), LIFETIME);
    assert!(matches!(
        refused,
        Err(CallError::Fault(Fault::ArgumentsTooLarge { bytes, .. })) if bytes > ARGUMENTS_LIMIT_BYTES
    ));
    // The call did not reach the instance, which still works.
    instance
        .presign(&credentials, request("u", "db.example.com"), LIFETIME)
        .unwrap();
}

#[test]
fn the_components_own_errors_come_as_values() {
    let engine = Engine::new().unwrap();
    let mut instance = engine.instantiate().unwrap();
    let credentials = Credentials::new("id", "key");
    let refused = instance.presign(&credentials, request("", "db.example.com"), LIFETIME);
    assert!(matches!(
        refused,
        Err(CallError::Refused(PresignError::Empty(Field::DbUser)))
    ));

    let auth = Auth::Password("a\0b".to_owned().into());
    let mut handshake = ClientHandshake::start(&engine, &CONFIG).unwrap();
    assert!(matches!(handshake.receive(GREETING), Ok(Step::StartTls(_))));
    assert!(matches!(
        handshake.tls_established(auth),
        Err(CallError::Refused(HandshakeError::InvalidConfig(
            InvalidConfig::ContainsNul(_)
        )))
    ));
}

#[test]
fn instances_come_and_go_and_are_counted() {
    let engine = Engine::new().unwrap();
    let mut instances: Vec<_> = (0..CONCURRENT_INSTANCES)
        .map(|_| engine.instantiate().unwrap())
        .collect();
    assert!(matches!(engine.instantiate(), Err(Fault::Instantiate(_))));
    instances.pop();
    engine.instantiate().unwrap();
}

#[test]
fn debug_prints_no_secret() {
    let engine = Engine::new().unwrap();
    let mut instance = engine.instantiate().unwrap();
    let credentials = Credentials::new("AKIDEXAMPLE", "hunter2").with_session_token("sessiontoken");
    let token = instance
        .presign(&credentials, request("u", "db.example.com"), LIFETIME)
        .unwrap();
    let steps = instance
        .steps(&credentials, request("u", "db.example.com"), LIFETIME)
        .unwrap();
    let auth = Auth::IamTokenText(token.text.clone());
    let sandboxed =
        instance.presign_in_sandbox(&credentials, request("u", "db.example.com"), LIFETIME);
    let sandboxed = Auth::IamToken(sandboxed.unwrap());
    let handshake = ClientHandshake::start(&engine, &CONFIG).unwrap();

    let printed = format!(
        "{credentials:?} {token:?} {steps:?} {auth:?} {sandboxed:?} {handshake:?} {instance:?}"
    );

    for secret in ["hunter2", "sessiontoken", steps.signature.expose_secret()] {
        assert!(!printed.contains(secret), "{printed}");
    }
}
