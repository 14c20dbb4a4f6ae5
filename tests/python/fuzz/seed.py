#!/usr/bin/env python3
"""Writes the seed corpora of the fuzz targets from the recorded vectors: tests/fuzz/corpus/<target>/<number>."""

import json
import pathlib

TESTS = pathlib.Path(__file__).resolve().parents[2]
VECTORS = TESTS / "vectors"
RESULTS = TESTS.parent / "host/formats/vectors/mariadb.json"

# The first byte of an input of server_handshake: see tests/exercise/src/server_handshake.rs.
TLS_REQUIRED = 0x01
AS_ANOTHER_SERVER = 0x08
CHANGE_OF_USER = 0x0C
FINISH, SWITCH_TO_SHA2, SWITCH_TO_CLEAR, MORE_DATA = 0x00, 0x10, 0x20, 0x30


def main():
    for target, seeds in (
        ("handshake", handshakes()),
        ("inspect", tokens()),
        ("result_set", replies()),
        ("server_handshake", clients()),
        ("verify", changes()),
    ):
        folder = TESTS / "fuzz/corpus" / target
        folder.mkdir(parents=True, exist_ok=True)
        for number, seed in enumerate(seeds):
            (folder / f"seed-{number:03}").write_bytes(seed)


def handshakes():
    """The choice of credentials, the length of the bytes before TLS, and all bytes of the server."""
    for file in sorted((VECTORS / "handshake").glob("*.json")):
        for case in json.loads(file.read_text())["exchanges"]:
            said = [bytes.fromhex(event["server"]) for event in case["exchange"] if "server" in event]
            choice = 0 if "iam-token-text" in case["auth"] else 1
            yield bytes([choice]) + len(said[0]).to_bytes(2, "little") + b"".join(said)


def clients():
    """The choice of the beginning and the decisions, the length of the bytes before TLS, and all bytes of the client.

    In the beginning as another server, that server's first packet is in the place of the bytes before TLS, and in a
    change of user the command.
    """
    for exchange in exchanges():
        said = packets(exchange, "write")
        if not said:
            continue
        decision = decisions(packets(exchange, "server")[1]) if said[1:] else FINISH
        request = packets(exchange, "start-tls")[0]
        yield client(TLS_REQUIRED | decision, request, said)
        yield client(AS_ANOTHER_SERVER | decision, packets(exchange, "server")[0], without_tls(said))
    scramble = bytes(range(20))
    change = b"\x11reader\0\x14" + scramble + b"iamtest\0\xFF\0mysql_native_password\0\x08\x03key\x03val"
    # After three answers, the client is accepted whatever the decisions are.
    answers = [b"\x14\0\0" + bytes([sequence_id]) + scramble for sequence_id in (2, 4, 6)]
    for decision in (FINISH, SWITCH_TO_SHA2, SWITCH_TO_CLEAR, MORE_DATA):
        yield client(CHANGE_OF_USER | decision, change, answers[:1])
        yield client(CHANGE_OF_USER | decision, change, answers)


def client(choice, first, said):
    return bytes([choice]) + len(first).to_bytes(2, "little") + first + b"".join(said)


def decisions(answer):
    """The decisions of a server that answered the client's response with this packet."""
    payload = answer[4:]
    if payload[0] != 0xFE:
        return MORE_DATA
    return SWITCH_TO_CLEAR if payload[1:].startswith(b"mysql_clear_password") else SWITCH_TO_SHA2


def without_tls(said):
    """The client's packets without an SSLRequest before them."""
    packets = [bytearray(packet) for packet in said]
    for packet in packets:
        packet[3] -= 1
    # CLIENT_SSL
    packets[0][5] &= ~0x08
    return packets


def exchanges():
    for file in sorted((VECTORS / "handshake").glob("*.json")):
        for case in json.loads(file.read_text())["exchanges"]:
            yield case["exchange"]


def packets(exchange, kind):
    return [bytes.fromhex(event[kind]) for event in exchange if kind in event]


def replies():
    """The negotiated capabilities, and all bytes of the server's reply to a command."""
    for reply in json.loads(RESULTS.read_text(encoding="utf-8"))["replies"]:
        choice = int(reply["protocol"] == "binary") | int(not reply["deprecate-eof"]) << 1
        yield bytes([choice]) + bytes.fromhex(reply["reply"])


def tokens():
    for vector in json.loads((VECTORS / "presign" / "vectors.json").read_text(encoding="utf-8"))["vectors"]:
        yield vector["token"].encode()


def changes():
    """Whole tokens, and changes of one: a position and a new byte."""
    yield from tokens()
    for place in range(0, 400, 7):
        yield place.to_bytes(2, "little") + b"%"


if __name__ == "__main__":
    main()
