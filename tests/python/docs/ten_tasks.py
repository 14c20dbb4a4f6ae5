#!/usr/bin/env python3
"""Writes docs/ten-tasks.md from the compiled code in bench/peers/examples/ten_tasks.

    ten_tasks.py            writes the page
    ten_tasks.py --check    fails if the page differs from what it would write
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
EXAMPLES = ROOT / "bench/peers/examples/ten_tasks"
PAGE = ROOT / "docs/ten-tasks.md"
CRATES = {"ours": "rds-bridge", "mysql_async": "mysql_async 0.37", "sqlx": "sqlx 0.9"}

INTRODUCTION = """# Ten tasks in three crates

This page shows the same ten tasks in rds-bridge, mysql_async and sqlx, for readers who know one of the other two. The
code is compiled with the benchmarks (`bench/peers/examples/ten_tasks`), and this page is generated from it. `Item` is
a struct that derives the crate's `FromRow`:

```rust
#[derive(FromRow)]
struct Item {
    id: u64,
    name: String,
}
```

Lines of code, including the function's signature, but without comments and without lines that contain only braces:

"""

# What the table says of a task in addition to its name.
NOTES = {"connect with IAM": " (mysql_async and sqlx: without signing the token)"}

TASK = re.compile(r"^// task: (.+?)\n(.+?)^// end$", re.MULTILINE | re.DOTALL)


def tasks(crate: str) -> dict[str, str]:
    """The code of each task by its name, in the order of the file."""
    return dict(TASK.findall((EXAMPLES / f"{crate}.rs").read_text(encoding="utf-8")))


def lines(code: str) -> int:
    """The number of lines that contain more than braces and comments."""
    stripped = (line.strip() for line in code.splitlines())
    return sum(1 for line in stripped if re.search(r"\w", line) and not line.startswith("//"))


def page() -> str:
    of_crate = {crate: tasks(crate) for crate in CRATES}
    names = list(of_crate["ours"])
    for crate, code in of_crate.items():
        if list(code) != names:
            raise SystemExit(f"{crate}.rs has other tasks than ours.rs: {list(code)}")
    header = " | ".join(CRATES.values())
    rows = [f"| | {header} |", "|---|" + "---|" * len(CRATES)]
    for number, name in enumerate(names, 1):
        counts = " | ".join(str(lines(of_crate[crate][name])) for crate in CRATES)
        rows.append(f"| {number}. {name}{NOTES.get(name, '')} | {counts} |")
    totals = (sum(map(lines, of_crate[crate].values())) for crate in CRATES)
    rows.append("| all | " + " | ".join(map(str, totals)) + " |")
    text = INTRODUCTION + "\n".join(rows) + "\n"
    for number, name in enumerate(names, 1):
        text += f"\n## {number}. {name[0].upper()}{name[1:]}\n"
        for crate, title in CRATES.items():
            text += f"\n{title}:\n\n```rust\n{of_crate[crate][name].strip()}\n```\n"
    return text


def main(arguments: list[str]) -> int:
    text = page()
    if arguments == ["--check"]:
        is_same = PAGE.exists() and PAGE.read_text(encoding="utf-8") == text
        if not is_same:
            print("docs/ten-tasks.md is not what its code gives: run tests/python/docs/ten_tasks.py", file=sys.stderr)
        return 0 if is_same else 1
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
