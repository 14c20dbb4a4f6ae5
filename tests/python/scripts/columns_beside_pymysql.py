"""Compares the values that pyarrow and DuckDB read from files with those that PyMySQL reads from the server over a
connection of its own, type by type and value by value.

Takes a JSON object: port, ca, password, sql, types (the Arrow type of each column), files (each with a path and a
format).
"""

import datetime
import decimal
import json
import re
import sys

import duckdb
import pyarrow as pa
import pyarrow.parquet
import pymysql
from pymysql.converters import conversions

# Values as the server sent them. The converters by column type would turn them into Python's types.
UNCONVERTED = {key: value for key, value in conversions.items() if not isinstance(key, int)}

TIME = re.compile(r"(-?)(\d+):(\d\d):(\d\d)(?:\.(\d+))?")


def microseconds(text):
    sign, hours, minutes, seconds, fraction = TIME.fullmatch(text).groups()
    whole = (int(hours) * 60 + int(minutes)) * 60 + int(seconds)
    total = whole * 1_000_000 + int((fraction or "").ljust(6, "0"))
    return -total if sign else total


def moment(text):
    day, clock = text.split(" ")
    return datetime.datetime.fromisoformat(day) + datetime.timedelta(microseconds=microseconds(clock))


def expected(value, arrow_type):
    """The value that pyarrow should return for the value that the server sent."""
    if value is None or pa.types.is_null(arrow_type):
        return None
    if arrow_type == pa.uint64() and isinstance(value, bytes):
        return int.from_bytes(value, "big")
    if pa.types.is_integer(arrow_type):
        return int(value)
    if pa.types.is_floating(arrow_type):
        return float(value)
    if pa.types.is_decimal(arrow_type):
        return decimal.Decimal(value)
    if pa.types.is_date(arrow_type):
        return datetime.date.fromisoformat(value)
    if pa.types.is_timestamp(arrow_type):
        return moment(value)
    if pa.types.is_duration(arrow_type):
        return datetime.timedelta(microseconds=microseconds(value))
    return value


def same(ours, theirs, arrow_type):
    if arrow_type == pa.float32() and ours is not None and theirs is not None:
        # The text protocol returns six significant digits of a FLOAT.
        return abs(ours - theirs) <= abs(theirs) * 1e-5
    if pa.types.is_decimal(arrow_type) and ours is not None:
        # 1.0 and 1.00 are equal in Python, but have different digits.
        return str(ours) == str(theirs) or (ours == theirs and ours.as_tuple()[2] == theirs.as_tuple()[2])
    return type(ours) is type(theirs) and ours == theirs


def by_duckdb(value, arrow_type):
    """DuckDB's form of a value of pyarrow. DuckDB's decimals have at most 38 digits, and it ignores the Arrow schema
    in a Parquet file."""
    if value is None:
        return None
    if arrow_type == pa.duration("us"):
        return value // datetime.timedelta(microseconds=1)
    if pa.types.is_decimal256(arrow_type):
        return float(value)
    return value


def read(path, file_format):
    if file_format == "parquet":
        return pyarrow.parquet.read_table(path)
    if file_format == "arrow":
        return pa.ipc.open_file(path).read_all()
    return pa.ipc.open_stream(path).read_all()


def server_rows(asked):
    connection = pymysql.connect(
        host="localhost", port=asked["port"], user="password-user", password=asked["password"],
        database="iamtest", charset="utf8mb4", ssl={"ca": asked["ca"]}, conv=UNCONVERTED,
    )
    with connection, connection.cursor() as cursor:
        cursor.execute(asked["sql"])
        return cursor.fetchall()


def compare(table, rows, asked, path):
    types = [str(field.type) for field in table.schema]
    assert types == asked["types"], f"{path}: {types}"
    table.validate(full=True)
    assert table.num_rows == len(rows), f"{path}: {table.num_rows} rows, and {len(rows)}"
    for index, field in enumerate(table.schema):
        for number, ours in enumerate(table.column(index).to_pylist()):
            theirs = expected(rows[number][index], field.type)
            assert same(ours, theirs, field.type), f"{path}, {field}, row {number}: {ours!r} and {theirs!r}"


def compare_duckdb(table, path):
    relation = duckdb.sql("SELECT * FROM read_parquet($path)", params={"path": path})
    rows = relation.fetchall()
    assert len(rows) == table.num_rows, path
    for index, field in enumerate(table.schema):
        ours = [by_duckdb(value, field.type) for value in table.column(index).to_pylist()]
        theirs = [row[index] for row in rows]
        assert ours == theirs, f"{path}, {field}: {ours!r} and {theirs!r}"


asked = json.loads(sys.argv[1])
rows = server_rows(asked)
for path, file_format in asked["files"]:
    table = read(path, file_format)
    compare(table, rows, asked, path)
    if file_format == "parquet":
        compare_duckdb(table, path)
