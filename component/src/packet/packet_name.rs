//! The names of the connection phase's packets, for errors.

use std::fmt;

use rds_bridge_wire::InvalidField;

/// A packet that the server sends in the connection phase, by its name in the protocol documentation.
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

impl fmt::Display for PacketName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::InitialHandshake => "Protocol::HandshakeV10",
            Self::AuthSwitchRequest => "Protocol::AuthSwitchRequest",
            Self::AuthMoreData => "Protocol::AuthMoreData",
            Self::OkPacket => "OK_Packet",
            Self::ErrPacket => "ERR_Packet",
        })
    }
}

/// A packet that cannot be decoded, and its field that is truncated or has an invalid value.
pub type InvalidPacket = InvalidField<PacketName>;
