"""What the load clients wrote, and what is made of it."""

import json
from collections.abc import Iterable
from pathlib import Path
from statistics import median

LESS, MORE = "less", "more"  # what is better


class Runs:
    """The runs of every server, by its label."""

    def __init__(self, file: Path):
        self.of: dict[str, list[dict]] = {}
        for line in file.read_text().splitlines():
            run = json.loads(line)
            self.of.setdefault(run["label"], []).append(run)

    def has(self, servers: Iterable[str]) -> bool:
        return any(server in self.of for server in servers)

    def values(self, server: str, field: str) -> list[float]:
        return [run[field] for run in self.of.get(server, ()) if field in run]

    def values_ending(self, server: str, end: str) -> list[float]:
        return [value for run in self.of.get(server, ()) for field, value in run.items() if field.endswith(end)]

    def figure(self, server: str, field: str) -> float | None:
        values = self.values(server, field)
        return median(values) if values else None

    def any(self, servers: Iterable[str], field: str) -> float:
        """A figure that is the same in every run."""
        return next(value for server in servers for value in self.values(server, field))

    def described(self, servers: Iterable[str], field: str) -> str:
        """Of how many runs the figures are the medians; each run has this field."""
        count = max(len(self.values(server, field)) for server in servers)
        return "one run" if count == 1 else f"medians of {count} runs"


def ratio(ours: float | None, other: float | None, better: str | None) -> float | None:
    """How many times better ours is."""
    if not ours or not other or not better:
        return None
    return other / ours if better == LESS else ours / other


def word(met: bool) -> str:
    return "met" if met else "missed"


def heading(*heads: str) -> None:
    """The first is over the titles, the last over the aims."""
    line(*heads)
    line("---", *["---:"] * (len(heads) - 2), "---")


def line(*cells: str) -> None:
    print("| " + " | ".join(cells) + " |")
