#!/usr/bin/env python3
"""Records the answers of a real MariaDB to commands into mariadb.json: both protocols, with and without
CLIENT_DEPRECATE_EOF. It is run by hand to renew the recordings, and needs mariadbd and PyMySQL.
"""

import json
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time

import pymysql
from pymysql.constants import CLIENT, COMMAND

ROOT = pathlib.Path(__file__).resolve().parents[4]
VECTORS = ROOT / "host/formats/vectors"
DEPRECATE_EOF = 1 << 24

TYPES = [
    ("tinyint", "-128"), ("tinyint unsigned", "255"), ("smallint", "-32768"), ("mediumint", "8388607"),
    ("int(8) zerofill", "42"), ("bigint", "-9223372036854775808"), ("bigint unsigned", "18446744073709551615"),
    ("float", "-3.4e38"), ("double", "5e-324"), ("decimal(65,30)", "-0.1"), ("bit(1)", "1"), ("bit(64)", "~0"),
    ("date", "'2026-01-31'"), ("time(6)", "'-838:59:59.000001'"), ("datetime(3)", "'2026-01-31 23:59:58.125'"),
    ("timestamp null", "'2026-01-31 12:00:00'"), ("year", "2026"), ("char(5)", "'é漢😀'"),
    ("varchar(300)", "REPEAT('x', 300)"), ("text", "'a,\"b\"\\t\\r\\n\\0\\\\'"), ("varbinary(9)", "x'00ff80'"),
    ("blob", "''"), ("enum('one','zwei')", "'zwei'"), ("set('a','b')", "'a,b'"), ("json", "'{\"a\": [1, null]}'"),
    ("point", "POINT(1, -2)"), ("uuid", "'123e4567-e89b-12d3-a456-426655440000'"),
]
SETUP = [
    f"CREATE TABLE types ({', '.join(f'c{number} {kind}' for number, (kind, _) in enumerate(TYPES))})",
    f"INSERT INTO types VALUES ({', '.join(value for _, value in TYPES)})",
    "INSERT INTO types () VALUES ()",
    "CREATE TABLE zero (d date, t time, dt datetime(6), ts timestamp NULL, y year)",
    "INSERT INTO zero VALUES ('0000-00-00', '00:00:00', '0000-00-00', '0000-00-00', 0),"
    " ('2026-00-00', '-00:00:01', '2026-01-31', '2026-01-31 00:00:01', 1901)",
    "CREATE PROCEDURE results() BEGIN SELECT 1 AS a UNION SELECT 2; SELECT 'b' AS b; DO 1;"
    " SELECT NULL AS c FROM zero WHERE 0; END",
    "CREATE PROCEDURE fails() BEGIN SELECT 1 AS a;"
    " SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'enough'; END",
]
WIDE = "SELECT " + ", ".join("NULL" if number % 3 else f"{number} AS w{number}" for number in range(130))
# The statements, and whether they can be prepared.
STATEMENTS = [
    ("SELECT * FROM types", True),
    ("SELECT * FROM zero", True),
    ("SELECT seq, REPEAT('y', seq) FROM seq_1_to_30", True),
    ("SELECT 1 FROM zero WHERE 0", True),
    (WIDE, True),
    ("CALL results()", True),
    ("CALL fails()", True),
    ("INSERT INTO zero () VALUES ()", True),
    ("SELECT IF(seq = 3, (SELECT d FROM zero), seq) FROM seq_1_to_5", True),
    ("SELECT nothing", False),
    ("LOAD DATA LOCAL INFILE 'file' INTO TABLE zero", False),
]


def main():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="rds-bridge-record-"))
    server = None
    try:
        server, path = start(folder)
        replies = []
        for flag in (DEPRECATE_EOF, 0):
            for statement, can_be_prepared in STATEMENTS:
                for protocol in ("text", "binary") if can_be_prepared else ("text",):
                    reply = record(path, flag, protocol, statement)
                    replies.append({
                        "statement": statement, "protocol": protocol, "deprecate-eof": bool(flag),
                        "reply": reply.hex(),
                    })
        version = subprocess.run(["mariadbd", "--version"], capture_output=True, text=True).stdout
        version = version.split("Ver ")[1].split(" for")[0]
        origin = f"MariaDB {version}, recorded {time.strftime('%Y-%m-%d')} by record.py"
        document = {"origin": origin, "replies": replies}
        (VECTORS / "mariadb.json").write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n")
    finally:
        if server:
            server.kill()
            server.wait()
        shutil.rmtree(folder)


def start(folder):
    data, path = folder / "data", folder / "socket"
    subprocess.run(
        ["mariadb-install-db", "--no-defaults", f"--datadir={data}", "--user=root",
         "--auth-root-authentication-method=normal", "--skip-test-db"],
        check=True, capture_output=True,
    )
    server = subprocess.Popen(
        ["mariadbd", "--no-defaults", f"--datadir={data}", "--user=root", f"--socket={path}",
         "--skip-networking", "--local-infile=1", "--sql-mode="],
        stderr=open(folder / "log", "w"),
    )
    client = ["mariadb", "--no-defaults", f"--socket={path}", "--default-character-set=utf8mb4", "-uroot"]
    for _ in range(100):
        if subprocess.run([*client, "-e", "CREATE DATABASE iamtest"], capture_output=True).returncode == 0:
            break
        time.sleep(0.1)
    for statement in SETUP:
        script = f"DELIMITER //\n{statement}//\n"
        subprocess.run([*client, "iamtest"], input=script, check=True, text=True)
    return server, str(path)


def record(path, flag, protocol, statement):
    """All bytes of the server's reply to the command, including the packet headers."""
    flags = CLIENT.MULTI_RESULTS | CLIENT.PS_MULTI_RESULTS | CLIENT.LOCAL_FILES | flag
    connection = pymysql.connect(
        unix_socket=path, user="root", database="iamtest", charset="utf8mb4", client_flag=flags,
        local_infile=True,
    )
    stream = connection._sock
    if protocol == "text":
        send(stream, bytes([COMMAND.COM_QUERY]) + statement.encode())
        return all_of(stream)
    send(stream, bytes([COMMAND.COM_STMT_PREPARE]) + statement.encode())
    prepared = all_of(stream)
    assert prepared[4] == 0, prepared
    send(stream, bytes([COMMAND.COM_STMT_EXECUTE]) + prepared[5:9] + b"\0\1\0\0\0")
    return all_of(stream)


def send(stream, payload):
    stream.sendall(len(payload).to_bytes(3, "little") + b"\0" + payload)


def all_of(stream):
    """Reads until the server has been silent for 0.3 seconds."""
    stream.settimeout(0.3)
    said, has_refused = b"", False
    while True:
        try:
            piece = stream.recv(1 << 16)
        except socket.timeout:
            return said
        assert piece, "the server closed the connection"
        said += piece
        if said[4:5] == b"\xFB" and not has_refused:
            # The server requests a file. It receives an empty one.
            stream.sendall(b"\0\0\0\2")
            has_refused = True


if __name__ == "__main__":
    main()
