//! The names of the connection phase's packets, for errors.

use std::fmt;

use rds_bridge_wire::InvalidField;

/// A packet of the connection phase, or the command that repeats a part of it, by its name in the protocol
/// documentation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PacketName {
    /// `Protocol::HandshakeV10`
    InitialHandshake,
    /// `Protocol::SSLRequest`
    SslRequest,
    /// `Protocol::HandshakeResponse41`
    HandshakeResponse,
    /// `Protocol::AuthSwitchRequest`
    AuthSwitchRequest,
    /// `Protocol::AuthMoreData`
    AuthMoreData,
    /// `OK_Packet`
    OkPacket,
    /// `ERR_Packet`
    ErrPacket,
    /// `COM_CHANGE_USER`
    ChangeUser,
}

impl fmt::Display for PacketName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::InitialHandshake => "Protocol::HandshakeV10",
            Self::SslRequest => "Protocol::SSLRequest",
            Self::HandshakeResponse => "Protocol::HandshakeResponse41",
            Self::AuthSwitchRequest => "Protocol::AuthSwitchRequest",
            Self::AuthMoreData => "Protocol::AuthMoreData",
            Self::OkPacket => "OK_Packet",
            Self::ErrPacket => "ERR_Packet",
            Self::ChangeUser => "COM_CHANGE_USER",
        })
    }
}

/// A packet that cannot be decoded, and its field that is truncated or has an invalid value.
pub type InvalidPacket = InvalidField<PacketName>;
