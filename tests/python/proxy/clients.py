"""Real clients through the proxy: logins, statements, results, errors.

run-clients starts MySQL or MariaDB, whose address and CA file are SERVER_ADDRESS and SERVER_CA_FILE, and the proxy, which
puts its own address into the environment. Each client connects without TLS, once without a password and once with a
wrong one, which the proxy ignores.
"""

import asyncio
import os
import shutil
import socket
import subprocess
import time
import unittest
import urllib.error
import urllib.request

HOST, PORT = os.environ["MYSQL_HOST"], int(os.environ["MYSQL_TCP_PORT"])
DATABASE = os.environ["DB_NAME"]
PASSWORDS = ("", "a wrong password")
ITEMS = [(1, "apple"), (2, "bread"), (3, "cheese")]
SELECT_ITEMS = "SELECT id, name FROM items ORDER BY id"
MANY = ("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 900) "
        "SELECT a.i FROM n a, n b LIMIT 100000")


def admin():
    """A connection to the server itself, as the user with all privileges."""
    import pymysql
    host, port = os.environ["SERVER_ADDRESS"].rsplit(":", 1)
    return pymysql.connect(host=host, port=int(port), user="admin", password="correct horse battery staple",
                           ssl={"ca": os.environ["SERVER_CA_FILE"]}, autocommit=True)


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def fetch_when_ready(url):
    """The body of the page, as soon as its server listens."""
    while True:
        try:
            return urllib.request.urlopen(url).read().decode()
        except urllib.error.URLError as error:
            if not isinstance(error.reason, ConnectionRefusedError):
                raise
            time.sleep(0.05)


class DbApi:
    """Tests of a client with Python's DB API."""

    def connect(self, password="", **options):
        raise NotImplementedError

    def fetch(self, connection, sql, parameters=None):
        cursor = connection.cursor()
        cursor.execute(sql, parameters) if parameters else cursor.execute(sql)
        rows = cursor.fetchall()
        cursor.close()
        return rows

    def test_logs_in_and_reads(self):
        for password in PASSWORDS:
            connection = self.connect(password)
            user, = self.fetch(connection, "SELECT CURRENT_USER()")[0]
            self.assertEqual(user, "lambda-user@%")
            self.assertEqual(list(self.fetch(connection, SELECT_ITEMS)), ITEMS)
            connection.close()

    def test_parameters_and_characters(self):
        connection = self.connect()
        text = "ü€😀'\\"
        self.assertEqual(self.fetch(connection, "SELECT CAST(%s AS CHAR), %s + 1", (text, 41))[0], (text, 42))

    def test_many_rows(self):
        self.assertEqual(len(self.fetch(self.connect(), MANY)), 100_000)

    def test_an_error_leaves_the_connection_usable(self):
        connection = self.connect()
        with self.assertRaisesRegex(Exception, "1064"):
            self.fetch(connection, "SELEC 1")
        self.assertEqual(self.fetch(connection, "SELECT 1")[0], (1,))

    def test_a_statement_is_killed_by_the_client_s_id(self):
        connection, other = self.connect(), self.connect()
        number, = self.fetch(connection, "SELECT CONNECTION_ID()")[0]
        self.fetch(other, f"KILL {number}")
        with self.assertRaises(Exception):
            self.fetch(connection, "SELECT 1")
        self.assertEqual(self.fetch(self.connect(), "SELECT 1")[0], (1,))


class PyMySql(DbApi, unittest.TestCase):
    def connect(self, password="", **options):
        import pymysql
        return pymysql.connect(host=HOST, port=PORT, user="x", password=password, database=DATABASE, **options)

    def test_several_results_of_a_procedure(self):
        import pymysql.constants.CLIENT as client
        connection = self.connect(client_flag=client.MULTI_STATEMENTS)
        cursor = connection.cursor()
        cursor.execute("SELECT 1; SELECT 2")
        self.assertEqual(cursor.fetchall(), ((1,),))
        self.assertTrue(cursor.nextset())
        self.assertEqual(cursor.fetchall(), ((2,),))


class ConnectorPython(DbApi, unittest.TestCase):
    def connect(self, password="", **options):
        import mysql.connector
        return mysql.connector.connect(host=HOST, port=PORT, user="x", password=password, database=DATABASE, **options)

    def test_its_pure_implementation(self):
        connection = self.connect(use_pure=True)
        self.assertEqual(list(self.fetch(connection, SELECT_ITEMS)), ITEMS)

    def test_a_change_of_the_user(self):
        connection = self.connect()
        self.fetch(connection, "SELECT @left := 1")
        connection.cmd_change_user("y", "", DATABASE)
        self.assertEqual(self.fetch(connection, "SELECT @left")[0], (None,))

    def test_a_reset(self):
        connection = self.connect()
        self.fetch(connection, "SELECT @left := 1")
        connection.cmd_reset_connection()
        self.assertEqual(self.fetch(connection, "SELECT @left")[0], (None,))


class Asynchronous(unittest.TestCase):
    def read(self, module, password):
        async def items():
            connection = await module.connect(host=HOST, port=PORT, user="x", password=password, db=DATABASE)
            async with connection.cursor() as cursor:
                await cursor.execute(SELECT_ITEMS)
                rows = await cursor.fetchall()
            connection.close()
            return list(rows)
        return asyncio.run(items())

    def test_aiomysql(self):
        import aiomysql
        for password in PASSWORDS:
            self.assertEqual(self.read(aiomysql, password), ITEMS)

    def test_asyncmy(self):
        import asyncmy
        for password in PASSWORDS:
            self.assertEqual(self.read(asyncmy, password), ITEMS)


class Others(unittest.TestCase):
    def test_sqlalchemy_s_pool(self):
        from sqlalchemy import create_engine, text
        engine = create_engine(f"mysql+pymysql://x@{HOST}:{PORT}/{DATABASE}", pool_size=3)
        for _ in range(5):
            with engine.connect() as connection:
                self.assertEqual(connection.execute(text(SELECT_ITEMS)).all(), ITEMS)
        engine.dispose()

    def test_connectorx(self):
        import connectorx
        table = connectorx.read_sql(f"mysql://x@{HOST}:{PORT}/{DATABASE}", SELECT_ITEMS, return_type="arrow")
        self.assertEqual(table.num_rows, 3)


class Programs(unittest.TestCase):
    def run_program(self, *command, **options):
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, **options)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def client(self, name, *arguments):
        program = shutil.which(name)
        self.assertIsNotNone(program, f"{name} is not installed")
        return self.run_program(program, "--no-defaults", f"--host={HOST}", f"--port={PORT}", "--user=x", *arguments)

    def test_mysql(self):
        for password in PASSWORDS:
            password = [f"--password={password}"] if password else []
            rows = self.client("mysql", *password, "-BN", "-e", SELECT_ITEMS, DATABASE)
            self.assertEqual(rows, "1\tapple\n2\tbread\n3\tcheese\n")

    def test_mysql_with_tls_disabled_and_preferred(self):
        for mode in ("DISABLED", "PREFERRED"):
            self.assertEqual(self.client("mysql", f"--ssl-mode={mode}", "-BN", "-e", "SELECT 1"), "1\n")

    def test_mariadb(self):
        for password in PASSWORDS:
            password = [f"--password={password}"] if password else []
            rows = self.client("mariadb", *password, "-BN", "-e", SELECT_ITEMS, DATABASE)
            self.assertEqual(rows, "1\tapple\n2\tbread\n3\tcheese\n")

    def test_mysqldump(self):
        dump = self.client("mariadb-dump", "--skip-lock-tables", "--no-tablespaces", DATABASE, "items")
        self.assertIn("'cheese'", dump)


class Php(unittest.TestCase):
    def run_php(self, code):
        done = subprocess.run(["php", "-r", code], capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def test_mysqli_and_pdo(self):
        mysqli = f"$c = new mysqli('{HOST}', 'x', 'pw', '{DATABASE}', {PORT});"
        self.assertEqual(self.run_php(mysqli + "echo $c->query('SELECT COUNT(*) FROM items')->fetch_row()[0];"), "3")
        pdo = f"$c = new PDO('mysql:host={HOST};port={PORT};dbname={DATABASE}', 'x', '');"
        statement = "$s = $c->prepare('SELECT name FROM items WHERE id = ?'); $s->execute([2]); echo $s->fetchColumn();"
        self.assertEqual(self.run_php(pdo + statement), "bread")

    def test_a_persistent_connection_changes_the_user(self):
        code = (f"for ($i = 0; $i < 3; $i++) {{ $c = new mysqli('p:{HOST}', 'x', 'pw', '{DATABASE}', {PORT});"
                "$left = $c->query('SELECT @left')->fetch_row()[0]; if ($left !== null) exit(1);"
                "$c->query('SET @left = 1'); echo $c->query('SELECT CONNECTION_ID()')->fetch_row()[0], ' ';"
                "$c->close(); }")
        numbers = self.run_php(code).split()
        # The connection stays, and its session does not.
        self.assertEqual(len(set(numbers)), 1, numbers)


class Replication(unittest.TestCase):
    def test_the_binary_log(self):
        from pymysqlreplication import BinLogStreamReader
        from pymysqlreplication.row_event import WriteRowsEvent
        cursor = admin().cursor()
        cursor.execute("SELECT @@log_bin")
        if cursor.fetchone() == (0,):
            self.skipTest("this server writes no binary log")
        cursor.execute("GRANT REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO 'lambda-user'@'%'")
        cursor.execute(f"CREATE TABLE IF NOT EXISTS {DATABASE}.replicated (id INT PRIMARY KEY)")
        cursor.execute(f"REPLACE INTO {DATABASE}.replicated VALUES (7)")
        settings = {"host": HOST, "port": PORT, "user": "x", "passwd": ""}
        stream = BinLogStreamReader(connection_settings=settings, server_id=4711, only_events=[WriteRowsEvent],
                                    only_schemas=[DATABASE], blocking=False)
        rows = [list(row["values"].values()) for event in stream for row in event.rows]
        stream.close()
        self.assertIn([7], rows)


if __name__ == "__main__":
    unittest.main()
