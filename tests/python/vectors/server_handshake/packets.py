"""Packets of the connection phase, with nothing but the standard library, from the MySQL Source Code Documentation
("Connection Phase", "COM_CHANGE_USER", "Capabilities Flags") and MariaDB's protocol reference ("Connection").

It shares no code with the component.
"""

import hashlib

LONG_PASSWORD, FOUND_ROWS, LONG_FLAG, CONNECT_WITH_DB = 0x1, 0x2, 0x4, 0x8
COMPRESS, LOCAL_FILES, PROTOCOL_41, SSL = 0x20, 0x80, 0x200, 0x800
TRANSACTIONS, SECURE_CONNECTION = 0x2000, 0x8000
MULTI_STATEMENTS, MULTI_RESULTS, PS_MULTI_RESULTS = 0x10000, 0x20000, 0x40000
PLUGIN_AUTH, CONNECT_ATTRS, PLUGIN_AUTH_LENENC = 0x80000, 0x100000, 0x200000
SESSION_TRACK, DEPRECATE_EOF, QUERY_ATTRIBUTES = 0x800000, 0x1000000, 0x8000000
ZSTD, MULTI_FACTOR = 0x4000000, 0x10000000

# What the contract says that the component decides itself.
ALWAYS = PROTOCOL_41 | SECURE_CONNECTION | PLUGIN_AUTH | PLUGIN_AUTH_LENENC | CONNECT_WITH_DB | CONNECT_ATTRS
NEVER = COMPRESS | ZSTD | MULTI_FACTOR

SHA2, NATIVE, CLEAR = "caching_sha2_password", "mysql_native_password", "mysql_clear_password"


def packet(sequence_id, payload):
    return len(payload).to_bytes(3, "little") + bytes([sequence_id]) + payload


def lenenc(data):
    if len(data) < 251:
        return bytes([len(data)]) + data
    return b"\xfc" + len(data).to_bytes(2, "little") + data


def advertised(identity, tls):
    """The flags in the server's first packet."""
    return (identity["capabilities"] & ~NEVER & ~SSL) | ALWAYS | (0 if tls == "none" else SSL)


def initial_handshake(version, connection_id, scramble, flags, mariadb, charset, status, plugin=SHA2):
    """Protocol::HandshakeV10. MariaDB's extended capabilities are the last four of the reserved bytes."""
    return (
        b"\x0a" + version.encode() + b"\0" + connection_id.to_bytes(4, "little") + scramble[:8] + b"\0"
        + (flags & 0xFFFF).to_bytes(2, "little") + bytes([charset]) + status.to_bytes(2, "little")
        + (flags >> 16).to_bytes(2, "little") + bytes([21]) + bytes(6) + mariadb.to_bytes(4, "little")
        + scramble[8:] + b"\0" + plugin.encode() + b"\0"
    )


def first_fields(flags, charset=255, max_packet_size=1 << 24, mariadb=0):
    """Protocol::SSLRequest, and the beginning of a Protocol::HandshakeResponse41."""
    return (flags.to_bytes(4, "little") + max_packet_size.to_bytes(4, "little") + bytes([charset]) + bytes(19)
            + mariadb.to_bytes(4, "little"))


def attributes(pairs):
    return lenenc(b"".join(lenenc(text) for pair in pairs for text in pair))


def auth_field(flags, auth):
    if flags & PLUGIN_AUTH_LENENC:
        return lenenc(auth)
    return bytes([len(auth)]) + auth if flags & SECURE_CONNECTION else auth + b"\0"


def auth_switch_request(plugin, rest):
    return b"\xfe" + plugin.encode() + b"\0" + rest


def err_packet(code, sql_state, message):
    """An ERR_Packet. The SQLSTATE is omitted before the server knows CLIENT_PROTOCOL_41."""
    state = b"#" + sql_state.encode() if sql_state else b""
    return b"\xff" + code.to_bytes(2, "little") + state + message.encode()


def sha1(data):
    return hashlib.sha1(data).digest()


def sha256(data):
    return hashlib.sha256(data).digest()


def xor(one, other):
    return bytes(a ^ b for a, b in zip(one, other, strict=True))


def native(password, scramble):
    """The response of mysql_native_password."""
    return xor(sha1(password), sha1(scramble + sha1(sha1(password))))


def caching_sha2(password, scramble):
    """The response of caching_sha2_password."""
    return xor(sha256(password), sha256(sha256(sha256(password)) + scramble))
