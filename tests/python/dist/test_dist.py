"""Tests of the files that `./just dist` creates: each is installed in an empty place and run there.

    RDS_BRIDGE_DIST=target/dist python3 -m unittest test_dist

- The archive is unpacked into an empty folder.
- dpkg installs the .deb into an empty root, with a database of its own. That root has no C library, so dpkg ignores the
  dependencies, and a test compares them with this machine. The program runs from there with this machine's C library.
- pip installs the wheel into an empty virtual environment, without a network.
"""

import os
import shutil
import subprocess
import tarfile
import tempfile
import unittest
import venv
from pathlib import Path

DIST = Path(os.environ["RDS_BRIDGE_DIST"])
TOKEN = ["token", "--hostname", "mydb.abc123.eu-central-1.rds.amazonaws.com", "--username", "lambda-user"]
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "made-up"}


def only(pattern):
    """The only file that matches the pattern."""
    found = sorted(DIST.glob(pattern))
    if len(found) != 1:
        raise AssertionError(f"{pattern} in {DIST}: {found}")
    return found[0]


def run(*command, **environment):
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode != 0:
        raise AssertionError(f"{command}: exit code {done.returncode}: {done.stdout}{done.stderr}")
    return done.stdout


class Installed(unittest.TestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory())).resolve()

    def assert_works(self, program):
        """The program prints its version, signs a token, and runs the demo on this machine."""
        version = only("*.tar.gz").name.split("-")[2]
        self.assertEqual(run(program, "-V"), f"rds-bridge {version}\n")
        self.assertIn("Action=connect&DBUser=lambda-user", run(program, *TOKEN, **CREDENTIALS))
        self.assertIn("cheese", run(program, "demo", TMPDIR=str(self.folder)))

    def test_the_archive(self):
        with tarfile.open(only("*.tar.gz")) as archive:
            archive.extractall(self.folder)
        (unpacked,) = self.folder.iterdir()
        program = unpacked / "rds-bridge"
        self.assert_works(program)
        self.assertEqual((unpacked / "rds-bridge.1").read_text(), run(program, "man"))
        self.assertEqual((unpacked / "man/rds-bridge-query.1").read_text(), run(program, "man", "query"))
        for shell, name in [("bash", "rds-bridge.bash"), ("zsh", "_rds-bridge"), ("fish", "rds-bridge.fish")]:
            self.assertEqual((unpacked / "completions" / name).read_text(), run(program, "completions", shell))
        for name in ["LICENSE-APACHE", "LICENSE-MIT", "README.md", "CHANGELOG.md"]:
            self.assertTrue((unpacked / name).is_file(), name)

    @unittest.skipUnless(shutil.which("dpkg-deb"), "there is no dpkg-deb here, and so no .deb")
    def test_the_deb(self):
        database = self.folder / "var/lib/dpkg"
        for name in ["info", "updates"]:
            (database / name).mkdir(parents=True)
        (database / "status").touch()
        dpkg = ["dpkg", f"--root={self.folder}", "--force-not-root", "--force-depends"]
        run(*dpkg, "--install", str(only("*.deb")), PATH=os.environ["PATH"])
        self.assertIn("Status: install ok installed", run(*dpkg, "--status", "rds-bridge", PATH=os.environ["PATH"]))
        self.assert_works(self.folder / "usr/bin/rds-bridge")
        for name in [
            "man/man1/rds-bridge.1.gz", "man/man1/rds-bridge-query.1.gz", "bash-completion/completions/rds-bridge",
            "doc/rds-bridge/copyright",
        ]:
            self.assertTrue((self.folder / "usr/share" / name).is_file(), name)

    @unittest.skipUnless(shutil.which("dpkg-deb"), "there is no dpkg-deb here, and so no .deb")
    def test_this_machine_has_what_the_deb_depends_on(self):
        field = run("dpkg-deb", "--field", str(only("*.deb")), "Depends", PATH=os.environ["PATH"])
        self.assertIn("libc6 (>= ", field)
        for dependency in field.strip().split(", "):
            name, _, wanted = dependency.partition(" (>= ")
            version = run("dpkg-query", "--show", "--showformat", "${Version}", name, PATH=os.environ["PATH"])
            if wanted:
                run("dpkg", "--compare-versions", version, "ge", wanted.rstrip(")"), PATH=os.environ["PATH"])

    def test_the_wheel(self):
        venv.create(self.folder / "venv", with_pip=True)
        programs = self.folder / "venv/bin"
        run(programs / "python", "-m", "pip", "install", "--no-index", "--no-deps", str(only("*.whl")))
        self.assert_works(programs / "rds-bridge")
        (metadata,) = self.folder.glob("venv/lib/python*/site-packages/rds_bridge-*.dist-info")
        self.assertIn("License-Expression: MIT OR Apache-2.0\n", (metadata / "METADATA").read_text(encoding="utf-8"))
        self.assertTrue((metadata / "licenses/LICENSE-MIT").is_file())


if __name__ == "__main__":
    unittest.main()
