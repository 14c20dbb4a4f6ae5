//! The packets of the connection phase by name, for errors.

use std::fmt;

use rds_bridge_wire::InvalidField;

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

/// A packet that cannot be read, and the field that is cut short or has an impossible value.
pub type InvalidPacket = InvalidField<PacketName>;
