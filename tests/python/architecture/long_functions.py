#!/usr/bin/env python3
"""Prints the Rust functions of more than 60 lines, and fails if there are any.

    git ls-files -z '*.rs' | long_functions.py

The names are read from standard input, separated by NUL, so that the caller can omit generated files. The files must be
formatted by rustfmt: a function's closing brace is on a line of its own, indented like its `fn` line. Tests are not
checked: a folder `tests` (except for the helpers in `tests/support/src`), a folder `fuzz`, a file `tests.rs`, and the
item after `#[cfg(test)]` or `#[test]`.
"""

import re
import sys
from pathlib import Path

LIMIT = 60

FUNCTION = re.compile(
    r'^( *)(?:pub(?:\([^)]*\))? )?(?:default )?(?:const )?(?:async )?(?:unsafe )?(?:extern(?: "[^"]*")? )?fn (\w+)'
)
TEST_ONLY = re.compile(r"^( *)#\[(?:cfg\((?:test|all\(test\b.*\))\)|test)\]$")
COMMENT = re.compile(r"\s+//.*$")
SUPPORT = ("tests", "support", "src")


def is_test(path: Path) -> bool:
    parts = path.parts
    if any(parts[at : at + 3] == SUPPORT for at in range(len(parts))):
        return False
    return "tests" in parts or "fuzz" in parts or path.name == "tests.rs"


def end_of(lines: list[str], start: int, indentation: str) -> int:
    """The line in which the item that begins in the line `start` ends."""
    for at in range(start, len(lines)):
        line = COMMENT.sub("", lines[at])
        if not line.startswith(indentation) or line[len(indentation) :].startswith(" "):
            continue
        if line.endswith("{"):
            ends = [indentation + end for end in ("}", "};", "},")]
            return next((after for after in range(at + 1, len(lines)) if lines[after] in ends), len(lines) - 1)
        if line.endswith(("}", ";", ",")):
            return at
    return len(lines) - 1


def long_functions(text: str) -> list[tuple[int, str, int]]:
    """The line, the name and the length of each long function."""
    lines = text.split("\n")
    found = []
    at = 0
    while at < len(lines):
        if test_only := TEST_ONLY.match(lines[at]):
            at += 1
            while at < len(lines) and lines[at].lstrip().startswith(("#[", "//")):
                at += 1
            at = end_of(lines, at, test_only[1])
        elif function := FUNCTION.match(lines[at]):
            length = end_of(lines, at, function[1]) - at + 1
            if length > LIMIT:
                found.append((at + 1, function[2], length))
        at += 1
    return found


def main(names: list[str]) -> int:
    if not names:
        print("no files were named: nothing would be checked", file=sys.stderr)
        return 2
    code = 0
    for name in names:
        if is_test(Path(name)):
            continue
        for line, function, length in long_functions(Path(name).read_text(encoding="utf-8")):
            code = 1
            print(f"{name}:{line}: {function} has {length} lines, and {LIMIT} are the most: split it by purpose")
    return code


if __name__ == "__main__":
    sys.exit(main([name for name in sys.stdin.read().split("\0") if name]))
