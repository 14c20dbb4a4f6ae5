"""The gateway's status page in headless Chromium.

`./just test-status-page` starts a server, and this with the settings of a client in its environment. The screenshot is
left in the folder that STATUS_PAGE_SCREENSHOTS names.
"""

import contextlib
import html
import json
import os
import re
import signal
import subprocess
import tempfile
import unittest
import urllib.error
import urllib.request

MARKUP = "<img src=x onerror=document.title='hit'><script>document.title='hit'</script>"


def post(url, path, body):
    """Sends a request of a dialect, whatever its answer is."""
    request = urllib.request.Request(
        url + path, json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with contextlib.suppress(urllib.error.HTTPError), urllib.request.urlopen(request) as answer:
        return json.load(answer)


class Gateway:
    """`rds-bridge serve` with an admin address."""

    def __enter__(self):
        self.process = subprocess.Popen(
            ["rds-bridge", "serve", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--trust-loopback"]
            + ["--show-statements"],
            stderr=subprocess.PIPE,
            text=True,
        )
        printed = ""
        while "press Ctrl-C" not in printed:
            line = self.process.stderr.readline()
            if not line:
                raise AssertionError(f"no gateway: {printed}")
            printed += line
        self.url = re.search(r"rds-bridge: (http://\S+) for", printed)[1]
        self.admin = re.search(r"admin address (http://\S+)", printed)[1]
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()
        self.process.stderr.close()

    def execute(self, sql):
        return post(self.url, "/psdb.v1alpha1.Database/Execute", {"query": sql})


def chromium(*arguments):
    """Runs Chromium without a window for some seconds of the page's time."""
    with tempfile.TemporaryDirectory() as profile:
        return subprocess.run(
            ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
            + ["--enable-logging=stderr", f"--user-data-dir={profile}", "--virtual-time-budget=5000", *arguments],
            capture_output=True,
            text=True,
            check=True,
        )


class StatusPage(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.gateway = cls.enterClassContext(Gateway())
        for number in range(20):
            cls.gateway.execute(f"SELECT name, price FROM items WHERE id = {number}")
        cls.gateway.execute(f'SELECT 1 AS `{MARKUP}`')
        cls.gateway.execute("SELECT SLEEP(0.2)")
        cls.gateway.execute("SELECT nothing")
        post(cls.gateway.url, "/v1/query", {"sql": "SELECT COUNT(*) AS n FROM items"})
        post(cls.gateway.url, "/v1/query", {})
        ran = chromium("--dump-dom", cls.gateway.admin + "/")
        cls.page, cls.log = ran.stdout, ran.stderr

    def cells(self, section):
        """The texts of a section's table, a list for each row."""
        table = re.search(rf'id="{section}">(.*?)</div>', self.page, re.DOTALL)[1]
        rows = re.findall(r"<tr>(.*?)</tr>", table, re.DOTALL)[1:]
        return [
            [html.unescape(re.sub(r"</?small>", "|", cell)) for cell in re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL)]
            for row in rows
        ]

    def test_the_tables_are_filled(self):
        pools = self.cells("pools")
        self.assertEqual([row[0] for row in pools], ["iamtest"])
        self.assertEqual(self.cells("callers"), [["loopback", "25", "2"]])
        statements = {row[0].split("|")[1]: row for row in self.cells("statements")}
        selected = statements["SELECT name , price FROM items WHERE id = ?"]
        self.assertEqual(selected[1:3], ["20", "0"])
        slept = statements["SELECT SLEEP ( ? )"]
        self.assertGreater(float(slept[4]), 190)
        causes = [row[0] for row in self.cells("causes")]
        self.assertEqual(causes, ["InvalidRequest", "MySQL 1054"])
        self.assertIn(">serving<", self.page)

    def test_names_are_text(self):
        self.assertIn("&lt;img src=x onerror=document.title='hit'&gt;", self.page)
        self.assertNotIn("<img", self.page)
        self.assertIn("<title>rds-bridge gateway</title>", self.page)
        # The page's own, and no other.
        self.assertEqual(self.page.count("<script"), 1)

    def test_the_page_keeps_to_its_policy(self):
        for line in self.log.splitlines():
            self.assertNotIn("Content Security Policy", line)
            self.assertNotIn("Uncaught", line)

    def test_it_can_be_seen(self):
        folder = os.environ["STATUS_PAGE_SCREENSHOTS"]
        os.makedirs(folder, exist_ok=True)
        file = os.path.join(folder, "status_page.png")
        chromium(f"--screenshot={file}", "--window-size=1200,1500", self.gateway.admin + "/")
        self.assertGreater(os.path.getsize(file), 20_000)


if __name__ == "__main__":
    unittest.main()
