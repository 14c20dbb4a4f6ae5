"""Creates the zip for Lambda: the program as `bootstrap`, and optionally queries.json and access.toml.

    pack.py PROGRAM ZIP [--queries=QUERIES] [--access=ACCESS]

The zip is reproducible: times, owners and the order of the files are fixed. (Another version of zlib may compress
differently.) A zip of 6 MB or more is an error, and is not kept, because a cold start has to load it.
"""

import argparse
import json
import os
import sys
import zipfile

try:
    import tomllib
except ImportError:  # before Python 3.11
    tomllib = None

LIMIT = 6_000_000
# The earliest time that the format can represent.
TIME = (1980, 1, 1, 0, 0, 0)
UNIX = 3
FILE = 0o100000


def read_queries(path):
    """Reads the file, and checks that it is a JSON object that is not empty. The function checks the statements."""
    with open(path, "rb") as file:
        content = file.read()
    try:
        value = json.loads(content)
    except ValueError as error:
        raise ValueError(f"{path} is not JSON: {error}") from error
    if not isinstance(value, dict) or not value:
        raise ValueError(f'{path} must be a JSON object of named statements: {{"by_id": {{"sql": "SELECT … WHERE id = ?", "parameters": ["integer"]}}}}')
    return content


def read_access(path):
    """Reads the file, and checks that it is TOML with callers. The function, which refuses to start with a wrong setting,
    checks the rest. Before Python 3.11 it also checks the syntax."""
    with open(path, "rb") as file:
        content = file.read()
    try:
        text = content.decode("utf-8-sig")
        value = tomllib.loads(text) if tomllib else None
    except ValueError as error:
        raise ValueError(f"{path} is not TOML: {error}") from error
    if tomllib and not (isinstance(value.get("callers"), dict) and value["callers"]):
        raise ValueError(f"{path} must have callers: [callers.NAME] and [[callers.NAME.grants]]")
    return content


def add(archive, name, mode, content):
    entry = zipfile.ZipInfo(name, TIME)
    entry.create_system = UNIX
    entry.external_attr = (FILE | mode) << 16
    archive.writestr(entry, content, zipfile.ZIP_DEFLATED, 9)


def pack(program, path, queries=None, access=None):
    """Writes the zip, and returns its size in bytes."""
    with open(program, "rb") as file:
        entries = [("bootstrap", 0o755, file.read())]
    if queries:
        entries.append(("queries.json", 0o644, read_queries(queries)))
    if access:
        entries.append(("access.toml", 0o644, read_access(access)))
    part = f"{path}.part"
    try:
        with zipfile.ZipFile(part, "w") as archive:
            for entry in entries:
                add(archive, *entry)
        size = os.path.getsize(part)
        if size >= LIMIT:
            raise ValueError(f"the package has {size:,} bytes, but must have fewer than {LIMIT:,}")
        os.replace(part, path)
    finally:
        if os.path.exists(part):
            os.remove(part)
    return size


def main(arguments):
    parser = argparse.ArgumentParser(prog="pack.py", allow_abbrev=False)
    parser.add_argument("program")
    parser.add_argument("zip")
    parser.add_argument("--queries")
    parser.add_argument("--access")
    given = parser.parse_args(arguments)
    try:
        size = pack(given.program, given.zip, given.queries, given.access)
    except (OSError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"{given.zip}: {size:,} bytes", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
