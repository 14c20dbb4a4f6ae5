//! A program that panics while it connects, with every secret in memory, and prints everything that can be printed of
//! the values that contain them. A test searches its standard error.
//!
//! Its settings are in the environment, in the command's variables.
#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "to panic is what it is for"
)]

use std::env;

use rds_bridge::aws::{Credentials, CredentialsSource};
use rds_bridge::component::{
    Auth, AuthToken, ClientHandshake, Config, ConnectRequest, Engine, Lifetime, Step,
};
use rds_bridge::net::{Resolve, Resolving};
use rds_bridge::{Bridge, BridgeBuilder};

const LIFETIME: Lifetime = Lifetime {
    signed_at: 1_724_709_600,
    expires_in_seconds: 900,
};

/// Panics when the library calls it, between the signing of the token and the connection.
#[derive(Debug)]
struct Panics(String);

impl Resolve for Panics {
    fn resolve<'a>(&'a self, _host: &'a str, _port: u16) -> Resolving<'a> {
        panic!("{}", self.0)
    }
}

fn main() {
    let variable = |name: &str| env::var(name).unwrap();
    let host = variable("DB_HOST");
    let credentials = Credentials::new(
        &variable("AWS_ACCESS_KEY_ID"),
        &variable("AWS_SECRET_ACCESS_KEY"),
    )
    .with_session_token(&variable("AWS_SESSION_TOKEN"));
    let builder = Bridge::builder()
        .endpoint(&host)
        .connect_to(variable("DB_CONNECT_TO"))
        .ca_file(variable("DB_CA_FILE"))
        .user("lambda-user")
        .credentials(credentials.clone());

    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_all().build().unwrap();
    runtime.block_on(async {
        let printed = printed(&host, &credentials, builder.clone()).await;
        let bridge = builder.resolver(Panics(printed)).build().await.unwrap();
        let connected = bridge.connect().await;
        panic!("it was to panic before: {connected:?}");
    });
}

/// All values that contain a secret, as `{:?}` and `{:#?}` print them.
async fn printed(host: &str, credentials: &Credentials, builder: BridgeBuilder) -> String {
    let engine = Engine::new().unwrap();
    let request = || ConnectRequest {
        host,
        port: 3306,
        region: "eu-central-1",
        db_user: "lambda-user",
    };
    let mut instance = engine.instantiate().unwrap();
    let token: AuthToken = instance.presign(credentials, request(), LIFETIME).unwrap();
    let steps = instance.steps(credentials, request(), LIFETIME).unwrap();
    let auth = Auth::IamTokenText(token.text.clone());
    let config = Config::new("lambda-user");
    let handshake = ClientHandshake::start(&engine, &config).unwrap();
    let password = Auth::Password(env::var("PASSWORD").unwrap().into());
    let with_password = builder.clone().password(env::var("PASSWORD").unwrap());
    let source = CredentialsSource::fixed(credentials.clone());
    let write = Step::Write(secret_bytes(&token));
    let bridges = [
        builder.clone().build().await.unwrap(),
        with_password.clone().build().await.unwrap(),
    ];
    let [bridge, _] = &bridges;
    let connection = bridge.connect().await.unwrap();
    let all: [&dyn std::fmt::Debug; 13] = [
        credentials,
        &source,
        &token,
        &steps,
        &auth,
        &password,
        &config,
        &handshake,
        &write,
        &builder,
        &with_password,
        &bridges,
        &connection,
    ];
    all.map(|one| format!("{one:?}\n{one:#?}\n")).concat()
}

fn secret_bytes(token: &AuthToken) -> secrecy::SecretBox<Vec<u8>> {
    use secrecy::ExposeSecret;
    secrecy::SecretBox::new(Box::new(token.text.expose_secret().as_bytes().to_vec()))
}
