//! Copies packets between a client and its session at the backend, until one of them ends.

use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::thread::{self, sleep};
use std::time::Duration;

use rds_bridge_wire::command::COM_CHANGE_USER;
use rds_bridge_wire::{CommandHeads, HEADER_LENGTH, Header, PACKET_LIMIT};

use super::halves::{ReadHalf, WriteHalf};

/// How many bytes are copied at once.
const PIECE_LENGTH: usize = 64 << 10;

/// `COM_SLEEP`, a command of the server's own. Servers answer it with 1047, unknown command.
const COM_SLEEP: u8 = 0;

/// Copies in both directions. `delay` is the pause before each piece that the client receives.
pub(crate) fn splice<C: Write + Send, B: Write>(
    client: (ReadHalf, WriteHalf<C>),
    backend: (ReadHalf, WriteHalf<B>),
    delay: Duration,
) {
    let (from_client, mut client) = client;
    let (from_backend, mut backend) = backend;
    thread::scope(|scope| {
        let copying = thread::Builder::new().spawn_scoped(scope, move || {
            let _ended = to_client(from_backend, &mut client, delay);
            // The client's thread may wait for a command.
            client.end_both();
        });
        if copying.is_ok() {
            let _ended = to_backend(from_client, &mut backend);
        }
        let _ended = backend.end();
    });
}

fn to_client(
    mut backend: ReadHalf,
    client: &mut WriteHalf<impl Write>,
    delay: Duration,
) -> io::Result<()> {
    let mut piece = vec![0; PIECE_LENGTH];
    loop {
        let length = backend.read(&mut piece)?;
        if length == 0 {
            return Ok(());
        }
        sleep(delay);
        client.write_all(piece.get(..length).unwrap_or_default())?;
        client.flush()?;
    }
}

/// Copies the client's packets.
///
/// A client that sends `COM_CHANGE_USER` would authenticate at the backend, without a token. The backend gets a command
/// in its place that it does not know, so that the refusal arrives in its turn.
fn to_backend(client: ReadHalf, backend: &mut WriteHalf<impl Write>) -> io::Result<()> {
    let mut client = BufReader::with_capacity(PIECE_LENGTH, client);
    let mut backend = BufWriter::with_capacity(PIECE_LENGTH, backend);
    let mut heads = CommandHeads::default();
    loop {
        if client.buffer().len() < HEADER_LENGTH {
            backend.flush()?;
        }
        let mut bytes = [0; HEADER_LENGTH];
        client.read_exact(&mut bytes)?;
        let header = Header::read(bytes);
        let begins_command = heads.is_command(header) && header.length > 0;
        if begins_command && client.fill_buf()?.first() == Some(&COM_CHANGE_USER) {
            if header.length == PACKET_LIMIT {
                return Err(io::ErrorKind::InvalidData.into());
            }
            copy(&mut client, header.length, &mut io::sink())?;
            let unknown = Header {
                length: 1,
                sequence_id: 0,
            };
            backend.write_all(&unknown.write())?;
            backend.write_all(&[COM_SLEEP])?;
            continue;
        }
        backend.write_all(&bytes)?;
        copy(&mut client, header.length, &mut backend)?;
    }
}

/// Copies this many bytes.
fn copy(from: &mut impl Read, length: usize, to: &mut impl Write) -> io::Result<()> {
    let length = u64::try_from(length).unwrap_or(u64::MAX);
    if io::copy(&mut from.take(length), to)? < length {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(())
}
