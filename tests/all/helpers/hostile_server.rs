//! A server that logs the user in and then answers as a script says: how a query ends, and how the connection is then.

use rds_bridge::error::ErrorKind;
use rds_bridge::mysql::{Connection, Malformed, Protocol};
use rds_bridge::{Bridge, Error};
use rds_bridge_test_support::expectation::ENDPOINT;
use rds_bridge_test_support::server_packets::{Then, result};
use rds_bridge_test_support::tls_peer::{Say, TlsPeer, say};

use super::live::{block_on, credentials};

/// Whose queries are sent as text: each is answered by an entry of the script.
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

/// Reads all results, and gives the rows' number.
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

/// How the connection is after an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum After {
    Works,
    Unusable,
}

/// A second statement gets its own answer, or the error that there is none.
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

/// What comes of a query that is answered so, and how the connection is then.
pub(crate) fn ask(answer: Vec<Say>) -> (Result<usize, Error>, After) {
    let mine = say(result("m", &["mine"], Then::Nothing));
    let peer = TlsPeer::start(vec![answer, mine]);
    block_on(async {
        let mut connection = connect(&peer).await;
        let outcome = read(&mut connection).await;
        (outcome, use_again(&mut connection).await)
    })
}

/// What is wrong with an answer, for which there is no connection afterwards.
pub(crate) fn malformed_by(
    ask: impl FnOnce(Vec<Say>) -> (Result<usize, Error>, After),
    mut answer: Vec<Say>,
) -> Malformed {
    // So that what is taken for good after all fails, and does not wait for more.
    answer.push(Say::HangUp);
    let (outcome, after) = ask(answer);
    let error = outcome.unwrap_err();
    assert_eq!(after, After::Unusable, "{error}");
    match error.kind() {
        ErrorKind::Malformed(malformed) => malformed.clone(),
        _ => panic!("{error}"),
    }
}
