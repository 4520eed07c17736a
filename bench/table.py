"""Prints one table from the lines that the load client wrote: medians, and ratios between them.

Fails when Staffel has lost, doubled or reordered an event; times and ratios are not judged.
"""

import json
import sys
from pathlib import Path
from statistics import median

OURS, PEER, POLLS = "staffel", "better-sse", ("sse-starlette", "flask")
SERVERS = (OURS, PEER, *POLLS)
LESS, MORE = "less", "more"  # what is better

# title, field, format, what is better, aim as (against whom, ratio) or as a most for our own figure
ROWS = (
    ("idle memory per subscriber, bytes", "idle_bytes", "{:,.0f}", LESS, 20 * 1024),
    ("CPU while nothing happens, ms per s", "idle_cpu_ms_per_s", "{:.1f}", None, None),
    ("publish → last subscriber, p50, ms", "last_p50_ms", "{:,.1f}", LESS, ("poll", 50)),
    ("publish → last subscriber, p99, ms", "last_p99_ms", "{:,.1f}", LESS, None),
    ("CPU per delivery, one at a time, µs", "cpu_us", "{:.1f}", LESS, (PEER, 3)),
    ("burst, deliveries per s", "burst_per_s", "{:,.0f}", MORE, (PEER, 3)),
    ("CPU per delivery in the burst, µs", "burst_cpu_us", "{:.2f}", LESS, (PEER, 3)),
    ("memory after it all, MB", "memory_after_mb", "{:,.0f}", None, None),
    ("load client in the burst, share of a core", "burst_client_share", "{:.0%}", None, None),
    ("data per event, one at a time, bytes", "event_bytes", "{:,.0f}", None, None),
    ("data per event in the burst, bytes", "burst_event_bytes", "{:,.0f}", None, None),
)
FAULTS = ("lost", "doubled", "reordered")


def main() -> int:
    runs = {}
    for line in Path(sys.argv[1]).read_text().splitlines():
        run = json.loads(line)
        runs.setdefault(run["label"], []).append(run)

    def figure(server: str, field: str) -> float | None:
        values = [run[field] for run in runs.get(server, ()) if field in run]
        return median(values) if values else None

    def ratio(ours: float | None, other: float | None, better: str | None) -> float | None:
        if not ours or not other or not better:
            return None
        return other / ours if better == LESS else ours / other

    any_run = next((run for server in SERVERS for run in runs.get(server, ())), None)
    if any_run is None:
        print("Nothing was measured.")
        return 1
    repetitions = max(map(len, runs.values()))
    runs_of = "one run" if repetitions == 1 else f"medians of {repetitions} runs"
    print(f"{any_run['subscribers']:,} subscribers; {runs_of} of each server.\n")
    heads = ("", "Staffel", "better-sse", "sse-starlette, 1 s poll", "Flask, 1 s poll",
             "Staffel is better than better-sse", "than the better poll loop", "aim")
    print("| " + " | ".join(heads) + " |")
    print("| --- |" + " ---: |" * 6 + " --- |")
    for title, field, form, better, aim in ROWS:
        figures = {server: figure(server, field) for server in SERVERS}
        cells = [form.format(value) if value is not None else "–" for value in figures.values()]
        polls = [figures[server] for server in POLLS if figures[server] is not None]
        best = (min if better == LESS else max)(polls) if polls else None
        ratios = {PEER: ratio(figures[OURS], figures[PEER], better), "poll": ratio(figures[OURS], best, better)}
        cells += [f"{value:,.1f}×" if value else "" for value in ratios.values()]
        cells.append(judge(figures[OURS], ratios, aim))
        print(f"| {title} | " + " | ".join(cells) + " |")
    totals = {
        server: "/".join(str(sum(run[fault] for run in runs[server])) for fault in FAULTS)
        for server in (OURS, PEER)
        if server in runs
    }
    sound = totals.get(OURS) == "0/0/0" and not any(run["dropped"] for run in runs[OURS])
    cells = [totals.get(OURS, "–"), totals.get(PEER, "–"), "states", "states", "", "", f"0: {word(sound)}"]
    print(f"| {'/'.join(FAULTS)} | " + " | ".join(cells) + " |")
    return 0 if sound else 1


def judge(ours: float | None, ratios: dict[str, float | None], aim) -> str:
    match aim:
        case None:
            return ""
        case (against, least):
            name = "poll" if against == "poll" else against
            reached = ratios[against]
            return f"≥ {least}× {name}" + ("" if reached is None else f": {word(reached >= least)}")
        case most:
            return f"≤ {most:,}" + ("" if ours is None else f": {word(ours <= most)}")


def word(met: bool) -> str:
    return "met" if met else "missed"


if __name__ == "__main__":
    sys.exit(main())
