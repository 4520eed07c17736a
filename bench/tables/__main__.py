"""Prints the tables of what the load clients wrote: medians, and ratios between them.

Fails when Staffel has lost, doubled or reordered an event, or when a tool call failed; times and ratios are not judged.
"""

import sys
from pathlib import Path

import mcp
import nodes
import sse
from runs import Runs


def main() -> int:
    runs = Runs(Path(sys.argv[1]))
    verdicts = [table.show(runs) for table in (sse, nodes, mcp) if runs.has(table.SERVERS)]
    if not verdicts:
        print("Nothing was measured.")
    return 0 if verdicts and all(verdicts) else 1


if __name__ == "__main__":
    sys.exit(main())
