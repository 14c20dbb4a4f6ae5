"""aurora-data-api and its SQLAlchemy dialect at the gateway, whose address is AWS_ENDPOINT_URL_RDS_DATA."""

import datetime
import decimal
import unittest

import aurora_data_api
import sqlalchemy as sa
import sqlalchemy_aurora_data_api

PLACE = {"aurora_cluster_arn": "arn:aws:rds:eu-central-1:123456789012:cluster:any",
         "secret_arn": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:any"}
sqlalchemy_aurora_data_api.register_dialects()


def detect_charset(_dialect, connection):
    return connection.exec_driver_sql("SHOW VARIABLES LIKE 'character_set_client'").fetchone()[1]


# The published method passes a str to Connection.execute, which SQLAlchemy 2 refuses.
sqlalchemy_aurora_data_api.AuroraMySQLDataAPIDialect._detect_charset = detect_charset


class DbApi(unittest.TestCase):
    def setUp(self):
        self.connection = aurora_data_api.connect(database="iamtest", **PLACE)

    def tearDown(self):
        self.connection.rollback()

    def test_a_transaction(self):
        with self.connection.cursor() as cursor:
            cursor.execute("CREATE TABLE aurora (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(20) UNIQUE, "
                           "day DATE, price DECIMAL(8, 2))")
            cursor.execute("INSERT INTO aurora (name, day, price) VALUES (:name, :day, :price)",
                           {"name": "lamp", "day": datetime.date(2026, 1, 31), "price": decimal.Decimal("7.50")})
            self.assertEqual(cursor.lastrowid, 1)
            cursor.executemany("INSERT INTO aurora (name) VALUES (:name)", [{"name": name} for name in ("a", "b")])
            cursor.execute("SELECT name, day, price FROM aurora ORDER BY id")
            self.assertEqual([it.name for it in cursor.description], ["name", "day", "price"])
            self.assertEqual(cursor.fetchall(), [
                ("lamp", datetime.date(2026, 1, 31), decimal.Decimal("7.50")), ("a", None, None), ("b", None, None)])
            # The table was committed when it was created, and its rows were not.
            self.connection.rollback()
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT COUNT(*) FROM aurora")
            self.assertEqual(cursor.fetchone(), (0,))
            cursor.execute("DROP TABLE aurora")

    def test_errors_have_the_names_of_the_server_s(self):
        with self.connection.cursor() as cursor:
            with self.assertRaises(aurora_data_api.exceptions.MySQLError.ER_PARSE_ERROR):
                cursor.execute("SELEC 1")
            with self.assertRaises(aurora_data_api.exceptions.MySQLError.ER_DUP_ENTRY):
                cursor.execute("INSERT INTO items (id, name, price) VALUES (1, 'again', 1)")


class SqlAlchemy(unittest.TestCase):
    def test_the_dialect(self):
        engine = sa.create_engine("mysql+auroradataapi://:@/iamtest", connect_args=PLACE)
        table = sa.Table("aurora_sa", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True),
                         sa.Column("name", sa.String(20)), sa.Column("at", sa.DateTime))
        # Its check for the table parses no SQLSTATE with a letter, here and at AWS.
        table.create(engine, checkfirst=False)
        try:
            with engine.begin() as connection:
                connection.execute(table.insert(), [{"id": 1, "name": "one"}, {"id": 2, "name": "two"}])
                updated = connection.execute(table.update().where(table.c.id == 1).values(name="eins"))
                self.assertEqual(updated.rowcount, 1)
            with engine.connect() as connection:
                rows = connection.execute(sa.select(table.c.id, table.c.name).order_by(table.c.id)).all()
            self.assertEqual(rows, [(1, "eins"), (2, "two")])
        finally:
            table.drop(engine, checkfirst=False)
            engine.dispose()


if __name__ == "__main__":
    unittest.main()
