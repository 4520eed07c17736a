"""The rows: what grows, and what that may cost."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

from .server import Client, Server, Stream

Start = Callable[[str], Server]
Figure = tuple[str, float, float, str, bool]
Result = tuple[str, str, str, list[Figure]]

LARGEST = 300 * 1024


def cpu_of_reports(server: Server, pipeline: str, count: int, **report: Any) -> float:
    """Milliseconds of processor time for one report. The first ones warm up."""
    client = server.client()
    server.settle()
    for number in range(20):
        client.report(pipeline, message=f"Warming up, {number}", **report)
    before = server.cpu()
    for number in range(count):
        client.report(pipeline, message=f"An ordinary line of what is being done now, {number}", **report)
    return (server.cpu() - before) / count


def pipelines(start: Start, quick: bool) -> Result:
    """Many pipelines, of which 50 are open."""
    few, many = (20, 200) if quick else (100, 5_000)

    def measure(count: int) -> dict[str, float]:
        with start(f"pipelines-{count}") as server:
            ids = server.each(lambda client, number: client.begin(number), list(range(count)))
            finish = {"outcome": "cancelled"}
            server.each(lambda client, id: client.post(f"/api/pipelines/{id}/finish", finish), ids[: max(count - 50, 0)])
            server.settle()
            server.stop()
            server.start()
            client = server.client()
            page = len(client.get("/"))
            listed = max(len(client.get(path)) for path in ("/api/pipelines", "/api/pipelines?state=all&limit=150"))
            stream = Stream(server)
            opening = stream.through("snapshot")
            stream.close()
            return {"page": page, "list": listed, "opening": opening, "memory": server.memory()}

    small, large = measure(few), measure(many)
    figures = [
        (name, small[key], large[key], "≤ 300 KB", large[key] <= LARGEST)
        for name, key in (("page, bytes", "page"), ("largest list, bytes", "list"), ("opening of the stream, bytes", "opening"))
    ]
    grown = large["memory"] <= 1.5 * small["memory"]
    figures.append(("memory after one look, MB", small["memory"], large["memory"], "≤ 1.5×", grown))
    return "pipelines", f"{few:,}", f"{many:,}", figures


def open_pipelines(start: Start, quick: bool) -> Result:
    """Many pipelines that are all open, and known after a start."""
    few, many = (100, 1_000) if quick else (1_000, 20_000)
    reports = 40 if quick else 400

    def measure(count: int) -> dict[str, float]:
        with start(f"open-{count}") as server:
            ids = server.each(lambda client, number: client.begin(number), list(range(count)))
            server.settle()
            server.stop()
            server.start()
            stream = Stream(server)
            opening = stream.through("snapshot")
            stream.close()
            memory = server.memory()
            return {"opening": opening, "memory": memory, "cpu": cpu_of_reports(server, ids[0], reports)}

    small, large = measure(few), measure(many)
    each = (large["memory"] - small["memory"]) * 1024 / (many - few)
    return "pipelines that are open", f"{few:,}", f"{many:,}", [
        (f"memory after a start, MB (each one {each:,.1f} KB)", small["memory"], large["memory"], "≤ 8 KB each", each <= 8),
        ("CPU of one report, ms", small["cpu"], large["cpu"], "≤ 1.3×", large["cpu"] <= 1.3 * small["cpu"]),
        ("opening of the stream, bytes", small["opening"], large["opening"], "≤ 300 KB", large["opening"] <= LARGEST),
    ]


def listeners(start: Start, quick: bool) -> Result:
    """Streams that follow another project than the one in which something happens."""
    many = 100 if quick else 2_000
    reports = 40 if quick else 400

    def measure(count: int) -> float:
        with start(f"listeners-{count}") as server:
            pipeline = server.client().begin(1)
            streams = [Stream(server, "?project=another") for _ in range(count)]
            cpu = cpu_of_reports(server, pipeline, reports)
            for stream in streams:
                stream.close()
            return cpu

    alone, among = measure(0), measure(many)
    each = (among - alone) * 1000 / many
    return "streams of another project", "0", f"{many:,}", [
        (f"CPU of one report, ms (each stream {each:,.2f} µs)", alone, among, "≤ 1.3×", among <= 1.3 * alone),
    ]


def documents(start: Start, quick: bool) -> Result:
    """One pipeline with long handovers, accepted one after the other."""
    many = 4 if quick else 20
    reports = 50 if quick else 400
    text = "A paragraph of what was done, with *emphasis* and `code`.\n\n" * 17_500

    def measure(count: int) -> dict[str, float]:
        with start(f"documents-{count}") as server:
            client = server.client()
            empty = server.memory()
            # As many with and without documents: a status names all of them.
            phases = [f"PHASE {number}" for number in range(20)]
            pipeline = client.begin(1, phases=phases)
            for number in range(count):
                if number < len(phases) - 1:
                    body = {"content": f"# Handover {number}\n\n{text}"[: 1024 * 1024]}
                    handover = client.post(f"/api/pipelines/{pipeline}/handovers", body)
                    decide(client, pipeline, handover, "accept")
                else:
                    handover = client.post(f"/api/pipelines/{pipeline}/handovers", {"content": f"# Last {number}\n\n{text}"[: 1024 * 1024]})
                    decide(client, pipeline, handover, "request_changes")
            cpu = cpu_of_reports(server, pipeline, reports)
            server.settle()
            server.stop()
            begun = min(restart(server) for _ in range(3))
            server.client().get(f"/api/pipelines/{pipeline}")
            return {"cpu": cpu, "start": begun * 1000, "memory": server.memory(), "empty": empty}

    small, large = measure(0), measure(many)
    return "documents of 1 MB", "0", f"{many}", [
        ("CPU of one report, ms", small["cpu"], large["cpu"], "≤ 1.3×", large["cpu"] <= 1.3 * small["cpu"]),
        ("start, ms", small["start"], large["start"], "≤ 1.5×", large["start"] <= 1.5 * small["start"]),
        ("memory, MB", small["memory"], large["memory"], "≤ 60 MB over the empty server", large["memory"] <= small["empty"] + 60),
    ]


def restart(server: Server) -> float:
    if server.process:
        server.stop()
    return server.start()


def decide(client: Client, pipeline: str, handover: dict[str, Any], decision: str) -> None:
    body = {"decision": decision, "revision": handover["revision"], "review_changes": "Shorter." if decision != "accept" else ""}
    client.post_as_person(f"/api/pipelines/{pipeline}/handovers/{handover['handover']}/decision", body)
    # The next phase begins when the prompt is confirmed.
    while True:
        try:
            prompt = json.loads(client.get(f"/api/pipelines/{pipeline}/prompts/next"))
        except RuntimeError:
            prompt = {}
        if prompt.get("handover") == handover["handover"] and prompt.get("revision") == handover["revision"]:
            break
        time.sleep(0.02)
    client.post(f"/api/pipelines/{pipeline}/prompts/{prompt['prompt_id']}/acknowledgement", {})


def tasks(start: Start, quick: bool) -> Result:
    """One pipeline with many tasks, of which one changes at a time."""
    few, many = 10, 100 if quick else 1_000
    reports = 50 if quick else 400

    def measure(count: int) -> dict[str, float]:
        with start(f"tasks-{count}") as server:
            client = server.client()
            planned = [{"name": f"A task with an ordinary name, {number}"} for number in range(count)]
            pipeline = client.begin(1, tracks=[{"name": "Track", "tasks": planned}])
            one = {"track": "Track", "name": planned[0]["name"], "status": "in_progress"}
            client.report(pipeline, tasks=[one])
            stream = Stream(server)
            stream.through("pipeline_status")
            client.report(pipeline, tasks=[{**one, "status": "completed"}])
            event = stream.next_of("pipeline_status")
            stream.close()
            return {"event": event, "cpu": cpu_of_reports(server, pipeline, reports)}

    small, large = measure(few), measure(many)
    return "tasks of one pipeline", f"{few}", f"{many:,}", [
        ("status event when one changes, bytes", small["event"], large["event"], "≤ 4 KB", large["event"] <= 4096),
        ("CPU of one report, ms", small["cpu"], large["cpu"], "≤ 1.3×", large["cpu"] <= 1.3 * small["cpu"]),
    ]


def events(start: Start, quick: bool) -> Result:
    """Facts in the journal: each report changes a hundred tasks."""
    few, many = (1_000, 10_000) if quick else (10_000, 1_000_000)
    at_once = 100

    def measure(count: int) -> float:
        with start(f"events-{count}") as server:
            planned = [{"name": f"task {number}"} for number in range(at_once)]
            client = server.client()
            ids = [client.begin(number, tracks=[{"name": "Track", "tasks": planned}]) for number in range(8)]

            def work(client: Client, pipeline: str) -> None:
                for turn in range(count // at_once // len(ids)):
                    status = ("in_progress", "completed", "pending")[turn % 3]
                    client.report(pipeline, tasks=[{"track": "Track", "status": status, **task} for task in planned])

            server.each(work, ids)
            server.settle()
            server.stop()
            return min(restart(server) for _ in range(3)) * 1000

    small, large = measure(few), measure(many)
    return "events in the journal", f"{few:,}", f"{many:,}", [
        ("start, ms", small, large, "≤ 2×", large <= 2 * small),
    ]
