"""An application for Spin, which opens the address that Spin's example for MySQL has."""

import json

from spin_sdk import http, mysql
from spin_sdk.http import Request, Response
from spin_sdk.wit.imports.rdbms_types import (
    DbValue_Binary,
    DbValue_DbNull,
    DbValue_Int64,
    DbValue_Uint64,
    ParameterValue_DbNull,
    ParameterValue_Int32,
    ParameterValue_Str,
)
from spin_sdk.wit.types import Err

ADDRESS = "mysql://root:@127.0.0.1/spin_dev"


def plain(value):
    """A value as JSON has it: bytes in hexadecimal, integers of 64 bits as text."""
    if isinstance(value, DbValue_DbNull):
        return None
    if isinstance(value, DbValue_Binary):
        return bytes(value.value).hex()
    if isinstance(value, (DbValue_Int64, DbValue_Uint64)):
        return str(value.value)
    return value.value


def result(row_set):
    names = [column.name for column in row_set.columns]
    return {
        "types": {column.name: column.data_type.name.lower() for column in row_set.columns},
        "rows": [dict(zip(names, map(plain, row))) for row in row_set.rows],
    }


def rows():
    with mysql.open(ADDRESS) as db:
        return result(db.query("SELECT * FROM test", []))


def change():
    with mysql.open(ADDRESS) as db:
        db.execute(
            "INSERT INTO changed VALUES (?, ?, ?)",
            [ParameterValue_Int32(7), ParameterValue_Str("d'été"), ParameterValue_DbNull()],
        )
        return result(db.query("SELECT * FROM changed WHERE id = ?", [ParameterValue_Int32(7)]))


def query(address, statement):
    with mysql.open(address) as db:
        return result(db.query(statement, []))


PATHS = {
    "/rows": rows,
    "/change": change,
    "/other-address": lambda: query("mysql://root:@127.0.0.1:3307/spin_dev", "SELECT 1"),
    "/password": lambda: query("mysql://root:hunter2@127.0.0.1/spin_dev", "SELECT 1"),
    "/wrong-statement": lambda: query(ADDRESS, "SELECT * FROM missing"),
    "/denied": lambda: query(ADDRESS, "SELECT * FROM mysql.user"),
}


class IncomingHandler(http.IncomingHandler):
    def handle_request(self, request: Request) -> Response:
        try:
            answer = PATHS[request.uri]()
        except Err as err:
            answer = {"error": type(err.value).__name__.removeprefix("Error_"), "message": err.value.value}
        return Response(200, {"content-type": "application/json"}, json.dumps(answer).encode())
