#!/usr/bin/env python3
"""Composes composed.json: exchanges with clients of every kind, as the protocol documentation describes them.

All packets and results are made here, with nothing but the standard library, from "Connection Phase" and
"COM_CHANGE_USER" of the MySQL Source Code Documentation, "Connection" of MariaDB's protocol reference, and for the
errors and limits from wit/server-handshake.wit.
"""

import json
import pathlib

from beginnings import beginnings
from faults import faults
from logins import logins

TESTS = pathlib.Path(__file__).resolve().parents[3]
VECTORS = TESTS / "vectors/server_handshake"


def main():
    exchanges = [*logins(), *beginnings(), *faults()]
    names = [exchange["name"] for exchange in exchanges]
    assert len(names) == len(set(names)), "a name is used twice"
    document = {"origin": __doc__.split("\n\n")[1].replace("\n", " ").strip(), "exchanges": exchanges}
    (VECTORS / "composed.json").write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
