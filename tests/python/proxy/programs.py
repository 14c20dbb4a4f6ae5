"""Programs and drivers of other languages through the proxy: DuckDB, sysbench, mydumper, mysqld_exporter, Go, Perl, Ruby.

Run as clients.py is. The programs are Debian's.
"""

import json
import os
import pathlib
import subprocess
import tempfile
import unittest

import clients

HOST, PORT, DATABASE = clients.HOST, clients.PORT, clients.DATABASE
HERE = pathlib.Path(__file__).parent


class Programs(unittest.TestCase):
    def run_program(self, *command, **options):
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False, **options)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def test_duckdb_reads_and_joins(self):
        import duckdb
        import duckdb_extension_mysql_scanner as extension
        version = duckdb.__version__
        path = pathlib.Path(extension.__file__).parent / f"extensions/v{version}/mysql_scanner.duckdb_extension"
        with duckdb.connect() as connection:
            connection.execute(f"LOAD '{path}'")
            address = f"host={HOST} port={PORT} user=x database={DATABASE}"
            connection.execute(f"ATTACH '{address}' AS shop (TYPE mysql, READ_ONLY)")
            rows = connection.execute(f"SELECT id, name FROM shop.{DATABASE}.items ORDER BY id").fetchall()
            self.assertEqual(rows, clients.ITEMS)
            joined = connection.execute(f"SELECT sum(i.id * r.x) FROM shop.{DATABASE}.items i, range(3) r (x)").fetchone()
            self.assertEqual(joined, (18,))

    def test_sysbench(self):
        clients.admin().cursor().execute(f"GRANT ALL ON {DATABASE}.* TO 'lambda-user'@'%'")
        for prepared in ("auto", "disable"):
            common = ["sysbench", "oltp_read_write", f"--mysql-host={HOST}", f"--mysql-port={PORT}", "--mysql-user=x",
                      f"--mysql-db={DATABASE}", "--tables=2", "--table-size=1000", "--threads=8", "--events=400",
                      "--time=0", f"--db-ps-mode={prepared}"]
            self.run_program(*common, "prepare")
            output = self.run_program(*common, "run")
            self.run_program(*common, "cleanup")
            self.assertRegex(output, r"transactions: +400 ")
            self.assertNotIn("FATAL", output)

    def test_mydumper(self):
        with tempfile.TemporaryDirectory() as folder:
            self.run_program("mydumper", f"--host={HOST}", f"--port={PORT}", "--user=x", f"--database={DATABASE}",
                             "--tables-list=items", "--no-locks", "--threads=4", f"--outputdir={folder}")
            dumped = "".join(file.read_text() for file in pathlib.Path(folder).glob("*items*.sql"))
        for _, name in clients.ITEMS:
            self.assertIn(f'"{name}"', dumped)

    def test_mysqld_exporter(self):
        port = clients.free_port()
        with tempfile.NamedTemporaryFile("w", suffix=".cnf") as settings:
            settings.write(f"[client]\nhost={HOST}\nport={PORT}\nuser=x\npassword=x\n")
            settings.flush()
            command = ["prometheus-mysqld-exporter", f"--config.my-cnf={settings.name}",
                       f"--web.listen-address=127.0.0.1:{port}"]
            environment = os.environ | {"DATA_SOURCE_NAME": f"x:x@({HOST}:{PORT})/"}
            exporter = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
            try:
                metrics = clients.fetch_when_ready(f"http://127.0.0.1:{port}/metrics")
            finally:
                exporter.kill()
                exporter.wait()
        self.assertRegex(metrics, r"(?m)^mysql_up 1$")
        self.assertIn("mysql_global_status_threads_connected", metrics)

    def test_go(self):
        environment = os.environ | {"GO111MODULE": "off", "GOPATH": "/usr/share/gocode", "GOFLAGS": ""}
        environment["DSN"] = f"x:a wrong password@tcp({HOST}:{PORT})/{DATABASE}"
        output = self.run_program("go", "run", str(HERE / "client.go"), env=environment)
        self.assertEqual(json.loads(output), {"Text": "bread", "Prepared": 42, "Error": 1064, "Rows": 100_000})

    def test_perl(self):
        code = ('use DBI; my $c = DBI->connect("DBI:mysql:database=$ENV{DB_NAME};host=$ENV{MYSQL_HOST};'
                'port=$ENV{MYSQL_TCP_PORT};mysql_server_prepare=1", "x", "pw", {RaiseError => 1, PrintError => 0});'
                'my $s = $c->prepare("SELECT name FROM items WHERE id = ?"); $s->execute(2); print $s->fetchrow_array;'
                'eval { $c->do("SELEC 1") }; print " ", $c->err;')
        self.assertEqual(self.run_program("perl", "-e", code), "bread 1064")

    def test_ruby(self):
        code = ('require "mysql2"; c = Mysql2::Client.new(host: ENV["MYSQL_HOST"], port: ENV["MYSQL_TCP_PORT"].to_i, '
                'username: "x", password: "pw", database: ENV["DB_NAME"]); '
                'print c.prepare("SELECT name FROM items WHERE id = ?").execute(2).first["name"]; '
                'begin; c.query("SELEC 1"); rescue Mysql2::Error => e; print " ", e.error_number; end')
        self.assertEqual(self.run_program("ruby", "-e", code), "bread 1064")


if __name__ == "__main__":
    unittest.main()
