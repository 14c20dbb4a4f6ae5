#!/usr/bin/env python3
"""Finds folders of a crate that import each other, and fails if there are any.

    import_circles.py host/bridge/src

A room is a folder together with the file of the same name: `bridge/` and `bridge.rs`. A single file at the root, such
as `mysql.rs`, is a room too. A folder and its parent are not a circle, because a module declares its submodules.
Imports are paths that begin with `crate::` or `super::`; the latter are ignored in a module within a file, such as
`mod tests`. Names that `lib.rs` re-exports are not seen.
"""

import re
import sys
from pathlib import Path

IMPORT = re.compile(r"\b(crate|super(?:::super)*)::(\{[^}]*\}|[a-z_0-9]+(?:::[a-z_0-9]+)*)")
INLINE_MODULE = re.compile(r"^(?:pub(?:\([a-z]+\))? )?mod [a-z_0-9]+ \{", re.MULTILINE)
COMMENT = re.compile(r"//[^\n]*")


def room_of(file: Path, source: Path) -> tuple[str, ...]:
    """The room of a file, as a path."""
    parts = file.relative_to(source).with_suffix("").parts
    if file.with_suffix("").is_dir() or len(parts) == 1 and parts != ("lib",) and parts != ("main",):
        return parts
    return parts[:-1]


def imported(text: str, module: tuple[str, ...] = ()) -> set[tuple[str, ...]]:
    """The module paths that a file names, as far as they are in lower case. `module` is the file's own path."""
    text = COMMENT.sub("", text)
    inline = INLINE_MODULE.search(text)
    own_length = inline.start() if inline else len(text)
    paths = set()
    for found in IMPORT.finditer(text):
        root, path = found.groups()
        if root != "crate" and found.start() >= own_length:
            continue
        before = () if root == "crate" else module[: max(0, len(module) - root.count("super"))]
        names = re.findall(r"(?:^|[{,])\s*([a-z_0-9]+(?:::[a-z_0-9]+)*)", path) if path.startswith("{") else [path]
        paths.update((*before, *name.split("::")) for name in names)
    return paths


def arrows(source: Path) -> dict[tuple[str, ...], dict[tuple[str, ...], Path]]:
    """For each room the rooms that it imports, each with a file that imports it."""
    files = sorted(source.rglob("*.rs"))
    if not files:
        sys.exit(f"{source} has no Rust files: nothing would be checked")
    rooms = {room_of(file, source) for file in files}
    found: dict[tuple[str, ...], dict[tuple[str, ...], Path]] = {room: {} for room in rooms}
    for file in files:
        here = room_of(file, source)
        module = file.relative_to(source).with_suffix("").parts
        for path in imported(file.read_text(), module):
            lengths = range(len(path), 0, -1)
            there = next((path[:length] for length in lengths if path[:length] in rooms), None)
            is_within = there is None or there[: len(here)] == here or here[: len(there)] == there
            if not is_within:
                found[here].setdefault(there, file)
    return found


def circles(found: dict[tuple[str, ...], dict[tuple[str, ...], Path]]) -> list[list[tuple[str, ...]]]:
    """For each pair of rooms that reach each other, the shortest circle through both."""

    def way(begin: tuple[str, ...], end: tuple[str, ...]) -> list[tuple[str, ...]] | None:
        ways, seen = [[begin]], {begin}
        for path in ways:
            for room in sorted(found.get(path[-1], {})):
                if room == end:
                    return [*path, end]
                if room not in seen:
                    seen.add(room)
                    ways.append([*path, room])
        return None

    shortest: dict[frozenset[tuple[str, ...]], list[tuple[str, ...]]] = {}
    for room in sorted(found):
        circle = way(room, room)
        if circle:
            shortest.setdefault(frozenset(circle), circle)
    return list(shortest.values())


def main(sources: list[str]) -> int:
    if not sources:
        print(__doc__, file=sys.stderr)
        return 2
    is_good = True
    for source in map(Path, sources):
        found = arrows(source)
        for circle in circles(found):
            is_good = False
            print("folders that import each other: " + " → ".join("/".join(room) or "." for room in circle))
            for here, there in zip(circle, circle[1:]):
                print(f"  {found[here][there]} imports {'/'.join(there) or '.'}")
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
