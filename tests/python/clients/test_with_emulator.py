"""A test with the emulator, which is started for the class and ends with it.

    python -m unittest test_with_emulator     with rds-bridge on the PATH
"""

import os
import pathlib
import shlex
import subprocess
import unittest
from unittest import mock

import boto3
import pymysql

SCHEMA = pathlib.Path(__file__).resolve().parents[2] / "schema.sql"


class Items(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        # At the end of the class, the context closes the emulator's standard input and waits for its exit.
        emulator = cls.enterClassContext(subprocess.Popen(
            ["rds-bridge", "emulate", "--port", "0", "--seed", SCHEMA, "--until-stdin-closes"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
        cls.enterClassContext(mock.patch.dict(os.environ))
        for line in iter(emulator.stdout.readline, "\n"):  # export NAME=value, up to an empty line
            name, value = shlex.split(line)[1].split("=", 1)
            os.environ[name] = value

    def connect(self):
        host, port, user = os.environ["DB_HOST"], int(os.environ["DB_PORT"]), os.environ["DB_USER"]
        token = boto3.client("rds").generate_db_auth_token(host, port, user)
        return pymysql.connect(host=host, port=port, user=user, password=token,
                               database=os.environ["DB_NAME"], ssl_ca=os.environ["DB_CA_FILE"],
                               ssl_verify_cert=True, ssl_verify_identity=True)

    def test_items(self):
        with self.connect() as connection, connection.cursor() as cursor:
            cursor.execute("SELECT name FROM items WHERE price < %s ORDER BY id", [10])
            self.assertEqual(cursor.fetchall(), (("apple",), ("bread",)))


if __name__ == "__main__":
    unittest.main()
