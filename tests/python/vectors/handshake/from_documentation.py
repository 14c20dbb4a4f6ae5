#!/usr/bin/env python3
"""Composes mysql8.json: exchanges with MySQL 8, as the protocol documentation describes them.

No MySQL 8 can be had where this was made. The greeting is a real server's: MySQL 8.0.18, as
launchbadge/sqlx keeps it (sqlx-mysql, protocol/connect/handshake.rs). All else is made here, with
nothing but the standard library, from "Connection Phase" of the MySQL Source Code Documentation.
"""

import hashlib
import json
import pathlib

TESTS = pathlib.Path(__file__).resolve().parents[3]
VECTORS = TESTS / "vectors/handshake"

GREETING = (
    b"\n8.0.18\0\x19\0\0\0\x114aB0c\x06g\0\xff\xff\xff\x02\0\xff\xc7\x15" + bytes(10)
    + b"tL\x03s\x0f[4\rl4. \0caching_sha2_password\0"
)
SCRAMBLE = b"\x114aB0c\x06gtL\x03s\x0f[4\rl4. "
SERVER_FLAGS = 0xC7FFFFFF
CLIENT_SSL = 0x800
CLIENT_PLUGIN_AUTH = 0x80000
# LONG_PASSWORD LONG_FLAG PROTOCOL_41 SSL TRANSACTIONS SECURE_CONNECTION MULTI_RESULTS
# PS_MULTI_RESULTS PLUGIN_AUTH PLUGIN_AUTH_LENENC_CLIENT_DATA DEPRECATE_EOF
CLIENT_FLAGS = 0x1 | 0x4 | 0x200 | 0x800 | 0x2000 | 0x8000 | 0x20000 | 0x40000 | 0x80000 | 0x200000 | 0x1000000
CONNECT_WITH_DB, CONNECT_ATTRS = 0x8, 0x100000

PASSWORD = "correct horse battery staple"
TOKEN = "db.example.com:3306/?Action=connect&DBUser=reader&X-Amz-Signature=" + "0" * 64
ATTRIBUTES = [["_client_name", "rds-bridge"], ["program_name", "x" * 300]]
OTHER_SCRAMBLE = b"abcdefghijklmnopqrst"
OK = b"\0\0\0\2\0\0\0"
DENIED = b"\xff\x15\x04#28000Access denied for user 'reader'@'10.0.0.7' (using password: YES)"


def packet(sequence_id, payload):
    return len(payload).to_bytes(3, "little") + bytes([sequence_id]) + payload


def lenenc(data):
    if len(data) < 251:
        return bytes([len(data)]) + data
    return b"\xfc" + len(data).to_bytes(2, "little") + data


def xor(one, other):
    return bytes(a ^ b for a, b in zip(one, other))


def sha1(data):
    return hashlib.sha1(data).digest()


def sha256(data):
    return hashlib.sha256(data).digest()


def native(password, scramble):
    password = password.encode()
    return xor(sha1(password), sha1(scramble + sha1(sha1(password)))) if password else b""


def caching_sha2(password, scramble):
    password = password.encode()
    return xor(sha256(password), sha256(sha256(sha256(password)) + scramble)) if password else b""


def exchange(name, auth, *events, outcome, database="iamtest", attributes=ATTRIBUTES, charset=255,
             greeting=GREETING, first=None, plugin="caching_sha2_password"):
    """An exchange. The events begin after the HandshakeResponse; without any event, it ends before TLS."""
    flags = CLIENT_FLAGS | (CONNECT_WITH_DB if database else 0) | (CONNECT_ATTRS if attributes else 0)
    head = flags.to_bytes(4, "little") + 0x40000000.to_bytes(4, "little") + bytes([charset]) + bytes(23)
    if first is None:
        first = b"" if "iam-token-text" in auth else caching_sha2(auth["password"], SCRAMBLE)
    response = head + b"reader\0" + lenenc(first)
    response += database.encode() + b"\0" if database else b""
    response += plugin.encode() + b"\0"
    if attributes:
        response += lenenc(b"".join(lenenc(text.encode()) for pair in attributes for text in pair))
    all_events = [{"server": packet(0, greeting).hex()}]
    if events:
        all_events += [{"start-tls": packet(1, head).hex()}, {"write": packet(2, response).hex()}]
    sequence_id = 3
    for kind, payload in events:
        if kind == "raw":
            all_events.append({"server": payload.hex()})
            continue
        all_events.append({kind: packet(sequence_id, payload).hex()})
        sequence_id += 1
    if isinstance(outcome, str) and outcome in PLUGINS:
        outcome = {"ready": {
            "server-version": "8.0.18", "connection-id": 25, "capabilities": flags,
            "character-set": charset, "status-flags": 2, "warnings": 0, "auth-plugin": outcome,
        }}
    config = {"db-user": "reader", "database": database,
              "connection-attributes": attributes, "character-set": charset}
    return {"name": name, "config": config, "auth": auth, "exchange": all_events, "outcome": outcome}


PLUGINS = ["mysql-clear-password", "caching-sha2-password", "mysql-native-password", "client-ed25519"]


def error(case, value=None):
    return {"error": case if value is None else {case: value}}


def with_flags(flags):
    return GREETING[:21] + (flags & 0xFFFF).to_bytes(2, "little") + GREETING[23:26] \
        + (flags >> 16).to_bytes(2, "little") + GREETING[28:]


def switch(plugin, data):
    return ("server", b"\xfe" + plugin.encode() + b"\0" + data)


def exchanges():
    password, token = {"password": PASSWORD}, {"iam-token-text": TOKEN}
    token_packet = ("write", TOKEN.encode() + b"\0")
    password_packet = ("write", PASSWORD.encode() + b"\0")
    ok, denied = ("server", OK), ("server", DENIED)
    denied_error = error("server-refused", {
        "code": 1045, "sql-state": "28000",
        "message": "Access denied for user 'reader'@'10.0.0.7' (using password: YES)"})
    native_answer = ("write", native(PASSWORD, OTHER_SCRAMBLE))
    clear = "mysql_clear_password"

    yield exchange("caching_sha2_password, fast", password, ("server", b"\1\3"), ok, outcome="caching-sha2-password")
    yield exchange("caching_sha2_password, both answers in one read", password,
                   ("raw", packet(3, b"\1\3") + packet(4, OK)), outcome="caching-sha2-password")
    yield exchange("caching_sha2_password, full", password, ("server", b"\1\4"), password_packet, ok,
                   outcome="caching-sha2-password")
    yield exchange("caching_sha2_password, full, wrong", password, ("server", b"\1\4"), password_packet, denied,
                   outcome=denied_error)
    yield exchange("caching_sha2_password after a switch", password,
                   switch("caching_sha2_password", OTHER_SCRAMBLE + b"\0"),
                   ("write", caching_sha2(PASSWORD, OTHER_SCRAMBLE)), ("server", b"\1\4"), password_packet, ok,
                   outcome="caching-sha2-password")
    yield exchange("no password, no database, no attributes", {"password": ""}, ok, database=None,
                   attributes=[], charset=45, outcome="caching-sha2-password")
    yield exchange("switch to mysql_native_password, 21 bytes", password,
                   switch("mysql_native_password", OTHER_SCRAMBLE + b"\0"), native_answer, ok,
                   outcome="mysql-native-password")
    yield exchange("switch to mysql_native_password, 20 bytes", password,
                   switch("mysql_native_password", OTHER_SCRAMBLE), native_answer, ok,
                   outcome="mysql-native-password")
    yield exchange("mysql_native_password is the server's default", password, ok,
                   greeting=GREETING.replace(b"caching_sha2_password", b"mysql_native_password"),
                   first=native(PASSWORD, SCRAMBLE), plugin="mysql_native_password",
                   outcome="mysql-native-password")
    yield exchange("the greeting's last NUL is missing", password, ("server", b"\1\3"), ok,
                   greeting=GREETING[:-1], outcome="caching-sha2-password")
    for data in (b"", b"\0", OTHER_SCRAMBLE + b"\0"):
        yield exchange(f"token, switch with {len(data)} bytes", token, switch(clear, data), token_packet, ok,
                       outcome="mysql-clear-password")
    yield exchange("token, switch without the NUL", token, ("server", b"\xfe" + clear.encode()), token_packet, ok,
                   outcome="mysql-clear-password")
    yield exchange("token, the server's default is mysql_clear_password", token, switch(clear, b""), token_packet,
                   ok, greeting=GREETING.replace(b"caching_sha2_password", clear.encode()),
                   plugin="mysql_native_password", outcome="mysql-clear-password")
    yield exchange("token, refused", token, switch(clear, b""), token_packet, denied, outcome=denied_error)
    yield exchange("token, accepted unasked", token, ok, outcome=error("token-not-requested"))
    yield exchange("token, asked for as caching_sha2_password", token,
                   switch("caching_sha2_password", OTHER_SCRAMBLE + b"\0"),
                   outcome=error("refused-auth-plugin", "caching-sha2-password"))
    yield exchange("token, asked for in full by AuthMoreData", token, ("server", b"\1\4"),
                   outcome=error("unexpected-packet", 1))
    yield exchange("token, asked for twice", token, switch(clear, b""), token_packet, switch(clear, b""),
                   outcome=error("repeated-auth-switch"))
    # Each alternative of an account has a challenge of its own. The last one accepts the password.
    other_challenge = OTHER_SCRAMBLE[::-1]
    yield exchange("password, two alternatives", password,
                   switch("mysql_native_password", OTHER_SCRAMBLE + b"\0"), native_answer,
                   switch("mysql_native_password", other_challenge + b"\0"),
                   ("write", native(PASSWORD, other_challenge)), ok, outcome="mysql-native-password")
    full = [switch("caching_sha2_password", OTHER_SCRAMBLE), ("write", caching_sha2(PASSWORD, OTHER_SCRAMBLE)),
            ("server", b"\1\4"), password_packet]
    yield exchange("password, in full for two alternatives", password, *full, *full, ok,
                   outcome="caching-sha2-password")
    yield exchange("password, an alternative in the clear", password,
                   switch("mysql_native_password", OTHER_SCRAMBLE), native_answer, switch(clear, b""),
                   outcome=error("refused-auth-plugin", "mysql-clear-password"))
    yield exchange("token, another method after it", token, switch(clear, b""), token_packet,
                   switch("mysql_native_password", OTHER_SCRAMBLE), outcome=error("repeated-auth-switch"))
    yield exchange("password, asked for in the clear", password, switch(clear, b""),
                   outcome=error("refused-auth-plugin", "mysql-clear-password"))
    yield exchange("password, asked for twice in full", password, ("server", b"\1\4"), password_packet,
                   ("server", b"\1\4"), outcome=error("unexpected-packet", 1))
    yield exchange("password, an RSA key is offered", password, ("server", b"\1-----BEGIN PUBLIC KEY-----"),
                   outcome=error("invalid-packet", {"packet": "auth-more-data", "field": "authentication method data"}))
    yield exchange("password, a scramble cut short", password, switch("mysql_native_password", b"abc\0"),
                   outcome=error("invalid-packet", {"packet": "auth-switch-request", "field": "plugin provided data"}))
    for plugin in ("sha256_password", "authentication_ldap_sasl_client", "auth_gssapi_client"):
        yield exchange(f"asks for {plugin}", password, switch(plugin, b""),
                       outcome=error("unsupported-auth-plugin", plugin))
    yield exchange("asks for mysql_old_password", password, ("server", b"\xfe"),
                   outcome=error("unsupported-auth-plugin", "mysql_old_password"))
    yield exchange("asks for another factor", token, switch(clear, b""), token_packet, ("server", b"\2webauthn\0"),
                   outcome=error("multi-factor-authentication"))
    yield exchange("a packet of another kind", password, ("server", b"\x20"), outcome=error("unexpected-packet", 0x20))
    yield exchange("a packet of nothing", password, ("server", b""),
                   outcome=error("invalid-packet", {"packet": "ok-packet", "field": "header"}))
    yield exchange("a sequence id of the past", password, ("raw", packet(2, OK)),
                   outcome=error("sequence-id-mismatch", {"expected": 3, "received": 2}))
    yield exchange("an error with a sequence id of its own", password, ("raw", packet(0, DENIED)), outcome=denied_error)
    yield exchange("a packet that claims 16 MiB", password, ("raw", b"\xff\xff\xff\x03"),
                   outcome=error("packet-too-large", {"length": 0xFFFFFF, "limit": 65536}))
    yield exchange("bytes after the last packet", password, ("raw", packet(3, b"\1\3") + packet(4, OK) + b"\0"),
                   outcome=error("bytes-after-ready"))
    yield exchange("no TLS", token, greeting=with_flags(SERVER_FLAGS & ~CLIENT_SSL), outcome=error("tls-not-offered"))
    yield exchange("no CLIENT_PLUGIN_AUTH", token, greeting=with_flags(SERVER_FLAGS & ~CLIENT_PLUGIN_AUTH),
                   outcome=error("missing-capability", "CLIENT_PLUGIN_AUTH"))
    yield exchange("protocol version 9", token, greeting=b"\x09" + GREETING[1:],
                   outcome=error("unsupported-protocol-version", 9))
    yield exchange("too many connections", token, greeting=b"\xff\x10\x04Too many connections",
                   outcome=error("server-refused-before-tls",
                                 {"code": 1040, "sql-state": None, "message": "Too many connections"}))
    injected = exchange("bytes before TLS", token, outcome=error("bytes-before-tls"))
    injected["exchange"][0]["server"] += packet(3, OK).hex()
    yield injected


if __name__ == "__main__":
    document = {"origin": __doc__.split("\n\n")[1].replace("\n", " "), "exchanges": list(exchanges())}
    (VECTORS / "mysql8.json").write_text(json.dumps(document, indent=1) + "\n")
