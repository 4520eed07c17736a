"""The bridge for clients that only start processes, through the official client's stdio transport."""

import json
import os
import socket
import subprocess
import threading
import time
from contextlib import asynccontextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Queue
from typing import Any, AsyncIterator, Iterator

import anyio
import httpx
import pytest
from anyio.streams.buffered import BufferedByteReceiveStream
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.types import Implementation

from conftest import Agent, Server, binary, on_files
from test_http import initialize, request
from test_limits import stateless

# Where a message of the era without sessions names its version.
VERSION = "io.modelcontextprotocol/protocolVersion"


def parameters(url: str, *more: str, **environment: str) -> StdioServerParameters:
    return StdioServerParameters(
        command=str(binary()), args=["stdio", "--url", url, *more], env={**os.environ, **environment}
    )


@asynccontextmanager
async def bridged(server: Server, mode: str = "legacy", token: str = "", **more: Any) -> AsyncIterator[Agent]:
    info = Implementation(name="claude-ai", version="1")
    environment = {"STAFFEL_TOKEN": token} if token else {}
    transport = stdio_client(parameters(server.url, "--no-start", **environment))
    async with Client(transport, mode=mode, client_info=info, read_timeout_seconds=60, **more) as client:
        yield Agent(client)


async def test_the_whole_loop(server: Server, mode: str) -> None:
    told: list[float] = []

    async def on_progress(progress: float, *_: Any) -> None:
        told.append(progress)

    async with bridged(server, mode) as agent:
        assert len((await agent.client.list_tools()).tools) == 12
        pipeline, handover = await agent.handed_over()
        assert (await agent.wait(handover, seconds=1, on_progress=on_progress))["decision"] == "pending"
        assert told, "progress comes through"
        server.decide(handover, changes="Go on.")
        answer = await agent.wait(handover)
        assert answer["decision"] == "accepted" and "Go on." in answer["prompt"]
        resource = await agent.client.read_resource(f"staffel://pipelines/{pipeline}")
        assert json.loads(resource.contents[0].text)["phase"] == "PLAN"
        prompt = await agent.client.get_prompt("start_phase", {"pipeline": pipeline})
        assert pipeline in prompt.messages[0].content.text
        assert "list_pipelines" in await agent.refused("get_pipeline_status", pipeline="zzzzzzzzzz")
    actors = {event["actor"]["name"] for event in server.events(pipeline) if event["actor"]["kind"] == "agent"}
    assert actors == {"claude-ai"}, "the agent keeps its own name"


async def test_a_killed_server_comes_back(server: Server, mode: str) -> None:
    async with bridged(server, mode) as agent:
        pipeline, handover = await agent.handed_over()
        tools = [tool.name for tool in (await agent.client.list_tools()).tools]
        server.kill()
        text = await agent.refused("get_pipeline_status", pipeline=pipeline)
        assert "staffel serve" in text and server.url in text
        again = await agent.client.list_tools(cache_mode="bypass") if mode != "legacy" else await agent.client.list_tools()
        assert [tool.name for tool in again.tools] == tools
        server.start()
        assert (await agent.call("get_pipeline_status", pipeline=pipeline))["status"] == "awaiting_review"
        server.decide(handover)
        assert (await agent.wait(handover))["decision"] == "accepted"


@on_files
async def test_a_server_that_has_forgotten_the_session_is_told_again_who_calls(server: Server) -> None:
    async with bridged(server) as agent:
        pipeline, handover = await agent.handed_over()
        server.kill()
        sessions = list((server.folder / "data").glob("sessions.db*"))
        assert sessions
        for file in sessions:
            file.unlink()
        server.start()
        assert (await agent.call("get_pipeline_status", pipeline=pipeline))["status"] == "awaiting_review"
        server.decide(handover)
        assert (await agent.wait(handover))["decision"] == "accepted"
    picked_up = [event for event in server.events(pipeline) if event["event"]["type"] == "PromptPickedUp"]
    assert [event["actor"]["name"] for event in picked_up] == ["claude-ai"]


async def test_killed_in_the_middle_of_a_call(server: Server) -> None:
    parked = anyio.Event()

    async def told(*_: Any) -> None:
        parked.set()

    async with bridged(server) as agent:
        pipeline, handover = await agent.handed_over()
        async with anyio.create_task_group() as tasks:

            async def power_cut() -> None:
                await parked.wait()
                server.kill()

            tasks.start_soon(power_cut)
            with anyio.fail_after(15):
                result = await agent.client.call_tool(
                    "await_handover_decision", {"handover": handover, "wait_seconds": 50}, progress_callback=told
                )
        assert result.is_error and "call again" in result.content[0].text
        server.start()
        server.decide(handover)
        assert (await agent.wait(handover))["decision"] == "accepted"
    assert server.count(pipeline)["PromptPickedUp"] == 1


@pytest.mark.filterwarnings("ignore::mcp.MCPDeprecationWarning")
async def test_what_the_server_says_unasked_comes_through(server: Server) -> None:
    heard = anyio.Event()

    async def hear(message: Any) -> None:
        if getattr(message, "method", "") == "notifications/resources/updated":
            heard.set()

    async with bridged(server, message_handler=hear) as agent:
        pipeline = await agent.start()
        await agent.client.subscribe_resource(f"staffel://pipelines/{pipeline}")
        await agent.call("update_pipeline_status", pipeline=pipeline, message="On it")
        with anyio.fail_after(10):
            await heard.wait()


async def test_a_modern_client_hears_what_changes(server: Server) -> None:
    async with bridged(server, "2026-07-28") as agent:
        pipeline = await agent.start()
        uri = f"staffel://pipelines/{pipeline}"
        async with agent.client.listen(resource_subscriptions=[uri], resources_list_changed=True) as changes:
            with anyio.fail_after(10):
                await agent.call("update_pipeline_status", pipeline=pipeline, message="On it")
                assert getattr(await anext(changes), "uri", "list") == uri
                await agent.start(title="Something new")
                assert getattr(await anext(changes), "uri", "list") == "list"


async def with_a_cancelled_wait(server: Server, era: str) -> dict[int, Any]:
    """What the bridge answers to a client that cancels a wait, request 4, and goes on with request 5."""

    def body(method: str, number: int, **params: Any) -> dict[str, Any]:
        sent = request(method, **params) if era == "legacy" else stateless(method, **params)["json"]
        return {**sent, "id": number}

    async def open_calls(count: int) -> None:
        with anyio.fail_after(10):
            while server.agents()["curl"]["open"] != count:
                await anyio.sleep(0.02)

    answers: dict[int, Any] = {}
    async with await anyio.open_process([binary(), "stdio", "--no-start", "--url", server.url]) as bridge:
        assert bridge.stdin and bridge.stdout
        lines = BufferedByteReceiveStream(bridge.stdout)

        async def send(message: dict[str, Any]) -> None:
            await bridge.stdin.send(json.dumps(message).encode() + b"\n")

        async def hear() -> None:
            said = json.loads(await lines.receive_until(b"\n", 1 << 20))
            assert said["jsonrpc"] == "2.0" and said["id"] not in answers, said
            answers[said["id"]] = said.get("result")

        async def call(number: int, tool: str, **arguments: Any) -> Any:
            await send(body("tools/call", number, name=tool, arguments=arguments))
            with anyio.fail_after(10):
                while number not in answers:
                    await hear()
            return answers[number]["structuredContent"]

        if era == "legacy":
            await send(initialize())
            await send(request("notifications/initialized", None))
        pipeline = (await call(2, "start_pipeline", project="shop", title="Faster checkout"))["pipeline"]
        handover = (await call(3, "save_handover_content", pipeline=pipeline, content="# Done"))["handover"]
        wait = {"handover": handover, "wait_seconds": 50}
        await send(body("tools/call", 4, name="await_handover_decision", arguments=wait))
        await open_calls(1)
        await send(request("notifications/cancelled", None, requestId=4))
        await open_calls(0)
        await call(5, "get_pipeline_status", pipeline=pipeline)
        await bridge.stdin.aclose()
        with anyio.fail_after(10), pytest.raises(anyio.IncompleteRead):
            while True:
                await hear()
        assert not lines.buffer
    assert bridge.returncode == 0
    return answers


@pytest.mark.parametrize("era", ["legacy", "2026-07-28"])
async def test_a_cancelled_call_ends_at_the_server_and_the_bridge_goes_on(server: Server, era: str) -> None:
    answers = await with_a_cancelled_wait(server, era)
    assert answers[5]["structuredContent"]["status"] == "awaiting_review"


@pytest.mark.parametrize("era", ["legacy", "2026-07-28"])
async def test_a_cancelled_call_gets_no_answer(server: Server, era: str) -> None:
    answers = await with_a_cancelled_wait(server, era)
    assert 4 not in answers, answers[4]


async def test_a_server_is_started_when_there_is_none(tmp_path: Path) -> None:
    with httpx.Client() as http:
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        transport = stdio_client(parameters(url, STAFFEL_DATA=str(tmp_path / "data")))
        async with Client(transport, mode="legacy", read_timeout_seconds=60) as client:
            agent = Agent(client)
            pipeline = await agent.start()
        # It outlives the bridge: other agents use it.
        status = http.get(f"{url}/api/status").json()
        assert status["name"] == "staffel"
        assert http.get(f"{url}/api/pipelines/{pipeline}").status_code == 200
        stop(port)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def stop(port: int) -> None:
    """Ends the server that the bridge has started: nobody else knows it."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if b"serve" in words and f"127.0.0.1:{port}".encode() in words:
            os.kill(int(folder.name), 15)


def test_a_script_gets_all_its_answers(server: Server) -> None:
    """It sends everything at once and closes its side."""
    hello = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "script", "version": "1"}}
    lines = [
        {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello},
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {"jsonrpc": "2.0", "id": 2, "method": "tools/list"},
        {"jsonrpc": "2.0", "id": 3, "method": "tools/call", "params": {"name": "list_pipelines", "arguments": {}}},
    ]
    said = subprocess.run(
        [binary(), "stdio", "--url", server.url, "--no-start"],
        input="".join(json.dumps(line) + "\n" for line in lines), capture_output=True, text=True, timeout=20,
    )  # fmt: skip
    answers = {answer["id"]: answer["result"] for answer in map(json.loads, said.stdout.splitlines())}
    assert answers.keys() == {1, 2, 3} and len(answers[2]["tools"]) == 12 and not answers[3].get("isError")
    assert [agent["name"] for agent in server.api("GET", "/agents").json()["agents"]] == ["script"]


def test_standard_output_is_pure_and_every_request_is_answered(server: Server) -> None:
    """Malformed lines, unknown methods, a server that is away: each request one answer, each line JSON-RPC."""
    lines = [
        "not json",
        "[]",
        "",
        '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"x","version":"1"}}}',
        '{"jsonrpc":"2.0","method":"notifications/initialized"}',
        '{"jsonrpc":"2.0","id":2,"method":"no/such","params":{}}',
        '{"jsonrpc":"2.0","id":"drei","method":"ping"}',
    ]
    for away in [False, True]:
        if away:
            server.kill()
        bridge = subprocess.Popen(
            [binary(), "stdio", "--no-start", "--url", server.mcp],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert bridge.stdin and bridge.stdout
        heard: list[dict[str, Any]] = []
        for line in lines:
            bridge.stdin.write(line + "\n")
            bridge.stdin.flush()
            if line and '"notifications/' not in line:
                heard.append(json.loads(bridge.stdout.readline()))
        rest, _ = bridge.communicate(timeout=10)
        assert rest == "" and bridge.returncode == 0
        assert all(message["jsonrpc"] == "2.0" for message in heard)
        assert [message.get("id") for message in heard] == [None, None, 1, 2, "drei"]
        assert [message["error"]["code"] for message in heard[:2]] == [-32700, -32600]
        assert heard[2]["result"]["serverInfo"]["name"] == "staffel"
        assert heard[2]["result"]["protocolVersion"] == "2025-06-18"
        assert "error" in heard[3] and "result" in heard[4]


class Bridge:
    """A bridge that is talked to line by line."""

    def __init__(self, url: str, *flags: str):
        self.process = subprocess.Popen(
            [binary(), "stdio", "--url", url, *(flags or ["--no-start"])], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self.heard: Queue[dict[str, Any] | None] = Queue()
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.heard.put(json.loads(line))
        self.heard.put(None)

    def write(self, line: bytes) -> None:
        assert self.process.stdin
        self.process.stdin.write(line)
        self.process.stdin.flush()

    def say(self, method: str, params: Any = None, *, id: Any = None) -> None:
        message = {"jsonrpc": "2.0", "id": id, "method": method, "params": params}
        self.write(json.dumps({name: value for name, value in message.items() if value is not None}).encode() + b"\n")

    def hear(self) -> dict[str, Any]:
        message = self.heard.get(timeout=20)
        assert message is not None, "the bridge has ended"
        return message

    def introduce(self) -> dict[str, Any]:
        hello = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "raw", "version": "1"}}
        self.say("initialize", hello, id=1)
        answer = self.hear()
        self.say("notifications/initialized")
        return answer

    def call(self, id: Any, tool: str, **arguments: Any) -> None:
        self.say("tools/call", {"name": tool, "arguments": arguments, "_meta": {"progressToken": id}}, id=id)

    def rest(self) -> list[dict[str, Any]]:
        """What it still says once its client has nothing more to say."""
        assert self.process.stdin
        self.process.stdin.close()
        said = list(iter(lambda: self.heard.get(timeout=20), None))
        assert self.process.wait(20) == 0
        return said


def test_a_server_that_comes_after_the_introduction_is_used(server: Server) -> None:
    server.kill()
    bridge = Bridge(server.url)
    assert bridge.introduce()["result"]["serverInfo"]["name"] == "staffel"
    server.start()
    bridge.call(5, "list_pipelines")
    answer = bridge.hear()
    assert answer["id"] == 5 and not answer["result"].get("isError"), answer
    assert bridge.rest() == []


def test_what_the_server_cannot_read_is_answered_and_nothing_else_is(server: Server) -> None:
    bridge = Bridge(server.url)
    bridge.introduce()
    # Each of these the server refuses before it knows whose it is.
    bridge.say("tools/call", id=2)
    bridge.say("tools/call", {"name": "list_pipelines", "_meta": {VERSION: "1999-01-01"}}, id=3)
    bridge.say("tools/call", {"name": "list_pipelines", "arguments": {"x": "x" * (8 << 20)}}, id=4)
    # Nobody waits for anything about these.
    bridge.say("notifications/cancelled")
    bridge.say("notifications/cancelled", {"requestId": 99})
    said = [bridge.hear() for _ in range(3)] + bridge.rest()
    assert sorted(answer["id"] or 0 for answer in said) == [0, 2, 3], said
    assert all("error" in answer for answer in said)


def test_a_late_cancellation_without_a_session_says_nothing(server: Server) -> None:
    bridge = Bridge(server.url)
    bridge.say("notifications/cancelled", {"requestId": 7})
    assert bridge.rest() == []


def test_lines_that_are_no_text_or_too_long_are_answered_and_the_next_is_read(server: Server) -> None:
    bridge = Bridge(server.url)
    bridge.write(b'{"jsonrpc":"2.0","id":1,"method":"\xff"}\n')
    answer = bridge.hear()
    assert (answer["id"], answer["error"]["code"]) == (None, -32700)
    bridge.write(b"x" * (9 << 20) + b"\n")
    answer = bridge.hear()
    assert (answer["id"], answer["error"]["code"]) == (None, -32600) and "8 MiB" in answer["error"]["message"]
    bridge.introduce()
    bridge.say("ping", id=2)
    assert bridge.hear() == {"jsonrpc": "2.0", "id": 2, "result": {}}
    assert bridge.rest() == []


def test_a_cancelled_call_is_not_answered(server: Server) -> None:
    """In the era with sessions: there the server has to be told, and it ends the stream without an answer."""
    bridge = Bridge(server.url)
    bridge.introduce()
    bridge.call(2, "start_pipeline", project="shop", title="Faster")
    pipeline = bridge.hear()["result"]["structuredContent"]["pipeline"]
    bridge.call(3, "save_handover_content", pipeline=pipeline, content="# Done")
    handover = bridge.hear()["result"]["structuredContent"]["handover"]
    bridge.call(4, "await_handover_decision", handover=handover, wait_seconds=50)
    assert bridge.hear()["method"] == "notifications/progress"
    bridge.say("notifications/cancelled", {"requestId": 4})
    deadline = time.monotonic() + 20
    while any(agent["open"] for agent in server.api("GET", "/agents").json()["agents"]):
        assert time.monotonic() < deadline, "the server was not told"
        time.sleep(0.02)
    bridge.say("ping", id=5)
    said = [bridge.hear(), *bridge.rest()]
    assert [message.get("id") for message in said if message.get("method") is None] == [5], said


def test_a_server_that_says_nothing_keeps_nobody_waiting() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        bridge = Bridge(f"http://127.0.0.1:{silent.getsockname()[1]}")
        assert bridge.introduce()["result"]["serverInfo"]["name"] == "staffel"
        assert bridge.rest() == []


class Forgetful(ThreadingHTTPServer):
    """A server of sessions that it can be made to forget."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answers)
        self.begun = 0
        self.known: set[str] = set()
        self.heard: list[tuple[str, str | None]] = []
        self.refused = threading.Semaphore(0)
        self.refusals = 0


class Answers(BaseHTTPRequestHandler):
    server: Forgetful

    def do_POST(self) -> None:
        message = json.loads(self.rfile.read(int(self.headers["content-length"])))
        session = self.headers["mcp-session-id"]
        self.server.heard.append((message["method"], session))
        result: dict[str, Any] = {}
        if message["method"] == "initialize":
            # Not before everybody has lost the session.
            for _ in range(self.server.refusals):
                assert self.server.refused.acquire(timeout=20)
            self.server.begun += 1
            session = f"session-{self.server.begun}"
            self.server.known.add(session)
            result = {"protocolVersion": "2025-11-25", "capabilities": {}, "serverInfo": {"name": "f", "version": "1"}}
        elif session not in self.server.known:
            self.answer(404, {"jsonrpc": "2.0", "id": None, "error": {"code": -32600, "message": "no session"}})
            self.server.refused.release()
            return
        if "id" in message:
            self.answer(200, {"jsonrpc": "2.0", "id": message["id"], "result": result}, session)
        else:
            self.answer(202)

    def do_GET(self) -> None:
        self.answer(405)

    do_DELETE = do_GET

    def answer(self, status: int, body: Any = None, session: str | None = None) -> None:
        text = json.dumps(body).encode() if body else b""
        self.send_response(status)
        if body:
            self.send_header("content-type", "application/json")
        if session:
            self.send_header("mcp-session-id", session)
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def forgetful() -> Iterator[Forgetful]:
    with Forgetful() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def test_calls_that_lose_the_session_together_begin_one_and_subscribe_again(forgetful: Forgetful) -> None:
    bridge = Bridge(f"http://127.0.0.1:{forgetful.server_port}")
    bridge.introduce()
    for number, uri in enumerate(["staffel://pipelines/a", "staffel://pipelines/b"]):
        bridge.say("resources/subscribe", {"uri": uri}, id=f"s{number}")
        assert "result" in bridge.hear()
    bridge.say("resources/unsubscribe", {"uri": "staffel://pipelines/b"}, id="u")
    assert "result" in bridge.hear()
    calls = range(10, 18)
    forgetful.known.clear()
    forgetful.heard.clear()
    forgetful.refusals = len(calls)
    for number in calls:
        bridge.call(number, "list_pipelines")
    # Nobody can know whether it changed meanwhile.
    updated = bridge.hear()
    assert updated["method"] == "notifications/resources/updated"
    assert updated["params"] == {"uri": "staffel://pipelines/a"}
    answers = [bridge.hear() for _ in calls]
    assert sorted(answer["id"] for answer in answers) == list(calls), answers
    assert all("result" in answer for answer in answers)
    forgetful.refusals = 0
    assert bridge.rest() == []
    assert forgetful.begun == 2
    again = [heard for heard in forgetful.heard if heard[0] != "tools/call"]
    assert again == [("initialize", None), ("notifications/initialized", "session-2"), ("resources/subscribe", "session-2")]
