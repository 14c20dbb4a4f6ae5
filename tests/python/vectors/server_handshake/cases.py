"""What each real client is told by the host. The decisions follow the client's response, in their order."""

import dataclasses
import hashlib
from collections.abc import Callable

import clients
from clients import DATABASE, PASSWORD

MYSQL = {
    "server-version": "8.0.39", "connection-id": 25, "capabilities": 0x0193_6007, "mariadb-capabilities": 0,
    "character-set": 255, "status-flags": 2,
}
MARIADB = MYSQL | {
    "server-version": "5.5.5-10.11.6-MariaDB", "capabilities": 0x0193_6006, "mariadb-capabilities": 0x1D,
    "character-set": 45,
}
SCRAMBLE, OTHER_SCRAMBLE = b"j7Kd_2mQ*x9Lw!4vRt#8", b"G5p@b1Zs^c6Nf&3yHu%0"
OK = ("finish", "00000002000000")


def twice(name, password):
    return hashlib.new(name, hashlib.new(name, password.encode()).digest()).hexdigest()


SHA256, SHA1 = {"sha256": twice("sha256", PASSWORD)}, {"sha1": twice("sha1", PASSWORD)}
NATIVE = ("switch-plugin", {"plugin": "mysql_native_password", "data": OTHER_SCRAMBLE.hex()})
SHA2 = ("switch-plugin", {"plugin": "caching_sha2_password", "data": OTHER_SCRAMBLE.hex()})
CLEAR = ("switch-plugin", {"plugin": "mysql_clear_password", "data": ""})
FAST, FULL = ("more-data", "03"), ("more-data", "04")
ANSWERS_PASSWORD = ("answer", (PASSWORD + "\0").encode().hex())
# The request for a public key, which the component does not have.
ANSWERS_KEY = ("answer", "02")


def refusal(code, sql_state, message):
    return "refuse", {"code": code, "sql-state": sql_state, "message": message}


DENIED = refusal(1045, "28000", "Access denied for user 'reader' (using password: YES)")
NO_DATABASE = refusal(1049, "42000", "Unknown database 'shop'")
TLS_REQUIRED = refusal(3159, "HY000", "Connections using insecure transport are prohibited")
TOO_MANY = refusal(1040, "08004", "Too many connections")


@dataclasses.dataclass
class Case:
    """A client, and what it meets. Without decisions, the handshake fails before the client's response."""

    name: str
    client: Callable
    decisions: tuple
    tls: bool = False
    policy: str = "offered"
    identity: dict = dataclasses.field(default_factory=lambda: MYSQL)
    password: str = PASSWORD
    database: str | None = DATABASE
    options: tuple = ()
    settings: dict = dataclasses.field(default_factory=dict)
    first: tuple | None = None
    change: tuple = ()


def cases():
    for name, client in (("mysql", clients.mysql), ("mariadb", clients.mariadb), ("PyMySQL", clients.pymysql),
                         ("mysql2", clients.mysql2)):
        for tls in (False, True):
            yield from logins(f"{name} {'with TLS' if tls else 'in plaintext'}", client, tls)
        yield Case(f"{name} in plaintext, where TLS is required", client, (TLS_REQUIRED,), policy="required")
        yield Case(f"{name} in place of the first packet", client, (), first=TOO_MANY)
    yield from of_one_client()


def logins(name, client, tls):
    """What every client is told."""
    policy = "required" if tls else "none"
    common = {"client": client, "tls": tls, "policy": policy}
    verified, wrong = ("verify", (SHA256, True)), ("verify", (SHA256, False))
    yield Case(f"{name}, fast", decisions=(verified, FAST, OK), **common)
    yield Case(f"{name}, another scramble", decisions=(SHA2, verified, FAST, OK), **common)
    yield Case(f"{name}, a wrong password", decisions=(wrong, DENIED), password="wrong", **common)
    yield Case(f"{name}, no password and no database", decisions=(wrong, OK), password="", database=None, **common)
    yield Case(f"{name}, at MariaDB", decisions=(verified, FAST, OK), identity=MARIADB, **common)
    yield Case(f"{name}, an unknown database", decisions=(verified, FAST, NO_DATABASE), **common)
    if tls:
        yield Case(f"{name}, in full", decisions=(FULL, ANSWERS_PASSWORD, OK), **common)
        cleartext = {
            clients.mysql: {"options": ("--enable-cleartext-plugin",)},
            clients.mysql2: {"settings": {"enableCleartextPlugin": True}},
        }.get(client, {})
        yield Case(f"{name}, mysql_clear_password", decisions=(CLEAR, ANSWERS_PASSWORD, OK), **common, **cleartext)
    # The client of MySQL 9 does not have this method.
    if client is not clients.mysql:
        decisions = (NATIVE, ("verify", (SHA1, True)), OK)
        yield Case(f"{name}, mysql_native_password", decisions=decisions, **common)


def of_one_client():
    key = (FULL, ANSWERS_KEY, DENIED)
    yield Case("mysql in plaintext, asks for the public key", clients.mysql, key, options=("--get-server-public-key",))
    yield Case("PyMySQL in plaintext, asks for the public key", clients.pymysql, key)
    yield Case("mysql2 in plaintext, asks for the public key", clients.mysql2, key)
    change = {"changeUser": {"user": "writer", "password": PASSWORD, "database": "stock"}}
    for tls in (False, True):
        yield Case(f"mysql2 {'with TLS' if tls else 'in plaintext'}, before a change of user", clients.mysql2,
                   (("verify", (SHA256, True)), FAST, OK), tls=tls, settings=change,
                   change=(("verify", (SHA1, True)), OK))
