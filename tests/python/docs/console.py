"""Console blocks of the pages: their commands, and whether a page shows what a command prints.

A block that is run has the comment `<!-- run -->` on the line before it. A command begins with `$ `, and goes on after a
backslash at the end of its line. What follows is its output. There, `…` stands for any text of a line, and a line that is
only `…` for any lines. Times, ports and points in time may differ.
"""

import re
from typing import Iterator, NamedTuple

import markdown

MARK = "<!-- run -->"
ANY_LINES = "…"
# What differs each time, and what it looks like.
VARYING = [
    r"…",
    r" +\d+\.\d ms",
    r"(?<=localhost:)\d+",
    r"(?<=127\.0\.0\.1:)\d+",
    r"(?<=DB_PORT=)\d+",
    r"(?<=^port:) +\d+",
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ",
]
ANY_OF_THESE = re.compile("|".join(f"({pattern})" for pattern in VARYING))


class Command(NamedTuple):
    line: int
    """Where it stands on the page."""
    text: str
    output: list[str]


def commands(page: str) -> Iterator[Command]:
    """The commands of a page that are run."""
    for block in markdown.split(page)[1]:
        if block.language == "console" and block.before == MARK:
            yield from _commands(block)


def _commands(block: markdown.Block) -> Iterator[Command]:
    command: Command | None = None
    for number, line in enumerate(block.lines, block.number + 1):
        if line.startswith("$ "):
            if command:
                yield command
            command = Command(number, line[2:], [])
        elif command is None:
            raise ValueError(f"line {number}: a block begins with a command")
        elif command.text.endswith("\\") and not command.output:
            command = command._replace(text=f"{command.text}\n{line}")
        else:
            command.output.append(line)
    if command:
        yield command


def shows(output: list[str], printed: str) -> bool:
    """Whether a page's lines are what was printed."""
    lines = ("(?:.*\n)*?" if line == ANY_LINES else _pattern(line) + "\n" for line in output)
    return re.fullmatch("".join(lines), printed) is not None


def _pattern(line: str) -> str:
    pattern, end = "", 0
    for varying in ANY_OF_THESE.finditer(line):
        kind = VARYING[varying.lastindex - 1]
        # A look-behind is of the text before, which is here already.
        kind = ".*" if kind == "…" else re.sub(r"^\(\?<=[^)]*\)", "", kind)
        pattern += re.escape(line[end:varying.start()]) + kind
        end = varying.end()
    return pattern + re.escape(line[end:])
