//! Tests of the splice on streams in memory.

use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

use super::*;

fn packet(sequence_id: u8, payload: &[u8]) -> Vec<u8> {
    let header = Header {
        length: payload.len(),
        sequence_id,
    };
    [&header.write(), payload].concat()
}

/// A client and a server, with a splice between them whose streams hold `capacity` bytes.
struct Sides {
    client: DuplexStream,
    server: DuplexStream,
    splice: tokio::task::JoinHandle<(io::Result<End>, Splice)>,
}

fn spliced(capacity: usize, intercepts_reset: bool) -> Sides {
    let (client, mut to_client) = duplex(capacity);
    let (server, mut to_server) = duplex(capacity);
    let splice = tokio::spawn(async move {
        let mut splice = Splice::new(intercepts_reset, Replies::new(0, 0));
        let counters = Counters::default();
        let end = splice.run(&mut to_client, &mut to_server, &counters).await;
        (end, splice)
    });
    Sides {
        client,
        server,
        splice,
    }
}

#[tokio::test]
async fn copies_both_directions_at_once_in_any_split() {
    for capacity in [1, 3, 1000, 1 << 20] {
        let Sides {
            client,
            server,
            splice,
        } = spliced(capacity, false);
        let query = packet(0, &[&[3][..], &vec![b'q'; 70_000]].concat());
        let rows = vec![b'r'; 300_000];
        let ((mut from_client, mut to_server), (mut from_server, mut to_client)) =
            (tokio::io::split(client), tokio::io::split(server));
        let (expected_query, expected_rows) = (query.clone(), rows.clone());
        let send_query = async move { to_server.write_all(&query).await.unwrap() };
        let send_rows = async move {
            to_client.write_all(&rows).await.unwrap();
            to_client.shutdown().await.unwrap();
        };
        let read_query = async move {
            let mut read = vec![0; expected_query.len()];
            from_server.read_exact(&mut read).await.unwrap();
            assert!(read == expected_query);
        };
        let read_rows = async move {
            let mut read = Vec::new();
            from_client.read_to_end(&mut read).await.unwrap();
            assert!(read == expected_rows);
        };
        tokio::join!(send_query, send_rows, read_query, read_rows);
        assert_eq!(splice.await.unwrap().0.unwrap(), End::Closed);
    }
}

#[tokio::test]
async fn a_client_s_end_reaches_the_server() {
    let Sides {
        mut client,
        mut server,
        splice,
    } = spliced(64, false);
    client.write_all(&packet(0, b"\x01")).await.unwrap();
    client.shutdown().await.unwrap();
    let mut read = Vec::new();
    server.read_to_end(&mut read).await.unwrap();
    assert_eq!(read, packet(0, b"\x01"));
    drop(server);
    assert_eq!(splice.await.unwrap().0.unwrap(), End::Closed);
}

#[tokio::test]
async fn a_change_of_the_user_is_intercepted_after_what_came_before() {
    let Sides {
        mut client,
        mut server,
        splice,
    } = spliced(1 << 20, false);
    let ping = packet(0, b"\x0E");
    let change = packet(0, b"\x11app\0");
    let bytes = [&*ping, &*change, b"rest"].concat();
    client.write_all(&bytes).await.unwrap();
    let mut read = vec![0; ping.len()];
    server.read_exact(&mut read).await.unwrap();
    assert_eq!(read, ping);
    // The proxy must not take the reply to the ping for that to its own command.
    tokio::task::yield_now().await;
    assert!(!splice.is_finished());
    let ok = packet(1, &[0, 0, 0, 2, 0, 0, 0]);
    server.write_all(&ok).await.unwrap();
    let mut read = vec![0; ok.len()];
    client.read_exact(&mut read).await.unwrap();
    assert_eq!(read, ok);
    let (end, splice) = splice.await.unwrap();
    assert_eq!(end.unwrap(), End::Intercepted(b"\x11app\0".to_vec()));
    assert_eq!(splice.to_server.buffer.unread(), b"rest");
}

#[tokio::test]
async fn a_reset_is_intercepted_only_if_asked_for() {
    let reset = packet(0, b"\x1F");
    let mut sides = spliced(64, true);
    sides.client.write_all(&reset).await.unwrap();
    let end = sides.splice.await.unwrap().0.unwrap();
    assert_eq!(end, End::Intercepted(vec![0x1F]));

    let mut sides = spliced(64, false);
    sides.client.write_all(&reset).await.unwrap();
    let mut read = vec![0; reset.len()];
    sides.server.read_exact(&mut read).await.unwrap();
    assert_eq!(read, reset);
}

#[tokio::test]
async fn an_intercepted_command_is_bounded() {
    let mut sides = spliced(1 << 20, false);
    let long = packet(0, &[&[0x11][..], &vec![b'u'; INTERCEPTED_LIMIT]].concat());
    sides.client.write_all(&long).await.unwrap();
    assert_eq!(sides.splice.await.unwrap().0.unwrap(), End::TooLong);
}
