"""Three gateways behind haproxy: requests without a session go anywhere, sessions stay, and restarts lose nothing.

The program `server` (tests/support/examples) starts MySQL and puts a client's settings into the environment.
"""

import collections
import itertools
import tempfile
import time
import unittest

import boto3
from botocore.config import Config

from instances import Client, Instances, Load

PLACE = {"resourceArn": "arn:aws:rds:any", "secretArn": "arn:aws:secretsmanager:any"}


def data_api(port):
    """boto3, which sends nothing again."""
    return boto3.client("rds-data", region_name="x", endpoint_url=f"http://127.0.0.1:{port}", aws_access_key_id="any",
                        aws_secret_access_key="any", config=Config(retries={"total_max_attempts": 1}))


class SeveralInstances(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.instances = Instances(folder.name)
        cls.addClassCleanup(cls.instances.close)
        cls.execute("CREATE TABLE instances (n INT PRIMARY KEY AUTO_INCREMENT, line VARCHAR(60), KEY (line))")

    @classmethod
    def execute(cls, sql):
        status, result = Client(cls.instances.port).execute(sql)
        assert status == 200 and "message" not in result, result
        return result

    def lines(self):
        """How often each line is there."""
        records = data_api(self.instances.port).execute_statement(**PLACE, sql="SELECT line FROM instances")["records"]
        return collections.Counter(line["stringValue"] for line, in records)

    def test_a_request_without_a_session_goes_to_any_instance(self):
        client, names = Client(self.instances.port), set()
        for _ in range(12):
            self.assertEqual(client.execute("SELECT 1")[0], 200)
            names.add(client.instance)
        self.assertEqual(len(names), 3, names)
        self.assertNotIn(None, names)

    def test_a_session_stays_on_its_instance(self):
        for _ in range(12):
            client = Client(self.instances.port)
            client.execute("BEGIN")
            name = client.instance
            for _ in range(4):
                status, result = client.execute("SELECT @@server_uuid, CONNECTION_ID()")
                self.assertEqual((status, client.instance), (200, name), result)
            self.assertNotIn("message", client.execute("COMMIT")[1])

    def test_a_transaction_of_the_data_api_stays_on_its_instance(self):
        client = data_api(self.instances.port)
        for number in range(12):
            transaction = {"transactionId": client.begin_transaction(**PLACE)["transactionId"]}
            sql = f"INSERT INTO instances (line) VALUES ('data api {number}')"
            for _ in range(4):
                client.execute_statement(**PLACE, **transaction, sql="SELECT 1")
            client.execute_statement(**PLACE, **transaction, sql=sql)
            client.commit_transaction(**PLACE, **transaction)
        self.assertEqual(self.lines()["data api 11"], 1)

    def test_another_instance_answers_with_the_error_of_its_dialect(self):
        one, other = (gateway.port for gateway in self.instances.gateways[:2])
        client = Client(one)
        client.execute("BEGIN")
        stranger = Client(other)
        stranger.session = client.session
        status, error = stranger.execute("INSERT INTO instances (line) VALUES ('lost')")
        self.assertEqual(status, 200)
        self.assertRegex(error["message"], r"\(errno 2006\) \(sqlstate HY000\)$")
        self.assertNotIn("message", stranger.execute("ROLLBACK")[1])
        client.execute("ROLLBACK")

        transaction = {"transactionId": data_api(one).begin_transaction(**PLACE)["transactionId"]}
        stranger = data_api(other)
        with self.assertRaises(stranger.exceptions.TransactionNotFoundException):
            stranger.execute_statement(**PLACE, **transaction, sql="SELECT 1")
        data_api(one).rollback_transaction(**PLACE, **transaction)
        self.assertEqual(self.lines()["lost"], 0)

    def test_a_rolling_restart_under_load_loses_nothing(self):
        port, counters = self.instances.port, itertools.count()
        told = []

        def insert(client, line):
            return client.execute(f"INSERT INTO instances (line) VALUES ('{line}')")

        def without_session():
            client, name = Client(port), f"request {next(counters)}"

            def run(number):
                line = f"{name}.{number}"
                status, result = insert(client, line)
                assert status == 200 and "message" not in result, (status, result)
                told.append(line)
            return run

        def in_transaction():
            client, name = Client(port), f"transaction {next(counters)}"

            def run(number):
                client.session = None
                for sql in ("BEGIN", f"INSERT INTO instances (line) VALUES ('{name}.{number}')", "SELECT 1", "COMMIT"):
                    status, result = client.execute(sql)
                    assert status == 200 and "message" not in result, (sql, status, result)
                    time.sleep(0.01)
                told.append(f"{name}.{number}")
            return run

        def of_data_api():
            client, name = data_api(port), f"sdk {next(counters)}"

            def run(number):
                line = f"{name}.{number}"
                sql = f"INSERT INTO instances (line) VALUES ('{line}')"
                client.execute_statement(**PLACE, sql=sql)
                told.append(line)
            return run

        load = Load(*(without_session() for _ in range(4)), *(in_transaction() for _ in range(3)),
                    *(of_data_api() for _ in range(2)))
        names = set()
        for gateway in self.instances.gateways:
            time.sleep(1)
            self.assertEqual(gateway.stop(), 0)
            gateway.start()
            # haproxy looks every 200 ms.
            time.sleep(0.5)
            client = Client(gateway.port)
            client.execute("SELECT 1")
            names.add(client.instance)
        time.sleep(1)
        load.stop()
        print(f"{load.calls} requests and transactions, {len(load.errors)} errors", flush=True)
        self.assertEqual(load.errors[:3], [])
        self.assertEqual(len(names), 3)
        counts = self.lines()
        self.assertEqual([line for line in told if counts[line] != 1], [])
        self.assertGreater(len(told), 300)


if __name__ == "__main__":
    unittest.main()
