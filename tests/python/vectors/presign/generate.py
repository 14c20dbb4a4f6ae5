#!/usr/bin/env python3
"""Writes vectors.json: tokens with every step of their signature.

Needs botocore. Each vector is computed from the AWS documentation (sigv4.py). If botocore signs the same, the token is
equal to botocore's byte by byte; if not, the vector says why.
"""

import calendar
import json
import pathlib
import sys
import time

TESTS = pathlib.Path(__file__).resolve().parents[3]
VECTORS = TESTS / "vectors/presign"
sys.path.insert(0, str(TESTS / "python/portability"))
import botocore_tokens  # noqa: E402
import sigv4  # noqa: E402

HOST = "prod-instance.us-east-1.rds.amazonaws.com"
NOW = "2024-08-26T22:00:00Z"
JAVA = "AWS SDK for Java v2, DefaultRdsUtilitiesTest"
RUST = "AWS SDK for Rust, aws-inlineable/src/rds_auth_token.rs, signing_works"
BOTOCORE = "botocore"
# All characters of STS session tokens.
STS = "FwoGZX/+ab==0123456789IvYXdzEBrstuhcklmnopqyABCDHJKLMNOPQRSTUWVi"


def vector(name, host=HOST, port=3306, region="us-east-1", user="peccy", key="akid", secret="secret",
           session_token=None, expires_at=None, at=NOW, expires_in=900, origin=BOTOCORE, differs=None,
           signature=None):
    signed_at = at if isinstance(at, int) else calendar.timegm(time.strptime(at, "%Y-%m-%dT%H:%M:%SZ"))
    arguments = {
        "credentials": {"access-key-id": key, "secret-access-key": secret, "session-token": session_token,
                        "expires-at": expires_at},
        "request": {"host": host, "port": port, "region": region, "db-user": user},
        "lifetime": {"signed-at": signed_at, "expires-in-seconds": expires_in},
    }
    result = sigv4.presign(**arguments)
    theirs = botocore_tokens.token(arguments["credentials"], arguments["request"], signed_at)
    assert (theirs == result["token"]) == (differs is None), name
    assert signature in (None, result["steps"]["signature"]), name
    made = {"name": name, "origin": origin if differs is None else "the AWS documentation"}
    if differs:
        made["differs-from-botocore"] = differs
    return {**made, **arguments, **result}


def vectors():
    yield vector("the SDK for Java's", "host.us-east-1.amazonaws.com", user="mySQLUser", key="access_key",
                 secret="secret_key", at="2016-11-07T17:39:33Z", origin=JAVA,
                 signature="87ab58107ef49f1c311a412f98b7f976b0b5152ffb559f0d36c6c9a0c5e0e362")
    yield vector("the SDK for Rust's", origin=RUST,
                 signature="dd0cba843009474347af724090233265628ace491ea17ce3eb3da098b983ad89")
    yield vector("with a session token", session_token="FwoGZX/+ab==",
                 signature="babd4254b217063a11e31f141124d4752e762d5e46c6e01fd686a198792a5e16")
    yield vector("a user of many kinds of characters", user="a b+c&d~e*f'g/h@i%é",
                 signature="019440a4c7727f5d1b6da141c2bd38907a53a1b1b2882718d4e74d8c1cbeba83")

    visible = "".join(map(chr, range(0x20, 0x7F)))
    yield vector("a user of every visible ASCII character", user=visible)
    for user in ("ä", "名前", "🦀", "e\u0301", "%41", "a=b", "+", " ", "~", "u" * 128, "é" * 128):
        yield vector(f"the user {user:.12}", user=user)
    for length in (1, 2, 63, 64, 65, 350, 1000, 2048, 4095, 4096):
        yield vector(f"a session token of {length}", session_token=(STS * 64)[:length])

    yield vector("a mixed-case host", "MyDB.ABC123.us-east-1.RDS.amazonaws.com",
                 differs="botocore emits the host's letters as given; both sign the lower-case name")
    for port, differs in ((1, None), (80, None), (3307, None), (65535, None),
                          (443, "botocore leaves the port 443 out of what it signs; ours keeps every port")):
        yield vector(f"the port {port}", port=port, differs=differs)
    for host in ("localhost", "my_db", "a", ".".join(["a" * 63] * 3 + ["b" * 61])):
        yield vector(f"the host {host:.12}", host)

    for region, host in (
        ("cn-north-1", "mydb.abc123.rds.cn-north-1.amazonaws.com.cn"),
        ("cn-northwest-1", "mydb.abc123.rds.cn-northwest-1.amazonaws.com.cn"),
        ("us-gov-west-1", "mydb.abc123.us-gov-west-1.rds.amazonaws.com"),
        ("us-iso-east-1", "mydb.abc123.us-iso-east-1.rds.c2s.ic.gov"),
        ("eusc-de-east-1", "mydb.abc123.eusc-de-east-1.rds.amazonaws.eu"),
        ("ap-southeast-7", "my.cluster-ro-abc123.ap-southeast-7.rds.amazonaws.com"),
    ):
        yield vector(f"the region {region}", host, region=region)

    for at in ("1970-01-01T00:00:00Z", "1999-12-31T23:59:59Z", "2000-01-01T00:00:00Z", "2000-02-29T12:00:00Z",
               "2023-12-31T23:59:59Z", "2024-01-01T00:00:00Z", "2024-02-28T23:59:59Z", "2024-02-29T00:00:00Z",
               "2024-03-01T00:00:00Z", "2038-01-19T03:14:08Z", "2100-02-28T23:59:59Z", "2100-03-01T00:00:00Z",
               "9999-12-31T23:59:59Z"):
        yield vector(f"signed at {at}", at=at)

    for seconds in (1, 899):
        yield vector(f"an expiry of {seconds}", expires_in=seconds, differs="botocore signs for 900 seconds alone")
    signed_at = calendar.timegm(time.strptime(NOW, "%Y-%m-%dT%H:%M:%SZ"))
    for seconds in (1, 600, 900, 3600):
        yield vector(f"credentials that expire in {seconds} s", expires_at=signed_at + seconds)
    yield vector("the longest keys", key="A" * 128, secret="s" * 256)
    yield vector("a secret with every kind of character", secret="wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLE=%&'\"")
    yield vector("a key id with every kind of character", key="AKID+=&%~.-_'")


if __name__ == "__main__":
    document = {"origin": "generate.py, with botocore " + __import__("botocore").__version__,
                "vectors": list(vectors())}
    text = json.dumps(document, indent=1, ensure_ascii=False)
    (VECTORS / "vectors.json").write_text(text + "\n", encoding="utf-8")
    print(len(document["vectors"]), "vectors")
