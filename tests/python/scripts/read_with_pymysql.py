"""Reads the rows of a statement with PyMySQL and prints them as JSON, each value as the server sent it."""

import json
import sys

import pymysql
from pymysql.converters import conversions

# The converters by column type turn what the server sent into Python's types; the others are for parameters.
UNCONVERTED = {key: value for key, value in conversions.items() if not isinstance(key, int)}

port, ca, password, sql = sys.argv[1:]
connection = pymysql.connect(
    host="localhost", port=int(port), user="password-user", password=password, database="iamtest",
    charset="utf8mb4", ssl={"ca": ca}, conv=UNCONVERTED,
)
with connection, connection.cursor() as cursor:
    cursor.execute(sql)
    rows = cursor.fetchall()


def cell(value):
    return {"hex": value.hex()} if isinstance(value, bytes) else value


print(json.dumps([[cell(value) for value in row] for row in rows]))
