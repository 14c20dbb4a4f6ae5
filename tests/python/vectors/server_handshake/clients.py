"""The commands that start real clients: each logs in, runs one statement and ends."""

import json
import os
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", HERE.parents[3] / "target"))
os.environ.setdefault("RDS_BRIDGE_NODE", str(TARGET / "node"))

USER, DATABASE, PASSWORD = "reader", "shop", "correct horse battery staple"


def mysql(port, tls, password, database, *options):
    mode = "REQUIRED" if tls else "DISABLED"
    return [str(TARGET / "mysql/bin/mysql"), *command_line(port, password, database), f"--ssl-mode={mode}", *options]


def mariadb(port, tls, password, database, *options):
    mode = ["--ssl", "--skip-ssl-verify-server-cert"] if tls else ["--skip-ssl"]
    return ["mariadb", *command_line(port, password, database), *mode, *options]


def command_line(port, password, database):
    return [
        "--no-defaults", "--protocol=TCP", "--host=127.0.0.1", f"--port={port}", f"--user={USER}",
        f"--password={password}", "--execute=DO 1", *([f"--database={database}"] if database else []),
    ]


def pymysql(port, tls, password, database, **more):
    settings = {"host": "127.0.0.1", "port": port, "user": USER, "password": password, "database": database,
                "tls": tls, "autocommit": None} | more
    return [sys.executable, str(HERE / "pymysql_client.py"), json.dumps(settings)]


def mysql2(port, tls, password, database, **more):
    settings = {"host": "127.0.0.1", "port": port, "user": USER, "password": password, "tls": tls} | more
    if database:
        settings["database"] = database
    return ["node", str(HERE / "mysql2_client.mjs"), json.dumps(settings)]
