#!/usr/bin/env python3
"""Names the Rust files that are too long to be read in one go, and fails if there are any.

    long_files.py host component
"""

import sys
from pathlib import Path

LIMIT = 400


def main(folders: list[str]) -> int:
    long = False
    for folder in folders:
        for file in sorted(Path(folder).rglob("*.rs")):
            lines = file.read_text(encoding="utf-8").count("\n")
            if lines > LIMIT:
                long = True
                print(f"{file} has {lines} lines, and {LIMIT} are the most: part it by what it does")
    return 1 if long else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
