"""Signature Version 4 for `rds-db:connect`, from the AWS documentation alone, to check other implementations.

Written for the tests from "Create a signed AWS API request" (IAM User Guide), with only the standard library. It shares
no code and no library with the component, which is written in Rust.
"""

import hashlib
import hmac
import time
from urllib.parse import quote


def presign(credentials, request, lifetime):
    """The steps, the token and its expiration, with the names of the contract."""
    host, port, user = request["host"].lower(), request["port"], request["db-user"]
    date = time.gmtime(lifetime["signed-at"])
    stamp = f"{date.tm_year:04}{date.tm_mon:02}{date.tm_mday:02}T{date.tm_hour:02}{date.tm_min:02}{date.tm_sec:02}Z"
    scope = f"{stamp[:8]}/{request['region']}/rds-db/aws4_request"
    parameters = [
        ("Action", "connect"),
        ("DBUser", user),
        ("X-Amz-Algorithm", "AWS4-HMAC-SHA256"),
        ("X-Amz-Credential", f"{credentials['access-key-id']}/{scope}"),
        ("X-Amz-Date", stamp),
        ("X-Amz-Expires", str(lifetime["expires-in-seconds"])),
        ("X-Amz-SignedHeaders", "host"),
    ]
    if credentials["session-token"] is not None:
        parameters.append(("X-Amz-Security-Token", credentials["session-token"]))
    canonical_request = "\n".join([
        "GET", "/", encode(sorted(parameters)), f"host:{host}:{port}", "", "host",
        hashlib.sha256(b"").hexdigest(),
    ])
    hashed = hashlib.sha256(canonical_request.encode()).hexdigest()
    string_to_sign = "\n".join(["AWS4-HMAC-SHA256", stamp, scope, hashed])
    key = ("AWS4" + credentials["secret-access-key"]).encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    signature = hmac.new(key, string_to_sign.encode(), hashlib.sha256).hexdigest()
    end = lifetime["signed-at"] + lifetime["expires-in-seconds"]
    return {
        "steps": {
            "canonical-request": canonical_request,
            "hashed-canonical-request": hashed,
            "credential-scope": scope,
            "string-to-sign": string_to_sign,
            "signature": signature,
        },
        "token": f"{host}:{port}/?{encode(parameters)}&X-Amz-Signature={signature}",
        "valid-until": end if credentials["expires-at"] is None else min(end, credentials["expires-at"]),
    }


def encode(parameters):
    return "&".join(f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}" for name, value in parameters)
