"""How costs grow: the same program with little and with much of one thing, as ratios.

    python -m growth PROGRAM FOLDER RESULTS [--quick]      from the folder bench/

Everything is made over the REST API of a server of its own, in FOLDER. CPU is what /proc says of its process, memory its
anonymous resident set. Writes one JSON object a line to RESULTS, and prints the table."""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Callable
from pathlib import Path

from .rows import documents, events, listeners, open_pipelines, pipelines, tasks
from .server import Server

Row = tuple[str, str, str, str]


def ratio(much: float, little: float) -> float:
    return much / little if little else float("inf")


def number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.2f}"


def table(title: str, little: str, much: str, figures: list[tuple[str, float, float, str, bool]]) -> list[str]:
    lines = [f"| {title} | {little} | {much} | ratio | aim |", "| --- | ---: | ---: | ---: | --- |"]
    for name, small, large, aim, met in figures:
        verdict = "met" if met else "missed"
        lines.append(f"| {name} | {number(small)} | {number(large)} | {ratio(large, small):.2f}× | {aim}: {verdict} |")
    return [*lines, ""]


def main() -> int:
    arguments = [argument for argument in sys.argv[1:] if argument != "--quick"]
    quick = "--quick" in sys.argv
    # Each stream is an open file, here and in the server.
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    program, folder, results = (Path(argument) for argument in arguments)
    start: Callable[[str], Server] = lambda name: Server(program, folder / name)
    with results.open("a") as out:
        for row in (pipelines, open_pipelines, listeners, documents, tasks, events):
            title, little, much, figures = row(start, quick)
            print(*table(title, little, much, figures), sep="\n", flush=True)
            for name, small, large, aim, met in figures:
                line = {"table": "growth", "row": title, "figure": name, little: small, much: large, "aim": aim, "met": met}
                print(json.dumps(line), file=out, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
