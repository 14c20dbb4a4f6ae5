//! Uses the library as another program does: prints the embedded component's SHA-256, and signs a token.

use std::error::Error;

use rds_bridge::aws::Credentials;
use rds_bridge::component::{COMPONENT_SHA256, ConnectRequest, Engine, Lifetime};
use secrecy::ExposeSecret;

fn main() -> Result<(), Box<dyn Error>> {
    // From the tests of the AWS SDK for Java.
    let credentials = Credentials::new("access_key", "secret_key");
    let request = ConnectRequest {
        host: "host.us-east-1.amazonaws.com",
        port: 3306,
        region: "us-east-1",
        db_user: "mySQLUser",
    };
    let lifetime = Lifetime {
        signed_at: 1_478_540_373,
        expires_in_seconds: 900,
    };
    let token = Engine::new()?
        .instantiate()?
        .presign(&credentials, request, lifetime)?;
    println!("{COMPONENT_SHA256}");
    println!("{}", token.text.expose_secret());
    Ok(())
}
