"""Agents that wait at the server: in a call, in a hook, or with a task."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from growth.server import Server

from .connection import AGENT, Connection

TOOL = "await_handover_decision"
# How often the server wants to be asked about a task, in seconds.
POLL = 5


class Waiting:
    """An agent that has handed over and waits for its own answer."""

    # Whether the server holds a request of it meanwhile.
    held = True

    def __init__(self, connection: Connection, number: int):
        self.connection, self.number = connection, number
        self.asked = 0

    async def begin(self) -> Waiting:
        def ask(path: str, body: dict[str, Any]) -> Any:
            return self.connection.ask("POST", path, body, {"Staffel-Actor": f"agent/{AGENT}"})

        started = await ask("/api/pipelines", {"project": "bench", "title": f"Pipeline {self.number}"})
        self.pipeline = started["pipeline"]
        content = {"content": "# Plan\n\nWhat was found, decided and left open."}
        self.handover = (await ask(f"/api/pipelines/{self.pipeline}/handovers", content))["handover"]
        self.prompt = f"{self.pipeline}-p1"
        return self

    async def park(self) -> None:
        raise NotImplementedError

    def rest(self, share: float) -> None:
        """Begins with what it does while it waits; `share` spreads that of all of them over their time."""

    async def chosen(self) -> None:
        """A decision comes; it does nothing else from now on."""

    async def hears(self, decided: asyncio.Task[str]) -> str:
        return await self.connection.answer()

    async def goes_on(self) -> None:
        self.leave()

    def leave(self) -> None:
        self.connection.close()


class Call(Waiting):
    """In a call over MCP, without a session."""

    async def park(self) -> None:
        self.connection.send_mcp("tools/call", {"name": TOOL, "arguments": {"handover": self.handover, "wait_seconds": 50}}, TOOL)


class Hook(Waiting):
    """In the hook at the end of a turn."""

    async def park(self) -> None:
        session = {"session_id": f"s{self.pipeline}", "cwd": f"/bench/{self.pipeline}"}
        tool = {"tool_name": "mcp__staffel__update_pipeline_status", "tool_input": {"pipeline": self.pipeline}}
        used = {"hook_event_name": "PostToolUse", **session, **tool, "tool_response": {}}
        await self.connection.ask("POST", "/api/hooks/codex", used)
        self.connection.send("POST", "/api/hooks/codex?wait=600", {"hook_event_name": "Stop", **session})


class Task(Waiting):
    """With a task, about which it asks as often as the server wants, and right after the decision."""

    held = False
    polling: asyncio.Task[None] | None = None

    async def park(self) -> None:
        self.free = asyncio.Lock()
        self.connection.send_mcp("tools/call", {"name": TOOL, "arguments": {"handover": self.handover}}, TOOL, tasks=True)
        answer = await self.connection.answer()
        if not answer.startswith("{"):
            answer = next(line[5:] for line in answer.splitlines() if line.startswith("data:") and '"id"' in line)
        created = json.loads(answer)["result"]
        if (created["resultType"], created["pollIntervalMs"]) != ("task", POLL * 1000):
            raise RuntimeError(f"no task as expected: {answer[:500]}")
        self.task = created["taskId"]

    async def ask(self) -> str:
        self.connection.send_mcp("tasks/get", {"taskId": self.task}, self.task, tasks=True)
        return await self.connection.answer()

    def rest(self, share: float) -> None:
        self.polling = asyncio.create_task(self.poll(share))

    async def poll(self, share: float) -> None:
        await asyncio.sleep(POLL * share)
        while True:
            async with self.free:
                await self.ask()
            await asyncio.sleep(POLL)

    async def chosen(self) -> None:
        # Not in the middle of an answer.
        async with self.free:
            if self.polling and self.polling.done():
                self.polling.result()
            if self.polling:
                self.polling.cancel()

    async def get(self) -> str:
        self.asked += 1
        return await self.ask()

    async def hears(self, decided: asyncio.Task[str]) -> str:
        await decided
        while self.prompt not in (text := await self.get()):
            pass
        return text

    def leave(self) -> None:
        if self.polling:
            self.polling.cancel()
        super().leave()


class Listening(Task):
    """With a task, about which it asks when the server says that the pipeline has changed: of tasks themselves it says nothing."""

    async def park(self) -> None:
        await super().park()
        self.stream = await Connection(self.connection.host).open()
        wanted = {"resourceSubscriptions": [f"staffel://pipelines/{self.pipeline}"]}
        self.stream.send_mcp("subscriptions/listen", {"notifications": wanted}, tasks=True)
        await self.stream.event(b"subscriptions/acknowledged")

    def rest(self, share: float) -> None:
        """It hears of everything, and asks for nothing."""

    async def hears(self, decided: asyncio.Task[str]) -> str:
        text = ""
        while self.prompt not in text:
            await self.stream.event(b"resources/updated")
            text = await self.get()
        return text

    def leave(self) -> None:
        self.stream.close()
        super().leave()


class WaitingCrowd:
    """Those that wait in one way. Each hears of one decision; when all have, as many others come."""

    def __init__(self, server: Server, way: type[Waiting], count: int):
        self.server, self.way, self.count = server, way, count
        self.agents: list[Waiting] = []
        self.begun = 0

    async def hand_over(self) -> None:
        for _ in range(self.count):
            self.agents.append(await self.way(await Connection(self.server.host).open(), self.begun).begin())
            self.begun += 1

    async def park(self) -> None:
        for agent in self.agents:
            await agent.park()
        if not self.way.held:
            return
        status = await Connection(self.server.host).open()
        for _ in range(1_000):
            if (await status.ask("GET", "/api/status"))["waits"] >= len(self.agents):
                return
            await asyncio.sleep(0.01)
        raise RuntimeError(f"not all of {len(self.agents)} agents wait")

    def rest(self) -> None:
        for number, agent in enumerate(self.agents, 1):
            agent.rest(number / len(self.agents))

    async def one(self) -> Waiting:
        if not self.agents:
            await self.hand_over()
            await self.park()
            self.rest()
        agent = self.agents.pop()
        await agent.chosen()
        return agent

    async def end(self) -> None:
        for agent in self.agents:
            agent.leave()
        await asyncio.sleep(0.2)
