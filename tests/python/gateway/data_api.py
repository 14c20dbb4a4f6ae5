"""boto3 at the Data API of `rds-bridge serve`, whose address is AWS_ENDPOINT_URL_RDS_DATA.

Every shape that boto3 parses is from its model of the service. The user may write to the database iamtest.
"""

import json
import unittest
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

PLACE = {
    "resourceArn": "arn:aws:rds:eu-central-1:123456789012:cluster:any",
    "secretArn": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:any",
}
CLIENT = boto3.client("rds-data", region_name="eu-central-1", config=Config(retries={"total_max_attempts": 1}))


def execute(sql, *parameters, **options):
    return CLIENT.execute_statement(**PLACE, sql=sql, parameters=list(parameters), **options)


def parameter(name, hint=None, **value):
    return {"name": name, "value": value} | ({"typeHint": hint} if hint else {})


class Statements(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        execute("CREATE TABLE data_api (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(20) UNIQUE, at DATETIME(3), "
                "price DECIMAL(10, 2), body BLOB, is_new BOOLEAN, ratio DOUBLE) CHARACTER SET utf8mb4")

    @classmethod
    def tearDownClass(cls):
        execute("DROP TABLE data_api")

    def tearDown(self):
        execute("DELETE FROM data_api")

    def names(self):
        return [row[0]["stringValue"] for row in execute("SELECT name FROM data_api ORDER BY id")["records"]]

    def test_every_kind_of_value(self):
        inserted = execute(
            "INSERT INTO data_api (name, at, price, body, is_new, ratio) "
            "VALUES (:name, :at, :price, :body, :is_new, :ratio)",
            parameter("name", stringValue="ä😀' --"),
            parameter("at", "TIMESTAMP", stringValue="2026-01-31 23:59:58.123"),
            parameter("price", "DECIMAL", stringValue="12345678.90"),
            parameter("body", blobValue=b"\x00\xff"),
            parameter("is_new", booleanValue=True),
            parameter("ratio", doubleValue=0.1),
            parameter("not in the statement", longValue=7),
        )
        self.assertEqual(inserted["numberOfRecordsUpdated"], 1)
        (generated,) = inserted["generatedFields"]
        self.assertNotIn("records", inserted)
        selected = execute("SELECT * FROM data_api WHERE id = :id", parameter("id", **generated),
                           includeResultMetadata=True)
        self.assertEqual(selected["records"], [[
            generated, {"stringValue": "ä😀' --"}, {"stringValue": "2026-01-31 23:59:58.123"},
            {"stringValue": "12345678.90"}, {"blobValue": b"\x00\xff"}, {"booleanValue": True}, {"doubleValue": 0.1},
        ]])
        self.assertEqual(selected["numberOfRecordsUpdated"], 0)
        described = [(it["label"], it["typeName"], it["nullable"]) for it in selected["columnMetadata"]]
        self.assertEqual(described, [
            ("id", "INT", 0), ("name", "VARCHAR", 1), ("at", "DATETIME", 1), ("price", "DECIMAL", 1),
            ("body", "BLOB", 1), ("is_new", "BIT", 1), ("ratio", "DOUBLE", 1),
        ])
        first, name = selected["columnMetadata"][:2]
        self.assertTrue(first["isAutoIncrement"] and first["isSigned"])
        self.assertEqual((name["precision"], name["tableName"], name["type"]), (20, "data_api", 12))

    def test_null(self):
        execute("INSERT INTO data_api (name) VALUES (:name)", parameter("name", isNull=True))
        self.assertEqual(execute("SELECT name FROM data_api")["records"], [[{"isNull": True}]])

    def test_hints(self):
        sql = "SELECT CAST(:d AS CHAR), CAST(:t AS CHAR), :n + 0.1, CAST(:u AS CHAR), JSON_EXTRACT(:j, '$.a')"
        row, = execute(sql, parameter("d", "DATE", stringValue="2026-01-31"),
                       parameter("t", "TIME", stringValue="01:02:03"), parameter("n", "DECIMAL", stringValue="0.2"),
                       parameter("u", "UUID", stringValue="123e4567-e89b-12d3-a456-426655440000"),
                       parameter("j", "JSON", stringValue='{"a": [1]}'))["records"]
        date, time, number, uuid, extracted = (next(iter(field.values())) for field in row)
        self.assertEqual((date, Decimal(number), uuid, extracted),
                         ("2026-01-31", Decimal("0.3"), "123e4567-e89b-12d3-a456-426655440000", "[1]"))
        self.assertTrue(time.startswith("01:02:03"), time)

    def test_names_in_strings_and_comments(self):
        sql = "SELECT ':a', \":a\" /* :a */, :a, :a -- :a"
        records = execute(sql, parameter("a", longValue=7))["records"]
        self.assertEqual(records, [[{"stringValue": ":a"}, {"stringValue": ":a"}, {"longValue": 7}, {"longValue": 7}]])

    def test_names_that_are_numbers(self):
        # kysely-data-api numbers its parameters.
        records = execute("SELECT :0, :1", parameter("0", longValue=7), parameter("1", stringValue="b"))["records"]
        self.assertEqual(records, [[{"longValue": 7}, {"stringValue": "b"}]])

    def test_an_update_counts_what_it_matched(self):
        execute("INSERT INTO data_api (name, ratio) VALUES ('a', 1), ('b', 2)")
        self.assertEqual(execute("UPDATE data_api SET ratio = 1")["numberOfRecordsUpdated"], 2)
        self.assertEqual(execute("DELETE FROM data_api")["numberOfRecordsUpdated"], 2)

    def test_result_set_options(self):
        sql = "SELECT CAST(7 AS DECIMAL(5, 0)), 1.5, CAST(9223372036854775807 AS SIGNED)"
        options = {"decimalReturnType": "DOUBLE_OR_LONG", "longReturnType": "STRING"}
        self.assertEqual(execute(sql, resultSetOptions=options)["records"], [[
            {"longValue": 7}, {"doubleValue": 1.5}, {"stringValue": "9223372036854775807"},
        ]])
        self.assertEqual(execute(sql)["records"], [[
            {"stringValue": "7"}, {"stringValue": "1.5"}, {"longValue": 9223372036854775807},
        ]])

    def test_records_as_json(self):
        execute("INSERT INTO data_api (name, is_new, body, price) VALUES ('ä\"', 1, x'00ff', 1.5)")
        answer = execute("SELECT name, is_new, body, price, at, 2 AS number FROM data_api", formatRecordsAs="JSON",
                         includeResultMetadata=True)
        self.assertEqual(json.loads(answer["formattedRecords"]), [
            {"name": 'ä"', "is_new": True, "body": "AP8=", "price": "1.50", "at": None, "number": 2}])
        self.assertNotIn("records", answer)
        self.assertEqual(execute("SELECT 1 FROM data_api WHERE 1 = 0", formatRecordsAs="JSON")["formattedRecords"], "[]")
        # It applies to statements with rows.
        updated = execute("UPDATE data_api SET ratio = 2", formatRecordsAs="JSON")
        self.assertEqual(updated["numberOfRecordsUpdated"], 1)

    def test_a_batch(self):
        sql = "INSERT INTO data_api (name, ratio) VALUES (:name, :ratio)"
        sets = [[parameter("name", stringValue=f"n{number}"), parameter("ratio", doubleValue=number / 2)]
                for number in range(100)]
        sets[1] = [parameter("name", stringValue="n1"), parameter("ratio", isNull=True)]
        done = CLIENT.batch_execute_statement(**PLACE, sql=sql, parameterSets=sets)
        ids = [result["generatedFields"][0]["longValue"] for result in done["updateResults"]]
        self.assertEqual((len(set(ids)), self.names()), (100, [f"n{number}" for number in range(100)]))

    def test_a_batch_is_all_or_nothing(self):
        sets = [[parameter("name", stringValue=name)] for name in ("a", "b", "a")]
        with self.assertRaises(CLIENT.exceptions.DatabaseErrorException) as raised:
            CLIENT.batch_execute_statement(**PLACE, sql="INSERT INTO data_api (name) VALUES (:name)",
                                           parameterSets=sets)
        self.assertRegex(str(raised.exception), r"; Error code: 1062; SQLState: 23000$")
        self.assertEqual(self.names(), [])

    def test_a_batch_without_sets(self):
        done = CLIENT.batch_execute_statement(**PLACE, sql="DELETE FROM data_api")
        self.assertEqual(done["updateResults"], [])

    def test_a_transaction(self):
        for end, status, names in ((CLIENT.rollback_transaction, "Rollback Complete", []),
                                   (CLIENT.commit_transaction, "Transaction Committed", ["a", "b", "c"])):
            number = CLIENT.begin_transaction(**PLACE, database="iamtest")["transactionId"]
            execute("INSERT INTO data_api (name) VALUES ('a')", transactionId=number)
            CLIENT.batch_execute_statement(**PLACE, sql="INSERT INTO data_api (name) VALUES (:n)", transactionId=number,
                                           parameterSets=[[parameter("n", stringValue=name)] for name in "bc"])
            self.assertEqual(self.names(), [])
            inside = execute("SELECT COUNT(*) FROM data_api", transactionId=number, database="iamtest")
            self.assertEqual(inside["records"], [[{"longValue": 3}]])
            transaction = {key: PLACE[key] for key in PLACE} | {"transactionId": number}
            self.assertEqual(end(**transaction)["transactionStatus"], status)
            self.assertEqual(self.names(), names)
            with self.assertRaises(CLIENT.exceptions.TransactionNotFoundException):
                end(**transaction)
            with self.assertRaises(CLIENT.exceptions.TransactionNotFoundException):
                execute("SELECT 1", transactionId=number)

    def test_a_statement_that_cannot_be_prepared(self):
        execute("LOCK TABLES data_api READ")
        self.assertEqual(execute("SELECT COUNT(*) FROM data_api")["records"], [[{"longValue": 0}]])

    def test_databases(self):
        self.assertEqual(execute("SELECT DATABASE()", database="mysql")["records"], [[{"stringValue": "mysql"}]])
        self.assertEqual(execute("SELECT DATABASE()")["records"], [[{"stringValue": "iamtest"}]])
        with self.assertRaisesRegex(CLIENT.exceptions.DatabaseErrorException, "Error code: 1049"):
            execute("SELECT 1", database="no`such")

    def test_no_state_passes_to_the_next_request(self):
        execute("SET @left = 7")
        self.assertEqual(execute("SELECT @left")["records"], [[{"isNull": True}]])


class Errors(unittest.TestCase):
    def assert_database_error(self, code, state, *arguments, **options):
        with self.assertRaises(CLIENT.exceptions.DatabaseErrorException) as raised:
            execute(*arguments, **options)
        self.assertEqual(raised.exception.response["ResponseMetadata"]["HTTPStatusCode"], 400)
        message = raised.exception.response["Error"]["Message"]
        self.assertTrue(message.endswith(f"; Error code: {code}; SQLState: {state}"), message)
        return message

    def test_errors_of_the_server(self):
        self.assert_database_error(1064, "42000", "SELEC 1")
        self.assert_database_error(1146, "42S02", "SELECT * FROM no_such_table")
        self.assert_database_error(1064, "42000", "SELECT 1; SELECT 2")

    def test_parameters(self):
        message = self.assert_database_error(2031, "HY000", "SELECT :a, :b", parameter("a", longValue=1))
        self.assertTrue(message.startswith("Cannot find parameter: b"), message)
        self.assert_database_error(2031, "HY000", "SELECT ?")
        twice = [parameter("a", longValue=1), parameter("a", longValue=2)]
        self.assert_database_error(2034, "HY000", "SELECT :a", *twice)
        self.assert_database_error(2034, "HY000", "SELECT :a", parameter("a", "DATE", stringValue="soon"))
        self.assert_database_error(2034, "HY000", "SELECT :a", parameter("a", arrayValue={"longValues": [1]}))
        self.assert_database_error(2034, "HY000", "SELECT :a", parameter("a", doubleValue=float("nan")))

    def test_numbers_that_no_long_can_hold(self):
        sql = "SELECT CAST(18446744073709551615 AS UNSIGNED) AS n"
        with self.assertRaisesRegex(CLIENT.exceptions.UnsupportedResultException, "longReturnType"):
            execute(sql)
        records = execute(sql, resultSetOptions={"longReturnType": "STRING"})["records"]
        self.assertEqual(records, [[{"stringValue": "18446744073709551615"}]])

    def test_json_with_two_columns_of_one_name(self):
        with self.assertRaisesRegex(CLIENT.exceptions.UnsupportedResultException, "alias"):
            execute("SELECT 1 AS a, 2 AS a", formatRecordsAs="JSON")

    def test_unknown_transactions(self):
        for number in ("unknown", "A" * 192):
            with self.assertRaises(CLIENT.exceptions.TransactionNotFoundException) as raised:
                execute("SELECT 1", transactionId=number)
            self.assertEqual(raised.exception.response["ResponseMetadata"]["HTTPStatusCode"], 404)

    def test_a_deadlock_ends_the_transaction(self):
        execute("CREATE TABLE data_api_deadlock (id INT PRIMARY KEY, n INT)")
        execute("INSERT INTO data_api_deadlock VALUES (1, 0), (2, 0)")
        one, other = (CLIENT.begin_transaction(**PLACE)["transactionId"] for _ in range(2))
        update = "UPDATE data_api_deadlock SET n = n + 1 WHERE id = :id"
        execute(update, parameter("id", longValue=1), transactionId=one)
        execute(update, parameter("id", longValue=2), transactionId=other)
        execute("SET SESSION innodb_lock_wait_timeout = 60", transactionId=one)
        with ThreadPoolExecutor() as threads:
            waits = threads.submit(execute, update, parameter("id", longValue=2), transactionId=one)
            crosses = threads.submit(execute, update, parameter("id", longValue=1), transactionId=other)
            errors = [future.exception() for future in (waits, crosses)]
        (victim, error), = [pair for pair in zip((one, other), errors) if pair[1]]
        self.assertRegex(str(error), "Error code: 1213; SQLState: 40001")
        # What it did before is gone, so that nothing more may be committed in its name.
        with self.assertRaises(CLIENT.exceptions.TransactionNotFoundException):
            execute(update, parameter("id", longValue=2), transactionId=victim)
        with self.assertRaises(CLIENT.exceptions.TransactionNotFoundException):
            CLIENT.commit_transaction(**PLACE, transactionId=victim)
        survivor = one if victim == other else other
        CLIENT.commit_transaction(**PLACE, transactionId=survivor)
        self.assertEqual(execute("SELECT n FROM data_api_deadlock")["records"], [[{"longValue": 1}]] * 2)
        execute("DROP TABLE data_api_deadlock")

    def test_an_error_leaves_the_transaction_open(self):
        execute("CREATE TABLE data_api_error (id INT PRIMARY KEY)")
        number = CLIENT.begin_transaction(**PLACE)["transactionId"]
        execute("INSERT INTO data_api_error VALUES (1)", transactionId=number)
        for sql, code in (("INSERT INTO data_api_error VALUES (1)", 1062), ("SELEC", 1064)):
            with self.assertRaisesRegex(ClientError, f"Error code: {code}"):
                execute(sql, transactionId=number)
        execute("INSERT INTO data_api_error VALUES (2)", transactionId=number)
        CLIENT.commit_transaction(**PLACE, transactionId=number)
        self.assertEqual(execute("SELECT COUNT(*) FROM data_api_error")["records"], [[{"longValue": 2}]])
        execute("DROP TABLE data_api_error")

    def test_a_statement_that_commits_begins_the_next_transaction(self):
        number = CLIENT.begin_transaction(**PLACE)["transactionId"]
        execute("CREATE TABLE data_api_ddl (id INT PRIMARY KEY)", transactionId=number)
        execute("INSERT INTO data_api_ddl VALUES (1)", transactionId=number)
        CLIENT.rollback_transaction(**PLACE, transactionId=number)
        self.assertEqual(execute("SELECT COUNT(*) FROM data_api_ddl")["records"], [[{"longValue": 0}]])
        execute("DROP TABLE data_api_ddl")


if __name__ == "__main__":
    unittest.main()
