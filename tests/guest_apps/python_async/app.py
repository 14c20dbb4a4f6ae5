"""An application for Spin with asynchronous functions. It answers the same paths as ../python."""

import json

from componentize_py_types import Err
from spin_sdk import http, mysql, util
from spin_sdk.http import Request, Response
from spin_sdk.wit.imports.spin_mysql_mysql_3_0_0 import (
    DbValue_Binary,
    DbValue_DbNull,
    DbValue_Int64,
    DbValue_Uint64,
    ParameterValue_DbNull,
    ParameterValue_Int32,
    ParameterValue_Str,
)

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


async def select(db, statement, parameters):
    columns, *rows = await db.query(statement, parameters)
    names = [column.name for column in columns]
    return {
        "types": {column.name: column.data_type.name.lower() for column in columns},
        "rows": [dict(zip(names, map(plain, row))) for row in await util.collect(rows)],
    }


async def rows():
    with await mysql.open(ADDRESS) as db:
        return await select(db, "SELECT * FROM test", [])


async def change():
    with await mysql.open(ADDRESS) as db:
        await db.execute(
            "INSERT INTO changed VALUES (?, ?, ?)",
            [ParameterValue_Int32(7), ParameterValue_Str("d'été"), ParameterValue_DbNull()],
        )
        return await select(db, "SELECT * FROM changed WHERE id = ?", [ParameterValue_Int32(7)])


async def query(address, statement):
    with await mysql.open(address) as db:
        return await select(db, statement, [])


PATHS = {
    "/rows": rows,
    "/change": change,
    "/other-address": lambda: query("mysql://root:@127.0.0.1:3307/spin_dev", "SELECT 1"),
    "/password": lambda: query("mysql://root:hunter2@127.0.0.1/spin_dev", "SELECT 1"),
    "/wrong-statement": lambda: query(ADDRESS, "SELECT * FROM missing"),
    "/denied": lambda: query(ADDRESS, "SELECT * FROM mysql.user"),
}


class HttpHandler(http.Handler):
    async def handle_request(self, request: Request) -> Response:
        try:
            answer = await PATHS[request.uri]()
        except Err as err:
            answer = {"error": type(err.value).__name__.removeprefix("Error_"), "message": err.value.value}
        return Response(200, {"content-type": "application/json"}, json.dumps(answer).encode())
