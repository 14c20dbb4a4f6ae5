#!/usr/bin/env python3
"""Verifies a token with botocore: an independent implementation for the servers of tests.

    verify_with_botocore.py SETTINGS.json USER < TOKEN

Signs again for the second that the token names, with the credentials that the server expects, and compares the two.
Exit code 0 means that they are equal and that the token is valid now. Otherwise the exit code is 1, and the reason is
on standard error, without the token.
"""

import datetime
import json
import pathlib
import sys
import time
from urllib.parse import parse_qs

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "portability"))
import botocore_tokens  # noqa: E402

GOOD_FOR_SECONDS = 900
EARLY_BY_SECONDS = 300


def main(settings_file, user):
    settings = json.loads(pathlib.Path(settings_file).read_text())
    token = sys.stdin.read()
    try:
        date = parse_qs(token.partition("?")[2])["X-Amz-Date"][0]
        parsed = datetime.datetime.strptime(date, "%Y%m%dT%H%M%SZ")
    except (KeyError, ValueError):
        return "not a token"
    signed_at = int(parsed.replace(tzinfo=datetime.timezone.utc).timestamp())
    now = time.time() + (settings.get("clock_offset_seconds") or 0)
    if not signed_at - EARLY_BY_SECONDS <= now < signed_at + GOOD_FOR_SECONDS:
        return f"signed at {date}, and not good now"
    expected = botocore_tokens.token(
        {
            "access-key-id": settings["access_key_id"],
            "secret-access-key": settings["secret_access_key"],
            "session-token": settings.get("session_token"),
        },
        {"host": settings["host"], "port": settings["port"], "region": settings["region"], "db-user": user},
        signed_at,
    )
    return None if token == expected else "botocore signs another token"


if __name__ == "__main__":
    reason = main(*sys.argv[1:])
    if reason:
        sys.exit(f"[botocore] refused: {reason}")
