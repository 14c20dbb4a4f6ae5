//! A program that uses the library with the settings in its environment: it signs a token, or logs in and queries the
//! current user. Tests run it because all tests of a process share its environment.
//!
//! ```text
//! bridge-from-environment token|log-in [SETTING=VALUE …]
//! ```
//!
//! It prints the result as JSON: the token's or the login's properties, or `error`.
#![expect(clippy::panic, clippy::unwrap_used, reason = "a failing test panics")]

use std::env;
use std::time::{Duration, SystemTime};

use rds_bridge::clock::Clock;
use rds_bridge::component::Engine;
use rds_bridge::error::{Chain, ErrorKind};
use rds_bridge::{Bridge, BridgeBuilder, Error, Timeouts};
use secrecy::ExposeSecret;
use serde_json::{Value as Json, json};

/// A clock that stands still.
#[derive(Debug)]
struct Standing(Duration);

impl Clock for Standing {
    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH.checked_add(self.0).unwrap()
    }
}

fn main() {
    #[expect(
        unsafe_code,
        reason = "no other thread may read the environment during the change"
    )]
    // SAFETY: this is the first thing that the process does, and there is no other thread.
    unsafe {
        rds_bridge::aws::remove_empty_variables();
    }
    let mut arguments = env::args().skip(1);
    let action = arguments.next().unwrap();
    let builder = arguments.fold(Bridge::builder(), |builder, argument| {
        let (name, value) = argument.split_once('=').unwrap();
        set(builder, name, value)
    });
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_all().build().unwrap();
    let outcome = runtime.block_on(async {
        match action.as_str() {
            "token" => token(builder).await,
            "log-in" => log_in(builder).await,
            other => panic!("{other}"),
        }
    });
    println!("{}", outcome.unwrap_or_else(|error| described(&error)));
}

fn set(builder: BridgeBuilder, name: &str, value: &str) -> BridgeBuilder {
    let duration = || Duration::from_secs(value.parse().unwrap());
    match name {
        "ca_file" => builder.ca_file(value),
        "clock" => builder.clock(Standing(duration())),
        "connect_to" => builder.connect_to(value),
        "credentials_timeout" => builder.timeouts(Timeouts {
            credentials: duration(),
            ..Timeouts::default()
        }),
        "database" => builder.database(value),
        "endpoint" => builder.endpoint(value),
        "profile" => builder.profile(value),
        "region" => builder.region(value),
        "secret" => builder.secret(value),
        "user" => builder.user(value),
        other => panic!("{other}"),
    }
}

/// The claims of the signed token.
async fn token(builder: BridgeBuilder) -> Result<Json, Error> {
    let bridge = builder.build().await?;
    let ready = bridge.begin().await?.load_credentials().await?;
    let token = ready.token()?.unwrap();
    let mut instance = Engine::new().unwrap().instantiate().unwrap();
    let claims = instance.inspect(token.text.expose_secret()).unwrap();
    Ok(json!({
        "access_key_id": claims.access_key_id,
        "has_session_token": claims.has_session_token,
        "region": claims.region,
    }))
}

/// The current user and the database, as the server reports them.
async fn log_in(builder: BridgeBuilder) -> Result<Json, Error> {
    let mut connection = builder.build().await?.connect().await?;
    let mut rows = connection
        .query("SELECT CURRENT_USER(), DATABASE()")
        .await?;
    let row = rows.next().await?.unwrap();
    let (user, database): (&str, Option<&str>) = (row.get(0)?, row.get(1)?);
    Ok(json!({ "user": user, "database": database }))
}

fn described(error: &Error) -> Json {
    let setting = match error.kind() {
        ErrorKind::Setting { setting, .. } => Some(*setting),
        _ => None,
    };
    let causes = error.causes().iter();
    let causes = causes.map(|cause| format!("{} → {}", cause.why, cause.remedy));
    json!({ "error": {
        "category": format!("{:?}", error.category()),
        "stage": format!("{:?}", error.stage()),
        "setting": setting,
        "code": error.code(),
        "sql_state": error.sql_state(),
        "message": Chain(error).to_string(),
        "causes": causes.collect::<Vec<String>>(),
    }})
}
