"""The time from a decision to the agent, in turns with that of one append, and what waiting costs."""

from __future__ import annotations

import asyncio
import time
from statistics import mean, median, quantiles

from growth.server import Server

from .connection import Connection
from .crowd import Crowd
from .waiting import Waiting


async def measure(server: Server, crowd: Crowd, count: int, decisions: int) -> dict[str, float]:
    """Milliseconds from a decision to the prompt at the agent with `count` waiting, those of a report, and what a wait holds in
    memory."""
    try:
        return await measured(server, crowd, count, decisions)
    finally:
        await crowd.end()


async def measured(server: Server, crowd: Crowd, count: int, decisions: int) -> dict[str, float]:
    await crowd.hand_over()
    server.settle()
    before = server.memory()
    await crowd.park()
    held = (server.memory() - before) * 1024 / count
    server.settle()
    crowd.rest()
    idle = server.cpu()
    await asyncio.sleep(2)
    idle = (server.cpu() - idle) / 2
    person = await Connection(server.host).open()
    signed_in = {"Cookie": server.cookie, "Origin": f"http://{server.host}"}
    script = await Connection(server.host).open()
    other = await Waiting(script, -1).begin()
    answers, reports, asked = [], [], []
    for number in range(decisions):
        agent = await crowd.one()
        path = f"/api/pipelines/{agent.pipeline}/handovers/{agent.handover}/decision"
        began = time.perf_counter()
        person.send("POST", path, {"decision": "accept", "revision": 1}, signed_in)
        decided = asyncio.create_task(person.answer())
        answer = await agent.hears(decided)
        answers.append((time.perf_counter() - began) * 1000)
        if agent.prompt not in answer:
            raise RuntimeError(f"no prompt in {answer[:500]}")
        await decided
        asked.append(agent.asked)
        await agent.goes_on()
        began = time.perf_counter()
        changed = await script.ask("POST", f"/api/pipelines/{other.pipeline}/version", {"current": str(number)}, signed_in)
        reports.append((time.perf_counter() - began) * 1000)
        if changed["version"] != {"current": str(number)}:
            raise RuntimeError(f"nothing was appended: {changed['version']}")
    return {
        "answer p50": median(answers),
        "answer p99": quantiles(answers, n=100)[98],
        "append p50": median(reports),
        "append p99": quantiles(reports, n=100)[98],
        "KiB a wait": held,
        "ms of processor a second": idle,
        "times asked": mean(asked),
    }


async def subscriber(server: Server, count: int) -> float:
    """KiB that a subscriber of the stream holds."""
    before = server.memory()
    open_ones = []
    for _ in range(count):
        connection = await Connection(server.host).open()
        connection.send("GET", "/sse")
        await connection.reader.readuntil(b"\n\n")
        open_ones.append(connection)
    await asyncio.sleep(0.5)
    held = (server.memory() - before) * 1024 / count
    for connection in open_ones:
        connection.close()
    return held
