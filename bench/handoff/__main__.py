"""The hand-off: from a decision to the agent that waits for it, beside a bare report on the same connections.

    python -m handoff PROGRAM FOLDER RESULTS [--quick]      from the folder bench/

Agents wait at a server of its own, in FOLDER: in a call (`await_handover_decision`, over MCP without a session) or in a hook at
the end of their turn. A person decides about one pipeline after the other; the time runs from the request of the decision to
the last byte of the answer at the agent. Beside it, in turns and with the same agents waiting: a report over REST, one append
with its sync to the disk. A decision takes three: itself, the prompt, and that it was picked up. Writes one JSON object a line
to RESULTS, and prints the table."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from growth.server import Server

VERSION = "2026-07-28"
TOOL = "await_handover_decision"


class Connection:
    """One connection that is kept: a request at a time, and the whole answer."""

    def __init__(self, host: str):
        self.host = host

    async def open(self) -> Connection:
        name, port = self.host.split(":")
        self.reader, self.writer = await asyncio.open_connection(name, int(port))
        return self

    def send(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> None:
        data = b"" if body is None else json.dumps(body).encode()
        lines = {"Host": self.host, "Content-Type": "application/json", "Content-Length": str(len(data)), **(headers or {})}
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        self.writer.write(f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + data)

    async def answer(self) -> str:
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode().lower()
        status = int(head.split(" ", 2)[1])
        if "transfer-encoding: chunked" in head:
            body = b""
            while size := int((await self.reader.readuntil(b"\r\n")).split(b";")[0], 16):
                body += (await self.reader.readexactly(size + 2))[:-2]
            await self.reader.readuntil(b"\r\n")
        else:
            length = next((line.split(":")[1] for line in head.split("\r\n") if line.startswith("content-length:")), "0")
            body = await self.reader.readexactly(int(length))
        if status >= 300:
            raise RuntimeError(f"{status}: {body[:300]!r}")
        return body.decode()

    async def ask(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Any:
        self.send(method, path, body, headers)
        text = await self.answer()
        return json.loads(text) if text.startswith(("{", "[")) else text


class Waiting:
    """An agent that has handed over and waits."""

    def __init__(self, connection: Connection, number: int):
        self.connection, self.number = connection, number

    async def begin(self) -> Waiting:
        ask = self.connection.ask
        started = await ask("POST", "/api/pipelines", {"project": "bench", "title": f"Pipeline {self.number}"})
        self.pipeline = started["pipeline"]
        content = {"content": "# Plan\n\nWhat was found, decided and left open."}
        self.handover = (await ask("POST", f"/api/pipelines/{self.pipeline}/handovers", content))["handover"]
        return self

    async def park(self, way: str) -> None:
        if way == "hook":
            session = {"session_id": f"s{self.pipeline}", "cwd": f"/bench/{self.pipeline}"}
            tool = {"tool_name": "mcp__staffel__update_pipeline_status", "tool_input": {"pipeline": self.pipeline}}
            used = {"hook_event_name": "PostToolUse", **session, **tool, "tool_response": {}}
            await self.connection.ask("POST", "/api/hooks/codex", used)
            self.connection.send("POST", "/api/hooks/codex?wait=600", {"hook_event_name": "Stop", **session})
            return
        meta = {
            "io.modelcontextprotocol/protocolVersion": VERSION,
            "io.modelcontextprotocol/clientInfo": {"name": "bench", "version": "1"},
            "io.modelcontextprotocol/clientCapabilities": {},
        }
        call = {"name": TOOL, "arguments": {"handover": self.handover, "wait_seconds": 50}, "_meta": meta}
        headers = {
            "Accept": "application/json, text/event-stream",
            "MCP-Protocol-Version": VERSION,
            "Mcp-Method": "tools/call",
            "Mcp-Name": TOOL,
        }
        self.connection.send("POST", "/mcp", {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}, headers)


async def handed_over(server: Server, count: int, first: int = 0) -> list[Waiting]:
    return [await Waiting(await Connection(server.host).open(), first + number).begin() for number in range(count)]


async def parked(server: Server, way: str, agents: list[Waiting]) -> list[Waiting]:
    for agent in agents:
        await agent.park(way)
    status = await Connection(server.host).open()
    for _ in range(1_000):
        if (await status.ask("GET", "/api/status"))["waits"] >= len(agents):
            return agents
        await asyncio.sleep(0.01)
    raise RuntimeError(f"not all of {len(agents)} agents wait")


async def measure(server: Server, way: str, count: int, decisions: int) -> dict[str, float]:
    """Milliseconds from a decision to the answer with `count` waiting, those of a report, and what a wait holds in memory."""
    agents = await handed_over(server, count)
    server.settle()
    before = server.memory()
    await parked(server, way, agents)
    held = (server.memory() - before) * 1024 / count
    server.settle()
    idle = server.cpu()
    await asyncio.sleep(2)
    idle = (server.cpu() - idle) / 2
    person = await Connection(server.host).open()
    signed_in = {"Cookie": server.cookie, "Origin": f"http://{server.host}"}
    script = await Connection(server.host).open()
    other = await Waiting(script, -1).begin()
    answers, reports = [], []
    for number in range(decisions):
        if not agents:
            agents = await parked(server, way, await handed_over(server, count, number))
        agent = agents.pop()
        path = f"/api/pipelines/{agent.pipeline}/handovers/{agent.handover}/decision"
        began = time.perf_counter()
        person.send("POST", path, {"decision": "accept", "revision": 1}, signed_in)
        answer = await agent.connection.answer()
        answers.append((time.perf_counter() - began) * 1000)
        if f"{agent.pipeline}-p1" not in answer:
            raise RuntimeError(f"no prompt in {answer[:500]}")
        await person.answer()
        agent.connection.writer.close()
        began = time.perf_counter()
        await script.ask("POST", f"/api/pipelines/{other.pipeline}/version", {"version": {"current": str(number)}}, signed_in)
        reports.append((time.perf_counter() - began) * 1000)
    for agent in agents:
        agent.connection.writer.close()
    await asyncio.sleep(0.2)
    return {
        "answer p50": median(answers),
        "answer p99": quantiles(answers, n=100)[98],
        "append p50": median(reports),
        "append p99": quantiles(reports, n=100)[98],
        "KiB a wait": held,
        "ms of processor a second": idle,
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
        connection.writer.close()
    return held


async def after_tool(server: Server, calls: int) -> list[float]:
    """Milliseconds of a call of the hook after a tool, as an assistant makes it that calls an address itself."""
    agent = await Waiting(await Connection(server.host).open(), 0).begin()
    session = {"session_id": "busy", "cwd": "/bench/busy"}
    tool = {"tool_name": "mcp__staffel__update_pipeline_status", "tool_input": {"pipeline": agent.pipeline}, "tool_response": {}}
    await agent.connection.ask("POST", "/api/hooks/codex", {"hook_event_name": "PostToolUse", **session, **tool})
    used = {"hook_event_name": "PostToolUse", **session, "tool_name": "Bash", "tool_input": {"command": "ls"}, "tool_response": {}}
    times = []
    for _ in range(calls):
        began = time.perf_counter()
        await agent.connection.ask("POST", "/api/hooks/codex", used)
        times.append((time.perf_counter() - began) * 1000)
    return times


def programs(server: Server, calls: int) -> tuple[list[float], list[float]]:
    """Milliseconds of `staffel hook` after a tool, and of a program that does nothing, in turns."""
    used = {"hook_event_name": "PostToolUse", "session_id": "busy", "cwd": "/bench/busy", "tool_name": "Bash", "tool_input": {}}
    hook = [str(server.program), "hook", "codex", "--url", f"http://{server.host}/mcp"]
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(calls):
        for command, kept in ((hook, times[0]), (["/bin/true"], times[1])):
            began = time.perf_counter()
            subprocess.run(command, input=json.dumps(used).encode(), stdout=subprocess.DEVNULL, check=True)
            kept.append((time.perf_counter() - began) * 1000)
    return times


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
        for way in ("call", "hook"):
            for count in (1, 10) if quick else (1, 100, 1_000):
                with Server(program, folder / f"{way}-{count}") as server:
                    found = asyncio.run(measure(server, way, count, decisions))
                keep({"way": way, "waiting": count, **found})
                p50, p99, append, append99, held, idle = found.values()
                kib = f"{held:.1f}" if count >= 100 else "–"
                print(
                    f"| {way}, {count:,} | {p50:.2f} | {p99:.2f} | {append:.2f} | {append99:.2f} | {p50 / append:.2f}× | {kib} | {idle:.1f} ms/s |",
                    flush=True,
                )
        with Server(program, folder / "rest") as server:
            held = asyncio.run(subscriber(server, 50 if quick else 1_000))
            times = asyncio.run(after_tool(server, calls))
            hook, nothing = programs(server, max(calls // 5, 20))
        keep({"KiB a subscriber": held})
        print(f"\nA subscriber of the stream holds {held:.1f} KiB.\n")
        print("| the hook after a tool | p50, ms | p99 | aim |")
        print("| --- | ---: | ---: | --- |")
        for name, kept, aim in (("by address", times, 5), ("by program", hook, 5), ("a program that does nothing", nothing, 0)):
            p50, p99 = median(kept), quantiles(kept, n=100)[98]
            keep({"after tool": name, "p50": p50, "p99": p99})
            met = "" if not aim else f"p99 < {aim} ms: {'met' if p99 < aim else 'missed'}"
            print(f"| {name} | {p50:.2f} | {p99:.2f} | {met} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
