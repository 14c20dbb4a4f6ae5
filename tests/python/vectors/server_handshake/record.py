#!/usr/bin/env python3
"""Records exchanges with real clients into clients.json, through the built component.

    record.py COMPONENT.wasm

Needs openssl, Wasmtime for Python, and the clients: `mysql` and mysql2 as `./just mysql node` installs them, `mariadb`,
and PyMySQL. It is run by hand to renew the recordings. Inside TLS, the plaintext is recorded.
"""

import json
import pathlib
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import time

TESTS = pathlib.Path(__file__).resolve().parents[3]
VECTORS = TESTS / "vectors/server_handshake"
sys.path.insert(0, str(TESTS / "python/portability"))
from cases import SCRAMBLE, cases  # noqa: E402
from component_host import Bridge  # noqa: E402
from recorder import Recorder  # noqa: E402
from versions import versions  # noqa: E402

TIMEOUT_SECONDS = 20
COM_QUIT, COM_CHANGE_USER = 0x01, 0x11
OK_REPLY = b"\x07\0\0\x01\0\0\0\x02\0\0\0"


def main(component):
    bridge = Bridge(component)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="rds-bridge-record-"))
    try:
        context = server_context(folder)
        exchanges = [exchange for case in cases() for exchange in record(bridge, case, context)]
    finally:
        shutil.rmtree(folder)
    origin = f"{versions()}, recorded {time.strftime('%Y-%m-%d')} by record.py"
    document = {"origin": origin, "exchanges": exchanges}
    (VECTORS / "clients.json").write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def server_context(folder):
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
               "-days", "1", "-subj", "/CN=localhost", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


def record(bridge, case, context):
    """The exchanges of one client: its login, and its change of user if it makes one."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(TIMEOUT_SECONDS)
        port = listener.getsockname()[1]
        command = case.client(port, case.tls, case.password, case.database, *case.options, **case.settings)
        client = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        stream, _ = listener.accept()
        stream.settimeout(TIMEOUT_SECONDS)
        begin = {"start": {"identity": case.identity, "scramble": SCRAMBLE.hex(), "tls": case.policy}}
        login = Recorder(bridge, case.name, begin, stream, context)
        if case.first:
            login.decide((case.first,))
        else:
            login.connect()
            login.decide(case.decisions)
        yield (exchange := login.exchange())
        if exchange["outcome"] == "accepted":
            yield from serve(bridge, case, login)
        login.stream.close()
    output, _ = client.communicate()
    check(case, client.returncode, output)


def serve(bridge, case, login):
    """Answers every command with an OK_Packet, and yields the exchange of a change of user."""
    while packet := login.read_packet():
        if packet[4] == COM_QUIT:
            return
        if packet[4] == COM_CHANGE_USER:
            yield change_of_user(bridge, case, login, packet[4:])
        else:
            login.stream.sendall(OK_REPLY)


def change_of_user(bridge, case, login, command):
    response = login.response
    begin = {"change-user": {
        "command": command.hex(), "capabilities": response["capabilities"],
        "mariadb-capabilities": response["mariadb-capabilities"], "scramble": SCRAMBLE.hex(),
        "is-tls": response["is-tls"],
    }}
    change = Recorder(bridge, case.name.replace("before a change", "a change"), begin, login.stream)
    change.connect()
    change.decide(case.change)
    return change.exchange()


def check(case, status, output):
    """The client understood what it was told."""
    kind, decided = (case.first or case.decisions[-1])
    if kind == "refuse":
        assert status != 0 and str(decided["code"]) in output, f"{case.name}: {status}, {output}"
    else:
        assert status == 0, f"{case.name}: {status}, {output}"


if __name__ == "__main__":
    main(*sys.argv[1:])
