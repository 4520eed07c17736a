"""The table of the SSE streams."""

from runs import LESS, MORE, Runs, heading, line, ratio, word

OURS, PEER, POLLS = "staffel", "better-sse", ("sse-starlette", "flask")
SERVERS = (OURS, PEER, *POLLS)

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

# The hubs get a message of 240 bytes, Staffel an ordinary report of 60 characters.
HUBS = (OURS, "nchan", "durable-streams")
CROWD = tuple(f"{hub}-crowd" for hub in HUBS)
HUB_ROWS = (
    ("idle memory per subscriber, bytes", "idle_bytes", "{:,.0f}", LESS, None),
    ("publish → last subscriber, p50, ms", "last_p50_ms", "{:,.1f}", LESS, None),
    ("publish → last subscriber, p99, ms", "last_p99_ms", "{:,.1f}", LESS, None),
    ("CPU per delivery, one at a time, µs", "cpu_us", "{:.1f}", LESS, None),
    ("burst, deliveries per s", "burst_per_s", "{:,.0f}", MORE, (2.0, 0.5)),
    ("CPU per delivery in the burst, µs", "burst_cpu_us", "{:.2f}", LESS, None),
    ("memory after it all, MB", "memory_after_mb", "{:,.0f}", None, None),
    ("data per event in the burst, bytes", "burst_event_bytes", "{:,.0f}", None, None),
)


def show(runs: Runs) -> bool:
    """Prints it. Is it true that Staffel lost nothing?"""
    subscribers = runs.any(SERVERS, "subscribers")
    print(f"SSE. {subscribers:,} subscribers; {runs.described(SERVERS, 'subscribers')} of each server.\n")
    heading("", "Staffel", "better-sse", "sse-starlette, 1 s poll", "Flask, 1 s poll",
            "Staffel is better than better-sse", "than the better poll loop", "aim")
    for title, field, form, better, aim in ROWS:
        figures = {server: runs.figure(server, field) for server in SERVERS}
        cells = [form.format(value) if value is not None else "–" for value in figures.values()]
        polls = [figures[server] for server in POLLS if figures[server] is not None]
        best = (min if better == LESS else max)(polls) if polls else None
        ratios = {PEER: ratio(figures[OURS], figures[PEER], better), "poll": ratio(figures[OURS], best, better)}
        cells += [f"{value:,.1f}×" if value else "" for value in ratios.values()]
        cells.append(judge(figures[OURS], ratios, aim))
        line(title, *cells)
    totals = {
        server: "/".join(str(sum(runs.values(server, fault))) for fault in FAULTS)
        for server in (OURS, PEER)
        if runs.has([server])
    }
    sound = totals.get(OURS) == "0/0/0" and not any(runs.values(OURS, "dropped"))
    line("/".join(FAULTS), totals.get(OURS, "–"), totals.get(PEER, "–"), "states", "states", "", "", f"0: {word(sound)}")
    show_hubs(runs, HUBS)
    show_hubs(runs, CROWD)
    return sound


def show_hubs(runs: Runs, servers: tuple[str, ...]) -> None:
    """Prints Staffel beside the hubs that are made for crowds; in their own process each, of one machine."""
    if not runs.has(servers[:1]) or not runs.has(servers[1:]):
        return
    subscribers = runs.any(servers, "subscribers")
    print(f"\nSSE hubs. {subscribers:,} subscribers; {runs.described(servers, 'subscribers')} of each server.\n")
    heading("", "Staffel", "nchan", "Durable Streams", "Staffel is better than nchan", "than Durable Streams", "aim")
    for title, field, form, better, aims in HUB_ROWS:
        figures = [runs.figure(server, field) for server in servers]
        cells = [form.format(value) if value is not None else "–" for value in figures]
        ratios = [ratio(figures[0], other, better) for other in figures[1:]]
        cells += [f"{value:,.2f}×" if value else "" for value in ratios]
        judged = [
            f"≥ {least:g}× {name}" + ("" if reached is None else f": {word(reached >= least)}")
            for name, least, reached in zip(("nchan", "Durable Streams"), aims or (), ratios)
        ]
        line(title, *cells, "; ".join(judged))
    faults = ["/".join(str(sum(runs.values(server, fault))) for fault in (*FAULTS, "dropped")) for server in servers]
    line("/".join((*FAULTS, "dropped")), *faults, "", "", "")


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
