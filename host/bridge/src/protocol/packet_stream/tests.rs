//! Payloads that arrive in pieces of any length, and the limits on them.

use tokio::io::{AsyncWriteExt, duplex};

use super::*;

fn packet(sequence_id: u8, payload: &[u8]) -> Vec<u8> {
    let [a, b, c, _] = u32::try_from(payload.len()).unwrap().to_le_bytes();
    [&[a, b, c, sequence_id], payload].concat()
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    runtime.block_on(future)
}

/// Reads all payloads of `bytes`, which a peer sends in pieces of `piece` bytes.
fn read_all(bytes: &[u8], piece: usize) -> (Vec<Vec<u8>>, ReadError) {
    let bytes = bytes.to_vec();
    block_on(async {
        let (ours, mut theirs) = duplex(piece);
        let mut stream = PacketStream::new(ours);
        tokio::spawn(async move { theirs.write_all(&bytes).await.unwrap() });
        let mut payloads = Vec::new();
        loop {
            match stream.read(Expected::Row).await {
                Ok(range) => payloads.push(stream.payload(range).to_vec()),
                Err(error) => return (payloads, error),
            }
        }
    })
}

#[test]
fn packets_in_any_split() {
    let stream = [packet(0, b"abc"), packet(1, b""), packet(2, &[7; 300])].concat();
    for piece in [1, 2, 5, 1000] {
        let (payloads, error) = read_all(&stream, piece);
        assert_eq!(payloads, [b"abc".to_vec(), vec![], vec![7; 300]]);
        assert!(matches!(error, ReadError::Closed));
    }
}

#[test]
fn a_long_payload_is_put_together() {
    for extra in [0, 5] {
        let first = vec![1; PACKET_LIMIT];
        let second = vec![2; extra];
        let stream = [packet(0, &first), packet(1, &second), packet(2, b"next")].concat();
        let (payloads, _) = read_all(&stream, 1 << 16);
        assert_eq!(payloads.len(), 2);
        assert!(payloads[0] == [first, second].concat());
        assert_eq!(payloads[1], b"next");
    }
}

#[test]
fn a_packet_out_of_turn() {
    let (_, error) = read_all(&packet(3, b"abc"), 100);
    assert!(matches!(
        error,
        ReadError::Malformed(Malformed::SequenceId {
            expected: 0,
            received: 3
        })
    ));
}

#[test]
fn what_is_written_can_be_read() {
    for length in [0, 10, PACKET_LIMIT - 1, PACKET_LIMIT, PACKET_LIMIT + 1] {
        let payload = vec![9; length];
        let (ours, mut theirs) = duplex(1 << 26);
        let written = block_on(async {
            let mut stream = PacketStream::new(ours);
            stream.write(&[b"x", &payload]).await.unwrap();
            drop(stream);
            let mut written = Vec::new();
            theirs.read_to_end(&mut written).await.unwrap();
            written
        });
        let (payloads, _) = read_all(&written, 1 << 20);
        assert!(payloads == [[b"x", &*payload].concat()], "{length}");
    }
}

fn limits(max_row_bytes: usize, idle: Option<Duration>) -> ReadLimits {
    ReadLimits {
        max_row_bytes,
        idle,
    }
}

/// Reads a payload of `length` bytes under a limit, and returns its length.
fn read_one(expected: Expected, max_row_bytes: usize, length: usize) -> Result<usize, ReadError> {
    let mut bytes = packet(0, &vec![7; length.min(PACKET_LIMIT)]);
    bytes.extend(packet(1, &vec![7; length.saturating_sub(PACKET_LIMIT)]));
    block_on(async {
        let (ours, mut theirs) = duplex(1 << 25);
        theirs.write_all(&bytes).await.unwrap();
        let mut stream = PacketStream::new(ours);
        stream.set_limits(limits(max_row_bytes, None));
        let read = stream.read(expected).await;
        let longest = max_row_bytes.max(CONTROL_PACKET_LIMIT);
        let most = longest.saturating_add(MOST_READ_LENGTH);
        assert!(
            stream.buffer.len() <= most,
            "{} were read",
            stream.buffer.len()
        );
        read.map(|range| range.len())
    })
}

#[test]
fn each_kind_of_packet_has_its_limit() {
    let limit = CONTROL_PACKET_LIMIT;
    assert_eq!(read_one(Expected::Control, limit, limit).unwrap(), limit);
    assert!(matches!(
        read_one(Expected::Control, 1 << 20, limit + 1),
        Err(ReadError::Malformed(Malformed::TooLarge { limit: told })) if told == limit
    ));
    // Payloads of one packet and of two.
    for row_limit in [limit, 100_000, PACKET_LIMIT + 100] {
        let read = |length| read_one(Expected::Row, row_limit, length);
        assert_eq!(read(row_limit).unwrap(), row_limit);
        assert!(matches!(
            read(row_limit + 1),
            Err(ReadError::RowTooLarge { limit: told }) if told == row_limit
        ));
    }
}

#[test]
fn a_row_over_the_limit_is_not_taken_either_if_it_has_come_already() {
    block_on(async {
        let (ours, mut theirs) = duplex(1 << 20);
        let row = |sequence_id, length| packet(sequence_id, &vec![1; length]);
        let limit = CONTROL_PACKET_LIMIT;
        let all = [row(0, 1), row(1, limit), row(2, limit + 1)].concat();
        theirs.write_all(&all).await.unwrap();
        let mut stream = PacketStream::new(ours);
        stream.set_limits(limits(limit, None));
        while stream.buffer.len() < all.len() {
            stream.fill().await.unwrap();
        }
        let mut take = || stream.take_if(|_| true).map(|range| range.len());
        assert_eq!((take(), take(), take()), (Some(1), Some(limit), None));
        let read = stream.read(Expected::Row).await;
        assert!(matches!(read, Err(ReadError::RowTooLarge { .. })));
    });
}

#[test]
fn who_says_nothing_is_not_waited_for_longer_than_the_limit() {
    block_on(async {
        let (ours, mut theirs) = duplex(100);
        let limit = Duration::from_millis(20);
        let mut stream = PacketStream::new(ours);
        stream.set_limits(limits(1 << 20, Some(limit)));
        let (first, rest) = (packet(0, b"abc"), packet(1, b"def"));
        theirs.write_all(&first).await.unwrap();
        assert_eq!(stream.read(Expected::Row).await.unwrap().len(), 3);
        theirs.write_all(&rest[..5]).await.unwrap();
        let silence = stream.read(Expected::Row).await;
        assert!(matches!(silence, Err(ReadError::Idle(told)) if told == limit));
        // The bytes that were received are still there.
        theirs.write_all(&rest[5..]).await.unwrap();
        let read = stream.read(Expected::Row).await.unwrap();
        assert_eq!(stream.payload(read), b"def");
    });
}

/// The server refuses a command, and reads no more of it.
#[test]
fn what_is_said_before_all_is_written() {
    let refusal = packet(1, b"\xFF\x81\x04#08S01Got a packet bigger than that");
    block_on(async {
        let (ours, mut theirs) = duplex(100);
        let mut stream = PacketStream::new(ours);
        theirs.write_all(&refusal).await.unwrap();
        let written = stream.write_command(&[&[9; 1 << 20]]).await;
        assert_eq!(
            written.unwrap_err().kind(),
            io::ErrorKind::ConnectionAborted
        );
        assert_eq!(stream.read_closing_error().await.unwrap().code, 1153);
    });
}

/// The server has read the first of two packets, and its reply has the next sequence id.
#[test]
fn what_is_said_to_a_part_of_a_command() {
    let refusal = packet(1, b"\xFF\x81\x04#08S01Got a packet bigger than that");
    block_on(async {
        let (ours, mut theirs) = duplex(1 << 26);
        let mut stream = PacketStream::new(ours);
        stream
            .write_command(&[&vec![9; PACKET_LIMIT + 1]])
            .await
            .unwrap();
        theirs.write_all(&refusal).await.unwrap();
        let read = stream.read(Expected::Control).await;
        assert!(matches!(read, Err(ReadError::ServerClosing(words)) if words.code == 1153));
    });
}
