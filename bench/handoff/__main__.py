"""The hand-off: from a decision to the agent that waits for it, beside a bare report on the same connections.

    python -m handoff PROGRAM FOLDER RESULTS [--quick]      from the folder bench/

Agents wait at a server of its own, in FOLDER: in a call (`await_handover_decision`, over MCP without a session), with a task that the
same call gave them, in a hook at the end of their turn (`waiting`), or in a session that `staffel run` holds open (`running`). A
person decides about one pipeline after the other; the time runs from the request of the decision to the last byte of the prompt at the
agent. Beside it, in turns and with the same agents waiting: a report over REST, one append with its sync to the disk. A decision takes
three: itself, the prompt, and that it was picked up. Writes one JSON object a line to RESULTS, and prints the tables."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from growth.server import Server

from .crowd import Crowd
from .hooks import by_address, by_program
from .measure import measure, subscriber
from .running import RunningCrowd
from .waiting import Call, Hook, Listening, Task, Waiting, WaitingCrowd

# Longest that a line of the first table may take, in seconds.
LONGEST = 900
MANY, MANY_QUICK = (1, 100, 1_000), (1, 10)
# Each of these is two processes.
FEW, FEW_QUICK = (1, 20), (1, 5)

NOTES = """
- task: asked for right after the decision is answered, and again until it is done. Whoever keeps to the 5 s that the server names hears
  up to 5 s later: a task that has changed is no reason for a notice. While they wait, each asks once in 5 s.
- task, listening: asked for when `subscriptions/listen` tells of a change of the pipeline, which it does after 200 ms.
- run: until the agent of the tests has read `session/prompt` and said so in a pipe. Each run is two processes: with more than 20 of them
  on two cores it would be the machine that is measured, its memory and who of 40 processes gets a core.
"""


def waiting(way: type[Waiting]) -> Callable[[Server, int], Crowd]:
    return lambda server, count: WaitingCrowd(server, way, count)


WAYS: list[tuple[str, Callable[[Server, int], Crowd], tuple[int, ...], tuple[int, ...]]] = [
    ("call", waiting(Call), MANY, MANY_QUICK),
    ("hook", waiting(Hook), MANY, MANY_QUICK),
    ("task", waiting(Task), MANY, MANY_QUICK),
    ("task, listening", waiting(Listening), MANY, MANY_QUICK),
    ("run", RunningCrowd, FEW, FEW_QUICK),
]


def main() -> int:
    arguments = [argument for argument in sys.argv[1:] if argument != "--quick"]
    quick = "--quick" in sys.argv
    program, folder, results = (Path(argument) for argument in arguments)
    decisions, calls = (10, 50) if quick else (100, 1_000)
    with results.open("a") as out:

        def keep(row: dict[str, Any]) -> None:
            print(json.dumps({"table": "handoff", **row}), file=out, flush=True)

        print("| way, waiting | answer p50, ms | p99 | one append p50, ms | p99 | ratio p50 | KiB a wait | processor, idle |")
        print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
        for way, crowd, counts, counts_quick in WAYS:
            for count in counts_quick if quick else counts:
                with Server(program, folder / f"{way.replace(', ', '-')}-{count}") as server:
                    found = asyncio.run(asyncio.wait_for(measure(server, crowd(server, count), count, decisions), LONGEST))
                keep({"way": way, "waiting": count, **found})
                p50, p99, append, append99, held, idle, _ = found.values()
                kib = f"{held:.1f}" if count >= 100 else "–"
                times = f"{p50:.2f} | {p99:.2f} | {append:.2f} | {append99:.2f} | {p50 / append:.2f}×"
                print(f"| {way}, {count:,} | {times} | {kib} | {idle:.1f} ms/s |", flush=True)
        print(NOTES, flush=True)
        with Server(program, folder / "rest") as server:
            held = asyncio.run(subscriber(server, 50 if quick else 1_000))
            times_by_address = asyncio.run(by_address(server, calls))
            hook, nothing = by_program(server, max(calls // 5, 20))
        keep({"KiB a subscriber": held})
        print(f"A subscriber of the stream holds {held:.1f} KiB.\n")
        print("| the hook after a tool | p50, ms | p99 | aim |")
        print("| --- | ---: | ---: | --- |")
        for name, kept, aim in (("by address", times_by_address, 5), ("by program", hook, 5), ("a program that does nothing", nothing, 0)):
            p50, p99 = median(kept), quantiles(kept, n=100)[98]
            keep({"after tool": name, "p50": p50, "p99": p99})
            met = "" if not aim else f"p99 < {aim} ms: {'met' if p99 < aim else 'missed'}"
            print(f"| {name} | {p50:.2f} | {p99:.2f} | {met} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
