//! The role of the server behind a [`RawConnection`], whose session is its client's.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::raw::RawConnection;
use crate::connection::{ROLE_QUERY, role};
use crate::error::{Error, ErrorKind, Stage};
use crate::protocol::err_packet;
use crate::protocol::malformed::Malformed;
use crate::role::Role;
use mysql_common::constants::CapabilityFlags;
use rds_bridge_wire::command::COM_QUERY;
use rds_bridge_wire::{HEADER_LENGTH, Header};

/// The longest reply to the query, in bytes: each of its packets is short.
const REPLY_LIMIT: usize = 16 << 10;
/// The first byte of the `EOF_Packet`, and of the `OK_Packet` in its place.
const END: u8 = 0xFE;

impl RawConnection {
    /// Asks the server for its role, if [`BridgeBuilder::role`](crate::BridgeBuilder::role) requires one, which takes a
    /// round trip. RDS Proxy is not asked.
    ///
    /// Call it when the server has answered every command. After an error, the connection is of no further use.
    ///
    /// # Errors
    ///
    /// [`Stage::Session`]: [`ErrorKind::WrongRole`], or the server does not answer the query.
    pub async fn check_role(&mut self) -> Result<(), Error> {
        let bridge = &self.attempt.bridge;
        let expected = bridge.role;
        if expected == Role::Any || bridge.is_rds_proxy() {
            return Ok(());
        }
        let limit = bridge.timeouts.login;
        let flags = CapabilityFlags::from_bits_truncate(self.session.capabilities);
        let asking = ask(&mut self.tls, flags);
        let asked = match tokio::time::timeout(limit, asking).await {
            Ok(asked) => asked,
            Err(_) => Err(ErrorKind::Timeout(limit)),
        };
        let checked = asked.and_then(|found| match found == expected {
            true => Ok(()),
            false => Err(ErrorKind::WrongRole { expected }),
        });
        let checked = checked.map_err(|kind| Error::new(Stage::Session, kind));
        self.report(&checked);
        self.attempt.explain(checked)
    }
}

async fn ask<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut S,
    flags: CapabilityFlags,
) -> Result<Role, ErrorKind> {
    let mut command = vec![COM_QUERY];
    if flags.contains(CapabilityFlags::CLIENT_QUERY_ATTRIBUTES) {
        // int<lenenc> parameter_count and int<lenenc> parameter_set_count, which is always 1.
        command.extend([0, 1]);
    }
    command.extend_from_slice(ROLE_QUERY.as_bytes());
    let header = Header {
        length: command.len(),
        sequence_id: 0,
    };
    let packet = [&header.write(), command.as_slice()].concat();
    stream.write_all(&packet).await.map_err(ErrorKind::Io)?;
    stream.flush().await.map_err(ErrorKind::Io)?;
    // Without CLIENT_DEPRECATE_EOF, a packet of this kind also follows the column definitions.
    let mut ends = match flags.contains(CapabilityFlags::CLIENT_DEPRECATE_EOF) {
        true => 1_u8,
        false => 2,
    };
    let mut left = REPLY_LIMIT;
    let mut row = Vec::new();
    loop {
        let payload = read_packet(stream, &mut left).await?;
        match payload.first() {
            Some(&err_packet::HEADER) => {
                let refusal = err_packet::read(&payload).map_err(ErrorKind::Malformed)?;
                return Err(ErrorKind::Server(refusal));
            }
            Some(&END) if ends <= 1 => break,
            Some(&END) => ends = 1,
            // The row is the last one before the end.
            _ => row = payload,
        }
    }
    role(&row).ok_or(ErrorKind::Malformed(Malformed::Unasked))
}

async fn read_packet<S: AsyncRead + Unpin>(
    stream: &mut S,
    left: &mut usize,
) -> Result<Vec<u8>, ErrorKind> {
    let mut header = [0; HEADER_LENGTH];
    stream
        .read_exact(&mut header)
        .await
        .map_err(ErrorKind::Io)?;
    let length = Header::first(&header).map_or(0, |header| header.length);
    let too_long = || ErrorKind::Io(io::ErrorKind::InvalidData.into());
    *left = left.checked_sub(length).ok_or_else(too_long)?;
    let mut payload = vec![0; length];
    stream
        .read_exact(&mut payload)
        .await
        .map_err(ErrorKind::Io)?;
    Ok(payload)
}

#[cfg(test)]
mod tests {
    use tokio::io::duplex;

    use super::*;

    const QUERY_LENGTH: usize = ROLE_QUERY.len();

    /// What is asked, and what a server's reply says.
    fn asked(flags: CapabilityFlags, payloads: &[&[u8]]) -> (Vec<u8>, Result<Role, ErrorKind>) {
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        runtime.unwrap().block_on(async {
            let (mut ours, mut theirs) = duplex(1 << 16);
            for (payload, sequence_id) in payloads.iter().zip(1..) {
                let length = payload.len();
                let header = Header {
                    length,
                    sequence_id,
                };
                theirs.write_all(&header.write()).await.unwrap();
                theirs.write_all(payload).await.unwrap();
            }
            theirs.shutdown().await.unwrap();
            let answer = ask(&mut ours, flags).await;
            drop(ours);
            let mut sent = Vec::new();
            theirs.read_to_end(&mut sent).await.unwrap();
            (sent, answer)
        })
    }

    #[test]
    fn the_reply_is_read_with_the_flags_of_the_client() {
        let column = b"\x03def\0\0\0\x01a\0\x0c".as_slice();
        let eof = b"\xFE\0\0\x02\0".as_slice();
        let ok = b"\xFE\0\0\x02\0\0\0 and state of the session".as_slice();
        for (row, found) in [(b"\x010\x010", Role::Writer), (b"\x011\x010", Role::Reader)] {
            let old = [b"\x02", column, column, eof, row, eof];
            let (sent, answer) = asked(CapabilityFlags::empty(), &old);
            assert_eq!(sent.len(), 5 + QUERY_LENGTH);
            assert_eq!(answer.unwrap(), found);

            let flags =
                CapabilityFlags::CLIENT_DEPRECATE_EOF | CapabilityFlags::CLIENT_QUERY_ATTRIBUTES;
            let (sent, answer) = asked(flags, &[b"\x02", column, column, row, ok]);
            assert_eq!(sent.len(), 7 + QUERY_LENGTH);
            assert_eq!(answer.unwrap(), found);
        }
    }

    #[test]
    fn what_is_no_role_is_an_error() {
        let flags = CapabilityFlags::CLIENT_DEPRECATE_EOF;
        let (_, refused) = asked(flags, &[b"\xFF\x48\x04#HY000no such variable"]);
        assert!(matches!(refused, Err(ErrorKind::Server(error)) if error.code == 1096));
        let (_, empty) = asked(flags, &[b"\x02", b"\xFE\0\0\x02\0\0\0"]);
        assert!(matches!(empty, Err(ErrorKind::Malformed(_))));
        let (_, ended) = asked(flags, &[b"\x02"]);
        assert!(matches!(ended, Err(ErrorKind::Io(_))));
        let long = vec![1; REPLY_LIMIT + 1];
        let (_, endless) = asked(flags, &[&long]);
        assert!(matches!(endless, Err(ErrorKind::Io(_))));
    }
}
