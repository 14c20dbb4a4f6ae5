"""Tests of the emulator with PyMySQL: transactions, parameters, several results, errors.

    rds-bridge emulate --port 0 --seed ../../schema.sql -- python -m unittest test_pymysql
"""

import datetime
import decimal
import os
import unittest

import boto3
import pymysql
from pymysql.constants import CLIENT, ER


def connect(**settings):
    host, port, user = os.environ["DB_HOST"], int(os.environ["DB_PORT"]), os.environ["DB_USER"]
    token = boto3.client("rds").generate_db_auth_token(host, port, user)
    return pymysql.connect(
        host=host, port=port, user=user, password=token, database=os.environ["DB_NAME"],
        ssl_ca=os.environ["DB_CA_FILE"], ssl_verify_cert=True, ssl_verify_identity=True, **settings)


class Statements(unittest.TestCase):
    def setUp(self):
        self.connection = self.enterContext(connect())
        self.cursor = self.enterContext(self.connection.cursor())

    def rows(self, sql, parameters=None):
        self.cursor.execute(sql, parameters)
        return self.cursor.fetchall()

    def test_rows_value_by_value(self):
        price = decimal.Decimal
        self.assertEqual(self.rows("SELECT * FROM items ORDER BY id"), (
            (1, "apple", price("1.25")), (2, "bread", price("3.50")), (3, "cheese", price("12.00"))))
        self.assertEqual([column[0] for column in self.cursor.description], ["id", "name", "price"])

    def test_transactions(self):
        """Without autocommit, which is PyMySQL's default, other connections see only what is committed."""
        other = self.enterContext(connect(autocommit=True)).cursor()

        def others_count():
            other.execute("SELECT COUNT(*) FROM entries")
            return other.fetchone()[0]

        self.rows("CREATE TABLE entries (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(64))")
        self.connection.commit()
        self.assertFalse(self.connection.get_autocommit())
        self.assertEqual(self.cursor.execute("INSERT INTO entries (name) VALUES ('a'), ('b')"), 2)
        self.assertEqual(self.rows("SELECT COUNT(*) FROM entries"), ((2,),))
        self.assertEqual(others_count(), 0)
        self.connection.rollback()
        self.assertEqual(self.rows("SELECT COUNT(*) FROM entries"), ((0,),))
        self.cursor.execute("INSERT INTO entries (name) VALUES ('c')")
        # As in InnoDB, the ids of rows that were rolled back are not used again.
        self.assertEqual(self.cursor.lastrowid, 3)
        self.connection.commit()
        self.assertEqual(others_count(), 1)
        self.assertEqual(self.cursor.execute("UPDATE entries SET name = 'd'"), 1)
        self.connection.commit()
        self.assertEqual(self.rows("SELECT * FROM entries"), ((3, "d"),))

    def test_parameters(self):
        """A parameter is returned unchanged, whatever characters it contains."""
        texts = ["it's", 'a "b"', "back\\slash", "%", "_", "new\nline\r\t", "\0\x1a", "ä€😀", "'; DROP TABLE items; --", ""]
        for text in texts:
            with self.subTest(text):
                self.assertEqual(self.rows("SELECT %s", [text]), ((text,),))
        self.rows("CREATE TABLE parameters (t VARCHAR(64), b VARBINARY(300), d DATE, at DATETIME(6), "
                  "h TIME, m DECIMAL(12,4), f DOUBLE, i BIGINT)")
        values = (
            "x", bytes(range(256)), datetime.date(2024, 2, 29), datetime.datetime(2024, 2, 29, 23, 59, 58, 123456),
            datetime.timedelta(hours=12, minutes=34, seconds=56), decimal.Decimal("-12345.6789"), 0.1, -2**63)
        nothing = (None,) * len(values)
        places = ", ".join(["%s"] * len(values))
        self.assertEqual(self.cursor.executemany(f"INSERT INTO parameters VALUES ({places})", [values, nothing]), 2)
        self.assertEqual(self.rows("SELECT * FROM parameters"), (values, nothing))
        self.assertEqual(self.rows("SELECT i FROM parameters WHERE b = %s AND at = %s", values[1:4:2]), ((-2**63,),))

    def test_several_results(self):
        with connect(client_flag=CLIENT.MULTI_STATEMENTS) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT 1; UPDATE items SET price = price; SELECT 'a;b', NULL")
            self.assertEqual(cursor.fetchall(), ((1,),))
            self.assertTrue(cursor.nextset())
            self.assertEqual(cursor.rowcount, 0)  # none has changed
            self.assertTrue(cursor.nextset())
            self.assertEqual(cursor.fetchall(), (("a;b", None),))
            self.assertIsNone(cursor.nextset())
        with self.assertRaises(pymysql.err.ProgrammingError) as refused:
            self.cursor.execute("SELECT 1; SELECT 2")
        self.assertEqual(refused.exception.args[0], ER.PARSE_ERROR)

    def test_errors(self):
        for sql, error, code in [
            ("SELECT * FROM nowhere", pymysql.err.ProgrammingError, ER.NO_SUCH_TABLE),
            ("SELEKT 1", pymysql.err.ProgrammingError, ER.PARSE_ERROR),
            ("SELECT colour FROM items", pymysql.err.OperationalError, ER.BAD_FIELD_ERROR),
            ("INSERT INTO items (id, name) VALUES (1, 'again')", pymysql.err.IntegrityError, ER.DUP_ENTRY),
            ("INSERT INTO items (name) VALUES (NULL)", pymysql.err.IntegrityError, ER.BAD_NULL_ERROR),
        ]:
            with self.subTest(sql), self.assertRaises(error) as refused:
                self.cursor.execute(sql)
            self.assertEqual(refused.exception.args[0], code)
        # The connection stays usable.
        self.assertEqual(self.rows("SELECT COUNT(*) FROM items"), ((3,),))
        self.connection.ping(reconnect=False)
        with self.assertRaises(pymysql.err.OperationalError) as refused:
            self.connection.select_db("elsewhere")
        self.assertEqual(refused.exception.args[0], ER.BAD_DB_ERROR)

    def test_rows_as_they_come(self):
        digits = " UNION ALL ".join(f"SELECT {digit} AS i" for digit in range(10))
        tables = ", ".join(f"({digits}) AS {name}" for name in "abcd")
        sql = f"SELECT a.i * 1000 + b.i * 100 + c.i * 10 + d.i FROM {tables}"
        with self.connection.cursor(pymysql.cursors.SSCursor) as cursor:
            cursor.execute(sql)
            self.assertEqual(sum(number for number, in cursor), 9999 * 10000 // 2)

    def test_a_connection_that_is_kept(self):
        for number in range(1_000):
            self.assertEqual(self.rows("SELECT %s, name FROM items WHERE id = %s", [number, number % 3 + 1])[0][0], number)

    def test_a_packet_of_more_than_16_mib(self):
        connection = self.enterContext(connect(max_allowed_packet=64 << 20))
        with connection.cursor() as cursor:
            cursor.execute("SELECT LENGTH(%s)", ["x" * (17 << 20)])
            self.assertEqual(cursor.fetchone(), (17 << 20,))


if __name__ == "__main__":
    unittest.main()
