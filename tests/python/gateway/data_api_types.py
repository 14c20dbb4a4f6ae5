"""Every column type, read by boto3 through the gateway and by PyMySQL from the server.

EXPECTED lists tables with the type of their column v, and AT the server.
"""

import json
import os
import struct
import unittest

import boto3
import pymysql
import pymysql.converters

PLACE = {"resourceArn": "arn:aws:rds:any", "secretArn": "arn:aws:secretsmanager:any"}
CLIENT = boto3.client("rds-data", region_name="eu-central-1")
LONG = {"TINYINT", "SMALLINT", "MEDIUMINT", "INT", "YEAR"}
BLOB = {"BINARY", "VARBINARY", "BLOB", "POINT", "GEOMETRY"}


def member(kind):
    """The member of the union for values of a type."""
    name = kind.split("(")[0].split(" ")[0]
    if kind in ("BOOLEAN", "BIT(1)"):
        return "booleanValue"
    if name in LONG:
        return "longValue"
    if name in BLOB or name == "BIT":
        return "blobValue"
    return "doubleValue" if name in ("FLOAT", "DOUBLE") else "stringValue"


def single(number):
    """The number with the precision of a FLOAT."""
    return struct.unpack("f", struct.pack("f", number))[0]


class Types(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        host, port = os.environ["AT"].rsplit(":", 1)
        # With conversions of parameters only: texts as the server writes them, and bytes.
        cls.direct = pymysql.connect(host=host, port=int(port), user="admin", password=os.environ["DB_PASSWORD"],
                                     database="iamtest", ssl={"ca": os.environ["DB_CA_FILE"]},
                                     conv=pymysql.converters.encoders)

    def rows(self, sql):
        cursor = self.direct.cursor()
        cursor.execute(sql)
        return [row[0] for row in cursor.fetchall()]

    def assert_equal(self, kind, field, raw, wide):
        if raw is None:
            self.assertEqual(field, {"isNull": True})
            return
        (name, value), = field.items()
        self.assertEqual(name, member(kind))
        if name == "booleanValue":
            self.assertEqual(value, raw in ("1", b"\x01"))
        elif name == "longValue":
            self.assertEqual(value, int(raw))
        elif name == "doubleValue" and kind == "FLOAT":
            self.assertEqual(single(value), float(wide))
        elif name == "doubleValue":
            self.assertEqual(value, float(raw))
        else:
            self.assertEqual(value, raw)

    def test_every_type(self):
        for expected in json.loads(os.environ["EXPECTED"]):
            table, kind = expected["table"], expected["kind"]
            with self.subTest(kind):
                sql = f"SELECT v FROM {table} ORDER BY n"
                records = CLIENT.execute_statement(**PLACE, sql=sql, resultSetOptions={"longReturnType": "STRING"})
                raw = self.rows(sql)
                wide = self.rows(f"SELECT v + 0e0 FROM {table} ORDER BY n") if kind == "FLOAT" else raw
                self.assertEqual(len(records["records"]), expected["rows"])
                for (field,), value, number in zip(records["records"], raw, wide, strict=True):
                    self.assert_equal(kind, field, value, number)


if __name__ == "__main__":
    unittest.main()
