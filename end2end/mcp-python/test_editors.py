"""Hooks of two editors that no test can start, Cursor and Windsurf, played as their documentation has it: what they give a hook,
and what they heed of its answer."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from conftest import Server, connect
from mcp.types import CallToolResult

pytestmark = pytest.mark.anyio


class Editor:
    """An editor with a folder open, which `staffel connect` has set up."""

    client: str
    hooks: str
    """The file of its hooks, in the user's home folder."""

    def __init__(self, server: Server, home: Path):
        self.home = home
        self.folder = home / "shop"
        self.folder.mkdir(parents=True)
        self.environment = {**server.environment, "HOME": str(home)}
        connected = [server.program, "connect", self.client, "--global", "--hooks", "--url", server.mcp]
        done = subprocess.run(connected, env=self.environment, capture_output=True, text=True, timeout=30)
        assert done.returncode == 0, done.stderr

    def run(self, event: str, given: dict[str, Any], tool: str = "") -> dict[str, Any]:
        """Runs its hooks of an event in the folder, as a shell does; the last answer counts."""
        answer: dict[str, Any] = {}
        file = json.loads((self.home / self.hooks).read_text())
        for hook in file["hooks"].get(event, []):
            if tool and not re.fullmatch(hook.get("matcher", ".*"), tool):
                continue
            done = subprocess.run(
                ["sh", "-c", hook["command"]],
                cwd=self.folder,
                env=self.environment,
                input=json.dumps(given),
                capture_output=True,
                text=True,
                timeout=min(hook.get("timeout", 30), 60),
            )
            assert done.returncode == 0, done.stderr
            answer = json.loads(done.stdout)
        return answer


class Cursor(Editor):
    """<https://cursor.com/docs/hooks>"""

    client = "cursor"
    hooks = ".cursor/hooks.json"

    def given(self, event: str, **more: Any) -> dict[str, Any]:
        usual = {"conversation_id": "c1", "generation_id": "g1", "model": "m", "cursor_version": "3.7"}
        return {
            **usual,
            "hook_event_name": event,
            "workspace_roots": [str(self.folder)],
            "user_email": None,
            "transcript_path": None,
            **more,
        }

    def begins(self) -> str:
        """What a chat that begins has in its context."""
        answer = self.run("sessionStart", self.given("sessionStart", session_id="c1", composer_mode="agent"))
        return answer.get("additional_context", "")

    def used(self, tool: str, arguments: dict[str, Any], answer: CallToolResult) -> None:
        """A tool of an MCP server has answered; the answer is JSON in a string there."""
        content = [{"type": "text", "text": block.text} for block in answer.content]
        name = f"MCP:{tool}"
        given = self.given(
            "postToolUse", tool_name=name, tool_input=json.dumps(arguments), tool_output=json.dumps({"content": content})
        )
        self.run("postToolUse", given, name)

    def ends(self, status: str = "completed") -> str:
        """What it says to the agent in its user's place once the turn has ended."""
        answer = self.run("stop", self.given("stop", status=status, loop_count=0))
        return answer.get("followup_message", "")


class Windsurf(Editor):
    """<https://docs.windsurf.com/windsurf/cascade/hooks>. It says neither the folder nor its own name."""

    client = "windsurf"
    hooks = ".codeium/windsurf/hooks.json"

    def used(self, tool: str, arguments: dict[str, Any], answer: CallToolResult) -> None:
        info = {
            "mcp_server_name": "staffel",
            "mcp_tool_name": tool,
            "mcp_tool_arguments": arguments,
            "mcp_result": "\n".join(block.text for block in answer.content),
        }
        given = {"agent_action_name": "post_mcp_tool_use", "trajectory_id": "t1", "execution_id": "e1", "tool_info": info}
        self.run("post_mcp_tool_use", given)


async def test_cursor_goes_on_with_what_its_stop_hook_says(server: Server, tmp_path: Path) -> None:
    cursor = Cursor(server, tmp_path / "home")
    assert cursor.begins() == ""
    async with connect(server) as agent:
        async def use(tool: str, **arguments: Any) -> dict[str, Any]:
            answer = await agent.client.call_tool(tool, arguments)
            cursor.used(tool, arguments, answer)
            return answer.structured_content

        pipeline = (await use("start_pipeline", project="shop", title="Faster"))["pipeline"]
        assert cursor.ends() == "", "a session at work is not held up"
        handover = (await use("save_handover_content", pipeline=pipeline, content="# Plan"))["handover"]
        assert str(cursor.folder) in json.dumps(server.api("GET", f"/pipelines/{pipeline}").json()["session"])
        assert cursor.ends(status="aborted") == "", "its user has stopped it"
        server.decide(handover, "request_changes", changes="Mind the tests.")
        told = cursor.ends()
        assert "Mind the tests." in told and "asks for changes" in told, told
        confirm = re.search(r'acknowledge_prompt\(prompt_id="([0-9a-z-]+)"', told)
        assert confirm, told
        await use("acknowledge_prompt", prompt_id=confirm[1])
        assert cursor.ends() == "", "once is enough"
        handover = (await use("save_handover_content", pipeline=pipeline, content="# Plan, with tests"))["handover"]
    # It is closed, and somebody decides; a new chat in the same folder hears of it.
    server.decide(handover, revision=2)
    assert pipeline in cursor.begins()


async def test_windsurf_shows_which_session_works(server: Server, tmp_path: Path) -> None:
    windsurf = Windsurf(server, tmp_path / "home")
    async with connect(server) as agent:
        arguments = {"project": "shop", "title": "Faster"}
        answer = await agent.client.call_tool("start_pipeline", arguments)
        windsurf.used("start_pipeline", arguments, answer)
    pipeline = answer.structured_content["pipeline"]
    session = server.api("GET", f"/pipelines/{pipeline}").json()["session"]
    assert session == {"client": "windsurf", "id": "t1", "folder": str(windsurf.folder)}
