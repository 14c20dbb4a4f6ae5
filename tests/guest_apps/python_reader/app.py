"""A guest of rds:mysql@0.2.0, which reads rows one by one and column by column."""

import dataclasses
import json

import wit_world
from componentize_py_types import Err
from wit_world.imports import client, results, types

# With eleven rows: a batch whose validity bitmap has two bytes, and another batch.
AT_MOST = 9


def plain(value):
    """A value as JSON has it: bytes in hexadecimal, integers of 64 bits as text, the fields of a record as a list."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, int):
        return str(value)
    if dataclasses.is_dataclass(value):
        return fields(value)
    return value


def fields(record):
    listed = []
    for field in dataclasses.fields(record):
        value = getattr(record, field.name)
        listed += fields(value) if dataclasses.is_dataclass(value) else [value]
    return listed


def one_by_one(rows):
    read = []
    while batch := rows.next(AT_MOST):
        for row in batch:
            read.append([None if isinstance(it, types.Value_Null) else plain(it.value) for it in row])
    return read


def by_columns(rows):
    read = []
    while (batch := rows.next_columns(AT_MOST)).rows:
        arrays = [cells(array, batch.rows) for array in batch.arrays]
        read += [list(row) for row in zip(*arrays, strict=True)]
    return read


def cells(array, rows):
    match array.values:
        case results.Values_Null():
            values = [None] * rows
        case results.Values_Text(strings):
            values = [it.decode() for it in pieces(strings.offsets, strings.bytes)]
        case results.Values_Bytes(strings):
            values = pieces(strings.offsets, strings.bytes)
        case results.Values_Vector(vectors):
            values = pieces(vectors.offsets, vectors.entries)
        case numbers_or_times:
            values = numbers_or_times.value
    valid = array.validity
    is_null = [bool(valid) and not valid[row // 8] >> row % 8 & 1 for row in range(rows)]
    return [None if null else plain(value) for null, value in zip(is_null, values, strict=True)]


def pieces(offsets, entries):
    return [entries[begin:end] for begin, end in zip(offsets, offsets[1:])]


class WitWorld(wit_world.WitWorld):
    def read_rows(self, statement: str) -> str:
        try:
            connection = client.open("orders")
            with connection.query(statement, []) as rows:
                read = one_by_one(rows)
            with connection.query(statement, []) as rows:
                return json.dumps({"rows": read, "columns": by_columns(rows)})
        except Err as error:
            return json.dumps({"error": type(error.value).__name__})
