"""The hook after a tool call: by address, and as a program."""

from __future__ import annotations

import json
import subprocess
import time

from growth.server import Server

from .connection import Connection
from .waiting import Waiting


async def by_address(server: Server, calls: int) -> list[float]:
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


def by_program(server: Server, calls: int) -> tuple[list[float], list[float]]:
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
