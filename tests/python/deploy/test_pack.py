"""Tests of `pack.py`: the contents of the zip, and what it refuses."""

import importlib.util
import os
import random
import subprocess
import sys
import tempfile
import unittest
import zipfile
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[3] / "host/deploy/pack.py"
specification = importlib.util.spec_from_file_location("pack", SCRIPT)
pack = importlib.util.module_from_spec(specification)
specification.loader.exec_module(pack)


class Pack(unittest.TestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.program = self.folder / "rds-bridge"
        self.program.write_bytes(b"\x7fELF" * 1000)
        self.zip = self.folder / "package.zip"

    def test_the_program_is_what_lambda_starts(self):
        size = pack.pack(self.program, self.zip)
        self.assertEqual(size, self.zip.stat().st_size)
        with zipfile.ZipFile(self.zip) as archive:
            (entry,) = archive.infolist()
            self.assertEqual(archive.read(entry), self.program.read_bytes())
        self.assertEqual(entry.filename, "bootstrap")
        # An executable file, created on Unix.
        self.assertEqual((entry.external_attr >> 16, entry.create_system), (0o100755, 3))
        self.assertEqual(entry.compress_type, zipfile.ZIP_DEFLATED)

    def test_the_same_program_gives_the_same_zip(self):
        pack.pack(self.program, self.zip)
        first = self.zip.read_bytes()
        os.utime(self.program, (0, 0))
        self.program.chmod(0o600)
        other = self.folder / "another name.zip"
        pack.pack(self.program, other)
        self.assertEqual(other.read_bytes(), first)

    def test_6_mb_are_too_many_and_nothing_is_left(self):
        # Random bytes cannot be compressed.
        noise = random.Random(6).randbytes(pack.LIMIT)
        self.program.write_bytes(noise)
        self.zip.write_text("of the last time")
        with self.assertRaisesRegex(ValueError, "must have fewer than 6,000,000"):
            pack.pack(self.program, self.zip)
        self.assertEqual(self.zip.read_text(), "of the last time")
        self.assertEqual(sorted(path.name for path in self.folder.iterdir()), ["package.zip", "rds-bridge"])
        self.program.write_bytes(noise[: pack.LIMIT - 5000])
        self.assertLess(pack.pack(self.program, self.zip), 6_000_000)

    def test_named_statements_lie_beside_it(self):
        queries = self.folder / "mine.json"
        queries.write_text('{"by_id": "SELECT * FROM items WHERE id = ?"}')
        pack.pack(self.program, self.zip, queries)
        with zipfile.ZipFile(self.zip) as archive:
            self.assertEqual(archive.namelist(), ["bootstrap", "queries.json"])
            self.assertEqual(archive.read("queries.json"), queries.read_bytes())
            self.assertEqual(archive.getinfo("queries.json").external_attr >> 16, 0o100644)

    def test_statements_that_are_none_are_refused(self):
        queries = self.folder / "mine.json"
        for text in ["", "{", "[]", "{}", '"SELECT 1"']:
            queries.write_text(text)
            done = subprocess.run(
                [sys.executable, SCRIPT, self.program, self.zip, f"--queries={queries}"], capture_output=True, text=True
            )
            self.assertEqual(done.returncode, 1, text)
            self.assertRegex(done.stderr, f"error: {queries} (is not JSON: |must be a JSON object of named statements: )")
            self.assertFalse(self.zip.exists())

    def test_callers_lie_beside_it(self):
        access = self.folder / "mine.toml"
        # Windows editors begin a file with a byte order mark.
        for mark in ["", "\ufeff"]:
            access.write_text(f'{mark}[[callers.app.grants]]\ndatabase = "iamtest"\nstatements = "any"\n')
            done = subprocess.run(
                [sys.executable, SCRIPT, self.program, self.zip, f"--access={access}"], capture_output=True, text=True
            )
            self.assertEqual(done.returncode, 0, done.stderr)
            with zipfile.ZipFile(self.zip) as archive:
                self.assertEqual(archive.namelist(), ["bootstrap", "access.toml"])
                self.assertEqual(archive.read("access.toml"), access.read_bytes())
                self.assertEqual(archive.getinfo("access.toml").external_attr >> 16, 0o100644)

    def test_callers_that_are_none_are_refused(self):
        access = self.folder / "mine.toml"
        for content in [b"", b"[callers", b"[callers]", b"callers = 1", b"[caller.app]", b"\xff\xfe["]:
            access.write_bytes(content)
            done = subprocess.run(
                [sys.executable, SCRIPT, self.program, self.zip, f"--access={access}"], capture_output=True, text=True
            )
            self.assertEqual(done.returncode, 1, content)
            self.assertRegex(done.stderr, f"error: {access} (is not TOML: |must have callers: )")
            self.assertFalse(self.zip.exists())

    def test_what_is_not_there_is_named(self):
        done = subprocess.run(
            [sys.executable, SCRIPT, self.folder / "nowhere", self.zip], capture_output=True, text=True
        )
        self.assertEqual(done.returncode, 1)
        self.assertIn("nowhere", done.stderr)


if __name__ == "__main__":
    unittest.main()
