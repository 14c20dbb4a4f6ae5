#!/usr/bin/env python3
"""Names relative links that lead nowhere and lines that are too long in Markdown, and fails if there are any.

    git ls-files -z '*.md' | check_links.py

The names come from standard input, separated by NUL, so that generated files are left out. A link has to lead to a file
or a folder, and its anchor to a heading. A line has at most 120 characters, except in tables and code; what a URL takes
is not counted.
"""

import re
import sys
from pathlib import Path
from typing import Iterator
from urllib.parse import unquote

import markdown

LIMIT = 120
# `[text](target)`, where the text may hold an image or brackets, and `[label]: target`.
INLINE = re.compile(r"\]\(<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\)")
DEFINITION = re.compile(r"^ {0,3}\[[^\]]+\]: +<?([^\s>]+)>?(?: +\"[^\"]*\")?$")
SCHEME = re.compile(r"^[a-z][a-z0-9+.-]*:", re.IGNORECASE)
URL = re.compile(r"https?://[^\s)>]+")
LINE_OF_A_FILE = re.compile(r"^L\d+(-L\d+)?$")


def links(line: str) -> Iterator[str]:
    """The targets of a line that is outside of code."""
    yield from INLINE.findall(markdown.without_code(line))
    yield from DEFINITION.findall(line)


def problem_of_link(page: Path, target: str) -> str | None:
    """Why a link leads nowhere."""
    if SCHEME.match(target):
        return None
    path, _, anchor = unquote(target).partition("#")
    file = page.parent / path if path else page
    if not file.exists():
        return "there is no such file"
    if not anchor:
        return None
    if file.suffix != ".md":
        return None if LINE_OF_A_FILE.match(anchor) else "only a page has anchors"
    if anchor not in markdown.anchors(file.read_text(encoding="utf-8")):
        return "there is no such heading"
    return None


def problems(page: Path) -> Iterator[str]:
    """What is wrong with a page, a line each."""
    prose, _ = markdown.split(page.read_text(encoding="utf-8"))
    for number, line in prose:
        for target in links(line):
            if why := problem_of_link(page, target):
                yield f"{page}:{number}: the link {target}: {why}"
        length = len(URL.sub("", line))
        if length > LIMIT and not line.lstrip().startswith("|"):
            yield f"{page}:{number}: {length} characters, and {LIMIT} are the most"


def main(names: list[str]) -> int:
    if not names:
        print("no files were named: nothing would be checked", file=sys.stderr)
        return 2
    found = [problem for name in names for problem in problems(Path(name))]
    for problem in found:
        print(problem)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main([name for name in sys.stdin.read().split("\0") if name]))
