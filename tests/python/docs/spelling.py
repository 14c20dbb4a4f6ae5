#!/usr/bin/env python3
"""Prints misspelt words, American spellings and words that no dictionary contains, and fails if it finds any.

    git ls-files -z '*.md' '*.rs' '*.wit' | spelling.py WORDS

It reads the prose of Markdown pages and the comments of Rust and WIT sources, without code, the targets of links and
names of code. The help texts of the command are such comments. The names of the files come from standard input,
separated by NUL. WORDS is the list of this project's own words: one a line, in lower case, sorted. A word of the list
that no file contains is an error.

Misspelt words and British forms are codespell's; the dictionary is pyspellchecker's. American spellings are allowed in
double quotes and in the text of links to other sites: those are quotations, such as the titles of AWS's pages.
"""

import re
import sys
from pathlib import Path
from typing import Iterator

import codespell_lib
from spellchecker import SpellChecker

import markdown

DATA = Path(codespell_lib.__file__).parent / "data"
COMMENT = re.compile(r"^\s*//[/!]? ?(.*)$")
# A line of code with a comment after it. The quotes before the slashes are in pairs, so that they are in no string.
TRAILING = re.compile(r'^(?:[^"]|"[^"]*")*?\s//\s(.*)$')
QUOTATION = re.compile(r'"[^"]*"|\[[^\]]*\](?=\(https?:)')
NOT_PROSE = [
    re.compile(r"\]\([^)]*\)"),  # a link's target
    re.compile(r"^\s*\[[^\]]+\]: +\S+.*$"),  # a link's definition
    re.compile(r"<[^>\s][^>]*>"),  # a URL or a tag
    re.compile(r"\S+://\S+"),
    re.compile(r"\"[^\" ]*\""),  # a name in quotes
]
CHUNK = re.compile(r"[^\s—–|()\[\],;…“”]+")
# A chunk with one of these is a name of code, a path, an address, a placeholder or a formula.
CODE = re.compile(r"[\d_/\\@<>={}#$%^*~+&]|\w\.\w|::|^--?\w|^\.\w")
WORD = re.compile(r"^[a-z]+(?:'[a-z]+)?$")
ENDINGS = "(e|es|ed|ing|er|ers|ation|ations|able)$"
AMERICAN_ENDING = re.compile(f"iz{ENDINGS}")
BRITISH_ENDING = re.compile(f"is{ENDINGS}")
# American words of codespell's dictionary that are British too, with another meaning or as a variant.
ALSO_BRITISH = set("analog biased catalog catalogs focused focuses focusing license licensed licensing math meter meters practice "
                   "program refocused refocuses refocusing routing stories story writable overwritable".split())
# Words that end as American ones do, and have no other form.
NO_ENDING = set("size sizes sized sizing resize resizes resized resizing oversized prize seize seized".split())


def pairs(name: str) -> dict[str, str]:
    """A dictionary of codespell: a word, and what it should be."""
    lines = (DATA / name).read_text(encoding="utf-8").splitlines()
    return {wrong: right for wrong, _, right in (line.partition("->") for line in lines)}


class Dictionary:
    """The correct words, and those that are known to be wrong."""

    def __init__(self) -> None:
        british = pairs("dictionary_en-GB_to_en-US.txt")
        self.misspelt = pairs("dictionary.txt")
        self.american = {right.rstrip(",").strip(): wrong for wrong, right in british.items()}
        self.british = set(british)
        self.common = SpellChecker(distance=1)

    def problem(self, word: str, is_quoted: bool) -> str | None:
        """Why a word is wrong. `None` if it is right or unknown."""
        if word in self.misspelt:
            return f"the misspelt word {word}: write {self.misspelt[word].strip().rstrip(',')}"
        if is_quoted:
            return None
        if word in self.american and word not in ALSO_BRITISH:
            return f"the American spelling {word}: write {self.american[word]}"
        if AMERICAN_ENDING.search(word) and word not in NO_ENDING:
            british = AMERICAN_ENDING.sub(r"is\1", word)
            return f"the American spelling {word}: write {british}"
        return None

    def knows(self, word: str) -> bool:
        """Whether a word is correct. The dictionary has many words with American endings only."""
        stem = word.removesuffix("'s")
        american = BRITISH_ENDING.sub(r"iz\1", stem)
        return stem in self.british or bool(self.common.known([stem, word, american]))


def comments(source: str) -> list[tuple[int, str]]:
    """The comments of a source, each line with its number. They may contain Markdown."""
    found = []
    for number, line in enumerate(source.splitlines(), 1):
        if comment := COMMENT.match(line) or TRAILING.match(line):
            found.append((number, comment[1]))
    return found


def prose(path: Path) -> Iterator[tuple[int, str]]:
    """The lines of a file that contain words, without its code."""
    text = path.read_text(encoding="utf-8")
    if path.suffix in (".rs", ".wit"):
        numbered = comments(text)
        text = "\n".join(line for _, line in numbered)
        numbers = [number for number, _ in numbered]
    else:
        numbers = list(range(1, text.count("\n") + 2))
    for position, line in markdown.split(text)[0]:
        yield numbers[position - 1] if position <= len(numbers) else position, line


def words(line: str) -> Iterator[tuple[str, bool]]:
    """The words of a line of prose, in lower case, each with whether it is in a quotation.

    It omits names of code and abbreviations.
    """
    line = markdown.without_code(line)
    yield from ((word, True) for quotation in QUOTATION.findall(line) for word in plain_words(quotation))
    yield from ((word, False) for word in plain_words(QUOTATION.sub(" ", line)))


def plain_words(text: str) -> Iterator[str]:
    for pattern in NOT_PROSE:
        text = pattern.sub(" ", text)
    for chunk in CHUNK.findall(text.replace("’", "'")):
        chunk = chunk.strip(".:!?'\"`*_")
        if CODE.search(chunk):
            continue
        for part in chunk.split("-"):
            part = part.strip("'\".:")
            # Upper case after the first letter: an abbreviation, a type or a product.
            if part[1:] == part[1:].lower() and WORD.match(part.lower()):
                yield part.lower()


def check(paths: list[Path], own: list[str]) -> Iterator[str]:
    """The problems, one a line."""
    dictionary = Dictionary()
    used: set[str] = set()
    judged: dict[tuple[str, bool], str | None] = {}
    for path in paths:
        for number, line in prose(path):
            for word, is_quoted in words(line):
                stem = word.removesuffix("'s")
                if stem in own:
                    used.add(stem)
                    continue
                if (word, is_quoted) not in judged:
                    unknown = None if dictionary.knows(word) else f"the unknown word {word}"
                    judged[word, is_quoted] = dictionary.problem(stem, is_quoted) or unknown
                if problem := judged[word, is_quoted]:
                    yield f"{path}:{number}: {problem}"
    for word in own:
        if word not in used:
            yield f"the list contains the word {word}, but no file does"


def main(names: list[str], arguments: list[str]) -> int:
    if not names or len(arguments) != 1:
        print("usage: git ls-files -z '*.md' '*.rs' '*.wit' | spelling.py WORDS", file=sys.stderr)
        return 2
    own = Path(arguments[0]).read_text(encoding="utf-8").splitlines()
    problems = list(check([Path(name) for name in names], own))
    if own != sorted(set(own)):
        problems.append(f"{arguments[0]} is not sorted, or contains a word twice")
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main([name for name in sys.stdin.read().split("\0") if name], sys.argv[1:]))
