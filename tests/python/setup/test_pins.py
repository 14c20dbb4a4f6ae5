"""Everything that the scripts install has a version and a hash that is checked."""

import json
import re
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
SCRIPTS = [
    "just",
    "justfile",
    "host/deploy/package",
    "host/dist/dist",
    ".ci/run",
    "tests/setup/tools",
    "tests/setup/mysql",
    "tests/gateway_clients/run-clients",
    "tests/gateway_instances/run",
    "tests/guest_apps/run-apps",
    "tests/python/proxy/run-clients",
    "tests/python/proxy/run-suites",
]
REQUIREMENTS = [
    "tests/setup/requirements.txt",
    "tests/setup/just/requirements.txt",
    "host/deploy/check-requirements.txt",
    "host/deploy/zig-requirements.txt",
    "host/deploy/gateway/requirements.txt",
    "bench/gateway/requirements.txt",
    "tests/gateway_clients/requirements.txt",
    "tests/guest_apps/python/requirements.txt",
    "tests/python/proxy/requirements.txt",
    "host/dist/requirements.txt",
]
LOCKS = [
    "tests/setup/package-lock.json",
    "tests/gateway_clients/package-lock.json",
    "tests/guest_apps/javascript/package-lock.json",
    "tests/python/proxy/package-lock.json",
]


def commands(script):
    """The commands of a script, each joined to one line, without those that it only prints."""
    path = ROOT / script
    text = path.read_text() if path.exists() else ""
    lines = re.sub(r"\\\n\s*", "", text).splitlines()
    return [line for line in lines if not re.match(r"\s*(#|say |echo )", line)]


class Pins(unittest.TestCase):
    def test_pip_takes_nothing_without_a_hash(self):
        found = 0
        for script in SCRIPTS:
            for line in commands(script):
                if re.search(r"\bpip[\"']? (install|download)\b", line):
                    self.assertIn("--require-hashes -r", line, script)
                    found += 1
        self.assertGreaterEqual(found, 3)

    def test_npm_takes_what_a_lock_file_lists(self):
        found = 0
        for script in SCRIPTS:
            for line in commands(script):
                self.assertNotRegex(line, r"\bnpm (install|i|add|exec)\b", script)
                self.assertNotRegex(line, r"\bnpx\b", script)
                found += len(re.findall(r"\bnpm ci\b", line))
        self.assertEqual(found, 4)

    def test_cargo_installs_a_version(self):
        found = 0
        for script in SCRIPTS:
            for line in commands(script):
                for installed in re.findall(r"cargo install .*", line):
                    self.assertRegex(installed, r" --locked .*@\d+\.\d+\.\d+", script)
                    found += 1
        self.assertEqual(found, 3)

    def test_every_requirement_has_hashes(self):
        for name in REQUIREMENTS:
            text = re.sub(r"\\\n\s*", "", (ROOT / name).read_text())
            lines = [line for line in text.splitlines() if line and not line.lstrip().startswith("#")]
            self.assertTrue(lines, name)
            for line in lines:
                self.assertRegex(line, r"^[\w.-]+==[\w.+]+( ; .*)? --hash=sha256:[0-9a-f]{64}", name)

    def test_every_package_of_a_lock_file_has_a_hash(self):
        for name in LOCKS:
            packages = json.loads((ROOT / name).read_text())["packages"]
            own = json.loads((ROOT / name).with_name("package.json").read_text())["dependencies"]
            self.assertEqual(packages.pop("")["dependencies"], own, name)
            self.assertTrue(packages, name)
            listed = {package.split("node_modules/")[-1] for package in packages}
            for package, entry in packages.items():
                # Also the packages for other systems than the one that created the lock file.
                self.assertLessEqual(entry.get("optionalDependencies", {}).keys(), listed, package)
                self.assertTrue(entry.get("inBundle") or entry["integrity"].startswith("sha512-"), package)

    def test_what_the_tests_ask_for_is_what_is_listed(self):
        """requirements.txt is generated from requirements.in."""
        normal = lambda line: re.sub(r"\[.*\]", "", line).lower()
        asked = (ROOT / "tests/setup/requirements.in").read_text().splitlines()
        listed = (ROOT / "tests/setup/requirements.txt").read_text().lower()
        for line in asked:
            if not line.startswith("#"):
                self.assertIn(f"\n{normal(line)} ", f"\n{listed}")


if __name__ == "__main__":
    unittest.main()
