"""The table of Staffel on its engines, in one and several nodes."""

from runs import LESS, MORE, Runs, heading, line, ratio

# On SQLite, and on one PostgreSQL, each node with its share of the subscribers.
SERVERS = ("staffel-alone", "staffel-postgres", "staffel-2-nodes", "staffel-3-nodes")
# title, whose runs, field, format, what is better
ROWS = (
    ("appends per s, 3 subscribers", "-appends", "burst_per_s", "{:,.0f}", MORE),
    ("appends per s, {subscribers:,} subscribers", "", "burst_per_s", "{:,.0f}", MORE),
    ("deliveries per s, {subscribers:,} subscribers", "", "deliveries", "{:,.0f}", MORE),
    ("publish → last subscriber, p50, ms", "", "last_p50_ms", "{:,.1f}", LESS),
    ("publish → last subscriber, p99, ms", "", "last_p99_ms", "{:,.1f}", LESS),
    ("CPU per delivery in the burst, µs, of the first node", "", "burst_cpu_us", "{:.2f}", None),
    ("idle memory per subscriber, bytes, of the first node", "", "idle_bytes", "{:,.0f}", None),
)
FAULTS = ("lost", "doubled", "reordered", "dropped")


def show(runs: Runs) -> bool:
    """Prints it. Is it true that nothing was lost?"""
    print(f"\nNodes. {runs.described(SERVERS, 'subscribers')} of each, all on one machine.\n")
    heading("", "on SQLite", "on PostgreSQL, 1 node", "2 nodes", "3 nodes", "1 node to SQLite", "3 nodes to 1")
    everybody = runs.any(SERVERS, "subscribers")
    for title, of, field, form, better in ROWS:
        figures = [figure(runs, server + of, field) for server in SERVERS]
        cells = [form.format(value) if value is not None else "–" for value in figures]
        ratios = [ratio(figures[1], figures[0], better), ratio(figures[3], figures[1], better)]
        line(title.format(subscribers=everybody), *cells, *(f"{value:,.2f}×" if value else "" for value in ratios))
    faults = [[sum(runs.values(server, fault)) for fault in FAULTS] for server in SERVERS]
    line("/".join(FAULTS), *("/".join(map(str, each)) for each in faults), "", "")
    return not any(any(each) for each in faults)


def figure(runs: Runs, server: str, field: str) -> float | None:
    """The load client counts deliveries: every append goes to every subscriber."""
    if field != "burst_per_s":
        return runs.figure(server, "burst_per_s" if field == "deliveries" else field)
    deliveries = runs.figure(server, field)
    return deliveries / runs.any([server], "subscribers") if deliveries else None
