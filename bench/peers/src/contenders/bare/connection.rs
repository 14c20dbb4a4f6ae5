//! A minimal protocol that logs in with a token and reads a few short rows.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};

use rustls::{ClientConnection, StreamOwned};

/// CLIENT_LONG_PASSWORD, CLIENT_CONNECT_WITH_DB, CLIENT_PROTOCOL_41, CLIENT_TRANSACTIONS, CLIENT_SECURE_CONNECTION,
/// CLIENT_PLUGIN_AUTH and CLIENT_DEPRECATE_EOF.
const CAPABILITIES: u32 = 0x0108_A209;
const CLIENT_SSL: u32 = 0x0800;
const MAX_PACKET: u32 = 16 << 20;
/// `utf8mb4_general_ci`.
const CHARACTER_SET: u8 = 45;

const COM_QUIT: u8 = 1;
const COM_QUERY: u8 = 3;

const ERR: u8 = 0xFF;
const EOF: u8 = 0xFE;
const AUTH_SWITCH: u8 = 0xFE;
const NULL: u8 = 0xFB;

/// The values of a row as bytes.
pub type Row = Vec<Vec<u8>>;

pub struct Connection {
    stream: StreamOwned<ClientConnection, TcpStream>,
}

impl Connection {
    pub fn open(
        address: SocketAddr,
        tls: ClientConnection,
        user: &str,
        database: &str,
        token: &str,
    ) -> io::Result<Self> {
        let mut tcp = TcpStream::connect(address)?;
        tcp.set_nodelay(true)?;
        read(&mut tcp)?;
        let capabilities = CAPABILITIES | CLIENT_SSL;
        let mut response = Vec::with_capacity(128);
        response.extend(capabilities.to_le_bytes());
        response.extend(MAX_PACKET.to_le_bytes());
        response.push(CHARACTER_SET);
        response.extend([0; 23]);
        write(&mut tcp, 1, &response)?;

        let mut stream = StreamOwned::new(tls, tcp);
        response.extend(user.as_bytes());
        // The NUL that ends the user name, and an empty authentication response.
        response.extend([0, 0]);
        response.extend(database.as_bytes());
        response.push(0);
        // Like other clients, it names another plugin than the account's, so that the server asks for the token.
        response.extend(b"mysql_native_password\0");
        write(&mut stream, 2, &response)?;

        let (sequence_id, request) = read(&mut stream)?;
        if !request.starts_with(&[AUTH_SWITCH])
            || !request[1..].starts_with(b"mysql_clear_password")
        {
            return Err(io::Error::other("no request for a token"));
        }
        write(
            &mut stream,
            sequence_id + 1,
            &[token.as_bytes(), b"\0"].concat(),
        )?;
        read(&mut stream)?;
        Ok(Self { stream })
    }

    pub fn query(&mut self, sql: &str) -> io::Result<Vec<Row>> {
        self.send(&[&[COM_QUERY], sql.as_bytes()].concat())?;
        let (_, columns) = read(&mut self.stream)?;
        for _ in 0..columns[0] {
            read(&mut self.stream)?;
        }
        let mut rows = Vec::new();
        loop {
            let (_, payload) = read(&mut self.stream)?;
            if is_eof(&payload) {
                return Ok(rows);
            }
            rows.push(row(&payload));
        }
    }

    /// Sends a command.
    pub fn send(&mut self, payload: &[u8]) -> io::Result<()> {
        write(&mut self.stream, 0, payload)
    }

    /// The bytes from the server.
    pub fn stream(&mut self) -> &mut impl Read {
        &mut self.stream
    }

    pub fn close(mut self) -> io::Result<()> {
        write(&mut self.stream, 0, &[COM_QUIT])?;
        self.stream.conn.send_close_notify();
        self.stream.flush()
    }
}

fn is_eof(payload: &[u8]) -> bool {
    payload.len() < 9 && payload.first() == Some(&EOF)
}

/// A row of the text protocol. Its values must be shorter than 251 bytes; NULL becomes an empty one.
fn row(mut payload: &[u8]) -> Row {
    let mut row = Row::new();
    while let Some((&length, rest)) = payload.split_first() {
        let length = if length == NULL {
            0
        } else {
            usize::from(length)
        };
        let (value, rest) = rest.split_at(length);
        row.push(value.to_vec());
        payload = rest;
    }
    row
}

fn write(stream: &mut impl Write, sequence_id: u8, payload: &[u8]) -> io::Result<()> {
    let length = u32::try_from(payload.len()).expect("a short one");
    let [a, b, c, _] = length.to_le_bytes();
    stream.write_all(&[&[a, b, c, sequence_id], payload].concat())?;
    stream.flush()
}

/// Reads a packet. Returns its sequence id and its payload.
fn read(stream: &mut impl Read) -> io::Result<(u8, Vec<u8>)> {
    let mut header = [0; 4];
    stream.read_exact(&mut header)?;
    let [a, b, c, sequence_id] = header;
    let mut payload = vec![0; u32::from_le_bytes([a, b, c, 0]) as usize];
    stream.read_exact(&mut payload)?;
    if payload.first() == Some(&ERR) {
        return Err(io::Error::other(
            String::from_utf8_lossy(&payload).into_owned(),
        ));
    }
    Ok((sequence_id, payload))
}
