"""What the checks of the pages read in Markdown: lines outside code, fenced blocks, headings and their anchors."""

import re
from dataclasses import dataclass, field
from typing import Iterator

FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})(.*)$")
HEADING = re.compile(r"^ {0,3}#{1,6} +(.*?)(?: +#+)?$")
CODE_SPAN = re.compile(r"(`+)(.+?)\1")
LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")


@dataclass
class Block:
    """A fenced block of code."""

    number: int
    """The line of its opening fence, counted from 1."""
    language: str
    before: str
    """The line before it."""
    lines: list[str] = field(default_factory=list)


def split(text: str) -> tuple[list[tuple[int, str]], list[Block]]:
    """The lines outside fenced blocks, each with its number; and the blocks."""
    prose: list[tuple[int, str]] = []
    blocks: list[Block] = []
    fence, before = "", ""
    for number, line in enumerate(text.split("\n"), 1):
        found = FENCE.match(line)
        if fence:
            if found and found[1].startswith(fence) and not found[2].strip():
                fence = ""
            else:
                blocks[-1].lines.append(line)
        elif found:
            fence = found[1]
            blocks.append(Block(number, found[2].strip(), before))
        else:
            prose.append((number, line))
        before = line
    return prose, blocks


def without_code(line: str) -> str:
    """The line without its code spans, in which nothing is a link."""
    return CODE_SPAN.sub("", line)


def anchors(text: str) -> set[str]:
    """The anchors that GitHub gives to the headings."""
    return set(_anchors(text))


def _anchors(text: str) -> Iterator[str]:
    seen: dict[str, int] = {}
    for _, line in split(text)[0]:
        if heading := HEADING.match(line):
            title = LINK.sub(r"\1", heading[1])
            anchor = re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")
            times = seen.get(anchor, 0)
            seen[anchor] = times + 1
            yield f"{anchor}-{times}" if times else anchor
