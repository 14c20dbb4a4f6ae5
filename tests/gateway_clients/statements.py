"""Puts statements that the server knows into the valid bodies that schemathesis generates, whose texts are random."""

import zlib

import schemathesis
from schemathesis.generation import GenerationMode

STATEMENTS = (
    "SELECT id, name, price FROM items ORDER BY id",
    "SELECT 1 AS a, 'ü😀' AS a, NULL AS nothing, x'00ff' AS bytes, 1.50 AS number, 2e0 AS ratio",
    "SELECT CAST('2026-01-31 23:59:58.123' AS DATETIME(3)) AS at, CAST('12:34:56' AS TIME) AS time",
    "SELECT name FROM items WHERE id = ?",
    "SELECT :a AS a, :b AS b",
    "INSERT INTO items (id, name, price) VALUES (?, 'eggs', 2)",
    "UPDATE items SET price = price WHERE id < 3",
    "SELECT * FROM missing",
    "SELECT 18446744073709551615 AS n, JSON_OBJECT('a', 1) AS object",
)


def known(text):
    """The same statement for the same random text."""
    return STATEMENTS[zlib.crc32(text.encode(errors="surrogatepass")) % len(STATEMENTS)]


@schemathesis.hook
def before_call(context, case, kwargs):
    if case.meta is None or case.meta.generation.mode != GenerationMode.POSITIVE or not isinstance(case.body, dict):
        return
    for statement in case.body.get("statements", [case.body]):
        # A named statement has no text.
        if "sql" in statement:
            statement["sql"] = known(statement["sql"])
