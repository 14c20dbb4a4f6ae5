"""Handshakes that do not begin with an identity: as another server, by a COM_CHANGE_USER, and not at all."""

from exchange import MARIADB, MYSQL, SCRAMBLE, Client, Exchange
from logins import ATTRIBUTES, NEW, OLD, OTHER_SCRAMBLE, PASSWORD, PROOF, SHA1, SHA256
from packets import (
    ALWAYS, CONNECT_ATTRS, LONG_PASSWORD, MULTI_STATEMENTS, NATIVE, NEVER, PLUGIN_AUTH_LENENC,
    SECURE_CONNECTION, SHA2, SSL, attributes, err_packet, initial_handshake, native, packet,
)


def beginnings():
    yield from as_another_server()
    yield from changes_of_user()
    yield from unreadable_changes()
    case = Exchange("a refusal in place of the first packet")
    yield case.refuses(1040, "08004", "Too many connections", sent_sql_state=False).document()
    case = Exchange("a refusal of the host in place of the first packet")
    yield case.finishes(b"\xff\x10\x04Too many connections").document()


def another_server(name, identity, flags, withheld=0, tls="none"):
    """The exchange with a server that presents itself as another one with these flags."""
    fields = [identity[field] for field in ("mariadb-capabilities", "character-set", "status-flags")]
    heading = identity["server-version"], identity["connection-id"]
    theirs = initial_handshake(*heading, SCRAMBLE[::-1], flags, *fields, plugin=NATIVE)
    begin = {"start-as": {"initial-handshake": packet(0, theirs).hex(), "withheld-capabilities": withheld,
                          "scramble": SCRAMBLE.hex(), "tls": tls}}
    case = Exchange(name, begin=begin)
    case.flags = (flags & ~withheld & ~NEVER & ~SSL) | ALWAYS | (0 if tls == "none" else SSL)
    case.mariadb = 0 if flags & LONG_PASSWORD else identity["mariadb-capabilities"]
    case.greeting = initial_handshake(*heading, SCRAMBLE, case.flags, case.mariadb, *fields[1:])
    return case


def as_another_server():
    client = Client(NEW, auth=PROOF)
    case = another_server("as a MySQL that offers everything", MYSQL, 0xFFFF_FFFF)
    yield case.greets().responds(client).verifies(SHA256, True).finishes().document()
    case = another_server("as a MySQL, withholding flags", MYSQL, 0xDFFF_FFFF, withheld=MULTI_STATEMENTS | 0x1)
    yield case.greets().responds(client).finishes().document()
    secure = Client(NEW & ~LONG_PASSWORD | SSL, auth=PROOF, mariadb=0x1C)
    case = another_server("as a MariaDB, with TLS", MARIADB, 0xFFFF_F7FE, tls="required")
    yield case.greets().starts_tls(secure.request).responds(secure).finishes().document()
    good = packet(0, initial_handshake("8.0.39", 7, SCRAMBLE, 0xFFFF_FFFF, 0, 255, 2))
    for name, theirs, field in (
        ("as a server that is cut short", good[:-1], "payload_length"),
        ("as a server with bytes after its packet", good + b"\0", "payload_length"),
        ("as a server that refuses", packet(0, err_packet(1040, None, "Too many connections")), "protocol version"),
        ("as a server whose version has a line feed", good.replace(b"8.0.39", b"8.0.3\n"), "server version"),
        ("as a server of a few bytes", packet(0, b"\x0a8.0\0\1\0\0"), "thread id"),
    ):
        begin = {"start-as": {"initial-handshake": theirs.hex(), "withheld-capabilities": 0,
                              "scramble": SCRAMBLE.hex(), "tls": "none"}}
        error = {"invalid-packet": {"packet": "initial-handshake", "field": field}}
        yield Exchange(name, begin=begin).document(error)


def change_of_user(name, command, flags, mariadb=0, scramble=SCRAMBLE, is_tls=False):
    begin = {"change-user": {"command": command.hex(), "capabilities": flags, "mariadb-capabilities": mariadb,
                             "scramble": scramble.hex(), "is-tls": is_tls}}
    case = Exchange(name, begin=begin)
    case.sequence_id, case.is_tls = 1, is_tls
    return case


def changed(flags, auth, database, charset=0, plugin=None, pairs=(), mariadb=0, is_tls=False):
    """What a server reads from the command."""
    return {"authenticate": {
        "user": "writer", "database": database, "capabilities": flags, "client-capabilities": flags,
        "mariadb-capabilities": mariadb, "max-packet-size": 0, "character-set": charset, "auth-plugin": plugin,
        "auth-response": auth.hex(),
        "connection-attributes": [{"name": name, "value": value} for name, value in pairs], "is-tls": is_tls,
    }}


def changes_of_user():
    proof = native(PASSWORD, SCRAMBLE)
    start = b"\x11writer\0\x14" + proof + b"shop\0"
    pairs = attributes([(name.encode(), value.encode()) for name, value in ATTRIBUTES])
    full = start + b"\x00\x01" + NATIVE.encode() + b"\0" + pairs
    case = change_of_user("a change of user", full, NEW).returns(
        {"receive": ""}, changed(NEW, proof, "shop", 256, NATIVE, ATTRIBUTES))
    yield case.verifies(SHA1, True).finishes().document()
    case = change_of_user("a change of user inside TLS, at MariaDB", full, NEW, mariadb=0x1D, is_tls=True).returns(
        {"receive": ""}, changed(NEW, proof, "shop", 256, NATIVE, ATTRIBUTES, 0x1D, True))
    yield case.verifies(SHA1, True).finishes().document()
    case = change_of_user("a change of user that ends after the database", start, NEW)
    case.returns({"receive": ""}, changed(NEW, proof, "shop"))
    yield case.verifies(SHA1, True).finishes().document()
    case = change_of_user("a change of user that ends after the collation", start + b"\x21\0", OLD)
    case.returns({"receive": ""}, changed(OLD, proof, "shop", 33)).verifies(SHA1, True)
    yield case.refuses(1044, "42000", "Access denied to database 'shop'").document()
    named = b"\x11writer\0\0\0\x2d\0" + SHA2.encode() + b"\0"
    flags = NEW & ~CONNECT_ATTRS & ~PLUGIN_AUTH_LENENC
    case = change_of_user("a change of user with a new scramble", named, flags)
    case.returns({"receive": ""}, changed(flags, b"", None, 45, SHA2))
    case.switches(NATIVE, OTHER_SCRAMBLE, b"\0").answers(native(PASSWORD, OTHER_SCRAMBLE))
    yield case.verifies(SHA1, True).finishes().document()
    flags = OLD & ~SECURE_CONNECTION
    case = change_of_user("a change of user whose response ends with a NUL", b"\x11writer\0abcdefgh\0shop\0", flags)
    case.returns({"receive": ""}, changed(flags, b"abcdefgh", "shop")).verifies(SHA1, False)
    yield case.refuses(1045, "28000", "Access denied").document()
    case = change_of_user("an answer with a wrong sequence id after a change of user", named, NEW & ~CONNECT_ATTRS)
    case.returns({"receive": ""}, changed(NEW & ~CONNECT_ATTRS, b"", None, 45, SHA2))
    case.switches(NATIVE, OTHER_SCRAMBLE, b"\0")
    mismatch = {"sequence-id-mismatch": {"expected": 2, "received": 0}}
    case.fails({"receive": packet(0, b"\x03SELECT 1").hex()}, mismatch)
    yield case.refuses(1156, "08S01", "Got packets out of order").document()


def unreadable_changes():
    for name, command, field in (
        ("another command in place of a change of user", b"\x0e", "command"),
        ("a change of user of no bytes", b"", "command"),
        ("a change of user without the NUL of the user", b"\x11writer", "user"),
        ("a change of user that ends after the user", b"\x11writer\0", "auth_response_length"),
        ("a change of user with a part of its response", b"\x11writer\0\x14abc", "auth_response"),
        ("a change of user to a name that is not UTF-8", b"\x11\xe9\0\0\0", "user"),
        ("a change to a database that is not UTF-8", b"\x11writer\0\0\xe9\0", "database"),
        ("a change of user with half a collation", b"\x11writer\0\0\0\x21", "character_set"),
        ("a change of user with a part of its attributes",
         b"\x11writer\0\0\0\x21\0x\0\x09\1k", "connection attributes"),
    ):
        error = {"invalid-packet": {"packet": "change-user", "field": field}}
        yield change_of_user(name, command, NEW).document(error)
    case = change_of_user("a change of user with a scramble that has a NUL", b"\x11u\0\0\0", NEW, scramble=bytes(20))
    yield case.document({"invalid-config": {"invalid": "scramble"}})
