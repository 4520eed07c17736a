"""A real server for every test, and an agent that talks to it with the official client."""

from __future__ import annotations

import functools
import os
import re
import signal
import ssl
import subprocess
import tempfile
import threading
import time
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, AsyncIterator, Awaitable, Callable, Iterator

import anyio
import httpx
import jsonschema
import pytest
from mcp import Client
from mcp.client.streamable_http import create_mcp_http_client, streamable_http_client
from mcp.types import Implementation

ROOT = Path(__file__).resolve().parents[2]

# Every client of httpx reads all certificates of the machine, for 20 ms of a processor, and the tests make thousands.
ssl.create_default_context = functools.cache(ssl.create_default_context)

# "legacy" shakes hands first (up to 2025-11-25), a date has no handshake, "auto" asks the server.
MODES = ["legacy", "auto", "2026-07-28"]
PHASES = ["VAN", "PLAN", "CREATE", "IMPLEMENT", "REFLECT"]


def binary() -> Path:
    program = Path(os.environ.get("STAFFEL_BIN", ROOT / "target/staffel")).absolute()
    if not program.is_file():
        raise FileNotFoundError(f"there is no {program} to test; run: make build")
    return program


class Postgres:
    """A PostgreSQL of this process, which ends with it: a database for every server."""

    chosen = False

    @classmethod
    @functools.cache
    def folder(cls) -> str:
        cls.process = subprocess.Popen(
            [ROOT / "scripts/postgres.sh", "-c", "fsync=off", "-c", "full_page_writes=off"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return cls.process.stdout.readline().strip()

    @classmethod
    @functools.cache
    def template(cls) -> str:
        """A database in which a server has begun: every other one is a copy of it, in a third of the time."""
        name = "begun"
        cls.execute(f"CREATE DATABASE {name} TEMPLATE template0")
        with tempfile.TemporaryDirectory() as folder:
            server = subprocess.Popen(
                [binary(), "serve", "--listen", "127.0.0.1:0", "--no-open", "--data", folder],
                env={"PATH": os.environ["PATH"], "HOME": folder, "STAFFEL_DATABASE_URL": cls.url(name)},
                stdout=subprocess.PIPE,
                text=True,
            )
            assert any("Board " in line for line in server.stdout), "it has begun"
            server.terminate()
            server.communicate(timeout=20)
        return name

    @classmethod
    def new_database(cls) -> str:
        name = f"test{time.monotonic_ns()}"
        cls.execute(f"CREATE DATABASE {name} TEMPLATE {cls.template()}")
        return cls.url(name)

    @classmethod
    def execute(cls, statement: str) -> None:
        subprocess.run(["psql", "-qXh", cls.folder(), "-U", "staffel", "postgres", "-c", statement], check=True)

    @classmethod
    def url(cls, database: str) -> str:
        return f"postgres:///{database}?host={cls.folder()}&user=staffel"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--postgres", action="store_true", help="every server keeps its data in PostgreSQL")


# What looks into the files of SQLite, or follows a document that is about them.
on_files = pytest.mark.skipif("config.getoption('--postgres')", reason="it is about files")


def pytest_configure(config: pytest.Config) -> None:
    Postgres.chosen = config.getoption("--postgres")


def rounds(few: int, every: int) -> int:
    """How often a test does what depends on chance: `server/src/rounds.rs` in Python.

    With PostgreSQL, where every start takes longer, few: what a kill does to a database is tried at its journal.
    """
    asked = os.environ.get("STAFFEL_TEST_ROUNDS")
    if asked not in (None, "all"):
        return int(asked)
    return every if asked == "all" and not Postgres.chosen else few


class Server:
    """One server process with a data folder of its own; it can be killed and started again."""

    def __init__(self, folder: Path, **settings: str):
        self.folder = folder
        self.settings = settings
        self.scheme, self.host, self.port = "http", "127.0.0.1", 0
        self.program = binary()
        self.started_in = ROOT
        # A person's own settings must not reach the tests.
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("STAFFEL_")}
        if Postgres.chosen:
            self.environment["STAFFEL_DATABASE_URL"] = Postgres.new_database()
        self.process: subprocess.Popen[bytes] | None = None
        # What the browser of the person holds who decides here.
        self.cookies: dict[str, str] = {}

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.host}:{self.port}"

    @property
    def mcp(self) -> str:
        return f"{self.url}/mcp"

    def start(self) -> None:
        log = self.folder / f"server-{time.monotonic_ns()}.log"
        with log.open("wb") as out:
            self.process = subprocess.Popen(
                # Port 0 at the first start: the system picks a free one, and no other test can take it in between.
                [self.program, "serve", "--listen", f"{self.host}:{self.port}", "--data", self.folder / "data", "--no-open"],
                cwd=self.started_in,
                env=self.environment | self.settings,
                stdout=out,
                stderr=out,
            )
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            said = log.read_text(errors="replace")
            if self.process.poll() is not None:
                break
            if found := re.search(rf"Board +{self.scheme}://{re.escape(self.host)}:(\d+)", said):
                self.port = int(found[1])
                if self.healthy():
                    if code := re.search(r"/sign-in#code=(\S+)", said):
                        self.sign_in(code[1], "Local")
                    return
            time.sleep(0.02)
        raise AssertionError(f"the server did not start:\n{log.read_text(errors='replace')}")

    def healthy(self) -> bool:
        try:
            return httpx.get(f"{self.url}/health", timeout=2).status_code == 200
        except httpx.TransportError:
            return False

    def kill(self) -> None:
        """As by a power cut: nothing is told, nothing is flushed."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait(10)

    def restart(self) -> None:
        self.kill()
        self.start()

    def memory(self) -> int:
        """What the process holds, in KiB; on Linux, without the pages of the program's own file."""
        assert self.process
        status = Path(f"/proc/{self.process.pid}/status")
        if status.exists():
            return int(re.search(r"RssAnon:\s+(\d+) kB", status.read_text())[1])
        return int(subprocess.check_output(["ps", "-o", "rss=", "-p", str(self.process.pid)]))

    def said(self) -> str:
        """Everything in its logs, since the first start."""
        return "".join(log.read_text(errors="replace") for log in sorted(self.folder.glob("server-*.log")))

    def api(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        return httpx.request(method, f"{self.url}/api{path}", json=body, headers=headers, timeout=10)

    def sign_in(self, code: str, name: str | None = None) -> None:
        """What the page does that a sign-in link opens."""
        answer = self.api("POST", "/session", {"code": code, "name": name})
        assert answer.status_code == 201, answer.text
        self.cookies = dict(answer.cookies)

    def as_person(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        """A request of the board in which the person is signed in."""
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        return self.api(method, path, body, **{"Cookie": cookie, "Origin": self.url, **headers})

    def add_person(self, name: str, role: str = "reviewer") -> str:
        """What an owner does. Returns the link that signs the person in."""
        answer = self.as_person("POST", "/people", {"name": name, "role": role})
        assert answer.status_code == 201, answer.text
        return answer.json()["link"]

    def decide(self, handover: str, decision: str = "accept", revision: int = 1, changes: str = "") -> dict[str, Any]:
        """What a person does on the board."""
        pipeline = handover.split("-")[0]
        body = {"decision": decision, "revision": revision, "review_changes": changes}
        answer = self.as_person("POST", f"/pipelines/{pipeline}/handovers/{handover}/decision", body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def accept_while(self, playing: subprocess.Popen[Any]) -> int:
        """Accepts every handover, as a person on the board would, until the program ends. Says how many there were."""
        deadline = time.monotonic() + 60
        accepted = 0
        while playing.poll() is None:
            assert time.monotonic() < deadline, f"it still plays, after {accepted} handovers"
            for pipeline in self.api("GET", "/pipelines").json()["pipelines"]:
                handover = pipeline.get("handover")
                if handover and not handover.get("decision"):
                    self.decide(handover["handover"], revision=handover["revision"])
                    accepted += 1
            time.sleep(0.05)
        return accepted

    def events(self, pipeline: str) -> list[dict[str, Any]]:
        answer = self.api("GET", f"/pipelines/{pipeline}/events")
        assert answer.status_code == 200, answer.text
        return answer.json()["events"]

    def agents(self) -> dict[str, dict[str, Any]]:
        """Who has called, and who has a token, by name."""
        return {agent["name"]: agent for agent in self.api("GET", "/agents").json()["agents"]}

    def count(self, pipeline: str) -> Counter[str]:
        """How often each kind of fact lies in the journal."""
        return Counter(event["event"]["type"] for event in self.events(pipeline))

    def wait_for(self, pipeline: str, kind: str) -> None:
        deadline = time.monotonic() + 10
        while not self.count(pipeline)[kind]:
            assert time.monotonic() < deadline, f"no {kind} in 10 seconds"
            time.sleep(0.02)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path)
    server.start()
    yield server
    server.kill()


@pytest.fixture(params=MODES)
def mode(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Agent:
    """What an assistant does with the tools."""

    def __init__(self, client: Client):
        self.client = client
        self.schemas: dict[str, dict[str, Any]] = {}

    async def schema(self, tool: str) -> dict[str, Any]:
        """What the server says that a tool takes."""
        if not self.schemas:
            self.schemas = {known.name: known.input_schema for known in (await self.client.list_tools()).tools}
        return self.schemas[tool]

    async def call(self, tool: str, /, *, on_progress: Any = None, **arguments: Any) -> dict[str, Any]:
        """Calls a tool that must succeed, and returns its structured answer."""
        schema = await self.schema(tool)
        # Longer than any wait that the server allows, so that only a dead server ends a call.
        result = await self.client.call_tool(tool, arguments, read_timeout_seconds=60, progress_callback=on_progress)
        text = result.content[0].text
        assert not result.is_error, text
        assert text.strip(), f"{tool} says nothing to a client that shows only text"
        assert result.structured_content is not None
        # Clients and models that keep to the schema must be able to do the same.
        jsonschema.validate(arguments, schema)
        return result.structured_content

    async def refused(self, tool: str, /, **arguments: Any) -> str:
        """Calls a tool that must refuse, and returns what it says."""
        result = await self.client.call_tool(tool, arguments, read_timeout_seconds=60)
        assert result.is_error, result.structured_content
        return result.content[0].text

    async def start(self, **more: Any) -> str:
        arguments = {"project": "shop", "title": "Faster checkout", **more}
        return (await self.call("start_pipeline", **arguments))["pipeline"]

    async def hand_over(self, pipeline: str, content: str = "# Done\n\nAll of it.") -> str:
        return (await self.call("save_handover_content", pipeline=pipeline, content=content))["handover"]

    async def handed_over(self) -> tuple[str, str]:
        """A new pipeline whose first phase waits for a person: its id, and the handover's."""
        pipeline = await self.start()
        return pipeline, await self.hand_over(pipeline)

    async def wait(self, handover: str, seconds: int = 20, on_progress: Any = None) -> dict[str, Any]:
        return await self.call("await_handover_decision", handover=handover, wait_seconds=seconds, on_progress=on_progress)

    async def wait_while(self, handover: str, act: Callable[[], Awaitable[None]]) -> dict[str, Any]:
        """What a call hears that waits while something is done: by that, not by the end of its wait."""
        parked = anyio.Event()

        async def told(*_: Any) -> None:
            parked.set()

        async def acts() -> None:
            await parked.wait()
            await act()

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(acts)
            with anyio.fail_after(15):
                return await self.wait(handover, seconds=50, on_progress=told)


@asynccontextmanager
async def connect(
    server: Server,
    mode: str = "auto",
    name: str = "tester",
    url: str | None = None,
    headers: dict[str, str] | None = None,
    **more: Any,
) -> AsyncIterator[Agent]:
    info = Implementation(name=name, version="1")
    async with create_mcp_http_client(headers=headers) as http:
        transport = streamable_http_client(url or server.mcp, http_client=http)
        async with Client(transport, mode=mode, client_info=info, read_timeout_seconds=60, **more) as client:
            yield Agent(client)


class Heard:
    """What a stream has said so far."""

    def __init__(self) -> None:
        self.text = ""
        self.over = False

    async def until(self, word: str, times: int = 1) -> None:
        with anyio.move_on_after(10):
            while self.text.count(word) < times:
                await anyio.sleep(0.02)
        assert self.text.count(word) >= times, f"{word!r} did not come in 10 seconds; this came: {self.text!r}"

    async def ended(self) -> None:
        with anyio.fail_after(10):
            while not self.over:
                await anyio.sleep(0.02)


@asynccontextmanager
async def hearing(method: str, url: str, **request: Any) -> AsyncIterator[Heard]:
    """A stream that is open from here on, and read while the test goes on."""
    heard = Heard()
    # The server gives a sign of life every 15 seconds.
    request = {"timeout": 20, **request}
    async with httpx.AsyncClient() as http, http.stream(method, url, **request) as answer:
        assert answer.status_code == 200, await answer.aread()

        async def read() -> None:
            try:
                async for text in answer.aiter_text():
                    heard.text += text
            except httpx.RemoteProtocolError:
                pass  # broken off, which is an end too
            heard.over = True

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(read)
            yield heard
            tasks.cancel_scope.cancel()


# What a server may hold on to after it was treated badly, in KiB; one body of the largest size takes 8 MiB.
GROWTH = 40 * 1024


@pytest.fixture
def unharmed(server: Server, request: pytest.FixtureRequest) -> Iterator[None]:
    """Somebody else is connected all the while. Whatever the test does to the server: the call that waits gets its
    answer, two pipelines stay as they are, memory does not grow, nothing panics."""
    handed_over: Future[tuple[str, str, str]] = Future()
    parked = threading.Event()

    async def told(*_: Any) -> None:
        parked.set()

    async def bystander() -> dict[str, Any]:
        async with connect(server, "legacy", name="bystander") as agent:
            other = await agent.start(title="Untouched")
            pipeline, handover = await agent.handed_over()
            handed_over.set_result((pipeline, handover, other))
            # For as long as a rough test may take; on a slow machine that is longer than one wait.
            for _ in range(6):
                answer = await agent.wait(handover, seconds=50, on_progress=told)
                if answer["decision"] != "pending":
                    break
            return answer

    with ThreadPoolExecutor(1) as thread:
        answer = thread.submit(anyio.run, bystander)
        pipeline, handover, other = handed_over.result(20)
        assert parked.wait(20)
        facts = [server.events(pipeline), server.events(other)]
        before = server.memory()
        yield
        grown = server.memory() - before
        print(f"{before} KiB before, {grown} KiB more after")
        said = server.said()
        assert [server.events(pipeline), server.events(other)] == facts
        server.decide(handover)
        assert answer.result(20)["decision"] == "accepted"
        given = request.node.get_closest_marker("growth")
        assert grown < (given.args[0] if given else GROWTH)
        assert "panicked" not in said
