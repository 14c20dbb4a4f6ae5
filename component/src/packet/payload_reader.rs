//! Reads a payload field by field: every read is checked, and a failure names packet and field.

use mysql_common::io::ParseBuf;
use thiserror::Error;

/// A packet of the connection phase that the server sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PacketName {
    /// `Protocol::HandshakeV10`
    InitialHandshake,
    /// `Protocol::AuthSwitchRequest`
    AuthSwitchRequest,
    /// `Protocol::AuthMoreData`
    AuthMoreData,
    /// `OK_Packet`
    OkPacket,
    /// `ERR_Packet`
    ErrPacket,
}

/// A packet that cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("cannot read the field {field} of {packet:?}")]
pub struct InvalidPacket {
    /// Which packet.
    pub packet: PacketName,
    /// By its name in the protocol documentation: cut short, or of an impossible value.
    pub field: &'static str,
}

pub(super) struct PayloadReader<'a> {
    rest: ParseBuf<'a>,
    packet: PacketName,
}

impl<'a> PayloadReader<'a> {
    pub(super) fn new(packet: PacketName, payload: &'a [u8]) -> Self {
        Self {
            rest: ParseBuf(payload),
            packet,
        }
    }

    pub(super) fn invalid(&self, field: &'static str) -> InvalidPacket {
        InvalidPacket {
            packet: self.packet,
            field,
        }
    }

    /// `int<1>`
    pub(super) fn u8(&mut self, field: &'static str) -> Result<u8, InvalidPacket> {
        self.rest
            .checked_eat_u8()
            .ok_or_else(|| self.invalid(field))
    }

    /// `int<2>`
    pub(super) fn u16(&mut self, field: &'static str) -> Result<u16, InvalidPacket> {
        self.rest
            .checked_eat_u16_le()
            .ok_or_else(|| self.invalid(field))
    }

    /// `int<4>`
    pub(super) fn u32(&mut self, field: &'static str) -> Result<u32, InvalidPacket> {
        self.rest
            .checked_eat_u32_le()
            .ok_or_else(|| self.invalid(field))
    }

    /// `int<lenenc>`
    pub(super) fn lenenc_int(&mut self, field: &'static str) -> Result<u64, InvalidPacket> {
        self.rest
            .checked_eat_lenenc_int()
            .ok_or_else(|| self.invalid(field))
    }

    /// `string[$len]`
    pub(super) fn bytes(
        &mut self,
        length: usize,
        field: &'static str,
    ) -> Result<&'a [u8], InvalidPacket> {
        self.rest
            .checked_eat(length)
            .ok_or_else(|| self.invalid(field))
    }

    /// `string<NUL>`
    pub(super) fn nul_string(&mut self, field: &'static str) -> Result<&'a [u8], InvalidPacket> {
        let nul = self.rest.0.iter().position(|&byte| byte == 0);
        let text = self.bytes(nul.ok_or_else(|| self.invalid(field))?, field)?;
        self.u8(field)?;
        Ok(text)
    }

    /// `string<NUL>` at the end of a packet, where some servers leave the NUL out.
    pub(super) fn last_nul_string(&mut self) -> &'a [u8] {
        match self.nul_string("") {
            Ok(text) => text,
            Err(_) => self.rest(),
        }
    }

    /// `string<EOF>`
    pub(super) fn rest(&mut self) -> &'a [u8] {
        self.rest.eat_all()
    }
}

/// Text of a server, for people: what is not UTF-8 in it is replaced.
pub(super) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
