"""Tests of the scripts that create the archive and the .deb, with an invented program."""

import os
import sys
import tarfile
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "host/dist"))
import archive
import deb


class Files(unittest.TestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.files = self.folder / "files"
        (self.files / "completions").mkdir(parents=True)
        for name in [*deb.PLACES, "LICENSE-MIT"]:
            (self.files / name).write_text(f"this is {name}")
        (self.files / "rds-bridge").chmod(0o700)

    def test_an_archive_has_every_file_in_one_folder(self):
        path = self.folder / "rds-bridge-0.1.0-here.tar.gz"
        archive.pack(self.files, path, 1_000_000_000)
        with tarfile.open(path) as opened:
            entries = {entry.name: entry for entry in opened.getmembers()}
            read = opened.extractfile("rds-bridge-0.1.0-here/completions/_rds-bridge").read()
        self.assertEqual(read, b"this is completions/_rds-bridge")
        self.assertEqual(entries["rds-bridge-0.1.0-here/rds-bridge"].mode, 0o755)
        self.assertEqual(entries["rds-bridge-0.1.0-here/README.md"].mode, 0o644)
        self.assertEqual({(entry.uid, entry.mtime) for entry in entries.values()}, {(0, 1_000_000_000)})

    def test_the_same_files_make_the_same_archive(self):
        made = []
        for path in [self.folder / "one", self.folder / "two"]:
            path.mkdir()
            archive.pack(self.files, path / "rds-bridge.tar.gz", 1)
            made.append((path / "rds-bridge.tar.gz").read_bytes())
            os.utime(self.files / "README.md", (7, 7))
        self.assertEqual(made[0], made[1])

    def test_a_deb_has_every_file_where_a_system_looks_for_it(self):
        root = self.folder / "root"
        deb.lay_out(self.files, root)
        found = {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}
        self.assertEqual(found, {place for place, _ in deb.PLACES.values()} | {deb.COPYRIGHT})
        self.assertEqual((root / deb.PROGRAM).stat().st_mode & 0o777, 0o755)
        self.assertIn("this is LICENSE-MIT", (root / deb.COPYRIGHT).read_text())


class Dependencies(unittest.TestCase):
    def test_the_newest_version_of_glibc_counts_by_its_numbers(self):
        versions = ["GLIBC_2.9", "GLIBC_2.34", "GLIBC_2.17", "GCC_3.0", "GLIBC_ABI_DT_RELR"]
        libraries = ["libc.so.6", "libm.so.6", "ld-linux-x86-64.so.2", "libgcc_s.so.1"]
        self.assertEqual(deb.of_libraries(libraries, versions), "libc6 (>= 2.34), libgcc-s1")

    def test_a_library_without_a_package_is_refused(self):
        with self.assertRaisesRegex(ValueError, "libssl.so.3"):
            deb.of_libraries(["libc.so.6", "libssl.so.3"], [])


if __name__ == "__main__":
    unittest.main()
