//! Reading a row allocates no memory. The tests replace the global allocator to count, which is why they are a program
//! of their own.
#![expect(unsafe_code, reason = "an allocator cannot be written without")]
#![expect(clippy::unwrap_used, reason = "a failing test panics")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use rds_bridge::aws::Credentials;
use rds_bridge::mysql::{Connection, DateTime, Protocol, Rows};
use rds_bridge::{Bridge, Error};
use rds_bridge_test_support::expectation::{ENDPOINT, Expectation};
use rds_bridge_test_support::server_packets::{
    LONGLONG, Then, VAR_STRING, column, end_of_rows, text_row,
};
use rds_bridge_test_support::tls_peer::{Say, TlsPeer, frame, say};

/// `MYSQL_TYPE_DATETIME`.
const DATETIME: u8 = 12;
/// TLS allocates memory for each record, which holds up to 16 KiB and thus hundreds of rows.
const ROWS_FOR_ONE_ALLOCATION: usize = 50;
/// The limit of bytes for an error, the read buffer, and TLS. A client that trusted the length of a packet would
/// allocate sixteen times as much.
const MOST_FOR_WHAT_COMES: usize = 1 << 20;

struct Counting;

thread_local! {
    /// The allocations of the client's thread. The peer runs in another one.
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
    static BYTES: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: all memory is the system allocator's, and counting allocates none.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let _ended = ALLOCATIONS.try_with(|count| count.set(count.get().saturating_add(1)));
        let _ended = BYTES.try_with(|bytes| bytes.set(bytes.get().saturating_add(layout.size())));
        // SAFETY: the caller upholds the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller upholds the contract of `dealloc`.
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
    // In one write, and so in few TLS records.
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

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_all().build().unwrap().block_on(future)
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
        .credentials(Credentials::new(&access_key_id, secret_access_key.as_str()))
        // A query with parameters is prepared nevertheless.
        .protocol(Protocol::Text);
    builder.build().await.unwrap().connect().await.unwrap()
}

/// Reads a result. Returns the number of allocations and the number of rows.
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
            // Prepared once, and then executed twice.
            script.insert(0, prepared());
        }
        let peer = TlsPeer::start(script);
        block_on(async {
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

/// No memory is allocated for a forged length before as many bytes have arrived: neither for columns, nor for a value,
/// a packet or parameters.
#[test]
fn no_allocation_by_a_length_that_a_peer_made_up() {
    let result = |row: &[u8]| {
        let [a, b] = ["a", "b"].map(|name| column(name, VAR_STRING));
        vec![vec![2], a, b, row.to_vec()]
    };
    let statement = || say([b"\0\x01\0\0\0\0\0\0\0\0\0\0".to_vec()]);
    let long_column = b"\xFE\0\0\0\0\0\0\0\x10def".to_vec();
    let packet = Say::Bytes(b"\xFF\xFF\xFF\x01\x01".to_vec());
    for (script, is_prepared) in [
        // 65,535 columns, 2^63 columns, and a name of 2^60 bytes.
        (vec![say([b"\xFC\xFF\xFF".to_vec()])], false),
        (vec![say([b"\xFE\0\0\0\0\0\0\0\x80".to_vec()])], false),
        (vec![say([vec![1], long_column])], false),
        // A value of 2^60 bytes, in both protocols.
        (vec![say(result(b"\x01x\xFE\0\0\0\0\0\0\0\x10y"))], false),
        (
            vec![
                statement(),
                say(result(b"\0\0\x01x\xFE\0\0\0\0\0\0\0\x10y")),
            ],
            true,
        ),
        // A packet of 16 MiB, of which one byte arrives.
        (vec![vec![packet]], false),
        // A statement with 65,535 columns.
        (
            vec![say([b"\0\x01\0\0\0\xFF\xFF\0\0\0\0\0".to_vec()])],
            true,
        ),
    ] {
        let said = format!("{script:?}");
        let script = script.into_iter().map(|mut lines| {
            if !(is_prepared && lines == statement()) {
                lines.push(Say::HangUp);
            }
            lines
        });
        let peer = TlsPeer::start(script.collect());
        block_on(async {
            let mut connection = connect(&peer).await;
            let before = BYTES.get();
            let failed = match is_prepared {
                true => end(connection.query_with("SELECT 1", &[]).await).await,
                false => end(connection.query("SELECT 1").await).await,
            };
            let bytes = BYTES.get().saturating_sub(before);
            assert!(failed.is_err(), "{said}");
            assert!(bytes < MOST_FOR_WHAT_COMES, "{bytes}: {said}");
        });
    }
}

async fn end(rows: Result<Rows<'_>, Error>) -> Result<(), Error> {
    rows?.finish().await.map(drop)
}
