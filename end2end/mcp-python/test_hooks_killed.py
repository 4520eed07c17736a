"""Rounds in which the server, the hook or the assistant is killed: every decision is acted on, exactly once."""

from __future__ import annotations

import contextlib
import json
import os
import random
import re
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from conftest import Server, rounds

ROUNDS = rounds(20, 100)
FOLDER = "/home/dana/shop"


class Assistant:
    """What an assistant with hooks does: it works, ends its turns, and follows what a hook says."""

    def __init__(self, server: Server, pipeline: str):
        self.server = server
        self.pipeline = pipeline
        self.session = 1
        self.followed: list[str] = []

    def given(self, event: str, **more: Any) -> dict[str, Any]:
        return {"hook_event_name": event, "session_id": f"s{self.session}", "cwd": FOLDER, **more}

    def work(self) -> None:
        """A report, after which its hook tells of it."""
        report = self.server.api("POST", f"/pipelines/{self.pipeline}/reports", {"message": "at work"})
        assert report.status_code == 200, report.text
        used = {"tool_name": "mcp__staffel__update_pipeline_status", "tool_input": {"pipeline": self.pipeline}}
        told = self.server.api("POST", "/hooks/codex", self.given("PostToolUse", **used))
        assert told.status_code == 200, told.text

    def hook(self, event: str) -> subprocess.Popen[str]:
        """The real program, started by another one as an assistant does."""
        command = [self.server.program, "hook", "codex", "--wait", "60", "--url", self.server.mcp]
        # The shell stays, and is what the hook takes for its assistant.
        hook = subprocess.Popen(
            ["sh", "-c", '"$0" "$@"; exit $?', *command],
            env=self.server.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert hook.stdin
        hook.stdin.write(json.dumps(self.given(event)))
        hook.stdin.close()
        return hook

    def says(self, hook: subprocess.Popen[str]) -> str:
        """What it tells the assistant: to go on, or to know."""
        assert hook.stdout
        said = hook.stdout.read()
        hook.wait(30)
        answer = json.loads(said) if said.strip() else {}
        return answer.get("reason", "") or answer.get("hookSpecificOutput", {}).get("additionalContext", "")

    def follow(self, told: str) -> bool:
        """Does what it is told, once."""
        prompt = re.search(r'acknowledge_prompt\(prompt_id="([0-9a-z-]+)"', told)
        if prompt:
            name = prompt[1]
        elif "get_next_prompt" in told:
            name = self.server.api("GET", f"/pipelines/{self.pipeline}/prompts/next").json()["prompt_id"]
        else:
            return False
        if name in self.followed:
            return False
        confirmed = self.server.api("POST", f"/pipelines/{self.pipeline}/prompts/{name}/acknowledgement", {})
        assert confirmed.status_code == 200, confirmed.text
        self.followed.append(name)
        return True


def lives(group: int) -> bool:
    """Whether there is a process left of a group."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def kill_child(parent: subprocess.Popen[str]) -> None:
    """Kills the hook itself, unless it has ended."""
    while parent.poll() is None:
        for child in children(parent.pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
            return


def children(parent: int) -> list[int]:
    of_linux = Path(f"/proc/{parent}/task/{parent}/children")
    if of_linux.exists():
        said = of_linux.read_text()
    else:
        said = subprocess.run(["pgrep", "-P", str(parent)], capture_output=True, text=True).stdout
    return [int(child) for child in said.split()]


def waits(server: Server) -> bool:
    return server.api("GET", "/status").json()["waits"] == 1


def until(what: str, yes: Any) -> None:
    deadline = time.monotonic() + 20
    while not yes():
        assert time.monotonic() < deadline, f"not in 20 seconds: {what}"
        time.sleep(0.01)


@pytest.mark.skipif(os.name != "posix", reason="processes are killed by groups")
def test_every_decision_is_acted_on_exactly_once(server: Server) -> None:
    chance = random.Random(20261126)
    started = server.api("POST", "/pipelines", {"project": "shop", "title": "Faster checkout"}).json()
    assistant = Assistant(server, started["pipeline"])
    handover = f"{assistant.pipeline}-h1"
    for number in range(1, ROUNDS + 1):
        assistant.work()
        handed = server.api("POST", f"/pipelines/{assistant.pipeline}/handovers", {"content": f"# Plan {number}"})
        assert handed.status_code == 201, handed.text
        hook = assistant.hook("Stop")
        until("the hook waits", lambda: waits(server))
        victim = ("server", "hook", "assistant")[number % 3]
        decided_first = chance.random() < 0.5

        def decide() -> None:
            server.decide(handover, "request_changes", revision=number, changes="Shorter.")

        if decided_first:
            decide()
            time.sleep(chance.random() * 0.05)
        if victim == "server":
            server.restart()
        elif victim == "hook":
            kill_child(hook)
        else:
            hook.kill()
        if not decided_first:
            decide()
        told = assistant.says(hook)
        until("no process is left", lambda: not lives(hook.pid))
        if victim == "assistant":
            # What its hook said went nowhere. The person starts another session in the same folder.
            assistant.session += 1
            told = ""
        if not assistant.follow(told):
            until("the prompt", lambda: server.count(assistant.pipeline)["PromptWritten"] == number)
            event = "SessionStart" if victim == "assistant" else chance.choice(["Stop", "UserPromptSubmit"])
            # Another session waits or was just given it: that one would have to go on, and does not live any more.
            told = assistant.says(assistant.hook(event))
            if not assistant.follow(told):
                assert victim == "assistant", f"round {number}: the {victim} was killed, and nobody says what was decided: {told!r}"
                assistant.follow("get_next_prompt")  # a person says so
        assert len(assistant.followed) == number, f"round {number}: {victim} killed"
    counted = server.count(assistant.pipeline)
    assert counted["PromptPickedUp"] == counted["PromptAcknowledged"] == counted["PhaseReopened"] == ROUNDS
    assert len(set(assistant.followed)) == ROUNDS
