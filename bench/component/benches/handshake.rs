//! Benchmarks the handshake of an IAM login, natively and in the component.
//!
//! The server's packets are the initial handshake of MySQL 8, and the `AuthSwitchRequest` and `OK_Packet` of RDS.
#![expect(clippy::unwrap_used, reason = "a benchmark fails by panicking")]

use criterion::Criterion;
use rds_bridge::component::{self, ConnectionAttribute, Engine};
use rds_bridge_bench_component::{Contender, run};
use rds_bridge_component::handshake::{Auth, ClientHandshake, Config, Step};
use rds_bridge_component::secret_string::SecretString;

const GREETING: &[u8] =
    b"\x4a\0\0\0\n8.0.18\0\x19\0\0\0\x114aB0c\x06g\0\xff\xff\xff\x02\0\xff\xc7\x15\
    \0\0\0\0\0\0\0\0\0\0tL\x03s\x0f[4\rl4. \0caching_sha2_password\0";
const AUTH_SWITCH_REQUEST: &[u8] = b"\x16\0\0\x03\xFEmysql_clear_password\0";
const OK: &[u8] = b"\x07\0\0\x05\0\0\0\x02\0\0\0";

fn main() {
    let token = "x".repeat(1_500);
    let engine = Engine::new().unwrap();
    let mut criterion = Criterion::default().configure_from_args();
    let mut contenders: [Contender<'_>; 2] = [
        ("native", Box::new(|| natively(&token))),
        ("fresh instance", Box::new(|| sandboxed(&engine, &token))),
    ];
    run(&mut criterion, "handshake", &mut contenders, &[]);
    criterion.final_summary();
}

fn natively(token: &str) {
    let auth = Auth::IamToken(SecretString::new(token.into()));
    let attributes = vec![("_client_name".into(), "rds-bridge".into())];
    let config = Config::new("lambda-user".into(), None, attributes, 45).unwrap();
    let mut handshake = ClientHandshake::new(config).unwrap();
    assert!(matches!(handshake.receive(GREETING), Ok(Step::StartTls(_))));
    assert!(matches!(
        handshake.tls_established(auth),
        Ok(Step::Write(_))
    ));
    assert!(matches!(
        handshake.receive(AUTH_SWITCH_REQUEST),
        Ok(Step::Write(_))
    ));
    assert!(matches!(handshake.receive(OK), Ok(Step::Ready(_))));
}

fn sandboxed(engine: &Engine, token: &str) {
    let auth = component::Auth::IamTokenText(token.into());
    let config = component::Config {
        connection_attributes: &[ConnectionAttribute {
            name: "_client_name",
            value: "rds-bridge",
        }],
        ..component::Config::new("lambda-user")
    };
    let mut handshake = component::ClientHandshake::start(engine, &config).unwrap();
    assert!(matches!(
        handshake.receive(GREETING),
        Ok(component::Step::StartTls(_))
    ));
    assert!(matches!(
        handshake.tls_established(auth),
        Ok(component::Step::Write(_))
    ));
    assert!(matches!(
        handshake.receive(AUTH_SWITCH_REQUEST),
        Ok(component::Step::Write(_))
    ));
    assert!(matches!(
        handshake.receive(OK),
        Ok(component::Step::Ready(_))
    ));
}
