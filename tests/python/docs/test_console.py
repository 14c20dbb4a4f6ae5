"""Runs the console blocks of the README and of docs/, and compares what they print with the pages.

    PATH=…/target/debug:$PATH python3 -m unittest test_console

Each page gets an emulator, whose variables its commands find in their environment, and an empty folder with the schema.
"""

import contextlib
import os
import shlex
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path
from typing import Iterator

import console

ROOT = Path(__file__).resolve().parents[3]
SCHEMA = "tests/schema.sql"
# Without what a program of Rust is built with, it is the command.
JUST = '#!/bin/sh\nexec rds-bridge "$@"\n'
EMULATE = ["rds-bridge", "emulate", "--port", "0", "--seed", SCHEMA, "--until-stdin-closes"]


def pages() -> list[Path]:
    return [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def own_environment(folder: str) -> dict[str, str]:
    """Without AWS credentials, and without those that the user has."""
    return {"PATH": os.environ["PATH"], "HOME": folder, "LANG": "C.UTF-8", "AWS_EC2_METADATA_DISABLED": "true"}


@contextlib.contextmanager
def emulator(folder: str) -> Iterator[dict[str, str]]:
    """The variables of an emulator that runs in the meantime."""
    with subprocess.Popen(EMULATE, cwd=folder, env=own_environment(folder), stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        lines = iter(process.stdout.readline, "\n")
        yield dict(shlex.split(line)[1].split("=", 1) for line in lines)


def run(command: str, folder: str, variables: dict[str, str]) -> subprocess.CompletedProcess:
    environment = own_environment(folder)
    if not command.startswith("rds-bridge emulate"):
        environment |= variables
    elif " -- " not in command:
        # It would go on until Ctrl-C.
        command += " --port 0 --until-stdin-closes"
    return subprocess.run(["bash", "-c", command], cwd=folder, env=environment, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, check=False)


class Pages(unittest.TestCase):
    maxDiff = None

    def test_commands_print_what_the_pages_show(self):
        for page in pages():
            commands = list(console.commands(page.read_text(encoding="utf-8")))
            with self.subTest(page=page.name), tempfile.TemporaryDirectory() as folder:
                Path(folder, SCHEMA).parent.mkdir()
                shutil.copy(ROOT / SCHEMA, Path(folder, SCHEMA))
                Path(folder, "just").write_text(JUST)
                Path(folder, "just").chmod(0o755)
                with emulator(folder) as variables:
                    for command in commands:
                        self.assert_shown(command, run(command.text, folder, variables))

    def assert_shown(self, command: console.Command, done: subprocess.CompletedProcess):
        """Standard output, or that and standard error after it."""
        shown = any(console.shows(command.output, printed) for printed in (done.stdout, done.stdout + done.stderr))
        if not shown:
            self.fail(f"line {command.line}: $ {command.text}\n{done.stdout}{done.stderr}")

    def test_the_main_pages_have_commands_that_are_run(self):
        for name in ["README.md", "docs/command.md", "docs/emulator.md", "docs/troubleshooting.md"]:
            commands = list(console.commands((ROOT / name).read_text(encoding="utf-8")))
            self.assertGreater(len(commands), 2, name)


if __name__ == "__main__":
    unittest.main()
