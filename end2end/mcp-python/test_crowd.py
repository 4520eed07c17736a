"""Very many clients at once listen to one server."""

import resource
from pathlib import Path
from typing import Any, Iterator

import anyio
import httpx
import pytest
from anyio.abc import SocketStream
from anyio.streams.buffered import BufferedByteReceiveStream

from conftest import Server, connect
from test_http import ACCEPT, initialize, request
from test_limits import stateless

CROWD = 1_000
# What the server may hold while all of them listen, in KiB.
MEMORY = 200 * 1024


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server that may open a file for each of them, as this process may."""
    few, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(few, 4 * CROWD), most))
    server = Server(tmp_path)
    server.start()
    yield server
    server.kill()
    resource.setrlimit(resource.RLIMIT_NOFILE, (few, most))


class Listener:
    """A stream of events, without the weight of a whole client."""

    def __init__(self, socket: SocketStream):
        self.socket = socket
        self.said = BufferedByteReceiveStream(socket)

    @classmethod
    async def begin(cls, server: Server, asked: httpx.Request) -> "Listener":
        listener = cls(await anyio.connect_tcp("127.0.0.1", server.port))
        lines = [f"{asked.method} /mcp HTTP/1.1", *(f"{name}: {value}" for name, value in asked.headers.items())]
        await listener.socket.send("\r\n".join([*lines, "", ""]).encode() + asked.read())
        assert await listener.hears("\r\n\r\n") == b"HTTP/1.1 200 OK"
        return listener

    async def hears(self, words: str) -> bytes:
        """Reads on behind these words, and returns the first line of what came before them."""
        return (await self.said.receive_until(words.encode(), 1 << 16)).split(b"\r\n")[0]


def subscribed(http: httpx.Client, uri: str) -> dict[str, str]:
    """A session of the older era that wants to know of changes."""

    def post(body: dict[str, Any], **session: str) -> httpx.Response:
        answer = http.post("/mcp", json=body, headers=session)
        assert answer.is_success, answer.text
        return answer

    session = {"Mcp-Session-Id": post(initialize()).headers["mcp-session-id"]}
    post(request("notifications/initialized", None), **session)
    post(request("resources/subscribe", 2, uri=uri), **session)
    return session


async def test_a_thousand_listeners_of_each_era(server: Server) -> None:
    async with connect(server, "2026-07-28") as agent:
        pipeline = await agent.start()
        uri = f"staffel://pipelines/{pipeline}"
        with httpx.Client(base_url=server.url, headers=ACCEPT, timeout=10) as http:
            sessions = [subscribed(http, uri) for _ in range(CROWD)]
        listen = stateless("subscriptions/listen", notifications={"resourceSubscriptions": [uri]})
        wishes = [httpx.Request("GET", server.mcp, headers=ACCEPT | session) for session in sessions]
        wishes += [httpx.Request("POST", server.mcp, json=listen["json"], headers=listen["headers"])] * CROWD
        with anyio.fail_after(60):
            listeners = [await Listener.begin(server, wish) for wish in wishes]
            await agent.call("update_pipeline_status", pipeline=pipeline, progress=30)
            for listener in listeners:
                await listener.hears(f'"uri":"{uri}"')
            assert server.api("GET", "/status").json()["mcp_sessions"] == CROWD
            assert (await agent.call("get_pipeline_status", pipeline=pipeline))["progress"] == 30
            held = server.memory()
            print(f"{held} KiB")
            assert held < MEMORY
            for listener in listeners:
                await listener.socket.aclose()
        assert (await agent.call("get_pipeline_status", pipeline=pipeline))["status"] == "running"
    async with connect(server, "legacy") as another:
        await another.hand_over(pipeline)
