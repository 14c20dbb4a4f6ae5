#!/usr/bin/env python3
"""Names texts that a page quotes and the program does not say, and fails if there are any.

    git ls-files -z 'host/*.rs' | check_quotes.py PAGE…

In the blocks of a page, `1. …` is a cause and `→ …` what to do about it. Each has to be a string literal of the sources,
in which `{…}` stands for any text.

A line that begins with `rds-bridge: `, `✓` or `✗` may consist of several literals: that of an error contains its
source's. The literals' texts between placeholders are removed from it, and what remains has to be values, not words.
"""

import re
import sys
from pathlib import Path
from typing import Iterator

import markdown

LITERAL = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
QUOTED = re.compile(r"^ *(?:\d+\. |→ )(.+)$")
CONTINUED = re.compile(r"\\\n\s*")
COMPOSED = re.compile(r"^ *(rds-bridge: .+|[✓✗] .+)$")
# A line of doctor without its mark, its name and its time.
DETAIL = re.compile(r"^[✓✗] .*? ms  ")
WORDS = re.compile(r"(?<![\w'-])[a-z][a-z']*(?: [a-z][a-z']*){2,}")
PLACEHOLDER = re.compile(r"\{\{.*?\}\}|\{.*?\}")
# The most that a placeholder stands for in a composed line: two words. Anything longer is another literal.
VALUE = r"\S*(?: \S+)?"
# Shorter ones, such as "{host}: {port}", would fit anything.
SHORTEST = 8


def literals(source: str) -> Iterator[list[str]]:
    """The literals of a source that are long enough, each split at its placeholders."""
    for literal in LITERAL.findall(source):
        text = CONTINUED.sub("", literal).replace('\\"', '"')
        parts = PLACEHOLDER.split(text)
        if sum(map(len, parts)) >= SHORTEST:
            yield parts


def fixed_texts(said: list[list[str]]) -> list[str]:
    """The texts between placeholders that are too long to occur in a line by chance, the longest first."""
    texts = {text for parts in said for part in parts for text in part.split("\\n")}
    return sorted((text for text in texts if len(text.split()) > 1 and len(text.strip()) >= 12), key=len, reverse=True)


def unsaid_words(line: str, fixed: list[str]) -> list[str]:
    """Runs of words in a line that are in no fixed text."""
    for text in fixed:
        line = line.replace(text, "\0")
    return WORDS.findall(line)


def quotes(page: str) -> Iterator[tuple[int, str]]:
    """The causes and remedies of a page, each with its line."""
    yield from _matches(QUOTED, page)


def composed(page: str) -> Iterator[tuple[int, str]]:
    """The lines of a page that consist of several literals, each with its number."""
    yield from _matches(COMPOSED, page)


def _matches(pattern: re.Pattern[str], page: str) -> Iterator[tuple[int, str]]:
    for block in markdown.split(page)[1]:
        for number, line in enumerate(block.lines, block.number + 1):
            if found := pattern.match(line):
                yield number, found[1]


def main(sources: list[str], pages: list[str]) -> int:
    if not sources or not pages:
        print("no sources or no pages were named: nothing would be checked", file=sys.stderr)
        return 2
    said = [parts for name in sources for parts in literals(Path(name).read_text(encoding="utf-8"))]
    patterns = [re.compile(".*".join(map(re.escape, parts))) for parts in said]
    narrow = [re.compile(VALUE.join(map(re.escape, parts))) for parts in said]
    fixed = fixed_texts(said)
    code = 0
    for page in pages:
        text = Path(page).read_text(encoding="utf-8")
        unsaid = [(number, quote) for number, quote in quotes(text) if not any(it.fullmatch(quote) for it in patterns)]
        for number, line in composed(text):
            detail = DETAIL.sub("", line)
            if not any(it.fullmatch(detail) for it in narrow):
                unsaid += [(number, words) for words in unsaid_words(detail, fixed)]
        for number, quote in sorted(unsaid):
            code = 1
            print(f"{page}:{number}: the program does not say: {quote}")
    return code


if __name__ == "__main__":
    sys.exit(main([name for name in sys.stdin.read().split("\0") if name], sys.argv[1:]))
