"""Sessions of the older protocol era: a restart strands nobody, and forgotten ones cost nothing."""

from typing import Any

import anyio
import httpx

from conftest import Server, connect
from test_http import message, request
from test_limits import Session

HEADERS = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}
INTRODUCTION = {
    "protocolVersion": "2025-06-18",
    "capabilities": {},
    "clientInfo": {"name": "forgetful", "version": "1"},
}


def introduce(client: httpx.Client, server: Server) -> str:
    """A session, as a client makes one that then forgets it."""
    body = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": INTRODUCTION}
    answer = client.post(server.mcp, json=body, headers=HEADERS)
    assert answer.status_code == 200, answer.text
    return answer.headers["mcp-session-id"]


def call(client: httpx.Client, server: Server, session: str, method: str, **params: Any) -> httpx.Response:
    body = {"jsonrpc": "2.0", "id": 2, "method": method, "params": params}
    return client.post(server.mcp, json=body, headers={**HEADERS, "Mcp-Session-Id": session})


async def test_a_client_that_cannot_begin_anew_goes_on_after_a_restart(server: Server) -> None:
    async with connect(server, "legacy", name="cursor") as agent:
        pipeline, handover = await agent.handed_over()
        server.restart()
        status = await agent.call("get_pipeline_status", pipeline=pipeline)
        assert status["status"] == "awaiting_review"
        server.decide(handover)
        assert (await agent.wait(handover))["decision"] == "accepted"
    picked_up = [event for event in server.events(pipeline) if event["event"]["type"] == "PromptPickedUp"]
    assert [event["actor"]["name"] for event in picked_up] == ["cursor"], "it is still known by its name"


async def test_what_a_client_wants_to_know_outlives_the_server(server: Server) -> None:
    session = Session(server)
    wanted, unwanted = (f"staffel://pipelines/{session.handed_over()[0]}" for _ in range(2))
    for method, uri in [("subscribe", wanted), ("subscribe", unwanted), ("unsubscribe", unwanted)]:
        assert "result" in message(session.post(request(f"resources/{method}", 4, uri=uri)))
    server.restart()
    async with session.hearing() as heard:
        for uri in [unwanted, wanted]:
            server.decide(f"{uri.rsplit('/', 1)[1]}-h1")
        await heard.until(f'"uri":"{wanted}"')
        await anyio.sleep(0.5)
    assert unwanted not in heard.text


def test_a_session_that_was_ended_stays_ended(server: Server) -> None:
    with httpx.Client(timeout=10) as client:
        session = introduce(client, server)
        assert call(client, server, session, "tools/list").status_code == 200
        assert client.delete(server.mcp, headers={"Mcp-Session-Id": session}).is_success
        assert call(client, server, session, "tools/list").status_code == 404
        server.restart()
        assert call(client, server, session, "tools/list").status_code == 404
        assert call(client, server, "00000000-0000-0000-0000-000000000000", "tools/list").status_code == 404


def test_forgotten_sessions_are_bounded_and_come_back(server: Server) -> None:
    with httpx.Client(timeout=10) as client:
        first = introduce(client, server)
        for _ in range(1_100):
            introduce(client, server)
        assert server.api("GET", "/status").json()["mcp_sessions"] <= 1_000
        answer = call(client, server, first, "tools/list")
        assert answer.status_code == 200 and "start_pipeline" in answer.text
        assert server.api("GET", "/status").json()["mcp_sessions"] <= 1_000


async def test_a_wait_is_resumed_by_its_own_session_only(server: Server) -> None:
    mine, busy = Session(server), Session(server)
    (_, one), (_, other) = mine.handed_over(), busy.handed_over()
    ours, theirs = mine.begin_to_wait(one), busy.begin_to_wait(other)
    for session, event in [(mine, theirs), (busy, ours)]:
        nothing = httpx.get(server.mcp, headers={**session.headers, "Last-Event-ID": event}, timeout=10)
        assert nothing.status_code == 405, "a session without such an answer"
    async with mine.hearing(**{"Last-Event-ID": ours}) as me, busy.hearing(**{"Last-Event-ID": theirs}) as somebody:
        server.decide(one, changes="For me.")
        await me.until("For me.")
        server.decide(other, changes="For somebody.")
        await somebody.until("For somebody.")
    assert "For somebody." not in me.text and "For me." not in somebody.text
