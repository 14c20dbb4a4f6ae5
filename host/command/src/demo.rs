//! `rds-bridge demo`: the whole way from credentials to rows, on this machine, step by step.
//!
//! What it connects to is the emulator; how it connects is what the command `query` does against RDS.

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
use rds_bridge_formats::{Format, JsonBigint};

/// The table is named as in the article that this project began with, which does not show its rows.
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
            "{}:{}, an emulated RDS for MySQL on this machine: it lets in who has an IAM token, \
             over TLS",
            emulator.endpoint(),
            emulator.port()
        ),
    )?;
    runtime::block_on(walk(&emulator, &mut steps))?;
    output::print(NEXT)
}

async fn walk(emulator: &Emulator, steps: &mut Steps) -> Result<(), Error> {
    let bridge = emulator.bridge().build().await?;
    let ready = bridge.begin().await?.load_credentials().await?;
    let Some(credentials) = ready.credentials() else {
        return Ok(());
    };
    steps.say(
        "credentials",
        &format!(
            "{}, made up for this. At AWS: the role of your function",
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
            "{shown}&… ({} bytes, good until {}), signed in the sandbox by a component of {} KB \
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
    steps.say("TLS", &tls_in_words(established.tls()))?;

    let mut connection = established.log_in().await?.set_up().await?;
    let session = connection.session();
    steps.say(
        "login",
        &format!(
            "the server asked for {}; it got a token signed like this one, inside TLS; it let {} in, and the \
             session is read-only",
            plugin_name(session.auth_plugin),
            bridge.user()
        ),
    )?;

    rows(&mut connection, steps).await?;
    connection.close().await?;
    Ok(())
}

/// As `1.3, the server's certificate verified: for …, by …`.
fn tls_in_words(tls: &CommonState) -> String {
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
            ", the server's certificate verified: for {}, by {}",
            leaf.dns_names.join(" and "),
            leaf.issuer
        )
    });
    format!("{version}{leaf}")
}

async fn rows(connection: &mut Connection, steps: &mut Steps) -> Result<(), Error> {
    let mut rows = connection.query(STATEMENT).await?;
    let mut table = Output::new(
        Format::Table.encoder(JsonBigint::default())?,
        Destination::stdout(),
    );
    let mut count = 0_u64;
    table.begin(rows.columns())?;
    while let Some(row) = rows.next().await? {
        table.row(&row)?;
        count = count.saturating_add(1);
    }
    steps.say("rows", &format!("{STATEMENT}: {count} of them\n"))?;
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
  rds-bridge emulate                         the same server, to stay: it prints what a client needs
                                             (in the repository: ./just run emulate)
  rds-bridge emulate -- YOUR TESTS           with your own program, in any language
  rds-bridge doctor                          at your own database: how far you get, and why
  rds-bridge setup --hostname … --username … what to run once, so that a user can log in with tokens
";
