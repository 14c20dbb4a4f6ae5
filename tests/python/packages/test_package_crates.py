"""Tests of what `package_crates.py` refuses, on invented packages and an invented toolchain."""

import os
import shutil
import subprocess
import tempfile
import time
import unittest
from pathlib import Path
from unittest import mock

import package_crates


class Packages(unittest.TestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.package = self.folder / "crate-0.1.0"
        (self.package / "src").mkdir(parents=True)
        for name in package_crates.CARRIED:
            shutil.copy(package_crates.ROOT / name, self.package / name)

    def write(self, path, text):
        (self.package / path).parent.mkdir(exist_ok=True)
        (self.package / path).write_text(text)

    def problems(self):
        return package_crates.problems(self.package)

    def test_what_may_not_be_published_is_left_out(self):
        packages = [
            {"name": "ours", "version": "0.1.0", "publish": None},
            {"name": "tests", "version": "0.1.0", "publish": []},
        ]
        self.assertEqual(package_crates.published({"packages": packages}), {"ours": "0.1.0"})

    def test_cargo_sees_that_unpacked_files_are_new(self):
        # `cargo package` gives all files the same old time.
        self.write("src/lib.rs", "")
        os.utime(self.package / "src/lib.rs", (0, 0))
        archive = self.folder / "package/crate-0.1.0.crate"
        archive.parent.mkdir()
        subprocess.run(["tar", "-czf", archive, "-C", self.folder, self.package.name], check=True)
        before = time.time()
        with (
            mock.patch.object(package_crates, "TARGET", self.folder),
            mock.patch.object(package_crates, "PACKAGES", self.folder / "unpacked"),
        ):
            unpacked = package_crates.unpack({"crate": "0.1.0"})
        # The clock of the file system may be a little late.
        self.assertGreater((unpacked / "crate-0.1.0/src/lib.rs").stat().st_mtime, before - 1)

    def test_a_package_that_reads_its_own_files_is_good(self):
        self.write("src/roots.pem", "")
        self.write("wit/world.wit", "")
        self.write("build/main.rs", '#[path = "../src/lib.rs"] mod x;')
        self.write("src/lib.rs", 'include_bytes!("roots.pem"); wit_bindgen::generate!({\n    path: "wit",\n});')
        self.assertEqual(self.problems(), [])

    def test_a_file_of_another_crate_is_named(self):
        (self.folder / "vectors.json").touch()
        for source in [
            'include_str!("../../vectors.json")',
            'include_bytes!(\n    "../../vectors.json"\n)',
            '#[path = "../../vectors.json"] mod x;',
            'concat!(env!("CARGO_MANIFEST_DIR"), "/../vectors.json")',
            'bindgen!({\n    path: "../vectors.json",\n})',
            'include_str!("missing.json")',
        ]:
            with self.subTest(source):
                self.write("src/lib.rs", source)
                self.assertEqual(len(self.problems()), 1)
                self.assertIn("src/lib.rs reads ", self.problems()[0])

    def test_a_build_script_that_knows_a_toolchain_is_named(self):
        for path in ["build.rs", "build/toolchain.rs"]:
            with self.subTest(path):
                self.write(path, 'Command::new("/usr/bin/rustc")')
                self.assertEqual(self.problems(), ["crate-0.1.0: the build script names /usr/bin/"])
                (self.package / path).unlink()
        self.write("src/lib.rs", 'Command::new("/usr/bin/open")')
        self.assertEqual(self.problems(), [])

    def test_a_licence_that_is_missing_is_named(self):
        (self.package / "LICENSE-MIT").unlink()
        self.assertEqual(self.problems(), ["crate-0.1.0 does not have LICENSE-MIT"])

    def test_a_link_that_became_a_text_is_named(self):
        (self.package / "LICENSE-MIT").write_text("../../LICENSE-MIT")
        self.assertEqual(self.problems(), ["crate-0.1.0: LICENSE-MIT is not the licence"])

    def test_the_library_brings_what_it_depends_on(self):
        for name, dependencies in {"rds-bridge": ["dependencies.text", "build-dependencies.component"], "text": [],
                                   "component": ["dependencies.serde"], "other": []}.items():
            (self.folder / f"{name}-1").mkdir()
            tables = "".join(f"[{table}]\nversion = \"1\"\n" for table in dependencies)
            (self.folder / f"{name}-1/Cargo.toml").write_text(tables)
        versions = dict.fromkeys(["rds-bridge", "text", "component", "other"], "1")
        self.assertEqual(package_crates.needed(self.folder, versions), ["component", "rds-bridge", "text"])


class Toolchain(unittest.TestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        (self.folder / "sysroot/bin").mkdir(parents=True)
        # A stand-in for a rustc that can compile WebAssembly.
        rustc = self.folder / "sysroot/bin/rustc"
        rustc.write_text('#!/bin/sh\necho "compiled $*"\n')
        rustc.chmod(0o755)
        self.environment = package_crates.without_wasm(self.folder / "bin", self.folder / "sysroot")

    def test_its_rustc_refuses_webassembly_alone(self):
        self.assertTrue(package_crates.refuses_wasm(self.environment))
        done = subprocess.run(["rustc", "src/lib.rs"], env=self.environment, capture_output=True, text=True)
        self.assertEqual(done.stdout, "compiled src/lib.rs\n")

    def test_no_linker_for_webassembly_is_in_its_path(self):
        names = [path.name for path in Path(self.environment["PATH"]).iterdir()]
        self.assertIn("cargo", names)
        self.assertEqual([name for name in names if "wasm" in name or "lld" in name], [])


if __name__ == "__main__":
    unittest.main()
