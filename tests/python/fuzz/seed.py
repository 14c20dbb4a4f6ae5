#!/usr/bin/env python3
"""Writes the seed corpora of the fuzz targets from the recorded vectors: tests/fuzz/corpus/<target>/<number>."""

import json
import pathlib

TESTS = pathlib.Path(__file__).resolve().parents[2]
VECTORS = TESTS / "vectors"
RESULTS = TESTS.parent / "host/formats/vectors/mariadb.json"


def main():
    for target, seeds in (
        ("handshake", handshakes()),
        ("inspect", tokens()),
        ("result_set", replies()),
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
