"""Tests of the script that writes host/bridge/src/tls/roots.pem: how it merges, and what it refuses.

AWS is not contacted: the `openssl` command creates the certificates, and the only server that answers is on this
machine.
"""

import contextlib
import http.server
import importlib.util
import io
import pathlib
import subprocess
import tempfile
import threading
import unittest

SCRIPT = pathlib.Path(__file__).resolve().parents[3] / "host/bridge/src/tls/roots.py"
specification = importlib.util.spec_from_file_location("roots", SCRIPT)
roots = importlib.util.module_from_spec(specification)
specification.loader.exec_module(roots)

DAY_OF_MAKING = roots.datetime.datetime.now(roots.datetime.timezone.utc).date()


def certificate(name, days, authority=True):
    """A self-signed certificate in PEM."""
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    command += ["-keyout", "/dev/null", "-subj", f"/C=US/O=Example/CN={name}", "-days", str(days)]
    command += ["-addext", f"basicConstraints=critical,CA:{str(authority).upper()}"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


class Roots(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.frankfurt = certificate("Amazon RDS eu-central-1 Root CA ECC384 G1", 4000)
        cls.govcloud = certificate("Amazon RDS us-gov-west-1 Root CA ECC384 G1", 3000)
        cls.short = certificate("Amazon Root CA 9", 100)

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name, "from")
        self.folder.mkdir()
        self.output = pathlib.Path(folder.name, "roots.pem")

    def run_script(self, *more, today=DAY_OF_MAKING):
        arguments = ["--output", str(self.output), "--today", today.isoformat(), *more]
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = roots.main(arguments)
        return code, out.getvalue(), err.getvalue()

    def rewrite(self, files, **more):
        for name, text in files.items():
            (self.folder / name).write_text(text)
        return self.run_script("--from", str(self.folder), "--source", "made by a test", **more)

    def assert_refused(self, result, says):
        code, _, err = result
        self.assertEqual(code, 1)
        self.assertIn(says, err)
        self.assertEqual(len(err.splitlines()), 1, err)
        self.assertEqual(self.output.read_text(), "as it was")
        self.assertEqual({path.name for path in self.output.parent.iterdir()}, {"from", "roots.pem"})

    def test_merges_each_once_and_says_what_there_is(self):
        code, out, err = self.rewrite({"a.pem": self.short + self.frankfurt, "b.pem": "text\n" + self.frankfurt})
        self.assertEqual((code, err), (0, ""))
        text = self.output.read_text()
        self.assertEqual(text.count(roots.BEGIN), 2)
        self.assertLess(text.index("# CN=Amazon RDS eu-central-1 Root CA ECC384 G1, O=Example, C=US; expires "), text.index("# CN=Amazon Root CA 9"))
        for line in ("Source: made by a test", "Number: 2", "Left out because expired: 0", "Regions: eu-central-1"):
            self.assertIn(f"# {line}\n", text)
        self.assertIn("Missing: GovCloud (us-gov-*), China (cn-*), every region", text)
        self.assertIn("new: Amazon Root CA 9\n", out)
        self.assertIn("expires within a year: Amazon Root CA 9\n", out)
        self.assertNotIn("expires within a year: Amazon RDS", out)

    def test_the_order_depends_on_the_certificates_alone(self):
        self.rewrite({"a.pem": self.short + self.frankfurt + self.govcloud})
        first = self.output.read_text()
        _, out, _ = self.rewrite({"a.pem": self.govcloud, "b.pem": self.frankfurt.replace("\n", "\r\n"), "c.pem": self.short})
        self.assertEqual(self.output.read_text(), first)
        self.assertNotIn("new:", out)
        self.assertNotIn("gone:", out)
        self.assertNotIn("GovCloud", first)

    def test_leaves_out_what_has_expired(self):
        later = DAY_OF_MAKING + roots.datetime.timedelta(days=200)
        self.rewrite({"a.pem": self.short + self.frankfurt})
        code, out, _ = self.rewrite({}, today=later)
        self.assertEqual(code, 0)
        self.assertIn("gone: Amazon Root CA 9\n", out)
        self.assertIn("# Left out because expired: 1\n", self.output.read_text())
        self.assertEqual(self.output.read_text().count(roots.BEGIN), 1)

    def test_refuses_and_writes_nothing(self):
        long_after = DAY_OF_MAKING + roots.datetime.timedelta(days=20000)
        leaf = certificate("db.example.com", 4000, authority=False)
        body = self.frankfurt.splitlines()
        broken = "\n".join([body[0], body[1][::-1], *body[2:]])
        for text, today, says in (
            ("<html>not found</html>", DAY_OF_MAKING, "holds no certificate"),
            (self.frankfurt + self.frankfurt[:200], DAY_OF_MAKING, "cut short"),
            (self.short + broken, DAY_OF_MAKING, "certificate 2 of"),
            (self.short + leaf, DAY_OF_MAKING, "is no certificate authority's"),
            (self.short, long_after, "no certificate is left"),
        ):
            with self.subTest(says):
                self.output.write_text("as it was")
                self.assert_refused(self.rewrite({"a.pem": text}, today=today), says)

    def test_a_place_that_does_not_answer_stops_all(self):
        texts = {"/good.pem": self.frankfurt}

        class Place(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200 if self.path in texts else 404)
                self.end_headers()
                self.wfile.write(texts.get(self.path, "").encode())

            def log_message(self, *_):
                pass

        with http.server.HTTPServer(("127.0.0.1", 0), Place) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            base = f"http://127.0.0.1:{server.server_port}"
            original, roots.PLACES = roots.PLACES, (f"{base}/good.pem", f"{base}/gone.pem")
            try:
                self.output.write_text("as it was")
                self.assert_refused(self.run_script(), f"cannot fetch {base}/gone.pem (HTTP Error 404")
                roots.PLACES = (f"{base}/good.pem",)
                self.output.unlink()
                self.assertEqual(self.run_script()[0], 0)
                self.assertIn(f"# Source: {base}/good.pem\n", self.output.read_text())
            finally:
                roots.PLACES = original
                server.shutdown()

    def test_a_folder_needs_its_origin(self):
        with self.assertRaises(SystemExit):
            self.run_script("--from", str(self.folder))


if __name__ == "__main__":
    unittest.main()
