#!/usr/bin/env python3
"""Records exchanges with a real MariaDB into mariadb.json, through the built component.

    record.py COMPONENT.wasm

Needs mariadbd, openssl and Wasmtime for Python. It is run by hand to renew the recordings. MariaDB has no
AWSAuthenticationPlugin: its `pam` plugin takes its place, which also asks for `mysql_clear_password`, with a PAM
service that accepts every user.
"""

import json
import os
import pathlib
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import time

TESTS = pathlib.Path(__file__).resolve().parents[3]
VECTORS = TESTS / "vectors/handshake"
sys.path.insert(0, str(TESTS / "python/portability"))
from component_host import Bridge, Refused  # noqa: E402

ATTRIBUTES = [["_client_name", "rds-bridge"], ["program_name", "record"]]
PASSWORD = "correct horse battery staple"
IAM_TOKEN = (
    "db.example.com:3306/?Action=connect&DBUser=iam&X-Amz-Algorithm=AWS4-HMAC-SHA256"
    "&X-Amz-Credential=AKIDEXAMPLE%2F20240826%2Fus-east-1%2Frds-db%2Faws4_request"
    "&X-Amz-Date=20240826T220000Z&X-Amz-Expires=900&X-Amz-SignedHeaders=host&X-Amz-Signature=" + "0" * 64
)
SETUP = f"""
DELETE FROM mysql.global_priv WHERE user = '';
CREATE DATABASE iamtest;
CREATE USER native@'%' IDENTIFIED VIA mysql_native_password USING PASSWORD('{PASSWORD}') REQUIRE SSL;
CREATE USER nopassword@'%' REQUIRE SSL;
CREATE USER ed@'%' IDENTIFIED VIA ed25519 USING PASSWORD('{PASSWORD}') REQUIRE SSL;
CREATE USER either@'%' IDENTIFIED VIA ed25519 USING PASSWORD('another')
    OR mysql_native_password USING PASSWORD('{PASSWORD}') REQUIRE SSL;
CREATE USER iam@'%' IDENTIFIED VIA pam USING 'rds-bridge-recording' REQUIRE SSL;
GRANT ALL ON iamtest.* TO native@'%', ed@'%', either@'%', iam@'%', nopassword@'%';
FLUSH PRIVILEGES;
"""
CASES = [
    ("native password", "native", {"password": PASSWORD}, "iamtest"),
    ("native password, wrong", "native", {"password": "wrong"}, None),
    ("no password", "nopassword", {"password": ""}, None),
    ("ed25519", "ed", {"password": PASSWORD}, "iamtest"),
    ("ed25519 or native password, by the second", "either", {"password": PASSWORD}, "iamtest"),
    ("token for mysql_clear_password", "iam", {"iam-token-text": IAM_TOKEN}, "iamtest"),
    ("token for a native account", "native", {"iam-token-text": IAM_TOKEN}, None),
    ("token for an ed25519 account", "ed", {"iam-token-text": IAM_TOKEN}, None),
    ("token for an account without a password", "nopassword", {"iam-token-text": IAM_TOKEN}, None),
    ("password for mysql_clear_password", "iam", {"password": PASSWORD}, None),
    ("database that is not there", "native", {"password": PASSWORD}, "nowhere"),
]


def main(component):
    pam = pathlib.Path("/etc/pam.d/rds-bridge-recording")
    pam.write_text("auth required pam_permit.so\naccount required pam_permit.so\n")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="rds-bridge-record-"))
    server = None
    try:
        server, port, version = start(folder)
        recordings = []
        for name, user, auth, database in CASES:
            config = {
                "db-user": user,
                "database": database,
                "connection-attributes": ATTRIBUTES,
                "character-set": 45,
            }
            recordings.append({"name": name, **record(component, port, folder, config, auth)})
        origin = f"{version}, recorded {time.strftime('%Y-%m-%d')} by record.py"
        document = {"origin": origin, "exchanges": recordings}
        (VECTORS / "mariadb.json").write_text(json.dumps(document, indent=1) + "\n")
    finally:
        if server:
            server.kill()
            server.wait()
        pam.unlink()
        shutil.rmtree(folder)


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True)


def start(folder):
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    run(
        "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
        "-days", "1", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
        "-keyout", str(key), "-out", str(certificate),
    )
    data, unix = folder / "data", folder / "socket"
    run("mariadb-install-db", "--no-defaults", f"--datadir={data}", "--user=root",
        "--auth-root-authentication-method=normal", "--skip-test-db")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        ["mariadbd", "--no-defaults", f"--datadir={data}", "--user=root", f"--socket={unix}",
         f"--port={port}", "--bind-address=127.0.0.1", f"--ssl-cert={certificate}", f"--ssl-key={key}",
         "--plugin-load-add=auth_ed25519", "--plugin-load-add=auth_pam_v1",
         "--pam-use-cleartext-plugin=ON"],
        stderr=open(folder / "log", "w"),
    )
    client = ["mariadb", "--no-defaults", f"--socket={unix}", "-uroot", "-N"]
    for _ in range(100):
        if subprocess.run([*client, "-e", "SELECT 1"], capture_output=True).returncode == 0:
            break
        time.sleep(0.1)
    subprocess.run(client, input=SETUP, check=True, text=True)
    version = run("mariadbd", "--version").stdout.split("Ver ")[1].split(" for")[0]
    return server, port, f"MariaDB {version}"


def record(component, port, folder, config, auth):
    """Runs one handshake and records what passes between the two sides, before and inside TLS."""
    exchange = []
    stream = socket.create_connection(("127.0.0.1", port), timeout=10)
    handshake = Bridge(component).start_handshake(config)
    try:
        step = handshake.receive(b"")
        while True:
            if step == "read":
                data = stream.recv(65536)
                assert data, "the server closed the connection"
                exchange.append({"server": data.hex()})
                step = handshake.receive(data)
            elif "write" in step:
                exchange.append(step)
                stream.sendall(bytes.fromhex(step["write"]))
                step = handshake.receive(b"")
            elif "start-tls" in step:
                exchange.append(step)
                stream.sendall(bytes.fromhex(step["start-tls"]))
                context = ssl.create_default_context(cafile=folder / "certificate.pem")
                stream = context.wrap_socket(stream, server_hostname="localhost")
                step = handshake.tls_established(auth)
            else:
                return {"config": config, "auth": auth, "exchange": exchange, "outcome": step}
    except Refused as refused:
        return {"config": config, "auth": auth, "exchange": exchange, "outcome": {"error": refused.error}}
    finally:
        stream.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
