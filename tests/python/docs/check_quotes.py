#!/usr/bin/env python3
"""Names causes and remedies that a page quotes and the program does not say, and fails if there are any.

    git ls-files -z 'host/*.rs' | check_quotes.py PAGE…

In the blocks of a page, `1. …` is a cause and `→ …` what to do about it. Each has to be a string literal of the sources,
in which `{…}` stands for any text.
"""

import re
import sys
from pathlib import Path
from typing import Iterator

import markdown

LITERAL = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
QUOTED = re.compile(r"^ *(?:\d+\. |→ )(.+)$")
CONTINUED = re.compile(r"\\\n\s*")
PLACEHOLDER = re.compile(r"\{\{.*?\}\}|\{.*?\}")
# Shorter ones, such as "{host}: {port}", would fit anything.
SHORTEST = 8


def patterns(source: str) -> Iterator[re.Pattern[str]]:
    """The literals of a source that are long enough, as patterns."""
    for literal in LITERAL.findall(source):
        text = CONTINUED.sub("", literal).replace('\\"', '"')
        parts = PLACEHOLDER.split(text)
        if sum(map(len, parts)) >= SHORTEST:
            yield re.compile(".*".join(map(re.escape, parts)))


def quotes(page: str) -> Iterator[tuple[int, str]]:
    """The causes and remedies of a page, each with its line."""
    for block in markdown.split(page)[1]:
        for number, line in enumerate(block.lines, block.number + 1):
            if quoted := QUOTED.match(line):
                yield number, quoted[1]


def main(sources: list[str], pages: list[str]) -> int:
    if not sources or not pages:
        print("no sources or no pages were named: nothing would be checked", file=sys.stderr)
        return 2
    said = [pattern for name in sources for pattern in patterns(Path(name).read_text(encoding="utf-8"))]
    code = 0
    for page in pages:
        for number, quote in quotes(Path(page).read_text(encoding="utf-8")):
            if not any(pattern.fullmatch(quote) for pattern in said):
                code = 1
                print(f"{page}:{number}: the program does not say: {quote}")
    return code


if __name__ == "__main__":
    sys.exit(main([name for name in sys.stdin.read().split("\0") if name], sys.argv[1:]))
