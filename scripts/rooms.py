#!/usr/bin/env python3
"""Checks that data passes the rooms of the house from top to bottom: a module uses only modules below it.

Reads the `use crate::…` lines and `crate::…` paths of `server`, `cli` and `app`, and names every arrow that runs upwards.
docs/ARCHITECTURE.md draws the rooms; `make lint` runs this."""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent

# From top to bottom, by crate. Rooms of one row do not know each other.
ROWS = {
    "server": [
        ["main", "simulation"],
        ["command_line"],
        ["commands", "local"],
        ["serve"],
        ["connections", "http", "mcp"],
        ["access"],
        ["config"],
        ["hooks", "notify"],
        ["nodes"],
        ["agents", "archiver", "people", "prompt", "problem", "told", "undo"],
        ["relay"],
        ["documents", "projections", "storage"],
        ["handoff", "journal", "live", "registry", "quote", "log", "release", "secrets", "tls"],
        ["postgres"],
        ["metrics", "rounds"],
    ],
    "cli": [
        ["attach", "connect", "demo", "doctor", "health", "hook", "run", "stdio"],
        ["commands"],
        ["clients"],
        ["endpoint", "files"],
        ["http"],
        ["local", "program", "stop_signal", "token"],
    ],
    "app": [
        ["shell"],
        ["pages"],
        ["components"],
        ["actions", "live"],
        ["board"],
        ["incoming", "review", "wording"],
        ["attention", "detail", "follow", "link", "waiting"],
        ["api", "archive", "draft", "listing", "standing"],
        ["page", "texts", "route"],
        ["browser", "json"],
        ["paths"],
        ["lists", "lang", "part", "theme"],
    ],
}


def room_of(path: pathlib.Path, sources: pathlib.Path) -> str:
    return path.relative_to(sources).parts[0].removesuffix(".rs")


def top_level_names(group: str) -> list[str]:
    """The first names in `{a::{b, c}, d}`."""
    names, depth, start = [], 0, 0
    for index, letter in enumerate(group + ","):
        if letter == "," and depth == 0:
            if name := re.match(r"\s*([a-z_]+)", group[start:index]):
                names.append(name[1])
            start = index + 1
        depth += {"{": 1, "}": -1}.get(letter, 0)
    return names


def group_at(text: str, start: int) -> str:
    depth = 0
    for index in range(start, len(text)):
        depth += {"{": 1, "}": -1}.get(text[index], 0)
        if depth == 0:
            return text[start + 1 : index]
    return text[start + 1 :]


def used_in(text: str) -> set[str]:
    names = set(re.findall(r"\bcrate::([a-z_]+)", text))
    for match in re.finditer(r"\bcrate::\{", text):
        names.update(top_level_names(group_at(text, match.end() - 1)))
    return names


def wrong_in(crate: str) -> list[str]:
    sources = ROOT / crate / "src"
    rank = {room: rank for rank, rooms in enumerate(ROWS[crate]) for room in rooms}
    wrong = []
    for path in sorted(sources.rglob("*.rs")):
        room = room_of(path, sources)
        if room in ("lib", "samples"):
            continue
        if room not in rank:
            wrong.append(f"{path.relative_to(ROOT)}: the room {room!r} is not in ROWS[{crate!r}] of scripts/rooms.py")
            continue
        # The tests in a file may use what is above it.
        for other in sorted(used_in(path.read_text().split("#[cfg(test)]")[0])):
            if other in rank and other != room and rank[other] <= rank[room]:
                wrong.append(f"{path.relative_to(ROOT)} uses `{other}`, which is not below `{room}`")
    return wrong


def main() -> int:
    wrong = [line for crate in ROWS for line in wrong_in(crate)]
    print(*wrong, sep="\n") if wrong else None
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
