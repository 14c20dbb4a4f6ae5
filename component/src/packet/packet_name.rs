//! The packets of the connection phase by name, for errors.

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

/// A packet that cannot be read, and the field that is cut short or has an impossible value.
pub type InvalidPacket = InvalidField<PacketName>;
