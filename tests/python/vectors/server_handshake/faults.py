"""Clients that are refused, clients that break the protocol, and hosts that break the contract."""

from exchange import MYSQL, OK, SCRAMBLE, Client, Exchange
from logins import NEW, OLD, OTHER_SCRAMBLE, PASSWORD, PROOF, SHA256
from packets import CLEAR, CONNECT_WITH_DB, NATIVE, PROTOCOL_41, SHA2, SSL, first_fields, packet

PLAIN, SECURE = Client(NEW, auth=PROOF), Client(NEW | SSL, auth=PROOF)
TOO_LARGE = 1153, "08S01", "Got a packet bigger than 'max_allowed_packet' bytes"
OUT_OF_ORDER = 1156, "08S01", "Got packets out of order"
BAD_HANDSHAKE = 1043, "08S01", "Bad handshake"
DENIED = 1045, "28000", "Access denied"


def faults():
    yield from about_tls()
    yield from unreadable_responses()
    yield from with_wrong_headers()
    yield from out_of_turn()
    yield from misuses()
    yield from invalid_arguments()


def about_tls():
    case = Exchange("a client without TLS, which is required", tls="required").greets()
    case.says_wrongly(PLAIN.payload, "tls-required")
    yield case.refuses(3159, "HY000", "Connections using insecure transport are prohibited").document()
    case = Exchange("a client that requests TLS, which is not offered").greets()
    yield case.says_wrongly(SECURE.request, "tls-not-offered").refuses(*BAD_HANDSHAKE).document()
    case = Exchange("the flag for TLS in a response, where TLS is not offered").greets()
    yield case.responds(SECURE).verifies(SHA256, True).finishes().document()
    for tls in ("offered", "required"):
        case = Exchange(f"the flag for TLS in a response, where TLS is {tls}", tls=tls).greets()
        error = {"invalid-packet": {"packet": "ssl-request", "field": "payload_length"}}
        yield case.says_wrongly(SECURE.payload, error).refuses(*BAD_HANDSHAKE).document()
    case = Exchange("a client without TLS, which is offered", tls="offered").greets().responds(PLAIN)
    yield case.verifies(SHA256, True).sends_more(b"\3").finishes().document()
    case = Exchange("a response without the flag for TLS, inside TLS", tls="required").greets()
    yield case.starts_tls(SECURE.request).responds(PLAIN).finishes().document()
    injected = packet(2, SECURE.payload)
    case = Exchange("bytes before TLS, with the request", tls="required").greets()
    yield case.says_wrongly(SECURE.request, "bytes-before-tls", after=injected).refuses(*BAD_HANDSHAKE).document()
    case = Exchange("bytes before TLS, after the request", tls="offered").greets().says(SECURE.request, "start-tls")
    case.fails({"receive": injected.hex()}, "bytes-before-tls")
    yield case.refuses(*BAD_HANDSHAKE).document()
    case = Exchange("a second request for TLS, inside TLS", tls="required").greets().starts_tls(SECURE.request)
    error = {"invalid-packet": {"packet": "handshake-response", "field": "username"}}
    yield case.says_wrongly(SECURE.request, error).refuses(*BAD_HANDSHAKE).document()


def unreadable_responses():
    head = first_fields(NEW)
    for name, payload, field in (
        ("no bytes", b"", "client_flag"),
        ("three bytes of flags", head[:3], "client_flag"),
        ("a part of the size", head[:7], "max_packet_size"),
        ("no collation", head[:8], "character_set"),
        ("a part of the filler", head[:20], "filler"),
        ("a part of the extended capabilities", head[:30], "filler"),
        ("a user without its NUL", head + b"reader", "username"),
        ("a user that is not UTF-8", head + b"r\xe4der\0\0\0\0\0", "username"),
        ("no response", head + b"reader\0", "auth_response"),
        ("a part of the response", head + b"reader\0\x14abc", "auth_response"),
        ("a length of NULL", head + b"reader\0\xfb", "auth_response"),
        ("a length of 2 to the 64th", head + b"reader\0\xfe" + b"\xff" * 8, "auth_response"),
        ("a database without its NUL", head + b"reader\0\0shop", "database"),
        ("a database that is not UTF-8", head + b"reader\0\0\xff\0", "database"),
        ("a part of the attributes", head + b"reader\0\0\0x\0\x09\1k", "connection attributes"),
        ("attributes longer than their total", head + b"reader\0\0\0x\0\3\1k\5value", "connection attributes"),
        ("a name of an attribute without its value", head + b"reader\0\0\0x\0\2\1k", "connection attributes"),
        ("attributes of 16 MiB", head + b"reader\0\0\0x\0\xfd\xff\xff\xff", "connection attributes"),
        ("no length of one byte", first_fields(OLD) + b"reader\0", "auth_response_length"),
        ("a database of an old client without its NUL",
         first_fields(OLD | CONNECT_WITH_DB) + b"reader\0\0shop", "database"),
    ):
        error = {"invalid-packet": {"packet": "handshake-response", "field": field}}
        case = Exchange(f"a response with {name}").greets().says_wrongly(payload, error)
        yield case.refuses(*BAD_HANDSHAKE).document()
    case = Exchange("a response with a user without its NUL, inside TLS", tls="required").greets()
    error = {"invalid-packet": {"packet": "handshake-response", "field": "username"}}
    case.starts_tls(SECURE.request).says_wrongly(SECURE.request + b"reader", error)
    yield case.refuses(*BAD_HANDSHAKE).document()
    case = Exchange("a client of the protocol before 4.1").greets()
    case.says_wrongly(b"\x85\xa4\x03\0\0\1reader\0", {"missing-capability": "CLIENT_PROTOCOL_41"})
    yield case.refuses(*BAD_HANDSHAKE, sent_sql_state=False).document()
    case = Exchange("no CLIENT_PROTOCOL_41, inside TLS", tls="required").greets().starts_tls(SECURE.request)
    payload = first_fields((NEW | SSL) & ~PROTOCOL_41) + b"reader\0\0"
    case.says_wrongly(payload, {"missing-capability": "CLIENT_PROTOCOL_41"})
    yield case.refuses(*BAD_HANDSHAKE, sent_sql_state=False).document()


def mismatch(expected, received):
    return {"sequence-id-mismatch": {"expected": expected, "received": received}}


def with_wrong_headers():
    """Garbage, wrong sequence ids, and lengths above the contract's limits. A header is enough for the error."""
    for name, said, received in (
        ("a request of HTTP", b"GET / HTTP/1.1\r\nHost: db.example.com\r\n\r\n", 0x20),
        ("a ClientHello of TLS without a request", b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03", 2),
        ("a response with the first sequence id", packet(0, PLAIN.payload), 0),
        ("a response with a later sequence id", packet(2, PLAIN.payload), 2),
    ):
        case = Exchange(name).greets().fails({"receive": said.hex()}, mismatch(1, received))
        yield case.refuses(*OUT_OF_ORDER).document()
    case = Exchange("a sequence id that begins anew inside TLS", tls="required").greets()
    case.starts_tls(SECURE.request).fails({"receive": packet(0, SECURE.payload).hex()}, mismatch(2, 0))
    yield case.refuses(*OUT_OF_ORDER).document()
    case = Exchange("an answer with a wrong sequence id").greets().responds(PLAIN)
    case.switches(NATIVE, OTHER_SCRAMBLE, b"\0").fails({"receive": packet(5, b"x").hex()}, mismatch(3, 5))
    yield case.refuses(*OUT_OF_ORDER).document()

    yield too_large(Exchange("a packet of 65,537 bytes").greets(), 65_537)
    yield too_large(Exchange("a packet of 16 MiB, where TLS is required", tls="required").greets(), 0xFFFFFF)
    inside = Exchange("a response of 131,073 bytes inside TLS", tls="required").greets().starts_tls(SECURE.request)
    yield too_large(inside, 131_073, 131_072)
    for plugin, data, end, limit in (
        (CLEAR, b"", b"", 524_288), (SHA2, OTHER_SCRAMBLE, b"\0", 65_536), ("dialog", b"", b"", 65_536),
    ):
        case = Exchange(f"too long an answer to {plugin}").greets().responds(PLAIN).switches(plugin, data, end)
        yield too_large(case, limit + 1, limit)
    case = Exchange("too long a password after perform_full_authentication").greets().responds(PLAIN)
    yield too_large(case.sends_more(b"\4"), 65_537)


def too_large(case, length, limit=65_536):
    header = length.to_bytes(3, "little") + bytes([case.sequence_id])
    case.fails({"receive": header.hex()}, {"packet-too-large": {"length": length, "limit": limit}})
    case.sequence_id += 1
    return case.refuses(*TOO_LARGE).document()


def out_of_turn():
    query = packet(0, b"\x03SELECT 1")
    case = Exchange("a command after the response, in the same read").greets()
    yield case.says_wrongly(PLAIN.payload, "bytes-out-of-turn", after=query).refuses(*OUT_OF_ORDER).document()
    case = Exchange("a command after the response, inside TLS", tls="required").greets().starts_tls(SECURE.request)
    yield case.says_wrongly(SECURE.payload, "bytes-out-of-turn", after=query).refuses(*OUT_OF_ORDER).document()
    case = Exchange("bytes while the host decides").greets().responds(PLAIN)
    yield case.fails({"receive": query.hex()}, "bytes-out-of-turn").refuses(*OUT_OF_ORDER).document()
    case = Exchange("bytes after an answer").greets().responds(PLAIN).switches(NATIVE, OTHER_SCRAMBLE, b"\0")
    yield case.says_wrongly(b"x" * 20, "bytes-out-of-turn", after=b"\0").refuses(*OUT_OF_ORDER).document()
    case = Exchange("a part of a packet after fast_auth_success").greets().responds(PLAIN).sends_more(b"\3")
    case.returns({"receive": "0900"}, "read").fails({"reply": {"finish": OK.hex()}}, "bytes-out-of-turn")
    yield case.refuses(*OUT_OF_ORDER).document()
    case = Exchange("a client that speaks first").fails({"receive": "00"}, "bytes-out-of-turn")
    yield case.refuses(*OUT_OF_ORDER, sent_sql_state=False).document()


def misuses():
    ok, verify = {"reply": {"finish": OK.hex()}}, {"verify": {"sha256": SHA256["sha256"].hex()}}
    more = {"reply": {"more-data": "03"}}
    case = Exchange("TLS that was not asked for", tls="offered").greets()
    yield case.fails({"tls-established": None}, {"misuse": "tls-not-asked-for"}).refuses(*DENIED).document()
    case = Exchange("no bytes before TLS is established", tls="offered").greets().says(SECURE.request, "start-tls")
    yield case.fails({"receive": ""}, {"misuse": "tls-not-established"}).refuses(*DENIED).document()
    case = Exchange("no bytes while the client waits").greets().responds(PLAIN)
    yield case.fails({"receive": ""}, {"misuse": "decision-awaited"}).refuses(*DENIED).document()
    for name, call in (("an OK_Packet", ok), ("an AuthMoreData", more), ("a verification", verify)):
        case = Exchange(f"{name} before the response").greets()
        yield case.fails(call, {"misuse": "response-awaited"}).refuses(*DENIED).document()
    for name, call in (("an OK_Packet", ok), ("an AuthMoreData", more), ("a verification", verify)):
        case = Exchange(f"{name} before the answer").greets().responds(PLAIN).switches(NATIVE, OTHER_SCRAMBLE, b"\0")
        yield case.fails(call, {"misuse": "answer-awaited"}).refuses(*DENIED).document()
    refuse = {"reply": {"refuse": {"code": 1045, "sql-state": "28000", "message": "Access denied"}}}
    for name, call in (("a second OK_Packet", ok), ("a refusal", refuse), ("a verification", verify),
                       ("bytes", {"receive": "00"}), ("TLS", {"tls-established": None})):
        case = Exchange(f"{name} after the last packet").greets().responds(PLAIN).finishes()
        yield case.fails(call, {"misuse": "already-finished"}).document()


def invalid_arguments():
    for name, identity, scramble, error in (
        ("an empty version", {"server-version": ""}, SCRAMBLE, {"empty": "server-version"}),
        ("a version of 256 bytes", {"server-version": "8" * 256}, SCRAMBLE, {"too-long": "server-version"}),
        ("a version with an escape", {"server-version": "8\x1b[31m"}, SCRAMBLE, {"invalid": "server-version"}),
        ("a scramble of 19 bytes", {}, SCRAMBLE[1:], {"invalid": "scramble"}),
        ("a scramble with a NUL", {}, SCRAMBLE[1:] + b"\0", {"invalid": "scramble"}),
    ):
        begin = {"start": {"identity": MYSQL | identity, "scramble": scramble.hex(), "tls": "none"}}
        yield Exchange(name, begin=begin).document({"invalid-config": error})
    for name, reply, error in (
        ("a switch to no method", {"switch-plugin": {"plugin": "", "data": ""}}, {"empty": "auth-plugin"}),
        ("a switch to a method of 256 bytes", {"switch-plugin": {"plugin": "p" * 256, "data": ""}},
         {"too-long": "auth-plugin"}),
        ("a switch to a method with a NUL", {"switch-plugin": {"plugin": "a\0", "data": ""}},
         {"invalid": "auth-plugin"}),
        ("a switch with a short scramble", {"switch-plugin": {"plugin": SHA2, "data": "616263"}},
         {"invalid": "scramble"}),
        ("a last packet of no bytes", {"finish": ""}, {"empty": "payload"}),
        ("a last packet of another kind", {"finish": "fe"}, {"invalid": "payload"}),
    ):
        case = Exchange(name).greets().responds(PLAIN).fails({"reply": reply}, {"invalid-config": error})
        yield case.refuses(*DENIED).document()
    case = Exchange("the answer to what an invalid reply did not ask for").greets().responds(PLAIN)
    case.fails({"reply": {"finish": ""}}, {"invalid-config": {"empty": "payload"}})
    case.fails({"receive": packet(3, PASSWORD).hex()}, {"invalid-config": {"empty": "payload"}})
    yield case.refuses(*DENIED).document()
