//! A server that logs the client in and then answers as a script says: the outcome of a query, and the state of the
//! connection afterwards.

use rds_bridge::error::ErrorKind;
use rds_bridge::mysql::{Connection, Malformed, Protocol};
use rds_bridge::{Bridge, Error};
use rds_bridge_test_support::expectation::ENDPOINT;
use rds_bridge_test_support::server_packets::{Then, result};
use rds_bridge_test_support::tls_peer::{Say, TlsPeer, say};

use super::live::{block_on, credentials};

/// A connection that sends queries as text. Each query uses one entry of the script.
pub(crate) async fn connect(peer: &TlsPeer) -> Connection {
    connect_with(peer, Protocol::Text).await
}

pub(crate) async fn connect_with(peer: &TlsPeer, protocol: Protocol) -> Connection {
    let builder = Bridge::builder()
        .protocol(protocol)
        .endpoint(ENDPOINT)
        .connect_to(peer.address().to_string())
        .ca_file(peer.ca_file())
        .user("lambda-user")
        .credentials(credentials());
    builder.build().await.unwrap().connect().await.unwrap()
}

/// Reads all results and returns the number of rows.
pub(crate) async fn read(connection: &mut Connection) -> Result<usize, Error> {
    let mut rows = connection.query("SELECT 1").await?;
    let mut count = 0;
    loop {
        while let Some(row) = rows.next().await? {
            row.value(0)?;
            count += 1;
        }
        if !rows.next_result().await? {
            return Ok(count);
        }
    }
}

/// The state of a connection after an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum After {
    Works,
    Unusable,
}

/// Asserts that a second statement gets its own answer or the error of an unusable connection.
pub(crate) async fn use_again(connection: &mut Connection) -> After {
    match connection.query("SELECT 'mine'").await {
        Ok(mut rows) => {
            let row = rows.next().await.unwrap().unwrap();
            assert_eq!(row.get(0), Ok("mine"));
            assert!(rows.next().await.unwrap().is_none());
            assert!(!rows.next_result().await.unwrap());
            After::Works
        }
        Err(error) => {
            assert!(matches!(error.kind(), ErrorKind::Unusable), "{error}");
            After::Unusable
        }
    }
}

/// Runs a query that is answered with `answer`. Returns its outcome, and the state of the connection afterwards.
pub(crate) fn ask(answer: Vec<Say>) -> (Result<usize, Error>, After) {
    let mine = say(result("m", &["mine"], Then::Nothing));
    let peer = TlsPeer::start(vec![answer, mine]);
    block_on(async {
        let mut connection = connect(&peer).await;
        let outcome = read(&mut connection).await;
        (outcome, use_again(&mut connection).await)
    })
}

/// The error of a malformed answer, which must leave the connection unusable.
pub(crate) fn malformed_by(
    ask: impl FnOnce(Vec<Say>) -> (Result<usize, Error>, After),
    mut answer: Vec<Say>,
) -> Malformed {
    // If the answer is accepted by mistake, the client must fail and not wait for more.
    answer.push(Say::HangUp);
    let (outcome, after) = ask(answer);
    let error = outcome.unwrap_err();
    assert_eq!(after, After::Unusable, "{error}");
    match error.kind() {
        ErrorKind::Malformed(malformed) => malformed.clone(),
        _ => panic!("{error}"),
    }
}
