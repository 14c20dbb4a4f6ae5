"""Tests of how `package` builds, with stand-ins for cargo, rustc, rustup, zig and Python's tools.

No real tool is reached: the PATH contains only the stand-ins and a few tools of the shell, Debian's Rust is searched
below an empty folder, and the folder of tools from PyPI already exists, with stand-ins in it.
"""

import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

DEPLOY = Path(__file__).resolve().parents[3] / "host/deploy"
TOOLS = ["bash", "env", "dirname", "mkdir", "touch", "cp", "ls", "cut", "cat", "basename", "rm"]

NOTES = 'echo "${0##*/} $*" >> "$WORLD/asked"\n'
STAND_INS = {
    "uname": '[ "$1" = -s ] && echo "$SYSTEM" || echo "$MACHINE"\n',
    "getconf": '[ "$1" = GNU_LIBC_VERSION ] && [ -n "$GLIBC" ] && echo "glibc $GLIBC"\n',
    # Puts the program where cargo does.
    "cargo": NOTES
    + '[ "$FAILS" != cargo ] || exit 101\n'
    + 'folder="$CARGO_TARGET_DIR/${CARGO_BUILD_TARGET:+$CARGO_BUILD_TARGET/}function"\n'
    + 'mkdir -p "$folder" && echo "new" > "$folder/bootstrap"\n',
    # Prints the folder of the target's libraries.
    "rustc": 'echo "$WORLD/libdir"\n',
    "rustup": NOTES + 'mkdir -p "$WORLD/libdir" && touch "$WORLD/libdir/libstd-1.rlib"\n',
    # Creates the folder of tools, with the stand-ins.
    "python3": NOTES + 'for it; do :; done; cp "$WORLD/tools/"* "$it/bin"\n',
}
# The stand-ins in the folder of tools. The test chooses the result of the check.
TOOLS_OF_PYPI = {
    "cargo-zigbuild": NOTES.replace("$*", "$* RUSTC=$RUSTC BOOTSTRAP=$RUSTC_BOOTSTRAP"),
    "python": NOTES
    + 'case "$1" in\n'
    + '    *needs.py) exit "$CHECK" ;;\n'
    + '    *pack.py) touch "$3" ;;\n'
    + "esac\n",
}
DEBIAN_RUSTC = 'echo "rustc 1.96.0 (Debian)"\n'


class Package(unittest.TestCase):
    def setUp(self):
        self.world = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.repository = self.world / "repository"
        (self.world / "bin").mkdir()
        (self.repository / "host/deploy").mkdir(parents=True)
        shutil.copy(DEPLOY / "package", self.repository / "host/deploy")
        for tool in TOOLS:
            (self.world / "bin" / tool).symlink_to(shutil.which(tool))
        for name in ["uname", "getconf", "cargo", "rustc", "python3"]:
            self.stand_in(name)
        for name, script in TOOLS_OF_PYPI.items():
            self.stand_in(name, self.repository / "target/lambda/venv/bin", script)
            self.stand_in(name, self.world / "tools", script)

    def stand_in(self, name, folder=None, script=None):
        folder = folder or self.world / "bin"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / name
        path.write_text(f"#!/bin/sh\n# Stand-in for {name}.\n{script or STAND_INS[name]}")
        path.chmod(0o755)

    def with_target(self):
        (self.world / "libdir").mkdir()
        (self.world / "libdir/libstd-1.rlib").touch()

    def with_debian(self):
        usr = self.world / "debian/usr"
        (usr / "lib/rustlib/src/rust/library/std").mkdir(parents=True)
        self.stand_in("rustc", usr / "bin", DEBIAN_RUSTC)
        self.stand_in("cargo", usr / "bin", NOTES)

    def package(self, *arguments, system="Linux", machine="x86_64", glibc="2.34", check=0, **variables):
        environment = {
            "PATH": str(self.world / "bin"),
            "WORLD": str(self.world),
            "DEBIAN_ROOT": str(self.world / "debian"),
            "SYSTEM": system,
            "MACHINE": machine,
            "GLIBC": glibc,
            "CHECK": str(check),
            **variables,
        }
        script = self.repository / "host/deploy/package"
        return subprocess.run([script, *arguments], env=environment, capture_output=True, text=True)

    def asked(self, *names):
        path = self.world / "asked"
        lines = path.read_text().splitlines() if path.exists() else []
        lines = [line.replace(str(self.repository) + "/", "") for line in lines]
        return [line for line in lines if line.split()[0] in names] if names else lines

    def zips(self):
        return sorted(path.name for path in (self.repository / "target/lambda").glob("*.zip"))

    def own_architecture(self, machine, architecture):
        done = self.package(machine=machine)
        self.assertEqual(done.returncode, 0, done.stderr)
        (build,) = self.asked("cargo")
        self.assertIn("build --locked --profile function -p rds-bridge-function --bin bootstrap", build)
        self.assertIn("--no-default-features --features client_ed25519,secrets-manager", build)
        self.assertEqual(self.asked("cargo-zigbuild"), [])
        check, _ = self.asked("python")[-2:]
        self.assertEqual(check, f"python host/deploy/needs.py target/function/bootstrap {architecture}")
        self.assertEqual(self.zips(), [f"rds-bridge-{architecture}.zip", "rds-bridge.zip"])

    def test_on_x86_64_the_machines_linker_will_do_for_x86_64(self):
        self.own_architecture("x86_64", "x86_64")

    def test_on_arm64_the_machines_linker_will_do_for_arm64(self):
        self.own_architecture("aarch64", "arm64")

    def test_where_the_glibc_is_newer_or_unknown_it_is_built_once_with_zig(self):
        self.with_target()
        for number, glibc in enumerate(["2.35", "2.36", "2.41", "3.0", ""], 1):
            done = self.package(glibc=glibc)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(self.asked("cargo"), [])
            builds = self.asked("cargo-zigbuild")
            self.assertEqual(len(builds), number)
            self.assertIn("zigbuild --locked --profile function", builds[-1])
            self.assertIn("--target x86_64-unknown-linux-gnu.2.34", builds[-1])
            self.assertIn("target/x86_64-unknown-linux-gnu/function/bootstrap", self.asked("python")[-2])
        self.assertEqual(self.zips(), ["rds-bridge-x86_64.zip", "rds-bridge.zip"])

    def test_where_the_glibc_is_older_it_is_built_once_with_cargo(self):
        self.assertEqual(self.package(glibc="2.31").returncode, 0)
        self.assertEqual(len(self.asked("cargo")), 1)

    def test_what_does_not_fit_lambda_is_not_packed_and_not_built_again(self):
        self.with_target()
        for check in [1, 3]:
            self.assertEqual(self.package(check=check).returncode, 1)
        self.assertEqual(len(self.asked("cargo")), 2)
        self.assertEqual(self.asked("cargo-zigbuild"), [])
        self.assertEqual(self.zips(), [])

    def test_a_build_that_fails_ends_it(self):
        self.assertNotEqual(self.package(FAILS="cargo").returncode, 0)
        self.assertEqual([line for line in self.asked("python") if "needs" in line], [])

    def test_for_another_architecture_and_from_another_system_it_is_zig(self):
        self.with_target()
        for system, machine, architecture, target in [
            ("Linux", "x86_64", "arm64", "aarch64-unknown-linux-gnu.2.34"),
            ("Linux", "aarch64", "x86_64", "x86_64-unknown-linux-gnu.2.34"),
            ("Darwin", "arm64", "arm64", "aarch64-unknown-linux-gnu.2.34"),
        ]:
            done = self.package(architecture, system=system, machine=machine)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn(f"--target {target}", self.asked("cargo-zigbuild")[-1])
            self.assertIn("--require-hashes -r host/deploy/zig-requirements.txt", self.asked("python")[-3])
        self.assertEqual(self.asked("cargo"), [])

    def test_rustup_adds_the_target_and_says_so_before(self):
        self.stand_in("rustup")
        done = self.package("arm64")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.asked("rustup"), ["rustup target add aarch64-unknown-linux-gnu"])
        self.assertIn("rustup target add aarch64-unknown-linux-gnu", done.stderr)
        self.assertIn("RUSTC= BOOTSTRAP=", self.asked("cargo-zigbuild")[0])

    def test_where_rustup_must_install_nothing_debians_rust_builds_the_library(self):
        self.stand_in("rustup")
        self.with_debian()
        done = self.package("arm64", RUSTUP_AUTO_INSTALL="0")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.asked("rustup"), [])
        (build,) = self.asked("cargo-zigbuild")
        self.assertIn("-Z build-std=std,panic_unwind --target aarch64-unknown-linux-gnu.2.34", build)
        self.assertIn("debian/usr/bin/rustc BOOTSTRAP=1", build)

    def test_where_no_rust_can_it_says_what_to_install(self):
        self.stand_in("rustup")
        done = self.package("arm64", RUSTUP_AUTO_INSTALL="0")
        self.assertEqual(done.returncode, 1)
        self.assertIn("error: no installed Rust can build for aarch64-unknown-linux-gnu", done.stderr)
        self.assertIn("rustup target add aarch64-unknown-linux-gnu", done.stderr)
        self.assertIn("apt-get install --no-install-recommends rustc-web", done.stderr)
        self.assertEqual(self.asked("cargo-zigbuild"), [])

    def test_a_program_from_before_is_not_packed_where_cargo_puts_the_new_one_elsewhere(self):
        self.assertEqual(self.package().returncode, 0)
        for path in (self.repository / "target/lambda").glob("*.zip"):
            path.unlink()
        done = self.package(CARGO_BUILD_TARGET="x86_64-unknown-linux-gnu")
        self.assertEqual(done.returncode, 1)
        self.assertIn("CARGO_BUILD_TARGET", done.stderr)
        self.assertEqual(self.zips(), [])

    def test_a_folder_of_tools_that_was_left_half_made_is_made_anew(self):
        venv = self.repository / "target/lambda/venv"
        self.assertEqual(self.package().returncode, 0)
        self.assertEqual(self.asked("python3"), [])
        # A folder that python3 without ensurepip has created.
        self.stand_in("python", venv / "bin", 'case "$*" in *pip*) echo "No module named pip" >&2; exit 1 ;; esac\n')
        done = self.package()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.asked("python3"), ["python3 -m venv --clear target/lambda/venv"])
        self.assertNotIn("No module named pip", done.stderr)

    def test_what_comes_from_pypi_has_a_version_and_hashes(self):
        self.with_target()
        self.assertEqual(self.package("arm64").returncode, 0)
        installs = [line for line in self.asked("python") if " install " in line]
        self.assertEqual(len(installs), 2)
        for line in installs:
            self.assertIn("--require-hashes -r host/deploy/", line)
            listed = (DEPLOY / line.split("/")[-1]).read_text()
            packages = [line for line in listed.splitlines() if "==" in line and not line.startswith("#")]
            self.assertTrue(packages)
            for package in packages:
                self.assertTrue(package.endswith("\\"), package)
            self.assertIn("--hash=sha256:", listed)

    def test_statements_go_into_the_zip(self):
        done = self.package("", "my queries.json")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertTrue(self.asked("python")[-1].endswith("rds-bridge-x86_64.zip --queries=my queries.json"), self.asked())

    def test_callers_go_into_the_zip(self):
        for queries, expected in [("", ""), ("my queries.json", " --queries=my queries.json")]:
            done = self.package("", queries, "my access.toml")
            self.assertEqual(done.returncode, 0, done.stderr)
            expected = f"rds-bridge-x86_64.zip{expected} --access=my access.toml"
            self.assertTrue(self.asked("python")[-1].endswith(expected), self.asked())

    def test_what_it_does_not_know_is_refused(self):
        done = self.package("x86-64")
        self.assertEqual(done.returncode, 2)
        self.assertIn("error: the architecture must be arm64 or x86_64, not x86-64", done.stderr)
        done = self.package(RDS_BRIDGE_PACKAGE_WITH="gcc")
        self.assertEqual(done.returncode, 2)
        self.assertIn("RDS_BRIDGE_PACKAGE_WITH must be cargo or zig, not gcc", done.stderr)
        (self.world / "bin/python3").unlink()
        done = self.package()
        self.assertEqual(done.returncode, 1)
        self.assertIn("python3 is not installed", done.stderr)


if __name__ == "__main__":
    unittest.main()
