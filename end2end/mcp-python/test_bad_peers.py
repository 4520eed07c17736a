"""Peers that are slow, many, or gone: they cost little, and nobody else notices."""

import json
import socket
import time
from http.client import HTTPConnection

import httpx
import pytest

from conftest import Server, connect
from test_http import ACCEPT, initialize, message, request

pytestmark = pytest.mark.usefixtures("unharmed")

SOCKETS = 200


def dial(server: Server) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), timeout=5)


def head(server: Server, length: int, *more: str) -> bytes:
    lines = ["POST /mcp HTTP/1.1", f"Host: 127.0.0.1:{server.port}", f"Content-Length: {length}", *more]
    return "\r\n".join([*lines, *(f"{name}: {value}" for name, value in ACCEPT.items()), "", ""]).encode()


def served(server: Server) -> None:
    """A call by somebody else comes through."""
    with httpx.Client(base_url=server.url, headers=ACCEPT, timeout=10) as http:
        session = {"Mcp-Session-Id": http.post("/mcp", json=initialize()).headers["mcp-session-id"]}
        call = request("tools/call", 2, name="list_pipelines", arguments={})
        assert message(http.post("/mcp", json=call, headers=session))["result"]["structuredContent"]["pipelines"]
        assert http.delete("/mcp", headers=session).is_success


# A session that nobody ends is kept, and a thousand of them are; each takes less than 128 KiB. From then on every new
# one takes the place of an old one.
@pytest.mark.growth(128 * 1024)
def test_five_thousand_sessions_that_nobody_ends(server: Server) -> None:
    # Without the weight of a whole client.
    http = HTTPConnection("127.0.0.1", server.port, timeout=20)
    body = json.dumps(initialize())

    def begin(sessions: int) -> int:
        for _ in range(sessions):
            http.request("POST", "/mcp", body, ACCEPT)
            answer = http.getresponse()
            assert answer.status == 200 and answer.read()
        return server.memory()

    full = begin(1_500)
    assert begin(3_500) - full < 14 * 1024
    http.close()
    assert server.api("GET", "/status").json()["mcp_sessions"] <= 1_000
    served(server)


@pytest.mark.growth(256 * 1024)
def test_sessions_that_come_at_once_are_bounded_too(server: Server) -> None:
    body = json.dumps(initialize()).encode()
    for _ in range(20):
        peers = [dial(server) for _ in range(100)]
        for peer in peers:
            peer.sendall(head(server, len(body)) + body)
        assert {peer.recv(12) for peer in peers} == {b"HTTP/1.1 200"}
        for peer in peers:
            peer.close()
    assert server.api("GET", "/status").json()["mcp_sessions"] <= 1_000


@pytest.mark.parametrize("part", ["the head", "the body"])
def test_two_hundred_peers_that_send_a_byte_now_and_then(server: Server, part: str) -> None:
    body = json.dumps(initialize()).encode()
    whole = head(server, len(body)) + body
    # Not one complete request in all this time, so nothing may happen but waiting.
    sent = 20 if part == "the head" else len(head(server, len(body))) + 1
    peers = [dial(server) for _ in range(SOCKETS)]
    try:
        for peer in peers:
            peer.sendall(whole[:sent])
        for byte in range(sent, sent + 10):
            for peer in peers:
                peer.sendall(whole[byte : byte + 1])
            served(server)
            time.sleep(0.1)
        # They were only slow: whoever goes on is served.
        peers[0].sendall(whole[sent + 10 :])
        assert peers[0].recv(12) == b"HTTP/1.1 200"
    finally:
        for peer in peers:
            peer.close()
    assert server.api("GET", "/status").json()["mcp_sessions"] <= 2


def test_peers_that_vanish_in_the_middle_of_a_request(server: Server) -> None:
    body = json.dumps(initialize()).encode()
    for cut in range(0, len(body), 5):
        with dial(server) as peer:
            peer.sendall(head(server, len(body)) + body[:cut])
    served(server)


@pytest.mark.parametrize("mode", ["legacy", "2026-07-28"])
async def test_peers_that_vanish_in_the_middle_of_a_call(server: Server, mode: str) -> None:
    """Fifty calls wait; their sockets break without a word. Whoever asks next gets the decision."""
    async with connect(server, mode) as agent:
        pipeline, handover = await agent.handed_over()
        call = request("tools/call", 2, name="await_handover_decision", arguments={"handover": handover, "wait_seconds": 50})
        more: list[str] = []
        if mode == "legacy":
            hello = httpx.post(server.mcp, json=initialize(), headers=ACCEPT)
            more = [f"Mcp-Session-Id: {hello.headers['mcp-session-id']}"]
        else:
            call["params"]["_meta"] = {
                "io.modelcontextprotocol/protocolVersion": mode,
                "io.modelcontextprotocol/clientInfo": {"name": "gone", "version": "1"},
                "io.modelcontextprotocol/clientCapabilities": {},
            }
            more = [f"MCP-Protocol-Version: {mode}", "Mcp-Method: tools/call", "Mcp-Name: await_handover_decision"]
        peers = []
        for number in range(50):
            peers.append(dial(server))
            body = json.dumps({**call, "id": number + 2}).encode()
            peers[-1].sendall(head(server, len(body), *more) + body)
        time.sleep(0.5)
        reset = (1).to_bytes(4, "little") + (0).to_bytes(4, "little")
        for peer in peers:
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset)  # closes with RST
            peer.close()
        served(server)
        time.sleep(0.5)
        server.decide(handover)
        server.wait_for(pipeline, "PromptWritten")
        assert (await agent.wait(handover))["decision"] == "accepted"
    assert server.count(pipeline)["PromptPickedUp"] == 1
