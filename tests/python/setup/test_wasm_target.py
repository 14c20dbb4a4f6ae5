"""Tests of `wasm-target`, with stand-ins for rustup, rustc and apt-get in a folder of their own.

No real tool is reached: the PATH contains only the stand-ins and a few tools of the shell, and Debian's Rust is
searched below an empty folder.
"""

import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "setup/wasm-target"
TOOLS = ["sh", "chmod", "ls", "cut", "sort", "tail", "id", "mkdir", "touch", "cat", "env", "grep"]

RUSTC = """#!/bin/sh
# Stand-in for rustc: tells where the target's libraries would be.
echo "$WORLD/libdir"
"""
RUSTUP = """#!/bin/sh
# Stand-in for rustup: notes what it was asked, and installs the target, or fails.
echo "rustup $*" >> "$WORLD/asked"
[ -z "$RUSTUP_FAILS" ] || exit 1
mkdir -p "$WORLD/libdir" && touch "$WORLD/libdir/libstd-1.rlib"
"""
APT_GET = """#!/bin/sh
# Stand-in for apt-get: notes what it was asked, and puts a Rust as Debian's in place, or fails.
echo "apt-get $*" >> "$WORLD/asked"
[ -z "$APT_FAILS" ] || exit 1
case "$*" in *install*) ;; *) exit 0 ;; esac
root="$WORLD/debian/usr"
mkdir -p "$root/bin" "$root/lib/rustlib/src/rust/library/std"
printf '#!/bin/sh\\necho "rustc 1.96.0 (Debian)"\\n' > "$root/bin/rustc"
touch "$root/bin/cargo" "$root/bin/wasm-ld-22"
chmod +x "$root/bin/rustc" "$root/bin/cargo"
"""
APT_CACHE = """#!/bin/sh
# Stand-in for apt-cache.
echo "lld-9 - linker"
echo "lld-22 - linker"
"""


class WasmTarget(unittest.TestCase):
    def setUp(self):
        self.world = Path(self.enterContext(tempfile.TemporaryDirectory()))
        (self.world / "bin").mkdir()
        for tool in TOOLS:
            (self.world / "bin" / tool).symlink_to(shutil.which(tool))
        # `sudo` is not among the tools, so an ordinary user cannot install Debian's packages.
        self.stand_in("rustc", RUSTC)

    def stand_in(self, name, script):
        path = self.world / "bin" / name
        path.write_text(script)
        path.chmod(0o755)

    def decide(self, **variables):
        environment = {
            "PATH": str(self.world / "bin"),
            "WORLD": str(self.world),
            "DEBIAN_ROOT": str(self.world / "debian"),
            **variables,
        }
        return subprocess.run(["sh", SCRIPT], env=environment, capture_output=True, text=True)

    def asked(self):
        path = self.world / "asked"
        return path.read_text().splitlines() if path.exists() else []

    def test_a_target_that_is_there_asks_nobody(self):
        self.stand_in("rustup", RUSTUP)
        (self.world / "libdir").mkdir()
        (self.world / "libdir/libstd-1.rlib").touch()
        self.assertEqual(self.decide().returncode, 0)
        self.assertEqual(self.asked(), [])

    def test_rustup_adds_the_target_and_says_so_before(self):
        self.stand_in("rustup", RUSTUP)
        done = self.decide()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.asked(), ["rustup target add wasm32-unknown-unknown"])
        self.assertIn("rustup target add wasm32-unknown-unknown", done.stderr)

    @unittest.skipUnless(os.geteuid() == 0, "apt-get needs root")
    def test_where_rustup_must_install_nothing_it_is_debian(self):
        self.stand_in("rustup", RUSTUP)
        self.stand_in("apt-get", APT_GET)
        self.stand_in("apt-cache", APT_CACHE)
        done = self.decide(RUSTUP_AUTO_INSTALL="0")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotIn("rustup", " ".join(self.asked()))
        self.assertIn("rustc-web cargo-web rust-web-src lld-22", self.asked()[-1])

    @unittest.skipUnless(os.geteuid() == 0, "apt-get needs root")
    def test_a_rustup_that_fails_falls_through_to_debian(self):
        self.stand_in("rustup", RUSTUP)
        self.stand_in("apt-get", APT_GET)
        self.stand_in("apt-cache", APT_CACHE)
        done = self.decide(RUSTUP_FAILS="1")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.asked()[0], "rustup target add wasm32-unknown-unknown")
        self.assertIn("apt-get install", " ".join(self.asked()[1:]).replace("-qq -y ", ""))

    def test_where_no_way_is_left_it_says_what_to_install(self):
        for ways in [(), ("rustup",), ("rustup", "apt-get", "apt-cache")]:
            for way in ways:
                script = {"rustup": RUSTUP, "apt-get": APT_GET, "apt-cache": APT_CACHE}[way]
                self.stand_in(way, script)
            done = self.decide(RUSTUP_FAILS="1", APT_FAILS="1")
            self.assertEqual(done.returncode, 1)
            self.assertIn("rustup target add wasm32-unknown-unknown", done.stderr)
            self.assertIn("apt-get install --no-install-recommends rustc-web", done.stderr)

    def test_without_rust_it_says_where_to_get_it(self):
        (self.world / "bin/rustc").unlink()
        done = self.decide()
        self.assertEqual(done.returncode, 1)
        self.assertIn("https://rustup.rs", done.stderr)


if __name__ == "__main__":
    unittest.main()
