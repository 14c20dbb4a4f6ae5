//! Reading rows takes no memory for each: counted by the allocator, which is why this is a program of its own.
#![expect(unsafe_code, reason = "an allocator cannot be written without")]
#![expect(clippy::unwrap_used, reason = "a test: to panic is how it fails")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use rds_bridge::Bridge;
use rds_bridge::aws::Credentials;
use rds_bridge::mysql::{Connection, DateTime};
use rds_bridge_test_support::expectation::{ENDPOINT, Expectation};
use rds_bridge_test_support::server_packets::{
    LONGLONG, Then, VAR_STRING, column, end_of_rows, text_row,
};
use rds_bridge_test_support::tls_peer::{Say, TlsPeer, frame, say};

/// `MYSQL_TYPE_DATETIME`
const DATETIME: u8 = 12;
/// For TLS, which takes some for each record: of 16 KiB at most, and so of hundreds of rows.
const ROWS_FOR_ONE_ALLOCATION: usize = 50;

struct Counting;

thread_local! {
    /// Of the client's thread alone: the peer has its own.
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: all is the system allocator's; to count needs no memory.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let _ended = ALLOCATIONS.try_with(|count| count.set(count.get().saturating_add(1)));
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn columns() -> Vec<Vec<u8>> {
    vec![
        column("id", LONGLONG),
        column("name", VAR_STRING),
        column("made", DATETIME),
    ]
}

fn result(row: &[u8], rows: usize) -> Vec<Say> {
    let mut payloads = vec![vec![3]];
    payloads.extend(columns());
    payloads.extend(std::iter::repeat_n(row.to_vec(), rows));
    payloads.push(end_of_rows(Then::Nothing));
    // In one piece, and so in few records.
    let numbers = (1..=u8::MAX).chain([0]).cycle();
    let packets = numbers
        .zip(&payloads)
        .flat_map(|(it, payload)| frame(it, payload));
    vec![Say::Bytes(packets.collect())]
}

fn prepared() -> Vec<Say> {
    let mut payloads = vec![b"\0\x01\0\0\0\x03\0\0\0\0\0\0".to_vec()];
    payloads.extend(columns());
    say(payloads)
}

async fn connect(peer: &TlsPeer) -> Connection {
    let Expectation {
        access_key_id,
        secret_access_key,
        ..
    } = Expectation::default();
    let builder = Bridge::builder()
        .endpoint(ENDPOINT)
        .connect_to(peer.address().to_string())
        .ca_file(peer.ca_file())
        .user("lambda-user")
        .credentials(Credentials::new(&access_key_id, secret_access_key.as_str()));
    builder.build().await.unwrap().connect().await.unwrap()
}

/// How many allocations it takes to read a result, and how many rows it has.
async fn read(connection: &mut Connection, binary: bool) -> (usize, usize) {
    let before = ALLOCATIONS.get();
    let mut rows = match binary {
        true => connection.query_with("SELECT 1", &[]).await.unwrap(),
        false => connection.query("SELECT 1").await.unwrap(),
    };
    let mut count = 0_usize;
    while let Some(row) = rows.next().await.unwrap() {
        let made: DateTime = row.get(2).unwrap();
        assert_eq!(
            (row.get("id"), row.get(1), made.hour),
            (Ok(7), Ok("seven"), 12)
        );
        count = count.saturating_add(1);
    }
    (ALLOCATIONS.get().saturating_sub(before), count)
}

#[test]
fn no_allocation_for_a_row() {
    let text = text_row(&["7", "seven", "2026-01-31 12:00:01"]);
    let binary = b"\0\0\x07\0\0\0\0\0\0\0\x05seven\x07\xEA\x07\x01\x1F\x0C\0\x01";
    for (row, is_binary) in [(&text[..], false), (binary, true)] {
        let mut script = vec![result(row, 100), result(row, 40_000)];
        if is_binary {
            // Once: it stays so.
            script.insert(0, prepared());
        }
        let peer = TlsPeer::start(script);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let mut connection = connect(&peer).await;
            let (few, hundred) = read(&mut connection, is_binary).await;
            let (many, all) = read(&mut connection, is_binary).await;
            assert_eq!((hundred, all), (100, 40_000));
            let for_rows = many.saturating_sub(few);
            assert!(
                for_rows < all / ROWS_FOR_ONE_ALLOCATION,
                "{few}, then {many}"
            );
        });
    }
}
