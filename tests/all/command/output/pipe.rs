//! Rows in a pipe are complete and in order, however the pipe is read and whatever shares it.

use std::io::{self, Read};
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use rds_bridge_test_support::on_each_server;
use rds_bridge_test_support::server::{Product, Server};
use rstest::rstest;
use rstest_reuse::apply;
use socket2::SockRef;

use crate::helpers::command::{query, query_command};

const ROWS: u64 = 200_000;

/// The result is some megabytes long, longer than the buffer of any pipe.
fn select(product: Product) -> String {
    format!(
        "SELECT seq, REPEAT('x', 20) AS x FROM {} ORDER BY seq",
        product.sequence(ROWS)
    )
}

fn expected() -> String {
    let row = |seq: u64| format!("{seq},xxxxxxxxxxxxxxxxxxxx\r\n");
    "seq,x\r\n".to_owned() + &(1..=ROWS).map(row).collect::<String>()
}

/// Reads slowly at first, so that the pipe fills, and then in pieces of odd lengths.
fn read_slowly(mut pipe: impl Read) -> String {
    let mut read = Vec::new();
    let mut piece = [0; 7_919];
    for turn in 0_u32.. {
        if turn < 5 {
            thread::sleep(Duration::from_millis(50));
        }
        match pipe.read(&mut piece).unwrap() {
            0 => break,
            length => read.extend_from_slice(&piece[..length]),
        }
    }
    String::from_utf8(read).unwrap()
}

#[apply(on_each_server)]
fn a_slow_reader_gets_every_row(product: Product) {
    let server = Server::shared(product);
    let mut child = query_command(server, &[&select(product), "--format", "csv"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let read = read_slowly(child.stdout.take().unwrap());
    assert!(child.wait().unwrap().success());
    assert!(read == expected(), "{} bytes", read.len());
}

/// A process that shares the open file description may set `O_NONBLOCK`, as Node and ssh do.
#[apply(on_each_server)]
fn a_pipe_that_does_not_wait_is_waited_for(product: Product) {
    let server = Server::shared(product);
    let (reader, writer) = io::pipe().unwrap();
    SockRef::from(&writer).set_nonblocking(true).unwrap();
    let mut child = query_command(server, &[&select(product), "--format", "csv"])
        .stdout(Stdio::from(writer))
        .spawn()
        .unwrap();
    let read = read_slowly(reader);
    assert!(child.wait().unwrap().success());
    assert!(read == expected(), "{} bytes", read.len());
}

/// The exit code is right even if the message cannot be written.
#[apply(on_each_server)]
fn an_error_without_a_reader_stays_an_error(product: Product) {
    let server = Server::shared(product);
    let (reader, writer) = io::pipe().unwrap();
    drop(reader);
    let ended = query_command(server, &["SELECT * FROM nowhere"])
        .stderr(Stdio::from(writer))
        .status();
    let told = query(server, &["SELECT * FROM nowhere"]);
    assert_eq!(ended.unwrap().code(), told.status.code());
    assert_eq!(told.status.code(), Some(9));
}
