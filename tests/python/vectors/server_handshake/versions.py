"""The versions of the real clients, for the recordings' origin."""

import importlib.metadata
import json
import os
import pathlib
import re
import subprocess

from clients import TARGET


def versions():
    mysql = version_of(str(TARGET / "mysql/bin/mysql"), r"Ver ([\d.]+)")
    mariadb = version_of("mariadb", r"([\d.]+)-MariaDB")
    package = pathlib.Path(os.environ["RDS_BRIDGE_NODE"]) / "node_modules/mysql2/package.json"
    mysql2 = json.loads(package.read_text(encoding="utf-8"))["version"]
    pymysql = importlib.metadata.version("PyMySQL")
    return f"mysql {mysql}, mariadb {mariadb}, PyMySQL {pymysql}, mysql2 {mysql2}"


def version_of(program, pattern):
    printed = subprocess.run([program, "--version"], check=True, capture_output=True, text=True).stdout
    return re.search(pattern, printed)[1]
