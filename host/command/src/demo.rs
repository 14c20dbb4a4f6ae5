//! `rds-bridge demo`: a complete connection from credentials to rows, step by step, on this machine.
//!
//! The server is the emulator. The client is the same as in `rds-bridge query`.

use std::time::Instant;

use clap::Args;
use rustls::{CommonState, ProtocolVersion};
use secrecy::ExposeSecret;

use super::error::Error;
use super::query::destination::Destination;
use super::query::output::Output;
use super::{output, runtime};
use rds_bridge::clock::date;
use rds_bridge::component::COMPONENT;
use rds_bridge::error::plugin_name;
use rds_bridge::mysql::Connection;
use rds_bridge::tls::Certificate;
use rds_bridge_emulator::Emulator;
use rds_bridge_formats::{Format, TextOptions};

/// The table has the name that it has in the article with which this project began.
const SEED: &str = "\
    CREATE TABLE items (id INT PRIMARY KEY, name VARCHAR(64) NOT NULL, price DECIMAL(10,2)); \
    INSERT INTO items VALUES (1, 'apple', 1.25), (2, 'bread', 3.50), (3, 'cheese', 12.00);";
const STATEMENT: &str = "SELECT * FROM items";

#[derive(Args, Debug)]
pub(super) struct Demo {}

pub(super) fn run(Demo {}: &Demo) -> Result<(), Error> {
    let mut steps = Steps::new();
    let emulator = Emulator::builder()
        .seed(SEED)
        .start()
        .map_err(Error::Emulator)?;
    steps.say(
        "server",
        &format!(
            "{}:{}, an emulated RDS for MySQL on this machine, which requires an IAM token and TLS",
            emulator.endpoint(),
            emulator.port()
        ),
    )?;
    runtime::block_on(connect(&emulator, &mut steps))?;
    output::print(NEXT)
}

async fn connect(emulator: &Emulator, steps: &mut Steps) -> Result<(), Error> {
    let bridge = emulator.bridge().build().await?;
    let ready = bridge.begin().await?.load_credentials().await?;
    let Some(credentials) = ready.credentials() else {
        return Ok(());
    };
    steps.say(
        "credentials",
        &format!(
            "{}, made up for this demo; on AWS, they would be, for example, those of a function's role",
            credentials.access_key_id
        ),
    )?;

    let Some(token) = ready.token()? else {
        return Ok(());
    };
    let text = token.text.expose_secret();
    let shown = text.split("&X-Amz-Algorithm").next().unwrap_or_default();
    steps.say(
        "token",
        &format!(
            "{shown}&… ({} bytes, valid until {}), signed in the sandbox by a component of {} KB \
             that has no clock, no files and no network",
            text.len(),
            date(token.valid_until),
            COMPONENT.len().checked_div(1_000).unwrap_or_default(),
        ),
    )?;

    let connected = ready.resolve().await?.connect().await?;
    let peer = connected.peer_addr().map(|it| it.to_string());
    steps.say("TCP", &peer.unwrap_or_default())?;

    let greeted = connected.read_initial_handshake().await?;
    let established = greeted.start_tls().await?;
    steps.say("TLS", &describe_tls(established.tls()))?;

    let mut connection = established.log_in().await?.set_up().await?;
    let session = connection.session();
    steps.say(
        "login",
        &format!(
            "{} is logged in with {}; the password is a second token, which was signed in the sandbox like that of \
             step 3 and sent inside TLS; the session is read-only",
            bridge.user(),
            plugin_name(session.auth_plugin)
        ),
    )?;

    rows(&mut connection, steps).await?;
    connection.close().await?;
    Ok(())
}

/// As `version 1.3; server certificate verified: for …, issued by …`.
fn describe_tls(tls: &CommonState) -> String {
    let version = match tls.protocol_version() {
        Some(ProtocolVersion::TLSv1_2) => "1.2",
        _ => "1.3",
    };
    let leaf = tls
        .peer_certificates()
        .and_then(<[_]>::first)
        .and_then(|leaf| Certificate::from_der(leaf).ok());
    let leaf = leaf.map_or_else(String::new, |leaf| {
        format!(
            "; server certificate verified: for {}, issued by {}",
            leaf.dns_names.join(" and "),
            leaf.issuer
        )
    });
    format!("version {version}{leaf}")
}

async fn rows(connection: &mut Connection, steps: &mut Steps) -> Result<(), Error> {
    let mut rows = connection.query(STATEMENT).await?;
    let mut table = Output::new(
        Format::Table.encoder(&TextOptions::default())?,
        Destination::stdout(),
    );
    let mut count = 0_u64;
    table.begin(rows.columns())?;
    while let Some(row) = rows.next().await? {
        table.row(&row)?;
        count = count.saturating_add(1);
    }
    steps.say("rows", &format!("{STATEMENT}: {count} rows\n"))?;
    table.end().await?;
    Ok(())
}

/// Prints each step with its number, and the time it took.
struct Steps {
    number: usize,
    begun: Instant,
}

impl Steps {
    fn new() -> Self {
        Self {
            number: 0,
            begun: Instant::now(),
        }
    }

    fn say(&mut self, name: &str, what: &str) -> Result<(), Error> {
        self.number = self.number.saturating_add(1);
        let milliseconds = self.begun.elapsed().as_secs_f64() * 1_000.0;
        let number = self.number;
        let done = output::print_line(&format!(
            "{number}. {name:<11} {milliseconds:>6.1} ms  {what}"
        ));
        self.begun = Instant::now();
        done
    }
}

const NEXT: &str = "
What to try next:
  rds-bridge emulate --seed FILE.sql         run such a server with your own tables, and print the
                                             settings for clients
                                             (in the repository: ./just run emulate --seed tests/schema.sql)
  rds-bridge emulate -- PROGRAM              run your own program against it, in any language
  rds-bridge doctor                          check the connection to your own database
  rds-bridge setup --hostname … --username … print what to run once, so that a user can log in with tokens
";
