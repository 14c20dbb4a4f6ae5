"""Logins of clients of every age, and the authentication methods."""

from exchange import MARIADB, MYSQL, OK, SCRAMBLE, Client, Exchange
from packets import (
    ALWAYS, CLEAR, CONNECT_ATTRS, CONNECT_WITH_DB, DEPRECATE_EOF, LONG_FLAG, LONG_PASSWORD, MULTI_RESULTS, NATIVE,
    PLUGIN_AUTH, PLUGIN_AUTH_LENENC, PROTOCOL_41, SECURE_CONNECTION, SHA2, SSL, TRANSACTIONS, attributes, caching_sha2,
    lenenc, native, sha1, sha256,
)

PASSWORD = b"correct horse battery staple"
SHA256 = {"sha256": sha256(sha256(PASSWORD))}
SHA1 = {"sha1": sha1(sha1(PASSWORD))}
OTHER_SCRAMBLE = b"0123456789ABCDEFGHIJ"
TOKEN = b"db.example.com:3306/?Action=connect&DBUser=reader&X-Amz-Signature=" + b"0" * 64

NEW = ALWAYS | LONG_PASSWORD | LONG_FLAG | TRANSACTIONS | MULTI_RESULTS | DEPRECATE_EOF
OLD = LONG_PASSWORD | LONG_FLAG | PROTOCOL_41 | TRANSACTIONS | SECURE_CONNECTION
ATTRIBUTES = (("_client_name", "composed"), ("empty", ""), ("program_name", "x" * 300))
PROOF = caching_sha2(PASSWORD, SCRAMBLE)


def logins():
    yield from by_caching_sha2_password()
    yield from by_other_methods()
    yield from of_old_clients()
    yield from with_each_field()
    yield from of_mariadb()


def by_caching_sha2_password():
    new = Client(NEW, auth=PROOF, pairs=ATTRIBUTES)
    case = Exchange("caching_sha2_password, fast").greets().responds(new).verifies(SHA256, True)
    yield case.sends_more(b"\3").finishes().document()
    wrong = Client(NEW, auth=caching_sha2(b"wrong", SCRAMBLE))
    case = Exchange("caching_sha2_password, wrong").greets().responds(wrong).verifies(SHA256, False)
    yield case.refuses(1045, "28000", "Access denied for user 'reader'").document()
    secure = Client(NEW | SSL, auth=PROOF)
    case = Exchange("caching_sha2_password, in full inside TLS", tls="required").greets().starts_tls(secure.request)
    case.responds(secure).sends_more(b"\4").returns({"receive": ""}, "read").answers(PASSWORD + b"\0")
    yield case.finishes().document()
    case = Exchange("caching_sha2_password, another scramble", tls="offered").greets().responds(new)
    case.switches(SHA2, OTHER_SCRAMBLE, b"\0").answers(caching_sha2(PASSWORD, OTHER_SCRAMBLE))
    yield case.verifies(SHA256, True).sends_more(b"\3").finishes().document()
    case = Exchange("an answer for the first scramble").greets().responds(new)
    case.switches(SHA2, OTHER_SCRAMBLE, b"\0").answers(PROOF).verifies(SHA256, False)
    yield case.refuses(1045, "28000", "Access denied").document()
    case = Exchange("no password").greets().responds(Client(NEW)).verifies({"sha256": sha256(sha256(b""))}, False)
    yield case.verifies({"sha1": sha1(sha1(b""))}, False).finishes().document()
    case = Exchange("a response of another length").greets().responds(Client(NEW, auth=PROOF + b"x"))
    yield case.verifies(SHA256, False).refuses(1045, "28000", "Access denied").document()


def by_other_methods():
    new, secure = Client(NEW, auth=PROOF), Client(NEW | SSL, auth=PROOF)
    case = Exchange("a switch to mysql_native_password").greets().responds(new)
    case.switches(NATIVE, OTHER_SCRAMBLE, b"\0").answers(native(PASSWORD, OTHER_SCRAMBLE))
    yield case.verifies(SHA1, True).verifies({"sha1": sha1(b"another")}, False).finishes().document()
    case = Exchange("two switches").greets().responds(new).switches(SHA2, OTHER_SCRAMBLE, b"\0").answers(b"")
    case.switches(NATIVE, OTHER_SCRAMBLE[::-1], b"\0").answers(native(PASSWORD, OTHER_SCRAMBLE[::-1]))
    yield case.verifies(SHA1, True).finishes().document()
    case = Exchange("a token by mysql_clear_password inside TLS", tls="required").greets().starts_tls(secure.request)
    yield case.responds(secure).switches(CLEAR, b"").answers(TOKEN + b"\0").finishes().document()
    first = Client(NEW | SSL, auth=TOKEN * 3 + b"\0", plugin=CLEAR)
    case = Exchange("mysql_clear_password at once, with a long response", tls="required").greets()
    yield case.starts_tls(first.request).responds(first).finishes().document()
    case = Exchange("a method that the component does not know").greets().responds(new)
    yield case.switches("dialog", b"\4Password: ").answers(PASSWORD + b"\0").finishes().document()
    case = Exchange("an empty answer").greets().responds(new).switches(NATIVE, OTHER_SCRAMBLE, b"\0").answers(b"")
    yield case.verifies(SHA1, False).refuses(1045, "28000", "Access denied").document()
    tracked = b"\0\0\0\2\x40\0\0\0\x09\1\7\6shop\0\0"
    yield Exchange("an OK_Packet with the session's state").greets().responds(new).finishes(tracked).document()
    denied = b"\xff\x15\x04#28000Access denied"
    yield Exchange("an ERR_Packet of the host").greets().responds(new).finishes(denied).document()


def of_old_clients():
    """Clients whose method is mysql_native_password, because they do not know plugins."""
    proof = native(PASSWORD, SCRAMBLE)
    for name, flags in (
        ("MySQL 4.1, without a database", OLD),
        ("MySQL 4.1", OLD | CONNECT_WITH_DB),
        ("connection attributes without CLIENT_PLUGIN_AUTH", OLD | CONNECT_WITH_DB | CONNECT_ATTRS),
        ("CLIENT_PLUGIN_AUTH_LENENC_CLIENT_DATA alone", OLD | PLUGIN_AUTH_LENENC),
    ):
        pairs = ATTRIBUTES if flags & CONNECT_ATTRS else ()
        old = Client(flags, auth=proof, charset=8, max_packet_size=0, pairs=pairs)
        yield Exchange(name).greets().responds(old).verifies(SHA1, True).finishes().document()
    old = Client(OLD | SSL | CONNECT_WITH_DB, auth=proof, charset=8)
    case = Exchange("MySQL 4.1 with TLS", tls="required").greets().starts_tls(old.request).responds(old)
    yield case.verifies(SHA1, True).finishes().document()
    nul = Client(OLD & ~SECURE_CONNECTION | CONNECT_WITH_DB, auth=b"12345678")
    case = Exchange("a response that ends with a NUL, without CLIENT_SECURE_CONNECTION").greets().responds(nul)
    yield case.verifies(SHA1, False).refuses(1045, "28000", "Access denied").document()
    without_plugins = {"missing-capability": "CLIENT_PLUGIN_AUTH"}
    for reply in ({"switch-plugin": {"plugin": SHA2, "data": OTHER_SCRAMBLE.hex()}}, {"more-data": "04"}):
        (kind,) = reply
        case = Exchange(f"{kind} for an old client").greets().responds(Client(OLD, auth=proof))
        case.fails({"reply": reply}, without_plugins)
        yield case.refuses(1251, "08004", "Client does not support authentication protocol").document()


def with_each_field():
    """Layouts of the response that differ in one field."""
    short = Client(NEW & ~PLUGIN_AUTH_LENENC, auth=PROOF, pairs=ATTRIBUTES)
    yield Exchange("a response with a length of one byte").greets().responds(short).finishes().document()
    without = Client(NEW & ~CONNECT_WITH_DB, auth=PROOF)
    yield Exchange("without CLIENT_CONNECT_WITH_DB").greets().responds(without).finishes().document()
    for name, changes in (
        ("an empty database", {"database": ""}),
        ("an empty name of the method", {"plugin": ""}),
        ("an empty user", {"user": ""}),
        ("names in UTF-8, with control characters", {"user": "r\u00e4der\n", "database": "\u5e97\t"}),
        ("no attributes with CLIENT_CONNECT_ATTRS", {"tail": b""}),
        ("attributes of no length", {"tail": b"\0"}),
        ("the largest numbers", {"charset": 255, "max_packet_size": 0xFFFF_FFFF}),
        ("no collation", {"charset": 0}),
    ):
        yield Exchange(name).greets().responds(Client(NEW, auth=PROOF, **changes)).finishes().document()
    without_nul = Client(NEW & ~CONNECT_ATTRS, auth=PROOF)
    without_nul.payload = without_nul.payload[:-1]
    yield Exchange("the name of the method without its NUL").greets().responds(without_nul).finishes().document()
    more = Client(NEW | 0xE000_00E0, auth=PROOF)
    yield Exchange("flags that were not advertised").greets().responds(more).finishes().document()
    pairs = [(b"a\xff", b"\xe9"), (b"", b"no name"), (b"nul", b"a\0b"), (b"n\0l", b"b"), (b"last", b"kept")]
    mixed = Client(NEW, auth=PROOF, pairs=(("a\ufffd", "\ufffd"), ("last", "kept")), tail=attributes(pairs))
    yield Exchange("attributes that are not text").greets().responds(mixed).finishes().document()
    rest = Client(NEW, auth=PROOF, pairs=ATTRIBUTES)
    rest.payload += b"\3more"
    yield Exchange("bytes after the attributes, in the packet").greets().responds(rest).finishes().document()
    zstd = Client(NEW | 0x0400_0000, auth=PROOF, tail=lenenc(lenenc(b"k") + lenenc(b"v")) + b"\3", pairs=(("k", "v"),))
    yield Exchange("a level of compression").greets().responds(zstd).finishes().document()


def of_mariadb():
    """The extended capabilities are those in force: that both sides set, if both are MariaDB."""
    flags = NEW & ~LONG_PASSWORD
    for name, identity, client in (
        ("MariaDB's extended capabilities", MARIADB, Client(flags, auth=PROOF, mariadb=0x3F, charset=45)),
        ("extended capabilities that the server lacks", MARIADB, Client(flags, auth=PROOF, mariadb=0xFFFF_FFE2)),
        ("MySQL's client at MariaDB", MARIADB, Client(NEW, auth=PROOF, mariadb=0x1D)),
        ("MariaDB's client at MySQL", MYSQL, Client(flags, auth=PROOF, mariadb=0x1D)),
        ("MySQL with extended capabilities", MYSQL | {"mariadb-capabilities": 0x1D}, Client(flags, mariadb=0x1D)),
    ):
        yield Exchange(name, identity=identity).greets().responds(client).finishes().document()
    client = Client(flags | SSL, auth=PROOF, mariadb=0x15, pairs=ATTRIBUTES)
    case = Exchange("extended capabilities inside TLS", identity=MARIADB, tls="offered").greets()
    yield case.starts_tls(client.request).responds(client).verifies(SHA256, True).finishes(OK).document()
