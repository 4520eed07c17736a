"""Agents that `staffel run` has started, and that wait for the next prompt of their session."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from collections import deque
from pathlib import Path

from growth.server import Server

# The agent of the tests, which speaks the Agent Client Protocol and hands over at once.
AGENT = Path(__file__).resolve().parents[2] / "end2end" / "mcp-python" / "fake_agent.py"
# As many as a pipeline can have: all but the last bring a prompt.
PHASES = [f"PHASE {number}" for number in range(1, 21)]
# Nobody decides faster, in seconds: what the server stores after a handover is stored by then.
PAUSE = 0.1
# Longest that a run may take to end.
END = 20


class Running:
    """One run with its agent. What the agent hears it notes in a pipe, which is read here."""

    def __init__(self, server: Server, folder: Path):
        self.server, self.folder = server, folder
        self.number = self.asked = 0

    async def start(self) -> Running:
        home, project, heard = self.folder / "home", self.folder / "project", self.folder / "heard"
        home.mkdir(parents=True)
        project.mkdir()
        os.mkfifo(heard)
        # Open for both ends: the agent opens it anew for each line.
        pipe = os.fdopen(os.open(heard, os.O_RDWR | os.O_NONBLOCK), "rb", buffering=0)
        self.notes = asyncio.StreamReader(limit=1 << 20)
        protocol = asyncio.StreamReaderProtocol(self.notes)
        self.pipe, _ = await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, pipe)
        ours = {name: value for name, value in os.environ.items() if not name.startswith(("STAFFEL_", "XDG_"))}
        words = ["--goal", "Faster checkout", "--phases", ",".join(PHASES), "--", sys.executable, str(AGENT), "good"]
        with (self.folder / "errors").open("wb") as errors:
            self.process = await asyncio.create_subprocess_exec(
                str(self.server.program),
                *("run", "--url", f"http://{self.server.host}", *words),
                cwd=project,
                env=ours | {"HOME": str(home), "FAKE_LOG": str(heard), "FAKE_PAUSE": "0.05"},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=errors,
            )
        return self

    async def waits(self) -> None:
        """The run says that its agent has handed over and that it waits for a person."""
        assert self.process.stdout
        while line := (await self.process.stdout.readline()).decode(errors="replace"):
            if line.startswith("Handed over.") and (found := re.search("/pipelines/([0-9a-z]+)", line)):
                self.number += 1
                self.pipeline = found[1]
                self.handover, self.prompt = f"{self.pipeline}-h{self.number}", f"{self.pipeline}-p{self.number}"
                return
        raise RuntimeError(f"a run has ended: {(self.folder / 'errors').read_text(errors='replace')[:500]}")

    async def prompted(self) -> str:
        """The agent has read the whole of a prompt."""
        while line := await self.notes.readline():
            if b'"session/prompt"' in line:
                return line.decode()
        raise RuntimeError("the pipe has ended")

    async def hears(self, decided: asyncio.Task[str]) -> str:
        return await self.prompted()

    async def goes_on(self) -> None:
        """It hands over the next phase, and waits again."""
        await self.waits()

    async def end(self) -> None:
        if self.process.returncode is None:
            self.process.terminate()
            try:
                await asyncio.wait_for(self.process.wait(), END)
            except asyncio.TimeoutError:
                # Its agent ends with its input.
                self.process.kill()
                await self.process.wait()
        self.pipe.close()


class RunningCrowd:
    """Several runs. Each hears of a decision, hands over the next phase, and waits again."""

    def __init__(self, server: Server, count: int):
        self.server, self.count = server, count
        self.agents: deque[Running] = deque()
        self.begun = 0

    async def begin(self) -> None:
        self.begun += 1
        running = await Running(self.server, self.server.folder / f"run-{self.begun}").start()
        self.agents.append(running)
        # The first prompt, which no decision has brought.
        await running.prompted()
        await running.waits()

    async def hand_over(self) -> None:
        """The runs do that by themselves."""

    async def park(self) -> None:
        for _ in range(self.count):
            await self.begin()

    def rest(self) -> None:
        """They only follow the stream."""

    async def one(self) -> Running:
        self.agents.rotate(-1)
        if self.agents[0].number == len(PHASES):
            await self.agents.popleft().end()
            await self.begin()
            self.agents.rotate(1)
        await asyncio.sleep(PAUSE)
        return self.agents[0]

    async def end(self) -> None:
        for agent in self.agents:
            await agent.end()
