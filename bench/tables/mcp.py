"""The table of the MCP servers."""

from runs import LESS, MORE, Runs, heading, line, ratio, word

OURS, CEILING, NODE, PYTHON = "staffel-mcp", "rmcp", "typescript", "fastmcp"
SERVERS = (OURS, CEILING, NODE, PYTHON)
PEERS = {CEILING: "rmcp", NODE: "TypeScript", PYTHON: "FastMCP"}

PROTOCOLS = {"stateless": "2026-07-28", "session": "2025-11-25"}
# What each kind of call should reach, as a ratio to each peer.
AIMS = {"read": {CEILING: 0.8, NODE: 3, PYTHON: 10}, "write": {PYTHON: 1}}
HELD = {
    "session_bytes": "memory per idle session (2025-11-25), bytes",
    "session_stream_bytes": "memory per stream of a session, bytes",
    "stream_bytes": "memory per idle subscriptions/listen stream (2026-07-28), bytes",
}
FAULTS = {"failed": "failed calls", "closed": "closed streams", "lost": "writes lost"}


def show(runs: Runs) -> bool:
    """Prints it. Is it true that every call succeeded, and that Staffel lost nothing?"""
    many = runs.any(SERVERS, "agents")
    calls = sum(sum(runs.values(server, "calls")) for server in SERVERS)
    print(f"\nMCP. {calls:,} calls in all; {runs.described(SERVERS, 'calls')} of each server.\n")
    heading("", "Staffel", "bare rmcp", "TypeScript SDK", "FastMCP",
            "Staffel is better than bare rmcp", "than TypeScript", "than FastMCP", "aim")
    for tool, aims in AIMS.items():
        for protocol, date in PROTOCOLS.items():
            for agents, count in (("1 agent", "one"), (f"{many} agents", "many")):
                show_calls(runs, f"{tool}s, {date}, {agents}", f"{protocol}_{tool}_{count}", aims)
    for field, title in HELD.items():
        row(runs, title, field, "{:,.0f}", LESS)
    shares = [max(runs.values_ending(server, "_client_share"), default=0) for server in SERVERS]
    line("load client at most, share of a core", *(f"{share:.0%}" for share in shares), "", "", "", "")
    return show_faults(runs)


def show_calls(runs: Runs, title: str, kind: str, aims: dict[str, float]) -> None:
    row(runs, f"{title}: calls per s", f"{kind}_per_s", "{:,.0f}", MORE, aims)
    row(runs, "– p50, ms", f"{kind}_p50_ms", "{:.2f}", LESS)
    row(runs, "– p99, ms", f"{kind}_p99_ms", "{:.2f}", LESS)
    row(runs, "– CPU per call, µs", f"{kind}_cpu_us", "{:,.0f}", LESS)


def row(runs: Runs, title: str, field: str, form: str, better: str, aims: dict[str, float] | None = None) -> None:
    figures = {server: runs.figure(server, field) for server in SERVERS}
    ratios = {peer: ratio(figures[OURS], figures[peer], better) for peer in PEERS}
    cells = ["–" if value is None else form.format(value) for value in figures.values()]
    cells += [f"{value:,.2f}×" if value else "" for value in ratios.values()]
    line(title, *cells, "; ".join(judge(peer, ratios[peer], least) for peer, least in (aims or {}).items()))


def judge(peer: str, reached: float | None, least: float) -> str:
    return f"≥ {least}× {PEERS[peer]}" + ("" if reached is None else f": {word(reached >= least)}")


def show_faults(runs: Runs) -> bool:
    sound = True
    for field, title in FAULTS.items():
        totals = {server: runs.values(server, field) for server in SERVERS}
        none = not any(sum(values) for values in totals.values())
        cells = [str(sum(values)) if values else "–" for values in totals.values()]
        line(title, *cells, "", "", "", f"0: {word(none)}")
        sound = sound and none
    return sound
