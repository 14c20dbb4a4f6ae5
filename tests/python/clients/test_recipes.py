"""Tests of the recipes in docs/clients.md: runs the page's Python against the emulator.

    python -m unittest test_recipes     with rds-bridge on the PATH
"""

import importlib.metadata
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs/clients.md").read_text(encoding="utf-8")
SCHEMA = ROOT / "tests/schema.sql"

# What surrounds the page's settings in a Django project.
DJANGO = """
import os
import pymysql
import django
from django.conf import settings
from django.db import connection, models

pymysql.install_as_MySQLdb()
{databases}
settings.configure(DATABASES=DATABASES)
django.setup()


class Item(models.Model):
    name = models.CharField(max_length=64)
    price = models.DecimalField(max_digits=10, decimal_places=2)

    class Meta:
        app_label = "shop"
        managed = False
        db_table = "items"


print(Item.objects.get(pk=2).name)
print([item.name for item in Item.objects.filter(price__lt=10).order_by("id")])
with connection.cursor() as cursor:
    cursor.execute("SELECT name FROM items WHERE id = %s", [3])
    print(cursor.fetchone()[0])
# Closing is what Django does when a connection is too old. The next query needs a new token.
connection.close()
print(Item.objects.count())
"""


def recipes(heading: str) -> list[str]:
    """The Python blocks below a heading of the page."""
    section = re.search(rf"^## {re.escape(heading)}$(.*?)(?=^## )", PAGE, re.MULTILINE | re.DOTALL)
    return re.findall(r"^```python\n(.*?)^```$", section[1], re.MULTILINE | re.DOTALL) if section else []


def run(folder: str, program: str) -> subprocess.CompletedProcess[str]:
    """Runs a program in a folder, with the emulator's settings in its environment."""
    path = pathlib.Path(folder, "recipe.py")
    path.write_text(program, encoding="utf-8")
    command = ["rds-bridge", "emulate", "--port", "0", "--seed", SCHEMA, "--", sys.executable, path]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60,
                          env={**os.environ, "PYTHONPATH": folder})


class Recipes(unittest.TestCase):
    def setUp(self):
        self.folder = self.enterContext(tempfile.TemporaryDirectory())

    def test_the_page_names_the_versions_that_run_here(self):
        for package in ["SQLAlchemy", "Django", "PyMySQL"]:
            self.assertIn(f"{package} {importlib.metadata.version(package)}", " ".join(PAGE.split()))

    def test_sqlalchemy(self):
        [program] = recipes("Python: PyMySQL and SQLAlchemy")
        done = run(self.folder, program)
        self.assertEqual((done.returncode, done.stdout), (0, "bread\n"), done.stderr)

    def test_sqlalchemy_signs_a_token_for_each_connection(self):
        [program] = recipes("Python: PyMySQL and SQLAlchemy")
        done = run(self.folder, program + "with engine.connect(), engine.connect():\n    pass\n")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stderr.count(": accepted, with a token"), 2, done.stderr)

    def test_django(self):
        backend, databases = recipes("Python: Django")
        package = pathlib.Path(self.folder, "rds_mysql")
        package.mkdir()
        (package / "__init__.py").touch()
        (package / "base.py").write_text(backend, encoding="utf-8")
        done = run(self.folder, DJANGO.format(databases=databases))
        self.assertEqual((done.returncode, done.stdout), (0, "bread\n['apple', 'bread']\ncheese\n3\n"), done.stderr)
        self.assertEqual(done.stderr.count(": accepted, with a token"), 2, done.stderr)


if __name__ == "__main__":
    unittest.main()
