"""Tests of `tools`, with stand-ins for apt-get, python3, node and npm in a folder of their own."""

import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "setup/tools"
TOOLS = ["sh", "chmod", "id", "cat", "env", "cp"]

HERE = """#!/bin/sh
# Stand-in for a tool that is as it has to be.
exit 0
"""
TOO_OLD = """#!/bin/sh
# Stand-in for a tool of an older version, or without a part of it: it is asked, and says no.
exit 1
"""
APT_GET = """#!/bin/sh
# Stand-in for apt-get: notes what it was asked, and puts what it is asked for in place, or fails.
echo "apt-get $*" >> "$WORLD/asked"
[ -z "$APT_FAILS" ] || exit 1
case "$*" in *install*) ;; *) exit 0 ;; esac
for package in "$@"; do
    case $package in
        gcc) tools=cc ;;
        python3) tools=python3 ;;
        nodejs) tools="node npm" ;;
        iproute2) tools="ip tc" ;;
        *) continue ;;
    esac
    for tool in $tools; do cp "$WORLD/good" "$WORLD/bin/$tool" && chmod +x "$WORLD/bin/$tool"; done
done
"""


class Tools(unittest.TestCase):
    def setUp(self):
        self.world = Path(self.enterContext(tempfile.TemporaryDirectory()))
        (self.world / "bin").mkdir()
        (self.world / "good").write_text(HERE)
        for tool in TOOLS:
            (self.world / "bin" / tool).symlink_to(shutil.which(tool))

    def stand_in(self, name, script=HERE):
        path = self.world / "bin" / name
        path.write_text(script)
        path.chmod(0o755)

    def decide(self, *tools, **variables):
        environment = {"PATH": str(self.world / "bin"), "WORLD": str(self.world), **variables}
        command = ["sh", SCRIPT, *tools]
        return subprocess.run(command, env=environment, capture_output=True, text=True)

    def asked(self):
        path = self.world / "asked"
        return path.read_text() if path.exists() else ""

    def test_what_is_here_asks_nobody(self):
        for name in ["cc", "python3", "node", "npm", "apt-get"]:
            self.stand_in(name, APT_GET if name == "apt-get" else HERE)
        done = self.decide("cc", "python", "node")
        self.assertEqual((done.returncode, done.stderr, self.asked()), (0, "", ""))

    def test_a_compiler_of_ones_own_may_have_arguments_and_links_nothing(self):
        for name in ["cc", "ccache"]:
            self.stand_in(name)
        self.assertEqual(self.decide("cc", CC="ccache gcc").returncode, 0)
        (self.world / "bin" / "cc").unlink()
        self.assertEqual(self.decide("cc", CC="ccache gcc").returncode, 1)
        linker = {"CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_LINKER": "ccache"}
        self.assertEqual(self.decide("cc", CC="ccache gcc", **linker).returncode, 0)

    def test_all_that_is_missing_is_named_with_what_installs_it(self):
        done = self.decide("cc", "python", "node")
        self.assertEqual(done.returncode, 1)
        for words in [
            "apt-get install gcc libc6-dev",
            "Python 3.11",
            "apt-get install python3 python3-venv",
            "Node 20",
            "https://nodejs.org",
        ]:
            self.assertIn(words, done.stderr)

    def test_what_is_not_asked_for_is_not_looked_for(self):
        self.stand_in("cc")
        self.assertEqual(self.decide("cc").returncode, 0)

    def test_an_older_one_is_none(self):
        for name in ["python3", "node"]:
            self.stand_in(name, TOO_OLD)
        self.stand_in("npm")
        done = self.decide("python", "node")
        self.assertEqual(done.returncode, 1)
        self.assertIn("Python 3.11", done.stderr)
        self.assertIn("Node 20", done.stderr)

    @unittest.skipUnless(os.geteuid() == 0, "apt-get needs root")
    def test_apt_get_puts_it_in_place_and_says_so(self):
        self.stand_in("apt-get", APT_GET)
        done = self.decide("cc", "python", "node", "ip")
        self.assertEqual(done.returncode, 0, done.stderr)
        for packages in ["gcc libc6-dev", "python3 python3-venv", "nodejs npm", "iproute2"]:
            self.assertIn(f" is not installed: running apt-get install {packages}", done.stderr)
            self.assertIn(packages, self.asked())

    @unittest.skipUnless(os.geteuid() == 0, "apt-get needs root")
    def test_where_apt_get_fails_it_says_what_to_install(self):
        self.stand_in("apt-get", APT_GET)
        done = self.decide("node", APT_FAILS="1")
        self.assertEqual(done.returncode, 1)
        self.assertIn("https://nodejs.org", done.stderr)


if __name__ == "__main__":
    unittest.main()
