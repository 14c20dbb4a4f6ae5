#!/usr/bin/env python3
"""Prints the Rust files of more than 400 lines, and fails if there are any.

    git ls-files -z '*.rs' | long_files.py

The names are read from standard input, separated by NUL, so that the caller can omit generated files.
"""

import sys
from pathlib import Path

LIMIT = 400


def main(names: list[str]) -> int:
    if not names:
        print("no files were named: nothing would be checked", file=sys.stderr)
        return 2
    code = 0
    for name in names:
        lines = Path(name).read_text(encoding="utf-8").count("\n")
        if lines > LIMIT:
            code = 1
            print(f"{name} has {lines} lines, and {LIMIT} are the most: split it by purpose")
    return code


if __name__ == "__main__":
    sys.exit(main([name for name in sys.stdin.read().split("\0") if name]))
